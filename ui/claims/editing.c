// One photo learned and edited, from its inversion and from fresh noise.
#include "ui/claims/claims.h"
#include "ui/claims/trial.h"

#include "render/file.h"
#include "render/raster.h"
#include "ui/core/paths.h"

#include <math.h>
#include <string.h>

#define PHOTO   "samples/dahlia.jpg"
#define MASK    "samples/dahlia-mask.png"
#define CAPTION "a photograph of an orange flower"
#define EDIT    "a photograph of a blue flower"
// Other sentences, which the edit is not to show.
#define OTHERS                                                                                     \
    "a photograph of an orange flower", "a photograph of a red flower",                            \
        "a photograph of a white flower"
#define GUIDANCE 4.0

static const char *const lines[] = {"SVDiff", "full weights", "LoRA", NULL};
static const char *const recipes[] = {RECIPE_SVDIFF, RECIPE_FULL, RECIPE_LORA};
static const char *const columns[] = {"redrawn dB",      "text, inverted",    "text, from noise",
                                      "moved, inverted", "moved, from noise", NULL};
static const struct claim_table table = {lines, columns, NULL, NULL, 2};

struct scene {
    struct photo *photo;
    float *outside; // (height, width) as the model sees it: 1 where the flower is not
};

static struct image *read_sample(const char *relative, GError **error)
{
    g_autofree char *path = paths_resource(relative);
    g_autoptr(GFile) file = g_file_new_for_path(path);
    return image_load(file, NULL, error);
}

// The square in the middle, as the grader looks at squares.
static struct image *middle(struct image *image, GError **error)
{
    const int side = image ? MIN(image->width, image->height) : 0;
    struct image *part = image ? image_crop(image, (image->width - side) / 2,
                                            (image->height - side) / 2, side, side, error)
                               : NULL;
    image_free(image);
    return part;
}

static bool scene_open(struct trial *t, struct scene *s, GError **error)
{
    struct image *full = middle(read_sample(PHOTO, error), error);
    struct image *mask = full ? middle(read_sample(MASK, error), error) : NULL;
    s->photo = mask ? engine_photo(t->engine, full, 0, 0, error) : NULL;
    struct raster *raster = s->photo ? photo_mask(s->photo, mask, MASK, error) : NULL;
    if (raster) {
        const struct image_region all = {0, 0, raster->width, raster->height};
        const int w = s->photo->small->width, h = s->photo->small->height;
        s->outside = g_new(float, (gsize)w *h);
        raster_resize(raster, &all, w, h, s->outside);
        for (int i = 0; i < w * h; i++) {
            s->outside[i] = 1 - s->outside[i];
        }
    }
    raster_free(raster);
    image_free(mask);
    return s->outside != NULL;
}

// How far a picture is from the photo beside the flower: root of the mean square, of 255.
static double moved(const struct scene *s, const float *rgb)
{
    double sum = 0, weight = 0;
    for (int i = 0; i < s->photo->small->width * s->photo->small->height; i++) {
        for (int c = 0; c < 3; c++) {
            const double d = rgb[3 * i + c] - s->photo->rgb[3 * i + c];
            sum += d * d * s->outside[i];
        }
        weight += 3 * s->outside[i];
    }
    return 255.0 / 2 * sqrt(sum / fmax(weight, 1e-9));
}

// The paper's way: the inversion, where there is one, is under the new sentence, and nothing but
// that holds the edit to the photo.
static struct edit_result *draw(struct trial *t, const struct scene *s, struct adapter *a,
                                bool inverted, GError **error)
{
    struct task quiet = {.cancellable = task_cancellable(t->task)};
    struct settings *settings = settings_new(inverted ? edit_settings : generate_settings);
    settings_set(settings, "steps", t->size.draw_steps, NULL);
    settings_set(settings, "guidance", GUIDANCE, NULL);
    if (inverted) {
        settings_parse(settings, "inverter", "ddim", NULL);
        settings_parse(settings, "attention", "none", NULL);
    }
    const struct edit_request q = {.settings = settings,
                                   .prompt = EDIT,
                                   .seed = t->seed,
                                   .rgb = inverted ? s->photo->rgb : NULL,
                                   .width = s->photo->small->width,
                                   .height = s->photo->small->height};
    struct edit_result *r = engine_use(t->engine, &a, 1, &quiet, error)
                                ? engine_run(t->engine, &q, &quiet, error)
                                : NULL;
    settings_free(settings);
    trial_spend(t, 1);
    return r;
}

// One of the two drawings: how well it shows the sentence, and how far it left the photo.
static bool measure(struct trial *t, const struct scene *s, struct adapter *a, const char *line,
                    bool inverted, struct finding *f, GError **error)
{
    static const char *const sentences[GRADER_SENTENCES] = {EDIT, OTHERS};
    const char *way = inverted ? "inverted" : "from noise";
    struct edit_result *r = draw(t, s, a, inverted, error);
    const double text = r ? grader_text(t->grader, r->latents, sentences, t->task, error) : NAN;
    if (isnan(text)) {
        edit_result_free(r);
        return false;
    }
    finding_put(f, text, "%s.text, %s", line, way);
    finding_put(f, moved(s, r->rgb), "%s.moved, %s", line, way);
    g_autofree char *name =
        g_strdup_printf("editing-%s-%d-%" G_GUINT64_FORMAT, line, inverted, t->seed);
    g_autofree char *words = g_strdup_printf("%s, %s", line, way);
    const bool ok = trial_show(t, f, name, r->rgb, r->width, r->height, words, error);
    edit_result_free(r);
    return ok;
}

static bool try_method(struct trial *t, const struct scene *s, int i, struct finding *f,
                       GError **error)
{
    const struct train_example example = {.width = s->photo->small->width,
                                          .height = s->photo->small->height,
                                          .rgb = s->photo->rgb,
                                          .caption = CAPTION};
    const struct train_set set = {&example, 1, NULL};
    const struct recipe r = {.set = &set, .set_name = PHOTO, .settings = recipes[i]};
    struct adapter *a = trial_learn(t, &r, error);
    struct task quiet = {.cancellable = task_cancellable(t->task)};
    struct edit_result *drawn = NULL;
    const double db = a ? engine_redraw(t->engine, &example, &a, 1, &quiet, &drawn, error) : NAN;
    edit_result_free(drawn);
    finding_put(f, db, "%s.redrawn dB", lines[i]);
    const bool ok = !isnan(db) && measure(t, s, a, lines[i], true, f, error) &&
                    measure(t, s, a, lines[i], false, f, error);
    adapter_free(a);
    return ok;
}

static double number(const struct finding *f, int line, const char *column)
{
    return finding_get(f, "%s.%s", lines[line], column);
}

static bool editing_run(struct trial *t, struct finding *f, GError **error)
{
    enum { SVDIFF, FULL, LORA };
    struct scene s = {NULL};
    bool ok = scene_open(t, &s, error);
    for (int i = 0; ok && lines[i]; i++) {
        ok = try_method(t, &s, i, f, error);
    }
    if (ok) {
        finding_put(f,
                    number(f, SVDIFF, "moved, from noise") - number(f, SVDIFF, "moved, inverted"),
                    "keeps");
        finding_put(f, number(f, SVDIFF, "text, inverted"), "says");
        finding_put(f, number(f, SVDIFF, "redrawn dB") - number(f, LORA, "redrawn dB"), "lora");
        finding_put(f, number(f, FULL, "moved, inverted") - number(f, SVDIFF, "moved, inverted"),
                    "full");
    }
    photo_unref(s.photo);
    g_free(s.outside);
    return ok;
}

static const struct claim_row rows[] = {
    {"keeps",
     "With inversion SVDiff's edit keeps more of what is beside the flower (difference, "
     "of 255)",
     "better quality and alignment", 1, CLAIM_ABOVE},
    {"says", "and it shows the new sentence rather than another (chance is 0.5)", "it does", 2,
     CLAIM_ABOVE, .limit = 0.5},
    {"lora", "LoRA learns too little of one photo: SVDiff draws it again better (dB)",
     "LoRA underfits", 1, CLAIM_ABOVE},
    {"full", "With inversion full weights leave the photo further than SVDiff does (of 255)",
     "inversion may worsen full weights", 1, CLAIM_ABOVE},
    {0},
};

extern const struct claim editing_claim;
const struct claim editing_claim = {
    .name = "editing",
    .title = "One photo edited",
    .summary = "A photo is learned and edited by its sentence, from its inversion or from noise",
    .source = "Han et al., SVDiff, sections 3.4 and 4.3, Fig. 7",
    .how = "The sample photo of a dahlia is learned under \"" CAPTION "\" and drawn as \"" EDIT
           "\". Moved is the root of the mean square by which the picture leaves the photo "
           "beside the flower, of 255.",
    .rows = rows,
    .table = &table,
    .cost = 45,
    .run = editing_run,
};
