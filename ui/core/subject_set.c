#include "ui/core/subject_private.h"

#include "compute/i18n.h"
#include "compute/model/defaults.h"
#include "compute/model/embedding.h"
#include "render/raster.h"
#include "render/signed.h"

#include <string.h>

// A crop shows at least this part of the photo's shorter side.
#define SMALLEST_CROP 0.7
// Around the subject, where a mask says where that is, a crop keeps at least so much of its size.
#define ROOM 1.15

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

bool subject_check_kind(const char *kind, GError **error)
{
    bool letters = false, plain = true;
    for (const char *p = kind; plain && *p; p = g_utf8_next_char(p)) {
        const gunichar c = g_utf8_get_char(p);
        letters = letters || g_unichar_isalpha(c);
        plain = g_unichar_isalnum(c) || g_unichar_ismark(c) || c == ' ' || c == '-' || c == '\'' ||
                c == 0x2019;
    }
    if (!letters || !plain) {
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
            _("\"%s\" is no class: that is a plain word for what the subject is one of, such "
              "as dog"),
            kind);
    }
    return letters && plain;
}

// ---- sentences ----------------------------------------------------------------------------------

char *subject_with_article(const char *noun)
{
    return g_strdup_printf("%s %s", strchr("aeiouAEIOU", *noun) ? "an" : "a", noun);
}

char *subject_caption(const char *token, const char *kind)
{
    if (!token) {
        g_autofree char *noun = subject_with_article(kind);
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

struct image_region subject_cut(const struct subject_photo *p, struct rng *rng)
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

void subject_mirror(float *values, int width, int height, int channels)
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
    const struct image_region region = subject_cut(p, rng);
    struct train_example e = {.caption = caption, .role = role};
    float *rgb = photo_see(p->photo, &region, &e.width, &e.height, error);
    if (!rgb) {
        return false;
    }
    g_ptr_array_add(s->pixels, rgb);
    e.rgb = rgb;
    if (mirrored) {
        subject_mirror(rgb, e.width, e.height, 3);
    }
    if (p->mask) {
        float *mask = g_new(float, (gsize)e.width *e.height);
        g_ptr_array_add(s->pixels, mask);
        raster_resize(p->mask, &region, e.width, e.height, mask);
        if (mirrored) {
            subject_mirror(mask, e.width, e.height, 1);
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

// "photo 2 (rex.jpg)": where several have a fault, which one is to be looked at.
static char *photo_text(const struct subject_photo *p, int index)
{
    g_autofree char *name = p->path ? g_filename_display_basename(p->path) : NULL;
    return name ? g_strdup_printf(_("photo %d (%s)"), index + 1, name)
                : g_strdup_printf(_("photo %d"), index + 1);
}

static bool check_mask(const struct subject_photo *p, int index, GError **error)
{
    const struct image *full = p->photo->full;
    g_autofree char *which = photo_text(p, index);
    if (p->mask && (p->mask->width != full->width || p->mask->height != full->height)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    _("the mask of %s is %d x %d pixels, and the photo is %d x %d"), which,
                    p->mask->width, p->mask->height, full->width, full->height);
        return false;
    }
    if (p->mask && raster_box(p->mask).width == 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("the mask of %s covers nothing"), which);
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
                    _("two subjects would both be called %s; give one of them another word"),
                    q->token);
        return false;
    }
    g_ptr_array_add(s->tokens, g_strdup(q->token));
    return model_embed_like(e->model, q->token, q->kind, settings_int(own, "vectors"), error);
}

bool subject_mixes_segments(const struct settings *own)
{
    const struct setting *row = settings_find(own, "mix", NULL);
    return row && g_str_equal(settings_choice(own, "mix"), "segments");
}

static bool check_segments(const struct subject_request *q, GError **error)
{
    for (int i = 0; i < q->n && subject_mixes_segments(settings_member(q->settings, "objective"));
         i++) {
        if (!q->photos[i].mask) {
            g_autofree char *which = photo_text(&q->photos[i], i);
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                        _("%s of the %s has no mask, which pairs of segments need: a cut-out, or a "
                          "mask in NAME-masklabel.png"),
                        which, q->kind);
            return false;
        }
    }
    return true;
}

// Before anything is drawn for it: a word that no description has is not learned.
static bool check_said(const struct subject_request *q, const struct engine *e, GError **error)
{
    g_autoptr(GPtrArray) tokens = g_ptr_array_new_with_free_func(g_free);
    bool said = !q->token;
    for (int i = 0; !said && i < q->n; i++) {
        const char *caption = q->photos[i].caption;
        g_free(caption ? model_embedded(e->model, caption, tokens) : NULL);
        said = !caption || g_ptr_array_find_with_equal_func(tokens, q->token, g_str_equal, NULL);
    }
    if (!said) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("%s is to be learned, and no description has it"), q->token);
    }
    return said;
}

static bool add_subject(struct subject *s, struct subject_request *q, struct engine *e,
                        struct rng *rng, struct task *task, GError **error)
{
    if ((q->kind && !subject_check_kind(q->kind, error)) || !begin_token(s, e, q, error) ||
        !check_said(q, e, error) || !take_photos(s, q, error) || !check_segments(q, error)) {
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
            ok = subject_add_pairs(s, &all[k], &all[i], side, &rng, error);
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
