// Photos that arrive by drop or from the clipboard: files keep their path, pictures without a file
// are handed over as encoded bytes.
#include "ui/window_private.h"

#include "compute/i18n.h"

// A page of files; elsewhere photos are opened, also where a sticker is made, which may be of one.
static gboolean takes_files(TinctureWindow *self)
{
    return tincture_window_get_lesson(self) != NULL ||
           g_strcmp0(self->aside, "subject-photo") == 0 || g_strcmp0(self->aside, "workshop") == 0;
}

// That of the page; a photo's page is of subjects.
static TinctureSubjectWork *lesson_of(TinctureWindow *self)
{
    TinctureSubjectWork *work = tincture_window_get_lesson(self);
    return work != NULL ? work : self->session->subject;
}

static void picture_encoded_cb(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(TinctureWindow) self = data;
    g_autoptr(GBytes) png = g_task_propagate_pointer(G_TASK(result), NULL);
    if (png != NULL && self->session != NULL) {
        library_open_bytes(self->session->library, png, g_task_get_name(G_TASK(result)));
    }
}

static void encode_thread(GTask *task, gpointer source, gpointer texture, GCancellable *cancellable)
{
    g_task_return_pointer(task, gdk_texture_save_to_png_bytes(texture),
                          (GDestroyNotify)g_bytes_unref);
}

// name: a static string.
static void open_texture(TinctureWindow *self, GdkTexture *texture, const char *name)
{
    if (takes_files(self)) {
        tincture_window_toast(
            self,
            g_str_equal(self->aside, "workshop")
                ? _("This is a picture. Adapters come as files.")
                : _("What is learned comes as files. Save this picture as one first."),
            NULL, NULL);
        return;
    }
    // Not its source: the last holder of a task, and so of its source, may be the thread.
    g_autoptr(GTask) task = g_task_new(NULL, NULL, picture_encoded_cb, g_object_ref(self));
    g_task_set_name(task, name);
    g_task_set_task_data(task, g_object_ref(texture), g_object_unref);
    g_task_run_in_thread(task, encode_thread);
}

// subject: the list that photos are of, on a page of those.
static void add_aside(TinctureWindow *self, GSList *files, guint subject)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    for (GSList *item = files; item != NULL; item = item->next) {
        char *path = g_file_get_path(item->data);
        if (path != NULL) {
            g_ptr_array_add(paths, path);
        }
    }
    if (paths->len < g_slist_length(files)) {
        tincture_window_toast(
            self, _("What is not on this computer is left out. Copy it here first."), NULL, NULL);
    }
    g_ptr_array_add(paths, NULL);
    if (g_str_equal(self->aside, "workshop")) {
        tincture_workshop_add(self->session->workshop, (const char *const *)paths->pdata);
    } else {
        tincture_subject_work_add(lesson_of(self), subject, (const char *const *)paths->pdata);
    }
}

// What belongs to a photo that is open, or to none.
static gboolean is_addition(const char *path)
{
    return path != NULL && library_can_use(path);
}

gboolean tincture_window_needs_place(GSList *files)
{
    for (GSList *item = files; item != NULL; item = item->next) {
        g_autofree char *path = g_file_get_path(item->data);
        if (!is_addition(path)) {
            return TRUE;
        }
    }
    return FALSE;
}

void tincture_window_open_files(TinctureWindow *self, GSList *files)
{
    g_return_if_fail(TINCTURE_IS_WINDOW(self));
    int photos = 0;
    if (takes_files(self)) {
        add_aside(self, files, tincture_subject_work_next(lesson_of(self)));
        return;
    }
    for (GSList *item = files; item != NULL; item = item->next) {
        g_autofree char *path = g_file_get_path(item->data);
        gboolean adapter = is_addition(path) || (path != NULL && store_is_package(path));
        if (adapter || photos == 0) {
            tincture_window_open(self, item->data);
        }
        photos += !adapter;
    }
    if (photos > 1 && self->session != NULL) {
        tincture_project_say(self->session->project, MESSAGE_INFO,
                             _("One photo is open at a time: the first of %d"), photos);
    }
}

static gboolean drop_cb(GtkDropTarget *target, const GValue *value, double x, double y,
                        TinctureWindow *self)
{
    if (G_VALUE_HOLDS(value, GDK_TYPE_FILE_LIST) && takes_files(self)) {
        add_aside(self, g_value_get_boxed(value),
                  tincture_subject_page_at(self->aside != NULL && g_str_equal(self->aside, "style")
                                               ? self->style
                                               : self->subject,
                                           self->drop_area, x, y));
        return TRUE;
    }
    if (G_VALUE_HOLDS(value, GDK_TYPE_FILE_LIST)) {
        tincture_window_open_files(self, g_value_get_boxed(value));
        return TRUE;
    }
    if (G_VALUE_HOLDS(value, GDK_TYPE_TEXTURE)) {
        open_texture(self, g_value_get_object(value), _("Dropped picture.png"));
        return TRUE;
    }
    return FALSE;
}

void tincture_window_accept_drops(TinctureWindow *self)
{
    GType types[] = {GDK_TYPE_FILE_LIST, GDK_TYPE_TEXTURE};
    GtkDropTarget *target = gtk_drop_target_new(G_TYPE_INVALID, GDK_ACTION_COPY);
    gtk_drop_target_set_gtypes(target, types, G_N_ELEMENTS(types));
    g_signal_connect(target, "drop", G_CALLBACK(drop_cb), self);
    gtk_widget_add_controller(self->drop_area, GTK_EVENT_CONTROLLER(target));
}

static void paste_failed(TinctureWindow *self)
{
    tincture_window_toast(self, _("The clipboard holds no picture."), NULL, NULL);
}

static void files_pasted_cb(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(TinctureWindow) self = data;
    const GValue *value = gdk_clipboard_read_value_finish(GDK_CLIPBOARD(source), result, NULL);
    if (value == NULL) {
        paste_failed(self);
    } else {
        tincture_window_open_files(self, g_value_get_boxed(value));
    }
}

static void texture_pasted_cb(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(TinctureWindow) self = data;
    g_autoptr(GdkTexture) texture =
        gdk_clipboard_read_texture_finish(GDK_CLIPBOARD(source), result, NULL);
    if (texture == NULL) {
        paste_failed(self);
    } else {
        open_texture(self, texture, _("Pasted picture.png"));
    }
}

void tincture_window_paste(TinctureWindow *self)
{
    GdkClipboard *clipboard = gtk_widget_get_clipboard(GTK_WIDGET(self));
    GdkContentFormats *formats = gdk_clipboard_get_formats(clipboard);
    if (gdk_content_formats_contain_gtype(formats, GDK_TYPE_FILE_LIST) ||
        gdk_content_formats_contain_mime_type(formats, "text/uri-list")) {
        gdk_clipboard_read_value_async(clipboard, GDK_TYPE_FILE_LIST, G_PRIORITY_DEFAULT, NULL,
                                       files_pasted_cb, g_object_ref(self));
    } else {
        gdk_clipboard_read_texture_async(clipboard, NULL, texture_pasted_cb, g_object_ref(self));
    }
}
