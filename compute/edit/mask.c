// Where an edit may show by the request's mask: outside it the latent is the photo's own at every
// step (Avrahami et al., Blended Diffusion, section 4.2), and the picture is the reference's.
#include "compute/edit/private.h"

#include "compute/i18n.h"

// A latent position is as open as the most open of its pixels: the picture is blended by the pixels
// themselves, and twice would take the edge off an edit.
float *mask_at_latents(const struct edit_request *q, int factor)
{
    const int w = q->width / factor;
    float *out = g_new0(float, (gsize)w *(q->height / factor));
    for (int y = 0; y < q->height; y++) {
        for (int x = 0; x < q->width; x++) {
            float *at = out + (int64_t)(y / factor) * w + x / factor;
            *at = MAX(*at, q->mask[(int64_t)y * q->width + x]);
        }
    }
    return out;
}

void mask_steer(const struct run *r, const float *photo, float *x)
{
    if (!r->mask) {
        return;
    }
    for (int64_t i = 0; i < r->n; i++) {
        x[i] = blend(photo[i], x[i], r->mask[i / r->channels]);
    }
}

void mask_compose(const struct run *r, const float *photo, float *rgb)
{
    const struct edit_request *q = r->request;
    if (!q->mask) {
        return;
    }
    for (int64_t i = 0; i < (int64_t)q->width * q->height * 3; i++) {
        rgb[i] = blend(photo[i], rgb[i], q->mask[i / 3]);
    }
}

bool mask_check(const struct edit_request *q, GError **error)
{
    bool any = false;
    for (int64_t i = 0; q->mask && i < (int64_t)q->width * q->height; i++) {
        if (!(q->mask[i] >= 0 && q->mask[i] <= 1)) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                        _("the mask has a value that is not between 0 and 1"));
            return false;
        }
        any = any || q->mask[i] > 0;
    }
    if (q->mask && !any) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("the mask covers nothing of what the model sees, so nothing could change"));
        return false;
    }
    return true;
}
