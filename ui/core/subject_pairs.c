// Two subjects side by side (compute/train/cut_mix_unmix.c).
#include "ui/core/subject_private.h"

#include "render/raster.h"
#include "render/resample.h"
#include "render/signed.h"

#include <string.h>

// Half a page shows a square of the photo as single pictures do, with the subject whole, somewhere
// between its top and its bottom, and what the photo has above and below. Where it has no more its
// edge goes on.
static bool put_half(const struct subject_photo *p, struct rng *rng, float *page, int side,
                     int right, GError **error)
{
    const struct image *full = p->photo->full;
    const struct image_region r = subject_cut(p, rng);
    const int top = r.y - rng_below(rng, r.height + 1); // of what the half shows, which is two high
    const int first = MAX(top, 0), last = MIN(top + 2 * r.height, full->height);
    const double scale = side / (2.0 * r.height);
    const int begin = (int)((first - top) * scale), rows = MAX((int)((last - first) * scale), 1);
    struct image *part = image_crop(full, r.x, first, r.width, last - first, error);
    struct image *small = part ? image_resize(part, side / 2, rows, error) : NULL;
    g_autofree float *rgb = small ? image_to_signed(small) : NULL;
    const size_t row = (size_t)(side / 2) * 3;
    for (int y = 0; rgb && y < side; y++) {
        memcpy(page + ((size_t)y * 2 + (size_t)right) * row,
               rgb + (size_t)CLAMP(y - begin, 0, rows - 1) * row, row * sizeof *page);
    }
    image_free(part);
    image_free(small);
    return rgb != NULL;
}

// How long a subject is that was cut out, as shares of the page.
#define SHORTEST 0.4
#define LONGEST  0.65

// One colour, drawn anew for each page, so that no ground becomes part of a subject.
static void put_ground(struct rng *rng, float *page, int side)
{
    const float colour[] = {(float)(2 * rng_uniform(rng) - 1), (float)(2 * rng_uniform(rng) - 1),
                            (float)(2 * rng_uniform(rng) - 1)};
    for (int i = 0; i < side * side * 3; i++) {
        page[i] = colour[i % 3];
    }
}

// What the mask covers, over what the page has there: its middle in its own half (Jang et al.,
// Identity Decoupling for Multi-Subject Personalization: Seg-Mix).
static bool put_segment(const struct subject_photo *p, struct rng *rng, float *page, int side,
                        int right, bool mirrored, GError **error)
{
    const struct image_region box = raster_box(p->mask);
    const double length = (SHORTEST + (LONGEST - SHORTEST) * rng_uniform(rng)) * side;
    const double scale = length / MAX(box.width, box.height);
    const int w = MAX((int)(box.width * scale), 1), h = MAX((int)(box.height * scale), 1);
    const int x0 = (int)((0.23 + 0.45 * right + 0.09 * rng_uniform(rng)) * side) - w / 2;
    const int y0 = rng_below(rng, side - h + 1);
    struct image *part = image_crop(p->photo->full, box.x, box.y, box.width, box.height, error);
    struct image *small = part ? image_resize(part, w, h, error) : NULL;
    g_autofree float *rgb = small ? image_to_signed(small) : NULL;
    g_autofree float *cover = g_new(float, (gsize)w *h);
    image_free(part);
    image_free(small);
    if (!rgb) {
        return false;
    }
    raster_resize(p->mask, &box, w, h, cover);
    if (mirrored) {
        subject_mirror(rgb, w, h, 3);
        subject_mirror(cover, w, h, 1);
    }
    for (int y = 0; y < h; y++) {
        for (int x = MAX(-x0, 0); x < MIN(w, side - x0); x++) {
            float *to = page + ((size_t)(y0 + y) * (size_t)side + (size_t)(x0 + x)) * 3;
            const float *from = rgb + ((size_t)y * (size_t)w + (size_t)x) * 3;
            const float c = cover[(size_t)y * (size_t)w + (size_t)x];
            for (int k = 0; k < 3; k++) {
                to[k] += c * (from[k] - to[k]);
            }
        }
    }
    return true;
}

// "<rex> dog", as captions have it.
static char *words_of(const struct subject_request *q)
{
    return q->token ? g_strdup_printf("%s %s", q->token, q->kind) : g_strdup(q->kind);
}

// The caption says where each is, or not, in turns.
static char *pair_caption(const char *const words[2], bool placed)
{
    g_autofree char *left = subject_with_article(words[0]), *right = subject_with_article(words[1]);
    return placed
               ? g_strdup_printf("a photograph of %s on the left and %s on the right", left, right)
               : g_strdup_printf("a photograph of %s and %s", right, left);
}

static bool add_pair(struct subject *s, const struct subject_photo *const photos[2], const int n[2],
                     char *const words[2], enum train_role role, bool placed,
                     const struct settings *own, int side, struct rng *rng, GError **error)
{
    const bool segments = role == ROLE_INSTANCE && subject_mixes_segments(own);
    const int first = rng_below(rng, 2); // which of them is on the left
    float *page = g_new(float, (gsize)side *side * 3);
    g_ptr_array_add(s->pixels, page);
    if (segments) {
        put_ground(rng, page, side);
    }
    for (int half = 0; half < 2; half++) {
        const int which = half ^ first;
        const struct subject_photo *p = &photos[which][rng_below(rng, n[which])];
        const bool mirrored = segments && settings_get(own, "flip") != 0 && rng_below(rng, 2) == 1;
        if (!(segments ? put_segment(p, rng, page, side, half, mirrored, error)
                       : put_half(p, rng, page, side, half, error))) {
            return false;
        }
    }
    const char *sides[] = {words[first], words[1 - first]};
    char *caption = pair_caption(sides, placed);
    g_ptr_array_add(s->captions, caption);
    struct train_example e = {.width = side,
                              .height = side,
                              .rgb = page,
                              .caption = caption,
                              .role = role,
                              .composed = true};
    if (role == ROLE_INSTANCE) {
        memcpy(e.sides, sides, sizeof sides);
    }
    g_array_append_val(s->examples, e);
    return true;
}

static struct subject_photo *plain_photos(const struct photo *const *photos, int n)
{
    struct subject_photo *list = g_new0(struct subject_photo, n + 1);
    for (int i = 0; i < n; i++) {
        list[i].photo = photos[i];
    }
    return list;
}

bool subject_add_pairs(struct subject *s, const struct subject_request *a,
                       const struct subject_request *b, int side, struct rng *rng, GError **error)
{
    const struct settings *settings = settings_member(a->settings, "objective");
    const int pairs = settings_int(settings, "pairs");
    g_autofree struct subject_photo *class_a = plain_photos(a->class_photos, a->n_class),
                                    *class_b = plain_photos(b->class_photos, b->n_class);
    const struct subject_photo *const own[] = {a->photos, b->photos}, *const of_class[] = {class_a,
                                                                                           class_b};
    const int n[] = {a->n, b->n}, n_class[] = {a->n_class, b->n_class};
    char *words[] = {words_of(a), words_of(b)}, *kinds[] = {g_strdup(a->kind), g_strdup(b->kind)};
    bool ok = true;
    for (int i = 0; i < 2; i++) {
        g_ptr_array_add(s->captions, words[i]);
        g_ptr_array_add(s->captions, kinds[i]);
    }
    for (int i = 0; ok && i < pairs; i++) {
        ok = add_pair(s, own, n, words, ROLE_INSTANCE, i % 2 == 0, settings, side, rng, error) &&
             (a->n_class == 0 || b->n_class == 0 ||
              add_pair(s, of_class, n_class, kinds, ROLE_PRIOR, i % 2 == 0, settings, side, rng,
                       error));
    }
    return ok;
}
