#include "ui/widgets/job_row.h"

#include "compute/i18n.h"
#include "ui/job_text.h"
#include "ui/widgets/progress.h"

struct _TinctureJobRow {
    GtkListBoxRow parent_instance;

    // children
    GtkLabel *title, *text;
    GtkProgressBar *bar;
    GtkWidget *up, *down, *pause, *cancel, *retry, *forget;

    // owned
    TinctureSession *session;
    TinctureJob *job;
};

G_DEFINE_FINAL_TYPE(TinctureJobRow, tincture_job_row, GTK_TYPE_LIST_BOX_ROW)

static guint moved_signal;

// ---- what is done about it ----------------------------------------------------------------------

static void move(TinctureJobRow *self, int by)
{
    // The list makes another row.
    g_autoptr(TinctureJobRow) G_GNUC_UNUSED alive = g_object_ref(self);
    g_autoptr(TinctureJob) job = g_object_ref(self->job);
    if (tincture_queue_move(self->session->queue, job, by)) {
        g_signal_emit(self, moved_signal, 0, by);
    }
}

static void up_cb(TinctureJobRow *self)
{
    move(self, -1);
}

static void down_cb(TinctureJobRow *self)
{
    move(self, 1);
}

static void pause_cb(TinctureJobRow *self)
{
    tincture_queue_pause(self->session->queue, self->job, !self->job->paused);
}

static void cancel_cb(TinctureJobRow *self)
{
    tincture_job_cancel(self->job);
}

static void retry_cb(TinctureJobRow *self)
{
    g_autoptr(TinctureJobRow) G_GNUC_UNUSED alive = g_object_ref(self);
    tincture_session_retry(self->session, self->job);
}

static void forget_cb(TinctureJobRow *self)
{
    g_autoptr(TinctureJobRow) G_GNUC_UNUSED alive = g_object_ref(self);
    tincture_queue_forget(self->session->queue, self->job);
}

// ---- what it shows ------------------------------------------------------------------------------

static char *state_text(const TinctureJob *job)
{
    const bool stops = tincture_job_is_cancelled(job);
    return job->state == JOB_FAILED                  ? g_strdup(job->error->message)
           : stops                                   ? g_strdup(_("Stopping…"))
           : job->paused                             ? g_strdup(_("Paused"))
           : job->state == JOB_WAITING && job->begun ? g_strdup(_("Makes way for the edit"))
           : job->state == JOB_WAITING               ? g_strdup(_("Waits"))
                                                     : job_text_with_time(job);
}

static void show_texts(TinctureJobRow *self)
{
    const TinctureJob *job = self->job;
    const char *name = translated(job->type->member.title);
    g_autofree char *title =
        job->about != NULL ? g_strdup_printf("%s · %s", name, job->about) : g_strdup(name);
    g_autofree char *text = state_text(job);
    gtk_label_set_text(self->title, title);
    gtk_label_set_text(self->text, text);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                   GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->bar), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                   GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, text, -1);
}

static void show_progress(TinctureJobRow *self)
{
    const TinctureJob *job = self->job;
    const gboolean runs = job->state == JOB_RUNNING || job->state == JOB_PREPARING;
    const gboolean known = job->fraction >= 0 && job->state != JOB_FAILED;
    gtk_widget_set_visible(GTK_WIDGET(self->bar), runs || known);
    if (runs || known) {
        progress_show(self->bar, job->fraction);
    } else {
        progress_stop(self->bar);
    }
}

static void show_pause(TinctureJobRow *self)
{
    const char *text = self->job->paused ? _("Go on") : _("Pause");
    gtk_button_set_icon_name(GTK_BUTTON(self->pause), self->job->paused
                                                          ? "media-playback-start-symbolic"
                                                          : "media-playback-pause-symbolic");
    gtk_widget_set_tooltip_text(self->pause, text);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->pause), GTK_ACCESSIBLE_PROPERTY_LABEL, text,
                                   -1);
}

static void show_controls(TinctureJobRow *self)
{
    TinctureQueue *queue = self->session->queue;
    const TinctureJob *job = self->job;
    const gboolean failed = job->state == JOB_FAILED, stops = tincture_job_is_cancelled(job);
    const gboolean up = tincture_queue_can_move(queue, job, -1);
    const gboolean down = tincture_queue_can_move(queue, job, 1);
    gtk_widget_set_visible(self->up, !failed && (up || down));
    gtk_widget_set_visible(self->down, !failed && (up || down));
    gtk_widget_set_sensitive(self->up, up);
    gtk_widget_set_sensitive(self->down, down);
    gtk_widget_set_visible(self->pause, !failed && tincture_queue_can_pause(job));
    gtk_widget_set_sensitive(self->pause, !stops);
    gtk_widget_set_visible(self->cancel, !failed && !(job->type->rank & JOB_LASTING));
    gtk_widget_set_sensitive(self->cancel, !stops);
    gtk_widget_set_visible(self->retry, failed);
    gtk_widget_set_visible(self->forget, failed);
    show_pause(self);
}

static void name_controls(TinctureJobRow *self, guint place)
{
    const struct {
        GtkWidget *widget;
        const char *name;
    } controls[] = {
        {self->up, "up"},
        {self->down, "down"},
        {self->pause, "pause"},
        {self->cancel, "cancel"},
        {self->retry, "retry"},
        {self->forget, "forget"},
        {GTK_WIDGET(self->text), "text"},
        {GTK_WIDGET(self->title), "title"},
    };
    const char *list = self->job->state == JOB_FAILED ? "failed" : "queue";
    for (gsize i = 0; i < G_N_ELEMENTS(controls); i++) {
        g_autofree char *name = g_strdup_printf("%s.%u.%s", list, place, controls[i].name);
        gtk_widget_set_name(controls[i].widget, name);
    }
}

void tincture_job_row_show(TinctureJobRow *self, guint place)
{
    show_texts(self);
    show_progress(self);
    show_controls(self);
    name_controls(self, place);
}

void tincture_job_row_focus_move(TinctureJobRow *self, int by)
{
    GtkWidget *wanted = by < 0 ? self->up : self->down;
    gtk_widget_grab_focus(gtk_widget_is_sensitive(wanted) ? wanted
                          : by < 0                        ? self->down
                                                          : self->up);
}

TinctureJob *tincture_job_row_get_job(TinctureJobRow *self)
{
    return self->job;
}

// ---- the object ---------------------------------------------------------------------------------

static void tincture_job_row_dispose(GObject *object)
{
    TinctureJobRow *self = TINCTURE_JOB_ROW(object);
    g_clear_object(&self->session);
    g_clear_object(&self->job);
    G_OBJECT_CLASS(tincture_job_row_parent_class)->dispose(object);
}

static void tincture_job_row_class_init(TinctureJobRowClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = tincture_job_row_dispose;
    moved_signal = g_signal_new("moved", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 1, G_TYPE_INT);
}

static GtkLabel *label_new(GtkWidget *box, int lines)
{
    GtkWidget *label =
        g_object_new(GTK_TYPE_LABEL, "xalign", 0.0, "wrap", TRUE, "wrap-mode", PANGO_WRAP_WORD_CHAR,
                     "lines", lines, "ellipsize", PANGO_ELLIPSIZE_END, NULL);
    gtk_box_append(GTK_BOX(box), label);
    return GTK_LABEL(label);
}

static GtkWidget *button_new(TinctureJobRow *self, GtkWidget *box, const char *icon,
                             const char *text, void (*clicked)(TinctureJobRow *self))
{
    GtkWidget *button = g_object_new(GTK_TYPE_BUTTON, "icon-name", icon, "tooltip-text", text,
                                     "valign", GTK_ALIGN_CENTER, NULL);
    gtk_widget_add_css_class(button, "flat");
    gtk_widget_add_css_class(button, "circular");
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
    g_signal_connect_swapped(button, "clicked", G_CALLBACK(clicked), self);
    gtk_box_append(GTK_BOX(box), button);
    return button;
}

static void tincture_job_row_init(TinctureJobRow *self)
{
    GtkWidget *row = g_object_new(GTK_TYPE_BOX, "spacing", 6, "margin-top", 8, "margin-bottom", 8,
                                  "margin-start", 12, "margin-end", 6, NULL);
    GtkWidget *words =
        g_object_new(GTK_TYPE_BOX, "orientation", GTK_ORIENTATION_VERTICAL, "spacing", 4, "hexpand",
                     TRUE, "valign", GTK_ALIGN_CENTER, "margin-end", 6, NULL);
    gtk_box_append(GTK_BOX(row), words);
    self->title = label_new(words, 2);
    self->text = label_new(words, 3);
    gtk_widget_add_css_class(GTK_WIDGET(self->text), "caption");
    gtk_widget_add_css_class(GTK_WIDGET(self->text), "dim-label");
    gtk_widget_add_css_class(GTK_WIDGET(self->text), "numeric");
    self->bar = GTK_PROGRESS_BAR(gtk_progress_bar_new());
    gtk_box_append(GTK_BOX(words), GTK_WIDGET(self->bar));
    self->up = button_new(self, row, "go-up-symbolic", _("Earlier"), up_cb);
    self->down = button_new(self, row, "go-down-symbolic", _("Later"), down_cb);
    self->pause = button_new(self, row, "media-playback-pause-symbolic", _("Pause"), pause_cb);
    self->cancel = button_new(self, row, "process-stop-symbolic", _("Stop"), cancel_cb);
    self->retry = button_new(self, row, "view-refresh-symbolic", _("Try again"), retry_cb);
    self->forget =
        button_new(self, row, "window-close-symbolic", _("Remove from the list"), forget_cb);
    gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(self), row);
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(self), FALSE);
}

GtkWidget *tincture_job_row_new(TinctureSession *session, TinctureJob *job)
{
    TinctureJobRow *self = g_object_new(TINCTURE_TYPE_JOB_ROW, "focusable", FALSE, NULL);
    self->session = g_object_ref(session);
    self->job = g_object_ref(job);
    return GTK_WIDGET(self);
}
