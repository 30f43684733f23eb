// Attention in two halves, for where its probabilities are wanted: compositions, not ops of their
// own.
#include "compute/op/kernel.h"

// (N,1,T,heads d) -> (N,heads,T,d)
static struct node *split_heads(struct graph *g, struct node *x, int heads)
{
    const int *s = x->shape;
    return op_swap(g, op_reshape(g, x, s[0], s[2], heads, s[3] / heads));
}

struct node *op_attention_probabilities(struct graph *g, struct node *q, struct node *k, int heads,
                                        float scale)
{
    struct node *scores =
        op_matmul(g, split_heads(g, q, heads), split_heads(g, k, heads), false, true);
    return op_softmax(g, op_affine(g, scores, scale, 0));
}

struct node *op_attention_values(struct graph *g, struct node *probabilities, struct node *v)
{
    const int *p = probabilities->shape; // (N,heads,Tq,Tk)
    struct node *heads =
        op_matmul(g, probabilities, split_heads(g, v, p[1]), false, false); // (N,heads,Tq,d)
    return op_reshape(g, op_swap(g, heads), p[0], 1, p[2], v->shape[3]);
}
