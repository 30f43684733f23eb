// Shared by drive.c (reading and timing), drive_commands.c (what is done), drive_facts.c (what is
// asked), drive_widgets.c (the controls of the window by name), drive_mouse.c (the mouse on the
// canvas), drive_contrast.c (how well it is read), drive_fits.c (whether all of it is seen),
// drive_frames.c (what frames take) and drive_programs.c (keys, and programs beside the window).
#pragma once

#include "tests/ui/drive/drive.h"

enum drive_result {
    DRIVE_DONE,  // next command
    DRIVE_AGAIN, // not yet: ask again in a moment
    DRIVE_FAILED,
    DRIVE_QUIT,
};

struct drive {
    // borrowed
    TinctureWindow *window; // the one that is driven; NULL: it was closed

    // owned
    TinctureSession *session; // its own, as the next two
    TinctureProject *project;
    GdkFrameClock *clock;
    char **lines;
    char *message;        // last sentence the session sent
    GString *failure;     // why the command failed
    GSubprocess *program; // NULL: none runs

    // state
    guint line;
    gint64 started_us;    // of this command, 0: it has not been tried yet
    gint64 idle_since_us; // the session has had no job since, 0: it has one
    double limit;         // seconds this command may take
    int losses;           // known when this command began, including those of an earlier run
    guint frames;         // drawn since the command began
    struct {              // of the last drag, while frames were drawn
        GArray *work;     // owned, double: milliseconds of this thread's own time for each frame
        gint64 first_us, last_us; // when the first and the last were done
        gboolean stroking;
        gint64 begun_ns; // this thread's time when the frame began; 0: outside a drag
    } drag;
    struct {                       // of the last command that was measured
        gint64 begun_ns, begun_us; // this thread's time, and the clock's; 0: nothing is measured
        double work, took;         // milliseconds of both until it was drawn
    } answer;
    drive_finished_fn finished;
    gpointer finished_data;
};

#define DRIVE_LIMIT 60.0 // seconds, where the command names none

// Runs one command; rest is what follows its name. Sets drive->limit while it waits.
enum drive_result drive_run(struct drive *drive, const char *command, const char *rest);

enum drive_result drive_key(struct drive *drive, const char *rest);
enum drive_result drive_tab(struct drive *drive, const char *rest);
enum drive_result drive_back(struct drive *drive, const char *rest);
enum drive_result drive_type(struct drive *drive, const char *rest);
gint64 drive_thread_ns(void); // this thread's time on a processor, in nanoseconds
enum drive_result drive_drag(struct drive *drive, const char *rest);
enum drive_result drive_point(struct drive *drive, const char *rest);
enum drive_result drive_pull(struct drive *drive, const char *rest);
enum drive_result drive_stroke(struct drive *drive, const char *rest);
enum drive_result drive_scroll(struct drive *drive, const char *rest);
enum drive_result drive_measure(struct drive *drive, const char *rest);
void drive_begin_frames(struct drive *drive); // what each takes is kept from now on
void drive_drawn(struct drive *drive);        // a frame is
// Until it ends; argv[0] is found in PATH.
enum drive_result drive_argv(struct drive *drive, const char *const *argv);
enum drive_result drive_fits(struct drive *drive, const char *rest);
enum drive_result drive_contrast(struct drive *drive, const char *rest);
// A window's own drawing, scale times as large, without the desktop's frame around it. NULL while a
// redraw is pending.
GdkTexture *drive_draw(GtkWidget *window, float scale);
enum drive_result drive_program(struct drive *drive, const char *rest);

// Value of a fact ("prompt", "param.guidance", "results") as text, or NULL where there is no such
// fact.
char *drive_fact(struct drive *drive, const char *name);
// The N-th window of the program, from 1, the oldest first; NULL: there are fewer.
TinctureWindow *drive_window(struct drive *drive, guint n);
// What follows is done there.
void drive_turn_to(struct drive *drive, TinctureWindow *window);
// The window that is open beside the main one, or NULL. Its application keeps it.
GtkWidget *drive_other_window(struct drive *drive);
// "VALUE" or "OP VALUE" with ==, !=, >=, <=, contains.
gboolean drive_compare(const char *fact, const char *expectation);

// Finds a control by its widget name and changes it as a person would; false: no such control or
// value.
gboolean drive_widget_set(GtkWidget *root, const char *name, const char *value);
GtkWidget *drive_widget_find(GtkWidget *root, const char *name); // NULL: there is none
gboolean drive_widget_click(GtkWidget *root, const char *name);
// What the control shows (of a list: how many rows), or NULL.
char *drive_widget_get(GtkWidget *root, const char *name);
char *drive_widget_rows(GtkWidget *root, const char *name); // of a list box, or NULL
gboolean drive_widget_middle(GtkWidget *root, const char *name, double *x, double *y);
// All of it lies in the window.
char *drive_widget_toast(GtkWidget *root); // NULL: none is seen
gboolean drive_widget_is_sensitive(GtkWidget *root, const char *name);
gboolean drive_widget_is_inside(GtkWidget *root, const char *name);
// The items of all choices below, each with "; " behind it. Newly allocated.
char *drive_widget_choices(GtkWidget *root);
gboolean drive_widget_has_menu(GtkWidget *root); // a popover is open
// The control that has the keyboard: its action, or the name of what it is a part of.
char *drive_widget_focus(GtkWidget *root);

G_GNUC_PRINTF(2, 3)
enum drive_result drive_fail(struct drive *drive, const char *format, ...);
