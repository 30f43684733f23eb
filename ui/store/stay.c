// A library whose file is removed or replaced while it is open: SQLite goes on with the old one,
// which nobody would find again.
#include "ui/store/store_private.h"

#include "compute/i18n.h"

#include <errno.h>
#include <glib/gstdio.h>

static bool has_moved(sqlite3 *db)
{
    int moved = 0;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved != 0;
}

static bool copy_into(sqlite3 *db, const char *path, GError **error)
{
    sqlite3_stmt *q = store_prepare(db, "VACUUM INTO ?1", error);
    if (!q) {
        return false;
    }
    store_bind_text(q, 1, path);
    return store_finish(db, q, error);
}

// A journal of the old file would be taken for the new one's.
static void remove_journal(const char *path)
{
    static const char *const parts[] = {"-wal", "-shm"};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *part = g_strconcat(path, parts[i], NULL);
        g_unlink(part);
    }
}

static bool write_anew(struct store *s, const char *path, GError **error)
{
    g_autofree char *whole = g_strconcat(path, "-anew", NULL);
    g_unlink(whole); // of a program that was killed here
    if (!copy_into(s->db, whole, error)) {
        g_unlink(whole);
        return false;
    }
    sqlite3_close(s->db);
    s->db = NULL;
    remove_journal(path);
    if (g_rename(whole, path) != 0) {
        g_debug("%s could not be renamed", whole); // then there is an empty one
    }
    return store_connect(s, path, error);
}

bool store_stay(struct store *s, bool *anew, GError **error)
{
    g_autofree char *path = g_build_filename(s->dir, "library.db", NULL);
    *anew = false;
    if (!has_moved(s->db)) {
        return true;
    }
    if (g_file_test(path, G_FILE_TEST_EXISTS) || !g_file_test(s->dir, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    _("the library %s has been removed or replaced while it was in use"), path);
        return false;
    }
    *anew = store_make_folders(s->dir, error) && write_anew(s, path, error);
    return *anew;
}
