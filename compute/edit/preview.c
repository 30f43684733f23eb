// Previews of latents: by the model's small decoder where it has one, a tenth of the work of a
// step; else their colours by a matrix, which takes no time, where decoding takes seconds.
#include "compute/edit/private.h"

// "colours": a small decoder is not asked. Anything else, or nothing: it is.
#define CHOICE "TINCTURE_PREVIEWS"

static const struct decoder *small_decoder(const struct editor *e)
{
    return g_strcmp0(g_getenv(CHOICE), "colours") == 0 ? NULL : model_tiny_decoder(e->model);
}

const struct decoder *preview_decoder(const struct editor *e)
{
    return e->preview_asked ? small_decoder(e) : NULL;
}

static bool decode(struct run *r, const float *latents)
{
    g_autoptr(GError) local = NULL;
    const struct edit_request *q = r->request;
    if (!networks_decode(r->e->networks, r->small, q->width, q->height, latents, r->preview,
                         task_cancellable(r->task), &local)) {
        g_info("no preview by the small decoder: %s", local->message);
        return false;
    }
    for (int64_t i = 0; i < (int64_t)q->width * q->height * 3; i++) {
        r->preview[i] = CLAMP(r->preview[i] * 0.5f + 0.5f, 0.0f, 1.0f);
    }
    return true;
}

bool preview_make(struct run *r, const float *latents, struct latent_preview *preview)
{
    if (r->small && decode(r, latents)) {
        *preview = (struct latent_preview){r->preview, r->request->width, r->request->height};
        return true;
    }
    if (!r->e->model->has_latent_rgb) {
        return false;
    }
    latent_preview(r->e->model, latents, r->h, r->w, r->preview);
    *preview = (struct latent_preview){r->preview, r->w, r->h};
    return true;
}

bool editor_need_previews(struct editor *e, struct task *task, GError **error)
{
    g_autoptr(GError) local = NULL;
    if (e->preview_asked || small_decoder(e) || model_need_latent_rgb(e->model, task, &local)) {
        e->preview_asked = true;
        return true;
    }
    if (g_error_matches(local, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return false;
    }
    e->preview_asked = true;
    g_info("no previews: %s", local->message);
    return true;
}

void latent_preview(const struct model *m, const float *latents_hwc, int h, int w, float *rgb)
{
    const int channels = m->vae.latent_channels;
    const float *bias = m->latent_rgb[channels];
    for (int64_t p = 0; p < (int64_t)h * w; p++) {
        const float *z = latents_hwc + p * channels;
        for (int k = 0; k < 3; k++) {
            float v = bias[k];
            for (int ch = 0; ch < channels; ch++) {
                v += m->latent_rgb[ch][k] * z[ch];
            }
            rgb[p * 3 + k] = CLAMP(v * 0.5f + 0.5f, 0.0f, 1.0f);
        }
    }
}
