// Messages over the picture: one at a time, and the newest takes the place of the one before, which
// comes back behind it where it lasts or nobody can have read it. And what a job asks before it
// goes on.
#include "ui/window_private.h"

#include "compute/i18n.h"

enum {
    TOAST_EDGES = 170, // pixels of a toast that are not its text
    COMES_IN = 600,    // ms until a toast has come in, also in the place of another
    READS = 6000,      // ms for one that stays
};

struct said {
    int kind; // enum message_kind
    char *text;
    char *button, *action; // NULL: none
};

static void said_free(struct said *m)
{
    g_free(m->text);
    g_free(m->button);
    g_free(m->action);
    g_free(m);
}

// Until a person closes it or does the next thing, or there is something newer to say.
static gboolean stays(const struct said *m)
{
    return m->kind != MESSAGE_INFO && m->kind != MESSAGE_EXPORTED;
}

// It is true as long as the program runs, or it has a way out: only a person ends it.
static gboolean lasts(const struct said *m)
{
    return m->kind == MESSAGE_NOT_KEPT || (stays(m) && m->button != NULL);
}

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

// ---- one after the other ------------------------------------------------------------------------

static AdwToast *new_toast(TinctureWindow *self, const struct said *m)
{
    AdwToast *toast = adw_toast_new("");
    adw_toast_set_custom_title(toast, toast_label(self, m->text));
    if (m->button != NULL) {
        adw_toast_set_button_label(toast, m->button);
        adw_toast_set_detailed_action_name(toast, m->action);
    }
    if (stays(m)) {
        adw_toast_set_timeout(toast, 0);
    }
    return toast;
}

static gint64 shown_for(TinctureWindow *self)
{
    return (g_get_monotonic_time() - self->message_shown) / 1000;
}

static gboolean is_unread(TinctureWindow *self, const struct said *m)
{
    return stays(m) && (m != self->message_of || shown_for(self) < READS);
}

static void forget(TinctureWindow *self, struct said *m)
{
    g_queue_remove(&self->said, m);
    self->message_of = m == self->message_of ? NULL : self->message_of;
    said_free(m);
}

static void dismissed_cb(TinctureWindow *self, AdwToast *toast)
{
    if (self->message == toast) { // not for another one; while it leaves it is none any more
        g_clear_weak_pointer(&self->message);
        tincture_window_dismiss(self);
    }
}

static gboolean turn_cb(gpointer data)
{
    TinctureWindow *self = data;
    struct said *newest = g_queue_peek_tail(&self->said);
    AdwToast *old = self->message;
    self->message_source = 0;
    g_clear_weak_pointer(&self->message);
    if (old != NULL) {
        adw_toast_dismiss(old);
    }
    if (newest != NULL) {
        AdwToast *toast = new_toast(self, newest);
        g_signal_connect_object(toast, "dismissed", G_CALLBACK(dismissed_cb), self,
                                G_CONNECT_SWAPPED);
        g_set_weak_pointer(&self->message, toast);
        adw_toast_overlay_add_toast(self->toasts, toast);
    }
    self->message_of = newest;
    self->message_shown = g_get_monotonic_time();
    return G_SOURCE_REMOVE;
}

// To the newest that is not closed, or to none. libadwaita 1.2 frees a toast that is dismissed
// while it still comes in, and goes on moving it.
static void turn(TinctureWindow *self)
{
    const struct said *newest = g_queue_peek_tail(&self->said);
    const gboolean right = newest != NULL ? newest == self->message_of : self->message == NULL;
    if (right || self->message_source != 0) {
        return;
    }
    if (self->message != NULL && shown_for(self) < COMES_IN) {
        self->message_source = g_timeout_add((guint)(COMES_IN - shown_for(self)), turn_cb, self);
    } else {
        turn_cb(self);
    }
}

static void forget_same(TinctureWindow *self, const struct said *as)
{
    for (GList *item = self->said.head, *next; item != NULL; item = next) {
        struct said *m = item->data;
        next = item->next;
        if (g_str_equal(m->text, as->text) || (lasts(m) && m->kind == as->kind)) {
            forget(self, m);
        }
    }
}

static void say(TinctureWindow *self, struct said m)
{
    struct said *last = g_queue_peek_tail(&self->said);
    if (last != NULL && !lasts(last) && !is_unread(self, last)) {
        forget(self, last);
    }
    forget_same(self, &m);
    m.text = g_strdup(m.text);
    m.button = g_strdup(m.button);
    m.action = g_strdup(m.action);
    g_queue_push_tail(&self->said, g_memdup2(&m, sizeof m));
    turn(self);
}

void tincture_window_say(TinctureWindow *self, int kind, const char *text)
{
    static const struct {
        const char *button, *action; // the way out
    } ways[MESSAGE_KINDS] = {
        [MESSAGE_LIBRARY] = {N_("New Library"), "app.new-library"},
        [MESSAGE_EXPORTED] = {N_("Show in Files"), "win.show-exported"},
        [MESSAGE_UNOPENED] = {N_("Open Anyway"), "win.open-last"},
        [MESSAGE_MISSING] = {N_("Find…"), "win.find-original(int64 0)"},
    };
    say(self, (struct said){kind, (char *)text, (char *)translated(ways[kind].button),
                            (char *)ways[kind].action});
}

void tincture_window_toast(TinctureWindow *self, const char *text, const char *button,
                           const char *action)
{
    say(self, (struct said){MESSAGE_INFO, (char *)text, (char *)button, (char *)action});
}

// What is shown, or else comes in next; NULL: nothing.
static struct said *foremost(TinctureWindow *self)
{
    return self->message_of != NULL ? self->message_of : g_queue_peek_tail(&self->said);
}

gboolean tincture_window_dismiss(TinctureWindow *self)
{
    struct said *m = foremost(self);
    const gboolean waits = m != NULL && stays(m);
    if (m != NULL) {
        forget(self, m);
        turn(self);
    }
    return waits;
}

void tincture_window_go_on(TinctureWindow *self)
{
    for (GList *item = self->said.head, *next; item != NULL; item = next) {
        struct said *m = item->data;
        next = item->next;
        if (stays(m) && !lasts(m)) {
            forget(self, m);
        }
    }
    turn(self);
}

const char *tincture_window_get_message(TinctureWindow *self)
{
    const struct said *m = foremost(self);
    return m != NULL && stays(m) ? m->text : NULL;
}

void tincture_window_forget_messages(TinctureWindow *self)
{
    g_clear_handle_id(&self->message_source, g_source_remove);
    g_clear_weak_pointer(&self->message);
    g_queue_clear_full(&self->said, (GDestroyNotify)said_free);
}

// ---- questions ----------------------------------------------------------------------------------

static void response_cb(AdwMessageDialog *dialog, const char *response, TinctureJob *job)
{
    tincture_job_answer(job, g_str_equal(response, "yes"));
}

void tincture_window_ask(TinctureWindow *self, TinctureJob *job, const char *text)
{
    if (!tincture_window_asked_for(self, job)) {
        return;
    }
    GtkWidget *dialog = adw_message_dialog_new(GTK_WINDOW(self), _("Write a Low-Rank Copy?"), text);
    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "no", _("_Cancel"), "yes",
                                     _("_Write"), NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "yes",
                                               ADW_RESPONSE_SUGGESTED);
    adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "yes");
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "no");
    g_signal_connect_data(dialog, "response", G_CALLBACK(response_cb), g_object_ref(job),
                          (GClosureNotify)(void (*)(void))g_object_unref, 0);
    gtk_window_present(GTK_WINDOW(dialog));
}
