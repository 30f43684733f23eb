// A library that cannot be written to where it is, as a copy in a temporary folder: what the
// program writes anew or over is copied, the rest are links. A folder that a killed program has
// left is removed by the next copy.
#include "ui/store/store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "tincture-library-"
#define RANDOM "XXXXXX"
#define TRIES  3 // while another program writes what is being copied

// ---- folders ------------------------------------------------------------------------------------

// Of one that this file has made: links are removed, not followed.
static void remove_folder(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        if (g_unlink(child) != 0) {
            remove_folder(child);
        }
    }
    g_clear_pointer(&dir, g_dir_close);
    g_rmdir(path);
}

// The folder, locked as long as this is open; -1: it is another program's or another person's.
static int lock_folder(const char *path)
{
    struct stat info;
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 &&
        (fstat(fd, &info) != 0 || info.st_uid != geteuid() || flock(fd, LOCK_EX | LOCK_NB) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

static void sweep(void)
{
    GDir *dir = g_dir_open(g_get_tmp_dir(), 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        if (g_str_has_prefix(name, PREFIX) && strlen(name) == strlen(PREFIX RANDOM)) {
            g_autofree char *path = g_build_filename(g_get_tmp_dir(), name, NULL);
            const int fd = lock_folder(path);
            if (fd >= 0) {
                remove_folder(path);
                close(fd);
            }
        }
    }
    g_clear_pointer(&dir, g_dir_close);
}

// ---- what is in them ----------------------------------------------------------------------------

struct stamp { // of the files of SQLite's, which change together
    struct stat of[2];
};

static const char *const parts[] = {"library.db", "library.db-wal"};

static struct stamp stamp_of(const char *dir)
{
    struct stamp s;
    memset(&s, 0, sizeof s);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *path = g_build_filename(dir, parts[i], NULL);
        struct stat info;
        if (stat(path, &info) == 0) {
            s.of[i].st_size = info.st_size;
            s.of[i].st_mtim = info.st_mtim;
        }
    }
    return s;
}

static bool copy_file(const char *from_dir, const char *to_dir, const char *name, GError **error)
{
    g_autofree char *from = g_build_filename(from_dir, name, NULL);
    g_autofree char *to = g_build_filename(to_dir, name, NULL);
    g_autoptr(GFile) source = g_file_new_for_path(from);
    g_autoptr(GFile) target = g_file_new_for_path(to);
    return g_file_copy(source, target, G_FILE_COPY_OVERWRITE | G_FILE_COPY_TARGET_DEFAULT_PERMS,
                       NULL, NULL, NULL, error);
}

// A library that is not there, or that this person may not read, is an empty one.
static bool copy_rows(const char *dir, const char *to, GError **error)
{
    for (int i = 0; i < TRIES; i++) {
        const struct stamp before = stamp_of(dir);
        for (size_t k = 0; k < G_N_ELEMENTS(parts); k++) {
            g_autoptr(GError) failure = NULL;
            if (!copy_file(dir, to, parts[k], &failure) &&
                !g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) &&
                !g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY) &&
                !g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED)) {
                g_propagate_error(error, g_steal_pointer(&failure));
                return false;
            }
        }
        const struct stamp after = stamp_of(dir);
        if (memcmp(&before, &after, sizeof before) == 0) {
            return true;
        }
    }
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_BUSY, "another program writes it");
    return false;
}

// What cannot be had is missed by whoever opens it, and told there.
static void bring_files(const char *dir, const char *to, const char *folder, bool copies)
{
    g_autofree char *from_dir = g_canonicalize_filename(folder, dir);
    g_autofree char *to_dir = g_build_filename(to, folder, NULL);
    GDir *files = g_mkdir(to_dir, 0700) == 0 ? g_dir_open(from_dir, 0, NULL) : NULL;
    for (const char *name; files && (name = g_dir_read_name(files));) {
        g_autofree char *from = g_build_filename(from_dir, name, NULL);
        g_autofree char *link = g_build_filename(to_dir, name, NULL);
        if (copies ? !copy_file(from_dir, to_dir, name, NULL) : symlink(from, link) != 0) {
            g_debug("%s is not in the copy of the library", from);
        }
    }
    g_clear_pointer(&files, g_dir_close);
}

// ---- the copy -----------------------------------------------------------------------------------

bool store_copy_new(struct store_copy *c, const char *library, GError **error)
{
    g_autofree char *dir = g_canonicalize_filename(library, NULL); // that links can lead to
    sweep();
    c->lock = -1;
    c->dir = g_dir_make_tmp(PREFIX RANDOM, error);
    if (!c->dir) {
        return false;
    }
    c->lock = lock_folder(c->dir);
    if (!copy_rows(dir, c->dir, error)) {
        store_copy_clear(c);
        return false;
    }
    bring_files(dir, c->dir, "photos", false);
    bring_files(dir, c->dir, "adapters", false);
    bring_files(dir, c->dir, "embeddings", false);
    bring_files(dir, c->dir, "controls", false);
    bring_files(dir, c->dir, "made", false);
    copy_file(dir, c->dir, "workshop.json", NULL); // there may be none
    bring_files(dir, c->dir, "subjects", true);    // the draft of one
    bring_files(dir, c->dir, "runs", true);        // checkpoints of trainings that go on
    return true;
}

void store_copy_clear(struct store_copy *c)
{
    if (c->dir) {
        remove_folder(c->dir);
        g_clear_pointer(&c->dir, g_free);
        if (c->lock >= 0) {
            close(c->lock);
        }
    }
}
