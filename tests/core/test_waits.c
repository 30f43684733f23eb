// Everything a person waits for says what it does and can be stopped at any moment; what was
// stopped leaves nothing behind and can be asked for again.
#include "tests/core/session_fixture.h"

#include "render/file.h"

#include <glib/gstdio.h>
#include <string.h>

#define WIDTH  3000
#define HEIGHT 2000 // decoding and encoding it take long enough to be stopped in the middle

// Cancels when the job says something that begins with `at`.
struct stop {
    TinctureSession *session;
    const char *at; // NULL: only listens
    bool done;
    GString *texts; // all that was said, on lines
};

static void stop_cb(TinctureQueue *queue, void *data)
{
    struct stop *s = data;
    const TinctureJob *job = tincture_queue_shown(queue, NULL);
    const char *text = job ? job->text : "";
    g_string_append_printf(s->texts, "%s\n", text);
    if (s->at && !s->done && g_str_has_prefix(text, s->at)) {
        s->done = true;
        tincture_session_cancel(s->session);
    }
}

// Stops the session's next job there, which must say so.
static char *stop_at(struct fixture *f, const char *at, void (*request)(struct fixture *))
{
    struct stop s = {.session = f->session, .at = at, .texts = g_string_new(NULL)};
    const gulong id = g_signal_connect(f->queue, "changed", G_CALLBACK(stop_cb), &s);
    request(f);
    wait_idle(f);
    g_signal_handler_disconnect(f->queue, id);
    g_assert_true(s.done || !at);
    return g_string_free(s.texts, FALSE);
}

static guint entries(const struct fixture *f, const char *folder)
{
    g_autofree char *path = g_build_filename(f->dir, folder, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    guint n = 0;
    while (dir && g_dir_read_name(dir)) {
        n++;
    }
    return n;
}

// ---- a large photo ------------------------------------------------------------------------------

static char *large_photo(const struct fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    struct image *image = image_new(WIDTH, HEIGHT, false, &error);
    for (int64_t i = 0; i < (int64_t)WIDTH * HEIGHT * 3; i++) {
        image->rgb[i] = (float)g_rand_double(rand);
    }
    char *path = g_build_filename(f->dir, "large.png", NULL);
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image_save_params params = {0};
    g_assert_true(image_save(image, file, &params, &error));
    image_free(image);
    return path;
}

static void open_large(struct fixture *f)
{
    g_autofree char *path = g_build_filename(f->dir, "large.png", NULL);
    library_open(f->session->library, path);
}

static bool copy_is_there(struct fixture *f)
{
    return entries(f, "photos") > 1 || job_kind(f) == NULL;
}

// A photo that was stopped is not in the library, and the one before it stays as it was.
static void check_opened_or_not(struct fixture *f)
{
    const bool opened = g_str_equal(f->project->title, "large.png");
    g_assert_cmpuint(entries(f, "photos"), ==, opened ? 2 : 1);
    g_assert_cmpint(f->messages[MESSAGE_ERROR], ==, 0);
    if (!opened) {
        g_assert_cmpstr(f->project->title, ==, "apple.png");
        g_assert_cmpstr(f->project->document.source_prompt, ==, "a red apple");
        g_assert_cmpint(f->project->before.width, ==, 512);
    }
}

static void test_open(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    tincture_project_set_source_prompt(f.project, "a red apple");
    wait_idle(&f);
    g_free(large_photo(&f));
    g_free(stop_at(&f, "Reading the photo", open_large));
    g_assert_cmpstr(f.project->title, ==, "apple.png");
    check_opened_or_not(&f);
    g_free(stop_at(&f, "Opening the photo", open_large));
    g_assert_cmpstr(f.project->title, ==, "apple.png");
    check_opened_or_not(&f);

    open_large(&f); // the last moment
    while (!copy_is_there(&f)) {
        wait_ms(1);
    }
    tincture_session_cancel(f.session);
    wait_idle(&f);
    check_opened_or_not(&f);
    open_large(&f);
    wait_idle(&f);
    g_assert_cmpstr(f.project->title, ==, "large.png");
    fixture_end(&f);
}

// ---- exports ------------------------------------------------------------------------------------

static const char *export_name;

static void export_picture(struct fixture *f)
{
    g_autofree char *path = g_build_filename(f->dir, "out", export_name, NULL);
    fixture_export(f->session, path, true, 95, 8);
}

// Over an older file, which stays; then once more, to the end.
static void check_export(struct fixture *f, const char *name, const char *at)
{
    g_autofree char *path = g_build_filename(f->dir, "out", name, NULL), *data = NULL;
    g_assert_true(g_file_set_contents(path, "the older file", -1, NULL));
    const int said = f->messages[MESSAGE_EXPORTED];
    export_name = name;
    g_free(stop_at(f, at, export_picture));
    g_assert_cmpint(f->messages[MESSAGE_EXPORTED], ==, said);
    g_assert_true(g_file_get_contents(path, &data, NULL, NULL));
    g_assert_cmpstr(data, ==, "the older file");
    g_assert_cmpuint(entries(f, "out"), ==, 1);
    export_picture(f);
    wait_idle(f);
    g_assert_cmpint(f->messages[MESSAGE_EXPORTED], ==, said + 1);
    g_assert_cmpint(f->messages[MESSAGE_ERROR], ==, 0);
    g_assert_cmpuint(entries(f, "out"), ==, 1);
    g_assert_cmpint(g_unlink(path), ==, 0);
}

static void prompt(struct fixture *f)
{
    tincture_project_set_prompt(f->project, "noise");
}

static void test_export(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    g_autofree char *out = g_build_filename(f.dir, "out", NULL);
    g_free(large_photo(&f));
    g_assert_cmpint(g_mkdir(out, 0700), ==, 0);
    open_large(&f);
    wait_idle(&f);
    tincture_project_set(f.project, SETTINGS_EDIT, "steps", 2);
    check_export(&f, "photo.png", "Writing the file");
    check_export(&f, "photo.jpg", "Writing the file");
    g_free(stop_at(&f, NULL, prompt));
    g_assert_nonnull(tincture_project_view(f.project).rgba);
    check_export(&f, "edit.png", "Returning to full size");
    fixture_end(&f);
}

// ---- an adapter and a model that have never met -------------------------------------------------

static void forget_decompositions(void)
{
    g_autofree char *folder = g_build_filename(g_get_user_cache_dir(), "tincture", "svd", NULL);
    g_autoptr(GDir) models = g_dir_open(folder, 0, NULL);
    for (const char *model; models && (model = g_dir_read_name(models));) {
        g_autofree char *path = g_build_filename(folder, model, NULL);
        g_autoptr(GDir) packs = g_dir_open(path, 0, NULL);
        for (const char *name; packs && (name = g_dir_read_name(packs));) {
            g_autofree char *pack = g_build_filename(path, name, NULL);
            g_unlink(pack);
        }
    }
}

static void write_prompt(struct fixture *f)
{
    tincture_project_set_prompt(f->project, "a green apple");
}

static void edit_now(struct fixture *f)
{
    live_edit_now(f->session->live, true);
}

static void test_foreign_adapter(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    fixture_learn(&f, 2);
    wait_until(&f, learning_is_over, "the training is over");
    tincture_session_cancel(f.session);
    wait_idle(&f);
    fixture_close(&f);
    forget_decompositions();
    fixture_open(&f);
    wait_idle(&f);
    const guint results = tincture_project_n_results(f.project);
    g_free(stop_at(&f, "Taking weights apart: ", write_prompt));
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, results);
    g_autofree char *whole = stop_at(&f, NULL, edit_now);
    g_assert_nonnull(strstr(whole, "Taking weights apart: "));
    g_assert_cmpuint(tincture_project_n_results(f.project), ==, results + 1);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    fixture_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/waits/open", test_open);
    g_test_add_func("/waits/export", test_export);
    g_test_add_func("/waits/foreign-adapter", test_foreign_adapter);
    return g_test_run();
}
