// Messages over the picture: one at a time, and the newest takes the place of the one before. And
// what a job asks before it goes on.
#include "ui/window_private.h"

enum {
    TOAST_EDGES = 170, // pixels of a toast that are not its text
    COMES_IN = 600,    // ms until a toast has come in, also in the place of another
};

// How many letters fit into a message over the picture: the toast takes its height from the lines
// that its label would like, and does not ask again when it gets less room.
static int toast_chars(TinctureWindow *self)
{
    PangoContext *context = gtk_widget_get_pango_context(GTK_WIDGET(self));
    PangoFontMetrics *metrics = pango_context_get_metrics(context, NULL, NULL);
    int letter = PANGO_PIXELS(pango_font_metrics_get_approximate_char_width(metrics));
    pango_font_metrics_unref(metrics);
    int width = gtk_widget_get_width(GTK_WIDGET(self->toasts)), height;
    if (width == 0) { // a message of the start
        gtk_window_get_default_size(GTK_WINDOW(self), &width, &height);
    }
    return CLAMP((width - TOAST_EDGES) / MAX(letter, 1), 16, 50);
}

// A label of our own, because messages may be longer than a line and are not markup.
static GtkWidget *toast_label(TinctureWindow *self, const char *text)
{
    GtkWidget *label = g_object_new(GTK_TYPE_LABEL, "label", text, "accessible-role",
                                    GTK_ACCESSIBLE_ROLE_ALERT, NULL);
    gtk_accessible_update_property(GTK_ACCESSIBLE(label), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
    gtk_label_set_lines(GTK_LABEL(label), 6);
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
    gtk_label_set_natural_wrap_mode(GTK_LABEL(label), GTK_NATURAL_WRAP_NONE);
    gtk_label_set_max_width_chars(GTK_LABEL(label), toast_chars(self));
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_widget_add_css_class(label, "heading");
    return label;
}

static AdwToast *new_toast(TinctureWindow *self, const char *text, const char *button,
                           const char *action)
{
    AdwToast *toast = adw_toast_new("");
    adw_toast_set_custom_title(toast, toast_label(self, text));
    if (button != NULL) {
        adw_toast_set_button_label(toast, button);
        adw_toast_set_detailed_action_name(toast, action);
    }
    return toast;
}

// While it leaves it is none any more.
static void dismissed_cb(TinctureWindow *self, AdwToast *toast)
{
    if (self->message == toast) {
        g_clear_weak_pointer(&self->message);
    }
}

static gboolean turn_cb(gpointer data)
{
    TinctureWindow *self = data;
    AdwToast *next = g_steal_pointer(&self->next_message);
    self->message_source = 0;
    if (self->message != NULL) {
        adw_toast_dismiss(self->message);
    }
    if (next != NULL) {
        g_signal_connect_object(next, "dismissed", G_CALLBACK(dismissed_cb), self,
                                G_CONNECT_SWAPPED);
        g_set_weak_pointer(&self->message, next);
        self->message_shown = g_get_monotonic_time();
        adw_toast_overlay_add_toast(self->toasts, next);
    }
    return G_SOURCE_REMOVE;
}

// From the message that is shown to this one (transfer full), or to none. libadwaita 1.2 frees a
// toast that is dismissed while it still comes in, and goes on moving it.
static void turn(TinctureWindow *self, AdwToast *next)
{
    const gint64 old = (g_get_monotonic_time() - self->message_shown) / 1000;
    g_clear_object(&self->next_message);
    self->next_message = next;
    if (self->message_source != 0) {
        return; // then the newest
    }
    if (self->message != NULL && old < COMES_IN) {
        self->message_source = g_timeout_add((guint)(COMES_IN - old), turn_cb, self);
    } else {
        turn_cb(self);
    }
}

void tincture_window_dismiss(TinctureWindow *self)
{
    turn(self, NULL);
}

void tincture_window_message(TinctureWindow *self, const char *text, const char *button,
                             const char *action, gboolean stays)
{
    AdwToast *toast = new_toast(self, text, button, action);
    if (stays) {
        adw_toast_set_timeout(toast, 0);
    }
    turn(self, toast);
}

void tincture_window_toast(TinctureWindow *self, const char *text, const char *button,
                           const char *action)
{
    tincture_window_message(self, text, button, action, FALSE);
}

void tincture_window_forget_messages(TinctureWindow *self)
{
    g_clear_handle_id(&self->message_source, g_source_remove);
    g_clear_object(&self->next_message);
    g_clear_weak_pointer(&self->message);
}

// ---- questions ----------------------------------------------------------------------------------

static void response_cb(AdwMessageDialog *dialog, const char *response, TinctureJob *job)
{
    tincture_job_answer(job, g_str_equal(response, "yes"));
}

void tincture_window_ask(TinctureWindow *self, TinctureJob *job, const char *text)
{
    GtkWidget *dialog = adw_message_dialog_new(GTK_WINDOW(self), "Write a Low-Rank Copy?", text);
    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "no", "_Cancel", "yes", "_Write",
                                     NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "yes",
                                               ADW_RESPONSE_SUGGESTED);
    adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "yes");
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "no");
    g_signal_connect_data(dialog, "response", G_CALLBACK(response_cb), g_object_ref(job),
                          (GClosureNotify)(void (*)(void))g_object_unref, 0);
    gtk_window_present(GTK_WINDOW(dialog));
}
