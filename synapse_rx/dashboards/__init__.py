"""Networks in the browser: what happens to them, live, and knobs to steer them with."""

from typing import TYPE_CHECKING

from ..lazy import attach

if TYPE_CHECKING:  # a server in a process of its own needs none of it, and starts at once
    from .app import DashboardApp as DashboardApp
    from .app import dashboard_app as dashboard_app
    from .redis_relay import DashboardRelay as DashboardRelay
    from .redis_relay import dashboard_relay as dashboard_relay
    from .serve import Dashboard as Dashboard
    from .serve import dashboard as dashboard

__getattr__, __dir__, __all__ = attach(__name__, __file__)  # pyright: ignore[reportUnsupportedDunderAll]
