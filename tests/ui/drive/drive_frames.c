// What frames take, and how long a command is answered.
#include "tests/ui/drive/drive_private.h"

#include <time.h>

enum { FRAMES = 30, STEPS_A_PAGE = 4 };

gint64 drive_thread_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (gint64)t.tv_sec * 1000000000 + t.tv_nsec;
}

void drive_begin_frames(struct drive *d)
{
    g_array_set_size(d->drag.work, 0);
    d->drag.first_us = d->drag.last_us = 0;
    d->drag.begun_ns = drive_thread_ns();
}

void drive_drawn(struct drive *d)
{
    if (d->answer.begun_ns != 0 && d->answer.took == 0) {
        d->answer.work = (double)(drive_thread_ns() - d->answer.begun_ns) / 1e6;
        d->answer.took = (double)(g_get_monotonic_time() - d->answer.begun_us) / 1e3;
    }
}

// measure COMMAND: how long it takes until what it does is drawn (facts answer-work, answer-took),
// and what the frames take that follow (frame-work, frame-most).
enum drive_result drive_measure(struct drive *d, const char *rest)
{
    if (d->answer.begun_ns == 0) {
        g_auto(GStrv) words = g_strsplit(rest, " ", 2);
        drive_begin_frames(d);
        d->frames = 0;
        d->answer.took = 0;
        d->answer.begun_ns = drive_thread_ns();
        d->answer.begun_us = g_get_monotonic_time();
        if (drive_run(d, words[0], words[1] != NULL ? words[1] : "") != DRIVE_DONE) {
            return drive_fail(d, "this cannot be measured");
        }
    }
    gtk_widget_queue_draw(GTK_WIDGET(d->window));
    if (d->frames < FRAMES) {
        return DRIVE_AGAIN;
    }
    d->answer.begun_ns = d->drag.begun_ns = 0;
    return DRIVE_DONE;
}

static gboolean scroll_cb(GtkWidget *list, GdkFrameClock *clock, gpointer data)
{
    struct drive *d = data;
    GtkAdjustment *place = gtk_scrollable_get_vadjustment(GTK_SCROLLABLE(list));
    const double page = gtk_adjustment_get_page_size(place), at = gtk_adjustment_get_value(place);
    if (at >= gtk_adjustment_get_upper(place) - page) {
        d->drag.begun_ns = 0;
        return G_SOURCE_REMOVE;
    }
    gtk_adjustment_set_value(place, at + page / STEPS_A_PAGE);
    return G_SOURCE_CONTINUE;
}

// scroll NAME: to the end of a list, a quarter of what is seen of it in each frame.
enum drive_result drive_scroll(struct drive *d, const char *rest)
{
    GtkWidget *list = drive_widget_find(GTK_WIDGET(d->window), rest);
    if (d->drag.stroking) {
        d->drag.stroking = d->drag.begun_ns != 0;
        return d->drag.stroking ? DRIVE_AGAIN : DRIVE_DONE;
    }
    if (!GTK_IS_SCROLLABLE(list) || !gtk_widget_get_mapped(list)) {
        return drive_fail(d, "no such list, or it is hidden");
    }
    drive_begin_frames(d);
    d->drag.stroking = TRUE;
    gtk_widget_add_tick_callback(list, scroll_cb, d, NULL);
    return DRIVE_AGAIN;
}
