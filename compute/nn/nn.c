#include "compute/nn/nn.h"

#include <string.h>

// ---- parts --------------------------------------------------------------------------------------

static void weight_free(struct nn_weight *w)
{
    tensor_free(w->tensor);
    g_free(w->name);
    g_free(w);
}

struct nn_part *nn_part_new(const char *name)
{
    struct nn_part *part = g_new0(struct nn_part, 1);
    part->name = g_intern_string(name);
    part->weights = g_ptr_array_new_with_free_func((GDestroyNotify)weight_free);
    part->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    return part;
}

void nn_part_free(struct nn_part *part)
{
    if (!part) {
        return;
    }
    g_hash_table_unref(part->by_name);
    g_ptr_array_unref(part->weights);
    g_free(part->hash);
    g_free(part);
}

struct nn_part *nn_part_named(const GPtrArray *parts, const char *name)
{
    for (guint i = 0; i < parts->len; i++) {
        struct nn_part *part = parts->pdata[i];
        if (g_str_equal(part->name, name)) {
            return part;
        }
    }
    return NULL;
}

struct nn_weight *nn_part_find(const struct nn_part *part, const char *name)
{
    return g_hash_table_lookup(part->by_name, name);
}

// The weight called name; a dry build writes it down the first time.
static struct nn_weight *want_weight(struct nn *nn, const int shape[GRAPH_RANK], int rank,
                                     bool rests, const char *name)
{
    struct nn_weight *w = nn_part_find(nn->part, name);
    if (!w && nn->dry) {
        w = g_new0(struct nn_weight, 1);
        w->name = g_strdup(name);
        w->rank = rank;
        w->rests = rests;
        memcpy(w->shape, shape, sizeof w->shape);
        g_ptr_array_add(nn->part->weights, w);
        g_hash_table_insert(nn->part->by_name, w->name, w);
    }
    g_assert(w && memcmp(w->shape, shape, sizeof w->shape) == 0);
    return w;
}

static struct node *weight_leaf(struct nn *nn, const struct nn_weight *w)
{
    if (nn->dry) {
        return graph_leaf_dry(nn->g, w->shape, w->name);
    }
    g_assert(w->tensor);
    struct node *leaf = graph_leaf(nn->g, w->tensor);
    leaf->pace = PACE_WEIGHTS;
    return leaf;
}

// ---- layers -------------------------------------------------------------------------------------

// Products and rows of a table do, a whole table does not.
static bool takes_halves(const struct nn_layer *layer)
{
    return layer->kind == NN_LINEAR || layer->kind == NN_CONV ||
           (layer->kind == NN_EMBEDDING && layer->x);
}

// The weight of layer->path and its leaf.
static void layer_weight(struct nn *nn, struct nn_layer *layer, const int shape[GRAPH_RANK],
                         int rank)
{
    char *name = g_strconcat(layer->path, ".weight", NULL);
    layer->part = nn->part->name;
    layer->weight = want_weight(nn, shape, rank, takes_halves(layer), name);
    layer->w = weight_leaf(nn, layer->weight);
    g_free(name);
}

static void layer_bias(struct nn *nn, struct nn_layer *layer, int count)
{
    char *name = g_strconcat(layer->path, ".bias", NULL);
    layer->bias = weight_leaf(nn, want_weight(nn, (int[]){1, 1, 1, count}, 1, false, name));
    g_free(name);
}

struct node *nn_plain(struct graph *g, const struct nn_layer *layer, struct node *x)
{
    switch (layer->kind) {
    case NN_LINEAR: return op_linear(g, x, layer->w, layer->bias);
    case NN_CONV: return op_conv2d(g, x, layer->w, layer->bias, layer->conv);
    case NN_EMBEDDING: return nn_rows(g, layer->w, x);
    case NN_NORM: return layer->w;
    }
    return NULL;
}

// The layer's output as the adapters want it, or its own.
static struct node *layer_output(struct nn *nn, const struct nn_layer *layer)
{
    struct node *y = nn->hook ? nn->hook->apply(nn->hook, nn->g, layer) : NULL;
    return y ? y : nn_plain(nn->g, layer, layer->x);
}

// Layer paths live as long as the program: there are a few hundred of them, and hooks may keep
// them.
#define PATH_OF(format, path)                                                                      \
    do {                                                                                           \
        va_list args_;                                                                             \
        va_start(args_, format);                                                                   \
        char *text_ = g_strdup_vprintf(format, args_);                                             \
        va_end(args_);                                                                             \
        path = g_intern_string(text_);                                                             \
        g_free(text_);                                                                             \
    } while (0)

struct node *nn_linear(struct nn *nn, struct node *x, int out, bool bias, const char *path, ...)
{
    struct nn_layer layer = {.kind = NN_LINEAR, .x = x};
    PATH_OF(path, layer.path);
    layer_weight(nn, &layer, (int[]){1, 1, out, x->shape[3]}, 2);
    if (bias) {
        layer_bias(nn, &layer, out);
    }
    return graph_name(nn->g, layer_output(nn, &layer), "%s", layer.path);
}

struct node *nn_conv(struct nn *nn, struct node *x, int out, int kernel, struct conv_params params,
                     const char *path, ...)
{
    struct nn_layer layer = {.kind = NN_CONV, .x = x, .conv = params};
    PATH_OF(path, layer.path);
    layer_weight(nn, &layer, (int[]){out, kernel, kernel, x->shape[3]}, 4);
    layer_bias(nn, &layer, out);
    return graph_name(nn->g, layer_output(nn, &layer), "%s", layer.path);
}

struct node *nn_conv_unbiased(struct nn *nn, struct node *x, int out, int kernel,
                              struct conv_params params, const char *path, ...)
{
    struct nn_layer layer = {.kind = NN_CONV, .x = x, .conv = params};
    PATH_OF(path, layer.path);
    layer_weight(nn, &layer, (int[]){out, kernel, kernel, x->shape[3]}, 4);
    return graph_name(nn->g, layer_output(nn, &layer), "%s", layer.path);
}

// Gamma, as the adapters want it; beta goes to layer->bias.
static struct node *norm_gamma(struct nn *nn, struct nn_layer *layer, int channels)
{
    layer_weight(nn, layer, (int[]){1, 1, 1, channels}, 1);
    layer_bias(nn, layer, channels);
    return layer_output(nn, layer);
}

struct node *nn_group_norm(struct nn *nn, struct node *x, int groups, float eps, bool silu,
                           const char *path, ...)
{
    struct nn_layer layer = {.kind = NN_NORM};
    PATH_OF(path, layer.path);
    struct node *gamma = norm_gamma(nn, &layer, x->shape[3]);
    struct node *y = op_group_norm(nn->g, x, gamma, layer.bias, groups, eps, silu);
    return graph_name(nn->g, y, "%s", layer.path);
}

struct node *nn_layer_norm(struct nn *nn, struct node *x, float eps, const char *path, ...)
{
    struct nn_layer layer = {.kind = NN_NORM};
    PATH_OF(path, layer.path);
    struct node *gamma = norm_gamma(nn, &layer, x->shape[3]);
    struct node *y = op_layer_norm(nn->g, x, gamma, layer.bias, eps);
    return graph_name(nn->g, y, "%s", layer.path);
}

struct node *nn_rows(struct graph *g, struct node *table, struct node *ids)
{
    return ids ? op_gather(g, table, ids) : table;
}

struct node *nn_embedding(struct nn *nn, struct node *ids, int rows, int columns, const char *path,
                          ...)
{
    struct nn_layer layer = {.kind = NN_EMBEDDING, .x = ids};
    PATH_OF(path, layer.path);
    layer_weight(nn, &layer, (int[]){1, 1, rows, columns}, 2);
    return graph_name(nn->g, layer_output(nn, &layer), "%s", layer.path);
}
