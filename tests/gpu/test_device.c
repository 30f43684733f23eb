// The device: list, choice, memory, kernels, submission, faults; and no validation message from any
// of it.
#include "compute/gpu/gpu.h"

#include <string.h>

static const uint32_t axpy_words[] =
#include "tests/gpu/axpy.spv.h"
    ;
static const struct gpu_spirv axpy = {"axpy", axpy_words, sizeof axpy_words};

struct push {
    uint64_t x, y;
    uint32_t n;
};

static struct gpu *open_device(void)
{
    g_autoptr(GError) error = NULL;
    struct gpu *gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    return gpu;
}

static void close_device(struct gpu *gpu)
{
    g_assert_cmpuint(gpu_validation_count(gpu), ==, 0);
    gpu_free(gpu);
}

static void test_list(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) list = gpu_list(&error);
    g_assert_no_error(error);
    g_assert_cmpuint(list->len, >, 0);
    for (guint i = 0; i < list->len; i++) {
        const struct gpu_info *info = &g_array_index(list, struct gpu_info, i);
        g_test_message("%u: %s, %s, subgroup %u, %.1f GiB", i, info->name, info->driver,
                       info->subgroup_size, info->memory_bytes / (double)(1 << 30));
        g_assert_cmpuint(info->subgroup_size, >, 0);
        g_assert_cmpuint(info->subgroup_min, <=, info->subgroup_size);
        g_assert_cmpuint(info->subgroup_max, >=, info->subgroup_size);
        g_test_message("subgroups %u to %u, int64 %d, float16 %d, storage16 %d, matrices %d",
                       info->subgroup_min, info->subgroup_max, info->int64, info->float16,
                       info->storage16, info->cooperative_matrix);
        if (i) {
            g_assert_cmpint(info->type, >=, g_array_index(list, struct gpu_info, i - 1).type);
        }
    }
}

static void test_choice(void)
{
    g_autoptr(GError) error = NULL;
    struct gpu *gpu = gpu_open("0", &error);
    g_assert_no_error(error);
    g_autofree char *part = g_ascii_strup(gpu_info(gpu)->name, 4);
    close_device(gpu);
    gpu = gpu_open(part, &error);
    g_assert_no_error(error);
    close_device(gpu);

    g_assert_null(gpu_open("no such device", &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_DEVICE);
    g_assert_nonnull(strstr(error->message, "no such device"));
    g_clear_error(&error);
    g_assert_null(gpu_open("99", &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_DEVICE);
}

// Many buffers of odd sizes, some large enough for a slab of their own; freed in another order than
// made.
static void test_memory(void)
{
    enum { COUNT = 60 };
    g_autoptr(GError) error = NULL;
    struct gpu *gpu = open_device();
    uint64_t before = gpu_memory_free(gpu);
    g_assert_cmpuint(before, >, 0);

    struct gpu_buf *bufs[COUNT];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++) {
            if (round && i % 3) {
                continue; // still there from the round before
            }
            uint64_t size = i % 20 == 7 ? 20 << 20 : 1 + (uint64_t)i * 4099 % 100000;
            bufs[i] = gpu_buf_create(gpu, size, &error);
            g_assert_no_error(error);
            g_assert_cmpuint(bufs[i]->size, ==, size);
            g_assert_cmpuint(bufs[i]->address % 256, ==, 0);
            g_autofree char *fill = g_malloc(size);
            memset(fill, i, size);
            g_assert_true(gpu_buf_write(gpu, bufs[i], 0, fill, size, &error));
        }
        for (int i = 0; i < COUNT; i++) { // nobody wrote into another's bytes
            g_autofree char *back = g_malloc(bufs[i]->size);
            g_assert_true(gpu_buf_read(gpu, bufs[i], 0, back, bufs[i]->size, &error));
            for (uint64_t k = 0; k < bufs[i]->size; k++) {
                g_assert_true(back[k] == (char)i);
            }
        }
        for (int i = 0; i < COUNT; i += 3) {
            gpu_buf_free(gpu, bufs[i]);
        }
    }
    for (int i = 0; i < COUNT; i++) {
        if (i % 3) {
            gpu_buf_free(gpu, bufs[i]);
        }
    }
    gpu_buf_free(gpu, NULL);
    close_device(gpu);
}

static void test_partial_copies(void)
{
    g_autoptr(GError) error = NULL;
    struct gpu *gpu = open_device();
    struct gpu_buf *buf = gpu_buf_create(gpu, 1000, &error);
    char data[1000] = {0}, back[1000];
    g_assert_true(gpu_buf_write(gpu, buf, 0, data, 1000, &error));
    g_assert_true(gpu_buf_write(gpu, buf, 500, "tincture", 8, &error));
    g_assert_true(gpu_buf_read(gpu, buf, 500, back, 8, &error));
    g_assert_cmpmem(back, 8, "tincture", 8);
    g_assert_true(gpu_buf_read(gpu, buf, 0, back, 1000, &error));
    g_assert_cmpint(back[499], ==, 0);
    g_assert_cmpint(back[508], ==, 0);
    gpu_buf_free(gpu, buf);
    close_device(gpu);
}

// What a person allows is kept to, and a sentence says that it is that; what is given back can be
// taken again.
static void test_limit(void)
{
    enum { LIMIT = 100 << 20, PIECE = 20 << 20 };
    g_setenv("TINCTURE_MEMORY", "100", TRUE);
    struct gpu *gpu = open_device();
    g_unsetenv("TINCTURE_MEMORY");
    g_assert_cmpuint(gpu_memory_free(gpu), ==, LIMIT);
    struct gpu_buf *bufs[LIMIT / PIECE];
    for (size_t round = 0; round < 2; round++) {
        g_autoptr(GError) error = NULL;
        for (size_t i = 0; i < G_N_ELEMENTS(bufs); i++) {
            bufs[i] = gpu_buf_create(gpu, PIECE, NULL);
            g_assert_nonnull(bufs[i]);
        }
        g_assert_cmpuint(gpu_memory_free(gpu), ==, 0);
        g_assert_null(gpu_buf_create(gpu, PIECE, &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY);
        g_assert_nonnull(strstr(error->message, "limit of 100 MiB that was set"));
        for (size_t i = 0; i < G_N_ELEMENTS(bufs); i++) {
            gpu_buf_free(gpu, bufs[i]);
        }
    }
    g_assert_cmpuint(gpu_memory_free(gpu), ==, LIMIT);
    close_device(gpu);
}

static void test_too_large(void)
{
    g_autoptr(GError) error = NULL;
    struct gpu *gpu = open_device();
    const uint64_t sizes[] = {UINT64_C(1) << 50, UINT64_MAX};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_assert_null(gpu_buf_create(gpu, sizes[i], &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY);
        g_assert_nonnull(strstr(error->message, "GiB free"));
        g_clear_error(&error);
    }
    close_device(gpu); // no validation message: the driver was not asked
}

// As on a graphics card: no host pointers, copies larger than the staging buffer.
static void test_unmapped(void)
{
    enum { COUNT = 9 << 20 };
    g_autoptr(GError) error = NULL;
    g_setenv("TINCTURE_FAULT", "unmapped", TRUE);
    struct gpu *gpu = open_device();
    g_unsetenv("TINCTURE_FAULT");
    g_assert_false(gpu_info(gpu)->host_kernels);
    struct gpu_buf *buf = gpu_buf_create(gpu, COUNT * 4, &error);
    g_assert_no_error(error);
    g_assert_null(buf->map);
    g_autofree uint32_t *data = g_new(uint32_t, COUNT), *back = g_new(uint32_t, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        data[i] = i * 2654435761u;
    }
    g_assert_true(gpu_buf_write(gpu, buf, 0, data, COUNT * 4, &error));
    g_assert_true(gpu_buf_read(gpu, buf, 8, back, COUNT * 4 - 8, &error));
    g_assert_no_error(error);
    g_assert_cmpmem(back, COUNT * 4 - 8, data + 2, COUNT * 4 - 8);
    gpu_buf_free(gpu, buf);
    close_device(gpu);
}

static void test_fault(void)
{
    g_autoptr(GError) error = NULL;
    g_setenv("TINCTURE_FAULT", "alloc:2", TRUE);
    struct gpu *gpu = open_device();
    g_unsetenv("TINCTURE_FAULT");
    struct gpu_buf *first = gpu_buf_create(gpu, 64, &error);
    g_assert_no_error(error);
    g_assert_null(gpu_buf_create(gpu, 64, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY);
    g_clear_error(&error);
    struct gpu_buf *third = gpu_buf_create(gpu, 64, &error);
    g_assert_no_error(error);
    gpu_buf_free(gpu, first);
    gpu_buf_free(gpu, third);
    close_device(gpu);
}

static struct gpu_kernel *get_axpy(struct gpu *gpu, float a)
{
    g_autoptr(GError) error = NULL;
    uint32_t spec[2] = {64, 0};
    memcpy(&spec[1], &a, sizeof a);
    struct gpu_kernel *kernel = gpu_kernel_get(gpu, &axpy, spec, 2, &error);
    g_assert_no_error(error);
    return kernel;
}

static void test_kernel_cache(void)
{
    struct gpu *gpu = open_device();
    struct gpu_kernel *one = get_axpy(gpu, 1), *two = get_axpy(gpu, 2);
    g_assert_true(one != two);
    g_assert_true(get_axpy(gpu, 1) == one);
    close_device(gpu);

    gpu = open_device(); // now with a cache file
    get_axpy(gpu, 1);
    close_device(gpu);

    // A damaged file is ignored.
    g_autofree char *folder = g_build_filename(g_get_user_cache_dir(), "tincture", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_assert_nonnull(dir);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_assert_true(g_file_set_contents(path, "damaged", -1, NULL));
    }
    gpu = open_device();
    get_axpy(gpu, 1);
    close_device(gpu);
}

// Dispatches that depend on one another, run twice: 2 runs x 3 dispatches.
static void test_commands(void)
{
    enum { N = 1000 };
    g_autoptr(GError) error = NULL;
    struct gpu *gpu = open_device();
    struct gpu_buf *x = gpu_buf_create(gpu, N * 4, &error), *y = gpu_buf_create(gpu, N * 4, &error);
    float values[N], zeros[N] = {0};
    for (int i = 0; i < N; i++) {
        values[i] = (float)i;
    }
    g_assert_true(gpu_buf_write(gpu, x, 0, values, sizeof values, &error));
    g_assert_true(gpu_buf_write(gpu, y, 0, zeros, sizeof zeros, &error));

    struct gpu_cmd *cmd = gpu_cmd_create(gpu);
    g_assert_true(gpu_cmd_run(cmd, &error)); // nothing recorded: nothing to do
    struct push forward = {x->address, y->address, N}, back = {y->address, x->address, N};
    gpu_cmd_dispatch(cmd, get_axpy(gpu, 2), "y += 2 x", &forward, sizeof forward, (N + 63) / 64, 1,
                     1);
    gpu_cmd_dispatch(cmd, get_axpy(gpu, -1), "x -= y", &back, sizeof back, (N + 63) / 64, 1, 1);
    gpu_cmd_dispatch(cmd, get_axpy(gpu, 1), "y += x", &forward, sizeof forward, (N + 63) / 64, 1,
                     1);
    for (int i = 0; i < 2; i++) {
        g_assert_true(gpu_cmd_run(cmd, &error));
        g_assert_no_error(error);
    }
    // First run: y = 2v, x = -v, y = v. Second: y = -v, x = 0, y = -v.
    float got[N];
    g_assert_true(gpu_buf_read(gpu, y, 0, got, sizeof got, &error));
    for (int i = 0; i < N; i++) {
        g_assert_cmpfloat(got[i], ==, -values[i]);
    }
    gpu_cmd_free(cmd);
    gpu_buf_free(gpu, x);
    gpu_buf_free(gpu, y);
    close_device(gpu);
}

// Not a test of speed, but where its numbers can be read: test-gpu-device -m perf.
static void test_overhead(void)
{
    g_autoptr(GError) error = NULL;
    struct gpu *gpu = open_device();
    struct gpu_buf *x = gpu_buf_create(gpu, 1024, &error);
    struct push push = {x->address, x->address, 256};
    double seconds[2];
    const int counts[2] = {1, 101}, rounds = 200;
    for (int k = 0; k < 2; k++) {
        struct gpu_cmd *cmd = gpu_cmd_create(gpu);
        for (int i = 0; i < counts[k]; i++) {
            gpu_cmd_dispatch(cmd, get_axpy(gpu, 1), "axpy", &push, sizeof push, 4, 1, 1);
        }
        g_assert_true(gpu_cmd_run(cmd, &error));
        gint64 begin = g_get_monotonic_time();
        for (int i = 0; i < rounds; i++) {
            g_assert_true(gpu_cmd_run(cmd, &error));
        }
        seconds[k] = (g_get_monotonic_time() - begin) * 1e-6 / rounds;
        gpu_cmd_free(cmd);
    }
    g_test_message("submission %.0f us, one more dispatch %.1f us", seconds[0] * 1e6,
                   (seconds[1] - seconds[0]) * 1e4);
    gpu_buf_free(gpu, x);
    close_device(gpu);
}

int main(int argc, char **argv)
{
    // Its own cache folder, because one test damages what is in it. (G_TEST_OPTION_ISOLATE_DIRS
    // would also hide the system's drivers from the Vulkan loader.)
    g_autofree char *cache = g_dir_make_tmp("tincture-test-XXXXXX", NULL);
    g_setenv("XDG_CACHE_HOME", cache, TRUE);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gpu/list", test_list);
    g_test_add_func("/gpu/choice", test_choice);
    g_test_add_func("/gpu/memory", test_memory);
    g_test_add_func("/gpu/partial-copies", test_partial_copies);
    g_test_add_func("/gpu/limit", test_limit);
    g_test_add_func("/gpu/too-large", test_too_large);
    g_test_add_func("/gpu/unmapped", test_unmapped);
    g_test_add_func("/gpu/fault", test_fault);
    g_test_add_func("/gpu/kernel-cache", test_kernel_cache);
    g_test_add_func("/gpu/commands", test_commands);
    if (g_test_perf()) {
        g_test_add_func("/gpu/overhead", test_overhead);
    }
    return g_test_run();
}
