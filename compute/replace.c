#include "compute/replace.h"

#include "compute/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail_errno(int code, GError **error)
{
    g_set_error_literal(error, G_IO_ERROR, g_io_error_from_errno(code), g_strerror(code));
    return false;
}

static char *resolve_links(const char *path)
{
    char *real = realpath(path, NULL);
    char *target = g_strdup(real ? real : path);
    free(real);
    return target;
}

// A rename would replace folders' entries of any kind and files that are protected.
static bool check_replaceable(const char *target, GError **error)
{
    struct stat old;
    if (stat(target, &old) != 0) { // a name that is too long would be found only at the end
        return errno != ENAMETOOLONG || fail_errno(errno, error);
    }
    if (!S_ISREG(old.st_mode)) {
        g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_FAILED,
                            _("something that is not a file has this name"));
        return false;
    }
    return g_access(target, W_OK) == 0 || fail_errno(errno, error);
}

// mkstemp() has already applied the umask to a new file.
static void take_over_mode(int fd, const char *target)
{
    struct stat old;
    if (stat(target, &old) == 0 && fchmod(fd, old.st_mode & 0777) != 0) {
        g_debug("%s: the new file does not keep the permissions of the old one", target);
    }
}

// ---- what was left ------------------------------------------------------------------------------

#define PREFIX ".tincture-"
#define RANDOM "XXXXXX"

static bool is_temporary(const char *name)
{
    return g_str_has_prefix(name, PREFIX) && strlen(name) == strlen(PREFIX RANDOM);
}

// The lock of a writer ends with its process, however that ends.
static void remove_left(const char *path)
{
    struct stat info;
    const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0) {
        g_unlink(path);
    }
    close(fd);
}

void replacement_sweep(const char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        if (is_temporary(name)) {
            g_autofree char *path = g_build_filename(folder, name, NULL);
            remove_left(path);
        }
    }
    g_clear_pointer(&dir, g_dir_close);
}

// Whether the new file is this writer's alone: a sweep may have come between. Where a file system
// has no locks nobody sweeps either.
static bool lock_new(int fd)
{
    struct stat info;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return errno != EWOULDBLOCK;
    }
    return fstat(fd, &info) == 0 && info.st_nlink > 0;
}

static int open_temporary(struct replacement *r, const char *folder)
{
    for (;;) {
        r->temporary = g_build_filename(folder, PREFIX RANDOM, NULL);
        const int fd = g_mkstemp_full(r->temporary, O_RDWR | O_CLOEXEC, 0666);
        if (fd < 0 || lock_new(fd)) {
            return fd;
        }
        close(fd);
        g_free(r->temporary);
    }
}

// ---- replacing ----------------------------------------------------------------------------------

struct replacement *replacement_new(const char *path, GError **error)
{
    struct replacement *r = g_new0(struct replacement, 1);
    r->fd = r->lock = -1;
    r->target = resolve_links(path);
    g_autofree char *folder = g_path_get_dirname(r->target);
    if (check_replaceable(r->target, error)) {
        replacement_sweep(folder);
        r->fd = open_temporary(r, folder);
        if (r->fd >= 0) {
            r->lock = fcntl(r->fd, F_DUPFD_CLOEXEC, 0);
            return r;
        }
        fail_errno(errno, error);
    }
    g_clear_pointer(&r->temporary, g_free); // there is none
    replacement_free(r);
    return NULL;
}

bool replacement_write(struct replacement *r, const void *data, size_t size, GError **error)
{
    const char *at = data;
    while (size > 0) {
        const ssize_t n = write(r->fd, at, MIN(size, (size_t)1 << 30));
        if (n < 0 && errno != EINTR) {
            return fail_errno(errno, error);
        }
        at += MAX(n, 0);
        size -= (size_t)MAX(n, 0);
    }
    return true;
}

bool replacement_sync(struct replacement *r, GError **error)
{
    take_over_mode(r->fd, r->target);
    bool ok = fsync(r->fd) == 0 || fail_errno(errno, error);
    if (close(r->fd) != 0 && ok) {
        ok = fail_errno(errno, error);
    }
    r->fd = -1;
    return ok;
}

// The folder's entry must reach the disk too, or a power cut can lose the new name; a file system
// that cannot do that is not an error.
static void sync_folder(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        if (fsync(fd) != 0) {
            g_debug("%s cannot be synced", folder);
        }
        close(fd);
    }
}

bool replacement_commit(struct replacement *r, GError **error)
{
    if (g_rename(r->temporary, r->target) != 0) {
        return fail_errno(errno, error);
    }
    g_clear_pointer(&r->temporary, g_free);
    sync_folder(r->target);
    return true;
}

const char *replacement_ending(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.'), *p = dot ? dot + 1 : "";
    while (g_ascii_isalpha(*p)) {
        p++;
    }
    return dot && dot > name && !*p && p - dot > 2 && !g_file_test(path, G_FILE_TEST_IS_DIR) ? dot
                                                                                             : NULL;
}

void replacement_free(struct replacement *r)
{
    if (!r) {
        return;
    }
    if (r->fd >= 0) {
        close(r->fd);
    }
    if (r->temporary) {
        g_unlink(r->temporary);
    }
    if (r->lock >= 0) {
        close(r->lock);
    }
    g_free(r->temporary);
    g_free(r->target);
    g_free(r);
}

bool replacement_whole(const char *path, const void *data, size_t size, GError **error)
{
    struct replacement *r = replacement_new(path, error);
    const bool ok = r && replacement_write(r, data, size, error) && replacement_sync(r, error) &&
                    replacement_commit(r, error);
    replacement_free(r);
    return ok;
}
