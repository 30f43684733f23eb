// The objective `control`: its steps beside the reference framework's, a run that is interrupted,
// and what becomes of the encoder of hints: in the adapter's file, and out of it at use.

#include "compute/edit/networks.h"
#include "reference.h"

#include <math.h>
#include <string.h>

#define WATCHED            3 // the step whose gradients the vectors have
#define GRADIENT_TOLERANCE 1e-3
#define CURVE_TOLERANCE    1e-4
#define SLOPE_TOLERANCE    1e-3

static struct fixture fx;
static struct reference reference;
static float *hints[REFERENCE_PICTURES];

struct control_case {
    const char *name, *method, *settings;
    const char *start; // in MODEL.safetensors; NULL: the method has no parameters
    int batch;
    double clip_norm;
};
static const struct control_case sd1_cases[] = {
    {"lora", "lora", "rank=4", "lora", 3, 0.3},
    {"oft", "oft", "blocks=2", "oft_r2", 3, 0.3},
    {"alone", "word", "", NULL, 3, 0.3},
};
static const struct control_case sd2_cases[] = {{"svdiff", "svdiff", "", "svdiff", 2, 0.5}};
static const struct control_case levels_cases[] = {{"lora", "lora", "rank=2", "lora", 2, 0.3}};

// The set of reference.c with a hint for each picture.
static void open_model(const char *model)
{
    fixture_open(&fx, model);
    reference_open(&reference, &fx, "control", model);
    const int side = reference.examples[0].width;
    for (int k = 0; k < REFERENCE_PICTURES; k++) {
        hints[k] = g_new(float, side *side * 3);
        for (int i = 0; i < side * side * 3; i++) {
            hints[k][i] = (float)((i * (13 + 6 * k) + i / 23) % 17) / 16;
        }
        reference.examples[k].hint = hints[k];
    }
}

static void close_model(void)
{
    for (int k = 0; k < REFERENCE_PICTURES; k++) {
        g_free(hints[k]);
    }
    reference_close(&reference);
    fixture_close(&fx);
}

static struct adapter *make_adapter(const struct control_case *c)
{
    g_autofree char *settings = g_strconcat(REFERENCE_ADAPTER, c->settings, NULL);
    struct adapter *a = fixture_adapter(&fx, c->method, g_strchomp(settings));
    if (c->start) {
        fixture_start(&fx, a, c->start);
    }
    return a;
}

static struct settings *make_settings(const struct control_case *c)
{
    struct settings *learn = settings_new(learn_settings);
    g_assert_true(settings_parse(learn, "objective", "control", NULL));
    g_assert_true(settings_set(learn, "hint_lr", 0.02, NULL));
    g_assert_true(settings_set(learn, "batch", c->batch, NULL));
    return learn;
}

static struct trainer *make_trainer(const struct control_case *c, struct adapter *a,
                                    const char *checkpoint)
{
    struct settings *learn = make_settings(c);
    struct trainer *t = reference_trainer(&reference, a, learn, c->clip_norm, checkpoint);
    settings_free(learn);
    return t;
}

static float *vector(const char *name, const char *key, int64_t *count)
{
    g_autofree char *full = g_strconcat(name, ".", key, NULL);
    return fixture_vector(&reference.vectors, full, count);
}

// ---- steps --------------------------------------------------------------------------------------

// Every adapter's parameter, then every tensor of the encoder.
static void check_gradient(const struct control_case *c, const struct adapter *a,
                           const float *gradient, int64_t total)
{
    int64_t n;
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        g_autofree char *key = g_strconcat("grad/", p->part, "/", p->path, NULL);
        g_autofree float *expected = vector(c->name, key, &n);
        g_assert_cmpint(n, ==, p->count);
        g_assert_cmpfloat(fixture_distance(gradient, expected, n), <=, GRADIENT_TOLERANCE);
        gradient += n;
        total -= n;
    }
    g_autofree float *own = vector(c->name, "grad/own", &n);
    g_assert_cmpint(n, ==, total);
    struct nn_part *encoder = hint_encoder_part(fx.model);
    const float *expected = own;
    for (guint i = 0; i < encoder->weights->len; i++) {
        const struct nn_weight *w = encoder->weights->pdata[i];
        const int64_t count = shape_count(w->shape);
        const double off = fixture_distance(gradient, expected, count);
        g_test_message("%s: gradient of %s off by %.1e", c->name, w->name, off);
        g_assert_cmpfloat(off, <=, GRADIENT_TOLERANCE);
        gradient += count;
        expected += count;
    }
    nn_part_free(encoder);
}

static void check_steps(const struct control_case *c)
{
    g_autoptr(GError) error = NULL;
    struct adapter *a = make_adapter(c);
    struct trainer *t = make_trainer(c, a, NULL);
    const int64_t n = trainer_count(t);
    g_autofree float *gradient = g_new(float, n);
    for (int i = 0; i < REFERENCE_STEPS; i++) {
        double loss;
        trainer_draw(t);
        g_assert_true(trainer_gradient(t, &loss, gradient, &error));
        reference_near("loss", loss, reference_number(&reference, c->name, "loss", i),
                       CURVE_TOLERANCE);
        if (i == WATCHED) {
            check_gradient(c, a, gradient, n);
        }
        reference_near("norm of the gradient", trainer_update(t, gradient, &error),
                       reference_number(&reference, c->name, "grad_norm", i), SLOPE_TOLERANCE);
    }
    trainer_free(t);
    adapter_free(a);
}

static void check_model(const char *model, const struct control_case *cases, size_t count)
{
    open_model(model);
    for (size_t i = 0; i < count; i++) {
        check_steps(&cases[i]);
    }
    close_model();
}

static void test_steps(void)
{
    check_model("sd1", sd1_cases, G_N_ELEMENTS(sd1_cases));
    check_model("sd2", sd2_cases, G_N_ELEMENTS(sd2_cases));
    check_model("levels", levels_cases, G_N_ELEMENTS(levels_cases));
}

// The encoder ends in zeros: a run begins with what the model predicts without it.
static void test_begins_with_the_model(void)
{
    g_autoptr(GError) error = NULL;
    const struct control_case *c = &sd1_cases[0];
    open_model("sd1");
    double loss[2];
    for (int k = 0; k < 2; k++) {
        struct settings *learn = make_settings(c);
        struct adapter *a = make_adapter(c);
        g_assert_true(settings_parse(learn, "objective", k ? "control" : "single_image", NULL));
        struct trainer *t = reference_trainer(&reference, a, learn, 1, NULL);
        g_autofree float *gradient = g_new(float, trainer_count(t));
        trainer_draw(t);
        g_assert_true(trainer_gradient(t, &loss[k], gradient, &error));
        trainer_free(t);
        adapter_free(a);
        settings_free(learn);
    }
    reference_near("loss", loss[1], loss[0], 1e-6);
    close_model();
}

// ---- runs ---------------------------------------------------------------------------------------

static void stop_after_five(struct task *task, const struct task_progress *progress)
{
    if (progress->training->step == 5) {
        g_cancellable_cancel(task->cancellable);
    }
}

static void assert_same(const struct adapter *a, const struct adapter *b)
{
    g_assert_cmpint(a->params->len, ==, b->params->len);
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i], *q = b->params->pdata[i];
        g_assert_cmpmem(p->value, (gsize)p->count * 4, q->value, (gsize)q->count * 4);
    }
    g_assert_cmpint(a->extras->len, ==, b->extras->len);
    for (guint i = 0; i < a->extras->len; i++) {
        const struct adapter_extra *p = a->extras->pdata[i], *q = b->extras->pdata[i];
        gsize count = 1;
        for (int k = 0; k < p->rank; k++) {
            count *= (gsize)p->shape[k];
        }
        g_assert_cmpstr(p->name, ==, q->name);
        g_assert_cmpmem(p->value, count * 4, q->value, count * 4);
    }
}

static void check_encoder(const struct control_case *c, const struct adapter *a)
{
    g_assert_cmpint(a->extras->len, >, 0);
    for (guint i = 0; i < a->extras->len; i++) {
        const struct adapter_extra *e = a->extras->pdata[i];
        int64_t n, count = 1;
        g_assert_true(g_str_has_prefix(e->name, HINT_ENCODER_PREFIX));
        g_autofree char *key = g_strconcat("encoder/", e->name + strlen(HINT_ENCODER_PREFIX), NULL);
        g_autofree float *expected = vector(c->name, key, &n);
        for (int k = 0; k < e->rank; k++) {
            count *= e->shape[k];
        }
        g_assert_cmpint(count, ==, n);
        g_assert_cmpfloat(fixture_distance(e->value, expected, n), <=, 2e-3);
    }
}

// Ten steps in one go, and five, a checkpoint, a trainer that knows nothing of them, and the other
// five: the same numbers to the bit, and the reference's.
static void check_interrupted(const struct control_case *c, const char *file)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    struct adapter *whole = make_adapter(c), *a = make_adapter(c), *b = make_adapter(c);
    struct trainer *t = make_trainer(c, whole, NULL);
    g_assert_true(trainer_run(t, NULL, &error));
    trainer_free(t);
    check_encoder(c, whole);
    t = make_trainer(c, a, file);
    g_assert_false(trainer_run(t, &(struct task){stop_after_five, NULL, cancel}, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_clear_error(&error);
    trainer_free(t);
    t = make_trainer(c, b, file);
    g_assert_true(trainer_resume(t, file, &error));
    g_assert_true(trainer_run(t, NULL, &error));
    assert_same(whole, b);
    trainer_free(t);
    adapter_free(whole);
    adapter_free(a);
    adapter_free(b);
}

static void test_interrupted(void)
{
    open_model("sd1");
    g_autofree char *file = fixture_file(&fx, "control.checkpoint");
    for (size_t i = 0; i < G_N_ELEMENTS(sd1_cases); i++) {
        check_interrupted(&sd1_cases[i], file);
    }
    close_model();
}

// A checkpoint belongs to the hints that it was made with.
static void test_other_hints(void)
{
    g_autoptr(GError) error = NULL;
    const struct control_case *c = &sd1_cases[2];
    open_model("sd1");
    g_autofree char *file = fixture_file(&fx, "other.checkpoint");
    struct adapter *a = make_adapter(c);
    struct trainer *t = make_trainer(c, a, file);
    g_assert_true(trainer_checkpoint(t, file, &error));
    trainer_free(t);
    hints[1][7] = 1 - hints[1][7];
    t = make_trainer(c, a, file);
    g_assert_false(trainer_resume(t, file, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH);
    g_assert_nonnull(strstr(error->message, "pictures"));
    g_clear_error(&error);
    trainer_free(t);
    reference.examples[2].hint = NULL;
    struct settings *learn = make_settings(c);
    const struct train_set set = {reference.examples, REFERENCE_PICTURES, NULL};
    g_assert_null(
        trainer_new(fx.model, a, &set, &(struct train_params){.settings = learn}, NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    g_assert_nonnull(strstr(error->message, "picture 3 of 3 comes without a hint"));
    settings_free(learn);
    adapter_free(a);
    close_model();
}

// ---- files --------------------------------------------------------------------------------------

// What a loaded encoder makes of the first hint, beside the reference's.
static void check_features(const struct control_case *c, const struct hint_net *net)
{
    g_autoptr(GError) error = NULL;
    int64_t n;
    const int side = reference.examples[0].width;
    g_autofree float *expected = vector(c->name, "features", &n), *found = g_new(float, n);
    struct graph *g = graph_new();
    struct nn nn = {.g = g, .part = net->part};
    struct tensor *in = tensor_new(fx.gpu, DTYPE_F32, (int[]){1, side, side, 3}, "hint", &error);
    struct node *out = hint_stack_build(&nn, &net->stack, graph_leaf(g, in), net->kind->prefix);
    struct program *p = program_new(g, fx.gpu, &out, 1, &error);
    g_assert_cmpint(shape_count(out->shape), ==, n);
    g_assert_true(tensor_write(in, hints[0], &error) && program_run(p, NULL, &error) &&
                  program_read(p, out, found, &error));
    const double off = fixture_distance(found, expected, n);
    g_test_message("%s: features off by %.1e", c->name, off);
    g_assert_cmpfloat(off, <=, 2e-3);
    program_free(p);
    tensor_free(in);
    graph_free(g);
}

static void check_file(const struct control_case *c)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *file = fixture_file(&fx, "control.safetensors"),
                    *other = fixture_file(&fx, "other.safetensors");
    struct adapter *a = make_adapter(c);
    struct trainer *t = make_trainer(c, a, NULL);
    g_assert_true(trainer_run(t, NULL, &error));
    trainer_free(t);
    adapter_release(a);
    g_assert_true(adapter_save(a, file, NULL, &error));
    struct adapter *b = adapter_load(file, fx.model, &error);
    g_assert_no_error(error);
    g_assert_cmpint(b->unmatched->len, ==, 0);
    g_assert_cmpstr(g_hash_table_lookup(b->metadata, HINT_META), ==, "canny");
    assert_same(a, b);
    g_assert_true(hint_net_is(file));
    struct hint_net *net = hint_net_load(file, fx.model, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(net->has_adapter, ==, c->start != NULL);
    g_assert_cmpstr(g_hash_table_lookup(net->metadata, HINT_META ".high"), ==, "200");
    check_features(c, net);
    hint_net_free(net);
    if (c->start) { // other programs' files have no place for it
        struct adapter_written written;
        g_assert_true(adapter_export(b, "dense", 0, other, &written, NULL, NULL, NULL, &error));
        g_assert_true(written.without_hints);
        g_assert_false(hint_net_is(other));
    }
    adapter_free(a);
    adapter_free(b);
}

static void test_files(void)
{
    open_model("sd1");
    for (size_t i = 0; i < G_N_ELEMENTS(sd1_cases); i++) {
        check_file(&sd1_cases[i]);
    }
    close_model();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/control/steps", test_steps);
    g_test_add_func("/control/begins-with-the-model", test_begins_with_the_model);
    g_test_add_func("/control/interrupted", test_interrupted);
    g_test_add_func("/control/other-hints", test_other_hints);
    g_test_add_func("/control/files", test_files);
    return g_test_run();
}
