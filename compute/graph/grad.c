// Reverse-mode gradient: nodes are visited from the loss back to the leaves, and each op's rule
// adds the nodes of its inputs' gradients.
#include "compute/graph/graph.h"

#include "compute/i18n.h"
#include "compute/op/op.h"
#include "compute/op/ops.h"

#include <string.h>

static const char *label_of(const struct node *node)
{
    return node->name ? node->name : _("a node without a name");
}

// wanted[id]: one of the leaves is among what the node is made of. Frozen weights and everything
// that depends only on them stay unmarked, and so cost nothing in the backward pass.
static bool *mark_wanted(const struct graph *g, int end, struct node *const *leaves, int n)
{
    bool *wanted = g_new0(bool, end);
    for (int i = 0; i < n; i++) {
        if (leaves[i]->id < end) {
            wanted[leaves[i]->id] = true;
        }
    }
    for (int id = 0; id < end; id++) {
        const struct node *node = graph_nth(g, id);
        for (int i = 0; i < node->n_in; i++) {
            if (node->in[i] && wanted[node->in[i]->id]) {
                wanted[id] = true;
            }
        }
    }
    return wanted;
}

// Adds the gradients of y's inputs to what their other users have already contributed. again: the
// node whose value and inputs the rule may read, y or its copy.
static bool visit(struct graph *g, struct node *y, struct node *again, const bool *wanted,
                  struct node **dy, GError **error)
{
    bool want[GRAPH_INPUTS] = {false};
    struct node *dx[GRAPH_INPUTS] = {NULL};
    for (int i = 0; i < y->n_in; i++) {
        want[i] = y->in[i] && wanted[y->in[i]->id];
    }
    if (!y->op->grad || !y->op->grad(g, again, dy[y->id], want, dx)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("The operation '%s' (%s) has no gradient for what is asked of it"),
                    y->op->name, label_of(y));
        return false;
    }
    for (int i = 0; i < y->n_in; i++) {
        if (!want[i]) {
            continue;
        }
        g_assert(dx[i] && !memcmp(dx[i]->shape, y->in[i]->shape, sizeof dx[i]->shape));
        struct node **sum = &dy[y->in[i]->id];
        *sum = *sum ? op_add(g, *sum, dx[i]) : dx[i];
    }
    return true;
}

// Nodes [begin, end) once more, of the same inputs where these lie before them. Those that nothing
// reads are left out by the program's plan.
static void copy_piece(struct graph *g, int begin, int end, struct node **copies)
{
    for (int id = begin; id < end; id++) {
        struct node *node = graph_nth(g, id), *in[GRAPH_INPUTS] = {NULL};
        copies[id] = node;
        if (!node->op) {
            continue;
        }
        for (int i = 0; i < node->n_in; i++) {
            const bool inside = node->in[i] && node->in[i]->id >= begin;
            in[i] = inside ? copies[node->in[i]->id] : node->in[i];
        }
        copies[id] = graph_add(g, node->op, node->dtype, node->shape, in, node->n_in);
        copies[id]->p = node->p;
        copies[id]->name = node->name;
    }
}

bool graph_grad_recomputed(struct graph *g, struct node *loss, struct node *const *leaves, int n,
                           int pieces, struct node **grads, GError **error)
{
    g_assert(shape_count(loss->shape) == 1);
    int end = loss->id + 1; // the nodes that rules add come after it
    g_autofree bool *wanted = mark_wanted(g, end, leaves, n);
    g_autofree struct node **dy = g_new0(struct node *, end);

    if (wanted[loss->id]) {
        dy[loss->id] = graph_constant(g, loss->shape, 1.0f);
    }
    const int length = (end + pieces - 1) / pieces;
    g_autofree struct node **copies = g_new0(struct node *, end);
    for (int id = loss->id; id >= 0; id--) {
        struct node *node = graph_nth(g, id);
        const int begin = id / length * length;
        if (begin + length < end && !copies[id]) {
            copy_piece(g, begin, begin + length, copies);
        }
        if (node->op && wanted[id] && dy[id] &&
            !visit(g, node, copies[id] ? copies[id] : node, wanted, dy, error)) {
            return false;
        }
    }
    for (int i = 0; i < n; i++) {
        struct node *grad = leaves[i]->id < end ? dy[leaves[i]->id] : NULL;
        grads[i] = grad ? grad : graph_constant(g, leaves[i]->shape, 0.0f);
    }
    return true;
}

bool graph_grad(struct graph *g, struct node *loss, struct node *const *leaves, int n,
                struct node **grads, GError **error)
{
    return graph_grad_recomputed(g, loss, leaves, n, 1, grads, error);
}
