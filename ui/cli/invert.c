#include "ui/cli/cli.h"

static bool run(struct cli *c, GError **error)
{
    struct photo *p =
        cli_engine(c, error) && cli_adapters(c, error) ? cli_photo(c, c->image, error) : NULL;
    if (!p) {
        return false;
    }
    const struct model *m = c->engine->model;
    const int f = model_latent_factor(m);
    struct edit_request q = cli_request(c);
    q.rgb = p->rgb;
    q.width = p->small->width;
    q.height = p->small->height;
    const int64_t shape[] = {1, m->vae.latent_channels, q.height / f, q.width / f};
    g_autofree float *z = g_new(float, (gsize)(shape[1] * shape[2] * shape[3]));
    bool ok = editor_invert(c->engine->editor, &q, z, &cli_task, error) &&
              cli_tensor_write(c->out, "latents", 4, shape, z, error);
    photo_unref(p);
    return ok;
}

const struct cli_command invert_command = {
    .name = "invert",
    .summary = "Write the latent that the inversion of a photo ends in",
    .usage = "",
    .settings = edit_settings,
    .reads = (const char *const[]){"steps", "inverter", "long_prompt", "emphasis", NULL},
    .writes = CLI_TENSORS,
    .options = (const char *const[]){"model", "vae", "device", "precision", "image", "prompt",
                                     "size", "adapter", "embedding", "set", "out", NULL},
    .needed = (const char *const[]){"image", "prompt", "out", NULL},
    .run = run,
};
