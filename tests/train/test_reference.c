// A run's own batches against the reference framework: what the seed draws, the gradient of every
// parameter, ten AdamW steps, and a run that is interrupted in their midst.

#include "reference.h"

#include <math.h>

static struct fixture fx;
static struct reference reference;

struct batch_case {
    const char *name, *method, *settings;
    const char *start; // in MODEL.safetensors
    const char *draw, *objective;
    int batch;
    double clip_norm;
    const char *keep;    // a class is held to, with rates that fall to nothing
    const char *beneath; // start of an adapter that is learned on top of
};
#define ALL "rank=3 targets=attention+ff+proj"
static const struct batch_case sd1_cases[] = {
    {"svdiff", "svdiff", "", "svdiff", "batch3", "single_image", 3, 0.35},
    {"svdiff_te", "svdiff", "text_encoder=on", "svdiff_te", "batch3", "single_image", 3, 0.35},
    {"oft", "oft", "blocks=2", "oft_r2", "batch3", "single_image", 3, 0.15},
    {"lora", "lora", "rank=4", "lora", "batch3", "single_image", 3, 0.06},
    {"prior", "lora", "rank=4", "lora", "prior4", "subject", 2, 0.1},
    {"keep", "lora", "rank=4", "lora", "prior4", "subject", 2, 0.1, "predictions"},
    {"unmix", "lora", "rank=4", "lora", "mix4", "cut_mix_unmix", 2, 0.3},
    {"tailor", "lora", "rank=4", "lora", "tailor4", "style_tailoring", 2, 0.1},
    {"stack", "lora", "rank=4", "lora", "batch3", "single_image", 3, 0.06, NULL, "svdiff_te"},
    {"stack_keep", "lora", "rank=4", "lora", "prior4", "subject", 2, 0.1, "predictions",
     "svdiff_te"},
};
static const struct batch_case sd2_cases[] = {
    {"svdiff", "svdiff", "", "svdiff", "batch2", "single_image", 2, 0.3},
    {"prior", "lora", ALL, "lora_all", "prior2", "subject", 1, 0.1},
    {"keep", "lora", ALL, "lora_all", "prior2", "subject", 1, 0.1, "predictions"},
    {"unmix", "lora", ALL, "lora_all", "mix2", "cut_mix_unmix", 1, 0.3},
};
static const struct batch_case wide_cases[] = {
    {"oft", "oft", "blocks=2", "oft_r2", "batch2", "single_image", 2, 0.15},
    {"prior", "lora", "rank=2", "lora", "prior4", "subject", 2, 0.1},
    {"keep", "lora", "rank=2", "lora", "prior4", "subject", 2, 0.1, "predictions"},
    {"unmix", "lora", "rank=2", "lora", "mix4", "cut_mix_unmix", 2, 0.3},
};

static struct adapter *make_adapter(const struct batch_case *c)
{
    g_autofree char *settings = g_strconcat(REFERENCE_ADAPTER, c->settings, NULL);
    return fixture_adapter(&fx, c->method, g_strchomp(settings));
}

// The one of the case that is learned on top of; NULL: none.
static void make_beneath(const struct batch_case *c)
{
    if (c->beneath) {
        reference.beneath = fixture_adapter(&fx, "svdiff", "text_encoder=on");
        fixture_start(&fx, reference.beneath, c->beneath);
        reference.beneath->scale = 0.6;
    }
}

static struct trainer *make_trainer(const struct batch_case *c, struct adapter *a,
                                    const char *checkpoint)
{
    struct settings *learn = settings_new(learn_settings);
    const bool tailored = g_str_equal(c->objective, "style_tailoring");
    const bool prior = !tailored && !g_str_equal(c->objective, "single_image");
    const bool mixed = g_str_equal(c->objective, "cut_mix_unmix");
    struct train_example *first = &reference.examples[0];
    g_assert_true(settings_parse(learn, "objective", c->objective, NULL));
    g_assert_true(settings_set(learn, "batch", c->batch, NULL));
    g_assert_true(!prior || settings_set(learn, "prior_weight", 0.25, NULL));
    g_assert_true(!mixed || settings_set(learn, "unmix", 900, NULL));
    g_assert_true(!c->keep || (settings_parse(learn, "keep", c->keep, NULL) &&
                               settings_parse(learn, "lr_schedule", "cosine", NULL)));
    g_assert_true(!tailored || settings_set(learn, "split", 600, NULL));
    for (int i = 0; i < REFERENCE_PICTURES; i++) {
        reference.examples[i].role = tailored ? ROLE_CONTENT : ROLE_INSTANCE;
    }
    reference.examples[1].role = tailored ? ROLE_STYLE : prior ? ROLE_PRIOR : ROLE_INSTANCE;
    first->composed = mixed;
    first->sides[0] = mixed ? "dog" : NULL;
    first->sides[1] = mixed ? "the beach" : NULL;
    struct trainer *t = reference_trainer(&reference, a, learn, c->clip_norm, checkpoint);
    settings_free(learn);
    return t;
}

// ---- by hand ------------------------------------------------------------------------------------

static void check_cases(const char *model, const struct batch_case *cases, size_t count)
{
    fixture_open(&fx, model);
    reference_open(&reference, &fx, "batch", model);
    for (size_t i = 0; i < count; i++) {
        const struct batch_case *c = &cases[i];
        g_test_message("%s %s", model, c->name);
        struct adapter *a = make_adapter(c);
        fixture_start(&fx, a, c->start);
        make_beneath(c);
        struct trainer *t = make_trainer(c, a, NULL);
        reference_check(&reference, t, a, c->name, c->draw, c->clip_norm);
        trainer_free(t);
        adapter_free(a);
        g_clear_pointer(&reference.beneath, adapter_free);
    }
    reference_close(&reference);
    fixture_close(&fx);
}

static void test_sd1(void)
{
    check_cases("sd1", sd1_cases, G_N_ELEMENTS(sd1_cases));
}

static void test_sd2(void)
{
    check_cases("sd2", sd2_cases, G_N_ELEMENTS(sd2_cases));
}

static void test_wide(void)
{
    check_cases("wide", wide_cases, G_N_ELEMENTS(wide_cases));
}

// ---- as a run -----------------------------------------------------------------------------------

struct follow {
    const char *name;
    int count, stop_after;
};

static void follow_step(struct task *task, const struct task_progress *progress)
{
    struct follow *f = task->data;
    const struct train_report *r = progress->training;
    const int i = f->count++;
    g_assert_cmpint(r->step, ==, f->count);
    reference_near("loss", r->loss, reference_number(&reference, f->name, "loss", i), 1e-4);
    reference_near("moving mean", r->loss_mean,
                   reference_number(&reference, f->name, "loss_mean", i), 1e-4);
    reference_near("norm of the gradient", r->grad_norm,
                   reference_number(&reference, f->name, "grad_norm", i), 1e-3);
    if (f->count == f->stop_after) {
        g_cancellable_cancel(task->cancellable);
    }
}

// Five steps, a checkpoint, a trainer that knows nothing of them, and the other five.
static void check_interrupted(const struct batch_case *c, const char *file)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    struct follow follow = {.name = c->name, .stop_after = REFERENCE_STEPS / 2};
    struct adapter *a = make_adapter(c), *b = make_adapter(c);
    fixture_start(&fx, a, c->start);
    make_beneath(c);
    struct trainer *t = make_trainer(c, a, file);
    g_assert_false(trainer_run(t, &(struct task){follow_step, &follow, cancel}, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_clear_error(&error);
    trainer_free(t);
    t = make_trainer(c, b, file);
    g_assert_true(trainer_resume(t, file, &error));
    g_assert_true(trainer_run(t, &(struct task){follow_step, &follow, NULL}, &error));
    g_assert_cmpint(follow.count, ==, REFERENCE_STEPS);
    reference_near("norm of what is learned", adapter_norm(b),
                   reference_number(&reference, c->name, "norm", REFERENCE_STEPS - 1), 1e-4);
    trainer_free(t);
    adapter_free(a);
    adapter_free(b);
    g_clear_pointer(&reference.beneath, adapter_free);
}

static void test_interrupted(void)
{
    fixture_open(&fx, "sd1");
    reference_open(&reference, &fx, "batch", "sd1");
    g_autofree char *file = fixture_file(&fx, "batch.checkpoint");
    for (size_t i = 0; i < G_N_ELEMENTS(sd1_cases); i++) {
        check_interrupted(&sd1_cases[i], file);
    }
    reference_close(&reference);
    fixture_close(&fx);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reference/sd1", test_sd1);
    g_test_add_func("/reference/sd2", test_sd2);
    g_test_add_func("/reference/wide", test_wide);
    g_test_add_func("/reference/interrupted", test_interrupted);
    return g_test_run();
}
