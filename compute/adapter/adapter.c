// The table of adapter methods, generated from the list in meson.build, and what all adapters
// share.
#include "compute/adapter/private.h"

#include "compute/adapter/method_table.h"
#include "compute/i18n.h"

#include <math.h>
#include <string.h>

#define X(name) extern const struct adapter_method name##_method;
METHOD_ROWS
MERGED_ROWS
#undef X

#define X(name) &name##_method,
const struct adapter_method *const adapter_table[] = {METHOD_ROWS NULL};
const struct adapter_method *const adapter_merged_table[] = {MERGED_ROWS NULL};
#undef X

const struct member *adapter_family(int i)
{
    return adapter_table[i] ? &adapter_table[i]->member : NULL;
}

const struct adapter_method *adapter_method_find(const char *name)
{
    for (int i = 0; adapter_merged_table[i]; i++) {
        if (g_strcmp0(adapter_merged_table[i]->name, name) == 0) {
            return adapter_merged_table[i];
        }
    }
    return (const struct adapter_method *)family_find(adapter_family, name);
}

static void param_free(struct adapter_param *p)
{
    tensor_free(p->tensor);
    g_free(p->part);
    g_free(p->path);
    g_free(p->value);
    g_clear_pointer(&p->form, g_bytes_unref);
    g_free(p);
}

static void extra_free(struct adapter_extra *e)
{
    g_free(e->name);
    g_free(e->value);
    g_free(e);
}

void adapter_extra_put(struct adapter *a, const char *name, int rank, const int64_t *shape,
                       const float *value)
{
    struct adapter_extra *e = g_new0(struct adapter_extra, 1);
    gsize count = 1;
    e->name = g_strdup(name);
    e->rank = rank;
    for (int i = 0; i < rank; i++) {
        e->shape[i] = shape[i];
        count *= (gsize)shape[i];
    }
    e->value = g_memdup2(value, count * sizeof *value);
    for (guint i = 0; i < a->extras->len; i++) {
        if (g_str_equal(((const struct adapter_extra *)a->extras->pdata[i])->name, name)) {
            extra_free(a->extras->pdata[i]);
            a->extras->pdata[i] = e;
            return;
        }
    }
    g_ptr_array_add(a->extras, e);
}

struct adapter *adapter_alloc(const struct adapter_method *method, struct model *model)
{
    struct adapter *a = g_new0(struct adapter, 1);
    *a = (struct adapter){
        .method = method,
        .model = model,
        .settings = settings_new(method->settings),
        .params = g_ptr_array_new_with_free_func((GDestroyNotify)param_free),
        .extras = g_ptr_array_new_with_free_func((GDestroyNotify)extra_free),
        .metadata = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        .name = g_strdup(method->title),
        .enabled = true,
        .scale = 1,
        .unmatched = g_ptr_array_new_with_free_func(g_free),
        .notes = g_ptr_array_new_with_free_func(g_free),
    };
    return a;
}

struct adapter *adapter_alloc_like(const struct adapter *a)
{
    struct adapter *to = adapter_alloc(a->method, a->model);
    g_free(to->name);
    to->name = g_strdup(a->name);
    to->read = a->read;
    to->known = a->known;
    settings_assign(to->settings, a->settings);
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, a->metadata);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        g_hash_table_replace(to->metadata, g_strdup(key), g_strdup(value));
    }
    return to;
}

struct adapter_param *adapter_param_copy(struct adapter *to, const struct adapter_param *p)
{
    struct adapter_param *q = adapter_add(to, model_part(to->model, p->part), p->weight, p->shape);
    memcpy(q->value, p->value, (size_t)p->count * sizeof *q->value);
    q->form = p->form ? g_bytes_ref(p->form) : NULL;
    return q;
}

struct adapter *adapter_new(const char *method, struct model *model,
                            const struct settings *settings, GError **error)
{
    const struct adapter_method *found =
        (const struct adapter_method *)family_find(adapter_family, method);
    if (!found) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("there is no adapter method named %s"), method);
        return NULL;
    }
    struct adapter *a = adapter_alloc(found, model);
    a->known = KNOWN_ALL;
    if (settings) {
        settings_assign(a->settings, settings);
    }
    if (!found->init(a, error)) {
        goto fail;
    }
    if (a->params->len == 0 && !found->words_alone) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("the settings of %s choose no layer of this model"), found->title);
        goto fail;
    }
    return a;
fail:
    adapter_free(a);
    return NULL;
}

void adapter_free(struct adapter *a)
{
    if (!a) {
        return;
    }
    adapter_release(a);
    g_ptr_array_unref(a->params);
    g_ptr_array_unref(a->extras);
    g_ptr_array_unref(a->unmatched);
    g_ptr_array_unref(a->notes);
    g_hash_table_unref(a->metadata);
    settings_free(a->settings);
    g_free(a->name);
    g_free(a->strengths);
    g_free(a);
}

double adapter_norm(const struct adapter *a)
{
    double sum = 0;
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        for (int k = 0; k < p->count; k++) {
            sum += (double)p->value[k] * p->value[k];
        }
    }
    return sqrt(sum);
}

int64_t adapter_count(const struct adapter *a)
{
    int64_t count = 0;
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        count += p->count;
    }
    return count;
}

// ---- time steps ---------------------------------------------------------------------------------

bool adapter_set_range(struct adapter *a, int from, int to, GError **error)
{
    const int steps = a->model->sched.train_steps;
    if (from < 0 || from >= to || to > steps) {
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
            _("%s acts from one time step up to a later one, both from 0 to %d, not from %d "
              "to %d"),
            a->name, steps, from, to);
        return false;
    }
    a->from = from;
    a->to = to < steps ? to : 0;
    return true;
}

bool adapter_acts_at(const struct adapter *a, double t)
{
    return t >= a->from && (a->to == 0 || t < a->to);
}

bool adapter_acts_always(const struct adapter *a)
{
    return a->from == 0 && a->to == 0;
}

bool adapters_check_always(struct adapter *const *list, int n, GError **error)
{
    for (int i = 0; i < n; i++) {
        if (!adapter_acts_always(list[i])) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                        _("%s is to act in some time steps alone, which is possible only while a "
                          "picture is drawn"),
                        list[i]->name);
            return false;
        }
    }
    return true;
}

// ---- what several make of a model ---------------------------------------------------------------

char *adapters_key(struct adapter *const *adapters, int n)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    bool any = false;
    for (int i = 0; i < n; i++) {
        const struct adapter *a = adapters[i];
        if (!a->enabled || a->scale == 0.0) {
            continue;
        }
        any = true;
        g_checksum_update(sum, (const guchar *)a->method->name,
                          (gssize)strlen(a->method->name) + 1);
        g_checksum_update(sum, (const guchar *)&a->scale, sizeof a->scale);
        if (!adapter_acts_always(a)) {
            const int range[] = {a->from, a->to};
            g_checksum_update(sum, (const guchar *)range, sizeof range);
        }
        for (guint k = 0; k < a->params->len; k++) {
            const struct adapter_param *p = a->params->pdata[k];
            g_checksum_update(sum, (const guchar *)p->path, (gssize)strlen(p->path) + 1);
            g_checksum_update(sum, (const guchar *)&p->strength, sizeof p->strength);
            if (p->form) {
                gsize size;
                const guchar *form = g_bytes_get_data(p->form, &size);
                g_checksum_update(sum, form, (gssize)size);
            }
            g_checksum_update(sum, (const guchar *)p->value,
                              (gssize)((size_t)p->count * sizeof *p->value));
        }
    }
    return g_strdup(any ? g_checksum_get_string(sum) : "");
}

// ---- for methods --------------------------------------------------------------------------------

struct adapter_param *adapter_add(struct adapter *a, const struct nn_part *part,
                                  struct nn_weight *weight, const int shape[GRAPH_RANK])
{
    struct adapter_param *p = g_new0(struct adapter_param, 1);
    *p = (struct adapter_param){
        .adapter = a,
        .part = g_strdup(part->name),
        .path = g_strndup(weight->name, (gsize)(strrchr(weight->name, '.') - weight->name)),
        .weight = weight,
        .count = (int)shape_count(shape),
        .group = weight->rank == 1,
        .strength = 1,
    };
    memcpy(p->shape, shape, sizeof p->shape);
    p->value = g_new0(float, p->count);
    g_ptr_array_add(a->params, p);
    return p;
}

struct adapter_param *adapter_param_of(const struct adapter *a, const struct nn_weight *weight)
{
    for (guint i = 0; i < a->params->len; i++) {
        struct adapter_param *p = a->params->pdata[i];
        if (p->weight == weight) {
            return p;
        }
    }
    return NULL;
}

void adapter_unmatched(struct adapter *a, const char *name)
{
    g_ptr_array_add(a->unmatched, g_strdup(name));
}

void adapter_note(struct adapter *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_ptr_array_add(a->notes, g_strdup_vprintf(format, args));
    va_end(args);
}

void adapter_note_all(struct adapter *a, const GPtrArray *sentences)
{
    for (guint i = 0; a && i < sentences->len; i++) {
        adapter_note(a, "%s", (const char *)sentences->pdata[i]);
    }
}

struct nn_weight *adapter_layer(const struct model *model, const char *path,
                                const struct nn_part **part)
{
    g_autofree char *name = g_strconcat(path, ".weight", NULL);
    static const char *const adapted[] = {MODEL_TEXT, MODEL_UNET}; // never the autoencoder
    for (size_t i = 0; i < G_N_ELEMENTS(adapted); i++) {
        const struct nn_part *p = model_part(model, adapted[i]);
        struct nn_weight *w = p ? nn_part_find(p, name) : NULL;
        if (w) {
            *part = p;
            return w;
        }
    }
    return NULL;
}

// ---- the device side ----------------------------------------------------------------------------

bool adapter_upload(struct adapter *a, GError **error)
{
    for (guint i = 0; i < a->params->len; i++) {
        struct adapter_param *p = a->params->pdata[i];
        if (!tensor_write(p->tensor, p->value, error)) {
            return false;
        }
    }
    return true;
}

static bool is_prepared(const struct adapter *a)
{
    const struct adapter_param *last = a->params->len ? a->params->pdata[a->params->len - 1] : NULL;
    return !last || last->tensor;
}

bool adapter_prepare(struct adapter *a, struct task *task, GError **error)
{
    if (is_prepared(a)) {
        return true;
    }
    if (a->method->prepare && !a->method->prepare(a, task, error)) {
        goto fail;
    }
    for (guint i = 0; i < a->params->len; i++) {
        struct adapter_param *p = a->params->pdata[i];
        p->tensor = tensor_new(a->model->gpu, DTYPE_F32, p->shape, p->path, error);
        if (!p->tensor) {
            goto fail;
        }
    }
    if (adapter_upload(a, error)) {
        return true;
    }
fail:
    adapter_release(a);
    return false;
}

void adapter_release(struct adapter *a)
{
    if (a->method->release) {
        a->method->release(a);
    }
    for (guint i = 0; i < a->params->len; i++) {
        struct adapter_param *p = a->params->pdata[i];
        g_clear_pointer(&p->tensor, tensor_free);
    }
}
