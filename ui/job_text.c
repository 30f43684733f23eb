#include "ui/job_text.h"

#include "ui/core/task_text.h"

static const char *kind_text(enum job_kind kind)
{
    switch (kind) {
    case JOB_NONE: return "";
    case JOB_LOAD_MODEL: return "Loading the model…";
    case JOB_OPEN: return "Opening…";
    case JOB_LEARN: return "Preparing to learn…";
    case JOB_EDIT: return "Preparing…";
    case JOB_DETAIL: return "Sharpening what is seen…";
    case JOB_EXPORT: return "Exporting…";
    }
    g_assert_not_reached();
}

char *job_text(const struct job_state *job)
{
    return g_strdup(*job->text != '\0' ? job->text : kind_text(job->kind));
}

char *job_text_with_time(const struct job_state *job)
{
    g_autofree char *text = job_text(job);
    g_autofree char *left = time_left_text(job->seconds_left);
    return left != NULL ? g_strdup_printf("%s · %s", text, left) : g_steal_pointer(&text);
}

char *job_text_with_percent(const struct job_state *job)
{
    g_autofree char *text = job_text(job);
    return job->fraction >= 0 ? g_strdup_printf("%s · %.0f %%", text, job->fraction * 100)
                              : g_steal_pointer(&text);
}
