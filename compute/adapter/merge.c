// Merged weights: what the adapters make of them at fixed scales, for sampling at no extra cost a
// step.
//
// A weight gets storage of its own when it is changed for the first time and keeps it; programs
// hold tensors, so later updates write into the same ones. The base model is never written to.
#include "compute/adapter/private.h"

#include "compute/i18n.h"

#include <math.h>
#include <string.h>

struct merged_model {
    struct model *model; // borrowed
    GPtrArray *parts;    // of the model, tensors shared with it but for those in `changed`
    GHashTable *changed; // base nn_weight -> struct change
    unsigned layout;
};

// A weight with storage of its own.
struct change {
    struct nn_weight *merged;
    char *key; // what its content was made from; NULL: not known
};

#define BASE_KEY "base" // of a weight that is as the model has it

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
    m->parts = g_ptr_array_new_with_free_func((GDestroyNotify)nn_part_free);
    for (guint i = 0; i < model->parts->len; i++) {
        g_ptr_array_add(m->parts, copy_part(model->parts->pdata[i]));
    }
    return m;
}

GPtrArray *merged_model_parts(struct merged_model *m)
{
    return m->parts;
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
    for (guint i = 0; i < m->parts->len; i++) {
        const struct nn_part *part = m->parts->pdata[i], *base = m->model->parts->pdata[i];
        for (guint k = 0; k < part->weights->len; k++) {
            struct nn_weight *w = part->weights->pdata[k];
            if (w->tensor == ((const struct nn_weight *)base->weights->pdata[k])->tensor) {
                w->tensor = NULL; // the model's
            }
        }
    }
    g_ptr_array_unref(m->parts);
    g_hash_table_unref(m->changed);
    g_free(m);
}

// ---- one weight ---------------------------------------------------------------------------------

// The params of one weight, with the scale of each.
struct stack {
    GPtrArray *params; // struct adapter_param *
    GArray *scales;    // double
    char *key;         // of what they make of the weight
};

static void stack_free(struct stack *s)
{
    g_ptr_array_unref(s->params);
    g_array_unref(s->scales);
    g_free(s->key);
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
        if (p->form) {
            g_checksum_update(sum, g_bytes_get_data(p->form, NULL),
                              (gssize)g_bytes_get_size(p->form));
        }
        g_checksum_update(sum, (const guchar *)p->value,
                          (gssize)p->count * (gssize)sizeof *p->value);
    }
    return g_strdup(g_checksum_get_string(sum));
}

static bool merge_method(const struct adapter_method *method, const struct stack *s,
                         const struct svd *svd, float *weight, GError **error)
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
    return n == 0 ||
           method->merge(params, scales, n, method->merge_svd ? svd : NULL, weight, error);
}

// Numbers that are finite each need not lead to such: a strength of 1e30, a series, two factors.
static bool is_finite(const struct stack *s, const float *weight, GError **error)
{
    const struct adapter_param *p = s->params->pdata[s->params->len - 1];
    const int64_t count = shape_count(p->weight->shape);
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(weight[i])) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                        _("%s leads to numbers that are not finite in %s"), p->adapter->name,
                        p->path);
            return false;
        }
    }
    return true;
}

// Products first, then what acts on the input, the last in the hook's order innermost, then what is
// added: W' = (U s V^T) R^T + B A. What is only merged changes what the others have made.
static bool merge_stack(const struct stack *s, const struct svd *svd, float *weight, GError **error)
{
    const struct adapter_method *const *m = adapter_table;
    bool ok = true;
    int count = 0;
    for (; m[count]; count++) {
        ok = ok && (!m[count]->product || merge_method(m[count], s, svd, weight, error));
    }
    for (int i = count - 1; i >= 0; i--) {
        ok = ok && (!m[i]->input || merge_method(m[i], s, svd, weight, error));
    }
    for (int i = 0; i < count; i++) {
        ok = ok && (!m[i]->delta || merge_method(m[i], s, svd, weight, error));
    }
    for (int i = 0; adapter_merged_table[i]; i++) {
        ok = ok && merge_method(adapter_merged_table[i], s, svd, weight, error);
    }
    return ok && is_finite(s, weight, error);
}

static struct change *change_for(struct merged_model *m, const struct adapter_param *p,
                                 GError **error)
{
    struct change *c = g_hash_table_lookup(m->changed, p->weight);
    if (c) {
        return c;
    }
    struct nn_weight *merged = nn_part_find(nn_part_named(m->parts, p->part), p->weight->name);
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

// s: NULL for the base weight; svd: of it, where a method of the stack asks for that.
static bool write_change(struct change *c, const struct nn_weight *base, const struct stack *s,
                         const struct svd *svd, GError **error)
{
    g_clear_pointer(&c->key, g_free);
    g_autofree float *weight = g_new(float, shape_count(base->shape));
    if (!tensor_read(base->tensor, weight, error) || (s && !merge_stack(s, svd, weight, error)) ||
        !tensor_write(c->merged->tensor, weight, error)) {
        return false;
    }
    c->key = g_strdup(s ? s->key : BASE_KEY);
    return true;
}

// ---- all of them --------------------------------------------------------------------------------

// The stacks of the weights that adapters do anything to, in the adapters' order: weights of one
// network come together.
struct stacks {
    GPtrArray *list;  // struct stack *, owned
    GHashTable *find; // base nn_weight -> struct stack
};

static struct stack *stack_for(struct stacks *all, const struct nn_weight *weight)
{
    struct stack *s = g_hash_table_lookup(all->find, weight);
    if (!s) {
        s = g_new0(struct stack, 1);
        s->params = g_ptr_array_new();
        s->scales = g_array_new(FALSE, FALSE, sizeof(double));
        g_ptr_array_add(all->list, s);
        g_hash_table_insert(all->find, (gpointer)weight, s);
    }
    return s;
}

static void collect(struct stacks *all, struct adapter *const *adapters, int n)
{
    all->list = g_ptr_array_new_with_free_func((GDestroyNotify)stack_free);
    all->find = g_hash_table_new(NULL, NULL);
    for (int i = 0; i < n; i++) {
        const struct adapter *a = adapters[i];
        for (guint k = 0; a->enabled && k < a->params->len; k++) {
            struct adapter_param *p = a->params->pdata[k];
            const double scale = a->scale * p->strength;
            if (scale != 0) {
                struct stack *s = stack_for(all, p->weight);
                g_ptr_array_add(s->params, p);
                g_array_append_val(s->scales, scale);
            }
        }
    }
    for (guint i = 0; i < all->list->len; i++) {
        struct stack *s = all->list->pdata[i];
        s->key = stack_key(s);
    }
}

static void stacks_clear(struct stacks *all)
{
    g_hash_table_unref(all->find);
    g_ptr_array_unref(all->list);
}

static const struct adapter_param *first_param(const struct stack *s)
{
    return s->params->pdata[0];
}

static bool needs_svd(const struct stack *s)
{
    bool any = false;
    for (guint i = 0; i < s->params->len; i++) {
        const struct adapter_param *p = s->params->pdata[i];
        any = any || p->adapter->method->merge_svd;
    }
    return any && first_param(s)->weight->rank > 1;
}

// The stacks that wait for their weight's factors.
struct waiting {
    struct merged_model *m;
    GPtrArray *stacks; // struct stack *
};

static bool write_waiting(int index, const struct svd *svd, void *data, GError **error)
{
    const struct waiting *wait = data;
    const struct nn_weight *base = first_param(wait->stacks->pdata[index])->weight;
    struct change *c = g_hash_table_lookup(wait->m->changed, base);
    return write_change(c, base, wait->stacks->pdata[index], svd, error);
}

// Weights that need their factors go through one pass over the decompositions, which reads what is
// kept of them once and keeps what is new together.
static bool update_stacks(struct merged_model *m, const struct stacks *all, struct task *task,
                          GError **error)
{
    g_autoptr(GPtrArray) stacks = g_ptr_array_new();
    g_autoptr(GPtrArray) params = g_ptr_array_new();
    for (guint i = 0; i < all->list->len; i++) {
        const struct stack *s = all->list->pdata[i];
        const struct adapter_param *p = first_param(s);
        struct change *change = change_for(m, p, error);
        if (!change || task_cancelled(task, error)) {
            return false;
        }
        if (g_strcmp0(s->key, change->key) == 0) {
            continue;
        }
        if (needs_svd(s)) {
            g_ptr_array_add(stacks, (gpointer)s);
            g_ptr_array_add(params, (gpointer)p);
            continue;
        }
        task_report(task, TASK_MERGING, (double)i / all->list->len);
        if (!write_change(change, p->weight, s, NULL, error)) {
            return false;
        }
    }
    struct waiting wait = {m, stacks};
    return svd_each((const struct adapter_param *const *)params->pdata, (int)params->len,
                    write_waiting, &wait, task, error);
}

// Weights of adapters that are gone go back to the base.
static bool restore_others(struct merged_model *m, const struct stacks *all, GError **error)
{
    GHashTableIter iter;
    gpointer weight, value;
    g_hash_table_iter_init(&iter, m->changed);
    while (g_hash_table_iter_next(&iter, &weight, &value)) {
        struct change *c = value;
        if (!g_hash_table_contains(all->find, weight) && g_strcmp0(c->key, BASE_KEY) != 0 &&
            !write_change(c, weight, NULL, NULL, error)) {
            return false;
        }
    }
    return true;
}

bool merged_model_update(struct merged_model *m, struct adapter *const *adapters, int n,
                         struct task *task, GError **error)
{
    struct stacks all;
    collect(&all, adapters, n);
    const bool ok = update_stacks(m, &all, task, error) && restore_others(m, &all, error);
    stacks_clear(&all);
    return ok;
}

// ---- on the host --------------------------------------------------------------------------------

struct changes {
    struct stacks *sets; // n
    int n;
    GPtrArray *last; // struct adapter_param *: of the weights that wait for their factors
    change_fn changed;
    void *data;
};

static bool give_change(const struct changes *c, const struct adapter_param *p,
                        const struct svd *svd, GError **error)
{
    const int64_t count = shape_count(p->weight->shape);
    g_autofree float *base = g_new(float, count);
    g_autofree float **after = g_new0(float *, c->n);
    bool ok = tensor_read(p->weight->tensor, base, error);
    for (int i = 0; ok && i < c->n; i++) {
        const struct stack *s = g_hash_table_lookup(c->sets[i].find, p->weight);
        if (s) {
            after[i] = g_memdup2(base, (gsize)count * sizeof *base);
            ok = merge_stack(s, svd, after[i], error);
        }
    }
    const struct weight_change change = {p, base, (const float *const *)after, c->n};
    ok = ok && c->changed(&change, c->data, error);
    for (int i = 0; i < c->n; i++) {
        g_free(after[i]);
    }
    return ok;
}

static bool give_factored(int index, const struct svd *svd, void *data, GError **error)
{
    const struct changes *c = data;
    return give_change(c, c->last->pdata[index], svd, error);
}

// One param of each weight that any set changes, and whether its factors are needed.
static GPtrArray *changed_weights(const struct changes *c, GHashTable *factored)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    GPtrArray *all = g_ptr_array_new();
    for (int i = 0; i < c->n; i++) {
        for (guint k = 0; k < c->sets[i].list->len; k++) {
            const struct stack *s = c->sets[i].list->pdata[k];
            const struct adapter_param *p = first_param(s);
            if (g_hash_table_add(seen, p->weight)) {
                g_ptr_array_add(all, (gpointer)p);
            }
            if (needs_svd(s)) {
                g_hash_table_add(factored, p->weight);
            }
        }
    }
    return all;
}

static bool give_changes(struct changes *c, struct task *task, GError **error)
{
    g_autoptr(GHashTable) factored = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) all = changed_weights(c, factored);
    g_autoptr(GPtrArray) last = g_ptr_array_new();
    for (guint i = 0; i < all->len; i++) {
        const struct adapter_param *p = all->pdata[i];
        if (g_hash_table_contains(factored, p->weight)) {
            g_ptr_array_add(last, (gpointer)p);
            continue;
        }
        task_report(task, TASK_MERGING, (double)i / all->len);
        if (task_cancelled(task, error) || !give_change(c, p, NULL, error)) {
            return false;
        }
    }
    c->last = last;
    return svd_each((const struct adapter_param *const *)last->pdata, (int)last->len, give_factored,
                    c, task, error);
}

bool changes_each(const struct adapter_set *sets, int n, change_fn changed, void *data,
                  struct task *task, GError **error)
{
    g_autofree struct stacks *stacks = g_new(struct stacks, n);
    for (int i = 0; i < n; i++) {
        collect(&stacks[i], sets[i].adapters, sets[i].n);
    }
    struct changes c = {.sets = stacks, .n = n, .changed = changed, .data = data};
    const bool ok = give_changes(&c, task, error);
    for (int i = 0; i < n; i++) {
        stacks_clear(&stacks[i]);
    }
    return ok;
}
