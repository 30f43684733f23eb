// Whether all that is in a window can be seen: what does not lie in it must lie in something that
// scrolls.
#include "tests/ui/drive/drive_private.h"

// Beyond what is around it, one can scroll there.
static void give_way(GtkWidget *around, gboolean *across, gboolean *down)
{
    if (ADW_IS_CAROUSEL(around)) {
        *across = TRUE;
    }
    if (GTK_IS_SCROLLED_WINDOW(around)) {
        GtkPolicyType h, v;
        gtk_scrolled_window_get_policy(GTK_SCROLLED_WINDOW(around), &h, &v);
        *across = *across || h != GTK_POLICY_NEVER;
        *down = *down || v != GTK_POLICY_NEVER;
    }
}

static gboolean counts(GtkWidget *widget)
{
    return (GTK_IS_LABEL(widget) && *gtk_label_get_text(GTK_LABEL(widget)) != '\0') ||
           GTK_IS_IMAGE(widget) || gtk_widget_get_focusable(widget);
}

static int look(GtkWidget *window, GtkWidget *widget, gboolean across, gboolean down)
{
    const float width = (float)gtk_widget_get_width(window),
                height = (float)gtk_widget_get_height(window);
    graphene_rect_t at;
    int faults = 0;
    if (!gtk_widget_get_mapped(widget) || !gtk_widget_compute_bounds(widget, window, &at)) {
        return 0;
    }
    if (counts(widget) && ((!across && (at.origin.x < 0 || at.origin.x + at.size.width > width)) ||
                           (!down && (at.origin.y < 0 || at.origin.y + at.size.height > height)))) {
        g_printerr("cut off: %s “%s” %.0fx%.0f at %.0f, %.0f\n", G_OBJECT_TYPE_NAME(widget),
                   GTK_IS_LABEL(widget) ? gtk_label_get_text(GTK_LABEL(widget))
                                        : gtk_widget_get_name(widget),
                   at.size.width, at.size.height, at.origin.x, at.origin.y);
        faults++;
    }
    give_way(widget, &across, &down);
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        faults += GTK_IS_NATIVE(child) ? 0 : look(window, child, across, down);
    }
    return faults;
}

enum drive_result drive_fits(struct drive *d, const char *rest)
{
    GtkWidget *other = drive_other_window(d);
    GtkWidget *window = other != NULL ? other : GTK_WIDGET(d->window);
    int width = 0, height = 0;
    if (sscanf(rest, "%dx%d", &width, &height) != 2) {
        return drive_fail(d, "into which size?");
    }
    if (d->frames < 3) {
        gtk_widget_queue_draw(GTK_WIDGET(d->window));
        return DRIVE_AGAIN;
    }
    if (gtk_widget_get_width(window) > width || gtk_widget_get_height(window) > height) {
        return drive_fail(d, "the window takes %dx%d", gtk_widget_get_width(window),
                          gtk_widget_get_height(window));
    }
    const int faults = look(window, window, FALSE, FALSE);
    return faults > 0 ? drive_fail(d, "%d things are cut off", faults) : DRIVE_DONE;
}
