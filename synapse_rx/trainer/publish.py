"""How often a training publishes snapshots."""

from __future__ import annotations

import math
from typing import Any

from attrs import field, frozen

from ..errors import OptionError


def _batches(instance: Any, attribute: Any, value: Any) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise OptionError(f"batches must be a whole number >= 1, not {value!r}")


def _seconds(instance: Any, attribute: Any, value: Any) -> None:
    if value is not None and not (isinstance(value, (int, float)) and math.isfinite(value) and value > 0):
        raise OptionError(f"seconds must be a number > 0, not {value!r}")


@frozen
class Every:
    """
    Publish within epochs as well: ``Every(batches=100)``, ``Every(seconds=0.5)`` or whichever of both comes first.

    The end of an epoch is published in any case. Seconds are kept to the accuracy of a chunk of work (about 50 ms).

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


def publication(value: str | Every) -> Every | None:
    """Return None for "epoch", an `Every` as it is."""
    if value == "epoch":
        return None
    if isinstance(value, Every):
        return value
    raise OptionError(f"publish is 'epoch' or every(batches=...) or every(seconds=...), not {value!r}")
