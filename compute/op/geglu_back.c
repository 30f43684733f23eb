// Gradient of GEGLU, y = hidden * gelu(gate) with x = (hidden, gate):
//   d hidden = dy * gelu(gate), d gate = dy * hidden * gelu'(gate).
#include "compute/op/kernel.h"

static const uint32_t code[] =
#include "compute/op/geglu_back.spv.h"
    ;
static const struct gpu_spirv spirv = {"geglu_back", code, sizeof(code)};

HOST_CLONES
static void gate_back_rows(float *restrict dx, const float *restrict x, const float *restrict dy,
                           int64_t rows, int64_t channels)
{
    for (int64_t row = 0; row < rows;
         row++, x += 2 * channels, dx += 2 * channels, dy += channels) {
        for (int64_t c = 0; c < channels; c++) {
            float gate = x[channels + c];
            float density = normal_density(gate);
            float below = normal_below(gate, density);
            dx[c] = dy[c] * gate * below;                               // gelu
            dx[channels + c] = dy[c] * x[c] * (below + gate * density); // its slope
        }
    }
}

static void geglu_back_range(int64_t begin, int64_t end, void *data)
{
    const struct op_run *run = data;
    int64_t channels = op_channels(run->node) / 2;

    gate_back_rows(run->out + begin * 2 * channels, run->in[0] + begin * 2 * channels,
                   run->in[1] + begin * channels, end - begin, channels);
}

static void geglu_back_host(const struct op_run *run)
{
    host_parallel(op_rows(run->node), op_grain(2 * op_channels(run->node)), geglu_back_range,
                  (void *)run);
}

static int geglu_back_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    int64_t n = op_count(site->node->in[1]);
    struct {
        uint64_t dx, x, dy;
        uint32_t n, channels;
    } push = {
        site->out, site->in[0], site->in[1], (uint32_t)n, (uint32_t)op_channels(site->node) / 2,
    };

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(n, 256));
    return 1;
}

const struct op geglu_back_op = {
    .name = "geglu_back",
    .kernels = {{.name = "host", .host = geglu_back_host},
                {.name = "portable", .dispatch = geglu_back_dispatch}},
};

struct node *op_geglu_back(struct graph *g, struct node *x, struct node *dy)
{
    g_assert(op_rows(x) == op_rows(dy) && op_channels(x) == 2 * op_channels(dy));
    return graph_add(g, &geglu_back_op, DTYPE_F32, x->shape, (struct node *[]){x, dy}, 2);
}
