// Any bytes through the JPEG reader, and the EXIF block and XMP packet it finds through the export.
#include "render/metadata.h"
#include "render/xmp.h"
#include "tests/fuzz/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) file = g_bytes_new_static(data, size);
    struct image *image = fuzz_read(codec_find("jpeg"), file);

    if (image != NULL) {
        struct metadata_export params = {.source = image->meta.exif, .recipe = image->meta.recipe};
        GBytes *exif = metadata_for_export(&params);
        GBytes *xmp = xmp_for_export(image->meta.xmp, 1, 1, true);

        metadata_orientation(exif);
        g_clear_pointer(&xmp, g_bytes_unref);
        g_clear_pointer(&exif, g_bytes_unref);
    }
    image_free(image);
    return 0;
}
