// Attention of an edit held to its source's, against the reference's own statement of the method
// (tests/data/make_control_vectors.py).
#include "compute/edit/edit.h"
#include "compute/edit/networks.h"
#include "compute/file/safetensors.h"
#include "compute/model/attention_control.h"

#include <math.h>
#include <string.h>

#define CALLS     4
#define EDITS     2
#define TOLERANCE 1e-4 // of the largest number of the reference

static struct gpu *gpu;

struct parity {
    struct model *model;
    struct networks *networks;
    struct st_file *vectors;
    int call;
};

static float *read_vector(const struct parity *p, const char *name, int64_t *count)
{
    g_autoptr(GError) error = NULL;
    const struct st_tensor *t = st_find(p->vectors, name);
    g_assert_nonnull(t);
    float *values = g_new(float, t->count);
    g_assert_true(st_read_f32(t, values, true, &error));
    *count = t->count;
    return values;
}

static float *read_call(const struct parity *p, const char *name, int64_t *count)
{
    g_autofree char *full = g_strdup_printf("%s.%d", name, p->call);
    return read_vector(p, full, count);
}

static double distance(const float *a, const float *b, int64_t n)
{
    double worst = 0, largest = 0;
    for (int64_t i = 0; i < n; i++) {
        g_assert_true(isfinite(a[i]));
        worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
        largest = fmax(largest, fabs((double)b[i]));
    }
    return worst / largest;
}

static void check_call(struct parity *p, int h, int w)
{
    g_autoptr(GError) error = NULL;
    int64_t n;
    g_autofree float *latents = read_vector(p, "latents", &n), *text = read_vector(p, "text", &n),
                     *mapper = read_vector(p, "mapper", &n), *time = read_vector(p, "time", &n),
                     *taken = read_call(p, "taken", &n), *own = read_call(p, "own", &n),
                     *self = read_call(p, "self", &n), *expected = read_call(p, "pred", &n);
    const struct network_control control = {
        .mapper = mapper, .taken = taken, .own = own, .self_taken = self[0]};
    g_autofree float *prediction = g_new(float, n);
    networks_predict_controlled(p->networks, 3, h, w, (double)time[0], latents, text, &control,
                                prediction, NULL, &error);
    g_assert_no_error(error);
    const double off = distance(prediction, expected, n);
    g_test_message("call %d: prediction off by %.1e", p->call, off);
    g_assert_cmpfloat(off, <=, TOLERANCE);

    // Without what is avoided the other two are the same.
    const int64_t one = n / 3,
                  state = (int64_t)p->model->text.max_tokens * p->model->unet.cross_dim;
    networks_predict_controlled(p->networks, 2, h, w, (double)time[0], latents + one, text + state,
                                &control, prediction, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpfloat(distance(prediction, expected + one, 2 * one), <=, TOLERANCE);
}

// One program does for all calls.
static void test_parity(gconstpointer name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "data", "models", name, NULL);
    g_autofree char *path = g_build_filename(folder, "control.safetensors", NULL);
    struct parity p = {.vectors = st_open(path, &error)};
    g_assert_no_error(error);
    p.model = model_load(folder, gpu, NULL, &error);
    g_assert_no_error(error);
    p.networks = networks_new(p.model, p.model->parts);
    const struct st_tensor *latents = st_find(p.vectors, "latents");
    uint64_t bytes = 0;
    for (p.call = 0; p.call < CALLS; p.call++) {
        check_call(&p, (int)latents->shape[1], (int)latents->shape[2]);
        g_assert_true(bytes == 0 || bytes == networks_bytes(p.networks));
        bytes = networks_bytes(p.networks);
    }
    networks_free(p.networks);
    model_free(p.model);
    st_free(p.vectors);
}

// ---- re-weighting -------------------------------------------------------------------------------

#define QUERIES  5
#define KEYS     7
#define CHANNELS 6
#define HEADS    2

// (Q,C) of values v by the probabilities of q and k as section 3.3 of the paper has them, M*_ij =
// c_j M_ij.
static void weigh_by_equation(const float *q, const float *k, const float *v, const float *weight,
                              double *out)
{
    const int size = CHANNELS / HEADS;
    for (int at = 0; at < QUERIES * CHANNELS; at++) {
        const int i = at / CHANNELS, begin = at % CHANNELS / size * size;
        double sum = 0, p[KEYS];
        for (int j = 0; j < KEYS; j++) {
            double dot = 0;
            for (int c = begin; c < begin + size; c++) {
                dot += (double)q[i * CHANNELS + c] * (double)k[j * CHANNELS + c];
            }
            p[j] = exp(dot / sqrt(size));
            sum += p[j];
        }
        out[at] = 0;
        for (int j = 0; j < KEYS; j++) {
            out[at] += (double)weight[j] * p[j] / sum * (double)v[j * CHANNELS + at % CHANNELS];
        }
    }
}

static struct node *leaf(struct graph *g, GPtrArray *tensors, const int *shape, const float *values)
{
    g_autoptr(GError) error = NULL;
    struct tensor *t = tensor_new(gpu, DTYPE_F32, shape, "values", &error);
    g_assert_no_error(error);
    g_assert_true(tensor_write(t, values, &error));
    g_ptr_array_add(tensors, t);
    return graph_leaf(g, t);
}

static void fill(float *values, int n, int seed)
{
    for (int i = 0; i < n; i++) {
        values[i] = (float)sin(i * 1.7 + seed);
    }
}

// What a word's weight does to the output of an attention. The words are the same in both, so the
// edit takes all of the source's probabilities, times the weights.
static void test_weight_equation(void)
{
    g_autoptr(GError) error = NULL;
    float q[2 * QUERIES * CHANNELS], k[2 * KEYS * CHANNELS], v[2 * KEYS * CHANNELS],
        y[2 * QUERIES * CHANNELS], mapper[KEYS * KEYS] = {0}, none[KEYS] = {0};
    const float weight[KEYS] = {1, 1, 2.5f, 1, 0, -1.5f, 1};
    double expected[QUERIES * CHANNELS];
    fill(q, G_N_ELEMENTS(q), 1);
    fill(k, G_N_ELEMENTS(k), 2);
    fill(v, G_N_ELEMENTS(v), 3);
    for (int j = 0; j < KEYS; j++) {
        mapper[j * KEYS + j] = 1;
    }
    weigh_by_equation(q, k, v + KEYS * CHANNELS, weight, expected);

    g_autoptr(GPtrArray) tensors = g_ptr_array_new_with_free_func((GDestroyNotify)tensor_free);
    struct graph *g = graph_new();
    const int queries[] = {2, 1, QUERIES, CHANNELS}, keys[] = {2, 1, KEYS, CHANNELS},
              tokens[] = {1, 1, 1, KEYS}, square[] = {1, 1, KEYS, KEYS};
    const struct attention_control control = {.mapper = leaf(g, tensors, square, mapper),
                                              .taken = leaf(g, tensors, tokens, weight),
                                              .own = leaf(g, tensors, tokens, none)};
    struct node *out = attention_controlled(g, &control, leaf(g, tensors, queries, q),
                                            leaf(g, tensors, keys, k), leaf(g, tensors, keys, v),
                                            HEADS, (float)(1 / sqrt(CHANNELS / HEADS)), true);
    struct program *program = program_new(g, gpu, &out, 1, &error);
    g_assert_no_error(error);
    g_assert_true(program_run(program, NULL, &error) && program_read(program, out, y, &error));
    for (int i = 0; i < QUERIES * CHANNELS; i++) {
        g_assert_cmpfloat(fabs((double)y[QUERIES * CHANNELS + i] - expected[i]), <=, 1e-5);
    }
    program_free(program);
    graph_free(g);
}

// ---- a whole edit -------------------------------------------------------------------------------

static const char SOURCE[] = "a photo of a dog on the beach";

struct bench {
    struct parity p;
    struct editor *editor;
    struct settings *settings;
    float *rgb;
};

static void bench_open(struct bench *b, const char *settings)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "data", "models", "sd1", NULL);
    g_autofree char *path = g_build_filename(folder, "control.safetensors", NULL);
    int64_t n;
    *b = (struct bench){.p.vectors = st_open(path, &error)};
    g_assert_no_error(error);
    b->p.model = model_load(folder, gpu, NULL, &error);
    g_assert_no_error(error);
    b->editor = editor_new(b->p.model, &error);
    b->rgb = read_vector(&b->p, "picture", &n);
    b->settings = settings_new(edit_settings);
    g_auto(GStrv) words = g_strsplit(settings, " ", 0);
    for (int i = 0; words[i]; i++) {
        g_auto(GStrv) pair = g_strsplit(words[i], "=", 2);
        settings_parse(b->settings, pair[0], pair[1], &error);
        g_assert_no_error(error);
    }
}

static void bench_close(struct bench *b)
{
    settings_free(b->settings);
    editor_free(b->editor);
    model_free(b->p.model);
    st_free(b->p.vectors);
    g_free(b->rgb);
}

static struct edit_result *edit(struct bench *b, const char *prompt)
{
    g_autoptr(GError) error = NULL;
    const struct edit_request q = {.settings = b->settings,
                                   .rgb = b->rgb,
                                   .width = 24,
                                   .height = 16,
                                   .source_prompt = SOURCE,
                                   .prompt = prompt,
                                   .seed = 1};
    struct edit_result *r = editor_run(b->editor, &q, NULL, &error);
    g_assert_no_error(error);
    return r;
}

#define GUIDED                                                                                     \
    "steps=4 guidance=3 guidance_rescale=0 inversion=1 locality=0 inverter=ddim eta=0 structure=0"

// Photo and edit drawn side by side with guidance, as the paper does it, from the photo's
// inversion.
static void test_edits(void)
{
    static const char *const prompts[EDITS] = {"a photo of a cat on the beach",
                                               "a photo of a watercolour on the ox"};
    struct bench b;
    bench_open(&b, GUIDED " control=prompt_to_prompt keep_words=0.5 keep_shape=0.25");
    for (int i = 0; i < EDITS; i++) {
        int64_t n;
        b.p.call = i;
        g_autofree float *expected = read_call(&b.p, "edit", &n);
        struct edit_result *r = edit(&b, prompts[i]);
        double worst = 0, largest = 0;
        for (int64_t k = 0; k < n; k++) { // channels last and first
            const int64_t at = k % 4 * (n / 4) + k / 4;
            worst = fmax(worst, fabs((double)r->latents[at] - (double)expected[k]));
            largest = fmax(largest, fabs((double)expected[k]));
        }
        g_test_message("%s: off by %.1e", prompts[i], worst / largest);
        g_assert_cmpfloat(worst / largest, <=, 1e-3);
        edit_result_free(r);
    }
    bench_close(&b);
}

// The same sentence is the photo, to the bit; others are not, and the control has its part in that.
static void test_same_sentence(void)
{
    struct bench b;
    bench_open(&b, GUIDED " control=prompt_to_prompt");
    const gsize bytes = 16 * 24 * 3 * sizeof(float);
    struct edit_result *r = edit(&b, SOURCE);
    g_assert_cmpmem(r->rgb, bytes, r->reconstruction, bytes);
    edit_result_free(r);
    struct edit_result *held = edit(&b, "a photo of a cat on the beach");
    g_assert_cmpfloat(distance(held->rgb, held->reconstruction, 16 * 24 * 3), >, 1e-3);
    bench_close(&b);
    bench_open(&b, GUIDED " control=none");
    r = edit(&b, "a photo of a cat on the beach");
    g_assert_cmpfloat(distance(held->rgb, r->rgb, 16 * 24 * 3), >, 1e-3);
    edit_result_free(r);
    edit_result_free(held);
    bench_close(&b);
}

// Nothing is taken: what is left is what the control does not touch.
static void test_nothing_taken(void)
{
    struct bench b;
    bench_open(&b, GUIDED " control=prompt_to_prompt keep_words=0 keep_shape=0");
    struct edit_result *none = edit(&b, "a photo of a cat on the beach");
    bench_close(&b);
    bench_open(&b, GUIDED " control=none");
    struct edit_result *plain = edit(&b, "a photo of a cat on the beach");
    bench_close(&b);
    g_assert_cmpfloat(distance(none->rgb, plain->rgb, 16 * 24 * 3), <=, 1e-4);
    edit_result_free(none);
    edit_result_free(plain);
}

// Every inverter's branch of the photo will do.
static void test_inverters(void)
{
    struct bench b;
    bench_open(&b, "steps=4 control=prompt_to_prompt locality=0");
    const struct setting *row = settings_find(b.settings, "inverter", NULL);
    for (int i = 0; i < setting_choices(row); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_true(settings_set(b.settings, "inverter", i, &error));
        struct edit_result *same = edit(&b, SOURCE), *other = edit(&b, "a photo of a cat");
        g_assert_cmpfloat(distance(same->rgb, same->reconstruction, 16 * 24 * 3), <=, 1e-5);
        g_assert_cmpfloat(distance(other->rgb, other->reconstruction, 16 * 24 * 3), >, 1e-3);
        edit_result_free(same);
        edit_result_free(other);
    }
    bench_close(&b);
}

static void run_weighed(struct bench *b, const char *prompt, const struct word_weight *weights,
                        float *latents, GError **error)
{
    const struct edit_request q = {.settings = b->settings,
                                   .rgb = b->rgb,
                                   .width = 24,
                                   .height = 16,
                                   .source_prompt = SOURCE,
                                   .prompt = prompt,
                                   .weights = weights};
    struct edit_result *r = editor_run(b->editor, &q, NULL, error);
    if (r) {
        memcpy(latents, r->latents, 4 * 8 * 12 * sizeof *latents);
    }
    edit_result_free(r);
}

// A weight of one changes nothing, another one does, also where the words are the same.
static void test_weights(void)
{
    g_autoptr(GError) error = NULL;
    float plain[4 * 8 * 12], one[4 * 8 * 12], more[4 * 8 * 12], same[4 * 8 * 12];
    struct bench b;
    bench_open(&b, GUIDED " control=prompt_to_prompt");
    run_weighed(&b, "a dog on a beach", NULL, plain, &error);
    run_weighed(&b, "a dog on a beach", (struct word_weight[]){{"dog", 1}, {0}}, one, &error);
    run_weighed(&b, "a dog on a beach", (struct word_weight[]){{"dog", 3}, {0}}, more, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(plain, sizeof plain, one, sizeof one);
    g_assert_cmpfloat(distance(more, plain, 4 * 8 * 12), >, 1e-3);
    run_weighed(&b, SOURCE, NULL, plain, &error);
    run_weighed(&b, SOURCE, (struct word_weight[]){{"dog", 3}, {0}}, same, &error);
    g_assert_no_error(error);
    g_assert_cmpfloat(distance(same, plain, 4 * 8 * 12), >, 1e-3);
    run_weighed(&b, SOURCE, (struct word_weight[]){{"horse", 3}, {0}}, same, &error);
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    g_clear_error(&error);
    const struct edit_request undescribed = {.settings = b.settings,
                                             .rgb = b.rgb,
                                             .width = 24,
                                             .height = 16,
                                             .prompt = "a dog",
                                             .weights = (struct word_weight[]){{"dog", 3}, {0}}};
    g_assert_null(editor_run(b.editor, &undescribed, NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    g_clear_error(&error);
    g_assert_true(settings_parse(b.settings, "control", "none", &error));
    run_weighed(&b, SOURCE, (struct word_weight[]){{"dog", 3}, {0}}, same, &error);
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    bench_close(&b);
}

static void cancel_drawing(struct task *task, const struct task_progress *p)
{
    if (p->stage == TASK_DRAWING) {
        g_cancellable_cancel(task->cancellable);
    }
}

static void test_cancel(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    struct bench b;
    bench_open(&b, GUIDED " control=prompt_to_prompt");
    struct task task = {.report = cancel_drawing, .cancellable = cancellable};
    const struct edit_request q = {.settings = b.settings,
                                   .rgb = b.rgb,
                                   .width = 24,
                                   .height = 16,
                                   .source_prompt = SOURCE,
                                   .prompt = "a photo of a cat"};
    g_assert_null(editor_run(b.editor, &q, &task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    edit_result_free(edit(&b, "a photo of a cat")); // and it goes on
    bench_close(&b);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    g_test_add_data_func("/control/parity/sd1", "sd1", test_parity);
    g_test_add_data_func("/control/parity/levels", "levels", test_parity);
    g_test_add_func("/control/weight-equation", test_weight_equation);
    g_test_add_func("/control/edits", test_edits);
    g_test_add_func("/control/same-sentence", test_same_sentence);
    g_test_add_func("/control/nothing-taken", test_nothing_taken);
    g_test_add_func("/control/inverters", test_inverters);
    g_test_add_func("/control/weights", test_weights);
    g_test_add_func("/control/cancel", test_cancel);
    const int status = g_test_run();
    g_assert_cmpuint(gpu_validation_count(gpu), ==, 0);
    gpu_free(gpu);
    return status;
}
