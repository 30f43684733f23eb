// A style learned beside what pictures show: Style Tailoring's three gains.
#include "ui/claims/claims.h"
#include "ui/claims/trial.h"

#include <math.h>

#define DRAWN 4 // of one sentence, for diversity

enum { PROMPT, MIXED, TAILORED, WAYS };
static const char *const lines[] = {"sentence alone", "both sets mixed", "tailored", NULL};
#define LEARNED "method=lora lr=0.002 rank=4 keep_best=0 objective=style_tailoring"
static const char *const recipes[] = {NULL, LEARNED " mixed=1", LEARNED " split=900"};
static const char *const columns[] = {"style", "text", "diversity", NULL};
static const struct claim_table table = {lines, columns, NULL, NULL, 3};

// Content is what the model draws of the classes, style are the shipped photos: both are called
// stickers.
struct sets {
    GPtrArray *lists;    // GPtrArray * of struct photo *
    GPtrArray *captions; // char *
    GArray *examples;    // struct train_example
    GPtrArray *style;    // struct looks *: of the style's pictures
};

static void sets_init(struct sets *s)
{
    s->lists = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    s->captions = g_ptr_array_new_with_free_func(g_free);
    s->examples = g_array_new(FALSE, TRUE, sizeof(struct train_example));
    s->style = g_ptr_array_new_with_free_func((GDestroyNotify)looks_free);
}

static void sets_clear(struct sets *s)
{
    g_ptr_array_unref(s->lists);
    g_ptr_array_unref(s->captions);
    g_array_unref(s->examples);
    g_ptr_array_unref(s->style);
}

static void add_examples(struct sets *s, const GPtrArray *photos, const char *caption,
                         enum train_role role)
{
    for (guint i = 0; i < photos->len; i++) {
        const struct photo *p = photos->pdata[i];
        const struct train_example e = {.width = p->small->width,
                                        .height = p->small->height,
                                        .rgb = p->rgb,
                                        .caption = caption,
                                        .role = role};
        g_array_append_val(s->examples, e);
    }
}

static bool add_style(struct sets *s, struct trial *t, const GPtrArray *photos, GError **error)
{
    for (guint i = 0; i < photos->len; i++) {
        struct looks *l = trial_looks(t, photos->pdata[i], error);
        if (!l) {
            return false;
        }
        g_ptr_array_add(s->style, l);
    }
    return true;
}

static bool sets_fill(struct sets *s, struct trial *t, GError **error)
{
    for (int i = 0; i < TRIAL_SUBJECTS; i++) {
        const struct trial_subject *of = &t->subjects[i];
        g_autofree char *shown = subject_caption(NULL, of->kind);
        char *caption = g_strdup_printf("a sticker of a %s", of->kind);
        g_ptr_array_add(s->captions, caption);
        GPtrArray *own = engine_class_pictures(t->engine, shown, t->size.pictures, t->task, error);
        if (!own) {
            return false;
        }
        g_ptr_array_add(s->lists, own);
        add_examples(s, own, caption, ROLE_CONTENT);
        add_examples(s, of->album.photos, caption, ROLE_STYLE);
        if (!add_style(s, t, of->album.photos, error)) {
            return false;
        }
    }
    return true;
}

// ---- the three numbers --------------------------------------------------------------------------

// How alike a picture is to the style's, the mean over them.
static double style_of(const struct sets *s, const struct looks *picture)
{
    double sum = 0;
    for (guint i = 0; i < s->style->len; i++) {
        sum += looks_alike(s->style->pdata[i], picture) / s->style->len;
    }
    return sum;
}

// How unlike drawings of one sentence are, the mean over the pairs.
static double diversity_of(struct looks *const drawn[DRAWN])
{
    double sum = 0;
    int pairs = 0;
    for (int i = 0; i < DRAWN; i++) {
        for (int k = 0; k < DRAWN; k++) {
            if (k != i) {
                sum += 1 - looks_alike(drawn[i], drawn[k]);
                pairs++;
            }
        }
    }
    return sum / pairs;
}

// Whether it shows its own class rather than another one or a tree.
static double text_of(struct trial *t, const float *latents, int subject, GError **error)
{
    g_autoptr(GPtrArray) sentences = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; i < TRIAL_SUBJECTS; i++) {
        const struct trial_subject *s = &t->subjects[(subject + i) % TRIAL_SUBJECTS];
        g_ptr_array_add(sentences, g_strdup_printf("a sticker of a %s", s->kind));
    }
    g_ptr_array_add(sentences, g_strdup("a sticker of a tree"));
    return grader_text(t->grader, latents, (const char *const *)sentences->pdata, t->task, error);
}

// Of one class, added to the numbers.
static bool measure_class(struct trial *t, const struct sets *s, struct adapter *a, int subject,
                          int line, double numbers[3], struct finding *f, GError **error)
{
    const char *kind = t->subjects[subject].kind;
    struct looks *drawn[DRAWN] = {NULL};
    bool ok = true;
    for (int i = 0; ok && i < DRAWN; i++) {
        g_autofree char *sentence = g_strdup_printf("a sticker of a %s", kind);
        struct edit_result *r = trial_draw(t, &a, a ? 1 : 0, sentence, t->seed * 100 + i, error);
        const double text = r ? text_of(t, r->latents, subject, error) : NAN;
        drawn[i] = isnan(text) ? NULL : looks_new(t->grader, r->latents, NULL, t->task, error);
        g_autofree char *name =
            g_strdup_printf("tailoring-%d-%d-%" G_GUINT64_FORMAT, line, subject, t->seed);
        ok = drawn[i] &&
             (i > 0 || trial_show(t, f, name, r->rgb, r->width, r->height, lines[line], error));
        if (ok) {
            numbers[0] += style_of(s, drawn[i]) / (DRAWN * TRIAL_SUBJECTS);
            numbers[1] += text / (DRAWN * TRIAL_SUBJECTS);
        }
        edit_result_free(r);
    }
    numbers[2] += ok ? diversity_of(drawn) / TRIAL_SUBJECTS : 0;
    for (int i = 0; i < DRAWN; i++) {
        looks_free(drawn[i]);
    }
    return ok;
}

static bool measure(struct trial *t, const struct sets *s, int line, struct finding *f,
                    GError **error)
{
    const struct train_set set = {(const struct train_example *)(void *)s->examples->data,
                                  (int)s->examples->len, NULL};
    const struct recipe r = {.set = &set, .set_name = "two sets", .settings = recipes[line]};
    struct adapter *a = recipes[line] ? trial_learn(t, &r, error) : NULL;
    double numbers[3] = {0};
    bool ok = a || !recipes[line];
    for (int i = 0; ok && i < TRIAL_SUBJECTS; i++) {
        ok = measure_class(t, s, a, i, line, numbers, f, error);
    }
    for (int k = 0; columns[k]; k++) {
        finding_put(f, numbers[k], "%s.%s", lines[line], columns[k]);
    }
    adapter_free(a);
    return ok;
}

// By how much in percent the tailored one is above another, in a column.
static void compare(struct finding *f, const char *key, int other, const char *column)
{
    const double ours = finding_get(f, "%s.%s", lines[TAILORED], column);
    finding_put(f, 100 * (ours / finding_get(f, "%s.%s", lines[other], column) - 1), "%s", key);
}

static bool tailoring_run(struct trial *t, struct finding *f, GError **error)
{
    struct sets s;
    sets_init(&s);
    bool ok = sets_fill(&s, t, error);
    for (int i = 0; ok && i < WAYS; i++) {
        ok = measure(t, &s, i, f, error);
    }
    if (ok) {
        compare(f, "quality", PROMPT, "style");
        compare(f, "text", PROMPT, "text");
        compare(f, "diversity", PROMPT, "diversity");
        compare(f, "mixed", MIXED, "style");
    }
    sets_clear(&s);
    return ok;
}

static const struct claim_row rows[] = {
    {"quality", "Drawings have more of the style than the sentence alone gives them (%)",
     "visual quality +14 %", 1, CLAIM_ABOVE},
    {"text", "they show what the sentence says more surely (%)", "prompt alignment +16.2 %", 1,
     CLAIM_ABOVE},
    {"diversity", "and differ more from each other (%)", "scene diversity +15.3 %", 1, CLAIM_ABOVE},
    {"mixed", "There is more of the style than where both sets are mixed (%)", "better", 1,
     CLAIM_ABOVE},
    {0},
};

extern const struct claim tailoring_claim;
const struct claim tailoring_claim = {
    .name = "tailoring",
    .title = "A style tailored",
    .summary = "Content in the noisy time steps and style in the others, learned together, gain in "
               "style, sentence and diversity",
    .source = "Sinha et al., Text-to-Sticker: Style Tailoring, abstract",
    .how = "Content is what the model draws of the three classes, style the shipped stickers. "
           "Style is "
           "the likeness of the features to those of the stickers, text between the three classes, "
           "diversity how unlike four drawings of a sentence are. The paper asks people.",
    .rows = rows,
    .table = &table,
    .cost = 90,
    .run = tailoring_run,
};
