"""Stops a training that gets no better."""

from __future__ import annotations

import math
from typing import Any

from attrs import evolve, frozen

from ..errors import OptionError
from ..snapshot import Event, Net, Training, with_learnt
from .base import Attachable, Subscriber, Track
from .judge import Judge
from .news import begins, ends, new_epochs


class EarlyStopping(Subscriber):
    """
    Stops a training once an error has not become better for ``patience`` epochs, and goes back to the best parameters.

    It looks at every epoch on the training thread, before the next one, so it stops with the very epoch that is one too
    many, and one seed stops at one epoch. Of a network in a fleet several epochs may come in one snapshot: each of them
    counts, and the parameters are those of that snapshot. The statistics keep all epochs that were learnt; parameters
    and the state of training become those of the best one, also when the training comes to its end ("done") before
    patience does. A training that is stopped by somebody else, is cancelled or fails keeps what it has.

    Only epochs of one training count: the next one starts afresh, and so does one that is taken back to another
    snapshot. Attached to a training under way, it counts from there.

    Args:
        monitor: "loss", "training:KIND" or "validation:KIND"; by default the loss on the validation set, or where there
            is none, the training loss.
        patience: Epochs that may pass without a better one.
        min_delta: By how much a value must be better to count as better.
        restore_best: Go back to the best parameters at the end.
        mode: "min", or "max" for what is the better the larger it is.

    Raises:
        OptionError: If an option is out of range.
    """

    def __init__(
        self,
        monitor: str | None = None,
        patience: int = 5,
        min_delta: float = 0.0,
        restore_best: bool = True,
        *,
        mode: str = "min",
    ) -> None:
        if isinstance(patience, bool) or not isinstance(patience, int) or patience < 1:
            raise OptionError(f"patience must be a whole number of epochs >= 1, not {patience!r}")
        if not isinstance(restore_best, bool):
            raise OptionError(f"restore_best must be True or False, not {restore_best!r}")
        self._judge = Judge(monitor, min_delta, mode)
        self._patience = patience
        self._restore_best = restore_best
        super().__init__()

    def best(self, net: Attachable | None = None) -> Net:
        """
        Return the best snapshot of the training under way, or of the last one.

        Raises:
            OptionError: If no epoch was complete so far, or it is not clear which network is meant.
        """
        track = self._track(net)
        if track.memory.best is None:
            raise OptionError(f"there is no best snapshot of {track.name}: no epoch was complete yet")
        return track.memory.best

    def stopped(self, net: Attachable | None = None) -> int | None:
        """Return after how many epochs it stopped the training; None if it did not."""
        return self._track(net).memory.stopped

    def _begun(self, track: Track, net: Net) -> None:
        track.memory = self._afresh(net)

    def _changed(self, track: Track, old: Net, new: Net) -> None:
        if begins(old, new):
            track.memory = Course()
        if (
            track.memory.stopped is not None
        ):  # what was published before the training heard of it does not count
            return
        before, now = old.training.stats, new.training.stats
        added = new_epochs(before, now)
        if added and added.start == before.epochs:
            for epoch in added:
                track.memory = self._judged(track.memory, new, epoch)
        elif (
            added or now.epochs < before.epochs
        ):  # taken elsewhere: what was best there is not of this course
            track.memory = self._afresh(new)
        course = track.memory
        if course.waited >= self._patience and new.training.status in Training.LIVE:
            track.memory = evolve(course, stopped=now.epochs)
            track.cell.swap(_stopped, new, course.best if self._restore_best else new, self._why(course, new))
        elif ends(old, new) and new.training.status == "done" and self._restore_best and course.waited:
            track.cell.swap(_restored, course.best, self._why(course, new))

    def _afresh(self, net: Net) -> Course:
        return Course(net, self._judge.value(net)) if net.training.stats.epochs else Course()

    def _judged(self, course: Course, net: Net, epoch: int) -> Course:
        value = self._judge.value_at(net, epoch)
        if course.best is None or self._judge.better(value, course.value):
            return Course(net, value)
        return evolve(course, waited=course.waited + 1)

    def _why(self, course: Course, net: Net) -> Event:
        stats = net.training.stats
        what = f"{self._judge.name(stats)} is best in epoch {course.best.training.stats.epochs}: {course.value:.4g}"
        back = "; its parameters are restored" if self._restore_best else ""
        return Event(stats.epochs, 0, "early_stopping", what + back)


@frozen
class Course:
    """
    How a training has gone so far.

    Attributes:
        best: The best snapshot.
        value: What it came to.
        waited: Epochs since.
        stopped: Epochs after which it was stopped.
    """

    best: Any = None
    value: float = math.nan
    waited: int = 0
    stopped: int | None = None


def _stopped(net: Net, at: Net, kept: Net, event: Event) -> Net:
    """Stop at ``at``, though the training may be further by now if it was another thread that told of it."""
    events = (*net.training.stats.events, event)
    here = evolve(net, training=evolve(net.training, stats=evolve(at.training.stats, events=events)))
    status = "stopping" if net.training.status in Training.LIVE else net.training.status
    if kept is not at or net.params is not at.params:
        here = with_learnt(here, kept)
    return evolve(here, training=evolve(here.training, status=status))


def _restored(net: Net, best: Net, event: Event) -> Net:
    stats = evolve(net.training.stats, events=(*net.training.stats.events, event))
    return with_learnt(evolve(net, training=evolve(net.training, stats=stats)), best)
