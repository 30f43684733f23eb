// Cases of the shape changes, the arithmetic and the normalisations.
//
// Sizes: 1, 3 and 17, multiples of 4, 8 and 64 and none of them, batches, and a few that are large
// enough to be cut into pieces for several threads (more than 16 Ki numbers).
#include "tests/op/op_case.h"

#include <math.h>
#include <string.h>

static int64_t rows_of(const struct op_input *in)
{
    return (int64_t)in->shape[0] * in->shape[1] * in->shape[2];
}

static int channels_of(const struct op_input *in)
{
    return in->shape[3];
}

static int64_t index_in(const int shape[GRAPH_RANK], int n, int h, int w, int c)
{
    return (((int64_t)n * shape[1] + h) * shape[2] + w) * shape[3] + c;
}

// ---- shape changes ------------------------------------------------------------------------------

// i[0]: offset, i[1]: count
static struct node *build_view(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_view(g, x[0], c->i[0], (const int[]){1, 1, 1, c->i[1]});
}

static void view(const struct op_case *c, const double *const *x, double *y)
{
    memcpy(y, x[0] + c->i[0], (size_t)c->i[1] * sizeof(double));
}

// A view in the middle of a computation: its reader sees the right part.
static struct node *build_view_affine(struct graph *g, struct node *const *x,
                                      const struct op_case *c)
{
    return op_affine(g, build_view(g, x, c), 2, 1);
}

static void view_affine(const struct op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < c->i[1]; i++) {
        y[i] = 2 * x[0][c->i[0] + i] + 1;
    }
}

static struct node *build_concat(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_concat(g, x[0], x[1]);
}

static void concat(const struct op_case *c, const double *const *x, double *y)
{
    for (int64_t row = 0; row < rows_of(&c->in[0]); row++) {
        for (int i = 0; i < 2; i++) {
            for (int k = 0; k < channels_of(&c->in[i]); k++) {
                *y++ = x[i][row * channels_of(&c->in[i]) + k];
            }
        }
    }
}

// i[0]: begin, i[1]: count
static struct node *build_slice(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_slice(g, x[0], c->i[0], c->i[1]);
}

static void slice(const struct op_case *c, const double *const *x, double *y)
{
    for (int64_t row = 0; row < rows_of(&c->in[0]); row++) {
        for (int k = 0; k < c->i[1]; k++) {
            *y++ = x[0][row * channels_of(&c->in[0]) + c->i[0] + k];
        }
    }
}

// i[0]: begin, i[1]: channels
static struct node *build_unslice(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_unslice(g, x[0], c->i[0], c->i[1]);
}

static void unslice(const struct op_case *c, const double *const *x, double *y)
{
    int count = channels_of(&c->in[0]);

    memset(y, 0, (size_t)(rows_of(&c->in[0]) * c->i[1]) * sizeof(double));
    for (int64_t row = 0; row < rows_of(&c->in[0]); row++) {
        for (int k = 0; k < count; k++) {
            y[row * c->i[1] + c->i[0] + k] = x[0][row * count + k];
        }
    }
}

// i[0], i[1]: height and width of the result
static struct node *build_upsample(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_upsample(g, x[0], c->i[0], c->i[1]);
}

static void upsample(const struct op_case *c, const double *const *x, double *y)
{
    const int *s = c->in[0].shape, to[GRAPH_RANK] = {s[0], c->i[0], c->i[1], s[3]};

    for (int n = 0; n < to[0]; n++) {
        for (int h = 0; h < to[1]; h++) {
            for (int w = 0; w < to[2]; w++) {
                for (int k = 0; k < to[3]; k++) {
                    y[index_in(to, n, h, w, k)] =
                        x[0][index_in(s, n, h * s[1] / to[1], w * s[2] / to[2], k)];
                }
            }
        }
    }
}

static struct node *build_upsample_back(struct graph *g, struct node *const *x,
                                        const struct op_case *c)
{
    return op_upsample_back(g, x[0], c->i[0], c->i[1]);
}

static void upsample_back(const struct op_case *c, const double *const *x, double *y)
{
    const int *s = c->in[0].shape, to[GRAPH_RANK] = {s[0], c->i[0], c->i[1], s[3]};

    memset(y, 0, (size_t)shape_count(to) * sizeof(double));
    for (int n = 0; n < s[0]; n++) {
        for (int h = 0; h < s[1]; h++) {
            for (int w = 0; w < s[2]; w++) {
                for (int k = 0; k < s[3]; k++) {
                    y[index_in(to, n, h * to[1] / s[1], w * to[2] / s[2], k)] +=
                        x[0][index_in(s, n, h, w, k)];
                }
            }
        }
    }
}

static struct node *build_gather(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_gather(g, x[0], x[1]);
}

static void gather(const struct op_case *c, const double *const *x, double *y)
{
    int64_t count = shape_count(c->in[1].shape);
    int size = c->in[0].shape[2], channels = channels_of(&c->in[0]);

    for (int64_t i = 0; i < count; i++) {
        int id = (int)x[1][i];
        const double *row = x[0] + (id < 0 || id >= size ? 0 : id) * channels;
        memcpy(y + i * channels, row, (size_t)channels * sizeof(double));
    }
}

// ---- arithmetic ---------------------------------------------------------------------------------

// i[0]: '+', '-' or '*'
static struct node *build_binary(struct graph *g, struct node *const *x, const struct op_case *c)
{
    struct node *(*op)(struct graph *, struct node *, struct node *) = c->i[0] == '+'   ? op_add
                                                                       : c->i[0] == '-' ? op_sub
                                                                                        : op_mul;
    return op(g, x[0], x[1]);
}

static void binary(const struct op_case *c, const double *const *x, double *y)
{
    const int *a = c->in[0].shape, *b = c->in[1].shape;

    for (int n = 0; n < a[0]; n++) {
        for (int h = 0; h < a[1]; h++) {
            for (int w = 0; w < a[2]; w++) {
                for (int k = 0; k < a[3]; k++) {
                    double p = x[0][index_in(a, n, h, w, k)];
                    double q = x[1][index_in(b, b[0] > 1 ? n : 0, b[1] > 1 ? h : 0,
                                             b[2] > 1 ? w : 0, b[3] > 1 ? k : 0)];
                    y[index_in(a, n, h, w, k)] = c->i[0] == '+'   ? p + q
                                                 : c->i[0] == '-' ? p - q
                                                                  : p * q;
                }
            }
        }
    }
}

// The same node on both sides.
static struct node *build_square(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_mul(g, x[0], x[0]);
}

static void square(const struct op_case *c, const double *const *x, double *y)
{
    for (int64_t i = 0; i < shape_count(c->in[0].shape); i++) {
        y[i] = x[0][i] * x[0][i];
    }
}

// i[0..3]: shape of the result
static struct node *build_expand(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_expand(g, x[0], c->i);
}

static void expand(const struct op_case *c, const double *const *x, double *y)
{
    const int *b = c->in[0].shape;

    for (int n = 0; n < c->i[0]; n++) {
        for (int h = 0; h < c->i[1]; h++) {
            for (int w = 0; w < c->i[2]; w++) {
                for (int k = 0; k < c->i[3]; k++) {
                    *y++ = x[0][index_in(b, n % b[0], h % b[1], w % b[2], k % b[3])];
                }
            }
        }
    }
}

static struct node *build_sum_to(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_sum_to(g, x[0], c->i);
}

static void sum_to(const struct op_case *c, const double *const *x, double *y)
{
    const int *a = c->in[0].shape, *to = c->i;

    memset(y, 0, (size_t)shape_count(to) * sizeof(double));
    for (int n = 0; n < a[0]; n++) {
        for (int h = 0; h < a[1]; h++) {
            for (int w = 0; w < a[2]; w++) {
                for (int k = 0; k < a[3]; k++) {
                    y[index_in(to, n % to[0], h % to[1], w % to[2], k % to[3])] +=
                        x[0][index_in(a, n, h, w, k)];
                }
            }
        }
    }
}

static struct node *build_dot_rows(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_dot_rows(g, x[0], x[1]);
}

static void dot_rows(const struct op_case *c, const double *const *x, double *y)
{
    int channels = channels_of(&c->in[0]);

    memset(y, 0, (size_t)channels * sizeof(double));
    for (int64_t i = 0; i < shape_count(c->in[0].shape); i++) {
        y[i % channels] += x[0][i] * x[1][i];
    }
}

static struct node *build_mse(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_mse(g, x[0], x[1]);
}

static void mse(const struct op_case *c, const double *const *x, double *y)
{
    int64_t n = shape_count(c->in[0].shape);

    *y = 0;
    for (int64_t i = 0; i < n; i++) {
        *y += (x[0][i] - x[1][i]) * (x[0][i] - x[1][i]) / (double)n;
    }
}

static struct node *build_affine(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_affine(g, x[0], c->f[0], c->f[1]);
}

static void affine(const struct op_case *c, const double *const *x, double *y)
{
    for (int64_t i = 0; i < shape_count(c->in[0].shape); i++) {
        y[i] = (double)c->f[0] * x[0][i] + (double)c->f[1];
    }
}

static double activation(int kind, double x)
{
    switch ((enum unary)kind) {
    case UNARY_RELU: return x > 0 ? x : 0;
    case UNARY_SILU: return x / (1 + exp(-x));
    case UNARY_GELU: return x / 2 * erfc(-x / sqrt(2));
    case UNARY_QUICK_GELU: return x / (1 + exp(-(double)1.702f * x));
    }
    g_assert_not_reached();
}

// By difference: it shares no formula with the kernels.
static double activation_slope(int kind, double x)
{
    const double h = 1e-5;

    if (kind == UNARY_RELU) {
        return x > 0;
    }
    return (activation(kind, x + h) - activation(kind, x - h)) / (2 * h);
}

// i[0]: enum unary, f[0]: factor on the numbers first, to reach where the functions are flat
static struct node *build_unary(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_unary(g, (enum unary)c->i[0], op_affine(g, x[0], c->f[0], 0));
}

static void unary(const struct op_case *c, const double *const *x, double *y)
{
    for (int64_t i = 0; i < shape_count(c->in[0].shape); i++) {
        y[i] = activation(c->i[0], (double)c->f[0] * x[0][i]);
    }
}

static struct node *build_unary_back(struct graph *g, struct node *const *x,
                                     const struct op_case *c)
{
    return op_unary_back(g, (enum unary)c->i[0], op_affine(g, x[0], c->f[0], 0), x[1]);
}

static void unary_back(const struct op_case *c, const double *const *x, double *y)
{
    for (int64_t i = 0; i < shape_count(c->in[0].shape); i++) {
        y[i] = x[1][i] * activation_slope(c->i[0], (double)c->f[0] * x[0][i]);
    }
}

static struct node *build_geglu(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_geglu(g, x[0]);
}

static void geglu(const struct op_case *c, const double *const *x, double *y)
{
    int channels = channels_of(&c->in[0]) / 2;

    for (int64_t row = 0; row < rows_of(&c->in[0]); row++) {
        const double *hidden = x[0] + row * 2 * channels, *gate = hidden + channels;
        for (int k = 0; k < channels; k++) {
            *y++ = hidden[k] * activation(UNARY_GELU, gate[k]);
        }
    }
}

static struct node *build_geglu_back(struct graph *g, struct node *const *x,
                                     const struct op_case *c)
{
    return op_geglu_back(g, x[0], x[1]);
}

static void geglu_back(const struct op_case *c, const double *const *x, double *y)
{
    int channels = channels_of(&c->in[1]);

    for (int64_t row = 0; row < rows_of(&c->in[0]); row++) {
        const double *hidden = x[0] + row * 2 * channels, *gate = hidden + channels;
        const double *dy = x[1] + row * channels;
        double *d = y + row * 2 * channels;
        for (int k = 0; k < channels; k++) {
            d[k] = dy[k] * activation(UNARY_GELU, gate[k]);
            d[channels + k] = dy[k] * hidden[k] * activation_slope(UNARY_GELU, gate[k]);
        }
    }
}

// ---- normalisation ------------------------------------------------------------------------------

struct moments {
    double mean, rstd;
};

// Of count numbers that stand in runs of `run`, `step` apart.
static struct moments moments_of(const double *x, int64_t count, int run, int64_t step, double eps)
{
    double mean = 0, variance = 0;

    for (int64_t i = 0; i < count; i++) {
        mean += x[i / run * step + i % run] / (double)count;
    }
    for (int64_t i = 0; i < count; i++) {
        double d = x[i / run * step + i % run] - mean;
        variance += d * d / (double)count;
    }
    return (struct moments){mean, 1 / sqrt(variance + eps)};
}

// x, gamma, beta or absent, dy; i[0]: groups, i[1]: silu, f[0]: eps
static struct node *build_group_norm(struct graph *g, struct node *const *x,
                                     const struct op_case *c)
{
    return op_group_norm(g, x[0], x[1], x[2], c->i[0], c->f[0], c->i[1]);
}

// The moments of all (image, group) pairs.
static struct moments *group_moments(const struct op_case *c, const double *x)
{
    const int *s = c->in[0].shape;
    int groups = c->i[0], width = s[3] / groups;
    int64_t positions = (int64_t)s[1] * s[2];
    struct moments *m = g_new(struct moments, s[0] * groups);

    for (int n = 0; n < s[0]; n++) {
        for (int k = 0; k < groups; k++) {
            const double *first = x + n * positions * s[3] + k * width;
            m[n * groups + k] = moments_of(first, positions * width, width, s[3], (double)c->f[0]);
        }
    }
    return m;
}

// One element with its place in the groups.
struct spot {
    int64_t at;
    int group; // of all images
    int channel;
    double xhat, z;
};

static struct spot spot_at(const struct op_case *c, const double *const *x, const struct moments *m,
                           int64_t at)
{
    const int *s = c->in[0].shape;
    int channel = (int)(at % s[3]), image = (int)(at / ((int64_t)s[1] * s[2] * s[3]));
    struct spot spot = {.at = at, .channel = channel};

    spot.group = image * c->i[0] + channel / (s[3] / c->i[0]);
    spot.xhat = (x[0][at] - m[spot.group].mean) * m[spot.group].rstd;
    spot.z = x[1][channel] * spot.xhat + (x[2] ? x[2][channel] : 0);
    return spot;
}

static void group_norm(const struct op_case *c, const double *const *x, double *y)
{
    g_autofree struct moments *m = group_moments(c, x[0]);

    for (int64_t i = 0; i < shape_count(c->in[0].shape); i++) {
        double z = spot_at(c, x, m, i).z;
        y[i] = c->i[1] ? activation(UNARY_SILU, z) : z;
    }
}

static double spot_dz(const struct op_case *c, const double *const *x, const struct spot *spot)
{
    return x[3][spot->at] * (c->i[1] ? activation_slope(UNARY_SILU, spot->z) : 1);
}

static struct node *build_group_norm_back(struct graph *g, struct node *const *x,
                                          const struct op_case *c)
{
    return op_group_norm_back(g, x[0], x[1], x[2], x[3], c->i[0], c->f[0], c->i[1]);
}

// From d mean / d x = 1/m and d rstd / d x = -rstd^2 xhat / m:
// dx = rstd g - (sum of g) rstd / m - (sum of g (x - mean)) rstd^2 xhat / m.
static void group_norm_back(const struct op_case *c, const double *const *x, double *y)
{
    const int *s = c->in[0].shape;
    g_autofree struct moments *m = group_moments(c, x[0]);
    g_autofree double *sum = g_new0(double, s[0] * c->i[0]);
    g_autofree double *product = g_new0(double, s[0] * c->i[0]);
    double count = (double)s[1] * s[2] * (s[3] / c->i[0]);

    for (int64_t i = 0; i < shape_count(s); i++) {
        struct spot spot = spot_at(c, x, m, i);
        y[i] = spot_dz(c, x, &spot) * x[1][spot.channel];
        sum[spot.group] += y[i];
        product[spot.group] += y[i] * (x[0][i] - m[spot.group].mean);
    }
    for (int64_t i = 0; i < shape_count(s); i++) {
        struct spot spot = spot_at(c, x, m, i);
        double rstd = m[spot.group].rstd;
        y[i] = rstd * y[i] - sum[spot.group] * rstd / count -
               product[spot.group] * rstd * rstd * spot.xhat / count;
    }
}

static struct node *build_group_norm_back_gamma(struct graph *g, struct node *const *x,
                                                const struct op_case *c)
{
    return op_group_norm_back_gamma(g, x[0], x[1], x[2], x[3], c->i[0], c->f[0], c->i[1]);
}

static void group_norm_back_gamma(const struct op_case *c, const double *const *x, double *y)
{
    const int *s = c->in[0].shape;
    g_autofree struct moments *m = group_moments(c, x[0]);

    memset(y, 0, (size_t)s[3] * sizeof(double));
    for (int64_t i = 0; i < shape_count(s); i++) {
        struct spot spot = spot_at(c, x, m, i);
        y[spot.channel] += spot_dz(c, x, &spot) * spot.xhat;
    }
}

// x, gamma, beta; f[0]: eps
static struct node *build_layer_norm(struct graph *g, struct node *const *x,
                                     const struct op_case *c)
{
    return op_layer_norm(g, x[0], x[1], x[2], c->f[0]);
}

static void layer_norm(const struct op_case *c, const double *const *x, double *y)
{
    int channels = channels_of(&c->in[0]);

    for (int64_t row = 0; row < rows_of(&c->in[0]); row++) {
        const double *from = x[0] + row * channels;
        struct moments m = moments_of(from, channels, channels, channels, (double)c->f[0]);
        for (int k = 0; k < channels; k++) {
            *y++ = (from[k] - m.mean) * m.rstd * x[1][k] + x[2][k];
        }
    }
}

// x, gamma, dy
static struct node *build_layer_norm_back(struct graph *g, struct node *const *x,
                                          const struct op_case *c)
{
    return op_layer_norm_back(g, x[0], x[1], x[2], c->f[0]);
}

static void layer_norm_back(const struct op_case *c, const double *const *x, double *y)
{
    int channels = channels_of(&c->in[0]);

    for (int64_t row = 0; row < rows_of(&c->in[0]); row++) {
        const double *from = x[0] + row * channels, *dy = x[2] + row * channels;
        struct moments m = moments_of(from, channels, channels, channels, (double)c->f[0]);
        double sum = 0, product = 0;
        for (int k = 0; k < channels; k++) {
            sum += dy[k] * x[1][k];
            product += dy[k] * x[1][k] * (from[k] - m.mean);
        }
        for (int k = 0; k < channels; k++) {
            *y++ = m.rstd * dy[k] * x[1][k] - sum * m.rstd / channels -
                   product * pow(m.rstd, 3) * (from[k] - m.mean) / channels;
        }
    }
}

// x, dy
static struct node *build_layer_norm_back_gamma(struct graph *g, struct node *const *x,
                                                const struct op_case *c)
{
    return op_layer_norm_back_gamma(g, x[0], x[1], c->f[0]);
}

static void layer_norm_back_gamma(const struct op_case *c, const double *const *x, double *y)
{
    int channels = channels_of(&c->in[0]);

    memset(y, 0, (size_t)channels * sizeof(double));
    for (int64_t row = 0; row < rows_of(&c->in[0]); row++) {
        const double *from = x[0] + row * channels;
        struct moments m = moments_of(from, channels, channels, channels, (double)c->f[0]);
        for (int k = 0; k < channels; k++) {
            y[k] += x[1][row * channels + k] * (from[k] - m.mean) * m.rstd;
        }
    }
}

// ---- the lists ----------------------------------------------------------------------------------

// clang-format off
#define SHAPE(...)   {.shape = {__VA_ARGS__}}
#define GRAD(...)    {.shape = {__VA_ARGS__}, .grad = true}
#define VECTOR(n)    SHAPE(1, 1, 1, n)
#define SHIFTED(...) {.shape = {__VA_ARGS__}, .fill = FILL_SHIFTED, .grad = true}
#define IDS(...)     {.shape = {__VA_ARGS__}, .fill = FILL_IDS}

// build_NAME and the reference NAME; the same for an op with several of them
#define CASE(name)          CASE_OF(name, name)
#define CASE_OF(name, what) .op = #name, .build = build_##what, .reference = what

#define BINARY(kind, a, b) {CASE(binary), .in = {a, b}, .i = {kind}}
#define UNARY_OF(name, kind, factor, ...) {CASE(name), .in = {__VA_ARGS__}, .i = {kind}, .f = {factor}}
#define UNARY(kind)                                                                                \
    UNARY_OF(unary, kind, 1, GRAD(2, 3, 5, 17)),                                                   \
    UNARY_OF(unary, kind, 6, SHAPE(1, 17, 33, 40)),                                                \
    UNARY_OF(unary, kind, 60, SHAPE(1, 1, 1, 257)),                                                \
    UNARY_OF(unary_back, kind, 1, SHAPE(2, 3, 5, 17), SHAPE(2, 3, 5, 17)),                         \
    UNARY_OF(unary_back, kind, 6, SHAPE(1, 17, 33, 40), SHAPE(1, 17, 33, 40))

#define GROUP_NORM_OF(name, groups, silu, ...)                                                     \
    {CASE(name), .in = {__VA_ARGS__}, .i = {groups, silu}, .f = {1e-5f}}
#define GROUP_NORM(n, h, w, c, groups, silu)                                                       \
    GROUP_NORM_OF(group_norm, groups, silu, GRAD(n, h, w, c), GRAD(1, 1, 1, c), GRAD(1, 1, 1, c)), \
    GROUP_NORM_OF(group_norm, groups, silu, GRAD(n, h, w, c), GRAD(1, 1, 1, c)),                   \
    GROUP_NORM_OF(group_norm_back, groups, silu, SHAPE(n, h, w, c), VECTOR(c), VECTOR(c),          \
                  SHAPE(n, h, w, c)),                                                              \
    GROUP_NORM_OF(group_norm_back_gamma, groups, silu, SHAPE(n, h, w, c), VECTOR(c), VECTOR(c),    \
                  SHAPE(n, h, w, c))

#define LAYER_NORM_OF(name, ...) {CASE(name), .in = {__VA_ARGS__}, .f = {1e-5f}}
#define LAYER_NORM(n, h, w, c)                                                                     \
    LAYER_NORM_OF(layer_norm, GRAD(n, h, w, c), GRAD(1, 1, 1, c), GRAD(1, 1, 1, c)),               \
    LAYER_NORM_OF(layer_norm_back, SHAPE(n, h, w, c), VECTOR(c), SHAPE(n, h, w, c)),               \
    LAYER_NORM_OF(layer_norm_back_gamma, SHAPE(n, h, w, c), SHAPE(n, h, w, c))

const struct op_case basic_cases[] = {
    {CASE(view), .in = {GRAD(1, 2, 3, 5)}, .i = {0, 30}},
    {CASE(view), .in = {GRAD(1, 2, 3, 5)}, .i = {7, 11}},
    {CASE_OF(view, view_affine), .in = {GRAD(1, 2, 3, 5)}, .i = {3, 13}},
    {CASE(concat), .in = {GRAD(1, 1, 1, 1), GRAD(1, 1, 1, 1)}},
    {CASE(concat), .in = {GRAD(2, 3, 5, 17), GRAD(2, 3, 5, 3)}},
    {CASE(concat), .in = {GRAD(2, 17, 9, 64), GRAD(2, 17, 9, 33)}},
    {CASE(slice), .in = {GRAD(1, 1, 1, 1)}, .i = {0, 1}},
    {CASE(slice), .in = {GRAD(2, 3, 5, 17)}, .i = {3, 9}},
    {CASE(slice), .in = {GRAD(2, 17, 9, 130)}, .i = {1, 129}},
    {CASE(unslice), .in = {GRAD(1, 1, 1, 1)}, .i = {0, 1}},
    {CASE(unslice), .in = {GRAD(2, 3, 5, 17)}, .i = {3, 23}},
    {CASE(unslice), .in = {GRAD(2, 17, 9, 63)}, .i = {0, 130}},
    {CASE(upsample), .in = {GRAD(1, 1, 1, 1)}, .i = {1, 3}},
    {CASE(upsample), .in = {GRAD(2, 3, 5, 17)}, .i = {6, 10}},
    {CASE(upsample), .in = {GRAD(2, 3, 5, 4)}, .i = {7, 9}},
    {CASE(upsample), .in = {GRAD(2, 9, 8, 40)}, .i = {18, 16}},
    {CASE(upsample_back), .in = {GRAD(1, 1, 3, 1)}, .i = {1, 1}},
    {CASE(upsample_back), .in = {GRAD(2, 6, 10, 17)}, .i = {3, 5}},
    {CASE(upsample_back), .in = {GRAD(2, 7, 9, 4)}, .i = {3, 5}},
    {CASE(upsample_back), .in = {GRAD(2, 18, 16, 40)}, .i = {9, 8}},
    {CASE(gather), .in = {SHAPE(1, 1, 1, 1), IDS(1, 1, 1, 1)}, .i = {1}},
    {CASE(gather), .in = {SHAPE(1, 1, 50, 17), IDS(2, 1, 1, 77)}, .i = {50}},
    {CASE(gather), .in = {SHAPE(1, 1, 9, 128), IDS(3, 1, 1, 77)}, .i = {9}},

    BINARY('+', GRAD(1, 1, 1, 1), GRAD(1, 1, 1, 1)),
    BINARY('+', GRAD(2, 3, 5, 17), GRAD(2, 3, 5, 17)),
    BINARY('-', GRAD(2, 3, 5, 17), GRAD(2, 3, 5, 17)),
    BINARY('*', GRAD(2, 3, 5, 17), GRAD(2, 3, 5, 17)),
    BINARY('+', GRAD(2, 3, 5, 17), GRAD(1, 1, 1, 17)),
    BINARY('*', GRAD(2, 3, 5, 17), GRAD(1, 1, 1, 17)),
    BINARY('+', GRAD(2, 3, 5, 17), GRAD(2, 1, 1, 17)),
    BINARY('-', GRAD(2, 3, 5, 17), GRAD(1, 1, 1, 1)),
    BINARY('*', GRAD(2, 3, 5, 17), GRAD(2, 1, 1, 1)),
    BINARY('*', GRAD(2, 3, 5, 17), GRAD(2, 3, 5, 1)),
    BINARY('-', GRAD(2, 3, 5, 17), GRAD(1, 3, 1, 17)),
    BINARY('*', GRAD(2, 3, 5, 17), GRAD(2, 1, 5, 1)),
    BINARY('*', GRAD(2, 3, 1, 1), GRAD(1, 3, 1, 1)),
    BINARY('+', GRAD(3, 4, 1, 1), GRAD(3, 1, 1, 1)),
    BINARY('*', GRAD(2, 23, 11, 72), GRAD(1, 1, 1, 72)),
    BINARY('+', GRAD(2, 23, 11, 72), GRAD(2, 1, 1, 72)),
    BINARY('-', GRAD(2, 23, 11, 72), GRAD(2, 23, 11, 72)),
    {CASE_OF(binary, square), .in = {GRAD(2, 3, 5, 17)}},
    {CASE(expand), .in = {GRAD(1, 1, 1, 1)}, .i = {1, 1, 1, 1}},
    {CASE(expand), .in = {GRAD(1, 1, 1, 1)}, .i = {2, 3, 5, 17}},
    {CASE(expand), .in = {GRAD(1, 1, 1, 17)}, .i = {2, 3, 5, 17}},
    {CASE(expand), .in = {GRAD(2, 1, 5, 1)}, .i = {2, 3, 5, 17}},
    {CASE(expand), .in = {GRAD(2, 1, 1, 40)}, .i = {2, 17, 15, 40}},
    {CASE(sum_to), .in = {GRAD(2, 3, 5, 17)}, .i = {2, 3, 5, 17}},
    {CASE(sum_to), .in = {GRAD(2, 3, 5, 17)}, .i = {1, 1, 1, 1}},
    {CASE(sum_to), .in = {GRAD(2, 3, 5, 17)}, .i = {1, 1, 1, 17}},
    {CASE(sum_to), .in = {GRAD(2, 3, 5, 17)}, .i = {2, 1, 1, 17}},
    {CASE(sum_to), .in = {GRAD(2, 3, 5, 17)}, .i = {1, 3, 1, 17}},
    {CASE(sum_to), .in = {GRAD(2, 3, 5, 17)}, .i = {2, 1, 5, 1}},
    {CASE(sum_to), .in = {GRAD(2, 3, 5, 17)}, .i = {2, 3, 5, 1}},
    {CASE(sum_to), .in = {GRAD(2, 1, 5, 17)}, .i = {1, 1, 1, 17}},
    {CASE(sum_to), .in = {GRAD(2, 3, 1, 3)}, .i = {2, 1, 1, 3}},
    {CASE(sum_to), .in = {GRAD(3, 65, 33, 24)}, .i = {1, 1, 1, 1}},
    {CASE(sum_to), .in = {GRAD(3, 65, 33, 24)}, .i = {3, 1, 1, 24}},
    {CASE(sum_to), .in = {GRAD(1, 1, 301, 320)}, .i = {1, 1, 1, 320}},
    {CASE(dot_rows), .in = {GRAD(1, 1, 1, 1), GRAD(1, 1, 1, 1)}},
    {CASE(dot_rows), .in = {GRAD(2, 3, 5, 17), GRAD(2, 3, 5, 17)}},
    {CASE(dot_rows), .in = {GRAD(2, 1, 301, 72), GRAD(2, 1, 301, 72)}},
    {CASE(mse), .in = {GRAD(2, 3, 5, 17), GRAD(2, 3, 5, 17)}},
    {CASE(mse), .in = {GRAD(2, 64, 64, 4), SHAPE(2, 64, 64, 4)}},
    {CASE(affine), .in = {GRAD(1, 1, 1, 1)}, .f = {2, -1}},
    {CASE(affine), .in = {GRAD(2, 3, 5, 17)}, .f = {-0.5f, 3}},
    {CASE(affine), .in = {GRAD(2, 17, 33, 64)}, .f = {0.18215f, 0}},
    UNARY(UNARY_RELU),
    UNARY(UNARY_SILU),
    UNARY(UNARY_GELU),
    UNARY(UNARY_QUICK_GELU),
    {CASE(geglu), .in = {GRAD(1, 1, 1, 2)}},
    {CASE(geglu), .in = {GRAD(2, 1, 5, 34)}},
    {CASE(geglu), .in = {GRAD(2, 1, 65, 320)}},
    {CASE(geglu_back), .in = {SHAPE(1, 1, 1, 2), SHAPE(1, 1, 1, 1)}},
    {CASE(geglu_back), .in = {SHAPE(2, 1, 5, 34), SHAPE(2, 1, 5, 17)}},
    {CASE(geglu_back), .in = {SHAPE(2, 1, 65, 320), SHAPE(2, 1, 65, 160)}},

    GROUP_NORM(1, 1, 5, 1, 1, false),
    GROUP_NORM(2, 3, 5, 17, 17, true),
    GROUP_NORM(2, 3, 5, 17, 1, false),
    GROUP_NORM(2, 3, 5, 24, 8, true),
    GROUP_NORM(3, 17, 13, 64, 32, true),
    GROUP_NORM(1, 40, 41, 96, 32, false),
    GROUP_NORM_OF(group_norm, 4, true, SHIFTED(2, 9, 7, 32), GRAD(1, 1, 1, 32), GRAD(1, 1, 1, 32)),
    LAYER_NORM(1, 1, 1, 3),
    LAYER_NORM(2, 1, 5, 17),
    LAYER_NORM(2, 1, 7, 64),
    LAYER_NORM(2, 1, 77, 768),
    LAYER_NORM(1, 1, 301, 131),
    LAYER_NORM_OF(layer_norm, SHIFTED(2, 1, 7, 65), GRAD(1, 1, 1, 65), GRAD(1, 1, 1, 65)),
    {NULL},
};

// What a U-Net of Stable Diffusion's size runs, at 128 x 128 and 512 x 512 pixels.
#define PERF(name)            .op = #name, .build = build_##name
#define PERF_NORM(name, ...)  {PERF(name), .in = {__VA_ARGS__}, .i = {32, true}, .f = {1e-5f}}
const struct op_case basic_perf[] = {
    PERF_NORM(group_norm, SHAPE(2, 16, 16, 256), VECTOR(256), VECTOR(256)),
    PERF_NORM(group_norm, SHAPE(2, 64, 64, 320), VECTOR(320), VECTOR(320)),
    PERF_NORM(group_norm_back, SHAPE(2, 16, 16, 256), VECTOR(256), VECTOR(256), SHAPE(2, 16, 16, 256)),
    PERF_NORM(group_norm_back, SHAPE(2, 64, 64, 320), VECTOR(320), VECTOR(320), SHAPE(2, 64, 64, 320)),
    PERF_NORM(group_norm_back_gamma, SHAPE(2, 64, 64, 320), VECTOR(320), VECTOR(320), SHAPE(2, 64, 64, 320)),
    {PERF(layer_norm), .in = {SHAPE(2, 1, 4096, 320), VECTOR(320), VECTOR(320)}, .f = {1e-5f}},
    {PERF(layer_norm_back), .in = {SHAPE(2, 1, 4096, 320), VECTOR(320), SHAPE(2, 1, 4096, 320)}, .f = {1e-5f}},
    {PERF(layer_norm_back_gamma), .in = {SHAPE(2, 1, 4096, 320), SHAPE(2, 1, 4096, 320)}, .f = {1e-5f}},
    {PERF(geglu), .in = {SHAPE(2, 1, 256, 2048)}},
    {PERF(geglu), .in = {SHAPE(2, 1, 4096, 2560)}},
    {PERF(geglu_back), .in = {SHAPE(2, 1, 4096, 2560), SHAPE(2, 1, 4096, 1280)}},
    {PERF(binary), .in = {SHAPE(2, 64, 64, 320), SHAPE(2, 64, 64, 320)}, .i = {'+'}},
    {PERF(binary), .in = {SHAPE(2, 64, 64, 320), SHAPE(2, 1, 1, 320)}, .i = {'+'}},
    {PERF(binary), .in = {SHAPE(2, 64, 64, 320), SHAPE(1, 1, 1, 320)}, .i = {'*'}},
    {PERF(affine), .in = {SHAPE(2, 64, 64, 320)}, .f = {2, 1}},
    {PERF(unary), .in = {SHAPE(2, 16, 16, 256)}, .i = {UNARY_SILU}, .f = {1}},
    {PERF(unary), .in = {SHAPE(2, 64, 64, 320)}, .i = {UNARY_SILU}, .f = {1}},
    {PERF(concat), .in = {SHAPE(2, 64, 64, 320), SHAPE(2, 64, 64, 320)}},
    {PERF(slice), .in = {SHAPE(2, 64, 64, 640)}, .i = {320, 320}},
    {PERF(upsample), .in = {SHAPE(2, 32, 32, 640)}, .i = {64, 64}},
    {PERF(upsample_back), .in = {SHAPE(2, 64, 64, 640)}, .i = {32, 32}},
    {PERF(sum_to), .in = {SHAPE(2, 64, 64, 320)}, .i = {1, 1, 1, 320}},
    {PERF(sum_to), .in = {SHAPE(2, 64, 64, 320)}, .i = {1, 1, 1, 1}},
    {PERF(dot_rows), .in = {SHAPE(2, 1, 4096, 320), SHAPE(2, 1, 4096, 320)}},
    {NULL},
};
// clang-format on
