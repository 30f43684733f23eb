// The document as a value: JSON there and back, hostile JSON, undo.
#include "ui/core/history.h"

static struct document make(void)
{
    struct document d;
    document_init(&d);
    g_free(d.prompt);
    d.prompt = g_strdup("a \"red\" apple\non a table, é 苹果");
    d.params[document_param_index("guidance")] = 5.5;
    d.seed = 123456789;
    d.learn.steps = 60;
    struct document_use use = {.id = 7, .scale = 0.8, .enabled = false};
    g_array_append_val(d.adapters, use);
    return d;
}

static void test_json(void)
{
    struct document d = make(), back;
    g_autofree char *json = document_to_json(&d);
    document_init(&back);
    document_from_json(&back, json);
    g_assert_cmpuint(document_diff(&d, &back), ==, 0);
    document_clear(&back);
    document_clear(&d);
}

static void test_hostile_json(void)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{",
        "nonsense",
        "{\"params\":[]}",
        "{\"params\":{\"steps\":1e99,\"guidance\":\"x\"}}",
        "{\"adapters\":[1,null,{\"id\":\"x\"},{\"scale\":1}]}",
        "{\"prompt\":5,\"learn\":7,\"seed\":{}}",
        "{\"learn\":{\"steps\":-5,\"method\":\"a very long name that does not fit anywhere\"}}",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        struct document d;
        document_init(&d);
        document_from_json(&d, texts[i]);
        for (int k = 0; edit_params[k].key; k++) {
            g_assert_true(param_check(&edit_params[k], d.params[k], NULL));
        }
        g_assert_cmpint(d.learn.steps, >, 0);
        document_clear(&d);
    }
}

static void test_undo(void)
{
    struct document d = make();
    struct history *h = history_new(&d);
    g_assert_false(history_can_undo(h));
    // Two changes of one field within a second are one step, another field is another.
    d.seed = 1;
    history_push(h, &d, 4);
    d.seed = 2;
    history_push(h, &d, 4);
    d.params[0] = 0.25;
    history_push(h, &d, 100);
    const struct document *s = history_undo(h);
    g_assert_cmpuint(s->seed, ==, 2);
    g_assert_cmpfloat(s->params[0], ==, 1.0);
    s = history_undo(h);
    g_assert_cmpuint(s->seed, ==, 123456789);
    g_assert_null(history_undo(h));
    s = history_redo(h);
    g_assert_cmpuint(s->seed, ==, 2);
    // A change after undo forgets what could be redone.
    d.seed = 9;
    history_push(h, &d, 0);
    g_assert_false(history_can_redo(h));
    history_free(h);
    document_clear(&d);
}

// What changes nothing is no step; an adapter that could not be read is in none.
static void test_undo_without_steps(void)
{
    struct document d = make();
    struct history *h = history_new(&d);
    history_push(h, &d, 0);
    g_assert_false(history_can_undo(h));
    struct document_use bad = {.id = 9, .scale = 1.0, .enabled = true};
    g_array_append_val(d.adapters, bad);
    history_push(h, &d, 0);
    g_assert_true(history_can_undo(h));
    history_forget_adapter(h, 9);
    g_assert_false(history_can_undo(h));
    g_assert_false(history_can_redo(h));
    document_forget_adapter(&d, 9);
    g_assert_cmpuint(d.adapters->len, ==, 1);
    d.seed = 1;
    history_push(h, &d, 0);
    g_assert_cmpuint(history_undo(h)->seed, ==, 123456789);
    history_free(h);
    document_clear(&d);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/document/json", test_json);
    g_test_add_func("/document/hostile-json", test_hostile_json);
    g_test_add_func("/document/undo", test_undo);
    g_test_add_func("/document/undo-without-steps", test_undo_without_steps);
    return g_test_run();
}
