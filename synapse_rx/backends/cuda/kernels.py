"""The kernels of one GPU: compiled when they are first wanted, and compared with their references once."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import numpy as np

from ...fast import Kernel
from ...typing import Array
from .elementwise import Untranslatable
from .loop import Loop

F = TypeVar("F", bound="Fused")

OPTIONS = ("--fmad=false",)
"""Products and sums are rounded one by one, as on the CPU; these kernels wait for memory, not for arithmetic."""

NAMES = {"float32": "float", "float64": "double", "uint8": "unsigned char", "int64": "long long"}
"""Types of numbers in memory, and what CUDA calls them."""

log = logging.getLogger("synapse_rx")


class Fused(ABC):
    """
    What does in one pass over memory what array functions do in several, for one type of numbers.

    Arrays must lie in memory in one piece. Results agree with those of the functions to rounding.

    Args:
        kernels: Whose it is.
        dtype: The type of numbers.
    """

    source: ClassVar[str]
    """The text in CUDA C++, for a type ``real``."""

    def __init__(self, kernels: Kernels, dtype: Any) -> None:
        self.xp = kernels.xp
        self.dtype = np.dtype(dtype)
        self._kernels = kernels

    @abstractmethod
    def agrees(self) -> bool:
        """Return whether it computes on this device what it should, tried with a few numbers."""

    def function(self, name: str, **types: Any) -> Callable[..., None]:
        """Return the kernel called ``name``; types by the names that the source has for them, besides ``real``."""
        return self._kernels.function(self.source, name, real=self.dtype, **types)

    def near(self, found: Array, expected: Array) -> bool:
        """Return whether an array of the device is what it should be, to rounding."""
        tolerance = 1e-4 if self.dtype == np.float32 else 1e-10
        return np.allclose(self.xp.asnumpy(found), expected, rtol=tolerance, atol=tolerance)


class Kernels:
    """
    What a backend computes by kernels of its own.

    Each is tried where it is first wanted: it is compared with its reference, and if it computes anything else on this
    device a warning is logged and the reference takes its place. So a kernel is quick and right, or not used.

    Args:
        xp: The array module, which has ``RawKernel``.
    """

    def __init__(self, xp: Any) -> None:
        self.xp = xp
        self._functions: dict[Any, Callable[..., None]] = {}
        self._tried: dict[Any, Any] = {}

    def get(self, kind: type[F], dtype: Any) -> F | None:
        """Return the kernels of a kind for a type of numbers; None where their reference has to do."""
        return self._once(kind, dtype, lambda: kind(self, dtype))

    def elementwise(self, kernel: Kernel, dtype: Any) -> Kernel | None:
        """Return a loop over numbers of a type as a kernel; None where its reference has to do."""
        return self._once(kernel, dtype, lambda: Loop(kernel, self.function, self.xp, dtype))

    def function(self, source: str, name: str, **types: Any) -> Callable[..., None]:
        """Return one function of a source, with the types that it names; compiled when it is first called."""
        key = source, name, tuple(sorted((one, np.dtype(dtype).name) for one, dtype in types.items()))
        found = self._functions.get(key)
        if found is None:
            named = "".join(f"typedef {NAMES[dtype]} {one};\n" for one, dtype in key[2])
            found = self._functions[key] = self.xp.RawKernel(named + source, name, options=OPTIONS)
        return found

    def _once(self, what: Any, dtype: Any, make: Callable[[], Any]) -> Any:
        key = what, np.dtype(dtype)
        if key not in self._tried:
            self._tried[key] = _right(what.__name__, make)
        return self._tried[key]


def _right(name: str, make: Callable[[], Any]) -> Any:
    try:
        made = make()
    except Untranslatable as reason:
        log.debug("%s is computed by its reference: %s", name, reason)
        return None
    if made.agrees():
        return made
    log.warning(
        "the kernel %s computes something else on this GPU than it should, and is left out; please report it",
        name,
    )
    return None
