#include "ui/widgets/setting_list.h"

#include "ui/widgets/setting_row.h"

struct setting_list {
    // borrowed
    AdwPreferencesGroup *group;
    AdwExpanderRow *expert;
    setting_changed_fn changed;
    setting_typed_fn typed; // NULL: nobody asks
    gpointer data;

    // owned
    char *prefix, *left_out; // left_out: a key, NULL: none
    GPtrArray *settings;     // const struct setting *: what the rows are of
    GPtrArray *rows;         // TinctureSettingRow *, borrowed from group and expert
};

struct setting_list *setting_list_new(AdwPreferencesGroup *group, AdwExpanderRow *expert,
                                      const char *prefix, setting_changed_fn changed, gpointer data)
{
    struct setting_list *list = g_new0(struct setting_list, 1);
    *list = (struct setting_list){
        .group = group,
        .expert = expert,
        .changed = changed,
        .data = data,
        .prefix = g_strdup(prefix),
        .settings = g_ptr_array_new(),
        .rows = g_ptr_array_new(),
    };
    return list;
}

void setting_list_free(struct setting_list *list)
{
    if (list == NULL) {
        return;
    }
    for (guint i = 0; i < list->rows->len; i++) {
        g_signal_handlers_disconnect_by_data(list->rows->pdata[i], list);
    }
    g_ptr_array_unref(list->settings);
    g_ptr_array_unref(list->rows);
    g_free(list->prefix);
    g_free(list->left_out);
    g_free(list);
}

static void changed_cb(GtkWidget *row, double value, struct setting_list *list)
{
    guint i = 0;
    if (g_ptr_array_find(list->rows, row, &i)) {
        const struct setting *setting = list->settings->pdata[i];
        list->changed(setting->key, value, list->data);
    }
}

static void typed_cb(GtkWidget *row, struct setting_list *list)
{
    if (list->typed != NULL) {
        list->typed(list->data);
    }
}

void setting_list_on_typed(struct setting_list *list, setting_typed_fn typed)
{
    list->typed = typed;
}

char *setting_list_dup_fault(struct setting_list *list)
{
    char *fault = NULL;
    for (guint i = 0; i < list->rows->len && fault == NULL; i++) {
        fault = tincture_setting_row_dup_fault(list->rows->pdata[i]);
    }
    return fault;
}

static gboolean is_expert(const struct setting *setting)
{
    return setting->level == SETTING_EXPERT;
}

static void remove_row(struct setting_list *list, guint i)
{
    GtkWidget *row = list->rows->pdata[i];
    g_signal_handlers_disconnect_by_data(row, list);
    if (is_expert(list->settings->pdata[i])) {
        adw_expander_row_remove(list->expert, row);
    } else {
        adw_preferences_group_remove(list->group, row);
    }
    g_ptr_array_remove_index(list->settings, i);
    g_ptr_array_remove_index(list->rows, i);
}

static void add_row(struct setting_list *list, const struct setting *setting)
{
    GtkWidget *row = tincture_setting_row_new(setting, list->prefix);
    g_signal_connect(row, "changed", G_CALLBACK(changed_cb), list);
    g_signal_connect(row, "typed", G_CALLBACK(typed_cb), list);
    if (is_expert(setting)) {
        adw_expander_row_add_row(list->expert, row);
    } else {
        adw_preferences_group_add(list->group, row);
    }
    g_ptr_array_add(list->settings, (gpointer)setting);
    g_ptr_array_add(list->rows, row);
}

// Rows in front that stay the same are left alone: the one that a person has just used is among
// them, and keeps the keyboard.
static gboolean follow(struct setting_list *list, GPtrArray *wanted)
{
    guint same = 0;
    while (same < wanted->len && same < list->settings->len &&
           wanted->pdata[same] == list->settings->pdata[same]) {
        same++;
    }
    if (same == wanted->len && same == list->settings->len) {
        return FALSE;
    }
    while (list->rows->len > same) {
        remove_row(list, list->rows->len - 1);
    }
    gboolean expert = FALSE;
    for (guint i = same; i < wanted->len; i++) {
        add_row(list, wanted->pdata[i]);
    }
    for (guint i = 0; i < wanted->len; i++) {
        expert = expert || is_expert(wanted->pdata[i]);
    }
    if (list->expert != NULL) {
        gtk_widget_set_visible(GTK_WIDGET(list->expert), expert);
    }
    return TRUE;
}

void setting_list_leave_out(struct setting_list *list, const char *key)
{
    g_free(list->left_out);
    list->left_out = g_strdup(key);
}

gboolean setting_list_show(struct setting_list *list, const struct settings *settings)
{
    g_autoptr(GPtrArray) wanted = g_ptr_array_new();
    struct settings *owner;
    const struct setting *row;
    for (int i = 0; (row = settings_row(settings, i, NULL)) != NULL; i++) {
        if (row->level != SETTING_HIDDEN && g_strcmp0(row->key, list->left_out) != 0) {
            g_ptr_array_add(wanted, (gpointer)row);
        }
    }
    const gboolean others = follow(list, wanted);
    for (guint i = 0; i < list->rows->len; i++) {
        row = settings_find(settings, ((const struct setting *)list->settings->pdata[i])->key,
                            &owner);
        tincture_setting_row_set_value(list->rows->pdata[i], settings_get(owner, row->key));
        gtk_widget_set_sensitive(list->rows->pdata[i], settings_matters(settings, row->key));
    }
    return others;
}

void setting_list_mark(struct setting_list *list, const char *key, const char *name)
{
    for (guint i = 0; i < list->rows->len; i++) {
        if (g_str_equal(((const struct setting *)list->settings->pdata[i])->key, key)) {
            tincture_setting_row_mark(list->rows->pdata[i], name);
        }
    }
}
