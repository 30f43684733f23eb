#include "ui/subject_page.h"

#include "render/present/texture.h"
#include "ui/core/words_text.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/job_text.h"
#include "ui/widgets/loss_plot.h"
#include "ui/widgets/progress.h"
#include "ui/widgets/sample_strip.h"
#include "ui/widgets/setting_list.h"
#include "ui/widgets/thumb.h"

#define THUMB_SIDE   48
#define THUMB_MARGIN 6

struct _TinctureSubjectPage {
    AdwBin parent_instance;

    // template widgets
    AdwPreferencesGroup *photos, *names, *rows, *known;
    AdwExpanderRow *expert;
    AdwEntryRow *word, *kind;
    GtkScrolledWindow *scroller;
    GtkWidget *no_photos, *start, *stop, *resume_box, *progress_box, *training_box;
    GtkLabel *words, *resume_text, *progress_text;
    GtkProgressBar *progress;
    TinctureLossPlot *plot;
    GtkBox *strips;

    // owned
    TinctureSession *session;
    struct setting_list *settings;
    GPtrArray *photo_rows;   // GtkWidget *, borrowed from the group: with the path of each as data
    GPtrArray *known_rows;   // the same
    GPtrArray *strip_titles; // char *: of the strips in the box

    // state
    guint updating;
    gboolean learning;
};

G_DEFINE_FINAL_TYPE(TinctureSubjectPage, tincture_subject_page, ADW_TYPE_BIN)

static TinctureSubjectWork *work_of(TinctureSubjectPage *self)
{
    return self->session->subject;
}

// ---- what a person does -------------------------------------------------------------------------

static void files_chosen_cb(GListModel *files, gpointer data)
{
    TinctureSubjectPage *self = data;
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < g_list_model_get_n_items(files); i++) {
        g_autoptr(GFile) file = g_list_model_get_item(files, i);
        char *path = g_file_get_path(file);
        if (path != NULL) {
            g_ptr_array_add(paths, path);
        }
    }
    g_ptr_array_add(paths, NULL);
    tincture_subject_work_add(work_of(self), (const char *const *)paths->pdata);
}

static void add_cb(TinctureSubjectPage *self)
{
    file_dialog_open_photos(GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self))), files_chosen_cb,
                            self);
}

static void word_cb(TinctureSubjectPage *self)
{
    if (self->updating == 0) {
        tincture_subject_work_set_word(work_of(self),
                                       gtk_editable_get_text(GTK_EDITABLE(self->word)));
    }
}

static void kind_cb(TinctureSubjectPage *self)
{
    if (self->updating == 0) {
        tincture_subject_work_set_kind(work_of(self),
                                       gtk_editable_get_text(GTK_EDITABLE(self->kind)));
    }
}

static void setting_changed(const char *key, double value, gpointer data)
{
    tincture_subject_work_set(work_of(data), key, value);
}

static void learn_cb(TinctureSubjectPage *self)
{
    tincture_subject_work_learn(work_of(self), self->session->reader);
}

static void resume_cb(TinctureSubjectPage *self)
{
    tincture_subject_work_resume(work_of(self));
}

static const char *path_of(GtkWidget *row)
{
    return g_object_get_data(G_OBJECT(row), "path");
}

static void remove_cb(GtkWidget *button, TinctureSubjectPage *self)
{
    const char *path = path_of(button);
    for (guint i = 0; i < work_of(self)->photos->len; i++) {
        const struct subject_view *view = work_of(self)->photos->pdata[i];
        if (g_str_equal(view->path, path)) {
            tincture_subject_work_remove(work_of(self), i);
            return;
        }
    }
}

static void use_cb(GtkWidget *button, TinctureSubjectPage *self)
{
    tincture_subject_work_use(work_of(self), path_of(button));
    gtk_widget_activate_action(GTK_WIDGET(self), "win.leave-page", NULL);
}

// ---- photos -------------------------------------------------------------------------------------

static GtkWidget *button_in(GtkWidget *row, const char *path, const char *text, GCallback clicked,
                            TinctureSubjectPage *self)
{
    GtkWidget *button = gtk_button_new();
    g_object_set_data_full(G_OBJECT(button), "path", g_strdup(path), g_free);
    g_object_set_data_full(G_OBJECT(row), "path", g_strdup(path), g_free);
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

static GtkWidget *photo_row(TinctureSubjectPage *self, const struct subject_view *view)
{
    GtkWidget *row = row_new(view->name);
    GtkWidget *thumb = tincture_thumb_new(NULL, THUMB_SIDE, THUMB_SIDE);
    if (view->thumb.rgba != NULL) {
        g_autoptr(GdkTexture) texture =
            texture_from_rgba8(view->thumb.rgba, view->thumb.width, view->thumb.height);
        tincture_thumb_set_paintable(TINCTURE_THUMB(thumb), GDK_PAINTABLE(texture));
    }
    gtk_widget_set_valign(thumb, GTK_ALIGN_CENTER);
    gtk_widget_set_margin_top(thumb, THUMB_MARGIN);
    gtk_widget_set_margin_bottom(thumb, THUMB_MARGIN);
    adw_action_row_add_prefix(ADW_ACTION_ROW(row), thumb);
    g_autofree char *text = g_strdup_printf("Leave %s out", view->name);
    GtkWidget *button = button_in(row, view->path, text, G_CALLBACK(remove_cb), self);
    gtk_button_set_icon_name(GTK_BUTTON(button), "list-remove-symbolic");
    return row;
}

// What lies beside the photo is taken from there.
static char *photo_text(TinctureSubjectPage *self, const struct subject_view *view)
{
    const struct prompt_style style = {0};
    const char *word = work_of(self)->draft.word;
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, "%d × %d", view->width, view->height);
    if (view->masked) {
        g_string_append(text, " · with a mask");
    }
    if (view->caption != NULL) {
        g_autofree char *end = reading_text(self->session->reader, &style, view->caption);
        g_string_append_printf(text, " · “%s”%s%s", view->caption, *end ? ". " : "", end);
        if (*word && strstr(view->caption, word) == NULL) {
            g_string_append_printf(text, ". It does not name %s", word);
        }
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void show_photos(TinctureSubjectPage *self)
{
    const GPtrArray *photos = work_of(self)->photos;
    for (guint i = 0; i < photos->len; i++) {
        const struct subject_view *view = photos->pdata[i];
        while (i < self->photo_rows->len &&
               !g_str_equal(path_of(self->photo_rows->pdata[i]), view->path)) {
            adw_preferences_group_remove(self->photos, self->photo_rows->pdata[i]);
            g_ptr_array_remove_index(self->photo_rows, i);
        }
        if (i == self->photo_rows->len) {
            GtkWidget *row = photo_row(self, view);
            adw_preferences_group_add(self->photos, row);
            g_ptr_array_add(self->photo_rows, row);
        }
        g_autofree char *text = photo_text(self, view);
        adw_action_row_set_subtitle(self->photo_rows->pdata[i], text);
    }
    while (self->photo_rows->len > photos->len) {
        const guint last = self->photo_rows->len - 1;
        adw_preferences_group_remove(self->photos, self->photo_rows->pdata[last]);
        g_ptr_array_remove_index(self->photo_rows, last);
    }
    gtk_widget_set_visible(self->no_photos, photos->len == 0);
    adw_preferences_group_set_description(
        self->photos, work_of(self)->reading > 0 ? "Reading the photos…"
                      : photos->len == 1
                          ? "Of one photo its surroundings are learned, too. Three to five "
                            "from different sides are better."
                          : "Three to five of the same thing, from different sides and in "
                            "different places.");
}

// ---- word and class -----------------------------------------------------------------------------

static void show_text(AdwEntryRow *row, const char *text)
{
    g_autofree char *now = g_strstrip(g_strdup(gtk_editable_get_text(GTK_EDITABLE(row))));
    if (!g_str_equal(now, text)) {
        gtk_editable_set_text(GTK_EDITABLE(row), text);
    }
}

// What is said where nothing is wrong.
static char *call_text(TinctureSubjectPage *self)
{
    const struct subject_draft *d = &work_of(self)->draft;
    g_autofree char *other = tincture_subject_work_same_word(work_of(self));
    if (*d->kind == '\0') {
        return g_strdup("Of what it is the model draws pictures first, so that it does not forget "
                        "the others");
    }
    g_autofree char *sentence = tincture_subject_work_sentence(work_of(self));
    g_autofree char *too =
        other != NULL
            ? g_strdup_printf(". “%s” has this word already: a photo uses one of the two", other)
            : g_strdup("");
    return g_strdup_printf("In sentences it is called “%s”%s", sentence, too);
}

static void show_names(TinctureSubjectPage *self)
{
    const TinctureSubjectWork *work = work_of(self);
    g_autofree char *fault = tincture_subject_work_word_fault(work_of(self), self->session->reader);
    g_autofree char *unknown =
        words_text(self->session->vocabulary, self->session->reader, work->draft.kind);
    g_autofree char *call = call_text(self);
    g_autofree char *text =
        g_strconcat(fault != NULL ? fault : call, *unknown ? ". " : "", unknown, NULL);
    show_text(self->word, work->draft.word);
    show_text(self->kind, work->draft.kind);
    gtk_label_set_text(self->words, text);
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
    if (self->learning) {
        GtkAdjustment *place = gtk_scrolled_window_get_vadjustment(self->scroller);
        gtk_adjustment_set_value(place, gtk_adjustment_get_upper(place));
    }
}

// The keyboard was on the button that is gone now.
static void follow_learning(TinctureSubjectPage *self, gboolean learning)
{
    if (learning && !self->learning && gtk_widget_get_mapped(GTK_WIDGET(self))) {
        gtk_widget_grab_focus(self->stop);
    }
    self->learning = learning;
}

static void show_progress(TinctureSubjectPage *self)
{
    const TinctureSubjectWork *work = work_of(self);
    const TinctureJob *job = tincture_queue_find(self->session->queue, &subject_job);
    const gboolean learning = job != NULL, waits = tincture_subject_work_waits(work_of(self));
    gtk_widget_set_visible(self->progress_box, learning);
    follow_learning(self, learning);
    gtk_widget_set_visible(self->start, !learning && !waits);
    gtk_widget_set_visible(self->resume_box, !learning && waits);
    gtk_widget_set_sensitive(GTK_WIDGET(self->photos), !learning);
    gtk_widget_set_sensitive(GTK_WIDGET(self->names), !learning);
    gtk_widget_set_sensitive(GTK_WIDGET(self->rows), !learning);
    gtk_widget_set_sensitive(GTK_WIDGET(self->expert), !learning);
    if (learning) {
        g_autofree char *text = job_text_with_time(job);
        gtk_label_set_text(self->progress_text, text);
        progress_show(self->progress, job->fraction);
        gtk_accessible_update_property(GTK_ACCESSIBLE(self->progress),
                                       GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, text, -1);
    } else {
        progress_stop(self->progress);
    }
    g_autofree char *text =
        g_strdup_printf("Stopped after %d of %d steps of %s %s", work->run.step, work->run.steps,
                        work->run.draft.word, work->run.draft.kind);
    gtk_label_set_text(self->resume_text, text);
}

// ---- those that were learned --------------------------------------------------------------------

static void show_known(TinctureSubjectPage *self)
{
    g_autoptr(GPtrArray) known = tincture_subject_work_known(work_of(self));
    gboolean same = known->len == self->known_rows->len;
    for (guint i = 0; same && i < known->len; i++) {
        const struct library_file *k = known->pdata[i];
        same = g_str_equal(k->path, path_of(self->known_rows->pdata[i]));
    }
    for (guint i = 0; !same && i < self->known_rows->len; i++) {
        adw_preferences_group_remove(self->known, self->known_rows->pdata[i]);
    }
    g_ptr_array_set_size(self->known_rows, same ? (gint)self->known_rows->len : 0);
    for (guint i = 0; !same && i < known->len; i++) {
        const struct library_file *k = known->pdata[i];
        GtkWidget *row = row_new(k->name);
        g_autofree char *text = g_strdup_printf("Use %s on the open photo", k->name);
        GtkWidget *button = button_in(row, k->path, text, G_CALLBACK(use_cb), self);
        gtk_button_set_label(GTK_BUTTON(button), "Use");
        g_autofree char *where = g_strdup_printf("To remove it, delete %s", k->path);
        gtk_widget_set_tooltip_text(row, where);
        adw_preferences_group_add(self->known, row);
        g_ptr_array_add(self->known_rows, row);
    }
    gtk_widget_set_visible(GTK_WIDGET(self->known), known->len > 0);
    const gboolean open = self->session->project->photo != NULL;
    adw_preferences_group_set_description(
        self->known, open ? "On the open photo, within its mask where there is one."
                          : "Open a photo to use one there.");
    for (guint i = 0; i < self->known_rows->len; i++) {
        gtk_widget_set_sensitive(self->known_rows->pdata[i], open);
    }
}

static void changed_cb(TinctureSubjectPage *self)
{
    self->updating++;
    show_photos(self);
    show_names(self);
    setting_list_show(self->settings, work_of(self)->draft.learn);
    show_training(self);
    show_progress(self);
    show_known(self);
    self->updating--;
}

// ---- the object ---------------------------------------------------------------------------------

static void tincture_subject_page_dispose(GObject *object)
{
    TinctureSubjectPage *self = TINCTURE_SUBJECT_PAGE(object);
    g_clear_pointer(&self->settings, setting_list_free);
    g_clear_pointer(&self->photo_rows, g_ptr_array_unref);
    g_clear_pointer(&self->known_rows, g_ptr_array_unref);
    g_clear_pointer(&self->strip_titles, g_ptr_array_unref);
    g_clear_object(&self->session);
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
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, photos);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, no_photos);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, names);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, word);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, kind);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, words);
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
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPage, known);
    gtk_widget_class_bind_template_callback(widget_class, add_cb);
    gtk_widget_class_bind_template_callback(widget_class, word_cb);
    gtk_widget_class_bind_template_callback(widget_class, kind_cb);
    gtk_widget_class_bind_template_callback(widget_class, learn_cb);
    gtk_widget_class_bind_template_callback(widget_class, resume_cb);
}

static void tincture_subject_page_init(TinctureSubjectPage *self)
{
    self->photo_rows = g_ptr_array_new();
    self->known_rows = g_ptr_array_new();
    self->strip_titles = g_ptr_array_new_with_free_func(g_free);
    gtk_widget_init_template(GTK_WIDGET(self));
    self->settings = setting_list_new(self->rows, self->expert, "subject", setting_changed, self);
    setting_list_leave_out(self->settings, "objective");
    g_signal_connect_swapped(gtk_scrolled_window_get_vadjustment(self->scroller), "notify::upper",
                             G_CALLBACK(show_end_cb), self);
}

void tincture_subject_page_set_session(TinctureSubjectPage *self, TinctureSession *session)
{
    self->session = g_object_ref(session);
    g_signal_connect_object(session->subject, "changed", G_CALLBACK(changed_cb), self,
                            G_CONNECT_SWAPPED);
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
