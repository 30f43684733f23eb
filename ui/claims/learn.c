// Learning by recipes, and keeping what was learned.
#include "ui/claims/trial.h"

#include "compute/train/objective.h"
#include "ui/core/paths.h"

#include <glib/gstdio.h>
#include <string.h>

#define STEP_SECONDS 0.13 // of two samples, on two cores
// What all recipes have in common: the paper's losses without pictures of the class, which cost as
// much again, and the starter's own rates for a word.
#define SHARED "keep_best=0 batch=2 min_snr=5 token_lr=0.02 prior_weight=0"
#define COMMON "objective=subject " SHARED
#define PAIR   "objective=cut_mix_unmix " SHARED

// "key=value key=value"; what is chosen first.
static bool parse_settings(struct settings *s, const char *text, GError **error)
{
    g_auto(GStrv) words = g_strsplit(text, " ", 0);
    for (int i = 0; words[i]; i++) {
        char *equals = strchr(words[i], '=');
        *equals = '\0';
        if (!settings_parse(s, words[i], equals + 1, error)) {
            return false;
        }
    }
    return true;
}

static struct settings *recipe_settings(const struct trial *t, const struct recipe *r,
                                        GError **error)
{
    struct settings *s = settings_new(learn_settings);
    const char *common = r->set ? "keep_best=0" : r->subjects[1] >= 0 ? PAIR : COMMON;
    const int steps = r->steps ? r->steps : t->size.steps;
    if (!parse_settings(s, common, error) || !parse_settings(s, r->settings, error) ||
        !settings_set(s, "steps", steps, error)) {
        g_clear_pointer(&s, settings_free);
    }
    return s;
}

// ---- names --------------------------------------------------------------------------------------

// Of all that it depends on but the number of steps.
static char *recipe_key(const struct trial *t, const struct recipe *r)
{
    g_autofree char *all = g_strdup_printf(
        "%s\n%s\n%d %d\n%s\n%s\n%" G_GUINT64_FORMAT, t->base, SHARED, r->set ? -1 : r->subjects[0],
        r->set ? -1 : r->subjects[1], r->set ? r->set_name : "", r->settings, t->seed);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);
    return g_strndup(hash, 16);
}

static char *run_path(const struct trial *t, const char *name, const char *ending)
{
    g_autofree char *file = g_strconcat(name, ending, NULL);
    return g_build_filename(t->dir, "runs", file, NULL);
}

static char *recipe_name(const struct trial *t, const struct recipe *r)
{
    g_autofree char *key = recipe_key(t, r);
    return g_strdup_printf("%s-%d", key, r->steps ? r->steps : t->size.steps);
}

// ---- a run --------------------------------------------------------------------------------------

static void learn_cb(struct task *task, const struct task_progress *progress)
{
    struct trial *t = task->data;
    if (progress->training) {
        trial_spend(t, STEP_SECONDS);
    }
}

// One training, from the checkpoint on where that is one of this run and not beyond its end; the
// checkpoint is then the run's own.
static bool train_from(struct trial *t, const struct train_set *set, struct adapter *a,
                       const struct settings *s, const char *checkpoint, bool resume,
                       GError **error)
{
    struct task task = {learn_cb, t, task_cancellable(t->task)};
    const struct train_params params = {
        .settings = s, .seed = t->seed, .checkpoint_path = checkpoint};
    editor_make_room(t->engine->editor);
    struct trainer *trainer = trainer_new(t->engine->model, a, set, &params, &task, error);
    bool ok = trainer && (!resume || trainer_resume(trainer, checkpoint, error));
    if (ok && trainer_step(trainer) > settings_int(s, "steps")) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH, "%s is beyond %d steps",
                    checkpoint, settings_int(s, "steps"));
        ok = false;
    }
    ok = ok && trainer_run(trainer, &task, error);
    trainer_free(trainer);
    adapter_release(a);
    return ok;
}

// A checkpoint that does not fit, or is damaged, is as none.
static struct adapter *train_anew(struct trial *t, const struct recipe *r,
                                  const struct train_set *set, const struct settings *s,
                                  GError **error)
{
    g_autofree char *key = recipe_key(t, r);
    g_autofree char *checkpoint = run_path(t, key, ".checkpoint");
    const char *method = settings_choice(s, "method");
    const bool is_there = g_file_test(checkpoint, G_FILE_TEST_EXISTS);
    for (int resume = is_there; resume >= 0; resume--) {
        g_autoptr(GError) local = NULL;
        struct adapter *a =
            adapter_new(method, t->engine->model, settings_member(s, "method"), &local);
        if (a && train_from(t, set, a, s, checkpoint, resume, &local)) {
            if (!r->goes_on) {
                g_remove(checkpoint);
            }
            return a;
        }
        adapter_free(a);
        if (!resume || g_error_matches(local, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return NULL;
        }
        g_remove(checkpoint);
    }
    return NULL;
}

static struct adapter *learn_subjects(struct trial *t, const struct recipe *r,
                                      const struct settings *s, GError **error)
{
    struct subject_request requests[2];
    int n = 0;
    for (int i = 0; i < 2 && r->subjects[i] >= 0; i++) {
        const struct trial_subject *of = &t->subjects[r->subjects[i]];
        requests[n++] = (struct subject_request){
            .photos = (const struct subject_photo *)(void *)of->album.list->data,
            .n = (int)of->album.list->len,
            .token = of->token,
            .kind = of->kind,
            .settings = s,
            .seed = t->seed,
        };
    }
    struct subject *set = n == 1 ? subject_new(t->engine, requests, t->task, error)
                                 : subjects_new(t->engine, requests, n, t->task, error);
    struct adapter *a = set ? train_anew(t, r, subject_set(set), s, error) : NULL;
    subject_free(set);
    return a;
}

char *trial_path(const struct trial *t, const struct recipe *r)
{
    g_autofree char *name = recipe_name(t, r);
    return run_path(t, name, ".safetensors");
}

struct adapter *trial_learn(struct trial *t, const struct recipe *r, GError **error)
{
    g_autofree char *path = trial_path(t, r);
    struct adapter *a =
        g_file_test(path, G_FILE_TEST_EXISTS) ? adapter_load(path, t->engine->model, NULL) : NULL;
    if (a) {
        trial_spend(t, STEP_SECONDS * (r->steps ? r->steps : t->size.steps));
        return a;
    }
    struct settings *s = recipe_settings(t, r, error);
    a = s ? (r->set ? train_anew(t, r, r->set, s, error) : learn_subjects(t, r, s, error)) : NULL;
    if (a && !adapter_save(a, path, t->task, error)) {
        g_clear_pointer(&a, adapter_free);
    }
    settings_free(s);
    return a;
}

// ---- its grade ----------------------------------------------------------------------------------

bool trial_grade(struct trial *t, const struct recipe *r, const char *words, struct finding *f,
                 struct grade *grade, GError **error)
{
    g_autofree char *name = recipe_name(t, r);
    g_autofree char *path = run_path(t, name, ".json");
    g_autofree char *of = g_strconcat(name, " ", grader_measures, NULL);
    struct finding *kept = finding_read(path, of);
    bool ok = kept != NULL;
    if (!ok) {
        kept = finding_new();
        struct adapter *a = trial_learn(t, r, error);
        ok = a && trial_grade_adapters(t, &a, 1, r->subjects[0], name, "", kept, grade, error);
        adapter_free(a);
        if (ok) {
            finding_put(kept, grade->likeness, "likeness");
            finding_put(kept, grade->text, "text");
            ok = finding_write(kept, path, of, error);
        }
    }
    if (ok) {
        *grade = (struct grade){finding_get(kept, "likeness"), finding_get(kept, "text")};
        for (guint i = 0; words && i < kept->pictures->len; i++) {
            const struct finding_picture *p = kept->pictures->pdata[i];
            finding_show(f, p->file, "%s", words);
        }
    }
    finding_free(kept);
    return ok;
}

bool trial_line(struct trial *t, struct finding *f, const char *line, const struct recipe *r,
                struct grade *grade, GError **error)
{
    if (!trial_grade(t, r, line, f, grade, error)) {
        return false;
    }
    finding_put(f, grade->likeness, "%s.likeness", line);
    finding_put(f, grade->text, "%s.text", line);
    return true;
}
