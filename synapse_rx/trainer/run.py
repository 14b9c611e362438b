"""What `train` returns: an asyncio task that can also be waited for without an event loop."""

from __future__ import annotations

import asyncio

from ..atoms import Atom
from ..snapshot import Net
from .outcome_task import OutcomeTask
from .snapshots import Snapshots
from .trainer import Trainer


class TrainingRun(OutcomeTask[Net]):
    """
    A training under way.

    An `asyncio.Task`, so ``await``, ``gather``, ``wait_for``, ``timeout``, ``TaskGroup``, ``shield`` and the rest work;
    its result is the last snapshot. Its coroutine only waits: threads of their own compute, so the event loop is never
    held up, and ``net.value`` is right even while the loop is.

    Without a running loop use `result`, `exception`, `wait`, or `synapse_rx.deref`. All methods may be called from any
    thread. ``async for snapshot in run`` streams what is published, newest first served, the last one for certain.

    `cancel` ends it with the next chunk of work: nothing is published afterwards but the status, the network keeps the
    last snapshot. A run that waits in a queue ends at once and leaves the network as it is.

    Attributes:
        net: The cell in training.
        epochs: Complete epochs asked for; None if a condition decides.
        watch_errors: What watches raised meanwhile, oldest first; training goes on regardless.
    """

    def __init__(self, trainer: Trainer, *, loop: asyncio.AbstractEventLoop, name: str | None = None) -> None:
        self._trainer = trainer
        super().__init__(trainer.outcome, trainer.cancel, loop=loop, name=name)

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

    def _would_wait_for_itself(self) -> bool:
        return self._trainer.is_advancing_here

    def _settle(self, timeout: float | None) -> None:
        self._trainer.before_waiting()
        super()._settle(timeout)
