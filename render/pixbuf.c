// The formats that only gdk-pixbuf reads, as far as their loaders are installed: WebP, the rarer
// kinds of TIFF, GIF, BMP, HEIF, AVIF, JPEG XL. Eight bits a channel.
#include "render/codec.h"

#include "compute/error.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <string.h>

// Bytes at an offset that identify a format. Formats without such bytes are not opened: a loader
// that tries everything is not for hostile input.
struct magic {
    const char *bytes;
    size_t offset, size;
    const char *title;
};

static const struct magic MAGICS[] = {
    {"GIF8", 0, 4, "GIF"},         {"BM", 0, 2, "BMP"},
    {"II*\0", 0, 4, "TIFF"},       {"MM\0*", 0, 4, "TIFF"},
    {"WEBP", 8, 4, "WebP"},        {"ftypavif", 4, 8, "AVIF"},
    {"ftypheic", 4, 8, "HEIF"},    {"ftypmif1", 4, 8, "HEIF"},
    {"\xff\x0a", 0, 2, "JPEG XL"}, {"\0\0\0\x0cJXL ", 0, 8, "JPEG XL"},
};

static const struct magic *magic_find(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < G_N_ELEMENTS(MAGICS); i++) {
        const struct magic *magic = &MAGICS[i];

        if (size >= magic->offset + magic->size &&
            memcmp(data + magic->offset, magic->bytes, magic->size) == 0) {
            return magic;
        }
    }
    return NULL;
}

static bool sniff(const uint8_t *data, size_t size)
{
    return magic_find(data, size) != NULL;
}

struct size_check {
    int width, height;
    GError *error;
};

// Runs when the header has been read; a size of zero makes the loader give up before it asks for
// memory.
static void size_prepared_cb(GdkPixbufLoader *loader, int width, int height, gpointer user_data)
{
    struct size_check *check = user_data;

    check->width = width;
    check->height = height;
    if (check->error == NULL && !image_check_size(width, height, &check->error)) {
        gdk_pixbuf_loader_set_size(loader, 0, 0);
    }
}

static bool feed(GdkPixbufLoader *loader, GBytes *file, const struct size_check *check,
                 struct task *task, GError **error)
{
    enum { STEP = 1 << 16 };
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);

    for (gsize at = 0; at < size && check->error == NULL; at += STEP) {
        if (task_cancelled(task, error) ||
            !gdk_pixbuf_loader_write(loader, data + at, MIN(STEP, size - at), error)) {
            return false;
        }
    }
    return true;
}

static void explain(GBytes *file, GError **error)
{
    const char *title = magic_find(g_bytes_get_data(file, NULL), g_bytes_get_size(file))->title;

    if (g_error_matches(*error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_UNKNOWN_TYPE)) {
        g_clear_error(error);
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
            "this %s picture is cut short, or the gdk-pixbuf loader for it is not installed",
            title);
    } else if ((*error)->domain == GDK_PIXBUF_ERROR) {
        g_autofree char *reason = g_strdup((*error)->message);

        g_clear_error(error);
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, "the %s data is damaged (%s)",
                    title, reason);
    }
}

// A pixbuf of the whole file, as stored; NULL with an error in this program's terms.
static GdkPixbuf *decode(GBytes *file, struct size_check *check, struct task *task, GError **error)
{
    g_autoptr(GdkPixbufLoader) loader = gdk_pixbuf_loader_new();
    GdkPixbuf *pixbuf = NULL;
    GError *own = NULL;

    g_signal_connect(loader, "size-prepared", G_CALLBACK(size_prepared_cb), check);

    bool fed = feed(loader, file, check, task, &own);
    bool closed = gdk_pixbuf_loader_close(loader, fed ? &own : NULL);

    if (check->error != NULL) {
        g_clear_error(&own);
        g_propagate_error(error, g_steal_pointer(&check->error));
        return NULL;
    }
    if (fed && closed) {
        pixbuf = gdk_pixbuf_loader_get_pixbuf(loader);
    }
    if (pixbuf == NULL) {
        if (own == NULL) {
            g_set_error_literal(&own, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                                "the file holds no picture");
        }
        explain(file, &own);
        g_propagate_error(error, own);
        return NULL;
    }
    return g_object_ref(pixbuf);
}

static void take_rows(const GdkPixbuf *pixbuf, struct image *image)
{
    int channels = gdk_pixbuf_get_n_channels(pixbuf), stride = gdk_pixbuf_get_rowstride(pixbuf);
    const uint8_t *pixels = gdk_pixbuf_read_pixels(pixbuf);

    for (int y = 0; y < image->height; y++) {
        const uint8_t *row = pixels + (size_t)y * stride;
        size_t first = (size_t)y * image->width;

        for (int x = 0; x < image->width; x++, row += channels) {
            for (int c = 0; c < 3; c++) {
                image->rgb[3 * (first + x) + c] = row[c] / 255.0f;
            }
            if (image->alpha != NULL) {
                image->alpha[first + x] = row[3] / 255.0f;
            }
        }
    }
}

static GBytes *take_profile(GdkPixbuf *pixbuf)
{
    const char *text = gdk_pixbuf_get_option(pixbuf, "icc-profile");
    gsize size = 0;
    guchar *profile = text != NULL ? g_base64_decode(text, &size) : NULL;

    return profile != NULL ? g_bytes_new_take(profile, size) : NULL;
}

static struct image *read_image(GBytes *file, struct task *task, GError **error)
{
    struct size_check check = {0};
    g_autoptr(GdkPixbuf) stored = decode(file, &check, task, error);

    if (stored == NULL) {
        return NULL;
    }

    // Only the pixbuf as stored knows the profile: turning it drops its metadata.
    g_autoptr(GdkPixbuf) upright = gdk_pixbuf_apply_embedded_orientation(stored);
    struct image *image = image_new(gdk_pixbuf_get_width(upright), gdk_pixbuf_get_height(upright),
                                    gdk_pixbuf_get_has_alpha(upright), error);

    if (image != NULL) {
        take_rows(upright, image);
        image->meta.bits = 8;
        image->meta.icc = take_profile(stored);
    }
    return image;
}

// These formats give their orientation only together with their pixels, so the pixels are turned
// here.
static bool read_info(GBytes *file, struct image_info *info, GError **error)
{
    struct image *image = read_image(file, NULL, error);

    if (image == NULL) {
        return false;
    }
    info->width = image->width;
    info->height = image->height;
    image_meta_copy(&image->meta, &info->meta);
    image_free(image);
    return true;
}

const struct codec pixbuf_codec = {
    .name = "pixbuf",
    .title = "WebP, GIF, BMP and others",
    .suffixes = (const char *const[]){"webp", "gif", "bmp", "heic", "heif", "avif", "jxl", NULL},
    .sniff = sniff,
    .read_info = read_info,
    .read = read_image,
};
