// A computation as data: tensors, nodes, reverse-mode gradient, memory plan, execution.
//
// A graph is built once per (model, shapes, adapters), differentiated, compiled into a program and
// run many times. What changes from step to step (timestep, scales, learning data) is the content
// of leaf tensors.
//
// Shapes are four ints, row-major, last one contiguous: activations are (N, H, W, C) or
// (N, 1, T, C); a matrix is (1, 1, rows, columns); a vector (1, 1, 1, n). dtype is fp32, or int32
// for token ids; weights that only products on the host read may rest in 16 bits (panels.h), and
// whatever is computed of them is what it would be of the same numbers in fp32, to the bit.
#pragma once

#include "compute/gpu/gpu.h"

enum dtype { DTYPE_F32, DTYPE_I32, DTYPE_F16, DTYPE_BF16 };
size_t dtype_size(enum dtype dtype); // bytes of an element
bool dtype_is_half(enum dtype dtype);
#define GRAPH_RANK   4
#define GRAPH_INPUTS 4

// A copy of a tensor's data that a host kernel packed into the order of its inner loop and keeps
// for the next run. The key says who packed it, and how.
struct packed_key {
    const void *maker;
    int sizes[4]; // no gap: keys are compared by bytes
};
struct packed_copy {
    struct packed_key key;
    float *data;
    int64_t floats;
    bool stale; // the tensor was written since
};
#define TENSOR_PACKED_COPIES 2

// Storage that outlives a graph: weights, trainable parameters, what a step writes before it runs.
struct tensor {
    int shape[GRAPH_RANK];
    enum dtype dtype;
    struct gpu *gpu;
    struct gpu_buf *buf;
    char *name;
    struct packed_copy packed[TENSOR_PACKED_COPIES];
    unsigned writes; // so many so far
};
struct tensor *tensor_new(struct gpu *gpu, enum dtype dtype, const int shape[GRAPH_RANK],
                          const char *name, GError **error);
void tensor_free(struct tensor *t);
int64_t shape_count(const int shape[GRAPH_RANK]); // elements
uint64_t shape_bytes(const int shape[GRAPH_RANK], enum dtype dtype);
// All of it, fp32 or int32, in the order of its shape. What rests in 16 bits is widened; to fp16 it
// is rounded, to the nearest, and bf16 is never written. Writing is the only way to change data
// that a program has read.
bool tensor_write(struct tensor *t, const void *data, GError **error);
bool tensor_read(const struct tensor *t, void *data, GError **error);
// The memory of packed copy `slot`, for host kernels; it belongs to the tensor. NULL: all packed
// copies together would take too much memory. *stale: the caller has to pack it anew. One thread at
// a time.
float *tensor_packed(struct tensor *t, int slot, const struct packed_key *key, int64_t floats,
                     bool *stale);

struct op; // compute/op/op.h

// When a leaf is written, as its graph's maker knows it. What follows from leaves alone that are
// written seldom, and from weights, a program computes when one of them was written, and keeps.
enum pace { PACE_RUN, PACE_SELDOM, PACE_WEIGHTS };

struct node {
    const struct op *op; // NULL: a leaf
    int shape[GRAPH_RANK];
    enum dtype dtype;
    struct node *in[GRAPH_INPUTS]; // unused ones are NULL (an optional input may be NULL too)
    int n_in;
    union { // the op's parameters; each op says in ops.h which it uses
        int i[12];
        float f[12];
    } p;
    struct tensor *tensor; // leaf: its storage (borrowed); NULL in a dry build
    bool constant;         // leaf that the program fills with p.f[0]
    bool trainable;        // leaf whose gradient may be asked for
    enum pace pace;        // of a leaf
    int id;                // position in the graph: inputs come before users
    const char *name;      // for dumps and traces; owned by the graph
};

struct graph;
struct graph *graph_new(void);
void graph_free(struct graph *g); // frees the nodes, never the tensors

struct node *graph_leaf(struct graph *g, struct tensor *tensor);
struct node *graph_trainable(struct graph *g, struct tensor *tensor);
// A leaf that is known by shape only: for dry builds that collect what a model needs.
struct node *graph_leaf_dry(struct graph *g, const int shape[GRAPH_RANK], const char *name);
// A constant filled with value. The program owns its memory; constants of one value share it.
struct node *graph_constant(struct graph *g, const int shape[GRAPH_RANK], float value);

// For op builders only: a new node with zeroed parameters.
struct node *graph_add(struct graph *g, const struct op *op, enum dtype dtype,
                       const int shape[GRAPH_RANK], struct node *const *in, int n_in);
// Names the node for dumps ("down_blocks.0.resnets.1"); returns it.
struct node *graph_name(struct graph *g, struct node *node, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

// Adds the nodes of d loss / d leaves[i] and stores them in grads[i] (never NULL: a leaf without a
// path gives a constant zero). loss must hold one number. Walks only nodes on a path to one of the
// leaves. An op without a rule is TINCTURE_ERROR_UNSUPPORTED with its name.
bool graph_grad(struct graph *g, struct node *loss, struct node *const *leaves, int n,
                struct node **grads, GError **error);
// The same numbers in less memory and more time: what the gradient needs of the nodes before the
// loss is computed again for it, in `pieces` pieces of their order. Between them only what later
// pieces read is kept; the last one is not computed twice. After Chen et al., "Training Deep Nets
// with Sublinear Memory Cost" (2016).
bool graph_grad_recomputed(struct graph *g, struct node *loss, struct node *const *leaves, int n,
                           int pieces, struct node **grads, GError **error);

// Text (one node a line) or DOT (path ends in .dot) for people. gpu: each node is named with the
// kernel that it runs with there, "matmul.host"; NULL: without.
bool graph_dump(const struct graph *g, const struct gpu_info *gpu, const char *path,
                GError **error);
int graph_size(const struct graph *g);
struct node *graph_nth(const struct graph *g, int id);

// ---- running ------------------------------------------------------------------------------------

// How nodes run: each with the first of its op's kernels that fits the device, which on CPU-type
// devices is the host's, elsewhere a recorded Vulkan kernel. TINCTURE_VARIANT narrows the choice,
// as op_kernel_choose() says.
struct program;

// Plans memory (lifetimes -> offsets in a few blocks), creates kernels and records. g must outlive
// the program. outputs stay readable after a run; everything not needed for them is left out. Each
// program's graph is written to TINCTURE_DUMP_GRAPH (file.dot, file-2.dot, ...) where that is set.
struct program *program_new(struct graph *g, struct gpu *gpu, struct node *const *outputs,
                            int n_outputs, GError **error);
void program_free(struct program *p);
// Cancels between host kernels, or between submissions of a fraction of a second each.
bool program_run(struct program *p, GCancellable *cancellable, GError **error);
// Copies an output of the last run, shape_bytes() of it.
bool program_read(struct program *p, const struct node *output, void *data, GError **error);
// Bytes that the program holds.
uint64_t program_bytes(const struct program *p);
// Multiply-adds * 2 of one run that keeps nothing of the one before.
double program_flops(const struct program *p);
