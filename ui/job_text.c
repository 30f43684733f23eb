#include "ui/job_text.h"

#include "ui/time_text.h"

// Sentences begin with a capital, whoever wrote them.
char *job_text(const TinctureJob *job)
{
    if (job == NULL) {
        return g_strdup("");
    }
    if (*job->text == '\0') {
        return g_strdup_printf("%s…", job->type->member.title);
    }
    char first[8] = {0};
    g_unichar_to_utf8(g_unichar_toupper(g_utf8_get_char(job->text)), first);
    return g_strconcat(first, g_utf8_next_char(job->text), NULL);
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
               ? g_strdup_printf("%s · %.0f %%", text, job->fraction * 100)
               : g_steal_pointer(&text);
}

const char *job_text_next(TinctureSession *session)
{
    const TinctureJob *shown = tincture_queue_shown(tincture_session_queue(session));
    return shown != NULL && shown->type == &open_job ? NULL : tincture_session_opening(session);
}
