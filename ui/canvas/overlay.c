#include "ui/canvas/overlay.h"

#include <math.h>
#include <string.h>

#define TILE      256 // pixels of a tile's texture
#define TILE_ROOM 258 // with those around it, which the outline looks at
#define LEVELS    8   // a tile's pixel is 1 << level pixels of the photo

struct tile {
    GdkTexture *texture;       // owned; NULL: nothing to see in it
    struct image_region stale; // in pixels of the photo; width 0: it is up to date
    uint32_t *pixels;          // owned, (height, width): what the texture was made of, NULL with it
};

struct overlay {
    const uint8_t *values; // borrowed
    int width, height;
    int level;
    bool frozen;
    GHashTable *tiles; // tile_key() -> struct tile
};

static void tile_free(gpointer data)
{
    struct tile *tile = data;
    g_clear_object(&tile->texture);
    g_free(tile->pixels);
    g_free(tile);
}

struct overlay *overlay_new(void)
{
    struct overlay *o = g_new0(struct overlay, 1);
    o->tiles = g_hash_table_new_full(NULL, NULL, NULL, tile_free);
    return o;
}

void overlay_free(struct overlay *o)
{
    g_hash_table_unref(o->tiles);
    g_free(o);
}

void overlay_set_mask(struct overlay *o, const uint8_t *values, int width, int height)
{
    o->values = values;
    o->width = width;
    o->height = height;
    g_hash_table_remove_all(o->tiles);
}

static gpointer tile_key(int x, int y)
{
    return GINT_TO_POINTER(y << 16 | x);
}

// The part of the photo that a tile shows; less at the photo's right and lower edges.
static struct image_region tile_area(const struct overlay *o, int x, int y)
{
    const int side = TILE << o->level;
    return (struct image_region){x * side, y * side, MIN(side, o->width - x * side),
                                 MIN(side, o->height - y * side)};
}

static int pixels_of(const struct overlay *o, int length)
{
    return (length + (1 << o->level) - 1) >> o->level;
}

static gboolean intersect(const struct image_region *a, const struct image_region *b,
                          struct image_region *both)
{
    const int left = MAX(a->x, b->x), top = MAX(a->y, b->y);
    const int right = MIN(a->x + a->width, b->x + b->width);
    const int bottom = MIN(a->y + a->height, b->y + b->height);
    *both = (struct image_region){left, top, MAX(right - left, 0), MAX(bottom - top, 0)};
    return right > left && bottom > top;
}

static struct image_region join(const struct image_region *a, const struct image_region *b)
{
    const int left = MIN(a->x, b->x), top = MIN(a->y, b->y);
    const int right = MAX(a->x + a->width, b->x + b->width);
    const int bottom = MAX(a->y + a->height, b->y + b->height);
    return a->width == 0 ? *b : (struct image_region){left, top, right - left, bottom - top};
}

void overlay_changed(struct overlay *o, const struct image_region *part)
{
    const int edge = 2 << o->level; // the outline is found from the pixels beside
    const struct image_region wide = {part->x - edge, part->y - edge, part->width + 2 * edge,
                                      part->height + 2 * edge};
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, o->tiles);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const int place = GPOINTER_TO_INT(key);
        const struct image_region area = tile_area(o, place & 0xffff, place >> 16);
        struct image_region stale;
        struct tile *tile = value;
        if (intersect(&area, &wide, &stale)) {
            tile->stale = join(&tile->stale, &stale);
        }
    }
}

void overlay_freeze(struct overlay *o, bool frozen)
{
    o->frozen = frozen;
}

// ---- a tile's pixels ----------------------------------------------------------------------------

// The mean of the mask in one of the tile's pixels, which may lie outside the photo.
static uint8_t mean_at(const struct overlay *o, int x, int y)
{
    const int side = 1 << o->level;
    const int left = CLAMP(x * side, 0, o->width - 1), top = CLAMP(y * side, 0, o->height - 1);
    const int right = MIN(left + side, o->width), bottom = MIN(top + side, o->height);
    unsigned sum = 0;
    for (int row = top; row < bottom; row++) {
        const uint8_t *values = o->values + (size_t)row * o->width;
        for (int column = left; column < right; column++) {
            sum += values[column];
        }
    }
    return (uint8_t)(sum / (unsigned)((right - left) * (bottom - top)));
}

static uint32_t argb(unsigned a, unsigned r, unsigned g, unsigned b) // premultiplied
{
    return a << 24 | (r * a / 255) << 16 | (g * a / 255) << 8 | b * a / 255;
}

// at: a place in rows of TILE_ROOM.
static uint32_t colour_at(const uint8_t *at)
{
    const gboolean inside = at[0] >= 128;
    const int lowest = MIN(MIN(at[-1], at[1]), MIN(at[-TILE_ROOM], at[TILE_ROOM]));
    const int highest = MAX(MAX(at[-1], at[1]), MAX(at[-TILE_ROOM], at[TILE_ROOM]));
    if (inside && lowest < 128) {
        return argb(255, 255, 255, 255);
    }
    if (!inside && highest >= 128) {
        return argb(200, 0, 0, 0);
    }
    return argb(at[0] * 115U / 255, 235, 40, 90);
}

// A part of the tile, in its pixels. TRUE where there is something to see.
static gboolean paint(const struct overlay *o, const struct image_region *part, int x0, int y0,
                      uint32_t *pixels, int width)
{
    uint8_t means[TILE_ROOM * TILE_ROOM];
    uint32_t any = 0;
    for (int y = -1; y <= part->height; y++) {
        for (int x = -1; x <= part->width; x++) {
            means[(y + 1) * TILE_ROOM + x + 1] = mean_at(o, x0 + part->x + x, y0 + part->y + y);
        }
    }
    for (int y = 0; y < part->height; y++) {
        uint32_t *row = pixels + (size_t)(part->y + y) * width + part->x;
        for (int x = 0; x < part->width; x++) {
            row[x] = colour_at(means + (y + 1) * TILE_ROOM + x + 1);
            any |= row[x];
        }
    }
    return any != 0;
}

static GdkTexture *texture_of(const uint32_t *pixels, int width, int height)
{
    g_autoptr(GBytes) bytes = g_bytes_new(pixels, sizeof *pixels * (size_t)width * height);
    return gdk_memory_texture_new(width, height, GDK_MEMORY_DEFAULT, bytes,
                                  sizeof *pixels * (size_t)width);
}

// Paints the stale part anew.
static void renew(const struct overlay *o, struct tile *tile, int x, int y)
{
    const struct image_region area = tile_area(o, x, y);
    const int width = pixels_of(o, area.width), height = pixels_of(o, area.height);
    const int left = (tile->stale.x - area.x) >> o->level;
    const int top = (tile->stale.y - area.y) >> o->level;
    const int right = pixels_of(o, tile->stale.x + tile->stale.width - area.x);
    const int bottom = pixels_of(o, tile->stale.y + tile->stale.height - area.y);
    const struct image_region part = {left, top, right - left, bottom - top};
    gboolean known = tile->pixels != NULL;
    if (!known) {
        tile->pixels = g_new0(uint32_t, (size_t)width * height);
    }
    known |= paint(o, &part, x * TILE, y * TILE, tile->pixels, width);
    tile->stale = (struct image_region){0};
    g_clear_object(&tile->texture);
    if (known) {
        tile->texture = texture_of(tile->pixels, width, height);
    } else {
        g_clear_pointer(&tile->pixels, g_free);
    }
}

// ---- drawing ------------------------------------------------------------------------------------

static struct tile *tile_at(struct overlay *o, int x, int y)
{
    struct tile *tile = g_hash_table_lookup(o->tiles, tile_key(x, y));
    if (tile == NULL) {
        tile = g_new0(struct tile, 1);
        tile->stale = tile_area(o, x, y);
        g_hash_table_insert(o->tiles, tile_key(x, y), tile);
    }
    if (tile->stale.width > 0 && !o->frozen) {
        renew(o, tile, x, y);
    }
    return tile;
}

// Tiles meet on whole pixels of the screen, or a seam would be seen between them.
static float on_screen(double origin, double scale, int photo, double device_factor)
{
    return (float)(round((origin + photo * scale) * device_factor) / device_factor);
}

static void snapshot_tile(struct overlay *o, GtkSnapshot *snapshot,
                          const struct viewport_rect *picture, double device_factor, int x, int y)
{
    const struct tile *tile = tile_at(o, x, y);
    if (tile->texture == NULL) {
        return;
    }
    const double scale = picture->width / o->width;
    const struct image_region area = tile_area(o, x, y);
    const int right = area.x + (gdk_texture_get_width(tile->texture) << o->level);
    const int bottom = area.y + (gdk_texture_get_height(tile->texture) << o->level);
    const float left = on_screen(picture->x, scale, area.x, device_factor);
    const float top = on_screen(picture->y, scale, area.y, device_factor);
    gtk_snapshot_append_texture(
        snapshot, tile->texture,
        &GRAPHENE_RECT_INIT(left, top, on_screen(picture->x, scale, right, device_factor) - left,
                            on_screen(picture->y, scale, bottom, device_factor) - top));
}

struct tile_range {
    int left, top, right, bottom; // inclusive
};

static gboolean is_far(gpointer key, gpointer value, gpointer data)
{
    const struct tile_range *seen = data;
    const int x = GPOINTER_TO_INT(key) & 0xffff, y = GPOINTER_TO_INT(key) >> 16;
    return x < seen->left || x > seen->right || y < seen->top || y > seen->bottom;
}

// One pixel of a tile is about one of the screen, or half of one.
static void choose_level(struct overlay *o, double device_scale)
{
    const int level = CLAMP((int)floor(log2(1 / device_scale)), 0, LEVELS - 1);
    if (level != o->level) {
        o->level = level;
        g_hash_table_remove_all(o->tiles);
    }
}

void overlay_snapshot(struct overlay *o, GtkSnapshot *snapshot, const struct viewport_rect *picture,
                      const struct viewport_rect *seen, double device_factor)
{
    if (o->values == NULL || seen->width <= 0 || seen->height <= 0) {
        return;
    }
    choose_level(o, picture->width / o->width * device_factor);
    const int side = TILE << o->level;
    struct tile_range range = {(int)seen->x / side, (int)seen->y / side,
                               (int)(seen->x + seen->width - 1) / side,
                               (int)(seen->y + seen->height - 1) / side};
    g_hash_table_foreach_remove(o->tiles, is_far, &range);
    for (int y = range.top; y <= range.bottom; y++) {
        for (int x = range.left; x <= range.right; x++) {
            snapshot_tile(o, snapshot, picture, device_factor, x, y);
        }
    }
}
