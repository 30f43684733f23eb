#include "ui/widgets/adapter_row.h"

#include "compute/adapter/adapter.h"
#include "compute/i18n.h"
#include "ui/core/document.h"
#include "ui/store/store.h"
#include "ui/widgets/row_focus.h"
#include "ui/widgets/scroll.h"

struct _TinctureAdapterRow {
    AdwPreferencesRow parent_instance;

    // template widgets
    GtkLabel *name, *summary;
    GtkSwitch *enabled;
    GtkScale *scale;
    GtkLabel *scale_text;
    GtkSpinButton *from, *to;
    GtkExpander *steps;
    GtkWidget *menu, *scale_box;
    GtkWidget *told; // the badge of what is not applied
    GtkLabel *told_text;

    // state
    gint64 id;
    gboolean updating;
};

enum { ENABLED, SCALE, RANGE, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureAdapterRow, tincture_adapter_row, ADW_TYPE_PREFERENCES_ROW)

static const char *method_title(const char *name)
{
    const struct adapter_method *method = name != NULL ? adapter_method_find(name) : NULL;
    return method != NULL ? translated(method->title) : name != NULL ? name : _("Adapter");
}

static char *summary_text(const TinctureAdapterEntry *a)
{
    const char *title = method_title(a->method);
    if (a->failed) {
        return g_strdup_printf(_("%s · not loaded"), title);
    }
    if (a->total <= 0) {
        return g_strdup(title);
    }
    return a->applied == a->total
               ? g_strdup_printf(_("%s · fits the model"), title)
               : g_strdup_printf(_("%s · fits the model in part: %d of %d tensors"), title,
                                 a->applied, a->total);
}

static void show_scale(TinctureAdapterRow *self, double scale)
{
    g_autofree char *text = g_strdup_printf("%.2f", scale);
    gtk_label_set_text(self->scale_text, text);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->scale), GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT,
                                   text, -1);
}

static void show_range(TinctureAdapterRow *self, int from, int to)
{
    const gboolean updating = self->updating;
    self->updating = TRUE;
    gtk_spin_button_set_value(self->from, from);
    gtk_spin_button_set_value(self->to, to ? to : DOCUMENT_TIME_STEPS);
    self->updating = updating;
}

static void show_use(TinctureAdapterRow *self, gboolean used)
{
    gtk_widget_set_sensitive(self->scale_box, used);
    gtk_widget_set_sensitive(GTK_WIDGET(self->steps), used);
}

static void enabled_changed_cb(TinctureAdapterRow *self)
{
    show_use(self, gtk_switch_get_active(self->enabled));
    if (!self->updating) {
        g_signal_emit(self, signals[ENABLED], 0, gtk_switch_get_active(self->enabled));
    }
}

static void scale_changed_cb(TinctureAdapterRow *self)
{
    double scale = gtk_range_get_value(GTK_RANGE(self->scale));
    show_scale(self, scale);
    if (!self->updating) {
        g_signal_emit(self, signals[SCALE], 0, scale);
    }
}

// The other bound makes way for the one that a person moves.
static void bounds_changed_cb(TinctureAdapterRow *self, GtkSpinButton *moved)
{
    if (self->updating) {
        return;
    }
    int from = gtk_spin_button_get_value_as_int(self->from);
    int to = gtk_spin_button_get_value_as_int(self->to);
    from = moved == self->to ? MIN(from, to - 1) : from;
    to = MAX(to, from + 1);
    show_range(self, from, to);
    g_signal_emit(self, signals[RANGE], 0, from, to < DOCUMENT_TIME_STEPS ? to : 0);
}

static void tincture_adapter_row_dispose(GObject *object)
{
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_ADAPTER_ROW);
    G_OBJECT_CLASS(tincture_adapter_row_parent_class)->dispose(object);
}

static void tincture_adapter_row_class_init(TinctureAdapterRowClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_adapter_row_dispose;
    widget_class->focus = row_focus_controls;
    signals[ENABLED] = g_signal_new("enabled", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
    signals[SCALE] = g_signal_new("scale", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 1, G_TYPE_DOUBLE);
    signals[RANGE] = g_signal_new("range", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 2, G_TYPE_INT, G_TYPE_INT);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/adapter_row.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureAdapterRow, name);
    gtk_widget_class_bind_template_child(widget_class, TinctureAdapterRow, summary);
    gtk_widget_class_bind_template_child(widget_class, TinctureAdapterRow, enabled);
    gtk_widget_class_bind_template_child(widget_class, TinctureAdapterRow, scale);
    gtk_widget_class_bind_template_child(widget_class, TinctureAdapterRow, scale_text);
    gtk_widget_class_bind_template_child(widget_class, TinctureAdapterRow, scale_box);
    gtk_widget_class_bind_template_child(widget_class, TinctureAdapterRow, from);
    gtk_widget_class_bind_template_child(widget_class, TinctureAdapterRow, to);
    gtk_widget_class_bind_template_child(widget_class, TinctureAdapterRow, steps);
    gtk_widget_class_bind_template_child(widget_class, TinctureAdapterRow, menu);
    gtk_widget_class_bind_template_child(widget_class, TinctureAdapterRow, told);
    gtk_widget_class_bind_template_child(widget_class, TinctureAdapterRow, told_text);
    gtk_widget_class_bind_template_callback(widget_class, enabled_changed_cb);
    gtk_widget_class_bind_template_callback(widget_class, scale_changed_cb);
    gtk_widget_class_bind_template_callback(widget_class, bounds_changed_cb);
}

static void tincture_adapter_row_init(TinctureAdapterRow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    gtk_range_set_round_digits(GTK_RANGE(self->scale), 2);
    widget_ignore_scroll(GTK_WIDGET(self->scale));
    widget_ignore_scroll(GTK_WIDGET(self->from));
    widget_ignore_scroll(GTK_WIDGET(self->to));
}

static void add(GMenu *menu, const char *label, const char *action, GVariant *target)
{
    g_autoptr(GMenuItem) item = g_menu_item_new(label, NULL);
    g_menu_item_set_action_and_target_value(item, action, target);
    g_menu_append_item(menu, item);
}

// Removed it can be added again, and deleted it goes when the library's trash is emptied.
static GMenuModel *menu_of(gint64 id)
{
    GMenu *menu = g_menu_new();
    g_autoptr(GMenu) away = g_menu_new();
    add(menu, _("_Export…"), "win.export-adapter", g_variant_new_int64(id));
    add(away, _("_Remove From This Photo"), "win.remove-adapter", g_variant_new_int64(id));
    add(away, _("_Delete"), "win.delete",
        g_variant_new("(sx)", store_kind_noun(STORE_ADAPTER), id));
    g_menu_append_section(menu, NULL, G_MENU_MODEL(away));
    return G_MENU_MODEL(menu);
}

GtkWidget *tincture_adapter_row_new(gint64 id)
{
    TinctureAdapterRow *self = g_object_new(TINCTURE_TYPE_ADAPTER_ROW, NULL);
    self->id = id;
    g_autoptr(GMenuModel) menu = menu_of(id);
    gtk_menu_button_set_menu_model(GTK_MENU_BUTTON(self->menu), menu);
    return GTK_WIDGET(self);
}

gint64 tincture_adapter_row_get_id(TinctureAdapterRow *self)
{
    return self->id;
}

static void show_told(TinctureAdapterRow *self, const TinctureAdapterEntry *adapter)
{
    const bool whole = adapter->applied == adapter->total;
    gtk_widget_set_visible(self->told, adapter->told != NULL);
    gtk_label_set_text(self->told_text, adapter->told != NULL ? adapter->told : "");
    gtk_menu_button_set_icon_name(GTK_MENU_BUTTON(self->told), whole ? "dialog-information-symbolic"
                                                                     : "dialog-warning-symbolic");
    gtk_widget_set_tooltip_text(self->told, whole ? _("How this file was read")
                                                  : _("Not all of this file is applied"));
}

void tincture_adapter_row_show(TinctureAdapterRow *self, const TinctureAdapterEntry *adapter)
{
    g_return_if_fail(TINCTURE_IS_ADAPTER_ROW(self));
    g_autofree char *summary = summary_text(adapter);
    const struct {
        gpointer control;
        char *name; // owned
    } names[] = {
        {self->enabled, g_strdup_printf(_("Use %s"), adapter->name)},
        {self->scale, g_strdup_printf(_("Strength of %s"), adapter->name)},
        {self->from, g_strdup_printf(_("First time step of %s"), adapter->name)},
        {self->to, g_strdup_printf(_("Last time step of %s"), adapter->name)},
        {self->steps, g_strdup_printf(_("Time steps of %s"), adapter->name)},
        {self->menu, g_strdup_printf(_("More for %s"), adapter->name)},
        {self->told, g_strdup_printf(_("What is not applied of %s"), adapter->name)},
    };
    self->updating = TRUE;
    gtk_label_set_text(self->name, adapter->name);
    gtk_label_set_text(self->summary, summary);
    if (adapter->failed || adapter->applied < adapter->total) {
        gtk_widget_add_css_class(GTK_WIDGET(self->summary), "warning");
    } else {
        gtk_widget_remove_css_class(GTK_WIDGET(self->summary), "warning");
    }
    show_told(self, adapter);
    gtk_switch_set_active(self->enabled, adapter->enabled);
    gtk_range_set_value(GTK_RANGE(self->scale), adapter->scale);
    show_scale(self, adapter->scale);
    show_range(self, adapter->from, adapter->to);
    if (adapter->from || adapter->to) {
        gtk_expander_set_expanded(self->steps, TRUE);
    }
    show_use(self, adapter->enabled);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self), adapter->name);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        gtk_accessible_update_property(GTK_ACCESSIBLE(names[i].control),
                                       GTK_ACCESSIBLE_PROPERTY_LABEL, names[i].name, -1);
        g_free(names[i].name);
    }
    self->updating = FALSE;
}
