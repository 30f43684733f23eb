// Any bytes as the library's file: refused with a sentence, or read through to the end, and closed.
#include "tests/fuzz/pieces.h"
#include "ui/store/store.h"

#include <glib/gstdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What SQLite leaves beside the file is not the next one's.
static void remove_beside(const char *folder)
{
    static const char *const names[] = {"library.db-wal", "library.db-shm", "library.db-journal"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(folder, names[i], NULL);
        g_remove(path);
    }
}

static void read_document(struct store *s, gint64 id)
{
    GPtrArray *adapters = store_adapters(s, id, NULL), *results = store_results(s, id, 100, NULL),
              *runs = store_runs_unfinished(s, id, NULL);
    for (guint i = 0; results && i < results->len; i++) {
        const struct store_result *r = results->pdata[i];
        struct store_result *whole = store_result_load(s, r->id, NULL);
        g_clear_pointer(&whole, store_result_free);
    }
    struct store_run learned = {0};
    store_run_learned(s, id, &learned, NULL);
    store_run_clear(&learned);
    g_clear_pointer(&adapters, g_ptr_array_unref);
    g_clear_pointer(&results, g_ptr_array_unref);
    g_clear_pointer(&runs, g_ptr_array_unref);
}

static void read_all(struct store *s)
{
    GPtrArray *entries =
        store_documents(s, &(struct store_query){.words = "a re", .limit = 100}, NULL);
    g_clear_pointer(&entries, g_ptr_array_unref);
    entries = store_documents(s, &(struct store_query){.limit = 100}, NULL);
    for (guint i = 0; entries && i < entries->len; i++) {
        const struct store_entry *e = entries->pdata[i];
        struct store_document d = {0};
        if (store_document_load(s, e->id, &d, NULL)) {
            struct store_thumb thumb;
            store_thumb(s, e->id, &thumb, NULL);
            g_clear_pointer(&thumb.rgba, g_bytes_unref);
            g_free(store_own_path(s, d.photo));
            read_document(s, e->id);
        }
        store_document_clear(&d);
    }
    g_clear_pointer(&entries, g_ptr_array_unref);
    struct store_use use;
    store_use(s, &use, NULL);
    entries = store_trash(s, NULL);
    g_clear_pointer(&entries, g_ptr_array_unref);
    entries = store_unowned(s, NULL);
    g_clear_pointer(&entries, g_ptr_array_unref);
    g_free(store_opening_left(s));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"library.db", NULL};
    g_autoptr(GError) error = NULL;
    const char *folder = fuzz_folder(data, size, names);
    remove_beside(folder);
    struct store *s = store_open(folder, &error);
    if (s) {
        read_all(s);
        store_close(s);
    } else {
        g_assert_nonnull(error);
    }
    return 0;
}
