// A document as one file: an SQLite file of the library's schema that holds that document alone,
// and in one more table the files that it needs, in pieces. What is opened is from elsewhere: only
// what cannot run anything and is whole is read, and nothing is written to it.
#include "ui/store/store_private.h"

#include "compute/i18n.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION 0x54696e63  // "Tinc": tells it from other programs' files
#define FIRST       6           // step of the schema that there were packages from
#define PIECE       (4 << 20)   // bytes of a file in one row
#define MAX_VALUE   (512 << 20) // bytes of one value: the largest picture of a result has fewer
#define MAX_RESULTS 100000

// ---- writing ------------------------------------------------------------------------------------

static struct store *store_of(sqlite3 *db)
{
    struct store *s = g_new0(struct store, 1);
    s->db = db;
    s->dir = g_strdup("");
    s->training = s->opening = -1;
    return s;
}

struct store *store_package_new(const char *path, GError **error)
{
    sqlite3 *db = NULL;
    const bool opened = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK;
    struct store *s = store_of(db);
    if (!opened) {
        store_set_error(db, error);
    } else if (store_exec(db,
                          "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;"
                          "PRAGMA foreign_keys = ON",
                          error) &&
               store_migrate(db, path, error) &&
               store_exec(db,
                          "CREATE TABLE files (id INTEGER PRIMARY KEY, name TEXT NOT NULL, "
                          "bytes BLOB NOT NULL); CREATE INDEX files_name ON files (name)",
                          error)) {
        return s;
    }
    store_close(s);
    return NULL;
}

static bool put_piece(struct store *s, const char *name, const void *data, gsize size,
                      GError **error)
{
    sqlite3_stmt *q =
        store_prepare(s->db, "INSERT INTO files (name, bytes) VALUES (?1, ?2)", error);
    if (!q) {
        return false;
    }
    store_bind_text(q, 1, name);
    sqlite3_bind_blob64(q, 2, data, size, SQLITE_STATIC);
    return store_finish(s->db, q, error);
}

bool store_package_put(struct store *s, const char *name, const void *data, gsize size,
                       GError **error)
{
    bool ok = true;
    for (gsize at = 0; ok && at < size; at += PIECE) {
        ok = put_piece(s, name, (const char *)data + at, MIN(size - at, PIECE), error);
    }
    return ok;
}

// What is only for searching stays out.
bool store_package_end(struct store *s, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("DROP TABLE words; PRAGMA application_id = %d", APPLICATION);
    return store_exec(s->db, sql, error);
}

// ---- opening ------------------------------------------------------------------------------------

static bool refuse(const char *why, GError **error)
{
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, why);
    return false;
}

// A number that a statement without parameters gives.
static gint64 number_of(sqlite3 *db, const char *sql)
{
    gint64 number;
    return store_number(db, sql, 0, &number, NULL) ? number : -1;
}

static bool check_version(sqlite3 *db, GError **error)
{
    const gint64 version = number_of(db, "PRAGMA user_version");
    if (number_of(db, "PRAGMA application_id") != APPLICATION) {
        return refuse(_("it is no document that this program has exported"), error);
    }
    if (version > store_newest()) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                            _("it was written by a newer version of the program"));
        return false;
    }
    return version >= FIRST || refuse(_("its version is none that was ever exported"), error);
}

// Nothing but plain tables of our names and their indexes: no views, triggers, virtual tables or
// computed columns, which would run what somebody else has written.
static bool check_schema(sqlite3 *db, GError **error)
{
    static const char *const tables[] = {"models",   "documents", "adapters", "results",
                                         "pictures", "runs",      "files",    "trash"};
    const gint64 odd =
        number_of(db, "SELECT COUNT(*) FROM sqlite_master WHERE type NOT IN ('table', 'index') OR "
                      "(type = 'table' AND sql NOT LIKE 'CREATE TABLE %')");
    const gint64 all = number_of(db, "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'");
    bool ok = odd == 0 && all == G_N_ELEMENTS(tables);
    for (size_t i = 0; ok && i < G_N_ELEMENTS(tables); i++) {
        g_autofree char *sql = g_strdup_printf(
            "SELECT COUNT(*) - 1000 * SUM(hidden <> 0) FROM pragma_table_xinfo('%s')", tables[i]);
        ok = number_of(db, sql) > 0;
    }
    return ok || refuse(_("its tables are not those of a document"), error);
}

static bool check_rows(sqlite3 *db, GError **error)
{
    sqlite3_stmt *q = store_prepare(db, "PRAGMA quick_check(1)", NULL);
    const bool whole = q && store_row(db, q, NULL) &&
                       g_strcmp0((const char *)sqlite3_column_text(q, 0), "ok") == 0;
    sqlite3_finalize(q);
    if (!whole) {
        return refuse(_("it is damaged"), error);
    }
    if (number_of(db, "SELECT COUNT(*) FROM documents") != 1) {
        return refuse(_("it does not hold one document"), error);
    }
    return number_of(db, "SELECT COUNT(*) FROM results") <= MAX_RESULTS ||
           refuse(_("it holds too many results"), error);
}

bool store_is_package(const char *path)
{
    enum { MAGIC = 68 }; // where SQLite has the number of the program
    static const char sqlite[] = "SQLite";
    guint8 head[MAGIC + 4];
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const bool whole = fd >= 0 && read(fd, head, sizeof head) == (ssize_t)sizeof head;
    if (fd >= 0) {
        close(fd);
    }
    return whole && memcmp(head, sqlite, strlen(sqlite)) == 0 &&
           ((guint32)head[MAGIC] << 24 | head[MAGIC + 1] << 16 | head[MAGIC + 2] << 8 |
            head[MAGIC + 3]) == APPLICATION;
}

static bool check_regular(const char *path, GError **error)
{
    GStatBuf info;
    if (g_stat(path, &info) != 0) {
        const int code = errno;
        g_set_error_literal(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), g_strerror(code));
        return false;
    }
    return S_ISREG(info.st_mode) || refuse(_("it is no file"), error);
}

// immutable: no journal beside it is read, and no lock is taken.
static bool open_package(const char *path, sqlite3 **db, GError **error)
{
    g_autofree char *absolute = g_canonicalize_filename(path, NULL);
    g_autofree char *escaped = g_uri_escape_string(absolute, "/", FALSE);
    g_autofree char *uri = g_strdup_printf("file:%s?immutable=1", escaped);
    if (sqlite3_open_v2(uri, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) != SQLITE_OK) {
        store_set_error(*db, error);
        return false;
    }
    sqlite3_db_config(*db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_limit(*db, SQLITE_LIMIT_LENGTH, MAX_VALUE);
    sqlite3_limit(*db, SQLITE_LIMIT_ATTACHED, 0);
    return check_version(*db, error) && check_schema(*db, error) && check_rows(*db, error);
}

struct store *store_package_open(const char *path, GError **error)
{
    sqlite3 *db = NULL;
    if (check_regular(path, error) && open_package(path, &db, error)) {
        return store_of(db);
    }
    g_prefix_error(error, "%s: ", path);
    sqlite3_close(db);
    return NULL;
}

bool store_package_get(struct store *s, const char *name, store_piece_fn take, void *data,
                       GError **error)
{
    sqlite3_stmt *q =
        store_prepare(s->db, "SELECT bytes FROM files WHERE name = ?1 ORDER BY id", error);
    if (!q) {
        return false;
    }
    store_bind_text(q, 1, name);
    GError *failure = NULL;
    bool any = false, ok = true;
    while (ok && store_row(s->db, q, &failure)) {
        const void *bytes = sqlite3_column_blob(q, 0);
        any = true;
        ok = bytes && take(bytes, (gsize)sqlite3_column_bytes(q, 0), data, &failure);
    }
    sqlite3_finalize(q);
    if (failure) {
        g_propagate_error(error, failure);
        return false;
    }
    return (any && ok) || refuse(_("a file that it names is not in it"), error);
}
