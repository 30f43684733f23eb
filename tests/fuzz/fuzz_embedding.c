// Any bytes as a file of learned tokens: refused with a sentence, or vectors that the model has
// from then on.
#include "compute/model/embedding.h"
#include "compute/model/tokenizer.h"
#include "tests/fuzz/pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WIDTH 16

static struct tokenizer *small_tokenizer(void)
{
    static const char text[] =
        "#version: 0.2\na b</w>\n\0{\"a\": 0, \"b\": 1, \"a</w>\": 2, \"b</w>\": 3, \"ab</w>\": 4, "
        "\"<|startoftext|>\": 5, \"<|endoftext|>\": 6}";
    static const char *const names[] = {"merges.txt", "vocab.json", NULL};
    const char *folder = fuzz_folder((const uint8_t *)text, sizeof text - 1, names);
    g_autoptr(GError) error = NULL;
    struct tokenizer *t = tokenizer_open(folder, NULL, &error);
    g_assert_no_error(error);
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"embedding.safetensors", NULL};
    g_autoptr(GError) error = NULL;
    struct model m = {.tokenizer = small_tokenizer(),
                      .embedded = g_array_new(FALSE, FALSE, sizeof(float)),
                      .text = {.vocab_size = 7, .hidden_size = WIDTH, .max_tokens = 77}};
    g_autofree char *path = g_build_filename(fuzz_folder(data, size, names), names[0], NULL);
    if (model_embed(&m, path, NULL, &error)) {
        g_assert_cmpuint(m.embedded->len, >=, WIDTH);
        g_assert_cmpuint(m.embedded->len % WIDTH, ==, 0);
    } else {
        g_assert_nonnull(error);
        g_assert_cmpuint(m.embedded->len, ==, 0);
    }
    g_array_unref(m.embedded);
    tokenizer_free(m.tokenizer);
    return 0;
}
