// Two sessions of one studio, as two windows have them: each has its own document, edits and
// messages, and what is of the library or the model is so in both.
#include "tests/core/session_fixture.h"

#include "ui/core/export_options.h"

#include <string.h>

struct pair {
    struct fixture a, b; // one library, that of a
};

static void attach(struct fixture *f, TinctureStudio *studio)
{
    f->session = tincture_session_new(studio);
    fixture_attach(f);
}

static void begin_pair(struct pair *p)
{
    memset(&p->b, 0, sizeof p->b);
    fixture_begin(&p->a);
    g_autoptr(TinctureStudio) studio = tincture_studio_new(p->a.dir, NULL, NULL, NULL, NULL);
    attach(&p->a, studio);
    attach(&p->b, studio);
}

static void end_pair(struct pair *p)
{
    fixture_close(&p->b);
    fixture_end(&p->a);
    g_free(p->b.last_message);
}

static bool has_photo(struct fixture *f)
{
    return f->project->photo != NULL;
}

// By a way to noise that reports itself, so that it can be counted.
static void invert_by_ddim(TinctureProject *project)
{
    struct settings *s = settings_copy(project->document.edit);
    g_assert_true(settings_parse(s, "inverter", "ddim", NULL));
    tincture_project_set(project, SETTINGS_EDIT, "inverter", settings_get(s, "inverter"));
    settings_free(s);
}

// With few steps, and nothing else that is not said.
static void open_sample(struct fixture *f, const char *name)
{
    g_autofree char *path = sample_path(name);
    library_open(f->session->library, path);
    wait_until(f, has_photo, "the photo is open");
    tincture_project_set(f->project, SETTINGS_EDIT, "steps", 4);
    tincture_project_set_seed(f->project, 7);
    invert_by_ddim(f->project);
    wait_idle(f);
}

static void open_two(struct pair *p)
{
    open_sample(&p->a, "apple.png");
    open_sample(&p->b, "cat.png");
}

static void ask(struct fixture *f, const char *source, const char *prompt)
{
    tincture_project_set_source_prompt(f->project, source);
    tincture_project_set_prompt(f->project, prompt);
    live_edit_now(f->session->live, true);
}

// ---- what is drawn ------------------------------------------------------------------------------

struct way {
    const char *photo, *source, *prompts[2];
};
static const struct way ways[] = {
    {"apple.png", "a red apple", {"a green apple", "a blue apple"}},
    {"cat.png", "a gray cat", {"a brown cat", "a green cat"}}, // of one preset
};

static GBytes *drawn(struct fixture *f, const struct way *way, int i)
{
    ask(f, way->source, way->prompts[i]);
    wait_idle(f);
    g_assert_nonnull(f->project->result);
    g_assert_cmpstr(f->project->result->document.prompt, ==, way->prompts[i]);
    return g_bytes_ref(f->project->result->pixels);
}

static void draw_alone(const struct way *way, GBytes *pixels[2])
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    open_sample(&f, way->photo);
    for (int i = 0; i < 2; i++) {
        pixels[i] = drawn(&f, way, i);
    }
    fixture_end(&f);
}

static void inverted_cb(TinctureQueue *queue, TinctureJob *job, struct job_report *report,
                        gpointer count)
{
    *(int *)count += g_str_has_prefix(report->text, "Inverting");
}

// In turns, to the bit what each draws alone; and who comes back inverts nothing again.
static void test_pixels(void)
{
    GBytes *alone[2][2];
    struct pair p;
    int inverted = 0;
    for (int w = 0; w < 2; w++) {
        draw_alone(&ways[w], alone[w]);
    }
    begin_pair(&p);
    open_two(&p);
    g_signal_connect(p.a.queue, "report", G_CALLBACK(inverted_cb), &inverted);
    for (int i = 0; i < 2; i++) {
        for (int w = 0; w < 2; w++) {
            inverted = 0;
            GBytes *pixels = drawn(w ? &p.b : &p.a, &ways[w], i);
            g_assert_true(g_bytes_equal(pixels, alone[w][i]));
            g_bytes_unref(pixels);
            g_bytes_unref(alone[w][i]);
            g_assert_true((inverted > 0) == (i == 0));
        }
    }
    g_assert_cmpint(p.a.messages[MESSAGE_ERROR] + p.b.messages[MESSAGE_ERROR], ==, 0);
    end_pair(&p);
}

// ---- whose a job is -----------------------------------------------------------------------------

static TinctureJob *edit_of(struct fixture *f)
{
    return tincture_queue_find(f->queue, f->project, &edit_job);
}

static bool settled(struct fixture *f)
{
    return tincture_queue_shown(f->queue, NULL) == NULL;
}

// Another sentence in one window replaces its own edit, and Escape stops that alone.
static void test_cancel(void)
{
    struct pair p;
    begin_pair(&p);
    open_two(&p);
    tincture_queue_set_paused(p.a.queue, true);
    ask(&p.a, "a red apple", "a green apple");
    ask(&p.b, "a cat", "a dog");
    g_autoptr(TinctureJob) first = g_object_ref(edit_of(&p.a));
    g_autoptr(TinctureJob) other = g_object_ref(edit_of(&p.b));
    g_assert_true(first != other);
    ask(&p.a, "a red apple", "a blue apple");
    g_assert_true(tincture_job_is_cancelled(first));
    g_assert_false(tincture_job_is_cancelled(other));
    g_assert_true(tincture_queue_shown(p.b.queue, p.b.project) == other);
    wait_ms(300);
    tincture_session_cancel(p.a.session);
    g_assert_false(tincture_job_is_cancelled(other));
    tincture_queue_set_paused(p.a.queue, false);
    wait_until(&p.b, settled, "the other window's edit ends");
    g_assert_nonnull(p.b.project->result);
    g_assert_null(p.a.project->result);
    g_assert_cmpint(p.a.previews, ==, 0);
    end_pair(&p);
}

// Who is closed takes along what works for it alone; what was promised is done all the same.
static void test_close(void)
{
    struct pair p;
    begin_pair(&p);
    open_two(&p);
    g_autofree char *path = g_build_filename(p.a.dir, "exported.png", NULL);
    GBytes *pixels = drawn(&p.a, &ways[0], 0);
    g_bytes_unref(pixels);
    tincture_queue_set_paused(p.a.queue, true);
    ask(&p.a, "a red apple", "a blue apple");
    ask(&p.b, "a cat", "a dog");
    fixture_export(p.a.session, path, true, 0, 0);
    g_autoptr(TinctureJob) mine = g_object_ref(edit_of(&p.a));
    g_autoptr(TinctureJob) other = g_object_ref(edit_of(&p.b));
    tincture_session_close(p.a.session);
    g_assert_finalize_object(p.a.session);
    p.a.session = NULL;
    g_assert_true(tincture_job_is_cancelled(mine));
    g_assert_false(tincture_job_is_cancelled(other));
    tincture_queue_set_paused(p.b.queue, false);
    wait_until(&p.b, settled, "what is left is done");
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_cmpint(p.b.messages[MESSAGE_EXPORTED], ==, 1); // or nobody would have told
    g_assert_nonnull(p.b.project->result);
    // Its document is there as it was left, in any window.
    open_sample(&p.b, "apple.png");
    g_assert_cmpstr(p.b.project->document.prompt, ==, "a blue apple");
    end_pair(&p);
}

// ---- one library --------------------------------------------------------------------------------

static bool opened_while_learning(struct fixture *f)
{
    g_assert_true(tincture_queue_find(f->queue, NULL, &learn_job) != NULL);
    return has_photo(f);
}

// A photo is opened in one window while the other learns, which goes on as if nothing had been.
static void test_open_meanwhile(void)
{
    struct pair p;
    begin_pair(&p);
    open_sample(&p.a, "apple.png");
    fixture_learn(&p.a, 20);
    wait_until(&p.a, learning_is_over, "the training is over");
    g_autoptr(GArray) alone = g_array_copy(p.a.project->loss);
    wait_idle(&p.a);
    fixture_learn(&p.a, 20);
    g_autofree char *path = sample_path("cat.png");
    library_open(p.b.session->library, path);
    wait_until(&p.b, opened_while_learning, "the photo is open before the training is over");
    wait_until(&p.a, learning_is_over, "the training is over");
    g_assert_cmpmem(p.a.project->loss->data, p.a.project->loss->len * sizeof(double), alone->data,
                    alone->len * sizeof(double));
    wait_idle(&p.a);
    end_pair(&p);
}

static void elsewhere_cb(TinctureSession *session, TinctureSession *other, TinctureSession **where)
{
    *where = other;
}

static bool no_photo(struct fixture *f)
{
    return f->project->photo == NULL;
}

// A document is open once, and what is deleted in one window is closed in the other.
static void test_library(void)
{
    struct pair p;
    TinctureSession *where = NULL;
    begin_pair(&p);
    open_sample(&p.a, "apple.png");
    const gint64 id = p.a.session->library->row.id;
    g_signal_connect(p.b.session, "elsewhere", G_CALLBACK(elsewhere_cb), &where);
    tincture_session_open(p.b.session, id);
    g_assert_true(where == p.a.session);
    where = NULL;
    g_autofree char *path = sample_path("apple.png");
    library_open(p.b.session->library, path); // the same photo, as a file
    wait_idle(&p.b);
    g_assert_true(where == p.a.session);
    g_assert_null(p.b.project->photo);
    g_assert_true(tincture_session_delete(p.b.session, STORE_DOCUMENT, id));
    g_assert_null(p.a.project->photo);
    g_assert_true(tincture_session_restore(p.b.session, STORE_DOCUMENT, id));
    wait_until(&p.a, has_photo, "it is open again where it was");
    g_assert_true(no_photo(&p.b));
    g_assert_cmpint(p.a.messages[MESSAGE_ERROR] + p.b.messages[MESSAGE_ERROR], ==, 0);
    end_pair(&p);
}

// ---- one model ----------------------------------------------------------------------------------

static void count_cb(gpointer session, int *count)
{
    (*count)++;
}

static void test_model(void)
{
    struct pair p;
    int told[2] = {0};
    begin_pair(&p);
    open_two(&p);
    GBytes *before = drawn(&p.a, &ways[0], 0), *other = drawn(&p.b, &ways[1], 0);
    struct photo *photos[2] = {photo_ref(p.a.project->photo), photo_ref(p.b.project->photo)};
    g_signal_connect(p.a.session, "device-changed", G_CALLBACK(count_cb), &told[0]);
    g_signal_connect(p.b.session, "device-changed", G_CALLBACK(count_cb), &told[1]);
    tincture_session_use(p.b.session, &(struct studio_engine){0}); // the starter again
    wait_idle(&p.a);
    g_assert_cmpint(told[0], ==, 1);
    g_assert_cmpint(told[1], ==, 1);
    g_assert_true(p.a.project->photo != photos[0] && p.b.project->photo != photos[1]);
    wait_ms(1100);
    GBytes *after = drawn(&p.a, &ways[0], 0);
    g_assert_true(g_bytes_equal(before, after));
    photo_unref(photos[0]);
    photo_unref(photos[1]);
    g_bytes_unref(before);
    g_bytes_unref(other);
    g_bytes_unref(after);
    end_pair(&p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/windows/pixels", test_pixels);
    g_test_add_func("/windows/cancel", test_cancel);
    g_test_add_func("/windows/close", test_close);
    g_test_add_func("/windows/open-meanwhile", test_open_meanwhile);
    g_test_add_func("/windows/library", test_library);
    g_test_add_func("/windows/model", test_model);
    return g_test_run();
}
