"""So much time."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ..errors import OptionError
from .base import Condition, Course


def _positive(instance: Any, attribute: Any, value: float) -> None:
    if not 0 < value < float("inf"):
        raise OptionError(f"seconds must be a number > 0, not {value!r}")


@frozen
class Seconds(Condition):
    """
    Met when this training has computed for so many seconds; the epoch under way is finished.

    Raises:
        OptionError: If the number is not > 0.
    """

    seconds: float = field(converter=float, validator=_positive)

    def met(self, course: Course) -> bool:
        return course.seconds >= self.seconds
