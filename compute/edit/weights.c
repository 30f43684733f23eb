// The adapters in use, and the weights that they make: merged once where all act in every time
// step, else anew whenever others act than in the call before. A way between photo and noise
// crosses few bounds of their ranges, and what is decomposed once stays decomposed.
#include "compute/edit/private.h"

#include <string.h>

// Merges those of the list whose mark is '1', and says so.
static bool merge(struct editor *e, struct adapter *const *list, int n, const char *acting,
                  struct task *task, GError **error)
{
    g_autofree struct adapter **these = g_new0(struct adapter *, n + 1);
    int count = 0;
    for (int i = 0; i < n; i++) {
        if (acting[i] == '1') {
            these[count++] = list[i];
        }
    }
    g_clear_pointer(&e->acting,
                    g_free); // until the update has succeeded they are of no known state
    if (!merged_model_update(e->merged, these, count, task, error)) {
        return false;
    }
    if (e->merged_layout != merged_model_layout(e->merged)) {
        e->merged_layout = merged_model_layout(e->merged);
        networks_reset(e->networks, merged_model_parts(e->merged));
    }
    e->acting = g_strdup(acting);
    return true;
}

// The list is kept where it is needed later, and only there.
static void keep_list(struct editor *e, struct adapter *const *adapters, int n)
{
    bool always = true;
    for (int i = 0; i < n; i++) {
        always = always && (!adapters[i]->enabled || adapter_acts_always(adapters[i]));
    }
    g_ptr_array_set_size(e->in_time, 0);
    for (int i = 0; i < n && !always; i++) {
        g_ptr_array_add(e->in_time, adapters[i]);
    }
}

bool editor_set_adapters(struct editor *e, struct adapter *const *adapters, int n,
                         struct task *task, GError **error)
{
    if (!adapters_embed(adapters, n, error)) {
        return false;
    }
    keep_list(e, adapters, n);
    g_autofree char *key = adapters_key(adapters, n);
    if (g_str_equal(key, e->adapters_key)) {
        return true;
    }
    if (!e->merged && !(e->merged = merged_model_new(e->model, error))) {
        return false;
    }
    g_free(e->adapters_key);
    e->adapters_key = g_strdup("unknown");
    g_hash_table_remove_all(e->embeddings);
    inverted_clear(e);
    // All of them at first, also where they never act together: each changed weight gets its place,
    // and what is slow is done here, where it shows and can be stopped.
    g_autofree char *all = g_strnfill((gsize)n, '1');
    if (!merge(e, adapters, n, all, task, error)) {
        return false;
    }
    g_free(e->adapters_key);
    e->adapters_key = g_steal_pointer(&key);
    return true;
}

bool editor_weights_at(void *editor, double t, GError **error)
{
    struct editor *e = editor;
    const int n = (int)e->in_time->len;
    if (n == 0) {
        return true;
    }
    g_autofree char *acting = g_strnfill((gsize)n, '0');
    for (int i = 0; i < n; i++) {
        acting[i] = adapter_acts_at(e->in_time->pdata[i], t) ? '1' : '0';
    }
    struct task quiet = {.cancellable = e->stop}; // the run's own steps stay in sight
    return g_strcmp0(acting, e->acting) == 0 ||
           merge(e, (struct adapter *const *)e->in_time->pdata, n, acting, &quiet, error);
}

static bool changes_text(const struct adapter *a)
{
    bool any = false;
    for (guint i = 0; i < a->params->len && !any; i++) {
        any = g_str_equal(((const struct adapter_param *)a->params->pdata[i])->part, MODEL_TEXT);
    }
    return any;
}

char *editor_text_key(const struct editor *e, const char *prompt, double t)
{
    GString *key = g_string_new("");
    for (guint i = 0; i < e->in_time->len; i++) {
        const struct adapter *a = e->in_time->pdata[i];
        if (changes_text(a)) {
            g_string_append_c(key, adapter_acts_at(a, t) ? '1' : '0');
        }
    }
    g_string_append(key, prompt);
    return g_string_free(key, FALSE);
}
