// The document as a value: JSON there and back, hostile JSON, undo.
#include "compute/edit/preset.h"
#include "ui/core/difference.h"
#include "ui/core/project.h"

#include <string.h>

static struct mask *stroke(struct mask *before, float x) // takes before
{
    const float points[] = {x, 2, 30, 40.5f};
    struct mask *m = mask_with(
        before,
        &(struct mask_step){
            .kind = MASK_BRUSH, .size = 12.3f, .softness = 0.3f, .count = 2, .points = points});
    mask_unref(before);
    return m;
}

static struct document make(void)
{
    struct document d;
    document_init(&d);
    g_free(d.prompt);
    d.prompt = g_strdup("a \"red\" apple\non a table, é 苹果");
    g_assert_true(settings_set(d.edit, "guidance", 5.5, NULL));
    d.seed = 123456789;
    g_assert_true(settings_set(d.learn, "steps", 60, NULL));
    struct document_use use = {.id = 7, .scale = 0.8, .enabled = false, .from = 300, .to = 700};
    g_array_append_val(d.adapters, use);
    d.mask = stroke(stroke(NULL, 1), 7);
    d.region = (struct image_region){3, 4, 50, 60};
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

// The text of a result says what it was drawn in; one from before that was said opens as well.
static void test_precision(void)
{
    struct document d = make(), back;
    g_autofree char *json = document_recipe(&d, "bf16"), *old = document_to_json(&d);
    document_init(&back);
    document_from_json(&back, json);
    g_assert_cmpuint(document_diff(&d, &back), ==, 0);
    g_assert_cmpstr(document_recipe_precision(json), ==, "bf16");
    g_assert_null(document_recipe_precision(old));
    g_assert_null(document_recipe_precision("{\"precision\": 7}"));
    g_assert_null(document_recipe_precision("{\"precision\": \"half\"}"));
    g_assert_null(document_recipe_precision("rubbish"));
    document_clear(&back);
    document_clear(&d);
}

// A text without a place, as of a result from before there was one, takes mask and region away.
static void test_place(void)
{
    struct document d = make(), other = make(), none;
    document_init(&none);
    g_autofree char *json = document_place_json(&d), *whole = document_to_json(&none);
    g_assert_null(strstr(whole, "place"));
    document_place_from_json(&none, json);
    g_assert_true(mask_equal(none.mask, d.mask));
    g_assert_true(image_region_equal(&none.region, &d.region));
    document_from_json(&none, whole);
    g_assert_null(none.mask);
    g_assert_cmpint(none.region.width, ==, 0);
    g_assert_cmpuint(document_diff(&d, &other), ==, 0);
    other.mask = stroke(other.mask, 9);
    g_assert_cmpuint(document_diff(&d, &other), ==, DOCUMENT_PLACE);
    document_clear(&other);
    document_copy(&d, &other);
    other.region.x++;
    g_assert_cmpuint(document_diff(&d, &other), ==, DOCUMENT_PLACE);
    document_clear(&other);
    document_clear(&none);
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

// A control that leads comes back, and a recipe from before there was one takes it away. What is no
// name of a file is no control.
static void test_lead(void)
{
    struct document d, other;
    document_init(&d);
    document_init(&other);
    g_autofree char *none = document_to_json(&d), *key = document_picture_key(&d);
    g_assert_null(strstr(none, "lead"));
    d.lead.control = g_strdup("100% depth.safetensors");
    d.lead.hint = g_strdup("/a b/depth.png");
    d.lead.strength = 0.5;
    g_autofree char *whole = document_to_json(&d), *params = document_params_json(&d),
                    *led = document_picture_key(&d);
    g_assert_cmpstr(key, !=, led);
    g_assert_cmpuint(document_diff(&d, &other), ==, DOCUMENT_PARAMS);
    document_from_json(&other, whole);
    g_assert_true(lead_equal(&d.lead, &other.lead));
    document_from_json(&other, none);
    g_assert_null(other.lead.control);
    document_params_from_json(&other, params);
    g_assert_cmpuint(document_diff(&d, &other), ==, 0);
    document_params_from_json(&other,
                              "{\"lead\":{\"control\":\"a\",\"strength\":1e9,\"hint\":[]}}");
    g_assert_cmpstr(other.lead.control, ==, "a");
    g_assert_null(other.lead.hint);
    g_assert_cmpfloat(other.lead.strength, ==, 1);
    document_params_from_json(&other, "{\"lead\":{\"control\":\"../a\"}}");
    g_assert_null(other.lead.control);
    document_params_from_json(&other, "{\"lead\":{\"control\":\"..%2Fa\"}}");
    g_assert_null(other.lead.control);
    document_clear(&d);
    document_clear(&other);
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
        "{\"adapters\":[{\"id\":1,\"from\":-5,\"to\":1e99},{\"id\":2,\"from\":700,\"to\":300}]}",
        "{\"prompt\":5,\"learn\":7,\"seed\":{}}",
        "{\"place\":7}",
        "{\"place\":{\"region\":[1,2,3],\"mask\":{}}}",
        "{\"place\":{\"region\":[1,2,0,5],\"mask\":[{\"kind\":\"spray\"}]}}",
        "{\"place\":{\"region\":[1,\"x\",-3,[]],\"mask\":[7]}}",
        "{\"learn\":{\"steps\":-5,\"method\":\"a very long name that does not fit anywhere\"}}",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        struct document d;
        document_init(&d);
        document_from_json(&d, texts[i]);
        for (guint k = 0; k < d.adapters->len; k++) {
            const struct document_use *use = &g_array_index(d.adapters, struct document_use, k);
            g_assert_cmpint(use->from, ==, 0);
            g_assert_cmpint(use->to, ==, 0);
        }
        assert_legal(d.edit);
        assert_legal(d.learn);
        g_assert_null(d.mask);
        g_assert_cmpint(d.region.width, ==, 0);
        document_clear(&d);
    }
}

// What is nested without end must not end the program: it would at every start from then on.
static void test_deep_json(void)
{
    g_autofree char *brackets = g_strnfill(3000000, '[');
    g_autofree char *text = g_strconcat("{\"place\":", brackets, NULL);
    struct document d;
    document_init(&d);
    document_from_json(&d, text);
    document_params_from_json(&d, text);
    document_learn_from_json(&d, text);
    document_place_from_json(&d, text);
    document_training_from_json(&d, text);
    assert_legal(d.edit);
    g_assert_null(d.mask);
    document_clear(&d);
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

// Each stroke is a step; going back gives the mask before to the bit.
static void test_undo_of_strokes(void)
{
    struct document d;
    document_init(&d);
    struct history *h = history_new(&d);
    for (int i = 0; i < 3; i++) {
        d.mask = stroke(d.mask, (float)i);
        history_push(h, &d, 0);
    }
    const struct document *s = history_undo(h);
    g_assert_true(s->mask == mask_before(d.mask)); // shared, not copied
    s = history_undo(h);
    g_assert_cmpint(mask_steps(s->mask), ==, 1);
    s = history_undo(h);
    g_assert_null(s->mask);
    g_assert_cmpint(mask_steps(history_redo(h)->mask), ==, 1);
    history_free(h);
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

static void assert_difference(const struct document *before, const struct document *after,
                              const char *expected)
{
    g_autofree char *text = document_difference(before, after);
    g_assert_cmpstr(text, ==, expected);
    g_autofree char *from = document_picture_key(before), *to = document_picture_key(after);
    g_assert_cmpint(g_str_equal(from, to), ==, expected == NULL);
}

static void set_prompt(struct document *d, const char *prompt)
{
    g_free(d->prompt);
    d->prompt = g_strdup(prompt);
}

// A row of the history says what it has that the one before had not, and nothing of what no picture
// depends on.
static void test_difference(void)
{
    struct document before = make(), after;
    set_prompt(&before, "a red apple on a table");
    document_copy(&before, &after);
    assert_difference(&before, &after, NULL);
    settings_set(after.learn, "steps", 90, NULL);
    assert_difference(&before, &after, NULL);
    set_prompt(&after, "a green apple on a table");
    assert_difference(&before, &after, "red → green");
    set_prompt(&after, "a red apple on a big table");
    assert_difference(&before, &after, "+ big");
    set_prompt(&after, ""); // what it shows is drawn
    set_prompt(&before, "");
    g_free(after.source_prompt);
    after.source_prompt = g_strdup("a pear");
    assert_difference(&before, &after, "+ a pear · Description");
    g_free(after.source_prompt);
    after.source_prompt = g_strdup(before.source_prompt);
    set_prompt(&before, "a red apple on a table");
    set_prompt(&after, "a red apple");
    settings_set(after.edit, "guidance", 3, NULL);
    after.seed = 2;
    assert_difference(&before, &after, "− on a table · Guidance 3 · Seed 2");
    document_clear(&after);

    document_copy(&before, &after);
    settings_parse(after.edit, "scheduler", "euler", NULL);
    g_array_index(after.adapters, struct document_use, 0).enabled = true;
    assert_difference(&before, &after, "Euler · Adapter 0.8");
    document_clear(&after);

    document_copy(&before, &after);
    after.region = (struct image_region){1, 2, 30, 40};
    assert_difference(&before, &after, "Region");
    document_clear(&after);
    document_copy(&before, &after);
    after.lead.control = g_strdup("depth.safetensors");
    assert_difference(&before, &after, "Control depth");
    assert_difference(&after, &before, "− Control");
    g_free(before.lead.control);
    before.lead.control = g_strdup(after.lead.control);
    after.lead.hint = g_strdup("/a.png");
    after.lead.strength = 0.5;
    assert_difference(&before, &after, "Hint · Control 0.5");
    document_clear(&after);
    document_clear(&before);
}

// The preset that the settings of the edit are; "" where they are none.
static const char *preset_of(TinctureProject *project)
{
    const struct edit_preset *preset = edit_preset_of(project->document.edit, NULL);
    return preset ? preset->name : "";
}

static void test_settings_follow(void)
{
    g_autoptr(TinctureProject) project = tincture_project_new();
    tincture_project_set_source_prompt(project, "a red flower");
    g_assert_cmpstr(preset_of(project), ==, "");
    tincture_project_set_prompt(project, "a blue flower");
    g_assert_cmpstr(preset_of(project), ==, "colour");
    tincture_project_set(project, SETTINGS_EDIT, "steps", 9); // no preset's business
    tincture_project_set_prompt(project, "a red flower at night");
    g_assert_cmpstr(preset_of(project), ==, "light");
    tincture_project_use_preset(project, "background");
    tincture_project_set_prompt(project, "a blue flower");
    g_assert_cmpstr(preset_of(project), ==, "background");
    g_autofree char *kept = document_params_json(&project->document);
    struct document d;
    document_init(&d);
    document_params_from_json(&d, kept);
    g_assert_true(d.by_hand);
    document_clear(&d);
    tincture_project_set_prompt(project, "a red flower"); // a new beginning
    tincture_project_set_prompt(project, "a red tulip");
    g_assert_cmpstr(preset_of(project), ==, "object");
    tincture_project_set(project, SETTINGS_EDIT, "inversion", 0.3);
    tincture_project_set_prompt(project, "a blue flower");
    g_assert_cmpfloat(settings_get(project->document.edit, "inversion"), ==, 0.3);
}

// One step back takes back the sentence and what came of it.
static void test_follow_is_undone(void)
{
    g_autoptr(TinctureProject) project = tincture_project_new();
    tincture_project_set_source_prompt(project, "a red flower");
    tincture_project_set_prompt(project, "a blue flower");
    g_assert_cmpstr(preset_of(project), ==, "colour");
    tincture_project_undo(project);
    g_assert_cmpstr(preset_of(project), ==, "");
    g_assert_cmpstr(project->document.prompt, ==, "");
    tincture_project_redo(project);
    g_assert_cmpstr(preset_of(project), ==, "colour");
}

// A removal is taken back by itself: what came after it stays.
static void test_put_back(void)
{
    TinctureProject *p = tincture_project_new();
    tincture_project_add_adapter(p, tincture_adapter_entry_new(7, "a", ""));
    tincture_project_use_adapter(p, 7);
    tincture_project_edited(p, DOCUMENT_ADAPTERS, 0);
    tincture_project_adapter_set_scale(p, 7, 0.4);
    tincture_project_adapter_set_range(p, 7, 100, 1000);
    tincture_project_adapter_remove(p, 7);
    tincture_project_set_prompt(p, "later");
    tincture_project_adapter_put_back(p, 7);
    tincture_project_adapter_put_back(p, 7); // is there already
    g_assert_cmpuint(tincture_project_n_adapters(p), ==, 1);
    g_assert_cmpfloat(tincture_project_adapter(p, 0)->scale, ==, 0.4);
    g_assert_cmpint(tincture_project_adapter(p, 0)->from, ==, 100);
    g_assert_cmpint(tincture_project_adapter(p, 0)->to, ==, 0);
    g_assert_cmpstr(p->document.prompt, ==, "later");
    g_object_unref(p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/document/json", test_json);
    g_test_add_func("/document/place", test_place);
    g_test_add_func("/document/precision", test_precision);
    g_test_add_func("/document/lead", test_lead);
    g_test_add_func("/document/undo-of-strokes", test_undo_of_strokes);
    g_test_add_func("/document/hostile-json", test_hostile_json);
    g_test_add_func("/document/deep-json", test_deep_json);
    g_test_add_func("/document/json-of-0-1", test_json_of_0_1);
    g_test_add_func("/document/undo", test_undo);
    g_test_add_func("/document/undo-without-steps", test_undo_without_steps);
    g_test_add_func("/document/difference", test_difference);
    g_test_add_func("/document/settings-follow", test_settings_follow);
    g_test_add_func("/document/follow-is-undone", test_follow_is_undone);
    g_test_add_func("/document/put-back", test_put_back);
    return g_test_run();
}
