// The library's learned tokens: files of a folder, which a person may remove, and put back.
#include "compute/i18n.h"
#include "compute/model/embedding.h"
#include "ui/core/library.h"

#include "ui/core/paths.h"

#include <string.h>

#define FILES_PAUSE_MS 200 // one who removes several files waits less between two

char *library_tokens(const struct library *l)
{
    const char *folder = library_folder(l);
    return folder ? g_build_filename(folder, "embeddings", NULL) : NULL;
}

char *library_controls(const struct library *l)
{
    const char *folder = library_folder(l);
    return folder ? g_build_filename(folder, "controls", NULL) : NULL;
}

static void add_names(GPtrArray *names, const char *folder)
{
    g_autoptr(GPtrArray) paths = folder ? paths_in(folder, paths_is_safetensors, NULL) : NULL;
    for (guint i = 0; paths && i < paths->len; i++) {
        g_autofree char *name = g_path_get_basename(paths->pdata[i]);
        if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL)) {
            g_ptr_array_add(names, g_steal_pointer(&name));
        }
    }
}

void library_list_controls(struct library *l)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *own = library_controls(l);
    g_autofree char *of_model = g_build_filename(l->model, "controls", NULL);
    add_names(names, own);
    add_names(names, of_model);
    tincture_project_set_controls(l->project, names);
}

// ---- their files --------------------------------------------------------------------------------

static gboolean files_cb(void *data)
{
    struct library *l = data;
    g_autofree char *folder = library_tokens(l);
    const struct job_inputs in = {.folder = folder};
    l->token_timer = 0;
    tincture_queue_submit(l->queue, NULL, tincture_job_new(&tokens_job, &in));
    return G_SOURCE_REMOVE;
}

// A file that is being written is looked at when it is whole.
static void changed_cb(struct library *l, GFile *file, GFile *other, GFileMonitorEvent event)
{
    if (event != G_FILE_MONITOR_EVENT_CREATED && event != G_FILE_MONITOR_EVENT_CHANGED) {
        g_clear_handle_id(&l->token_timer, g_source_remove);
        l->token_timer = g_timeout_add(FILES_PAUSE_MS, files_cb, l);
    }
}

void library_watch_tokens(struct library *l)
{
    g_autofree char *folder = library_tokens(l);
    if (l->token_files || !folder || !g_file_test(folder, G_FILE_TEST_IS_DIR)) {
        return;
    }
    g_autoptr(GFile) file = g_file_new_for_path(folder);
    l->token_files = g_file_monitor_directory(file, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
    if (l->token_files) { // otherwise they are as they are found at the next start
        g_signal_connect_swapped(l->token_files, "changed", G_CALLBACK(changed_cb), l);
    }
}

void library_unwatch_tokens(struct library *l)
{
    g_clear_handle_id(&l->token_timer, g_source_remove);
    if (l->token_files) {
        g_signal_handlers_disconnect_by_data(l->token_files, l);
        g_file_monitor_cancel(l->token_files);
        g_clear_object(&l->token_files);
    }
}

// ---- pictures of them ---------------------------------------------------------------------------

// Whether a sentence holds the token, as the model reads it. m NULL: it does not know the token any
// more; then whether its letters are there.
static bool holds(const struct model *m, const struct document *d, const char *token)
{
    const char *const texts[] = {d->source_prompt, d->prompt, d->negative};
    g_autoptr(GPtrArray) tokens = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *wanted = g_utf8_casefold(token, -1);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *text =
            m ? model_embedded(m, texts[i], tokens) : g_utf8_casefold(texts[i], -1);
        if (!m && strstr(text, wanted)) {
            return true;
        }
    }
    return g_ptr_array_find_with_equal_func(tokens, token, g_str_equal, NULL);
}

static bool recipe_holds(const struct model *m, const char *recipe, const char *token)
{
    struct document d;
    document_init(&d);
    document_from_json(&d, recipe);
    const bool there = holds(m, &d, token);
    document_clear(&d);
    return there;
}

// Nothing that was drawn is shown for sentences that hold it.
static void forget_drawn(struct library *l, const struct model *m, const char *token)
{
    TinctureProject *p = l->project;
    for (guint i = 0; i < tincture_project_n_results(p); i++) {
        const TinctureResultEntry *entry = tincture_project_result(p, i);
        if (recipe_holds(m, entry->recipe, token)) {
            tincture_project_note_key(p, entry->id, NULL);
        }
    }
}

void library_token_came(struct library *l, const struct model *m, const char *token)
{
    forget_drawn(l, m, token);
    tincture_project_add_token(l->project, token);
}

static void token_left(struct library *l, const char *token)
{
    forget_drawn(l, NULL, token);
    tincture_project_remove_token(l->project, token);
}

void library_tokens_read(struct library *l, const struct model *m, const TinctureJob *job)
{
    const struct document *d = &l->project->document;
    bool stale = false;
    if (job->error || !m) {
        return;
    }
    for (char **token = job->out.tokens_left; *token; token++) {
        stale = stale || holds(NULL, d, *token);
        token_left(l, *token);
    }
    for (char **token = job->out.tokens; *token; token++) {
        stale = stale || holds(m, d, *token);
        library_token_came(l, m, *token);
    }
    if (job->out.note) {
        tincture_project_say(l->project, MESSAGE_ERROR, _("A learned token is left out: %s"),
                             job->out.note);
    }
    if (stale) {
        tincture_project_stale(l->project);
    }
}
