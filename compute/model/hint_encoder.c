// The stack of convolutions from a hint to the latents' grid, and the network that is nothing else.
#include "compute/i18n.h"
#include "compute/model/block.h"
#include "compute/model/hint_net.h"

static struct node *conv(struct nn *nn, struct node *x, int out, int stride, const char *prefix,
                         const char *name)
{
    const struct conv_params params = {
        .stride = stride, .top = 1, .left = 1, .bottom = 1, .right = 1};
    return nn_conv(nn, x, out, 3, params, "%s%s", prefix, name);
}

struct node *hint_stack_build(struct nn *nn, const struct hint_stack *s, struct node *picture,
                              const char *prefix)
{
    struct node *x =
        op_unary(nn->g, UNARY_SILU, conv(nn, picture, s->widths[0], 1, prefix, "conv_in"));
    for (int i = 0; i < 2 * (s->count - 1); i++) {
        const int width = s->widths[(i + 1) / 2], stride = 1 + i % 2;
        g_autofree char *name = g_strdup_printf("blocks.%d", i);
        x = op_unary(nn->g, UNARY_SILU, conv(nn, x, width, stride, prefix, name));
    }
    return conv(nn, x, s->channels, 1, prefix, "conv_out");
}

struct hint_stack hint_encoder_stack(const struct model *m)
{
    static const int widths[] = {16, 32, 96, 256};
    struct hint_stack s = {.count = MIN(m->vae.levels, HINT_WIDTHS),
                           .channels = m->unet.channels[0]};
    for (int i = 0; i < s.count; i++) {
        s.widths[i] = widths[MIN(i, (int)G_N_ELEMENTS(widths) - 1)];
    }
    return s;
}

struct nn_part *hint_encoder_part(const struct model *m)
{
    const struct hint_stack s = hint_encoder_stack(m);
    const int side = model_latent_factor(m);
    struct nn nn = {.g = graph_new(), .part = nn_part_new("hint_encoder"), .dry = true};
    hint_stack_build(&nn, &s, graph_leaf_dry(nn.g, (int[]){1, side, side, 3}, "hint"), "");
    graph_free(nn.g);
    return nn.part;
}

static void apply(struct nn *nn, const struct unet_config *c, struct node *features,
                  struct node *strength, struct unet_inputs *in, struct node **residuals)
{
    in->hint = op_mul(nn->g, features, strength);
}

const struct hint_kind hint_encoder_kind = {
    .title = N_("hint encoder"),
    .prefix = "",
    .apply = apply,
};
