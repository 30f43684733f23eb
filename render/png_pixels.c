// In what a predictor leaves of a photograph are runs and rare values, but hardly a string twice:
// looking for those takes most of the time and gains nothing. 16 megapixels of dandelion: 0.57 s of
// one processor for 14.4 MB; level 4, with a filter chosen for each row, 1.38 s for 14.5 MB.
#include "render/png_pixels.h"

#include "compute/clones.h"
#include "compute/error.h"
#include "compute/i18n.h"
#include "render/pack.h"
#include "render/parallel.h"

#include <string.h>
#include <zlib.h>

// Of a stripe; and how many are worked on between two looks at the task.
enum { STRIPE_BYTES = 1 << 19, GROUP = 32 };

static const uint8_t PAETH = 4; // the filter's number in front of each row

struct stripe {
    const struct image *band;
    int y, rows; // in the band
    int bits;
    const uint8_t *above; // the row before the first of the band, as bytes; NULL: there is none
    bool last;            // of the picture
    uint8_t *bytes;       // result, size of room; NULL: there was no memory
    size_t size, room;
    uLong sum;      // Adler-32 of what was compressed
    uint64_t plain; // how much that was
};

static size_t row_bytes(const struct image *band, int bits)
{
    return (size_t)band->width * (band->alpha != NULL ? 4 : 3) * (size_t)(bits / 8);
}

// ---- filtering ----------------------------------------------------------------------------------

// PNG has the higher byte first.
static void pack(const struct image *band, int y, int bits, uint8_t *row)
{
    pack_image_row(band, y, bits, row);
    if (bits == 16) {
        uint16_t *words = (uint16_t *)(void *)row;

        for (size_t i = 0; i < row_bytes(band, bits) / 2; i++) {
            words[i] = GUINT16_TO_BE(words[i]);
        }
    }
}

// Paeth's predictor (PNG, third edition, 9.4): whichever of left, above and above left is nearest
// to left + above - above left. Rows have `pixel` zeros before their first byte.
HOST_CLONES static void filter(const uint8_t *row, const uint8_t *above, size_t count, int pixel,
                               uint8_t *result)
{
    for (size_t i = 0; i < count; i++) {
        const int16_t a = row[(ptrdiff_t)i - pixel], b = above[i], c = above[(ptrdiff_t)i - pixel];
        const int16_t right = (int16_t)(b - c), down = (int16_t)(a - c);
        const int16_t both = (int16_t)(right + down);
        const int16_t to_a = (int16_t)(right < 0 ? -right : right);
        const int16_t to_b = (int16_t)(down < 0 ? -down : down);
        const int16_t to_c = (int16_t)(both < 0 ? -both : both);
        const int16_t other = to_b <= to_c ? b : c;
        const int16_t least = to_b <= to_c ? to_b : to_c;

        result[i] = (uint8_t)(row[i] - (to_a <= least ? a : other));
    }
}

// ---- compression --------------------------------------------------------------------------------

static bool stripe_start(struct stripe *stripe, z_stream *z)
{
    enum { LEAST = Z_BEST_SPEED, RAW = -15, MEMORY = 8, END = 64 };

    *z = (z_stream){0};
    if (deflateInit2(z, LEAST, Z_DEFLATED, RAW, MEMORY, Z_RLE) != Z_OK) {
        return false;
    }
    stripe->room = deflateBound(z, stripe->plain) + END;
    stripe->bytes = g_try_malloc(stripe->room);
    z->next_out = stripe->bytes;
    z->avail_out = (uInt)stripe->room;
    return stripe->bytes != NULL;
}

// Scratch of one thread: two rows with zeros before them, and what the filter makes of one.
struct scratch {
    uint8_t *rows[2], *filtered;
};

static void compress_rows(struct stripe *stripe, z_stream *z, struct scratch *scratch)
{
    const size_t count = row_bytes(stripe->band, stripe->bits);
    const int pixel = (int)(count / (size_t)stripe->band->width);

    if (stripe->y > 0) {
        pack(stripe->band, stripe->y - 1, stripe->bits, scratch->rows[1]);
    } else if (stripe->above != NULL) {
        memcpy(scratch->rows[1], stripe->above, count);
    }
    scratch->filtered[0] = PAETH;
    for (int y = 0; y < stripe->rows; y++) {
        uint8_t *row = scratch->rows[y % 2];
        const bool ends = y + 1 == stripe->rows;

        pack(stripe->band, stripe->y + y, stripe->bits, row);
        filter(row, scratch->rows[(y + 1) % 2], count, pixel, scratch->filtered + 1);
        stripe->sum = adler32(stripe->sum, scratch->filtered, (uInt)count + 1);
        z->next_in = scratch->filtered;
        z->avail_in = (uInt)count + 1;
        deflate(z, !ends ? Z_NO_FLUSH : stripe->last ? Z_FINISH : Z_SYNC_FLUSH);
        g_assert(z->avail_in == 0); // there is room for all of it
    }
}

// Without memory bytes stays NULL.
static void compress_stripe(struct stripe *stripe)
{
    enum { BEFORE = 16 }; // bytes, at least a pixel, and the rows stay aligned for words
    const size_t count = row_bytes(stripe->band, stripe->bits);
    g_autofree uint8_t *room = g_try_malloc0_n(3, count + BEFORE + 1);
    struct scratch scratch = {{room + BEFORE, room + BEFORE + count + BEFORE},
                              room + 2 * (count + BEFORE)};
    z_stream z;

    stripe->sum = adler32(0, NULL, 0);
    stripe->plain = (uint64_t)stripe->rows * (count + 1);
    if (room == NULL || !stripe_start(stripe, &z)) {
        return;
    }
    compress_rows(stripe, &z, &scratch);
    stripe->size = stripe->room - z.avail_out;
    deflateEnd(&z);
}

static void compress_stripes(int begin, int end, void *data)
{
    struct stripe *stripes = data;

    for (int i = begin; i < end; i++) {
        compress_stripe(&stripes[i]);
    }
}

// ---- the picture --------------------------------------------------------------------------------

struct writer {
    const struct image_rows *rows;
    int bits;
    png_pixels_fn put;
    void *data;
    uLong sum;      // Adler-32 of all that was compressed
    uint8_t *above; // the last row of the band before; NULL: there is none yet
};

static bool no_memory(GError **error)
{
    g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                        _("there is not enough memory for it"));
    return false;
}

static bool put_stripes(struct writer *w, const struct stripe *stripes, int count, GError **error)
{
    for (int i = 0; i < count; i++) {
        if (stripes[i].bytes == NULL) {
            return no_memory(error);
        }
        w->sum = adler32_combine(w->sum, stripes[i].sum, (z_off_t)stripes[i].plain);
        if (!w->put(w->data, stripes[i].bytes, stripes[i].size, error)) {
            return false;
        }
    }
    return true;
}

// A group of stripes from row y of the band on; *y becomes the row after them.
static bool put_group(struct writer *w, const struct image *band, int top, int *y, GError **error)
{
    struct stripe stripes[GROUP] = {{0}};
    const int rows = MAX(1, (int)(STRIPE_BYTES / row_bytes(band, w->bits)));
    int count = 0;

    for (; count < GROUP && *y < band->height; count++) {
        struct stripe *stripe = &stripes[count];

        *stripe = (struct stripe){.band = band,
                                  .y = *y,
                                  .rows = MIN(rows, band->height - *y),
                                  .bits = w->bits,
                                  .above = w->above};
        *y += stripe->rows;
        stripe->last = top + *y == w->rows->height;
    }
    parallel_each(count, compress_stripes, stripes);

    const bool ok = put_stripes(w, stripes, count, error);

    for (int i = 0; i < count; i++) {
        g_free(stripes[i].bytes);
    }
    return ok;
}

static bool put_band(struct writer *w, const struct image *band, int top, struct task *task,
                     GError **error)
{
    for (int y = 0; y < band->height;) {
        if (task_cancelled(task, error) || !put_group(w, band, top, &y, error)) {
            return false;
        }
    }
    if (top + band->height < w->rows->height) {
        if (w->above == NULL && (w->above = g_try_malloc(row_bytes(band, w->bits))) == NULL) {
            return no_memory(error);
        }
        pack(band, band->height - 1, w->bits, w->above);
    }
    return true;
}

bool png_pixels_write(const struct image_rows *rows, int bits, png_pixels_fn put, void *data,
                      struct task *task, GError **error)
{
    static const uint8_t HEADER[2] = {0x78, 0x01}; // a window of 32 kB, compressed fast
    struct writer w = {
        .rows = rows, .bits = bits, .put = put, .data = data, .sum = adler32(0, NULL, 0)};
    bool ok = put(data, HEADER, sizeof(HEADER), error);

    for (int y = 0; ok && y < rows->height;) {
        const struct image *band = rows->band(rows->data, y, error);

        ok = band != NULL && put_band(&w, band, y, task, error);
        y += band != NULL ? band->height : 0;
    }
    g_free(w.above);

    const uint32_t sum = GUINT32_TO_BE((uint32_t)w.sum);

    return ok && put(data, (const uint8_t *)&sum, sizeof(sum), error);
}
