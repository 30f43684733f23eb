// Layers: functions that add nodes. A layer asks for its weights by path
// ("down_blocks.0.resnets.1.conv1") and lets the adapters change what the layer computes.
//
// The builder is also the list of what a model needs: in a dry build (nn->dry) leaves have no
// storage and every weight asked for is written down, which is how loading knows all missing and
// odd tensors at once.
#pragma once

#include "compute/op/ops.h"

// One network's weights: "text_encoder", "unet", "vae".
struct nn_weight {
    char *name;            // as in the file: "conv_in.weight"
    int shape[GRAPH_RANK]; // engine order: linear (1,1,O,I); conv (O,ky,kx,I); vector (1,1,1,n)
    int rank;              // of the tensor in the file: 1, 2 or 4
    bool rests;            // only layers read it that take what rests in 16 bits
    struct tensor *tensor; // NULL until loaded
};
struct nn_part {
    const char *name;
    GPtrArray *weights; // struct nn_weight *, in the order of first use
    GHashTable *by_name;
    char *hash; // SHA-256 of the file they came from, where it is known
};
struct nn_part *nn_part_new(const char *name);
void nn_part_free(struct nn_part *part); // frees the tensors
// The part of that name among parts (struct nn_part *), NULL where there is none.
struct nn_part *nn_part_named(const GPtrArray *parts, const char *name);
struct nn_weight *nn_part_find(const struct nn_part *part, const char *name);

enum nn_kind { NN_LINEAR, NN_CONV, NN_NORM, NN_EMBEDDING };

// What an adapter sees of a layer.
struct nn_layer {
    enum nn_kind kind;
    const char *part; // "unet"
    const char *path; // "mid_block.attentions.0.transformer_blocks.0.attn2.to_k"; may be kept
    const struct nn_weight *weight;
    struct node *x;          // input (NN_NORM: NULL; NN_EMBEDDING: the ids, NULL for all rows)
    struct node *w;          // weight node
    struct node *bias;       // or NULL
    struct conv_params conv; // NN_CONV
};

// How adapters hook in. Returns the layer's output (NN_NORM: the gamma to use), or NULL for "not
// mine", in which case the layer computes as usual. Dry builds call it too.
struct nn_hook {
    struct node *(*apply)(struct nn_hook *hook, struct graph *g, const struct nn_layer *layer);
};

struct nn {
    struct graph *g;
    struct nn_part *part;
    bool dry;             // collect weights instead of using them
    struct nn_hook *hook; // NULL: no adapters
};

// path is printf-like and names the layer without ".weight".
struct node *nn_linear(struct nn *nn, struct node *x, int out, bool bias, const char *path, ...)
    G_GNUC_PRINTF(5, 6);
struct node *nn_conv(struct nn *nn, struct node *x, int out, int kernel, struct conv_params params,
                     const char *path, ...) G_GNUC_PRINTF(6, 7);
struct node *nn_conv_unbiased(struct nn *nn, struct node *x, int out, int kernel,
                              struct conv_params params, const char *path, ...) G_GNUC_PRINTF(6, 7);
struct node *nn_group_norm(struct nn *nn, struct node *x, int groups, float eps, bool silu,
                           const char *path, ...) G_GNUC_PRINTF(6, 7);
struct node *nn_layer_norm(struct nn *nn, struct node *x, float eps, const char *path, ...)
    G_GNUC_PRINTF(4, 5);
// ids NULL: the whole table, (1, 1, rows, columns).
struct node *nn_embedding(struct nn *nn, struct node *ids, int rows, int columns, const char *path,
                          ...) G_GNUC_PRINTF(5, 6);
// The rows of a table (1, 1, rows, columns) that ids name; ids NULL: all of them, the table itself.
struct node *nn_rows(struct graph *g, struct node *table, struct node *ids);
// What a layer computes of x (its own input or another in its place) where no hook says otherwise;
// of NN_NORM the gamma.
struct node *nn_plain(struct graph *g, const struct nn_layer *layer, struct node *x);
// A 1x1 convolution stored as a 4-D weight but used as a linear layer is nn_conv with kernel 1.
