// Packing weights: see packed.h. Memory is read in its own order, whichever that is, in blocks that
// stay near as they are written.
#include "compute/op/pack.h"

#include "compute/graph/panels.h"
#include "compute/half.h"
#include "compute/op/kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// ---- from fp32 ----------------------------------------------------------------------------------

enum { BLOCK = 64 };

static void pack_fp32(const struct packed_weights *w, int first, int columns, float *out)
{
    const int n = MIN(columns, w->n - first);
    for (int tap = 0; tap < w->taps; tap++) {
        const float *from = (const float *)w->data + first * w->step_n + tap * w->step_tap;
        for (int k = 0; k < w->depth && w->step_n == 1; k++, out += columns) {
            memcpy(out, from + k * w->step_depth, (size_t)n * sizeof(*out));
        }
        for (int begin = 0; begin < w->depth && w->step_n != 1; begin += BLOCK) {
            const int depth = MIN(BLOCK, w->depth - begin);
            for (int j = 0; j < n; j++) {
                for (int k = 0; k < depth; k++) {
                    out[k * columns + j] = from[j * w->step_n + (begin + k) * w->step_depth];
                }
            }
            out += depth * columns;
        }
    }
}

// `n` words of two rows: of an input under one tap and under the next.
static HOST_CLONES void pack_pairs(const float *even, const float *odd, int n, float *out)
{
    for (int j = 0; j < n; j++) {
        out[j] = bf16_pair(even[j], odd[j]);
    }
}

// `n` numbers of a row, each times scale, to words; behind an odd number of them a zero.
static HOST_CLONES void pack_row(const float *row, int n, float scale, float *out)
{
    for (int k = 0; k < n / 2; k++) {
        out[k] = bf16_pair(scale * row[2 * k], scale * row[2 * k + 1]);
    }
    if (n % 2) {
        out[n / 2] = bf16_pair(scale * row[n - 1], 0);
    }
}

#if defined(__x86_64__)
// The same by the processor's own instruction, which takes denormal numbers for zero, as its
// products do.
__attribute__((target("avx512f,avx512bf16"))) static void pack_row_avx512(const float *row, int n,
                                                                          float scale, float *out)
{
    const __m512 factor = _mm512_set1_ps(scale);
    int k = 0;
    for (; k + 32 <= n; k += 32) {
        const __m512 low = _mm512_mul_ps(factor, _mm512_loadu_ps(row + k));
        const __m512 high = _mm512_mul_ps(factor, _mm512_loadu_ps(row + k + 16));
        _mm512_storeu_si512(out + k / 2, (__m512i)_mm512_cvtne2ps_pbh(high, low));
    }
    pack_row(row + k, n - k, scale, out + k / 2);
}
#endif

pack_row_fn pack_row_packer(void)
{
#if defined(__x86_64__)
    if (host_multiplies_bf16()) {
        return pack_row_avx512;
    }
#endif
    return pack_row;
}

// As pack_fp32(), of pairs. A row of weights lies along the outputs (step_n is 1) or along the
// inputs (step_depth is 1).
static void pack_bf16(const struct packed_weights *w, int first, int columns, float *out)
{
    static const float zeros[PACK_COLUMNS];
    const int n = MIN(columns, w->n - first);
    for (int tap = 0; tap < w->taps; tap++) {
        const float *from = (const float *)w->data + first * w->step_n + tap * w->step_tap;
        for (int k = 0; k < w->depth && w->step_n == 1; k += 2, out += columns) {
            const float *even = from + k * w->step_depth;
            pack_pairs(even, k + 1 < w->depth ? even + w->step_depth : zeros, n, out);
        }
        for (int begin = 0; begin < w->depth && w->step_n != 1; begin += BLOCK) {
            const int depth = MIN(BLOCK, w->depth - begin), words = (depth + 1) / 2;
            for (int j = 0; j < n; j++) {
                float row[BLOCK / 2];
                pack_row(from + j * w->step_n + begin, depth, 1, row);
                for (int k = 0; k < words; k++) {
                    out[k * columns + j] = row[k];
                }
            }
            out += words * columns;
        }
    }
}

// ---- from 16 bits -------------------------------------------------------------------------------
//
// At rest a row holds the outputs of one input under one tap. Packed for the layer itself rows stay
// rows, for its gradient they become columns.

// Rows [0, count) of `width` numbers, of which n are taken, and where they go.
struct rows {
    const uint16_t *from;
    int count, width, n, columns;
    bool bf16; // numbers are, and not fp16
    float *out;
};

HOST_INLINE float widen(uint16_t half, bool bf16)
{
    return bf16 ? bfloat_to_float(half) : half_to_float(half);
}

HOST_INLINE float widen_pair(uint16_t even, uint16_t odd, bool bf16)
{
    return bf16 ? float_from_bits((uint32_t)odd << 16 | even)
                : bf16_pair(half_to_float(even), half_to_float(odd));
}

// The loops, compiled for whole rows of a whole panel and for any.
HOST_INLINE void take_rows(const struct rows *r, int width, int n, int columns, bool bf16)
{
    const uint16_t *from = r->from;
    float *out = r->out;
    for (int k = 0; k < r->count; k++, from += width, out += columns) {
        for (int j = 0; j < n; j++) {
            out[j] = widen(from[j], bf16);
        }
    }
}

HOST_INLINE void take_pairs(const struct rows *r, int width, int n, int columns, bool bf16)
{
    const uint16_t *from = r->from;
    float *out = r->out;
    for (int k = 0; k + 1 < r->count; k += 2, from += 2 * width, out += columns) {
        for (int j = 0; j < n; j++) {
            out[j] = widen_pair(from[j], from[width + j], bf16);
        }
    }
    for (int j = 0; j < n && r->count % 2; j++) {
        out[j] = widen_pair(from[j], 0, bf16);
    }
}

// The first n rows as columns, of all their numbers.
HOST_INLINE void turn_rows(const struct rows *r, bool bf16)
{
    for (int j = 0; j < r->n; j++) {
        const uint16_t *from = r->from + j * r->width;
        for (int k = 0; k < r->width; k++) {
            r->out[k * r->columns + j] = widen(from[k], bf16);
        }
    }
}

HOST_INLINE void turn_pairs(const struct rows *r, bool bf16)
{
    for (int j = 0; j < r->n; j++) {
        const uint16_t *from = r->from + j * r->width;
        float row[PANEL_OUTPUTS / 2];
        for (int k = 0; k < r->width / 2; k++) {
            row[k] = widen_pair(from[2 * k], from[2 * k + 1], bf16);
        }
        if (r->width % 2) {
            row[r->width / 2] = widen_pair(from[r->width - 1], 0, bf16);
        }
        for (int k = 0; k < (r->width + 1) / 2; k++) {
            r->out[k * r->columns + j] = row[k];
        }
    }
}

// The same of whole rows of finite fp16 numbers, with the instructions that the products want. None
// of them is small enough for the conversion to make it zero.
#if defined(__x86_64__)
static bool has_conversion(void)
{
    return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw");
}

__attribute__((target("avx512f,avx512bw,avx512bf16"))) static void
convert_pairs(const struct rows *r)
{
    const __m512i apart =
        _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                         21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    const __m256i *from = (const __m256i *)r->from; // a row is two of them
    float *out = r->out;
    for (int k = 0; k < r->count; k += 2, from += 4) {
        for (int half = 0; half < 2; half++, out += PANEL_OUTPUTS / 2) {
            const bool odd = k + 1 < r->count;
            const __m512 even_row = _mm512_cvtph_ps(_mm256_loadu_si256(from + half)),
                         odd_row = odd ? _mm512_cvtph_ps(_mm256_loadu_si256(from + 2 + half))
                                       : _mm512_setzero_ps();
            const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(odd_row, even_row);
            _mm512_storeu_si512(out, _mm512_permutexvar_epi16(apart, both));
        }
    }
}
#else
static bool has_conversion(void)
{
    return false;
}

static void convert_pairs(const struct rows *r)
{
    (void)r;
}
#endif

#define WHOLE PANEL_OUTPUTS, PANEL_OUTPUTS, PANEL_OUTPUTS
#define ANY   r->width, r->n, r->columns

static bool is_whole(const struct rows *r)
{
    return r->width == PANEL_OUTPUTS && r->n == PANEL_OUTPUTS && r->columns == PANEL_OUTPUTS;
}

static HOST_CLONES void pack_rows(const struct rows *r, bool whole, bool pairs)
{
    if (pairs && whole && r->bf16) {
        take_pairs(r, WHOLE, true);
    } else if (pairs && whole) {
        take_pairs(r, WHOLE, false);
    } else if (pairs) {
        take_pairs(r, ANY, r->bf16);
    } else if (whole && r->bf16) {
        take_rows(r, WHOLE, true);
    } else if (whole) {
        take_rows(r, WHOLE, false);
    } else {
        take_rows(r, ANY, r->bf16);
    }
}

static HOST_CLONES void pack_turned(const struct rows *r, bool pairs)
{
    if (pairs && r->bf16) {
        turn_pairs(r, true);
    } else if (pairs) {
        turn_pairs(r, false);
    } else if (r->bf16) {
        turn_rows(r, true);
    } else {
        turn_rows(r, false);
    }
}

static int words_of(int numbers, bool pairs)
{
    return pairs ? (numbers + 1) / 2 : numbers;
}

// n outputs of one panel at rest.
static void pack_outputs(const struct packed_weights *w, int first, int n, int columns, bool pairs,
                         float *out)
{
    const struct panels rest = {w->n, w->taps, w->depth};
    const int i = first / PANEL_OUTPUTS;
    struct rows r = {.count = w->depth,
                     .width = panels_width(&rest, i),
                     .n = n,
                     .columns = columns,
                     .bf16 = w->dtype == DTYPE_BF16,
                     .out = out};
    r.from = (const uint16_t *)w->data + panels_offset(&rest, i) + first % PANEL_OUTPUTS;
    for (int tap = 0; tap < w->taps; tap++) {
        if (pairs && is_whole(&r) && !r.bf16 && has_conversion()) {
            convert_pairs(&r);
        } else {
            pack_rows(&r, is_whole(&r), pairs);
        }
        r.from += (int64_t)w->depth * r.width;
        r.out += (int64_t)words_of(w->depth, pairs) * columns;
    }
}

static void pack_half(const struct packed_weights *w, int first, int columns, bool pairs,
                      float *out)
{
    const int end = MIN(first + columns, w->n);
    for (int at = first, n; at < end; at += n) {
        n = MIN(end - at, PANEL_OUTPUTS - at % PANEL_OUTPUTS);
        pack_outputs(w, at, n, columns, pairs, out + at - first);
    }
}

static void pack_half_turned(const struct packed_weights *w, int first, int columns, bool pairs,
                             float *out)
{
    const struct panels rest = {w->depth, w->taps, w->n};
    struct rows r = {.n = MIN(columns, w->n - first),
                     .columns = columns,
                     .bf16 = w->dtype == DTYPE_BF16,
                     .out = out};
    for (int tap = 0; tap < w->taps; tap++) {
        for (int i = 0; i < panels_count(&rest); i++) {
            r.width = panels_width(&rest, i);
            r.from = (const uint16_t *)w->data + panels_offset(&rest, i) +
                     ((int64_t)tap * w->n + first) * r.width;
            pack_turned(&r, pairs);
            r.out += words_of(r.width, pairs) * columns;
        }
    }
}

void pack_panel(const struct packed_weights *w, int first, int columns, bool pairs, float *out)
{
    if (!dtype_is_half(w->dtype)) {
        (pairs ? pack_bf16 : pack_fp32)(w, first, columns, out);
    } else if (w->turned) {
        pack_half_turned(w, first, columns, pairs, out);
    } else {
        pack_half(w, first, columns, pairs, out);
    }
}
