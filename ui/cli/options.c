// The command line: options that are the program's own, and those that tables of settings bring.
#include "ui/cli/cli.h"

#include "compute/edit/preset.h"
#include "compute/model/defaults.h"
#include "compute/train/objective.h"
#include "ui/core/control_set.h"
#include "ui/core/lesson.h"
#include "ui/core/paths.h"
#include "ui/core/subject.h"

#include <stdio.h>
#include <string.h>

// ---- settings -----------------------------------------------------------------------------------

// Of what is given twice the last counts, as scripts that add to an option have it; where the two
// are not the same, that is said.
static void add_pair(GPtrArray *pairs, const char *name, const char *value)
{
    const char *before = NULL;
    for (guint i = 0; i < pairs->len; i += 2) {
        before = g_str_equal(pairs->pdata[i], name) ? pairs->pdata[i + 1] : before;
    }
    if (before && !g_str_equal(before, value)) {
        g_autofree char *said =
            g_strdup_printf("%s is given as %s and as %s; the last counts", name, before, value);
        cli_complain(said);
    }
    g_ptr_array_add(pairs, g_strdup(name));
    g_ptr_array_add(pairs, g_strdup(value));
}

// What the options of settings say, until all are known: which of them count depends on choices
// that may stand behind them.
static gboolean setting_given_cb(const char *option, const char *value, gpointer data,
                                 GError **error)
{
    struct cli *c = data;
    g_autofree char *key = g_strdelimit(g_strdup(option + strlen("--")), "-", '_');
    add_pair(c->given, key, value ? value : "on"); // a switch has no value
    return TRUE;
}

static gboolean set_given_cb(const char *option, const char *value, gpointer data, GError **error)
{
    struct cli *c = data;
    g_auto(GStrv) pair = g_strsplit(value, "=", 2);
    if (!pair[0] || !pair[1]) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--set needs KEY=VALUE, not \"%s\"", value);
        return FALSE;
    }
    add_pair(c->given, g_strdelimit(pair[0], "-", '_'), pair[1]); // as in options
    return TRUE;
}

// ---- whole numbers ------------------------------------------------------------------------------

// Those that are no settings. Not given they are 0, which only the timestep can be.
static const struct number {
    char letter; // of the short option; 0: it has none
    size_t at;   // the int in struct cli
    struct setting row;
} numbers[] = {
    {'t',
     offsetof(struct cli, timestep),
     {.key = "timestep", .help = "Timestep of the call", .kind = SETTING_INT, .max = 999}},
    {0,
     offsetof(struct cli, size),
     {.key = "size",
      .help = "Working size in pixels (default: the model's)",
      .kind = SETTING_INT,
      .min = 16,
      .max = 8192}},
    {0,
     offsetof(struct cli, learn_steps),
     {.key = "learn-steps",
      .help = "Steps of learning",
      .kind = SETTING_INT,
      .min = 1,
      .max = 100000}},
    {0,
     offsetof(struct cli, mask_reach),
     {.key = "mask-reach",
      .help = "How far the border of --mask may go to the photo's edges, in pixels (default: it "
              "stays)",
      .kind = SETTING_INT,
      .min = 1,
      .max = 1000}},
    {0,
     offsetof(struct cli, variations),
     {.key = "variations",
      .help = "So many pictures, OUT-1 and so on, with seeds counted up",
      .kind = SETTING_INT,
      .min = 1,
      .max = 99}},
};

static bool is_option(const struct number *n, const char *option)
{
    return option[1] == '-' ? g_str_equal(option + strlen("--"), n->row.key)
                            : option[1] == n->letter;
}

static gboolean number_given_cb(const char *option, const char *value, gpointer data,
                                GError **error)
{
    struct cli *c = data;
    const struct number *n = numbers;
    while (!is_option(n, option)) {
        n++;
    }
    add_pair(c->numbers, n->row.key, value);
    return TRUE;
}

static void add_numbers(GArray *entries)
{
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        const struct number *n = &numbers[i];
        const GOptionEntry entry = {n->row.key,      n->letter,   0,  G_OPTION_ARG_CALLBACK,
                                    number_given_cb, n->row.help, "N"};
        g_array_append_val(entries, entry);
    }
}

bool cli_numbers(struct cli *c, GError **error)
{
    for (guint i = 0; i < c->numbers->len; i += 2) {
        const struct number *n = numbers;
        double value;
        if (g_str_equal(c->numbers->pdata[i], "seed")) {
            continue; // has its place already
        }
        while (!g_str_equal(c->numbers->pdata[i], n->row.key)) {
            n++;
        }
        const char *text = c->numbers->pdata[i + 1];
        if (!setting_parse(&n->row, text, &value, error)) {
            return false;
        }
        G_STRUCT_MEMBER(int, c, n->at) = (int)value;
    }
    return true;
}

bool cli_split(const char *text, const struct setting *row, char **name, double *value)
{
    const char *slash = strrchr(text, '/'), *colon = strrchr(slash ? slash : text, ':');
    *name = colon ? g_strndup(text, (gsize)(colon - text)) : g_strdup(text);
    return !colon || setting_parse(row, colon + 1, value, NULL);
}

// ---- the list of options ------------------------------------------------------------------------

struct listing {
    struct cli *c;
    GArray *entries;              // GOptionEntry
    const struct settings *value; // of the table that is listed; NULL: not looked at yet
    const struct cli_command *command;
};

// The settings of a member, chosen or not; of NULL, s itself.
static const struct settings *settings_of(const struct settings *s, const struct member *member)
{
    for (int i = 0; member && s->table[i].key; i++) {
        for (int k = 0; s->table[i].family && s->table[i].family(k); k++) {
            if (s->table[i].family(k) == member) {
                return s->members[i][k];
            }
        }
    }
    return s;
}

// What counts where the option is not given: as the model's folder has it, once that was looked at.
static double usual(const struct listing *l, const struct setting *row, const struct member *member)
{
    const struct settings *own = l->value ? settings_of(l->value, member) : NULL;
    return own ? own->values[row - own->table] : row->def;
}

// Members beside one that have a row of that key: ", also tcd".
struct namesakes {
    const char *key;
    const struct member *but;
    GString *text;
};

static bool add_namesake(const struct setting *row, const struct member *member, void *data)
{
    struct namesakes *n = data;
    if (member && member != n->but && g_str_equal(row->key, n->key)) {
        g_string_append_printf(n->text, "%s%s", n->text->len ? ", " : ", also ", member->name);
    }
    return true;
}

// "How far each step goes (0.003; svdiff, also oft)", "Sampler: ddim, dpmpp_2m, euler (ddim)": with
// the legal choices.
static char *setting_help(const struct listing *l, const struct setting *row,
                          const struct member *member)
{
    g_autofree char *value = setting_print(row, usual(l, row, member));
    GString *text = g_string_new(row->help);
    for (int i = 0; row->kind == SETTING_CHOICE && i < setting_choices(row); i++) {
        g_string_append_printf(text, "%s%s", i ? ", " : ": ", setting_choice_name(row, i));
    }
    struct namesakes others = {row->key, member, g_string_new(NULL)};
    if (member) {
        settings_walk(l->command->settings, add_namesake, &others);
    }
    g_string_append_printf(text, " (%s%s%s%s)", value, member ? "; " : "",
                           member ? member->name : "", others.text->str);
    g_string_free(others.text, TRUE);
    return g_string_free(text, FALSE);
}

static GOptionEntry *listed(const struct listing *l, const char *name)
{
    for (guint i = 0; i < l->entries->len; i++) {
        GOptionEntry *entry = &g_array_index(l->entries, GOptionEntry, i);
        if (g_str_equal(entry->long_name, name)) {
            return entry;
        }
    }
    return NULL;
}

// The same key may be a row of several members: one option serves them all, and is described as the
// chosen one has it.
static bool list_setting(const struct setting *row, const struct member *member, void *data)
{
    struct listing *l = data;
    char *name = g_strdelimit(g_strdup(row->key), "_", '-');
    GOptionEntry *there = listed(l, name);
    if (there) {
        g_free(name);
        if (l->c->settings && settings_find(l->c->settings, row->key, NULL) == row) {
            char *help = setting_help(l, row, member);
            g_ptr_array_add(l->c->texts, help);
            there->description = help;
        }
        return true;
    }
    char *help = setting_help(l, row, member);
    g_ptr_array_add(l->c->texts, name);
    g_ptr_array_add(l->c->texts, help);
    const GOptionEntry entry = {name,
                                0,
                                (row->kind == SETTING_SWITCH ? G_OPTION_FLAG_NO_ARG : 0) |
                                    (cli_reads(l->command, row->key) ? 0 : G_OPTION_FLAG_HIDDEN),
                                G_OPTION_ARG_CALLBACK,
                                setting_given_cb,
                                help,
                                row->kind == SETTING_SWITCH   ? NULL
                                : row->kind == SETTING_CHOICE ? "NAME"
                                                              : "N"};
    g_array_append_val(l->entries, entry);
    return true;
}

// As the window does: what is to be changed decides how, where nobody says so.
static bool use_preset(struct cli *c, const char *model, GError **error)
{
    const struct edit_preset *fits =
        c->source_prompt && c->prompt ? edit_preset_suggest(c->source_prompt, c->prompt) : NULL;
    const char *name = c->preset ? c->preset : fits ? fits->name : "none";
    GError *failure = NULL;
    g_autoptr(JsonObject) of_model = model_presets(model, &failure);
    if (failure) {
        g_propagate_error(error, failure);
        return false;
    }
    if (g_str_equal(name, "none")) {
        return true;
    }
    c->plain = settings_copy(c->settings);
    return edit_preset_use(c->settings, name, of_model, error);
}

// What --objective names; NULL: nothing, or none that there is.
static const struct objective *objective_asked(const struct cli *c)
{
    const struct objective *asked = NULL;
    for (guint i = 0; i < c->given->len; i += 2) {
        if (g_str_equal(c->given->pdata[i], "objective")) {
            const family_fn family = settings_find(c->settings, "objective", NULL)->family;
            asked = (const struct objective *)family_find(family, c->given->pdata[i + 1]);
        }
    }
    return asked;
}

// One that was given goes to the table that has it.
static struct settings *settings_with(const struct cli *c, const char *key)
{
    return c->also && settings_find(c->also, key, NULL) ? c->also : c->settings;
}

bool cli_settings(struct cli *c, const struct setting *table, GError **error)
{
    c->settings = settings_new(table);
    g_autofree char *model = paths_model(c->model);
    if (table &&
        !model_defaults(model, table == learn_settings ? "learn" : "edit", c->settings, error)) {
        return false;
    }
    const bool several = c->subjects && c->subjects[1];
    const struct objective *asked = objective_asked(c);
    const bool subject = c->kind || c->subjects || (asked && asked->of_subjects);
    const bool control = c->control_kind || (asked && asked->of_hints);
    if ((subject && !subject_defaults(model, c->settings, error)) ||
        (several && !settings_parse(c->settings, "objective", "cut_mix_unmix", error))) {
        return false;
    }
    if ((control && !control_defaults(model, c->settings, error)) ||
        (c->control_kind && !settings_parse(c->settings, "hint", c->control_kind, error))) {
        return false;
    }
    if ((c->contents || c->styles) && !style_lesson.defaults(model, c->settings, error)) {
        return false;
    }
    if (!use_preset(c, model, error)) {
        return false;
    }
    for (int choices = 1; choices >= 0; choices--) { // what is chosen first
        for (guint i = 0; i < c->given->len; i += 2) {
            const char *key = c->given->pdata[i], *value = c->given->pdata[i + 1];
            struct settings *to = settings_with(c, key);
            const struct setting *row = settings_find(to, key, NULL);
            if ((row && row->family != NULL) == choices && cli_reads(c->command, key) &&
                !settings_parse(to, key, value, error)) {
                return false;
            }
        }
    }
    return true;
}

// ---- the program's own --------------------------------------------------------------------------

static gboolean seed_given_cb(const char *option, const char *value, gpointer data, GError **error)
{
    struct cli *c = data;
    add_pair(c->numbers, "seed", value);
    if (!g_ascii_string_to_signed(value, 10, G_MININT64, G_MAXINT64, &c->seed, NULL)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--seed: \"%s\" is no whole number that a seed can be", value);
        return FALSE;
    }
    return TRUE;
}

static GArray *own_options(struct cli *c)
{
    const GOptionEntry all[] = {
        {"model", 0, 0, G_OPTION_ARG_STRING, &c->model,
         "Model folder or file, or starter (the default)", "PATH"},
        {"vae", 0, 0, G_OPTION_ARG_FILENAME, &c->vae,
         "Autoencoder in the place of the model's: a file or a folder", "PATH"},
        {"device", 0, 0, G_OPTION_ARG_STRING, &c->device,
         "Device: a number, a part of its name, or cpu", "NAME"},
        {"precision", 0, 0, G_OPTION_ARG_STRING, &c->precision,
         "How a processor multiplies by the model's weights: auto (the default), fp32, or bf16, "
         "which "
         "is twice as fast where it has instructions for it",
         "NAME"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &c->json, "Answer as JSON", NULL},
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &c->out, "File (or folder) to write", "PATH"},
        {"prompt", 'p', 0, G_OPTION_ARG_STRING, &c->prompt, "What the picture should show", "TEXT"},
        {"prompts", 'p', 0, G_OPTION_ARG_STRING_ARRAY, &c->prompts,
         "What a sticker should show; may be repeated: then --out is a folder", "TEXT"},
        {"prompts-from", 0, 0, G_OPTION_ARG_FILENAME, &c->prompts_from,
         "A file with a sentence on each line", "FILE"},
        {"sheet", 0, 0, G_OPTION_ARG_FILENAME, &c->sheet,
         "Also write all of them on one page, which is transparent", "FILE"},
        {"source-prompt", 0, 0, G_OPTION_ARG_STRING, &c->source_prompt, "What the photo shows",
         "TEXT"},
        {"negative", 0, 0, G_OPTION_ARG_STRING, &c->negative, "What it should not show", "TEXT"},
        {"image", 'i', 0, G_OPTION_ARG_FILENAME, &c->image, "The photo", "FILE"},
        {"images", 'i', 0, G_OPTION_ARG_FILENAME_ARRAY, &c->images,
         "Photo to learn, or a folder of them (without --prompt, NAME.txt beside each says what it "
         "shows); may be repeated",
         "PATH"},
        {"class-image", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &c->class_images,
         "Picture of the subject's class, or a folder of them (default: the model draws some); may "
         "be repeated",
         "PATH"},
        {"skip-broken", 0, 0, G_OPTION_ARG_NONE, &c->skip_broken,
         "Leave out pictures that cannot be read, and say which", NULL},
        {"class-prompt", 0, 0, G_OPTION_ARG_STRING, &c->class_prompt,
         "What those pictures show (default: made of --class)", "TEXT"},
        {"class", 0, 0, G_OPTION_ARG_STRING, &c->kind,
         "Learn a subject: what it is one of, such as dog", "WORD"},
        {"token", 0, 0, G_OPTION_ARG_STRING, &c->token,
         "A word of its own for the subject, such as <rex>, whose meaning is learned with it",
         "NAME"},
        {"subject", 0, 0, G_OPTION_ARG_STRING_ARRAY, &c->subjects,
         "Learn several subjects together: a folder of photos, a word of its own and its class, "
         "for "
         "each",
         "FOLDER:NAME:WORD"},
        {"latents", 0, 0, G_OPTION_ARG_FILENAME, &c->latents, "Latents as safetensors (N,C,H,W)",
         "FILE"},
        {"latents-out", 0, 0, G_OPTION_ARG_FILENAME, &c->latents_out,
         "Also write the final latents", "FILE"},
        {"attention", 0, 0, G_OPTION_ARG_FILENAME, &c->attention,
         "Also write the cross-attention's probabilities, as safetensors", "FILE"},
        {"noise", 0, 0, G_OPTION_ARG_FILENAME, &c->noise,
         "Start noise as safetensors instead of a seed", "FILE"},
        {"mask", 0, 0, G_OPTION_ARG_FILENAME, &c->mask,
         "White where the photo may change; of the photo's size", "FILE"},
        {"region", 0, 0, G_OPTION_ARG_STRING, &c->region,
         "The part of the photo that the model sees, in pixels or in percent of the photo's sides, "
         "as "
         "25%,25%,50%,50% (default: all of it); edit, batch: or auto",
         "X,Y,W,H"},
        {"preset", 0, 0, G_OPTION_ARG_STRING, &c->preset,
         "Settings for colour, light, background, object or style, or none of them (default: what "
         "the two "
         "sentences ask for); those given beside it count more",
         "NAME"},
        {"select", 0, 0, G_OPTION_ARG_STRING_ARRAY, &c->selections,
         "Only where the photo shows this word of --source-prompt; may be repeated, adds to --mask",
         "WORD"},
        {"weight", 0, 0, G_OPTION_ARG_STRING_ARRAY, &c->weights,
         "How much a word of --prompt counts beside the others, 1 is as it is; may be repeated",
         "WORD:FACTOR"},
        {"set", 0, 0, G_OPTION_ARG_CALLBACK, set_given_cb,
         "One of the settings by its key; may be repeated", "KEY=VALUE"},
        {"log", 0, 0, G_OPTION_ARG_FILENAME, &c->log, "Write step, loss, gradient norm as CSV",
         "FILE"},
        {"resume", 0, 0, G_OPTION_ARG_FILENAME, &c->resume, "Continue from a checkpoint", "FILE"},
        {"checkpoint", 0, 0, G_OPTION_ARG_FILENAME, &c->checkpoint, "Keep a checkpoint here",
         "FILE"},
        {"adapter", 'a', 0, G_OPTION_ARG_STRING_ARRAY, &c->adapters,
         "Adapter, with its strength, or those of groups of layers (0,down=1), and behind these "
         "the "
         "time steps in which it acts (1@0-700: from 0, the picture, to 700 of 1000, noise); may "
         "be "
         "repeated",
         "FILE[:STRENGTHS[@FROM-TO]]"},
        {"model-style", 0, 0, G_OPTION_ARG_STRING, &c->style,
         "A style that comes with the model, with its strength, such as line:0.8",
         "NAME[:STRENGTH]"},
        {"embedding", 0, 0, G_OPTION_ARG_STRING_ARRAY, &c->embeddings,
         "Learned token that prompts may hold, by the file's own name for it or by another; may be "
         "repeated",
         "FILE[:TOKEN]"},
        {"control", 0, 0, G_OPTION_ARG_STRING, &c->control,
         "Control that leads the drawing by a hint, with its strength; edit: by the photo's edges "
         "where it is of edges",
         "FILE[:STRENGTH]"},
        {"hint", 0, 0, G_OPTION_ARG_FILENAME, &c->hint,
         "The picture that leads it, of any size: edges, depth, a pose, as the control has them",
         "FILE"},
        {"hint-from-photo", 0, 0, G_OPTION_ARG_NONE, &c->hint_from_photo,
         "The photo's own edges lead it, whatever the control says", NULL},
        {"control-kind", 0, 0, G_OPTION_ARG_STRING, &c->control_kind,
         "Learn a control of pictures with hints: canny, edges that the program finds, or file, "
         "NAME-hint.png beside each picture; NAME.txt beside it is its caption",
         "KIND"},
        {"content", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &c->contents,
         "Learn a style: pictures of what is shown, or a folder of them, NAME.txt beside each; may "
         "be repeated",
         "PATH"},
        {"style", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &c->styles,
         "Those of how it is drawn; may be repeated", "PATH"},
        {"rename", 0, 0, G_OPTION_ARG_STRING, &c->rename, "Call a word that was learned otherwise",
         "WORD=NAME"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &c->to,
         "The form that another program reads (adapter dialects lists them)", "DIALECT"},
        {"data-dir", 0, 0, G_OPTION_ARG_FILENAME, &c->data_dir,
         "The library's folder (default: the user's)", "DIR"},
        {"yes", 0, 0, G_OPTION_ARG_NONE, &c->yes, "Do it; otherwise it is only said", NULL},
        {"seed", 0, 0, G_OPTION_ARG_CALLBACK, seed_given_cb, "Seed; -1 draws one and says which",
         "N"},
        {"recipe", 0, 0, G_OPTION_ARG_NONE, &c->recipe, "Write the settings into the picture",
         NULL},
        {"list", 0, 0, G_OPTION_ARG_FILENAME, &c->list,
         "A file with the path of a photo, or of a folder of them, on each line", "FILE"},
        {"learn", 0, 0, G_OPTION_ARG_NONE, &c->learn,
         "Learn each photo before it is edited, by --source-prompt or the NAME.txt beside it",
         NULL},
        {"learn-set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &c->learn_set,
         "One of the settings of train for that, by its key; may be repeated", "KEY=VALUE"},
        {"suffix", 0, 0, G_OPTION_ARG_STRING, &c->suffix,
         "Added to the names of the photos, such as -night", "TEXT"},
        {"recipe-from", 0, 0, G_OPTION_ARG_FILENAME, &c->recipe_from,
         "Sentences and settings of the recipe in a picture, in a text, or of a batch; what is "
         "given counts more",
         "FILE"},
        {"recipe-to", 0, 0, G_OPTION_ARG_FILENAME, &c->recipe_to,
         "Write the recipe of this batch to a file, which --recipe-from and the window read",
         "FILE"},
        {"only", 0, 0, G_OPTION_ARG_STRING, &c->only, "Only the one of that name", "NAME"},
        {"photos", 0, 0, G_OPTION_ARG_FILENAME, &c->photos,
         "A folder of 3 to 5 photos in the place of the first subject, and what it is one of",
         "FOLDER:WORD"},
        {"quick", 0, 0, G_OPTION_ARG_NONE, &c->quick,
         "One seed, few claims, next to no steps: shows that everything works", NULL},
        {"raw", 0, 0, G_OPTION_ARG_NONE, &c->raw, "The model's own picture, at its size", NULL},
        {"help", 'h', 0, G_OPTION_ARG_NONE, &c->help, "Show the options, and end", NULL},
    };
    GArray *list = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
    g_array_append_vals(list, all, G_N_ELEMENTS(all));
    add_numbers(list);
    return list;
}

// The same word for several photos as for one, for a kind of control as for a control's file, and
// for a style that there is as for the pictures of one.
static const char *spoken_name(const char *name)
{
    return g_str_equal(name, "images")         ? "image"
           : g_str_equal(name, "prompts")      ? "prompt"
           : g_str_equal(name, "model-style")  ? "style"
           : g_str_equal(name, "control-kind") ? "control"
                                               : name;
}

GArray *cli_options(const struct cli_command *command, struct cli *c)
{
    g_autoptr(GArray) all = own_options(c);
    GArray *picked = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
    for (int i = -1; i < 0 || command->options[i]; i++) {
        const char *name = i < 0 ? "help" : command->options[i];
        for (guint k = 0; k < all->len; k++) {
            GOptionEntry entry = g_array_index(all, GOptionEntry, k);
            if (g_str_equal(name, entry.long_name)) {
                entry.long_name = spoken_name(entry.long_name);
                g_array_append_val(picked, entry);
            }
        }
    }
    if (command->settings) {
        settings_walk(command->settings, list_setting,
                      &(struct listing){c, picked, c->settings, command});
    }
    if (command->also) {
        settings_walk(command->also, list_setting, &(struct listing){c, picked, c->also, command});
    }
    const GOptionEntry rest = {G_OPTION_REMAINING, 0,    0,   G_OPTION_ARG_FILENAME_ARRAY,
                               &c->rest,           NULL, NULL};
    g_array_append_val(picked, rest);
    return picked;
}

static bool given(const struct cli *c, const char *option)
{
    const struct {
        const char *name;
        const void *value;
    } all[] = {{"out", c->out},           {"prompt", c->prompt},
               {"image", c->image},       {"images", c->images},
               {"latents", c->latents},   {"rest", c->rest},
               {"select", c->selections}, {"source-prompt", c->source_prompt}};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (g_str_equal(option, all[i].name)) {
            return all[i].value != NULL;
        }
    }
    g_error("the need of --%s is not looked after", option);
}

static bool check_needed(const struct cli_command *command, const struct cli *c, GError **error)
{
    for (int i = 0; command->needed && command->needed[i]; i++) {
        const char *name = command->needed[i];
        if (!given(c, name)) {
            const bool rest = g_str_equal(name, "rest");
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s%s is missing",
                        rest ? "" : "--", rest ? command->usage : spoken_name(name));
            return false;
        }
    }
    return true;
}

// ---- texts --------------------------------------------------------------------------------------

// An option whose value is in c: a text, or bytes that name a file.
struct words {
    const char *name;
    char **one, ***many; // one of the two
    char **list;         // what was given, where it goes into one
    bool text;
};

static void words_free(void *data)
{
    struct words *w = data;
    g_strfreev(w->list);
    g_free(w);
}

// GOption takes texts to be in the locale's encoding, which without a locale is ASCII. They are
// taken as file names are, as bytes.
static void take_bytes(GArray *entries, GPtrArray *all)
{
    for (guint i = 0; i < entries->len; i++) {
        GOptionEntry *entry = &g_array_index(entries, GOptionEntry, i);
        const bool text =
            entry->arg == G_OPTION_ARG_STRING || entry->arg == G_OPTION_ARG_STRING_ARRAY;
        const bool many =
            entry->arg == G_OPTION_ARG_STRING_ARRAY || entry->arg == G_OPTION_ARG_FILENAME_ARRAY;
        if (text || many || entry->arg == G_OPTION_ARG_FILENAME) {
            struct words *w = g_new0(struct words, 1);
            *w = (struct words){.name = entry->long_name,
                                .one = many ? NULL : entry->arg_data,
                                .many = many ? entry->arg_data : NULL,
                                .text = text};
            entry->arg = G_OPTION_ARG_FILENAME_ARRAY;
            entry->arg_data = many ? entry->arg_data : &w->list;
            g_ptr_array_add(all, w);
        }
    }
}

// What is UTF-8 stays as it is; the rest is in the locale's encoding, or no text.
static bool take_text(char **text, const char *name, GError **error)
{
    if (!*text || g_utf8_validate(*text, -1, NULL)) {
        return true;
    }
    char *converted = g_locale_to_utf8(*text, -1, NULL, NULL, NULL);
    if (converted) {
        g_free(*text);
        *text = converted;
    } else {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--%s is no text: an invalid byte sequence in UTF-8", name);
    }
    return converted != NULL;
}

// An empty word names the folder one is in, which nobody means.
static bool check_file(const char *path, const char *name, GError **error)
{
    if (!path || *path) {
        return true;
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                *name ? "--%s needs the name of a file or folder, and it is empty"
                      : "%san argument is empty",
                name);
    return false;
}

// Several where one is taken: which of them is meant is not known.
static bool take_one(struct words *w, GError **error)
{
    if (!w->one || !w->list) {
        return true;
    }
    if (w->list[1]) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--%s is given %u times, and there can be one", w->name,
                    g_strv_length(w->list));
        return false;
    }
    *w->one = g_strdup(w->list[0]);
    return true;
}

static bool take_words(const GPtrArray *all, GError **error)
{
    static const char *const of_files[] = {"model", "adapter", "embedding", "control", NULL};
    bool ok = true;
    for (guint i = 0; ok && i < all->len; i++) {
        struct words *w = all->pdata[i];
        const bool file = !w->text || g_strv_contains(of_files, w->name);
        char **list = w->many ? *w->many : w->list;
        for (guint k = 0; ok && list && list[k]; k++) {
            ok = (!w->text || take_text(&list[k], w->name, error)) &&
                 (!file || check_file(list[k], w->name, error));
        }
        ok = ok && take_one(w, error);
    }
    return ok;
}

// ---- the command line ---------------------------------------------------------------------------

// -1 draws one, and says which, so that the picture can be had again.
static bool draw_seed(struct cli *c, GError **error)
{
    if (c->seed < -1) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "a seed is not below 0; -1 draws one");
        return false;
    }
    if (c->seed == -1) {
        c->seed = g_random_int();
        fprintf(stderr, "seed %" G_GINT64_FORMAT "\n", c->seed);
    }
    return true;
}

static GOptionContext *context_new(const struct cli_command *command, struct cli *c,
                                   GArray *entries)
{
    GOptionContext *context = g_option_context_new(command->usage);
    GOptionGroup *group = g_option_group_new(NULL, NULL, NULL, c, NULL);
    g_option_group_add_entries(group, (GOptionEntry *)(void *)entries->data);
    g_option_context_set_main_group(context, group);
    g_option_context_set_summary(context, command->summary);
    g_option_context_set_help_enabled(context, FALSE);
    return context;
}

// "--method svdiff, --objective single_image": what is chosen, and may be otherwise.
static char *choices_text(const struct cli_command *command, const struct settings *s)
{
    GString *text = g_string_new("");
    for (int i = 0; s->table[i].key; i++) {
        const bool read = cli_reads(command, s->table[i].key);
        if (read && s->table[i].family && s->table[i].family(1)) {
            g_string_append_printf(text, "%s--%s %s", text->len ? ", " : "", s->table[i].key,
                                   settings_choice(s, s->table[i].key));
        }
    }
    return g_string_free(text, FALSE);
}

void cli_help(const struct cli_command *command, struct cli *c)
{
    g_autoptr(GArray) entries = cli_options(command, c);
    g_autoptr(GOptionContext) context = context_new(command, c, entries);
    g_autofree char *choices =
        c->settings->table ? choices_text(command, c->settings) : g_strdup("");
    if (*choices) {
        g_autofree char *says = g_strdup_printf(
            "In brackets stands what counts where an option is not given. It depends on the model "
            "and on what is chosen,\nhere %s: name others before --help%s to see theirs.",
            choices,
            command->settings == learn_settings ? " (also --class, --subject, --control)" : "");
        g_option_context_set_description(context, says);
    }
    g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);
    fputs(text, stdout);
}

bool cli_parse(const struct cli_command *command, struct cli *c, int argc, char **argv,
               GError **error)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(words_free);
    g_autoptr(GArray) entries = cli_options(command, c);
    take_bytes(entries, words);
    g_autoptr(GOptionContext) context = context_new(command, c, entries);
    if (!g_option_context_parse(context, &argc, &argv, error) || !take_words(words, error)) {
        return false;
    }
    const guint most = !*command->usage ? 0 : command->one ? 1 : G_MAXUINT;
    if (c->rest && g_strv_length(c->rest) > most) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "unexpected argument: %s",
                    c->rest[most]);
        return false;
    }
    return c->help ||
           (cli_recipe(c, error) && check_needed(command, c, error) && draw_seed(c, error));
}
