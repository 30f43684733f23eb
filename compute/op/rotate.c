// Block-diagonal product, the rotation of orthogonal fine-tuning applied to activations:
//
//   y_j = r_j x_j, or r_j^T x_j        x (P, n*b), r (1,n,b,b), j = 0 .. n-1
//
// Qiu et al., Controlling Text-to-Image Diffusion by Orthogonal Finetuning, section 3.
//
// p.i: trans.
#include "compute/op/kernel.h"
#include "compute/op/matmul.h"

extern const struct op rotate_op;

struct node *op_rotate(struct graph *g, struct node *x, struct node *r, bool trans)
{
    g_assert(r->shape[0] == 1 && r->shape[2] == r->shape[3]);
    g_assert(r->shape[1] * r->shape[3] == x->shape[3]);
    struct node *y = graph_add(g, &rotate_op, DTYPE_F32, x->shape, (struct node *[]){x, r}, 2);
    y->p.i[0] = trans;
    return y;
}

static bool rotate_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                        struct node **dx)
{
    struct node *x = y->in[0], *r = y->in[1];
    const bool trans = y->p.i[0];
    if (want[0]) {
        dx[0] = op_rotate(g, dy, r, !trans);
    }
    if (want[1]) { // y = r x: dr = dy x^T; y = r^T x: dr = x dy^T
        dx[1] = trans ? op_outer(g, x, dy, r->shape[3]) : op_outer(g, dy, x, r->shape[3]);
    }
    return true;
}

// ---- host ---------------------------------------------------------------------------------------

#define CHUNK_ROWS 128

struct rotate_task {
    int64_t rows;
    int blocks, block;
    bool trans;
    const float *x, *r;
    float *y;
};

// Items: chunks of rows times blocks, block by block inside a chunk so that its rows stay in the
// cache.
static void rotate_items(int64_t begin, int64_t end, void *data)
{
    const struct rotate_task *t = data;
    const int channels = t->blocks * t->block;
    for (int64_t item = begin; item < end; item++) {
        int64_t row = item / t->blocks * CHUNK_ROWS, j = item % t->blocks;
        int64_t at = row * channels + j * t->block;
        int rows = (int)(t->rows - row < CHUNK_ROWS ? t->rows - row : CHUNK_ROWS);
        host_gemm_serial(false, !t->trans, rows, t->block, t->block, 1, t->x + at, channels,
                         t->r + j * t->block * t->block, t->block, 0, t->y + at, channels);
    }
}

static void rotate_host(const struct op_run *run)
{
    const int *r = run->node->in[1]->shape;
    struct rotate_task t = {op_rows(run->node), r[1],       r[3],    run->node->p.i[0],
                            run->in[0],         run->in[1], run->out};
    int64_t items = (t.rows + CHUNK_ROWS - 1) / CHUNK_ROWS * t.blocks;
    host_parallel(items, 1, rotate_items, &t);
}

static double rotate_flops(const struct node *node)
{
    return 2.0 * (double)op_count(node) * node->in[1]->shape[3];
}

// ---- Vulkan -------------------------------------------------------------------------------------

// Block j is a product of its own: the step along x is b channels, the pitch all channels.
static int rotate_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const struct node *y = site->node;
    const int *r = y->in[1]->shape;
    const uint32_t channels = (uint32_t)op_channels(y), b = (uint32_t)r[3];
    struct matmul_call call = {
        .y = site->out,
        .a = site->in[0],
        .b = site->in[1],
        .batch = (uint32_t)r[1],
        .m = (uint32_t)op_rows(y),
        .n = b,
        .k = b,
        .pitch_y = channels,
        .pitch_a = channels,
        .pitch_b = b,
        .step_y = b,
        .step_a = b,
        .step_b = b * b,
        .trans_b = !y->p.i[0],
    };

    matmul_dispatch_fill(&out[0], &call);
    return 1;
}

const struct op rotate_op = {
    .name = "rotate",
    .grad = rotate_grad,
    .kernels = {{.name = "host", .host = rotate_host},
                {.name = "portable", .dispatch = rotate_dispatch}},
    .flops = rotate_flops,
};
