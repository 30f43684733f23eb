// Writing the picture at the photo's own size.
//
// Takes photo, result where there is one (else the photo itself is written), path, save, and
// with_recipe: whether the file tells how it was made. Ends with a note where the file lacks
// something of the picture.
#include "ui/core/engine.h"
#include "ui/core/job.h"

static struct image *make_image(TinctureJob *job, struct engine *e, struct engine_place *place,
                                GError **error)
{
    const struct job_inputs *in = &job->in;
    if (!in->result) {
        return image_copy(in->photo->full, error);
    }
    const struct document *d = &in->result->document;
    const struct edit_request q = document_request(d);
    return engine_place(e, in->photo, d->mask, &d->region, place, &job->task, error)
               ? engine_restore(e, in->photo, in->photo->full, place, &q, in->result->edit,
                                (struct detail_params){.task = &job->task}, error)
               : NULL;
}

static char *make_recipe(TinctureJob *job, struct engine *e, const struct engine_place *place,
                         const struct image *image)
{
    const struct job_inputs *in = &job->in;
    if (!in->with_recipe || !in->result) {
        return NULL;
    }
    const struct document *d = &in->result->document;
    struct edit_request q = document_request(d);
    struct edit_hint hint; // without the control it only goes unsaid
    q.hint =
        engine_lead(e, &d->lead, in->photo, &place->region, &hint, &job->task, NULL) && hint.net
            ? &hint
            : NULL;
    const struct engine_made made = {image->width, image->height, in->result->edit->precision};
    char *recipe = engine_recipe_with(e, &q, place, in->result->adapters, &made);
    g_free((float *)hint.picture);
    return recipe;
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(job->in.path);
    struct image_save_params params = job->in.save;
    params.keep_metadata = params.keep_profile = true;
    params.task = &job->task;
    struct engine_place place;
    struct image *image = engine_ready(e, error) && image_save_check(file, &params, error)
                              ? make_image(job, e, &place, error)
                              : NULL;
    if (!image) {
        return false;
    }
    task_report(&job->task, TASK_WRITING_FILE, -1.0);
    g_autofree char *recipe = make_recipe(job, e, &place, image);
    params.recipe = recipe;
    bool ok = image_save(image, file, &params, error);
    job->out.note = ok ? g_strdup(image_save_note(image, file, &params)) : NULL;
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
