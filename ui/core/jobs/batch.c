// One edit of many photos, each exported to a folder.
//
// Takes document and adapters (what is done to each), files, folder, save (format: a codec's name,
// NULL for PNG) and with_recipe. The document's mask and region are of its own photo, and left out.
// A photo that cannot be done is told of at the end, and the rest is done; what is in the folder
// already is left as it is, so that a batch that was stopped can be begun again. Ends with a note.
#include "ui/core/engine.h"
#include "ui/core/job.h"

#include <string.h>

#define FAULTS_TOLD 3 // photos that are named with what was wrong

struct batch {
    TinctureJob *job;
    struct engine *engine;
    GPtrArray *targets; // a path for each file
    struct task task;
    guint at, made, there, told;
    double part; // of the photo it is at, 0..1
    GString *faults;
    gint64 begun_us;
};

// ---- where they go ------------------------------------------------------------------------------

static bool is_taken(const struct batch *b, const char *path)
{
    return g_strv_contains(b->job->in.files, path) ||
           g_ptr_array_find_with_equal_func(b->targets, path, g_str_equal, NULL);
}

// In the folder and named as the photo, with a number where that is another one's or the photo
// itself: always the same for the same files, whatever is there already.
static char *target_of(const struct batch *b, const char *file, const char *suffix)
{
    g_autofree char *stem = g_path_get_basename(file);
    char *dot = strrchr(stem, '.');
    if (dot && dot > stem) {
        *dot = '\0';
    }
    g_autofree char *name = g_strdup_printf("%s.%s", stem, suffix);
    char *path = g_build_filename(b->job->in.folder, name, NULL);
    for (int i = 2; is_taken(b, path); i++) {
        g_free(path);
        g_autofree char *numbered = g_strdup_printf("%s-%d.%s", stem, i, suffix);
        path = g_build_filename(b->job->in.folder, numbered, NULL);
    }
    return path;
}

static void choose_targets(struct batch *b)
{
    const struct job_inputs *in = &b->job->in;
    for (guint i = 0; in->files[i]; i++) {
        g_ptr_array_add(b->targets,
                        target_of(b, in->files[i], in->save.format ? in->save.format : "png"));
    }
}

// ---- one photo ----------------------------------------------------------------------------------

// How much of a photo is done: most of it is the edit.
static double part_of(const struct task_progress *progress)
{
    switch (progress->stage) {
    case TASK_INVERTING:
    case TASK_DRAWING:
    case TASK_COMPARING:
    case TASK_FINDING_EDIT_MASK: return 0.9 * progress->fraction;
    case TASK_RESTORING: return 0.9 + 0.1 * progress->fraction;
    case TASK_WRITING_FILE: return 1.0;
    default: return 0.0;
    }
}

// Of the whole; the time left by what has been done, not by what was there already.
static void report_cb(struct task *task, const struct task_progress *progress)
{
    struct batch *b = task->data;
    b->part = MAX(b->part, part_of(progress));
    const double n = b->targets->len, at = b->at + b->part, done = at - b->there;
    const double seconds = (double)(g_get_monotonic_time() - b->begun_us) / 1e6;
    struct task_progress whole = *progress;
    whole.fraction = at / n;
    whole.seconds_left = done > 0.2 ? seconds * (n - at) / done : -1.0;
    whole.preview = NULL; // of a photo that is not the open one
    job_tell(b->job, &whole, (struct picture){0});
}

static void tell(struct batch *b, const char *sentence)
{
    if (b->told++ < FAULTS_TOLD) {
        g_string_append_printf(b->faults, ". %s", sentence);
    }
}

static struct photo *open_photo(struct batch *b, const char *file, GError **error)
{
    g_autoptr(GFile) from = g_file_new_for_path(file);
    struct image *full = image_load(from, &b->task, error);
    if (full && full->meta.note) {
        g_autofree char *name = g_filename_display_basename(file);
        g_autofree char *sentence = g_strconcat(name, ": ", full->meta.note, NULL);
        tell(b, sentence);
    }
    return full ? engine_photo(b->engine, full, 0, 0, error) : NULL;
}

static bool write_edit(struct batch *b, const struct photo *photo, const struct engine_place *place,
                       const struct edit_result *edit, const char *target, GError **error)
{
    const struct job_inputs *in = &b->job->in;
    g_autoptr(GFile) to = g_file_new_for_path(target);
    const struct edit_request q = document_request(in->document);
    struct detail *detail = engine_detail(b->engine, photo, place, &q, edit, &b->task, error);
    if (!detail) {
        return false;
    }
    const struct image_rows rows = detail_rows(detail);
    struct image_save_params save = in->save;
    const struct engine_made made = {rows.width, rows.height, edit->precision};
    g_autofree char *recipe =
        in->with_recipe ? engine_recipe_with(b->engine, &q, place, in->adapters, &made) : NULL;
    save.recipe = recipe;
    save.keep_metadata = save.keep_profile = true;
    save.task = &b->task;
    bool ok = image_rows_save(&rows, to, &save, error);
    detail_free(detail);
    return ok;
}

static bool do_photo(struct batch *b, const char *file, const char *target, GError **error)
{
    const struct edit_request request = document_request(b->job->in.document);
    struct photo *photo = open_photo(b, file, error);
    if (!photo) {
        return false;
    }
    const struct engine_place whole = engine_place_whole(photo);
    struct edit_result *edit = engine_edit(b->engine, photo, &whole, request, &b->task, error);
    bool ok = edit && write_edit(b, photo, &whole, edit, target, error);
    edit_result_free(edit);
    photo_unref(photo);
    return ok;
}

// ---- all of them --------------------------------------------------------------------------------

// False where nothing more can be done.
static bool do_next(struct batch *b, GError **error)
{
    const char *file = b->job->in.files[b->at], *target = b->targets->pdata[b->at];
    GError *fault = NULL;
    if (g_file_test(target, G_FILE_TEST_EXISTS)) {
        b->there++;
    } else if (do_photo(b, file, target, &fault)) {
        b->made++;
    } else if (g_error_matches(fault, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_propagate_error(error, fault);
        return false;
    } else {
        g_autofree char *name = g_filename_display_basename(file);
        if (!g_str_has_prefix(fault->message, name)) { // files say their own name
            g_prefix_error(&fault, "%s: ", name);
        }
        tell(b, fault->message);
        g_error_free(fault);
    }
    return true;
}

static char *note(const struct batch *b)
{
    GString *text = g_string_new(NULL);
    g_string_printf(text, "Exported %u of %u photos", b->made, b->targets->len);
    if (b->there) {
        g_string_append_printf(text, ", %u were there already", b->there);
    }
    if (b->job->in.document->mask || b->job->in.document->region.width) {
        g_string_append(text, "; mask and frame are of the open photo and were left out");
    }
    g_string_append(text, b->faults->str);
    if (b->told > FAULTS_TOLD) {
        g_string_append_printf(text, ". And %u more", b->told - FAULTS_TOLD);
    }
    return g_string_free(text, FALSE);
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    struct batch b = {.job = job,
                      .engine = e,
                      .targets = g_ptr_array_new_with_free_func(g_free),
                      .faults = g_string_new(NULL),
                      .begun_us = g_get_monotonic_time()};
    b.task = (struct task){.report = report_cb, .data = &b, .cancellable = job->cancel};
    choose_targets(&b);
    bool ok = engine_ready(e, error) && engine_use_adapters(e, job->in.adapters, &b.task, error);
    for (; ok && b.at < b.targets->len; b.at++) {
        b.part = 0;
        ok = do_next(&b, error);
    }
    if (ok) {
        job->out.note = note(&b);
    }
    g_string_free(b.faults, TRUE);
    g_ptr_array_unref(b.targets);
    return ok;
}

const struct job_type batch_job = {
    .member = {.name = "batch",
               .title = "Editing many photos",
               .summary = "Does one edit to many photos and exports each to a folder"},
    .failure = "The batch stopped",
    .run = run,
};
