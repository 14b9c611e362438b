"""What `train` returns: an asyncio task that can also be waited for without an event loop."""

from __future__ import annotations

import asyncio
import inspect
from asyncio import CancelledError, InvalidStateError
from collections.abc import Callable, Generator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitTimeout
from contextlib import suppress
from functools import partial
from typing import Any

from ..atoms import Atom
from ..snapshot import Net
from .loops import running_loop
from .snapshots import Snapshots
from .trainer import Trainer


class TrainingRun(asyncio.Task[Net]):
    """
    A training under way.

    An `asyncio.Task`, so ``await``, ``gather``, ``wait_for``, ``timeout``, ``TaskGroup``, ``shield`` and the rest work;
    its result is the last snapshot. Its coroutine only waits: threads of their own compute, so the event loop is never
    held up, and ``net.value`` is right even while the loop is.

    Without a running loop use `result`, `exception`, `wait`, or `synapse_rx.deref`. All methods may be called from any
    thread. ``async for snapshot in run`` streams what is published, newest first served, the last one for certain.

    Attributes:
        net: The cell in training.
        epochs: Complete epochs asked for; None if a condition decides.
        watch_errors: What watches raised meanwhile, oldest first; training goes on regardless.
    """

    def __init__(self, trainer: Trainer, *, loop: asyncio.AbstractEventLoop, name: str | None = None) -> None:
        self._trainer = trainer
        self._ended = asyncio.Event()
        self._waiting = _outcome(trainer, self._ended)
        super().__init__(self._waiting, loop=loop, name=name)

    @property
    def net(self) -> Atom[Net]:
        return self._trainer.atom

    @property
    def epochs(self) -> int | None:
        return self._trainer.goal.total()

    @property
    def epochs_done(self) -> int:
        """Complete epochs learnt by this run."""
        return self._trainer.epochs_done

    @property
    def watch_errors(self) -> list[Exception]:
        return self._trainer.telling.errors

    @property
    def status(self) -> str:
        """Its own status: "queued", "training", "paused", "stopping", "done", "stopped", "cancelled" or "failed"."""
        return self._trainer.status

    def stop(self) -> bool:
        """
        End gracefully with the next chunk of work (about 50 ms): the result is the last snapshot, status "stopped".

        What was learnt of the epoch under way is in that snapshot; training again goes on exactly there. A run that
        waits in a queue ends at once and leaves the network as it is.

        Returns:
            Whether there was anything left to stop.
        """
        return self._trainer.stop()

    def pause(self) -> bool:
        """Pause with the next chunk of work; return whether it was training."""
        return self._trainer.change_status({"training"}, "paused")

    def resume(self) -> bool:
        """Go on after a pause; return whether it was paused."""
        return self._trainer.change_status({"paused"}, "training")

    def cancel(self, msg: Any | None = None) -> bool:
        """
        Cancel, as asyncio means it: the task is cancelled once computing has ended, with the next chunk of work.

        Nothing is published afterwards but the status; the network keeps the last snapshot. May be called from any
        thread. A run that waits in a queue ends at once and leaves the network as it is.

        Returns:
            False if the run is over already.
        """
        if not self._trainer.cancel():
            return False
        # A coroutine that is cancelled before its first step does not get to wait for computing to end.
        if self._is_here() and inspect.getcoroutinestate(self._waiting) != inspect.CORO_CREATED:
            super().cancel(msg)
        else:
            self._on_loop(partial(super().cancel, msg))
        return True

    def done(self) -> bool:
        """Return whether the run is over. Right on any thread, even while the run's own loop stands still."""
        if super().done():
            return True
        if self._is_here() or not self._trainer.outcome.done():
            return False
        # Who is told so may close the loop next: the task, too, must find its end in the loop's last turns.
        self._on_loop(self._ended.set)
        return True

    def cancelled(self) -> bool:
        """Return whether the run was cancelled; as right as `done`."""
        if super().done():
            return super().cancelled()
        return self.done() and isinstance(self._trainer.outcome.exception(), CancelledError)

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
        self._settle(timeout)
        self._mark_retrieved()
        return self._trainer.outcome.result()

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what ended the training, or None; waits and raises as `result` does."""
        if super().done():
            return super().exception()
        self._settle(timeout)
        self._mark_retrieved()
        error = self._trainer.outcome.exception()
        if isinstance(error, CancelledError):
            raise error
        return error

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the run is over, at most ``timeout`` seconds; return whether it is. Not for event loops."""
        try:
            self._settle(timeout)
        except TimeoutError:
            return False
        return True

    def add_done_callback(self, fn: Callable[[Any], object], /, *, context: Any = None) -> None:
        """Call ``fn(run)`` on the run's loop when it is done; as for any task, but from any thread."""
        if self._is_here():
            super().add_done_callback(fn, context=context)
        else:
            self._on_loop(partial(super().add_done_callback, fn, context=context))

    def __await__(self) -> Generator[Any, None, Net]:
        if running_loop() is None:
            raise RuntimeError(
                "awaiting a training needs a running asyncio loop; in plain code use run.result() or sx.deref(run), "
                "under trio: await anyio.to_thread.run_sync(run.result, abandon_on_cancel=True)"
            )
        if self._is_here():
            return super().__await__()
        self._mark_retrieved()
        return _outcome(self._trainer, asyncio.Event()).__await__()

    def __aiter__(self) -> Snapshots:
        return Snapshots(self._trainer)

    def __repr__(self) -> str:
        trainer, status = self._trainer, self._trainer.status
        parts = [f"{trainer.epochs_done}{'' if self.epochs is None else f'/{self.epochs}'} epochs"]
        stats = trainer.last.training.stats
        if trainer.started and stats.epochs:
            parts.append(f"loss {stats.loss[-1]:.4g}")
        if status != "training":
            parts.append(status)
        elif stats.epochs and stats.seconds[-1] > 0:
            parts.append(f"{1 / stats.seconds[-1]:.3g} epochs/s")
        return f"<TrainingRun {', '.join(parts)}>"

    def _is_here(self) -> bool:
        """Whether the run's own loop runs on this thread, so that the task itself knows best."""
        return running_loop() is self.get_loop()

    def _on_loop(self, f: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self.get_loop().call_soon_threadsafe(f)

    def _settle(self, timeout: float | None) -> None:
        """Wait for the outcome."""
        outcome = self._trainer.outcome
        if outcome.done():
            return
        if running_loop() is not None:
            raise InvalidStateError(
                "the training is not done, and waiting here would stop the event loop of this thread: "
                "use `await run`"
            )
        if self._trainer.is_advancing_here:
            raise InvalidStateError("this is a watch on the training's own thread: it would wait for itself")
        try:
            outcome.exception(timeout)
        except WaitTimeout:
            raise TimeoutError(f"the training was not over within {timeout} s; it goes on") from None

    def _mark_retrieved(self) -> None:
        """Whoever took the outcome has seen the exception: asyncio need not report it as never retrieved."""
        self.add_done_callback(_retrieve)


def _retrieve(run: TrainingRun) -> None:
    if not run.cancelled():
        run.exception()


async def _outcome(trainer: Trainer, ended: asyncio.Event) -> Net:
    """Wait for the outcome on whatever loop this runs; when cancelled, see to it that computing ends first."""
    outcome = trainer.outcome
    loop = asyncio.get_running_loop()

    def wake(_: Future[Net]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(ended.set)

    outcome.add_done_callback(wake)
    cancelled: CancelledError | None = None
    while not outcome.done():
        try:
            await ended.wait()
        except CancelledError as error:
            # The first one is raised again in the end: scopes of anyio recognise their own.
            cancelled = cancelled or error
            trainer.cancel()
    if cancelled is not None and isinstance(outcome.exception(), CancelledError | None):
        raise cancelled
    return outcome.result()
