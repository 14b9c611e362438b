"""Writes snapshots to a folder while training goes on."""

from __future__ import annotations

import math
from os import PathLike
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any, Self

from ..errors import OptionError, SynapseError
from ..files.atomic import remove_parts
from ..io.checkpoints import BEST, Folder
from ..io.saved import load_stats
from ..snapshot import Net, Training
from ..snapshot.records import to_record
from ..stopping.monitor import monitored
from ..trainer.publish import Every
from .base import Attachable, Subscriber, Track
from .judge import Judge
from .news import begins, ends, new_epochs
from .worker import Worker

END_SECONDS = 60.0
"""How long the end of a training waits for its last checkpoint."""


class Checkpoint(Subscriber):
    """
    Writes snapshots of one network to a folder: ``Checkpoint("run", every=5).attach(net)``; `resume` reads them.

    It writes on a thread of its own and never holds training back: where epochs are faster than the disk, the newest
    wins. A disk that fails is reported once and harms nothing. The last snapshot of a training is on the disk when the
    run is over. A file is there whole or not at all, so the process may be killed at any moment.

    Args:
        directory: The folder, made if it is not there. It is for one network, in one process at a time.
        every: Every so many complete epochs, or what `synapse_rx.every` returns, for a training that publishes within
            epochs, too.
        keep: How many files are kept beside the best; None for all.
        best: Also keep the best snapshot, as ``best.safetensors``: by "loss", "training:KIND" or "validation:KIND",
            such as "validation:misclassification". It is the best that was ever written to this folder.
        mode: "min", or "max" for what is the better the larger it is.

    Raises:
        OptionError: If an option is out of range.
        OSError: If the folder cannot be made.
    """

    def __init__(
        self,
        directory: str | PathLike[str],
        every: int | Every = 1,
        keep: int | None = 3,
        best: str | None = None,
        *,
        mode: str = "min",
    ) -> None:
        self._every = _checked_every(every)
        self._judge = None if best is None else Judge(best, mode=mode)
        self._folder = Folder(Path(directory), _checked_keep(keep))
        self._worker = Worker(self._write, "Checkpoint")
        self._best: Net | None = None  # still to be written
        self._lock = Lock()
        self._folder.path.mkdir(parents=True, exist_ok=True)
        remove_parts(self._folder.path)
        super().__init__()

    @property
    def directory(self) -> Path:
        """The folder."""
        return self._folder.path

    @property
    def error(self) -> BaseException | None:
        """What went wrong last in writing; None if nothing."""
        return self._worker.error

    def attach(self, *nets: Attachable) -> Self:
        """
        Begin to write checkpoints of a network.

        Args:
            *nets: The cell of one network, or a run of `train`.

        Raises:
            OptionError: If there is more than one, or something in it cannot be written down.
        """
        cells = dict.fromkeys([*self.nets, *self._cells(nets)])
        if len(cells) > 1:
            raise OptionError(
                f"the checkpoints in {str(self.directory)!r} are of one network; give each network a folder of its own"
            )
        for cell in cells:
            to_record(cell.value)  # what cannot be written down is told here, not after the first epoch
        return super().attach(*nets)

    def flush(self, seconds: float | None = None) -> bool:
        """
        Wait until everything that was to be written is on the disk; return whether it is.

        Args:
            seconds: How long at most; a minute by default.
        """
        return self._worker.finish(END_SECONDS if seconds is None else seconds)

    def close(self) -> None:
        """Write what is still to be written and let go of the network. It may be attached again."""
        super().close()
        self.flush()

    def _begun(self, track: Track, net: Net) -> None:
        track.memory = _Memory(net, self._best_there())

    def _changed(self, track: Track, old: Net, new: Net) -> None:
        memory: _Memory = track.memory
        learnt = bool(new_epochs(old.training.stats, new.training.stats))
        best = learnt and self._is_best(memory, new)
        if best:
            with self._lock:
                self._best = new
        if ends(old, new) or (new.training.status not in Training.LIVE and _another(old, new)):
            self._worker.put("newest", new)
            self.flush()
        elif begins(old, new):
            memory.wrote(new)
        elif new.training.status in Training.LIVE and self._due(memory, new, learnt):
            memory.wrote(new)
            self._worker.put("newest", new)
        elif best:
            self._worker.put("best", new)

    def _is_best(self, memory: _Memory, net: Net) -> bool:
        """Tell whether there was nothing better, and remember how good it is."""
        value = math.nan if self._judge is None else self._judge.value(net)
        found = self._judge is not None and self._judge.better(value, memory.best)
        if found:
            memory.best = value
        return found

    def _due(self, memory: _Memory, net: Net, learnt: bool) -> bool:
        stats = net.training.stats
        if isinstance(self._every, int):
            return learnt and stats.epochs % self._every == 0
        batches, seconds = self._every.batches, self._every.seconds
        by_count = batches is not None and abs(stats.steps - memory.steps) >= batches
        return by_count or (seconds is not None and monotonic() - memory.moment >= seconds)

    def _best_there(self) -> float:
        path = self._folder.path / BEST
        if self._judge is None or not path.exists():
            return math.nan
        try:
            stats = load_stats(path)
            return monitored(stats, self._judge.name(stats))[-1]
        except (
            SynapseError,
            OSError,
        ):  # damaged, or of a training that recorded something else: anything is better
            return math.nan

    def _write(self, key: str, net: Net) -> None:
        if key == "newest":
            self._folder.write(net)
        with self._lock:
            best, self._best = self._best, None
        try:
            if best is not None:
                self._folder.write_best(best)
        except BaseException:
            with self._lock:  # unless there is a better one by now, the next checkpoint tries again
                self._best = self._best or best
            raise

    def __repr__(self) -> str:
        return super().__repr__().replace(",", f" {str(self.directory)!r},", 1)


class _Memory:
    """
    What was written of a network last.

    Attributes:
        steps: Updates behind it.
        moment: When that was.
        best: The best value so far.
    """

    def __init__(self, net: Net, best: float) -> None:
        self.best = best
        self.wrote(net)

    def wrote(self, net: Net) -> None:
        self.steps, self.moment = net.training.stats.steps, monotonic()


def _another(old: Net, new: Net) -> bool:
    return new.params is not old.params or new.training.state is not old.training.state


def _checked_every(every: Any) -> int | Every:
    if isinstance(every, Every) or (type(every) is int and every >= 1):
        return every
    raise OptionError(
        f"every is a whole number of epochs >= 1, or every(batches=..., seconds=...), not {every!r}"
    )


def _checked_keep(keep: Any) -> int | None:
    if keep is None or (type(keep) is int and keep >= 1):
        return keep
    raise OptionError(f"keep is a whole number of files >= 1, or None for all, not {keep!r}")
