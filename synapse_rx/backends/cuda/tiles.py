"""
Products of matrices in tiles: what every kernel that multiplies matrices does between reading and writing.

A block of threads computes a tile of the product. It takes the factors in pieces: each thread reads some elements of
the next piece while all multiply the present one, which lies in shared memory; a thread has 4 x 4, 8 x 4 or 8 x 8 sums
in registers. Where there are few tiles, a block's threads are parted into slices, each of which multiplies its share of
a piece for all of the tile; their sums are added at the end, always in one order.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from attrs import frozen

MULTIPROCESSORS = 132
"""Of an H200. With fewer or more, tiles are still right, though others might be quicker."""

WAIT = 700
"""Clocks from asking for a piece of a factor to having it in shared memory, other threads of the block included."""

LAUNCH = 3500
"""Clocks of a second pass that adds what blocks found."""

NUMBERS = 320
"""Numbers of 4 bytes that the chip writes, and reads again, in a clock."""

MOST_PARTS = 256
"""Parts that a sum is cut into at most."""

LEAST = 64
"""Elements of a sum that a part has at least."""

THREADS = 256
"""Threads of every block."""


@frozen
class Tile:
    """
    One size of tile.

    Attributes:
        rows: Rows of the product that a block computes.
        columns: Its columns.
        depth: How many elements of a sum are read at a time.
        tall: Rows of a thread, 4 or 8.
        wide: Columns of a thread, 4 or 8.
        slices: How many parts a block's threads are in.
        rate: Multiplications with addition of a multiprocessor in a clock, as estimated; the chip's best is 128.
        together: How many blocks a multiprocessor is to have room for, whatever registers they would like.
    """

    rows: int
    columns: int
    depth: int
    tall: int
    wide: int
    slices: int
    rate: int
    together: int = 1

    def __attrs_post_init__(self) -> None:
        assert self.rows // self.tall * (self.columns // self.wide) * self.slices == THREADS

    @property
    def name(self) -> str:
        """What its kernels are called, behind what they do."""
        return f"{self.rows}x{self.columns}"

    @property
    def type(self) -> str:
        """What it is called in CUDA C++."""
        return f"Tile<{self.rows}, {self.columns}, {self.depth}, {self.tall}, {self.wide}, {self.slices}>"

    def blocks(self, rows: int, columns: int) -> tuple[int, int]:
        """Return how many tiles stand side by side in a product, and one below the other."""
        return -(-columns // self.columns), -(-rows // self.rows)

    def clocks(self, rows: int, columns: int, depth: int, times: int, parts: int) -> float:
        """Return about how long ``times`` such products take, each sum in as many parts."""
        across, down = self.blocks(rows, columns)
        span = -(-depth // parts)
        waves = -(-across * down * times * parts // MULTIPROCESSORS)
        busy = waves * self.rows * self.columns * span / self.rate
        waiting = (1 + -(-span // self.depth)) * WAIT
        added = LAUNCH + rows * columns * times * parts / NUMBERS if parts > 1 else 0
        return max(busy, waiting) + added


@lru_cache(maxsize=4096)
def cut(
    tiles: tuple[Tile, ...], rows: int, columns: int, depth: int, times: int, most: int
) -> tuple[Tile, int]:
    """
    Return the tile that a product is computed by, and how many elements of a sum a block adds: by sizes alone.

    What is less than all of them is a part, which a second pass adds to the others.

    Args:
        tiles: Those there are.
        rows: Rows of the product.
        columns: Its columns.
        depth: Elements in each sum.
        times: How many such products are computed together.
        most: How many parts there may be.
    """
    most = min(most, MOST_PARTS, max(1, depth // LEAST))
    choices = [(one, 1 << power) for one in tiles for power in range(max(1, most).bit_length())]
    tile, parts = min(choices, key=lambda one: one[0].clocks(rows, columns, depth, times, one[1]))
    span = -(-depth // parts)
    return tile, depth if parts == 1 else -(-span // tile.depth) * tile.depth


def kernels(name: str, tiles: Sequence[Tile], parameters: str) -> str:
    """Return in CUDA C++ a kernel for each tile, ``name_16x16`` and so on, that calls ``name<Tile>`` with the same."""
    given = ", ".join(one.split()[-1] for one in parameters.split(","))
    bounds = {
        one: f"__launch_bounds__({THREADS}, {one.together}) " if one.together > 1 else "" for one in tiles
    }
    return "".join(
        f'\nextern "C" {bounds[one]}__global__ void {name}_{one.name}({parameters}) {{\n'
        f"    {name}<{one.type} >({given});\n}}\n"
        for one in tiles
    )


SOURCE = """
#define PAD 4

struct __align__(16) Four { real of[4]; };

// A tile of a product: TALL x WIDE sums in a thread, each of SLICES groups of threads having all of them.
template <int ROWS_, int COLUMNS_, int DEPTH_, int TALL_, int WIDE_, int SLICES_> struct Tile {
    enum {
        ROWS = ROWS_, COLUMNS = COLUMNS_, TALL = TALL_, WIDE = WIDE_, SLICES = SLICES_,
        // Two pieces of 8 bytes a number have to fit into 48 KiB as well.
        DEPTH = sizeof(real) == 8 && SLICES == 1 ? DEPTH_ / 2 : DEPTH_,
        ACROSS = COLUMNS / WIDE, DOWN = ROWS / TALL, GROUP = ACROSS * DOWN, THREADS = GROUP * SLICES,
        LEFTS = ROWS * DEPTH / THREADS, RIGHTS = COLUMNS * DEPTH / THREADS,
        HIGH = ROWS + PAD, BROAD = COLUMNS + PAD, PIECE = DEPTH * (HIGH + BROAD),
        // Two pieces, so that one is written while the other is read; where slices need the room, one.
        PIECES = SLICES == 1 ? 2 : 1, ADDED = SLICES / 2 * ROWS * COLUMNS,
        ROOM = PIECES * PIECE > ADDED ? PIECES * PIECE : ADDED,
        // The threads of a warp stand 8 x 4, so that each reads what few others read.
        NARROW = ACROSS < 8 ? ACROSS : 8, LOW = DOWN < 4 ? DOWN : 4, SQUARE = NARROW * LOW
    };
};

// Where a thread's elements of a piece of a factor lie: neighbouring threads along the depth, or along the side.
template <class T, int SIDE> struct Along {
    int side, depth, more_side, more_depth;
    __device__ Along(bool deep) {
        const int thread = threadIdx.x;
        side = deep ? thread / T::DEPTH : thread % SIDE;
        depth = deep ? thread % T::DEPTH : thread / SIDE;
        more_side = deep ? T::THREADS / T::DEPTH : 0;
        more_depth = deep ? 0 : T::THREADS / SIDE;
    }
    __device__ int at(int u, int pitch) const { return (depth + u * more_depth) * pitch + side + u * more_side; }
};

// The sum over p from first to last of left[i, p] right[p, j]; out is given four neighbours in a row at a time. Factors
// read the elements of a piece first, so that none waits for another, and then do to all what is to be done.
template <class T, class Left, class Right, class Out>
__device__ void multiplied(Left& left, Right& right, const Out& out, int first, int last) {
    __shared__ __align__(16) real room[T::ROOM];
    const int place = threadIdx.x % T::GROUP, slice = threadIdx.x / T::GROUP;
    const int square = place / T::SQUARE, lane = place % T::SQUARE, squares = T::ACROSS / T::NARROW;
    const int x = square % squares * T::NARROW + lane % T::NARROW, y = square / squares * T::LOW + lane / T::NARROW;
    real sums[T::TALL][T::WIDE], lefts[T::LEFTS], rights[T::RIGHTS];
#pragma unroll
    for (int u = 0; u < T::TALL; u++)
#pragma unroll
        for (int v = 0; v < T::WIDE; v++) sums[u][v] = 0;
    int phase = 0;
    for (int start = first - T::DEPTH; start < last; start += T::DEPTH) {
        const int next = start + T::DEPTH;
        if (next < last) {
            left.begin(next, last);
#pragma unroll
            for (int u = 0; u < T::LEFTS; u++) lefts[u] = left(u);
            right.begin(next, last);
#pragma unroll
            for (int u = 0; u < T::RIGHTS; u++) rights[u] = right(u);
            left.finish(lefts);
            right.finish(rights);
        }
        if (start >= first) {
            const int share = slice * (T::DEPTH / T::SLICES);
            const real* piece = room + phase * T::PIECE + share * T::HIGH;
            const real* other = room + phase * T::PIECE + T::DEPTH * T::HIGH + share * T::BROAD;
#pragma unroll 8
            for (int p = 0; p < T::DEPTH / T::SLICES; p++) {
                real a[T::TALL], b[T::WIDE];
#pragma unroll
                for (int u = 0; u < T::TALL; u += 4) {
                    const Four four = *(const Four*)(piece + p * T::HIGH + u * T::DOWN + 4 * y);
                    a[u] = four.of[0], a[u + 1] = four.of[1], a[u + 2] = four.of[2], a[u + 3] = four.of[3];
                }
#pragma unroll
                for (int v = 0; v < T::WIDE; v += 4) {
                    const Four four = *(const Four*)(other + p * T::BROAD + v * T::ACROSS + 4 * x);
                    b[v] = four.of[0], b[v + 1] = four.of[1], b[v + 2] = four.of[2], b[v + 3] = four.of[3];
                }
#pragma unroll
                for (int u = 0; u < T::TALL; u++)
#pragma unroll
                    for (int v = 0; v < T::WIDE; v++) sums[u][v] += a[u] * b[v];
            }
        }
        if (T::PIECES == 1) __syncthreads();
        else if (start >= first) phase ^= 1;
        if (next < last) {
            real* piece = room + phase * T::PIECE;
#pragma unroll
            for (int u = 0; u < T::LEFTS; u++) piece[left.along.at(u, T::HIGH)] = lefts[u];
#pragma unroll
            for (int u = 0; u < T::RIGHTS; u++) piece[T::DEPTH * T::HIGH + right.along.at(u, T::BROAD)] = rights[u];
        }
        __syncthreads();
    }
#pragma unroll
    for (int half = T::SLICES / 2; half > 0; half /= 2) {
        real* own = room + (slice % half * T::TALL * T::WIDE) * T::GROUP + place;
        if (slice >= half && slice < 2 * half)
#pragma unroll
            for (int u = 0; u < T::TALL * T::WIDE; u++) own[u * T::GROUP] = sums[u / T::WIDE][u % T::WIDE];
        __syncthreads();
        if (slice < half)
#pragma unroll
            for (int u = 0; u < T::TALL * T::WIDE; u++) sums[u / T::WIDE][u % T::WIDE] += own[u * T::GROUP];
        __syncthreads();
    }
    if (slice) return;
#pragma unroll
    for (int v = 0; v < T::WIDE; v += 4)
#pragma unroll
        for (int u = 0; u < T::TALL; u++)
            out(u / 4 * 4 * T::DOWN + 4 * y + u % 4, v * T::ACROSS + 4 * x, sums[u] + v);
}

// Writes four neighbours, of which the first ``count`` are there, at once where they lie as the memory wants it.
__device__ void put(real* to, const real* four, int count) {
    if (count >= 4 && (unsigned long long)to % sizeof(Four) == 0) {
        Four made;
#pragma unroll
        for (int e = 0; e < 4; e++) made.of[e] = four[e];
        *(Four*)to = made;
    } else {
#pragma unroll
        for (int e = 0; e < 4; e++)
            if (e < count) to[e] = four[e];
    }
}

// Called rather than written out for each of a thread's sums, of which there are up to 64.
__device__ __noinline__ real squashed(real a, int function) {
    return function == 1 ? real(1) / (real(1) + exp(-a)) : tanh(a);
}
__device__ real applied(real a, int function) {
    // What is not a number stays so, as in numpy.
    if (function == 3) return a > real(0) ? a : a != a ? a : real(0);
    return function ? squashed(a, function) : a;
}
__device__ real slope(real y, int function) {
    if (function == 1) return (real(1) - y) * y;
    if (function == 2) return real(1) - y * y;
    if (function == 3) return y > real(0) ? real(1) : real(0);
    return real(1);
}
"""
"""In CUDA C++, for a type ``real``: `multiplied`, what its factors are read by, and activations with their slopes."""

LINEAR, SIGMOID, TANH, RELU = range(4)
"""Activations, by the numbers that plain networks give them."""

FUNCTIONS = {"linear": LINEAR, "sigmoid": SIGMOID, "tanh": TANH, "relu": RELU}
"""The same by their names."""


def applied(a: Any, function: int) -> tuple[Any, Any]:
    """Return what an activation makes of numbers of the host, and its slope there."""
    if function == SIGMOID:
        y = 1 / (1 + np.exp(-a))
        return y, (1 - y) * y
    if function == TANH:
        return np.tanh(a), 1 - np.tanh(a) ** 2
    return (np.maximum(a, 0), a > 0) if function == RELU else (a, np.ones_like(a))
