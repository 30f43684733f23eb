#include "ui/store/store_private.h"

void store_adapter_free(struct store_adapter *a)
{
    if (a) {
        g_free(a->name);
        g_free(a->path);
        g_free(a->method);
        g_free(a);
    }
}

bool store_adapter_save(struct store *s, struct store_adapter *a, GError **error)
{
    sqlite3_stmt *q = store_prepare(
        s->db,
        "INSERT INTO adapters (id, document, name, path, method, scale, enabled, listed, "
        "from_step, "
        "to_step) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO UPDATE SET "
        "name = ?3, path = ?4, method = ?5, scale = ?6, enabled = ?7, listed = ?8, from_step = ?9, "
        "to_step = ?10",
        error);
    if (!q) {
        return false;
    }
    if (a->id) {
        sqlite3_bind_int64(q, 1, a->id);
    }
    sqlite3_bind_int64(q, 2, a->document);
    store_bind_text(q, 3, a->name);
    store_bind_text(q, 4, a->path);
    store_bind_text(q, 5, a->method);
    sqlite3_bind_double(q, 6, a->scale);
    sqlite3_bind_int(q, 7, a->enabled);
    sqlite3_bind_int(q, 8, a->listed);
    sqlite3_bind_int64(q, 9, a->from);
    sqlite3_bind_int64(q, 10, a->to);
    if (!store_finish(s->db, q, error)) {
        return false;
    }
    if (!a->id) {
        a->id = sqlite3_last_insert_rowid(s->db);
    }
    return true;
}

bool store_adapter_rename(struct store *s, gint64 id, const char *name, GError **error)
{
    sqlite3_stmt *q = store_prepare(s->db, "UPDATE adapters SET name = ?2 WHERE id = ?1", error);
    if (!q) {
        return false;
    }
    sqlite3_bind_int64(q, 1, id);
    store_bind_text(q, 2, name);
    return store_finish(s->db, q, error);
}

static void *adapter_from_row(sqlite3_stmt *q)
{
    struct store_adapter *a = g_new0(struct store_adapter, 1);
    *a = (struct store_adapter){
        .id = sqlite3_column_int64(q, 0),
        .document = sqlite3_column_int64(q, 1),
        .name = store_column_text(q, 2),
        .path = store_column_path(q, 3),
        .method = store_column_text(q, 4),
        .scale = sqlite3_column_double(q, 5),
        .enabled = sqlite3_column_int(q, 6) != 0,
        .listed = sqlite3_column_int(q, 7) != 0,
        .from = sqlite3_column_int64(q, 8),
        .to = sqlite3_column_int64(q, 9),
    };
    return a;
}

GPtrArray *store_adapters(struct store *s, gint64 document, GError **error)
{
    sqlite3_stmt *q = store_prepare(
        s->db,
        "SELECT id, document, name, path, method, scale, enabled, listed, from_step, to_step "
        "FROM adapters WHERE document = ?1 AND deleted = 0 ORDER BY id",
        error);
    if (!q) {
        return NULL;
    }
    sqlite3_bind_int64(q, 1, document);
    return store_list(s->db, q, adapter_from_row, (GDestroyNotify)store_adapter_free, error);
}

GPtrArray *store_adapters_known(struct store *s, GError **error)
{
    sqlite3_stmt *q = store_prepare(
        s->db,
        "SELECT MAX(a.id), a.document, "
        "CASE WHEN substr(a.path, 1, 1) = '/' THEN a.name ELSE d.name || ': ' || a.name END, "
        "a.path, a.method, a.scale, a.enabled, a.listed, a.from_step, a.to_step FROM adapters a "
        "JOIN documents d ON d.id = a.document WHERE a.listed = 1 AND a.deleted = 0 "
        "AND d.deleted = 0 GROUP BY a.path ORDER BY 1 DESC",
        error);
    return q ? store_list(s->db, q, adapter_from_row, (GDestroyNotify)store_adapter_free, error)
             : NULL;
}
