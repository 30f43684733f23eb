// Any bytes as a checkpoint that holds a whole model: refused with a sentence, or a configuration
// in its ranges, and names that lead to tensors of the file.
#include "compute/model/config.h"
#include "compute/model/single_file.h"
#include "tests/fuzz/pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_up(const struct model *m, const struct st_file *f)
{
    static const char *const parts[] = {MODEL_TEXT, MODEL_UNET, MODEL_VAE};
    for (guint i = 0; i < f->tensors->len; i++) {
        const struct st_tensor *t = f->tensors->pdata[i];
        g_free(single_file_unet_name(m, t->name));
        for (size_t k = 0; k < G_N_ELEMENTS(parts); k++) {
            struct st_tensor found;
            if (single_file_find(m, parts[k], f, t->name, &found)) {
                g_assert_cmpint(found.count, >=, 0);
            }
            single_file_member(m, parts[k], t->name);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"model.safetensors", NULL};
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(fuzz_folder(data, size, names), names[0], NULL);
    struct model m = {.path = path};
    if (config_read(&m, &error)) {
        g_assert_cmpint(m.unet.cross_dim, ==, m.text.hidden_size);
        struct st_file *f = st_open(path, &error);
        g_assert_no_error(error);
        look_up(&m, f);
        st_free(f);
    } else {
        g_assert_nonnull(error);
    }
    g_free(m.name);
    g_free(m.sched.trained_betas);
    return 0;
}
