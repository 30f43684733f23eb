// Paths of samplers, held to the reference's.
#pragma once

#include "compute/file/safetensors.h"
#include "compute/sched/sched.h"

#include <glib.h>
#include <math.h>

#define PATH_TOLERANCE 1e-5 // of the largest value of the step

static inline float *path_vector(const struct st_file *vectors, const char *name, int64_t *count)
{
    const struct st_tensor *t = st_find(vectors, name);
    g_assert_nonnull(t);
    float *values = g_new(float, t->count);
    g_assert_true(st_read_f32(t, values, true, NULL));
    *count = t->count;
    return values;
}

// The stand-in for the network.
static inline void path_network(const float *x, double t, float *out, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        out[i] = (float)(0.9 * x[i] * cos(t / 100) + 0.1 * sin(x[i]));
    }
}

// A step whose predictions are all the same.
static inline void path_step(struct sampler *s, int i, const float *prediction, float *x)
{
    sampler_ahead(s, i, prediction, x);
    sampler_step(s, i, prediction, x);
}

static inline void path_assert_near(const char *what, int step, const float *x,
                                    const float *expected, int64_t n)
{
    double largest = 0, worst = 0;
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs(expected[i]));
        worst = fmax(worst, fabs((double)x[i] - expected[i]));
    }
    if (!(worst <= PATH_TOLERANCE * largest)) {
        g_error("%s, step %d: off by %g of %g", what, step, worst, largest);
    }
}
