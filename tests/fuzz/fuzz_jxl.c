// Any bytes through the reader of JPEG XL.
#include "tests/fuzz/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) file = g_bytes_new_static(data, size);

    image_free(fuzz_read(codec_find("jxl"), file));
    return 0;
}
