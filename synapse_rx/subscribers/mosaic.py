"""Weights and tables of counts as pictures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import OptionError
from ..params import Entry
from ..snapshot import Net
from ..typing import Array, Shape

NEGATIVE, ZERO, POSITIVE = (0x4C, 0x78, 0xA8), (0xFF, 0xFF, 0xFF), (0xE8, 0x76, 0x0A)
"""Colours of the smallest weight, of none, and of the largest."""

GREY = 0x99
"""What lies between two tiles."""

MOST = 400
"""Tiles in one picture."""

WIDE = 600
"""Pixels that small tiles are enlarged to, altogether."""


def weight_mosaic(net: Net, parameter: str | None = None) -> Array:
    """
    Return the weights into each unit as a small picture, all of them side by side (height, width, 3), uint8.

    Blue is negative, white is 0, orange is positive; each unit is scaled by its largest weight. A unit of a first layer
    looks like what it answers to. Weights from three channels are red, green and blue. At most 400 are drawn.

    Args:
        net: A snapshot.
        parameter: The full name of a weight matrix or a set of filters; by default the first.

    Raises:
        OptionError: If there is no such parameter, or it is no weights.
    """
    entry = weight_entry(net, parameter)
    weights = np.moveaxis(entry.view(net.params.flat), entry.unit_axis, 0).astype(np.float64)
    tiles = weights.reshape(len(weights), *_tile_shape(weights.shape[1:], _picture_shape(net, entry)))[:MOST]
    if tiles.shape[1] == 3:
        coloured = _scaled(tiles.transpose(0, 2, 3, 1))
    else:
        coloured = _diverging(_scaled(tiles.reshape(-1, *tiles.shape[2:])[:MOST]))
    return _side_by_side(coloured)


def heat_map(table: Array) -> Array:
    """
    Return a table of counts as a picture (height, width, 3), uint8: each row is scaled by its sum, more is darker.

    Shapes:
        table (rows, columns)
    """
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    size = max(2, math.ceil(WIDE / 2 / max(table.shape)))
    return _enlarged(_diverging(-shares), size)


def weight_entry(net: Net, parameter: str | None) -> Entry:
    weights = [entry for entry in net.params.layout.entries if len(entry.shape) >= 2]
    wanted = [entry for entry in weights if parameter in (None, entry.name)]
    if not wanted:
        names = ", ".join(entry.name for entry in weights) or "none"
        raise OptionError(f"there are no weights {parameter or ''!r} to draw; there are: {names}")
    return wanted[0]


def _picture_shape(net: Net, entry: Entry) -> Shape:
    """Return the shape of what a unit looks at: the network's input if it is one of the first layer."""
    shape = tuple(net.arch.in_shape)
    inputs = math.prod(entry.shape) // entry.shape[entry.unit_axis]
    return shape if inputs == math.prod(shape) else (inputs,)


def _tile_shape(shape: Shape, looks_at: Shape) -> tuple[int, int, int]:
    """Return channels, height and width of the picture of one unit."""
    if len(shape) == 1:
        shape = looks_at
    if len(shape) == 1:
        side = math.isqrt(shape[0])
        return (1, side, side) if side * side == shape[0] else (1, 1, shape[0])
    return math.prod(shape[:-2]), shape[-2], shape[-1]


def _scaled(tiles: Array) -> Array:
    """Return tiles in [-1, 1], each divided by its largest number; what is not finite counts as 0."""
    finite = np.where(np.isfinite(tiles), tiles, 0.0)
    largest = np.abs(finite).max(axis=tuple(range(1, finite.ndim)), keepdims=True, initial=0.0)
    return finite / np.where(largest > 0, largest, 1.0)


def _diverging(values: Array) -> Array:
    """Return colours (..., 3) in [-1, 1] for values in [-1, 1]."""
    ends = np.where(values[..., None] < 0, np.array(NEGATIVE), np.array(POSITIVE))
    mixed = np.array(ZERO) + np.abs(values)[..., None] * (ends - np.array(ZERO))
    return mixed / 127.5 - 1


def _side_by_side(tiles: Array) -> Array:
    """Lay tiles (n, height, width, 3) in rows, as near to a square as may be."""
    n, height, width, _ = tiles.shape
    columns = min(n, math.ceil(math.sqrt(n * height / width)))
    rows = math.ceil(n / columns)
    size = max(1, WIDE // max(columns * width, rows * height))
    gap = min(max(1, size // 2), 6)
    tall, broad = height * size + gap, width * size + gap
    picture: Any = np.full((rows * tall + gap, columns * broad + gap, 3), GREY, np.uint8)
    for place in range(n):
        top, left = place // columns * tall + gap, place % columns * broad + gap
        picture[top : top + tall - gap, left : left + broad - gap] = _enlarged(tiles[place], size)
    return picture


def _enlarged(colours: Array, size: int) -> Array:
    pixels = np.round((colours + 1) * 127.5).astype(np.uint8)
    return pixels.repeat(size, axis=0).repeat(size, axis=1)
