// Opening a photo of a subject, to be looked at closely. No document and no copy of it are kept.
//
// Takes path, title and id, of whoever asks. Ends with the photo and its picture, and with the mask
// that lies beside it as a selection; NULL: there is none.
#include "compute/i18n.h"
#include "ui/core/engine.h"
#include "ui/core/job.h"
#include "ui/core/subject.h"

static bool prepare(TinctureJob *job, GError **error)
{
    return open_job.prepare(job, error);
}

// At most as large as a selection's map may be.
static struct mask *selection_of(const struct raster *beside)
{
    const struct image_region all = {0, 0, beside->width, beside->height};
    const double scale = MIN(1.0, (double)MASK_MAX_MAP / MAX(all.width, all.height));
    const int width = MAX((int)(all.width * scale), 1), height = MAX((int)(all.height * scale), 1);
    g_autofree float *values = g_new(float, (gsize)width *height);
    g_autofree uint8_t *map = g_new(uint8_t, (gsize)width * height);
    raster_resize(beside, &all, width, height, values);
    for (gsize i = 0; i < (gsize)width * height; i++) {
        map[i] = (uint8_t)image_quantize(values[i], 255);
    }
    return mask_with(NULL, &(struct mask_step){.kind = MASK_SELECTION,
                                               .map = map,
                                               .map_width = width,
                                               .map_height = height,
                                               .placed = all});
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    struct subject_file *beside =
        open_job.run(job, e, error) ? subject_file_read(job->in.path, job->out.photo, error) : NULL;
    if (!beside) {
        return false;
    }
    job->out.selection = beside->mask ? selection_of(beside->mask) : NULL;
    subject_file_free(beside);
    return true;
}

const struct job_type subject_photo_job = {
    .member = {.name = "subject_photo",
               .title = N_("Opening"),
               .summary = N_("Opens a photo of a subject, to crop, mask and describe it")},
    .prepare = prepare,
    .run = run,
};
