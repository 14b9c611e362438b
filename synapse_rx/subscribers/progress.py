"""A live display of training in a terminal, plain lines elsewhere."""

from __future__ import annotations

import atexit
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, Self

from ..atoms import Atom
from ..errors import MissingExtraError, OptionError
from ..snapshot import Net, Training
from .painter import Painter, View
from .standing import Standing, standing

if TYPE_CHECKING:
    from rich.console import Console


class Progress:
    """
    Shows the progress of networks in training: epoch, loss, errors, samples a second, time left, status, live edits.

    On a terminal bars move; anywhere else (a pipe, a file, a notebook) it writes a plain line an epoch, at most two a
    second and fewer when training takes long. It draws on a thread of its own and always shows what is newest, so it
    never holds training back, and if drawing fails this is logged once and training goes on. Needs the extra
    ``progress``.

    As a context manager it shows the last state and lets go of all networks at the end:
    ``with Progress(net, epochs=20): deref(train(net, trset, 20))``.

    Args:
        *nets: The cells of networks to show. Give all that train at the same time to one display; where there are
            several, each is called by the "name" in its ``meta``.
        epochs: Epochs that each training will take, from its beginning or from now if it is under way; without it
            there is no time left.
        console: A rich console; by default one on standard error.

    Raises:
        MissingExtraError: If rich is not installed.
        OptionError: If something else than a cell is given, or ``epochs`` is no whole number >= 1.
    """

    def __init__(self, *nets: Atom[Net], epochs: int | None = None, console: Console | None = None) -> None:
        self._view = _view(console)
        self._epochs = _checked(epochs)
        self._tracks: dict[Atom[Net], _Track] = {}
        self._painter: Painter | None = None
        for net in nets:
            self.attach(net)

    def attach(self, net: Atom[Net], epochs: int | None = None) -> Self:
        """
        Show a network, too.

        Args:
            net: The cell of a network.
            epochs: Epochs its training will take; None for what the display was made with.

        Raises:
            OptionError: If ``net`` is not the cell of a network, or ``epochs`` is no whole number >= 1.
        """
        if not isinstance(net, Atom) or not isinstance(net.value, Net):
            raise OptionError(f"Progress shows the cell of a network (from mlp or neural_net), not {net!r}")
        asked = _checked(epochs) or self._epochs
        self._tracks = {**self._tracks, net: _Track(net, asked, len(self._tracks) + 1)}
        if self._painter is None:
            self._painter = Painter(self._look, self._view)
            atexit.register(self.detach)  # a forgotten display must not leave the terminal without its cursor
        net.add_watch(self, self._note)
        self._painter.wake()
        return self

    def detach(self, net: Atom[Net] | None = None) -> Self:
        """Show the last state and let go of ``net``, or of all networks; one that is not shown is fine."""
        left = [each for each in self._tracks if net is not None and each is not net]
        for each in self._tracks:
            if each not in left:
                each.remove_watch(self)
        if not left and self._painter is not None:
            painter, self._painter = self._painter, None
            painter.end()
            atexit.unregister(self.detach)
        self._tracks = {each: self._tracks[each] for each in left}
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.detach()

    def _note(self, key: Any, net: Atom[Net], old: Net, new: Net) -> None:
        track, painter = self._tracks.get(net), self._painter
        if track is not None and painter is not None:
            track.note(old, new)
            painter.wake()

    def _look(self) -> Mapping[Hashable, Standing]:
        tracks = self._tracks
        found = {net: track.look(len(tracks) > 1) for net, track in tracks.items()}
        return {net: standing for net, standing in found.items() if standing is not None}


class _Track:
    """What a display remembers of one network."""

    def __init__(self, net: Atom[Net], epochs: int | None, number: int) -> None:
        snapshot = net.value
        stats = snapshot.training.stats
        self._net = net
        self._name = str(net.meta.get("name", f"net {number}"))
        self._epochs = epochs
        self._base = stats.epochs
        self._told = len(stats.events)
        self._begun = _live(snapshot)

    def note(self, old: Net, new: Net) -> None:
        """Take note of a change: a training that begins counts its epochs from there."""
        if _live(new) and not _live(old):
            self._base = new.training.stats.epochs
            self._begun = True

    def look(self, named: bool) -> Standing | None:
        """Return where it stands, with the events since the last look; None before any training."""
        net = self._net.value
        self._begun = self._begun or _live(net)
        if not self._begun:
            return None
        told, self._told = self._told, len(net.training.stats.events)
        return standing(
            net, name=self._name if named else None, base=self._base, epochs=self._epochs, told=told
        )


def _live(net: Net) -> bool:
    return net.training.status in Training.LIVE


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

    where = console or ErrorConsole(stderr=True)
    return Bars(where) if where.is_terminal and not where.is_dumb_terminal else Lines(where)


def _checked(epochs: Any) -> int | None:
    if epochs is not None and (isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1):
        raise OptionError(f"epochs must be a whole number >= 1, not {epochs!r}")
    return epochs
