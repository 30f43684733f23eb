#include "compute/memory_left.h"

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// The two versions of control groups: where their memory is mounted and what their files are
// called.
struct version {
    const char *mount;
    const char *limits[2]; // the narrower one counts; NULL: there is one only
    const char *used;
    const char *files; // in memory.stat: pages of files that nobody has used lately
};

static const struct version version_2 = {
    .mount = "/sys/fs/cgroup",
    .limits = {"memory.max", "memory.high"}, // "max": no limit
    .used = "memory.current",
    .files = "inactive_file ",
};
static const struct version version_1 = {
    .mount = "/sys/fs/cgroup/memory",
    .limits = {"memory.limit_in_bytes"},
    .used = "memory.usage_in_bytes",
    .files = "total_inactive_file ",
};

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

static uint64_t group_left(const char *root, const struct version *v, const char *group)
{
    g_autofree char *folder = g_strconcat(root, v->mount, group, NULL);
    uint64_t limit = UINT64_MAX;
    for (int i = 0; i < 2 && v->limits[i]; i++) {
        g_autofree char *path = g_build_filename(folder, v->limits[i], NULL);
        const uint64_t value = read_entry(path, "", UINT64_MAX);
        limit = MIN(limit, value);
    }
    if (limit == UINT64_MAX) {
        return UINT64_MAX;
    }
    g_autofree char *used_path = g_build_filename(folder, v->used, NULL);
    g_autofree char *stat_path = g_build_filename(folder, "memory.stat", NULL);
    const uint64_t used = read_entry(used_path, "", 0);
    const uint64_t files = read_entry(stat_path, v->files, 0);
    const uint64_t held = used > files ? used - files : 0;
    return limit > held ? limit - held : 0;
}

// The narrowest of a group and all around it. In a container the group's name is often that of the
// machine outside, and the mount's own root is the group: that one is always asked.
static uint64_t groups_left(const char *root, const struct version *v, char *group)
{
    uint64_t left = group_left(root, v, "");
    for (char *slash; (slash = strrchr(group, '/')) && slash[1]; *slash = '\0') {
        const uint64_t own = group_left(root, v, group);
        left = MIN(left, own);
    }
    return left;
}

// Whether a list with commas names the memory.
static bool has_memory(const char *controllers)
{
    g_auto(GStrv) names = g_strsplit(controllers, ",", 0);
    return g_strv_contains((const char *const *)names, "memory");
}

uint64_t memory_left(const char *root)
{
    g_autofree char *info = g_strconcat(root, "/proc/meminfo", NULL);
    g_autofree char *own = g_strconcat(root, "/proc/self/cgroup", NULL), *text = NULL;
    const uint64_t kib = read_entry(info, "MemAvailable:", UINT64_MAX / 1024);
    uint64_t left = kib == UINT64_MAX / 1024 ? UINT64_MAX : kib * 1024;
    if (!g_file_get_contents(own, &text, NULL, NULL)) {
        return left;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
    for (int i = 0; lines[i]; i++) { // "hierarchy:controllers:group"
        g_auto(GStrv) parts = g_strsplit(lines[i], ":", 3);
        if (g_strv_length(parts) == 3) {
            const struct version *v = g_str_equal(parts[0], "0") ? &version_2
                                      : has_memory(parts[1])     ? &version_1
                                                                 : NULL;
            const uint64_t group = v ? groups_left(root, v, parts[2]) : UINT64_MAX;
            left = MIN(left, group);
        }
    }
    return left;
}
