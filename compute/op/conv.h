// The geometry that conv2d and its two gradients share.
#pragma once

#include "compute/op/kernel.h"

// x (N,H,W,I), w (O,ky,kx,I), y (N,H',W',O). Output (oy, ox) reads inputs (oy * stride - top + ky,
// ...).
struct conv_shape {
    int batch, height, width, in;
    int out_height, out_width, out;
    int ky, kx, stride, top, left;
};

// Node parameters p.i of all three ops: stride, top, left, bottom, right.
static inline void conv_set_params(struct node *node, struct conv_params c)
{
    memcpy(node->p.i, (int[]){c.stride, c.top, c.left, c.bottom, c.right}, 5 * sizeof(int));
}

static inline struct conv_params conv_get_params(const struct node *node)
{
    const int *p = node->p.i;
    return (struct conv_params){p[0], p[1], p[2], p[3], p[4]};
}

static inline struct conv_shape conv_shape_make(const struct node *node, const int x[GRAPH_RANK],
                                                const int w[GRAPH_RANK], const int y[GRAPH_RANK])
{
    struct conv_params c = conv_get_params(node);
    return (struct conv_shape){
        .batch = x[0],
        .height = x[1],
        .width = x[2],
        .in = x[3],
        .out_height = y[1],
        .out_width = y[2],
        .out = y[3],
        .ky = w[1],
        .kx = w[2],
        .stride = c.stride,
        .top = c.top,
        .left = c.left,
    };
}

static inline int conv_out_size(int size, int before, int after, int kernel, int stride)
{
    g_assert(stride > 0 && size + before + after >= kernel);
    return (size + before + after - kernel) / stride + 1;
}

// Positions of the output, N * H' * W'.
static inline int64_t conv_positions(const struct conv_shape *s)
{
    return (int64_t)s->batch * s->out_height * s->out_width;
}

// Inputs under one output, ky * kx * I: the inner dimension of the product.
static inline int conv_depth(const struct conv_shape *s)
{
    return s->ky * s->kx * s->in;
}

// A 1x1 convolution is a matrix product as it stands.
static inline bool conv_is_pointwise(const struct conv_shape *s)
{
    return s->ky == 1 && s->kx == 1 && s->stride == 1 && s->out_height == s->height &&
           s->out_width == s->width && s->top == 0 && s->left == 0;
}

// conv2d.comp, for conv2d and, with `back`, for conv2d_back_input.
void conv2d_dispatch_fill(struct op_dispatch *d, const struct conv_shape *s, bool back,
                          const struct op_site *site);

static inline double conv_flops(const struct conv_shape *s)
{
    return 2.0 * (double)conv_positions(s) * conv_depth(s) * s->out;
}
