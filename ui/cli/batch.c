#include "ui/cli/cli.h"

#include "compute/model/defaults.h"
#include "compute/train/objective.h"
#include "ui/core/batch.h"
#include "ui/core/batch_recipe.h"
#include "ui/core/export_options.h"
#include "ui/core/paths.h"

#include <stdio.h>
#include <string.h>

// ---- learning -----------------------------------------------------------------------------------

// What is chosen first: which keys there are depends on it.
static bool set_given(const struct cli *c, struct settings *s, bool choices, GError **error)
{
    for (int i = 0; c->learn_set && c->learn_set[i]; i++) {
        g_auto(GStrv) pair = g_strsplit(c->learn_set[i], "=", 2);
        if (!pair[0] || !pair[1]) {
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                        "--learn-set needs KEY=VALUE, not \"%s\"", c->learn_set[i]);
            return false;
        }
        const struct setting *row = settings_find(s, g_strdelimit(pair[0], "-", '_'), NULL);
        if ((row && row->family != NULL) == choices &&
            !settings_parse(s, pair[0], pair[1], error)) {
            return false;
        }
    }
    return true;
}

// Settings of learning, newly allocated; *settings NULL: nothing is learned.
static bool learn_of(const struct cli *c, struct settings **settings, GError **error)
{
    *settings = NULL;
    if (!c->learn) {
        return true;
    }
    g_autofree char *model = paths_model(c->model);
    struct settings *s = *settings = settings_new(learn_settings);
    if (!model_defaults(model, "learn", s, error) || !set_given(c, s, true, error) ||
        !set_given(c, s, false, error) ||
        (c->learn_steps && !settings_set(s, "steps", c->learn_steps, error))) {
        return false;
    }
    const struct objective *o = objective_chosen(s);
    if (o->of_subjects || o->of_hints || o->of_sets) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "the objective %s is of several pictures, and each photo is learned by itself",
                    o->name);
    }
    return !o->of_subjects && !o->of_hints && !o->of_sets;
}

// ---- what is done -------------------------------------------------------------------------------

static bool control_fits(const struct cli *c, GError **error)
{
    const bool fits = !c->leads || c->leads->of_edges || c->hint_from_photo;
    if (!fits) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "what %s takes for a hint is not known to be edges, which each photo has of "
                    "its own (--hint-from-photo takes them)",
                    c->leads->net->name);
    }
    return fits;
}

static struct batch_recipe recipe_of(const struct cli *c, const struct settings *learn)
{
    return (struct batch_recipe){
        .request = cli_request(c),
        .words = (const char *const *)c->selections,
        .adapters = c->loaded ? (struct adapter *const *)c->loaded->pdata : NULL,
        .n_adapters = c->loaded ? (int)c->loaded->len : 0,
        .learn = learn,
        .learn_seed = (uint64_t)(c->learn_seed < 0 ? c->seed : c->learn_seed),
        .control = c->leads,
        .control_strength = c->led.strength,
        .side = c->size,
        .raw = c->raw,
        .with_recipe = export_with_recipe(c->also),
        .suffix = c->suffix,
        .save = cli_save_params(c),
    };
}

static void report_cb(struct task *task, const struct task_progress *progress)
{
    g_autofree char *text = batch_text(task->data, progress);
    cli_progress(progress, text);
}

static void exported_cb(const char *photo, const char *target, double seconds, void *data)
{
    cli_progress_end();
    g_autofree char *from = g_filename_display_name(photo);
    g_autofree char *to = g_filename_display_name(target);
    printf("%s: %s, %.1f s\n", from, to, seconds);
    fflush(stdout); // a line when it is done, also in a log
}

static void say_all(const GPtrArray *sentences)
{
    for (guint i = 0; i < sentences->len; i++) {
        cli_complain(sentences->pdata[i]);
    }
}

// What came of it; false with an error where not all are done.
static bool say(const struct batch *b, GError **error)
{
    const guint all = b->photos->len, done = b->made + b->there;
    cli_progress_end();
    printf("%u of %u photos are in the folder, %u of them from before", done, all, b->there);
    if (b->elsewhere) {
        printf("; another process is at %u", b->elsewhere);
    }
    putchar('\n');
    say_all(b->notes);
    say_all(b->faults);
    if (b->faults->len == 1) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FAILED,
                    "one entry was not done, see above");
    } else if (b->faults->len > 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FAILED,
                    "%u entries were not done, see above", b->faults->len);
    }
    return b->faults->len == 0;
}

// ---- the command --------------------------------------------------------------------------------

static bool add_photos(const struct cli *c, struct batch *b, GError **error)
{
    if (!c->rest && !c->list) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "no photos are given: as PHOTO..., or in a file by --list");
        return false;
    }
    for (int i = 0; c->rest && c->rest[i]; i++) {
        batch_add(b, c->rest[i]);
    }
    return !c->list || batch_add_list(b, c->list, error);
}

static bool run_batch(struct cli *c, struct batch *b, const struct settings *learn, GError **error)
{
    struct batch_recipe recipe = recipe_of(c, learn);
    if (!cli_frame(c, &recipe.frame, error) || !batch_recipe_check(&recipe, error) ||
        !cli_engine(c, error) || !cli_adapters(c, error) || !cli_control(c, error) ||
        !control_fits(c, error)) {
        return false;
    }
    const struct frame_rule frame = recipe.frame;
    recipe = recipe_of(c, learn);
    recipe.frame = frame;
    b->exported = exported_cb;
    struct task task = {.report = report_cb, .data = b, .cancellable = cli_task.cancellable};
    if (!batch_run(b, c->engine, &recipe, c->out, &task, error)) {
        cli_progress_end();
        if (b->made + b->there > 0) {
            g_prefix_error(error, "%u of %u photos are done, and the same command does the rest: ",
                           b->made + b->there, b->photos->len);
        }
        return false;
    }
    return true;
}

// --recipe-to: what is done, for another day or for the window.
static bool write_recipe(const struct cli *c, const struct settings *learn, GError **error)
{
    if (!c->recipe_to) {
        return true;
    }
    struct batch_plan plan;
    batch_plan_init(&plan);
    struct document *d = &plan.document;
    char **const texts[] = {&d->source_prompt, &d->prompt, &d->negative};
    const char *const given[] = {c->source_prompt, c->prompt, c->negative};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_free(*texts[i]);
        *texts[i] = g_strdup(given[i] ? given[i] : "");
    }
    settings_assign(d->edit, c->settings);
    settings_assign(plan.options, c->also);
    d->seed = (uint64_t)c->seed;
    d->learn_seed = (uint64_t)(c->learn_seed < 0 ? c->seed : c->learn_seed);
    plan.learns = learn != NULL;
    if (learn) {
        settings_assign(d->learn, learn);
    }
    for (int i = 0; c->adapters && c->adapters[i]; i++) {
        g_ptr_array_add(plan.adapters, g_canonicalize_filename(c->adapters[i], NULL));
    }
    const bool ok = batch_plan_write(&plan, c->recipe_to, error);
    batch_plan_clear(&plan);
    return ok;
}

static bool run(struct cli *c, GError **error)
{
    struct batch *b = batch_new();
    struct settings *learn;
    const bool ok = learn_of(c, &learn, error) && add_photos(c, b, error) &&
                    write_recipe(c, learn, error) && run_batch(c, b, learn, error) && say(b, error);
    settings_free(learn);
    batch_free(b);
    return ok;
}

const struct cli_command batch_command = {
    .name = "batch",
    .summary = "Change many photos by one recipe; begun again it goes on where it was stopped",
    .usage = "PHOTO|FOLDER...",
    .settings = edit_settings,
    .also = export_settings,
    .writes = CLI_FOLDER,
    .options = (const char *const[]){"list",        "model",     "vae",           "device",
                                     "precision",   "prompt",    "source-prompt", "negative",
                                     "model-style", "adapter",   "embedding",     "set",
                                     "preset",      "seed",      "size",          "region",
                                     "select",      "weight",    "learn",         "learn-steps",
                                     "learn-set",   "raw",       "control",       "hint-from-photo",
                                     "recipe-from", "recipe-to", "suffix",        "out",
                                     NULL},
    .needed = (const char *const[]){"prompt", "out", NULL},
    .run = run,
};
