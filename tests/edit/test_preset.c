// Which preset a sentence asks for, and which settings presets have a say in.
#include "compute/edit/edit.h"
#include "compute/edit/preset.h"

#include <string.h>

static void test_suggest(void)
{
    static const struct {
        const char *source, *edit, *preset; // NULL: none
    } cases[] = {
        {"a cat", "a cat", NULL},
        {"a cat", "", NULL},
        {"", "a cat", NULL},
        {"A cat.", "the  cat", NULL},
        {"a photo of a red flower", "a photo of a blue flower", "colour"},
        {"a photo of a castle", "a photo of a dark red castle", "colour"},
        {"a photo of a red flower", "a photo of a flower", "colour"},
        {"a yellow bird", "a light blue bird", "colour"},
        {"a chair", "a wooden chair", "colour"},
        {"a photo of a cat", "a photo of a fox", "object"},
        {"a red bird", "a blue parrot", "object"},
        {"a dog", "a dog with a hat", "object"},
        {"a cup of tea", "a cup of coffee", "object"},
        {"a cat", "a cat in the snow", "background"},
        {"a cat on a white background", "a cat on a blue background", "background"},
        {"a cat in the grass", "a cat", "background"},
        {"a red flower", "a blue flower on the sand", "background"},
        {"a red flower", "a tulip on the sand", "object"},
        {"a house", "a house at night", "light"},
        {"a bridge at night", "a bridge in the fog", "light"},
        {"a house in the snow", "a house in the snow at sunset", "light"},
        {"a photo of a house", "a watercolor painting of a house", "style"},
        {"a photo of a house", "a photo of a house in black and white", "light"},
        {"a photo of a house", "a black and white photo of a house", "light"},
        {"a house", "a house in warm light", "light"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct edit_preset *preset = edit_preset_suggest(cases[i].source, cases[i].edit);
        g_test_message("%s -> %s", cases[i].source, cases[i].edit);
        g_assert_cmpstr(preset ? preset->name : NULL, ==, cases[i].preset);
    }
}

static void test_sets(void)
{
    g_assert_true(edit_preset_sets("inversion"));
    g_assert_true(edit_preset_sets("keep_words"));
    g_assert_false(edit_preset_sets("steps"));
    g_assert_false(edit_preset_sets("keep"));
}

// One that says nothing of a setting would leave it as the one before it had it.
static void test_same_settings(void)
{
    for (const struct edit_preset *p = edit_presets; p->name; p++) {
        g_auto(GStrv) values = g_strsplit(p->values, " ", 0);
        g_auto(GStrv) first = g_strsplit(edit_presets[0].values, " ", 0);
        g_assert_cmpint(g_strv_length(values), ==, g_strv_length(first));
        for (int i = 0; first[i]; i++) {
            g_autofree char *key = g_strndup(first[i], strcspn(first[i], "=") + 1);
            bool found = false;
            for (int k = 0; values[k]; k++) {
                found = found || g_str_has_prefix(values[k], key);
            }
            g_test_message("%s of %s", key, p->name);
            g_assert_true(found);
        }
    }
}

// A model's folder has the last word, about what it names and within what is legal.
static void test_of_model(void)
{
    g_autoptr(JsonNode) root =
        json_from_string("{\"colour\": {\"guidance\": 4.25, \"spread\": 7, \"keep_shape\": 0.5},"
                         " \"light\": 3}",
                         NULL);
    JsonObject *of_model = json_node_get_object(root);
    struct settings *s = settings_new(edit_settings);
    g_assert_true(edit_preset_use(s, "colour", of_model, NULL));
    g_assert_cmpfloat(settings_get(s, "guidance"), ==, 4.25);
    g_assert_cmpfloat(settings_get(s, "keep_shape"), ==, 0.5);
    g_assert_cmpfloat(settings_get(s, "spread"), ==, 1);
    g_assert_cmpstr(edit_preset_of(s, of_model)->name, ==, "colour");
    g_assert_null(edit_preset_of(s, NULL));
    g_assert_true(edit_preset_use(s, "light", of_model, NULL));
    g_assert_cmpstr(edit_preset_of(s, NULL)->name, ==, "light");
    settings_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/preset/suggest", test_suggest);
    g_test_add_func("/preset/sets", test_sets);
    g_test_add_func("/preset/same-settings", test_same_settings);
    g_test_add_func("/preset/of-model", test_of_model);
    return g_test_run();
}
