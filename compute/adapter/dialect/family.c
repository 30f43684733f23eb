// Which family of models a file was made for, by what its tensors are called. Layers of one family
// partly have the names and the sizes of another's: Stable Diffusion XL's self-attention of 640
// channels would go into 1.x without a word.
#include "compute/adapter/dialect/dialect.h"

#include "compute/i18n.h"

#include <string.h>

static const struct {
    const char *piece; // of a tensor's name; with ^ before it, it begins so
    const char *family;
} signs[] = {
    {"lora_te2_", "Stable Diffusion XL"},
    {"text_encoder_2.", "Stable Diffusion XL"},
    {"lora_unet_input_blocks_7_1_transformer_blocks_1_", "Stable Diffusion XL"},
    {"lora_unet_label_emb", "Stable Diffusion XL"},
    {"add_embedding.linear_", "Stable Diffusion XL"},
    {"add_embedding_linear_", "Stable Diffusion XL"},
    {"joint_blocks", "Stable Diffusion 3"},
    {"double_blocks", "Flux"},
    {"^lora_unet_single_blocks_", "Flux"},
    {"diffusion_model.single_blocks.", "Flux"},
    {"single_transformer_blocks", "Flux"},
    {"lora_te3_", N_("a model with three text encoders")},
    {"lora_prior_unet_", N_("Stable Cascade")},
    {"^lora_unet_blocks_", N_("a diffusion transformer, such as Wan")},
    {"diffusion_model.blocks.", N_("a diffusion transformer, such as Wan")},
    {"^lora_unet_layers_", N_("a diffusion transformer, such as Lumina")},
    {"diffusion_model.layers.", N_("a diffusion transformer, such as Lumina")},
    {"lora_transformer_", N_("a diffusion transformer")},
    {"transformer.transformer_blocks.", N_("a diffusion transformer")},
    {"^transformer_blocks.", N_("a diffusion transformer")},
    {"^lora_unet_transformer_blocks_", N_("a diffusion transformer")},
    {"diffusion_model.transformer_blocks.", N_("a diffusion transformer")},
    {"^base_model.model.transformer_blocks.", N_("a diffusion transformer")},
};

static bool has_piece(const char *name, const char *piece)
{
    return *piece == '^' ? g_str_has_prefix(name, piece + 1) : strstr(name, piece) != NULL;
}

// SD 1.x and 2.x have one block in each transformer; XL has up to ten.
static bool has_deep_transformer(const char *name)
{
    const char *at = strstr(name, "attentions");
    at = at ? strstr(at, "transformer_blocks") : NULL;
    if (!at) {
        return false;
    }
    at += strlen("transformer_blocks");
    return (*at == '.' || *at == '_') && at[1] >= '1' && at[1] <= '9';
}

static int depth(const struct model *m)
{
    int most = 0;
    for (int i = 0; i < m->unet.levels; i++) {
        most = MAX(most, m->unet.transformer_layers[i]);
    }
    return most;
}

const char *adapter_source_family(const struct adapter_source *s, const struct model *model)
{
    for (guint i = 0; i < s->files->len; i++) {
        const struct st_file *file = s->files->pdata[i];
        for (guint k = 0; k < file->tensors->len; k++) {
            const char *name = ((const struct st_tensor *)file->tensors->pdata[k])->name;
            for (size_t j = 0; j < G_N_ELEMENTS(signs); j++) {
                if (has_piece(name, signs[j].piece)) {
                    return translated(signs[j].family);
                }
            }
            if ((!model || depth(model) < 2) && has_deep_transformer(name)) {
                return "Stable Diffusion XL";
            }
        }
    }
    return NULL;
}

const char *adapter_source_claim(const struct adapter_source *s)
{
    static const char *const keys[] = {"modelspec.architecture", "ss_base_model_version"};
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        const char *value = adapter_source_meta(s, keys[i]);
        if (value && *value) {
            return value;
        }
    }
    return NULL;
}
