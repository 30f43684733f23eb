// JPEG XL through libjxl: integers and floats of any depth, gray, alpha, bare or in a container, of
// films the first picture. Only read.
//
// libjxl turns the picture as its header says. EXIF, which may say the turning a second time, is
// set upright.
#include "render/codec.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "render/color.h"
#include "render/metadata.h"

#include <jxl/decode.h>
#include <jxl/thread_parallel_runner.h>
#include <math.h>
#include <string.h>

// An EXIF block or XMP packet that claims more, or unpacks to more, is left out.
enum { MAX_BLOCK_BYTES = 16 << 20 };

// More channels beside the colours than a photo has; each is unpacked whole.
enum { MAX_EXTRA_CHANNELS = 16 };

static bool sniff(const uint8_t *data, size_t size)
{
    const JxlSignature found = JxlSignatureCheck(data, size);

    return found == JXL_SIG_CODESTREAM || found == JXL_SIG_CONTAINER;
}

// ---- the decoder --------------------------------------------------------------------------------

struct reader {
    JxlDecoder *decoder;
    void *threads;
    const uint8_t *data; // borrowed
    size_t size, given;  // bytes of data, and of those handed over
    JxlBasicInfo info;
};

static bool fail(GError **error)
{
    g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                        _("the JPEG XL data is damaged or cut short"));
    return false;
}

static bool reader_open(struct reader *r, GBytes *file, int events, GError **error)
{
    *r = (struct reader){.decoder = JxlDecoderCreate(NULL)};
    r->data = g_bytes_get_data(file, &r->size);
    if (r->decoder == NULL || JxlDecoderSubscribeEvents(r->decoder, events) != JXL_DEC_SUCCESS ||
        JxlDecoderSetDecompressBoxes(r->decoder, JXL_TRUE) != JXL_DEC_SUCCESS) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                            _("there is not enough memory for it"));
        return false;
    }
    return true;
}

static void reader_clear(struct reader *r)
{
    g_clear_pointer(&r->decoder, JxlDecoderDestroy);
    g_clear_pointer(&r->threads, JxlThreadParallelRunnerDestroy);
}

// Until the next event, handing the file over in pieces so that it can be stopped between. The end
// of the file is JXL_DEC_NEED_MORE_INPUT, and so is a stop.
static JxlDecoderStatus next_event(struct reader *r, struct task *task)
{
    enum { PIECE = 1 << 20 };
    JxlDecoderStatus event = JxlDecoderProcessInput(r->decoder);

    while (event == JXL_DEC_NEED_MORE_INPUT && r->given < r->size && !task_cancelled(task, NULL)) {
        const size_t left = JxlDecoderReleaseInput(r->decoder);
        const size_t more = MIN(PIECE, r->size - r->given);

        JxlDecoderSetInput(r->decoder, r->data + r->given - left, left + more);
        r->given += more;
        event = JxlDecoderProcessInput(r->decoder);
    }
    return event;
}

// ---- what is said of the picture ----------------------------------------------------------------

// A picture that is coded in libjxl's own space is asked for in its original's, or where that is a
// profile, in sRGB. What leaves the range is kept.
static void choose_color(const struct reader *r)
{
    const JxlColorEncoding srgb = {
        .color_space = r->info.num_color_channels == 1 ? JXL_COLOR_SPACE_GRAY : JXL_COLOR_SPACE_RGB,
        .white_point = JXL_WHITE_POINT_D65,
        .primaries = JXL_PRIMARIES_SRGB,
        .transfer_function = JXL_TRANSFER_FUNCTION_SRGB,
        .rendering_intent = JXL_RENDERING_INTENT_RELATIVE,
    };

    if (!r->info.uses_original_profile &&
        JxlDecoderGetColorAsEncodedProfile(r->decoder, NULL, JXL_COLOR_PROFILE_TARGET_ORIGINAL,
                                           NULL) != JXL_DEC_SUCCESS) {
        JxlDecoderSetPreferredColorProfile(r->decoder, &srgb);
    }
}

// The number of H.273 for white and primaries; 0: there is none.
static int primaries_of(const JxlColorEncoding *color)
{
    enum { BT709 = 1, BT2020 = 9, P3_OF_CINEMA = 11, P3_OF_SCREENS = 12 };
    const bool d65 = color->white_point == JXL_WHITE_POINT_D65;

    if (color->color_space == JXL_COLOR_SPACE_GRAY) {
        return d65 ? BT709 : 0;
    }
    switch (color->primaries) {
    case JXL_PRIMARIES_SRGB: return d65 ? BT709 : 0;
    case JXL_PRIMARIES_2100: return d65 ? BT2020 : 0;
    case JXL_PRIMARIES_P3:
        return d65 ? P3_OF_SCREENS : color->white_point == JXL_WHITE_POINT_DCI ? P3_OF_CINEMA : 0;
    default: return 0;
    }
}

static GBytes *take_profile(const struct reader *r)
{
    size_t size = 0;
    g_autofree uint8_t *profile = NULL;

    if (JxlDecoderGetICCProfileSize(r->decoder, NULL, JXL_COLOR_PROFILE_TARGET_DATA, &size) !=
            JXL_DEC_SUCCESS ||
        size == 0) {
        return NULL;
    }
    profile = g_malloc(size);
    return JxlDecoderGetColorAsICCProfile(r->decoder, NULL, JXL_COLOR_PROFILE_TARGET_DATA, profile,
                                          size) == JXL_DEC_SUCCESS
               ? g_bytes_new_take(g_steal_pointer(&profile), size)
               : NULL;
}

static void take_color(const struct reader *r, struct image_meta *meta)
{
    JxlColorEncoding color = {0};
    const bool named =
        JxlDecoderGetColorAsEncodedProfile(r->decoder, NULL, JXL_COLOR_PROFILE_TARGET_DATA,
                                           &color) == JXL_DEC_SUCCESS &&
        primaries_of(&color) != 0 && color.transfer_function != JXL_TRANSFER_FUNCTION_GAMMA;

    if (!named) {
        meta->icc = take_profile(r);
    } else if (!color_profile_from_code(primaries_of(&color), (int)color.transfer_function,
                                        &meta->icc)) {
        codec_note_colors(meta, (int)color.transfer_function);
    }
}

// Up to the first picture, whose header is read.
static bool read_header(struct reader *r, struct task *task, struct image_meta *meta,
                        GError **error)
{
    JxlFrameHeader frame = {0};

    if (next_event(r, task) != JXL_DEC_BASIC_INFO ||
        JxlDecoderGetBasicInfo(r->decoder, &r->info) != JXL_DEC_SUCCESS) {
        return fail(error);
    }
    if (!image_check_size(r->info.xsize, r->info.ysize, error)) {
        return false;
    }
    if (r->info.num_extra_channels > MAX_EXTRA_CHANNELS) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("the picture has %u channels beside its colours, and %d can be read"),
                    r->info.num_extra_channels, MAX_EXTRA_CHANNELS);
        return false;
    }
    if (next_event(r, task) != JXL_DEC_COLOR_ENCODING) {
        return fail(error);
    }
    choose_color(r);
    take_color(r, meta);
    if (next_event(r, task) != JXL_DEC_FRAME ||
        JxlDecoderGetFrameHeader(r->decoder, &frame) != JXL_DEC_SUCCESS) {
        return fail(error);
    }
    meta->bits = r->info.bits_per_sample > 8 ? 16 : 8;
    if (!frame.is_last) {
        image_meta_note(meta, CODEC_FIRST_NOTE);
    }
    return true;
}

// ---- EXIF and XMP -------------------------------------------------------------------------------

// The contents of the box that the decoder stands at, unpacked; *event is what comes after it.
// NULL: empty, cut short, or too large.
static GBytes *read_box(struct reader *r, JxlDecoderStatus *event)
{
    enum { FIRST = 1 << 14 };
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    guint filled = 0;

    g_byte_array_set_size(bytes, FIRST);
    JxlDecoderSetBoxBuffer(r->decoder, bytes->data, bytes->len);
    while ((*event = next_event(r, NULL)) == JXL_DEC_BOX_NEED_MORE_OUTPUT &&
           bytes->len < MAX_BLOCK_BYTES) {
        filled = bytes->len - (guint)JxlDecoderReleaseBoxBuffer(r->decoder);
        g_byte_array_set_size(bytes, 2 * bytes->len);
        JxlDecoderSetBoxBuffer(r->decoder, bytes->data + filled, bytes->len - filled);
    }
    filled = bytes->len - (guint)JxlDecoderReleaseBoxBuffer(r->decoder);
    if ((*event != JXL_DEC_BOX && *event != JXL_DEC_SUCCESS) || filled == 0) {
        return NULL;
    }
    g_byte_array_set_size(bytes, filled);
    return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
}

// The first of each kind. A pass of its own, in which no picture is unpacked: boxes may stand
// before or after it.
static void take_boxes(GBytes *file, struct image_meta *meta)
{
    struct reader r;
    g_autoptr(GBytes) exif = NULL;
    JxlDecoderStatus event = JXL_DEC_ERROR;

    if (reader_open(&r, file, JXL_DEC_BOX | JXL_DEC_BASIC_INFO, NULL)) {
        JxlDecoderSetKeepOrientation(r.decoder, JXL_TRUE); // to be told of it
        JxlDecoderSetInput(r.decoder, r.data, r.size);
        JxlDecoderCloseInput(r.decoder); // the last box may go on to the end
        r.given = r.size;
        event = next_event(&r, NULL);
    }
    while (event == JXL_DEC_BOX || event == JXL_DEC_BASIC_INFO) {
        JxlBoxType type = {0};

        if (event == JXL_DEC_BASIC_INFO) {
            JxlDecoderGetBasicInfo(r.decoder, &r.info);
        } else {
            JxlDecoderGetBoxType(r.decoder, type, JXL_TRUE);
        }
        if (exif == NULL && memcmp(type, "Exif", 4) == 0) {
            exif = read_box(&r, &event);
        } else if (meta->xmp == NULL && memcmp(type, "xml ", 4) == 0) {
            meta->xmp = read_box(&r, &event);
        } else {
            event = next_event(&r, NULL);
        }
    }
    meta->exif = metadata_of_item(exif);
    meta->recipe = metadata_recipe(meta->exif);
    codec_take_density(meta, r.info.orientation >= JXL_ORIENT_TRANSPOSE);
    reader_clear(&r);
}

// ---- pixels -------------------------------------------------------------------------------------

// The channel that is alpha; -1: none.
static int find_alpha(const struct reader *r)
{
    for (uint32_t i = 0; r->info.alpha_bits > 0 && i < r->info.num_extra_channels; i++) {
        JxlExtraChannelInfo channel;

        if (JxlDecoderGetExtraChannelInfo(r->decoder, i, &channel) == JXL_DEC_SUCCESS &&
            channel.type == JXL_CHANNEL_ALPHA) {
            return (int)i;
        }
    }
    return -1;
}

// The decoder writes into the picture, which is black where it does not come to.
static struct image *prepare(struct reader *r, GError **error)
{
    static const JxlPixelFormat RGB = {3, JXL_TYPE_FLOAT, JXL_NATIVE_ENDIAN, 0};
    const int alpha = find_alpha(r);
    struct image *image = image_new((int)r->info.xsize, (int)r->info.ysize, alpha >= 0, error);

    if (image == NULL) {
        return NULL;
    }

    const size_t plane = (size_t)image->width * image->height * sizeof(float);

    memset(image->rgb, 0, 3 * plane);
    if (image->alpha != NULL) {
        memset(image->alpha, 0, plane);
    }
    if (JxlDecoderSetImageOutBuffer(r->decoder, &RGB, image->rgb, 3 * plane) != JXL_DEC_SUCCESS ||
        (alpha >= 0 && JxlDecoderSetExtraChannelBuffer(r->decoder, &RGB, image->alpha, plane,
                                                       (uint32_t)alpha) != JXL_DEC_SUCCESS)) {
        g_clear_pointer(&image, image_free);
        fail(error);
    }
    return image;
}

// Floats may be anything.
static void mend_values(float *values, size_t count)
{
    static const float LIMIT = 1e6f;

    for (size_t i = 0; i < count; i++) {
        values[i] = isnan(values[i]) ? 0.0f : CLAMP(values[i], -LIMIT, LIMIT);
    }
}

static bool read_pixels(struct reader *r, struct task *task, struct image *image, GError **error)
{
    const size_t pixels = (size_t)image->width * image->height;
    const JxlDecoderStatus event = next_event(r, task);

    if (task_cancelled(task, error)) {
        return false;
    }
    if (event == JXL_DEC_NEED_MORE_INPUT && JxlDecoderFlushImage(r->decoder) == JXL_DEC_SUCCESS) {
        image_meta_note(&image->meta, CODEC_PARTIAL_NOTE);
    } else if (event != JXL_DEC_FULL_IMAGE) {
        return fail(error);
    }
    mend_values(image->rgb, 3 * pixels);
    if (image->alpha != NULL) {
        mend_values(image->alpha, pixels);
    }
    if (image->alpha != NULL && r->info.alpha_premultiplied) { // libjxl does so for RGBA alone
        image_divide_by_alpha(image, r->info.exponent_bits_per_sample > 0 ? INFINITY : 1.0f);
    }
    return true;
}

static struct image *decode(struct reader *r, struct task *task, GError **error)
{
    struct image_meta meta = {0};
    struct image *image = NULL;

    r->threads =
        JxlThreadParallelRunnerCreate(NULL, JxlThreadParallelRunnerDefaultNumWorkerThreads());
    JxlDecoderSetParallelRunner(r->decoder, JxlThreadParallelRunner, r->threads);
    if (read_header(r, task, &meta, error)) {
        if (next_event(r, task) == JXL_DEC_NEED_IMAGE_OUT_BUFFER) {
            image = prepare(r, error);
        } else {
            fail(error);
        }
    }
    if (image == NULL) {
        image_meta_clear(&meta);
        return NULL;
    }
    image->meta = meta;
    if (!read_pixels(r, task, image, error)) {
        g_clear_pointer(&image, image_free);
    }
    return image;
}

// ---- the codec ----------------------------------------------------------------------------------

static const int EVENTS = JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING | JXL_DEC_FRAME;

static bool read_info(GBytes *file, struct image_info *info, GError **error)
{
    struct reader r;
    struct image_meta meta = {0};
    const bool ok = reader_open(&r, file, EVENTS, error) && read_header(&r, NULL, &meta, error);

    if (ok) {
        info->width = (int)r.info.xsize;
        info->height = (int)r.info.ysize;
        info->meta = meta;
        take_boxes(file, &info->meta);
    } else {
        image_meta_clear(&meta);
    }
    reader_clear(&r);
    return ok;
}

static struct image *read_image(GBytes *file, struct task *task, GError **error)
{
    struct reader r;
    struct image *image =
        reader_open(&r, file, EVENTS | JXL_DEC_FULL_IMAGE, error) ? decode(&r, task, error) : NULL;

    if (image != NULL) {
        take_boxes(file, &image->meta);
    }
    reader_clear(&r);
    return image;
}

const struct codec jxl_codec = {
    .name = "jxl",
    .title = N_("JPEG XL"),
    .suffixes = (const char *const[]){"jxl", NULL},
    .sniff = sniff,
    .read_info = read_info,
    .read = read_image,
};
