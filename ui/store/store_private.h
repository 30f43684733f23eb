// What the files of the library share.
#pragma once

#include "ui/store/store.h"

#include <sqlite3.h>

struct store {
    sqlite3 *db;
    char *dir;
    int training; // the file whose lock is held, or -1
    int opening;  // the same
    guint more;   // who hold it, besides the first
};

// Of a row of results, r: it is not in the trash.
#define STORE_THERE "NOT EXISTS (SELECT 1 FROM trash WHERE result = r.id)"

bool store_make_folders(const char *dir, GError **error);              // those that are not there
bool store_connect(struct store *s, const char *path, GError **error); // checks and migrates
void store_set_error(sqlite3 *db,
                     GError **error); // what SQLite says of the call that has just failed
// NULL with an error that carries SQLite's words.
sqlite3_stmt *store_prepare(sqlite3 *db, const char *sql, GError **error);
bool store_exec(sqlite3 *db, const char *sql, GError **error);
// What runs from now on ends when it is cancelled, which the end of a step must not; NULL: nothing
// ends it.
void store_stop_by(sqlite3 *db, GCancellable *cancellable);
// What stands between the two is there as a whole or not at all; may be nested. end: keeps it, or
// takes it back where ok is false or it cannot be kept, and returns whether it is there.
bool store_begin(sqlite3 *db, GError **error);
bool store_end(sqlite3 *db, bool ok, GError **error);
// Statements with one number in them, ?1: prepared; one that returns no rows; the first number of
// the first row (false without an error: there is no row).
sqlite3_stmt *store_prepare_id(sqlite3 *db, const char *sql, gint64 id, GError **error);
bool store_run(sqlite3 *db, const char *sql, gint64 id, GError **error);
bool store_number(sqlite3 *db, const char *sql, gint64 id, gint64 *number, GError **error);
// Runs a prepared statement that returns no rows and finalises it.
bool store_finish(sqlite3 *db, sqlite3_stmt *statement, GError **error);
// For rows: true on a row; false at the end, or on an error (then *error is set). Does not
// finalise.
bool store_row(sqlite3 *db, sqlite3_stmt *statement, GError **error);
// All rows as a list that frees its items with free_row; NULL with an error. Finalises.
GPtrArray *store_list(sqlite3 *db, sqlite3_stmt *statement, void *(*from_row)(sqlite3_stmt *),
                      GDestroyNotify free_row, GError **error);
bool store_migrate(sqlite3 *db, const char *path, GError **error);
int store_newest(void); // version of the schema

// find.c: the words by which a document is found; result 0: those of the document itself. Text is
// not copied. drop: of all its results, too.
bool store_words_put(struct store *s, gint64 document, gint64 result, const char *text,
                     GError **error);
bool store_words_drop(struct store *s, gint64 document, GError **error);
bool store_words_drop_result(struct store *s, gint64 document, gint64 result, GError **error);

// tidy.c: adds the sizes of files.
bool store_files_use(struct store *s, struct store_use *use, GError **error);

void store_bind_text(sqlite3_stmt *q, int i, const char *text); // NULL binds NULL
void store_bind_bytes(sqlite3_stmt *q, int i, GBytes *bytes);
// Newly allocated, never NULL: a library from outside may hold anything in any column.
char *store_column_text(sqlite3_stmt *q, int i);    // UTF-8
char *store_column_path(sqlite3_stmt *q, int i);    // any bytes, as the names of files are
char *store_column_origin(sqlite3_stmt *q, int i);  // the same, or NULL
GBytes *store_column_bytes(sqlite3_stmt *q, int i); // new reference or NULL
