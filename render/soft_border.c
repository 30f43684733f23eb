#include "render/soft_border.h"

#include "render/parallel.h"

#include <math.h>
#include <string.h>

enum { RADIUS = 2 }; // of the windows, in pixels of the small size

// Variance of the colours in a window that the border does not follow: noise.
#define EPSILON 2e-4f
// What is so near 0 or 1 is it.
#define SURE 0.02f
// Opacity is steeper than the fit, which is a mean of several windows.
#define CONTRAST 1.6f

// Opacity as a function of colour at a place: a . rgb + b.
struct fit {
    float a[3], b;
};

struct border {
    const float *u, *rgb;
    int width, height;
    struct fit *fits, *means; // (height, width)
    const struct image *photo;
    struct image_region placed;
    struct raster *out;
};

static float rounded(float u)
{
    return u < SURE ? 0.0f : u > 1.0f - SURE ? 1.0f : u;
}

struct window {
    int left, top, right, bottom; // the last two belong to it
};

static struct window window_at(const struct border *b, int x, int y)
{
    return (struct window){MAX(x - RADIUS, 0), MAX(y - RADIUS, 0), MIN(x + RADIUS, b->width - 1),
                           MIN(y + RADIUS, b->height - 1)};
}

static bool is_flat(const struct border *b, const struct window *at)
{
    float value = rounded(b->u[(size_t)at->top * b->width + at->left]);
    bool flat = value == 0.0f || value == 1.0f;

    for (int y = at->top; y <= at->bottom && flat; y++) {
        for (int x = at->left; x <= at->right; x++) {
            flat &= rounded(b->u[(size_t)y * b->width + x]) == value;
        }
    }
    return flat;
}

// Means of a window: colour, opacity, and the products of colours with each other (as 00 01 02 11
// 12 22) and with opacity.
struct moments {
    float rgb[3], u, products[6], with_u[3];
};

static struct moments moments_of(const struct border *b, const struct window *at)
{
    struct moments m = {0};
    float share = 1.0f / (float)((at->right - at->left + 1) * (at->bottom - at->top + 1));

    for (int y = at->top; y <= at->bottom; y++) {
        for (int x = at->left; x <= at->right; x++) {
            const float *rgb = b->rgb + 3 * ((size_t)y * b->width + x);
            float u = rounded(b->u[(size_t)y * b->width + x]);

            m.u += share * u;
            for (int i = 0, k = 0; i < 3; i++) {
                m.rgb[i] += share * rgb[i];
                m.with_u[i] += share * rgb[i] * u;
                for (int j = i; j < 3; j++, k++) {
                    m.products[k] += share * rgb[i] * rgb[j];
                }
            }
        }
    }
    return m;
}

// x of the symmetric system s x = v, s as struct moments has products; by Cramer's rule.
static void solve(const float *s, const float *v, float *x)
{
    float c00 = s[3] * s[5] - s[4] * s[4], c01 = s[2] * s[4] - s[1] * s[5];
    float c02 = s[1] * s[4] - s[2] * s[3], c11 = s[0] * s[5] - s[2] * s[2];
    float c12 = s[1] * s[2] - s[0] * s[4], c22 = s[0] * s[3] - s[1] * s[1];
    float determinant = s[0] * c00 + s[1] * c01 + s[2] * c02;

    x[0] = (c00 * v[0] + c01 * v[1] + c02 * v[2]) / determinant;
    x[1] = (c01 * v[0] + c11 * v[1] + c12 * v[2]) / determinant;
    x[2] = (c02 * v[0] + c12 * v[1] + c22 * v[2]) / determinant;
}

static struct fit fit_window(const struct border *b, const struct window *at)
{
    struct moments m = moments_of(b, at);
    struct fit fit = {.b = m.u};

    for (int i = 0, k = 0; i < 3; i++) {
        m.with_u[i] -= m.rgb[i] * m.u;
        for (int j = i; j < 3; j++, k++) {
            m.products[k] += (i == j ? EPSILON : 0.0f) - m.rgb[i] * m.rgb[j];
        }
    }
    solve(m.products, m.with_u, fit.a);
    for (int i = 0; i < 3; i++) {
        fit.b -= fit.a[i] * m.rgb[i];
    }
    return fit;
}

static void fit_rows(int begin, int end, void *data)
{
    const struct border *b = data;

    for (int y = begin; y < end; y++) {
        for (int x = 0; x < b->width; x++) {
            struct window at = window_at(b, x, y);
            size_t i = (size_t)y * b->width + x;

            b->fits[i] = is_flat(b, &at) ? (struct fit){.b = rounded(b->u[i])} : fit_window(b, &at);
        }
    }
}

static bool is_constant(const struct fit *fit)
{
    return fit->a[0] == 0.0f && fit->a[1] == 0.0f && fit->a[2] == 0.0f;
}

static void mean_rows(int begin, int end, void *data)
{
    const struct border *b = data;

    for (int y = begin; y < end; y++) {
        for (int x = 0; x < b->width; x++) {
            struct window at = window_at(b, x, y);
            struct fit sum = {0};
            int n = (at.right - at.left + 1) * (at.bottom - at.top + 1);

            for (int row = at.top; row <= at.bottom; row++) {
                const struct fit *fits = b->fits + (size_t)row * b->width;
                for (int column = at.left; column <= at.right; column++) {
                    for (int i = 0; i < 3; i++) {
                        sum.a[i] += fits[column].a[i];
                    }
                    sum.b += fits[column].b;
                }
            }
            for (int i = 0; i < 3; i++) {
                sum.a[i] /= (float)n;
            }
            sum.b /= (float)n;
            b->means[(size_t)y * b->width + x] = sum;
        }
    }
}

static struct fit mix(const struct fit *a, const struct fit *b, float t)
{
    return (struct fit){{a->a[0] + t * (b->a[0] - a->a[0]), a->a[1] + t * (b->a[1] - a->a[1]),
                         a->a[2] + t * (b->a[2] - a->a[2])},
                        a->b + t * (b->b - a->b)};
}

static uint8_t opacity(const struct fit *fit, const float *rgb)
{
    float u = fit->a[0] * rgb[0] + fit->a[1] * rgb[1] + fit->a[2] * rgb[2] + fit->b;

    return (uint8_t)image_quantize(CONTRAST * (u - 0.5f) + 0.5f, 255.0f);
}

// Pixels first <= x < last of a row, between the fits of two columns of the small size.
static void fill(const struct fit *left, const struct fit *right, int first, int last, double at,
                 double step, const float *rgb, uint8_t *out)
{
    if (is_constant(left) && is_constant(right) && left->b == right->b) {
        memset(out + first, opacity(left, rgb), (size_t)(last - first));
        return;
    }
    for (int x = first; x < last; x++) {
        struct fit here = mix(left, right, (float)(at + (x - first) * step));
        out[x] = opacity(&here, rgb + 3 * (size_t)x);
    }
}

static void full_rows(int begin, int end, void *data)
{
    const struct border *b = data;
    g_autofree struct fit *fits = g_new(struct fit, b->width);
    double wide = (double)b->placed.width / b->width, tall = (double)b->placed.height / b->height;

    for (int y = begin; y < end; y++) {
        double v = CLAMP((y + 0.5) / tall - 0.5, 0.0, b->height - 1);
        const struct fit *above = b->means + (size_t)v * b->width;
        const struct fit *below = (int)v + 1 < b->height ? above + b->width : above;
        const float *rgb =
            b->photo->rgb + 3 * ((size_t)(b->placed.y + y) * b->photo->width + b->placed.x);
        uint8_t *out = b->out->values + (size_t)y * b->placed.width;

        for (int x = 0; x < b->width; x++) {
            fits[x] = mix(&above[x], &below[x], (float)(v - floor(v)));
        }
        for (int x = -1, first = 0; x < b->width && first < b->placed.width; x++) {
            int last = x + 1 < b->width ? (int)ceil((x + 1.5) * wide - 0.5) : b->placed.width;

            last = MIN(last, b->placed.width);
            if (last > first) {
                fill(&fits[MAX(x, 0)], &fits[MIN(x + 1, b->width - 1)], first, last,
                     (first + 0.5) / wide - 0.5 - x, 1.0 / wide, rgb, out);
                first = last;
            }
        }
    }
}

void soft_border_apply(const float *u, const float *rgb, int width, int height,
                       const struct image *photo, const struct image_region *placed,
                       struct raster *out)
{
    size_t n = (size_t)width * height;
    g_autofree struct fit *fits = g_new(struct fit, n);
    g_autofree struct fit *means = g_new(struct fit, n);
    struct border b = {u, rgb, width, height, fits, means, photo, *placed, out};

    parallel_rows(height, fit_rows, &b);
    parallel_rows(height, mean_rows, &b);
    parallel_rows(placed->height, full_rows, &b);
}
