"""
Maximum pooling in machine code, a block of channels of samples at a time, one in each lane of a vector.

Imported only where kernels are compiled (`synapse_rx.fast`).
"""
# pyright: basic

from __future__ import annotations

from typing import Any

from ...fast import jit
from ..lanes.pooled_rows import pool, spread
from ..lanes.turning import frame, gather, scatter, unframe


@jit
def forward(
    sizes: Any,
    x: Any,
    y: Any,
    marks: Any,
    images: Any,
    geometry: Any,
    marked: int,
    span: Any,
    plain: Any,
    framed: Any,
    turned: Any,
    rest: Any,
) -> None:
    """
    Pool blocks of channels.

    Args:
        sizes: As in `lanes.tiles`; the lanes count.
        x: Channels of samples (N, size); y: pooled (N, size); marks: where each is from, if marked.
        images: 1, rows and columns without padding and with it, rows above and columns to the left.
        geometry: Rows and columns of a window, the distances of windows down and across, rows and columns of windows,
            whether they overlap, whether there is padding.
        span: The first block and the one behind the last.
        plain, framed, turned, rest: Working memory; what is padding in ``framed`` is never the largest.
    """
    lanes, size = len(sizes[0]), y.shape[1]
    high, wide, down, across, out_rows, out_columns, _, padded = geometry
    width = images[4]
    for block in range(span[0], span[1]):
        first = block * lanes
        count = min(lanes, x.shape[0] - first)
        if padded:
            gather(sizes, x, first, count, plain, rest)
            frame(sizes, plain, framed, images)
        else:
            gather(sizes, x, first, count, framed, rest)
        how = (high, wide, width, out_columns, across, 0, marked, count)
        for row in range(out_rows):
            place = row * out_columns
            of_marks = first * size + place * count
            pool(sizes, framed, row * down * width * lanes, turned, place * lanes, marks, of_marks, how)
        scatter(sizes, turned, y, first, count, rest)


@jit
def backward(
    sizes: Any,
    dy: Any,
    marks: Any,
    dx: Any,
    images: Any,
    geometry: Any,
    span: Any,
    plain: Any,
    framed: Any,
    turned: Any,
    rest: Any,
) -> None:
    """
    Bring gradients back to where the largest numbers were; arguments as for `forward`.

    What no window sees in ``framed`` is 0.
    """
    lanes, size = len(sizes[0]), dy.shape[1]
    high, wide, down, across, out_rows, out_columns, overlap, padded = geometry
    width = images[4]
    zero = dy.dtype.type(0)
    for block in range(span[0], span[1]):
        first = block * lanes
        count = min(lanes, dy.shape[0] - first)
        gather(sizes, dy, first, count, turned, rest)
        if overlap:
            for k in range(framed.size):
                framed[k] = zero
        how = (high, wide, width * lanes, lanes, out_columns, across, overlap, 1, count)
        for row in range(out_rows):
            place = row * out_columns
            of_marks = first * size + place * count
            at = row * down * width * lanes
            # The sum over all windows is nothing that anybody wants: it goes where gradients were read.
            spread(sizes, turned, place * lanes, marks, of_marks, framed, at, rest, 0, how)
        if padded:
            unframe(sizes, framed, plain, images)
            scatter(sizes, plain, dx, first, count, rest)
        else:
            scatter(sizes, framed, dx, first, count, rest)
