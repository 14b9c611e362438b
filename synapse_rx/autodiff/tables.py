"""Which of numpy's functions are differentiable and how; filled by the modules of rules, one a topic."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

UFUNCS: dict[Any, Callable[..., Any]] = {}
"""For a ufunc, what stands for it where an argument is traced."""

NAMED_UFUNCS: dict[str, Callable[..., Any]] = {}
"""The same by name and called with the ufunc first, for those of libraries that need not be there."""

METHODS: dict[tuple[Any, str], Callable[..., Any]] = {}
"""What stands for a method of a ufunc: ``(np.add, "reduce")``."""

FUNCTIONS: dict[Any, Callable[..., Any]] = {}
"""What stands for any other function of numpy."""

FLAT: set[Any] = set()
"""Functions without a gradient whose results are plain arrays: comparisons, positions, shapes, steps."""

INSTEAD: dict[str, str] = {}
"""For functions without a rule, by name, what to use instead."""


def implements(*names: str) -> Callable[[F], F]:
    """Let the decorated function stand for numpy's of these names, where this numpy has them."""

    def enter(function: F) -> F:
        for found in named(*names):
            FUNCTIONS[found] = function
        return function

    return enter


def named(*names: str) -> list[Any]:
    """Return numpy's functions of these names (such as "linalg.norm") that this version of numpy has."""
    found = (reduce(lambda at, part: getattr(at, part, None), name.split("."), np) for name in names)
    return [function for function in found if function is not None]
