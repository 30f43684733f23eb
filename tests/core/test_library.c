// The session and its library where things happen at once: photos that are slow to come or wait for
// a training, more results than are shown, two programs on one library.
#include "tests/core/session_fixture.h"

#include "compute/file/safetensors.h"
#include "ui/core/catalogue.h"
#include "ui/store/store.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool three_steps(struct fixture *f)
{
    return loss_steps(f) >= 3;
}

static bool complained(struct fixture *f)
{
    return f->messages[MESSAGE_ERROR] > 0;
}

static bool learning(struct fixture *f)
{
    return job_kind(f) == &learn_job;
}

// ---- opening ------------------------------------------------------------------------------------

// Nothing is read before the request returns, so there is no complaint before that either.
static void open_bad_later(struct fixture *f, const char *path, const char *reason)
{
    f->messages[MESSAGE_ERROR] = 0;
    library_open(f->session->library, path);
    g_assert_cmpint(f->messages[MESSAGE_ERROR], ==, 0);
    wait_until(f, complained, "the session says what is wrong");
    g_assert_nonnull(strstr(f->last_message, reason));
    g_assert_cmpint(f->messages[MESSAGE_ERROR], ==, 1);
}

static void test_open_bad(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    g_autofree char *pipe = g_build_filename(f.dir, "pipe.png", NULL);
    g_autofree char *nothing = g_build_filename(f.dir, "nothing.png", NULL);
    g_assert_cmpint(mkfifo(pipe, 0600), ==, 0);
    open_bad_later(&f, pipe, "pipe.png could not be opened: this is not a file"); // and never waits
    open_bad_later(&f, nothing, "nothing.png could not be opened: No such file");
    open_bad_later(&f, f.dir, "this is a folder, and pictures are files");
    // One that is stopped is no failure, and nothing comes after it.
    f.messages[MESSAGE_ERROR] = 0;
    g_autofree char *cat = sample_path("cat.png");
    library_open(f.session->library, cat);
    tincture_session_cancel(f.session);
    wait_idle(&f);
    g_assert_false(f.project->photo);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    fixture_end(&f);
}

// A photo that is opened while a training runs waits for it, and says so; one that cannot be read
// is complained about at once; what would meet the wrong photo is refused.
static void test_open_while_learning(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    fixture_learn(&f, 60);
    wait_until(&f, three_steps, "three steps are done");
    g_autofree char *nothing = g_build_filename(f.dir, "nothing.png", NULL);
    open_bad_later(&f, nothing, "nothing.png could not be opened");
    g_assert_true(learning(&f));

    g_autofree char *photo = g_build_filename(f.dir, "mine.png", NULL);
    g_autofree char *cat = sample_path("cat.png");
    g_autofree char *data = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(cat, &data, &size, NULL));
    g_assert_true(g_file_set_contents(photo, data, (gssize)size, NULL));
    f.messages[MESSAGE_ERROR] = 0;
    library_open(f.session->library, photo);
    g_assert_cmpstr(library_opening(f.session->library), ==, "mine.png");
    g_assert_true(learning(&f));
    fixture_export(f.session, nothing, false, 90, 8);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    g_assert_nonnull(strstr(f.last_message, "mine.png is still being opened"));
    wait_ms(300);
    g_assert_true(learning(&f)); // else the next line would show nothing
    g_unlink(photo);             // it has been read already
    wait_until(&f, learning_is_over, "the training is over");
    wait_idle(&f);
    g_assert_null(library_opening(f.session->library));
    g_assert_cmpstr(f.project->title, ==, "mine.png");
    g_assert_null(strstr(f.last_message, "profile")); // the usual sRGB profile is nothing to say
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 0);
    g_autofree char *apple = sample_path("apple.png");
    library_open(f.session->library, apple);
    wait_idle(&f);
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 1); // went to its own document
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    fixture_end(&f);
}

// A photo whose opening is stopped may be open already: until that is known, no work begins on it.
static void test_open_cancelled(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    tincture_project_set_source_prompt(f.project, "a red apple");
    g_autofree char *cat = sample_path("cat.png");
    library_open(f.session->library, cat);
    tincture_session_cancel(f.session);
    tincture_session_learn(f.session);
    g_assert_false(learning(&f));
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    g_assert_nonnull(strstr(f.last_message, "cat.png is still being opened"));
    wait_idle(&f);
    g_assert_cmpstr(f.project->title, ==, "apple.png");
    fixture_learn(&f, 2);
    wait_until(&f, learning_is_over, "the training is over");
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 1);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    fixture_end(&f);
}

// ---- adapters of other programs -----------------------------------------------------------------

// What of a file is not applied is kept for the row that shows the adapter.
static void test_adapter_in_part(void)
{
    static const char *const layer =
        "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q";
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    g_autofree char *path = g_build_filename(f.dir, "part.safetensors", NULL);
    g_autofree char *down = g_strconcat(layer, ".lora_down.weight", NULL);
    g_autofree char *up = g_strconcat(layer, ".lora_up.weight", NULL);
    const float numbers[160] = {1};
    struct st_writer *w = st_writer_new();
    st_writer_f32(w, down, 2, (int64_t[]){1, 160}, numbers);
    st_writer_f32(w, up, 2, (int64_t[]){160, 1}, numbers);
    st_writer_f32(w, "lora_unet_elsewhere.alpha", 0, NULL, numbers);
    g_assert_true(st_writer_save(w, path, NULL, NULL));
    st_writer_free(w);
    library_use_file(f.session->library, path);
    wait_idle(&f);
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 1);
    const TinctureAdapterEntry *a = tincture_project_adapter(f.project, 0);
    g_assert_cmpint(a->applied, ==, 2);
    g_assert_cmpint(a->total, ==, 3);
    g_assert_cmpstr(a->told, ==, "1 of 3 tensors is not applied:\nlora_unet_elsewhere.alpha");
    fixture_end(&f);
}

// ---- adapters that are not there ----------------------------------------------------------------

static const TinctureAdapterEntry *first_adapter(struct fixture *f)
{
    g_assert_cmpuint(tincture_project_n_adapters(f->project), ==, 1);
    return tincture_project_adapter(f->project, 0);
}

static bool result_ready(struct fixture *f)
{
    return job_kind(f) == NULL && tincture_project_n_results(f->project) > 0;
}

// The disk with the adapter is missing for one start: there is one message, everything else works,
// and the next start finds the adapter as it was.
static void test_adapter_away(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    fixture_learn(&f, 2);
    wait_until(&f, learning_is_over, "the training is over");
    tincture_project_adapter_set_scale(f.project, first_adapter(&f)->id, 0.5);
    tincture_session_cancel(f.session);
    fixture_close(&f);
    g_autofree char *adapters = g_build_filename(f.dir, "adapters", NULL);
    g_autofree char *away = g_build_filename(f.dir, "away", NULL);
    g_assert_cmpint(g_rename(adapters, away), ==, 0);

    f.messages[MESSAGE_ERROR] = 0;
    fixture_open(&f);
    wait_idle(&f);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    g_assert_nonnull(strstr(f.last_message, "svdiff, 2 steps is not loaded: "));
    g_assert_true(first_adapter(&f)->failed);
    g_assert_cmpint(first_adapter(&f)->applied, ==, 0);
    tincture_project_set_prompt(f.project, "a green apple");
    wait_until(&f, result_ready, "the edit without the adapter is in the history");
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    fixture_close(&f);

    g_rmdir(adapters); // the library has made a new folder
    g_assert_cmpint(g_rename(away, adapters), ==, 0);
    fixture_open(&f);
    wait_idle(&f);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    g_assert_false(first_adapter(&f)->failed);
    g_assert_cmpint(first_adapter(&f)->applied, >, 0);
    g_assert_cmpfloat(first_adapter(&f)->scale, ==, 0.5);
    fixture_end(&f);
}

// ---- the list of documents ----------------------------------------------------------------------

static bool cat_is_open(struct fixture *f)
{
    return g_strcmp0(f->project->title, "cat.png") == 0;
}

static bool apple_is_open(struct fixture *f)
{
    return g_strcmp0(f->project->title, "apple.png") == 0;
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

// A second since the last save: nothing is due, and the next one bears another time.
static bool later(struct fixture *f)
{
    g_autoptr(TinctureCatalogue) list = tincture_catalogue_new(f->session->library);
    tincture_catalogue_look(list, true);
    return g_get_real_time() / G_USEC_PER_SEC - entry(list, 0)->when >= 2;
}

// Going back to an earlier document without its file: the list knows both, and the earlier one
// comes with its words and results.
static void test_documents(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    g_autoptr(TinctureCatalogue) list = tincture_catalogue_new(f.session->library);
    tincture_catalogue_look(list, true);
    g_assert_cmpuint(n_entries(list), ==, 0);
    fixture_photo(&f);
    tincture_project_set_source_prompt(f.project, "a red apple");
    tincture_project_set_prompt(f.project, "a green apple");
    wait_until(&f, result_ready, "a result is in the history");
    wait_until(&f, later, "the document has been saved for a second");
    g_autofree char *cat = sample_path("cat.png");
    library_open(f.session->library, cat);
    wait_until(&f, cat_is_open, "the cat is open");

    g_assert_cmpuint(n_entries(list), ==, 2); // it follows
    g_assert_cmpstr(entry(list, 0)->title, ==, "cat.png");
    g_assert_cmpstr(entry(list, 0)->origin, ==, cat);
    g_assert_true(entry(list, 0)->open);
    struct picture thumb = tincture_catalogue_thumb(list, entry(list, 0));
    g_assert_null(thumb.rgba);
    g_assert_cmpstr(entry(list, 1)->title, ==, "apple.png");
    g_assert_false(entry(list, 1)->open);
    g_assert_cmpint(entry(list, 1)->when, <, entry(list, 0)->when);
    thumb = tincture_catalogue_thumb(list, entry(list, 1));
    g_assert_cmpint(thumb.width, >, 0);
    picture_clear(&thumb);

    const gint64 apple = entry(list, 1)->id; // it comes to the front
    g_usleep(1100000);                       // the list is one of whole seconds
    library_open_document(f.session->library, apple);
    wait_until(&f, apple_is_open, "the apple is open");
    wait_idle(&f);
    g_assert_cmpstr(f.project->document.source_prompt, ==, "a red apple");
    g_assert_cmpstr(f.project->document.prompt, ==, "a green apple");
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, 1);
    g_assert_true(tincture_project_view(f.project).rgba != f.project->before.rgba);
    f.parts = 0;
    g_assert_true(entry(list, 0)->id == apple && entry(list, 0)->open);
    library_open_document(f.session->library, apple); // is open: undo is kept
    wait_idle(&f);
    g_assert_cmpuint(f.parts & DOCUMENT_PHOTO, ==, 0);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    library_open_document(f.session->library, 999);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    fixture_end(&f);
}

// ---- damage -------------------------------------------------------------------------------------

static char *the_copy(const char *dir)
{
    g_autofree char *photos = g_build_filename(dir, "photos", NULL);
    g_autoptr(GDir) list = g_dir_open(photos, 0, NULL);
    return g_build_filename(photos, g_dir_read_name(list), NULL);
}

// The photo that is opened again mends the library's copy of it.
static void test_damaged_copy(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    g_autofree char *prompt = g_strdup(f.project->document.source_prompt);
    fixture_close(&f);
    g_autofree char *copy = the_copy(f.dir);
    g_autofree char *apple = sample_path("apple.png");
    g_autofree char *whole = NULL, *mended = NULL;
    gsize size, mended_size;
    g_assert_true(g_file_get_contents(apple, &whole, &size, NULL));
    g_assert_true(g_file_set_contents(copy, whole, 30, NULL)); // not even its size is there
    fixture_open(&f);
    wait_until(&f, complained, "the copy cannot be read");
    g_assert_nonnull(strstr(f.last_message, "apple.png could not be opened: "));
    g_autofree char *again = g_strdup_printf(". Open the original again: %s", apple);
    g_assert_true(g_str_has_suffix(f.last_message, again));
    fixture_close(&f);
    fixture_open(&f);
    library_open(f.session->library, apple);
    wait_idle(&f);
    g_assert_nonnull(f.project->photo);
    g_assert_cmpstr(f.project->document.source_prompt, ==, prompt);
    g_assert_true(g_file_get_contents(copy, &mended, &mended_size, NULL));
    g_assert_cmpmem(mended, mended_size, whole, size);
    fixture_end(&f);
}

static bool offered(struct fixture *f)
{
    return f->messages[MESSAGE_LIBRARY] > 0;
}

// A library that cannot be read is said to be so, with the offer of a new one; nothing opens until
// then, and nothing is lost.
static void test_damaged_library(void)
{
    struct fixture f;
    fixture_begin(&f);
    g_autofree char *path = g_build_filename(f.dir, "library.db", NULL);
    g_assert_true(g_file_set_contents(path, "this is no library", -1, NULL));
    fixture_open(&f);
    wait_until(&f, offered, "a new library is offered");
    g_assert_nonnull(strstr(f.last_message, "is damaged or is no library"));
    g_autofree char *apple = sample_path("apple.png");
    library_open(f.session->library, apple);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    fixture_close(&f);
    g_assert_true(library_set_aside(f.dir, NULL));
    fixture_open(&f);
    fixture_photo(&f);
    g_assert_cmpint(f.messages[MESSAGE_LIBRARY], ==, 1);
    fixture_end(&f);
}

// Whoever still holds the session: once it is closed, there is one file with everything in it.
static void test_no_journal(void)
{
    struct fixture f;
    fixture_begin(&f);
    g_autofree char *journal = g_build_filename(f.dir, "library.db-wal", NULL);
    fixture_open(&f);
    fixture_photo(&f);
    g_assert_true(g_file_test(journal, G_FILE_TEST_EXISTS));
    tincture_session_close(f.session);
    g_assert_false(g_file_test(journal, G_FILE_TEST_EXISTS));
    fixture_end(&f);
}

// ---- what ended the program ---------------------------------------------------------------------

static bool unopened(struct fixture *f)
{
    return f->messages[MESSAGE_UNOPENED] > 0;
}

static void leave(struct fixture *f, const char *what)
{
    g_autofree char *path = g_build_filename(f->dir, "opening", NULL);
    g_assert_true(g_file_set_contents(path, what, -1, NULL));
}

// A document over which the program ended is not opened again by itself, once; a person may ask.
static void test_ended_over_document(void)
{
    struct fixture f;
    fixture_begin(&f);
    g_autofree char *note = g_build_filename(f.dir, "opening", NULL);
    fixture_open(&f);
    g_assert_true(g_file_test(note, G_FILE_TEST_EXISTS));
    fixture_photo(&f);
    g_assert_false(g_file_test(note, G_FILE_TEST_EXISTS));
    fixture_close(&f);
    leave(&f, "document apple.png");
    fixture_open(&f);
    wait_until(&f, unopened, "what was being opened is told");
    g_assert_nonnull(strstr(f.last_message, "while apple.png was being opened"));
    wait_idle(&f);
    g_assert_null(f.project->photo);
    library_open_last(f.session->library);
    wait_idle(&f);
    g_assert_nonnull(f.project->photo);
    fixture_close(&f);
    fixture_open(&f);
    wait_idle(&f);
    g_assert_nonnull(f.project->photo);
    fixture_end(&f);
}

// The same of a model: the starter is there instead, and so is the document.
static void test_ended_over_model(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    fixture_close(&f);
    leave(&f, "model /nowhere/model");
    f.session = session_in(f.dir, "/nowhere/model");
    fixture_attach(&f);
    wait_until(&f, complained, "the model is told of");
    g_assert_nonnull(strstr(f.last_message, "while the model /nowhere/model was being loaded"));
    wait_idle(&f);
    g_assert_nonnull(f.project->photo);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    fixture_end(&f);
}

// ---- many results -------------------------------------------------------------------------------

// width: of a thumbnail that holds one pixel.
static void put_results(const char *dir, int n, int width)
{
    g_autoptr(GError) error = NULL;
    struct store *s = store_open(dir, &error);
    g_assert_no_error(error);
    struct store_document d = {0};
    g_assert_true(store_document_load(s, 0, &d, &error));
    const guint8 grey[4] = {128, 128, 128, 255};
    g_autoptr(GBytes) thumb = g_bytes_new(grey, sizeof grey);
    for (int i = 0; i < n; i++) {
        g_autofree char *prompt = g_strdup_printf("result %d", i);
        struct store_result r = {.document = d.id,
                                 .prompt = prompt,
                                 .recipe = "{}",
                                 .thumb = thumb,
                                 .thumb_width = width,
                                 .thumb_height = 1,
                                 .pixels = thumb,
                                 .width = 1,
                                 .height = 1};
        g_assert_true(store_result_save(s, &r, &error));
    }
    store_document_clear(&d);
    store_close(s);
}

static void test_many_results(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    g_assert_false(f.project->more_results);
    fixture_close(&f);
    put_results(f.dir, RESULTS_SHOWN + 5, 1);
    fixture_open(&f);
    wait_idle(&f);
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, RESULTS_SHOWN);
    g_assert_true(f.project->more_results);
    g_autofree char *newest = g_strdup_printf("result %d", RESULTS_SHOWN + 4);
    g_assert_cmpstr(tincture_project_result(f.project, 0)->prompt, ==, newest);
    TinctureResultEntry *first = tincture_project_result(f.project, 0);
    library_show_more(f.session->library);
    g_assert_true(tincture_project_result(f.project, 0) == first); // what is shown stays as it is
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, RESULTS_SHOWN + 5);
    g_assert_false(f.project->more_results);
    g_assert_cmpstr(tincture_project_result(f.project, RESULTS_SHOWN + 4)->prompt, ==, "result 0");
    fixture_end(&f);
}

// Those that cannot be shown are told, once.
static void test_unread_results(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    fixture_close(&f);
    put_results(f.dir, 2, 7);
    put_results(f.dir, 1, 1);
    fixture_open(&f);
    wait_idle(&f);
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, 1);
    library_show_more(f.session->library);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    g_assert_nonnull(strstr(f.last_message, "Of 2 of the earlier results"));
    fixture_end(&f);
}

// ---- a library from outside ---------------------------------------------------------------------

// The last document gets a training whose checkpoint is path; returns the document.
static struct store_document *put_run(struct store *s, const char *path)
{
    struct store_document *d = g_new0(struct store_document, 1);
    g_assert_true(store_document_load(s, 0, d, NULL));
    struct store_run run = {.document = d->id,
                            .method = "svdiff",
                            .learn = "{}",
                            .checkpoint = (char *)path,
                            .prompt = "a red apple",
                            .steps = 40,
                            .step = 3,
                            .state = RUN_STOPPED};
    g_assert_true(store_run_save(s, &run, NULL));
    return d;
}

// Its rows name files outside the library: they are neither deleted nor opened.
static void test_foreign_paths(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    fixture_close(&f);
    g_autofree char *mine = g_build_filename(f.dir, "mine.txt", NULL);
    g_assert_true(g_file_set_contents(mine, "mine", -1, NULL));
    struct store *s = store_open(f.dir, NULL);
    struct store_document *d = put_run(s, mine);
    store_close(s);
    fixture_open(&f);
    wait_idle(&f);
    g_assert_false(f.project->can_resume);
    fixture_learn(&f, 2); // would end the one that waited, and delete its checkpoint
    wait_until(&f, learning_is_over, "the training is over");
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    fixture_close(&f);
    g_assert_true(g_file_test(mine, G_FILE_TEST_EXISTS));

    s = store_open(f.dir, NULL);
    g_free(d->photo);
    d->photo = sample_path("apple.png");
    g_assert_true(store_document_save(s, d, NULL));
    store_document_free(d);
    store_close(s);
    fixture_open(&f);
    wait_idle(&f);
    g_assert_false(f.project->photo);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    g_assert_nonnull(strstr(f.last_message, "its photo is not in the library"));
    fixture_end(&f);
}

// ---- two programs on one library ----------------------------------------------------------------

// The other program's row of its training, as it is in the library now.
static struct store_run *other_run(const char *dir)
{
    struct store_document d = {0};
    struct store *s = store_open(dir, NULL);
    g_assert_nonnull(s);
    g_assert_true(store_document_load(s, 0, &d, NULL));
    g_autoptr(GPtrArray) runs = store_runs_unfinished(s, d.id, NULL);
    g_assert_cmpuint(runs->len, ==, 1);
    struct store_run *run = g_ptr_array_steal_index(runs, 0);
    store_document_clear(&d);
    store_close(s);
    return run;
}

static int step_before;

static bool other_went_on(struct fixture *f)
{
    struct store_run *run = other_run(f->dir);
    const bool on = run->step > step_before;
    store_run_free(run);
    return on;
}

static void test_two_programs(void)
{
    struct fixture f;
    fixture_begin(&f);
    const GPid other = fixture_start_trainer(&f, 100000);
    fixture_open(&f);
    wait_idle(&f);
    g_assert_cmpstr(f.project->document.source_prompt, ==, "a red apple");
    g_assert_false(f.project->can_resume); // it is not ours to go on with
    tincture_session_learn(f.session);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    g_assert_nonnull(strstr(f.last_message, "another window is learning in this library"));
    g_assert_false(learning(&f));
    struct store_run *before = other_run(f.dir);
    g_assert_cmpint(before->state, ==, RUN_ACTIVE);
    tincture_project_set_source_prompt(f.project, "a ripe apple");
    wait_saved(&f, "a ripe apple");
    step_before = before->step;
    wait_until(&f, other_went_on, "the other program has saved");
    fixture_close(&f);
    struct store_run *after = other_run(f.dir);
    g_assert_cmpint(after->id, ==, before->id);
    g_assert_cmpint(after->state, ==, RUN_ACTIVE);
    g_assert_cmpint(after->step, >, before->step);
    store_run_free(before);
    store_run_free(after);

    fixture_kill_trainer(other); // the lock goes with it, and the training may be gone on with
    fixture_open(&f);
    wait_idle(&f);
    g_assert_cmpstr(f.project->document.source_prompt, ==, "a ripe apple");
    g_assert_true(f.project->can_resume);

    // Both windows see that it can be resumed; the second one that asks gets a message.
    struct fixture g;
    fixture_begin(&g);
    g_autofree char *own = g.dir;
    g.dir = f.dir;
    fixture_open(&g);
    wait_idle(&g);
    g_assert_true(g.project->can_resume);
    tincture_session_learn_resume(f.session);
    g_assert_true(learning(&f));
    tincture_session_learn_resume(g.session);
    g_assert_cmpint(g.messages[MESSAGE_ERROR], ==, 1);
    g_assert_nonnull(strstr(g.last_message, "another window is learning"));
    tincture_session_cancel(f.session);
    wait_idle(&f);
    tincture_session_learn_resume(g.session); // now it is free
    g_assert_true(learning(&g));
    tincture_session_cancel(g.session);
    wait_idle(&g);

    // When one window replaces it by a new one, it is gone in the other.
    fixture_learn(&f, 4);
    wait_until(&f, learning_is_over, "the new training is over");
    g.messages[MESSAGE_ERROR] = 0;
    tincture_session_learn_resume(g.session);
    g_assert_cmpint(g.messages[MESSAGE_ERROR], ==, 1);
    g_assert_nonnull(strstr(g.last_message, "ended in another window"));
    g_assert_false(g.project->can_resume);
    g_assert_false(learning(&g));
    fixture_close(&g);
    g_free(g.last_message);
    g_rmdir(own);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    fixture_end(&f);
}

// A window in which nothing was changed does not overwrite what another window wrote.
static void test_idle_window(void)
{
    struct fixture f, g;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    tincture_project_set_source_prompt(f.project, "of both");
    wait_saved(&f, "of both");
    fixture_begin(&g);
    g_autofree char *own = g.dir;
    g.dir = f.dir;
    fixture_open(&g);
    wait_idle(&g);
    tincture_project_set_source_prompt(f.project, "of the busy one");
    wait_saved(&f, "of the busy one");
    fixture_close(&g);
    fixture_close(&f);
    fixture_open(&g);
    wait_idle(&g);
    g_assert_cmpstr(g.project->document.source_prompt, ==, "of the busy one");
    fixture_close(&g);
    g_free(g.last_message);
    g_rmdir(own);
    fixture_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (fixture_is_trainer(argc, argv)) {
        return 0;
    }
    g_test_add_func("/library/open-bad", test_open_bad);
    g_test_add_func("/library/open-while-learning", test_open_while_learning);
    g_test_add_func("/library/open-cancelled", test_open_cancelled);
    g_test_add_func("/library/adapter-in-part", test_adapter_in_part);
    g_test_add_func("/library/adapter-away", test_adapter_away);
    g_test_add_func("/library/documents", test_documents);
    g_test_add_func("/library/many-results", test_many_results);
    g_test_add_func("/library/unread-results", test_unread_results);
    g_test_add_func("/library/foreign-paths", test_foreign_paths);
    g_test_add_func("/library/two-programs", test_two_programs);
    g_test_add_func("/library/idle-window", test_idle_window);
    g_test_add_func("/library/damaged-copy", test_damaged_copy);
    g_test_add_func("/library/damaged-library", test_damaged_library);
    g_test_add_func("/library/no-journal", test_no_journal);
    g_test_add_func("/library/ended-over-document", test_ended_over_document);
    g_test_add_func("/library/ended-over-model", test_ended_over_model);
    return g_test_run();
}
