// What was given beside what: an option that the others leave without an effect was meant to have
// one.
#include "ui/cli/cli.h"
#include "ui/core/paths.h"

#include "compute/file/safetensors.h"
#include "compute/replace.h"
#include "render/codec.h"

bool cli_given(const struct cli *c, const char *key)
{
    for (guint i = 0; i < c->given->len; i += 2) {
        if (g_str_equal(c->given->pdata[i], key)) {
            return true;
        }
    }
    return false;
}

bool cli_reads(const struct cli_command *command, const char *key)
{
    return !command->reads || g_strv_contains(command->reads, key);
}

// r.txt is no safetensors file, whatever is in it, and a folder of that name is not what was meant.
bool cli_check_ending(const struct cli_written *w, GError **error)
{
    const char *ending = w->path ? replacement_ending(w->path) : NULL;
    const struct codec *picture = ending ? codec_find_suffix(w->path) : NULL;
    if (!ending || w->form == CLI_OWN || (w->form == CLI_RECORD && !picture) ||
        (w->form == CLI_TENSORS && st_is_named(w->path))) {
        return true;
    }
    if (w->form == CLI_FOLDER) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--%s names a folder, and %s ends in %s as a file does; %s/ is one", w->option,
                    w->path, ending, w->path);
    } else if (w->form == CLI_RECORD) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--%s writes no picture, and %s ends in %s, as a %s file does", w->option,
                    w->path, ending, picture->title);
    } else {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--%s writes a safetensors file, and %s ends in %s, not in .safetensors",
                    w->option, w->path, ending);
    }
    return false;
}

// Two answers that would be one file, of which the last one written stays.
static bool check_files(const struct cli_command *command, const struct cli *c, GError **error)
{
    const struct cli_written all[] = {{"out", c->out, command->writes},
                                      {"latents-out", c->latents_out, CLI_TENSORS},
                                      {"attention", c->attention, CLI_TENSORS},
                                      {"sheet", c->sheet, CLI_OWN},
                                      {"log", c->log, CLI_RECORD},
                                      {"checkpoint", c->checkpoint, CLI_RECORD}};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (!cli_check_ending(&all[i], error)) {
            return false;
        }
        for (size_t k = 0; k < i; k++) {
            if (paths_same_file(all[i].path, all[k].path)) {
                g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                            "--%s and --%s would write the same file, %s", all[k].option,
                            all[i].option, all[i].path);
                return false;
            }
        }
    }
    return true;
}

static char *option_text(const char *key)
{
    g_autofree char *name = g_strdelimit(g_strdup(key), "_", '-');
    return g_strconcat("--", name, NULL);
}

// Who chose a value that was not given; "" where it was.
static const char *chooser(const struct cli *c, const struct settings *s, const char *key)
{
    if (cli_given(c, key)) {
        return "";
    }
    const bool there = c->plain && s == c->settings && settings_find(c->plain, key, NULL);
    return there && settings_get(c->plain, key) != settings_get(s, key)
               ? ", which the preset chooses"
               : ", which counts where it is not given";
}

// " with --inverter ddpm, which the preset chooses"
static char *reason(const struct cli *c, const struct settings *s, const char *key)
{
    const struct setting *row = settings_hindrance(s, key);
    if (!row) {
        return g_strdup(" beside the other settings");
    }
    g_autofree char *option = option_text(row->key);
    g_autofree char *value =
        row->kind == SETTING_SWITCH ? g_strdup("") : settings_print(s, row->key);
    return g_strdup_printf(" with %s%s%s%s", option, *value ? " " : "", value,
                           chooser(c, s, row->key));
}

// A setting keeps its value where the others leave it without effect, as in the window, where it is
// shown grey.
static void note_idle(const struct cli *c, const struct settings *s)
{
    g_autoptr(GPtrArray) told = g_ptr_array_new();
    for (guint i = 0; i < c->given->len; i += 2) {
        const char *key = c->given->pdata[i];
        const bool read = cli_reads(c->command, key);
        if (!settings_find(s, key, NULL) || (read && settings_matters(s, key)) ||
            g_ptr_array_find_with_equal_func(told, key, g_str_equal, NULL)) {
            continue;
        }
        g_autofree char *option = option_text(key);
        g_autofree char *why =
            read ? reason(c, s, key) : g_strconcat(" on ", c->command->name, NULL);
        g_autofree char *said = g_strdup_printf("%s has no effect%s", option, why);
        cli_complain(said);
        g_ptr_array_add(told, (char *)key);
    }
    if (c->negative && settings_find(s, "guidance", NULL) && settings_get(s, "guidance") == 1) {
        cli_complain("--negative has no effect with --guidance 1");
    }
}

// The seed is no setting, and whether an edit depends on it the settings say.
static void note_idle_seed(const struct cli *c)
{
    const bool given = g_ptr_array_find_with_equal_func(c->numbers, "seed", g_str_equal, NULL);
    if (given && c->settings && c->settings->table == edit_settings && !c->variations &&
        !edit_settings_seed_matters(c->settings)) {
        g_autofree char *said = g_strdup_printf(
            "--seed has no effect with --inverter %s and --structure 0: every seed draws the same",
            settings_choice(c->settings, "inverter"));
        cli_complain(said);
    }
}

// demo, too, has --learn-steps, and always learns.
static bool has_option(const struct cli_command *command, const char *option)
{
    return g_strv_contains(command->options, option);
}

bool cli_beside(const struct cli_command *command, const struct cli *c, GError **error)
{
    if (c->mask_reach && !c->mask) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--mask-reach is about the border of a mask, and there is no --mask");
        return false;
    }
    if (c->noise && c->size) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--noise has a size of its own, and --size another");
        return false;
    }
    if ((c->learn_steps || c->learn_set) && !c->learn && has_option(command, "learn")) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--%s is about learning each photo, and there is no --learn",
                    c->learn_steps ? "learn-steps" : "learn-set");
        return false;
    }
    if (cli_given(c, "long_edge") && cli_given(c, "percent")) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--long-edge and --percent both say the size, and there can be one");
        return false;
    }
    if (c->settings) {
        note_idle(c, c->settings);
    }
    if (c->also) {
        note_idle(c, c->also);
    }
    note_idle_seed(c);
    return check_files(command, c, error);
}
