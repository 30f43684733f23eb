// Storage that outlives a graph.
#include "compute/clones.h"
#include "compute/graph/panels.h"
#include "compute/half.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Most bytes that the packed copies of all tensors may take, and the share of the machine's memory.
// What rests in 16 bits is packed as fast as it is read, but for products of few rows: copies of a
// small network's are worth their memory, those of a large one's are not (tests/bench/LOG.md).
#define PACKED_BYTES      ((int64_t)2 << 30)
#define PACKED_HALF_BYTES ((int64_t)64 << 20)
#define PACKED_SHARE      16

static atomic_int_fast64_t packed_bytes;

struct tensor *tensor_new(struct gpu *gpu, enum dtype dtype, const int shape[GRAPH_RANK],
                          const char *name, GError **error)
{
    struct gpu_buf *buf = gpu_buf_create(gpu, shape_bytes(shape, dtype), error);
    if (!buf) {
        g_prefix_error(error, "%s: ", name ? name : "tensor");
        return NULL;
    }
    struct tensor *t = g_new0(struct tensor, 1);
    memcpy(t->shape, shape, sizeof t->shape);
    t->dtype = dtype;
    t->gpu = gpu;
    t->buf = buf;
    t->name = g_strdup(name);
    return t;
}

static void packed_free(struct packed_copy *copy)
{
    atomic_fetch_sub(&packed_bytes, copy->floats * (int64_t)sizeof *copy->data);
    free(copy->data);
    *copy = (struct packed_copy){.data = NULL};
}

void tensor_free(struct tensor *t)
{
    if (!t) {
        return;
    }
    for (int i = 0; i < TENSOR_PACKED_COPIES; i++) {
        packed_free(&t->packed[i]);
    }
    gpu_buf_free(t->gpu, t->buf);
    g_free(t->name);
    g_free(t);
}

static int64_t packed_limit(const struct tensor *t)
{
    int64_t memory = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    const int64_t most = dtype_is_half(t->dtype) ? PACKED_HALF_BYTES : PACKED_BYTES;
    return MIN(most, memory / PACKED_SHARE);
}

float *tensor_packed(struct tensor *t, int slot, const struct packed_key *key, int64_t floats,
                     bool *stale)
{
    struct packed_copy *copy = &t->packed[slot];
    const int64_t bytes = floats * (int64_t)sizeof *copy->data;
    *stale = copy->stale || memcmp(&copy->key, key, sizeof *key) || copy->floats != floats;
    if (copy->data && copy->floats == floats) {
        copy->key = *key;
        copy->stale = false;
        return copy->data;
    }
    packed_free(copy);
    if (atomic_load(&packed_bytes) + bytes > packed_limit(t)) {
        return NULL;
    }
    copy->data = aligned_alloc(64, (size_t)(bytes + 63) / 64 * 64);
    if (!copy->data) {
        return NULL;
    }
    copy->floats = floats;
    copy->key = *key;
    atomic_fetch_add(&packed_bytes, bytes);
    return copy->data;
}

static HOST_CLONES void round_to_half(const float *from, int64_t n, uint16_t *to)
{
    for (int64_t i = 0; i < n; i++) {
        to[i] = half_from_float(from[i]);
    }
}

// Numbers in the order of the shape are those of a matrix of as many outputs: its panels are the
// same.
static void write_half(struct tensor *t, const float *data)
{
    const struct panels panels = panels_of(t->shape),
                        matrix = {panels.outputs, 1, panels.taps * panels.inputs};
    const int64_t count = shape_count(t->shape);
    g_autofree uint16_t *halves = g_new(uint16_t, count);
    uint16_t *map = t->buf->map;
    round_to_half(data, count, halves);
    for (int i = 0; i < panels_count(&matrix); i++) {
        panels_fill(&matrix, i, (const uint8_t *)halves, map + panels_offset(&matrix, i));
    }
}

bool tensor_write(struct tensor *t, const void *data, GError **error)
{
    g_assert(t->dtype != DTYPE_BF16);
    for (int i = 0; i < TENSOR_PACKED_COPIES; i++) {
        t->packed[i].stale = true;
    }
    t->writes++;
    if (t->dtype == DTYPE_F16) {
        write_half(t, data);
        return true;
    }
    return gpu_buf_write(t->gpu, t->buf, 0, data, shape_bytes(t->shape, t->dtype), error);
}

bool tensor_read(const struct tensor *t, void *data, GError **error)
{
    if (dtype_is_half(t->dtype)) {
        const struct panels panels = panels_of(t->shape);
        panels_widen(&panels, t->dtype, t->buf->map, data);
        return true;
    }
    return gpu_buf_read(t->gpu, t->buf, 0, data, shape_bytes(t->shape, t->dtype), error);
}
