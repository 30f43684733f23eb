// Parameter counts on the published model shapes, without weights or a device: the paper's twelve
// subsets (its table 1 in bytes, 4 a parameter) and the sizes of OFT.

#include "compute/adapter/dialect/dialect.h"

#include <string.h>

static const struct unet_config sd1 = {
    .in_channels = 4,
    .out_channels = 4,
    .levels = 4,
    .channels = {320, 640, 1280, 1280},
    .down_attention = {true, true, true, false},
    .up_attention = {false, true, true, true},
    .mid_attention = true,
    .layers = {2, 2, 2, 2},
    .mid_resnets = 2,
    .time_dim = 1280,
    .downsample_padding = 1,
    .heads = {8, 8, 8, 8},
    .transformer_layers = {1, 1, 1, 1},
    .cross_dim = 768,
    .groups = 32,
    .eps = 1e-5f,
    .flip_sin_to_cos = true,
    .sample_size = 64,
};

static const struct text_config clip_l = {
    .vocab_size = 49408,
    .hidden_size = 768,
    .intermediate_size = 3072,
    .layers = 12,
    .heads = 12,
    .max_tokens = 77,
    .act = UNARY_QUICK_GELU,
    .eps = 1e-5f,
};

// A model that knows its weights' shapes only.
static void model_dry(struct model *m, bool second)
{
    *m = (struct model){.unet = sd1, .text = clip_l};
    if (second) {
        m->unet.cross_dim = 1024;
        m->unet.linear_projection = true;
        memcpy(m->unet.heads, (int[]){5, 10, 20, 20}, 4 * sizeof(int));
    }
    m->parts = g_ptr_array_new_with_free_func((GDestroyNotify)nn_part_free);
    struct graph *g = graph_new();
    struct nn unet = {.g = g, .part = nn_part_new(MODEL_UNET), .dry = true};
    struct unet_inputs in = {
        .latents = graph_leaf_dry(g, (int[]){1, 64, 64, 4}, "latents"),
        .time = graph_leaf_dry(g, (int[]){1, 1, 1, 320}, "time"),
        .text = graph_leaf_dry(g, (int[]){1, 1, 77, m->unet.cross_dim}, "text"),
    };
    g_ptr_array_add(m->parts, unet.part);
    unet_build(&unet, &m->unet, &in);
    struct nn text = {.g = g, .part = nn_part_new(MODEL_TEXT), .dry = true};
    g_ptr_array_add(m->parts, text.part);
    struct tensor ids = {.shape = {1, 1, 1, 77}, .dtype = DTYPE_I32};
    text_encoder_build(&text, &m->text, graph_leaf(g, &ids));
    graph_free(g);
}

static void model_dry_clear(struct model *m)
{
    g_ptr_array_unref(m->parts);
}

static struct adapter *make(struct model *m, const char *method, const char *key, double value)
{
    g_autoptr(GError) error = NULL;
    struct settings *s = settings_new(adapter_method_find(method)->settings);
    g_assert_true(settings_set(s, key, value, NULL));
    struct adapter *a = adapter_new(method, m, s, &error);
    g_assert_no_error(error);
    settings_free(s);
    return a;
}

// Han et al., table 1: name, tensors, parameters of SD 1.x and of SD 2.x.
static void test_subsets(void)
{
    static const struct {
        const char *name;
        int tensors1, count1, count2;
    } rows[] = {
        {"all", 391, 322856, 325928}, {"ca", 64, 43776, 46848},      {"ca-kv", 32, 18816, 21888},
        {"1d", 109, 100160, 100160},  {"2d", 184, 140416, 168448},   {"4d", 98, 82280, 57320},
        {"up", 219, 181568, 183104},  {"down", 141, 107072, 108096}, {"mid", 26, 32256, 32768},
        {"up-ca", 36, 23808, 25344},  {"down-ca", 24, 15872, 16896}, {"mid-ca", 4, 4096, 4608},
    };
    for (int second = 0; second < 2; second++) {
        struct model m;
        model_dry(&m, second);
        struct settings *s = settings_new(adapter_method_find("svdiff")->settings);
        const char *const *names = settings_find(s, "subset", NULL)->choices;
        settings_free(s);
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
            g_assert_cmpstr(names[i], ==, rows[i].name);
            struct adapter *a = make(&m, "svdiff", "subset", (double)i);
            g_assert_cmpint(adapter_count(a), ==, second ? rows[i].count2 : rows[i].count1);
            g_assert_true(second || (int)a->params->len == rows[i].tensors1);
            adapter_free(a);
        }
        g_assert_null(names[G_N_ELEMENTS(rows)]);
        model_dry_clear(&m);
    }
}

static void test_text_encoder(void)
{
    struct model m;
    model_dry(&m, false);
    struct adapter *a = make(&m, "svdiff", "text_encoder", 1);
    g_assert_cmpint(adapter_count(a), ==, 322856 + 75341);
    adapter_free(a);
    model_dry_clear(&m);
}

// Only the first k shifts of a matrix: 8,996 + the 1-D ones at k = 32.
static void test_rank(void)
{
    struct model m;
    model_dry(&m, false);
    struct adapter *a = make(&m, "svdiff", "rank", 32);
    g_assert_cmpint(adapter_count(a), ==, 8996 + 100160);
    adapter_free(a);
    model_dry_clear(&m);
}

// Attention layers: 11.60 million angles at 4 blocks, 1.542 million at blocks of 32 channels.
static void test_rotations(void)
{
    struct model m;
    model_dry(&m, false);
    struct adapter *by_count = make(&m, "oft", "blocks", 4),
                   *by_size = make(&m, "oft", "block_size", 32);
    g_assert_cmpint(by_count->params->len, ==, 128);
    g_assert_cmpint(adapter_count(by_count) / 10000, ==, 1160);
    g_assert_cmpint((adapter_count(by_size) + 500) / 1000, ==, 1542);
    adapter_free(by_count);
    adapter_free(by_size);
    struct adapter *all = make(&m, "oft", "targets", 1);
    g_assert_cmpint(all->params->len, ==, 128 + 4 * 16);
    adapter_free(all);
    model_dry_clear(&m);
}

static void test_table(void)
{
    for (int i = 0; adapter_table[i]; i++) {
        const struct adapter_method *method = adapter_table[i];
        g_assert_true(method->name && method->title && method->summary && method->settings);
        if (method->words_alone) {
            g_assert_true(method->init && !method->merge && !method->dialect);
            continue;
        }
        const struct adapter_dialect *dialect = adapter_dialect_find(method->dialect);
        g_assert_true(method->init && method->merge);
        g_assert_true(dialect && dialect->detect && dialect->read && dialect->holds &&
                      dialect->write && dialect->files[0]);
        g_assert_true(method->input || method->product || method->delta);
        struct settings *s = settings_new(method->settings);
        g_assert_cmpfloat(settings_get(s, "lr"), >, 0);
        g_assert_cmpfloat(settings_get(s, "lr_1d"), >, 0);
        g_assert_cmpint(settings_int(s, "steps"), >, 0);
        settings_free(s);
    }
    for (int i = 0; adapter_merged_table[i]; i++) {
        const struct adapter_method *method = adapter_merged_table[i];
        g_assert_true(method->name && method->title && method->summary && method->settings);
        g_assert_true(method->merge && !method->init);
        g_assert_true(!method->input && !method->product && !method->delta);
        g_assert_true(adapter_method_find(method->name) == method);
        g_assert_null(family_find(adapter_family, method->name));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/adapter/table", test_table);
    g_test_add_func("/adapter/subsets", test_subsets);
    g_test_add_func("/adapter/text-encoder", test_text_encoder);
    g_test_add_func("/adapter/rank", test_rank);
    g_test_add_func("/adapter/rotations", test_rotations);
    return g_test_run();
}
