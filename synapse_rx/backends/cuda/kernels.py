"""The kernels of one GPU: compiled when they are first wanted, and compared with their references once."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import local
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

REFUSALS = ("CompileException", "CUDADriverError", "NVRTCError")
"""The errors by which cupy says that a kernel cannot be compiled or launched."""

Launch = Callable[[], None]
"""A kernel with all it was given, to be launched as often as one likes."""

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

    options: ClassVar[tuple[str, ...]] = OPTIONS
    """What the compiler is told."""

    def __init__(self, kernels: Kernels, dtype: Any) -> None:
        self.xp = kernels.xp
        self.dtype = np.dtype(dtype)
        self._kernels = kernels
        self._functions: dict[Any, Callable[..., None]] = {}

    @abstractmethod
    def agrees(self) -> bool:
        """Return whether it computes on this device what it should, tried with a few numbers."""

    def function(self, name: str, **types: Any) -> Callable[..., None]:
        """Return the kernel called ``name``; types by the names that the source has for them, besides ``real``."""
        key = name, *types.values()
        found = self._functions.get(key)
        if found is None:
            made = self._kernels.function(self.source, name, self.options, real=self.dtype, **types)
            found = self._functions[key] = made
        return found

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
        self._records = local()

    def get(self, kind: type[F], dtype: Any) -> F | None:
        """Return the kernels of a kind for a type of numbers; None where their reference has to do."""
        return self._once(kind, dtype, partial(kind, self, dtype))

    def elementwise(self, kernel: Kernel, dtype: Any, places: tuple[int, ...] | None = None) -> Kernel | None:
        """Return a loop over numbers of a type as a kernel (`Loop`); None where its reference has to do."""
        make = partial(Loop, kernel, self.function, self.xp, dtype, places)
        return self._once(kernel, dtype, make, places)

    def function(
        self, source: str, name: str, options: tuple[str, ...] = OPTIONS, **types: Any
    ) -> Callable[..., None]:
        """Return one function of a source, with the types that it names; compiled when it is first called."""
        key = source, name, tuple(sorted((one, np.dtype(dtype).name) for one, dtype in types.items()))
        found = self._functions.get(key)
        if found is None:
            named = "".join(f"typedef {NAMES[dtype]} {one};\n" for one, dtype in key[2])
            function = self.xp.RawKernel(named + source, name, options=options)
            found = self._functions[key] = _Function(function, self._records)
        return found

    @contextmanager
    def recorded(self) -> Iterator[list[Launch]]:
        """Launch nothing that this thread asks for, but note it; kernels must have been tried before."""
        self._records.launches = launches = list[Launch]()
        try:
            yield launches
        finally:
            self._records.launches = None

    def _once(self, what: Any, dtype: Any, make: Callable[[], Any], how: Any = None) -> Any:
        key = what, np.dtype(dtype), how
        if key not in self._tried:
            self._tried[key] = _right(what.__name__, make)
        return self._tried[key]


class _Function:
    """A function on the device, which is launched, or noted where its thread takes notes."""

    __slots__ = ("_function", "_records")

    def __init__(self, function: Callable[..., None], records: local) -> None:
        self._function, self._records = function, records

    def __call__(self, grid: tuple[int, ...], block: tuple[int, ...], args: tuple[Any, ...]) -> None:
        launches = getattr(self._records, "launches", None)
        if launches is None:
            self._function(grid, block, args)
        else:
            launches.append(partial(self._function, grid, block, args))


def _right(name: str, make: Callable[[], Any]) -> Any:
    try:
        made = make()
    except Untranslatable as reason:
        log.debug("%s is computed by its reference: %s", name, reason)
        return None
    try:
        right = made.agrees()
    except Exception as error:  # cupy's own, which is not imported here
        if type(error).__name__ not in REFUSALS:
            raise
        why = " ".join(str(error).split())[:300]
        log.warning(
            "the kernel %s cannot be run on this GPU, and is left out; please report it: %s", name, why
        )
        return None
    if right:
        return made
    log.warning(
        "the kernel %s computes something else on this GPU than it should, and is left out; please report it",
        name,
    )
    return None
