#include "tests/ui/drive/drive_private.h"

#include <string.h>

#define POLL_MS 20

static void drive_free(struct drive *drive)
{
    g_strfreev(drive->lines);
    g_free(drive->message);
    g_string_free(drive->failure, TRUE);
    g_clear_object(&drive->program);
    g_array_unref(drive->drag.work);
    g_free(drive);
}

enum drive_result drive_fail(struct drive *drive, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_vprintf(drive->failure, format, args);
    va_end(args);
    return DRIVE_FAILED;
}

static void message_cb(TinctureProject *project, int kind, const char *text, struct drive *drive)
{
    g_free(drive->message);
    drive->message = g_strdup(text);
    g_printerr("drive: the window says: %s\n", text);
}

static void frame_cb(GdkFrameClock *clock, struct drive *drive)
{
    drive->frames++;
    drive_drawn(drive);
    if (drive->drag.begun_ns != 0) {
        const double work = (double)(drive_thread_ns() - drive->drag.begun_ns) / 1e6;
        g_array_append_val(drive->drag.work, work);
        drive->drag.last_us = g_get_monotonic_time();
        drive->drag.first_us =
            drive->drag.first_us != 0 ? drive->drag.first_us : drive->drag.last_us;
    }
}

// What a stroke in the frame costs, and drawing it.
static void frame_begins_cb(GdkFrameClock *clock, struct drive *drive)
{
    if (drive->drag.begun_ns != 0) {
        drive->drag.begun_ns = drive_thread_ns();
    }
}

static void leave(struct drive *drive)
{
    if (drive->project != NULL) {
        g_signal_handlers_disconnect_by_data(drive->project, drive);
        g_signal_handlers_disconnect_by_data(drive->clock, drive);
    }
    g_clear_object(&drive->clock);
    g_clear_object(&drive->project);
    g_clear_object(&drive->session);
    g_clear_weak_pointer(&drive->window);
}

static void note_idle(struct drive *drive)
{
    if (tincture_queue_shown(drive->session->queue, NULL) != NULL) {
        drive->idle_since_us = 0;
    } else if (drive->idle_since_us == 0) {
        drive->idle_since_us = g_get_monotonic_time();
    }
}

static enum drive_result run_line(struct drive *drive, const char *line)
{
    gint64 now = g_get_monotonic_time();
    g_auto(GStrv) words = g_strsplit(line, " ", 2);
    if (drive->started_us == 0) {
        drive->started_us = now;
        drive->limit = DRIVE_LIMIT;
        drive->frames = 0;
        drive->losses = (int)drive->project->loss->len;
        g_printerr("drive: %s\n", line);
    }
    enum drive_result result =
        drive_run(drive, words[0], words[1] != NULL ? g_strstrip(words[1]) : "");
    if (result == DRIVE_AGAIN &&
        now - drive->started_us > (gint64)(drive->limit * G_USEC_PER_SEC)) {
        return drive_fail(drive, "not within %.0f s", drive->limit);
    }
    return result;
}

static enum drive_result step(struct drive *drive)
{
    while (drive->lines[drive->line] != NULL) {
        char *line = g_strstrip(drive->lines[drive->line]);
        if (*line != '\0' && *line != '#') {
            enum drive_result result = run_line(drive, line);
            if (result != DRIVE_DONE) {
                return result;
            }
        }
        drive->line++;
        drive->started_us = 0;
    }
    return DRIVE_QUIT;
}

static gboolean poll_cb(gpointer data)
{
    struct drive *drive = data;
    note_idle(drive);
    enum drive_result result = step(drive);
    if (result == DRIVE_AGAIN) {
        return G_SOURCE_CONTINUE;
    }
    if (result == DRIVE_FAILED) {
        g_printerr("drive: line %u: %s: %s\n", drive->line + 1, drive->lines[drive->line],
                   drive->failure->str);
    }
    leave(drive);
    drive->finished(result == DRIVE_QUIT, drive->finished_data);
    drive_free(drive);
    return G_SOURCE_REMOVE;
}

// A script may close the window; its session is there as long as the drive works with it.
void drive_turn_to(struct drive *drive, TinctureWindow *window)
{
    GdkFrameClock *clock = gtk_widget_get_frame_clock(GTK_WIDGET(window));
    leave(drive);
    g_set_weak_pointer(&drive->window, window);
    drive->session = g_object_ref(tincture_window_get_session(window));
    drive->project = g_object_ref(drive->session->project);
    drive->clock = g_object_ref(clock);
    g_signal_connect(drive->project, "message", G_CALLBACK(message_cb), drive);
    g_signal_connect(clock, "after-paint", G_CALLBACK(frame_cb), drive);
    g_signal_connect(clock, "before-paint", G_CALLBACK(frame_begins_cb), drive);
}

void drive_start(TinctureWindow *window, const char *script, drive_finished_fn finished,
                 gpointer data)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(script, &text, NULL, &error)) {
        g_printerr("drive: %s\n", error->message);
        finished(FALSE, data);
        return;
    }
    struct drive *drive = g_new0(struct drive, 1);
    drive->lines = g_strsplit(text, "\n", -1);
    drive->failure = g_string_new(NULL);
    drive->drag.work = g_array_new(FALSE, FALSE, sizeof(double));
    drive->finished = finished;
    drive->finished_data = data;
    drive_turn_to(drive, window);
    g_timeout_add(POLL_MS, poll_cb, drive);
}
