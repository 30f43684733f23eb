// The networks' names for tensors turned into those of the original layout (methods 7.10). The
// blocks of its U-Net are counted through all levels: each takes a number for every residual block
// and one for the convolution that ends it.

#include "compute/model/single_file.h"

#include <stdio.h>
#include <string.h>

// A piece of a name.
struct piece {
    const char *ours, *theirs;
};

static void append_renamed(GString *out, const char *name, const struct piece *pieces, size_t n)
{
    GString *renamed = g_string_new(name);
    for (size_t i = 0; i < n; i++) {
        g_string_replace(renamed, pieces[i].ours, pieces[i].theirs, 1);
    }
    g_string_append(out, renamed->str);
    g_string_free(renamed, TRUE);
}

// ---- U-Net --------------------------------------------------------------------------------------

// The number of block j of a level, where levels are counted along the way. Down, a level is its
// residual blocks and the convolution behind them, and up one residual block more: one more than
// its layers in both cases.
static int block_number(const struct unet_config *c, int level, int j, bool up)
{
    int number = j;
    for (int i = 0; i < level; i++) {
        number += c->layers[up ? c->levels - 1 - i : i] + 1;
    }
    return number;
}

static void append_resnet(GString *out, const char *rest)
{
    static const struct piece pieces[] = {
        {"norm1.", "in_layers.0."},          {"conv1.", "in_layers.2."},
        {"norm2.", "out_layers.0."},         {"conv2.", "out_layers.3."},
        {"time_emb_proj.", "emb_layers.1."}, {"conv_shortcut.", "skip_connection."},
    };
    append_renamed(out, rest, pieces, G_N_ELEMENTS(pieces));
}

static bool append_down(GString *out, const struct unet_config *c, const char *name)
{
    int level, j, at = 0;
    if (sscanf(name, "down_blocks.%d.resnets.%d.%n", &level, &j, &at) == 2 && at) {
        g_string_append_printf(out, "input_blocks.%d.0.", 1 + block_number(c, level, j, false));
        append_resnet(out, name + at);
    } else if (sscanf(name, "down_blocks.%d.attentions.%d.%n", &level, &j, &at) == 2 && at) {
        g_string_append_printf(out, "input_blocks.%d.1.%s", 1 + block_number(c, level, j, false),
                               name + at);
    } else if (sscanf(name, "down_blocks.%d.downsamplers.0.conv.%n", &level, &at) == 1 && at) {
        g_string_append_printf(out, "input_blocks.%d.0.op.%s",
                               1 + block_number(c, level, c->layers[level], false), name + at);
    }
    return at > 0;
}

static bool append_up(GString *out, const struct unet_config *c, const char *name)
{
    int level, j, at = 0;
    if (sscanf(name, "up_blocks.%d.resnets.%d.%n", &level, &j, &at) == 2 && at) {
        g_string_append_printf(out, "output_blocks.%d.0.", block_number(c, level, j, true));
        append_resnet(out, name + at);
    } else if (sscanf(name, "up_blocks.%d.attentions.%d.%n", &level, &j, &at) == 2 && at) {
        g_string_append_printf(out, "output_blocks.%d.1.%s", block_number(c, level, j, true),
                               name + at);
    } else if (sscanf(name, "up_blocks.%d.upsamplers.0.conv.%n", &level, &at) == 1 && at) {
        // In the last block of the level, behind its attention where it has one.
        int last = c->layers[c->levels - 1 - level];
        g_string_append_printf(out, "output_blocks.%d.%d.conv.%s",
                               block_number(c, level, last, true), c->up_attention[level] ? 2 : 1,
                               name + at);
    }
    return at > 0;
}

static void append_unet(GString *out, const struct model *m, const char *name)
{
    const struct unet_config *c = &m->unet;
    static const struct piece pieces[] = {
        {"time_embedding.linear_1.", "time_embed.0."},
        {"time_embedding.linear_2.", "time_embed.2."},
        {"conv_in.", "input_blocks.0.0."},
        {"conv_norm_out.", "out.0."},
        {"conv_out.", "out.2."},
        {"mid_block.attentions.0.", "middle_block.1."},
    };
    int j, at = 0;
    if (append_down(out, c, name) || append_up(out, c, name)) {
        return;
    }
    if (sscanf(name, "mid_block.resnets.%d.%n", &j, &at) == 1 && at) {
        g_string_append_printf(out, "middle_block.%d.", 2 * j);
        append_resnet(out, name + at);
    } else {
        append_renamed(out, name, pieces, G_N_ELEMENTS(pieces));
    }
}

char *single_file_unet_name(const struct model *m, const char *name)
{
    GString *out = g_string_new("");
    append_unet(out, m, name);
    return g_string_free(out, FALSE);
}

// ---- autoencoder --------------------------------------------------------------------------------

static void append_vae(GString *out, const struct model *m, const char *name)
{
    static const struct piece pieces[] = {
        {".mid_block.resnets.0.", ".mid.block_1."},
        {".mid_block.resnets.1.", ".mid.block_2."},
        {".mid_block.attentions.0.", ".mid.attn_1."},
        {".attn_1.group_norm.", ".attn_1.norm."},
        {".attn_1.to_q.", ".attn_1.q."},
        {".attn_1.to_k.", ".attn_1.k."},
        {".attn_1.to_v.", ".attn_1.v."},
        {".attn_1.to_out.0.", ".attn_1.proj_out."},
        {".down_blocks.", ".down."},
        {".resnets.", ".block."},
        {".downsamplers.0.", ".downsample."},
        {".upsamplers.0.", ".upsample."},
        {".conv_shortcut.", ".nin_shortcut."},
        {".conv_norm_out.", ".norm_out."},
    };
    int level, at = 0;
    // The way up is counted from the finest level.
    if (sscanf(name, "decoder.up_blocks.%d%n", &level, &at) == 1 && at) {
        g_string_append_printf(out, "decoder.up.%d", m->vae.levels - 1 - level);
    }
    append_renamed(out, name + at, pieces, G_N_ELEMENTS(pieces));
}

// ---- text encoder -------------------------------------------------------------------------------

static bool is_open_clip(const struct model *m)
{
    return m->layout == LAYOUT_SD2_FILE;
}

// OpenCLIP's names; CLIP's own are the networks'.
static void append_text(GString *out, const struct model *m, const char *name)
{
    static const struct piece pieces[] = {
        {"text_model.embeddings.token_embedding.", "token_embedding."},
        {"text_model.embeddings.position_embedding.weight", "positional_embedding"},
        {"text_model.final_layer_norm.", "ln_final."},
        {"text_model.encoder.layers.", "transformer.resblocks."},
        {".self_attn.q_proj.", ".attn.in_proj_"},
        {".self_attn.k_proj.", ".attn.in_proj_"},
        {".self_attn.v_proj.", ".attn.in_proj_"},
        {".self_attn.", ".attn."},
        {".layer_norm1.", ".ln_1."},
        {".layer_norm2.", ".ln_2."},
        {".mlp.fc1.", ".mlp.c_fc."},
        {".mlp.fc2.", ".mlp.c_proj."},
    };
    append_renamed(out, name, pieces, is_open_clip(m) ? G_N_ELEMENTS(pieces) : 0);
}

// Rows of query, key or value out of the three stored as one; what does not divide stays whole, and
// is then of another shape than the layer.
static void take_third(struct st_tensor *t, int which)
{
    if (t->rank == 0 || t->shape[0] % 3) {
        return;
    }
    t->shape[0] /= 3;
    t->count /= 3;
    t->size_bytes /= 3;
    t->data += which * t->size_bytes;
}

// Programs that write this layout from today's leave some of today's names in it.
static const struct piece half_renamed[] = {
    {".attn_1.to_q.", ".attn_1.q."},
    {".attn_1.to_k.", ".attn_1.k."},
    {".attn_1.to_v.", ".attn_1.v."},
    {".attn_1.to_out.0.", ".attn_1.proj_out."},
};

// ---- looking up ---------------------------------------------------------------------------------

// Where a part's tensors are in such a file.
static const struct part_names {
    const char *part;
    const char *prefix[2]; // of SD 1.x and 2.x
    void (*append)(GString *out, const struct model *m, const char *name);
} part_names[] = {
    {MODEL_TEXT, {"cond_stage_model.transformer.", "cond_stage_model.model."}, append_text},
    {MODEL_UNET, {"model.diffusion_model.", "model.diffusion_model."}, append_unet},
    {MODEL_VAE, {"first_stage_model.", "first_stage_model."}, append_vae},
};

static const struct part_names *names_of(const char *part)
{
    size_t i = 0;
    while (!g_str_equal(part_names[i].part, part)) {
        i++;
        g_assert(i < G_N_ELEMENTS(part_names));
    }
    return &part_names[i];
}

static bool is_other_vae(const struct model *m, const char *part)
{
    return m->vae_from.path && g_str_equal(part, MODEL_VAE);
}

bool single_file_holds(const struct model *m, const char *part)
{
    return is_other_vae(m, part) ? !m->vae_from.folder : m->layout != LAYOUT_FOLDER;
}

static const char *part_prefix(const struct model *m, const char *part)
{
    return is_other_vae(m, part) ? m->vae_from.prefix
                                 : names_of(part)->prefix[m->layout == LAYOUT_SD2_FILE];
}

bool single_file_find(const struct model *m, const char *part, const struct st_file *file,
                      const char *name, struct st_tensor *t)
{
    static const char *const thirds[] = {".q_proj.", ".k_proj.", ".v_proj."};
    const bool in_thirds = is_open_clip(m) && g_str_equal(part, MODEL_TEXT);
    GString *own = g_string_new(part_prefix(m, part));
    if (is_other_vae(m, part) && !m->vae_from.original) {
        g_string_append(own, name);
    } else {
        names_of(part)->append(own, m, name);
    }
    const struct st_tensor *found = st_find(file, own->str);
    for (size_t i = 0; !found && i < G_N_ELEMENTS(half_renamed); i++) {
        g_string_replace(own, half_renamed[i].theirs, half_renamed[i].ours, 1);
        found = st_find(file, own->str);
    }
    if (found) {
        *t = *found;
    }
    for (int i = 0; found && in_thirds && i < 3; i++) {
        if (strstr(name, thirds[i])) {
            take_third(t, i);
        }
    }
    g_string_free(own, TRUE);
    return found != NULL;
}

const char *single_file_member(const struct model *m, const char *part, const char *name)
{
    static const char *const unread[] = {"loss.", "attn_mask"}; // of training; a constant
    const char *prefix = part_prefix(m, part), *rest = name + strlen(prefix);
    if (!g_str_has_prefix(name, prefix)) {
        return NULL;
    }
    bool read = true;
    for (size_t i = 0; i < G_N_ELEMENTS(unread); i++) {
        read = read && !g_str_has_prefix(rest, unread[i]);
    }
    if (is_open_clip(m) && g_str_equal(part, MODEL_TEXT)) {
        // SD 2.x takes what comes before OpenCLIP's last layer (methods 7.8).
        char *last = g_strdup_printf("transformer.resblocks.%d.", m->text.layers);
        read = read && !g_str_has_prefix(rest, last);
        g_free(last);
    }
    return read ? rest : NULL;
}
