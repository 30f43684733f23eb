// What of a thing keeps its own colour when the thing takes another one.
#include "compute/edit/own_colors.h"

#include <glib.h>

enum { COUNT = 400, EYES = 16, FACE = 80 };

// A thing of COUNT places: eyes, a face, and fur for the rest, each lit a little differently.
static void draw(const float *eyes, const float *face, const float *fur, float *rgb, float *mask)
{
    for (int i = 0; i < COUNT; i++) {
        const float *color = i < EYES ? eyes : i < EYES + FACE ? face : fur;
        const float light = 0.9f + 0.2f * (float)(i % 7) / 6;

        mask[i] = 1;
        for (int k = 0; k < 3; k++) {
            rgb[3 * i + k] = 2 * MIN(color[k] * light, 1) - 1;
        }
    }
}

static float mean(const float *values, int from, int end)
{
    float sum = 0;

    for (int i = from; i < end; i++) {
        sum += values[i] / (float)(end - from);
    }
    return sum;
}

struct parts {
    float eyes, face, fur;
};

static struct parts parts_of(const float *eyes, const float *face, const float *fur, bool neutral)
{
    float rgb[3 * COUNT], mask[COUNT];

    draw(eyes, face, fur, rgb, mask);

    g_autofree float *takes = own_colors(rgb, mask, COUNT, neutral);

    g_assert_nonnull(takes);
    for (int i = 0; i < COUNT; i++) {
        g_assert_cmpfloat(takes[i], >=, 0);
        g_assert_cmpfloat(takes[i], <=, 1);
    }
    return (struct parts){mean(takes, 0, EYES), mean(takes, EYES, EYES + FACE),
                          mean(takes, EYES + FACE, COUNT)};
}

static const float GREEN[] = {0.55f, 0.6f, 0.2f}, WHITE[] = {0.88f, 0.87f, 0.88f},
                   GRAY[] = {0.4f, 0.39f, 0.38f}, BRICK[] = {0.6f, 0.3f, 0.25f};

// A gray cat with green eyes and a white face: its fur turns orange, and neither of these does.
static void test_gray(void)
{
    const struct parts p = parts_of(GREEN, WHITE, GRAY, false);

    g_assert_cmpfloat(p.eyes, <, 0.05);
    g_assert_cmpfloat(p.face, <, 0.35);
    g_assert_cmpfloat(p.fur, >, 0.98);
}

// One that turns black or white does so all over, and its eyes for the smaller part.
static void test_neutral(void)
{
    const struct parts p = parts_of(GREEN, WHITE, GRAY, true);

    g_assert_cmpfloat(p.eyes, <, 0.7);
    g_assert_cmpfloat(p.eyes, >, 0.5);
    g_assert_cmpfloat(p.face, >, 0.98);
    g_assert_cmpfloat(p.fur, >, 0.98);
}

// Of a red tower with green shutters nobody knows that they are to stay green.
static void test_colored(void)
{
    const struct parts p = parts_of(GREEN, WHITE, BRICK, false);

    g_assert_cmpfloat(p.eyes, >, 0.98);
    g_assert_cmpfloat(p.face, >, 0.98);
    g_assert_cmpfloat(p.fur, >, 0.98);
}

// A white cat turns orange all over, and so does a gray one of which half is coloured.
static void test_much(void)
{
    g_assert_cmpfloat(parts_of(GREEN, WHITE, WHITE, false).fur, >, 0.98);
    g_assert_cmpfloat(parts_of(GREEN, GREEN, GRAY, false).face, >, 0.9);
}

static void test_little(void)
{
    float rgb[3 * COUNT], mask[COUNT];

    draw(GREEN, WHITE, GRAY, rgb, mask);
    for (int i = 20; i < COUNT; i++) {
        mask[i] = 0;
    }
    g_assert_null(own_colors(rgb, mask, COUNT, false));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/own-colors/gray", test_gray);
    g_test_add_func("/own-colors/neutral", test_neutral);
    g_test_add_func("/own-colors/colored", test_colored);
    g_test_add_func("/own-colors/much", test_much);
    g_test_add_func("/own-colors/little", test_little);
    return g_test_run();
}
