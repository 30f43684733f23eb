// Drawings that follow edges: an encoder of hints learned alone, with OFT and with LoRA.
#include "ui/claims/claims.h"
#include "ui/claims/trial.h"

#include "render/hint.h"

#include <math.h>

#define HELD 2 // pictures of each class that are not learned, whose edges are drawn after

static const char *const lines[] = {"no hint", "encoder alone", "with LoRA", "with OFT", NULL};
#define HINTED " objective=control batch=4 hint=canny hint_low=50 hint_high=100 hint_lr=0.003"
static const char *const recipes[] = {NULL, "method=word" HINTED, RECIPE_LORA HINTED,
                                      "method=oft lr=0.001" HINTED};
static const char *const columns[] = {"edge F1", NULL};
// F1 of Canny's edges.
static const char *const paper[] = {"0.093 (SD)", "0.317 (ControlNet)", "0.286", "0.323"};
static const struct claim_table table = {lines, columns, paper, "F1 in OFT's Table 2", 3};
static const struct edges_params edges = {.low = 50, .high = 100};

// Pictures of the model's own, with their edges.
struct scenes {
    GPtrArray *lists;       // GPtrArray * of struct photo *
    GPtrArray *captions;    // char *
    GPtrArray *hints;       // float *
    GArray *learned, *held; // struct train_example
};

static void scenes_init(struct scenes *s)
{
    s->lists = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    s->captions = g_ptr_array_new_with_free_func(g_free);
    s->hints = g_ptr_array_new_with_free_func(g_free);
    s->learned = g_array_new(FALSE, TRUE, sizeof(struct train_example));
    s->held = g_array_new(FALSE, TRUE, sizeof(struct train_example));
}

static void scenes_clear(struct scenes *s)
{
    g_ptr_array_unref(s->lists);
    g_ptr_array_unref(s->captions);
    g_ptr_array_unref(s->hints);
    g_array_unref(s->learned);
    g_array_unref(s->held);
}

static bool scenes_add(struct scenes *s, struct trial *t, const char *kind, GError **error)
{
    char *caption = subject_caption(NULL, kind);
    g_ptr_array_add(s->captions, caption);
    const int learned = t->size.pictures;
    GPtrArray *photos = engine_class_pictures(t->engine, caption, learned + HELD, t->task, error);
    if (!photos) {
        return false;
    }
    g_ptr_array_add(s->lists, photos);
    for (guint i = 0; i < photos->len; i++) {
        const struct photo *p = photos->pdata[i];
        float *hint = hint_from_edges(p->rgb, p->small->width, p->small->height, &edges);
        const struct train_example e = {.width = p->small->width,
                                        .height = p->small->height,
                                        .rgb = p->rgb,
                                        .caption = caption,
                                        .hint = hint};
        g_ptr_array_add(s->hints, hint);
        if ((int)i < learned) {
            g_array_append_val(s->learned, e);
        } else {
            g_array_append_val(s->held, e);
        }
    }
    return true;
}

// ---- how well edges are followed ----------------------------------------------------------------

static bool near_edge(const float *map, int width, int height, int at)
{
    for (int dy = -1; dy <= 1; dy++) {
        for (int dx = -1; dx <= 1; dx++) {
            const int x = at % width + dx, y = at / width + dy;
            if (x >= 0 && y >= 0 && x < width && y < height && map[y * width + x] > 0) {
                return true;
            }
        }
    }
    return false;
}

// The part of the edges of a that have one of b within a pixel; 1 where there are none.
static double covered(const float *a, const float *b, int width, int height)
{
    int all = 0, near = 0;
    for (int i = 0; i < width * height; i++) {
        if (a[i] > 0) {
            all++;
            near += near_edge(b, width, height, i);
        }
    }
    return all > 0 ? (double)near / all : 1;
}

static double edge_f1(const float *drawn, const float *wanted, int width, int height)
{
    g_autofree float *a = edges_find(drawn, width, height, -1, &edges);
    g_autofree float *b = edges_find(wanted, width, height, -1, &edges);
    const double precision = covered(a, b, width, height), recall = covered(b, a, width, height);
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
}

// ---- the trial ----------------------------------------------------------------------------------

static struct edit_result *draw(struct trial *t, const struct train_example *e,
                                const struct engine_control *c, GError **error)
{
    struct task quiet = {.cancellable = task_cancellable(t->task)};
    struct settings *s = settings_new(generate_settings);
    settings_set(s, "steps", t->size.draw_steps, NULL);
    const struct edit_hint hint = {c ? c->net : NULL, e->hint, 1};
    const struct edit_request q = {.settings = s,
                                   .prompt = e->caption,
                                   .seed = t->seed + 1000, // no picture's that is learned
                                   .width = e->width,
                                   .height = e->height,
                                   .hint = c ? &hint : NULL};
    struct edit_result *r = engine_use(t->engine, NULL, 0, &quiet, error)
                                ? engine_run(t->engine, &q, &quiet, error)
                                : NULL;
    settings_free(s);
    trial_spend(t, 0.6);
    return r;
}

static const struct engine_control *learn(struct trial *t, const struct scenes *s,
                                          const char *settings, GError **error)
{
    const struct train_set set = {(const struct train_example *)(void *)s->learned->data,
                                  (int)s->learned->len, NULL};
    const struct recipe r = {.set = &set, .set_name = "own pictures", .settings = settings};
    struct adapter *a = trial_learn(t, &r, error);
    g_autofree char *path = trial_path(t, &r);
    const bool ok = a != NULL;
    adapter_free(a);
    return ok ? engine_control(t->engine, path, t->task, error) : NULL;
}

static bool measure(struct trial *t, const struct scenes *s, int line, struct finding *f,
                    GError **error)
{
    const struct engine_control *c = recipes[line] ? learn(t, s, recipes[line], error) : NULL;
    double sum = 0;
    bool ok = c || !recipes[line];
    for (guint i = 0; ok && i < s->held->len; i++) {
        const struct train_example *e = &g_array_index(s->held, struct train_example, i);
        struct edit_result *r = draw(t, e, c, error);
        g_autofree char *name = g_strdup_printf("control-%d-%" G_GUINT64_FORMAT, line, t->seed);
        ok =
            r && (i > 0 || trial_show(t, f, name, r->rgb, r->width, r->height, lines[line], error));
        sum += ok ? edge_f1(r->rgb, e->rgb, e->width, e->height) : 0;
        edit_result_free(r);
    }
    finding_put(f, sum / s->held->len, "%s.edge F1", lines[line]);
    return ok;
}

static bool control_run(struct trial *t, struct finding *f, GError **error)
{
    struct scenes s;
    scenes_init(&s);
    bool ok = true;
    for (int i = 0; ok && i < TRIAL_SUBJECTS; i++) {
        ok = scenes_add(&s, t, t->subjects[i].kind, error);
    }
    for (int i = 0; ok && lines[i]; i++) {
        ok = measure(t, &s, i, f, error);
    }
    if (ok) {
        const double oft = finding_get(f, "with OFT.edge F1");
        finding_put(f, oft - finding_get(f, "no hint.edge F1"), "follows");
        finding_put(f, oft - finding_get(f, "with LoRA.edge F1"), "lora");
    }
    scenes_clear(&s);
    return ok;
}

static const struct claim_row rows[] = {
    {"follows", "With OFT and an encoder of hints drawings follow edges better than without",
     "0.323 against 0.093", 3, CLAIM_ABOVE},
    {"lora", "and better than with LoRA in its place", "0.323 against 0.286", 3, CLAIM_ABOVE},
    {0},
};

extern const struct claim control_claim;
const struct claim control_claim = {
    .name = "control",
    .title = "Control by edges",
    .summary = "OFT learns to follow a hint with fewer parameters than other ways",
    .source = "Qiu et al., OFT, section 5.2 and Table 2",
    .how = "The model's own pictures of the three classes and their edges are learned from; edges "
           "of others are drawn after. An edge counts where the other picture has one within a "
           "pixel. The paper learns from 180,000 pictures.",
    .rows = rows,
    .table = &table,
    .cost = 75,
    .run = control_run,
};
