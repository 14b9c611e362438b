"""One way to train after another."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from attrs import evolve, field, frozen

from ..errors import OptionError
from .base import Condition, Course, Turn

FORM = "phases are a list of (epochs, options) pairs, such as [(5, {'learning_rate': 0.1}), (10, {'momentum': 0.9})]"

Options = tuple[tuple[str, Any], ...]


def _phases(value: Any) -> tuple[tuple[int, Options], ...]:
    if not isinstance(value, list | tuple) or not value:
        raise OptionError(f"{FORM}, not {value!r}")
    return tuple(_phase(phase) for phase in value)


def _phase(phase: Any) -> tuple[int, Options]:
    if not isinstance(phase, list | tuple) or len(phase) != 2:
        raise OptionError(f"{FORM}; {phase!r} is no pair")
    epochs, options = phase
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
        raise OptionError(f"the epochs of a phase are a whole number >= 1, not {epochs!r}")
    pairs = options.items() if isinstance(options, Mapping) else options
    try:
        named = tuple((name, value) for name, value in pairs)
    except (TypeError, ValueError):
        named = ((None, None),)
    if odd := [name for name, _ in named if not isinstance(name, str)]:
        raise OptionError(f"the options of a phase are a mapping from names, not {options!r} ({odd[0]!r})")
    return epochs, named


def _since(instance: Any, attribute: Any, value: Any) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise OptionError(f"since of phases must be a whole number >= 0 or None, not {value!r}")


@frozen(repr=False)
class Phases(Condition):
    """
    So many epochs with these options, then so many with those; met after the last.

    Options stay until another phase, or a swap, changes them; an empty mapping changes nothing. Each phase's are
    adopted before the first batch of its first epoch, and are an event in the history.

    Args:
        phases: Pairs of epochs and options: what `training` takes (those of the algorithm, "algorithm", "loss", and
            those of an `Update`).
        since: Count from this epoch of the network's life; None: from the beginning of this training. With 0 a training
            that was interrupted goes on in the phase where it was.

    Raises:
        OptionError: If they are not of this form.
    """

    phases: tuple[tuple[int, Options], ...] = field(converter=_phases)
    since: int | None = field(default=None, validator=_since)

    def met(self, course: Course) -> bool:
        return course.epochs >= self.total()

    def total(self) -> int:
        return sum(epochs for epochs, _ in self.phases)

    def turns(self) -> tuple[Turn, ...]:
        begins = accumulate((epochs for epochs, _ in self.phases), initial=0)
        return tuple(
            Turn(begin, f"{number} of {len(self.phases)}", options)
            for number, (begin, (_, options)) in enumerate(zip(begins, self.phases, strict=False), 1)
        )

    def begun(self, epochs: int, within: bool) -> Condition:
        if self.since is None:
            return self
        done, left = epochs - self.since, list(self.phases)
        if done < 0:
            raise OptionError(f"phases count from epoch {self.since}, but this network has learnt {epochs}")
        while left and done >= left[0][0]:
            done -= left.pop(0)[0]
        if not left:
            raise OptionError(
                f"all phases are over: they end with epoch {self.since + self.total()}, and this network has learnt "
                f"{epochs}"
            )
        # In the middle of a phase its options, and whatever was swapped in since, are the network's already.
        first = (left[0][0] - done, () if done or within else left[0][1])
        return evolve(self, phases=(first, *left[1:]), since=None)

    def __repr__(self) -> str:
        shown = [(epochs, dict(options)) for epochs, options in self.phases]
        return f"Phases({shown}{'' if self.since is None else f', since={self.since}'})"
