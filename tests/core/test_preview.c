// How soon the window answers: from a changed prompt to the first preview, once the photo has been
// inverted, at the defaults of the starter model. The figures are printed; the limit only catches
// gross failures. They depend on TINCTURE_THREADS and on the load of the machine.
#include "tests/core/session_fixture.h"

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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/preview/first", test_first_preview);
    return g_test_run();
}
