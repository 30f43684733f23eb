// Matrix products on the thread team. See product.h.
#include "compute/op/product.h"

#include "compute/op/kernel.h"

// Every piece packs its rows of a and columns of b anew, so large pieces are better (measured with
// one thread of OpenBLAS: pieces of 64 x 64 reach 85 % of the rate of 256 x 256, 128 x 128 95 %),
// as long as there are enough of them to go round.
enum {
    LARGEST = 256,
    LARGE = 128,
    SMALLEST = 32,
    MANY = 8, // pieces, before a piece gets smaller than LARGE
    FEW = 4,  // pieces, before it gets smaller than SMALLEST
};

struct pieces {
    const struct product *product;
    int rows, columns; // of one piece
    int across, down;  // pieces of one product
};

static int64_t pieces_cut(struct pieces *p)
{
    p->down = (p->product->m + p->rows - 1) / p->rows;
    p->across = (p->product->n + p->columns - 1) / p->columns;
    return (int64_t)p->down * p->across * MAX(p->product->batch, 1);
}

static int64_t pieces_make(struct pieces *p)
{
    const int m = p->product->m, n = p->product->n;
    int64_t count;

    p->rows = p->columns = LARGEST;
    for (;;) {
        count = pieces_cut(p);
        int rows = MIN(p->rows, m), columns = MIN(p->columns, n), longer = MAX(rows, columns);
        bool enough = count >= MANY || (longer <= LARGE && count >= FEW) || longer <= SMALLEST;
        if (enough) {
            return count;
        }
        *(rows >= columns ? &p->rows : &p->columns) /= 2;
    }
}

static void run_piece(const struct product *q, int64_t item, int row, int rows, int column,
                      int columns)
{
    const float *a = q->a + item * q->step_a + (q->trans_a ? (int64_t)row : (int64_t)row * q->lda);
    const float *b =
        q->b + item * q->step_b + (q->trans_b ? (int64_t)column * q->ldb : (int64_t)column);
    float *c = q->c + item * q->step_c + (int64_t)row * q->ldc + column;
    float beta = q->accumulate || q->bias ? 1 : 0;

    // The product is added to the bias: the library clears c in a pass of its own anyway.
    for (int i = 0; q->bias && i < rows; i++) {
        memcpy(c + (int64_t)i * q->ldc, q->bias + column, (size_t)columns * sizeof(*c));
    }
    host_gemm_serial(q->trans_a, q->trans_b, rows, columns, q->k, 1, a, q->lda, b, q->ldb, beta, c,
                     q->ldc);
}

static void run_range(int64_t begin, int64_t end, void *data)
{
    const struct pieces *p = data;
    const struct product *q = p->product;

    for (int64_t i = begin; i < end; i++) {
        int row = (int)(i / p->across % p->down) * p->rows;
        int column = (int)(i % p->across) * p->columns;
        run_piece(q, i / p->across / p->down, row, MIN(p->rows, q->m - row), column,
                  MIN(p->columns, q->n - column));
    }
}

void product_run(const struct product *product)
{
    struct pieces p = {.product = product};
    int64_t count = pieces_make(&p);
    double work = (double)product->m * product->n * product->k * MAX(product->batch, 1);

    host_parallel(count, op_product_grain(count, work), run_range, &p);
}
