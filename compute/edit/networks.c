#include "compute/edit/networks.h"

#include "compute/i18n.h"
#include "compute/model/embedding.h"

#include <math.h>
#include <string.h>

// Self-attention of at most this many positions is controlled: the coarser half of a picture's
// levels says where things are, the finer one how they look. (32 x 32, as in the reference.)
#define CONTROLLED_POSITIONS 1024

enum network_kind {
    NETWORK_TEXT,
    NETWORK_PREDICT,
    NETWORK_GRADIENT,
    NETWORK_CONTROLLED,
    NETWORK_ATTENTION,
    NETWORK_HINT,
    NETWORK_ENCODE,
    NETWORK_DECODE
};

// What a network is compiled for.
struct network_key {
    enum network_kind kind;
    const struct decoder *decoder; // of NETWORK_DECODE
    const struct hint_net *hint;   // that the U-Net follows, or of NETWORK_HINT; NULL: none
    const char *pattern;      // of NETWORK_ATTENTION, as struct attention_maps has it; interned
    int positions;            // of NETWORK_ATTENTION, likewise
    int batch, height, width; // of the latents; the text encoder's are one by its tokens
    int branch; // of the U-Net's deep layers, counted from 1, that are kept or, where it is
                // negative, given; 0: neither
};

// One compiled network at one shape. Programs of the size in work are kept, and the text encoder's;
// each has memory of its own for activations, so that those of earlier sizes would fill the device.
struct network {
    struct network_key key;
    struct graph *graph;
    GPtrArray *inputs;  // struct tensor *, by name
    float *text;        // that was written last; NULL: none
    struct node *below; // what came from below, where it is kept; NULL: it is not
    GPtrArray *out;     // struct node *: one, or of NETWORK_ATTENTION one for each map, or of
                        // NETWORK_GRADIENT that and the loss
    GArray *maps;       // struct attention_map; empty but for NETWORK_ATTENTION
    struct program *program;
};

struct networks {
    struct model *model;        // borrowed
    const GPtrArray *parts;     // borrowed: struct nn_part *
    GPtrArray *programs;        // struct network *
    int windows;                // of the text encoder, in a row
    network_weights weights_at; // NULL: they are the same at all time steps
    void *weights_data;         // borrowed
    struct {
        const struct hint_net *net; // borrowed; NULL: none
        float strength;
        float *features; // (h,w,channels[0])
    } hint;              // what predictions follow
    struct {
        int interval, branch;  // interval 1: none
        int calls;             // since the last whole one, and with it
        float *below;          // what came from below in that ...
        int shape[GRAPH_RANK]; // ... of this shape; all 0: nothing is known
        struct network_key of; // ... in this network
    } cache;
    double guidance; // that a U-Net which takes it is given
    float *host;     // staging for one result, grows
    size_t host_floats;
};

static void network_free(struct network *net)
{
    program_free(net->program);
    graph_free(net->graph);
    g_ptr_array_unref(net->inputs);
    g_ptr_array_unref(net->out);
    g_array_unref(net->maps);
    g_free(net->text);
    g_free(net);
}

struct networks *networks_new(struct model *model, const GPtrArray *parts)
{
    struct networks *n = g_new0(struct networks, 1);
    n->model = model;
    n->windows = 1;
    n->guidance = 1;
    n->cache.interval = 1;
    n->programs = g_ptr_array_new_with_free_func((GDestroyNotify)network_free);
    n->parts = parts;
    return n;
}

void networks_set_weights(struct networks *n, network_weights at, void *data)
{
    n->weights_at = at;
    n->weights_data = data;
}

void networks_set_guidance(struct networks *n, double guidance)
{
    n->guidance = guidance;
}

void networks_set_cache(struct networks *n, int interval, int branch)
{
    n->cache.interval = interval;
    n->cache.branch = MIN(branch, unet_residuals(&n->model->unet) - 2); // the last skip
    memset(n->cache.shape, 0, sizeof n->cache.shape);
}

void networks_drop(struct networks *n)
{
    g_ptr_array_set_size(n->programs, 0);
}

void networks_set_windows(struct networks *n, int windows)
{
    for (guint i = n->windows == windows ? 0 : n->programs->len; i-- > 0;) {
        if (((const struct network *)n->programs->pdata[i])->key.kind != NETWORK_TEXT) {
            g_ptr_array_remove_index(n->programs, i);
        }
    }
    n->windows = windows;
}

void networks_reset(struct networks *n, const GPtrArray *parts)
{
    networks_drop(n);
    n->parts = parts;
}

void networks_free(struct networks *n)
{
    if (!n) {
        return;
    }
    g_ptr_array_unref(n->programs);
    g_free(n->hint.features);
    g_free(n->cache.below);
    g_free(n->host);
    g_free(n);
}

uint64_t networks_bytes(const struct networks *n)
{
    uint64_t bytes = 0;
    for (guint i = 0; i < n->programs->len; i++) {
        bytes += program_bytes(((struct network *)n->programs->pdata[i])->program);
    }
    return bytes;
}

static struct node *input(struct networks *n, struct network *net, enum dtype dtype,
                          const int shape[GRAPH_RANK], const char *name, GError **error)
{
    struct tensor *t = tensor_new(n->model->gpu, dtype, shape, name, error);
    if (!t) {
        return NULL;
    }
    g_ptr_array_add(net->inputs, t);
    return graph_leaf(net->graph, t);
}

static struct tensor *input_named(const struct network *net, const char *name)
{
    guint i = 0;
    while (!g_str_equal(((const struct tensor *)net->inputs->pdata[i])->name, name)) {
        i++;
    }
    return net->inputs->pdata[i];
}

static bool write_input(struct network *net, const char *name, const void *data, GError **error)
{
    return tensor_write(input_named(net, name), data, error);
}

// The U-Net's text, which is the same in most steps: what follows from it alone, keys and values of
// the words, is kept then.
static bool write_text(struct network *net, const float *text, GError **error)
{
    const struct tensor *t = input_named(net, "text");
    const gsize bytes = shape_bytes(t->shape, t->dtype);
    if (net->text && memcmp(net->text, text, bytes) == 0) {
        return true;
    }
    g_clear_pointer(&net->text, g_free);
    if (!write_input(net, "text", text, error)) {
        return false;
    }
    net->text = g_memdup2(text, bytes);
    return true;
}

static struct nn network_nn(struct networks *n, struct network *net, const char *part)
{
    return (struct nn){.g = net->graph, .part = nn_part_named(n->parts, part)};
}

static struct node *build_text(struct networks *n, struct network *net, GError **error)
{
    struct nn nn = network_nn(n, net, MODEL_TEXT);
    const struct text_config *c = &n->model->text;
    const int tokens[] = {1, 1, 1, c->max_tokens}, one[] = {1, 1, c->max_tokens, 1},
              rows[] = {1, 1, c->max_tokens, c->hidden_size};
    struct node *ids, *kept, *given;
    return (ids = input(n, net, DTYPE_I32, tokens, "ids", error)) &&
                   (kept = input(n, net, DTYPE_F32, one, "kept", error)) &&
                   (given = input(n, net, DTYPE_F32, rows, "given", error))
               ? text_encoder_build_mixed(&nn, c, ids, kept, given)
               : NULL;
}

static int text_tokens(const struct networks *n)
{
    return n->windows * n->model->text.max_tokens;
}

// What a hint adds. residuals: room for those of a ControlNet.
static bool hint_inputs(struct networks *n, struct network *net, struct unet_inputs *in,
                        struct node **residuals, GError **error)
{
    const struct hint_net *hint = net->key.hint;
    const int shape[] = {1, net->key.height, net->key.width, hint->stack.channels};
    struct node *features = input(n, net, DTYPE_F32, shape, "hint", error), *strength;
    if (!features ||
        !(strength = input(n, net, DTYPE_F32, (int[]){1, 1, 1, 1}, "hint_strength", error))) {
        return false;
    }
    struct nn nn = {.g = net->graph, .part = hint->part};
    hint->kind->apply(&nn, &n->model->unet, features, strength, in, residuals);
    return true;
}

static bool unet_inputs(struct networks *n, struct network *net, struct unet_inputs *in,
                        GError **error)
{
    const struct unet_config *c = &n->model->unet;
    const int latents[] = {net->key.batch, net->key.height, net->key.width, c->in_channels};
    const int time[] = {net->key.batch, 1, 1, c->channels[0]};
    const int text[] = {net->key.batch, 1, text_tokens(n), c->cross_dim};
    const int guidance[] = {1, 1, 1, c->guidance_dim};
    return (!c->guidance_dim ||
            (in->guidance = input(n, net, DTYPE_F32, guidance, "guidance", error))) &&
           (in->latents = input(n, net, DTYPE_F32, latents, "latents", error)) &&
           (in->time = input(n, net, DTYPE_F32, time, "time", error)) &&
           (in->text = input(n, net, DTYPE_F32, text, "text", error));
}

static bool control_inputs(struct networks *n, struct network *net,
                           struct attention_control *control, GError **error)
{
    const int t = text_tokens(n);
    const int mapper[] = {1, 1, t, t}, tokens[] = {1, 1, 1, t}, one[] = {1, 1, 1, 1};
    return (control->mapper = input(n, net, DTYPE_F32, mapper, "mapper", error)) &&
           (control->taken = input(n, net, DTYPE_F32, tokens, "taken", error)) &&
           (control->own = input(n, net, DTYPE_F32, tokens, "own", error)) &&
           (control->self_taken = input(n, net, DTYPE_F32, one, "self_taken", error)) &&
           (control->self_own = input(n, net, DTYPE_F32, one, "self_own", error));
}

// in: what is asked for beside the usual inputs. trained (may be NULL) receives the text, which
// then has a gradient.
static struct node *build_unet(struct networks *n, struct network *net, struct unet_inputs in,
                               struct node **trained, GError **error)
{
    struct nn nn = network_nn(n, net, MODEL_UNET);
    const struct unet_config *c = &n->model->unet;
    g_autofree struct node **residuals = g_new0(struct node *, unet_residuals(c));
    if (!unet_inputs(n, net, &in, error)) {
        return NULL;
    }
    struct unet_cache cache = {.branch = ABS(net->key.branch) - 1};
    if (net->key.branch < 0 &&
        !(cache.given = input(n, net, DTYPE_F32, n->cache.shape, "below", error))) {
        return NULL;
    }
    in.cache = net->key.branch ? &cache : NULL;
    in.text->pace = trained ? PACE_RUN : PACE_SELDOM;
    if (trained) {
        *trained = in.text;
        in.text->trainable = true;
    }
    if (net->key.hint && !hint_inputs(n, net, &in, residuals, error)) {
        return NULL;
    }
    struct node *prediction = unet_build(&nn, c, &in);
    net->below = net->key.branch > 0 ? cache.found : NULL;
    return prediction;
}

static struct node *build_predict(struct networks *n, struct network *net, GError **error)
{
    return build_unet(n, net, (struct unet_inputs){0}, NULL, error);
}

// The loss; its gradient is the first of what is read.
static struct node *build_gradient(struct networks *n, struct network *net, GError **error)
{
    const struct unet_config *c = &n->model->unet;
    const int latents[] = {net->key.batch, net->key.height, net->key.width, c->in_channels};
    struct node *target = input(n, net, DTYPE_F32, latents, "target", error), *text, *gradient;
    struct node *prediction =
        target ? build_unet(n, net, (struct unet_inputs){0}, &text, error) : NULL;
    if (!prediction) {
        return NULL;
    }
    struct node *loss = op_mse(net->graph, prediction, target);
    if (!graph_grad(net->graph, loss, &text, 1, &gradient, error)) {
        return NULL;
    }
    g_ptr_array_add(net->out, gradient);
    return loss;
}

static struct node *build_attention(struct networks *n, struct network *net, GError **error)
{
    struct attention_maps maps = {net->key.pattern, net->maps, net->key.positions};
    return build_unet(n, net, (struct unet_inputs){.maps = &maps}, NULL, error);
}

static struct node *build_controlled(struct networks *n, struct network *net, GError **error)
{
    struct attention_control control = {.self_queries = CONTROLLED_POSITIONS};
    return control_inputs(n, net, &control, error)
               ? build_unet(n, net, (struct unet_inputs){.control = &control}, NULL, error)
               : NULL;
}

static struct node *build_hint(struct networks *n, struct network *net, GError **error)
{
    const struct hint_net *hint = net->key.hint;
    struct nn nn = {.g = net->graph, .part = hint->part};
    const int factor = model_latent_factor(n->model);
    const int shape[] = {1, net->key.height * factor, net->key.width * factor, 3};
    struct node *picture = input(n, net, DTYPE_F32, shape, "picture", error);
    return picture ? hint_stack_build(&nn, &hint->stack, picture, hint->kind->prefix) : NULL;
}

static struct node *build_encode(struct networks *n, struct network *net, GError **error)
{
    struct nn nn = network_nn(n, net, MODEL_VAE);
    const int factor = model_latent_factor(n->model);
    const int shape[] = {1, net->key.height * factor, net->key.width * factor, 3};
    struct node *rgb = input(n, net, DTYPE_F32, shape, "picture", error);
    return rgb ? op_slice(net->graph, vae_encoder_build(&nn, &n->model->vae, rgb), 0,
                          n->model->vae.latent_channels)
               : NULL;
}

static struct node *build_decode(struct networks *n, struct network *net, GError **error)
{
    struct nn nn = network_nn(n, net, net->key.decoder->part);
    const int shape[] = {1, net->key.height, net->key.width, n->model->vae.latent_channels};
    struct node *z = input(n, net, DTYPE_F32, shape, "latents", error);
    return z ? net->key.decoder->build(&nn, n->model, z) : NULL;
}

static void drop_other_sizes(struct networks *n, int height, int width)
{
    for (guint i = n->programs->len; i-- > 0;) {
        const struct network_key *key = &((const struct network *)n->programs->pdata[i])->key;
        if (key->kind != NETWORK_TEXT && (key->height != height || key->width != width)) {
            g_ptr_array_remove_index(n->programs, i);
        }
    }
}

static bool key_equal(const struct network_key *a, const struct network_key *b)
{
    return a->kind == b->kind && a->decoder == b->decoder && a->hint == b->hint &&
           a->pattern == b->pattern && a->positions == b->positions && a->batch == b->batch &&
           a->height == b->height && a->width == b->width && a->branch == b->branch;
}

// The nodes that are read after a run: the network's result, or its maps.
static bool network_outputs(struct network *net, struct node *result, GError **error)
{
    if (net->key.kind != NETWORK_ATTENTION) {
        g_ptr_array_add(net->out, result);
        if (net->below) {
            g_ptr_array_add(net->out, net->below);
        }
        return true;
    }
    for (guint i = 0; i < net->maps->len; i++) {
        g_ptr_array_add(net->out, g_array_index(net->maps, struct attention_map, i).node);
    }
    if (net->out->len == 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("this model has no attention that could be looked at"));
    }
    return net->out->len > 0;
}

static struct network *network_get(struct networks *n, const struct network_key *key,
                                   GError **error)
{
    for (guint i = 0; i < n->programs->len; i++) {
        struct network *net = n->programs->pdata[i];
        if (key_equal(&net->key, key)) {
            return net;
        }
    }
    static struct node *(*const build[])(struct networks *, struct network *, GError **) = {
        [NETWORK_TEXT] = build_text,           [NETWORK_PREDICT] = build_predict,
        [NETWORK_ATTENTION] = build_attention, [NETWORK_CONTROLLED] = build_controlled,
        [NETWORK_ENCODE] = build_encode,       [NETWORK_DECODE] = build_decode,
        [NETWORK_GRADIENT] = build_gradient,   [NETWORK_HINT] = build_hint,
    };
    if (key->kind != NETWORK_TEXT) {
        drop_other_sizes(n, key->height, key->width);
    }
    struct network *net = g_new0(struct network, 1);
    net->key = *key;
    net->graph = graph_new();
    net->inputs = g_ptr_array_new_with_free_func((GDestroyNotify)tensor_free);
    net->out = g_ptr_array_new();
    net->maps = g_array_new(FALSE, FALSE, sizeof(struct attention_map));
    struct node *result = build[key->kind](n, net, error);
    if (!result || !network_outputs(net, result, error) ||
        !(net->program = program_new(net->graph, n->model->gpu, (struct node **)net->out->pdata,
                                     (int)net->out->len, error))) {
        network_free(net);
        return NULL;
    }
    g_ptr_array_add(n->programs, net);
    return net;
}

static bool network_run(struct network *net, float *out, GCancellable *c, GError **error)
{
    return program_run(net->program, c, error) &&
           program_read(net->program, net->out->pdata[0], out, error);
}

static float *staging(struct networks *n, size_t floats)
{
    if (n->host_floats < floats) {
        n->host = g_renew(float, n->host, floats);
        n->host_floats = floats;
    }
    return n->host;
}

// The text encoder's inputs for ids, of which those beyond the vocabulary are learned tokens.
static bool write_text_inputs(struct networks *n, struct network *net, const int32_t *ids,
                              GError **error)
{
    const struct text_config *c = &n->model->text;
    g_autofree float *kept = g_new(float, c->max_tokens);
    g_autofree float *given = g_new(float, c->max_tokens * c->hidden_size);
    model_learned_rows(n->model, ids, c->max_tokens, kept, given);
    return write_input(net, "ids", ids, error) && write_input(net, "kept", kept, error) &&
           write_input(net, "given", given, error);
}

static double mean_of(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum / (double)n;
}

// Each token's row times its weight, and all of them so that their mean is what it was (as the web
// UI of AUTOMATIC1111 has it).
static void weigh_rows(float *rows, const float *weights, int tokens, size_t width)
{
    const size_t n = (size_t)tokens * width;
    const double before = mean_of(rows, n);
    for (size_t i = 0; i < n; i++) {
        rows[i] *= weights[i / width];
    }
    const double after = mean_of(rows, n);
    const float back = after != 0 ? (float)(before / after) : 1;
    for (size_t i = 0; i < n; i++) {
        rows[i] *= back;
    }
}

bool networks_text(struct networks *n, const struct prompt *prompt, float *embeddings,
                   GCancellable *c, GError **error)
{
    const int tokens = n->model->text.max_tokens;
    const size_t width = (size_t)n->model->text.hidden_size;
    struct network *net = network_get(
        n, &(struct network_key){.kind = NETWORK_TEXT, .batch = 1, .height = 1, .width = tokens},
        error);
    bool ok = net != NULL;
    for (int i = 0; ok && i < prompt->windows; i++) {
        float *rows = embeddings + (size_t)i * tokens * width;
        ok = write_text_inputs(n, net, prompt->ids + (size_t)i * tokens, error) &&
             network_run(net, rows, c, error);
        if (ok && prompt->weighted) {
            weigh_rows(rows, prompt->weights + (size_t)i * tokens, tokens, width);
        }
    }
    return ok;
}

static bool write_guidance(struct networks *n, struct network *net, GError **error)
{
    const struct unet_config *c = &n->model->unet;
    if (!c->guidance_dim) {
        return true;
    }
    float *features = staging(n, (size_t)c->guidance_dim);
    unet_guidance_features(c, n->guidance, features);
    return write_input(net, "guidance", features, error);
}

// The U-Net's inputs at one timestep.
static bool write_unet_inputs(struct networks *n, struct network *net, double t,
                              const float *latents, const float *text, GError **error)
{
    const int features = n->model->unet.channels[0];
    float *time = staging(n, (size_t)net->key.batch * features);
    for (int b = 0; b < net->key.batch; b++) {
        unet_timestep_features(&n->model->unet, t, time + (size_t)b * features);
    }
    return write_input(net, "latents", latents, error) && write_input(net, "time", time, error) &&
           write_text(net, text, error) && write_guidance(n, net, error) &&
           (!net->key.hint || (write_input(net, "hint", n->hint.features, error) &&
                               write_input(net, "hint_strength", &n->hint.strength, error)));
}

// A U-Net's call.
static struct network_key unet_key(const struct networks *n, enum network_kind kind, int batch,
                                   int h, int w)
{
    return (struct network_key){
        .kind = kind, .hint = n->hint.net, .batch = batch, .height = h, .width = w};
}

// The U-Net for a call at a time step, with its weights for that.
static struct network *unet_get(struct networks *n, const struct network_key *key, double t,
                                GError **error)
{
    return n->weights_at && !n->weights_at(n->weights_data, t, error) ? NULL
                                                                      : network_get(n, key, error);
}

bool networks_set_hint(struct networks *n, const struct hint_net *net, double strength, int h,
                       int w, const float *picture, GCancellable *c, GError **error)
{
    n->hint.net = NULL;
    if (!net) {
        return true;
    }
    const struct network_key key = {
        .kind = NETWORK_HINT, .hint = net, .batch = 1, .height = h, .width = w};
    struct network *of = network_get(n, &key, error);
    n->hint.features = g_renew(float, n->hint.features, (gsize)h *w * net->stack.channels);
    if (!of || !write_input(of, "picture", picture, error) ||
        !network_run(of, n->hint.features, c, error)) {
        return false;
    }
    n->hint.net = net;
    n->hint.strength = (float)strength;
    return true;
}

void networks_drop_hint(struct networks *n, const struct hint_net *net)
{
    for (guint i = n->programs->len; i-- > 0;) {
        if (((const struct network *)n->programs->pdata[i])->key.hint == net) {
            g_ptr_array_remove_index(n->programs, i);
        }
    }
    n->hint.net = n->hint.net == net ? NULL : n->hint.net;
}

static bool write_control(struct network *net, const struct network_control *control,
                          GError **error)
{
    const float self_own = 1 - control->self_taken;
    return write_input(net, "mapper", control->mapper, error) &&
           write_input(net, "taken", control->taken, error) &&
           write_input(net, "own", control->own, error) &&
           write_input(net, "self_taken", &control->self_taken, error) &&
           write_input(net, "self_own", &self_own, error);
}

// Whether the next call of a network is whole or in between.
static void take_turn(struct networks *n, struct network_key *key)
{
    if (n->cache.interval <= 1) {
        return;
    }
    key->branch = n->cache.branch + 1;
    if (n->cache.shape[0] && key_equal(&n->cache.of, key) && n->cache.calls < n->cache.interval) {
        key->branch = -key->branch;
        n->cache.calls++;
    }
}

// Of a whole call that was run.
static bool keep_below(struct networks *n, const struct network *net, GError **error)
{
    memset(n->cache.shape, 0, sizeof n->cache.shape);
    n->cache.below = g_renew(float, n->cache.below, shape_count(net->below->shape));
    if (!program_read(net->program, net->below, n->cache.below, error)) {
        return false;
    }
    memcpy(n->cache.shape, net->below->shape, sizeof n->cache.shape);
    n->cache.of = net->key;
    n->cache.calls = 1;
    return true;
}

// control: NULL, none.
static bool unet_run(struct networks *n, struct network_key key, double t, const float *latents,
                     const float *text, const struct network_control *control, float *prediction,
                     GCancellable *c, GError **error)
{
    take_turn(n, &key);
    struct network *net = unet_get(n, &key, t, error);
    return net && write_unet_inputs(n, net, t, latents, text, error) &&
           (!control || write_control(net, control, error)) &&
           (key.branch >= 0 || write_input(net, "below", n->cache.below, error)) &&
           network_run(net, prediction, c, error) && (!net->below || keep_below(n, net, error));
}

bool networks_predict(struct networks *n, int batch, int h, int w, double t, const float *latents,
                      const float *text, float *prediction, GCancellable *c, GError **error)
{
    const struct network_key key = unet_key(n, NETWORK_PREDICT, batch, h, w);
    return unet_run(n, key, t, latents, text, NULL, prediction, c, error);
}

bool networks_text_gradient(struct networks *n, int h, int w, double t, const float *latents,
                            const float *text, const float *target, float *loss, float *gradient,
                            GCancellable *c, GError **error)
{
    const struct network_key key = unet_key(n, NETWORK_GRADIENT, 1, h, w);
    struct network *net = unet_get(n, &key, t, error);
    return net && write_unet_inputs(n, net, t, latents, text, error) &&
           write_input(net, "target", target, error) && network_run(net, gradient, c, error) &&
           program_read(net->program, net->out->pdata[1], loss, error);
}

// The maps of the last run.
static bool visit_maps(struct networks *n, const struct network *net, network_map_visit visit,
                       void *data, GError **error)
{
    for (guint i = 0; i < net->maps->len; i++) {
        const struct attention_map *map = &g_array_index(net->maps, struct attention_map, i);
        float *values = staging(n, (size_t)shape_count(map->node->shape));
        if (!program_read(net->program, map->node, values, error)) {
            return false;
        }
        visit(&(struct network_map){map->path, map->height, map->width, map->node->shape[1],
                                    map->node->shape[3], values},
              data);
    }
    return true;
}

bool networks_attention(struct networks *n, int batch, int h, int w, double t, const float *latents,
                        const float *text, const char *pattern, int positions,
                        network_map_visit visit, void *data, GCancellable *c, GError **error)
{
    struct network_key key = unet_key(n, NETWORK_ATTENTION, batch, h, w);
    key.pattern = g_intern_string(pattern);
    key.positions = positions;
    struct network *net = unet_get(n, &key, t, error);
    return net && write_unet_inputs(n, net, t, latents, text, error) &&
           program_run(net->program, c, error) && visit_maps(n, net, visit, data, error);
}

bool networks_predict_controlled(struct networks *n, int batch, int h, int w, double t,
                                 const float *latents, const float *text,
                                 const struct network_control *control, float *prediction,
                                 GCancellable *c, GError **error)
{
    const struct network_key key = unet_key(n, NETWORK_CONTROLLED, batch, h, w);
    return unet_run(n, key, t, latents, text, control, prediction, c, error);
}

bool networks_encode(struct networks *n, int width, int height, const float *rgb, float *latents,
                     GCancellable *c, GError **error)
{
    const int factor = model_latent_factor(n->model);
    struct network *net = network_get(
        n,
        &(struct network_key){
            .kind = NETWORK_ENCODE, .batch = 1, .height = height / factor, .width = width / factor},
        error);
    if (!net || !write_input(net, "picture", rgb, error) || !network_run(net, latents, c, error)) {
        return false;
    }
    const int64_t count = shape_count(((const struct node *)net->out->pdata[0])->shape);
    for (int64_t i = 0; i < count; i++) {
        latents[i] *= n->model->vae.scaling_factor;
    }
    return true;
}

bool networks_decode(struct networks *n, const struct decoder *decoder, int width, int height,
                     const float *latents, float *picture, GCancellable *c, GError **error)
{
    const int factor = model_latent_factor(n->model), w = width / factor, h = height / factor;
    struct network *net = network_get(
        n,
        &(struct network_key){
            .kind = NETWORK_DECODE, .decoder = decoder, .batch = 1, .height = h, .width = w},
        error);
    if (!net) {
        return false;
    }
    const int64_t count = (int64_t)h * w * n->model->vae.latent_channels;
    const float scale = decoder->scale(n->model);
    float *z = staging(n, (size_t)count);
    for (int64_t i = 0; i < count; i++) {
        z[i] = latents[i] / scale;
        if (decoder->bound > 0) {
            z[i] = decoder->bound * tanhf(z[i] / decoder->bound);
        }
    }
    return write_input(net, "latents", z, error) && network_run(net, picture, c, error);
}
