#include "ui/canvas/toolbar.h"

#include "compute/i18n.h"
#include "ui/canvas/tool.h"
#include "ui/canvas/word_popover.h"

struct _TinctureToolbar {
    AdwBin parent_instance;

    // template widgets
    GtkBox *tools;
    GtkMenuButton *word;
    TinctureWordPopover *words;
};

G_DEFINE_FINAL_TYPE(TinctureToolbar, tincture_toolbar, ADW_TYPE_BIN)

static GtkWidget *tool_button(const struct canvas_tool_info *tool)
{
    g_autofree char *name = g_strdup_printf("tool.%s", tool->name);
    GtkWidget *button =
        g_object_new(GTK_TYPE_TOGGLE_BUTTON, "name", name, "icon-name", tool->icon, "tooltip-text",
                     translated(tool->tooltip), "action-name", "win.tool", "action-target",
                     g_variant_new_string(tool->name), NULL);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   translated(tool->title), -1);
    gtk_widget_add_css_class(button, "flat");
    return button;
}

void tincture_toolbar_set_project(TinctureToolbar *self, TinctureProject *project)
{
    tincture_word_popover_set_project(self->words, project);
}

void tincture_toolbar_ask_word(TinctureToolbar *self)
{
    gtk_menu_button_popup(self->word);
}

static GtkWidget *button_in_hand(TinctureToolbar *self)
{
    GtkWidget *button = gtk_widget_get_first_child(GTK_WIDGET(self->tools));
    while (button != NULL && !(GTK_IS_TOGGLE_BUTTON(button) &&
                               gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(button)))) {
        button = gtk_widget_get_next_sibling(button);
    }
    return button;
}

// As in any toolbar, Tab goes to the tool in the hand and on to what is beside the toolbar; arrows
// go from tool to tool.
static gboolean tincture_toolbar_focus(GtkWidget *widget, GtkDirectionType direction)
{
    TinctureToolbar *self = TINCTURE_TOOLBAR(widget);
    const gboolean tab = direction == GTK_DIR_TAB_FORWARD || direction == GTK_DIR_TAB_BACKWARD;
    if (!tab || gtk_widget_get_mapped(GTK_WIDGET(self->words))) {
        return GTK_WIDGET_CLASS(tincture_toolbar_parent_class)->focus(widget, direction);
    }
    GtkWidget *button = button_in_hand(self);
    return gtk_widget_get_focus_child(widget) == NULL && button != NULL &&
           gtk_widget_grab_focus(button);
}

static void tincture_toolbar_dispose(GObject *object)
{
    adw_bin_set_child(ADW_BIN(object), NULL); // or it is let go twice: the template has it, too
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_TOOLBAR);
    G_OBJECT_CLASS(tincture_toolbar_parent_class)->dispose(object);
}

static void tincture_toolbar_class_init(TinctureToolbarClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_toolbar_dispose;
    widget_class->focus = tincture_toolbar_focus;
    g_type_ensure(TINCTURE_TYPE_WORD_POPOVER);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/toolbar.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureToolbar, tools);
    gtk_widget_class_bind_template_child(widget_class, TinctureToolbar, word);
    gtk_widget_class_bind_template_child(widget_class, TinctureToolbar, words);
}

static void tincture_toolbar_init(TinctureToolbar *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    for (int i = N_TOOLS - 1; i >= 0; i--) {
        gtk_box_prepend(self->tools, tool_button(&canvas_tools[i]));
    }
}
