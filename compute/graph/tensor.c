// Storage that outlives a graph.
#include "compute/graph/graph.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Most bytes that all forms of all tensors may take, and the share of the machine's memory.
#define FORM_BYTES ((int64_t)512 << 20)
#define FORM_SHARE 16

static atomic_int_fast64_t form_bytes;

struct tensor *tensor_new(struct gpu *gpu, enum dtype dtype, const int shape[GRAPH_RANK],
                          const char *name, GError **error)
{
    struct gpu_buf *buf = gpu_buf_create(gpu, (uint64_t)shape_count(shape) * 4, error);
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

static void form_free(struct tensor_form *form)
{
    atomic_fetch_sub(&form_bytes, form->floats * (int64_t)sizeof *form->data);
    free(form->data);
    *form = (struct tensor_form){.data = NULL};
}

void tensor_free(struct tensor *t)
{
    if (!t) {
        return;
    }
    for (int i = 0; i < TENSOR_FORMS; i++) {
        form_free(&t->forms[i]);
    }
    gpu_buf_free(t->gpu, t->buf);
    g_free(t->name);
    g_free(t);
}

static int64_t form_limit(void)
{
    int64_t memory = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    return MIN(FORM_BYTES, memory / FORM_SHARE);
}

float *tensor_form(struct tensor *t, int slot, const struct tensor_form_key *key, int64_t floats,
                   bool *stale)
{
    struct tensor_form *form = &t->forms[slot];
    const int64_t bytes = floats * (int64_t)sizeof *form->data;
    *stale = form->stale || memcmp(&form->key, key, sizeof *key) || form->floats != floats;
    if (form->data && form->floats == floats) {
        form->key = *key;
        form->stale = false;
        return form->data;
    }
    form_free(form);
    if (atomic_load(&form_bytes) + bytes > form_limit()) {
        return NULL;
    }
    form->data = aligned_alloc(64, (size_t)(bytes + 63) / 64 * 64);
    if (!form->data) {
        return NULL;
    }
    form->floats = floats;
    form->key = *key;
    atomic_fetch_add(&form_bytes, bytes);
    return form->data;
}

bool tensor_write(struct tensor *t, const void *data, GError **error)
{
    for (int i = 0; i < TENSOR_FORMS; i++) {
        t->forms[i].stale = true;
    }
    return gpu_buf_write(t->gpu, t->buf, 0, data, (uint64_t)shape_count(t->shape) * 4, error);
}

bool tensor_read(const struct tensor *t, void *data, GError **error)
{
    return gpu_buf_read(t->gpu, t->buf, 0, data, (uint64_t)shape_count(t->shape) * 4, error);
}
