// Any bytes through the PNG reader, and what it accepts through the writer.
#include "render/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct codec *codec = codec_find("png");
    g_autoptr(GBytes) file = g_bytes_new_static(data, size);
    struct image *image = codec->read(file, NULL, NULL);

    if (image != NULL) {
        struct codec_write params = {
            .bits = 16, .recipe = image->meta.recipe, .iptc = image->meta.iptc};
        GBytes *written = codec->write(image, &params, NULL);

        g_clear_pointer(&written, g_bytes_unref);
    }
    image_free(image);
    return 0;
}
