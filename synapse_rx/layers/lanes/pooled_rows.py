"""
The innermost loops of maximum pooling and its gradient, on rows of vectors.

A vector holds one number of each sample of a block. `pool` finds the largest of each window and marks which it was,
`spread` brings gradients back there. Imported only where kernels are compiled (`synapse_rx.fast`).
"""
# pyright: basic, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

from numba.core import types

from ...instructions.vector_code import VectorCode, intrinsic, lengths

DEAD = 255
"""The mark of an output that was rectified, so that no input has a part in it."""


@intrinsic
def pool(
    typing: Any,
    sizes: Any,
    x: Any,
    x_start: Any,
    y: Any,
    y_start: Any,
    marks: Any,
    marks_start: Any,
    how: Any,
) -> Any:
    """
    Write the largest number of each window in a row of windows, rectified if asked for, and its place in the window.

    The first of equal ones counts, and what is not a number.

    Args:
        sizes: As in `vector_code.lengths`; its lanes count.
        x: From x_start on rows of vectors.
        y: From y_start on a vector for each window.
        marks: Places, uint8; from marks_start on.
        how: Rows and columns of a window, vectors in a row, windows, the distance of windows, whether they are
            rectified, whether places are marked, and the distance of the marks of windows.
    """
    lanes, _, _ = lengths(sizes)
    arguments = (sizes, x, x_start, y, y_start, marks, marks_start, how)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        code = VectorCode(context, builder, x, lanes)
        x_data, y_data, marks_data = (code.data(arguments[k], values[k]) for k in (1, 3, 5))
        x_at, y_at, marks_at = values[2], values[4], values[6]
        high, wide, width, windows, across, rectified, marked, step = code.items(values[7])
        width_of_lane, zero = code.whole(lanes), code.whole(0)
        best, place = code.cell(), code.cell(code.places)
        with code.loop(windows) as window:
            corner = code.offset(x_at, (builder.mul(window.index, across), width_of_lane))
            builder.store(code.load(x_data, corner), best)
            builder.store(code.place(zero), place)
            with code.loop(high) as row:
                of_row = code.offset(corner, (builder.mul(row.index, width), width_of_lane))
                with code.loop(wide) as column:
                    value = code.load(x_data, code.offset(of_row, (column.index, width_of_lane)))
                    largest = builder.load(best)
                    larger = builder.or_(
                        builder.fcmp_ordered(">", value, largest), builder.fcmp_unordered("uno", value, value)
                    )
                    tap = code.place(code.offset(column.index, (row.index, wide)))
                    builder.store(builder.select(larger, value, largest), best)
                    builder.store(builder.select(larger, tap, builder.load(place)), place)
            with builder.if_then(builder.icmp_signed("!=", rectified, zero)):
                value = builder.load(best)
                dead = builder.fcmp_ordered("<=", value, code.zero)
                builder.store(builder.select(dead, code.zero, value), best)
                builder.store(builder.select(dead, code.place(code.whole(DEAD)), builder.load(place)), place)
            code.store(builder.load(best), y_data, code.offset(y_at, (window.index, width_of_lane)))
            with builder.if_then(builder.icmp_signed("!=", marked, zero)):
                mark = builder.trunc(builder.load(place), code.marks)
                code.store_marks(mark, marks_data, code.offset(marks_at, (window.index, step)))
        return context.get_dummy_value()

    return types.void(*arguments), generate


@intrinsic
def spread(
    typing: Any,
    sizes: Any,
    dy: Any,
    dy_start: Any,
    marks: Any,
    marks_start: Any,
    dx: Any,
    dx_start: Any,
    sums: Any,
    sums_start: Any,
    how: Any,
) -> Any:
    """
    Write the gradients of a row of windows to the places marked and 0 beside them, and add them up, lane by lane.

    Where windows overlap, gradients are added to what is there.

    Args:
        sizes: As in `vector_code.lengths`; its lanes count.
        dy: From dy_start on a vector for each window.
        marks: As `pool` left them, from marks_start on.
        dx: From dx_start on rows of vectors.
        sums: The vector at sums_start is added to.
        how: Rows and columns of a window, the distances of rows and of columns in dx, windows, their distance,
            whether they overlap, whether places are marked, and the distance of the marks of windows.
    """
    lanes, _, _ = lengths(sizes)
    arguments = (sizes, dy, dy_start, marks, marks_start, dx, dx_start, sums, sums_start, how)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        code = VectorCode(context, builder, dx, lanes)
        dy_data, marks_data, dx_data, sums_data = (code.data(arguments[k], values[k]) for k in (1, 3, 5, 7))
        dy_at, marks_at, dx_at, sums_at = values[2], values[4], values[6], values[8]
        high, wide, row_by, column_by, windows, across, overlap, marked, step = code.items(values[9])
        width_of_lane, zero = code.whole(lanes), code.whole(0)
        total, place = code.cell(), code.cell(code.places)
        builder.store(code.load(sums_data, sums_at), total)
        builder.store(code.place(zero), place)
        with code.loop(windows) as window:
            value = code.load(dy_data, code.offset(dy_at, (window.index, width_of_lane)))
            with builder.if_then(builder.icmp_signed("!=", marked, zero)):
                mark = code.load_marks(marks_data, code.offset(marks_at, (window.index, step)))
                builder.store(builder.zext(mark, code.places), place)
            marks_here = builder.load(place)
            corner = code.offset(dx_at, (builder.mul(window.index, across), column_by))
            with code.loop(high) as row:
                of_row = code.offset(corner, (row.index, row_by))
                with code.loop(wide) as column:
                    tap = code.place(code.offset(column.index, (row.index, wide)))
                    here = builder.icmp_signed("==", marks_here, tap)
                    at = code.offset(of_row, (column.index, column_by))
                    share = builder.select(here, value, code.zero)
                    with builder.if_else(builder.icmp_signed("!=", overlap, zero)) as (added, written):
                        with added:
                            code.store(builder.fadd(share, code.load(dx_data, at)), dx_data, at)
                        with written:
                            code.store(share, dx_data, at)
            dead = builder.icmp_signed("==", marks_here, code.place(code.whole(DEAD)))
            share = builder.select(dead, code.zero, value)
            builder.store(builder.fadd(builder.load(total), share), total)
        code.store(builder.load(total), sums_data, sums_at)
        return context.get_dummy_value()

    return types.void(*arguments), generate
