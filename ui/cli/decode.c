#include "ui/cli/cli.h"

#include "render/signed.h"
#include "ui/core/export_options.h"

static bool run(struct cli *c, GError **error)
{
    int64_t shape[4];
    g_autofree float *z = cli_image_check(c, c->out, error) && cli_engine(c, error)
                              ? cli_tensor_read(c->latents, "latents", shape, error)
                              : NULL;
    if (!z) {
        return false;
    }
    const struct model *m = c->engine->model;
    if (shape[0] != 1 || shape[1] != m->vae.latent_channels || shape[2] > 4096 || shape[3] > 4096) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    "%s does not hold one latent of %d channels", c->latents,
                    m->vae.latent_channels);
        return false;
    }
    const int f = model_latent_factor(m);
    const int w = (int)shape[3] * f, h = (int)shape[2] * f;
    g_autofree float *rgb = g_new(float, (gsize)w *h * 3);
    if (!editor_decode(c->engine->editor, z, w, h, rgb, error)) {
        return false;
    }
    struct image *image = image_from_signed(rgb, w, h, error);
    bool ok = image && cli_image_write(c, c->out, image, NULL, error);
    image_free(image);
    return ok;
}

const struct cli_command decode_command = {
    .name = "decode",
    .summary = "Draw the picture of a latent",
    .usage = "",
    .reads =
        (const char *const[]){"format", "bits", "quality", "long_edge", "percent", "sharpen", NULL},
    .also = export_settings,
    .options = (const char *const[]){"model", "vae", "device", "precision", "latents", "out", NULL},
    .needed = (const char *const[]){"latents", "out", NULL},
    .run = run,
};
