// The workshop: which adapters it finds, what a person's factors make of them, what is measured and
// when that is not true any more, and what stays where something is missing or stopped.
#include "tests/core/session_fixture.h"
#include "ui/core/engine.h"

#include <glib/gstdio.h>
#include <string.h>

#define STEPS 3

static TinctureWorkshop *work_of(const struct fixture *f)
{
    return f->session->workshop;
}

static bool is_measured(struct fixture *f)
{
    return work_of(f)->study != NULL;
}

static bool is_free(struct fixture *f)
{
    return !tincture_queue_find(f->queue, NULL, &study_job) &&
           !tincture_queue_find(f->queue, NULL, &combine_job);
}

// A photo that was learned, and its adapter chosen.
static void begin(struct fixture *f)
{
    fixture_begin(f);
    fixture_open(f);
    fixture_photo(f);
    fixture_learn(f, STEPS);
    wait_until(f, learning_is_over, "the photo is learned");
    wait_idle(f);
    tincture_workshop_look(work_of(f));
    g_assert_cmpuint(work_of(f)->items->len, ==, 1);
    const struct workshop_item *item = work_of(f)->items->pdata[0];
    g_assert_cmpstr(item->name, ==, "apple.png: svdiff, 3 steps");
    g_assert_false(item->chosen);
    tincture_workshop_choose(work_of(f), 0, true);
}

static struct adapter *load(const struct fixture *f, const char *path)
{
    g_autoptr(GError) error = NULL;
    struct adapter *a = adapter_load(path, f->session->studio->engine->model, &error);
    g_assert_no_error(error);
    return a;
}

static guint files_made(const struct fixture *f)
{
    g_autoptr(GPtrArray) files = library_files(f->session->library, LIBRARY_MADE);
    return files->len;
}

// What a layer keeps of 0.5 everywhere, half of that in the down blocks, half in self-attention,
// none in cross-attention.
static double expected(const struct adapter_param *p)
{
    const struct layer_group g = layer_group_of(p);
    const double here = g.place == LAYER_DOWN ? 0.25 : 0.5;
    return g.kind == LAYER_CROSS ? 0 : g.kind == LAYER_SELF ? here / 2 : here;
}

static void test_factors(void)
{
    struct fixture f;
    begin(&f);
    const struct workshop_item *item = work_of(&f)->items->pdata[0];
    g_autofree char *original = g_strdup(item->path);
    tincture_workshop_set(work_of(&f), 0, "strength", 0.5);
    tincture_workshop_set(work_of(&f), 0, "down", 0.5);
    tincture_workshop_set(work_of(&f), 0, "self", 0.5);
    tincture_workshop_set(work_of(&f), 0, "cross", 0);
    tincture_workshop_set(work_of(&f), 0, "cross", 5); // no legal one
    g_assert_true(tincture_workshop_make(work_of(&f), "half", 0));
    wait_until(&f, is_free, "it is made");
    g_assert_cmpuint(work_of(&f)->items->len, ==, 2);
    g_assert_true(((struct workshop_item *)work_of(&f)->items->pdata[0])->chosen); // as before
    const struct workshop_item *half = work_of(&f)->items->pdata[1];
    g_assert_cmpstr(half->name, ==, "half");
    struct adapter *before = load(&f, original), *after = load(&f, half->path);
    g_assert_cmpstr(after->method->name, ==, "svdiff");
    g_assert_true(g_str_has_prefix(g_hash_table_lookup(after->metadata, ADAPTER_ORIGINS),
                                   "apple.png: svdiff, 3 steps:0.5,"));
    int kept = 0;
    for (guint i = 0; i < before->params->len; i++) {
        const struct adapter_param *p = before->params->pdata[i],
                                   *q = adapter_param_of(after, p->weight);
        const double factor = expected(p);
        g_assert_true((q != NULL) == (factor != 0));
        for (int k = 0; q && k < p->count; k++) {
            g_assert_cmpfloat(q->value[k], ==, (float)(factor * p->value[k]));
            kept += q->value[k] != 0;
        }
    }
    g_assert_cmpint(kept, >, 0);
    adapter_free(before);
    adapter_free(after);

    // The same name again leaves the first as it is.
    g_assert_true(tincture_workshop_make(work_of(&f), "half", 2));
    wait_until(&f, is_free, "it is made again");
    g_assert_nonnull(strstr(work_of(&f)->outcome, "half 2"));
    g_assert_nonnull(strstr(work_of(&f)->outcome, "of rank 2"));
    g_assert_cmpuint(files_made(&f), ==, 2);
    fixture_end(&f);
}

static void test_measured(void)
{
    struct fixture f;
    begin(&f);
    g_assert_true(tincture_workshop_measure(work_of(&f)));
    g_assert_false(tincture_workshop_measure(work_of(&f))); // it is at it
    wait_until(&f, is_measured, "it is measured");
    g_assert_cmpint(work_of(&f)->study->n, ==, 1);
    g_assert_cmpfloat(study_size(work_of(&f)->study, 0, LAYER_ALL), >, 0);
    tincture_workshop_set(work_of(&f), 0, "up", 1); // as it is
    g_assert_true(is_measured(&f));
    tincture_workshop_set(work_of(&f), 0, "up", 0.5);
    g_assert_false(is_measured(&f));

    // What was asked for before a change is of something else.
    g_assert_true(tincture_workshop_measure(work_of(&f)));
    tincture_workshop_set(work_of(&f), 0, "up", 0.25);
    wait_until(&f, is_free, "the measuring ends");
    g_assert_false(is_measured(&f));
    fixture_end(&f);
}

static const struct workshop_item *item_of(const struct fixture *f, const char *name)
{
    for (guint i = 0; i < work_of(f)->items->len; i++) {
        const struct workshop_item *item = work_of(f)->items->pdata[i];
        if (g_str_equal(item->name, name)) {
            return item;
        }
    }
    return NULL;
}

static guint index_of(const struct fixture *f, const char *name)
{
    guint i = 0;
    while (work_of(f)->items->pdata[i] != item_of(f, name)) {
        i++;
    }
    return i;
}

static void put_file(const char *folder, const char *name, const char *text, gsize size)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_assert_true(g_file_set_contents(path, text, (gssize)size, NULL));
}

// What is added from elsewhere is there at the next start, what is taken off is not, and what is
// broken is told; of a folder its adapters come.
static void test_list(void)
{
    struct fixture f;
    begin(&f);
    const struct workshop_item *own = work_of(&f)->items->pdata[0];
    g_autofree char *elsewhere = g_dir_make_tmp("tincture-test-XXXXXX", NULL), *text = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(own->path, &text, &size, NULL));
    put_file(elsewhere, "a.safetensors", text, size);
    put_file(elsewhere, "b.safetensors", text, size);
    put_file(elsewhere, "cut.safetensors", text, size / 2);
    put_file(elsewhere, "c.txt", text, size);
    const char *const folder[] = {elsewhere, NULL};
    tincture_workshop_add(work_of(&f), folder);
    g_assert_cmpuint(work_of(&f)->items->len, ==, 3);
    g_assert_true(item_of(&f, "a")->chosen && item_of(&f, "b")->chosen);
    g_autofree char *cut = g_build_filename(elsewhere, "cut.safetensors", NULL);
    tincture_workshop_add(work_of(&f), (const char *const[]){cut, NULL});
    g_assert_nonnull(strstr(f.last_message, "cut.safetensors"));
    g_assert_null(item_of(&f, "cut"));
    tincture_workshop_remove(work_of(&f), index_of(&f, "b"));
    tincture_workshop_remove(work_of(&f), index_of(&f, "apple.png: svdiff, 3 steps"));

    fixture_close(&f);
    put_file(elsewhere, "a.safetensors", text, size / 2); // broken since
    fixture_open(&f);
    tincture_workshop_look(work_of(&f));
    g_assert_cmpuint(work_of(&f)->items->len, ==, 1);
    g_assert_nonnull(item_of(&f, "a")->fault);
    tincture_workshop_choose(work_of(&f), 0, true);
    g_assert_cmpuint(tincture_workshop_n_chosen(work_of(&f)), ==, 0);
    put_file(elsewhere, "a.safetensors", text, size);
    tincture_workshop_add(work_of(&f), folder); // what was taken off comes again, too
    g_assert_cmpuint(work_of(&f)->items->len, ==, 2);
    g_assert_true(item_of(&f, "a")->chosen && item_of(&f, "b")->chosen);
    tincture_workshop_look(work_of(&f));
    g_assert_cmpuint(tincture_workshop_n_chosen(work_of(&f)), ==, 2);
    tincture_workshop_remove(work_of(&f), 1);
    tincture_workshop_remove(work_of(&f), 0);
    const char *const files[] = {"a.safetensors", "b.safetensors", "cut.safetensors", "c.txt"};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(elsewhere, files[i], NULL);
        g_assert_cmpint(g_unlink(path), ==, 0);
    }
    g_assert_cmpint(g_rmdir(elsewhere), ==, 0);
    fixture_end(&f);
}

static void test_not_made(void)
{
    struct fixture f;
    begin(&f);
    static const char *const names[] = {"", "  ", ".hidden", "../up"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_assert_false(tincture_workshop_make(work_of(&f), names[i], 0));
        g_assert_nonnull(strstr(f.last_message, "needs a name"));
    }
    tincture_workshop_set(work_of(&f), 0, "strength", 0);
    g_assert_true(tincture_workshop_make(work_of(&f), "nothing", 0));
    wait_until(&f, is_free, "it comes to nothing");
    g_assert_nonnull(strstr(f.last_message, "changes nothing"));
    tincture_workshop_set(work_of(&f), 0, "strength", 1);

    // Stopped: nothing is said and nothing is left.
    const int said = f.messages[MESSAGE_ERROR];
    g_assert_true(tincture_workshop_make(work_of(&f), "stopped", 4));
    tincture_session_cancel(f.session);
    wait_until(&f, is_free, "it is stopped");
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, said);

    // The file is gone by the time that it is read.
    const struct workshop_item *item = work_of(&f)->items->pdata[0];
    g_assert_cmpint(g_unlink(item->path), ==, 0);
    g_assert_true(tincture_workshop_make(work_of(&f), "gone", 0));
    wait_until(&f, is_free, "it fails");
    g_assert_nonnull(strstr(f.last_message, "The adapter was not made"));
    g_assert_cmpuint(files_made(&f), ==, 0);
    g_assert_cmpuint(work_of(&f)->items->len, ==, 0); // and it is not offered any more
    g_assert_false(tincture_workshop_measure(work_of(&f)));
    fixture_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/workshop/factors", test_factors);
    g_test_add_func("/workshop/measured", test_measured);
    g_test_add_func("/workshop/not-made", test_not_made);
    g_test_add_func("/workshop/list", test_list);
    return g_test_run();
}
