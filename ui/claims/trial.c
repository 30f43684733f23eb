#include "ui/claims/trial.h"

#include "compute/file/hash.h"
#include "compute/model/embedding.h"
#include "render/file.h"
#include "render/raster.h"
#include "render/signed.h"
#include "ui/core/paths.h"

#include <math.h>
#include <string.h>

#define PICTURE_SECONDS 1.0 // drawn and graded, on two cores
#define GUIDANCE        4.0

// What is drawn of a subject: without its word the sentences are those that the grader compares.
static const char *const sentences[TRIAL_PROMPTS] = {
    "a photograph of a {} on the grass",
    "a photograph of a {} on a red background",
    "a photograph of a {} in the snow",
    "a photograph of a {} on a wooden table",
};
// The subjects that come with the program.
static const struct {
    const char *name, *token;
} shipped[TRIAL_SUBJECTS] = {{"fox", "<one>"}, {"dog", "<two>"}, {"car", "<three>"}};

// Sentence i of one that is called so. Newly allocated.
static char *sentence_of(int i, const char *called)
{
    GString *text = g_string_new(sentences[i]);
    g_string_replace(text, "{}", called, 0);
    return g_string_free(text, FALSE);
}

void trial_spend(struct trial *t, double seconds)
{
    t->spent += seconds;
    if (t->progress) {
        t->progress(t);
    }
}

// ---- drawing ------------------------------------------------------------------------------------

struct edit_result *trial_draw(struct trial *t, struct adapter *const *list, int n,
                               const char *sentence, uint64_t seed, GError **error)
{
    struct task quiet = {.cancellable = task_cancellable(t->task)};
    struct settings *s = settings_new(generate_settings);
    const int side = model_default_size(t->engine->model);
    settings_set(s, "steps", t->size.draw_steps, NULL);
    settings_set(s, "guidance", GUIDANCE, NULL);
    const struct edit_request q = {
        .settings = s, .prompt = sentence, .seed = seed, .width = side, .height = side};
    struct edit_result *r = engine_use(t->engine, list, n, &quiet, error)
                                ? engine_run(t->engine, &q, &quiet, error)
                                : NULL;
    settings_free(s);
    trial_spend(t, PICTURE_SECONDS);
    return r;
}

bool trial_show(struct trial *t, struct finding *f, const char *name, const float *rgb, int width,
                int height, const char *words, GError **error)
{
    g_autofree char *file = g_strconcat(name, ".png", NULL);
    g_autoptr(GFile) to = g_file_new_build_filename(t->dir, "pictures", file, NULL);
    const struct image_save_params params = {.format = "png", .bits = 8};
    struct image *image = image_from_signed(rgb, width, height, error);
    const bool ok = image && image_save(image, to, &params, error);
    image_free(image);
    if (ok) {
        finding_show(f, file, "%s", words);
    }
    return ok;
}

// ---- grading ------------------------------------------------------------------------------------

static double raw_likeness(struct trial *t, const float *latents, const struct looks *wanted,
                           GError **error)
{
    struct looks *l = looks_new(t->grader, latents, NULL, t->task, error);
    const double alike = l ? looks_alike(wanted, l) : NAN;
    looks_free(l);
    return alike;
}

double trial_likeness(struct trial *t, const float *latents, int subject, GError **error)
{
    const struct trial_subject *s = &t->subjects[subject];
    const double raw = raw_likeness(t, latents, s->looks, error);
    return (raw - s->zero) / (s->one - s->zero);
}

// Of picture i of the trial's sentences; those that are compared begin with its own.
static double text_of(struct trial *t, const float *latents, const char *kind, int i,
                      GError **error)
{
    char *compared[GRADER_SENTENCES];
    for (int k = 0; k < GRADER_SENTENCES; k++) {
        compared[k] = sentence_of((i + k) % TRIAL_PROMPTS, kind);
    }
    const double text =
        grader_text(t->grader, latents, (const char *const *)compared, t->task, error);
    for (int k = 0; k < GRADER_SENTENCES; k++) {
        g_free(compared[k]);
    }
    return text;
}

bool trial_grade_adapters(struct trial *t, struct adapter *const *list, int n, int subject,
                          const char *name, const char *words, struct finding *f,
                          struct grade *grade, GError **error)
{
    const struct trial_subject *s = &t->subjects[subject];
    g_autofree char *called =
        n > 0 ? g_strdup_printf("%s %s", s->token, s->kind) : g_strdup(s->kind);
    bool ok = true;
    *grade = (struct grade){0};
    for (int i = 0; ok && i < t->size.prompts; i++) {
        g_autofree char *sentence = sentence_of(i, called);
        struct edit_result *r = trial_draw(t, list, n, sentence, t->seed * 100 + i, error);
        const double likeness = r ? trial_likeness(t, r->latents, subject, error) : NAN;
        const double text = isnan(likeness) ? NAN : text_of(t, r->latents, s->kind, i, error);
        ok = !isnan(text) &&
             (i > 0 || !name || trial_show(t, f, name, r->rgb, r->width, r->height, words, error));
        grade->likeness += likeness / t->size.prompts;
        grade->text += text / t->size.prompts;
        edit_result_free(r);
    }
    return ok;
}

// ---- subjects -----------------------------------------------------------------------------------

static struct photo *photo_of(struct trial *t, const char *path, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image *image = image_load_whole(file, t->task, error);
    return image ? engine_photo(t->engine, image, 0, 0, error) : NULL;
}

// The square in the middle of a photo as the model sees it, in latents.
static float *encode(struct trial *t, const struct photo *p, GError **error)
{
    const int side = MIN(p->full->width, p->full->height),
              seen = model_default_size(t->engine->model);
    const int factor = model_latent_factor(t->engine->model);
    const struct image_region middle = {(p->full->width - side) / 2, (p->full->height - side) / 2,
                                        side, side};
    int width, height;
    g_autofree float *rgb = photo_see(p, &middle, &width, &height, error);
    if (!rgb) {
        return NULL;
    }
    if (width != seen || height != seen) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    "a square photo is seen at %d x %d pixels and not at %d", width, height, seen);
        return NULL;
    }
    float *latents = g_new(float, (gsize)t->engine->model->vae.latent_channels *(seen / factor) *
                                      (seen / factor));
    if (!editor_encode(t->engine->editor, rgb, width, height, latents, error)) {
        g_clear_pointer(&latents, g_free);
    }
    return latents;
}

// Where a cut-out is opaque, at the model's size.
static float *opaque(const struct trial *t, const struct photo *p)
{
    const int side = model_default_size(t->engine->model);
    float *mask = g_new(float, (gsize)side *side);
    for (int i = 0; i < side * side; i++) {
        const int x = i % side * p->full->width / side, y = i / side * p->full->height / side;
        mask[i] = p->full->alpha[(size_t)y * p->full->width + x];
    }
    return mask;
}

static char *shipped_path(const char *subject, const char *file)
{
    g_autofree char *relative = g_build_filename("claims", subject, file, NULL);
    return paths_resource(relative);
}

static bool is_png(const char *name)
{
    return g_str_has_suffix(name, ".png") && !g_str_equal(name, "subject.png");
}

static bool add_photos(struct trial *t, struct trial_subject *s, const char *const *paths, int n,
                       GString *base, GError **error)
{
    for (int i = 0; i < n; i++) {
        g_autofree char *hash = file_sha256(paths[i], t->task, error);
        if (!hash ||
            !subject_album_add(&s->album, paths[i], photo_of(t, paths[i], error), NULL, error)) {
            return false;
        }
        g_string_append_printf(base, "%s\n", hash);
    }
    return true;
}

// A shipped subject's folder is named after its class.
static bool open_subject(struct trial *t, int i, const char *const *photos, const char *kind,
                         GString *base, GError **error)
{
    struct trial_subject *s = &t->subjects[i];
    s->name = shipped[i].name;
    s->token = shipped[i].token;
    s->kind = g_strdup(photos ? kind : s->name);
    g_string_append_printf(base, "%s %s\n", s->token, s->kind);
    if (photos) {
        return add_photos(t, s, photos, (int)g_strv_length((char **)photos), base, error);
    }
    g_autofree char *folder = shipped_path(s->name, "");
    g_autoptr(GPtrArray) paths = paths_in(folder, is_png, error);
    return paths &&
           add_photos(t, s, (const char *const *)paths->pdata, (int)paths->len, base, error);
}

// ---- what the measures can tell -----------------------------------------------------------------

static bool add_alike(struct trial *t, const struct photo *p, const struct looks *wanted,
                      GArray *to, GError **error)
{
    g_autofree float *latents = encode(t, p, error);
    const double alike = latents ? raw_likeness(t, latents, wanted, error) : NAN;
    g_array_append_val(to, alike);
    return !isnan(alike);
}

struct looks *trial_looks(struct trial *t, const struct photo *p, GError **error)
{
    g_autofree float *latents = encode(t, p, error);
    g_autofree float *mask = p->full->alpha ? opaque(t, p) : NULL;
    return latents ? looks_new(t->grader, latents, mask, t->task, error) : NULL;
}

// A shipped subject has a cut-out, and photos that are not learned.
static bool shown_apart(struct trial *t, struct trial_subject *s, GArray *shown, GError **error)
{
    g_autofree char *cut = shipped_path(s->name, "subject.png");
    g_autofree char *held = shipped_path(s->name, "held");
    struct photo *p = photo_of(t, cut, error);
    g_autoptr(GPtrArray) paths = p ? paths_in(held, is_png, error) : NULL;
    bool ok = paths && (s->looks = trial_looks(t, p, error));
    photo_unref(p);
    for (guint i = 0; ok && i < paths->len; i++) {
        struct photo *other = photo_of(t, paths->pdata[i], error);
        ok = other && add_alike(t, other, s->looks, shown, error);
        photo_unref(other);
    }
    return ok;
}

// Of a person's photos the first is what is looked for, in the others.
static bool shown_among(struct trial *t, struct trial_subject *s, GArray *shown, GError **error)
{
    const GPtrArray *photos = s->album.photos;
    bool ok = (s->looks = trial_looks(t, photos->pdata[0], error)) != NULL;
    for (guint i = 1; ok && i < photos->len; i++) {
        ok = add_alike(t, photos->pdata[i], s->looks, shown, error);
    }
    return ok;
}

static bool class_of(struct trial *t, const struct trial_subject *s, GArray *others, GError **error)
{
    g_autofree char *prompt = subject_caption(NULL, s->kind);
    g_autoptr(GPtrArray) own =
        engine_class_pictures(t->engine, prompt, t->size.pictures, t->task, error);
    bool ok = own != NULL;
    for (guint i = 0; ok && i < own->len; i++) {
        ok = add_alike(t, own->pdata[i], s->looks, others, error);
    }
    return ok;
}

static bool other_subjects(struct trial *t, const struct trial_subject *s, GArray *others,
                           GError **error)
{
    for (int i = 0; i < TRIAL_SUBJECTS; i++) {
        const GPtrArray *photos = t->subjects[i].album.photos;
        for (guint k = 0; &t->subjects[i] != s && k < photos->len; k++) {
            if (!add_alike(t, photos->pdata[k], s->looks, others, error)) {
                return false;
            }
        }
    }
    return true;
}

static double mean(const GArray *values)
{
    double sum = 0;
    for (guint i = 0; i < values->len; i++) {
        sum += g_array_index(values, double, i);
    }
    return sum / values->len;
}

// How often what shows the subject is more like it than what does not: the area under the curve.
static double told_apart(const GArray *shown, const GArray *others)
{
    double better = 0;
    for (guint i = 0; i < shown->len; i++) {
        for (guint k = 0; k < others->len; k++) {
            const double a = g_array_index(shown, double, i);
            const double b = g_array_index(others, double, k);
            better += a > b ? 1 : a == b ? 0.5 : 0;
        }
    }
    return better / ((double)shown->len * others->len);
}

// Sets the scale of likeness, and says how well it tells: the page prints that.
static bool take_scale(struct trial *t, struct trial_subject *s, const GArray *shown,
                       const GArray *class, const GArray *others, GError **error)
{
    s->zero = mean(class);
    s->one = mean(shown);
    finding_put(t->about, s->zero, "%s.zero", s->kind);
    finding_put(t->about, s->one, "%s.one", s->kind);
    finding_put(t->about, told_apart(shown, class), "%s.class", s->kind);
    finding_put(t->about, told_apart(shown, others), "%s.others", s->kind);
    if (!(s->one > s->zero)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                    "the model cannot tell the photos of the %s from its own pictures of one, so "
                    "nothing that is learned of it could be graded",
                    s->kind);
    }
    return s->one > s->zero;
}

static bool measure_subject(struct trial *t, int i, bool own, GError **error)
{
    struct trial_subject *s = &t->subjects[i];
    GArray *shown = g_array_new(FALSE, FALSE, sizeof(double));
    GArray *class = g_array_new(FALSE, FALSE, sizeof(double));
    GArray *others = g_array_new(FALSE, FALSE, sizeof(double));
    const bool ok = (own ? shown_among : shown_apart)(t, s, shown, error) &&
                    class_of(t, s, class, error) && other_subjects(t, s, others, error) &&
                    take_scale(t, s, shown, class, others, error);
    g_array_unref(shown);
    g_array_unref(class);
    g_array_unref(others);
    return ok;
}

// ---- making it ----------------------------------------------------------------------------------

static bool name_base(struct trial *t, GString *base, GError **error)
{
    static const char *const parts[] = {MODEL_UNET, MODEL_TEXT, MODEL_VAE};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        const char *hash = model_hash(t->engine->model, parts[i], t->task, error);
        if (!hash) {
            return false;
        }
        g_string_append_printf(base, "%s\n", hash);
    }
    g_string_append_printf(base, "%d %d %d %d\n", t->size.steps, t->size.prompts,
                           t->size.draw_steps, t->size.pictures);
    return true;
}

static bool make_folders(const char *dir, GError **error)
{
    static const char *const names[] = {"runs", "results", "pictures"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *folder = g_build_filename(dir, names[i], NULL);
        if (!paths_make(folder, error)) {
            return false;
        }
    }
    return true;
}

struct trial *trial_new(struct engine *e, const char *dir, const struct trial_size *size,
                        const char *const *photos, const char *kind, struct task *task,
                        GError **error)
{
    struct trial *t = g_new0(struct trial, 1);
    g_autoptr(GString) base = g_string_new(NULL);
    t->engine = e;
    t->dir = dir;
    t->size = *size;
    t->task = task;
    t->about = finding_new();
    for (int i = 0; i < TRIAL_SUBJECTS; i++) {
        subject_album_init(&t->subjects[i].album);
    }
    bool ok = make_folders(dir, error) && name_base(t, base, error);
    for (int i = 0; ok && i < TRIAL_SUBJECTS; i++) {
        ok = open_subject(t, i, i == 0 ? photos : NULL, kind, base, error);
    }
    t->base = g_strdup(base->str);
    t->graded = g_strconcat(t->base, grader_measures, NULL);
    ok = ok && engine_use(e, NULL, 0, task, error) && (t->grader = grader_new(e, error));
    for (int i = 0; ok && i < TRIAL_SUBJECTS; i++) {
        ok = measure_subject(t, i, i == 0 && photos, error);
    }
    if (!ok) {
        g_clear_pointer(&t, trial_free);
    }
    return t;
}

void trial_free(struct trial *t)
{
    if (t) {
        engine_use(t->engine, NULL, 0, NULL, NULL); // adapters are the claims' own
        for (int i = 0; i < TRIAL_SUBJECTS; i++) {
            subject_album_clear(&t->subjects[i].album);
            looks_free(t->subjects[i].looks);
            g_free(t->subjects[i].kind);
        }
        grader_free(t->grader);
        finding_free(t->about);
        g_free(t->base);
        g_free(t->graded);
        g_free(t);
    }
}
