// What attention and its gradient share: the sizes, and the softmax of a block of scores on the
// host.
#pragma once

#include "compute/op/kernel.h"
#include "compute/op/packed.h"

// q (N,1,Tq,C), k and v (N,1,Tk,C); head h owns channels [h d, h d + d).
struct attention_shape {
    int batch, queries, keys, heads, d, channels;
    float scale;
    bool causal; // query i sees keys 0..i
};

// Node parameters of both ops: p.i[0] heads, p.i[1] causal, p.f[2] scale.
static inline struct attention_shape attention_shape_of(const struct node *node)
{
    const int *q = node->in[0]->shape, *k = node->in[1]->shape;
    return (struct attention_shape){
        q[0], q[2], k[2], node->p.i[0], q[3] / node->p.i[0], q[3], node->p.f[2], node->p.i[1]};
}

static inline void attention_set_params(struct node *node, int heads, float scale, bool causal)
{
    node->p.i[0] = heads;
    node->p.i[1] = causal;
    node->p.f[2] = scale;
}

// Keys that queries [begin, end) see.
static inline int attention_keys_seen(const struct attention_shape *a, int end)
{
    return a->causal && end < a->keys ? end : a->keys;
}

// The host takes as many at a time.
enum { ATTENTION_QUERIES = PACKED_BLOCK_ROWS, ATTENTION_KEYS = 256 };

// A head's keys or values x, of which the first is at x: as what makes scores of queries, and the
// first `count` of them as what makes results of scores.
static inline struct packed_weights attention_rows(const struct attention_shape *a, const float *x)
{
    return (struct packed_weights){
        .data = x, .step_n = a->channels, .step_depth = 1, .n = a->keys, .taps = 1, .depth = a->d};
}

static inline struct packed_weights attention_columns(const struct attention_shape *a,
                                                      const float *x, int count)
{
    return (struct packed_weights){
        .data = x, .step_n = 1, .step_depth = a->channels, .n = a->d, .taps = 1, .depth = count};
}

#define SOFTMAX_LANES 16

// The greatest of n scores, n > 0.
HOST_INLINE float softmax_top(const float *s, int n)
{
    float top = s[0];
#pragma omp simd reduction(max : top)
    for (int i = 0; i < n; i++) {
        top = s[i] > top ? s[i] : top;
    }
    return top;
}

// log2(e), of scores that are taken to the base 2.
#define LOG2_E 1.4426950408889634f

// s[i] = 2^(factor (s[i] - top)) for n scores; returns their sum. Lanes are kept apart so that the
// loop vectorises without changing the order of the additions. rough: as in fast_exp2f().
HOST_INLINE float softmax_powers(float *s, int n, float top, float factor, bool rough)
{
    const int whole = n - n % SOFTMAX_LANES;
    float sum[SOFTMAX_LANES] = {0}, total = 0;
    for (int i = 0; i < whole; i += SOFTMAX_LANES) {
        for (int l = 0; l < SOFTMAX_LANES; l++) {
            s[i + l] = fast_exp2f(factor * (s[i + l] - top), rough);
            sum[l] += s[i + l];
        }
    }
    for (int i = whole; i < n; i++) {
        s[i] = fast_exp2f(factor * (s[i] - top), rough);
        total += s[i];
    }
    for (int l = 0; l < SOFTMAX_LANES; l++) {
        total += sum[l];
    }
    return total;
}
