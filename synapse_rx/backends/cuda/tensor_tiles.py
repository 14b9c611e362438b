"""
Products in tiles by tensor cores, in float32: each factor is the sum of two numbers that tensor cores take.

Tensor cores of the Ampere generation and later multiply numbers of 11 bits (TF32). A number a of float32 is
``a' + a''``, both of 11 bits, but for its last bit or two; ``a b`` is ``a' b' + a' b'' + a'' b'`` to as many.
They add in float32, but cut off what does not fit rather than round it, so that sums of more than eight products are
added by the other units ("3xTF32", Ootomo & Yokota, 2022, "Recovering single precision accuracy from Tensor Cores while
surpassing the FP32 theoretical peak performance", sections 3 and 4). What is infinite becomes no number.
"""

from __future__ import annotations

SOURCE = """
#ifdef __CUDA_ARCH__
// c (16, 8) += a (16, 8) b (8, 8), each of whose elements some thread of the warp has.
__device__ void multiply_add(float* c, const unsigned* a, const unsigned* b) {
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
#endif

// Of what is no number the second half is none either. Tensor cores do not look at the last 13 bits.
__device__ void halves(float a, unsigned& large, unsigned& small) {
    large = (__float_as_uint(a) + 0x1000) & ~0x1FFFu;
    small = __float_as_uint(a - __uint_as_float(large));
}

// As ``multiplied``, by all warps of a block, two or one below the other.
template <class T> struct Warps {
    enum {
        DOWN = T::ROWS >= 32 ? 2 : 1, ACROSS = T::THREADS / 32 / DOWN,
        TALL = T::ROWS / DOWN / 16, WIDE = T::COLUMNS / ACROSS / 16, FIT = TALL * WIDE > 0,
        // Rows of shared memory begin 8 banks apart, so that the threads of a warp read from all of them.
        HIGH = T::ROWS + 8, BROAD = T::COLUMNS + 8, PIECE = T::DEPTH * (HIGH + BROAD)
    };

    template <class Left, class Right, class Out>
    __device__ static void multiplied(Left& left, Right& right, const Out& out, int first, int last) {
        __shared__ __align__(16) float room[2 * PIECE];
        const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, group = lane / 4, member = lane % 4;
        const int top = warp / ACROSS * TALL * 16 + group, side = warp % ACROSS * WIDE * 16;
        float sums[TALL][2 * WIDE][4], lefts[T::LEFTS], rights[T::RIGHTS];
#pragma unroll
        for (int u = 0; u < TALL; u++)
#pragma unroll
            for (int v = 0; v < 2 * WIDE; v++)
#pragma unroll
                for (int e = 0; e < 4; e++) sums[u][v][e] = 0;
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
                // Columns are dealt out so that two products give a thread four neighbours.
                const float* rows = room + phase * PIECE + member * HIGH + top;
                const float* columns = room + phase * PIECE + T::DEPTH * HIGH + member * BROAD + side + group / 2 * 4 +
                                       group % 2;
#pragma unroll 1  // more at once would take more registers than there are
                for (int k = 0; k < T::DEPTH; k += 8, rows += 8 * HIGH, columns += 8 * BROAD) {
                    unsigned a[TALL][4], fine_a[TALL][4], b[2 * WIDE][2], fine_b[2 * WIDE][2];
#pragma unroll
                    for (int u = 0; u < TALL; u++)
#pragma unroll
                        for (int e = 0; e < 4; e++)
                            halves(rows[e / 2 * 4 * HIGH + u * 16 + e % 2 * 8], a[u][e], fine_a[u][e]);
#pragma unroll
                    for (int v = 0; v < 2 * WIDE; v++)
#pragma unroll
                        for (int e = 0; e < 2; e++)
                            halves(columns[e * 4 * BROAD + v / 2 * 16 + v % 2 * 2], b[v][e], fine_b[v][e]);
#pragma unroll
                    for (int u = 0; u < TALL; u++)
#pragma unroll
                        for (int v = 0; v < 2 * WIDE; v++) {
                            float part[4] = {0, 0, 0, 0};
                            multiply_add(part, fine_a[u], b[v]);
                            multiply_add(part, a[u], fine_b[v]);
                            multiply_add(part, a[u], b[v]);
#pragma unroll
                            for (int e = 0; e < 4; e++) sums[u][v][e] += part[e];
                        }
                }
                phase ^= 1;
            }
            if (next < last) {
                float* piece = room + phase * PIECE;
#pragma unroll
                for (int u = 0; u < T::LEFTS; u++) piece[left.along.at(u, HIGH)] = lefts[u];
#pragma unroll
                for (int u = 0; u < T::RIGHTS; u++) piece[T::DEPTH * HIGH + right.along.at(u, BROAD)] = rights[u];
            }
            __syncthreads();
        }
#pragma unroll
        for (int u = 0; u < TALL; u++)
#pragma unroll
            for (int v = 0; v < WIDE; v++)
#pragma unroll
                for (int e = 0; e < 4; e += 2) {
                    const real four[4] = {sums[u][2 * v][e], sums[u][2 * v][e + 1], sums[u][2 * v + 1][e],
                                          sums[u][2 * v + 1][e + 1]};
                    out(top + u * 16 + e * 4, side + v * 16 + member * 4, four);
                }
    }
};

template <class T, class Left, class Right, class Out>
__device__ void by_units(Left& left, Right& right, const Out& out, int first, int last) {
    multiplied<T>(left, right, out, first, last);
}

// Of numbers in float64, and in tiles too small for all warps, the other units make products.
template <class T, bool BY_TENSORS> struct By {
    template <class Left, class Right, class Out>
    __device__ static void multiplied(Left& left, Right& right, const Out& out, int first, int last) {
        by_units<T>(left, right, out, first, last);
    }
};
template <class T> struct By<T, true> : Warps<T> {};
"""
"""In CUDA C++, to come behind that of `tiles`: ``By<T, true>::multiplied`` in place of ``multiplied<T>``."""
