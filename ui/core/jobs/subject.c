// Learning subjects from a few photos each, under words of their own, or a style from two lists of
// them, with what it draws on the way: of subjects the first photo again, and sentences.
//
// Takes subject, document (its settings and seed), prompts, path for the adapter, source for the
// checkpoints, and resume: whether it goes on from the one that is there. Each time it draws it
// reports a sample of the first photo, where it is of subjects, and one a prompt, in that order.
// Ends with the adapter's facts, and a note on photos that were left out.
#include "ui/core/subject.h"
#include "compute/i18n.h"
#include "render/file.h"
#include "ui/core/learner.h"
#include "ui/core/picture_set.h"

#define SAMPLE_STEPS 12

// ---- what it learns from ------------------------------------------------------------------------

// The photos of all subjects, and what of them is left out.
struct albums {
    struct subject_album list[SUBJECTS_MOST];
    int n;
    GString *left_out; // "rex.jpg: what is the matter with it; ..."
};

static void albums_clear(struct albums *all)
{
    for (int i = 0; i < all->n; i++) {
        subject_album_clear(&all->list[i]);
    }
    g_string_free(all->left_out, TRUE);
}

static struct photo *open_photo(struct engine *e, const char *path, GError **error)
{
    g_autoptr(GFile) from = g_file_new_for_path(path);
    struct image *full = image_load_whole(from, NULL, error);
    return full ? engine_photo(e, full, 0, 0, error) : NULL;
}

// Into what is made of the list.
typedef bool (*shot_reader)(void *into, struct learner *l, const struct subject_shot *shot,
                            GError **error);

// One that cannot be read is named, and the others go on; false: it was cancelled.
static bool read_shots(struct learner *l, const struct subject_entry *entry, shot_reader read,
                       void *into, GString *left_out, GError **error)
{
    for (guint i = 0; i < entry->shots->len; i++) {
        const struct subject_shot *shot = entry->shots->pdata[i];
        g_autoptr(GError) fault = NULL;
        task_report(&l->task, TASK_READING_EXAMPLES, (double)i / entry->shots->len);
        if (task_cancelled(&l->task, error)) {
            return false;
        }
        if (!read(into, l, shot, &fault)) {
            subject_fault_add(left_out, shot->path, fault);
        }
    }
    return true;
}

static bool read_shot(void *into, struct learner *l, const struct subject_shot *shot,
                      GError **error)
{
    struct photo *p = open_photo(l->engine, shot->path, error);
    struct engine_place place = {0};
    if (p && !engine_place(l->engine, p, shot->mask, &shot->crop, &place, &l->task, error)) {
        photo_unref(p);
        return false;
    }
    const struct subject_said said = {
        .caption = shot->caption, .crop = shot->crop, .masked = shot->masked, .mask = place.mask};
    return subject_album_add(into, shot->path, p, &said, error);
}

static bool read_entry(struct albums *all, struct learner *l, const struct subject_entry *entry,
                       GError **error)
{
    struct subject_album *a = &all->list[all->n++];
    subject_album_init(a);
    if (!read_shots(l, entry, read_shot, a, all->left_out, error)) {
        return false;
    }
    if (a->list->len == 0 && !task_cancelled(&l->task, error)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("there is no photo of the %s that can be learned from: %s"), entry->kind,
                    all->left_out->str);
    }
    return a->list->len > 0;
}

static struct subject *make_set(const struct albums *all, struct learner *l, GError **error)
{
    const struct job_inputs *in = &l->job->in;
    struct subject_request list[SUBJECTS_MOST];
    for (int i = 0; i < all->n; i++) {
        const struct subject_entry *entry = subject_draft_at(in->subject, (guint)i);
        list[i] = (struct subject_request){
            .photos = (const struct subject_photo *)(void *)all->list[i].list->data,
            .n = (int)all->list[i].list->len,
            .token = entry->word,
            .kind = entry->kind,
            .settings = in->document->learn,
            .seed = in->document->learn_seed,
        };
    }
    return subjects_new(l->engine, list, all->n, &l->task, error);
}

static struct subject *read_subjects(struct albums *all, struct learner *l, GError **error)
{
    const GPtrArray *subjects = l->job->in.subject->subjects;
    bool ok = true;
    for (guint i = 0; ok && i < subjects->len; i++) {
        ok = read_entry(all, l, subjects->pdata[i], error);
    }
    return ok ? make_set(all, l, error) : NULL;
}

// ---- lists with roles ---------------------------------------------------------------------------

struct role_list {
    struct picture_set *set;
    const char *caption; // of those that come without, or NULL
    enum train_role role;
};

// One after the other: there may be hundreds of them.
static bool read_picture(void *into, struct learner *l, const struct subject_shot *shot,
                         GError **error)
{
    const struct role_list *list = into;
    struct photo *p = open_photo(l->engine, shot->path, error);
    const bool ok =
        p && picture_set_add_photo(list->set, p, shot->path, list->caption, list->role, error);
    photo_unref(p);
    return ok;
}

// That nothing is left of a list says the objective.
static struct picture_set *read_lists(struct learner *l, GString *left_out, GError **error)
{
    const struct subject_draft *d = l->job->in.subject;
    struct picture_set *s = picture_set_new();
    bool ok = true;
    for (guint i = 0; ok && i < d->subjects->len; i++) {
        const struct subject_entry *entry = subject_draft_at(d, i);
        struct role_list list = {s, *entry->kind ? entry->kind : NULL, d->lesson->roles[i]};
        ok = read_shots(l, entry, read_picture, &list, left_out, error);
    }
    if (!ok) {
        g_clear_pointer(&s, picture_set_free);
    }
    return s;
}

// ---- what it draws ------------------------------------------------------------------------------

static struct edit_result *draw(const struct learner *l, const char *prompt, GError **error)
{
    struct settings *settings = settings_new(generate_settings);
    settings_set(settings, "steps", SAMPLE_STEPS, NULL);
    const int side = model_default_size(l->engine->model);
    const struct edit_request q = {.settings = settings,
                                   .prompt = prompt,
                                   .seed = l->job->in.document->learn_seed,
                                   .width = side,
                                   .height = side};
    struct task quiet = {.cancellable = l->job->cancel}; // the training's progress stays in sight
    struct edit_result *r = editor_run(l->engine->editor, &q, &quiet, error);
    settings_free(settings);
    return r;
}

struct drawing {
    struct learner *learner;
    bool failed;
};

static void result_clear(void *data)
{
    edit_result_free(data);
}

// The editor draws with what is learned by now: it has just drawn the photo so. That a sentence
// cannot be drawn is no reason to stop learning, and nobody is shown samples in another order, or a
// part of them. drawn: NULL where there is no photo that it could be.
static void watch_cb(const struct edit_result *drawn, double db, void *data)
{
    struct drawing *d = data;
    const char *const *prompts = d->learner->job->in.prompts;
    g_autoptr(GPtrArray) results = g_ptr_array_new_with_free_func(result_clear);
    g_autoptr(GError) error = NULL;
    for (int i = 0; !d->failed && !error && prompts && prompts[i]; i++) {
        struct edit_result *r = draw(d->learner, prompts[i], &error);
        if (r) {
            g_ptr_array_add(results, r);
        }
    }
    const bool stopped = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    if (error && !stopped) {
        g_message("no more samples: %s", error->message);
        d->failed = true;
    }
    if (drawn && !d->failed && !stopped) {
        learner_show(d->learner, drawn);
    }
    for (guint i = 0; !d->failed && !stopped && i < results->len; i++) {
        learner_show(d->learner, results->pdata[i]);
    }
}

// ---- learning -----------------------------------------------------------------------------------

static bool make_learning(struct learner *l, const struct train_set *set, const GString *left_out,
                          GError **error)
{
    const struct train_params params = learner_params(l);
    g_free(l->job->out.note);
    l->job->out.note = left_out->len ? g_strdup(left_out->str) : NULL;
    l->learning = engine_learning_new(l->engine, set, l->adapter, &params, learner_resumes(l),
                                      watch_cb, &l->task, error);
    return l->learning != NULL;
}

static bool read_subjects_in(struct learner *l, GError **error)
{
    struct albums all = {.left_out = g_string_new(NULL)};
    struct subject *s = read_subjects(&all, l, error);
    const bool ok = s && make_learning(l, subject_set(s), all.left_out, error);
    subject_free(s);
    albums_clear(&all);
    return ok;
}

static bool read_lists_in(struct learner *l, GError **error)
{
    g_autoptr(GString) left_out = g_string_new(NULL);
    struct picture_set *s = read_lists(l, left_out, error);
    const bool ok = s && make_learning(l, picture_set_get(s), left_out, error);
    picture_set_free(s);
    return ok;
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    struct learner l;
    struct drawing drawing = {.learner = &l};
    const struct lesson *lesson = job->in.subject->lesson;
    const bool ok = learner_begin(&l, job, e, error) &&
                    (l.learning || (lesson->roles ? read_lists_in : read_subjects_in)(&l, error)) &&
                    learner_run(&l, &drawing, error) &&
                    learner_keep(&l, g_strdup(job->in.title), error);
    learner_end(&l);
    return ok;
}

const struct job_type subject_job = {
    .member = {.name = "subject",
               .title = N_("Learning from the photos"),
               .summary = N_("Learns subjects, with words of their own, or a style as an adapter")},
    .rank = JOB_WATCHED | JOB_APART | JOB_STAYS,
    .failure = N_("The training stopped"),
    .run = run,
    .let_go = learner_let_go,
};
