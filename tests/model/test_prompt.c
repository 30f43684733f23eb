// How sentences are read: windows, weights, where the model's reading ends; and their embeddings
// against the reference's text encoder (tests/data/prompt/make_prompt_vectors.py).

#include "compute/edit/private.h"
#include "compute/file/safetensors.h"
#include "compute/model/prompt.h"

#include <math.h>
#include <string.h>

#define TOLERANCE 1e-5 // of the largest value
#define LONG                                                                                       \
    "a photo of a dog on the beach, an old house in the garden, "                                  \
    "a photo of a dog on the beach, an old house in the garden, "                                  \
    "a photo of a dog on the beach, an old house in the garden, "                                  \
    "a photo of a dog on the beach, an old house in the garden, "                                  \
    "a photo of a dog on the beach, an old house in the garden, "

static struct gpu *gpu;
static struct model *model;
static const struct prompt_style plain, weighted = {.emphasis = true},
                                        both = {.long_prompt = true, .emphasis = true},
                                        lengthy = {.long_prompt = true};

// ---- weights ------------------------------------------------------------------------------------

struct weight_case {
    const char *text, *plain;
    double weights[8]; // of the tokens, each a letter; 0 behind the last one
};

static void assert_weights(const struct weight_case *c)
{
    struct prompt p;
    g_autofree char *text = prompt_plain(&weighted, c->text);
    g_assert_cmpstr(text, ==, c->plain);
    prompt_init(&p, model, &weighted, 0, c->text);
    for (int i = 0; i < p.n; i++) {
        if (fabs(p.weights[p.places[i]] - c->weights[i]) > 1e-6) {
            g_error("%s: token %d weighs %g", c->text, i, p.weights[p.places[i]]);
        }
    }
    g_assert_cmpfloat(c->weights[p.n], ==, 0);
    prompt_finish(&p);
}

// As the web UI's documentation has it, and text that only looks like a weight.
static void test_weights(void)
{
    static const struct weight_case cases[] = {
        {"a b", "a b", {1, 1}},
        {"a (b) c", "a b c", {1, 1.1, 1}},
        {"(a b", "a b", {1.1, 1.1}},
        {"\\(a\\]", "(a]", {1, 1, 1}},
        {"(a)(b)", "ab", {1.1, 1.1}},
        {"[a] b", "a b", {1 / 1.1, 1}},
        {"a (((b:1.3)) [c] d (e:0.5) f",
         "a b c d e f",
         {1, 1.1 * 1.1 * 1.3, 1, 1.1, 1.1 * 0.5, 1.1}},
        {"(a: 1.5 )", "a", {1.5}},
        {"(a:-1)", "a", {-1}},
        {"(a:+.5)", "a", {0.5}},
        {"((a))", "a", {1.21}},
        {"a:1) b", "a:1) b", {1, 1, 1, 1, 1}},
        {"(a:x)", "a:x", {1.1, 1.1, 1.1}},
        {"a)", "a)", {1, 1}},
        {"]a", "]a", {1, 1}},
        {"(a:0.5)(b:0.5)", "ab", {0.5, 0.5}},
        {"", "", {0}},
        {"()[]", "", {0}},
        {"\\", "", {0}},
        {"(a:1e9)", "a:1e9", {1.1, 1.1, 1.1, 1.1, 1.1}},
        {"(a:99999)", "a", {100}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_weights(&cases[i]);
    }
    struct prompt p; // without the switch, brackets are text
    prompt_init(&p, model, &plain, 0, "(a:1.3)");
    g_assert_cmpint(p.n, >, 4);
    g_assert_false(p.weighted);
    prompt_finish(&p);
    g_autofree char *deep = g_strnfill(100000, '('), *closed = g_strnfill(100000, ')');
    g_autofree char *all = g_strconcat(deep, "a", closed, NULL);
    prompt_init(&p, model, &weighted, 0, all);
    for (int i = 0; i < p.tokens; i++) {
        g_assert_true(isfinite(p.weights[i]));
    }
    prompt_finish(&p);
    g_autofree char *marks = g_strnfill(400000, '\\'); // half as many stretches
    prompt_init(&p, model, &weighted, 0, marks);
    g_assert_true(p.cut);
    prompt_finish(&p);
}

// ---- windows ------------------------------------------------------------------------------------

static void test_windows(void)
{
    struct prompt p;
    int32_t ids[77];
    int n;
    prompt_init(&p, model, &plain, 0, "a photo of a dog");
    model_tokenize(model, "a photo of a dog", ids, &n, NULL);
    g_assert_cmpint(p.windows, ==, 1);
    g_assert_cmpmem(p.ids, sizeof ids, ids, sizeof ids);
    prompt_finish(&p);

    prompt_init(&p, model, &plain, 0, LONG);
    model_tokenize(model, LONG, ids, &n, NULL);
    g_assert_true(p.cut && p.windows == 1);
    g_assert_cmpmem(p.ids, sizeof ids, ids, sizeof ids);
    prompt_finish(&p);

    prompt_init(&p, model, &lengthy, 0, LONG);
    g_assert_cmpint(p.windows, ==, 2);
    g_assert_false(p.cut);
    g_assert_cmpint(p.filled[0], ==, 75);
    g_assert_cmpint(p.filled[1], ==, p.n - 75);
    g_assert_cmpint(p.ids[77], ==, model->text.bos_id);
    g_assert_cmpint(p.ids[76], ==, model->text.eos_id);
    g_assert_cmpint(p.ids[p.places[75]], ==, p.content[75]);
    g_assert_cmpint(p.places[75], ==, 78);
    prompt_finish(&p);

    prompt_init(&p, model, &lengthy, 3, "a");
    g_assert_cmpint(p.windows, ==, 3);
    g_assert_cmpint(p.ids[2 * 77 + 1], ==, model->text.eos_id);
    prompt_finish(&p);

    g_autofree char *endless = g_strnfill(100000, '!');
    prompt_init(&p, model, &lengthy, 0, endless);
    g_assert_cmpint(p.windows, <=, PROMPT_WINDOWS);
    prompt_finish(&p);
}

static void test_end(void)
{
    g_assert_cmpuint(prompt_end(model, &plain, ""), ==, 0);
    g_assert_cmpuint(prompt_end(model, &plain, "a dog"), ==, 5);
    g_assert_cmpuint(prompt_end(model, &lengthy, LONG), ==, strlen(LONG));
    const gsize end = prompt_end(model, &plain, LONG);
    g_autofree char *read = g_strndup(LONG, end), *more = g_strndup(LONG, end + 8);
    struct prompt p;
    g_assert_true(LONG[end] == ' ');
    prompt_init(&p, model, &plain, 0, read);
    g_assert_false(p.cut);
    prompt_finish(&p);
    prompt_init(&p, model, &plain, 0, more);
    g_assert_true(p.cut);
    prompt_finish(&p);
}

// ---- embeddings ---------------------------------------------------------------------------------

static void assert_case(const struct st_file *vectors, int k, const struct prompt_style *style,
                        const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_strdup_printf("case.%d", k);
    const struct st_tensor *t = st_find(vectors, name);
    g_autofree float *expected = g_new(float, t->count);
    g_assert_true(st_read_f32(t, expected, true, NULL));
    struct editor *e = editor_new(model, &error);
    editor_read_as(e, style, prompt_windows(model, style, text));
    g_assert_cmpint(embeddings_count(e), ==, t->count);
    const float *states = embeddings_get(e, text, 0, NULL, &error);
    g_assert_no_error(error);
    double worst = 0, largest = 0;
    for (int64_t i = 0; i < t->count; i++) {
        worst = fmax(worst, fabs((double)states[i] - expected[i]));
        largest = fmax(largest, fabs(expected[i]));
    }
    g_test_message("case %d: off by %g of %g", k, worst, largest);
    g_assert_cmpfloat(worst, <=, TOLERANCE * largest);
    editor_free(e);
}

static void test_embeddings(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path =
        g_test_build_filename(G_TEST_DIST, "data", "prompt", "vectors.safetensors", NULL);
    struct st_file *vectors = st_open(path, &error);
    g_assert_no_error(error);
    assert_case(vectors, 0, &lengthy, LONG);
    assert_case(vectors, 1, &weighted, "a photo of a (dog:1.3) on the [beach]");
    assert_case(vectors, 2, &weighted, "a (((house:1.3)) [on] a (hill:0.5), sun");
    assert_case(vectors, 3, &both, LONG "(red dog:1.5)" LONG);
    st_free(vectors);
}

// A run whose sentences take different numbers of windows, with and without hold on the words.
static void test_run(void)
{
    g_autoptr(GError) error = NULL;
    struct editor *e = editor_new(model, &error);
    struct settings *s = settings_new(edit_settings);
    g_autofree float *rgb = g_new0(float, 16 * 24 * 3);
    settings_set(s, "steps", 2, NULL);
    settings_set(s, "long_prompt", 1, NULL);
    const char *const prompts[] = {"a cat", LONG LONG "a cat", "a dog"};
    for (size_t i = 0; i < G_N_ELEMENTS(prompts); i++) {
        const struct edit_request q = {.settings = s,
                                       .rgb = rgb,
                                       .width = 16,
                                       .height = 24,
                                       .source_prompt = "a dog",
                                       .prompt = prompts[i]};
        struct edit_result *r = editor_run(e, &q, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpint(e->windows, ==, i == 1 ? 3 : 1);
        edit_result_free(r);
    }
    settings_free(s);
    editor_free(e);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "data", "models", "sd1", NULL);
    model = model_load(path, gpu, NULL, &error);
    g_assert_no_error(error);
    g_test_add_func("/prompt/weights", test_weights);
    g_test_add_func("/prompt/windows", test_windows);
    g_test_add_func("/prompt/end", test_end);
    g_test_add_func("/prompt/embeddings", test_embeddings);
    g_test_add_func("/prompt/run", test_run);
    int status = g_test_run();
    g_assert_cmpuint(gpu_validation_count(gpu), ==, 0);
    model_free(model);
    gpu_free(gpu);
    return status;
}
