"""A live display of training in a terminal or a notebook, plain lines elsewhere."""

from __future__ import annotations

import atexit
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, Self

from ..errors import MissingExtraError, OptionError
from ..snapshot import Net, Training
from .base import Attachable, Subscriber, Track
from .news import begins
from .notebook import in_notebook
from .painter import Painter, View
from .standing import Standing, standing

if TYPE_CHECKING:
    from rich.console import Console


class Progress(Subscriber):
    """
    Shows the progress of networks in training: epoch, loss, errors, samples a second, time left, status, live edits.

    On a terminal and below the cell of a notebook bars move, above them one for all networks if there are several;
    anywhere else (a pipe, a file) it writes a plain line an epoch, at most two a second and fewer when training takes
    long. It draws on a thread of its own and always shows what is newest, so it never holds training back, and if
    drawing fails this is logged once and training goes on. Needs the extra ``progress``.

    As a context manager it shows the last state and lets go of all networks at the end:
    ``with Progress(net, epochs=20): deref(train(net, trset, 20))``.

    Args:
        *nets: The cells of networks to show, or runs. Give all that train at the same time to one display; where there
            are several, each is called by the "name" in its ``meta``.
        epochs: Epochs that each training will take, from its beginning or from now if it is under way; without it
            there is no time left.
        console: A rich console; by default one on standard error, or the notebook.

    Raises:
        MissingExtraError: If rich is not installed.
        OptionError: If something else than a cell is given, or ``epochs`` is no whole number >= 1.
    """

    def __init__(self, *nets: Attachable, epochs: int | None = None, console: Console | None = None) -> None:
        self._view = _view(console)
        self._epochs = _checked(epochs)
        self._asked: int | None = None
        self._painter: Painter | None = None
        super().__init__(*nets)

    def attach(self, *nets: Attachable, epochs: int | None = None) -> Self:
        """
        Show networks, too.

        Args:
            *nets: Cells of networks, runs of `train`, or lists of them.
            epochs: Epochs their training will take; None for what the display was made with.

        Raises:
            OptionError: If something else is given, or ``epochs`` is no whole number >= 1.
        """
        self._asked = _checked(epochs) or self._epochs
        return super().attach(*nets)

    def detach(self, *nets: Attachable) -> Self:
        """Show the last state and let go of networks, or of all of them; one that is not shown is fine."""
        leaving = self._cells(nets) if nets else self.nets
        if all(cell in leaving for cell in self.nets) and self._painter is not None:
            for cell in self.nets:  # nothing that comes later belongs to the last state
                cell.remove_watch(self)
            painter, self._painter = self._painter, None
            painter.end()
            atexit.unregister(self.detach)
        return super().detach(*nets)

    def _begun(self, track: Track, net: Net) -> None:
        track.memory = _Shown(net, self._asked)
        if self._painter is None:
            self._painter = Painter(self._look, self._view)
            atexit.register(self.detach)  # a forgotten display must not leave the terminal without its cursor
        self._painter.wake()

    def _changed(self, track: Track, old: Net, new: Net) -> None:
        painter = self._painter
        track.memory.note(old, new)
        if painter is not None:
            painter.wake()

    def _look(self) -> Mapping[Hashable, Standing]:
        tracks = self._tracks
        found = {
            cell: track.memory.look(cell.value, track.name if len(tracks) > 1 else None)
            for cell, track in tracks.items()
            if track.memory is not None
        }
        return {cell: standing for cell, standing in found.items() if standing is not None}


class _Shown:
    """What a display remembers of one network."""

    def __init__(self, net: Net, epochs: int | None) -> None:
        stats = net.training.stats
        self._epochs = epochs
        self._base = stats.epochs
        self._told = len(stats.events)
        self._begun = net.training.status in Training.LIVE

    def note(self, old: Net, new: Net) -> None:
        """Take note of a change: a training that begins counts its epochs from there."""
        if begins(old, new):
            self._base = new.training.stats.epochs
            self._begun = True

    def look(self, net: Net, name: str | None) -> Standing | None:
        """Return where it stands, with the events since the last look; None before any training."""
        self._begun = self._begun or net.training.status in Training.LIVE
        if not self._begun:
            return None
        told, self._told = self._told, len(net.training.stats.events)
        return standing(net, name=name, base=self._base, epochs=self._epochs, told=told)


def _view(console: Console | None) -> View:
    try:
        import rich  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise MissingExtraError(
            "the progress display needs rich, which is not installed: pip install 'synapse-rx[progress]'"
        ) from error
    from .bars import Bars
    from .error_console import ErrorConsole
    from .lines import Lines
    from .panel import Panel

    if console is None and in_notebook():
        return Panel()
    where = console or ErrorConsole(stderr=True)
    return Bars(where) if where.is_terminal and not where.is_dumb_terminal else Lines(where)


def _checked(epochs: Any) -> int | None:
    if epochs is not None and (isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1):
        raise OptionError(f"epochs must be a whole number >= 1, not {epochs!r}")
    return epochs
