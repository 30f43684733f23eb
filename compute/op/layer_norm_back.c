// Gradient of layer normalisation with respect to x. With g = gamma dy and xhat as in layer_norm.h,
//
//   dx = rstd (g - mean(g) - xhat mean(g xhat)), means over the channels.
#include "compute/op/layer_norm.h"

static const uint32_t code[] =
#include "compute/op/layer_norm_back.spv.h"
    ;
static const struct gpu_spirv spirv = {"layer_norm_back", code, sizeof(code)};

HOST_CLONES
static void back(float *restrict dx, const float *restrict x, const float *restrict gamma,
                 const float *restrict dy, int64_t rows, int64_t channels, float eps)
{
    for (int64_t row = 0; row < rows; row++, x += channels, dy += channels, dx += channels) {
        struct layer_moments m = layer_moments(x, channels, eps);
        for (int64_t c = 0; c < channels; c++) {
            dx[c] = gamma[c] * dy[c];
        }
        double product = products_of(x, m.mean, dx, 0, channels) * (double)m.rstd;
        float mean_g = (float)(sum_of(dx, channels) / (double)channels);
        float mean_gx = (float)(product / (double)channels);
        for (int64_t c = 0; c < channels; c++) {
            dx[c] = m.rstd * (dx[c] - mean_g - (x[c] - m.mean) * m.rstd * mean_gx);
        }
    }
}

static void layer_norm_back_rows(int64_t begin, int64_t end, void *data)
{
    const struct op_run *run = data;
    int64_t channels = op_channels(run->node);

    back(run->out + begin * channels, run->in[0] + begin * channels, run->in[1],
         run->in[2] + begin * channels, end - begin, channels, run->node->p.f[0]);
}

static void layer_norm_back_host(const struct op_run *run)
{
    host_parallel(op_rows(run->node), op_grain(3 * op_channels(run->node)), layer_norm_back_rows,
                  (void *)run);
}

static int layer_norm_back_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const struct node *node = site->node;
    struct {
        uint64_t dx, x, gamma, dy;
        uint32_t rows, channels;
        float eps;
    } push = {
        site->out,
        site->in[0],
        site->in[1],
        site->in[2],
        (uint32_t)op_rows(node),
        (uint32_t)op_channels(node),
        node->p.f[0],
    };

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(push.rows, 1));
    return 1;
}

const struct op layer_norm_back_op = {
    .name = "layer_norm_back",
    .kernels = {{.name = "host", .host = layer_norm_back_host},
                {.name = "portable", .dispatch = layer_norm_back_dispatch}},
};

struct node *op_layer_norm_back(struct graph *g, struct node *x, struct node *gamma,
                                struct node *dy, float eps)
{
    g_assert(op_is_vector(gamma, op_channels(x)) && op_same_shape(x, dy));
    struct node *dx =
        graph_add(g, &layer_norm_back_op, DTYPE_F32, x->shape, (struct node *[]){x, gamma, dy}, 3);
    dx->p.f[0] = eps;
    return dx;
}
