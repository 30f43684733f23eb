// JPEG through libjpeg-turbo: baseline and progressive, gray, RGB, CMYK and YCCK in; RGB out. EXIF,
// XMP, IPTC and the profile travel in their usual markers; the recipe is EXIF's UserComment.
#include "render/codec.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "render/color.h"
#include "render/iptc.h"
#include "render/metadata.h"
#include "render/pack.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

// A progressive file may hold any number of scans, each costing a pass over the whole picture.
enum { MAX_SCANS = 200, MAX_MARKER_BYTES = 65533 };

// What a marker begins with, including the final zero.
static const char EXIF_MARKER[6] = {'E', 'x', 'i', 'f', 0, 0};
static const char XMP_MARKER[] = "http://ns.adobe.com/xap/1.0/";
static const char IPTC_MARKER[] = "Photoshop 3.0";
static const char PROFILE_MARKER[] = "ICC_PROFILE";

// Failure while reading or writing: libjpeg calls this, and the longjmp ends the work.
struct failure {
    struct jpeg_error_mgr manager; // first, so that libjpeg's pointer is ours
    jmp_buf jump;
    GError *error;
    bool stumbled; // over the data, and not over a limit of ours
    bool ended;    // the file, before the picture's end was marked
    bool damaged;  // what was read is not all that was written
};

static struct failure *failure_of(j_common_ptr cinfo)
{
    return (struct failure *)(void *)cinfo->err;
}

static G_GNUC_NORETURN void fail_damaged(j_common_ptr cinfo)
{
    struct failure *failure = failure_of(cinfo);
    char text[JMSG_LENGTH_MAX];

    if (failure->error == NULL) {
        failure->stumbled =
            cinfo->err->msg_code != JERR_OUT_OF_MEMORY && cinfo->err->msg_code != JWRN_HIT_MARKER;
        cinfo->err->format_message(cinfo, text);
        g_set_error(&failure->error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("the JPEG data cannot be read (%s)"),
                    failure->ended ? _("the file is cut short") : text);
    }
    longjmp(failure->jump, 1);
}

// Whether not even the first row of blocks is whole. A picture of one row has no second to tell by.
static bool is_at_first_row(j_common_ptr cinfo)
{
    const struct jpeg_decompress_struct *jpeg = (const void *)cinfo;

    return jpeg->input_scan_number <= 1 && jpeg->input_iMCU_row == 0 && jpeg->total_iMCU_rows > 1;
}

// libjpeg goes on after a warning and fills the rest with gray, as all programs show it. Where
// there is nothing but gray that is a failure.
static void judge_message(j_common_ptr cinfo, int level)
{
    struct failure *failure = failure_of(cinfo);

    if (level >= 0) {
        return;
    }
    switch (cinfo->err->msg_code) {
    case JWRN_JPEG_EOF: failure->ended = true; break;
    case JWRN_HIT_MARKER:
        if (failure->ended && is_at_first_row(cinfo)) {
            fail_damaged(cinfo);
        }
        break;
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC: break;
    default: return;
    }
    failure->damaged = true;
}

static void failure_init(struct failure *failure)
{
    jpeg_std_error(&failure->manager);
    failure->manager.error_exit = fail_damaged;
    failure->manager.emit_message = judge_message;
}

// ---- reading ------------------------------------------------------------------------------------

struct reader {
    struct failure failure;
    struct jpeg_decompress_struct jpeg;
    struct jpeg_progress_mgr progress;
    struct task *task; // borrowed
    struct image_meta meta;
    struct image *image;
    uint8_t *row; // (width, 1..4)
};

// Called by libjpeg again and again while it works.
static void reader_progress(j_common_ptr cinfo)
{
    struct reader *reader = cinfo->client_data;

    if (reader->jpeg.input_scan_number > MAX_SCANS) {
        g_set_error(&reader->failure.error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("the JPEG file has more than %d scans"), MAX_SCANS);
        fail_damaged(cinfo);
    }
    if (task_cancelled(reader->task, &reader->failure.error)) {
        fail_damaged(cinfo);
    }
}

static void reader_init(struct reader *reader, struct task *task)
{
    memset(reader, 0, sizeof(*reader));
    reader->task = task;
    failure_init(&reader->failure);
    reader->jpeg.err = &reader->failure.manager;
    reader->jpeg.client_data = reader;
    reader->progress.progress_monitor = reader_progress;
}

static void reader_clear(struct reader *reader)
{
    jpeg_destroy_decompress(&reader->jpeg);
    image_meta_clear(&reader->meta);
    image_free(reader->image);
    g_free(reader->row);
    g_clear_error(&reader->failure.error);
}

// What follows `begin` in the first marker of that number that begins with it, or in all of them
// where a list may continue from one marker to the next. NULL: there is none.
static GBytes *find_marker(const struct reader *reader, int number, const char *begin, size_t size,
                           bool goes_on)
{
    GByteArray *found = g_byte_array_new();

    for (jpeg_saved_marker_ptr m = reader->jpeg.marker_list; m != NULL; m = m->next) {
        if (m->marker == number && m->data_length > size && memcmp(m->data, begin, size) == 0 &&
            (goes_on || found->len == 0)) {
            g_byte_array_append(found, m->data + size, m->data_length - (guint)size);
        }
    }

    GBytes *bytes = g_byte_array_free_to_bytes(found);

    if (g_bytes_get_size(bytes) == 0) {
        g_clear_pointer(&bytes, g_bytes_unref);
    }
    return bytes;
}

// Extended XMP, which continues in markers of its own, is left out; the first marker is complete
// without it.
static void take_descriptions(struct reader *reader)
{
    g_autoptr(GBytes) resources =
        find_marker(reader, JPEG_APP0 + 13, IPTC_MARKER, sizeof(IPTC_MARKER), true);

    reader->meta.exif = find_marker(reader, JPEG_APP0 + 1, EXIF_MARKER, sizeof(EXIF_MARKER), false);
    reader->meta.xmp = find_marker(reader, JPEG_APP0 + 1, XMP_MARKER, sizeof(XMP_MARKER), false);
    if (resources != NULL) {
        reader->meta.iptc =
            iptc_from_resources(g_bytes_get_data(resources, NULL), g_bytes_get_size(resources));
    }
}

// Comments, which may be several, in whatever encoding; one that is a recipe is taken as that.
static void take_comments(struct reader *reader)
{
    g_autoptr(GString) all = g_string_new(NULL);

    for (jpeg_saved_marker_ptr m = reader->jpeg.marker_list; m != NULL; m = m->next) {
        g_autofree char *bytes =
            m->marker == JPEG_COM ? g_strndup((const char *)m->data, m->data_length) : NULL;
        g_autofree char *text = bytes == NULL || g_utf8_validate(bytes, -1, NULL)
                                    ? g_strdup(bytes)
                                    : g_convert(bytes, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);

        if (text != NULL && *g_strstrip(text) != '\0') {
            g_string_append_printf(all, "%s%s", all->len > 0 ? "\n" : "", text);
        }
    }
    if (metadata_is_recipe(all->str)) {
        reader->meta.recipe =
            reader->meta.recipe != NULL ? reader->meta.recipe : g_strdup(all->str);
    } else if (all->len > 0) {
        reader->meta.comment = g_strdup(all->str);
    }
}

static bool is_cmyk(const struct reader *reader)
{
    return reader->jpeg.jpeg_color_space == JCS_CMYK || reader->jpeg.jpeg_color_space == JCS_YCCK;
}

static void take_profile(struct reader *reader)
{
    JOCTET *profile = NULL;
    unsigned size = 0;

    if (jpeg_read_icc_profile(&reader->jpeg, &profile, &size)) {
        reader->meta.icc = g_bytes_new(profile, size);
        free(profile);
        return;
    }

    g_autoptr(GBytes) parts =
        find_marker(reader, JPEG_APP0 + 2, PROFILE_MARKER, sizeof(PROFILE_MARKER), false);

    if (parts != NULL) { // one is missing, or there is one twice
        image_meta_note(&reader->meta, CODEC_PROFILE_NOTE);
    } else if (!is_cmyk(reader)) {
        codec_take_camera_space(&reader->meta);
    }
}

// JFIF's units are none, inches, and centimetres.
static void take_density(struct reader *reader)
{
    const struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    const double unit = jpeg->density_unit == 1 ? 1.0 : 2.54;

    if (jpeg->saw_JFIF_marker && (jpeg->density_unit == 1 || jpeg->density_unit == 2) &&
        jpeg->X_density > 0 && jpeg->Y_density > 0) {
        reader->meta.density[0] = jpeg->X_density * unit;
        reader->meta.density[1] = jpeg->Y_density * unit;
    }
}

static bool read_header(struct reader *reader, GBytes *file)
{
    if (setjmp(reader->failure.jump) != 0) {
        return false;
    }
    jpeg_create_decompress(&reader->jpeg);
    reader->jpeg.progress = &reader->progress;
    jpeg_mem_src(&reader->jpeg, g_bytes_get_data(file, NULL), g_bytes_get_size(file));
    jpeg_save_markers(&reader->jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_save_markers(&reader->jpeg, JPEG_APP0 + 2, 0xffff);
    jpeg_save_markers(&reader->jpeg, JPEG_APP0 + 13, 0xffff);
    jpeg_save_markers(&reader->jpeg, JPEG_COM, 0xffff);
    jpeg_read_header(&reader->jpeg, TRUE);
    if (!image_check_size(reader->jpeg.image_width, reader->jpeg.image_height,
                          &reader->failure.error)) {
        fail_damaged((j_common_ptr)&reader->jpeg);
    }
    take_descriptions(reader);
    take_profile(reader);
    take_density(reader);
    reader->meta.bits = 8;
    reader->meta.recipe = metadata_recipe(reader->meta.exif);
    take_comments(reader);
    return true;
}

static void take_row(struct reader *reader, int y)
{
    int width = reader->image->width;
    float *rgb = reader->image->rgb + (size_t)y * width * 3;

    for (int i = 0; i < 3 * width; i++) {
        rgb[i] = reader->row[i] / 255.0f;
    }
}

static void read_rgb(struct reader *reader)
{
    for (int y = 0; y < reader->image->height; y++) {
        jpeg_read_scanlines(&reader->jpeg, (JSAMPARRAY){&reader->row}, 1);
        take_row(reader, y);
    }
}

// The profile is for ink, so the pixels are taken to sRGB here, all at once. They are inverted with
// and without Adobe's marker, as browsers take them.
static void read_cmyk(struct reader *reader)
{
    size_t stride = (size_t)reader->image->width * 4;

    for (int y = 0; y < reader->image->height; y++) {
        uint8_t *row = reader->row + y * stride;

        jpeg_read_scanlines(&reader->jpeg, (JSAMPARRAY){&row}, 1);
    }
    color_cmyk_to_srgb(reader->row, (size_t)reader->image->width * reader->image->height,
                       reader->meta.icc, reader->image->rgb, &reader->meta);
    g_clear_pointer(&reader->meta.icc, g_bytes_unref);
}

static void prepare_pixels(struct reader *reader)
{
    int width = (int)reader->jpeg.output_width, height = (int)reader->jpeg.output_height;
    size_t rows = is_cmyk(reader) ? (size_t)height : 1;

    reader->image = image_new(width, height, false, &reader->failure.error);
    if (reader->image == NULL) {
        fail_damaged((j_common_ptr)&reader->jpeg);
    }
    reader->row = g_try_malloc_n(rows, (size_t)width * 4);
    if (reader->row == NULL) {
        g_set_error_literal(&reader->failure.error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                            _("there is not enough memory to read the picture"));
        fail_damaged((j_common_ptr)&reader->jpeg);
    }
}

static bool read_pixels(struct reader *reader)
{
    if (setjmp(reader->failure.jump) != 0) {
        return false;
    }
    reader->jpeg.out_color_space = is_cmyk(reader) ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&reader->jpeg);
    prepare_pixels(reader);
    if (is_cmyk(reader)) {
        read_cmyk(reader);
    } else {
        read_rgb(reader);
    }
    jpeg_finish_decompress(&reader->jpeg);
    return true;
}

static bool sniff(const uint8_t *data, size_t size)
{
    return size >= 3 && memcmp(data, "\xff\xd8\xff", 3) == 0;
}

static bool read_info(GBytes *file, struct image_info *info, GError **error)
{
    struct reader reader;

    reader_init(&reader, NULL);

    bool ok = read_header(&reader, file);

    if (ok) {
        info->width = (int)reader.jpeg.image_width;
        info->height = (int)reader.jpeg.image_height;
        image_meta_copy(&reader.meta, &info->meta);
    } else {
        g_propagate_error(error, g_steal_pointer(&reader.failure.error));
    }
    reader_clear(&reader);
    return ok;
}

// Where the last marker before `at` begins; 0 where there is none.
static gsize last_marker(GBytes *file, gsize at)
{
    const uint8_t *data = g_bytes_get_data(file, NULL);

    do {
        at--;
    } while (at > 0 && (data[at - 1] != 0xff || data[at] == 0));
    return at > 0 ? at - 1 : 0;
}

// end is where the marker begins that libjpeg stumbles over, 0 where it is something else.
static struct image *read_once(GBytes *file, struct task *task, gsize *end, GError **error)
{
    struct reader reader;
    struct image *image = NULL;

    *end = 0;
    reader_init(&reader, task);
    if (!read_header(&reader, file)) {
        g_propagate_error(error, g_steal_pointer(&reader.failure.error));
    } else if (read_pixels(&reader)) {
        image = g_steal_pointer(&reader.image);
        image_meta_copy(&reader.meta, &image->meta);
        if (reader.failure.damaged) {
            image_meta_note(&image->meta, CODEC_PARTIAL_NOTE);
        }
    } else {
        if (reader.failure.stumbled) {
            gsize left = reader.failure.ended ? 0 : reader.jpeg.src->bytes_in_buffer;

            *end = last_marker(file, g_bytes_get_size(file) - left);
        }
        g_propagate_error(error, g_steal_pointer(&reader.failure.error));
    }
    reader_clear(&reader);
    return image;
}

// What lies behind a picture without an end may look like a part of it and be none: then the file
// is read as if it ended before that.
static struct image *read_image(GBytes *file, struct task *task, GError **error)
{
    enum { TRIES = 4 };
    gsize end = 0;
    GError *first = NULL;
    struct image *image = read_once(file, task, &end, &first);

    for (int i = 1; image == NULL && end > 0 && i < TRIES && !task_cancelled(task, NULL); i++) {
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(file, 0, end);

        image = read_once(part, task, &end, NULL);
    }
    if (image == NULL && !task_cancelled(task, error)) {
        g_propagate_error(error, g_steal_pointer(&first));
    }
    g_clear_error(&first);
    return image;
}

// ---- writing ------------------------------------------------------------------------------------

struct writer {
    struct failure failure;
    struct jpeg_compress_struct jpeg;
    unsigned char *bytes; // malloc'ed by libjpeg
    unsigned long size;
    uint8_t *row;
    bool begun; // there is a buffer
};

static void set_quality(struct writer *writer, int quality)
{
    jpeg_set_quality(&writer->jpeg, quality, TRUE);
    writer->jpeg.optimize_coding = TRUE;
    if (quality >= 90) { // full resolution for colour where the person asked for the best
        writer->jpeg.comp_info[0].h_samp_factor = 1;
        writer->jpeg.comp_info[0].v_samp_factor = 1;
    }
}

// bytes may be NULL: no marker.
static void put_marker(struct writer *writer, int number, const char *begin, size_t begin_size,
                       GBytes *bytes)
{
    g_autoptr(GByteArray) marker = g_byte_array_new();

    if (bytes != NULL) {
        g_byte_array_append(marker, (const guint8 *)begin, (guint)begin_size);
        g_byte_array_append(marker, g_bytes_get_data(bytes, NULL), (guint)g_bytes_get_size(bytes));
        jpeg_write_marker(&writer->jpeg, number, marker->data, marker->len);
    }
}

// As many markers as the text needs; it may be NULL.
static void put_comment(struct writer *writer, const char *text)
{
    enum { MOST = 65000 };
    const size_t size = text != NULL ? strlen(text) : 0;

    for (size_t at = 0; at < size; at += MOST) {
        jpeg_write_marker(&writer->jpeg, JPEG_COM, (const JOCTET *)text + at,
                          (unsigned)MIN(size - at, MOST));
    }
}

// There is no transparency in JPEG: the picture is laid on white.
static void fill_row(const struct image *band, int y, uint8_t *row)
{
    const size_t first = (size_t)y * band->width;

    if (band->alpha == NULL) {
        pack_image_row(band, y, 8, row);
        return;
    }
    for (int x = 0; x < band->width; x++) {
        float alpha = band->alpha[first + x];

        for (int c = 0; c < 3; c++) {
            float value = band->rgb[3 * (first + x) + c];

            row[3 * x + c] = (uint8_t)image_quantize(value * alpha + (1.0f - alpha), 255.0f);
        }
    }
}

static bool write_band(struct writer *writer, const struct image *band, struct task *task)
{
    for (int y = 0; y < band->height; y++) {
        if (task_cancelled(task, &writer->failure.error)) {
            return false;
        }
        fill_row(band, y, writer->row);
        jpeg_write_scanlines(&writer->jpeg, (JSAMPARRAY){&writer->row}, 1);
    }
    return true;
}

static bool write_all(struct writer *writer, const struct image_rows *rows,
                      const struct codec_write *params, GBytes *icc)
{
    if (setjmp(writer->failure.jump) != 0) {
        return false;
    }
    jpeg_create_compress(&writer->jpeg);
    jpeg_mem_dest(&writer->jpeg, &writer->bytes, &writer->size);
    writer->begun = true;
    writer->jpeg.image_width = (JDIMENSION)rows->width;
    writer->jpeg.image_height = (JDIMENSION)rows->height;
    writer->jpeg.input_components = 3;
    writer->jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&writer->jpeg);
    set_quality(writer, params->quality);
    if (params->density[0] > 0.0) {
        writer->jpeg.density_unit = 1; // inch
        writer->jpeg.X_density = (UINT16)lround(params->density[0]);
        writer->jpeg.Y_density = (UINT16)lround(params->density[1]);
    }
    jpeg_start_compress(&writer->jpeg, TRUE);
    put_marker(writer, JPEG_APP0 + 1, EXIF_MARKER, sizeof(EXIF_MARKER), params->exif);
    put_marker(writer, JPEG_APP0 + 1, XMP_MARKER, sizeof(XMP_MARKER), params->xmp);
    put_marker(writer, JPEG_APP0 + 13, IPTC_MARKER, sizeof(IPTC_MARKER), params->iptc);
    put_comment(writer, params->comment);
    jpeg_write_icc_profile(&writer->jpeg, g_bytes_get_data(icc, NULL),
                           (unsigned)g_bytes_get_size(icc));
    for (int y = 0; y < rows->height;) {
        const struct image *band = rows->band(rows->data, y, &writer->failure.error);

        if (band == NULL || !write_band(writer, band, params->task)) {
            return false;
        }
        y += band->height;
    }
    jpeg_finish_compress(&writer->jpeg);
    return true;
}

// libjpeg moves its buffer while it grows and tells the new place only at the end.
static void release_bytes(struct writer *writer)
{
    if (writer->begun) {
        writer->jpeg.dest->term_destination(&writer->jpeg);
    }
    free(writer->bytes);
}

static bool check_size(GBytes *bytes, size_t begin_size, const char *sentence, GError **error)
{
    if (bytes != NULL && g_bytes_get_size(bytes) + begin_size > MAX_MARKER_BYTES) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED, sentence);
        return false;
    }
    return true;
}

static GBytes *write_image(const struct image_rows *rows, const struct codec_write *params,
                           GError **error)
{
    if (!check_size(
            params->exif, sizeof(EXIF_MARKER),
            _("JPEG holds at most 64 kB of EXIF data and recipe; save as PNG, or without them"),
            error) ||
        !check_size(params->xmp, sizeof(XMP_MARKER),
                    _("JPEG holds at most 64 kB of XMP captions; save as PNG, or without them"),
                    error) ||
        !check_size(params->iptc, sizeof(IPTC_MARKER),
                    _("JPEG holds at most 64 kB of IPTC captions; save as PNG, or without them"),
                    error)) {
        return NULL;
    }

    struct writer writer;
    GBytes *icc = params->icc != NULL ? g_bytes_ref(params->icc) : color_srgb_profile();
    GBytes *file = NULL;

    memset(&writer, 0, sizeof(writer));
    failure_init(&writer.failure);
    writer.jpeg.err = &writer.failure.manager;
    writer.row = g_new(uint8_t, (size_t)rows->width * 3);
    if (write_all(&writer, rows, params, icc)) {
        file = g_bytes_new_with_free_func(writer.bytes, writer.size, free, writer.bytes);
    } else {
        g_propagate_error(error, writer.failure.error);
        release_bytes(&writer);
    }
    jpeg_destroy_compress(&writer.jpeg);
    g_free(writer.row);
    g_bytes_unref(icc);
    return file;
}

const struct codec jpeg_codec = {
    .name = "jpeg",
    .title = "JPEG",
    .suffixes = (const char *const[]){"jpg", "jpeg", "jpe", "jfif", NULL},
    .lossy = true,
    .own_comment = true,
    .exif_recipe = true,
    .iptc = true,
    .sniff = sniff,
    .read_info = read_info,
    .read = read_image,
    .write = write_image,
};
