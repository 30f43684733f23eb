// Noise schedules and samplers against the vectors of tests/data/train/make_sched_vectors.py, which
// says what a case name means, and the properties that hold without a reference.

#include "compute/sched/sched.h"
#include "tests/sched/path.h"

#include <math.h>
#include <string.h>

static struct st_file *vectors;

// One case of the vectors, from its name.
struct sched_case {
    char **words; // sampler, spacing, prediction, steps, variant
    int steps;
    struct noise_schedule schedule;
};

static struct sched_case case_new(const char *name)
{
    struct sched_case c = {.words = g_strsplit(name, ".", 0)};
    struct sched_config config = {
        .train_steps = 1000,
        .beta_start = 0.00085,
        .beta_end = 0.012,
        .beta_schedule = BETA_SCALED_LINEAR,
        .steps_offset = 1,
        .sigmas = {.order = 2, .lower_order_final = true, .lambda_min = -INFINITY},
        .distilled = {.steps = 50, .time_scale = 10},
    };
    const char *variant = c.words[4] ? c.words[4] : "";
    config.prediction = g_str_equal(c.words[2], "v") ? PREDICTION_V : PREDICTION_EPSILON;
    config.spacing = g_str_equal(c.words[1], "leading")    ? SPACING_LEADING
                     : g_str_equal(c.words[1], "trailing") ? SPACING_TRAILING
                                                           : SPACING_LINSPACE;
    config.rescale_zero_snr = g_str_equal(variant, "zsnr");
    config.set_alpha_to_one = g_str_equal(variant, "one");
    if (g_str_equal(variant, "linear")) {
        config.beta_schedule = BETA_LINEAR;
        config.beta_start = 0.0001;
        config.beta_end = 0.02;
    } else if (g_str_equal(variant, "cosine")) {
        config.beta_schedule = BETA_COSINE;
    }
    c.steps = atoi(c.words[3]);
    noise_schedule_init(&c.schedule, &config);
    return c;
}

static void case_clear(struct sched_case *c)
{
    noise_schedule_finish(&c->schedule);
    g_strfreev(c->words);
}

static struct sampler *make(const char *name, const struct sched_case *c, int steps, int64_t n,
                            GError **error)
{
    return sampler_new(&c->schedule, &(struct sampler_params){.name = name, .steps = steps}, n,
                       error);
}

static void test_path(gconstpointer data)
{
    const char *name = data;
    struct sched_case c = case_new(name);
    int64_t n, total;
    g_autofree float *start = path_vector(vectors, "start", &n);
    g_autofree char *path_name = g_strconcat(name, ".path", NULL);
    g_autofree char *times_name = g_strconcat(name, ".timesteps", NULL);
    g_autofree float *path = path_vector(vectors, path_name, &total),
                     *times = path_vector(vectors, times_name, &total);

    g_autoptr(GError) error = NULL;
    struct sampler *s = make(c.words[0], &c, c.steps, n, &error);
    g_assert_no_error(error);
    g_autofree float *x = g_new(float, n), *input = g_new(float, n), *prediction = g_new(float, n);
    for (int64_t i = 0; i < n; i++) {
        x[i] = (float)(start[i] * s->init_scale);
    }
    for (int i = 0; i < c.steps; i++) {
        g_assert_cmpfloat((float)s->timesteps[i], ==, times[i]);
        sampler_scale_input(s, i, x, input);
        path_network(input, s->timesteps[i], prediction, n);
        sampler_step(s, i, prediction, x);
        path_assert_near(name, i, x, path + i * n, n);
    }
    sampler_free(s);
    case_clear(&c);
}

static void test_up(gconstpointer data)
{
    g_autofree char *name = g_strndup(data, strlen(data) - strlen(".up"));
    struct sched_case c = case_new(name);
    int64_t n, total;
    g_autofree float *x = path_vector(vectors, "start", &n),
                     *path = path_vector(vectors, data, &total);
    g_autofree float *prediction = g_new(float, n);
    g_autofree int *times = g_new(int, c.steps);
    inverter_timesteps(&c.schedule, c.steps, times);
    for (int i = 0; i < c.steps; i++) {
        path_network(x, times[i], prediction, n);
        inverter_step(&c.schedule, c.steps, times[i], prediction, x, n);
        path_assert_near(name, i, x, path + i * n, n);
    }
    case_clear(&c);
}

// With a prediction that does not depend on the latent, inverting and then sampling changes
// nothing.
static void test_identity(void)
{
    static const char *const names[] = {"ddim.leading.epsilon.50", "ddim.trailing.epsilon.20",
                                        "ddim.linspace.epsilon.7"};
    for (size_t k = 0; k < G_N_ELEMENTS(names); k++) {
        struct sched_case c = case_new(names[k]);
        int64_t n;
        g_autofree float *start = path_vector(vectors, "start", &n);
        g_autofree float *x = g_memdup2(start, (size_t)n * sizeof *x);
        float noise[] = {0.3f, -1.2f, 0.8f, 2.0f, -0.1f, 0.0f, 1.0f, -0.7f};
        g_autofree int *times = g_new(int, c.steps);
        inverter_timesteps(&c.schedule, c.steps, times);
        for (int i = 0; i < c.steps; i++) {
            inverter_step(&c.schedule, c.steps, times[i], noise, x, n);
        }
        struct sampler *s = make("ddim", &c, c.steps, n, NULL);
        for (int i = 0; i < c.steps; i++) {
            g_assert_cmpint((int)s->timesteps[i], ==, times[c.steps - 1 - i]);
            sampler_step(s, i, noise, x);
        }
        sampler_free(s);
        path_assert_near(names[k], c.steps, x, start, n);
        case_clear(&c);
    }
}

// The same with every sampler that nothing needs to put back: what the inversion ends in is a start
// for all of them.
static void test_from_inversion(void)
{
    struct sched_case c = case_new("ddim.leading.epsilon.10.one");
    int64_t n;
    g_autofree float *start = path_vector(vectors, "start", &n);
    float noise[] = {0.3f, -1.2f, 0.8f, 2.0f, -0.1f, 0.0f, 1.0f, -0.7f};
    g_autofree int *times = g_new(int, c.steps);
    inverter_timesteps(&c.schedule, c.steps, times);
    for (int k = 0; sampler_table[k]; k++) {
        if (sampler_table[k]->random) {
            continue;
        }
        struct settings *settings = settings_new(sampler_table[k]->settings);
        if (settings_find(settings, "eta", NULL)) {
            g_assert_true(settings_set(settings, "eta", 0, NULL));
        }
        g_autofree float *x = g_memdup2(start, (size_t)n * sizeof *x);
        for (int i = 0; i < c.steps; i++) {
            inverter_step(&c.schedule, c.steps, times[i], noise, x, n);
        }
        const struct sampler_params params = {
            .name = sampler_table[k]->name,
            .settings = settings,
            .steps = c.steps,
            .from_inversion = true,
        };
        struct sampler *s = sampler_new(&c.schedule, &params, n, NULL);
        sampler_take(s, 0, x);
        for (int i = 0; i < c.steps; i++) {
            g_assert_cmpint((int)s->timesteps[i], ==, times[c.steps - 1 - i]);
            path_step(s, i, noise, x);
        }
        sampler_free(s);
        settings_free(settings);
        path_assert_near(sampler_table[k]->name, c.steps, x, start, n);
    }
    case_clear(&c);
}

// eta = 1 with the right prediction keeps the latent's level: z_t of a fixed picture stays
// distributed as z_t'.
static void test_eta(void)
{
    struct sched_case c = case_new("ddim.leading.epsilon.10");
    enum { N = 20000 };
    g_autofree float *x = g_new(float, N), *noise = g_new(float, N);
    struct rng rng = {.seed = 1};
    rng_normal(&rng, noise, N);
    struct settings *settings = settings_new(sampler_find("ddim")->settings);
    g_assert_true(settings_set(settings, "eta", 1, NULL));
    const struct sampler_params params = {
        .name = "ddim", .settings = settings, .steps = c.steps, .rng = &rng};
    struct sampler *s = sampler_new(&c.schedule, &params, N, NULL);
    memset(x, 0, N * sizeof *x);
    noise_add(&c.schedule, (int)s->timesteps[0], x, noise, x, N);
    sampler_step(s, 0, noise, x);
    double variance = 0;
    for (int i = 0; i < N; i++) {
        variance += (double)x[i] * x[i] / N;
    }
    const double expected = 1 - noise_schedule_alpha(&c.schedule, (int)s->timesteps[1]);
    g_assert_cmpfloat(fabs(variance - expected), <, 0.03);
    sampler_free(s);
    settings_free(settings);
    case_clear(&c);
}

// noise_split takes apart what noise_add and noise_target put together.
static void test_split(void)
{
    for (int v = 0; v < 2; v++) {
        struct sched_case c = case_new(v ? "ddim.leading.v.10" : "ddim.leading.epsilon.10");
        const float z[] = {1, -0.5f, 0}, e[] = {0.2f, 1.5f, -2};
        float x[3], target[3], x0[3], epsilon[3];
        noise_add(&c.schedule, 400, z, e, x, 3);
        noise_target(&c.schedule, 400, z, e, target, 3);
        noise_split(&c.schedule, 400, x, target, x0, epsilon, 3);
        for (int i = 0; i < 3; i++) {
            g_assert_cmpfloat(fabsf(x0[i] - z[i]), <, 1e-5f);
            g_assert_cmpfloat(fabsf(epsilon[i] - e[i]), <, 1e-5f);
        }
        case_clear(&c);
    }
}

static void test_slerp(void)
{
    const float a[] = {1, 0, 0}, b[] = {0, 2, 0}, same[] = {2, 0, 0};
    float out[3];
    latent_slerp(a, b, 0, out, 3);
    g_assert_cmpmem(out, sizeof out, a, sizeof a);
    latent_slerp(a, b, 1, out, 3);
    g_assert_cmpfloat(fabsf(out[0]), <, 1e-6f);
    g_assert_cmpfloat(out[1], ==, 2);
    latent_slerp(a, b, 0.5, out, 3);
    g_assert_cmpfloat(fabsf(out[0] - sqrtf(0.5f)), <, 1e-6f);
    latent_slerp(a, same, 0.25, out, 3); // sin(phi) = 0
    g_assert_cmpfloat(fabsf(out[0] - 1.25f), <, 1e-6f);
    g_assert_true(latent_finite(out, 3));
    out[1] = NAN;
    g_assert_false(latent_finite(out, 3));
}

static void test_table(void)
{
    g_autoptr(GError) error = NULL;
    struct sched_case c = case_new("ddim.leading.epsilon.10");
    for (int i = 0; sampler_table[i]; i++) {
        const struct sampler_type *t = sampler_table[i];
        g_assert_true(t->name && t->title && t->summary && t->init && t->step);
        g_assert_true(sampler_find(t->name) == t);
        struct sched_config published = {0};
        g_strlcpy(published.sampler, t->published, sizeof published.sampler);
        g_assert_true(sampler_published(&published) == t);
        const int most = sampler_most_steps(t, &c.schedule);
        for (int steps = 1; steps <= most; steps += most > 100 ? 37 : 7) {
            struct sampler *s = make(t->name, &c, steps, 4, &error);
            g_assert_no_error(error);
            float x[] = {1, -1, 0.5f, 0}, prediction[] = {0.1f, 0.2f, -0.3f, 0};
            for (int k = 0; k < steps; k++) {
                g_assert_true(k == 0 || s->timesteps[k] < s->timesteps[k - 1]);
                g_assert_true(s->timesteps[k] >= 0 && s->timesteps[k] < 1000);
                path_step(s, k, prediction, x);
            }
            g_assert_true(latent_finite(x, 4));
            sampler_free(s);
        }
        const int outside[] = {0, most + 1};
        for (size_t k = 0; k < G_N_ELEMENTS(outside); k++) {
            g_assert_null(make(t->name, &c, outside[k], 4, &error));
            g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
            g_clear_error(&error);
        }
    }
    g_assert_null(make("nobody", &c, 5, 4, NULL));
    g_assert_null(sampler_published(&(struct sched_config){.sampler = "PNDMScheduler"}));
    g_assert_null(sampler_published(&(struct sched_config){0}));
    case_clear(&c);
}

// Guidance gives what it says, and rescaling gives it the spread of the conditional prediction: by
// the whole way all of it, by none nothing.
static void test_guidance(void)
{
    enum { N = 500 };
    float u[N], c[N], guided[N], none[N], all[N];
    struct rng rng = {.seed = 5};
    rng_normal(&rng, u, N);
    rng_normal(&rng, c, N);
    memcpy(guided, c, sizeof c);
    guidance_combine(u, guided, 7, N);
    double sum[3] = {0}, squares[3] = {0};
    memcpy(none, guided, sizeof none);
    memcpy(all, guided, sizeof all);
    guidance_rescale(c, none, 0, N);
    guidance_rescale(c, all, 1, N);
    for (int i = 0; i < N; i++) {
        g_assert_cmpfloat(fabs(guided[i] - (7 * c[i] - 6 * u[i])), <, 1e-5);
        g_assert_cmpfloat(none[i], ==, guided[i]);
        const float values[] = {c[i], guided[i], all[i]};
        for (int k = 0; k < 3; k++) {
            sum[k] += values[k] / N;
            squares[k] += (double)values[k] * values[k] / N;
        }
    }
    double spread[3];
    for (int k = 0; k < 3; k++) {
        spread[k] = sqrt(squares[k] - sum[k] * sum[k]);
    }
    g_assert_cmpfloat(spread[1], >, 5 * spread[0]);
    g_assert_cmpfloat(fabs(spread[2] / spread[0] - 1), <, 1e-5);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *file =
        g_test_build_filename(G_TEST_DIST, "data", "train", "sched.safetensors", NULL);
    vectors = st_open(file, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < vectors->tensors->len; i++) {
        const char *name = ((const struct st_tensor *)vectors->tensors->pdata[i])->name;
        g_autofree char *test = g_strconcat("/sched/reference/", name, NULL);
        if (g_str_has_suffix(name, ".path")) {
            g_test_add_data_func_full(test, g_strndup(name, strlen(name) - strlen(".path")),
                                      test_path, g_free);
        } else if (g_str_has_suffix(name, ".up")) {
            g_test_add_data_func(test, name, test_up);
        }
    }
    g_test_add_func("/sched/identity", test_identity);
    g_test_add_func("/sched/from-inversion", test_from_inversion);
    g_test_add_func("/sched/eta", test_eta);
    g_test_add_func("/sched/split", test_split);
    g_test_add_func("/sched/slerp", test_slerp);
    g_test_add_func("/sched/guidance", test_guidance);
    g_test_add_func("/sched/table", test_table);
    const int failed = g_test_run();
    st_free(vectors);
    return failed;
}
