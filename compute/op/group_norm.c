// Group normalisation (Wu and He, 2018) over (H, W, C / groups), with silu fused.
// Formulas in group_norm.h.
#include "compute/op/group_norm.h"

#include "compute/op/columns.h"

static const uint32_t code[] =
#include "compute/op/group_norm.spv.h"
    ;
static const struct gpu_spirv spirv = {"group_norm", code, sizeof(code)};

// ---- shared with the gradients ------------------------------------------------------------------

// Sums of x and of x^2, channel by channel. In double precision the square of a float is exact, and
// the difference of the two loses nothing that matters.
HOST_CLONES
static void add_moments(double *restrict sums, double *restrict squares, const float *restrict x,
                        int64_t rows, int64_t channels)
{
    for (int64_t row = 0; row < rows; row++, x += channels) {
        for (int64_t c = 0; c < channels; c++) {
            double value = (double)x[c];
            sums[c] += value;
            squares[c] += value * value;
        }
    }
}

static void moments_add(const void *data, int64_t n, int64_t begin, int64_t end, double *sums)
{
    const struct group_norm *norm = data;
    const float *x = norm->run->in[0] + (n * norm->rows + begin) * norm->channels;

    add_moments(sums, sums + norm->channels, x, end - begin, norm->channels);
}

// sums: of x and x^2 for all channels of one image.
static void fill_planes(const struct group_norm *norm, const double *sums, float *planes)
{
    const struct node *node = norm->run->node;
    const float *gamma = norm->run->in[1], *beta = norm->run->in[2];
    int channels = norm->channels, width = channels / node->p.i[0];
    double count = (double)norm->rows * width;

    for (int first = 0; first < channels; first += width) {
        double sum = 0, squares = 0;
        for (int c = first; c < first + width; c++) {
            sum += sums[c];
            squares += sums[channels + c];
        }
        double mean = sum / count;
        double variance = MAX(squares / count - mean * mean, 0);
        double rstd = 1 / sqrt(variance + (double)node->p.f[1]);
        for (int c = first; c < first + width; c++) {
            planes[PLANE_SCALE * channels + c] = (float)(gamma[c] * rstd);
            planes[PLANE_SHIFT * channels + c] =
                (float)((beta ? beta[c] : 0) - gamma[c] * mean * rstd);
            planes[PLANE_RSTD * channels + c] = (float)rstd;
            planes[PLANE_OFFSET * channels + c] = (float)(-mean * rstd);
        }
    }
}

struct group_norm group_norm_prepare(const struct op_run *run)
{
    const int *x = run->node->in[0]->shape;
    struct group_norm norm = {
        .run = run,
        .rows = (int64_t)x[1] * x[2],
        .channels = x[3],
        .planes = host_scratch(1, (int64_t)x[0] * PLANE_COUNT * x[3]),
    };
    struct columns columns = {
        .groups = x[0],
        .rows = norm.rows,
        .width = 2 * x[3],
        .cost = x[3],
        .add = moments_add,
        .data = &norm,
    };
    const double *sums = norm.planes ? columns_sum(&columns) : NULL;
    if (!sums) {
        norm.planes = NULL;
        return norm;
    }

    for (int n = 0; n < x[0]; n++) {
        fill_planes(&norm, sums + (int64_t)n * 2 * x[3], group_norm_planes(&norm, n));
    }
    return norm;
}

struct images {
    const struct group_norm *norm;
    group_norm_fn fn;
};

static void images_range(int64_t begin, int64_t end, void *data)
{
    const struct images *images = data;
    int64_t rows = images->norm->rows;

    while (begin < end) {
        int64_t n = begin / rows;
        int64_t stop = MIN((n + 1) * rows, end);
        images->fn(images->norm, n, begin - n * rows, stop - n * rows);
        begin = stop;
    }
}

void group_norm_parallel(const struct group_norm *norm, int64_t cost, group_norm_fn fn)
{
    struct images images = {norm, fn};

    host_parallel(norm->run->node->in[0]->shape[0] * norm->rows, op_grain(cost), images_range,
                  &images);
}

struct node *group_norm_add(struct graph *g, const struct op *op, const int shape[GRAPH_RANK],
                            struct node *const *in, int n_in, int groups, float eps, bool silu)
{
    int channels = op_channels(in[0]);
    g_assert(groups > 0 && channels % groups == 0);
    g_assert(op_is_vector(in[1], channels) && (!in[2] || op_is_vector(in[2], channels)));
    struct node *y = graph_add(g, op, DTYPE_F32, shape, in, n_in);
    y->p.i[0] = groups;
    y->p.f[1] = eps;
    y->p.i[2] = silu;
    return y;
}

struct group_norm_push group_norm_push_make(const struct node *node)
{
    const int *x = node->in[0]->shape;
    return (struct group_norm_push){
        .batch = (uint32_t)x[0],
        .rows = (uint32_t)(x[1] * x[2]),
        .channels = (uint32_t)x[3],
        .groups = (uint32_t)node->p.i[0],
        .eps = node->p.f[1],
    };
}

// ---- the op -------------------------------------------------------------------------------------

// d beta = sum of dz.
static struct node *grad_beta(struct graph *g, struct node *y, struct node *dy)
{
    if (y->p.i[2]) {
        struct node *z =
            op_group_norm(g, y->in[0], y->in[1], y->in[2], y->p.i[0], y->p.f[1], false);
        dy = op_unary_back(g, UNARY_SILU, z, dy);
    }
    return op_sum_to(g, dy, y->in[2]->shape);
}

static bool group_norm_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                            struct node **dx)
{
    struct node *x = y->in[0], *gamma = y->in[1], *beta = y->in[2];
    int groups = y->p.i[0];
    float eps = y->p.f[1];
    bool silu = y->p.i[2];

    if (want[0]) {
        dx[0] = op_group_norm_back(g, x, gamma, beta, dy, groups, eps, silu);
    }
    if (want[1]) {
        dx[1] = op_group_norm_back_gamma(g, x, gamma, beta, dy, groups, eps, silu);
    }
    if (beta && want[2]) {
        dx[2] = grad_beta(g, y, dy);
    }
    return true;
}

HOST_CLONES
static void normalise(float *restrict y, const float *restrict x, const float *restrict scale,
                      const float *restrict shift, int64_t rows, int64_t channels, bool activate)
{
    for (int64_t row = 0; row < rows; row++, x += channels, y += channels) {
        if (activate) {
            for (int64_t c = 0; c < channels; c++) {
                y[c] = silu(scale[c] * x[c] + shift[c]);
            }
        } else {
            for (int64_t c = 0; c < channels; c++) {
                y[c] = scale[c] * x[c] + shift[c];
            }
        }
    }
}

static void normalise_rows(const struct group_norm *norm, int64_t n, int64_t begin, int64_t end)
{
    const float *planes = group_norm_planes(norm, n);
    int64_t first = (n * norm->rows + begin) * norm->channels;

    normalise(norm->run->out + first, norm->run->in[0] + first,
              planes + PLANE_SCALE * norm->channels, planes + PLANE_SHIFT * norm->channels,
              end - begin, norm->channels, norm->run->node->p.i[2]);
}

static void group_norm_host(const struct op_run *run)
{
    struct group_norm norm = group_norm_prepare(run);

    if (norm.planes) {
        group_norm_parallel(&norm, 2 * norm.channels, normalise_rows);
    }
}

static int group_norm_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const struct node *node = site->node;
    struct {
        uint64_t y, x, gamma, beta;
        struct group_norm_push sizes;
    } push = {
        site->out, site->in[0], site->in[1], site->in[2], group_norm_push_make(node),
    };

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push),
                     op_groups((int64_t)node->shape[0] * node->p.i[0], 1));
    out[0].spec[0] = op_wide_workgroup(site->gpu);
    out[0].spec[1] = (uint32_t)node->p.i[2];
    out[0].spec[2] = site->in[2] != 0;
    out[0].n_spec = 3;
    return 1;
}

const struct op group_norm_op = {
    .name = "group_norm",
    .grad = group_norm_grad,
    .kernels = {{.name = "host", .host = group_norm_host},
                {.name = "portable", .dispatch = group_norm_dispatch}},
};

struct node *op_group_norm(struct graph *g, struct node *x, struct node *gamma, struct node *beta,
                           int groups, float eps, bool silu)
{
    return group_norm_add(g, &group_norm_op, x->shape, (struct node *[]){x, gamma, beta}, 3, groups,
                          eps, silu);
}
