#include "ui/store/store_private.h"

#include "compute/i18n.h"

// One step for each released version of the schema; a step never changes after its release.
static const char *const steps[] = {
    "CREATE TABLE models ("
    "  id INTEGER PRIMARY KEY,"
    "  dir TEXT NOT NULL UNIQUE,"
    "  name TEXT NOT NULL,"
    "  hash TEXT,"
    "  used INTEGER NOT NULL);"
    "CREATE TABLE documents ("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL,"
    "  photo TEXT NOT NULL,"
    "  origin TEXT,"
    "  source_prompt TEXT NOT NULL DEFAULT '',"
    "  prompt TEXT NOT NULL DEFAULT '',"
    "  negative TEXT NOT NULL DEFAULT '',"
    "  params TEXT NOT NULL DEFAULT '{}',"
    "  learn TEXT NOT NULL DEFAULT '{}',"
    "  seed INTEGER NOT NULL DEFAULT 0,"
    "  modified INTEGER NOT NULL);"
    "CREATE INDEX documents_modified ON documents (modified);"
    "CREATE INDEX documents_photo ON documents (photo);"
    "CREATE TABLE adapters ("
    "  id INTEGER PRIMARY KEY,"
    "  document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,"
    "  name TEXT NOT NULL,"
    "  path TEXT NOT NULL,"
    "  method TEXT NOT NULL,"
    "  scale REAL NOT NULL DEFAULT 1,"
    "  enabled INTEGER NOT NULL DEFAULT 1,"
    "  listed INTEGER NOT NULL DEFAULT 1);"
    "CREATE INDEX adapters_document ON adapters (document);"
    "CREATE TABLE results ("
    "  id INTEGER PRIMARY KEY,"
    "  document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,"
    "  created INTEGER NOT NULL,"
    "  prompt TEXT NOT NULL,"
    "  recipe TEXT NOT NULL,"
    "  thumb BLOB NOT NULL, thumb_width INTEGER NOT NULL, thumb_height INTEGER NOT NULL,"
    "  pixels BLOB NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,"
    "  seconds REAL NOT NULL);"
    "CREATE INDEX results_document ON results (document, created);"
    "CREATE TABLE runs ("
    "  id INTEGER PRIMARY KEY,"
    "  document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,"
    "  method TEXT NOT NULL,"
    "  learn TEXT NOT NULL,"
    "  checkpoint TEXT NOT NULL,"
    "  prompt TEXT NOT NULL,"
    "  step INTEGER NOT NULL,"
    "  steps INTEGER NOT NULL,"
    "  state INTEGER NOT NULL,"
    "  loss BLOB,"
    "  adapter INTEGER REFERENCES adapters (id) ON DELETE SET NULL,"
    "  modified INTEGER NOT NULL);"
    "CREATE INDEX runs_document ON runs (document, state);",
    "ALTER TABLE documents ADD COLUMN place TEXT NOT NULL DEFAULT '{}';",
    "ALTER TABLE results ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;",
    ("ALTER TABLE adapters ADD COLUMN from_step INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE adapters ADD COLUMN to_step INTEGER NOT NULL DEFAULT 0;"),
    // SQLite reads what stands behind a large value by way of all its pages.
    ("CREATE TABLE pictures ("
     "  result INTEGER PRIMARY KEY REFERENCES results (id) ON DELETE CASCADE,"
     "  pixels BLOB NOT NULL);"
     "INSERT INTO pictures SELECT id, pixels FROM results WHERE pixels IS NOT NULL;"
     "ALTER TABLE results DROP COLUMN pixels;"),
    // The trash (when, in unix seconds; 0: not in it), which for results is a table of its own, as
    // a change of their rows writes the thumbnails again; and the words by which documents are
    // found: a row for each document and for each result, see find.c.
    ("ALTER TABLE documents ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE adapters ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;"
     "CREATE TABLE trash ("
     "  result INTEGER PRIMARY KEY REFERENCES results (id) ON DELETE CASCADE,"
     "  deleted INTEGER NOT NULL);"
     "CREATE INDEX documents_deleted ON documents (deleted) WHERE deleted <> 0;"
     "CREATE INDEX adapters_deleted ON adapters (deleted) WHERE deleted <> 0;"
     "CREATE INDEX results_plain ON results (document, created) WHERE starred = 0;"
     "CREATE VIRTUAL TABLE words USING fts5 (text, prefix = '1 2 3',"
     "  tokenize = 'unicode61 remove_diacritics 2');"
     "INSERT INTO words (rowid, text) SELECT id << 32, name || ' ' || source_prompt || ' ' || "
     "prompt"
     "  FROM documents;"
     "INSERT INTO words (rowid, text) SELECT document << 32 | id, prompt FROM results;"),
};

enum { NEWEST = G_N_ELEMENTS(steps) };

int store_newest(void)
{
    return NEWEST;
}

static bool user_version(sqlite3 *db, int *version, GError **error)
{
    sqlite3_stmt *q = store_prepare(db, "PRAGMA user_version", error);
    const bool row = q && store_row(db, q, error);
    *version = row ? sqlite3_column_int(q, 0) : -1;
    sqlite3_finalize(q);
    if (row && *version < 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("its version is %d"), *version);
    }
    return *version >= 0;
}

// One that says it is this library's, but has not what that holds.
static bool check_tables(sqlite3 *db, GError **error)
{
    static const char sql[] =
        "SELECT m.dir, m.hash, d.photo, d.learn, d.place, a.path, a.listed, a.to_step, r.recipe, "
        "r.starred, p.result, p.pixels, u.checkpoint, u.loss, u.adapter, d.deleted, a.deleted, "
        "t.deleted, t.result, w.rowid, w.text FROM models AS m, documents AS d, adapters AS a, "
        "results AS r, "
        "pictures AS p, runs AS u, words AS w, trash AS t LIMIT 0";
    GError *failure = NULL;
    sqlite3_stmt *q = store_prepare(db, sql, &failure);
    sqlite3_finalize(q);
    if (g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_FAILED)) {
        g_clear_error(&failure);
        failure =
            g_error_new_literal(G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("it lacks its tables"));
    }
    if (failure) {
        g_propagate_error(error, failure);
    }
    return q != NULL;
}

// A file that is empty, or nothing that the steps could begin with.
static bool check_empty(sqlite3 *db, GError **error)
{
    sqlite3_stmt *q = store_prepare(db, "SELECT 1 FROM sqlite_master LIMIT 1", error);
    GError *failure = NULL;
    const bool row = q && store_row(db, q, &failure);
    if (row) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                            _("it is another program's"));
    } else if (failure) {
        g_propagate_error(error, failure);
    }
    sqlite3_finalize(q);
    return q && !row && !failure;
}

// The steps that are missing. The version is read once nobody else can write: of programs that are
// started at the same time one makes the library, and the others find it made.
static bool move_forward(sqlite3 *db, GError **error)
{
    if (!store_exec(db, "BEGIN IMMEDIATE", error)) {
        return false;
    }
    int version;
    bool ok = user_version(db, &version, error) && (version > 0 || check_empty(db, error));
    for (; ok && version < NEWEST; version++) {
        ok = store_exec(db, steps[version], error);
    }
    g_autofree char *done = g_strdup_printf("PRAGMA user_version = %d; COMMIT", version);
    ok = ok && store_exec(db, done, error);
    if (!ok) {
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
    return ok;
}

bool store_migrate(sqlite3 *db, const char *path, GError **error)
{
    int version;
    if (!user_version(db, &version, error)) {
        return false;
    }
    if (version > NEWEST) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    _("the library %s was written by a newer version of the program"), path);
        return false;
    }
    if (version < NEWEST && !move_forward(db, error)) {
        g_prefix_error(error, _("could not bring the library %s up to date: "), path);
        return false;
    }
    return check_tables(db, error);
}
