"""What all subscribers have in common: how they are put on networks and taken off again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from threading import RLock
from typing import Any, Protocol, Self, TypeAlias, TypeVar, cast

from ..atoms import Atom
from ..errors import OptionError
from ..snapshot import Net

T = TypeVar("T")


class Run(Protocol):
    """What a training under way shows of itself: the cell it trains."""

    @property
    def net(self) -> Atom[Net]: ...


class Several(Protocol):
    """What a `Population` shows of itself: the cells of its members."""

    @property
    def nets(self) -> tuple[Atom[Net], ...]: ...


Attachable: TypeAlias = Atom[Net] | Run | Several | Iterable[Atom[Net] | Run]
"""What a subscriber can be attached to: the cell of a network, a run of `train`, a population, or a list of them."""


class Subscriber(ABC):
    """
    Listens to networks: to one or many, put on and taken off before, during and after training.

    Implementations override `_changed`, which runs as a watch: on the training thread and before the next epoch, so it
    must be quick. Whatever takes time or may fail belongs on a thread of its own (`Follower`). One that raises is taken
    off that network, and what it raised is told once, as of any watch: training logs it, keeps it in
    ``run.watch_errors`` and goes on.

    As a context manager it is closed at the end: ``with EarlyStopping(patience=3).attach(net): ...``.

    Args:
        *nets: What to listen to from the beginning, as for `attach`.
    """

    def __init__(self, *nets: Attachable) -> None:
        self._tracks: dict[Atom[Net], Track] = {}
        self._past: dict[Atom[Net], Track] = {}
        self.attach(*nets)

    @property
    def nets(self) -> tuple[Atom[Net], ...]:
        """The cells it listens to, in the order they were attached."""
        return tuple(self._tracks)

    def attach(self, *nets: Attachable) -> Self:
        """
        Listen to networks, too; one that is attached already stays as it is.

        What is known of networks that were detached is forgotten now; until then it can still be asked for.

        Args:
            *nets: Cells of networks, runs of `train`, or lists of them.

        Raises:
            OptionError: If something else is given; then none of them is attached.
        """
        cells = self._cells(nets)
        if cells:
            self._past = {}
        for cell in cells:
            if cell not in self._tracks:
                self._put_on(cell)
        return self

    def detach(self, *nets: Attachable) -> Self:
        """
        Let go of networks, or of all of them if none is named; one that is not attached is fine.

        Raises:
            OptionError: If something else than networks is given.
        """
        for cell in self._cells(nets) if nets else self.nets:
            self._take_off(cell)
        return self

    def close(self) -> None:
        """Let go of all networks and of whatever it holds open. It may be attached again."""
        self.detach()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, {len(self._tracks)} network{'s' * (len(self._tracks) != 1)}>"

    @abstractmethod
    def _changed(self, track: Track, old: Net, new: Net) -> None:
        """Take note of a change. Called for every one, in order, never two of one network at once."""

    def _begun(self, track: Track, net: Net) -> None:  # noqa: B027 - not everybody needs it
        """Take note of where a network stands when it is attached, before any change."""

    def _ended(self, track: Track) -> None:  # noqa: B027 - not everybody needs it
        """Let go of a network; nothing of it is told any more."""

    def _track(self, net: Attachable | None) -> Track:
        """
        Return what is remembered of ``net``, also of one that was detached; of the only network if None.

        Raises:
            OptionError: If it is not attached, or None is given and there is not exactly one.
        """
        what, known = type(self).__name__, self._tracks or self._past
        if net is None:
            if len(known) != 1:
                raise OptionError(f"{what} listens to {len(known)} networks: say which one is meant")
            return next(iter(known.values()))
        (cell,) = cells_of(net, what)
        track = self._tracks.get(cell) or self._past.get(cell)
        if track is None:
            raise OptionError(f"{what} is not attached to {cell.label}; attach it first")
        return track

    def _cells(self, nets: Iterable[Attachable]) -> list[Atom[Net]]:
        return [cell for given in nets for cell in cells_of(given, type(self).__name__)]

    def _put_on(self, cell: Atom[Net]) -> None:
        track = Track(cell, len(self._tracks) + 1)
        with track.lock:  # a change told meanwhile, on another thread, waits for the beginning
            self._tracks = {**self._tracks, cell: track}
            cell.add_watch(self, self._watch)
            try:
                self._begun(track, cell.value)
            except BaseException:
                self._take_off(cell)
                raise

    def _take_off(self, cell: Atom[Net]) -> None:
        cell.remove_watch(self)
        track = self._tracks.get(cell)
        if track is not None:
            self._tracks = {each: kept for each, kept in self._tracks.items() if each is not cell}
            self._past = {**self._past, cell: track}
            self._ended(track)

    def _watch(self, key: Any, cell: Atom[Net], old: Net, new: Net) -> None:
        track = self._tracks.get(cell)
        if track is None:  # changes committed before it was taken off are told still
            return
        try:
            with track.lock:
                self._changed(track, old, new)
        except Exception as error:
            error.add_note(f"{type(self).__name__} is off for {track.name}; attach it again to go on")
            self._take_off(cell)
            raise


class Track:
    """
    What a subscriber remembers of one network.

    Attributes:
        cell: The network.
        lock: Held while it is told of a change.
        memory: What the subscriber puts there.
    """

    def __init__(self, cell: Atom[Net], number: int) -> None:
        self.cell = cell
        self.lock = RLock()
        self.memory: Any = None
        self._number = number

    @property
    def name(self) -> str:
        """What to call it: the "name" in its ``meta``, else "net 2" for the second one attached."""
        return str(self.cell.meta.get("name", f"net {self._number}"))


def cells_of(given: Any, what: str) -> list[Atom[Net]]:
    """
    Return the cells that ``given`` stands for.

    Args:
        given: The cell of a network, a run, a population, or an iterable of them.
        what: Who asks, for the message.

    Raises:
        OptionError: If it is something else.
    """
    cell = given if isinstance(given, Atom) else getattr(given, "net", None)
    if isinstance(cell, Atom) and isinstance(cell.value, Net):
        return [cell]
    several = getattr(given, "nets", None)
    if isinstance(several, tuple):
        given = cast(tuple[Any, ...], several)
    if isinstance(given, Iterable) and not isinstance(given, Atom | str | bytes):
        return [cell for each in given for cell in cells_of(each, what)]
    hint = "; make a cell of the snapshot: net = atom(snapshot)" if isinstance(given, Net) else ""
    raise OptionError(
        f"{what} listens to the cell of a network (from mlp or neural_net) or to a run of train, not to {given!r}{hint}"
    )
