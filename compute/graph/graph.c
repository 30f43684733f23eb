// Nodes and how they are added. See graph.h.
#include "compute/graph/graph.h"

#include "compute/op/op.h"

#include <stdarg.h>
#include <string.h>

#define BLOCK_NODES 256

struct graph {
    GPtrArray *blocks; // owned arrays of BLOCK_NODES nodes, so that nodes never move
    GStringChunk *names;
    int size;
};

int64_t shape_count(const int shape[GRAPH_RANK])
{
    int64_t count = 1;
    for (int i = 0; i < GRAPH_RANK; i++) {
        count *= shape[i];
    }
    return count;
}

size_t dtype_size(enum dtype dtype)
{
    switch (dtype) {
    case DTYPE_F32: return sizeof(float);
    case DTYPE_I32: return sizeof(int32_t);
    case DTYPE_F16:
    case DTYPE_BF16: return sizeof(uint16_t);
    }
    g_assert_not_reached();
}

bool dtype_is_half(enum dtype dtype)
{
    return dtype == DTYPE_F16 || dtype == DTYPE_BF16;
}

uint64_t shape_bytes(const int shape[GRAPH_RANK], enum dtype dtype)
{
    return (uint64_t)shape_count(shape) * dtype_size(dtype);
}

struct graph *graph_new(void)
{
    struct graph *g = g_new0(struct graph, 1);
    g->blocks = g_ptr_array_new_with_free_func(g_free);
    g->names = g_string_chunk_new(4096);
    return g;
}

void graph_free(struct graph *g)
{
    if (!g) {
        return;
    }
    g_ptr_array_unref(g->blocks);
    g_string_chunk_free(g->names);
    g_free(g);
}

int graph_size(const struct graph *g)
{
    return g->size;
}

struct node *graph_nth(const struct graph *g, int id)
{
    g_assert(id >= 0 && id < g->size);
    struct node *block = g->blocks->pdata[id / BLOCK_NODES];
    return &block[id % BLOCK_NODES];
}

struct node *graph_add(struct graph *g, const struct op *op, enum dtype dtype,
                       const int shape[GRAPH_RANK], struct node *const *in, int n_in)
{
    g_assert(n_in >= 0 && n_in <= GRAPH_INPUTS);
    if (g->size % BLOCK_NODES == 0) {
        g_ptr_array_add(g->blocks, g_new0(struct node, BLOCK_NODES));
    }
    struct node *node = graph_nth(g, g->size++);
    node->id = g->size - 1;
    node->op = op;
    node->dtype = dtype;
    node->n_in = n_in;
    for (int i = 0; i < GRAPH_RANK; i++) {
        g_assert(shape[i] > 0);
        node->shape[i] = shape[i];
    }
    for (int i = 0; i < n_in; i++) {
        // An input of another graph would have the wrong place in the order.
        g_assert(!in[i] || (in[i]->id < node->id && graph_nth(g, in[i]->id) == in[i]));
        node->in[i] = in[i];
    }
    return node;
}

struct node *graph_leaf(struct graph *g, struct tensor *tensor)
{
    struct node *node = graph_add(g, NULL, tensor->dtype, tensor->shape, NULL, 0);
    node->tensor = tensor;
    if (tensor->name) {
        graph_name(g, node, "%s", tensor->name);
    }
    return node;
}

struct node *graph_trainable(struct graph *g, struct tensor *tensor)
{
    struct node *node = graph_leaf(g, tensor);
    node->trainable = true;
    return node;
}

struct node *graph_leaf_dry(struct graph *g, const int shape[GRAPH_RANK], const char *name)
{
    struct node *node = graph_add(g, NULL, DTYPE_F32, shape, NULL, 0);
    return graph_name(g, node, "%s", name);
}

struct node *graph_constant(struct graph *g, const int shape[GRAPH_RANK], float value)
{
    struct node *node = graph_add(g, NULL, DTYPE_F32, shape, NULL, 0);
    node->constant = true;
    node->p.f[0] = value;
    return node;
}

struct node *graph_name(struct graph *g, struct node *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *name = g_strdup_vprintf(format, args);
    va_end(args);
    node->name = g_string_chunk_insert(g->names, name);
    return node;
}
