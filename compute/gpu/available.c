// How much memory the system will really give to this process.
//
// The kernel promises more than it has and ends a process that takes it at its word, so nothing is
// asked for that could not be kept: neither what the system has, nor what the process' control
// groups or its own limit allow.
#include "compute/gpu/vk.h"
#include "compute/i18n.h"
#include "compute/memory_left.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

// Address space that the process may still take (ulimit -v), and bytes of it that are in memory.
static uint64_t address_space_left(uint64_t *resident)
{
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t pages = 0, resident_pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        if (fscanf(file, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &pages, &resident_pages) !=
            2) {
            pages = resident_pages = 0;
        }
        fclose(file);
    }
    *resident = resident_pages * page;
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return UINT64_MAX;
    }
    return limit.rlim_cur > pages * page ? limit.rlim_cur - pages * page : 0;
}

// Of address space, where a limit of it is set: what the driver, its compiler, the threads and
// pictures take besides tensors. Not all of them survive where there is none left, so nothing is
// begun without it, and tensors leave a rest.
#define MIB         (1024.0 * 1024)
#define START_BYTES (640 * MIB)
#define REST_BYTES  (192 * MIB)
// Of the driver's and the program's, for each processor, and what OpenBLAS maps for a thread's
// first product: without that it asks for ever.
#define THREAD_BYTES ((16 + 128) * MIB)

static uint64_t with_threads(double bytes)
{
    return (uint64_t)(bytes + THREAD_BYTES * g_get_num_processors());
}

bool system_has_room(GError **error)
{
    uint64_t resident;
    const uint64_t space = address_space_left(&resident), needs = with_threads(START_BYTES);
    if (space == UINT64_MAX) {
        return true;
    }
    if (space < needs) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                    _("Not enough memory: to open a device the program needs %.0f MiB of address "
                      "space, and %.0f MiB are left of its limit (ulimit -v)"),
                    needs / MIB, space / MIB);
        return false;
    }
    return true;
}

uint64_t system_available(uint64_t taken)
{
    uint64_t resident;
    const uint64_t space = address_space_left(&resident);
    const uint64_t left = memory_left("");
    // Taken and not yet written to: the system still counts it as free.
    const uint64_t promised = taken > resident ? taken - resident : 0;
    const uint64_t rest = with_threads(REST_BYTES);
    const uint64_t room = space == UINT64_MAX ? space : space > rest ? space - rest : 0;
    return MIN(left > promised ? left - promised : 0, room);
}
