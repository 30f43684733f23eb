#include "ui/widgets/progress.h"

#define PULSE_US (80 * 1000)

struct pulse {
    guint tick;
    gint64 last_us;
};

static struct pulse *pulse_of(GtkProgressBar *bar)
{
    struct pulse *pulse = g_object_get_data(G_OBJECT(bar), "pulse");
    if (pulse == NULL) {
        pulse = g_new0(struct pulse, 1);
        g_object_set_data_full(G_OBJECT(bar), "pulse", pulse, g_free);
    }
    return pulse;
}

static gboolean tick_cb(GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
    struct pulse *pulse = pulse_of(GTK_PROGRESS_BAR(widget));
    gint64 now = gdk_frame_clock_get_frame_time(clock);
    if (now - pulse->last_us >= PULSE_US) {
        pulse->last_us = now;
        gtk_progress_bar_pulse(GTK_PROGRESS_BAR(widget));
    }
    return G_SOURCE_CONTINUE;
}

void progress_stop(GtkProgressBar *bar)
{
    struct pulse *pulse = pulse_of(bar);
    if (pulse->tick != 0) {
        gtk_widget_remove_tick_callback(GTK_WIDGET(bar), pulse->tick);
        pulse->tick = 0;
    }
}

void progress_show(GtkProgressBar *bar, double fraction)
{
    struct pulse *pulse = pulse_of(bar);
    if (fraction >= 0) {
        progress_stop(bar);
        gtk_progress_bar_set_fraction(bar, fraction);
    } else if (pulse->tick == 0) {
        pulse->tick = gtk_widget_add_tick_callback(GTK_WIDGET(bar), tick_cb, NULL, NULL);
    }
}
