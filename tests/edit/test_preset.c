// Which preset a sentence asks for, and which settings presets have a say in.
#include "compute/edit/preset.h"

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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/preset/suggest", test_suggest);
    g_test_add_func("/preset/sets", test_sets);
    return g_test_run();
}
