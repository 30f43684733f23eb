// Layer normalisation (Ba, Kiros and Hinton, 2016) over the channels:
// y = gamma xhat + beta, with xhat as in layer_norm.h.
#include "compute/op/layer_norm.h"

static const uint32_t code[] =
#include "compute/op/layer_norm.spv.h"
    ;
static const struct gpu_spirv spirv = {"layer_norm", code, sizeof(code)};

static bool layer_norm_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                            struct node **dx)
{
    struct node *x = y->in[0], *gamma = y->in[1], *beta = y->in[2];
    float eps = y->p.f[0];

    if (want[0]) {
        dx[0] = op_layer_norm_back(g, x, gamma, dy, eps);
    }
    if (want[1]) {
        dx[1] = op_layer_norm_back_gamma(g, x, dy, eps);
    }
    if (want[2]) {
        dx[2] = op_sum_to(g, dy, beta->shape);
    }
    return true;
}

HOST_CLONES
static void normalise(float *restrict y, const float *restrict x, const float *restrict gamma,
                      const float *restrict beta, int64_t rows, int64_t channels, float eps)
{
    for (int64_t row = 0; row < rows; row++, x += channels, y += channels) {
        struct layer_moments m = layer_moments(x, channels, eps);
        for (int64_t c = 0; c < channels; c++) {
            y[c] = (x[c] - m.mean) * m.rstd * gamma[c] + beta[c];
        }
    }
}

static void layer_norm_rows(int64_t begin, int64_t end, void *data)
{
    const struct op_run *run = data;
    int64_t channels = op_channels(run->node);

    normalise(run->out + begin * channels, run->in[0] + begin * channels, run->in[1], run->in[2],
              end - begin, channels, run->node->p.f[0]);
}

static void layer_norm_host(const struct op_run *run)
{
    host_parallel(op_rows(run->node), op_grain(2 * op_channels(run->node)), layer_norm_rows,
                  (void *)run);
}

static int layer_norm_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const struct node *node = site->node;
    struct {
        uint64_t y, x, gamma, beta;
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

const struct op layer_norm_op = {
    .name = "layer_norm",
    .grad = layer_norm_grad,
    .kernels = {{.name = "host", .host = layer_norm_host},
                {.name = "portable", .dispatch = layer_norm_dispatch}},
};

struct node *op_layer_norm(struct graph *g, struct node *x, struct node *gamma, struct node *beta,
                           float eps)
{
    g_assert(op_is_vector(gamma, op_channels(x)) && op_is_vector(beta, op_channels(x)));
    struct node *y =
        graph_add(g, &layer_norm_op, DTYPE_F32, x->shape, (struct node *[]){x, gamma, beta}, 3);
    y->p.f[0] = eps;
    return y;
}
