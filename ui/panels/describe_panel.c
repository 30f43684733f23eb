// What the photo shows: the caption that training and inversion start from.
#include "compute/i18n.h"
#include "ui/panels/panel.h"
#include "ui/widgets/prompt_view.h"

#define TINCTURE_TYPE_DESCRIBE_PANEL (tincture_describe_panel_get_type())
G_DECLARE_FINAL_TYPE(TinctureDescribePanel, tincture_describe_panel, TINCTURE, DESCRIBE_PANEL,
                     TincturePanel)

struct _TinctureDescribePanel {
    TincturePanel parent_instance;

    // template widgets
    TincturePromptView *source;
    GtkLabel *words;
};

G_DEFINE_FINAL_TYPE(TinctureDescribePanel, tincture_describe_panel, TINCTURE_TYPE_PANEL)

static void source_edited_cb(TinctureDescribePanel *self)
{
    g_autofree char *text = tincture_prompt_view_dup_text(self->source);
    tincture_project_set_source_prompt(tincture_panel_get_project(TINCTURE_PANEL(self)), text);
}

static void document_changed(TincturePanel *panel, guint parts)
{
    TinctureDescribePanel *self = TINCTURE_DESCRIBE_PANEL(panel);
    if (parts & (DOCUMENT_PROMPTS | DOCUMENT_PHOTO)) {
        const char *text = tincture_panel_get_project(panel)->document.source_prompt;
        tincture_prompt_view_set_text(self->source, text);
        tincture_panel_show_words(panel, self->words, text);
    }
}

static void tincture_describe_panel_dispose(GObject *object)
{
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_DESCRIBE_PANEL);
    G_OBJECT_CLASS(tincture_describe_panel_parent_class)->dispose(object);
}

static void tincture_describe_panel_class_init(TinctureDescribePanelClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_describe_panel_dispose;
    TINCTURE_PANEL_CLASS(klass)->document_changed = document_changed;
    g_type_ensure(TINCTURE_TYPE_PROMPT_VIEW);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/describe_panel.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureDescribePanel, source);
    gtk_widget_class_bind_template_child(widget_class, TinctureDescribePanel, words);
    gtk_widget_class_bind_template_callback(widget_class, source_edited_cb);
}

static void tincture_describe_panel_init(TinctureDescribePanel *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

const struct panel describe_panel = {
    .id = "describe",
    .title = N_("Describe"),
    .side = PANEL_INSPECTOR,
    .get_type = tincture_describe_panel_get_type,
};
