// Lights that sentences name: which one an edit is about, and an edit held to its tint.
#include "compute/edit/named_light.h"
#include "compute/edit/oklab.h"
#include "compute/edit/select.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { WIDTH = 24, HEIGHT = 16, COUNT = WIDTH * HEIGHT };

static void assert_light(const char *from, const char *to, const char *name)
{
    const struct light_word *light = subject_light(from, to);
    g_assert_cmpstr(light ? light->name : NULL, ==, name);
}

static void test_sentences(void)
{
    assert_light("a pier", "a pier in the fog", "fog");
    assert_light("boats at sunset", "boats at night", "night");
    assert_light("boats at sunset", "ships at sunset", NULL); // it was there before
    assert_light("a bridge at night", "a bridge in the fog", "fog");
    assert_light("a cat", "a red cat", NULL);
    assert_light("", "Hills in the SNOW", "snow");
    assert_light(NULL, "", NULL);
    g_assert_null(light_word_find("fo"));
}

// A photo of many colours and its edit: of the photo's own colours a share is kept, and a tint in
// Oklab is laid over them, stronger below; both in -1..1. Lightness becomes what `light` says.
static void tinted(float *before, float *rgb, float kept, float a, float b, float light)
{
    for (int i = 0; i < COUNT; i++) {
        const float y = (i / WIDTH + 0.5f) / HEIGHT;
        const float own[] = {0.35f + 0.3f * (float)(i * 7 % 11) / 11, 0.05f * sinf((float)(i * 3)),
                             0.05f * cosf((float)(i * 5))};
        const float is[] = {light + 0.3f * own[0], kept * own[1] + a * (0.7f + 0.6f * y),
                            kept * own[2] + b * (0.7f + 0.6f * y)};
        float srgb[2][3];
        oklab_to_srgb(own, srgb[0]);
        oklab_to_srgb(is, srgb[1]);
        for (int k = 0; k < 3; k++) {
            before[3 * i + k] = 2 * srgb[0][k] - 1;
            rgb[3 * i + k] = 2 * srgb[1][k] - 1;
        }
    }
}

static void mean_of(const float *rgb, float *mean)
{
    mean[0] = mean[1] = mean[2] = 0;
    for (int i = 0; i < COUNT; i++) {
        const float srgb[] = {0.5f * rgb[3 * i] + 0.5f, 0.5f * rgb[3 * i + 1] + 0.5f,
                              0.5f * rgb[3 * i + 2] + 0.5f};
        float lab[3];
        oklab_from_srgb(srgb, lab);
        for (int k = 0; k < 3; k++) {
            mean[k] += lab[k] / COUNT;
        }
    }
}

static float before[3 * COUNT], rgb[3 * COUNT], given[3 * COUNT];

static void hold(const char *name, const float *mask, float amount)
{
    memcpy(given, rgb, sizeof given);
    named_light_hold(rgb, before, mask, WIDTH, HEIGHT, light_word_find(name), amount);
}

// Pink fog becomes gray, as light as it was.
static void test_fog(void)
{
    float was[3], is[3];
    tinted(before, rgb, 0.4f, 0.05f, 0.0f, 0.6f);
    mean_of(rgb, was);
    g_assert_cmpfloat(hypotf(was[1], was[2]), >, 0.045f);
    hold("fog", NULL, 1);
    mean_of(rgb, is);
    g_assert_cmpfloat(hypotf(is[1], is[2]), <, 0.016f);
    g_assert_cmpfloat_with_epsilon(is[0], was[0], 0.01f);
}

// A violet night becomes blue, half as far by half; a sunset that is one is left alone.
static void test_hues(void)
{
    float is[3], half[3];
    tinted(before, rgb, 0.5f, 0.05f, -0.03f, 0.05f);
    hold("night", NULL, 1);
    mean_of(rgb, is);
    const float hue = atan2f(is[2], is[1]) * 180.0f / (float)G_PI;
    g_assert_cmpfloat(fabsf(remainderf(hue - 262, 360)), <, 30);
    memcpy(rgb, given, sizeof rgb);
    hold("night", NULL, 0.5f);
    mean_of(rgb, half);
    g_assert_cmpfloat_with_epsilon(half[1], (0.05f + is[1]) / 2, 0.012f);

    tinted(before, rgb, 0.7f, 0.03f, 0.05f, 0.2f);
    hold("sunset", NULL, 1);
    for (int i = 0; i < 3 * COUNT; i++) {
        g_assert_cmpfloat_with_epsilon(rgb[i], given[i], 0.02f);
    }
}

// What has a colour of its own keeps it: only what all have in common goes.
static void test_own_colors(void)
{
    float low = 1, high = -1;
    tinted(before, rgb, 0.5f, 0.05f, 0.0f, 0.5f);
    hold("fog", NULL, 1);
    for (int i = 0; i < COUNT; i++) {
        low = fminf(low, rgb[3 * i + 2] - rgb[3 * i]);
        high = fmaxf(high, rgb[3 * i + 2] - rgb[3 * i]);
    }
    g_assert_cmpfloat(high - low, >, 0.1f);
}

static void test_nowhere(void)
{
    static const float mask[COUNT];
    tinted(before, rgb, 0.5f, 0.05f, 0.0f, 0.5f);
    hold("fog", mask, 1);
    g_assert_cmpmem(rgb, sizeof rgb, given, sizeof given);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/named-light/sentences", test_sentences);
    g_test_add_func("/named-light/fog", test_fog);
    g_test_add_func("/named-light/hues", test_hues);
    g_test_add_func("/named-light/own-colors", test_own_colors);
    g_test_add_func("/named-light/nowhere", test_nowhere);
    return g_test_run();
}
