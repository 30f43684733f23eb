#include "ui/core/subject.h"

#include "compute/gpu/random.h"
#include "compute/model/defaults.h"
#include "compute/model/embedding.h"
#include "render/raster.h"
#include "render/resample.h"
#include "render/signed.h"

#include <string.h>

// A crop shows at least this part of the photo's shorter side.
#define SMALLEST_CROP 0.7
// Around the subject, where a mask says where that is, a crop keeps at least so much of its size.
#define ROOM 1.15

struct subject {
    GPtrArray *pixels;   // float *: pictures and masks
    GPtrArray *captions; // char *
    GPtrArray *drawn;    // GPtrArray * of struct photo *: of the classes
    GPtrArray *masks;    // struct raster *: opaque parts of cut-outs
    GPtrArray *lists;    // struct subject_photo *: photos with those
    GArray *examples;    // struct train_example
    GPtrArray *tokens;   // char *, NULL-terminated with the set
    struct train_set set;
};

const struct train_set *subject_set(const struct subject *s)
{
    return &s->set;
}

void subject_free(struct subject *s)
{
    if (s) {
        g_ptr_array_unref(s->pixels);
        g_ptr_array_unref(s->captions);
        g_ptr_array_unref(s->drawn);
        g_ptr_array_unref(s->masks);
        g_ptr_array_unref(s->lists);
        g_array_unref(s->examples);
        g_ptr_array_unref(s->tokens);
        g_free(s);
    }
}

bool subject_defaults(const char *model, struct settings *s, GError **error)
{
    // How well one of the photos is drawn again does not tell when a subject has been learned.
    return settings_parse(s, "objective", "subject", error) &&
           settings_parse(s, "keep_best", "0", error) && model_defaults(model, "subject", s, error);
}

// ---- sentences ----------------------------------------------------------------------------------

// "an owl", "a dog".
static char *with_article(const char *noun)
{
    return g_strdup_printf("%s %s", strchr("aeiouAEIOU", *noun) ? "an" : "a", noun);
}

char *subject_caption(const char *token, const char *kind)
{
    if (!token) {
        g_autofree char *noun = with_article(kind);
        return g_strdup_printf("a photograph of %s", noun);
    }
    return g_strdup_printf("a photograph of a %s %s", token, kind);
}

// ---- crops --------------------------------------------------------------------------------------

static struct image_region subject_box(const struct subject_photo *p)
{
    const struct image *full = p->photo->full;
    struct image_region box = {0, 0, full->width, full->height};
    if (p->mask) {
        box = raster_box(p->mask);
    }
    return box;
}

static int place(struct rng *rng, int at, int length, int side, int limit)
{
    // The subject stays inside, and the crop inside the photo.
    const int first = CLAMP(at + length - side, 0, limit - side);
    const int last = CLAMP(at, first, limit - side);
    return rng ? first + rng_below(rng, last - first + 1) : (first + last) / 2;
}

// A square of the photo. rng NULL: the largest one, in the middle.
static struct image_region cut(const struct subject_photo *p, struct rng *rng)
{
    const int width = p->photo->full->width, height = p->photo->full->height;
    const int most = MIN(width, height);
    const struct image_region box = subject_box(p);
    const double room = p->mask ? ROOM * MAX(box.width, box.height) : 0;
    const double least =
        CLAMP(MAX(p->mask ? room : SMALLEST_CROP * most, PHOTO_MIN_REGION), 1, most);
    const int side = rng ? (int)(least + rng_uniform(rng) * (most - least)) : most;
    if (!p->mask) {
        return (struct image_region){rng ? rng_below(rng, width - side + 1) : (width - side) / 2,
                                     rng ? rng_below(rng, height - side + 1) : (height - side) / 2,
                                     side, side};
    }
    return (struct image_region){place(rng, box.x, box.width, side, width),
                                 place(rng, box.y, box.height, side, height), side, side};
}

static void mirror(float *values, int width, int height, int channels)
{
    for (int y = 0; y < height; y++) {
        float *row = values + (size_t)y * width * channels;
        for (int x = 0; x < width / 2; x++) {
            for (int c = 0; c < channels; c++) {
                float *a = row + x * channels + c, *b = row + (width - 1 - x) * channels + c;
                const float kept = *a;
                *a = *b;
                *b = kept;
            }
        }
    }
}

static bool add(struct subject *s, const struct subject_photo *p, const char *caption,
                enum train_role role, struct rng *rng, bool mirrored, GError **error)
{
    const struct image_region region = cut(p, rng);
    struct train_example e = {.caption = caption, .role = role};
    float *rgb = photo_see(p->photo, &region, &e.width, &e.height, error);
    if (!rgb) {
        return false;
    }
    g_ptr_array_add(s->pixels, rgb);
    e.rgb = rgb;
    if (mirrored) {
        mirror(rgb, e.width, e.height, 3);
    }
    if (p->mask) {
        float *mask = g_new(float, (gsize)e.width *e.height);
        g_ptr_array_add(s->pixels, mask);
        raster_resize(p->mask, &region, e.width, e.height, mask);
        if (mirrored) {
            mirror(mask, e.width, e.height, 1);
        }
        e.mask = mask;
    }
    g_array_append_val(s->examples, e);
    return true;
}

// ---- the set ------------------------------------------------------------------------------------

// What is opaque of a cut-out is the subject. *mask NULL: the photo has no other part.
static bool opaque_part(const struct image *full, struct raster **mask, GError **error)
{
    *mask = full->alpha ? raster_new(full->width, full->height, error) : NULL;
    for (gint64 i = 0; *mask && i < (gint64)full->width * full->height; i++) {
        (*mask)->values[i] = (uint8_t)image_quantize(full->alpha[i], 255);
    }
    return *mask || !full->alpha;
}

static bool check_mask(const struct subject_photo *p, int index, GError **error)
{
    const struct image *full = p->photo->full;
    if (p->mask && (p->mask->width != full->width || p->mask->height != full->height)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    "the mask of photo %d is %d x %d pixels, and the photo is %d x %d", index + 1,
                    p->mask->width, p->mask->height, full->width, full->height);
        return false;
    }
    if (p->mask && raster_box(p->mask).width == 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "the mask of photo %d covers nothing", index + 1);
        return false;
    }
    return true;
}

// The request's photos become the subject's own list, in which cut-outs have masks.
static bool take_photos(struct subject *s, struct subject_request *q, GError **error)
{
    struct subject_photo *list = g_memdup2(q->photos, (gsize)q->n * sizeof *list);
    g_ptr_array_add(s->lists, list);
    q->photos = list;
    for (int i = 0; i < q->n; i++) {
        struct raster *made = NULL;
        if (!list[i].mask && !opaque_part(list[i].photo->full, &made, error)) {
            return false;
        }
        if (made) {
            g_ptr_array_add(s->masks, made);
            list[i].mask = made;
        }
        if (!check_mask(&list[i], i, error)) {
            return false;
        }
    }
    return true;
}

static bool add_photo(struct subject *s, const struct subject_request *q, int index,
                      struct rng *rng, GError **error)
{
    const struct settings *own = settings_member(q->settings, "objective");
    const int crops = settings_int(own, "crops");
    const struct subject_photo *p = &q->photos[index];
    char *caption = p->caption ? g_strdup(p->caption) : subject_caption(q->token, q->kind);
    g_ptr_array_add(s->captions, caption);
    bool ok = true;
    for (int i = 0; ok && i < crops; i++) {
        const bool mirrored = settings_get(own, "flip") != 0 && i % 2;
        ok = add(s, p, caption, ROLE_INSTANCE, i ? rng : NULL, mirrored, error);
    }
    return ok;
}

// The pictures of the class: those that somebody brought, or drawn.
static bool class_photos(struct subject *s, const struct subject_request *q, struct engine *e,
                         const char *caption, const struct photo *const **photos, int *n,
                         struct task *task, GError **error)
{
    *photos = q->class_photos;
    *n = q->n_class;
    if (*n > 0) {
        return true;
    }
    const struct settings *own = settings_member(q->settings, "objective");
    GPtrArray *drawn =
        engine_class_pictures(e, caption, settings_int(own, "class_pictures"), task, error);
    if (!drawn) {
        return false;
    }
    g_ptr_array_add(s->drawn, drawn);
    *photos = (const struct photo *const *)drawn->pdata;
    *n = (int)drawn->len;
    return true;
}

static bool add_class(struct subject *s, struct subject_request *q, struct engine *e,
                      struct task *task, GError **error)
{
    if (settings_get(settings_member(q->settings, "objective"), "prior_weight") == 0) {
        return true;
    }
    char *caption = q->class_prompt ? g_strdup(q->class_prompt) : subject_caption(NULL, q->kind);
    g_ptr_array_add(s->captions, caption);
    if (!class_photos(s, q, e, caption, &q->class_photos, &q->n_class, task, error)) {
        return false;
    }
    for (int i = 0; i < q->n_class; i++) {
        const struct subject_photo p = {.photo = q->class_photos[i]};
        if (!add(s, &p, caption, ROLE_PRIOR, NULL, false, error)) {
            return false;
        }
    }
    return true;
}

// A token that is there begins anew, as another attempt would.
static bool begin_token(struct subject *s, struct engine *e, const struct subject_request *q,
                        GError **error)
{
    const struct settings *own = settings_member(q->settings, "objective");
    if (!q->token) {
        return true;
    }
    if (g_ptr_array_find_with_equal_func(s->tokens, q->token, g_str_equal, NULL)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "two subjects would both be called %s; give one of them another word",
                    q->token);
        return false;
    }
    g_ptr_array_add(s->tokens, g_strdup(q->token));
    const bool ok =
        model_embed_like(e->model, q->token, q->kind, settings_int(own, "vectors"), error);
    editor_forget_texts(e->editor);
    return ok;
}

static bool mixes_segments(const struct settings *own)
{
    const struct setting *row = settings_find(own, "mix", NULL);
    return row && g_str_equal(settings_choice(own, "mix"), "segments");
}

static bool check_segments(const struct subject_request *q, GError **error)
{
    for (int i = 0; i < q->n && mixes_segments(settings_member(q->settings, "objective")); i++) {
        if (!q->photos[i].mask) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                        "photo %d of the %s has no mask, which pairs of segments need: a cut-out, "
                        "or a mask in NAME-masklabel.png",
                        i + 1, q->kind);
            return false;
        }
    }
    return true;
}

static bool add_subject(struct subject *s, struct subject_request *q, struct engine *e,
                        struct rng *rng, struct task *task, GError **error)
{
    if (!begin_token(s, e, q, error) || !take_photos(s, q, error) || !check_segments(q, error)) {
        return false;
    }
    for (int i = 0; i < q->n; i++) {
        task_report(task, TASK_READING_EXAMPLES, (double)i / q->n);
        if (task_cancelled(task, error) || !add_photo(s, q, i, rng, error)) {
            return false;
        }
    }
    return add_class(s, q, e, task, error);
}

// ---- two side by side ---------------------------------------------------------------------------

// Half a page shows a square of the photo as single pictures do, with the subject whole, somewhere
// between its top and its bottom, and what the photo has above and below. Where it has no more its
// edge goes on.
static bool put_half(const struct subject_photo *p, struct rng *rng, float *page, int side,
                     int right, GError **error)
{
    const struct image *full = p->photo->full;
    const struct image_region r = cut(p, rng);
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
        mirror(rgb, w, h, 3);
        mirror(cover, w, h, 1);
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
    g_autofree char *left = with_article(words[0]), *right = with_article(words[1]);
    return placed
               ? g_strdup_printf("a photograph of %s on the left and %s on the right", left, right)
               : g_strdup_printf("a photograph of %s and %s", right, left);
}

static bool add_pair(struct subject *s, const struct subject_photo *const photos[2], const int n[2],
                     char *const words[2], enum train_role role, bool placed,
                     const struct settings *own, int side, struct rng *rng, GError **error)
{
    const bool segments = role == ROLE_INSTANCE && mixes_segments(own);
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

static bool add_pairs(struct subject *s, const struct subject_request *a,
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

// ---- all ----------------------------------------------------------------------------------------

struct subject *subjects_new(struct engine *e, const struct subject_request *list, int n,
                             struct task *task, GError **error)
{
    struct subject *s = g_new0(struct subject, 1);
    s->pixels = g_ptr_array_new_with_free_func(g_free);
    s->captions = g_ptr_array_new_with_free_func(g_free);
    s->drawn = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    s->masks = g_ptr_array_new_with_free_func((GDestroyNotify)raster_free);
    s->lists = g_ptr_array_new_with_free_func(g_free);
    s->tokens = g_ptr_array_new_with_free_func(g_free);
    s->examples = g_array_new(FALSE, TRUE, sizeof(struct train_example));
    g_autofree struct subject_request *all = g_memdup2(list, (gsize)n * sizeof *list);
    struct rng rng = {.seed = list[0].seed};
    bool ok = true;
    for (int i = 0; ok && i < n; i++) {
        ok = add_subject(s, &all[i], e, &rng, task, error);
    }
    const int side = model_default_size(e->model);
    for (int i = 0; ok && i < n; i++) {
        for (int k = 0; ok && k < i; k++) {
            ok = add_pairs(s, &all[k], &all[i], side, &rng, error);
        }
    }
    if (!ok) {
        subject_free(s);
        return NULL;
    }
    g_ptr_array_add(s->tokens, NULL);
    s->set = (struct train_set){(const struct train_example *)(void *)s->examples->data,
                                (int)s->examples->len, (const char *const *)s->tokens->pdata};
    return s;
}

struct subject *subject_new(struct engine *e, const struct subject_request *q, struct task *task,
                            GError **error)
{
    return subjects_new(e, q, 1, task, error);
}
