// Jobs: loading the model, editing the photo, and what all jobs share.
#include "ui/core/jobs_private.h"

#include "render/resample.h"
#include "ui/core/task_text.h"

#include <math.h>

#define THUMB_SIDE 128
#define MAX_RESULT 16384 // pixels a side that a library may claim

// ---- pictures -----------------------------------------------------------------------------------

struct view_picture view_picture_from_image(const struct image *image)
{
    const gsize size = (gsize)image->width * image->height * 4;
    uint8_t *rgba = g_malloc(size);
    image_to_rgba8(image, rgba);
    return (struct view_picture){image->width, image->height, g_bytes_new_take(rgba, size)};
}

struct image *job_shrink(const struct image *image, int side, GError **error)
{
    double f = MIN(1.0, (double)side / MAX(image->width, image->height));
    return image_resize(image, MAX(1, (int)lround(image->width * f)),
                        MAX(1, (int)lround(image->height * f)), error);
}

struct view_picture view_picture_shrink(const struct image *image, int side)
{
    struct image *small = job_shrink(image, side, NULL);
    struct view_picture v = {0};
    if (small) {
        v = view_picture_from_image(small);
        image_free(small);
    }
    return v;
}

void view_picture_clear(struct view_picture *v)
{
    g_clear_pointer(&v->rgba, g_bytes_unref);
    v->width = v->height = 0;
}

struct view_picture view_picture_take(struct view_picture *v)
{
    const struct view_picture taken = *v;
    *v = (struct view_picture){0};
    return taken;
}

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

// By what has been done since the stage began; < 0 while that says too little.
static double seconds_left(struct reporter *r, const struct task_progress *p)
{
    const gint64 now = g_get_monotonic_time();
    if (r->since_us == 0 || p->stage != r->stage || p->fraction < r->last) {
        r->stage = p->stage;
        r->since_us = now;
        r->since = p->fraction;
    }
    r->last = p->fraction;
    const double seconds = (double)(now - r->since_us) / 1e6, done = p->fraction - r->since;
    return seconds < 1.0 || done < 0.02 ? -1.0 : seconds * (1.0 - p->fraction) / done;
}

static void picture_free(void *data)
{
    view_picture_clear(data);
    g_free(data);
}

void job_post_picture(struct worker *w, void (*fn)(TinctureSession *session, void *data),
                      struct view_picture picture)
{
    worker_post(w, fn, g_memdup2(&picture, sizeof picture), picture_free);
}

static void preview_post_cb(TinctureSession *session, void *data)
{
    session_previewed(session, view_picture_take(data));
}

static void post_preview(struct worker *w, const struct latent_preview *preview)
{
    const int n = preview->width * preview->height;
    uint8_t *rgba = g_malloc((gsize)n * 4);
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < 3; k++) {
            rgba[i * 4 + k] = (uint8_t)image_quantize(preview->rgb[i * 3 + k], 255.0f);
        }
        rgba[i * 4 + 3] = 255;
    }
    job_post_picture(w, preview_post_cb,
                     (struct view_picture){preview->width, preview->height,
                                           g_bytes_new_take(rgba, (gsize)n * 4)});
}

void job_report_cb(struct task *task, const struct task_progress *progress)
{
    struct reporter *r = task->data;
    struct job_state *state = g_new0(struct job_state, 1);
    *state = (struct job_state){.kind = r->job->kind,
                                .cancellable = r->job->kind != JOB_LOAD_MODEL,
                                .fraction = progress->fraction,
                                .seconds_left = progress->seconds_left};
    if (state->seconds_left < 0 && state->fraction >= 0) {
        state->seconds_left = seconds_left(r, progress);
    }
    g_autofree char *text = task_text(progress);
    g_strlcpy(state->text, text, sizeof state->text);
    worker_post(r->w, progress_post_cb, state, g_free);
    if (progress->preview) {
        post_preview(r->w, progress->preview);
    }
}

void reporter_init(struct reporter *r, struct worker *w, struct job *job)
{
    *r = (struct reporter){
        .task = {.report = job_report_cb, .data = r, .cancellable = job->cancel},
        .w = w,
        .job = job,
    };
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
    struct reporter r;
    reporter_init(&r, w, job);
    w->engine = engine_open(j->model, j->device, &r.task, &job->error);
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
    struct view_picture view, thumb;
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
    return (struct edit_request){
        .settings = d->edit,
        .source_prompt = d->source_prompt,
        .prompt = *d->prompt ? d->prompt : d->source_prompt,
        .negative = d->negative,
        .seed = d->seed,
    };
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
    return editor_set_adapters(w->engine->editor, list, (int)adapters->len, &r->task, &job->error);
}

// The result and its reference as 16-bit RGB, one after the other: what the library keeps of a
// result.
static GBytes *pack_pixels(const struct edit_result *r)
{
    const gsize n = (gsize)r->width * r->height * 3;
    uint16_t *out = g_new(uint16_t, 2 * n);
    for (gsize i = 0; i < n; i++) {
        out[i] = (uint16_t)image_quantize(r->rgb[i] * 0.5f + 0.5f, 65535.0f);
        out[n + i] = (uint16_t)image_quantize(r->reconstruction[i] * 0.5f + 0.5f, 65535.0f);
    }
    return g_bytes_new_take(out, 2 * n * sizeof *out);
}

static struct edit_result *unpack_pixels(GBytes *pixels, int width, int height, GError **error)
{
    const gsize n = (gsize)width * height * 3;
    gsize size = 0;
    const uint16_t *in = pixels ? g_bytes_get_data(pixels, &size) : NULL;
    if (!in || width < 1 || height < 1 || width > MAX_RESULT || height > MAX_RESULT ||
        size != 2 * n * sizeof *in) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    "this result is damaged in the library");
        return NULL;
    }
    struct edit_result *r = g_new0(struct edit_result, 1);
    r->width = width;
    r->height = height;
    r->rgb = g_new(float, n);
    r->reconstruction = g_new(float, n);
    for (gsize i = 0; i < n; i++) {
        r->rgb[i] = (float)in[i] / 32767.5f - 1.0f;
        r->reconstruction[i] = (float)in[n + i] / 32767.5f - 1.0f;
    }
    return r;
}

// Takes r. It becomes the result only once it can be shown: what is exported is what is seen.
static bool edit_show(struct job_edit *j, struct worker *w, struct edit_result *r,
                      const struct edit_request *q)
{
    struct task task = {.cancellable = j->job.cancel};
    struct detail_params params = {.task = &task};
    struct image *view = engine_restore(w->engine, w->base, r, &params, &j->job.error);
    if (!view) {
        edit_result_free(r);
        return false;
    }
    worker_result_set(w, r, q, j->adapters);
    j->view = view_picture_from_image(view);
    j->thumb = view_picture_shrink(view, THUMB_SIDE);
    image_free(view);
    return true;
}

static bool edit_run(struct job *job, struct worker *w)
{
    struct job_edit *j = (struct job_edit *)job;
    struct reporter r;
    reporter_init(&r, w, job);
    if (!job_needs_photo(job, w) || !use_adapters(&r, j->adapters) ||
        !editor_need_previews(w->engine->editor, &r.task, &job->error)) {
        return false;
    }
    struct edit_request q = document_request(&j->document);
    struct edit_result *result = engine_edit(w->engine, w->photo, q, &r.task, &job->error);
    if (!result) {
        return false;
    }
    j->pixels = pack_pixels(result);
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
        session_edited(session, job, view_picture_take(&j->view), view_picture_take(&j->thumb),
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
    view_picture_clear(&j->view);
    view_picture_clear(&j->thumb);
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
