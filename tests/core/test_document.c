// The document as a value: JSON there and back, hostile JSON, undo.
#include "ui/core/history.h"

static struct document make(void)
{
    struct document d;
    document_init(&d);
    g_free(d.prompt);
    d.prompt = g_strdup("a \"red\" apple\non a table, é 苹果");
    g_assert_true(settings_set(d.edit, "guidance", 5.5, NULL));
    d.seed = 123456789;
    g_assert_true(settings_set(d.learn, "steps", 60, NULL));
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

static void assert_legal(const struct settings *s)
{
    struct settings *owner;
    const struct setting *row;
    for (int i = 0; (row = settings_row(s, i, &owner)); i++) {
        g_assert_true(setting_check(row, settings_get(owner, row->key), NULL));
    }
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
        assert_legal(d.edit);
        assert_legal(d.learn);
        document_clear(&d);
    }
}

// What version 0.1 kept of a document.
static void test_json_of_0_1(void)
{
    struct document d;
    document_init(&d);
    document_from_json(&d, "{\"prompt\":\"a cat\",\"seed\":3,\"params\":{\"inversion\":0.5,"
                           "\"structure\":0.0,\"locality\":0.2,\"guidance\":4.0,\"steps\":30.0,"
                           "\"eta\":0.25},\"learn\":{\"method\":\"svdiff\",\"steps\":60,\"lr\":0.0,"
                           "\"subset\":1,\"text_encoder\":true,\"seed\":9},\"adapters\":[]}");
    g_autofree char *edit = settings_text(d.edit), *learn = settings_text(d.learn);
    static const char *const words[] = {"inversion=0.5",  "structure=0", "locality=0.2", "steps=30",
                                        "scheduler=ddim", "eta=0.25",    "guidance=4"};
    g_auto(GStrv) found = g_strsplit(edit, " ", 0);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        g_assert_true(g_strv_contains((const char *const *)found, words[i]));
    }
    g_assert_true(g_str_has_prefix(learn, "method=svdiff steps=60 lr=0.003 lr_1d=1e-06 subset=ca "
                                          "text_encoder=on "));
    g_assert_cmpuint(d.seed, ==, 3);
    g_assert_cmpuint(d.learn_seed, ==, 9);
    document_clear(&d);
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
    g_assert_true(settings_set(d.edit, "inversion", 0.25, NULL));
    history_push(h, &d, 100);
    const struct document *s = history_undo(h);
    g_assert_cmpuint(s->seed, ==, 2);
    g_assert_cmpfloat(settings_get(s->edit, "inversion"), ==, 1.0);
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
    g_test_add_func("/document/json-of-0-1", test_json_of_0_1);
    g_test_add_func("/document/undo", test_undo);
    g_test_add_func("/document/undo-without-steps", test_undo_without_steps);
    return g_test_run();
}
