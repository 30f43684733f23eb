// A model's networks compiled for running: text encoder, noise prediction, encoder, decoders. One
// program a shape; those of one picture size are kept at a time.
//
// Latents here are channels last, (h, w, C); pictures (H, W, 3) in [-1,1].
#pragma once

#include "compute/model/decoder.h"
#include "compute/model/hint_net.h"
#include "compute/model/prompt.h"

struct networks;
// parts: the weights to run with (struct nn_part *, as model->parts); borrowed, may change between
// runs as long as networks_reset() is called when a tensor was replaced by another.
struct networks *networks_new(struct model *model, const GPtrArray *parts);
void networks_reset(struct networks *n, const GPtrArray *parts); // drops all programs
void networks_drop(struct networks *n); // the same, to make room: they are made again when needed
void networks_free(struct networks *n);

// What brings the weights to their state at a time step: called before each call of the U-Net, and
// may reset the programs. data is borrowed.
typedef bool (*network_weights)(void *data, double t, GError **error);
void networks_set_weights(struct networks *n, network_weights at, void *data);

// Tokens of every sentence from now on: as many windows of the text encoder. Drops the programs of
// another number.
void networks_set_windows(struct networks *n, int windows);
// The embeddings (windows, T, hidden) of a sentence, each token's times its weight.
bool networks_text(struct networks *n, const struct prompt *prompt, float *embeddings,
                   GCancellable *c, GError **error);
// The hint that all predictions follow from now on: picture (h * factor, w * factor, 3) in 0..1.
// net is borrowed until networks_drop_hint(). NULL: none.
bool networks_set_hint(struct networks *n, const struct hint_net *net, double strength, int h,
                       int w, const float *picture, GCancellable *c, GError **error);
// The strength of guidance that a U-Net which takes it as an input is given from now on; 1 at
// first.
void networks_set_guidance(struct networks *n, double guidance);
// From the next call on all of the U-Net is computed every so many calls of predict and
// predict_controlled; in between what came from below at the branch is that of then (struct
// unet_cache), as long as batch and size stay. An interval of 1, as at first: always all.
void networks_set_cache(struct networks *n, int interval, int branch);
// Before a hint network is freed.
void networks_drop_hint(struct networks *n, const struct hint_net *net);

// batch 1 or 2 predictions at one timestep; latents and prediction (batch,h,w,C), text embeddings
// (batch,T,cross).
bool networks_predict(struct networks *n, int batch, int h, int w, double t, const float *latents,
                      const float *text, float *prediction, GCancellable *c, GError **error);

// How far the prediction for one latent is from target (h,w,C), as the mean of the squares, and the
// gradient of that with respect to the text (T,cross).
bool networks_text_gradient(struct networks *n, int h, int w, double t, const float *latents,
                            const float *text, const float *target, float *loss, float *gradient,
                            GCancellable *c, GError **error);

// Attention probabilities of a prediction, (batch, heads, height * width, keys), as struct
// attention_map has them; valid during the visit.
struct network_map {
    const char *path; // of the attention; interned
    int height, width, heads, keys;
    const float *values;
};
typedef void (*network_map_visit)(const struct network_map *map, void *data);
// Makes the same prediction for the sake of its maps, and visits those of the attentions whose path
// fits the pattern and which have at most `positions` queries, in the order of the layers. What
// lies behind the last of them is not computed.
bool networks_attention(struct networks *n, int batch, int h, int w, double t, const float *latents,
                        const float *text, const char *pattern, int positions,
                        network_map_visit visit, void *data, GCancellable *c, GError **error);

// What an edit takes of its source's attention in one step, as struct attention_control has it.
struct network_control {
    const float *mapper, *taken, *own; // (T,T), (T), (T)
    float self_taken;                  // 0: the edit's own self-attention, 1: the source's
};
// The same prediction where the last item is an edit whose attention is held to the source's, the
// item before it; batch 2 or 3.
bool networks_predict_controlled(struct networks *n, int batch, int h, int w, double t,
                                 const float *latents, const float *text,
                                 const struct network_control *control, float *prediction,
                                 GCancellable *c, GError **error);

// Scaled mean of the posterior.
bool networks_encode(struct networks *n, int width, int height, const float *rgb, float *latents,
                     GCancellable *c, GError **error);
// picture: (height, width, decoder->channels).
bool networks_decode(struct networks *n, const struct decoder *decoder, int width, int height,
                     const float *latents, float *picture, GCancellable *c, GError **error);
// Bytes held by all programs now, for tests.
uint64_t networks_bytes(const struct networks *n);
