// The thing of a sentence, or of a photo's mask, without what is around it.
//
// Takes document, and adapters of what is drawn, or photo where it is cut out of one; title: what a
// person calls it. Ends with the cut.
#include "ui/core/sticker.h"
#include "compute/i18n.h"
#include "ui/core/job.h"

#include <string.h>

// The mask, or of a photo without one its own transparency.
static struct image *cut(TinctureJob *job, struct engine *e, GError **error)
{
    const struct job_inputs *in = &job->in;
    const struct photo *p = in->photo;
    struct engine_place place;
    if (in->document->mask) {
        return engine_place(e, p, in->document->mask, &(struct image_region){0}, &place, &job->task,
                            error)
                   ? sticker_cut(p->full, place.mask, error)
                   : NULL;
    }
    struct raster *all = raster_new(p->full->width, p->full->height, error);
    if (!all) {
        return NULL;
    }
    memset(all->values, 255, (size_t)all->width * (size_t)all->height);
    struct image *thing = sticker_cut(p->full, all, error);
    raster_free(all);
    return thing;
}

static struct image *draw(TinctureJob *job, struct engine *e, GError **error)
{
    struct edit_request q = document_request(job->in.document);
    q.width = q.height = model_default_size(e->model);
    return engine_use_adapters(e, job->in.adapters, &job->task, error)
               ? sticker_draw(e, &q, NULL, &job->task, error)
               : NULL;
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    job->out.cut = !engine_ready(e, error) ? NULL
                   : job->in.photo         ? cut(job, e, error)
                                           : draw(job, e, error);
    return job->out.cut != NULL;
}

const struct job_type sticker_job = {
    .member = {.name = "sticker",
               .title = N_("Making a sticker"),
               .summary = N_("Takes a thing out of what is around it")},
    .rank = JOB_WATCHED | JOB_APART,
    .failure = N_("The sticker could not be made"),
    .run = run,
};
