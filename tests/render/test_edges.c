// Canny's detector: beside a slow statement of it, on drawn pictures whose lines are known, and at
// the borders of what it is asked.
#include "render/hint.h"

#include "pictures.h"

#include <math.h>
#include <string.h>

// ---- the slow statement -------------------------------------------------------------------------

// Everything as its definition has it: the Gaussian in two dimensions, angles by the arc tangent,
// and lines grown until nothing changes.
static double pixel(const double *p, int w, int h, int x, int y)
{
    return p[CLAMP(y, 0, h - 1) * w + CLAMP(x, 0, w - 1)];
}

static double *slow_luma(const float *rgb, int count)
{
    double *p = g_new(double, count);
    for (int i = 0; i < count; i++) {
        p[i] =
            255 * (0.299 * CLAMP(rgb[3 * i], 0.0, 1.0) + 0.587 * CLAMP(rgb[3 * i + 1], 0.0, 1.0) +
                   0.114 * CLAMP(rgb[3 * i + 2], 0.0, 1.0));
    }
    return p;
}

static double *slow_blur(const double *p, int w, int h, double sigma)
{
    const int radius = (int)ceil(3 * sigma);
    double *out = g_new0(double, w *h), total = 0;
    for (int v = -radius; v <= radius; v++) {
        for (int u = -radius; u <= radius; u++) {
            const double weight = sigma > 0 ? exp(-(u * u + v * v) / (2 * sigma * sigma)) : 1;
            total += weight;
            for (int i = 0; i < w * h; i++) {
                out[i] += weight * pixel(p, w, h, i % w + u, i / w + v);
            }
        }
    }
    for (int i = 0; i < w * h; i++) {
        out[i] /= total;
    }
    return out;
}

static void slow_sobel(const double *p, int w, int h, double *length, double *angle)
{
    static const int kernel[3][3] = {{-1, 0, 1}, {-2, 0, 2}, {-1, 0, 1}};
    for (int i = 0; i < w * h; i++) {
        double x = 0, y = 0;
        for (int v = 0; v < 3; v++) {
            for (int u = 0; u < 3; u++) {
                const double value = pixel(p, w, h, i % w + u - 1, i / w + v - 1);
                x += kernel[v][u] * value;
                y += kernel[u][v] * value;
            }
        }
        length[i] = sqrt(x * x + y * y);
        angle[i] = atan2(y, x);
    }
}

static double beyond(const double *p, int w, int h, int x, int y)
{
    return x < 0 || y < 0 || x >= w || y >= h ? 0 : p[y * w + x];
}

static bool *slow_canny(const float *rgb, int w, int h, const struct edges_params *params)
{
    g_autofree double *gray = slow_luma(rgb, w * h);
    g_autofree double *p = slow_blur(gray, w, h, params->sigma);
    g_autofree double *length = g_new(double, w *h), *angle = g_new(double, w *h);
    g_autofree bool *weak = g_new0(bool, w *h);
    bool *line = g_new0(bool, w *h), grows = true;
    slow_sobel(p, w, h, length, angle);
    for (int i = 0; i < w * h; i++) {
        const int x = i % w, y = i / w;
        int eighth = (int)lround(angle[i] / (M_PI / 4)); // -4 .. 4
        eighth = (eighth + 8) % 4;                       // of a line: opposite directions are one
        const int dx = eighth == 2 ? 0 : eighth == 3 ? -1 : 1, dy = eighth == 0 ? 0 : 1;
        weak[i] = length[i] > params->low && length[i] > beyond(length, w, h, x - dx, y - dy) &&
                  length[i] >= beyond(length, w, h, x + dx, y + dy);
        line[i] = weak[i] && length[i] > params->high;
    }
    while (grows) {
        grows = false;
        for (int i = 0; i < w * h; i++) {
            for (int k = 0; weak[i] && !line[i] && k < 9; k++) {
                const int x = i % w + k % 3 - 1, y = i / w + k / 3 - 1;
                if (x >= 0 && y >= 0 && x < w && y < h && line[y * w + x]) {
                    line[i] = grows = true;
                }
            }
        }
    }
    return line;
}

// Noise, colours and a tilted ellipse, whose line takes every direction.
static struct image *scene(int width, int height, unsigned seed)
{
    struct image *image = picture_photo(width, height, 8, seed);
    for (int i = 0; i < width * height; i++) {
        const double x = i % width - width / 2.0, y = i / width - height / 2.0;
        const double along = x + y * (seed % 2 ? 0.3 : -0.3), across = y - x * 0.2;
        if (along * along / 400 + across * across / 150 < 1) {
            for (int c = 0; c < 3; c++) {
                image->rgb[3 * i + c] += 0.5f;
            }
        }
    }
    return image;
}

// Rounding may tip a place whose two neighbours, or whose two directions, are as good as alike:
// fewer than one in five hundred.
static void test_slow(void)
{
    static const struct edges_params all[] = {
        {0, 100, 200}, {0, 20, 60}, {1, 50, 100}, {1.5, 4, 60}, {0.8, 0, 30}};
    for (unsigned seed = 0; seed < 4; seed++) {
        struct image *image = scene(61 + (int)seed, 47, seed);
        const int w = image->width, h = image->height;
        for (size_t k = 0; k < G_N_ELEMENTS(all); k++) {
            g_autofree float *found = edges_find(image->rgb, w, h, 0, &all[k]);
            g_autofree bool *wanted = slow_canny(image->rgb, w, h, &all[k]);
            int differ = 0, lines = 0;
            for (int i = 0; i < w * h; i++) {
                differ += (found[i] == 1) != wanted[i];
                lines += wanted[i];
                g_assert_true(found[i] == 0 || found[i] == 1);
            }
            g_test_message("seed %u, case %zu: %d of %d are lines, %d differ", seed, k, lines,
                           w * h, differ);
            g_assert_cmpint(lines, >, 40);
            g_assert_cmpint(differ, <=, w * h / 500);
        }
        image_free(image);
    }
}

// ---- known lines --------------------------------------------------------------------------------

enum { SIDE = 16, COUNT = SIDE * SIDE };

static void paint(float *rgb, int from_x, int to_x, int from_y, int to_y, float value)
{
    for (int y = from_y; y < to_y; y++) {
        for (int x = from_x; x < to_x; x++) {
            for (int c = 0; c < 3; c++) {
                rgb[3 * (y * SIDE + x) + c] = value;
            }
        }
    }
}

// A step is one line, one pixel wide, all along it.
static void test_step(void)
{
    float rgb[3 * COUNT] = {0};
    paint(rgb, 6, SIDE, 0, SIDE, 1);
    g_autofree float *found = edges_find(rgb, SIDE, SIDE, 0, &edges_usual);
    for (int i = 0; i < COUNT; i++) {
        g_assert_cmpfloat(found[i], ==, i % SIDE == 5);
    }
}

// The slope across a line that goes from strong to weak, 4 x 255 x its height: the weak end stays
// where it hangs on to the strong one, and a weak line alone goes.
static void test_hysteresis(void)
{
    const struct edges_params params = {.low = 100, .high = 400};
    float rgb[3 * COUNT] = {0};
    paint(rgb, 8, SIDE, 0, 8, 0.5f);     // 510
    paint(rgb, 8, SIDE, 8, SIDE, 0.25f); // 255
    g_autofree float *joined = edges_find(rgb, SIDE, SIDE, 0, &params);
    g_assert_cmpfloat(joined[2 * SIDE + 7], ==, 1);
    g_assert_cmpfloat(joined[14 * SIDE + 7], ==, 1);
    paint(rgb, 8, SIDE, 0, 8, 0.25f);
    g_autofree float *alone = edges_find(rgb, SIDE, SIDE, 0, &params);
    for (int i = 0; i < COUNT; i++) {
        g_assert_cmpfloat(alone[i], ==, 0);
    }
}

// Without contrast there is no line, whatever the thresholds; nor in a single pixel.
static void test_flat(void)
{
    static const struct edges_params params[] = {{0, 0, 0}, {2, 0, 0}, {0, 100, 200}};
    float rgb[3 * COUNT];
    paint(rgb, 0, SIDE, 0, SIDE, 0.5f);
    for (size_t k = 0; k < G_N_ELEMENTS(params); k++) {
        g_autofree float *found = edges_find(rgb, SIDE, SIDE, 0, &params[k]);
        g_autofree float *one = edges_find(rgb, 1, 1, 0, &params[k]);
        g_assert_cmpfloat(one[0], ==, 0);
        for (int i = 0; i < COUNT; i++) {
            g_assert_cmpfloat(found[i], ==, 0);
        }
    }
}

// The same picture as models have it, with black at -1, has the same edges; and what is whiter than
// white is white.
static void test_range(void)
{
    struct image *image = picture_photo(40, 30, 8, 7);
    const int n = image->width * image->height;
    const struct edges_params params = {.low = 20, .high = 60};
    g_autofree float *plain = edges_find(image->rgb, 40, 30, 0, &params);
    g_autofree float *scaled = g_new(float, 3 * n);
    for (int i = 0; i < 3 * n; i++) {
        scaled[i] = 2 * image->rgb[i] - 1;
    }
    g_autofree float *same = edges_find(scaled, 40, 30, -1, &params);
    int differ = 0;
    for (int i = 0; i < n; i++) {
        differ += plain[i] != same[i];
    }
    g_assert_cmpint(differ, <=, n / 500);
    for (int i = 0; i < 3 * n; i++) {
        scaled[i] = i % 2 ? 1 : 5;
    }
    g_autofree float *white = edges_find(scaled, 40, 30, 0, &params);
    for (int i = 0; i < n; i++) {
        g_assert_cmpfloat(white[i], ==, 0);
    }
    image_free(image);
}

// ---- hints --------------------------------------------------------------------------------------

// A picture of another size and other proportions is stretched; a part is what lies there; what is
// transparent is black.
static void test_picture(void)
{
    GError *error = NULL;
    struct image *image = image_new(40, 10, true, &error);
    for (int i = 0; i < 400; i++) {
        for (int c = 0; c < 3; c++) {
            image->rgb[3 * i + c] = i % 40 < 20 ? 1 : 0.25f;
        }
        image->alpha[i] = i / 40 < 5 ? 1 : 0;
    }
    const struct image_region part = {30, 0, 10, 5};
    g_autofree float *all = hint_from_picture(image, NULL, 8, 20, &error);
    g_autofree float *some = hint_from_picture(image, &part, 6, 4, &error);
    g_assert_no_error(error);
    g_assert_cmpfloat_with_epsilon(all[0], 1, 1e-3);
    g_assert_cmpfloat_with_epsilon(all[3 * 7], 0.25, 0.02);
    g_assert_cmpfloat_with_epsilon(all[3 * (19 * 8)], 0, 1e-3);
    for (int i = 0; i < 3 * 8 * 20; i++) {
        g_assert_true(all[i] >= 0 && all[i] <= 1);
    }
    for (int i = 0; i < 3 * 6 * 4; i++) {
        g_assert_cmpfloat_with_epsilon(some[i], 0.25, 1e-5);
    }
    image_free(image);
}

// White on black in three channels, of a picture whose black is -1.
static void test_hint_of_edges(void)
{
    float rgb[3 * COUNT];
    paint(rgb, 0, SIDE, 0, SIDE, -1);
    paint(rgb, 6, SIDE, 0, SIDE, 1);
    g_autofree float *hint = hint_from_edges(rgb, SIDE, SIDE, &edges_usual);
    for (int i = 0; i < 3 * COUNT; i++) {
        g_assert_cmpfloat(hint[i], ==, i / 3 % SIDE == 5);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/edges/slow", test_slow);
    g_test_add_func("/edges/step", test_step);
    g_test_add_func("/edges/hysteresis", test_hysteresis);
    g_test_add_func("/edges/flat", test_flat);
    g_test_add_func("/edges/range", test_range);
    g_test_add_func("/hint/picture", test_picture);
    g_test_add_func("/hint/edges", test_hint_of_edges);
    return g_test_run();
}
