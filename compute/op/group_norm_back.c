// Gradient of group normalisation with respect to x. With dz as in group_norm.h and g = gamma dz,
//
//   dx = rstd (g - mean(g) - xhat mean(g xhat)), means over the m elements of the group,
//
// (Ioffe and Szegedy, "Batch normalization", 2015, section 3, with the group in the place of the
// batch), which is by_dz dz + by_x x + constant with
//
//   by_dz = rstd gamma,  by_x = -rstd^2 mean(g xhat),
//   constant = -rstd mean(g) + mean rstd^2 mean(g xhat).
#include "compute/op/columns.h"
#include "compute/op/group_norm.h"

static const uint32_t code[] =
#include "compute/op/group_norm_back.spv.h"
    ;
static const struct gpu_spirv spirv = {"group_norm_back", code, sizeof(code)};

// dz, and its sums and those of dz xhat, channel by channel.
HOST_CLONES
static void add_gradients(double *restrict sums, double *restrict products, float *restrict dz,
                          const float *restrict x, const float *restrict dy,
                          const float *restrict planes, int64_t rows, int64_t channels,
                          bool activate)
{
    const float *scale = planes + PLANE_SCALE * channels, *shift = planes + PLANE_SHIFT * channels;
    const float *rstd = planes + PLANE_RSTD * channels, *offset = planes + PLANE_OFFSET * channels;

    for (int64_t row = 0; row < rows; row++, x += channels, dy += channels, dz += channels) {
        group_norm_dz(dz, x, dy, scale, shift, channels, activate);
        for (int64_t c = 0; c < channels; c++) {
            sums[c] += (double)dz[c];
            products[c] += (double)(dz[c] * (rstd[c] * x[c] + offset[c]));
        }
    }
}

// dz waits in the place of the result.
static void gradients_add(const void *data, int64_t n, int64_t begin, int64_t end, double *sums)
{
    const struct group_norm *norm = data;
    const struct op_run *run = norm->run;
    int64_t first = (n * norm->rows + begin) * norm->channels;

    add_gradients(sums, sums + norm->channels, run->out + first, run->in[0] + first,
                  run->in[3] + first, group_norm_planes(norm, n), end - begin, norm->channels,
                  run->node->p.i[2]);
}

// sums: of dz and dz xhat for all channels of one image.
static void fill_back_planes(const struct group_norm *norm, const double *sums, float *planes)
{
    const float *gamma = norm->run->in[1];
    int channels = norm->channels, width = channels / norm->run->node->p.i[0];
    double count = (double)norm->rows * width;

    for (int first = 0; first < channels; first += width) {
        double mean_g = 0, mean_gx = 0;
        for (int c = first; c < first + width; c++) {
            mean_g += gamma[c] * sums[c] / count;
            mean_gx += gamma[c] * sums[channels + c] / count;
        }
        for (int c = first; c < first + width; c++) {
            double rstd = (double)planes[PLANE_RSTD * channels + c];
            double offset = (double)planes[PLANE_OFFSET * channels + c];
            planes[PLANE_BY_DZ * channels + c] = (float)(rstd * gamma[c]);
            planes[PLANE_BY_X * channels + c] = (float)(-rstd * rstd * mean_gx);
            planes[PLANE_CONSTANT * channels + c] = (float)(-rstd * (mean_g + offset * mean_gx));
        }
    }
}

HOST_CLONES
static void finish(float *restrict dx, const float *restrict x, const float *restrict planes,
                   int64_t rows, int64_t channels)
{
    const float *by_dz = planes + PLANE_BY_DZ * channels, *by_x = planes + PLANE_BY_X * channels;
    const float *constant = planes + PLANE_CONSTANT * channels;

    for (int64_t row = 0; row < rows; row++, dx += channels, x += channels) {
        for (int64_t c = 0; c < channels; c++) {
            dx[c] = by_dz[c] * dx[c] + by_x[c] * x[c] + constant[c];
        }
    }
}

static void finish_rows(const struct group_norm *norm, int64_t n, int64_t begin, int64_t end)
{
    int64_t first = (n * norm->rows + begin) * norm->channels;

    finish(norm->run->out + first, norm->run->in[0] + first, group_norm_planes(norm, n),
           end - begin, norm->channels);
}

static void group_norm_back_host(const struct op_run *run)
{
    struct group_norm norm = group_norm_prepare(run);
    struct columns columns = {
        .groups = run->node->shape[0],
        .rows = norm.rows,
        .width = 2 * norm.channels,
        .cost = 3 * norm.channels,
        .add = gradients_add,
        .data = &norm,
    };
    const double *sums = norm.planes ? columns_sum(&columns) : NULL;
    if (!sums) {
        return;
    }

    for (int n = 0; n < run->node->shape[0]; n++) {
        fill_back_planes(&norm, sums + (int64_t)n * 2 * norm.channels, group_norm_planes(&norm, n));
    }
    group_norm_parallel(&norm, 3 * norm.channels, finish_rows);
}

static int group_norm_back_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const struct node *node = site->node;
    struct {
        uint64_t dx, x, gamma, beta, dy;
        struct group_norm_push sizes;
    } push = {
        site->out, site->in[0], site->in[1], site->in[2], site->in[3], group_norm_push_make(node),
    };

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push),
                     op_groups((int64_t)node->shape[0] * node->p.i[0], 1));
    out[0].spec[0] = op_wide_workgroup(site->gpu);
    out[0].spec[1] = (uint32_t)node->p.i[2];
    out[0].spec[2] = site->in[2] != 0;
    out[0].n_spec = 3;
    return 1;
}

const struct op group_norm_back_op = {
    .name = "group_norm_back",
    .kernels = {{.name = "host", .host = group_norm_back_host},
                {.name = "portable", .dispatch = group_norm_back_dispatch}},
};

struct node *op_group_norm_back(struct graph *g, struct node *x, struct node *gamma,
                                struct node *beta, struct node *dy, int groups, float eps,
                                bool silu)
{
    g_assert(op_same_shape(x, dy));
    return group_norm_add(g, &group_norm_back_op, x->shape, (struct node *[]){x, gamma, beta, dy},
                          4, groups, eps, silu);
}
