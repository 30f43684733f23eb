// Any bytes through the PNG reader, and what it accepts through the writer.
#include "tests/fuzz/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct codec *codec = codec_find("png");
    g_autofree uint8_t *mended = g_memdup2(data, size);

    fuzz_mend_png(mended, size);

    g_autoptr(GBytes) file = g_bytes_new_static(mended, size);
    struct image *image = fuzz_read(codec, file);

    if (image != NULL) {
        struct codec_write params = {
            .bits = 16, .recipe = image->meta.recipe, .iptc = image->meta.iptc};
        const struct image_rows rows = image_rows_of(image);
        GBytes *written = codec->write(&rows, &params, NULL);

        g_clear_pointer(&written, g_bytes_unref);
    }
    image_free(image);
    return 0;
}
