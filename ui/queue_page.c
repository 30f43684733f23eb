#include "ui/queue_page.h"

#include "compute/i18n.h"
#include "ui/core/task_text.h"
#include "ui/widgets/job_row.h"

struct _TinctureQueuePage {
    AdwBin parent_instance;

    // template widgets
    GtkStack *stack;
    GtkLabel *sum;
    GtkListBox *jobs, *failures;
    GtkWidget *jobs_group, *failures_group;

    // owned
    TinctureSession *session;
    GtkFilterListModel *seen; // the queue without live jobs, which come and go
};

G_DEFINE_FINAL_TYPE(TinctureQueuePage, tincture_queue_page, ADW_TYPE_BIN)

// ---- what it says -------------------------------------------------------------------------------

static gboolean is_shown(gpointer item, gpointer data)
{
    return !(TINCTURE_JOB(item)->type->rank & JOB_LIVE);
}

static void show_rows(GtkListBox *list)
{
    GtkListBoxRow *row;
    for (int i = 0; (row = gtk_list_box_get_row_at_index(list, i)) != NULL; i++) {
        tincture_job_row_show(TINCTURE_JOB_ROW(row), (guint)i);
    }
}

// What is known of the time that all of them take: of those that run or have run.
static void show_sum(TinctureQueuePage *self, guint n)
{
    double seconds = 0;
    bool all = true;
    for (guint i = 0; i < n; i++) {
        g_autoptr(TinctureJob) job = g_list_model_get_item(G_LIST_MODEL(self->seen), i);
        const bool known = job->seconds_left >= 0 && !job->paused;
        seconds += known ? job->seconds_left : 0;
        all = all && known;
    }
    g_autofree char *jobs = g_strdup_printf(P_("%u job", "%u jobs", n), n);
    g_autofree char *left = seconds > 0 ? time_left_text(seconds) : NULL;
    g_autofree char *text = left == NULL ? g_strdup(jobs)
                            : all        ? g_strdup_printf("%s · %s", jobs, left)
                                  : g_strdup_printf(_("%s · %s for what has begun"), jobs, left);
    gtk_label_set_text(self->sum, text);
}

static void show(TinctureQueuePage *self)
{
    const guint n = g_list_model_get_n_items(G_LIST_MODEL(self->seen));
    const guint failed = g_list_model_get_n_items(tincture_queue_get_failed(self->session->queue));
    gtk_stack_set_visible_child_name(self->stack, n + failed > 0 ? "jobs" : "empty");
    gtk_widget_set_visible(self->jobs_group, n > 0);
    gtk_widget_set_visible(self->failures_group, failed > 0);
    show_sum(self, n);
    show_rows(self->jobs);
    show_rows(self->failures);
}

static void changed_cb(TinctureQueuePage *self)
{
    if (gtk_widget_get_mapped(GTK_WIDGET(self))) {
        show(self);
    }
}

// ---- rows ---------------------------------------------------------------------------------------

// The keyboard stays with what it has moved.
static void moved_cb(TinctureQueuePage *self, int by, TinctureJobRow *old)
{
    const TinctureJob *job = tincture_job_row_get_job(old);
    GtkListBoxRow *row;
    show(self);
    for (int i = 0; (row = gtk_list_box_get_row_at_index(self->jobs, i)) != NULL; i++) {
        if (tincture_job_row_get_job(TINCTURE_JOB_ROW(row)) == job) {
            tincture_job_row_focus_move(TINCTURE_JOB_ROW(row), by);
        }
    }
}

static GtkWidget *row_new(gpointer item, gpointer data)
{
    TinctureQueuePage *self = data;
    GtkWidget *row = tincture_job_row_new(self->session, item);
    g_signal_connect_object(row, "moved", G_CALLBACK(moved_cb), self, G_CONNECT_SWAPPED);
    return row;
}

// ---- dragging -----------------------------------------------------------------------------------

// The list has the controllers, as its rows are made anew when their order changes. NULL: no row.
static TinctureJob *job_at(TinctureQueuePage *self, double y)
{
    GtkListBoxRow *row = gtk_list_box_get_row_at_y(self->jobs, (int)y);
    return row != NULL ? tincture_job_row_get_job(TINCTURE_JOB_ROW(row)) : NULL;
}

static int place_of(TinctureQueuePage *self, const TinctureJob *job)
{
    GListModel *queue = G_LIST_MODEL(self->session->queue);
    const guint n = g_list_model_get_n_items(queue);
    for (guint i = 0; i < n; i++) {
        g_autoptr(TinctureJob) other = g_list_model_get_item(queue, i);
        if (other == job) {
            return (int)i;
        }
    }
    return -1;
}

// How far the one is from where it is dropped; 0: it stays.
static int distance(TinctureQueuePage *self, const TinctureJob *job, const TinctureJob *to)
{
    const int from_place = place_of(self, job), to_place = to != NULL ? place_of(self, to) : -1;
    return from_place >= 0 && to_place >= 0 ? to_place - from_place : 0;
}

static GdkContentProvider *prepare_cb(GtkDragSource *source, double x, double y,
                                      TinctureQueuePage *self)
{
    TinctureJob *job = job_at(self, y);
    TinctureQueue *queue = self->session->queue;
    const gboolean moves = job != NULL && (tincture_queue_can_move(queue, job, -1) ||
                                           tincture_queue_can_move(queue, job, 1));
    return moves ? gdk_content_provider_new_typed(TINCTURE_TYPE_JOB, job) : NULL;
}

static void begin_cb(GtkDragSource *source, GdkDrag *drag, TinctureQueuePage *self)
{
    double x, y;
    GtkWidget *row;
    if (gtk_gesture_get_bounding_box_center(GTK_GESTURE(source), &x, &y) &&
        (row = GTK_WIDGET(gtk_list_box_get_row_at_y(self->jobs, (int)y))) != NULL) {
        g_autoptr(GdkPaintable) live = gtk_widget_paintable_new(row);
        g_autoptr(GdkPaintable) now = gdk_paintable_get_current_image(live);
        gtk_drag_source_set_icon(source, now, (int)x, gtk_widget_get_height(row) / 2);
    }
}

static GdkDragAction motion_cb(GtkDropTarget *target, double x, double y, TinctureQueuePage *self)
{
    GtkListBoxRow *row = gtk_list_box_get_row_at_y(self->jobs, (int)y);
    const GValue *value = gtk_drop_target_get_value(target);
    const TinctureJob *job = value != NULL ? g_value_get_object(value) : NULL;
    const int by = job != NULL ? distance(self, job, job_at(self, y)) : 0;
    gtk_list_box_drag_unhighlight_row(self->jobs);
    if (by == 0 || !tincture_queue_can_move(self->session->queue, job, by)) {
        return 0;
    }
    gtk_list_box_drag_highlight_row(self->jobs, row);
    return GDK_ACTION_MOVE;
}

static void leave_cb(TinctureQueuePage *self)
{
    gtk_list_box_drag_unhighlight_row(self->jobs);
}

static gboolean drop_cb(GtkDropTarget *target, const GValue *value, double x, double y,
                        TinctureQueuePage *self)
{
    TinctureJob *job = g_value_get_object(value);
    const int by = distance(self, job, job_at(self, y));
    gtk_list_box_drag_unhighlight_row(self->jobs);
    return by != 0 && tincture_queue_move(self->session->queue, job, by);
}

static void take_drags(TinctureQueuePage *self)
{
    GtkDragSource *source = gtk_drag_source_new();
    GtkDropTarget *target = gtk_drop_target_new(TINCTURE_TYPE_JOB, GDK_ACTION_MOVE);
    gtk_drag_source_set_actions(source, GDK_ACTION_MOVE);
    gtk_drop_target_set_preload(target, TRUE);
    g_signal_connect(source, "prepare", G_CALLBACK(prepare_cb), self);
    g_signal_connect(source, "drag-begin", G_CALLBACK(begin_cb), self);
    g_signal_connect(target, "motion", G_CALLBACK(motion_cb), self);
    g_signal_connect_swapped(target, "leave", G_CALLBACK(leave_cb), self);
    g_signal_connect(target, "drop", G_CALLBACK(drop_cb), self);
    gtk_widget_add_controller(GTK_WIDGET(self->jobs), GTK_EVENT_CONTROLLER(source));
    gtk_widget_add_controller(GTK_WIDGET(self->jobs), GTK_EVENT_CONTROLLER(target));
}

// ---- the object ---------------------------------------------------------------------------------

void tincture_queue_page_show(TinctureQueuePage *self)
{
    show(self);
}

void tincture_queue_page_set_session(TinctureQueuePage *self, TinctureSession *session)
{
    g_return_if_fail(TINCTURE_IS_QUEUE_PAGE(self) && self->session == NULL);
    self->session = g_object_ref(session);
    self->seen = gtk_filter_list_model_new(g_object_ref(G_LIST_MODEL(session->queue)),
                                           GTK_FILTER(gtk_custom_filter_new(is_shown, NULL, NULL)));
    gtk_list_box_bind_model(self->jobs, G_LIST_MODEL(self->seen), row_new, self, NULL);
    gtk_list_box_bind_model(self->failures, tincture_queue_get_failed(session->queue), row_new,
                            self, NULL);
    g_signal_connect_object(session->queue, "changed", G_CALLBACK(changed_cb), self,
                            G_CONNECT_SWAPPED);
}

static void tincture_queue_page_dispose(GObject *object)
{
    TinctureQueuePage *self = TINCTURE_QUEUE_PAGE(object);
    if (self->session != NULL) {
        gtk_list_box_bind_model(self->jobs, NULL, NULL, NULL, NULL);
        gtk_list_box_bind_model(self->failures, NULL, NULL, NULL, NULL);
    }
    g_clear_object(&self->seen);
    g_clear_object(&self->session);
    adw_bin_set_child(ADW_BIN(object), NULL); // or it is let go twice: the template has it, too
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_QUEUE_PAGE);
    G_OBJECT_CLASS(tincture_queue_page_parent_class)->dispose(object);
}

static void tincture_queue_page_class_init(TinctureQueuePageClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_queue_page_dispose;
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/queue_page.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureQueuePage, stack);
    gtk_widget_class_bind_template_child(widget_class, TinctureQueuePage, sum);
    gtk_widget_class_bind_template_child(widget_class, TinctureQueuePage, jobs);
    gtk_widget_class_bind_template_child(widget_class, TinctureQueuePage, failures);
    gtk_widget_class_bind_template_child(widget_class, TinctureQueuePage, jobs_group);
    gtk_widget_class_bind_template_child(widget_class, TinctureQueuePage, failures_group);
}

static void tincture_queue_page_init(TinctureQueuePage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    take_drags(self);
}
