// A batch of photos on the starter model: what is made, what is told, and that it can be begun
// again.
#include "tests/temp.h"
#include "ui/core/engine.h"
#include "ui/core/paths.h"
#include "ui/core/queue.h"

#include "render/file.h"

#include <glib/gstdio.h>
#include <string.h>

#define EDITS 4 // beside a batch

struct fixture {
    char *dir, *out;
    struct engine *engine;
    TinctureQueue *queue;
    struct document document;
    GArray *adapters;
    TinctureJob *last;  // that ended
    double fraction;    // the last one told
    int stop_after;     // files in the folder at which it is cancelled; 0: never
    struct photo *open; // that is edited beside it; NULL: none
    int edits;          // of it that were asked for
    GPtrArray *edited;  // GBytes: what they led to
};

static int files_in(const char *folder) // pictures
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    int n = 0;
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        n += g_str_has_suffix(name, ".png");
    }
    return n;
}

static void finished_cb(TinctureQueue *queue, TinctureJob *job, struct fixture *f)
{
    if (job->type != &edit_job) {
        g_set_object(&f->last, job);
        return;
    }
    g_assert_no_error(job->error);
    g_ptr_array_add(f->edited, g_bytes_ref(job->out.result->pixels));
}

// The open photo as the n-th change has it.
static void edit_beside(struct fixture *f, int n)
{
    struct document d;
    document_copy(&f->document, &d);
    g_free(d.source_prompt);
    d.source_prompt = g_strdup("a red apple");
    g_assert_true(settings_set(d.edit, "guidance", 4 + n, NULL));
    const struct job_inputs in = {.photo = f->open, .document = &d, .adapters = f->adapters};
    tincture_queue_submit(f->queue, NULL, tincture_job_new(&edit_job, &in));
    document_clear(&d);
}

static void report_cb(TinctureQueue *queue, TinctureJob *job, const struct job_report *report,
                      struct fixture *f)
{
    if (job->type == &batch_job) {
        g_assert_null(report->preview.rgba);
        g_assert_cmpfloat(report->fraction, >=, f->fraction);
        g_assert_cmpfloat(report->fraction, <=, 1.0);
        f->fraction = report->fraction;
        if (f->stop_after && files_in(f->out) >= f->stop_after) {
            tincture_job_cancel(job);
        }
        if (f->open && f->edits < EDITS && files_in(f->out) >= f->edits / 2) {
            edit_beside(f, f->edits++); // two a photo
        }
    }
}

static const GError *run_job(struct fixture *f, const struct job_type *type,
                             const struct job_inputs *in)
{
    g_clear_object(&f->last);
    f->fraction = 0;
    tincture_queue_submit(f->queue, NULL, tincture_job_new(type, in));
    while (!f->last) {
        g_main_context_iteration(NULL, TRUE);
    }
    return f->last->error;
}

static void copy_sample(const struct fixture *f, const char *sample, const char *name)
{
    g_autofree char *from =
        g_build_filename(g_getenv("TINCTURE_RESOURCES"), "samples", sample, NULL);
    g_autofree char *to = g_build_filename(f->dir, name, NULL), *data = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(from, &data, &size, NULL));
    g_assert_true(g_file_set_contents(to, data, (gssize)size, NULL));
}

static void begin(struct fixture *f)
{
    *f = (struct fixture){.dir = g_dir_make_tmp("tincture-batch-XXXXXX", NULL),
                          .engine = engine_new(),
                          .adapters = engine_adapters_new()};
    f->out = g_build_filename(f->dir, "out", NULL);
    g_assert_cmpint(g_mkdir(f->out, 0700), ==, 0);
    f->queue = tincture_queue_new(f->engine);
    g_signal_connect(f->queue, "finished", G_CALLBACK(finished_cb), f);
    g_signal_connect(f->queue, "report", G_CALLBACK(report_cb), f);
    document_init(&f->document);
    g_free(f->document.prompt);
    f->document.prompt = g_strdup("a green apple");
    g_assert_true(settings_set(f->document.edit, "steps", 2, NULL));
    g_autofree char *model = paths_model(NULL);
    g_assert_no_error(run_job(f, &load_job, &(struct job_inputs){.path = model}));
}

static void end(struct fixture *f)
{
    tincture_queue_close(f->queue);
    g_clear_object(&f->last);
    while (g_main_context_iteration(NULL, FALSE)) { // what was still on its way
    }
    g_assert_finalize_object(f->queue);
    engine_free(f->engine);
    document_clear(&f->document);
    g_array_unref(f->adapters);
    remove_tree(f->dir);
    g_free(f->out);
    g_free(f->dir);
}

// names: in the folder, NULL-terminated.
static const GError *run_batch(struct fixture *f, const char *const *names, const char *folder)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; names[i]; i++) {
        g_ptr_array_add(files, g_build_filename(f->dir, names[i], NULL));
    }
    g_ptr_array_add(files, NULL);
    const struct job_inputs in = {.document = &f->document,
                                  .adapters = f->adapters,
                                  .files = (const char *const *)files->pdata,
                                  .folder = folder,
                                  .with_recipe = true};
    return run_job(f, &batch_job, &in);
}

static char *contents(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char *data = NULL;
    g_assert_true(g_file_get_contents(path, &data, NULL, NULL));
    return data;
}

static void assert_same_bytes(const char *one, const char *other)
{
    g_autofree char *a = NULL, *b = NULL;
    gsize size_a, size_b;
    g_assert_true(g_file_get_contents(one, &a, &size_a, NULL));
    g_assert_true(g_file_get_contents(other, &b, &size_b, NULL));
    g_assert_cmpmem(a, size_a, b, size_b);
}

static void assert_edited(const char *folder, const char *name)
{
    g_autoptr(GFile) file = g_file_new_build_filename(folder, name, NULL);
    struct image_info info = {0};
    g_assert_true(image_probe(file, &info, NULL));
    g_assert_cmpint(info.width, ==, 512);
    g_assert_nonnull(strstr(info.meta.recipe, "a green apple"));
    image_meta_clear(&info.meta);
}

// Two of one name both come, one that is none is told of, and the rest is done.
static void test_all(void)
{
    static const char *const names[] = {"apple.png", "letter.txt", "more/apple.png", "no.png",
                                        NULL};
    struct fixture f;
    begin(&f);
    g_autofree char *more = g_build_filename(f.dir, "more", NULL);
    g_autofree char *letter = g_build_filename(f.dir, "letter.txt", NULL);
    g_assert_cmpint(g_mkdir(more, 0700), ==, 0);
    copy_sample(&f, "apple.png", "apple.png");
    copy_sample(&f, "apple.png", "more/apple.png");
    g_assert_true(g_file_set_contents(letter, "this is a letter", -1, NULL));
    g_assert_no_error(run_batch(&f, names, f.out));
    g_assert_cmpint(files_in(f.out), ==, 2);
    assert_edited(f.out, "apple.png");
    assert_edited(f.out, "apple-2.png");
    g_test_message("%s", f.last->out.note);
    g_assert_true(g_str_has_prefix(f.last->out.note, "Exported 2 of 4 photos. letter.txt"));
    g_assert_nonnull(strstr(f.last->out.note, "no.png"));
    g_assert_cmpfloat(f.fraction, >, 0.5);

    // Beside its photo it does not take the photo's name.
    static const char *const one[] = {"apple.png", NULL};
    g_autofree char *photo = contents(f.dir, "apple.png");
    g_assert_no_error(run_batch(&f, one, f.dir));
    g_autofree char *still = contents(f.dir, "apple.png");
    g_assert_cmpstr(still, ==, photo);
    assert_edited(f.dir, "apple-2.png");
    end(&f);
}

// A photo that is not whole fails, and is done once it is.
static void test_damaged(void)
{
    static const char *const names[] = {"apple.png", NULL};
    struct fixture f;
    begin(&f);
    copy_sample(&f, "apple.png", "apple.png");
    g_autofree char *path = g_build_filename(f.dir, "apple.png", NULL), *data = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(path, &data, &size, NULL));
    g_assert_true(g_file_set_contents(path, data, (gssize)size - 12, NULL)); // its end
    g_assert_no_error(run_batch(&f, names, f.out));
    g_assert_cmpint(files_in(f.out), ==, 0);
    g_assert_true(
        g_str_has_prefix(f.last->out.note, "Exported 0 of 1 photo. apple.png: the file is"));
    g_assert_true(g_file_set_contents(path, data, (gssize)size, NULL));
    g_assert_no_error(run_batch(&f, names, f.out));
    assert_edited(f.out, "apple.png");
    end(&f);
}

// Stopped and begun again it does what is missing.
static void test_again(void)
{
    static const char *const names[] = {"a.png", "b.png", "c.png", NULL};
    struct fixture f;
    begin(&f);
    for (int i = 0; names[i]; i++) {
        copy_sample(&f, "apple.png", names[i]);
    }
    f.stop_after = 1;
    g_assert_error(run_batch(&f, names, f.out), G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpint(f.last->state, ==, JOB_CANCELLED);
    const int made = files_in(f.out);
    g_assert_cmpint(made, >=, 1);
    g_assert_cmpint(made, <, 3);
    g_autofree char *first = g_build_filename(f.out, "a.png", NULL);
    g_assert_true(g_file_set_contents(first, "mine by now", -1, NULL));
    f.stop_after = 0;
    g_assert_no_error(run_batch(&f, names, f.out));
    g_assert_cmpint(files_in(f.out), ==, 3);
    g_autofree char *note = g_strdup_printf("Exported %d of 3 photos, %d %s there already",
                                            3 - made, made, made == 1 ? "was" : "were");
    g_assert_cmpstr(f.last->out.note, ==, note);
    g_autofree char *kept = contents(f.out, "a.png");
    g_assert_cmpstr(kept, ==, "mine by now");
    end(&f);
}

// Edits of the open photo beside it change nothing of what it makes, nor it of what they lead to.
static void test_beside(void)
{
    static const char *const names[] = {"apple.png", "cat.png", NULL};
    struct fixture f;
    g_autoptr(GError) error = NULL;
    begin(&f);
    f.edited = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (int i = 0; names[i]; i++) {
        copy_sample(&f, names[i], names[i]);
    }
    g_autofree char *quiet = g_build_filename(f.dir, "quiet", NULL);
    g_assert_cmpint(g_mkdir(quiet, 0700), ==, 0);
    g_assert_no_error(run_batch(&f, names, quiet));
    g_autoptr(GFile) sample = g_file_new_build_filename(f.dir, "apple.png", NULL);
    f.open = engine_photo(f.engine, image_load(sample, NULL, &error), 0, 256, &error);
    g_assert_no_error(error);
    g_assert_no_error(run_batch(&f, names, f.out));
    g_assert_cmpint(f.edits, ==, EDITS);
    g_assert_cmpuint(f.edited->len, ==, EDITS);
    for (int i = 0; names[i]; i++) {
        g_autofree char *alone = g_build_filename(quiet, names[i], NULL);
        g_autofree char *beside = g_build_filename(f.out, names[i], NULL);
        assert_same_bytes(alone, beside);
    }
    for (int i = 0; i < EDITS; i++) { // once more, with nothing beside them
        edit_beside(&f, i);
        while (f.edited->len < EDITS + (guint)i + 1) {
            g_main_context_iteration(NULL, TRUE);
        }
        g_assert_true(g_bytes_equal(f.edited->pdata[i], f.edited->pdata[EDITS + i]));
    }
    photo_unref(f.open);
    g_ptr_array_unref(f.edited);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/batch/all", test_all);
    g_test_add_func("/batch/again", test_again);
    g_test_add_func("/batch/damaged", test_damaged);
    g_test_add_func("/batch/beside", test_beside);
    return g_test_run();
}
