#include "ui/widgets/row_focus.h"

gboolean row_focus_controls(GtkWidget *row, GtkDirectionType direction)
{
    return gtk_widget_child_focus(gtk_list_box_row_get_child(GTK_LIST_BOX_ROW(row)), direction);
}
