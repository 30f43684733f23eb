// What was given beside what: an option that the others leave without an effect was meant to have
// one.
#include "ui/cli/cli.h"

#include <glib/gstdio.h>

bool cli_same_file(const char *a, const char *b)
{
    GStatBuf first, second;
    if (!a || !b) {
        return false;
    }
    if (g_stat(a, &first) == 0 && g_stat(b, &second) == 0) {
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
    }
    g_autofree char *x = g_canonicalize_filename(a, NULL), *y = g_canonicalize_filename(b, NULL);
    return g_str_equal(x, y);
}

bool cli_given(const struct cli *c, const char *key)
{
    for (guint i = 0; i < c->given->len; i += 2) {
        if (g_str_equal(c->given->pdata[i], key)) {
            return true;
        }
    }
    return false;
}

// Two answers that would be one file, of which the last one written stays.
static bool check_files(const struct cli *c, GError **error)
{
    const struct {
        const char *option, *path;
    } all[] = {{"out", c->out},
               {"latents-out", c->latents_out},
               {"attention", c->attention},
               {"sheet", c->sheet},
               {"log", c->log},
               {"checkpoint", c->checkpoint}};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        for (size_t k = 0; k < i; k++) {
            if (cli_same_file(all[i].path, all[k].path)) {
                g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                            "--%s and --%s would write the same file, %s", all[k].option,
                            all[i].option, all[i].path);
                return false;
            }
        }
    }
    return true;
}

// A setting keeps its value where the others leave it without effect, as in the window, where it is
// shown grey.
static void note_idle(const struct cli *c, const struct settings *s)
{
    for (guint i = 0; i < c->given->len; i += 2) {
        const char *key = c->given->pdata[i];
        if (settings_find(s, key, NULL) && !settings_matters(s, key)) {
            g_autofree char *option = g_strdelimit(g_strdup(key), "_", '-');
            g_autofree char *said =
                g_strdup_printf("--%s has no effect beside the other settings", option);
            cli_complain(said);
        }
    }
    if (c->negative && settings_find(s, "guidance", NULL) && settings_get(s, "guidance") == 1) {
        cli_complain("--negative has no effect with --guidance 1");
    }
}

bool cli_beside(const struct cli *c, GError **error)
{
    if (c->noise && c->size) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--noise has a size of its own, and --size another");
        return false;
    }
    if (c->settings) {
        note_idle(c, c->settings);
    }
    if (c->also) {
        note_idle(c, c->also);
    }
    return check_files(c, error);
}
