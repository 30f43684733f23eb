// What group_norm and its two gradients share. With m = H W C / groups elements in a group of an
// image,
//
//   mean = 1/m sum x,  rstd = 1 / sqrt(1/m sum (x - mean)^2 + eps),  xhat = (x - mean) rstd,
//   z = gamma xhat + beta,  y = z or silu(z).
//
// Node parameters of all three: p.i[0] groups, p.f[1] eps, p.i[2] silu; inputs x, gamma, beta
// (or NULL), and the gradients' dy.
#pragma once

#include "compute/op/kernel.h"

// Numbers for each image and channel that make the kernels' inner loops short.
enum group_norm_plane {
    PLANE_SCALE, // z = scale x + shift
    PLANE_SHIFT,
    PLANE_RSTD, // xhat = rstd x + offset
    PLANE_OFFSET,
    PLANE_BY_DZ, // dx = by_dz dz + by_x x + constant (group_norm_back)
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

// Calls fn(norm, n, begin, end) on all threads over the rows of all images n, none of which a range
// crosses.
typedef void (*group_norm_fn)(const struct group_norm *norm, int64_t n, int64_t begin, int64_t end);
void group_norm_parallel(const struct group_norm *norm, int64_t cost, group_norm_fn fn);

// Computes the statistics of run->in[0] and fills in the first four planes. Uses both slots of the
// caller's scratch; the planes stay in slot 1. planes NULL: there is no memory for them.
struct group_norm group_norm_prepare(const struct op_run *run);

// One row of dz: dy, or dy silu'(z) where the activation is fused. For HOST_CLONES functions.
HOST_INLINE void group_norm_dz(float *restrict dz, const float *restrict x,
                               const float *restrict dy, const float *restrict scale,
                               const float *restrict shift, int64_t channels, bool activate)
{
    if (!activate) {
        memcpy(dz, dy, (size_t)channels * sizeof(float));
        return;
    }
    for (int64_t c = 0; c < channels; c++) {
        dz[c] = dy[c] * silu_slope(scale[c] * x[c] + shift[c]);
    }
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
