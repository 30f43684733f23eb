// Any bytes as an EXIF block: read, turned upright and brought into an export, whose block is read
// again.
#include "render/metadata.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_upright(GBytes *exif)
{
    if (exif) {
        g_assert_cmpint(metadata_orientation(exif), ==, 1);
        g_bytes_unref(exif);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    // A copy of exactly this size, so that the sanitizer sees a read behind its end.
    g_autoptr(GBytes) exif = g_bytes_new(data, size);
    g_autofree char *recipe = metadata_recipe(exif);
    struct metadata_export params = {
        .source = exif, .recipe = recipe, .width = 8, .height = 8, .srgb = true};
    const int orientation = metadata_orientation(exif);

    g_assert_true(orientation >= 1 && orientation <= 8);
    g_assert_true(!recipe || g_utf8_validate(recipe, -1, NULL));
    check_upright(metadata_upright(exif));
    check_upright(metadata_for_export(&params));
    return 0;
}
