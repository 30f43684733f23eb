// What a drawing shows, measured by the model itself as it is without any adapter: no other network
// is needed, and what was learned does not grade itself.
#pragma once

#include "ui/core/engine.h"

// Sentences that are compared with each other.
#define GRADER_SENTENCES 4

// What numbers that were found by these measures are comparable with: others of the same text.
extern const char grader_measures[];

struct grader;
// For pictures of the model's own size.
struct grader *grader_new(struct engine *e, GError **error);
void grader_free(struct grader *g);

// How well a picture (latents, channels first and scaled) shows the first of the sentences: in how
// many comparisons, 0..1, its prediction of the noise is better than that under one of the others,
// over a few levels of noise (Li et al., Your Diffusion Model is Secretly a Zero-Shot Classifier,
// section 3). A half is chance. NAN with an error.
double grader_text(struct grader *g, const float *latents,
                   const char *const sentences[GRADER_SENTENCES], struct task *task,
                   GError **error);

// What something looks like: the U-Net's features of a picture of it, place by place (Tang et al.,
// Emergent Correspondence from Image Diffusion, section 3). mask: where it is, (side, side) of the
// picture, 0..1; NULL: everywhere.
struct looks;
struct looks *looks_new(struct grader *g, const float *latents, const float *mask,
                        struct task *task, GError **error);
void looks_free(struct looks *l);
// How alike a picture is: the mean over the places of what is looked for of the best cosine that
// any place of the picture has, at least -1 and at most 1. Both are of one grader.
double looks_alike(const struct looks *wanted, const struct looks *picture);
