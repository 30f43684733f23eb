// The pipelines: text -> embeddings, photo -> latent -> inverted latents -> sampled latent ->
// picture. Each arrow is a stage whose result is kept with the key of what it came from.
#include "compute/edit/named_color.h"
#include "compute/edit/named_light.h"
#include "compute/edit/own_colors.h"
#include "compute/edit/private.h"
#include "compute/edit/select.h"

#include <string.h>

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

// A picture from noise.
static bool generate(struct run *r, struct edit_result *result, GError **error)
{
    g_autofree float *x = g_new(float, r->n);
    if (!draw_from_noise(r, x, result->rgb, error)) {
        return false;
    }
    hwc_to_chw(x, r->h, r->w, r->channels, result->latents);
    return true;
}

// Nothing is to be taken back to noise: the photo itself, exactly, is the honest answer.
static void photo_itself(const struct run *r, struct edit_result *result)
{
    const struct edit_request *q = r->request;
    const gsize bytes = (gsize)q->width * q->height * 3 * sizeof(float);
    memcpy(result->rgb, q->rgb, bytes);
    result->reconstruction = g_memdup2(q->rgb, bytes);
    hwc_to_chw(r->e->photo.latents, r->h, r->w, r->channels, result->latents);
}

float *edit_takes_part(const struct edit_request *q, const float *rgb, const float *before,
                       const float *photo, const float *mask, int count)
{
    const struct color_word *was;
    const struct color_word *is = subject_color(q->source_prompt, q->prompt, &was);
    if (was) {
        return named_color_fits(rgb, before, mask, count, was, mask != NULL);
    }
    return is && mask ? own_colors(photo, mask, count, is->reach <= 0) : NULL;
}

// To the colour or the light that the new words name, where they name one.
static void hold_named(const struct run *r, float *rgb)
{
    const struct edit_request *q = r->request;
    const float *before = r->e->reference.rgb;
    const float amount = (float)settings_get(q->settings, "named_color");
    const struct color_word *was;
    const struct color_word *is = subject_color(q->source_prompt, q->prompt, &was);
    const struct light_word *light = subject_light(q->source_prompt, q->prompt);
    if (amount <= 0) {
        return;
    }
    if (is) {
        const int count = q->width * q->height;
        g_autofree float *takes = edit_takes_part(q, rgb, before, q->rgb, q->mask, count);
        named_color_hold(rgb, before, q->mask, count, is, takes, amount);
    } else if (light) {
        named_light_hold(rgb, before, q->mask, q->width, q->height, light, amount);
    }
}

static bool edit(struct run *r, struct edit_result *result, GError **error)
{
    struct editor *e = r->e;
    const struct edit_request *q = r->request;
    const gsize bytes = (gsize)q->width * q->height * 3 * sizeof(float);
    if (!photo_prepare(r, error)) {
        return false;
    }
    if (r->steps == 0) {
        photo_itself(r, result);
        return true;
    }
    g_autofree float *x = g_new(float, r->n);
    if (!inverted_prepare(r, error) || !reference_prepare(r, error) ||
        !draw_edit(r, x, result->rgb, error) || !reference_finish(r, error)) {
        return false;
    }
    // Without a description there is nothing that the new words could be compared with.
    if (q->source_prompt && *q->source_prompt && !localise(r, x, result->rgb, error)) {
        return false;
    }
    hold_named(r, result->rgb);
    mask_compose(r, e->reference.rgb, result->rgb);
    result->reconstruction = g_memdup2(e->reference.rgb, bytes);
    hwc_to_chw(x, r->h, r->w, r->channels, result->latents);
    return true;
}

struct edit_result *editor_run(struct editor *e, const struct edit_request *request,
                               struct task *task, GError **error)
{
    struct run r;
    if (!run_init(&r, e, request, task, error)) {
        return NULL;
    }
    struct edit_result *result = g_new0(struct edit_result, 1);
    result->width = request->width;
    result->height = request->height;
    result->rgb = g_new(float, (int64_t)request->width * request->height * 3);
    result->latents = g_new(float, r.n);
    r.steps = run_calls(&r);
    if (request->rgb ? edit(&r, result, error) : generate(&r, result, error)) {
        result->precision = gpu_precision(e->model->gpu);
        result->seconds = (double)(g_get_monotonic_time() - r.start_us) / 1e6;
    } else {
        g_clear_pointer(&result, edit_result_free);
    }
    run_finish(&r);
    return result;
}
