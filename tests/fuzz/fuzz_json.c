// Any bytes as JSON from outside: refused with a sentence, or a tree that is the same when it is
// written and read again.
#include "compute/json_file.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    // A copy of exactly this size, so that the sanitizer sees a read behind its end.
    g_autofree char *text = g_memdup2(data, size);
    g_autoptr(JsonNode) root =
        json_text_read(text ? text : "", size, JSON_NODE_OBJECT, "input", &error);
    if (!root) {
        g_assert_nonnull(error);
        return 0;
    }
    gsize length;
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_generator_set_root(generator, root);
    g_autofree char *written = json_generator_to_data(generator, &length);
    g_autoptr(JsonNode) again = json_text_read(written, length, JSON_NODE_OBJECT, "again", &error);
    g_assert_no_error(error);
    g_assert_true(json_node_equal(root, again));
    return 0;
}
