// What takes long with adapters on a large model: it says what it does, stops when asked, and what
// was stopped can be asked for again.

#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

static struct fixture fx;

struct seen {
    struct task task;
    GString *lines; // what was told: names of files that were read, and steps
    double last;
    int calls, stop_at; // cancelled at that call
};

static void see(struct task *task, const struct task_progress *progress)
{
    struct seen *s = task->data;
    if (progress->stage == TASK_READING_FILE) {
        g_string_append_printf(s->lines, "read %s\n", progress->name);
    } else if (progress->stage == TASK_DECOMPOSING) {
        g_string_append_printf(s->lines, "decompose %d\n", progress->step);
        g_assert_cmpfloat(progress->fraction, ==, (double)progress->step / progress->steps);
    }
    s->last = progress->fraction;
    if (++s->calls == s->stop_at) {
        g_cancellable_cancel(task->cancellable);
    }
}

static void seen_init(struct seen *s, int stop_at)
{
    *s = (struct seen){
        .task = {.report = see, .data = s, .cancellable = g_cancellable_new()},
        .lines = g_string_new(NULL),
        .stop_at = stop_at,
    };
}

static void seen_clear(struct seen *s)
{
    g_string_free(s->lines, TRUE);
    g_object_unref(s->task.cancellable);
}

// An adapter from elsewhere on a model of which no decompositions are kept yet.
static void test_merge(void)
{
    g_autoptr(GError) error = NULL;
    struct adapter *a = fixture_adapter(&fx, "svdiff", "subset=2d");
    fixture_randomize(a, 31, 0.1);
    g_assert_cmpuint(a->params->len, >, 8);
    struct merged_model *m = merged_model_new(fx.model, &error);
    struct seen stopped, whole;
    seen_init(&stopped, 3);
    seen_init(&whole, 0);
    g_assert_false(merged_model_update(m, &a, 1, &stopped.task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_clear_error(&error);
    g_test_message("%s", stopped.lines->str);
    g_assert_cmpint(stopped.calls, ==, 3);
    g_assert_nonnull(strstr(stopped.lines->str, "read diffusion_pytorch_model.safetensors\n"));
    g_assert_nonnull(strstr(stopped.lines->str, "decompose 0\n"));
    g_assert_cmpfloat(stopped.last, <, 1);

    g_assert_true(merged_model_update(m, &a, 1, &whole.task, &error));
    g_assert_no_error(error);
    g_assert_cmpfloat(whole.last, ==, 1);
    int64_t count;
    struct adapter_hook *hook = adapter_hook_new(&a, 1, -1, fx.gpu, &error);
    g_assert_no_error(error);
    struct nn_part *merged = nn_part_named(merged_model_parts(m), MODEL_UNET);
    g_autofree float *expected =
        fixture_predict(&fx, model_part(fx.model, MODEL_UNET), hook, &count);
    g_autofree float *got = fixture_predict(&fx, merged, NULL, &count);
    g_assert_cmpfloat(fixture_distance(got, expected, count), <, 2e-5);
    adapter_hook_free(hook);
    merged_model_free(m);
    adapter_free(a);
    seen_clear(&stopped);
    seen_clear(&whole);
}

// Weights that need no decomposition are many too.
static void test_merge_plain(void)
{
    g_autoptr(GError) error = NULL;
    struct adapter *a = fixture_adapter(&fx, "lora", "");
    fixture_randomize(a, 32, 0.1);
    struct merged_model *m = merged_model_new(fx.model, &error);
    struct seen s;
    seen_init(&s, 2);
    g_assert_false(merged_model_update(m, &a, 1, &s.task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpint(s.calls, ==, 2);
    merged_model_free(m);
    adapter_free(a);
    seen_clear(&s);
}

// As for a model that this program has never seen.
static void forget_hash(void)
{
    g_autofree char *folder = g_build_filename(g_get_user_cache_dir(), "tincture", "hashes", NULL);
    GDir *dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_assert_cmpint(g_unlink(path), ==, 0);
    }
    g_clear_pointer(&dir, g_dir_close);
    g_clear_pointer(&model_part(fx.model, MODEL_UNET)->hash, g_free);
}

static void check_save_stops(struct adapter *a, const char *path)
{
    g_autoptr(GError) error = NULL;
    struct seen s;
    seen_init(&s, 1);
    forget_hash();
    g_assert_false(adapter_save(a, path, &s.task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpstr(s.lines->str, ==, "read diffusion_pytorch_model.safetensors\n");
    g_clear_error(&error);
    s.task.report = NULL;
    g_assert_false(adapter_save(a, path, &s.task, &error)); // before the first byte
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    seen_clear(&s);
}

// A file names the model by its hash. Stopped there, an older file stays and nothing else is left.
static void test_save(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *own = fixture_file(&fx, "export");
    g_autofree char *path = g_build_filename(own, "a.safetensors", NULL);
    g_autofree char *new_folder = g_build_filename(own, "new", NULL);
    g_autofree char *before = NULL, *after = NULL;
    gsize size_before, size_after;
    g_assert_cmpint(g_mkdir(own, 0700), ==, 0);
    struct adapter *old = fixture_adapter(&fx, "svdiff", ""),
                   *a = fixture_adapter(&fx, "svdiff", "");
    fixture_randomize(old, 33, 0.1);
    fixture_randomize(a, 34, 0.1);
    g_assert_true(adapter_save(old, path, NULL, &error));
    g_assert_true(g_file_get_contents(path, &before, &size_before, &error));
    check_save_stops(a, path);
    check_save_stops(a, new_folder);
    g_assert_true(g_file_get_contents(path, &after, &size_after, &error));
    g_assert_cmpmem(after, size_after, before, size_before);
    g_assert_cmpint(g_unlink(path), ==, 0);
    g_assert_cmpint(g_rmdir(own), ==, 0); // nothing else was left behind
    adapter_free(old);
    adapter_free(a);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_open(&fx, "sd1");
    g_test_add_func("/waits/merge", test_merge);
    g_test_add_func("/waits/merge-plain", test_merge_plain);
    g_test_add_func("/waits/save", test_save);
    const int failed = g_test_run();
    fixture_close(&fx);
    return failed;
}
