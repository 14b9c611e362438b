"""Products of matrices of a device, by a library of our own choosing: also while a stream is captured."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from threading import Lock
from typing import Any

import numpy as np

from ...typing import Array
from . import cublas
from .product_plan import Plan, plan

ROOM = 32 << 20
"""Bytes of working memory that the library is given: what NVIDIA advises for Hopper, more than others need."""

PRECISIONS = tuple(cublas.COMPUTE)
"""What numbers in float32 may be multiplied in."""

TOLERANCES = {"float32": 1e-4, "tf32": 5e-3, "bfloat16": 5e-2}
"""How far products of a few numbers may be off."""

log = logging.getLogger("synapse_rx")


class Products:
    """
    ``matmul`` and ``dot`` of an array module, computed by cuBLAS through `Cublas`.

    Taken over are products of arrays of one type, float32 or float64, whose rows or columns lie in one piece; all
    others are the array module's own, and all of them if the library is not there or computes anything else than numpy
    when it is tried at the first use. One workspace serves all, so that one and the same product is computed in one and
    the same way: whoever shares this must compute in one stream, or capture.

    Args:
        xp: The array module, cupy.
        precision: What numbers in float32 are multiplied in: "float32", "tf32" or "bfloat16"; they are added up in
            float32 always. Numbers in float64 are multiplied in float64.
    """

    def __init__(self, xp: Any, precision: str = "float32") -> None:
        self._xp, self._compute = xp, cublas.COMPUTE[precision]
        self._tolerance = TOLERANCES[precision]
        self._library: cublas.Cublas | None = None
        self._tried: dict[np.dtype[Any], bool] = {}
        self._stream: int | None = None
        self._room: Any = None
        self._lock = Lock()  # several trainings may share a backend

    def matmul(self, a: Array, b: Array, out: Any = None, **options: Any) -> Array:
        """Return the product in the sense of `numpy.matmul`, in ``out`` if it is given."""
        made = None if options else self._product(a, b, out)
        if made is None:
            given = options if out is None else options | {"out": out}
            return self._xp.matmul(a, b, **given)
        return made

    def dot(self, a: Array, b: Array, out: Any = None) -> Array:
        """Return the product in the sense of `numpy.dot`, in ``out`` if it is given."""
        flat = getattr(a, "ndim", 3) <= 2 and getattr(b, "ndim", 3) <= 2
        made = self._product(a, b, out) if flat else None
        return self._xp.dot(a, b, out) if made is None else made

    @property
    def room(self) -> Any:
        """The working memory; who captured products holds it, as long as what was captured may be launched."""
        return self._room

    def release(self) -> None:
        """Give back the working memory, once nobody holds it; the next product takes some again."""
        with self._lock:
            self._room = self._stream = None

    def _product(self, a: Any, b: Any, out: Any) -> Any:
        """Return the product; None if it is for others."""
        kind = self._xp.ndarray
        if (
            not (isinstance(a, kind) and isinstance(b, kind) and a.dtype == b.dtype)
            or a.dtype.char not in "fd"
        ):
            return None
        if out is None:
            shape = _shape(a.shape, b.shape)
            out = None if shape is None else self._xp.empty(shape, a.dtype)
        if not isinstance(out, kind) or out.dtype != a.dtype:
            return None
        found = plan((a.shape, a.strides), (b.shape, b.strides), (out.shape, out.strides), a.dtype.itemsize)
        if (
            found is None
            or _overlap(found, a.data.ptr, b.data.ptr, out.data.ptr)
            or not self._serves(a.dtype)
        ):
            return None
        self._multiply(found, a, b, out)
        return out

    def _multiply(self, found: Plan, a: Array, b: Array, out: Array) -> None:
        stream = self._xp.cuda.get_current_stream().ptr
        with self._lock:
            library = self._library
            assert library is not None
            if self._room is None:
                self._room = self._xp.empty(ROOM, np.uint8)
            if stream != self._stream:
                library.work_in(stream, self._room.data.ptr, ROOM)
                self._stream = stream
            library.multiply(found, a.dtype, self._compute, a.data.ptr, b.data.ptr, out.data.ptr)

    def _serves(self, dtype: np.dtype[Any]) -> bool:
        """Return whether products of a type of numbers are right here, tried once."""
        if dtype not in self._tried:
            self._tried[dtype] = True  # for the trial, which multiplies
            self._tried[dtype] = self._agrees(dtype)
        return self._tried[dtype]

    def _agrees(self, dtype: np.dtype[Any]) -> bool:
        try:
            if self._library is None:
                self._library = cublas.Cublas(cublas.load(self._xp))
            wrong = [name for name, a, b, out in trials(dtype) if not self._right(a, b, out)]
        except Exception as error:
            log.warning("products of matrices are cupy's own, which no CUDA graph takes: %s", error)
            return False
        if wrong:
            log.warning(
                "cuBLAS computes something else than it should (%s), and cupy's own products take its place; "
                "please report it",
                ", ".join(wrong),
            )
        return not wrong

    def _right(self, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> bool:
        """Return whether the product of numbers of the host, lying as they do there, is what numpy makes of them."""
        there = [_alike(self._xp, one) for one in (a, b, out)]
        found = self._product(*there)
        tolerance = 1e-10 if a.dtype == np.float64 else self._tolerance
        return found is not None and np.allclose(
            self._xp.asnumpy(found), np.matmul(a, b), rtol=tolerance, atol=tolerance
        )


def trials(dtype: Any) -> Iterator[tuple[str, np.ndarray, np.ndarray, np.ndarray]]:
    """Yield products of all kinds: a name, a, b, and what the product is written to, lying as they will."""
    rng = np.random.default_rng(0)

    def matrix(*shape: int) -> np.ndarray:
        return rng.uniform(-1, 1, shape).astype(dtype)

    def turned(*shape: int) -> np.ndarray:
        return matrix(*shape[:-2], shape[-1], shape[-2]).swapaxes(-1, -2)

    def part(*shape: int) -> np.ndarray:
        return matrix(*shape[:-1], shape[-1] + 3)[..., 1 : shape[-1] + 1]

    m, k, n = 7, 33, 5
    for first in (matrix, turned, part):
        for second in (matrix, turned, part):
            for to in (matrix, turned, part):
                name = " ".join(one.__name__ for one in (first, second, to))
                yield name, first(m, k), second(k, n), to(m, n)
    yield "vector and matrix", matrix(k), turned(k, n), matrix(n)
    yield "matrix and vector", part(m, k), matrix(k), matrix(m)
    yield "column and matrix", matrix(k, 3)[:, 1], matrix(k, n), matrix(n)
    yield "two vectors", matrix(k), matrix(k), matrix(1).reshape(())
    yield "batches", matrix(4, m, k), turned(4, k, n), part(4, m, n)
    yield "one for all", turned(4, m, k), matrix(k, n), matrix(4, m, n)
    yield "rows of batches", matrix(4, m, k), matrix(k, n), matrix(4, m, n)
    yield "all for one", matrix(m, k), matrix(4, k, n), matrix(4, m, n)
    heads = [matrix(3, size, 2, width).swapaxes(1, 2) for size, width in ((m, k), (n, k), (m, n))]
    yield "heads", heads[0], heads[1].swapaxes(2, 3), heads[2]


def _alike(xp: Any, host: np.ndarray) -> Any:
    """Return an array of the device that holds the same numbers and lies alike."""
    whole = host
    while isinstance(whole.base, np.ndarray):
        whole = whole.base
    assert whole.flags.c_contiguous
    begin = host.ctypes.data - whole.ctypes.data
    flat = xp.array(whole).reshape(-1)[begin // host.itemsize :]
    return xp.lib.stride_tricks.as_strided(flat, host.shape, host.strides)


def _shape(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the shape of a product of at most two axes each; None for others."""
    if not (0 < len(a) <= 2 and 0 < len(b) <= 2) or a[-1] != b[0]:
        return None
    return (*a[:-1], *b[1:])


def _overlap(found: Plan, a: int, b: int, out: int) -> bool:
    """Return whether the product would be written to where the matrices may be."""
    size_a, size_b, size_out = found.spans
    return (a < out + size_out and out < a + size_a) or (b < out + size_out and out < b + size_b)
