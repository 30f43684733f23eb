#include "ui/store/store_private.h"

#include <string.h>

#define COLUMNS                                                                                    \
    "id, name, photo, origin, source_prompt, prompt, negative, params, learn, seed, modified, "    \
    "place"

void store_document_clear(struct store_document *d)
{
    g_free(d->name);
    g_free(d->photo);
    g_free(d->origin);
    g_free(d->source_prompt);
    g_free(d->prompt);
    g_free(d->negative);
    g_free(d->params);
    g_free(d->learn);
    g_free(d->place);
    memset(d, 0, sizeof *d);
}

void store_document_free(struct store_document *d)
{
    if (d) {
        store_document_clear(d);
        g_free(d);
    }
}

static bool save_row(struct store *s, struct store_document *d, GError **error)
{
    sqlite3_stmt *q = store_prepare(
        s->db,
        "INSERT INTO documents (" COLUMNS ") "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
        "ON CONFLICT (id) DO UPDATE SET name = ?2, photo = ?3, origin = ?4, source_prompt = ?5, "
        "prompt = ?6, negative = ?7, params = ?8, learn = ?9, seed = ?10, modified = ?11, "
        "place = ?12",
        error);
    if (!q) {
        return false;
    }
    d->modified = g_get_real_time() / G_USEC_PER_SEC;
    if (d->id) {
        sqlite3_bind_int64(q, 1, d->id);
    }
    const char *const texts[] = {d->name,   d->photo,    d->origin, d->source_prompt,
                                 d->prompt, d->negative, d->params, d->learn};
    for (int i = 0; i < 8; i++) {
        store_bind_text(q, i + 2, texts[i]);
    }
    sqlite3_bind_int64(q, 10, (sqlite3_int64)d->seed);
    sqlite3_bind_int64(q, 11, d->modified);
    store_bind_text(q, 12, d->place ? d->place : "{}");
    if (!store_finish(s->db, q, error)) {
        return false;
    }
    if (!d->id) {
        d->id = sqlite3_last_insert_rowid(s->db);
    }
    return true;
}

bool store_document_save(struct store *s, struct store_document *d, GError **error)
{
    const gint64 id = d->id;
    if (!store_begin(s->db, error)) {
        return false;
    }
    g_autofree char *text = NULL;
    bool ok = save_row(s, d, error);
    if (ok) {
        text = g_strjoin(" ", d->name ? d->name : "", d->source_prompt ? d->source_prompt : "",
                         d->prompt ? d->prompt : "", NULL);
        ok = store_words_put(s, d->id, 0, text, error);
    }
    ok = store_end(s->db, ok, error);
    d->id = ok ? d->id : id;
    return ok;
}

static bool load_row(struct store *s, sqlite3_stmt *q, struct store_document *d, GError **error)
{
    bool found = store_row(s->db, q, error);
    if (found) {
        *d = (struct store_document){
            .id = sqlite3_column_int64(q, 0),
            .name = store_column_text(q, 1),
            .photo = store_column_path(q, 2),
            .origin = store_column_origin(q, 3),
            .source_prompt = store_column_text(q, 4),
            .prompt = store_column_text(q, 5),
            .negative = store_column_text(q, 6),
            .params = store_column_text(q, 7),
            .learn = store_column_text(q, 8),
            .seed = (uint64_t)sqlite3_column_int64(q, 9),
            .modified = sqlite3_column_int64(q, 10),
            .place = store_column_text(q, 11),
        };
    }
    sqlite3_finalize(q);
    return found;
}

bool store_document_load(struct store *s, gint64 id, struct store_document *d, GError **error)
{
    sqlite3_stmt *q =
        store_prepare(s->db,
                      "SELECT " COLUMNS " FROM documents WHERE (?1 = 0 AND deleted = 0) OR id = ?1 "
                      "ORDER BY modified DESC, id DESC LIMIT 1",
                      error);
    if (!q) {
        return false;
    }
    sqlite3_bind_int64(q, 1, id);
    return load_row(s, q, d, error);
}

bool store_document_find(struct store *s, const char *photo, struct store_document *d,
                         GError **error)
{
    sqlite3_stmt *q = store_prepare(
        s->db,
        "SELECT " COLUMNS
        " FROM documents WHERE photo = ?1 AND deleted = 0 ORDER BY modified DESC, id DESC LIMIT 1",
        error);
    if (!q) {
        return false;
    }
    store_bind_text(q, 1, photo);
    return load_row(s, q, d, error);
}
