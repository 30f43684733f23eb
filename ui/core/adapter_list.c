#include "ui/core/adapter_list.h"

#include "compute/i18n.h"
#include "ui/core/paths.h"
#include "ui/core/plain_text.h"

#include <glib/gstdio.h>
#include <stdio.h>

enum { HASH_BYTES = 1 << 20 }; // read at once

void adapter_entry_free(void *data)
{
    struct adapter_entry *entry = data;
    g_free(entry->ways);
    g_free(entry->path);
    g_free(entry->name);
    g_free(entry->method);
    g_free(entry->size);
    g_free(entry->base);
    g_free(entry->words);
    g_free(entry->licence);
    g_free(entry->told);
    g_free(entry->hash);
    g_free(entry->fault);
    g_free(entry);
}

// ---- one ----------------------------------------------------------------------------------------

// The first of the keys that the file has, as it can be shown; NULL: none.
static char *said(const struct adapter *a, const char *const *keys)
{
    const char *text = NULL;
    for (int i = 0; keys[i] && (!text || !*text); i++) {
        text = g_hash_table_lookup(a->metadata, keys[i]);
    }
    return text && *text ? plain_text(text, TEXT_MESSAGE) : NULL;
}

// "<rex>, a photograph of a <rex> dog"
static char *words_of(const struct adapter *a)
{
    static const char *const keys[] = {ADAPTER_CAPTION, NULL};
    g_autoptr(GPtrArray) tokens = adapter_tokens(a);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *caption = said(a, keys);
    for (guint i = 0; i < tokens->len; i++) {
        g_autofree char *token = plain_text(tokens->pdata[i], TEXT_NAME);
        g_string_append_printf(text, "%s%s", text->len ? ", " : "", token);
    }
    if (caption) {
        g_string_append_printf(text, "%s%s", text->len ? ", " : "", caption);
    }
    return text->len ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

// Its rank, where its file or its settings say one, and how many numbers it has.
static char *size_text(const struct adapter *a)
{
    static const char *const keys[] = {"ss_network_dim", NULL};
    g_autofree char *rank = said(a, keys);
    gint64 numbers = 0;
    for (guint i = 0; i < a->params->len; i++) {
        numbers += ((const struct adapter_param *)a->params->pdata[i])->count;
    }
    g_autofree char *count = g_strdup_printf("%'" G_GINT64_FORMAT, numbers);
    g_autofree char *size = g_strdup_printf(
        P_("%u layer, %s numbers", "%u layers, %s numbers", a->params->len), a->params->len, count);
    return rank ? g_strdup_printf(_("rank %s, %s"), rank, size) : g_steal_pointer(&size);
}

static char *hash_file(const char *path, struct task *task)
{
    FILE *file = g_fopen(path, "rb");
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree guchar *bytes = g_malloc(HASH_BYTES);
    size_t n = 0;
    while (file && !task_cancelled(task, NULL) && (n = fread(bytes, 1, HASH_BYTES, file)) > 0) {
        g_checksum_update(sum, bytes, (gssize)n);
    }
    const bool whole = file && feof(file) && !ferror(file);
    if (file) {
        fclose(file);
    }
    return whole ? g_strdup(g_checksum_get_string(sum)) : NULL;
}

static void read_facts(struct adapter_entry *entry, const struct adapter *a)
{
    static const char *const bases[] = {"modelspec.architecture", "ss_base_model_version",
                                        "ss_sd_model_name", NULL};
    static const char *const licences[] = {"modelspec.license", NULL};
    g_autofree char *told = adapter_remarks(a);
    entry->method = g_strdup(translated(a->method->title));
    entry->size = size_text(a);
    entry->base = said(a, bases);
    entry->words = words_of(a);
    entry->licence = said(a, licences);
    entry->told = told ? plain_lines(told) : NULL;
    entry->applied = a->tensors_applied;
    entry->total = a->tensors_total;
    entry->other_base = a->other_base;
    entry->ways = adapter_dialect_ways(a);
}

static struct adapter_entry *read_adapter(struct model *model, const char *path, const char *name,
                                          bool hashed, struct task *task)
{
    GStatBuf file;
    g_autoptr(GError) fault = NULL;
    struct adapter_entry *entry = g_new0(struct adapter_entry, 1);
    struct adapter *a = adapter_load(path, model, &fault);
    g_autofree char *base = g_filename_display_basename(path);
    entry->path = g_strdup(path);
    entry->name = plain_text(*name ? name : base, TEXT_NAME);
    entry->bytes = g_stat(path, &file) == 0 && S_ISREG(file.st_mode) ? (gint64)file.st_size : 0;
    entry->hash = hashed ? hash_file(path, task) : NULL;
    if (a) {
        read_facts(entry, a);
    } else {
        entry->fault = plain_text(fault->message, TEXT_MESSAGE);
    }
    adapter_free(a);
    return entry;
}

// ---- those of folders ---------------------------------------------------------------------------

static void add(GPtrArray *list, GHashTable *seen, struct model *model, const char *path,
                const char *name, const char *hashed, struct task *task)
{
    if (g_hash_table_add(seen, g_strdup(path))) {
        g_ptr_array_add(list, read_adapter(model, path, name, g_strcmp0(path, hashed) == 0, task));
    }
}

// Of a folder only what is an adapter, for whatever model.
static void add_folder(GPtrArray *list, GHashTable *seen, struct model *model, const char *folder,
                       const char *hashed, struct task *task)
{
    g_autoptr(GPtrArray) inside = paths_in(folder, paths_is_safetensors, NULL);
    for (guint i = 0; inside && i < inside->len && !task_cancelled(task, NULL); i++) {
        if (adapter_looks(inside->pdata[i], NULL)) {
            add(list, seen, model, inside->pdata[i], "", hashed, task);
        }
    }
}

GPtrArray *adapter_list_read(struct model *model, const char *const *paths,
                             const char *const *names, const char *hashed, struct task *task,
                             GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(adapter_entry_free);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const guint n = g_strv_length((char **)paths);
    for (guint i = 0; i < n; i++) {
        task_report(task, TASK_READING_FILE, (double)i / n);
        if (task_cancelled(task, error)) {
            return NULL;
        }
        if (*names[i] == '\0' && g_file_test(paths[i], G_FILE_TEST_IS_DIR)) {
            add_folder(list, seen, model, paths[i], hashed, task);
        } else {
            add(list, seen, model, paths[i], names[i], hashed, task);
        }
    }
    return task_cancelled(task, error) ? NULL : g_steal_pointer(&list);
}
