#include "compute/model/config.h"

#include "compute/file/safetensors.h"
#include "compute/i18n.h"
#include "compute/json_file.h"
#include "compute/model/config_values.h"
#include "compute/model/load.h"
#include "compute/model/single_file.h"
#include "compute/model/vae_source.h"

#include <math.h>
#include <string.h>

// The sample size: a number, a (height, width) pair of which the smaller counts, or absent.
static int read_sample_size(struct config_reader *r, int standard)
{
    JsonNode *node = config_member(r, "sample_size");
    if (node && JSON_NODE_HOLDS_ARRAY(node)) {
        int pair[2];
        config_levels(r, "sample_size", pair, 2, standard, 1, 8192);
        return MIN(pair[0], pair[1]);
    }
    return config_int(r, "sample_size", standard, 1, 8192);
}

// The one activation, by either of its names.
static void expect_silu(struct config_reader *r)
{
    const char *value = config_string(r, "act_fn", "silu");
    if (!r->fault && !g_str_equal(value, "silu") && !g_str_equal(value, "swish")) {
        config_refuse(r, TINCTURE_ERROR_UNSUPPORTED, _("act_fn = %.64s is not supported"), value);
    }
}

// Channel counts, with their number of levels as the result; groups must divide each.
static int read_channels(struct config_reader *r, int *channels, const int *standard,
                         int n_standard, int groups)
{
    const char *key = "block_out_channels";
    JsonNode *node = config_member(r, key);
    int levels = n_standard;
    if (node) {
        guint length =
            JSON_NODE_HOLDS_ARRAY(node) ? json_array_get_length(json_node_get_array(node)) : 0;
        if (length < 1 || length > MODEL_LEVELS) {
            config_refuse(r, TINCTURE_ERROR_UNSUPPORTED, _("%s must be a list of 1 to %d"), key,
                          MODEL_LEVELS);
            return 1;
        }
        levels = length;
        config_levels(r, key, channels, levels, 1, 1, 8192);
    } else {
        memcpy(channels, standard, n_standard * sizeof *channels);
    }
    for (int i = 0; i < levels; i++) {
        if (channels[i] % groups) {
            config_refuse(r, TINCTURE_ERROR_FILE,
                          _("norm_num_groups = %d does not divide %d channels"), groups,
                          channels[i]);
        }
    }
    return levels;
}

// The gradient of attention keeps two numbers in the place of a head's channels.
static void refuse_narrow_heads(struct config_reader *r, const char *key, int heads)
{
    config_refuse(r, TINCTURE_ERROR_UNSUPPORTED,
                  _("%s = %d leaves one channel a head, which is not supported"), key, heads);
}

// ---- text encoder -------------------------------------------------------------------------------

static void read_text(struct config_reader *r, void *config)
{
    struct text_config *c = config;
    const char *act = config_string(r, "hidden_act", "quick_gelu");
    config_expect_string(r, "model_type", "clip_text_model");
    c->vocab_size = config_int(r, "vocab_size", 49408, 1, 1000000);
    c->hidden_size = config_int(r, "hidden_size", 512, 1, 8192);
    c->intermediate_size = config_int(r, "intermediate_size", 2048, 1, 65536);
    c->layers = config_int(r, "num_hidden_layers", 12, 1, 128);
    c->heads = config_int(r, "num_attention_heads", 8, 1, 256);
    c->max_tokens = config_int(r, "max_position_embeddings", 77, 2, 4096);
    c->eps = (float)config_number(r, "layer_norm_eps", 1e-5, 1e-12, 1);
    if (g_str_equal(act, "quick_gelu")) {
        c->act = UNARY_QUICK_GELU;
    } else if (g_str_equal(act, "gelu")) {
        c->act = UNARY_GELU;
    } else {
        config_refuse(r, TINCTURE_ERROR_UNSUPPORTED, _("hidden_act = %.64s is not supported"), act);
    }
    if (c->hidden_size % c->heads) {
        config_refuse(r, TINCTURE_ERROR_FILE,
                      _("num_attention_heads = %d does not divide hidden_size = %d"), c->heads,
                      c->hidden_size);
    } else if (c->hidden_size == c->heads) {
        refuse_narrow_heads(r, "num_attention_heads", c->heads);
    }
}

// ---- U-Net --------------------------------------------------------------------------------------

static void read_attention(struct config_reader *r, const char *key, const char *with,
                           const char *without, int levels, const bool *standard, bool *out)
{
    JsonArray *array = config_array(r, key, levels);
    for (int i = 0; i < levels; i++) {
        JsonNode *node = array ? json_array_get_element(array, i) : NULL;
        bool text = node && json_node_get_value_type(node) == G_TYPE_STRING;
        const char *type = text ? json_node_get_string(node) : "";
        out[i] = array ? g_str_equal(type, with) : standard[i];
        if (array && !out[i] && !g_str_equal(type, without)) {
            config_refuse(r, TINCTURE_ERROR_UNSUPPORTED, _("%s = \"%.64s\" is not supported"), key,
                          type);
        }
    }
}

static void read_blocks(struct config_reader *r, struct unet_config *c)
{
    bool down[MODEL_LEVELS],
        up[MODEL_LEVELS]; // the reference's default: attention everywhere but at the bottom
    for (int i = 0; i < c->levels; i++) {
        down[i] = i < c->levels - 1;
        up[i] = i > 0;
    }
    read_attention(r, "down_block_types", "CrossAttnDownBlock2D", "DownBlock2D", c->levels, down,
                   c->down_attention);
    read_attention(r, "up_block_types", "CrossAttnUpBlock2D", "UpBlock2D", c->levels, up,
                   c->up_attention);
    bool absent =
        json_object_has_member(r->root, "mid_block_type") && !config_member(r, "mid_block_type");
    const char *mid = config_string(r, "mid_block_type", "UNetMidBlock2DCrossAttn");
    c->mid_attention = !absent && g_str_equal(mid, "UNetMidBlock2DCrossAttn");
    c->mid_resnets = absent ? 0 : c->mid_attention ? 2 : 1;
    if (!absent && !c->mid_attention && !g_str_equal(mid, "UNetMidBlock2D")) {
        config_refuse(r, TINCTURE_ERROR_UNSUPPORTED, _("mid_block_type = %.64s is not supported"),
                      mid);
    }
}

static void refuse_other_unets(struct config_reader *r, const char *class_name)
{
    static const char *const absent[] = {
        "num_attention_heads",   "class_embed_type",
        "num_class_embeds",      "encoder_hid_dim",
        "encoder_hid_dim_type",  "addition_embed_type",
        "time_embedding_act_fn", "timestep_post_act",
        "cross_attention_norm",  "reverse_transformer_layers_per_block",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(absent); i++) {
        config_expect_absent(r, absent[i]);
    }
    static const char *const never[] = {"only_cross_attention", "mid_block_only_cross_attention",
                                        "dual_cross_attention", "center_input_sample",
                                        "resnet_skip_time_act", "class_embeddings_concat"};
    for (size_t i = 0; i < G_N_ELEMENTS(never); i++) {
        config_expect_false(r, never[i]);
    }
    config_expect_string(r, "_class_name", class_name);
    expect_silu(r);
    config_expect_string(r, "resnet_time_scale_shift", "default");
    config_expect_string(r, "time_embedding_type", "positional");
    config_expect_string(r, "attention_type", "default");
    config_expect_int(r, "conv_in_kernel", 3);
    config_expect_int(r, "conv_out_kernel", 3);
    config_expect_int(r, "mid_block_scale_factor", 1);
    config_expect_int(r, "resnet_out_scale_factor", 1);
}

// What a ControlNet's configuration has, too.
static void read_unet_numbers(struct config_reader *r, struct unet_config *c)
{
    static const int standard[] = {320, 640, 1280, 1280};
    c->in_channels = config_int(r, "in_channels", 4, 1, 64);
    c->out_channels = config_int(r, "out_channels", 4, 1, 64);
    c->groups = config_int(r, "norm_num_groups", 32, 1, 8192);
    c->levels = read_channels(r, c->channels, standard, G_N_ELEMENTS(standard), c->groups);
    c->eps = (float)config_number(r, "norm_eps", 1e-5, 1e-12, 1);
    c->time_dim = config_int(r, "time_embedding_dim", 4 * c->channels[0], 1, 65536);
    c->downsample_padding = config_int(r, "downsample_padding", 1, 0, 1);
    c->linear_projection = config_bool(r, "use_linear_projection", false);
    c->flip_sin_to_cos = config_bool(r, "flip_sin_to_cos", true);
    c->freq_shift = (float)config_number(r, "freq_shift", 0, 0, 1);
    c->sample_size = read_sample_size(r, 64);
    c->cross_dim = config_same(r, "cross_attention_dim", c->levels, 1280, 1, 8192);
    config_levels(r, "layers_per_block", c->layers, c->levels, 2, 1, 16);
    config_levels(r, "transformer_layers_per_block", c->transformer_layers, c->levels, 1, 1, 16);
    // By a naming mistake that became a file format, attention_head_dim is the number of heads.
    config_levels(r, "attention_head_dim", c->heads, c->levels, 8, 1, 1024);
    read_blocks(r, c);
    for (int i = 0; i < c->levels; i++) {
        bool used = c->down_attention[i] || c->up_attention[c->levels - 1 - i] ||
                    (c->mid_attention && i == c->levels - 1);
        if (used && c->channels[i] % c->heads[i]) {
            config_refuse(r, TINCTURE_ERROR_FILE,
                          _("attention_head_dim = %d (heads) does not divide %d channels"),
                          c->heads[i], c->channels[i]);
        } else if (used && c->channels[i] == c->heads[i]) {
            refuse_narrow_heads(r, "attention_head_dim", c->heads[i]);
        }
    }
    if (c->channels[0] < 4) {
        config_refuse(r, TINCTURE_ERROR_FILE, _("the first level needs at least 4 channels"));
    }
}

static void read_unet(struct config_reader *r, void *config)
{
    struct unet_config *c = config;
    refuse_other_unets(r, "UNet2DConditionModel");
    read_unet_numbers(r, c);
    c->guidance_dim = config_int(r, "time_cond_proj_dim", 0, 4, 8192);
}

static void read_controlnet(struct config_reader *r, void *config)
{
    refuse_other_unets(r, "ControlNetModel");
    config_expect_absent(r, "time_cond_proj_dim");
    config_expect_int(r, "conditioning_channels", 3);
    config_expect_string(r, "controlnet_conditioning_channel_order", "rgb");
    config_expect_false(r, "global_pool_conditions");
    read_unet_numbers(r, config);
}

// What differs between a ControlNet's way down and a U-Net's, as its configuration calls it, and
// cannot be seen in the shapes of its tensors; NULL: nothing.
static const char *different_way_down(const struct unet_config *a, const struct unet_config *b)
{
    if (a->levels != b->levels) {
        return "block_out_channels";
    }
    for (int i = 0; i < a->levels; i++) {
        const bool attends = a->down_attention[i] || (a->mid_attention && i == a->levels - 1);
        if (a->down_attention[i] != b->down_attention[i]) {
            return "down_block_types";
        }
        if (attends && a->heads[i] != b->heads[i]) {
            return "attention_head_dim";
        }
    }
    return a->groups != b->groups                           ? "norm_num_groups"
           : a->eps != b->eps                               ? "norm_eps"
           : a->flip_sin_to_cos != b->flip_sin_to_cos       ? "flip_sin_to_cos"
           : a->freq_shift != b->freq_shift                 ? "freq_shift"
           : a->downsample_padding != b->downsample_padding ? "downsample_padding"
           : a->mid_resnets != b->mid_resnets               ? "mid_block_type"
                                                            : NULL;
}

// ---- autoencoder --------------------------------------------------------------------------------

static void expect_blocks(struct config_reader *r, const char *key, int levels, const char *only)
{
    JsonArray *array = config_array(r, key, levels);
    for (int i = 0; array && i < levels; i++) {
        JsonNode *node = json_array_get_element(array, i);
        if (json_node_get_value_type(node) != G_TYPE_STRING ||
            !g_str_equal(json_node_get_string(node), only)) {
            config_refuse(r, TINCTURE_ERROR_UNSUPPORTED,
                          _("only blocks of type %s are supported in %s"), only, key);
        }
    }
}

static void read_autoencoder(struct config_reader *r, struct vae_config *c, int out_channels)
{
    static const int standard[] = {64};
    config_expect_string(r, "_class_name", "AutoencoderKL");
    expect_silu(r);
    config_expect_int(r, "shift_factor", 0);
    config_expect_absent(r, "latents_mean");
    config_expect_absent(r, "latents_std");
    config_expect_int(r, "in_channels", 3);
    config_expect_int(r, "out_channels", out_channels);
    c->in_channels = 3;
    c->out_channels = out_channels;
    c->latent_channels = config_int(r, "latent_channels", 4, 1, MODEL_LATENTS);
    c->groups = config_int(r, "norm_num_groups", 32, 1, 8192);
    c->levels = read_channels(r, c->channels, standard, G_N_ELEMENTS(standard), c->groups);
    c->layers = config_int(r, "layers_per_block", 1, 1, 16);
    c->mid_attention = config_bool(r, "mid_block_add_attention", true);
    c->quant_conv = config_bool(r, "use_quant_conv", true);
    c->post_quant_conv = config_bool(r, "use_post_quant_conv", true);
    c->scaling_factor = (float)config_needed(r, "scaling_factor", 0.18215, 1e-6, 1e6);
    c->sample_size = read_sample_size(r, 32);
    expect_blocks(r, "down_block_types", c->levels, "DownEncoderBlock2D");
    expect_blocks(r, "up_block_types", c->levels, "UpDecoderBlock2D");
}

static void read_vae(struct config_reader *r, void *config)
{
    read_autoencoder(r, config, 3);
}

static void read_alpha(struct config_reader *r, void *config)
{
    read_autoencoder(r, config, 4);
}

static void read_tiny(struct config_reader *r, void *config)
{
    struct tiny_config *c = config;
    config_expect_string(r, "_class_name", "AutoencoderTiny");
    config_expect_string(r, "act_fn", "relu");
    config_expect_string(r, "upsample_fn", "nearest");
    config_expect_int(r, "upsampling_scaling_factor", 2);
    config_expect_int(r, "out_channels", 3);
    c->latent_channels = config_int(r, "latent_channels", 4, 1, MODEL_LATENTS);
    static const int standard[] = {3, 3, 3, 1};
    JsonNode *blocks = config_member(r, "num_decoder_blocks");
    const bool list = blocks && JSON_NODE_HOLDS_ARRAY(blocks);
    const guint levels =
        list ? json_array_get_length(json_node_get_array(blocks)) : G_N_ELEMENTS(standard);
    if (levels < 1 || levels > MODEL_LEVELS) {
        config_refuse(r, TINCTURE_ERROR_UNSUPPORTED, _("%s has %u levels"), "num_decoder_blocks",
                      levels);
        return;
    }
    c->levels = (int)levels;
    c->channels = config_same(r, "decoder_block_out_channels", c->levels, 64, 1, 8192);
    config_levels(r, "num_decoder_blocks", c->blocks, c->levels, 3, 0, TINY_BLOCKS);
    for (int i = 0; i < c->levels && !blocks; i++) {
        c->blocks[i] = standard[i];
    }
    c->scaling_factor = (float)config_needed(r, "scaling_factor", 1, 1e-6, 1e6);
}

// ---- noise schedule -----------------------------------------------------------------------------

// Index of text in names, or -1 with a fault.
static int read_choice(struct config_reader *r, const char *key, const char *const *names, int n)
{
    const char *text = config_string(r, key, names[0]);
    for (int i = 0; i < n; i++) {
        if (g_str_equal(text, names[i])) {
            return i;
        }
    }
    config_refuse(r, TINCTURE_ERROR_UNSUPPORTED, _("%s = %.64s is not supported"), key, text);
    return 0;
}

// Betas as numbers; as many as there are training steps.
static float *read_betas(struct config_reader *r, int steps)
{
    JsonArray *array = config_array(r, "trained_betas", steps);
    float *betas = array ? g_new(float, steps) : NULL;
    for (int i = 0; array && i < steps; i++) {
        const double value = config_node_number(json_array_get_element(array, i));
        if (!(value >= 0 && value <= 1)) {
            config_refuse(r, TINCTURE_ERROR_FILE, _("trained_betas must be numbers from 0 to 1"));
            i = steps;
        } else {
            betas[i] = (float)value;
        }
    }
    return betas;
}

static enum sigma_spacing read_sigma_spacing(struct config_reader *r)
{
    static const struct {
        const char *key;
        enum sigma_spacing spacing;
    } kinds[] = {{"use_karras_sigmas", SIGMAS_KARRAS},
                 {"use_exponential_sigmas", SIGMAS_EXPONENTIAL},
                 {"use_beta_sigmas", SIGMAS_BETA}};
    enum sigma_spacing spacing = SIGMAS_OF_STEPS;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (config_bool(r, kinds[i].key, false)) {
            if (spacing != SIGMAS_OF_STEPS) {
                config_refuse(r, TINCTURE_ERROR_FILE,
                              _("only one spacing of sigmas can be used, not %s too"),
                              kinds[i].key);
            }
            spacing = kinds[i].spacing;
        }
    }
    return spacing;
}

// What DPM-Solver++ cannot follow here; another sampler may still be used with the model.
static const char *read_dpmpp_lack(struct config_reader *r)
{
    static const char *const types[] = {"dpmsolver++", "deis", "dpmsolver", "sde-dpmsolver",
                                        "sde-dpmsolver++"};
    static const char *const lacks[] = {NULL, NULL, // what the reference, too, reads as the first
                                        "algorithm_type = dpmsolver",
                                        "algorithm_type = sde-dpmsolver",
                                        "algorithm_type = sde-dpmsolver++"};
    const char *lack = lacks[read_choice(r, "algorithm_type", types, G_N_ELEMENTS(types))];
    return config_bool(r, "use_lu_lambdas", false) ? "use_lu_lambdas" : lack;
}

// What UniPC cannot follow here.
static const char *read_unipc_lack(struct config_reader *r)
{
    JsonNode *off = config_member(r, "disable_corrector");
    const bool some =
        off && JSON_NODE_HOLDS_ARRAY(off) && json_array_get_length(json_node_get_array(off)) > 0;
    const char *lack = some ? "disable_corrector" : NULL;
    lack = config_bool(r, "predict_x0", true) ? lack : "predict_x0 = false";
    return config_int(r, "solver_order", 2, 1, 100) > 3 ? N_("a solver_order above 3") : lack;
}

static void read_sigmas(struct config_reader *r, struct sigma_config *c, bool v)
{
    static const char *const ends[] = {"zero", "sigma_min"};
    static const char *const times[] = {"discrete", "continuous"};
    static const char *const lines[] = {"linear", "log_linear"};
    static const char *const solvers[] = {"midpoint", "heun", "logrho", "bh1", "bh2"};
    c->spacing = read_sigma_spacing(r);
    c->sigma_min = config_number(r, "sigma_min", 0, 0, 1e6);
    c->sigma_max = config_number(r, "sigma_max", 0, 0, 1e6);
    c->log_linear = read_choice(r, "interpolation_type", lines, 2) == 1;
    c->end_at_min = read_choice(r, "final_sigmas_type", ends, 2) == 1;
    c->lambda_min = config_number(r, "lambda_min_clipped", -INFINITY, -1e6, 1e6);
    c->order = MIN(config_int(r, "solver_order", 2, 1, 100), 3);
    const int solver = read_choice(r, "solver_type", solvers, G_N_ELEMENTS(solvers));
    c->heun = solver == 1;
    c->bh1 = solver == 3;
    c->lower_order_final = config_bool(r, "lower_order_final", true);
    c->euler_at_final = config_bool(r, "euler_at_final", false);
    c->dpmpp_lacks = read_dpmpp_lack(r);
    c->unipc_lacks = read_unipc_lack(r);
    c->sde_lacks = config_bool(r, "use_lu_lambdas", false) ? "use_lu_lambdas" : NULL;
    const bool continuous = read_choice(r, "timestep_type", times, 2) == 1;
    c->euler_lacks = continuous && v ? "timestep_type = continuous" : NULL;
}

// Schedules of another mathematics than the betas that all samplers here go by.
static void refuse_other_schedules(struct config_reader *r)
{
    static const char *const others[] = {"FlowMatch", "EDM",         "CMStochastic", "ScoreSde",
                                         "KarrasVe",  "VQDiffusion", "Amused"};
    const char *name = config_string(r, "_class_name", "");
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        if (g_str_has_prefix(name, others[i])) {
            config_refuse(r, TINCTURE_ERROR_UNSUPPORTED, _("a model for %.64s is not supported"),
                          name);
        }
    }
    config_expect_false(r, "use_flow_sigmas");
    config_expect_false(r, "thresholding");
}

// Whatever scheduler the folder names, each sampler takes what it knows of the file and its own
// default for the rest, as the reference's from_config() does between its classes. The reference's
// pipeline takes steps_offset to be 1 and clip_sample to be off, whatever the file says.
static void read_sched(struct config_reader *r, void *config)
{
    struct sched_config *c = config;
    static const char *const schedules[] = {"linear", "scaled_linear", "squaredcos_cap_v2"};
    static const int schedule_ids[] = {BETA_LINEAR, BETA_SCALED_LINEAR, BETA_COSINE};
    static const char *const predictions[] = {"epsilon", "v_prediction"};
    static const int prediction_ids[] = {PREDICTION_EPSILON, PREDICTION_V};
    static const char *const spacings[] = {"leading", "trailing", "linspace"};
    static const int spacing_ids[] = {SPACING_LEADING, SPACING_TRAILING, SPACING_LINSPACE};
    refuse_other_schedules(r);
    g_strlcpy(c->sampler, config_string(r, "_class_name", ""), sizeof c->sampler);
    if (g_str_equal(c->sampler, "DPMSolverMultistepScheduler") &&
        g_str_equal(config_string(r, "algorithm_type", ""), "sde-dpmsolver++")) {
        g_strlcat(c->sampler, ", sde-dpmsolver++", sizeof c->sampler);
    }
    c->train_steps = config_int(r, "num_train_timesteps", 1000, 1, 100000);
    c->beta_start = config_needed(r, "beta_start", 1e-4, 0, 1);
    c->beta_end = config_needed(r, "beta_end", 0.02, 0, 1);
    c->trained_betas = read_betas(r, c->train_steps);
    c->beta_schedule = schedule_ids[read_choice(r, "beta_schedule", schedules, 3)];
    c->prediction =
        (enum prediction)prediction_ids[read_choice(r, "prediction_type", predictions, 2)];
    c->spacing = SPACING_OWN;
    if (config_member(r, "timestep_spacing")) {
        c->spacing = (enum spacing)spacing_ids[read_choice(r, "timestep_spacing", spacings, 3)];
    }
    config_int(r, "steps_offset", 0, 0, 1000);
    c->steps_offset = 1;
    c->set_alpha_to_one = config_bool(r, "set_alpha_to_one", true);
    c->rescale_zero_snr = config_bool(r, "rescale_betas_zero_snr", false);
    read_sigmas(r, &c->sigmas, c->prediction == PREDICTION_V);
    c->distilled.steps = config_int(r, "original_inference_steps", 50, 1, 100000);
    c->distilled.time_scale = config_number(r, "timestep_scaling", 10, 0, 1e6);
}

// ---- the whole model ----------------------------------------------------------------------------

typedef void (*read_fn)(struct config_reader *r, void *config);

// Lets read fill config from an object that messages call name.
static bool read_object(const char *name, JsonObject *root, read_fn read, void *config,
                        GError **error)
{
    struct config_reader r = {.name = name, .root = root};
    read(&r, config);
    if (r.fault) {
        g_propagate_error(error, r.fault);
    }
    return !r.fault;
}

// Opens path/name and lets read fill config.
static bool read_file(struct model *m, const char *name, read_fn read, void *config, GError **error)
{
    char *path = g_build_filename(m->path, name, NULL);
    g_autoptr(JsonNode) root = json_file_read(path, JSON_NODE_OBJECT, name, error);
    g_free(path);
    return root && read_object(name, json_node_get_object(root), read, config, error);
}

// Which pipeline the folder is for. Refuses relatives that have more parts than the three networks
// here.
static void read_index(struct config_reader *r, void *config)
{
    (void)config;
    const char *pipeline = config_string(r, "_class_name", "");
    if (config_member(r, "text_encoder_2") || strstr(pipeline, "XL")) {
        config_refuse(r, TINCTURE_ERROR_UNSUPPORTED,
                      _("only Stable Diffusion 1.x and 2.x models are supported, not %.64s"),
                      pipeline);
    }
}

static bool check_fit(const struct model *m, GError **error)
{
    const struct unet_config *u = &m->unet;
    if (u->in_channels != m->vae.latent_channels || u->out_channels != m->vae.latent_channels) {
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
            _("%s: a U-Net with %d input and %d output channels is not a text-to-image model "
              "for %d latent "
              "channels"),
            m->path, u->in_channels, u->out_channels, m->vae.latent_channels);
        return false;
    }
    if (u->cross_dim != m->text.hidden_size) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    _("%s: the text encoder gives %d numbers a token, but the U-Net expects %d"),
                    m->path, m->text.hidden_size, u->cross_dim);
        return false;
    }
    const struct vae_config *a = &m->alpha;
    if (a->levels && (a->latent_channels != m->vae.latent_channels || a->levels != m->vae.levels)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    _("%s: the decoder with alpha has %d levels for %d latent channels, and the "
                      "autoencoder %d for %d"),
                    m->path, a->levels, a->latent_channels, m->vae.levels, m->vae.latent_channels);
        return false;
    }
    if (m->sched.beta_end < m->sched.beta_start) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s: the noise schedule's beta_end is below its beta_start"), m->path);
        return false;
    }
    return true;
}

// First heading of the model card, or the name of folder or file.
static char *read_name(const char *dir)
{
    char *path = g_build_filename(dir, "README.md", NULL), *text = NULL, *name = NULL;
    if (g_file_get_contents(path, &text, NULL, NULL) && g_utf8_validate(text, -1, NULL)) {
        const char *heading = g_str_has_prefix(text, "# ") ? text : strstr(text, "\n# ");
        if (heading) {
            heading += *heading == '\n' ? 3 : 2;
            name = g_strstrip(g_strndup(heading, strcspn(heading, "\n")));
        }
    }
    if (!name || !*name || g_utf8_strlen(name, -1) > 80) {
        char *full = g_canonicalize_filename(dir, NULL);
        g_free(name);
        name = st_name(full);
        g_free(full);
    }
    g_free(path);
    g_free(text);
    return name;
}

// The autoencoder's part: of the model, or the one in its place.
static bool read_other_vae(struct model *m, GError **error)
{
    JsonObject *c = vae_source_config(&m->vae_from, error);
    const bool ok = c && read_object(m->vae_from.path, c, read_vae, &m->vae, error);
    g_clear_pointer(&c, json_object_unref);
    return ok;
}

// The part that a model may lack.
static bool read_alpha_decoder(struct model *m, GError **error)
{
    static const char name[] = MODEL_ALPHA "/config.json";
    return !file_exists_in(m->path, name) || read_file(m, name, read_alpha, &m->alpha, error);
}

static bool read_folder(struct model *m, GError **error)
{
    const bool has_index = file_exists_in(m->path, "model_index.json");
    if (!has_index && !file_exists_in(m->path, "text_encoder") &&
        !file_exists_in(m->path, "unet/config.json")) {
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
            _("%s is no model: the folder of one has text_encoder, unet, vae and scheduler in "
              "it, as diffusers writes them"),
            m->path);
        return false;
    }
    return (!has_index || read_file(m, "model_index.json", read_index, NULL, error)) &&
           read_file(m, "text_encoder/config.json", read_text, &m->text, error) &&
           read_file(m, "unet/config.json", read_unet, &m->unet, error) &&
           (m->vae_from.path || read_file(m, "vae/config.json", read_vae, &m->vae, error)) &&
           read_alpha_decoder(m, error) &&
           read_file(m, "scheduler/scheduler_config.json", read_sched, &m->sched, error);
}

static bool read_single_file(struct model *m, GError **error)
{
    const struct {
        const char *name;
        read_fn read;
        void *config;
    } parts[] = {{"text_encoder", read_text, &m->text},
                 {"unet", read_unet, &m->unet},
                 {"vae", read_vae, &m->vae},
                 {"scheduler", read_sched, &m->sched}};
    JsonObject *all = single_file_config(m->path, &m->layout, m->vae_from.path != NULL, error);
    bool ok = all != NULL;
    for (size_t i = 0; ok && i < G_N_ELEMENTS(parts); i++) {
        if (m->vae_from.path && parts[i].config == &m->vae) {
            continue;
        }
        char *name = g_strdup_printf("%s, %s", m->path, parts[i].name);
        ok = read_object(name, json_object_get_object_member(all, parts[i].name), parts[i].read,
                         parts[i].config, error);
        g_free(name);
    }
    g_clear_pointer(&all, json_object_unref);
    return ok;
}

bool config_read_controlnet(const char *folder, const struct unet_config *unet, GError **error)
{
    struct unet_config own;
    g_autofree char *path = g_build_filename(folder, "config.json", NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s is no control: a folder of a ControlNet has a config.json"), folder);
        return false;
    }
    g_autoptr(JsonNode) root = json_file_read(path, JSON_NODE_OBJECT, path, error);
    if (!root || !read_object(path, json_node_get_object(root), read_controlnet, &own, error)) {
        return false;
    }
    const char *differs = different_way_down(unet, &own);
    if (differs) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    _("%s is of a ControlNet for another kind of model: %s differs"), path,
                    differs);
    }
    return !differs;
}

bool config_read_tiny(const char *folder, struct tiny_config *c, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "config.json", NULL);
    g_autoptr(JsonNode) root = json_file_read(path, JSON_NODE_OBJECT, path, error);
    return root && read_object(path, json_node_get_object(root), read_tiny, c, error);
}

bool config_read(struct model *m, GError **error)
{
    bool folder = g_file_test(m->path, G_FILE_TEST_IS_DIR);
    if (!(folder ? read_folder(m, error) : read_single_file(m, error)) ||
        (m->vae_from.path && !read_other_vae(m, error)) || !check_fit(m, error)) {
        return false;
    }
    m->name = read_name(m->path);
    return true;
}
