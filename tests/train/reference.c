#include "reference.h"

#include <math.h>

#define SEED               5
#define SIDE               8    // of the latents
#define DRAW_TOLERANCE     1e-5 // of the largest number
#define GRADIENT_TOLERANCE 1e-3 // of a tensor's largest gradient
#define CURVE_TOLERANCE    1e-4 // of the loss and of the norm of what is learned
#define SLOPE_TOLERANCE    1e-3 // of the gradient's norm

// ---- set ----------------------------------------------------------------------------------------

void reference_open(struct reference *r, struct fixture *fx, const char *script, const char *model)
{
    g_autoptr(GError) error = NULL;
    static const char *const captions[] = {"a photo of a dog on the beach", "a cat", "a dog"};
    const int side = SIDE * model_latent_factor(fx->model);
    *r = (struct reference){.fx = fx, .mask = g_new0(float, side *side)};
    for (int k = 0; k < REFERENCE_PICTURES; k++) {
        r->rgb[k] = g_new(float, side *side * 3);
        for (int i = 0; i < side * side * 3; i++) {
            const int number = (i * (37 + 11 * k) + i / 29 + k * 101) % 257 - 128;
            r->rgb[k][i] = (float)number / 128;
        }
        r->examples[k] = (struct train_example){side, side, r->rgb[k], captions[k]};
    }
    for (int i = 0; i < side * side; i++) {
        r->mask[i] = i % side < side / 2;
    }
    r->examples[1].weight = 0.5f;
    r->examples[1].t_begin = 200;
    r->examples[1].t_end = 700;
    r->examples[2].weight = 2;
    r->examples[2].mask = r->mask;
    g_autofree char *file_name = g_strconcat(script, "_", model, ".safetensors", NULL);
    g_autofree char *file = g_test_build_filename(G_TEST_DIST, "data", "train", file_name, NULL);
    r->vectors.vectors = st_open(file, &error);
    g_assert_no_error(error);
}

void reference_close(struct reference *r)
{
    for (int k = 0; k < REFERENCE_PICTURES; k++) {
        g_free(r->rgb[k]);
    }
    g_free(r->mask);
    st_free(r->vectors.vectors);
}

struct trainer *reference_trainer(struct reference *r, struct adapter *a, struct settings *learn,
                                  double clip_norm, const char *checkpoint)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(settings_set(learn, "weight_decay", 1, &error));
    g_assert_true(settings_set(learn, "clip_norm", clip_norm, &error));
    const struct train_params params = {.settings = learn,
                                        .seed = SEED,
                                        .checkpoint_path = checkpoint,
                                        .beneath = &r->beneath,
                                        .n_beneath = r->beneath != NULL};
    const struct train_set set = {r->examples, REFERENCE_PICTURES, r->tokens};
    struct trainer *t = trainer_new(r->fx->model, a, &set, &params, NULL, &error);
    g_assert_no_error(error);
    return t;
}

// ---- numbers ------------------------------------------------------------------------------------

static float *vector(struct reference *r, const char *name, const char *key, int64_t *count)
{
    g_autofree char *full = g_strconcat(name, ".", key, NULL);
    return fixture_vector(&r->vectors, full, count);
}

double reference_number(struct reference *r, const char *name, const char *key, int step)
{
    g_autofree float *curve = vector(r, name, key, NULL);
    return curve[step];
}

void reference_near(const char *what, double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance * fabs(expected))) {
        g_error("%s is %.9g and not %.9g", what, value, expected);
    }
}

// ---- steps --------------------------------------------------------------------------------------

static void check_draw(struct reference *r, const struct train_batch *b, const char *draw, int step)
{
    g_autofree float *samples = vector(r, draw, "sample", NULL),
                     *times = vector(r, draw, "time", NULL);
    for (int i = 0; i < b->count; i++) {
        const struct train_row *row = &b->rows[i];
        g_assert_cmpint(row->sample, ==, (int)samples[step * b->count + i]);
        g_assert_cmpint(row->timestep, ==, (int)times[step * b->count + i]);
        g_assert_cmpint(row->caption, ==, row->sample);
    }
    if (step > 0) {
        return;
    }
    int64_t n;
    g_autofree float *latents = vector(r, draw, "latents", &n),
                     *noise = vector(r, draw, "noise", NULL);
    n /= b->count;
    for (int i = 0; i < b->count; i++) {
        const struct train_row *row = &b->rows[i];
        g_assert_cmpfloat(fixture_distance(row->latents, latents + i * n, n), <=, DRAW_TOLERANCE);
        g_assert_cmpfloat(fixture_distance(row->noise, noise + i * n, n), <=, DRAW_TOLERANCE);
    }
}

static void check_tensor(struct reference *r, const char *name, const char *key,
                         const float *gradient, int64_t count)
{
    int64_t n;
    g_autofree char *full = g_strconcat("grad/", key, NULL);
    g_autofree float *expected = vector(r, name, full, &n);
    g_assert_cmpint(n, ==, count);
    const double error = fixture_distance(gradient, expected, n);
    if (error > GRADIENT_TOLERANCE) {
        g_error("%s: the gradient of %s is off by %g", name, key, error);
    }
}

static void check_gradient(struct reference *r, const struct trainer *t, const struct adapter *a,
                           const char *name, const float *gradient)
{
    int64_t at = 0;
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        g_autofree char *key = g_strconcat(p->part, "/", p->path, NULL);
        check_tensor(r, name, key, gradient + at, p->count);
        at += p->count;
    }
    if (at < trainer_count(t)) {
        check_tensor(r, name, "own", gradient + at, trainer_count(t) - at);
    }
}

static double norm_of(const float *values, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += (double)values[i] * values[i];
    }
    return sqrt(sum);
}

void reference_check(struct reference *r, struct trainer *t, struct adapter *a, const char *name,
                     const char *draw, double clip_norm)
{
    g_autoptr(GError) error = NULL;
    const int64_t n = trainer_count(t);
    const bool own = n > adapter_count(a); // norm is then of more than the adapter
    g_autofree float *gradient = g_new(float, n);
    for (int i = 0; i < REFERENCE_STEPS; i++) {
        double loss;
        check_draw(r, trainer_draw(t), draw, i);
        g_assert_true(trainer_gradient(t, &loss, gradient, &error));
        reference_near("loss", loss, reference_number(r, name, "loss", i), CURVE_TOLERANCE);
        if (i == 0) {
            check_gradient(r, t, a, name, gradient);
        }
        const double norm = trainer_update(t, gradient, &error);
        const double expected = reference_number(r, name, "grad_norm", i);
        reference_near("norm of the gradient", norm, expected, SLOPE_TOLERANCE);
        reference_near("norm of the clipped gradient", norm_of(gradient, n),
                       fmin(expected, clip_norm), SLOPE_TOLERANCE);
        if (!own) {
            reference_near("norm of what is learned", adapter_norm(a),
                           reference_number(r, name, "norm", i), CURVE_TOLERANCE);
        }
    }
}
