// The host's general matrix products, cut into pieces for the thread team. Those with a network's
// weights: packed.h.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// c = bias + op(a) op(b), or c += that, for `batch` products; all row-major.
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
};

// On the whole team. How the work is cut depends on the sizes only, so the result is the same to
// the last bit for any number of threads.
void product_run(const struct product *product);
