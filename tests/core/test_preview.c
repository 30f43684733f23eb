// How soon the window answers: from a changed prompt or slider to the first preview, once the
// photo has been inverted, at the defaults of the starter model; alone, while a batch edits many
// photos, and while the photo is learned. The figures are printed; the limit only catches gross
// failures. They depend on TINCTURE_THREADS and on the load of the machine.
#include "tests/core/session_fixture.h"

#include <glib/gstdio.h>
#include <stdlib.h>

#define REPEAT   7
#define LIMIT_MS 10000.0

static const char *const subjects[REPEAT] = {"a pear",   "a green apple", "a lemon", "a ball",
                                             "an onion", "a tomato",      "a peach"};
static int previews_before;

static bool previewed(struct fixture *f)
{
    return f->previews > previews_before;
}

static int compare_double(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Milliseconds of each change, sorted. now: without the pause that typing gets.
static void measure(struct fixture *f, bool now, double ms[REPEAT])
{
    for (int i = 0; i < REPEAT; i++) {
        wait_idle(f);
        previews_before = f->previews;
        const gint64 begin = g_get_monotonic_time();
        g_autofree char *prompt = g_strdup_printf("%s%s", subjects[i], now ? "" : " on a table");
        tincture_project_set_prompt(f->project, prompt);
        if (now) {
            live_edit_now(f->session->live, true);
        }
        wait_until(f, previewed, "the first preview is there");
        ms[i] = (double)(g_get_monotonic_time() - begin) / 1000.0;
    }
    qsort(ms, REPEAT, sizeof *ms, compare_double);
}

static void test_first_preview(void)
{
    struct fixture f;
    double with_pause[REPEAT], without[REPEAT];
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    tincture_project_set(f.project, SETTINGS_EDIT, "steps", 20); // as it is in the window
    tincture_project_set_source_prompt(f.project, "a red apple");
    tincture_project_set_prompt(f.project, "a blue apple");
    wait_idle(&f);
    measure(&f, false, with_pause);
    measure(&f, true, without);
    g_test_message("first preview after a new prompt: median %.0f ms (%.0f to %.0f); without the "
                   "pause for typing %.0f ms (%.0f to %.0f)",
                   with_pause[REPEAT / 2], with_pause[0], with_pause[REPEAT - 1],
                   without[REPEAT / 2], without[0], without[REPEAT - 1]);
    g_assert_cmpfloat(with_pause[REPEAT / 2], <, LIMIT_MS);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    fixture_end(&f);
}

static bool nothing_is_at_work(struct fixture *f)
{
    return tincture_queue_shown(f->queue) == NULL;
}

static bool batch_is_at_work(struct fixture *f)
{
    const TinctureJob *job = tincture_queue_find(f->queue, &batch_job);
    g_assert_nonnull(job); // it is not through before the measuring is
    return job->state == JOB_RUNNING && job->fraction > 0;
}

static bool training_is_at_work(struct fixture *f)
{
    const TinctureJob *job = tincture_queue_find(f->queue, &learn_job);
    g_assert_nonnull(job);
    return job->state == JOB_RUNNING && job->fraction > 0;
}

// Milliseconds from a slider's change to the first preview while the other job is at work again
// each time, the pause for dragging included.
static void measure_beside(struct fixture *f, condition_fn at_work, double guidance,
                           double ms[REPEAT])
{
    for (int i = 0; i < REPEAT; i++) {
        wait_until(f, at_work, "the other job is at work");
        previews_before = f->previews;
        const gint64 begin = g_get_monotonic_time();
        tincture_project_set(f->project, SETTINGS_EDIT, "guidance", guidance + 0.1 * i);
        wait_until(f, previewed, "the first preview is there");
        ms[i] = (double)(g_get_monotonic_time() - begin) / 1000.0;
    }
    qsort(ms, REPEAT, sizeof *ms, compare_double);
}

static void begin_batch(struct fixture *f)
{
    g_autofree char *samples = sample_path("");
    g_autofree char *folder = g_build_filename(f->dir, "many", NULL);
    const char *const files[] = {samples, NULL};
    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    tincture_session_batch(f->session, NULL, files, folder);
}

static void test_beside(void)
{
    struct fixture f;
    double alone[REPEAT], batch[REPEAT], training[REPEAT];
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    tincture_project_set(f.project, SETTINGS_EDIT, "steps", 20);
    tincture_project_set_source_prompt(f.project, "a red apple");
    tincture_project_set_prompt(f.project, "a blue apple");
    wait_idle(&f);
    measure_beside(&f, nothing_is_at_work, 6.05, alone);
    wait_idle(&f);
    tincture_project_set(f.project, SETTINGS_EDIT, "steps", 50); // the batch lasts
    begin_batch(&f);
    tincture_project_set(f.project, SETTINGS_EDIT, "steps", 20);
    measure_beside(&f, batch_is_at_work, 8.05, batch);
    tincture_queue_cancel(f.queue, &batch_job);
    wait_idle(&f);
    fixture_learn(&f, 2000);
    measure_beside(&f, training_is_at_work, 10.05, training); // nothing that was drawn
    tincture_queue_cancel(f.queue, &learn_job);
    wait_idle(&f);
    g_test_message(
        "first preview after a slider's change: median %.0f ms (%.0f to %.0f); while a "
        "batch runs: %.0f ms (%.0f to %.0f); while the photo is learned: %.0f ms (%.0f to "
        "%.0f)",
        alone[REPEAT / 2], alone[0], alone[REPEAT - 1], batch[REPEAT / 2], batch[0],
        batch[REPEAT - 1], training[REPEAT / 2], training[0], training[REPEAT - 1]);
    g_assert_cmpfloat(batch[REPEAT / 2], <, LIMIT_MS);
    g_assert_cmpfloat(training[REPEAT / 2], <, LIMIT_MS);
    fixture_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/preview/first", test_first_preview);
    g_test_add_func("/preview/beside", test_beside);
    return g_test_run();
}
