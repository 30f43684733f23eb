// One training at a time in a library, whoever runs it: a lock on a file beside the database. The
// kernel releases it when the program ends, however it ends.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // F_OFD_SETLK: of the open file, so that two windows of one process count, too
#endif

#include "ui/store/store_private.h"

#include <errno.h>
#include <fcntl.h>
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
                            "another window is learning in this library; wait until it is done");
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
