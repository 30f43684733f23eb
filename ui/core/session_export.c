// What leaves the program: the picture, many pictures by one recipe, an adapter.
#include "ui/core/session.h"

#include "compute/i18n.h"

#include "ui/core/export_options.h"
#include "ui/core/paths.h"

void tincture_session_export(TinctureSession *self, const char *path,
                             const struct settings *options)
{
    const TinctureProject *p = self->project;
    if (library_is_busy(self->library)) {
        return;
    }
    live_keep_now(self->live);
    if (!p->photo) {
        tincture_project_say(self->project, MESSAGE_ERROR, _("Open a photo first"));
        return;
    }
    if (paths_same_file(path, self->library->row.origin)) {
        g_autofree char *name = g_filename_display_basename(path);
        tincture_project_say(self->project, MESSAGE_ERROR,
                             _("%s is the photo itself, and is not written over"), name);
        return;
    }
    const struct job_inputs in = {.photo = p->photo,
                                  .result = p->result,
                                  .path = path,
                                  .with_recipe = export_with_recipe(options),
                                  .save = export_params(options)};
    tincture_queue_submit(self->queue, self->project, tincture_job_new(&export_job, &in));
}

void tincture_session_plan(TinctureSession *self, struct batch_plan *plan)
{
    g_autoptr(GArray) uses = tincture_project_uses(self->project);
    batch_plan_init(plan);
    document_clear(&plan->document);
    live_document(self->live, &plan->document);
    batch_plan_take_uses(plan, uses);
}

static bool submit_batch(TinctureSession *self, const struct batch_plan *plan,
                         const char *const *files, const char *folder, GError **error)
{
    g_autoptr(GArray) uses = batch_plan_uses(plan, error);
    if (!uses) {
        return false;
    }
    struct image_save_params save = export_params(plan->options);
    save.quality = save.format ? save.quality : 0; // of PNG, which is usual
    const struct job_inputs in = {.document = (struct document *)&plan->document,
                                  .adapters = uses,
                                  .files = files,
                                  .folder = folder,
                                  .learn = plan->learns,
                                  .with_recipe = export_with_recipe(plan->options),
                                  .save = save};
    tincture_queue_submit(self->queue, self->project, tincture_job_new(&batch_job, &in));
    return true;
}

void tincture_session_batch(TinctureSession *self, const struct batch_plan *plan,
                            const char *const *files, const char *folder)
{
    TinctureProject *p = self->project;
    g_autoptr(GError) error = NULL;
    struct batch_plan own;
    if (library_is_busy(self->library)) {
        return;
    }
    if (plan ? *plan->document.prompt == '\0' : !p->photo || *p->document.prompt == '\0') {
        tincture_project_say(p, MESSAGE_ERROR,
                             _("Say what this photo should show first: the others follow it"));
        return;
    }
    if (!plan) {
        tincture_session_plan(self, &own);
    }
    if (!submit_batch(self, plan ? plan : &own, files, folder, &error)) {
        tincture_project_say(p, MESSAGE_ERROR, "%s", error->message);
    }
    if (!plan) {
        batch_plan_clear(&own);
    }
}

void tincture_session_export_adapter_file(TinctureSession *self, const char *file, const char *path,
                                          const char *dialect, int rank)
{
    const struct job_inputs in = {.source = file, .path = path, .dialect = dialect, .rank = rank};
    tincture_queue_submit(self->queue, self->project, tincture_job_new(&export_adapter_job, &in));
}

void tincture_session_export_adapter(TinctureSession *self, gint64 id, const char *path,
                                     const char *dialect, int rank)
{
    const TinctureAdapterEntry *entry = tincture_project_find_adapter(self->project, id);
    if (entry) {
        tincture_session_export_adapter_file(self, entry->file, path, dialect, rank);
    }
}
