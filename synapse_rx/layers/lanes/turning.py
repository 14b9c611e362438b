"""
Samples turned, so that vectors hold one number of each of a block of them, and turned back.

Imported only where kernels are compiled (`synapse_rx.fast`). Sizes are those of `vector_code.lengths`, of which the
lanes count.
"""
# pyright: basic

from __future__ import annotations

from typing import Any

from ...fast import jit
from .tiles import transpose


@jit
def gather(sizes: Any, x: Any, first: int, count: int, turned: Any, rest: Any) -> None:
    """Write samples (N, size) from ``first`` on as (size, lanes); lanes behind ``count`` are 0."""
    lanes, size, zero = len(sizes[0]), x.shape[1], x.dtype.type(0)
    if count == lanes and size >= lanes:
        flat = x.reshape(-1)
        for start in range(0, size, lanes):
            at = min(start, size - lanes)
            transpose(sizes, flat, first * size + at, size, turned, at * lanes, lanes)
    elif size >= lanes:
        for lane in range(lanes):
            for at in range(size):
                rest[lane * size + at] = x[first + lane, at] if lane < count else zero
        for start in range(0, size, lanes):
            at = min(start, size - lanes)
            transpose(sizes, rest, at, size, turned, at * lanes, lanes)
    else:
        for at in range(size):
            for lane in range(lanes):
                turned[at * lanes + lane] = x[first + lane, at] if lane < count else zero


@jit
def scatter(sizes: Any, turned: Any, y: Any, first: int, count: int, rest: Any) -> None:
    """Write (size, lanes) as samples (N, size) from ``first`` on, as many as ``count``."""
    lanes, size = len(sizes[0]), y.shape[1]
    if count == lanes and size >= lanes:
        flat = y.reshape(-1)
        for start in range(0, size, lanes):
            at = min(start, size - lanes)
            transpose(sizes, turned, at * lanes, lanes, flat, first * size + at, size)
    elif size >= lanes:
        for start in range(0, size, lanes):
            at = min(start, size - lanes)
            transpose(sizes, turned, at * lanes, lanes, rest, at, size)
        for lane in range(count):
            for at in range(size):
                y[first + lane, at] = rest[lane * size + at]
    else:
        for at in range(size):
            for lane in range(count):
                y[first + lane, at] = turned[at * lanes + lane]


@jit
def frame(sizes: Any, plain: Any, x: Any, images: Any) -> None:
    """Copy rows of vectors into the middle of padded ones; images: `convolution.lanes_plan.Plan.images`."""
    lanes = len(sizes[0])
    channels, height, width, rows, columns, top, left = images
    for channel in range(channels):
        for i in range(height):
            source = (channel * height + i) * width * lanes
            place = ((channel * rows + top + i) * columns + left) * lanes
            for k in range(width * lanes):
                x[place + k] = plain[source + k]


@jit
def unframe(sizes: Any, x: Any, plain: Any, images: Any) -> None:
    """Copy rows of vectors from the middle of padded ones, as `frame` put them there."""
    lanes = len(sizes[0])
    channels, height, width, rows, columns, top, left = images
    for channel in range(channels):
        for i in range(height):
            place = (channel * height + i) * width * lanes
            source = ((channel * rows + top + i) * columns + left) * lanes
            for k in range(width * lanes):
                plain[place + k] = x[source + k]
