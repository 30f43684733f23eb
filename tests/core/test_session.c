// The session as the window uses it: requests in, signals out, on the starter model.
#include "tests/core/session_fixture.h"

#include "compute/file/safetensors.h"
#include "render/file.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static bool result_ready(struct fixture *f)
{
    return job_kind(f) == NULL && tincture_project_n_results(f->project) > 0;
}

static const TinctureResultEntry *result_at(struct fixture *f, guint i)
{
    return tincture_project_result(f->project, i);
}

static const TinctureAdapterEntry *adapter_at(struct fixture *f, guint i)
{
    return tincture_project_adapter(f->project, i);
}

// ---- the main job -------------------------------------------------------------------------------

static void check_restored(struct fixture *f, guint results)
{
    g_assert_cmpstr(f->project->title, ==, "apple.png");
    g_assert_cmpstr(f->project->document.source_prompt, ==, "a red apple");
    g_assert_cmpstr(f->project->document.prompt, ==, "a green apple");
    g_assert_cmpfloat(settings_get(f->project->document.edit, "steps"), ==, 4);
    g_assert_cmpfloat(settings_get(f->project->document.edit, "guidance"), ==, 2);
    g_assert_cmpuint(tincture_project_n_results(f->project), >=, results);
    const TinctureResultEntry *first = result_at(f, tincture_project_n_results(f->project) - 1);
    g_assert_cmpstr(first->prompt, ==, "a green apple");
    g_assert_cmpuint(g_bytes_get_size(first->thumb.rgba), ==,
                     (gsize)first->thumb.width * first->thumb.height * 4);
    g_assert_cmpuint(tincture_project_n_adapters(f->project), ==, 1);
    g_assert_cmpfloat(adapter_at(f, 0)->scale, ==, 0.5);
    g_assert_cmpstr(adapter_at(f, 0)->method, ==, "svdiff");
    g_assert_cmpuint(loss_steps(f), ==, 6); // what was learned is still seen
    g_assert_false(history_can_undo(f->project->history));
}

static bool adapter_known(struct fixture *f)
{
    return tincture_project_n_adapters(f->project) > 0 && adapter_at(f, 0)->total > 0;
}

// Whether the photo was learned by another description than this one.
static void assert_outdated(struct fixture *f, const char *description, bool outdated)
{
    tincture_project_set_source_prompt(f->project, description);
    const TinctureAdapterEntry *entry = tincture_project_outdated(f->project);
    g_assert_cmpint(entry != NULL, ==, outdated);
    g_assert_true(!entry || g_str_equal(entry->caption, "a red apple"));
}

// Learns, and checks what learning leaves.
static void learn_six(struct fixture *f)
{
    fixture_learn(f, 6);
    tincture_session_learn(f->session); // asked twice: one message, one training
    g_assert_cmpint(f->messages[MESSAGE_ERROR], ==, 1);
    f->messages[MESSAGE_ERROR] = 0;
    wait_until(f, learning_is_over, "the training is over");
    g_assert_cmpint(loss_steps(f), ==, 6);
    g_assert_false(f->project->can_resume);
    for (int i = 0; i < 6; i++) {
        g_assert_cmpfloat(g_array_index(f->project->loss, double, i), >, 0);
    }
    g_assert_cmpuint(f->project->samples->len, ==, 1); // six steps are measured at their end
    g_assert_cmpint(f->project->best_step, ==, 6);
}

static void export_adapter(struct fixture *f)
{
    g_autofree char *path = g_build_filename(f->dir, "out.safetensors", NULL);
    tincture_session_export_adapter(f->session, adapter_at(f, 0)->id, path, NULL, 0);
    wait_idle(f);
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_true(tincture_project_modified(f->project)); // the picture has not been exported

    g_autofree char *other = g_build_filename(f->dir, "dense.safetensors", NULL);
    tincture_session_export_adapter(f->session, adapter_at(f, 0)->id, other, "dense", 0);
    wait_idle(f);
    struct st_file *file = st_open(other, NULL);
    g_assert_nonnull(file);
    g_assert_nonnull(st_find(file, "lora_unet_conv_in.diff"));
    st_free(file);
}

static void test_main_job(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    tincture_session_learn(f.session); // without a photo
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    f.messages[MESSAGE_ERROR] = 0;
    fixture_photo(&f);
    g_assert_true(*f.session->studio->device);
    g_assert_cmpuint(f.parts & DOCUMENT_PHOTO, !=, 0);
    g_assert_cmpint(f.views, >, 0);
    g_assert_cmpint(f.project->photo->full->width, ==, 512);
    g_assert_cmpint(f.project->photo->full->height, ==, 512);

    tincture_project_set_source_prompt(f.project, "a red apple");
    tincture_project_set(f.project, SETTINGS_EDIT, "guidance", 2);
    tincture_project_set_prompt(f.project, "a green apple");
    wait_until(&f, result_ready, "a result is in the history");
    g_assert_cmpint(f.previews, >, 0);
    g_assert_false(f.project->drawing);
    g_assert_false(g_bytes_equal(tincture_project_view(f.project).rgba, f.project->before.rgba));
    g_assert_true(tincture_project_modified(f.project));

    learn_six(&f);
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 1);
    g_assert_true(adapter_at(&f, 0)->enabled);
    g_assert_cmpint(adapter_at(&f, 0)->applied, >, 0);
    assert_outdated(&f, "a red apple on a table", true);
    assert_outdated(&f, " a red apple ", false);
    assert_outdated(&f, "a red apple", false);
    tincture_project_adapter_set_scale(f.project, adapter_at(&f, 0)->id, 0.5);
    tincture_project_undo(f.project);
    g_assert_cmpfloat(adapter_at(&f, 0)->scale, ==, 1.0);
    tincture_project_redo(f.project);
    g_assert_cmpfloat(adapter_at(&f, 0)->scale, ==, 0.5);
    wait_idle(&f);
    export_adapter(&f);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    fixture_close(&f);

    f.previews = 0;
    fixture_open(&f); // everything is there again
    wait_until(&f, adapter_known, "the adapter has been read");
    check_restored(&f, 1);
    g_assert_cmpstr(adapter_at(&f, 0)->caption, ==, "a red apple");
    const guint kept = tincture_project_n_results(f.project);
    wait_idle(&f);
    wait_ms(2000);
    g_assert_cmpuint(tincture_project_n_results(f.project), ==,
                     kept); // shown again, not drawn again
    g_assert_cmpint(f.previews, ==, 0);
    g_assert_false(g_bytes_equal(tincture_project_view(f.project).rgba, f.project->before.rgba));
    g_assert_false(f.project->can_resume);

    // A second training takes the first one's place, in one step of undo.
    fixture_learn(&f, 4);
    wait_until(&f, learning_is_over, "the second training is over");
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 2);
    g_assert_false(adapter_at(&f, 0)->enabled);
    g_assert_true(adapter_at(&f, 1)->enabled);
    tincture_project_undo(f.project);
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 1);
    g_assert_true(adapter_at(&f, 0)->enabled);
    tincture_project_redo(f.project);
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 2);

    // An earlier result comes back with its parameters and without drawing again.
    const gint64 oldest = result_at(&f, tincture_project_n_results(f.project) - 1)->id;
    live_restore(f.session->live, oldest);
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 0);
    wait_idle(&f);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    fixture_end(&f);
}

// ---- typing and undo ----------------------------------------------------------------------------

static bool edit_began(struct fixture *f)
{
    return f->edits_seen > 0;
}

static void test_typing(void)
{
    static const char *const texts[] = {"a", "a blue", "a blue apple", "a yellow apple", "a pear"};
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    tincture_project_set(f.project, SETTINGS_EDIT, "steps", 8);
    tincture_project_set_source_prompt(f.project, "an apple");
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        tincture_project_set_prompt(f.project, texts[i]);
        wait_ms(40);
        if (i == 2) {
            wait_until(&f, edit_began, "an edit has begun");
        }
    }
    wait_until(&f, result_ready, "the last prompt's result is in the history");
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, 1);
    g_assert_cmpstr(result_at(&f, 0)->prompt, ==, "a pear");
    g_assert_cmpint(f.edits_seen, <=, 3); // not one a letter
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);

    // Typed within a second: one step; another field: another step.
    tincture_project_undo(f.project);
    g_assert_cmpstr(f.project->document.prompt, !=, "a pear");
    tincture_project_redo(f.project);
    g_assert_cmpstr(f.project->document.prompt, ==, "a pear");
    g_assert_false(history_can_redo(f.project->history));
    const double before = settings_get(f.project->document.edit, "inversion");
    tincture_project_set(f.project, SETTINGS_EDIT, "inversion", 0.5);
    tincture_project_undo(f.project);
    g_assert_cmpfloat(settings_get(f.project->document.edit, "inversion"), ==, before);
    tincture_project_set_seed(f.project, 5); // forgets what could be redone
    g_assert_false(history_can_redo(f.project->history));
    tincture_session_cancel(f.session);
    fixture_end(&f);
}

// ---- files --------------------------------------------------------------------------------------

static void write_file(const char *path, const char *data, gssize size)
{
    g_assert_true(g_file_set_contents(path, data, size, NULL));
}

static guint photos_kept(const struct fixture *f)
{
    g_autofree char *path = g_build_filename(f->dir, "photos", NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    guint n = 0;
    while (dir && g_dir_read_name(dir)) {
        n++;
    }
    return n;
}

// One message, and nothing else changes.
static void open_bad(struct fixture *f, const char *path)
{
    const int before = f->messages[MESSAGE_ERROR];
    library_open(f->session->library, path);
    wait_idle(f);
    g_assert_cmpint(f->messages[MESSAGE_ERROR], ==, before + 1);
    g_autofree char *name = g_path_get_basename(path);
    g_assert_nonnull(strstr(f->last_message, name)); // the user's name of it
    g_assert_cmpstr(f->project->title, ==, "apple.png");
    g_assert_cmpstr(f->project->document.source_prompt, ==, "a red apple");
    g_assert_cmpuint(photos_kept(f), ==, 1);
}

static void test_bad_photos(struct fixture *f)
{
    g_autofree char *good = sample_path("apple.png");
    g_autofree char *bad = g_build_filename(f->dir, "bad.png", NULL);
    g_autofree char *data = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(good, &data, &size, NULL));
    g_assert_cmpuint(size, >, 30);
    write_file(bad, data, 30); // not even its size is there
    open_bad(f, bad);
    write_file(bad, "this is a letter, and no picture", -1);
    open_bad(f, bad);
    write_file(bad, "", 0);
    open_bad(f, bad);
    open_bad(f, f->dir); // a folder
    g_unlink(bad);
    open_bad(f, bad);
    // Twice in a row the same new photo: one document.
    g_autofree char *cat = sample_path("cat.png");
    library_open(f->session->library, cat);
    library_open(f->session->library, cat);
    wait_idle(f);
    g_assert_cmpstr(f->project->title, ==, "cat.png");
    tincture_project_set_source_prompt(f->project, "a cat");
    // Two different ones: the last wins; going back finds the work, also what was typed just
    // before.
    library_open(f->session->library, good);
    library_open(f->session->library, cat);
    wait_idle(f);
    g_assert_cmpstr(f->project->title, ==, "cat.png");
    g_assert_cmpstr(f->project->document.source_prompt, ==, "a cat");
    library_open(f->session->library, good);
    tincture_project_set_source_prompt(f->project, "a small cat");
    wait_idle(f);
    g_assert_cmpstr(f->project->document.source_prompt, ==, "a red apple");
    g_assert_cmpuint(photos_kept(f), ==, 2);
}

static void test_bad_adapter(struct fixture *f)
{
    g_autofree char *bad = g_build_filename(f->dir, "bad.safetensors", NULL);
    const int before = f->messages[MESSAGE_ERROR];
    write_file(bad, "no safetensors", -1);
    library_use_file(f->session->library, bad);
    g_assert_cmpuint(tincture_project_n_adapters(f->project), ==, 1);
    wait_idle(f);
    g_assert_cmpint(f->messages[MESSAGE_ERROR], ==, before + 1);
    g_assert_cmpuint(tincture_project_n_adapters(f->project), ==, 0);
    tincture_project_undo(f->project); // does not bring it back
    g_assert_cmpuint(tincture_project_n_adapters(f->project), ==, 0);
    tincture_project_redo(f->project);
    wait_idle(f);
}

static void export_as_is(struct fixture *f, const char *name)
{
    g_autofree char *path = g_build_filename(f->dir, name, NULL);
    fixture_export(f->session, path, false, 90, 8);
    wait_idle(f);
    g_assert_cmpint(g_unlink(path), ==, 0);
}

static void export_as(struct fixture *f, const char *name, bool recipe)
{
    g_autofree char *path = g_build_filename(f->dir, name, NULL);
    fixture_export(f->session, path, recipe, 90, 8);
    wait_idle(f);
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image_info info = {0};
    g_assert_true(image_probe(file, &info, NULL));
    g_assert_cmpint(info.width, ==, 512);
    g_assert_cmpint(info.height, ==, 512);
    if (g_str_has_suffix(name, ".png")) {
        g_assert_true((info.meta.recipe != NULL) == recipe);
    }
    image_meta_clear(&info.meta);
    g_unlink(path);
}

static void test_export(struct fixture *f)
{
    const int before = f->messages[MESSAGE_ERROR];
    export_as(f, "photo.png", false); // before there is a result: the photo
    tincture_project_set_prompt(f->project, "a green apple");
    live_edit_now(f->session->live, true);
    wait_idle(f);
    g_assert_true(tincture_project_modified(f->project));
    export_as(f, "plain.png", false);
    g_assert_false(tincture_project_modified(f->project));
    export_as(f, "recipe.png", true);
    export_as(f, "plain.jpg", false);
    export_as(f, "recipe.jpg", true);
    g_assert_cmpint(f->messages[MESSAGE_ERROR], ==, before);
    g_autofree char *nowhere = g_build_filename(f->dir, "no", "such", "folder.png", NULL);
    fixture_export(f->session, nowhere, true, 90, 8);
    wait_idle(f);
    g_assert_cmpint(f->messages[MESSAGE_ERROR], ==, before + 1);
}

static void message_valid_cb(TinctureProject *project, int kind, const char *text, void *data)
{
    g_assert_true(g_utf8_validate(text, -1, NULL));
}

// The name of a file is bytes; what is shown is text.
static void test_file_names(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    g_signal_connect(f.project, "message", G_CALLBACK(message_valid_cb), NULL);
    g_autofree char *good = sample_path("apple.png");
    g_autofree char *photo = g_build_filename(f.dir, "caf\xe9.png", NULL);
    g_autofree char *adapter = g_build_filename(f.dir, "caf\xe9.safetensors", NULL);
    g_autofree char *data = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(good, &data, &size, NULL));
    write_file(photo, data, (gssize)size);
    write_file(adapter, "no safetensors", -1);
    library_open(f.session->library, photo);
    wait_idle(&f);
    g_assert_cmpstr(f.project->title, ==, "caf\xef\xbf\xbd.png");
    library_use_file(f.session->library, adapter);
    g_assert_cmpstr(adapter_at(&f, 0)->name, ==, "caf\xef\xbf\xbd.safetensors");
    wait_idle(&f);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    fixture_export(f.session, photo, false, 90, 8); // the photo itself is not written over
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 2);
    g_autofree char *other = g_build_filename(f.dir, "th\xe9.png", NULL);
    fixture_export(f.session, other, false, 90, 8);
    wait_idle(&f);
    g_assert_cmpint(f.messages[MESSAGE_EXPORTED], ==, 1);
    fixture_end(&f);
}

// A file that cannot hold all of the picture is written, and says so.
static void test_lost_transparency(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    struct image *glass = image_new(64, 64, true, NULL);
    memset(glass->rgb, 0, 3 * 64 * 64 * sizeof *glass->rgb);
    memset(glass->alpha, 0, 64 * 64 * sizeof *glass->alpha);
    const struct image_save_params params = {.bits = 8};
    g_autofree char *photo = g_build_filename(f.dir, "glass.png", NULL);
    g_autoptr(GFile) file = g_file_new_for_path(photo);
    g_assert_true(image_save(glass, file, &params, NULL));
    image_free(glass);
    library_open(f.session->library, photo);
    wait_idle(&f);
    export_as_is(&f, "glass-2.png");
    g_assert_null(strstr(f.last_message, "transparency"));
    export_as_is(&f, "glass.jpg");
    g_assert_nonnull(strstr(f.last_message, "no transparency"));
    fixture_end(&f);
}

static void test_files(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    tincture_project_set_source_prompt(f.project, "a red apple");
    test_bad_adapter(&f);
    test_export(&f);
    test_bad_photos(&f);
    fixture_end(&f);
}

static GBytes *exported(struct fixture *f)
{
    g_autofree char *path = g_build_filename(f->dir, "seen.png", NULL);
    char *data;
    gsize size;
    fixture_export(f->session, path, false, 90, 8);
    wait_idle(f);
    g_assert_true(g_file_get_contents(path, &data, &size, NULL));
    g_unlink(path);
    return g_bytes_new_take(data, size);
}

static bool photo_is_shown(struct fixture *f)
{
    return tincture_project_view(f->project).rgba == f->project->before.rgba;
}

// When no edit is asked for any more, the photo is shown, and exported.
static void test_back_to_photo(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    g_autoptr(GBytes) photo = exported(&f);
    tincture_project_set_prompt(f.project, "a green apple");
    wait_until(&f, result_ready, "a result is in the history");
    g_autoptr(GBytes) edit = exported(&f);
    g_assert_false(g_bytes_equal(edit, photo));
    tincture_project_undo(f.project);
    g_assert_cmpstr(f.project->document.prompt, ==, "");
    const int views = f.views;
    wait_until(&f, photo_is_shown, "the photo is shown");
    g_assert_cmpint(f.views, >, views);
    g_autoptr(GBytes) again = exported(&f);
    g_assert_true(g_bytes_equal(again, photo));
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, 1);
    tincture_project_redo(f.project);
    wait_idle(&f);
    g_assert_false(photo_is_shown(&f));

    // With only a description the picture is a drawing of it, which also goes when the words go.
    tincture_project_set_source_prompt(f.project, "a red apple");
    tincture_project_set_prompt(f.project, "");
    wait_idle(&f);
    g_assert_false(photo_is_shown(&f));
    tincture_project_set_source_prompt(f.project, "");
    wait_until(&f, photo_is_shown, "the photo is shown");
    fixture_end(&f);
}

// What is exported is what was shown when it was asked for, and says nothing of what came since.
static void test_export_waits(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    g_autoptr(GBytes) photo = exported(&f);
    tincture_project_set_prompt(f.project, "a green apple");
    wait_until(&f, result_ready, "a result is in the history");
    tincture_queue_set_paused(f.queue, true);
    g_autofree char *path = g_build_filename(f.dir, "seen.png", NULL), *data = NULL;
    gsize size;
    fixture_export(f.session, path, false, 90, 8);
    tincture_project_set_prompt(f.project, "");
    wait_until(&f, photo_is_shown, "the photo is shown");
    tincture_queue_set_paused(f.queue, false);
    wait_idle(&f);
    g_assert_true(g_file_get_contents(path, &data, &size, NULL));
    g_autoptr(GBytes) edit = g_bytes_new(data, size);
    g_assert_false(g_bytes_equal(edit, photo));
    g_assert_true(tincture_project_modified(f.project));
    fixture_end(&f);
}

// The recipe of an export tells how its picture was made, whatever was changed since.
static void test_recipe(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    fixture_learn(&f, 2);
    wait_until(&f, learning_is_over, "the training is over");
    tincture_project_set_prompt(f.project, "a green apple");
    wait_until(&f, result_ready, "a result is in the history");
    tincture_project_adapter_set_scale(f.project, adapter_at(&f, 0)->id, 0.2);
    tincture_session_cancel(f.session);
    g_autofree char *path = g_build_filename(f.dir, "recipe.png", NULL);
    fixture_export(f.session, path, true, 90, 8);
    wait_idle(&f);
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image_info info = {0};
    g_assert_true(image_probe(file, &info, NULL));
    g_assert_nonnull(info.meta.recipe);
    g_assert_nonnull(strstr(info.meta.recipe, "svdiff 1"));
    g_assert_null(strstr(info.meta.recipe, "svdiff 0.2"));
    image_meta_clear(&info.meta);
    fixture_end(&f);
}

// ---- beginnings and ends ------------------------------------------------------------------------

static void test_close_at_once(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f); // the model is being loaded
    g_autofree char *path = sample_path("apple.png");
    library_open(f.session->library, path);
    tincture_session_cancel(f.session); // does not stop the model
    tincture_session_close(f.session);
    tincture_project_set_prompt(f.project, "after the end");
    live_edit_now(f.session->live, true);
    wait_ms(300);
    fixture_close(&f);
    // Cancelling during the loading leaves a session that works.
    fixture_open(&f);
    tincture_session_cancel(f.session);
    fixture_photo(&f);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    // Without close: unref is enough.
    g_assert_finalize_object(f.session);
    f.session = NULL;
    fixture_end(&f);
}

static void test_two_sessions(void)
{
    struct fixture f, g;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    fixture_begin(&g);
    g_autofree char *own = g.dir;
    g.dir = f.dir;
    fixture_open(&g);
    wait_idle(&g);
    g_assert_cmpstr(g.project->title, ==, "apple.png");
    tincture_project_set_source_prompt(f.project, "of the first");
    tincture_project_set_source_prompt(g.project, "of the second");
    wait_saved(&g, "of the second"); // both save, the second one last
    g_assert_cmpint(f.messages[MESSAGE_ERROR] + g.messages[MESSAGE_ERROR], ==, 0);
    fixture_close(&g);
    g_free(g.last_message);
    g_rmdir(own);
    fixture_close(&f);
    fixture_open(&f);
    wait_idle(&f);
    g_assert_cmpstr(f.project->document.source_prompt, ==, "of the second");
    fixture_end(&f);
}

static void limit_files(rlim_t size)
{
    struct rlimit limit;
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    limit.rlim_cur = size;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

static bool failed(struct fixture *f)
{
    return f->messages[MESSAGE_ERROR] > 0;
}

// A full disk, imitated by a limit on the size of files.
static void test_full_disk(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    tincture_project_set_source_prompt(f.project, "a");
    wait_saved(&f, "a");
    signal(SIGXFSZ, SIG_IGN);
    limit_files(1024);
    tincture_project_set_source_prompt(f.project, "an");
    wait_until(&f, failed, "it was said that it cannot be saved");
    tincture_project_set_source_prompt(f.project, "an apple");
    wait_ms(1000);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1); // said once
    g_autofree char *cat = sample_path("cat.png");
    library_open(f.session->library, cat);
    wait_idle(&f);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 2);
    g_assert_cmpstr(f.project->title, ==, "apple.png");
    g_autofree char *out = g_build_filename(f.dir, "out.png", NULL);
    fixture_export(f.session, out, false, 90, 8);
    wait_idle(&f);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 3);
    g_assert_false(g_file_test(out, G_FILE_TEST_EXISTS));
    limit_files(RLIM_INFINITY);
    tincture_project_set_source_prompt(f.project, "an apple on a table");
    fixture_close(&f); // there is space again, and nothing is lost
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 3);
    fixture_open(&f);
    wait_idle(&f);
    g_assert_cmpstr(f.project->document.source_prompt, ==, "an apple on a table");
    fixture_end(&f);
}

static bool said(struct fixture *f)
{
    return f->messages[MESSAGE_ERROR] + f->messages[MESSAGE_LIBRARY] > 0;
}

static void open_without(struct fixture *f, const char *dir, const char *model)
{
    f->session = session_in(dir, model);
    fixture_attach(f);
    wait_until(f, said, "the session says what is wrong");
}

static void test_nothing_works(void)
{
    struct fixture f;
    fixture_begin(&f);
    open_without(&f, f.dir, "/nonexistent/model");
    wait_idle(&f);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    g_autofree char *path = sample_path("apple.png");
    library_open(f.session->library, path);
    wait_idle(&f);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 2);
    g_assert_nonnull(strstr(f.last_message, "/nonexistent/model")); // still says why
    g_assert_false(f.project->photo);
    fixture_close(&f);

    // A library that is none: said once, nothing crashes.
    g_autofree char *db = g_build_filename(f.dir, "library.db", NULL);
    write_file(
        db, "this is no database, and long enough to be looked at closely by whoever reads it", -1);
    f.messages[MESSAGE_ERROR] = 0;
    open_without(&f, f.dir, NULL);
    g_assert_cmpint(f.messages[MESSAGE_LIBRARY], ==, 1);
    library_open(f.session->library, path);
    tincture_session_learn(f.session);
    tincture_session_learn_resume(f.session);
    live_restore(f.session->live, 1);
    tincture_session_export_adapter(f.session, 1, "/nonexistent/x.safetensors", NULL, 0);
    wait_idle(&f);
    fixture_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/session/main-job", test_main_job);
    g_test_add_func("/session/typing", test_typing);
    g_test_add_func("/session/files", test_files);
    g_test_add_func("/session/lost-transparency", test_lost_transparency);
    g_test_add_func("/session/file-names", test_file_names);
    g_test_add_func("/session/back-to-photo", test_back_to_photo);
    g_test_add_func("/session/export-waits", test_export_waits);
    g_test_add_func("/session/recipe", test_recipe);
    g_test_add_func("/session/close-at-once", test_close_at_once);
    g_test_add_func("/session/two-sessions", test_two_sessions);
    g_test_add_func("/session/full-disk", test_full_disk);
    g_test_add_func("/session/nothing-works", test_nothing_works);
    return g_test_run();
}
