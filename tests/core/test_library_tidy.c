// The library tidied up from the window's side: originals that are missing and found, the open
// document and adapters deleted and taken back, results cleaned up, documents as files.
#include "tests/core/session_fixture.h"

#include "ui/core/catalogue.h"

#include <glib/gstdio.h>
#include <string.h>

static bool result_ready(struct fixture *f)
{
    return tincture_project_n_results(f->project) > 0;
}

static bool apple_is_open(struct fixture *f)
{
    return g_strcmp0(f->project->title, "apple.png") == 0;
}

static bool three_steps(struct fixture *f)
{
    return loss_steps(f) >= 3;
}

static guint n_entries(TinctureCatalogue *list)
{
    return g_list_model_get_n_items(G_LIST_MODEL(list->entries));
}

static const TinctureLibraryEntry *entry(TinctureCatalogue *list, guint i)
{
    g_autoptr(TinctureLibraryEntry) e = g_list_model_get_item(G_LIST_MODEL(list->entries), i);
    return e; // the list keeps it
}

static char *the_copy(const char *dir)
{
    g_autofree char *photos = g_build_filename(dir, "photos", NULL);
    g_autoptr(GDir) list = g_dir_open(photos, 0, NULL);
    return g_build_filename(photos, g_dir_read_name(list), NULL);
}

// ---- originals and the open document ------------------------------------------------------------

static bool is_missing(struct fixture *f)
{
    return f->messages[MESSAGE_MISSING] > 0;
}

static char *copy_of(const char *dir, const char *sample, const char *name)
{
    g_autofree char *from = sample_path(sample);
    g_autofree char *data = NULL;
    gsize size;
    char *to = g_build_filename(dir, name, NULL);
    g_assert_true(g_file_get_contents(from, &data, &size, NULL));
    g_assert_true(g_file_set_contents(to, data, (gssize)size, NULL));
    return to;
}

// A lost copy comes back by itself from where the photo was opened, or from the file that is shown
// to the program, if that is the same picture; another one is refused with a sentence.
// The disk answers on a thread.
static void wait_missing(TinctureCatalogue *list, bool missing)
{
    while (entry(list, 0)->missing != missing) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static void test_missing_original(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    g_autofree char *mine = copy_of(f.dir, "apple.png", "mine.png");
    library_open(f.session->library, mine);
    wait_idle(&f);
    tincture_project_set_source_prompt(f.project, "a red apple");
    const gint64 id = f.session->library->row.id;
    fixture_close(&f);
    g_autofree char *copy = the_copy(f.dir);
    g_assert_cmpint(g_unlink(copy), ==, 0);
    fixture_open(&f);
    wait_idle(&f);
    g_assert_nonnull(f.project->photo);
    g_assert_true(g_file_test(copy, G_FILE_TEST_EXISTS));
    g_assert_cmpint(f.messages[MESSAGE_ERROR] + f.messages[MESSAGE_MISSING], ==, 0);
    fixture_close(&f);

    g_autofree char *moved = g_build_filename(f.dir, "moved.png", NULL);
    g_assert_cmpint(g_unlink(copy), ==, 0);
    g_assert_cmpint(g_rename(mine, moved), ==, 0);
    fixture_open(&f);
    wait_until(&f, is_missing, "nobody knows where it is");
    g_assert_nonnull(
        strstr(f.last_message, "mine.png could not be opened: its original is missing"));
    g_assert_true(g_str_has_suffix(f.last_message, mine));
    g_assert_cmpint(f.session->library->missing, ==, id);
    g_autoptr(TinctureCatalogue) list = tincture_catalogue_new(f.session->library);
    tincture_catalogue_look(list, true);
    wait_missing(list, true);
    f.messages[MESSAGE_MISSING] = 0;
    g_autofree char *cat = sample_path("cat.png");
    library_find_original(f.session->library, id, cat);
    wait_until(&f, is_missing, "it is another picture");
    g_assert_nonnull(strstr(f.last_message, "cat.png is another picture than the one"));
    g_assert_false(g_file_test(copy, G_FILE_TEST_EXISTS));
    library_find_original(f.session->library, id, moved);
    wait_idle(&f);
    g_assert_cmpstr(f.project->document.source_prompt, ==, "a red apple");
    g_assert_true(g_file_test(copy, G_FILE_TEST_EXISTS));
    wait_missing(list, false);
    fixture_end(&f);
}

static bool nothing_open(struct fixture *f)
{
    return !f->project->photo;
}

// The open document can be deleted, and is open again when it is taken back; what was deleted and
// emptied is gone.
static void test_delete_open(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    tincture_project_set_source_prompt(f.project, "a red apple");
    tincture_project_set_prompt(f.project, "a green apple");
    wait_until(&f, result_ready, "a result is in the history");
    struct library *l = f.session->library;
    const gint64 id = l->row.id;
    tincture_project_set_prompt(f.project, "a blue apple"); // its edit comes to nothing
    g_assert_true(tincture_session_delete(f.session, STORE_DOCUMENT, id));
    g_assert_true(nothing_open(&f));
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, 0);
    wait_idle(&f);
    g_assert_true(nothing_open(&f));
    g_assert_true(library_restore(l, STORE_DOCUMENT, id));
    wait_until(&f, apple_is_open, "it is open again");
    wait_idle(&f);
    g_assert_cmpstr(f.project->document.prompt, ==, "a blue apple");
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);

    fixture_learn(&f, 3000);
    wait_until(&f, three_steps, "three steps are done");
    g_assert_false(tincture_session_delete(f.session, STORE_DOCUMENT, id));
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    tincture_session_cancel(f.session);
    wait_until(&f, learning_is_over, "the training is stopped");
    wait_idle(&f);
    g_assert_true(tincture_session_delete(f.session, STORE_DOCUMENT, id));
    g_autofree char *copy = the_copy(f.dir);
    library_empty_trash(l);
    wait_idle(&f);
    g_assert_nonnull(strstr(f.last_message, "The trash is empty"));
    g_assert_false(g_file_test(copy, G_FILE_TEST_EXISTS));
    fixture_end(&f);
}

// ---- adapters -----------------------------------------------------------------------------------

// Out of the list, and out of what can be undone; taken back it has its strength again.
static void test_delete_adapter(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    fixture_learn(&f, 3);
    wait_until(&f, learning_is_over, "it is learned");
    wait_idle(&f);
    struct library *l = f.session->library;
    const gint64 id = tincture_project_adapter(f.project, 0)->id;
    tincture_project_adapter_set_scale(f.project, id, 0.5);
    g_assert_true(tincture_session_delete(f.session, STORE_ADAPTER, id));
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 0);
    while (history_can_undo(f.project->history)) {
        tincture_project_undo(f.project);
    }
    while (history_can_redo(f.project->history)) {
        tincture_project_redo(f.project);
    }
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 0);
    g_autoptr(TinctureCatalogue) trash = tincture_catalogue_new(l);
    tincture_catalogue_show(trash, SHOW_TRASH);
    tincture_catalogue_look(trash, true);
    g_assert_cmpuint(n_entries(trash), ==, 1);
    g_assert_cmpint(entry(trash, 0)->kind, ==, STORE_ADAPTER);
    g_assert_true(library_restore(l, STORE_ADAPTER, id));
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 1);
    g_assert_cmpfloat(tincture_project_adapter(f.project, 0)->scale, ==, 0.5);
    g_assert_cmpuint(n_entries(trash), ==, 0);

    g_autofree char *file = g_strdup(tincture_project_adapter(f.project, 0)->file);
    g_assert_true(tincture_session_delete(f.session, STORE_ADAPTER, id));
    library_empty_trash(l);
    wait_idle(&f);
    g_assert_false(g_file_test(file, G_FILE_TEST_EXISTS));
    g_assert_false(library_restore(l, STORE_ADAPTER, id));
    fixture_close(&f);
    fixture_open(&f); // and is not written anew by what is saved
    wait_idle(&f);
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 0);
    fixture_end(&f);
}

// ---- cleaning up --------------------------------------------------------------------------------

static bool two_results(struct fixture *f)
{
    return tincture_project_n_results(f->project) == 2;
}

// The history of the open document follows.
static void test_clean(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    struct library *l = f.session->library;
    tincture_project_set_prompt(f.project, "a green apple");
    wait_until(&f, result_ready, "a result is in the history");
    tincture_project_set_prompt(f.project, "a blue apple");
    wait_until(&f, two_results, "two results are in the history");
    wait_idle(&f);
    library_measure(l);
    wait_idle(&f);
    g_assert_true(l->measured);
    g_assert_cmpuint(l->use.plain, ==, 1);
    g_assert_cmpint(l->use.plain_bytes, >, 0);
    g_autoptr(TinctureCatalogue) trash = tincture_catalogue_new(l);
    tincture_catalogue_show(trash, SHOW_TRASH);
    tincture_catalogue_look(trash, true);
    library_clean(l);
    wait_idle(&f);
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, 1);
    g_assert_cmpstr(tincture_project_result(f.project, 0)->prompt, ==, "a blue apple");
    g_assert_cmpuint(n_entries(trash), ==, 1);
    g_assert_cmpint(entry(trash, 0)->kind, ==, STORE_RESULT);
    struct picture thumb = tincture_catalogue_thumb(trash, entry(trash, 0));
    g_assert_cmpint(thumb.width, >, 0);
    picture_clear(&thumb);
    g_assert_true(library_restore(l, STORE_RESULT, entry(trash, 0)->id));
    library_read_results(l);
    g_assert_true(two_results(&f));
    fixture_end(&f);
}

// ---- documents as files -------------------------------------------------------------------------

// Out, deleted, and in again: the document is open with all that it had. What is no such file is
// refused with a sentence that names it.
static void test_exchange(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    struct library *l = f.session->library;
    tincture_project_set_source_prompt(f.project, "a red apple");
    tincture_project_set_prompt(f.project, "a green apple");
    wait_until(&f, result_ready, "a result is in the history");
    wait_idle(&f);
    g_autofree char *file = g_build_filename(f.dir, "apple.tincture", NULL);
    library_export(l, l->row.id, file);
    wait_idle(&f);
    g_assert_nonnull(strstr(f.last_message, "Exported apple.tincture: results 1, adapters 0"));
    g_assert_true(store_is_package(file));
    g_assert_true(tincture_session_delete(f.session, STORE_DOCUMENT, l->row.id));
    library_import(l, file);
    wait_until(&f, apple_is_open, "it is open again");
    wait_idle(&f);
    g_assert_cmpstr(f.project->document.source_prompt, ==, "a red apple");
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, 1);

    // Once more, into the open one: what it has lost since comes back.
    const gint64 result = tincture_project_result(f.project, 0)->id;
    g_assert_true(tincture_session_delete(f.session, STORE_RESULT, result));
    library_import(l, file);
    wait_until(&f, result_ready, "the result is there again");
    wait_idle(&f);
    g_assert_nonnull(strstr(f.last_message, "was in the library; new: results 1"));
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    g_autofree char *photo = sample_path("cat.png");
    g_assert_false(store_is_package(photo));
    library_import(l, photo);
    wait_idle(&f);
    g_assert_nonnull(strstr(f.last_message, "cat.png"));
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    fixture_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/library-tidy/missing-original", test_missing_original);
    g_test_add_func("/library-tidy/delete-open", test_delete_open);
    g_test_add_func("/library-tidy/delete-adapter", test_delete_adapter);
    g_test_add_func("/library-tidy/clean", test_clean);
    g_test_add_func("/library-tidy/exchange", test_exchange);
    return g_test_run();
}
