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

// A photo with one edit in the history.
static void begin_edited(struct fixture *f)
{
    fixture_begin(f);
    fixture_open(f);
    fixture_photo(f);
    tincture_project_set_source_prompt(f->project, "an apple");
    tincture_project_set_prompt(f->project, "a green apple");
    wait_until(f, first_result, "the first result is in the history");
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
    begin_edited(&f);
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

static bool is_still(struct fixture *f)
{
    return job_kind(f) == NULL && f->project->result != NULL;
}

// A result says what it was drawn in, also when it is shown again; where that is not what is drawn
// in now, a person who goes back to it is told.
static void test_precision(void)
{
    struct fixture f;
    begin_edited(&f);
    const char *now = f.project->precision, *other = g_str_equal(now, "bf16") ? "fp32" : "bf16";
    g_assert_cmpstr(f.project->result->edit->precision, ==, now);
    g_assert_cmpstr(document_recipe_precision(result_at(&f, 0)->recipe), ==, now);
    const int said = f.messages[MESSAGE_INFO];
    const gint64 id = result_at(&f, 0)->id;
    live_restore(f.session->live, id);
    wait_until(&f, is_still, "the result is shown again");
    g_assert_cmpint(f.messages[MESSAGE_INFO], ==, said);
    f.project->precision = other; // as on another machine
    live_restore(f.session->live, id);
    wait_until(&f, is_still, "the result is shown again");
    g_assert_cmpint(f.messages[MESSAGE_INFO], ==, said + 1);
    g_autofree char *words = g_strdup_printf("drawn in %s. This machine draws in %s", now, other);
    g_assert_nonnull(strstr(f.last_message, words));
    g_assert_cmpstr(f.project->result->edit->precision, ==, now);
    fixture_end(&f);
}

// The description drawn again is looked at, and is no row; nor is the sentence that repeats it.
static void test_no_edit_no_row(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    tincture_project_set_source_prompt(f.project, "an apple");
    live_edit_now(f.session->live, true);
    wait_idle(&f);
    tincture_project_set_prompt(f.project, "an apple ");
    live_edit_now(f.session->live, true);
    wait_idle(&f);
    g_assert_nonnull(f.project->result);
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, 0);
    tincture_project_set_prompt(f.project, "a green apple");
    wait_until(&f, first_result, "the edit is in the history");
    g_assert_cmpint(f.project->shown_result, ==, result_at(&f, 0)->id);
    f.parts = 0;
    tincture_project_set_prompt(f.project, "");
    wait_idle(&f);
    g_assert_cmpint(f.project->shown_result, ==, 0); // and whoever marks the row is told
    g_assert_cmpuint(f.parts & DOCUMENT_RESULTS, !=, 0);
    wait_ms(2000);
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, 1);
    fixture_end(&f);
}

// ---- variations ---------------------------------------------------------------------------------

static TinctureVariation *variation_at(struct fixture *f, guint i)
{
    GListModel *list = G_LIST_MODEL(f->session->variations->list);
    g_autoptr(TinctureVariation) item = g_list_model_get_item(list, i);
    return item; // the list keeps it
}

static guint n_variations(struct fixture *f)
{
    return g_list_model_get_n_items(G_LIST_MODEL(f->session->variations->list));
}

static bool both_drawn(struct fixture *f)
{
    return variation_at(f, 0)->result && variation_at(f, 1)->result;
}

static void begin_variations(struct fixture *f)
{
    variations_begin(f->session->variations, 2);
    wait_until(f, both_drawn, "two variations are drawn");
}

// Taking one and going back stays in what they belong to; another sentence does not.
static void test_variations_leave(void)
{
    struct fixture f;
    begin_edited(&f);
    begin_variations(&f);
    variations_take(f.session->variations, 1);
    g_assert_cmpuint(n_variations(&f), ==, 2);
    variations_star(f.session->variations, 0, true);
    tincture_project_undo(f.project);
    g_assert_cmpuint(n_variations(&f), ==, 2);
    tincture_project_set(f.project, SETTINGS_LEARN, "steps", 7); // of no picture
    g_assert_cmpuint(n_variations(&f), ==, 2);
    tincture_project_undo(f.project);
    tincture_project_undo(f.project);
    g_assert_cmpstr(f.project->document.prompt, ==, "");
    g_assert_cmpuint(n_variations(&f), ==, 0);
    wait_idle(&f);
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, 3); // the one kept stays
    fixture_end(&f);
}

// A variation and its row have one star, whoever gives or takes it; taking the variation makes no
// second row.
static void test_one_star(void)
{
    struct fixture f;
    begin_edited(&f);
    begin_variations(&f);
    variations_star(f.session->variations, 0, true);
    variations_star(f.session->variations, 1, true);
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, 3);
    g_assert_true(result_at(&f, 1)->starred);
    g_assert_true(variation_at(&f, 0)->starred);
    library_star(f.session->library, result_at(&f, 1)->id, false);
    g_assert_false(variation_at(&f, 0)->starred);
    g_assert_true(variation_at(&f, 1)->starred);
    variations_take(f.session->variations, 0);
    live_star(f.session->live);
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, 3);
    g_assert_cmpint(f.project->shown_result, ==, result_at(&f, 1)->id);
    g_assert_true(result_at(&f, 1)->starred);
    g_assert_true(variation_at(&f, 0)->starred);
    variations_star(f.session->variations, 0, false);
    g_assert_false(result_at(&f, 1)->starred);
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, 3);
    fixture_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/results/undo-shows-stored", test_undo_shows_stored);
    g_test_add_func("/results/precision", test_precision);
    g_test_add_func("/results/no-edit-no-row", test_no_edit_no_row);
    g_test_add_func("/results/variations-leave", test_variations_leave);
    g_test_add_func("/results/one-star", test_one_star);
    return g_test_run();
}
