// Builders: what the layers of compute/nn and the gradient rules call to add nodes.
//
// Shapes: N batch, H W rows and columns, C channels, T tokens, P = N*H*W positions, all row-major,
// channels last. A wrong shape is a programming error and asserts; sizes that come from files are
// checked by whoever read them. "vector" means shape (1, 1, 1, n).
#pragma once

#include "compute/graph/graph.h"

// ---- views and shape changes --------------------------------------------------------------------

// The same data (or a contiguous part of it that begins at element offset) under another shape. No
// copy.
struct node *op_view(struct graph *g, struct node *x, int64_t offset, const int shape[GRAPH_RANK]);
// op_view at offset 0.
struct node *op_reshape(struct graph *g, struct node *x, int d0, int d1, int d2, int d3);
// Items [first, first + count) of the batch. No copy.
struct node *op_items(struct graph *g, struct node *x, int first, int count);

// Concatenates a and b along the last axis.
struct node *op_concat(struct graph *g, struct node *a, struct node *b);
// Channels [begin, begin + count) of the last axis.
struct node *op_slice(struct graph *g, struct node *x, int begin, int count);
// The inverse: x placed at channel begin of a zero tensor with `channels` channels.
struct node *op_unslice(struct graph *g, struct node *x, int begin, int channels);

// Nearest-neighbour enlargement (N,H,W,C) -> (N,height,width,C): source row = floor(y * H /
// height).
struct node *op_upsample(struct graph *g, struct node *x, int height, int width);
// Its gradient: sums the outputs of each source position. height, width: the size of the result.
struct node *op_upsample_back(struct graph *g, struct node *dy, int height, int width);

// Rows of table (1,1,V,C) chosen by ids (N,1,1,T) int32 -> (N,1,T,C). Ids outside [0, V) read row
// 0.
struct node *op_gather(struct graph *g, struct node *table, struct node *ids);

// The two middle axes swapped: (N,A,B,C) -> (N,B,A,C).
struct node *op_swap(struct graph *g, struct node *x);

// ---- arithmetic ---------------------------------------------------------------------------------

// Elementwise, b broadcast to a: every dimension of b equals a's or is 1.
struct node *op_add(struct graph *g, struct node *a, struct node *b);
struct node *op_sub(struct graph *g, struct node *a, struct node *b);
struct node *op_mul(struct graph *g, struct node *a, struct node *b);

// scale * x + shift with constants.
struct node *op_affine(struct graph *g, struct node *x, float scale, float shift);

enum unary {
    UNARY_RELU,
    UNARY_SILU,
    UNARY_GELU,       // exact, erf
    UNARY_QUICK_GELU, // x sigmoid(1.702 x)
};
struct node *op_unary(struct graph *g, enum unary kind, struct node *x);
struct node *op_unary_back(struct graph *g, enum unary kind, struct node *x,
                           struct node *dy); // dy * f'(x)

// GEGLU: x (..., 2C) -> (..., C): first half * gelu(second half) (the order of the reference:
// hidden, gate).
struct node *op_geglu(struct graph *g, struct node *x);
struct node *op_geglu_back(struct graph *g, struct node *x, struct node *dy);

// Sums x over the dimensions where shape has 1 and x has more. Sums are accumulated in a fixed
// order, so the result does not depend on the number of threads.
struct node *op_sum_to(struct graph *g, struct node *x, const int shape[GRAPH_RANK]);
// The inverse: x repeated along the dimensions where it has 1 and shape has more.
struct node *op_expand(struct graph *g, struct node *x, const int shape[GRAPH_RANK]);
// Vector of sums over all rows of a * b, (..., C) x (..., C) -> (1,1,1,C): the gradient of a
// per-channel scale.
struct node *op_dot_rows(struct graph *g, struct node *a, struct node *b);
// Mean of (a - b)^2 over everything -> (1,1,1,1). (Composition; no op of its own.)
struct node *op_mse(struct graph *g, struct node *a, struct node *b);

// ---- linear algebra -----------------------------------------------------------------------------

// y = x w^T + bias: x (..., K) as (P, K); w (1,1,M,K); bias vector (M) or NULL -> x's shape with M
// channels.
struct node *op_linear(struct graph *g, struct node *x, struct node *w, struct node *bias);
// The general product under it: op(a) op(b), a and b (d0,d1,rows,cols) batched over d0*d1 (b's
// batch may be 1 and is then shared; if a's batch is more than 1 and trans_a is false and b is
// shared, a is one tall matrix).
struct node *op_matmul(struct graph *g, struct node *a, struct node *b, bool trans_a, bool trans_b);

// Convolution, channels last: x (N,H,W,I), w (O,ky,kx,I), bias vector (O) or NULL.
// Output size = (H + top + bottom - ky) / stride + 1.
struct conv_params {
    int stride;
    int top, left, bottom, right; // zero padding
};
struct node *op_conv2d(struct graph *g, struct node *x, struct node *w, struct node *bias,
                       struct conv_params params);
// Gradient with respect to the input: dy (N,H',W',O) -> (N,height,width,I).
struct node *op_conv2d_back_input(struct graph *g, struct node *dy, struct node *w,
                                  struct conv_params params, int height, int width);
// Gradient with respect to the weights: (O,ky,kx,I).
struct node *op_conv2d_back_weight(struct graph *g, struct node *x, struct node *dy,
                                   struct conv_params params, int ky, int kx);

// Block-diagonal product: x (..., n*b) with r (1,n,b,b): every block of b channels becomes r_j x_j
// (y = x blockdiag(r)^T), or r_j^T x_j where trans is true. (methods 4.1: x' = x blockdiag(R^T).)
struct node *op_rotate(struct graph *g, struct node *x, struct node *r, bool trans);
// Per block sum over positions of y_j x_j^T: (1,n,b,b). d loss / d r = op_outer(dy, x).
struct node *op_outer(struct graph *g, struct node *y, struct node *x, int block);
// Strict upper triangle, row-major, of n blocks (1,1,n,b(b-1)/2) -> skew-symmetric (1,n,b,b), S = U
// - U^T.
struct node *op_skew(struct graph *g, struct node *u, int block);
struct node *op_skew_back(struct graph *g, struct node *ds); // ds (1,n,b,b) -> ds_ij - ds_ji, i < j
// x = a^-1 b, or a^-T b where trans is true, for n small systems (1,n,b,b). LU with partial
// pivoting.
struct node *op_solve(struct graph *g, struct node *a, struct node *b, bool trans);

// ---- normalisation and attention ----------------------------------------------------------------

// Group normalisation over (H, W, C / groups) of x (N,H,W,C), gamma and beta vectors (C) (beta may
// be NULL); silu: y = silu(norm(x)) fused.
struct node *op_group_norm(struct graph *g, struct node *x, struct node *gamma, struct node *beta,
                           int groups, float eps, bool silu);
struct node *op_group_norm_back(struct graph *g, struct node *x, struct node *gamma,
                                struct node *beta, struct node *dy, int groups, float eps,
                                bool silu); // dx
struct node *op_group_norm_back_gamma(struct graph *g, struct node *x, struct node *gamma,
                                      struct node *beta, struct node *dy, int groups, float eps,
                                      bool silu); // vector (C)
// Layer normalisation over the last axis.
struct node *op_layer_norm(struct graph *g, struct node *x, struct node *gamma, struct node *beta,
                           float eps);
struct node *op_layer_norm_back(struct graph *g, struct node *x, struct node *gamma,
                                struct node *dy, float eps);
struct node *op_layer_norm_back_gamma(struct graph *g, struct node *x, struct node *dy, float eps);

// Softmax over the last axis.
struct node *op_softmax(struct graph *g, struct node *x);

// softmax(scale q k^T) v per head: q (N,1,Tq,C), k and v (N,1,Tk,C), C = heads * d, head h owns
// channels [h d, h d + d). causal: query i sees keys 0..i. Scores are never stored whole.
struct node *op_attention(struct graph *g, struct node *q, struct node *k, struct node *v,
                          int heads, float scale, bool causal);
// The same, without a causal mask, in two halves that do hold them whole: softmax(scale q k^T) as
// (N,heads,Tq,Tk), and what it makes of v, (N,1,Tq,C). (Compositions.)
struct node *op_attention_probabilities(struct graph *g, struct node *q, struct node *k, int heads,
                                        float scale);
struct node *op_attention_values(struct graph *g, struct node *probabilities, struct node *v);
// Gradients packed into one flat vector: dq, then dk, then dv; cut it with op_view.
struct node *op_attention_back(struct graph *g, struct node *q, struct node *k, struct node *v,
                               struct node *dy, int heads, float scale, bool causal);
