// Any bytes through the TIFF reader, and what it accepts through the writer.
#include "render/metadata.h"
#include "tests/fuzz/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) file = g_bytes_new_static(data, size);

    const struct codec *codec = codec_find("tiff");
    struct image *image = fuzz_read(codec, file);

    if (image != NULL) {
        struct metadata_export params = {.source = image->meta.exif, .recipe = image->meta.recipe};
        g_autoptr(GBytes) exif = metadata_for_export(&params);
        struct codec_write write = {.bits = image->meta.bits, .exif = exif};
        const struct image_rows rows = image_rows_of(image);
        GBytes *written = codec->write(&rows, &write, NULL);

        g_clear_pointer(&written, g_bytes_unref);
    }
    image_free(image);
    return 0;
}
