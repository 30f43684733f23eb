// ControlNets: a copy of the U-Net's way down that sees the hint (Zhang et al., section 3), and
// what the two layouts of its files call its tensors.
#include "compute/model/controlnet.h"

#include "compute/i18n.h"
#include "compute/model/single_file.h"

#include <stdio.h>
#include <string.h>

#define STACK "controlnet_cond_embedding."

static void apply(struct nn *nn, const struct unet_config *c, struct node *features,
                  struct node *strength, struct unet_inputs *in, struct node **residuals)
{
    const struct unet_inputs own = {
        .latents = in->latents, .time = in->time, .text = in->text, .hint = features};
    unet_encoder_build(nn, c, &own, residuals);
    for (int i = 0; i < unet_residuals(c); i++) {
        residuals[i] = op_mul(nn->g, residuals[i], strength);
    }
    in->residuals = residuals;
}

const struct hint_kind controlnet_kind = {
    .title = N_("ControlNet"),
    .prefix = STACK,
    .apply = apply,
};

struct nn_part *controlnet_part(const struct model *m, const struct hint_stack *stack)
{
    const struct unet_config *c = &m->unet;
    const int side = 1 << (MODEL_LEVELS - 1), factor = model_latent_factor(m);
    struct nn nn = {.g = graph_new(), .part = nn_part_new("controlnet"), .dry = true};
    struct unet_inputs in = {
        .latents = graph_leaf_dry(nn.g, (int[]){1, side, side, c->in_channels}, "latents"),
        .time = graph_leaf_dry(nn.g, (int[]){1, 1, 1, c->channels[0]}, "time"),
        .text = graph_leaf_dry(nn.g, (int[]){1, 1, 2, c->cross_dim}, "text"),
    };
    struct node *hint = graph_leaf_dry(nn.g, (int[]){1, side * factor, side * factor, 3}, "hint");
    struct node *strength = graph_leaf_dry(nn.g, (int[]){1, 1, 1, 1}, "strength");
    g_autofree struct node **residuals = g_new0(struct node *, unet_residuals(c));
    apply(&nn, c, hint_stack_build(&nn, stack, hint, STACK), strength, &in, residuals);
    graph_free(nn.g);
    return nn.part;
}

// ---- names --------------------------------------------------------------------------------------

// "controlnet_cond_embedding.blocks.3.weight" is the fifth convolution of "input_hint_block", whose
// numbers count the SiLUs between them, too.
static char *original_name(const struct controlnet_names *n, const char *name)
{
    const char *ending = strrchr(name, '.') + 1;
    int i;
    if (g_str_has_prefix(name, STACK "conv_in.")) {
        return g_strdup_printf("input_hint_block.0.%s", ending);
    }
    if (g_str_has_prefix(name, STACK "conv_out.")) {
        return g_strdup_printf("input_hint_block.%d.%s", 4 * n->stack->count - 2, ending);
    }
    if (sscanf(name, STACK "blocks.%d.", &i) == 1) {
        return g_strdup_printf("input_hint_block.%d.%s", 2 + 2 * i, ending);
    }
    if (sscanf(name, "controlnet_down_blocks.%d.", &i) == 1) {
        return g_strdup_printf("zero_convs.%d.0.%s", i, ending);
    }
    if (g_str_has_prefix(name, "controlnet_mid_block.")) {
        return g_strdup_printf("middle_block_out.0.%s", ending);
    }
    return single_file_unet_name(n->model, name);
}

static bool find_original(const void *data, const struct nn_part *part, const struct st_file *file,
                          const char *name, struct st_tensor *t)
{
    const struct controlnet_names *n = data;
    g_autofree char *own = original_name(n, name);
    g_autofree char *full = g_strconcat(n->prefix, own, NULL);
    const struct st_tensor *found = st_find(file, full);
    if (found) {
        *t = *found;
    }
    return found != NULL;
}

static const char *member_original(const void *data, const struct nn_part *part, const char *name)
{
    const struct controlnet_names *n = data;
    return g_str_has_prefix(name, n->prefix) ? name + strlen(n->prefix) : NULL;
}

struct weight_names controlnet_original_names(const struct controlnet_names *names)
{
    return (struct weight_names){find_original, member_original, names};
}

// ---- the stack, as the tensors show it ----------------------------------------------------------

// Outputs of the convolution of that name; 0: there is none.
static int outputs(const struct st_file *file, const char *prefix, const char *name)
{
    g_autofree char *full = g_strconcat(prefix, name, ".weight", NULL);
    const struct st_tensor *t = st_find(file, full);
    return t && t->rank == 4 && t->shape[0] >= 1 && t->shape[0] <= 8192 ? (int)t->shape[0] : 0;
}

// name: of block i, newly allocated. The second of each two halves the size and ends a width.
static bool read_stack(const struct st_file *file, const char *prefix, const char *first,
                       char *(*name)(int i), struct hint_stack *s)
{
    s->widths[0] = outputs(file, prefix, first);
    s->count = s->widths[0] ? 1 : 0;
    while (s->count > 0 && s->count < HINT_WIDTHS) {
        g_autofree char *next = name(2 * s->count - 1);
        const int width = outputs(file, prefix, next);
        if (!width) {
            break;
        }
        s->widths[s->count++] = width;
    }
    return s->count > 0;
}

static char *block_name(int i)
{
    return g_strdup_printf("blocks.%d", i);
}

static char *original_block_name(int i)
{
    return g_strdup_printf("%d", 2 + 2 * i);
}

bool controlnet_stack(const struct st_file *file, struct hint_stack *s)
{
    return read_stack(file, STACK, "conv_in", block_name, s);
}

bool controlnet_original_stack(const struct st_file *file, const char *prefix, struct hint_stack *s)
{
    g_autofree char *hint = g_strconcat(prefix, "input_hint_block.", NULL);
    return read_stack(file, hint, "0", original_block_name, s);
}
