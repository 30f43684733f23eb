// Rotations that other programs learned, in the forms that this program does not learn itself:
// of what comes out of a layer, by a series instead of an inverse, of whole patches that a
// convolution sees, several in a row as butterflies, and with a scale for each output. They are
// only merged.
//
// With X the weight as (channels, others), where channels are the layer's inputs (for a
// convolution in the order (I, ky, kx), as its kernel lies in files) or its outputs:
//
//   X' = R_m .. R_1 X,   R_i = P_i diag(R_i1 .. R_in) P_i^T,   W'_o = s_o W_o
//
// Block OFT (Qiu et al., Controlling Text-to-Image Diffusion by Orthogonal Finetuning, section 3)
// has one factor and no P. Butterflies are Liu et al., Parameter-Efficient Orthogonal Finetuning
// via Butterfly Factorization, section 4: factor i (from 0) mixes halves of blocks that lie 2^i
// halves apart.
//
// Strength: programs that turn inputs have none, so it is S -> w S, a rotation at every value;
// those that turn outputs go straight from I to R, and so it is here.
#include "compute/adapter/private.h"
#include "compute/gpu/blas.h"
#include "compute/gpu/host.h"
#include "compute/i18n.h"

#include <math.h>
#include <string.h>

static bool has_squares(const struct orthogonal_form *f)
{
    return f->cayley == CAYLEY_NONE;
}

int orthogonal_channels(const struct nn_weight *w, bool outputs)
{
    const int rows = w->rank == 4 ? w->shape[0] : w->shape[2];
    return outputs ? rows : (int)(shape_count(w->shape) / rows);
}

int64_t orthogonal_block_count(const struct orthogonal_form *f)
{
    return has_squares(f) ? (int64_t)f->block * f->block : (int64_t)f->block * (f->block - 1) / 2;
}

bool orthogonal_fits(const struct nn_weight *w, const struct orthogonal_form *f)
{
    const int channels = orthogonal_channels(w, f->outputs);
    if (w->rank < 2 || f->factors < 1 || f->block < 2 || f->block > ORTHOGONAL_MAX_BLOCK) {
        return false;
    }
    if (f->factors == 1) { // the last block may be cut
        return f->block <= channels && f->blocks == (channels + f->block - 1) / f->block;
    }
    return f->factors <= 24 && f->block % 2 == 0 && (int64_t)f->blocks * f->block == channels &&
           f->blocks % (1 << (f->factors - 1)) == 0;
}

struct adapter_param *orthogonal_add(struct adapter *a, const struct nn_part *part,
                                     struct nn_weight *w, const struct orthogonal_form *f)
{
    const int64_t numbers = orthogonal_block_count(f) * f->blocks * f->factors +
                            (f->scaled ? orthogonal_channels(w, true) : 0);
    struct adapter_param *p = adapter_add(a, part, w, (int[]){1, 1, 1, (int)numbers});
    p->form = g_bytes_new(f, sizeof *f);
    return p;
}

const struct orthogonal_form *orthogonal_form_of(const struct adapter_param *p)
{
    return g_bytes_get_data(p->form, NULL);
}

float *orthogonal_scale(const struct adapter_param *p)
{
    return orthogonal_form_of(p)->scaled
               ? p->value + p->count - orthogonal_channels(p->weight, true)
               : NULL;
}

// ---- one block ----------------------------------------------------------------------------------

// R = I + 2 S + .. + 2 S^(powers - 1) + last S^powers for S (b, b) of the triangle u. scratch is
// 3 b^2.
static void series(const struct orthogonal_form *f, const float *u, double scale, double *scratch,
                   float *r)
{
    const int b = f->block;
    double *s = scratch, *power = s + (size_t)b * b, *next = power + (size_t)b * b;
    memset(s, 0, (size_t)b * b * sizeof *s);
    for (int i = 0, k = 0; i < b; i++) {
        for (int j = i + 1; j < b; j++, k++) {
            s[i * b + j] = scale * u[k];
            s[j * b + i] = -scale * u[k];
        }
    }
    memset(r, 0, (size_t)b * b * sizeof *r);
    for (int i = 0; i < b; i++) {
        r[i * b + i] = 1;
    }
    memcpy(power, s, (size_t)b * b * sizeof *power);
    for (int p = 1; p <= f->powers; p++) {
        const double factor = p < f->powers ? 2 : f->last;
        for (int i = 0; i < b * b; i++) {
            r[i] += (float)(factor * power[i]);
        }
        if (p < f->powers) {
            blas()->cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, b, b, b, 1, power, b, s,
                                b, 0, next, b);
            memcpy(power, next, (size_t)b * b * sizeof *power);
        }
    }
}

// R (b, b) of one block's numbers at a strength.
static void make_block(const struct orthogonal_form *f, const float *numbers, double strength,
                       double *scratch, float *r)
{
    const int b = f->block;
    const bool straight = f->outputs || f->cayley == CAYLEY_NONE; // from I to R
    switch (f->cayley) {
    case CAYLEY_EXACT: rotation_cayley(b, numbers, straight ? 1 : strength, scratch, r); break;
    case CAYLEY_SERIES: series(f, numbers, straight ? 1 : strength, scratch, r); break;
    case CAYLEY_NONE: memcpy(r, numbers, (size_t)b * b * sizeof *r); break;
    }
    for (int i = 0; straight && i < b; i++) {
        for (int j = 0; j < b; j++) {
            r[i * b + j] = (float)(strength * r[i * b + j] + (i == j ? 1 - strength : 0));
        }
    }
}

// ---- merged -------------------------------------------------------------------------------------

struct turn {
    const struct adapter_param *param;
    double strength;
    int factor;
    int channels, others;
    float *x; // (channels, others)
};

// The row of x that is the k-th of a block: halves of a block of factor i lie 2^i halves apart.
static int block_row(const struct orthogonal_form *f, int factor, int64_t block, int k)
{
    if (factor == 0) {
        return (int)(block * f->block) + k;
    }
    const int half = f->block / 2, apart = 1 << factor;
    const int span = (int)(block >> factor) * (f->block << factor);
    const int first = (int)(block & (apart - 1));
    return span + (k < half ? first * half + k : (apart + first) * half + k - half);
}

static void turn_blocks(int64_t begin, int64_t end, void *data)
{
    const struct turn *t = data;
    const struct orthogonal_form *f = orthogonal_form_of(t->param);
    const int b = f->block, others = t->others;
    const int64_t numbers = orthogonal_block_count(f);
    g_autofree double *scratch = g_new(double, 3 * (size_t)b * b);
    g_autofree float *r = g_new(float, (size_t)b *b);
    g_autofree float *from = g_new(float, (size_t)b *others), *to = g_new(float, (size_t)b *others);
    for (int64_t j = begin; j < end; j++) {
        const int rows = f->factors == 1 ? MIN(b, t->channels - (int)(j * b)) : b;
        make_block(f, t->param->value + (t->factor * (int64_t)f->blocks + j) * numbers, t->strength,
                   scratch, r);
        for (int k = 0; k < rows; k++) {
            memcpy(from + (size_t)k * others, t->x + (size_t)block_row(f, t->factor, j, k) * others,
                   (size_t)others * sizeof *from);
        }
        host_gemm_serial(false, false, rows, others, rows, 1, r, b, from, others, 0, to, others);
        for (int k = 0; k < rows; k++) {
            memcpy(t->x + (size_t)block_row(f, t->factor, j, k) * others, to + (size_t)k * others,
                   (size_t)others * sizeof *to);
        }
    }
}

// Between the weight (O, ky, kx, I) and x (I ky kx, O), which lies in memory the other way round.
struct transpose {
    int outputs, depth, pixels;
    float *weight, *x;
    bool back;
};

#define TILE 16 // floats of a cache line

static void transpose_tile(const struct transpose *t, int pixel, int output, int input)
{
    for (int o = output; o < MIN(output + TILE, t->outputs); o++) {
        for (int i = input; i < MIN(input + TILE, t->depth); i++) {
            float *in_weight = &t->weight[((size_t)o * t->pixels + pixel) * t->depth + i];
            float *in_x = &t->x[((size_t)i * t->pixels + pixel) * t->outputs + o];
            if (t->back) {
                *in_weight = *in_x;
            } else {
                *in_x = *in_weight;
            }
        }
    }
}

static void transpose_tiles(int64_t begin, int64_t end, void *data)
{
    const struct transpose *t = data;
    for (int64_t tile = begin; tile < end; tile++) {
        for (int pixel = 0; pixel < t->pixels; pixel++) {
            for (int output = 0; output < t->outputs; output += TILE) {
                transpose_tile(t, pixel, output, (int)tile * TILE);
            }
        }
    }
}

static void transpose(const struct nn_weight *w, float *weight, float *x, bool back)
{
    const int outputs = orthogonal_channels(w, true), depth = w->shape[3];
    struct transpose t = {.outputs = outputs,
                          .depth = depth,
                          .pixels = orthogonal_channels(w, false) / depth,
                          .weight = weight,
                          .x = x,
                          .back = back};
    host_parallel((depth + TILE - 1) / TILE, 1, transpose_tiles, &t);
}

static void merge_one(const struct adapter_param *p, double strength, float *weight)
{
    const struct orthogonal_form *f = orthogonal_form_of(p);
    const int outputs = orthogonal_channels(p->weight, true),
              inputs = orthogonal_channels(p->weight, false);
    g_autofree float *columns = f->outputs ? NULL : g_new(float, (size_t)outputs *inputs);
    struct turn t = {.param = p,
                     .strength = strength,
                     .channels = f->outputs ? outputs : inputs,
                     .others = f->outputs ? inputs : outputs,
                     .x = f->outputs ? weight : columns};
    if (columns) {
        transpose(p->weight, weight, columns, false);
    }
    for (; t.factor < f->factors; t.factor++) {
        host_parallel(f->blocks, 1, turn_blocks, &t);
    }
    if (columns) {
        transpose(p->weight, weight, columns, true);
    }
    const float *scale = orthogonal_scale(p);
    for (int o = 0; scale && o < outputs; o++) {
        for (int i = 0; i < inputs; i++) {
            weight[(size_t)o * inputs + i] *= (float)(1 + strength * (scale[o] - 1));
        }
    }
}

static bool orthogonal_merge(const struct adapter_param *const *params, const double *scales, int n,
                             const struct svd *svd, float *weight, GError **error)
{
    for (int i = 0; i < n; i++) {
        if (scales[i] != 0) { // the weight stays as it is to the last bit
            merge_one(params[i], scales[i], weight);
        }
    }
    return true;
}

// ---- told ---------------------------------------------------------------------------------------

static double orthogonal_askew(const struct adapter_param *p, double scale)
{
    const struct orthogonal_form *f = orthogonal_form_of(p);
    const int b = f->block, channels = orthogonal_channels(p->weight, f->outputs);
    const int64_t numbers = orthogonal_block_count(f);
    g_autofree double *scratch = g_new(double, 3 * (size_t)b * b);
    g_autofree float *r = g_new(float, (size_t)b *b);
    double sum = 0;
    for (int64_t j = 0; j < (int64_t)f->blocks * f->factors; j++) {
        const int rows = f->factors == 1 ? MIN(b, channels - (int)(j * b)) : b;
        make_block(f, p->value + j * numbers, scale, scratch, r);
        sum += rotation_squares(b, rows, r);
    }
    return sqrt(sum);
}

static const struct setting orthogonal_settings[] = {{0}};

extern const struct adapter_method orthogonal_method;
const struct adapter_method orthogonal_method = {
    .name = "orthogonal",
    .title = N_("Orthogonal"),
    .summary =
        N_("Rotations in forms that other programs learn: of outputs, by a series, butterflies"),
    .settings = orthogonal_settings,
    .merge = orthogonal_merge,
    .askew = orthogonal_askew,
};
