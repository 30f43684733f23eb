// Loading weights onto a device: progress, cancelling, hashes, weights that are not numbers.

#include "compute/file/hash.h"
#include "compute/file/safetensors.h"
#include "compute/model/decoder.h"
#include "tests/model/folder.h"

#include <glib/gstdio.h>
#include <string.h>

static struct gpu *gpu;

struct seen {
    int calls;
    double last;
};

// Cancels at the third call, where that can be.
static void see(struct task *task, const struct task_progress *progress)
{
    struct seen *s = task->data;
    g_assert_cmpint(progress->stage, ==, TASK_LOADING_MODEL);
    g_assert_cmpfloat(progress->fraction, >=, s->last);
    s->last = progress->fraction;
    if (++s->calls == 3 && task->cancellable) {
        g_cancellable_cancel(task->cancellable);
    }
}

static void test_progress(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = folder_copy("fp16");
    struct seen s = {0};
    struct task task = {.report = see, .data = &s};
    struct model *m = model_load(folder, gpu, &task, &error);
    g_assert_no_error(error);
    g_assert_cmpfloat(s.last, ==, 1);
    g_assert_true(m->gpu == gpu);
    model_free(m);
    folder_free(folder);
}

static void test_cancel(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    char *folder = folder_copy("sd1");
    struct seen s = {0};
    struct task task = {.report = see, .data = &s, .cancellable = cancel};
    g_assert_null(model_load(folder, gpu, &task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpint(s.calls, ==, 3);
    folder_free(folder);
}

// Convolutions are turned to channels last; the values are the file's.
static void test_layout(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = folder_copy("sd1");
    g_autofree char *path =
        g_build_filename(folder, "unet", "diffusion_pytorch_model.safetensors", NULL);
    struct model *m = model_load(folder, gpu, NULL, &error);
    g_assert_no_error(error);
    struct st_file *f = st_open(path, &error);
    const struct nn_weight *w = nn_part_find(model_part(m, MODEL_UNET), "conv_in.weight");
    float file[8 * 4 * 9], engine[8 * 4 * 9]; // (O,I,ky,kx) and (O,ky,kx,I)
    g_assert_true(st_read_f32(st_find(f, "conv_in.weight"), file, true, &error));
    g_assert_true(tensor_read(w->tensor, engine, &error));
    for (int o = 0; o < 8; o++) {
        for (int i = 0; i < 4; i++) {
            for (int k = 0; k < 9; k++) {
                g_assert_cmpfloat(engine[(o * 9 + k) * 4 + i], ==, file[(o * 4 + i) * 9 + k]);
            }
        }
    }
    st_free(f);
    model_free(m);
    folder_free(folder);
}

static void test_not_a_number(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = folder_copy("sd1");
    folder_change_weights(folder, "vae/diffusion_pytorch_model.safetensors",
                          (struct folder_change){.spoil = "decoder.conv_in.bias"});
    g_assert_null(model_load(folder, gpu, NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, "decoder.conv_in.bias"));
    folder_free(folder);
}

// A file in the original layout gives the folder's weights to the bit, also where it holds three of
// them as one tensor.
static void test_single_file(void)
{
    static const char *const names[] = {"sd1", "sd2", "fp16"};
    for (size_t n = 0; n < G_N_ELEMENTS(names); n++) {
        g_autoptr(GError) error = NULL;
        char *folder = folder_copy(names[n]), *single = folder_single(names[n]);
        g_autofree char *name = g_strconcat(names[n], ".safetensors", NULL),
                        *path = g_build_filename(single, name, NULL);
        struct model *a = model_load(folder, gpu, NULL, &error);
        g_assert_no_error(error);
        struct model *b = model_load(path, gpu, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(a->parts->len, ==, 3);
        for (guint k = 0; k < a->parts->len; k++) {
            const struct nn_part *ours = a->parts->pdata[k], *theirs = model_part(b, ours->name);
            const GPtrArray *weights = ours->weights;
            g_assert_cmpuint(theirs->weights->len, ==, weights->len);
            for (guint i = 0; i < weights->len; i++) {
                const struct nn_weight *w = weights->pdata[i];
                gsize count = (gsize)shape_count(w->shape);
                g_autofree float *x = g_new(float, count), *y = g_new(float, count);
                g_assert_true(tensor_read(w->tensor, x, &error));
                g_assert_true(tensor_read(nn_part_find(theirs, w->name)->tensor, y, &error));
                g_assert_cmpmem(x, count * sizeof *x, y, count * sizeof *y);
            }
        }
        model_free(a);
        model_free(b);
        folder_free(folder);
        folder_free(single);
    }
}

static void test_hash(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = folder_copy("old-names");
    struct model *m = model_inspect(folder, &error);
    g_assert_no_error(error);
    g_autofree char *path =
        g_build_filename(folder, "vae", "diffusion_pytorch_model.safetensors", NULL);
    g_autofree char *hash = file_sha256(path, NULL, &error);
    g_assert_cmpstr(model_hash(m, MODEL_VAE, NULL, &error), ==, hash);
    g_assert_true(model_hash(m, MODEL_VAE, NULL, &error) == model_part(m, MODEL_VAE)->hash);
    g_assert_cmpint(strlen(model_hash(m, MODEL_UNET, NULL, &error)), ==,
                    64); // of two shards
    model_free(m);
    folder_free(folder);
}

// Without latent_rgb.json the matrix is fitted: finite, and the same every time.
static void test_fit(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = folder_copy("sd1");
    struct model *m = model_load(folder, gpu, NULL, &error);
    g_assert_no_error(error);
    g_assert_false(m->has_latent_rgb);
    g_assert_true(model_fit_latent_rgb(m, NULL, &error));
    g_assert_true(m->has_latent_rgb);
    float first[3] = {m->latent_rgb[0][0], m->latent_rgb[0][1], m->latent_rgb[0][2]};
    g_assert_true(model_fit_latent_rgb(m, NULL, &error));
    g_assert_cmpmem(first, sizeof first, m->latent_rgb[0], sizeof first);
    g_assert_cmpfloat(first[0], !=, 0);
    model_free(m);
    folder_free(folder);
}

// The fit is made once for an autoencoder: what was kept of it is taken the next time.
static void test_fit_is_kept(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = folder_copy("sd1");
    struct model *first = model_load(folder, gpu, NULL, &error),
                 *second = model_load(folder, gpu, NULL, &error),
                 *third = model_load(folder, gpu, NULL, &error);
    g_assert_no_error(error);
    g_autofree char *name = g_strconcat(model_hash(first, MODEL_VAE, NULL, &error), ".json", NULL);
    g_autofree char *kept =
        g_build_filename(g_get_user_cache_dir(), "tincture", "latent_rgb", name, NULL);
    g_remove(kept);
    g_assert_true(model_need_latent_rgb(first, NULL, &error));
    g_assert_true(first->has_latent_rgb);
    g_assert_true(model_need_latent_rgb(second, NULL, &error));
    g_assert_cmpmem(first->latent_rgb, sizeof first->latent_rgb, second->latent_rgb,
                    sizeof second->latent_rgb);
    g_assert_true(g_file_set_contents(
        kept, "{\"factors\": [[1,2,3],[4,5,6],[7,8,9],[10,11,12]], \"bias\": [13,14,15]}", -1,
        NULL));
    g_assert_true(model_need_latent_rgb(third, NULL, &error));
    g_assert_cmpfloat(third->latent_rgb[4][2], ==, 15);
    g_assert_cmpint(g_remove(kept), ==, 0);
    model_free(first);
    model_free(second);
    model_free(third);
    folder_free(folder);
}

struct stages {
    enum task_stage first;
    int calls;
};

// Cancels at the first call, where that can be.
static void note_stage(struct task *task, const struct task_progress *progress)
{
    struct stages *s = task->data;
    s->first = s->calls++ == 0 ? progress->stage : s->first;
    if (progress->stage == TASK_READING_FILE) {
        g_assert_cmpstr(progress->name, ==, "diffusion_pytorch_model.safetensors");
    }
    if (task->cancellable) {
        g_cancellable_cancel(task->cancellable);
    }
}

// Before the first preview the autoencoder's file is read, which may be large, and a picture
// encoded: both are told, both can be stopped, and what was stopped is made the next time.
static void test_fit_progress(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    char *folder = folder_copy("sd1");
    struct model *m = model_load(folder, gpu, NULL, &error);
    g_assert_no_error(error);
    struct stages stopped = {0}, whole = {0};
    struct task task = {.report = note_stage, .data = &stopped, .cancellable = cancel};
    g_assert_false(model_need_latent_rgb(m, &task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpint(stopped.first, ==, TASK_READING_FILE);
    g_assert_false(m->has_latent_rgb);
    g_clear_error(&error);

    g_autofree char *kept_name = g_strconcat(model_hash(m, MODEL_VAE, NULL, &error), ".json", NULL);
    g_autofree char *kept =
        g_build_filename(g_get_user_cache_dir(), "tincture", "latent_rgb", kept_name, NULL);
    g_remove(kept);
    task = (struct task){.report = note_stage, .data = &whole};
    g_assert_true(model_need_latent_rgb(m, &task, &error));
    g_assert_true(m->has_latent_rgb);
    g_assert_cmpint(whole.first, ==, TASK_FITTING_PREVIEW);
    g_assert_cmpint(whole.calls, ==, 1);
    g_assert_cmpint(g_remove(kept), ==, 0);
    model_free(m);
    folder_free(folder);
}

// Every decoder that the model has gives a picture of the size and channels that it says.
static void check_decoders(const char *name, const char *alpha)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "data", "models", name, NULL);
    struct model *m = model_inspect(path, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(model_decoder(m)->name, ==, "autoencoder");
    g_assert_cmpstr(model_alpha_decoder(m) ? model_alpha_decoder(m)->name : NULL, ==, alpha);
    for (int i = 0; decoder_table[i]; i++) {
        const struct decoder *d = decoder_table[i];
        g_assert_true(decoder_family(i) == &d->member);
        g_assert_true(d->name && d->title && d->summary);
        if (!model_part(m, d->part)) {
            continue;
        }
        struct graph *g = graph_new();
        struct nn nn = {.g = g, .part = model_part(m, d->part), .dry = true};
        const int factor = model_latent_factor(m), channels = m->vae.latent_channels;
        struct node *out = d->build(&nn, m, graph_leaf_dry(g, (int[]){2, 3, 5, channels}, "z"));
        const int shape[] = {2, 3 * factor, 5 * factor, d->channels};
        g_assert_cmpmem(out->shape, sizeof out->shape, shape, sizeof shape);
        g_assert_cmpfloat(d->scale(m), >, 0);
        graph_free(g);
    }
    model_free(m);
}

static void test_decoders(void)
{
    check_decoders("sd1", NULL);
    check_decoders("levels", "alpha");
}

// A decoder with alpha that does not fit is refused, also where only its number of levels differs.
static void test_alpha_refused(void)
{
    static const struct {
        const char *from, *to;
        int code;
        const char *says;
    } cases[] = {
        {"\"out_channels\": 4", "\"out_channels\": 3", TINCTURE_ERROR_UNSUPPORTED, "out_channels"},
        {"\"latent_channels\": 4", "\"latent_channels\": 8", TINCTURE_ERROR_MISMATCH,
         "8 latent channels"},
        {"8,\n    8,\n    12", "8,\n    12", TINCTURE_ERROR_MISMATCH, "has 2 levels"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        char *folder = folder_copy("levels");
        folder_edit(folder, "alpha_decoder/config.json", cases[i].from, cases[i].to);
        if (strstr(cases[i].says, "levels")) {
            folder_edit(folder, "alpha_decoder/config.json",
                        "\"DownEncoderBlock2D\",\n    \"DownEncoderBlock2D\"",
                        "\"DownEncoderBlock2D\"");
            folder_edit(folder, "alpha_decoder/config.json",
                        "\"UpDecoderBlock2D\",\n    \"UpDecoderBlock2D\"", "\"UpDecoderBlock2D\"");
        }
        g_assert_null(model_inspect(folder, &error));
        g_test_message("%s", error->message);
        g_assert_error(error, TINCTURE_ERROR, cases[i].code);
        g_assert_nonnull(strstr(error->message, cases[i].says));
        folder_free(folder);
    }
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    g_test_add_func("/load/progress", test_progress);
    g_test_add_func("/load/decoders", test_decoders);
    g_test_add_func("/load/alpha-refused", test_alpha_refused);
    g_test_add_func("/load/cancel", test_cancel);
    g_test_add_func("/load/layout", test_layout);
    g_test_add_func("/load/not-a-number", test_not_a_number);
    g_test_add_func("/load/single-file", test_single_file);
    g_test_add_func("/load/hash", test_hash);
    g_test_add_func("/load/fit", test_fit);
    g_test_add_func("/load/fit-is-kept", test_fit_is_kept);
    g_test_add_func("/load/fit-progress", test_fit_progress);
    int status = g_test_run();
    gpu_free(gpu);
    return status;
}
