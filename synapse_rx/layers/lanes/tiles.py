"""
The innermost loops of convolution and its gradients, on whole vectors.

A vector holds one number of each of a few samples, its *lanes*. Sums stay in registers while the loops run: a *tile* of
m x p vectors is the most that fits. `multiply` adds products of numbers and vectors up in a tile, `correlate` products
of vectors, and `transpose` turns a square of numbers, so that lanes become runs in memory and runs become lanes.

Sizes are those of `vector_code.lengths`. All arrays are flat and of one type; offsets and steps count numbers.

Imported only where kernels are compiled (`synapse_rx.fast`).
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

from numba.core import cgutils, types

from ...instructions.vector_code import VectorCode, intrinsic, lengths


@intrinsic
def multiply(
    typing: Any,
    sizes: Any,
    x: Any,
    x_start: Any,
    x_step: Any,
    w: Any,
    w_start: Any,
    w_row: Any,
    b: Any,
    b_start: Any,
    begins: Any,
    y: Any,
    y_start: Any,
    y_plane: Any,
    y_step: Any,
    loops: Any,
    steps: Any,
) -> Any:
    """
    Write a tile ``y[i, j] = b[i] + sum over r, c, k of w[r, c, k, i] x[r, c, k, j]``, whose x and y are vectors.

    Where it does not begin the sum, it adds to y what is not b.

    Args:
        sizes: As in the module.
        x: Where the sums read, from ``x_start`` on; ``x_step`` is the distance of j from j + 1.
        w: Weights; ``w_row`` is the distance of those of r from those of r + 1, and the others lie close by.
        b: What is added to the sums, from b_start on; begins: whether it is, or y goes on.
        y: Where they are written; y_plane and y_step are the distances of i and of j.
        loops: How many r, c and k there are.
        steps: The distances of r, c and k in x.
    """
    lanes, m, p = lengths(sizes)
    arguments = (
        sizes, x, x_start, x_step, w, w_start, w_row, b, b_start, begins, y, y_start, y_plane, y_step, loops, steps,
    )  # fmt: skip

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _, _, x_at, x_by, _, w_at, w_by, _, b_at, first, _, y_at, y_plane_by, y_by, loop, step = values
        code = VectorCode(context, builder, x, lanes)
        x_data, w_data, b_data, y_data = (code.data(arguments[k], values[k]) for k in (1, 4, 7, 10))
        (rows, columns, depth), (row_by, column_by, by) = code.items(loop), code.items(step)
        sums = code.tile(m, p)
        places = [builder.mul(x_by, code.whole(j)) for j in range(p)]
        many = code.whole(m)
        with cgutils.for_range(builder, rows) as row:
            x_row = builder.add(x_at, builder.mul(row.index, row_by))
            w_of_row = builder.add(w_at, builder.mul(row.index, w_by))
            with cgutils.for_range(builder, columns) as column:
                x_column = builder.add(x_row, builder.mul(column.index, column_by))
                w_of_column = builder.add(w_of_row, builder.mul(column.index, builder.mul(depth, many)))
                with cgutils.for_range(builder, depth) as one:
                    here = builder.add(x_column, builder.mul(one.index, by))
                    weights = builder.add(w_of_column, builder.mul(one.index, many))
                    vectors = [code.load(x_data, builder.add(here, place)) for place in places]
                    for i in range(m):
                        weight = code.splat(w_data, builder.add(weights, code.whole(i)))
                        for vector, cell in zip(vectors, sums[i], strict=True):
                            code.add_product(weight, vector, cell)
        ends = [
            [code.offset(y_at, (y_plane_by, code.whole(i)), (y_by, code.whole(j))) for j in range(p)]
            for i in range(m)
        ]
        with builder.if_else(builder.icmp_signed("!=", first, code.whole(0))) as (at_first, later):
            with at_first:
                for i in range(m):
                    bias = code.splat(b_data, builder.add(b_at, code.whole(i)))
                    for cell, place in zip(sums[i], ends[i], strict=True):
                        code.store(builder.fadd(builder.load(cell), bias), y_data, place)
            with later:
                for i in range(m):
                    for cell, place in zip(sums[i], ends[i], strict=True):
                        code.store(builder.fadd(builder.load(cell), code.load(y_data, place)), y_data, place)
        return context.get_dummy_value()

    return types.void(*arguments), generate


@intrinsic
def correlate(
    typing: Any,
    sizes: Any,
    d: Any,
    d_start: Any,
    d_plane: Any,
    x: Any,
    x_start: Any,
    x_step: Any,
    sums: Any,
    sums_start: Any,
    loops: Any,
    d_steps: Any,
    x_steps: Any,
) -> Any:
    """
    Add to a tile of numbers: ``sums[i, j] += sum over r, c and lanes of d[i, r, c] x[j, r, c]``.

    Args:
        sizes: As in the module.
        d: From d_start on; d_plane is the distance of i from i + 1.
        x: From x_start on; x_step is the distance of j from j + 1.
        sums: The tile, in one piece from sums_start on; filled up to whole vectors.
        loops: How many r and c there are.
        d_steps: The distances of r and c in d; x_steps: those in x.
    """
    lanes, m, p = lengths(sizes)
    arguments = (
        sizes, d, d_start, d_plane, x, x_start, x_step, sums, sums_start, loops, d_steps, x_steps,
    )  # fmt: skip

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _, _, d_at, d_by, _, x_at, x_by, _, sums_at, loop, d_step, x_step_values = values
        code = VectorCode(context, builder, x, lanes)
        d_data, x_data, sums_data = (code.data(arguments[k], values[k]) for k in (1, 4, 7))
        (rows, columns), (d_row, d_column) = code.items(loop), code.items(d_step)
        x_row, x_column = code.items(x_step_values)
        cells = code.tile(m, p)
        planes = [builder.mul(d_by, code.whole(i)) for i in range(m)]
        offsets = [builder.mul(x_by, code.whole(j)) for j in range(p)]
        with cgutils.for_range(builder, rows) as row:
            d_of_row = builder.add(d_at, builder.mul(row.index, d_row))
            x_of_row = builder.add(x_at, builder.mul(row.index, x_row))
            with cgutils.for_range(builder, columns) as column:
                d_here = builder.add(d_of_row, builder.mul(column.index, d_column))
                x_here = builder.add(x_of_row, builder.mul(column.index, x_column))
                vectors = [code.load(x_data, builder.add(x_here, offset)) for offset in offsets]
                for i in range(m):
                    factor = code.load(d_data, builder.add(d_here, planes[i]))
                    for vector, cell in zip(vectors, cells[i], strict=True):
                        code.add_product(factor, vector, cell)
        found = [builder.load(cell) for row in cells for cell in row]
        for start in range(0, m * p, lanes):
            place = builder.add(sums_at, code.whole(start))
            total = builder.fadd(code.load(sums_data, place), code.totals(found[start : start + lanes]))
            code.store(total, sums_data, place)
        return context.get_dummy_value()

    return types.void(*arguments), generate


@intrinsic
def transpose(
    typing: Any, sizes: Any, x: Any, x_start: Any, x_row: Any, y: Any, y_start: Any, y_row: Any
) -> Any:
    """Write ``y[j, i] = x[i, j]`` for a square of as many numbers as there are lanes, whose rows lie in one piece."""
    lanes, _, _ = lengths(sizes)
    arguments = (sizes, x, x_start, x_row, y, y_start, y_row)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _, _, x_at, x_by, _, y_at, y_by = values
        code = VectorCode(context, builder, x, lanes)
        x_data, y_data = code.data(x, values[1]), code.data(y, values[4])
        rows = [code.load(x_data, builder.add(x_at, builder.mul(x_by, code.whole(i)))) for i in range(lanes)]
        for j, row in enumerate(code.transposed(rows)):
            code.store(row, y_data, builder.add(y_at, builder.mul(y_by, code.whole(j))))
        return context.get_dummy_value()

    return types.void(*arguments), generate
