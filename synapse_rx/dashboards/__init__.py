"""Networks in the browser: what happens to them, live, and knobs to steer them with."""

from .app import DashboardApp as DashboardApp
from .app import dashboard_app as dashboard_app
from .serve import Dashboard as Dashboard
from .serve import dashboard as dashboard
