// The decoder that every model comes with: its autoencoder's.

#include "compute/model/decoder.h"

#include "compute/i18n.h"

static float autoencoder_scale(const struct model *m)
{
    return m->vae.scaling_factor;
}

static struct node *autoencoder_build(struct nn *nn, const struct model *m, struct node *latents)
{
    return vae_decoder_build(nn, &m->vae, latents);
}

extern const struct decoder autoencoder_decoder;
const struct decoder autoencoder_decoder = {
    .name = "autoencoder",
    .title = N_("Autoencoder"),
    .summary = N_("The model's own: slowest, and as it was trained"),
    .part = MODEL_VAE,
    .channels = 3,
    .scale = autoencoder_scale,
    .build = autoencoder_build,
};
