#include "ui/cli/cli.h"

#include "render/signed.h"
#include "ui/core/export_options.h"

static bool read_noise(struct cli *c, struct edit_request *q, GError **error)
{
    const struct model *m = c->engine->model;
    const int f = model_latent_factor(m);
    int64_t shape[4];
    q->start_noise = cli_tensor_read(c->noise, "latents", shape, error);
    if (!q->start_noise) {
        return false;
    }
    if (shape[0] != 1 || shape[1] != m->unet.in_channels || shape[2] > 4096 || shape[3] > 4096) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    "%s does not hold one latent of %d channels", c->noise, m->unet.in_channels);
        return false;
    }
    q->width = (int)shape[3] * f;
    q->height = (int)shape[2] * f;
    return true;
}

static bool write_result(struct cli *c, const struct edit_request *q, const struct edit_result *r,
                         GError **error)
{
    const struct model *m = c->engine->model;
    const int f = model_latent_factor(m);
    if (c->latents_out &&
        !cli_tensor_write(c->latents_out, "latents", 4,
                          (int64_t[]){1, m->vae.latent_channels, r->height / f, r->width / f},
                          r->latents, error)) {
        return false;
    }
    struct image *image = image_from_signed(r->rgb, r->width, r->height, error);
    const struct engine_made made = {r->width, r->height, r->precision};
    g_autofree char *recipe =
        engine_recipe(q, NULL, m, (struct adapter **)c->loaded->pdata, (int)c->loaded->len, &made);
    bool ok = image && cli_image_write(c, c->out, image, recipe, error);
    image_free(image);
    return ok;
}

static bool run(struct cli *c, GError **error)
{
    if (!cli_image_check(c, c->out, error) || !cli_engine(c, error) || !cli_adapters(c, error) ||
        !cli_control(c, error)) {
        return false;
    }
    struct edit_request q = cli_request(c);
    q.width = q.height = c->size ? c->size : model_default_size(c->engine->model);
    struct edit_result *r = NULL;
    if ((!c->noise || read_noise(c, &q, error)) &&
        cli_hint(c, NULL, NULL, q.width, q.height, &q, error)) {
        r = engine_run(c->engine, &q, &cli_task, error);
    }
    bool ok = r && write_result(c, &q, r, error);
    edit_result_free(r);
    g_free((float *)q.start_noise);
    return ok;
}

const struct cli_command generate_command = {
    .name = "generate",
    .summary = "Draw a picture from a prompt",
    .usage = "",
    .settings = generate_settings,
    .also = export_settings,
    .options = (const char *const[]){"model", "vae", "device", "precision", "prompt", "negative",
                                     "set", "seed", "noise", "size", "adapter", "model-style",
                                     "control", "hint", "embedding", "out", "latents-out", NULL},
    .needed = (const char *const[]){"prompt", "out", NULL},
    .run = run,
};
