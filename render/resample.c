// Separable resampling. The pass that leaves less work for the other comes first: shrinking goes
// down the columns first, enlarging along the rows first.
#include "render/resample.h"

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

// One output row y from rows of count floats; rows[0] is input row `from`.
static void mix_rows(const struct axis *axis, int y, const float *rows, int from, size_t stride,
                     size_t count, float *result)
{
    const float *weights = axis->weights + (size_t)y * axis->taps;
    const float *row = rows + (size_t)(axis->first[y] - from) * stride;

    memset(result, 0, count * sizeof(float));
    for (int t = 0; t < axis->taps; t++, row += stride) {
        float weight = weights[t];

        if (weight == 0.0f) {
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            result[i] += weight * row[i];
        }
    }
}

// Outputs x .. x + count - 1 of one row; row[0] is input column `from`.
static void mix_columns(const struct axis *axis, int x, int count, const float *row, int from,
                        int channels, float *result)
{
    for (int i = x; i < x + count; i++, result += channels) {
        const float *weights = axis->weights + (size_t)i * axis->taps;
        const float *pixel = row + (size_t)(axis->first[i] - from) * channels;
        float sum[RESAMPLE_CHANNELS] = {0.0f};

        for (int t = 0; t < axis->taps; t++, pixel += channels) {
            for (int c = 0; c < channels; c++) {
                sum[c] += weights[t] * pixel[c];
            }
        }
        memcpy(result, sum, sizeof(float) * channels);
    }
}

static void run_columns_first(const struct resampler *r, const float *source, size_t source_stride,
                              int channels, int x, int y, int width, int height, float *result)
{
    int from, to;

    axis_range(&r->y, y, height, &from, &to);

    size_t stride = (size_t)width * channels;
    g_autofree float *narrow = g_new(float, (size_t)(to - from) * stride);

    for (int row = from; row < to; row++) {
        mix_columns(&r->x, x, width, source + row * source_stride, 0, channels,
                    narrow + (row - from) * stride);
    }
    for (int row = 0; row < height; row++) {
        mix_rows(&r->y, y + row, narrow, from, stride, stride, result + row * stride);
    }
}

static void run_rows_first(const struct resampler *r, const float *source, size_t source_stride,
                           int channels, int x, int y, int width, int height, float *result)
{
    int from, to;

    axis_range(&r->x, x, width, &from, &to);

    size_t count = (size_t)(to - from) * channels;
    g_autofree float *mixed = g_new(float, count);

    for (int row = 0; row < height; row++) {
        mix_rows(&r->y, y + row, source + (size_t)from * channels, 0, source_stride, count, mixed);
        mix_columns(&r->x, x, width, mixed, from, channels,
                    result + (size_t)row * width * channels);
    }
}

// Rows of the source are stride floats apart.
static void run_strided(const struct resampler *r, const float *source, size_t stride, int channels,
                        int x, int y, int width, int height, float *result)
{
    g_assert(channels >= 1 && channels <= RESAMPLE_CHANNELS);
    g_assert(x >= 0 && y >= 0 && width <= r->x.size - x && height <= r->y.size - y);

    if (r->y.size < r->y.source) {
        run_rows_first(r, source, stride, channels, x, y, width, height, result);
    } else {
        run_columns_first(r, source, stride, channels, x, y, width, height, result);
    }
}

void resampler_run(const struct resampler *resampler, const float *source, int channels, int x,
                   int y, int width, int height, float *result)
{
    run_strided(resampler, source, (size_t)resampler->x.source * channels, channels, x, y, width,
                height, result);
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
    int width = job->resampler->x.size;
    float *result = job->result + (size_t)begin * width * job->channels;

    run_strided(job->resampler, job->source, job->stride, job->channels, 0, begin, width,
                end - begin, result);
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
