// The list of documents: all of them or those that some words find, and what each looks like. The
// words of a document are its name and its prompts, and the prompts of its results, each a row of
// the index of words (FTS5) whose number holds both ids: a search reads the index alone.
#include "ui/store/store_private.h"

#define MOST_WORDS 8 // that a search heeds

// ---- the index ----------------------------------------------------------------------------------

static gint64 word_row(gint64 document, gint64 result)
{
    return (gint64)((guint64)document << 32 | (guint64)result);
}

bool store_words_put(struct store *s, gint64 document, gint64 result, const char *text,
                     GError **error)
{
    sqlite3_stmt *q =
        store_prepare(s->db, "INSERT OR REPLACE INTO words (rowid, text) VALUES (?1, ?2)", error);
    if (!q) {
        return false;
    }
    sqlite3_bind_int64(q, 1, word_row(document, result));
    sqlite3_bind_text(q, 2, text, -1, SQLITE_STATIC);
    return store_finish(s->db, q, error);
}

bool store_words_drop_result(struct store *s, gint64 document, gint64 result, GError **error)
{
    return store_run(s->db, "DELETE FROM words WHERE rowid = ?1", word_row(document, result),
                     error);
}

bool store_words_drop(struct store *s, gint64 document, GError **error)
{
    return store_run(s->db,
                     "DELETE FROM words WHERE rowid BETWEEN ?1 << 32 AND ((?1 + 1) << 32) - 1",
                     document, error);
}

// ---- what is asked for --------------------------------------------------------------------------

// The words of a text as the index takes them apart, each to be found by its beginning: char *.
static GPtrArray *split_words(const char *text)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autoptr(GString) word = g_string_new("");
    for (const char *c = valid;; c = g_utf8_next_char(c)) {
        const gunichar letter = g_utf8_get_char(c);
        if (letter && (g_unichar_isalnum(letter) || g_unichar_ismark(letter))) {
            g_string_append_unichar(word, letter);
        } else if (word->len > 0) {
            g_ptr_array_add(words, g_strdup_printf("\"%s\" *", word->str));
            g_string_truncate(word, 0);
        }
        if (!letter || words->len == MOST_WORDS) {
            return words;
        }
    }
}

static const char *const orders[] = {
    [STORE_NEWEST] = "d.modified DESC, d.id DESC",
    [STORE_BY_NAME] = "d.name COLLATE NOCASE, d.id DESC",
    [STORE_FIRST] = "d.id",
    [STORE_MOST_RESULTS] = "results DESC, d.modified DESC, d.id DESC",
};

// Whether a row has a star stands behind its thumbnail, and is read by way of that; but an index
// has those without one.
#define STARRED                                                                                    \
    " AND results > (SELECT COUNT(*) FROM results AS r INDEXED BY results_plain "                  \
    "WHERE document = d.id AND starred = 0 AND " STORE_THERE ")"

static char *find_sql(guint words, enum store_order order, bool starred)
{
    GString *sql = g_string_new(
        "SELECT d.id, d.name, d.origin, d.modified, d.photo, d.prompt, "
        "(SELECT COUNT(*) FROM results AS r WHERE document = d.id AND " STORE_THERE ") AS results, "
        "n.nth FROM documents AS d JOIN (SELECT id, ROW_NUMBER() OVER (PARTITION BY name ORDER BY "
        "id) AS nth FROM documents WHERE deleted = 0) AS n ON n.id = d.id WHERE d.deleted = 0");
    for (guint i = 0; i < words; i++) {
        g_string_append_printf(
            sql, " AND d.id IN (SELECT rowid >> 32 FROM words WHERE words MATCH ?%u)", i + 2);
    }
    g_string_append_printf(sql, "%s ORDER BY %s LIMIT ?1", starred ? STARRED : "", orders[order]);
    return g_string_free(sql, FALSE);
}

void store_entry_free(struct store_entry *e)
{
    g_free(e->name);
    g_free(e->origin);
    g_free(e->photo);
    g_free(e->prompt);
    g_free(e);
}

static void *entry_from_row(sqlite3_stmt *q)
{
    struct store_entry *e = g_new(struct store_entry, 1);
    *e = (struct store_entry){
        .id = sqlite3_column_int64(q, 0),
        .name = store_column_text(q, 1),
        .origin = store_column_origin(q, 2),
        .modified = sqlite3_column_int64(q, 3),
        .photo = store_column_path(q, 4),
        .prompt = store_column_text(q, 5),
        .results = (guint)sqlite3_column_int(q, 6),
        .nth = (guint)sqlite3_column_int(q, 7),
    };
    return e;
}

GPtrArray *store_documents(struct store *s, const struct store_query *query, GError **error)
{
    g_autoptr(GPtrArray) words = split_words(query->words ? query->words : "");
    g_autofree char *sql = find_sql(words->len, query->order, query->starred);
    sqlite3_stmt *q = store_prepare_id(s->db, sql, query->limit ? query->limit : -1, error);
    for (guint i = 0; q && i < words->len; i++) {
        store_bind_text(q, (int)i + 2, words->pdata[i]);
    }
    return q ? store_list(s->db, q, entry_from_row, (GDestroyNotify)store_entry_free, error) : NULL;
}

static bool thumb_of(struct store *s, const char *sql, gint64 id, struct store_thumb *thumb,
                     GError **error)
{
    sqlite3_stmt *q = store_prepare_id(s->db, sql, id, error);
    const bool row = q && store_row(s->db, q, error);
    *thumb = (struct store_thumb){0};
    if (row) {
        thumb->rgba = store_column_bytes(q, 0);
        thumb->width = sqlite3_column_int(q, 1);
        thumb->height = sqlite3_column_int(q, 2);
    }
    sqlite3_finalize(q);
    return row;
}

bool store_thumb(struct store *s, gint64 document, struct store_thumb *thumb, GError **error)
{
    return thumb_of(s,
                    "SELECT thumb, thumb_width, thumb_height FROM results AS r WHERE document = ?1 "
                    "AND " STORE_THERE " ORDER BY created DESC, id DESC LIMIT 1",
                    document, thumb, error);
}

bool store_result_thumb(struct store *s, gint64 id, struct store_thumb *thumb, GError **error)
{
    return thumb_of(s, "SELECT thumb, thumb_width, thumb_height FROM results WHERE id = ?1", id,
                    thumb, error);
}
