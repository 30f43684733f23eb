// Pipelines: generate, invert, edit - chains of cached stages over one model.
//
// An editor holds a model's compiled programs and the results of earlier stages (text embeddings,
// photo latent, inverted latents, sampled latent), each keyed by what it depends on: a change
// re-runs only what follows from it. Every step reports the current latent's preview and can be
// cancelled between steps.
//
// Thread: the engine thread.
#pragma once

#include "compute/adapter/adapter.h"
#include "compute/edit/networks.h"
#include "compute/model/hint_net.h"
#include "compute/model/prompt.h"
#include "compute/sched/sched.h"

struct editor;
struct editor *editor_new(struct model *model, GError **error); // model is borrowed
void editor_free(struct editor *e);
// Gives back the device memory of the compiled programs, before something large; the next run makes
// them again. What earlier stages found is kept.
void editor_make_room(struct editor *e);

// Adapters in use, with their scales and switches as they are now. Called before a run; cheap where
// nothing changed. Weights are merged, which is slow the first time with a model.
bool editor_set_adapters(struct editor *e, struct adapter *const *adapters, int n,
                         struct task *task, GError **error);

// What can be set about drawing from noise, and about editing a photo: the same and more. Bits of
// setting.scope are the stages that a setting changes.
extern const struct setting generate_settings[], edit_settings[];
// Whether a result by these edit_settings differs from seed to seed.
bool edit_settings_seed_matters(const struct settings *s);
// Makes edit_settings of which seeds give results that visibly differ, as variations shall: mixes
// in fresh noise where there is little.
// How these settings have sentences read.
struct prompt_style edit_prompt_style(const struct settings *s);
void edit_settings_vary(struct settings *s);
enum edit_scope {
    EDIT_INVERTING = 1,  // the photo's way to noise
    EDIT_DRAWING = 2,    // the way back
    EDIT_MASKING = 4,    // where the words matter
    EDIT_BLENDING = 8,   // how much of that is taken
    EDIT_HOLDING = 16,   // what holds the edit to the photo while it is drawn
    EDIT_RETURNING = 32, // the way to the photo's own size
};

// Attention to these words of a sentence is multiplied by the factor: prompt-to-prompt's
// re-weighting.
struct word_weight {
    const char *words;
    double factor;
};

// A picture that leads the drawing beside the words, through a network that understands it.
struct edit_hint {
    const struct hint_net *net; // of the editor's model
    const float *picture;       // of the run's size, height x width x 3 in 0..1
    double strength;            // 0: it takes no part, to the bit; 1: as it was learned
};
// Before a hint network that runs had is freed.
void editor_forget_hint(struct editor *e, const struct hint_net *net);

// What a run is asked to do. What is zero is not asked for.
struct edit_request {
    const struct settings
        *settings; // of edit_settings or generate_settings; an edit needs the former
    const float
        *rgb; // photo at model size, height x width x 3 in [-1,1]; NULL: generate from noise
    int width, height; // multiples of model_latent_factor
    const float *mask; // height x width, 0..1: where the edit may show; it steers every step
                       // and the result, which is the reconstruction to the bit where it is
                       // 0. NULL: everywhere
    const char *source_prompt; // what the photo shows: conditions the inversion (NULL: the edit
                               // prompt, as the SVDiff paper does)
    const char *prompt;        // what it shall show
    const char *negative;      // NULL or "" for the empty prompt
    uint64_t seed;
    const struct word_weight *weights; // how much words of the prompt count, where attention is
                                       // controlled and the photo is described; ends with NULL
                                       // words; NULL: all alike
    const struct edit_hint *hint;      // NULL: none
    const float *start_noise;          // generate: (4, h, w) channels first instead of the seed's
};

// To be called before the runs whose previews somebody will look at. Cheap where the model brings
// a small decoder or its factors, or they were found before; else its autoencoder's file is read
// and a picture encoded.
// A model that cannot have previews is drawn with all the same: false only where it was cancelled.
bool editor_need_previews(struct editor *e, struct task *task, GError **error);

struct edit_result {
    int width, height;
    float *rgb;            // height x width x 3 in [-1,1], clamped
    float *latents;        // (4, h, w) channels first, scaled
    float *reconstruction; // height x width x 3, clamped: what the same run draws for the source
                           // prompt (the photo through the autoencoder without one, and where the
                           // inverter is exact), so that rgb - reconstruction is what the words
                           // changed; NULL when generating
    double seconds;
    const char *precision; // it was drawn in, static, as gpu_precision(); NULL: not known
};
void edit_result_free(struct edit_result *r);
// Reports every step, with a preview only while drawing (noise and the reference are not the edit)
// and where the model has factors for it: see editor_need_previews().
struct edit_result *editor_run(struct editor *e, const struct edit_request *request,
                               struct task *task, GError **error);
// How far each place takes part in a change of colour that the sentences ask for, 0..1, (count),
// newly allocated. rgb, before and photo, (count, 3), are the edit, what the same run draws for the
// source prompt, and the photo; mask, (count), is where the edit may show, or NULL. NULL: all
// places do, or no colour is named.
float *edit_takes_part(const struct edit_request *q, const float *rgb, const float *before,
                       const float *photo, const float *mask, int count);

// The pieces, for the command line, training and tests. Latents are (N,4,h,w) channels first and
// scaled, as other programs have them; embeddings (N,T,C).
bool editor_text(struct editor *e, const char *prompt, float *embeddings /* max_tokens * hidden */,
                 GError **error);
bool editor_encode(struct editor *e, const float *rgb, int width, int height, float *latents,
                   GError **error);
bool editor_decode(struct editor *e, const float *latents, int width, int height, float *rgb,
                   GError **error);
// By the model's decoder that gives alpha: rgba (height, width, 4), clamped; straight colours in
// [-1,1], alpha in 0..1. UNSUPPORTED where the model has none.
bool editor_decode_alpha(struct editor *e, const float *latents, int width, int height, float *rgba,
                         GError **error);
bool editor_predict(struct editor *e, const float *latents, int width, int height, int timestep,
                    const char *prompt, float *prediction, GError **error);
// The cross-attention of that prediction, layer by layer.
bool editor_attention(struct editor *e, const float *latents, int width, int height, int timestep,
                      const char *prompt, network_map_visit visit, void *data, GError **error);
// All levels of the inversion: latents at the top after steps calls.
bool editor_invert(struct editor *e, const struct edit_request *request, float *latents,
                   struct task *task, GError **error);
// latent (h,w,C) -> preview RGB in 0..1, of a model that has latent_rgb
void latent_preview(const struct model *m, const float *latents_hwc, int h, int w, float *rgb);
