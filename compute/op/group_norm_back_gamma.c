// Gradient of group normalisation with respect to gamma: sum of dz xhat over images and positions,
// with dz and xhat as in group_norm.h.
#include "compute/op/columns.h"
#include "compute/op/group_norm.h"

static const uint32_t code[] =
#include "compute/op/group_norm_back_gamma.spv.h"
    ;
static const struct gpu_spirv spirv = {"group_norm_back_gamma", code, sizeof(code)};

#define CHUNK 256 // channels whose dz are worked out before they are summed

HOST_CLONES
static void add_products(double *restrict products, const float *restrict x,
                         const float *restrict dy, const float *restrict planes, int64_t rows,
                         int64_t channels, bool activate)
{
    const float *scale = planes + PLANE_SCALE * channels, *shift = planes + PLANE_SHIFT * channels;
    const float *rstd = planes + PLANE_RSTD * channels, *offset = planes + PLANE_OFFSET * channels;
    float dz[CHUNK];

    for (int64_t row = 0; row < rows; row++, x += channels, dy += channels) {
        for (int64_t first = 0; first < channels; first += CHUNK) {
            int64_t count = MIN(CHUNK, channels - first);
            group_norm_dz(dz, x + first, dy + first, scale + first, shift + first, count, activate);
            for (int64_t i = 0; i < count; i++) {
                int64_t c = first + i;
                products[c] += (double)(dz[i] * (rstd[c] * x[c] + offset[c]));
            }
        }
    }
}

static void products_add(const void *data, int64_t n, int64_t begin, int64_t end, double *sums)
{
    const struct group_norm *norm = data;
    const struct op_run *run = norm->run;
    int64_t first = (n * norm->rows + begin) * norm->channels;

    add_products(sums, run->in[0] + first, run->in[3] + first, group_norm_planes(norm, n),
                 end - begin, norm->channels, run->node->p.i[2]);
}

static void group_norm_back_gamma_host(const struct op_run *run)
{
    struct group_norm norm = group_norm_prepare(run);
    int batch = run->node->in[0]->shape[0];
    struct columns columns = {
        .groups = batch,
        .rows = norm.rows,
        .width = norm.channels,
        .cost = 2 * norm.channels,
        .add = products_add,
        .data = &norm,
    };
    const double *sums = norm.planes ? columns_sum(&columns) : NULL;
    if (!sums) {
        return;
    }

    for (int c = 0; c < norm.channels; c++) {
        double sum = 0;
        for (int n = 0; n < batch; n++) {
            sum += sums[(int64_t)n * norm.channels + c];
        }
        run->out[c] = (float)sum;
    }
}

static int group_norm_back_gamma_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const struct node *node = site->node;
    struct {
        uint64_t dgamma, x, gamma, beta, dy;
        struct group_norm_push sizes;
    } push = {
        site->out, site->in[0], site->in[1], site->in[2], site->in[3], group_norm_push_make(node),
    };

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(node->p.i[0], 1));
    out[0].spec[0] = op_wide_workgroup(site->gpu);
    out[0].spec[1] = (uint32_t)node->p.i[2];
    out[0].spec[2] = site->in[2] != 0;
    out[0].n_spec = 3;
    return 1;
}

const struct op group_norm_back_gamma_op = {
    .name = "group_norm_back_gamma",
    .kernels = {{.name = "host", .host = group_norm_back_gamma_host},
                {.name = "portable", .dispatch = group_norm_back_gamma_dispatch}},
};

struct node *op_group_norm_back_gamma(struct graph *g, struct node *x, struct node *gamma,
                                      struct node *beta, struct node *dy, int groups, float eps,
                                      bool silu)
{
    g_assert(op_same_shape(x, dy));
    return group_norm_add(g, &group_norm_back_gamma_op, gamma->shape,
                          (struct node *[]){x, gamma, beta, dy}, 4, groups, eps, silu);
}
