// What of cuBLAS the library calls, by its C interface, on the CPU: refuses what the real one refuses.
#include <stddef.h>
#include <stdlib.h>

struct Handle { void* stream; void* room; size_t size; int alive; };

enum { SUCCESS = 0, NOT_INITIALIZED = 1, INVALID_VALUE = 7, NOT_SUPPORTED = 15 };

extern "C" int cublasCreate_v2(Handle** handle) {
    *handle = (Handle*)calloc(1, sizeof(Handle));
    (*handle)->alive = 1;
    return SUCCESS;
}
extern "C" int cublasDestroy_v2(Handle* handle) {
    if (!handle || !handle->alive) return NOT_INITIALIZED;
    handle->alive = 0;  // kept, so that its further use is found out
    return SUCCESS;
}
extern "C" int cublasSetStream_v2(Handle* handle, void* stream) {
    if (!handle || !handle->alive) return NOT_INITIALIZED;
    handle->stream = stream;
    handle->room = 0;  // as the real one does
    handle->size = 0;
    return SUCCESS;
}
extern "C" int cublasSetWorkspace_v2(Handle* handle, void* room, size_t size) {
    if (!handle || !handle->alive) return NOT_INITIALIZED;
    if ((size_t)room % 16) return INVALID_VALUE;
    handle->room = room;
    handle->size = size;
    return SUCCESS;
}

// Columns: element (i, p) of op(x) lies at x[i + p * ld], or turned at x[p + i * ld].
template <typename real>
static void multiply(int ta, int tb, int m, int n, int k, real alpha, const real* a, int lda, const real* b, int ldb,
                     real beta, real* c, int ldc) {
    for (int j = 0; j < n; j++)
        for (int i = 0; i < m; i++) {
            real sum = 0;
            for (int p = 0; p < k; p++)
                sum += (ta ? a[p + (size_t)i * lda] : a[i + (size_t)p * lda]) *
                       (tb ? b[j + (size_t)p * ldb] : b[p + (size_t)j * ldb]);
            real* to = c + i + (size_t)j * ldc;
            *to = beta == 0 ? alpha * sum : alpha * sum + beta * *to;
        }
}

static int fits(int turned, int rows, int columns, int ld) {
    const int least = turned ? columns : rows;
    return ld >= (least > 1 ? least : 1);
}

extern "C" int cublasGemmStridedBatchedEx(Handle* handle, int ta, int tb, int m, int n, int k, const void* alpha,
                                          const void* a, int kind_a, int lda, long long step_a, const void* b,
                                          int kind_b, int ldb, long long step_b, const void* beta, void* c, int kind_c,
                                          int ldc, long long step_c, int batch, int compute, int algorithm) {
    if (!handle || !handle->alive) return NOT_INITIALIZED;
    if (!handle->room || !handle->stream) return NOT_INITIALIZED;  // this house always gives both
    if (ta < 0 || ta > 1 || tb < 0 || tb > 1 || m < 1 || n < 1 || k < 1 || batch < 1) return INVALID_VALUE;
    if (!fits(ta, m, k, lda) || !fits(tb, k, n, ldb) || !fits(0, m, n, ldc)) return INVALID_VALUE;
    if (step_a < 0 || step_b < 0 || (batch > 1 && step_c < 1) || algorithm != -1) return INVALID_VALUE;
    if (kind_a != kind_b || kind_a != kind_c) return NOT_SUPPORTED;
    const bool single = kind_a == 0 && (compute == 68 || compute == 75 || compute == 77);
    if (!single && !(kind_a == 1 && compute == 70)) return NOT_SUPPORTED;
    for (long long one = 0; one < batch; one++) {
        if (single)
            multiply(ta, tb, m, n, k, *(const float*)alpha, (const float*)a + one * step_a, lda,
                     (const float*)b + one * step_b, ldb, *(const float*)beta, (float*)c + one * step_c, ldc);
        else
            multiply(ta, tb, m, n, k, *(const double*)alpha, (const double*)a + one * step_a, lda,
                     (const double*)b + one * step_b, ldb, *(const double*)beta, (double*)c + one * step_c, ldc);
    }
    return SUCCESS;
}

extern "C" int cublasGemmEx(Handle* handle, int ta, int tb, int m, int n, int k, const void* alpha, const void* a,
                            int kind_a, int lda, const void* b, int kind_b, int ldb, const void* beta, void* c,
                            int kind_c, int ldc, int compute, int algorithm) {
    return cublasGemmStridedBatchedEx(handle, ta, tb, m, n, k, alpha, a, kind_a, lda, 0, b, kind_b, ldb, 0, beta, c,
                                      kind_c, ldc, 1, 1, compute, algorithm);
}
