// Any bytes through the reader of what HEIC and AVIF files say of their picture.
#include "render/heif_meta.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) file = g_bytes_new_static(data, size);
    g_autoptr(GBytes) exif = heif_exif(file);
    g_autoptr(GBytes) xmp = heif_xmp(file);

    heif_is_sequence(file);
    return 0;
}
