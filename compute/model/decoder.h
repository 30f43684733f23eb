// Decoders: what makes a picture of latents. A family: a new one is NAME.c with NAME_decoder and
// one word in meson.build.
//
// A decoder reads the weights of one part; a model has the decoders whose part it has. The one it
// was trained with comes first in the table.
#pragma once

#include "compute/model/model.h"
#include "compute/settings.h"

struct decoder {
    MEMBER_FIELDS;
    const char *part; // whose weights it reads: MODEL_VAE
    // Of the picture: 3, or 4 with alpha. Colours are then straight, not multiplied with alpha, and
    // mean nothing where it is 0; alpha has the colours' range: -1 lets all of what is behind
    // through, 1 nothing. Over a ground G of encoded values the picture is
    // a C + (1 - a) G with a = (alpha + 1) / 2 (Porter and Duff 1984, "over").
    int channels;
    // Latents, which are scaled everywhere else, are divided by this before build's network sees
    // them.
    float (*scale)(const struct model *m);
    float bound; // and then brought softly within this: bound tanh(z / bound); 0: left as they are
    // latents (N,h,w,C) -> picture (N,H,W,channels) in [-1,1], not clamped; H and W are h and w
    // times model_latent_factor().
    struct node *(*build)(struct nn *nn, const struct model *m, struct node *latents);
};
extern const struct decoder *const decoder_table[]; // NULL-terminated
const struct member *decoder_family(int i);

// The first that the model has; every model has one.
const struct decoder *model_decoder(const struct model *m);
// The first that the model has of those that give alpha; NULL: it has none.
const struct decoder *model_alpha_decoder(const struct model *m);
// The small one, for what is shown while drawing; NULL: it has none.
const struct decoder *model_tiny_decoder(const struct model *m);
