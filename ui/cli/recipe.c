// --recipe-from: what a picture was made by, in the place of options. Those that are given count
// more.
#include "ui/cli/cli.h"

#include "ui/core/batch_recipe.h"
#include "ui/core/export_options.h"
#include "ui/core/recipe_text.h"

static void take(char **to, const char *text)
{
    if (!*to) {
        *to = g_strdup(text);
    }
}

static bool has_number(const struct cli *c, const char *name)
{
    for (guint i = 0; i < c->numbers->len; i += 2) {
        if (g_str_equal(c->numbers->pdata[i], name)) {
            return true;
        }
    }
    return false;
}

static void take_settings(struct cli *c, const struct recipe_text *r)
{
    for (guint i = 0; i < r->settings->len; i += 2) {
        if (!cli_given(c, r->settings->pdata[i])) {
            g_ptr_array_add(c->given, g_strdup(r->settings->pdata[i]));
            g_ptr_array_add(c->given, g_strdup(r->settings->pdata[i + 1]));
        }
    }
}

// ---- of a batch ---------------------------------------------------------------------------------

// What has an effect; all: also what counts anyway. Keys and values in turn.
static GPtrArray *rows_of(const struct settings *s, bool all)
{
    GPtrArray *pairs = g_ptr_array_new_with_free_func(g_free);
    const struct setting *row;
    struct settings *owner;
    for (int i = 0; (row = settings_row(s, i, &owner)); i++) {
        const bool usual = settings_get(owner, row->key) == row->def;
        if (settings_matters(s, row->key) && (all || !usual)) {
            g_ptr_array_add(pairs, g_strdup(row->key));
            g_ptr_array_add(pairs, settings_print(owner, row->key));
        }
    }
    return pairs;
}

static void take_rows(struct cli *c, const struct settings *s, bool all)
{
    g_autoptr(GPtrArray) pairs = rows_of(s, all);
    for (guint i = 0; i < pairs->len; i += 2) {
        if (!cli_given(c, pairs->pdata[i]) && cli_reads(c->command, pairs->pdata[i])) {
            g_ptr_array_add(c->given, g_strdup(pairs->pdata[i]));
            g_ptr_array_add(c->given, g_strdup(pairs->pdata[i + 1]));
        }
    }
}

// Before those that are given, of which the last counts.
static void take_learning(struct cli *c, const struct settings *learn)
{
    g_autoptr(GPtrArray) pairs = rows_of(learn, true);
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    for (guint i = 0; i < pairs->len; i += 2) {
        g_ptr_array_add(
            all, g_strdup_printf("%s=%s", (char *)pairs->pdata[i], (char *)pairs->pdata[i + 1]));
    }
    for (int i = 0; c->learn_set && c->learn_set[i]; i++) {
        g_ptr_array_add(all, g_strdup(c->learn_set[i]));
    }
    g_ptr_array_add(all, NULL);
    g_strfreev(c->learn_set);
    c->learn_set = g_strdupv((char **)all->pdata);
    g_ptr_array_foreach(all, (GFunc)(void (*)(void))g_free, NULL);
    c->learn = true;
}

static void take_adapters(struct cli *c, const GPtrArray *adapters)
{
    if (!c->adapters && adapters->len > 0) {
        c->adapters = g_new0(char *, adapters->len + 1);
        for (guint i = 0; i < adapters->len; i++) {
            c->adapters[i] = g_strdup(adapters->pdata[i]);
        }
    }
}

static void take_plan(struct cli *c, const struct batch_plan *plan)
{
    const struct document *d = &plan->document;
    take(&c->prompt, *d->prompt ? d->prompt : NULL);
    take(&c->source_prompt, *d->source_prompt ? d->source_prompt : NULL);
    take(&c->negative, *d->negative ? d->negative : NULL);
    take(&c->preset, "none"); // what one would set, the recipe says
    take_rows(c, d->edit, true);
    if (c->command->also == export_settings) {
        take_rows(c, plan->options, false);
    }
    if (plan->learns && g_strv_contains(c->command->options, "learn")) {
        take_learning(c, d->learn);
    }
    if (!has_number(c, "seed")) {
        c->seed = (gint64)MIN(d->seed, (uint64_t)G_MAXINT64);
        c->learn_seed = (gint64)MIN(d->learn_seed, (uint64_t)G_MAXINT64);
    }
    take_adapters(c, plan->adapters);
}

static bool take_batch(struct cli *c, GError **error)
{
    struct batch_plan plan;
    const bool ok = batch_plan_read(&plan, c->recipe_from, error);
    if (ok) {
        take_plan(c, &plan);
    }
    batch_plan_clear(&plan);
    return ok;
}

bool cli_recipe(struct cli *c, GError **error)
{
    if (!c->recipe_from) {
        return true;
    }
    if (batch_plan_is(c->recipe_from) || g_str_has_suffix(c->recipe_from, ".json")) {
        return take_batch(c, error);
    }
    struct recipe_text *r = recipe_text_read(c->recipe_from, edit_settings, error);
    if (!r) {
        return false;
    }
    take(&c->prompt, r->prompt);
    take(&c->source_prompt, r->source_prompt);
    take(&c->negative, r->negative);
    take(&c->preset, "none"); // what one would set, the recipe says
    take_settings(c, r);
    if (r->seed && !has_number(c, "seed")) {
        g_ascii_string_to_signed(r->seed, 10, 0, G_MAXINT64, &c->seed, NULL);
    }
    if (r->left_out->len > 0) {
        g_ptr_array_add(r->left_out, NULL);
        g_autofree char *names = g_strjoinv("; ", (char **)r->left_out->pdata);
        g_autofree char *said =
            g_strdup_printf("%s: not taken from the recipe: %s", c->recipe_from, names);
        cli_complain(said);
    }
    recipe_text_free(r);
    return true;
}
