#include "tests/core/session_fixture.h"

#include "ui/core/export_options.h"

#include "tests/temp.h"
#include "ui/store/store.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define PATIENCE_S 240 // software Vulkan on a busy machine

char *sample_path(const char *name)
{
    return g_build_filename(g_getenv("TINCTURE_RESOURCES"), "samples", name, NULL);
}

static void document_cb(TinctureProject *project, guint parts, void *data)
{
    ((struct fixture *)data)->parts |= parts;
}

static void view_cb(TinctureProject *project, void *data)
{
    struct fixture *f = data;
    f->views++;
    f->previews += project->drawing;
    const struct picture v = tincture_project_view(project);
    if (v.rgba) {
        g_assert_cmpuint(g_bytes_get_size(v.rgba), ==, (gsize)v.width * v.height * 4);
    }
}

const struct job_type *job_kind(struct fixture *f)
{
    const TinctureJob *job = tincture_queue_shown(f->queue, NULL);
    return job ? job->type : NULL;
}

bool learning_is_over(struct fixture *f)
{
    return job_kind(f) != &learn_job;
}

guint loss_steps(struct fixture *f)
{
    return f->project->loss->len;
}

static void job_cb(TinctureQueue *queue, void *data)
{
    struct fixture *f = data;
    f->edits_seen += job_kind(f) == &edit_job && f->kind != &edit_job;
    f->kind = job_kind(f);
    f->loss_seen = MAX(f->loss_seen, (int)loss_steps(f));
}

static void message_cb(TinctureProject *project, int kind, const char *text, void *data)
{
    struct fixture *f = data;
    g_test_message("%s: %s", kind == MESSAGE_ERROR ? "error" : "message", text);
    f->messages[kind]++;
    g_free(f->last_message);
    f->last_message = g_strdup(text);
}

void fixture_begin(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    f->dir = g_dir_make_tmp("tincture-session-XXXXXX", NULL);
    g_assert_nonnull(f->dir);
}

void fixture_attach(struct fixture *f)
{
    f->project = f->session->project;
    f->queue = f->session->queue;
    g_signal_connect(f->project, "document-changed", G_CALLBACK(document_cb), f);
    g_signal_connect(f->project, "view-changed", G_CALLBACK(view_cb), f);
    g_signal_connect(f->project, "message", G_CALLBACK(message_cb), f);
    g_signal_connect(f->queue, "changed", G_CALLBACK(job_cb), f);
}

void fixture_export(TinctureSession *session, const char *path, bool with_recipe, int quality,
                    int bits)
{
    struct settings *options = settings_new(export_settings);
    g_autofree char *depth = g_strdup_printf("%d", bits);
    settings_set(options, "recipe", with_recipe, NULL);
    if (quality > 0) {
        g_assert_true(settings_set(options, "quality", quality, NULL));
    }
    if (bits > 0) {
        g_assert_true(settings_parse(options, "bits", depth, NULL));
    }
    tincture_session_export(session, path, options);
    settings_free(options);
}

TinctureSession *session_in(const char *dir, const char *model)
{
    g_autoptr(TinctureStudio) studio = tincture_studio_new(dir, model, NULL, NULL, NULL);
    return tincture_session_new(studio);
}

void fixture_open(struct fixture *f)
{
    f->session = session_in(f->dir, NULL);
    fixture_attach(f);
}

void fixture_close(struct fixture *f)
{
    if (f->session) {
        tincture_session_close(f->session);
        g_assert_finalize_object(f->session);
        f->session = NULL;
    }
    while (g_main_context_iteration(NULL, FALSE)) { // what was still on its way
    }
}

void fixture_end(struct fixture *f)
{
    fixture_close(f);
    remove_tree(f->dir);
    g_free(f->dir);
    g_free(f->last_message);
}

static gboolean timeout_cb(gpointer data)
{
    *(bool *)data = true;
    return G_SOURCE_REMOVE;
}

static gboolean again_cb(gpointer data)
{
    return G_SOURCE_CONTINUE;
}

void wait_until(struct fixture *f, condition_fn condition, const char *what)
{
    bool late = false;
    const guint timer = g_timeout_add_seconds(PATIENCE_S, timeout_cb, &late);
    const guint clock = g_timeout_add(20, again_cb, NULL); // also for what no event tells of
    while (!condition(f)) {
        g_main_context_iteration(NULL, TRUE);
        if (late) {
            g_error("not within the limit: %s (%s)", what,
                    f->last_message ? f->last_message : "no message");
        }
    }
    g_source_remove(clock);
    g_source_remove(timer);
}

void wait_ms(int milliseconds)
{
    bool over = false;
    g_timeout_add(milliseconds, timeout_cb, &over);
    while (!over) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static bool idle(struct fixture *f)
{
    return job_kind(f) == NULL;
}

void wait_idle(struct fixture *f)
{
    do {
        wait_until(f, idle, "nothing runs");
        wait_ms(250); // longer than the pause before an edit
    } while (!idle(f));
}

static const char *awaited; // by wait_saved()

static bool saved(struct fixture *f)
{
    struct store_document d = {0};
    struct store *s = store_open(f->dir, NULL);
    const bool there =
        s && store_document_load(s, 0, &d, NULL) && g_str_equal(d.source_prompt, awaited);
    store_document_clear(&d);
    g_clear_pointer(&s, store_close);
    return there;
}

void wait_saved(struct fixture *f, const char *source_prompt)
{
    awaited = source_prompt;
    wait_until(f, saved, "the document is saved");
}

static bool has_photo(struct fixture *f)
{
    return f->project->photo != NULL;
}

void fixture_photo(struct fixture *f)
{
    g_autofree char *path = sample_path("apple.png");
    library_open(f->session->library, path);
    wait_until(f, has_photo, "the photo is open");
    tincture_project_set(f->project, SETTINGS_EDIT, "steps", 4);
    wait_idle(f);
}

void fixture_learn(struct fixture *f, int steps)
{
    tincture_project_set(f->project, SETTINGS_LEARN, "steps", steps);
    tincture_project_set_source_prompt(f->project, "a red apple");
    tincture_session_learn_over(f->session);
}

guint fixture_checkpoints(const struct fixture *f)
{
    g_autofree char *path = g_build_filename(f->dir, "runs", NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    guint n = 0;
    while (dir && (name = g_dir_read_name(dir))) {
        n += g_str_has_suffix(name, ".safetensors"); // not one that is being written
    }
    return n;
}

static const char *program; // this test's own path

static bool never(struct fixture *f)
{
    return false;
}

bool fixture_is_trainer(int argc, char **argv)
{
    program = argv[0];
    if (argc != 4 || !g_str_equal(argv[1], "--train-in")) {
        return false;
    }
    struct fixture f = {.dir = g_strdup(argv[2])};
    fixture_open(&f);
    fixture_photo(&f);
    fixture_learn(&f, atoi(argv[3]));
    wait_until(&f, never, "killed");
    return true;
}

GPid fixture_start_trainer(const struct fixture *f, int steps)
{
    g_autofree char *count = g_strdup_printf("%d", steps);
    const char *argv[] = {program, "--train-in", f->dir, count, NULL};
    GPid pid;
    g_autoptr(GError) error = NULL;
    g_spawn_async(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL,
                  NULL, NULL, &pid, &error);
    g_assert_no_error(error);
    for (int i = 0; fixture_checkpoints(f) == 0; i++) {
        g_usleep(20000);
        g_assert_cmpint(i, <, 12000);
    }
    return pid;
}

void fixture_kill_trainer(GPid pid)
{
    int status;
    kill(pid, SIGKILL);
    g_assert_cmpint(waitpid(pid, &status, 0), ==,
                    pid); // its locks are released when it has ended, not when it is told to
    g_assert_true(WIFSIGNALED(status));
    g_spawn_close_pid(pid);
}
