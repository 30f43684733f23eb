// Gradient of layer normalisation with respect to gamma: sum of dy xhat over all
// positions, with xhat as in layer_norm.h.
#include "compute/op/columns.h"
#include "compute/op/layer_norm.h"

static const uint32_t code[] =
#include "compute/op/layer_norm_back_gamma.spv.h"
    ;
static const struct gpu_spirv spirv = {"layer_norm_back_gamma", code, sizeof(code)};

HOST_CLONES
static void add_products(double *restrict products, const float *restrict x,
                         const float *restrict dy, int64_t rows, int64_t channels, float eps)
{
    for (int64_t row = 0; row < rows; row++, x += channels, dy += channels) {
        struct layer_moments m = layer_moments(x, channels, eps);
        for (int64_t c = 0; c < channels; c++) {
            products[c] += (double)(dy[c] * ((x[c] - m.mean) * m.rstd));
        }
    }
}

static void products_add(const void *data, int64_t group, int64_t begin, int64_t end, double *sums)
{
    (void)group;
    const struct op_run *run = data;
    int64_t channels = op_channels(run->node);

    add_products(sums, run->in[0] + begin * channels, run->in[1] + begin * channels, end - begin,
                 channels, run->node->p.f[0]);
}

static void layer_norm_back_gamma_host(const struct op_run *run)
{
    int channels = op_channels(run->node);
    struct columns columns = {
        .groups = 1,
        .rows = op_rows(run->node->in[0]),
        .width = channels,
        .cost = 2 * channels,
        .add = products_add,
        .data = run,
    };
    const double *sums = columns_sum(&columns);
    if (!sums) {
        return;
    }

    for (int c = 0; c < channels; c++) {
        run->out[c] = (float)sums[c];
    }
}

#define LANES 32 // channels of a workgroup, as in the shader

static int layer_norm_back_gamma_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const struct node *x = site->node->in[0];
    struct {
        uint64_t dgamma, x, dy;
        uint32_t rows, channels;
        float eps;
    } push = {
        site->out,
        site->in[0],
        site->in[1],
        (uint32_t)op_rows(x),
        (uint32_t)op_channels(x),
        site->node->p.f[0],
    };

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(op_channels(x), LANES));
    out[0].spec[0] = op_wide_workgroup(site->gpu);
    out[0].n_spec = 1;
    return 1;
}

const struct op layer_norm_back_gamma_op = {
    .name = "layer_norm_back_gamma",
    .kernels = {{.name = "host", .host = layer_norm_back_gamma_host},
                {.name = "portable", .dispatch = layer_norm_back_gamma_dispatch}},
};

struct node *op_layer_norm_back_gamma(struct graph *g, struct node *x, struct node *dy, float eps)
{
    g_assert(op_same_shape(x, dy));
    const int shape[GRAPH_RANK] = {1, 1, 1, op_channels(x)};
    struct node *dgamma =
        graph_add(g, &layer_norm_back_gamma_op, DTYPE_F32, shape, (struct node *[]){x, dy}, 2);
    dgamma->p.f[0] = eps;
    return dgamma;
}
