// The table of the kinds of parts.

#include "compute/model/part.h"
#include "compute/model/decoder.h"

static void list_text_encoder(struct nn *nn, const struct model *m)
{
    struct tensor ids = {.shape = {1, 1, 1, 2}, .dtype = DTYPE_I32};
    text_encoder_build(nn, &m->text, graph_leaf(nn->g, &ids));
}

static void list_unet(struct nn *nn, const struct model *m)
{
    const struct unet_config *c = &m->unet;
    const int side = 1 << (MODEL_LEVELS - 1);
    struct unet_inputs in = {
        .latents = graph_leaf_dry(nn->g, (int[]){1, side, side, c->in_channels}, "latents"),
        .time = graph_leaf_dry(nn->g, (int[]){1, 1, 1, c->channels[0]}, "time"),
        .text = graph_leaf_dry(nn->g, (int[]){1, 1, 2, c->cross_dim}, "text"),
    };
    if (c->guidance_dim) {
        in.guidance = graph_leaf_dry(nn->g, (int[]){1, 1, 1, c->guidance_dim}, "guidance");
    }
    unet_build(nn, c, &in);
}

static void list_vae(struct nn *nn, const struct model *m)
{
    const int factor = model_latent_factor(m);
    const int picture[] = {1, factor, factor, m->vae.in_channels};
    const int latents[] = {1, 1, 1, m->vae.latent_channels};
    vae_encoder_build(nn, &m->vae, graph_leaf_dry(nn->g, picture, "picture"));
    vae_decoder_build(nn, &m->vae, graph_leaf_dry(nn->g, latents, "latents"));
}

static bool has_alpha(const struct model *m)
{
    return m->alpha.levels > 0;
}

static void list_alpha_decoder(struct nn *nn, const struct model *m)
{
    const int latents[] = {1, 1, 1, m->alpha.latent_channels};
    vae_decoder_build(nn, &m->alpha, graph_leaf_dry(nn->g, latents, "latents"));
}

static bool has_tiny(const struct model *m)
{
    return m->tiny.levels > 0;
}

static void list_tiny_decoder(struct nn *nn, const struct model *m)
{
    const int latents[] = {1, 1, 1, m->tiny.latent_channels};
    for (int i = 0; decoder_table[i]; i++) {
        if (g_str_equal(decoder_table[i]->part, MODEL_TINY)) {
            decoder_table[i]->build(nn, m, graph_leaf_dry(nn->g, latents, "latents"));
        }
    }
}

const struct part_kind part_kinds[] = {
    {MODEL_TEXT, list_text_encoder},
    {MODEL_UNET, list_unet},
    {MODEL_VAE, list_vae},
    {MODEL_ALPHA, list_alpha_decoder, has_alpha},
    {MODEL_TINY, list_tiny_decoder, has_tiny},
    {NULL},
};
