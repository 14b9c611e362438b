"""The text of kernels of recurrent layers: around what a layer does in a step, given in CUDA C++."""

from __future__ import annotations

from collections.abc import Iterable


def source(cell: str, gates: int, vectors: int, units: int, rows: Iterable[int]) -> str:
    """
    Return the text for a layer.

    Args:
        cell: What it does in a step, the functions ``after`` and ``back``.
        gates: Its gates.
        vectors: Its further parameters, in vectors of units.
        units: The most units whose weights a block of threads reads in every step.
        rows: The numbers of samples of a block, each a kernel of its own.
    """
    sizes = {"GATES": gates, "VECTORS": vectors, "UNITS": units, "COLUMNS": gates * units}
    defined = "".join(f"#define {name} {size}\n" for name, size in sizes.items())
    walks = "".join(_WALKS.replace("ROWS", str(many)) for many in rows)
    return defined + _BEGIN + cell + _STEPS + walks


def registers(threads: int) -> int:
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
