// GEGLU (Shazeer, "GLU variants improve transformer", 2020): x = (hidden, gate) side by side along
// the channels, y = hidden * gelu(gate).
#include "compute/op/kernel.h"

static const uint32_t code[] =
#include "compute/op/geglu.spv.h"
    ;
static const struct gpu_spirv spirv = {"geglu", code, sizeof(code)};

static bool geglu_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                       struct node **dx)
{
    if (want[0]) {
        dx[0] = op_geglu_back(g, y->in[0], dy);
    }
    return true;
}

HOST_CLONES
static void gate_rows(float *restrict y, const float *restrict x, int64_t rows, int64_t channels)
{
    for (int64_t row = 0; row < rows; row++, x += 2 * channels, y += channels) {
        for (int64_t c = 0; c < channels; c++) {
            y[c] = x[c] * gelu(x[channels + c]);
        }
    }
}

static void geglu_range(int64_t begin, int64_t end, void *data)
{
    const struct op_run *run = data;
    int64_t channels = op_channels(run->node);

    gate_rows(run->out + begin * channels, run->in[0] + begin * 2 * channels, end - begin,
              channels);
}

static void geglu_host(const struct op_run *run)
{
    host_parallel(op_rows(run->node), op_grain(2 * op_channels(run->node)), geglu_range,
                  (void *)run);
}

static int geglu_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    int64_t n = op_count(site->node);
    struct {
        uint64_t y, x;
        uint32_t n, channels;
    } push = {site->out, site->in[0], (uint32_t)n, (uint32_t)op_channels(site->node)};

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(n, 256));
    return 1;
}

const struct op geglu_op = {
    .name = "geglu",
    .grad = geglu_grad,
    .kernels = {{.name = "host", .host = geglu_host},
                {.name = "portable", .dispatch = geglu_dispatch}},
};

struct node *op_geglu(struct graph *g, struct node *x)
{
    g_assert(op_channels(x) % 2 == 0);
    const int shape[GRAPH_RANK] = {x->shape[0], x->shape[1], x->shape[2], x->shape[3] / 2};
    return graph_add(g, &geglu_op, DTYPE_F32, shape, &x, 1);
}
