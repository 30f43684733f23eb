#include "ui/job_box.h"

#include "ui/job_text.h"
#include "ui/widgets/progress.h"

static void job_progress_show(GtkLabel *text, GtkProgressBar *bar, const TinctureJob *job)
{
    g_autofree char *said = job_text_with_time(job);
    gtk_label_set_text(text, said);
    progress_show(bar, job->fraction);
    gtk_accessible_update_property(GTK_ACCESSIBLE(bar), GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, said,
                                   -1);
}

void job_box_show(GtkWidget *box, GtkLabel *text, GtkProgressBar *bar, GtkWidget *stop,
                  const TinctureJob *job)
{
    const gboolean begins = job != NULL && !gtk_widget_get_visible(box);
    gtk_widget_set_visible(box, job != NULL);
    if (begins && gtk_widget_get_mapped(box)) {
        gtk_widget_grab_focus(stop);
    }
    if (job != NULL) {
        job_progress_show(text, bar, job);
    } else {
        progress_stop(bar);
    }
}
