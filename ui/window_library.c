// The verbs of the library: what is deleted and comes back, what tidies it up, and documents as
// files.
#include "ui/window_private.h"

#include "compute/i18n.h"
#include "ui/core/plain_text.h"
#include "ui/dialogs/show_file.h"

static struct library *library_of(GtkWidget *widget)
{
    return TINCTURE_WINDOW(widget)->session->library;
}

// ---- the trash ----------------------------------------------------------------------------------

static enum store_kind kind_of(GVariant *target, gint64 *id)
{
    const char *noun;
    g_variant_get(target, "(&sx)", &noun, id);
    return store_kind_find(noun);
}

// Of what is in the trash, as a person calls it.
static char *name_of(const struct library *l, enum store_kind kind, gint64 id)
{
    g_autoptr(GPtrArray) trash = store_trash(l->store, NULL);
    for (guint i = 0; trash != NULL && i < trash->len; i++) {
        const struct store_trashed *t = trash->pdata[i];
        if (t->kind == kind && t->id == id) {
            return plain_text(t->name, TEXT_NAME);
        }
    }
    return NULL;
}

static void delete_action(GtkWidget *widget, const char *name, GVariant *target)
{
    TinctureWindow *self = TINCTURE_WINDOW(widget);
    gint64 id;
    const enum store_kind kind = kind_of(target, &id);
    if (tincture_session_delete(self->session, kind, id)) {
        g_autofree char *undo = g_strdup_printf("win.restore(('%s', int64 %" G_GINT64_FORMAT "))",
                                                store_kind_noun(kind), id);
        g_autofree char *deleted = name_of(library_of(widget), kind, id);
        g_autofree char *text = deleted != NULL && *deleted != '\0'
                                    ? g_strdup_printf(_("Deleted “%s”"), deleted)
                                    : g_strdup(_("Deleted"));
        tincture_window_toast(self, text, _("Undo"), undo);
    }
}

static void restore_action(GtkWidget *widget, const char *name, GVariant *target)
{
    gint64 id;
    const enum store_kind kind = kind_of(target, &id);
    tincture_session_restore(TINCTURE_WINDOW(widget)->session, kind, id);
}

// ---- tidying up ---------------------------------------------------------------------------------

// A question with a way out.
static void ask(TinctureWindow *self, const char *heading, const char *body, const char *yes,
                gboolean for_good, GCallback answered)
{
    GtkWidget *dialog = adw_message_dialog_new(GTK_WINDOW(self), heading, body);
    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "yes", yes,
                                     NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "yes",
                                               for_good ? ADW_RESPONSE_DESTRUCTIVE
                                                        : ADW_RESPONSE_SUGGESTED);
    adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "yes");
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
    g_signal_connect_object(dialog, "response", answered, self, G_CONNECT_SWAPPED);
    gtk_window_present(GTK_WINDOW(dialog));
}

static void clean_cb(TinctureWindow *self, const char *response)
{
    if (g_str_equal(response, "yes")) {
        library_clean(self->session->library);
    }
}

static void clean_action(GtkWidget *widget, const char *name, GVariant *target)
{
    const struct store_use *use = &library_of(widget)->use;
    g_autofree char *size = g_format_size((guint64)use->plain_bytes);
    g_autofree char *body = g_strdup_printf(
        P_("%u result without a star, %s, goes into the trash. The newest result of each photo "
           "stays, and so does every result with a star. The room on the disk is free when the "
           "trash is emptied; until then it can be taken back.",
           "%u results without a star, %s, go into the trash. The newest result of each photo "
           "stays, and so does every result with a star. The room on the disk is free when the "
           "trash is emptied; until then they can be taken back.",
           use->plain),
        use->plain, size);
    ask(TINCTURE_WINDOW(widget), _("Clean Up the Library?"), body, _("Clean _Up"), FALSE,
        G_CALLBACK(clean_cb));
}

static void restore_cleaned_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_session_restore_cleaned(TINCTURE_WINDOW(widget)->session, g_variant_get_int64(target));
}

static void empty_cb(TinctureWindow *self, const char *response)
{
    if (g_str_equal(response, "yes")) {
        library_empty_trash(self->session->library);
    }
}

static void empty_action(GtkWidget *widget, const char *name, GVariant *target)
{
    const struct store_use *use = &library_of(widget)->use;
    g_autofree char *size = g_format_size((guint64)use->trash_bytes);
    g_autofree char *body = g_strdup_printf(
        P_("%u thing that was deleted goes for good, and %s on the disk are free again.",
           "%u things that were deleted go for good, and %s on the disk are free again.",
           use->in_trash),
        use->in_trash, size);
    g_autofree char *bodiless =
        g_strdup_printf(P_("%u thing that was deleted goes for good.",
                           "%u things that were deleted go for good.", use->in_trash),
                        use->in_trash);
    ask(TINCTURE_WINDOW(widget), _("Empty the Trash?"), use->trash_bytes > 0 ? body : bodiless,
        _("_Empty Trash"), TRUE, G_CALLBACK(empty_cb));
}

static void stop_action(GtkWidget *widget, const char *name, GVariant *target)
{
    static const struct job_type *const types[] = {&clean_job, &empty_job, &export_document_job,
                                                   &import_document_job};
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        tincture_queue_cancel(TINCTURE_WINDOW(widget)->session->queue, NULL, types[i]);
    }
}

// ---- documents as files -------------------------------------------------------------------------

void tincture_window_export_document(TinctureWindow *self, gint64 id, GFile *file)
{
    g_autofree char *path = g_file_get_path(file);
    if (path == NULL) {
        tincture_window_toast(self, _("Choose a folder on this computer."), NULL, NULL);
    } else {
        library_export(self->session->library, id, path);
    }
}

void tincture_window_find_original(TinctureWindow *self, gint64 id, GFile *file)
{
    g_autofree char *path = g_file_get_path(file);
    if (path == NULL) {
        tincture_window_toast(self, _("This file is not on this computer. Copy it here first."),
                              NULL, NULL);
    } else {
        library_find_original(self->session->library, id, path);
    }
}

// A file is being chosen for this document; the window's, so that it goes with it.
struct choice {
    TinctureWindow *window;
    gint64 id;
    void (*take)(TinctureWindow *window, gint64 id, GFile *file);
};

static struct choice *choice_new(GtkWidget *widget, gint64 id,
                                 void (*take)(TinctureWindow *window, gint64 id, GFile *file))
{
    struct choice *choice = g_new(struct choice, 1);
    *choice = (struct choice){TINCTURE_WINDOW(widget), id, take};
    g_object_set_data_full(G_OBJECT(widget), "document-choice", choice, g_free);
    return choice;
}

static void chosen_cb(GFile *file, gpointer data)
{
    const struct choice *choice = data;
    choice->take(choice->window, choice->id, file);
}

// False, and said: it is not there any more.
static gboolean load(GtkWidget *widget, gint64 id, struct store_document *row)
{
    const struct library *l = library_of(widget);
    const gboolean there = l->store != NULL && store_document_load(l->store, id, row, NULL);
    if (!there) {
        tincture_window_toast(TINCTURE_WINDOW(widget), _("This document is not in the library."),
                              NULL, NULL);
    }
    return there;
}

static void export_action(GtkWidget *widget, const char *name, GVariant *target)
{
    struct store_document row = {0};
    const gint64 id = g_variant_get_int64(target);
    if (load(widget, id, &row)) {
        file_dialog_save_document(GTK_WINDOW(widget), row.name, chosen_cb,
                                  choice_new(widget, id, tincture_window_export_document));
        store_document_clear(&row);
    }
}

// 0: the one that could not be opened last.
static void find_action(GtkWidget *widget, const char *name, GVariant *target)
{
    struct store_document row = {0};
    const gint64 asked = g_variant_get_int64(target);
    const gint64 id = asked != 0 ? asked : library_of(widget)->missing;
    if (load(widget, id, &row)) {
        file_dialog_find_photo(GTK_WINDOW(widget), row.name, chosen_cb,
                               choice_new(widget, id, tincture_window_find_original));
        store_document_clear(&row);
    }
}

static void open_chosen_cb(GFile *file, gpointer data)
{
    tincture_window_open(data, file);
}

static void import_action(GtkWidget *widget, const char *name, GVariant *target)
{
    file_dialog_open_document(GTK_WINDOW(widget), open_chosen_cb, widget);
}

static void open_action(GtkWidget *widget, const char *name, GVariant *target)
{
    TinctureWindow *self = TINCTURE_WINDOW(widget);
    const struct library *l = library_of(widget);
    const gint64 id = g_variant_get_int64(target);
    if (self->project->photo != NULL && id == l->row.id && library_opening(l) == NULL) {
        tincture_window_show_aside(self, NULL); // it is open already
    } else {
        tincture_session_open(self->session, id);
    }
}

// Where it was opened from, or else the library's own copy.
static void show_action(GtkWidget *widget, const char *name, GVariant *target)
{
    struct store_document row = {0};
    if (!load(widget, g_variant_get_int64(target), &row)) {
        return;
    }
    g_autofree char *own = store_own_path(library_of(widget)->store, row.photo);
    const char *path =
        row.origin != NULL && g_file_test(row.origin, G_FILE_TEST_EXISTS) ? row.origin : own;
    if (path != NULL && g_file_test(path, G_FILE_TEST_EXISTS)) {
        show_file(GTK_WINDOW(widget), path);
    } else {
        tincture_window_toast(TINCTURE_WINDOW(widget), _("Its file is missing."), NULL, NULL);
    }
    store_document_clear(&row);
}

static void show_file_action(GtkWidget *widget, const char *name, GVariant *target)
{
    show_file(GTK_WINDOW(widget), g_variant_get_bytestring(target));
}

static void use_adapter_action(GtkWidget *widget, const char *name, GVariant *target)
{
    TinctureWindow *self = TINCTURE_WINDOW(widget);
    g_autoptr(GFile) file = g_file_new_for_path(g_variant_get_bytestring(target));
    if (self->session->project->photo == NULL) {
        tincture_window_toast(self, _("Open a photo first: an adapter is used on one."), NULL,
                              NULL);
    } else {
        tincture_window_open(self, file);
    }
}

// ---- the page -----------------------------------------------------------------------------------

static void library_action(GtkWidget *widget, const char *name, GVariant *target)
{
    tincture_window_show_aside(TINCTURE_WINDOW(widget), "library");
}

void tincture_window_update_library(TinctureWindow *self)
{
    const struct library *l = self->session->library;
    TinctureQueue *queue = self->session->queue;
    const gboolean kept = l->store != NULL;
    const gboolean rests = tincture_queue_find(queue, NULL, &clean_job) == NULL &&
                           tincture_queue_find(queue, NULL, &empty_job) == NULL;
    const struct {
        const char *name;
        gboolean enabled;
    } states[] = {
        {"win.show-library", kept && g_strcmp0(self->aside, "library") != 0},
        {"win.import-document", kept},
        {"win.clean-up", kept && rests && l->measured && l->use.plain > 0},
        {"win.empty-trash", kept && rests && l->measured && l->use.in_trash > 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) {
        gtk_widget_action_set_enabled(GTK_WIDGET(self), states[i].name, states[i].enabled);
    }
}

// What has just been cleaned up can be taken back, and what was written can be looked at.
void tincture_window_library_job_ended(TinctureWindow *self, TinctureJob *job)
{
    if (!tincture_window_asked_for(self, job) || job->error != NULL) {
        return;
    }
    if (job->type == &clean_job) {
        g_autofree char *undo =
            g_strdup_printf("win.restore-cleaned(int64 %" G_GINT64_FORMAT ")", job->out.when);
        tincture_window_toast(self, _("Results without a star are in the trash"), _("Undo"), undo);
    } else if (job->type == &export_document_job) {
        g_autoptr(GVariant) path = g_variant_ref_sink(g_variant_new_bytestring(job->in.path));
        g_autofree char *show = g_action_print_detailed_name("win.show-file", path);
        tincture_window_toast(self, job->out.note, _("Show in Files"), show);
    }
}

void tincture_window_install_library(GtkWidgetClass *widget_class)
{
    static const struct {
        const char *name, *parameter;
        GtkWidgetActionActivateFunc activate;
    } actions[] = {
        {"win.show-library", NULL, library_action},
        {"win.delete", "(sx)", delete_action},
        {"win.restore", "(sx)", restore_action},
        {"win.clean-up", NULL, clean_action},
        {"win.restore-cleaned", "x", restore_cleaned_action},
        {"win.empty-trash", NULL, empty_action},
        {"win.stop-tidying", NULL, stop_action},
        {"win.open-document", "x", open_action},
        {"win.export-document", "x", export_action},
        {"win.import-document", NULL, import_action},
        {"win.find-original", "x", find_action},
        {"win.show-document", "x", show_action},
        {"win.show-file", "ay", show_file_action},
        {"win.use-adapter", "ay", use_adapter_action},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(actions); i++) {
        gtk_widget_class_install_action(widget_class, actions[i].name, actions[i].parameter,
                                        actions[i].activate);
    }
}
