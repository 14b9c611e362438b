"""The passes of convolutions in CUDA C++ (`ConvKernels`)."""

from __future__ import annotations

from .tiles import SOURCE as TILED
from .tiles import Tile, kernels

GATHERING = (
    Tile(16, 128, 16, 4, 4, 2, rate=50),
    Tile(32, 32, 32, 4, 4, 4, rate=45),
    Tile(32, 128, 16, 8, 4, 2, rate=65),
    Tile(64, 128, 16, 8, 4, 1, rate=75, together=2),
    Tile(128, 128, 16, 8, 8, 1, rate=85),
)
"""Rows are channels, columns places: where channels are few, tiles are low."""

WEIGHING = (
    Tile(16, 32, 32, 4, 4, 8, rate=35),
    Tile(32, 64, 16, 8, 4, 4, rate=55),
    Tile(64, 64, 16, 8, 4, 2, rate=65),
    Tile(128, 128, 8, 8, 8, 1, rate=85),
)
"""Rows are maps, columns elements of a window."""

LANES, HANDS = 32, 16
"""A block where parts are added: so many sums side by side, and threads that have a share of the parts of each."""

CORRELATE = (
    "const real* source, const real* weights, const real* bias, real* out, unsigned char* taken, const int* terms, "
    "const int* steps, const int* starts, int n, int rows, int groups, int channels, int D, int H, int W, int bd, "
    "int bh, int bw, int ed, int eh, int ew, int OD, int OH, int OW, int sd, int sh, int sw, int pool, int row_step, "
    "int group_step, int padded, int function, int early"
)
WEIGH = (
    "const real* dy, const real* y, const unsigned char* marks, const real* images, real* dw, real* db, real* room, "
    "const int* terms, const int* steps, int n, int rows, int columns, int groups, int channels, int MD, int MH, "
    "int MW, int shifts, int m_all, int s_all, int m_level, int s_level, int m_row, int s_row, int bd, int bh, int bw, "
    "int ed, int eh, int ew, int D, int H, int W, int row_step, int group_step, int span, int biased, int padded, "
    "int function"
)

SOURCE = (
    TILED
    + """
// What is read under a window: how far behind the window's first element it lies in memory, which of the elements of a
// channel it is, and how far away along the axes, the last two of which share a number.
struct __align__(16) Term {
    int offset, tap, d, both;
    __device__ int h() const { return both >> 16; }
    __device__ int w() const { return (int)(short)both; }
};

// By how many bits a place is that of a window, along each axis, and which element of that window it is.
struct Shifts {
    int d, h, w;
    __device__ Shifts(int packed) : d(packed & 3), h(packed >> 2 & 3), w(packed >> 4) {}
    __device__ int element(int pd, int ph, int pw) const {
        return ((pd & ((1 << d) - 1)) << (h + w)) | ((ph & ((1 << h) - 1)) << w) | (pw & ((1 << w) - 1));
    }
};

// Maps or images as they lie in memory, and what has to be done to what is read there.
struct Values {
    const real *at, *y;
    const unsigned char* marks;
    int function;
    // What is left of the one that is read at a place.
    __device__ real kept(real value, long long k, int element) const {
        // Only the largest of a window takes its gradient.
        if (marks && marks[k] != element) return real(0);
        return y ? value * slope(y[k], function) : value;
    }
};

// The columns of a product: places, or the four places of each window one behind the other.
struct Places {
    int depth, height, width, packed, all;
    __device__ void find(int column, int& sample, int& d, int& h, int& w) const {
        sample = column / all;
        int rest = column - sample * all, element = 0;
        if (packed) element = rest & 3, rest >>= 2;
        const int row = rest / width;
        w = rest - row * width;
        d = row / height;
        h = row - d * height;
        if (packed) {
            const Shifts by(packed);
            d = (d << by.d) | element >> (by.h + by.w);
            h = (h << by.h) | (element >> by.w & ((1 << by.h) - 1));
            w = (w << by.w) | (element & ((1 << by.w) - 1));
        }
    }
};

template <class T> struct Weights {
    Along<T, T::ROWS> along;
    const real* w;
    const int* steps;
    int row_step, rows, step;
    bool there;
    __device__ Weights(const real* w_, const int* steps_, int row_step_, int rows_) : along(true) {
        w = w_ + (long long)along.side * row_step_;
        steps = steps_;
        row_step = along.more_side * row_step_;
        rows = rows_ - along.side;
    }
    __device__ void begin(int start, int last) {
        there = start + along.depth < last;
        step = there ? steps[start + along.depth] : 0;
    }
    __device__ real operator()(int u) const {
        return there && u * along.more_side < rows ? w[u * row_step + step] : real(0);
    }
    template <int N> __device__ void finish(real (&values)[N]) const {}
};

template <class T> struct Under {
    Along<T, T::COLUMNS> along;
    const real* image;
    const Term* terms;
    // Which of up to 64 elements of a window lie within the image: the column of a thread is always the same.
    unsigned long long mask;
    int offset[T::RIGHTS];
    unsigned held;
    __device__ Under(const int* terms_) : along(false), terms((const Term*)terms_) {}
    __device__ void look(int taps, int d, int h, int w, int D, int H, int W) {
        mask = 0;
        for (int tap = 0; tap < taps; tap++) {
            const Term term = terms[tap];
            const bool held = (unsigned)(d + term.d) < (unsigned)D && (unsigned)(h + term.h()) < (unsigned)H &&
                              (unsigned)(w + term.w()) < (unsigned)W;
            mask |= (unsigned long long)held << tap;
        }
    }
    // All places first, and then what lies there, so that no thread waits for one of them after the other.
    __device__ void begin(int start, int last) {
        held = 0;
#pragma unroll
        for (int u = 0; u < T::RIGHTS; u++) {
            const int k = start + along.depth + u * along.more_depth;
            const Term term = terms[k < last ? k : 0];
            offset[u] = term.offset;
            held |= (k < last ? (unsigned)(mask >> (term.tap & 63)) & 1u : 0u) << u;
        }
    }
    __device__ real operator()(int u) const { return held >> u & 1 ? image[offset[u]] : real(0); }
    template <int N> __device__ void finish(real (&values)[N]) const {}
};

struct Made {
    const real* bias;
    real* out;
    unsigned char* taken;
    Places places;
    int columns, rows, channels, first, top, side, OD, OH, OW, sd, sh, sw, fd, fh, fw, function, early;
    __device__ void operator()(int i, int j, const real* sums) const {
        const int row = top + i, column = side + j;
        if (row >= rows || column >= columns) return;
        const real more = bias ? bias[first + row] : real(0);
        real made[4];
#pragma unroll
        for (int e = 0; e < 4; e++) {
            made[e] = sums[e] + more;
            if (early) made[e] = applied(made[e], function);
        }
        const int sample = column / places.all, rest = column - sample * places.all;
        const long long plane = (long long)sample * channels + first + row;
        if (places.packed) {
            real best = made[0];
            int mark = 0;
#pragma unroll
            for (int e = 1; e < 4; e++)
                // What is not a number is the largest, as in numpy.
                if (made[e] > best || (made[e] != made[e] && best == best)) best = made[e], mark = e;
            const long long at = plane * (places.all >> 2) + (rest >> 2);
            out[at] = early ? best : applied(best, function);
            if (taken) taken[at] = (unsigned char)mark;
            return;
        }
        if (!early)
#pragma unroll
            for (int e = 0; e < 4; e++) made[e] = applied(made[e], function);
        if (sd * sh * sw == 1 && rest + 4 <= places.all) {
            put(out + plane * places.all + rest, made, 4);
            return;
        }
        for (int e = 0; e < 4; e++) {
            if (column + e >= columns) return;
            int n, d, h, w;
            places.find(column + e, n, d, h, w);
            const long long at = (((long long)n * channels + first + row) * OD + fd + d * sd) * OH + fh + h * sh;
            out[at * OW + fw + w * sw] = e == 0 ? made[0] : e == 1 ? made[1] : e == 2 ? made[2] : made[3];
        }
    }
};

// Places of out stand in steps of s from f on. Each is the sum over terms, at its place times b plus e, and the bias.
template <class T>
__device__ void correlate("""
    + CORRELATE
    + """) {
    const int phase = blockIdx.z / groups, group = blockIdx.z % groups;
    const int fw = phase % sw, fh = phase / sw % sh, fd = phase / (sw * sh);
    const Shifts of(pool);
    Places places = {((OD - fd + sd - 1) / sd) >> of.d, ((OH - fh + sh - 1) / sh) >> of.h,
                     ((OW - fw + sw - 1) / sw) >> of.w, pool, 0};
    places.all = places.depth * places.height * places.width << (of.d + of.h + of.w);
    const int columns = n * places.all, top = blockIdx.y * T::ROWS, side = blockIdx.x * T::COLUMNS;
    if (side >= columns) return;
    const int column = side + (int)threadIdx.x % T::COLUMNS, first = starts[phase], last = starts[phase + 1];
    int sample, d, h, w;
    places.find(column < columns ? column : 0, sample, d, h, w);
    d = d * bd + ed, h = h * bh + eh, w = w * bw + ew;
    const real* begin = weights + (long long)group * group_step + (long long)top * row_step;
    Weights<T> left(begin, steps + first, row_step, rows - top);
    Under<T> right(terms + 4 * first);
    right.image = source + ((long long)sample * groups + group) * channels * D * H * W + (d * H + h) * W + w;
    right.mask = ~0ull;
    if (padded) right.look((last - first) / channels, d, h, w, D, H, W);
    if (column >= columns) right.mask = 0;
    const Made made = {bias, out, taken, places, columns, rows, groups * rows, group * rows, top, side,
                       OD, OH, OW, sd, sh, sw, fd, fh, fw, function, early};
    multiplied<T>(left, right, made, 0, last - first);
}

// Which sample and place of the maps an element of a sum belongs to; quotients by multiplication.
struct Walk {
    int m_all, s_all, all, m_level, s_level, level, m_row, s_row, row;
    __device__ static int over(int k, int m, int s) { return (int)((__umulhi((unsigned)k, (unsigned)m) + k) >> s); }
    __device__ void find(int k, int& sample, int& d, int& h, int& w) const {
        sample = over(k, m_all, s_all);
        k -= sample * all;
        d = over(k, m_level, s_level);
        k -= d * level;
        h = over(k, m_row, s_row);
        w = k - h * row;
    }
};

template <class T> struct Given {
    Along<T, T::ROWS> along;
    Values values;
    Walk walk;
    Shifts by;
    int MH, MW, first, total, rows, plane, element, jump, sample, d, h, w;
    long long at;
    bool there;
    __device__ Given(const Values& values_, const Walk& walk_, int shifts)
        : along(true), values(values_), walk(walk_), by(shifts) {}
    __device__ void begin(int start, int last) {
        there = start + along.depth < last;
        walk.find(there ? start + along.depth : 0, sample, d, h, w);
        at = ((long long)sample * total + first + along.side) * plane + ((d >> by.d) * MH + (h >> by.h)) * MW +
             (w >> by.w);
    }
    __device__ bool holds(int u) const { return there && along.side + u * along.more_side < rows; }
    __device__ real operator()(int u) const { return holds(u) ? (values.at + at)[u * jump] : real(0); }
    template <int N> __device__ void finish(real (&read)[N]) const {
        if (!values.marks && !values.y) return;
        const int element = by.element(d, h, w);
#pragma unroll
        for (int u = 0; u < N; u++)
            if (holds(u)) read[u] = values.kept(read[u], at + u * jump, element);
    }
};

// Elements under windows, and behind the last of them ones, for the bias.
template <class T> struct Elements {
    Along<T, T::COLUMNS> along;
    const Given<T>& given;
    const real *images, *image;
    int offset[T::RIGHTS], td[T::RIGHTS], th[T::RIGHTS], tw[T::RIGHTS];
    int D, H, W, bd, bh, bw, ed, eh, ew, first, total, columns, ones, d, h, w, padded;
    bool there;
    __device__ Elements(const Given<T>& given_) : along(true), given(given_) {}
    __device__ void read(const Term* terms, int side) {
#pragma unroll
        for (int u = 0; u < T::RIGHTS; u++) {
            const int column = along.side + u * along.more_side;
            Term term = {0, 0, 0, 0};
            if (column < columns) term = terms[side + column];
            td[u] = term.d, th[u] = term.h(), tw[u] = term.w();
            offset[u] = term.offset;
        }
    }
    // The left factor has found out which sample and place they belong to, the same of its threads.
    __device__ void begin(int start, int last) {
        there = given.there;
        d = given.d * bd + ed, h = given.h * bh + eh, w = given.w * bw + ew;
        image = images + ((long long)given.sample * total + first) * D * H * W + (d * H + h) * W + w;
    }
    __device__ real operator()(int u) const {
        const int column = along.side + u * along.more_side;
        bool held = there && column < columns;
        if (padded) held = held && (unsigned)(d + td[u]) < (unsigned)D && (unsigned)(h + th[u]) < (unsigned)H &&
                           (unsigned)(w + tw[u]) < (unsigned)W;
        const real value = held ? image[offset[u]] : real(0);
        return there && column == ones ? real(1) : value;
    }
    template <int N> __device__ void finish(real (&values)[N]) const {}
};

struct Gradients {
    real *dw, *db;
    const int* steps;
    int columns, row_step;
    __device__ void operator()(int row, int column, real value) const {
        if (column == columns) db[row] = value;
        else dw[(long long)row * row_step + steps[column]] = value;
    }
};

struct Weighed {
    Gradients gradients;
    real* room;
    int rows, width, top, side;
    __device__ void operator()(int i, int j, const real* sums) const {
        const int row = top + i, column = side + j, count = width - column;
        if (row >= rows || count <= 0) return;
        if (room) {
            put(room + (long long)row * width + column, sums, count);
            return;
        }
#pragma unroll
        for (int e = 0; e < 4; e++)
            if (e < count) gradients(row, column + e, sums[e]);
    }
};

// dw[o, (c, k)] and db[o]: sums over all places of dy[o] times the elements under their windows, and times 1.
template <class T>
__device__ void weigh("""
    + WEIGH
    + """) {
    const int part = blockIdx.z / groups, group = blockIdx.z % groups;
    const int top = blockIdx.y * T::ROWS, side = blockIdx.x * T::COLUMNS;
    const Shifts by(shifts);
    const int level = (MH << by.h) * (MW << by.w), all = (MD << by.d) * level, depth = n * all;
    const Walk walk = {m_all, s_all, all, m_level, s_level, level, m_row, s_row, MW << by.w};
    const Values values = {dy, y, marks, function};
    Given<T> left(values, walk, shifts);
    left.MH = MH, left.MW = MW, left.plane = MD * MH * MW;
    left.jump = left.along.more_side * left.plane;
    left.first = group * rows + top, left.total = groups * rows, left.rows = rows - top;
    Elements<T> right(left);
    right.images = images;
    right.D = D, right.H = H, right.W = W, right.bd = bd, right.bh = bh, right.bw = bw;
    right.ed = ed, right.eh = eh, right.ew = ew;
    right.first = group * channels, right.total = groups * channels, right.padded = padded;
    right.columns = columns - side, right.ones = biased ? columns - side : -1;
    right.read((const Term*)terms, side);
    const Gradients gradients = {dw + (long long)group * group_step, db + group * rows, steps, columns, row_step};
    const int width = columns + biased;
    const long long sums = (long long)(part * groups + group) * rows * width;
    const Weighed weighed = {gradients, room ? room + sums : 0, rows, width, top, side};
    multiplied<T>(left, right, weighed, part * span, depth - part * span < span ? depth : (part + 1) * span);
}
"""
    + kernels("correlate", GATHERING, CORRELATE)
    + kernels("weigh", WEIGHING, WEIGH)
    + """
// The gradient of maps, given that of what an activation, or an activation and maxima, made of them.
extern "C" __global__ void spread(const real* dy, const real* y, const unsigned char* marks, real* dz, long long n,
                                  int D, int H, int W, int MD, int MH, int MW, int shifts, int function) {
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= n) return;
    const Shifts by(shifts);
    const int w = k % W, h = k / W % H, d = k / ((long long)W * H) % D;
    const long long plane = k / ((long long)W * H * D);
    const int a = d >> by.d, b = h >> by.h, c = w >> by.w;
    const Values values = {dy, y, marks, function};
    // Windows that did not make four gave nothing.
    const bool there = a < MD && b < MH && c < MW;
    const long long at = ((plane * MD + a) * MH + b) * MW + c;
    dz[k] = there ? values.kept(dy[at], at, by.element(d, h, w)) : real(0);
}

#define LANES 32
#define HANDS 16

extern "C" __global__ void add_parts(const real* room, real* dw, real* db, const int* steps, int rows, int columns,
                                     int groups, int biased, int row_step, int group_step, int parts) {
    __shared__ real found[HANDS][LANES];
    const int width = columns + biased, all = groups * rows * width, at = blockIdx.x * LANES + threadIdx.x;
    real sum = 0;
    if (at < all)
#pragma unroll 4
        for (int part = threadIdx.y; part < parts; part += HANDS) sum += room[(long long)part * all + at];
    found[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y || at >= all) return;
    sum = 0;
    for (int hand = 0; hand < HANDS; hand++) sum += found[hand][threadIdx.x];
    const int group = at / (rows * width), row = at / width % rows;
    const Gradients gradients = {dw + (long long)group * group_step, db + group * rows, steps, columns, row_step};
    gradients(row, at % width, sum);
}
"""
)
"""For a type ``real``: correlate_ and weigh_ for each size of tile, and add_parts."""
