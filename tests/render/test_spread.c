// A change that a model made on a part of a surface goes on over all of it, and nowhere else.
#include "render/spread.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { WIDTH = 24, HEIGHT = 16, COUNT = WIDTH * HEIGHT };

struct scene {
    float guide[3 * COUNT], delta[3 * COUNT], inside[COUNT], wanted[3 * COUNT];
};

// An orange surface, lit from dark to bright, on the right two thirds; the change that makes it
// blue was made on its upper half only.
static void scene_init(struct scene *s)
{
    memset(s, 0, sizeof *s);
    for (int i = 0; i < COUNT; i++) {
        int x = i % WIDTH, y = i / WIDTH;
        float light = 0.3f + 0.6f * (float)y / HEIGHT + 0.1f * sinf((float)x);

        s->inside[i] = x >= WIDTH / 3;
        for (int c = 0; c < 3; c++) {
            static const float orange[3] = {0.9f, 0.5f, 0.2f}, blue[3] = {0.2f, 0.4f, 0.9f};

            s->guide[3 * i + c] = s->inside[i] > 0.0f ? light * orange[c] : 0.5f;
            s->wanted[3 * i + c] = s->inside[i] * light * (blue[c] - orange[c]);
            s->delta[3 * i + c] = y < HEIGHT / 2 ? s->wanted[3 * i + c] : 0.0f;
        }
    }
}

static float largest_error(const struct scene *s)
{
    float most = 0.0f;

    for (int i = 0; i < 3 * COUNT; i++) {
        most = MAX(most, fabsf(s->delta[i] - s->wanted[i]));
    }
    return most;
}

static void test_whole_surface(void)
{
    struct scene s;

    scene_init(&s);
    g_assert_cmpfloat(largest_error(&s), >, 0.4f);
    spread_change(s.delta, s.guide, s.inside, WIDTH, HEIGHT, 1.0f, 0.0f);
    g_assert_cmpfloat(largest_error(&s), <, 0.03f);
}

static void test_amount(void)
{
    struct scene s, half;

    scene_init(&s);
    half = s;
    spread_change(half.delta, half.guide, half.inside, WIDTH, HEIGHT, 0.5f, 0.0f);
    spread_change(s.delta, s.guide, s.inside, WIDTH, HEIGHT, 1.0f, 0.0f);
    for (int i = 0; i < 3 * COUNT; i++) {
        struct scene before;

        scene_init(&before);
        g_assert_cmpfloat_with_epsilon(half.delta[i], 0.5f * (before.delta[i] + s.delta[i]), 1e-5f);
    }
}

// What has not changed stays so, to the bit; so does a surface of one colour where all changed
// alike.
static void test_limits(void)
{
    struct scene s, before;

    scene_init(&s);
    memset(s.delta, 0, sizeof s.delta);
    before = s;
    spread_change(s.delta, s.guide, s.inside, WIDTH, HEIGHT, 1.0f, 0.0f);
    g_assert_cmpmem(s.delta, sizeof s.delta, before.delta, sizeof s.delta);
    for (int i = 0; i < 3 * COUNT; i++) {
        s.guide[i] = 0.4f;
        s.delta[i] = 0.2f;
    }
    spread_change(s.delta, s.guide, s.inside, WIDTH, HEIGHT, 1.0f, 0.0f);
    for (int i = 0; i < 3 * COUNT; i++) {
        g_assert_cmpfloat_with_epsilon(s.delta[i], 0.2f, 1e-3f);
    }
}

// A thing newly drawn on one surface stays as it is: its colours are no map of those before.
static void test_new_thing(void)
{
    struct scene s, before;

    scene_init(&s);
    for (int i = 0; i < COUNT; i++) {
        int x = i % WIDTH, y = i / WIDTH;

        for (int c = 0; c < 3; c++) {
            s.delta[3 * i + c] = (x / 2 + y / 2 + c) % 2 == 0 ? 0.4f : -0.3f;
        }
    }
    before = s;
    spread_change(s.delta, s.guide, s.inside, WIDTH, HEIGHT, 1.0f, 0.0f);
    g_assert_cmpmem(s.delta, sizeof s.delta, before.delta, sizeof before.delta);
}

// A gray thing takes the new colour by its light and dark, also where its faint tint is another one
// than where the change was made.
static void test_gray_thing(void)
{
    struct scene s;

    scene_init(&s);
    for (int i = 0; i < COUNT; i++) {
        int y = i / WIDTH, x = i % WIDTH;
        float light = 0.3f + 0.5f * (float)x / WIDTH;

        s.guide[3 * i] = light + (y < HEIGHT / 2 ? 0.02f : -0.02f);
        s.guide[3 * i + 1] = s.guide[3 * i + 2] = light;
        for (int c = 0; c < 3; c++) {
            static const float orange[3] = {0.3f, 0.0f, -0.3f};

            s.wanted[3 * i + c] = s.inside[i] * light * orange[c];
            s.delta[3 * i + c] = y < HEIGHT / 2 ? s.wanted[3 * i + c] : 0.1f * s.wanted[3 * i + c];
        }
    }
    spread_change(s.delta, s.guide, s.inside, WIDTH, HEIGHT, 1.0f, 0.0f);
    g_test_message("at most %.3f off", largest_error(&s));
    g_assert_cmpfloat(largest_error(&s), <, 0.03f);
}

// A striped gray thing that turns white has hardly a stripe left, an orange one all its shading.
static void test_stripes(void)
{
    float steps[2];

    for (int colored = 0; colored < 2; colored++) {
        struct scene s;
        float least = 1.0f, most = 0.0f;

        scene_init(&s);
        for (int i = 0; i < COUNT; i++) {
            float light = i % WIDTH / 2 % 2 == 0 ? 0.3f : 0.5f;

            for (int c = 0; c < 3; c++) {
                static const float orange[3] = {1.0f, 0.4f, 0.1f};

                s.guide[3 * i + c] = light * (colored ? orange[c] : 1.0f);
                s.delta[3 * i + c] = 0.6f + 0.6f * light - s.guide[3 * i + c];
            }
        }
        spread_change(s.delta, s.guide, s.inside, WIDTH, HEIGHT, 1.0f, 1.0f);
        for (int i = 0; i < COUNT; i++) {
            float value = s.guide[3 * i + 1] + s.delta[3 * i + 1];

            least = s.inside[i] > 0.0f ? MIN(least, value) : least;
            most = s.inside[i] > 0.0f ? MAX(most, value) : most;
        }
        steps[colored] = most - least;
    }
    g_test_message("steps of a gray thing %.3f, of an orange one %.3f", steps[0], steps[1]);
    g_assert_cmpfloat(steps[0], <, 0.07f);
    g_assert_cmpfloat(steps[1], >, 0.1f);
}

// Without a surface the whole picture is one.
static void test_everywhere(void)
{
    struct scene s, all;

    scene_init(&s);
    for (int i = 0; i < COUNT; i++) {
        s.inside[i] = 1.0f;
    }
    all = s;
    spread_change(s.delta, s.guide, s.inside, WIDTH, HEIGHT, 0.8f, 0.0f);
    spread_change(all.delta, all.guide, NULL, WIDTH, HEIGHT, 0.8f, 0.0f);
    g_assert_cmpmem(s.delta, sizeof s.delta, all.delta, sizeof all.delta);
}

// What becomes white has the photo's light and dark, and of its hue next to nothing.
static void test_neutral(void)
{
    struct scene s, plain;
    float most = 0.0f, before = 0.0f, last = -1.0f;

    scene_init(&s);
    for (int i = 0; i < COUNT; i++) { // white of one depth, but only where the orange is pale
        int done = s.inside[i] > 0.0f && i / WIDTH < HEIGHT / 2;

        s.guide[3 * i + 2] *= s.inside[i] > 0.0f && !done ? 0.2f : 1.0f;
        for (int c = 0; c < 3; c++) {
            s.delta[3 * i + c] = done ? 0.9f - s.guide[3 * i + c] : 0.0f;
        }
    }
    plain = s;
    spread_change(plain.delta, plain.guide, plain.inside, WIDTH, HEIGHT, 1.0f, 0.0f);
    spread_change(s.delta, s.guide, s.inside, WIDTH, HEIGHT, 1.0f, 1.0f);
    for (int i = 0; i < COUNT; i++) {
        const float *g = s.guide + 3 * i, *d = s.delta + 3 * i, *p = plain.delta + 3 * i;

        if (s.inside[i] > 0.0f) {
            most = MAX(most, fabsf(g[0] + d[0] - g[2] - d[2]));
            before = MAX(before, fabsf(g[0] + p[0] - g[2] - p[2]));
        }
    }
    g_test_message("red from blue: %.3f, by any map %.3f", most, before);
    g_assert_cmpfloat(most, <, 0.06f);
    for (int y = 0; y < HEIGHT; y++) { // brighter where the photo is
        int i = y * WIDTH + WIDTH / 2;
        float value = s.guide[3 * i] + s.delta[3 * i];

        g_assert_cmpfloat(value, >=, last - 1e-3f);
        last = value;
    }
}

// A picture of many colours; dusk, darker and bluer below, over what was bright; and a weak model's
// blotches in it.
static void light_init(struct scene *s, float blotches)
{
    memset(s, 0, sizeof *s);
    for (int i = 0; i < COUNT; i++) {
        float *g = s->guide + 3 * i, y = (i / WIDTH + 0.5f) / HEIGHT;

        s->inside[i] = 1.0f;
        for (int c = 0; c < 3; c++) {
            g[c] = 0.5f + 0.4f * sinf(0.9f * (float)i * (float)(c + 1) + (float)c);
        }
        for (int c = 0; c < 3; c++) {
            float bump = (i % WIDTH / 6 + i / WIDTH / 5 + c) % 2 ? 1.0f : -1.0f;

            s->wanted[3 * i + c] = -0.3f * g[c] * g[c] - 0.2f * y * g[c] + (c == 2 ? 0.1f * y : 0);
            s->delta[3 * i + c] = s->wanted[3 * i + c] + blotches * bump;
        }
    }
}

static void test_light(void)
{
    struct scene s, plain;

    light_init(&s, 0.1f);
    plain = s;
    g_assert_cmpfloat(largest_error(&s), >, 0.09f);
    spread_change(plain.delta, plain.guide, plain.inside, WIDTH, HEIGHT, 1.0f, 0.0f);
    spread_light(s.delta, s.guide, s.inside, WIDTH, HEIGHT, 1.0f, true);
    g_test_message("off by %.3f, as a change of colour by %.3f", largest_error(&s),
                   largest_error(&plain));
    g_assert_cmpfloat(largest_error(&s), <, 0.05f);
    g_assert_cmpfloat(largest_error(&plain), >, 0.08f);
}

// Where shapes may change, what is newly drawn stays; where they may not, it goes.
static void test_light_follows(void)
{
    struct scene s, always;

    light_init(&s, 0.0f);
    for (int i = 0; i < 3 * COUNT; i++) {
        s.delta[i] = (i / 3 % WIDTH / 2 + i / 3 / WIDTH / 2 + i) % 2 == 0 ? 0.4f : -0.3f;
    }
    always = s;
    struct scene before = s;
    spread_light(s.delta, s.guide, s.inside, WIDTH, HEIGHT, 1.0f, false);
    g_assert_cmpmem(s.delta, sizeof s.delta, before.delta, sizeof before.delta);
    spread_light(always.delta, always.guide, always.inside, WIDTH, HEIGHT, 1.0f, true);
    for (int i = 0; i < 3 * COUNT; i++) {
        g_assert_cmpfloat(fabsf(always.delta[i] - 0.05f), <, 0.2f);
    }
    memset(s.delta, 0, sizeof s.delta);
    spread_light(s.delta, s.guide, s.inside, WIDTH, HEIGHT, 1.0f, true);
    for (int i = 0; i < 3 * COUNT; i++) {
        g_assert_true(s.delta[i] == 0.0f);
    }
}

static float contrast(const struct scene *s, const float *change)
{
    double sum = 0.0, squares = 0.0;

    for (int i = 0; i < COUNT; i++) {
        double y = s->guide[3 * i + 1] + change[3 * i + 1];

        sum += y / COUNT;
        squares += y * y / COUNT;
    }
    return (float)sqrt(squares - sum * sum);
}

// A model's picture that does not lie on the photo to the pixel: here it is the same one shifted by
// one. What arrives is as rich in contrast as that is, and as dark where the photo is dark.
static void test_light_tones(void)
{
    struct scene s;
    float picture[3 * COUNT];

    light_init(&s, 0.0f);
    for (int i = 0; i < COUNT; i++) { // gray, from bright to dark every eight places
        for (int c = 0; c < 3; c++) {
            s.guide[3 * i + c] = 0.5f + 0.2f * sinf((float)i * (float)G_PI / 4.0f);
            s.delta[3 * i + c] =
                0.3f + 0.2f * sinf((float)(i + 1) * (float)G_PI / 4.0f) - s.guide[3 * i + c];
        }
    }
    memcpy(picture, s.delta, sizeof picture);
    spread_light(s.delta, s.guide, s.inside, WIDTH, HEIGHT, 1.0f, true);
    g_assert_cmpfloat(fabsf(contrast(&s, s.delta) / contrast(&s, picture) - 1.0f), <, 0.1f);
    for (int i = 0; i < 3 * COUNT; i++) {
        float lighter = s.guide[i] - 0.5f, result = s.guide[i] + s.delta[i] - 0.3f;

        g_assert_cmpfloat(fabsf(lighter - result), <, 0.05f);
    }
}

// The map adds nowhere more than the model added somewhere.
static void test_light_range(void)
{
    struct scene s;

    light_init(&s, 0.0f);
    for (int i = 0; i < COUNT; i++) {
        for (int c = 0; c < 3; c++) { // a step that a smooth map overshoots
            s.delta[3 * i + c] = s.guide[3 * i] > 0.85f ? 0.3f : 0.0f;
        }
    }
    spread_light(s.delta, s.guide, s.inside, WIDTH, HEIGHT, 1.0f, true);
    for (int i = 0; i < 3 * COUNT; i++) {
        g_assert_cmpfloat(s.delta[i], >=, 0.0f);
        g_assert_cmpfloat(s.delta[i], <=, 0.3f);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/spread/whole-surface", test_whole_surface);
    g_test_add_func("/spread/amount", test_amount);
    g_test_add_func("/spread/limits", test_limits);
    g_test_add_func("/spread/new-thing", test_new_thing);
    g_test_add_func("/spread/everywhere", test_everywhere);
    g_test_add_func("/spread/gray-thing", test_gray_thing);
    g_test_add_func("/spread/stripes", test_stripes);
    g_test_add_func("/spread/neutral", test_neutral);
    g_test_add_func("/spread/light", test_light);
    g_test_add_func("/spread/light-follows", test_light_follows);
    g_test_add_func("/spread/light-tones", test_light_tones);
    g_test_add_func("/spread/light-range", test_light_range);
    return g_test_run();
}
