"""
Convolutions by compiled kernels that compute a block of samples at a time, one in each lane of a vector.

Next to the reference, columns of windows and products of matrices (`correlation`), nothing is copied many times over,
activation and pooling cost next to nothing where they follow at once, and sums stay in registers. The numbers are those
of the reference as far as the type resolves; sums are taken in another order.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from attrs import field, frozen

from ... import crew, fast
from ...scratch import Scratch
from ...typing import Array, Shape
from ..contiguous import contiguous
from ..windows import Windows

LEAST = 8
"""The largest batch of a program below which a block would be mostly empty."""

SPARSEST = 4
"""Windows that may be left out for each that stands; beyond, gradients of inputs are mostly products with 0."""

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
        channels: Channels of the images; maps: those of the outputs; groups: what both are parted into.
        windows: Where the windows of the convolution lie.
        pool: The size of the windows of the pooling, side by side; ones for none.
        rectified: Whether what is below 0 becomes 0 before the pooling.
    """

    channels: int
    maps: int
    groups: int
    windows: Windows
    pool: Shape
    rectified: bool
    out_sizes: Shape = field(init=False, eq=False)
    numbers: tuple[int, ...] = field(init=False, eq=False)
    images: tuple[int, ...] = field(init=False, eq=False)
    spans: tuple[int, ...] = field(init=False, eq=False)
    tiles: dict[str, Tile] = field(init=False, eq=False)
    lanes: dict[int, int] = field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        put, at = object.__setattr__, self.windows
        sizes, kernel, stride, dilation, counts, padded = map(
            _two, (at.sizes, at.kernel, at.stride, at.dilation, at.counts, at.padded)
        )
        before = (0, *(pad for pad, _ in at.pads))[-2:]
        pool = _two(self.pool)
        out = (counts[0] // pool[0], counts[1] // pool[1])
        put(self, "out_sizes", (self.maps, *out[2 - len(at.sizes) :]))
        marked = self.rectified or pool != (1, 1)
        head = (self.groups, self.maps, *kernel, *stride, *dilation)
        put(self, "images", (self.channels, *sizes, *padded, *before))
        width, registers = _machine()
        put(self, "lanes", {4: width // 4, 8: width // 8})
        depth, each = self.channels // self.groups, self.maps // self.groups
        extent = depth if kernel[1] == 1 else kernel[1]
        weigh = _best(CORRELATIONS[registers], each, extent)
        tiles = {
            "forward": _best(PRODUCTS[registers], each, out[1] * pool[1]),
            "weigh": weigh,
            "pass": _best(PRODUCTS[registers], depth, sizes[1]),
        }
        put(self, "tiles", tiles)
        reach = (kernel[1] - 1) * dilation[1]
        chunks = [
            _chunk(of, kernel[0] * ((tiles[name][1] - 1) * step + reach + 1) * width)
            for name, of, step in (("forward", depth, stride[1]), ("pass", each, 1))
        ]
        flags = (int(self.rectified), int(marked), int(at.is_padded))
        put(self, "numbers", (*head, *pool, *out, *flags, *chunks))
        border = (kernel[1] - 1) * dilation[1]
        d_columns = (out[1] * pool[1] - 1) * stride[1] + 1 + 2 * border
        d_columns = max(d_columns, before[1] + sizes[1] + border)
        d_rows = (out[0] * pool[0] - 1) * stride[0] + 1
        put(self, "spans", (d_rows, d_columns, border, *stride, -(-each // weigh[0]) * weigh[0]))

    @property
    def marked(self) -> bool:
        """Whether it is kept where outputs come from."""
        return bool(self.numbers[13])


@lru_cache(maxsize=1024)
def plan(channels: int, maps: int, groups: int, windows: Windows, pool: Shape, rectified: bool) -> Plan:
    """Return the plan of a convolution, with what suits this machine."""
    return Plan(channels, maps, groups, windows, pool, rectified)


def suits(windows: Windows, s: Scratch) -> bool:
    """
    Return whether there are kernels for such windows in this memory; what was answered once is answered always.

    Training loads them. Who only asks a network does not wait for a compiler: there they are used if they are loaded.
    """
    return s.once("lanes suit", lambda: _suits(windows, s))


def _suits(windows: Windows, s: Scratch) -> bool:
    if s.xp.__name__ != "numpy" or len(windows.sizes) > 2 or s.capacity < LEAST or fast.why_not() is not None:
        return False
    if not s.training:
        return fast.is_loaded() and fast.may_compile()
    # Gradients of inputs are taken as if windows stood at every place, with 0 where none stands.
    return math.prod(windows.stride) <= SPARSEST or not s.needs_dx


class Lanes:
    """
    The passes of a plan in the memory of one node (`Step`).

    Args:
        plan: What is computed.
        s: The memory.
    """

    def __init__(self, plan: Plan, s: Scratch) -> None:
        fast.load()
        from .lanes_kernel import arrange, arrange_back, backward, forward, settle

        self._arrange, self._arrange_back = arrange, arrange_back
        self._forward, self._backward, self._settle = forward, backward, settle
        self._plan, self._s = plan, s
        self._lanes = lanes = plan.lanes[s.dtype.itemsize]
        self._blocks = -(-s.n // lanes)
        self._sizes = {name: _lengths(lanes, *tile) for name, tile in plan.tiles.items()}
        # Batches of another size may do without kernels, in the same memory and without pooling.
        self._name = "y" if math.prod(plan.pool) == 1 else "y pooled"

    def forward(self, x: Array, s: Scratch) -> Array:
        """Return the outputs for ``x`` (N, channels, *sizes), in a buffer."""
        plan, w, b = self._plan, s.params["W"], s.params.get("b")
        x, y = self._rows(x, "x"), s.array(self._name, plan.out_sizes)
        m, each = plan.tiles["forward"][0], plan.maps // plan.groups
        tiles = plan.groups * -(-each // m)
        packed = s.fixed("w in tiles", (tiles * m * math.prod(w.shape[1:]),))
        self._arrange(_four(w), packed, plan.groups, m, plan.numbers[15])
        biases = s.filled("b in tiles", (plan.groups, tiles // plan.groups * m), 0.0)
        if b is not None:
            s.xp.copyto(biases[:, :each], b.reshape(plan.groups, each))
        marked = plan.marked and s.training
        marks = self._marks() if marked else _nothing(s, "uint8")
        numbers = plan.numbers if marked else (*plan.numbers[:13], 0, *plan.numbers[14:])
        out, biases = y.reshape(s.n, -1), biases.reshape(-1)

        def part(hand: int, first: int, last: int) -> None:
            plain, framed, rest = self._memory(hand)
            rows, turned = self._forward_memory(hand)
            self._forward(
                self._sizes["forward"], x, packed, biases, out, marks, numbers, plan.images, (first, last),
                plain, framed, rows, turned, rest,
            )  # fmt: skip

        crew.share(self._blocks, crew.threads(), part)
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        """Write the gradients that are wanted, given that of the outputs; return that of ``x``."""
        plan, lanes = self._plan, self._lanes
        dx = s.array("dx", x.shape[1:]) if s.needs_dx else None
        x, dy = self._rows(x, "x"), self._rows(dy, "dy")
        marks = self._marks() if plan.marked else _nothing(s, "uint8")
        weighing, passing = plan.tiles["weigh"], plan.tiles["pass"]
        packed, given = x.reshape(-1)[:0], x[:, :0]
        if dx is not None:
            w, m, depth = s.params["W"], passing[0], plan.channels // plan.groups
            size = plan.groups * -(-depth // m) * m * math.prod(w.shape) // depth // plan.groups
            packed, given = s.fixed("w turned in tiles", (size,)), dx.reshape(s.n, -1)
            self._arrange_back(_four(w), packed, plan.groups, m, plan.numbers[16])
        zeros = s.filled("zeros of a tile", (passing[0],), 0.0)
        columns = plan.numbers[11] * plan.numbers[9]
        chunk = max(1, CACHE // (weighing[0] * columns * lanes * s.dtype.itemsize))
        hands = max(1, min(self._blocks, crew.threads()))
        sums = s.fixed(f"sums of weights in {hands}", (hands, self._size_of_sums))
        sums_of_maps = s.fixed(f"sums of maps in {hands}", (hands, plan.maps * lanes))
        sums.fill(0)
        sums_of_maps.fill(0)
        wanted = (int(s.learns), int(s.needs_dx), chunk)

        def part(hand: int, first: int, last: int) -> None:
            plain, framed, rest = self._memory(hand)
            turned, d = self._backward_memory(hand)
            self._backward(
                self._sizes["forward"], self._sizes["weigh"], self._sizes["pass"], x, dy, marks, packed, given,
                sums[hand], sums_of_maps[hand], plan.numbers, plan.images, plan.spans, (first, last), wanted,
                plain, framed, turned, d, zeros, rest,
            )  # fmt: skip

        crew.share(self._blocks, hands, part)
        if s.learns:
            by_channel = int(plan.numbers[3] == 1)
            self._settle(self._sizes["weigh"], sums, _four(s.grads["W"]), plan.groups, by_channel)
            if "b" in s.grads:
                s.xp.sum(sums_of_maps.reshape(hands, plan.maps, lanes), axis=(0, 2), out=s.grads["b"])
        return dx

    def _rows(self, x: Array, name: str) -> Array:
        x = contiguous(x, f"{name} in one piece", self._s)
        if not x.flags.writeable:  # a type of its own, for which all would be compiled once more
            copy = self._s.array(f"{name} of our own", x.shape[1:])
            self._s.xp.copyto(copy, x)
            x = copy
        return x.reshape(len(x), -1)

    def _marks(self) -> Array:
        # A vector of marks more, because those of the last samples are written a whole vector at a time.
        return self._s.array("marks", (math.prod(self._plan.out_sizes) + self._lanes,), "uint8").reshape(-1)

    @property
    def _size_of_sums(self) -> int:
        plan = self._plan
        m, p = plan.tiles["weigh"]
        depth, each = plan.channels // plan.groups, plan.maps // plan.groups
        rows, columns = plan.numbers[2:4]
        extent, outer = (depth, 1) if columns == 1 else (columns, depth)
        return (
            plan.groups
            * -(-each // m)
            * outer
            * rows
            * -(-extent // p)
            * -(-m * p // self._lanes)
            * self._lanes
        )

    def _memory(self, hand: int) -> tuple[Array, Array, Array]:
        plan, s, lanes = self._plan, self._s, self._lanes
        channels, height, width, rows, columns, _, _ = plan.images
        size, of_out = channels * height * width, math.prod(plan.out_sizes)
        plain = s.fixed(f"samples in lanes {hand}", (size * lanes,)) if plan.numbers[14] else _nothing(s)
        framed = s.filled(f"images in lanes {hand}", (channels * rows * columns * lanes,), 0.0)
        return plain, framed, s.fixed(f"last block {hand}", (lanes * max(size, of_out),))

    def _forward_memory(self, hand: int) -> tuple[Array, Array]:
        plan, s, lanes = self._plan, self._s, self._lanes
        m, each = plan.tiles["forward"][0], plan.maps // plan.groups
        high, wide, _, out_columns = plan.numbers[8:12]
        planes = plan.groups * -(-each // m) * m
        rows = s.fixed(f"rows in lanes {hand}", (planes * high * out_columns * wide * lanes,))
        return rows, s.fixed(f"outputs in lanes {hand}", (math.prod(plan.out_sizes) * lanes,))

    def _backward_memory(self, hand: int) -> tuple[Array, Array]:
        plan, s, lanes = self._plan, self._s, self._lanes
        channels, height, width, *_ = plan.images
        d_rows, d_columns, *_, planes = plan.spans
        # A tile may write some channels more than there are.
        of_inputs = (channels + plan.tiles["pass"][0]) * height * width if s.needs_dx else 0
        turned = s.fixed(f"gradients in lanes {hand}", (max(of_inputs, math.prod(plan.out_sizes)) * lanes,))
        d = s.filled(f"gradients of maps {hand}", (plan.groups * planes * d_rows * d_columns * lanes,), 0.0)
        return turned, d


def lanes(
    channels: int, maps: int, groups: int, windows: Windows, pool: Shape | None, rectified: bool, s: Scratch
) -> Lanes:
    """Return what computes a convolution in the memory of a node, made once."""
    ones = (1,) * len(windows.sizes)
    return s.once("lanes", lambda: Lanes(plan(channels, maps, groups, windows, pool or ones, rectified), s))


@lru_cache(maxsize=1)
def _machine() -> tuple[int, int]:
    """Return the bytes of a vector and the number of registers for them."""
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    if features.get("avx512f"):
        return 64, 32
    if features.get("neon"):
        return 16, 32
    return (32, 16) if features.get("avx2") else (16, 16)


def _best(tiles: tuple[Tile, ...], maps: int, positions: int) -> Tile:
    """Return the tile that does with the fewest cycles: two products, or two loads, or a quarter of a sum each."""

    def cycles(tile: Tile) -> float:
        m, p = tile
        return -(-maps // m) * -(-positions // p) * (max(m * p / 2, (m + p) / 2, 4) + 1.5)

    return min((tile for tile in tiles if tile[1] <= positions), key=cycles)


def _chunk(channels: int, size: int) -> int:
    """Return how many channels to take at a time, each of ``size`` bytes."""
    most = max(1, CACHE // size)
    return -(-channels // -(-channels // most))


def _lengths(*counts: int) -> tuple[tuple[int, ...], ...]:
    return tuple((0,) * count for count in counts)


def _two(sizes: Shape) -> tuple[int, int]:
    return (1, *sizes)[-2:]  # pyright: ignore[reportReturnType]


def _four(w: Array) -> Array:
    return w if w.ndim == 4 else w.reshape(*w.shape[:2], 1, -1)


def _nothing(s: Scratch, dtype: Any = None) -> Array:
    return s.fixed(f"nothing of {dtype}", (0,), dtype)
