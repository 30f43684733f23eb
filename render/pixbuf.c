// The formats that only gdk-pixbuf reads, as far as their loaders are installed: WebP, GIF, BMP,
// icons. Eight bits a channel.
#include "render/codec.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "render/metadata.h"
#include "render/pixbuf_profile.h"
#include "render/webp_pieces.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// Bytes at an offset that identify a format. Formats without such bytes are not opened: a loader
// that tries everything is not for hostile input.
struct magic {
    const char *bytes;
    size_t offset, size;
    const char *name, *title, *mime;
    const char *package; // Debian's, of the loader; NULL: there is none of its own
};

static const struct magic MAGICS[] = {
    {"GIF8", 0, 4, "gif", "GIF", "image/gif", NULL},
    {"BM", 0, 2, "bmp", "BMP", "image/bmp", NULL},
    {"WEBP", 8, 4, "webp", "WebP", "image/webp", "webp-pixbuf-loader"},
    {"\0\0\1\0", 0, 4, "ico", "icon", "image/x-icon", NULL},
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

// What the loader says while it works.
struct progress {
    int width, height;
    uint8_t *rows; // (height); not zero: drawn
    bool any;      // of them
    GError *error;
};

static void progress_clear(struct progress *progress)
{
    g_free(progress->rows);
    g_clear_error(&progress->error);
}

// Runs when the header has been read; a size of zero makes the loader give up before it asks for
// memory.
static void size_prepared_cb(GdkPixbufLoader *loader, int width, int height, gpointer user_data)
{
    struct progress *progress = user_data;

    if (progress->error != NULL || progress->rows != NULL) {
        return;
    }
    if (!image_check_size(width, height, &progress->error)) {
        gdk_pixbuf_loader_set_size(loader, 0, 0);
        return;
    }
    progress->width = width;
    progress->height = height;
    progress->rows = g_malloc0((gsize)height);
}

static void area_updated_cb(GdkPixbufLoader *loader, int x, int y, int width, int height,
                            gpointer user_data)
{
    struct progress *progress = user_data;

    for (int row = MAX(y, 0); height > 0 && row < MIN(progress->height, y + height); row++) {
        progress->rows[row] = 1;
        progress->any = true;
    }
}

static bool feed(GdkPixbufLoader *loader, GBytes *file, const struct progress *progress,
                 struct task *task, GError **error)
{
    enum { STEP = 1 << 16 };
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);

    for (gsize at = 0; at < size && progress->error == NULL; at += STEP) {
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

// ---- BMP ----------------------------------------------------------------------------------------

struct bitmap {
    guint32 head;   // bytes of file header, header and masks
    guint32 colors; // of its palette, as far as the header says
    guint64 pixels; // bytes of them; 0 where they are packed
};

// False where the file is no bitmap, or not one of Windows.
static bool read_bitmap(const uint8_t *data, gsize size, struct bitmap *b)
{
    enum { FILE_HEAD = 14, HEAD = 40, BITFIELDS = 3, MASKS = 12 };

    if (size < FILE_HEAD + HEAD || memcmp(data, "BM", 2) != 0) {
        return false;
    }

    const guint32 head = codec_little_endian(data + 14, 4),
                  bits = codec_little_endian(data + 28, 2);
    const guint32 packing = codec_little_endian(data + 30, 4),
                  used = codec_little_endian(data + 46, 4);
    const gint64 width = (gint32)codec_little_endian(data + 18, 4);
    const gint64 height = ABS((gint64)(gint32)codec_little_endian(data + 22, 4));
    const guint32 most = bits <= 8 ? 1u << bits : 0;

    b->head = FILE_HEAD + head + (packing == BITFIELDS && head == HEAD ? MASKS : 0);
    b->colors = used > 0 ? MIN(used, most) : most;
    b->pixels = packing == 0 || packing == BITFIELDS
                    ? (guint64)((MAX(width, 0) * bits + 31) / 32 * 4 * height)
                    : 0;
    return head >= HEAD && head <= G_MAXINT16 && bits <= 32 && width <= IMAGE_MAX_SIDE &&
           height <= IMAGE_MAX_SIDE;
}

// Some writers leave the place of the pixels out, or name the end of the header. Others have a
// palette shorter than the depth allows and do not say so. gdk-pixbuf takes the one for the other:
// both are made good by what the file has room for.
static GBytes *with_sound_palette(GBytes *file)
{
    enum { OFFSET_AT = 10, USED_AT = 46 };
    struct bitmap b;
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);

    if (!read_bitmap(data, size, &b)) {
        return g_bytes_ref(file);
    }

    const guint32 begin = b.head + 4 * b.colors, offset = codec_little_endian(data + OFFSET_AT, 4);
    const bool room = begin + b.pixels <= size;

    if (offset >= begin || (!room && offset < b.head + 4)) {
        return g_bytes_ref(file);
    }

    guint8 *mended = g_memdup2(data, size);
    const guint32 value = GUINT32_TO_LE(room ? begin : (offset - b.head) / 4);

    memcpy(mended + (room ? OFFSET_AT : USED_AT), &value, sizeof(value));
    return g_bytes_new_take(mended, size);
}

// ---- the loader ---------------------------------------------------------------------------------

static void explain(GBytes *file, GError **error)
{
    const struct magic *magic = magic_find(g_bytes_get_data(file, NULL), g_bytes_get_size(file));
    g_autofree char *reason = g_strdup((*error)->message);

    if ((*error)->domain != GDK_PIXBUF_ERROR) {
        return;
    }
    g_clear_error(error);
    if (!has_loader(magic)) {
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
            magic->package != NULL
                ? _("%s pictures are read by a gdk-pixbuf loader that is not installed; the "
                    "package is %s")
                : _("%s pictures are read by a gdk-pixbuf loader that is not installed; save "
                    "the picture as PNG or TIFF first"),
            magic->title, magic->package);
    } else {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("the %s data is damaged, or of a kind that cannot be read (%s)"),
                    magic->title, reason);
    }
}

struct decoded {
    GdkPixbuf *pixbuf; // as stored
    uint8_t *rows;     // (height), not zero: drawn; NULL: all are
    bool several;      // it is the first of more
    struct webp_frame frame;
};

static void decoded_clear(struct decoded *decoded)
{
    g_clear_object(&decoded->pixbuf);
    g_clear_pointer(&decoded->rows, g_free);
    webp_frame_clear(&decoded->frame);
}

// The loader of BMP takes a file that is cut short for whole; it draws row by row.
static bool is_drawn_by_rows(GBytes *file)
{
    const struct magic *magic = magic_find(g_bytes_get_data(file, NULL), g_bytes_get_size(file));

    return strcmp(magic->title, "BMP") == 0;
}

static bool has_all_rows(const struct progress *progress)
{
    return progress->height > 0 && memchr(progress->rows, 0, (gsize)progress->height) == NULL;
}

// What the loader has made of the file. Where it stumbled, that is what it had drawn by then.
static void take_decoded(GdkPixbufLoader *loader, struct progress *progress, bool whole,
                         struct decoded *decoded)
{
    GdkPixbufAnimation *frames = gdk_pixbuf_loader_get_animation(loader);
    GdkPixbuf *pixbuf = gdk_pixbuf_loader_get_pixbuf(loader);
    const bool drawn = whole || (progress->any && pixbuf != NULL &&
                                 gdk_pixbuf_get_height(pixbuf) == progress->height);

    if (pixbuf != NULL && drawn) {
        decoded->pixbuf = g_object_ref(pixbuf);
        decoded->several = frames != NULL && !gdk_pixbuf_animation_is_static_image(frames);
        decoded->rows = whole ? NULL : g_steal_pointer(&progress->rows);
    }
}

static bool run_loader(GBytes *file, struct progress *progress, struct task *task,
                       struct decoded *decoded, GError **error)
{
    g_autoptr(GdkPixbufLoader) loader = gdk_pixbuf_loader_new();
    GError *own = NULL;

    g_signal_connect(loader, "size-prepared", G_CALLBACK(size_prepared_cb), progress);
    g_signal_connect(loader, "area-updated", G_CALLBACK(area_updated_cb), progress);

    bool fed = feed(loader, file, progress, task, &own);
    bool closed = gdk_pixbuf_loader_close(loader, fed ? &own : NULL);

    if (progress->error != NULL) {
        g_clear_error(&own);
        g_propagate_error(error, g_steal_pointer(&progress->error));
        return false;
    }
    if (own == NULL || own->domain == GDK_PIXBUF_ERROR) {
        bool whole = fed && closed && (has_all_rows(progress) || !is_drawn_by_rows(file));

        take_decoded(loader, progress, whole, decoded);
    }
    if (decoded->pixbuf == NULL) {
        if (own == NULL) {
            g_set_error_literal(&own, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                                _("the file is damaged or cut short, and holds no picture"));
        }
        explain(file, &own);
        g_propagate_error(error, own);
        return false;
    }
    g_clear_error(&own);
    return true;
}

// False with an error in this program's terms.
static bool decode(GBytes *file, struct task *task, struct decoded *decoded, GError **error)
{
    struct progress progress = {0};
    g_autoptr(GBytes) sound = with_sound_palette(file);
    GError *own = NULL;

    if (!webp_first_frame(file, &decoded->frame, &own)) {
        explain(file, &own);
        g_propagate_error(error, own);
        return false;
    }

    const struct webp_frame *frame = &decoded->frame;
    bool ok =
        run_loader(frame->still != NULL ? frame->still : sound, &progress, task, decoded, error);

    decoded->several = decoded->several || frame->several;
    progress_clear(&progress);
    return ok;
}

static void take_row(const uint8_t *row, int channels, int y, struct image *image)
{
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

// Loaders of animations give every picture an alpha channel.
static bool is_opaque(const GdkPixbuf *pixbuf)
{
    const int width = gdk_pixbuf_get_width(pixbuf), height = gdk_pixbuf_get_height(pixbuf);
    const size_t stride = (size_t)gdk_pixbuf_get_rowstride(pixbuf);
    const uint8_t *pixels = gdk_pixbuf_read_pixels(pixbuf);

    for (int y = 0; gdk_pixbuf_get_has_alpha(pixbuf) && y < height; y++) {
        for (int x = 0; x < width; x++) {
            if (pixels[(size_t)y * stride + 4 * (size_t)x + 3] != 255) {
                return false;
            }
        }
    }
    return true;
}

// Memory of rows that the loader did not come to may hold anything.
static void clear_row(int y, struct image *image)
{
    size_t first = (size_t)y * image->width, width = (size_t)image->width;

    memset(image->rgb + 3 * first, 0, 3 * width * sizeof(float));
    if (image->alpha != NULL) {
        memset(image->alpha + first, 0, width * sizeof(float));
    }
}

static struct image *take_pixels(const struct decoded *decoded, GError **error)
{
    const GdkPixbuf *pixbuf = decoded->pixbuf;
    const uint8_t *pixels = gdk_pixbuf_read_pixels(pixbuf);
    const size_t stride = (size_t)gdk_pixbuf_get_rowstride(pixbuf);
    struct image *image = image_new(
        gdk_pixbuf_get_width(pixbuf), gdk_pixbuf_get_height(pixbuf),
        decoded->rows != NULL ? gdk_pixbuf_get_has_alpha(pixbuf) : !is_opaque(pixbuf), error);

    for (int y = 0; image != NULL && y < image->height; y++) {
        if (decoded->rows == NULL || decoded->rows[y] != 0) {
            take_row(pixels + (size_t)y * stride, gdk_pixbuf_get_n_channels(pixbuf), y, image);
        } else {
            clear_row(y, image);
        }
    }
    return image;
}

// The loader of WebP does not say what it has drawn; the rest is black.
static struct image *take_drawn(struct image *image, GBytes *file, GError **error)
{
    const gsize count = image != NULL ? (gsize)image->width * (gsize)image->height * 3 : 0;
    bool drawn = image == NULL || !webp_is_cut(file);

    for (gsize i = 0; i < count && !drawn; i++) {
        drawn = image->rgb[i] > 0.0f;
    }
    if (!drawn) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                            _("the file is cut short before its first pixels"));
        g_clear_pointer(&image, image_free);
    }
    return image;
}

// The frame where it lies, in place of the image.
static struct image *take_canvas(struct image *image, const struct webp_frame *frame,
                                 GError **error)
{
    if (image == NULL || frame->still == NULL ||
        (image->width == frame->width && image->height == frame->height)) {
        return image;
    }

    struct image *canvas = image_new(frame->width, frame->height, true, error);
    const gsize width = (gsize)image->width;

    for (int y = 0; canvas != NULL && y < canvas->height; y++) {
        clear_row(y, canvas);
    }
    for (int y = 0; canvas != NULL && y < image->height; y++) {
        const gsize from = (gsize)y * width;
        const gsize to = (gsize)(frame->y + y) * (gsize)canvas->width + (gsize)frame->x;

        memcpy(canvas->rgb + 3 * to, image->rgb + 3 * from, 3 * width * sizeof(float));
        for (gsize x = 0; x < width; x++) {
            canvas->alpha[to + x] = image->alpha != NULL ? image->alpha[from + x] : 1.0f;
        }
    }
    image_free(image);
    return canvas;
}

static GBytes *take_profile(GBytes *file, GdkPixbuf *pixbuf)
{
    const char *text = gdk_pixbuf_get_option(pixbuf, "icc-profile");
    gsize size = 0;
    guchar *profile = text != NULL ? g_base64_decode(text, &size) : NULL;

    return profile != NULL ? g_bytes_new_take(profile, size) : pixbuf_profile(file);
}

// ---- the codec ----------------------------------------------------------------------------------

// Some write JPEG's marker before it.
static GBytes *webp_exif(GBytes *file)
{
    static const char MARKER[6] = "Exif\0";
    GBytes *exif = webp_piece(file, "EXIF");
    gsize size = exif != NULL ? g_bytes_get_size(exif) : 0;

    if (size > sizeof(MARKER) &&
        memcmp(g_bytes_get_data(exif, NULL), MARKER, sizeof(MARKER)) == 0) {
        GBytes *block = g_bytes_new_from_bytes(exif, sizeof(MARKER), size - sizeof(MARKER));

        g_bytes_unref(exif);
        return block;
    }
    return exif;
}

// Pixels a metre in BMP; those of an inch are whole numbers, mostly.
static void take_density(GBytes *file, struct image_meta *meta)
{
    enum { X = 38, Y = 42 };
    static const double INCH = 0.0254; // in metres
    struct bitmap b;
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);

    if (read_bitmap(data, size, &b)) {
        const double x = (gint32)codec_little_endian(data + X, 4);
        const double y = (gint32)codec_little_endian(data + Y, 4);

        meta->density[0] = x > 0 && y > 0 ? round(x * INCH) : 0.0;
        meta->density[1] = x > 0 && y > 0 ? round(y * INCH) : 0.0;
    }
}

static void take_meta(GBytes *file, const struct decoded *decoded, struct image_meta *meta)
{
    meta->bits = 8;
    take_density(file, meta);
    meta->icc = take_profile(file, decoded->pixbuf);
    meta->exif = webp_exif(file);
    codec_take_camera_space(meta);
    meta->xmp = webp_piece(file, "XMP ");
    meta->recipe = metadata_recipe(meta->exif);
    if (decoded->rows != NULL || webp_is_cut(file)) {
        image_meta_note(meta, CODEC_PARTIAL_NOTE);
    }
    if (decoded->several) {
        image_meta_note(meta, CODEC_FIRST_NOTE);
    }
    if (codec_icon_is_set(file)) {
        image_meta_note(meta, CODEC_LARGEST_NOTE);
    }
}

// Loaders of formats with an orientation of their own turn the picture or say how; in others EXIF
// says it, as in other files.
static struct image *read_image(GBytes *file, struct task *task, GError **error)
{
    struct decoded decoded = {0};

    if (!decode(file, task, &decoded, error)) {
        decoded_clear(&decoded);
        return NULL;
    }

    const char *option = gdk_pixbuf_get_option(decoded.pixbuf, "orientation");
    const int orientation = option != NULL ? atoi(option) : 1;
    const struct webp_frame *frame = &decoded.frame;
    struct image *stored = take_pixels(&decoded, error);

    stored = take_drawn(stored, frame->still != NULL ? frame->still : file, error);
    stored = take_canvas(stored, frame, error);

    struct image *image = stored;

    if (stored != NULL) {
        take_meta(file, &decoded, &stored->meta);
        if (stored->meta.exif == NULL && orientation > 1 && orientation <= 8) {
            image = image_orient(stored, orientation, error);
            image_free(stored);
        }
    }
    decoded_clear(&decoded);
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
    info->format = magic_find(g_bytes_get_data(file, NULL), g_bytes_get_size(file))->name;
    image_meta_copy(&image->meta, &info->meta);
    image_free(image);
    return true;
}

const struct codec pixbuf_codec = {
    .name = "pixbuf",
    .title = N_("GIF, BMP and others"),
    .suffixes = (const char *const[]){"gif", "bmp", "ico", NULL},
    .sniff = sniff,
    .read_info = read_info,
    .read = read_image,
};
