// The memory plan. Every computed tensor lives from the node that writes it to the last that reads
// it; tensors whose lives do not meet may share bytes. Large ones are placed first, each at the
// lowest offset that is free during its whole life: for the graphs of this program that comes
// within a few percent of the lower bound.
#include "compute/graph/plan.h"

#include "compute/i18n.h"
#include "compute/op/op.h"

static uint64_t align_up(uint64_t bytes)
{
    return (bytes + PLAN_ALIGN - 1) / PLAN_ALIGN * PLAN_ALIGN;
}

static uint64_t node_bytes(const struct node *node)
{
    return shape_bytes(node->shape, node->dtype);
}

static bool is_view(const struct node *node)
{
    return node->op && node->op->view;
}

// ---- what runs ----------------------------------------------------------------------------------

static void mark_live(const struct graph *g, struct plan *plan, struct node *const *outputs,
                      int n_outputs)
{
    for (int i = 0; i < n_outputs; i++) {
        plan->live[outputs[i]->id] = true;
    }
    for (int id = plan->n_nodes - 1; id >= 0; id--) {
        const struct node *node = graph_nth(g, id);
        for (int i = 0; plan->live[id] && i < node->n_in; i++) {
            if (node->in[i]) {
                plan->live[node->in[i]->id] = true;
            }
        }
    }
}

// Something of leaves that are written seldom, and nothing of those that are written for a run.
static void find_kept(const struct graph *g, struct plan *plan)
{
    for (int id = 0; id < plan->n_nodes; id++) {
        const struct node *node = graph_nth(g, id);
        bool some = false, all = plan->live[id];
        for (int i = 0; i < node->n_in; i++) {
            const struct node *in = node->in[i];
            if (!in || (in->constant && !in->op) || (!in->op && in->pace == PACE_WEIGHTS)) {
                continue;
            }
            const bool is_kept = in->op ? plan->kept[in->id] : in->pace == PACE_SELDOM;
            some = some || is_kept;
            all = all && is_kept;
        }
        plan->kept[id] = some && all;
    }
}

// Storage of every live node, still without the offsets of planned ones.
static void find_owners(const struct graph *g, struct plan *plan)
{
    for (int id = 0; id < plan->n_nodes; id++) {
        const struct node *node = graph_nth(g, id);
        struct place *place = &plan->places[id];
        if (!plan->live[id]) {
            continue;
        }
        if (is_view(node)) {
            *place = plan->places[node->in[0]->id];
            place->offset += (uint64_t)node->p.i[0] * dtype_size(node->dtype);
            continue;
        }
        place->owner = node;
        place->kind = node->op ? PLACE_BLOCK : node->constant ? PLACE_CONSTANT : PLACE_LEAF;
    }
}

// ---- lifetimes ----------------------------------------------------------------------------------

// The spans of planned storage, and for each node the index of its span (-1: none).
static int *find_spans(const struct graph *g, struct plan *plan, struct node *const *outputs,
                       int n_outputs)
{
    int *span_of = g_new(int, MAX(plan->n_nodes, 1));
    for (int id = 0; id < plan->n_nodes; id++) {
        const struct node *node = graph_nth(g, id);
        span_of[id] = -1;
        if (plan->places[id].kind != PLACE_BLOCK) {
            continue;
        }
        if (plan->places[id].owner == node) {
            // What is kept is there before the first node, and behind the last one.
            const bool kept = plan->kept[id];
            struct span span = {.first = kept ? 0 : id,
                                .last = kept ? G_MAXINT : id,
                                .size = align_up(node_bytes(node))};
            g_array_append_val(plan->spans, span);
            span_of[id] = (int)plan->spans->len - 1;
        } else {
            span_of[id] = span_of[plan->places[id].owner->id];
        }
    }
    for (int id = 0; id < plan->n_nodes; id++) {
        const struct node *node = graph_nth(g, id);
        for (int i = 0; plan->live[id] && i < node->n_in; i++) {
            int s = node->in[i] ? span_of[node->in[i]->id] : -1;
            if (s >= 0) {
                g_array_index(plan->spans, struct span, s).last =
                    MAX(g_array_index(plan->spans, struct span, s).last, id);
            }
        }
    }
    for (int i = 0; i < n_outputs; i++) {
        if (span_of[outputs[i]->id] >= 0) {
            g_array_index(plan->spans, struct span, span_of[outputs[i]->id]).last = G_MAXINT;
        }
    }
    return span_of;
}

// ---- offsets ------------------------------------------------------------------------------------

static int larger_first(const void *a, const void *b)
{
    const struct span *x = *(struct span *const *)a, *y = *(struct span *const *)b;
    if (x->size != y->size) {
        return x->size < y->size ? 1 : -1;
    }
    return x->first - y->first;
}

static uint64_t skip_segment_end(const struct plan *plan, uint64_t offset, uint64_t size)
{
    if (plan->segment && offset / plan->segment != (offset + size - 1) / plan->segment) {
        return (offset + size - 1) / plan->segment * plan->segment;
    }
    return offset;
}

// placed: sorted by offset. Returns where `span` belongs in it.
static guint place_span(const struct plan *plan, const GPtrArray *placed, struct span *span)
{
    uint64_t offset = 0;
    for (guint i = 0; i < placed->len; i++) {
        const struct span *other = placed->pdata[i];
        if (other->last < span->first || span->last < other->first) {
            continue;
        }
        if (other->offset >= offset + span->size) {
            break; // it fits before this one, and all that follow lie behind
        }
        offset = skip_segment_end(plan, MAX(offset, other->offset + other->size), span->size);
    }
    span->offset = offset;
    guint at = 0;
    while (at < placed->len && ((const struct span *)placed->pdata[at])->offset < offset) {
        at++;
    }
    return at;
}

static void assign_offsets(struct plan *plan)
{
    g_autoptr(GPtrArray) order = g_ptr_array_new();
    for (guint i = 0; i < plan->spans->len; i++) {
        g_ptr_array_add(order, &g_array_index(plan->spans, struct span, i));
    }
    g_ptr_array_sort(order, larger_first);

    g_autoptr(GPtrArray) placed = g_ptr_array_new();
    for (guint i = 0; i < order->len; i++) {
        struct span *span = order->pdata[i];
        g_ptr_array_insert(placed, (gint)place_span(plan, placed, span), span);
        plan->bytes = MAX(plan->bytes, span->offset + span->size);
    }
}

// ---- the plan -----------------------------------------------------------------------------------

static bool check_largest(const struct plan *plan, GError **error)
{
    for (guint i = 0; plan->segment && i < plan->spans->len; i++) {
        uint64_t size = g_array_index(plan->spans, struct span, i).size;
        if (size <= plan->segment) {
            continue;
        }
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                    _("One tensor needs %.2f GiB, and the device gives %.2f GiB at a time"),
                    size / (double)(1 << 30), plan->segment / (double)(1 << 30));
        return false;
    }
    return true;
}

struct plan *plan_new(const struct graph *g, struct node *const *outputs, int n_outputs,
                      uint64_t segment, GError **error)
{
    struct plan *plan = g_new0(struct plan, 1);
    plan->n_nodes = graph_size(g);
    plan->segment = segment;
    plan->places = g_new0(struct place, plan->n_nodes + 1);
    plan->live = g_new0(bool, plan->n_nodes + 1);
    plan->kept = g_new0(bool, plan->n_nodes + 1);
    plan->spans = g_array_new(FALSE, FALSE, sizeof(struct span));

    mark_live(g, plan, outputs, n_outputs);
    find_kept(g, plan);
    find_owners(g, plan);
    g_autofree int *span_of = find_spans(g, plan, outputs, n_outputs);
    if (!check_largest(plan, error)) {
        plan_free(plan);
        return NULL;
    }
    assign_offsets(plan);
    for (int id = 0; id < plan->n_nodes; id++) {
        if (span_of[id] >= 0) {
            plan->places[id].offset += g_array_index(plan->spans, struct span, span_of[id]).offset;
        }
    }
    return plan;
}

void plan_free(struct plan *plan)
{
    if (!plan) {
        return;
    }
    g_free(plan->places);
    g_free(plan->live);
    g_free(plan->kept);
    g_array_unref(plan->spans);
    g_free(plan);
}

uint64_t plan_constant_bytes(const struct graph *g, const struct plan *plan)
{
    g_autoptr(GHashTable) largest = g_hash_table_new(g_direct_hash, g_direct_equal);
    uint64_t total = 0;
    for (int id = 0; id < plan->n_nodes; id++) {
        const struct node *node = graph_nth(g, id);
        if (!plan->live[id] || !node->constant) {
            continue;
        }
        // p.i[0] are the bits of the value.
        gpointer key = GINT_TO_POINTER(node->p.i[0]);
        uint64_t had = GPOINTER_TO_SIZE(g_hash_table_lookup(largest, key));
        uint64_t now = MAX(had, align_up(node_bytes(node)));
        total += now - had;
        g_hash_table_insert(largest, key, GSIZE_TO_POINTER(now));
    }
    return total;
}
