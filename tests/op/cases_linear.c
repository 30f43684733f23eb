// Cases of the linear algebra and of attention.
#include "tests/op/op_case.h"

#include <math.h>

#define END                                                                                        \
    {                                                                                              \
        .op = NULL                                                                                 \
    }

static const int *shape(const struct op_case *c, int in)
{
    return c->in[in].shape;
}

static int64_t count(const struct op_case *c, int in)
{
    return shape_count(c->in[in].shape);
}

// ---- matmul -------------------------------------------------------------------------------------
//
// i: trans_a, trans_b

static struct node *build_matmul(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_matmul(g, x[0], x[1], c->i[0], c->i[1]);
}

static struct node *build_linear(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_linear(g, x[0], x[1], x[2]);
}

static void reference_matmul(const struct op_case *c, const double *const *x, double *y)
{
    const int *a = shape(c, 0), *b = shape(c, 1);
    const bool ta = c->i[0], tb = c->i[1];
    const int batch_a = a[0] * a[1], batch_b = b[0] * b[1];
    const int m = a[ta ? 3 : 2], k = a[ta ? 2 : 3], n = b[tb ? 2 : 3];
    for (int item = 0; item < MAX(batch_a, batch_b); item++) {
        const double *p = x[0] + (batch_a == 1 ? 0 : item * m * k);
        const double *q = x[1] + (batch_b == 1 ? 0 : item * k * n);
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = x[2] ? x[2][j] : 0;
                for (int l = 0; l < k; l++) {
                    sum += p[ta ? l * m + i : i * k + l] * q[tb ? j * k + l : l * n + j];
                }
                *y++ = sum;
            }
        }
    }
}

static void reference_linear(const struct op_case *c, const double *const *x, double *y)
{
    struct op_case matmul = *c;

    matmul.i[0] = false;
    matmul.i[1] = true;
    reference_matmul(&matmul, x, y);
}

// ---- convolution --------------------------------------------------------------------------------
//
// i: stride, top, left, bottom, right; then height and width (back_input) or ky and kx
// (back_weight)

static struct conv_params conv_params(const struct op_case *c)
{
    return (struct conv_params){c->i[0], c->i[1], c->i[2], c->i[3], c->i[4]};
}

// Walks over all products of a convolution x (N,H,W,I), w (O,ky,kx,I), y (N,H',W',O). Two of the
// three pointers are read, and the products are added up in the third.
static void convolve(const struct op_case *c, const int *sx, const int *sw, const int *sy, int into,
                     double *x, double *w, double *y)
{
    for (int p = 0; p < sy[0] * sy[1] * sy[2]; p++) {
        int n = p / sy[2] / sy[1], oy = p / sy[2] % sy[1], ox = p % sy[2];
        for (int tap = 0; tap < sw[1] * sw[2]; tap++) {
            int iy = oy * c->i[0] - c->i[1] + tap / sw[2],
                ix = ox * c->i[0] - c->i[2] + tap % sw[2];
            if (iy < 0 || iy >= sx[1] || ix < 0 || ix >= sx[2]) {
                continue;
            }
            double *from = x + ((n * sx[1] + iy) * sx[2] + ix) * sx[3];
            for (int o = 0; o < sy[3]; o++) {
                double *weight = w + (o * sw[1] * sw[2] + tap) * sw[3], *to = y + p * sy[3] + o;
                for (int i = 0; i < sx[3]; i++) {
                    switch (into) {
                    case 0: from[i] += weight[i] * *to; break;
                    case 1: weight[i] += from[i] * *to; break;
                    default: *to += from[i] * weight[i]; break;
                    }
                }
            }
        }
    }
}

static struct node *build_conv2d(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_conv2d(g, x[0], x[1], x[2], conv_params(c));
}

static void reference_conv2d(const struct op_case *c, const double *const *x, double *y)
{
    const int *sx = shape(c, 0), *sw = shape(c, 1);
    const int sy[GRAPH_RANK] = {sx[0], (sx[1] + c->i[1] + c->i[3] - sw[1]) / c->i[0] + 1,
                                (sx[2] + c->i[2] + c->i[4] - sw[2]) / c->i[0] + 1, sw[0]};
    for (int i = 0; i < shape_count(sy); i++) {
        y[i] = x[2] ? x[2][i % sw[0]] : 0;
    }
    convolve(c, sx, sw, sy, 2, (double *)x[0], (double *)x[1], y);
}

static struct node *build_back_input(struct graph *g, struct node *const *x,
                                     const struct op_case *c)
{
    return op_conv2d_back_input(g, x[0], x[1], conv_params(c), c->i[5], c->i[6]);
}

static void reference_back_input(const struct op_case *c, const double *const *x, double *y)
{
    const int *sy = shape(c, 0), *sw = shape(c, 1);
    const int sx[GRAPH_RANK] = {sy[0], c->i[5], c->i[6], sw[3]};
    memset(y, 0, (size_t)shape_count(sx) * sizeof *y);
    convolve(c, sx, sw, sy, 0, y, (double *)x[1], (double *)x[0]);
}

static struct node *build_back_weight(struct graph *g, struct node *const *x,
                                      const struct op_case *c)
{
    return op_conv2d_back_weight(g, x[0], x[1], conv_params(c), c->i[5], c->i[6]);
}

static void reference_back_weight(const struct op_case *c, const double *const *x, double *y)
{
    const int *sx = shape(c, 0), *sy = shape(c, 1);
    const int sw[GRAPH_RANK] = {sy[3], c->i[5], c->i[6], sx[3]};
    memset(y, 0, (size_t)shape_count(sw) * sizeof *y);
    convolve(c, sx, sw, sy, 1, (double *)x[0], y, (double *)x[1]);
}

// ---- blocks -------------------------------------------------------------------------------------
//
// i: trans (rotate, solve) or block (outer, skew)

static struct node *build_rotate(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_rotate(g, x[0], x[1], c->i[0]);
}

static void reference_rotate(const struct op_case *c, const double *const *x, double *y)
{
    const int channels = shape(c, 0)[3], b = shape(c, 1)[3];
    for (int64_t at = 0; at < count(c, 0); at++) {
        int64_t channel = at % channels, block = channel / b, row = channel % b;
        const double *r = x[1] + block * b * b, *from = x[0] + at - row;
        y[at] = 0;
        for (int j = 0; j < b; j++) {
            y[at] += (c->i[0] ? r[j * b + row] : r[row * b + j]) * from[j];
        }
    }
}

static struct node *build_outer(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_outer(g, x[0], x[1], c->i[0]);
}

static void reference_outer(const struct op_case *c, const double *const *x, double *y)
{
    const int channels = shape(c, 0)[3], b = c->i[0];
    memset(y, 0, (size_t)(channels * b) * sizeof *y);
    for (int64_t at = 0; at < count(c, 0); at++) {
        int64_t channel = at % channels;
        for (int j = 0; j < b; j++) {
            y[channel * b + j] += x[0][at] * x[1][at - channel % b + j];
        }
    }
}

static struct node *build_skew(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_skew(g, x[0], c->i[0]);
}

static void reference_skew(const struct op_case *c, const double *const *x, double *y)
{
    const int b = c->i[0];
    const double *u = x[0];
    for (int block = 0; block < shape(c, 0)[2]; block++, y += b * b) {
        for (int i = 0; i < b; i++) {
            y[i * b + i] = 0;
            for (int j = i + 1; j < b; j++) {
                y[i * b + j] = *u;
                y[j * b + i] = -*u++;
            }
        }
    }
}

static struct node *build_skew_back(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_skew_back(g, x[0]);
}

static void reference_skew_back(const struct op_case *c, const double *const *x, double *y)
{
    const int b = shape(c, 0)[3];
    const double *ds = x[0];
    for (int block = 0; block < shape(c, 0)[1]; block++, ds += b * b) {
        for (int i = 0; i < b; i++) {
            for (int j = i + 1; j < b; j++) {
                *y++ = ds[i * b + j] - ds[j * b + i];
            }
        }
    }
}

static struct node *build_solve(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_solve(g, x[0], x[1], c->i[0]);
}

// Gaussian elimination with partial pivoting on one block; a is destroyed, x becomes the solution.
static void eliminate(int b, double *a, double *x)
{
    for (int k = 0; k < b; k++) {
        int pivot = k;
        for (int i = k + 1; i < b; i++) {
            pivot = fabs(a[i * b + k]) > fabs(a[pivot * b + k]) ? i : pivot;
        }
        for (int j = 0; j < b; j++) {
            double t = a[k * b + j], u = x[k * b + j];
            a[k * b + j] = a[pivot * b + j];
            a[pivot * b + j] = t;
            x[k * b + j] = x[pivot * b + j];
            x[pivot * b + j] = u;
        }
        for (int i = 0; i < b; i++) {
            double factor = i == k ? 0 : a[i * b + k] / a[k * b + k];
            for (int j = 0; j < b; j++) {
                a[i * b + j] -= factor * a[k * b + j];
                x[i * b + j] -= factor * x[k * b + j];
            }
        }
    }
    for (int i = 0; i < b * b; i++) {
        x[i] /= a[i / b * b + i / b];
    }
}

static void reference_solve(const struct op_case *c, const double *const *x, double *y)
{
    const int b = shape(c, 0)[3];
    g_autofree double *a = g_new(double, b *b);
    for (int block = 0; block < shape(c, 0)[1]; block++) {
        const double *from = x[0] + block * b * b;
        for (int i = 0; i < b * b; i++) {
            a[i] = c->i[0] ? from[i % b * b + i / b] : from[i];
            y[block * b * b + i] = x[1][block * b * b + i];
        }
        eliminate(b, a, y + block * b * b);
    }
}

// ---- attention ----------------------------------------------------------------------------------

static struct node *build_swap(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_swap(g, x[0]);
}

static void reference_swap(const struct op_case *c, const double *const *x, double *y)
{
    const int *s = c->in[0].shape;
    int64_t i = 0;
    for (int n = 0; n < s[0]; n++) {
        for (int a = 0; a < s[1]; a++) {
            for (int b = 0; b < s[2]; b++) {
                for (int k = 0; k < s[3]; k++) {
                    y[(((int64_t)n * s[2] + b) * s[1] + a) * s[3] + k] = x[0][i++];
                }
            }
        }
    }
}

// f[0]: the scores are that many times larger
static struct node *build_softmax(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_softmax(g, op_affine(g, x[0], c->f[0], 0));
}

static void reference_softmax(const struct op_case *c, const double *const *x, double *y)
{
    const int *s = c->in[0].shape;
    for (int64_t row = 0; row < (int64_t)s[0] * s[1] * s[2]; row++, y += s[3]) {
        const double *from = x[0] + row * s[3];
        double top = -INFINITY, sum = 0;
        for (int k = 0; k < s[3]; k++) {
            top = fmax(top, c->f[0] * from[k]);
        }
        for (int k = 0; k < s[3]; k++) {
            sum += y[k] = exp(c->f[0] * from[k] - top);
        }
        for (int k = 0; k < s[3]; k++) {
            y[k] /= sum;
        }
    }
}
//
// i: heads, causal; f: scale

static struct node *build_attention(struct graph *g, struct node *const *x, const struct op_case *c)
{
    return op_attention(g, x[0], x[1], x[2], c->i[0], c->f[0], c->i[1]);
}

// Row i of the probabilities of one head of one picture; q and k point at the head's first row.
static void probabilities(const struct op_case *c, const double *q, const double *k, int i,
                          double *p)
{
    const int keys = shape(c, 1)[2], channels = shape(c, 0)[3], d = channels / c->i[0];
    double top = -1e300, sum = 0;
    for (int j = 0; j < keys; j++) {
        p[j] = 0;
        for (int l = 0; l < d; l++) {
            p[j] += (double)c->f[0] * q[i * channels + l] * k[j * channels + l];
        }
        p[j] = c->i[1] && j > i ? -1e300 : p[j];
        top = MAX(top, p[j]);
    }
    for (int j = 0; j < keys; j++) {
        p[j] = exp(p[j] - top);
        sum += p[j];
    }
    for (int j = 0; j < keys; j++) {
        p[j] /= sum;
    }
}

static void reference_attention(const struct op_case *c, const double *const *x, double *y)
{
    const int queries = shape(c, 0)[2], keys = shape(c, 1)[2], channels = shape(c, 0)[3];
    const int d = channels / c->i[0];
    g_autofree double *p = g_new(double, keys);
    for (int head = 0; head < shape(c, 0)[0] * c->i[0]; head++) {
        int64_t n = head / c->i[0], first = head % c->i[0] * d;
        int64_t at_q = n * queries * channels + first, at_k = n * keys * channels + first;
        for (int i = 0; i < queries; i++) {
            probabilities(c, x[0] + at_q, x[1] + at_k, i, p);
            for (int l = 0; l < d; l++) {
                double sum = 0;
                for (int j = 0; j < keys; j++) {
                    sum += p[j] * x[2][at_k + j * channels + l];
                }
                y[at_q + i * channels + l] = sum;
            }
        }
    }
}

static struct node *build_attention_back(struct graph *g, struct node *const *x,
                                         const struct op_case *c)
{
    return op_attention_back(g, x[0], x[1], x[2], x[3], c->i[0], c->f[0], c->i[1]);
}

static void reference_attention_back(const struct op_case *c, const double *const *x, double *y)
{
    const int queries = shape(c, 0)[2], keys = shape(c, 1)[2], channels = shape(c, 0)[3];
    const int d = channels / c->i[0];
    double *dq = y, *dk = dq + count(c, 0), *dv = dk + count(c, 1);
    g_autofree double *p = g_new(double, keys), *dp = g_new(double, keys);
    memset(y, 0, (size_t)(count(c, 0) + 2 * count(c, 1)) * sizeof *y);
    for (int head = 0; head < shape(c, 0)[0] * c->i[0]; head++) {
        int64_t n = head / c->i[0], first = head % c->i[0] * d;
        int64_t at_q = n * queries * channels + first, at_k = n * keys * channels + first;
        for (int i = 0; i < queries; i++) {
            const double *dy = x[3] + at_q + i * channels;
            double mean = 0;
            probabilities(c, x[0] + at_q, x[1] + at_k, i, p);
            for (int j = 0; j < keys; j++) {
                dp[j] = 0;
                for (int l = 0; l < d; l++) {
                    dp[j] += dy[l] * x[2][at_k + j * channels + l];
                    dv[at_k + j * channels + l] += p[j] * dy[l];
                }
                mean += p[j] * dp[j];
            }
            for (int j = 0; j < keys; j++) {
                double ds = (double)c->f[0] * p[j] * (dp[j] - mean);
                for (int l = 0; l < d; l++) {
                    dq[at_q + i * channels + l] += ds * x[1][at_k + j * channels + l];
                    dk[at_k + j * channels + l] += ds * x[0][at_q + i * channels + l];
                }
            }
        }
    }
}

// ---- the lists ----------------------------------------------------------------------------------

#define SHAPE(...)                                                                                 \
    {                                                                                              \
        {__VA_ARGS__}, FILL_NORMAL, true                                                           \
    }
#define SYSTEM(...)                                                                                \
    {                                                                                              \
        {__VA_ARGS__}, FILL_SYSTEMS, true                                                          \
    }
#define FIXED(...)                                                                                 \
    {                                                                                              \
        {__VA_ARGS__}, FILL_NORMAL, false                                                          \
    }

#define MATMUL .op = "matmul", .build = build_matmul, .reference = reference_matmul
#define LINEAR .op = "matmul", .build = build_linear, .reference = reference_linear
#define CONV   .op = "conv2d", .build = build_conv2d, .reference = reference_conv2d
#define BACK_INPUT                                                                                 \
    .op = "conv2d_back_input", .build = build_back_input, .reference = reference_back_input
#define BACK_WEIGHT                                                                                \
    .op = "conv2d_back_weight", .build = build_back_weight, .reference = reference_back_weight
#define ROTATE    .op = "rotate", .build = build_rotate, .reference = reference_rotate
#define OUTER     .op = "outer", .build = build_outer, .reference = reference_outer
#define SOLVE     .op = "solve", .build = build_solve, .reference = reference_solve
#define SWAP      .op = "swap", .build = build_swap, .reference = reference_swap
#define SOFTMAX   .op = "softmax", .build = build_softmax, .reference = reference_softmax
#define ATTENTION .op = "attention", .build = build_attention, .reference = reference_attention
#define ATTENTION_BACK                                                                             \
    .op = "attention_back", .build = build_attention_back, .reference = reference_attention_back

const struct op_case linear_cases[] = {
    {MATMUL, .in = {SHAPE(1, 1, 7, 5), SHAPE(1, 1, 5, 9)}},
    {MATMUL, .in = {SHAPE(2, 3, 7, 5), SHAPE(2, 3, 5, 9)}},
    {MATMUL, .in = {SHAPE(2, 3, 5, 7), SHAPE(2, 3, 5, 9)}, .i = {true, false}},
    {MATMUL, .in = {SHAPE(2, 3, 7, 5), SHAPE(2, 3, 9, 5)}, .i = {false, true}},
    {MATMUL, .in = {SHAPE(1, 6, 5, 7), SHAPE(1, 6, 9, 5)}, .i = {true, true}},
    {MATMUL, .in = {SHAPE(2, 3, 7, 5), SHAPE(1, 1, 5, 9)}}, // one tall matrix
    {MATMUL, .in = {SHAPE(2, 3, 5, 7), SHAPE(1, 1, 5, 9)}, .i = {true, false}},
    {MATMUL, .in = {SHAPE(2, 3, 5, 7), SHAPE(1, 1, 9, 5)}, .i = {true, true}},
    {MATMUL, .in = {SHAPE(1, 1, 5, 7), SHAPE(2, 3, 5, 9)}, .i = {true, false}},
    {MATMUL, .in = {SHAPE(1, 1, 7, 5), SHAPE(2, 3, 9, 5)}, .i = {false, true}},
    {MATMUL, .in = {SHAPE(1, 1, 130, 70), SHAPE(1, 1, 130, 150)}, .i = {true, false}},
    {LINEAR, .in = {SHAPE(2, 1, 5, 33), SHAPE(1, 1, 17, 33), SHAPE(1, 1, 1, 17)}},
    {LINEAR, .in = {SHAPE(2, 9, 7, 65), SHAPE(1, 1, 200, 65)}},
    {LINEAR, .in = {SHAPE(2, 20, 23, 40), SHAPE(1, 1, 72, 40), SHAPE(1, 1, 1, 72)}},
    {LINEAR,
     .in = {FIXED(1, 1, 700, 33), FIXED(1, 1, 800, 33), FIXED(1, 1, 1, 800)}}, // large tiles

    {CONV, .in = {SHAPE(2, 5, 7, 3), SHAPE(4, 3, 3, 3), SHAPE(1, 1, 1, 4)}, .i = {1, 1, 1, 1, 1}},
    {CONV, .in = {SHAPE(2, 5, 4, 6), SHAPE(9, 1, 1, 6), SHAPE(1, 1, 1, 9)}, .i = {1}},
    {CONV, .in = {SHAPE(2, 8, 6, 3), SHAPE(4, 3, 3, 3)}, .i = {2, 1, 1, 1, 1}},
    {CONV, .in = {SHAPE(1, 8, 8, 3), SHAPE(4, 3, 3, 3), SHAPE(1, 1, 1, 4)}, .i = {2, 0, 0, 1, 1}},
    {CONV, .in = {SHAPE(1, 7, 7, 3), SHAPE(4, 1, 1, 3)}, .i = {2}},
    {CONV, .in = {SHAPE(2, 17, 9, 5), SHAPE(6, 2, 4, 5)}, .i = {3, 1, 2, 0, 1}},
    {CONV, .in = {SHAPE(2, 4, 4, 40), SHAPE(90, 3, 3, 40), SHAPE(1, 1, 1, 90)},
     .i = {1, 1, 1, 1, 1}},
    {CONV, .in = {SHAPE(1, 1, 1, 3), SHAPE(4, 3, 3, 3)}, .i = {1, 1, 1, 1, 1}},
    {CONV, .in = {FIXED(2, 40, 64, 4), FIXED(70, 3, 3, 4), FIXED(1, 1, 1, 70)},
     .i = {1, 1, 1, 1, 1}},
    // More positions than are located and rounded at a time.
    {CONV, .in = {FIXED(2, 70, 70, 4), FIXED(33, 3, 3, 4)}, .i = {1, 1, 1, 1, 1}},
    {CONV, .in = {FIXED(1, 184, 184, 4), FIXED(33, 3, 3, 4)}, .i = {2, 0, 0, 1, 1}},

    {BACK_INPUT, .in = {FIXED(2, 5, 7, 4), FIXED(4, 3, 3, 3)}, .i = {1, 1, 1, 1, 1, 5, 7}},
    {BACK_INPUT, .in = {FIXED(2, 70, 70, 4), FIXED(4, 3, 3, 33)}, .i = {1, 1, 1, 1, 1, 70, 70}},
    {BACK_INPUT, .in = {FIXED(1, 46, 46, 4), FIXED(4, 3, 3, 33)}, .i = {2, 0, 0, 1, 1, 92, 92}},
    {BACK_INPUT, .in = {FIXED(2, 5, 4, 9), FIXED(9, 1, 1, 6)}, .i = {1, 0, 0, 0, 0, 5, 4}},
    {BACK_INPUT, .in = {FIXED(2, 4, 3, 4), FIXED(4, 3, 3, 3)}, .i = {2, 1, 1, 1, 1, 8, 6}},
    {BACK_INPUT, .in = {FIXED(1, 4, 4, 4), FIXED(4, 3, 3, 3)}, .i = {2, 0, 0, 1, 1, 8, 8}},
    {BACK_INPUT, .in = {FIXED(1, 4, 4, 4), FIXED(4, 1, 1, 3)}, .i = {2, 0, 0, 0, 0, 7, 8}},
    {BACK_INPUT, .in = {FIXED(2, 6, 3, 6), FIXED(6, 2, 4, 5)}, .i = {3, 1, 2, 0, 1, 17, 9}},
    {BACK_INPUT, .in = {FIXED(2, 4, 4, 90), FIXED(90, 3, 3, 130)}, .i = {1, 1, 1, 1, 1, 4, 4}},
    {BACK_INPUT, .in = {FIXED(2, 40, 64, 4), FIXED(4, 3, 3, 70)}, .i = {1, 1, 1, 1, 1, 40, 64}},

    {BACK_WEIGHT, .in = {FIXED(2, 5, 7, 3), FIXED(2, 5, 7, 4)}, .i = {1, 1, 1, 1, 1, 3, 3}},
    {BACK_WEIGHT, .in = {FIXED(2, 5, 4, 6), FIXED(2, 5, 4, 9)}, .i = {1, 0, 0, 0, 0, 1, 1}},
    {BACK_WEIGHT, .in = {FIXED(1, 8, 8, 3), FIXED(1, 4, 4, 4)}, .i = {2, 0, 0, 1, 1, 3, 3}},
    {BACK_WEIGHT, .in = {FIXED(2, 17, 9, 5), FIXED(2, 6, 3, 6)}, .i = {3, 1, 2, 0, 1, 2, 4}},
    {BACK_WEIGHT, .in = {FIXED(2, 20, 30, 70), FIXED(2, 20, 30, 50)}, .i = {1, 1, 1, 1, 1, 3, 3}},

    {ROTATE, .in = {SHAPE(2, 3, 5, 12), SHAPE(1, 3, 4, 4)}},
    {ROTATE, .in = {SHAPE(2, 3, 5, 12), SHAPE(1, 3, 4, 4)}, .i = {true}},
    {ROTATE, .in = {SHAPE(2, 9, 23, 70), SHAPE(1, 1, 70, 70)}},
    {ROTATE, .in = {SHAPE(2, 9, 23, 70), SHAPE(1, 2, 35, 35)}, .i = {true}},

    {OUTER, .in = {SHAPE(2, 3, 5, 12), SHAPE(2, 3, 5, 12)}, .i = {4}},
    {OUTER, .in = {SHAPE(1, 2, 60, 140), SHAPE(1, 2, 60, 140)}, .i = {70}},

    {.op = "skew",
     .build = build_skew,
     .reference = reference_skew,
     .in = {SHAPE(1, 1, 3, 10)},
     .i = {5}},
    {.op = "skew",
     .build = build_skew,
     .reference = reference_skew,
     .in = {SHAPE(1, 1, 2, 1)},
     .i = {2}},
    {.op = "skew_back",
     .build = build_skew_back,
     .reference = reference_skew_back,
     .in = {SHAPE(1, 3, 5, 5)}},

    {SOLVE, .in = {SYSTEM(1, 3, 4, 4), SHAPE(1, 3, 4, 4)}},
    {SOLVE, .in = {SYSTEM(1, 3, 4, 4), SHAPE(1, 3, 4, 4)}, .i = {true}},
    {SOLVE, .in = {SYSTEM(1, 2, 17, 17), SHAPE(1, 2, 17, 17)}, .tolerance = 1e-4},
    {SOLVE, .in = {SYSTEM(1, 2, 17, 17), SHAPE(1, 2, 17, 17)}, .i = {true}, .tolerance = 1e-4},
    {SOLVE, .in = {FIXED(1, 1, 70, 70), FIXED(1, 1, 70, 70)}, .tolerance = 1e-3}, // pivots matter

    {SWAP, .in = {SHAPE(1, 1, 1, 1)}},
    {SWAP, .in = {SHAPE(2, 3, 5, 17)}},
    {SWAP, .in = {SHAPE(3, 70, 8, 40)}},
    {SOFTMAX, .in = {SHAPE(1, 1, 1, 1)}, .f = {1}},
    {SOFTMAX, .in = {SHAPE(2, 3, 5, 17)}, .f = {1}},
    {SOFTMAX, .in = {SHAPE(2, 2, 65, 77)}, .f = {8}},
    {SOFTMAX, .in = {FIXED(1, 3, 4, 600)}, .f = {30}},
    {ATTENTION, .in = {SHAPE(2, 1, 5, 12), SHAPE(2, 1, 9, 12), SHAPE(2, 1, 9, 12)}, .i = {3},
     .f = {0.5f}},
    {ATTENTION, .in = {SHAPE(1, 1, 9, 12), SHAPE(1, 1, 9, 12), SHAPE(1, 1, 9, 12)}, .i = {2, true},
     .f = {0.7f}},
    {ATTENTION, .in = {SHAPE(1, 1, 70, 40), SHAPE(1, 1, 77, 40), SHAPE(1, 1, 77, 40)}, .i = {1},
     .f = {0.2f}},
    {ATTENTION, .in = {SHAPE(1, 1, 77, 24), SHAPE(1, 1, 77, 24), SHAPE(1, 1, 77, 24)},
     .i = {2, true}, .f = {0.3f}},
    {ATTENTION, // large scores, a wide head
     .in = {FIXED(1, 1, 40, 300), FIXED(1, 1, 50, 300), FIXED(1, 1, 50, 300)}, .i = {1},
     .f = {1.0f}, .tolerance = 3e-5},
    {ATTENTION, // several blocks of keys, the last a part of one
     .in = {FIXED(2, 1, 67, 80), FIXED(2, 1, 530, 80), FIXED(2, 1, 530, 80)}, .i = {2},
     .f = {0.5f}},
    {ATTENTION, // blocks of which some queries see nothing
     .in = {FIXED(1, 1, 301, 80), FIXED(1, 1, 301, 80), FIXED(1, 1, 301, 80)}, .i = {2, true},
     .f = {0.3f}},
    {ATTENTION, // large tiles
     .in = {FIXED(4, 1, 130, 96), FIXED(4, 1, 70, 96), FIXED(4, 1, 70, 96)}, .i = {12},
     .f = {0.4f}},

    {ATTENTION_BACK,
     .in = {FIXED(2, 1, 5, 12), FIXED(2, 1, 9, 12), FIXED(2, 1, 9, 12), FIXED(2, 1, 5, 12)},
     .i = {3}, .f = {0.5f}},
    {ATTENTION_BACK,
     .in = {FIXED(1, 1, 77, 40), FIXED(1, 1, 77, 40), FIXED(1, 1, 77, 40), FIXED(1, 1, 77, 40)},
     .i = {1, true}, .f = {0.2f}},
    {ATTENTION_BACK,
     .in = {FIXED(1, 1, 150, 80), FIXED(1, 1, 50, 80), FIXED(1, 1, 50, 80), FIXED(1, 1, 150, 80)},
     .i = {2}, .f = {0.3f}},
    {ATTENTION_BACK, // several blocks of keys, of which some queries see nothing
     .in = {FIXED(1, 1, 301, 80), FIXED(1, 1, 301, 80), FIXED(1, 1, 301, 80), FIXED(1, 1, 301, 80)},
     .i = {2, true}, .f = {0.3f}},
    {ATTENTION_BACK, // a head wider than a block of queries
     .in = {FIXED(2, 1, 33, 100), FIXED(2, 1, 270, 100), FIXED(2, 1, 270, 100),
            FIXED(2, 1, 33, 100)},
     .i = {1}, .f = {0.1f}},
    END,
};

#define PERF_CONV .op = "conv2d", .build = build_conv2d, .i = {1, 1, 1, 1, 1}
#define PERF_BACK(h, w)                                                                            \
    .op = "conv2d_back_input", .build = build_back_input, .i = {1, 1, 1, 1, 1, h, w}
#define PERF_WEIGHT                                                                                \
    .op = "conv2d_back_weight", .build = build_back_weight, .i = {1, 1, 1, 1, 1, 3, 3}
#define PERF_ATTENTION      .op = "attention", .build = build_attention, .f = {0.1f}
#define PERF_ATTENTION_BACK .op = "attention_back", .build = build_attention_back, .f = {0.1f}

const struct op_case linear_perf[] = {
    {LINEAR, .in = {FIXED(2, 16, 16, 128), FIXED(1, 1, 128, 128), FIXED(1, 1, 1, 128)}},
    {LINEAR, .in = {FIXED(2, 8, 8, 256), FIXED(1, 1, 2048, 256), FIXED(1, 1, 1, 2048)}},
    {LINEAR, .in = {FIXED(1, 64, 64, 320), FIXED(1, 1, 320, 320), FIXED(1, 1, 1, 320)}},
    {PERF_CONV, .in = {FIXED(2, 16, 16, 128), FIXED(128, 3, 3, 128), FIXED(1, 1, 1, 128)}},
    {PERF_CONV, .in = {FIXED(2, 8, 8, 256), FIXED(256, 3, 3, 256), FIXED(1, 1, 1, 256)}},
    {PERF_CONV, .in = {FIXED(2, 4, 4, 384), FIXED(384, 3, 3, 384), FIXED(1, 1, 1, 384)}},
    {PERF_CONV, .in = {FIXED(1, 64, 64, 320), FIXED(320, 3, 3, 320), FIXED(1, 1, 1, 320)}},
    {PERF_BACK(16, 16), .in = {FIXED(2, 16, 16, 128), FIXED(128, 3, 3, 128)}},
    {PERF_BACK(8, 8), .in = {FIXED(2, 8, 8, 256), FIXED(256, 3, 3, 256)}},
    {PERF_BACK(4, 4), .in = {FIXED(2, 4, 4, 384), FIXED(384, 3, 3, 384)}},
    {PERF_BACK(64, 64), .in = {FIXED(1, 64, 64, 320), FIXED(320, 3, 3, 320)}},
    {PERF_WEIGHT, .in = {FIXED(2, 16, 16, 128), FIXED(2, 16, 16, 128)}},
    {PERF_WEIGHT, .in = {FIXED(2, 8, 8, 256), FIXED(2, 8, 8, 256)}},
    {ROTATE, .in = {FIXED(2, 16, 16, 128), FIXED(1, 4, 32, 32)}},
    {OUTER, .in = {FIXED(2, 16, 16, 128), FIXED(2, 16, 16, 128)}, .i = {32}},
    {SOLVE, .in = {{{1, 4, 32, 32}, FILL_SYSTEMS}, FIXED(1, 4, 32, 32)}},
    {SOLVE, .in = {{{1, 4, 320, 320}, FILL_SYSTEMS}, FIXED(1, 4, 320, 320)}},
    {PERF_ATTENTION, .in = {FIXED(2, 1, 256, 128), FIXED(2, 1, 256, 128), FIXED(2, 1, 256, 128)},
     .i = {4}},
    {PERF_ATTENTION, .in = {FIXED(2, 1, 256, 128), FIXED(2, 1, 77, 128), FIXED(2, 1, 77, 128)},
     .i = {4}},
    {PERF_ATTENTION, .in = {FIXED(1, 1, 4096, 320), FIXED(1, 1, 4096, 320), FIXED(1, 1, 4096, 320)},
     .i = {8}},
    {PERF_ATTENTION_BACK,
     .in = {FIXED(2, 1, 256, 128), FIXED(2, 1, 256, 128), FIXED(2, 1, 256, 128),
            FIXED(2, 1, 256, 128)},
     .i = {4}},
    {PERF_ATTENTION_BACK,
     .in = {FIXED(2, 1, 256, 128), FIXED(2, 1, 77, 128), FIXED(2, 1, 77, 128),
            FIXED(2, 1, 256, 128)},
     .i = {4}},
    {PERF_ATTENTION_BACK,
     .in = {FIXED(1, 1, 1024, 640), FIXED(1, 1, 1024, 640), FIXED(1, 1, 1024, 640),
            FIXED(1, 1, 1024, 640)},
     .i = {8}},
    {PERF_ATTENTION_BACK,
     .in = {FIXED(1, 1, 4096, 320), FIXED(1, 1, 4096, 320), FIXED(1, 1, 4096, 320),
            FIXED(1, 1, 4096, 320)},
     .i = {8}},
    END,
};
