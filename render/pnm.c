// Netpbm's portable maps, PBM, PGM, PPM and PAM: as text or as bytes, of 1 to 16 bits. Only read.
// Their samples are taken for sRGB, as all programs do.
#include "render/codec.h"

#include "compute/error.h"
#include "compute/i18n.h"

#include <string.h>

enum { MAX_CHANNELS = 4, MAX_VALUE = 65535 };

struct reader {
    const uint8_t *data; // borrowed
    gsize size, at;

    bool bits, text; // how samples are stored: eight in a byte, as numbers in words, or else bytes
    bool alpha;      // the last channel
    unsigned width, height, channels, most;
};

static bool sniff(const uint8_t *data, size_t size)
{
    return size >= 3 && data[0] == 'P' &&
           ((data[1] >= '1' && data[1] <= '6' && (g_ascii_isspace(data[2]) || data[2] == '#')) ||
            (data[1] == '7' && data[2] == '\n'));
}

static bool fail(GError **error)
{
    g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                        _("the PNM data is damaged or cut short"));
    return false;
}

// ---- the header ---------------------------------------------------------------------------------

// Also over comments, which go to the end of their line.
static void skip_blanks(struct reader *r)
{
    bool comment = false;

    while (r->at < r->size &&
           (comment || r->data[r->at] == '#' || g_ascii_isspace(r->data[r->at]))) {
        comment = (comment || r->data[r->at] == '#') && r->data[r->at] != '\n';
        r->at++;
    }
}

static bool read_number(struct reader *r, unsigned *number)
{
    enum { LIMIT = 100000000 }; // far above every limit
    const gsize begin = (skip_blanks(r), r->at);

    for (*number = 0; r->at < r->size && g_ascii_isdigit(r->data[r->at]); r->at++) {
        if (*number >= LIMIT) {
            return false;
        }
        *number = 10 * *number + (r->data[r->at] - '0');
    }
    return r->at > begin;
}

// One blank follows, and then the first byte of pixels.
static bool end_header(struct reader *r)
{
    return r->text || (r->at < r->size && g_ascii_isspace(r->data[r->at++]));
}

static bool read_map_header(struct reader *r, int kind)
{
    r->bits = kind == 4;
    r->text = kind <= 3;
    r->channels = kind % 3 == 0 ? 3 : 1;
    r->most = 1;
    return read_number(r, &r->width) && read_number(r, &r->height) &&
           (kind % 3 == 1 || read_number(r, &r->most)) && end_header(r);
}

static char *read_line(struct reader *r)
{
    enum { MAX_LINE = 1000 };
    const uint8_t *begin = r->data + r->at;
    const uint8_t *end = memchr(begin, '\n', MIN(r->size - r->at, MAX_LINE));

    if (end == NULL) {
        return NULL;
    }
    r->at += (gsize)(end - begin) + 1;
    return g_strstrip(g_strndup((const char *)begin, (gsize)(end - begin)));
}

static bool take_word(struct reader *r, const char *line)
{
    static const char *const KEYS[] = {"WIDTH", "HEIGHT", "DEPTH", "MAXVAL"};
    unsigned *const values[] = {&r->width, &r->height, &r->channels, &r->most};

    for (size_t i = 0; i < G_N_ELEMENTS(KEYS); i++) {
        const gsize length = strlen(KEYS[i]);

        if (strncmp(line, KEYS[i], length) == 0 && g_ascii_isspace(line[length])) {
            const guint64 value = g_ascii_strtoull(line + length, NULL, 10);

            *values[i] = (unsigned)MIN(value, G_MAXINT32);
        }
    }
    return !g_str_has_prefix(line, "TUPLTYPE") || strstr(line, "CMYK") == NULL;
}

// Lines of a word and a value each. What a channel is follows from their number.
static bool read_pam_header(struct reader *r)
{
    for (r->at++;;) {
        g_autofree char *line = read_line(r);

        if (line == NULL || !take_word(r, line)) {
            return false;
        }
        if (strcmp(line, "ENDHDR") == 0) {
            break;
        }
    }
    r->alpha = r->channels == 2 || r->channels == 4;
    return true;
}

static bool reader_open(struct reader *r, GBytes *file, GError **error)
{
    *r = (struct reader){.at = 2};
    r->data = g_bytes_get_data(file, &r->size);

    const int kind = r->size > r->at ? r->data[1] - '0' : 0;
    const bool read = kind == 7 ? read_pam_header(r) : kind > 0 && read_map_header(r, kind);

    if (!read || r->most < 1 || r->most > MAX_VALUE) {
        return fail(error);
    }
    if (r->channels < 1 || r->channels > MAX_CHANNELS) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("PAM pictures of %u channels cannot be read"), r->channels);
        return false;
    }
    return image_check_size(r->width, r->height, error);
}

// ---- pixels -------------------------------------------------------------------------------------

// Numbers of a bitmap may stand without blanks between them.
static bool read_words(struct reader *r, gsize count, unsigned *to)
{
    for (gsize i = 0; i < count; i++) {
        if (r->most > 1) {
            if (!read_number(r, &to[i])) {
                return false;
            }
            continue;
        }
        skip_blanks(r);
        if (r->at == r->size || (r->data[r->at] != '0' && r->data[r->at] != '1')) {
            return false;
        }
        to[i] = r->data[r->at++] - '0';
    }
    return true;
}

// Samples of two bytes have the higher one first.
static bool read_bytes(struct reader *r, gsize count, unsigned *to)
{
    const gsize each = r->most > 255 ? 2 : 1;
    const gsize bytes = r->bits ? (count + 7) / 8 : count * each;
    const uint8_t *row = r->data + r->at;

    if (bytes > r->size - r->at) {
        return false;
    }
    for (gsize i = 0; i < count; i++) {
        to[i] = r->bits     ? row[i / 8] >> (7 - i % 8) & 1
                : each == 2 ? (unsigned)row[2 * i] << 8 | row[2 * i + 1]
                            : row[i];
    }
    r->at += bytes;
    return true;
}

static bool read_row(struct reader *r, unsigned *row)
{
    const gsize count = (gsize)r->width * r->channels;

    return r->text ? read_words(r, count, row) : read_bytes(r, count, row);
}

static float value_of(const struct reader *r, bool ink, unsigned sample)
{
    const float value = (float)MIN(sample, r->most) / (float)r->most;

    return ink ? 1.0f - value : value;
}

// 1 is black in bitmaps, other than in PAM.
static void put_row(const struct reader *r, bool ink, const unsigned *row, int y,
                    struct image *image)
{
    const unsigned colors = r->channels - r->alpha;

    for (unsigned x = 0; x < r->width; x++, row += r->channels) {
        const gsize at = (gsize)y * r->width + x;

        for (unsigned c = 0; c < 3; c++) {
            image->rgb[3 * at + c] = value_of(r, ink, row[colors == 3 ? c : 0]);
        }
        if (r->alpha) {
            image->alpha[at] = value_of(r, false, row[colors]);
        }
    }
}

static void clear_rest(struct image *image, int rows)
{
    const gsize first = (gsize)rows * (gsize)image->width;
    const gsize pixels = (gsize)image->height * (gsize)image->width - first;

    memset(image->rgb + 3 * first, 0, 3 * pixels * sizeof(float));
    if (image->alpha != NULL) {
        memset(image->alpha + first, 0, pixels * sizeof(float));
    }
}

// ---- the codec ----------------------------------------------------------------------------------

static void take_meta(const struct reader *r, struct image_meta *meta)
{
    meta->bits = r->most > 255 ? 16 : 8;
}

static bool read_info(GBytes *file, struct image_info *info, GError **error)
{
    struct reader r;

    if (!reader_open(&r, file, error)) {
        return false;
    }
    info->width = (int)r.width;
    info->height = (int)r.height;
    take_meta(&r, &info->meta);
    return true;
}

// The first row is read before memory is asked for: the header may say anything.
static struct image *read_image(GBytes *file, struct task *task, GError **error)
{
    struct reader r;
    struct image *image = NULL;
    int rows = 0;

    if (!reader_open(&r, file, error)) {
        return NULL;
    }

    const bool ink = r.data[1] == '1' || r.data[1] == '4';
    g_autofree unsigned *row = g_new(unsigned, (gsize)r.width *r.channels);

    if (!read_row(&r, row)) {
        fail(error);
        return NULL;
    }
    image = image_new((int)r.width, (int)r.height, r.alpha, error);
    while (image != NULL && (rows == 0 || (rows < image->height && read_row(&r, row)))) {
        put_row(&r, ink, row, rows++, image);
        if (task_cancelled(task, error)) {
            g_clear_pointer(&image, image_free);
        }
    }
    if (image == NULL) {
        return NULL;
    }
    take_meta(&r, &image->meta);
    if (rows < image->height) {
        clear_rest(image, rows);
        image_meta_note(&image->meta, CODEC_PARTIAL_NOTE);
    } else if (!r.text && sniff(r.data + r.at, r.size - r.at)) {
        image_meta_note(&image->meta, CODEC_FIRST_NOTE);
    }
    return image;
}

const struct codec pnm_codec = {
    .name = "pnm",
    .title = "PNM",
    .suffixes = (const char *const[]){"ppm", "pgm", "pbm", "pnm", "pam", NULL},
    .sniff = sniff,
    .read_info = read_info,
    .read = read_image,
};
