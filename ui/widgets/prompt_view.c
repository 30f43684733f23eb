#include "ui/widgets/prompt_view.h"

struct _TincturePromptView {
    GtkTextView parent_instance;

    // widgets
    GtkWidget *placeholder;

    // state
    gboolean several;
    gboolean updating;
    gboolean composing; // an input method shows a word that is not in the text yet
};

enum { PROP_PLACEHOLDER = 1, PROP_SEVERAL, N_PROPS };
static GParamSpec *properties[N_PROPS];
enum { EDITED, ACTIVATE, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TincturePromptView, tincture_prompt_view, GTK_TYPE_TEXT_VIEW)

static void buffer_changed_cb(TincturePromptView *self)
{
    GtkTextBuffer *buffer = gtk_text_view_get_buffer(GTK_TEXT_VIEW(self));
    gtk_widget_set_visible(self->placeholder, gtk_text_buffer_get_char_count(buffer) == 0);
    if (!self->updating) {
        g_signal_emit(self, signals[EDITED], 0);
    }
}

// While an input method composes a word, Enter accepts that word.
static void preedit_changed_cb(TincturePromptView *self, const char *preedit)
{
    self->composing = *preedit != '\0';
}

static gboolean key_pressed_cb(GtkEventControllerKey *controller, guint key, guint code,
                               GdkModifierType state, TincturePromptView *self)
{
    gboolean enter = key == GDK_KEY_Return || key == GDK_KEY_KP_Enter || key == GDK_KEY_ISO_Enter;
    if (!enter || self->composing || (self->several && !(state & GDK_CONTROL_MASK))) {
        return GDK_EVENT_PROPAGATE;
    }
    g_signal_emit(self, signals[ACTIVATE], 0);
    return GDK_EVENT_STOP;
}

static void tincture_prompt_view_get_property(GObject *object, guint id, GValue *value,
                                              GParamSpec *pspec)
{
    TincturePromptView *self = TINCTURE_PROMPT_VIEW(object);
    switch (id) {
    case PROP_PLACEHOLDER:
        g_value_set_string(value, gtk_label_get_text(GTK_LABEL(self->placeholder)));
        break;
    case PROP_SEVERAL: g_value_set_boolean(value, self->several); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
}

static void tincture_prompt_view_set_property(GObject *object, guint id, const GValue *value,
                                              GParamSpec *pspec)
{
    TincturePromptView *self = TINCTURE_PROMPT_VIEW(object);
    switch (id) {
    case PROP_PLACEHOLDER:
        gtk_label_set_text(GTK_LABEL(self->placeholder), g_value_get_string(value));
        gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_PLACEHOLDER,
                                       g_value_get_string(value), -1);
        break;
    case PROP_SEVERAL: self->several = g_value_get_boolean(value); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
}

static void tincture_prompt_view_class_init(TincturePromptViewClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);
    object_class->get_property = tincture_prompt_view_get_property;
    object_class->set_property = tincture_prompt_view_set_property;
    properties[PROP_PLACEHOLDER] = g_param_spec_string("placeholder", NULL, NULL, NULL,
                                                       G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
    properties[PROP_SEVERAL] = g_param_spec_boolean("several", NULL, NULL, FALSE,
                                                    G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
    g_object_class_install_properties(object_class, N_PROPS, properties);
    signals[EDITED] = g_signal_new("edited", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
    signals[ACTIVATE] = g_signal_new("activate", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0,
                                     NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void tincture_prompt_view_init(TincturePromptView *self)
{
    GtkTextView *view = GTK_TEXT_VIEW(self);
    gtk_text_view_set_wrap_mode(view, GTK_WRAP_WORD_CHAR);
    gtk_text_view_set_accepts_tab(view, FALSE);
    gtk_text_buffer_set_enable_undo(gtk_text_view_get_buffer(view), FALSE);
    gtk_widget_add_css_class(GTK_WIDGET(self), "prompt");

    self->placeholder = gtk_label_new(NULL);
    gtk_widget_add_css_class(self->placeholder, "placeholder");
    gtk_widget_set_can_target(self->placeholder, FALSE);
    gtk_text_view_add_overlay(view, self->placeholder, 0, 0);

    g_signal_connect(self, "preedit-changed", G_CALLBACK(preedit_changed_cb), NULL);
    GtkEventController *keys = gtk_event_controller_key_new();
    gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
    g_signal_connect(keys, "key-pressed", G_CALLBACK(key_pressed_cb), self);
    gtk_widget_add_controller(GTK_WIDGET(self), keys);
    g_signal_connect_swapped(gtk_text_view_get_buffer(view), "changed",
                             G_CALLBACK(buffer_changed_cb), self);
}

char *tincture_prompt_view_dup_text(TincturePromptView *self)
{
    g_return_val_if_fail(TINCTURE_IS_PROMPT_VIEW(self), NULL);
    GtkTextBuffer *buffer = gtk_text_view_get_buffer(GTK_TEXT_VIEW(self));
    GtkTextIter start, end;
    gtk_text_buffer_get_bounds(buffer, &start, &end);
    char *text = gtk_text_buffer_get_text(buffer, &start, &end, FALSE);
    return g_strdelimit(text, self->several ? "\r\t" : "\r\n\t", ' ');
}

void tincture_prompt_view_set_text(TincturePromptView *self, const char *text)
{
    g_return_if_fail(TINCTURE_IS_PROMPT_VIEW(self));
    g_autofree char *shown = tincture_prompt_view_dup_text(self);
    if (text == NULL) {
        text = "";
    }
    if (g_str_equal(shown, text)) {
        return;
    }
    self->updating = TRUE;
    gtk_text_buffer_set_text(gtk_text_view_get_buffer(GTK_TEXT_VIEW(self)), text, -1);
    self->updating = FALSE;
}
