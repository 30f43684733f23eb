// Any bytes as a mask's text: refused with a sentence, or a mask that comes back from its own text
// and is painted, or not with a sentence.
#include "render/mask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIDE      64
#define FEW_STEPS 8 // are painted

static void paint(const struct mask *m)
{
    static struct image *photo;
    if (!photo) {
        photo = image_new(SIDE, SIDE, false, NULL);
        for (int i = 0; i < 3 * SIDE * SIDE; i++) {
            photo->rgb[i] = (float)(i % 97) / 96.0f;
        }
    }
    g_autoptr(GError) error = NULL;
    struct mask_painter *p = mask_painter_new(photo, NULL);
    g_assert_true(mask_painter_show(p, m, NULL, NULL, &error) || error);
    mask_painter_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strndup((const char *)data, size);
    struct mask *m = NULL, *back = NULL;
    if (!mask_from_json(text, &m, &error)) {
        g_assert_nonnull(error);
        g_assert_null(m);
        return 0;
    }
    g_autofree char *again = mask_to_json(m);
    g_assert_true(mask_from_json(again, &back, NULL));
    g_assert_true(mask_equal(m, back));
    if (mask_steps(m) <= FEW_STEPS) {
        paint(m);
    }
    mask_unref(m);
    mask_unref(back);
    return 0;
}
