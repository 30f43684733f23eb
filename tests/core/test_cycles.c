// Hours of use in short: open, learn, edit, mask, undo, export, delete and another engine, over and
// over in one process. What it holds at the end is what it held after the tenth time: memory that
// is in use, open files, threads, and blocks of the device.
//
//     test-cycles                  what the suite runs
//     test-cycles --cycles 300     hours of it, a line each tenth time
#include "tests/core/session_fixture.h"

#include "compute/gpu/vk.h"
#include "ui/core/engine.h"
#include "ui/core/export_options.h"

#include <glib/gstdio.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WARM   10   // cycles until all that is kept is there
#define A_FEW  8    // without --cycles, of which the last three are compared with the fifth
#define GROWTH 1.05 // what may be more at the end

static int cycles = A_FEW, warm_after = A_FEW - 3;

struct held {
    double resident; // MiB
    double device;   // MiB of its blocks, which a CPU's device has within the resident ones
    guint files, threads;
};

static guint entries_of(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    guint n = 0;
    while (dir && g_dir_read_name(dir)) {
        n++;
    }
    return n;
}

static double resident(void)
{
    g_autofree char *text = NULL;
    char *pages;
    g_assert_true(g_file_get_contents("/proc/self/statm", &text, NULL, NULL));
    strtoull(text, &pages, 10); // what is mapped
    return (double)strtoull(pages, NULL, 10) * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static double device_blocks(const struct gpu *gpu)
{
    uint64_t bytes = 0;
    for (guint i = 0; i < gpu->slabs->len; i++) {
        bytes += ((const struct slab *)gpu->slabs->pdata[i])->size;
    }
    return (double)bytes / (1 << 20);
}

static struct held hold(const struct fixture *f)
{
    malloc_trim(0);
    return (struct held){resident(), device_blocks(f->session->studio->engine->gpu),
                         entries_of("/proc/self/fd"), entries_of("/proc/self/task")};
}

// ---- a cycle ------------------------------------------------------------------------------------

static bool has_photo(struct fixture *f)
{
    return f->project->photo != NULL;
}

static bool has_result(struct fixture *f)
{
    return f->project->result && !f->project->drawing;
}

static bool has_none(struct fixture *f)
{
    return !f->project->photo;
}

static void open_sample(struct fixture *f, const char *name)
{
    g_autofree char *path = sample_path(name);
    library_open(f->session->library, path);
    wait_until(f, has_photo, "the photo is open");
    tincture_project_set(f->project, SETTINGS_EDIT, "steps", 4);
    wait_idle(f);
}

static void mask_and_undo(struct fixture *f)
{
    const float points[] = {100, 100, 300, 260};
    const struct mask_step step = {
        .kind = MASK_BRUSH, .size = 80, .softness = 0.5F, .count = 2, .points = points};
    struct mask *mask = mask_with(NULL, &step);
    tincture_project_set_mask(f->project, mask);
    mask_unref(mask);
    wait_idle(f);
    g_assert_nonnull(f->project->document.mask);
    tincture_project_undo(f->project);
    g_assert_null(f->project->document.mask);
    wait_idle(f);
}

static void export_picture(struct fixture *f)
{
    g_autofree char *path = g_build_filename(f->dir, "exported.png", NULL);
    const int said = f->messages[MESSAGE_EXPORTED];
    struct settings *options = settings_new(export_settings);
    tincture_session_export(f->session, path, options);
    settings_free(options);
    wait_idle(f);
    g_assert_cmpint(f->messages[MESSAGE_EXPORTED], ==, said + 1);
    g_assert_cmpint(g_unlink(path), ==, 0);
}

static void delete_for_good(struct fixture *f)
{
    g_assert_true(tincture_session_delete(f->session, STORE_DOCUMENT, f->session->library->row.id));
    wait_until(f, has_none, "nothing is open");
    library_empty_trash(f->session->library);
    wait_idle(f);
}

static void cycle(struct fixture *f, int i)
{
    static const char *const samples[] = {"apple.png", "cat.png", "fox.png"};
    open_sample(f, samples[i % (int)G_N_ELEMENTS(samples)]);
    fixture_learn(f, 3);
    wait_until(f, learning_is_over, "the training is over");
    tincture_project_set_prompt(f->project, i % 2 ? "a green apple" : "a yellow pear");
    wait_until(f, has_result, "the edit is there");
    wait_idle(f);
    mask_and_undo(f);
    export_picture(f);
    delete_for_good(f);
    const struct studio_engine engine = {.precision = i % 2 ? "auto" : "fp32"};
    tincture_session_use(f->session, &engine);
    wait_idle(f);
    g_assert_cmpint(f->messages[MESSAGE_ERROR], ==, 0);
}

static void test_cycles(void)
{
    struct fixture f;
    struct held warm = {0}, now = {0};
    fixture_begin(&f);
    fixture_open(&f);
    for (int i = 1; i <= cycles; i++) {
        cycle(&f, i);
        now = hold(&f);
        if (i == warm_after) {
            warm = now;
        }
        if (i == 1 || i % 10 == 0) {
            g_test_message("after %d: %.1f MiB resident, %.1f MiB of the device, %u files, %u "
                           "threads",
                           i, now.resident, now.device, now.files, now.threads);
        }
    }
    g_assert_cmpfloat(now.resident, <=, GROWTH * warm.resident);
    g_assert_cmpfloat(now.device, <=, GROWTH * warm.device);
    g_assert_cmpuint(now.files, <=, (guint)(GROWTH * warm.files));
    g_assert_cmpuint(now.threads, <=, (guint)(GROWTH * warm.threads));
    fixture_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (argc == 3 && g_str_equal(argv[1], "--cycles")) {
        cycles = MAX(atoi(argv[2]), WARM + 1);
        warm_after = WARM;
    }
    g_test_add_func("/cycles", test_cycles);
    return g_test_run();
}
