"""
Convolutions as products of matrices whose columns are never made ("implicit GEMM", Chetlur et al., 2014, "cuDNN").

A block of threads computes a tile of maps x places and reads the elements under windows where they lie, by a table of
where those are. There are two kernels: `correlate` gathers for each place what it is made of, maps of images as well as
images of maps, so that nothing is written in two places; `weigh` sums over all places of all samples, in parts that are
added in one order.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from attrs import evolve

from ...typing import Array
from .conv_geometry import ConvGeometry, divisor
from .conv_source import GATHERING, HANDS, LANES, SOURCE, WEIGHING
from .conv_trials import TRIALS, reference
from .gather import NOTHING
from .grid import THREADS as EACH
from .grid import blocks
from .kernels import Fused, Kernels
from .tiles import LINEAR, THREADS, Tile, cut


class ConvKernels(Fused):
    """
    The passes of convolutions in one, two and three dimensions, with bias, activation and the maxima of four windows.

    A gradient of maps may be that of what an activation, or an activation and maxima, made of them: it is multiplied by
    the slope where it is read.
    """

    options: ClassVar[tuple[str, ...]] = ()  # where arithmetic counts, products and sums are rounded together

    source = SOURCE

    gathering: ClassVar[tuple[Tile, ...]] = GATHERING
    weighing: ClassVar[tuple[Tile, ...]] = WEIGHING

    def __init__(self, kernels: Kernels, dtype: Any) -> None:
        super().__init__(kernels, dtype)
        self._tables: dict[tuple[ConvGeometry, str], tuple[Array, Array, Array]] = {}
        self._tried: tuple[Tile, Tile, bool] | None = None

    def prepare(self, geometry: ConvGeometry) -> None:
        """Send the tables of a geometry to the device, so that no pass has to."""
        for way in ("to_maps", "to_images"):
            self._table(geometry, way)

    def to_maps(
        self,
        geometry: ConvGeometry,
        images: Array,
        w: Array,
        b: Array | None,
        maps: Array,
        taken: Array | None = None,
        function: int = LINEAR,
        early: bool = False,
    ) -> None:
        """
        Write the maps of images.

        Args:
            geometry: Where windows lie.
            images: (N, channels, *sizes).
            w: The weights.
            b: What is added to each map, (maps,); None for nothing.
            maps: (N, maps, *counts), divided by the pool.
            taken: Where it is written which of four the largest was, like maps; None for nowhere.
            function: The activation.
            early: Whether it comes before the maxima.
        """
        g, (group_step, row_step, _) = geometry, geometry.steps
        numbers = (
            *self._sizes(len(images), g.maps, g.channels, g), *g.sizes,
            *g.stride, *(-one for one in g.before), *g.counts, 1, 1, 1, g.shifts,
            row_step, group_step, g.is_padded, function, early,
        )  # fmt: skip
        columns = len(images) * math.prod(g.pooled) * math.prod(g.pool)
        given = images, w, _or(b), maps, _or(taken), *self._table(g, "to_maps")
        self._correlate(given, numbers, columns, g.channels // g.groups * g.window, 1)

    def to_images(
        self,
        geometry: ConvGeometry,
        maps: Array,
        w: Array,
        images: Array,
        b: Array | None = None,
        function: int = LINEAR,
    ) -> None:
        """
        Write for each element of images the sum over the windows it lies in: the transpose of `to_maps`.

        Args:
            geometry: Where windows lie; without maxima.
            maps: (N, maps, *counts).
            w: The weights.
            images: (N, channels, *sizes).
            b: What is added to each channel, (channels,); None for nothing.
            function: The activation behind that.
        """
        g, (group_step, _, row_step) = geometry, geometry.steps
        numbers = (
            *self._sizes(len(maps), g.channels, g.maps, g), *g.counts,
            1, 1, 1, 0, 0, 0, *g.sizes, *g.stride, 0,
            row_step, group_step, True, function, False,
        )  # fmt: skip
        columns = len(maps) * math.prod(-(-n // s) for n, s in zip(g.sizes, g.stride, strict=True))
        given = maps, w, _or(b), images, NOTHING, *self._table(g, "to_images")
        self._correlate(given, numbers, columns, -(-g.maps // g.groups * g.window // g.phases), g.phases)

    def spread(
        self,
        geometry: ConvGeometry,
        dy: Array,
        y: Array | None,
        taken: Array | None,
        function: int,
        dz: Array,
    ) -> None:
        """
        Write the gradient of maps.

        Args:
            geometry: Where windows lie.
            dy: The gradient of what an activation, maxima or both made of maps, (N, maps, *counts) divided by the pool.
            y: That itself, if there is an activation.
            taken: Which of four each was, if there are maxima.
            function: The activation.
            dz: Where it goes, (N, maps, *counts).
        """
        numbers = map(np.int32, (*geometry.counts, *geometry.pooled, geometry.shifts, function))
        arrays = dy, _or(y), _or(taken), dz
        self.function("spread")(blocks(dz.size), (EACH,), (*arrays, np.int64(dz.size), *numbers))

    def to_weights(
        self,
        geometry: ConvGeometry,
        images: Array,
        maps: Array,
        dw: Array,
        db: Array | None,
        room: Array,
        y: Array | None = None,
        taken: Array | None = None,
        function: int = LINEAR,
    ) -> None:
        """
        Write the gradients of the weights, and of what is added to each map if it is wanted.

        Args:
            geometry: Where windows lie.
            images: (N, channels, *sizes).
            maps: The gradient of maps, or of what an activation, maxima or both made of them.
            dw: Like the weights.
            db: (maps,); None for nowhere.
            room: Working memory, of as many numbers as `room` says or any other.
            y, taken, function: As in `spread`.
        """
        g, (group_step, row_step, _) = geometry, geometry.steps
        rows, columns, biased = g.maps // g.groups, g.channels // g.groups * g.window, int(db is not None)
        whole = tuple(n * p for n, p in zip(g.pooled, g.pool, strict=True))
        depth, sums = len(images) * math.prod(whole), g.maps * (columns + biased)
        tile, span = self._cut(self.weighing, rows, columns + biased, depth, g.groups, room.size // sums)
        parts, (across, down) = max(1, -(-depth // span)), tile.blocks(rows, columns + biased)
        terms, steps, _ = self._table(g, "to_maps")
        numbers = (
            len(images), rows, columns, g.groups, g.channels // g.groups, *g.pooled, g.shifts,
            *divisor(math.prod(whole)), *divisor(whole[1] * whole[2]), *divisor(whole[2]),
            *g.stride, *(-one for one in g.before), *g.sizes, row_step, group_step, span, biased,
            g.is_padded, function,
        )  # fmt: skip
        given = maps, _or(y), _or(taken), images, dw, _or(db), NOTHING if parts == 1 else room, terms, steps
        grid = across, down, g.groups * parts
        self.function(f"weigh_{tile.name}")(grid, (THREADS,), (*given, *map(np.int32, numbers)))
        if parts > 1:
            numbers = map(np.int32, (rows, columns, g.groups, biased, row_step, group_step, parts))
            given = room, dw, _or(db), steps
            self.function("add_parts")((-(-sums // LANES),), (LANES, HANDS), (*given, *numbers))

    @classmethod
    def room(cls, geometry: ConvGeometry, n: int) -> int:
        """Return how many numbers of working memory `to_weights` can use for n samples."""
        g = geometry
        rows, columns, depth = (
            g.maps // g.groups,
            g.channels // g.groups * g.window + 1,
            n * math.prod(g.counts),
        )
        _, span = cut(cls.weighing, rows, columns, depth, g.groups, depth)
        return max(1, -(-depth // span)) * g.maps * columns

    def agrees(self) -> bool:
        weighing = self.weighing
        tiles = [(one, weighing[number % len(weighing)]) for number, one in enumerate(self.gathering)]
        try:
            return all(
                self._agrees(geometry, tile, other, function, early)
                for number, (tile, other) in enumerate(tiles)
                for geometry, function, early in (TRIALS[number % 3], TRIALS[(number + 1) % 3])
            )
        finally:
            self._tried = None

    def _agrees(self, g: ConvGeometry, tile: Tile, other: Tile, function: int, early: bool) -> bool:
        rng, send, empty = np.random.default_rng(function), self.xp.array, self.xp.empty
        channels, maps = g.channels // g.groups, g.maps // g.groups
        shape = (g.channels, maps, *g.kernel) if g.by_channel else (g.maps, channels, *g.kernel)
        x, w, b, dy = (
            rng.standard_normal(one).astype(self.dtype)
            for one in ((3, g.channels, *g.sizes), shape, (g.maps,), (3, g.maps, *g.pooled))
        )
        y, dx, dw, db = (empty(one.shape, self.dtype) for one in (dy, x, w, b))
        taken = empty(dy.shape, np.uint8) if g.shifts else None
        dz = empty((3, g.maps, *g.counts), self.dtype)
        self._tried = tile, other, bool(function)
        room = empty(max(1, 3 * math.prod(g.counts) // other.depth + 1) * (w.size + b.size), self.dtype)
        given = send(x), send(w), send(dy)
        self.to_maps(g, given[0], given[1], send(b), y, taken, function, early)
        self.to_weights(g, given[0], given[2], dw, db, room, y, taken, function)
        plain = evolve(g, pool=())
        self.spread(g, given[2], y, taken, function, dz)
        self.to_images(plain, dz, given[1], dx)
        found = y, dw, db, dx
        return all(map(self.near, found, reference(g, x, w, b, dy, function)))

    def _correlate(
        self, arrays: tuple[Any, ...], numbers: tuple[int, ...], columns: int, depth: int, phases: int
    ) -> None:
        _, rows, groups, *_ = numbers
        tile, _ = self._cut(self.gathering, rows, columns, depth, groups * phases, 1)
        across, down = tile.blocks(rows, columns)
        grid = across, down, groups * phases
        self.function(f"correlate_{tile.name}")(grid, (THREADS,), (*arrays, *map(np.int32, numbers)))

    def _cut(
        self, tiles: tuple[Tile, ...], rows: int, columns: int, depth: int, times: int, most: int
    ) -> tuple[Tile, int]:
        if self._tried is None:
            return cut(tiles, rows, columns, depth, times, most)
        gathers, weighs, split = self._tried
        return (gathers, depth) if tiles is self.gathering else (weighs, weighs.depth if split else depth)

    def _table(self, geometry: ConvGeometry, way: str) -> tuple[Array, Array, Array]:
        key = geometry, way
        if key not in self._tables:
            terms, steps, starts = getattr(geometry, way)()
            # An array of nothing has no address.
            send = self.xp.array
            self._tables[key] = send(terms), send(steps), send(starts)
        return self._tables[key]

    @staticmethod
    def _sizes(n: int, made: int, given: int, g: ConvGeometry) -> tuple[int, int, int, int]:
        return n, made // g.groups, g.groups, given // g.groups


def _or(array: Array | None) -> Any:
    return NOTHING if array is None else array
