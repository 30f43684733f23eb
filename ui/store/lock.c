// Locks on files beside the database, which the kernel releases when the program ends, however it
// ends: one training at a time in a library, whoever runs it; and what is being opened, so that a
// start knows what the program ended over.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // F_OFD_SETLK: of the open file, so that two windows of one process count, too
#endif

#include "ui/store/store_private.h"

#include "compute/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static int lock_open(const struct store *s)
{
    g_autofree char *path = store_path(s, "training.lock");
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static struct flock whole_file(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

bool store_training_begin(struct store *s, GError **error)
{
    g_assert(s->training < 0);
    struct flock lock = whole_file();
    int fd = lock_open(s);
    if (fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) != 0 && (errno == EAGAIN || errno == EACCES)) {
        close(fd);
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_BUSY,
                            _("another window is learning in this library; wait until it is done"));
        return false;
    }
    s->training = fd; // a file system without locks is no reason not to learn
    return true;
}

void store_training_end(struct store *s)
{
    if (s->training >= 0) {
        close(s->training);
        s->training = -1;
    }
}

bool store_training_elsewhere(struct store *s)
{
    struct flock lock = whole_file();
    int fd = s->training < 0 ? lock_open(s) : -1;
    if (fd < 0) {
        return false;
    }
    bool held = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(fd);
    return held;
}

// ---- what is being opened -----------------------------------------------------------------------

#define MAX_LEFT 4096 // bytes of what a start reads

// -1 where another program holds it, too: what that opens is no concern of this one.
static int opening_file(const struct store *s)
{
    g_autofree char *path = store_path(s, "opening");
    struct flock lock = whole_file();
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

void store_opening(struct store *s, const char *what)
{
    if (s->opening < 0 && what) {
        s->opening = opening_file(s);
    }
    const gsize size = what ? strlen(what) : 0;
    if (s->opening >= 0 &&
        (ftruncate(s->opening, 0) != 0 || pwrite(s->opening, what, size, 0) != (ssize_t)size)) {
        g_debug("it cannot be noted what is being opened");
    }
    if (s->opening >= 0 && !what) {
        g_autofree char *path = store_path(s, "opening");
        g_unlink(path);
        close(s->opening);
        s->opening = -1;
    }
}

char *store_opening_left(struct store *s)
{
    char text[MAX_LEFT + 1] = "";
    const int fd = opening_file(s);
    const ssize_t n = fd >= 0 ? pread(fd, text, MAX_LEFT, 0) : 0;
    if (fd >= 0) {
        s->opening = fd;
        store_opening(s, NULL);
    }
    return n > 0 ? g_strdup(text) : NULL;
}
