"""A loop over numbers, as algorithms write them, launched on a GPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...fast import Kernel
from .elementwise import TABLE, kinds, translated
from .grid import THREADS, blocks

TRIED = 97
"""Numbers that a kernel is tried with: more than a warp, and no multiple of one."""


class Loop:
    """
    One kernel for one type of numbers; called with arrays of the device, numbers and flags, as the loop itself is.

    With ``places`` it is called with arrays, a table and two counters (`translated`).

    Args:
        kernel: The loop in Python.
        compile: Gives the function of a source and a name, for a type ``real``.
        xp: The array module.
        dtype: The type of numbers.
        places: Where numbers and flags stand in a table; None where they are given.

    Raises:
        Untranslatable: If the loop has no translation.
    """

    def __init__(
        self,
        kernel: Kernel,
        compile: Callable[..., Callable[..., None]],
        xp: Any,
        dtype: Any,
        places: tuple[int, ...] | None = None,
    ) -> None:
        self._kernel = kernel
        self._kinds = kinds(kernel)
        self._arrays = self._kinds.count("Array")
        self._xp = xp
        self._dtype = np.dtype(dtype)
        self._places = places
        self._function = compile(translated(kernel, places), kernel.__name__, real=self._dtype)

    def __call__(self, *given: Any) -> None:
        """Work on arrays of the device."""
        arrays, numbers, n = given[: self._arrays], given[self._arrays :], given[0].size
        if self._places is None:
            numbers = map(self._number, numbers)
        self._function(blocks(n), (THREADS,), (*arrays, *numbers, np.int64(n)))

    def agrees(self) -> bool:
        """Return whether it does to a few numbers what the loop in Python does."""
        return all(self._agrees(flag) for flag in ((False, True) if "bool" in self._kinds else (False,)))

    def _agrees(self, flag: bool) -> bool:
        rng = np.random.default_rng(0)
        # The first two have both signs and a zero, as gradients have; others may be squares, never below 0.
        expected = [rng.standard_normal(TRIED).astype(self._dtype) for _ in range(self._arrays)]
        for vector in expected[2:]:
            np.abs(vector, out=vector)
        for vector in expected[:2]:
            vector[0] = 0
        found = [self._xp.array(vector) for vector in expected]
        numbers = [flag if kind == "bool" else rng.uniform(0.1, 0.9) for kind in self._kinds[self._arrays :]]
        with np.errstate(all="ignore"):
            self._kernel(*expected, *(bool(one) if one is flag else self._number(one) for one in numbers))
        self(*found, *(numbers if self._places is None else self._tabled(numbers)))
        tolerance = 1e-5 if self._dtype == np.float32 else 1e-12
        return all(
            np.allclose(self._xp.asnumpy(one), other, rtol=tolerance, atol=tolerance, equal_nan=True)
            for one, other in zip(found, expected, strict=True)
        )

    def _tabled(self, numbers: list[Any]) -> tuple[Any, Any]:
        """Return numbers in the second row of a table, and counters that say so."""
        assert self._places is not None
        table = np.full((2, TABLE), -1, self._dtype)
        for place, number in zip(self._places, numbers, strict=True):
            table[1, place] = number
        return self._xp.array(table), self._xp.array(np.array([0, 1]))

    def _number(self, value: Any) -> Any:
        return np.int32(value) if isinstance(value, bool) else self._dtype.type(value)
