#include "ui/canvas/word_popover.h"

#include <string.h>

struct _TinctureWordPopover {
    GtkPopover parent_instance;

    // template widgets
    GtkEntry *entry;
    GtkFlowBox *words;
    GtkCheckButton *take_away;

    // owned
    TinctureProject *project;
};

G_DEFINE_FINAL_TYPE(TinctureWordPopover, tincture_word_popover, GTK_TYPE_POPOVER)

static void choose(TinctureWordPopover *self, const char *word)
{
    const gboolean take_away = gtk_check_button_get_active(self->take_away);
    gtk_popover_popdown(GTK_POPOVER(self));
    gtk_widget_activate_action(GTK_WIDGET(self), take_away ? "win.deselect" : "win.select", "s",
                               word);
}

static void entry_activate_cb(TinctureWordPopover *self)
{
    g_autofree char *word = g_strdup(gtk_editable_get_text(GTK_EDITABLE(self->entry)));
    if (*g_strstrip(word) != '\0') {
        choose(self, word);
    }
}

static void word_cb(TinctureWordPopover *self, GtkButton *button)
{
    choose(self, gtk_button_get_label(button));
}

// Words that stand for no place in a picture.
static gboolean is_filler(const char *word)
{
    static const char *const fillers[] = {"a",     "an",         "the",     "of",    "in",  "on",
                                          "at",    "with",       "by",      "to",    "and", "is",
                                          "photo", "photograph", "picture", "image", NULL};
    g_autofree char *small = g_utf8_strdown(word, -1);
    return g_strv_contains(fillers, small);
}

static GPtrArray *words_of(const char *sentence)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) parts = g_strsplit_set(sentence, " ,.;:!?\"()\t\n", -1);
    for (char **part = parts; *part != NULL; part++) {
        if (**part != '\0' && !is_filler(*part) &&
            !g_ptr_array_find_with_equal_func(words, *part, g_str_equal, NULL)) {
            g_ptr_array_add(words, g_strdup(*part));
        }
    }
    return words;
}

static void show_words(TinctureWordPopover *self)
{
    GtkWidget *child;
    g_autoptr(GPtrArray) words = words_of(self->project->document.source_prompt);
    while ((child = gtk_widget_get_first_child(GTK_WIDGET(self->words))) != NULL) {
        gtk_flow_box_remove(self->words, child);
    }
    for (guint i = 0; i < words->len; i++) {
        GtkWidget *button = gtk_button_new_with_label(words->pdata[i]);
        g_signal_connect_swapped(button, "clicked", G_CALLBACK(word_cb), self);
        gtk_flow_box_append(self->words, button);
        gtk_widget_set_focusable(gtk_widget_get_parent(button), FALSE); // the button is
    }
    gtk_widget_set_visible(GTK_WIDGET(self->words), words->len > 0);
}

static void tincture_word_popover_show(GtkWidget *widget)
{
    TinctureWordPopover *self = TINCTURE_WORD_POPOVER(widget);
    if (self->project != NULL) {
        show_words(self);
        gtk_widget_set_visible(GTK_WIDGET(self->take_away), self->project->document.mask != NULL);
    }
    gtk_check_button_set_active(self->take_away, FALSE); // each selection is asked for anew
    gtk_editable_set_text(GTK_EDITABLE(self->entry), "");
    GTK_WIDGET_CLASS(tincture_word_popover_parent_class)->show(widget);
}

void tincture_word_popover_set_project(TinctureWordPopover *self, TinctureProject *project)
{
    g_set_object(&self->project, project);
}

static void tincture_word_popover_dispose(GObject *object)
{
    TinctureWordPopover *self = TINCTURE_WORD_POPOVER(object);
    g_clear_object(&self->project);
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_WORD_POPOVER);
    G_OBJECT_CLASS(tincture_word_popover_parent_class)->dispose(object);
}

static void tincture_word_popover_class_init(TinctureWordPopoverClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_word_popover_dispose;
    widget_class->show = tincture_word_popover_show;
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/word_popover.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureWordPopover, entry);
    gtk_widget_class_bind_template_child(widget_class, TinctureWordPopover, words);
    gtk_widget_class_bind_template_child(widget_class, TinctureWordPopover, take_away);
    gtk_widget_class_bind_template_callback(widget_class, entry_activate_cb);
}

static void tincture_word_popover_init(TinctureWordPopover *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}
