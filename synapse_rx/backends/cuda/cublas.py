"""cuBLAS by its C interface: cupy's own binding refuses to work while a stream is captured, the library does not."""

from __future__ import annotations

import ctypes
import sys
import weakref
from ctypes import byref, c_double, c_float, c_int, c_longlong, c_size_t, c_void_p
from typing import Any

import numpy as np

from ...errors import BackendError
from .product_plan import Plan

COMPUTE = {"float32": 68, "tf32": 77, "bfloat16": 75}
"""What products of numbers in float32 are computed by: CUBLAS_COMPUTE_32F, _32F_FAST_TF32 and _32F_FAST_16BF."""

STATUS = {
    1: "CUBLAS_STATUS_NOT_INITIALIZED",
    3: "CUBLAS_STATUS_ALLOC_FAILED",
    7: "CUBLAS_STATUS_INVALID_VALUE",
    8: "CUBLAS_STATUS_ARCH_MISMATCH",
    11: "CUBLAS_STATUS_MAPPING_ERROR",
    13: "CUBLAS_STATUS_EXECUTION_FAILED",
    14: "CUBLAS_STATUS_INTERNAL_ERROR",
    15: "CUBLAS_STATUS_NOT_SUPPORTED",
    16: "CUBLAS_STATUS_LICENSE_ERROR",
}

COMPUTE_64F = 70
FLOATS, DOUBLES = 0, 1  # CUDA_R_32F and CUDA_R_64F
DEFAULT_ALGORITHM = -1

_MATRICES = (c_int, c_int, c_int, c_int, c_int, c_void_p)  # operations, m, n, k, alpha
_FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "cublasCreate_v2": (c_void_p,),
    "cublasDestroy_v2": (c_void_p,),
    "cublasSetStream_v2": (c_void_p, c_void_p),
    "cublasSetWorkspace_v2": (c_void_p, c_void_p, c_size_t),
    "cublasGemmEx": (
        *(c_void_p, *_MATRICES),
        *(c_void_p, c_int, c_int),
        *(c_void_p, c_int, c_int, c_void_p),
        *(c_void_p, c_int, c_int),
        *(c_int, c_int),
    ),
    "cublasGemmStridedBatchedEx": (
        *(c_void_p, *_MATRICES),
        *(c_void_p, c_int, c_int, c_longlong),
        *(c_void_p, c_int, c_int, c_longlong, c_void_p),
        *(c_void_p, c_int, c_int, c_longlong),
        *(c_int, c_int, c_int),
    ),
}


class CublasError(BackendError):
    """The library refused what it was asked for."""


class Cublas:
    """
    One handle of the library, for the device that is the present one when it is made.

    Args:
        library: What `load` gave.

    Raises:
        CublasError: If the library cannot work here; so do all methods.
    """

    def __init__(self, library: Any) -> None:
        self._functions = {name: _function(library, name) for name in _FUNCTIONS}
        handle = c_void_p()
        self._call("cublasCreate_v2", byref(handle))
        self._handle = handle
        # Not when the process ends: by then the driver may be gone.
        weakref.finalize(self, self._functions["cublasDestroy_v2"], handle).atexit = False
        self._numbers = {
            FLOATS: (c_float(1), c_float(0)),
            DOUBLES: (c_double(1), c_double(0)),
        }

    def work_in(self, stream: int, room: int, size: int) -> None:
        """Compute in a stream from now on, with working memory of ``size`` bytes at ``room``."""
        self._call("cublasSetStream_v2", self._handle, stream)
        # In this order: a new stream brings back memory of the library's own, which no captured stream may use.
        self._call("cublasSetWorkspace_v2", self._handle, room, size)

    def multiply(self, plan: Plan, dtype: Any, compute: int, a: int, b: int, c: int) -> None:
        """Write a product of matrices at the addresses a and b to c, all of one type, as `product_plan` laid it out."""
        kind = DOUBLES if dtype == np.float64 else FLOATS
        one, zero = map(byref, self._numbers[kind])
        compute = COMPUTE_64F if kind == DOUBLES else compute
        (op_a, ld_a, step_a), (op_b, ld_b, step_b) = plan.first, plan.second
        ld_c, step_c = plan.out
        matrices = self._handle, op_a, op_b, *plan.sizes, one
        for from_a, from_b, to_c in plan.offsets:
            first, second = (b + from_b, a + from_a) if plan.swapped else (a + from_a, b + from_b)
            if plan.batch == 1:
                self._call(
                    "cublasGemmEx",
                    *(*matrices, first, kind, ld_a, second, kind, ld_b, zero),
                    *(c + to_c, kind, ld_c, compute, DEFAULT_ALGORITHM),
                )
            else:
                self._call(
                    "cublasGemmStridedBatchedEx",
                    *(*matrices, first, kind, ld_a, step_a, second, kind, ld_b, step_b, zero),
                    *(c + to_c, kind, ld_c, step_c, plan.batch, compute, DEFAULT_ALGORITHM),
                )

    def _call(self, name: str, *args: Any) -> None:
        status = self._functions[name](*args)
        if status:
            raise CublasError(f"{name} says {STATUS.get(status, f'CUBLAS_STATUS {status}')}")


def load(xp: Any) -> Any:
    """
    Return the very library that cupy computes with.

    Once cupy has loaded it its name alone is enough; else it is found among the wheels, or where CUDA is installed, by
    what cupy itself goes by.

    Raises:
        OSError: If there is none.
    """
    major = xp.cuda.runtime.runtimeGetVersion() // 1000
    name = f"cublas64_{major}.dll" if sys.platform == "win32" else f"libcublas.so.{major}"
    try:
        return ctypes.CDLL(name)
    except OSError:
        from cuda.pathfinder import load_nvidia_dynamic_lib  # pyright: ignore[reportMissingImports]

        return ctypes.CDLL(load_nvidia_dynamic_lib("cublas").abs_path)


def _function(library: Any, name: str) -> Any:
    function = getattr(library, name)
    function.argtypes, function.restype = _FUNCTIONS[name], c_int
    return function
