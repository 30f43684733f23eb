// Selections on a small model of random weights: what is asked of the words, what is kept, and that
// places and words are those of the attention. What selections are worth on photographs a test
// cannot say; tests/bench has the numbers.
#include "compute/edit/private.h"
#include "compute/edit/select.h"
#include "fixture.h"

#include <math.h>
#include <string.h>

#define SIDE 32

static struct fixture fx;
static struct editor *editor;
static struct settings *settings;
static float rgb[SIDE * SIDE * 3];

static struct edit_request request(const char *source_prompt)
{
    return (struct edit_request){.settings = settings,
                                 .rgb = rgb,
                                 .width = SIDE,
                                 .height = SIDE,
                                 .source_prompt = source_prompt};
}

static float *select_word(const char *sentence, const char *word)
{
    g_autoptr(GError) error = NULL;
    const struct edit_request q = request(sentence);
    float *plane = editor_select_word(editor, &q, word, NULL, &error);
    g_assert_no_error(error);
    for (int i = 0; i < SIDE * SIDE; i++) {
        g_assert_true(plane[i] >= 0 && plane[i] <= 1);
    }
    return plane;
}

static void assert_refused(const struct edit_request *q, const char *word)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(editor_select_word(editor, q, word, NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    g_assert_null(strchr(error->message, '\n'));
}

static void test_words_refused(void)
{
    g_autoptr(GString) longer = g_string_new("a");
    for (int i = 0; i < fx.model->text.max_tokens; i++) {
        g_string_append(longer, " photo");
    }
    g_string_append(longer, " dog");
    const struct edit_request q = request("a photo of a red catalogue");
    assert_refused(&q, "dog");
    assert_refused(&q, "cat"); // a part of a word
    assert_refused(&q, "");
    assert_refused(&q, " ");
    const struct edit_request cut = request(longer->str), none = request(NULL);
    assert_refused(&cut, "dog"); // behind what the model reads
    assert_refused(&none, "dog");
    struct edit_request no_photo = request("a dog");
    no_photo.rgb = NULL;
    assert_refused(&no_photo, "dog");
}

static void test_words_found(void)
{
    g_autofree float *lower = select_word("A Red bird, on a tree", "red bird");
    g_autofree float *upper = select_word("A Red bird, on a tree", "Red BIRD");
    g_autofree float *other = select_word("A Red bird, on a tree", "tree");
    g_assert_cmpmem(lower, sizeof rgb / 3, upper, sizeof rgb / 3);
    g_assert_cmpint(memcmp(lower, other, sizeof rgb / 3), !=, 0);
    g_free(select_word("extraordinarily", "extraordinarily")); // of several tokens
    g_free(select_word("a dog and a dog", "dog"));
    g_free(select_word("  a dog  ", " dog "));
    g_free(select_word("a dog on a tree", "\u201cdog\u201d,"));
}

static void count_cb(struct task *task, const struct task_progress *progress)
{
    if (progress->stage == TASK_SELECTING) {
        ++*(int *)task->data;
    }
}

// A place and the same word again cost nothing, another word less than the first; other words and
// another photo cost all of it.
static void test_kept(void)
{
    g_autoptr(GError) error = NULL;
    int steps = 0;
    struct task task = {.report = count_cb, .data = &steps};
    struct edit_request q = request("a dog on a beach");
    g_free(editor_select_word(editor, &q, "dog", &task, &error));
    const int first = steps;
    g_assert_cmpint(first, >, 0);
    g_free(editor_select_word(editor, &q, "Dog", &task, &error));
    g_free(editor_select_point(editor, &q, 0.5, 0.5, &task, &error));
    g_assert_cmpint(steps, ==, first);
    g_free(editor_select_word(editor, &q, "beach", &task, &error));
    g_assert_cmpint(steps, >, first);
    g_assert_cmpint(steps, <, 2 * first);
    steps = first;
    q.source_prompt = "a cat on a beach";
    g_free(editor_select_word(editor, &q, "beach", &task, &error));
    g_assert_cmpint(steps, ==, 2 * first);
    rgb[0] += 0.25f;
    g_free(editor_select_word(editor, &q, "beach", &task, &error));
    g_assert_cmpint(steps, ==, 3 * first);
    g_assert_no_error(error);
}

static void cancel_cb(struct task *task, const struct task_progress *progress)
{
    if (progress->stage == TASK_SELECTING && progress->step == 1) {
        g_cancellable_cancel(task->cancellable);
    }
}

static void test_cancelled(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    struct task task = {.report = cancel_cb, .cancellable = cancellable};
    const struct edit_request q = request("a horse");
    g_assert_null(editor_select_word(editor, &q, "horse", &task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_free(select_word("a horse", "horse")); // what was begun is begun again
}

static void test_points(void)
{
    g_autoptr(GError) error = NULL;
    const struct edit_request q = request(NULL);
    for (int i = 0; i < 4; i++) {
        const double x = i % 2, y = i / 2; // the corners, which are in the picture
        g_autofree float *plane = editor_select_point(editor, &q, x, y, NULL, &error);
        g_assert_no_error(error);
        for (int k = 0; k < SIDE * SIDE; k++) {
            g_assert_true(plane[k] >= 0 && plane[k] <= 1);
        }
    }
}

// What is kept are sums of probabilities: what a place attends to adds up to one over all places,
// and to one for each layer and call over all tokens.
static void test_probabilities(void)
{
    g_free(select_word("a bird on a tree", "tree"));
    const int tokens = fx.model->text.max_tokens, n = editor->attention.h * editor->attention.w;
    double first = 0;
    for (int place = 0; place < n; place++) {
        double places = 0, words = 0;
        for (int k = 0; k < n; k++) {
            places += editor->attention.places[place * n + k];
        }
        for (int t = 0; t < tokens; t++) {
            words += editor->attention.words[t * n + place];
        }
        first = place ? first : words;
        g_assert_cmpfloat(fabs(places - 1), <, 1e-4);
        g_assert_cmpfloat(fabs(words - first), <, 1e-3 * first);
    }
    const double layers = first / attention_steps();
    g_assert_cmpfloat(layers, >=, 1);
    g_assert_cmpfloat(fabs(layers - round(layers)), <, 1e-3);
}

// Two visits of one prediction's cross-attention: sums of a query, layers, and another sentence.
struct visited {
    int maps;
    double first; // of the first map
};

static void visit_cross(const struct network_map *map, void *data)
{
    struct visited *v = data;
    g_assert_true(g_str_has_suffix(map->path, ".attn2"));
    g_assert_cmpint(map->keys, ==, fx.model->text.max_tokens);
    for (int i = 0; i < map->heads * map->height * map->width; i++) {
        double sum = 0;
        for (int k = 0; k < map->keys; k++) {
            sum += map->values[i * map->keys + k];
        }
        g_assert_cmpfloat_with_epsilon(sum, 1, 1e-5);
    }
    v->first = v->maps++ == 0 ? map->values[1] : v->first;
}

static void test_cross_attention(void)
{
    g_autoptr(GError) error = NULL;
    struct visited dog = {0}, cat = {0};
    const int factor = model_latent_factor(fx.model), channels = fx.model->unet.in_channels;
    const int n = channels * (SIDE / factor) * (SIDE / factor);
    g_autofree float *latents = g_new(float, n);
    for (int i = 0; i < n; i++) {
        latents[i] = (float)(i * 37 % 257 - 128) / 128;
    }
    g_assert_true(
        editor_attention(editor, latents, SIDE, SIDE, 500, "a dog", visit_cross, &dog, &error));
    g_assert_true(editor_attention(editor, latents, SIDE, SIDE, 500, "a cat on the beach",
                                   visit_cross, &cat, &error));
    g_assert_no_error(error);
    g_assert_cmpint(dog.maps, >, 1);
    g_assert_cmpint(dog.maps, ==, cat.maps);
    g_assert_cmpfloat(dog.first, !=, cat.first);
}

// Adapters of the same numbers that mean something else are other adapters.
static void test_adapters_told_apart(void)
{
    g_autoptr(GError) error = NULL;
    struct adapter *a = fixture_adapter(&fx, "lora", "rank=2");
    struct adapter_param *p = a->params->pdata[0];
    a->enabled = true;
    g_assert_true(editor_set_adapters(editor, &a, 1, NULL, &error));
    g_autofree char *before = g_strdup(editor->adapters_key);
    g_assert_null(p->form);
    p->form = g_bytes_new_static("x", 1);
    g_assert_true(editor_set_adapters(editor, &a, 1, NULL, &error));
    g_assert_cmpstr(editor->adapters_key, !=, before);
    g_clear_pointer(&p->form, g_bytes_unref);
    g_assert_true(editor_set_adapters(editor, &a, 1, NULL, &error));
    g_assert_cmpstr(editor->adapters_key, ==, before);
    g_assert_true(editor_set_adapters(editor, NULL, 0, NULL, &error));
    g_assert_no_error(error);
    adapter_free(a);
}

static void test_subject(void)
{
    static const struct {
        const char *from, *to, *subject;
    } cases[] = {
        {"a photo of a red bird on a tree", "a photo of a blue bird on a tree", "bird"},
        {"a photo of a bird on a tree", "a photo of a blue bird on a tree", "bird"},
        {"a photograph of a cat", "a photograph of a dog", "cat"},
        {"a cat and a dog", "a cat and a fox", "dog"},
        {"A Cat, sleeping", "a cat, awake", "sleeping"},
        {"a photo of a red bird on a tree", NULL, "bird"},
        {"a photo of a red bird on a tree", "", "bird"},
        {"a photo of a bird", "a photo of a bird", "bird"},
        {"the old bridge at night", "the old bridge at night", "bridge"},
        {"a photo of a bird on a tree", "a photo of a bird on a house", NULL},
        {"a photo of a bird", "a photo of a bird at sunset", NULL},
        {"", "a dog", NULL},
        {NULL, NULL, NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *subject = subject_of_edit(cases[i].from, cases[i].to);
        g_assert_cmpstr(subject, ==, cases[i].subject);
    }
}

static void assert_qualities(const char *sentence, const char *word, const char *expected)
{
    g_auto(GStrv) found = subject_qualities(sentence, word);
    g_autofree char *joined = g_strjoinv(" ", found);
    g_assert_cmpstr(joined, ==, expected);
}

static void test_qualities(void)
{
    assert_qualities("a photo of a Red old tower, at night", "tower", "red old");
    assert_qualities("a photo of a red tower", "red tower", "red");
    assert_qualities("a green bird on a brown branch", "branch", "brown");
    assert_qualities("a green bird on a branch", "branch", "");
    assert_qualities("two black cats and a dog", "dog", "");
    assert_qualities("tower", "tower", "");
    assert_qualities("a tower", "house", "");
    assert_qualities("a tower", "", "");
    assert_qualities("", "tower", "");
}

static void test_around(void)
{
    g_assert_true(subject_is_around("a cat on a red sofa", "sofa"));
    g_assert_true(subject_is_around("the blue sky", "sky"));
    g_assert_false(subject_is_around("a cat on a sofa", "cat"));
    g_assert_false(subject_is_around("in the evening, a cat", "cat"));
    g_assert_false(subject_is_around("a cat", "sofa"));
    g_assert_false(subject_is_around("a cat", ""));
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    fixture_open(&fx, "sd1");
    editor = editor_new(fx.model, &error);
    g_assert_no_error(error);
    settings = settings_new(edit_settings);
    for (int i = 0; i < SIDE * SIDE * 3; i++) {
        rgb[i] = (float)(i * 37 % 257 - 128) / 128;
    }
    g_test_add_func("/select/words-refused", test_words_refused);
    g_test_add_func("/select/words-found", test_words_found);
    g_test_add_func("/select/kept", test_kept);
    g_test_add_func("/select/cancelled", test_cancelled);
    g_test_add_func("/select/points", test_points);
    g_test_add_func("/select/probabilities", test_probabilities);
    g_test_add_func("/select/cross-attention", test_cross_attention);
    g_test_add_func("/select/adapters-told-apart", test_adapters_told_apart);
    g_test_add_func("/select/subject", test_subject);
    g_test_add_func("/select/qualities", test_qualities);
    g_test_add_func("/select/around", test_around);
    const int status = g_test_run();
    settings_free(settings);
    editor_free(editor);
    fixture_close(&fx);
    return status;
}
