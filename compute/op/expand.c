// y = x repeated along the dimensions where x has 1 and y has more.
#include "compute/op/broadcast.h"

static const uint32_t code[] =
#include "compute/op/expand.spv.h"
    ;
static const struct gpu_spirv spirv = {"expand", code, sizeof(code)};

static bool expand_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                        struct node **dx)
{
    if (want[0]) {
        dx[0] = op_sum_to(g, dy, y->in[0]->shape);
    }
    return true;
}

HOST_CLONES
static void fill(float *y, float value, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        y[i] = value;
    }
}

// Elements of the result; a range may begin and end inside a row.
static void expand_range(int64_t begin, int64_t end, void *data)
{
    const struct op_run *run = data;
    struct broadcast bc = broadcast_make(run->node->shape, run->node->in[0]->shape);

    while (begin < end) {
        int64_t row = begin / bc.inner, col = begin % bc.inner;
        int64_t n = MIN(bc.inner - col, end - begin);
        const float *x = run->in[0] + broadcast_offset(&bc, row);
        if (bc.still) {
            fill(run->out + begin, *x, n);
        } else {
            memcpy(run->out + begin, x + col, (size_t)n * sizeof(float));
        }
        begin += n;
    }
}

static void expand_host(const struct op_run *run)
{
    host_parallel(op_count(run->node), op_grain(1), expand_range, (void *)run);
}

static int expand_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const struct node *node = site->node;
    int64_t n = op_count(node);
    struct {
        uint64_t y, x;
        uint32_t n;
        struct broadcast_push bc;
    } push = {
        site->out,
        site->in[0],
        (uint32_t)n,
        broadcast_push_make(node->shape, node->in[0]->shape),
    };

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(n, 256));
    return 1;
}

const struct op expand_op = {
    .name = "expand",
    .grad = expand_grad,
    .kernels = {{.name = "host", .host = expand_host},
                {.name = "portable", .dispatch = expand_dispatch}},
};

struct node *op_expand(struct graph *g, struct node *x, const int shape[GRAPH_RANK])
{
    g_assert(broadcast_fits(shape, x->shape));
    return graph_add(g, &expand_op, DTYPE_F32, shape, &x, 1);
}
