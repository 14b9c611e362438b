"""A kernel of a GPU on the CPU, called like one of cupy."""

from __future__ import annotations

import ctypes
import sys
from functools import partial
from typing import Any, ClassVar

import numpy as np

from ..array import LeakError, StrictArray
from ..capturing import capturing
from .compiler import compiler, emulated, parameters

TYPES = {
    "float": np.dtype("f4"),
    "double": np.dtype("f8"),
    "unsigned char": np.dtype("u1"),
    "int": np.dtype("i4"),
    "long long": np.dtype("i8"),
    "unsigned long long": np.dtype("u8"),
}
LIMITS = (2**31 - 1, 65535, 65535)
"""The largest grid."""


def cannot() -> str | None:
    """
    Return why kernels cannot be run on the CPU here, None if they can.
    """
    if sys.platform != "linux":
        return "threads of a GPU are taken in turn on Linux alone"
    return None if compiler() else "there is no C++ compiler"


class EmulatedKernel:
    """
    What ``cupy.RawKernel`` is: takes arrays of the device, and numbers of the very types that the kernel declares.

    The GPU would read whatever bytes it is given; this one refuses what does not fit: other types, arrays that are not
    in one piece, too large a grid or block, and threads that wait for others which are over.
    """

    backwards: ClassVar[bool] = False
    """Whether the last thread of the last block goes first: what waits as it should gives the same."""

    launched: ClassVar[list[str]] = []
    """The kernels launched so far, by name."""

    def __init__(self, code: str, name: str, options: tuple[str, ...] = ()) -> None:
        assert all(isinstance(one, str) for one in options)
        self.code, self.name = code, name

    def __call__(self, grid: Any, block: Any, args: Any, *, shared_mem: int = 0) -> None:
        if StrictArray.guard is not None:
            StrictArray.guard(f"kernel {self.name}")
        sizes = [*(*grid, 1, 1)[:3], *(*block, 1, 1)[:3]]
        if any(not isinstance(size, int) or size < 1 for size in sizes):
            raise LeakError(f"{self.name} is launched with {sizes}")
        if any(size > most for size, most in zip(sizes, LIMITS, strict=False)) or np.prod(sizes[3:]) > 1024:
            raise LeakError(f"{self.name} is launched with {sizes}, more than a GPU takes")
        wanted = parameters(self.code, self.name)
        if len(args) != len(wanted):
            raise LeakError(f"{self.name} takes {len(wanted)} arguments, not {len(args)}")
        cells = [self._cell(one, *kind) for one, kind in zip(args, wanted, strict=True)]
        pointers = (ctypes.c_void_p * len(cells))(*(cell.ctypes.data for cell in cells))
        counts = (ctypes.c_uint * 6)(*sizes)
        # Held: what the pointers point to.
        launch = partial(self._launch, emulated(self.code, self.name), pointers, counts, (cells, args))
        if (launches := capturing()) is None:
            launch()
        else:
            launches.append(launch)

    def _launch(self, emulate: Any, pointers: Any, counts: Any, held: Any) -> None:
        EmulatedKernel.launched.append(self.name)
        if emulate(pointers, counts, int(self.backwards)):
            raise LeakError(f"threads of {self.name} wait for others that are over")

    def _cell(self, given: Any, kind: str, pointer: bool) -> np.ndarray:
        """
        Return where an argument lies, as an array of one number or address.
        """
        dtype = TYPES[kind]
        if not pointer:
            if not isinstance(given, np.generic) or given.dtype != dtype:
                raise LeakError(
                    f"{self.name} takes a number of {dtype}, not {given!r} ({type(given).__name__})"
                )
            return np.array([given])
        if isinstance(given, np.uintp) and given == 0:
            return np.zeros(1, np.uintp)
        if not isinstance(given, StrictArray):
            raise LeakError(f"{self.name} takes an array of the device, not {type(given).__name__}")
        if given.dtype != dtype or not given.flags.c_contiguous:
            raise LeakError(f"{self.name} takes an array of {dtype} in one piece, not {given!r}")
        return np.array([given._host.ctypes.data], np.uintp)
