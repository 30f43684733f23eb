// Any bytes as an XMP packet: refused, or a packet that comes out of a second export as of the
// first.
#include "render/xmp.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    // A copy of exactly this size, so that the sanitizer sees a read behind its end.
    g_autoptr(GBytes) packet = g_bytes_new(data, size);
    GBytes *once = xmp_for_export(packet, 8, 8, true);

    if (once) {
        g_autoptr(GBytes) twice = xmp_for_export(once, 8, 8, true);

        g_assert_true(twice && g_bytes_equal(once, twice));
        g_bytes_unref(once);
    }
    return 0;
}
