// The hint that leads an edit, to be looked at.
//
// Takes photo and document, whose edits a control leads. Ends with the hint as a picture.
#include "compute/i18n.h"
#include "render/signed.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"

#define VIEW_SIDE 320

static struct image *image_of(const float *hint, int width, int height, GError **error)
{
    g_autofree float *values = g_new(float, (gsize)width *height * 3);
    for (gsize i = 0; i < (gsize)width * height * 3; i++) {
        values[i] = 2 * hint[i] - 1;
    }
    return image_from_signed(values, width, height, error);
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    const struct job_inputs *in = &job->in;
    const struct image *full = in->photo->full;
    const struct image_region all = {0, 0, full->width, full->height};
    const struct image_region *part = in->document->region.width > 0 ? &in->document->region : &all;
    struct edit_hint hint = {0};
    int width, height;
    if (!engine_ready(e, error) ||
        !engine_lead(e, &in->document->lead, in->photo, part, &hint, &job->task, error)) {
        return false;
    }
    photo_fit(in->photo, part, &width, &height);
    struct image *image = image_of(hint.picture, width, height, error);
    g_free((float *)hint.picture);
    job->out.view = image ? picture_shrink(image, VIEW_SIDE) : (struct picture){0};
    image_free(image);
    return job->out.view.rgba != NULL;
}

const struct job_type hint_job = {
    .member = {.name = "hint",
               .title = N_("Making the hint"),
               .summary = N_("Shows the hint by which a control leads the edit")},
    .rank = JOB_LIVE,
    .run = run,
};
