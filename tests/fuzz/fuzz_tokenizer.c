// Any bytes as a tokenizer's files: refused with a sentence, or a tokenizer that takes any text.
#include "compute/model/tokenizer.h"
#include "tests/fuzz/pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"tokenizer.json",
                                        "merges.txt",
                                        "tokenizer_config.json",
                                        "vocab.json",
                                        "added_tokens.json",
                                        "special_tokens_map.json",
                                        NULL};
    g_autoptr(GError) error = NULL;
    struct tokenizer *t = tokenizer_open(fuzz_folder(data, size, names), NULL, &error);
    if (!t) {
        g_assert_nonnull(error);
        return 0;
    }
    int32_t ids[8];
    tokenizer_encode(t, "a b<|endoftext|> \xff!", ids, 8, NULL);
    for (int i = 0; i < 8; i++) {
        g_assert_cmpint(ids[i], >=, 0);
        g_assert_cmpint(ids[i], <=, tokenizer_max_id(t));
    }
    tokenizer_free(t);
    return 0;
}
