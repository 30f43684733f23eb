// The pages of queue and models and what leads to them, and what is said of a job that ends unseen.
#include "ui/window_private.h"

#include "compute/i18n.h"

#define LONG_US (10 * G_USEC_PER_SEC) // for less nobody goes away

static void queue_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_window_show_aside(TINCTURE_WINDOW(widget), "queue");
}

static void models_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_window_show_aside(TINCTURE_WINDOW(widget), "models");
}

static void add_folder_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_models_page_add_folder(TINCTURE_WINDOW(widget)->models,
                                    g_variant_get_string(target, NULL));
}

void tincture_window_install_queue(GtkWidgetClass *widget_class)
{
    gtk_widget_class_install_action(widget_class, "win.add-model-folder", "s", add_folder_action);
    gtk_widget_class_install_action(widget_class, "win.models", NULL, models_action);
    gtk_widget_class_install_action(widget_class, "win.queue", NULL, queue_action);
}

// Whether there is anything that a person asked for and waits for, or that has failed.
static gboolean is_worth_a_look(TinctureQueue *queue)
{
    gboolean any = g_list_model_get_n_items(tincture_queue_get_failed(queue)) > 0;
    for (guint i = 0; !any && i < g_list_model_get_n_items(G_LIST_MODEL(queue)); i++) {
        g_autoptr(TinctureJob) job = g_list_model_get_item(G_LIST_MODEL(queue), i);
        any = !(job->type->rank & (JOB_LIVE | JOB_LASTING)) && job->type != &open_job;
    }
    return any;
}

void tincture_window_show_queue_button(TinctureWindow *self)
{
    gtk_widget_set_visible(self->show_queue, g_strcmp0(self->aside, "queue") != 0 &&
                                                 is_worth_a_look(self->session->queue));
}

// One that was left for the night, or for another program, is told where it is seen.
static void notify(TinctureWindow *self, const TinctureJob *job)
{
    GtkApplication *app = gtk_window_get_application(GTK_WINDOW(self));
    const gint64 took = g_get_monotonic_time() - job->submitted_us;
    if (app == NULL || gtk_window_is_active(GTK_WINDOW(self)) || took < LONG_US ||
        job->state == JOB_CANCELLED || job->type->rank & (JOB_LIVE | JOB_LASTING)) {
        return;
    }
    const char *name = translated(job->type->member.title);
    g_autofree char *title =
        g_strdup_printf(job->error != NULL ? _("%s has failed") : _("%s has ended"), name);
    const char *text = job->error != NULL ? job->error->message : job->out.note;
    g_autoptr(GNotification) notification = g_notification_new(title);
    g_notification_set_body(notification, text != NULL ? text : job->about);
    g_application_send_notification(G_APPLICATION(app), job->type->member.name, notification);
}

gboolean tincture_window_asked_for(TinctureWindow *self, const TinctureJob *job)
{
    return self->session != NULL && (job->owner == NULL || job->owner == G_OBJECT(self->project));
}

void tincture_window_job_ended(TinctureWindow *self, TinctureJob *job)
{
    if (!tincture_window_asked_for(self, job)) {
        return;
    }
    notify(self, job);
    if (job->type == &batch_job) {
        tincture_window_batch_ended(self, job);
    }
}
