"""
Matrix products in machine code, float32, of arrays given by the addresses of their first numbers and their row lengths.

They are the library's that numba links `np.dot` to, or, where `tiled_products` has them, our own (`tiled_kernel`).
Imported only where kernels are compiled (`synapse_rx.fast`). Nothing is checked.
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ..fast import address, jit
from .lanes.vector_code import intrinsic
from .products import why_not_our_own

WORD = 4
"""Bytes of a number."""

LITTLE = 65536
"""With fewer multiplications than this the library's way to begin is shorter than ours."""

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


AS_THEY_ARE, RIGHT_TURNED, LEFT_TURNED = 0, 1, 2


def tiled_products() -> int:
    """Return the address of our own products; 0 where the library's are taken (`products`)."""
    if why_not_our_own() is not None:
        return 0
    from .tiled_kernel import multiply_tiled

    return address(multiply_tiled)


@jit
def multiply_any(
    tiled: int, turned: int, shape: Any, scale: int, a: Any, b: Any, adds: int, c: Any, numbers: int
) -> None:
    """
    Put ``scale A B``, ``scale A B^T`` or ``scale A^T B`` into C, or add it.

    Args:
        tiled: What `tiled_products` said, or 0.
        turned: Which of these it is.
        shape, scale, a, b, c: As for `multiply`.
        adds: Whether to add.
        numbers: The address of the numbers 0 and 1.
    """
    n, m, k = shape
    if tiled and n * m * k >= LITTLE:
        a_row, a_by = (1, a[1]) if turned == LEFT_TURNED else (a[1], 1)
        by_turned = int(turned == RIGHT_TURNED)
        _call(tiled, (n, m, k, scale, a[0], a_row, a_by, b[0], b[1], by_turned, c[0], c[1], adds))
        return
    factor = numbers + WORD * adds
    if turned == AS_THEY_ARE:
        multiply(shape, scale, a, b, factor, c)
    elif turned == RIGHT_TURNED:
        multiply_by_turned(shape, scale, a, b, factor, c)
    else:
        multiply_turned(shape, scale, a, b, factor, c)


@intrinsic
def _call(typing: Any, where: Any, values: Any) -> Any:
    """Call the machine code at an address (`fast.address`) with these whole numbers."""
    kinds = types.UniTuple(types.intp, len(values))

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = context.get_value_type(types.intp)
        kind = ir.FunctionType(ir.VoidType(), [whole] * len(values))
        function = builder.inttoptr(arguments[0], kind.as_pointer())
        builder.call(function, cgutils.unpack_tuple(builder, arguments[1]))
        return context.get_dummy_value()

    return types.void(types.intp, kinds), generate
