#include "compute/model/single_file.h"

#include "compute/i18n.h"
#include "compute/json_file.h"
#include "compute/model/kind.h"
#include "compute/model/load.h"
#include "compute/model/tokenizer.h"

#include <math.h>
#include <string.h>

#define UNET      "model.diffusion_model."
#define VAE       "first_stage_model."
#define CLIP      "cond_stage_model.transformer."
#define OPEN_CLIP "cond_stage_model.model."

// Width of a head of both CLIPs' text encoders, and of SD 2.x's U-Net (num_head_channels in the
// original v2-inference.yaml); SD 1.x's has 8 heads at each level (num_heads in v1-inference.yaml).
#define HEAD_WIDTH 64
#define SD1_HEADS  8

// The tensor of that name, or NULL.
G_GNUC_PRINTF(2, 3)
static const struct st_tensor *find(const struct st_file *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *name = g_strdup_vprintf(format, args);
    va_end(args);
    const struct st_tensor *t = st_find(f, name);
    g_free(name);
    return t;
}

// 0, which no configuration allows, where there is no such tensor or dimension.
static int64_t size_of(const struct st_tensor *t, int axis)
{
    return t && axis < t->rank ? t->shape[axis] : 0;
}

// ---- what the file is ---------------------------------------------------------------------------

// What a U-Net sees more than it draws; how many latents a place has is the autoencoder's choice.
static const char *beside_the_latents(const struct st_tensor *input, const struct st_tensor *output)
{
    switch (input && output ? size_of(input, 1) - size_of(output, 0) : 0) {
    case 5: return N_("an inpainting model (a mask and a picture beside the latents)");
    case 4: return N_("a model that takes a picture beside the text");
    case 1: return N_("a depth-to-image model (a depth map beside the latents)");
    default: return NULL;
    }
}

static const char *other_kind(const struct st_file *f, bool other_vae)
{
    const struct weights_kind *kind = weights_kind_of(f);
    if (kind && kind->sort != WHOLE_MODEL) {
        return translated(kind->what);
    }
    const struct st_tensor *input = find(f, UNET "input_blocks.0.0.weight");
    const char *beside = beside_the_latents(input, find(f, UNET "out.2.weight"));
    if (beside) {
        return translated(beside);
    }
    if (!input) {
        return _("no Stable Diffusion checkpoint (model.diffusion_model.input_blocks.0.0.weight is "
                 "missing)");
    }
    if (!other_vae && !find(f, VAE "decoder.conv_in.weight")) {
        return _("a checkpoint without an autoencoder (first_stage_model.decoder.conv_in.weight is "
                 "missing; another file's can be chosen beside it)");
    }
    return NULL;
}

static bool has_token_embedding(const struct st_file *f, const char *prefix)
{
    return find(f, "%stoken_embedding.weight", prefix) != NULL;
}

// What precedes the names of CLIP's text encoder: the wrapper was not always written.
static const char *clip_prefix(const struct st_file *f)
{
    return has_token_embedding(f, CLIP "embeddings.") ? CLIP : CLIP "text_model.";
}

static bool recognise(const struct st_file *f, enum model_layout *layout, bool other_vae,
                      GError **error)
{
    const char *other = other_kind(f, other_vae);
    if (!other && has_token_embedding(f, OPEN_CLIP)) {
        *layout = LAYOUT_SD2_FILE;
    } else if (!other && find(f, "%sembeddings.token_embedding.weight", clip_prefix(f))) {
        *layout = LAYOUT_SD1_FILE;
    } else {
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
            _("%s is %s; what can be opened is a whole text-to-image model of Stable Diffusion "
              "1.x or 2.x"),
            f->path, other ? other : _("a checkpoint without a text encoder of that family"));
        return false;
    }
    return true;
}

// ---- U-Net --------------------------------------------------------------------------------------

// Depth of the transformer in block `number` of the way down or up, 0: none.
static int depth_at(const struct st_file *f, const char *way, int number)
{
    int depth = 0;
    while (find(f, UNET "%s.%d.1.transformer_blocks.%d.norm1.weight", way, number, depth)) {
        depth++;
    }
    return depth;
}

static int middle_depth(const struct st_file *f)
{
    int depth = 0;
    while (find(f, UNET "middle_block.1.transformer_blocks.%d.norm1.weight", depth)) {
        depth++;
    }
    return depth;
}

// Walks the way down: a block is a residual block or the convolution that ends a level. Adds one
// number a level to each list.
static void walk_down(const struct st_file *f, bool sd2, JsonObject *c)
{
    JsonArray *channels = json_array_new(), *layers = json_array_new(), *types = json_array_new(),
              *depths = json_array_new(), *heads = json_array_new();
    int first = 1, n; // blocks: the level's first, and how many it has
    int middle = MAX(1, middle_depth(f));
    do {
        const struct st_tensor *conv = find(f, UNET "input_blocks.%d.0.in_layers.2.weight", first);
        int depth = depth_at(f, "input_blocks", first);
        for (n = 0; find(f, UNET "input_blocks.%d.0.in_layers.2.weight", first + n);) {
            n++;
        }
        json_array_add_int_element(channels, size_of(conv, 0));
        json_array_add_int_element(layers, n);
        json_array_add_string_element(types, depth ? "CrossAttnDownBlock2D" : "DownBlock2D");
        // The last level also says how deep the middle block is, with attention of its own or not.
        json_array_add_int_element(depths, depth ? depth : middle);
        json_array_add_int_element(heads, sd2 ? size_of(conv, 0) / HEAD_WIDTH : SD1_HEADS);
        first += n + 1;
    } while (find(f, UNET "input_blocks.%d.0.op.weight", first - 1));
    json_object_set_array_member(c, "block_out_channels", channels);
    json_object_set_array_member(c, "layers_per_block", layers);
    json_object_set_array_member(c, "down_block_types", types);
    json_object_set_array_member(c, "transformer_layers_per_block", depths);
    json_object_set_array_member(c, "attention_head_dim", heads); // the number, whatever its name
}

// The way up has the levels in the other order, each with one residual block more.
static void walk_up(const struct st_file *f, JsonObject *c)
{
    JsonArray *layers = json_object_get_array_member(c, "layers_per_block"),
              *types = json_array_new();
    int first = 0;
    for (guint i = json_array_get_length(layers); i-- > 0;) {
        bool attention = depth_at(f, "output_blocks", first) > 0;
        json_array_add_string_element(types, attention ? "CrossAttnUpBlock2D" : "UpBlock2D");
        first += (int)json_array_get_int_element(layers, i) + 1;
    }
    json_object_set_array_member(c, "up_block_types", types);
}

static JsonObject *unet_config(const struct st_file *f, bool sd2, bool v)
{
    JsonObject *c = json_object_new();
    const struct st_tensor *keys =
        find(f, UNET "middle_block.1.transformer_blocks.0.attn2.to_k.weight");
    json_object_set_int_member(c, "in_channels",
                               size_of(find(f, UNET "input_blocks.0.0.weight"), 1));
    json_object_set_int_member(c, "out_channels", size_of(find(f, UNET "out.2.weight"), 0));
    json_object_set_int_member(c, "time_embedding_dim",
                               size_of(find(f, UNET "time_embed.0.weight"), 0));
    json_object_set_int_member(c, "cross_attention_dim", size_of(keys, 1));
    json_object_set_boolean_member(c, "use_linear_projection",
                                   size_of(find(f, UNET "middle_block.1.proj_in.weight"), 2) == 0);
    // Trained at 512 pixels, and those of SD 2.x that predict v at 768 (methods 7.1).
    json_object_set_int_member(c, "sample_size", sd2 && v ? 96 : 64);
    walk_down(f, sd2, c);
    walk_up(f, c);
    return c;
}

// ---- the other parts ----------------------------------------------------------------------------

// The pieces of an autoencoder's names that tell its sizes, in the two layouts; after the prefix.
static const struct vae_names {
    const char *level;  // of level i, the first convolution
    const char *block;  // of the first level, that of block j
    const char *middle; // there is attention in the middle
} original_vae = {"encoder.down.%d.block.0.conv1.weight", "encoder.down.0.block.%d.conv1.weight",
                  "encoder.mid.attn_1.norm.weight"},
  todays_vae = {"encoder.down_blocks.%d.resnets.0.conv1.weight",
                "encoder.down_blocks.0.resnets.%d.conv1.weight",
                "encoder.mid_block.attentions.0.group_norm.weight"};

// The tensor of an autoencoder behind its prefix; the name has a place for a number, or none.
static const struct st_tensor *find_vae(const struct st_file *f, const char *prefix,
                                        const char *name, int number)
{
    g_auto(GStrv) pieces = g_strsplit(name, "%d", 2);
    return pieces[1] ? find(f, "%s%s%d%s", prefix, pieces[0], number, pieces[1])
                     : find(f, "%s%s", prefix, name);
}

static JsonObject *vae_config(const struct st_file *f, const char *prefix,
                              const struct vae_names *names)
{
    JsonObject *c = json_object_new();
    JsonArray *channels = json_array_new(), *down = json_array_new(), *up = json_array_new();
    const struct st_tensor *conv;
    int layers = 0;
    for (int i = 0; (conv = find_vae(f, prefix, names->level, i)); i++) {
        json_array_add_int_element(channels, size_of(conv, 0));
        json_array_add_string_element(down, "DownEncoderBlock2D");
        json_array_add_string_element(up, "UpDecoderBlock2D");
    }
    while (find_vae(f, prefix, names->block, layers)) {
        layers++;
    }
    json_object_set_array_member(c, "block_out_channels", channels);
    json_object_set_array_member(c, "down_block_types", down);
    json_object_set_array_member(c, "up_block_types", up);
    json_object_set_int_member(c, "layers_per_block", layers);
    json_object_set_int_member(c, "in_channels",
                               size_of(find_vae(f, prefix, "encoder.conv_in.weight", 0), 1));
    json_object_set_int_member(c, "out_channels",
                               size_of(find_vae(f, prefix, "decoder.conv_out.weight", 0), 0));
    json_object_set_int_member(c, "latent_channels",
                               size_of(find_vae(f, prefix, "decoder.conv_in.weight", 0), 1));
    json_object_set_boolean_member(c, "mid_block_add_attention",
                                   find_vae(f, prefix, names->middle, 0) != NULL);
    json_object_set_boolean_member(c, "use_quant_conv",
                                   find_vae(f, prefix, "quant_conv.weight", 0) != NULL);
    json_object_set_boolean_member(c, "use_post_quant_conv",
                                   find_vae(f, prefix, "post_quant_conv.weight", 0) != NULL);
    json_object_set_double_member(c, "scaling_factor", 0.18215); // of both families, methods 7.9
    return c;
}

// Fills c from the three tensors that say the encoder's sizes.
static void set_text_sizes(JsonObject *c, const struct st_tensor *tokens,
                           const struct st_tensor *positions, const struct st_tensor *fc1)
{
    json_object_set_int_member(c, "vocab_size", size_of(tokens, 0));
    json_object_set_int_member(c, "hidden_size", size_of(tokens, 1));
    json_object_set_int_member(c, "num_attention_heads", size_of(tokens, 1) / HEAD_WIDTH);
    json_object_set_int_member(c, "max_position_embeddings", size_of(positions, 0));
    json_object_set_int_member(c, "intermediate_size", size_of(fc1, 0));
}

static JsonObject *text_config(const struct st_file *f, bool sd2)
{
    JsonObject *c = json_object_new();
    const char *clip = clip_prefix(f);
    int layers = 0;
    if (sd2) {
        set_text_sizes(c, find(f, OPEN_CLIP "token_embedding.weight"),
                       find(f, OPEN_CLIP "positional_embedding"),
                       find(f, OPEN_CLIP "transformer.resblocks.0.mlp.c_fc.weight"));
        while (find(f, OPEN_CLIP "transformer.resblocks.%d.ln_1.weight", layers)) {
            layers++;
        }
        layers--; // what comes before the last layer is the condition (methods 7.8)
    } else {
        set_text_sizes(c, find(f, "%sembeddings.token_embedding.weight", clip),
                       find(f, "%sembeddings.position_embedding.weight", clip),
                       find(f, "%sencoder.layers.0.mlp.fc1.weight", clip));
        while (find(f, "%sencoder.layers.%d.layer_norm1.weight", clip, layers)) {
            layers++;
        }
    }
    json_object_set_int_member(c, "num_hidden_layers", layers);
    json_object_set_string_member(c, "hidden_act", sd2 ? "gelu" : "quick_gelu");
    return c;
}

// The deviation of the biases of one norm in the last block tells SD 2.x's two kinds apart: it is
// above 0.09 in those that predict v. Found by ComfyUI (comfy/supported_models.py, SD20), which all
// of its users rely on.
static bool looks_like_v(const struct st_file *f)
{
    const struct st_tensor *t = NULL, *last = NULL;
    for (int i = 0; find(f, UNET "output_blocks.%d.0.in_layers.2.weight", i); i++) {
        t = find(f, UNET "output_blocks.%d.1.transformer_blocks.0.norm1.bias", i);
        last = t ? t : last;
    }
    if (!last || last->count < 1 || last->count > 8192) {
        return false;
    }
    double sum = 0, squares = 0, n = (double)last->count;
    float *values = g_new(float, last->count);
    st_read_f32(last, values, false, NULL);
    for (int64_t i = 0; i < last->count; i++) {
        sum += values[i];
        squares += (double)values[i] * values[i];
    }
    g_free(values);
    return sqrt(MAX(0, squares / n - (sum / n) * (sum / n))) > 0.09;
}

// Whether the model predicts v: what its metadata says (methods 8.3); else, for SD 2.x, the step
// count that its base model has (methods 7.10), or what its weights look like.
static bool predicts_v(const struct st_file *f, bool sd2)
{
    const char *said = g_hash_table_lookup(f->metadata, "modelspec.prediction_type");
    const struct st_tensor *step = find(f, "global_step");
    float number = 0;
    if (said) {
        return *said == 'v';
    }
    if (!sd2) {
        return false;
    }
    if (step && step->count == 1 && st_read_f32(step, &number, false, NULL) && number == 875000) {
        return false;
    }
    return looks_like_v(f);
}

// The training schedule of both families (methods 7.1).
static JsonObject *scheduler_config(bool v)
{
    JsonObject *c = json_object_new();
    json_object_set_int_member(c, "num_train_timesteps", 1000);
    json_object_set_string_member(c, "beta_schedule", "scaled_linear");
    json_object_set_double_member(c, "beta_start", 0.00085);
    json_object_set_double_member(c, "beta_end", 0.012);
    json_object_set_int_member(c, "steps_offset", 1);
    json_object_set_boolean_member(c, "set_alpha_to_one", FALSE);
    json_object_set_string_member(c, "prediction_type", v ? "v_prediction" : "epsilon");
    return c;
}

// ---- configuration ------------------------------------------------------------------------------

// Lets the metadata's `config` change members of the four configurations.
static bool amend(const struct st_file *f, JsonObject *config, GError **error)
{
    const char *text = g_hash_table_lookup(f->metadata, "config");
    if (!text) {
        return true;
    }
    g_autoptr(JsonNode) root =
        json_text_read(text, strlen(text), JSON_NODE_OBJECT, _("its metadata's config"), error);
    if (!root) {
        g_prefix_error(error, "%s: ", f->path);
        return false;
    }
    JsonObjectIter parts;
    const char *part, *key;
    JsonNode *theirs, *value;
    json_object_iter_init(&parts, config);
    while (json_object_iter_next(&parts, &part, NULL)) {
        theirs = json_object_get_member(json_node_get_object(root), part);
        if (!theirs || !JSON_NODE_HOLDS_OBJECT(theirs)) {
            continue;
        }
        JsonObject *ours = json_object_get_object_member(config, part);
        JsonObjectIter members;
        json_object_iter_init(&members, json_node_get_object(theirs));
        while (json_object_iter_next(&members, &key, &value)) {
            json_object_set_member(ours, key, json_node_copy(value));
        }
    }
    return true;
}

JsonObject *single_file_config(const char *path, enum model_layout *layout, bool other_vae,
                               GError **error)
{
    struct st_file *f = st_open(path, error);
    if (!f || !recognise(f, layout, other_vae, error)) {
        st_free(f);
        return NULL;
    }
    bool sd2 = *layout == LAYOUT_SD2_FILE, v = predicts_v(f, sd2);
    JsonObject *config = json_object_new();
    json_object_set_object_member(config, "text_encoder", text_config(f, sd2));
    json_object_set_object_member(config, "unet", unet_config(f, sd2, v));
    json_object_set_object_member(config, "vae", vae_config(f, VAE, &original_vae));
    json_object_set_object_member(config, "scheduler", scheduler_config(v));
    if (!amend(f, config, error)) {
        g_clear_pointer(&config, json_object_unref);
    }
    st_free(f);
    return config;
}

JsonObject *single_file_vae_config(const char *path, const char *prefix, bool original,
                                   GError **error)
{
    struct st_file *f = st_open(path, error);
    if (!f) {
        return NULL;
    }
    g_autoptr(JsonObject) all = json_object_new();
    json_object_set_object_member(all, "vae",
                                  vae_config(f, prefix, original ? &original_vae : &todays_vae));
    JsonObject *config =
        amend(f, all, error) ? json_object_ref(json_object_get_object_member(all, "vae")) : NULL;
    st_free(f);
    return config;
}

// ---- tokenizer ----------------------------------------------------------------------------------

// The first neighbour's tokenizer, in the order of the names, that has as many ids as the text
// encoder; another vocabulary would give words that the model never learned.
static struct tokenizer *neighbours_tokenizer(const char *folder, const char *pad, int vocabulary)
{
    struct tokenizer *t = NULL;
    GDir *dir = g_dir_open(folder, 0, NULL);
    GList *names = NULL;
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        names = g_list_prepend(names, g_strdup(name));
    }
    names = g_list_sort(names, (GCompareFunc)strcmp);
    for (GList *i = names; !t && i; i = i->next) {
        char *path = g_build_filename(folder, i->data, "tokenizer", NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            t = tokenizer_open(path, pad, NULL);
        }
        if (t && tokenizer_max_id(t) + 1 != vocabulary) {
            g_clear_pointer(&t, tokenizer_free);
        }
        g_free(path);
    }
    g_list_free_full(names, g_free);
    g_clear_pointer(&dir, g_dir_close);
    return t;
}

struct tokenizer *single_file_tokenizer(const struct model *m, GError **error)
{
    // methods 7.8: SD 2.x pads with the first id, which is "!".
    const char *pad = m->layout == LAYOUT_SD2_FILE ? "!" : "<|endoftext|>";
    char *folder = g_path_get_dirname(m->path), *own = g_build_filename(folder, "tokenizer", NULL);
    struct tokenizer *t = NULL;
    if (g_file_test(own, G_FILE_TEST_IS_DIR)) {
        t = tokenizer_open(own, pad, error);
    } else if (file_exists_in(folder, "vocab.json") && file_exists_in(folder, "merges.txt")) {
        t = tokenizer_open(folder, pad, error);
    } else if (!(t = neighbours_tokenizer(folder, pad, m->text.vocab_size))) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s holds no tokenizer, as such files never do; put CLIP's vocab.json and "
                      "merges.txt into %s"),
                    m->path, own);
    }
    g_free(own);
    g_free(folder);
    return t;
}
