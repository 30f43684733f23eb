// Host kernels' tools: a small thread team and single-precision matrix products.
//
// OpenBLAS runs on the caller's thread (blas.c); the team splits the work, so that packing, im2col
// and the arithmetic between the products run on all cores as well and no second team competes for
// them.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Threads in the team (the machine's cores, or TINCTURE_THREADS).
int host_threads(void);

// Calls fn(begin, end, data) over [0, n) in pieces of at least grain items, on all threads; returns
// when all are done. n <= grain runs on the caller. fn must not call host_parallel itself.
typedef void (*host_range_fn)(int64_t begin, int64_t end, void *data);
void host_parallel(int64_t n, int64_t grain, host_range_fn fn, void *data);

// Whether the processor multiplies bf16 numbers (AVX-512 BF16) about twice as fast as fp32.
bool host_multiplies_bf16(void);

// C (m x n, ldc) = alpha * op(A) op(B) + beta * C, row-major. One thread: call it inside
// host_parallel.
void host_gemm_serial(bool trans_a, bool trans_b, int m, int n, int k, float alpha, const float *a,
                      int lda, const float *b, int ldb, float beta, float *c, int ldc);

// The same on the whole team, split over the longer side of C.
void host_gemm(bool trans_a, bool trans_b, int m, int n, int k, float alpha, const float *a,
               int lda, const float *b, int ldb, float beta, float *c, int ldc);

// Per-thread scratch that grows and stays; valid until the next call on the same thread with a
// larger size. Slots, so that several can be held at once. NULL: there is no memory; the kernel
// then leaves its result as it is, and whoever ran it asks host_memory_missing().
#define HOST_SCRATCHES 3
float *host_scratch(int slot, int64_t floats);

// Bytes that host_scratch() or host_svd() did not get since the last call, on this thread or on
// those that worked for it in host_parallel(). 0: there was enough, and results are what they seem.
uint64_t host_memory_missing(void);

// GFLOP/s of sgemm n x n x n on the whole team, measured now (best of a few).
double host_gemm_rate(int n);

// Thin SVD of a (m x n, row-major, not modified): a = u diag(s) vt, r = min(m, n), s descending.
// u (m x r), s (r), vt (r x n), caller's memory. false: LAPACK did not converge, or there is no
// memory (host_memory_missing()). On the caller's thread: decompositions run side by side inside
// host_parallel().
bool host_svd(int m, int n, const float *a, float *u, float *s, float *vt);
