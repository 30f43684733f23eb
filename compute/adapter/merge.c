// Merged weights: what the adapters make of them at fixed scales, for sampling at no extra cost a
// step.
//
// A weight gets storage of its own when it is changed for the first time and keeps it; programs
// hold tensors, so later updates write into the same ones. The base model is never written to.
#include "compute/adapter/private.h"

#include <string.h>

struct merged_model {
    struct model *model;      // borrowed
    struct nn_part *parts[3]; // tensors shared with the model, but for those in `changed`
    GHashTable *changed;      // base nn_weight -> struct change
    unsigned layout;
};

// A weight with storage of its own.
struct change {
    struct nn_weight *merged;
    char *key; // what its content was made from; NULL: not known
};

static void change_free(struct change *c)
{
    g_free(c->key);
    g_free(c);
}

// The same weights under the same names, with the model's own tensors.
static struct nn_part *copy_part(const struct nn_part *from)
{
    struct nn_part *part = nn_part_new(from->name);
    for (guint i = 0; i < from->weights->len; i++) {
        struct nn_weight *w = g_memdup2(from->weights->pdata[i], sizeof *w);
        w->name = g_strdup(w->name);
        g_ptr_array_add(part->weights, w);
        g_hash_table_insert(part->by_name, w->name, w);
    }
    return part;
}

struct merged_model *merged_model_new(struct model *model, GError **error)
{
    struct merged_model *m = g_new0(struct merged_model, 1);
    m->model = model;
    m->changed = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)change_free);
    for (int i = 0; i < 3; i++) {
        m->parts[i] = model->parts[i] ? copy_part(model->parts[i]) : NULL;
    }
    return m;
}

struct nn_part *merged_model_part(struct merged_model *m, enum model_part part)
{
    return m->parts[part];
}

unsigned merged_model_layout(const struct merged_model *m)
{
    return m->layout;
}

void merged_model_free(struct merged_model *m)
{
    if (!m) {
        return;
    }
    for (int i = 0; i < 3; i++) {
        for (guint k = 0; m->parts[i] && k < m->parts[i]->weights->len; k++) {
            struct nn_weight *w = m->parts[i]->weights->pdata[k],
                             *base = m->model->parts[i]->weights->pdata[k];
            if (w->tensor == base->tensor) {
                w->tensor = NULL; // the model's
            }
        }
        nn_part_free(m->parts[i]);
    }
    g_hash_table_unref(m->changed);
    g_free(m);
}

// ---- one weight -------------------------------------------------------------------------------

// The params of one weight, with the scale of each.
struct stack {
    GPtrArray *params; // struct adapter_param *
    GArray *scales;    // double
};

static void stack_free(struct stack *s)
{
    g_ptr_array_unref(s->params);
    g_array_unref(s->scales);
    g_free(s);
}

static char *stack_key(const struct stack *s)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    for (guint i = 0; i < s->params->len; i++) {
        const struct adapter_param *p = s->params->pdata[i];
        const char *method = p->adapter->method->name;
        g_checksum_update(sum, (const guchar *)method, (gssize)strlen(method) + 1);
        g_checksum_update(sum, (const guchar *)&g_array_index(s->scales, double, i),
                          sizeof(double));
        g_checksum_update(sum, (const guchar *)p->shape, sizeof p->shape);
        g_checksum_update(sum, (const guchar *)p->value,
                          (gssize)p->count * (gssize)sizeof *p->value);
    }
    return g_strdup(g_checksum_get_string(sum));
}

static bool merge_method(const struct adapter_method *method, const struct stack *s, float *weight,
                         GError **error)
{
    g_autofree const struct adapter_param **params =
        g_new(const struct adapter_param *, s->params->len);
    g_autofree double *scales = g_new(double, s->params->len);
    int n = 0;
    for (guint i = 0; i < s->params->len; i++) {
        const struct adapter_param *p = s->params->pdata[i];
        if (p->adapter->method == method) {
            params[n] = p;
            scales[n++] = g_array_index(s->scales, double, i);
        }
    }
    return n == 0 || method->merge(params, scales, n, weight, error);
}

// Products first, then what acts on the input, the last in the hook's order innermost, then what is
// added: W' = (U s V^T) R^T + B A.
static bool merge_stack(const struct stack *s, float *weight, GError **error)
{
    const struct adapter_method *const *m = adapter_table;
    bool ok = true;
    int count = 0;
    for (; m[count]; count++) {
        ok = ok && (!m[count]->product || merge_method(m[count], s, weight, error));
    }
    for (int i = count - 1; i >= 0; i--) {
        ok = ok && (!m[i]->input || merge_method(m[i], s, weight, error));
    }
    for (int i = 0; i < count; i++) {
        ok = ok && (!m[i]->delta || merge_method(m[i], s, weight, error));
    }
    return ok;
}

static struct change *change_for(struct merged_model *m, const struct adapter_param *p,
                                 GError **error)
{
    struct change *c = g_hash_table_lookup(m->changed, p->weight);
    if (c) {
        return c;
    }
    struct nn_weight *merged = NULL;
    for (int i = 0; i < 3 && !merged; i++) {
        if (m->parts[i] && g_str_equal(m->parts[i]->name, p->part)) {
            merged = nn_part_find(m->parts[i], p->weight->name);
        }
    }
    struct tensor *own =
        tensor_new(m->model->gpu, DTYPE_F32, p->weight->shape, p->weight->name, error);
    if (!own) {
        return NULL;
    }
    merged->tensor = own;
    m->layout++;
    c = g_new0(struct change, 1);
    c->merged = merged;
    g_hash_table_insert(m->changed, p->weight, c);
    return c;
}

static bool write_change(struct change *c, const struct nn_weight *base, const struct stack *s,
                         GError **error)
{
    g_autofree char *key = s ? stack_key(s) : g_strdup("base");
    if (g_strcmp0(key, c->key) == 0) {
        return true;
    }
    g_clear_pointer(&c->key, g_free);
    g_autofree float *weight = g_new(float, shape_count(base->shape));
    if (!tensor_read(base->tensor, weight, error) || (s && !merge_stack(s, weight, error)) ||
        !tensor_write(c->merged->tensor, weight, error)) {
        return false;
    }
    c->key = g_steal_pointer(&key);
    return true;
}

// ---- all of them ------------------------------------------------------------------------------

// base nn_weight -> struct stack, of the adapters that do anything.
static GHashTable *collect(struct adapter *const *adapters, int n)
{
    GHashTable *stacks = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)stack_free);
    for (int i = 0; i < n; i++) {
        const struct adapter *a = adapters[i];
        for (guint k = 0; a->enabled && a->scale != 0 && k < a->params->len; k++) {
            struct adapter_param *p = a->params->pdata[k];
            struct stack *s = g_hash_table_lookup(stacks, p->weight);
            if (!s) {
                s = g_new0(struct stack, 1);
                s->params = g_ptr_array_new();
                s->scales = g_array_new(FALSE, FALSE, sizeof(double));
                g_hash_table_insert(stacks, p->weight, s);
            }
            g_ptr_array_add(s->params, p);
            g_array_append_val(s->scales, a->scale);
        }
    }
    return stacks;
}

bool merged_model_update(struct merged_model *m, struct adapter *const *adapters, int n,
                         GCancellable *c, GError **error)
{
    g_autoptr(GHashTable) stacks = collect(adapters, n);
    GHashTableIter iter;
    gpointer weight, value;
    g_hash_table_iter_init(&iter, stacks);
    while (g_hash_table_iter_next(&iter, &weight, &value)) {
        struct stack *s = value;
        if (g_cancellable_set_error_if_cancelled(c, error)) {
            return false;
        }
        struct change *change = change_for(m, s->params->pdata[0], error);
        if (!change || !write_change(change, weight, s, error)) {
            return false;
        }
    }
    // Weights of adapters that are gone go back to the base.
    g_hash_table_iter_init(&iter, m->changed);
    while (g_hash_table_iter_next(&iter, &weight, &value)) {
        if (!g_hash_table_contains(stacks, weight) && !write_change(value, weight, NULL, error)) {
            return false;
        }
    }
    return true;
}
