#include "compute/process.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define SMALL_THINGS (4 << 20)   // bytes of the heap that small things may take
#define LARGE        (128 << 10) // bytes from which a request is mapped by itself

static void take_standard_files(void)
{
    int file = open("/dev/null", O_RDONLY);
    while (file >= 0 && file <= STDERR_FILENO) {
        file = open("/dev/null", O_RDONLY);
    }
    if (file > STDERR_FILENO) {
        close(file);
    }
}

static void keep_room(void)
{
#ifdef M_ARENA_MAX
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return;
    }
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_TRIM_THRESHOLD, 2 * SMALL_THINGS); // what is free stays
    mallopt(M_MMAP_THRESHOLD, 2 * SMALL_THINGS);
    void *volatile room = malloc(SMALL_THINGS); // volatile: else the compiler leaves both out
    free(room);
    mallopt(M_MMAP_THRESHOLD, LARGE);
#endif
}

void process_prepare(void)
{
    take_standard_files();
    keep_room();
}
