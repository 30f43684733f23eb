// Mean of (a - b)^2 over everything: a composition, not an op of its own.
#include "compute/op/kernel.h"

struct node *op_mse(struct graph *g, struct node *a, struct node *b)
{
    struct node *d = op_sub(g, a, b);
    struct node *sum = op_sum_to(g, op_mul(g, d, d), (const int[]){1, 1, 1, 1});

    return op_affine(g, sum, 1.0f / (float)op_count(a), 0);
}
