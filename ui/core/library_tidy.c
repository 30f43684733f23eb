// The library as a whole: how much it uses, its trash, and documents that go out of it and come
// into it as files. Each is a job with a store of its own.
#include "compute/i18n.h"
#include "ui/core/library.h"

static void submit(struct library *l, const struct job_type *type, struct job_inputs in)
{
    if (!l->store) {
        tincture_project_say(l->project, MESSAGE_ERROR, "%s", library_fault(l));
        return;
    }
    library_save_now(l);
    in.folder = store_dir(l->store);
    tincture_queue_submit(l->queue, l->project, tincture_job_new(type, &in));
}

// ---- how much there is --------------------------------------------------------------------------

void library_measure(struct library *l)
{
    if (l->store) {
        tincture_queue_cancel(l->queue, l->project, &measure_job);
        submit(l, &measure_job, (struct job_inputs){0});
    }
}

void library_measured(struct library *l, const TinctureJob *job)
{
    if (!job->error) {
        l->use = job->out.use;
        l->measured = true;
        tincture_project_library_measured(l->project);
    }
}

// ---- tidying up ---------------------------------------------------------------------------------

void library_clean(struct library *l)
{
    submit(l, &clean_job, (struct job_inputs){0});
}

void library_restore_cleaned(struct library *l, gint64 when)
{
    g_autoptr(GError) error = NULL;
    const bool ok = l->store && store_restore_plain(l->store, when, &error);
    library_say_unread(l, _("It could not be taken back"), error);
    if (ok) {
        library_results_differ(l);
    }
}

void library_empty_trash(struct library *l)
{
    submit(l, &empty_job, (struct job_inputs){0});
}

void library_emptied(struct library *l)
{
    g_ptr_array_set_size(l->deleted, 0);
    g_ptr_array_set_size(l->deleted_adapters, 0);
    library_results_differ(l);
}

// ---- documents as files -------------------------------------------------------------------------

void library_export(struct library *l, gint64 document, const char *path)
{
    submit(l, &export_document_job, (struct job_inputs){.id = document, .path = path});
}

void library_import(struct library *l, const char *path)
{
    g_autofree char *name = g_filename_display_basename(path);
    submit(l, &import_document_job, (struct job_inputs){.path = path, .title = name});
}

void library_imported(struct library *l, const TinctureJob *job)
{
    if (!job->error) {
        tincture_project_say(l->project, MESSAGE_INFO, "%s", job->out.note);
        tincture_project_library_changed(l->project);
        library_reopen_document(l, job->out.document);
    }
}
