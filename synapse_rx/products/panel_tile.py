"""
The innermost loops of a product with a panel: some columns of a matrix, row by row, filled up to whole vectors.

Numbers are float32 and given by their addresses; the last vector of a panel may hold fewer columns than it has lanes.
Sizes are those of `vector_code.lengths`: a panel is p vectors wide. Imported only where kernels are compiled
(`synapse_rx.fast`).
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

from numba.core import cgutils, types

from ..instructions.masked_code import MaskedCode
from ..instructions.vector_code import intrinsic, lengths


@intrinsic
def panel_tile(
    typing: Any,
    sizes: Any,
    a: Any,
    a_row: Any,
    a_by: Any,
    panel: Any,
    c: Any,
    c_row: Any,
    count: Any,
    adds: Any,
    left: Any,
) -> Any:
    """
    Write ``c[i, j] = sum over k of a[i, k] panel[k, j]`` for a tile, m numbers high and as wide as the panel.

    Args:
        sizes: As in the module.
        a, panel, c: The addresses of the first number of each.
        a_row, a_by: The distances of i and of k in a; c_row: that of i in c.
        count: How many k there are.
        adds: Whether it is added to what is in c.
        left: How many columns of c the last vector has.
    """
    lanes, m, p = lengths(sizes)
    arguments = (sizes, a, a_row, a_by, panel, c, c_row, count, adds, left)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _, a_at, a_down, a_step, panel_at, c_at, c_down, many, more, last = values
        code = MaskedCode(context, builder, lanes, last)
        numbers, right, out = map(code.numbers, (a_at, panel_at, c_at))
        sums = code.tile(m, p)
        rows = [builder.mul(a_down, code.whole(i)) for i in range(m)]
        with cgutils.for_range(builder, many) as one:
            here = builder.mul(one.index, code.whole(p * lanes))
            vectors = [code.load(right, builder.add(here, code.whole(j * lanes))) for j in range(p)]
            column = builder.mul(one.index, a_step)
            for i in range(m):
                factor = code.splat(numbers, builder.add(column, rows[i]))
                for vector, cell in zip(vectors, sums[i], strict=True):
                    code.add_product(factor, vector, cell)
        with builder.if_else(builder.icmp_signed("!=", more, code.whole(0))) as (adding, writing):
            for branch, old in ((adding, True), (writing, False)):
                with branch:
                    for i in range(m):
                        row = builder.mul(c_down, code.whole(i))
                        for j, cell in enumerate(sums[i]):
                            place, ends = builder.add(row, code.whole(j * lanes)), j == p - 1
                            total = builder.load(cell)
                            if old:
                                total = builder.fadd(total, code.load_part(out, place, ends))
                            code.store_part(total, out, place, ends)
        return context.get_dummy_value()

    return types.void(*arguments), generate
