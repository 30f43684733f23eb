// Reading model folders: what is understood, and the message for each kind of mistake. No device.

#include "compute/model/defaults.h"
#include "compute/model/model.h"
#include "compute/train/train.h"
#include "tests/model/folder.h"

#include <glib/gstdio.h>
#include <string.h>

#define TEXT  "text_encoder/config.json"
#define UNET  "unet/config.json"
#define VAE   "vae/config.json"
#define SCHED "scheduler/scheduler_config.json"

static struct model *inspect_data(const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "data", "models", name, NULL);
    struct model *m = model_inspect(folder, &error);
    g_assert_no_error(error);
    return m;
}

static void test_sd1(void)
{
    struct model *m = inspect_data("sd1");
    g_assert_cmpstr(m->name, ==, "sd1");
    g_assert_cmpint(m->text.act, ==, UNARY_QUICK_GELU);
    g_assert_cmpint(m->text.max_tokens, ==, 77);
    g_assert_cmpint(m->text.pad_id, ==, m->text.eos_id);
    g_assert_cmpint(m->unet.levels, ==, 2);
    g_assert_cmpint(m->unet.heads[0], ==, 2);
    g_assert_cmpint(m->unet.heads[1], ==, 2);
    g_assert_true(m->unet.down_attention[0] && !m->unet.down_attention[1]);
    g_assert_true(!m->unet.up_attention[0] && m->unet.up_attention[1] && m->unet.mid_attention);
    g_assert_false(m->unet.linear_projection);
    g_assert_cmpint(m->unet.time_dim, ==, 32);
    g_assert_cmpint(m->sched.prediction, ==, PREDICTION_EPSILON);
    g_assert_cmpint(m->sched.steps_offset, ==, 1);
    g_assert_false(m->sched.set_alpha_to_one);
    g_assert_cmpint(model_latent_factor(m), ==, 2);
    g_assert_cmpint(model_default_size(m), ==, 16);
    g_assert_nonnull(
        nn_part_find(model_part(m, MODEL_UNET), "up_blocks.1.attentions.2.proj_out.weight"));
    model_free(m);
}

static void test_sd2(void)
{
    struct model *m = inspect_data("sd2");
    g_assert_cmpint(m->text.act, ==, UNARY_GELU);
    g_assert_cmpint(m->text.pad_id, ==, 0);
    g_assert_cmpint(m->unet.heads[0], ==, 1);
    g_assert_cmpint(m->unet.heads[1], ==, 4);
    g_assert_true(m->unet.linear_projection);
    g_assert_cmpint(m->sched.prediction, ==, PREDICTION_V);
    model_free(m);
}

// diffusers writes numbers that JSON has not: those of a sampler that is not used here.
static void test_infinite(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = folder_copy("sd1");
    folder_edit(folder, SCHED, "{", "{\"lambda_min_clipped\": -Infinity, \"lambda_max\": NaN,");
    struct model *m = model_inspect(folder, &error);
    g_assert_no_error(error);
    g_assert_cmpint(m->sched.steps_offset, ==, 1);
    model_free(m);
    folder_free(g_steal_pointer(&folder));
}

// Files that leave everything out get the reference's defaults, which these weights do not fit.
static void test_defaults(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = folder_copy("sd1");
    folder_write(folder, SCHED, "{}");
    folder_remove(folder, "model_index.json");
    folder_write(folder, "README.md", "---\nlicense: mit\n---\n\n# A small model\n");
    struct model *m = model_inspect(folder, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(m->name, ==, "A small model");
    g_assert_cmpint(m->sched.train_steps, ==, 1000);
    g_assert_true(m->sched.set_alpha_to_one);
    model_free(m);
    folder_free(folder);
}

// Added tokens count where the text encoder has rows for them; else their names are words.
static void test_added_tokens(void)
{
    for (int rows = 0; rows < 2; rows++) {
        g_autoptr(GError) error = NULL;
        char *folder = folder_copy("sd1");
        folder_write(folder, "tokenizer/added_tokens.json",
                     rows ? "{\"<a>\": 100}" : "{\"<toy>\": 674}");
        folder_edit(folder, "tokenizer/vocab.json", "\"<|endoftext|>\"",
                    rows ? "\"<a>\": 3, \"<|endoftext|>\"" : "\"<|endoftext|>\"");
        struct model *m = model_inspect(folder, &error);
        g_assert_no_error(error);
        int32_t ids[77];
        int n;
        model_tokenize(m, rows ? "<a>" : "<toy>", ids, &n, NULL);
        g_assert_true((n == 3 && ids[1] == 3) == rows);
        model_free(m);
        folder_free(folder);
    }
}

static const struct {
    const char *file, *from, *to;
    int code;
    const char *says;
} refused[] = {
    {UNET, "\"norm_num_groups\": 4", "\"norm_num_groups\": 0", TINCTURE_ERROR_FILE,
     "norm_num_groups is 0"},
    {UNET, "\"norm_num_groups\": 4", "\"norm_num_groups\": 3", TINCTURE_ERROR_FILE,
     "does not divide"},
    {UNET, "\"norm_num_groups\": 4", "\"norm_num_groups\": \"4\"", TINCTURE_ERROR_FILE,
     "whole number"},
    {UNET, "\"norm_num_groups\": 4", "\"norm_num_groups\": 4e99", TINCTURE_ERROR_FILE,
     "whole number"},
    {UNET, "\"attention_head_dim\": 2", "\"attention_head_dim\": 3", TINCTURE_ERROR_FILE, "heads"},
    {UNET, "\"attention_head_dim\": 2", "\"attention_head_dim\": 0", TINCTURE_ERROR_FILE,
     "attention_head_dim is 0"},
    {UNET, "\"attention_head_dim\": 2", "\"attention_head_dim\": 8", TINCTURE_ERROR_UNSUPPORTED,
     "one channel a head"},
    {UNET, "\"attention_head_dim\": 2", "\"attention_head_dim\": [2]", TINCTURE_ERROR_FILE,
     "list of 2"},
    {UNET, "\"num_attention_heads\": null", "\"num_attention_heads\": 8",
     TINCTURE_ERROR_UNSUPPORTED, "num_attention_heads"},
    {UNET, "\"dual_cross_attention\": false", "\"dual_cross_attention\": true",
     TINCTURE_ERROR_UNSUPPORTED, "dual_cross"},
    {UNET, "\"only_cross_attention\": false", "\"only_cross_attention\": [false, true]",
     TINCTURE_ERROR_UNSUPPORTED, "only_cross"},
    {UNET, "\"addition_embed_type\": null", "\"addition_embed_type\": \"text_time\"",
     TINCTURE_ERROR_UNSUPPORTED, "addition_embed"},
    {UNET, "\"class_embed_type\": null", "\"class_embed_type\": \"timestep\"",
     TINCTURE_ERROR_UNSUPPORTED, "class_embed"},
    {UNET, "\"time_cond_proj_dim\": null", "\"time_cond_proj_dim\": 2", TINCTURE_ERROR_FILE,
     "time_cond"},
    {UNET, "\"time_cond_proj_dim\": null", "\"time_cond_proj_dim\": 256", TINCTURE_ERROR_MISMATCH,
     "cond_proj"},
    {UNET, "\"act_fn\": \"silu\"", "\"act_fn\": \"mish\"", TINCTURE_ERROR_UNSUPPORTED, "mish"},
    {UNET, "\"conv_in_kernel\": 3", "\"conv_in_kernel\": 5", TINCTURE_ERROR_UNSUPPORTED,
     "conv_in_kernel"},
    {UNET, "\"downsample_padding\": 1", "\"downsample_padding\": 2", TINCTURE_ERROR_FILE,
     "downsample_padding"},
    {UNET, "\"CrossAttnDownBlock2D\"", "\"AttnDownBlock2D\"", TINCTURE_ERROR_UNSUPPORTED,
     "AttnDownBlock2D"},
    {UNET, "\"CrossAttnDownBlock2D\"", "7", TINCTURE_ERROR_UNSUPPORTED, "down_block_types"},
    {UNET, "\"UNetMidBlock2DCrossAttn\"", "\"UNetMidBlock2DSimpleCrossAttn\"",
     TINCTURE_ERROR_UNSUPPORTED, "Simple"},
    {UNET, "\"in_channels\": 4", "\"in_channels\": 9", TINCTURE_ERROR_UNSUPPORTED, "9 input"},
    {UNET, "\"cross_attention_dim\": 16", "\"cross_attention_dim\": 24", TINCTURE_ERROR_MISMATCH,
     "expects 24"},
    {UNET, "\"block_out_channels\": [\n    8,\n    16\n  ]", "\"block_out_channels\": []",
     TINCTURE_ERROR_UNSUPPORTED, "list of 1 to 8"},
    {UNET, "\"block_out_channels\": [\n    8,\n    16\n  ]", "\"block_out_channels\": [8, 1000000]",
     TINCTURE_ERROR_FILE, "1000000"},
    {UNET, "\"layers_per_block\": 2", "\"layers_per_block\": -2", TINCTURE_ERROR_FILE,
     "layers_per_block"},
    {UNET, "\"layers_per_block\": 2", "\"layers_per_block\": 1000", TINCTURE_ERROR_FILE,
     "layers_per_block"},
    {UNET, "\"norm_eps\": 1e-05", "\"norm_eps\": -1", TINCTURE_ERROR_FILE, "norm_eps"},
    {UNET, "{", "[", TINCTURE_ERROR_FILE, "damaged"},
    {TEXT, "\"quick_gelu\"", "\"tanh\"", TINCTURE_ERROR_UNSUPPORTED, "tanh"},
    {TEXT, "\"num_attention_heads\": 2", "\"num_attention_heads\": 3", TINCTURE_ERROR_FILE,
     "does not divide"},
    {TEXT, "\"num_attention_heads\": 2", "\"num_attention_heads\": 16", TINCTURE_ERROR_UNSUPPORTED,
     "one channel a head"},
    {TEXT, "\"hidden_size\": 16", "\"hidden_size\": 0", TINCTURE_ERROR_FILE, "hidden_size is 0"},
    {TEXT, "\"vocab_size\": 674", "\"vocab_size\": 100", TINCTURE_ERROR_MISMATCH, "ids up to"},
    {TEXT, "\"model_type\": \"clip_text_model\"", "\"model_type\": \"t5\"",
     TINCTURE_ERROR_UNSUPPORTED, "t5"},
    {VAE, "\"latent_channels\": 4", "\"latent_channels\": 16", TINCTURE_ERROR_UNSUPPORTED,
     "16 latent"},
    {VAE, "\"DownEncoderBlock2D\"", "\"AttnDownEncoderBlock2D\"", TINCTURE_ERROR_UNSUPPORTED,
     "DownEncoderBlock2D"},
    {VAE, "\"scaling_factor\": 0.18215", "\"scaling_factor\": 0", TINCTURE_ERROR_FILE,
     "scaling_factor"},
    {VAE, "\"scaling_factor\": 0.18215", "\"scaling_factor\": NaN", TINCTURE_ERROR_FILE,
     "scaling_factor"},
    {VAE, "\"shift_factor\": null", "\"shift_factor\": 0.1", TINCTURE_ERROR_UNSUPPORTED,
     "shift_factor"},
    {SCHED, "\"epsilon\"", "\"sample\"", TINCTURE_ERROR_UNSUPPORTED, "sample"},
    {SCHED, "\"scaled_linear\"", "\"sigmoid\"", TINCTURE_ERROR_UNSUPPORTED, "sigmoid"},
    {SCHED, "\"num_train_timesteps\": 1000", "\"num_train_timesteps\": 0", TINCTURE_ERROR_FILE,
     "num_train"},
    {SCHED, "\"trained_betas\": null", "\"trained_betas\": [0.1]", TINCTURE_ERROR_FILE,
     "trained_betas"},
    {"model_index.json", "Pipeline\"", "XLPipeline\", \"text_encoder_2\": []",
     TINCTURE_ERROR_UNSUPPORTED, "1.x and 2.x"},
};

static void test_refused(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;
        char *folder = folder_copy("sd1");
        folder_edit(folder, refused[i].file, refused[i].from, refused[i].to);
        g_assert_null(model_inspect(folder, &error));
        g_test_message("%s", error->message);
        g_assert_error(error, TINCTURE_ERROR, refused[i].code);
        g_assert_nonnull(strstr(error->message, refused[i].says));
        folder_free(folder);
    }
}

// ---- weight files -------------------------------------------------------------------------------

// Inspects and frees the folder; the message.
static char *inspect_fails(char *folder, int code)
{
    GError *error = NULL;
    g_assert_null(model_inspect(folder, &error));
    g_test_message("%s", error->message);
    g_assert_error(error, TINCTURE_ERROR, code);
    char *message = g_strdup(error->message);
    g_error_free(error);
    folder_free(folder);
    return message;
}

// One message names everything that does not fit.
static void test_mismatch(void)
{
    char *folder = folder_copy("sd1");
    folder_change_weights(
        folder, "unet/diffusion_pytorch_model.safetensors",
        (struct folder_change){.drop = "conv_in.bias", .flatten = "conv_out.weight"});
    folder_change_weights(
        folder, "vae/diffusion_pytorch_model.safetensors",
        (struct folder_change){.drop = "encoder.conv_in.weight", .add = "encoder.more"});
    g_autofree char *message = inspect_fails(folder, TINCTURE_ERROR_MISMATCH);
    g_assert_nonnull(strstr(message, "unet: 1 missing (conv_in.bias), 1 of"));
    g_assert_nonnull(strstr(message, "conv_out.weight: 288 instead of 4 x 8 x 3 x 3"));
    g_assert_nonnull(strstr(message, "encoder.conv_in.weight"));
    g_assert_nonnull(strstr(message, "encoder.more"));
}

static void test_ignorable(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = folder_copy("sd1");
    folder_change_weights(folder, "text_encoder/model.safetensors",
                          (struct folder_change){.add = "text_model.embeddings.position_ids"});
    struct model *m = model_inspect(folder, &error);
    g_assert_no_error(error);
    model_free(m);
    folder_free(folder);
}

// What no layer asks for is told of, and does no harm: also the layers of a text encoder that its
// configuration does not count.
static void test_surplus(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = folder_copy("sd1");
    folder_change_weights(folder, "unet/diffusion_pytorch_model.safetensors",
                          (struct folder_change){.add = "more.weight"});
    folder_edit(folder, "text_encoder/config.json", "\"num_hidden_layers\": 2",
                "\"num_hidden_layers\": 1");
    struct model *m = model_inspect(folder, &error);
    g_assert_no_error(error);
    g_test_message("%s", m->note);
    g_assert_nonnull(strstr(m->note, "unet: 1 without a layer (more.weight)"));
    g_assert_nonnull(strstr(m->note, "text_encoder: 16 without a layer (text_model."));
    model_free(m);
    folder_free(folder);
    m = inspect_data("sd1");
    g_assert_null(m->note);
    model_free(m);
}

// A list of merges that was cut makes other pictures of the same words: that is said.
static void test_cut_merges(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = folder_copy("sd1");
    g_autofree char *path = g_build_filename(folder, "tokenizer", "merges.txt", NULL);
    g_autofree char *merges = NULL;
    g_assert_true(g_file_get_contents(path, &merges, NULL, NULL));
    merges[strlen(merges) / 3] = '\0';
    *strrchr(merges, '\n') = '\0';
    folder_write(folder, "tokenizer/merges.txt", merges);
    struct model *m = model_inspect(folder, &error);
    g_assert_no_error(error);
    g_assert_nonnull(strstr(m->note, "merges may be cut short"));
    model_free(m);
    folder_free(folder);
}

static void move(const char *folder, const char *from, const char *to)
{
    g_autofree char *source = g_build_filename(folder, from, NULL),
                    *target = g_build_filename(folder, to, NULL);
    g_assert_cmpint(g_rename(source, target), ==, 0);
}

static void assert_files(const char *folder, const char *part, const char *files)
{
    g_autoptr(GError) error = NULL;
    struct model *m = model_inspect(folder, &error);
    g_assert_no_error(error);
    g_autofree char *found = model_part_files(m, part);
    g_assert_cmpstr(found, ==, files);
    model_free(m);
}

// Variants of a part's weights under the names that programs give them, and which goes first.
static void test_variants(void)
{
    static const char plain[] = "unet/diffusion_pytorch_model.safetensors";
    static const char *const names[] = {
        "diffusion_pytorch_model.non_ema.safetensors", "diffusion_pytorch_model.ema.safetensors",
        "diffusion_pytorch_model.bf16.safetensors", "diffusion_pytorch_model.fp16.safetensors",
        "diffusion_pytorch_model.fp32.safetensors"};
    char *folder = folder_copy("sd1");
    g_autofree char *last = g_strdup(plain);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *next = g_strconcat("unet/", names[i], NULL);
        move(folder, last, next);
        assert_files(folder, MODEL_UNET, names[i]);
        g_free(last);
        last = g_steal_pointer(&next);
    }
    folder_write(folder, "unet/diffusion_pytorch_model.bf16.safetensors", "not read");
    assert_files(folder, MODEL_UNET,
                 "diffusion_pytorch_model.fp32.safetensors, not "
                 "diffusion_pytorch_model.bf16.safetensors");
    move(folder, "text_encoder/model.safetensors", "text_encoder/model.bf16.safetensors");
    assert_files(folder, MODEL_TEXT, "model.bf16.safetensors");
    folder_free(folder);

    folder = folder_copy("old-names"); // its U-Net is in two shards
    static const char *const indices[] = {"diffusion_pytorch_model.safetensors.index.json",
                                          "diffusion_pytorch_model.safetensors.index.bf16.json",
                                          "diffusion_pytorch_model.bf16.safetensors.index.json"};
    for (size_t i = 0; i < G_N_ELEMENTS(indices); i++) {
        g_autofree char *from = g_strconcat("unet/", indices[i], NULL),
                        *to = g_strconcat("unet/", indices[MIN(i + 1, 2)], NULL);
        assert_files(folder, MODEL_UNET, indices[i]);
        move(folder, from, to);
    }
    folder_free(folder);
}

static void test_swish(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = folder_copy("sd1");
    folder_edit(folder, UNET, "\"act_fn\": \"silu\"", "\"act_fn\": \"swish\"");
    folder_edit(folder, VAE, "\"act_fn\": \"silu\"", "\"act_fn\": \"swish\"");
    struct model *m = model_inspect(folder, &error);
    g_assert_no_error(error);
    model_free(m);
    folder_free(folder);
}

static void test_files(void)
{
    char *folder = folder_copy("sd1");
    folder_remove(folder, "unet/diffusion_pytorch_model.safetensors");
    g_free(inspect_fails(folder, TINCTURE_ERROR_FILE));

    folder = folder_copy("sd1");
    folder_remove(folder, "unet/diffusion_pytorch_model.safetensors");
    folder_write(folder, "unet/diffusion_pytorch_model.bin", "");
    g_autofree char *pickle = inspect_fails(folder, TINCTURE_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(pickle, "safetensors"));
}

// An index may only name files of its own folder.
static void test_shards(void)
{
    static const char index[] = "unet/diffusion_pytorch_model.safetensors.index.json";
    static const char *const bad[] = {
        "{}",
        "{\"weight_map\":{}}",
        "{\"weight_map\":{\"a\":7}}",
        "{\"weight_map\":{\"a\":\"/etc/a.safetensors\"}}",
        "{\"weight_map\":{\"a\":\"../vae/diffusion_pytorch_model.safetensors\"}}",
        "{\"weight_map\":{\"a\":\"..\"}}",
        "{\"weight_map\":{\"a\":\"config.json\"}}",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        char *folder = folder_copy("old-names");
        folder_write(folder, index, bad[i]);
        g_free(inspect_fails(folder, TINCTURE_ERROR_FILE));
    }
    char *folder = folder_copy("old-names");
    folder_edit(folder, index, "-00002-of-00002", "-00001-of-00002");
    model_free(model_inspect(folder, NULL)); // harmless: both shards are still named
    folder_free(folder);
}

static void test_latent_rgb(void)
{
    static const char *const bad[] = {
        "{}",
        "{\"factors\":[[1,2,3]],\"bias\":[0,0,0]}",
        "{\"factors\":[[1,2,3],[1,2,3],[1,2,3],[1,2]],\"bias\":[0,0,0]}",
        "{\"factors\":[[1,2,3],[1,2,3],[1,2,3],[1,2,\"x\"]],\"bias\":[0,0,0]}",
        "{\"factors\":[[1,2,3],[1,2,3],[1,2,3],[1,2,1e9]],\"bias\":[0,0,0]}",
        "{\"factors\":[[1,2,3],[1,2,3],[1,2,3],[1,2,3]]}",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        char *folder = folder_copy("sd1");
        folder_write(folder, "latent_rgb.json", bad[i]);
        g_free(inspect_fails(folder, TINCTURE_ERROR_FILE));
    }
    g_autoptr(GError) error = NULL;
    char *folder = folder_copy("sd1");
    folder_write(folder, "latent_rgb.json",
                 "{\"factors\":[[1,2,3],[0,0,0],[0,0,0],[0.5,0,-1]],\"bias\":[7,8,9]}");
    struct model *m = model_inspect(folder, &error);
    g_assert_no_error(error);
    g_assert_true(m->has_latent_rgb);
    g_assert_cmpfloat(m->latent_rgb[0][1], ==, 2);
    g_assert_cmpfloat(m->latent_rgb[3][2], ==, -1);
    g_assert_cmpfloat(m->latent_rgb[4][0], ==, 7);
    model_free(m);
    folder_free(folder);
}

// What a folder says about its own use; nonsense in it changes nothing, and a broken file is said.
static void test_own_settings(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = folder_copy("sd1");
    struct settings *s = settings_new(learn_settings);
    g_assert_true(model_defaults(folder, "learn", s, &error));
    g_assert_cmpstr(settings_choice(s, "method"), ==, "svdiff");
    folder_write(
        folder, "tincture.json",
        "{\"edit\": 5, \"learn\": {\"method\": \"oft\", \"oft\": {\"lr\": 0.0001, \"steps\": "
        "-3}, \"batch\": \"many\", \"no\": 1}}");
    g_assert_true(model_defaults(folder, "learn", s, &error));
    g_assert_true(model_defaults(folder, "edit", s, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(settings_choice(s, "method"), ==, "oft");
    g_assert_cmpfloat(settings_get(s, "lr"), ==, 0.0001);
    g_assert_cmpint(settings_int(s, "steps"), ==, 100);
    g_assert_null(model_presets(folder, &error));
    g_assert_no_error(error);
    folder_write(folder, "tincture.json", "{\"presets\": {\"colour\": {\"guidance\": 5}}}");
    g_autoptr(JsonObject) presets = model_presets(folder, &error);
    g_assert_true(json_object_has_member(presets, "colour"));
    folder_write(folder, "tincture.json", "[");
    g_assert_null(model_presets(folder, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE);
    g_clear_error(&error);
    g_assert_false(model_defaults(folder, "learn", s, &error));
    g_assert_nonnull(strstr(error->message, "tincture.json"));
    settings_free(s);
    folder_free(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/config/sd1", test_sd1);
    g_test_add_func("/config/sd2", test_sd2);
    g_test_add_func("/config/infinite", test_infinite);
    g_test_add_func("/config/defaults", test_defaults);
    g_test_add_func("/config/added-tokens", test_added_tokens);
    g_test_add_func("/config/refused", test_refused);
    g_test_add_func("/config/mismatch", test_mismatch);
    g_test_add_func("/config/ignorable", test_ignorable);
    g_test_add_func("/config/surplus", test_surplus);
    g_test_add_func("/config/cut-merges", test_cut_merges);
    g_test_add_func("/config/variants", test_variants);
    g_test_add_func("/config/swish", test_swish);
    g_test_add_func("/config/files", test_files);
    g_test_add_func("/config/shards", test_shards);
    g_test_add_func("/config/latent-rgb", test_latent_rgb);
    g_test_add_func("/config/own-settings", test_own_settings);
    return g_test_run();
}
