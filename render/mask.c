// A mask is its last step and the mask before it: a list that grows at one end and is shared from
// there on down.
#include "render/mask.h"

#include <math.h>
#include <string.h>

#define MAX_PLACE 1e6f // of a point, in pixels: floats still know eighths there

struct mask {
    gatomicrefcount references;
    struct mask *before;
    int steps;
    struct mask_step last; // owns what it points to
};

const char *const mask_kind_names[] = {"brush",  "rectangle", "lasso",   "selection",
                                       "invert", "grow",      "feather", NULL};

// ---- a step -------------------------------------------------------------------------------------

static bool has_points(enum mask_kind kind)
{
    return kind == MASK_BRUSH || kind == MASK_RECTANGLE || kind == MASK_LASSO;
}

static int fewest_points(enum mask_kind kind)
{
    return kind == MASK_BRUSH ? 1 : kind == MASK_RECTANGLE ? 2 : 3;
}

static bool points_are_legal(const struct mask_step *s)
{
    if (s->count < fewest_points(s->kind) || s->count > MASK_MAX_POINTS ||
        (s->kind == MASK_RECTANGLE && s->count != 2)) {
        return false;
    }
    for (int i = 0; i < 2 * s->count; i++) {
        if (!(fabsf(s->points[i]) <= MAX_PLACE)) { // nor is what is not a number
            return false;
        }
    }
    return true;
}

static bool map_is_legal(const struct mask_step *s)
{
    const struct image_region *r = &s->placed;
    return s->map_width > 0 && s->map_width <= MASK_MAX_MAP && s->map_height > 0 &&
           s->map_height <= MASK_MAX_MAP && r->x >= 0 && r->y >= 0 && r->width > 0 &&
           r->height > 0 && r->x <= IMAGE_MAX_SIDE - r->width && r->y <= IMAGE_MAX_SIDE - r->height;
}

bool mask_step_legal(const struct mask_step *s)
{
    if (s->kind < 0 || s->kind >= MASK_KINDS || !isfinite(s->size) || !isfinite(s->softness) ||
        !isfinite(s->amount) || !isfinite(s->reach)) {
        return false;
    }
    return has_points(s->kind) ? points_are_legal(s) : s->kind != MASK_SELECTION || map_is_legal(s);
}

static float *copy_points(const struct mask_step *s)
{
    float *points = g_new(float, (gsize)2 * s->count);
    for (int i = 0; i < 2 * s->count; i++) {
        points[i] = roundf(s->points[i] * 8.0f) / 8.0f + 0.0f; // no zero below zero
    }
    return points;
}

// Only what belongs to the kind, so that steps which do the same are equal.
static struct mask_step copy_step(const struct mask_step *s)
{
    struct mask_step copy = {.kind = s->kind};
    if (has_points(s->kind)) {
        copy.count = s->count;
        copy.points = copy_points(s);
        copy.reach = CLAMP(s->reach, 0.0f, MASK_MAX_AMOUNT);
    }
    if (has_points(s->kind) || s->kind == MASK_SELECTION) {
        copy.erase = s->erase;
    }
    if (s->kind == MASK_BRUSH) {
        copy.size = CLAMP(s->size, 0.0f, MASK_MAX_SIZE);
        copy.softness = CLAMP(s->softness, 0.0f, 1.0f);
    }
    if (s->kind == MASK_GROW || s->kind == MASK_FEATHER) {
        copy.amount =
            CLAMP(s->amount, s->kind == MASK_GROW ? -MASK_MAX_AMOUNT : 0.0f, MASK_MAX_AMOUNT);
    }
    if (s->kind == MASK_SELECTION) {
        copy.map_width = s->map_width;
        copy.map_height = s->map_height;
        copy.map = g_memdup2(s->map, (gsize)s->map_width * s->map_height);
        copy.placed = s->placed;
        copy.label = g_utf8_make_valid(s->label ? s->label : "", -1);
    }
    return copy;
}

static bool bytes_equal(const void *a, const void *b, size_t size)
{
    return size == 0 || memcmp(a, b, size) == 0;
}

bool mask_step_equal(const struct mask_step *a, const struct mask_step *b)
{
    return a->kind == b->kind && a->erase == b->erase && a->size == b->size &&
           a->softness == b->softness && a->amount == b->amount && a->reach == b->reach &&
           a->count == b->count &&
           bytes_equal(a->points, b->points, sizeof(float) * 2 * a->count) &&
           a->map_width == b->map_width && a->map_height == b->map_height &&
           bytes_equal(a->map, b->map, (size_t)a->map_width * a->map_height) &&
           image_region_equal(&a->placed, &b->placed) && g_strcmp0(a->label, b->label) == 0;
}

// ---- the list -----------------------------------------------------------------------------------

struct mask *mask_with(const struct mask *m, const struct mask_step *step)
{
    if (!mask_step_legal(step) || mask_steps(m) >= MASK_MAX_STEPS) {
        return mask_ref(m);
    }
    struct mask *with = g_new(struct mask, 1);
    *with =
        (struct mask){.before = mask_ref(m), .steps = mask_steps(m) + 1, .last = copy_step(step)};
    g_atomic_ref_count_init(&with->references);
    return with;
}

struct mask *mask_ref(const struct mask *m)
{
    struct mask *same = (struct mask *)m; // a count is no change of the value
    if (same) {
        g_atomic_ref_count_inc(&same->references);
    }
    return same;
}

void mask_unref(struct mask *m)
{
    while (m && g_atomic_ref_count_dec(&m->references)) {
        struct mask *before = m->before;
        g_free((void *)m->last.points);
        g_free((void *)m->last.map);
        g_free((void *)m->last.label);
        g_free(m);
        m = before;
    }
}

bool mask_equal(const struct mask *a, const struct mask *b)
{
    if (mask_steps(a) != mask_steps(b)) {
        return false;
    }
    for (; a != b; a = a->before, b = b->before) { // from where they are one they are equal
        if (!mask_step_equal(&a->last, &b->last)) {
            return false;
        }
    }
    return true;
}

int mask_steps(const struct mask *m)
{
    return m ? m->steps : 0;
}

const struct mask_step *mask_last(const struct mask *m)
{
    return m ? &m->last : NULL;
}

const struct mask *mask_before(const struct mask *m)
{
    return m ? m->before : NULL;
}
