// The return to full size: what must not change, and what must.
#include "render/compare.h"
#include "render/detail.h"
#include "render/resample.h"
#include "render/seam.h"
#include "tests/render/pictures.h"

#include <math.h>
#include <string.h>

// A smooth picture with gray stripes so fine that the model's picture, a quarter of the size,
// cannot hold them.
static struct image *striped_photo(int width, int height)
{
    struct image *image = image_new(width, height, false, NULL);

    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            float *pixel = image->rgb + 3 * ((size_t)y * width + x);
            float stripe = x % 4 < 2 ? 0.1f : -0.1f;

            for (int c = 0; c < 3; c++) {
                pixel[c] = (float)(0.4 + 0.05 * c + 0.1 * sin(0.01 * y)) + stripe;
            }
        }
    }
    return image;
}

struct rect {
    int x, y, width, height;
};

static bool inside(const struct rect *rect, int x, int y)
{
    return x >= rect->x && x < rect->x + rect->width && y >= rect->y && y < rect->y + rect->height;
}

static struct raster *rect_mask(int width, int height, const struct rect *rect, uint8_t value)
{
    struct raster *mask = raster_new(width, height, NULL);

    for (int y = rect->y; y < rect->y + rect->height; y++) {
        memset(mask->values + (size_t)y * width + rect->x, value, rect->width);
    }
    return mask;
}

static void fill(struct image *image, const struct rect *rect, float red, float green, float blue)
{
    float color[3] = {red, green, blue};

    for (int y = rect->y; y < rect->y + rect->height; y++) {
        for (int x = rect->x; x < rect->x + rect->width; x++) {
            memcpy(image->rgb + 3 * ((size_t)y * image->width + x), color, sizeof(color));
        }
    }
}

// Root mean square of the difference of neighbours' luma in the rectangle: how strong its stripes
// are.
static double roughness(const struct image *image, const struct rect *rect)
{
    double sum = 0.0;

    for (int y = rect->y; y < rect->y + rect->height; y++) {
        for (int x = rect->x; x < rect->x + rect->width; x++) {
            const float *pixel = image->rgb + 3 * ((size_t)y * image->width + x);
            double step = 0.2126 * (pixel[3] - pixel[0]) + 0.7152 * (pixel[4] - pixel[1]) +
                          0.0722 * (pixel[5] - pixel[2]);

            sum += step * step;
        }
    }
    return sqrt(sum / rect->width / rect->height);
}

static void test_no_edit_is_identity(void)
{
    static const int SIZES[][2] = {{700, 530}, {100, 37}, {40, 40}, {1, 1}, {2000, 9}};

    for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        struct image *photo = picture_photo(SIZES[i][0], SIZES[i][1], 16, 1);
        struct image *model = picture_photo(96, 64, 8, 2);
        struct image *result = picture_restore(photo, model, model);

        picture_assert_same(result, photo);
        image_free(photo);
        image_free(model);
        image_free(result);
    }
}

// Two runs of a model differ by noise; that is not an edit.
static void test_noise_is_no_edit(void)
{
    struct image *photo = picture_photo(640, 480, 8, 1);
    struct image *reconstruction = image_resize(photo, 160, 120, NULL);
    struct image *edit = image_copy(reconstruction, NULL);
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);

    for (int i = 0; i < 160 * 120 * 3; i++) {
        edit->rgb[i] += (float)((g_rand_double(rand) - 0.5) * 6.0 / 255.0);
    }

    struct image *result = picture_restore(photo, reconstruction, edit);

    picture_assert_same(result, photo);
    image_free(photo);
    image_free(reconstruction);
    image_free(edit);
    image_free(result);
}

// A change of light over the whole picture arrives in full, and costs no detail.
static void test_delta_carries(void)
{
    struct image *photo = striped_photo(640, 480);
    struct image *reconstruction = image_resize(photo, 160, 120, NULL);
    struct image *edit = image_copy(reconstruction, NULL), *expected = image_copy(photo, NULL);

    for (int i = 0; i < 160 * 120 * 3; i++) {
        edit->rgb[i] += 0.1f;
    }
    for (int i = 0; i < 640 * 480 * 3; i++) {
        expected->rgb[i] += 0.1f;
    }

    struct image *result = picture_restore(photo, reconstruction, edit);

    g_assert_cmpfloat(picture_difference(result, expected), <, 0.5 / 255.0);
    image_free(photo);
    image_free(reconstruction);
    image_free(edit);
    image_free(expected);
    image_free(result);
}

// What the model's autoencoder loses is not lost from the photo.
static void test_losses_stay_out(void)
{
    struct image *photo = picture_photo(640, 480, 8, 1);
    struct image *tiny = image_resize(photo, 40, 30, NULL);
    struct image *reconstruction = image_resize(tiny, 160, 120, NULL);
    struct image *edit = image_copy(reconstruction, NULL);
    struct rect changed = {40, 40, 20, 20};

    fill(edit, &changed, 1.0f, 0.0f, 0.0f);

    struct image *result = picture_restore(photo, reconstruction, edit);

    for (int y = 0; y < 480; y++) {
        for (int x = 0; x < 640; x++) {
            size_t at = 3 * ((size_t)y * 640 + x);

            if (!inside(&(struct rect){4 * 20, 4 * 20, 4 * 60, 4 * 60}, x, y)) {
                g_assert_cmpmem(result->rgb + at, 12, photo->rgb + at, 12);
            }
        }
    }
    image_free(photo);
    image_free(tiny);
    image_free(reconstruction);
    image_free(edit);
    image_free(result);
}

static float most_replaced(const struct image *photo, const float *delta, bool keeps_shapes)
{
    struct change *change = change_measure(photo->rgb, delta, NULL, photo->width, photo->height,
                                           &(struct change_params){.keeps_shapes = keeps_shapes});
    float most = 0.0f;

    for (int i = 0; i < photo->width * photo->height; i++) {
        most = MAX(most, change->replaced[i]);
    }
    change_free(change);
    return most;
}

// Where every shape is kept a thing that was drawn puts nothing in the photo's place.
static void test_kept_shapes(void)
{
    struct image *photo = striped_photo(240, 180);
    g_autofree float *delta = g_new0(float, 3 * 240 * 180);

    for (int y = 60; y < 120; y++) {
        for (int x = 60; x < 140; x++) {
            for (int c = 0; c < 3; c++) {
                delta[3 * (y * 240 + x) + c] = (x / 5 + y / 5 + c) % 2 ? 0.4f : -0.4f;
            }
        }
    }
    g_assert_cmpfloat(most_replaced(photo, delta, false), >, 0.9f);
    g_assert_cmpfloat(most_replaced(photo, delta, true), ==, 0.0f);
    image_free(photo);
}

// A replaced object: the edit's colour, none of the old stripes, and no change a few model pixels
// away.
static void test_replacement_leaves_no_ghost(void)
{
    struct image *photo = striped_photo(960, 720);
    struct image *reconstruction = image_resize(photo, 240, 180, NULL);
    struct image *edit = image_copy(reconstruction, NULL);
    struct rect changed = {60, 60, 80, 60}, core = {280, 280, 240, 160};
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);

    fill(edit, &changed, 0.8f, 0.2f, 0.2f);
    for (int y = 60; y < 120; y++) { // the new object has a structure of its own
        for (int x = 60; x < 140; x++) {
            float bump = (float)(0.2 * (g_rand_double(rand) - 0.5));

            for (int c = 0; c < 3; c++) {
                edit->rgb[3 * (y * 240 + x) + c] += bump;
            }
        }
    }

    struct image *result = picture_restore(photo, reconstruction, edit);
    struct image *enlarged = image_resize(edit, 960, 720, NULL);
    struct image *got = image_crop(result, core.x, core.y, core.width, core.height, NULL);
    struct image *wanted = image_crop(enlarged, core.x, core.y, core.width, core.height, NULL);

    g_test_message("roughness: photo %.4f, result %.4f, edit %.4f", roughness(photo, &core),
                   roughness(result, &core), roughness(enlarged, &core));
    g_assert_cmpfloat(roughness(result, &core), <, 1.2 * roughness(enlarged, &core));
    g_assert_cmpfloat(compare_psnr(got, wanted), >, 35.0);
    for (int y = 0; y < 720; y++) {
        for (int x = 0; x < 960; x++) {
            size_t at = 3 * ((size_t)y * 960 + x);

            if (!inside(&(struct rect){4 * 40, 4 * 40, 4 * 120, 4 * 100}, x, y)) {
                g_assert_cmpmem(result->rgb + at, 12, photo->rgb + at, 12);
            }
        }
    }
    image_free(photo);
    image_free(reconstruction);
    image_free(edit);
    image_free(result);
    image_free(enlarged);
    image_free(got);
    image_free(wanted);
}

// What stands in has the grain of the photo around it.
static void test_stand_in_has_grain(void)
{
    struct image *flat = picture_flat(960, 720, 0.5f, 0.5f, 0.5f), *photo = image_copy(flat, NULL);
    struct rect core = {280, 280, 240, 160};
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);

    for (int i = 0; i < 3 * 960 * 720; i++) {
        photo->rgb[i] += (float)(0.02 * (g_rand_double(rand) - 0.5));
    }

    struct image *reconstruction = image_resize(flat, 240, 180, NULL);
    struct image *edit = image_copy(reconstruction, NULL);

    for (int y = 60; y < 120; y++) {
        for (int x = 60; x < 140; x++) {
            for (int c = 0; c < 3; c++) {
                edit->rgb[3 * (y * 240 + x) + c] = (float)(0.5 + 0.3 * sin(0.4 * x) * sin(0.4 * y));
            }
        }
    }

    struct image *smooth = picture_restore(flat, reconstruction, edit);
    struct image *grain = picture_restore(photo, reconstruction, edit);

    for (int i = 0; i < 3 * 960 * 720; i++) {
        grain->rgb[i] -= smooth->rgb[i];
    }
    g_test_message("grain: photo %.4f, result %.4f", roughness(photo, &core),
                   roughness(grain, &core));
    g_assert_cmpfloat(roughness(grain, &core), >, 0.8 * roughness(photo, &core));
    g_assert_cmpfloat(roughness(grain, &core), <, 1.1 * roughness(photo, &core));
    image_free(flat);
    image_free(photo);
    image_free(reconstruction);
    image_free(edit);
    image_free(smooth);
    image_free(grain);
}

// Where the new object's outline happens to lie on the old one's, their structures agree by chance.
static void test_replacement_with_touching_rims(void)
{
    enum { WIDTH = 1200, HEIGHT = 800 };
    struct rect old = {680, 230, 341, 341}, rim = {930, 226, 70, 16};
    struct image *photo = picture_flat(WIDTH, HEIGHT, 0.0f, 0.0f, 0.0f);

    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        for (int c = 0; c < 3; c++) {
            photo->rgb[3 * i + c] = (float)(0.55 - 0.05 * c + 0.1 * sin(i % WIDTH * 0.01));
        }
    }

    struct image *wanted = image_copy(photo, NULL);

    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        int x = i % WIDTH, y = i / WIDTH;
        double radius = hypot((x - 850) / 1.1, y - 400), light = 0.5 + 0.5 * (x - 700) / 320;

        for (int c = 0; c < 3 && inside(&old, x, y); c++) {
            photo->rgb[3 * i + c] = (x / 4 + y / 40) % 2 ? 0.1f : 0.9f;
        }
        if (radius < 160.0) {
            wanted->rgb[3 * i] = (float)(0.2 + 0.5 * light);
            wanted->rgb[3 * i + 1] = (float)(0.6 + 0.2 * cos(radius * 0.1));
            wanted->rgb[3 * i + 2] = 0.2f;
        }
    }

    struct image *reconstruction = image_resize(photo, 192, 128, NULL);
    struct image *edit = image_resize(wanted, 192, 128, NULL);
    struct image *result = picture_restore(photo, reconstruction, edit);

    g_test_message("roughness of the rim: photo %.4f, result %.4f", roughness(photo, &rim),
                   roughness(result, &rim));
    g_assert_cmpfloat(roughness(result, &rim), <, 0.03);
    image_free(photo);
    image_free(wanted);
    image_free(reconstruction);
    image_free(edit);
    image_free(result);
}

// A texture the model saw, smoothed away by the edit, takes its finer part with it.
static void test_smoothing_removes_texture(void)
{
    struct image *photo = picture_photo(640, 480, 8, 1);
    struct rect core = {280, 200, 80, 80};

    for (int y = 0; y < 480; y++) { // coarse bumps that the model's picture can hold
        for (int x = 0; x < 640; x++) {
            for (int c = 0; c < 3; c++) {
                photo->rgb[3 * (y * 640 + x) + c] += (x / 16 + y / 16) % 2 ? 0.1f : -0.1f;
            }
        }
    }

    struct image *reconstruction = image_resize(photo, 160, 120, NULL);
    struct image *edit = image_copy(reconstruction, NULL);

    fill(edit, &(struct rect){50, 30, 60, 60}, 0.5f, 0.5f, 0.5f);

    struct image *result = picture_restore(photo, reconstruction, edit);

    g_assert_cmpfloat(roughness(result, &core), <, 0.15 * roughness(photo, &core));
    image_free(photo);
    image_free(reconstruction);
    image_free(edit);
    image_free(result);
}

// Another colour with the same luma keeps the fine stripes in luma.
static void test_recolouring_keeps_luma_detail(void)
{
    struct image *photo = striped_photo(640, 480);
    struct image *reconstruction = image_resize(photo, 160, 120, NULL);
    struct image *edit = image_copy(reconstruction, NULL);
    struct rect core = {240, 160, 160, 160};

    for (int y = 20; y < 100; y++) {
        for (int x = 40; x < 120; x++) {
            float *pixel = edit->rgb + 3 * (y * 160 + x);

            pixel[0] += 0.2f;
            pixel[1] -= 0.2f * 0.2126f / 0.7152f;
        }
    }

    struct image *result = picture_restore(photo, reconstruction, edit);

    g_assert_cmpfloat_with_epsilon(roughness(result, &core) / roughness(photo, &core), 1.0, 0.02);
    g_assert_cmpfloat(result->rgb[3 * (240 * 640 + 320)] - photo->rgb[3 * (240 * 640 + 320)], >,
                      0.18);
    image_free(photo);
    image_free(reconstruction);
    image_free(edit);
    image_free(result);
}

// Shading that the edit shows at a quarter of its contrast: the same structure, so half of the fine
// stripes are left on it.
static void test_levelling_keeps_detail(void)
{
    struct image *photo = striped_photo(640, 480);
    struct image *flat = image_resize(photo, 160, 120, NULL);
    struct rect core = {240, 160, 160, 160};

    for (int i = 0; i < 640 * 480 * 3; i++) {
        photo->rgb[i] += 0.12f * sinf(0.1f * (float)(i / 3 % 640));
    }

    struct image *reconstruction = image_resize(photo, 160, 120, NULL);
    struct image *edit = image_copy(reconstruction, NULL);

    for (int y = 20; y < 100; y++) {
        for (int i = 3 * (160 * y + 40); i < 3 * (160 * y + 120); i++) {
            edit->rgb[i] = flat->rgb[i] + 0.25f * (reconstruction->rgb[i] - flat->rgb[i]);
        }
    }

    struct image *result = picture_restore(photo, reconstruction, edit);

    g_assert_cmpfloat_with_epsilon(roughness(result, &core) / roughness(photo, &core), 0.5, 0.1);
    image_free(photo);
    image_free(flat);
    image_free(reconstruction);
    image_free(edit);
    image_free(result);
}

// An edit that lies within the mask is halved where that is half open.
static void test_mask_protects(void)
{
    struct image *photo = striped_photo(640, 480);
    struct image *reconstruction = image_resize(photo, 160, 120, NULL);
    struct image *edit = image_copy(reconstruction, NULL);
    struct raster *mask = rect_mask(640, 480, &(struct rect){100, 100, 200, 150}, 128);
    fill(edit, &(struct rect){44, 40, 10, 8}, 0.9f, 0.3f, 0.3f);

    struct image *result = picture_restore_masked(photo, reconstruction, edit, mask);
    struct image *whole = picture_restore(photo, reconstruction, edit);

    for (int i = 0; i < 640 * 480; i++) {
        for (int c = 3 * i; c < 3 * i + 3; c++) {
            if (mask->values[i] == 0) {
                g_assert_cmpfloat(result->rgb[c], ==, photo->rgb[c]);
            } else {
                g_assert_cmpfloat_with_epsilon(result->rgb[c],
                                               0.5f * (photo->rgb[c] + whole->rgb[c]), 3e-3);
            }
        }
    }
    image_free(photo);
    image_free(reconstruction);
    image_free(edit);
    image_free(result);
    image_free(whole);
    raster_free(mask);
}

// A linear function is harmonic, so the membrane inside is that function again and nothing is left
// of it; a bump inside that does not reach the border stays.
static void test_seam_keeps_gradients(void)
{
    enum { WIDTH = 70, HEIGHT = 50 };
    g_autofree float *delta = g_new(float, WIDTH *HEIGHT * 3);
    g_autofree bool *open = g_new(bool, WIDTH *HEIGHT);

    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        int x = i % WIDTH, y = i / WIDTH;

        open[i] = inside(&(struct rect){15, 10, 40, 30}, x, y);
        for (int c = 0; c < 3; c++) {
            delta[3 * i + c] = 0.01f * x - 0.005f * y;
        }
    }
    delta[3 * (25 * WIDTH + 35)] += 0.5f;
    seam_close(delta, open, WIDTH, HEIGHT);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        float expected = i == 25 * WIDTH + 35 ? 0.5f : 0.0f;

        g_assert_cmpfloat_with_epsilon(delta[3 * i], expected, 0.01);
    }
}

static void test_seam_without_border(void)
{
    float delta[3 * 4] = {0.1f, 0.2f, 0.3f};
    bool open[4] = {true, true, true, true};

    seam_close(delta, open, 2, 2);
    g_assert_cmpfloat(delta[1], ==, 0.2f);
}

// A change of light that a hard mask would cut off leaves no step at the mask's border.
static void test_poisson_seam(void)
{
    struct image *photo = picture_flat(640, 480, 0.4f, 0.4f, 0.4f);
    struct image *reconstruction = image_resize(photo, 160, 120, NULL);
    struct image *edit = picture_flat(160, 120, 0.6f, 0.6f, 0.6f);
    struct raster *mask = rect_mask(640, 480, &(struct rect){100, 100, 200, 150}, 255);
    struct transform transform = host_transform();
    struct detail_params params = {.mask = mask, .seam = DETAIL_SEAM_GRADIENT};

    fill(edit, &(struct rect){45, 40, 10, 10}, 0.9f, 0.6f, 0.6f);

    struct image *result = detail_restore(photo, reconstruction, edit, &transform, &params, NULL);

    // Just inside the border: the photo's light. In the middle of the mask: the spot.
    g_assert_cmpfloat_with_epsilon(result->rgb[3 * (175 * 640 + 102)], 0.4, 0.03);
    g_assert_cmpfloat(result->rgb[3 * (180 * 640 + 200)], >, 0.6);
    image_free(photo);
    image_free(reconstruction);
    image_free(edit);
    image_free(result);
    raster_free(mask);
}

// Everything replaced by something else over several cells: no cell's border shows.
static void test_cells_meet(void)
{
    struct image *photo = picture_photo(1100, 700, 8, 1);
    struct image *reconstruction = image_resize(photo, 176, 112, NULL);
    struct image *edit = image_copy(reconstruction, NULL);

    for (int i = 0; i < 176 * 112; i++) {
        double bump = sin(0.9 * (i % 176)) * sin(0.7 * (i / 176.0));

        for (int c = 0; c < 3; c++) {
            edit->rgb[3 * i + c] = (float)(0.5 + 0.4 * bump);
        }
    }

    // 600 columns are one cell where 1100 are two: what was a border is none.
    const struct image_region part = {0, 0, 600, 700};
    struct detail_params params = {.region = &part};
    struct transform transform = host_transform();
    struct image *whole = picture_restore(photo, reconstruction, edit);
    struct image *left = image_crop(whole, part.x, part.y, part.width, part.height, NULL);
    struct image *alone = detail_restore(photo, reconstruction, edit, &transform, &params, NULL);
    struct image *enlarged = image_resize(edit, 1100, 700, NULL);

    g_test_message("largest difference: %g, from the edit %.4f", picture_difference(left, alone),
                   picture_difference(whole, enlarged));
    g_assert_cmpfloat(picture_difference(left, alone), <, 1.0 / 255.0);
    g_assert_cmpfloat(compare_psnr(whole, enlarged), >, 25.0);
    image_free(photo);
    image_free(reconstruction);
    image_free(edit);
    image_free(whole);
    image_free(left);
    image_free(alone);
    image_free(enlarged);
}

// A part equals the same part of the whole.
static void test_region(void)
{
    static const struct image_region regions[] = {
        {300, 200, 500, 300}, {0, 0, 40, 30}, {1099, 699, 1, 1}};
    struct image *photo = picture_photo(1100, 700, 8, 1);
    struct image *reconstruction = image_resize(photo, 176, 112, NULL);
    struct image *edit = image_copy(reconstruction, NULL);

    fill(edit, &(struct rect){60, 40, 50, 40}, 0.8f, 0.2f, 0.2f);

    struct image *whole = picture_restore(photo, reconstruction, edit);

    for (size_t i = 0; i < G_N_ELEMENTS(regions); i++) {
        const struct image_region *r = &regions[i];
        struct detail_params params = {.region = r};
        struct transform transform = host_transform();
        g_autoptr(GError) error = NULL;
        struct image *part =
            detail_restore(photo, reconstruction, edit, &transform, &params, &error);

        g_assert_no_error(error);
        struct image *wanted = image_crop(whole, r->x, r->y, r->width, r->height, NULL);

        g_test_message("largest difference: %g", picture_difference(part, wanted));
        g_assert_cmpfloat(picture_difference(part, wanted), <, 0.5 / 255.0);
        image_free(part);
        image_free(wanted);
    }
    image_free(photo);
    image_free(reconstruction);
    image_free(edit);
    image_free(whole);
}

// The edit shows in the rectangle that it was made for, fading out at those of its borders that lie
// inside the photo; elsewhere the photo is the photo.
static void test_placed(void)
{
    const struct image_region placed = {400, 200, 240, 160};
    struct image *photo = picture_photo(640, 480, 8, 1);
    struct image *part = image_crop(photo, placed.x, placed.y, placed.width, placed.height, NULL);
    struct image *reconstruction = image_resize(part, 120, 80, NULL);
    struct image *edit = image_copy(reconstruction, NULL);
    struct detail_params params = {.placed = &placed};
    struct transform transform = host_transform();

    for (int i = 0; i < 120 * 80 * 3; i++) {
        edit->rgb[i] += 0.1f;
    }

    struct image *result = detail_restore(photo, reconstruction, edit, &transform, &params, NULL);

    for (int i = 0; i < 640 * 480; i++) {
        int x = i % 640, y = i / 640;
        float step = result->rgb[3 * i] - photo->rgb[3 * i];

        if (!inside(&(struct rect){400, 200, 240, 160}, x, y)) {
            g_assert_cmpfloat(step, ==, 0.0f);
        } else if (inside(&(struct rect){420, 220, 220, 120}, x, y)) {
            g_assert_cmpfloat_with_epsilon(step, 0.1, 0.01);
        } else if (x == 400 || y == 200 || y == 359) {
            g_assert_cmpfloat(fabsf(step), <, 0.02);
        }
    }
    image_free(photo);
    image_free(part);
    image_free(reconstruction);
    image_free(edit);
    image_free(result);
}

static void test_cancel(void)
{
    struct image *photo = striped_photo(64, 48), *edit = picture_photo(64, 48, 8, 2);
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    struct task task = {.cancellable = cancel};
    struct detail_params params = {.task = &task};
    struct transform transform = host_transform();

    g_cancellable_cancel(cancel);
    g_assert_null(detail_restore(photo, photo, edit, &transform, &params, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    image_free(photo);
    image_free(edit);
}

// The transform that these tests share is correct itself.
static void test_transform(void)
{
    enum { WIDTH = 16, HEIGHT = 8 };
    struct transform transform = host_transform();
    float real[WIDTH * HEIGHT], back[WIDTH * HEIGHT], freq[HEIGHT * (WIDTH / 2 + 1) * 2];

    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        real[i] = (float)cos(2.0 * G_PI * (3.0 * (i % WIDTH) / WIDTH + 2.0 * (i / WIDTH) / HEIGHT));
    }
    transform.forward(NULL, WIDTH, HEIGHT, real, freq, NULL);
    transform.inverse(NULL, WIDTH, HEIGHT, freq, back, NULL);
    g_assert_cmpfloat_with_epsilon(freq[2 * (2 * (WIDTH / 2 + 1) + 3)], WIDTH * HEIGHT / 2, 1e-3);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        g_assert_cmpfloat_with_epsilon(back[i], real[i], 1e-5);
    }
}

static void test_time(void)
{
    struct image *photo = picture_photo(4000, 3000, 8, 1);
    struct image *reconstruction = image_resize(photo, 512, 384, NULL);
    struct image *edit = image_copy(reconstruction, NULL);

    fill(edit, &(struct rect){150, 100, 150, 150}, 0.8f, 0.2f, 0.2f);
    g_test_timer_start();

    struct image *local = picture_restore(photo, reconstruction, edit);

    g_test_message("12 MP, a tenth of it changed: %.1f s (host transform)", g_test_timer_elapsed());
    fill(edit, &(struct rect){0, 0, 512, 384}, 0.8f, 0.2f, 0.2f);
    g_test_timer_start();

    struct image *whole = picture_restore(photo, reconstruction, edit);

    g_test_message("12 MP, all of it changed: %.1f s (host transform)", g_test_timer_elapsed());
    image_free(photo);
    image_free(reconstruction);
    image_free(edit);
    image_free(local);
    image_free(whole);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (g_test_perf()) {
        g_test_add_func("/detail/time", test_time);
        return g_test_run();
    }
    g_test_add_func("/detail/transform", test_transform);
    g_test_add_func("/detail/kept-shapes", test_kept_shapes);
    g_test_add_func("/detail/no-edit-is-identity", test_no_edit_is_identity);
    g_test_add_func("/detail/noise-is-no-edit", test_noise_is_no_edit);
    g_test_add_func("/detail/delta-carries", test_delta_carries);
    g_test_add_func("/detail/losses-stay-out", test_losses_stay_out);
    g_test_add_func("/detail/replacement-leaves-no-ghost", test_replacement_leaves_no_ghost);
    g_test_add_func("/detail/stand-in-has-grain", test_stand_in_has_grain);
    g_test_add_func("/detail/replacement-with-touching-rims", test_replacement_with_touching_rims);
    g_test_add_func("/detail/smoothing-removes-texture", test_smoothing_removes_texture);
    g_test_add_func("/detail/recolouring-keeps-luma-detail", test_recolouring_keeps_luma_detail);
    g_test_add_func("/detail/levelling", test_levelling_keeps_detail);
    g_test_add_func("/detail/mask-protects", test_mask_protects);
    g_test_add_func("/detail/seam-keeps-gradients", test_seam_keeps_gradients);
    g_test_add_func("/detail/seam-without-border", test_seam_without_border);
    g_test_add_func("/detail/poisson-seam", test_poisson_seam);
    g_test_add_func("/detail/cells-meet", test_cells_meet);
    g_test_add_func("/detail/region", test_region);
    g_test_add_func("/detail/placed", test_placed);
    g_test_add_func("/detail/cancel", test_cancel);
    return g_test_run();
}
