// Any bytes as a record of IPTC captions, as the list of resources that has it, and as the text in
// which PNG files hide that.
#include "render/iptc.h"
#include "render/raw_profile.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_resources(GBytes *list)
{
    gsize size;
    gconstpointer data = g_bytes_get_data(list, &size);
    GBytes *once = iptc_from_resources(data, size);

    if (once) {
        g_assert_cmpuint(g_bytes_get_size(once), >, 0);
        g_bytes_unref(once);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    // A copy of exactly this size, so that the sanitizer sees a read behind its end.
    g_autoptr(GBytes) list = g_bytes_new(data, size);
    GBytes *profile = raw_profile_read(g_bytes_get_data(list, NULL), size);

    GBytes *record = iptc_from_record(g_bytes_get_data(list, NULL), size, list);

    if (record) {
        read_resources(record);
        g_bytes_unref(record);
    }
    read_resources(list);
    if (profile) {
        g_autofree char *text = raw_profile_write("iptc", profile);
        g_autoptr(GBytes) again = raw_profile_read(text, strlen(text));

        g_assert_true(again && g_bytes_equal(profile, again));
        read_resources(profile);
        g_bytes_unref(profile);
    }
    return 0;
}
