"""Any function as a schedule."""

from __future__ import annotations

import collections.abc
from typing import Any

from attrs import field, frozen

from ..described import Data
from ..errors import OptionError
from .base import Schedule


def _function(instance: Any, attribute: Any, value: Any) -> None:
    if not callable(value):
        raise OptionError(f"a schedule of your own is a function of (epoch, step, stats), not {value!r}")


@frozen
class Callable(Schedule):
    """
    Whatever a function of (epoch, step, stats) returns.

    It should follow from its arguments alone, or training does not resume exactly. A function has no plain form, so
    a training with one cannot be written to a file.

    Args:
        function: Called with what `Schedule.at` is given, before every update; returns a number.
    """

    function: collections.abc.Callable[[float, int, Any], float] = field(validator=_function)

    def at(self, epoch: float, step: int, stats: Any = None) -> float:
        value = self.function(epoch, step, stats)
        try:
            return float(value)
        except (TypeError, ValueError) as error:
            raise OptionError(
                f"the schedule {self.function!r} returned {value!r}, which is no number"
            ) from error

    def to_data(self) -> dict[str, Data]:
        raise OptionError(
            f"the schedule {self.function!r} is a function and has no plain form; to write it down, say it with "
            "Piecewise, Linear, Cosine and the like"
        )
