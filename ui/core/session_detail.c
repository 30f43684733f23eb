// The photo's own pixels, for the part of it that a window shows enlarged.
#include "ui/core/session_private.h"

const struct view_detail *tincture_session_detail(TinctureSession *self)
{
    return &self->detail;
}

void tincture_session_want_detail(TinctureSession *self, int x, int y, int width, int height)
{
    if (self->jobs->len == 0 && self->has_photo && self->worker) {
        session_submit(self, job_detail_new(x, y, width, height));
    }
}

void session_detail_clear(TinctureSession *self)
{
    session_cancel_jobs(self, JOB_DETAIL); // its picture would be of what was shown before
    view_detail_clear(&self->detail);
}

void session_detailed(TinctureSession *self, struct job *job, struct view_detail *detail)
{
    session_message_error(self, "The photo could not be shown in full size", job->error);
    view_detail_clear(&self->detail);
    if (!job->error) {
        self->detail = *detail;
        *detail = (struct view_detail){0};
    }
    session_job_finished(self, job);
    g_signal_emit(self, session_signals[SIGNAL_VIEW], 0);
}
