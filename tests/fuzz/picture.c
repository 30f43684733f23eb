#include "tests/fuzz/picture.h"

#include <string.h>
#include <zlib.h>

struct image *fuzz_read(const struct codec *codec, GBytes *file)
{
    struct image_info info = {0};
    bool small =
        codec->read_info(file, &info, NULL) && (int64_t)info.width * info.height <= 1 << 20;

    image_meta_clear(&info.meta);
    return small ? codec->read(file, NULL, NULL) : NULL;
}

void fuzz_mend_png(uint8_t *data, size_t size)
{
    size_t at = 8;

    while (size >= at && size - at >= 12) {
        guint32 word;

        memcpy(&word, data + at, sizeof(word));

        size_t length = GUINT32_FROM_BE(word);

        if (length > size - at - 12) {
            return;
        }
        word = GUINT32_TO_BE((guint32)crc32(0, data + at + 4, (uInt)length + 4));
        memcpy(data + at + 8 + length, &word, sizeof(word));
        at += 12 + length;
    }
}
