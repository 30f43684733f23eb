#include "ui/cli/cli.h"

#include "config.h"
#include "ui/cli/command_table.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#define X(name) extern const struct cli_command name##_command;
COMMAND_ROWS
#undef X
#define X(name) &name##_command,
const struct cli_command *const command_table[] = {COMMAND_ROWS NULL};
#undef X

static void usage(FILE *to)
{
    fprintf(to, "Usage: tincture-cli COMMAND [OPTION...]\n\n");
    for (int i = 0; command_table[i]; i++) {
        fprintf(to, "  %-9s %s\n", command_table[i]->name, command_table[i]->summary);
    }
    fprintf(to, "\ntincture-cli COMMAND --help lists a command's options.\n");
}

static const struct cli_command *find_command(const char *name)
{
    for (int i = 0; command_table[i]; i++) {
        if (g_str_equal(command_table[i]->name, name)) {
            return command_table[i];
        }
    }
    return NULL;
}

// "Sampler: ddim, dpmpp_2m, euler"
static const char *sampler_help(void)
{
    static GString *text;
    if (!text) {
        text = g_string_new("Sampler:");
        for (int i = 0; sampler_table[i]; i++) {
            g_string_append_printf(text, "%s %s", i ? "," : "", sampler_table[i]->name);
        }
    }
    return text->str;
}

// The options of one command, picked from all that exist.
static GOptionEntry *pick_options(const struct cli_command *command, struct cli *c)
{
    const GOptionEntry all[] = {
        {"model", 0, 0, G_OPTION_ARG_STRING, &c->model,
         "Model folder or file, or starter (the default)", "PATH"},
        {"device", 0, 0, G_OPTION_ARG_STRING, &c->device,
         "Device: a number, a part of its name, or cpu", "NAME"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &c->json, "Answer as JSON", NULL},
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &c->out, "File (or folder) to write", "PATH"},
        {"prompt", 'p', 0, G_OPTION_ARG_STRING, &c->prompt, "What the picture should show", "TEXT"},
        {"source-prompt", 0, 0, G_OPTION_ARG_STRING, &c->source_prompt, "What the photo shows",
         "TEXT"},
        {"negative", 0, 0, G_OPTION_ARG_STRING, &c->negative, "What it should not show", "TEXT"},
        {"image", 'i', 0, G_OPTION_ARG_FILENAME, &c->image, "The photo", "FILE"},
        {"images", 'i', 0, G_OPTION_ARG_FILENAME_ARRAY, &c->images,
         "Photo to learn; may be repeated", "FILE"},
        {"latents", 0, 0, G_OPTION_ARG_FILENAME, &c->latents, "Latents as safetensors (N,C,H,W)",
         "FILE"},
        {"latents-out", 0, 0, G_OPTION_ARG_FILENAME, &c->latents_out,
         "Also write the final latents", "FILE"},
        {"noise", 0, 0, G_OPTION_ARG_FILENAME, &c->noise,
         "Start noise as safetensors instead of a seed", "FILE"},
        {"mask", 0, 0, G_OPTION_ARG_FILENAME, &c->mask, "White where the photo may change", "FILE"},
        {"scheduler", 0, 0, G_OPTION_ARG_STRING, &c->sampler, sampler_help(), "NAME"},
        {"method", 0, 0, G_OPTION_ARG_STRING, &c->method, "Adapter method (default svdiff)",
         "NAME"},
        {"subset", 0, 0, G_OPTION_ARG_STRING, &c->subset, "Which layers the adapter changes",
         "NAME"},
        {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &c->settings,
         "Another setting of the method; may be repeated", "KEY=VALUE"},
        {"text-encoder", 0, 0, G_OPTION_ARG_NONE, &c->text_encoder, "Adapt the text encoder too",
         NULL},
        {"log", 0, 0, G_OPTION_ARG_FILENAME, &c->log, "Write step, loss, gradient norm as CSV",
         "FILE"},
        {"resume", 0, 0, G_OPTION_ARG_FILENAME, &c->resume, "Continue from a checkpoint", "FILE"},
        {"checkpoint", 0, 0, G_OPTION_ARG_FILENAME, &c->checkpoint, "Keep a checkpoint here",
         "FILE"},
        {"adapter", 'a', 0, G_OPTION_ARG_STRING_ARRAY, &c->adapters,
         "Adapter, with its strength; may be repeated", "FILE[:SCALE]"},
        {"steps", 0, 0, G_OPTION_ARG_INT, &c->steps, "Steps", "N"},
        {"timestep", 't', 0, G_OPTION_ARG_INT, &c->timestep, "Timestep of the call", "T"},
        {"size", 0, 0, G_OPTION_ARG_INT, &c->size, "Working size in pixels (default: the model's)",
         "N"},
        {"batch", 0, 0, G_OPTION_ARG_INT, &c->batch, "Examples a step", "N"},
        {"guidance", 0, 0, G_OPTION_ARG_DOUBLE, &c->guidance, "Guidance scale", "W"},
        {"eta", 0, 0, G_OPTION_ARG_DOUBLE, &c->eta, "Noise while sampling, 0 to 1", "X"},
        {"inversion", 0, 0, G_OPTION_ARG_DOUBLE, &c->inversion, "Inversion strength, 0 to 1", "X"},
        {"structure", 0, 0, G_OPTION_ARG_DOUBLE, &c->structure, "Structural freedom, 0 to 1", "X"},
        {"locality", 0, 0, G_OPTION_ARG_DOUBLE, &c->locality,
         "How closely the change keeps to what the words are about, 0 to 1", "X"},
        {"lr", 0, 0, G_OPTION_ARG_DOUBLE, &c->lr, "Learning rate (default: the method's)", "X"},
        {"bits", 0, 0, G_OPTION_ARG_INT, &c->bits, "Bits a channel, 8 or 16 (default: the photo's)",
         "N"},
        {"quality", 0, 0, G_OPTION_ARG_INT, &c->quality, "Quality of a JPEG, 1 to 100 (default 92)",
         "N"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &c->seed, "Seed", "N"},
        {"recipe", 0, 0, G_OPTION_ARG_NONE, &c->recipe, "Write the settings into the picture",
         NULL},
        {"raw", 0, 0, G_OPTION_ARG_NONE, &c->raw, "The model's own picture, at its size", NULL},
    };
    GArray *picked = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
    for (int i = 0; command->options[i]; i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(all); k++) {
            if (g_str_equal(command->options[i], all[k].long_name)) {
                GOptionEntry entry = all[k];
                if (g_str_equal(entry.long_name, "images")) {
                    entry.long_name = "image"; // the same word where several are allowed
                }
                g_array_append_val(picked, entry);
            }
        }
    }
    const GOptionEntry rest = {G_OPTION_REMAINING, 0,    0,   G_OPTION_ARG_FILENAME_ARRAY,
                               &c->rest,           NULL, NULL};
    g_array_append_val(picked, rest);
    return (GOptionEntry *)(void *)g_array_free(picked, FALSE);
}

static bool given(const struct cli *c, const char *option)
{
    const struct {
        const char *name;
        const void *value;
    } all[] = {{"out", c->out},       {"prompt", c->prompt},   {"image", c->image},
               {"images", c->images}, {"latents", c->latents}, {"rest", c->rest}};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (g_str_equal(option, all[i].name)) {
            return all[i].value != NULL;
        }
    }
    return true;
}

static bool parse(const struct cli_command *command, struct cli *c, int argc, char **argv,
                  GError **error)
{
    g_autofree GOptionEntry *entries = pick_options(command, c);
    g_autoptr(GOptionContext) context = g_option_context_new(command->usage);
    g_option_context_set_summary(context, command->summary);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, error)) {
        return false;
    }
    if (c->rest && !*command->usage) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "unexpected argument: %s",
                    c->rest[0]);
        return false;
    }
    for (int i = 0; command->needed && command->needed[i]; i++) {
        if (!given(c, command->needed[i])) {
            const bool rest = g_str_equal(command->needed[i], "rest");
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s%s is missing",
                        rest ? "" : "--",
                        rest                                        ? command->usage
                        : g_str_equal(command->needed[i], "images") ? "image"
                                                                    : command->needed[i]);
            return false;
        }
    }
    return true;
}

// Checked before the work, in the same way for all commands.
static bool check_numbers(const struct cli *c, GError **error)
{
    static const struct param own[] = {
        {.key = "size", .type = PARAM_INT, .min = 0, .max = 8192},
        {.key = "timestep", .type = PARAM_INT, .min = 0, .max = 999},
        {.key = "steps", .type = PARAM_INT, .min = 1, .max = 100000},
        {.key = "batch", .type = PARAM_INT, .min = 1, .max = 64},
        {.key = "lr", .type = PARAM_FLOAT, .min = 0, .max = 1},
        {NULL},
    };
    const struct {
        const struct param *table;
        const char *key;
        double value;
    } numbers[] = {
        {edit_params, "guidance", c->guidance},
        {edit_params, "eta", c->eta},
        {edit_params, "inversion", c->inversion},
        {edit_params, "structure", c->structure},
        {edit_params, "locality", c->locality},
        {own, "steps", c->steps},
        {own, "batch", c->batch},
        {own, "lr", c->lr},
        {own, "size", c->size},
        {own, "timestep", c->timestep},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if (numbers[i].value != CLI_NOT_GIVEN &&
            !param_check(param_find(numbers[i].table, numbers[i].key), numbers[i].value, error)) {
            return false;
        }
    }
    return true;
}

static void cli_clear(struct cli *c)
{
    g_clear_pointer(&c->loaded, g_ptr_array_unref); // before the model that they borrow
    engine_free(c->engine);
    char *const texts[] = {c->model,    c->device,    c->out,     c->prompt,      c->source_prompt,
                           c->negative, c->image,     c->latents, c->latents_out, c->noise,
                           c->mask,     c->sampler,   c->method,  c->subset,      c->log,
                           c->resume,   c->checkpoint};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_free(texts[i]);
    }
    g_strfreev(c->images);
    g_strfreev(c->adapters);
    g_strfreev(c->settings);
    g_strfreev(c->rest);
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C"); // what is printed and written here is read by programs
    if (argc < 2) {
        usage(stderr);
        return 2;
    }
    if (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "help")) {
        usage(stdout);
        return 0;
    }
    if (g_str_equal(argv[1], "--version")) {
        puts("Tincture " TINCTURE_VERSION);
        return 0;
    }
    const struct cli_command *command = find_command(argv[1]);
    if (!command) {
        fprintf(stderr, "tincture-cli: there is no command \"%s\"\n", argv[1]);
        usage(stderr);
        return 2;
    }
    struct cli c = {.steps = CLI_NOT_GIVEN,
                    .guidance = CLI_NOT_GIVEN,
                    .inversion = CLI_NOT_GIVEN,
                    .structure = CLI_NOT_GIVEN,
                    .locality = CLI_NOT_GIVEN,
                    .eta = CLI_NOT_GIVEN,
                    .batch = 1,
                    .seed = 1};
    g_autoptr(GError) error = NULL;
    if (!parse(command, &c, argc - 1, argv + 1, &error)) {
        fprintf(stderr, "tincture-cli %s: %s\n", command->name, error->message);
        cli_clear(&c);
        return 2;
    }
    bool ok = check_numbers(&c, &error) && command->run(&c, &error);
    cli_progress_end();
    if (!ok) {
        fprintf(stderr, "tincture-cli %s: %s\n", command->name, error ? error->message : "failed");
    }
    cli_clear(&c);
    return ok ? 0 : 1;
}
