// What is made of several adapters, and what is told of them: combined, with strengths for groups
// of layers, brought to a lower rank, measured and compared. Sums are computed again, slowly.

#include "fixture.h"

#include "compute/adapter/private.h"
#include "compute/adapter/study.h"

#include <math.h>
#include <string.h>

#define SAME 2e-6 // parts of the largest number

static struct fixture fx;

static struct adapter *random_adapter(const char *method, const char *settings, unsigned seed)
{
    struct adapter *a = fixture_adapter(&fx, method, settings);
    fixture_randomize(a, seed, 0.1);
    return a;
}

static struct adapter *load(const char *folder, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "data", folder, name, NULL);
    struct adapter *a = adapter_load(path, fx.model, &error);
    g_assert_no_error(error);
    return a;
}

static struct merged_model *merge(struct adapter *const *list, int n)
{
    g_autoptr(GError) error = NULL;
    struct merged_model *m = merged_model_new(fx.model, &error);
    g_assert_true(merged_model_update(m, list, n, NULL, &error));
    g_assert_no_error(error);
    return m;
}

static float *values(const struct nn_weight *w)
{
    float *x = g_new(float, shape_count(w->shape));
    g_assert_true(tensor_read(w->tensor, x, NULL));
    return x;
}

// What m has in the place of a param's weight. The caller's.
static float *merged_values(struct merged_model *m, const struct adapter_param *p)
{
    return values(nn_part_find(nn_part_named(merged_model_parts(m), p->part), p->weight->name));
}

// Largest difference of any weight, in parts of that weight's largest number.
static double models_apart(struct merged_model *x, struct merged_model *y)
{
    double worst = 0;
    for (guint i = 0; i < fx.model->parts->len; i++) {
        const struct nn_part *p = merged_model_parts(x)->pdata[i],
                             *q = merged_model_parts(y)->pdata[i];
        for (guint k = 0; k < p->weights->len; k++) {
            const struct nn_weight *w = p->weights->pdata[k], *v = q->weights->pdata[k];
            g_autofree float *a = values(w), *b = values(v);
            worst = fmax(worst, fixture_distance(a, b, shape_count(w->shape)));
        }
    }
    return worst;
}

// ---- combined -----------------------------------------------------------------------------------

static void test_combined(void)
{
    // The last is the method of what they become.
    static const char *const pairs[][5] = {
        {"svdiff", "", "svdiff", "rank=3", "svdiff"},
        {"svdiff", "subset=2d", "svdiff", "text_encoder=on", "svdiff"},
        {"lora", "", "lora", "rank=2 targets=attention+ff+proj", "lora"},
        {"oft", "blocks=2", "oft", "blocks=2", "oft"},
        {"coft", "blocks=2", "coft", "blocks=2", "coft"},
        {"coft", "blocks=2", "oft", "blocks=2", "oft"},
        {"full", "", "full", "layers=cross_attention", "full"},
        {"oft", "blocks=2", "oft", "block_size=4", "update"},
        {"svdiff", "", "lora", "", "update"},
        {"lora", "", "oft", "", "update"}};
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autoptr(GError) error = NULL;
        struct adapter *both[] = {random_adapter(pairs[i][0], pairs[i][1], 6),
                                  random_adapter(pairs[i][2], pairs[i][3], 7)};
        both[0]->scale = 0.6;
        both[1]->scale = -0.4;
        struct adapter *one = adapter_combined(both, 2, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(one->method->name, ==, pairs[i][4]);
        struct merged_model *together = merge(both, 2), *alone = merge(&one, 1);
        const double apart = models_apart(alone, together);
        g_test_message("%s and %s: %.2g", pairs[i][0], pairs[i][2], apart);
        g_assert_cmpfloat(apart, <, SAME);
        merged_model_free(together);
        merged_model_free(alone);
        adapter_free(both[0]);
        adapter_free(both[1]);
        adapter_free(one);
    }
}

// Equation 5 at its ends and between: what is interpolated is what it was made of.
static void test_interpolated(void)
{
    static const char *const methods[][2] = {
        {"svdiff", ""}, {"oft", "blocks=2"}, {"lora", ""}, {"full", ""}};
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
        g_autoptr(GError) error = NULL;
        struct adapter *both[] = {random_adapter(methods[i][0], methods[i][1], 8),
                                  random_adapter(methods[i][0], methods[i][1], 9)};
        for (int end = 0; end < 2; end++) {
            both[end]->scale = 1;
            both[1 - end]->scale = 0;
            struct adapter *one = adapter_combined(both, 2, NULL, &error);
            g_assert_no_error(error);
            both[1 - end]->scale = 1;
            struct merged_model *alone = merge(&both[end], 1), *made = merge(&one, 1);
            g_assert_cmpfloat(models_apart(made, alone), <, SAME);
            merged_model_free(alone);
            merged_model_free(made);
            adapter_free(one);
        }
        adapter_free(both[0]);
        adapter_free(both[1]);
    }
}

static void test_origins(void)
{
    g_autoptr(GError) error = NULL;
    struct adapter *both[] = {random_adapter("lora", "", 1), random_adapter("lora", "", 2)};
    both[0]->scale = 0.25;
    g_assert_true(adapter_set_strengths(both[1], "0,mid=1", &error));
    struct adapter *one = adapter_combined(both, 2, NULL, &error);
    g_assert_no_error(error);
    g_autofree char *path = fixture_file(&fx, "origins.safetensors");
    g_assert_true(adapter_save(one, path, NULL, &error));
    struct adapter *read = adapter_load(path, fx.model, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(g_hash_table_lookup(read->metadata, ADAPTER_ORIGINS), ==,
                    "LoRA:0.25; LoRA:0,mid=1");
    both[0]->scale = 0;
    g_assert_true(adapter_set_strengths(both[1], "0", &error));
    g_assert_null(adapter_combined(both, 2, NULL, &error));
    g_assert_nonnull(strstr(error->message, "changes nothing"));
    adapter_free(read);
    adapter_free(one);
    adapter_free(both[0]);
    adapter_free(both[1]);
}

// A hint encoder goes along with what one of them has; two are one too many.
static void test_extras(void)
{
    g_autoptr(GError) error = NULL;
    struct adapter *both[] = {random_adapter("lora", "", 1), random_adapter("oft", "", 2)};
    const float value[] = {1, 2};
    adapter_extra_put(both[1], "hint", 1, (int64_t[]){2}, value);
    struct adapter *one = adapter_combined(both, 2, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(one->extras->len, ==, 1);
    const struct adapter_extra *e = one->extras->pdata[0];
    g_assert_cmpstr(e->name, ==, "hint");
    g_assert_cmpmem(e->value, sizeof value, value, sizeof value);
    adapter_extra_put(both[0], "hint", 1, (int64_t[]){2}, value);
    g_assert_null(adapter_combined(both, 2, NULL, &error));
    g_assert_nonnull(strstr(error->message, "both have a hint encoder"));
    adapter_free(one);
    adapter_free(both[0]);
    adapter_free(both[1]);
}

// ---- groups of layers ---------------------------------------------------------------------------

static void test_groups(void)
{
    static const struct {
        const char *path, *group;
    } layers[] = {
        {"conv_in", "ends.conv"},
        {"time_embedding.linear_1", "ends.linear"},
        {"up_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q", "up1.self"},
        {"down_blocks.0.resnets.0.conv1", "down0.conv"},
        {"mid_block.attentions.0.transformer_blocks.0.attn2.to_k", "mid.cross"},
        {"mid_block.attentions.0.proj_in", "mid.linear"},
        {"mid_block.attentions.0.norm", "mid.norm"},
        {"mid_block.attentions.0.transformer_blocks.0.ff.net.2", "mid.ff"},
        {"text_model.encoder.layers.0.self_attn.q_proj", "text.self"},
        {"text_model.embeddings.token_embedding", "text.linear"},
    };
    struct adapter *a = random_adapter("svdiff", "text_encoder=on", 1);
    for (size_t i = 0; i < G_N_ELEMENTS(layers); i++) {
        const struct nn_part *part;
        struct nn_weight *w = adapter_layer(fx.model, layers[i].path, &part);
        g_assert_nonnull(w);
        const struct adapter_param *p = adapter_param_of(a, w);
        g_autofree char *name = layer_group_name(layer_group_of(p));
        g_assert_cmpstr(name, ==, layers[i].group);
        struct layer_group group;
        g_assert_true(layer_group_parse(layers[i].group, &group));
        g_assert_true(layer_group_has(group, layer_group_of(p)));
    }
    static const char *const none[] = {"",      "all",       "down.", ".cross", "down1.", "mid1",
                                       "downs", "up.cross1", "1",     "up123",  "text0"};
    for (size_t i = 0; i < G_N_ELEMENTS(none); i++) {
        struct layer_group group;
        g_assert_false(layer_group_parse(none[i], &group));
    }
    adapter_free(a);
}

// What each layer of every method takes: the base, bit for bit, where its strength is 0, and at
// others what it is at that scale.
static void check_strengths(struct adapter *a)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(
        adapter_set_strengths(a, "0,mid=0.5,up.self=1,down_blocks.0.attentions.0=1", &error));
    g_assert_no_error(error);
    struct merged_model *mixed = merge(&a, 1);
    struct adapter *one = adapter_combined(&a, 1, NULL, &error);
    g_assert_no_error(error);
    struct merged_model *combined = merge(&one, 1);
    g_assert_cmpfloat(models_apart(combined, mixed), <, SAME);
    g_assert_true(adapter_set_strengths(a, "1", &error));
    a->scale = 0.5;
    struct merged_model *half = merge(&a, 1);
    a->scale = 1;
    struct merged_model *whole = merge(&a, 1);
    int found[3] = {0};
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        const struct layer_group g = layer_group_of(p);
        const bool first = g_str_has_prefix(p->path, "down_blocks.0.attentions.0.");
        const bool all = (g.place == LAYER_UP && g.kind == LAYER_SELF) || first;
        g_autofree float *got = merged_values(mixed, p);
        g_autofree float *expected = g.place == LAYER_MID ? merged_values(half, p)
                                     : all                ? merged_values(whole, p)
                                                          : values(p->weight);
        found[g.place == LAYER_MID ? 0 : all ? 1 : 2]++;
        const size_t bytes = (size_t)shape_count(p->weight->shape) * sizeof *got;
        g_assert_cmpmem(got, bytes, expected, bytes);
    }
    g_assert_true(found[0] > 0 && found[2] > 0);
    merged_model_free(mixed);
    merged_model_free(combined);
    merged_model_free(half);
    merged_model_free(whole);
    adapter_free(one);
    adapter_free(a);
}

static void test_strengths(void)
{
    check_strengths(random_adapter("svdiff", "text_encoder=on", 1));
    check_strengths(random_adapter("oft", "blocks=2", 2));
    check_strengths(random_adapter("coft", "", 3));
    check_strengths(random_adapter("lora", "targets=attention+ff+proj", 4));
    check_strengths(random_adapter("full", "", 5));
    check_strengths(load("adapter", "kohya-dora.safetensors"));
    check_strengths(load("adapter", "lycoris-loha.safetensors"));
    check_strengths(load("adapter", "lycoris-lokr.safetensors"));
    check_strengths(load("adapter", "peft-dora"));
    check_strengths(load("rotations", "peft-neumann"));
    check_strengths(load("rotations", "lycoris-oft-rescaled"));
}

// In factor space as merged.
static void test_strengths_applied(void)
{
    g_autoptr(GError) error = NULL;
    static const char *const methods[] = {"svdiff", "oft", "lora", "full"};
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
        struct adapter *a = random_adapter(methods[i], "", 1);
        a->scale = 0.8;
        g_assert_true(adapter_set_strengths(a, "0.5,down=0,up=-1.5", &error));
        struct merged_model *m = merge(&a, 1);
        struct adapter_hook *hook = adapter_hook_new(&a, 1, -1, fx.gpu, &error);
        g_assert_no_error(error);
        int64_t count;
        g_autofree float *applied =
            fixture_predict(&fx, model_part(fx.model, MODEL_UNET), hook, &count);
        g_autofree float *merged =
            fixture_predict(&fx, nn_part_named(merged_model_parts(m), MODEL_UNET), NULL, &count);
        g_assert_cmpfloat(fixture_distance(applied, merged, count), <, 1e-5);
        adapter_hook_free(hook);
        merged_model_free(m);
        adapter_free(a);
    }
}

static void test_no_strengths(void)
{
    static const char *const texts[] = {"",           "down",
                                        "down=",      "=1",
                                        "nowhere=1",  "1,,2",
                                        "nan",        "inf=1",
                                        "up=nan",     "up=1e9",
                                        "mid_bloc=1", "up=1x",
                                        "0.5 up=1",   "1,down=1,down=0",
                                        "1,2",        "up.self=1,self=1,up.self=0",
                                        "down=0,1",   "mid_block=1,mid_block=1"};
    struct adapter *a = random_adapter("lora", "", 1);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(adapter_set_strengths(a, texts[i], &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
        g_assert_null(a->strengths);
        for (guint k = 0; k < a->params->len; k++) {
            g_assert_cmpfloat(((struct adapter_param *)a->params->pdata[k])->strength, ==, 1);
        }
    }
    adapter_free(a);
}

// What is taken back is no adapter, however it is written: not the noise that rounding leaves.
static void test_nothing_left(void)
{
    static const char *const pairs[][2] = {{"svdiff", "svdiff"},
                                           {"lora", "lora"},
                                           {"oft", "oft"},
                                           {"full", "full"},
                                           {"lora", "dense"}};
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path = fixture_file(&fx, "taken-back.safetensors");
        struct adapter_written w;
        struct adapter *both[] = {random_adapter(pairs[i][0], "", 6),
                                  random_adapter(pairs[i][0], "", 6)};
        if (!g_str_equal(pairs[i][0], pairs[i][1])) {
            g_assert_true(
                adapter_export(both[1], pairs[i][1], 0, path, &w, NULL, NULL, NULL, &error));
            adapter_free(both[1]);
            both[1] = adapter_load(path, fx.model, &error);
        }
        g_assert_no_error(error);
        both[1]->scale = -1;
        g_assert_null(adapter_combined(both, 2, NULL, &error));
        g_assert_nonnull(error);
        g_assert_nonnull(strstr(error->message, "changes nothing"));
        g_clear_error(&error);
        both[1]->scale = -0.999;
        struct adapter *little = adapter_combined(both, 2, NULL, &error);
        g_assert_no_error(error);
        adapter_free(little);
        adapter_free(both[0]);
        adapter_free(both[1]);
    }
}

// ---- measured -----------------------------------------------------------------------------------

static double slow_energy(const float *w, int rows, int columns)
{
    double sum = 0;
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < rows; j++) {
            double a = 0, b = 0, squared = 0;
            for (int k = 0; k < columns; k++) {
                a += (double)w[i * columns + k] * w[i * columns + k];
                b += (double)w[j * columns + k] * w[j * columns + k];
            }
            for (int k = 0; k < columns; k++) {
                const double d = w[i * columns + k] / sqrt(a) - w[j * columns + k] / sqrt(b);
                squared += d * d;
            }
            sum += i == j ? 0 : 1 / sqrt(squared);
        }
    }
    return sum;
}

static const struct adapter_param *param_of(const struct adapter *a, const struct study_layer *l)
{
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        if (g_str_equal(p->path, l->path) && g_str_equal(p->part, l->part)) {
            return p;
        }
    }
    return NULL;
}

static double slow_norm(const float *x, const float *minus, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        const double d = (double)x[i] - (minus ? minus[i] : 0);
        sum += d * d;
    }
    return sqrt(sum);
}

static void test_study(void)
{
    g_autoptr(GError) error = NULL;
    struct adapter *list[] = {random_adapter("oft", "blocks=2", 1), random_adapter("lora", "", 2),
                              random_adapter("svdiff", "text_encoder=on", 3)};
    list[1]->scale = 0.5;
    struct adapter_study *s = adapter_study_new(list, 3, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(s->layers->len, ==, list[2]->params->len); // it changes everything
    struct merged_model *m[] = {merge(&list[0], 1), merge(&list[1], 1), merge(&list[2], 1)};
    for (guint i = 0; i < s->layers->len; i++) {
        const struct study_layer *l = s->layers->pdata[i];
        const struct adapter_param *p = param_of(list[2], l);
        const int64_t n = shape_count(p->weight->shape);
        const int rows = p->weight->rank == 4 ? p->weight->shape[0] : p->weight->shape[2];
        const bool table = strstr(p->path, "_embedding") && p->weight->rank == 2 &&
                           g_str_equal(p->part, MODEL_TEXT);
        g_autofree float *base = values(p->weight);
        g_assert_cmpfloat_with_epsilon(l->weight, slow_norm(base, NULL, n), 1e-9 * l->weight);
        g_assert_true(isnan(l->energy) == (p->weight->rank == 1 || table));
        for (int a = 0; a < 3; a++) {
            g_autofree float *after = merged_values(m[a], p);
            const double change = slow_norm(after, base, n);
            g_assert_cmpfloat_with_epsilon(l->parts[a].change, change, 1e-9 * change + 1e-12);
            if (!isnan(l->energy)) {
                const double slow = slow_energy(after, rows, (int)(n / rows));
                g_assert_cmpfloat_with_epsilon(l->parts[a].energy, slow, 1e-9 * slow);
            }
        }
    }
    for (int a = 0; a < 3; a++) {
        merged_model_free(m[a]);
        adapter_free(list[a]);
    }
    adapter_study_free(s);
}

// A rotation keeps the angles between neurons and its R is one; a low-rank update turns nothing and
// keeps none.
static void test_energy(void)
{
    g_autoptr(GError) error = NULL;
    struct adapter *list[] = {random_adapter("oft", "blocks=2", 1), random_adapter("lora", "", 2)};
    struct adapter_study *s = adapter_study_new(list, 2, NULL, &error);
    g_assert_no_error(error);
    double before;
    const double turned = study_energy(s, 0, LAYER_ALL, &before);
    g_assert_cmpfloat(study_size(s, 0, LAYER_ALL), >, 0.1);
    g_assert_cmpfloat_with_epsilon(turned, before, 1e-6 * before);
    g_assert_cmpfloat(study_askew(s, 0, LAYER_ALL), <, 1e-5);
    const double added = study_energy(s, 1, LAYER_ALL, &before);
    g_assert_cmpfloat(fabs(added - before), >, 1e-4 * before);
    g_assert_true(isnan(study_askew(s, 1, LAYER_ALL)));
    struct layer_group text;
    g_assert_true(layer_group_parse("text", &text));
    g_assert_true(isnan(study_size(s, 0, text))); // neither has layers there
    adapter_study_free(s);
    adapter_free(list[0]);
    adapter_free(list[1]);
}

// |R R^T - I|^2 of a block of the series R = I + 2 S + 2 S^2 + 2 S^3 + S^4.
static double slow_squares(const float *u, int b)
{
    const gsize n = (gsize)b * (gsize)b;
    g_autofree double *s = g_new0(double, n), *power = g_new0(double, n), *r = g_new0(double, n);
    for (int i = 0; i < b; i++) {
        r[i * b + i] = power[i * b + i] = 1;
        for (int j = i + 1; j < b; j++, u++) {
            s[i * b + j] = *u;
            s[j * b + i] = -*u;
        }
    }
    for (int p = 1; p <= 4; p++) {
        g_autofree double *last = g_memdup2(power, n * sizeof *power);
        for (int i = 0; i < b * b; i++) {
            power[i] = 0;
            for (int k = 0; k < b; k++) {
                power[i] += last[i / b * b + k] * s[k * b + i % b];
            }
            r[i] += (p < 4 ? 2 : 1) * power[i];
        }
    }
    double sum = 0;
    for (int i = 0; i < b * b; i++) {
        double square = i % (b + 1) == 0 ? -1 : 0;
        for (int k = 0; k < b; k++) {
            square += r[i / b * b + k] * r[i % b * b + k];
        }
        sum += square * square;
    }
    return sum;
}

// A series is no rotation.
static void test_askew(void)
{
    g_autoptr(GError) error = NULL;
    struct adapter *a = load("rotations", "peft-neumann");
    struct adapter_study *s = adapter_study_new(&a, 1, NULL, &error);
    g_assert_no_error(error);
    double slow = 0;
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        const struct orthogonal_form *f = orthogonal_form_of(p);
        g_assert_true(f->cayley == CAYLEY_SERIES && f->powers == 4 && f->last == 1);
        for (int block = 0; block < f->blocks; block++) {
            slow += slow_squares(p->value + block * orthogonal_block_count(f), f->block);
        }
    }
    const double askew = study_askew(s, 0, LAYER_ALL);
    g_test_message("|R R^T - I| = %g", askew);
    g_assert_cmpfloat(askew, >, 0.01);
    g_assert_cmpfloat_with_epsilon(askew, sqrt(slow), 1e-5 * askew);
    adapter_study_free(s);
    adapter_free(a);
}

// Of SVDiff the changes correlate as the shifts do: cosine of each layer's, mean over layers.
static void test_correlation(void)
{
    g_autoptr(GError) error = NULL;
    struct adapter *list[] = {random_adapter("svdiff", "subset=2d", 1),
                              random_adapter("svdiff", "subset=2d", 2),
                              random_adapter("svdiff", "subset=1d", 3)};
    double expected = 0;
    for (guint i = 0; i < list[0]->params->len; i++) {
        struct adapter_param *p = list[0]->params->pdata[i], *q = list[1]->params->pdata[i];
        double dot = 0;
        for (int k = 0; k < p->count; k++) {
            p->value[k] = fabsf(p->value[k]); // no singular value reaches 0
            q->value[k] = fabsf(q->value[k]) * (k % 3 == 0 ? 0.1f : 1);
            dot += (double)p->value[k] * q->value[k];
        }
        expected += dot / slow_norm(p->value, NULL, p->count) / slow_norm(q->value, NULL, q->count);
    }
    struct adapter_study *s = adapter_study_new(list, 3, NULL, &error);
    g_assert_no_error(error);
    int shared;
    const double got = study_correlation(s, 0, 1, LAYER_ALL, &shared);
    g_assert_cmpint(shared, ==, (int)list[0]->params->len);
    g_test_message("%.6f, of the shifts %.6f", got, expected / shared);
    g_assert_cmpfloat_with_epsilon(got, expected / shared, 1e-5);
    g_assert_cmpfloat_with_epsilon(study_correlation(s, 0, 0, LAYER_ALL, NULL), 1, 1e-9);
    g_assert_true(isnan(study_correlation(s, 0, 2, LAYER_ALL, &shared)) && shared == 0);
    adapter_study_free(s);
    for (int a = 0; a < 3; a++) {
        adapter_free(list[a]);
    }
}

// ---- a lower rank -------------------------------------------------------------------------------

// What a lower rank leaves out is what lies between the change and what was written, layer by layer
// and in all.
static void test_truncated(void)
{
    g_autoptr(GError) error = NULL;
    struct adapter *a = random_adapter("lora", "rank=4", 5);
    g_autofree char *path = fixture_file(&fx, "low.safetensors");
    struct adapter_written written;
    g_assert_true(adapter_export(a, "diffusers", 2, path, &written, NULL, NULL, NULL, &error));
    g_assert_no_error(error);
    struct adapter *low = adapter_load(path, fx.model, &error);
    g_assert_no_error(error);
    g_autoptr(JsonNode) root =
        json_from_string(g_hash_table_lookup(low->metadata, ADAPTER_LAYERS_LEFT), &error);
    g_assert_no_error(error);
    struct merged_model *all = merge(&a, 1), *near = merge(&low, 1);
    double left_out = 0, change = 0;
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        const int64_t n = shape_count(p->weight->shape);
        g_autofree float *base = values(p->weight), *x = merged_values(all, p),
                         *y = merged_values(near, p);
        const double apart = slow_norm(x, y, n), whole = slow_norm(x, base, n);
        g_assert_cmpfloat(apart, >, 0.01 * whole);
        g_assert_cmpfloat_with_epsilon(
            json_object_get_double_member(json_node_get_object(root), p->path), apart / whole,
            1e-4);
        left_out += apart * apart;
        change += whole * whole;
    }
    g_assert_cmpfloat_with_epsilon(written.left_out, sqrt(left_out / change), 1e-4);
    merged_model_free(all);
    merged_model_free(near);
    adapter_free(low);
    adapter_free(a);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_open(&fx, "sd1");
    g_test_add_func("/workshop/combined", test_combined);
    g_test_add_func("/workshop/interpolated", test_interpolated);
    g_test_add_func("/workshop/nothing-left", test_nothing_left);
    g_test_add_func("/workshop/origins", test_origins);
    g_test_add_func("/workshop/extras", test_extras);
    g_test_add_func("/workshop/groups", test_groups);
    g_test_add_func("/workshop/strengths", test_strengths);
    g_test_add_func("/workshop/strengths-applied", test_strengths_applied);
    g_test_add_func("/workshop/no-strengths", test_no_strengths);
    g_test_add_func("/workshop/study", test_study);
    g_test_add_func("/workshop/energy", test_energy);
    g_test_add_func("/workshop/askew", test_askew);
    g_test_add_func("/workshop/correlation", test_correlation);
    g_test_add_func("/workshop/truncated", test_truncated);
    const int failed = g_test_run();
    fixture_close(&fx);
    return failed;
}
