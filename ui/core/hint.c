#include "ui/core/hint.h"

struct hint {
    TinctureProject *project;
    TinctureQueue *queue;

    // what it was asked for last
    struct photo *photo;
    struct image_region region;
    struct lead lead;
};

static bool is_asked(const struct hint *h)
{
    const struct document *d = &h->project->document;
    const bool leads = h->project->photo && d->lead.control;
    return h->photo == (leads ? h->project->photo : NULL) &&
           image_region_equal(&h->region, &d->region) && lead_equal(&h->lead, &d->lead);
}

static void forget(struct hint *h)
{
    photo_unref(h->photo);
    h->photo = NULL;
    lead_clear(&h->lead);
}

static void follow(struct hint *h, guint parts)
{
    const TinctureProject *p = h->project;
    if (is_asked(h)) {
        return;
    }
    tincture_queue_cancel(h->queue, h->project, &hint_job);
    forget(h);
    h->region = p->document.region;
    lead_copy(&p->document.lead, &h->lead);
    if (!p->photo || !p->document.lead.control) {
        tincture_project_set_hint(h->project, (struct picture){0}, NULL);
        return;
    }
    h->photo = photo_ref(p->photo);
    const struct job_inputs in = {.photo = p->photo, .document = &h->project->document};
    tincture_queue_submit(h->queue, h->project, tincture_job_new(&hint_job, &in));
}

// What is wrong with it is said beside it, and by the edit.
void hint_made(struct hint *h, TinctureJob *job)
{
    const struct document *d = job->in.document;
    if (job->in.photo == h->photo && lead_equal(&d->lead, &h->lead) &&
        image_region_equal(&d->region, &h->region) &&
        !g_error_matches(job->error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        tincture_project_set_hint(h->project, picture_take(&job->out.view),
                                  job->error ? job->error->message : NULL);
    }
}

struct hint *hint_new(TinctureProject *project, TinctureQueue *queue)
{
    struct hint *h = g_new0(struct hint, 1);
    h->project = project;
    h->queue = queue;
    lead_init(&h->lead);
    g_signal_connect_swapped(project, "document-changed", G_CALLBACK(follow), h);
    return h;
}

void hint_free(struct hint *h)
{
    g_signal_handlers_disconnect_by_data(h->project, h);
    forget(h);
    g_free(h);
}
