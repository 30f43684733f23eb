// Outer products of blocks of channels, summed over positions: the gradient of op_rotate's
// matrices.
//
//   out_j = sum over p of y_j(p) x_j(p)^T = Y_j^T X_j        y, x (P, n*b), out (1,n,b,b)
#include "compute/op/kernel.h"
#include "compute/op/matmul.h"

extern const struct op outer_op;

struct node *op_outer(struct graph *g, struct node *y, struct node *x, int block)
{
    g_assert(shape_count(y->shape) == shape_count(x->shape) && y->shape[3] == x->shape[3]);
    g_assert(block > 0 && x->shape[3] % block == 0);
    return graph_add(g, &outer_op, DTYPE_F32, (const int[]){1, x->shape[3] / block, block, block},
                     (struct node *[]){y, x}, 2);
}

static bool outer_grad(struct graph *g, struct node *out, struct node *dout, const bool *want,
                       struct node **dx)
{
    if (want[0]) {
        dx[0] = op_rotate(g, out->in[1], dout, false);
    }
    if (want[1]) {
        dx[1] = op_rotate(g, out->in[0], dout, true);
    }
    return true;
}

// ---- host ---------------------------------------------------------------------------------------

#define STRIP_ROWS                                                                                 \
    64 // rows of a block that one item makes, so that few large blocks keep all threads busy

struct outer_task {
    int positions, blocks, block;
    const float *y, *x;
    float *out;
};

static void outer_items(int64_t begin, int64_t end, void *data)
{
    const struct outer_task *t = data;
    const int channels = t->blocks * t->block, strips = (t->block + STRIP_ROWS - 1) / STRIP_ROWS;
    for (int64_t item = begin; item < end; item++) {
        int64_t j = item / strips;
        int row = (int)(item % strips) * STRIP_ROWS;
        int rows = t->block - row < STRIP_ROWS ? t->block - row : STRIP_ROWS;
        host_gemm_serial(true, false, rows, t->block, t->positions, 1, t->y + j * t->block + row,
                         channels, t->x + j * t->block, channels, 0,
                         t->out + (j * t->block + row) * t->block, t->block);
    }
}

static void outer_host(const struct op_run *run)
{
    const struct node *x = run->node->in[1];
    const int *shape = run->node->shape;
    struct outer_task t = {(int)op_rows(x), shape[1], shape[3], run->in[0], run->in[1], run->out};
    host_parallel((int64_t)t.blocks * ((t.block + STRIP_ROWS - 1) / STRIP_ROWS), 1, outer_items,
                  &t);
}

static double outer_flops(const struct node *node)
{
    return 2.0 * (double)op_count(node->in[0]) * node->shape[3];
}

// ---- Vulkan -------------------------------------------------------------------------------------

static int outer_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const struct node *x = site->node->in[1];
    const int *shape = site->node->shape;
    const uint32_t channels = (uint32_t)op_channels(x), b = (uint32_t)shape[3];
    struct matmul_call call = {
        .y = site->out,
        .a = site->in[0],
        .b = site->in[1],
        .batch = (uint32_t)shape[1],
        .m = b,
        .n = b,
        .k = (uint32_t)op_rows(x),
        .pitch_y = b,
        .pitch_a = channels,
        .pitch_b = channels,
        .step_y = b * b,
        .step_a = b,
        .step_b = b,
        .trans_a = true,
    };

    matmul_dispatch_fill(&out[0], &call);
    return 1;
}

const struct op outer_op = {
    .name = "outer",
    .grad = outer_grad,
    .kernels = {{.name = "host", .host = outer_host},
                {.name = "portable", .dispatch = outer_dispatch}},
    .flops = outer_flops,
};
