// Any bytes as the configuration of a model: refused with a sentence, or numbers in their ranges.
#include "compute/model/config.h"
#include "tests/fuzz/pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {
        "text_encoder/config.json",        "unet/config.json", "vae/config.json",
        "scheduler/scheduler_config.json", "model_index.json", NULL};
    g_autoptr(GError) error = NULL;
    struct model m = {.path = (char *)fuzz_folder(data, size, names)};
    if (config_read(&m, &error)) {
        g_assert_cmpint(m.unet.cross_dim, ==, m.text.hidden_size);
        g_assert_cmpfloat(m.sched.beta_start, <=, m.sched.beta_end);
    } else {
        g_assert_nonnull(error);
    }
    g_free(m.name);
    g_free(m.sched.trained_betas);
    return 0;
}
