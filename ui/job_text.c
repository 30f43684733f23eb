#include "ui/job_text.h"

#include "compute/i18n.h"
#include "ui/core/task_text.h"

char *job_text(const TinctureJob *job)
{
    return job == NULL          ? g_strdup("")
           : *job->text != '\0' ? g_strdup(job->text)
                                : g_strdup_printf(_("%s…"), translated(job->type->member.title));
}

char *job_text_with_time(const TinctureJob *job)
{
    g_autofree char *text = job_text(job);
    g_autofree char *left = job != NULL ? time_left_text(job->seconds_left) : NULL;
    return left != NULL ? g_strdup_printf("%s · %s", text, left) : g_steal_pointer(&text);
}

char *job_text_with_percent(const TinctureJob *job)
{
    g_autofree char *text = job_text(job);
    return job != NULL && job->fraction >= 0
               ? g_strdup_printf(_("%s · %.0f %%"), text, job->fraction * 100)
               : g_steal_pointer(&text);
}

const char *job_text_next(TinctureSession *session)
{
    const TinctureJob *shown = tincture_queue_shown(session->queue, session->project);
    return shown != NULL && shown->type == &open_job ? NULL : library_opening(session->library);
}
