// The pipelines: text -> states, photo -> latent -> inverted latents -> sampled latent -> picture.
// Each arrow is a stage whose result is kept with the key of what it came from.
#include "compute/edit/edit.h"
#include "compute/edit/networks.h"

#include <math.h>
#include <string.h>

struct editor {
    struct model *model; // borrowed
    struct networks *networks;
    struct noise_schedule schedule;

    struct merged_model *merged; // NULL until an adapter is set
    unsigned merged_layout;
    char *adapters_key; // fingerprint of the adapters as merged; "" is the plain model

    GHashTable *states; // prompt -> float[max_tokens * hidden]
    struct {
        char *key;             // of the picture
        float *latents;        // (h,w,C) scaled mean
        float *reconstruction; // (H,W,3)
    } photo;
    struct {
        char *key; // photo, prompt, steps, adapters
        int steps;
        float *levels; // (steps + 1, h, w, C): [0] is the photo's latent
    } inverted;
    struct {
        char *key;  // all that the edit depends on, with the source prompt in place of the prompt
        float *rgb; // (H,W,3)
    } reference;    // the photo drawn by the same run without the edit
};

const struct param edit_params[] = {
    {"inversion", "Inversion strength",
     "How far the photo is taken back towards noise before it is drawn again; 0 returns the photo",
     "", PARAM_FLOAT, 0, 1, 0, 1, 1.0, false, NULL},
    {"structure", "Structure", "Fresh noise mixed in, so that shapes and poses can change", "",
     PARAM_FLOAT, 0, 1, 0, 1, 0.0, false, NULL},
    {"guidance", "Guidance", "How strongly the picture follows the words", "", PARAM_FLOAT, 1, 30,
     1, 12, 3.0, false, NULL},
    {"steps", "Steps", "Denoising steps: more is finer and slower", "steps", PARAM_INT, 1, 1000, 5,
     100, 20, false, NULL},
    {"eta", "Randomness", "Noise added while drawing (DDIM eta); 0 is repeatable to the last bit",
     "", PARAM_FLOAT, 0, 1, 0, 1, 0.0, false, NULL},
    {NULL},
};

// ---- the editor
// ------------------------------------------------------------------------------------------

struct editor *editor_new(struct model *model, GError **error)
{
    struct editor *e = g_new0(struct editor, 1);
    e->model = model;
    noise_schedule_init(&e->schedule, &model->sched);
    e->networks = networks_new(model, model->parts);
    e->adapters_key = g_strdup("");
    e->states = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return e;
}

static void photo_clear(struct editor *e)
{
    g_clear_pointer(&e->photo.key, g_free);
    g_clear_pointer(&e->photo.latents, g_free);
    g_clear_pointer(&e->photo.reconstruction, g_free);
}

static void inverted_clear(struct editor *e)
{
    g_clear_pointer(&e->inverted.key, g_free);
    g_clear_pointer(&e->inverted.levels, g_free);
}

static void reference_clear(struct editor *e)
{
    g_clear_pointer(&e->reference.key, g_free);
    g_clear_pointer(&e->reference.rgb, g_free);
}

void editor_free(struct editor *e)
{
    if (!e) {
        return;
    }
    photo_clear(e);
    inverted_clear(e);
    reference_clear(e);
    g_hash_table_unref(e->states);
    networks_free(e->networks);
    merged_model_free(e->merged);
    noise_schedule_finish(&e->schedule);
    g_free(e->adapters_key);
    g_free(e);
}

// What the merged weights depend on: parameters, scale and method of every adapter that is switched
// on.
static char *adapters_fingerprint(struct adapter *const *adapters, int n)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    bool any = false;
    for (int i = 0; i < n; i++) {
        const struct adapter *a = adapters[i];
        if (!a->enabled || a->scale == 0.0) {
            continue;
        }
        any = true;
        g_checksum_update(sum, (const guchar *)a->method->name,
                          (gssize)strlen(a->method->name) + 1);
        g_checksum_update(sum, (const guchar *)&a->scale, sizeof a->scale);
        for (guint k = 0; k < a->params->len; k++) {
            const struct adapter_param *p = a->params->pdata[k];
            g_checksum_update(sum, (const guchar *)p->path, (gssize)strlen(p->path) + 1);
            g_checksum_update(sum, (const guchar *)p->value,
                              (gssize)((size_t)p->count * sizeof *p->value));
        }
    }
    return g_strdup(any ? g_checksum_get_string(sum) : "");
}

bool editor_set_adapters(struct editor *e, struct adapter *const *adapters, int n, GCancellable *c,
                         GError **error)
{
    g_autofree char *key = adapters_fingerprint(adapters, n);
    if (g_str_equal(key, e->adapters_key)) {
        return true;
    }
    if (!e->merged && !(e->merged = merged_model_new(e->model, error))) {
        return false;
    }
    // Until the update has succeeded the merged weights are of no known state.
    g_free(e->adapters_key);
    e->adapters_key = g_strdup("unknown");
    g_hash_table_remove_all(e->states);
    inverted_clear(e);
    if (!merged_model_update(e->merged, adapters, n, c, error)) {
        return false;
    }
    if (e->merged_layout != merged_model_layout(e->merged)) {
        e->merged_layout = merged_model_layout(e->merged);
        struct nn_part *parts[3];
        for (int i = 0; i < 3; i++) {
            parts[i] = merged_model_part(e->merged, i);
        }
        networks_reset(e->networks, parts);
    }
    g_free(e->adapters_key);
    e->adapters_key = g_steal_pointer(&key);
    return true;
}

// ---- layouts
// ---------------------------------------------------------------------------------------------

static void hwc_to_chw(const float *hwc, int h, int w, int c, float *chw)
{
    for (int64_t p = 0; p < (int64_t)h * w; p++) {
        for (int k = 0; k < c; k++) {
            chw[k * (int64_t)h * w + p] = hwc[p * c + k];
        }
    }
}

static void chw_to_hwc(const float *chw, int h, int w, int c, float *hwc)
{
    for (int64_t p = 0; p < (int64_t)h * w; p++) {
        for (int k = 0; k < c; k++) {
            hwc[p * c + k] = chw[k * (int64_t)h * w + p];
        }
    }
}

// ---- one run
// ---------------------------------------------------------------------------------------------

// A run's sizes, its progress and what it may call back.
struct run {
    struct editor *e;
    const struct edit_request *request;
    int h, w, channels;
    int64_t n;       // floats of a latent
    int step, steps; // network calls done and planned
    gint64 start_us;
    float *preview; // (h, w, 3)
    edit_step_fn step_fn;
    void *data;
    GCancellable *cancellable;
};

static void run_report(struct run *r, const char *stage, const float *latents)
{
    if (!r->step_fn) {
        return;
    }
    if (latents) {
        latent_preview(r->e->model, latents, r->h, r->w, r->preview);
    }
    double spent = (double)(g_get_monotonic_time() - r->start_us) / 1e6;
    struct edit_step report = {
        .stage = stage,
        .step = r->step,
        .steps = r->steps,
        .seconds_left = r->step > 0 ? spent / r->step * (r->steps - r->step) : -1.0,
        .preview = latents ? r->preview : NULL,
        .preview_width = r->w,
        .preview_height = r->h,
    };
    r->step_fn(&report, r->data);
}

static bool request_check(const struct editor *e, const struct edit_request *q, GError **error)
{
    const int unit = model_latent_factor(e->model) << (e->model->unet.levels - 1);
    if (q->width < unit || q->height < unit || q->width % unit || q->height % unit) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "the picture size %d x %d is not a multiple of %d", q->width, q->height, unit);
        return false;
    }
    const double values[] = {q->inversion, q->structure, q->guidance, q->steps, q->eta};
    for (int i = 0; edit_params[i].key; i++) {
        if (!param_check(&edit_params[i], values[i], error)) {
            return false;
        }
    }
    if (q->rgb && !g_str_equal(q->sampler, "ddim")) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "editing a photo inverts it, and only the ddim sampler can be inverted, not %s",
                    q->sampler);
        return false;
    }
    return true;
}

static bool run_init(struct run *r, struct editor *e, const struct edit_request *q,
                     edit_step_fn step_fn, void *data, GCancellable *c, GError **error)
{
    if (!request_check(e, q, error)) {
        return false;
    }
    const int factor = model_latent_factor(e->model);
    *r = (struct run){
        .e = e,
        .request = q,
        .h = q->height / factor,
        .w = q->width / factor,
        .channels = e->model->vae.latent_channels,
        .start_us = g_get_monotonic_time(),
        .step_fn = step_fn,
        .data = data,
        .cancellable = c,
    };
    r->n = (int64_t)r->h * r->w * r->channels;
    r->preview = g_new(float, (int64_t)r->h * r->w * 3);
    return true;
}

static void run_finish(struct run *r)
{
    g_free(r->preview);
}

static int64_t states_count(const struct editor *e)
{
    return (int64_t)e->model->text.max_tokens * e->model->text.hidden_size;
}

// States of a prompt, from the cache or computed. Borrowed.
static const float *states_get(struct editor *e, const char *prompt, GCancellable *c,
                               GError **error)
{
    const float *known = g_hash_table_lookup(e->states, prompt);
    if (known) {
        return known;
    }
    g_autofree float *states = g_new(float, states_count(e));
    if (!networks_text(e->networks, prompt, states, c, error)) {
        return NULL;
    }
    known = states;
    g_hash_table_insert(e->states, g_strdup(prompt), g_steal_pointer(&states));
    return known;
}

static bool photo_prepare(struct run *r, GError **error)
{
    struct editor *e = r->e;
    const struct edit_request *q = r->request;
    const int64_t pixels = (int64_t)q->width * q->height * 3;
    g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)q->rgb,
                                                       (gsize)pixels * sizeof *q->rgb);
    g_autofree char *key = g_strdup_printf("%s %dx%d", sum, q->width, q->height);
    if (e->photo.key && g_str_equal(e->photo.key, key)) {
        return true;
    }
    run_report(r, "reading the photo", NULL);
    photo_clear(e);
    e->photo.latents = g_new(float, r->n);
    e->photo.reconstruction = g_new(float, pixels);
    if (!networks_encode(e->networks, q->width, q->height, q->rgb, e->photo.latents, r->cancellable,
                         error) ||
        !networks_decode(e->networks, q->width, q->height, e->photo.latents,
                         e->photo.reconstruction, r->cancellable, error)) {
        return false;
    }
    if (!latent_finite(e->photo.latents, r->n)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                    "the model's autoencoder gave numbers that are not finite for this photo");
        return false;
    }
    e->photo.key = g_steal_pointer(&key);
    return true;
}

static bool prediction_check(const struct run *r, const float *prediction, int64_t n,
                             GError **error)
{
    if (latent_finite(prediction, n)) {
        return true;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                "the model gave numbers that are not finite at step %d of %d", r->step + 1,
                r->steps);
    return false;
}

static const char *inversion_prompt(const struct edit_request *q)
{
    return q->source_prompt && *q->source_prompt ? q->source_prompt : q->prompt;
}

// All levels of the inversion, from the cache or computed. Conditional branch only (methods 7.3).
static bool inverted_prepare(struct run *r, GError **error)
{
    struct editor *e = r->e;
    const struct edit_request *q = r->request;
    const int steps = q->steps;
    g_autofree char *key =
        g_strdup_printf("%s|%s|%d|%s", e->photo.key, e->adapters_key, steps, inversion_prompt(q));
    if (e->inverted.key && g_str_equal(e->inverted.key, key)) {
        return true;
    }
    inverted_clear(e);
    const float *states = states_get(e, inversion_prompt(q), r->cancellable, error);
    if (!states) {
        return false;
    }
    r->steps += steps;
    e->inverted.levels = g_new(float, (steps + 1) * r->n);
    memcpy(e->inverted.levels, e->photo.latents, (size_t)r->n * sizeof(float));
    g_autofree int *times = g_new(int, steps);
    g_autofree float *prediction = g_new(float, r->n);
    inverter_timesteps(&e->schedule, steps, times);
    for (int i = 0; i < steps; i++) {
        float *x = e->inverted.levels + (i + 1) * r->n;
        memcpy(x, x - r->n, (size_t)r->n * sizeof(float));
        if (!networks_predict(e->networks, 1, r->h, r->w, times[i], x, states, prediction,
                              r->cancellable, error) ||
            !prediction_check(r, prediction, r->n, error)) {
            return false;
        }
        inverter_step(&e->schedule, steps, times[i], prediction, x, r->n);
        r->step++;
        run_report(r, "inverting", x);
        if (g_cancellable_set_error_if_cancelled(r->cancellable, error)) {
            return false;
        }
    }
    e->inverted.steps = steps;
    e->inverted.key = g_steal_pointer(&key);
    return true;
}

// (h,w,C) standard normal noise of the request's seed, drawn in the channels-first order of other
// programs.
static void start_noise(const struct run *r, struct rng *rng, float *out)
{
    g_autofree float *chw = g_new(float, r->n);
    if (r->request->start_noise) {
        memcpy(chw, r->request->start_noise, (size_t)r->n * sizeof *chw);
    } else {
        rng_normal(rng, chw, r->n);
    }
    chw_to_hwc(chw, r->h, r->w, r->channels, out);
}

// Denoises x from sampler step `first` to the end.
static bool sample(struct run *r, struct sampler *s, const char *prompt, const char *stage,
                   int first, float *x, GError **error)
{
    struct editor *e = r->e;
    const struct edit_request *q = r->request;
    const bool guided = q->guidance != 1.0;
    const int64_t count = states_count(e);
    const float *cond = states_get(e, prompt, r->cancellable, error);
    const float *uncond = cond && guided
                              ? states_get(e, q->negative ? q->negative : "", r->cancellable, error)
                              : cond;
    if (!uncond) {
        return false;
    }
    g_autofree float *states = g_new(float, 2 * count);
    memcpy(states, uncond, (size_t)count * sizeof *states);
    memcpy(states + count, cond, (size_t)count * sizeof *states);
    g_autofree float *input = g_new(float, 2 * r->n);
    g_autofree float *prediction = g_new(float, 2 * r->n);
    g_autofree float *x0 = g_new(float, r->n);
    float *guided_prediction = guided ? prediction + r->n : prediction;
    for (int i = first; i < s->steps; i++) {
        sampler_scale_input(s, i, x, input);
        if (guided) {
            memcpy(input + r->n, input, (size_t)r->n * sizeof *input);
        }
        if (!networks_predict(e->networks, guided ? 2 : 1, r->h, r->w, s->timesteps[i], input,
                              guided ? states : states + count, prediction, r->cancellable,
                              error) ||
            !prediction_check(r, prediction, guided ? 2 * r->n : r->n, error)) {
            return false;
        }
        if (guided) {
            guidance_combine(prediction, guided_prediction, q->guidance, r->n);
        }
        noise_split(&e->schedule, s->timesteps[i], input, guided_prediction, x0, NULL, r->n);
        sampler_step(s, i, guided_prediction, x);
        r->step++;
        run_report(r, stage, x0);
        if (g_cancellable_set_error_if_cancelled(r->cancellable, error)) {
            return false;
        }
    }
    return true;
}

// Steps of the run that are denoised: all of them when generating.
static int denoised_steps(const struct edit_request *q)
{
    return q->rgb ? (int)lround(q->inversion * q->steps) : q->steps;
}

// The latent a photo edit starts from: level k of the inversion, with structure noise mixed in by
// spherical interpolation (methods 3.3). Below the top level the noise is the photo's own forward
// noising, so that the mix stays at the noise level of step k.
static void edit_start(const struct run *r, struct rng *rng, const struct sampler *s, float *x)
{
    const struct edit_request *q = r->request;
    const int k = denoised_steps(q);
    const float *level = r->e->inverted.levels + k * r->n;
    memcpy(x, level, (size_t)r->n * sizeof *x);
    if (q->structure <= 0.0) {
        return;
    }
    g_autofree float *noise = g_new(float, r->n);
    start_noise(r, rng, noise);
    if (k < q->steps) {
        noise_add(&r->e->schedule, s->timesteps[q->steps - k], r->e->photo.latents, noise, noise,
                  r->n);
    }
    latent_slerp(level, noise, q->structure, x, r->n);
}

// Draws the prompt from the request's start: x becomes the final latent (h,w,C), rgb the picture,
// clamped.
static bool draw(struct run *r, const char *prompt, const char *stage, float *x, float *rgb,
                 GError **error)
{
    struct editor *e = r->e;
    const struct edit_request *q = r->request;
    struct rng rng = {.seed = q->seed};
    struct sampler *s = sampler_new(q->sampler, &e->schedule, q->steps, q->eta, &rng, r->n, error);
    if (!s) {
        return false;
    }
    if (q->rgb) {
        edit_start(r, &rng, s, x);
    } else {
        start_noise(r, &rng, x);
        for (int64_t i = 0; i < r->n; i++) {
            x[i] *= (float)s->init_scale;
        }
    }
    bool ok = sample(r, s, prompt, stage, q->steps - denoised_steps(q), x, error) &&
              networks_decode(e->networks, q->width, q->height, x, rgb, r->cancellable, error);
    sampler_free(s);
    for (int64_t i = 0; ok && i < (int64_t)q->width * q->height * 3; i++) {
        rgb[i] = CLAMP(rgb[i], -1.0f, 1.0f);
    }
    return ok;
}

// What the photo looks like when the same run draws its own description: the difference to it is
// what the words changed, and neither the autoencoder's losses nor the sampler's drift. Kept, so
// that only the first edit of a photo pays for it. Without a description the photo through the
// autoencoder has to do.
static bool reference_prepare(struct run *r, const float **rgb, GError **error)
{
    struct editor *e = r->e;
    const struct edit_request *q = r->request;
    if (!q->source_prompt || !*q->source_prompt) {
        *rgb = e->photo.reconstruction;
        return true;
    }
    g_autofree char *key =
        g_strdup_printf("%s|%g|%g|%g|%g|%" G_GUINT64_FORMAT "|%s", e->inverted.key, q->inversion,
                        q->structure, q->guidance, q->eta, q->seed, q->negative ? q->negative : "");
    *rgb = e->reference.rgb;
    if (e->reference.key && g_str_equal(e->reference.key, key)) {
        return true;
    }
    reference_clear(e);
    r->steps += denoised_steps(q);
    g_autofree float *x = g_new(float, r->n);
    e->reference.rgb = g_new(float, (int64_t)q->width * q->height * 3);
    if (!draw(r, q->source_prompt, "comparing with the photo", x, e->reference.rgb, error)) {
        return false;
    }
    e->reference.key = g_steal_pointer(&key);
    *rgb = e->reference.rgb;
    return true;
}

void edit_result_free(struct edit_result *r)
{
    if (!r) {
        return;
    }
    g_free(r->rgb);
    g_free(r->latents);
    g_free(r->reconstruction);
    g_free(r);
}

static bool run_all(struct run *r, struct edit_result *result, GError **error)
{
    struct editor *e = r->e;
    const struct edit_request *q = r->request;
    const gsize bytes = (gsize)q->width * q->height * 3 * sizeof(float);
    r->steps = denoised_steps(q);
    if (q->rgb && !photo_prepare(r, error)) {
        return false;
    }
    if (r->steps == 0) { // nothing to invert: the photo itself, exactly, is the honest answer
        memcpy(result->rgb, q->rgb, bytes);
        result->reconstruction = g_memdup2(q->rgb, bytes);
        hwc_to_chw(e->photo.latents, r->h, r->w, r->channels, result->latents);
        return true;
    }
    g_autofree float *x = g_new(float, r->n);
    if ((q->rgb && !inverted_prepare(r, error)) ||
        !draw(r, q->prompt, "drawing", x, result->rgb, error)) {
        return false;
    }
    hwc_to_chw(x, r->h, r->w, r->channels, result->latents);
    if (q->rgb) {
        const float *reference;
        if (!reference_prepare(r, &reference, error)) {
            return false;
        }
        result->reconstruction = g_memdup2(reference, bytes);
    }
    return true;
}

struct edit_result *editor_run(struct editor *e, const struct edit_request *request,
                               edit_step_fn step, void *data, GCancellable *c, GError **error)
{
    struct run r;
    if (!run_init(&r, e, request, step, data, c, error)) {
        return NULL;
    }
    struct edit_result *result = g_new0(struct edit_result, 1);
    result->width = request->width;
    result->height = request->height;
    result->rgb = g_new(float, (int64_t)request->width * request->height * 3);
    result->latents = g_new(float, r.n);
    if (run_all(&r, result, error)) {
        result->seconds = (double)(g_get_monotonic_time() - r.start_us) / 1e6;
    } else {
        g_clear_pointer(&result, edit_result_free);
    }
    run_finish(&r);
    return result;
}

bool editor_invert(struct editor *e, const struct edit_request *request, float *latents,
                   edit_step_fn step, void *data, GCancellable *c, GError **error)
{
    struct run r;
    if (!run_init(&r, e, request, step, data, c, error)) {
        return false;
    }
    bool ok = photo_prepare(&r, error) && inverted_prepare(&r, error);
    if (ok) {
        hwc_to_chw(e->inverted.levels + request->steps * r.n, r.h, r.w, r.channels, latents);
    }
    run_finish(&r);
    return ok;
}

// ---- single stages
// ---------------------------------------------------------------------------------------

bool editor_text(struct editor *e, const char *prompt, float *states, GError **error)
{
    const float *s = states_get(e, prompt, NULL, error);
    if (s) {
        memcpy(states, s, (size_t)states_count(e) * sizeof *states);
    }
    return s != NULL;
}

bool editor_encode(struct editor *e, const float *rgb, int width, int height, float *latents,
                   GError **error)
{
    const int factor = model_latent_factor(e->model), c = e->model->vae.latent_channels;
    const int h = height / factor, w = width / factor;
    g_autofree float *hwc = g_new(float, (int64_t)h *w *c);
    if (!networks_encode(e->networks, width, height, rgb, hwc, NULL, error)) {
        return false;
    }
    hwc_to_chw(hwc, h, w, c, latents);
    return true;
}

bool editor_decode(struct editor *e, const float *latents, int width, int height, float *rgb,
                   GError **error)
{
    const int factor = model_latent_factor(e->model), c = e->model->vae.latent_channels;
    const int h = height / factor, w = width / factor;
    g_autofree float *hwc = g_new(float, (int64_t)h *w *c);
    chw_to_hwc(latents, h, w, c, hwc);
    return networks_decode(e->networks, width, height, hwc, rgb, NULL, error);
}

bool editor_predict(struct editor *e, const float *latents, int width, int height, int timestep,
                    const char *prompt, float *prediction, GError **error)
{
    const int factor = model_latent_factor(e->model), c = e->model->vae.latent_channels;
    const int h = height / factor, w = width / factor;
    const int64_t n = (int64_t)h * w * c;
    g_autofree float *in = g_new(float, n);
    g_autofree float *out = g_new(float, n);
    chw_to_hwc(latents, h, w, c, in);
    const float *states = states_get(e, prompt, NULL, error);
    if (!states ||
        !networks_predict(e->networks, 1, h, w, timestep, in, states, out, NULL, error)) {
        return false;
    }
    hwc_to_chw(out, h, w, c, prediction);
    return true;
}
