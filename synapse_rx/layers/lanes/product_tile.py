"""
Instructions for tiles of matrix products whose sums stay in registers, of numbers given by their addresses.

Imported only where kernels are compiled (`synapse_rx.fast`).
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from .vector_code import VectorCode, intrinsic, lengths

WORD = 4


@intrinsic
def product_tile(
    typing: Any,
    sizes: Any,
    a: Any,
    a_row: Any,
    a_by: Any,
    b: Any,
    b_by: Any,
    c: Any,
    c_row: Any,
    count: Any,
    adds: Any,
) -> Any:
    """
    Write ``c[i, j] = sum over k of a[i, k] b[k, j]`` for a tile, m numbers high and p vectors wide, float32.

    Args:
        sizes: ((0,) * lanes, (0,) * m, (0,) * p), as in `tiles`.
        a, b, c: The addresses of the first number of each.
        a_row, a_by: The distances of i and of k in a.
        b_by: That of k in b; c_row: that of i in c; j lies in one piece.
        count: How many k there are.
        adds: Whether it is added to what is in c.
    """
    lanes, m, p = lengths(sizes)
    arguments = (sizes, a, a_row, a_by, b, b_by, c, c_row, count, adds)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _, a_at, a_down, a_step, b_at, b_step, c_at, c_down, many, more = values
        code = VectorCode(context, builder, types.Array(types.float32, 1, "C"), lanes)
        number = ir.FloatType().as_pointer()
        left, right, out = (builder.inttoptr(address, number) for address in (a_at, b_at, c_at))
        sums = code.tile(m, p)
        rows = [builder.mul(a_down, code.whole(i)) for i in range(m)]
        with cgutils.for_range(builder, many) as one:
            here = builder.mul(one.index, b_step)
            vectors = [code.load(right, builder.add(here, code.whole(j * lanes))) for j in range(p)]
            column = builder.mul(one.index, a_step)
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

    return types.void(*arguments), generate
