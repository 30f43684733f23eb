// Resizing sums one row of the result at a time: 50 megapixels as floats would be 200 MB.
#include "render/raster.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "render/parallel.h"

#include <math.h>
#include <string.h>

struct raster *raster_new(int width, int height, GError **error)
{
    if (!image_check_size(width, height, error)) {
        return NULL;
    }

    struct raster *raster = g_new(struct raster, 1);

    raster->width = width;
    raster->height = height;
    raster->values = g_try_malloc0((gsize)width * height);
    if (raster->values == NULL) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                    _("not enough memory for a mask of %d x %d pixels"), width, height);
        g_clear_pointer(&raster, g_free);
    }
    return raster;
}

void raster_free(struct raster *raster)
{
    if (raster == NULL) {
        return;
    }
    g_free(raster->values);
    g_free(raster);
}

// How much of position i lies between begin and end.
static float overlap(int i, double begin, double end)
{
    return (float)(MIN(i + 1, end) - MAX(i, begin));
}

struct resize_job {
    const struct raster *raster;
    struct image_region part;
    int width, height;
    float *result;
};

// The columns of the part, summed over the rows that row y of the result covers.
static void sum_rows(const struct resize_job *job, int y, float *sums)
{
    const struct image_region *part = &job->part;
    double scale = (double)part->height / job->height, begin = y * scale, end = begin + scale;

    memset(sums, 0, part->width * sizeof(float));
    for (int row = (int)begin; row < MIN((int)ceil(end), part->height); row++) {
        const uint8_t *values =
            job->raster->values + (size_t)(part->y + row) * job->raster->width + part->x;
        float weight = overlap(row, begin, end);

        for (int x = 0; x < part->width; x++) {
            sums[x] += weight * values[x];
        }
    }
}

static float sum_columns(const struct resize_job *job, int x, const float *sums)
{
    double scale = (double)job->part.width / job->width, begin = x * scale, end = begin + scale;
    float sum = 0.0f;

    for (int column = (int)begin; column < MIN((int)ceil(end), job->part.width); column++) {
        sum += overlap(column, begin, end) * sums[column];
    }
    return sum;
}

static void resize_rows(int begin, int end, void *data)
{
    const struct resize_job *job = data;
    g_autofree float *sums = g_new(float, job->part.width);
    double area = (double)job->part.width / job->width * ((double)job->part.height / job->height);
    float unit = (float)(1.0 / (255.0 * area));

    for (int y = begin; y < end; y++) {
        sum_rows(job, y, sums);
        for (int x = 0; x < job->width; x++) {
            job->result[(size_t)y * job->width + x] = MIN(unit * sum_columns(job, x, sums), 1.0f);
        }
    }
}

void raster_resize(const struct raster *raster, const struct image_region *part, int width,
                   int height, float *result)
{
    struct resize_job job = {raster, *part, width, height, result};

    g_assert(part->x >= 0 && part->y >= 0 && part->width > 0 && part->height > 0);
    g_assert(part->width <= raster->width - part->x && part->height <= raster->height - part->y);
    parallel_rows(height, resize_rows, &job);
}

double raster_mean(const struct raster *raster)
{
    size_t count = (size_t)raster->width * raster->height;
    guint64 sum = 0;

    for (size_t i = 0; i < count; i++) {
        sum += raster->values[i];
    }
    return (double)sum / 255.0 / (double)count;
}

// Whether a row of the raster, or a column (with a step of its width), has such a value.
static bool has_value(const uint8_t *values, int count, int step, int least)
{
    for (int i = 0; i < count; i++) {
        if (values[(size_t)i * step] >= least) {
            return true;
        }
    }
    return false;
}

struct image_region raster_box(const struct raster *raster)
{
    const int w = raster->width, h = raster->height;
    int greatest = 0, left = 0, right = w, top = 0, bottom = h;
    for (size_t i = 0; i < (size_t)w * h; i++) {
        greatest = MAX(greatest, raster->values[i]);
    }
    if (greatest == 0) {
        return (struct image_region){0};
    }
    const int least = (greatest + 1) / 2;
    while (!has_value(raster->values + (size_t)top * w, w, 1, least)) {
        top++;
    }
    while (!has_value(raster->values + (size_t)(bottom - 1) * w, w, 1, least)) {
        bottom--;
    }
    while (!has_value(raster->values + left, h, w, least)) {
        left++;
    }
    while (!has_value(raster->values + right - 1, h, w, least)) {
        right--;
    }
    return (struct image_region){left, top, right - left, bottom - top};
}
