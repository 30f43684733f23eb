// The trash: what is deleted keeps its row, with the time, until the trash is emptied.
#include "ui/store/store_private.h"

#include "compute/i18n.h"

#define BATCH 32 // results that go in one transaction, each with a picture of some megabytes

// Results without a star, but for the newest of each document.
#define PLAIN                                                                                      \
    " FROM results AS r INDEXED BY results_plain WHERE r.starred = 0 AND " STORE_THERE             \
    " AND r.document IN (SELECT id FROM documents WHERE deleted = 0) "                             \
    "AND r.id <> (SELECT n.id FROM results AS n WHERE n.document = r.document AND NOT EXISTS "     \
    "(SELECT 1 FROM trash WHERE result = n.id) ORDER BY n.created DESC, n.id DESC LIMIT 1)"
// Those that emptying takes, in two parts, so that a few of them are found at once.
#define IN_TRASH " SELECT result FROM trash "
#define OF_DELETED                                                                                 \
    " SELECT id FROM results WHERE document IN (SELECT id FROM documents WHERE deleted <> 0) "

static const struct {
    const char *noun, *hide, *show;
} kinds[] = {
    [STORE_DOCUMENT] = {"document", "UPDATE documents SET deleted = unixepoch() WHERE id = ?1",
                        "UPDATE documents SET deleted = 0 WHERE id = ?1"},
    [STORE_RESULT] = {"result",
                      "INSERT OR REPLACE INTO trash SELECT id, unixepoch() FROM results "
                      "WHERE id = ?1",
                      "DELETE FROM trash WHERE result = ?1"},
    [STORE_ADAPTER] = {"adapter", "UPDATE adapters SET deleted = unixepoch() WHERE id = ?1",
                       "UPDATE adapters SET deleted = 0 WHERE id = ?1"},
};

const char *store_kind_noun(enum store_kind kind)
{
    return kinds[kind].noun;
}

enum store_kind store_kind_find(const char *noun)
{
    size_t kind = 0;
    while (kind + 1 < G_N_ELEMENTS(kinds) && !g_str_equal(kinds[kind].noun, noun)) {
        kind++;
    }
    return (enum store_kind)kind;
}

// The index of words follows.
static bool move_words(struct store *s, gint64 id, bool away, GError **error)
{
    return store_run(s->db,
                     away ? "DELETE FROM words WHERE rowid = "
                            "(SELECT document << 32 | id FROM results WHERE id = ?1)"
                          : "INSERT OR REPLACE INTO words (rowid, text) "
                            "SELECT document << 32 | id, prompt FROM results WHERE id = ?1",
                     id, error);
}

static bool move_row(struct store *s, enum store_kind kind, gint64 id, bool away, GError **error)
{
    if (!store_begin(s->db, error)) {
        return false;
    }
    bool ok = store_run(s->db, away ? kinds[kind].hide : kinds[kind].show, id, error);
    if (ok && sqlite3_changes(s->db) == 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    kind == STORE_DOCUMENT ? _("the library has no document %" PRId64)
                    : kind == STORE_RESULT ? _("the library has no result %" PRId64)
                                           : _("the library has no adapter %" PRId64),
                    id);
        ok = false;
    }
    ok = ok && (kind != STORE_RESULT || move_words(s, id, away, error));
    return store_end(s->db, ok, error);
}

bool store_delete(struct store *s, enum store_kind kind, gint64 id, GError **error)
{
    return move_row(s, kind, id, true, error);
}

bool store_restore(struct store *s, enum store_kind kind, gint64 id, GError **error)
{
    return move_row(s, kind, id, false, error);
}

// ---- results without a star ---------------------------------------------------------------------

bool store_delete_plain(struct store *s, GCancellable *cancellable, gint64 *when, GError **error)
{
    gint64 newest;
    if (!store_begin(s->db, error)) {
        return false;
    }
    store_stop_by(s->db, cancellable);
    // A time of its own, by which these and no others are restored.
    bool ok = store_number(s->db,
                           "SELECT MAX(unixepoch(), IFNULL(MAX(deleted), 0) + 1) FROM trash "
                           "WHERE deleted > ?1",
                           0, &newest, error);
    ok = ok &&
         store_run(s->db,
                   "DELETE FROM words WHERE ?1 AND rowid IN (SELECT r.document << 32 | r.id" PLAIN
                   ")",
                   1, error) &&
         store_run(s->db, "INSERT INTO trash SELECT r.id, ?1" PLAIN, newest, error) &&
         !g_cancellable_set_error_if_cancelled(cancellable, error);
    store_stop_by(s->db, NULL);
    *when = newest;
    return store_end(s->db, ok, error);
}

bool store_restore_plain(struct store *s, gint64 when, GError **error)
{
    if (!store_begin(s->db, error)) {
        return false;
    }
    const bool ok = store_run(s->db,
                              "INSERT OR REPLACE INTO words (rowid, text) "
                              "SELECT document << 32 | id, prompt FROM results WHERE id IN "
                              "(SELECT result FROM trash WHERE deleted = ?1)",
                              when, error) &&
                    store_run(s->db, "DELETE FROM trash WHERE deleted = ?1", when, error);
    return store_end(s->db, ok, error);
}

// ---- what there is ------------------------------------------------------------------------------

static bool count_bytes(struct store *s, const char *ids, guint *count, goffset *bytes,
                        GError **error)
{
    g_autofree char *sql = g_strconcat(
        "SELECT COUNT(*), IFNULL(SUM(length(t.thumb) + length(p.pixels)), 0) FROM results AS t "
        "JOIN pictures AS p ON p.result = t.id WHERE t.id IN (SELECT ",
        ids, ")", NULL);
    sqlite3_stmt *q = store_prepare(s->db, sql, error);
    const bool ok = q && store_row(s->db, q, error);
    *count = ok ? (guint)sqlite3_column_int(q, 0) : 0;
    *bytes = ok ? sqlite3_column_int64(q, 1) : 0;
    sqlite3_finalize(q);
    return ok;
}

bool store_use(struct store *s, struct store_use *use, GError **error)
{
    gint64 documents, results, adapters, plain, rows;
    *use = (struct store_use){0};
    if (!store_number(s->db, "SELECT COUNT(*) FROM documents WHERE deleted = ?1", 0, &documents,
                      error) ||
        !store_number(s->db,
                      "SELECT COUNT(*) FROM results AS r WHERE " STORE_THERE " AND document IN "
                      "(SELECT id FROM documents WHERE deleted = ?1)",
                      0, &results, error) ||
        !store_number(s->db,
                      "SELECT COUNT(*) FROM adapters WHERE deleted = 0 AND document IN "
                      "(SELECT id FROM documents WHERE deleted = ?1)",
                      0, &adapters, error) ||
        !store_number(s->db,
                      "SELECT (SELECT COUNT(*) FROM documents WHERE deleted <> ?1) + (SELECT "
                      "COUNT(*) FROM adapters WHERE deleted <> ?1) + (SELECT COUNT(*) FROM trash "
                      "WHERE deleted > ?1)",
                      0, &rows, error) ||
        !store_number(s->db, "SELECT COUNT(*)" PLAIN " AND r.id > ?1", 0, &plain, error)) {
        return false;
    }
    use->documents = (guint)documents;
    use->results = (guint)results;
    use->adapters = (guint)adapters;
    use->in_trash = (guint)rows;
    guint gone;
    return count_bytes(s, "r.id" PLAIN, &use->plain, &use->plain_bytes, error) &&
           count_bytes(s, "result FROM trash UNION" OF_DELETED, &gone, &use->trash_bytes, error) &&
           store_files_use(s, use, error);
}

void store_trashed_free(struct store_trashed *t)
{
    g_free(t->name);
    g_free(t);
}

static void *trashed_from_row(sqlite3_stmt *q)
{
    struct store_trashed *t = g_new(struct store_trashed, 1);
    *t = (struct store_trashed){
        .kind = (enum store_kind)sqlite3_column_int(q, 0),
        .id = sqlite3_column_int64(q, 1),
        .deleted = sqlite3_column_int64(q, 2),
        .name = store_column_text(q, 3),
    };
    return t;
}

GPtrArray *store_trash(struct store *s, GError **error)
{
    sqlite3_stmt *q = store_prepare(
        s->db,
        "SELECT 0 AS kind, id, deleted, name FROM documents WHERE deleted <> 0 UNION ALL "
        "SELECT 1, id, deleted, prompt FROM trash JOIN results ON id = result UNION ALL "
        "SELECT 2, id, deleted, name FROM adapters WHERE deleted <> 0 ORDER BY 3 DESC, 1, 2 DESC",
        error);
    return q ? store_list(s->db, q, trashed_from_row, (GDestroyNotify)store_trashed_free, error)
             : NULL;
}

// ---- emptying -----------------------------------------------------------------------------------

static bool delete_batch(struct store *s, const char *which, gint64 *deleted, GError **error)
{
    g_autofree char *words = g_strconcat(
        "DELETE FROM words WHERE rowid IN (SELECT document << 32 | id FROM results WHERE id IN (",
        which, "LIMIT ?1))", NULL);
    g_autofree char *rows =
        g_strconcat("DELETE FROM results WHERE id IN (", which, "LIMIT ?1)", NULL);
    if (!store_begin(s->db, error)) {
        return false;
    }
    const bool ok = store_run(s->db, words, BATCH, error) && store_run(s->db, rows, BATCH, error);
    *deleted = ok ? sqlite3_changes(s->db) : 0;
    return store_end(s->db, ok, error);
}

static bool delete_rest(struct store *s, GError **error)
{
    if (!store_begin(s->db, error)) {
        return false;
    }
    const bool ok = store_run(s->db,
                              "DELETE FROM words WHERE rowid IN (SELECT id << 32 FROM documents "
                              "WHERE deleted > ?1)",
                              0, error) &&
                    store_run(s->db, "DELETE FROM adapters WHERE deleted > ?1", 0, error) &&
                    store_run(s->db, "DELETE FROM documents WHERE deleted > ?1", 0, error);
    return store_end(s->db, ok, error);
}

bool store_trash_empty(struct store *s, const struct store_wait *wait, GError **error)
{
    static const char *const parts[] = {IN_TRASH, OF_DELETED};
    gint64 all, done = 0;
    if (!store_number(s->db, "SELECT COUNT(*) FROM (" IN_TRASH "UNION" OF_DELETED ") WHERE ?1 = 0",
                      0, &all, error)) {
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        for (gint64 n = BATCH; n > 0;) {
            if (g_cancellable_set_error_if_cancelled(wait->cancellable, error) ||
                !delete_batch(s, parts[i], &n, error)) {
                return false;
            }
            done += n;
            if (wait->report) {
                wait->report((double)done / (double)MAX(all, done), wait->data);
            }
        }
    }
    return delete_rest(s, error);
}
