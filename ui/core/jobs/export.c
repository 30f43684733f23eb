// Writing the picture at the photo's own size.
//
// Takes photo, result where there is one (else the photo itself is written), path, save, and
// with_recipe: whether the file tells how it was made. Ends with a note where the file lacks
// something of the picture.
#include "compute/i18n.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"

#define BAND_ROWS 64

static struct detail *make_detail(TinctureJob *job, struct engine *e, struct engine_place *place,
                                  GError **error)
{
    const struct job_inputs *in = &job->in;
    const struct document *d = &in->result->document;
    const struct edit_request q = document_request(d);
    return engine_place(e, in->photo, d->mask, &d->region, place, &job->task, error)
               ? engine_detail(e, in->photo, place, &q, in->result->edit, &job->task, error)
               : NULL;
}

static char *make_recipe(TinctureJob *job, struct engine *e, const struct engine_place *place)
{
    const struct job_inputs *in = &job->in;
    const struct image *full = in->photo->full;
    if (!in->with_recipe) {
        return NULL;
    }
    const struct document *d = &in->result->document;
    struct edit_request q = document_request(d);
    struct edit_hint hint; // without the control it only goes unsaid
    q.hint =
        engine_lead(e, &d->lead, in->photo, &place->region, &hint, &job->task, NULL) && hint.net
            ? &hint
            : NULL;
    const struct engine_made made = {full->width, full->height, in->result->edit->precision};
    char *recipe = engine_recipe_with(e, &q, place, in->result->adapters, &made);
    g_free((float *)hint.picture);
    return recipe;
}

// With the recipe, where that is asked for.
static bool write_result(TinctureJob *job, struct engine *e, GFile *file,
                         struct image_save_params params, GError **error)
{
    struct engine_place place;
    struct detail *detail = make_detail(job, e, &place, error);
    if (!detail) {
        return false;
    }
    const struct image_rows rows = detail_rows(detail);
    g_autofree char *recipe = make_recipe(job, e, &place);
    params.recipe = recipe;
    const bool ok = image_rows_save(&rows, file, &params, error);
    detail_free(detail);
    return ok;
}

// The photo itself in bands, so that it is told how far it is.
struct shown {
    TinctureJob *job;
    struct image band; // a part of the photo, whose pixels it borrows
};

static const struct image *band_cb(void *data, int y, GError **error)
{
    struct shown *s = data;
    const struct image *full = s->job->in.photo->full;
    const size_t at = (size_t)y * full->width;
    task_report(&s->job->task, TASK_WRITING_FILE, (double)y / full->height);
    s->band = (struct image){.width = full->width,
                             .height = MIN(BAND_ROWS, full->height - y),
                             .rgb = full->rgb + 3 * at,
                             .alpha = full->alpha ? full->alpha + at : NULL};
    return task_cancelled(&s->job->task, error) ? NULL : &s->band;
}

static bool write_photo(TinctureJob *job, GFile *file, const struct image_save_params *params,
                        GError **error)
{
    struct shown shown = {.job = job};
    struct image_rows rows = image_rows_of(job->in.photo->full);
    rows.band = band_cb;
    rows.data = &shown;
    return image_rows_save(&rows, file, params, error);
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(job->in.path);
    const struct image *full = job->in.photo->full;
    struct image_save_params params = job->in.save;
    params.task = &job->task;
    if (!engine_ready(e, error) || !image_save_check(file, &params, error)) {
        return false;
    }
    task_report(&job->task, TASK_WRITING_FILE, 0.0);
    bool ok = job->in.result ? write_result(job, e, file, params, error)
                             : write_photo(job, file, &params, error);
    job->out.note = ok ? g_strdup(image_save_note(full, file, &params)) : NULL;
    return ok;
}

const struct job_type export_job = {
    .member = {.name = "export",
               .title = N_("Exporting"),
               .summary = N_("Writes the picture at the photo's own size")},
    .rank = JOB_WATCHED | JOB_PROMISED,
    .failure = N_("The export did not work"),
    .run = run,
};
