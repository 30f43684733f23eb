#include "ui/window_private.h"

#include "compute/i18n.h"
#include "ui/job_text.h"
#include "ui/panels/panel.h"
#include "ui/preferences.h"
#include "ui/start_page.h"

#define LEFT_TO_RIGHT "\u200e" // width before height in any language

enum {
    HISTORY_NEEDS = 1040, // pixels of window: the two columns, and a picture worth looking at
};

G_DEFINE_FINAL_TYPE(TinctureWindow, tincture_window, ADW_TYPE_APPLICATION_WINDOW)

// ---- what project and queue say -----------------------------------------------------------------

static const char *aside_title(TinctureWindow *self)
{
    const TinctureSubjectWork *work = tincture_window_get_lesson(self);
    return self->aside == NULL                    ? "Tincture"
           : work != NULL                         ? translated(work->lesson->title)
           : g_str_equal(self->aside, "workshop") ? _("Adapter Workshop")
           : g_str_equal(self->aside, "sticker")  ? _("Make a Sticker")
           : g_str_equal(self->aside, "queue")    ? _("Queue")
           : g_str_equal(self->aside, "models")   ? _("Models")
           : g_str_equal(self->aside, "library")  ? _("Library")
                                                  : tincture_window_get_project(self)->title;
}

static void show_title(TinctureWindow *self)
{
    const char *name = self->project->title;
    const gboolean kept = library_is_kept(self->session->library);
    if (name == NULL || self->aside != NULL) {
        adw_window_title_set_title(self->title, aside_title(self));
        adw_window_title_set_subtitle(self->title, kept ? "" : _("Nothing is kept"));
        gtk_window_set_title(GTK_WINDOW(self), "Tincture");
        return;
    }
    const struct image *full = self->project->photo->full;
    g_autofree char *size =
        kept ? g_strdup_printf(LEFT_TO_RIGHT "%d × %d", full->width, full->height)
             : g_strdup_printf(_("%d × %d · nothing is kept"), full->width, full->height);
    g_autofree char *whole = g_strdup_printf(_("%s – Tincture"), name);
    adw_window_title_set_title(self->title, name);
    adw_window_title_set_subtitle(self->title, size);
    gtk_window_set_title(GTK_WINDOW(self), whole);
}

// Where the keyboard goes first: to the description that is still missing, or to the photo.
static void begin_with_photo(TinctureWindow *self)
{
    if (*self->project->document.source_prompt == '\0') {
        tincture_window_go_to(self, "describe");
    } else {
        gtk_widget_grab_focus(GTK_WIDGET(tincture_window_get_canvas(self)));
    }
}

static void show_page(TinctureWindow *self)
{
    gboolean photo = self->project->photo != NULL && self->aside == NULL;
    const TinctureJob *job = tincture_queue_shown(self->session->queue, self->project);
    gboolean opening = library_opening(self->session->library) != NULL || // perhaps after the model
                       library_is_coming(self->session->library);
    g_autofree char *text = job_text_with_percent(job);
    gtk_label_set_text(self->opening, text);
    gtk_widget_set_visible(self->opening_cancel, job != NULL && !(job->type->rank & JOB_LASTING));
    gtk_widget_set_visible(self->back, self->aside != NULL);
    tincture_window_show_queue_button(self);
    gtk_widget_set_visible(self->photo_buttons, photo);
    gtk_widget_set_visible(self->undo_buttons,
                           photo || g_strcmp0(self->aside, "subject-photo") == 0);
    gtk_widget_set_visible(self->photo_tools, photo);
    gtk_widget_set_visible(self->inspector_side, photo);
    gtk_widget_set_visible(self->inspector_separator, photo);
    const char *page = self->aside != NULL ? self->aside
                       : photo             ? "photo"
                       : opening           ? "opening"
                                           : "start";
    if (g_strcmp0(page, gtk_stack_get_visible_child_name(self->pages)) != 0) {
        gtk_stack_set_visible_child_name(self->pages, page);
        tincture_window_take_canvas(self);
        if (photo) {
            begin_with_photo(self);
        }
    }
}

// The keyboard goes along to a page, and not on where that has put it somewhere.
static void enter_page(TinctureWindow *self)
{
    GtkWidget *page = gtk_stack_get_visible_child(self->pages);
    GtkWidget *focus = gtk_root_get_focus(GTK_ROOT(self));
    if (focus == NULL || !gtk_widget_is_ancestor(focus, page)) {
        gtk_widget_child_focus(page, GTK_DIR_TAB_FORWARD);
    }
}

void tincture_window_show_aside(TinctureWindow *self, const char *page)
{
    self->aside = page;
    if (g_strcmp0(page, "subject") == 0) {
        tincture_subject_page_show(self->subject);
    } else if (g_strcmp0(page, "style") == 0) {
        tincture_subject_page_show(self->style);
    } else if (g_strcmp0(page, "subject-photo") == 0) {
        tincture_subject_photo_page_show(self->subject_photo);
    } else if (g_strcmp0(page, "sticker") == 0) {
        tincture_sticker_page_show(self->sticker);
    } else if (g_strcmp0(page, "queue") == 0) {
        tincture_queue_page_show(self->queue);
    } else if (g_strcmp0(page, "models") == 0) {
        tincture_models_page_show(self->models);
    } else if (g_strcmp0(page, "workshop") == 0) {
        tincture_workshop_page_show(self->workshop);
    }
    show_title(self);
    show_page(self);
    enter_page(self);
    tincture_window_update_actions(self);
}

// A sample brings its description; a document that has one keeps it.
static void describe_sample(TinctureWindow *self)
{
    g_autofree char *caption = g_steal_pointer(&self->caption);
    const char *source = self->project->document.source_prompt;
    if (caption != NULL && (*source == '\0')) {
        tincture_project_set_source_prompt(self->project, caption);
    }
}

static void document_changed_cb(TinctureWindow *self, guint parts)
{
    if (parts & DOCUMENT_PHOTO) {
        self->aside = self->project->photo != NULL ? NULL : self->aside; // else it was deleted
        show_title(self);
        describe_sample(self);
        show_page(self);
    }
    tincture_window_update_actions(self);
}

// The model that a start loads, and its library, are nothing that a person does next.
static gboolean is_next_thing(TinctureWindow *self, const TinctureJob *job)
{
    return job != NULL && job != self->job && job->type != &load_job && job->type != &library_job;
}

static void job_changed_cb(TinctureWindow *self)
{
    if (self->session == NULL) { // jobs that end because the window closes
        return;
    }
    TinctureJob *job = tincture_queue_shown(self->session->queue, self->project);
    if (is_next_thing(self, job)) {
        tincture_window_go_on(self);
    }
    g_set_weak_pointer(&self->job, job);
    show_page(self);
    tincture_window_update_actions(self);
}

static void device_changed_cb(TinctureWindow *self)
{
    const char *device = self->session->studio->device;
    const char *model = self->session->studio->model;
    g_autofree char *text = *device == '\0'  ? g_strdup(_("No compute device"))
                            : *model == '\0' ? g_strdup(device)
                                             : g_strdup_printf("%s · %s", model, device);
    gtk_label_set_text(self->device, text);
    gtk_widget_set_tooltip_text(GTK_WIDGET(self->device), text);
}

static void sample_open_cb(TinctureWindow *self, const char *path, const char *caption)
{
    g_free(self->caption);
    self->caption = g_strdup(caption);
    library_open(self->session->library, path);
}

// ---- windows ------------------------------------------------------------------------------------

void tincture_window_present_session(GtkApplication *app, const TinctureSession *session)
{
    GList *item = gtk_application_get_windows(app);
    while (item != NULL && !(TINCTURE_IS_WINDOW(item->data) &&
                             ((TinctureWindow *)item->data)->session == session)) {
        item = item->next;
    }
    if (item != NULL) {
        tincture_window_show_aside(item->data, NULL);
        gtk_window_present(item->data);
    }
}

static gboolean close_cb(gpointer data)
{
    gtk_window_close(data);
    return G_SOURCE_REMOVE;
}

static void elsewhere_cb(TinctureWindow *self, const TinctureSession *session)
{
    tincture_window_present_session(gtk_window_get_application(GTK_WINDOW(self)), session);
    if (self->passing && self->project->photo == NULL) {
        g_idle_add_full(G_PRIORITY_DEFAULT, close_cb, g_object_ref(self), g_object_unref);
    }
}

gboolean tincture_window_is_free(TinctureWindow *self)
{
    return self->project->photo == NULL && self->aside == NULL &&
           library_opening(self->session->library) == NULL &&
           !library_is_coming(self->session->library);
}

void tincture_window_set_passing(TinctureWindow *self)
{
    self->passing = TRUE;
}

static void active_cb(TinctureWindow *self)
{
    if (gtk_window_is_active(GTK_WINDOW(self)) && self->session != NULL) {
        tincture_session_attend(self->session);
    }
}

// ---- the object ---------------------------------------------------------------------------------

static void build_panels(TinctureWindow *self)
{
    for (const struct panel *const *panel = panel_table; *panel != NULL; panel++) {
        GtkWidget *widget = tincture_panel_new(*panel, self->session, self->session->painting);
        gtk_box_append((*panel)->side == PANEL_HISTORY ? self->history : self->inspector, widget);
    }
}

static void connect_session(TinctureWindow *self)
{
    const struct {
        gpointer object;
        const char *signal;
        GCallback callback;
    } connections[] = {
        {self->project, "document-changed", G_CALLBACK(document_changed_cb)},
        {self->project, "view-changed", G_CALLBACK(tincture_window_update_actions)},
        {self->project, "message", G_CALLBACK(tincture_window_say)},
        {self->project, "library-measured", G_CALLBACK(tincture_window_update_library)},
        {self->session->subject, "changed", G_CALLBACK(tincture_window_update_actions)},
        {self->session->style, "changed", G_CALLBACK(tincture_window_update_actions)},
        {self->session->subject_photo, "opened", G_CALLBACK(tincture_window_show_subject_photo)},
        {self->session->subject_photo->project, "document-changed",
         G_CALLBACK(tincture_window_update_actions)},
        {self->session->queue, "question", G_CALLBACK(tincture_window_ask)},
        {self->session->queue, "finished", G_CALLBACK(tincture_window_job_ended)},
        {self->session->queue, "finished", G_CALLBACK(tincture_window_library_job_ended)},
        {self->session, "device-changed", G_CALLBACK(device_changed_cb)},
        {self->session, "elsewhere", G_CALLBACK(elsewhere_cb)},
        {self, "notify::is-active", G_CALLBACK(active_cb)},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(connections); i++) {
        g_signal_connect_object(connections[i].object, connections[i].signal,
                                connections[i].callback, self, G_CONNECT_SWAPPED);
    }
    document_changed_cb(self, DOCUMENT_ALL);
    if (*self->session->studio->device != '\0') {
        device_changed_cb(self);
    }
}

// In a narrow window the history lies over the picture instead of taking its room.
static void width_changed_cb(TinctureWindow *self)
{
    int width, height;
    gtk_window_get_default_size(GTK_WINDOW(self), &width, &height);
    adw_flap_set_fold_policy(self->history_flap, width < HISTORY_NEEDS ? ADW_FLAP_FOLD_POLICY_ALWAYS
                                                                       : ADW_FLAP_FOLD_POLICY_AUTO);
}

static void restore_size(TinctureWindow *self)
{
    g_signal_connect(self, "notify::default-width", G_CALLBACK(width_changed_cb), NULL);
    gtk_window_set_default_size(GTK_WINDOW(self), preferences_int("window-width", 1280),
                                preferences_int("window-height", 800));
    if (preferences_boolean("window-maximized", FALSE)) {
        gtk_window_maximize(GTK_WINDOW(self));
    }
    adw_flap_set_reveal_flap(self->history_flap, preferences_boolean("show-history", TRUE));
}

static gboolean tincture_window_close_request(GtkWindow *window)
{
    TinctureWindow *self = TINCTURE_WINDOW(window);
    int width, height;
    gtk_window_get_default_size(window, &width, &height);
    preferences_set_int("window-width", width);
    preferences_set_int("window-height", height);
    preferences_set_boolean("window-maximized", gtk_window_is_maximized(window));
    if (!adw_flap_get_folded(self->history_flap)) {
        preferences_set_boolean("show-history", adw_flap_get_reveal_flap(self->history_flap));
    }
    return GTK_WINDOW_CLASS(tincture_window_parent_class)->close_request(window);
}

static void tincture_window_dispose(GObject *object)
{
    TinctureWindow *self = TINCTURE_WINDOW(object);
    g_autoptr(TinctureSession) session = g_steal_pointer(&self->session);
    g_clear_object(&self->project);
    tincture_window_forget_messages(self);
    g_clear_weak_pointer(&self->job);
    g_clear_pointer(&self->caption, g_free);
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_WINDOW);
    G_OBJECT_CLASS(tincture_window_parent_class)->dispose(object);
    if (session != NULL) { // nothing shows any more what its end changes
        tincture_session_close(session);
    }
}

static void tincture_window_class_init(TinctureWindowClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_window_dispose;
    GTK_WINDOW_CLASS(klass)->close_request = tincture_window_close_request;
    g_type_ensure(TINCTURE_TYPE_STAGE);
    g_type_ensure(TINCTURE_TYPE_START_PAGE);
    g_type_ensure(TINCTURE_TYPE_SUBJECT_PAGE);
    g_type_ensure(TINCTURE_TYPE_SUBJECT_PHOTO_PAGE);
    g_type_ensure(TINCTURE_TYPE_WORKSHOP_PAGE);
    g_type_ensure(TINCTURE_TYPE_STICKER_PAGE);
    g_type_ensure(TINCTURE_TYPE_QUEUE_PAGE);
    g_type_ensure(TINCTURE_TYPE_MODELS_PAGE);
    g_type_ensure(TINCTURE_TYPE_LIBRARY_PAGE);
    g_type_ensure(TINCTURE_TYPE_RECENT_POPOVER);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/window.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, toasts);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, title);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, pages);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, inspector_flap);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, history_flap);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, inspector);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, history);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, stage);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, recent);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, subject);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, style);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, subject_photo);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, workshop);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, sticker);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, queue);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, models);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, show_queue);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, library);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, back);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, device);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, opening);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, opening_cancel);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, photo_buttons);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, undo_buttons);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, photo_tools);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, drop_area);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, inspector_side);
    gtk_widget_class_bind_template_child(widget_class, TinctureWindow, inspector_separator);
    gtk_widget_class_bind_template_callback(widget_class, sample_open_cb);
    tincture_window_install_actions(widget_class);
    tincture_window_install_tools(widget_class);
    tincture_window_install_subject(widget_class);
    tincture_window_install_help(widget_class);
    tincture_window_install_batch(widget_class);
    tincture_window_install_queue(widget_class);
    tincture_window_install_library(widget_class);
}

// An Escape that no other widget has used closes the message that is waiting, or else puts the tool
// away, or else stops the job.
static gboolean escape_cb(GtkWidget *widget, GVariant *args, gpointer data)
{
    TinctureWindow *self = TINCTURE_WINDOW(widget);
    if (tincture_window_dismiss(self)) {
        return GDK_EVENT_STOP;
    }
    return tincture_canvas_escape(tincture_window_get_canvas(self)) ||
           gtk_widget_activate_action(widget, "win.cancel", NULL);
}

static void stop_at_escape(TinctureWindow *self)
{
    GtkEventController *keys = gtk_shortcut_controller_new();
    gtk_shortcut_controller_add_shortcut(
        GTK_SHORTCUT_CONTROLLER(keys),
        gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_Escape, 0),
                         gtk_callback_action_new(escape_cb, NULL, NULL)));
    gtk_widget_add_controller(GTK_WIDGET(self), keys);
}

static void tincture_window_init(TinctureWindow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    stop_at_escape(self);
    tincture_window_add_toggles(self);
    tincture_window_add_tools(self);
    tincture_window_accept_drops(self);
}

GtkWidget *tincture_window_new(GtkApplication *app, TinctureSession *session)
{
    TinctureWindow *self = g_object_new(TINCTURE_TYPE_WINDOW, "application", app, NULL);
    g_autoptr(GtkWindowGroup) own = gtk_window_group_new(); // its dialogs hold up no other window
    gtk_window_group_add_window(own, GTK_WINDOW(self));
    self->session = g_object_ref(session);
    self->project = g_object_ref(session->project);
    // Before the pages: the keyboard goes to their buttons to stop, whose action is enabled then.
    g_signal_connect_object(session->queue, "changed", G_CALLBACK(job_changed_cb), self,
                            G_CONNECT_SWAPPED);
    tincture_stage_set_session(self->stage, session, session->painting);
    tincture_recent_popover_set_session(self->recent, session);
    tincture_subject_page_set_session(self->subject, session, session->subject);
    tincture_subject_page_set_session(self->style, session, session->style);
    tincture_subject_photo_page_set_session(self->subject_photo, session);
    tincture_workshop_page_set_session(self->workshop, session);
    tincture_sticker_page_set_session(self->sticker, session);
    tincture_queue_page_set_session(self->queue, session);
    tincture_models_page_set_session(self->models, session);
    tincture_library_page_set_session(self->library, session);
    build_panels(self);
    connect_session(self);
    restore_size(self);
    return GTK_WIDGET(self);
}

TinctureSession *tincture_window_get_session(TinctureWindow *self)
{
    return self->session;
}

TinctureStage *tincture_window_get_stage(TinctureWindow *self)
{
    return g_strcmp0(self->aside, "subject-photo") == 0
               ? tincture_subject_photo_page_get_stage(self->subject_photo)
               : self->stage;
}

TinctureCanvas *tincture_window_get_canvas(TinctureWindow *self)
{
    return tincture_stage_get_canvas(tincture_window_get_stage(self));
}

TincturePainting *tincture_window_get_painting(TinctureWindow *self)
{
    return g_strcmp0(self->aside, "subject-photo") == 0 ? self->session->subject_photo->painting
                                                        : self->session->painting;
}

TinctureProject *tincture_window_get_project(TinctureWindow *self)
{
    return tincture_painting_get_project(tincture_window_get_painting(self));
}
