#include "compute/edit/networks.h"

#include <string.h>

enum network_kind { NETWORK_TEXT, NETWORK_PREDICT, NETWORK_ENCODE, NETWORK_DECODE };
#define NETWORK_INPUTS 3

// One compiled network at one shape. Programs of the size in work are kept, and the text encoder's;
// each has memory of its own for activations, so that those of earlier sizes would fill the device.
struct network {
    enum network_kind kind;
    int batch, height, width; // of the latents; the text encoder's are one by its tokens
    struct graph *graph;
    struct tensor *in[NETWORK_INPUTS];
    struct node *out;
    struct program *program;
};

struct networks {
    struct model *model;      // borrowed
    struct nn_part *parts[3]; // borrowed
    GPtrArray *cache;         // struct network *
    float *host;              // staging for one result, grows
    size_t host_floats;
};

static void network_free(struct network *net)
{
    program_free(net->program);
    graph_free(net->graph);
    for (int i = 0; i < NETWORK_INPUTS; i++) {
        tensor_free(net->in[i]);
    }
    g_free(net);
}

struct networks *networks_new(struct model *model, struct nn_part *const parts[3])
{
    struct networks *n = g_new0(struct networks, 1);
    n->model = model;
    n->cache = g_ptr_array_new_with_free_func((GDestroyNotify)network_free);
    memcpy(n->parts, parts, sizeof n->parts);
    return n;
}

void networks_drop(struct networks *n)
{
    g_ptr_array_set_size(n->cache, 0);
}

void networks_reset(struct networks *n, struct nn_part *const parts[3])
{
    networks_drop(n);
    memcpy(n->parts, parts, sizeof n->parts);
}

void networks_free(struct networks *n)
{
    if (!n) {
        return;
    }
    g_ptr_array_unref(n->cache);
    g_free(n->host);
    g_free(n);
}

uint64_t networks_bytes(const struct networks *n)
{
    uint64_t bytes = 0;
    for (guint i = 0; i < n->cache->len; i++) {
        bytes += program_bytes(((struct network *)n->cache->pdata[i])->program);
    }
    return bytes;
}

static struct node *input(struct networks *n, struct network *net, int i, enum dtype dtype, int d0,
                          int d1, int d2, int d3, const char *name, GError **error)
{
    net->in[i] = tensor_new(n->model->gpu, dtype, (int[]){d0, d1, d2, d3}, name, error);
    return net->in[i] ? graph_leaf(net->graph, net->in[i]) : NULL;
}

static struct node *build_text(struct networks *n, struct network *net, GError **error)
{
    struct nn nn = {.g = net->graph, .part = n->parts[MODEL_TEXT]};
    struct node *ids =
        input(n, net, 0, DTYPE_I32, 1, 1, 1, n->model->text.max_tokens, "ids", error);
    return ids ? text_encoder_build(&nn, &n->model->text, ids) : NULL;
}

static struct node *build_predict(struct networks *n, struct network *net, GError **error)
{
    const struct unet_config *c = &n->model->unet;
    struct nn nn = {.g = net->graph, .part = n->parts[MODEL_UNET]};
    struct node *latents = input(n, net, 0, DTYPE_F32, net->batch, net->height, net->width,
                                 c->in_channels, "latents", error);
    struct node *time =
        latents ? input(n, net, 1, DTYPE_F32, net->batch, 1, 1, c->channels[0], "time", error)
                : NULL;
    struct node *states = time ? input(n, net, 2, DTYPE_F32, net->batch, 1,
                                       n->model->text.max_tokens, c->cross_dim, "states", error)
                               : NULL;
    return states ? unet_build(&nn, c, latents, time, states) : NULL;
}

static struct node *build_encode(struct networks *n, struct network *net, GError **error)
{
    struct nn nn = {.g = net->graph, .part = n->parts[MODEL_VAE]};
    const int factor = model_latent_factor(n->model);
    struct node *rgb = input(n, net, 0, DTYPE_F32, 1, net->height * factor, net->width * factor, 3,
                             "picture", error);
    return rgb ? op_slice(net->graph, vae_encoder_build(&nn, &n->model->vae, rgb), 0,
                          n->model->vae.latent_channels)
               : NULL;
}

static struct node *build_decode(struct networks *n, struct network *net, GError **error)
{
    struct nn nn = {.g = net->graph, .part = n->parts[MODEL_VAE]};
    struct node *z = input(n, net, 0, DTYPE_F32, 1, net->height, net->width,
                           n->model->vae.latent_channels, "latents", error);
    return z ? vae_decoder_build(&nn, &n->model->vae, z) : NULL;
}

static void drop_other_sizes(struct networks *n, int height, int width)
{
    for (guint i = n->cache->len; i-- > 0;) {
        const struct network *net = n->cache->pdata[i];
        if (net->kind != NETWORK_TEXT && (net->height != height || net->width != width)) {
            g_ptr_array_remove_index(n->cache, i);
        }
    }
}

static struct network *network_get(struct networks *n, enum network_kind kind, int batch,
                                   int height, int width, GError **error)
{
    for (guint i = 0; i < n->cache->len; i++) {
        struct network *net = n->cache->pdata[i];
        if (net->kind == kind && net->batch == batch && net->height == height &&
            net->width == width) {
            return net;
        }
    }
    static struct node *(*const build[])(struct networks *, struct network *, GError **) = {
        [NETWORK_TEXT] = build_text,
        [NETWORK_PREDICT] = build_predict,
        [NETWORK_ENCODE] = build_encode,
        [NETWORK_DECODE] = build_decode,
    };
    if (kind != NETWORK_TEXT) {
        drop_other_sizes(n, height, width);
    }
    struct network *net = g_new0(struct network, 1);
    *net = (struct network){.kind = kind, .batch = batch, .height = height, .width = width};
    net->graph = graph_new();
    net->out = build[kind](n, net, error);
    net->program = net->out ? program_new(net->graph, n->model->gpu, &net->out, 1, error) : NULL;
    if (!net->program) {
        network_free(net);
        return NULL;
    }
    g_ptr_array_add(n->cache, net);
    return net;
}

static bool network_run(struct network *net, float *out, GCancellable *c, GError **error)
{
    return program_run(net->program, c, error) && program_read(net->program, net->out, out, error);
}

static float *staging(struct networks *n, size_t floats)
{
    if (n->host_floats < floats) {
        n->host = g_renew(float, n->host, floats);
        n->host_floats = floats;
    }
    return n->host;
}

bool networks_text(struct networks *n, const char *prompt, float *states, GCancellable *c,
                   GError **error)
{
    struct network *net = network_get(n, NETWORK_TEXT, 1, 1, n->model->text.max_tokens, error);
    if (!net) {
        return false;
    }
    g_autofree int32_t *ids = g_new(int32_t, n->model->text.max_tokens);
    model_tokenize(n->model, prompt, ids, NULL, NULL);
    return tensor_write(net->in[0], ids, error) && network_run(net, states, c, error);
}

bool networks_predict(struct networks *n, int batch, int h, int w, double t, const float *latents,
                      const float *states, float *prediction, GCancellable *c, GError **error)
{
    struct network *net = network_get(n, NETWORK_PREDICT, batch, h, w, error);
    if (!net) {
        return false;
    }
    const int features = n->model->unet.channels[0];
    float *time = staging(n, (size_t)batch * features);
    for (int b = 0; b < batch; b++) {
        unet_timestep_features(&n->model->unet, t, time + (size_t)b * features);
    }
    return tensor_write(net->in[0], latents, error) && tensor_write(net->in[1], time, error) &&
           tensor_write(net->in[2], states, error) && network_run(net, prediction, c, error);
}

bool networks_encode(struct networks *n, int width, int height, const float *rgb, float *latents,
                     GCancellable *c, GError **error)
{
    const int factor = model_latent_factor(n->model);
    struct network *net = network_get(n, NETWORK_ENCODE, 1, height / factor, width / factor, error);
    if (!net || !tensor_write(net->in[0], rgb, error) || !network_run(net, latents, c, error)) {
        return false;
    }
    const int64_t count = shape_count(net->out->shape);
    for (int64_t i = 0; i < count; i++) {
        latents[i] *= n->model->vae.scaling_factor;
    }
    return true;
}

bool networks_decode(struct networks *n, int width, int height, const float *latents, float *rgb,
                     GCancellable *c, GError **error)
{
    const int factor = model_latent_factor(n->model);
    struct network *net = network_get(n, NETWORK_DECODE, 1, height / factor, width / factor, error);
    if (!net) {
        return false;
    }
    const int64_t count = shape_count(net->in[0]->shape);
    float *z = staging(n, (size_t)count);
    for (int64_t i = 0; i < count; i++) {
        z[i] = latents[i] / n->model->vae.scaling_factor;
    }
    return tensor_write(net->in[0], z, error) && network_run(net, rgb, c, error);
}
