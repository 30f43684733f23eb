// y = x at channel `begin` of a zero tensor.
//   p.i[0]  begin
#include "compute/op/kernel.h"

static const uint32_t code[] =
#include "compute/op/unslice.spv.h"
    ;
static const struct gpu_spirv spirv = {"unslice", code, sizeof(code)};

static bool unslice_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                         struct node **dx)
{
    if (want[0]) {
        dx[0] = op_slice(g, dy, y->p.i[0], op_channels(y->in[0]));
    }
    return true;
}

static void unslice_rows(int64_t begin, int64_t end, void *data)
{
    const struct op_run *run = data;
    size_t count = (size_t)op_channels(run->node->in[0]);
    size_t wide = (size_t)op_channels(run->node);
    size_t before = (size_t)run->node->p.i[0];
    size_t after = wide - before - count;
    const float *x = run->in[0] + begin * (int64_t)count;
    float *y = run->out + begin * (int64_t)wide;

    for (int64_t row = begin; row < end; row++, x += count, y += wide) {
        memset(y, 0, before * sizeof(float));
        memcpy(y + before, x, count * sizeof(float));
        memset(y + before + count, 0, after * sizeof(float));
    }
}

static void unslice_host(const struct op_run *run)
{
    host_parallel(op_rows(run->node), op_grain(op_channels(run->node)), unslice_rows, (void *)run);
}

static int unslice_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const struct node *node = site->node;
    int64_t n = op_count(node);
    struct {
        uint64_t y, x;
        uint32_t n, begin, count, channels;
    } push = {
        site->out,
        site->in[0],
        (uint32_t)n,
        (uint32_t)node->p.i[0],
        (uint32_t)op_channels(node->in[0]),
        (uint32_t)op_channels(node),
    };

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(n, 256));
    return 1;
}

const struct op unslice_op = {
    .name = "unslice",
    .grad = unslice_grad,
    .kernels = {{.name = "host", .host = unslice_host},
                {.name = "portable", .dispatch = unslice_dispatch}},
};

struct node *op_unslice(struct graph *g, struct node *x, int begin, int channels)
{
    g_assert(begin >= 0 && begin + op_channels(x) <= channels);
    const int shape[GRAPH_RANK] = {x->shape[0], x->shape[1], x->shape[2], channels};
    struct node *y = graph_add(g, &unslice_op, DTYPE_F32, shape, &x, 1);
    y->p.i[0] = begin;
    return y;
}
