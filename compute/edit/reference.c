// The photo's branch: what the photo looks like when the same run draws its own description. The
// difference to it is what the words changed, and neither the autoencoder's losses nor the
// sampler's drift. Kept, so that only the first edit of a photo pays for it, and drawn a step ahead
// of the edit, so that the first preview waits for a step of it and not for all.
#include "compute/edit/private.h"

#include <string.h>

struct photo_branch {
    char *key; // that it is kept under
    struct rng rng;
    struct sampler *sampler;
    struct branch branch;
    struct drawing drawing;
};

// Behind a step of a branch that is left to itself.
static void record(struct run *r, struct branch *b, int left)
{
    memcpy(r->e->reference.path + left * r->n, b->x, (size_t)r->n * sizeof *b->x);
}

// Behind a step of one that is put back.
static void put_back(struct run *r, struct branch *b, int left)
{
    const size_t bytes = (size_t)r->n * sizeof *b->x;
    memcpy(r->e->reference.drawn + left * r->n, b->x, bytes);
    memcpy(b->x, r->e->reference.path + left * r->n, bytes);
}

// The path of a photo that comes back exactly: the levels, as the sampler has them.
static void path_from_levels(struct run *r, const struct sampler *s)
{
    const struct editor *e = r->e;
    memcpy(e->reference.path, e->inverted.levels, (size_t)(r->denoised + 1) * r->n * sizeof(float));
    for (int left = 1; left <= r->denoised; left++) {
        sampler_take(s, r->total - left, e->reference.path + left * r->n);
    }
}

// What the path ends in as a picture: the photo through the autoencoder, where it ends in its
// latent.
static bool draw_picture(struct run *r, GError **error)
{
    struct editor *e = r->e;
    const gsize bytes = (gsize)r->request->width * r->request->height * 3 * sizeof(float);
    if (memcmp(e->reference.path, e->photo.latents, (size_t)r->n * sizeof(float)) == 0) {
        e->reference.rgb = g_memdup2(e->photo.reconstruction, bytes);
        return true;
    }
    e->reference.rgb = g_malloc(bytes);
    return run_decode(r, e->reference.path, e->reference.rgb, error);
}

// The levels' own key knows the seed where they are of its noise; and nothing else of a branch that
// is put back is.
static char *reference_key(const struct run *r)
{
    const struct edit_request *q = r->request;
    const bool seeded = !r->inverter->corrected && edit_settings_seed_matters(q->settings);
    g_autofree char *settings = settings_key(q->settings, EDIT_DRAWING);
    const char *source = r->source_prompt ? r->source_prompt : "";
    return g_strdup_printf("%s|%s|%" G_GUINT64_FORMAT "|%zu %s|%s", r->e->inverted.key, settings,
                           seeded ? q->seed : 0, strlen(source), source,
                           q->negative ? q->negative : "");
}

// Where it begins, and all of it where the levels are it.
static void begin_path(struct run *r, const struct sampler *s, struct rng *rng)
{
    struct editor *e = r->e;
    reference_clear(e);
    e->reference.path = g_new(float, (r->denoised + 1) * r->n);
    e->reference.drawn = r->inverter->corrected ? g_new(float, r->denoised * r->n) : NULL;
    path_from_levels(r, s);
    if (!r->inverter->corrected) {
        // it drifts from where the edit does
        edit_start(r, rng, s, e->reference.path + r->denoised * r->n);
    }
}

static bool begin_branch(struct run *r, struct photo_branch *p, GError **error)
{
    const float *start = r->e->reference.path + r->denoised * r->n;
    p->branch = (struct branch){.prompt = r->source_prompt,
                                .stage = TASK_DRAWING,
                                .x = g_memdup2(start, (size_t)r->n * sizeof *start),
                                .after = r->inverter->corrected ? put_back : record};
    r->steps += run_calls(r);
    return drawing_init(&p->drawing, r, p->sampler, &p->branch, error);
}

// The deep layers that are kept between calls are those of one branch.
static bool goes_first(const struct run *r)
{
    return settings_int(r->request->settings, "cache_interval") > 1;
}

bool reference_prepare(struct run *r, GError **error)
{
    const struct editor *e = r->e;
    g_autofree char *key = reference_key(r);
    if (e->reference.key && g_str_equal(e->reference.key, key)) {
        return true;
    }
    struct photo_branch *p = r->photo = g_new0(struct photo_branch, 1);
    p->key = g_steal_pointer(&key);
    p->rng.seed = r->request->seed;
    if (!(p->sampler = run_sampler(r, &p->rng, error))) {
        return false;
    }
    begin_path(r, p->sampler, &p->rng);
    if (!r->source_prompt) {
        return true;
    }
    if (!begin_branch(r, p, error)) {
        return false;
    }
    if (goes_first(r)) {
        p->branch.stage = TASK_COMPARING;
        return reference_follow(r, 0, error);
    }
    return true;
}

bool reference_follow(struct run *r, int left, GError **error)
{
    struct photo_branch *p = r->photo;
    bool ok = true;
    while (ok && p && p->branch.x && p->sampler->steps - p->drawing.i > left) {
        ok = drawing_step(&p->drawing, error);
    }
    return ok;
}

bool reference_finish(struct run *r, GError **error)
{
    if (!r->photo) {
        return true;
    }
    const bool ok = draw_picture(r, error);
    r->e->reference.key = ok ? g_steal_pointer(&r->photo->key) : NULL;
    reference_drop(r);
    return ok;
}

void reference_drop(struct run *r)
{
    struct photo_branch *p = g_steal_pointer(&r->photo);
    if (!p) {
        return;
    }
    if (p->branch.x) {
        drawing_finish(&p->drawing);
    }
    g_free(p->branch.x);
    sampler_free(p->sampler);
    g_free(p->key);
    g_free(p);
}
