// Where an edit may show: where the new words lead the network elsewhere than the photo's own words
// do (Couairon et al., DiffEdit, section 3.2). Both predictions are made for the photo itself, with
// fresh noise at a few levels, so that the mask does not learn from what an edit has already done.
// Outside the picture goes back to the reference: to what the same run draws without the edit.
#include "compute/edit/private.h"
#include "compute/floats.h"

#include <math.h>
#include <string.h>

// Noise levels, as shares of the training steps, and noisings at each. On twelve scenes a place
// that was to change ranks above one that was not in 96.3 % of the pairs; with four noisings at one
// level in 95.5 % (0.5) and 96.0 % (0.7), with twice as many at both in 96.3 %.
static const double LEVELS[] = {0.5, 0.7};
#define NOISINGS 2
static const uint64_t SEED = 1; // the mask is the photo's and the words', not the run's

// At `locality` so many of the places, those that the words are about least, stay as they are, up
// to this share of all; where the ramp to what changes begins, as a share of that.
static const double MOST = 0.95, RAMP = 0.6;
// Latents of this size or less are smoothed by one latent pixel, larger ones by as much of the
// picture.
static const int SMOOTH_SIZE = 32;

// Buffers of one measurement; all are of two latents.
struct measure {
    float *both; // embeddings of the photo's words and of the new ones
    float *x, *prediction, *x0, *epsilon;
};

// Predictions for the same noisy latent under both descriptions. The network for two is there when
// the edit is guided; no other one is made for this.
static bool predict_both(struct run *r, struct measure *m, int t, GError **error)
{
    struct networks *net = r->e->networks;
    const char *const prompts[] = {r->request->source_prompt, r->request->prompt};
    if (!embeddings_gather(r, prompts, 2, t, m->both, error)) {
        return false;
    }
    if (r->guidance != 1.0) {
        return networks_predict(net, 2, r->h, r->w, t, m->x, m->both, m->prediction,
                                task_cancellable(r->task), error);
    }
    return networks_predict(net, 1, r->h, r->w, t, m->x, m->both, m->prediction,
                            task_cancellable(r->task), error) &&
           networks_predict(net, 1, r->h, r->w, t, m->x, m->both + embeddings_count(r->e),
                            m->prediction + r->n, task_cancellable(r->task), error);
}

// Adds to out (h, w) how far apart the two predictions are. As directions of a step, epsilon and x0
// in one: these are of the same size at every noise level, whatever the network predicts.
static void add_difference(const struct run *r, const struct measure *m, int t, float *out)
{
    const struct noise_schedule *schedule = &r->e->schedule;
    const double alpha = noise_schedule_alpha(schedule, t);
    const float a = (float)sqrt(alpha), b = (float)sqrt(1 - alpha);
    const float *x0 = m->x0, *epsilon = m->epsilon;
    noise_split(schedule, t, m->x, m->prediction, m->x0, m->epsilon, 2 * r->n);
    for (int64_t i = 0, k = r->n; i < r->n; i++, k++) {
        out[i / r->channels] += fabsf(a * (epsilon[k] - epsilon[i]) - b * (x0[k] - x0[i]));
    }
}

static bool measure_all(struct run *r, struct measure *m, float *out, GError **error)
{
    const struct editor *e = r->e;
    struct rng rng = {.seed = SEED};
    for (size_t i = 0; i < G_N_ELEMENTS(LEVELS) * NOISINGS; i++) {
        const int t = (int)(LEVELS[i / NOISINGS] * e->schedule.train_steps);
        rng_normal(&rng, m->epsilon, r->n);
        noise_add(&e->schedule, t, e->photo.latents, m->epsilon, m->x, r->n);
        memcpy(m->x + r->n, m->x, (size_t)r->n * sizeof(float));
        if (!predict_both(r, m, t, error) ||
            !run_prediction_check(r, m->prediction, 2 * r->n, error)) {
            return false;
        }
        add_difference(r, m, t, out);
        r->step++;
        run_report(r, TASK_FINDING_EDIT_MASK, NULL);
        if (task_cancelled(r->task, error)) {
            return false;
        }
    }
    return true;
}

static void measure_init(struct measure *m, const struct run *r)
{
    m->both = g_new(float, 2 * embeddings_count(r->e));
    m->x = g_new(float, 2 * r->n);
    m->prediction = g_new(float, 2 * r->n);
    m->x0 = g_new(float, 2 * r->n);
    m->epsilon = g_new(float, 2 * r->n);
}

static void measure_finish(struct measure *m)
{
    g_free(m->both);
    g_free(m->x);
    g_free(m->prediction);
    g_free(m->x0);
    g_free(m->epsilon);
}

static int within(int i, int count)
{
    return CLAMP(i, 0, count - 1);
}

// A Gaussian along one direction of a plane; the border goes on.
static void smooth_lines(const float *in, float *out, int h, int w, int dy, int dx, double sigma)
{
    const int reach = (int)ceil(3 * sigma);
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            double sum = 0, weights = 0;
            for (int k = -reach; k <= reach; k++) {
                const double weight = exp(-0.5 * k * k / (sigma * sigma));
                sum += weight * in[within(y + k * dy, h) * w + within(x + k * dx, w)];
                weights += weight;
            }
            out[y * w + x] = (float)(sum / weights);
        }
    }
}

static void smooth(float *plane, int h, int w)
{
    const double sigma = fmax(1, (double)MIN(h, w) / SMOOTH_SIZE);
    g_autofree float *lines = g_new(float, (size_t)h *w);
    smooth_lines(plane, lines, h, w, 0, 1, sigma);
    smooth_lines(lines, plane, h, w, 1, 0, sigma);
}

// The differences at the places that the request's mask leaves open, sorted. Never none: a mask
// that covers nothing is refused.
static GArray *sorted_open(const struct run *r, const float *plane)
{
    GArray *values = g_array_new(FALSE, FALSE, sizeof *plane);
    for (int64_t i = 0; i < (int64_t)r->h * r->w; i++) {
        if (!r->mask || r->mask[i] > 0) {
            g_array_append_val(values, plane[i]);
        }
    }
    g_array_sort(values, compare_floats);
    return values;
}

static double quantile(const GArray *sorted, double share)
{
    const double at = share * (sorted->len - 1);
    const guint below = (guint)at, above = MIN(below + 1, sorted->len - 1);
    const float *values = (const float *)(const void *)sorted->data;
    return values[below] + (at - below) * (values[above] - values[below]);
}

// Differences -> mask, in place: a rank among the places, so that every value of the setting does
// something, however the differences are spread (LEDITS++, equation 10, thresholds the same way).
static void threshold(const struct run *r, float *plane, double locality)
{
    g_autoptr(GArray) sorted = sorted_open(r, plane);
    const double high = quantile(sorted, MOST * locality);
    const double low = quantile(sorted, RAMP * MOST * locality);
    for (int64_t i = 0; i < (int64_t)r->h * r->w; i++) {
        const double t =
            high > low ? CLAMP((plane[i] - low) / (high - low), 0, 1) : plane[i] >= high;
        plane[i] = (float)(t * t * (3 - 2 * t));
    }
}

// The mask of latents (h, w) at a pixel of a picture that is `factor` times as large.
static float mask_at(const float *mask, int h, int w, int factor, int x, int y)
{
    const float u = ((float)x + 0.5f) / (float)factor - 0.5f;
    const float v = ((float)y + 0.5f) / (float)factor - 0.5f;
    const int x0 = (int)floorf(u), y0 = (int)floorf(v);
    const float fx = u - (float)x0, fy = v - (float)y0;
    const float *above = mask + (int64_t)within(y0, h) * w;
    const float *below = mask + (int64_t)within(y0 + 1, h) * w;
    const int left = within(x0, w), right = within(x0 + 1, w);
    return (1 - fy) * ((1 - fx) * above[left] + fx * above[right]) +
           fy * ((1 - fx) * below[left] + fx * below[right]);
}

// The differences, from the cache or measured.
static bool edit_mask_prepare(struct run *r, GError **error)
{
    struct editor *e = r->e;
    const struct edit_request *q = r->request;
    g_autofree char *settings = settings_key(q->settings, EDIT_MASKING);
    g_autofree char *key =
        g_strdup_printf("%s|%s|%s|%zu|%s|%s", e->photo.key, r->weights_key, settings,
                        strlen(q->source_prompt), q->source_prompt, q->prompt);
    if (e->edit_mask.key && g_str_equal(e->edit_mask.key, key)) {
        return true;
    }
    edit_mask_clear(e);
    r->steps += (int)G_N_ELEMENTS(LEVELS) * NOISINGS;
    e->edit_mask.difference = g_new0(float, (size_t)r->h * r->w);
    struct measure m;
    measure_init(&m, r);
    const bool ok = measure_all(r, &m, e->edit_mask.difference, error);
    measure_finish(&m);
    if (ok) {
        smooth(e->edit_mask.difference, r->h, r->w);
        e->edit_mask.key = g_steal_pointer(&key);
    }
    return ok;
}

bool localise(struct run *r, float *x, float *rgb, GError **error)
{
    const struct editor *e = r->e;
    const struct edit_request *q = r->request;
    const int factor = model_latent_factor(e->model);
    const int64_t positions = (int64_t)r->h * r->w;
    const double locality = settings_get(q->settings, "locality");
    if (locality <= 0) {
        return true;
    }
    if (!edit_mask_prepare(r, error)) {
        return false;
    }
    g_autofree float *mask = g_memdup2(e->edit_mask.difference, (gsize)positions * sizeof *mask);
    threshold(r, mask, locality);
    for (int64_t i = 0; i < r->n; i++) {
        x[i] = blend(e->reference.path[i], x[i], mask[i / r->channels]);
    }
    for (int64_t i = 0; i < (int64_t)q->width * q->height; i++) {
        const float weight =
            mask_at(mask, r->h, r->w, factor, (int)(i % q->width), (int)(i / q->width));
        for (int c = 0; c < 3; c++) {
            rgb[3 * i + c] = blend(e->reference.rgb[3 * i + c], rgb[3 * i + c], weight);
        }
    }
    return true;
}
