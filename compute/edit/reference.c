// The photo's branch: what the photo looks like when the same run draws its own description. The
// difference to it is what the words changed, and neither the autoencoder's losses nor the
// sampler's drift. Kept, so that only the first edit of a photo pays for it.
#include "compute/edit/private.h"

#include <string.h>

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

static bool draw_path(struct run *r, struct sampler *s, struct rng *rng, GError **error)
{
    struct editor *e = r->e;
    float *start = e->reference.path + r->denoised * r->n;
    g_autofree float *x = g_new(float, r->n);
    path_from_levels(r, s);
    if (!r->inverter->corrected) {
        edit_start(r, rng, s, start); // it drifts from where the edit does
    }
    if (!r->source_prompt) {
        return true;
    }
    memcpy(x, start, (size_t)r->n * sizeof *x);
    r->steps += run_calls(r);
    struct branch b = {.prompt = r->source_prompt,
                       .stage = TASK_COMPARING,
                       .x = x,
                       .after = r->inverter->corrected ? put_back : record};
    return branch_draw(r, s, &b, error);
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

bool reference_prepare(struct run *r, GError **error)
{
    struct editor *e = r->e;
    g_autofree char *key = reference_key(r);
    if (e->reference.key && g_str_equal(e->reference.key, key)) {
        return true;
    }
    struct rng rng = {.seed = r->request->seed};
    struct sampler *s = run_sampler(r, &rng, error);
    if (!s) {
        return false;
    }
    reference_clear(e);
    e->reference.path = g_new(float, (r->denoised + 1) * r->n);
    e->reference.drawn = r->inverter->corrected ? g_new(float, r->denoised * r->n) : NULL;
    const bool ok = draw_path(r, s, &rng, error) && draw_picture(r, error);
    sampler_free(s);
    if (ok) {
        e->reference.key = g_steal_pointer(&key);
    }
    return ok;
}
