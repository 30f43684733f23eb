// What a model's folder says of its words, and what a person reads of it while typing.
#include "tests/temp.h"
#include "ui/core/words_text.h"

#include <string.h>

static struct vocabulary *written(const char *json, GError **error)
{
    g_autofree char *folder = g_dir_make_tmp("tincture-words-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "words.json", NULL);
    g_assert_true(g_file_set_contents(path, json, -1, NULL));
    struct vocabulary *v = vocabulary_load(folder, error);
    remove_tree(folder);
    return v;
}

static void test_load(void)
{
    g_autoptr(GError) error = NULL;
    struct vocabulary *v =
        written("{\"Flower\": \"known\", \"fog\": \"weak\", \"x\": 3, \"y\": \"often\"}", &error);
    g_assert_no_error(error);
    g_assert_cmpint(vocabulary_ask(v, "flower"), ==, WORD_KNOWN);
    g_assert_cmpint(vocabulary_ask(v, "fog"), ==, WORD_WEAK);
    g_assert_cmpint(vocabulary_ask(v, "x"), ==, WORD_UNKNOWN);
    g_assert_cmpint(vocabulary_ask(v, "y"), ==, WORD_UNKNOWN);
    g_assert_cmpint(vocabulary_ask(v, "zeppelin"), ==, WORD_UNKNOWN);
    g_assert_true(vocabulary_begins(v, "flo"));
    g_assert_false(vocabulary_begins(v, "flop"));
    vocabulary_free(v);
}

static void test_none(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(vocabulary_load("/nowhere", &error));
    g_assert_no_error(error);
    g_autofree char *text = words_text(NULL, NULL, "a zeppelin");
    g_assert_cmpstr(text, ==, "");
    g_assert_null(written("[1]", &error));
    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error->message, "words.json"));
}

static void test_text(void)
{
    static const struct {
        const char *sentence, *text;
    } cases[] = {
        {"", ""},
        {"a red flower", ""},
        {"A Red, red FLOWER!", ""},
        {"a flower in the fog", "This model hardly knows “fog”"},
        {"a zeppelin and a zeppelin ", "This model does not know “zeppelin”"},
        {"a blimp, a zeppelin, a kite", "This model does not know “blimp”, “zeppelin” and “kite”"},
        {"a zeppelin in the fog ", "This model hardly knows “fog”, and not “zeppelin”"},
        {"a (red:1.2) flower ", ""},                    // its number is no word
        {"a flow", ""},                                 // it may become a flower
        {"a flow ", "This model does not know “flow”"}, // it is done
        {"a flow of", "This model does not know “flow”"},
        {"a flox", "This model does not know “flox”"}, // it can become nothing
        {"a Fürst ", "This model does not know “fürst”"},
        {"\xf0\x9f\x8c\xb7 a flower 🌷", ""}, // a picture is no word
    };
    g_autoptr(GError) error = NULL;
    struct vocabulary *v = written("{\"a\": \"known\", \"and\": \"known\", \"in\": \"known\", "
                                   "\"the\": \"known\", \"of\": \"known\", \"red\": \"known\", "
                                   "\"flower\": \"known\", \"fog\": \"weak\"}",
                                   &error);
    g_assert_no_error(error);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = words_text(v, NULL, cases[i].sentence);
        g_assert_cmpstr(text, ==, cases[i].text);
    }
    vocabulary_free(v);
}

// The last words that the model reads, where it does not read all.
static void test_reading(void)
{
    g_autoptr(GError) error = NULL;
    const struct prompt_style plain = {0}, whole = {.long_prompt = true};
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "data", "models", "fp16", NULL);
    struct model *m = model_inspect(folder, &error); // reads 14 tokens
    g_assert_no_error(error);
    static const char text[] = "a photo of a dog on the beach and the house in the garden";
    const gsize end = prompt_end(m, &plain, text);
    g_assert_cmpuint(end, <, strlen(text));
    g_autofree char *cut = reading_text(m, &plain, text);
    g_autofree char *last = g_strndup(text + end - 5, 5);
    g_assert_true(g_str_has_prefix(cut, "The model reads up to “…"));
    g_assert_nonnull(strstr(cut, last));
    g_autofree char *all = reading_text(m, &whole, text), *brief = reading_text(m, &plain, "a dog");
    g_autofree char *unknown = reading_text(NULL, &plain, text);
    g_assert_cmpstr(all, ==, "");
    g_assert_cmpstr(brief, ==, "");
    g_assert_cmpstr(unknown, ==, "");
    model_free(m);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/words/load", test_load);
    g_test_add_func("/words/none", test_none);
    g_test_add_func("/words/text", test_text);
    g_test_add_func("/words/reading", test_reading);
    return g_test_run();
}
