// How soon the window answers: from a changed prompt or slider to the first preview, once the
// photo has been inverted, at the defaults of the starter model; alone, while a batch edits many
// photos, and while the photo is learned. The figures are printed; the limit only catches gross
// failures. They depend on TINCTURE_THREADS and on the load of the machine.
#include "tests/core/session_fixture.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <time.h>

#define REPEAT   10 // with -m perf, else A_FEW
#define A_FEW    3
#define MANY     40 // photos of the batch
#define LIMIT_MS 10000.0

static const char *const subjects[REPEAT] = {"a pear",   "a green apple", "a lemon", "a ball",
                                             "an onion", "a tomato",      "a peach", "a potato",
                                             "a plum",   "an egg"};
static int previews_before, repeat = A_FEW;

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
    for (int i = 0; i < repeat; i++) {
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
    qsort(ms, (size_t)repeat, sizeof *ms, compare_double);
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
                   with_pause[repeat / 2], with_pause[0], with_pause[repeat - 1],
                   without[repeat / 2], without[0], without[repeat - 1]);
    g_assert_cmpfloat(with_pause[repeat / 2], <, LIMIT_MS);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    fixture_end(&f);
}

static bool nothing_is_at_work(struct fixture *f)
{
    return tincture_queue_shown(f->queue, NULL) == NULL;
}

static bool is_at_work(struct fixture *f, const struct job_type *type)
{
    const TinctureJob *job = tincture_queue_find(f->queue, NULL, type);
    g_assert_nonnull(job); // it is not through before the measuring is
    return job->state == JOB_RUNNING && job->fraction > 0;
}

static bool batch_is_at_work(struct fixture *f)
{
    return is_at_work(f, &batch_job);
}

static bool training_is_at_work(struct fixture *f)
{
    return is_at_work(f, &learn_job);
}

// Changes of which none leads to a picture that was drawn before.
static void move_slider(struct fixture *f)
{
    static double guidance = 6;
    tincture_project_set(f->project, SETTINGS_EDIT, "guidance", guidance += 0.1);
}

static void write_sentence(struct fixture *f)
{
    static int n;
    g_autofree char *prompt = g_strdup_printf("%s of %d", subjects[n % REPEAT], n);
    n++;
    tincture_project_set_prompt(f->project, prompt);
}

static bool edit_is_asked_for(struct fixture *f)
{
    return tincture_queue_find(f->queue, NULL, &edit_job) != NULL;
}

static bool edit_is_over(struct fixture *f)
{
    return !edit_is_asked_for(f);
}

// Of all threads of this program, which on an idle machine is no less than what the clock shows.
static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

// From a change to the first preview, the pause for typing and dragging included, each time in the
// midst of the other job's work; and from the end of that pause, by the clock and in CPU time,
// which the machine's other work changes little.
static void measure_beside(struct fixture *f, const char *what, condition_fn at_work,
                           void (*change)(struct fixture *f))
{
    double whole[REPEAT], answer[REPEAT], cpu[REPEAT];
    change(f); // to the end: what a change leaves as it was is there from then on
    wait_until(f, edit_is_asked_for, "the pause is over");
    wait_until(f, edit_is_over, "the edit is there");
    for (int i = 0; i < repeat; i++) {
        wait_until(f, at_work, "the other job is at work");
        wait_ms(300);
        wait_until(f, at_work, "it is still");
        previews_before = f->previews;
        const gint64 begin = g_get_monotonic_time();
        change(f);
        wait_until(f, edit_is_asked_for, "the pause is over");
        const gint64 asked = g_get_monotonic_time();
        const double spent = cpu_ms();
        wait_until(f, previewed, "the first preview is there");
        whole[i] = (double)(g_get_monotonic_time() - begin) / 1000.0;
        answer[i] = (double)(g_get_monotonic_time() - asked) / 1000.0;
        cpu[i] = cpu_ms() - spent;
        tincture_queue_cancel(f->queue, NULL, &edit_job); // the rest of it is not what is measured
    }
    double *const all[] = {whole, answer, cpu};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        qsort(all[i], (size_t)repeat, sizeof(double), compare_double);
    }
    g_test_message("%s: median %.0f, worst %.0f ms; behind the pause %.0f, %.0f ms, and %.0f, "
                   "%.0f ms of CPU time",
                   what, whole[repeat / 2], whole[repeat - 1], answer[repeat / 2],
                   answer[repeat - 1], cpu[repeat / 2], cpu[repeat - 1]);
    g_assert_cmpfloat(whole[repeat / 2], <, LIMIT_MS);
}

// Of many photos, each of another file.
static void begin_batch(struct fixture *f)
{
    static const char *const samples[] = {"apple.png", "cat.png", "fox.png", "coffee.png"};
    g_autofree char *folder = g_build_filename(f->dir, "many", NULL);
    g_autofree char *from = g_build_filename(f->dir, "photos-of-many", NULL);
    const char *const files[] = {from, NULL};
    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    g_assert_cmpint(g_mkdir(from, 0700), ==, 0);
    for (int i = 0; i < MANY; i++) {
        g_autofree char *sample = sample_path(samples[i % (int)G_N_ELEMENTS(samples)]);
        g_autofree char *name = g_strdup_printf("%s/%d.png", from, i), *data = NULL;
        gsize size;
        g_assert_true(g_file_get_contents(sample, &data, &size, NULL));
        g_assert_true(g_file_set_contents(name, data, (gssize)size, NULL));
    }
    tincture_session_batch(f->session, NULL, files, folder);
}

static void test_beside(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    tincture_project_set(f.project, SETTINGS_EDIT, "steps", 20);
    tincture_project_set_source_prompt(f.project, "a red apple");
    tincture_project_set_prompt(f.project, "a blue apple");
    wait_idle(&f);
    measure_beside(&f, "a slider, alone", nothing_is_at_work, move_slider);
    measure_beside(&f, "a sentence, alone", nothing_is_at_work, write_sentence);
    wait_idle(&f);
    begin_batch(&f);
    measure_beside(&f, "a slider, while 40 photos are edited", batch_is_at_work, move_slider);
    measure_beside(&f, "a sentence, while 40 photos are edited", batch_is_at_work, write_sentence);
    tincture_queue_cancel(f.queue, NULL, &batch_job);
    wait_idle(&f);
    fixture_learn(&f, 4000);
    measure_beside(&f, "a slider, while the photo is learned", training_is_at_work, move_slider);
    measure_beside(&f, "a sentence, while the photo is learned", training_is_at_work,
                   write_sentence);
    tincture_queue_cancel(f.queue, NULL, &learn_job);
    wait_idle(&f);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    fixture_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    repeat = g_test_perf() ? REPEAT : A_FEW;
    g_test_add_func("/preview/first", test_first_preview);
    g_test_add_func("/preview/beside", test_beside);
    return g_test_run();
}
