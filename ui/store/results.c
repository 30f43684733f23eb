#include "ui/store/store_private.h"

#include "compute/i18n.h"

void store_result_free(struct store_result *r)
{
    if (r) {
        g_free(r->prompt);
        g_free(r->recipe);
        g_clear_pointer(&r->thumb, g_bytes_unref);
        g_clear_pointer(&r->pixels, g_bytes_unref);
        g_free(r);
    }
}

static bool save_row(struct store *s, struct store_result *r, GError **error)
{
    sqlite3_stmt *q =
        store_prepare(s->db,
                      "INSERT INTO results (document, created, prompt, recipe, thumb, thumb_width, "
                      "thumb_height, width, height, seconds, starred) "
                      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                      error);
    if (!q) {
        return false;
    }
    if (!r->created) {
        r->created = g_get_real_time() / G_USEC_PER_SEC;
    }
    sqlite3_bind_int64(q, 1, r->document);
    sqlite3_bind_int64(q, 2, r->created);
    store_bind_text(q, 3, r->prompt);
    store_bind_text(q, 4, r->recipe);
    store_bind_bytes(q, 5, r->thumb);
    sqlite3_bind_int(q, 6, r->thumb_width);
    sqlite3_bind_int(q, 7, r->thumb_height);
    sqlite3_bind_int(q, 8, r->width);
    sqlite3_bind_int(q, 9, r->height);
    sqlite3_bind_double(q, 10, r->seconds);
    sqlite3_bind_int(q, 11, r->starred);
    if (!store_finish(s->db, q, error)) {
        return false;
    }
    r->id = sqlite3_last_insert_rowid(s->db);
    return true;
}

static bool save_picture(struct store *s, const struct store_result *r, GError **error)
{
    sqlite3_stmt *q =
        store_prepare(s->db, "INSERT INTO pictures (result, pixels) VALUES (?1, ?2)", error);
    if (!q) {
        return false;
    }
    sqlite3_bind_int64(q, 1, r->id);
    store_bind_bytes(q, 2, r->pixels);
    return store_finish(s->db, q, error);
}

bool store_result_save(struct store *s, struct store_result *r, GError **error)
{
    if (!store_begin(s->db, error)) {
        return false;
    }
    const bool saved = save_row(s, r, error) && save_picture(s, r, error) &&
                       store_words_put(s, r->document, r->id, r->prompt, error);
    const bool ok = store_end(s->db, saved, error);
    r->id = ok ? r->id : 0;
    return ok;
}

#define LIST_COLUMNS                                                                               \
    "id, document, created, prompt, recipe, thumb, thumb_width, thumb_height, width, height, "     \
    "seconds, starred"

static void *from_row(sqlite3_stmt *q)
{
    struct store_result *r = g_new0(struct store_result, 1);
    *r = (struct store_result){
        .id = sqlite3_column_int64(q, 0),
        .document = sqlite3_column_int64(q, 1),
        .created = sqlite3_column_int64(q, 2),
        .prompt = store_column_text(q, 3),
        .recipe = store_column_text(q, 4),
        .thumb = store_column_bytes(q, 5),
        .thumb_width = sqlite3_column_int(q, 6),
        .thumb_height = sqlite3_column_int(q, 7),
        .width = sqlite3_column_int(q, 8),
        .height = sqlite3_column_int(q, 9),
        .seconds = sqlite3_column_double(q, 10),
        .starred = sqlite3_column_int(q, 11) != 0,
    };
    return r;
}

GPtrArray *store_results(struct store *s, gint64 document, guint limit, GError **error)
{
    sqlite3_stmt *q = store_prepare(s->db,
                                    "SELECT " LIST_COLUMNS " FROM results AS r WHERE document = ?1 "
                                    "AND " STORE_THERE " ORDER BY created DESC, id DESC LIMIT ?2",
                                    error);
    if (!q) {
        return NULL;
    }
    sqlite3_bind_int64(q, 1, document);
    sqlite3_bind_int64(q, 2, limit);
    return store_list(s->db, q, from_row, (GDestroyNotify)store_result_free, error);
}

struct store_result *store_result_load(struct store *s, gint64 id, GError **error)
{
    sqlite3_stmt *q = store_prepare(
        s->db,
        "SELECT " LIST_COLUMNS ", pixels FROM results JOIN pictures ON result = id WHERE id = ?1",
        error);
    if (!q) {
        return NULL;
    }
    sqlite3_bind_int64(q, 1, id);
    struct store_result *r = NULL;
    if (store_row(s->db, q, error)) {
        r = from_row(q);
        r->pixels = store_column_bytes(q, 12);
    } else if (error && !*error) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    _("the library has no result %" PRId64), id);
    }
    sqlite3_finalize(q);
    return r;
}

bool store_result_star(struct store *s, gint64 id, bool starred, GError **error)
{
    sqlite3_stmt *q = store_prepare(s->db, "UPDATE results SET starred = ?2 WHERE id = ?1", error);
    if (!q) {
        return false;
    }
    sqlite3_bind_int64(q, 1, id);
    sqlite3_bind_int(q, 2, starred);
    return store_finish(s->db, q, error);
}
