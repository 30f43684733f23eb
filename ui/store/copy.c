// A library that cannot be written to where it is, as a copy in a temporary folder: what the
// program writes anew or over is copied, the rest are links. A folder that a killed program has
// left is removed by the next copy.
#include "ui/store/store.h"

#include "compute/i18n.h"

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

struct store_copy {
    char *library; // that it is of, an absolute path: links lead there
    char *dir;
    int lock;   // of the folder
    guint more; // who hold it, besides the first
};

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

struct progress {
    const struct store_wait *wait;
    goffset all, done, before; // bytes; before: of the files that are whole
};

static void copied_cb(goffset current, goffset total, gpointer data)
{
    struct progress *p = data;
    const goffset done = MIN(p->before + current, p->all);
    if (p->wait->report &&
        done - p->done >= p->all / 100) { // a file is copied in many small pieces
        p->done = done;
        p->wait->report((double)done / (double)MAX(p->all, 1), p->wait->data);
    }
}

static bool copy_file(const char *from_dir, const char *to_dir, const char *name,
                      struct progress *p, GError **error)
{
    g_autofree char *from = g_build_filename(from_dir, name, NULL);
    g_autofree char *to = g_build_filename(to_dir, name, NULL);
    g_autoptr(GFile) source = g_file_new_for_path(from);
    g_autoptr(GFile) target = g_file_new_for_path(to);
    return g_file_copy(source, target, G_FILE_COPY_OVERWRITE | G_FILE_COPY_TARGET_DEFAULT_PERMS,
                       p->wait->cancellable, copied_cb, p, error);
}

static goffset size_of(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) ? info.st_size : 0;
}

// A library that is not there, or that this person may not read, is an empty one.
static bool copy_rows(const char *dir, const char *to, struct progress *p, GError **error)
{
    for (int i = 0; i < TRIES; i++) {
        const struct stamp before = stamp_of(dir);
        p->done = p->before = 0;
        for (size_t k = 0; k < G_N_ELEMENTS(parts); k++) {
            g_autoptr(GError) failure = NULL;
            if (!copy_file(dir, to, parts[k], p, &failure) &&
                !g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) &&
                !g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY) &&
                !g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED)) {
                g_propagate_error(error, g_steal_pointer(&failure));
                return false;
            }
            p->before += size_of(dir, parts[k]);
        }
        const struct stamp after = stamp_of(dir);
        if (memcmp(&before, &after, sizeof before) == 0) {
            return true;
        }
    }
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_BUSY, _("another program writes it"));
    return false;
}

// What cannot be had is missed by whoever opens it, and told there. p NULL: links.
static void bring_files(const struct store_copy *c, const char *folder, struct progress *p)
{
    g_autofree char *from_dir = g_build_filename(c->library, folder, NULL);
    g_autofree char *to_dir = g_build_filename(c->dir, folder, NULL);
    GDir *files = g_mkdir(to_dir, 0700) == 0 ? g_dir_open(from_dir, 0, NULL) : NULL;
    for (const char *name; files && (name = g_dir_read_name(files));) {
        g_autofree char *from = g_build_filename(from_dir, name, NULL);
        g_autofree char *link = g_build_filename(to_dir, name, NULL);
        if (p ? !copy_file(from_dir, to_dir, name, p, NULL) : symlink(from, link) != 0) {
            g_debug("%s is not in the copy of the library", from);
        }
        if (p) {
            p->before += size_of(from_dir, name);
        }
    }
    g_clear_pointer(&files, g_dir_close);
}

static goffset size_of_files(const char *dir, const char *folder)
{
    goffset size = 0;
    g_autofree char *path = g_build_filename(dir, folder, NULL);
    GDir *files = g_dir_open(path, 0, NULL);
    for (const char *name; files && (name = g_dir_read_name(files));) {
        size += size_of(path, name);
    }
    g_clear_pointer(&files, g_dir_close);
    return size;
}

// ---- the copy -----------------------------------------------------------------------------------

static const char *const linked[] = {"photos", "adapters", "embeddings", "controls", "made"};
static const char *const written[] = {
    "subjects", // the draft of one
    "styles",   // the same
    "runs",     // checkpoints of trainings that go on
};

struct store_copy *store_copy_new(const char *library, GError **error)
{
    sweep();
    g_autofree char *dir = g_dir_make_tmp(PREFIX RANDOM, error);
    if (!dir) {
        return NULL;
    }
    struct store_copy *c = g_new(struct store_copy, 1);
    c->library = g_canonicalize_filename(library, NULL);
    c->dir = g_steal_pointer(&dir);
    c->lock = lock_folder(c->dir);
    c->more = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(linked); i++) {
        bring_files(c, linked[i], NULL);
    }
    const struct store_wait nobody = {0};
    copy_file(c->library, c->dir, "workshop.json", &(struct progress){.wait = &nobody},
              NULL); // there may be none
    return c;
}

const char *store_copy_dir(const struct store_copy *c)
{
    return c->dir;
}

bool store_copy_fill(const struct store_copy *c, const struct store_wait *wait, GError **error)
{
    struct progress p = {.wait = wait};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        p.all += size_of(c->library, parts[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(written); i++) {
        p.all += size_of_files(c->library, written[i]);
    }
    if (!copy_rows(c->library, c->dir, &p, error)) {
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(written); i++) {
        bring_files(c, written[i], &p);
    }
    return !g_cancellable_set_error_if_cancelled(wait->cancellable, error);
}

void store_copy_empty(const struct store_copy *c)
{
    static const char *const all[] = {"library.db", "library.db-wal", "library.db-shm"};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        g_autofree char *path = g_build_filename(c->dir, all[i], NULL);
        g_unlink(path);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(written); i++) {
        g_autofree char *path = g_build_filename(c->dir, written[i], NULL);
        remove_folder(path);
    }
}

struct store_copy *store_copy_ref(struct store_copy *c)
{
    c->more++;
    return c;
}

void store_copy_free(struct store_copy *c)
{
    if (c && c->more > 0) {
        c->more--;
    } else if (c) {
        remove_folder(c->dir);
        if (c->lock >= 0) {
            close(c->lock);
        }
        g_free(c->dir);
        g_free(c->library);
        g_free(c);
    }
}
