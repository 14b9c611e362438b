"""
Recurrent layers: whole sequences in one launch, or two launches a step, by the size of the weights of states.

A step needs the states of the one before, so its product with U (units, gates units) is small, and what it takes is
the time to launch kernels and to fetch U. There are two ways:

* **A sequence in one launch.** A block of threads has 4 or 8 samples to itself and needs no other block: states stay in
  its shared memory, and it reads U anew in each step, from the second-level cache. A multiprocessor is sent 64 bytes a
  clock from there: U of 128 units with four gates, 256 KB in float32, takes it 4096 clocks (2.3 us on an H200), in
  which it could do 8 samples' products; 32 blocks or 132 of them do not wait for each other. So 28 steps take about
  70 us forward, and as much back.
* **A product by the library and a kernel for the rest.** Two launches a step, 5 to 10 us, whatever the size up to 256
  units or so; and far better for weights that one multiprocessor would have to fetch for too long.

They meet between 128 and 256 units of four gates, so blocks walk alone up to `WEIGHTS`; and up to `SAMPLES`, behind
which products over all samples are large enough to be faster by the library. (Blocks that share U between them, each
keeping a part, would have to wait for one another in each step; that is not done.)
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import numpy as np

from .gather import NOTHING
from .grid import THREADS, blocks
from .kernels import Fused

WEIGHTS = 1 << 17
"""The most numbers in U of one direction that a block of threads reads in every step."""

SAMPLES = 4096
"""The most samples of which each is walked through by one block."""

FEW, MANY = 4, 8
"""Samples of a block: so many that all multiprocessors have something to do, or twice that where samples are many."""

BUSY = 132 * FEW
"""Samples from which on no multiprocessor would be idle with `MANY` samples to a block either."""

Step = Callable[..., tuple[Any, Any]]


class Sequences(NamedTuple):
    """
    The sizes of what one direction of a level reads.

    Attributes:
        steps, samples, units, directions: As they are.
        direction: 0 from the start, 1 from the end.
    """

    steps: int
    samples: int
    units: int
    directions: int
    direction: int


class Recurrence(NamedTuple):
    """
    The arrays of one direction of a level; `NOTHING` where there is none.

    Attributes:
        sizes: The sizes.
        function: The activation, by the number that the kernels give it.
        z: What inputs add to the gates, (T, N, gates units); after the forward pass the gates.
        dz: Where the gradient of it goes, the same memory or other.
        dv: Where the gradient of the products of states goes where it is another, (T, N, gates units).
        U, b: All weights of states, (units, directions gates units), and biases (directions gates units,).
        turned: Those of this direction turned, (gates units, units).
        more: Further parameters, of all directions.
        h, c: All states of the level (T + 2, N, directions units), those before the first step and behind the last too.
        inner: What a member keeps of each step for the way back, (T, N, units).
    """

    sizes: Sequences
    function: int
    z: Any
    dz: Any
    dv: Any
    U: Any
    b: Any
    turned: Any
    more: Any
    h: Any
    c: Any
    inner: Any


class RecurrentKernels(Fused):
    """
    What recurrent layers do step by step; members say in CUDA C++ and in numpy what happens in a step.

    A member's `cell` has two functions for one unit of one sample. ``after`` takes z, which gates take the place of,
    and the products of states, both with biases ``units`` apart from gate to gate, to the state, and may keep a number;
    ``back`` takes the gradient of a state to those of z (d) and of the products (v), and returns what of it passes to
    the state before other than by products.
    """

    cell: ClassVar[str]
    gates: ClassVar[int]
    vectors: ClassVar[int] = 0
    """Further parameters, in vectors of units for each direction."""

    has_cells: ClassVar[bool] = False
    keeps_inner: ClassVar[bool] = False
    functions: ClassVar[tuple[int, ...]] = (0,)
    most_rows: ClassVar[int] = MANY
    """The most samples of a block."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        units = most_units(cls.gates)
        sizes = {"GATES": cls.gates, "VECTORS": cls.vectors, "UNITS": units, "COLUMNS": cls.gates * units}
        defined = "".join(f"#define {name} {size}\n" for name, size in sizes.items())
        walks = "".join(_WALKS.replace("ROWS", str(rows)) for rows in sorted({FEW, cls.most_rows}))
        cls.options = (f"--maxrregcount={_registers(cls.gates * units)}",)
        cls.source = defined + _BEGIN + cls.cell + _STEPS + walks

    @abstractmethod
    def step(self, function: int) -> Step:
        """Return what computes (state, cell) in numpy from products and z + b, (gates, N, units), h, c and more."""

    def rows(self, sizes: Sequences) -> int:
        """Return how many samples a block walks through all steps with, 0 if that is not for these sizes."""
        if sizes.units > most_units(self.gates) or sizes.samples > SAMPLES:
            return 0
        return self.most_rows if sizes.samples > BUSY and self.dtype == np.float32 else FEW

    def forward(self, of: Recurrence, counts: Any) -> None:
        """Read all steps; ``counts`` is 1 where a step counts, else 0, (T, N, 1)."""
        arrays = (of.z, of.U, of.b, of.more, counts, of.h, of.c, of.inner)
        self._walk("forward", of, (*arrays, np.int32(of.function)))

    def backward(self, of: Recurrence, counts: Any, dy: Any, last: Any, truncate: int) -> None:
        """
        Take gradients back through all steps.

        Args:
            of, counts: As in `forward`.
            dy: The gradient of each state, (T, N, units).
            last: That of the state after the last step, (N, units).
            truncate: Steps after which gradients are cut, 0 for never.
        """
        states = (of.h, of.c, of.inner)
        arrays = (of.z, of.dz, of.dv, of.turned, of.more, counts, dy, last, *states)
        self._walk("backward", of, (*arrays, np.int32(of.function), np.int32(truncate)))

    def forward_step(self, of: Recurrence, counts: Any, product: Any, t: int) -> None:
        """Do step t, given the product of the states before it with U, (N, gates units)."""
        arrays = (product, of.z, of.b, of.more, counts, of.h, of.c, of.inner)
        self._step("forward_step", of, (*arrays, np.int32(of.function), np.int32(t)))

    def backward_step(
        self,
        of: Recurrence,
        counts: Any,
        incoming: tuple[Any, Any],
        running: tuple[Any, Any],
        product: Any,
        t: int,
    ) -> None:
        """
        Go back through step t.

        Args:
            of, counts: As in `forward`.
            incoming: dy and last, as in `backward`.
            running: What passes from step to step of the gradient of the state, other than by products, and of that of
                the cell, (N, units).
            product: What passes by products, (N, units); `NOTHING` where no gradient comes from behind.
        """
        states = (of.h, of.c, of.inner)
        arrays = (of.z, of.dz, of.dv, product, *running, of.more, counts, *incoming, *states)
        self._step("backward_step", of, (*arrays, np.int32(of.function), np.int32(t)))

    def agrees(self) -> bool:
        return all(self._agrees(function, whole) for function in self.functions for whole in (True, False))

    def _walk(self, name: str, of: Recurrence, args: tuple[Any, ...]) -> None:
        rows, width = self.rows(of.sizes), self.gates * of.sizes.units
        grid, block = (-(-of.sizes.samples // rows),), (-(-width // 32) * 32,)
        self.function(f"{name}_{rows}")(grid, block, (*args, *map(np.int32, of.sizes)))

    def _step(self, name: str, of: Recurrence, args: tuple[Any, ...]) -> None:
        grid = blocks(of.sizes.samples * of.sizes.units)
        self.function(name)(grid, (THREADS,), (*args, *map(np.int32, of.sizes)))

    def _agrees(self, function: int, whole: bool) -> bool:
        """Compare with numpy, whose gradients are taken by complex steps (Squire & Trapp, 1998): exact to rounding."""
        rng, xp, sizes = np.random.default_rng(function), self.xp, Sequences(3, FEW + 1, 9, 2, 1)
        steps, n, units, _, _ = sizes
        width, states = self.gates * units, (steps + 2, n, 2 * units)

        def draw(*shape: int) -> Any:
            return (rng.standard_normal(shape) * 0.7).astype(self.dtype)

        def room(*shape: int) -> Any:
            return xp.empty(shape, self.dtype)

        U, b, more, z = (
            draw(units, 2 * width),
            draw(2 * width),
            draw(2 * self.vectors * units),
            draw(steps, n, width),
        )
        h, c, dy, last = draw(*states), draw(*states), draw(steps, n, units), draw(n, units)
        counts = np.ones((steps, n, 1), self.dtype)
        counts[2, 1] = counts[1:, 3] = 0
        own = slice(width, None)
        of = Recurrence(
            sizes,
            function,
            z=xp.array(z),
            dz=room(*z.shape),
            dv=room(*z.shape),
            U=xp.array(U),
            b=xp.array(b),
            turned=xp.array(np.ascontiguousarray(U[:, own].T)),
            more=xp.array(more) if self.vectors else NOTHING,
            h=xp.array(h),
            c=xp.array(c) if self.has_cells else NOTHING,
            inner=room(steps, n, units) if self.keeps_inner else NOTHING,
        )
        sent = [xp.array(one) for one in (counts, dy, last)]
        (self._all_at_once if whole else self._one_by_one)(of, U[:, own], *sent)
        host = z, U[:, own], b[own], more[self.vectors * units :], counts, h[-1, :, units:], c[-1, :, units:]
        expected = self._expected(self.step(function), host, dy, last)
        return all(map(self.near, (of.h[1:-1, :, units:], of.dz, of.dv), expected))

    def _all_at_once(self, of: Recurrence, U: Any, counts: Any, dy: Any, last: Any) -> None:
        self.forward(of, counts)
        self.backward(of, counts, dy, last, 0)

    def _one_by_one(self, of: Recurrence, U: Any, counts: Any, dy: Any, last: Any) -> None:
        xp, (steps, n, units, _, _) = self.xp, of.sizes
        for t in range(steps - 1, -1, -1):
            product = xp.asnumpy(of.h)[t + 2, :, units:] @ U
            self.forward_step(of, counts, xp.array(product), t)
        running = xp.empty((n, units), self.dtype), xp.empty((n, units), self.dtype)
        product = NOTHING
        for t in range(steps):
            self.backward_step(of, counts, (dy, last if t == 0 else NOTHING), running, product, t)
            product = xp.array(xp.asnumpy(of.dv)[t] @ np.ascontiguousarray(U.T))

    def _expected(self, step: Step, host: Any, dy: Any, last: Any) -> tuple[Any, Any, Any]:
        """Return the states and the gradients of z and of products, of a sequence read from its end."""
        z, U, b, more, counts, h, c = (one.astype(np.complex128) for one in host)
        steps, n, width = z.shape
        units = len(U)
        parts = more.reshape(-1, units)

        def states(to_z: Any, to_product: Any) -> Any:
            found, state, cell = np.empty((steps, n, units), np.complex128), h, c
            for t in range(steps - 1, -1, -1):
                state, cell = step(
                    (state @ U + to_product[t]).reshape(n, -1, units).swapaxes(0, 1),
                    (z[t] + b + to_z[t]).reshape(n, -1, units).swapaxes(0, 1),
                    state,
                    cell,
                    parts,
                )
                state, cell = state * counts[t], cell * counts[t]
                found[t] = state
            return found

        none, tiny = np.zeros_like(z), 1e-40
        gradients = np.empty((2, steps, n, width))
        for t, column in np.ndindex(steps, width):
            for which in range(2):
                moved = none.copy()
                moved[t, :, column] = 1j * tiny
                slopes = states(*((moved, none) if which == 0 else (none, moved))).imag / tiny
                gradients[which, t, :, column] = (slopes * dy).sum(axis=(0, 2)) + (slopes[0] * last).sum(
                    axis=1
                )
        return states(none, none).real, gradients[0], gradients[1]


def most_units(gates: int) -> int:
    """Return the most units whose weights a block of threads reads in every step."""
    return int((WEIGHTS / gates) ** 0.5)


def _registers(threads: int) -> int:
    """Return how many registers each of so many threads of a block may have, of 2^16 that come in parts of 8."""
    return min(128, (1 << 16) // (-(-threads // 32) * 32) // 8 * 8)


_BEGIN = """
#define HELD(rows) ((rows) <= 32 / (int)sizeof(real) ? (rows) : 32 / (int)sizeof(real))

__device__ real logistic(real a) { return real(1) / (real(1) + exp(-a)); }

// What the way back through a step finds of one unit of one sample: gates, states and cells before and after the step,
// what was kept, the gradient from above, and whether the step counts.
struct Seen {
    real gates[GATES], before, after, cell_before, cell, inner, dy, count;
};

__device__ Seen seen(const real* z, const real* counts, const real* dy, const real* h, const real* c,
                     const real* inner, int t, int row, int unit, int n, int units, int directions, int direction) {
    const int stride = directions * units;
    const long long sample = (long long)t * n + row, at = (sample + n) * stride + direction * units + unit;
    const long long before = direction ? at + (long long)n * stride : at - (long long)n * stride;
    Seen found;
    for (int gate = 0; gate < GATES; gate++) found.gates[gate] = z[(sample * GATES + gate) * units + unit];
    found.before = h[before];
    found.after = h[at];
    found.cell_before = c ? c[before] : real(0);
    found.cell = c ? c[at] : real(0);
    found.inner = inner ? inner[sample * units + unit] : real(0);
    found.dy = dy ? dy[sample * units + unit] : real(0);
    found.count = counts ? counts[sample] : real(1);
    return found;
}

#define AHEAD 16

// Adds to the sum of each row the products of its numbers, which stand together for all rows, with a column of weights.
template <int ROWS>
__device__ void add_products(const real* weights, int step, const real* given, int depth, real* sums) {
    int k = 0;
    // Many reads of weights are under way at once: they come from far.
    for (; k + AHEAD <= depth; k += AHEAD) {
        real ahead[AHEAD];
#pragma unroll
        for (int j = 0; j < AHEAD; j++) ahead[j] = weights[(long long)(k + j) * step];
#pragma unroll
        for (int j = 0; j < AHEAD; j++)
            for (int row = 0; row < ROWS; row++) sums[row] += given[(k + j) * ROWS + row] * ahead[j];
    }
#pragma unroll 1
    for (; k < depth; k++)
        for (int row = 0; row < ROWS; row++) sums[row] += given[k * ROWS + row] * weights[(long long)k * step];
}
"""

_STEPS = """
extern "C" __global__ void forward_step(const real* product, real* z, const real* b, const real* more,
                                        const real* counts, real* h, real* c, real* inner, int function, int t,
                                        int steps, int n, int units, int directions, int direction) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= (long long)n * units) return;
    const long long row = k / units, sample = (long long)t * n + row;
    const int unit = k - row * units, stride = directions * units;
    const long long at = (sample + n) * stride + direction * units + unit;
    const long long before = direction ? at + (long long)n * stride : at - (long long)n * stride;
    const real count = counts ? counts[sample] : real(1);
    real gates[GATES], cell = c ? c[before] : real(0), kept = 0;
    for (int gate = 0; gate < GATES; gate++) gates[gate] = z[(sample * GATES + gate) * units + unit];
    const real made = after(gates, product + row * GATES * units + unit, b + direction * GATES * units + unit,
                            more ? more + direction * VECTORS * units + unit : more, h[before], &cell, &kept, units,
                            function);
    for (int gate = 0; gate < GATES; gate++) z[(sample * GATES + gate) * units + unit] = gates[gate];
    h[at] = made * count;
    if (c) c[at] = cell * count;
    if (inner) inner[sample * units + unit] = kept;
}

extern "C" __global__ void backward_step(const real* z, real* dz, real* dv, const real* product, real* dh, real* dc,
                                         const real* more, const real* counts, const real* dy, const real* last,
                                         const real* h, const real* c, const real* inner, int function, int t,
                                         int steps, int n, int units, int directions, int direction) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= (long long)n * units) return;
    const long long row = k / units, sample = (long long)t * n + row;
    const int unit = k - row * units;
    const Seen found = seen(z, counts, dy, h, c, inner, t, row, unit, n, units, directions, direction);
    real gradient = product ? dh[k] + product[k] : real(0), cell = product && c ? dc[k] * found.count : real(0);
    if (last) gradient += last[k];
    real d[GATES], v[GATES];
    dh[k] = back((gradient + found.dy) * found.count, &cell, found,
                 more ? more + direction * VECTORS * units + unit : more, units, function, d, v);
    if (c) dc[k] = cell;
    for (int gate = 0; gate < GATES; gate++) {
        dz[(sample * GATES + gate) * units + unit] = d[gate];
        if (dv) dv[(sample * GATES + gate) * units + unit] = v[gate];
    }
}
"""

_WALKS = """
// A thread has a column of the product, and this many units of samples.
#define PAIRS ((ROWS + GATES - 1) / GATES)

extern "C" __global__ void forward_ROWS(real* z, const real* u, const real* b, const real* more, const real* counts,
                                        real* h, real* c, real* inner, int function,
                                        int steps, int n, int units, int directions, int direction) {
    __shared__ __align__(16) real state[HELD(ROWS) * UNITS];
    __shared__ real product[HELD(ROWS) * COLUMNS];
    __shared__ real cells[HELD(ROWS) * UNITS];
    const int width = GATES * units, stride = directions * units, first = blockIdx.x * ROWS;
    const int column = threadIdx.x, threads = blockDim.x;
    for (int k = threadIdx.x; k < ROWS * units; k += threads) {
        const int row = k / units, unit = k - row * units;
        const long long sample = (direction ? (long long)(steps + 1) * n : 0) + first + row;
        const long long at = sample * stride + direction * units + unit;
        state[unit * ROWS + row] = first + row < n ? h[at] : real(0);
        cells[k] = c && first + row < n ? c[at] : real(0);
    }
    const real* weights = u + direction * width + column;
    for (int number = 0; number < steps; number++) {
        const int t = direction ? steps - 1 - number : number;
        // What the step needs besides the product is on its way meanwhile.
        real gates[PAIRS][GATES];
#pragma unroll
        for (int pair = 0; pair < PAIRS; pair++) {
            const int k = threadIdx.x + pair * threads, row = k / units, unit = k - row * units;
            const bool there = row < ROWS && first + row < n;
            const long long sample = (long long)t * n + first + row;
            for (int gate = 0; gate < GATES; gate++)
                gates[pair][gate] = there ? z[(sample * GATES + gate) * units + unit] : real(0);
        }
        __syncthreads();
        if (column < width) {
            real sums[ROWS] = {0};
            add_products<ROWS>(weights, directions * width, state, units, sums);
            for (int row = 0; row < ROWS; row++) product[row * width + column] = sums[row];
        }
        __syncthreads();
#pragma unroll
        for (int pair = 0; pair < PAIRS; pair++) {
            const int k = threadIdx.x + pair * threads, row = k / units, unit = k - row * units;
            if (row >= ROWS || first + row >= n) continue;
            const long long sample = (long long)t * n + first + row;
            const long long at = (sample + n) * stride + direction * units + unit;
            const real count = counts ? counts[sample] : real(1);
            real cell = cells[k], kept = 0;
            const real made = count * after(gates[pair], product + row * width + unit, b + direction * width + unit,
                                            more ? more + direction * VECTORS * units + unit : more,
                                            state[unit * ROWS + row], &cell, &kept, units, function);
            for (int gate = 0; gate < GATES; gate++) z[(sample * GATES + gate) * units + unit] = gates[pair][gate];
            state[unit * ROWS + row] = h[at] = made;
            cells[k] = cell *= count;
            if (c) c[at] = cell;
            if (inner) inner[sample * units + unit] = kept;
        }
    }
}

extern "C" __global__ void backward_ROWS(const real* z, real* dz, real* dv, const real* turned, const real* more,
                                         const real* counts, const real* dy, const real* last, const real* h,
                                         const real* c, const real* inner, int function, int truncate,
                                         int steps, int n, int units, int directions, int direction) {
    __shared__ __align__(16) real room[HELD(ROWS) * COLUMNS];
    __shared__ real dh[HELD(ROWS) * UNITS];
    __shared__ real dc[HELD(ROWS) * UNITS];
    const int width = GATES * units, first = blockIdx.x * ROWS;
    const int column = threadIdx.x, threads = blockDim.x, part = column / units, place = column - part * units;
    Seen found[PAIRS];
#pragma unroll
    for (int pair = 0; pair < PAIRS; pair++) {
        const int k = threadIdx.x + pair * threads, row = k / units, t = direction ? 0 : steps - 1;
        if (row >= ROWS) continue;
        const bool there = first + row < n;
        if (there)
            found[pair] = seen(z, counts, dy, h, c, inner, t, first + row, k - row * units, n, units, directions,
                               direction);
        dh[k] = last && there ? last[(long long)first * units + k] : real(0);
        dc[k] = 0;
    }
    for (int number = steps - 1; number >= 0; number--) {
        const int t = direction ? steps - 1 - number : number;
        const bool passes = number > 0 && (truncate == 0 || number % truncate > 0);
        // Numbers of dh and dc are those of one thread throughout.
#pragma unroll
        for (int pair = 0; pair < PAIRS; pair++) {
            const int k = threadIdx.x + pair * threads, row = k / units, unit = k - row * units;
            if (row >= ROWS) continue;
            real d[GATES], v[GATES] = {0};
            if (first + row < n) {
                const long long sample = (long long)t * n + first + row;
                const Seen& here = found[pair];
                real cell = dc[k] * here.count;
                const real kept = back((dh[k] + here.dy) * here.count, &cell, here,
                                       more ? more + direction * VECTORS * units + unit : more, units, function, d, v);
                for (int gate = 0; gate < GATES; gate++) {
                    dz[(sample * GATES + gate) * units + unit] = d[gate];
                    if (dv) dv[(sample * GATES + gate) * units + unit] = v[gate];
                }
                dh[k] = passes ? kept : real(0);
                dc[k] = passes ? cell : real(0);
                // What the step before needs is on its way while products are summed.
                if (number > 0)
                    found[pair] = seen(z, counts, dy, h, c, inner, direction ? t + 1 : t - 1, first + row, unit, n,
                                       units, directions, direction);
            }
            for (int gate = 0; gate < GATES; gate++) room[(gate * units + unit) * ROWS + row] = v[gate];
        }
        if (!passes) continue;
        __syncthreads();
        // Each thread has the products of one unit with one gate.
        real sums[ROWS] = {0};
        if (column < width)
            add_products<ROWS>(turned + (long long)part * units * units + place, units, room + part * units * ROWS,
                               units, sums);
        __syncthreads();
        if (column < width)
            for (int row = 0; row < ROWS; row++) room[(part * ROWS + row) * units + place] = sums[row];
        __syncthreads();
        for (int k = threadIdx.x; k < ROWS * units; k += threads) {
            real sum = dh[k];
            for (int gate = 0; gate < GATES; gate++) sum += room[gate * ROWS * units + k];
            dh[k] = sum;
        }
        __syncthreads();
    }
}
#undef PAIRS
"""
