// The path of a picture: bytes, codec, colour management, orientation; and back.
#include "render/file.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "compute/replace.h"
#include "render/codec.h"
#include "render/color.h"
#include "render/metadata.h"
#include "render/xmp.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static const goffset MAX_FILE_BYTES = (goffset)2 << 30;

static char *display_name(GFile *file)
{
    g_autofree char *base = g_file_get_basename(file);

    return base != NULL ? g_filename_display_name(base) : g_file_get_uri(file);
}

static void prefix_name(GFile *file, GError **error)
{
    g_autofree char *name = display_name(file);

    g_prefix_error(error, "%s: ", name);
}

// ---- reading ------------------------------------------------------------------------------------

// A device or a pipe might never end, so it is not read at all.
static bool check_readable(GFile *file, struct task *task, GError **error)
{
    g_autoptr(GFileInfo) info =
        g_file_query_info(file, G_FILE_ATTRIBUTE_STANDARD_TYPE "," G_FILE_ATTRIBUTE_STANDARD_SIZE,
                          G_FILE_QUERY_INFO_NONE, task_cancellable(task), error);

    if (info == NULL) {
        return false;
    }
    if (g_file_info_get_file_type(info) != G_FILE_TYPE_REGULAR) {
        const bool folder = g_file_info_get_file_type(info) == G_FILE_TYPE_DIRECTORY;
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                            folder ? _("this is a folder, and pictures are files")
                                   : _("this is not a file"));
        return false;
    }
    if (g_file_info_get_size(info) > MAX_FILE_BYTES) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                            _("the file is larger than 2 GB"));
        return false;
    }
    return true;
}

// GIO's sentence has the whole path, and the name goes before it anyway.
static void say_plainly(GFile *file, GError **error)
{
    g_autofree char *path = g_file_get_path(file);

    if (path != NULL && g_access(path, R_OK) != 0) {
        const int code = errno;

        g_clear_error(error);
        g_set_error_literal(error, G_IO_ERROR, (int)g_io_error_from_errno(code), g_strerror(code));
    }
}

static GBytes *load_bytes(GFile *file, struct task *task, GError **error)
{
    GBytes *bytes = check_readable(file, task, error)
                        ? g_file_load_bytes(file, task_cancellable(task), NULL, error)
                        : NULL;

    if (bytes == NULL) {
        say_plainly(file, error);
    }
    return bytes;
}

char *image_refused(GBytes *beginning)
{
    return codec_sniff(beginning) == NULL ? codec_refused(beginning) : NULL;
}

static const struct codec *choose_reader(GBytes *bytes, GError **error)
{
    const struct codec *codec = codec_sniff(bytes);
    g_autofree char *reason = image_refused(bytes);

    if (g_bytes_get_size(bytes) == 0) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, _("the file is empty"));
    } else if (reason != NULL) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED, _("this cannot be read: %s"),
                    reason);
    } else if (codec == NULL) {
        g_set_error_literal(
            error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
            _("this is not a picture in a format that can be read (PNG, JPEG, TIFF, "
              "WebP, HEIC, AVIF, JPEG XL, GIF, BMP, PNM, ICO)"));
    }
    return codec;
}

// A broken profile is no reason to refuse a photo.
static void manage_color(struct image *image)
{
    g_autoptr(GError) error = NULL;

    if (image->meta.icc != NULL && !color_to_srgb(image, image->meta.icc, &error)) {
        color_note_ignored(&image->meta, error);
        g_clear_pointer(&image->meta.icc, g_bytes_unref);
    }
}

// What cannot be passed on is said when the photo is opened: at the export it is too late.
static void check_xmp(struct image *image)
{
    GBytes *packet = image->meta.xmp;
    g_autoptr(GBytes) readable = xmp_for_export(packet, image->width, image->height, true);

    if (packet != NULL && readable == NULL) {
        image_meta_note(&image->meta, _("its XMP description is damaged and will not be exported"));
        g_clear_pointer(&image->meta.xmp, g_bytes_unref);
    }
}

static struct image *turn_upright(struct image *image, GError **error)
{
    int orientation = metadata_orientation(image->meta.exif);

    if (orientation == 1) {
        return image;
    }

    struct image *upright = image_orient(image, orientation, error);

    image_free(image);
    return upright;
}

struct image *image_load_bytes(GBytes *bytes, struct task *task, GError **error)
{
    const struct codec *codec = choose_reader(bytes, error);
    struct image *image = codec != NULL ? codec->read(bytes, task, error) : NULL;

    if (image == NULL) {
        return NULL;
    }
    if (image->meta.density[0] <= 0.0) {
        metadata_density(image->meta.exif, image->meta.density);
    }
    manage_color(image);
    check_xmp(image);
    if (task_cancelled(task, error)) {
        image_free(image);
        return NULL;
    }
    return turn_upright(image, error);
}

struct image *image_load(GFile *file, struct task *task, GError **error)
{
    g_autoptr(GBytes) bytes = load_bytes(file, task, error);
    struct image *image = bytes != NULL ? image_load_bytes(bytes, task, error) : NULL;

    if (image == NULL) {
        prefix_name(file, error);
    }
    return image;
}

struct image *image_load_whole(GFile *file, struct task *task, GError **error)
{
    struct image *image = image_load(file, task, error);

    if (image != NULL && image->meta.note != NULL &&
        strstr(image->meta.note, CODEC_PARTIAL_NOTE) != NULL) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                            _("the file is damaged or cut short"));
        prefix_name(file, error);
        g_clear_pointer(&image, image_free);
    }
    return image;
}

static bool probe_bytes(GBytes *bytes, struct image_info *info, GError **error)
{
    const struct codec *codec = choose_reader(bytes, error);

    if (codec == NULL || !codec->read_info(bytes, info, error)) {
        return false;
    }
    info->format = info->format != NULL ? info->format : codec->name;
    if (metadata_orientation(info->meta.exif) >= 5) {
        int width = info->width;

        info->width = info->height;
        info->height = width;
    }
    return true;
}

bool image_probe(GFile *file, struct image_info *info, GError **error)
{
    g_autoptr(GBytes) bytes = load_bytes(file, NULL, error);

    *info = (struct image_info){0};
    if (bytes == NULL || !probe_bytes(bytes, info, error)) {
        prefix_name(file, error);
        return false;
    }
    return true;
}

// ---- encoding -----------------------------------------------------------------------------------

static bool check_choice(const struct codec *codec, const struct image_save_params *params,
                         GError **error)
{
    if (codec == NULL || codec->write == NULL) {
        g_set_error_literal(
            error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
            _("pictures can be saved as PNG (.png), JPEG (.jpg), WebP (.webp) and TIFF "
              "(.tif)"));
        return false;
    }
    if (params->bits != 0 && params->bits != 8 && params->bits != 16) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("bits a channel are 8 or 16, not %d"), params->bits);
        return false;
    }
    if (params->quality < 0 || params->quality > 100) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("quality is 1 to 100, not %d"), params->quality);
        return false;
    }
    return true;
}

static GBytes *exif_to_write(const struct codec *codec, const struct image_rows *rows,
                             const struct image_save_params *params, GBytes *icc)
{
    struct metadata_export export = {
        .source = params->keep_metadata ? rows->meta->exif : NULL,
        .recipe = codec->exif_recipe ? params->recipe : NULL,
        .comment = params->keep_metadata && !codec->own_comment ? rows->meta->comment : NULL,
        .width = rows->width,
        .height = rows->height,
        .density = {rows->meta->density[0], rows->meta->density[1]},
        .srgb = icc == NULL,
    };

    return metadata_for_export(&export);
}

// What no format can say, and no printer print, is left out.
static void take_density(const struct image_rows *rows, const struct image_save_params *params,
                         double density[2])
{
    enum { MOST = 65535 };
    const double *d = rows->meta->density;

    if (params->keep_metadata && d[0] >= 1.0 && d[0] <= MOST && d[1] >= 1.0 && d[1] <= MOST) {
        memcpy(density, d, 2 * sizeof(*d));
    }
}

static GBytes *encode_with(const struct codec *codec, const struct image_rows *rows,
                           const struct image_save_params *params, GBytes *icc, GError **error)
{
    g_autoptr(GBytes) exif = exif_to_write(codec, rows, params, icc);
    g_autoptr(GBytes) xmp = params->keep_metadata ? xmp_for_export(rows->meta->xmp, rows->width,
                                                                   rows->height, icc == NULL)
                                                  : NULL;
    g_autoptr(GBytes) described =
        params->keep_metadata && !codec->iptc ? xmp_with_captions(xmp, rows->meta->iptc) : NULL;
    struct codec_write write = {
        .bits = params->bits != 0 ? params->bits : MAX(rows->meta->bits, 8),
        .quality = params->quality != 0 ? params->quality : 92,
        .recipe = params->recipe,
        .comment = params->keep_metadata ? rows->meta->comment : NULL,
        .exif = exif,
        .xmp = described != NULL ? described : xmp,
        .iptc = params->keep_metadata ? rows->meta->iptc : NULL,
        .icc = icc,
        .task = params->task,
    };

    take_density(rows, params, write.density);
    return codec->write(rows, &write, error);
}

static GBytes *encode_in_profile(const struct codec *codec, const struct image_rows *rows,
                                 const struct image_save_params *params, GError **error)
{
    struct color_export *export = color_export_new(rows, rows->meta->icc, error);
    GBytes *file = NULL;

    if (export != NULL) {
        const struct image_rows converted = color_export_rows(export);

        file = encode_with(codec, &converted, params, rows->meta->icc, error);
    }
    color_export_free(export);
    return file;
}

// A profile good enough for reading may not be one for writing: it is for gray, it cannot be
// inverted, or libpng is stricter than lcms2.
static bool is_about_profile(const GError *error)
{
    return !g_error_matches(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY) &&
           !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static GBytes *encode_sized(const struct codec *codec, const struct image_rows *rows,
                            const struct image_save_params *params, GError **error)
{
    if (!params->keep_profile || rows->meta->icc == NULL) {
        return encode_with(codec, rows, params, NULL, error);
    }

    GError *failure = NULL;
    GBytes *file = encode_in_profile(codec, rows, params, &failure);

    if (file == NULL && is_about_profile(failure)) {
        g_debug("written as sRGB: %s", failure->message);
        g_clear_error(&failure);
        file = encode_with(codec, rows, params, NULL, &failure);
    }
    if (failure != NULL) {
        g_propagate_error(error, failure);
    }
    return file;
}

static GBytes *encode(const struct codec *codec, const struct image_rows *rows,
                      const struct image_save_params *params, GError **error)
{
    int width, height;

    if (!check_choice(codec, params, error) ||
        !image_sizing_apply(&params->sizing, rows->width, rows->height, &width, &height, error)) {
        return NULL;
    }
    if (width == rows->width && height == rows->height &&
        params->sharpening == IMAGE_SHARPEN_NONE) {
        return encode_sized(codec, rows, params, error);
    }

    struct resize *resize = resize_new(rows, width, height, params->sharpening);
    const struct image_rows resized = resize_rows(resize);
    GBytes *file = encode_sized(codec, &resized, params, error);

    resize_free(resize);
    return file;
}

GBytes *image_rows_encode(const struct image_rows *rows, const struct image_save_params *params,
                          GError **error)
{
    g_assert(params->format != NULL);
    return encode(codec_find(params->format), rows, params, error);
}

GBytes *image_encode(const struct image *image, const struct image_save_params *params,
                     GError **error)
{
    const struct image_rows rows = image_rows_of(image);

    return image_rows_encode(&rows, params, error);
}

// ---- replacing a file ---------------------------------------------------------------------------

// In pieces, because a slow disk takes its time; once the file has its new name the work is done.
static bool write_pieces(struct replacement *r, GBytes *bytes, struct task *task, GError **error)
{
    enum { PIECE = 4 << 20 };
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(bytes, &size);

    for (gsize at = 0; at < size; at += PIECE) {
        if (task_cancelled(task, error) ||
            !replacement_write(r, data + at, MIN(PIECE, size - at), error)) {
            return false;
        }
    }
    return replacement_sync(r, error) && !task_cancelled(task, error);
}

static bool replace_file(const char *path, GBytes *bytes, struct task *task, GError **error)
{
    struct replacement *r = replacement_new(path, error);
    bool ok = r != NULL && write_pieces(r, bytes, task, error) && replacement_commit(r, error);

    replacement_free(r);
    if (!ok) {
        g_prefix_error(error, _("cannot be saved: "));
    }
    return ok;
}

static const struct codec *choose_writer(const char *path, const struct image_save_params *params)
{
    return params->format != NULL ? codec_find(params->format) : codec_find_suffix(path);
}

static bool check_folder(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);

    if (g_access(folder, W_OK | X_OK) == 0) {
        return true;
    }

    const int code = errno;

    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code),
                _("nothing can be put into %s: %s"), folder, g_strerror(code));
    return false;
}

static bool check_path(const char *path, GError **error)
{
    if (path == NULL) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                            _("pictures can only be saved on this computer"));
    }
    return path != NULL;
}

bool image_save_check(GFile *file, const struct image_save_params *params, GError **error)
{
    g_autofree char *path = g_file_get_path(file);

    if (!check_path(path, error) || !check_choice(choose_writer(path, params), params, error) ||
        !check_folder(path, error)) {
        prefix_name(file, error);
        return false;
    }
    return true;
}

static bool is_opaque(const struct image *image)
{
    const size_t pixels = (size_t)image->width * image->height;
    bool opaque = true;

    for (size_t i = 0; image->alpha != NULL && opaque && i < pixels; i++) {
        opaque = image->alpha[i] >= 1.0f;
    }
    return opaque;
}

const char *image_save_note(const struct image *image, GFile *file,
                            const struct image_save_params *params)
{
    g_autofree char *path = g_file_get_path(file);
    const struct codec *codec = path != NULL ? choose_writer(path, params) : NULL;

    return codec != NULL && codec->write != NULL && !codec->alpha && !is_opaque(image)
               ? _("there is no transparency in such a file: the picture is laid on white")
               : NULL;
}

bool image_rows_save(const struct image_rows *rows, GFile *file,
                     const struct image_save_params *params, GError **error)
{
    g_autofree char *path = g_file_get_path(file);
    g_autoptr(GBytes) bytes =
        check_path(path, error) ? encode(choose_writer(path, params), rows, params, error) : NULL;

    if (bytes == NULL || !replace_file(path, bytes, params->task, error)) {
        prefix_name(file, error);
        return false;
    }
    return true;
}

bool image_save(const struct image *image, GFile *file, const struct image_save_params *params,
                GError **error)
{
    const struct image_rows rows = image_rows_of(image);

    return image_rows_save(&rows, file, params, error);
}
