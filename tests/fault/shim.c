// Preloaded before a program: one of its requests to the system fails.
//
// FAULT=KIND:N      the N-th request of that kind fails; KIND:N+ all from there on; KIND:0 none
// FAULT_COUNT=FILE  where the end of the program writes how many requests there were, and behind
//                   that who asked for each: a number a line, the same for the same call stack
//
// Requests count where they come from the program itself or from a library that promises to survive
// them. Standard output does not count, nor do pipes, events and sockets: README.md says why.
#undef _FILE_OFFSET_BITS // open() and open64() are two functions here
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // RTLD_NEXT, dladdr()
#endif

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_NOTED 100000 // requests with their call stacks
#define DEEPEST    64     // call that tells one stack from another

static atomic_long requests;
static uint32_t stacks[MOST_NOTED];
static char kind[16]; // of the requests that count; "": none
static long which;
static bool and_after;

__attribute__((constructor)) static void read_fault(void)
{
    const char *fault = getenv("FAULT");
    const char *colon = fault ? strchr(fault, ':') : NULL;
    if (colon && (size_t)(colon - fault) < sizeof kind) {
        char *end;
        which = strtol(colon + 1, &end, 10);
        and_after = *end == '+';
        memcpy(kind, fault, (size_t)(colon - fault));
    }
}

__attribute__((destructor)) static void write_count(void)
{
    const char *path = getenv("FAULT_COUNT");
    const long count = requests;
    kind[0] = '\0';
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) {
        fprintf(file, "%ld\n", count);
        for (long i = 0; which == 0 && i < count && i < MOST_NOTED; i++) {
            fprintf(file, "%u\n", stacks[i]);
        }
        fclose(file);
    }
}

// ---- who asks -----------------------------------------------------------------------------------

// GLib's own g_malloc() ends the program by design, so of its memory only g_try_malloc() counts.
static const char *const survivors[] = {"libglib", "libgio",  "libsqlite3",
                                        "libpng",  "libjpeg", "libtiff"};
static const char *const allocators[] = {"libpng", "libjpeg", "libtiff", "libsqlite3"};

static bool among(const char *object, const char *const *names, size_t n)
{
    const char *slash = strrchr(object, '/');
    const char *base = slash ? slash + 1 : object;
    for (size_t i = 0; i < n; i++) {
        if (strncmp(base, names[i], strlen(names[i])) == 0) {
            return true;
        }
    }
    return false;
}

// dladdr() would look for the function's name as well, which takes milliseconds in a large library.
static bool counts(const char *function, const void *caller)
{
    struct dl_find_object object;
    if (strcmp(function, kind) != 0 || _dl_find_object((void *)caller, &object) != 0) {
        return false;
    }
    const bool memory = strcmp(function, "malloc") == 0;
    const char *name = object.dlfo_link_map->l_name; // "": the program itself
    return !name[0] || among(name, memory ? allocators : survivors,
                             memory ? sizeof allocators / sizeof *allocators
                                    : sizeof survivors / sizeof *survivors);
}

// The same in every run, wherever the system puts the libraries.
static uint32_t hash_stack(void)
{
    void *calls[DEEPEST];
    uint32_t hash = 2166136261;
    for (int i = 0, n = backtrace(calls, DEEPEST); i < n; i++) {
        struct dl_find_object object;
        if (_dl_find_object(calls[i], &object) == 0) {
            hash = (hash ^ (uint32_t)((char *)calls[i] - (char *)object.dlfo_map_start)) * 16777619;
        }
    }
    return hash;
}

static bool fails(const char *function, const void *caller)
{
    static _Thread_local bool inside; // backtrace() may ask for memory
    if (!kind[0] || inside || !counts(function, caller)) {
        return false;
    }
    const long n = atomic_fetch_add(&requests, 1) + 1;
    if (which == 0 && n <= MOST_NOTED) {
        inside = true;
        stacks[n - 1] = hash_stack();
        inside = false;
    }
    return which > 0 && (and_after ? n >= which : n == which);
}

static bool is_file(int fd)
{
    struct stat info;
    return fd > STDERR_FILENO && fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

#define CALLER     __builtin_return_address(0)
#define NEXT(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

// ---- files --------------------------------------------------------------------------------------

ssize_t write(int fd, const void *data, size_t size)
{
    if (kind[0] && is_file(fd) && fails("write", CALLER)) {
        errno = ENOSPC;
        return -1;
    }
    return NEXT(write)(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    if (kind[0] && is_file(fd) && fails("write", CALLER)) {
        errno = ENOSPC;
        return -1;
    }
    return NEXT(pwrite64)(fd, data, size, at);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    if (kind[0] && is_file(fd) && fails("write", CALLER)) {
        errno = ENOSPC;
        return -1;
    }
    return NEXT(pwrite)(fd, data, size, at);
}

int fsync(int fd)
{
    if (fails("fsync", CALLER)) {
        errno = EIO;
        return -1;
    }
    return NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
    if (fails("fsync", CALLER)) {
        errno = EIO;
        return -1;
    }
    return NEXT(fdatasync)(fd);
}

int rename(const char *from, const char *to)
{
    if (fails("rename", CALLER)) {
        errno = EIO;
        return -1;
    }
    return NEXT(rename)(from, to);
}

// The mode, where the flags ask for one.
static mode_t mode_of(int flags, va_list *rest)
{
    return flags & (O_CREAT | __O_TMPFILE) ? (mode_t)va_arg(*rest, int) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, &rest);
    va_end(rest);
    if (fails("open", CALLER)) {
        errno = EMFILE;
        return -1;
    }
    return NEXT(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, &rest);
    va_end(rest);
    if (fails("open", CALLER)) {
        errno = EMFILE;
        return -1;
    }
    return NEXT(open64)(path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    if (fails("open", CALLER)) {
        errno = EMFILE;
        return NULL;
    }
    return NEXT(fopen)(path, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
    if (fails("open", CALLER)) {
        errno = EMFILE;
        return NULL;
    }
    return NEXT(fopen64)(path, mode);
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (fails("mmap", CALLER)) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return NEXT(mmap)(at, size, protection, flags, fd, offset);
}

void *mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset)
{
    if (fails("mmap", CALLER)) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return NEXT(mmap64)(at, size, protection, flags, fd, offset);
}

// ---- memory -------------------------------------------------------------------------------------

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    if (fails("malloc", CALLER)) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_malloc(size); // dlsym() asks for memory itself
}

void *calloc(size_t count, size_t size)
{
    if (fails("malloc", CALLER)) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    if (fails("malloc", CALLER)) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    if (fails("malloc", CALLER)) {
        errno = ENOMEM;
        return NULL;
    }
    return NEXT(aligned_alloc)(alignment, size);
}

void *g_try_malloc(size_t size);
void *g_try_malloc(size_t size)
{
    return fails("malloc", CALLER) ? NULL : NEXT(g_try_malloc)(size);
}

void *g_try_malloc0(size_t size);
void *g_try_malloc0(size_t size)
{
    return fails("malloc", CALLER) ? NULL : NEXT(g_try_malloc0)(size);
}

void *g_try_malloc_n(size_t count, size_t size);
void *g_try_malloc_n(size_t count, size_t size)
{
    return fails("malloc", CALLER) ? NULL : NEXT(g_try_malloc_n)(count, size);
}

void *g_try_malloc0_n(size_t count, size_t size);
void *g_try_malloc0_n(size_t count, size_t size)
{
    return fails("malloc", CALLER) ? NULL : NEXT(g_try_malloc0_n)(count, size);
}

void *g_try_realloc(void *old, size_t size);
void *g_try_realloc(void *old, size_t size)
{
    return fails("malloc", CALLER) ? NULL : NEXT(g_try_realloc)(old, size);
}

void *g_try_realloc_n(void *old, size_t count, size_t size);
void *g_try_realloc_n(void *old, size_t count, size_t size)
{
    return fails("malloc", CALLER) ? NULL : NEXT(g_try_realloc_n)(old, count, size);
}
