// Any bytes through the reader of what HEIC and AVIF files say of their picture.
#include "render/heif_meta.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) file = g_bytes_new_static(data, size);
    GBytes *exif = heif_exif(file), *xmp = heif_xmp(file);

    g_clear_pointer(&exif, g_bytes_unref);
    g_clear_pointer(&xmp, g_bytes_unref);
    heif_is_sequence(file);
    return 0;
}
