"""How a convolution is computed in lanes: tiles that fit into registers, chunks that fit into the cache."""

from __future__ import annotations

from functools import lru_cache

from attrs import frozen

from ...instructions.machine import machine
from ...typing import Shape
from ..windows import Windows

CACHE = 32 << 10
"""Bytes of vectors that are read over and over: most of a first-level cache."""

Tile = tuple[int, int]
"""Maps, and positions or columns of a kernel, whose sums are in registers at a time."""

PRODUCTS: dict[int, tuple[Tile, ...]] = {
    32: ((8, 3), (5, 4), (8, 2), (8, 1), (1, 8), (1, 4), (1, 2), (1, 1)),
    16: ((4, 3), (4, 2), (4, 1), (1, 8), (1, 4), (1, 2), (1, 1)),
}
"""Tiles of forward passes and gradients of inputs, by registers; few, since each is compiled."""

CORRELATIONS: dict[int, tuple[Tile, ...]] = {
    32: ((8, 3), (5, 5), (5, 4), (8, 2), (8, 1), (1, 5), (1, 3), (1, 2), (1, 1)),
    16: ((4, 3), (2, 5), (2, 4), (4, 2), (4, 1), (1, 5), (1, 3), (1, 2), (1, 1)),
}
"""Tiles of gradients of weights, by registers."""


@frozen
class Plan:
    """
    A convolution in one or two dimensions, with the rectification and the maximum pooling that may follow it.

    Attributes:
        channels: Channels of the images.
        maps: Channels of the outputs.
        groups: What both are parted into.
        kernel: Rows and columns of a kernel.
        sizes: Rows and columns of images; padded: the same with padding.
        out: Rows and columns of the outputs, pooled.
        out_shape: The shape of one output sample.
        pool: Rows and columns that are pooled.
        marked: Whether it has to be kept where outputs come from.
        is_padded: Whether there is padding.
        width: Bytes of a vector.
        forwards: The tile of the forward pass.
        weighs: That of the gradient of the weights; its second side runs over columns of a kernel, or over channels
            where it has but one.
        passes: That of the gradient of the inputs.
        chunks: Channels that the forward pass takes at a time, and maps that the gradient of the inputs does.
        reach: Columns of padding on each side of the gradients of maps, which lie as far apart as windows do.
        gradient: Rows and columns of the gradients of maps.
        numbers, images, spans: All of it as the kernels want it.
    """

    channels: int
    maps: int
    groups: int
    kernel: Shape
    sizes: Shape
    padded: Shape
    out: Shape
    out_shape: Shape
    pool: Shape
    marked: bool
    is_padded: bool
    width: int
    forwards: Tile
    weighs: Tile
    passes: Tile
    chunks: tuple[int, int]
    reach: int
    gradient: Shape
    numbers: tuple[int, ...]
    images: tuple[int, ...]
    spans: tuple[int, ...]

    @property
    def planes(self) -> int:
        """Maps of all tiles of the forward pass, those that fill tiles up included."""
        return self.groups * filled(self.maps // self.groups, self.forwards[0])

    @property
    def sums(self) -> int:
        """Numbers that gradients of weights are added up in; each tile is filled up to whole vectors of the lanes."""
        m, p = self.weighs
        depth, each = self.channels // self.groups, self.maps // self.groups
        extent, outer = (depth, 1) if self.kernel[1] == 1 else (self.kernel[1], depth)
        tiles = self.groups * -(-each // m) * outer * self.kernel[0] * -(-extent // p)
        return tiles * filled(m * p, self.width // 4)  # lanes of the smaller type, which are more


@lru_cache(maxsize=1024)
def plan(channels: int, maps: int, groups: int, windows: Windows, pool: Shape, rectified: bool) -> Plan:
    """
    Return the plan of a convolution that suits this machine.

    Args:
        channels: Channels of the images.
        maps: Channels of the outputs.
        groups: What both are parted into.
        windows: Where the windows of the convolution lie.
        pool: The size of the windows of the pooling, side by side; ones for none.
        rectified: Whether what is below 0 becomes 0 before the pooling.
    """
    width, registers = machine()
    kernel, stride, dilation = map(_two, (windows.kernel, windows.stride, windows.dilation))
    sizes, padded, counts, pooled = map(_two, (windows.sizes, windows.padded, windows.counts, pool))
    top, left = ((0, 0), *windows.pads)[-2][0], windows.pads[-1][0]
    out = (counts[0] // pooled[0], counts[1] // pooled[1])
    rows, columns = out[0] * pooled[0], out[1] * pooled[1]
    depth, each = channels // groups, maps // groups
    forwards = _best(PRODUCTS[registers], each, columns)
    weighs = _best(CORRELATIONS[registers], each, depth if kernel[1] == 1 else kernel[1])
    passes = _best(PRODUCTS[registers], depth, sizes[1])
    reach = (kernel[1] - 1) * dilation[1]
    of_input = kernel[0] * ((forwards[1] - 1) * stride[1] + reach + 1) * width
    of_map = kernel[0] * (passes[1] + reach) * width
    chunks = (_chunk(depth, of_input), _chunk(each, of_map))
    last = max((columns - 1) * stride[1] + reach, left + sizes[1] - 1)
    gradient = ((rows - 1) * stride[0] + 1, last + reach + 1)
    marked = rectified or pooled != (1, 1)
    head = (groups, maps, *kernel, *stride, *dilation, *pooled, *out)
    return Plan(
        channels=channels,
        maps=maps,
        groups=groups,
        kernel=kernel,
        sizes=sizes,
        padded=padded,
        out=out,
        out_shape=(maps, *out[2 - len(windows.sizes) :]),
        pool=pooled,
        marked=marked,
        is_padded=windows.is_padded,
        width=width,
        forwards=forwards,
        weighs=weighs,
        passes=passes,
        chunks=chunks,
        reach=reach,
        gradient=gradient,
        numbers=(*head, int(rectified), int(marked), int(windows.is_padded), *chunks),
        images=(channels, *sizes, *padded, top, left),
        spans=(*gradient, reach, *stride, filled(each, weighs[0])),
    )


def filled(count: int, by: int) -> int:
    """Return the next multiple of ``by``."""
    return -(-count // by) * by


def _best(tiles: tuple[Tile, ...], maps: int, positions: int) -> Tile:
    """Return the tile that takes the fewest cycles: for two products each, or two loads, and some for the loop."""

    def cycles(tile: Tile) -> float:
        m, p = tile
        return -(-maps // m) * -(-positions // p) * (max(m * p / 2, (m + p) / 2, 4) + 1.5)

    return min((tile for tile in tiles if tile[1] <= positions), key=cycles)


def _chunk(channels: int, size: int) -> int:
    """Return how many channels to take at a time, each of ``size`` bytes."""
    most = max(1, CACHE // size)
    return -(-channels // -(-channels // most))


def _two(sizes: Shape) -> tuple[int, int]:
    return (1, *sizes)[-2:]  # pyright: ignore[reportReturnType]
