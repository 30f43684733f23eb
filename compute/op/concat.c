// y = a and b side by side along the channels.
#include "compute/op/kernel.h"

static const uint32_t code[] =
#include "compute/op/concat.spv.h"
    ;
static const struct gpu_spirv spirv = {"concat", code, sizeof(code)};

static bool concat_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                        struct node **dx)
{
    int channels_a = op_channels(y->in[0]);

    if (want[0]) {
        dx[0] = op_slice(g, dy, 0, channels_a);
    }
    if (want[1]) {
        dx[1] = op_slice(g, dy, channels_a, op_channels(y->in[1]));
    }
    return true;
}

static void concat_rows(int64_t begin, int64_t end, void *data)
{
    const struct op_run *run = data;
    size_t na = (size_t)op_channels(run->node->in[0]);
    size_t nb = (size_t)op_channels(run->node->in[1]);
    const float *a = run->in[0] + begin * (int64_t)na;
    const float *b = run->in[1] + begin * (int64_t)nb;
    float *y = run->out + begin * (int64_t)(na + nb);

    for (int64_t row = begin; row < end; row++, a += na, b += nb, y += na + nb) {
        memcpy(y, a, na * sizeof(float));
        memcpy(y + na, b, nb * sizeof(float));
    }
}

static void concat_host(const struct op_run *run)
{
    host_parallel(op_rows(run->node), op_grain(op_channels(run->node)), concat_rows, (void *)run);
}

static int concat_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const struct node *node = site->node;
    int64_t n = op_count(node);
    struct {
        uint64_t y, a, b;
        uint32_t n, channels_a, channels_b;
    } push = {
        site->out,
        site->in[0],
        site->in[1],
        (uint32_t)n,
        (uint32_t)op_channels(node->in[0]),
        (uint32_t)op_channels(node->in[1]),
    };

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(n, 256));
    return 1;
}

const struct op concat_op = {
    .name = "concat",
    .grad = concat_grad,
    .kernels = {{.name = "host", .host = concat_host},
                {.name = "portable", .dispatch = concat_dispatch}},
};

struct node *op_concat(struct graph *g, struct node *a, struct node *b)
{
    g_assert(memcmp(a->shape, b->shape, 3 * sizeof(int)) == 0);
    const int shape[GRAPH_RANK] = {a->shape[0], a->shape[1], a->shape[2],
                                   a->shape[3] + b->shape[3]};
    return graph_add(g, &concat_op, DTYPE_F32, shape, (struct node *[]){a, b}, 2);
}
