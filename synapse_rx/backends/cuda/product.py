"""Products of matrices with what comes before and behind them: bias, activation, gradient of an activation."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ...typing import Array
from .gather import NOTHING
from .grid import THREADS, blocks
from .kernels import Fused, Kernels
from .tiles import LINEAR, RELU, SIGMOID, SOURCE, TANH, Tile, applied, cut, kernels
from .tiles import THREADS as ALL

TILES = (
    Tile(16, 16, 128, 4, 4, 16, rate=30),
    Tile(32, 32, 64, 4, 4, 4, rate=50),
    Tile(64, 64, 16, 4, 4, 1, rate=70),
    Tile(128, 128, 16, 8, 8, 1, rate=105),
)
"""Small ones so that small products fill the chip, large ones because each number that is read is used more often."""

PARAMETERS = (
    "const real* a, const real* b, const real* read, const real* bias, const real* y, real* c, real* last, "
    "int n, int m, int depth, int ai, int ap, int bp, int bj, int ones, int span, int reads, int function"
)


class Product(Fused):
    """
    Products of matrices for work that is a chain of our own kernels from end to end, large or small.

    By sizes alone (`cut`) tiles of 16, 32, 64 or 128 rows and columns are chosen, and whether sums are cut into parts
    that a second pass adds, for which there must be `room`. One product always adds in one order.
    """

    options: ClassVar[tuple[str, ...]] = ()  # where arithmetic counts, products and sums are rounded together

    source = (
        SOURCE
        + """
// A factor: elements in steps, each times the slope of an activation with output y there. Its last row may be ones.
template <class T, int SIDE> struct Factor {
    Along<T, SIDE> along;
    const real *a, *y, *from, *of;
    long long more;
    int jump, side, ones, function, start, last;
    __device__ Factor(const real* a_, const real* y_, int function_, int top, int size, int ones_, int step, int more_)
        : along(more_ == 1) {  // neighbours in memory are read by neighbouring threads
        const long long begin = (long long)(top + along.side) * step + (long long)along.depth * more_;
        a = a_ + begin;
        y = y_ ? y_ + begin : 0;
        jump = along.more_side * step + along.more_depth * more_;
        more = more_;
        side = size - top - along.side;
        ones = ones_ ? side - 1 : -1;
        function = function_;
    }
    __device__ void begin(int start_, int last_) {
        from = a + start_ * more;
        of = y ? y + start_ * more : 0;
        last = last_ - start_ - along.depth;
    }
    __device__ bool holds(int u) const { return u * along.more_side < side && u * along.more_depth < last; }
    __device__ real operator()(int u) const {
        const real value = holds(u) && u * along.more_side != ones ? from[u * jump] : real(0);
        return u * along.more_side == ones && u * along.more_depth < last ? real(1) : value;
    }
    template <int N> __device__ void finish(real (&values)[N]) const {
        if (!of) return;
#pragma unroll
        for (int u = 0; u < N; u++) values[u] *= holds(u) ? slope(of[u * jump], function) : real(0);
    }
};

__device__ real finished(real value, const real* bias, int column, const real* y, long long at, int function) {
    if (bias) return applied(value + bias[column], function);
    return y ? value * slope(y[at], function) : value;
}

// c (n, m): sums as they are in a part, else with what comes behind. The last row may have a place of its own.
struct Written {
    real *c, *last;
    const real *bias, *y;
    int n, m, top, side, function;
    __device__ void operator()(int i, int j, const real* sums) const {
        const int row = top + i, column = side + j, count = m - column;
        if (row >= n || count <= 0) return;
        const long long at = (long long)row * m + column;
        real made[4];
#pragma unroll
        for (int e = 0; e < 4; e++)
            made[e] = e < count ? finished(sums[e], bias, column + e, y, at + e, function) : real(0);
        put(last && row == n - 1 ? last + column : c + at, made, count);
    }
};

// c (n, m): the sum over p of a[i, p] b[p, j], whose elements lie the given steps apart.
template <class T>
__device__ void product(const real* a, const real* b, const real* read, const real* bias, const real* y, real* c,
                        real* last, int n, int m, int depth, int ai, int ap, int bp, int bj, int ones, int span,
                        int reads, int function) {
    const int top = blockIdx.y * T::ROWS, side = blockIdx.x * T::COLUMNS, part = blockIdx.z;
    const bool whole = span >= depth;
    const int first = part * span, end = depth - first < span ? depth : first + span;
    // The gradient that is read belongs to outputs y: it is the left factor, or the right one beside the ones.
    Factor<T, T::ROWS> left(a, ones ? 0 : read, reads, top, n, ones, ai, ap);
    Factor<T, T::COLUMNS> right(b, ones ? read : 0, reads, side, m, 0, bj, bp);
    const Written out = {c + (whole ? 0 : (long long)part * n * m), whole ? last : 0, whole ? bias : 0, whole ? y : 0,
                         n, m, top, side, function};
    multiplied<T>(left, right, out, first, end);
}
"""
        + kernels("product", TILES, PARAMETERS)
        + """
// c (n, m) from the sums of parts, one behind the other.
extern "C" __global__ void add_parts(const real* sums, const real* bias, const real* y, real* c, real* last, int n,
                                     int m, int parts, int function) {
    const long long at = (long long)blockIdx.x * blockDim.x + threadIdx.x, whole = (long long)n * m;
    if (at >= whole) return;
    real sum = 0;
#pragma unroll 8
    for (int part = 0; part < parts; part++) sum += sums[part * whole + at];
    const int column = at % m;
    sum = finished(sum, bias, column, y, at, function);
    if (last && at >= whole - m) last[column] = sum;
    else c[at] = sum;
}
"""
    )

    def __init__(self, kernels: Kernels, dtype: Any) -> None:
        super().__init__(kernels, dtype)
        self._tried: tuple[Tile, bool] | None = None

    def forward(
        self, x: Array, w: Array, b: Array, y: Array, function: int, room: Array | None = None
    ) -> None:
        """
        Write ``f(x w + b)`` into y (n, units).

        Args:
            x: (n, k).
            w: (k, units).
            b: (units,).
            y: Where it goes.
            function: f.
            room: Working memory of as many numbers as `room` says, to be quick where sums are long; None for none.
        """
        (n, k), units = x.shape, w.shape[1]
        arrays = x, w, NOTHING, b, NOTHING, y, NOTHING
        self._launch(arrays, (n, units, k), (k, 1, units, 1), room, function=function)

    def to_parameters(
        self,
        x: Array,
        dy: Array,
        grads: Array,
        db: Array | None = None,
        y: Array | None = None,
        function: int = LINEAR,
        room: Array | None = None,
    ) -> None:
        """
        Write the gradients of w and b.

        Args:
            x: The inputs (n, k).
            dy: The gradient of ``x w + b`` (n, units), or that of y if outputs are given.
            grads: Where that of w goes, (k, units); without ``db`` there is one row more, which is that of b.
            db: Where that of b goes, (units,).
            y: The outputs of the activation behind.
            function: That activation.
            room: As in `forward`.
        """
        (n, k), units = x.shape, dy.shape[1]
        arrays = x, dy, _or(y), NOTHING, NOTHING, grads, _or(db)
        self._launch(arrays, (k + 1, units, n), (1, k, units, 1), room, ones=1, reads=function)

    def to_inputs(
        self,
        dy: Array,
        w: Array,
        x: Array | None,
        dx: Array,
        function: int,
        y: Array | None = None,
        behind: int = LINEAR,
        room: Array | None = None,
    ) -> None:
        """
        Write the gradient of the inputs.

        Args:
            dy: The gradient of ``x w + b`` (n, units), or that of y if outputs are given.
            w: (k, units).
            x: The inputs (n, k), if the gradient of what an activation made them from is wanted; None for their own.
            dx: Where it goes, (n, k).
            function: The activation that made the inputs.
            y: The outputs of the activation behind.
            behind: That activation.
            room: As in `forward`.
        """
        (n, units), k = dy.shape, len(w)
        arrays = dy, w, _or(y), NOTHING, _or(x), dx, NOTHING
        self._launch(arrays, (n, k, units), (units, 1, 1, units), room, reads=behind, function=function)

    @staticmethod
    def room(n: int, k: int, units: int) -> int:
        """Return how many numbers of working memory the products of n samples with weights (k, units) can use."""
        return max(_parted(n, units, k), _parted(k + 1, units, n), _parted(n, k, units))

    def agrees(self) -> bool:
        functions = LINEAR, SIGMOID, TANH, RELU
        try:
            return all(
                self._agrees(tile, split, functions[(number + 2 * split) % 4])
                for number, tile in enumerate(TILES)
                for split in (False, True)
            )
        finally:
            self._tried = None

    def _agrees(self, tile: Tile, split: bool, function: int) -> bool:
        rng, send, empty = np.random.default_rng(function), self.xp.array, self.xp.empty
        n, k, units = tile.rows + 3, tile.depth + 5, tile.columns + 2

        def drawn(*shape: int) -> Any:
            return rng.standard_normal(shape).astype(self.dtype)

        x, w, b, dy = drawn(n, k), drawn(k, units) / 8, drawn(units), drawn(n, units)
        y, dx, dw, db = (empty(shape, self.dtype) for shape in ((n, units), (n, k), (k, units), (units,)))
        room = empty(-(-max(n, k, units) // tile.depth) * max(n, k + 1) * max(k, units), self.dtype)
        given = send(np.asarray(applied(x, function)[0], self.dtype)), send(w)
        self._tried = tile, split
        self.forward(given[0], given[1], send(b), y, function, room)
        self.to_parameters(given[0], send(dy), dw, db, y, function, room)
        self.to_inputs(send(dy), given[1], given[0], dx, function, y, function, room)
        made, slopes = applied(x, function)
        outputs, behind = applied(made @ w + b, function)
        dz = dy * behind
        expected = outputs, made.T @ dz, dz.sum(axis=0), dz @ w.T * slopes
        return all(map(self.near, (y, dw, db, dx), expected))

    def _launch(
        self,
        arrays: tuple[Any, ...],
        sizes: tuple[int, int, int],
        steps: tuple[int, ...],
        room: Array | None,
        *,
        ones: int = 0,
        reads: int = LINEAR,
        function: int = LINEAR,
    ) -> None:
        n, m, depth = sizes
        tile, span = self._cut(n, m, depth, 1 if room is None else room.size // (n * m))
        parts, (across, down) = -(-depth // span), tile.blocks(n, m)
        *factors, bias, y, c, last = arrays
        numbers = map(np.int32, (*sizes, *steps, ones, span, reads, function))
        target = c if parts == 1 else room
        self.function(f"product_{tile.name}")(
            (across, down, parts), (ALL,), (*factors, bias, y, target, last, *numbers)
        )
        if parts > 1:
            numbers = map(np.int32, (n, m, parts, function))
            self.function("add_parts")(blocks(n * m), (THREADS,), (room, bias, y, c, last, *numbers))

    def _cut(self, n: int, m: int, depth: int, most: int) -> tuple[Tile, int]:
        if self._tried is None:
            return cut(TILES, n, m, depth, 1, most)
        tile, split = self._tried
        return tile, tile.depth if split else depth


def _parted(n: int, m: int, depth: int) -> int:
    """Return how many numbers the parts of a product take; 0 if it has but one."""
    _, span = cut(TILES, n, m, depth, 1, depth)
    return n * m * -(-depth // span) if span < depth else 0


def _or(array: Array | None) -> Any:
    return NOTHING if array is None else array
