#include "ui/core/subject.h"

#include "compute/gpu/random.h"
#include "compute/model/embedding.h"
#include "render/raster.h"

#include <string.h>

// A crop shows at least this part of the photo's shorter side.
#define SMALLEST_CROP 0.7
// Around the subject, where a mask says where that is, a crop keeps at least so much of its size.
#define ROOM 1.15

struct subject {
    GPtrArray *pixels;   // float *: pictures and masks
    GPtrArray *captions; // char *
    GPtrArray *drawn;    // struct photo *: of the class; NULL: none was drawn
    GArray *examples;    // struct train_example
    const char *tokens[2];
    char *token;
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
        g_clear_pointer(&s->drawn, g_ptr_array_unref);
        g_array_unref(s->examples);
        g_free(s->token);
        g_free(s);
    }
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

static bool add_photo(struct subject *s, const struct subject_request *q, int index,
                      struct rng *rng, GError **error)
{
    const struct settings *own = settings_member(q->settings, "objective");
    const int crops = settings_int(own, "crops");
    struct subject_photo p = q->photos[index];
    struct raster *made = NULL;
    if (!p.mask && !opaque_part(p.photo->full, &made, error)) {
        return false;
    }
    p.mask = p.mask ? p.mask : made;
    char *caption = p.caption ? g_strdup(p.caption) : subject_caption(q->token, q->kind);
    g_ptr_array_add(s->captions, caption);
    bool ok = check_mask(&p, index, error);
    for (int i = 0; ok && i < crops; i++) {
        const bool mirrored = settings_get(own, "flip") != 0 && i % 2;
        ok = add(s, &p, caption, ROLE_INSTANCE, i ? rng : NULL, mirrored, error);
    }
    raster_free(made);
    return ok;
}

static bool add_class(struct subject *s, const struct subject_request *q, struct engine *e,
                      struct task *task, GError **error)
{
    const struct settings *own = settings_member(q->settings, "objective");
    if (settings_get(own, "prior_weight") == 0) {
        return true;
    }
    char *caption = q->class_prompt ? g_strdup(q->class_prompt) : subject_caption(NULL, q->kind);
    g_ptr_array_add(s->captions, caption);
    const struct photo *const *photos = q->class_photos;
    int n = q->n_class;
    if (!n) {
        s->drawn =
            engine_class_pictures(e, caption, settings_int(own, "class_pictures"), task, error);
        if (!s->drawn) {
            return false;
        }
        photos = (const struct photo *const *)s->drawn->pdata;
        n = (int)s->drawn->len;
    }
    for (int i = 0; i < n; i++) {
        const struct subject_photo p = {.photo = photos[i]};
        if (!add(s, &p, caption, ROLE_PRIOR, NULL, false, error)) {
            return false;
        }
    }
    return true;
}

// A token that is there begins anew, as another attempt would.
static bool begin_token(struct engine *e, const struct subject_request *q, GError **error)
{
    const struct settings *own = settings_member(q->settings, "objective");
    const bool ok =
        model_embed_like(e->model, q->token, q->kind, settings_int(own, "vectors"), error);
    editor_forget_texts(e->editor);
    return ok;
}

struct subject *subject_new(struct engine *e, const struct subject_request *q, struct task *task,
                            GError **error)
{
    struct subject *s = g_new0(struct subject, 1);
    s->pixels = g_ptr_array_new_with_free_func(g_free);
    s->captions = g_ptr_array_new_with_free_func(g_free);
    s->examples = g_array_new(FALSE, TRUE, sizeof(struct train_example));
    s->token = g_strdup(q->token);
    struct rng rng = {.seed = q->seed};
    bool ok = !q->token || begin_token(e, q, error);
    for (int i = 0; ok && i < q->n; i++) {
        task_report(task, TASK_READING_EXAMPLES, (double)i / q->n);
        ok = !task_cancelled(task, error) && add_photo(s, q, i, &rng, error);
    }
    if (!ok || !add_class(s, q, e, task, error)) {
        subject_free(s);
        return NULL;
    }
    s->tokens[0] = s->token;
    s->set = (struct train_set){(const struct train_example *)(void *)s->examples->data,
                                (int)s->examples->len, s->token ? s->tokens : NULL};
    return s;
}
