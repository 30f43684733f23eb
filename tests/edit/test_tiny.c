// The small decoder (TAESD) beside a model: in each place and layout it is the reference's
// (tests/data/make_tiny_vectors.py), it makes the previews of a run, and what does not fit is said.
#include "compute/edit/edit.h"
#include "tests/model/folder.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

enum { FACTOR = 2, SIDE = 16 };
static const double TOLERANCE = 1e-5; // of the largest number

static struct gpu *gpu;

// Puts a file of tests/data/tiny into a model's folder.
static void put(const char *folder, const char *file, const char *to)
{
    g_autofree char *from = g_test_build_filename(G_TEST_DIST, "data", "tiny", file, NULL);
    g_autofree char *path = g_build_filename(folder, to, NULL), *parent = g_path_get_dirname(path);
    g_autofree char *data = NULL;
    gsize size;
    g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
    g_assert_true(g_file_get_contents(from, &data, &size, NULL));
    g_assert_true(g_file_set_contents(path, data, (gssize)size, NULL));
}

static void put_folder(const char *folder)
{
    put(folder, "taesd/config.json", "taesd/config.json");
    put(folder, "taesd/diffusion_pytorch_model.safetensors",
        "taesd/diffusion_pytorch_model.safetensors");
}

static float *vector(const char *name, int *h, int *w)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path =
        g_test_build_filename(G_TEST_DIST, "data", "tiny", "vectors.safetensors", NULL);
    struct st_file *f = st_open(path, &error);
    g_assert_no_error(error);
    const struct st_tensor *t = st_find(f, name);
    float *values = g_new(float, t->count);
    g_assert_true(st_read_f32(t, values, true, NULL));
    *h = (int)t->shape[1];
    *w = (int)t->shape[2];
    st_free(f);
    return values;
}

static double distance(const float *a, const float *b, int n)
{
    double largest = 0, worst = 0;
    for (int i = 0; i < n; i++) {
        largest = fmax(largest, fabs((double)b[i]));
        worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
    }
    return worst / largest;
}

static void check_decoded(const char *path)
{
    g_autoptr(GError) error = NULL;
    struct model *m = model_load(path, gpu, NULL, &error);
    g_assert_no_error(error);
    g_assert_null(m->note);
    int h, w, height, width;
    g_autofree float *z = vector("z", &h, &w), *expected = vector("decoded", &height, &width),
                     *picture = g_new(float, height *width * 3);
    struct networks *n = networks_new(m, m->parts);
    g_assert_cmpint(height, ==, h * FACTOR);
    g_assert_true(
        networks_decode(n, model_tiny_decoder(m), width, height, z, picture, NULL, &error));
    g_assert_no_error(error);
    const double apart = distance(picture, expected, height * width * 3);
    g_test_message("%.1e", apart);
    g_assert_cmpfloat(apart, <=, TOLERANCE);
    g_assert_cmpstr(model_decoder(m)->name, ==, "autoencoder");
    networks_free(n);
    model_free(m);
}

static void test_decoded(void)
{
    char *folder = folder_copy("sd1"), *file = folder_copy("sd1"), *inside = folder_copy("sd1"),
         *single = folder_single("sd1");
    g_autofree char *checkpoint = g_build_filename(single, "sd1.safetensors", NULL);
    put_folder(folder);
    put(file, "taesd_decoder.safetensors", "taesd_decoder.safetensors");
    put(inside, "taesd_decoder.safetensors", "taesd/taesd_decoder.safetensors");
    put(single, "taesd_decoder.safetensors", "taesd_decoder.safetensors");
    const char *const paths[] = {folder, file, inside, checkpoint};
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        check_decoded(paths[i]);
    }
    char *const folders[] = {folder, file, inside, single};
    for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
        folder_free(folders[i]);
    }
}

// The previews of a run.
struct seen {
    int count, width, height;
    float last[SIDE * SIDE * 3];
};

static void see_cb(struct task *task, const struct task_progress *progress)
{
    struct seen *s = task->data;
    const struct latent_preview *p = progress->preview;
    if (p) {
        s->count++;
        s->width = p->width;
        s->height = p->height;
        g_assert_cmpint(p->width * p->height, <=, SIDE * SIDE);
        memcpy(s->last, p->rgb, (size_t)p->width * p->height * 3 * sizeof *p->rgb);
    }
}

// Three steps; the last one of Euler's goes to the picture that its preview showed.
static struct edit_result *draw(struct editor *e, struct seen *seen)
{
    g_autoptr(GError) error = NULL;
    *seen = (struct seen){0};
    struct settings *s = settings_new(generate_settings);
    g_assert_true(settings_set(s, "steps", 3, NULL));
    g_assert_true(settings_parse(s, "scheduler", "euler", NULL));
    const struct edit_request q = {
        .settings = s, .width = SIDE, .height = SIDE, .prompt = "a dog", .seed = 2};
    struct task task = {.report = see_cb, .data = seen};
    struct edit_result *r = editor_run(e, &q, &task, &error);
    g_assert_no_error(error);
    settings_free(s);
    return r;
}

// What the small decoder makes of a result's latents, in 0..1.
static void decode(struct model *m, const struct edit_result *r, float *rgb)
{
    enum { PLACES = SIDE / FACTOR * (SIDE / FACTOR) };
    g_autoptr(GError) error = NULL;
    float hwc[PLACES * 4];
    for (int i = 0; i < PLACES * 4; i++) {
        hwc[i] = r->latents[i % 4 * PLACES + i / 4];
    }
    struct networks *n = networks_new(m, m->parts);
    g_assert_true(networks_decode(n, model_tiny_decoder(m), SIDE, SIDE, hwc, rgb, NULL, &error));
    networks_free(n);
    for (int i = 0; i < SIDE * SIDE * 3; i++) {
        rgb[i] = CLAMP(rgb[i] / 2 + 0.5f, 0.0f, 1.0f);
    }
}

static void test_previews(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = folder_copy("sd1");
    float expected[SIDE * SIDE * 3];
    struct seen seen;
    put_folder(folder);
    struct model *m = model_load(folder, gpu, NULL, &error);
    g_assert_no_error(error);
    struct editor *e = editor_new(m, &error);
    struct edit_result *unseen = draw(e, &seen);
    g_assert_cmpint(seen.count, ==, 0); // nobody asked for them
    g_assert_true(editor_need_previews(e, NULL, &error));
    struct edit_result *r = draw(e, &seen);
    g_assert_cmpint(seen.count, ==, 3);
    g_assert_cmpint(seen.width, ==, SIDE);
    g_assert_cmpint(seen.height, ==, SIDE);
    decode(m, r, expected);
    g_assert_cmpfloat(distance(seen.last, expected, SIDE * SIDE * 3), <=, 10 * TOLERANCE);
    g_assert_cmpmem(r->rgb, sizeof expected, unseen->rgb, sizeof expected);
    edit_result_free(r);
    edit_result_free(unseen);
    editor_free(e);
    model_free(m);
    folder_free(folder);
}

// By choice they are what they are without a small decoder: the latents' colours.
static void test_colours(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = folder_copy("sd1");
    struct seen seen;
    put_folder(folder);
    g_setenv("TINCTURE_PREVIEWS", "colours", TRUE);
    struct model *m = model_load(folder, gpu, NULL, &error);
    struct editor *e = editor_new(m, &error);
    g_assert_true(editor_need_previews(e, NULL, &error));
    edit_result_free(draw(e, &seen));
    g_assert_cmpint(seen.count, ==, m->has_latent_rgb ? 3 : 0);
    g_assert_cmpint(seen.width, ==, m->has_latent_rgb ? SIDE / FACTOR : 0);
    g_unsetenv("TINCTURE_PREVIEWS");
    editor_free(e);
    model_free(m);
    folder_free(folder);
}

static void check_refused(const char *folder, const char *says)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(model_inspect(folder, &error));
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, says));
}

static void test_refused(void)
{
    static const struct {
        const char *from, *to, *says;
    } cases[] = {
        {"\"AutoencoderTiny\"", "\"AutoencoderKL\"", "_class_name"},
        {"\"relu\"", "\"silu\"", "act_fn"},
        {"\"latent_channels\": 4", "\"latent_channels\": 16", "16 latent channels"},
        {"\"num_decoder_blocks\": [\n    2,", "\"num_decoder_blocks\": [\n    1, 1,", "list of 3"},
        {"\"num_decoder_blocks\": [\n    2,", "\"num_decoder_blocks\": [\n    3,", "missing"},
        {"\"num_decoder_blocks\": [\n    2,\n    1\n  ]", "\"num_decoder_blocks\": []", "levels"},
        {"\"num_decoder_blocks\": [\n    2,", "\"num_decoder_blocks\": [\n    1e9,",
         "num_decoder_blocks"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *folder = folder_copy("sd1");
        put_folder(folder);
        folder_edit(folder, "taesd/config.json", cases[i].from, cases[i].to);
        check_refused(folder, cases[i].says);
        folder_free(folder);
    }
    static const struct folder_change changes[] = {
        {.drop = "3.conv.2.weight"}, {.drop = "1.weight"}, {.drop = "8.bias"}};
    static const char *const says[] = {"1 missing", "no decoder of TAESD", "no decoder of TAESD"};
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        char *folder = folder_copy("sd1");
        put(folder, "taesd_decoder.safetensors", "taesd_decoder.safetensors");
        folder_change_weights(folder, "taesd_decoder.safetensors", changes[i]);
        check_refused(folder, says[i]);
        folder_free(folder);
    }
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    g_test_add_func("/tiny/decoded", test_decoded);
    g_test_add_func("/tiny/previews", test_previews);
    g_test_add_func("/tiny/colours", test_colours);
    g_test_add_func("/tiny/refused", test_refused);
    const int failed = g_test_run();
    gpu_free(gpu);
    return failed;
}
