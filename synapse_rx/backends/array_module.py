"""An array module with some functions of our own."""

from __future__ import annotations

from typing import Any


class ArrayModule:
    """
    Everything another array module has, but for the functions given.

    Args:
        xp: The module.
        own: What takes the place of what it has by these names.
    """

    def __init__(self, xp: Any, **own: Any) -> None:
        self._xp = xp
        self.__dict__.update(own)

    def __getattr__(self, name: str) -> Any:
        if name == "_xp":  # of one that is being made, by a copy
            raise AttributeError(name)
        found = self.__dict__[name] = getattr(self._xp, name)  # found at once from now on
        return found
