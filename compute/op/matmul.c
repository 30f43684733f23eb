// Matrix product, batched, either side transposed, with an optional bias row.
//
//   y = op(a) op(b) + bias        op(a) (m, k), op(b) (k, n), y (m, n), bias (n)
//
// p.i: trans_a, trans_b. A batch of 1 on either side is shared by the other side's batch.
#include "compute/op/matmul.h"

#include "compute/op/tile.h"

extern const struct op op_matmul_entry;

struct product {
    int m, n, k;
    int lda, ldb;
    int batch;
    int64_t step_a, step_b; // elements from one batch to the next, 0 where shared
    bool trans_a, trans_b;
};

static int batch_of(const struct node *x)
{
    return x->shape[0] * x->shape[1];
}

static struct node *matmul_add(struct graph *g, struct node *a, struct node *b, struct node *bias,
                               bool trans_a, bool trans_b)
{
    const struct node *big = batch_of(a) >= batch_of(b) ? a : b;
    int m = a->shape[trans_a ? 3 : 2], n = b->shape[trans_b ? 2 : 3];
    g_assert(a->shape[trans_a ? 2 : 3] == b->shape[trans_b ? 3 : 2]);
    g_assert(batch_of(a) == 1 || batch_of(b) == 1 ||
           (a->shape[0] == b->shape[0] && a->shape[1] == b->shape[1]));
    g_assert(!bias || shape_count(bias->shape) == n);
    struct node *y = graph_add(g, &op_matmul_entry, DTYPE_F32,
                               (const int[]){big->shape[0], big->shape[1], m, n},
                               (struct node *[]){a, b, bias}, 3);
    y->p.i[0] = trans_a;
    y->p.i[1] = trans_b;
    return y;
}

struct node *op_matmul(struct graph *g, struct node *a, struct node *b, bool trans_a, bool trans_b)
{
    return matmul_add(g, a, b, NULL, trans_a, trans_b);
}

struct node *op_linear(struct graph *g, struct node *x, struct node *w, struct node *bias)
{
    g_assert(batch_of(w) == 1);
    return matmul_add(g, x, w, bias, false, true);
}

// Rows stacked over the batch: one tall matrix.
static bool is_tall(const struct node *b, bool trans_a)
{
    return batch_of(b) == 1 && !trans_a;
}

static struct product product_of(const struct node *y)
{
    const struct node *a = y->in[0], *b = y->in[1];
    const int *sa = a->shape, *sb = b->shape;
    struct product q = {.trans_a = y->p.i[0], .trans_b = y->p.i[1], .lda = sa[3], .ldb = sb[3]};
    q.m = q.trans_a ? sa[3] : sa[2];
    q.k = q.trans_a ? sa[2] : sa[3];
    q.n = q.trans_b ? sb[2] : sb[3];
    if (is_tall(b, q.trans_a)) {
        q.m *= batch_of(a);
        q.batch = 1;
        return q;
    }
    q.batch = batch_of(a) > batch_of(b) ? batch_of(a) : batch_of(b);
    q.step_a = batch_of(a) == 1 ? 0 : (int64_t)sa[2] * sa[3];
    q.step_b = batch_of(b) == 1 ? 0 : (int64_t)sb[2] * sb[3];
    return q;
}

// ---- gradient ----------------------------------------------------------------------------------------------

static struct node *as_matrix(struct graph *g, struct node *x)
{
    int64_t rows = shape_count(x->shape) / x->shape[3];
    return op_reshape(g, x, 1, 1, (int)rows, x->shape[3]);
}

static struct node *sum_batch(struct graph *g, struct node *x, const struct node *like)
{
    return batch_of(x) == batch_of(like) ? x : op_sum_to(g, x, like->shape);
}

// With Y = A B: dA = dY B^T and dB = A^T dY; a transposed operand gets the transposed product. A shared
// operand sums over the batch: for a tall matrix the product does it, otherwise a sum follows.
static bool matmul_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                        struct node **dx)
{
    struct node *a = y->in[0], *b = y->in[1], *bias = y->in[2];
    const bool ta = y->p.i[0], tb = y->p.i[1];
    if (want[0]) {
        struct node *da = ta ? op_matmul(g, b, dy, tb, true) : op_matmul(g, dy, b, false, !tb);
        dx[0] = sum_batch(g, da, a);
    }
    if (want[1] && is_tall(b, ta)) {
        struct node *x = as_matrix(g, a), *d = as_matrix(g, dy);
        dx[1] = tb ? op_matmul(g, d, x, true, false) : op_matmul(g, x, d, true, false);
    } else if (want[1]) {
        struct node *db = tb ? op_matmul(g, dy, a, true, ta) : op_matmul(g, a, dy, !ta, false);
        dx[1] = sum_batch(g, db, b);
    }
    if (bias && want[2]) {
        dx[2] = op_sum_to(g, dy, bias->shape);
    }
    return true;
}

// ---- host --------------------------------------------------------------------------------------------------

struct matmul_task {
    struct product q;
    const float *a, *b, *bias;
    float *y;
};

// Rows [m0, m1) and columns [n0, n1) of one matrix of the batch. The bias is put down first and the product
// added to it: the library clears its output in a pass of its own anyway.
static void multiply(const struct matmul_task *t, int batch, int m0, int m1, int n0, int n1)
{
    const struct product *q = &t->q;
    const float *a = t->a + batch * q->step_a + (q->trans_a ? (int64_t)m0 : (int64_t)m0 * q->lda);
    const float *b = t->b + batch * q->step_b + (q->trans_b ? (int64_t)n0 * q->ldb : (int64_t)n0);
    float *y = t->y + ((int64_t)batch * q->m + m0) * q->n + n0;
    if (t->bias) {
        for (int i = 0; i < m1 - m0; i++) {
            memcpy(y + (int64_t)i * q->n, t->bias + n0, (size_t)(n1 - n0) * sizeof *y);
        }
    }
    host_gemm_serial(q->trans_a, q->trans_b, m1 - m0, n1 - n0, q->k, 1, a, q->lda, b, q->ldb,
                     t->bias ? 1 : 0, y, q->n);
}

static void multiply_batches(int64_t begin, int64_t end, void *data)
{
    const struct matmul_task *t = data;
    for (int64_t i = begin; i < end; i++) {
        multiply(t, (int)i, 0, t->q.m, 0, t->q.n);
    }
}

static void multiply_rows(int64_t begin, int64_t end, void *data)
{
    const struct matmul_task *t = data;
    for (int i = 0; i < t->q.batch; i++) {
        multiply(t, i, (int)begin, (int)end, 0, t->q.n);
    }
}

static void multiply_columns(int64_t begin, int64_t end, void *data)
{
    const struct matmul_task *t = data;
    for (int i = 0; i < t->q.batch; i++) {
        multiply(t, i, 0, t->q.m, (int)begin, (int)end);
    }
}

static void matmul_host(const struct op_run *run)
{
    struct matmul_task t = {product_of(run->node), run->in[0], run->in[1], run->in[2], run->out};
    const struct product *q = &t.q;
    if (q->batch >= 2 * host_threads()) {
        host_parallel(q->batch, 1, multiply_batches, &t);
        return;
    }
    // One piece a thread, along the longer side: the shorter operand is packed by every thread. Below about
    // 100k multiply-adds waking the team costs more than it brings.
    int side = q->m >= q->n ? q->m : q->n;
    double work = (double)q->batch * q->m * q->n * q->k;
    int pieces = work < 1e5 ? 1 : host_threads();
    int grain = ((side + pieces - 1) / pieces + 15) / 16 * 16;
    host_parallel(side, grain, q->m >= q->n ? multiply_rows : multiply_columns, &t);
}

static double matmul_flops(const struct node *node)
{
    struct product q = product_of(node);
    return 2.0 * q.batch * q.m * q.n * q.k;
}

// ---- Vulkan ------------------------------------------------------------------------------------------------

static const uint32_t code[] =
#include "compute/op/matmul.spv.h"
    ;
static const struct gpu_spirv spirv = {"matmul", code, sizeof(code)};

void matmul_dispatch_fill(struct op_dispatch *d, const struct matmul_call *call)
{
    uint32_t side = tile_side(call->m, call->n, call->batch);

    op_dispatch_fill(d, &spirv, call, offsetof(struct matmul_call, trans_a),
                     tile_groups(call->m, call->n, call->batch, side));
    d->spec[0] = side;
    d->spec[1] = call->trans_a;
    d->spec[2] = call->trans_b;
    d->spec[3] = call->bias != 0;
    d->n_spec = 4;
}

static int matmul_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    struct product q = product_of(site->node);
    struct matmul_call call = {
        .y = site->out,
        .a = site->in[0],
        .b = site->in[1],
        .bias = site->in[2],
        .batch = (uint32_t)q.batch,
        .m = (uint32_t)q.m,
        .n = (uint32_t)q.n,
        .k = (uint32_t)q.k,
        .pitch_y = (uint32_t)q.n,
        .pitch_a = (uint32_t)q.lda,
        .pitch_b = (uint32_t)q.ldb,
        .step_y = (uint32_t)q.m * (uint32_t)q.n,
        .step_a = (uint32_t)q.step_a,
        .step_b = (uint32_t)q.step_b,
        .trans_a = q.trans_a,
        .trans_b = q.trans_b,
    };

    matmul_dispatch_fill(&out[0], &call);
    return 1;
}

const struct op op_matmul_entry = {
    .name = "matmul",
    .grad = matmul_grad,
    .host = matmul_host,
    .dispatch = matmul_dispatch,
    .flops = matmul_flops,
};
