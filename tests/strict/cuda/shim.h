// What of CUDA C++ the kernels use, for a compiler of the CPU. A block that waits is a set of fibers, taken in turn.
#include <setjmp.h>
#include <stdlib.h>
#include <ucontext.h>

#define __global__
#define __launch_bounds__(...)
#define __device__ inline
#define __shared__ static
#define __noinline__ __attribute__((noinline))
#define __align__(n) __attribute__((aligned(n)))

struct Three { unsigned x, y, z; };
static volatile Three threadIdx, blockIdx, blockDim, gridDim;

static inline float exp(float a) { return __builtin_expf(a); }
static inline double exp(double a) { return __builtin_exp(a); }
static inline float log(float a) { return __builtin_logf(a); }
static inline double log(double a) { return __builtin_log(a); }
static inline float log1p(float a) { return __builtin_log1pf(a); }
static inline double log1p(double a) { return __builtin_log1p(a); }
static inline float sqrt(float a) { return __builtin_sqrtf(a); }
static inline double sqrt(double a) { return __builtin_sqrt(a); }
static inline float tanh(float a) { return __builtin_tanhf(a); }
static inline double tanh(double a) { return __builtin_tanh(a); }
static inline float pow(float a, float b) { return __builtin_powf(a, b); }
static inline double pow(double a, double b) { return __builtin_pow(a, b); }
static inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((unsigned long long)a * b >> 32); }

#define MOST 1024
#define STACK 32768

static jmp_buf scheduler, fibers[MOST];
static ucontext_t first, contexts[MOST];
static char* stacks;
static int state[MOST];  // 0 not begun, 1 waits, 2 over
static int now;
static void (*body)(void**);
static void** given;

static __attribute__((noinline)) void __syncthreads() {
    state[now] = 1;
    if (!_setjmp(fibers[now])) _longjmp(scheduler, 1);
}

static void run() {
    body(given);
    state[now] = 2;
    _longjmp(scheduler, 1);
}

static void place(int thread) {
    now = thread;
    threadIdx.x = thread % blockDim.x;
    threadIdx.y = thread / blockDim.x % blockDim.y;
    threadIdx.z = thread / blockDim.x / blockDim.y;
}

// Goes on with one thread till it waits or is over.
static __attribute__((noinline)) void resume(int thread) {
    place(thread);
    if (_setjmp(scheduler)) return;
    if (state[thread] == 1) _longjmp(fibers[thread], 1);
    getcontext(&contexts[thread]);
    contexts[thread].uc_stack.ss_sp = stacks + (size_t)thread * STACK;
    contexts[thread].uc_stack.ss_size = STACK;
    contexts[thread].uc_link = 0;
    makecontext(&contexts[thread], run, 0);
    setcontext(&contexts[thread]);
}

// Returns 1 if some threads of a block wait for others that are over.
static int block(int threads, bool backwards) {
    if (!stacks) stacks = (char*)malloc((size_t)MOST * STACK);
    for (int k = 0; k < threads; k++) state[k] = 0;
    for (;;) {
        int waiting = 0;
        for (int k = 0; k < threads; k++) {
            const int thread = backwards ? threads - 1 - k : k;
            if (state[thread] == 2) return 1;
            resume(thread);
        }
        for (int k = 0; k < threads; k++) waiting += state[k] == 1;
        if (!waiting) return 0;
    }
}

static int launched(void (*kernel)(void**), void** args, const unsigned* sizes, bool waits, bool backwards) {
    body = kernel;
    given = args;
    gridDim.x = sizes[0], gridDim.y = sizes[1], gridDim.z = sizes[2];
    blockDim.x = sizes[3], blockDim.y = sizes[4], blockDim.z = sizes[5];
    const int blocks = sizes[0] * sizes[1] * sizes[2], threads = sizes[3] * sizes[4] * sizes[5];
    for (int k = 0; k < blocks; k++) {
        const int number = backwards ? blocks - 1 - k : k;
        blockIdx.x = number % gridDim.x;
        blockIdx.y = number / gridDim.x % gridDim.y;
        blockIdx.z = number / gridDim.x / gridDim.y;
        if (waits) {
            if (block(threads, backwards)) return 1;
        } else {
            for (int t = 0; t < threads; t++) {
                place(backwards ? threads - 1 - t : t);
                kernel(args);
            }
        }
    }
    return 0;
}

// Tensor cores: all threads of a warp take part, and here all of the block wait. Each says what it has; two rooms, so
// that nobody writes to what another has still to read.
static float factors[2][MOST][6];
static int turns[MOST];

static inline float __uint_as_float(unsigned bits) {
    float a;
    __builtin_memcpy(&a, &bits, 4);
    return a;
}

static inline unsigned __float_as_uint(float a) {
    unsigned bits;
    __builtin_memcpy(&bits, &a, 4);
    return bits;
}

static __attribute__((noinline)) void multiply_add(float* c, const unsigned* a, const unsigned* b) {
    const int thread = now, turn = turns[thread] ^= 1, first = thread / 32 * 32, lane = thread % 32;
    for (int e = 0; e < 6; e++) factors[turn][thread][e] = __uint_as_float((e < 4 ? a[e] : b[e - 4]) & ~0x1FFFu);
    __syncthreads();
    for (int e = 0; e < 4; e++) {
        const int row = lane / 4 + e / 2 * 8, column = lane % 4 * 2 + e % 2;
        for (int k = 0; k < 8; k++)
            c[e] += factors[turn][first + row % 8 * 4 + k % 4][row / 8 + k / 4 * 2] *
                    factors[turn][first + column * 4 + k % 4][4 + k / 4];
    }
}
