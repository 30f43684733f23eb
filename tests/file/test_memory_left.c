// How much memory there is: the system's and the control groups', read from a folder that is laid
// out like /proc and /sys.
#include "compute/memory_left.h"

#include "tests/temp.h"

#include <glib.h>
#include <glib/gstdio.h>

#define MIB    UINT64_C(1048576)
#define SYSTEM "MemTotal: 16000000 kB\nMemAvailable: 8388608 kB\n" // 8 GiB

struct entry {
    const char *path, *text;
};

// What is left in MiB where these files are.
static uint64_t left(const struct entry *entries)
{
    g_autofree char *root = g_dir_make_tmp("tincture-XXXXXX", NULL);
    g_assert_nonnull(root);
    for (; entries->path; entries++) {
        g_autofree char *path = g_build_filename(root, entries->path, NULL);
        g_autofree char *folder = g_path_get_dirname(path);
        g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
        g_assert_true(g_file_set_contents(path, entries->text, -1, NULL));
    }
    const uint64_t bytes = memory_left(root);
    remove_tree(root);
    return bytes == UINT64_MAX ? UINT64_MAX : bytes / MIB;
}

#define V2 "/sys/fs/cgroup"
#define V1 "/sys/fs/cgroup/memory"
#define MEMINFO                                                                                    \
    {                                                                                              \
        "/proc/meminfo", SYSTEM                                                                    \
    }
#define GROUP(g)                                                                                   \
    {                                                                                              \
        "/proc/self/cgroup", g                                                                     \
    }
#define LEFT(...) left((const struct entry[]){__VA_ARGS__, {NULL}})

static void test_system(void)
{
    g_assert_cmpuint(LEFT({"/proc/nothing", ""}), ==, UINT64_MAX);
    g_assert_cmpuint(LEFT(MEMINFO), ==, 8192);
    g_assert_cmpuint(LEFT(MEMINFO, GROUP("0::/\n")), ==, 8192);
    g_assert_cmpuint(LEFT(MEMINFO, GROUP("nonsense\n:\n\n0:\n")), ==, 8192);
}

static void test_version_2(void)
{
    // 1 GiB, of which 300 MiB are used, 100 of them by pages of files.
    g_assert_cmpuint(
        LEFT(MEMINFO, GROUP("0::/user/app\n"), {V2 "/user/app/memory.max", "1073741824\n"},
             {V2 "/user/app/memory.high", "max\n"}, {V2 "/user/app/memory.current", "314572800\n"},
             {V2 "/user/app/memory.stat", "anon 209715200\ninactive_file 104857600\n"}),
        ==, 824);
    // The limit above which the kernel slows the group down (memory.high) counts, too.
    g_assert_cmpuint(LEFT(MEMINFO, GROUP("0::/app\n"), {V2 "/app/memory.max", "max\n"},
                          {V2 "/app/memory.high", "536870912\n"}),
                     ==, 512);
    // A group around it is narrower, and the group of a container is the mount itself.
    g_assert_cmpuint(LEFT(MEMINFO, GROUP("0::/user/app\n"),
                          {V2 "/user/app/memory.max", "1073741824\n"},
                          {V2 "/user/memory.max", "268435456\n"}),
                     ==, 256);
    g_assert_cmpuint(
        LEFT(MEMINFO, GROUP("0::/machine/outside\n"), {V2 "/memory.max", "134217728\n"}), ==, 128);
    g_assert_cmpuint(LEFT(MEMINFO, GROUP("0::/app\n"), {V2 "/app/memory.max", "1048576\n"},
                          {V2 "/app/memory.current", "2097152\n"}),
                     ==, 0); // over its limit already
    g_assert_cmpuint(LEFT(MEMINFO, GROUP("0::/app\n"), {V2 "/app/memory.max", "max\n"}), ==, 8192);
}

static void test_version_1(void)
{
    g_assert_cmpuint(
        LEFT(MEMINFO, GROUP("5:cpu,cpuacct:/elsewhere\n4:memory:/a/b\n0::/\n"),
             {V1 "/a/b/memory.limit_in_bytes", "1073741824\n"},
             {V1 "/a/b/memory.usage_in_bytes", "314572800\n"},
             {V1 "/a/b/memory.stat", "inactive_file 1\ntotal_inactive_file 104857600\n"},
             {V1 "/a/memory.limit_in_bytes", "9223372036854771712\n"}),
        ==, 824);
    g_assert_cmpuint(LEFT(MEMINFO, GROUP("4:memory:/\n"),
                          {V1 "/memory.limit_in_bytes", "9223372036854771712\n"}),
                     ==, 8192); // this version's way to say that there is none
    g_assert_cmpuint(LEFT(MEMINFO, GROUP("4:cpu:/a\n"), {V1 "/a/memory.limit_in_bytes", "1\n"}), ==,
                     8192);
}

static void test_this_machine(void)
{
    const uint64_t bytes = memory_left("");
    g_test_message("%" G_GUINT64_FORMAT " MiB", bytes / MIB);
    g_assert_cmpuint(bytes, >, 0);
    g_assert_cmpuint(bytes, <, UINT64_MAX);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/memory-left/system", test_system);
    g_test_add_func("/memory-left/version-2", test_version_2);
    g_test_add_func("/memory-left/version-1", test_version_1);
    g_test_add_func("/memory-left/this-machine", test_this_machine);
    return g_test_run();
}
