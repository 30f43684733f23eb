// One run: what it may be asked, its sizes, its progress.
#include "compute/edit/private.h"

#include "compute/i18n.h"

#include <math.h>
#include <string.h>

void run_report(struct run *r, enum task_stage stage, const float *latents)
{
    if (!r->task || !r->task->report) {
        return; // nobody looks: no preview is made
    }
    struct latent_preview preview;
    const bool shown = latents && preview_make(r, latents, &preview);
    double spent = (double)(g_get_monotonic_time() - r->start_us) / 1e6;
    task_tell(r->task,
              &(struct task_progress){
                  .stage = stage,
                  .fraction = r->steps > 0 ? (double)r->step / r->steps : -1.0,
                  .step = r->step,
                  .steps = r->steps,
                  .seconds_left = r->step > 0 ? spent / r->step * (r->steps - r->step) : -1.0,
                  .preview = shown ? &preview : NULL,
              });
}

static bool request_check(const struct editor *e, const struct edit_request *q, GError **error)
{
    const int unit = model_latent_factor(e->model); // the U-Net's levels need not halve evenly
    if (q->width < unit || q->height < unit || q->width % unit || q->height % unit) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("the picture size %d x %d is not a multiple of %d"), q->width, q->height,
                    unit);
        return false;
    }
    if (q->rgb ? q->settings->table != edit_settings
               : q->settings->table != edit_settings && q->settings->table != generate_settings) {
        g_error("these are no settings of a run");
    }
    const int steps = settings_int(q->settings, "steps");
    if (steps > e->schedule.train_steps - 1) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("%d steps are more than the %d that this model has between photo and noise"),
                    steps, e->schedule.train_steps - 1);
        return false;
    }
    return mask_check(q, error);
}

// What the photo's branch is drawn under. One that is put back needs none: without a description it
// is drawn under no words, and the edit is what its own add (as LEDITS++ has it).
static const char *source_prompt(const struct run *r)
{
    const char *given = r->request->source_prompt;
    if (!r->inverter || (given && *given)) {
        return given;
    }
    return r->inverter->corrected ? "" : NULL;
}

static struct settings *fixed_settings(const struct inverter_type *inverter)
{
    if (!inverter || !inverter->fixed) {
        return NULL;
    }
    struct settings *s = settings_new(sampler_find("ddim")->settings);
    settings_set(s, "eta", inverter->eta, NULL);
    return s;
}

// All sentences of a run are read into as many windows as the longest takes.
static void read_sentences(struct editor *e, const struct edit_request *q, const char *source)
{
    const struct prompt_style style = edit_prompt_style(q->settings);
    const char *const texts[] = {q->prompt, source, q->negative};
    int windows = 1;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (texts[i]) {
            windows = MAX(windows, prompt_windows(e->model, &style, texts[i]));
        }
    }
    editor_read_as(e, &style, windows);
}

// The network follows the request's hint from here on, or none.
static bool take_hint(struct run *r, GError **error)
{
    const struct edit_request *q = r->request;
    const struct edit_hint *h = q->hint && q->hint->strength != 0 ? q->hint : NULL;
    if (!h) {
        r->weights_key = g_strdup(r->e->adapters_key);
        return networks_set_hint(r->e->networks, NULL, 0, r->h, r->w, NULL, NULL, error);
    }
    const gsize bytes = (gsize)q->width * (gsize)q->height * 3 * sizeof *h->picture;
    g_autofree char *sum =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)h->picture, bytes);
    r->weights_key = g_strdup_printf("%s, hint %u at %.17g of %s", r->e->adapters_key,
                                     h->net->serial, h->strength, sum);
    return networks_set_hint(r->e->networks, h->net, h->strength, r->h, r->w, h->picture,
                             task_cancellable(r->task), error);
}

static const char *sampler_name(const struct run *r)
{
    return r->fixed ? "ddim" : settings_choice(r->request->settings, "scheduler");
}

int run_calls(const struct run *r)
{
    return sampler_calls(sampler_find(sampler_name(r)), r->denoised);
}

// A photo comes back by a sampler that draws each step anew only where it is put back at each.
static bool sampler_check(const struct run *r, GError **error)
{
    const struct inverter_type *i = r->inverter;
    const struct sampler_type *s = sampler_find(sampler_name(r));
    if (!i || i->corrected || i->fixed || !s->random) {
        return true;
    }
    g_set_error(
        error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
        _("%s draws every step with fresh noise, by which the photo does not come back from "
          "the inversion %s; choose the inversion direct, or another sampler"),
        s->title, i->name);
    return false;
}

bool run_init(struct run *r, struct editor *e, const struct edit_request *q, struct task *task,
              GError **error)
{
    if (!request_check(e, q, error)) {
        return false;
    }
    const int factor = model_latent_factor(e->model);
    const bool embedded = e->model->unet.guidance_dim > 0;
    *r = (struct run){
        .e = e,
        .request = q,
        .inverter = q->rgb ? inverter_chosen(q->settings) : NULL,
        .h = q->height / factor,
        .w = q->width / factor,
        .channels = e->model->vae.latent_channels,
        .guidance = embedded ? 1 : settings_get(q->settings, "guidance"),
        .given_guidance = embedded ? settings_get(q->settings, "guidance") : 1,
        .total = settings_int(q->settings, "steps"),
        .mask = q->mask ? mask_at_latents(q, factor) : NULL,
        .start_us = g_get_monotonic_time(),
        .task = task,
    };
    r->n = (int64_t)r->h * r->w * r->channels;
    e->stop = task_cancellable(task);
    r->small = preview_decoder(e);
    const int side = r->small ? factor : 1; // of a latent's place in the preview
    r->preview = g_new(float, (int64_t)r->h * r->w * side * side * 3);
    r->source_prompt = source_prompt(r);
    read_sentences(e, q, r->source_prompt);
    r->denoised =
        q->rgb ? (int)lround(settings_get(q->settings, "inversion") * r->total) : r->total;
    r->fixed = fixed_settings(r->inverter);
    if (q->weights && !r->source_prompt) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("words have weights only in an edit of a photo that is described"));
        run_finish(r);
        return false;
    }
    if (!sampler_check(r, error) || !take_hint(r, error)) {
        run_finish(r);
        return false;
    }
    return true;
}

void run_finish(struct run *r)
{
    r->e->stop = NULL;
    reference_drop(r);
    settings_free(r->fixed);
    g_free(r->weights_key);
    g_free(r->mask);
    g_free(r->preview);
}

bool run_prediction_check(const struct run *r, const float *prediction, int64_t n, GError **error)
{
    if (latent_finite(prediction, n)) {
        return true;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                _("the model gave numbers that are not finite at step %d of %d"), r->step + 1,
                r->steps);
    return false;
}

void run_noise(const struct run *r, struct rng *rng, float *out)
{
    g_autofree float *chw = g_new(float, r->n);
    if (r->request->start_noise) {
        memcpy(chw, r->request->start_noise, (size_t)r->n * sizeof *chw);
    } else {
        rng_normal(rng, chw, r->n);
    }
    chw_to_hwc(chw, r->h, r->w, r->channels, out);
}

struct sampler *run_sampler(struct run *r, struct rng *rng, GError **error)
{
    const struct settings *settings = r->request->settings;
    const struct sampler_params params = {
        .name = sampler_name(r),
        .settings = r->fixed ? r->fixed : settings_member(settings, "scheduler"),
        .steps = r->total,
        .from_inversion = r->inverter != NULL,
        .anew = r->inverter && r->inverter->anew,
        // Noise that both branches are given alike cancels: what differs is the means.
        .rng = r->inverter && r->inverter->corrected ? NULL : rng,
    };
    return sampler_new(&r->e->schedule, &params, r->n, error);
}

bool run_decode(struct run *r, const float *x, float *rgb, GError **error)
{
    const struct edit_request *q = r->request;
    if (!networks_decode(r->e->networks, model_decoder(r->e->model), q->width, q->height, x, rgb,
                         task_cancellable(r->task), error)) {
        return false;
    }
    for (int64_t i = 0; i < (int64_t)q->width * q->height * 3; i++) {
        rgb[i] = CLAMP(rgb[i], -1.0f, 1.0f);
    }
    return true;
}
