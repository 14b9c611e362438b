"""Up and down again."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ..errors import OptionError
from ..options import finite, number, positive
from .base import Schedule
from .cosine import between


def _optional(value: Any) -> Any:
    return value if value is None else number(value)


def _optional_finite(instance: Any, attribute: Any, value: Any) -> None:
    if value is not None:
        finite(instance, attribute, value)


@frozen
class OneCycle(Schedule):
    """
    Up to a peak and down again, each along half a cosine (Smith & Topin, 2018; constants as in PyTorch).

    For a momentum, which goes the other way, let the "peak" be its lowest value:
    ``OneCycle(0.85, epochs=10, start=0.95, end=0.95)``.

    Args:
        peak: The value at the peak.
        epochs: How long it takes.
        start: The first value; peak / 25 by default.
        end: The last value; start / 10 000 by default.
        rise: Which fraction of the epochs goes by before the peak, in (0, 1).
    """

    peak: float = field(converter=number, validator=finite)
    epochs: float = field(converter=number, validator=positive)
    start: float | None = field(default=None, converter=_optional, validator=_optional_finite)
    end: float | None = field(default=None, converter=_optional, validator=_optional_finite)
    rise: float = field(default=0.3, converter=number)

    def __attrs_post_init__(self) -> None:
        if not (isinstance(self.rise, float) and 0 < self.rise < 1):
            raise OptionError(f"rise of one_cycle must be a number in (0, 1), not {self.rise!r}")

    def at(self, epoch: float, step: int, stats: Any = None) -> float:
        start = self.peak / 25 if self.start is None else self.start
        end = start / 1e4 if self.end is None else self.end
        way, rise = epoch / self.epochs, self.rise
        if way < rise:
            return between(start, self.peak, way / rise)
        return between(self.peak, end, (way - rise) / (1 - rise))
