"""So much time."""

from __future__ import annotations

from attrs import field, frozen

from ..options import number, positive
from .base import Condition, Course


@frozen
class Seconds(Condition):
    """
    Met when this training has computed for so many seconds; the epoch under way is finished.

    Raises:
        OptionError: If the number is not > 0.
    """

    seconds: float = field(converter=number, validator=positive)

    def met(self, course: Course) -> bool:
        return course.seconds >= self.seconds
