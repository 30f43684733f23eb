#include "ui/core/live.h"

#include "compute/i18n.h"

#define EDIT_PAUSE_MS 120  // typing and dragging: a preview waits this long for the next change
#define KEEP_PAUSE_MS 1500 // a result that stands this long goes into the history

// ---- the history --------------------------------------------------------------------------------

static void fresh_set(struct live *live, struct result *result, struct picture thumb)
{
    result_unref(live->fresh);
    picture_clear(&live->fresh_thumb);
    live->fresh = result ? result_ref(result) : NULL;
    live->fresh_thumb = thumb;
}

void live_keep_now(struct live *live)
{
    g_clear_handle_id(&live->keep_timer, g_source_remove);
    if (live->fresh) {
        library_keep(live->library, live->fresh, &live->fresh_thumb);
        fresh_set(live, NULL, (struct picture){0});
    }
}

void live_star(struct live *live)
{
    TinctureProject *p = live->project;
    live_keep_now(live);
    const TinctureResultEntry *row = tincture_project_find_result(p, p->shown_result);
    if (row) {
        library_star(live->library, row->id, !row->starred);
    }
}

static gboolean keep_cb(gpointer data)
{
    struct live *live = data;
    live->keep_timer = 0;
    live_keep_now(live);
    return G_SOURCE_REMOVE;
}

static void keep_soon(struct live *live)
{
    g_clear_handle_id(&live->keep_timer, g_source_remove);
    live->keep_timer = g_timeout_add(live->explicitly ? 1 : KEEP_PAUSE_MS, keep_cb, live);
}

// ---- beginning an edit --------------------------------------------------------------------------

// What an edit is made of may be another thing when these are done.
static bool is_blocked(struct live *live)
{
    const struct job_type *const all[] = {&load_job, &tokens_job}; // of the model
    const struct job_type *const own[] = {&open_job, &adapter_job, &edit_job};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (tincture_queue_find(live->queue, NULL, all[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(own); i++) {
        if (tincture_queue_find(live->queue, live->project, own[i])) {
            return true;
        }
    }
    return false;
}

void live_document(const struct live *live, struct document *d)
{
    TinctureProject *p = live->project;
    document_copy(&p->document, d);
    for (guint i = 0; i < tincture_project_n_adapters(p); i++) {
        const TinctureAdapterEntry *entry = tincture_project_adapter(p, i);
        if (entry->failed) {
            document_forget_adapter(d, entry->id);
        }
    }
}

static void submit_edit(struct live *live)
{
    const TinctureProject *p = live->project;
    struct document d;
    live_document(live, &d);
    g_autoptr(GArray) uses = tincture_project_uses(live->project);
    const struct job_inputs in = {.photo = p->photo, .document = &d, .adapters = uses};
    tincture_queue_submit(live->queue, live->project, tincture_job_new(&edit_job, &in));
    document_clear(&d);
}

static void show_stored(struct live *live, const struct store_result *stored)
{
    TinctureProject *p = live->project;
    g_autoptr(GArray) uses = tincture_project_uses(p);
    g_autoptr(GBytes) nothing = g_bytes_new(NULL, 0); // it is damaged, and the job says so
    const struct job_inputs in = {.photo = p->photo,
                                  .document = &p->document,
                                  .adapters = uses,
                                  .bytes = stored->pixels ? stored->pixels : nothing,
                                  .width = stored->width,
                                  .height = stored->height,
                                  .precision = document_recipe_precision(stored->recipe),
                                  .id = stored->id};
    tincture_queue_submit(live->queue, live->project, tincture_job_new(&edit_job, &in));
}

// An undo, or a slider moved back: the picture is there, and is no new one.
static bool show_again(struct live *live)
{
    g_autofree char *key = document_picture_key(&live->project->document);
    struct store_result *stored = library_shown_before(live->library, key);
    if (stored) {
        live_keep_now(live); // what is shown now can be gone back to
        show_stored(live, stored);
        store_result_free(stored);
    }
    return stored != NULL;
}

// Nothing is asked for: the photo as it is, here and for the export. A result that was shown goes
// into the history as one that is replaced does.
static void show_photo(struct live *live)
{
    TinctureProject *p = live->project;
    if (p->after.rgba || p->drawing) {
        live_keep_now(live);
        tincture_project_set_result(p, NULL, (struct picture){0});
        tincture_project_view_changed(p);
    }
}

static void start(struct live *live)
{
    const struct document *d = &live->project->document;
    live->wanted = false;
    if (live->project->photo && (*d->prompt || *d->source_prompt)) {
        if (!show_again(live)) {
            submit_edit(live);
        }
        return;
    }
    live->explicitly = false;
    show_photo(live);
}

void live_follow(struct live *live)
{
    if (live->wanted && !is_blocked(live)) {
        start(live);
    }
}

static void edit_now(struct live *live)
{
    g_clear_handle_id(&live->timer, g_source_remove);
    live->wanted = true;
    tincture_queue_cancel(live->queue, live->project, &edit_job);
    tincture_queue_cancel(live->queue, live->project, &closeup_job);
    live_follow(live);
}

void live_edit_now(struct live *live, bool explicitly)
{
    live->explicitly = live->explicitly || explicitly;
    edit_now(live);
}

static gboolean timer_cb(gpointer data)
{
    struct live *live = data;
    live->timer = 0;
    edit_now(live);
    return G_SOURCE_REMOVE;
}

static void edit_soon(struct live *live)
{
    g_clear_handle_id(&live->timer, g_source_remove);
    g_clear_handle_id(&live->keep_timer, g_source_remove);
    if (live->project->photo && live->by_itself) {
        live->timer = g_timeout_add(EDIT_PAUSE_MS, timer_cb, live);
    }
}

// The edit in flight makes way for what takes its photo away. Should the photo stay, it is done
// again.
static void make_way(struct live *live)
{
    const TinctureJob *opening = tincture_queue_find(live->queue, live->project, &open_job);
    if (opening && !tincture_job_is_cancelled(opening) &&
        tincture_queue_cancel(live->queue, live->project, &edit_job)) {
        live->wanted = true;
    }
}

void live_set_by_itself(struct live *live, bool by_itself)
{
    live->by_itself = by_itself;
}

void live_stop(struct live *live)
{
    g_clear_handle_id(&live->timer, g_source_remove);
    live->wanted = false;
}

// ---- stored results -----------------------------------------------------------------------------

void live_show_as_left(struct live *live)
{
    const struct document *d = &live->project->document;
    g_autofree char *key = document_picture_key(d);
    struct store_result *left = library_newest(live->library, key);
    live->wanted = !left && *d->prompt != '\0';
    if (left) {
        show_stored(live, left);
        store_result_free(left);
    }
}

// The document that a result was made with is the open one: a step of undo.
static void take_recipe(struct live *live, const char *recipe)
{
    TinctureProject *p = live->project;
    live_stop(live);
    tincture_queue_cancel(live->queue, live->project, &edit_job);
    document_from_json(&p->document, recipe);
    tincture_project_edited(
        p, DOCUMENT_PROMPTS | DOCUMENT_PARAMS | DOCUMENT_ADAPTERS | DOCUMENT_PLACE, 0);
}

// What is drawn from now on differs a little from what is shown.
static void note_precision(const struct live *live, const char *recipe)
{
    const char *then = document_recipe_precision(recipe), *now = live->project->precision;
    if (then && now && !g_str_equal(then, now)) {
        tincture_project_say(live->project, MESSAGE_INFO,
                             _("This result was drawn in %s. This machine draws in %s now: what is "
                               "drawn anew differs from it a little"),
                             then, now);
    }
}

void live_restore(struct live *live, gint64 id)
{
    TinctureProject *p = live->project;
    if (library_is_busy(live->library)) {
        return;
    }
    g_autoptr(GError) error = NULL;
    live_keep_now(live); // what is shown now can be gone back to
    struct store_result *stored = library_result(live->library, id, &error);
    if (!stored) {
        tincture_project_say_error(p, _("This result could not be read"), error);
        return;
    }
    take_recipe(live, stored->recipe);
    note_precision(live, stored->recipe);
    show_stored(live, stored);
    store_result_free(stored);
}

void live_take(struct live *live, struct result *result, const struct picture *view,
               const struct picture *thumb)
{
    TinctureProject *p = live->project;
    if (library_is_busy(live->library)) {
        return;
    }
    g_autofree char *recipe = document_to_json(&result->document);
    live_keep_now(live);
    take_recipe(live, recipe);
    p->exported = false;
    tincture_project_set_result(p, result, picture_ref(view));
    fresh_set(live, result, picture_ref(thumb));
    keep_soon(live);
    tincture_project_view_changed(p);
}

// ---- the photo's own pixels ---------------------------------------------------------------------

void live_want_closeup(struct live *live, const TinctureProject *p,
                       const struct image_region *region)
{
    if (p->photo && tincture_queue_is_free(live->queue)) {
        const struct job_inputs in = {.photo = p->photo, .result = p->result, .region = *region};
        tincture_queue_submit(live->queue, live->project, tincture_job_new(&closeup_job, &in));
    }
}

void live_closeup_done(TinctureProject *p, TinctureJob *job)
{
    if (!job->error && job->in.photo == p->photo && job->in.result == p->result && !p->drawing) {
        tincture_project_set_closeup(p, &job->out.closeup);
    }
}

// ---- what edits bring ---------------------------------------------------------------------------

void live_previewed(struct live *live, struct job_report *report)
{
    tincture_project_set_preview(live->project, picture_take(&report->preview));
}

static void show_edit(struct live *live, TinctureJob *job)
{
    TinctureProject *p = live->project;
    const bool drawn = !job->in.bytes; // one that is shown again is no new one
    p->exported = p->exported && !drawn;
    tincture_project_set_result(p, job->out.result, picture_take(&job->out.view));
    if (!drawn) {
        g_autofree char *key = document_picture_key(job->in.document);
        tincture_project_mark_result(p, job->in.id, key);
    }
    if (!drawn || live->wanted) {
        return;
    }
    if (!document_asks_edit(job->in.document)) { // a look at the description is no edit
        live_keep_now(live);
        return;
    }
    fresh_set(live, job->out.result, picture_take(&job->out.thumb));
    if (!live->timer) {
        keep_soon(live);
    }
}

void live_edited(struct live *live, TinctureJob *job)
{
    if (job->in.photo != live->project->photo) {
        return; // it has been closed since
    }
    if (!job->error) {
        show_edit(live, job);
    } else if (!live->wanted && !live->timer) {
        // The preview of an edit that makes way stays until the next one's.
        tincture_project_end_preview(live->project);
        if (live->fresh) {
            keep_soon(live);
        }
    }
    if (!live->wanted) {
        live->explicitly = false;
    }
    tincture_project_view_changed(live->project);
}

// ---- life ---------------------------------------------------------------------------------------

struct live *live_new(TinctureProject *project, TinctureQueue *queue, struct library *library)
{
    struct live *live = g_new0(struct live, 1);
    live->project = project;
    live->by_itself = true;
    live->queue = queue;
    live->library = library;
    g_signal_connect_swapped(project, "stale", G_CALLBACK(edit_soon), live);
    g_signal_connect_swapped(queue, "items-changed", G_CALLBACK(make_way), live);
    return live;
}

void live_free(struct live *live)
{
    g_signal_handlers_disconnect_by_data(live->project, live);
    g_signal_handlers_disconnect_by_data(live->queue, live);
    g_clear_handle_id(&live->timer, g_source_remove);
    g_clear_handle_id(&live->keep_timer, g_source_remove);
    fresh_set(live, NULL, (struct picture){0});
    g_free(live);
}
