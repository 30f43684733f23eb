// A piece of the photo and of the newest result in the photo's own pixels, for a window that is
// zoomed in.
#include "ui/core/jobs_private.h"

struct job_detail {
    struct job job;
    struct detail_region region;
    struct view_detail detail; // result
};

void view_detail_clear(struct view_detail *v)
{
    picture_clear(&v->before);
    picture_clear(&v->after);
}

static bool detail_run(struct job *job, struct worker *w)
{
    struct job_detail *j = (struct job_detail *)job;
    const struct detail_region *r = &j->region;
    if (!job_needs_photo(job, w)) {
        return false;
    }
    const struct image *full = w->photo->full;
    if (r->x < 0 || r->y < 0 || r->width < 1 || r->height < 1 || r->width > full->width - r->x ||
        r->height > full->height - r->y) { // of a photo that was open before
        g_set_error_literal(&job->error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "not in this photo");
        return false;
    }
    struct image *part = image_crop(full, r->x, r->y, r->width, r->height, &job->error);
    if (!part) {
        return false;
    }
    j->detail.x = r->x;
    j->detail.y = r->y;
    j->detail.before = picture_from_image(part);
    image_free(part);
    if (!w->result) {
        return true;
    }
    struct detail_params params = {.region = r, .cancel = job->cancel};
    part = engine_restore(w->engine, full, w->result, &params, &job->error);
    if (part) {
        j->detail.after = picture_from_image(part);
        image_free(part);
    }
    return part != NULL;
}

static void detail_done(struct job *job, TinctureSession *session)
{
    struct job_detail *j = (struct job_detail *)job;
    if (session) {
        session_detailed(session, job, &j->detail);
    }
}

static void detail_free(struct job *job)
{
    view_detail_clear(&((struct job_detail *)job)->detail);
}

struct job *job_detail_new(int x, int y, int width, int height)
{
    struct job_detail *j = job_new(sizeof *j, JOB_DETAIL, detail_run, detail_done, detail_free);
    j->region = (struct detail_region){x, y, width, height};
    return &j->job;
}
