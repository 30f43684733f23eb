// The window's verbs. Menus, buttons, shortcuts and the test driver all activate these; the keys
// are one table in app_actions.c.
#include "ui/window_private.h"

#include "compute/i18n.h"

#include "ui/dialogs/about.h"
#include "ui/dialogs/export_window.h"
#include "ui/dialogs/show_file.h"
#include "ui/dialogs/tour_window.h"
#include "ui/panels/panel.h"
#include "ui/widgets/result_row.h"

static TinctureWindow *window_of(GtkWidget *widget)
{
    return TINCTURE_WINDOW(widget);
}

// ---- files --------------------------------------------------------------------------------------

void tincture_window_open(TinctureWindow *self, GFile *file)
{
    g_return_if_fail(TINCTURE_IS_WINDOW(self));
    g_autofree char *path = g_file_get_path(file);
    g_clear_pointer(&self->caption, g_free);
    if (path == NULL) {
        tincture_window_toast(self, _("This file is not on this computer. Copy it here first."),
                              NULL, NULL);
    } else if (store_is_package(path)) {
        library_import(self->session->library, path);
    } else if (library_can_use(path)) {
        library_use_file(self->session->library, path);
    } else {
        library_open(self->session->library, path);
    }
}

void tincture_window_export(TinctureWindow *self, const char *path, const struct settings *options)
{
    g_return_if_fail(TINCTURE_IS_WINDOW(self));
    tincture_session_export(self->session, path, options);
}

void tincture_window_export_adapter(TinctureWindow *self, gint64 id, GFile *file,
                                    const struct adapter_choice *choice)
{
    g_return_if_fail(TINCTURE_IS_WINDOW(self));
    g_autofree char *path = g_file_get_path(file);
    if (path == NULL) {
        tincture_window_toast(self, _("Choose a folder on this computer."), NULL, NULL);
        return;
    }
    tincture_session_export_adapter(self->session, id, path, choice->dialect, choice->rank);
}

void tincture_window_set_hint(TinctureWindow *self, GFile *file)
{
    g_return_if_fail(TINCTURE_IS_WINDOW(self));
    g_autofree char *path = g_file_get_path(file);
    if (path == NULL) {
        tincture_window_toast(self, _("This file is not on this computer. Copy it here first."),
                              NULL, NULL);
        return;
    }
    struct lead lead = self->project->document.lead;
    lead.hint = path;
    tincture_project_set_lead(self->project, &lead);
}

static void open_chosen_cb(GFile *file, gpointer data)
{
    tincture_window_open(data, file);
}

static void export_chosen_cb(const char *path, const struct settings *options, gpointer data)
{
    tincture_window_export(data, path, options);
}

static void show_exported_action(GtkWidget *widget, const char *name, GVariant *target)
{
    const char *path = window_of(widget)->session->exported;
    if (path != NULL) {
        show_file(GTK_WINDOW(widget), path);
    }
}

static void open_action(GtkWidget *widget, const char *name, GVariant *target)
{
    file_dialog_open_photo(GTK_WINDOW(widget), open_chosen_cb, widget);
}

static void export_action(GtkWidget *widget, const char *name, GVariant *target)
{
    TinctureWindow *self = window_of(widget);
    export_window_show(GTK_WINDOW(widget), self->project->title, self->session->library->row.origin,
                       export_chosen_cb, widget);
}

static void hint_chosen_cb(GFile *file, gpointer data)
{
    tincture_window_set_hint(data, file);
}

static void choose_hint_action(GtkWidget *widget, const char *name, GVariant *target)
{
    file_dialog_open_photo(GTK_WINDOW(widget), hint_chosen_cb, widget);
}

static void add_adapter_action(GtkWidget *widget, const char *name, GVariant *target)
{
    file_dialog_open_adapter(GTK_WINDOW(widget), open_chosen_cb, widget);
}

struct adapter_export {
    TinctureWindow *window;
    gint64 id;
};

static void adapter_chosen_cb(GFile *file, const struct adapter_choice *choice, gpointer data)
{
    struct adapter_export *request = data;
    tincture_window_export_adapter(request->window, request->id, file, choice);
}

static const TinctureAdapterEntry *find_adapter(TinctureWindow *self, gint64 id)
{
    return tincture_project_find_adapter(self->project, id);
}

static void export_adapter(TinctureWindow *self, const TinctureAdapterEntry *adapter)
{
    if (adapter->ways == NULL) {
        g_autofree char *text = g_strdup_printf(adapter->failed ? _("“%s” is not loaded.")
                                                                : _("“%s” is not loaded yet."),
                                                adapter->name);
        tincture_window_toast(self, text, NULL, NULL);
        return;
    }
    struct adapter_export *request = g_new(struct adapter_export, 1);
    *request = (struct adapter_export){self, adapter->id};
    g_object_set_data_full(G_OBJECT(self), "adapter-export", request, g_free);
    file_dialog_save_adapter(GTK_WINDOW(self), adapter->name, adapter->ways, adapter_chosen_cb,
                             request);
}

static void export_adapter_action(GtkWidget *widget, const char *name, GVariant *target)
{
    const TinctureAdapterEntry *adapter =
        find_adapter(window_of(widget), g_variant_get_int64(target));
    if (adapter != NULL) {
        export_adapter(window_of(widget), adapter);
    }
}

// From the menu: the adapter that was learnt or added last.
static void export_newest_adapter_action(GtkWidget *widget, const char *name, GVariant *target)
{
    TinctureProject *project = window_of(widget)->project;
    guint n = tincture_project_n_adapters(project);
    if (n > 0) {
        export_adapter(window_of(widget), tincture_project_adapter(project, n - 1));
    }
}

static void remove_adapter_action(GtkWidget *widget, const char *name, GVariant *target)
{
    TinctureWindow *self = window_of(widget);
    gint64 id = g_variant_get_int64(target);
    const TinctureAdapterEntry *adapter = find_adapter(self, id);
    if (adapter != NULL) {
        g_autofree char *text = g_strdup_printf(_("Removed “%s”"), adapter->name);
        tincture_project_adapter_remove(self->project, id);
        g_autofree char *undo = g_strdup_printf("win.put-back(int64 %" G_GINT64_FORMAT ")", id);
        tincture_window_toast(self, text, _("Undo"), undo);
    }
}

// What the message of a removal undoes: that, whatever has been done since.
static void put_back_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_project_adapter_put_back(window_of(widget)->project, g_variant_get_int64(target));
}

// ---- editing ------------------------------------------------------------------------------------

static gboolean has_text(GdkClipboard *clipboard)
{
    GdkContentFormats *formats = gdk_clipboard_get_formats(clipboard);
    gsize n = 0;
    const char *const *types = gdk_content_formats_get_mime_types(formats, &n);
    gboolean text = gdk_content_formats_contain_gtype(formats, G_TYPE_STRING);
    for (gsize i = 0; i < n && !text; i++) {
        text = g_str_has_prefix(types[i], "text/plain") || g_str_equal(types[i], "UTF8_STRING");
    }
    return text;
}

// Files come as text as well, one a line.
static gboolean has_photo(GdkClipboard *clipboard)
{
    GdkContentFormats *formats = gdk_clipboard_get_formats(clipboard);
    return gdk_content_formats_contain_gtype(formats, GDK_TYPE_FILE_LIST) ||
           gdk_content_formats_contain_mime_type(formats, "text/uri-list") ||
           (gdk_content_formats_contain_gtype(formats, GDK_TYPE_TEXTURE) && !has_text(clipboard));
}

// Text that has the focus takes the clipboard's text; a picture is pasted wherever the focus is.
static void paste_action(GtkWidget *widget, const char *name, GVariant *target)
{
    GtkWidget *focus = gtk_root_get_focus(GTK_ROOT(widget));
    if ((GTK_IS_TEXT(focus) || GTK_IS_TEXT_VIEW(focus)) &&
        !has_photo(gtk_widget_get_clipboard(widget))) {
        gtk_widget_activate_action(focus, "clipboard.paste", NULL);
    } else {
        tincture_window_paste(window_of(widget));
    }
}

// A line of text that is no part of the document (a search) undoes its own typing, as long as there
// is any.
static gboolean text_takes(GtkWidget *window, const char *action)
{
    GtkWidget *focus = gtk_root_get_focus(GTK_ROOT(window));
    if (!GTK_IS_TEXT(focus)) {
        return FALSE;
    }
    g_autofree char *before = g_strdup(gtk_editable_get_text(GTK_EDITABLE(focus)));
    gtk_widget_activate_action(focus, action, NULL);
    return !g_str_equal(before, gtk_editable_get_text(GTK_EDITABLE(focus)));
}

static void open_last_action(GtkWidget *widget, const char *name, GVariant *target)
{
    library_open_last(window_of(widget)->session->library);
}

static void undo_action(GtkWidget *widget, const char *name, GVariant *target)
{
    TinctureWindow *self = window_of(widget);
    if (text_takes(widget, "text.undo")) {
        return;
    }
    if (tincture_window_get_lesson(self) != NULL) {
        tincture_subject_work_put_back(tincture_window_get_lesson(self), 0);
    } else {
        tincture_project_undo(tincture_window_get_project(self));
    }
}

static void redo_action(GtkWidget *widget, const char *name, GVariant *target)
{
    if (!text_takes(widget, "text.redo")) {
        tincture_project_redo(tincture_window_get_project(window_of(widget)));
    }
}

// Without a description the session says that it needs one, and the keyboard goes where it is
// written.
static void learn_action(GtkWidget *widget, const char *name, GVariant *target)
{
    TinctureWindow *self = window_of(widget);
    tincture_session_learn(self->session);
    if (*self->project->document.source_prompt == '\0') {
        tincture_window_go_to(self, "describe");
    }
}

static void resume_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_session_learn_resume(window_of(widget)->session);
}

static void start_over_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_session_learn_over(window_of(widget)->session);
}

static void subject_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_window_show_aside(window_of(widget), "subject");
}

static void style_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_window_show_aside(window_of(widget), "style");
}

static void workshop_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_window_show_aside(window_of(widget), "workshop");
}

static void sticker_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_window_show_aside(window_of(widget), "sticker");
}

// From a photo of a subject back to the subjects.
static void leave_page_action(GtkWidget *widget, const char *name, GVariant *target)
{
    TinctureWindow *self = window_of(widget);
    tincture_window_show_aside(self,
                               g_strcmp0(self->aside, "subject-photo") == 0 ? "subject" : NULL);
}

// The row of the history that has the keyboard, or else what is shown.
static void star_action(GtkWidget *widget, const char *name, GVariant *target)
{
    if (!tincture_result_row_star(gtk_root_get_focus(GTK_ROOT(widget)))) {
        live_star(window_of(widget)->session->live);
    }
}

static void edit_now_action(GtkWidget *widget, const char *name, GVariant *target)
{
    live_edit_now(window_of(widget)->session->live, true);
}

static void cancel_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_session_cancel(window_of(widget)->session);
}

static void dice_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_project_roll_seed(window_of(widget)->project);
}

// ---- view ---------------------------------------------------------------------------------------

static void zoom_in_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_canvas_zoom_in(tincture_window_get_canvas(window_of(widget)));
}

static void zoom_out_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_canvas_zoom_out(tincture_window_get_canvas(window_of(widget)));
}

static void zoom_fit_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_canvas_zoom_fit(tincture_window_get_canvas(window_of(widget)));
}

static void zoom_actual_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_canvas_zoom_actual(tincture_window_get_canvas(window_of(widget)));
}

static void fullscreen_action(GtkWidget *widget, const char *name, GVariant *target)
{
    GtkWindow *window = GTK_WINDOW(widget);
    if (gtk_window_is_fullscreen(window)) {
        gtk_window_unfullscreen(window);
    } else {
        gtk_window_fullscreen(window);
    }
}

static GtkWidget *find_panel(GtkBox *side, const char *id)
{
    GtkWidget *panel = gtk_widget_get_first_child(GTK_WIDGET(side));
    while (panel != NULL && !g_str_equal(gtk_widget_get_name(panel), id)) {
        panel = gtk_widget_get_next_sibling(panel);
    }
    return panel;
}

// Gives the keyboard to the first control of a panel, and shows the panel if it is hidden.
void tincture_window_go_to(TinctureWindow *self, const char *id)
{
    GtkWidget *panel = find_panel(self->inspector, id);
    AdwFlap *side = panel != NULL ? self->inspector_flap : self->history_flap;
    if (panel == NULL) {
        panel = find_panel(self->history, id);
    }
    g_return_if_fail(panel != NULL);
    adw_flap_set_reveal_flap(side, TRUE);
    tincture_panel_focus(TINCTURE_PANEL(panel));
}

static void go_to_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_window_go_to(window_of(widget), g_variant_get_string(target, NULL));
}

static void tour_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tour_window_show(GTK_WINDOW(widget));
}

static void about_action(GtkWidget *widget, const char *name, GVariant *target)
{
    TinctureSession *session = window_of(widget)->session;
    about_dialog_show(GTK_WINDOW(widget), session->studio->device, session->studio->model);
}

// ---- which verbs make sense now -----------------------------------------------------------------

static gboolean can_undo(TinctureWindow *self)
{
    const TinctureSubjectWork *work = tincture_window_get_lesson(self);
    return work != NULL ? work->removed->len > 0
           : tincture_window_get_project(self) == self->project && self->aside != NULL
               ? FALSE
               : history_can_undo(tincture_window_get_project(self)->history);
}

void tincture_window_update_actions(TinctureWindow *self)
{
    TinctureProject *project = self->project;
    TinctureQueue *queue = self->session->queue;
    const TinctureJob *job = tincture_queue_shown(queue, project);
    gboolean photo = project->photo != NULL && self->aside == NULL;
    gboolean result =
        photo && !project->drawing && tincture_project_view(project).rgba != project->before.rgba;
    gboolean learning = tincture_queue_find(queue, project, &learn_job) != NULL ||
                        tincture_queue_find(queue, project, &subject_job) != NULL;
    const TinctureProject *seen = tincture_window_get_project(self);
    gboolean retouching = seen != project;                       // a photo of a subject
    gboolean books = !library_is_coming(self->session->library); // pages of what is in it
    gboolean exporting = tincture_queue_find(queue, project, &export_job) != NULL;
    const struct {
        const char *name;
        gboolean enabled;
    } states[] = {
        {"win.export", result && !exporting},
        {"win.batch",
         books && tincture_queue_find(queue, NULL, &batch_job) == NULL}, // or by a recipe
        {"win.export-newest-adapter", tincture_project_n_adapters(project) > 0},
        {"win.add-adapter", photo},
        {"win.choose-hint", photo && project->document.lead.control != NULL},
        {"win.subject", books && g_strcmp0(self->aside, "subject") != 0},
        {"win.style", books && g_strcmp0(self->aside, "style") != 0},
        {"win.workshop", books && g_strcmp0(self->aside, "workshop") != 0},
        {"win.sticker", g_strcmp0(self->aside, "sticker") != 0},
        {"win.queue", g_strcmp0(self->aside, "queue") != 0},
        {"win.models", g_strcmp0(self->aside, "models") != 0},
        {"win.leave-page", self->aside != NULL},
        {"win.undo", can_undo(self)},
        {"win.redo", (self->aside == NULL || retouching) && history_can_redo(seen->history)},
        {"win.learn", photo && !learning},
        {"win.resume", photo && !learning && project->can_resume},
        {"win.start-over", photo && !learning && project->can_resume},
        {"win.edit-now", photo},
        {"win.star", photo && tincture_project_n_results(project) > 0},
        {"win.cancel", job != NULL && !(job->type->rank & JOB_LASTING)},
        {"win.dice", photo && edit_settings_seed_matters(project->document.edit)},
        {"win.zoom-in", photo || retouching},
        {"win.zoom-out", photo || retouching},
        {"win.zoom-fit", photo || retouching},
        {"win.zoom-actual", photo || retouching},
        {"win.go-to", photo},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) {
        gtk_widget_action_set_enabled(GTK_WIDGET(self), states[i].name, states[i].enabled);
    }
    tincture_window_update_tools(self);
    tincture_window_update_library(self);
}

// Switches follow a property of the widget that they switch.
void tincture_window_add_toggles(TinctureWindow *self)
{
    const struct {
        const char *name;
        gpointer object;
        const char *property;
    } toggles[] = {
        {"show-history", self->history_flap, "reveal-flap"},
        {"show-inspector", self->inspector_flap, "reveal-flap"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(toggles); i++) {
        g_autoptr(GPropertyAction) action =
            g_property_action_new(toggles[i].name, toggles[i].object, toggles[i].property);
        g_action_map_add_action(G_ACTION_MAP(self), G_ACTION(action));
    }
}

void tincture_window_install_actions(GtkWidgetClass *widget_class)
{
    static const struct {
        const char *name, *parameter;
        GtkWidgetActionActivateFunc activate;
    } actions[] = {
        {"win.open", NULL, open_action},
        {"win.export", NULL, export_action},
        {"win.show-exported", NULL, show_exported_action},
        {"win.add-adapter", NULL, add_adapter_action},
        {"win.choose-hint", NULL, choose_hint_action},
        {"win.export-adapter", "x", export_adapter_action},
        {"win.export-newest-adapter", NULL, export_newest_adapter_action},
        {"win.remove-adapter", "x", remove_adapter_action},
        {"win.put-back", "x", put_back_action},
        {"win.paste", NULL, paste_action},
        {"win.open-last", NULL, open_last_action},
        {"win.undo", NULL, undo_action},
        {"win.redo", NULL, redo_action},
        {"win.learn", NULL, learn_action},
        {"win.subject", NULL, subject_action},
        {"win.style", NULL, style_action},
        {"win.workshop", NULL, workshop_action},
        {"win.sticker", NULL, sticker_action},
        {"win.leave-page", NULL, leave_page_action},
        {"win.resume", NULL, resume_action},
        {"win.start-over", NULL, start_over_action},
        {"win.edit-now", NULL, edit_now_action},
        {"win.star", NULL, star_action},
        {"win.cancel", NULL, cancel_action},
        {"win.dice", NULL, dice_action},
        {"win.zoom-in", NULL, zoom_in_action},
        {"win.zoom-out", NULL, zoom_out_action},
        {"win.zoom-fit", NULL, zoom_fit_action},
        {"win.zoom-actual", NULL, zoom_actual_action},
        {"win.go-to", "s", go_to_action},
        {"win.fullscreen", NULL, fullscreen_action},
        {"win.about", NULL, about_action},
        {"win.tour", NULL, tour_action},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(actions); i++) {
        gtk_widget_class_install_action(widget_class, actions[i].name, actions[i].parameter,
                                        actions[i].activate);
    }
}
