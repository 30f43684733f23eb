// Which tokens of two sentences belong together, with the small models' tokenizer, which splits
// most words.
#include "compute/edit/align.h"
#include "compute/model/tokenizer.h"

#include <math.h>
#include <string.h>

static struct model *model;

static int token_count(const char *text)
{
    int32_t ids[77];
    int n;
    model_tokenize(model, text, ids, &n, NULL);
    return n;
}

// Where a part of a sentence begins and how many tokens it has: what comes before it ends a word.
static int place_of(const char *before, const char *part, int *count)
{
    *count = token_count(part) - 2;
    return token_count(before) - 1;
}

// How much of the source's part goes to the edit's part: the mean over its tokens.
static double taken(const struct alignment *a, const char *source_before, const char *source,
                    const char *edit_before, const char *edit)
{
    int n, count;
    const int from = place_of(source_before, source, &n), to = place_of(edit_before, edit, &count);
    double sum = 0;
    for (int i = from; i < from + n; i++) {
        for (int k = to; k < to + count; k++) {
            sum += (double)a->mapper[i * a->tokens + k];
        }
    }
    return sum / n;
}

// What a token of the source has goes to one of the edit's words as a whole, or nowhere; of the
// padding several may end in the last. What is shared takes something, what is new nothing.
static void check_shares(const struct alignment *a)
{
    for (int k = 0; k < a->tokens; k++) {
        double row = 0, column = 0;
        for (int j = 0; j < a->tokens; j++) {
            row += (double)a->mapper[k * a->tokens + j];
            column += (double)a->mapper[j * a->tokens + k];
        }
        g_assert_true(fabs(row) < 1e-6 || fabs(row - 1) < 1e-6 || k == a->tokens - 1);
        g_assert_true(a->shared[k] == (column > 0 ? 1.0f : 0.0f));
    }
}

static struct alignment align(const char *source, const char *edit)
{
    struct alignment a;
    alignment_init(&a, model, &(struct prompt_style){0}, 1, source, edit);
    check_shares(&a);
    return a;
}

static void test_same(void)
{
    struct alignment a = align("a photo of a dog on the beach", "A photo of a DOG on the  beach");
    g_assert_false(a.changed);
    for (int k = 0; k < a.tokens; k++) {
        g_assert_cmpfloat(a.mapper[k * a.tokens + k], ==, 1);
    }
    alignment_finish(&a);
}

// One word for another: it gets all that the old one got, all others keep theirs.
static void test_swap(void)
{
    static const char *const words[] = {"cat", "watercolour", "ox", "x"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autofree char *edit = g_strdup_printf("a photo of a %s on the beach", words[i]);
        struct alignment a = align("a photo of a dog on the beach", edit);
        int n, count;
        place_of("a photo of a", "dog", &n);
        place_of("a photo of a", words[i], &count);
        g_assert_true(a.changed);
        g_assert_cmpfloat(fabs(taken(&a, "a photo of a", "dog", "a photo of a", words[i]) - 1), <,
                          1e-6);
        g_autofree char *before = g_strdup_printf("a photo of a %s on", words[i]);
        g_assert_cmpfloat(
            fabs(taken(&a, "a photo of a dog on", "the beach", before, "the beach") - 1), <, 1e-6);
        alignment_finish(&a);
    }
}

// New words take nothing, and what is behind them is found again.
static void test_refinement(void)
{
    struct alignment a = align("a house in the garden", "a red house in the snowy garden");
    g_assert_cmpfloat(taken(&a, "", "a house in the garden", "a", "red"), ==, 0);
    g_assert_cmpfloat(fabs(taken(&a, "a", "house in the", "a red", "house in the") - 1), <, 1e-6);
    g_assert_cmpfloat(
        fabs(taken(&a, "a house in the", "garden", "a red house in the snowy", "garden") - 1), <,
        1e-6);
    int n, count;
    place_of("a", "red", &n);
    place_of("a red house in the", "snowy", &count);
    alignment_finish(&a);
}

// Of unequal numbers of words the last stand for the last.
static void test_unequal(void)
{
    struct alignment a = align("a red bird", "a large blue parrot");
    g_assert_cmpfloat(fabs(taken(&a, "a red", "bird", "a large blue", "parrot") - 1), <, 1e-6);
    g_assert_cmpfloat(fabs(taken(&a, "a", "red", "a large", "blue") - 1), <, 1e-6);
    g_assert_cmpfloat(taken(&a, "", "a red bird", "a", "large"), ==, 0);
    alignment_finish(&a);
}

// The marks and the padding belong together, wherever the sentences end.
static void test_marks(void)
{
    struct alignment a = align("a dog", "a dog on the beach in the garden");
    const int from = token_count("a dog") - 1,
              to = token_count("a dog on the beach in the garden") - 1;
    g_assert_cmpfloat(a.mapper[0], ==, 1);
    for (int k = to; k < a.tokens; k++) {
        g_assert_cmpfloat(a.mapper[(from + k - to) * a.tokens + k], ==, 1);
    }
    alignment_finish(&a);
    a = align("a dog on the beach in the garden", "a dog");
    g_assert_cmpfloat(a.mapper[a.tokens * a.tokens - 1], ==, 1);
    alignment_finish(&a);
}

static void test_weigh(void)
{
    static const char edit[] = "a red house in the red garden";
    struct alignment a = align("a house", edit);
    int n, count;
    const int first = place_of("a", "red", &n),
              second = place_of("a red house in the", "red", &count);
    g_assert_true(alignment_weigh(&a, model, edit, "red", 1.5));
    for (int t = 0; t < a.tokens; t++) {
        const bool of_word = (t >= first && t < first + n) || (t >= second && t < second + count);
        g_assert_cmpfloat(a.weight[t], ==, of_word ? 1.5f : 1.0f);
    }
    g_assert_false(alignment_weigh(&a, model, edit, "blue", 2));
    g_assert_false(alignment_weigh(&a, model, edit, "", 2));
    g_assert_false(alignment_weigh(&a, model, edit, "garden a", 2));
    g_assert_true(alignment_weigh(&a, model, edit, "red garden", 2));
    g_assert_cmpfloat(a.weight[second], ==, 3);
    g_assert_cmpfloat(a.weight[first], ==, 1.5);
    g_assert_true(alignment_weigh(&a, model, edit, " \"House\", ", 3));
    alignment_finish(&a);
}

// Any text: empty, longer than the model reads, not UTF-8, with the marks' own names in it.
static void test_any_text(void)
{
    g_autoptr(GString) endless = g_string_new(NULL);
    for (int i = 0; i < 300; i++) {
        g_string_append(endless, i % 3 ? "dog " : "zyxwvutsrqponmlk");
    }
    const char *const texts[] = {"",     endless->str,    "\xff\xfe bad \xc3",
                                 "!!!",  " \t\n\xe2\x80", "<|endoftext|> a <|startoftext|> dog",
                                 "a dog"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(texts); k++) {
            struct alignment a = align(texts[i], texts[k]);
            g_assert_cmpint(a.changed, ==, i != k);
            alignment_weigh(&a, model, texts[k], texts[i], 2);
            alignment_finish(&a);
        }
    }
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "data", "models", "sd1", NULL);
    model = model_inspect(folder, &error);
    g_assert_no_error(error);
    g_test_add_func("/align/same", test_same);
    g_test_add_func("/align/swap", test_swap);
    g_test_add_func("/align/refinement", test_refinement);
    g_test_add_func("/align/unequal", test_unequal);
    g_test_add_func("/align/marks", test_marks);
    g_test_add_func("/align/weigh", test_weigh);
    g_test_add_func("/align/any-text", test_any_text);
    const int status = g_test_run();
    model_free(model);
    return status;
}
