// The same data, or a contiguous part of it, under another shape. No kernel: the planner lets the
// node share the storage of its input.
//   p.i[0]  offset in elements
#include "compute/op/kernel.h"

static bool view_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                      struct node **dx)
{
    struct node *x = y->in[0];
    int64_t all = op_count(x), part = op_count(y);

    if (!want[0]) {
        return true;
    }
    if (part < all) { // zero outside the part
        dy = op_reshape(g, dy, 1, 1, 1, (int)part);
        dy = op_unslice(g, dy, y->p.i[0], (int)all);
    }
    dx[0] = op_view(g, dy, 0, x->shape);
    return true;
}

const struct op view_op = {
    .name = "view",
    .grad = view_grad,
    .view = true,
};

struct node *op_view(struct graph *g, struct node *x, int64_t offset, const int shape[GRAPH_RANK])
{
    g_assert(offset >= 0 && offset + shape_count(shape) <= op_count(x) && offset <= INT32_MAX);
    struct node *y = graph_add(g, &view_op, x->dtype, shape, &x, 1);
    y->p.i[0] = (int)offset;
    return y;
}

struct node *op_reshape(struct graph *g, struct node *x, int d0, int d1, int d2, int d3)
{
    const int shape[GRAPH_RANK] = {d0, d1, d2, d3};

    g_assert(shape_count(shape) == op_count(x));
    return op_view(g, x, 0, shape);
}

struct node *op_items(struct graph *g, struct node *x, int first, int count)
{
    const int *s = x->shape;
    g_assert(first >= 0 && count > 0 && first + count <= s[0]);
    const int shape[GRAPH_RANK] = {count, s[1], s[2], s[3]};
    return op_view(g, x, (int64_t)first * s[1] * s[2] * s[3], shape);
}
