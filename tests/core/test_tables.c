// Every row of every table of settings is where people and programs look for it: on the command
// line, in a saved document, in a picture's recipe, in the text that keys and resumes are made of.
// (That it is in the window, the window's own test asks: "settings" in tests/ui/window.drive.)
#include "compute/edit/preset.h"
#include "compute/model/defaults.h"
#include "ui/core/document.h"
#include "ui/core/engine.h"
#include "ui/core/paths.h"
#include "ui/core/subject.h"

#include <string.h>

static const char *cli; // path of tincture-cli

static const struct table {
    const char *command; // of the command line
    const struct setting *rows;
} tables[] = {{"edit", edit_settings}, {"generate", generate_settings}, {"train", learn_settings}};

typedef void (*settings_fn)(const struct table *table, struct settings *s);

// Calls fn with every member of every family chosen once.
static void for_each_choice(const struct table *table, settings_fn fn)
{
    struct settings *s = settings_new(table->rows);
    for (const struct setting *row = table->rows; row->key; row++) {
        for (int i = 0; row->family && row->family(i); i++) {
            g_assert_true(settings_set(s, row->key, i, NULL));
            fn(table, s);
        }
    }
    settings_free(s);
}

static char *run_help(const char *command)
{
    g_autoptr(GError) error = NULL;
    char *text = NULL;
    int status = 0;
    const char *const argv[] = {cli, command, "--help", NULL};
    g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &text, NULL, &status,
                 &error);
    g_assert_no_error(error);
    g_assert_cmpint(status, ==, 0);
    return text;
}

// The option is there by itself, not as the beginning of another one.
static bool has_option(const char *help, const char *key)
{
    g_autofree char *pattern = g_strdup_printf("--%s[ =\\n]", key);
    return g_regex_match_simple(g_strdelimit(pattern, "_", '-'), help, 0, 0);
}

static void find_options(const struct table *table, struct settings *s)
{
    g_autofree char *help = run_help(table->command);
    const struct setting *row;
    for (int i = 0; (row = settings_row(s, i, NULL)); i++) {
        if (!has_option(help, row->key)) {
            g_error("tincture-cli %s has no option for %s", table->command, row->key);
        }
    }
}

static void test_command_line(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        for_each_choice(&tables[i], find_options);
    }
}

// A legal value of the row that is not this one.
static double another(const struct setting *row, double value)
{
    switch (row->kind) {
    case SETTING_SWITCH: return value == 0;
    case SETTING_CHOICE: return (int)(value + 1) % setting_choices(row);
    case SETTING_INT: return value < row->max ? value + 1 : value - 1;
    case SETTING_FLOAT: break;
    }
    return value < row->max ? (value + row->max) / 2 : (value + row->min) / 2;
}

// Each row by itself: what was changed is there in the document that was saved and read, in its
// comparison, and in the text.
static void keep_rows(const struct table *table, struct settings *s)
{
    const struct setting *row;
    for (int i = 0; (row = settings_row(s, i, NULL)); i++) {
        struct document d, back;
        document_init(&d);
        document_init(&back);
        struct settings *own = table->rows == edit_settings ? d.edit : d.learn;
        settings_assign(own, s);
        const struct document *with = &d;
        struct document before;
        document_copy(&d, &before);
        g_assert_true(settings_set(own, row->key, another(row, settings_get(own, row->key)), NULL));
        const bool one = row->kind == SETTING_CHOICE && setting_choices(row) == 1;
        g_assert_true(one || document_diff(with, &before) == DOCUMENT_PARAMS);
        g_autofree char *json = document_to_json(&d);
        document_from_json(&back, json);
        g_assert_cmpuint(document_diff(with, &back), ==, 0);
        g_autofree char *text = settings_text(own), *value = settings_print(own, row->key);
        g_autofree char *word = g_strdup_printf("%s=%s", row->key, value);
        g_assert_nonnull(strstr(text, word));
        document_clear(&d);
        document_clear(&back);
        document_clear(&before);
    }
}

static void test_document(void)
{
    for_each_choice(&tables[0], keep_rows);
    for_each_choice(&tables[2], keep_rows);
}

static void find_in_recipe(const struct table *table, struct settings *s)
{
    const struct edit_request request = {.settings = s, .prompt = "a cat"};
    struct model model = {.name = "starter"};
    const struct engine_made made = {64, 64, "bf16"};
    g_autofree char *recipe = engine_recipe(&request, NULL, &model, NULL, 0, &made);
    g_assert_true(g_str_has_prefix(recipe, "a cat\nSteps: 20, "));
    const struct setting *row;
    for (int i = 0; (row = settings_row(s, i, NULL)); i++) {
        g_autofree char *value = settings_print(s, row->key);
        const char *name = row->recipe ? row->recipe : row->title;
        g_autofree char *word = g_strdup_printf(
            "%s: %s", name,
            row->kind == SETTING_CHOICE ? setting_choice_title(row, (int)settings_get(s, row->key))
                                        : value);
        g_assert_true((strstr(recipe, word) != NULL) == settings_matters(s, row->key));
    }
}

// The sampler that drew a picture is the one that its recipe names.
static void test_recipe(void)
{
    for_each_choice(&tables[0], find_in_recipe);
    for_each_choice(&tables[1], find_in_recipe);
    struct settings *s = settings_new(generate_settings);
    g_assert_true(settings_parse(s, "scheduler", "euler", NULL));
    const struct edit_request request = {
        .settings = s, .prompt = "a cat", .source_prompt = "ein Hund, größer: 猫"};
    struct model model = {.name = "starter"};
    const struct engine_made made = {64, 64, "bf16"};
    g_autofree char *recipe = engine_recipe(&request, NULL, &model, NULL, 0, &made);
    g_assert_nonnull(strstr(recipe, "Sampler: Euler, "));
    g_assert_nonnull(strstr(recipe, "Model: starter, Precision: bf16, "));
    g_assert_nonnull(strstr(recipe, "Source prompt: \"ein Hund, größer: 猫\""));
    settings_free(s);
}

static bool check_row(const struct setting *row, const struct member *member, void *data)
{
    GHashTable *keys = data;
    g_assert_true(row->title && *row->title && row->help && *row->help);
    g_assert_true(g_str_is_ascii(row->key) && !strchr(row->key, '-'));
    g_assert_true(!row->unit || *row->unit);
    g_assert_true(setting_check(row, row->def, NULL));
    if (row->kind == SETTING_CHOICE) {
        g_assert_true(setting_choices(row) > 0);
    } else if (row->slider_min != 0 || row->slider_max != 0) {
        g_assert_cmpfloat(row->slider_min, <, row->slider_max);
        g_assert_cmpfloat(row->slider_min, >=, row->min);
        g_assert_cmpfloat(row->slider_max, <=, row->max);
    }
    // A key means one row at a time: not two of the table, nor a member's and the table's.
    g_autofree char *key = g_strdup_printf("%s/%s", member ? member->name : "", row->key);
    g_assert_true(g_hash_table_add(keys, g_steal_pointer(&key)));
    g_assert_false(member && g_hash_table_contains(keys, row->key));
    if (!member) {
        g_hash_table_add(keys, g_strdup(row->key));
    }
    return true;
}

static void test_rows(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_assert_true(settings_walk(tables[i].rows, check_row, keys));
    }
}

// Every preset is of values that settings take, is found again as what it set, and differs from the
// others; one that there is not is an error that names those that are.
static void test_presets(void)
{
    g_autoptr(GError) error = NULL;
    struct settings *s = settings_new(edit_settings);
    for (const struct edit_preset *p = edit_presets; p->name; p++) {
        g_assert_true(settings_set(s, "steps", 7, NULL));
        g_assert_true(edit_preset_use(s, p->name, NULL, NULL));
        g_assert_true(edit_preset_of(s, NULL) == p);
        g_assert_cmpint(settings_int(s, "steps"), ==, 7);
        g_assert_true(settings_set(s, "guidance", 1.25, NULL));
        g_assert_null(edit_preset_of(s, NULL));
    }
    g_assert_false(edit_preset_use(s, "colours", NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    g_assert_nonnull(strstr(error->message, "style"));
    settings_free(s);
}

// A subject is learned in all its steps, and as the starter's folder says; the rest stays.
static void test_subject(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *starter = paths_model("starter");
    struct settings *s = settings_new(learn_settings), *photo = settings_new(learn_settings);
    g_assert_true(settings_set(s, "min_snr", 5, NULL));
    g_assert_true(model_defaults(starter, "learn", s, &error));
    settings_assign(photo, s);
    g_assert_true(subject_defaults("/nowhere", s, &error));
    g_assert_cmpstr(settings_choice(s, "objective"), ==, "subject");
    g_assert_cmpfloat(settings_get(s, "keep_best"), ==, 0);
    g_assert_cmpfloat(settings_get(s, "token_lr"), ==, settings_get(photo, "token_lr"));
    g_assert_true(subject_defaults(starter, s, &error));
    g_assert_no_error(error);
    g_assert_cmpfloat(settings_get(s, "token_lr"), ==, 0.02);
    g_assert_cmpfloat(settings_get(s, "min_snr"), ==, 5);
    g_assert_cmpfloat(settings_get(photo, "keep_best"), ==, 1);
    settings_free(s);
    settings_free(photo);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(argc, ==, 2);
    cli = argv[1];
    g_test_add_func("/tables/rows", test_rows);
    g_test_add_func("/tables/command-line", test_command_line);
    g_test_add_func("/tables/document", test_document);
    g_test_add_func("/tables/recipe", test_recipe);
    g_test_add_func("/tables/presets", test_presets);
    g_test_add_func("/tables/subject", test_subject);
    return g_test_run();
}
