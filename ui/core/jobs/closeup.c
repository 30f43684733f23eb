// A piece of the photo and of the result in the photo's own pixels, for a window that is zoomed in.
//
// Takes photo, region, and result where there is one. Ends with both pictures of the piece.
#include "compute/i18n.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"

static struct image *restore(TinctureJob *job, struct engine *e, GError **error)
{
    const struct job_inputs *in = &job->in;
    const struct document *d = &in->result->document;
    const struct edit_request q = document_request(d);
    struct task quiet = {.cancellable = job->cancel}; // too short to be told of
    struct engine_place place;
    return engine_place(e, in->photo, d->mask, &d->region, &place, &quiet, error)
               ? engine_restore(e, in->photo, in->photo->full, &place, &q, in->result->edit,
                                (struct detail_params){.region = &in->region, .task = &quiet},
                                error)
               : NULL;
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    const struct image_region *r = &job->in.region;
    const struct image *full = job->in.photo->full;
    struct image *part =
        engine_ready(e, error) ? image_crop(full, r->x, r->y, r->width, r->height, error) : NULL;
    if (!part) {
        return false;
    }
    job->out.closeup = (struct closeup){.x = r->x, .y = r->y, .before = picture_from_image(part)};
    image_free(part);
    if (!job->in.result) {
        return true;
    }
    part = restore(job, e, error);
    if (part) {
        job->out.closeup.after = picture_from_image(part);
        image_free(part);
    }
    return part != NULL;
}

const struct job_type closeup_job = {
    .member = {.name = "closeup",
               .title = N_("Sharpening what is seen"),
               .summary = N_("Shows the photo's own pixels where the window is zoomed in")},
    .rank = JOB_LIVE,
    .failure = N_("The photo could not be shown in full size"),
    .run = run,
};
