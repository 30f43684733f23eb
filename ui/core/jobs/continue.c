// A result as a photo of its own, to be edited on.
//
// Takes photo and result; title: what it is to be called. Ends with the picture as in a file, at
// the photo's own size and as deep as files can be, so that nothing is lost on the way.
#include "compute/i18n.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    const struct job_inputs *in = &job->in;
    const struct document *d = &in->result->document;
    const struct edit_request q = document_request(d);
    struct engine_place place;
    struct detail *detail =
        engine_ready(e, error) &&
                engine_place(e, in->photo, d->mask, &d->region, &place, &job->task, error)
            ? engine_detail(e, in->photo, &place, &q, in->result->edit, &job->task, error)
            : NULL;
    if (!detail) {
        return false;
    }
    const struct image_rows rows = detail_rows(detail);
    const struct image_save_params params = {
        .format = "png", .bits = 16, .keep_metadata = true, .task = &job->task};
    job->out.encoded = image_rows_encode(&rows, &params, error);
    detail_free(detail);
    return job->out.encoded != NULL;
}

const struct job_type continue_job = {
    .member = {.name = "continue",
               .title = N_("Continuing from the result"),
               .summary = N_("Makes a result the photo that is edited next")},
    .failure = N_("The result could not be continued from"),
    .run = run,
};
