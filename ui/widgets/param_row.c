// Sliders work on an adjustment in slider units: the value itself, or its decade (log10) where the
// table says that the parameter is logarithmic.
#include "ui/widgets/param_row.h"
#include "ui/widgets/row_focus.h"
#include "ui/widgets/scroll.h"

#include <locale.h>
#include <math.h>

struct _TinctureParamRow {
    AdwPreferencesRow parent_instance;

    // borrowed
    const struct param *param;

    // widgets; those that the type of parameter does not need are NULL
    GtkWidget *title, *reset, *entry, *scale, *toggle, *choice;

    // state
    double value;
    gboolean updating; // the controls are being set: ignore their signals
};

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureParamRow, tincture_param_row, ADW_TYPE_PREFERENCES_ROW)

static void slider_range(const struct param *p, double *low, double *high)
{
    gboolean own = p->slider_min != 0 || p->slider_max != 0;
    *low = own ? p->slider_min : p->min;
    *high = own ? p->slider_max : p->max;
}

static double to_slider(const struct param *p, double value)
{
    return p->logarithmic ? log10(fmax(value, 1e-12)) : value;
}

static int value_digits(const struct param *p)
{
    double low, high;
    slider_range(p, &low, &high);
    return p->type == PARAM_INT || high - low > 200 ? 0 : high - low > 20 ? 1 : 2;
}

// Slider positions become values that a person would write: 3.7, not 3.6998.
static double from_slider(const struct param *p, double position)
{
    if (p->type == PARAM_INT) {
        return round(p->logarithmic ? pow(10, position) : position);
    }
    if (p->logarithmic) {
        double value = pow(10, position);
        double unit = pow(10, floor(log10(value)) - 1);
        return round(value / unit) * unit;
    }
    double unit = pow(10, -value_digits(p));
    return round(position / unit) * unit;
}

static char *value_text(const struct param *p, double value)
{
    return p->logarithmic && p->type == PARAM_FLOAT
               ? g_strdup_printf("%.3g", value)
               : g_strdup_printf("%.*f", value_digits(p), value);
}

// In the parameter's own unit, where GtkRange gives the slider's.
static void describe_scale(TinctureParamRow *self)
{
    double low, high;
    slider_range(self->param, &low, &high);
    const char *unit = self->param->unit;
    g_autofree char *number = value_text(self->param, self->value);
    g_autofree char *text =
        unit != NULL && *unit != '\0' ? g_strdup_printf("%s %s", number, unit) : g_strdup(number);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->scale), GTK_ACCESSIBLE_PROPERTY_VALUE_NOW,
                                   self->value, GTK_ACCESSIBLE_PROPERTY_VALUE_MIN, low,
                                   GTK_ACCESSIBLE_PROPERTY_VALUE_MAX, high,
                                   GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, text, -1);
}

// Inside a drop-down it is the button that has the keyboard, so its name says what is chosen.
static void describe_choice(TinctureParamRow *self)
{
    g_autofree char *text =
        g_strdup_printf("%s: %s", self->param->title, self->param->choices[(guint)self->value]);
    gtk_accessible_update_property(GTK_ACCESSIBLE(gtk_widget_get_first_child(self->choice)),
                                   GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

// The controls show self->value.
static void show_value(TinctureParamRow *self)
{
    const struct param *p = self->param;
    self->updating = TRUE;
    if (self->scale != NULL) {
        gtk_range_set_value(GTK_RANGE(self->scale), to_slider(p, self->value));
        describe_scale(self);
    }
    if (self->entry != NULL) {
        g_autofree char *text = value_text(p, self->value);
        gtk_editable_set_text(GTK_EDITABLE(self->entry), text);
        gtk_widget_remove_css_class(self->entry, "error");
    }
    if (self->toggle != NULL) {
        gtk_switch_set_active(GTK_SWITCH(self->toggle), self->value != 0);
    }
    if (self->choice != NULL) {
        gtk_drop_down_set_selected(GTK_DROP_DOWN(self->choice), (guint)self->value);
        describe_choice(self);
    }
    if (self->reset != NULL) {
        gboolean differs = fabs(self->value - p->def) > 1e-9 * fmax(1, fabs(p->def));
        gtk_widget_set_sensitive(self->reset, differs);
        gtk_widget_set_opacity(self->reset, differs ? 1 : 0);
    }
    self->updating = FALSE;
}

static void choose(TinctureParamRow *self, double value)
{
    if (self->updating || value == self->value) {
        return;
    }
    self->value = value;
    show_value(self);
    g_signal_emit(self, signals[CHANGED], 0, value);
}

static void scale_changed_cb(TinctureParamRow *self)
{
    if (!self->updating) {
        choose(self, from_slider(self->param, gtk_range_get_value(GTK_RANGE(self->scale))));
    }
}

// Numbers in files have a decimal point; people may also type the separator of their language.
static char *with_decimal_point(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, localeconv()->decimal_point, 2);
    return g_strjoinv(".", parts);
}

static void entry_apply(TinctureParamRow *self)
{
    const char *text = gtk_editable_get_text(GTK_EDITABLE(self->entry));
    g_autofree char *shown = value_text(self->param, self->value);
    double value = 0;
    g_autoptr(GError) error = NULL;
    if (g_str_equal(text, shown)) {
        return;
    }
    g_autofree char *number = with_decimal_point(text);
    if (!param_parse(self->param, number, &value, &error)) {
        gtk_widget_add_css_class(self->entry, "error");
        gtk_widget_set_tooltip_text(self->entry, error->message);
        return;
    }
    gtk_widget_set_tooltip_text(self->entry, NULL);
    choose(self, value);
    show_value(self);
}

// When the entry loses the keyboard a valid value is kept and an invalid one forgotten.
static void entry_left_cb(TinctureParamRow *self)
{
    entry_apply(self);
    show_value(self);
}

static void toggle_changed_cb(TinctureParamRow *self)
{
    choose(self, gtk_switch_get_active(GTK_SWITCH(self->toggle)));
}

static void choice_changed_cb(TinctureParamRow *self)
{
    choose(self, gtk_drop_down_get_selected(GTK_DROP_DOWN(self->choice)));
}

static void reset_cb(TinctureParamRow *self)
{
    choose(self, self->param->def);
}

// ---- building, by type --------------------------------------------------------------------------

static void name_control(TinctureParamRow *self, GtkWidget *control)
{
    gtk_accessible_update_property(GTK_ACCESSIBLE(control), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   self->param->title, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                   self->param->help != NULL ? self->param->help : "", -1);
}

static GtkWidget *build_header(TinctureParamRow *self)
{
    GtkWidget *header = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    self->title = gtk_label_new(self->param->title);
    gtk_label_set_xalign(GTK_LABEL(self->title), 0);
    gtk_label_set_ellipsize(GTK_LABEL(self->title), PANGO_ELLIPSIZE_END);
    gtk_widget_set_hexpand(self->title, TRUE);
    gtk_box_append(GTK_BOX(header), self->title);
    return header;
}

static GtkWidget *build_reset(TinctureParamRow *self)
{
    g_autofree char *label = g_strdup_printf("Reset %s", self->param->title);
    self->reset = gtk_button_new_from_icon_name("edit-undo-symbolic");
    gtk_widget_set_tooltip_text(self->reset, "Back to the default");
    gtk_widget_set_valign(self->reset, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(self->reset, "flat");
    gtk_widget_add_css_class(self->reset, "reset");
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->reset), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   label, -1);
    g_signal_connect_swapped(self->reset, "clicked", G_CALLBACK(reset_cb), self);
    return self->reset;
}

static GtkWidget *build_entry(TinctureParamRow *self)
{
    self->entry = gtk_entry_new();
    gtk_editable_set_width_chars(GTK_EDITABLE(self->entry), 6);
    gtk_editable_set_max_width_chars(GTK_EDITABLE(self->entry), 6);
    gtk_editable_set_alignment(GTK_EDITABLE(self->entry), 1);
    gtk_entry_set_input_purpose(GTK_ENTRY(self->entry), GTK_INPUT_PURPOSE_NUMBER);
    gtk_widget_set_valign(self->entry, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(self->entry, "value");
    gtk_widget_add_css_class(self->entry, "numeric");
    name_control(self, self->entry);
    GtkEventController *focus = gtk_event_controller_focus_new();
    g_signal_connect_swapped(focus, "leave", G_CALLBACK(entry_left_cb), self);
    gtk_widget_add_controller(self->entry, focus);
    g_signal_connect_swapped(self->entry, "activate", G_CALLBACK(entry_apply), self);
    return self->entry;
}

static GtkWidget *build_scale(TinctureParamRow *self)
{
    const struct param *p = self->param;
    double low, high;
    slider_range(p, &low, &high);
    low = to_slider(p, low);
    high = to_slider(p, high);
    double step = p->type == PARAM_INT && !p->logarithmic ? 1 : (high - low) / 100;
    GtkAdjustment *adjustment = gtk_adjustment_new(low, low, high, step, step * 10, 0);
    self->scale = gtk_scale_new(GTK_ORIENTATION_HORIZONTAL, adjustment);
    gtk_range_set_round_digits(GTK_RANGE(self->scale), -1);
    widget_ignore_scroll(self->scale);
    name_control(self, self->scale);
    g_signal_connect_swapped(self->scale, "value-changed", G_CALLBACK(scale_changed_cb), self);
    return self->scale;
}

static GtkWidget *build_number(TinctureParamRow *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *header = build_header(self);
    gtk_box_append(GTK_BOX(header), build_reset(self));
    gtk_box_append(GTK_BOX(header), build_entry(self));
    gtk_box_append(GTK_BOX(box), header);
    gtk_box_append(GTK_BOX(box), build_scale(self));
    return box;
}

static GtkWidget *build_switch(TinctureParamRow *self)
{
    GtkWidget *header = build_header(self);
    self->toggle = gtk_switch_new();
    gtk_widget_set_valign(self->toggle, GTK_ALIGN_CENTER);
    name_control(self, self->toggle);
    g_signal_connect_swapped(self->toggle, "notify::active", G_CALLBACK(toggle_changed_cb), self);
    gtk_box_append(GTK_BOX(header), self->toggle);
    return header;
}

static GtkWidget *build_choice(TinctureParamRow *self)
{
    GtkWidget *header = build_header(self);
    self->choice = gtk_drop_down_new_from_strings(self->param->choices);
    gtk_widget_set_valign(self->choice, GTK_ALIGN_CENTER);
    name_control(self, self->choice);
    g_signal_connect_swapped(self->choice, "notify::selected", G_CALLBACK(choice_changed_cb), self);
    gtk_box_append(GTK_BOX(header), self->choice);
    return header;
}

static GtkWidget *build(TinctureParamRow *self)
{
    switch (self->param->type) {
    case PARAM_BOOL: return build_switch(self);
    case PARAM_CHOICE: return build_choice(self);
    case PARAM_FLOAT:
    case PARAM_INT: return build_number(self);
    }
    g_assert_not_reached();
}

static void name_widgets(TinctureParamRow *self, const char *prefix)
{
    GtkWidget *controls[] = {self->scale, self->toggle, self->choice};
    g_autofree char *name = g_strdup_printf("%s.%s", prefix, self->param->key);
    for (gsize i = 0; i < G_N_ELEMENTS(controls); i++) {
        if (controls[i] != NULL) {
            gtk_widget_set_name(controls[i], name);
        }
    }
    if (self->entry != NULL) {
        g_autofree char *entry_name = g_strdup_printf("%s.text", name);
        gtk_widget_set_name(self->entry, entry_name);
    }
}

static void tincture_param_row_class_init(TinctureParamRowClass *klass)
{
    GTK_WIDGET_CLASS(klass)->focus = row_focus_controls;
    signals[CHANGED] = g_signal_new("changed", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 1, G_TYPE_DOUBLE);
}

static void tincture_param_row_init(TinctureParamRow *self)
{
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(self), FALSE);
    gtk_list_box_row_set_selectable(GTK_LIST_BOX_ROW(self), FALSE);
    gtk_widget_set_focusable(GTK_WIDGET(self), FALSE);
    gtk_widget_add_css_class(GTK_WIDGET(self), "param");
}

GtkWidget *tincture_param_row_new(const struct param *param, const char *prefix)
{
    TinctureParamRow *self = g_object_new(TINCTURE_TYPE_PARAM_ROW, NULL);
    self->param = param;
    self->value = param->def;
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self), param->title);
    gtk_widget_set_tooltip_text(GTK_WIDGET(self), param->help);
    gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(self), build(self));
    name_widgets(self, prefix);
    show_value(self);
    return GTK_WIDGET(self);
}

double tincture_param_row_get_value(TinctureParamRow *self)
{
    g_return_val_if_fail(TINCTURE_IS_PARAM_ROW(self), 0);
    return self->value;
}

void tincture_param_row_set_value(TinctureParamRow *self, double value)
{
    g_return_if_fail(TINCTURE_IS_PARAM_ROW(self));
    if (value != self->value) {
        self->value = value;
        show_value(self);
    }
}
