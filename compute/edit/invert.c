// From the photo to noise: its latent, and the levels above it.
#include "compute/edit/private.h"

#include "compute/i18n.h"

#include <math.h>
#include <string.h>

bool photo_prepare(struct run *r, GError **error)
{
    struct editor *e = r->e;
    const struct edit_request *q = r->request;
    const int64_t pixels = (int64_t)q->width * q->height * 3;
    g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)q->rgb,
                                                       (gsize)pixels * sizeof *q->rgb);
    g_autofree char *key = g_strdup_printf("%s %dx%d", sum, q->width, q->height);
    if (e->photo.key && g_str_equal(e->photo.key, key)) {
        return true;
    }
    run_report(r, TASK_READING_PHOTO, NULL);
    photo_clear(e);
    e->photo.latents = g_new(float, r->n);
    e->photo.reconstruction = g_new(float, pixels);
    if (!networks_encode(e->networks, q->width, q->height, q->rgb, e->photo.latents,
                         task_cancellable(r->task), error) ||
        !run_decode(r, e->photo.latents, e->photo.reconstruction, error)) {
        return false;
    }
    if (!latent_finite(e->photo.latents, r->n)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                    _("the model's autoencoder gave numbers that are not finite for this photo"));
        return false;
    }
    e->photo.key = g_steal_pointer(&key);
    return true;
}

// ---- the levels of DDIM -------------------------------------------------------------------------

const char *inversion_prompt(const struct run *r)
{
    const struct edit_request *q = r->request;
    return q->source_prompt && *q->source_prompt ? q->source_prompt : q->prompt;
}

char *ddim_levels_key(const struct run *r)
{
    return g_strdup_printf("ddim %s", inversion_prompt(r));
}

int ddim_levels_calls(const struct run *r)
{
    return r->total;
}

// Conditional branch only (methods 7.3).
bool ddim_levels(struct run *r, float *levels, GError **error)
{
    struct editor *e = r->e;
    const int steps = r->total;
    g_autofree int *times = g_new(int, steps);
    g_autofree float *prediction = g_new(float, r->n);
    inverter_timesteps(&e->schedule, steps, times);
    for (int i = 0; i < steps; i++) {
        float *x = levels + (i + 1) * r->n;
        const float *embeddings =
            embeddings_get(e, inversion_prompt(r), times[i], task_cancellable(r->task), error);
        memcpy(x, x - r->n, (size_t)r->n * sizeof(float));
        if (!embeddings ||
            !networks_predict(e->networks, 1, r->h, r->w, times[i], x, embeddings, prediction,
                              task_cancellable(r->task), error) ||
            !run_prediction_check(r, prediction, r->n, error)) {
            return false;
        }
        inverter_step(&e->schedule, steps, times[i], prediction, x, r->n);
        r->step++;
        run_report(r, TASK_INVERTING, NULL);
        if (task_cancelled(r->task, error)) {
            return false;
        }
    }
    return true;
}

// ---- the levels of the request's inverter -------------------------------------------------------

static bool find_avoided(struct run *r, GError **error)
{
    struct editor *e = r->e;
    if (!r->inverter->avoided) {
        return true;
    }
    e->inverted.avoided = g_new(float, r->total *embeddings_count(e));
    return r->inverter->avoided(r, e->inverted.levels, e->inverted.avoided, error);
}

bool inverted_prepare(struct run *r, GError **error)
{
    struct editor *e = r->e;
    g_autofree char *settings = settings_key(r->request->settings, EDIT_INVERTING);
    g_autofree char *own = r->inverter->key(r);
    g_autofree char *key =
        g_strdup_printf("%s|%s|%s|%s", e->photo.key, r->weights_key, settings, own);
    if (e->inverted.key && g_str_equal(e->inverted.key, key)) {
        return true;
    }
    inverted_clear(e);
    r->steps += r->inverter->calls(r);
    e->inverted.levels = g_new(float, (r->total + 1) * r->n);
    memcpy(e->inverted.levels, e->photo.latents, (size_t)r->n * sizeof(float));
    if (!r->inverter->levels(r, e->inverted.levels, error) || !find_avoided(r, error)) {
        return false;
    }
    e->inverted.key = g_steal_pointer(&key);
    return true;
}

bool editor_invert(struct editor *e, const struct edit_request *request, float *latents,
                   struct task *task, GError **error)
{
    struct run r;
    if (!run_init(&r, e, request, task, error)) {
        return false;
    }
    bool ok = photo_prepare(&r, error) && inverted_prepare(&r, error);
    if (ok) {
        hwc_to_chw(e->inverted.levels + r.total * r.n, r.h, r.w, r.channels, latents);
    }
    run_finish(&r);
    return ok;
}
