// Stockham's transform of radix 4 (Van Loan 1992, 1.7 and 2.4), of LANES lines side by side: every
// operation is one of vectors, and nothing is put into order afterwards. Two real rows are the real
// and the imaginary part of one complex line.
#include "compute/gpu/fft_host.h"

#include "compute/clones.h"
#include "compute/gpu/host.h"
#include "compute/i18n.h"

#include <math.h>
#include <string.h>

enum { LANES = 16, MOST = 1 << 14 };

// A line for each lane: (size, LANES) twice; scratch of the same size.
struct lines {
    float *re, *im, *other_re, *other_im;
};

struct work {
    int width, height;
    const float *real; // (height, width)
    float *freq;       // (height, width / 2 + 1, 2)
    float *result;     // of the inverse: (height, width)
    float *turns;      // (size, 2): e^(-2 pi i k / size) for the lines of the pass
    float sign;        // of what is imaginary in them: 1 forward, -1 back
    float scale;       // of the result
};

static bool is_power(int n)
{
    return n >= 2 && n <= MOST && (n & (n - 1)) == 0;
}

bool fft_host_fits(int width, int height)
{
    return is_power(width) && is_power(height);
}

static float *turns_new(int size)
{
    float *turns = g_new(float, 2 * (gsize)size);

    for (int k = 0; k < size; k++) {
        const double angle = -2.0 * G_PI * k / size;

        turns[2 * k] = (float)cos(angle);
        turns[2 * k + 1] = (float)sin(angle);
    }
    return turns;
}

// ---- one dimension ------------------------------------------------------------------------------

// count numbers of each quarter from `at` on, which all take the same three turns, to four places
// that follow each other.
HOST_INLINE void quarter(const struct lines *x, gsize at, gsize apart, gsize to, gsize count,
                         const float w[6], float sign)
{
    const float *re = x->re + at, *im = x->im + at;
    float *out_re = x->other_re + to, *out_im = x->other_im + to;

#pragma omp simd
    for (gsize i = 0; i < count; i++) {
        const float sum_re = re[i] + re[2 * apart + i], sum_im = im[i] + im[2 * apart + i];
        const float dif_re = re[i] - re[2 * apart + i], dif_im = im[i] - im[2 * apart + i];
        const float odd_re = re[apart + i] + re[3 * apart + i];
        const float odd_im = im[apart + i] + im[3 * apart + i];
        const float turned_re = sign * (im[apart + i] - im[3 * apart + i]);
        const float turned_im = sign * (re[3 * apart + i] - re[apart + i]);
        const float a_re = dif_re + turned_re, a_im = dif_im + turned_im;
        const float b_re = sum_re - odd_re, b_im = sum_im - odd_im;
        const float c_re = dif_re - turned_re, c_im = dif_im - turned_im;

        out_re[i] = sum_re + odd_re;
        out_im[i] = sum_im + odd_im;
        out_re[count + i] = w[0] * a_re - w[1] * a_im;
        out_im[count + i] = w[0] * a_im + w[1] * a_re;
        out_re[2 * count + i] = w[2] * b_re - w[3] * b_im;
        out_im[2 * count + i] = w[2] * b_im + w[3] * b_re;
        out_re[3 * count + i] = w[4] * c_re - w[5] * c_im;
        out_im[3 * count + i] = w[4] * c_im + w[5] * c_re;
    }
}

static void swap(struct lines *x)
{
    *x = (struct lines){x->other_re, x->other_im, x->re, x->im};
}

// All lanes; the result is in re and im.
HOST_CLONES static void transform(struct lines *x, int size, const float *turns, float sign)
{
    int done = 1; // the length of what is transformed

    for (; 4 * done <= size; done *= 4, swap(x)) {
        const int groups = size / (4 * done);
        const gsize count = (gsize)done * LANES;

        for (int j = 0; j < groups; j++) {
            float w[6];

            for (int k = 0; k < 3; k++) {
                const int turn = (k + 1) * j * done;

                w[2 * k] = turns[2 * turn];
                w[2 * k + 1] = sign * turns[2 * turn + 1];
            }
            quarter(x, j * count, groups * count, 4 * j * count, count, w, sign);
        }
    }
    if (done < size) { // two halves are left
        const gsize count = (gsize)done * LANES;

#pragma omp simd
        for (gsize i = 0; i < count; i++) {
            x->other_re[i] = x->re[i] + x->re[count + i];
            x->other_im[i] = x->im[i] + x->im[count + i];
            x->other_re[count + i] = x->re[i] - x->re[count + i];
            x->other_im[count + i] = x->im[i] - x->im[count + i];
        }
        swap(x);
    }
}

// False: there is no memory, and whoever runs the team asks for it.
static bool lines_take(struct lines *x, int size)
{
    const gsize part = (gsize)size * LANES;
    float *room = host_scratch(0, (int64_t)(4 * part));

    if (room != NULL) {
        *x = (struct lines){room, room + part, room + 2 * part, room + 3 * part};
    }
    return room != NULL;
}

// ---- rows ---------------------------------------------------------------------------------------

// The rows of a lane: two that follow each other; lanes beyond the last are idle.
static int lanes_of(const struct work *w, int64_t batch)
{
    return (int)MIN((int64_t)LANES, w->height / 2 - batch * LANES);
}

static void rows_in(const struct work *w, int64_t batch, struct lines *x)
{
    const int lanes = lanes_of(w, batch);

    memset(x->re, 0, sizeof(float) * 2 * (gsize)w->width * LANES);
    for (int k = 0; k < w->width; k++) {
        const float *row = w->real + (gsize)(2 * batch * LANES) * w->width + k;

        for (int lane = 0; lane < lanes; lane++, row += 2 * w->width) {
            x->re[(gsize)k * LANES + lane] = row[0];
            x->im[(gsize)k * LANES + lane] = row[w->width];
        }
    }
}

// Of the sum of a real line and i times another the even part is the one's transform.
static void spectra_out(const struct work *w, int64_t batch, const struct lines *x)
{
    const gsize bins = (gsize)w->width / 2 + 1;
    const int lanes = lanes_of(w, batch);

    for (int lane = 0; lane < lanes; lane++) {
        float *first = w->freq + (gsize)(2 * (batch * LANES + lane)) * bins * 2;
        float *second = first + 2 * bins;

        for (gsize k = 0; k < bins; k++) {
            const gsize at = k * LANES + lane;
            const gsize mirror = (w->width - k) % w->width * LANES + lane;

            first[2 * k] = 0.5f * (x->re[at] + x->re[mirror]);
            first[2 * k + 1] = 0.5f * (x->im[at] - x->im[mirror]);
            second[2 * k] = 0.5f * (x->im[at] + x->im[mirror]);
            second[2 * k + 1] = 0.5f * (x->re[mirror] - x->re[at]);
        }
    }
}

static void rows_forward(int64_t begin, int64_t end, void *data)
{
    const struct work *w = data;
    struct lines x;

    for (int64_t batch = begin; batch < end && lines_take(&x, w->width); batch++) {
        rows_in(w, batch, &x);
        transform(&x, w->width, w->turns, w->sign);
        spectra_out(w, batch, &x);
    }
}

static void spectra_in(const struct work *w, int64_t batch, struct lines *x)
{
    const gsize bins = (gsize)w->width / 2 + 1;
    const int lanes = lanes_of(w, batch);

    memset(x->re, 0, sizeof(float) * 2 * (gsize)w->width * LANES);
    for (int lane = 0; lane < lanes; lane++) {
        const float *first = w->freq + (gsize)(2 * (batch * LANES + lane)) * bins * 2;
        const float *second = first + 2 * bins;

        for (gsize k = 0; k < bins; k++) {
            const gsize at = k * LANES + lane;
            const gsize mirror = (w->width - k) % w->width * LANES + lane;

            // The mirror first: at both ends it is the place itself.
            x->re[mirror] = first[2 * k] + second[2 * k + 1];
            x->im[mirror] = second[2 * k] - first[2 * k + 1];
            x->re[at] = first[2 * k] - second[2 * k + 1];
            x->im[at] = first[2 * k + 1] + second[2 * k];
        }
    }
}

static void rows_out(const struct work *w, int64_t batch, const struct lines *x)
{
    const int lanes = lanes_of(w, batch);

    for (int lane = 0; lane < lanes; lane++) {
        float *row = w->result + (gsize)(2 * (batch * LANES + lane)) * w->width;

        for (int k = 0; k < w->width; k++) {
            row[k] = w->scale * x->re[(gsize)k * LANES + lane];
            row[w->width + k] = w->scale * x->im[(gsize)k * LANES + lane];
        }
    }
}

static void rows_back(int64_t begin, int64_t end, void *data)
{
    const struct work *w = data;
    struct lines x;

    for (int64_t batch = begin; batch < end && lines_take(&x, w->width); batch++) {
        spectra_in(w, batch, &x);
        transform(&x, w->width, w->turns, w->sign);
        rows_out(w, batch, &x);
    }
}

// ---- columns ------------------------------------------------------------------------------------

static void columns(int64_t begin, int64_t end, void *data)
{
    const struct work *w = data;
    const int bins = w->width / 2 + 1;
    struct lines x;

    for (int64_t batch = begin; batch < end && lines_take(&x, w->height); batch++) {
        const int first = (int)batch * LANES, lanes = MIN(LANES, bins - first);

        memset(x.re, 0, sizeof(float) * 2 * (gsize)w->height * LANES);
        for (int y = 0; y < w->height; y++) {
            const float *row = w->freq + 2 * ((gsize)y * bins + first);

            for (int lane = 0; lane < lanes; lane++) {
                x.re[(gsize)y * LANES + lane] = row[2 * lane];
                x.im[(gsize)y * LANES + lane] = row[2 * lane + 1];
            }
        }
        transform(&x, w->height, w->turns, w->sign);
        for (int y = 0; y < w->height; y++) {
            float *row = w->freq + 2 * ((gsize)y * bins + first);

            for (int lane = 0; lane < lanes; lane++) {
                row[2 * lane] = x.re[(gsize)y * LANES + lane];
                row[2 * lane + 1] = x.im[(gsize)y * LANES + lane];
            }
        }
    }
}

// ---- both ---------------------------------------------------------------------------------------

// A pass over so many lines of a size, LANES at a time.
static void pass(struct work *w, host_range_fn fn, int lines, int size)
{
    w->turns = turns_new(size);
    host_parallel((lines + LANES - 1) / LANES, 1, fn, w);
    g_free(w->turns);
}

static bool had_memory(GError **error)
{
    const bool had = host_memory_missing() == 0;

    if (!had) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                            _("There is not enough memory for a Fourier transform"));
    }
    return had;
}

bool fft_host_forward(int width, int height, const float *real, float *freq, GError **error)
{
    struct work w = {.width = width, .height = height, .real = real, .freq = freq, .sign = 1.0f};

    pass(&w, rows_forward, height / 2, width);
    pass(&w, columns, width / 2 + 1, height);
    return had_memory(error);
}

bool fft_host_inverse(int width, int height, const float *freq, float *real, GError **error)
{
    const gsize count = (gsize)height * (width / 2 + 1) * 2;
    g_autofree float *copy = g_try_new(float, count);
    struct work w = {.width = width,
                     .height = height,
                     .freq = copy,
                     .result = real,
                     .sign = -1.0f,
                     .scale = 1.0f / ((float)width * (float)height)};

    if (copy == NULL) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                            _("There is not enough memory for a Fourier transform"));
        return false;
    }
    memcpy(copy, freq, count * sizeof(float));
    pass(&w, columns, width / 2 + 1, height);
    pass(&w, rows_back, height / 2, width);
    return had_memory(error);
}
