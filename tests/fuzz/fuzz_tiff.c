// Any bytes through the TIFF reader.
#include "render/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) file = g_bytes_new_static(data, size);

    image_free(codec_find("tiff")->read(file, NULL, NULL));
    return 0;
}
