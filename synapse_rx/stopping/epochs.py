"""So many epochs."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ..errors import OptionError
from .base import Condition, Course


def _count(instance: Any, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise OptionError(f"epochs must be a whole number >= 1, not {value!r}")


@frozen
class Epochs(Condition):
    """
    Met after ``n`` complete epochs of this training.

    Raises:
        OptionError: If ``n`` is not a whole number >= 1.
    """

    n: int = field(validator=_count)

    def met(self, course: Course) -> bool:
        return course.epochs >= self.n

    def total(self) -> int | None:
        return self.n
