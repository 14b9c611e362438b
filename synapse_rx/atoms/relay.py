"""A bounded buffer between an observable and whoever takes from it, on another thread or loop."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import reactivex.abc as rx
from reactivex import Observable
from reactivex.disposable import SingleAssignmentDisposable

from .handover import Handover, Overflow

T = TypeVar("T")


class Relay(Generic[T]):
    """
    Puts what an observable emits into a `Handover`, and its end behind everything else.

    Args:
        buffer: How many values wait.
        overflow: What happens when one more comes (`Handover`).
        loop: Where it is read, if that is known.

    Attributes:
        handover: The buffer.
        end: What the observable ended with: (None,) for its completion, (error,) for an error; None if it goes on.
    """

    __slots__ = ("_blocks", "_finished", "_subscription", "end", "handover")

    def __init__(self, buffer: int, overflow: Overflow, loop: AbstractEventLoop | None = None) -> None:
        self.handover = Handover(buffer, overflow, loop)
        self.end: tuple[Exception | None] | None = None
        self._blocks = overflow == "block"
        self._finished = False
        self._subscription = SingleAssignmentDisposable()

    def listen(self, source: Observable[T], scheduler: rx.SchedulerBase | None = None) -> None:
        """Subscribe to ``source``; what it raises there is its end."""
        try:
            self._subscription.disposable = source.subscribe(
                self._on_next, self._on_error, self._on_completed, scheduler=scheduler
            )
        except Exception as error:
            self._on_error(error)

    def take(self, wake: Callable[[], None]) -> list[T]:
        """Give the oldest value in a list, or an empty one and call ``wake`` when there is one, or the end."""
        return self.handover.take(wake)

    def finish(self) -> tuple[Exception | None] | None:
        """Give the end, once; to be asked where there is nothing more to take."""
        with self.handover.lock:
            if self._finished or self.end is None:
                return None
            self._finished = True
            return self.end

    def close(self) -> None:
        """Take nothing more, drop what waits, and let the observable go."""
        self.handover.close()
        self._subscription.dispose()

    def _on_next(self, value: T) -> None:
        handover = self.handover
        if self.end is not None:
            return
        if self._blocks and handover.is_full_here():
            self._on_error(
                RuntimeError(
                    "this observable emits on the thread that is to read, which would wait for itself: give it "
                    "a larger buffer, another overflow, or a scheduler= that emits on another thread"
                )
            )
            self._subscription.dispose()
            return
        handover.put(value)
        if self._blocks:
            handover.wait_for_room()

    def _on_error(self, error: Any) -> None:
        self._finish_with((error if isinstance(error, Exception) else RuntimeError(str(error)),))

    def _on_completed(self) -> None:
        self._finish_with((None,))

    def _finish_with(self, end: tuple[Exception | None]) -> None:
        if self.end is None:
            self.end = end
            self.handover.stir()
