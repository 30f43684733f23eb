// Runs that a hint leads: at strength 0 nothing of it, to the bit; what is kept between runs knows
// the hint; and every call of the network follows it.
#include "compute/edit/edit.h"
#include "compute/edit/networks.h"
#include "fixture.h"

#include <math.h>
#include <string.h>

static struct fixture fx;

struct scene {
    struct editor *editor;
    struct hint_net *net;
    struct settings *settings;
    int side;
    float *rgb, *hints[2];
    struct edit_hint hint;
    struct edit_request request;
};

// An encoder with numbers everywhere, as a file that training would have written.
static struct hint_net *make_net(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *file = fixture_file(&fx, "hint.safetensors");
    struct adapter *a = fixture_adapter(&fx, "word", "");
    struct nn_part *part = hint_encoder_part(fx.model);
    for (guint i = 0; i < part->weights->len; i++) {
        const struct nn_weight *w = part->weights->pdata[i];
        const int64_t n = shape_count(w->shape);
        const int64_t shape[] = {w->shape[0], w->shape[3], w->shape[1], w->shape[2]};
        g_autofree char *name = g_strconcat(HINT_ENCODER_PREFIX, w->name, NULL);
        g_autofree float *value = g_new(float, n);
        for (int64_t k = 0; k < n; k++) {
            value[k] = 0.3f * sinf((float)(k * 7 + i));
        }
        adapter_extra_put(a, name, w->rank == 4 ? 4 : 1, w->rank == 4 ? shape : &n, value);
    }
    nn_part_free(part);
    g_assert_true(adapter_save(a, file, NULL, &error));
    adapter_free(a);
    struct hint_net *net = hint_net_load(file, fx.model, NULL, &error);
    g_assert_no_error(error);
    g_assert_false(net->has_adapter);
    return net;
}

static void scene_open(struct scene *s, const char *settings)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, "sd1");
    *s = (struct scene){.editor = editor_new(fx.model, &error),
                        .net = make_net(),
                        .settings = settings_new(edit_settings),
                        .side = 8 * model_latent_factor(fx.model)};
    const int n = s->side * s->side * 3;
    s->rgb = g_new(float, n);
    for (int k = 0; k < 2; k++) {
        s->hints[k] = g_new(float, n);
    }
    for (int i = 0; i < n; i++) {
        s->rgb[i] = sinf(0.1f * (float)i);
        s->hints[0][i] = i % 5 == 0;
        s->hints[1][i] = i % 7 == 0;
    }
    g_auto(GStrv) words = g_strsplit(settings, " ", 0);
    for (int i = 0; words[i] && *words[i]; i++) {
        g_auto(GStrv) pair = g_strsplit(words[i], "=", 2);
        g_assert_true(settings_parse(s->settings, pair[0], pair[1], &error));
    }
    s->hint = (struct edit_hint){s->net, s->hints[0], 1};
    s->request = (struct edit_request){.settings = s->settings,
                                       .rgb = s->rgb,
                                       .width = s->side,
                                       .height = s->side,
                                       .source_prompt = "a photo of a dog",
                                       .prompt = "a photo of a cat",
                                       .hint = &s->hint};
}

static void scene_close(struct scene *s)
{
    editor_free(s->editor);
    hint_net_free(s->net);
    settings_free(s->settings);
    g_free(s->rgb);
    g_free(s->hints[0]);
    g_free(s->hints[1]);
    fixture_close(&fx);
}

static float *run(struct scene *s)
{
    g_autoptr(GError) error = NULL;
    struct edit_result *r = editor_run(s->editor, &s->request, NULL, &error);
    g_assert_no_error(error);
    float *rgb = g_steal_pointer(&r->rgb);
    edit_result_free(r);
    return rgb;
}

static double apart(const struct scene *s, const float *a, const float *b)
{
    double most = 0;
    for (int i = 0; i < s->side * s->side * 3; i++) {
        most = fmax(most, fabs((double)a[i] - (double)b[i]));
    }
    return most;
}

// Plain, at strength 0, and led by one hint and by the other, one after the other: what earlier
// runs left behind is in none of them.
static void check_runs(const char *settings, bool photo)
{
    struct scene s;
    scene_open(&s, settings);
    s.request.rgb = photo ? s.rgb : NULL;
    s.request.hint = NULL;
    g_autofree float *plain = run(&s);
    s.request.hint = &s.hint;
    g_autofree float *led = run(&s);
    s.hint.strength = 0;
    g_autofree float *none = run(&s);
    s.hint.strength = 0.5;
    g_autofree float *half = run(&s);
    s.hint = (struct edit_hint){s.net, s.hints[1], 1};
    g_autofree float *other = run(&s);
    s.hint.picture = s.hints[0];
    g_autofree float *again = run(&s);
    const size_t bytes = (size_t)(s.side * s.side * 3) * sizeof(float);
    g_assert_cmpmem(plain, bytes, none, bytes);
    g_assert_cmpmem(led, bytes, again, bytes);
    g_assert_cmpfloat(apart(&s, plain, led), >, 1e-3);
    g_assert_cmpfloat(apart(&s, plain, half), >, 1e-4);
    g_assert_cmpfloat(apart(&s, led, half), >, 1e-4);
    g_assert_cmpfloat(apart(&s, led, other), >, 1e-4);
    scene_close(&s);
}

static void test_generate(void)
{
    check_runs("steps=4", false);
}

static void test_edit(void)
{
    check_runs("steps=4 guidance=3 control=none inverter=ddim", true);
}

static void test_held_edit(void)
{
    check_runs("steps=4 guidance=3 control=prompt_to_prompt locality=0.5", true);
}

static void test_null_text(void)
{
    check_runs("steps=2 guidance=3 inverter=null_text control=none", true);
}

// The features are added once behind conv_in, times the strength: what a program built by hand
// predicts.
static void test_prediction(void)
{
    g_autoptr(GError) error = NULL;
    struct scene s;
    scene_open(&s, "");
    const struct unet_config *c = &fx.model->unet;
    const int h = 8, w = 8, tokens = fx.model->text.max_tokens;
    const int64_t n = (int64_t)h * w * c->in_channels;
    g_autofree float *latents = g_new(float, n), *text = g_new(float, tokens * c->cross_dim),
                     *found = g_new(float, n), *expected = g_new(float, n),
                     *time = g_new(float, c->channels[0]);
    for (int64_t i = 0; i < n; i++) {
        latents[i] = sinf((float)i);
    }
    for (int i = 0; i < tokens * c->cross_dim; i++) {
        text[i] = cosf((float)i);
    }
    struct networks *networks = networks_new(fx.model, fx.model->parts);
    g_assert_true(networks_set_hint(networks, s.net, 0.7, h, w, s.hints[0], NULL, &error) &&
                  networks_predict(networks, 1, h, w, 300, latents, text, found, NULL, &error));
    networks_free(networks);

    struct graph *g = graph_new();
    struct tensor *in[] = {
        tensor_new(fx.gpu, DTYPE_F32, (int[]){1, h, w, c->in_channels}, "x", &error),
        tensor_new(fx.gpu, DTYPE_F32, (int[]){1, 1, 1, c->channels[0]}, "t", &error),
        tensor_new(fx.gpu, DTYPE_F32, (int[]){1, 1, tokens, c->cross_dim}, "s", &error),
        tensor_new(fx.gpu, DTYPE_F32, (int[]){1, s.side, s.side, 3}, "hint", &error)};
    unet_timestep_features(c, 300, time);
    g_assert_true(tensor_write(in[0], latents, &error) && tensor_write(in[1], time, &error) &&
                  tensor_write(in[2], text, &error) && tensor_write(in[3], s.hints[0], &error));
    struct nn unet = {.g = g, .part = model_part(fx.model, MODEL_UNET)};
    struct nn encoder = {.g = g, .part = s.net->part};
    struct node *features =
        hint_stack_build(&encoder, &s.net->stack, graph_leaf(g, in[3]), s.net->kind->prefix);
    const struct unet_inputs inputs = {.latents = graph_leaf(g, in[0]),
                                       .time = graph_leaf(g, in[1]),
                                       .text = graph_leaf(g, in[2]),
                                       .hint = op_affine(g, features, 0.7f, 0)};
    struct node *out = unet_build(&unet, c, &inputs);
    struct program *p = program_new(g, fx.gpu, &out, 1, &error);
    g_assert_true(program_run(p, NULL, &error) && program_read(p, out, expected, &error));
    g_assert_cmpfloat(fixture_distance(found, expected, n), <=, 1e-5);
    program_free(p);
    for (size_t i = 0; i < G_N_ELEMENTS(in); i++) {
        tensor_free(in[i]);
    }
    graph_free(g);
    scene_close(&s);
}

// Programs that follow a hint go with it.
static void test_forget(void)
{
    g_autoptr(GError) error = NULL;
    struct scene s;
    scene_open(&s, "steps=2");
    struct networks *networks = networks_new(fx.model, fx.model->parts);
    g_assert_true(networks_set_hint(networks, s.net, 1, 8, 8, s.hints[0], NULL, &error));
    g_assert_cmpint((int)networks_bytes(networks), >, 0);
    networks_drop_hint(networks, s.net);
    g_assert_cmpint((int)networks_bytes(networks), ==, 0);
    networks_free(networks);
    g_free(run(&s));
    editor_forget_hint(s.editor, s.net);
    hint_net_free(s.net);
    s.net = make_net();
    s.hint.net = s.net;
    g_free(run(&s));
    scene_close(&s);
}

// ---- files that are none ------------------------------------------------------------------------

static void check_refused(const char *path, const char *word)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(hint_net_load(path, fx.model, NULL, &error));
    g_assert_nonnull(error);
    if (!strstr(error->message, word)) {
        g_error("\"%s\" does not say \"%s\"", error->message, word);
    }
}

static void test_refused(void)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&fx, "sd1");
    g_autofree char *missing = fixture_file(&fx, "missing.safetensors"),
                    *other = fixture_file(&fx, "other.safetensors"),
                    *cut = fixture_file(&fx, "cut.safetensors");
    check_refused(missing, "missing.safetensors");
    struct st_writer *w = st_writer_new();
    const float number = 1;
    st_writer_f32(w, "x", 1, (int64_t[]){1}, &number);
    g_assert_true(st_writer_save(w, other, NULL, &error));
    st_writer_free(w);
    check_refused(other, "neither a hint encoder nor a ControlNet");
    w = st_writer_new();
    st_writer_f32(w, HINT_ENCODER_PREFIX "conv_in.weight", 1, (int64_t[]){1}, &number);
    g_assert_true(st_writer_save(w, cut, NULL, &error));
    st_writer_free(w);
    check_refused(cut, "does not fit");
    fixture_close(&fx);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hint/generate", test_generate);
    g_test_add_func("/hint/edit", test_edit);
    g_test_add_func("/hint/held-edit", test_held_edit);
    g_test_add_func("/hint/null-text", test_null_text);
    g_test_add_func("/hint/prediction", test_prediction);
    g_test_add_func("/hint/forget", test_forget);
    g_test_add_func("/hint/refused", test_refused);
    return g_test_run();
}
