// Nearest-neighbour enlargement (N,H,W,C) -> (N,height,width,C):
// row y comes from row floor(y * H / height).
#include "compute/op/kernel.h"

static const uint32_t code[] =
#include "compute/op/upsample.spv.h"
    ;
static const struct gpu_spirv spirv = {"upsample", code, sizeof(code)};

static bool upsample_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                          struct node **dx)
{
    if (want[0]) {
        dx[0] = op_upsample_back(g, dy, y->in[0]->shape[1], y->in[0]->shape[2]);
    }
    return true;
}

// Rows (n, y) of the result.
static void upsample_rows(int64_t begin, int64_t end, void *data)
{
    const struct op_run *run = data;
    const int *from = run->node->in[0]->shape, *to = run->node->shape;
    int64_t channels = to[3];
    float *y = run->out + begin * to[2] * channels;

    for (int64_t row = begin; row < end; row++) {
        int64_t batch = row / to[1];
        int64_t source = batch * from[1] + row % to[1] * from[1] / to[1];
        const float *x = run->in[0] + source * from[2] * channels;
        for (int64_t col = 0; col < to[2]; col++, y += channels) {
            memcpy(y, x + col * from[2] / to[2] * channels, (size_t)channels * sizeof(float));
        }
    }
}

static void upsample_host(const struct op_run *run)
{
    const int *to = run->node->shape;

    host_parallel((int64_t)to[0] * to[1], op_grain((int64_t)to[2] * to[3]), upsample_rows,
                  (void *)run);
}

static int upsample_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const int *from = site->node->in[0]->shape, *to = site->node->shape;
    int64_t n = op_count(site->node);
    struct {
        uint64_t y, x;
        uint32_t n, from_height, from_width, height, width, channels;
    } push = {
        site->out,         site->in[0],     (uint32_t)n,     (uint32_t)from[1],
        (uint32_t)from[2], (uint32_t)to[1], (uint32_t)to[2], (uint32_t)to[3],
    };

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(n, 256));
    return 1;
}

const struct op upsample_op = {
    .name = "upsample",
    .grad = upsample_grad,
    .kernels = {{.name = "host", .host = upsample_host},
                {.name = "portable", .dispatch = upsample_dispatch}},
};

struct node *op_upsample(struct graph *g, struct node *x, int height, int width)
{
    g_assert(height > 0 && width > 0);
    const int shape[GRAPH_RANK] = {x->shape[0], height, width, x->shape[3]};
    return graph_add(g, &upsample_op, DTYPE_F32, shape, &x, 1);
}
