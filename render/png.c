// PNG through libpng: 1 to 16 bits, gray, palette, alpha and interlaced in; 8 or 16 bit RGB(A) out.
// The recipe is the text chunk `parameters`; EXIF and XMP have chunks of their own, IPTC is a raw
// profile.
#include "render/png_parts.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "render/color.h"
#include "render/iptc.h"
#include "render/raw_profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char EXIF_KEY[] = "Raw profile type exif"; // of the time before the chunk eXIf
static const char APP1_KEY[] = "Raw profile type APP1"; // JPEG's marker, of EXIF or of XMP

// Newer than libpng: of colours, and of further pictures; and the profile, of which libpng takes
// one for gray pictures in colour, and the reverse, for damage; and EXIF, of which it leaves out
// what begins as in a JPEG.
static const uint8_t UNKNOWN_CHUNKS[] = "cICP\0acTL\0iCCP\0eXIf";
static const char CODE_CHUNK[] = "cICP", FRAMES_CHUNK[] = "acTL", PROFILE_CHUNK[] = "iCCP",
                  EXIF_CHUNK[] = "eXIf";

// Against decompression bombs: bytes one chunk may unpack to, and chunks kept.
enum { MAX_CHUNK_BYTES = 8 << 20, MAX_CHUNKS = 256 };

// ---- reading ------------------------------------------------------------------------------------

// Everything a longjmp must not lose.
struct reader {
    png_structp png;
    png_infop info;
    const uint8_t *data; // borrowed
    size_t size, offset;
    struct task *task; // borrowed
    struct image_meta meta;
    struct image *image;
    uint8_t *rows; // one row, or all of them where the file is interlaced
    int done;      // rows read, of all passes together
    bool stumbled; // over the data, and not over a limit of ours
    bool damaged;  // what was read is not all that was written
    GError *error; // first failure
};

static G_GNUC_NORETURN void reader_fail(png_structp png, png_const_charp text)
{
    struct reader *reader = png_get_error_ptr(png);

    if (reader->error == NULL) {
        reader->stumbled = true;
        g_set_error(&reader->error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("the PNG data is damaged (%s)"), text);
    }
    png_longjmp(png, 1);
}

static void reader_warn(png_structp png, png_const_charp text)
{
    struct reader *reader = png_get_error_ptr(png);

    if (g_str_has_prefix(text, PROFILE_CHUNK)) {
        image_meta_note(&reader->meta, CODEC_PROFILE_NOTE);
    }
    reader->damaged = reader->damaged || g_str_has_prefix(text, "IDAT: CRC error");
}

static void reader_bytes(png_structp png, png_bytep bytes, size_t count)
{
    struct reader *reader = png_get_io_ptr(png);

    if (count > reader->size - reader->offset) {
        reader->stumbled = true;
        g_set_error_literal(&reader->error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                            _("the PNG file is cut short"));
        png_error(png, "cut short");
    }
    memcpy(bytes, reader->data + reader->offset, count);
    reader->offset += count;
}

// The list of chunks takes memory.
static bool set_up(struct reader *reader)
{
    if (setjmp(png_jmpbuf(reader->png)) != 0) {
        return false;
    }
    png_set_read_fn(reader->png, reader, reader_bytes);
    png_set_crc_action(reader->png, PNG_CRC_WARN_USE, PNG_CRC_DEFAULT);
    png_set_keep_unknown_chunks(reader->png, PNG_HANDLE_CHUNK_ALWAYS, UNKNOWN_CHUNKS, 4);
    png_set_user_limits(reader->png, IMAGE_MAX_SIDE, IMAGE_MAX_SIDE);
    png_set_chunk_malloc_max(reader->png, MAX_CHUNK_BYTES);
    png_set_chunk_cache_max(reader->png, MAX_CHUNKS);
    return true;
}

// libpng only warns of a chunk above its limit, and asks for as many bytes as that says it has.
// None is longer than its file; rows and what is unpacked are within the limit.
static png_voidp take_memory(png_structp png, png_alloc_size_t size)
{
    const struct reader *reader = png_get_mem_ptr(png);

    return size <= reader->size + 2 * (size_t)MAX_CHUNK_BYTES ? malloc(size) : NULL;
}

static void free_memory(png_structp png, png_voidp memory)
{
    free(memory);
}

static bool reader_init(struct reader *reader, GBytes *file, struct task *task)
{
    *reader = (struct reader){.task = task};
    reader->data = g_bytes_get_data(file, &reader->size);
    reader->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, reader, reader_fail, reader_warn,
                                           reader, take_memory, free_memory);
    reader->info = reader->png ? png_create_info_struct(reader->png) : NULL;
    if (!reader->info) {
        png_no_memory(&reader->error);
        return false;
    }
    return set_up(reader);
}

static void reader_clear(struct reader *reader)
{
    png_destroy_read_struct(&reader->png, &reader->info, NULL);
    image_meta_clear(&reader->meta);
    image_free(reader->image);
    g_free(reader->rows);
    g_clear_error(&reader->error);
}

// The message of libpng's own size check is about limits, not about pictures; so ours comes first,
// on the raw header.
static bool check_header(const struct reader *reader, GError **error)
{
    const bool whole = reader->size >= 24;

    if (whole && memcmp(reader->data + 12, "CgBI", 4) == 0) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                            _("this PNG file is in the form that programs for iOS are built with, "
                              "which is not read"));
        return false;
    }
    if (!whole || memcmp(reader->data + 12, "IHDR", 4) != 0) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                            whole ? _("the PNG file does not begin with its header")
                                  : _("the PNG file is cut short"));
        return false;
    }
    return image_check_size(png_get_uint_32(reader->data + 16), png_get_uint_32(reader->data + 20),
                            error);
}

// libpng believes a chunk that claims to be longer than the file, and fills that much memory before
// it reads: gigabytes for a file of 300 bytes. So the file ends where such a chunk begins. IDAT is
// read piece by piece and may be cut short.
static void find_end(struct reader *reader)
{
    enum { PIECE = 16 };
    const size_t frame = 12; // length, type and checksum around a chunk's data
    size_t at = 8;

    while (reader->size - at >= frame) {
        size_t length = png_get_uint_32(reader->data + at);
        const uint8_t *type = reader->data + at + 4;

        if (length > reader->size - at - frame) {
            if (memcmp(type, "IDAT", 4) == 0) {
                png_set_compression_buffer_size(reader->png, PIECE); // the last one is lost
            } else {
                reader->size = at;
            }
            return;
        }
        at += frame + length;
        if (memcmp(type, "IEND", 4) == 0) {
            return;
        }
    }
}

static bool is_international(const png_text *text)
{
    return text->compression == PNG_ITXT_COMPRESSION_NONE ||
           text->compression == PNG_ITXT_COMPRESSION_zTXt;
}

static size_t text_length(const png_text *text)
{
    return is_international(text) ? text->itxt_length : text->text_length;
}

static char *text_to_utf8(const png_text *text)
{
    const gssize length = (gssize)text_length(text);

    return is_international(text)
               ? g_utf8_make_valid(text->text, length)
               : g_convert(text->text, length, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
}

static GBytes *iptc_from_text(const png_text *text)
{
    g_autoptr(GBytes) list = raw_profile_read(text->text, text_length(text));
    gsize size = 0;
    const void *data = list != NULL ? g_bytes_get_data(list, &size) : NULL;

    return iptc_from_resources(data, size);
}

// What follows a marker that the bytes begin with; NULL: they do not.
static GBytes *behind(GBytes *bytes, const char *marker, gsize marker_size)
{
    gsize size = 0;
    const void *data = g_bytes_get_data(bytes, &size);

    return size > marker_size && memcmp(data, marker, marker_size) == 0
               ? g_bytes_new_from_bytes(bytes, marker_size, size - marker_size)
               : NULL;
}

// Mostly written with JPEG's marker before it.
static void take_app1(struct image_meta *meta, const png_text *text)
{
    static const char EXIF_MARKER[6] = "Exif\0", XMP_MARKER[] = "http://ns.adobe.com/xap/1.0/";
    g_autoptr(GBytes) profile = raw_profile_read(text->text, text_length(text));

    if (profile == NULL) {
        return;
    }
    if (meta->xmp == NULL) {
        meta->xmp = behind(profile, XMP_MARKER, sizeof(XMP_MARKER));
    }
    if (meta->exif == NULL) {
        const char *data = g_bytes_get_data(profile, NULL);
        const bool bare = g_bytes_get_size(profile) >= 8 &&
                          (memcmp(data, "II*\0", 4) == 0 || memcmp(data, "MM\0*", 4) == 0);

        meta->exif =
            bare ? g_bytes_ref(profile) : behind(profile, EXIF_MARKER, sizeof(EXIF_MARKER));
    }
}

// The first of each kind counts.
static void take_texts(struct reader *reader)
{
    struct image_meta *meta = &reader->meta;
    png_textp texts = NULL;
    int count = png_get_text(reader->png, reader->info, &texts, NULL);

    for (int i = 0; i < count; i++) {
        const png_text *text = &texts[i];

        if (meta->recipe == NULL && strcmp(text->key, PNG_RECIPE_KEY) == 0) {
            meta->recipe = text_to_utf8(text);
        } else if (meta->xmp == NULL && strcmp(text->key, PNG_XMP_KEY) == 0) {
            meta->xmp = g_bytes_new(text->text, text_length(text));
        } else if (meta->iptc == NULL && strcmp(text->key, PNG_IPTC_KEY) == 0) {
            meta->iptc = iptc_from_text(text);
        } else if (strcmp(text->key, EXIF_KEY) == 0 || strcmp(text->key, APP1_KEY) == 0) {
            take_app1(meta, text);
        }
    }
}

// The first chunk of the name of those that libpng leaves alone; NULL: there is none.
static png_const_unknown_chunkp find_unknown(const struct reader *reader, const char *name)
{
    png_unknown_chunkp chunks = NULL;
    int count = png_get_unknown_chunks(reader->png, reader->info, &chunks);

    for (int i = 0; i < count; i++) {
        if (memcmp(chunks[i].name, name, 4) == 0) {
            return &chunks[i];
        }
    }
    return NULL;
}

// Its bytes, where it has so many; else NULL.
static const uint8_t *find_sized(const struct reader *reader, const char *name, size_t size)
{
    png_const_unknown_chunkp chunk = find_unknown(reader, name);

    return chunk != NULL && chunk->size == size ? chunk->data : NULL;
}

// Whether it suits the picture is Little CMS's to say, as in other formats.
static void take_profile(struct reader *reader)
{
    png_const_unknown_chunkp chunk = find_unknown(reader, PROFILE_CHUNK);

    if (chunk != NULL && reader->meta.icc == NULL) {
        reader->meta.icc = raw_profile_unpack(chunk->data, chunk->size, MAX_CHUNK_BYTES);
        if (reader->meta.icc == NULL) {
            image_meta_note(&reader->meta, CODEC_PROFILE_NOTE);
        }
    }
}

// Without a profile the file may name its primaries and gamma. Those of sRGB, exact or rounded,
// need nothing.
static void take_primaries(struct reader *reader)
{
    static const double SRGB[8] = {0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06};
    double xy[8], file_gamma = 1.0 / 2.2;
    bool same = true;

    if (reader->meta.icc != NULL || png_get_valid(reader->png, reader->info, PNG_INFO_sRGB) != 0 ||
        png_get_gAMA(reader->png, reader->info, &file_gamma) == 0) {
        return;
    }
    if (png_get_cHRM(reader->png, reader->info, &xy[0], &xy[1], &xy[2], &xy[3], &xy[4], &xy[5],
                     &xy[6], &xy[7]) == 0) {
        memcpy(xy, SRGB, sizeof(xy));
    }
    for (int i = 0; i < 8; i++) {
        same = same && fabs(xy[i] - SRGB[i]) < 0.002;
    }
    if (!same || fabs(file_gamma * 2.2 - 1.0) > 0.02) {
        reader->meta.icc = color_profile_from_primaries(xy, 1.0 / file_gamma);
    }
}

// The four numbers of the chunk cICP are primaries, transfer, matrix, whether all values are used.
// It counts more than all else that the file says of its colours.
static void take_color(struct reader *reader)
{
    const uint8_t *code = find_sized(reader, CODE_CHUNK, 4);

    if (code != NULL && code[2] == 0 && code[3] == 1 &&
        color_profile_from_code(code[0], code[1], &reader->meta.icc)) {
        return;
    }
    take_profile(reader);
    take_primaries(reader);
    if (code != NULL && reader->meta.icc == NULL) {
        codec_note_colors(&reader->meta, code[1]);
    }
}

// EXIF counts where no chunk says anything.
static void take_camera_space(struct reader *reader)
{
    const png_uint_32 chunks = PNG_INFO_sRGB | PNG_INFO_gAMA | PNG_INFO_cHRM;

    if (png_get_valid(reader->png, reader->info, chunks) == 0 &&
        find_unknown(reader, CODE_CHUNK) == NULL) {
        codec_take_camera_space(&reader->meta);
    }
}

// The chunk acTL begins with the number of frames (PNG, third edition, 11.3.6.1).
static void note_frames(struct reader *reader)
{
    const uint8_t *control = find_sized(reader, FRAMES_CHUNK, 8);

    if (control != NULL && png_get_uint_32(control) > 1) {
        image_meta_note(&reader->meta, CODEC_FIRST_NOTE);
    }
}

static void take_exif(struct reader *reader)
{
    static const char AS_IN_JPEG[] = "Exif\0";
    png_const_unknown_chunkp chunk = find_unknown(reader, EXIF_CHUNK);

    if (chunk == NULL || reader->meta.exif != NULL) {
        return;
    }

    const bool prefixed = chunk->size > sizeof(AS_IN_JPEG) &&
                          memcmp(chunk->data, AS_IN_JPEG, sizeof(AS_IN_JPEG)) == 0;
    const png_byte *exif = chunk->data + (prefixed ? sizeof(AS_IN_JPEG) : 0);
    const size_t size = chunk->size - (prefixed ? sizeof(AS_IN_JPEG) : 0);

    if (size > 4 && (memcmp(exif, "II*\0", 4) == 0 || memcmp(exif, "MM\0*", 4) == 0)) {
        reader->meta.exif = g_bytes_new(exif, size);
    }
}

// Whole numbers of pixels a metre are those of an inch to a seventieth: that much is rounding.
static double density_of(png_uint_32 meter)
{
    const double inch = meter * PNG_INCH;

    return fabs(inch - round(inch)) <= PNG_INCH / 2 ? round(inch) : inch;
}

static void take_density(struct reader *reader)
{
    png_uint_32 x = 0, y = 0;
    int unit = PNG_RESOLUTION_UNKNOWN;

    if (png_get_pHYs(reader->png, reader->info, &x, &y, &unit) != 0 &&
        unit == PNG_RESOLUTION_METER && x > 0 && y > 0) {
        reader->meta.density[0] = density_of(x);
        reader->meta.density[1] = density_of(y);
    }
}

// Chunks may stand before or after the pixels, so this runs twice.
static void take_meta(struct reader *reader)
{
    reader->meta.bits = png_get_bit_depth(reader->png, reader->info) == 16 ? 16 : 8;
    take_exif(reader); // before the texts, which may hold it too
    take_texts(reader);
}

static bool read_header(struct reader *reader)
{
    if (setjmp(png_jmpbuf(reader->png)) != 0) {
        return false;
    }
    find_end(reader);
    png_read_info(reader->png, reader->info);
    take_meta(reader);
    take_color(reader); // of which nothing may follow
    take_camera_space(reader);
    take_density(reader);
    note_frames(reader);
    return true;
}

// Whatever is stored, rows arrive as RGB or RGBA of 8 or 16 bits.
static void ask_for_rgb(struct reader *reader)
{
    png_set_expand(reader->png);
    png_set_gray_to_rgb(reader->png);
    if (G_BYTE_ORDER == G_LITTLE_ENDIAN) {
        png_set_swap(reader->png);
    }
}

static void take_row(const struct reader *reader, int y, const uint8_t *row)
{
    struct image *image = reader->image;
    const int channels = png_get_channels(reader->png, reader->info);
    const bool deep = png_get_bit_depth(reader->png, reader->info) == 16;
    float *rgb = image->rgb + (size_t)y * image->width * 3;
    float *alpha = image->alpha != NULL ? image->alpha + (size_t)y * image->width : NULL;
    const uint16_t *row16 = (const uint16_t *)(const void *)row;

    for (int x = 0; x < image->width; x++) {
        for (int c = 0; c < channels; c++) {
            int i = x * channels + c;
            float value = deep ? row16[i] / 65535.0f : row[i] / 255.0f;

            if (c < 3) {
                rgb[3 * x + c] = value;
            } else {
                alpha[x] = value;
            }
        }
    }
}

// After this the row size is known and the picture and the row buffer exist.
static void prepare_pixels(struct reader *reader, int passes)
{
    png_structp png = reader->png;
    int height = (int)png_get_image_height(png, reader->info);
    bool with_alpha = (png_get_color_type(png, reader->info) & PNG_COLOR_MASK_ALPHA) != 0;
    size_t rows = passes > 1 ? (size_t)height : 1;

    reader->image =
        image_new((int)png_get_image_width(png, reader->info), height, with_alpha, &reader->error);
    if (reader->image == NULL) {
        png_error(png, "no picture");
    }
    reader->rows = g_try_malloc0_n(rows, png_get_rowbytes(png, reader->info));
    if (reader->rows == NULL) {
        g_set_error_literal(&reader->error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                            _("there is not enough memory to read the picture"));
        png_error(png, "no memory");
    }
}

static void stop_if_cancelled(struct reader *reader)
{
    if (task_cancelled(reader->task, &reader->error)) {
        png_error(reader->png, "cancelled");
    }
}

static bool is_interlaced(const struct reader *reader)
{
    return png_get_interlace_type(reader->png, reader->info) != PNG_INTERLACE_NONE;
}

// The rows of an interlaced file are whole, or as whole as they get, when all has been read.
static bool read_rows(struct reader *reader)
{
    if (setjmp(png_jmpbuf(reader->png)) != 0) {
        return false;
    }
    ask_for_rgb(reader);

    int passes = png_set_interlace_handling(reader->png);

    png_read_update_info(reader->png, reader->info);
    prepare_pixels(reader, passes);

    size_t stride = png_get_rowbytes(reader->png, reader->info);

    for (int pass = 0; pass < passes; pass++) {
        for (int y = 0; y < reader->image->height; y++, reader->done++) {
            uint8_t *row = reader->rows + (passes > 1 ? y * stride : 0);

            stop_if_cancelled(reader);
            png_read_row(reader->png, NULL, row); // and what later passes hold, for now, as blocks
            if (passes == 1) {
                take_row(reader, y, row);
            }
        }
    }
    png_read_end(reader->png, reader->info);
    return true;
}

// Whether what was read before the damage shows something of the whole picture, or of its top.
static bool has_part(const struct reader *reader)
{
    return reader->stumbled && reader->image != NULL &&
           reader->done >= (is_interlaced(reader) ? reader->image->height : 1);
}

static void clear_rest(struct reader *reader)
{
    struct image *image = reader->image;
    size_t first = (size_t)reader->done * image->width;
    size_t pixels = (size_t)image->height * image->width - first;

    memset(image->rgb + 3 * first, 0, pixels * 3 * sizeof(float));
    if (image->alpha != NULL) {
        memset(image->alpha + first, 0, pixels * sizeof(float));
    }
}

static bool read_pixels(struct reader *reader)
{
    if (!read_rows(reader)) {
        if (!has_part(reader)) {
            return false;
        }
        reader->damaged = true;
        g_clear_error(&reader->error);
    }
    if (is_interlaced(reader)) {
        size_t stride = png_get_rowbytes(reader->png, reader->info);

        for (int y = 0; y < reader->image->height; y++) {
            take_row(reader, y, reader->rows + y * stride);
        }
    } else {
        clear_rest(reader);
    }
    take_meta(reader);
    take_camera_space(reader);
    if (reader->damaged) {
        image_meta_note(&reader->meta, CODEC_PARTIAL_NOTE);
    }
    return true;
}

static bool sniff(const uint8_t *data, size_t size)
{
    return size >= 8 && png_sig_cmp(data, 0, 8) == 0;
}

static bool read_info(GBytes *file, struct image_info *info, GError **error)
{
    struct reader reader;

    bool ok = reader_init(&reader, file, NULL) && check_header(&reader, &reader.error) &&
              read_header(&reader);

    if (ok) {
        info->width = (int)png_get_image_width(reader.png, reader.info);
        info->height = (int)png_get_image_height(reader.png, reader.info);
        image_meta_copy(&reader.meta, &info->meta);
    } else {
        g_propagate_error(error, g_steal_pointer(&reader.error));
    }
    reader_clear(&reader);
    return ok;
}

static struct image *read_image(GBytes *file, struct task *task, GError **error)
{
    struct reader reader;
    struct image *image = NULL;

    if (reader_init(&reader, file, task) && check_header(&reader, &reader.error) &&
        read_header(&reader) && read_pixels(&reader)) {
        image = g_steal_pointer(&reader.image);
        image_meta_copy(&reader.meta, &image->meta);
    } else {
        g_propagate_error(error, g_steal_pointer(&reader.error));
    }
    reader_clear(&reader);
    return image;
}

const struct codec png_codec = {
    .name = "png",
    .title = "PNG",
    .suffixes = (const char *const[]){"png", NULL},
    .deep = true,
    .alpha = true,
    .iptc = true,
    .sniff = sniff,
    .read_info = read_info,
    .read = read_image,
    .write = png_write,
};
