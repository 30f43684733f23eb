// Both work on a copy of the part that is not zero, wide enough for what will change.
#include "render/raster_edit.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "render/parallel.h"

#include <math.h>
#include <string.h>

// A part of the raster with a margin around it, and a second plane of that size to write into.
struct bench {
    struct image_region part;
    int margin, width, height; // with the margin, which is 0
    uint8_t flip;              // the planes have the raster's values with these bits turned
    uint8_t *in, *out;         // (height, width)
};

// The rows and columns that are not all zero; false: there are none.
static bool find_shown(const struct raster *raster, struct image_region *part)
{
    int left = raster->width, right = -1, top = raster->height, bottom = -1;

    for (int y = 0; y < raster->height; y++) {
        const uint8_t *row = raster->values + (size_t)y * raster->width;
        int first = 0, last = raster->width - 1;

        if (row[0] == 0 && memcmp(row, row + 1, (size_t)raster->width - 1) == 0) {
            continue;
        }
        while (row[first] == 0) {
            first++;
        }
        while (row[last] == 0) {
            last--;
        }
        left = MIN(left, first);
        right = MAX(right, last);
        top = MIN(top, y);
        bottom = y;
    }
    *part = (struct image_region){left, top, right - left + 1, bottom - top + 1};
    return right >= 0;
}

static void widen(struct image_region *part, const struct raster *raster, int by)
{
    int right = MIN(part->x + part->width + by, raster->width);
    int bottom = MIN(part->y + part->height + by, raster->height);

    part->x = MAX(part->x - by, 0);
    part->y = MAX(part->y - by, 0);
    part->width = right - part->x;
    part->height = bottom - part->y;
}

// The raster's row that is in row y of the part, and where the planes have it.
static uint8_t *raster_row(const struct bench *b, const struct raster *raster, int y)
{
    return raster->values + (size_t)(b->part.y + y) * raster->width + b->part.x;
}

static uint8_t *bench_row(const struct bench *b, int y)
{
    return b->in + (size_t)(y + b->margin) * b->width + b->margin;
}

static bool bench_open(struct bench *b, const struct raster *raster, GError **error)
{
    b->width = b->part.width + 2 * b->margin;
    b->height = b->part.height + 2 * b->margin;
    b->in = g_try_malloc0((gsize)b->width * b->height);
    b->out = g_try_malloc((gsize)b->width * b->height);
    if (b->in == NULL || b->out == NULL) {
        g_free(b->in);
        g_free(b->out);
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                    _("not enough memory to change a mask of %d x %d pixels"), b->part.width,
                    b->part.height);
        return false;
    }
    for (int y = 0; y < b->part.height; y++) {
        const uint8_t *from = raster_row(b, raster, y);
        uint8_t *to = bench_row(b, y);

        for (int x = 0; x < b->part.width; x++) {
            to[x] = from[x] ^ b->flip;
        }
    }
    return true;
}

static void bench_close(struct bench *b, struct raster *raster)
{
    for (int y = 0; y < b->part.height; y++) {
        const uint8_t *from = bench_row(b, y);
        uint8_t *to = raster_row(b, raster, y);

        for (int x = 0; x < b->part.width; x++) {
            to[x] = from[x] ^ b->flip;
        }
    }
    g_free(b->in);
    g_free(b->out);
}

// out has been written.
static void bench_turn(struct bench *b)
{
    uint8_t *written = b->out;

    b->out = b->in;
    b->in = written;
}

// ---- growing ------------------------------------------------------------------------------------

struct step {
    const struct bench *bench;
    int dx, dy;
};

// Each value becomes the greater of itself and the one at (dx, dy).
static void step_rows(int begin, int end, void *data)
{
    const struct step *step = data;
    const struct bench *b = step->bench;
    int width = b->width, first = MAX(-step->dx, 0), last = MIN(width - step->dx, width);

    for (int y = begin; y < end; y++) {
        const uint8_t *here = b->in + (size_t)y * width;
        uint8_t *out = b->out + (size_t)y * width;

        memcpy(out, here, (size_t)width);
        if (y + step->dy < 0 || y + step->dy >= b->height) {
            continue;
        }
        const uint8_t *there = b->in + (size_t)(y + step->dy) * width + step->dx;
        for (int x = first; x < last; x++) {
            out[x] = MAX(here[x], there[x]);
        }
    }
}

// The greatest of the values from here to `length` steps of (dx, dy) away: windows that double.
static void reach(struct bench *b, int dx, int dy, int length)
{
    for (int done = 0, by; done < length; done += by) {
        by = MIN(done + 1, length - done);
        parallel_rows(b->height, step_rows, &(struct step){b, by * dx, by * dy});
        bench_turn(b);
    }
}

static void reach_both_ways(struct bench *b, int dx, int dy, int length)
{
    reach(b, dx, dy, length);
    reach(b, -dx, -dy, length);
}

bool raster_grow(struct raster *raster, int pixels, GError **error)
{
    // An octagon so large covers the whole raster from each of its corners.
    int radius = MIN(ABS(CLAMP(pixels, -2 * IMAGE_MAX_SIDE, 2 * IMAGE_MAX_SIDE)),
                     raster->width + raster->height);
    // It is the sum of a square and a diamond; the diamond alone is a chessboard.
    int slant = radius > 2 ? (int)lround(radius * (1.0 - G_SQRT2 / 2.0)) : 0;
    int straight = radius - 2 * slant;
    // Slanting steps lead out of a narrow raster and back.
    struct bench b = {.margin = 2 * slant, .flip = pixels < 0 ? 255 : 0};

    if (radius == 0 || !find_shown(raster, &b.part)) {
        return true;
    }
    widen(&b.part, raster, radius + 1);
    if (!bench_open(&b, raster, error)) {
        return false;
    }
    reach_both_ways(&b, 1, 1, slant);
    reach_both_ways(&b, 1, -1, slant);
    reach_both_ways(&b, 1, 0, straight);
    reach_both_ways(&b, 0, 1, straight);
    bench_close(&b, raster);
    return true;
}

// ---- feathering ---------------------------------------------------------------------------------

enum { MEANS = 3, BLOCK = 256 }; // columns that are summed side by side

struct mean {
    const struct bench *bench;
    int radius;
    uint64_t share; // 2^32 / (2 radius + 1), rounded up: a mean of equal values is that value
};

static uint8_t mean_of(const struct mean *mean, uint32_t sum)
{
    return (uint8_t)((sum * mean->share + (UINT64_C(1) << 31)) >> 32);
}

static void mean_rows(int begin, int end, void *data)
{
    const struct mean *mean = data;
    int width = mean->bench->width, radius = mean->radius;

    for (int y = begin; y < end; y++) {
        const uint8_t *in = mean->bench->in + (size_t)y * width;
        uint8_t *out = mean->bench->out + (size_t)y * width;
        uint32_t sum = 0;

        for (int x = -radius; x <= radius; x++) {
            sum += in[CLAMP(x, 0, width - 1)];
        }
        for (int x = 0; x < width; x++) {
            out[x] = mean_of(mean, sum);
            sum += in[MIN(x + radius + 1, width - 1)];
            sum -= in[MAX(x - radius, 0)];
        }
    }
}

// Columns `first` to `last` of all rows.
static void mean_block(const struct mean *mean, int first, int last)
{
    const struct bench *b = mean->bench;
    int width = b->width, height = b->height, radius = mean->radius;
    uint32_t sums[BLOCK] = {0};

    for (int y = -radius; y <= radius; y++) {
        const uint8_t *in = b->in + (size_t)CLAMP(y, 0, height - 1) * width;
        for (int x = first; x < last; x++) {
            sums[x - first] += in[x];
        }
    }
    for (int y = 0; y < height; y++) {
        const uint8_t *enters = b->in + (size_t)MIN(y + radius + 1, height - 1) * width;
        const uint8_t *leaves = b->in + (size_t)MAX(y - radius, 0) * width;
        uint8_t *out = b->out + (size_t)y * width;

        for (int x = first; x < last; x++) {
            out[x] = mean_of(mean, sums[x - first]);
            sums[x - first] += (uint32_t)enters[x] - leaves[x];
        }
    }
}

static void mean_columns(int begin, int end, void *data)
{
    const struct mean *mean = data;

    for (int x = begin; x < end; x += BLOCK) {
        mean_block(mean, x, MIN(x + BLOCK, end));
    }
}

bool raster_feather(struct raster *raster, double sigma, GError **error)
{
    // Three means of width w have the variance (w^2 - 1) / 4.
    int side = MAX(raster->width, raster->height);
    int radius = (int)lround((sqrt(4.0 * sigma * sigma + 1.0) - 1.0) / 2.0);
    struct bench b = {0};

    if (!(sigma > 0.0) || radius == 0 || !find_shown(raster, &b.part)) {
        return true;
    }
    radius = MIN(radius, side);
    widen(&b.part, raster, MEANS * radius + 1);
    if (!bench_open(&b, raster, error)) {
        return false;
    }
    struct mean mean = {&b, radius,
                        ((UINT64_C(1) << 32) + 2 * (unsigned)radius) / (2 * (unsigned)radius + 1)};
    for (int i = 0; i < MEANS; i++) {
        parallel_rows(b.height, mean_rows, &mean);
        bench_turn(&b);
        parallel_rows(b.width, mean_columns, &mean);
        bench_turn(&b);
    }
    bench_close(&b, raster);
    return true;
}
