// Separable resampling. The pass that leaves less work for the other comes first: shrinking goes
// down the columns first, enlarging along the rows first.
#include "render/resample.h"

#include "compute/clones.h"
#include "render/parallel.h"

#include <math.h>
#include <string.h>

// For each output position the first input position and the weights of `taps` inputs from there on.
struct axis {
    int source, size, taps;
    int *first;     // (size)
    float *weights; // (size, taps), each row sums to one
};

struct resampler {
    struct axis x, y;
};

static double kernel_support(enum resample_kernel kernel)
{
    static const double SUPPORTS[] = {
        [RESAMPLE_LANCZOS3] = 3.0, [RESAMPLE_LINEAR] = 1.0, [RESAMPLE_SPLINE] = 2.0};

    return SUPPORTS[kernel];
}

static double sinc(double t)
{
    return t == 0.0 ? 1.0 : sin(G_PI * t) / (G_PI * t);
}

static double spline(double t)
{
    double outer = MAX(2.0 - t, 0.0), inner = MAX(1.0 - t, 0.0);

    return (outer * outer * outer - 4.0 * inner * inner * inner) / 6.0;
}

static double kernel_value(enum resample_kernel kernel, double t)
{
    t = fabs(t);
    if (t >= kernel_support(kernel)) {
        return 0.0;
    }
    switch (kernel) {
    case RESAMPLE_LANCZOS3: return sinc(t) * sinc(t / 3.0);
    case RESAMPLE_LINEAR: return 1.0 - t;
    case RESAMPLE_SPLINE: return spline(t);
    }
    g_assert_not_reached();
}

// Weights of the inputs first .. first + taps - 1 around centre; those outside the picture do not
// count.
static void axis_weigh(const struct axis *axis, double centre, double stretch, int first,
                       enum resample_kernel kernel, float *weights)
{
    double sum = 0.0;

    for (int i = 0; i < axis->taps; i++) {
        sum += kernel_value(kernel, (first + i - centre) / stretch);
    }
    for (int i = 0; i < axis->taps; i++) {
        weights[i] = (float)(kernel_value(kernel, (first + i - centre) / stretch) / sum);
    }
}

static void axis_init(struct axis *axis, int source, int size, enum resample_kernel kernel)
{
    double ratio = (double)source / size;
    double stretch = MAX(ratio, 1.0); // shrinking widens the kernel: that is the low-pass
    double reach = kernel_support(kernel) * stretch;

    axis->source = source;
    axis->size = size;
    axis->taps = MIN((int)ceil(2.0 * reach) + 1, source);
    axis->first = g_new(int, size);
    axis->weights = g_new(float, (size_t)size * axis->taps);
    for (int i = 0; i < size; i++) {
        double centre = (i + 0.5) * ratio - 0.5;
        int first = CLAMP((int)ceil(centre - reach), 0, source - axis->taps);

        axis->first[i] = first;
        axis_weigh(axis, centre, stretch, first, kernel, axis->weights + (size_t)i * axis->taps);
    }
}

static void axis_clear(struct axis *axis)
{
    g_free(axis->first);
    g_free(axis->weights);
}

struct resampler *resampler_new(int source_width, int source_height, int width, int height,
                                enum resample_kernel kernel)
{
    struct resampler *resampler = g_new(struct resampler, 1);

    axis_init(&resampler->x, source_width, width, kernel);
    axis_init(&resampler->y, source_height, height, kernel);
    return resampler;
}

void resampler_free(struct resampler *resampler)
{
    if (resampler == NULL) {
        return;
    }
    axis_clear(&resampler->x);
    axis_clear(&resampler->y);
    g_free(resampler);
}

// Half-open range of input positions that outputs begin .. begin + count - 1 look at.
static void axis_range(const struct axis *axis, int begin, int count, int *from, int *to)
{
    *from = axis->first[begin];
    *to = axis->first[begin + count - 1] + axis->taps;
}

// Where results of a row stand: one pixel's channels beside each other, or one channel's pixels.
struct layout {
    size_t pixel, channel; // floats from one to the next
};

// The sum of rows that are stride floats apart, each times its weight; in pieces that a core's
// nearest cache holds.
HOST_CLONES static void add_rows(const float *weights, int taps, const float *row, size_t stride,
                                 size_t count, float *result)
{
    enum { PIECE = 1024 };

    memset(result, 0, count * sizeof(float));
    for (size_t at = 0; at < count; at += PIECE) {
        const size_t end = MIN(at + PIECE, count);

        for (int t = 0; t < taps; t++) {
            const float weight = weights[t], *from = row + (size_t)t * stride;

            for (size_t i = at; weight != 0.0f && i < end; i++) {
                result[i] += weight * from[i];
            }
        }
    }
}

// One output row y from rows of count floats; rows[0] is input row `from`.
static void mix_rows(const struct axis *axis, int y, const float *rows, int from, size_t stride,
                     size_t count, float *result)
{
    add_rows(axis->weights + (size_t)y * axis->taps, axis->taps,
             rows + (size_t)(axis->first[y] - from) * stride, stride, count, result);
}

HOST_INLINE void mix_pixels(const struct axis *axis, int x, int count, const float *row, int from,
                            int channels, const struct layout *layout, float *result)
{
    for (int i = x; i < x + count; i++, result += layout->pixel) {
        const float *weights = axis->weights + (size_t)i * axis->taps;
        const float *pixel = row + (size_t)(axis->first[i] - from) * channels;
        float sum[RESAMPLE_CHANNELS] = {0.0f};

        for (int t = 0; t < axis->taps; t++, pixel += channels) {
            for (int c = 0; c < channels; c++) {
                sum[c] += weights[t] * pixel[c];
            }
        }
        for (int c = 0; c < channels; c++) {
            result[c * layout->channel] = sum[c];
        }
    }
}

// Outputs x .. x + count - 1 of one row; row[0] is input column `from`.
HOST_CLONES static void mix_columns(const struct axis *axis, int x, int count, const float *row,
                                    int from, int channels, const struct layout *layout,
                                    float *result)
{
    switch (channels) { // numbers that the compiler knows
    case 1: mix_pixels(axis, x, count, row, from, 1, layout, result); break;
    case 3: mix_pixels(axis, x, count, row, from, 3, layout, result); break;
    case 18: mix_pixels(axis, x, count, row, from, 18, layout, result); break;
    default: mix_pixels(axis, x, count, row, from, channels, layout, result);
    }
}

// A rectangle of the result from a source whose rows are stride floats apart.
struct run {
    const struct resampler *r;
    const float *source;
    int source_top; // its first row
    size_t stride;
    int channels, x, y, width, height;
    struct layout layout; // of each row of the result
};

static void run_columns_first(const struct run *run, float *result)
{
    const struct resampler *r = run->r;
    int from, to;

    axis_range(&r->y, run->y, run->height, &from, &to);

    size_t count = (size_t)run->width * run->channels;
    g_autofree float *narrow = g_new(float, (size_t)(to - from) * count);

    for (int row = from; row < to; row++) {
        mix_columns(&r->x, run->x, run->width, run->source + (row - run->source_top) * run->stride,
                    0, run->channels, &run->layout, narrow + (row - from) * count);
    }
    for (int row = 0; row < run->height; row++) {
        mix_rows(&r->y, run->y + row, narrow, from, count, count, result + row * count);
    }
}

static void run_rows_first(const struct run *run, float *result)
{
    const struct resampler *r = run->r;
    int from, to;

    axis_range(&r->x, run->x, run->width, &from, &to);

    size_t count = (size_t)(to - from) * run->channels;
    g_autofree float *mixed = g_new(float, count);

    for (int row = 0; row < run->height; row++) {
        mix_rows(&r->y, run->y + row, run->source + (size_t)from * run->channels, run->source_top,
                 run->stride, count, mixed);
        mix_columns(&r->x, run->x, run->width, mixed, from, run->channels, &run->layout,
                    result + (size_t)row * run->width * run->channels);
    }
}

static void run_whole(const struct run *run, float *result)
{
    const struct resampler *r = run->r;

    g_assert(run->channels >= 1 && run->channels <= RESAMPLE_CHANNELS);
    g_assert(run->x >= 0 && run->width <= r->x.size - run->x);
    g_assert(run->y >= 0 && run->height <= r->y.size - run->y);

    if (r->y.size < r->y.source) {
        run_rows_first(run, result);
    } else {
        run_columns_first(run, result);
    }
}

// Of a whole source.
static void run_part(const struct resampler *resampler, const float *source, int channels, int x,
                     int y, int width, int height, struct layout layout, float *result)
{
    const struct run run = {.r = resampler,
                            .source = source,
                            .stride = (size_t)resampler->x.source * channels,
                            .channels = channels,
                            .x = x,
                            .y = y,
                            .width = width,
                            .height = height,
                            .layout = layout};

    run_whole(&run, result);
}

void resampler_run(const struct resampler *resampler, const float *source, int channels, int x,
                   int y, int width, int height, float *result)
{
    run_part(resampler, source, channels, x, y, width, height, (struct layout){(size_t)channels, 1},
             result);
}

void resampler_run_planes(const struct resampler *resampler, const float *source, int channels,
                          int x, int y, int width, int height, float *result)
{
    run_part(resampler, source, channels, x, y, width, height, (struct layout){1, (size_t)width},
             result);
}

void resampler_source_rows(const struct resampler *resampler, int y, int height, int *from, int *to)
{
    axis_range(&resampler->y, y, height, from, to);
}

void resampler_run_rows(const struct resampler *resampler, const float *source, int from,
                        int channels, int y, int height, float *result)
{
    const struct run run = {.r = resampler,
                            .source = source,
                            .source_top = from,
                            .stride = (size_t)resampler->x.source * channels,
                            .channels = channels,
                            .y = y,
                            .width = resampler->x.size,
                            .height = height,
                            .layout = {(size_t)channels, 1}};

    run_whole(&run, result);
}

struct plane_job {
    const struct resampler *resampler;
    const float *source;
    size_t stride;
    float *result;
    int channels;
};

static void plane_rows(int begin, int end, void *data)
{
    const struct plane_job *job = data;
    const int width = job->resampler->x.size;
    const struct run run = {.r = job->resampler,
                            .source = job->source,
                            .stride = job->stride,
                            .channels = job->channels,
                            .y = begin,
                            .width = width,
                            .height = end - begin,
                            .layout = {(size_t)job->channels, 1}};

    run_whole(&run, job->result + (size_t)begin * width * job->channels);
}

void resample_plane(const float *source, int source_width, int source_height, int channels,
                    float *result, int width, int height, enum resample_kernel kernel)
{
    struct resampler *resampler = resampler_new(source_width, source_height, width, height, kernel);
    struct plane_job job = {resampler, source, (size_t)source_width * channels, result, channels};

    parallel_rows(height, plane_rows, &job);
    resampler_free(resampler);
}

void resample_part(const struct image *image, const struct image_region *part, float *result,
                   int width, int height)
{
    g_assert(part->x >= 0 && part->width <= image->width - part->x);
    g_assert(part->y >= 0 && part->height <= image->height - part->y);

    size_t stride = 3 * (size_t)image->width;
    struct resampler *resampler =
        resampler_new(part->width, part->height, width, height, RESAMPLE_LANCZOS3);
    struct plane_job job = {resampler, image->rgb + part->y * stride + 3 * (size_t)part->x, stride,
                            result, 3};

    parallel_rows(height, plane_rows, &job);
    resampler_free(resampler);
}

static void multiply_by_alpha(struct image *image)
{
    size_t pixels = (size_t)image->width * image->height;

    for (size_t i = 0; i < 3 * pixels; i++) {
        image->rgb[i] *= image->alpha[i / 3];
    }
}

static void divide_by_alpha(struct image *image)
{
    size_t pixels = (size_t)image->width * image->height;

    for (size_t i = 0; i < pixels; i++) {
        image->alpha[i] = CLAMP(image->alpha[i], 0.0f, 1.0f);
    }
    for (size_t i = 0; i < 3 * pixels; i++) {
        image->rgb[i] /= MAX(image->alpha[i / 3], 1.0f / 65535.0f);
    }
}

static struct image *resize_with_alpha(const struct image *image, int width, int height,
                                       GError **error)
{
    struct image *source = image_copy(image, error);
    struct image *resized = source != NULL ? image_new(width, height, true, error) : NULL;

    if (resized != NULL) {
        multiply_by_alpha(source);
        resample_plane(source->rgb, source->width, source->height, 3, resized->rgb, width, height,
                       RESAMPLE_LANCZOS3);
        resample_plane(source->alpha, source->width, source->height, 1, resized->alpha, width,
                       height, RESAMPLE_LANCZOS3);
        divide_by_alpha(resized);
    }
    image_free(source);
    return resized;
}

static struct image *resize_opaque(const struct image *image, int width, int height, GError **error)
{
    struct image *resized = image_new(width, height, false, error);

    if (resized != NULL) {
        resample_plane(image->rgb, image->width, image->height, 3, resized->rgb, width, height,
                       RESAMPLE_LANCZOS3);
    }
    return resized;
}

struct image *image_resize(const struct image *image, int width, int height, GError **error)
{
    if (width == image->width && height == image->height) {
        return image_copy(image, error);
    }

    struct image *resized = image->alpha != NULL ? resize_with_alpha(image, width, height, error)
                                                 : resize_opaque(image, width, height, error);

    if (resized != NULL) {
        image_meta_copy(&image->meta, &resized->meta);
    }
    return resized;
}

struct image *image_shrink(const struct image *image, int side, GError **error)
{
    double f = MIN(1.0, (double)side / MAX(image->width, image->height));
    return image_resize(image, MAX(1, (int)lround(image->width * f)),
                        MAX(1, (int)lround(image->height * f)), error);
}

void resample_fit(int side, int unit, int width, int height, int *fit_width, int *fit_height)
{
    const double area = (double)side * side, aspect = (double)width / height;
    double best = INFINITY;
    *fit_width = *fit_height = MAX(unit, side / unit * unit);
    for (int w = unit; w <= 2 * side; w += unit) {
        for (int h = unit; h <= 2 * side; h += unit) {
            // Proportions count for more than size: a stretched photo is one the model has not seen
            // the like of.
            double cost = 3 * fabs(log((double)w / h / aspect)) + fabs(log(w * (double)h / area));
            if (cost < best) {
                best = cost;
                *fit_width = w;
                *fit_height = h;
            }
        }
    }
}
