// How much memory the system will really give to this process.
//
// The kernel promises more than it has and ends a process that takes it at its word, so nothing is
// asked for that could not be kept: neither what the system has, nor what the process' control
// groups or its own limit allow.
#include "compute/gpu/vk.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

// The number behind `key` in a file of "key number" lines; missing: fallback.
static uint64_t read_entry(const char *path, const char *key, uint64_t fallback)
{
    uint64_t value = fallback;
    const size_t length = strlen(key);
    char line[256];
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, key, length) == 0 &&
            sscanf(line + length, "%" G_GUINT64_FORMAT, &value) == 1) {
            break;
        }
    }
    if (file) {
        fclose(file);
    }
    return value;
}

static uint64_t read_group(const char *group, const char *file, const char *key, uint64_t fallback)
{
    g_autofree char *path = g_build_filename("/sys/fs/cgroup", group, file, NULL);
    return read_entry(path, key, fallback);
}

// What one control group has left. File pages that it can drop are as good as free.
static uint64_t group_left(const char *group)
{
    const uint64_t limit = read_group(group, "memory.max", "", UINT64_MAX); // "max": no limit
    if (limit == UINT64_MAX) {
        return UINT64_MAX;
    }
    const uint64_t used = read_group(group, "memory.current", "", 0);
    const uint64_t files = read_group(group, "memory.stat", "inactive_file ", 0);
    const uint64_t held = used > files ? used - files : 0;
    return limit > held ? limit - held : 0;
}

// The narrowest of the process' group and all groups around it.
static uint64_t groups_left(void)
{
    char *text = NULL;
    uint64_t left = group_left("");
    if (!g_file_get_contents("/proc/self/cgroup", &text, NULL, NULL)) {
        return left;
    }
    char *group = strstr(text, "0::/");
    if (group) {
        group += strlen("0::");
        group[strcspn(group, "\n")] = '\0';
        for (char *slash; (slash = strrchr(group, '/')) && slash[1]; *slash = '\0') {
            left = MIN(left, group_left(group));
        }
    }
    g_free(text);
    return left;
}

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

uint64_t system_available(uint64_t taken)
{
    const uint64_t kib = read_entry("/proc/meminfo", "MemAvailable:", UINT64_MAX / 1024);
    uint64_t resident;
    const uint64_t space = address_space_left(&resident);
    const uint64_t left = MIN(kib * 1024, groups_left());
    // Taken and not yet written to: the system still counts it as free.
    const uint64_t promised = taken > resident ? taken - resident : 0;
    return MIN(left > promised ? left - promised : 0, space);
}
