"""Going back to earlier epochs, and branching off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve

from ..atoms import Atom
from ..errors import OptionError
from ..snapshot import Net
from ..subscribers import History
from .steering import taken_to


class Rewinding:
    """
    The commands that need more than the newest snapshot: "rewind" and "branch", each with ``epoch``.

    Args:
        history: What keeps earlier snapshots; None for nothing, and then only the present one can be branched from.
        begin: Called with the cell of every branch.
    """

    def __init__(self, history: History | None, begin: Callable[[Atom[Net]], object]) -> None:
        self._history = history
        self._begin = begin

    def epochs(self, cell: Atom[Net]) -> tuple[int, ...]:
        """Return the numbers of complete epochs that can be gone back to."""
        history = self._history
        return history.epochs(cell) if history is not None and cell in history.nets else ()

    def obey(self, cell: Atom[Net], command: Any) -> bool:
        """
        Do what a command asks for; return whether it is one of these.

        Raises:
            OptionError: If the epoch is not kept.
        """
        name = command.get("command") if isinstance(command, Mapping) else None
        if name not in ("rewind", "branch"):
            return False
        epoch = command.get("epoch")
        if name == "rewind":
            cell.swap(taken_to, self._at(cell, epoch))
        else:
            self._branch(cell, cell.value if epoch is None else self._at(cell, epoch))
        return True

    def _at(self, cell: Atom[Net], epoch: Any) -> Net:
        if isinstance(epoch, bool) or not isinstance(epoch, int) or epoch < 0:
            raise OptionError(f"epoch is a number of complete epochs, not {epoch!r}")
        if self._history is None or cell not in self._history.nets:
            raise OptionError(
                "no earlier snapshots are kept; give the dashboard some: dashboard(net, history=History(net))"
            )
        return self._history.at(epoch, cell)

    def _branch(self, cell: Atom[Net], net: Net) -> None:
        name = f"{cell.meta.get('name', 'net')} @ {net.training.stats.epochs}"
        branch = Atom(evolve(net, training=evolve(net.training, status="idle")), meta={"name": name})
        if self._history is not None:
            self._history.attach(branch)
        self._begin(branch)
