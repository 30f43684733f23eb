// The host's matrix products, cut into pieces for the thread team: matmul and the convolutions end
// here.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// c = bias + sum over terms of op(a) op(b), or c += that sum, for `batch` products; all row-major.
struct product {
    const float *a, *b;
    const float *bias; // n numbers for every row, or NULL
    float *c;
    int m, n, k;
    int lda, ldb, ldc;
    bool trans_a, trans_b;
    bool accumulate; // c += (then without bias)

    int batch;                      // 0 is 1
    int64_t step_a, step_b, step_c; // elements from one product to the next

    int terms;             // 0 is 1
    int64_t term_a;        // elements from one term's a to the next one's
    const int64_t *term_b; // where each term's b begins
};

// On the whole team. How the work is cut depends on the sizes only, so the result is the same to
// the last bit for any number of threads.
void product_run(const struct product *product);
