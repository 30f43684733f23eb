#include "ui/cli/cli.h"

#include "compute/train/objective.h"
#include "ui/core/control_set.h"
#include "ui/core/paths.h"
#include "ui/core/picture_set.h"
#include "ui/core/subject.h"

#include <stdio.h>
#include <string.h>

static struct adapter *new_adapter(const struct cli *c, GError **error)
{
    const char *name = settings_choice(c->settings, "method");
    return cli_adapter_check(adapter_method_find(name), c->out, error)
               ? adapter_new(name, c->engine->model, settings_member(c->settings, "method"), error)
               : NULL;
}

struct run_log {
    FILE *file;               // NULL: none is kept
    int fault;                // errno of the first line that could not be written
    struct train_report last; // what --json tells
};

static void note_fault(struct run_log *log, int written)
{
    if (written < 0 && log->fault == 0) {
        log->fault = errno;
    }
}

static void report_cb(struct task *task, const struct task_progress *progress)
{
    struct run_log *log = task->data;
    const struct train_report *r = progress->training;
    if (r) {
        log->last = *r;
    }
    if (r && log->file) {
        note_fault(log, fprintf(log->file, "%d,%.9g,%.9g,%.3f\n", r->step, r->loss, r->grad_norm,
                                r->seconds));
    }
    task_tell(&cli_task, progress);
}

// The adapter's path with a word behind its name.
static char *beside(const char *path, const char *word)
{
    const char *suffix = g_str_has_suffix(path, ".safetensors") ? ".safetensors" : "";
    g_autofree char *stem = g_strndup(path, strlen(path) - strlen(suffix));
    return g_strconcat(stem, word, suffix, NULL);
}

// Words beside the adapter, as other programs read it.
static bool save_words(const struct cli *c, const struct adapter *a, GError **error)
{
    g_autoptr(GPtrArray) names = adapter_tokens(a);
    bool ok = true;
    for (guint i = 0; ok && i < names->len && !a->method->words_alone; i++) {
        g_autofree char *word =
            names->len > 1 ? g_strdup_printf("-word-%u", i + 1) : g_strdup("-word");
        g_autofree char *path = beside(c->out, word);
        ok = adapter_token_save(a, names->pdata[i], path, error);
    }
    return ok;
}

// What was learned until something came between: beside an adapter that is there already, which
// may be a finished one.
static void keep_part(const struct cli *c, struct adapter *adapter, int done, GError **error)
{
    const bool taken = g_file_test(c->out, G_FILE_TEST_EXISTS);
    g_autofree char *path = taken ? beside(c->out, "-stopped") : g_strdup(c->out);
    if (adapter_save(adapter, path, NULL, NULL)) {
        g_prefix_error(error, "%s holds what was learned in %d steps; then: ", path, done);
    }
}

// Where the place has become full, or has gone: nothing that took minutes is lost for that.
static bool save(const struct cli *c, struct adapter *adapter, GError **error)
{
    if (adapter_save(adapter, c->out, NULL, error)) {
        return true;
    }
    g_autofree char *folder = g_build_filename(g_get_user_cache_dir(), "tincture", "unsaved", NULL);
    g_autofree char *name = g_path_get_basename(c->out);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (paths_make(folder, NULL) && adapter_save(adapter, path, NULL, NULL)) {
        g_prefix_error(error, "what was learned is in %s, as ", path);
    }
    return false;
}

static bool learn(struct cli *c, struct adapter *adapter, const struct train_set *set,
                  struct run_log *log, GError **error)
{
    const struct train_params params = {
        .settings = c->settings,
        .seed = (uint64_t)c->seed,
        .checkpoint_path = c->checkpoint,
        .checkpoint_every = c->checkpoint ? 10 : 0,
        .beneath = (struct adapter *const *)c->loaded->pdata,
        .n_beneath = (int)c->loaded->len,
    };
    struct task task = {.report = report_cb, .data = log, .cancellable = cli_task.cancellable};
    int done;
    const bool ok = engine_learn_set(c->engine, set, adapter, &params, c->resume, NULL, NULL, &done,
                                     &task, error);
    if (!ok && done > 0) {
        keep_part(c, adapter, done, error);
    }
    return ok && save(c, adapter, error) && save_words(c, adapter, error);
}

static bool same_shape(const struct cli *c, const GPtrArray *photos, guint i, GError **error)
{
    const struct photo *p = photos->pdata[i], *first = photos->pdata[0];
    if (p->small->width == first->small->width && p->small->height == first->small->height) {
        return true;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                "%s and %s differ in shape, and photos that are learned together have one; "
                "--class learns a subject from photos of any shape",
                c->images[0], c->images[i]);
    return false;
}

// Photos as they are, each with the description beside it or else with the one that was given; of a
// single one that is said.
static bool learn_photos(struct cli *c, struct adapter *adapter, const GPtrArray *photos,
                         struct run_log *log, GError **error)
{
    g_autofree struct train_example *examples = g_new0(struct train_example, photos->len);
    g_autoptr(GPtrArray) captions = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < photos->len; i++) {
        const struct photo *p = photos->pdata[i];
        char *caption = !same_shape(c, photos, i, error) ? NULL
                        : photos->len == 1               ? g_strdup(c->prompt)
                                           : picture_caption(p, c->images[i], c->prompt, error);
        if (!caption) {
            return false;
        }
        g_ptr_array_add(captions, caption);
        examples[i] = (struct train_example){.width = p->small->width,
                                             .height = p->small->height,
                                             .rgb = p->rgb,
                                             .caption = caption};
    }
    return learn(c, adapter, &(struct train_set){examples, (int)photos->len, NULL}, log, error);
}

// Pictures that are seen as squares, with a description each.
static bool learn_set(struct cli *c, struct adapter *adapter, const GPtrArray *photos,
                      struct run_log *log, GError **error)
{
    struct picture_set *s = cli_picture_set(c, error);
    const bool ok = s && learn(c, adapter, picture_set_get(s), log, error);
    picture_set_free(s);
    return ok;
}

static bool learn_subject(struct cli *c, struct adapter *adapter, const GPtrArray *photos,
                          struct run_log *log, GError **error)
{
    cli_note_kinds(c);
    struct subject *s = cli_subject(c, photos, error);
    if (s) {
        cli_note_sentences(c);
    }
    const bool ok = s && learn(c, adapter, subject_set(s), log, error);
    subject_free(s);
    return ok;
}

static bool learn_control(struct cli *c, struct adapter *adapter, const GPtrArray *photos,
                          struct run_log *log, GError **error)
{
    struct control_set *s = cli_control_set(c, error);
    const bool ok = s && learn(c, adapter, control_set_get(s), log, error);
    control_set_free(s);
    return ok;
}

static bool is_control(const struct cli *c)
{
    return objective_chosen(c->settings)->of_hints;
}

static bool is_subject(const struct cli *c)
{
    return objective_chosen(c->settings)->of_subjects;
}

// Photos without --prompt are described each beside itself; then there is a folder of them.
static bool is_set(const struct cli *c)
{
    return objective_chosen(c->settings)->of_sets ||
           (!c->prompt && !is_subject(c) && !is_control(c));
}

static bool has_folder(const struct cli *c)
{
    bool any = false;
    for (int i = 0; c->images && c->images[i]; i++) {
        any = any || g_file_test(c->images[i], G_FILE_TEST_IS_DIR);
    }
    return any;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\n")] == '\0';
}

// What is wanted of the words depends on the objective. A photo is learned with words, as in the
// window: nothing could be changed of what was learned without.
static bool check_words(const struct cli *c, GError **error)
{
    const char *missing = NULL;
    if (is_control(c)) {
        return cli_control_check(c, error);
    }
    if (objective_chosen(c->settings)->of_sets) {
        return cli_style_check(c, error);
    }
    if ((c->kind && !subject_check_kind(c->kind, error)) || !cli_subject_check(c, error)) {
        return false;
    }
    if (c->contents || c->styles) {
        missing = "--content and --style are for a style, and another --objective learns none";
    } else if (c->adapters && is_subject(c)) {
        missing =
            "--adapter, to learn on top of, is not for a subject, whose class the model alone "
            "draws";
    } else if (c->control_kind) {
        missing = "--control is for a control, and another --objective learns none";
    } else if (!c->subjects && !c->images) {
        missing = "--image is missing";
    } else if (c->subjects &&
               adapter_method_find(settings_choice(c->settings, "method"))->words_alone) {
        missing =
            "--method word saves one word, and --subject brings several: learn each by itself";
    } else if (c->subjects) {
        missing = c->images || c->kind || c->token || c->class_images || c->class_prompt ||
                          c->prompt || c->region
                      ? "--subject says which photos and which words; --image, --prompt, --region, "
                        "--class and --token are for a single one"
                      : NULL;
    } else if (!is_subject(c)) {
        missing = !c->prompt            ? has_folder(c) && !c->region ? NULL : "--prompt is missing"
                  : is_blank(c->prompt) ? "--prompt is empty: it says what the photo shows"
                                        : NULL;
        missing = c->token || c->class_images || c->class_prompt
                      ? "--token, --class-image and --class-prompt are for a subject: --class says "
                        "what it is one of"
                  : c->kind ? "--class is for a subject, and --objective single_image learns none"
                            : missing;
    } else if (!c->kind && (c->token || !c->prompt || !c->class_prompt)) {
        missing = "--class is missing: the word of what the subject is one of, such as dog";
    }
    if (missing) {
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, missing);
    }
    return !missing;
}

static void print_json(const struct cli *c, const struct adapter *a,
                       const struct train_report *last)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "adapter");
    json_builder_add_string_value(b, c->out);
    json_builder_set_member_name(b, "method");
    json_builder_add_string_value(b, a->method->name);
    json_builder_set_member_name(b, "parameters");
    json_builder_add_int_value(b, adapter_count(a));
    json_builder_set_member_name(b, "steps");
    json_builder_add_int_value(b, last->step);
    json_builder_set_member_name(b, "loss");
    json_builder_add_double_value(b, last->loss_mean);
    if (last->best_step) { // what the adapter is, with keep_best
        json_builder_set_member_name(b, "best_step");
        json_builder_add_int_value(b, last->best_step);
        json_builder_set_member_name(b, "redrawn_db");
        json_builder_add_double_value(b, last->redrawn_best);
    }
    json_builder_set_member_name(b, "seconds");
    json_builder_add_double_value(b, last->seconds);
    json_builder_end_object(b);
    cli_print_json(b);
}

static bool add_photos(struct cli *c, char *const *paths, GPtrArray *photos, GError **error)
{
    for (int i = 0; paths[i]; i++) {
        struct photo *p = cli_photo(c, paths[i], error);
        if (!p) {
            return false;
        }
        g_ptr_array_add(photos, p);
    }
    return true;
}

// In the place of the one photo what --region says of it: training sees what will be edited.
static bool keep_region(struct cli *c, GPtrArray *photos, GError **error)
{
    struct image_region r;
    if (!c->region) {
        return true;
    }
    if (g_strv_length(c->images) != 1) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--region is a part of one photo, and there are %u", g_strv_length(c->images));
        return false;
    }
    const struct photo *whole = photos->pdata[0];
    struct image *part = cli_region(c, whole, &r, error)
                             ? image_crop(whole->full, r.x, r.y, r.width, r.height, error)
                             : NULL;
    struct photo *p = part ? engine_photo(c->engine, part, c->size, 0, error) : NULL;
    if (p) {
        photo_unref(photos->pdata[0]);
        photos->pdata[0] = p;
    }
    return p != NULL;
}

// The photos that are all needed at once; those of subjects and controls are read one by one.
static bool add_images(struct cli *c, GPtrArray *photos, GError **error)
{
    const bool later = is_control(c) || is_set(c) || (is_subject(c) && !c->region);
    return (!c->images || later || add_photos(c, c->images, photos, error)) &&
           keep_region(c, photos, error) &&
           (!c->class_images || add_photos(c, c->class_images, photos, error));
}

// A training can be made longer or shorter, which may not be meant, and with rates that fall is
// another one.
static void note_steps(const struct cli *c)
{
    const int before = c->resume ? checkpoint_steps(c->resume) : 0;
    const int now = settings_int(c->settings, "steps");
    if (before && before != now) {
        g_autofree char *said = g_strdup_printf(
            "%s was begun for %d steps, and goes on to %d%s", c->resume, before, now,
            settings_int(c->settings, "lr_schedule") == 0 ? ""
                                                          : ", by which its rates fall otherwise");
        cli_complain(said);
    }
}

static bool run(struct cli *c, GError **error)
{
    note_steps(c);
    struct adapter *adapter =
        check_words(c, error) && cli_engine(c, error) ? new_adapter(c, error) : NULL;
    if (!adapter) {
        return false;
    }
    g_autoptr(GPtrArray) photos = g_ptr_array_new_with_free_func((GDestroyNotify)photo_unref);
    struct run_log log = {0};
    bool ok = cli_adapters_load(c, error) && cli_pictures(c, error) && add_images(c, photos, error);
    if (ok && c->log && !(log.file = fopen(c->log, "w"))) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, "%s could not be written: %s",
                    c->log, g_strerror(errno));
        ok = false;
    }
    if (log.file) {
        setvbuf(log.file, NULL, _IOLBF, 0); // whole lines, whatever ends the run
        note_fault(&log, fprintf(log.file, "step,loss,grad_norm,seconds\n"));
    }
    ok = ok && (is_control(c)   ? learn_control
                : is_subject(c) ? learn_subject
                : is_set(c)     ? learn_set
                                : learn_photos)(c, adapter, photos, &log, error);
    if (log.file) {
        note_fault(&log, fclose(log.file));
    }
    if (log.fault != 0 && ok) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, "%s could not be written: %s",
                    c->log, g_strerror(log.fault));
        ok = false;
    }
    if (ok && c->json) {
        print_json(c, adapter, &log.last);
    }
    adapter_free(adapter);
    return ok;
}

const struct cli_command train_command = {
    .name = "train",
    .summary = "Learn a photo, a few of one subject, or a style of many into an adapter",
    .usage = "",
    .settings = learn_settings,
    .options = (const char *const[]){"model",     "vae",     "device",      "precision",
                                     "images",    "prompt",  "class-image", "class-prompt",
                                     "class",     "token",   "subject",     "control-kind",
                                     "embedding", "set",     "seed",        "size",
                                     "region",    "out",     "log",         "checkpoint",
                                     "resume",    "json",    "skip-broken", "content",
                                     "style",     "adapter", NULL},
    .needed = (const char *const[]){"out", NULL},
    .run = run,
};
