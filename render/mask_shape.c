#include "render/mask_shape.h"

#include "render/parallel.h"

#include <math.h>

enum { LINES = 8 }; // of a polygon in each row

static void put(uint8_t *value, unsigned covered, bool erase)
{
    *value = (uint8_t)(erase ? MIN(*value, 255 - covered) : MAX(*value, covered));
}

static struct image_region clip(const struct raster *r, float left, float top, float right,
                                float bottom)
{
    const int x0 = (int)CLAMP(floorf(left), 0.0f, (float)r->width);
    const int y0 = (int)CLAMP(floorf(top), 0.0f, (float)r->height);
    const int x1 = (int)CLAMP(ceilf(right), 0.0f, (float)r->width);
    const int y1 = (int)CLAMP(ceilf(bottom), 0.0f, (float)r->height);

    return x0 < x1 && y0 < y1 ? (struct image_region){x0, y0, x1 - x0, y1 - y0}
                              : (struct image_region){0};
}

// ---- the brush ----------------------------------------------------------------------------------

// Distances from the line: up to full it is covered whole, from none on not at all.
struct falloff {
    float full, none;
};

// The hard edge is one pixel wide, so that it has no steps.
static struct falloff brush_falloff(const struct shape_brush *brush)
{
    const float none = 0.5f * brush->size + 0.5f;

    return (struct falloff){none - MAX(1.0f, brush->softness * none), none};
}

static unsigned falloff_at(const struct falloff *f, float distance)
{
    const float t = CLAMP((f->none - distance) / (f->none - f->full), 0.0f, 1.0f);

    return (unsigned)(255.0f * t * t * (3.0f - 2.0f * t) + 0.5f);
}

struct line {
    float ax, ay, dx, dy; // from a, by d
    float inverse;        // 1 / length^2, 0 of a point
};

static struct line line_between(const float *a, const float *b)
{
    const float dx = b[0] - a[0], dy = b[1] - a[1], square = dx * dx + dy * dy;

    return (struct line){a[0], a[1], dx, dy, square > 0.0f ? 1.0f / square : 0.0f};
}

static float line_distance(const struct line *l, float x, float y)
{
    const float px = x - l->ax, py = y - l->ay;
    const float t = CLAMP((px * l->dx + py * l->dy) * l->inverse, 0.0f, 1.0f);
    const float ex = px - t * l->dx, ey = py - t * l->dy;

    return sqrtf(ex * ex + ey * ey);
}

// Widens left..right by where the row y meets a disc.
static void widen_by_disc(float x, float dy, float radius, float *left, float *right)
{
    const float square = radius * radius - dy * dy;

    if (square >= 0.0f) {
        *left = MIN(*left, x - sqrtf(square));
        *right = MAX(*right, x + sqrtf(square));
    }
}

// Where the row y meets the line's neighbourhood of that radius, which is convex: an interval,
// empty where left > right. The discs at the ends, and the two lines that touch both.
static void row_interval(const struct line *l, float y, float radius, float *left, float *right)
{
    const float length = sqrtf(l->dx * l->dx + l->dy * l->dy);

    *left = INFINITY;
    *right = -INFINITY;
    if (radius < 0.0f) {
        return;
    }
    widen_by_disc(l->ax, y - l->ay, radius, left, right);
    widen_by_disc(l->ax + l->dx, y - l->ay - l->dy, radius, left, right);
    for (int side = -1; side <= 1 && fabsf(l->dy) > 1e-6f; side += 2) {
        const float nx = -l->dy / length * radius * side, ny = l->dx / length * radius * side;
        const float t = (y - l->ay - ny) / l->dy;

        if (t >= 0.0f && t <= 1.0f) {
            *left = MIN(*left, l->ax + nx + t * l->dx);
            *right = MAX(*right, l->ax + nx + t * l->dx);
        }
    }
}

// The first and behind the last pixel whose middle lies in an interval.
static void interval_pixels(float left, float right, const struct image_region *box, int *begin,
                            int *end)
{
    const float low = (float)box->x, high = (float)(box->x + box->width);

    *begin = (int)CLAMP(ceilf(left - 0.5f), low, high);
    *end = left > right ? *begin : (int)CLAMP(floorf(right - 0.5f) + 1.0f, (float)*begin, high);
}

struct image_region shape_capsule_box(const struct raster *r, const struct shape_brush *brush,
                                      const float *a, const float *b)
{
    const float reach = brush_falloff(brush).none;

    return clip(r, MIN(a[0], b[0]) - reach, MIN(a[1], b[1]) - reach, MAX(a[0], b[0]) + reach,
                MAX(a[1], b[1]) + reach);
}

void shape_capsule(struct raster *r, const struct shape_brush *brush, const float *a,
                   const float *b)
{
    const struct image_region box = shape_capsule_box(r, brush, a, b);
    const struct falloff falloff = brush_falloff(brush);
    const struct line line = line_between(a, b);

    for (int row = box.y; row < box.y + box.height; row++) {
        uint8_t *values = r->values + (size_t)row * r->width;
        const float y = (float)row + 0.5f;
        float left, right;
        int begin, end, full_begin, full_end;

        row_interval(&line, y, falloff.none, &left, &right);
        interval_pixels(left, right, &box, &begin, &end);
        row_interval(&line, y, falloff.full, &left, &right);
        interval_pixels(left, right, &box, &full_begin, &full_end);
        if (full_begin == full_end) {
            full_begin = full_end = end;
        }
        for (int x = begin; x < MIN(full_begin, end); x++) {
            put(values + x, falloff_at(&falloff, line_distance(&line, (float)x + 0.5f, y)),
                brush->erase);
        }
        for (int x = full_begin; x < full_end; x++) {
            put(values + x, 255, brush->erase);
        }
        for (int x = MAX(full_end, begin); x < end; x++) {
            put(values + x, falloff_at(&falloff, line_distance(&line, (float)x + 0.5f, y)),
                brush->erase);
        }
    }
}

// ---- areas --------------------------------------------------------------------------------------

struct image_region shape_points_box(const struct raster *r, const float *points, int count)
{
    float left = INFINITY, top = INFINITY, right = -INFINITY, bottom = -INFINITY;

    for (int i = 0; i < count; i++) {
        left = MIN(left, points[2 * i]);
        right = MAX(right, points[2 * i]);
        top = MIN(top, points[2 * i + 1]);
        bottom = MAX(bottom, points[2 * i + 1]);
    }
    return clip(r, left, top, right, bottom);
}

// How much of pixel i lies between begin and end.
static float overlap(int i, float begin, float end)
{
    return MAX(MIN((float)i + 1.0f, end) - MAX((float)i, begin), 0.0f);
}

void shape_rectangle(struct raster *r, const float *corners, bool erase)
{
    const struct image_region box = shape_points_box(r, corners, 2);
    const float left = MIN(corners[0], corners[2]), right = MAX(corners[0], corners[2]);
    const float top = MIN(corners[1], corners[3]), bottom = MAX(corners[1], corners[3]);

    for (int y = box.y; y < box.y + box.height; y++) {
        const float height = overlap(y, top, bottom);

        for (int x = box.x; x < box.x + box.width; x++) {
            put(r->values + (size_t)y * r->width + x,
                (unsigned)(255.0f * height * overlap(x, left, right) + 0.5f), erase);
        }
    }
}

struct crossing {
    float x;
    int turn; // +1 where the edge goes down, -1 where it goes up
};

static int compare_crossings(const void *a, const void *b)
{
    const struct crossing *p = a, *q = b;

    return (p->x > q->x) - (p->x < q->x);
}

struct polygon {
    struct raster *raster;
    const float *points;
    int count;
    struct image_region box;
    bool erase;
};

// The edges that meet the row y .. y + 1, as indices of their first points.
static int row_edges(const struct polygon *p, int y, int *edges)
{
    int n = 0;

    for (int i = 0; i < p->count; i++) {
        const float a = p->points[2 * i + 1], b = p->points[2 * ((i + 1) % p->count) + 1];

        if (a != b && MAX(a, b) > (float)y && MIN(a, b) < (float)(y + 1)) {
            edges[n++] = i;
        }
    }
    return n;
}

// Sorted by x: where the line y crosses those edges. An edge has its upper end and not its lower.
static int line_crossings(const struct polygon *p, float y, const int *edges, int n,
                          struct crossing *crossings)
{
    int found = 0;

    for (int i = 0; i < n; i++) {
        const float *a = p->points + 2 * edges[i];
        const float *b = p->points + 2 * ((edges[i] + 1) % p->count);

        if ((a[1] <= y) != (b[1] <= y)) {
            crossings[found++] = (struct crossing){
                a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]), a[1] < b[1] ? 1 : -1};
        }
    }
    qsort(crossings, found, sizeof *crossings, compare_crossings);
    return found;
}

// Adds what a piece of a line covers to the row's sums, which begin at the box's left side.
static void add_span(const struct image_region *box, float left, float right, float *sums)
{
    const float from = CLAMP(left - (float)box->x, 0.0f, (float)box->width);
    const float to = CLAMP(right - (float)box->x, 0.0f, (float)box->width);
    const int first = (int)from, last = MIN((int)to, box->width - 1);

    for (int x = first; x <= last; x++) {
        sums[x] += overlap(x, from, to);
    }
}

static void add_line(const struct image_region *box, const struct crossing *crossings, int n,
                     float *sums)
{
    for (int i = 0, winding = 0; i < n; i++) {
        winding += crossings[i].turn;
        if (winding != 0) {
            add_span(box, crossings[i].x, crossings[i + 1].x, sums);
        }
    }
}

static void fill_rows(int begin, int end, void *data)
{
    const struct polygon *p = data;
    g_autofree int *edges = g_new(int, p->count);
    g_autofree struct crossing *crossings = g_new(struct crossing, p->count);
    g_autofree float *sums = g_new(float, p->box.width);

    for (int row = begin; row < end; row++) {
        const int y = p->box.y + row, n = row_edges(p, y, edges);
        uint8_t *values = p->raster->values + (size_t)y * p->raster->width + p->box.x;

        for (int x = 0; x < p->box.width; x++) {
            sums[x] = 0.0f;
        }
        for (int i = 0; i < LINES; i++) {
            const float line = (float)y + ((float)i + 0.5f) / LINES;

            add_line(&p->box, crossings, line_crossings(p, line, edges, n, crossings), sums);
        }
        for (int x = 0; x < p->box.width; x++) {
            put(values + x, (unsigned)(255.0f / LINES * sums[x] + 0.5f), p->erase);
        }
    }
}

void shape_polygon(struct raster *r, const float *points, int count, bool erase)
{
    struct polygon polygon = {r, points, count, shape_points_box(r, points, count), erase};

    if (polygon.box.width > 0) {
        parallel_rows(polygon.box.height, fill_rows, &polygon);
    }
}
