// Writing the picture at the photo's own size.
//
// Takes photo, result where there is one (else the photo itself is written), path, save, and
// with_recipe: whether the file tells how it was made.
#include "ui/core/engine.h"
#include "ui/core/job.h"

static struct image *make_image(TinctureJob *job, struct engine *e, GError **error)
{
    if (!job->in.result) {
        return image_copy(job->in.photo->full, error);
    }
    struct detail_params params = {.task = &job->task};
    return engine_restore(e, job->in.photo->full, job->in.result->edit, &params, error);
}

static char *make_recipe(const struct job_inputs *in, struct engine *e, const struct image *image)
{
    if (!in->with_recipe || !in->result) {
        return NULL;
    }
    const struct edit_request q = document_request(&in->result->document);
    return engine_recipe_with(e, &q, in->result->adapters, image->width, image->height);
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(job->in.path);
    struct image_save_params params = job->in.save;
    params.keep_metadata = params.keep_profile = true;
    params.task = &job->task;
    struct image *image = engine_ready(e, error) && image_save_check(file, &params, error)
                              ? make_image(job, e, error)
                              : NULL;
    if (!image) {
        return false;
    }
    task_report(&job->task, TASK_WRITING_FILE, -1.0);
    g_autofree char *recipe = make_recipe(&job->in, e, image);
    params.recipe = recipe;
    bool ok = image_save(image, file, &params, error);
    image_free(image);
    return ok;
}

const struct job_type export_job = {
    .member = {.name = "export",
               .title = "Exporting",
               .summary = "Writes the picture at the photo's own size"},
    .rank = JOB_PROMISED,
    .failure = "The export did not work",
    .run = run,
};
