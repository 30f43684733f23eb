#include "ui/widgets/row_focus.h"

gboolean row_focus_controls(GtkWidget *row, GtkDirectionType direction)
{
    return gtk_widget_child_focus(gtk_list_box_row_get_child(GTK_LIST_BOX_ROW(row)), direction);
}

static gboolean has_keyboard(GtkWidget *row, GtkRoot *root)
{
    GtkWidget *focus = gtk_root_get_focus(root);
    return focus != NULL && (focus == row || gtk_widget_is_ancestor(focus, row));
}

void row_focus_leave(GtkWidget *row)
{
    enum { MOST = 100 }; // controls in it
    GtkRoot *root = gtk_widget_get_root(row);
    for (int i = 0; root != NULL && i < MOST && has_keyboard(row, root); i++) {
        gtk_widget_child_focus(GTK_WIDGET(root), GTK_DIR_TAB_FORWARD);
    }
}
