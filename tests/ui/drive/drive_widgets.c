#include "tests/ui/drive/drive_private.h"

#include "ui/canvas/canvas.h"
#include "ui/widgets/prompt_view.h"

#include <string.h>

// By its widget name; a button also by its label, as messages are not of our making.
static gboolean is_called(GtkWidget *widget, const char *name)
{
    return strcmp(gtk_widget_get_name(widget), name) == 0 ||
           (GTK_IS_BUTTON(widget) && gtk_widget_get_mapped(widget) &&
            g_strcmp0(gtk_button_get_label(GTK_BUTTON(widget)), name) == 0);
}

static GtkWidget *find_first(GtkWidget *root, const char *name, gboolean mapped)
{
    if (is_called(root, name) && (!mapped || gtk_widget_get_mapped(root))) {
        return root;
    }
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        GtkWidget *found = find_first(child, name, mapped);
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

// What is not seen in the window may be in another one, such as the preferences.
static GtkWidget *find_seen(GtkWidget *root, const char *name)
{
    GListModel *windows = gtk_window_get_toplevels();
    GtkWidget *found = find_first(root, name, TRUE);
    for (guint i = 0; found == NULL && i < g_list_model_get_n_items(windows); i++) {
        g_autoptr(GtkWidget) window = g_list_model_get_item(windows, i);
        found = find_first(window, name, TRUE);
    }
    return found;
}

// Panels of a photo and of a subject's photo have the same names: the one that is seen counts.
static GtkWidget *find(GtkWidget *root, const char *name)
{
    GtkWidget *found = find_seen(root, name);
    return found != NULL ? found : find_first(root, name, FALSE);
}

static char *item_text(GListModel *model, guint position)
{
    g_autoptr(GObject) item = g_list_model_get_item(model, position);
    return GTK_IS_STRING_OBJECT(item)
               ? g_strdup(gtk_string_object_get_string(GTK_STRING_OBJECT(item)))
               : NULL;
}

static gboolean select_item(GtkWidget *widget, GListModel *model, const char *value)
{
    for (guint i = 0; i < g_list_model_get_n_items(model); i++) {
        g_autofree char *text = item_text(model, i);
        if (g_strcmp0(text, value) == 0) {
            g_object_set(widget, "selected", i, NULL);
            return TRUE;
        }
    }
    return FALSE;
}

static GListModel *choices(GtkWidget *widget)
{
    return ADW_IS_COMBO_ROW(widget)   ? adw_combo_row_get_model(ADW_COMBO_ROW(widget))
           : GTK_IS_DROP_DOWN(widget) ? gtk_drop_down_get_model(GTK_DROP_DOWN(widget))
                                      : NULL;
}

// Those of a list or a grid; NULL: it is neither.
static GListModel *items(GtkWidget *widget)
{
    return GTK_IS_LIST_VIEW(widget)   ? G_LIST_MODEL(gtk_list_view_get_model(GTK_LIST_VIEW(widget)))
           : GTK_IS_GRID_VIEW(widget) ? G_LIST_MODEL(gtk_grid_view_get_model(GTK_GRID_VIEW(widget)))
                                      : NULL;
}

// By the title that it shows, or by its place.
static guint find_item(GListModel *model, const char *value)
{
    const guint n = g_list_model_get_n_items(model);
    for (guint i = 0; i < n; i++) {
        g_autoptr(GObject) item = g_list_model_get_item(model, i);
        g_autofree char *title = NULL;
        if (g_object_class_find_property(G_OBJECT_GET_CLASS(item), "title") != NULL) {
            g_object_get(item, "title", &title, NULL);
        }
        if (g_strcmp0(title, value) == 0) {
            return i;
        }
    }
    char *end = NULL;
    const guint64 place = g_ascii_strtoull(value, &end, 10);
    return end != value && *end == '\0' && place < n ? (guint)place : GTK_INVALID_LIST_POSITION;
}

static void add_choices(GString *text, GtkWidget *root)
{
    GListModel *model = gtk_widget_get_mapped(root) ? choices(root) : NULL;
    for (guint i = 0; model != NULL && i < g_list_model_get_n_items(model); i++) {
        g_autofree char *item = item_text(model, i);
        g_string_append_printf(text, "%s; ", item != NULL ? item : "");
    }
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        add_choices(text, child);
    }
}

GtkWidget *drive_widget_find(GtkWidget *root, const char *name)
{
    return find(root, name);
}

char *drive_widget_choices(GtkWidget *root)
{
    GString *text = g_string_new("");
    add_choices(text, root);
    return g_string_free(text, FALSE);
}

static gboolean is_on(const char *value)
{
    return g_str_equal(value, "on") || g_str_equal(value, "1");
}

// As one types, where it is what is there and more: it changes once.
static void set_text(GtkEditable *text, const char *value)
{
    const char *there = gtk_editable_get_text(text);
    int end = (int)g_utf8_strlen(there, -1);
    if (g_str_has_prefix(value, there)) {
        gtk_editable_insert_text(text, value + strlen(there), -1, &end);
    } else {
        gtk_editable_set_text(text, value);
    }
}

gboolean drive_widget_set(GtkWidget *root, const char *name, const char *value)
{
    GtkWidget *widget = find(root, name);
    if (widget == NULL || !gtk_widget_is_sensitive(widget)) {
        return FALSE;
    }
    if (GTK_IS_TEXT_VIEW(widget)) {
        g_autoptr(GString) text = g_string_new(value);
        g_string_replace(text, "\\n", "\n", 0);
        gtk_text_buffer_set_text(gtk_text_view_get_buffer(GTK_TEXT_VIEW(widget)), text->str, -1);
        return TRUE;
    }
    if (GTK_IS_RANGE(widget)) {
        gtk_range_set_value(GTK_RANGE(widget), g_ascii_strtod(value, NULL));
        return TRUE;
    }
    if (GTK_IS_SPIN_BUTTON(widget)) {
        gtk_spin_button_set_value(GTK_SPIN_BUTTON(widget), g_ascii_strtod(value, NULL));
        return TRUE;
    }
    if (GTK_IS_ENTRY(widget)) {
        gtk_editable_set_text(GTK_EDITABLE(widget), value);
        g_signal_emit_by_name(widget, "activate");
        return TRUE;
    }
    if (GTK_IS_SEARCH_ENTRY(widget) || ADW_IS_ENTRY_ROW(widget)) {
        set_text(GTK_EDITABLE(widget), value);
        return TRUE;
    }
    if (GTK_IS_SWITCH(widget)) {
        gtk_switch_set_active(GTK_SWITCH(widget), is_on(value));
        return TRUE;
    }
    if (GTK_IS_CHECK_BUTTON(widget)) {
        gtk_check_button_set_active(GTK_CHECK_BUTTON(widget), is_on(value));
        return TRUE;
    }
    if (TINCTURE_IS_CANVAS(widget)) {
        tincture_canvas_set_split(TINCTURE_CANVAS(widget), g_ascii_strtod(value, NULL));
        return TRUE;
    }
    if (items(widget) != NULL) {
        const guint position = find_item(items(widget), value);
        if (position != GTK_INVALID_LIST_POSITION) {
            g_signal_emit_by_name(widget, "activate", position);
        }
        return position != GTK_INVALID_LIST_POSITION;
    }
    if (GTK_IS_LIST_BOX(widget)) {
        GtkWidget *row = find(widget, value);
        if (row != NULL) {
            g_signal_emit_by_name(widget, "row-activated", row);
        }
        return row != NULL;
    }
    if (GTK_IS_EXPANDER(widget)) {
        gtk_expander_set_expanded(GTK_EXPANDER(widget), is_on(value));
        return TRUE;
    }
    if (ADW_IS_EXPANDER_ROW(widget)) {
        adw_expander_row_set_expanded(ADW_EXPANDER_ROW(widget), is_on(value));
        return TRUE;
    }
    return choices(widget) != NULL && select_item(widget, choices(widget), value);
}

gboolean drive_widget_click(GtkWidget *root, const char *name)
{
    GtkWidget *widget = find_seen(root, name); // nobody clicks what is not
    if (widget != NULL && ADW_IS_SPLIT_BUTTON(widget)) {
        adw_split_button_popup(ADW_SPLIT_BUTTON(widget));
        return TRUE;
    }
    return widget != NULL && gtk_widget_is_sensitive(widget) && gtk_widget_activate(widget);
}

char *drive_widget_get(GtkWidget *root, const char *name)
{
    GtkWidget *widget = find(root, name);
    if (widget == NULL) {
        return NULL;
    }
    if (TINCTURE_IS_PROMPT_VIEW(widget)) {
        return tincture_prompt_view_dup_text(TINCTURE_PROMPT_VIEW(widget));
    }
    if (GTK_IS_RANGE(widget)) {
        char text[G_ASCII_DTOSTR_BUF_SIZE];
        return g_strdup(
            g_ascii_formatd(text, sizeof text, "%g", gtk_range_get_value(GTK_RANGE(widget))));
    }
    if (GTK_IS_EDITABLE(widget)) {
        return g_strdup(gtk_editable_get_text(GTK_EDITABLE(widget)));
    }
    if (GTK_IS_SWITCH(widget)) {
        return g_strdup(gtk_switch_get_active(GTK_SWITCH(widget)) ? "on" : "off");
    }
    if (GTK_IS_CHECK_BUTTON(widget)) {
        return g_strdup(gtk_check_button_get_active(GTK_CHECK_BUTTON(widget)) ? "on" : "off");
    }
    if (ADW_IS_STATUS_PAGE(widget)) {
        return g_strdup(adw_status_page_get_title(ADW_STATUS_PAGE(widget)));
    }
    if (GTK_IS_LABEL(widget)) {
        return g_strdup(gtk_label_get_text(GTK_LABEL(widget)));
    }
    if (items(widget) != NULL) {
        return g_strdup_printf("%u", g_list_model_get_n_items(items(widget)));
    }
    if (choices(widget) != NULL) {
        guint selected = GTK_INVALID_LIST_POSITION;
        g_object_get(widget, "selected", &selected, NULL);
        return item_text(choices(widget), selected);
    }
    return g_strdup(gtk_widget_get_mapped(widget) ? "visible" : "hidden");
}

char *drive_widget_rows(GtkWidget *root, const char *name)
{
    GtkWidget *widget = find(root, name);
    int rows = 0;
    if (!GTK_IS_LIST_BOX(widget)) {
        return NULL;
    }
    while (gtk_list_box_get_row_at_index(GTK_LIST_BOX(widget), rows) != NULL) {
        rows++;
    }
    return g_strdup_printf("%d", rows);
}

gboolean drive_widget_middle(GtkWidget *root, const char *name, double *x, double *y)
{
    GtkWidget *widget = find(root, name);
    return widget != NULL && gtk_widget_get_mapped(widget) &&
           gtk_widget_translate_coordinates(widget, root, gtk_widget_get_width(widget) / 2.0,
                                            gtk_widget_get_height(widget) / 2.0, x, y);
}

static char *first_text(GtkWidget *root)
{
    if (GTK_IS_LABEL(root)) {
        return g_strdup(gtk_label_get_text(GTK_LABEL(root)));
    }
    char *text = NULL;
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL && text == NULL;
         child = gtk_widget_get_next_sibling(child)) {
        text = first_text(child);
    }
    return text;
}

char *drive_widget_toast(GtkWidget *root)
{
    if (g_str_equal(G_OBJECT_TYPE_NAME(root), "AdwToastWidget") && gtk_widget_get_mapped(root)) {
        return first_text(root);
    }
    char *text = NULL;
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL && text == NULL;
         child = gtk_widget_get_next_sibling(child)) {
        text = drive_widget_toast(child);
    }
    return text;
}

gboolean drive_widget_is_sensitive(GtkWidget *root, const char *name)
{
    GtkWidget *widget = find(root, name);
    return widget != NULL && gtk_widget_is_sensitive(widget);
}

gboolean drive_widget_is_inside(GtkWidget *root, const char *name)
{
    GtkWidget *widget = find(root, name);
    graphene_rect_t bounds, window;
    graphene_rect_init(&window, 0, 0, (float)gtk_widget_get_width(root),
                       (float)gtk_widget_get_height(root));
    // What has scrolled away is not in the window.
    GtkWidget *around = widget != NULL ? gtk_widget_get_ancestor(widget, GTK_TYPE_VIEWPORT) : NULL;
    if (around != NULL && gtk_widget_compute_bounds(around, root, &bounds)) {
        graphene_rect_intersection(&window, &bounds, &window);
    }
    return widget != NULL && gtk_widget_get_mapped(widget) &&
           gtk_widget_compute_bounds(widget, root, &bounds) &&
           graphene_rect_contains_rect(&window, &bounds);
}

gboolean drive_widget_has_menu(GtkWidget *root)
{
    if (GTK_IS_POPOVER(root)) {
        return gtk_widget_get_mapped(root);
    }
    GtkWidget *child = gtk_widget_get_first_child(root);
    while (child != NULL && !drive_widget_has_menu(child)) {
        child = gtk_widget_get_next_sibling(child);
    }
    return child != NULL;
}

// A control's action, or else its name, or that of the nearest widget around it that has one.
char *drive_widget_focus(GtkWidget *root)
{
    GtkWidget *widget = gtk_root_get_focus(GTK_ROOT(root));
    const char *action =
        GTK_IS_ACTIONABLE(widget) ? gtk_actionable_get_action_name(GTK_ACTIONABLE(widget)) : NULL;
    if (action != NULL) {
        return g_strdup(action);
    }
    while (widget != NULL && g_str_equal(gtk_widget_get_name(widget), G_OBJECT_TYPE_NAME(widget))) {
        widget = gtk_widget_get_parent(widget);
    }
    return g_strdup(widget != NULL ? gtk_widget_get_name(widget) : "none");
}
