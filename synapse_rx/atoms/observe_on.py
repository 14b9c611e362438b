"""Delivery on a chosen event loop or scheduler, through a bounded buffer."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import reactivex.abc as rx
from reactivex import Observable

from ..errors import OptionError
from .handover import Overflow
from .relay import Relay
from .report import logger

T = TypeVar("T")


def observe_on(
    where: AbstractEventLoop | rx.SchedulerBase,
    *,
    buffer: int = 64,
    overflow: Overflow = "drop_oldest",
) -> Callable[[Observable[T]], Observable[T]]:
    """
    Return an operator that calls observers on a loop or a scheduler: ``net.pipe(observe_on(loop), ops.map(...))``.

    What emits goes on at once, and at most ``buffer`` values wait, where ``operators.observe_on`` of reactivex queues
    without bound and loses what observers raise. Values are told one at a time and in order, completion and errors
    behind them. An observer that raises is detached and logged.

    Args:
        where: An asyncio event loop, or a scheduler such as ``ThreadPoolScheduler(1)`` or a GUI's.
        buffer: How many values wait.
        overflow: What happens when one more comes. "drop_oldest": the oldest is dropped. "latest": it replaces all that
            wait. "block": the thread that emits waits until there is room.

    Raises:
        OptionError: If ``buffer`` is no positive integer, ``overflow`` is unknown, or ``where`` is neither.
    """
    given: Any = where
    if not isinstance(given, AbstractEventLoop | rx.SchedulerBase):
        raise OptionError(
            f"observe_on takes an asyncio event loop or a scheduler of reactivex, not {where!r}"
        )
    Relay[T](buffer, overflow)
    return lambda source: _ObservedOn(source, where, buffer, overflow)


class _ObservedOn(Observable[T]):
    def __init__(
        self,
        source: Observable[T],
        where: AbstractEventLoop | rx.SchedulerBase,
        buffer: int,
        overflow: Overflow,
    ) -> None:
        super().__init__()
        self._source = source
        self._where = where
        self._buffer = buffer
        self._overflow: Overflow = overflow

    def _subscribe_core(
        self, observer: rx.ObserverBase[T], scheduler: rx.SchedulerBase | None = None
    ) -> rx.DisposableBase:
        loop = self._where if isinstance(self._where, AbstractEventLoop) else None
        relay: Relay[T] = Relay(self._buffer, self._overflow, loop)
        delivery = _Delivery(observer, self._where, relay)
        delivery.start()
        relay.listen(self._source, scheduler)
        return delivery


class _Delivery(rx.DisposableBase, Generic[T]):
    """One subscription whose observer lives elsewhere."""

    def __init__(
        self,
        observer: rx.ObserverBase[T],
        where: AbstractEventLoop | rx.SchedulerBase,
        relay: Relay[T],
    ) -> None:
        self._observer = observer
        self._where = where
        self._relay = relay

    def start(self) -> None:
        """Wait for the first value."""
        self._relay.handover.read_elsewhere()
        self._relay.take(self._post)

    def dispose(self) -> None:
        """Hear nothing more, not even what waits."""
        self._relay.close()

    def _post(self) -> None:
        """Have the next value told; there is never more than one such errand under way."""
        try:
            if isinstance(self._where, AbstractEventLoop):
                self._where.call_soon_threadsafe(self._flush)
            else:
                self._where.schedule(self._flush)
        except (
            Exception
        ):  # the loop is closed, or the scheduler is disposed of, which each says in its own way
            self.dispose()

    def _flush(self, *_: Any) -> None:
        relay = self._relay
        relay.handover.read_here()
        try:
            if taken := relay.take(self._post):
                self._tell(self._observer.on_next, taken[0])
                self._post()
            elif not relay.handover.closed and (end := relay.finish()) is not None:
                if end[0] is None:
                    self._tell(self._observer.on_completed)
                else:
                    self._tell(self._observer.on_error, end[0])
                self.dispose()
        finally:
            relay.handover.read_elsewhere()

    def _tell(self, method: Callable[..., object], *args: Any) -> None:
        if self._relay.handover.closed:
            return
        try:
            method(*args)
        except Exception as error:
            self.dispose()
            logger.error("an observer behind observe_on failed and was detached", exc_info=error)
