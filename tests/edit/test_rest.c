// Weights that rest in 16 bits: a model whose files are fp16 or bf16, and the same numbers in fp32,
// of which everything is the same to the bit: pictures, gradients, merged weights and what is
// learned. In fp32, and in bf16 where the processor multiplies so. Singular vectors alone are
// rounded to fp16 for the former: what that changes is bounded.
#include "compute/edit/edit.h"
#include "compute/edit/networks.h"
#include "compute/gpu/host.h"
#include "compute/gpu/random.h"
#include "compute/train/train.h"
#include "tests/model/folder.h"
#include "tests/temp.h"

#include <glib/gstdio.h>
#include <math.h>

enum { SIDE = 64, STEPS = 4, LONG = 30, MOST = 1 << 16 };

static struct gpu *gpu;

// A model as it came, and widened.
struct pair {
    char *folders[2];
    struct model *models[2];
    const char *const *files;
};

static const char *const fp16_files[] = {"text_encoder/model.fp16.safetensors",
                                         "unet/diffusion_pytorch_model.fp16.safetensors",
                                         "vae/diffusion_pytorch_model.fp16.safetensors", NULL};
static const char *const bf16_files[] = {"text_encoder/model.safetensors",
                                         "unet/diffusion_pytorch_model.safetensors",
                                         "vae/diffusion_pytorch_model.safetensors", NULL};

static void pair_open(struct pair *p, const char *name)
{
    g_autoptr(GError) error = NULL;
    const char *const *files = g_str_equal(name, "fp16") ? fp16_files : bf16_files;
    for (int i = 0; i < 2; i++) {
        p->folders[i] = folder_copy(name);
        for (int k = 0; i == 1 && files[k]; k++) {
            folder_change_weights(p->folders[i], files[k], (struct folder_change){0}); // to fp32
        }
        p->models[i] = model_load(p->folders[i], gpu, NULL, &error);
        g_assert_no_error(error);
    }
}

static void pair_close(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        model_free(p->models[i]);
        folder_free(p->folders[i]);
    }
}

static void assert_same(const float *a, const float *b, int64_t n)
{
    g_assert_cmpmem(a, (size_t)n * sizeof *a, b, (size_t)n * sizeof *b);
}

// ---- loaded -------------------------------------------------------------------------------------

static enum dtype dtype_of(const struct model *m, const char *part, const char *name)
{
    return nn_part_find(model_part(m, part), name)->tensor->dtype;
}

static void test_loaded(gconstpointer name)
{
    struct pair p;
    pair_open(&p, name);
    const enum dtype half = g_str_equal(name, "fp16") ? DTYPE_F16 : DTYPE_BF16;
    const enum dtype product = gpu_info(gpu)->host_kernels ? half : DTYPE_F32;
    const struct model *rests = p.models[0], *wide = p.models[1];
    g_assert_cmpint(dtype_of(rests, MODEL_UNET, "conv_in.weight"), ==, product);
    g_assert_cmpint(dtype_of(rests, MODEL_UNET, "time_embedding.linear_1.weight"), ==, product);
    g_assert_cmpint(dtype_of(rests, MODEL_UNET, "conv_in.bias"), ==, DTYPE_F32);
    g_assert_cmpint(dtype_of(rests, MODEL_UNET, "conv_norm_out.weight"), ==, DTYPE_F32);
    g_assert_cmpint(dtype_of(rests, MODEL_TEXT, "text_model.embeddings.position_embedding.weight"),
                    ==, DTYPE_F32);
    g_assert_cmpint(dtype_of(rests, MODEL_TEXT, "text_model.embeddings.token_embedding.weight"), ==,
                    product);
    g_assert_cmpint(dtype_of(wide, MODEL_UNET, "conv_in.weight"), ==, DTYPE_F32);
    for (guint i = 0; i < rests->parts->len; i++) {
        const struct nn_part *part = rests->parts->pdata[i];
        for (guint k = 0; k < part->weights->len; k++) {
            const struct nn_weight *w = part->weights->pdata[k];
            const int64_t count = shape_count(w->shape);
            g_autofree float *a = g_new(float, count), *b = g_new(float, count);
            g_assert_true(tensor_read(w->tensor, a, NULL));
            g_assert_true(
                tensor_read(nn_part_find(model_part(wide, part->name), w->name)->tensor, b, NULL));
            assert_same(a, b, count);
        }
    }
    pair_close(&p);
}

// ---- computed -----------------------------------------------------------------------------------

static void set_precision(const char *precision)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(gpu_set_precision(gpu, precision, &error));
    g_assert_no_error(error);
}

static void take(float **out, struct rng *rng, int64_t n)
{
    rng_normal(rng, *out, n);
    *out += n;
}

// A text, a photo there and back, two predictions and a gradient through the U-Net, one after the
// other. Returns how many numbers.
static int64_t compute_all(struct model *m, const GPtrArray *parts, float *out)
{
    g_autoptr(GError) error = NULL;
    struct networks *n = networks_new(m, parts);
    const int f = model_latent_factor(m), h = SIDE / f, channels = m->vae.latent_channels;
    const int64_t latent = (int64_t)h * h * channels,
                  text = (int64_t)m->text.max_tokens * m->text.hidden_size;
    struct rng rng = {.seed = 3};
    g_autofree float *inputs = g_new(float, MOST);
    float *end = inputs, *photo = end;
    take(&end, &rng, SIDE * SIDE * 3);
    float *x = end;
    take(&end, &rng, 2 * latent);
    float *words = end;
    take(&end, &rng, 2 * text);
    g_assert_cmpint(end - inputs, <=, MOST);

    const float *begin = out;
    struct prompt prompt;
    prompt_init(&prompt, m, &(struct prompt_style){0}, 1, "a photograph of a cat");
    g_assert_true(networks_text(n, &prompt, out, NULL, &error));
    prompt_finish(&prompt);
    out += text;
    g_assert_true(networks_encode(n, SIDE, SIDE, photo, out, NULL, &error));
    g_assert_true(
        networks_decode(n, model_decoder(m), SIDE, SIDE, out, out + latent, NULL, &error));
    out += latent + SIDE * SIDE * 3;
    g_assert_true(networks_predict(n, 2, h, h, 500, x, words, out, NULL, &error));
    out += 2 * latent;
    g_assert_true(
        networks_text_gradient(n, h, h, 500, x, words, x + latent, out, out + 1, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpfloat(out[0], >, 0);
    networks_free(n);
    return out + 1 + text - begin;
}

static void check_computed(const struct pair *p, const GPtrArray *rests, const GPtrArray *wide)
{
    for (int bf16 = 0; bf16 <= (gpu_info(gpu)->host_kernels && host_multiplies_bf16()); bf16++) {
        set_precision(bf16 ? "bf16" : "fp32");
        g_autofree float *a = g_new(float, MOST), *b = g_new(float, MOST);
        const int64_t count = compute_all(p->models[0], rests, a);
        g_assert_cmpint(count, <=, MOST);
        g_assert_cmpint(compute_all(p->models[1], wide, b), ==, count);
        assert_same(a, b, count);
    }
}

static void test_computed(gconstpointer name)
{
    struct pair p;
    pair_open(&p, name);
    check_computed(&p, p.models[0]->parts, p.models[1]->parts);
    pair_close(&p);
}

// ---- with adapters ------------------------------------------------------------------------------

static struct adapter *random_adapter(struct model *m, const char *method)
{
    g_autoptr(GError) error = NULL;
    struct settings *s = settings_new(adapter_method_find(method)->settings);
    struct adapter *a = adapter_new(method, m, s, &error);
    g_assert_no_error(error);
    settings_free(s);
    struct rng rng = {.seed = 4};
    for (guint i = 0; i < a->params->len; i++) {
        struct adapter_param *p = a->params->pdata[i];
        rng_normal(&rng, p->value, p->count);
        for (int k = 0; k < p->count; k++) {
            p->value[k] *= 0.05f;
        }
    }
    return a;
}

static void assert_same_weights(const GPtrArray *rests, const GPtrArray *wide)
{
    for (guint i = 0; i < rests->len; i++) {
        const struct nn_part *part = rests->pdata[i], *other = wide->pdata[i];
        for (guint k = 0; k < part->weights->len; k++) {
            const struct nn_weight *w = part->weights->pdata[k], *v = other->weights->pdata[k];
            const int64_t count = shape_count(w->shape);
            g_autofree float *a = g_new(float, count), *b = g_new(float, count);
            g_assert_true(tensor_read(w->tensor, a, NULL) && tensor_read(v->tensor, b, NULL));
            assert_same(a, b, count);
        }
    }
}

// Merged, the touched layers are fp32; switched off they are the model again.
static void test_merged(gconstpointer name)
{
    static const char *const methods[] = {"lora", "oft"};
    struct pair p;
    pair_open(&p, name);
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
        g_autoptr(GError) error = NULL;
        struct merged_model *merged[2];
        struct adapter *adapters[2];
        for (int k = 0; k < 2; k++) {
            adapters[k] = random_adapter(p.models[k], methods[i]);
            merged[k] = merged_model_new(p.models[k], &error);
            g_assert_true(merged_model_update(merged[k], &adapters[k], 1, NULL, &error));
            g_assert_no_error(error);
        }
        const GPtrArray *rests = merged_model_parts(merged[0]),
                        *wide = merged_model_parts(merged[1]);
        const struct adapter_param *first = adapters[0]->params->pdata[0];
        const struct nn_weight *w =
            nn_part_find(nn_part_named(rests, first->part), first->weight->name);
        g_assert_cmpint(w->tensor->dtype, ==, DTYPE_F32);
        g_assert_true(w->tensor != first->weight->tensor);
        assert_same_weights(rests, wide);
        check_computed(&p, rests, wide);
        for (int k = 0; k < 2; k++) {
            g_assert_true(merged_model_update(merged[k], NULL, 0, NULL, &error));
        }
        assert_same_weights(rests, p.models[1]->parts);
        check_computed(&p, rests, p.models[1]->parts);
        for (int k = 0; k < 2; k++) {
            merged_model_free(merged[k]);
            adapter_free(adapters[k]);
        }
    }
    pair_close(&p);
}

struct losses {
    double of[LONG];
    int n;
};

static void note_loss(struct task *task, const struct task_progress *progress)
{
    struct losses *losses = task->data;
    if (progress->training && losses->n < LONG) {
        losses->of[losses->n++] = progress->training->loss;
    }
}

static struct adapter *learn(struct model *m, const char *method, int steps, struct losses *losses)
{
    g_autoptr(GError) error = NULL;
    struct settings *s = settings_new(learn_settings);
    g_assert_true(settings_parse(s, "method", method, &error));
    g_assert_true(settings_set(s, "steps", steps, &error));
    g_autofree float *rgb = g_new(float, SIDE *SIDE * 3);
    struct rng rng = {.seed = 5};
    rng_normal(&rng, rgb, SIDE * SIDE * 3);
    const struct train_example example = {SIDE, SIDE, rgb, "a photograph of a ball"};
    const struct train_set set = {&example, 1};
    const struct train_params params = {.settings = s, .seed = 1};
    struct task task = {.report = note_loss, .data = losses};
    struct adapter *a = adapter_new(method, m, settings_member(s, "method"), &error);
    g_assert_no_error(error);
    struct trainer *t = trainer_new(m, a, &set, &params, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(trainer_run(t, &task, &error));
    g_assert_no_error(error);
    trainer_free(t);
    settings_free(s);
    return a;
}

static void test_learned(gconstpointer name)
{
    static const char *const methods[] = {"lora", "oft", "full"};
    struct pair p;
    pair_open(&p, name);
    set_precision("auto");
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
        struct losses losses[2] = {{.n = 0}};
        struct adapter *a = learn(p.models[0], methods[i], STEPS, &losses[0]),
                       *b = learn(p.models[1], methods[i], STEPS, &losses[1]);
        bool moved = false;
        for (guint k = 0; k < a->params->len; k++) {
            const struct adapter_param *x = a->params->pdata[k], *y = b->params->pdata[k];
            assert_same(x->value, y->value, x->count);
            moved = moved || x->value[0] != 0;
        }
        g_assert_true(moved);
        adapter_free(a);
        adapter_free(b);
    }
    pair_close(&p);
}

// ---- factors ------------------------------------------------------------------------------------

static char *factors_folder(struct model *m)
{
    g_autoptr(GError) error = NULL;
    const char *hash = model_hash(m, MODEL_UNET, NULL, &error);
    g_assert_no_error(error);
    return g_build_filename(g_get_user_cache_dir(), "tincture", "svd", hash, NULL);
}

// Of all packs in a folder, that there are some: singular vectors are of this kind, values fp32.
static void assert_kept_as(const char *folder, enum st_dtype dtype)
{
    g_autoptr(GError) error = NULL;
    GDir *dir = g_dir_open(folder, 0, &error);
    g_assert_no_error(error);
    int tensors = 0;
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        struct st_file *f = st_open(path, &error);
        g_assert_no_error(error);
        for (guint i = 0; i < f->tensors->len; i++, tensors++) {
            const struct st_tensor *t = f->tensors->pdata[i];
            g_assert_cmpint(t->dtype, ==, g_str_has_suffix(t->name, ".sigma") ? ST_F32 : dtype);
        }
        st_free(f);
    }
    g_dir_close(dir);
    g_assert_cmpint(tensors, >, 0);
}

static void assert_same_values(const struct adapter *a, const struct adapter *b)
{
    for (guint k = 0; k < a->params->len; k++) {
        const struct adapter_param *x = a->params->pdata[k], *y = b->params->pdata[k];
        assert_same(x->value, y->value, x->count);
    }
}

// What is learned again comes from the cache, and is what it was with factors just computed.
static void check_again(struct model *m, const struct adapter *first)
{
    struct losses losses = {.n = 0};
    struct adapter *again = learn(m, "svdiff", LONG, &losses);
    assert_same_values(again, first);
    adapter_free(again);
}

static float *draw(struct model *m, struct adapter *a)
{
    g_autoptr(GError) error = NULL;
    struct editor *e = editor_new(m, &error);
    g_assert_no_error(error);
    g_assert_true(editor_set_adapters(e, &a, a != NULL, NULL, &error));
    struct settings *s = settings_new(generate_settings);
    settings_set(s, "steps", 10, &error);
    g_assert_no_error(error);
    const struct edit_request q = {.settings = s,
                                   .width = SIDE,
                                   .height = SIDE,
                                   .prompt = "a photograph of a ball",
                                   .seed = 3};
    struct edit_result *r = editor_run(e, &q, NULL, &error);
    g_assert_no_error(error);
    float *rgb = g_steal_pointer(&r->rgb);
    edit_result_free(r);
    settings_free(s);
    editor_free(e);
    return rgb;
}

static double psnr(const float *a, const float *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += (double)(a[i] - b[i]) * (a[i] - b[i]);
    }
    return 10 * log10(4 * (double)n / (sum + 1e-20));
}

// Each step's loss and the picture in the end, of factors in 16 bits beside those in 32.
static void check_close(const struct pair *p, struct adapter *const *adapters,
                        const struct losses *losses)
{
    double worst = 0;
    for (int i = 0; i < LONG; i++) {
        const double of_wide = losses[1].of[i];
        worst = fmax(worst, fabs(losses[0].of[i] - of_wide) / of_wide);
    }
    g_autofree float *rests = draw(p->models[0], adapters[0]),
                     *wide = draw(p->models[1], adapters[1]), *plain = draw(p->models[1], NULL);
    const double db = psnr(rests, wide, SIDE * SIDE * 3);
    const double learned = psnr(plain, wide, SIDE * SIDE * 3);
    g_test_message("losses differ by %.2g, pictures by %.1f dB; learned %.1f dB", worst, db,
                   learned);
    g_assert_cmpfloat(worst, <, 1e-3);
    g_assert_cmpfloat(db, >, 60);
    g_assert_cmpfloat(learned, <, db - 10); // it is not the same for want of a change
}

static void test_factors(gconstpointer name)
{
    struct pair p;
    pair_open(&p, name);
    set_precision("fp32");
    g_autofree char *rests = factors_folder(p.models[0]), *wide = factors_folder(p.models[1]);
    struct losses losses[2] = {{.n = 0}};
    struct adapter *adapters[2];
    for (int i = 0; i < 2; i++) {
        adapters[i] = learn(p.models[i], "svdiff", LONG, &losses[i]);
        g_assert_cmpint(losses[i].n, ==, LONG);
        adapter_release(adapters[i]);
        check_again(p.models[i], adapters[i]);
    }
    const bool halves = gpu_info(gpu)->host_kernels;
    assert_kept_as(rests, halves ? ST_F16 : ST_F32);
    assert_kept_as(wide, ST_F32);
    check_close(&p, adapters, losses);

    g_autofree char *aside = g_strconcat(rests, "-16", NULL);
    g_assert_cmpint(g_rename(rests, aside), ==, 0);
    g_assert_cmpint(g_rename(wide, rests), ==, 0); // as they were kept before there were 16 bits
    check_again(p.models[0], adapters[0]);
    assert_kept_as(rests, ST_F32);
    g_assert_cmpint(g_rename(aside, wide), ==, 0); // of fewer digits: made anew
    check_again(p.models[1], adapters[1]);
    remove_tree(rests);
    remove_tree(wide);
    for (int i = 0; i < 2; i++) {
        adapter_free(adapters[i]);
    }
    pair_close(&p);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    g_autofree char *cache = g_dir_make_tmp("tincture-test-XXXXXX", &error); // for factors
    g_assert_no_error(error);
    g_setenv("XDG_CACHE_HOME", cache, TRUE);
    gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    static const char *const names[] = {"fp16", "bf16"};
    static const struct {
        const char *name;
        GTestDataFunc test;
    } tests[] = {{"loaded", test_loaded},
                 {"computed", test_computed},
                 {"merged", test_merged},
                 {"learned", test_learned},
                 {"factors", test_factors}};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(tests); k++) {
            g_autofree char *path = g_strdup_printf("/rest/%s/%s", names[i], tests[k].name);
            g_test_add_data_func(path, names[i], tests[k].test);
        }
    }
    const int result = g_test_run();
    gpu_free(gpu);
    remove_tree(cache);
    return result;
}
