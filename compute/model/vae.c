// The autoencoder: pictures to moments of latents and back. Follows diffusers' AutoencoderKL.

#include "compute/model/block.h"
#include "compute/model/model.h"

#include <math.h>

#define VAE_NORM_EPS 1e-6f

// Single-headed attention over all positions, with its own norm and residual.
static struct node *vae_attention(struct nn *nn, const struct vae_config *c, struct node *x,
                                  const char *path)
{
    int n = x->shape[0], height = x->shape[1], width = x->shape[2], channels = x->shape[3];
    struct node *h = nn_group_norm(nn, x, c->groups, VAE_NORM_EPS, false, "%s.group_norm", path);
    h = op_reshape(nn->g, h, n, 1, height * width, channels);
    struct node *q = nn_linear(nn, h, channels, true, "%s.to_q", path);
    struct node *k = nn_linear(nn, h, channels, true, "%s.to_k", path);
    struct node *v = nn_linear(nn, h, channels, true, "%s.to_v", path);
    h = op_attention(nn->g, q, k, v, 1, 1 / sqrtf((float)channels), false);
    h = nn_linear(nn, h, channels, true, "%s.to_out.0", path);
    return op_add(nn->g, op_reshape(nn->g, h, n, height, width, channels), x);
}

// n residual blocks of one level.
static struct node *vae_resnets(struct nn *nn, const struct vae_config *c, struct node *x, int out,
                                int n, const char *path)
{
    for (int i = 0; i < n; i++) {
        char *resnet = g_strdup_printf("%s.resnets.%d", path, i);
        x = block_resnet(nn, x, NULL, out, c->groups, VAE_NORM_EPS, resnet);
        g_free(resnet);
    }
    return x;
}

static struct node *vae_mid(struct nn *nn, const struct vae_config *c, struct node *x,
                            const char *coder)
{
    char *first = g_strconcat(coder, ".mid_block.resnets.0", NULL);
    char *attention = g_strconcat(coder, ".mid_block.attentions.0", NULL);
    char *second = g_strconcat(coder, ".mid_block.resnets.1", NULL);
    x = block_resnet(nn, x, NULL, x->shape[3], c->groups, VAE_NORM_EPS, first);
    if (c->mid_attention) {
        x = vae_attention(nn, c, x, attention);
    }
    x = block_resnet(nn, x, NULL, x->shape[3], c->groups, VAE_NORM_EPS, second);
    g_free(first);
    g_free(attention);
    g_free(second);
    return x;
}

struct node *vae_encoder_build(struct nn *nn, const struct vae_config *c, struct node *picture)
{
    struct node *x = nn_conv(nn, picture, c->channels[0], 3, CONV_SAME, "encoder.conv_in");
    for (int i = 0; i < c->levels; i++) {
        char *path = g_strdup_printf("encoder.down_blocks.%d", i);
        x = vae_resnets(nn, c, x, c->channels[i], c->layers, path);
        if (i < c->levels - 1) {
            x = block_downsample(nn, x, 0, path);
        }
        g_free(path);
    }
    x = vae_mid(nn, c, x, "encoder");
    x = nn_group_norm(nn, x, c->groups, VAE_NORM_EPS, true, "encoder.conv_norm_out");
    x = nn_conv(nn, x, 2 * c->latent_channels, 3, CONV_SAME, "encoder.conv_out");
    if (c->quant_conv) {
        x = nn_conv(nn, x, 2 * c->latent_channels, 1, CONV_1X1, "quant_conv");
    }
    return x;
}

struct node *vae_decoder_build(struct nn *nn, const struct vae_config *c, struct node *latents)
{
    struct node *x = latents;
    if (c->post_quant_conv) {
        x = nn_conv(nn, x, c->latent_channels, 1, CONV_1X1, "post_quant_conv");
    }
    x = nn_conv(nn, x, c->channels[c->levels - 1], 3, CONV_SAME, "decoder.conv_in");
    x = vae_mid(nn, c, x, "decoder");
    for (int i = 0; i < c->levels; i++) {
        int level = c->levels - 1 - i;
        char *path = g_strdup_printf("decoder.up_blocks.%d", i);
        x = vae_resnets(nn, c, x, c->channels[level], c->layers + 1, path);
        if (level > 0) {
            x = block_upsample(nn, x, 2 * x->shape[1], 2 * x->shape[2], path);
        }
        g_free(path);
    }
    x = nn_group_norm(nn, x, c->groups, VAE_NORM_EPS, true, "decoder.conv_norm_out");
    return nn_conv(nn, x, c->out_channels, 3, CONV_SAME, "decoder.conv_out");
}
