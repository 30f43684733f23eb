// Numbers from a file to a tensor. See load_weight.h.
#include "compute/model/load_weight.h"

#include "compute/gpu/host.h"
#include "compute/graph/panels.h"
#include "compute/model/load.h"

#include <stdatomic.h>

#define GRAIN (1 << 18) // numbers of a piece of work: fewer are there before the team is awake

enum dtype weight_rest_dtype(const struct nn_weight *w, const struct st_tensor *t, bool halves)
{
    if (!halves || !w->rests) {
        return DTYPE_F32;
    }
    return t->dtype == ST_F16 ? DTYPE_F16 : t->dtype == ST_BF16 ? DTYPE_BF16 : DTYPE_F32;
}

// ---- in 16 bits ---------------------------------------------------------------------------------

struct filling {
    struct panels panels;
    const uint8_t *file;
    uint16_t *out;
    uint16_t infinity; // its bits
    atomic_bool odd;   // a number is not finite
};

static void fill_panels(int64_t begin, int64_t end, void *data)
{
    struct filling *f = data;
    for (int64_t i = begin; i < end; i++) {
        uint16_t *out = f->out + panels_offset(&f->panels, (int)i);
        if (panels_fill(&f->panels, (int)i, f->file, out) >= f->infinity) {
            atomic_store(&f->odd, true);
        }
    }
}

// Host kernels are to read it, so that the memory is mapped.
static bool load_half(const struct nn_weight *w, const struct st_tensor *t, GError **error)
{
    struct filling f = {
        .panels = panels_of(w->shape),
        .file = t->data,
        .out = w->tensor->buf->map,
        .infinity = w->tensor->dtype == DTYPE_F16 ? 0x7c00 : 0x7f80,
    };
    const int panels = panels_count(&f.panels);
    host_parallel(panels, GRAIN / (shape_count(w->shape) / panels + 1) + 1, fill_panels, &f);
    if (f.odd) {
        st_set_not_finite(t, error);
    }
    return !f.odd;
}

// ---- in fp32 ------------------------------------------------------------------------------------

void weights_channels_last(const float *in, float *out, const int shape[GRAPH_RANK])
{
    int64_t positions = (int64_t)shape[1] * shape[2], channels = shape[3];
    for (int64_t o = 0; o < shape[0];
         o++, in += positions * channels, out += positions * channels) {
        for (int64_t p = 0; p < positions; p++) {
            for (int64_t i = 0; i < channels; i++) {
                out[p * channels + i] = in[i * positions + p];
            }
        }
    }
}

void weights_channels_first(const float *in, float *out, const int shape[GRAPH_RANK])
{
    const int64_t positions = (int64_t)shape[1] * shape[2], channels = shape[3];
    for (int64_t o = 0; o < shape[0];
         o++, in += positions * channels, out += positions * channels) {
        for (int64_t k = 0; k < positions * channels; k++) {
            out[k % channels * positions + k / channels] = in[k];
        }
    }
}

// Rows are what an output sums over; of a vector, its numbers.
struct reading {
    const struct st_tensor *t;
    const struct nn_weight *w;
    int64_t row; // numbers of one
    float *out;
    atomic_bool odd, no_memory;
};

static void read_rows(int64_t begin, int64_t end, void *data)
{
    struct reading *r = data;
    const int *s = r->w->shape, one[] = {1, s[1], s[2], s[3]};
    const bool turn = r->w->rank == GRAPH_RANK && s[1] * s[2] > 1;
    float *turned = turn ? host_scratch(0, r->row) : NULL;
    if (turn && !turned) {
        atomic_store(&r->no_memory, true);
        return;
    }
    for (int64_t i = begin; i < end; i++) {
        float *out = r->out + i * r->row;
        if (!st_read_part(r->t, i * r->row, r->row, turn ? turned : out)) {
            atomic_store(&r->odd, true);
        }
        if (turn) {
            weights_channels_last(turned, out, one);
        }
    }
}

static bool load_fp32(const struct nn_weight *w, const struct st_tensor *t, float *staging,
                      GError **error)
{
    float *mapped = w->tensor->buf->map;
    struct reading r = {.t = t, .w = w, .out = mapped ? mapped : staging};
    r.row = shape_count(w->shape) / (w->rank == GRAPH_RANK ? w->shape[0] : w->shape[2]);
    host_parallel(t->count / r.row, GRAIN / r.row + 1, read_rows, &r);
    if (r.no_memory) {
        gpu_set_memory_error(w->tensor->gpu, host_memory_missing(), error);
        return false;
    }
    if (r.odd) {
        st_set_not_finite(t, error);
        return false;
    }
    return mapped || tensor_write(w->tensor, r.out, error);
}

bool weight_load(struct gpu *gpu, struct nn_weight *w, const struct st_tensor *t, bool halves,
                 float *staging, GError **error)
{
    if (!st_check_learned(t, error)) {
        return false;
    }
    const enum dtype dtype = weight_rest_dtype(w, t, halves);
    w->tensor = tensor_new(gpu, dtype, w->shape, w->name, error);
    const bool ok = w->tensor && (dtype_is_half(dtype) ? load_half(w, t, error)
                                                       : load_fp32(w, t, staging, error));
    st_release(t);
    return ok;
}
