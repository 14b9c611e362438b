"""What `train` returns: an asyncio task that can also be waited for without an event loop."""

from __future__ import annotations

import asyncio
from asyncio import CancelledError, InvalidStateError
from collections.abc import AsyncIterator, Generator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitTimeout
from contextlib import suppress
from typing import Any

from ..atom import Atom
from ..snapshot import Net, with_status
from .loops import running_loop
from .trainer import Trainer


class TrainingRun(asyncio.Task[Net]):
    """
    A training under way.

    An `asyncio.Task`, so ``await``, ``gather``, ``wait_for``, ``timeout``, ``TaskGroup``, ``shield`` and the rest work;
    its result is the last snapshot. Its coroutine only waits: threads of their own compute, so the event loop is never
    held up, and ``net.value`` is right even while the loop is.

    Without a running loop use `result`, `exception`, `wait`, or `synapse_rx.deref`. All methods may be called from any
    thread. ``async for snapshot in run`` streams what is published, newest first served.

    Attributes:
        net: The cell in training.
        epochs: Complete epochs asked for.
        watch_errors: What watches raised meanwhile, oldest first; training goes on regardless.
    """

    def __init__(self, trainer: Trainer, *, loop: asyncio.AbstractEventLoop, name: str | None = None) -> None:
        self._trainer = trainer
        super().__init__(_outcome(trainer), loop=loop, name=name)

    @property
    def net(self) -> Atom[Net]:
        return self._trainer.atom

    @property
    def epochs(self) -> int:
        return self._trainer.epochs

    @property
    def epochs_done(self) -> int:
        """Complete epochs learnt by this run."""
        return self._trainer.epochs_done

    @property
    def watch_errors(self) -> list[Exception]:
        return self._trainer.watch_errors

    def stop(self) -> bool:
        """
        End gracefully with the next chunk of work (about 50 ms): the result is the last snapshot, status "stopped".

        What was learnt of the epoch under way is in that snapshot; training again goes on exactly there.

        Returns:
            Whether there was anything left to stop.
        """
        if self._trainer.outcome.done():
            return False
        self._trainer.stop()
        return True

    def pause(self) -> bool:
        """Pause with the next chunk of work; return whether it was training."""
        return change_status(self.net, {"training"}, "paused")

    def resume(self) -> bool:
        """Go on after a pause; return whether it was paused."""
        return change_status(self.net, {"paused"}, "training")

    def cancel(self, msg: Any | None = None) -> bool:
        """
        Cancel, as asyncio means it: the task is cancelled once computing has ended, with the next chunk of work.

        Nothing is published afterwards but the status; the network keeps the last snapshot. May be called from any
        thread.

        Returns:
            False if the run is over already.
        """
        if self._trainer.outcome.done():
            return False
        self._trainer.cancel()
        if running_loop() is self.get_loop():
            super().cancel(msg)
        else:
            with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
                self.get_loop().call_soon_threadsafe(super().cancel, msg)
        return True

    def done(self) -> bool:
        """Return whether the run is over. Right on any thread, even while the run's own loop stands still."""
        return super().done() or (self._elsewhere() and self._trainer.outcome.done())

    def result(self, timeout: float | None = None) -> Net:
        """
        Return the last snapshot; without a running event loop on this thread, wait for it.

        Args:
            timeout: Seconds to wait at most; training goes on when they are over. Ctrl-C, too, ends the waiting only.

        Raises:
            TimeoutError: If the time is over.
            InvalidStateError: If the run is not done and an event loop runs on this thread: use ``await run``.
            CancelledError: If the run was cancelled.
            Exception: What ended the training, such as `Diverged`.
        """
        if super().done():
            return super().result()
        return self._settled(timeout).result()

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what ended the training, or None; waits and raises as `result` does."""
        if super().done():
            return super().exception()
        outcome = self._settled(timeout)
        error = outcome.exception()
        if isinstance(error, CancelledError):
            raise error
        return error

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the run is over, at most ``timeout`` seconds; return whether it is. Not for event loops."""
        try:
            self._settled(timeout)
        except TimeoutError:
            return False
        return True

    def __await__(self) -> Generator[Any, None, Net]:
        loop = running_loop()
        if loop is None:
            raise RuntimeError(
                "awaiting a training needs a running asyncio loop; in plain code use run.result() or sx.deref(run), "
                "under trio: await anyio.to_thread.run_sync(run.result, abandon_on_cancel=True)"
            )
        if loop is self.get_loop():
            return super().__await__()
        return self._from_afar().__await__()

    async def __aiter__(self) -> AsyncIterator[Net]:
        ended = asyncio.ensure_future(_ended(self._trainer.outcome))
        last: Net | None = None
        stream = self.net.stream()
        try:
            while not self._trainer.outcome.done():
                following = asyncio.ensure_future(anext(stream))
                await asyncio.wait({following, ended}, return_when=asyncio.FIRST_COMPLETED)
                if not following.done():
                    following.cancel()
                    with suppress(CancelledError):
                        await following
                    break
                if self._trainer.started:
                    last = following.result()
                    yield last
            if last is not self._trainer.last:
                yield self._trainer.last
        finally:
            ended.cancel()
            await stream.aclose()

    def __repr__(self) -> str:
        trainer = self._trainer
        net = trainer.last
        stats = net.training.stats
        parts = [f"{trainer.epochs_done}/{trainer.epochs} epochs"]
        if stats.epochs:
            parts.append(f"loss {stats.loss[-1]:.4g}")
        if trainer.outcome.done() or not trainer.started:
            parts.append(net.training.status if trainer.started else "queued")
        elif stats.epochs and stats.seconds[-1] > 0:
            parts.append(f"{1 / stats.seconds[-1]:.3g} epochs/s")
        return f"<TrainingRun {', '.join(parts)}>"

    def _elsewhere(self) -> bool:
        return running_loop() is not self.get_loop()

    def _settled(self, timeout: float | None) -> Future[Net]:
        """Return the outcome once it is there."""
        outcome = self._trainer.outcome
        if not outcome.done():
            if running_loop() is not None:
                raise InvalidStateError(
                    "the training is not done, and waiting here would stop the event loop of this thread: "
                    "use `await run`"
                )
            _wait(outcome, timeout)
        self._mark_retrieved()
        return outcome

    def _mark_retrieved(self) -> None:
        """Whoever took the outcome here has seen the exception: asyncio need not report it as never retrieved."""

        def retrieve(task: asyncio.Task[Net]) -> None:
            if not task.cancelled():
                asyncio.Task.exception(task)

        with suppress(RuntimeError):
            self.get_loop().call_soon_threadsafe(self.add_done_callback, retrieve)

    async def _from_afar(self) -> Net:
        """Wait on another loop than the run's own; being cancelled here cancels the run, as for any awaited task."""
        try:
            await _ended(self._trainer.outcome)
        except CancelledError:
            self.cancel()
            await _ended(self._trainer.outcome)
            raise
        return self._trainer.outcome.result()


def change_status(atom: Atom[Net], present: set[str], wanted: str) -> bool:
    """Swap the training status to ``wanted`` if it is one of ``present``; return whether it was."""
    while True:
        net = atom.value
        if net.training.status not in present:
            return False
        if atom.compare_and_set(net, with_status(net, wanted)):
            return True


async def _outcome(trainer: Trainer) -> Net:
    """Wait for the outcome; when cancelled, see to it that computing ends first."""
    ended = _event(trainer.outcome)
    cancelled: CancelledError | None = None
    while not trainer.outcome.done():
        try:
            await ended.wait()
        except CancelledError as error:
            # The first one is raised again in the end: scopes of anyio recognise their own.
            cancelled = cancelled or error
            trainer.cancel()
    if cancelled is not None:
        raise cancelled
    return trainer.outcome.result()


async def _ended(outcome: Future[Net]) -> None:
    await _event(outcome).wait()


def _event(outcome: Future[Net]) -> asyncio.Event:
    """Return an event of the running loop that is set when ``outcome`` is there."""
    loop = asyncio.get_running_loop()
    event = asyncio.Event()

    def wake(_: Future[Net]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(event.set)

    outcome.add_done_callback(wake)
    return event


def _wait(outcome: Future[Net], timeout: float | None) -> None:
    try:
        outcome.exception(timeout)
    except WaitTimeout:
        raise TimeoutError(f"the training was not over within {timeout} s; it goes on") from None
