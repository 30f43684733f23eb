// Files: adapters that come in, pictures and adapters that go out.
#include "ui/core/jobs_private.h"

#include "render/file.h"

// ---- adapters -----------------------------------------------------------------------------------

struct job_adapter_load {
    struct job job;
    char *path;
    gint64 id;
    char *name, *method; // results
    bool other_base;
    int applied, total;
};

static bool adapter_run(struct job *job, struct worker *w)
{
    struct job_adapter_load *j = (struct job_adapter_load *)job;
    worker_adapter_forget(w, j->path); // the file may have been written again
    struct adapter *a = job_needs_engine(job, w) ? worker_adapter(w, j->path, &job->error) : NULL;
    if (!a) {
        return false;
    }
    j->name = a->name ? g_strdup(a->name) : g_path_get_basename(j->path);
    j->method = g_strdup(a->method->name);
    j->other_base = a->other_base;
    j->applied = (int)a->params->len;
    j->total = j->applied + (int)a->unmatched->len;
    return true;
}

static void adapter_done(struct job *job, TinctureSession *session)
{
    struct job_adapter_load *j = (struct job_adapter_load *)job;
    if (session) {
        session_adapter_loaded(session, job, j->name, j->method, j->other_base, j->applied,
                               j->total);
    }
}

static void adapter_job_free(struct job *job)
{
    struct job_adapter_load *j = (struct job_adapter_load *)job;
    g_free(j->path);
    g_free(j->name);
    g_free(j->method);
}

struct job *job_adapter_new(const char *path, gint64 id)
{
    struct job_adapter_load *j =
        job_new(sizeof *j, JOB_OPEN, adapter_run, adapter_done, adapter_job_free);
    j->path = g_strdup(path);
    j->id = id;
    return &j->job;
}

gint64 job_adapter_id(const struct job *job)
{
    return ((const struct job_adapter_load *)job)->id;
}

// ---- exporting ----------------------------------------------------------------------------------

struct job_export {
    struct job job;
    char *path, *source;
    bool with_recipe;
    int quality, bits;
};

static struct image *export_image(struct job_export *j, struct worker *w, struct task *task)
{
    if (!w->result) {
        return image_copy(w->photo->full, &j->job.error);
    }
    struct detail_params params = {.task = task};
    return engine_restore(w->engine, w->photo->full, w->result, &params, &j->job.error);
}

static char *export_recipe(struct job_export *j, struct worker *w, const struct image *image)
{
    if (!j->with_recipe || !w->result) {
        return NULL;
    }
    g_autofree struct adapter **list = g_new0(struct adapter *, w->result_adapters->len + 1);
    int n = 0;
    for (guint i = 0; i < w->result_adapters->len; i++) {
        const struct job_adapter *use = &g_array_index(w->result_adapters, struct job_adapter, i);
        struct adapter *a = worker_adapter(w, use->path, NULL);
        if (a) {
            a->scale = use->scale;
            a->enabled = use->enabled;
            list[n++] = a;
        }
    }
    return engine_recipe(&w->request, w->engine->model, list, n, image->width, image->height);
}

static bool export_run(struct job *job, struct worker *w)
{
    struct job_export *j = (struct job_export *)job;
    g_autoptr(GFile) file = g_file_new_for_path(j->path);
    struct reporter r;
    reporter_init(&r, w, job);
    struct image_save_params params = {.bits = j->bits,
                                       .quality = j->quality,
                                       .keep_metadata = true,
                                       .keep_profile = true,
                                       .task = &r.task};
    struct image *image = job_needs_photo(job, w) && image_save_check(file, &params, &job->error)
                              ? export_image(j, w, &r.task)
                              : NULL;
    if (!image) {
        return false;
    }
    task_report(&r.task, TASK_WRITING_FILE, -1.0);
    g_autofree char *recipe = export_recipe(j, w, image);
    params.recipe = recipe;
    bool ok = image_save(image, file, &params, &job->error);
    image_free(image);
    return ok;
}

static bool export_adapter_run(struct job *job, struct worker *w)
{
    struct job_export *j = (struct job_export *)job;
    struct reporter r;
    reporter_init(&r, w, job);
    task_report(&r.task, TASK_WRITING_ADAPTER, -1.0);
    struct adapter *a = job_needs_engine(job, w) ? worker_adapter(w, j->source, &job->error) : NULL;
    return a && adapter_save(a, j->path, &r.task, &job->error);
}

static void export_done(struct job *job, TinctureSession *session)
{
    if (session) {
        session_exported(session, job, ((struct job_export *)job)->path, job->run == export_run);
    }
}

static void export_free(struct job *job)
{
    struct job_export *j = (struct job_export *)job;
    g_free(j->path);
    g_free(j->source);
}

struct job *job_export_new(const char *path, bool with_recipe, int quality, int bits)
{
    struct job_export *j = job_new(sizeof *j, JOB_EXPORT, export_run, export_done, export_free);
    j->path = g_strdup(path);
    j->with_recipe = with_recipe;
    j->quality = quality;
    j->bits = bits;
    return &j->job;
}

struct job *job_export_adapter_new(const char *source, const char *path)
{
    struct job_export *j =
        job_new(sizeof *j, JOB_EXPORT, export_adapter_run, export_done, export_free);
    j->source = g_strdup(source);
    j->path = g_strdup(path);
    return &j->job;
}
