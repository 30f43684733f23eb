#include "ui/cli/cli.h"

#include "compute/edit/networks.h"
#include "compute/gpu/host.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define REPEAT 9

struct bench {
    struct cli *c;
    JsonBuilder *json;
};

static void report(struct bench *b, const char *key, const char *title, double value,
                   const char *unit)
{
    if (b->c->json) {
        json_builder_set_member_name(b->json, key);
        json_builder_add_double_value(b->json, value);
    } else {
        printf("%-44s %10.1f %s\n", title, value, unit);
    }
}

static double now_ms(void)
{
    return (double)g_get_monotonic_time() / 1000.0;
}

static int compare_double(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Median milliseconds of a U-Net call with two samples, as guidance makes it; -1 with an error.
static double bench_predict(struct engine *e, int side, GError **error)
{
    struct model *m = e->model;
    const int f = model_latent_factor(m), h = side / f;
    const int64_t n = (int64_t)h * h * m->unet.in_channels,
                  s = (int64_t)m->text.max_tokens * m->unet.cross_dim;
    g_autofree float *x = g_new0(float, 2 * n);
    g_autofree float *out = g_new(float, 2 * n);
    g_autofree float *embeddings = g_new0(float, 2 * s);
    struct rng rng = {.seed = 1};
    rng_normal(&rng, x, 2 * n);
    rng_normal(&rng, embeddings, 2 * s);
    struct networks *net = networks_new(m, m->parts);
    double times[REPEAT];
    double result = 0.0;
    for (int i = -1; i < REPEAT && result >= 0.0; i++) { // the first builds and warms
        double begin = now_ms();
        if (!networks_predict(net, 2, h, h, 500, x, embeddings, out, cli_task.cancellable, error)) {
            result = -1.0;
        } else if (i >= 0) {
            times[i] = now_ms() - begin;
        }
    }
    networks_free(net);
    if (result >= 0.0) {
        qsort(times, REPEAT, sizeof *times, compare_double);
        result = times[REPEAT / 2];
    }
    return result;
}

struct learn_times {
    double last;
    double ms[64];
    int n;
};

static void learn_report_cb(struct task *task, const struct task_progress *progress)
{
    struct learn_times *t = task->data;
    if (!progress->training) {
        return;
    }
    double now = now_ms();
    if (t->last > 0.0 && t->n < (int)G_N_ELEMENTS(t->ms)) {
        t->ms[t->n++] = now - t->last;
    }
    t->last = now;
}

// A training whose steps are timed, at batch 1: of a subject that is one picture and one of its
// class.
struct bench_learning {
    const char *key, *title, *method, *objective;
};
static const struct bench_learning learnings[] = {
    {"svdiff_step_ms", "SVDiff training step (1 sample)", "svdiff", "single_image"},
    {"oft_step_ms", "OFT training step (1 sample)", "oft", "single_image"},
    {"subject_step_ms", "subject training step (LoRA, 2 samples)", "lora", "subject"},
    {"unmix_step_ms", "two subjects' training step (LoRA, 2 samples)", "lora", "cut_mix_unmix"},
};

static struct settings *learning_settings(const struct bench_learning *l)
{
    struct settings *s = settings_new(learn_settings);
    settings_parse(s, "method", l->method, NULL);
    settings_parse(s, "objective", l->objective, NULL);
    settings_set(s, "steps", 16, NULL);
    return s;
}

// The median of its steps in milliseconds; -1 with an error.
static double bench_learn(struct engine *e, const struct bench_learning *l, int side,
                          GError **error)
{
    g_autofree float *rgb = g_new(float, (gsize)side *side * 3);
    for (int i = 0; i < side * side * 3; i++) {
        rgb[i] = (float)(i % 255) / 127.5f - 1.0f;
    }
    const struct train_example examples[] = {
        {side, side, rgb, "a dog on the left and a car on the right", .role = ROLE_INSTANCE,
         .composed = true, .sides = {"dog", "car"}},
        {side, side, rgb, "a dog and a car", .role = ROLE_PRIOR, .composed = true}};
    const struct train_set set = {examples, g_str_equal(l->objective, "single_image") ? 1 : 2};
    struct settings *settings = learning_settings(l);
    const struct train_params params = {.settings = settings, .seed = 1};
    struct learn_times times = {0};
    struct task task = {
        .report = learn_report_cb, .data = &times, .cancellable = cli_task.cancellable};
    struct adapter *a =
        adapter_new(l->method, e->model, settings_member(settings, "method"), error);
    struct trainer *t = a ? trainer_new(e->model, a, &set, &params, &cli_task, error) : NULL;
    bool ok = t && trainer_run(t, &task, error);
    trainer_free(t);
    adapter_free(a);
    settings_free(settings);
    if (!ok || times.n == 0) {
        return -1.0;
    }
    qsort(times.ms, (size_t)times.n, sizeof *times.ms, compare_double);
    return times.ms[times.n / 2];
}

static double bench_edit(struct engine *e, int side, GError **error)
{
    g_autofree float *rgb = g_new0(float, (gsize)side *side * 3);
    struct settings *settings = settings_new(edit_settings);
    struct edit_request q = {
        .settings = settings,
        .rgb = rgb,
        .width = side,
        .height = side,
        .source_prompt = "a photo",
    };
    struct task task = {.cancellable = cli_task.cancellable}; // without a line of progress
    double best = -1.0;
    const char *const prompts[] = {"a photo", "a red apple", "a blue apple"}; // the first compiles
    for (int i = 0; i < 3; i++) {
        q.prompt = prompts[i];
        double begin = now_ms();
        struct edit_result *r = editor_run(e->editor, &q, &task, error);
        best = r ? now_ms() - begin : -1.0;
        edit_result_free(r);
        if (best < 0) {
            break;
        }
    }
    settings_free(settings);
    return best;
}

#define PREDICT_KEY "unet_guided_ms"
#define EDIT_KEY    "edit_ms"

static bool is_wanted(const struct cli *c, const char *key)
{
    return c->only ? g_str_equal(c->only, key) : !c->raw || g_str_equal(key, PREDICT_KEY);
}

static bool is_known(const char *key)
{
    bool known = g_str_equal(key, PREDICT_KEY) || g_str_equal(key, EDIT_KEY);
    for (size_t i = 0; i < G_N_ELEMENTS(learnings) && !known; i++) {
        known = g_str_equal(key, learnings[i].key);
    }
    return known;
}

static bool measure(struct bench *b, struct engine *e, int side, GError **error)
{
    double ms;
    report(b, "sgemm_gflops", "sgemm 512 x 512 x 512", host_gemm_rate(512), "GFLOP/s");
    if (is_wanted(b->c, PREDICT_KEY)) {
        if ((ms = bench_predict(e, side, error)) < 0) {
            return false;
        }
        report(b, PREDICT_KEY, "guided U-Net step (2 samples)", ms, "ms");
    }
    for (size_t i = 0; i < G_N_ELEMENTS(learnings); i++) {
        if (is_wanted(b->c, learnings[i].key)) {
            if ((ms = bench_learn(e, &learnings[i], side, error)) < 0) {
                return false;
            }
            report(b, learnings[i].key, learnings[i].title, ms, "ms");
        }
    }
    if (is_wanted(b->c, EDIT_KEY)) {
        if ((ms = bench_edit(e, side, error)) < 0) {
            return false;
        }
        report(b, EDIT_KEY, "20-step guided edit, inversion known", ms, "ms");
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    report(b, "peak_mib", "peak memory", (double)usage.ru_maxrss / 1024.0, "MiB");
    return true;
}

static bool run(struct cli *c, GError **error)
{
    if (c->only && !is_known(c->only)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--only %s: the bench has no such line; --json shows their names", c->only);
        return false;
    }
    gint64 begin = g_get_monotonic_time();
    struct engine *e = cli_engine(c, error);
    if (!e) {
        return false;
    }
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    struct bench b = {c, json};
    report(&b, "load_ms", "device and model", (double)(g_get_monotonic_time() - begin) / 1000.0,
           "ms");
    bool ok = measure(&b, e, c->size ? c->size : model_default_size(e->model), error);
    json_builder_end_object(json);
    if (ok && c->json) {
        cli_print_json(json);
    }
    return ok;
}

const struct cli_command bench_command = {
    .name = "bench",
    .summary = "Measure step times, memory and the machine's sgemm rate",
    .usage = "",
    .options = (const char *const[]){"model", "vae", "device", "precision", "size", "json", "raw",
                                     "only", NULL},
    .run = run,
};
