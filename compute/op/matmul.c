// Matrix product, batched, either side transposed, with an optional bias row.
//
//   y = op(a) op(b) + bias        op(a) (m, k), op(b) (k, n), y (m, n), bias (n)
//
// p.i: trans_a, trans_b. A batch of 1 on either side is shared by the other side's batch.
#include "compute/op/matmul.h"

#include "compute/i18n.h"
#include "compute/op/packed.h"
#include "compute/op/product.h"
#include "compute/op/tile.h"

extern const struct op matmul_op;

struct extent {
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
    struct node *y =
        graph_add(g, &matmul_op, DTYPE_F32, (const int[]){big->shape[0], big->shape[1], m, n},
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

static struct extent extent_of(const struct node *y)
{
    const struct node *a = y->in[0], *b = y->in[1];
    const int *sa = a->shape, *sb = b->shape;
    struct extent q = {.trans_a = y->p.i[0], .trans_b = y->p.i[1], .lda = sa[3], .ldb = sb[3]};
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

// ---- gradient -----------------------------------------------------------------------------------

static struct node *as_matrix(struct graph *g, struct node *x)
{
    int64_t rows = shape_count(x->shape) / x->shape[3];
    return op_reshape(g, x, 1, 1, (int)rows, x->shape[3]);
}

static struct node *sum_batch(struct graph *g, struct node *x, const struct node *like)
{
    return batch_of(x) == batch_of(like) ? x : op_sum_to(g, x, like->shape);
}

// With Y = A B: dA = dY B^T and dB = A^T dY; a transposed operand gets the transposed product. A
// shared operand sums over the batch: for a tall matrix the product does it, otherwise a sum
// follows.
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

// ---- host ---------------------------------------------------------------------------------------

static void locate(const void *data, int64_t begin, int64_t end, const struct packed_table *to)
{
    (void)data;
    for (int64_t i = begin; i < end; i++) {
        to->at[i - begin] = to->x + (i - to->first) * to->words;
    }
}

static void reach(const void *data, int64_t begin, int64_t end, int64_t *from, int64_t *to)
{
    (void)data;
    *from = begin;
    *to = end;
}

static void run_packed(const struct op_run *run, const struct extent *q, bool bf16)
{
    struct packed_product product = {
        .x = run->in[0],
        .m = q->m,
        .locate = locate,
        .reach = reach,
        .w =
            {
                .data = run->in[1],
                .dtype = run->node->in[1]->dtype,
                .step_n = q->trans_b ? q->ldb : 1,
                .step_depth = q->trans_b ? 1 : q->ldb,
                .n = q->n,
                .taps = 1,
                .depth = q->k,
                .turned = !q->trans_b,
                .keeper = run->node->in[1]->tensor,
            },
        .bias = run->in[2],
        .y = run->out,
        .bf16 = bf16,
    };
    packed_product_run(&product);
}

static void run_product(const struct op_run *run, const struct extent *q)
{
    struct product product = {
        .a = run->in[0],
        .b = run->in[1],
        .bias = run->in[2],
        .c = run->out,
        .m = q->m,
        .n = q->n,
        .k = q->k,
        .lda = q->lda,
        .ldb = q->ldb,
        .ldc = q->n,
        .trans_a = q->trans_a,
        .trans_b = q->trans_b,
        .batch = q->batch,
        .step_a = q->step_a,
        .step_b = q->step_b,
        .step_c = (int64_t)q->m * q->n,
    };
    product_run(&product);
}

// Weights of a network are packed; what is multiplied once is a general product.
static bool is_packed(const struct node *node)
{
    return node->in[1]->tensor && is_tall(node->in[1], node->p.i[0]);
}

static void matmul_host(const struct op_run *run)
{
    const struct extent q = extent_of(run->node);
    if (is_packed(run->node)) {
        run_packed(run, &q, false);
    } else {
        run_product(run, &q);
    }
}

static bool host_fits(const struct node *node, const struct gpu_info *gpu)
{
    return !dtype_is_half(node->in[1]->dtype) || is_packed(node);
}

static bool bf16_fits(const struct node *node, const struct gpu_info *gpu)
{
    return packed_bf16_fits(node, gpu) && is_packed(node);
}

static void matmul_bf16(const struct op_run *run)
{
    const struct extent q = extent_of(run->node);
    run_packed(run, &q, true);
}

static double matmul_flops(const struct node *node)
{
    struct extent q = extent_of(node);
    return 2.0 * q.batch * q.m * q.n * q.k;
}

// ---- Vulkan -------------------------------------------------------------------------------------

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
    struct extent q = extent_of(site->node);
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

const struct op matmul_op = {
    .name = "matmul",
    .grad = matmul_grad,
    .kernels =
        {{.name = "bf16",
          .fits = bf16_fits,
          .needs =
              N_("a processor that multiplies in bf16 and is set to it, and a network's weights"),
          .halves = PACKED_HALVES,
          .host = matmul_bf16},
         {.name = "host",
          .fits = host_fits,
          .needs = PACKED_NEEDS,
          .halves = PACKED_HALVES,
          .host = matmul_host},
         {.name = "portable", .dispatch = matmul_dispatch}},
    .flops = matmul_flops,
};
