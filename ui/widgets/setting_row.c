// Sliders work on an adjustment in slider units: the value itself, or its decade (log10) where the
// table says that the setting is logarithmic.
#include "ui/widgets/setting_row.h"
#include "compute/i18n.h"
#include "ui/widgets/row_focus.h"
#include "ui/widgets/scroll.h"
#include "ui/widgets/spoken_names.h"

#include <locale.h>
#include <math.h>

struct _TinctureSettingRow {
    AdwPreferencesRow parent_instance;

    // borrowed
    const struct setting *setting;

    // widgets; those that the kind of setting does not need are NULL
    GtkWidget *title, *reset, *entry, *scale, *toggle, *choice, *summary;

    // state
    double value;
    gboolean updating; // the controls are being set: ignore their signals
};

enum { CHANGED, TYPED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureSettingRow, tincture_setting_row, ADW_TYPE_PREFERENCES_ROW)

static void slider_range(const struct setting *p, double *low, double *high)
{
    gboolean own = p->slider_min != 0 || p->slider_max != 0;
    *low = own ? p->slider_min : p->min;
    *high = own ? p->slider_max : p->max;
}

static double to_slider(const struct setting *p, double value)
{
    return p->logarithmic ? log10(fmax(value, 1e-12)) : value;
}

static int value_digits(const struct setting *p)
{
    double low, high;
    slider_range(p, &low, &high);
    return p->kind == SETTING_INT || high - low > 200 ? 0 : high - low > 20 ? 1 : 2;
}

// Slider positions become values that a person would write: 3.7, not 3.6998.
static double from_slider(const struct setting *p, double position)
{
    if (p->kind == SETTING_INT) {
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

static char *value_text(const struct setting *p, double value)
{
    return p->logarithmic && p->kind == SETTING_FLOAT
               ? g_strdup_printf("%.3g", value)
               : g_strdup_printf("%.*f", value_digits(p), value);
}

// ---- choices ------------------------------------------------------------------------------------

static gboolean is_offered(const struct setting *p, int i)
{
    return p->family == NULL || p->family(i)->level != SETTING_HIDDEN;
}

static const char *choice_title(const struct setting *p, int i)
{
    return translated(setting_choice_title(p, i));
}

// Where the i-th choice stands in the list; one that is not offered stands nowhere.
static guint choice_position(const struct setting *p, int i)
{
    guint position = 0;
    for (int k = 0; k < i; k++) {
        position += is_offered(p, k) ? 1 : 0;
    }
    return is_offered(p, i) ? position : GTK_INVALID_LIST_POSITION;
}

static int choice_at(const struct setting *p, guint position)
{
    int i = 0;
    while (choice_position(p, i) != position) {
        i++;
    }
    return i;
}

// ---- what is shown ------------------------------------------------------------------------------

// In the setting's own unit, where GtkRange gives the slider's.
static void describe_scale(TinctureSettingRow *self)
{
    double low, high;
    slider_range(self->setting, &low, &high);
    const char *unit = translated(self->setting->unit);
    g_autofree char *number = value_text(self->setting, self->value);
    g_autofree char *text =
        unit != NULL ? g_strdup_printf("%s %s", number, unit) : g_strdup(number);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->scale), GTK_ACCESSIBLE_PROPERTY_VALUE_NOW,
                                   self->value, GTK_ACCESSIBLE_PROPERTY_VALUE_MIN, low,
                                   GTK_ACCESSIBLE_PROPERTY_VALUE_MAX, high,
                                   GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, text, -1);
}

// The controls show self->value.
static void show_value(TinctureSettingRow *self)
{
    const struct setting *p = self->setting;
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
        gtk_drop_down_set_selected(GTK_DROP_DOWN(self->choice),
                                   choice_position(p, (int)self->value));
    }
    if (self->summary != NULL) {
        const struct member *chosen = self->setting->family((int)self->value);
        gtk_label_set_text(GTK_LABEL(self->summary), translated(chosen->summary));
        gtk_widget_set_visible(self->summary, chosen->summary != NULL);
    }
    if (self->reset != NULL) {
        gboolean differs = fabs(self->value - p->def) > 1e-9 * fmax(1, fabs(p->def));
        gtk_widget_set_sensitive(self->reset, differs);
        gtk_widget_set_opacity(self->reset, differs ? 1 : 0);
    }
    self->updating = FALSE;
}

static void choose(TinctureSettingRow *self, double value)
{
    if (self->updating || value == self->value) {
        return;
    }
    self->value = value;
    show_value(self);
    g_signal_emit(self, signals[CHANGED], 0, value);
}

static void scale_changed_cb(TinctureSettingRow *self)
{
    if (!self->updating) {
        choose(self, from_slider(self->setting, gtk_range_get_value(GTK_RANGE(self->scale))));
    }
}

// Numbers in files have a decimal point; people may also type the separator of their language.
static char *with_decimal_point(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, localeconv()->decimal_point, 2);
    return g_strjoinv(".", parts);
}

static void entry_apply(TinctureSettingRow *self)
{
    const char *text = gtk_editable_get_text(GTK_EDITABLE(self->entry));
    g_autofree char *shown = value_text(self->setting, self->value);
    double value = 0;
    g_autoptr(GError) error = NULL;
    if (g_str_equal(text, shown)) {
        return;
    }
    g_autofree char *number = with_decimal_point(text);
    if (!setting_parse(self->setting, number, &value, &error)) {
        gtk_widget_add_css_class(self->entry, "error");
        gtk_widget_set_tooltip_text(self->entry, error->message);
        return;
    }
    gtk_widget_set_tooltip_text(self->entry, NULL);
    choose(self, value);
    show_value(self);
}

static void typed_cb(TinctureSettingRow *self)
{
    if (!self->updating) {
        g_signal_emit(self, signals[TYPED], 0);
    }
}

// When the entry loses the keyboard a valid value is kept and an invalid one forgotten.
static void entry_left_cb(TinctureSettingRow *self)
{
    entry_apply(self);
    show_value(self);
    g_signal_emit(self, signals[TYPED], 0);
}

static void toggle_changed_cb(TinctureSettingRow *self)
{
    choose(self, gtk_switch_get_active(GTK_SWITCH(self->toggle)));
}

static void choice_changed_cb(TinctureSettingRow *self)
{
    const guint position = gtk_drop_down_get_selected(GTK_DROP_DOWN(self->choice));
    if (position != GTK_INVALID_LIST_POSITION) {
        choose(self, choice_at(self->setting, position));
    }
}

static void reset_cb(TinctureSettingRow *self)
{
    choose(self, self->setting->def);
}

// ---- building, by type --------------------------------------------------------------------------

static void name_control(TinctureSettingRow *self, GtkWidget *control)
{
    gtk_accessible_update_property(GTK_ACCESSIBLE(control), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   translated(self->setting->title),
                                   GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                   self->setting->help ? translated(self->setting->help) : "", -1);
}

static GtkWidget *build_header(TinctureSettingRow *self)
{
    GtkWidget *header = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    self->title = gtk_label_new(translated(self->setting->title));
    gtk_label_set_xalign(GTK_LABEL(self->title), 0);
    gtk_label_set_wrap(GTK_LABEL(self->title), TRUE);
    gtk_label_set_wrap_mode(GTK_LABEL(self->title), PANGO_WRAP_WORD_CHAR);
    gtk_widget_set_hexpand(self->title, TRUE);
    gtk_box_append(GTK_BOX(header), self->title);
    return header;
}

static GtkWidget *build_reset(TinctureSettingRow *self)
{
    g_autofree char *label = g_strdup_printf(_("Reset %s"), translated(self->setting->title));
    self->reset = gtk_button_new_from_icon_name("edit-undo-symbolic");
    gtk_widget_set_tooltip_text(self->reset, _("Back to the default"));
    gtk_widget_set_valign(self->reset, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(self->reset, "flat");
    gtk_widget_add_css_class(self->reset, "reset");
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->reset), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   label, -1);
    g_signal_connect_swapped(self->reset, "clicked", G_CALLBACK(reset_cb), self);
    return self->reset;
}

static GtkWidget *build_entry(TinctureSettingRow *self)
{
    self->entry = gtk_entry_new();
    gtk_editable_set_width_chars(GTK_EDITABLE(self->entry), 6);
    gtk_editable_set_max_width_chars(GTK_EDITABLE(self->entry), 6);
    gtk_editable_set_alignment(GTK_EDITABLE(self->entry), 1);
    gtk_editable_set_enable_undo(GTK_EDITABLE(self->entry), FALSE); // the document has it
    gtk_entry_set_input_purpose(GTK_ENTRY(self->entry), GTK_INPUT_PURPOSE_NUMBER);
    gtk_widget_set_valign(self->entry, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(self->entry, "value");
    gtk_widget_add_css_class(self->entry, "numeric");
    name_control(self, self->entry);
    GtkEventController *focus = gtk_event_controller_focus_new();
    g_signal_connect_swapped(focus, "leave", G_CALLBACK(entry_left_cb), self);
    gtk_widget_add_controller(self->entry, focus);
    g_signal_connect_swapped(self->entry, "activate", G_CALLBACK(entry_apply), self);
    g_signal_connect_swapped(self->entry, "changed", G_CALLBACK(typed_cb), self);
    return self->entry;
}

static GtkWidget *build_scale(TinctureSettingRow *self)
{
    const struct setting *p = self->setting;
    double low, high;
    slider_range(p, &low, &high);
    low = to_slider(p, low);
    high = to_slider(p, high);
    double step = p->kind == SETTING_INT && !p->logarithmic ? 1 : (high - low) / 100;
    GtkAdjustment *adjustment = gtk_adjustment_new(low, low, high, step, step * 10, 0);
    self->scale = gtk_scale_new(GTK_ORIENTATION_HORIZONTAL, adjustment);
    gtk_range_set_round_digits(GTK_RANGE(self->scale), -1);
    widget_ignore_scroll(self->scale);
    name_control(self, self->scale);
    g_signal_connect_swapped(self->scale, "value-changed", G_CALLBACK(scale_changed_cb), self);
    return self->scale;
}

static GtkWidget *build_number(TinctureSettingRow *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *header = build_header(self);
    gtk_box_append(GTK_BOX(header), build_reset(self));
    gtk_box_append(GTK_BOX(header), build_entry(self));
    gtk_box_append(GTK_BOX(box), header);
    gtk_box_append(GTK_BOX(box), build_scale(self));
    return box;
}

static GtkWidget *build_switch(TinctureSettingRow *self)
{
    GtkWidget *header = build_header(self);
    self->toggle = gtk_switch_new();
    gtk_widget_set_valign(self->toggle, GTK_ALIGN_CENTER);
    name_control(self, self->toggle);
    g_signal_connect_swapped(self->toggle, "notify::active", G_CALLBACK(toggle_changed_cb), self);
    gtk_box_append(GTK_BOX(header), self->toggle);
    return header;
}

// Of a family: what the chosen member is, under the row.
static GtkWidget *build_summary(TinctureSettingRow *self)
{
    self->summary = gtk_label_new(NULL);
    gtk_label_set_xalign(GTK_LABEL(self->summary), 0);
    gtk_label_set_wrap(GTK_LABEL(self->summary), TRUE);
    gtk_widget_add_css_class(self->summary, "dim-label");
    gtk_widget_add_css_class(self->summary, "caption");
    return self->summary;
}

static GtkWidget *build_choice(TinctureSettingRow *self)
{
    GtkWidget *header = build_header(self);
    g_autoptr(GtkStringList) titles = gtk_string_list_new(NULL);
    for (int i = 0; i < setting_choices(self->setting); i++) {
        if (is_offered(self->setting, i)) {
            gtk_string_list_append(titles, choice_title(self->setting, i));
        }
    }
    self->choice = gtk_drop_down_new(G_LIST_MODEL(g_steal_pointer(&titles)), NULL);
    gtk_widget_set_valign(self->choice, GTK_ALIGN_CENTER);
    name_control(self, self->choice);
    spoken_names_add_drop_down(GTK_DROP_DOWN(self->choice), translated(self->setting->title));
    g_signal_connect_swapped(self->choice, "notify::selected", G_CALLBACK(choice_changed_cb), self);
    gtk_box_append(GTK_BOX(header), self->choice);
    if (self->setting->family == NULL) {
        return header;
    }
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    gtk_box_append(GTK_BOX(box), header);
    gtk_box_append(GTK_BOX(box), build_summary(self));
    return box;
}

static GtkWidget *build(TinctureSettingRow *self)
{
    switch (self->setting->kind) {
    case SETTING_SWITCH: return build_switch(self);
    case SETTING_CHOICE: return build_choice(self);
    case SETTING_FLOAT:
    case SETTING_INT: return build_number(self);
    }
    g_assert_not_reached();
}

static void name_widgets(TinctureSettingRow *self, const char *prefix)
{
    GtkWidget *controls[] = {self->scale, self->toggle, self->choice};
    g_autofree char *name = g_strdup_printf("%s.%s", prefix, self->setting->key);
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

static void tincture_setting_row_class_init(TinctureSettingRowClass *klass)
{
    GTK_WIDGET_CLASS(klass)->focus = row_focus_controls;
    signals[CHANGED] = g_signal_new("changed", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 1, G_TYPE_DOUBLE);
    signals[TYPED] = g_signal_new("typed", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 0);
}

static void tincture_setting_row_init(TinctureSettingRow *self)
{
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(self), FALSE);
    gtk_list_box_row_set_selectable(GTK_LIST_BOX_ROW(self), FALSE);
    gtk_widget_set_focusable(GTK_WIDGET(self), FALSE);
    gtk_widget_add_css_class(GTK_WIDGET(self), "param");
}

GtkWidget *tincture_setting_row_new(const struct setting *setting, const char *prefix)
{
    TinctureSettingRow *self = g_object_new(TINCTURE_TYPE_SETTING_ROW, NULL);
    self->setting = setting;
    self->value = setting->def;
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self), translated(setting->title));
    gtk_widget_set_tooltip_text(GTK_WIDGET(self), translated(setting->help));
    gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(self), build(self));
    name_widgets(self, prefix);
    show_value(self);
    return GTK_WIDGET(self);
}

double tincture_setting_row_get_value(TinctureSettingRow *self)
{
    g_return_val_if_fail(TINCTURE_IS_SETTING_ROW(self), 0);
    return self->value;
}

void tincture_setting_row_set_value(TinctureSettingRow *self, double value)
{
    g_return_if_fail(TINCTURE_IS_SETTING_ROW(self));
    // What was typed and is no value goes, too, once there is something to show.
    const gboolean refused = self->entry != NULL && gtk_widget_has_css_class(self->entry, "error");
    if (value != self->value || refused) {
        self->value = value;
        show_value(self);
    }
}

char *tincture_setting_row_dup_fault(TinctureSettingRow *self)
{
    g_return_val_if_fail(TINCTURE_IS_SETTING_ROW(self), NULL);
    const struct setting *p = self->setting;
    const char *text = self->entry ? gtk_editable_get_text(GTK_EDITABLE(self->entry)) : NULL;
    g_autofree char *shown = self->entry ? value_text(p, self->value) : NULL;
    g_autofree char *number = text ? with_decimal_point(text) : NULL;
    double value;
    if (text == NULL || g_str_equal(text, shown) || setting_parse(p, number, &value, NULL)) {
        return NULL;
    }
    g_autofree char *least = value_text(p, p->min), *most = value_text(p, p->max);
    return g_strdup_printf(_("%s: “%s” is not a number from %s to %s"), translated(p->title), text,
                           least, most);
}

void tincture_setting_row_mark(TinctureSettingRow *self, const char *name)
{
    g_return_if_fail(TINCTURE_IS_SETTING_ROW(self) && self->setting->family != NULL);
    GtkStringList *list = GTK_STRING_LIST(gtk_drop_down_get_model(GTK_DROP_DOWN(self->choice)));
    const guint n = g_list_model_get_n_items(G_LIST_MODEL(list));
    gboolean changed = FALSE;
    for (guint i = 0; i < n; i++) {
        const struct member *m = self->setting->family(choice_at(self->setting, i));
        const gboolean marked = g_strcmp0(m->name, name) == 0;
        const char *title = translated(m->title);
        g_autofree char *text =
            marked ? g_strdup_printf(_("%s (of the model)"), title) : g_strdup(title);
        if (!g_str_equal(text, gtk_string_list_get_string(list, i))) {
            self->updating = TRUE; // what is chosen stays chosen
            gtk_string_list_splice(list, i, 1, (const char *[]){text, NULL});
            changed = TRUE;
        }
    }
    if (changed) {
        show_value(self);
    }
}
