"""
The arithmetic of convolutions in one, two and three dimensions: columns of windows and products of matrices.

Two arrays face each other: images (N, channels, *sizes) that windows slide over, and maps (N, maps, *counts) with one
number for each window. A convolution goes from images to maps, a transposed one from maps to images, and the gradient
of each goes the other's way.

The elements under all windows are copied into a matrix of columns, one column for each window ("im2col", Chellapilla,
Puri & Simard, 2006), so that the weights are multiplied with it by one product of matrices. The way back adds columns
up, one element of the window after the other, for all windows at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

from attrs import field, frozen

from ...scratch import Scratch
from ...typing import Array
from ..contiguous import contiguous
from ..windows import Windows

CACHE = 1 << 20
"""Bytes of columns made at a time on a CPU: what is written should still lie in its cache when it is read."""

DEVICE = 1 << 28
"""Bytes of columns made at a time elsewhere, where few large steps are better."""

SHORT = 64
"""Windows in a sample below which the products of samples are too small to be done one by one."""


@frozen
class Correlation:
    """
    What windows of one geometry do to a number of channels and maps.

    Samples are taken in blocks, so that columns stay in the cache and memory does not grow with the batch.

    Attributes:
        windows: Where the windows lie.
        channels: Channels of the images.
        maps: Channels of the maps.
        groups: Channels and maps are parted into as many groups, which see nothing of each other.
        in_runs: Whether columns hold everything between the first and the last window. Some of it belongs to none, but
            it is copied and added in long runs where windows alone would give short ones, of a row each.
        together: Whether the windows of a whole block stand side by side in one matrix, or each sample has its own.
        rows: Elements in a window of one group.
        positions: Columns for one sample.
        is_direct: Whether the product of a block is the maps themselves, in their order.
        is_pointwise: Whether images are their own columns.
    """

    windows: Windows
    channels: int
    maps: int
    groups: int
    in_runs: bool
    together: bool
    rows: int = field(init=False, eq=False)
    positions: int = field(init=False, eq=False)
    is_direct: bool = field(init=False, eq=False)
    is_pointwise: bool = field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        put, ones = object.__setattr__, (1,) * len(self.windows.sizes)
        put(self, "rows", self.channels // self.groups * math.prod(self.windows.kernel))
        put(self, "positions", self.windows.run if self.in_runs else math.prod(self.windows.counts))
        put(self, "is_direct", not (self.in_runs or self.together))
        plain = self.windows.kernel == self.windows.stride == ones and not self.windows.is_padded
        put(self, "is_pointwise", plain and self.is_direct)

    def to_maps(self, images: Array, w: Array, b: Array | None, maps: Array, s: Scratch) -> None:
        """
        Write ``maps[n] = w columns(images[n]) + b``.

        Args:
            images: (N, channels, *sizes).
            w: (groups, maps / groups, rows).
            b: (maps,) or None.
            maps: (N, maps, *counts), contiguous.
            s: The memory to work in.
        """
        for columns, out in self._blocks(images, maps, s):
            if self.is_direct:
                product = view = self._as_matrix(out)
            else:
                product, view = self._map_matrix("product", len(out), s)
            s.xp.matmul(w, columns, out=product)
            if b is not None:
                s.xp.add(product, b.reshape(self.groups, -1, 1), out=product)
            if not self.is_direct:
                s.xp.copyto(out, view)

    def to_images(self, maps: Array, w: Array, images: Array, s: Scratch) -> None:
        """
        Write for each element the sum of ``w^T maps[n]`` over the windows that it lies in: the transpose of `to_maps`.

        Args:
            maps: (N, maps, *counts), contiguous.
            w: (groups, maps / groups, rows).
            images: (N, channels, *sizes), contiguous.
            s: The memory to work in.
        """
        back = w.swapaxes(-1, -2)
        for block in self._slices(s):
            given, out = self._given(maps[block], s), images[block]
            if self.is_pointwise:
                s.xp.matmul(back, given, out=self._as_matrix(out))
                continue
            columns, sums, inside, pairs = self._sums(len(out), s)
            s.xp.matmul(back, given, out=columns)
            sums.fill(0)
            for part, column in pairs:
                s.xp.add(part, column, out=part)
            s.xp.copyto(out, inside)

    def to_weights(self, images: Array, maps: Array, dw: Array, s: Scratch) -> None:
        """
        Write the sum of ``maps[n] columns(images[n])^T`` over all samples.

        Args:
            images: (N, channels, *sizes).
            maps: (N, maps, *counts), contiguous.
            dw: (groups, maps / groups, rows), contiguous.
            s: The memory to work in.
        """
        # Products with few rows are slow: the shorter side of dw becomes its columns.
        lies = self.rows >= self.maps // self.groups
        total = s.fixed("dw", dw.swapaxes(-1, -2).shape) if lies else dw
        total.fill(0)
        for columns, block in self._blocks(images, maps, s):
            given = self._given(block, s)
            left, right = (columns, given) if lies else (given, columns)
            part = s.fixed("dw_of_block", total.shape)
            if self.together:
                s.xp.matmul(left, right.swapaxes(-1, -2), out=part)
            else:
                n = len(block)
                each = s.fixed("dw_of_samples", (self._size_of_block(s), *total.shape))[:n]
                s.xp.matmul(left, right.swapaxes(-1, -2), out=each)
                s.xp.matmul(s.ones()[:n], each.reshape(n, -1), out=part.reshape(-1))
            s.xp.add(total, part, out=total)
        if lies:
            s.xp.copyto(dw, total.swapaxes(-1, -2))

    def _blocks(self, images: Array, maps: Array, s: Scratch) -> Iterator[tuple[Array, Array]]:
        """Yield the columns and the maps of each block."""
        if self.is_pointwise:
            images = contiguous(images, "images", s)
        for block in self._slices(s):
            yield self._columns(images[block], s), maps[block]

    def _slices(self, s: Scratch) -> Iterator[slice]:
        size = self._size_of_block(s)
        return (slice(start, min(start + size, s.n)) for start in range(0, s.n, size))

    def _size_of_block(self, s: Scratch) -> int:
        limit = CACHE if s.xp.__name__ == "numpy" else DEVICE
        sample = max(self.groups * self.rows, self.maps) * self.positions * s.dtype.itemsize
        return max(1, limit // sample)

    def _columns(self, images: Array, s: Scratch) -> Array:
        """Return the columns of a block: (n, groups, rows, positions), or together (groups, rows, n positions)."""
        if self.is_pointwise:
            return self._as_matrix(images)
        inside, windows, columns, matrix = s.once(
            f"columns of {len(images)}", lambda: self._column_views(len(images), s)
        )
        s.xp.copyto(inside, images)
        s.xp.copyto(columns, windows)
        return matrix

    def _column_views(self, n: int, s: Scratch) -> tuple[Array, Array, Array, Array]:
        # Only what is inside is ever written, so that the padding around it stays 0.
        shape = (self._size_of_block(s), self.channels, *self.windows.padded)
        padded = s.filled("padded", shape, 0.0)[:n]
        windows = (self.windows.view_of_runs if self.in_runs else self.windows.view)(s.xp, padded)
        matrix = self._column_matrix(n, s)
        return padded[self.windows.inside], windows, self._by_sample(matrix, n), matrix

    def _sums(self, n: int, s: Scratch) -> tuple[Array, Array, Array, list[tuple[Array, Array]]]:
        """Return columns, the padded images they are added up in, their inside, and what is added to which part."""
        return s.once(f"sums of {n}", lambda: self._sum_views(n, s))

    def _sum_views(self, n: int, s: Scratch) -> tuple[Array, Array, Array, list[tuple[Array, Array]]]:
        shape = (self._size_of_block(s), self.channels, *self.windows.padded)
        sums, matrix = s.fixed("sums", shape)[:n], self._column_matrix(n, s)
        runs, columns = sums.reshape(n, self.channels, -1), self._by_sample(matrix, n)
        pairs = [
            (
                runs[..., tap.offset : tap.offset + self.positions] if self.in_runs else sums[tap.index],
                columns[(slice(None), slice(None), *tap.place)],
            )
            for tap in self.windows.taps
        ]
        return matrix, sums, sums[self.windows.inside], pairs

    def _column_matrix(self, n: int, s: Scratch) -> Array:
        size = self.groups * self.rows * self.positions
        flat = s.fixed("columns", (self._size_of_block(s) * size,))[: n * size]
        return self._shaped(flat, n, self.rows)

    def _shaped(self, flat: Array, n: int, rows: int) -> Array:
        if self.together:
            return flat.reshape(self.groups, rows, n * self.positions)
        return flat.reshape(n, self.groups, rows, self.positions)

    def _by_sample(self, matrix: Array, n: int) -> Array:
        """Return columns as (n, channels, *kernel, *counts), or (n, channels, *kernel, run) in runs."""
        inner = (self.channels, *self.windows.kernel)
        last = (self.positions,) if self.in_runs else self.windows.counts
        if not self.together:
            return matrix.reshape(n, *inner, *last)
        apart, axis = matrix.reshape(*inner, n, *last), len(inner)
        return apart.transpose(axis, *range(axis), *range(axis + 1, apart.ndim))

    def _given(self, maps: Array, s: Scratch) -> Array:
        """Return the maps of a block in the order of the columns, with 0 for what belongs to no window."""
        if self.is_direct:
            return self._as_matrix(maps)
        matrix, view = self._map_matrix("given", len(maps), s)
        if self.in_runs:
            matrix.fill(0)
        s.xp.copyto(view, maps)
        return matrix

    def _map_matrix(self, name: str, n: int, s: Scratch) -> tuple[Array, Array]:
        """Return the buffer ``name`` as the columns see it, and as (n, maps, *counts)."""
        return s.once(f"{name} of {n}", lambda: self._map_views(name, n, s))

    def _map_views(self, name: str, n: int, s: Scratch) -> tuple[Array, Array]:
        size = self.maps * self.positions
        flat = s.fixed(name, (self._size_of_block(s) * size,))[: n * size]
        if self.together:
            by_sample = flat.reshape(self.maps, n, self.positions).swapaxes(0, 1)
        else:
            by_sample = flat.reshape(n, self.maps, self.positions)
        if self.in_runs:
            view = self.windows.view_in_runs(s.xp, by_sample)
        else:
            view = by_sample.reshape(n, self.maps, *self.windows.counts)
        return self._shaped(flat, n, self.maps // self.groups), view

    def _as_matrix(self, maps: Array) -> Array:
        return maps.reshape(len(maps), self.groups, -1, self.positions)


@lru_cache(maxsize=1024)
def correlation(windows: Windows, channels: int, maps: int, groups: int) -> Correlation:
    """Return what ``windows`` do to as many channels and maps, with the order of memory that suits them."""
    positions = math.prod(windows.counts)
    rows, columns = channels // groups * math.prod(windows.kernel), maps // groups
    # Runs cost products with what belongs to no window and a copy of the maps.
    strided = any(step > 1 for step in windows.stride)
    in_runs = not strided and positions < windows.run <= 1.5 * positions and columns <= rows
    # A product for each sample makes (rows, columns) numbers of a gradient from as many windows.
    together = positions < max(SHORT, min(rows, columns))
    return Correlation(windows, channels, maps, groups, in_runs, together)
