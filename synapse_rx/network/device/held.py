"""What was made for some arrays, as long as they are the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Held(Generic[T]):
    """
    Steps that know addresses of arrays, by what they are for.

    Attributes:
        arrays: What they were made for; held, so that none of them gets another's address.
        made: The steps.
    """

    def __init__(self) -> None:
        self.arrays: list[Any] = []
        self.made: dict[Hashable, T] = {}

    def hold(self, arrays: list[Any]) -> None:
        """Go on with these arrays: forget what was made, if they are others."""
        if [id(one) for one in arrays] != [id(one) for one in self.arrays]:
            self.arrays = arrays
            self.made.clear()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the step for ``key``, made when it is first asked for."""
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]
