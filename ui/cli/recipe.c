// --recipe-from: what a picture was made by, in the place of options. Those that are given count
// more.
#include "ui/cli/cli.h"

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

bool cli_recipe(struct cli *c, GError **error)
{
    if (!c->recipe_from) {
        return true;
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
