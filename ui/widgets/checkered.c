#include "ui/widgets/checkered.h"

enum { CELL = 8, SIDE = 288 };

struct _TinctureCheckered {
    GtkWidget parent_instance;

    GdkPaintable *picture; // owned; NULL: none
};

G_DEFINE_FINAL_TYPE(TinctureCheckered, tincture_checkered, GTK_TYPE_WIDGET)

// Where the picture lies: in the middle, whole.
static graphene_rect_t place_of(TinctureCheckered *self)
{
    const double width = gtk_widget_get_width(GTK_WIDGET(self)),
                 height = gtk_widget_get_height(GTK_WIDGET(self));
    const double own = MAX(gdk_paintable_get_intrinsic_width(self->picture), 1),
                 tall = MAX(gdk_paintable_get_intrinsic_height(self->picture), 1);
    const double scale = MIN(width / own, height / tall);
    return GRAPHENE_RECT_INIT((float)((width - own * scale) / 2),
                              (float)((height - tall * scale) / 2), (float)(own * scale),
                              (float)(tall * scale));
}

// One pair of cells, repeated.
void checkered_snapshot_ground(GtkSnapshot *snapshot, const graphene_rect_t *place,
                               const graphene_rect_t *part)
{
    static const GdkRGBA light = {0.98f, 0.98f, 0.98f, 1}, dark = {0.84f, 0.84f, 0.84f, 1};
    const float x = place->origin.x, y = place->origin.y;
    const graphene_rect_t tile = GRAPHENE_RECT_INIT(x, y, 2 * CELL, 2 * CELL);
    gtk_snapshot_push_repeat(snapshot, part, &tile);
    gtk_snapshot_append_color(snapshot, &light, &tile);
    gtk_snapshot_append_color(snapshot, &dark, &GRAPHENE_RECT_INIT(x, y, CELL, CELL));
    gtk_snapshot_append_color(snapshot, &dark, &GRAPHENE_RECT_INIT(x + CELL, y + CELL, CELL, CELL));
    gtk_snapshot_pop(snapshot);
}

static void tincture_checkered_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    TinctureCheckered *self = TINCTURE_CHECKERED(widget);
    if (self->picture == NULL) {
        return;
    }
    const graphene_rect_t place = place_of(self);
    checkered_snapshot_ground(snapshot, &place, &place);
    gtk_snapshot_save(snapshot);
    gtk_snapshot_translate(snapshot, &place.origin);
    gdk_paintable_snapshot(self->picture, snapshot, place.size.width, place.size.height);
    gtk_snapshot_restore(snapshot);
}

static void tincture_checkered_measure(GtkWidget *widget, GtkOrientation orientation, int for_size,
                                       int *minimum, int *natural, int *minimum_baseline,
                                       int *natural_baseline)
{
    *minimum = SIDE;
    *natural = SIDE;
    *minimum_baseline = *natural_baseline = -1;
}

static void tincture_checkered_dispose(GObject *object)
{
    g_clear_object(&TINCTURE_CHECKERED(object)->picture);
    G_OBJECT_CLASS(tincture_checkered_parent_class)->dispose(object);
}

static void tincture_checkered_class_init(TinctureCheckeredClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = tincture_checkered_dispose;
    GTK_WIDGET_CLASS(klass)->snapshot = tincture_checkered_snapshot;
    GTK_WIDGET_CLASS(klass)->measure = tincture_checkered_measure;
    gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(klass), GTK_ACCESSIBLE_ROLE_IMG);
}

static void tincture_checkered_init(TinctureCheckered *self)
{
}

void tincture_checkered_set(TinctureCheckered *self, GdkPaintable *picture)
{
    g_set_object(&self->picture, picture);
    gtk_widget_queue_draw(GTK_WIDGET(self));
}
