// Pictures from and to files: what is kept, what is refused, and that saving never destroys.
#include "compute/error.h"
#include "render/codec.h"
#include "render/compare.h"
#include "render/file.h"
#include "render/metadata.h"
#include "tests/render/pictures.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char ASCII_RECIPE[] = "a photo of a dog\nNegative prompt: rain\n"
                                   "Steps: 20, Sampler: DDIM, Seed: 7";
static const char LATIN_RECIPE[] = "caf\xc3\xa9 in Z\xc3\xbcrich\nSteps: 9";
static const char UNICODE_RECIPE[] =
    "\xe4\xb8\x80\xe5\x8f\xaa\xe7\x8c\xab \xf0\x9f\x90\x88, Steps: 5";

static GBytes *encode(const struct image *image, const struct image_save_params *params)
{
    g_autoptr(GError) error = NULL;
    GBytes *file = image_encode(image, params, &error);

    g_assert_no_error(error);
    return file;
}

static struct image *decode(GBytes *file)
{
    g_autoptr(GError) error = NULL;
    struct image *image = image_load_bytes(file, NULL, &error);

    g_assert_no_error(error);
    return image;
}

static struct image *through(const struct image *image, const struct image_save_params *params)
{
    g_autoptr(GBytes) file = encode(image, params);

    return decode(file);
}

static void assert_refused(GBytes *file)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(image_load_bytes(file, NULL, &error));
    g_assert_nonnull(error);
    g_assert_cmpstr(error->message, !=, "");
}

// ---- the table ----------------------------------------------------------------------------------

// A file manager offers the program for what its desktop file lists.
static void test_desktop_file(void)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "..", "resources",
                                                  "org.tincture.Tincture.desktop", NULL);
    g_autoptr(GKeyFile) desktop = g_key_file_new();
    g_autoptr(GError) error = NULL;

    g_key_file_load_from_file(desktop, path, G_KEY_FILE_NONE, &error);
    g_assert_no_error(error);

    g_auto(GStrv) listed =
        g_key_file_get_string_list(desktop, "Desktop Entry", "MimeType", NULL, &error);

    g_assert_no_error(error);
    for (const struct codec *const *codec = codec_all(); *codec != NULL; codec++) {
        for (const char *const *suffix = (*codec)->suffixes; *suffix != NULL; suffix++) {
            g_autofree char *name = g_strconcat("photo.", *suffix, NULL);
            g_autofree char *type = g_content_type_guess(name, NULL, 0, NULL);

            if (g_str_has_prefix(type, "image/") &&
                !g_strv_contains((const char *const *)listed, type)) {
                g_test_message("%s is not listed", type);
                g_test_fail();
            }
        }
    }
}

static void test_table(void)
{
    for (const struct codec *const *codec = codec_all(); *codec != NULL; codec++) {
        g_autofree char *path = g_strconcat("PHOTO.", (*codec)->suffixes[0], NULL);

        g_assert_nonnull((*codec)->title);
        g_assert_true(codec_find((*codec)->name) == *codec);
        g_assert_true(codec_find_suffix(path) == *codec);
    }
    g_assert_null(codec_find("bogus"));
    g_assert_null(codec_find_suffix("noname"));
}

// Every writer: size, picture and recipe survive, and content beats the name.
static void test_writers(void)
{
    static const char *const RECIPES[] = {ASCII_RECIPE, LATIN_RECIPE, UNICODE_RECIPE};

    for (const struct codec *const *codec = codec_all(); *codec != NULL; codec++) {
        for (size_t r = 0; (*codec)->write != NULL && r < G_N_ELEMENTS(RECIPES); r++) {
            struct image_save_params params = {
                .format = (*codec)->name, .quality = 100, .recipe = RECIPES[r]};
            struct image *photo = picture_photo(61, 47, 8, 1);
            g_autoptr(GBytes) file = encode(photo, &params);
            struct image *back = decode(file);

            g_assert_true(codec_sniff(file) == *codec);
            g_assert_cmpfloat(compare_psnr(photo, back), >, 40.0);
            g_assert_cmpstr(back->meta.recipe, ==, RECIPES[r]);
            image_free(photo);
            image_free(back);
        }
    }
}

static void test_recipe_from_disk(void)
{
    char *folder = folder_create();
    g_autofree char *path = g_build_filename(folder, "misnamed.jpg", NULL);
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image *photo = picture_photo(20, 10, 8, 1);
    struct image_save_params with = {.format = "png", .recipe = UNICODE_RECIPE};
    struct image_save_params without = {.format = "png"};
    g_autoptr(GError) error = NULL;
    struct image_info info;

    g_assert_true(image_save(photo, file, &with, &error));
    g_assert_true(image_probe(file, &info, &error));
    g_assert_cmpstr(info.meta.recipe, ==, UNICODE_RECIPE);
    g_assert_cmpstr(info.format, ==, "png");
    g_assert_cmpint(info.width, ==, 20);
    image_meta_clear(&info.meta);
    g_assert_true(image_save(photo, file, &without, &error));
    g_assert_true(image_probe(file, &info, &error));
    g_assert_null(info.meta.recipe);
    image_meta_clear(&info.meta);
    image_free(photo);
    folder_remove(folder);
}

static void test_old_recipe_is_not_passed_on(void)
{
    struct image_save_params with = {.format = "jpeg", .recipe = ASCII_RECIPE};
    struct image_save_params without = {.format = "jpeg", .keep_metadata = true};
    struct image *photo = picture_photo(20, 10, 8, 1);
    struct image *made = through(photo, &with);
    struct image *shared = through(made, &without);

    g_assert_nonnull(made->meta.recipe);
    g_assert_null(shared->meta.recipe);
    image_free(photo);
    image_free(made);
    image_free(shared);
}

// ---- values -------------------------------------------------------------------------------------

static void test_png_exact(void)
{
    for (int bits = 8; bits <= 16; bits += 8) {
        struct image_save_params params = {.format = "png", .bits = bits};
        struct image *photo = picture_photo(70, 33, bits, 3);
        struct image *back = through(photo, &params);

        picture_assert_same(photo, back);
        g_assert_cmpint(back->meta.bits, ==, bits);
        g_assert_null(back->alpha);
        image_free(photo);
        image_free(back);
    }
}

static void test_png_alpha_exact(void)
{
    for (int bits = 8; bits <= 16; bits += 8) {
        struct image_save_params params = {.format = "png", .bits = bits};
        struct image *photo = image_new(16, 16, true, NULL);

        for (int i = 0; i < 256; i++) {
            photo->alpha[i] = i / 255.0f;
            photo->rgb[3 * i] = photo->rgb[3 * i + 1] = photo->rgb[3 * i + 2] = (255 - i) / 255.0f;
        }

        struct image *back = through(photo, &params);

        picture_assert_same(photo, back);
        g_assert_cmpmem(photo->alpha, 256 * sizeof(float), back->alpha, 256 * sizeof(float));
        image_free(photo);
        image_free(back);
    }
}

static void test_jpeg_lays_alpha_on_white(void)
{
    struct image_save_params params = {.format = "jpeg", .quality = 100};
    struct image *photo = image_new(16, 16, true, NULL);

    memset(photo->rgb, 0, 16 * 16 * 3 * sizeof(float));
    memset(photo->alpha, 0, 16 * 16 * sizeof(float));

    struct image *white = picture_flat(16, 16, 1.0f, 1.0f, 1.0f);
    struct image *back = through(photo, &params);

    g_assert_cmpfloat(picture_difference(back, white), <, 0.01);
    image_free(photo);
    image_free(white);
    image_free(back);
}

// ---- metadata -----------------------------------------------------------------------------------

static GBytes *write_with_exif(const char *format, const struct image *image, GBytes *exif)
{
    struct codec_write write = {.bits = 8, .quality = 95, .exif = exif};
    g_autoptr(GError) error = NULL;
    const struct image_rows rows = image_rows_of(image);
    GBytes *file = codec_find(format)->write(&rows, &write, &error);

    g_assert_no_error(error);
    return file;
}

// One that there is not is that of a picture as it is stored, as Pillow and ImageMagick take it.
static int known(int orientation)
{
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

static void test_orientation_is_applied(void)
{
    static const char *const FORMATS[] = {"png", "jpeg", "webp"};

    for (size_t f = 0; f < G_N_ELEMENTS(FORMATS); f++) {
        struct image *stored = picture_photo(48, 32, 8, 5);

        for (int orientation = 0; orientation <= 10; orientation++) {
            g_autoptr(GBytes) exif = picture_exif(orientation, true);
            g_autoptr(GBytes) file = write_with_exif(FORMATS[f], stored, exif);
            struct image *expected = image_orient(stored, known(orientation), NULL);
            struct image *loaded = decode(file);
            struct image_save_params params = {.format = FORMATS[f], .keep_metadata = true};
            struct image *again = through(loaded, &params);

            g_assert_cmpint(loaded->width, ==, expected->width);
            g_assert_cmpfloat(compare_psnr(loaded, expected), >, 30.0);
            g_assert_cmpint(metadata_orientation(again->meta.exif), ==, 1);
            g_assert_cmpfloat(compare_psnr(again, expected), >, 29.0);
            image_free(expected);
            image_free(loaded);
            image_free(again);
        }
        image_free(stored);
    }
}

static void test_probe_is_upright(void)
{
    char *folder = folder_create();
    g_autofree char *path = g_build_filename(folder, "photo.jpg", NULL);
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image *stored = picture_photo(48, 32, 8, 5);
    g_autoptr(GBytes) exif = picture_exif(6, false);
    g_autoptr(GBytes) bytes = write_with_exif("jpeg", stored, exif);
    struct image_info info;

    g_assert_true(g_file_set_contents(path, g_bytes_get_data(bytes, NULL),
                                      (gssize)g_bytes_get_size(bytes), NULL));
    g_assert_true(image_probe(file, &info, NULL));
    g_assert_cmpint(info.width, ==, 32);
    g_assert_cmpint(info.height, ==, 48);
    g_assert_cmpstr(info.format, ==, "jpeg");
    image_meta_clear(&info.meta);
    image_free(stored);
    folder_remove(folder);
}

static bool contains(GBytes *bytes, const void *needle, size_t size)
{
    gsize length = bytes != NULL ? g_bytes_get_size(bytes) : 0;
    g_autofree guint8 *copy = length > 0 ? g_memdup2(g_bytes_get_data(bytes, NULL), length) : NULL;

    return bytes_find(copy, length, needle, size) != NULL;
}

// The tag of the GPS block's place, as a big-endian file has it.
static const guint8 GPS_TAG[] = {0x88, 0x25, 0, 4};

static void test_exif_is_carried(void)
{
    static const char *const FORMATS[] = {"png", "jpeg"};

    for (size_t f = 0; f < G_N_ELEMENTS(FORMATS); f++) {
        struct image *photo = picture_photo(20, 20, 8, 5);
        struct image_save_params plain = {.format = FORMATS[f]};
        struct image_save_params carry = {.format = FORMATS[f], .keep_metadata = true};

        photo->meta.exif = picture_exif(6, true);

        g_assert_true(contains(photo->meta.exif, GPS_TAG, sizeof(GPS_TAG)));

        struct image *bare = through(photo, &plain);
        struct image *carried = through(photo, &carry);

        g_assert_null(bare->meta.exif);
        g_assert_true(contains(carried->meta.exif, "Tin", 4));
        g_assert_false(contains(carried->meta.exif, GPS_TAG, sizeof(GPS_TAG)));
        image_free(photo);
        image_free(bare);
        image_free(carried);
    }
}

static void test_recipe_beside_exif(void)
{
    struct image *photo = picture_photo(20, 20, 8, 5);
    struct image_save_params params = {
        .format = "jpeg", .keep_metadata = true, .recipe = UNICODE_RECIPE};

    photo->meta.exif = picture_exif(1, true);

    struct image *back = through(photo, &params);

    g_assert_cmpstr(back->meta.recipe, ==, UNICODE_RECIPE);
    g_assert_true(contains(back->meta.exif, "Tin", 4));
    image_free(photo);
    image_free(back);
}

static void test_recipe_too_long_for_jpeg(void)
{
    g_autofree char *text = g_strnfill(40000, 'x');
    struct image_save_params params = {.format = "jpeg", .recipe = text};
    struct image *photo = picture_photo(20, 20, 8, 5);
    g_autoptr(GError) error = NULL;

    g_assert_null(image_encode(photo, &params, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
    image_free(photo);
}

static void test_damaged_exif(void)
{
    g_autoptr(GBytes) exif = picture_exif(6, true);
    gsize size = g_bytes_get_size(exif);

    for (gsize cut = 0; cut < size; cut++) {
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(exif, 0, cut);
        struct metadata_export export = {
            .source = part, .recipe = "Steps: 1", .width = 1, .height = 1};
        g_autoptr(GBytes) out = metadata_for_export(&export);
        g_autofree char *recipe = metadata_recipe(out);

        g_assert_cmpint(metadata_orientation(part), >=, 1);
        g_assert_cmpstr(recipe, ==, "Steps: 1");
    }
}

// ---- hostile files ------------------------------------------------------------------------------

// Refused, or a picture whose first pixel is there and that says that it is not whole, or one that
// lacks nothing: what was cut off was not of the picture.
static bool check_part(GBytes *part, const struct image *whole, bool opens)
{
    g_autoptr(GError) error = NULL;
    struct image *image = image_load_bytes(part, NULL, &error);

    if (image == NULL) {
        g_assert_false(opens);
        g_assert_nonnull(error);
        return false;
    }
    g_assert_no_error(error);
    g_assert_cmpint(image->width, ==, whole->width);
    g_assert_cmpint(image->height, ==, whole->height);
    const bool noted = image->meta.note && strstr(image->meta.note, "cut short");
    const gsize same = noted ? 3 : (gsize)3 * (gsize)whole->width * (gsize)whole->height;
    g_assert_cmpmem(image->rgb, same * sizeof(float), whole->rgb, same * sizeof(float));
    image_free(image);
    return true;
}

static void test_cut_short(void)
{
    for (const struct codec *const *codec = codec_all(); *codec != NULL; codec++) {
        if ((*codec)->write == NULL) {
            continue;
        }

        struct image_save_params params = {.format = (*codec)->name, .recipe = ASCII_RECIPE};
        struct image *photo = picture_photo(40, 30, 8, 9);
        g_autoptr(GBytes) file = encode(photo, &params);
        gsize size = g_bytes_get_size(file);

        struct image *whole = decode(file);
        bool opens = false; // from some length on

        for (gsize cut = 0; cut < size; cut += cut < 200 || cut > size - 200 ? 1 : 17) {
            g_autoptr(GBytes) part = g_bytes_new_from_bytes(file, 0, cut);

            opens = check_part(part, whole, opens);
        }
        image_free(photo);
        image_free(whole);
    }
}

// Any byte may change: the picture may be refused or read, nothing else.
static void test_corrupt(void)
{
    for (const struct codec *const *codec = codec_all(); *codec != NULL; codec++) {
        if ((*codec)->write == NULL) {
            continue;
        }

        struct image *photo = picture_photo(40, 30, 8, 9);
        g_autoptr(GBytes) exif = picture_exif(6, true);
        g_autoptr(GBytes) file = write_with_exif((*codec)->name, photo, exif);
        gsize size = g_bytes_get_size(file);

        for (gsize at = 0; at < size; at += at < 400 ? 1 : 7) {
            guint8 *bytes = g_memdup2(g_bytes_get_data(file, NULL), size);

            bytes[at] ^= (guint8)(0x5a + at);

            g_autoptr(GBytes) damaged = g_bytes_new_take(bytes, size);

            image_free(image_load_bytes(damaged, NULL, NULL));
        }
        image_free(photo);
    }
}

static void test_not_a_picture(void)
{
    static const char TEXT[] = "This is a letter, not a picture.\n";
    g_autoptr(GBytes) empty = g_bytes_new_static("", 0);
    g_autoptr(GBytes) text = g_bytes_new_static(TEXT, sizeof(TEXT) - 1);
    g_autoptr(GFile) folder = g_file_new_for_path(g_get_tmp_dir());
    g_autoptr(GFile) nothing = g_file_new_for_path("/nonexistent/photo.png");
    g_autoptr(GFile) device = g_file_new_for_path("/dev/zero");
    g_autoptr(GError) error = NULL;

    assert_refused(empty);
    assert_refused(text);
    g_assert_null(image_load(folder, NULL, NULL));
    g_assert_null(image_load(device, NULL, NULL));
    g_assert_null(image_load(nothing, NULL, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    g_assert_true(g_str_has_prefix(error->message, "photo.png: "));
}

// Transparency is lost in JPEG, which is said; where all is opaque there is nothing to say.
static void test_note(void)
{
    static const struct {
        const char *name, *format;
        float alpha;
        bool said;
    } CASES[] = {{"/x.jpg", NULL, 0.5f, true},   {"/x.jpg", NULL, 1.0f, false},
                 {"/x.png", NULL, 0.5f, false},  {"/x.webp", NULL, 0.5f, false},
                 {"/x.tif", NULL, 0.5f, false},  {"/x.png", "jpeg", 0.5f, true},
                 {"/x.heic", NULL, 0.5f, false}, {"/x", NULL, 0.5f, false}};

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct image *image = image_new(3, 2, true, NULL);
        struct image_save_params params = {.format = CASES[i].format};
        g_autoptr(GFile) file = g_file_new_for_path(CASES[i].name);

        for (int k = 0; k < 6; k++) {
            image->alpha[k] = k == 4 ? CASES[i].alpha : 1.0f;
        }
        g_assert_true((image_save_note(image, file, &params) != NULL) == CASES[i].said);
        image_free(image);
    }
}

// Of a codec for several formats, too.
static void test_format_is_named(void)
{
    static const struct {
        const char *bytes, *format;
        gsize size;
    } CASES[] = {
        {"P5 1 1 255\nx", "pnm", 12},
        {"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;", "gif", 35},
        {"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0\1\0\x18\0\0\0\0\0\4\0\0\0"
         "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\0\0\0",
         "bmp", 58},
    };
    char *folder = folder_create();
    g_autofree char *path = g_build_filename(folder, "picture", NULL);
    g_autoptr(GFile) file = g_file_new_for_path(path);

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct image_info info;
        g_autoptr(GError) error = NULL;

        g_assert_true(g_file_set_contents(path, CASES[i].bytes, (gssize)CASES[i].size, NULL));
        g_assert_true(image_probe(file, &info, &error));
        g_assert_cmpstr(info.format, ==, CASES[i].format);
        image_meta_clear(&info.meta);
    }
    folder_remove(folder);
}

static void test_cancel(void)
{
    static const char *const FORMATS[] = {"png", "jpeg"};
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    struct task task = {.cancellable = cancel};

    g_cancellable_cancel(cancel);
    for (size_t f = 0; f < G_N_ELEMENTS(FORMATS); f++) {
        struct image_save_params params = {.format = FORMATS[f]};
        struct image *photo = picture_photo(40, 30, 8, 9);
        g_autoptr(GBytes) file = encode(photo, &params);
        g_autoptr(GError) error = NULL;

        g_assert_null(image_load_bytes(file, &task, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        g_clear_error(&error);
        params.task = &task;
        g_assert_null(image_encode(photo, &params, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        image_free(photo);
    }
}

// ---- saving -------------------------------------------------------------------------------------

// Saves over a good file in a way that must fail; the good file and nothing else is there
// afterwards.
static void assert_save_fails(const char *folder, GFile *file, const struct image *image)
{
    struct image_save_params params = {.format = "png"};
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) before = g_file_load_bytes(file, NULL, NULL, NULL);
    int count = folder_count(folder);

    g_assert_false(image_save(image, file, &params, &error));
    g_assert_nonnull(error);
    g_test_message("%s", error->message);

    g_autoptr(GBytes) after = g_file_load_bytes(file, NULL, NULL, NULL);

    g_assert_true(g_bytes_equal(before, after));
    g_assert_cmpint(folder_count(folder), ==, count);
}

struct late {
    const char *folder;
    GCancellable *cancel;
};

// Cancels as soon as the new file is beside the old one.
static void *cancel_late(void *data)
{
    const struct late *late = data;

    while (folder_count(late->folder) < 2) {
        g_usleep(100);
    }
    g_cancellable_cancel(late->cancel);
    return NULL;
}

// Stopped while the disk is written to: the old file whole, nothing beside it.
static void test_cancel_writing(void)
{
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    char *folder = folder_create();
    g_autofree char *path = g_build_filename(folder, "photo.png", NULL);
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image_save_params params = {.bits = 16};
    struct image *small = picture_photo(20, 20, 8, 9), *large = picture_photo(2000, 1500, 16, 9);
    struct late late = {folder, cancel};
    struct task task = {.cancellable = cancel};

    g_assert_true(image_save(small, file, &params, &error));

    g_autoptr(GBytes) before = g_file_load_bytes(file, NULL, NULL, NULL);
    GThread *thread = g_thread_new("cancel", cancel_late, &late);

    params.task = &task;
    g_assert_false(image_save(large, file, &params, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_thread_join(thread);

    g_autoptr(GBytes) after = g_file_load_bytes(file, NULL, NULL, NULL);

    g_assert_true(g_bytes_equal(before, after));
    g_assert_cmpint(folder_count(folder), ==, 1);
    image_free(small);
    image_free(large);
    folder_remove(folder);
}

static void test_full_disk(void)
{
    char *folder = folder_create();
    g_autofree char *path = g_build_filename(folder, "photo.png", NULL);
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image_save_params params = {.format = "png"};
    struct image *photo = picture_photo(100, 100, 8, 9);
    struct rlimit old;

    g_assert_true(image_save(photo, file, &params, NULL));
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &old), ==, 0);
    signal(SIGXFSZ, SIG_IGN);

    struct rlimit small = {4096, old.rlim_max};

    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
    assert_save_fails(folder, file, photo);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &old), ==, 0);
    image_free(photo);
    folder_remove(folder);
}

static void test_read_only_folder(void)
{
    if (geteuid() == 0) {
        g_test_skip("root may write everywhere");
        return;
    }

    char *folder = folder_create();
    g_autofree char *path = g_build_filename(folder, "photo.png", NULL);
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image_save_params params = {.format = "png"};
    struct image *photo = picture_photo(100, 100, 8, 9);

    g_assert_true(image_save(photo, file, &params, NULL));
    g_chmod(folder, 0555);
    assert_save_fails(folder, file, photo);
    g_chmod(folder, 0755);
    image_free(photo);
    folder_remove(folder);
}

static void test_save_refuses(void)
{
    char *folder = folder_create();
    struct image *photo = picture_photo(10, 10, 8, 9);
    g_autoptr(GFile) itself = g_file_new_for_path(folder);
    g_autoptr(GFile) unknown = g_file_new_build_filename(folder, "photo.xyz", NULL);
    g_autoptr(GFile) reader_only = g_file_new_build_filename(folder, "photo.gif", NULL);
    g_autoptr(GFile) nowhere = g_file_new_for_path("/nonexistent/photo.png");
    g_autoptr(GFile) device = g_file_new_for_path("/dev/full");
    struct image_save_params by_suffix = {0}, png = {.format = "png"};

    g_assert_false(image_save(photo, itself, &png, NULL));
    g_assert_false(image_save(photo, unknown, &by_suffix, NULL));
    g_assert_false(image_save(photo, reader_only, &by_suffix, NULL));
    g_assert_false(image_save(photo, nowhere, &by_suffix, NULL));
    g_assert_false(image_save(photo, device, &png, NULL));
    g_assert_cmpint(folder_count(folder), ==, 0);
    image_free(photo);
    folder_remove(folder);
}

// What can be told before there is a picture, in one sentence with the file's name.
static void test_save_check(void)
{
    char *folder = folder_create();
    const struct {
        const char *name;
        struct image_save_params params;
        const char *said; // NULL: can be saved
    } cases[] = {
        {"photo.png", {0}, NULL},
        {"photo.JPG", {.bits = 16, .quality = 1}, NULL},
        {"photo", {.format = "png"}, NULL},
        {"photo", {0}, "photo: pictures can be saved as"},
        {"photo.xyz", {0}, "photo.xyz: pictures can be saved as"},
        {"photo.gif", {0}, "photo.gif: pictures can be saved as"},
        {"photo.png", {.bits = 12}, "photo.png: bits"},
        {"photo.jpg", {.quality = -1}, "photo.jpg: quality"},
        {"none/photo.png", {0}, "photo.png: nothing can be put into"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GFile) file = g_file_new_build_filename(folder, cases[i].name, NULL);
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(image_save_check(file, &cases[i].params, &error), ==,
                        cases[i].said == NULL);
        g_assert_true(cases[i].said == NULL || g_str_has_prefix(error->message, cases[i].said));
    }
    g_assert_cmpint(folder_count(folder), ==, 0);
    folder_remove(folder);
}

static void test_save_through_link(void)
{
    char *folder = folder_create();
    g_autofree char *real = g_build_filename(folder, "real.png", NULL);
    g_autofree char *link = g_build_filename(folder, "link.png", NULL);
    g_autoptr(GFile) real_file = g_file_new_for_path(real);
    g_autoptr(GFile) link_file = g_file_new_for_path(link);
    struct image *first = picture_photo(10, 10, 8, 1), *second = picture_photo(12, 9, 8, 2);
    struct image_save_params params = {0};

    g_assert_true(image_save(first, real_file, &params, NULL));
    g_assert_cmpint(g_chmod(real, 0640), ==, 0);
    g_assert_cmpint(symlink(real, link), ==, 0);
    g_assert_true(image_save(second, link_file, &params, NULL));

    struct image *back = image_load(real_file, NULL, NULL);
    GStatBuf status;

    picture_assert_same(back, second);
    g_assert_true(g_file_test(link, G_FILE_TEST_IS_SYMLINK));
    g_assert_cmpint(g_stat(real, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0640);
    image_free(first);
    image_free(second);
    image_free(back);
    folder_remove(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/file/desktop-file", test_desktop_file);
    g_test_add_func("/file/table", test_table);
    g_test_add_func("/file/writers", test_writers);
    g_test_add_func("/file/recipe-from-disk", test_recipe_from_disk);
    g_test_add_func("/file/old-recipe-is-not-passed-on", test_old_recipe_is_not_passed_on);
    g_test_add_func("/file/png-exact", test_png_exact);
    g_test_add_func("/file/png-alpha-exact", test_png_alpha_exact);
    g_test_add_func("/file/jpeg-lays-alpha-on-white", test_jpeg_lays_alpha_on_white);
    g_test_add_func("/file/note", test_note);
    g_test_add_func("/file/orientation-is-applied", test_orientation_is_applied);
    g_test_add_func("/file/probe-is-upright", test_probe_is_upright);
    g_test_add_func("/file/exif-is-carried", test_exif_is_carried);
    g_test_add_func("/file/recipe-beside-exif", test_recipe_beside_exif);
    g_test_add_func("/file/recipe-too-long-for-jpeg", test_recipe_too_long_for_jpeg);
    g_test_add_func("/file/damaged-exif", test_damaged_exif);
    g_test_add_func("/file/cut-short", test_cut_short);
    g_test_add_func("/file/corrupt", test_corrupt);
    g_test_add_func("/file/not-a-picture", test_not_a_picture);
    g_test_add_func("/file/format-is-named", test_format_is_named);
    g_test_add_func("/file/cancel", test_cancel);
    g_test_add_func("/file/cancel-writing", test_cancel_writing);
    g_test_add_func("/file/full-disk", test_full_disk);
    g_test_add_func("/file/read-only-folder", test_read_only_folder);
    g_test_add_func("/file/save-refuses", test_save_refuses);
    g_test_add_func("/file/save-check", test_save_check);
    g_test_add_func("/file/save-through-link", test_save_through_link);
    return g_test_run();
}
