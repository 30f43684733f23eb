// Adapters that act in some time steps alone: there the model is the one with them, elsewhere the
// one without, and a way that crosses a bound is the two halves of it taken by hand, bit for bit.
#include "compute/adapter/group.h"
#include "compute/edit/edit.h"
#include "compute/edit/private.h"
#include "fixture.h"

#include <string.h>

#define SIDE   16
#define FLOATS (4 * 8 * 8) // of its latents
#define STEPS  4
#define SWITCH 500 // between the second and the third of four steps

static struct fixture fx;
static struct editor *editor, *by_hand;
static struct adapter *content, *style;
static float rgb[SIDE * SIDE * 3];

static struct adapter *changed_adapter(const char *method, const char *settings, unsigned seed)
{
    struct adapter *a = fixture_adapter(&fx, method, settings);
    fixture_randomize(a, seed, 0.05);
    return a;
}

static void open_all(void)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, "sd1");
    editor = editor_new(fx.model, &error);
    by_hand = editor_new(fx.model, &error);
    g_assert_no_error(error);
    content = changed_adapter("lora", "", 1);
    style = changed_adapter("svdiff", "text_encoder=on", 2);
    for (int i = 0; i < SIDE * SIDE * 3; i++) {
        rgb[i] = (float)(i * 37 % 257 - 128) / 128;
    }
}

static void close_all(void)
{
    editor_free(editor);
    editor_free(by_hand);
    adapter_free(content);
    adapter_free(style);
    fixture_close(&fx);
}

static void use(struct editor *e, struct adapter *const *list, int n)
{
    g_autoptr(GError) error = NULL;
    editor_set_adapters(e, list, n, NULL, &error);
    g_assert_no_error(error);
}

static void set_range(struct adapter *a, int from, int to)
{
    g_autoptr(GError) error = NULL;
    adapter_set_range(a, from, to, &error);
    g_assert_no_error(error);
}

static void predict(struct editor *e, const float *x, int t, const char *prompt, float *out)
{
    g_autoptr(GError) error = NULL;
    editor_predict(e, x, SIDE, SIDE, t, prompt, out, &error);
    g_assert_no_error(error);
}

static bool same(const float *a, const float *b)
{
    return memcmp(a, b, FLOATS * sizeof *a) == 0;
}

// ---- one call -----------------------------------------------------------------------------------

static void check_bounds(struct adapter *a)
{
    static const struct {
        int t;
        bool acts;
    } cases[] = {{0, false}, {299, false}, {300, true}, {699, true}, {700, false}, {999, false}};
    float x[FLOATS], with[FLOATS], without[FLOATS], found[FLOATS];
    struct rng rng = {.seed = 5};
    rng_normal(&rng, x, FLOATS);
    set_range(a, 300, 700);
    use(editor, &a, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        predict(editor, x, cases[i].t, "a dog", found);
        use(by_hand, NULL, 0);
        predict(by_hand, x, cases[i].t, "a dog", without);
        set_range(a, 0, 1000);
        use(by_hand, &a, 1);
        predict(by_hand, x, cases[i].t, "a dog", with);
        set_range(a, 300, 700);
        g_assert_false(same(with, without));
        g_assert_true(same(found, cases[i].acts ? with : without));
    }
    adapter_free(a);
}

static void test_bounds(void)
{
    open_all();
    for (int i = 0; adapter_table[i]; i++) {
        if (!adapter_table[i]->words_alone) {
            check_bounds(changed_adapter(adapter_table[i]->name, "", 3));
        }
    }
    check_bounds(changed_adapter("svdiff", "text_encoder=on", 4));
    use(editor, NULL, 0);
    use(by_hand, NULL, 0);
    close_all();
}

// ---- a way --------------------------------------------------------------------------------------

// The adapters by hand: one for the noisy half, one for the other.
static void use_by_hand(double t)
{
    set_range(content, 0, 1000);
    set_range(style, 0, 1000);
    use(by_hand, t < SWITCH ? &style : &content, 1);
}

static void use_in_time(void)
{
    struct adapter *const both[] = {content, style};
    set_range(content, SWITCH, 1000);
    set_range(style, 0, SWITCH);
    use(editor, both, 2);
}

static struct sampler *sampler_of(const struct noise_schedule *schedule)
{
    g_autoptr(GError) error = NULL;
    const struct sampler_params params = {.name = "ddim", .steps = STEPS};
    struct sampler *s = sampler_new(schedule, &params, FLOATS, &error);
    g_assert_no_error(error);
    g_assert_cmpfloat(s->timesteps[0], >=, SWITCH);
    g_assert_cmpfloat(s->timesteps[STEPS - 1], <, SWITCH);
    return s;
}

static void down_by_hand(struct sampler *s, const char *prompt, float *x)
{
    float prediction[FLOATS];
    for (int i = 0; i < STEPS; i++) {
        use_by_hand(s->timesteps[i]);
        predict(by_hand, x, (int)s->timesteps[i], prompt, prediction);
        sampler_step(s, i, prediction, x);
    }
}

static void run(struct editor *e, const struct setting *table, const char *settings,
                struct edit_request q, float *latents)
{
    g_autoptr(GError) error = NULL;
    struct settings *s = settings_new(table);
    g_auto(GStrv) words = g_strsplit(settings, " ", 0);
    for (int i = 0; words[i]; i++) {
        g_auto(GStrv) pair = g_strsplit(words[i], "=", 2);
        settings_parse(s, pair[0], pair[1], &error);
        g_assert_no_error(error);
    }
    q.settings = s;
    q.width = q.height = SIDE;
    struct edit_result *r = editor_run(e, &q, NULL, &error);
    g_assert_no_error(error);
    memcpy(latents, r->latents, FLOATS * sizeof *latents);
    edit_result_free(r);
    settings_free(s);
}

static void test_generate(void)
{
    float noise[FLOATS], drawn[FLOATS], again[FLOATS], x[FLOATS];
    struct rng rng = {.seed = 7};
    struct noise_schedule schedule;
    open_all();
    rng_normal(&rng, noise, FLOATS);
    const struct edit_request q = {.prompt = "a dog", .start_noise = noise};
    use_in_time();
    run(editor, generate_settings, "steps=4 guidance=1 scheduler=ddim", q, drawn);
    run(editor, generate_settings, "steps=4 guidance=1 scheduler=ddim", q, again);
    g_assert_true(same(drawn, again)); // it begins again with what the first steps need
    noise_schedule_init(&schedule, &fx.model->sched);
    struct sampler *s = sampler_of(&schedule);
    memcpy(x, noise, sizeof x);
    down_by_hand(s, q.prompt, x);
    g_assert_true(same(drawn, x));
    sampler_free(s);
    noise_schedule_finish(&schedule);
    close_all();
}

// Up under the photo's words, down under the new ones.
static void test_edit(void)
{
    g_autoptr(GError) error = NULL;
    float drawn[FLOATS], x[FLOATS], prediction[FLOATS];
    int times[STEPS];
    struct noise_schedule schedule;
    open_all();
    const struct edit_request q = {.rgb = rgb, .source_prompt = "a cat", .prompt = "a dog"};
    use_in_time();
    run(editor, edit_settings,
        "inverter=ddim steps=4 inversion=1 guidance=1 locality=0 attention=none scheduler=ddim", q,
        drawn);
    noise_schedule_init(&schedule, &fx.model->sched);
    struct sampler *s = sampler_of(&schedule);
    g_assert_true(editor_encode(editor, rgb, SIDE, SIDE, x, &error));
    inverter_timesteps(&schedule, STEPS, times);
    for (int i = 0; i < STEPS; i++) {
        use_by_hand(times[i]);
        predict(by_hand, x, times[i], q.source_prompt, prediction);
        inverter_step(&schedule, STEPS, times[i], prediction, x, FLOATS);
    }
    down_by_hand(s, q.prompt, x);
    g_assert_true(same(drawn, x));
    sampler_free(s);
    noise_schedule_finish(&schedule);
    close_all();
}

// Every stage of an edit asks for the time steps that it is at: where none is in the range it is
// the edit of the plain model, where some are it is not.
static void test_stages(void)
{
    static const char *const ways[] = {
        "inverter=direct attention=prompt_to_prompt locality=0.5",
        "inverter=ddpm attention=none locality=0.5",
        "inverter=null_text inner_steps=2 locality=0",
    };
    static const struct edit_request q = {
        .rgb = rgb, .source_prompt = "a cat", .prompt = "a dog", .seed = 3};
    open_all();
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        float plain[FLOATS], beside[FLOATS], within[FLOATS], fresh[FLOATS];
        g_autofree char *settings = g_strconcat("steps=4 guidance=3 ", ways[i], NULL);
        use(editor, NULL, 0);
        run(editor, edit_settings, settings, q, plain);
        set_range(style, 2,
                  100); // the steps are at 1, 251, 501 and 751, the words' place at 500, 700
        use(editor, &style, 1);
        run(editor, edit_settings, settings, q, beside);
        g_assert_true(same(plain, beside));
        set_range(style, 300, 600);
        use(editor, &style, 1);
        run(editor, edit_settings, settings, q, within);
        g_assert_false(same(plain, within));
        use(by_hand, NULL, 0); // where nothing is kept of the other range
        use(by_hand, &style, 1);
        run(by_hand, edit_settings, settings, q, fresh);
        g_assert_true(same(within, fresh));
    }
    use(editor, NULL, 0);
    close_all();
}

// ---- what is said of it -------------------------------------------------------------------------

static void test_text(void)
{
    static const struct {
        const char *text, *told;
        int from, to;
    } good[] = {
        {"0.5@0-700", "0.5@0-700", 0, 700},
        {"0,down=1@250-1000", "0,down=1@250-1000", 250, 0},
        {"1@0-1000", "1", 0, 0},
        {"1", "1", 0, 0},
    };
    static const char *const bad[] = {"1@",       "1@5",        "1@-",    "1@700-300", "1@5-5",
                                      "1@0-1001", "1@-5-10",    "1@0-7x", "1@0-7@0-9", "@0-700",
                                      "1@0-70,2", "up=1@a-700", "1@0 - 7"};
    open_all();
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_true(adapter_set_strengths(content, good[i].text, &error));
        g_autofree char *told = adapter_strength_text(content);
        g_assert_cmpstr(told, ==, good[i].told);
        g_assert_cmpint(content->from, ==, good[i].from);
        g_assert_cmpint(content->to, ==, good[i].to);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(adapter_set_strengths(content, bad[i], &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
        g_assert_true(adapter_acts_always(content));
    }
    close_all();
}

// A sentence, and what is made of adapters, know no time.
static void test_refused(void)
{
    g_autoptr(GError) error = NULL;
    open_all();
    g_autofree float *states = g_new(float, embeddings_count(editor));
    set_range(style, 0, 500);
    use(editor, &style, 1);
    g_assert_false(editor_text(editor, "a dog", states, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    g_clear_error(&error);
    g_assert_null(adapter_combined(&style, 1, NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    set_range(style, 0, 1000);
    use(editor, &style, 1);
    g_clear_error(&error);
    g_assert_true(editor_text(editor, "a dog", states, &error));
    close_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/in-time/bounds", test_bounds);
    g_test_add_func("/in-time/generate", test_generate);
    g_test_add_func("/in-time/edit", test_edit);
    g_test_add_func("/in-time/stages", test_stages);
    g_test_add_func("/in-time/text", test_text);
    g_test_add_func("/in-time/refused", test_refused);
    return g_test_run();
}
