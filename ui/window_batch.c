// Edit Many Photos: which photos and which folder, and what came of it.
#include "ui/window_private.h"

#include "compute/i18n.h"

#include "ui/core/batch.h"

// ---- asking -------------------------------------------------------------------------------------

void tincture_window_batch(TinctureWindow *self, const char *const *files, const char *folder)
{
    g_return_if_fail(TINCTURE_IS_WINDOW(self));
    tincture_session_batch(self->session, files, folder);
}

// Between the two dialogs; the window's, so that it goes with it.
static void keep_files(TinctureWindow *self, GPtrArray *files)
{
    g_ptr_array_add(files, NULL);
    g_object_set_data_full(G_OBJECT(self), "batch-files", files, (GDestroyNotify)g_ptr_array_unref);
}

static void target_chosen_cb(GFile *file, gpointer data)
{
    TinctureWindow *self = data;
    const GPtrArray *files = g_object_get_data(G_OBJECT(self), "batch-files");
    g_autofree char *path = g_file_get_path(file);
    if (path == NULL) {
        tincture_window_toast(self, _("Choose a folder on this computer."), NULL, NULL);
        return;
    }
    tincture_window_batch(self, (const char *const *)files->pdata, path);
}

static void add_path(GPtrArray *files, GFile *file)
{
    char *path = g_file_get_path(file);
    if (path != NULL) { // else it is not on this computer
        g_ptr_array_add(files, path);
    }
}

static void photos_chosen_cb(GListModel *chosen, gpointer data)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < g_list_model_get_n_items(chosen); i++) {
        g_autoptr(GFile) file = g_list_model_get_item(chosen, i);
        add_path(files, file);
    }
    keep_files(data, files);
    file_dialog_choose_folder(GTK_WINDOW(data), target_chosen_cb, data);
}

static void folder_chosen_cb(GFile *folder, gpointer data)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    add_path(files, folder);
    keep_files(data, files);
    file_dialog_choose_folder(GTK_WINDOW(data), target_chosen_cb, data);
}

static void response_cb(TinctureWindow *self, const char *response)
{
    if (g_str_equal(response, "photos")) {
        file_dialog_open_photos(GTK_WINDOW(self), photos_chosen_cb, self);
    } else if (g_str_equal(response, "folder")) {
        file_dialog_open_folder(GTK_WINDOW(self), folder_chosen_cb, self);
    }
}

static void batch_action(GtkWidget *widget, const char *name, GVariant *target)
{
    GtkWidget *dialog = adw_message_dialog_new(
        GTK_WINDOW(widget), _("Edit Many Photos"),
        _("What the description and the edit of this photo say is done to each of them, with its "
          "settings and adapters. Mask and frame are of this photo alone. Choose the photos, then "
          "the folder that the edited ones go to; those that are in it already are not made "
          "again."));
    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "folder",
                                     _("A _Folder…"), "photos", _("_Photos…"), NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "photos",
                                               ADW_RESPONSE_SUGGESTED);
    adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "photos");
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
    g_signal_connect_object(dialog, "response", G_CALLBACK(response_cb), widget, G_CONNECT_SWAPPED);
    gtk_window_present(GTK_WINDOW(dialog));
}

void tincture_window_install_batch(GtkWidgetClass *widget_class)
{
    gtk_widget_class_install_action(widget_class, "win.batch", NULL, batch_action);
}

// ---- what came of it ----------------------------------------------------------------------------

static GtkWidget *list_of(const GPtrArray *sentences)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < sentences->len; i++) {
        g_string_append_printf(text, "%s%s", i ? "\n" : "", (const char *)sentences->pdata[i]);
    }
    GtkWidget *label =
        g_object_new(GTK_TYPE_LABEL, "name", "batch.faults", "label", text->str, "wrap", TRUE,
                     "wrap-mode", PANGO_WRAP_WORD_CHAR, "xalign", 0.0, "selectable", TRUE, NULL);
    return g_object_new(GTK_TYPE_SCROLLED_WINDOW, "child", label, "hscrollbar-policy",
                        GTK_POLICY_NEVER, "propagate-natural-height", TRUE, "max-content-height",
                        320, NULL);
}

static void show_faults(TinctureWindow *self, const struct batch *b, const char *folder)
{
    g_autofree char *shown = g_filename_display_basename(folder);
    g_autofree char *body =
        g_strdup_printf(P_("%u of %u photo is in the folder %s.",
                           "%u of %u photos are in the folder %s.", b->photos->len),
                        b->made + b->there, b->photos->len, shown);
    GtkWidget *dialog = adw_message_dialog_new(GTK_WINDOW(self), NULL, body);
    AdwMessageDialog *message = ADW_MESSAGE_DIALOG(dialog);
    g_autofree char *heading = g_strdup_printf(
        P_("%u Entry Was Not Done", "%u Entries Were Not Done", b->faults->len), b->faults->len);
    adw_message_dialog_set_heading(message, heading);
    adw_message_dialog_set_extra_child(message, list_of(b->faults));
    adw_message_dialog_add_response(message, "close", _("_Close"));
    adw_message_dialog_set_close_response(message, "close");
    gtk_widget_set_name(dialog, "batch.dialog");
    gtk_window_present(GTK_WINDOW(dialog));
}

void tincture_window_batch_ended(TinctureWindow *self, TinctureJob *job)
{
    const struct batch *b = job->out.batch;
    if (job->state != JOB_CANCELLED && b != NULL && b->faults->len > 0) {
        show_faults(self, b, job->in.folder);
    }
}
