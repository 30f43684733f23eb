#include "ui/workshop_page.h"

#include "compute/i18n.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/job_box.h"
#include "ui/widgets/heat_map.h"
#include "ui/widgets/layer_bars.h"
#include "ui/widgets/row_focus.h"
#include "ui/widgets/setting_row.h"

#include <math.h>

struct _TinctureWorkshopPage {
    AdwBin parent_instance;

    // template widgets
    AdwPreferencesGroup *adapters, *making;
    AdwEntryRow *name;
    GtkWidget *no_adapters, *measure, *make, *stop, *progress_box, *alike_title;
    GtkLabel *progress_text, *outcome;
    GtkProgressBar *progress;
    GtkBox *results, *sizes;
    TinctureHeatMap *alike;

    // owned
    TinctureSession *session;
    GPtrArray *rows;             // AdwExpanderRow, borrowed from the group: one an item
    struct adapter_study *shown; // borrowed, to be compared only; NULL: nothing is shown
    TinctureSettingRow *rank;    // borrowed

    // state
    guint updating;
};

G_DEFINE_FINAL_TYPE(TinctureWorkshopPage, tincture_workshop_page, ADW_TYPE_BIN)

static TinctureWorkshop *work_of(TinctureWorkshopPage *self)
{
    return self->session->workshop;
}

static const struct workshop_item *item_at(TinctureWorkshopPage *self, guint i)
{
    return work_of(self)->items->pdata[i];
}

// Of a control in a row of the list.
static guint index_of(gpointer control)
{
    return GPOINTER_TO_UINT(g_object_get_data(control, "item"));
}

static void set_index(gpointer control, guint item)
{
    g_object_set_data(control, "item", GUINT_TO_POINTER(item));
}

// ---- what a person does -------------------------------------------------------------------------

static void file_chosen_cb(GFile *file, gpointer data)
{
    TinctureWorkshopPage *self = data;
    g_autofree char *path = g_file_get_path(file);
    const char *const paths[] = {path, NULL};
    tincture_workshop_add(work_of(self), paths);
}

static void add_cb(TinctureWorkshopPage *self)
{
    file_dialog_open_adapter(GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self))), file_chosen_cb,
                             self);
}

static void chosen_cb(GtkCheckButton *check, TinctureWorkshopPage *self)
{
    if (self->updating == 0) {
        tincture_workshop_choose(work_of(self), index_of(check),
                                 gtk_check_button_get_active(check));
    }
}

static void strength_cb(GtkWidget *row, double value, TinctureWorkshopPage *self)
{
    tincture_workshop_set(work_of(self), index_of(row), g_object_get_data(G_OBJECT(row), "key"),
                          value);
}

static void use_cb(GtkWidget *button, TinctureWorkshopPage *self)
{
    tincture_workshop_use(work_of(self), index_of(button));
    gtk_widget_activate_action(GTK_WIDGET(self), "win.leave-page", NULL);
}

// The keyboard goes to what has come into the place of what is gone.
static void remove_cb(GtkWidget *button, TinctureWorkshopPage *self)
{
    const guint item = index_of(button);
    tincture_workshop_remove(work_of(self), item);
    GtkWidget *next =
        self->rows->len > 0
            ? g_object_get_data(self->rows->pdata[MIN(item, self->rows->len - 1)], "remove")
            : self->measure;
    gtk_widget_grab_focus(next);
}

static void measure_cb(TinctureWorkshopPage *self)
{
    tincture_workshop_measure(work_of(self));
}

static void make_cb(TinctureWorkshopPage *self)
{
    tincture_workshop_make(work_of(self), gtk_editable_get_text(GTK_EDITABLE(self->name)),
                           (int)tincture_setting_row_get_value(self->rank));
}

// ---- the adapters -------------------------------------------------------------------------------

static void set_label(GtkWidget *widget, const char *text)
{
    gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

static void add_strengths(TinctureWorkshopPage *self, GtkWidget *row, guint i)
{
    for (const struct setting *s = workshop_strengths; s->key != NULL; s++) {
        g_autofree char *prefix = g_strdup_printf("workshop.%u", i);
        GtkWidget *strength = tincture_setting_row_new(s, prefix);
        set_index(strength, i);
        g_object_set_data(G_OBJECT(strength), "key", (gpointer)s->key);
        tincture_setting_row_set_value(TINCTURE_SETTING_ROW(strength),
                                       settings_get(item_at(self, i)->strengths, s->key));
        g_signal_connect(strength, "changed", G_CALLBACK(strength_cb), self);
        adw_expander_row_add_row(ADW_EXPANDER_ROW(row), strength);
    }
}

static void add_remove(TinctureWorkshopPage *self, GtkWidget *row, guint i)
{
    GtkWidget *button = gtk_button_new_from_icon_name("list-remove-symbolic");
    g_autofree char *name = g_strdup_printf("workshop.%u.remove", i);
    g_autofree char *says =
        g_strdup_printf(_("Take %s off this list; its file stays"), item_at(self, i)->name);
    gtk_widget_set_name(button, name);
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(button, "flat");
    gtk_widget_set_tooltip_text(button, says);
    set_label(button, says);
    set_index(button, i);
    g_signal_connect(button, "clicked", G_CALLBACK(remove_cb), self);
    adw_expander_row_add_action(ADW_EXPANDER_ROW(row), button);
    g_object_set_data(G_OBJECT(row), "remove", button);
}

static GtkWidget *row_new(TinctureWorkshopPage *self, guint i)
{
    const struct workshop_item *item = item_at(self, i);
    GtkWidget *row = adw_expander_row_new(), *check = gtk_check_button_new(),
              *use = gtk_button_new_with_label(_("Use"));
    g_autofree char *take = g_strdup_printf(_("Take %s"), item->name);
    g_autofree char *on_photo = g_strdup_printf(_("Use %s on the open photo"), item->name);
    g_autofree char *strengths = g_strdup_printf(_("Strengths of %s"), item->name);
    g_autofree char *check_name = g_strdup_printf("workshop.%u", i);
    g_autofree char *use_name = g_strdup_printf("workshop.%u.use", i);
    g_autofree char *row_name = g_strdup_printf("workshop.row.%u", i);
    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), item->name);
    gtk_widget_set_name(row, row_name);
    gtk_widget_set_tooltip_text(row, item->path);
    set_label(row, strengths);
    gtk_widget_set_name(check, check_name);
    gtk_widget_set_valign(check, GTK_ALIGN_CENTER);
    gtk_check_button_set_active(GTK_CHECK_BUTTON(check), item->chosen);
    set_label(check, take);
    set_index(check, i);
    g_signal_connect(check, "toggled", G_CALLBACK(chosen_cb), self);
    gtk_widget_set_name(use, use_name);
    gtk_widget_set_valign(use, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(use, "flat");
    gtk_widget_set_tooltip_text(use, on_photo);
    set_label(use, on_photo);
    set_index(use, i);
    g_signal_connect(use, "clicked", G_CALLBACK(use_cb), self);
    adw_expander_row_add_prefix(ADW_EXPANDER_ROW(row), check);
    adw_expander_row_add_action(ADW_EXPANDER_ROW(row), use);
    add_remove(self, row, i);
    g_object_set_data_full(G_OBJECT(row), "path", g_strdup(item->path), g_free);
    g_object_set_data(G_OBJECT(row), "check", check);
    g_object_set_data(G_OBJECT(row), "use", use);
    add_strengths(self, row, i);
    return row;
}

static gboolean has_rows_of(TinctureWorkshopPage *self)
{
    gboolean same = self->rows->len == work_of(self)->items->len;
    for (guint i = 0; same && i < self->rows->len; i++) {
        same = g_str_equal(item_at(self, i)->path, g_object_get_data(self->rows->pdata[i], "path"));
    }
    return same;
}

static void show_adapters(TinctureWorkshopPage *self)
{
    if (!has_rows_of(self)) {
        for (guint i = 0; i < self->rows->len; i++) {
            row_focus_leave(self->rows->pdata[i]);
            adw_preferences_group_remove(self->adapters, self->rows->pdata[i]);
        }
        g_ptr_array_set_size(self->rows, 0);
        for (guint i = 0; i < work_of(self)->items->len; i++) {
            GtkWidget *row = row_new(self, i);
            adw_preferences_group_add(self->adapters, row);
            g_ptr_array_add(self->rows, row);
        }
    }
    const gboolean photo = self->session->project->photo != NULL;
    for (guint i = 0; i < self->rows->len; i++) {
        GObject *row = self->rows->pdata[i];
        const struct workshop_item *item = item_at(self, i);
        gtk_check_button_set_active(g_object_get_data(row, "check"), item->chosen);
        gtk_widget_set_sensitive(g_object_get_data(row, "check"), item->fault == NULL);
        gtk_widget_set_sensitive(g_object_get_data(row, "use"), photo && item->fault == NULL);
        adw_expander_row_set_subtitle(ADW_EXPANDER_ROW(row),
                                      item->fault != NULL ? item->fault : "");
    }
    gtk_widget_set_visible(self->no_adapters, self->rows->len == 0);
}

// ---- what they do -------------------------------------------------------------------------------

static char *percent(double part)
{
    return g_strdup_printf(fabs(part) < 1 ? _("%.2g %%") : _("%.0f %%"), 100 * part);
}

// "cat: changes 2.3 % of the weights, energy by +0.003 %, |RRᵀ − I| 2e-06"
static char *size_text(const struct adapter_study *s, int a, const char *name)
{
    double before;
    const double after = study_energy(s, a, LAYER_ALL, &before);
    const double askew = study_askew(s, a, LAYER_ALL);
    g_autofree char *size = percent(study_size(s, a, LAYER_ALL));
    g_autofree char *energy = percent(after / before - 1);
    GString *text = g_string_new(NULL);
    g_string_printf(text, _("%d  %s: changes %s of the weights"), a + 1, name, size);
    if (!isnan(after)) {
        g_string_append_printf(text, _(", hyperspherical energy by %s"), energy);
    }
    if (!isnan(askew)) {
        g_string_append_printf(text, ", |RRᵀ − I| = %.1g", askew);
    }
    return g_string_free(text, FALSE);
}

static void add_size(TinctureWorkshopPage *self, int a, double most)
{
    const struct adapter_study *s = work_of(self)->study;
    const char *name = tincture_workshop_chosen(work_of(self), (guint)a)->name;
    g_autofree char *text = size_text(s, a, name);
    GtkWidget *label = gtk_label_new(text);
    g_autofree char *label_name = g_strdup_printf("workshop.size.%d", a);
    gtk_widget_set_name(label, label_name);
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_widget_add_css_class(label, "numeric");
    gtk_box_append(self->sizes, label);
    gtk_box_append(self->sizes, tincture_layer_bars_new(s, a, name, most));
}

static void show_alike(TinctureWorkshopPage *self)
{
    const struct adapter_study *s = work_of(self)->study;
    g_autofree double *values = g_new(double, s->n * s->n);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (int a = 0; a < s->n; a++) {
        g_ptr_array_add(names, tincture_workshop_chosen(work_of(self), (guint)a)->name);
        for (int b = 0; b < s->n; b++) {
            values[a * s->n + b] = study_correlation(s, a, b, LAYER_ALL, NULL);
        }
    }
    g_ptr_array_add(names, NULL);
    tincture_heat_map_set(self->alike, (const char *const *)names->pdata, values);
}

static void show_study(TinctureWorkshopPage *self)
{
    struct adapter_study *s = work_of(self)->study;
    gtk_widget_set_visible(GTK_WIDGET(self->results), s != NULL);
    if (s == self->shown) {
        return;
    }
    self->shown = s;
    GtkWidget *child;
    while ((child = gtk_widget_get_first_child(GTK_WIDGET(self->sizes))) != NULL) {
        gtk_box_remove(self->sizes, child);
    }
    if (s != NULL) {
        const double most = layer_bars_most(s);
        for (int a = 0; a < s->n; a++) {
            add_size(self, a, most);
        }
        show_alike(self);
        gtk_widget_set_visible(GTK_WIDGET(self->alike), s->n > 1);
        gtk_widget_set_visible(self->alike_title, s->n > 1);
    }
}

// ---- the work -----------------------------------------------------------------------------------

static void show_progress(TinctureWorkshopPage *self)
{
    const TinctureJob *job =
        tincture_queue_find(self->session->queue, self->session->project, &study_job);
    job = job != NULL
              ? job
              : tincture_queue_find(self->session->queue, self->session->project, &combine_job);
    job_box_show(self->progress_box, self->progress_text, self->progress, self->stop, job);
    gtk_widget_set_sensitive(GTK_WIDGET(self->adapters), job == NULL);
    gtk_widget_set_sensitive(self->measure, job == NULL);
    gtk_widget_set_sensitive(self->make, job == NULL);
}

static void changed_cb(TinctureWorkshopPage *self)
{
    const char *outcome = work_of(self)->outcome;
    self->updating++;
    show_adapters(self);
    show_study(self);
    show_progress(self);
    gtk_label_set_text(self->outcome, outcome != NULL ? outcome : "");
    gtk_widget_set_visible(GTK_WIDGET(self->outcome), outcome != NULL);
    self->updating--;
}

// ---- life ---------------------------------------------------------------------------------------

static void tincture_workshop_page_dispose(GObject *object)
{
    TinctureWorkshopPage *self = TINCTURE_WORKSHOP_PAGE(object);
    g_clear_object(&self->session);
    g_clear_pointer(&self->rows, g_ptr_array_unref);
    G_OBJECT_CLASS(tincture_workshop_page_parent_class)->dispose(object);
}

static void tincture_workshop_page_class_init(TinctureWorkshopPageClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_workshop_page_dispose;
    g_type_ensure(TINCTURE_TYPE_HEAT_MAP);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/workshop_page.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureWorkshopPage, adapters);
    gtk_widget_class_bind_template_child(widget_class, TinctureWorkshopPage, making);
    gtk_widget_class_bind_template_child(widget_class, TinctureWorkshopPage, name);
    gtk_widget_class_bind_template_child(widget_class, TinctureWorkshopPage, no_adapters);
    gtk_widget_class_bind_template_child(widget_class, TinctureWorkshopPage, measure);
    gtk_widget_class_bind_template_child(widget_class, TinctureWorkshopPage, make);
    gtk_widget_class_bind_template_child(widget_class, TinctureWorkshopPage, stop);
    gtk_widget_class_bind_template_child(widget_class, TinctureWorkshopPage, progress_box);
    gtk_widget_class_bind_template_child(widget_class, TinctureWorkshopPage, progress_text);
    gtk_widget_class_bind_template_child(widget_class, TinctureWorkshopPage, progress);
    gtk_widget_class_bind_template_child(widget_class, TinctureWorkshopPage, outcome);
    gtk_widget_class_bind_template_child(widget_class, TinctureWorkshopPage, results);
    gtk_widget_class_bind_template_child(widget_class, TinctureWorkshopPage, sizes);
    gtk_widget_class_bind_template_child(widget_class, TinctureWorkshopPage, alike);
    gtk_widget_class_bind_template_child(widget_class, TinctureWorkshopPage, alike_title);
    gtk_widget_class_bind_template_callback(widget_class, add_cb);
    gtk_widget_class_bind_template_callback(widget_class, measure_cb);
    gtk_widget_class_bind_template_callback(widget_class, make_cb);
}

static void tincture_workshop_page_init(TinctureWorkshopPage *self)
{
    self->rows = g_ptr_array_new();
    gtk_widget_init_template(GTK_WIDGET(self));
    GtkWidget *rank = tincture_setting_row_new(&workshop_rank, "workshop");
    self->rank = TINCTURE_SETTING_ROW(rank);
    adw_preferences_group_add(self->making, rank);
}

void tincture_workshop_page_set_session(TinctureWorkshopPage *self, TinctureSession *session)
{
    self->session = g_object_ref(session);
    g_signal_connect_object(session->workshop, "changed", G_CALLBACK(changed_cb), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(session->queue, "changed", G_CALLBACK(show_progress), self,
                            G_CONNECT_SWAPPED);
}

void tincture_workshop_page_show(TinctureWorkshopPage *self)
{
    tincture_workshop_look(work_of(self));
}
