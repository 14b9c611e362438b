"""A folder with the newest snapshots of a network, and the best one."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import Any
from weakref import ref

from ..atoms import Atom
from ..errors import FormatError
from ..files.atomic import link
from ..snapshot import Net
from .saved import load, write_snapshot

BEST = "best.safetensors"
"""The file of the best snapshot."""

NUMBERED = re.compile(r"(\d+)-epoch-\d+\.safetensors")
"""The names of the others: numbers say in which order they were written, epochs are for people."""

log = logging.getLogger("synapse_rx")


def resume(
    directory: str | PathLike[str],
    fresh: Atom[Net] | None = None,
    *,
    functions: Iterable[Callable[..., Any]] = (),
) -> Atom[Net]:
    """
    Return the network that a `Checkpoint` wrote last, to be trained on as if it had never stopped.

    Where the newest file is damaged, the one before it is taken, and this is logged.

    Args:
        directory: The folder of the checkpoints.
        fresh: The network to begin with where there is no checkpoint yet.
        functions: Those that the checkpoints may use, as for `load`.

    Raises:
        FileNotFoundError: If there is no checkpoint, and no ``fresh`` network.
        FormatError: If there are checkpoints, but each of them is damaged.
    """
    damaged: FormatError | None = None
    for path in reversed(numbered(directory)):
        try:
            return load(path, functions=functions)
        except FormatError as error:
            log.warning("a checkpoint is left out: %s", error)
            damaged = damaged or error
    if damaged is not None:
        raise damaged
    if fresh is None:
        raise FileNotFoundError(
            f"there is no checkpoint in {str(directory)!r}; Checkpoint({str(directory)!r}).attach(net) writes them, "
            "and resume(directory, net) begins with net where there is none yet"
        )
    return fresh


def numbered(directory: str | PathLike[str]) -> list[Path]:
    """Return the checkpoints in a folder but the best, in the order they were written."""
    there = Path(directory)
    found = [path for path in there.iterdir() if NUMBERED.fullmatch(path.name)] if there.is_dir() else []
    return sorted(found, key=_number)


class Folder:
    """
    Keeps the newest snapshots of one network in a folder.

    Args:
        path: The folder.
        keep: How many numbered files are kept; None for all.
    """

    def __init__(self, path: Path, keep: int | None) -> None:
        self.path = path
        self._keep = keep
        self._last: _Written | None = None

    def write(self, net: Net) -> None:
        """Write the newest snapshot; one of the same moment, with other edits, takes the place of the one before."""
        there = numbered(self.path)
        if self._last is not None and self._last.is_of_moment(net) and there and there[-1] == self._last.path:
            path = self._last.path
        else:
            number = _number(there[-1]) + 1 if there else 1
            path = self.path / f"{number:06d}-epoch-{net.training.stats.epochs}.safetensors"
        _write(net, path)
        self._last = _Written(net, path)
        if self._keep is not None:
            for old in numbered(self.path)[: -self._keep]:
                old.unlink(missing_ok=True)

    def write_best(self, net: Net) -> None:
        """Write the best snapshot so far; where that is the newest, its file gets a second name."""
        best = self.path / BEST
        if self._last is not None and self._last.net() is net:
            try:
                return link(self._last.path, best)
            except OSError:  # some file systems know no second names
                log.debug("%s is written anew", best, exc_info=True)
        _write(net, best)


class _Written:
    """What was written last, and where."""

    def __init__(self, net: Net, path: Path) -> None:
        self.path = path
        self.net = ref(net)
        self._moment = _moment(net)

    def is_of_moment(self, net: Net) -> bool:
        return self._moment == _moment(net)


def _moment(net: Net) -> tuple[int, int]:
    return net.version, net.training.stats.steps


def _write(net: Net, path: Path) -> None:
    # Few checkpoints are ever read. Kept in memory by the system, they drive out what is used, and the next snapshot
    # has to be put into memory that was not in use yet: measured, this cost more than writing the file.
    write_snapshot(net, path, cached=False)


def _number(path: Path) -> int:
    return int(path.name.partition("-")[0])
