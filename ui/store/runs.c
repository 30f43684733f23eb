#include "ui/store/store_private.h"

#include <string.h>

void store_run_clear(struct store_run *r)
{
    g_free(r->method);
    g_free(r->learn);
    g_free(r->checkpoint);
    g_free(r->prompt);
    g_clear_pointer(&r->loss, g_bytes_unref);
    memset(r, 0, sizeof *r);
}

void store_run_free(struct store_run *r)
{
    store_run_clear(r);
    g_free(r);
}

bool store_run_save(struct store *s, struct store_run *r, GError **error)
{
    sqlite3_stmt *q = store_prepare(
        s->db,
        "INSERT INTO runs (id, document, method, learn, checkpoint, prompt, step, steps, state, "
        "loss, adapter, "
        "modified) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (id) DO "
        "UPDATE SET "
        "step = ?7, steps = ?8, state = ?9, loss = ?10, adapter = ?11, modified = ?12",
        error);
    if (!q) {
        return false;
    }
    if (r->id) {
        sqlite3_bind_int64(q, 1, r->id);
    }
    sqlite3_bind_int64(q, 2, r->document);
    store_bind_text(q, 3, r->method);
    store_bind_text(q, 4, r->learn);
    store_bind_text(q, 5, r->checkpoint);
    store_bind_text(q, 6, r->prompt);
    sqlite3_bind_int(q, 7, r->step);
    sqlite3_bind_int(q, 8, r->steps);
    sqlite3_bind_int(q, 9, (int)r->state);
    store_bind_bytes(q, 10, r->loss);
    if (r->adapter) {
        sqlite3_bind_int64(q, 11, r->adapter);
    }
    sqlite3_bind_int64(q, 12, g_get_real_time() / G_USEC_PER_SEC);
    if (!store_finish(s->db, q, error)) {
        return false;
    }
    if (!r->id) {
        r->id = sqlite3_last_insert_rowid(s->db);
    }
    return true;
}

static void *run_from_row(sqlite3_stmt *q)
{
    struct store_run *r = g_new(struct store_run, 1);
    *r = (struct store_run){
        .id = sqlite3_column_int64(q, 0),
        .document = sqlite3_column_int64(q, 1),
        .method = store_column_text(q, 2),
        .learn = store_column_text(q, 3),
        .checkpoint = store_column_path(q, 4),
        .prompt = store_column_text(q, 5),
        .step = sqlite3_column_int(q, 6),
        .steps = sqlite3_column_int(q, 7),
        .state = (enum run_state)sqlite3_column_int(q, 8),
        .loss = store_column_bytes(q, 9),
        .adapter = sqlite3_column_int64(q, 10),
    };
    return r;
}

static GPtrArray *select_runs(struct store *s, gint64 document, const char *rest, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT id, document, method, learn, checkpoint, prompt, step, steps, state, loss, "
        "adapter FROM runs WHERE document = ?1 AND %s",
        rest);
    sqlite3_stmt *q = store_prepare(s->db, sql, error);
    if (!q) {
        return NULL;
    }
    sqlite3_bind_int64(q, 1, document);
    sqlite3_bind_int(q, 2, RUN_DONE);
    return store_list(s->db, q, run_from_row, (GDestroyNotify)store_run_free, error);
}

GPtrArray *store_runs_unfinished(struct store *s, gint64 document, GError **error)
{
    return select_runs(s, document, "state <> ?2 ORDER BY modified DESC, id DESC", error);
}

bool store_run_learned(struct store *s, gint64 document, struct store_run *r, GError **error)
{
    g_autoptr(GPtrArray) runs = select_runs(
        s, document, "state = ?2 AND adapter IS NOT NULL ORDER BY modified DESC, id DESC LIMIT 1",
        error);
    if (!runs || runs->len == 0) {
        return false;
    }
    struct store_run *newest = runs->pdata[0];
    *r = *newest;
    *newest = (struct store_run){0};
    return true;
}
