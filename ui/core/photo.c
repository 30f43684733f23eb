#include "ui/core/photo.h"

#include "render/resample.h"
#include "render/signed.h"

struct photo *photo_new(struct image *full, int side, int unit, int view_side, GError **error)
{
    int width, height;
    resample_fit(side, unit, full->width, full->height, &width, &height);
    struct photo *p = g_new0(struct photo, 1);
    g_atomic_ref_count_init(&p->references);
    p->full = full;
    p->small = image_resize(full, width, height, error);
    if (!p->small || (view_side && !(p->view = image_shrink(full, view_side, error)))) {
        photo_unref(p);
        return NULL;
    }
    p->rgb = image_to_signed(p->small);
    return p;
}

struct photo *photo_ref(struct photo *p)
{
    g_atomic_ref_count_inc(&p->references);
    return p;
}

void photo_unref(struct photo *p)
{
    if (p && g_atomic_ref_count_dec(&p->references)) {
        image_free(p->full);
        image_free(p->view);
        image_free(p->small);
        g_free(p->rgb);
        g_free(p);
    }
}
