#include "ui/cli/cli.h"

static bool run(struct cli *c, GError **error)
{
    struct photo *p = cli_engine(c, error) ? cli_photo(c, c->image, error) : NULL;
    if (!p) {
        return false;
    }
    const int f = model_latent_factor(c->engine->model),
              channels = c->engine->model->vae.latent_channels;
    const int w = p->small->width, h = p->small->height;
    g_autofree float *z = g_new(float, (gsize)channels *(w / f) * (h / f));
    bool ok =
        editor_encode(c->engine->editor, p->rgb, w, h, z, error) &&
        cli_tensor_write(c->out, "latents", 4, (int64_t[]){1, channels, h / f, w / f}, z, error);
    photo_unref(p);
    return ok;
}

const struct cli_command encode_command = {
    .name = "encode",
    .summary = "Write a picture's scaled latent mean",
    .usage = "",
    .writes = CLI_TENSORS,
    .options =
        (const char *const[]){"model", "vae", "device", "precision", "image", "size", "out", NULL},
    .needed = (const char *const[]){"image", "out", NULL},
    .run = run,
};
