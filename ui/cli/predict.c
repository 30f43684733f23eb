#include "ui/cli/cli.h"

#include "compute/file/safetensors.h"

static void take_map(const struct network_map *map, void *writer)
{
    const int64_t shape[] = {map->heads, map->height, map->width, map->keys};
    st_writer_f32(writer, map->path, 4, shape, map->values);
}

// The cross-attention of the call: a tensor (heads, height, width, tokens) a layer, by its path.
static bool write_attention(struct cli *c, const float *z, int width, int height, GError **error)
{
    if (!c->attention) {
        return true;
    }
    struct st_writer *w = st_writer_new();
    const bool ok = editor_attention(c->engine->editor, z, width, height, c->timestep, c->prompt,
                                     take_map, w, error) &&
                    st_writer_save(w, c->attention, NULL, error);
    st_writer_free(w);
    return ok;
}

static bool run(struct cli *c, GError **error)
{
    int64_t shape[4];
    g_autofree float *z = cli_engine(c, error) && cli_adapters(c, error)
                              ? cli_tensor_read(c->latents, "latents", shape, error)
                              : NULL;
    if (!z) {
        return false;
    }
    const struct model *m = c->engine->model;
    if (shape[0] != 1 || shape[1] != m->unet.in_channels || shape[2] > 4096 || shape[3] > 4096) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    "%s does not hold one latent of %d channels", c->latents, m->unet.in_channels);
        return false;
    }
    const int f = model_latent_factor(m), width = (int)shape[3] * f, height = (int)shape[2] * f;
    g_autofree float *noise = g_new(float, (gsize)(shape[1] * shape[2] * shape[3]));
    return editor_predict(c->engine->editor, z, width, height, c->timestep, c->prompt, noise,
                          error) &&
           cli_tensor_write(c->out, "noise", 4, shape, noise, error) &&
           write_attention(c, z, width, height, error);
}

const struct cli_command predict_command = {
    .name = "predict",
    .summary = "Write one U-Net call's prediction",
    .usage = "",
    .writes = CLI_TENSORS,
    .options = (const char *const[]){"model", "vae", "device", "precision", "latents", "timestep",
                                     "prompt", "adapter", "embedding", "attention", "out", NULL},
    .needed = (const char *const[]){"latents", "prompt", "out", NULL},
    .run = run,
};
