// HEIC and AVIF through libheif: 8 to 12 bits a channel, gray, alpha, of one picture or in tiles.
//
// libheif turns, mirrors and crops as the file says. EXIF, which says the turning a second time, is
// set upright. Only read.
#include "render/codec.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "render/color.h"
#include "render/heif_items.h"
#include "render/metadata.h"

#include <libheif/heif.h>
#include <string.h>

// An EXIF block or XMP packet that claims more is left out.
enum { MAX_BLOCK_BYTES = 16 << 20 };

// ---- which files --------------------------------------------------------------------------------

// What the first box may name, first of all or among what the file is compatible with: also of ten
// bits, of image sequences, and of either kind. Films and raw photos name others.
static const char *const BRANDS[] = {"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm",
                                     "hevs", "avif", "avis", "mif1", "msf1", NULL};

static bool has_brand(const uint8_t *data, size_t size, const char *const *brands)
{
    guint32 end = 0; // of the box

    if (size < 16 || memcmp(data + 4, "ftyp", 4) != 0) {
        return false;
    }
    memcpy(&end, data, sizeof(end));
    end = GUINT32_FROM_BE(end);
    for (size_t at = 8; end <= size && at + 4 <= end; at += at == 8 ? 8 : 4) { // skips the version
        char brand[5] = {0};

        memcpy(brand, data + at, 4);
        if (g_strv_contains(brands, brand)) {
            return true;
        }
    }
    return false;
}

static bool sniff(const uint8_t *data, size_t size)
{
    return has_brand(data, size, BRANDS);
}

static const char *name_of(GBytes *file)
{
    static const char *const AV1[] = {"avif", "avis", NULL};
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);

    return has_brand(data, size, AV1) ? "avif" : "heic";
}

// ---- the container ------------------------------------------------------------------------------

struct reader {
    GBytes *file; // as libheif may read it
    bool sideways;
    struct heif_context *context;
    struct heif_image_handle *handle; // of the picture that the file names as its main one
};

static bool fail(struct heif_error reason, GError **error)
{
    g_autofree char *text = g_strdup(reason.message);

    g_strstrip(text);
    if (reason.code == heif_error_Unsupported_feature ||
        reason.code == heif_error_Unsupported_filetype ||
        reason.subcode == heif_suberror_Security_limit_exceeded) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("this kind of HEIC or AVIF picture cannot be read (%s)"), text);
    } else {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("the HEIC or AVIF data is damaged or cut short (%s)"), text);
    }
    return false;
}

static void reader_clear(struct reader *r)
{
    g_clear_pointer(&r->handle, heif_image_handle_release);
    g_clear_pointer(&r->context, heif_context_free);
    g_clear_pointer(&r->file, g_bytes_unref);
}

static bool reader_open(struct reader *r, GBytes *file, GError **error)
{
    *r = (struct reader){0};
    r->file = heif_items_sound(file, &r->sideways);
    if (r->file == NULL) {
        g_set_error_literal(
            error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
            _("the HEIC or AVIF data is damaged or cut short, or its picture is put "
              "together in a way that cannot be read"));
        return false;
    }
    r->context = heif_context_alloc();

    gsize size = 0;
    const void *data = g_bytes_get_data(r->file, &size);
    struct heif_error result =
        heif_context_read_from_memory_without_copy(r->context, data, size, NULL);

    if (result.code == heif_error_Ok) {
        result = heif_context_get_primary_image_handle(r->context, &r->handle);
    }
    if (result.code != heif_error_Ok) {
        return fail(result, error);
    }

    const int width = heif_image_handle_get_width(r->handle);
    const int height = heif_image_handle_get_height(r->handle);

    // Pictures that are put together of tiles say their size a second time.
    heif_context_set_maximum_image_size_limit(r->context, MAX(width, height) + 1);
    return image_check_size(width, height, error);
}

// ---- what is said of the picture ----------------------------------------------------------------

// A camera's curve (BT.709 and those of its form) is named by many that write sRGB, and taken for
// it by browsers.
static int still_curve(int transfer)
{
    enum { BT709 = 1, UNSPECIFIED = 2, BT601 = 6, SRGB = 13, BT2020_10 = 14, BT2020_12 = 15 };

    switch (transfer) {
    case BT709:
    case UNSPECIFIED:
    case BT601:
    case BT2020_10:
    case BT2020_12: return SRGB;
    default: return transfer;
    }
}

static void take_code(const struct heif_image_handle *handle, struct image_meta *meta)
{
    struct heif_color_profile_nclx *code = NULL;

    if (heif_image_handle_get_nclx_color_profile(handle, &code).code != heif_error_Ok) {
        codec_take_camera_space(meta);
        return;
    }

    const bool named = code->color_primaries != heif_color_primaries_unspecified;
    const int primaries = named ? (int)code->color_primaries : 1; // sRGB's
    const int transfer = still_curve((int)code->transfer_characteristics);

    if (!color_profile_from_code(primaries, transfer, &meta->icc)) {
        codec_note_colors(meta, transfer);
    }
    heif_nclx_color_profile_free(code);
}

static void take_color(const struct heif_image_handle *handle, struct image_meta *meta)
{
    const size_t size = heif_image_handle_get_raw_color_profile_size(handle);
    g_autofree void *profile = size > 0 ? g_try_malloc(size) : NULL;

    if (profile != NULL &&
        heif_image_handle_get_raw_color_profile(handle, profile).code == heif_error_Ok) {
        meta->icc = g_bytes_new_take(g_steal_pointer(&profile), size);
    } else {
        take_code(handle, meta);
    }
}

// The first block of the type, and where it is named of the content; NULL: none.
static GBytes *take_block(const struct heif_image_handle *handle, const char *type,
                          const char *content)
{
    heif_item_id ids[64];
    const int count =
        heif_image_handle_get_list_of_metadata_block_IDs(handle, type, ids, G_N_ELEMENTS(ids));

    for (int i = 0; i < count; i++) {
        const size_t size = heif_image_handle_get_metadata_size(handle, ids[i]);
        const char *own = heif_image_handle_get_metadata_content_type(handle, ids[i]);
        g_autofree void *data = NULL;

        if (size == 0 || size > MAX_BLOCK_BYTES ||
            (content != NULL && g_strcmp0(own, content) != 0)) {
            continue;
        }
        data = g_malloc(size);
        if (heif_image_handle_get_metadata(handle, ids[i], data).code == heif_error_Ok) {
            return g_bytes_new_take(g_steal_pointer(&data), size);
        }
    }
    return NULL;
}

static void take_meta(const struct reader *r, struct image_meta *meta)
{
    g_autoptr(GBytes) exif = take_block(r->handle, "Exif", NULL);

    meta->bits = heif_image_handle_get_luma_bits_per_pixel(r->handle) > 8 ? 16 : 8;
    meta->exif = metadata_of_item(exif);
    codec_take_density(meta, r->sideways);
    meta->xmp = take_block(r->handle, "mime", "application/rdf+xml");
    meta->recipe = metadata_recipe(meta->exif);
    take_color(r->handle, meta);
    // A box `moov` holds the pictures of a film or a burst.
    if (heif_has_box(r->file, "moov") ||
        heif_context_get_number_of_top_level_images(r->context) > 1) {
        image_meta_note(meta, CODEC_MAIN_NOTE);
    }
}

// ---- pixels -------------------------------------------------------------------------------------

// Samples of one channel, of one byte or two each.
struct plane {
    const uint8_t *data; // NULL: there is none
    size_t stride;       // bytes
    bool deep;
    float black, range; // values of black, and from there to white
};

// No plane where there is none of that size. Limited: as films have it, from 16 to 235 of 255.
static struct plane take_plane(const struct heif_image *decoded, enum heif_channel channel,
                               const struct heif_image_handle *handle, bool limited)
{
    enum { LIMITED_BLACK = 16, LIMITED_RANGE = 219 };
    int stride = 0;
    const int bits = heif_image_get_bits_per_pixel_range(decoded, channel);
    const uint8_t *data = heif_image_get_plane_readonly(decoded, channel, &stride);

    if (data == NULL || bits < 8 || bits > 16 ||
        heif_image_get_width(decoded, channel) != heif_image_handle_get_width(handle) ||
        heif_image_get_height(decoded, channel) != heif_image_handle_get_height(handle)) {
        return (struct plane){0};
    }
    return (struct plane){
        .data = data,
        .stride = (size_t)stride,
        .deep = bits > 8,
        .black = limited ? (float)(LIMITED_BLACK << (bits - 8)) : 0.0f,
        .range = (float)(limited ? LIMITED_RANGE << (bits - 8) : (1 << bits) - 1),
    };
}

// Into every step-th of width floats.
static void take_row(const struct plane *plane, int y, int width, int step, float *to)
{
    const uint8_t *row = plane->data + (size_t)y * plane->stride;

    for (int x = 0; x < width; x++, to += step) {
        const int value = plane->deep ? ((const uint16_t *)(const void *)row)[x] : row[x];

        *to = ((float)value - plane->black) / plane->range;
    }
}

static void take_pixels(const struct plane planes[4], struct image *image)
{
    for (int y = 0; y < image->height; y++) {
        const size_t first = (size_t)y * image->width;

        for (int c = 0; c < 3; c++) {
            take_row(&planes[c], y, image->width, 3, image->rgb + 3 * first + c);
        }
        if (image->alpha != NULL) {
            take_row(&planes[3], y, image->width, 1, image->alpha + first);
        }
    }
}

static bool is_limited(const struct heif_image *decoded)
{
    struct heif_color_profile_nclx *code = NULL;
    bool limited = false;

    if (heif_image_get_nclx_color_profile(decoded, &code).code == heif_error_Ok) {
        limited = code->full_range_flag == 0;
        heif_nclx_color_profile_free(code);
    }
    return limited;
}

static struct image *image_from_planes(const struct heif_image *decoded,
                                       const struct heif_image_handle *handle, GError **error)
{
    static const enum heif_channel COLORS[] = {heif_channel_R, heif_channel_G, heif_channel_B};
    const bool gray = heif_image_get_colorspace(decoded) == heif_colorspace_monochrome;
    const bool alpha = heif_image_has_channel(decoded, heif_channel_Alpha);
    struct plane planes[4] = {0};
    bool ok = true;

    for (int c = 0; c < 3; c++) {
        planes[c] = take_plane(decoded, gray ? heif_channel_Y : COLORS[c], handle,
                               gray && is_limited(decoded));
        ok = ok && planes[c].data != NULL;
    }
    planes[3] = take_plane(decoded, heif_channel_Alpha, handle, false);
    if (!ok || (alpha && planes[3].data == NULL)) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                            _("the HEIC or AVIF data is damaged (its parts differ in size)"));
        return NULL;
    }

    struct image *image = image_new(heif_image_handle_get_width(handle),
                                    heif_image_handle_get_height(handle), alpha, error);

    if (image != NULL) {
        take_pixels(planes, image);
    }
    if (image != NULL && alpha && heif_image_handle_is_premultiplied_alpha(handle)) {
        image_divide_by_alpha(image, 1.0f);
    }
    return image;
}

// Gray is taken as it is coded: on the way to RGB libheif forgets that its range may be limited.
// Colours come as RGB where libheif is left to choose; from 1.17 on they have to be asked for.
static struct heif_error unpack(const struct heif_image_handle *handle, struct heif_image **decoded)
{
    struct heif_error result =
        heif_decode_image(handle, decoded, heif_colorspace_undefined, heif_chroma_undefined, NULL);

    if (result.code == heif_error_Ok &&
        heif_image_get_colorspace(*decoded) == heif_colorspace_YCbCr) {
        g_clear_pointer(decoded, heif_image_release);
        result = heif_decode_image(handle, decoded, heif_colorspace_RGB, heif_chroma_444, NULL);
    }
    return result;
}

static struct image *decode(const struct reader *r, struct task *task, GError **error)
{
    struct heif_image *decoded = NULL;
    struct image *image = NULL;
    struct heif_error result = unpack(r->handle, &decoded);

    if (result.code != heif_error_Ok) {
        fail(result, error);
        return NULL;
    }
    if (!task_cancelled(task, error)) {
        image = image_from_planes(decoded, r->handle, error);
    }
    if (image != NULL && heif_image_get_decoding_warnings(decoded, 0, NULL, 0) > 0) {
        image_meta_note(&image->meta, CODEC_PARTIAL_NOTE);
    }
    heif_image_release(decoded);
    return image;
}

// ---- the codec ----------------------------------------------------------------------------------

static bool read_info(GBytes *file, struct image_info *info, GError **error)
{
    struct reader r;
    const bool ok = reader_open(&r, file, error);

    if (ok) {
        info->width = heif_image_handle_get_width(r.handle);
        info->height = heif_image_handle_get_height(r.handle);
        info->format = name_of(file);
        take_meta(&r, &info->meta);
    }
    reader_clear(&r);
    return ok;
}

static struct image *read_image(GBytes *file, struct task *task, GError **error)
{
    struct reader r;
    struct image *image = reader_open(&r, file, error) ? decode(&r, task, error) : NULL;

    if (image != NULL) {
        take_meta(&r, &image->meta);
    }
    reader_clear(&r);
    return image;
}

const struct codec heif_codec = {
    .name = "heif",
    .title = N_("HEIC and AVIF"),
    .suffixes = (const char *const[]){"heic", "heif", "hif", "avif", NULL},
    .sniff = sniff,
    .read_info = read_info,
    .read = read_image,
};
