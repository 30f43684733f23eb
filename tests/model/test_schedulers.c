// Scheduler files as the reference takes them: each case of
// tests/data/schedulers/make_scheduler_vectors.py, make_few_step_vectors.py and
// make_level_vectors.py, which say what their tensors are, is put into a model's folder and read as
// people's are. And options that are refused. No device.

#include "compute/sched/sched.h"
#include "tests/model/folder.h"
#include "tests/sched/path.h"

#include <math.h>
#include <string.h>

#define TIME_TOLERANCE 1e-5 // of the number of training steps, for times between whole ones
#define SCHED          "scheduler/scheduler_config.json"
#define NOISE_SEED     7 // of the fresh noise that the vectors have

// One case of a file of vectors.
struct vector_case {
    const struct st_file *vectors;
    const char *name; // "tcd.g0.4"
};

// The schedule of a model folder that has this scheduler file.
static struct model *model_with(const char *file, struct noise_schedule *schedule)
{
    g_autoptr(GError) error = NULL;
    char *folder = folder_copy("sd1");
    folder_write(folder, SCHED, file);
    struct model *m = model_inspect(folder, &error);
    g_assert_no_error(error);
    noise_schedule_init(schedule, &m->sched);
    folder_free(folder);
    return m;
}

// The sampler's own defaults, or TCD's gamma or the spacing of levels where the case's name says
// so.
static struct settings *settings_of(const char *sampler, const char *name)
{
    g_autoptr(GError) error = NULL;
    struct settings *settings = settings_new(sampler_find(sampler)->settings);
    if (g_str_has_prefix(name, "set-")) {
        g_autofree char *levels = g_strndup(name + 4, strcspn(name + 4, "."));
        settings_parse(settings, "levels", levels, &error);
        g_assert_no_error(error);
    }
    if (g_str_equal(sampler, "tcd") && *name == 'g') {
        g_assert_true(settings_set(settings, "eta", atoi(name + 1) / 10.0, NULL));
    }
    return settings;
}

// A sampler on its way beside the vectors, which have a row for each call of the network.
struct walk {
    const char *name;
    struct sampler *s;
    const float *times, *path; // the vectors
    float *x, *input, *prediction;
    int row;
    double train_steps;
};

// The prediction at step i.
static void call(struct walk *w, int i)
{
    if (fabs(w->s->timesteps[i] - w->times[w->row]) > TIME_TOLERANCE * w->train_steps) {
        g_error("step %d: at %.9g, not at %.9g", i, w->s->timesteps[i], w->times[w->row]);
    }
    sampler_scale_input(w->s, i, w->x, w->input);
    path_network(w->input, w->s->timesteps[i], w->prediction, w->s->n);
}

static void check_row(struct walk *w)
{
    path_assert_near(w->name, w->row, w->x, w->path + w->row * w->s->n, w->s->n);
    w->row++;
}

static void walk(struct walk *w)
{
    for (int i = 0; i < w->s->steps; i++) {
        call(w, i);
        if (sampler_ahead(w->s, i, w->prediction, w->x)) {
            check_row(w);
            call(w, i + 1);
        }
        sampler_step(w->s, i, w->prediction, w->x);
        check_row(w);
    }
}

static void test_case(gconstpointer data)
{
    const struct vector_case *c = data;
    const struct st_file *vectors = c->vectors;
    const char *name = c->name;
    g_autoptr(GError) error = NULL;
    struct noise_schedule schedule;
    struct model *m = model_with(g_hash_table_lookup(vectors->metadata, name), &schedule);
    int64_t n, rows, total;
    g_autofree char *path_name = g_strconcat(name, ".path", NULL),
                    *times_name = g_strconcat(name, ".timesteps", NULL),
                    *sampler = g_strndup(name, strcspn(name, "."));
    g_autofree float *start = path_vector(vectors, "start", &n),
                     *path = path_vector(vectors, path_name, &total),
                     *times = path_vector(vectors, times_name, &rows);

    struct rng rng = {.seed = NOISE_SEED};
    struct settings *settings = settings_of(sampler, name + strlen(sampler) + 1);
    const int steps = (int)(sampler_find(sampler)->ahead ? (rows + 1) / 2 : rows);
    struct sampler *s =
        sampler_new(&schedule,
                    &(struct sampler_params){
                        .name = sampler, .settings = settings, .steps = steps, .rng = &rng},
                    n, &error);
    g_assert_no_error(error);
    g_assert_cmpint(sampler_calls(s->type, steps), ==, rows);
    g_autofree float *x = g_new(float, n), *input = g_new(float, n), *prediction = g_new(float, n);
    for (int64_t i = 0; i < n; i++) {
        x[i] = (float)(start[i] * s->init_scale);
    }
    walk(&(struct walk){.name = path_name,
                        .s = s,
                        .times = times,
                        .path = path,
                        .x = x,
                        .input = input,
                        .prediction = prediction,
                        .train_steps = schedule.train_steps});
    sampler_free(s);
    settings_free(settings);
    noise_schedule_finish(&schedule);
    model_free(m);
}

// What one sampler cannot follow does not keep the others from the model.
static void test_lacks(void)
{
    static const struct {
        const char *file, *samplers, *says;
    } cases[] = {
        {"{\"algorithm_type\": \"sde-dpmsolver++\"}", "dpmpp_2m", "sde-dpmsolver++"},
        {"{\"algorithm_type\": \"dpmsolver\"}", "dpmpp_2m", "dpmsolver"},
        {"{\"use_lu_lambdas\": true}", "dpmpp_2m dpmpp_2m_sde", "use_lu_lambdas"},
        {"{\"lambda_min_clipped\": -3, \"timestep_spacing\": \"trailing\"}",
         "dpmpp_2m dpmpp_2m_sde", "lambda_min_clipped"},
        {"{\"disable_corrector\": [0]}", "unipc", "disable_corrector"},
        {"{\"predict_x0\": false}", "unipc", "predict_x0"},
        {"{\"solver_order\": 4}", "unipc dpmpp_2m_sde", "solver_order"},
        {"{\"solver_order\": 3}", "dpmpp_2m_sde", "solver_order"},
        {"{\"timestep_type\": \"continuous\", \"prediction_type\": \"v_prediction\"}", "euler",
         "continuous"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct noise_schedule schedule;
        struct model *m = model_with(cases[i].file, &schedule);
        g_auto(GStrv) samplers = g_strsplit(cases[i].samplers, " ", 0);
        for (int k = 0; sampler_table[k]; k++) {
            g_autoptr(GError) error = NULL;
            const char *name = sampler_table[k]->name;
            const bool lacks = g_strv_contains((const char *const *)samplers, name);
            struct sampler *s = sampler_new(
                &schedule, &(struct sampler_params){.name = name, .steps = 5}, 4, &error);
            g_assert_true((s == NULL) == lacks);
            if (lacks) {
                g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
                g_assert_nonnull(strstr(error->message, cases[i].says));
            }
            sampler_free(s);
        }
        noise_schedule_finish(&schedule);
        model_free(m);
    }
}

// Which sampler a file names, where its class alone does not tell.
static void test_published(void)
{
    static const struct {
        const char *file, *sampler;
    } cases[] = {
        {"{\"_class_name\": \"DPMSolverMultistepScheduler\"}", "dpmpp_2m"},
        {"{\"_class_name\": \"DPMSolverMultistepScheduler\", "
         "\"algorithm_type\": \"sde-dpmsolver++\"}",
         "dpmpp_2m_sde"},
        {"{\"_class_name\": \"UniPCMultistepScheduler\", "
         "\"algorithm_type\": \"sde-dpmsolver++\"}",
         "unipc"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct noise_schedule schedule;
        struct model *m = model_with(cases[i].file, &schedule);
        g_assert_cmpstr(sampler_published(&m->sched)->name, ==, cases[i].sampler);
        noise_schedule_finish(&schedule);
        model_free(m);
    }
}

static void test_refused(void)
{
    static const struct {
        const char *file, *says;
    } cases[] = {
        {"{\"_class_name\": \"FlowMatchEulerDiscreteScheduler\"}", "FlowMatch"},
        {"{\"_class_name\": \"EDMEulerScheduler\"}", "EDM"},
        {"{\"use_flow_sigmas\": true}", "use_flow_sigmas"},
        {"{\"thresholding\": true}", "thresholding"},
        {"{\"use_karras_sigmas\": true, \"use_beta_sigmas\": true}", "only one spacing"},
        {"{\"final_sigmas_type\": \"one\"}", "final_sigmas_type = one"},
        {"{\"timestep_spacing\": \"log\"}", "timestep_spacing = log"},
        {"{\"solver_order\": 0}", "solver_order is 0"},
        {"{\"solver_order\": -1e30}", "solver_order"},
        {"{\"solver_type\": \"x\"}", "solver_type = x"},
        {"{\"steps_offset\": -1}", "steps_offset is -1"},
        {"{\"beta_end\": NaN}", "beta_end must be a number"},
        {"{\"beta_start\": null}", "beta_start must be a number"},
        {"{\"sigma_max\": -1}", "sigma_max"},
        {"{\"trained_betas\": [0.1, 0.2]}", "list of 1000"},
        {"{\"num_train_timesteps\": 2, \"trained_betas\": [0.1, \"x\"]}", "trained_betas"},
        {"{\"num_train_timesteps\": 2, \"trained_betas\": [0.1, [0.1]]}", "trained_betas"},
        {"{\"num_train_timesteps\": 2, \"trained_betas\": [0.1, 2]}", "trained_betas"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        char *folder = folder_copy("sd1");
        folder_write(folder, SCHED, cases[i].file);
        g_assert_null(model_inspect(folder, &error));
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, cases[i].says));
        folder_free(folder);
    }
}

static bool reckons_in_sigma(const struct sampler_type *t)
{
    static const char *const others[] = {"ddim", "lcm", "tcd", NULL};
    return !g_strv_contains(others, t->name);
}

// Numbers at the ends of their ranges: whatever the path, it is one of finite numbers.
static void test_ends(void)
{
    static const char *const files[] = {
        "{\"beta_start\": 0, \"use_exponential_sigmas\": true}",
        "{\"beta_start\": 0, \"use_karras_sigmas\": true, \"final_sigmas_type\": \"sigma_min\"}",
        "{\"beta_start\": 0, \"solver_order\": 3, \"final_sigmas_type\": \"sigma_min\"}",
        "{\"beta_start\": 1, \"beta_end\": 1, \"use_beta_sigmas\": true}",
        "{\"beta_start\": 0, \"beta_end\": 0, \"solver_order\": 3}",
        "{\"num_train_timesteps\": 7, \"solver_order\": 3, \"use_karras_sigmas\": true}",
        "{\"lambda_min_clipped\": 1000000}",
        "{\"interpolation_type\": \"log_linear\", \"beta_end\": 1}",
        "{\"sigma_min\": 1000000, \"sigma_max\": 0.001, \"use_karras_sigmas\": true}",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        struct noise_schedule schedule;
        struct model *m = model_with(files[i], &schedule);
        for (int k = 0; sampler_table[k]; k++) {
            if (!reckons_in_sigma(sampler_table[k])) {
                continue;
            }
            const struct sampler_params params = {.name = sampler_table[k]->name, .steps = 5};
            struct sampler *s = sampler_new(&schedule, &params, 4, NULL);
            if (!s) {
                continue; // it lacks something, see above
            }
            float x[] = {1, -1, 0.5f, 0}, prediction[] = {0.1f, 0.2f, -0.3f, 0};
            for (int j = 0; j < 5; j++) {
                g_assert_true(s->timesteps[j] >= 0 && s->timesteps[j] < schedule.train_steps);
                path_step(s, j, prediction, x);
            }
            if (!latent_finite(x, 4)) {
                g_error("%s of %s is not finite", params.name, files[i]);
            }
            sampler_free(s);
        }
        noise_schedule_finish(&schedule);
        model_free(m);
    }
}

static void add_cases(const struct st_file *vectors)
{
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, vectors->metadata);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        g_autofree char *test = g_strconcat("/schedulers/reference/", name, NULL);
        const struct vector_case c = {vectors, name};
        g_test_add_data_func_full(test, g_memdup2(&c, sizeof c), test_case, g_free);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autoptr(GError) error = NULL;
    static const char *const files[] = {"schedulers.safetensors", "few_steps.safetensors",
                                        "levels.safetensors"};
    struct st_file *vectors[G_N_ELEMENTS(files)];
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *file =
            g_test_build_filename(G_TEST_DIST, "data", "schedulers", files[i], NULL);
        vectors[i] = st_open(file, &error);
        g_assert_no_error(error);
        add_cases(vectors[i]);
    }
    g_test_add_func("/schedulers/lacks", test_lacks);
    g_test_add_func("/schedulers/published", test_published);
    g_test_add_func("/schedulers/refused", test_refused);
    g_test_add_func("/schedulers/ends", test_ends);
    const int failed = g_test_run();
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        st_free(vectors[i]);
    }
    return failed;
}
