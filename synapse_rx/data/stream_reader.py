"""One run's way through a source of batches: epochs, places, the end."""

from __future__ import annotations

import inspect
from asyncio import AbstractEventLoop
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import DataError, SynapseError
from .data_set import DataSet
from .pump import Failure, Pump

if TYPE_CHECKING:
    from .stream_set import StreamSet


class StreamReader:
    """
    Gives the batches of a source in order; never waits for them.

    Args:
        data: The source and what its batches must be like.
        loop: Where an asynchronous source is read.

    Attributes:
        over: There are no more batches in this epoch.
        exhausted: There are no more at all.
    """

    def __init__(self, data: StreamSet, loop: AbstractEventLoop | None) -> None:
        self.over = False
        self.exhausted = False
        self._data = data
        self._loop = loop
        self._once = _is_read_once(data.source)
        self._pump: Pump | None = None
        self._place: tuple[int, int] | None = None
        self._taken = 0

    def seek(self, epoch: int, batch: int) -> None:
        """
        Be at a batch of an epoch, both counted from 0.

        What is read once only goes on where it is, whatever that is called.
        """
        if self._place == (epoch, batch):
            return
        self._place = (epoch, batch)
        self.over = self.exhausted or batch == self._data.batches_per_epoch
        if self.over or (self._once and self._pump is not None):
            return
        self._close_pump()
        data, source = self._data, self._data.source
        limits = {} if self._once else {"skip": batch, "limit": data.batches_per_epoch}
        opened = (lambda: source) if _has_batches(source) else (lambda: _opened(source, epoch))
        self._pump = Pump(opened, data.made, data.prefetch, loop=self._loop, **limits)

    def take(self) -> DataSet | None:
        """
        Return the next batch; None if it is not there yet, or `over`.

        Raises:
            SynapseError: If it is not right.
            DataError: If there is none at all.
            Exception: What the source raised.
        """
        assert self._place is not None
        epoch, batch = self._place
        delivery = None if self.over or self._pump is None else self._pump.hopper.take()
        if isinstance(delivery, Failure):
            raise _explained(delivery, epoch, batch)
        if isinstance(delivery, DataSet):
            self._taken += 1
            self._place = (epoch, batch + 1)
            self.over = batch + 1 == self._data.batches_per_epoch
        elif delivery is not None:
            self.over, self.exhausted = True, self._once
            if not batch and not (self._once and self._taken):
                raise DataError(f"the source has no batch for epoch {epoch + 1}{_repair(self._once)}")
        return delivery if isinstance(delivery, DataSet) else None

    def peek(self) -> DataSet | None:
        """
        Return the batch that `take` would return, and leave it there; None also if that would raise.
        """
        delivery = None if self.over or self._pump is None else self._pump.hopper.peek()
        return delivery if isinstance(delivery, DataSet) else None

    @property
    def when_ready(self) -> Callable[[Callable[[], object]], None]:
        """
        What calls back once, from any thread, when `take` has something to say that it had not when this was asked for.

        It may be called on any thread as well, also when this reader has gone on.
        """
        return _at_once if self._pump is None or self.over else self._pump.hopper.when_ready

    def close(self) -> None:
        """Read no more, and close the source."""
        self._close_pump()
        self._place = None

    def _close_pump(self) -> None:
        if self._pump is not None:
            self._pump.close()
            self._pump = None


def _at_once(callback: Callable[[], object]) -> None:
    callback()


def _is_read_once(source: Any) -> bool:
    """Whether going through ``source`` uses it up: an iterator, as against what makes iterators."""
    if not _has_batches(source):
        return False
    return hasattr(source, "__anext__" if hasattr(source, "__aiter__") else "__next__")


def _has_batches(source: Any) -> bool:
    """Whether ``source`` can be gone through itself; else it is a function that returns what can."""
    return not isinstance(source, type) and (hasattr(source, "__iter__") or hasattr(source, "__aiter__"))


def _opened(source: Any, epoch: int) -> Any:
    iterable = source(epoch)
    if inspect.iscoroutine(iterable):
        iterable.close()
        raise DataError(
            f"the source {source!r} returned a coroutine; let it yield batches (an async generator) instead"
        )
    if not _has_batches(iterable):
        raise DataError(f"the source {source!r} returned {iterable!r}, which has no batches to go through")
    return iterable


def _explained(failure: Failure, epoch: int, batch: int) -> BaseException:
    """Return the error, which says what is wrong with which batch, or that it is the source's own."""
    error = failure.error
    if failure.by_source:
        if not isinstance(error, SynapseError):
            error.add_note("raised by the source of batches")
        return error
    return in_batch(error, epoch, batch)


def in_batch(error: BaseException, epoch: int, batch: int) -> BaseException:
    """Return an error of this library with its batch in front; others get a note."""
    place = f"batch {batch + 1} of epoch {epoch + 1}"
    if isinstance(error, SynapseError) and not isinstance(error, BaseExceptionGroup):
        return type(error)(f"{place}: {error}").with_traceback(error.__traceback__)
    error.add_note(f"in {place}")
    return error


def _repair(once: bool) -> str:
    if once:
        return (
            "; an iterator is read once only: give stream_set a function of the epoch that returns a new one"
        )
    return ""
