// Attention held to that of another item of the batch, composed of other operations.
#include "compute/model/attention_control.h"

#include "compute/op/ops.h"

// own p_edit + taken p_source. The factors broadcast along what they have one of.
static struct node *combine(struct graph *g, struct node *edit, struct node *own,
                            struct node *source, struct node *taken)
{
    return op_add(g, op_mul(g, edit, own), op_mul(g, source, taken));
}

// The edit's probabilities from those of both, all (1,heads,Q,K).
static struct node *hold(struct graph *g, const struct attention_control *control,
                         struct node *source, struct node *edit, bool cross)
{
    if (!cross) {
        return combine(g, edit, control->self_own, source, control->self_taken);
    }
    source = op_matmul(g, source, control->mapper, false, false);
    return combine(g, edit, control->own, source, control->taken);
}

// Tensors of one shape but for the batch, one behind the other.
static struct node *join(struct graph *g, struct node *a, struct node *b)
{
    const int *s = b->shape, n = a->shape[0] + b->shape[0];
    const int a_count = (int)shape_count(a->shape), b_count = (int)shape_count(b->shape);
    struct node *flat =
        op_concat(g, op_reshape(g, a, 1, 1, 1, a_count), op_reshape(g, b, 1, 1, 1, b_count));
    return op_reshape(g, flat, n, s[1], s[2], s[3]);
}

struct node *attention_controlled(struct graph *g, const struct attention_control *control,
                                  struct node *q, struct node *k, struct node *v, int heads,
                                  float scale, bool cross)
{
    const int free = q->shape[0] - 2; // items that go their own way
    g_assert(free >= 0);
    struct node *both = op_attention_probabilities(g, op_items(g, q, free, 2),
                                                   op_items(g, k, free, 2), heads, scale);
    struct node *source = op_items(g, both, 0, 1);
    struct node *edit = hold(g, control, source, op_items(g, both, 1, 1), cross);
    struct node *y = join(g, op_attention_values(g, source, op_items(g, v, free, 1)),
                          op_attention_values(g, edit, op_items(g, v, free + 1, 1)));
    if (free == 0) {
        return y;
    }
    struct node *rest = op_attention(g, op_items(g, q, 0, free), op_items(g, k, 0, free),
                                     op_items(g, v, 0, free), heads, scale, false);
    return join(g, rest, y);
}
