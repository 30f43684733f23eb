// The main job on a sample photo that ships with the program: learn it, change a word where the
// sample says, write the results.
#include "ui/cli/cli.h"

#include "compute/json_file.h"
#include "compute/replace.h"
#include "render/compare.h"
#include "render/file.h"
#include "ui/core/paths.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

struct demo {
    struct cli *c;
    double load_s, learn_s, edit_s, restore_s, save_s;
    double loss;
    int steps;           // of learning
    struct raster *mask; // NULL: the edit may show everywhere
    struct engine_place place;
};

// A member of the sample, newly allocated; NULL: it has none.
static char *sample_text(JsonObject *sample, const char *name)
{
    return g_strdup(json_object_get_string_member_with_default(sample, name, NULL));
}

static char *sample_file(JsonObject *sample, const char *name)
{
    g_autofree char *file = sample_text(sample, name);
    g_autofree char *relative = file ? g_build_filename("samples", file, NULL) : NULL;
    return relative ? paths_resource(relative) : NULL;
}

static void take_text(char **to, char *text)
{
    g_free(*to);
    *to = text;
}

// The photo, its first edit, and where that is made.
static void take_sample(struct cli *c, JsonObject *sample)
{
    JsonArray *edits = json_object_has_member(sample, "edits")
                           ? json_object_get_array_member(sample, "edits")
                           : NULL;
    take_text(&c->image, sample_file(sample, "file"));
    take_text(&c->source_prompt, sample_text(sample, "caption"));
    take_text(&c->prompt, edits && json_array_get_length(edits) > 0
                              ? g_strdup(json_array_get_string_element(edits, 0))
                              : NULL);
    if (!c->mask && !c->region) {
        c->mask = sample_file(sample, "mask");
        c->region = sample_text(sample, "region");
    }
}

// The first of the list of samples, as if a person had asked for it.
static bool pick_sample(struct cli *c, GError **error)
{
    g_autofree char *list = paths_resource("samples/samples.json");
    g_autoptr(JsonNode) root = json_file_read(list, JSON_NODE_ARRAY, list, error);
    if (!root) {
        g_prefix_error(error, "the list of samples: ");
        return false;
    }
    JsonArray *samples = json_node_get_array(root);
    JsonNode *sample = json_array_get_length(samples) ? json_array_get_element(samples, 0) : NULL;
    if (sample && JSON_NODE_HOLDS_OBJECT(sample)) {
        take_sample(c, json_node_get_object(sample));
    }
    if (!c->image || !c->source_prompt || !c->prompt) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    "%s names no photo with a caption and an edit", list);
        return false;
    }
    g_clear_pointer(&c->settings, settings_free); // they follow the sentences
    g_clear_pointer(&c->plain, settings_free);
    return cli_settings(c, edit_settings, error);
}

static double seconds_since(gint64 begin)
{
    return (double)(g_get_monotonic_time() - begin) / 1e6;
}

static void learn_report_cb(struct task *task, const struct task_progress *progress)
{
    struct demo *d = task->data;
    if (progress->training) {
        d->loss = progress->training->loss_mean;
    }
    task_tell(&cli_task, progress);
}

static struct adapter *learn(struct demo *d, const struct photo *p, const char *out, GError **error)
{
    struct engine *e = d->c->engine;
    gint64 begin = g_get_monotonic_time();
    const struct image_region *region = &d->place.region;
    struct task task = {.report = learn_report_cb, .data = d, .cancellable = cli_task.cancellable};
    struct settings *svdiff = settings_new(adapter_method_find("svdiff")->settings);
    const struct train_params params = {.seed = 1};
    struct adapter *a =
        !d->c->learn_steps || settings_set(svdiff, "steps", d->c->learn_steps, error)
            ? adapter_new("svdiff", e->model, svdiff, error)
            : NULL;
    d->steps = settings_int(svdiff, "steps");
    settings_free(svdiff);
    if (!a ||
        !engine_learn(e, p, region, d->c->source_prompt, a, &params, NULL, NULL, NULL, &task,
                      error) ||
        !adapter_save(a, out, NULL, error)) {
        adapter_free(a);
        return NULL;
    }
    d->learn_s = seconds_since(begin);
    return a;
}

static struct image *edit(struct demo *d, const struct photo *p, struct adapter *a, GError **error)
{
    struct engine *e = d->c->engine;
    gint64 begin = g_get_monotonic_time();
    struct edit_request q = cli_request(d->c);
    q.source_prompt = d->c->source_prompt;
    q.prompt = d->c->prompt;
    if (!editor_set_adapters(e->editor, &a, 1, &cli_task, error)) {
        return NULL;
    }
    struct edit_result *r = engine_edit(e, p, &d->place, q, &cli_task, error);
    d->edit_s = seconds_since(begin);
    begin = g_get_monotonic_time();
    struct image *image = r ? engine_restore(e, p, p->full, &d->place, &q, r,
                                             (struct detail_params){.task = &cli_task}, error)
                            : NULL;
    d->restore_s = seconds_since(begin);
    edit_result_free(r);
    return image;
}

static bool save(const char *dir, const char *name, const struct image *image, GError **error)
{
    g_autoptr(GFile) file = g_file_new_build_filename(dir, name, NULL);
    struct image_save_params params = {0};
    return image_save(image, file, &params, error);
}

// The report is for a person: what was done, how long it took, on what.
static bool write_report(const struct demo *d, const struct photo *p, const char *path,
                         GError **error)
{
    const struct engine *e = d->c->engine;
    g_autofree char *name = g_path_get_basename(d->c->image);
    g_autofree char *text = g_strdup_printf(
        "photo         %s (%d x %d)\n"
        "shows         %s\n"
        "changed to    %s\n"
        "model         %s, working at %d x %d\n"
        "device        %s\n"
        "start         %.1f s\n"
        "learning      %.1f s, %d steps, loss %.4f\n"
        "edit          %.1f s\n"
        "full size     %.1f s\n"
        "pictures      %.1f s to write them\n",
        name, p->full->width, p->full->height, d->c->source_prompt, d->c->prompt, e->model->name,
        p->small->width, p->small->height, gpu_info(e->gpu)->name, d->load_s, d->learn_s, d->steps,
        d->loss, d->edit_s, d->restore_s, d->save_s);
    cli_progress_end();
    fputs(text, stdout);
    const bool ok = replacement_whole(path, text, strlen(text), error);
    if (!ok) {
        g_prefix_error(error, "could not save %s: ", path);
    }
    return ok;
}

static bool find_place(struct demo *d, const struct photo *p, GError **error)
{
    struct image_region region;
    return cli_region(d->c, p, &region, error) && cli_mask(d->c, p, &d->mask, error) &&
           engine_place_raster(p, d->mask, &region, &d->place, error);
}

static bool demo_run(struct demo *d, const char *dir, GError **error)
{
    gint64 begin = g_get_monotonic_time();
    struct photo *p = cli_engine(d->c, error) ? cli_photo(d->c, d->c->image, error) : NULL;
    if (!p || !find_place(d, p, error)) {
        photo_unref(p);
        return false;
    }
    d->load_s = seconds_since(begin);
    g_autofree char *adapter_path = g_build_filename(dir, "adapter.safetensors", NULL);
    g_autofree char *report_path = g_build_filename(dir, "report.txt", NULL);
    struct adapter *a = learn(d, p, adapter_path, error);
    struct image *after = a ? edit(d, p, a, error) : NULL;
    begin = g_get_monotonic_time();
    struct image *both = after ? compare_side_by_side(p->full, after, error) : NULL;
    bool ok = both && save(dir, "before.png", p->full, error) &&
              save(dir, "after.png", after, error) && save(dir, "side-by-side.png", both, error);
    d->save_s = seconds_since(begin);
    ok = ok && write_report(d, p, report_path, error);
    image_free(both);
    image_free(after);
    adapter_free(a);
    photo_unref(p);
    return ok;
}

static bool run(struct cli *c, GError **error)
{
    struct demo d = {.c = c};
    const int own = !!c->image + !!c->source_prompt + !!c->prompt;
    if (own != 0 && own != 3) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "a photo of one's own needs --image, --source-prompt and --prompt together");
        return false;
    }
    bool ok = own || pick_sample(c, error);
    if (ok && g_mkdir_with_parents(c->out, 0777) != 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    "the folder %s could not be made: %s", c->out, g_strerror(errno));
        ok = false;
    }
    ok = ok && demo_run(&d, c->out, error);
    raster_free(d.mask);
    return ok;
}

const struct cli_command demo_command = {
    .name = "demo",
    .summary = "Do the main job on a sample photo: before, after, side by side, adapter, report",
    .usage = "",
    .settings = edit_settings,
    .writes = CLI_FOLDER,
    .options = (const char *const[]){"model", "vae", "device", "precision", "image",
                                     "source-prompt", "prompt", "region", "mask", "learn-steps",
                                     "set", "seed", "out", NULL},
    .needed = (const char *const[]){"out", NULL},
    .run = run,
};
