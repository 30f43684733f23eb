#include "compute/edit/edit.h"

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
