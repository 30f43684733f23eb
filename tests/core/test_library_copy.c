// A library where nothing can be kept: all the work can be done, on a copy of what is there.
#include "tests/core/session_fixture.h"

#include <glib/gstdio.h>
#include <string.h>

static bool not_kept(struct fixture *f)
{
    return f->messages[MESSAGE_NOT_KEPT] > 0;
}

// Where no library can be, all the work can be done, and that it is not kept is said before.
static void test_no_place(void)
{
    struct fixture f;
    fixture_begin(&f);
    g_autofree char *out = g_build_filename(f.dir, "out.png", NULL);
    f.session = session_in("/proc/none/tincture", NULL);
    fixture_attach(&f);
    g_assert_false(library_is_kept(f.session->library));
    wait_until(&f, not_kept, "it is said that nothing is kept");
    g_assert_nonnull(strstr(f.last_message, "Nothing that you do now will be kept: "));
    fixture_photo(&f);
    fixture_learn(&f, 2);
    wait_until(&f, learning_is_over, "the training is over");
    fixture_export(f.session, out, false, 90, 0);
    wait_idle(&f);
    g_assert_true(g_file_test(out, G_FILE_TEST_EXISTS));
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    g_assert_cmpint(f.messages[MESSAGE_NOT_KEPT], ==, 1);
    fixture_end(&f);
}

static char *make_unwritable(const struct fixture *f)
{
    g_autofree char *adapters = g_build_filename(f->dir, "adapters", NULL);
    g_assert_cmpint(g_rmdir(adapters), ==, 0);
    g_assert_true(g_file_set_contents(adapters, "no folder", -1, NULL));
    return g_build_filename(f->dir, "runs", "much", NULL);
}

// Copying a large one is a job: a photo that is asked for meanwhile waits for it, and has what the
// library says of it; where the copying is stopped, it is opened all the same.
static void test_large_unwritable(void)
{
    struct fixture f;
    g_autofree char *apple = sample_path("apple.png");
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    tincture_project_set_source_prompt(f.project, "the apple of the library");
    wait_saved(&f, "the apple of the library");
    fixture_close(&f);
    g_autofree char *much = make_unwritable(&f);
    g_autofree char *text = g_strnfill(128 << 20, 'a');
    g_assert_true(g_file_set_contents(much, text, -1, NULL));
    for (int i = 0; i < 3; i++) { // opens by itself, on request, on request and stopped
        f.messages[MESSAGE_NOT_KEPT] = 0;
        fixture_open(&f);
        g_assert_true(library_is_coming(f.session->library));
        g_assert_false(library_is_kept(f.session->library));
        g_assert_true(job_kind(&f) == &library_job);
        if (i > 0) {
            library_open(f.session->library, apple);
            g_assert_cmpstr(library_opening(f.session->library), ==, "apple.png");
        }
        if (i == 2) {
            tincture_session_cancel(f.session);
        }
        wait_idle(&f);
        g_assert_false(library_is_coming(f.session->library));
        g_assert_nonnull(f.project->photo);
        g_assert_cmpstr(f.project->document.source_prompt, ==,
                        i == 2 ? "" : "the apple of the library");
        g_assert_cmpint(f.messages[MESSAGE_NOT_KEPT], ==, i == 2 ? 2 : 1);
        g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
        fixture_close(&f);
    }
    fixture_end(&f);
}

// Closed in the middle of it, nothing is left.
static void test_close_while_copying(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_close(&f);
    g_autofree char *much = make_unwritable(&f);
    g_autofree char *text = g_strnfill(64 << 20, 'a');
    g_assert_true(g_file_set_contents(much, text, -1, NULL));
    fixture_open(&f);
    g_autofree char *where = g_strdup(library_folder(f.session->library));
    g_assert_true(g_file_test(where, G_FILE_TEST_IS_DIR));
    fixture_close(&f);
    g_assert_false(g_file_test(where, G_FILE_TEST_EXISTS));
    fixture_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/library-copy/no-place", test_no_place);
    g_test_add_func("/library-copy/large-unwritable", test_large_unwritable);
    g_test_add_func("/library-copy/close-while-copying", test_close_while_copying);
    return g_test_run();
}
