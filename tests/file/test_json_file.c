// JSON from outside: what is read, and what is refused with which words.
#include "compute/json_file.h"

#include <string.h>

static JsonNode *read_text(const char *text, GError **error)
{
    return json_text_read(text, strlen(text), JSON_NODE_OBJECT, "input", error);
}

static void refused(const char *text, gsize size, const char *says)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(json_text_read(text, size, JSON_NODE_OBJECT, "input", &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, says));
}

static void test_values(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) root =
        read_text("\xef\xbb\xbf {\"a\": -12, \"b\": 1.5e1, \"c\": [true, false, null],\n"
                  "\"d\": \"\\u00e9\\n\", \"e\": {}, \"f\": 20000000000000000000, \"g\": 0.5}",
                  &error);
    g_assert_no_error(error);
    JsonObject *o = json_node_get_object(root);
    JsonArray *c = json_object_get_array_member(o, "c");
    g_assert_cmpint(json_object_get_int_member(o, "a"), ==, -12);
    g_assert_cmpfloat(json_object_get_double_member(o, "b"), ==, 15.0);
    g_assert_cmpuint(json_array_get_length(c), ==, 3);
    g_assert_true(json_array_get_boolean_element(c, 0));
    g_assert_false(json_array_get_boolean_element(c, 1));
    g_assert_true(json_array_get_null_element(c, 2));
    g_assert_cmpstr(json_object_get_string_member(o, "d"), ==, "é\n");
    g_assert_cmpuint(json_object_get_size(json_object_get_object_member(o, "e")), ==, 0);
    g_assert_cmpfloat(json_object_get_double_member(o, "f"), ==, 2e19);
    g_assert_cmpfloat(json_object_get_double_member(o, "g"), ==, 0.5);
}

// diffusers writes these into scheduler_config.json.
static void test_no_numbers(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) root =
        read_text("{\"a\": -Infinity, \"b\": Infinity, \"c\": NaN, \"d\": 1}", &error);
    g_assert_no_error(error);
    JsonObject *o = json_node_get_object(root);
    g_assert_true(json_object_get_null_member(o, "a"));
    g_assert_true(json_object_get_null_member(o, "b"));
    g_assert_true(json_object_get_null_member(o, "c"));
    g_assert_cmpint(json_object_get_int_member(o, "d"), ==, 1);
}

static void test_refused(void)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "it is empty"},
        {"[]", "not a JSON object"},
        {"{\"a\": 1, \"a\": 2}", "a key stands twice"},
        {"{\"a\": 1} x", "behind its end"},
        {"{\"a\": 1,}", "a string was expected"},
        {"{\"a\": 1 /* one */}", "a comma is missing"},
        {"{'a': 1}", "a string was expected"},
        {"{\"a\": 'b'}", "a value was expected"},
        {"{\"a\": 01}", "malformed"},
        {"{\"a\": 1.}", "malformed"},
        {"{\"a\": 1e}", "malformed"},
        {"{\"a\": -}", "malformed"},
        {"{\"a\": 1e999}", "too large"},
        {"{\"a\": nul}", "a value was expected"},
        {"{\"a\": \"\xff\"}", "not UTF-8"},
        {"{\"a\": \"\\ud800\"}", "unknown escape"},
        {"{\"a\": \"\\u0000\"}", "unknown escape"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        refused(cases[i].text, strlen(cases[i].text), cases[i].says);
    }
    refused("{\"a\0\": 1}", 9, "not UTF-8");
}

// Three million brackets end a parser that recurses without counting; a quote in a comment, or in
// another kind of quote, must not hide them.
static void test_deep(void)
{
    static const char *const starts[] = {"", "{\"a\":", "{\"a\": /*\"*/", "{\"a\": '\"', \"b\":"};
    g_autofree char *brackets = g_strnfill(3000000, '[');
    g_autofree char *objects = g_strdup("");
    for (gsize i = 0; i < G_N_ELEMENTS(starts); i++) {
        g_autofree char *text = g_strconcat(starts[i], brackets, NULL);
        refused(text, strlen(text), i < 2 ? "nested too deeply" : "a value was expected");
    }
    for (int i = 0; i < 33; i++) {
        char *more = g_strconcat(objects, "{\"a\":", NULL);
        g_free(objects);
        objects = more;
    }
    refused(objects, strlen(objects), "nested too deeply");
}

static void test_many(void)
{
    g_autoptr(GString) text = g_string_new("{\"a\":[0");
    for (int i = 0; i < 5000000; i++) {
        g_string_append(text, ",0");
    }
    g_string_append(text, "]}");
    refused(text->str, text->len, "too many values");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/values", test_values);
    g_test_add_func("/json/no-numbers", test_no_numbers);
    g_test_add_func("/json/refused", test_refused);
    g_test_add_func("/json/deep", test_deep);
    g_test_add_func("/json/many", test_many);
    return g_test_run();
}
