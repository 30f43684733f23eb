// Colours that sentences name: what a word means, which one an edit is about, and an edit held to
// it.
#include "compute/edit/named_color.h"
#include "compute/edit/oklab.h"
#include "compute/edit/select.h"

#include <glib.h>
#include <math.h>
#include <string.h>

static float fit(const char *name, float r, float g, float b)
{
    float lab[3];
    oklab_from_srgb((const float[]){r, g, b}, lab);
    g_assert_nonnull(color_word_find(name));
    return color_word_fit(color_word_find(name), lab);
}

// Ottosson's table: XYZ of D65 white, and the primaries of sRGB as published with it.
static void test_oklab(void)
{
    static const float cases[][6] = {{1, 1, 1, 1, 0, 0},
                                     {1, 0, 0, 0.62796f, 0.22486f, 0.12585f},
                                     {0, 1, 0, 0.86644f, -0.23389f, 0.17950f},
                                     {0, 0, 1, 0.45201f, -0.03246f, -0.31153f},
                                     {0, 0, 0, 0, 0, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        float lab[3];
        oklab_from_srgb(cases[i], lab);
        for (int k = 0; k < 3; k++) {
            g_assert_cmpfloat_with_epsilon(lab[k], cases[i][3 + k], 2e-4);
        }
    }
}

static void test_words(void)
{
    g_assert_cmpfloat(fit("red", 0.8f, 0.1f, 0.1f), >, 0.8);
    g_assert_cmpfloat(fit("red", 0.1f, 0.8f, 0.1f), <, 0.05);
    g_assert_cmpfloat(fit("red", 0.5f, 0.5f, 0.5f), <, 0.1);
    g_assert_cmpfloat(fit("orange", 0.9f, 0.5f, 0.1f), >, 0.8);
    g_assert_cmpfloat(fit("yellow", 0.95f, 0.9f, 0.1f), >, 0.8);
    g_assert_cmpfloat(fit("green", 0.2f, 0.6f, 0.2f), >, 0.8);
    g_assert_cmpfloat(fit("blue", 0.2f, 0.3f, 0.9f), >, 0.8);
    g_assert_cmpfloat(fit("purple", 0.6f, 0.2f, 0.8f), >, 0.8);
    g_assert_cmpfloat(fit("pink", 1, 0.7f, 0.8f), >, 0.6);
    g_assert_cmpfloat(fit("brown", 0.45f, 0.3f, 0.15f), >, 0.6);
    g_assert_cmpfloat(fit("gray", 0.5f, 0.5f, 0.5f), >, 0.8);
    g_assert_cmpfloat(fit("white", 0.98f, 0.98f, 0.98f), >, 0.8);
    g_assert_cmpfloat(fit("white", 0.2f, 0.2f, 0.2f), <, 0.05);
    g_assert_cmpfloat(fit("black", 0.05f, 0.05f, 0.05f), >, 0.8);
    g_assert_null(color_word_find("old"));
    g_assert_null(color_word_find(""));
}

// Every colour goes there and back.
static void test_back(void)
{
    for (int i = 0; i < 125; i++) {
        const float rgb[] = {i % 5 / 4.0f, i / 5 % 5 / 4.0f, i / 25 / 4.0f};
        float lab[3], again[3];
        oklab_from_srgb(rgb, lab);
        oklab_to_srgb(lab, again);
        for (int k = 0; k < 3; k++) {
            g_assert_cmpfloat_with_epsilon(again[k], rgb[k], 2e-3);
        }
    }
}

// ---- what two sentences say ---------------------------------------------------------------------

static void assert_colors(const char *from, const char *to, const char *was, const char *is)
{
    const struct color_word *before;
    const struct color_word *after = subject_color(from, to, &before);
    g_assert_cmpstr(before ? before->name : NULL, ==, was);
    g_assert_cmpstr(after ? after->name : NULL, ==, is);
}

static void test_sentences(void)
{
    assert_colors("a photo of a red tower", "a photo of a blue tower", "red", "blue");
    assert_colors("a photo of a tower", "a photo of a Blue tower", NULL, "blue");
    assert_colors("a cat on a white background", "a cat on a blue background", "white", "blue");
    assert_colors("a red bird", "a red fox", NULL, NULL);
    assert_colors("a red bird", "a bird", "red", NULL);
    assert_colors("a red bird", "a blue bird on a green tree", "red", NULL); // which of them?
    assert_colors("a bird", "a black and white bird", NULL, NULL);
    assert_colors("a red bird", "a red bird", NULL, NULL);
    assert_colors(NULL, "a red bird", NULL, "red");
}

// ---- an edit ------------------------------------------------------------------------------------

enum {
    COUNT = 300
}; // a third of it the thing, a third without colour, a third that no edit touched

struct picture {
    float before[3 * COUNT], rgb[3 * COUNT];
};

// A thing that an edit turned from one colour into another, with its light and dark places.
static struct picture draw(const float *from, const float *to)
{
    struct picture p;
    for (int i = 0; i < COUNT; i++) {
        const float light = 0.8f + 0.4f * (float)(i % 10) / 10;
        for (int k = 0; k < 3; k++) {
            const float gray = 0.2f * light;
            const float was = i < 100 ? from[k] * light : gray;
            const float is = i < 100   ? to[k] * light
                             : i < 200 ? 0.5f * (gray + to[k] * light)
                                       : gray;
            p.before[3 * i + k] = 2 * CLAMP(was, 0, 1) - 1;
            p.rgb[3 * i + k] = 2 * CLAMP(is, 0, 1) - 1;
        }
    }
    return p;
}

static void mean_lab(const float *rgb, int from, int end, float mean[3])
{
    memset(mean, 0, 3 * sizeof *mean);
    for (int i = from; i < end; i++) {
        const float *at = rgb + 3 * i;
        float lab[3];
        oklab_from_srgb(
            (const float[]){0.5f * at[0] + 0.5f, 0.5f * at[1] + 0.5f, 0.5f * at[2] + 0.5f}, lab);
        for (int k = 0; k < 3; k++) {
            mean[k] += lab[k] / (float)(end - from);
        }
    }
}

static void hold(struct picture *p, const float *mask, const char *was, const char *is,
                 float amount)
{
    g_autofree float *takes =
        was ? named_color_fits(p->rgb, p->before, mask, COUNT, color_word_find(was), mask != NULL)
            : NULL;
    named_color_hold(p->rgb, p->before, mask, COUNT, color_word_find(is), takes, amount);
}

static float off_hue(const float *lab, float hue)
{
    return fabsf(remainderf(atan2f(lab[2], lab[1]) * (180 / (float)G_PI) - hue, 360));
}

static const float RED[] = {0.8f, 0.1f, 0.1f}, TURQUOISE[] = {0.1f, 0.6f, 0.6f},
                   BLUE[] = {0.0f, 0.4f, 0.95f}, DULL[] = {0.30f, 0.30f, 0.34f};

// Turquoise where blue was asked for; what had no colour, and what was not touched, stays.
static void test_turned(void)
{
    struct picture p = draw(RED, TURQUOISE);
    float lab[3];
    hold(&p, NULL, "red", "blue", 1);
    mean_lab(p.rgb, 0, 100, lab);
    g_assert_cmpfloat(off_hue(lab, 260), <, 20);
    g_assert_cmpfloat(hypotf(lab[1], lab[2]), >, 0.06);
    for (int i = 300; i < 3 * COUNT; i++) {
        g_assert_cmpfloat_with_epsilon(p.rgb[i], p.before[i], 1e-6);
    }
}

// Half of it turns half as far.
static void test_amount(void)
{
    struct picture all = draw(RED, TURQUOISE), half = all, none = all, drawn = all;
    float of_all[3], of_half[3], of_none[3];
    hold(&all, NULL, NULL, "blue", 1);
    hold(&half, NULL, NULL, "blue", 0.5f);
    hold(&none, NULL, NULL, "blue", 0);
    mean_lab(all.rgb, 0, 100, of_all);
    mean_lab(half.rgb, 0, 100, of_half);
    mean_lab(none.rgb, 0, 100, of_none);
    g_assert_cmpfloat(off_hue(of_all, 260), <, off_hue(of_half, 260) - 5);
    g_assert_cmpfloat(off_hue(of_half, 260), <, off_hue(of_none, 260) - 5);
    for (int i = 0; i < 3 * COUNT; i++) {
        g_assert_cmpfloat_with_epsilon(none.rgb[i], drawn.rgb[i], 2e-3);
    }
}

// What is right already is left alone to the bit, and so is what nobody changed.
static void test_right(void)
{
    struct picture p = draw(RED, BLUE), same = draw(RED, RED);
    const struct picture drawn = p, kept = same;
    hold(&p, NULL, NULL, "blue", 1);
    g_assert_cmpmem(p.rgb, sizeof p.rgb, drawn.rgb, sizeof drawn.rgb);
    memcpy(same.rgb, same.before, sizeof same.rgb);
    hold(&same, NULL, "red", "blue", 1);
    g_assert_cmpmem(same.rgb, sizeof same.rgb, kept.before, sizeof kept.before);
}

// Words for light and dark, and a colour that is hardly there.
static void test_limits(void)
{
    struct picture white = draw(RED, DULL), black = draw(RED, DULL), blue = draw(RED, DULL);
    float lab[3];
    hold(&white, NULL, "red", "white", 1);
    mean_lab(white.rgb, 0, 100, lab);
    g_assert_cmpfloat(lab[0], >, 0.75);
    g_assert_cmpfloat(hypotf(lab[1], lab[2]), <, 0.05);
    hold(&black, NULL, "red", "black", 1);
    mean_lab(black.rgb, 0, 100, lab);
    g_assert_cmpfloat(lab[0], <, 0.36);
    hold(&blue, NULL, "red", "blue", 1);
    mean_lab(blue.rgb, 0, 100, lab);
    g_assert_cmpfloat(hypotf(lab[1], lab[2]), >, 0.04);
}

// No place of what was recoloured stays in another hue, as a leaf in half a blossom's yellow.
static void test_gathered(void)
{
    static const float GREEN[] = {0.2f, 0.6f, 0.2f};
    struct picture p = draw(RED, BLUE), other = draw(RED, GREEN);
    float lab[3];
    memcpy(p.rgb, other.rgb, 90 * sizeof *p.rgb); // 30 of the 100 places
    hold(&p, NULL, "red", "blue", 1);
    for (int i = 0; i < 100; i++) {
        mean_lab(p.rgb, i, i + 1, lab);
        g_assert_cmpfloat(off_hue(lab, 260), <, 30);
    }
}

// A pale edit of a saturated thing is as saturated as the thing was; what had little colour does
// not get much.
static void test_chroma_of_the_thing(void)
{
    static const float PALE[] = {0.5f, 0.55f, 0.7f}, STONE[] = {0.5f, 0.45f, 0.42f};
    struct picture brick = draw(RED, PALE), stone = draw(STONE, PALE);
    float lab[3], chroma;
    hold(&brick, NULL, NULL, "blue", 1);
    mean_lab(brick.rgb, 0, 100, lab);
    chroma = hypotf(lab[1], lab[2]);
    g_assert_cmpfloat(chroma, >, 0.15);
    hold(&stone, NULL, NULL, "blue", 1);
    mean_lab(stone.rgb, 0, 100, lab);
    g_assert_cmpfloat(hypotf(lab[1], lab[2]), <, chroma - 0.02);
}

// A gaudy edit of a thing that had hardly any colour is toned down, one of a gaudy thing is not.
static void test_gaudy(void)
{
    static const float STONE[] = {0.5f, 0.45f, 0.42f};
    struct picture stone = draw(STONE, RED), brick = draw(BLUE, RED);
    float lab[3];
    mean_lab(stone.rgb, 0, 100, lab);
    g_assert_cmpfloat(hypotf(lab[1], lab[2]), >, 0.18);
    hold(&stone, NULL, NULL, "red", 1);
    mean_lab(stone.rgb, 0, 100, lab);
    g_assert_cmpfloat(hypotf(lab[1], lab[2]), <, 0.17);
    g_assert_cmpfloat(hypotf(lab[1], lab[2]), >, 0.1);
    hold(&brick, NULL, NULL, "red", 1);
    mean_lab(brick.rgb, 0, 100, lab);
    g_assert_cmpfloat(hypotf(lab[1], lab[2]), >, 0.19);
}

// Brick that the model made gray is as blue as it was red all the same: what no factor gives lies
// over it.
static void test_tint(void)
{
    static const float BRICK[] = {0.55f, 0.35f, 0.28f}, GRAY[] = {0.45f, 0.45f, 0.45f};
    struct picture p = draw(BRICK, GRAY);
    float lab[3];
    hold(&p, NULL, NULL, "blue", 1);
    mean_lab(p.rgb, 0, 100, lab);
    g_assert_cmpfloat(off_hue(lab, 256), <, 15);
    g_assert_cmpfloat(hypotf(lab[1], lab[2]), >, 0.08);
}

// Of a thing of stone and tiles the stone does not become as gaudy as the tiles do.
static void test_place(void)
{
    static const float STONE[] = {0.6f, 0.57f, 0.52f}, GAUDY[] = {0.95f, 0.05f, 0.05f};
    struct picture p = draw(BLUE, GAUDY), stone = draw(STONE, GAUDY);
    float tiles[3], wall[3];
    memcpy(p.before, stone.before, 150 * sizeof *p.before); // half of the 100 places
    hold(&p, NULL, NULL, "red", 1);
    mean_lab(p.rgb, 0, 50, wall);
    mean_lab(p.rgb, 50, 100, tiles);
    g_assert_cmpfloat(hypotf(wall[1], wall[2]), <, 0.18);
    g_assert_cmpfloat(hypotf(wall[1], wall[2]), <, hypotf(tiles[1], tiles[2]) - 0.03f);
}

// What is white or black still has light and dark places, within what a picture can show.
static void test_contrast(void)
{
    struct picture white = draw(RED, DULL), black = white;
    float dark[3], light[3];
    hold(&white, NULL, "red", "white", 1);
    mean_lab(white.rgb, 0, 1, dark);
    mean_lab(white.rgb, 9, 10, light);
    g_assert_cmpfloat(dark[0], <, light[0] - 0.01);
    g_assert_cmpfloat(light[0], <, 0.99);
    hold(&black, NULL, "red", "black", 1);
    mean_lab(black.rgb, 0, 1, dark);
    mean_lab(black.rgb, 9, 10, light);
    g_assert_cmpfloat(dark[0], <, light[0] - 0.01);
    g_assert_cmpfloat(dark[0], >, 0.05);
}

// What lies outside of the mask has no say.
static void test_mask(void)
{
    struct picture p = draw(RED, TURQUOISE), alone = p;
    float mask[COUNT], with[3], without[3];
    for (int i = 0; i < COUNT; i++) {
        mask[i] = i < 100;
        for (int k = 0; k < 3 && i >= 200; k++) {
            p.rgb[3 * i + k] = k == 0 ? 1 : -1; // wildly red
        }
    }
    hold(&p, mask, NULL, "blue", 1);
    hold(&alone, mask, NULL, "blue", 1);
    mean_lab(p.rgb, 0, 100, with);
    mean_lab(alone.rgb, 0, 100, without);
    g_assert_cmpmem(with, sizeof with, without, sizeof without);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/named-color/oklab", test_oklab);
    g_test_add_func("/named-color/back", test_back);
    g_test_add_func("/named-color/words", test_words);
    g_test_add_func("/named-color/sentences", test_sentences);
    g_test_add_func("/named-color/turned", test_turned);
    g_test_add_func("/named-color/amount", test_amount);
    g_test_add_func("/named-color/right", test_right);
    g_test_add_func("/named-color/limits", test_limits);
    g_test_add_func("/named-color/gathered", test_gathered);
    g_test_add_func("/named-color/chroma-of-the-thing", test_chroma_of_the_thing);
    g_test_add_func("/named-color/gaudy", test_gaudy);
    g_test_add_func("/named-color/tint", test_tint);
    g_test_add_func("/named-color/place", test_place);
    g_test_add_func("/named-color/contrast", test_contrast);
    g_test_add_func("/named-color/mask", test_mask);
    return g_test_run();
}
