// Jobs: loading the model, editing the photo, and what all jobs share.
#include "ui/core/jobs_private.h"

#include "render/signed.h"

#define THUMB_SIDE 128

static void job_adapter_clear(void *data)
{
    g_free(((struct job_adapter *)data)->path);
}

GArray *job_adapters_new(void)
{
    GArray *a = g_array_new(FALSE, TRUE, sizeof(struct job_adapter));
    g_array_set_clear_func(a, job_adapter_clear);
    return a;
}

void *job_new(size_t size, enum job_kind kind, bool (*run)(struct job *, struct worker *),
              void (*done)(struct job *, TinctureSession *), void (*free_fn)(struct job *))
{
    struct job *job = g_malloc0(size);
    *job = (struct job){
        .kind = kind, .cancel = g_cancellable_new(), .run = run, .done = done, .free = free_fn};
    return job;
}

// ---- progress -----------------------------------------------------------------------------------

static void progress_post_cb(TinctureSession *session, void *data)
{
    session_job_progress(session, data);
}

void job_report(struct reporter *r, double fraction, const char *text, double seconds_left)
{
    struct job_state *state = g_new0(struct job_state, 1);
    *state = (struct job_state){.kind = r->job->kind,
                                .cancellable = r->job->kind != JOB_LOAD_MODEL,
                                .fraction = fraction,
                                .seconds_left = seconds_left};
    g_strlcpy(state->text, text, sizeof state->text);
    worker_post(r->w, progress_post_cb, state, g_free);
}

// By what has been done since the progress began; < 0 while that says too little.
static double seconds_left(struct reporter *r, double fraction)
{
    const gint64 now = g_get_monotonic_time();
    if (r->since_us == 0 || fraction < r->last) {
        r->since_us = now;
        r->since = fraction;
    }
    r->last = fraction;
    const double seconds = (double)(now - r->since_us) / 1e6, done = fraction - r->since;
    return seconds < 1.0 || done < 0.02 ? -1.0 : seconds * (1.0 - fraction) / done;
}

void job_progress_cb(double fraction, const char *text, void *data)
{
    job_report(data, fraction, text, fraction < 0.0 ? -1.0 : seconds_left(data, fraction));
}

static void picture_free(void *data)
{
    picture_clear(data);
    g_free(data);
}

void job_post_picture(struct worker *w, void (*fn)(TinctureSession *session, void *data),
                      struct picture picture)
{
    worker_post(w, fn, g_memdup2(&picture, sizeof picture), picture_free);
}

static void preview_post_cb(TinctureSession *session, void *data)
{
    session_previewed(session, picture_take(data));
}

static void edit_step_cb(const struct edit_step *step, void *data)
{
    struct reporter *r = data;
    char text[160];
    g_snprintf(text, sizeof text, "%s: step %d of %d", step->stage, step->step, step->steps);
    job_report(r, step->steps ? (double)step->step / step->steps : -1.0, text, step->seconds_left);
    if (!step->preview) {
        return;
    }
    job_post_picture(r->w, preview_post_cb,
                     picture_from_floats(step->preview, step->preview_width, step->preview_height));
}

// ---- loading the model --------------------------------------------------------------------------

struct job_load {
    struct job job;
    char *model, *device;
    char *device_text, *model_text; // results
};

static bool load_run(struct job *job, struct worker *w)
{
    struct job_load *j = (struct job_load *)job;
    struct reporter r = {w, job};
    w->engine = engine_open(j->model, j->device, job_progress_cb, &r, job->cancel, &job->error);
    if (!w->engine) {
        w->load_error = g_strdup(job->error->message); // what follows cannot work, and says why
        return false;
    }
    const struct gpu_info *info = gpu_info(w->engine->gpu);
    j->device_text =
        info->slow_driver ? g_strdup_printf("%s (slow driver)", info->name) : g_strdup(info->name);
    j->model_text = g_strdup(w->engine->model->name);
    return true;
}

static void load_done(struct job *job, TinctureSession *session)
{
    struct job_load *j = (struct job_load *)job;
    if (session) {
        session_loaded(session, job, j->device_text, j->model_text);
    }
}

static void load_free(struct job *job)
{
    struct job_load *j = (struct job_load *)job;
    g_free(j->model);
    g_free(j->device);
    g_free(j->device_text);
    g_free(j->model_text);
}

struct job *job_load_new(const char *model, const char *device)
{
    struct job_load *j = job_new(sizeof *j, JOB_LOAD_MODEL, load_run, load_done, load_free);
    j->model = g_strdup(model);
    j->device = g_strdup(device);
    return &j->job;
}

// ---- editing ------------------------------------------------------------------------------------

struct job_edit {
    struct job job;
    struct document document;
    GArray *adapters; // struct job_adapter
    GBytes *pixels;   // restore: what to show; else the result of the run
    int width, height;
    struct picture view, thumb;
    double seconds;
};

bool job_needs_engine(struct job *job, struct worker *w)
{
    if (!w->engine) {
        g_set_error(&job->error, TINCTURE_ERROR, TINCTURE_ERROR_FAILED,
                    "the model could not be loaded (%s)",
                    w->load_error ? w->load_error : "stopped");
    }
    return w->engine != NULL;
}

bool job_needs_photo(struct job *job, struct worker *w)
{
    if (job_needs_engine(job, w) && !w->photo) {
        g_set_error(&job->error, TINCTURE_ERROR, TINCTURE_ERROR_FAILED, "open a photo first");
    }
    return job->error == NULL;
}

static struct edit_request document_request(const struct document *d)
{
    struct edit_request q = {EDIT_REQUEST_DEFAULTS};
    q.source_prompt = d->source_prompt;
    q.prompt = *d->prompt ? d->prompt : d->source_prompt;
    q.negative = d->negative;
    q.steps = (int)d->params[document_param_index("steps")];
    q.guidance = d->params[document_param_index("guidance")];
    q.inversion = d->params[document_param_index("inversion")];
    q.structure = d->params[document_param_index("structure")];
    q.locality = d->params[document_param_index("locality")];
    q.eta = d->params[document_param_index("eta")];
    q.seed = d->seed;
    return q;
}

static bool use_adapters(struct reporter *r, const GArray *adapters)
{
    struct job *job = r->job;
    struct worker *w = r->w;
    g_autofree struct adapter **list = g_new0(struct adapter *, adapters->len + 1);
    for (guint i = 0; i < adapters->len; i++) {
        const struct job_adapter *use = &g_array_index(adapters, struct job_adapter, i);
        if (!(list[i] = worker_adapter(w, use->path, &job->error))) {
            return false;
        }
        list[i]->scale = use->scale;
        list[i]->enabled = use->enabled;
    }
    return editor_set_adapters(w->engine->editor, list, (int)adapters->len, job_progress_cb, r,
                               job->cancel, &job->error);
}

static struct edit_result *unpack_pixels(GBytes *pixels, int width, int height, GError **error)
{
    struct edit_result *r = g_new0(struct edit_result, 1);
    r->width = width;
    r->height = height;
    if (pixels && signed_unpack(pixels, width, height, &r->rgb, &r->reconstruction)) {
        return r;
    }
    edit_result_free(r);
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                "this result is damaged in the library");
    return NULL;
}

// Takes r. It becomes the result only once it can be shown: what is exported is what is seen.
static bool edit_show(struct job_edit *j, struct worker *w, struct edit_result *r,
                      const struct edit_request *q)
{
    struct detail_params params = {.cancel = j->job.cancel};
    struct image *view = engine_restore(w->engine, w->photo->view, r, &params, &j->job.error);
    if (!view) {
        edit_result_free(r);
        return false;
    }
    worker_result_set(w, r, q, j->adapters);
    j->view = picture_from_image(view);
    j->thumb = picture_shrink(view, THUMB_SIDE);
    image_free(view);
    return true;
}

static bool edit_run(struct job *job, struct worker *w)
{
    struct job_edit *j = (struct job_edit *)job;
    struct reporter r = {w, job};
    if (!job_needs_photo(job, w) || !use_adapters(&r, j->adapters) ||
        !editor_need_previews(w->engine->editor, job_progress_cb, &r, job->cancel, &job->error)) {
        return false;
    }
    struct edit_request q = document_request(&j->document);
    struct edit_result *result =
        engine_edit(w->engine, w->photo, q, edit_step_cb, &r, job->cancel, &job->error);
    if (!result) {
        return false;
    }
    j->pixels = signed_pack(result->rgb, result->reconstruction, result->width, result->height);
    j->width = result->width;
    j->height = result->height;
    j->seconds = result->seconds;
    return edit_show(j, w, result, &q);
}

static bool restore_run(struct job *job, struct worker *w)
{
    struct job_edit *j = (struct job_edit *)job;
    struct edit_result *result =
        job_needs_photo(job, w) ? unpack_pixels(j->pixels, j->width, j->height, &job->error) : NULL;
    if (!result) {
        return false;
    }
    struct edit_request q = document_request(&j->document);
    return edit_show(j, w, result, &q);
}

static bool clear_run(struct job *job, struct worker *w)
{
    worker_result_set(w, NULL, NULL, NULL);
    return true;
}

static void clear_done(struct job *job, TinctureSession *session)
{
    if (session) {
        session_cleared(session, job);
    }
}

static void edit_done(struct job *job, TinctureSession *session)
{
    struct job_edit *j = (struct job_edit *)job;
    if (session) {
        session_edited(session, job, picture_take(&j->view), picture_take(&j->thumb),
                       j->job.run == restore_run ? NULL : j->pixels, j->width, j->height,
                       j->seconds);
    }
}

static void edit_free(struct job *job)
{
    struct job_edit *j = (struct job_edit *)job;
    document_clear(&j->document);
    g_clear_pointer(&j->adapters, g_array_unref);
    g_clear_pointer(&j->pixels, g_bytes_unref);
    picture_clear(&j->view);
    picture_clear(&j->thumb);
}

struct job *job_edit_new(const struct document *d, GArray *adapters)
{
    struct job_edit *j = job_new(sizeof *j, JOB_EDIT, edit_run, edit_done, edit_free);
    document_copy(d, &j->document);
    j->adapters = adapters;
    return &j->job;
}

struct job *job_restore_new(const struct document *d, GArray *adapters, GBytes *pixels, int width,
                            int height)
{
    struct job_edit *j = job_new(sizeof *j, JOB_EDIT, restore_run, edit_done, edit_free);
    document_copy(d, &j->document);
    j->adapters = adapters;
    j->pixels = pixels ? g_bytes_ref(pixels) : NULL;
    j->width = width;
    j->height = height;
    return &j->job;
}

struct job *job_clear_new(void)
{
    return job_new(sizeof(struct job), JOB_NONE, clear_run, clear_done, NULL);
}

const struct document *job_edit_document(const struct job *job)
{
    return &((const struct job_edit *)job)->document;
}
