// Files beside the library that no row names, the size of its own file, and whether all is well.
#include "ui/store/store_private.h"

#include "compute/i18n.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GRACE 120 // seconds in which a file that was just written gets its row
#define PAGES 256 // that go from the end of the file in one transaction
#define UUID  36  // letters of the names that trainings of documents have

// ---- files --------------------------------------------------------------------------------------

// A set of the relative paths in the rows of a statement, which it finalizes.
static GHashTable *paths_of(struct store *s, sqlite3_stmt *q, GError **error)
{
    g_autoptr(GHashTable) paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GError *failure = NULL;
    while (store_row(s->db, q, &failure)) {
        char *path = store_column_path(q, 0);
        if (path) {
            g_hash_table_add(paths, path);
        }
    }
    sqlite3_finalize(q);
    if (failure) {
        g_propagate_error(error, failure);
        return NULL;
    }
    return g_steal_pointer(&paths);
}

// Those that any row names, in the trash or not.
static GHashTable *named_files(struct store *s, GError **error)
{
    sqlite3_stmt *q = store_prepare(s->db,
                                    "SELECT photo FROM documents UNION SELECT path FROM adapters "
                                    "UNION SELECT checkpoint FROM runs",
                                    error);
    return q ? paths_of(s, q, error) : NULL;
}

// Checkpoints of subjects and styles have other names, and no row.
static bool is_ours(const char *folder, const char *name)
{
    return *name != '.' &&
           (!g_str_equal(folder, "runs") || strlen(name) == UUID + strlen(".safetensors"));
}

static GPtrArray *unowned(struct store *s, GHashTable *gone, GError **error)
{
    static const char *const folders[] = {"photos", "adapters", "runs"};
    g_autoptr(GHashTable) named = named_files(s, error);
    if (!named) {
        return NULL;
    }
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    const gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *folder = g_build_filename(s->dir, folders[i], NULL);
        GDir *dir = g_dir_open(folder, 0, NULL);
        for (const char *name; dir && (name = g_dir_read_name(dir));) {
            g_autofree char *relative = g_build_filename(folders[i], name, NULL);
            g_autofree char *path = g_build_filename(folder, name, NULL);
            GStatBuf info;
            const bool free = is_ours(folders[i], name) && !g_hash_table_contains(named, relative);
            if (free && g_lstat(path, &info) == 0 && S_ISREG(info.st_mode) &&
                (info.st_mtime + GRACE < now || (gone && g_hash_table_contains(gone, relative)))) {
                g_ptr_array_add(list, g_steal_pointer(&relative));
            }
        }
        g_clear_pointer(&dir, g_dir_close);
    }
    return list;
}

GPtrArray *store_unowned(struct store *s, GError **error)
{
    return unowned(s, NULL, error);
}

// Nobody else can add a row meanwhile.
bool store_collect(struct store *s, GHashTable *gone, GError **error)
{
    if (!store_exec(s->db, "BEGIN IMMEDIATE", error)) {
        return false;
    }
    g_autoptr(GPtrArray) list = unowned(s, gone, error);
    for (guint i = 0; list && i < list->len; i++) {
        g_autofree char *path = g_build_filename(s->dir, list->pdata[i], NULL);
        if (g_unlink(path) != 0) {
            g_debug("%s stays: %s", path, g_strerror(errno));
        }
    }
    return store_exec(s->db, "COMMIT", error) && list;
}

static goffset size_of(const char *path)
{
    GStatBuf info;
    return g_stat(path, &info) == 0 && S_ISREG(info.st_mode) ? info.st_size : 0;
}

static goffset folder_size(const char *dir, const char *name)
{
    goffset size = 0;
    g_autofree char *folder = g_build_filename(dir, name, NULL);
    GDir *files = g_dir_open(folder, 0, NULL);
    for (const char *file; files && (file = g_dir_read_name(files));) {
        g_autofree char *path = g_build_filename(folder, file, NULL);
        size += size_of(path);
    }
    g_clear_pointer(&files, g_dir_close);
    return size;
}

GHashTable *store_trash_files(struct store *s, GError **error)
{
    sqlite3_stmt *q = store_prepare(
        s->db,
        "SELECT photo FROM documents GROUP BY photo HAVING MIN(deleted) > 0 UNION "
        "SELECT a.path FROM adapters AS a JOIN documents AS d ON d.id = a.document GROUP BY a.path "
        "HAVING MIN(MAX(a.deleted, d.deleted)) > 0 UNION "
        "SELECT r.checkpoint FROM runs AS r JOIN documents AS d ON d.id = r.document "
        "WHERE d.deleted > 0",
        error);
    return q ? paths_of(s, q, error) : NULL;
}

static bool trash_size(struct store *s, goffset *bytes, GError **error)
{
    g_autoptr(GHashTable) names = store_trash_files(s, error);
    GHashTableIter iter;
    gpointer relative;
    if (!names) {
        return false;
    }
    g_hash_table_iter_init(&iter, names);
    while (g_hash_table_iter_next(&iter, &relative, NULL)) {
        g_autofree char *path = store_own_path(s, relative);
        *bytes += path ? size_of(path) : 0;
    }
    return true;
}

bool store_files_use(struct store *s, struct store_use *use, GError **error)
{
    static const char *const parts[] = {"library.db", "library.db-wal"};
    static const char *const folders[] = {"photos", "adapters", "runs",       "subjects",
                                          "styles", "made",     "embeddings", "controls"};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *path = g_build_filename(s->dir, parts[i], NULL);
        use->bytes += size_of(path);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
        use->bytes += folder_size(s->dir, folders[i]);
    }
    return trash_size(s, &use->trash_bytes, error);
}

// ---- the file's size ----------------------------------------------------------------------------

// A file of a version before it could be made smaller step by step is written anew, once.
static bool write_anew(struct store *s, const struct store_wait *wait, GError **error)
{
    store_stop_by(s->db, wait->cancellable);
    const bool ok = store_exec(s->db, "PRAGMA auto_vacuum = INCREMENTAL; VACUUM", error);
    store_stop_by(s->db, NULL);
    return ok;
}

static bool shorten(struct store *s, gint64 free_pages, const struct store_wait *wait,
                    GError **error)
{
    g_autofree char *step = g_strdup_printf("PRAGMA incremental_vacuum(%d)", PAGES);
    for (gint64 left = free_pages, before = left + 1; left > 0 && left < before;) {
        if (g_cancellable_set_error_if_cancelled(wait->cancellable, error) ||
            !store_exec(s->db, step, error)) {
            return false;
        }
        before = left;
        if (!store_number(s->db, "PRAGMA freelist_count", 0, &left, error)) {
            return false;
        }
        if (wait->report) {
            wait->report((double)(free_pages - left) / (double)free_pages, wait->data);
        }
    }
    return true;
}

bool store_trim(struct store *s, const struct store_wait *wait, GError **error)
{
    gint64 kind, pages;
    if (!store_number(s->db, "PRAGMA auto_vacuum", 0, &kind, error) ||
        !store_number(s->db, "PRAGMA freelist_count", 0, &pages, error)) {
        return false;
    }
    const bool ok = pages == 0  ? true
                    : kind == 2 ? shorten(s, pages, wait, error)
                                : write_anew(s, wait, error);
    // Another program that reads holds it up; then the next one that ends does it.
    sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return ok;
}

// ---- whether all is well ------------------------------------------------------------------------

static bool add_rows(struct store *s, const char *sql, const char *what, const char *fine,
                     GPtrArray *faults, GError **error)
{
    sqlite3_stmt *q = store_prepare(s->db, sql, error);
    GError *failure = NULL;
    while (q && store_row(s->db, q, &failure)) {
        g_autofree char *text = store_column_text(q, 0);
        if (!g_str_equal(text, fine)) {
            g_ptr_array_add(faults, g_strdup_printf("%s: %s", what, text));
        }
    }
    sqlite3_finalize(q);
    if (failure) {
        g_propagate_error(error, failure);
    }
    return q && !failure;
}

static bool check_words(struct store *s, GPtrArray *faults, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (!store_exec(s->db, "INSERT INTO words (words) VALUES ('integrity-check')", &failure)) {
        g_ptr_array_add(faults, g_strdup_printf(_("the index of words: %s"), failure->message));
    }
    return add_rows(s,
                    "SELECT d.name FROM documents AS d WHERE NOT EXISTS "
                    "(SELECT 1 FROM words WHERE rowid = d.id << 32)",
                    _("no search finds"), "", faults, error);
}

bool store_check(struct store *s, const struct store_wait *wait, GPtrArray *faults, GError **error)
{
    store_stop_by(s->db, wait->cancellable);
    const bool ok =
        add_rows(s, "PRAGMA integrity_check(20)", _("the library's file"), "ok", faults, error) &&
        add_rows(s, "SELECT \"table\" || ', row ' || rowid FROM pragma_foreign_key_check",
                 _("it names what is not there"), "", faults, error) &&
        check_words(s, faults, error);
    store_stop_by(s->db, NULL);
    return ok;
}
