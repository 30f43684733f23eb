#include "tests/render/pictures.h"

#include "render/detail.h"

#include <complex.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

struct image *picture_photo(int width, int height, int bits, unsigned seed)
{
    struct image *image = image_new(width, height, false, NULL);
    float max = bits == 16 ? 65535.0f : 255.0f;
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);

    g_assert_nonnull(image);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            for (int c = 0; c < 3; c++) {
                double smooth = 0.5 + 0.3 * sin(0.021 * x * (c + 1) + seed) * cos(0.017 * y + c);
                double value = smooth + 0.12 * (g_rand_double(rand) - 0.5);

                image->rgb[3 * ((size_t)y * width + x) + c] =
                    image_quantize((float)value, max) / max;
            }
        }
    }
    image->meta.bits = bits;
    return image;
}

struct image *picture_flat(int width, int height, float red, float green, float blue)
{
    struct image *image = image_new(width, height, false, NULL);
    float color[3] = {red, green, blue};

    g_assert_nonnull(image);
    for (size_t i = 0; i < (size_t)width * height * 3; i++) {
        image->rgb[i] = color[i % 3];
    }
    return image;
}

GBytes *picture_exif(int orientation, bool with_gps)
{
    guint8 block[] = {
        'M',  'M',  0, 42, 0, 0, 0, 8, // header
        0,    3,                       // IFD 0: three entries
        0x01, 0x0f, 0, 2,  0, 0, 0, 4, 'T', 'i',
        'n',  0, // make
        0x01, 0x12, 0, 3,  0, 0, 0, 1, 0,   (guint8)orientation,
        0,    0, // orientation
        0x88, 0x25, 0, 4,  0, 0, 0, 1, 0,   0,
        0,    50,         // GPS IFD is at 50
        0,    0,    0, 0, // no IFD 1
        0,    2,          // GPS: two entries
        0,    1,    0, 2,  0, 0, 0, 2, 'N', 0,
        0,    0, // latitude is north
        0,    2,    0, 5,  0, 0, 0, 3, 0,   0,
        0,    80,         // latitude is at 80
        0,    0,    0, 0, //
        0,    0,    0, 52, 0, 0, 0, 1, 0,   0,
        0,    31,   0, 0,  0, 1, 0, 0, 0,   7,
        0,    0,    0, 1,
    };

    if (!with_gps) {
        block[9] = 2;
        memset(block + 34, 0, 4); // no IFD 1 follows the two entries
        return g_bytes_new(block, 38);
    }
    return g_bytes_new(block, sizeof(block));
}

GBytes *picture_exif_density(int orientation)
{
    const guint8 block[] = {
        'M',  'M',  0, 42,  0, 0, 0, 8, // header
        0,    4,                        // IFD 0: four entries
        0x01, 0x12, 0, 3,   0, 0, 0, 1, 0, (guint8)orientation,
        0,    0, // orientation
        0x01, 0x1a, 0, 5,   0, 0, 0, 1, 0, 0,
        0,    62, // across is at 62
        0x01, 0x1b, 0, 5,   0, 0, 0, 1, 0, 0,
        0,    70, // down is at 70
        0x01, 0x28, 0, 3,   0, 0, 0, 1, 0, 3,
        0,    0,          // centimetres
        0,    0,    0, 0, // no IFD 1
        0,    0,    0, 100, 0, 0, 0, 1, 0, 0,
        0,    50,   0, 0,   0, 1,
    };

    return g_bytes_new(block, sizeof(block));
}

double picture_difference(const struct image *a, const struct image *b)
{
    double largest = 0.0;

    g_assert_cmpint(a->width, ==, b->width);
    g_assert_cmpint(a->height, ==, b->height);
    for (size_t i = 0; i < (size_t)a->width * a->height * 3; i++) {
        largest = fmax(largest, fabs((double)a->rgb[i] - b->rgb[i]));
    }
    return largest;
}

void picture_assert_same(const struct image *a, const struct image *b)
{
    g_assert_cmpint(a->width, ==, b->width);
    g_assert_cmpint(a->height, ==, b->height);
    g_assert_cmpint(memcmp(a->rgb, b->rgb, (size_t)a->width * a->height * 3 * sizeof(float)), ==,
                    0);
}

guint8 *bytes_find(guint8 *bytes, size_t size, const void *needle, size_t needle_size)
{
    for (size_t at = 0; at + needle_size <= size; at++) {
        if (memcmp(bytes + at, needle, needle_size) == 0) {
            return bytes + at;
        }
    }
    return NULL;
}

char *folder_create(void)
{
    char *folder = g_dir_make_tmp("render-XXXXXX", NULL);

    g_assert_nonnull(folder);
    return folder;
}

void folder_remove(char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        g_unlink(path);
    }
    g_rmdir(folder);
    g_free(folder);
}

int folder_count(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    int count = 0;

    while (g_dir_read_name(dir) != NULL) {
        count++;
    }
    return count;
}

// In place, n a power of two, elements stride apart, not normalised. turns holds n / 2 roots of
// unity.
static void fft_line(float complex *line, int n, int stride, const float complex *turns,
                     float complex *scratch)
{
    for (int i = 0, j = 0; i < n; i++) {
        scratch[j] = line[(size_t)i * stride];

        int bit = n >> 1;

        for (; j & bit; bit >>= 1) {
            j ^= bit;
        }
        j |= bit;
    }
    for (int half = 1; half < n; half *= 2) {
        for (int k = 0; k < half; k++) {
            float complex turn = turns[k * (n / 2 / half)];

            for (int i = k; i < n; i += 2 * half) {
                float complex odd = turn * scratch[i + half];

                scratch[i + half] = scratch[i] - odd;
                scratch[i] += odd;
            }
        }
    }
    for (int i = 0; i < n; i++) {
        line[(size_t)i * stride] = scratch[i];
    }
}

static float complex *roots_of_unity(int n, int sign)
{
    float complex *turns = g_new(float complex, MAX(n / 2, 1));

    for (int k = 0; k < n / 2; k++) {
        turns[k] = cexpf((float)(sign * 2.0 * G_PI * k / n) * I);
    }
    return turns;
}

// sign is -1 for the forward transform and 1 for the inverse.
static void fft_plane(float complex *plane, int width, int height, int sign)
{
    g_autofree float complex *scratch = g_new(float complex, MAX(width, height));
    g_autofree float complex *along_x = roots_of_unity(width, sign);
    g_autofree float complex *along_y = roots_of_unity(height, sign);

    for (int y = 0; y < height; y++) {
        fft_line(plane + (size_t)y * width, width, 1, along_x, scratch);
    }
    for (int x = 0; x < width; x++) {
        fft_line(plane + x, height, width, along_y, scratch);
    }
}

static bool host_forward(void *context, int width, int height, const float *real, float *freq,
                         GError **error)
{
    int bins = width / 2 + 1;
    g_autofree float complex *plane = g_new(float complex, (size_t)width *height);

    for (size_t i = 0; i < (size_t)width * height; i++) {
        plane[i] = real[i];
    }
    fft_plane(plane, width, height, -1);
    for (int y = 0; y < height; y++) {
        memcpy(freq + (size_t)y * bins * 2, plane + (size_t)y * width,
               bins * sizeof(float complex));
    }
    return true;
}

static bool host_inverse(void *context, int width, int height, const float *freq, float *real,
                         GError **error)
{
    int bins = width / 2 + 1;
    g_autofree float complex *plane = g_new(float complex, (size_t)width *height);

    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            // The other half of a real signal's spectrum is the mirrored conjugate.
            int row = x < bins ? y : (height - y) % height, column = x < bins ? x : width - x;
            const float *bin = freq + ((size_t)row * bins + column) * 2;

            plane[(size_t)y * width + x] = bin[0] + (x < bins ? bin[1] : -bin[1]) * I;
        }
    }
    fft_plane(plane, width, height, 1);
    for (size_t i = 0; i < (size_t)width * height; i++) {
        real[i] = crealf(plane[i]) / ((float)width * height);
    }
    return true;
}

struct transform host_transform(void)
{
    return (struct transform){host_forward, host_inverse, NULL};
}

struct image *picture_restore_masked(const struct image *photo, const struct image *reconstruction,
                                     const struct image *edit, const struct raster *mask)
{
    struct detail_params params = {.mask = mask};
    struct transform transform = host_transform();
    g_autoptr(GError) error = NULL;
    struct image *result = detail_restore(photo, reconstruction, edit, &transform, &params, &error);

    g_assert_no_error(error);
    return result;
}

struct image *picture_restore(const struct image *photo, const struct image *reconstruction,
                              const struct image *edit)
{
    return picture_restore_masked(photo, reconstruction, edit, NULL);
}
