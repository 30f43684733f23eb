// TIFF through libtiff: every kind that it unpacks, in strips or tiles, the first full picture of a
// file. How samples become pixels is in tiff_pixels.c. Written: RGB(A) of 8 or 16 bits.
#include "render/codec.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "render/color.h"
#include "render/iptc.h"
#include "render/metadata.h"
#include "render/pack.h"
#include "render/tiff_exif.h"
#include "render/tiff_pixels.h"

#include <stdio.h>
#include <string.h>

#include <tiffio.h>

// ---- the file in memory -------------------------------------------------------------------------

// Behind the bytes of a file that is cut short there are zeros, so that libtiff comes to unpack
// what there is of a block.
static tmsize_t source_read(thandle_t handle, void *to, tmsize_t count)
{
    struct tiff_reader *r = handle;
    uint64_t wanted = (uint64_t)MAX(count, 0), all = r->size + r->padding;
    uint64_t at = MIN(r->offset, all), n = MIN(wanted, all - at);
    uint64_t own = MIN(n, r->size - MIN(at, r->size));

    memcpy(to, r->data + MIN(at, r->size), own);
    memset((uint8_t *)to + own, 0, n - own);
    r->offset = at + n;
    return (tmsize_t)n;
}

static toff_t source_seek(thandle_t handle, toff_t offset, int whence)
{
    struct tiff_reader *r = handle;

    r->offset = offset + (whence == SEEK_CUR   ? r->offset
                          : whence == SEEK_END ? r->size + r->padding
                                               : 0);
    return r->offset;
}

static int source_close(thandle_t handle)
{
    return 0;
}

static toff_t source_size(thandle_t handle)
{
    const struct tiff_reader *r = handle;

    return r->size + r->padding;
}

// ---- the header ---------------------------------------------------------------------------------

bool tiff_fail(struct tiff_reader *r, enum tincture_error code, const char *reason)
{
    if (r->error == NULL) {
        g_set_error(&r->error, TINCTURE_ERROR, code, _("the TIFF data cannot be read (%s)"),
                    reason);
    }
    return false;
}

// A value that a tag cannot have is as if the tag were not there, where its default serves: other
// readers show such pictures as well.
static bool is_of_no_matter(const char *text)
{
    static const char *const TAGS[] = {"\"Orientation\" tag", "\"ResolutionUnit\" tag"};
    bool any = false;

    for (size_t i = 0; i < G_N_ELEMENTS(TAGS); i++) {
        any = any || (strstr(text, ": Bad value ") != NULL && g_str_has_suffix(text, TAGS[i]));
    }
    return any;
}

static G_GNUC_PRINTF(4, 0) int take_error(TIFF *tiff, void *reader, const char *module,
                                          const char *format, va_list args)
{
    g_autofree char *text = g_strdup_vprintf(format, args);

    if (!is_of_no_matter(text)) {
        tiff_fail(reader, TINCTURE_ERROR_FILE, text);
    }
    return 1; // said
}

static int take_warning(TIFF *tiff, void *r, const char *module, const char *format, va_list args)
{
    return 1; // mostly of tags that nobody knows
}

// ---- which picture ------------------------------------------------------------------------------

static bool is_preview(TIFF *tiff)
{
    uint32_t kind = 0;

    TIFFGetFieldDefaulted(tiff, TIFFTAG_SUBFILETYPE, &kind);
    return (kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) != 0;
}

// The next full picture; false where there is none.
static bool next_full(TIFF *tiff)
{
    while (TIFFReadDirectory(tiff) == 1) {
        if (!is_preview(tiff)) {
            return true;
        }
    }
    return false;
}

#define RAW_PHOTO _("it is a raw photo of a camera, which a raw converter has to develop first")

// Raw photos of most makers are TIFF files of a preview, in which the photo itself stands elsewhere
// and is no picture yet.
static bool is_raw(const struct tiff_reader *r)
{
    enum { CFA = 32803, LINEAR_RAW = 34892 };
    const void *version = NULL, *places = NULL;
    uint16_t count = 0, photometric = 0;

    TIFFGetField(r->tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    return TIFFGetField(r->tiff, TIFFTAG_DNGVERSION, &version) == 1 || photometric == CFA ||
           photometric == LINEAR_RAW || (r->size > 10 && memcmp(r->data + 8, "CR", 2) == 0) ||
           (is_preview(r->tiff) && TIFFGetField(r->tiff, TIFFTAG_SUBIFD, &count, &places) == 1);
}

// Goes to the first full picture, or where all are previews to the first. What is damaged behind it
// is of no matter.
static bool choose_picture(struct tiff_reader *r)
{
    tdir_t chosen = 0;

    if (is_raw(r)) {
        return tiff_fail(r, TINCTURE_ERROR_UNSUPPORTED, RAW_PHOTO);
    }
    if (!is_preview(r->tiff) || next_full(r->tiff)) {
        chosen = TIFFCurrentDirectory(r->tiff);
        r->several = next_full(r->tiff);
    }
    g_clear_error(&r->error);
    return TIFFSetDirectory(r->tiff, chosen) == 1 ||
           tiff_fail(r, TINCTURE_ERROR_FILE, _("its directory is damaged"));
}

// How only cameras pack pixels, after ExifTool's list: Sony, Epson, Samsung, Kodak, Nikon, Pentax.
static bool is_of_raw(uint16_t method)
{
    static const uint16_t METHODS[] = {32767, 32769, 32770, 32867, 34713, 65000, 65024, 65535};
    bool any = false;

    for (size_t i = 0; i < G_N_ELEMENTS(METHODS); i++) {
        any = any || method == METHODS[i];
    }
    return any;
}

// Distributions build libtiff without some of its methods; it would say so with the first pixel.
static bool check_packing(struct tiff_reader *r)
{
    uint16_t method = 0;

    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_COMPRESSION, &method);
    if (TIFFIsCODECConfigured(method)) {
        return true;
    }

    if (is_of_raw(method)) {
        g_clear_error(&r->error);
        return tiff_fail(r, TINCTURE_ERROR_UNSUPPORTED, RAW_PHOTO);
    }

    const TIFFCodec *codec = TIFFFindCODEC(method);
    g_autofree char *reason =
        codec != NULL
            ? g_strdup_printf(_("its pixels are packed as %s, for which libtiff is not built"),
                              codec->name)
            : g_strdup_printf(_("its pixels are packed in a way that is not known, number %d"),
                              method);

    g_clear_error(&r->error);
    return tiff_fail(r, TINCTURE_ERROR_UNSUPPORTED, reason);
}

// padding: 0 at first; then, where that failed, the file is read leniently. The directory has
// little of it: libtiff measures what that says of itself by the file before it asks for memory.
static bool reader_open(struct tiff_reader *r, GBytes *file, struct task *task, uint64_t padding)
{
    enum { MOST = 1 << 16 };
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();

    *r = (struct tiff_reader){.task = task, .padding = MIN(padding, MOST), .lenient = padding > 0};
    r->data = g_bytes_get_data(file, &r->size);
    if (options == NULL) {
        return tiff_fail(r, TINCTURE_ERROR_MEMORY, _("there is not enough memory"));
    }
    TIFFOpenOptionsSetErrorHandlerExtR(options, take_error, r);
    TIFFOpenOptionsSetWarningHandlerExtR(options, take_warning, r);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, G_MAXINT);
    r->tiff = TIFFClientOpenExt("TIFF", "rm", r, source_read, source_read, source_seek,
                                source_close, source_size, NULL, NULL, options); // never writes
    TIFFOpenOptionsFree(options);
    if (r->tiff == NULL || r->error != NULL) {
        return tiff_fail(r, TINCTURE_ERROR_FILE, _("its header is cut short"));
    }
    if (!choose_picture(r) || !check_packing(r)) {
        return false;
    }
    r->padding = padding;
    if (!TIFFGetField(r->tiff, TIFFTAG_IMAGEWIDTH, &r->width) ||
        !TIFFGetField(r->tiff, TIFFTAG_IMAGELENGTH, &r->height) ||
        !TIFFGetField(r->tiff, TIFFTAG_PHOTOMETRIC, &r->photometric)) {
        return tiff_fail(r, TINCTURE_ERROR_FILE, _("its header is cut short"));
    }
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_BITSPERSAMPLE, &r->bits);
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_SAMPLESPERPIXEL, &r->channels);
    TIFFGetFieldDefaulted(r->tiff, TIFFTAG_ORIENTATION, &r->orientation);
    return r->error == NULL && image_check_size(r->width, r->height, &r->error) &&
           tiff_pixels_init(r) && r->error == NULL;
}

static void reader_clear(struct tiff_reader *r)
{
    if (r->tiff != NULL) {
        TIFFClose(r->tiff);
    }
    g_clear_error(&r->error);
}

static GBytes *take_tag(const struct tiff_reader *r, uint32_t tag)
{
    uint32_t size = 0;
    void *data = NULL;

    return TIFFGetField(r->tiff, tag, &size, &data) && size > 0 ? g_bytes_new(data, size) : NULL;
}

// The tag for captions is where other programs look first.
static GBytes *take_iptc(const struct tiff_reader *r)
{
    g_autoptr(GBytes) record = tiff_exif_bytes(r->data, r->size, TIFFTAG_RICHTIFFIPTC);
    g_autoptr(GBytes) list = take_tag(r, TIFFTAG_PHOTOSHOP);
    gsize size = 0;
    const void *data = record != NULL ? g_bytes_get_data(record, &size) : NULL;
    GBytes *iptc = record != NULL ? iptc_from_record(data, size, list) : NULL;

    if (iptc == NULL && list != NULL) {
        data = g_bytes_get_data(list, &size);
        iptc = iptc_from_resources(data, size);
    }
    return iptc;
}

static void take_meta(const struct tiff_reader *r, struct image_meta *meta)
{
    const bool deep = r->bits > 8 && (r->color == TIFF_COLOR_GRAY || r->color == TIFF_COLOR_RGB ||
                                      r->color == TIFF_COLOR_LAB);
    const bool converted = r->color == TIFF_COLOR_CMYK || r->color == TIFF_COLOR_LAB;

    meta->bits = deep ? 16 : 8;
    meta->exif = tiff_exif_read(r->data, r->size);
    meta->recipe = metadata_recipe(meta->exif);
    if (!converted) {
        meta->icc = take_tag(r, TIFFTAG_ICCPROFILE);
        codec_take_camera_space(meta);
    }
    meta->xmp = take_tag(r, TIFFTAG_XMLPACKET);
    meta->iptc = take_iptc(r);
    codec_take_density(meta, r->orientation >= 5);
    if (r->damaged) {
        image_meta_note(meta, CODEC_PARTIAL_NOTE);
    }
    if (r->several) {
        image_meta_note(meta, CODEC_FIRST_NOTE);
    }
}

// ---- the codec ----------------------------------------------------------------------------------

static bool sniff(const uint8_t *data, size_t size)
{
    static const char *const HEADS[] = {"II*", "MM\0*", "II+", "MM\0+"}; // the last two: BigTIFF

    for (size_t i = 0; size >= 4 && i < G_N_ELEMENTS(HEADS); i++) {
        if (memcmp(data, HEADS[i], 4) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_info(GBytes *file, struct image_info *info, GError **error)
{
    struct tiff_reader r;
    bool ok = reader_open(&r, file, NULL, 0);

    if (ok) {
        info->width = (int)(r.orientation >= 5 ? r.height : r.width);
        info->height = (int)(r.orientation >= 5 ? r.width : r.height);
        take_meta(&r, &info->meta);
    } else {
        g_propagate_error(error, g_steal_pointer(&r.error));
    }
    reader_clear(&r);
    return ok;
}

// The orientation is a tag of TIFF's own, so the pixels are turned here. *bytes: what the pixels
// have at most, 0 where it did not come to them.
static struct image *read_once(GBytes *file, struct task *task, uint64_t padding, uint64_t *bytes,
                               GError **error)
{
    struct tiff_reader r;
    bool ok = reader_open(&r, file, task, padding);
    g_autoptr(GBytes) icc = ok ? take_tag(&r, TIFFTAG_ICCPROFILE) : NULL;
    struct image *stored = ok ? tiff_pixels_read(&r, icc) : NULL, *image = stored;

    *bytes = ok ? (uint64_t)r.width * r.height * r.channels * MAX(r.bits / 8, 1) : 0;
    if (stored != NULL && r.orientation > 1) {
        image = image_orient(stored, r.orientation, &r.error);
        image_free(stored);
    }
    if (image != NULL) {
        take_meta(&r, &image->meta);
    } else {
        g_propagate_error(error, g_steal_pointer(&r.error));
    }
    reader_clear(&r);
    return image;
}

// What cannot be read whole is tried again for what there is of it.
static struct image *read_image(GBytes *file, struct task *task, GError **error)
{
    enum { ROOM = 1 << 16 }; // above what the pixels have: packing may lengthen them
    uint64_t bytes = 0;
    GError *first = NULL;
    struct image *image = read_once(file, task, 0, &bytes, &first);

    if (image == NULL && bytes > 0 && g_error_matches(first, TINCTURE_ERROR, TINCTURE_ERROR_FILE)) {
        image = read_once(file, task, bytes + ROOM, &bytes, NULL);
    }
    if (image == NULL && !task_cancelled(task, error)) {
        g_propagate_error(error, g_steal_pointer(&first));
    }
    g_clear_error(&first);
    return image;
}

// ---- writing ------------------------------------------------------------------------------------

struct writer {
    TIFF *tiff;
    GByteArray *bytes;
    uint64_t offset;
    GError *error; // first failure
};

static bool write_fail(struct writer *w, const char *reason)
{
    if (w->error == NULL) {
        g_set_error(&w->error, TINCTURE_ERROR, TINCTURE_ERROR_FAILED,
                    _("the picture cannot be written as TIFF (%s)"), reason);
    }
    return false;
}

static G_GNUC_PRINTF(4, 0) int take_write_error(TIFF *tiff, void *writer, const char *module,
                                                const char *format, va_list args)
{
    g_autofree char *text = g_strdup_vprintf(format, args);

    if (!is_of_no_matter(text)) { // of the EXIF that is passed on
        write_fail(writer, text);
    }
    return 1; // said
}

static tmsize_t target_write(thandle_t handle, void *from, tmsize_t count)
{
    struct writer *w = handle;

    if (count < 0 || w->offset + (uint64_t)count > G_MAXUINT) {
        write_fail(w, _("it is larger than 4 GB"));
        return -1;
    }
    if (from == NULL && count > 0) { // libtiff had no memory for it, and did not look
        write_fail(w, _("there is not enough memory"));
        return -1;
    }
    if (w->offset + (uint64_t)count > w->bytes->len) {
        g_byte_array_set_size(w->bytes, (guint)(w->offset + (uint64_t)count));
    }
    memcpy(w->bytes->data + w->offset, from, (size_t)count);
    w->offset += (uint64_t)count;
    return count;
}

static tmsize_t target_read(thandle_t handle, void *to, tmsize_t count)
{
    struct writer *w = handle;
    uint64_t at = MIN(w->offset, w->bytes->len),
             n = MIN((uint64_t)MAX(count, 0), w->bytes->len - at);

    memcpy(to, w->bytes->data + at, n);
    w->offset = at + n;
    return (tmsize_t)n;
}

static toff_t target_seek(thandle_t handle, toff_t offset, int whence)
{
    struct writer *w = handle;

    w->offset = offset + (whence == SEEK_CUR ? w->offset : whence == SEEK_END ? w->bytes->len : 0);
    return w->offset;
}

static toff_t target_size(thandle_t handle)
{
    return ((struct writer *)handle)->bytes->len;
}

static bool writer_open(struct writer *w, GBytes *exif)
{
    const char mode[] = {'w', tiff_exif_order(exif), 'm', 0};
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();

    if (options == NULL) {
        return write_fail(w, _("there is not enough memory"));
    }
    TIFFOpenOptionsSetErrorHandlerExtR(options, take_write_error, w);
    TIFFOpenOptionsSetWarningHandlerExtR(options, take_warning, w);
    w->tiff = TIFFClientOpenExt("TIFF", mode, w, target_read, target_write, target_seek,
                                source_close, target_size, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return w->tiff != NULL || write_fail(w, _("its header"));
}

static void put_bytes(TIFF *tiff, uint32_t tag, GBytes *bytes)
{
    if (bytes != NULL) {
        TIFFSetField(tiff, tag, (uint32_t)g_bytes_get_size(bytes), g_bytes_get_data(bytes, NULL));
    }
}

// The record in a tag of its own, where by the book it belongs in TIFF files. libtiff has numbers
// of four bytes there and turns them into the file's order: bytes that are none are turned before.
static void put_iptc(TIFF *tiff, GBytes *list)
{
    g_autoptr(GBytes) record = list != NULL ? iptc_record(list) : NULL;
    g_autoptr(GBytes) others = list != NULL ? iptc_other(list) : NULL;

    if (record != NULL) {
        const uint32_t words = (uint32_t)((g_bytes_get_size(record) + 3) / 4);
        g_autofree uint32_t *filled = g_new0(uint32_t, words);

        memcpy(filled, g_bytes_get_data(record, NULL), g_bytes_get_size(record));
        if (TIFFFieldDataType(TIFFFieldWithTag(tiff, TIFFTAG_RICHTIFFIPTC)) != TIFF_LONG) {
            put_bytes(tiff, TIFFTAG_RICHTIFFIPTC, record);
        } else {
            if (TIFFIsByteSwapped(tiff)) {
                TIFFSwabArrayOfLong(filled, words);
            }
            TIFFSetField(tiff, TIFFTAG_RICHTIFFIPTC, words, filled);
        }
    }
    put_bytes(tiff, TIFFTAG_PHOTOSHOP, others);
}

static void put_tags(struct writer *w, const struct image_rows *rows,
                     const struct codec_write *params)
{
    enum { STRIP = 1 << 18, LEVEL = 4 }; // bytes; what takes twice the time gains a percent
    static const uint16_t ALPHA[] = {EXTRASAMPLE_UNASSALPHA};
    const int channels = rows->alpha ? 4 : 3;
    const int row = rows->width * channels * params->bits / 8;
    g_autoptr(GBytes) srgb = color_srgb_profile();

    TIFFSetField(w->tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)rows->width);
    TIFFSetField(w->tiff, TIFFTAG_IMAGELENGTH, (uint32_t)rows->height);
    TIFFSetField(w->tiff, TIFFTAG_BITSPERSAMPLE, params->bits);
    TIFFSetField(w->tiff, TIFFTAG_SAMPLESPERPIXEL, channels);
    TIFFSetField(w->tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
    TIFFSetField(w->tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(w->tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    TIFFSetField(w->tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
    TIFFSetField(w->tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
    TIFFSetField(w->tiff, TIFFTAG_ZIPQUALITY, LEVEL);
    TIFFSetField(w->tiff, TIFFTAG_ROWSPERSTRIP, (uint32_t)MAX(STRIP / row, 1));
    if (rows->alpha) {
        TIFFSetField(w->tiff, TIFFTAG_EXTRASAMPLES, 1, ALPHA);
    }
    put_bytes(w->tiff, TIFFTAG_ICCPROFILE, params->icc != NULL ? params->icc : srgb);
    put_bytes(w->tiff, TIFFTAG_XMLPACKET, params->xmp);
    put_iptc(w->tiff, params->iptc);
    if (params->exif != NULL) {
        tiff_exif_write(w->tiff, w->bytes, params->exif);
    }
    if (params->density[0] > 0.0) {
        TIFFSetField(w->tiff, TIFFTAG_XRESOLUTION, params->density[0]);
        TIFFSetField(w->tiff, TIFFTAG_YRESOLUTION, params->density[1]);
        TIFFSetField(w->tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
    }
}

static bool write_band(struct writer *w, const struct image *band, int top, uint16_t *row,
                       const struct codec_write *params)
{
    for (int y = 0; y < band->height; y++) {
        if (task_cancelled(params->task, &w->error)) {
            return false;
        }
        pack_image_row(band, y, params->bits, row);
        if (TIFFWriteScanline(w->tiff, row, (uint32_t)(top + y), 0) != 1) {
            return write_fail(w, _("its pixels"));
        }
    }
    return true;
}

static bool write_rows(struct writer *w, const struct image_rows *rows,
                       const struct codec_write *params)
{
    g_autofree uint16_t *row = g_new(uint16_t, (size_t)rows->width * 4);

    for (int y = 0; y < rows->height;) {
        const struct image *band = rows->band(rows->data, y, &w->error);

        if (band == NULL || !write_band(w, band, y, row, params)) {
            return false;
        }
        y += band->height;
    }
    return w->error == NULL && (TIFFFlush(w->tiff) == 1 || write_fail(w, _("its directory")));
}

static GBytes *write_image(const struct image_rows *rows, const struct codec_write *params,
                           GError **error)
{
    struct writer w = {.bytes = g_byte_array_new()};
    GBytes *file = NULL;
    bool ok = writer_open(&w, params->exif);

    if (ok) {
        put_tags(&w, rows, params);
        ok = write_rows(&w, rows, params) && w.error == NULL;
        // What it had no memory for libtiff trips over even in freeing its directory; then some
        // kilobytes are given up.
        if (ok || task_cancelled(params->task, NULL)) {
            TIFFClose(w.tiff);
        }
    }
    if (ok && w.error == NULL) {
        file = g_byte_array_free_to_bytes(g_steal_pointer(&w.bytes));
    } else {
        g_propagate_error(error, g_steal_pointer(&w.error));
    }
    g_clear_pointer(&w.bytes, g_byte_array_unref);
    return file;
}

const struct codec tiff_codec = {
    .name = "tiff",
    .title = "TIFF",
    .suffixes = (const char *const[]){"tif", "tiff", NULL},
    .deep = true,
    .exif_recipe = true,
    .alpha = true,
    .iptc = true,
    .sniff = sniff,
    .read_info = read_info,
    .read = read_image,
    .write = write_image,
};
