// The model that all sessions of a studio work with: loaded, and changed for another one.
#include "ui/core/session.h"
#include "ui/core/session_private.h"

#include "compute/i18n.h"

#include "ui/core/engine.h"
#include "ui/core/model_list.h"
#include "ui/core/paths.h"
#include "ui/core/plain_text.h"

void session_tokens_came(TinctureSession *self, TinctureJob *job)
{
    const struct model *reader = self->studio->reader;
    for (char **token = job->out.tokens; reader && token && *token; token++) {
        library_token_came(self->library, reader, *token);
    }
    if (session_is_first(self)) {
        library_watch_tokens(self->library);
    }
}

void session_tokens_read(TinctureSession *self, TinctureJob *job)
{
    library_tokens_read(self->library, self->studio->reader, job);
}

// ---- loading ------------------------------------------------------------------------------------

void session_load(TinctureSession *self, const struct studio_engine *engine)
{
    TinctureStudio *studio = self->studio;
    g_autofree char *tokens = library_tokens(self->library);
    g_autofree char *controls = library_controls(self->library);
    const struct job_inputs in = {.path = engine->model,
                                  .vae = engine->vae,
                                  .device = engine->device,
                                  .precision = engine->precision,
                                  .folder = tokens,
                                  .controls = controls};
    g_autoptr(GError) error = NULL;
    studio->reader = NULL; // the engine's, which goes
    for (guint i = 0; i < studio->sessions->len; i++) {
        library_set_model(session_at(self, i)->library, engine->model);
    }
    vocabulary_free(studio->vocabulary);
    studio->vocabulary = vocabulary_load(engine->model, &error);
    tincture_project_say_error(self->project, _("The model's words are not known"), error);
    tincture_queue_submit(self->queue, NULL, tincture_job_new(&load_job, &in));
}

// Back to what worked.
static void load_before(TinctureSession *self)
{
    static const struct studio_engine nothing;
    struct studio_engine before = self->studio->used;
    self->studio->used = nothing; // it is tried once
    self->studio->again = true;
    session_load(self, &before);
    studio_engine_set(&before, &nothing);
}

static enum studio_loaded what_loaded(TinctureSession *self, TinctureJob *job)
{
    TinctureStudio *studio = self->studio;
    if (g_error_matches(job->error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        return LOADED_NOTHING;
    }
    if (job->error && studio->used.model) {
        load_before(self);
        return LOADED_NOTHING;
    }
    const bool another = studio->used.model || studio->again;
    studio->again = false;
    return another ? LOADED_ANOTHER : LOADED_FIRST;
}

static void note_loaded(TinctureStudio *studio, TinctureJob *job)
{
    if (!job->error) {
        studio_engine_set(
            &studio->used,
            &(struct studio_engine){job->in.path, job->in.vae, job->in.device, job->in.precision});
    }
    g_free(studio->device);
    g_free(studio->model);
    studio->device = plain_text(job->out.device, TEXT_NAME);
    studio->model = model_title(job->in.path, job->out.model);
    studio->has_edges = job->out.edges;
    studio->reader =
        studio->engine && engine_ready(studio->engine, NULL) ? studio->engine->model : NULL;
}

// The photo, and what is known of pictures and tokens, are of the model before.
static void see_anew(TinctureSession *self)
{
    TinctureProject *p = self->project;
    for (guint i = 0; i < tincture_project_n_results(p); i++) {
        tincture_project_note_key(p, tincture_project_result(p, i)->id, NULL);
    }
    while (p->tokens->len > 0) {
        g_autofree char *token = g_strdup(p->tokens->pdata[0]);
        tincture_project_remove_token(p, token);
    }
    variations_clear(self->variations);
    if (session_is_first(self)) {
        tincture_subject_work_use_model(self->subject);
        tincture_subject_work_use_model(self->style);
    }
    library_open_again(self->library);
}

void session_loaded(TinctureSession *self, TinctureJob *job)
{
    TinctureStudio *studio = self->studio;
    if (session_is_first(self)) {
        studio->loaded = what_loaded(self, job);
        if (studio->loaded != LOADED_NOTHING) {
            note_loaded(studio, job);
        }
    }
    if (studio->loaded == LOADED_NOTHING) {
        return;
    }
    if (studio->loaded == LOADED_ANOTHER) {
        see_anew(self);
    }
    self->project->precision = job->out.precision;
    if (job->out.note) {
        tincture_project_say(self->project, MESSAGE_ERROR, _("A learned token is left out: %s"),
                             job->out.note);
    }
    session_tokens_came(self, job);
    library_list_controls(self->library);
    g_signal_emit_by_name(self, "device-changed");
}

// ---- another one --------------------------------------------------------------------------------

void tincture_session_use(TinctureSession *self, const struct studio_engine *engine)
{
    struct studio_engine next = *engine;
    g_autofree char *model = paths_model(engine->model);
    next.model = model;
    for (guint i = 0; i < self->studio->sessions->len; i++) {
        const TinctureSession *each = session_at(self, i);
        live_stop(each->live);
        live_keep_now(each->live);
        library_save_now(each->library);
    }
    for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(self->queue)); i++) {
        g_autoptr(TinctureJob) job = g_list_model_get_item(G_LIST_MODEL(self->queue), i);
        if (!(job->type->rank & JOB_PROMISED) && job->type != &library_job) {
            tincture_job_cancel(job);
        }
    }
    session_load(self, &next);
}
