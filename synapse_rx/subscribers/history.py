"""Time travel: earlier snapshots, to look at, to compare, to go back to and to branch from."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from ..atoms import Atom
from ..errors import OptionError
from ..network.changes import changes
from ..snapshot import Event, Net, Training
from .base import Attachable, Subscriber, Track
from .difference import Difference, difference
from .news import ends, new_epochs
from .packed import Packed, own_bytes


class History(Subscriber):
    """
    Keeps the newest snapshots of each network: ``history = History(net, capacity=50)``.

    One is kept for every complete epoch and for every edit; those within an epoch are not. They share what did not
    change from one to the next, down to the parameters of a frozen layer, so what a snapshot costs is what changed.

    `undo` takes a network back, also while it trains: the training goes on from there. What it left stays until
    something else is learnt in its place, and `redo` goes there again. All methods may be called from any thread.

    Args:
        *nets: What to listen to from the beginning.
        capacity: Snapshots of a network that are kept, at least 2; older ones give way.

    Raises:
        OptionError: If ``capacity`` is no whole number >= 2.
    """

    def __init__(self, *nets: Attachable, capacity: int = 100) -> None:
        if isinstance(capacity, bool) or not isinstance(capacity, int) or capacity < 2:
            raise OptionError(f"capacity must be a whole number >= 2, not {capacity!r}")
        self._capacity = capacity
        super().__init__(*nets)

    def epochs(self, net: Attachable | None = None) -> tuple[int, ...]:
        """Return for which numbers of complete epochs a snapshot is kept, rising."""
        track = self._track(net)
        with track.lock:
            return tuple(sorted({one.epochs for one in track.memory.kept}))

    def at(self, epoch: int, net: Attachable | None = None) -> Net:
        """
        Return the snapshot after ``epoch`` complete epochs; the newest one where there are several.

        Args:
            epoch: Complete epochs; negative ones count from the newest kept: -1 is the newest.
            net: Of which network; may be left out if there is only one.

        Raises:
            OptionError: If it is not kept, or not any more.
        """
        track = self._track(net)
        with track.lock:
            return track.memory.at(epoch, track.name)

    def diff(self, a: int | Net, b: int | Net, net: Attachable | None = None) -> Difference:
        """
        Return what differs from ``a`` to ``b``, each a number of complete epochs, as for `at`, or a snapshot.

        Raises:
            OptionError: If one is not kept.
        """
        first, second = (each if isinstance(each, Net) else self.at(each, net) for each in (a, b))
        return difference(first, second)

    def undo(self, steps: int = 1, net: Attachable | None = None) -> Net:
        """
        Take a network back by ``steps`` kept snapshots, epochs and edits alike; return what it is now.

        Raises:
            OptionError: If so many are not kept.
        """
        return self._move(-_steps(steps), "undo", net)

    def redo(self, steps: int = 1, net: Attachable | None = None) -> Net:
        """
        Take back the last ``steps`` of `undo`; return what the network is now.

        Raises:
            OptionError: If there are not so many, or the network has learnt something else since.
        """
        return self._move(_steps(steps), "redo", net)

    def branch(self, epoch: int, net: Attachable | None = None, *, name: str | None = None) -> Atom[Net]:
        """
        Return a new cell that goes on from the snapshot after ``epoch`` epochs, as for `at`; the network stays.

        Trained on the same data it replays exactly what the network did from there, until something is changed.

        Args:
            epoch: Complete epochs.
            net: Of which network; may be left out if there is only one.
            name: What to call the new cell; by default the network's own name, "@" and the epoch.

        Raises:
            OptionError: If it is not kept.
        """
        found = self.at(epoch, net)
        called = f"{self._track(net).name} @ {found.training.stats.epochs}" if name is None else name
        return Atom(evolve(found, training=evolve(found.training, status="idle")), meta={"name": called})

    def nbytes(self, net: Attachable | None = None) -> int:
        """Return the bytes of all arrays kept of a network, each counted once however many snapshots share it."""
        track = self._track(net)
        with track.lock:
            return own_bytes(track.memory.kept)

    def _begun(self, track: Track, net: Net) -> None:
        track.memory = Line(self._capacity)
        track.memory.add(net)

    def _changed(self, track: Track, old: Net, new: Net) -> None:
        before, now = old.training.stats, new.training.stats
        learnt = bool(new_epochs(before, now)) or now.epochs < before.epochs
        edited = new.version == old.version and _edited(old, new)
        if learnt or edited or ends(old, new):  # it may have ended within an epoch
            track.memory.go_to(new)

    def _move(self, steps: int, what: str, net: Attachable | None) -> Net:
        track = self._track(net)
        with track.lock:
            line: Line = track.memory
            target = line.step(steps, what, track.name)
            return track.cell.swap(_taken_to, target, what)


class Line:
    """
    The snapshots of one network, in the order of their making, and the one where it stands.

    Attributes:
        kept: The snapshots.
        place: Where the network stands among them.
    """

    def __init__(self, capacity: int) -> None:
        self.kept: list[Packed] = []
        self.place = -1
        self._capacity = capacity

    def add(self, net: Net) -> None:
        """Put ``net`` behind the place where the network stood; what lay beyond is forgotten."""
        del self.kept[self.place + 1 :]
        self.kept.append(Packed(net, self.kept[-1] if self.kept else None))
        del self.kept[: -self._capacity]
        self.place = len(self.kept) - 1

    def go_to(self, net: Net) -> None:
        """Stand at ``net`` if it is one of the kept, else add it."""
        stats = net.training.stats
        for place in range(len(self.kept) - 1, -1, -1):
            if self.kept[place].epochs == stats.epochs and _is_same(self.kept[place].unpack(), net):
                self.place = place
                return
        self.add(net)

    def step(self, steps: int, what: str, name: str) -> Net:
        """Go ``steps`` on, or back if negative; return the snapshot there."""
        place = self.place + steps
        if not 0 <= place < len(self.kept):
            left = self.place if steps < 0 else len(self.kept) - 1 - self.place
            raise OptionError(f"{name} has {left} snapshots to {what}, not {abs(steps)}")
        self.place = place
        return self.kept[place].unpack()

    def at(self, epoch: Any, name: str) -> Net:
        """Return the newest snapshot after ``epoch`` epochs."""
        known = sorted({one.epochs for one in self.kept})
        wanted = known[epoch] if isinstance(epoch, int) and -len(known) <= epoch < 0 else epoch
        for one in reversed(self.kept):
            if one.epochs == wanted:
                return one.unpack()
        raise OptionError(
            f"of {name} there is no snapshot after {epoch!r} epochs; kept: {_ranges(known)}; "
            "a larger capacity= keeps more"
        )


def _steps(steps: Any) -> int:
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise OptionError(f"steps must be a whole number >= 1, not {steps!r}")
    return steps


def _edited(old: Net, new: Net) -> bool:
    return bool(changes(old, new)) or old.labels != new.labels


def _is_same(a: Net, b: Net) -> bool:
    """Return whether two snapshots differ in nothing but their status, events and working state."""
    was, how = a.training, b.training
    if new_epochs(was.stats, how.stats):
        return False
    how = evolve(how, status=was.status, stats=was.stats, state=was.state)
    return evolve(b, training=how, version=a.version) == a


def _taken_to(net: Net, target: Net, what: str) -> Net:
    """Return ``target`` in the place of ``net``: its training, if it is under way, goes on from there."""
    status, stats = net.training.status, target.training.stats
    if status not in Training.LIVE:  # one that is under way notes by itself what it takes over
        was = net.training.stats.epochs
        event = Event(stats.epochs, 0, what, f"epoch {was} -> {stats.epochs}")
        stats = evolve(stats, events=(*stats.events, event))
    return evolve(target, training=evolve(target.training, status=status, stats=stats))


def _ranges(numbers: list[int]) -> str:
    """Return numbers in few words: "3 to 50", "3, 5, 8"."""
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]} to {numbers[-1]}"
    return ", ".join(map(str, numbers[:3] + (["..."] if len(numbers) > 6 else []) + numbers[3:][-3:]))
