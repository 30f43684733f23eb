// Storage that outlives a graph.
#include "compute/graph/graph.h"

#include <string.h>

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

void tensor_free(struct tensor *t)
{
    if (!t)
        return;
    gpu_buf_free(t->gpu, t->buf);
    g_free(t->name);
    g_free(t);
}

bool tensor_write(struct tensor *t, const void *data, GError **error)
{
    return gpu_buf_write(t->gpu, t->buf, 0, data, (uint64_t)shape_count(t->shape) * 4, error);
}

bool tensor_read(const struct tensor *t, void *data, GError **error)
{
    return gpu_buf_read(t->gpu, t->buf, 0, data, (uint64_t)shape_count(t->shape) * 4, error);
}
