"""
Matrix products of the library that numba links `np.dot` to, for matrices given by their addresses, float32.

Imported only where kernels are compiled (`synapse_rx.fast`). Nothing is checked.
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

from numba.core import types

from ..fast import jit

FLOAT, PLAIN, TURNED = ord("s"), ord("n"), ord("t")

# What numba itself links `np.dot` to; it multiplies column by column, so that everything stands here turned round.
_address, _count = types.uintp, types.intp
_sgemm: Any = types.ExternalFunction(
    "numba_xxgemm",
    types.int32(  # pyright: ignore[reportCallIssue]
        types.int8,
        types.int8,
        types.int8,
        _count,
        _count,
        _count,
        _address,
        _address,
        _count,
        _address,
        _count,
        _address,
        _address,
        _count,
    ),
)


@jit
def multiply(shape: Any, scale: int, a: Any, b: Any, factor: int, c: Any) -> None:
    """
    Put ``scale A B + factor C`` into C.

    Args:
        shape: Rows and columns of C, and what is summed over.
        scale, factor: The addresses of these numbers.
        a, b, c: The address of each matrix and the distance of its rows.
    """
    n, m, k = shape
    _sgemm(FLOAT, PLAIN, PLAIN, m, n, k, scale, b[0], b[1], a[0], a[1], factor, c[0], c[1])


@jit
def multiply_by_turned(shape: Any, scale: int, a: Any, b: Any, factor: int, c: Any) -> None:
    """Put ``scale A B^T + factor C`` into C, as `multiply`."""
    n, m, k = shape
    _sgemm(FLOAT, TURNED, PLAIN, m, n, k, scale, b[0], b[1], a[0], a[1], factor, c[0], c[1])


@jit
def multiply_turned(shape: Any, scale: int, a: Any, b: Any, factor: int, c: Any) -> None:
    """Put ``scale A^T B + factor C`` into C, as `multiply`."""
    n, m, k = shape
    _sgemm(FLOAT, PLAIN, TURNED, m, n, k, scale, b[0], b[1], a[0], a[1], factor, c[0], c[1])
