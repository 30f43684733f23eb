// OpenBLAS and LAPACK on the host, loaded when first used. Private to host kernels and preparation:
// what is large is cut by host.h's team, as OpenBLAS itself runs on the caller's thread.
//
//   blas()->LAPACKE_dgesv(...)
#pragma once

#include <cblas.h>
#include <lapacke.h>

// What the engine calls of them: a new function is one more X.
#define BLAS_FUNCTIONS                                                                             \
    X(cblas_dgemm)                                                                                 \
    X(cblas_sgemm)                                                                                 \
    X(LAPACKE_dgels)                                                                               \
    X(LAPACKE_dgesv)                                                                               \
    X(LAPACKE_sgesdd)                                                                              \
    X(LAPACKE_sgetrf_work)                                                                         \
    X(LAPACKE_sgetrs_work)

struct blas {
#define X(name) __typeof__(name) *name;
    BLAS_FUNCTIONS
#undef X
};
const struct blas *blas(void);
