// Any bytes as an adapter, a configuration and behind a NUL the tensors, on a small model without
// weights: refused with a sentence, or parameters of layers that it has, which can be merged into
// any weight.
#include "compute/adapter/dialect/dialect.h"
#include "tests/fuzz/pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct unet_config unet_config = {
    .in_channels = 4,
    .out_channels = 4,
    .levels = 2,
    .channels = {8, 16},
    .down_attention = {true, false},
    .up_attention = {false, true},
    .mid_attention = true,
    .layers = {2, 2},
    .mid_resnets = 2,
    .time_dim = 32,
    .downsample_padding = 1,
    .heads = {2, 2},
    .transformer_layers = {1, 1},
    .cross_dim = 16,
    .groups = 4,
    .eps = 1e-5f,
    .flip_sin_to_cos = true,
    .sample_size = 8,
};

static const struct text_config text_config = {
    .vocab_size = 100,
    .hidden_size = 16,
    .intermediate_size = 40,
    .layers = 2,
    .heads = 2,
    .max_tokens = 77,
    .act = UNARY_QUICK_GELU,
    .eps = 1e-5f,
};

// Shapes of weights only. The hash stands for a file that is not there.
static struct model *small_model(void)
{
    static struct model m;
    if (m.parts) {
        return &m;
    }
    m = (struct model){.unet = unet_config, .text = text_config, .name = (char *)"small"};
    m.parts = g_ptr_array_new();
    struct graph *g = graph_new();
    struct nn unet = {.g = g, .part = nn_part_new(MODEL_UNET), .dry = true};
    struct unet_inputs in = {
        .latents = graph_leaf_dry(g, (int[]){1, 8, 8, 4}, "latents"),
        .time = graph_leaf_dry(g, (int[]){1, 1, 1, 8}, "time"),
        .text = graph_leaf_dry(g, (int[]){1, 1, 77, 16}, "text"),
    };
    unet_build(&unet, &m.unet, &in);
    struct nn text = {.g = g, .part = nn_part_new(MODEL_TEXT), .dry = true};
    struct tensor ids = {.shape = {1, 1, 1, 77}, .dtype = DTYPE_I32};
    text_encoder_build(&text, &m.text, graph_leaf(g, &ids));
    graph_free(g);
    unet.part->hash = g_strdup("0");
    g_ptr_array_add(m.parts, unet.part);
    g_ptr_array_add(m.parts, text.part);
    return &m;
}

static void merge(const struct adapter_param *p)
{
    const struct adapter_method *m = p->adapter->method;
    const double scale = 0.5;
    g_autofree float *weight = g_new(float, shape_count(p->weight->shape));
    for (int64_t i = 0; i < shape_count(p->weight->shape); i++) {
        weight[i] = (float)(i % 7) - 3;
    }
    if (!m->merge_svd) {
        m->merge(&p, &scale, 1, NULL, weight, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"adapter_config.json", "adapter_model.safetensors", NULL};
    g_autoptr(GError) error = NULL;
    const char *folder = fuzz_folder(data, size, names);
    g_autofree char *path = g_build_filename(folder, names[1], NULL);
    struct adapter *a = adapter_load(path, small_model(), &error);
    if (!a) {
        g_assert_nonnull(error);
        return 0;
    }
    g_assert_cmpuint(a->params->len + a->extras->len, >, 0);
    g_assert_cmpint(a->tensors_applied + (int)a->unmatched->len, ==, a->tensors_total);
    for (guint i = 0; i < a->params->len; i++) {
        merge(a->params->pdata[i]);
    }
    for (int i = 0; adapter_dialect_table[i]; i++) {
        if (adapter_dialect_table[i]->holds) {
            adapter_dialect_table[i]->holds(a);
        }
    }
    adapter_free(a);
    return 0;
}
