#include "compute/model/kind.h"

#include "compute/i18n.h"
#include "compute/json_file.h"
#include "compute/model/embedding.h"
#include "compute/model/load.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define UNET "model.diffusion_model."

#define NONE_OF_OURS                                                                               \
    N_("this program's models are those of Stable Diffusion 1.x and 2.x, and nothing here takes "  \
       "it")

enum {
    MODEL,
    CONTROL,
    HINT_ENCODER,
    VAE,
    NETWORK,
    CLIP,
    T5,
    IMAGE_ENCODER,
    UPSCALER,
    IP_ADAPTER,
    T2I_ADAPTER,
    MOTION,
    ADAPTER,
    TOKEN,
    XL,
    SECOND,
    SD3,
    FLUX,
    TRANSFORMER,
};

static const struct weights_kind kinds[] = {
    [MODEL] = {N_("a whole model"), N_("Choose Model in the menu, or --model, takes it"),
               WHOLE_MODEL},
    [CONTROL] = {N_("a ControlNet"),
                 N_("--control takes it, and dropped on the window it is kept as a control"),
                 CONTROL_WEIGHTS},
    [HINT_ENCODER] = {N_("a control of this program's"),
                      N_("--control takes it, and dropped on the window it is kept as a control")},
    [VAE] = {N_("an autoencoder (VAE) alone"), N_("Choose VAE in the menu, or --vae, takes it")},
    [NETWORK] = {N_("one network of a model folder"),
                 N_("Choose Model in the menu takes the folder")},
    [CLIP] = {N_("a text encoder alone"), N_("it is of use as a part of a model's folder")},
    [T5] = {N_("a text encoder (T5) alone"), NONE_OF_OURS},
    [IMAGE_ENCODER] = {N_("an image encoder alone"), N_("nothing here takes it")},
    [UPSCALER] = {N_("an upscaler"),
                  N_("this program enlarges no pictures, and nothing here takes it")},
    [IP_ADAPTER] = {N_("an IP-Adapter"), N_("nothing here takes it")},
    [T2I_ADAPTER] = {N_("a T2I-Adapter"), N_("nothing here takes it; a ControlNet does the same")},
    [MOTION] = {N_("a motion module for videos"), N_("nothing here takes it")},
    [ADAPTER] = {N_("an adapter and not a model"),
                 N_("--adapter takes it, and an open photo on which it is dropped"), SOME_ADAPTER},
    [TOKEN] = {N_("a learned token (textual inversion)"),
               N_("--embedding takes it, and dropped on the window it is kept")},
    [XL] = {N_("a Stable Diffusion XL model"), NONE_OF_OURS},
    [SECOND] = {N_("an upscaler or a model with a second condition (XL, unCLIP)"), NONE_OF_OURS},
    [SD3] = {N_("a Stable Diffusion 3 model"), NONE_OF_OURS},
    [FLUX] = {N_("a Flux model"), NONE_OF_OURS},
    [TRANSFORMER] = {N_("a diffusion transformer"), NONE_OF_OURS},
};

// ---- files --------------------------------------------------------------------------------------

// By the beginning of a tensor's name; the first row of which there is one counts.
static const struct {
    const char *prefix;
    int kind;
} names[] = {
    {"conditioner.embedders.", XL},
    {UNET "label_emb.", SECOND},
    {UNET "joint_blocks.", SD3},
    {UNET "double_blocks.", FLUX},
    {"control_model.", CONTROL},
    {"controlnet_cond_embedding.", CONTROL},
    {"input_hint_block.", CONTROL},
    {"hint_encoder.", HINT_ENCODER},
    {UNET "input_blocks.", MODEL},
    {"lora_", ADAPTER},
    {"oft_unet_", ADAPTER},
    {"unet.", ADAPTER},
    {"base_model.model.", ADAPTER},
    {"image_proj.", IP_ADAPTER},
    {"adapter.body.", T2I_ADAPTER},
    {"down_blocks.0.motion_modules.", MOTION},
    {"double_blocks.", FLUX},
    {"single_transformer_blocks.", FLUX},
    {"joint_blocks.", SD3},
    {"transformer_blocks.", TRANSFORMER},
    {"patch_embedding.", TRANSFORMER},
    {"conv_first.", UPSCALER},       // ESRGAN, SwinIR, HAT
    {"model.1.sub.0.RDB", UPSCALER}, // ESRGAN as its makers wrote it
    {"body.0.rdb", UPSCALER},
    {"body.0.weight", UPSCALER}, // Real-ESRGAN's small one
    {"down_blocks.", NETWORK},
    {"first_stage_model.", VAE},
    {"encoder.conv_in.", VAE},
    {"decoder.conv_in.", VAE},
    {"vae.encoder.", VAE},
    {"text_model.", CLIP},
    {"encoder.block.0.layer.", T5},
    {"vision_model.", IMAGE_ENCODER},
};

static bool has(const struct st_file *f, const char *prefix)
{
    for (guint i = 0; i < f->tensors->len + f->aside->len; i++) {
        const struct st_tensor *t =
            i < f->tensors->len ? f->tensors->pdata[i] : f->aside->pdata[i - f->tensors->len];
        if (g_str_has_prefix(t->name, prefix)) {
            return true;
        }
    }
    return false;
}

// Whatever they are for.
static bool has_factors(const struct st_file *f)
{
    static const char *const pieces[] = {"lora", "hada_w1", "lokr_w"};
    for (guint i = 0; i < f->tensors->len; i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(pieces); k++) {
            if (strstr(((const struct st_tensor *)f->tensors->pdata[i])->name, pieces[k])) {
                return true;
            }
        }
    }
    return false;
}

const struct weights_kind *weights_kind_of(const struct st_file *f)
{
    if (has_factors(f)) {
        return &kinds[ADAPTER];
    }
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (has(f, names[i].prefix)) {
            return &kinds[names[i].kind];
        }
    }
    return model_embeds(f) ? &kinds[TOKEN] : NULL;
}

// ---- folders ------------------------------------------------------------------------------------

static const struct {
    const char *class; // of diffusers or transformers, the beginning
    int kind;
} classes[] = {
    {"ControlNetModel", CONTROL},
    {"AutoencoderKL", VAE},
    {"UNet2DConditionModel", NETWORK},
    {"CLIPTextModel", CLIP},
    {"T5EncoderModel", T5},
    {"CLIPVisionModel", IMAGE_ENCODER},
    {"T2IAdapter", T2I_ADAPTER},
    {"MotionAdapter", MOTION},
    {"Flux", FLUX},
    {"SD3", SD3},
};

// "_class_name" of diffusers; the first of "architectures" of transformers.
static const char *class_of(JsonObject *config)
{
    JsonNode *node = json_object_get_member(config, "_class_name");
    JsonNode *list = json_object_get_member(config, "architectures");
    if (!node && list && JSON_NODE_HOLDS_ARRAY(list) &&
        json_array_get_length(json_node_get_array(list)) > 0) {
        node = json_array_get_element(json_node_get_array(list), 0);
    }
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

const struct weights_kind *weights_kind_of_folder(const char *path)
{
    if (file_exists_in(path, "model_index.json")) {
        return &kinds[MODEL];
    }
    g_autofree char *file = g_build_filename(path, "config.json", NULL);
    JsonNode *config = json_file_read(file, JSON_NODE_OBJECT, file, NULL);
    const char *class = config ? class_of(json_node_get_object(config)) : NULL;
    const struct weights_kind *found = NULL;
    for (size_t i = 0; class && !found && i < G_N_ELEMENTS(classes); i++) {
        found = g_str_has_prefix(class, classes[i].class) ? &kinds[classes[i].kind] : NULL;
    }
    g_clear_pointer(&config, json_node_unref);
    return found;
}

// ---- what is not read ---------------------------------------------------------------------------

// The names of tensors stand in a pickle as they are, at the beginning of it.
static const struct weights_kind *kind_of_pickle(const char *path)
{
    enum { FIRST = 1 << 18 };
    static const char *const pieces[] = {"conv_first.weight", "RDB1.conv1", "body.0.rdb1.",
                                         "residual_group.blocks."};
    FILE *file = g_fopen(path, "rb");
    g_autofree char *text = g_malloc0(FIRST + 1);
    const gsize size = file ? fread(text, 1, FIRST, file) : 0;
    bool upscales = false;
    for (gsize i = 0; i < size; i++) {
        text[i] = text[i] ? text[i] : ' ';
    }
    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        upscales = upscales || strstr(text, pieces[i]);
    }
    g_clear_pointer(&file, fclose);
    return upscales ? &kinds[UPSCALER] : NULL;
}

void weights_explain_pickle(const char *path, GError **error)
{
    const bool refused =
        error && g_error_matches(*error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
    const struct weights_kind *kind = refused ? kind_of_pickle(path) : NULL;
    if (kind) {
        g_clear_error(error);
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED, _("%s is %s; %s"), path,
                    translated(kind->what), translated(kind->use));
    }
}
