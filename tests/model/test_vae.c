// An autoencoder from elsewhere in the place of a model's: every layout it comes in gives the same
// numbers as the model's own. And half-renamed checkpoints.

#include "compute/file/safetensors.h"
#include "compute/model/model.h"
#include "tests/model/folder.h"

#include <glib/gstdio.h>
#include <string.h>

#define WEIGHTS "diffusion_pytorch_model.safetensors"
#define CONFIG  "{\"vae\": {\"norm_num_groups\": 4}}"

static struct gpu *gpu;

static struct model *load(const char *path, const char *vae)
{
    g_autoptr(GError) error = NULL;
    struct model *m = model_load_with(path, vae, gpu, NULL, &error);
    g_assert_no_error(error);
    return m;
}

static void assert_same_part(const struct model *a, const struct model *b)
{
    const struct nn_part *p = model_part(a, MODEL_VAE);
    for (guint i = 0; i < p->weights->len; i++) {
        const struct nn_weight *x = p->weights->pdata[i];
        const struct nn_weight *y = nn_part_find(model_part(b, MODEL_VAE), x->name);
        const gsize n = (gsize)shape_count(x->shape);
        g_autofree float *left = g_new(float, n), *right = g_new(float, n);
        g_assert_true(tensor_read(x->tensor, left, NULL) && tensor_read(y->tensor, right, NULL));
        g_assert_cmpmem(left, n * sizeof *left, right, n * sizeof *right);
    }
}

// sd1 in a folder without an autoencoder, and one that lies at `vae`.
static void assert_taken(const char *folder, const char *vae)
{
    g_autofree char *whole = g_test_build_filename(G_TEST_DIST, "data", "models", "sd1", NULL);
    struct model *a = load(whole, NULL), *b = load(folder, vae);
    g_assert_cmpmem(&a->vae.channels, sizeof a->vae.channels, &b->vae.channels,
                    sizeof b->vae.channels);
    g_assert_cmpint(a->vae.groups, ==, b->vae.groups);
    assert_same_part(a, b);
    model_free(a);
    model_free(b);
}

static void remove_vae(const char *folder)
{
    folder_remove(folder, "vae/config.json");
    folder_remove(folder, "vae/" WEIGHTS);
}

static void test_folder(void)
{
    char *folder = folder_copy("sd1"), *other = folder_copy("sd1");
    g_autofree char *vae = g_build_filename(other, "vae", NULL);
    g_autofree char *file = g_build_filename(vae, WEIGHTS, NULL);
    remove_vae(folder);
    assert_taken(folder, vae);
    assert_taken(folder, other); // a whole model's
    assert_taken(folder, file);  // with the configuration beside it
    folder_free(folder);
    folder_free(other);
}

// The layouts of one file; what a small model's names and shapes do not say is in its metadata.
static void test_file(void)
{
    static const struct {
        const char *from; // the file that is changed
        struct folder_change change;
    } cases[] = {
        {"sd1.safetensors", {0}}, // a whole checkpoint
        {"sd1.safetensors", {.only = "first_stage_model."}},
        {"sd1.safetensors", {.only = "first_stage_model.", .prefix = "vae."}},
        {"sd1.safetensors",
         {.only = "first_stage_model.", .rename = ".attn_1.q.", .to = ".attn_1.to_q."}},
        {"sd1.safetensors",
         {.only = "first_stage_model.", .rename = ".attn_1.proj_out.", .to = ".attn_1.to_out.0."}},
        {"vae/" WEIGHTS, {.meta = "config", .meta_value = CONFIG}},
        {"vae/" WEIGHTS, {.only = "", .prefix = "vae.", .meta = "config", .meta_value = CONFIG}},
        {"vae/" WEIGHTS,
         {.rename = ".to_out.0.", .to = ".proj_attn.", .meta = "config", .meta_value = CONFIG}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const bool whole = *cases[i].from == 's';
        char *folder = folder_copy("sd1"),
             *other = whole ? folder_single("sd1") : folder_copy("sd1");
        remove_vae(folder);
        if (!whole) {
            folder_remove(other, "vae/config.json");
        }
        if (i > 0) {
            folder_change_weights(other, cases[i].from, cases[i].change);
        }
        g_autofree char *file = g_build_filename(other, cases[i].from, NULL);
        g_test_message("case %zu", i);
        assert_taken(folder, file);
        folder_free(folder);
        folder_free(other);
    }
}

// A checkpoint whose autoencoder is a second file.
static void test_checkpoint(void)
{
    g_autoptr(GError) error = NULL;
    char *single = folder_single("sd1"), *bare = folder_single("sd1");
    g_autofree char *model = g_build_filename(bare, "sd1.safetensors", NULL);
    g_autofree char *vae = g_build_filename(single, "sd1.safetensors", NULL);
    folder_change_weights(bare, "sd1.safetensors",
                          (struct folder_change){.rename = "first_stage_model.", .to = "gone."});
    g_assert_null(model_load(model, gpu, NULL, &error));
    g_assert_nonnull(strstr(error->message, "without an autoencoder"));
    assert_taken(model, vae);
    struct model *m = load(model, vae);
    g_autofree char *files = model_part_files(m, MODEL_VAE);
    g_assert_cmpstr(files, ==, "sd1.safetensors");
    g_assert_cmpstr(model_hash(m, MODEL_VAE, NULL, NULL), !=,
                    model_hash(m, MODEL_UNET, NULL, NULL));
    model_free(m);
    folder_free(single);
    folder_free(bare);
}

static void test_refused(void)
{
    g_autofree char *sd1 = g_test_build_filename(G_TEST_DIST, "data", "models", "sd1", NULL);
    g_autofree char *wide = g_test_build_filename(G_TEST_DIST, "data", "models", "wide", NULL);
    g_autofree char *unet = g_build_filename(sd1, "unet", WEIGHTS, NULL);
    g_autofree char *text = g_build_filename(sd1, "text_encoder", NULL);
    g_autofree char *none = g_build_filename(sd1, "scheduler", NULL);
    const struct {
        const char *vae, *says;
    } cases[] = {
        {wide, "8 latent"},           {unet, "holds no autoencoder"}, {text, "of another shape"},
        {none, "has no config.json"}, {"/nowhere", "/nowhere"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        struct model *m = model_inspect_with(sd1, cases[i].vae, &error);
        g_assert_null(m);
        g_test_message("%s", error->message);
        if (i != 2) { // a text encoder's configuration says nothing of its class
            g_assert_nonnull(strstr(error->message, cases[i].says));
        }
    }
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    g_test_add_func("/vae/folder", test_folder);
    g_test_add_func("/vae/file", test_file);
    g_test_add_func("/vae/checkpoint", test_checkpoint);
    g_test_add_func("/vae/refused", test_refused);
    int status = g_test_run();
    g_assert_cmpuint(gpu_validation_count(gpu), ==, 0);
    gpu_free(gpu);
    return status;
}
