// Adapter files of other programs, as tests/data/adapter has them, act here as they do there: each
// changed weight and the prediction are those of the program, at full strength and at less.

#include "fixture.h"

#include "compute/adapter/dialect/dialect.h"
#include "compute/adapter/private.h"

#include <math.h>
#include <string.h>

// Parts of a tensor's largest number.
#define SAME 1e-5

static struct fixture fx;
static struct st_file *expected; // vectors.safetensors

static char *data_file(const char *name)
{
    return g_test_build_filename(G_TEST_DIST, "data", "adapter", name, NULL);
}

static struct adapter *load(const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = data_file(name);
    struct adapter *a = adapter_load(path, fx.model, &error);
    g_assert_no_error(error);
    return a;
}

static float *numbers(const struct st_tensor *t)
{
    float *values = g_new(float, t->count);
    g_assert_true(st_read_f32(t, values, true, NULL));
    return values;
}

// Compares every vector CASE/STRENGTH/PART/WEIGHT with the merged weight. Returns how many.
static int compare_weights(struct adapter *a, const char *name, const char *strength, double *worst)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *prefix = g_strdup_printf("%s/%s/", name, strength);
    struct merged_model *m = merged_model_new(fx.model, &error);
    int count = 0;
    a->scale = g_ascii_strtod(strength, NULL);
    g_assert_true(merged_model_update(m, &a, 1, NULL, &error));
    for (guint i = 0; i < expected->tensors->len; i++) {
        const struct st_tensor *t = expected->tensors->pdata[i];
        if (!g_str_has_prefix(t->name, prefix)) {
            continue;
        }
        g_auto(GStrv) names = g_strsplit(t->name + strlen(prefix), "/", 2);
        const struct nn_part *part = nn_part_named(merged_model_parts(m), names[0]);
        const struct nn_weight *w = nn_part_find(part, names[1]);
        g_assert_nonnull(w);
        g_assert_cmpint(shape_count(w->shape), ==, t->count);
        g_autofree float *right = numbers(t), *ours = g_new(float, t->count);
        g_assert_true(tensor_read(w->tensor, ours, &error));
        const double distance = fixture_distance(ours, right, t->count);
        if (distance > SAME) {
            g_test_message("%s: %.2g", t->name, distance);
        }
        *worst = MAX(*worst, distance);
        count++;
    }
    merged_model_free(m);
    return count;
}

static void compare_prediction(struct adapter *a, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *key = g_strconcat(name, "/pred", NULL);
    const struct st_tensor *t = st_find(expected, key);
    if (!t) {
        return; // changes the text encoder alone
    }
    int64_t count;
    a->scale = 1;
    struct merged_model *m = merged_model_new(fx.model, &error);
    g_assert_true(merged_model_update(m, &a, 1, NULL, &error));
    g_autofree float *right = numbers(t);
    g_autofree float *base = fixture_predict(&fx, model_part(fx.model, MODEL_UNET), NULL, &count);
    g_autofree float *ours =
        fixture_predict(&fx, nn_part_named(merged_model_parts(m), MODEL_UNET), NULL, &count);
    g_assert_cmpint(count, ==, t->count);
    g_test_message("%s: changes the prediction by %.2g, off by %.2g", name,
                   fixture_distance(base, right, count), fixture_distance(ours, right, count));
    g_assert_cmpfloat(fixture_distance(base, right, count), >, 100 * SAME);
    g_assert_cmpfloat(fixture_distance(ours, right, count), <, 2 * SAME);
    merged_model_free(m);
}

static const struct {
    const char *name, *file, *dialect, *method;
} cases[] = {
    {"peft-lora", "peft-lora", "peft", "lora"},
    {"peft-rslora", "peft-rslora", "peft", "lora"},
    {"peft-dora", "peft-dora", "peft", "update"},
    {"peft-bias", "peft-bias", "peft", "update"},
    {"peft-loha", "peft-loha", "peft", "update"},
    {"peft-loha-flat", "peft-loha-flat", "peft", "update"},
    {"peft-lokr", "peft-lokr", "peft", "update"},
    {"peft-lokr-whole", "peft-lokr-whole", "peft", "update"},
    {"peft-ia3", "peft-ia3", "peft", "update"},
    {"peft-text", "peft-text", "peft", "lora"},
    {"peft-table", "peft-table", "peft", "update"},
    {"diffusers-metadata", "diffusers-metadata.safetensors", "diffusers", "lora"},
    {"diffusers-plain", "diffusers-plain.safetensors", "diffusers", "lora"},
    {"diffusers-old", "diffusers-old.safetensors", "diffusers", "lora"},
    {"kohya-locon", "kohya-locon.safetensors", "kohya", "lora"},
    {"kohya-original-names", "kohya-original-names.safetensors", "kohya", "lora"},
    {"kohya-dora", "kohya-dora.safetensors", "kohya", "update"},
    {"lycoris-loha", "lycoris-loha.safetensors", "lycoris", "update"},
    {"lycoris-lokr", "lycoris-lokr.safetensors", "lycoris", "update"},
    {"lycoris-full", "lycoris-full.safetensors", "lycoris", "update"},
};

static void test_references(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct adapter *a = load(cases[i].file);
        double worst = 0;
        for (guint k = 0; k < a->unmatched->len; k++) {
            g_test_message("%s: not applied: %s", cases[i].name, (char *)a->unmatched->pdata[k]);
        }
        g_assert_cmpuint(a->unmatched->len, ==, 0);
        g_assert_cmpuint(a->notes->len, ==, 0);
        g_assert_cmpstr(a->dialect->name, ==, cases[i].dialect);
        g_assert_cmpstr(a->method->name, ==, cases[i].method);
        const int whole = compare_weights(a, cases[i].name, "1", &worst);
        const int less = compare_weights(a, cases[i].name, "0.6", &worst);
        g_test_message("%s: %d weights, %.2g", cases[i].name, whole, worst);
        g_assert_cmpint(whole, ==, a->params->len);
        g_assert_true(less == whole || less == 0);
        g_assert_cmpfloat(worst, <, SAME);
        compare_prediction(a, cases[i].name);
        adapter_free(a);
    }
}

// ---- written ------------------------------------------------------------------------------------

// Every weight that either adapter changes: the norm of their difference as a part of the norm of
// what a changes, at strength 1.
static double apart(struct adapter *a, struct adapter *b)
{
    g_autoptr(GError) error = NULL;
    struct merged_model *with_a = merged_model_new(fx.model, &error);
    struct merged_model *with_b = merged_model_new(fx.model, &error);
    double sum = 0, whole = 0;
    a->scale = b->scale = 1;
    g_assert_true(merged_model_update(with_a, &a, 1, NULL, &error));
    g_assert_true(merged_model_update(with_b, &b, 1, NULL, &error));
    for (guint i = 0; i < fx.model->parts->len; i++) {
        const struct nn_part *base = fx.model->parts->pdata[i];
        const struct nn_part *pa = merged_model_parts(with_a)->pdata[i],
                             *pb = merged_model_parts(with_b)->pdata[i];
        for (guint k = 0; k < base->weights->len; k++) {
            const struct nn_weight *w = base->weights->pdata[k];
            const int64_t n = shape_count(w->shape);
            g_autofree float *x = g_new(float, n), *y = g_new(float, n), *z = g_new(float, n);
            tensor_read(w->tensor, x, NULL);
            tensor_read(((struct nn_weight *)pa->weights->pdata[k])->tensor, y, NULL);
            tensor_read(((struct nn_weight *)pb->weights->pdata[k])->tensor, z, NULL);
            for (int64_t j = 0; j < n; j++) {
                whole += ((double)y[j] - x[j]) * ((double)y[j] - x[j]);
                sum += ((double)z[j] - y[j]) * ((double)z[j] - y[j]);
            }
        }
    }
    merged_model_free(with_a);
    merged_model_free(with_b);
    return sqrt(sum / whole);
}

// In every dialect: exactly, or off by what the program says, or refused with a reason. Returns how
// many were written.
static int check_exports(struct adapter *a, const char *name, int rank)
{
    g_autofree enum dialect_way *ways = adapter_dialect_ways(a);
    int written = 0;
    for (int i = 0; adapter_dialect_table[i]; i++) {
        const struct adapter_dialect *d = adapter_dialect_table[i];
        g_autoptr(GError) error = NULL;
        g_autofree char *file = g_strdup_printf("%s-%s-%d", name, d->name, rank);
        g_autofree char *path = fixture_file(&fx, file);
        struct adapter_written w;
        if (!adapter_export(a, d->name, rank, path, &w, NULL, NULL, NULL, &error)) {
            g_test_message("| %s | %s | %s |", name, d->name, error->message);
            g_assert_true(g_error_matches(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED) ||
                          g_error_matches(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT));
            g_assert_cmpint(ways[i], ==, DIALECT_NOTHING);
            continue;
        }
        g_assert_cmpint(ways[i], !=, DIALECT_NOTHING);
        g_assert_true(rank > 0 || (w.rank > 0) == (ways[i] == DIALECT_LOW_RANK));
        g_assert_no_error(error);
        struct adapter *b = adapter_load(path, fx.model, &error);
        g_assert_no_error(error);
        const double distance = apart(a, b);
        g_test_message("| %s | %s | %d | %.2g | %.2g |", name, d->name, rank, w.left_out, distance);
        g_assert_cmpuint(b->unmatched->len, ==, 0);
        g_assert_cmpuint(b->notes->len, ==, 0);
        g_assert_cmpfloat(fabs(distance - w.left_out), <, 1e-5 + 1e-3 * w.left_out);
        g_assert_true(w.left_out == 0 ||
                      g_hash_table_contains(b->metadata, "tincture.approximation"));
        adapter_free(b);
        written++;
    }
    return written;
}

static void test_exports(void)
{
    static const char *const made[][2] = {{"svdiff", ""},
                                          {"oft", ""},
                                          {"oft", "block_size=4"}, // as a BOFT of one factor
                                          {"coft", ""},
                                          {"lora", ""}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct adapter *a = load(cases[i].file);
        g_assert_cmpint(check_exports(a, cases[i].name, 0), >=, 2);
        g_assert_cmpint(check_exports(a, cases[i].name, 3), >=, 2);
        adapter_free(a);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(made); i++) {
        struct adapter *a = fixture_adapter(&fx, made[i][0], made[i][1]);
        g_autofree char *name = g_strconcat(made[i][0], made[i][1], NULL);
        fixture_randomize(a, 5, 0.1);
        g_assert_cmpint(check_exports(a, name, 0), >=, 4);
        g_assert_cmpint(check_exports(a, name, 3), >=, 4);
        adapter_free(a);
    }
}

// LyCORIS makes the sizes of a Kronecker product anew from one factor that it guesses: PEFT's 4 x 4
// blocks of 8 x 8 channels are none of its own (it takes 2 and 4), those of 16 x 16 are.
static void test_opens_in_lycoris(void)
{
    static const char flat[] = "lora_unet_down_blocks_0_resnets_0_conv1.lokr_w1";
    static const char kept[] = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q";
    g_autoptr(GError) error = NULL;
    g_autofree char *path = fixture_file(&fx, "opens.safetensors");
    g_autofree char *kept_name = g_strconcat(kept, ".lokr_w1", NULL);
    struct adapter_written w;
    struct adapter *a = load("peft-lokr");
    g_assert_true(adapter_export(a, "lycoris", 0, path, &w, NULL, NULL, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpfloat(w.left_out, ==, 0);
    struct st_file *f = st_open(path, &error);
    const struct st_tensor *one = st_find(f, flat), *four = st_find(f, kept_name);
    g_assert_cmpint(one->count, ==, 1);
    g_assert_cmpint(four->shape[0], ==, 4);
    g_assert_cmpint(four->shape[1], ==, 4);
    st_free(f);
    struct adapter *b = adapter_load(path, fx.model, &error);
    g_assert_cmpfloat(apart(a, b), <, 1e-6);
    adapter_free(a);
    adapter_free(b);
}

static const struct st_tensor *beside(struct st_file *f, const struct st_tensor *down,
                                      const char *suffix)
{
    g_autofree char *stem = g_strndup(down->name, strlen(down->name) - strlen(".lora_down.weight"));
    g_autofree char *name = g_strconcat(stem, suffix, NULL);
    return st_find(f, name);
}

// diffusers 0.42 finds an alpha that is not the most frequent one under no layer of attention, so
// that there is one in a file, and every alpha / rank is a power of two, which rounds nothing.
static void test_one_alpha(void)
{
    static const char *const dialects[] = {"kohya", "lycoris"};
    for (size_t i = 0; i < G_N_ELEMENTS(dialects); i++) {
        struct adapter *a = load("kohya-locon.safetensors");
        g_autofree char *path = fixture_file(&fx, "one-alpha.safetensors");
        g_autoptr(GError) error = NULL;
        g_autoptr(GHashTable) ranks = g_hash_table_new(NULL, NULL);
        struct adapter_written w;
        g_assert_true(adapter_export(a, dialects[i], 0, path, &w, NULL, NULL, NULL, &error));
        g_assert_cmpfloat(w.left_out, ==, 0);
        struct st_file *f = st_open(path, &error);
        for (guint k = 0; k < f->tensors->len; k++) {
            const struct st_tensor *t = f->tensors->pdata[k];
            float alpha;
            int exponent;
            if (g_str_has_suffix(t->name, ".lora_down.weight")) {
                g_assert_true(st_read_f32(beside(f, t, ".alpha"), &alpha, true, &error));
                g_assert_cmpfloat(alpha, ==, adapter_largest_rank(a));
                g_assert_cmpfloat(frexp(alpha / (double)t->shape[0], &exponent), ==, 0.5);
                g_hash_table_add(ranks, GINT_TO_POINTER((int)t->shape[0]));
            }
        }
        g_assert_cmpuint(g_hash_table_size(ranks), >, 1);
        st_free(f);
        struct adapter *b = adapter_load(path, fx.model, &error);
        g_assert_cmpfloat(apart(a, b), <, 1e-6);
        adapter_free(a);
        adapter_free(b);
    }
}

struct listener {
    const char *path;
    GCancellable *cancel; // NULL: it is to be written
    double left_out;
    int calls;
};

static void near_cb(const struct adapter_written *w, void *data)
{
    struct listener *l = data;
    g_assert_cmpint(w->rank, ==, 3);
    g_assert_false(g_file_test(l->path, G_FILE_TEST_EXISTS));
    l->left_out = w->left_out;
    l->calls++;
    if (l->cancel) {
        g_cancellable_cancel(l->cancel);
    }
}

// How far off a low-rank copy is, is told before there is one, and it need not be written.
static void test_told_before(void)
{
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    struct adapter *a = fixture_adapter(&fx, "oft", "");
    fixture_randomize(a, 5, 0.1);
    g_autofree char *path = fixture_file(&fx, "told.safetensors");
    for (int i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        struct listener l = {path, i == 0 ? cancel : NULL};
        struct task task = {.cancellable = l.cancel};
        struct adapter_written w;
        const bool ok = adapter_export(a, "kohya", 3, path, &w, near_cb, &l, &task, &error);
        g_assert_true(ok == (i == 1));
        g_assert_true(i == 1 || g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
        g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS) == (i == 1));
        g_assert_cmpint(l.calls, ==, 1);
        g_assert_cmpfloat(l.left_out, >, 0.01);
        g_assert_cmpfloat(l.left_out, ==, w.left_out);
    }
    adapter_free(a);
}

// What adapter_dialect_ways() says of a dialect.
static enum dialect_way way_to(const struct adapter *a, const char *dialect)
{
    g_autofree enum dialect_way *ways = adapter_dialect_ways(a);
    int i = 0;
    while (!g_str_equal(adapter_dialect_table[i]->name, dialect)) {
        i++;
    }
    return ways[i];
}

static struct adapter *written_as(struct adapter *a, const char *dialect, bool at_one)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *file = g_strdup_printf("%s-as-%s", a->name, dialect);
    g_autofree char *path = fixture_file(&fx, file);
    struct adapter_written w;
    g_assert_true(adapter_export(a, dialect, 0, path, &w, NULL, NULL, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpint(w.rank, ==, 0);
    g_assert_true(w.at_one == at_one);
    struct adapter *b = adapter_load(path, fx.model, &error);
    g_assert_no_error(error);
    return b;
}

// The two kinds of DoRA are one at strength 1: no approximation between them, either way round.
static void test_dora(void)
{
    static const char *const pairs[][2] = {
        {"kohya", "peft"}, {"kohya", "diffusers"}, {"lycoris", "peft"}, {"lycoris", "diffusers"}};
    struct adapter *peft = load("peft-dora");
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_assert_cmpint(way_to(peft, pairs[i][0]), ==, DIALECT_AT_ONE);
        g_assert_cmpint(way_to(peft, pairs[i][1]), ==, DIALECT_EXACT);
        struct adapter *there = written_as(peft, pairs[i][0], true);
        struct adapter *back = written_as(there, pairs[i][1], true);
        g_assert_cmpfloat(apart(peft, there), <, 1e-6);
        g_assert_cmpfloat(apart(peft, back), <, 1e-6);
        adapter_free(there);
        adapter_free(back);
    }
    adapter_free(peft);

    struct adapter *kohya = load("kohya-dora.safetensors"); // has magnitudes of inputs, too
    g_assert_cmpint(way_to(kohya, "kohya"), ==, DIALECT_EXACT);
    g_assert_cmpint(way_to(kohya, "dense"), ==, DIALECT_EXACT);
    g_assert_cmpint(way_to(kohya, "peft"), ==, DIALECT_LOW_RANK);
    adapter_free(kohya);
}

// Text encoders under the names that the current transformers has, in the configuration, too.
static void test_text_names(void)
{
    g_autofree char *folder = fixture_file(&fx, "peft-text-as-peft"), *config = NULL;
    g_autofree char *file = g_build_filename(folder, "adapter_model.safetensors", NULL);
    g_autofree char *beside = g_build_filename(folder, "adapter_config.json", NULL);
    struct adapter *a = load("peft-text");
    struct adapter *b = written_as(a, "peft", false);
    struct st_file *tensors = st_open(file, NULL);
    g_assert_nonnull(
        st_find(tensors, "base_model.model.encoder.layers.0.self_attn.q_proj.lora_A.weight"));
    g_assert_true(g_file_get_contents(beside, &config, NULL, NULL));
    g_assert_nonnull(strstr(config, "\"encoder.layers.0.self_attn.q_proj\""));
    g_assert_null(strstr(config, "text_model"));
    st_free(tensors);
    adapter_free(a);
    adapter_free(b);
}

// What is said of a dialect is what then happens.
static void test_ways(void)
{
    struct adapter *text = load("peft-text"), *all = load("diffusers-metadata.safetensors");
    struct adapter *shifts = fixture_adapter(&fx, "svdiff", "");
    g_assert_cmpint(way_to(text, "peft"), ==, DIALECT_EXACT);
    g_assert_cmpint(way_to(text, "peft_oft"), ==, DIALECT_NOTHING);
    g_assert_cmpint(way_to(shifts, "svdiff"), ==, DIALECT_EXACT);
    g_assert_cmpint(way_to(shifts, "kohya"), ==, DIALECT_LOW_RANK);
    g_assert_cmpint(way_to(shifts, "dense"), ==, DIALECT_AT_ONE);
    g_assert_cmpint(way_to(shifts, "official_oft"), ==, DIALECT_NOTHING);
    g_assert_cmpint(way_to(all, "diffusers"), ==, DIALECT_EXACT);
    g_assert_cmpint(way_to(all, "peft"), ==,
                    adapter_is_of_one_network(all) ? DIALECT_EXACT : DIALECT_NOTHING);
    adapter_free(text);
    adapter_free(all);
    adapter_free(shifts);
}

// ---- files that say too much, or nothing --------------------------------------------------------

#define LAYER      "mid_block.attentions.0.transformer_blocks.0.attn1.to_q" // 16 x 16
#define FLAT       "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q"
#define OTHER_FLAT "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_k"

struct made {
    const char *name;
    int rank;
    int64_t shape[4];
    float value; // of every number
};

// The file of these tensors (name NULL ends), with a configuration beside it or none.
static char *make_file(const char *name, const struct made *tensors, const char *config)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = fixture_file(&fx, name);
    g_autofree char *beside = g_build_filename(folder, "adapter_config.json", NULL);
    char *path = g_build_filename(folder, "adapter_model.safetensors", NULL);
    struct st_writer *w = st_writer_new();
    g_mkdir_with_parents(folder, 0700);
    for (; tensors->name; tensors++) {
        int64_t count = 1;
        for (int i = 0; i < tensors->rank; i++) {
            count *= tensors->shape[i];
        }
        g_autofree float *values = g_new(float, MAX(count, 1));
        for (int64_t i = 0; i < count; i++) {
            values[i] = tensors->value;
        }
        st_writer_f32(w, tensors->name, tensors->rank, tensors->shape, values);
    }
    g_assert_true(st_writer_save(w, path, NULL, &error));
    st_writer_free(w);
    g_assert_true(!config || g_file_set_contents(beside, config, -1, &error));
    return path;
}

// Each has the wrong sizes or too little, so that nothing is left.
static void test_nothing_fits(void)
{
    static const struct made files[][6] = {
        {{FLAT ".lora_up.weight", 2, {16, 2}, 1}},
        {{FLAT ".lora_up.weight", 2, {16, 2}, 1}, {FLAT ".lora_down.weight", 2, {3, 16}, 1}},
        {{FLAT ".lora_up.weight", 2, {16, 5000}, 0}, {FLAT ".lora_down.weight", 2, {5000, 16}, 0}},
        {{FLAT ".lora_up.weight", 1, {16}, 1}, {FLAT ".lora_down.weight", 1, {16}, 1}},
        {{FLAT ".lora_up.weight", 2, {16, 1}, 1},
         {FLAT ".lora_down.weight", 2, {1, 16}, 1},
         {FLAT ".alpha", 1, {2}, 1}},
        {{FLAT ".lora_up.weight", 2, {16, 1}, 1},
         {FLAT ".lora_down.weight", 2, {1, 16}, 1},
         {FLAT ".dora_scale", 1, {5}, 1}},
        {{FLAT ".lora_up.weight", 2, {16, 1}, 1},
         {FLAT ".lora_down.weight", 2, {1, 16}, 1},
         {FLAT ".lora_mid.weight", 4, {1, 1, 3, 3}, 1}},
        {{FLAT ".lokr_w1", 2, {3, 4}, 1}, {FLAT ".lokr_w2", 2, {5, 4}, 1}},
        {{FLAT ".lokr_w1_a", 1, {4}, 1},
         {FLAT ".lokr_w1_b", 1, {4}, 1},
         {FLAT ".lokr_w2", 0, {0}, 1}},
        {{FLAT ".hada_w1_a", 2, {16, 2}, 1}, {FLAT ".hada_w1_b", 2, {2, 16}, 1}},
        {{FLAT ".diff", 2, {4, 64}, 1}},
        {{FLAT ".weight", 1, {7}, 1}, {FLAT ".on_input", 0, {0}, 1}},
        {{"conv_norm_out.lora_up.weight", 2, {8, 1}, 1},
         {"conv_norm_out.lora_down.weight", 2, {1, 1}, 1}},
        {{"base_model.model." LAYER ".lora_A", 2, {1, 16}, 1},
         {"base_model.model." LAYER ".lora_B", 2, {16, 1}, 1},
         {"base_model.model." LAYER ".lora_E", 2, {1, 1}, 1}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *name = g_strdup_printf("misfit-%zu", i);
        g_autofree char *path = make_file(name, files[i], NULL);
        g_test_message("%s", files[i][0].name);
        g_assert_null(adapter_load(path, fx.model, &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH);
    }
}

static const struct made plain[] = {{"base_model.model." LAYER ".lora_A.weight", 2, {2, 16}, 0.1f},
                                    {"base_model.model." LAYER ".lora_B.weight", 2, {16, 2}, 0.1f},
                                    {NULL}};

static struct adapter *load_configured(const char *name, const char *config)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = make_file(name, plain, config);
    struct adapter *a = adapter_load(path, fx.model, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(a->params->len, ==, 1);
    return a;
}

// B's first number, which has the strength in it.
static double strength(const struct adapter *a)
{
    const struct adapter_param *p = a->params->pdata[0];
    return p->value[32] / 0.1f;
}

static void test_configurations(void)
{
    g_autoptr(GString) many = g_string_new("{\"r\": 2, \"lora_alpha\": 2, \"alpha_pattern\": {");
    for (int i = 0; i < 3000; i++) { // each would take for ever
        g_string_append_printf(many, "\"(([a-z_0-9.]*)*)*%dx\": 4, ", i);
    }
    g_string_append(many, "\"to_q\": 6}}");
    const struct {
        const char *config;
        double strength;
        const char *note; // NULL: none
    } cases_of[] = {
        {"{\"r\": 2, \"lora_alpha\": 6}", 3, NULL},
        {"{\"r\": 2}", 4, NULL}, // PEFT's alpha is 8 where nothing says it
        {"{\"r\": 2, \"lora_alpha\": 6, \"alpha_pattern\": {\"o_q\": 1, \"to.q\": 2}}", 1, NULL},
        {"{\"r\": 2, \"lora_alpha\": 6, \"alpha_pattern\": {\"(\": 1, \"to_[qk]\": 2}}", 1,
         "1 entry of alpha_pattern"},
        {NULL, 1, "alpha is taken to be the rank"},
        {many->str, 3, "entries of alpha_pattern"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases_of); i++) {
        g_autofree char *name = g_strdup_printf("configured-%zu", i);
        const gint64 begin = g_get_monotonic_time();
        struct adapter *a = load_configured(name, cases_of[i].config);
        g_autofree char *remark = adapter_remark(a);
        g_test_message("%.3g s: %s", (double)(g_get_monotonic_time() - begin) / 1e6, remark);
        g_assert_cmpfloat(fabs(strength(a) - cases_of[i].strength), <, 1e-5);
        g_assert_true(cases_of[i].note ? remark && strstr(remark, cases_of[i].note) : !remark);
        g_assert_cmpfloat((double)(g_get_monotonic_time() - begin) / 1e6, <, 5);
        adapter_free(a);
    }
}

// Words that change what the tensors mean are obeyed, refused or said.
static void test_words(void)
{
#define LORA "\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 6"
    static const struct {
        const char *config;
        const char *said; // of a refusal, or of a note where a strength is given
        double strength;
    } cases_of[] = {
        {"{" LORA "}", NULL, 3},
        {"{" LORA ", \"alpha\": 2}", "alpha of the configuration is not known", 3},
        {"{" LORA ", \"use_quux\": true, \"quux\": 0, \"q\": {\"a\": 1}}", "use_quux, q of the", 3},
        {"{" LORA ", \"lora_dropout\": 0.5, \"velora_config\": {\"a\": 1}}", NULL, 3},
        {"{" LORA ", \"use_dora\": true}", "no magnitudes", 0},
        {"{" LORA ", \"use_qalora\": true}", "use_qalora: more than", 0},
        {"{" LORA ", \"alora_invocation_tokens\": [1, 2]}", "alora_invocation_tokens: more", 0},
        {"{" LORA ", \"layer_replication\": [[0, 1]]}", "layer_replication: more than", 0},
        {"{" LORA ", \"init_lora_weights\": \"olora\"}", "init_lora_weights is \"olora\"", 0},
        {"{\"peft_type\": \"LOHA\", \"r\": 2, \"alpha\": 6}", "are tensors of LORA", 0},
        {"{\"peft_type\": \"HIRA\", \"r\": 2, \"lora_alpha\": 6}", "peft_type is \"HIRA\"", 0},
        {"{\"peft_type\": \"ADALORA\", \"r\": 2}", "peft_type is \"ADALORA\"", 0},
        {"{\"peft_type\": \"OFT\", \"r\": 2}", "peft_type is \"OFT\"", 0},
        {"{\"peft_type\": \"lora\", \"r\": 2}", "peft_type is \"lora\"", 0},
        {"{\"peft_type\": 5, \"r\": 2}", "peft_type is \"\"", 0},
        // values of another kind than their word's
        {"{\"r\": 2, \"lora_alpha\": \"6\"}", "lora_alpha is not a number", 0},
        {"{\"r\": 2, \"lora_alpha\": null}", "lora_alpha is not a number", 0},
        {"{\"r\": 2, \"lora_alpha\": NaN}", "lora_alpha is not a number", 0},
        {"{\"r\": 2, \"lora_alpha\": true}", "lora_alpha is not a number", 0},
        {"{" LORA ", \"use_rslora\": \"true\"}", "use_rslora is not true or false", 0},
        {"{" LORA ", \"use_rslora\": 1}", "use_rslora is not true or false", 0},
        {"{" LORA ", \"alpha_pattern\": [1, 2]}", "alpha_pattern is not a table of numbers", 0},
        {"{" LORA ", \"alpha_pattern\": {\"to_q\": \"2\"}}", "alpha_pattern is not a table", 0},
        {"{" LORA ", \"init_lora_weights\": {}}", "init_lora_weights is not true or false or a", 0},
        {"{" LORA ", \"rank_pattern\": {\"a\": {}}}", "rank_pattern of the configuration is", 3},
        {"{" LORA ", \"bias\": 1, \"lora_dropout\": []}", "lora_dropout of the configuration", 3},
        {"{" LORA ", \"alpha_pattern\": null, \"use_rslora\": null, \"bias\": null}", NULL, 3},
        {"{\"r\": \"four\", \"lora_alpha\": 6}", "r of the configuration is not a number", 3},
        {"{\"r\": 4, \"lora_alpha\": 6}", "attn1.to_q is 2, and not 4 as", 3},
        {"{" LORA ", \"rank_pattern\": {\"to_q\": 3}}", "attn1.to_q is 2, and not 3 as", 3},
        {"{\"r\": 8, \"lora_alpha\": 6, \"rank_pattern\": {\"to_q\": 2}}", NULL, 3},
    };
#undef LORA
    for (size_t i = 0; i < G_N_ELEMENTS(cases_of); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *name = g_strdup_printf("words-%zu", i);
        g_autofree char *path = make_file(name, plain, cases_of[i].config);
        struct adapter *a = adapter_load(path, fx.model, &error);
        g_autofree char *remark = a ? adapter_remark(a) : NULL;
        g_test_message("%s: %s", cases_of[i].config, a ? remark : error->message);
        if (cases_of[i].strength == 0) {
            g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
            g_assert_nonnull(strstr(error->message, cases_of[i].said));
            continue;
        }
        g_assert_no_error(error);
        g_assert_cmpfloat(fabs(strength(a) - cases_of[i].strength), <, 1e-5);
        g_assert_true(cases_of[i].said ? remark && strstr(remark, cases_of[i].said) : !remark);
        adapter_free(a);
    }
}

static void assert_not_loaded(const char *path, const char *says)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(adapter_load(path, fx.model, &error));
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, says));
}

// A configuration that cannot be read says nothing of the strength, whichever dialect asks for it.
static void test_damaged_configuration(void)
{
    static const struct made files[][3] = {
        {{"base_model.model." LAYER ".lora_A.weight", 2, {2, 16}, 0.1f},
         {"base_model.model." LAYER ".lora_B.weight", 2, {16, 2}, 0.1f}},
        {{LAYER ".lora_A.weight", 2, {2, 16}, 0.1f}, {LAYER ".lora_B.weight", 2, {16, 2}, 0.1f}},
        {{"base_model.model." LAYER ".oft_R.weight", 2, {4, 6}, 0.1f}},
        {{"base_model.model." LAYER ".oft_r", 3, {4, 4, 4}, 0.1f}},
        {{"base_model.model." LAYER ".boft_R", 4, {1, 4, 4, 4}, 0.1f}},
    };
    g_autofree char *brackets = g_strnfill(3000000, '[');
    const char *const texts[] = {"{\"r\": 4", "[1]", "", "{\"r\": 2, \"r\": 4}", brackets};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(texts); k++) {
            g_autofree char *name = g_strdup_printf("damaged-%zu-%zu", i, k);
            g_autofree char *path = make_file(name, files[i], texts[k]);
            assert_not_loaded(path, "adapter_config.json");
        }
    }
    g_autofree char *bound = make_file("damaged-bound", files[2], "{\"coft\": \"true\"}");
    assert_not_loaded(bound, "coft is not true or false");
}

static void test_damaged_metadata(void)
{
    static const char *const texts[] = {"{\"unet.r\": 4", "[1]",
                                        "{\"unet.r\": 2, \"unet.lora_alpha\": \"2\"}"};
    const float values[32] = {0.1f};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *path = fixture_file(&fx, "damaged-metadata.safetensors");
        struct st_writer *w = st_writer_new();
        st_writer_f32(w, "unet." LAYER ".lora_A.weight", 2, (int64_t[]){2, 16}, values);
        st_writer_f32(w, "unet." LAYER ".lora_B.weight", 2, (int64_t[]){16, 2}, values);
        st_writer_meta(w, "lora_adapter_metadata", texts[i]);
        g_assert_true(st_writer_save(w, path, NULL, NULL));
        st_writer_free(w);
        assert_not_loaded(path, "lora_adapter_metadata");
    }
}

// A quantised adapter's numbers are not what they stand for, whichever tensor they are in.
static void test_whole_numbers(void)
{
    static const struct {
        const char *name, *other; // other: a tensor of numbers beside it, of the same size
        int rank;
        int64_t shape[3];
    } tensors[] = {
        {FLAT ".lora_up.weight", FLAT ".lora_down.weight", 2, {16, 16}},
        {FLAT ".lora_down.weight", FLAT ".lora_up.weight", 2, {16, 16}},
        {FLAT ".diff", NULL, 2, {16, 16}},
        {FLAT ".oft_blocks", NULL, 3, {1, 16, 16}},
        {LAYER ".delta", NULL, 1, {16}},
        {"base_model.model." LAYER ".oft_R.weight", NULL, 2, {4, 6}},
    };
    const int32_t whole[16 * 16] = {1, 2, 3};
    const float numbers[16 * 16] = {1, 2, 3};
    for (size_t i = 0; i < G_N_ELEMENTS(tensors); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path = fixture_file(&fx, "whole-numbers.safetensors");
        struct st_writer *w = st_writer_new();
        st_writer_i32(w, tensors[i].name, tensors[i].rank, tensors[i].shape, whole);
        if (tensors[i].other) {
            st_writer_f32(w, tensors[i].other, tensors[i].rank, tensors[i].shape, numbers);
        }
        g_assert_true(st_writer_save(w, path, NULL, &error));
        st_writer_free(w);
        g_assert_null(adapter_load(path, fx.model, &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
        g_assert_nonnull(strstr(error->message, "whole numbers (I32)"));
    }
}

static void test_odd_numbers(void)
{
    static const struct made zero[] = {{FLAT ".lora_up.weight", 2, {16, 2}, 0.1f},
                                       {FLAT ".lora_down.weight", 2, {2, 16}, 0.1f},
                                       {FLAT ".alpha", 0, {0}, 0},
                                       {NULL}};
    g_autoptr(GError) error = NULL;
    g_autofree char *path = make_file("alpha-zero", zero, NULL);
    struct adapter *a = adapter_load(path, fx.model, &error);
    g_assert_no_error(error);
    g_autofree char *remark = adapter_remark(a);
    g_assert_nonnull(strstr(remark, ".alpha is 0 and is taken as the rank"));
    g_assert_cmpfloat(fabs(strength(a) - 1), <, 1e-6);
    adapter_free(a);

    const struct made two[] = {zero[0],
                               zero[1],
                               zero[2],
                               {OTHER_FLAT ".lora_up.weight", 2, {16, 2}, 0.1f},
                               {OTHER_FLAT ".lora_down.weight", 2, {2, 16}, 0.1f},
                               {OTHER_FLAT ".alpha", 0, {0}, 0},
                               {NULL}};
    g_autofree char *both = make_file("alphas-zero", two, NULL);
    a = adapter_load(both, fx.model, &error);
    g_assert_no_error(error);
    g_autofree char *once = adapter_remark(a);
    g_assert_nonnull(strstr(once, ".alpha (and 1 more) is 0 and is taken as the rank"));
    adapter_free(a);

    struct made broken[] = {zero[0], zero[1], {NULL}};
    broken[0].value = NAN;
    g_autofree char *bad = make_file("not-a-number", broken, NULL);
    g_assert_null(adapter_load(bad, fx.model, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_test_init(&argc, &argv, NULL);
    fixture_open(&fx, "sd1");
    g_autofree char *path = data_file("vectors.safetensors");
    expected = st_open(path, &error);
    g_assert_no_error(error);
    g_test_add_func("/dialects/references", test_references);
    g_test_add_func("/dialects/exports", test_exports);
    g_test_add_func("/dialects/opens-in-lycoris", test_opens_in_lycoris);
    g_test_add_func("/dialects/one-alpha", test_one_alpha);
    g_test_add_func("/dialects/told-before", test_told_before);
    g_test_add_func("/dialects/dora", test_dora);
    g_test_add_func("/dialects/ways", test_ways);
    g_test_add_func("/dialects/text-names", test_text_names);
    g_test_add_func("/dialects/nothing-fits", test_nothing_fits);
    g_test_add_func("/dialects/configurations", test_configurations);
    g_test_add_func("/dialects/words", test_words);
    g_test_add_func("/dialects/damaged-configuration", test_damaged_configuration);
    g_test_add_func("/dialects/damaged-metadata", test_damaged_metadata);
    g_test_add_func("/dialects/whole-numbers", test_whole_numbers);
    g_test_add_func("/dialects/odd-numbers", test_odd_numbers);
    const int failed = g_test_run();
    st_free(expected);
    fixture_close(&fx);
    return failed;
}
