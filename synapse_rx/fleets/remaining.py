"""What is left of a goal that a training had come nearer to somewhere else."""

from __future__ import annotations

from attrs import evolve

from ..snapshot import Stats
from ..stopping import Condition, Course, Turn


class Remaining(Condition):
    """
    A goal as it is for a training that goes on: whatever asks, hears of the whole training.

    No description, since it never leaves the process where it is made.

    Args:
        goal: The goal of the whole training.
        done: Complete epochs that were learnt towards it.
        within: Whether the network stands within the next one, so that what was to be done before it has been done.
    """

    def __init__(self, goal: Condition, done: int, within: bool) -> None:
        self._goal = goal
        self._done = done
        self._within = within

    def met(self, course: Course) -> bool:
        return self._goal.met(whole(course.stats, course.since - self._done))

    def total(self) -> int | None:
        total = self._goal.total()
        return None if total is None else max(0, total - self._done)

    def turns(self) -> tuple[Turn, ...]:
        first = self._done + (1 if self._within else 0)
        return tuple(evolve(t, epochs=t.epochs - self._done) for t in self._goal.turns() if t.epochs >= first)


def whole(stats: Stats, since: int) -> Course:
    """Return how far a training has come that began when there were ``since`` epochs."""
    since = max(0, since)
    return Course(stats.epochs - since, float(stats.seconds.array[since:].sum()), stats, since)
