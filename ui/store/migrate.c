#include "ui/store/store_private.h"

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
};

// -1 with an error.
static int user_version(sqlite3 *db, GError **error)
{
    int version = -1;
    sqlite3_stmt *q = store_prepare(db, "PRAGMA user_version", error);
    if (q && sqlite3_step(q) == SQLITE_ROW) {
        version = sqlite3_column_int(q, 0);
    } else if (q) {
        store_set_error(db, error);
    }
    sqlite3_finalize(q);
    return version;
}

bool store_migrate(sqlite3 *db, const char *path, GError **error)
{
    const int newest = G_N_ELEMENTS(steps);
    int version = user_version(db, error);
    if (version < 0) {
        return false;
    }
    if (version > newest) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "the library %s was written by a newer version of the program", path);
        return false;
    }
    for (; version < newest; version++) {
        g_autofree char *sql = g_strdup_printf(
            "BEGIN IMMEDIATE; %s PRAGMA user_version = %d; COMMIT;", steps[version], version + 1);
        if (!store_exec(db, sql, error)) {
            sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
            g_prefix_error(error, "could not bring the library %s up to date: ", path);
            return false;
        }
    }
    return true;
}
