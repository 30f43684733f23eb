// Picture metrics and the before-and-after picture.
#include "render/compare.h"

#include "render/filter.h"
#include "render/luma.h"

#include <math.h>
#include <string.h>

static void assert_same_size(const struct image *a, const struct image *b)
{
    g_assert_cmpint(a->width, ==, b->width);
    g_assert_cmpint(a->height, ==, b->height);
}

double compare_psnr(const struct image *a, const struct image *b)
{
    assert_same_size(a, b);

    size_t count = (size_t)a->width * a->height * 3;
    double sum = 0.0;

    for (size_t i = 0; i < count; i++) {
        double difference = (double)a->rgb[i] - b->rgb[i];

        sum += difference * difference;
    }
    return sum > 0.0 ? 10.0 * log10((double)count / sum) : INFINITY;
}

// Local mean of x * y, (height, width). Newly allocated.
static float *local_product(const float *x, const float *y, int width, int height)
{
    size_t count = (size_t)width * height;
    float *product = g_new(float, count);

    for (size_t i = 0; i < count; i++) {
        product[i] = x[i] * y[i];
    }
    filter_gaussian(product, width, height, 1.5);
    return product;
}

double compare_ssim(const struct image *a, const struct image *b)
{
    assert_same_size(a, b);

    const double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
    int width = a->width, height = a->height;
    size_t count = (size_t)width * height;
    g_autofree float *mean_a = luma_plane(a->rgb, count);
    g_autofree float *mean_b = luma_plane(b->rgb, count);
    g_autofree float *aa = local_product(mean_a, mean_a, width, height);
    g_autofree float *bb = local_product(mean_b, mean_b, width, height);
    g_autofree float *ab = local_product(mean_a, mean_b, width, height);
    double sum = 0.0;

    filter_gaussian(mean_a, width, height, 1.5);
    filter_gaussian(mean_b, width, height, 1.5);
    for (size_t i = 0; i < count; i++) {
        double ma = mean_a[i], mb = mean_b[i];
        double structure = 2.0 * (ab[i] - ma * mb) + c2;
        double variance = (aa[i] - ma * ma) + (bb[i] - mb * mb) + c2;

        sum += (2.0 * ma * mb + c1) * structure / ((ma * ma + mb * mb + c1) * variance);
    }
    return sum / (double)count;
}

static void paste(const struct image *from, struct image *to, int x)
{
    for (int y = 0; y < from->height; y++) {
        size_t source = (size_t)y * from->width, target = (size_t)y * to->width + x;

        memcpy(to->rgb + 3 * target, from->rgb + 3 * source, sizeof(float) * 3 * from->width);
        if (to->alpha != NULL && from->alpha != NULL) {
            memcpy(to->alpha + target, from->alpha + source, sizeof(float) * from->width);
        }
    }
}

struct image *compare_side_by_side(const struct image *left, const struct image *right,
                                   GError **error)
{
    g_assert_cmpint(left->height, ==, right->height);

    int divider = MAX(2, left->width / 200);
    bool with_alpha = left->alpha != NULL || right->alpha != NULL;
    struct image *both =
        image_new(left->width + divider + right->width, left->height, with_alpha, error);

    if (both == NULL) {
        return NULL;
    }

    size_t pixels = (size_t)both->width * both->height;

    for (size_t i = 0; i < 3 * pixels; i++) {
        both->rgb[i] = 1.0f;
    }
    for (size_t i = 0; with_alpha && i < pixels; i++) {
        both->alpha[i] = 1.0f;
    }
    paste(left, both, 0);
    paste(right, both, left->width + divider);
    return both;
}
