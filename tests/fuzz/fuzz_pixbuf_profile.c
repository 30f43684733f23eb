// Any bytes as a file that may hold a colour profile where gdk-pixbuf does not look.
#include "render/pixbuf_profile.h"
#include "render/webp_pieces.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    // A copy of exactly this size, so that the sanitizer sees a read behind its end.
    g_autoptr(GBytes) file = g_bytes_new(data, size);
    GBytes *profile = pixbuf_profile(file);
    struct webp_frame frame = {0};

    if (profile) {
        g_assert_cmpuint(g_bytes_get_size(profile), <=, size);
        g_bytes_unref(profile);
    }
    webp_first_frame(file, &frame, NULL);
    webp_frame_clear(&frame);
    return 0;
}
