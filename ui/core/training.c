#include "ui/core/training.h"

#include "compute/i18n.h"

#include "ui/core/learner.h"
#include "ui/core/plain_text.h"

#include <glib/gstdio.h>

#define SAVE_PAUSE_MS 800
#define TELL_PAUSE_MS 200 // the curve is drawn anew as often

// ---- its row ------------------------------------------------------------------------------------

static void tell(struct training *t)
{
    TinctureProject *p = t->project;
    g_clear_handle_id(&t->tell_timer, g_source_remove);
    p->can_resume = training_waits(t);
    g_free(p->resume_model);
    p->resume_model = t->run.state == RUN_STOPPED ? g_strdup(t->other_model) : NULL;
    p->resume_step = t->run.step;
    p->resume_steps = t->run.steps;
    tincture_project_changed(p, DOCUMENT_TRAINING);
}

static gboolean tell_cb(gpointer data)
{
    struct training *t = data;
    t->tell_timer = 0;
    tell(t);
    return G_SOURCE_REMOVE;
}

static bool save_run(struct training *t, struct store_run *run)
{
    g_autoptr(GError) error = NULL;
    const bool saved = !run->id || store_run_save(t->library->store, run, &error);
    if (!saved && !t->save_failed) { // said once, not with every step
        tincture_project_say_error(t->project, _("Your work could not be saved"), error);
    }
    t->save_failed = !saved;
    return saved;
}

static gboolean save_cb(gpointer data)
{
    struct training *t = data;
    t->save_timer = 0;
    if (t->run.state == RUN_ACTIVE) {
        save_run(t, &t->run);
    }
    return G_SOURCE_REMOVE;
}

static bool has_checkpoint(struct training *t, const struct store_run *run)
{
    g_autofree char *path = store_own_path(t->library->store, run->checkpoint);
    return path && g_file_test(path, G_FILE_TEST_EXISTS);
}

static GPtrArray *unfinished_runs(struct training *t)
{
    g_autoptr(GError) error = NULL;
    const struct library *l = t->library;
    GPtrArray *runs = store_runs_unfinished(l->store, l->row.id, &error);
    tincture_project_say_error(t->project, _("Earlier trainings could not be read"), error);
    return runs ? runs : g_ptr_array_new_with_free_func((GDestroyNotify)store_run_free);
}

// With which alone it can be gone on with; NULL: the one at hand.
static char *other_model(struct training *t, const struct store_run *run)
{
    g_autofree char *path = store_own_path(t->library->store, run->checkpoint);
    return path ? learner_other_model(path, t->library->model, t->model_hash) : NULL;
}

// What is known of a training that is not running.
static void show_curve(struct training *t, const struct store_run *run)
{
    GArray *loss = t->project->loss;
    tincture_project_clear_training(t->project);
    if (run->loss) {
        gsize size;
        const double *values = g_bytes_get_data(run->loss, &size);
        g_array_append_vals(loss, values, (guint)(size / sizeof *values));
    }
}

// Where none waits: the one that the photo was learned with.
static void show_learned(struct training *t)
{
    g_autoptr(GError) error = NULL;
    struct store_run run = {0};
    store_run_learned(t->library->store, t->library->row.id, &run, &error);
    tincture_project_say_error(t->project, _("Earlier trainings could not be read"), error);
    show_curve(t, &run);
    store_run_clear(&run);
}

// The newest training that can be gone on with, else the newest that another model goes on with.
// Not one that was killed before its first checkpoint, nor one that runs right now in another
// window: their rows stay.
void training_read(struct training *t)
{
    store_run_clear(&t->run);
    g_clear_pointer(&t->other_model, g_free);
    g_autoptr(GPtrArray) runs = unfinished_runs(t);
    for (guint i = 0; i < runs->len && (!t->run.id || t->other_model); i++) {
        struct store_run *run = runs->pdata[i];
        if (has_checkpoint(t, run) &&
            !(run->state == RUN_ACTIVE && store_training_elsewhere(t->library->store))) {
            g_autofree char *other = other_model(t, run);
            if (!t->run.id || !other) {
                store_run_clear(&t->run);
                t->run = *run;
                *run = (struct store_run){0};
                g_free(t->other_model);
                t->other_model = g_steal_pointer(&other);
            }
        }
    }
    t->run.state = RUN_STOPPED;
    if (t->run.id) {
        show_curve(t, &t->run);
    } else {
        show_learned(t);
    }
    tell(t);
}

void training_opened(struct training *t, const char *model_hash)
{
    g_free(t->model_hash);
    t->model_hash = g_strdup(model_hash);
    training_read(t);
}

bool training_waits(const struct training *t)
{
    return t->run.id && t->run.state == RUN_STOPPED && !t->other_model;
}

// ---- ends ---------------------------------------------------------------------------------------

static void end_run(struct training *t, struct store_run *run)
{
    run->state = RUN_DONE;
    if (save_run(t, run) && has_checkpoint(t, run)) {
        g_autofree char *path = store_own_path(t->library->store, run->checkpoint);
        g_unlink(path);
    }
}

static void end_other_runs(struct training *t)
{
    g_autoptr(GPtrArray) runs = unfinished_runs(t);
    for (guint i = 0; i < runs->len; i++) {
        struct store_run *run = runs->pdata[i];
        g_autofree char *other = run->id != t->run.id ? other_model(t, run) : NULL;
        if (run->id != t->run.id && !other) {
            end_run(t, run);
        }
    }
    t->replaces = false;
}

// With its first checkpoint it replaces those before.
static void replace_others(struct training *t)
{
    if (t->replaces && has_checkpoint(t, &t->run)) {
        end_other_runs(t);
    }
}

static void stop(struct training *t)
{
    t->run.state = RUN_STOPPED;
    save_run(t, &t->run);
}

void training_leave(struct training *t)
{
    if (t->run.id && t->run.state == RUN_ACTIVE) {
        stop(t);
    }
}

// It waits to be gone on with, or the one before does.
static void stopped(struct training *t)
{
    if (has_checkpoint(t, &t->run)) {
        replace_others(t);
        stop(t);
    } else { // it failed before there was anything to go on from
        end_run(t, &t->run);
        training_read(t);
    }
}

static void succeeded(struct training *t, TinctureJob *job)
{
    TinctureProject *p = t->project;
    const int steps = job->out.adapter.steps;
    g_autofree char *name =
        g_strdup_printf(P_("%s, %d step", "%s, %d steps", steps), t->run.method, steps);
    TinctureAdapterEntry *entry = library_add_adapter(t->library, name, t->adapter, t->run.method);
    entry->applied = job->out.adapter.applied;
    entry->total = job->out.adapter.total;
    entry->ways = g_steal_pointer(&job->out.adapter.ways);
    entry->caption = g_steal_pointer(&job->out.adapter.caption);
    t->run.adapter = MAX(entry->id, 0);
    tincture_project_switch_off_trained(p);
    tincture_project_use_adapter(p, entry->id);
    tincture_project_say(
        p, MESSAGE_INFO,
        steps < t->run.step
            ? P_("Learned the photo in %d step; what more of them drew was worse",
                 "Learned the photo in %d steps; what more of them drew was worse", steps)
            : P_("Learned the photo in %d step", "Learned the photo in %d steps", steps),
        steps);
    tincture_project_edited(p, DOCUMENT_ADAPTERS, 0); // one step of undo
    library_save_now(t->library);
    end_run(t, &t->run);
    end_other_runs(t);
    store_run_clear(&t->run);
}

void training_ended(struct training *t, TinctureJob *job)
{
    g_clear_handle_id(&t->save_timer, g_source_remove);
    if (job->error) {
        stopped(t);
    } else {
        succeeded(t, job);
    }
    store_training_end(t->library->store);
    tell(t);
}

// ---- steps --------------------------------------------------------------------------------------

void training_note_loss(GArray *loss, const struct train_report *step)
{
    const guint before = (guint)MAX(step->step - 1, 0);
    const double last = loss->len ? g_array_index(loss, double, loss->len - 1) : step->loss_mean;
    while (loss->len < before) {
        g_array_append_val(loss, last);
    }
    g_array_set_size(loss, before);
    g_array_append_val(loss, step->loss_mean);
}

void training_stepped(struct training *t, struct job_report *report)
{
    GArray *loss = t->project->loss;
    if (!report->sample.rgba && !report->trained) {
        return;
    }
    if (report->sample.rgba) {
        const struct picture sample = picture_take(&report->sample);
        g_array_append_val(t->project->samples, sample);
    }
    if (report->trained) {
        training_note_loss(loss, &report->training);
        t->run.step = report->training.step;
        t->project->redrawn = report->training.redrawn;
        t->project->redrawn_best = report->training.redrawn_best;
        t->project->best_step = report->training.best_step;
        g_clear_pointer(&t->run.loss, g_bytes_unref);
        t->run.loss = g_bytes_new(loss->data, loss->len * sizeof(double));
        replace_others(t);
        if (!t->save_timer) {
            t->save_timer = g_timeout_add(SAVE_PAUSE_MS, save_cb, t);
        }
    }
    if (!t->tell_timer) {
        t->tell_timer = g_timeout_add(TELL_PAUSE_MS, tell_cb, t);
    }
}

// ---- beginnings ---------------------------------------------------------------------------------

static bool is_possible(struct training *t)
{
    const TinctureProject *p = t->project;
    if (!p->photo) {
        tincture_project_say(t->project, MESSAGE_ERROR, _("Open a photo first"));
    } else if (!*p->document.source_prompt) {
        tincture_project_say(t->project, MESSAGE_ERROR,
                             _("Say in a sentence what the photo shows, then it can be learned"));
    } else if (tincture_queue_find(t->queue, NULL, &learn_job) ||
               tincture_queue_find(t->queue, NULL, &subject_job)) {
        tincture_project_say(t->project, MESSAGE_ERROR, _("A training is running already"));
    } else {
        return !library_is_busy(t->library);
    }
    return false;
}

// Other windows do not train meanwhile.
static bool take_library(struct training *t)
{
    g_autoptr(GError) error = NULL;
    const bool taken = store_training_begin(t->library->store, &error);
    tincture_project_say_error(t->project, _("The photo cannot be learned now"), error);
    return taken;
}

static void start(struct training *t, bool resume)
{
    TinctureProject *p = t->project;
    const struct library *l = t->library;
    g_autofree char *checkpoint = store_own_path(l->store, t->run.checkpoint);
    g_autofree char *uuid = g_uuid_string_random();
    g_free(t->adapter);
    t->adapter = g_strdup_printf("adapters/%s.safetensors", uuid);
    g_autofree char *path = store_path(l->store, t->adapter);
    t->run.state = RUN_ACTIVE;
    t->replaces = true;
    library_save_now(t->library);
    save_run(t, &t->run);
    g_array_set_size(p->samples, 0);
    p->best_step = 0;
    const struct job_inputs in = {.photo = p->photo,
                                  .document = &p->document,
                                  .path = path,
                                  .source = checkpoint,
                                  .resume = resume};
    tincture_queue_submit(t->queue, t->project, tincture_job_new(&learn_job, &in));
    tell(t);
}

bool training_begin(struct training *t)
{
    if (!is_possible(t) || !take_library(t)) {
        return false;
    }
    const struct document *d = &t->project->document;
    g_autofree char *uuid = g_uuid_string_random();
    store_run_clear(&t->run); // the row of one that waited stays for now
    g_clear_pointer(&t->other_model, g_free);
    g_array_set_size(t->project->loss, 0);
    t->run = (struct store_run){
        .document = t->library->row.id,
        .method = g_strdup(settings_choice(d->learn, "method")),
        .learn = document_training_json(d),
        .checkpoint = g_strdup_printf("runs/%s.safetensors", uuid),
        .prompt = g_strdup(d->source_prompt),
        .steps = settings_int(d->learn, "steps"),
    };
    g_autoptr(GError) error = NULL;
    store_run_save(t->library->store, &t->run, &error);
    tincture_project_say_error(t->project, _("The training could not be noted in the library"),
                               error);
    start(t, false);
    return true;
}

bool training_resume(struct training *t)
{
    if (!training_waits(t) || !is_possible(t) || !take_library(t)) {
        return false;
    }
    const gint64 id = t->run.id;
    training_read(t); // another window may have gone on with it
    if (t->run.id != id) {
        tincture_project_say(t->project, MESSAGE_ERROR,
                             _("This training has been ended in another window"));
        store_training_end(t->library->store);
        return false;
    }
    // What the training was started with, whatever has been changed since.
    struct document *d = &t->project->document;
    struct settings *wanted = settings_copy(d->learn);
    const struct image_region region = d->region;
    document_training_from_json(d, t->run.learn);
    if (!settings_equal(wanted, d->learn) || !image_region_equal(&region, &d->region)) {
        tincture_project_say(
            t->project, MESSAGE_INFO,
            _("The training that waits goes on with the settings it was begun with; "
              "Start Over takes new ones"));
    }
    settings_free(wanted);
    g_free(d->source_prompt);
    d->source_prompt = plain_sentence(t->run.prompt);
    tincture_project_edited(t->project, DOCUMENT_PARAMS | DOCUMENT_PROMPTS | DOCUMENT_PLACE, 0);
    start(t, true);
    return true;
}

// ---- life ---------------------------------------------------------------------------------------

struct training *training_new(TinctureProject *project, TinctureQueue *queue,
                              struct library *library)
{
    struct training *t = g_new0(struct training, 1);
    t->project = project;
    t->queue = queue;
    t->library = library;
    return t;
}

void training_free(struct training *t)
{
    g_clear_handle_id(&t->save_timer, g_source_remove);
    g_clear_handle_id(&t->tell_timer, g_source_remove);
    store_run_clear(&t->run);
    g_free(t->adapter);
    g_free(t->other_model);
    g_free(t->model_hash);
    g_free(t);
}
