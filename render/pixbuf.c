// The formats that only gdk-pixbuf reads, as far as their loaders are installed: WebP, the rarer
// kinds of TIFF, GIF, BMP, HEIF, AVIF, JPEG XL. Eight bits a channel.
#include "render/codec.h"

#include "compute/error.h"
#include "render/metadata.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <string.h>

// Bytes at an offset that identify a format. Formats without such bytes are not opened: a loader
// that tries everything is not for hostile input.
struct magic {
    const char *bytes;
    size_t offset, size;
    const char *title, *mime;
    const char *package; // Debian's, of the loader; NULL: there is none of its own
};

static const struct magic MAGICS[] = {
    {"GIF8", 0, 4, "GIF", "image/gif", NULL},
    {"BM", 0, 2, "BMP", "image/bmp", NULL},
    {"II*\0", 0, 4, "TIFF", "image/tiff", NULL},
    {"MM\0*", 0, 4, "TIFF", "image/tiff", NULL},
    {"WEBP", 8, 4, "WebP", "image/webp", "webp-pixbuf-loader"},
    {"\xff\x0a", 0, 2, "JPEG XL", "image/jxl", NULL},
    {"\0\0\0\x0cJXL ", 0, 8, "JPEG XL", "image/jxl", NULL},
};

static const struct magic AVIF = {"ftyp", 4, 4, "AVIF", "image/avif", "libavif-gdk-pixbuf"};
static const struct magic HEIF = {"ftyp", 4, 4, "HEIC", "image/heif", "heif-gdk-pixbuf"};

// What the box `ftyp` may name, first of all or among what the file is compatible with: also of
// ten bits, of image sequences, and of either kind. Films and raw photos name others.
static const char *const AVIF_BRANDS[] = {"avif", "avis", NULL};
static const char *const HEIF_BRANDS[] = {"heic", "heix", "heim", "heis", "hevc", "hevx",
                                          "hevm", "hevs", "mif1", "msf1", NULL};

static bool is_brand(const uint8_t *data, const char *const *brands)
{
    char brand[5] = {0};

    memcpy(brand, data, 4);
    return g_strv_contains(brands, brand);
}

// The kinds that two brands, mif1 and msf1, leave open are told by those that follow.
static const struct magic *find_brand(const uint8_t *data, size_t size)
{
    const struct magic *found = NULL;
    guint32 box = 0; // bytes

    if (size < 16 || memcmp(data + 4, "ftyp", 4) != 0) {
        return NULL;
    }
    memcpy(&box, data, sizeof(box));
    box = GUINT32_FROM_BE(box);
    for (size_t at = 8; box <= size && at + 4 <= box; at += at == 8 ? 8 : 4) { // skips the version
        if (is_brand(data + at, AVIF_BRANDS)) {
            return found == &HEIF && data[8] == 'h' ? found : &AVIF;
        }
        if (is_brand(data + at, HEIF_BRANDS)) {
            found = &HEIF;
        }
    }
    return found;
}

static const struct magic *magic_find(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < G_N_ELEMENTS(MAGICS); i++) {
        const struct magic *magic = &MAGICS[i];

        if (size >= magic->offset + magic->size &&
            memcmp(data + magic->offset, magic->bytes, magic->size) == 0) {
            return magic;
        }
    }
    return find_brand(data, size);
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

static bool has_loader(const struct magic *magic)
{
    GSList *formats = gdk_pixbuf_get_formats();
    bool found = false;

    for (GSList *at = formats; at != NULL; at = at->next) {
        g_auto(GStrv) types = gdk_pixbuf_format_get_mime_types(at->data);

        found = found || g_strv_contains((const char *const *)types, magic->mime);
    }
    g_slist_free(formats);
    return found;
}

static void explain(GBytes *file, GError **error)
{
    const struct magic *magic = magic_find(g_bytes_get_data(file, NULL), g_bytes_get_size(file));
    g_autofree char *reason = g_strdup((*error)->message);

    if ((*error)->domain != GDK_PIXBUF_ERROR) {
        return;
    }
    g_clear_error(error);
    if (!has_loader(magic)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    "%s pictures are read by a gdk-pixbuf loader that is not installed%s%s",
                    magic->title, magic->package != NULL ? "; the package is " : "",
                    magic->package != NULL ? magic->package : "");
    } else {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    "the %s data is damaged, or of a kind that cannot be read (%s)", magic->title,
                    reason);
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

// ---- WebP ---------------------------------------------------------------------------------------

// The loader says nothing of EXIF and XMP, which are pieces of the file: a name of four letters, a
// length, and so many bytes. NULL: there is none of that name, or the file is not WebP.
static GBytes *find_piece(GBytes *file, const char *name)
{
    enum { HEAD = 8 };
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);
    gsize at = size >= 12 && memcmp(data, "RIFF", 4) == 0 ? 12 : size;

    while (size - at > HEAD) {
        guint32 length;
        const bool found = memcmp(data + at, name, 4) == 0;

        memcpy(&length, data + at + 4, sizeof(length));
        length = GUINT32_FROM_LE(length);
        at += HEAD;
        if (length > size - at) {
            return NULL;
        }
        if (found && length > 0) {
            return g_bytes_new_from_bytes(file, at, length);
        }
        at = MIN(at + length + length % 2, size);
    }
    return NULL;
}

// Some write JPEG's marker before it.
static GBytes *webp_exif(GBytes *file)
{
    static const char MARKER[6] = "Exif\0";
    GBytes *exif = find_piece(file, "EXIF");
    gsize size = exif != NULL ? g_bytes_get_size(exif) : 0;

    if (size > sizeof(MARKER) &&
        memcmp(g_bytes_get_data(exif, NULL), MARKER, sizeof(MARKER)) == 0) {
        GBytes *block = g_bytes_new_from_bytes(exif, sizeof(MARKER), size - sizeof(MARKER));

        g_bytes_unref(exif);
        return block;
    }
    return exif;
}

// ---- the codec ----------------------------------------------------------------------------------

// Where there is EXIF, it says how to turn the picture; else what the loader says.
static struct image *read_image(GBytes *file, struct task *task, GError **error)
{
    struct size_check check = {0};
    g_autoptr(GdkPixbuf) stored = decode(file, &check, task, error);

    if (stored == NULL) {
        return NULL;
    }

    // Only the pixbuf as stored knows the profile: turning it drops its metadata.
    g_autoptr(GBytes) exif = webp_exif(file);
    g_autoptr(GdkPixbuf) upright =
        exif != NULL ? g_object_ref(stored) : gdk_pixbuf_apply_embedded_orientation(stored);
    struct image *image = image_new(gdk_pixbuf_get_width(upright), gdk_pixbuf_get_height(upright),
                                    gdk_pixbuf_get_has_alpha(upright), error);

    if (image != NULL) {
        take_rows(upright, image);
        image->meta.bits = 8;
        image->meta.icc = take_profile(stored);
        image->meta.exif = g_steal_pointer(&exif);
        image->meta.xmp = find_piece(file, "XMP ");
        image->meta.recipe = metadata_recipe(image->meta.exif);
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
    .suffixes =
        (const char *const[]){"webp", "gif", "bmp", "heic", "heif", "hif", "avif", "jxl", NULL},
    .sniff = sniff,
    .read_info = read_info,
    .read = read_image,
};
