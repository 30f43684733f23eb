// Each step that is shown keeps the tiles that it changed as they were before it, so that going
// back needs no painting. A stroke that goes on is the same step with more points: only those are
// painted.
#include "render/mask.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "render/mask_shape.h"
#include "render/parallel.h"
#include "render/raster_edit.h"
#include "render/refine.h"

#include <math.h>
#include <string.h>

enum { TILE = 256 }; // pixels on a side

#define KEPT_BYTES ((gsize)256 << 20) // of tiles; the oldest steps' go first

// A tile as it was. Where all its pixels were alike they are not kept one by one.
struct kept_tile {
    int index;
    uint8_t value;
    uint8_t *values; // (rows and columns of the tile that are inside the raster), NULL: all value
};

struct layer {
    struct mask *mask;       // whose last step it is
    GArray *tiles;           // struct kept_tile; NULL: they were given up
    gsize bytes;             // of them
    guint32 serial;          // see touched
    struct image_region box; // of what it changed
};

struct mask_painter {
    const struct image *photo; // borrowed
    struct raster *raster;
    GPtrArray *layers; // struct layer, one a step that is shown
    int columns, rows; // of tiles
    guint32 *touched;  // (rows, columns): the newest layer that has kept this tile
    guint32 serial;
    gsize bytes; // of all layers
};

// ---- tiles --------------------------------------------------------------------------------------

static struct image_region tile_region(const struct mask_painter *p, int index)
{
    const int x = index % p->columns * TILE, y = index / p->columns * TILE;
    return (struct image_region){x, y, MIN(TILE, p->raster->width - x),
                                 MIN(TILE, p->raster->height - y)};
}

static uint8_t *row_of(const struct mask_painter *p, const struct image_region *r, int row)
{
    return p->raster->values + (size_t)(r->y + row) * p->raster->width + r->x;
}

static bool is_uniform(const struct mask_painter *p, const struct image_region *r)
{
    const uint8_t *first = row_of(p, r, 0);
    for (int y = 0; y < r->height; y++) {
        const uint8_t *row = row_of(p, r, y);
        if (row[0] != first[0] || memcmp(row, row + 1, (size_t)r->width - 1) != 0) {
            return false;
        }
    }
    return true;
}

static struct kept_tile keep_tile(const struct mask_painter *p, int index)
{
    const struct image_region r = tile_region(p, index);
    struct kept_tile kept = {.index = index, .value = *row_of(p, &r, 0)};
    if (!is_uniform(p, &r)) {
        kept.values = g_new(uint8_t, (gsize)r.width * r.height);
        for (int y = 0; y < r.height; y++) {
            memcpy(kept.values + (size_t)y * r.width, row_of(p, &r, y), r.width);
        }
    }
    return kept;
}

static void restore_tile(const struct mask_painter *p, const struct kept_tile *kept)
{
    const struct image_region r = tile_region(p, kept->index);
    for (int y = 0; y < r.height; y++) {
        if (kept->values) {
            memcpy(row_of(p, &r, y), kept->values + (size_t)y * r.width, r.width);
        } else {
            memset(row_of(p, &r, y), kept->value, r.width);
        }
    }
}

static void kept_tile_clear(void *data)
{
    g_free(((struct kept_tile *)data)->values);
}

// ---- layers -------------------------------------------------------------------------------------

static void layer_free(void *data)
{
    struct layer *l = data;
    mask_unref(l->mask);
    g_clear_pointer(&l->tiles, g_array_unref);
    g_free(l);
}

static struct layer *newest(const struct mask_painter *p)
{
    return p->layers->len ? p->layers->pdata[p->layers->len - 1] : NULL;
}

static struct layer *add_layer(struct mask_painter *p, const struct mask *m)
{
    struct layer *l = g_new0(struct layer, 1);
    l->mask = mask_ref(m);
    l->tiles = g_array_new(FALSE, FALSE, sizeof(struct kept_tile));
    g_array_set_clear_func(l->tiles, kept_tile_clear);
    l->serial = ++p->serial;
    g_ptr_array_add(p->layers, l);
    return l;
}

// Before pixels of the region are changed: the newest layer keeps what it has not kept yet.
static void touch(struct mask_painter *p, const struct image_region *region)
{
    struct layer *l = newest(p);
    if (region->width == 0) {
        return;
    }
    for (int row = region->y / TILE; row <= (region->y + region->height - 1) / TILE; row++) {
        for (int column = region->x / TILE; column <= (region->x + region->width - 1) / TILE;
             column++) {
            const int index = row * p->columns + column;
            if (p->touched[index] != l->serial) {
                const struct kept_tile kept = keep_tile(p, index);
                const gsize bytes = sizeof kept + (kept.values ? TILE * TILE : 0);
                p->touched[index] = l->serial;
                g_array_append_val(l->tiles, kept);
                l->bytes += bytes;
                p->bytes += bytes;
            }
        }
    }
    l->box = image_region_around(&l->box, region);
}

// The newest step is not shown any more.
static void take_back(struct mask_painter *p, struct image_region *changed)
{
    const struct layer *l = newest(p);
    for (guint i = 0; i < l->tiles->len; i++) {
        restore_tile(p, &g_array_index(l->tiles, struct kept_tile, i));
    }
    *changed = image_region_around(changed, &l->box);
    p->bytes -= l->bytes;
    g_ptr_array_set_size(p->layers, (gint)p->layers->len - 1);
    const struct layer *now = newest(p);
    for (guint i = 0; now && now->tiles && i < now->tiles->len; i++) { // it may be gone on with
        p->touched[g_array_index(now->tiles, struct kept_tile, i).index] = now->serial;
    }
}

static void start_over(struct mask_painter *p, struct image_region *changed)
{
    const struct raster *r = p->raster;
    g_ptr_array_set_size(p->layers, 0);
    p->bytes = 0;
    memset(r->values, 0, (size_t)r->width * r->height);
    *changed = (struct image_region){0, 0, r->width, r->height};
}

// The tiles of the oldest steps, but never those of the newest.
static void give_up_oldest(struct mask_painter *p)
{
    for (guint i = 0; p->bytes > KEPT_BYTES && i + 1 < p->layers->len; i++) {
        struct layer *l = p->layers->pdata[i];
        g_clear_pointer(&l->tiles, g_array_unref);
        p->bytes -= l->bytes;
        l->bytes = 0;
    }
}

// ---- painting a step ----------------------------------------------------------------------------

// Points from..count of a stroke, each with the line from the one before.
static void paint_stroke(struct mask_painter *p, const struct mask_step *s, int from,
                         struct image_region *changed)
{
    const struct shape_brush brush = {s->size, s->softness, s->erase};
    for (int i = from; i < s->count; i++) {
        const float *b = s->points + 2 * i, *a = i > 0 ? b - 2 : b;
        const struct image_region box = shape_capsule_box(p->raster, &brush, a, b);
        touch(p, &box);
        shape_capsule(p->raster, &brush, a, b);
        *changed = image_region_around(changed, &box);
    }
}

// The map along the photo's edges, where r is.
static bool paint_map(struct mask_painter *p, const struct mask_step *s,
                      const struct image_region *r, const struct raster *map, struct task *task,
                      GError **error)
{
    struct raster *fine = refine_selection(p->photo, r, map, s->reach, task, error);
    for (int y = 0; fine && y < r->height; y++) {
        uint8_t *row = row_of(p, r, y);
        const uint8_t *inside = fine->values + (size_t)y * r->width;
        for (int x = 0; x < r->width; x++) {
            row[x] = s->erase ? MIN(row[x], 255 - inside[x]) : MAX(row[x], inside[x]);
        }
    }
    raster_free(fine);
    return fine != NULL;
}

static bool paint_selection(struct mask_painter *p, const struct mask_step *s, struct task *task,
                            GError **error)
{
    const struct raster map = {s->map_width, s->map_height, (uint8_t *)s->map}; // only read
    return paint_map(p, s, &s->placed, &map, task, error);
}

static struct image_region drawn_box(const struct mask_painter *p, const struct mask_step *s)
{
    struct image_region box = {0};
    if (s->kind != MASK_BRUSH) {
        return shape_points_box(p->raster, s->points, s->count);
    }
    const struct shape_brush brush = {s->size, s->softness, false};
    for (int i = 0; i < s->count; i++) {
        const float *b = s->points + 2 * i, *a = i > 0 ? b - 2 : b;
        const struct image_region piece = shape_capsule_box(p->raster, &brush, a, b);
        box = image_region_around(&box, &piece);
    }
    return box;
}

// With enough of what is beside it that its colours are known.
static struct image_region surroundings(const struct mask_painter *p, const struct mask_step *s)
{
    const struct image_region box = drawn_box(p, s);
    const struct image_region whole = {0, 0, p->raster->width, p->raster->height};
    const int margin = (int)ceilf(2.0f * s->reach) + (box.width + box.height) / 8;
    const struct image_region wide = {box.x - margin, box.y - margin, box.width + 2 * margin,
                                      box.height + 2 * margin};
    return box.width ? image_region_common(&whole, &wide) : box;
}

// The step by itself, on a raster that shows this part.
static void draw_alone(const struct mask_step *s, const struct image_region *part,
                       struct raster *map)
{
    const struct shape_brush brush = {s->size, s->softness, false};
    g_autofree float *points = g_new(float, (gsize)2 * s->count);
    for (int i = 0; i < s->count; i++) {
        points[2 * i] = s->points[2 * i] - (float)part->x;
        points[2 * i + 1] = s->points[2 * i + 1] - (float)part->y;
    }
    if (s->kind == MASK_RECTANGLE) {
        shape_rectangle(map, points, false);
    } else if (s->kind == MASK_LASSO) {
        shape_polygon(map, points, s->count, false);
    }
    for (int i = 0; s->kind == MASK_BRUSH && i < s->count; i++) {
        const float *b = points + 2 * i;
        shape_capsule(map, &brush, i > 0 ? b - 2 : b, b);
    }
}

// What is drawn, with its border at the photo's edges.
static bool paint_refined(struct mask_painter *p, const struct mask_step *s,
                          struct image_region *changed, struct task *task, GError **error)
{
    const struct image_region part = surroundings(p, s);
    if (part.width == 0) {
        return true;
    }
    struct raster *map = raster_new(part.width, part.height, error);
    if (!map) {
        return false;
    }
    draw_alone(s, &part, map);
    touch(p, &part);
    *changed = image_region_around(changed, &part);
    const bool ok = paint_map(p, s, &part, map, task, error);
    raster_free(map);
    return ok;
}

static void invert_rows(int begin, int end, void *data)
{
    const struct raster *r = data;
    for (size_t i = (size_t)begin * r->width; i < (size_t)end * r->width; i++) {
        r->values[i] = 255 - r->values[i];
    }
}

static bool paint_area(struct mask_painter *p, const struct mask_step *s, struct task *task,
                       GError **error)
{
    struct raster *r = p->raster;
    switch (s->kind) {
    case MASK_RECTANGLE: shape_rectangle(r, s->points, s->erase); return true;
    case MASK_LASSO: shape_polygon(r, s->points, s->count, s->erase); return true;
    case MASK_SELECTION: return paint_selection(p, s, task, error);
    case MASK_GROW: return raster_grow(r, (int)lrintf(s->amount), error);
    case MASK_FEATHER: return raster_feather(r, s->amount, error);
    default: parallel_rows(r->height, invert_rows, r); return true;
    }
}

// What of the raster a step may change, where it is no stroke.
static struct image_region area_of(const struct mask_painter *p, const struct mask_step *s)
{
    const struct image_region whole = {0, 0, p->raster->width, p->raster->height};
    if (s->count) {
        return shape_points_box(p->raster, s->points, s->count);
    }
    return s->map ? image_region_common(&whole, &s->placed) : whole;
}

static bool paint_step(struct mask_painter *p, const struct mask_step *s,
                       struct image_region *changed, struct task *task, GError **error)
{
    if (s->reach > 0.0f) {
        return paint_refined(p, s, changed, task, error);
    }
    if (s->kind == MASK_BRUSH) {
        paint_stroke(p, s, 0, changed);
        return true;
    }
    const struct image_region box = area_of(p, s);
    if (s->kind == MASK_SELECTION && !image_region_equal(&box, &s->placed)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    _("a selection of the mask lies outside the photo"));
        return false;
    }
    touch(p, &box);
    *changed = image_region_around(changed, &box);
    return paint_area(p, s, task, error);
}

// ---- following a mask ---------------------------------------------------------------------------

// b is the stroke a, gone on with.
static bool goes_on(const struct mask_step *a, const struct mask_step *b)
{
    return a->kind == MASK_BRUSH && b->kind == MASK_BRUSH && a->erase == b->erase &&
           a->size == b->size && a->softness == b->softness && a->reach == 0.0f &&
           b->reach == 0.0f && b->count > a->count &&
           memcmp(a->points, b->points, sizeof(float) * 2 * a->count) == 0;
}

static guint shown_alike(const struct mask_painter *p, GPtrArray *wanted)
{
    guint n = 0;
    while (n < p->layers->len && n < wanted->len) {
        const struct layer *l = p->layers->pdata[n];
        const struct mask *m = wanted->pdata[n];
        if (l->mask != m && !mask_step_equal(mask_last(l->mask), mask_last(m))) {
            break;
        }
        n++;
    }
    return n;
}

// Up to the steps that both have in common; those that are gone on with count among them.
static guint go_back(struct mask_painter *p, GPtrArray *wanted, struct image_region *changed)
{
    guint same = shown_alike(p, wanted);
    struct layer *l = same < p->layers->len ? p->layers->pdata[same] : NULL;
    const struct mask *m = same < wanted->len ? wanted->pdata[same] : NULL;
    const bool longer = l && m && l->tiles && goes_on(mask_last(l->mask), mask_last(m));
    while (p->layers->len > same + longer) {
        if (!newest(p)->tiles) {
            start_over(p, changed);
            return 0;
        }
        take_back(p, changed);
    }
    if (longer) {
        paint_stroke(p, mask_last(m), mask_last(l->mask)->count, changed);
        mask_unref(l->mask);
        l->mask = mask_ref(m);
        same++;
    }
    return same;
}

static bool go_on(struct mask_painter *p, GPtrArray *wanted, guint from,
                  struct image_region *changed, struct task *task, GError **error)
{
    for (guint i = from; i < wanted->len; i++) {
        task_report(task, TASK_WORKING, (double)(i - from) / (wanted->len - from));
        if (task_cancelled(task, error)) {
            return false;
        }
        add_layer(p, wanted->pdata[i]);
        if (!paint_step(p, mask_last(wanted->pdata[i]), changed, task, error)) {
            take_back(p, changed);
            return false;
        }
        give_up_oldest(p);
    }
    return true;
}

bool mask_painter_show(struct mask_painter *p, const struct mask *m, struct image_region *changed,
                       struct task *task, GError **error)
{
    const int n = mask_steps(m);
    g_autoptr(GPtrArray) wanted = g_ptr_array_new();
    struct image_region box = {0};
    g_ptr_array_set_size(wanted, n);
    for (int i = n; i-- > 0; m = mask_before(m)) {
        wanted->pdata[i] = (void *)m;
    }
    const guint same = go_back(p, wanted, &box);
    const bool ok = go_on(p, wanted, same, &box, task, error);
    if (changed) {
        *changed = box;
    }
    return ok;
}

const struct raster *mask_painter_raster(const struct mask_painter *p)
{
    return p->raster;
}

struct mask_painter *mask_painter_new(const struct image *photo, GError **error)
{
    struct raster *raster = raster_new(photo->width, photo->height, error);
    if (!raster) {
        return NULL;
    }
    struct mask_painter *p = g_new0(struct mask_painter, 1);
    p->photo = photo;
    p->raster = raster;
    p->layers = g_ptr_array_new_with_free_func(layer_free);
    p->columns = (raster->width + TILE - 1) / TILE;
    p->rows = (raster->height + TILE - 1) / TILE;
    p->touched = g_new0(guint32, (gsize)p->columns * p->rows);
    return p;
}

void mask_painter_free(struct mask_painter *p)
{
    if (p) {
        g_ptr_array_unref(p->layers);
        raster_free(p->raster);
        g_free(p->touched);
        g_free(p);
    }
}
