// Any bytes through the reader of icons.
#include "tests/fuzz/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    // A copy of exactly this size, so that the sanitizer sees a read behind its end.
    g_autoptr(GBytes) file = g_bytes_new(data, size);

    image_free(fuzz_read(codec_find("ico"), file));
    return 0;
}
