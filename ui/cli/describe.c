// What the command line takes, as data: manual pages and the shells' completions are made of it.
#include "ui/cli/cli.h"

#include "compute/adapter/dialect/dialect.h"
#include "compute/edit/preset.h"
#include "ui/claims/claims.h"
#include "ui/core/paths.h"

#include <string.h>

static void add_words(JsonBuilder *b, const char *const *words)
{
    for (int i = 0; words && words[i]; i++) {
        json_builder_add_string_value(b, words[i]);
    }
}

static void add_presets(JsonBuilder *b)
{
    for (int i = 0; edit_presets[i].name; i++) {
        json_builder_add_string_value(b, edit_presets[i].name);
    }
    json_builder_add_string_value(b, "none");
}

static void add_dialects(JsonBuilder *b)
{
    for (int i = 0; adapter_dialect_table[i]; i++) {
        if (adapter_dialect_table[i]->write) {
            json_builder_add_string_value(b, adapter_dialect_table[i]->name);
        }
    }
}

static void add_claims(JsonBuilder *b)
{
    for (int i = 0; claim_family(i); i++) {
        json_builder_add_string_value(b, claim_family(i)->name);
    }
}

static void add_styles(JsonBuilder *b)
{
    g_autofree char *model = paths_model(NULL);
    g_auto(GStrv) names = paths_styles(model);
    add_words(b, (const char *const *)names);
}

// Those of the program's own options that take one of a few words.
static const struct {
    const char *name;
    const char *where;           // the command; or of two options of that name what this one takes
    const char *const *words;    // NULL: ...
    void (*add)(JsonBuilder *b); // ... they are of a table
} known[] = {
    {"precision", NULL, (const char *const[]){"auto", "fp32", "bf16", NULL}, NULL},
    {"model", NULL, (const char *const[]){"starter", NULL}, NULL},
    {"region", "edit", (const char *const[]){"auto", NULL}, NULL},
    {"control", "KIND", (const char *const[]){"canny", "file", NULL}, NULL},
    {"preset", NULL, NULL, add_presets},
    {"to", NULL, NULL, add_dialects},
    {"only", "claims", NULL, add_claims},
    {"style", "NAME[:STRENGTH]", NULL, add_styles},
};

struct sought {
    const char *option;
    const struct setting *row;
};

static bool seek(const struct setting *row, const struct member *member, void *data)
{
    struct sought *s = data;
    g_autofree char *name = g_strdelimit(g_strdup(row->key), "_", '-');
    s->row = g_str_equal(name, s->option) ? row : NULL;
    return s->row == NULL;
}

static const struct setting *row_of(const struct setting *table, const char *option)
{
    struct sought s = {option, NULL};
    if (table) {
        settings_walk(table, seek, &s);
    }
    return s.row;
}

static void add_values(JsonBuilder *b, const struct cli_command *command, const GOptionEntry *entry)
{
    const struct setting *row = row_of(command->settings, entry->long_name);
    row = row ? row : row_of(command->also, entry->long_name);
    for (int i = 0; row && row->kind == SETTING_CHOICE && i < setting_choices(row); i++) {
        json_builder_add_string_value(b, setting_choice_name(row, i));
    }
    for (size_t i = 0; !row && i < G_N_ELEMENTS(known); i++) {
        if (g_str_equal(known[i].name, entry->long_name) &&
            (!known[i].where || g_str_equal(known[i].where, command->name) ||
             g_strcmp0(known[i].where, entry->arg_description) == 0)) {
            add_words(b, known[i].words);
            if (known[i].add) {
                known[i].add(b);
            }
        }
    }
}

static void add_text(JsonBuilder *b, const char *name, const char *text)
{
    json_builder_set_member_name(b, name);
    json_builder_add_string_value(b, text ? text : "");
}

static void add_option(JsonBuilder *b, const struct cli_command *command, const GOptionEntry *entry)
{
    const char letter[] = {entry->short_name, '\0'};
    json_builder_begin_object(b);
    add_text(b, "name", entry->long_name);
    add_text(b, "letter", letter);
    add_text(b, "value", entry->arg_description);
    add_text(b, "help", entry->description);
    json_builder_set_member_name(b, "words");
    json_builder_begin_array(b);
    add_values(b, command, entry);
    json_builder_end_array(b);
    json_builder_end_object(b);
}

void cli_describe(const struct cli_command *command, struct cli *c, JsonBuilder *b)
{
    g_autoptr(GArray) entries = cli_options(command, c);
    json_builder_begin_object(b);
    add_text(b, "name", command->name);
    add_text(b, "summary", command->summary);
    add_text(b, "usage", command->usage);
    json_builder_set_member_name(b, "options");
    json_builder_begin_array(b);
    for (guint i = 0; i < entries->len; i++) {
        const GOptionEntry *entry = &g_array_index(entries, GOptionEntry, i);
        if (*entry->long_name && !(entry->flags & G_OPTION_FLAG_HIDDEN)) {
            add_option(b, command, entry);
        }
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
}
