// What the picture and the sentence add to a model's map of a word, on drawn pictures; what that is
// worth on photographs is measured in tests/bench/edits. Frames around what was found.
#include "ui/core/selection.h"

#include <glib.h>
#include <string.h>

#define WIDTH  80
#define HEIGHT 64

static const float GREEN[] = {-0.5f, 0.2f, -0.6f}, RED[] = {0.6f, -0.6f, -0.6f},
                   BLUE[] = {-0.6f, -0.4f, 0.6f};

// Discs of a radius of 10 at (24, 32) and (56, 32) on a ground.
static bool is_in(int i, int disc)
{
    const int dx = i % WIDTH - (disc ? 56 : 24), dy = i / WIDTH - 32;
    return dx * dx + dy * dy < 100;
}

static float *draw(const float *first, const float *second)
{
    float *rgb = g_new(float, 3 * WIDTH * HEIGHT);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        const float *color = is_in(i, 0) ? first : is_in(i, 1) ? second : GREEN;
        for (int k = 0; k < 3; k++) {
            rgb[3 * i + k] = color[k];
        }
    }
    return rgb;
}

// The mean of what was found in a disc (0, 1), or outside of both (2).
static double mean_in(const float *map, int where)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        if (where < 2 ? is_in(i, where) : !is_in(i, 0) && !is_in(i, 1)) {
            sum += map[i];
            n++;
        }
    }
    return sum / n;
}

static float *weigh(const float *rgb, float model, const char *sentence, const char *word)
{
    float *map = g_new(float, WIDTH *HEIGHT);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        map[i] = is_in(i, 0) ? model : 0.5f; // of the second disc the model says nothing
    }
    selection_weigh(map, rgb, WIDTH, HEIGHT, sentence, word, 4);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        g_assert_true(map[i] >= 0 && map[i] <= 1);
    }
    return map;
}

// A model that knows nothing: what stands out is the thing, what does not is around it.
static void test_stands_out(void)
{
    g_autofree float *rgb = draw(RED, RED);
    g_autofree float *thing = weigh(rgb, 0.5f, "a ball on the grass", "ball");
    g_autofree float *around = weigh(rgb, 0.5f, "a ball on the grass", "grass");
    g_assert_cmpfloat(mean_in(thing, 0), >, 0.8);
    g_assert_cmpfloat(mean_in(thing, 1), >, 0.8);
    g_assert_cmpfloat(mean_in(thing, 2), <, 0.35);
    g_assert_cmpfloat(mean_in(around, 0), <, 0.3);
    g_assert_cmpfloat(mean_in(around, 2), >, 0.6);
}

// Of two things that stand out the one of the named colour, or the one that the model says.
static void test_colour(void)
{
    g_autofree float *rgb = draw(RED, BLUE);
    g_autofree float *red = weigh(rgb, 0.5f, "a red ball and a blue one", "ball");
    g_autofree float *blue = weigh(rgb, 0.5f, "a blue ball", "ball");
    g_autofree float *plain = weigh(rgb, 0.5f, "a ball", "ball");
    g_assert_cmpfloat(mean_in(red, 0), >, mean_in(red, 1) + 0.03);
    g_assert_cmpfloat(mean_in(blue, 1), >, mean_in(blue, 0) + 0.03);
    g_assert_cmpfloat(mean_in(plain, 0), <, mean_in(red, 0));
}

static void test_model(void)
{
    g_autofree float *rgb = draw(RED, RED);
    g_autofree float *more = weigh(rgb, 1, "a ball", "ball");
    g_autofree float *less = weigh(rgb, 0, "a ball", "ball");
    g_assert_cmpfloat(mean_in(more, 0), >, mean_in(more, 1));
    g_assert_cmpfloat(mean_in(less, 0), <, mean_in(less, 1));
}

// Pictures with nothing to tell apart, and of hardly any pixels.
static void test_plain(void)
{
    static const int sizes[][2] = {{1, 1}, {2, 1}, {1, 7}, {3, 3}, {200, 1}, {64, 64}};
    for (size_t k = 0; k < G_N_ELEMENTS(sizes); k++) {
        const int w = sizes[k][0], h = sizes[k][1];
        g_autofree float *rgb = g_new0(float, 3 * w * h);
        g_autofree float *map = g_new0(float, w *h);
        selection_weigh(map, rgb, w, h, "a gray wall", "wall", SELECTION_TRUST);
        for (int i = 0; i < w * h; i++) {
            g_assert_true(map[i] >= 0 && map[i] <= 1);
        }
    }
}

// ---- frames -------------------------------------------------------------------------------------

// Around a box of a large picture: room, proportions, the least size, and the picture's borders.
static void test_frame_around(void)
{
    static const struct {
        struct image_region box, frame;
    } cases[] = {
        {{1000, 800, 200, 200}, {960, 760, 280, 280}},
        {{1000, 800, 400, 100}, {920, 639, 560, 421}}, // not wider than by a third
        {{1000, 800, 10, 10}, {973, 773, 64, 64}},     // the least
        {{0, 1950, 200, 50}, {0, 1789, 280, 211}},     // at a corner
        {{100, 100, 2600, 1800}, {0, 0, 3000, 2000}},  // nearly all
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct image_region f = selection_frame_around(&cases[i].box, 64, 64, 3000, 2000);
        g_test_message("%d,%d,%d,%d", f.x, f.y, f.width, f.height);
        g_assert_true(image_region_equal(&f, &cases[i].frame));
    }
    const struct image_region f =
        selection_frame_around(&(struct image_region){3, 3, 4, 4}, 64, 64, 40, 30);
    g_assert_cmpint(f.width * f.height, ==, 40 * 30); // there is not more of the picture
}

// The largest part of a map, not all that it is sure of.
static void test_frame(void)
{
    g_autofree float *map = g_new0(float, WIDTH *HEIGHT);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        map[i] = is_in(i, 0) ? 0.9f : 0.1f;
    }
    map[WIDTH * HEIGHT - 1] = 1;
    const struct image_region f = selection_frame(map, WIDTH, HEIGHT);
    g_assert_cmpint(f.x, <=, 15);
    g_assert_cmpint(f.y, <=, 23);
    g_assert_cmpint(f.x + f.width, >=, 33);
    g_assert_cmpint(f.x + f.width, <, 50);
    memset(map, 0, WIDTH * HEIGHT * sizeof *map);
    const struct image_region whole = selection_frame(map, WIDTH, HEIGHT);
    g_assert_cmpint(whole.width * whole.height, ==, WIDTH * HEIGHT);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/selection/stands-out", test_stands_out);
    g_test_add_func("/selection/colour", test_colour);
    g_test_add_func("/selection/model", test_model);
    g_test_add_func("/selection/plain", test_plain);
    g_test_add_func("/selection/frame-around", test_frame_around);
    g_test_add_func("/selection/frame", test_frame);
    return g_test_run();
}
