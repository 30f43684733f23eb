// y = exp(x - max x) / sum exp(x - max x) over the last axis. Attention has its own, fused; this
// one is for where the probabilities themselves are wanted.
#include "compute/op/attention.h"

static const uint32_t code[] =
#include "compute/op/softmax.spv.h"
    ;
static const struct gpu_spirv spirv = {"softmax", code, sizeof(code)};

// With p the probabilities: dx = p (dp - sum dp p), the sum over the row.
static bool softmax_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                         struct node **dx)
{
    if (want[0]) {
        const int row[GRAPH_RANK] = {y->shape[0], y->shape[1], y->shape[2], 1};
        struct node *sum = op_sum_to(g, op_mul(g, dy, y), row);
        dx[0] = op_mul(g, y, op_sub(g, dy, sum));
    }
    return true;
}

HOST_CLONES
static void softmax_run(float *restrict y, const float *restrict x, int64_t rows, int channels)
{
    for (int64_t row = 0; row < rows; row++, x += channels, y += channels) {
        memcpy(y, x, (size_t)channels * sizeof(float));
        const float top = softmax_top(y, channels);
        const float part = 1 / softmax_powers(y, channels, top, LOG2_E, false);
        for (int c = 0; c < channels; c++) {
            y[c] *= part;
        }
    }
}

static void softmax_rows(int64_t begin, int64_t end, void *data)
{
    const struct op_run *run = data;
    const int channels = op_channels(run->node);

    softmax_run(run->out + begin * channels, run->in[0] + begin * channels, end - begin, channels);
}

static void softmax_host(const struct op_run *run)
{
    host_parallel(op_rows(run->node), op_grain(4 * op_channels(run->node)), softmax_rows,
                  (void *)run);
}

static int softmax_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const struct node *node = site->node;
    struct {
        uint64_t y, x;
        uint32_t rows, channels;
    } push = {
        site->out,
        site->in[0],
        (uint32_t)op_rows(node),
        (uint32_t)op_channels(node),
    };

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(push.rows, 1));
    return 1;
}

const struct op softmax_op = {
    .name = "softmax",
    .grad = softmax_grad,
    .kernels = {{.name = "host", .host = softmax_host},
                {.name = "portable", .dispatch = softmax_dispatch}},
};

struct node *op_softmax(struct graph *g, struct node *x)
{
    return graph_add(g, &softmax_op, DTYPE_F32, x->shape, &x, 1);
}
