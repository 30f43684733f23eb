// y = channels [begin, begin + count) of x.
//   p.i[0]  begin
#include "compute/op/kernel.h"

static const uint32_t code[] =
#include "compute/op/slice.spv.h"
    ;
static const struct gpu_spirv spirv = {"slice", code, sizeof(code)};

static bool slice_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                       struct node **dx)
{
    if (want[0]) {
        dx[0] = op_unslice(g, dy, y->p.i[0], op_channels(y->in[0]));
    }
    return true;
}

static void slice_rows(int64_t begin, int64_t end, void *data)
{
    const struct op_run *run = data;
    int64_t wide = op_channels(run->node->in[0]);
    int64_t count = op_channels(run->node);
    const float *x = run->in[0] + begin * wide + run->node->p.i[0];
    float *y = run->out + begin * count;

    for (int64_t row = begin; row < end; row++, x += wide, y += count) {
        memcpy(y, x, (size_t)count * sizeof(float));
    }
}

static void slice_host(const struct op_run *run)
{
    host_parallel(op_rows(run->node), op_grain(op_channels(run->node)), slice_rows, (void *)run);
}

static int slice_dispatch(const struct op_site *site, struct op_dispatch *out)
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
        (uint32_t)op_channels(node),
        (uint32_t)op_channels(node->in[0]),
    };

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(n, 256));
    return 1;
}

const struct op slice_op = {
    .name = "slice",
    .grad = slice_grad,
    .kernels = {{.name = "host", .host = slice_host},
                {.name = "portable", .dispatch = slice_dispatch}},
};

struct node *op_slice(struct graph *g, struct node *x, int begin, int count)
{
    g_assert(begin >= 0 && count > 0 && begin + count <= op_channels(x));
    const int shape[GRAPH_RANK] = {x->shape[0], x->shape[1], x->shape[2], count};
    struct node *y = graph_add(g, &slice_op, DTYPE_F32, shape, &x, 1);
    y->p.i[0] = begin;
    return y;
}
