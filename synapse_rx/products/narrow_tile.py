"""
The innermost loops of products with a few columns only, which would leave most lanes of a vector empty.

Numbers are float32 and given by their addresses; sizes are those of `vector_code.lengths`. Imported only where kernels
are compiled (`synapse_rx.fast`).
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ..instructions.vector_code import VectorCode, intrinsic, lengths
from .panel_tile import MaskedCode

FOLD = 4
"""How many k beside each other each of as many columns has in a vector."""


@intrinsic
def folded_tile(
    typing: Any, sizes: Any, a: Any, a_row: Any, last: Any, panel: Any, count: Any, sums: Any
) -> Any:
    """
    Write ``sums[i, q] = sum over k of a[i, k] panel[k, q]`` for m rows i and `FOLD` columns q.

    Args:
        sizes: As in the module; a panel holds `FOLD` k of each column, and then the next, filled up with 0.
        a, panel, sums: The addresses of the first number of each; k lie in one piece in a.
        a_row: The distance of i; last: the last i there is, which stands for those beyond.
        count: How many k there are.
    """
    lanes, m, _ = lengths(sizes)
    arguments = (sizes, a, a_row, last, panel, count, sums)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _, a_at, a_down, final, panel_at, many, sums_at = values
        code = VectorCode(context, builder, types.Array(types.float32, 1, "C"), lanes)
        group = MaskedCode(context, builder, FOLD, builder.urem(many, code.whole(FOLD)))
        numbers, right, out = map(group.numbers, (a_at, panel_at, sums_at))
        few = ir.VectorType(ir.FloatType(), FOLD)
        nothing = ir.Constant(few, ir.Undefined)
        repeated = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [lane % FOLD for lane in range(lanes)])
        rows = [
            builder.mul(a_down, builder.select(builder.icmp_signed("<", i, final), i, final))
            for i in map(code.whole, range(m))
        ]
        cells = code.tile(m, 1)

        def add(begin: Any, some: Any) -> None:
            vector = code.load(right, builder.mul(begin, code.whole(FOLD)))
            for row, (cell,) in zip(rows, cells, strict=True):
                part = some(numbers, builder.add(begin, row))
                code.add_product(builder.shuffle_vector(part, nothing, repeated), vector, cell)

        whole = builder.udiv(many, code.whole(FOLD))
        with cgutils.for_range(builder, whole) as one:
            add(builder.mul(one.index, code.whole(FOLD)), group.load)
        done = builder.mul(whole, code.whole(FOLD))
        with builder.if_then(builder.icmp_signed("<", done, many)):
            add(done, lambda data, place: group.load_part(data, place, True))
        first = ir.Constant(ir.VectorType(ir.IntType(32), FOLD), [lane * FOLD for lane in range(FOLD)])
        for i, (cell,) in enumerate(cells):
            total = builder.load(cell)
            for width in (2, 1):
                total = builder.fadd(
                    total, code.shuffle(total, total, [lane ^ width for lane in range(lanes)])
                )
            place = builder.bitcast(builder.gep(out, [code.whole(i * FOLD)]), few.as_pointer())
            builder.store(builder.shuffle_vector(total, total, first), place).align = 4
        return context.get_dummy_value()

    return types.void(*arguments), generate


@intrinsic
def spread_tile(
    typing: Any, sizes: Any, a: Any, b: Any, b_row: Any, left: Any, count: Any, sums: Any, row: Any
) -> Any:
    """
    Write ``sums[q, j] = sum over k of a[k, q] b[k, j]`` for m numbers q and p vectors j.

    Args:
        sizes: As in the module.
        a, b, sums: The addresses of the first number of each; those of one k of a lie in one piece.
        b_row: The distance of k in b.
        left: How many columns of b the last vector has; nothing is read beyond.
        count: How many k there are.
        row: The distance of q in the sums.
    """
    lanes, m, p = lengths(sizes)
    arguments = (sizes, a, b, b_row, left, count, sums, row)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _, a_at, b_at, b_down, last, many, sums_at, down = values
        code = MaskedCode(context, builder, lanes, last)
        numbers, right, out = map(code.numbers, (a_at, b_at, sums_at))
        cells = code.tile(m, p)
        with cgutils.for_range(builder, many) as one:
            here, factors = builder.mul(one.index, b_down), builder.mul(one.index, code.whole(m))
            steps = [builder.add(here, code.whole(j * lanes)) for j in range(p)]
            vectors = [code.load_part(right, step, j == p - 1) for j, step in enumerate(steps)]
            for q in range(m):
                factor = code.splat(numbers, builder.add(factors, code.whole(q)))
                for vector, cell in zip(vectors, cells[q], strict=True):
                    code.add_product(factor, vector, cell)
        for q in range(m):
            begin = builder.mul(down, code.whole(q))
            for j, cell in enumerate(cells[q]):
                code.store(builder.load(cell), out, builder.add(begin, code.whole(j * lanes)))
        return context.get_dummy_value()

    return types.void(*arguments), generate
