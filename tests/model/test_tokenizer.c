// The tokenizer against the ids that CLIPTokenizerFast gives (tests/data/make_vectors.py).

#include "compute/model/tokenizer.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

static struct tokenizer *open_tokenizer(const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "data", "tokenizer", name, NULL);
    struct tokenizer *t = tokenizer_open(folder, NULL, &error);
    g_assert_no_error(error);
    return t;
}

// Whether the text's ids are the listed ones, followed by padding.
static bool same_ids(const struct tokenizer *t, JsonObject *one, int length, int pad)
{
    const char *text = json_object_get_string_member(one, "text");
    JsonArray *expected = json_object_get_array_member(one, "ids");
    int32_t *ids = g_new(int32_t, length);
    int n;
    tokenizer_encode(t, text, ids, length, &n);
    bool same = n == (int)json_array_get_length(expected);
    for (int i = 0; same && i < length; i++) {
        same = ids[i] == (i < n ? json_array_get_int_element(expected, i) : pad);
    }
    if (!same) {
        g_autofree char *shown = g_strescape(text, NULL);
        g_test_message("ids of \"%s\" differ", shown);
    }
    g_free(ids);
    return same;
}

static void test_cases(gconstpointer name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path =
        g_test_build_filename(G_TEST_DIST, "data", "tokenizer", name, "cases.json", NULL);
    g_autoptr(JsonParser) parser = json_parser_new();
    struct tokenizer *t = open_tokenizer(name);
    json_parser_load_from_file(parser, path, &error);
    g_assert_no_error(error);
    JsonObject *root = json_node_get_object(json_parser_get_root(parser));
    JsonArray *cases = json_object_get_array_member(root, "cases");
    int length = json_object_get_int_member(root, "length"),
        pad = json_object_get_int_member(root, "pad");
    g_assert_cmpint(tokenizer_pad(t), ==, pad);
    guint differ = 0;
    for (guint i = 0; i < json_array_get_length(cases); i++) {
        differ += !same_ids(t, json_array_get_object_element(cases, i), length, pad);
    }
    g_test_message("%u of %u texts differ", differ, json_array_get_length(cases));
    g_assert_cmpuint(differ, ==, 0);
    tokenizer_free(t);
}

// ---- added tokens -------------------------------------------------------------------------------

static void put_file(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static char *sd1_file(const char *name)
{
    g_autofree char *path =
        g_test_build_filename(G_TEST_DIST, "data", "tokenizer", "sd1", name, NULL);
    char *text;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void put_json(JsonObject *object, const char *name, JsonNode *node, gpointer folder)
{
    (void)object;
    g_autofree char *text = json_to_string(node, FALSE);
    put_file(folder, name, text);
}

// tokenizer.json with sd1's vocabulary and merges and this list of added tokens.
static void put_single(const char *folder, JsonNode *added)
{
    g_autofree char *vocab = sd1_file("vocab.json"), *merges = sd1_file("merges.txt");
    g_autofree char *tokens = json_to_string(added, FALSE);
    g_auto(GStrv) lines = g_strsplit(g_strchomp(strchr(merges, '\n') + 1), "\n", -1);
    g_autoptr(JsonArray) list = json_array_new();
    for (char **line = lines; *line; line++) {
        json_array_add_string_element(list, *line);
    }
    g_autoptr(JsonNode) node = json_node_init_array(json_node_alloc(), list);
    g_autofree char *pairs = json_to_string(node, FALSE);
    g_autofree char *text =
        g_strdup_printf("{\"added_tokens\":%s,\"model\":{\"end_of_word_suffix\":\"</w>\","
                        "\"vocab\":%s,\"merges\":%s}}",
                        tokens, vocab, pairs);
    put_file(folder, "tokenizer.json", text);
}

static void remove_folder(char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_dir_close(dir);
    g_rmdir(folder);
    g_free(folder);
}

// sd1's folder as a member of added.json changes it (tests/data/tokenizer/make_added_vectors.py).
static char *folder_of(JsonObject *variant)
{
    static const char *const names[] = {"tokenizer_config.json", "special_tokens_map.json",
                                        "vocab.json", "merges.txt"};
    char *folder = g_dir_make_tmp("tincture-XXXXXX", NULL);
    JsonObject *files = json_object_get_object_member(variant, "files");
    const bool single = json_object_has_member(variant, "single");
    for (int i = 0; i < (single ? 2 : 4); i++) {
        g_autofree char *text = sd1_file(names[i]);
        put_file(folder, names[i], text);
    }
    if (single) {
        put_single(folder, json_object_get_member(files, "added_tokens"));
    } else {
        json_object_foreach_member(files, put_json, folder);
    }
    return folder;
}

static void test_added(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path =
        g_test_build_filename(G_TEST_DIST, "data", "tokenizer", "added.json", NULL);
    g_autoptr(JsonParser) parser = json_parser_new();
    json_parser_load_from_file(parser, path, &error);
    g_assert_no_error(error);
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;
    json_object_iter_init(&iter, json_node_get_object(json_parser_get_root(parser)));
    while (json_object_iter_next(&iter, &name, &node)) {
        JsonObject *variant = json_node_get_object(node);
        JsonArray *cases = json_object_get_array_member(variant, "cases");
        char *folder = folder_of(variant);
        struct tokenizer *t = tokenizer_open(folder, NULL, &error);
        g_assert_no_error(error);
        guint differ = 0;
        for (guint i = 0; i < json_array_get_length(cases); i++) {
            differ += !same_ids(t, json_array_get_object_element(cases, i), 400, tokenizer_pad(t));
        }
        g_test_message("%s: %u of %u texts differ", name, differ, json_array_get_length(cases));
        g_assert_cmpuint(differ, ==, 0);
        tokenizer_free(t);
        remove_folder(folder);
    }
}

// What is listed may be anything: as many tokens as would hold up every text are refused.
static void test_added_rough(void)
{
    static const char *const files[][2] = {
        {"added_tokens.json", "{\"\": 5, \" \": -7, \"a\": [], \"b\": 1e300, \"c\": null}"},
        {"tokenizer_config.json", "{\"added_tokens_decoder\": {\"x\": {\"content\": \"\"}, "
                                  "\"99999999999999999999\": {\"content\": \"d\"}, \"-1\": 5}}"},
        {"special_tokens_map.json",
         "{\"additional_special_tokens\": [7, {}, {\"content\": 5}, \"x\", \"x\"]}"},
        {"tokenizer.json", "{\"added_tokens\": [5, {}, {\"content\": \"q\"}]}"},
    };
    int32_t ids[77];
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(JsonObject) empty = json_object_new();
        json_object_set_object_member(empty, "files", json_object_new());
        char *folder = folder_of(empty);
        put_file(folder, files[i][0], files[i][1]);
        struct tokenizer *t = tokenizer_open(folder, NULL, NULL);
        g_assert_nonnull(t);
        tokenizer_encode(t, "a b c d x x q\t\xff", ids, 77, NULL);
        for (int k = 0; k < 77; k++) {
            g_assert_cmpint(ids[k], <=, tokenizer_max_id(t));
        }
        tokenizer_free(t);
        remove_folder(folder);
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) empty = json_object_new();
    json_object_set_object_member(empty, "files", json_object_new());
    char *folder = folder_of(empty);
    GString *many = g_string_new("{\"a\": 1");
    for (int i = 0; i < 5000; i++) {
        g_string_append_printf(many, ", \"<%d>\": %d", i, i);
    }
    g_string_append_c(many, '}');
    put_file(folder, "added_tokens.json", many->str);
    g_assert_null(tokenizer_open(folder, NULL, &error));
    g_assert_nonnull(strstr(error->message, "too many"));
    g_string_free(many, TRUE);
    remove_folder(folder);
}

// ---- any text -----------------------------------------------------------------------------------

static void test_length(void)
{
    struct tokenizer *t = open_tokenizer("sd1");
    int32_t ids[6];
    int n;
    g_assert_false(tokenizer_encode(t, "", ids, 6, &n));
    g_assert_cmpint(n, ==, 2);
    g_assert_cmpint(ids[0], ==, tokenizer_bos(t));
    g_assert_cmpint(ids[1], ==, tokenizer_eos(t));
    g_assert_cmpint(ids[5], ==, tokenizer_pad(t));
    g_assert_false(tokenizer_encode(t, "1 2 3 4", ids, 6, &n)); // fits exactly
    g_assert_cmpint(n, ==, 6);
    g_assert_true(tokenizer_encode(t, "1 2 3 4 5", ids, 6, NULL));
    g_assert_cmpint(ids[5], ==, tokenizer_eos(t));
    g_assert_true(tokenizer_encode(t, "1", ids, 2, &n));
    g_assert_cmpint(n, ==, 2);
    tokenizer_free(t);
}

// Text from the clipboard may be anything.
static void test_rough(void)
{
    struct tokenizer *t = open_tokenizer("sd1");
    int32_t ids[77];
    tokenizer_encode(t, "\xff\xfe broken \xc3", ids, 77, NULL);
    g_autofree char *word = g_strnfill(1 << 20, 'a');
    g_assert_true(tokenizer_encode(t, word, ids, 77, NULL));
    g_autofree char *space = g_strnfill(1 << 20, ' ');
    g_assert_false(tokenizer_encode(t, space, ids, 77, NULL));
    tokenizer_free(t);
}

// Opens a folder with the given files (NULL: not there) and returns the message.
static char *open_fails(const char *vocab, const char *merges, const char *single)
{
    const char *const names[] = {"vocab.json", "merges.txt", "tokenizer.json"};
    const char *const texts[] = {vocab, merges, single};
    g_autofree char *folder = g_dir_make_tmp("tincture-XXXXXX", NULL);
    GError *error = NULL;
    for (int i = 0; i < 3; i++) {
        g_autofree char *path = g_build_filename(folder, names[i], NULL);
        if (texts[i]) {
            g_assert_true(g_file_set_contents(path, texts[i], -1, NULL));
        }
    }
    g_assert_null(tokenizer_open(folder, NULL, &error));
    g_assert_nonnull(error);
    for (int i = 0; i < 3; i++) {
        g_autofree char *path = g_build_filename(folder, names[i], NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
    char *message = g_strdup(error->message);
    g_error_free(error);
    return message;
}

static void test_damaged(void)
{
    static const char good[] = "{\"a\":0,\"<|startoftext|>\":1,\"<|endoftext|>\":2}";
    static const struct {
        const char *vocab, *merges, *single, *says;
    } cases[] = {
        {NULL, NULL, NULL, "neither vocab.json"},
        {good, NULL, NULL, "No such file"},
        {"[]", "a b\n", NULL, "not a JSON object"},
        {"{", "a b\n", NULL, "damaged"},
        {"{\"a\":-1}", "a b\n", NULL, "out of range"},
        {"{\"a\":1000000000000}", "a b\n", NULL, "out of range"},
        {"{\"a\":\"x\"}", "", NULL, "no whole number"},
        {"{\"a\":[1]}", "a b\n", NULL, "no whole number"},
        {"{\"a\":5.5}", "a b\n", NULL, "no whole number"},
        {"{\"a\":\"7\"}", "a b\n", NULL, "no whole number"},
        {good, "abc\n", NULL, "not a pair"},
        {good, "a b c\n", NULL, "not a pair"},
        {good, "a \n", NULL, "not a pair"},
        {"{\"a\":0}", "a b\n", NULL, "special token"},
        {NULL, NULL, "{\"model\":{}}", "CLIP"},
        {NULL, NULL,
         "{\"model\":{\"vocab\":{},\"merges\":[[\"a\"]],\"end_of_word_suffix\":\"</w>\"}}",
         "not a pair"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *message = open_fails(cases[i].vocab, cases[i].merges, cases[i].single);
        g_test_message("%s", message);
        g_assert_nonnull(strstr(message, cases[i].says));
    }
    g_autofree char *deep = g_strnfill(100000, '[');
    g_autofree char *nested = g_strconcat("{\"a\":", deep, NULL);
    g_autofree char *message = open_fails(nested, "a b\n", NULL);
    g_assert_nonnull(strstr(message, "damaged"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/tokenizer/sd1", "sd1", test_cases);
    g_test_add_data_func("/tokenizer/sd2", "sd2", test_cases);
    g_test_add_func("/tokenizer/added", test_added);
    g_test_add_func("/tokenizer/added-rough", test_added_rough);
    g_test_add_func("/tokenizer/length", test_length);
    g_test_add_func("/tokenizer/rough", test_rough);
    g_test_add_func("/tokenizer/damaged", test_damaged);
    return g_test_run();
}
