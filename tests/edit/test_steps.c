// Editing on a small model against the same steps taken by hand: where an edit starts, what
// guidance makes of two predictions, what is kept between runs and what is not.
#include "compute/edit/edit.h"
#include "compute/edit/inverter.h"
#include "compute/edit/networks.h"
#include "compute/train/train.h"
#include "fixture.h"

#include <math.h>
#include <string.h>

#define SIDE      16
#define FLOATS    (4 * 8 * 8) // of its latents
#define TOLERANCE 1e-5        // of the largest number

// Calls of the U-Net are counted, an item of a batch as one: the linker leads them here.
static int evaluations;
bool __real_networks_predict(struct networks *n, int batch, int h, int w, double t,
                             const float *latents, const float *text, float *prediction,
                             GCancellable *c, GError **error);
bool __wrap_networks_predict(struct networks *n, int batch, int h, int w, double t,
                             const float *latents, const float *text, float *prediction,
                             GCancellable *c, GError **error);
bool __wrap_networks_predict(struct networks *n, int batch, int h, int w, double t,
                             const float *latents, const float *text, float *prediction,
                             GCancellable *c, GError **error)
{
    evaluations += batch;
    return __real_networks_predict(n, batch, h, w, t, latents, text, prediction, c, error);
}

static struct fixture fx;
static struct editor *editor;
static float rgb[SIDE * SIDE * 3];

static void open_model(const char *name)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, name);
    editor = editor_new(fx.model, &error);
    g_assert_no_error(error);
    for (int i = 0; i < SIDE * SIDE * 3; i++) {
        rgb[i] = (float)(i * 37 % 257 - 128) / 128;
    }
}

static void open_all(void)
{
    open_model("sd1");
}

static void close_all(void)
{
    editor_free(editor);
    fixture_close(&fx);
}

// settings: "steps=1 guidance=3". Steps taken by hand are without attention control, unless it is
// asked for: see test_control.c.
static struct edit_result *result(const struct setting *table, const char *settings,
                                  struct edit_request q)
{
    g_autoptr(GError) error = NULL;
    struct settings *s = settings_new(table);
    if (table == edit_settings) {
        settings_parse(s, "control", "none", &error);
        g_assert_no_error(error);
    }
    g_auto(GStrv) words = g_strsplit(settings, " ", 0);
    for (int i = 0; words[i]; i++) {
        g_auto(GStrv) pair = g_strsplit(words[i], "=", 2);
        settings_parse(s, pair[0], pair[1], &error);
        g_assert_no_error(error);
    }
    q.settings = s;
    q.width = q.height = SIDE;
    struct edit_result *r = editor_run(editor, &q, NULL, &error);
    g_assert_no_error(error);
    settings_free(s);
    return r;
}

// latents: FLOATS, of the run.
static void run(const struct setting *table, const char *settings, struct edit_request q,
                float *latents)
{
    struct edit_result *r = result(table, settings, q);
    memcpy(latents, r->latents, FLOATS * sizeof *latents);
    edit_result_free(r);
}

static void assert_near(const float *a, const float *b)
{
    g_assert_cmpfloat(fixture_distance(a, b, FLOATS), <=, TOLERANCE);
}

// The words mean little to a model of random weights.
static void assert_apart(const float *a, const float *b)
{
    g_assert_cmpfloat(fixture_distance(a, b, FLOATS), >, 10 * TOLERANCE);
}

// One step is linear in the prediction, and so u + w (c - u) is seen in the latents: c with the
// words, u with those to be avoided.
static void test_guidance(void)
{
    static const char *const avoided[] = {NULL, "", "a cat"};
    open_all();
    for (size_t i = 0; i < G_N_ELEMENTS(avoided); i++) {
        float with[FLOATS], without[FLOATS], guided[FLOATS], expected[FLOATS];
        struct edit_request q = {.prompt = "a photo of a dog", .negative = avoided[i], .seed = 3};
        run(generate_settings, "steps=1 guidance=3", q, guided);
        run(generate_settings, "steps=1 guidance=1", q, with);
        q.prompt = avoided[i] ? avoided[i] : "";
        run(generate_settings, "steps=1 guidance=1", q, without);
        for (int k = 0; k < FLOATS; k++) {
            expected[k] = without[k] + 3 * (with[k] - without[k]);
        }
        assert_near(guided, expected);
        assert_apart(guided, with);
        assert_apart(with, without);
    }
    close_all();
}

// Rescaled by all of it, a step goes as far from x as the words' own prediction does: their spreads
// are alike, whatever the guidance. (One step is linear in the prediction.)
static void test_guidance_rescale(void)
{
    float with[FLOATS], guided[FLOATS], half[FLOATS], full[FLOATS];
    const struct edit_request q = {.prompt = "a photo of a dog", .seed = 3};
    open_all();
    run(generate_settings, "steps=1 guidance=1", q, with);
    run(generate_settings, "steps=1 guidance=9", q, guided);
    run(generate_settings, "steps=1 guidance=9 guidance_rescale=0.5", q, half);
    run(generate_settings, "steps=1 guidance=9 guidance_rescale=1", q, full);
    assert_apart(full, guided);
    for (int i = 0; i < FLOATS; i++) {
        guided[i] = (guided[i] + full[i]) / 2;
    }
    assert_near(half, guided);
    assert_apart(full, with);
    close_all();
}

// A step without guidance is one call of the U-Net and one with guidance two, in drawing and in
// either branch of an edit, whose inversion is not guided.
static void test_evaluations(void)
{
    static const struct {
        const char *settings;
        bool edit;
        int evaluations;
    } cases[] = {
        {"steps=4 guidance=1", false, 4},
        {"steps=4 guidance=3", false, 8},
        {"steps=4 guidance=3 guidance_end=0.5", false, 6},
        {"steps=4 guidance=3 guidance_end=0", false, 4},
        {"steps=4 guidance=1 scheduler=lcm", false, 4},
        {"steps=1 guidance=1 scheduler=euler", false, 1},
        {"steps=4 guidance=3 scheduler=heun", false, 14},
        {"steps=4 guidance=3 guidance_end=0.5 scheduler=heun", false, 6 + 4},
        {"steps=4 guidance=1 locality=0 inverter=ddim scheduler=heun", true, 4 + 7 + 7},
        {"steps=4 guidance=1 locality=0 inverter=ddim", true, 4 + 4 + 4},
        {"steps=4 guidance=3 locality=0 inverter=ddim", true, 4 + 8 + 8},
        {"steps=4 guidance=1 locality=0 inverter=direct scheduler=lcm", true, 4 + 4 + 4},
        {"steps=4 guidance=3 locality=0 inverter=virtual", true, 0 + 8 + 8},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        float drawn[FLOATS];
        open_all(); // nothing is kept of the case before
        const struct edit_request q = {.rgb = cases[i].edit ? rgb : NULL,
                                       .source_prompt = cases[i].edit ? "a cat" : NULL,
                                       .prompt = "a dog"};
        evaluations = 0;
        run(cases[i].edit ? edit_settings : generate_settings, cases[i].settings, q, drawn);
        g_test_message("%s: %d", cases[i].settings, evaluations);
        g_assert_cmpint(evaluations, ==, cases[i].evaluations);
        close_all();
    }
}

// Samplers that draw each step anew are for inversions that put the photo back.
static void test_random(void)
{
    open_all();
    for (int i = 0; sampler_table[i]; i++) {
        for (int k = 0; inverter_table[k]; k++) {
            const struct inverter_type *inverter = inverter_table[k];
            const bool refused =
                sampler_table[i]->random && !inverter->corrected && !inverter->fixed;
            g_autoptr(GError) error = NULL;
            struct settings *s = settings_new(edit_settings);
            settings_set(s, "scheduler", i, NULL);
            settings_set(s, "inverter", k, NULL);
            settings_set(s, "steps", 1, NULL);
            const struct edit_request q = {.settings = s,
                                           .rgb = rgb,
                                           .source_prompt = "a cat",
                                           .prompt = "a dog",
                                           .width = SIDE,
                                           .height = SIDE};
            struct edit_result *r = editor_run(editor, &q, NULL, &error);
            g_assert_true((r == NULL) == refused);
            if (refused) {
                g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
                g_assert_nonnull(strstr(error->message, "fresh noise"));
            }
            edit_result_free(r);
            settings_free(s);
        }
    }
    close_all();
}

static void test_start_noise(void)
{
    float of_seed[FLOATS], of_noise[FLOATS], noise[FLOATS];
    struct rng rng = {.seed = 7};
    rng_normal(&rng, noise, FLOATS);
    open_all();
    struct edit_request q = {.prompt = "a dog", .seed = 7};
    run(generate_settings, "steps=2", q, of_seed);
    q.seed = 8;
    q.start_noise = noise;
    run(generate_settings, "steps=2", q, of_noise);
    assert_near(of_seed, of_noise);
    q.start_noise = NULL;
    run(generate_settings, "steps=2", q, of_noise);
    assert_apart(of_seed, of_noise);
    close_all();
}

static void predict(const float *latents, int timestep, const char *prompt, float *prediction)
{
    g_autoptr(GError) error = NULL;
    editor_predict(editor, latents, SIDE, SIDE, timestep, prompt, prediction, &error);
    g_assert_no_error(error);
}

// Two steps between photo and noise of which the edit takes one: up with the photo's words, down
// with the new ones. Four of four the same way.
static void check_by_hand(int steps, int taken)
{
    g_autoptr(GError) error = NULL;
    float x[FLOATS], prediction[FLOATS], drawn[FLOATS];
    g_autofree int *times = g_new(int, steps);
    g_autofree char *settings = g_strdup_printf(
        "steps=%d inverter=ddim inversion=%g guidance=1 locality=0", steps, (double)taken / steps);
    const struct edit_request q = {.rgb = rgb, .source_prompt = "a cat", .prompt = "a dog"};
    run(edit_settings, settings, q, drawn);
    struct noise_schedule schedule;
    noise_schedule_init(&schedule, &fx.model->sched);
    const struct sampler_params params = {.name = "ddim", .steps = steps};
    struct sampler *sampler = sampler_new(&schedule, &params, FLOATS, &error);
    g_assert_no_error(error);
    g_assert_true(editor_encode(editor, rgb, SIDE, SIDE, x, &error));
    inverter_timesteps(&schedule, steps, times);
    for (int i = 0; i < taken; i++) {
        predict(x, times[i], q.source_prompt, prediction);
        inverter_step(&schedule, steps, times[i], prediction, x, FLOATS);
    }
    for (int i = steps - taken; i < steps; i++) {
        predict(x, (int)sampler->timesteps[i], q.prompt, prediction);
        sampler_step(sampler, i, prediction, x);
    }
    assert_near(drawn, x);
    sampler_free(sampler);
    noise_schedule_finish(&schedule);
}

// Keys and values of the words are kept from call to call: to the bit they are those of the words
// at hand, whatever was asked before.
static void test_words_kept(void)
{
    static const struct {
        const char *prompt;
        int time;
    } calls[] = {{"a cat", 900}, {"a dog", 900}, {"a dog", 100}, {"a cat", 100}};
    float x[FLOATS], known[FLOATS], fresh[FLOATS], other[FLOATS];
    struct rng rng = {.seed = 4};
    rng_normal(&rng, x, FLOATS);
    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
        open_all();
        predict(x, calls[i].time, calls[i].prompt, fresh);
        editor_make_room(editor);
        for (size_t k = 0; k < i; k++) {
            predict(x, calls[k].time, calls[k].prompt, other);
            assert_apart(other, fresh);
        }
        predict(x, calls[i].time, calls[i].prompt, known);
        g_assert_cmpmem(known, sizeof known, fresh, sizeof fresh);
        close_all();
    }
}

static void test_by_hand(void)
{
    open_all();
    check_by_hand(2, 1);
    check_by_hand(4, 4);
    close_all();
}

// Structure at its whole is the noise of the seed and nothing of the photo.
static void test_structure(void)
{
    float drawn[FLOATS], generated[FLOATS];
    open_all();
    const struct edit_request q = {
        .rgb = rgb, .source_prompt = "a cat", .prompt = "a dog", .seed = 5};
    run(edit_settings, "steps=2 inverter=ddim structure=1 locality=0 guidance_rescale=0", q, drawn);
    run(generate_settings, "steps=2", (struct edit_request){.prompt = "a dog", .seed = 5},
        generated);
    assert_near(drawn, generated);
    close_all();
}

// The sampler's own settings reach it.
static void test_eta(void)
{
    float still[FLOATS], noisy[FLOATS];
    open_all();
    const struct edit_request q = {.prompt = "a dog", .seed = 5};
    run(generate_settings, "steps=4 eta=0", q, still);
    run(generate_settings, "steps=4 eta=1", q, noisy);
    assert_apart(noisy, still);
    close_all();
}

// Whatever an editor keeps of runs before, the result is that of one that has kept nothing.
static void check_not_stale_by(const char *inverter, struct edit_request q)
{
    g_autofree char *settings = g_strdup_printf("steps=4 locality=0.5 inverter=%s", inverter);
    g_autoptr(GError) error = NULL;
    float kept[FLOATS], fresh[FLOATS];
    run(edit_settings, settings, q, kept);
    struct editor *before = editor;
    editor = editor_new(fx.model, &error);
    g_assert_no_error(error);
    run(edit_settings, settings, q, fresh);
    g_assert_cmpmem(kept, sizeof kept, fresh, sizeof fresh);
    editor_free(editor);
    editor = before;
}

static void check_not_stale(struct edit_request q)
{
    for (int i = 0; inverter_family(i); i++) {
        check_not_stale_by(inverter_family(i)->name, q);
    }
}

static void test_nothing_stale(void)
{
    open_all();
    struct edit_request q = {.rgb = rgb, .source_prompt = "a dog on the beach", .prompt = "a dog"};
    check_not_stale(q);
    q.prompt = "a cat";
    check_not_stale(q);
    q.source_prompt = "a photo of a dog";
    check_not_stale(q);
    q.seed = 2;
    check_not_stale(q);
    q.negative = "a lake";
    check_not_stale(q);
    for (int i = 0; i < SIDE * SIDE; i++) {
        rgb[3 * i] = 1; // another photo at the same place in memory
    }
    check_not_stale(q);
    close_all();
}

// ---- inverters ----------------------------------------------------------------------------------

// Where the photo's branch is put back, its own words give the photo's latent to the bit, with
// guidance too and by every sampler; other words do not.
static void check_exact(const char *inverter, const char *more)
{
    g_autofree char *settings =
        g_strdup_printf("steps=5 inverter=%s locality=0 %s", inverter, more);
    float photo[FLOATS];
    struct edit_request q = {.rgb = rgb, .source_prompt = "a cat", .prompt = "a cat", .seed = 4};
    g_assert_true(editor_encode(editor, rgb, SIDE, SIDE, photo, NULL));
    struct edit_result *same = result(edit_settings, settings, q);
    q.prompt = "a dog";
    struct edit_result *other = result(edit_settings, settings, q);
    g_assert_cmpmem(same->latents, sizeof photo, photo, sizeof photo);
    g_assert_cmpmem(same->rgb, sizeof rgb, same->reconstruction, sizeof rgb);
    g_assert_cmpmem(other->reconstruction, sizeof rgb, same->reconstruction, sizeof rgb);
    assert_apart(other->latents, photo);
    edit_result_free(same);
    edit_result_free(other);
}

static void test_exact(void)
{
    static const char *const more[] = {
        "guidance=1",      "guidance=7",         "inversion=0.6",
        "scheduler=euler", "scheduler=dpmpp_2m", "eta=0.5",
        "scheduler=lcm",   "scheduler=euler_a",  "scheduler=dpmpp_2m_sde",
        "scheduler=unipc", "scheduler=tcd"};
    open_all();
    for (int i = 0; inverter_family(i); i++) {
        for (size_t k = 0; inverter_table[i]->corrected && k < G_N_ELEMENTS(more); k++) {
            check_exact(inverter_table[i]->name, more[k]);
        }
    }
    close_all();
}

// One step of DDPM by hand (Ho et al., equation 7, in the terms of alpha-bar): the mean that leads
// from the noisy photo to the photo, for both descriptions; the edit is the photo and the
// difference of the means.
static void test_ddpm_by_hand(void)
{
    float z[FLOATS], noise[FLOATS], x[FLOATS], of_cat[FLOATS], of_dog[FLOATS], drawn[FLOATS];
    struct rng rng = {.seed = 6};
    open_all();
    const struct edit_request q = {
        .rgb = rgb, .source_prompt = "a cat", .prompt = "a dog", .seed = 6};
    run(edit_settings, "steps=1 inverter=ddpm guidance=1 locality=0", q, drawn);
    g_assert_true(editor_encode(editor, rgb, SIDE, SIDE, z, NULL));
    rng_normal(&rng, noise, FLOATS);
    struct noise_schedule schedule;
    noise_schedule_init(&schedule, &fx.model->sched);
    const int t = schedule.steps_offset;
    const double a = noise_schedule_alpha(&schedule, t), b = noise_schedule_alpha(&schedule, -1);
    const double beta = 1 - a / b, root = sqrt(a / b); // of the one step from b to a
    noise_add(&schedule, t, z, noise, x, FLOATS);
    predict(x, t, q.source_prompt, of_cat);
    predict(x, t, q.prompt, of_dog);
    for (int i = 0; i < FLOATS; i++) {
        const double cat = (x[i] - beta / sqrt(1 - a) * of_cat[i]) / root;
        const double dog = (x[i] - beta / sqrt(1 - a) * of_dog[i]) / root;
        x[i] = (float)(z[i] + dog - cat);
    }
    assert_near(drawn, x);
    noise_schedule_finish(&schedule);
    close_all();
}

// The seed shows where the settings say so, and nowhere else.
static void test_seed_matters(void)
{
    static const char *const more[] = {"structure=0", "structure=0.5", "eta=0.5"};
    open_all();
    for (int i = 0; inverter_family(i); i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(more); k++) {
            g_autofree char *settings = g_strdup_printf("steps=3 locality=0 inverter=%s %s",
                                                        inverter_table[i]->name, more[k]);
            float one[FLOATS], two[FLOATS];
            struct edit_request q = {
                .rgb = rgb, .source_prompt = "a cat", .prompt = "a dog", .seed = 1};
            run(edit_settings, settings, q, one);
            q.seed = 2;
            run(edit_settings, settings, q, two);
            struct settings *asked = settings_new(edit_settings);
            settings_set(asked, "inverter", i, NULL);
            settings_set(asked, k == 2 ? "eta" : "structure", k > 0 ? 0.5 : 0, NULL);
            g_test_message("%s", settings);
            if (edit_settings_seed_matters(asked)) {
                assert_apart(one, two);
            } else {
                g_assert_cmpmem(one, sizeof one, two, sizeof two);
            }
            settings_free(asked);
        }
    }
    close_all();
}

// ---- mask ---------------------------------------------------------------------------------------

// Outside the mask the picture is the reference to the bit and the latent the photo's branch;
// inside it is changed. Where the mask is everywhere 1 it changes nothing.
static void check_mask(const char *inverter)
{
    g_autofree char *settings = g_strdup_printf("steps=4 locality=0 inverter=%s", inverter);
    float mask[SIDE * SIDE];
    struct edit_request q = {.rgb = rgb, .source_prompt = "a cat", .prompt = "a dog"};
    struct edit_result *whole = result(edit_settings, settings, q);
    q.mask = mask;
    for (int i = 0; i < SIDE * SIDE; i++) {
        mask[i] = 1;
    }
    struct edit_result *open = result(edit_settings, settings, q);
    g_assert_cmpmem(open->rgb, sizeof rgb, whole->rgb, sizeof rgb);
    for (int i = 0; i < SIDE * SIDE; i++) {
        mask[i] = i % SIDE < SIDE / 2 ? 0 : 1;
    }
    struct edit_result *half = result(edit_settings, settings, q);
    double changed = 0;
    for (int i = 0; i < SIDE * SIDE * 3; i++) {
        if (mask[i / 3] == 0) {
            g_assert_cmpfloat(half->rgb[i], ==, half->reconstruction[i]);
        }
        changed += fabsf(half->rgb[i] - half->reconstruction[i]);
    }
    g_assert_cmpfloat(changed, >, 0);
    q.prompt = q.source_prompt;
    struct edit_result *same = result(edit_settings, settings, q);
    for (int i = 0; i < FLOATS; i++) {
        if (i % 8 < 4) {
            g_assert_cmpfloat(half->latents[i], ==, same->latents[i]);
        }
    }
    edit_result_free(whole);
    edit_result_free(open);
    edit_result_free(half);
    edit_result_free(same);
}

static void test_mask(void)
{
    open_all();
    for (int i = 0; inverter_family(i); i++) {
        check_mask(inverter_table[i]->name);
    }
    close_all();
}

static void test_bad_mask(void)
{
    static const struct {
        float value;
        const char *words;
    } bad[] = {{0, "covers nothing"}, {2, "between 0 and 1"}, {-1, "between"}, {NAN, "between"}};
    float mask[SIDE * SIDE] = {0};
    struct settings *s = settings_new(edit_settings);
    open_all();
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        mask[7] = bad[i].value;
        const struct edit_request q = {.settings = s,
                                       .rgb = rgb,
                                       .width = SIDE,
                                       .height = SIDE,
                                       .prompt = "a dog",
                                       .mask = mask};
        g_assert_null(editor_run(editor, &q, NULL, &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
        g_assert_nonnull(strstr(error->message, bad[i].words));
    }
    close_all();
    settings_free(s);
}

// The photo comes back to the bit where the words are its own, and not where they are others.
static void check_comes_back(const char *settings)
{
    float edited[FLOATS], back[FLOATS];
    struct edit_request q = {
        .prompt = "a photo of a dog", .source_prompt = "an old house", .rgb = rgb, .seed = 3};
    run(edit_settings, settings, q, edited);
    q.prompt = q.source_prompt;
    struct edit_result *same = result(edit_settings, settings, q);
    g_assert_cmpmem(same->rgb, sizeof rgb, same->reconstruction, sizeof rgb);
    memcpy(back, same->latents, sizeof back);
    assert_apart(edited, back);
    edit_result_free(same);
}

// ---- deep layers kept ---------------------------------------------------------------------------

static void call(struct networks *n, int batch, float t, const float *x, float *out)
{
    g_autoptr(GError) error = NULL;
    const int64_t words = (int64_t)fx.model->text.max_tokens * fx.model->unet.cross_dim;
    g_autofree float *text = g_new0(float, batch *words);
    for (int64_t i = 0; i < batch * words; i++) {
        text[i] = (float)(i % 13 - 6) / 6;
    }
    g_assert_true(__real_networks_predict(n, batch, 8, 8, t, x, text, out, NULL, &error));
    g_assert_no_error(error);
}

// In between, what came from below in the whole call is taken: of the same input to the bit that
// call's prediction, of another one not. Then all is computed again, and so it is where the batch
// is another; at every branch.
static void test_cache(void)
{
    float x[2 * FLOATS], y[2 * FLOATS], whole[FLOATS], other[FLOATS], out[2 * FLOATS];
    struct rng rng = {.seed = 12};
    rng_normal(&rng, x, 2 * FLOATS);
    rng_normal(&rng, y, 2 * FLOATS);
    open_all();
    struct networks *n = networks_new(fx.model, fx.model->parts);
    call(n, 1, 900, x, whole);
    call(n, 1, 800, y, other);
    const int branches = unet_residuals(&fx.model->unet) - 1;
    for (int branch = 0; branch < branches + 1; branch++) { // one that there is not is the last
        networks_set_cache(n, 3, branch);
        call(n, 1, 900, x, out);
        g_assert_cmpmem(out, sizeof whole, whole, sizeof whole);
        call(n, 1, 900, x, out);
        g_assert_cmpmem(out, sizeof whole, whole, sizeof whole);
        call(n, 1, 800, y, out);
        assert_apart(out, other);
        call(n, 1, 800, y, out);
        g_assert_cmpmem(out, sizeof other, other, sizeof other);
        call(n, 2, 800, y, out);
        assert_near(out, other);
        networks_set_cache(n, 1, 0);
        call(n, 1, 900, x, out);
        g_assert_cmpmem(out, sizeof whole, whole, sizeof whole);
    }
    networks_free(n);
    close_all();
}

// A run keeps them from its own calls alone, and the photo comes back exactly.
static void test_cached_run(void)
{
    float plain[FLOATS], cached[FLOATS], again[FLOATS];
    const struct edit_request q = {.prompt = "a photo of a dog", .seed = 3};
    open_all();
    run(generate_settings, "steps=6 guidance=3", q, plain);
    run(generate_settings, "steps=6 guidance=3 cache_interval=3", q, cached);
    assert_apart(cached, plain);
    run(generate_settings, "steps=6 guidance=3 cache_interval=3", q, again);
    g_assert_cmpmem(again, sizeof again, cached, sizeof cached);
    run(generate_settings, "steps=6 guidance=3", q, again);
    g_assert_cmpmem(again, sizeof again, plain, sizeof plain);
    check_comes_back("steps=4 inverter=direct guidance=3 cache_interval=2");
    close_all();
}

// ---- guidance as an input -----------------------------------------------------------------------

// A distilled U-Net is given the strength: one call a step, which it alone changes; what is to be
// avoided is nothing. The photo comes back through its steps as through others.
static void test_given_guidance(void)
{
    float weak[FLOATS], strong[FLOATS], avoiding[FLOATS];
    struct edit_request q = {.prompt = "a photo of a dog", .seed = 3};
    open_model("guided");
    run(generate_settings, "steps=2 scheduler=lcm guidance=2", q, weak);
    evaluations = 0;
    run(generate_settings, "steps=2 scheduler=lcm guidance=7.5", q, strong);
    g_assert_cmpint(evaluations, ==, 2);
    assert_apart(weak, strong);
    q.negative = "a cat";
    run(generate_settings, "steps=2 scheduler=lcm guidance=7.5", q, avoiding);
    g_assert_cmpmem(avoiding, sizeof avoiding, strong, sizeof strong);
    check_comes_back("steps=4 scheduler=lcm inverter=direct guidance=7.5");
    check_comes_back("steps=4 inverter=virtual guidance=7.5");
    close_all();
}

// Nothing is learned on it.
static void test_given_guidance_is_not_learned(void)
{
    g_autoptr(GError) error = NULL;
    open_model("guided");
    struct settings *s = settings_new(learn_settings);
    struct adapter *a = adapter_new("svdiff", fx.model, settings_member(s, "method"), &error);
    g_assert_no_error(error);
    const struct train_example example = {SIDE, SIDE, rgb, "a ball"};
    const struct train_set set = {&example, 1, NULL};
    const struct train_params params = {.settings = s, .seed = 1};
    g_assert_null(trainer_new(fx.model, a, &set, &params, NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "is given guidance as a number"));
    adapter_free(a);
    settings_free(s);
    close_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/steps/guidance", test_guidance);
    g_test_add_func("/steps/given-guidance", test_given_guidance);
    g_test_add_func("/steps/given-guidance-is-not-learned", test_given_guidance_is_not_learned);
    g_test_add_func("/steps/guidance-rescale", test_guidance_rescale);
    g_test_add_func("/steps/evaluations", test_evaluations);
    g_test_add_func("/steps/random", test_random);
    g_test_add_func("/steps/start-noise", test_start_noise);
    g_test_add_func("/steps/by-hand", test_by_hand);
    g_test_add_func("/steps/cache", test_cache);
    g_test_add_func("/steps/cached-run", test_cached_run);
    g_test_add_func("/steps/words-kept", test_words_kept);
    g_test_add_func("/steps/structure", test_structure);
    g_test_add_func("/steps/eta", test_eta);
    g_test_add_func("/steps/nothing-stale", test_nothing_stale);
    g_test_add_func("/steps/exact", test_exact);
    g_test_add_func("/steps/ddpm-by-hand", test_ddpm_by_hand);
    g_test_add_func("/steps/seed-matters", test_seed_matters);
    g_test_add_func("/steps/mask", test_mask);
    g_test_add_func("/steps/bad-mask", test_bad_mask);
    return g_test_run();
}
