// y (N,B,A,C) = x (N,A,B,C) with its two middle axes swapped: how channels that are (heads, d)
// become a batch of heads and back.
#include "compute/op/kernel.h"

static const uint32_t code[] =
#include "compute/op/swap.spv.h"
    ;
static const struct gpu_spirv spirv = {"swap", code, sizeof(code)};

static bool swap_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                      struct node **dx)
{
    if (want[0]) {
        dx[0] = op_swap(g, dy);
    }
    return true;
}

static void swap_rows(int64_t begin, int64_t end, void *data)
{
    const struct op_run *run = data;
    const int *shape = run->node->shape; // (N,B,A,C)
    const int64_t inner = shape[2], outer = shape[1], channels = shape[3];

    for (int64_t row = begin; row < end; row++) {
        const int64_t line = row / inner, a = row % inner;
        const int64_t n = line / outer, b = line % outer;
        memcpy(run->out + row * channels, run->in[0] + ((n * inner + a) * outer + b) * channels,
               (size_t)channels * sizeof(float));
    }
}

static void swap_host(const struct op_run *run)
{
    host_parallel(op_rows(run->node), op_grain(op_channels(run->node)), swap_rows, (void *)run);
}

static int swap_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const int64_t n = op_count(site->node);
    struct {
        uint64_t y, x;
        uint32_t n, outer, inner, channels;
    } push = {
        site->out,
        site->in[0],
        (uint32_t)n,
        (uint32_t)site->node->shape[1],
        (uint32_t)site->node->shape[2],
        (uint32_t)op_channels(site->node),
    };

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(n, 256));
    return 1;
}

const struct op swap_op = {
    .name = "swap",
    .grad = swap_grad,
    .kernels = {{.name = "host", .host = swap_host},
                {.name = "portable", .dispatch = swap_dispatch}},
};

struct node *op_swap(struct graph *g, struct node *x)
{
    const int shape[GRAPH_RANK] = {x->shape[0], x->shape[2], x->shape[1], x->shape[3]};
    return graph_add(g, &swap_op, DTYPE_F32, shape, &x, 1);
}
