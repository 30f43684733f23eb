// What group_norm and its two gradients share. With m = H W C / groups elements of image n in group G,
//
//   mean = 1/m sum x,  rstd = 1 / sqrt(1/m sum (x - mean)^2 + eps),  xhat = (x - mean) rstd,
//   z = gamma xhat + beta,  y = z or silu(z).
//
// Node parameters of all three: p.i[0] groups, p.f[1] eps, p.i[2] silu; inputs x, gamma, beta (or NULL).
#pragma once

#include "compute/op/kernel.h"

// Per image and channel, the numbers that make the kernels' inner loops short. The gradient needs all.
enum group_norm_plane {
    PLANE_SCALE,   // z = scale x + shift
    PLANE_SHIFT,
    PLANE_RSTD,    // xhat = rstd x + offset
    PLANE_OFFSET,
    PLANE_BY_DZ,   // dx = by_dz dz + by_x x + constant (group_norm_back)
    PLANE_BY_X,
    PLANE_CONSTANT,
    PLANE_COUNT,
};

struct group_norm {
    const struct op_run *run;
    int64_t rows; // positions of an image
    int channels;
    float *planes; // (N, PLANE_COUNT, C)
};

// The planes of image n.
static inline float *group_norm_planes(const struct group_norm *norm, int64_t n)
{
    return norm->planes + n * PLANE_COUNT * norm->channels;
}

// Calls fn(norm, n, begin, end) over the rows of all images on all threads; a range stays in its image.
typedef void (*group_norm_fn)(const struct group_norm *norm, int64_t n, int64_t begin, int64_t end);
void group_norm_parallel(const struct group_norm *norm, int64_t cost, group_norm_fn fn);

// Computes the statistics of run->in[0] and fills in the first four planes. Uses both slots of the caller's
// scratch; the planes stay in slot 1.
struct group_norm group_norm_prepare(const struct op_run *run);

// dz: dy, or dy silu'(z) where the activation is fused.
HOST_INLINE float group_norm_dz(float x, float dy, float scale, float shift, bool activate)
{
    return activate ? dy * silu_slope(scale * x + shift) : dy;
}

// The node of any of the three.
struct node *group_norm_add(struct graph *g, const struct op *op, const int shape[GRAPH_RANK],
                            struct node *const *in, int n_in, int groups, float eps, bool silu);
// What the kernels of all three get after their addresses.
struct group_norm_push {
    uint32_t batch, rows, channels, groups;
    float eps;
};
struct group_norm_push group_norm_push_make(const struct node *node);
