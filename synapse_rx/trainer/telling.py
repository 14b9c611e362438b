"""How a training changes its cell: what watches raise is noted and ends nothing, unless asked otherwise."""

from __future__ import annotations

import logging

from ..atoms import Atom
from ..errors import WatchError
from ..snapshot import Net

log = logging.getLogger("synapse_rx")


class Telling:
    """
    Compares and sets, and keeps what watches raised. Any thread may use it.

    Attributes:
        errors: What watches raised, oldest first.
        fatal: The first failure that is to end the training; None unless strict.
    """

    def __init__(self, atom: Atom[Net], *, strict: bool) -> None:
        self.errors: list[Exception] = []
        self.fatal: WatchError | None = None
        self._atom = atom
        self._strict = strict
        self._logged: set[tuple[type[Exception], str]] = set()

    def put(self, old: Net, new: Net) -> bool:
        """Put ``new`` in the place of ``old`` and tell the watches; False if the cell has moved on."""
        try:
            return self._atom.compare_and_set(old, new)
        except WatchError as failures:
            for error in failures.exceptions:
                self._note(error)
            if self._strict and self.fatal is None:
                self.fatal = failures
            return True

    def _note(self, error: Exception) -> None:
        self.errors.append(error)
        seen = (type(error), str(error))
        if seen not in self._logged:  # a watch that fails every epoch is logged once
            self._logged.add(seen)
            log.error("a watch failed while training went on", exc_info=error)
