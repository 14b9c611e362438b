"""Read a source ahead, on a thread of its own or on an event loop, as far as somebody wants it."""

from __future__ import annotations

import asyncio
import logging
from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from typing import Any, Final

from attrs import frozen

from ..errors import DataError
from .data_set import DataSet
from .helpers import Helpers
from .hopper import Hopper

PATIENCE = 0.2
"""Seconds that the end of a run waits for its source to be closed; one that does not deliver is closed when it does."""

log = logging.getLogger("synapse_rx")


@frozen(eq=False)
class Failure:
    """
    Why there is no batch.

    Attributes:
        error: What was raised.
        by_source: By the source itself; else by looking at what it gave.
    """

    error: BaseException
    by_source: bool


class End:
    """There are no more batches."""


END: Final = End()
Delivery = DataSet | Failure | End


class Pump:
    """
    Reads one iterable of batches from the beginning to its end, or until it is closed.

    It begins on a thread of its own, where a synchronous iterable is read and closed as well; an asynchronous one is
    handed over to the event loop. What it reads is made a `DataSet` before the source is asked for more, so a source
    may use its memory again.

    Args:
        open: Returns the iterable.
        make: Makes a batch of what it gives.
        size: The most batches read ahead.
        skip: Read so many batches and forget them.
        limit: Read so many batches at most, those included; None for all.
        loop: Where an asynchronous iterable is read.

    Attributes:
        hopper: Where the batches are; behind the last one there is an `End` or a `Failure`.
    """

    def __init__(
        self,
        open: Callable[[], Any],
        make: Callable[[Any], DataSet],
        size: int,
        *,
        skip: int = 0,
        limit: int | None = None,
        loop: AbstractEventLoop | None = None,
    ) -> None:
        self.hopper: Hopper[Delivery] = Hopper(size)
        self._open = open
        self._make = make
        self._skip = skip
        self._limit = limit
        self._loop = loop
        self._over = Event()
        self._task: asyncio.Task[None] | None = None
        Thread(target=self._begin, name="synapse-rx-source", daemon=True).start()

    def close(self) -> None:
        """
        Read no more and close the source, from its own thread or loop.

        Waits a moment for that, unless an event loop would wait with it.
        """
        self.hopper.close()
        if self._task is not None and self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed, and its tasks with it
                self._loop.call_soon_threadsafe(self._task.cancel)
        if not _on_a_loop():
            self._over.wait(PATIENCE)

    def _begin(self) -> None:
        try:
            iterable = self._open()
            if hasattr(iterable, "__aiter__"):
                self._hand_over(iterable)
                return
            iterator = iter(iterable)
        except BaseException as error:  # whatever it is belongs to whoever awaits the run
            self.hopper.put(Failure(error, by_source=True), last=True)
            self._over.set()
            return
        self._read(iterator)

    def _read(self, iterator: Any) -> None:
        hopper, index, by_source = self.hopper, 0, True
        try:
            while not hopper.closed and index != self._limit:
                try:
                    item = next(iterator)
                except StopIteration:
                    break
                if index >= self._skip:
                    by_source = False
                    batch = self._make(item)
                    by_source = True
                    room = Event()
                    hopper.when_room(room.set)
                    room.wait()
                    hopper.put(batch)
                index += 1
            hopper.put(END, last=True)
        except BaseException as error:
            hopper.put(Failure(error, by_source), last=True)
        finally:
            self._close(getattr(iterator, "close", None))
            self._over.set()

    def _close(self, close: Any) -> None:
        if close is not None:
            try:
                close()
            except BaseException:  # all that was asked of it has been learnt
                log.exception("closing a source of batches failed")

    def _hand_over(self, iterable: Any) -> None:
        loop = self._loop
        if loop is None:
            raise DataError(
                "an asynchronous source is read on an event loop; give it to train, which has one"
            )

        def begin() -> None:
            task = loop.create_task(self._read_async(iterable), name="synapse-rx-source")
            task.add_done_callback(lambda _: self._over.set())
            self._task = task

        loop.call_soon_threadsafe(begin)

    async def _read_async(self, iterable: Any) -> None:
        hopper, index, by_source = self.hopper, 0, True
        iterator, helpers = None, Helpers(1)
        try:
            iterator = aiter(iterable)
            while not hopper.closed and index != self._limit:
                try:
                    item = await anext(iterator)
                except StopAsyncIteration:
                    break
                if index >= self._skip:
                    by_source = False
                    # Not here: the loop has better things to do than to look at samples.
                    batch = await asyncio.wrap_future(helpers.submit(self._make, item))
                    by_source = True
                    await self._room()
                    hopper.put(batch)
                index += 1
            hopper.put(END, last=True)
        except asyncio.CancelledError:
            # Unless the run is over it was somebody else, such as the end of the loop.
            hopper.put(Failure(DataError("the task that reads the source was cancelled"), True), last=True)
            raise
        except BaseException as error:
            hopper.put(Failure(error, by_source), last=True)
        finally:
            helpers.close()
            await self._aclose(getattr(iterator, "aclose", None))

    async def _room(self) -> None:
        room, loop = asyncio.Event(), asyncio.get_running_loop()

        def tell() -> None:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(room.set)

        self.hopper.when_room(tell)
        await room.wait()

    async def _aclose(self, aclose: Any) -> None:
        if aclose is not None:
            try:
                await aclose()
            except Exception:
                log.exception("closing a source of batches failed")


def _on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
