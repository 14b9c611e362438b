"""Who trains a network, and who waits behind."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from attrs import frozen

from ..atoms import Atom
from ..errors import AlreadyTraining
from ..snapshot import Net
from .run import TrainingRun
from .trainer import Trainer


@frozen(eq=False)
class Turn:
    """A training in line: its trainer, its run, and what sets it going when it is the first."""

    trainer: Trainer
    run: TrainingRun
    go: Callable[[], None]


class Lines:
    """
    One line for each cell in training: the first is being trained, the others wait.

    No code of users runs under its lock.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._lines: dict[Atom[Net], list[Turn]] = {}

    def enter(self, turn: Turn, *, alone: bool) -> tuple[Turn, ...]:
        """
        Put ``turn`` at the end of its line; return those ahead of it.

        Raises:
            AlreadyTraining: If it is to be alone and is not; it is not in line then.
        """
        with self._lock:
            ahead = tuple(self._lines.get(turn.trainer.atom, []))
            if not (alone and ahead):
                self._lines.setdefault(turn.trainer.atom, []).append(turn)
                return ahead
        raise AlreadyTraining(
            f"this network is in training: {ahead[0].run!r}; stop it first, or use if_running='queue' or 'replace'",
            ahead[0].run,
        )

    def leave(self, turn: Turn) -> Turn | None:
        """Take ``turn`` out of its line; return who is the first now, if it was."""
        atom = turn.trainer.atom
        with self._lock:
            line = self._lines.get(atom, [])
            if turn not in line:
                return None
            was_first = line[0] is turn
            line.remove(turn)
            if not line:
                del self._lines[atom]
            return line[0] if was_first and line else None

    def first(self, atom: Atom[Net]) -> Turn | None:
        """Return who trains this cell, or None."""
        with self._lock:
            return next(iter(self._lines.get(atom, [])), None)

    def everyone(self) -> list[Turn]:
        """Return all, those who wait before those they wait for."""
        with self._lock:
            return [turn for line in self._lines.values() for turn in reversed(line)]


LINES = Lines()
"""The process's lines."""
