"""
What a population asks of its members and of whoever trains them.

Nothing here says where a network is: a cell that mirrors a network on another machine, and a function that has that
machine train it, will do as well as an `Atom` and `train`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from ..snapshot import Net


class MemberRun(Protocol):
    """A training of one member under way; all of it may be asked on any thread."""

    def stop(self) -> bool:
        """End gracefully, soon; return whether there was anything to stop."""
        ...

    def cancel(self, msg: Any | None = None) -> bool:
        """End soon and publish nothing more; return False if it is over."""
        ...

    def result(self, timeout: float | None = None) -> Net:
        """Return the last snapshot once it is over; raise what ended it."""
        ...

    def when_over(self, f: Callable[[Any], object]) -> None:
        """Call ``f(run)`` once it is over, on any thread; at once if it is."""
        ...


Train: TypeAlias = Callable[..., MemberRun]
"""Begins the training of one member and returns at once: ``train(net, data, epochs, **options)``."""
