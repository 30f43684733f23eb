// Any bytes as an adapter, a configuration and behind a NUL the tensors, on a small model without
// weights: refused with a sentence, or parameters of layers that it has, which can be merged into
// any weight.
#include "compute/adapter/dialect/dialect.h"
#include "tests/fuzz/pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
    struct adapter *a = adapter_load(path, fuzz_model(), &error);
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
