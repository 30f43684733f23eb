// Orthogonal fine-tuning of other programs: the weights that each file leads to are those that its
// program makes of it (tests/data/rotations), strength 0 is the base, and what is written again is
// the same. Then files that are no rotations.

#include "fixture.h"

#include "compute/adapter/dialect/dialect.h"
#include "compute/adapter/private.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

// Parts of a weight's largest number.
#define SAME 1e-5

static struct fixture fx;

static const struct {
    const char *name, *method;
    const char *dialect; // that writes it again; NULL: none does
    bool noted;          // something about it is left open
} files[] = {
    {"peft-exact", "oft", "peft_oft", false},
    {"peft-exact-conv", "orthogonal", "peft_oft", false},
    {"peft-neumann", "orthogonal", "peft_oft", false},
    {"peft-neumann-1", "orthogonal", "peft_oft", false},
    {"peft-neumann-2", "orthogonal", "peft_oft", false},
    {"peft-neumann-3", "orthogonal", "peft_oft", false},
    {"peft-neumann-4", "orthogonal", "peft_oft", false},
    {"peft-neumann-7", "orthogonal", "peft_oft", false},
    {"peft-share", "orthogonal", "peft_oft", false},
    {"peft-coft", "orthogonal", "peft_oft", false},
    {"peft-coft-share", "orthogonal", "peft_oft", false},
    {"peft-text", "orthogonal", "peft_oft", false},
    {"peft-embedding", "orthogonal", "peft_oft", false},
    {"peft-embedding-exact", "orthogonal", "peft_oft", false},
    {"peft-0.17-neumann-2", "orthogonal", "peft_oft", false},
    {"peft-0.17-neumann-3", "orthogonal", NULL, false},
    {"peft-0.17-neumann-5", "orthogonal", NULL, false},
    {"peft-0.15", "orthogonal", NULL, false},
    {"peft-0.15-coft", "orthogonal", "peft_boft", false},
    {"peft-0.15-coft-share", "orthogonal", "peft_boft", false},
    {"peft-0.10", "orthogonal", "lycoris_oft", false},
    {"peft-0.10-odd", "orthogonal", NULL, false},
    {"peft-0.10-coft", "orthogonal", "lycoris_oft", false},
    {"peft-0.10-coft-share", "orthogonal", "lycoris_oft", false},
    {"peft-boft-1", "orthogonal", "peft_boft", false},
    {"peft-boft-2", "orthogonal", "peft_boft", false},
    {"peft-boft-3", "orthogonal", "peft_boft", false},
    {"lycoris-oft", "orthogonal", "lycoris_oft", false},
    {"lycoris-oft-rescaled", "orthogonal", "lycoris_oft", false},
    {"lycoris-boft", "orthogonal", "lycoris_oft", false},
    {"lycoris-boft-rescaled", "orthogonal", "lycoris_oft", false},
    {"lycoris-oft-early", "orthogonal", "lycoris_oft", false},
    {"lycoris-diag", "orthogonal", "lycoris_oft", true},
    {"lycoris-diag-first", "orthogonal", "lycoris_oft", true},
    {"kohya-oft", "orthogonal", "lycoris_oft", false},
    {"kohya-oft-bound", "orthogonal", "lycoris_oft", false},
    {"onetrainer", "orthogonal", "peft_oft", false},
    {"onetrainer-scaled", "orthogonal", "peft_oft", false},
    {"onetrainer-comfy", "orthogonal", "peft_oft", false},
    {"onetrainer-share", "orthogonal", "peft_oft", false},
    {"official-oft", "oft", "peft_oft", false},
    {"official-oft-unet", "oft", "peft_oft", false},
    {"official-oft-share", "oft", "peft_oft", false},
};

static char *data_file(const char *name, const char *file)
{
    return g_test_build_filename(G_TEST_DIST, "data", "rotations", name, file, NULL);
}

static struct adapter *load(const char *path)
{
    g_autoptr(GError) error = NULL;
    struct adapter *a = adapter_load(path, fx.model, &error);
    g_assert_no_error(error);
    return a;
}

// PEFT's forward pass turns these otherwise than its merge does, which is told.
static bool turns_kernels(const struct adapter *a)
{
    bool any = false;
    for (guint i = 0; g_str_equal(a->dialect->name, "peft_oft") && i < a->params->len; i++) {
        const struct nn_weight *w = ((const struct adapter_param *)a->params->pdata[i])->weight;
        any = any || (w->rank == 4 && w->shape[1] * w->shape[2] > 1);
    }
    return any;
}

static void assert_noted(const struct adapter *a, const char *words)
{
    g_assert_cmpuint(a->notes->len, ==, turns_kernels(a) ? 2 : 1);
    g_assert_nonnull(strstr(a->notes->pdata[0], words));
}

// A weight as a file has it, (O, I, ky, kx), from the engine's (O, ky, kx, I).
static float *read_weight(const struct nn_weight *w)
{
    g_autoptr(GError) error = NULL;
    const int64_t count = shape_count(w->shape);
    g_autofree float *engine = g_new(float, count);
    g_assert_true(tensor_read(w->tensor, engine, &error));
    const int depth = w->shape[3], pixels = w->rank == 4 ? w->shape[1] * w->shape[2] : 1;
    float *out = g_new(float, count);
    for (int64_t i = 0; i < count; i++) {
        const int64_t row = i / (depth * pixels), pixel = i / depth % pixels;
        out[(row * depth + i % depth) * pixels + pixel] = engine[i];
    }
    return out;
}

// The largest difference of the merged weights to those of the file.
static double distance(struct adapter *a, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = data_file(name, "merged.safetensors");
    struct st_file *expected = st_open(path, &error);
    g_assert_no_error(error);
    struct merged_model *m = merged_model_new(fx.model, &error);
    g_assert_true(merged_model_update(m, &a, 1, NULL, &error));
    double worst = 0;
    for (guint i = 0; i < expected->tensors->len; i++) {
        const struct st_tensor *t = expected->tensors->pdata[i];
        const struct nn_part *part = NULL;
        g_assert_nonnull(adapter_layer(fx.model, t->name, &part));
        g_autofree char *weight = g_strconcat(t->name, ".weight", NULL);
        g_autofree float *theirs = g_new(float, t->count);
        g_assert_true(st_read_f32(t, theirs, true, &error));
        g_autofree float *ours =
            read_weight(nn_part_find(nn_part_named(merged_model_parts(m), part->name), weight));
        worst = MAX(worst, fixture_distance(ours, theirs, t->count));
    }
    merged_model_free(m);
    st_free(expected);
    return worst;
}

static void test_references(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = data_file(files[i].name, "adapter_model.safetensors");
        struct adapter *a = load(path);
        const double apart = distance(a, files[i].name);
        g_test_message("%s: %s, %.2g", files[i].name, a->method->name, apart);
        g_assert_cmpstr(a->method->name, ==, files[i].method);
        g_assert_cmpfloat(apart, <, SAME);
        g_assert_cmpuint(a->unmatched->len, ==, 0);
        g_assert_cmpint(a->tensors_applied, ==, a->tensors_total);
        g_assert_cmpint(a->notes->len > 0, ==, files[i].noted || turns_kernels(a));
        adapter_free(a);
    }
}

// ---- strength -----------------------------------------------------------------------------------

static float *merged_weight(struct adapter *a, double scale, const char *path, int64_t *count)
{
    g_autoptr(GError) error = NULL;
    const struct nn_part *part = NULL;
    g_assert_nonnull(adapter_layer(fx.model, path, &part));
    g_autofree char *name = g_strconcat(path, ".weight", NULL);
    struct merged_model *m = merged_model_new(fx.model, &error);
    a->scale = scale;
    g_assert_true(merged_model_update(m, &a, 1, NULL, &error));
    const struct nn_weight *w =
        nn_part_find(nn_part_named(merged_model_parts(m), part->name), name);
    float *weight = read_weight(w);
    *count = shape_count(w->shape);
    merged_model_free(m);
    return weight;
}

// 0 is the base to the bit, and going there and back is, too.
static void test_strength_zero(void)
{
    g_autoptr(GError) error = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = data_file(files[i].name, "adapter_model.safetensors");
        struct adapter *a = load(path);
        struct merged_model *m = merged_model_new(fx.model, &error);
        g_assert_true(merged_model_update(m, &a, 1, NULL, &error));
        a->scale = 0;
        g_assert_true(merged_model_update(m, &a, 1, NULL, &error));
        for (guint k = 0; k < a->params->len; k++) {
            const struct adapter_param *p = a->params->pdata[k];
            g_autofree float *base = read_weight(p->weight);
            g_autofree float *back = read_weight(
                nn_part_find(nn_part_named(merged_model_parts(m), p->part), p->weight->name));
            const size_t size = (size_t)shape_count(p->weight->shape) * sizeof *base;
            g_assert_cmpmem(base, size, back, size);
        }
        merged_model_free(m);
        adapter_free(a);
    }
}

// Turned inputs keep the length of every output's weights at each strength; turned outputs go
// straight from the base to what the file says, as in the programs that learn them.
static void test_strength(void)
{
    g_autofree char *exact = data_file("peft-exact-conv", "adapter_model.safetensors");
    g_autofree char *outputs = data_file("lycoris-oft", "adapter_model.safetensors");
    int64_t count;
    struct adapter *a = load(exact), *b = load(outputs);
    g_autofree float *base = merged_weight(a, 0, "conv_in", &count);
    static const double strengths[] = {0.3, 0.7, 1.6, -0.5};
    g_autofree float *whole = merged_weight(b, 1, "conv_in", &count);
    for (size_t i = 0; i < G_N_ELEMENTS(strengths); i++) {
        g_autofree float *turned = merged_weight(a, strengths[i], "conv_in", &count);
        g_assert_cmpfloat(fixture_distance(turned, base, count), >, 1e-2);
        for (int o = 0; o < 8; o++) {
            double before = 0, after = 0;
            for (int64_t k = o * count / 8; k < (o + 1) * count / 8; k++) {
                before += (double)base[k] * base[k];
                after += (double)turned[k] * turned[k];
            }
            g_assert_cmpfloat(fabs(after / before - 1), <, SAME);
        }
        g_autofree float *part = merged_weight(b, strengths[i], "conv_in", &count);
        g_autofree float *straight = g_new(float, count);
        for (int64_t k = 0; k < count; k++) {
            straight[k] = (float)(base[k] + strengths[i] * (whole[k] - base[k]));
        }
        g_assert_cmpfloat(fixture_distance(part, straight, count), <, SAME);
    }
    adapter_free(a);
    adapter_free(b);
}

// What has no part in a graph is not learned further.
static void test_not_learned(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = data_file("peft-neumann", "adapter_model.safetensors");
    struct adapter *a = load(path);
    g_assert_null(adapter_hook_new(&a, 1, 0, fx.gpu, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_null(adapter_new("orthogonal", fx.model, NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    adapter_free(a);
}

// ---- written again ------------------------------------------------------------------------------

// In the form that holds it, as a folder and as one file; refused where none does.
static void test_written(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = data_file(files[i].name, "adapter_model.safetensors");
        struct adapter *a = load(path);
        for (int single = 0; single < 2 && adapter_norm(a) > 0; single++) {
            g_autoptr(GError) error = NULL;
            g_autofree char *name =
                g_strconcat(files[i].name, single ? ".safetensors" : "-again", NULL);
            g_autofree char *again = fixture_file(&fx, name);
            const bool ok = adapter_save(a, again, NULL, &error);
            g_assert_cmpint(ok, ==, files[i].dialect != NULL);
            if (!ok) {
                g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
                continue;
            }
            g_assert_no_error(error);
            struct adapter_source *s = adapter_source_open(again, &error);
            g_assert_cmpstr(adapter_dialect_of(s)->name, ==, files[i].dialect);
            adapter_source_free(s);
            struct adapter *b = load(again);
            g_assert_cmpfloat(distance(b, files[i].name), <, SAME);
            g_assert_cmpint(b->tensors_applied, ==, b->tensors_total);
            adapter_free(b);
        }
        adapter_free(a);
    }
}

// The authors' code reads what is learned here, and nothing else.
static void test_written_official(void)
{
    g_autoptr(GError) error = NULL;
    const struct adapter_dialect *d = adapter_dialect_find("official_oft");
    g_autofree char *path = fixture_file(&fx, "official.safetensors");
    struct adapter *a = fixture_adapter(&fx, "oft", "blocks=2");
    fixture_randomize(a, 3, 0.2);
    g_assert_true(d->holds(a));
    g_assert_true(d->write(a, path, NULL, &error));
    struct adapter *b = load(path);
    g_assert_cmpstr(b->method->name, ==, "oft");
    g_assert_cmpuint(b->params->len, ==, a->params->len);
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i], *q = adapter_param_of(b, p->weight);
        g_assert_cmpmem(p->value, (size_t)p->count * 4, q->value, (size_t)q->count * 4);
    }
    g_assert_false(adapter_dialect_find("lycoris_oft")->holds(a)); // of inputs, never of outputs
    adapter_free(a);
    adapter_free(b);
    a = fixture_adapter(&fx, "oft", "targets=attention+ff+proj");
    g_assert_false(d->holds(a)); // has no names for these layers
    adapter_free(a);
}

// ---- files that leave something open, or are none -----------------------------------------------

// The tensors of a case in a folder with another configuration; NULL: with none.
static char *alone(const char *name, const char *config)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *from = data_file(name, "adapter_model.safetensors");
    g_autofree char *folder = fixture_file(&fx, "alone");
    g_autofree char *config_path = g_build_filename(folder, "adapter_config.json", NULL);
    char *to = g_build_filename(folder, "adapter_model.safetensors", NULL);
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
    g_assert_true(g_file_get_contents(from, &bytes, &size, &error));
    g_assert_true(g_file_set_contents(to, bytes, (gssize)size, &error));
    g_unlink(config_path);
    g_assert_true(!config || g_file_set_contents(config_path, config, -1, &error));
    return to;
}

// What the rotations depend on is of the kind that it should be.
static void test_configuration(void)
{
    static const struct {
        const char *config, *says;
    } cases[] = {
        {"[[[", "adapter_config.json"},
        {"{\"peft_version\": [7]}", "peft_version is not a text"},
        {"{\"use_cayley_neumann\": 7}", "use_cayley_neumann is not true or false"},
        {"{\"coft\": \"yes\"}", "coft is not true or false"},
        {"{\"eps\": {}}", "eps is not a number"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path = alone("peft-0.17-neumann-5", cases[i].config);
        g_assert_null(adapter_load(path, fx.model, &error));
        g_assert_nonnull(strstr(error->message, cases[i].says));
    }
}

static void test_left_open(void)
{
    static const struct {
        const char *name, *config, *as, *note;
    } cases[] = {
        {"peft-neumann", NULL, "peft-neumann", "is not beside it"},
        {"peft-neumann", "{\"peft_version\": \"0.18.1\"}", "peft-neumann", NULL},
        {"peft-neumann", "{\"peft_version\": \"1.2\"}", "peft-neumann", NULL},
        {"peft-0.17-neumann-5", "{\"peft_version\": \"\"}", "peft-0.17-neumann-5", NULL},
        {"peft-0.10", NULL, "peft-0.10", "outputs without a bound"},
        {"peft-0.15", NULL, "peft-0.15", "inputs without a bound"},
        {"peft-boft-2", NULL, "peft-boft-2", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = alone(cases[i].name, cases[i].config);
        struct adapter *a = load(path);
        g_assert_cmpfloat(distance(a, cases[i].as), <, SAME);
        if (cases[i].note) {
            assert_noted(a, cases[i].note);
        } else {
            g_assert_cmpuint(a->notes->len, ==, turns_kernels(a) ? 1 : 0);
        }
        adapter_free(a);
    }
}

// The same numbers in another form are another change of the weight.
static void test_forms_differ(void)
{
    g_autoptr(GError) error = NULL;
    const char *exact = "{\"use_cayley_neumann\": false}";
    g_autofree char *path = alone("peft-neumann", exact);
    g_autofree char *series_path = data_file("peft-neumann", "adapter_model.safetensors");
    struct adapter *adapters[] = {load(series_path), load(path)};
    struct merged_model *m = merged_model_new(fx.model, &error);
    const struct nn_weight *w =
        nn_part_find(nn_part_named(merged_model_parts(m), MODEL_UNET), "conv_in.weight");
    for (int i = 0; i < 4; i++) {
        int64_t count;
        g_autofree float *expected = merged_weight(adapters[i % 2], 1, "conv_in", &count);
        g_assert_true(merged_model_update(m, &adapters[i % 2], 1, NULL, &error));
        g_autofree float *weight = read_weight(w);
        g_assert_cmpmem(weight, (size_t)count * 4, expected, (size_t)count * 4);
    }
    merged_model_free(m);
    adapter_free(adapters[0]);
    adapter_free(adapters[1]);
}

// A folder of folders, as PEFT's training scripts leave it.
static void test_folders(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *from = data_file("peft-neumann", "");
    g_autofree char *folder = fixture_file(&fx, "networks");
    g_autofree char *unet = g_build_filename(folder, "unet", NULL);
    g_assert_cmpint(g_mkdir_with_parents(unet, 0755), ==, 0);
    g_assert_null(adapter_load(folder, fx.model, &error));
    g_assert_null(strstr(error->message, unet));
    g_clear_error(&error);
    static const char *const names[] = {"adapter_model.safetensors", "adapter_config.json"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *source = g_build_filename(from, names[i], NULL);
        g_autofree char *copy = g_build_filename(unet, names[i], NULL);
        g_autofree char *bytes = NULL;
        gsize size;
        g_assert_true(g_file_get_contents(source, &bytes, &size, &error));
        g_assert_true(g_file_set_contents(copy, bytes, (gssize)size, &error));
    }
    g_assert_null(adapter_load(folder, fx.model, &error));
    g_assert_nonnull(strstr(error->message, unet));
    struct adapter *a = load(unet);
    g_assert_cmpfloat(distance(a, "peft-neumann"), <, SAME);
    adapter_free(a);
}

static void test_terms(void)
{
    static const char *const terms[] = {"0", "-3", "1e9", "2.5", "65"};
    for (size_t i = 0; i < G_N_ELEMENTS(terms); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *config = g_strdup_printf("{\"num_cayley_neumann_terms\": %s}", terms[i]);
        g_autofree char *path = alone("peft-neumann", config);
        g_assert_null(adapter_load(path, fx.model, &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
    }
}

#define QUERY      "mid_block.attentions.0.transformer_blocks.0.attn1."
#define FLAT_QUERY "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q"

static char *one_tensor(const char *name, int rank, const int64_t *shape, float value,
                        const char *second)
{
    g_autoptr(GError) error = NULL;
    int64_t count = 1;
    for (int i = 0; i < rank; i++) {
        count *= shape[i];
    }
    g_autofree float *data = g_new(float, MAX(count, 1));
    for (int64_t i = 0; i < count; i++) {
        data[i] = value;
    }
    char *path = fixture_file(&fx, "one.safetensors");
    struct st_writer *w = st_writer_new();
    st_writer_f32(w, name, rank, shape, data);
    if (second) {
        st_writer_f32(w, second, 1, (int64_t[]){3}, (float[]){1, 1, 1});
    }
    g_assert_true(st_writer_save(w, path, NULL, &error));
    st_writer_free(w);
    return path;
}

// Sizes that are no blocks of the layer, (16, 16): one sentence that names the tensor.
static void test_wrong_sizes(void)
{
    static const struct {
        const char *name;
        int rank;
        int64_t shape[4];
        const char *second; // another tensor, of three numbers
    } cases[] = {
        {QUERY "to_q.oft_R.weight", 2, {4, 7}},
        {QUERY "to_q.oft_R.weight", 2, {3, 6}},
        {QUERY "to_q.oft_R.weight", 2, {1, 3}},
        {QUERY "to_q.oft_R.weight", 2, {1, 136}},
        {QUERY "to_q.oft_R.weight", 1, {6}},
        {QUERY "to_q.oft_R.weight", 3, {4, 6, 1}},
        {FLAT_QUERY ".oft_R.weight", 2, {2, 6}},
        {QUERY "to_q.oft_r", 3, {2, 8, 7}},
        {QUERY "to_q.oft_r", 3, {2, 5, 5}},
        {QUERY "to_q.oft_r", 3, {1, 17, 17}},
        {QUERY "to_q.oft_r", 2, {16, 16}},
        {QUERY "to_q.oft_r", 3, {2, 8, 8}, QUERY "to_q.oft_s"},
        {QUERY "to_q.boft_R", 4, {2, 4, 3, 3}},
        {QUERY "to_q.boft_R", 4, {4, 4, 4, 4}},
        {QUERY "to_q.boft_R", 4, {9, 4, 4, 4}},
        {QUERY "to_q.boft_R", 4, {1, 16, 1, 1}},
        {QUERY "to_q.boft_R", 4, {1, 4, 4, 4}, QUERY "to_q.boft_s"},
        {FLAT_QUERY ".oft_blocks", 2, {4, 4}},
        {FLAT_QUERY ".oft_blocks", 3, {4, 4, 3}},
        {FLAT_QUERY ".oft_blocks", 3, {3, 5, 5}},
        {FLAT_QUERY ".oft_blocks", 3, {4, 4, 4}, FLAT_QUERY ".alpha"},
        {FLAT_QUERY ".oft_blocks", 3, {4, 4, 4}, FLAT_QUERY ".rescale"},
        {FLAT_QUERY ".oft_blocks", 4, {4, 4, 4, 4}},
        {FLAT_QUERY ".oft_blocks", 4, {33, 4, 4, 4}},
        {FLAT_QUERY ".oft_diag", 4, {1, 4, 4, 4}},
        {FLAT_QUERY ".oft_diag", 3, {1, 16, 16}, FLAT_QUERY ".rescale"},
        {FLAT_QUERY ".oft_diag", 3, {8, 2, 4}},
        {QUERY "processor.to_q_oft.R", 3, {3, 5, 5}},
        {QUERY "processor.to_q_oft.R", 2, {16, 8}},
        {QUERY "processor.to_q_oft.R", 1, {16}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path =
            one_tensor(cases[i].name, cases[i].rank, cases[i].shape, 0.1f, cases[i].second);
        g_assert_null(adapter_load(path, fx.model, &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH);
        g_assert_nonnull(strstr(error->message, cases[i].name));
    }
}

// Right sizes, but no numbers, or such that a series of them is none.
static void test_wrong_numbers(void)
{
    static const struct {
        const char *name;
        int rank;
        int64_t shape[4];
    } cases[] = {
        {QUERY "to_q.oft_R.weight", 2, {4, 6}},       {FLAT_QUERY ".oft_R.weight", 2, {4, 6}},
        {QUERY "to_q.oft_r", 3, {4, 4, 4}},           {QUERY "to_q.boft_R", 4, {2, 4, 4, 4}},
        {FLAT_QUERY ".oft_blocks", 3, {4, 4, 4}},     {FLAT_QUERY ".oft_diag", 3, {4, 4, 4}},
        {QUERY "processor.to_q_oft.R", 3, {4, 4, 4}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *good =
            one_tensor(cases[i].name, cases[i].rank, cases[i].shape, 0.1f, NULL);
        adapter_free(load(good));
        g_autofree char *path = one_tensor(cases[i].name, cases[i].rank, cases[i].shape, NAN, NULL);
        g_assert_null(adapter_load(path, fx.model, &error));
        g_assert_nonnull(strstr(error->message, cases[i].name));
    }
    g_autoptr(GError) error = NULL;
    g_autofree char *path = one_tensor(cases[0].name, 2, cases[0].shape, 1e20f, NULL);
    struct adapter *a = load(path);
    struct merged_model *m = merged_model_new(fx.model, &error);
    g_assert_false(merged_model_update(m, &a, 1, NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC);
    merged_model_free(m);
    adapter_free(a);
}

// A part of a file that does not fit is told, the rest is applied.
static void test_in_part(void)
{
    g_autofree char *path = one_tensor(FLAT_QUERY ".oft_blocks", 3, (int64_t[]){4, 4, 4}, 0.1f,
                                       "lora_unet_conv_in.oft_blocks");
    struct adapter *a = load(path);
    g_assert_cmpuint(a->params->len, ==, 1);
    g_assert_cmpuint(a->unmatched->len, ==, 1);
    assert_noted(a, "lora_unet_conv_in.oft_blocks");
    adapter_free(a);
}

// Blocks that would take minutes to compute, or do not exist.
static void test_huge(void)
{
    const struct nn_weight wide = {.name = "x", .shape = {1, 1, 8, 8192}, .rank = 2};
    struct orthogonal_form form = {.factors = 1, .blocks = 1, .block = 8192};
    g_assert_false(orthogonal_fits(&wide, &form));
    form = (struct orthogonal_form){.factors = 1, .blocks = 2, .block = 4096};
    g_assert_true(orthogonal_fits(&wide, &form));
    form.factors = 2;
    g_assert_true(orthogonal_fits(&wide, &form));
    form.factors = 3;
    g_assert_false(orthogonal_fits(&wide, &form));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_open(&fx, "sd1");
    g_test_add_func("/rotations/references", test_references);
    g_test_add_func("/rotations/strength-zero", test_strength_zero);
    g_test_add_func("/rotations/strength", test_strength);
    g_test_add_func("/rotations/not-learned", test_not_learned);
    g_test_add_func("/rotations/written", test_written);
    g_test_add_func("/rotations/written-official", test_written_official);
    g_test_add_func("/rotations/left-open", test_left_open);
    g_test_add_func("/rotations/configuration", test_configuration);
    g_test_add_func("/rotations/forms-differ", test_forms_differ);
    g_test_add_func("/rotations/folders", test_folders);
    g_test_add_func("/rotations/terms", test_terms);
    g_test_add_func("/rotations/wrong-sizes", test_wrong_sizes);
    g_test_add_func("/rotations/wrong-numbers", test_wrong_numbers);
    g_test_add_func("/rotations/in-part", test_in_part);
    g_test_add_func("/rotations/huge", test_huge);
    const int failed = g_test_run();
    fixture_close(&fx);
    return failed;
}
