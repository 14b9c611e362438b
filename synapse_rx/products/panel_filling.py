"""
Panels, written from columns of a matrix, or from rows of one that is given turned.

Numbers are float32 and given by their addresses; sizes are those of `panel_tile`. Imported only where kernels are
compiled (`synapse_rx.fast`).
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

from numba.core import cgutils, types

from ..instructions.masked_code import MaskedCode
from ..instructions.vector_code import intrinsic, lengths


@intrinsic
def fill_panel(
    typing: Any, sizes: Any, b: Any, b_row: Any, panel: Any, count: Any, left: Any, scale: Any
) -> Any:
    """
    Write ``panel[k, j] = scale b[k, j]``.

    Args:
        sizes: As in the module.
        b, panel, scale: The addresses of the first number of each.
        b_row: The distance of k in b.
        count: How many k there are.
        left: How many columns of b the last vector has.
    """
    lanes, _, p = lengths(sizes)
    arguments = (sizes, b, b_row, panel, count, left, scale)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _, b_at, b_down, panel_at, many, last, scale_at = values
        code = MaskedCode(context, builder, lanes, last)
        source, into = code.numbers(b_at), code.numbers(panel_at)
        factor = code.splat(code.numbers(scale_at), code.whole(0))
        with cgutils.for_range(builder, many) as one:
            begin = builder.mul(one.index, b_down)
            row = builder.mul(one.index, code.whole(p * lanes))
            for j in range(p):
                step = code.whole(j * lanes)
                vector = code.load_part(source, builder.add(begin, step), j == p - 1)
                code.store(builder.fmul(vector, factor), into, builder.add(row, step))
        return context.get_dummy_value()

    return types.void(*arguments), generate


@intrinsic
def fill_panel_turned(
    typing: Any, sizes: Any, b: Any, b_row: Any, rows: Any, panel: Any, left: Any, scale: Any
) -> Any:
    """
    Write ``panel[k, j] = scale b[j, k]`` for a square of as many numbers as there are lanes.

    Args:
        sizes: As in the module.
        b, panel, scale: The addresses of the first number of each.
        b_row: The distance of j in b; rows: how many there are, the last of which stands for those beyond.
        left: How many k there are; what is beyond becomes 0.
    """
    lanes, _, p = lengths(sizes)
    arguments = (sizes, b, b_row, rows, panel, left, scale)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _, b_at, b_down, many, panel_at, last, scale_at = values
        code = MaskedCode(context, builder, lanes, last)
        source, into = code.numbers(b_at), code.numbers(panel_at)
        factor = code.splat(code.numbers(scale_at), code.whole(0))
        final = builder.sub(many, code.whole(1))
        vectors: list[Any] = []
        for j in map(code.whole, range(lanes)):
            row = builder.select(builder.icmp_signed("<", j, final), j, final)
            vector = code.load_part(source, builder.mul(b_down, row), True)
            vectors.append(builder.fmul(vector, factor))
        for k, vector in enumerate(code.transposed(vectors)):
            code.store(vector, into, code.whole(k * p * lanes))
        return context.get_dummy_value()

    return types.void(*arguments), generate
