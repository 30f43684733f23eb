// Previews of latents: their colours by a matrix, which takes no time, where decoding takes
// seconds.
#include "compute/edit/private.h"

bool editor_need_previews(struct editor *e, struct task *task, GError **error)
{
    g_autoptr(GError) local = NULL;
    if (e->preview_asked || model_need_latent_rgb(e->model, task, &local)) {
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
