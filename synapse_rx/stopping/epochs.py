"""So many epochs."""

from __future__ import annotations

from attrs import field, frozen

from ..options import count
from .base import Condition, Course


@frozen
class Epochs(Condition):
    """
    Met after ``n`` complete epochs of this training.

    Raises:
        OptionError: If ``n`` is not a whole number >= 1.
    """

    n: int = field(validator=count)

    def met(self, course: Course) -> bool:
        return course.epochs >= self.n

    def total(self) -> int | None:
        return self.n
