#include "ui/widgets/progress.h"

#define PULSE_MS 120 // not each frame: what is waited for needs the processor more

struct pulse {
    guint timeout;
};

static void pulse_free(gpointer data)
{
    struct pulse *pulse = data;
    g_clear_handle_id(&pulse->timeout, g_source_remove);
    g_free(pulse);
}

static struct pulse *pulse_of(GtkProgressBar *bar)
{
    struct pulse *pulse = g_object_get_data(G_OBJECT(bar), "pulse");
    if (pulse == NULL) {
        pulse = g_new0(struct pulse, 1);
        g_object_set_data_full(G_OBJECT(bar), "pulse", pulse, pulse_free);
    }
    return pulse;
}

static gboolean pulse_cb(gpointer data)
{
    gboolean moves = TRUE; // else the person has asked for none
    g_object_get(gtk_widget_get_settings(data), "gtk-enable-animations", &moves, NULL);
    if (moves && gtk_widget_get_mapped(data)) {
        gtk_progress_bar_pulse(data);
    }
    return G_SOURCE_CONTINUE;
}

void progress_stop(GtkProgressBar *bar)
{
    g_clear_handle_id(&pulse_of(bar)->timeout, g_source_remove);
}

void progress_show(GtkProgressBar *bar, double fraction)
{
    struct pulse *pulse = pulse_of(bar);
    if (fraction >= 0) {
        progress_stop(bar);
        gtk_progress_bar_set_fraction(bar, fraction);
    } else if (pulse->timeout == 0) {
        pulse->timeout = g_timeout_add(PULSE_MS, pulse_cb, bar);
    }
}
