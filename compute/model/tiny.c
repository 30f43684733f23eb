// The small decoder: some convolutions without norm or attention, which give nearly the picture of
// the autoencoder's decoder in a fraction of its time. Follows diffusers' AutoencoderTiny, whose
// names the weights carry; in its maker's file the same layers are numbered from 1 on.

#include "compute/model/tiny.h"

#include "compute/i18n.h"

#include "compute/model/block.h"
#include "compute/model/config.h"
#include "compute/model/decoder.h"
#include "compute/model/load.h"

#include <string.h>

#define FILE_NAME "taesd_decoder.safetensors"
#define LAYERS    "decoder.layers."

// ---- the network --------------------------------------------------------------------------------

static struct node *relu(struct nn *nn, struct node *x)
{
    return op_unary(nn->g, UNARY_RELU, x);
}

static struct node *tiny_block(struct nn *nn, struct node *x, int layer)
{
    const int channels = x->shape[3];
    struct node *h = x;
    for (int i = 0; i < 3; i++) {
        h = nn_conv(nn, h, channels, 3, CONV_SAME, LAYERS "%d.conv.%d", layer, 2 * i);
        h = i < 2 ? relu(nn, h) : h;
    }
    return relu(nn, op_add(nn->g, h, x));
}

static struct node *tiny_build(struct nn *nn, const struct model *m, struct node *latents)
{
    const struct tiny_config *c = &m->tiny;
    struct node *x = relu(nn, nn_conv(nn, latents, c->channels, 3, CONV_SAME, LAYERS "0"));
    int layer = 2; // 1 is the activation
    for (int i = 0; i < c->levels; i++) {
        for (int k = 0; k < c->blocks[i]; k++) {
            x = tiny_block(nn, x, layer++);
        }
        if (i < c->levels - 1) {
            layer++; // the enlargement
            x = op_upsample(nn->g, x, 2 * x->shape[1], 2 * x->shape[2]);
            x = nn_conv_unbiased(nn, x, c->channels, 3, CONV_SAME, LAYERS "%d", layer++);
        }
    }
    x = nn_conv(nn, x, 3, 3, CONV_SAME, LAYERS "%d", layer);
    return op_affine(nn->g, x, 2, -1);
}

static float tiny_scale(const struct model *m)
{
    return m->tiny.scaling_factor;
}

extern const struct decoder tiny_decoder;
const struct decoder tiny_decoder = {
    .name = "tiny",
    .title = N_("Small"),
    .summary = N_("Nearly the picture in a fraction of the time, for what is shown while drawing"),
    .part = MODEL_TINY,
    .channels = 3,
    .bound = 3,
    .scale = tiny_scale,
    .build = tiny_build,
};

// ---- finding it ---------------------------------------------------------------------------------

bool tiny_find_tensor(const struct st_file *file, const char *name, struct st_tensor *t)
{
    char *rest;
    const guint64 layer = g_ascii_strtoull(name + strlen(LAYERS), &rest, 10);
    g_autofree char *own = g_strdup_printf("%" G_GUINT64_FORMAT "%s", layer + 1, rest);
    const struct st_tensor *found = st_find(file, own);
    if (found) {
        *t = *found;
    }
    return found != NULL;
}

static bool has_layer(const struct st_file *file, int layer, const char *rest)
{
    g_autofree char *name = g_strdup_printf("%d.%s", layer, rest);
    return st_find(file, name) != NULL;
}

// What the names and shapes of its maker's file say. What is missing then, loading will tell.
static bool read_layers(const struct st_file *file, struct tiny_config *c)
{
    const struct st_tensor *first = st_find(file, "1.weight");
    *c = (struct tiny_config){.scaling_factor = 1};
    if (!first || first->rank != 4 || first->shape[0] < 1 || first->shape[0] > 8192 ||
        first->shape[1] < 1 || first->shape[1] > MODEL_LATENTS) {
        return false;
    }
    c->channels = (int)first->shape[0];
    c->latent_channels = (int)first->shape[1];
    int layer = 3; // behind the clamp, the first convolution and its activation
    while (c->levels < MODEL_LEVELS) {
        int *blocks = &c->blocks[c->levels++];
        while (*blocks < TINY_BLOCKS && has_layer(file, layer, "conv.0.weight")) {
            (*blocks)++;
            layer++;
        }
        if (has_layer(file, layer, "bias")) { // the last one alone has a bias
            return true;
        }
        layer += 2;
    }
    return false;
}

static bool read_file(struct model *m, const char *path, GError **error)
{
    struct st_file *file = st_open(path, error);
    if (!file) {
        return false;
    }
    const bool ok = read_layers(file, &m->tiny);
    st_free(file);
    if (!ok) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s is no decoder of TAESD, though its name says so"), path);
    }
    return ok;
}

static bool check_fit(const struct model *m, GError **error)
{
    const struct tiny_config *c = &m->tiny;
    if (c->latent_channels == m->vae.latent_channels && c->levels == m->vae.levels) {
        return true;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                _("%s is the small decoder of another kind of model, with %d levels for %d latent "
                  "channels, and the autoencoder here has %d for %d"),
                m->tiny_path, c->levels, c->latent_channels, m->vae.levels, m->vae.latent_channels);
    return false;
}

bool tiny_find(struct model *m, GError **error)
{
    g_autofree char *beside =
        m->layout == LAYOUT_FOLDER ? g_strdup(m->path) : g_path_get_dirname(m->path);
    g_autofree char *folder = g_build_filename(beside, MODEL_TINY, NULL);
    const char *const places[] = {folder, beside};
    if (file_exists_in(folder, "config.json")) {
        m->tiny_path = g_strdup(folder);
        return config_read_tiny(folder, &m->tiny, error) && check_fit(m, error);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        if (file_exists_in(places[i], FILE_NAME)) {
            m->tiny_path = g_build_filename(places[i], FILE_NAME, NULL);
            return read_file(m, m->tiny_path, error) && check_fit(m, error);
        }
    }
    return true;
}
