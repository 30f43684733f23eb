// What the stages of a run share. A stage takes what it needs from the editor where it is kept, or
// computes and keeps it; a pipeline is a chain of stages (edit.c).
//
// Latents here are channels last, (h, w, C); pictures (H, W, 3) in [-1,1].
#pragma once

#include "compute/edit/edit.h"
#include "compute/edit/networks.h"

struct editor {
    struct model *model; // borrowed
    struct networks *networks;
    struct noise_schedule schedule;

    struct merged_model *merged; // NULL until an adapter is set
    unsigned merged_layout;
    char *adapters_key; // fingerprint of the adapters as merged; "" is the plain model
    bool preview_asked; // the model was asked for its preview factors

    GHashTable *embeddings; // prompt -> float[max_tokens * hidden]
    struct {
        char *key;             // of the picture
        float *latents;        // (h,w,C) scaled mean
        float *reconstruction; // (H,W,3)
    } photo;
    struct {
        char *key; // photo, prompt, steps, adapters
        int steps;
        float *levels; // (steps + 1, h, w, C): [0] is the photo's latent
    } inverted;
    struct {
        char *key; // all that the edit depends on, with the source prompt in place of the prompt
        float *latents; // (h,w,C)
        float *rgb;     // (H,W,3)
    } reference;        // the photo drawn by the same run without the edit
    struct {
        char *key;         // photo, adapters, both prompts, what may matter of the settings
        float *difference; // (h, w)
    } edit_mask;           // how much the new words matter at each place
};

// A run's sizes and its progress.
struct run {
    struct editor *e;
    const struct edit_request *request;
    int h, w, channels;
    int64_t n;       // floats of a latent
    double guidance; // 1: none
    int total;       // steps between photo and noise
    int step, steps; // network calls done and planned
    gint64 start_us;
    float *preview; // (h, w, 3)
    struct task *task;
};

// ---- run.c

// Checks the request; run_finish() only after true.
bool run_init(struct run *r, struct editor *e, const struct edit_request *q, struct task *task,
              GError **error);
void run_finish(struct run *r);
// latents: what the preview shows, or NULL.
void run_report(struct run *r, enum task_stage stage, const float *latents);
bool run_prediction_check(const struct run *r, const float *prediction, int64_t n, GError **error);
// Steps of the run that are denoised: all of them when generating.
int run_denoised_steps(const struct edit_request *q);

// ---- editor.c

void photo_clear(struct editor *e);
void inverted_clear(struct editor *e);
void reference_clear(struct editor *e);
void edit_mask_clear(struct editor *e);
// Floats of one prompt's embeddings, and the embeddings, from the cache or computed; borrowed.
int64_t embeddings_count(const struct editor *e);
const float *embeddings_get(struct editor *e, const char *prompt, GCancellable *c, GError **error);
void hwc_to_chw(const float *hwc, int h, int w, int c, float *chw);
void chw_to_hwc(const float *chw, int h, int w, int c, float *hwc);

// ---- the stages: invert.c, draw.c, locality.c

// The photo's latent and what the autoencoder makes of it.
bool photo_prepare(struct run *r, GError **error);
// All levels of the inversion.
bool inverted_prepare(struct run *r, GError **error);
// Draws the prompt from the request's start: x becomes the final latent (h,w,C), rgb the picture,
// clamped. reference: it is not the edit that is drawn, so it is not shown on the way.
bool draw(struct run *r, const char *prompt, bool reference, float *x, float *rgb, GError **error);
// Keeps of an edit what its words asked for: moves x and rgb back to the reference elsewhere.
bool localise(struct run *r, float *x, float *rgb, GError **error);
