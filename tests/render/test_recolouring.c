// The return of a recolouring: the photo's texture and edges, the edit's colours.
#include "render/detail.h"
#include "render/resample.h"
#include "tests/render/pictures.h"

#include <math.h>
#include <string.h>

// Two surfaces that meet at a slanted edge, one warm, one cool, with grain as fine as a pixel and
// shading that the model sees.
static bool on_warm_side(int x, int y)
{
    return x + y / 3 < 400;
}

static struct image *two_surfaces(void)
{
    struct image *image = image_new(640, 480, false, NULL);
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);

    for (int i = 0; i < 640 * 480; i++) {
        int x = i % 640, y = i / 640;
        float shade = (float)(1.0 + 0.2 * sin(0.05 * x) * cos(0.04 * y));
        float grain = (float)(0.9 + 0.2 * g_rand_double(rand));

        for (int c = 0; c < 3; c++) {
            static const float WARM[3] = {0.7f, 0.5f, 0.3f}, COOL[3] = {0.3f, 0.4f, 0.35f};

            image->rgb[3 * i + c] = shade * grain * (on_warm_side(x, y) ? WARM[c] : COOL[c]);
        }
    }
    return image;
}

// The warm side in another colour, as if it had been painted: every channel by its own factor.
static struct image *repainted(const struct image *photo)
{
    static const float FACTORS[3] = {0.5f, 0.9f, 2.0f};
    struct image *image = image_copy(photo, NULL);

    for (int i = 0; i < 640 * 480; i++) {
        for (int c = 0; c < 3 && on_warm_side(i % 640, i / 640); c++) {
            image->rgb[3 * i + c] *= FACTORS[c];
        }
    }
    return image;
}

// A model's view of a picture: small, and as soft as an autoencoder leaves it.
static struct image *seen_softly(const struct image *image)
{
    struct image *tiny = image_resize(image, 53, 40, NULL);
    struct image *seen = image_resize(tiny, 107, 80, NULL);

    image_free(tiny);
    return seen;
}

static double luma_at(const struct image *image, int i)
{
    const float *p = image->rgb + 3 * (size_t)i;

    return 0.2126 * p[0] + 0.7152 * p[1] + 0.0722 * p[2];
}

// Correlation of both pictures' steps of luma to the right and down, where inside is true.
static double texture_correlation(const struct image *a, const struct image *b,
                                  bool (*inside)(int x, int y))
{
    double aa = 0.0, ab = 0.0, bb = 0.0;

    for (int i = 0; i < a->width * (a->height - 1); i++) {
        int x = i % a->width, y = i / a->width, steps[2] = {1, a->width};

        for (int k = 0; k < 2 && x + 1 < a->width && inside(x, y); k++) {
            double da = luma_at(a, i + steps[k]) - luma_at(a, i);
            double db = luma_at(b, i + steps[k]) - luma_at(b, i);

            aa += da * da;
            ab += da * db;
            bb += db * db;
        }
    }
    return ab / sqrt(aa * bb);
}

static bool well_inside(int x, int y)
{
    return on_warm_side(x + 24, y) && x >= 24 && y >= 24 && y < 456;
}

static double mean_error(const struct image *a, const struct image *b, bool (*inside)(int, int))
{
    double sum = 0.0;
    int count = 0;

    for (int i = 0; i < a->width * a->height; i++) {
        for (int c = 0; c < 3 && inside(i % a->width, i / a->width); c++, count++) {
            sum += fabs(a->rgb[3 * i + c] - b->rgb[3 * i + c]);
        }
    }
    return sum / count;
}

// Grain finer than the model's pixels is kept, in the new colour, although the model shows none.
static void test_recolouring_keeps_texture(void)
{
    struct image *photo = two_surfaces(), *wanted = repainted(photo);
    struct image *reconstruction = seen_softly(photo), *edit = seen_softly(wanted);
    struct image *result = picture_restore(photo, reconstruction, edit);
    double texture = texture_correlation(photo, result, well_inside);
    double error = mean_error(result, wanted, well_inside);

    g_test_message("texture %.4f, error %.4f", texture, error);
    g_assert_cmpfloat(texture, >, 0.98);
    g_assert_cmpfloat(error, <, 0.01);
    image_free(photo);
    image_free(wanted);
    image_free(reconstruction);
    image_free(edit);
    image_free(result);
}

static bool at_edge(int x, int y)
{
    return on_warm_side(x - 12, y) && !on_warm_side(x + 12, y);
}

static bool just_outside(int x, int y)
{
    return !on_warm_side(x, y) && on_warm_side(x - 24, y);
}

// The new colour ends where the surface ends, to the pixel, and leaves no halo beside it, although
// a pixel of the model is six of the photo's and its edges are two of its pixels wide.
static void test_recolouring_leaves_no_halo(void)
{
    struct image *photo = two_surfaces(), *wanted = repainted(photo);
    struct image *reconstruction = seen_softly(photo), *edit = seen_softly(wanted);
    struct image *result = picture_restore(photo, reconstruction, edit);
    double edge = mean_error(result, wanted, at_edge);
    double outside = mean_error(result, photo, just_outside);

    g_test_message("error at the edge %.4f, outside %.4f", edge, outside);
    g_assert_cmpfloat(edge, <, 0.02);
    g_assert_cmpfloat(outside, <, 0.015);
    image_free(photo);
    image_free(wanted);
    image_free(reconstruction);
    image_free(edit);
    image_free(result);
}

// Blotches of the model's, within one surface, are averaged out.
static void test_blotches_are_averaged(void)
{
    struct image *photo = two_surfaces(), *wanted = repainted(photo);
    struct image *reconstruction = seen_softly(photo), *edit = seen_softly(wanted);

    for (int i = 0; i < 107 * 80; i++) {
        float blotch = (float)(0.06 * sin(1.2 * (i % 107)) * sin(1.1 * (i / 107.0)));

        for (int c = 0; c < 3; c++) {
            edit->rgb[3 * i + c] += on_warm_side(6 * (i % 107), 6 * (i / 107)) ? blotch : 0.0f;
        }
    }

    struct image *result = picture_restore(photo, reconstruction, edit);
    double error = mean_error(result, wanted, well_inside);

    g_test_message("error %.4f", error);
    g_assert_cmpfloat(error, <, 0.01);
    image_free(photo);
    image_free(wanted);
    image_free(reconstruction);
    image_free(edit);
    image_free(result);
}

// Inside a tight mask the colour is that of the edit without a mask, also where a model that was
// steered by the mask left the old colour along its border.
static void test_tight_mask_keeps_the_colour(void)
{
    struct image *photo = two_surfaces(), *wanted = repainted(photo);
    struct image *reconstruction = seen_softly(photo), *edit = seen_softly(wanted);
    struct image *steered = image_copy(edit, NULL);
    struct raster *mask = raster_new(640, 480, NULL);

    for (int i = 0; i < 640 * 480; i++) {
        mask->values[i] = on_warm_side(i % 640, i / 640) ? 255 : 0;
    }
    for (int i = 0; i < 107 * 80; i++) {
        bool border = !on_warm_side(6 * (i % 107) + 18, 6 * (i / 107));

        for (int c = 0; c < 3 && border; c++) {
            steered->rgb[3 * i + c] = reconstruction->rgb[3 * i + c];
        }
    }

    struct image *open = picture_restore(photo, reconstruction, edit);
    struct image *tight = picture_restore_masked(photo, reconstruction, edit, mask);
    struct image *kept = picture_restore_masked(photo, reconstruction, steered, mask);

    g_test_message("from no mask: tight %.4f, steered %.4f", mean_error(tight, open, on_warm_side),
                   mean_error(kept, open, on_warm_side));
    g_assert_cmpfloat(mean_error(tight, open, on_warm_side), <, 0.01);
    g_assert_cmpfloat(mean_error(kept, open, on_warm_side), <, 0.03);
    image_free(photo);
    image_free(wanted);
    image_free(reconstruction);
    image_free(edit);
    image_free(steered);
    image_free(open);
    image_free(tight);
    image_free(kept);
    raster_free(mask);
}

static bool on_cool_side(int x, int y)
{
    return !on_warm_side(x - 30, y);
}

// How far the cool side is from the photo's, after an edit of the warm one that goes on over what
// surface lets it (NULL: all).
static double spread_to_cool_side(const float *surface)
{
    struct image *photo = two_surfaces(), *wanted = repainted(photo);
    struct image *reconstruction = seen_softly(photo), *edit = seen_softly(wanted);
    struct raster *mask = raster_new(640, 480, NULL);
    struct transform transform = host_transform();
    struct detail_params params = {.mask = mask, .spread = 1, .surface = surface};

    memset(mask->values, 255, 640 * 480);
    struct image *result = detail_restore(photo, reconstruction, edit, &transform, &params, NULL);
    double away = mean_error(result, photo, on_cool_side);

    g_assert_cmpfloat(mean_error(result, wanted, well_inside), <, 0.03);
    image_free(photo);
    image_free(wanted);
    image_free(reconstruction);
    image_free(edit);
    image_free(result);
    raster_free(mask);
    return away;
}

static void test_surface_ends_the_spread(void)
{
    float surface[107 * 80];

    for (int i = 0; i < 107 * 80; i++) {
        surface[i] = on_warm_side(6 * (i % 107) + 3, 6 * (i / 107) + 3);
    }
    double over_all = spread_to_cool_side(NULL), over_it = spread_to_cool_side(surface);

    g_test_message("the cool side by %.4f, with a surface %.4f", over_all, over_it);
    g_assert_cmpfloat(over_all, >, 0.03);
    g_assert_cmpfloat(over_it, <, 0.2 * over_all);
}

// What a mask shuts out does not colour what it lets in.
static void test_mask_keeps_colours_out(void)
{
    struct image *photo = two_surfaces();
    struct image *reconstruction = seen_softly(photo), *edit = image_copy(reconstruction, NULL);
    struct raster *mask = raster_new(640, 480, NULL);

    for (int i = 0; i < 640 * 480; i++) {
        mask->values[i] = i % 640 < 200 ? 255 : 0;
    }
    for (int i = 0; i < 107 * 80; i++) { // the same surface, half of it red, half of it dark
        edit->rgb[3 * i] += i % 107 < 33 ? 0.2f : -0.3f;
    }

    struct image *result = picture_restore_masked(photo, reconstruction, edit, mask);

    for (int i = 0; i < 640 * 480; i++) {
        float step = result->rgb[3 * i] - photo->rgb[3 * i];

        if (i % 640 >= 200) {
            g_assert_cmpfloat(step, ==, 0.0f);
        } else if (photo->rgb[3 * i] < 0.8f) {
            g_assert_cmpfloat(step, >, 0.1f);
        }
    }
    image_free(photo);
    image_free(reconstruction);
    image_free(edit);
    image_free(result);
    raster_free(mask);
}

// Nothing becomes lighter or darker than the edit makes something near it.
static void test_no_colour_is_invented(void)
{
    struct image *photo = picture_flat(640, 480, 0.5f, 0.5f, 0.5f);

    for (int i = 0; i < 640 * 480;
         i++) { // shading that the model sees, and specks that it does not
        float light = i % 97 == 0 ? 0.4f : (float)(0.1 * sin(0.05 * (i % 640)));

        for (int c = 0; c < 3; c++) {
            photo->rgb[3 * i + c] += light;
        }
    }

    struct image *reconstruction = image_resize(photo, 107, 80, NULL);
    struct image *edit = image_copy(reconstruction, NULL);
    float most = 0.0f;

    for (int i = 0; i < 107 * 80; i++) {
        edit->rgb[3 * i] -= 1.5f * (reconstruction->rgb[3 * i] - 0.4f);
        most = MAX(most, fabsf(edit->rgb[3 * i] - reconstruction->rgb[3 * i]));
    }

    struct image *result = picture_restore(photo, reconstruction, edit);

    for (int i = 0; i < 640 * 480; i++) {
        g_assert_cmpfloat(fabsf(result->rgb[3 * i] - photo->rgb[3 * i]), <=, most + 1e-4f);
    }
    image_free(photo);
    image_free(reconstruction);
    image_free(edit);
    image_free(result);
}

static struct image *restore_shaded(const struct image *photo, const struct image *reconstruction,
                                    const struct image *edit, float shading)
{
    struct detail_params params = {.change = {.keeps_shapes = true, .shading = shading}};
    struct transform transform = host_transform();
    g_autoptr(GError) error = NULL;
    struct image *result = detail_restore(photo, reconstruction, edit, &transform, &params, &error);

    g_assert_no_error(error);
    return result;
}

// Edits that lose the light and shade of a surface: blue of one depth all over, one too saturated
// for a picture, and one that turns light into dark.
static struct image *lose_shading(const struct image *photo, int way)
{
    static const float BLUE[3] = {0.1f, 0.3f, 0.9f};
    struct image *image = image_copy(photo, NULL);

    for (int i = 0; i < 640 * 480; i++) {
        for (int c = 0; c < 3 && on_warm_side(i % 640, i / 640); c++) {
            float *value = &image->rgb[3 * i + c];

            switch (way) {
            case 0: *value = BLUE[c]; break;
            case 1: *value = c == 2 ? 1.0f : 0.0f; break;
            default: *value = 1.0f - *value;
            }
        }
    }
    return image;
}

// With its shading kept a surface shows the photo's texture however it was painted over, has the
// new colour's brightness on the whole, and no value leaves the range.
static void test_shading_is_kept(void)
{
    struct image *photo = two_surfaces(), *reconstruction = seen_softly(photo);

    for (int way = 0; way < 3; way++) {
        struct image *wanted = lose_shading(photo, way), *edit = seen_softly(wanted);
        struct image *plain = restore_shaded(photo, reconstruction, edit, 0.0f);
        struct image *kept = restore_shaded(photo, reconstruction, edit, 1.0f);
        double before = texture_correlation(photo, plain, well_inside);
        double after = texture_correlation(photo, kept, well_inside), luma_off = 0.0;

        for (int i = 0; i < 640 * 480; i++) {
            luma_off += luma_at(kept, i) - luma_at(plain, i);
            for (int c = 0; c < 3; c++) {
                g_assert_cmpfloat(kept->rgb[3 * i + c], >=,
                                  MIN(0.0f, photo->rgb[3 * i + c]) - 1e-6f);
                g_assert_cmpfloat(kept->rgb[3 * i + c], <=,
                                  MAX(1.0f, photo->rgb[3 * i + c]) + 1e-6f);
            }
        }
        g_test_message("way %d: texture %.3f -> %.3f, luma %.4f", way, before, after,
                       luma_off / (640 * 480));
        g_assert_true(way == 1 || before < 0.9);
        g_assert_cmpfloat(after, >, 0.98);
        g_assert_cmpfloat(fabs(luma_off / (640 * 480)), <, 0.02);
        image_free(wanted);
        image_free(edit);
        image_free(plain);
        image_free(kept);
    }
    image_free(photo);
    image_free(reconstruction);
}

// What nobody changed is the photo, to the bit, also with its shading kept.
static void test_shading_of_nothing(void)
{
    struct image *photo = two_surfaces(), *reconstruction = seen_softly(photo);
    struct image *result = restore_shaded(photo, reconstruction, reconstruction, 1.0f);

    picture_assert_same(result, photo);
    image_free(photo);
    image_free(reconstruction);
    image_free(result);
}

// A part of a photo is the same part of the whole, wherever its blocks begin.
static void test_part_is_exact(void)
{
    static const struct image_region part = {301, 177, 290, 203};
    struct image *photo = two_surfaces(), *wanted = repainted(photo);
    struct image *reconstruction = seen_softly(photo), *edit = seen_softly(wanted);
    struct image *whole = picture_restore(photo, reconstruction, edit);
    struct image *expected = image_crop(whole, part.x, part.y, part.width, part.height, NULL);
    struct detail_params params = {.region = &part};
    struct transform transform = host_transform();
    struct image *alone = detail_restore(photo, reconstruction, edit, &transform, &params, NULL);

    g_assert_cmpfloat(picture_difference(whole, photo), >, 0.1);
    picture_assert_same(alone, expected);
    image_free(photo);
    image_free(wanted);
    image_free(reconstruction);
    image_free(edit);
    image_free(whole);
    image_free(expected);
    image_free(alone);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/recolouring/keeps-texture", test_recolouring_keeps_texture);
    g_test_add_func("/recolouring/leaves-no-halo", test_recolouring_leaves_no_halo);
    g_test_add_func("/recolouring/blotches-are-averaged", test_blotches_are_averaged);
    g_test_add_func("/recolouring/tight-mask-keeps-the-colour", test_tight_mask_keeps_the_colour);
    g_test_add_func("/recolouring/surface-ends-the-spread", test_surface_ends_the_spread);
    g_test_add_func("/recolouring/mask-keeps-colours-out", test_mask_keeps_colours_out);
    g_test_add_func("/recolouring/no-colour-is-invented", test_no_colour_is_invented);
    g_test_add_func("/recolouring/shading-is-kept", test_shading_is_kept);
    g_test_add_func("/recolouring/shading-of-nothing", test_shading_of_nothing);
    g_test_add_func("/recolouring/part-is-exact", test_part_is_exact);
    return g_test_run();
}
