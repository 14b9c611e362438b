"""
Convolutions with rectification and maximum pooling in machine code, a block of samples at a time.

A block has as many samples as a vector has lanes. It is turned so that vectors hold one number of each of its samples;
windows then need no columns, edges no masks, and odd sizes no leftovers. What one layer does to a block stays in cache.
What the names of plans mean is in `lanes_plan`.

Imported only where kernels are compiled (`synapse_rx.fast`).
"""
# pyright: basic

from __future__ import annotations

from typing import Any

from ...fast import jit
from ..lanes.pooled_rows import pool, spread
from ..lanes.tiles import correlate, multiply
from ..lanes.turning import frame, gather, scatter


@jit
def arrange(w: Any, packed: Any, groups: int, m: int, chunk: int) -> None:
    """Write W (maps, channels, rows, columns) as (groups, tiles, chunks, rows, columns, channels, m), 0 for no map."""
    maps, channels, rows, columns = w.shape
    each = maps // groups
    tiles = (each + m - 1) // m
    zero = w.dtype.type(0)
    at = 0
    for group in range(groups):
        for tile in range(tiles):
            for first in range(0, channels, chunk):
                for a in range(rows):
                    for b in range(columns):
                        for c in range(first, min(first + chunk, channels)):
                            for o in range(tile * m, (tile + 1) * m):
                                packed[at] = w[group * each + o, c, a, b] if o < each else zero
                                at += 1


@jit
def arrange_back(w: Any, packed: Any, groups: int, m: int, chunk: int) -> None:
    """Write W turned round as (groups, tiles, chunks, rows, columns, maps, m), whose tiles are of channels."""
    maps, channels, rows, columns = w.shape
    each = maps // groups
    tiles = (channels + m - 1) // m
    zero = w.dtype.type(0)
    at = 0
    for group in range(groups):
        for tile in range(tiles):
            for first in range(0, each, chunk):
                for a in range(rows - 1, -1, -1):
                    for b in range(columns - 1, -1, -1):
                        for o in range(first, min(first + chunk, each)):
                            for c in range(tile * m, (tile + 1) * m):
                                packed[at] = w[group * each + o, c, a, b] if c < channels else zero
                                at += 1


@jit
def forward(
    sizes: Any,
    x: Any,
    w: Any,
    b: Any,
    y: Any,
    marks: Any,
    plan: Any,
    images: Any,
    span: Any,
    plain: Any,
    framed: Any,
    rows: Any,
    turned: Any,
    rest: Any,
) -> None:
    """
    Convolve blocks of samples, rectify and pool them.

    Args:
        sizes: Lanes and tiles, as in `lanes.tiles`.
        x: Samples (N, size); y: outputs (N, size); marks: where each comes from, N times the size.
        w: What `arrange` made of the weights; b: a bias for every map of every tile.
        plan, images: Numbers and images of a `lanes_plan.Plan`; span: the first block and the one behind the last.
        plain, framed, rows, turned, rest: Working memory.
    """
    lanes, m, p = len(sizes[0]), len(sizes[1]), len(sizes[2])
    groups, maps, kernel_rows, kernel_columns, down, across, far_down, far_across = plan[:8]
    high, wide, out_rows, out_columns, rectified, marked, padded, chunk = plan[8:16]
    channels, _, _, height, width, _, _ = images
    depth, each = channels // groups, maps // groups
    tiles = (each + m - 1) // m
    columns = out_columns * wide
    samples = x.shape[0]
    window = kernel_rows * kernel_columns
    for block in range(span[0], span[1]):
        first = block * lanes
        count = min(lanes, samples - first)
        if padded:
            gather(sizes, x, first, count, plain, rest)
            frame(sizes, plain, framed, images)
        else:
            gather(sizes, x, first, count, framed, rest)
        for out_row in range(out_rows):
            for part in range(high):
                top = (out_row * high + part) * down
                for group in range(groups):
                    for start in range(0, columns, p):
                        column = min(start, columns - p)
                        for channel in range(0, depth, chunk):
                            many = min(chunk, depth - channel)
                            source = ((group * depth + channel) * height + top) * width + column * across
                            for tile in range(tiles):
                                number = group * tiles + tile
                                multiply(
                                    sizes,
                                    framed,
                                    source * lanes,
                                    across * lanes,
                                    w,
                                    (number * depth + channel) * window * m,
                                    kernel_columns * many * m,
                                    b,
                                    number * m,
                                    int(channel == 0),
                                    rows,
                                    ((number * m * high + part) * columns + column) * lanes,
                                    high * columns * lanes,
                                    lanes,
                                    (kernel_rows, kernel_columns, many),
                                    (far_down * width * lanes, far_across * lanes, height * width * lanes),
                                )
            how = (high, wide, columns, out_columns, wide, rectified, marked, count)
            for o in range(maps):
                start = (o // each * tiles * m + o % each) * high * columns * lanes
                place = (o * out_rows + out_row) * out_columns
                of_marks = first * y.shape[1] + (out_row * maps + o) * out_columns * count
                pool(sizes, rows, start, turned, place * lanes, marks, of_marks, how)
        scatter(sizes, turned, y, first, count, rest)


@jit
def take_back(
    sizes: Any, turned: Any, marks: Any, first: int, count: int, d: Any, sums: Any, plan: Any, spans: Any
) -> None:
    """Write gradients of a block of outputs to where they come from, and add them up, map by map."""
    # Marks lie in the order in which `forward` writes them: of fewer samples than lanes it writes some too many, which
    # those behind are to be written over.
    lanes = len(sizes[0])
    groups, maps = plan[0], plan[1]
    high, wide, out_rows, out_columns, _, marked, _ = plan[8:15]
    d_rows, d_columns, border, apart_down, apart_across, planes = spans
    each = maps // groups
    size = maps * out_rows * out_columns
    how = (
        high,
        wide,
        apart_down * d_columns * lanes,
        apart_across * lanes,
        out_columns,
        wide,
        0,
        marked,
        count,
    )
    for o in range(maps):
        plane = (o // each * planes + o % each) * d_rows * d_columns
        for out_row in range(out_rows):
            place = (o * out_rows + out_row) * out_columns
            at = (plane + out_row * high * apart_down * d_columns + border) * lanes
            of_marks = first * size + (out_row * maps + o) * out_columns * count
            spread(sizes, turned, place * lanes, marks, of_marks, d, at, sums, o * lanes, how)


@jit
def weigh(sizes: Any, framed: Any, d: Any, sums: Any, plan: Any, images: Any, spans: Any, chunk: int) -> None:
    """Add the gradient of the weights of one block to ``sums``."""
    lanes, m, p = len(sizes[0]), len(sizes[1]), len(sizes[2])
    groups, maps, kernel_rows, kernel_columns, down, across, far_down, far_across = plan[:8]
    high, wide, out_rows, out_columns, _, _, _ = plan[8:15]
    channels, _, _, height, width, _, _ = images
    d_rows, d_columns, border, apart_down, apart_across, _ = spans
    depth, each = channels // groups, maps // groups
    tiles = (each + m - 1) // m
    rows, columns = out_rows * high, out_columns * wide
    # Side by side in a tile are the columns of a kernel, or the channels where it has but one.
    by_channel = kernel_columns == 1
    extent, outer = (depth, 1) if by_channel else (kernel_columns, depth)
    step = height * width * lanes if by_channel else far_across * lanes
    parts = (extent + p - 1) // p
    slot = (m * p + lanes - 1) // lanes * lanes
    for group in range(groups):
        for tile in range(tiles):
            number = group * tiles + tile
            for start in range(0, rows, chunk):
                loops = (min(chunk, rows - start), columns)
                gradient = ((number * m * d_rows + start * apart_down) * d_columns + border) * lanes
                for channel in range(outer):
                    for a in range(kernel_rows):
                        source = (group * depth + channel) * height + start * down + a * far_down
                        for part in range(parts):
                            place = ((number * outer + channel) * kernel_rows + a) * parts + part
                            correlate(
                                sizes,
                                d,
                                gradient,
                                d_rows * d_columns * lanes,
                                framed,
                                source * width * lanes + min(part * p, extent - p) * step,
                                step,
                                sums,
                                place * slot,
                                loops,
                                (apart_down * d_columns * lanes, apart_across * lanes),
                                (down * width * lanes, across * lanes),
                            )


@jit
def settle(sizes: Any, sums: Any, dw: Any, groups: int) -> None:
    """Write what `weigh` added up for all threads (threads, ...) as the gradient of W."""
    lanes, m, p = len(sizes[0]), len(sizes[1]), len(sizes[2])
    maps, depth, kernel_rows, kernel_columns = dw.shape
    each = maps // groups
    tiles = (each + m - 1) // m
    by_channel = kernel_columns == 1
    extent, outer = (depth, 1) if by_channel else (kernel_columns, depth)
    parts = (extent + p - 1) // p
    slot = (m * p + lanes - 1) // lanes * lanes
    for o in range(maps):
        number, i = o // each * tiles + o % each // m, o % each % m
        for c in range(depth):
            for a in range(kernel_rows):
                for b in range(kernel_columns):
                    side, channel = (c, 0) if by_channel else (b, c)
                    part = side // p
                    j = side - min(part * p, extent - p)
                    place = ((number * outer + channel) * kernel_rows + a) * parts + part
                    total = sums.dtype.type(0)
                    for thread in range(len(sums)):
                        total += sums[thread, place * slot + i * p + j]
                    dw[o, c, a, b] = total


@jit
def pass_back(
    sizes: Any, d: Any, w: Any, zeros: Any, turned: Any, plan: Any, images: Any, spans: Any
) -> None:
    """Write the gradient of the inputs of one block as (size, lanes)."""
    lanes, m, p = len(sizes[0]), len(sizes[1]), len(sizes[2])
    groups, maps, kernel_rows, kernel_columns, _, _, far_down, far_across = plan[:8]
    channels, in_rows, in_columns, _, _, top, left = images
    d_rows, d_columns, border, _, _, planes = spans
    depth, each = channels // groups, maps // groups
    tiles = (depth + m - 1) // m
    last, window, chunk = d_columns - 1 - border, kernel_rows * kernel_columns, plan[16]
    for group in range(groups):
        for i in range(in_rows):
            row = i + top
            begin = max(0, kernel_rows - 1 - row // far_down)
            end = min(kernel_rows, kernel_rows + (d_rows - 1 - row) // far_down)
            for start in range(0, in_columns, p):
                column = min(start, in_columns - p)
                here = column + left
                # Columns of the kernel that no vector of the tile sees through are left out.
                near = max(0, -((here + p - 1 - border) // far_across))
                far = min(kernel_columns, (last - here) // far_across + 1)
                for first in range(0, each, chunk):
                    many = min(chunk, each - first)
                    loops = (max(0, end - begin), max(0, far - near), many)
                    source = (group * planes + first) * d_rows + row - (kernel_rows - 1 - begin) * far_down
                    seen = (begin * kernel_columns + near) * many
                    for tile in range(tiles):
                        multiply(
                            sizes,
                            d,
                            (source * d_columns + here + near * far_across) * lanes,
                            lanes,
                            w,
                            (((group * tiles + tile) * each + first) * window + seen) * m,
                            kernel_columns * many * m,
                            zeros,
                            0,
                            int(first == 0),
                            turned,
                            (((group * depth + tile * m) * in_rows + i) * in_columns + column) * lanes,
                            in_rows * in_columns * lanes,
                            lanes,
                            loops,
                            (far_down * d_columns * lanes, far_across * lanes, d_rows * d_columns * lanes),
                        )


@jit
def backward(
    weighing: Any,
    passing: Any,
    x: Any,
    dy: Any,
    marks: Any,
    w: Any,
    dx: Any,
    sums: Any,
    sums_of_maps: Any,
    plan: Any,
    images: Any,
    spans: Any,
    span: Any,
    wanted: Any,
    plain: Any,
    framed: Any,
    turned: Any,
    d: Any,
    zeros: Any,
    rest: Any,
) -> None:
    """
    Pass gradients of blocks back through pooling, rectification and convolution.

    Args:
        weighing, passing: Lanes and tiles, as in `lanes.tiles`: for the gradient of weights, and for that of inputs.
        x: Samples (N, size); dy: gradients of outputs (N, size); dx: those of inputs (N, size); marks: `forward`'s.
        w: What `arrange_back` made of the weights.
        sums: Where gradients of weights are added up; sums_of_maps: those of the bias, lane by lane.
        plan, images, span: As for `forward`; spans: `lanes_plan.Plan.spans`.
        wanted: Whether gradients of parameters are, and whether those of inputs; rows of a chunk of `weigh`.
        plain, framed, turned, d, zeros, rest: Working memory.
    """
    lanes = len(weighing[0])
    learns, needs_dx, chunk = wanted
    padded = plan[14]
    for block in range(span[0], span[1]):
        first = block * lanes
        count = min(lanes, x.shape[0] - first)
        gather(weighing, dy, first, count, turned, rest)
        take_back(weighing, turned, marks, first, count, d, sums_of_maps, plan, spans)
        if learns:
            if padded:
                gather(weighing, x, first, count, plain, rest)
                frame(weighing, plain, framed, images)
            else:
                gather(weighing, x, first, count, framed, rest)
            weigh(weighing, framed, d, sums, plan, images, spans, chunk)
        if needs_dx:
            pass_back(passing, d, w, zeros, turned, plan, images, spans)
            scatter(weighing, turned, dx, first, count, rest)
