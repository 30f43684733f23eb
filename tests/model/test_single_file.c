// Checkpoints in one file: that the configuration read from names and shapes is the folder's, where
// the tokenizer comes from, and the message for each other kind of file. No device.

#include "compute/file/hash.h"
#include "compute/file/safetensors.h"
#include "compute/model/model.h"
#include "tests/model/folder.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define UNET      "model.diffusion_model."
#define VAE       "first_stage_model."
#define CLIP      "cond_stage_model.transformer.text_model."
#define OPEN_CLIP "cond_stage_model.model."

// Inspects FOLDER/FILE.
static struct model *inspect(const char *folder, const char *file)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(folder, file, NULL);
    struct model *m = model_inspect(path, &error);
    g_assert_no_error(error);
    return m;
}

// The message that FOLDER/FILE is refused with, one sentence that names the file.
static char *refused(const char *folder, const char *file, int code)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(folder, file, NULL);
    g_assert_null(model_inspect(path, &error));
    g_test_message("%s", error->message);
    g_assert_error(error, TINCTURE_ERROR, code);
    g_assert_nonnull(strstr(error->message, path));
    g_assert_null(strchr(error->message, '\n'));
    return g_strdup(error->message);
}

static void assert_says(const char *folder, const char *file, int code, const char *says)
{
    g_autofree char *message = refused(folder, file, code);
    g_assert_nonnull(strstr(message, says));
}

// ---- configuration ------------------------------------------------------------------------------

static void assert_same_tokens(const struct model *a, const struct model *b)
{
    static const char *const texts[] = {"", "a photo of a dog on the beach", "hello!", "!!"};
    g_assert_cmpint(a->text.max_tokens, ==, b->text.max_tokens);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        int32_t x[77], y[77];
        model_tokenize(a, texts[i], x, NULL, NULL);
        model_tokenize(b, texts[i], y, NULL, NULL);
        g_assert_cmpmem(x, a->text.max_tokens * sizeof *x, y, b->text.max_tokens * sizeof *y);
    }
}

static void test_same_as_folder(void)
{
    static const char *const names[] = {"sd1",    "sd2",       "fp16",      "bf16",
                                        "levels", "bare-text", "plain-vae", "wide"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        char *folder = folder_copy(names[i]), *single = folder_single(names[i]);
        g_autofree char *file = g_strconcat(names[i], ".safetensors", NULL);
        struct model *a = inspect(folder, ""), *b = inspect(single, file);
        g_test_message("%s", b->name);
        g_assert_cmpint(a->layout, ==, LAYOUT_FOLDER);
        g_assert_cmpint(b->layout, ==,
                        b->text.act == UNARY_GELU ? LAYOUT_SD2_FILE : LAYOUT_SD1_FILE);
        g_assert_cmpstr(b->name, ==, names[i]);
        g_assert_cmpmem(&a->text, sizeof a->text, &b->text, sizeof b->text);
        g_assert_cmpmem(&a->unet, sizeof a->unet, &b->unet, sizeof b->unet);
        g_assert_cmpmem(&a->vae, sizeof a->vae, &b->vae, sizeof b->vae);
        g_assert_cmpstr(a->sched.sampler, ==, "DDIMScheduler");
        g_assert_cmpstr(b->sched.sampler, ==, ""); // a file names none
        memset(a->sched.sampler, 0, sizeof a->sched.sampler);
        g_assert_cmpmem(&a->sched, sizeof a->sched, &b->sched, sizeof b->sched);
        assert_same_tokens(a, b);
        model_free(a);
        model_free(b);
        folder_free(folder);
        folder_free(single);
    }
}

// A tokenizer of the published size; only its ids count here.
static void write_vocabulary(const char *folder)
{
    g_autoptr(GString) vocab = g_string_new("{\"!\":0");
    for (int i = 1; i < 49406; i++) {
        g_string_append_printf(vocab, ",\"t%d\":%d", i, i);
    }
    g_string_append(vocab, ",\"<|startoftext|>\":49406,\"<|endoftext|>\":49407}");
    folder_write(folder, "vocab.json", vocab->str);
    folder_write(folder, "merges.txt", "#version: 0.2\n");
}

static int64_t part_numbers(const struct model *m, const char *name)
{
    int64_t n = 0;
    const GPtrArray *weights = model_part(m, name)->weights;
    for (guint i = 0; i < weights->len; i++) {
        n += shape_count(((const struct nn_weight *)weights->pdata[i])->shape);
    }
    return n;
}

// A header of the published size, with zeros that take no room on the disk behind it.
static struct model *inspect_published(const char *family)
{
    g_autofree char *header_name = g_strconcat(family, ".header", NULL),
                    *header = g_test_build_filename(G_TEST_BUILT, header_name, NULL);
    char *folder = g_dir_make_tmp("tincture-XXXXXX", NULL), *data;
    g_autofree char *path = g_build_filename(folder, "model.safetensors", NULL);
    gsize size;
    g_assert_true(g_file_get_contents(header, &data, &size, NULL));
    g_assert_true(g_file_set_contents(path, data, size, NULL));
    const char *last = g_strrstr(data + 8, "\"data_offsets\":[");
    last = strchr(last, ',');
    g_assert_cmpint(truncate(path, (off_t)size + g_ascii_strtoll(last + 1, NULL, 10)), ==, 0);
    g_free(data);
    write_vocabulary(folder);
    struct model *m = inspect(folder, "model.safetensors");
    folder_free(folder);
    return m;
}

// The families' constants, and all layers: the parts have the published numbers of parameters
// (methods 0).
static void test_published(void)
{
    struct model *m = inspect_published("sd1");
    g_assert_cmpint(part_numbers(m, MODEL_TEXT), ==, 123060480);
    g_assert_cmpint(part_numbers(m, MODEL_UNET), ==, 859520964);
    g_assert_cmpint(model_part(m, MODEL_UNET)->weights->len, ==, 686);
    g_assert_cmpint(part_numbers(m, MODEL_VAE), ==, 83653863);
    g_assert_cmpint(m->text.heads, ==, 12);
    g_assert_cmpint(m->unet.heads[0], ==, 8);
    g_assert_cmpint(m->unet.heads[3], ==, 8);
    g_assert_cmpint(m->text.pad_id, ==, 49407);
    g_assert_cmpint(model_default_size(m), ==, 512);
    g_assert_false(m->unet.linear_projection);
    model_free(m);

    m = inspect_published("sd2");
    g_assert_cmpint(part_numbers(m, MODEL_TEXT), ==, 340387840);
    g_assert_cmpint(part_numbers(m, MODEL_UNET), ==, 865910724);
    g_assert_cmpint(m->text.layers, ==, 23);
    g_assert_cmpint(m->text.heads, ==, 16);
    g_assert_cmpint(m->unet.heads[0], ==, 5);
    g_assert_cmpint(m->unet.heads[3], ==, 20);
    g_assert_cmpint(m->text.pad_id, ==, 0);
    g_assert_true(m->unet.linear_projection);
    g_assert_cmpint(m->sched.prediction, ==, PREDICTION_EPSILON); // its norms are all zeros
    g_assert_cmpint(model_default_size(m), ==, 512);
    model_free(m);
}

static void assert_prediction(const char *name, struct folder_change change, int prediction)
{
    char *folder = folder_single(name);
    g_autofree char *file = g_strconcat(name, ".safetensors", NULL);
    folder_change_weights(folder, file, change);
    struct model *m = inspect(folder, file);
    g_assert_cmpint(m->sched.prediction, ==, prediction);
    model_free(m);
    folder_free(folder);
}

static void test_prediction(void)
{
    const char *key = "modelspec.prediction_type";
    assert_prediction("sd2", (struct folder_change){.add = "global_step", .value = 875000},
                      PREDICTION_EPSILON);
    assert_prediction("sd2", (struct folder_change){.add = "global_step", .value = 140000},
                      PREDICTION_V);
    assert_prediction("sd2", (struct folder_change){.meta = key, .meta_value = "epsilon"},
                      PREDICTION_EPSILON);
    assert_prediction("sd1", (struct folder_change){.meta = key, .meta_value = "v"}, PREDICTION_V);
}

static void test_hash(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = folder_single("sd1");
    struct model *m = inspect(folder, "sd1.safetensors");
    g_autofree char *hash = file_sha256(m->path, NULL, &error);
    static const char *const parts[] = {MODEL_TEXT, MODEL_UNET, MODEL_VAE};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_assert_cmpstr(model_hash(m, parts[i], NULL, &error), ==, hash);
    }
    model_free(m);
    folder_free(folder);
}

// ---- weights ------------------------------------------------------------------------------------

// One message names everything that does not fit, and what belongs to no part is left alone.
static void test_mismatch(void)
{
    const char *file = "sd2.safetensors";
    char *folder = folder_single("sd2");
    folder_change_weights(
        folder, file, (struct folder_change){.drop = UNET "out.2.bias", .add = VAE "encoder.more"});
    folder_change_weights(
        folder, file,
        (struct folder_change){.drop = OPEN_CLIP "transformer.resblocks.1.attn.in_proj_bias",
                               .flatten = OPEN_CLIP "transformer.resblocks.0.attn.in_proj_weight",
                               .add = "model_ema.more"});
    g_autofree char *message = refused(folder, file, TINCTURE_ERROR_MISMATCH);
    g_assert_nonnull(strstr(message, "text_encoder: 3 missing (text_model.encoder.layers.1.self_"));
    g_assert_nonnull(strstr(message, "0.attn.in_proj_weight: 256 instead of 16 x 16"));
    g_assert_nonnull(strstr(message, "unet: 1 missing (conv_out.bias); vae: 1 without a layer (" VAE
                                     "encoder.more)"));
    folder_free(folder);
}

#define TEXT "{\"text_encoder\":{\"num_attention_heads\":2}"

// What the metadata adds is read as strictly as a folder's files.
static void test_config(void)
{
    static const struct {
        const char *config, *says;
    } bad[] = {
        {"[1", "config is damaged"},
        {"{}", "num_attention_heads is 0"}, // the family's, which such small models do not fit
        {TEXT "}", "norm_num_groups = 32 does not divide 8 channels"},
        {TEXT ",\"unet\":{\"norm_num_groups\":4,\"attention_head_dim\":3}}", "does not divide"},
        {TEXT ",\"unet\":{\"norm_num_groups\":4,\"attention_head_dim\":[2]}}", "list of 2"},
        {TEXT ",\"unet\":{\"norm_num_groups\":0}}", "norm_num_groups is 0"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        char *folder = folder_single("sd1");
        folder_change_weights(
            folder, "sd1.safetensors",
            (struct folder_change){.meta = "config", .meta_value = bad[i].config});
        assert_says(folder, "sd1.safetensors", TINCTURE_ERROR_FILE, bad[i].says);
        folder_free(folder);
    }
}

// ---- other files --------------------------------------------------------------------------------

// Writes tensors of the given names, all of the given shape, to FOLDER/model.safetensors.
static void write_tensors(const char *folder, const GPtrArray *names, int rank,
                          const int64_t *shape)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(folder, "model.safetensors", NULL);
    int64_t count = 1;
    for (int i = 0; i < rank; i++) {
        count *= shape[i];
    }
    g_autofree float *zeros = g_new0(float, count);
    struct st_writer *w = st_writer_new();
    for (guint i = 0; i < names->len; i++) {
        st_writer_f32(w, names->pdata[i], rank, shape, zeros);
    }
    g_assert_true(st_writer_save(w, path, NULL, &error));
    st_writer_free(w);
}

#define INPUT   UNET "input_blocks.0.0.weight"
#define OUTPUT  UNET "out.2.weight"
#define DECODER VAE "decoder.conv_in.weight"
#define TOKENS  CLIP "embeddings.token_embedding.weight"

static void test_other_kinds(void)
{
    static const struct {
        const char *names; // with spaces between them
        int channels;
        const char *says;
    } kinds[] = {
        {"conditioner.embedders.0.transformer.text_model.x " INPUT " " DECODER, 4, "Diffusion XL"},
        {UNET "label_emb.0.0.weight " INPUT " " DECODER " " TOKENS, 4, "second condition"},
        {UNET "joint_blocks.0.x_block.attn.proj.bias", 4, "Stable Diffusion 3"},
        {"double_blocks.0.img_attn.proj.bias", 4, "Flux"},
        {"control_model.input_blocks.0.0.bias " INPUT, 4, "ControlNet"},
        {"lora_unet_mid_block_attentions_0_proj_in.alpha", 4, "an adapter"},
        {"unet.mid_block.attentions.0.proj_in.lora_A.weight", 4, "an adapter"},
        {"down_blocks.0.resnets.0.conv1.bias conv_in.bias", 4, "one network of a model folder"},
        {"encoder.conv_in.weight", 4, "an autoencoder"},
        {"anything", 4, INPUT " is missing"},
        {INPUT " " OUTPUT " " DECODER " " TOKENS, 9, "an inpainting model"},
        {INPUT " " OUTPUT " " DECODER " " TOKENS, 8, "beside the text"},
        {INPUT " " OUTPUT " " DECODER " " TOKENS, 5, "depth-to-image"},
        {INPUT " " TOKENS, 4, "without an autoencoder"},
        {INPUT " " DECODER, 4, "without a text encoder"},
    };
    char *folder = g_dir_make_tmp("tincture-XXXXXX", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_auto(GStrv) names = g_strsplit(kinds[i].names, " ", -1);
        g_autoptr(GPtrArray) list = g_ptr_array_new();
        for (char **name = names; *name; name++) {
            g_ptr_array_add(list, *name);
        }
        write_tensors(folder, list, 4, (int64_t[]){4, kinds[i].channels, 1, 1});
        assert_says(folder, "model.safetensors", TINCTURE_ERROR_UNSUPPORTED, kinds[i].says);
    }
    folder_write(folder, "model.ckpt", "PK");
    assert_says(folder, "model.ckpt", TINCTURE_ERROR_UNSUPPORTED, "can carry programs");
    folder_write(folder, "photo.jpg", "this is a picture of a dog, and not a model");
    assert_says(folder, "photo.jpg", TINCTURE_ERROR_FILE, "not a safetensors file");
    folder_free(folder);
}

// A checkpoint of n blocks on the way down, residual and closing by turns, of the same width.
static GPtrArray *tower(int n)
{
    static const char *const needed[] = {
        INPUT,
        DECODER,
        TOKENS,
        CLIP "embeddings.position_embedding.weight",
        CLIP "encoder.layers.0.mlp.fc1.weight",
        CLIP "encoder.layers.0.layer_norm1.weight",
        OUTPUT,
        UNET "time_embed.0.weight",
        UNET "middle_block.1.transformer_blocks.0.attn2.to_k.weight",
    };
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < G_N_ELEMENTS(needed); i++) {
        g_ptr_array_add(names, g_strdup(needed[i]));
    }
    for (int i = 0; i < n; i++) {
        g_ptr_array_add(names, g_strdup_printf(UNET "input_blocks.%d.0.%s.weight", 1 + i,
                                               i % 2 ? "op" : "in_layers.2"));
    }
    return names;
}

// Numbers that only names say are bounded like those of a configuration file.
static void test_bounds(void)
{
    static const struct {
        int blocks;
        int64_t shape[2];
        int code;
        const char *says;
    } bad[] = {
        {2000, {8, 64}, TINCTURE_ERROR_UNSUPPORTED, "unet: block_out_channels must be a list of 1"},
        {17, {8, 64}, TINCTURE_ERROR_UNSUPPORTED, "unet: block_out_channels must be a list of 1"},
        {0, {8, 64}, TINCTURE_ERROR_FILE, "unet: block_out_channels is 0"},
        {3, {0, 64}, TINCTURE_ERROR_FILE, "text_encoder: vocab_size is 0"},
        {3, {8, 4}, TINCTURE_ERROR_FILE, "text_encoder: num_attention_heads is 0"},
    };
    char *folder = g_dir_make_tmp("tincture-XXXXXX", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GPtrArray) names = tower(bad[i].blocks);
        write_tensors(folder, names, 2, bad[i].shape);
        assert_says(folder, "model.safetensors", bad[i].code, bad[i].says);
    }
    folder_free(folder);
}

// ---- tokenizer ----------------------------------------------------------------------------------

static void add_tokenizer(const char *folder, const char *at, const char *model)
{
    char *copy = folder_copy(model);
    g_autofree char *from = g_build_filename(copy, "tokenizer", NULL),
                    *to = g_build_filename(folder, at, NULL), *parent = g_path_get_dirname(to);
    g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
    g_assert_cmpint(g_rename(from, to), ==, 0);
    folder_free(copy);
}

static void assert_pad(const char *folder, const char *file, int pad)
{
    struct model *m = inspect(folder, file);
    g_assert_cmpint(m->text.pad_id, ==, pad);
    model_free(m);
}

// The nearest one is taken first; one with another vocabulary does not count, and padding is that
// of the family.
static void test_tokenizer(void)
{
    const char *file = "sd1.safetensors";
    char *folder = folder_single("sd1");
    folder_remove(folder, "vocab.json");
    assert_says(folder, file, TINCTURE_ERROR_FILE, "put CLIP's vocab.json and merges.txt into");

    add_tokenizer(folder, "a/tokenizer", "sd1");
    folder_write(folder, "a/tokenizer/vocab.json",
                 "{\"<|startoftext|>\":0,\"<|endoftext|>\":1,\"a\":2}");
    assert_says(folder, file, TINCTURE_ERROR_FILE, "put CLIP's vocab.json and merges.txt into");
    add_tokenizer(folder, "b/tokenizer", "sd2");
    assert_pad(folder, file, 673);

    folder_write(folder, "vocab.json", "{}"); // with merges.txt it comes before the neighbours
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(folder, file, NULL);
    g_assert_null(model_inspect(path, &error));
    g_assert_nonnull(strstr(error->message, "tokenizer"));

    add_tokenizer(folder, "tokenizer", "sd1");
    assert_pad(folder, file, 673);
    folder_free(folder);

    folder = folder_single("sd2");
    add_tokenizer(folder, "tokenizer", "sd1");
    assert_pad(folder, "sd2.safetensors", 0);
    folder_free(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/single-file/same-as-folder", test_same_as_folder);
    g_test_add_func("/single-file/published", test_published);
    g_test_add_func("/single-file/prediction", test_prediction);
    g_test_add_func("/single-file/hash", test_hash);
    g_test_add_func("/single-file/mismatch", test_mismatch);
    g_test_add_func("/single-file/config", test_config);
    g_test_add_func("/single-file/other-kinds", test_other_kinds);
    g_test_add_func("/single-file/bounds", test_bounds);
    g_test_add_func("/single-file/tokenizer", test_tokenizer);
    return g_test_run();
}
