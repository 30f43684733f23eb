// Words that were learned together with an adapter. They lie in its metadata, as base64 of their
// rows in fp32: so every dialect carries them, and no other program stumbles over a tensor that it
// does not know.
#include "compute/adapter/private.h"

#include "compute/i18n.h"
#include "compute/model/embedding.h"

#include <math.h>
#include <string.h>

#define PREFIX "tincture.token."

void adapter_token_put(struct adapter *a, const char *name, const float *rows, int count)
{
    g_autofree uint32_t *bits = g_memdup2(rows, (gsize)count * sizeof *rows);
    for (int i = 0; i < count; i++) {
        bits[i] = GUINT32_TO_LE(bits[i]);
    }
    g_hash_table_replace(a->metadata, g_strconcat(PREFIX, name, NULL),
                         g_base64_encode((const guchar *)bits, (gsize)count * sizeof *bits));
}

GPtrArray *adapter_tokens(const struct adapter *a)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, a->metadata);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        if (g_str_has_prefix(key, PREFIX)) {
            g_ptr_array_add(names, g_strdup((char *)key + strlen(PREFIX)));
        }
    }
    g_ptr_array_sort(names, (GCompareFunc)(void (*)(void))g_strcmp0);
    return names;
}

void adapter_tokens_copy(struct adapter *to, const struct adapter *from)
{
    g_autoptr(GPtrArray) names = adapter_tokens(from);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *key = g_strconcat(PREFIX, names->pdata[i], NULL);
        const char *rows = g_hash_table_lookup(from->metadata, key);
        g_hash_table_replace(to->metadata, g_strdup(key), g_strdup(rows));
    }
}

bool adapter_token_rename(struct adapter *a, const char *from, const char *to, GError **error)
{
    static const char described[] = "tincture.prompt";
    g_autofree char *key = g_strconcat(PREFIX, from, NULL), *taken = g_strconcat(PREFIX, to, NULL);
    const char *rows = g_hash_table_lookup(a->metadata, key);
    const char *prompt = g_hash_table_lookup(a->metadata, described);
    if (!rows) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT, _("%s has no word %s"), a->name,
                    from);
        return false;
    }
    if (g_hash_table_contains(a->metadata, taken)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT, _("%s has a word %s already"),
                    a->name, to);
        return false;
    }
    if (!model_embed_check(a->model, to, error)) {
        return false;
    }
    g_hash_table_replace(a->metadata, g_steal_pointer(&taken), g_strdup(rows));
    g_hash_table_remove(a->metadata, key);
    if (prompt) {
        g_auto(GStrv) parts = g_strsplit(prompt, from, -1);
        g_hash_table_replace(a->metadata, g_strdup(described), g_strjoinv(to, parts));
    }
    return true;
}

float *adapter_token_rows(const struct adapter *a, const char *name, int *count, GError **error)
{
    const int width = a->model->text.hidden_size, most = a->model->text.max_tokens - 2;
    g_autofree char *key = g_strconcat(PREFIX, name, NULL);
    const char *text = g_hash_table_lookup(a->metadata, key);
    gsize bytes = 0;
    uint32_t *bits = text ? (uint32_t *)(void *)g_base64_decode(text, &bytes) : NULL;
    float *rows = (float *)(void *)bits;
    bool ok = bytes > 0 && bytes % ((gsize)width * sizeof *rows) == 0 &&
              bytes / ((gsize)width * sizeof *rows) <= (gsize)most;
    for (gsize i = 0; ok && i < bytes / sizeof *bits; i++) {
        bits[i] = GUINT32_FROM_LE(bits[i]);
        ok = isfinite(rows[i]);
    }
    if (!ok) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    a->other_base
                        ? _("%s was learned on another model: its word %s is no list of 1 to "
                            "%d vectors of %d numbers")
                        : _("%s does not fit this model: its word %s is no list of 1 to "
                            "%d vectors of %d numbers"),
                    a->name, name, most, width);
        g_free(bits);
        return NULL;
    }
    *count = (int)(bytes / sizeof *rows / (gsize)width);
    return rows;
}

bool adapter_token_save(const struct adapter *a, const char *name, const char *path, GError **error)
{
    int count;
    g_autofree float *rows = adapter_token_rows(a, name, &count, error);
    if (!rows) {
        return false;
    }
    struct st_writer *w = st_writer_new();
    st_writer_f32(w, name, 2, (int64_t[]){count, a->model->text.hidden_size}, rows);
    const bool ok = st_writer_save(w, path, NULL, error);
    st_writer_free(w);
    return ok;
}

static bool embed(struct adapter *a, const char *name, GError **error)
{
    int count, first, there;
    g_autofree float *rows = adapter_token_rows(a, name, &count, error);
    if (!rows) {
        return false;
    }
    const float *old = model_embedded_rows(a->model, name, &first, &there);
    const size_t bytes = (size_t)count * (size_t)a->model->text.hidden_size * sizeof *rows;
    if (old && there == count && memcmp(old, rows, bytes) == 0) {
        return true;
    }
    return model_embed_named(a->model, name, rows, count, error);
}

bool adapter_check_tokens(const struct adapter *a, GError **error)
{
    g_autoptr(GPtrArray) names = adapter_tokens(a);
    for (guint k = 0; k < names->len; k++) {
        int count;
        float *rows = adapter_token_rows(a, names->pdata[k], &count, error);
        if (!rows) {
            return false;
        }
        g_free(rows);
    }
    return true;
}

bool adapters_check_tokens(struct adapter *const *list, int n, GError **error)
{
    for (int i = 0; i < n; i++) {
        g_autoptr(GPtrArray) names = adapter_tokens(list[i]);
        for (guint k = 0; k < names->len; k++) {
            g_autofree char *key = g_strconcat(PREFIX, names->pdata[k], NULL);
            const char *rows = g_hash_table_lookup(list[i]->metadata, key);
            for (int j = 0; j < i; j++) {
                const char *others = g_hash_table_lookup(list[j]->metadata, key);
                if (others && !g_str_equal(others, rows)) {
                    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                                _("%s and %s both call what they learned %s; give one of them "
                                  "another name (tincture-cli adapter convert --rename)"),
                                list[j]->name, list[i]->name, (char *)names->pdata[k]);
                    return false;
                }
            }
        }
    }
    return true;
}

bool adapters_embed(struct adapter *const *list, int n, GError **error)
{
    if (!adapters_check_tokens(list, n, error)) {
        return false;
    }
    for (int i = 0; i < n; i++) {
        g_autoptr(GPtrArray) names = adapter_tokens(list[i]);
        for (guint k = 0; k < names->len; k++) {
            if (!embed(list[i], names->pdata[k], error)) {
                return false;
            }
        }
    }
    return true;
}
