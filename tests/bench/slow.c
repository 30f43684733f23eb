// Preloaded before a program: a slow folder. Each question about a file whose path contains
// SLOW_PATH, and each opening of one, takes SLOW_MS milliseconds more.
#undef _FILE_OFFSET_BITS // stat() and stat64() are two functions here
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // RTLD_NEXT
#endif

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void wait_for(const char *path)
{
    const char *slow = getenv("SLOW_PATH"), *ms = getenv("SLOW_MS");
    if (slow != NULL && ms != NULL && path != NULL && strstr(path, slow) != NULL) {
        usleep((useconds_t)atoi(ms) * 1000);
    }
}

// Asked once and for all would be faster, and need a lock.
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int stat(const char *path, struct stat *out)
{
    wait_for(path);
    return REAL(stat)(path, out);
}

int stat64(const char *path, struct stat64 *out)
{
    wait_for(path);
    return REAL(stat64)(path, out);
}

int access(const char *path, int mode)
{
    wait_for(path);
    return REAL(access)(path, mode);
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
    va_end(args);
    wait_for(path);
    return REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
    va_end(args);
    wait_for(path);
    return REAL(open64)(path, flags, mode);
}
