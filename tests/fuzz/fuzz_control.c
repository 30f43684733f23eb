// Any bytes as a ControlNet's configuration and behind a NUL its tensors, for a small model: as a
// folder, and the file alone. Refused with a sentence, or all that the network needs is there.
#include "compute/model/hint_net.h"
#include "tests/fuzz/pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const char *path)
{
    g_autoptr(GError) error = NULL;
    struct hint_net *net = hint_net_load(path, fuzz_model(), NULL, &error);
    g_assert_true((net != NULL) == (error == NULL));
    if (net) {
        g_assert_cmpint(net->stack.count, ==, 2); // of the model's pictures
        g_assert_cmpuint(net->part->weights->len, >, 0);
    }
    hint_net_free(net);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"config.json", "diffusion_pytorch_model.safetensors", NULL};
    const char *folder = fuzz_folder(data, size, names);
    g_autofree char *path = g_build_filename(folder, names[1], NULL);
    look(folder);
    look(path);
    return 0;
}
