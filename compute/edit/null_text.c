// Null-text inversion (Mokady et al., Null-text Inversion for Editing Real Images using Guided
// Diffusion Models, section 3.2, algorithm 1): the levels of DDIM's inversion without guidance are
// pivots, and what a guided step avoids is learned, step by step, so that the photo's own branch
// lands on them. The words stay as they are, so that an edit may change them.
//
// A step is affine in the prediction, x' = rest + b e, and the guided prediction e = (1 - w) u + w
// c in what the network makes of the avoided text: with the u* that would land on the pivot the
// loss is
//     |x' - pivot|^2 = (b (1 - w))^2 |u - u*|^2.
#include "compute/edit/private.h"
#include "compute/i18n.h"
#include "compute/train/optimizer.h"

#include <math.h>
#include <string.h>

// Of the paper's own source, whose 50 steps take the rate down to half of it.
#define RATE      1e-2
#define RATE_LOST 0.5
// Good enough: the loss of the first step, and what each later one may have more.
#define ENOUGH      1e-5
#define ENOUGH_MORE 2e-5

static const struct setting settings[] = {
    {.key = "inner_steps",
     .title = N_("Steps for each step"),
     .help = N_("How long what a step avoids is learned, at most"),
     .unit = N_("steps"),
     .kind = SETTING_INT,
     .level = SETTING_EXPERT,
     .min = 1,
     .max = 100,
     .slider_min = 1,
     .slider_max = 50,
     .def = 10,
     .scope = EDIT_INVERTING},
    {0},
};

struct pass {
    struct run *run;
    struct sampler *sampler;
    const struct optimizer_type *adam;
    struct settings *plain; // Adam's: no decay
    int64_t count;          // floats of a text
    int inner;
    float *x;                   // (h,w,C): where the branch is
    float *given, *target;      // (h,w,C): prediction under the words, u*
    float *rest, *unit;         // (h,w,C): a step with no prediction, and with one of ones
    float *gradient, *state[2]; // (T,C)
};

static bool pass_init(struct pass *p, struct run *r, GError **error)
{
    *p = (struct pass){.run = r, .count = embeddings_count(r->e)};
    p->sampler = run_sampler(r, NULL, error);
    p->adam = (const struct optimizer_type *)family_find(optimizer_family, "adamw");
    p->plain = settings_new(p->adam->settings);
    settings_set(p->plain, "weight_decay", 0, NULL);
    p->inner = settings_int(r->request->settings, "inner_steps");
    float **const latents[] = {&p->x, &p->given, &p->target, &p->rest, &p->unit};
    for (size_t i = 0; i < G_N_ELEMENTS(latents); i++) {
        *latents[i] = g_new(float, r->n);
    }
    p->gradient = g_new(float, p->count);
    p->state[0] = g_new(float, p->count);
    p->state[1] = g_new(float, p->count);
    return p->sampler != NULL;
}

static void pass_finish(struct pass *p)
{
    float *const all[] = {p->x,    p->given,    p->target,   p->rest,
                          p->unit, p->gradient, p->state[0], p->state[1]};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        g_free(all[i]);
    }
    settings_free(p->plain);
    if (p->sampler) {
        sampler_free(p->sampler);
    }
}

static bool predict(struct pass *p, int i, const float *text, float *out, GError **error)
{
    struct run *r = p->run;
    const bool ok = networks_predict(r->e->networks, 1, r->h, r->w, p->sampler->timesteps[i], p->x,
                                     text, out, task_cancellable(r->task), error) &&
                    run_prediction_check(r, out, r->n, error) && !task_cancelled(r->task, error);
    r->step++;
    run_report(r, TASK_INVERTING, NULL);
    return ok;
}

// u* of step i, whose prediction under the words is given; the square of b (1 - w).
static double find_target(struct pass *p, int i, const float *pivot)
{
    const int64_t n = p->run->n;
    const double w = p->run->guidance;
    for (int64_t k = 0; k < n; k++) {
        p->unit[k] = 1;
        p->target[k] = 0;
    }
    memcpy(p->rest, p->x, (size_t)n * sizeof *p->rest);
    sampler_step(p->sampler, i, p->target, p->rest);
    sampler_step(p->sampler, i, p->unit, p->target);
    const double b = (double)p->target[0];
    for (int64_t k = 0; k < n; k++) {
        const double landing = ((double)pivot[k] - (double)p->rest[k]) / b;
        p->target[k] = (float)((landing - w * (double)p->given[k]) / (1 - w));
    }
    return b * b * (1 - w) * (1 - w);
}

// Adam on the text of step i, from where the step before has left it.
static bool learn(struct pass *p, int i, double scale, float *text, GError **error)
{
    struct run *r = p->run;
    const int end = r->step + p->inner;
    const double rate = RATE * (1 - RATE_LOST * i / r->total);
    memset(p->state[0], 0, (size_t)p->count * sizeof(float));
    memset(p->state[1], 0, (size_t)p->count * sizeof(float));
    for (int k = 1; k <= p->inner; k++) {
        float loss;
        if (!networks_text_gradient(r->e->networks, r->h, r->w, p->sampler->timesteps[i], p->x,
                                    text, p->target, &loss, p->gradient, task_cancellable(r->task),
                                    error) ||
            !run_prediction_check(r, p->gradient, p->count, error) ||
            task_cancelled(r->task, error)) {
            return false;
        }
        for (int64_t m = 0; m < p->count; m++) {
            p->gradient[m] *= (float)scale;
        }
        p->adam->update(text, p->gradient, p->state, p->count, k, rate, p->plain);
        r->step++;
        run_report(r, TASK_INVERTING, NULL);
        if (scale * (double)loss < ENOUGH + ENOUGH_MORE * i) {
            break;
        }
    }
    r->step = end; // where it was enough before
    return true;
}

// One step of the photo's branch, with what it avoids learned where it is guided.
static bool take_step(struct pass *p, int i, const float *pivot, float *text, GError **error)
{
    struct run *r = p->run;
    const float *words = embeddings_get(r->e, inversion_prompt(r), p->sampler->timesteps[i],
                                        task_cancellable(r->task), error);
    if (!words || !predict(p, i, words, p->given, error)) {
        return false;
    }
    if (i < guided_steps(r, r->total)) {
        const double scale = find_target(p, i, pivot);
        if (!learn(p, i, scale, text, error) || !predict(p, i, text, p->unit, error)) {
            return false;
        }
        guidance_combine(p->unit, p->given, r->guidance, r->n);
    }
    sampler_step(p->sampler, i, p->given, p->x);
    return true;
}

static bool avoided(struct run *r, const float *levels, float *texts, GError **error)
{
    struct pass p;
    const char *first = r->request->negative ? r->request->negative : "";
    bool ok = pass_init(&p, r, error);
    const float *known =
        ok ? embeddings_get(r->e, first, p.sampler->timesteps[0], task_cancellable(r->task), error)
           : NULL;
    ok = known != NULL;
    memcpy(p.x, levels + r->total * r->n, (size_t)r->n * sizeof *p.x);
    for (int i = 0; ok && i < r->total; i++) {
        float *text = texts + i * p.count;
        memcpy(text, i ? text - p.count : known, (size_t)p.count * sizeof *text);
        ok = take_step(&p, i, levels + (r->total - i - 1) * r->n, text, error);
    }
    pass_finish(&p);
    return ok;
}

static char *key(const struct run *r)
{
    g_autofree char *levels = ddim_levels_key(r);
    const char *negative = r->request->negative ? r->request->negative : "";
    return g_strdup_printf("null %.9g %d %zu %s %s", r->guidance, guided_steps(r, r->total),
                           strlen(negative), negative, levels);
}

static int calls(const struct run *r)
{
    const int inner = settings_int(r->request->settings, "inner_steps");
    return ddim_levels_calls(r) + r->total + guided_steps(r, r->total) * (inner + 1);
}

extern const struct inverter_type null_text_inverter;
const struct inverter_type null_text_inverter = {
    .name = "null_text",
    .title = N_("Null-text"),
    .summary =
        N_("What a step avoids is learned, so that the photo comes back under guidance; slow"),
    .settings = settings,
    .key = key,
    .calls = calls,
    .levels = ddim_levels,
    .avoided = avoided,
    .fixed = true,
};
