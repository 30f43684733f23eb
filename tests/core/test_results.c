// The history of results: undo and redo show what is there, rows say what differs.
#include "tests/core/session_fixture.h"

static const TinctureResultEntry *result_at(struct fixture *f, guint i)
{
    return tincture_project_result(f->project, i);
}

static bool first_result(struct fixture *f)
{
    return job_kind(f) == NULL && tincture_project_n_results(f->project) == 1;
}

static bool second_result(struct fixture *f)
{
    return job_kind(f) == NULL && tincture_project_n_results(f->project) == 2;
}

static bool shows(struct fixture *f, guint i)
{
    return job_kind(f) == NULL && f->project->shown_result == result_at(f, i)->id;
}

static bool shows_older(struct fixture *f)
{
    return shows(f, 1);
}

static bool shows_newer(struct fixture *f)
{
    return shows(f, 0);
}

// An undo shows what was drawn then: nothing is drawn, and the history does not grow.
static void test_undo_shows_stored(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    tincture_project_set_source_prompt(f.project, "an apple");
    tincture_project_set_prompt(f.project, "a green apple");
    wait_until(&f, first_result, "the first result is in the history");
    wait_ms(1100); // another step of undo
    tincture_project_set_prompt(f.project, "a blue apple");
    wait_until(&f, second_result, "the second result is in the history");
    g_assert_cmpstr(result_at(&f, 0)->difference, ==, "green → blue");
    g_autoptr(GBytes) newer = g_bytes_ref(f.project->result->pixels);
    const int previews = f.previews;
    for (int i = 0; i < 3; i++) {
        tincture_project_undo(f.project);
        wait_until(&f, shows_older, "the undo shows the first result");
        g_assert_false(g_bytes_equal(f.project->result->pixels, newer));
        tincture_project_redo(f.project);
        wait_until(&f, shows_newer, "the redo shows the second result");
        g_assert_true(g_bytes_equal(f.project->result->pixels, newer));
    }
    wait_ms(2000);
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, 2);
    g_assert_cmpint(f.previews, ==, previews);
    library_star(f.session->library, result_at(&f, 1)->id, true);
    g_assert_true(result_at(&f, 1)->starred);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    fixture_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/results/undo-shows-stored", test_undo_shows_stored);
    return g_test_run();
}
