// Any bytes as a training's checkpoint: refused with a sentence and nothing changed, or numbers
// that a run can go on with. The run is one of no layers and four numbers, without a device.
#include "compute/train/private.h"
#include "tests/fuzz/pieces.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COUNT 4
#define STEPS 100

static struct model *small_model(void)
{
    static struct model m;
    if (!m.parts) {
        struct nn_part *unet = nn_part_new(MODEL_UNET);
        unet->hash = g_strdup("0"); // of a file that is not there
        m.parts = g_ptr_array_new();
        m.vae.levels = 1;
        g_ptr_array_add(m.parts, unet);
    }
    return &m;
}

static void trainer_init(struct trainer *t)
{
    *t = (struct trainer){
        .model = small_model(),
        .optimizer = optimizer_table[0],
        .settings = settings_new(learn_settings),
        .steps = STEPS,
        .count = COUNT,
        .run.leaves = g_ptr_array_new(),
        .run.model = small_model(),
    };
    for (int k = 0; k < t->optimizer->slots; k++) {
        t->state[k] = g_new0(float, COUNT);
    }
}

static void trainer_finish(struct trainer *t)
{
    for (int k = 0; k < t->optimizer->slots; k++) {
        g_free(t->state[k]);
    }
    best_free(t);
    g_ptr_array_unref(t->run.leaves);
    settings_free(t->settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"checkpoint.safetensors", NULL};
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(fuzz_folder(data, size, names), names[0], NULL);
    struct trainer t;
    trainer_init(&t);
    if (trainer_resume(&t, path, &error)) {
        g_assert_true(t.step >= 0 && t.step <= STEPS);
        g_assert_true(t.best.step >= 0 && t.best.step <= STEPS);
    } else {
        g_assert_nonnull(error);
        g_assert_cmpint(t.step, ==, 0);
    }
    trainer_finish(&t);
    return 0;
}
