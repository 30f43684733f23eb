// What the network makes of a latent on the way: one prediction a step, guided or not. This is the
// one place where the branches of a run meet the network.
#include "compute/edit/private.h"

#include <math.h>
#include <string.h>

int guided_steps(const struct run *r, int steps)
{
    const double part = settings_get(r->request->settings, "guidance_end");
    return r->guidance == 1.0 ? 0 : (int)lround(part * steps);
}

// The embeddings of the items at the sampler's step i.
static bool gather_embeddings(struct predictor *p, int i, GError **error)
{
    struct run *r = p->run;
    const struct edit_request *q = r->request;
    const char *const prompt = p->prompt;
    const char *const avoided = p->guided_steps == 0 ? prompt : q->negative ? q->negative : "";
    const char *const prompts[] = {avoided, p->items == 3 ? r->source_prompt : prompt, prompt};
    return embeddings_gather(r, prompts, p->items, p->sampler->timesteps[i], p->embeddings, error);
}

bool predictor_init(struct predictor *p, struct run *r, const struct sampler *s, const char *prompt,
                    const struct control_type *control, GError **error)
{
    *p = (struct predictor){
        .run = r, .sampler = s, .prompt = prompt, .guided_steps = guided_steps(r, s->steps)};
    if (control && r->source_prompt && !control->begin(r, &p->held, error)) {
        return false;
    }
    p->control = p->held ? control : NULL;
    networks_set_cache(r->e->networks, settings_int(r->request->settings, "cache_interval"),
                       settings_int(r->request->settings, "cache_layers") - 1);
    p->items = p->control ? 3 : 2;
    p->embeddings = g_new(float, p->items *embeddings_count(r->e));
    p->input = g_new(float, p->items * r->n);
    p->prediction = g_new(float, p->items * r->n);
    return true;
}

void predictor_finish(struct predictor *p)
{
    networks_set_cache(p->run->e->networks, 1, 0);
    if (p->control) {
        p->control->end(p->held);
    }
    g_clear_pointer(&p->embeddings, g_free);
    g_clear_pointer(&p->input, g_free);
    g_clear_pointer(&p->prediction, g_free);
}

// Items from `first` on, at the sampler's step i.
static bool predict(struct predictor *p, int first, int i, GError **error)
{
    struct run *r = p->run;
    const struct control_call call = {
        .step = i - (p->sampler->steps - r->denoised),
        .steps = r->denoised,
        .time = p->sampler->timesteps[i],
        .batch = p->items - first,
        .latents = p->input + first * r->n,
        .text = p->embeddings + first * embeddings_count(r->e),
        .prediction = p->prediction + first * r->n,
    };
    networks_set_guidance(r->e->networks, r->given_guidance);
    const bool ok = p->control ? p->control->predict(r, p->held, &call, error)
                               : networks_predict(r->e->networks, call.batch, r->h, r->w, call.time,
                                                  call.latents, call.text, call.prediction,
                                                  task_cancellable(r->task), error);
    networks_set_guidance(r->e->networks, 1); // an inversion has none
    return ok && run_prediction_check(r, call.prediction, call.batch * r->n, error);
}

static bool learns_avoided(const struct run *r)
{
    return r->inverter && r->inverter->avoided;
}

// Guides the last item's prediction. The network is done with its input, whose place is taken.
static void guide(struct predictor *p, float *prediction)
{
    const struct run *r = p->run;
    float *unguided = p->input + (p->items - 1) * r->n;
    memcpy(unguided, prediction, (size_t)r->n * sizeof *prediction);
    guidance_combine(p->prediction, prediction, r->guidance, r->n);
    if (!learns_avoided(r)) { // what is avoided was learned for the step as it is
        guidance_rescale(unguided, prediction,
                         settings_get(r->request->settings, "guidance_rescale"), r->n);
    }
}

const float *predictor_run(struct predictor *p, int i, const float *x, GError **error)
{
    struct run *r = p->run;
    const bool guided = i < p->guided_steps;
    const int last = p->items - 1;
    float *prediction = p->prediction + last * r->n;
    sampler_scale_input(p->sampler, i, x, p->input);
    memcpy(p->input + last * r->n, p->input, (size_t)r->n * sizeof *p->input);
    if (p->control) {
        const float *photo = r->e->reference.path + (p->sampler->steps - i) * r->n;
        sampler_scale_input(p->sampler, i, photo, p->input + r->n);
    }
    if (!gather_embeddings(p, i, error)) {
        return NULL;
    }
    if (guided && learns_avoided(r)) {
        const int64_t count = embeddings_count(r->e);
        memcpy(p->embeddings, r->e->inverted.avoided + i * count, (size_t)count * sizeof(float));
    }
    if (!predict(p, guided ? 0 : 1, i, error)) {
        return NULL;
    }
    if (guided) {
        guide(p, prediction);
    }
    return prediction;
}
