// Any bytes through the WebP reader, and what it accepts through the writer.
#include "tests/fuzz/picture.h"

#include <webp/decode.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The loader unpacks a picture to say its size, so that the size is looked at before.
static bool is_small(const uint8_t *data, size_t size)
{
    int width = 0, height = 0;

    return WebPGetInfo(data, size, &width, &height) && (int64_t)width * height <= 1 << 20;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct codec *codec = codec_find("webp");
    g_autoptr(GBytes) file = g_bytes_new_static(data, size);
    const bool fits = codec->sniff(data, size) && is_small(data, size);
    struct image *image = fits ? fuzz_read(codec, file) : NULL;

    if (image != NULL && image->width * image->height < 4096) {
        const struct codec_write params = {.quality = (int)(1 + size % 100),
                                           .exif = image->meta.exif,
                                           .xmp = image->meta.xmp,
                                           .icc = image->meta.icc};
        const struct image_rows rows = image_rows_of(image);
        GBytes *written = codec->write(&rows, &params, NULL);

        g_clear_pointer(&written, g_bytes_unref);
    }
    image_free(image);
    return 0;
}
