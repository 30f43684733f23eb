// Edit Many Photos: what is asked for, and what came of it.
#include "ui/window_private.h"

#include "compute/i18n.h"

#include "ui/core/batch.h"
#include "ui/dialogs/batch_window.h"

// ---- asking -------------------------------------------------------------------------------------

void tincture_window_batch(TinctureWindow *self, const struct batch_plan *plan,
                           const char *const *files, const char *folder)
{
    g_return_if_fail(TINCTURE_IS_WINDOW(self));
    tincture_session_batch(self->session, plan, files, folder);
}

static void chosen_cb(const struct batch_plan *plan, const char *const *files, const char *folder,
                      gpointer data)
{
    tincture_window_batch(data, plan, files, folder);
}

static void batch_action(GtkWidget *widget, const char *name, GVariant *target)
{
    TinctureWindow *self = TINCTURE_WINDOW(widget);
    struct batch_plan plan;
    tincture_session_plan(self->session, &plan);
    batch_window_show(GTK_WINDOW(self), plan, chosen_cb, self);
}

void tincture_window_install_batch(GtkWidgetClass *widget_class)
{
    gtk_widget_class_install_action(widget_class, "win.batch", NULL, batch_action);
}

// ---- what came of it ----------------------------------------------------------------------------

static char *sentences_of(const GPtrArray *sentences)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < sentences->len; i++) {
        g_string_append_printf(text, "%s%s", i ? "\n" : "", (const char *)sentences->pdata[i]);
    }
    return g_string_free(text, FALSE);
}

// As wide as the dialog makes it, so that the height that it asks for is the one that it needs.
static GtkWidget *list_of(const GPtrArray *sentences)
{
    g_autofree char *text = sentences_of(sentences);
    GtkWidget *label = g_object_new(GTK_TYPE_LABEL, "name", "batch.faults", "label", text, "wrap",
                                    TRUE, "wrap-mode", PANGO_WRAP_WORD_CHAR, "max-width-chars", 28,
                                    "xalign", 0.0, "selectable", TRUE, NULL);
    return g_object_new(GTK_TYPE_SCROLLED_WINDOW, "child", label, "hscrollbar-policy",
                        GTK_POLICY_NEVER, "propagate-natural-height", TRUE, "max-content-height",
                        320, NULL);
}

// What failed is tried again: whatever is in the folder is left alone.
static void response_cb(AdwMessageDialog *dialog, const char *response, TinctureJob *job)
{
    TinctureWindow *self = TINCTURE_WINDOW(gtk_window_get_transient_for(GTK_WINDOW(dialog)));
    if (g_str_equal(response, "retry") && self->session != NULL) {
        tincture_queue_submit(self->session->queue, self->project,
                              tincture_job_new(&batch_job, &job->in));
    } else if (g_str_equal(response, "sheet")) {
        gtk_widget_activate_action(GTK_WIDGET(self), "win.show-exported", NULL);
    }
}

static void show_faults(TinctureWindow *self, TinctureJob *job)
{
    const struct batch *b = job->out.batch;
    g_autofree char *shown = g_filename_display_basename(job->in.folder);
    g_autofree char *body =
        g_strdup_printf(P_("%u of %u photo is in the folder %s.",
                           "%u of %u photos are in the folder %s.", b->photos->len),
                        b->made + b->there, b->photos->len, shown);
    g_autofree char *also = sentences_of(b->notes);
    g_autofree char *all = *also != '\0' ? g_strdup_printf("%s\n%s", body, also) : g_strdup(body);
    GtkWidget *dialog = adw_message_dialog_new(GTK_WINDOW(self), NULL, all);
    AdwMessageDialog *message = ADW_MESSAGE_DIALOG(dialog);
    g_autofree char *heading = g_strdup_printf(
        P_("%u Entry Was Not Done", "%u Entries Were Not Done", b->faults->len), b->faults->len);
    adw_message_dialog_set_heading(message, heading);
    adw_message_dialog_set_extra_child(message, list_of(b->faults));
    adw_message_dialog_add_responses(message, "close", _("_Close"), "sheet", _("_Show in Files"),
                                     "retry", _("_Retry"), NULL);
    adw_message_dialog_set_default_response(message, "retry");
    adw_message_dialog_set_close_response(message, "close");
    g_signal_connect_data(dialog, "response", G_CALLBACK(response_cb), g_object_ref(job),
                          (GClosureNotify)(void (*)(void))g_object_unref, 0);
    gtk_widget_set_name(dialog, "batch.dialog");
    gtk_window_present(GTK_WINDOW(dialog));
}

void tincture_window_batch_ended(TinctureWindow *self, TinctureJob *job)
{
    const struct batch *b = job->out.batch;
    if (job->state != JOB_CANCELLED && b != NULL && b->faults->len > 0) {
        show_faults(self, job);
    }
}
