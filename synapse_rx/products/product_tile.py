"""
The innermost loops of matrix products: tiles whose sums stay in registers, of numbers given by their addresses.

Imported only where kernels are compiled (`synapse_rx.fast`).
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ..instructions.vector_code import VectorCode, intrinsic, lengths


@intrinsic
def product_tile(typing: Any, sizes: Any, a: Any, b: Any, c: Any, counts: Any, adds: Any) -> Any:
    """
    Write ``c[i, j] = sum over l and k of a[i, l, k] b[l, k, j]`` for a tile, m high and p vectors wide, float32.

    Args:
        sizes: As in `vector_code.lengths`.
        a: The address of its first number, and the distances of i, of l and of k.
        b: The same of l and of k; j lies in one piece.
        c: The same of i; j lies in one piece.
        counts: How many l and how many k there are.
        adds: Whether it is added to what is in c.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _multiply(context, builder, lengths(sizes), values[1:])

    return types.void(sizes, a, b, c, counts, adds), generate


@intrinsic
def product_tile_expecting(
    typing: Any, sizes: Any, a: Any, b: Any, c: Any, counts: Any, adds: Any, ahead: Any
) -> Any:
    """
    Do as `product_tile`; meanwhile what is read behind it comes into the cache: a core multiplies faster than it reads.

    Args:
        sizes, a, b, c, counts, adds: As of `product_tile`.
        ahead: An address to have brought to the second level, without waiting, and how many bytes further with each k.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _multiply(context, builder, lengths(sizes), values[1:-1], values[-1])

    return types.void(sizes, a, b, c, counts, adds, ahead), generate


def _multiply(context: Any, builder: Any, sizes: Any, values: Any, ahead: Any = None) -> Any:
    lanes, m, p = sizes
    a_value, b_value, c_value, counted, more = values
    a_at, a_down, a_far, a_step = cgutils.unpack_tuple(builder, a_value)
    b_at, b_far, b_step = cgutils.unpack_tuple(builder, b_value)
    c_at, c_down = cgutils.unpack_tuple(builder, c_value)
    far, many = cgutils.unpack_tuple(builder, counted)
    code = VectorCode(context, builder, types.Array(types.float32, 1, "C"), lanes)
    number = ir.FloatType().as_pointer()
    left, right, out = (builder.inttoptr(address, number) for address in (a_at, b_at, c_at))
    sums = code.tile(m, p)
    rows = [builder.mul(a_down, code.whole(i)) for i in range(m)]
    with cgutils.for_range(builder, far) as outer:
        a_start, b_start = builder.mul(outer.index, a_far), builder.mul(outer.index, b_far)
        with cgutils.for_range(builder, many) as one:
            here = code.offset(b_start, (one.index, b_step))
            vectors = [code.load(right, builder.add(here, code.whole(j * lanes))) for j in range(p)]
            column = code.offset(a_start, (one.index, a_step))
            if ahead is not None:
                address, by = cgutils.unpack_tuple(builder, ahead)
                code.expect(code.offset(address, (one.index, by)))
            for i in range(m):
                factor = code.splat(left, builder.add(column, rows[i]))
                for vector, cell in zip(vectors, sums[i], strict=True):
                    code.add_product(factor, vector, cell)
    ends = [
        [builder.add(builder.mul(c_down, code.whole(i)), code.whole(j * lanes)) for j in range(p)]
        for i in range(m)
    ]
    with builder.if_else(builder.icmp_signed("!=", more, code.whole(0))) as (adding, writing):
        for branch, old in ((adding, True), (writing, False)):
            with branch:
                for i in range(m):
                    for cell, place in zip(sums[i], ends[i], strict=True):
                        total = builder.load(cell)
                        if old:
                            total = builder.fadd(total, code.load(out, place))
                        code.store(total, out, place)
    return context.get_dummy_value()
