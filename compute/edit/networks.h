// A model's networks compiled for running: text encoder, noise prediction, autoencoder. One program
// a shape; those of one picture size are kept at a time.
//
// Latents here are channels last, (h, w, C); pictures (H, W, 3) in [-1,1].
#pragma once

#include "compute/model/model.h"

struct networks;
// parts: the weights to run with, in the order of enum model_part; borrowed, may change between
// runs as long as networks_reset() is called when a tensor was replaced by another.
struct networks *networks_new(struct model *model, struct nn_part *const parts[3]);
void networks_reset(struct networks *n, struct nn_part *const parts[3]); // drops all programs
void networks_drop(struct networks *n); // the same, to make room: they are made again when needed
void networks_free(struct networks *n);

bool networks_text(struct networks *n, const char *prompt, float *states, GCancellable *c,
                   GError **error);
// batch 1 or 2 predictions at one timestep; latents and prediction (batch,h,w,C), states
// (batch,T,cross).
bool networks_predict(struct networks *n, int batch, int h, int w, double t, const float *latents,
                      const float *states, float *prediction, GCancellable *c, GError **error);
// Scaled mean of the posterior.
bool networks_encode(struct networks *n, int width, int height, const float *rgb, float *latents,
                     GCancellable *c, GError **error);
bool networks_decode(struct networks *n, int width, int height, const float *latents, float *rgb,
                     GCancellable *c, GError **error);
// Bytes held by all programs now, for tests.
uint64_t networks_bytes(const struct networks *n);
