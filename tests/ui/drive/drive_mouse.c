// The mouse on the canvas: real events from the X server (xdotool), at places of the photo.
#include "tests/ui/drive/drive_private.h"

#include "ui/canvas/canvas_private.h"
#include "ui/window_private.h"

// A place of the photo, in shares of its sides, on the screen. There is no window manager: the
// window is in the upper left corner.
static void on_screen(struct drive *d, double x, double y, int *screen_x, int *screen_y)
{
    TinctureCanvas *canvas = tincture_window_get_canvas(d->window);
    const struct viewport *v = &canvas->viewport;
    const int scale = gtk_widget_get_scale_factor(GTK_WIDGET(canvas));
    double wx, wy, in_window_x, in_window_y, shadow_x, shadow_y;
    viewport_from_picture(v, x * v->picture_width, y * v->picture_height, &wx, &wy);
    gtk_widget_translate_coordinates(GTK_WIDGET(canvas), GTK_WIDGET(d->window), wx, wy,
                                     &in_window_x, &in_window_y);
    gtk_native_get_surface_transform(GTK_NATIVE(d->window), &shadow_x, &shadow_y);
    *screen_x = (int)((in_window_x + shadow_x) * scale);
    *screen_y = (int)((in_window_y + shadow_y) * scale);
}

G_GNUC_PRINTF(2, 3) static void add(GPtrArray *argv, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_ptr_array_add(argv, g_strdup_vprintf(format, args));
    va_end(args);
}

// Words of the command line "mousemove X Y sleep S", in some steps from the last place.
static void add_path(struct drive *d, GPtrArray *argv, const double from[2], const double to[2],
                     int steps)
{
    for (int i = 1; i <= steps; i++) {
        const double share = (double)i / steps;
        int x, y;
        on_screen(d, from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share, &x,
                  &y);
        add(argv, "mousemove");
        add(argv, "%d", x);
        add(argv, "%d", y);
        add(argv, "sleep");
        add(argv, "0.008");
    }
}

static GPtrArray *path_program(struct drive *d, const double *places, int n)
{
    GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
    add(argv, "xdotool");
    add_path(d, argv, places, places, 1);
    add(argv, "sleep");
    add(argv, "0.05");
    add(argv, "mousedown");
    add(argv, "1");
    for (int i = 1; i < n; i++) {
        add_path(d, argv, places + 2 * (i - 1), places + 2 * i, 12);
    }
    add(argv, "sleep");
    add(argv, "0.05");
    add(argv, "mouseup");
    add(argv, "1");
    g_ptr_array_add(argv, NULL);
    return argv;
}

// The middle of a control on the screen; false: there is none, or it is hidden.
static gboolean middle_on_screen(struct drive *d, const char *name, int place[2])
{
    GtkWidget *window = GTK_WIDGET(d->window);
    const int scale = gtk_widget_get_scale_factor(window);
    double x, y, shadow_x, shadow_y;
    if (!drive_widget_middle(window, name, &x, &y)) {
        return FALSE;
    }
    gtk_native_get_surface_transform(GTK_NATIVE(window), &shadow_x, &shadow_y);
    place[0] = (int)((x + shadow_x) * scale);
    place[1] = (int)((y + shadow_y) * scale);
    return TRUE;
}

// point NAME: the mouse goes to the middle of a control.
enum drive_result drive_point(struct drive *d, const char *rest)
{
    int place[2];
    if (!middle_on_screen(d, rest, place)) {
        return drive_fail(d, "no such control, or it is hidden");
    }
    g_autofree char *x = g_strdup_printf("%d", place[0]);
    g_autofree char *y = g_strdup_printf("%d", place[1]);
    const char *const argv[] = {"xdotool", "mousemove", x, y, NULL};
    return drive_argv(d, argv);
}

static GtkEventController *controller_of(GtkWidget *widget, GType type)
{
    for (; widget != NULL; widget = gtk_widget_get_parent(widget)) {
        g_autoptr(GListModel) controllers = gtk_widget_observe_controllers(widget);
        for (guint i = 0; i < g_list_model_get_n_items(controllers); i++) {
            g_autoptr(GObject) controller = g_list_model_get_item(controllers, i);
            if (G_TYPE_CHECK_INSTANCE_TYPE(controller, type)) {
                return GTK_EVENT_CONTROLLER(controller); // the widget keeps it
            }
        }
    }
    return NULL;
}

// The nearest controller around a control, and where the control's middle is for it.
static GtkEventController *controller_at(struct drive *d, const char *name, GType type, double *x,
                                         double *y)
{
    GtkWidget *widget = drive_widget_find(GTK_WIDGET(d->window), name);
    GtkEventController *found = widget != NULL ? controller_of(widget, type) : NULL;
    return found != NULL &&
                   gtk_widget_translate_coordinates(widget, gtk_event_controller_get_widget(found),
                                                    gtk_widget_get_width(widget) / 2.0,
                                                    gtk_widget_get_height(widget) / 2.0, x, y)
               ? found
               : NULL;
}

// pull NAME NAME: the first control is dragged onto the second. What the source gives is dropped
// onto the target.
enum drive_result drive_pull(struct drive *d, const char *rest)
{
    g_auto(GStrv) names = g_strsplit(rest, " ", 2);
    double x, y, to_x, to_y;
    gboolean taken = FALSE;
    GtkEventController *source = controller_at(d, names[0], GTK_TYPE_DRAG_SOURCE, &x, &y);
    GtkEventController *target =
        names[1] != NULL ? controller_at(d, names[1], GTK_TYPE_DROP_TARGET, &to_x, &to_y) : NULL;
    g_autoptr(GdkContentProvider) content = NULL;
    if (source == NULL || target == NULL) {
        return drive_fail(d, "nothing is dragged from there, or dropped there");
    }
    g_signal_emit_by_name(source, "prepare", x, y, &content);
    const GType *types =
        gdk_content_formats_get_gtypes(gtk_drop_target_get_formats(GTK_DROP_TARGET(target)), NULL);
    g_auto(GValue) value = G_VALUE_INIT;
    g_value_init(&value, types[0]);
    if (content == NULL || !gdk_content_provider_get_value(content, &value, NULL)) {
        return DRIVE_AGAIN; // rows that have just been made have no place yet
    }
    g_signal_emit_by_name(target, "drop", &value, to_x, to_y, &taken);
    return taken ? DRIVE_DONE : drive_fail(d, "it is not taken");
}

// Numbers with blanks; the number of pairs. NULL where that is not what they are.
static double *places_of(const char *text, int *pairs)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    const int n = (int)g_strv_length(words);
    double *places = g_new(double, MAX(n, 1));
    for (int i = 0; i < n; i++) {
        places[i] = g_ascii_strtod(words[i], NULL);
    }
    *pairs = n / 2;
    if (n < 2 || n % 2 != 0) {
        g_clear_pointer(&places, g_free);
    }
    return places;
}

// drag X Y X Y ...: pressed at the first place, over the others, and let go at the last.
enum drive_result drive_drag(struct drive *d, const char *rest)
{
    int n;
    g_autofree double *places = places_of(rest, &n);
    if (places == NULL) {
        return drive_fail(d, "a drag is X Y X Y ...");
    }
    if (d->program == NULL) {
        drive_begin_frames(d);
    }
    g_autoptr(GPtrArray) argv = path_program(d, places, n);
    const enum drive_result result = drive_argv(d, (const char *const *)argv->pdata);
    d->drag.begun_ns = result == DRIVE_AGAIN ? d->drag.begun_ns : 0;
    return result;
}

// ---- a stroke at the pace of the frames ---------------------------------------------------------

#define STROKE_STEPS 30 // frames from one place to the next

struct stroke {
    struct drive *drive;
    double *places; // owned
    int n, step;
};

static void stroke_free(gpointer data)
{
    struct stroke *stroke = data;
    g_free(stroke->places);
    g_free(stroke);
}

static void place_at(const struct stroke *s, int step, double *x, double *y)
{
    const struct viewport *v = &tincture_window_get_canvas(s->drive->window)->viewport;
    const int segment = MIN(step / STROKE_STEPS, MAX(s->n - 2, 0));
    const double share = (double)(step - segment * STROKE_STEPS) / STROKE_STEPS;
    const double *from = s->places + 2 * segment, *to = s->n > 1 ? from + 2 : from;
    viewport_from_picture(v, (from[0] + (to[0] - from[0]) * share) * v->picture_width,
                          (from[1] + (to[1] - from[1]) * share) * v->picture_height, x, y);
}

static gboolean stroke_cb(GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
    struct stroke *s = data;
    double x, y;
    place_at(s, s->step, &x, &y);
    if (s->step == 0) {
        tincture_canvas_tool_begin(TINCTURE_CANVAS(widget), x, y);
    }
    tincture_canvas_tool_move(TINCTURE_CANVAS(widget), x, y, FALSE);
    if (s->step++ < (s->n - 1) * STROKE_STEPS) {
        return G_SOURCE_CONTINUE;
    }
    tincture_canvas_tool_end(TINCTURE_CANVAS(widget));
    s->drive->drag.begun_ns = 0;
    return G_SOURCE_REMOVE;
}

// stroke X Y X Y ...: what a drag does to the canvas, but a thirtieth of the way in each frame, so
// that it can be said what a frame takes, however busy the machine is.
enum drive_result drive_stroke(struct drive *d, const char *rest)
{
    if (d->drag.stroking) {
        d->drag.stroking = d->drag.begun_ns != 0;
        return d->drag.stroking ? DRIVE_AGAIN : DRIVE_DONE;
    }
    struct stroke *s = g_new0(struct stroke, 1);
    s->drive = d;
    s->places = places_of(rest, &s->n);
    if (s->places == NULL) {
        stroke_free(s);
        return drive_fail(d, "a stroke is X Y X Y ...");
    }
    drive_begin_frames(d);
    d->drag.stroking = TRUE;
    gtk_widget_add_tick_callback(GTK_WIDGET(tincture_window_get_canvas(d->window)), stroke_cb, s,
                                 stroke_free);
    return DRIVE_AGAIN;
}
