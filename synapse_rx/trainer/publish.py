"""How often a training publishes snapshots."""

from __future__ import annotations

import math
from time import perf_counter
from typing import Any

from attrs import field, frozen

from ..errors import OptionError


def _batches(instance: Any, attribute: Any, value: Any) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise OptionError(f"batches must be a whole number >= 1, not {value!r}")


def _seconds(instance: Any, attribute: Any, value: Any) -> None:
    if value is not None and (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not (math.isfinite(value) and value > 0)
    ):
        raise OptionError(f"seconds must be a number > 0, not {value!r}")


@frozen
class Every:
    """
    Publish within epochs as well: ``Every(batches=100)``, ``Every(seconds=0.5)`` or whichever of both comes first.

    The end of an epoch is published in any case, and batches and seconds are counted from what was published last.
    Seconds are kept to the accuracy of a batch.

    Raises:
        OptionError: If neither is given, or a number is out of range.
    """

    batches: int | None = field(default=None, validator=_batches)
    seconds: float | None = field(default=None, validator=_seconds)

    def __attrs_post_init__(self) -> None:
        if self.batches is None and self.seconds is None:
            raise OptionError("every needs batches= or seconds=, such as every(batches=100)")


def every(*, batches: int | None = None, seconds: float | None = None) -> Every:
    """
    Publish every so many batches or seconds: ``train(net, data, 10, publish=every(seconds=0.5))``.

    Raises:
        OptionError: If neither is given, or a number is out of range.
    """
    return Every(batches, seconds)


def publication(value: object) -> Every | None:
    """
    Return None for "epoch", an `Every` as it is.

    Raises:
        OptionError: If it is neither.
    """
    if isinstance(value, Every):
        return value
    if isinstance(value, str) and value == "epoch":  # an array would compare item by item
        return None
    raise OptionError(f"publish is 'epoch' or every(batches=...) or every(seconds=...), not {value!r}")


class Pace:
    """
    Says when the next publication within an epoch is due.

    Attributes:
        unpublished: Batches learnt since the last one.
    """

    def __init__(self, every: Every | None) -> None:
        self.unpublished = 0
        self._batches = None if every is None else every.batches
        self._seconds = None if every is None else every.seconds
        self._published_at = perf_counter()

    def published(self) -> None:
        """Begin counting anew."""
        self.unpublished = 0
        self._published_at = perf_counter()

    def is_due(self) -> bool:
        """Return whether enough batches or seconds have gone by; never before there is anything new."""
        if not self.unpublished:
            return False
        by_count = self._batches is not None and self.unpublished >= self._batches
        return by_count or (self._seconds is not None and self._passed() >= self._seconds)

    def batches_left(self) -> int | None:
        """Return how many batches may be learnt till then; None for any number."""
        return None if self._batches is None else max(1, self._batches - self.unpublished)

    def seconds_left(self, most: float) -> float:
        """Return how many seconds may be worked till then, at most ``most``."""
        return most if self._seconds is None else min(most, max(0.0, self._seconds - self._passed()))

    def _passed(self) -> float:
        return perf_counter() - self._published_at
