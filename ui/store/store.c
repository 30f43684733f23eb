#include "ui/store/store_private.h"

#include "compute/i18n.h"

#include <glib/gstdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define BUSY_MS 3000 // that another program may take

#define LEAST_SPACE 65536 // bytes that the journal of a small change needs beside the library

// SQLite calls a full disk an input/output error where it makes its journal.
static bool is_disk_full(sqlite3 *db)
{
    const char *path = sqlite3_db_filename(db, "main");
    struct statvfs disk;
    return path && *path && statvfs(path, &disk) == 0 &&
           (guint64)disk.f_bavail * disk.f_frsize < LEAST_SPACE;
}

static GIOErrorEnum error_code(sqlite3 *db)
{
    switch (sqlite3_errcode(db)) {
    case SQLITE_FULL: return G_IO_ERROR_NO_SPACE;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: return is_disk_full(db) ? G_IO_ERROR_NO_SPACE : G_IO_ERROR_FAILED;
    case SQLITE_BUSY: return G_IO_ERROR_BUSY;
    case SQLITE_INTERRUPT: return G_IO_ERROR_CANCELLED;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return G_IO_ERROR_INVALID_DATA;
    default: return G_IO_ERROR_FAILED;
    }
}

void store_set_error(sqlite3 *db, GError **error)
{
    const GIOErrorEnum code = error_code(db);
    g_set_error(error, G_IO_ERROR, (gint)code, _("the library could not be used: %s"),
                code == G_IO_ERROR_NO_SPACE ? _("the disk is full") : sqlite3_errmsg(db));
}

sqlite3_stmt *store_prepare(sqlite3 *db, const char *sql, GError **error)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK) {
        store_set_error(db, error);
        return NULL;
    }
    return q;
}

bool store_exec(sqlite3 *db, const char *sql, GError **error)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        store_set_error(db, error);
        return false;
    }
    return true;
}

static int stop_cb(void *cancellable)
{
    return g_cancellable_is_cancelled(cancellable);
}

void store_stop_by(sqlite3 *db, GCancellable *cancellable)
{
    sqlite3_progress_handler(db, 10000, cancellable ? stop_cb : NULL, cancellable);
}

bool store_begin(sqlite3 *db, GError **error)
{
    return store_exec(db, "SAVEPOINT step", error);
}

bool store_end(sqlite3 *db, bool ok, GError **error)
{
    if (ok && store_exec(db, "RELEASE step", error)) {
        return true;
    }
    sqlite3_exec(db, "ROLLBACK TO step; RELEASE step", NULL, NULL, NULL);
    return false;
}

bool store_together(struct store *s, GError **error)
{
    return store_exec(s->db, "BEGIN IMMEDIATE", error);
}

bool store_together_end(struct store *s, bool ok, GError **error)
{
    if (ok && store_exec(s->db, "COMMIT", error)) {
        return true;
    }
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

sqlite3_stmt *store_prepare_id(sqlite3 *db, const char *sql, gint64 id, GError **error)
{
    sqlite3_stmt *q = store_prepare(db, sql, error);
    if (q) {
        sqlite3_bind_int64(q, 1, id);
    }
    return q;
}

bool store_run(sqlite3 *db, const char *sql, gint64 id, GError **error)
{
    sqlite3_stmt *q = store_prepare_id(db, sql, id, error);
    return q && store_finish(db, q, error);
}

bool store_number(sqlite3 *db, const char *sql, gint64 id, gint64 *number, GError **error)
{
    sqlite3_stmt *q = store_prepare_id(db, sql, id, error);
    const bool row = q && store_row(db, q, error);
    *number = row ? sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    return row;
}

bool store_finish(sqlite3 *db, sqlite3_stmt *statement, GError **error)
{
    bool ok = sqlite3_step(statement) == SQLITE_DONE;
    if (!ok) {
        store_set_error(db, error);
    }
    sqlite3_finalize(statement);
    return ok;
}

bool store_row(sqlite3 *db, sqlite3_stmt *statement, GError **error)
{
    int rc = sqlite3_step(statement);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        store_set_error(db, error);
    }
    return rc == SQLITE_ROW;
}

void store_bind_text(sqlite3_stmt *q, int i, const char *text)
{
    sqlite3_bind_text(q, i, text, -1, SQLITE_TRANSIENT);
}

void store_bind_bytes(sqlite3_stmt *q, int i, GBytes *bytes)
{
    if (bytes) {
        gsize size;
        const void *data = g_bytes_get_data(bytes, &size);
        sqlite3_bind_blob64(q, i, data, size, SQLITE_TRANSIENT);
    }
}

GPtrArray *store_list(sqlite3 *db, sqlite3_stmt *statement, void *(*from_row)(sqlite3_stmt *),
                      GDestroyNotify free_row, GError **error)
{
    GPtrArray *rows = g_ptr_array_new_with_free_func(free_row);
    GError *failure = NULL;
    while (store_row(db, statement, &failure)) {
        g_ptr_array_add(rows, from_row(statement));
    }
    sqlite3_finalize(statement);
    if (failure) {
        g_propagate_error(error, failure);
        g_clear_pointer(&rows, g_ptr_array_unref);
    }
    return rows;
}

char *store_column_text(sqlite3_stmt *q, int i)
{
    const char *text = (const char *)sqlite3_column_text(q, i);
    return g_utf8_make_valid(text ? text : "", -1);
}

char *store_column_path(sqlite3_stmt *q, int i)
{
    const char *path = (const char *)sqlite3_column_text(q, i);
    return g_strdup(path ? path : "");
}

char *store_column_origin(sqlite3_stmt *q, int i)
{
    return sqlite3_column_type(q, i) == SQLITE_NULL ? NULL : store_column_path(q, i);
}

GBytes *store_column_bytes(sqlite3_stmt *q, int i)
{
    const void *data = sqlite3_column_blob(q, i);
    return data ? g_bytes_new(data, (gsize)sqlite3_column_bytes(q, i)) : NULL;
}

// A program that ended properly has left no journal behind.
static bool left_journal(const char *path)
{
    g_autofree char *journal = g_strconcat(path, "-wal", NULL);
    GStatBuf info;
    return g_stat(journal, &info) == 0 && info.st_size > 0;
}

// Reads the whole file, which takes long if the library is large.
static bool check_intact(sqlite3 *db, GError **error)
{
    sqlite3_stmt *q = store_prepare(db, "PRAGMA quick_check(1)", error);
    bool row = q && store_row(db, q, error);
    bool ok = row && g_strcmp0((const char *)sqlite3_column_text(q, 0), "ok") == 0;
    if (row && !ok) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "damaged");
    }
    sqlite3_finalize(q);
    return ok;
}

// SQLite does not wait when the kind of journal changes, as in a library that several programs make
// at the same time.
static bool use_journal(sqlite3 *db, GError **error)
{
    const gint64 patience = g_get_monotonic_time() + BUSY_MS * G_TIME_SPAN_MILLISECOND;
    GError *failure = NULL;
    while (!store_exec(db, "PRAGMA journal_mode = WAL", &failure)) {
        if (!g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_BUSY) ||
            g_get_monotonic_time() > patience) {
            g_propagate_error(error, failure);
            return false;
        }
        g_clear_error(&failure);
        g_usleep(10 * G_TIME_SPAN_MILLISECOND);
    }
    return true;
}

// Settings of every connection: a library from outside cannot make the program run its triggers'
// functions or corrupt itself through a schema trick. auto_vacuum is taken by a file that is still
// empty, and only before it has a journal: from then on it can be made smaller step by step.
static bool configure(sqlite3 *db, bool check, GError **error)
{
    sqlite3_busy_timeout(db, BUSY_MS);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return (!check || check_intact(db, error)) &&
           store_exec(db, "PRAGMA auto_vacuum = INCREMENTAL", error) && use_journal(db, error) &&
           store_exec(db,
                      "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL;"
                      "PRAGMA secure_delete = FAST;", // no zeros into pages that become free
                      error);
}

bool store_connect(struct store *s, const char *path, GError **error)
{
    const bool check = left_journal(path); // opening changes it
    if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
        SQLITE_OK) {
        store_set_error(s->db, error);
    } else if (configure(s->db, check, error)) {
        return store_migrate(s->db, path, error);
    }
    g_prefix_error(error, "%s: ", path);
    return false;
}

// Why nothing can be written to the file or beside it, where its journal goes; 0: it can.
static int unwritable(const char *path)
{
    g_autofree char *dir = g_path_get_dirname(path);
    if (g_access(dir, W_OK) != 0) {
        return errno;
    }
    return g_access(path, F_OK) == 0 && g_access(path, W_OK) != 0 ? errno : 0;
}

// Only one that cannot be read at all is called damaged: whoever is told so may set it aside
// (store_set_aside), and the work in it with it.
static void explain(GError *failure, const char *path, GError **error)
{
    if (g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_INVALID_DATA)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    _("the library %s is damaged or is no library"), path);
        g_error_free(failure);
    } else if (g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_BUSY)) {
        g_set_error(
            error, G_IO_ERROR, G_IO_ERROR_BUSY,
            _("the library %s is locked by another program; start again when that has ended"),
            path);
        g_error_free(failure);
    } else if (g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_FAILED) && unwritable(path)) {
        const int code = unwritable(path);
        g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code),
                    _("the library %s cannot be written to where it is: %s"), path,
                    g_strerror(code));
        g_error_free(failure);
    } else {
        g_propagate_error(error, failure);
    }
}

static bool has_files(const char *dir, const char *folder)
{
    g_autofree char *path = g_build_filename(dir, folder, NULL);
    GDir *files = g_dir_open(path, 0, NULL);
    const bool any = files && g_dir_read_name(files);
    g_clear_pointer(&files, g_dir_close);
    return any;
}

// A file of no bytes is a new library to SQLite. Beside photos it is one that was lost, as after
// the disk was full; one that is not there at all was set aside.
static bool check_emptied(const char *dir, const char *path, GError **error)
{
    GStatBuf info;
    if (g_stat(path, &info) != 0 || info.st_size > 0 || left_journal(path) ||
        !has_files(dir, "photos")) {
        return true;
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                _("the library %s is empty, though there are photos of it beside it: what it held "
                  "was lost"),
                path);
    return false;
}

bool store_make_folders(const char *dir, GError **error)
{
    static const char *const names[] = {"photos", "adapters",   "subjects",
                                        "styles", "embeddings", "runs"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(dir, names[i], NULL);
        if (g_mkdir_with_parents(path, 0700) != 0) {
            int code = errno;
            g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code),
                        _("the folder %s could not be made: %s"), path, g_strerror(code));
            return false;
        }
    }
    return true;
}

struct store *store_open(const char *dir, GError **error)
{
    if (!store_make_folders(dir, error)) {
        return NULL;
    }
    g_autofree char *path = g_build_filename(dir, "library.db", NULL);
    if (!check_emptied(dir, path, error)) {
        return NULL;
    }
    struct store *s = g_new0(struct store, 1);
    s->dir = g_strdup(dir);
    s->training = s->opening = -1;
    GError *failure = NULL;
    if (store_connect(s, path, &failure)) {
        return s;
    }
    explain(failure, path, error);
    store_close(s);
    return NULL;
}

struct store *store_open_again(const char *dir, GError **error)
{
    g_autofree char *path = g_build_filename(dir, "library.db", NULL);
    struct store *s = g_new0(struct store, 1);
    s->dir = g_strdup(dir);
    s->training = s->opening = -1;
    if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
        if (configure(s->db, false, error)) {
            return s;
        }
    } else {
        store_set_error(s->db, error);
    }
    store_close(s);
    return NULL;
}

// The first name that is free, newly allocated: library-aside-1.db.
static char *aside_path(const char *dir)
{
    for (int i = 1;; i++) {
        g_autofree char *name = g_strdup_printf("library-aside-%d.db", i);
        g_autofree char *path = g_build_filename(dir, name, NULL);
        if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
            return g_steal_pointer(&path);
        }
    }
}

char *store_set_aside(const char *dir, GError **error)
{
    static const char *const parts[] = {"-wal", "-shm", ""}; // of one library: they keep together
    g_autofree char *from = g_build_filename(dir, "library.db", NULL);
    g_autofree char *to = aside_path(dir);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *old = g_strconcat(from, parts[i], NULL);
        g_autofree char *new = g_strconcat(to, parts[i], NULL);
        if (g_rename(old, new) != 0 && errno != ENOENT) {
            const int code = errno;
            g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code),
                        _("%s could not be renamed: %s"), old, g_strerror(code));
            return NULL;
        }
    }
    return g_steal_pointer(&to);
}

struct store *store_ref(struct store *s)
{
    s->more++;
    return s;
}

void store_close(struct store *s)
{
    if (s && s->more > 0) {
        s->more--;
    } else if (s) {
        store_training_end(s);
        store_opening(s, NULL);
        sqlite3_close(s->db);
        g_free(s->dir);
        g_free(s);
    }
}

const char *store_dir(const struct store *s)
{
    return s->dir;
}

char *store_path(const struct store *s, const char *path)
{
    return g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(s->dir, path, NULL);
}

char *store_own_path(const struct store *s, const char *relative)
{
    g_auto(GStrv) parts = g_strsplit(relative, "/", -1);
    bool plain = *relative != '\0';
    for (char **part = parts; *part; part++) {
        plain = plain && **part && !g_str_equal(*part, ".") && !g_str_equal(*part, "..");
    }
    return plain ? g_build_filename(s->dir, relative, NULL) : NULL;
}

bool store_model_used(struct store *s, const char *dir, const char *name, const char *hash,
                      GError **error)
{
    sqlite3_stmt *q =
        store_prepare(s->db,
                      "INSERT INTO models (dir, name, hash, used) VALUES (?1, ?2, ?3, ?4) "
                      "ON CONFLICT (dir) DO UPDATE SET name = ?2, hash = ?3, used = ?4",
                      error);
    if (!q) {
        return false;
    }
    store_bind_text(q, 1, dir);
    store_bind_text(q, 2, name);
    store_bind_text(q, 3, hash);
    sqlite3_bind_int64(q, 4, g_get_real_time() / G_USEC_PER_SEC);
    return store_finish(s->db, q, error);
}
