#include "ui/subject_page.h"

#include "compute/i18n.h"
#include "ui/job_box.h"
#include "ui/subject_block.h"
#include "ui/widgets/loss_plot.h"
#include "ui/widgets/row_focus.h"
#include "ui/widgets/sample_strip.h"
#include "ui/widgets/setting_list.h"

#include <string.h>

struct _TinctureSubjectPage {
    AdwBin parent_instance;

    // template widgets
    GtkBox *blocks; // one a subject
    AdwPreferencesGroup *rows, *known;
    AdwExpanderRow *expert;
    GtkScrolledWindow *scroller;
    GtkWidget *another, *start, *stop, *resume_box, *progress_box, *training_box;
    GtkLabel *resume_text, *progress_text;
    GtkProgressBar *progress;
    TinctureLossPlot *plot;
    GtkBox *strips;
    AdwEntryRow *own_prompt;

    // owned
    TinctureSession *session;
    TinctureSubjectWork *work;
    struct setting_list *settings; // from when there is a work on
    GPtrArray *known_rows;   // GtkWidget *, borrowed from the group: with the path of each as data
    GPtrArray *strip_titles; // char *: of the strips in the box

    // state
    gboolean updating;
};

G_DEFINE_FINAL_TYPE(TinctureSubjectPage, tincture_subject_page, ADW_TYPE_BIN)

static TinctureSubjectWork *work_of(TinctureSubjectPage *self)
{
    return self->work;
}

// ---- what a person does -------------------------------------------------------------------------

static void another_cb(TinctureSubjectPage *self)
{
    tincture_subject_work_add_subject(work_of(self));
}

static void setting_changed(const char *key, double value, gpointer data)
{
    tincture_subject_work_set(work_of(data), key, value);
}

static void own_prompt_cb(TinctureSubjectPage *self)
{
    if (!self->updating) {
        tincture_subject_work_set_own_prompt(work_of(self),
                                             gtk_editable_get_text(GTK_EDITABLE(self->own_prompt)));
    }
}

static void learn_cb(TinctureSubjectPage *self)
{
    tincture_subject_work_learn(work_of(self), self->session->studio->reader);
}

static void resume_cb(TinctureSubjectPage *self)
{
    tincture_subject_work_resume(work_of(self));
}

static const char *path_of(GtkWidget *row)
{
    return g_object_get_data(G_OBJECT(row), "path");
}

static void use_cb(GtkWidget *button, TinctureSubjectPage *self)
{
    tincture_subject_work_use(work_of(self), path_of(button));
    gtk_widget_activate_action(GTK_WIDGET(self), "win.leave-page", NULL);
}

// ---- subjects -----------------------------------------------------------------------------------

static void show_blocks(TinctureSubjectPage *self)
{
    const struct lesson *lesson = work_of(self)->lesson;
    const guint n = work_of(self)->draft.subjects->len;
    GtkWidget *block = gtk_widget_get_first_child(GTK_WIDGET(self->blocks));
    for (guint i = 0; i < n; i++) {
        if (block == NULL) {
            block = tincture_subject_block_new(self->session, self->work, i);
            gtk_box_append(self->blocks, block);
        }
        tincture_subject_block_show(TINCTURE_SUBJECT_BLOCK(block));
        block = gtk_widget_get_next_sibling(block);
    }
    while (block != NULL) {
        GtkWidget *next = gtk_widget_get_next_sibling(block);
        row_focus_leave(block);
        gtk_box_remove(self->blocks, block);
        block = next;
    }
    gtk_widget_set_visible(self->another, n < lesson->most);
    gtk_button_set_label(GTK_BUTTON(self->start),
                         translated(n > 1 ? lesson->starts : lesson->start));
}

guint tincture_subject_page_at(TinctureSubjectPage *self, GtkWidget *widget, double x, double y)
{
    GtkWidget *under = gtk_widget_pick(widget, x, y, GTK_PICK_DEFAULT);
    GtkWidget *block =
        under != NULL ? gtk_widget_get_ancestor(under, TINCTURE_TYPE_SUBJECT_BLOCK) : NULL;
    return block != NULL ? tincture_subject_block_get_index(TINCTURE_SUBJECT_BLOCK(block))
                         : tincture_subject_work_next(work_of(self));
}

// ---- the training -------------------------------------------------------------------------------

static GtkWidget *strip_new(TinctureSubjectPage *self, const char *title)
{
    GtkWidget *label = gtk_label_new(title);
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
    gtk_widget_add_css_class(label, "caption");
    gtk_widget_add_css_class(label, "dim-label");
    gtk_box_append(self->strips, label);
    GtkWidget *strip = g_object_new(TINCTURE_TYPE_SAMPLE_STRIP, NULL);
    gtk_box_append(self->strips, strip);
    return strip;
}

static gboolean has_strips_of(TinctureSubjectPage *self, const GPtrArray *strips)
{
    gboolean same = self->strip_titles->len == strips->len;
    for (guint i = 0; same && i < strips->len; i++) {
        const struct subject_strip *s = strips->pdata[i];
        same = g_str_equal(s->title, self->strip_titles->pdata[i]);
    }
    return same;
}

static void make_strips(TinctureSubjectPage *self, const GPtrArray *strips)
{
    GtkWidget *child;
    while ((child = gtk_widget_get_first_child(GTK_WIDGET(self->strips))) != NULL) {
        gtk_box_remove(self->strips, child);
    }
    g_ptr_array_set_size(self->strip_titles, 0);
    for (guint i = 0; i < strips->len; i++) {
        const struct subject_strip *s = strips->pdata[i];
        g_ptr_array_add(self->strip_titles, g_strdup(s->title));
        strip_new(self, s->title);
    }
}

static void show_strips(TinctureSubjectPage *self, const GPtrArray *strips)
{
    gboolean drawn = FALSE;
    if (!has_strips_of(self, strips)) {
        make_strips(self, strips);
    }
    GtkWidget *child = gtk_widget_get_first_child(GTK_WIDGET(self->strips));
    for (guint i = 0; i < strips->len; i++) {
        const struct subject_strip *s = strips->pdata[i];
        child = gtk_widget_get_next_sibling(child); // behind its title
        tincture_sample_strip_show(TINCTURE_SAMPLE_STRIP(child), s->samples);
        child = gtk_widget_get_next_sibling(child);
        drawn = drawn || s->samples->len > 0;
    }
    gtk_widget_set_visible(GTK_WIDGET(self->strips), drawn);
}

static void show_training(TinctureSubjectPage *self)
{
    const TinctureSubjectWork *work = work_of(self);
    const GArray *loss = work->run.loss;
    const int n = (int)loss->len;
    tincture_loss_plot_set(self->plot, (const double *)(void *)loss->data, n,
                           work->running ? work->run.steps : n);
    show_strips(self, work->strips);
    gtk_widget_set_visible(self->training_box, n > 0);
}

// What there is to see of a training is at the end of the page.
static void show_end_cb(TinctureSubjectPage *self)
{
    if (gtk_widget_get_visible(self->progress_box)) {
        GtkAdjustment *place = gtk_scrolled_window_get_vadjustment(self->scroller);
        gtk_adjustment_set_value(place, gtk_adjustment_get_upper(place));
    }
}

static void show_progress(TinctureSubjectPage *self)
{
    const TinctureSubjectWork *work = work_of(self);
    const TinctureJob *job =
        work->running ? tincture_queue_find(self->session->queue, NULL, &subject_job) : NULL;
    const gboolean learning = job != NULL, waits = tincture_subject_work_waits(work_of(self));
    job_box_show(self->progress_box, self->progress_text, self->progress, self->stop, job);
    gtk_widget_set_visible(self->start, !learning && !waits);
    gtk_widget_set_visible(self->resume_box, !learning && waits);
    gtk_widget_set_sensitive(GTK_WIDGET(self->blocks), !learning);
    gtk_widget_set_sensitive(self->another, !learning);
    gtk_widget_set_sensitive(GTK_WIDGET(self->rows), !learning);
    gtk_widget_set_sensitive(GTK_WIDGET(self->expert), !learning);
    gtk_widget_set_sensitive(GTK_WIDGET(self->own_prompt), !learning);
    g_autofree char *name = work->lesson->name_of(&work->run.draft);
    g_autofree char *text = g_strdup_printf(_("Stopped after %d of %d steps of %s"), work->run.step,
                                            work->run.steps, name);
    gtk_label_set_text(self->resume_text, text);
}

// ---- those that were learned --------------------------------------------------------------------

static GtkWidget *button_in(GtkWidget *row, const char *path, const char *text, GCallback clicked,
                            TinctureSubjectPage *self)
{
    GtkWidget *button = gtk_button_new();
    g_object_set_data_full(G_OBJECT(button), "path", g_strdup(path), g_free);
    g_object_set_data_full(G_OBJECT(row), "path", g_strdup(path), g_free);
    gtk_widget_set_name(button, text); // for tests and inspectors
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(button, "flat");
    gtk_widget_set_tooltip_text(button, text);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
    g_signal_connect(button, "clicked", clicked, self);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
    return button;
}

static GtkWidget *row_new(const char *title)
{
    GtkWidget *row = adw_action_row_new();
    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    gtk_widget_set_name(row, title); // for tests and inspectors
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 0);
    return row;
}

static void show_known(TinctureSubjectPage *self)
{
    g_autoptr(GPtrArray) known = tincture_subject_work_known(work_of(self));
    gboolean same = known->len == self->known_rows->len;
    for (guint i = 0; same && i < known->len; i++) {
        const struct library_file *k = known->pdata[i];
        same = g_str_equal(k->path, path_of(self->known_rows->pdata[i]));
    }
    for (guint i = 0; !same && i < self->known_rows->len; i++) {
        row_focus_leave(self->known_rows->pdata[i]);
        adw_preferences_group_remove(self->known, self->known_rows->pdata[i]);
    }
    g_ptr_array_set_size(self->known_rows, same ? (gint)self->known_rows->len : 0);
    for (guint i = 0; !same && i < known->len; i++) {
        const struct library_file *k = known->pdata[i];
        GtkWidget *row = row_new(k->name);
        g_autofree char *text = g_strdup_printf(_("Use %s on the open photo"), k->name);
        GtkWidget *button = button_in(row, k->path, text, G_CALLBACK(use_cb), self);
        gtk_button_set_label(GTK_BUTTON(button), _("Use"));
        g_autofree char *where = g_strdup_printf(_("To remove it, delete %s"), k->path);
        gtk_widget_set_tooltip_text(row, where);
        adw_preferences_group_add(self->known, row);
        g_ptr_array_add(self->known_rows, row);
    }
    gtk_widget_set_visible(GTK_WIDGET(self->known), known->len > 0);
    const gboolean open = self->session->project->photo != NULL;
    adw_preferences_group_set_description(
        self->known, open ? _("On the open photo, within its mask where there is one.")
                          : _("Open a photo to use one there."));
    for (guint i = 0; i < self->known_rows->len; i++) {
        gtk_widget_set_sensitive(self->known_rows->pdata[i], open);
    }
}

static void show_own_prompt(TinctureSubjectPage *self)
{
    const char *prompt = work_of(self)->draft.own_prompt;
    g_autofree char *now =
        g_strstrip(g_strdup(gtk_editable_get_text(GTK_EDITABLE(self->own_prompt))));
    self->updating = TRUE;
    if (!g_str_equal(now, prompt)) {
        gtk_editable_set_text(GTK_EDITABLE(self->own_prompt), prompt);
    }
    self->updating = FALSE;
}

static void changed_cb(TinctureSubjectPage *self)
{
    show_blocks(self);
    show_own_prompt(self);
    setting_list_show(self->settings, work_of(self)->draft.learn);
    show_training(self);
    show_progress(self);
    show_known(self);
}

// ---- the object ---------------------------------------------------------------------------------

static void tincture_subject_page_dispose(GObject *object)
{
    TinctureSubjectPage *self = TINCTURE_SUBJECT_PAGE(object);
    g_clear_pointer(&self->settings, setting_list_free);
    g_clear_pointer(&self->known_rows, g_ptr_array_unref);
    g_clear_pointer(&self->strip_titles, g_ptr_array_unref);
    g_clear_object(&self->work);
    g_clear_object(&self->session);
    adw_bin_set_child(ADW_BIN(object), NULL); // or it is let go twice: the template has it, too
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_SUBJECT_PAGE);
    G_OBJECT_CLASS(tincture_subject_page_parent_class)->dispose(object);
}

static void tincture_subject_page_class_init(TinctureSubjectPageClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_subject_page_dispose;
    g_type_ensure(TINCTURE_TYPE_LOSS_PLOT);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/subject_page.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, scroller);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, blocks);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, another);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, rows);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, expert);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, progress_box);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, progress);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, progress_text);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, start);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, stop);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, resume_box);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, resume_text);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, training_box);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, plot);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, strips);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, own_prompt);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, known);
    gtk_widget_class_bind_template_callback(widget_class, another_cb);
    gtk_widget_class_bind_template_callback(widget_class, own_prompt_cb);
    gtk_widget_class_bind_template_callback(widget_class, learn_cb);
    gtk_widget_class_bind_template_callback(widget_class, resume_cb);
}

static void tincture_subject_page_init(TinctureSubjectPage *self)
{
    self->known_rows = g_ptr_array_new();
    self->strip_titles = g_ptr_array_new_with_free_func(g_free);
    gtk_widget_init_template(GTK_WIDGET(self));
    g_signal_connect_swapped(gtk_scrolled_window_get_vadjustment(self->scroller), "notify::upper",
                             G_CALLBACK(show_end_cb), self);
}

// Names for tests and inspectors: the template's "subject.learn" is "style.learn" on that page.
static void name_controls(GtkWidget *widget, const char *lesson)
{
    const char *name = gtk_widget_get_name(widget), prefix[] = "subject.";
    if (g_str_has_prefix(name, prefix)) {
        g_autofree char *own = g_strdup_printf("%s.%s", lesson, name + strlen(prefix));
        gtk_widget_set_name(widget, own);
    }
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        name_controls(child, lesson);
    }
}

void tincture_subject_page_set_session(TinctureSubjectPage *self, TinctureSession *session,
                                       TinctureSubjectWork *work)
{
    self->session = g_object_ref(session);
    self->work = g_object_ref(work);
    name_controls(GTK_WIDGET(self), work->lesson->name);
    adw_preferences_group_set_title(self->known, translated(work->lesson->known));
    self->settings =
        setting_list_new(self->rows, self->expert, work->lesson->name, setting_changed, self);
    setting_list_leave_out(self->settings, "objective");
    g_signal_connect_object(work, "changed", G_CALLBACK(changed_cb), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(session->queue, "changed", G_CALLBACK(show_progress), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(session, "device-changed", G_CALLBACK(changed_cb), self,
                            G_CONNECT_SWAPPED);
}

void tincture_subject_page_show(TinctureSubjectPage *self)
{
    tincture_subject_work_load(work_of(self));
    changed_cb(self);
}
