"""The contract of a stopping condition, and how conditions combine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from attrs import field, frozen

from ..described import Described


@frozen
class Course:
    """
    How far a training has come.

    Attributes:
        epochs: Complete epochs it learnt.
        seconds: Seconds it computed, pauses not counted.
        stats: The statistics of the network, those of earlier trainings included.
        since: Complete epochs in ``stats`` when it began.
    """

    epochs: int
    seconds: float
    stats: Any
    since: int


@frozen
class Turn:
    """
    Another way to train from some epoch on.

    Attributes:
        epochs: Complete epochs of this training before it.
        name: What to call it, such as "2 of 3".
        options: Pairs of names and values, what `training` takes.
    """

    epochs: int
    name: str
    options: tuple[tuple[str, Any], ...]


class Condition(Described, ABC):
    """
    When a training is over; asked after every complete epoch.

    Conditions are values: ``epochs(50) | error_below(0.01)`` is met when either is, ``a & b`` when both are. They
    ask the statistics only, so one and the same may be used for many networks.
    """

    @abstractmethod
    def met(self, course: Course) -> bool:
        """Return whether the training is over."""

    def total(self) -> int | None:
        """Return the epochs it takes at most, if that is known (for displays)."""
        return None

    def turns(self) -> tuple[Turn, ...]:
        """Return what is to be changed on the way, in order."""
        return ()

    def begun(self, epochs: int, within: bool) -> Condition:
        """
        Return this as it is for a training that begins now.

        Args:
            epochs: Complete epochs that the network learnt before.
            within: Whether it stands within the next one.

        Raises:
            OptionError: If there is nothing left to train.
        """
        return self

    def __or__(self, other: Condition) -> Condition:
        return AnyOf((self, other))

    def __and__(self, other: Condition) -> Condition:
        return AllOf((self, other))


def _conditions(value: Any) -> tuple[Condition, ...]:
    return tuple(Condition.of(condition) for condition in value)


@frozen
class AnyOf(Condition):
    """Met when one of its conditions is."""

    conditions: tuple[Condition, ...] = field(converter=_conditions)

    def met(self, course: Course) -> bool:
        return any([condition.met(course) for condition in self.conditions])

    def total(self) -> int | None:
        return min(
            (n for n in (condition.total() for condition in self.conditions) if n is not None), default=None
        )

    def turns(self) -> tuple[Turn, ...]:
        return _turns(self.conditions)

    def begun(self, epochs: int, within: bool) -> Condition:
        return AnyOf(tuple(condition.begun(epochs, within) for condition in self.conditions))

    def __repr__(self) -> str:
        return f"({' | '.join(map(repr, self.conditions))})"


@frozen
class AllOf(Condition):
    """Met when all of its conditions are."""

    conditions: tuple[Condition, ...] = field(converter=_conditions)

    def met(self, course: Course) -> bool:
        return all([condition.met(course) for condition in self.conditions])

    def total(self) -> int | None:
        known = [condition.total() for condition in self.conditions]
        return None if None in known else max(n for n in known if n is not None)

    def turns(self) -> tuple[Turn, ...]:
        return _turns(self.conditions)

    def begun(self, epochs: int, within: bool) -> Condition:
        return AllOf(tuple(condition.begun(epochs, within) for condition in self.conditions))

    def __repr__(self) -> str:
        return f"({' & '.join(map(repr, self.conditions))})"


def _turns(conditions: tuple[Condition, ...]) -> tuple[Turn, ...]:
    turns = [turn for condition in conditions for turn in condition.turns()]
    return tuple(sorted(turns, key=lambda turn: turn.epochs))
