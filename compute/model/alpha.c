// The decoder that also gives alpha, for stickers: an autoencoder's with a fourth channel (Sinha et
// al. 2023, Text-to-Sticker), which a model's folder may hold as alpha_decoder/.

#include "compute/model/decoder.h"

#include "compute/i18n.h"

static float alpha_scale(const struct model *m)
{
    return m->alpha.scaling_factor;
}

static struct node *alpha_build(struct nn *nn, const struct model *m, struct node *latents)
{
    return vae_decoder_build(nn, &m->alpha, latents);
}

extern const struct decoder alpha_decoder;
const struct decoder alpha_decoder = {
    .name = "alpha",
    .title = N_("With alpha"),
    .summary = N_("What the picture is about without what lies behind it"),
    .part = MODEL_ALPHA,
    .channels = 4,
    .scale = alpha_scale,
    .build = alpha_build,
};
