// How well what is seen can be read: WCAG 2's contrast, measured in the pixels that are drawn, so
// that whatever opacity and ground a style comes to counts.
#include "tests/ui/drive/drive_private.h"

#include <math.h>
#include <string.h>

enum {
    SCALE = 3,       // times as large as on the screen, so that strokes have a middle
    STROKE = 8,      // pixels that the middle of a letter has at the least
    OUTLINE = 4,     // and that of an icon has
    LARGE = 24,      // pixels: large text, 18 points
    LARGE_BOLD = 19, // 14 points
    STEPS = 210 + 1, // of contrast, a tenth each
};

struct screen {
    GtkWidget *window; // borrowed
    guchar *pixels;    // owned: BGRA
    int width, height;
    int texts, icons, faults;
    double lowest;
    GHashTable *told; // owned: char *
};

static double linear(guchar byte)
{
    const double v = byte / 255.0;
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double luminance(const guchar *bgra)
{
    return 0.2126 * linear(bgra[2]) + 0.7152 * linear(bgra[1]) + 0.0722 * linear(bgra[0]);
}

static double contrast(double a, double b)
{
    return (fmax(a, b) + 0.05) / (fmin(a, b) + 0.05);
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Of what is most unlike the ground, which is the median: so many pixels of it there must be.
static double measure(const struct screen *s, const graphene_rect_t *place, int pixels)
{
    const int left = MAX((int)(place->origin.x * SCALE), 0),
              top = MAX((int)(place->origin.y * SCALE), 0),
              right = MIN((int)((place->origin.x + place->size.width) * SCALE), s->width),
              bottom = MIN((int)((place->origin.y + place->size.height) * SCALE), s->height);
    const int n = MAX(right - left, 0) * MAX(bottom - top, 0);
    if (n < STROKE * 4) {
        return NAN;
    }
    g_autofree double *light = g_new(double, n);
    int at = 0, count[STEPS] = {0}, sum = 0, step = STEPS - 1;
    for (int y = top; y < bottom; y++) {
        for (int x = left; x < right; x++) {
            light[at++] = luminance(s->pixels + 4 * ((gsize)y * (gsize)s->width + (gsize)x));
        }
    }
    qsort(light, (gsize)n, sizeof *light, compare_doubles);
    for (int i = 0; i < n; i++) {
        count[MIN((int)(contrast(light[i], light[n / 2]) * 10), STEPS - 1)]++;
    }
    while (step > 10 && (sum += count[step]) < pixels) {
        step--;
    }
    return step / 10.0;
}

// What of it is seen: inside all that it lies in, and nothing lies above it.
static gboolean is_seen(const struct screen *s, GtkWidget *widget, graphene_rect_t *place)
{
    const graphene_rect_t whole = *place;
    for (GtkWidget *w = gtk_widget_get_parent(widget); w != NULL; w = gtk_widget_get_parent(w)) {
        graphene_rect_t around;
        if (!gtk_widget_compute_bounds(w, s->window, &around) ||
            !graphene_rect_intersection(place, &around, place)) {
            return FALSE;
        }
    }
    if (place->size.height < 0.8f * whole.size.height ||
        place->size.width < 0.8f * whole.size.width) { // an edge goes through it
        return FALSE;
    }
    GtkWidget *top = gtk_widget_pick(s->window, place->origin.x + place->size.width / 2,
                                     place->origin.y + place->size.height / 2,
                                     GTK_PICK_INSENSITIVE | GTK_PICK_NON_TARGETABLE);
    return top != NULL && (top == widget || gtk_widget_is_ancestor(widget, top));
}

static gboolean is_large(GtkWidget *widget)
{
    const PangoFontDescription *font =
        pango_context_get_font_description(gtk_widget_get_pango_context(widget));
    double size = pango_font_description_get_size(font) / (double)PANGO_SCALE;
    size *= pango_font_description_get_size_is_absolute(font) ? 1 : 96.0 / 72;
    return size >= LARGE ||
           (size >= LARGE_BOLD && pango_font_description_get_weight(font) >= PANGO_WEIGHT_BOLD);
}

static char *where_is(GtkWidget *widget)
{
    g_autoptr(GString) path = g_string_new(NULL);
    for (int i = 0; i < 4 && widget != NULL; i++) {
        g_auto(GStrv) classes = gtk_widget_get_css_classes(widget);
        g_autofree char *joined = g_strjoinv(".", classes);
        g_autofree char *part = g_strdup_printf("%s%s%s%s", gtk_widget_get_css_name(widget),
                                                *joined ? "." : "", joined, i > 0 ? " > " : "");
        g_string_prepend(path, part);
        widget = gtk_widget_get_parent(widget);
    }
    return g_string_free(g_steal_pointer(&path), FALSE);
}

static void judge(struct screen *s, GtkWidget *widget, const graphene_rect_t *place,
                  const char *text, double least)
{
    const double found = measure(s, place, GTK_IS_IMAGE(widget) ? OUTLINE : STROKE);
    if (isnan(found)) {
        return;
    }
    g_autofree char *where = where_is(widget);
    s->lowest = fmin(s->lowest, found);
    if (found < least && g_hash_table_add(s->told, g_steal_pointer(&where))) {
        g_autofree char *again = where_is(widget);
        s->faults++;
        g_printerr("contrast %.1f, not %.1f: “%.40s” %s\n", found, least, text, again);
    }
}

// Where its text is; of a letter or two, as in a picture of a key, GTK 4.8 says the wrong place.
static gboolean label_place(GtkWidget *widget, graphene_rect_t *place)
{
    PangoRectangle ink;
    int x, y;
    gtk_label_get_layout_offsets(GTK_LABEL(widget), &x, &y);
    pango_layout_get_pixel_extents(gtk_label_get_layout(GTK_LABEL(widget)), &ink, NULL);
    graphene_rect_init(place, (float)(x + ink.x), (float)(y + ink.y), (float)ink.width,
                       (float)ink.height);
    graphene_rect_inset(place, -3, -3); // an arrow alone would hide its ground
    if (g_utf8_strlen(gtk_label_get_text(GTK_LABEL(widget)), -1) <= 2) {
        graphene_rect_init(place, 0, 0, (float)gtk_widget_get_width(widget),
                           (float)gtk_widget_get_height(widget));
    }
    return ink.width > 0;
}

// Not the marks in a switch, which are there where contrast is high.
static gboolean is_symbolic(GtkWidget *widget)
{
    const char *icon = GTK_IS_IMAGE(widget) ? gtk_image_get_icon_name(GTK_IMAGE(widget)) : NULL;
    return icon != NULL && !GTK_IS_SWITCH(gtk_widget_get_parent(widget)) &&
           g_str_has_suffix(icon, "-symbolic");
}

// What cannot be used need not be read (WCAG 1.4.3).
static void look(struct screen *s, GtkWidget *widget)
{
    graphene_rect_t bounds, place;
    if (!gtk_widget_get_mapped(widget) || !gtk_widget_is_sensitive(widget) ||
        gtk_widget_get_opacity(widget) == 0 ||
        !gtk_widget_compute_bounds(widget, s->window, &bounds)) {
        return;
    }
    if (GTK_IS_LABEL(widget) && label_place(widget, &place)) {
        graphene_point_t origin;
        if (gtk_widget_compute_point(widget, s->window, &GRAPHENE_POINT_INIT(0, 0), &origin)) {
            graphene_rect_offset(&place, origin.x, origin.y);
        }
        if (is_seen(s, widget, &place)) {
            s->texts++;
            judge(s, widget, &place, gtk_label_get_text(GTK_LABEL(widget)),
                  is_large(widget) ? 3 : 4.5);
        }
    } else if (GTK_IS_TEXT(widget) && *gtk_editable_get_text(GTK_EDITABLE(widget)) != '\0') {
        if (is_seen(s, widget, &bounds)) {
            s->texts++;
            judge(s, widget, &bounds, gtk_editable_get_text(GTK_EDITABLE(widget)), 4.5);
        }
    } else if (is_symbolic(widget) && is_seen(s, widget, &bounds)) {
        s->icons++;
        judge(s, widget, &bounds, gtk_image_get_icon_name(GTK_IMAGE(widget)), 3);
    }
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        if (!GTK_IS_NATIVE(child)) { // a menu is drawn by itself
            look(s, child);
        }
    }
}

enum drive_result drive_contrast(struct drive *d, const char *rest)
{
    GtkWidget *other = drive_other_window(d);
    struct screen s = {.window = other != NULL ? other : GTK_WIDGET(d->window), .lowest = 21};
    if (d->frames < 3) {
        gtk_widget_queue_draw(GTK_WIDGET(d->window));
        gtk_widget_queue_draw(s.window);
        return DRIVE_AGAIN;
    }
    g_autoptr(GdkTexture) texture = drive_draw(s.window, SCALE);
    if (texture == NULL) {
        return DRIVE_AGAIN;
    }
    s.width = gdk_texture_get_width(texture);
    s.height = gdk_texture_get_height(texture);
    s.pixels = g_malloc((gsize)s.width * (gsize)s.height * 4);
    s.told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gdk_texture_download(texture, s.pixels, (gsize)s.width * 4);
    look(&s, s.window);
    g_free(s.pixels);
    g_hash_table_unref(s.told);
    g_print("contrast: %d texts, %d icons, %.1f at the least\n", s.texts, s.icons, s.lowest);
    return s.texts + s.icons == 0 ? drive_fail(d, "nothing is seen")
           : s.faults > 0         ? drive_fail(d, "%d things are hard to read", s.faults)
                                  : DRIVE_DONE;
}
