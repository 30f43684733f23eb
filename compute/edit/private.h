// What the stages of a run share. A stage takes what it needs from the editor where it is kept, or
// computes and keeps it; a pipeline is a chain of stages (edit.c).
//
// Latents here are channels last, (h, w, C); pictures (H, W, 3) in [-1,1].
#pragma once

#include "compute/edit/control.h"
#include "compute/edit/edit.h"
#include "compute/edit/inverter.h"
#include "compute/edit/networks.h"

struct editor {
    struct model *model; // borrowed
    struct networks *networks;
    struct noise_schedule schedule;

    struct merged_model *merged; // NULL until an adapter is set
    unsigned merged_layout;
    char *adapters_key; // fingerprint of the adapters in use; "" is the plain model
    GPtrArray
        *in_time; // struct adapter *: those in use where one acts in some time steps alone ...
    char *acting; // ... and '1' for each that the merged weights have; NULL: not known
    GCancellable *stop; // of the run at hand; NULL: none
    bool preview_asked; // somebody will look at previews, and the model was asked for them

    GHashTable *embeddings;    // editor_text_key() -> float[windows * max_tokens * hidden]
    struct prompt_style style; // how sentences are read in the run at hand ...
    int windows;               // ... and into how many windows of the text encoder
    struct {
        unsigned named, valued; // the model's, as they were then
        bool read;              // a sentence held one
    } tokens;
    struct {
        char *key;             // of the picture
        float *latents;        // (h,w,C) scaled mean
        float *reconstruction; // (H,W,3)
    } photo;
    struct {
        char *key;      // photo, adapters, steps, what its inverter says
        float *levels;  // (steps + 1, h, w, C): [0] is the photo's latent
        float *avoided; // (steps, T, C), as struct inverter_type has it; NULL: nothing of its own
    } inverted;
    struct {
        char *key;    // all that the edit depends on, with the source prompt in place of the prompt
        float *path;  // (denoised steps + 1, h, w, C): the photo's branch with so many steps to go,
                      // as the sampler has it; [0] is what it ends in
        float *drawn; // (denoised steps, h, w, C): what the sampler made of the level above before
                      // it was put back onto the path; NULL: it was not
        float *rgb;   // (H, W, 3): [0] as a picture
    } reference;      // the photo drawn by the same run without the edit
    struct {
        char *key;         // photo, adapters, both prompts, what may matter of the settings
        float *difference; // (h, w)
    } edit_mask;           // how much the new words matter at each place
    struct {
        char *key;     // photo, adapters, source prompt
        int h, w;      // the grid of places
        float *words;  // (max_tokens, h * w): how much each place looks for each token
        float *places; // (h * w, h * w): how much each place looks at each other; rows add up to 1
        GHashTable *planes; // word -> (h * w), the selections made
    } attention;
};

// A run's sizes and its progress.
struct run {
    struct editor *e;
    const struct edit_request *request;
    const struct inverter_type *inverter; // NULL: a picture from noise
    const char *source_prompt;            // of the photo's branch; NULL: it has none
    int h, w, channels;
    int64_t n;             // floats of a latent
    double guidance;       // 1: none
    double given_guidance; // what a U-Net that takes it as an input is given; 1 where it does not
    int total;             // steps between photo and noise
    int denoised;          // those of them that are drawn: all when generating
    char *weights_key; // what the network is: the adapters as merged, and the hint that it follows
    float *mask;       // (h, w): the request's at the latents; NULL: none
    int step, steps;   // network calls done and planned
    gint64 start_us;
    const struct decoder *small; // that makes the previews; NULL: the model's factors do
    float *preview;              // (h, w, 3), or of small (H, W, 3)
    struct task *task;
    struct settings *fixed;     // of the sampler that the inverter fixes; else NULL
    struct photo_branch *photo; // that is drawn beside the edit; NULL: it is drawn already
};

// ---- preview.c

// What makes the previews of a run: NULL, the model's factors.
const struct decoder *preview_decoder(const struct editor *e);
// latents (h,w,C) -> the run's preview, in 0..1. False where the model has none.
bool preview_make(struct run *r, const float *latents, struct latent_preview *preview);

// ---- run.c

// Checks the request; run_finish() only after true.
bool run_init(struct run *r, struct editor *e, const struct edit_request *q, struct task *task,
              GError **error);
void run_finish(struct run *r);
// latents: what the preview shows, or NULL.
void run_report(struct run *r, enum task_stage stage, const float *latents);
bool run_prediction_check(const struct run *r, const float *prediction, int64_t n, GError **error);
// (h,w,C) standard normal noise, drawn in the channels-first order of other programs; the request's
// own where it brings some.
void run_noise(const struct run *r, struct rng *rng, float *out);
// Network calls of one of its branches.
int run_calls(const struct run *r);
// The sampler that the run draws with. Its own noise is of rng, which must live as long.
struct sampler *run_sampler(struct run *r, struct rng *rng, GError **error);
// Latent (h,w,C) -> picture (H,W,3), clamped.
bool run_decode(struct run *r, const float *x, float *rgb, GError **error);

// ---- editor.c

void photo_clear(struct editor *e);
void inverted_clear(struct editor *e);
void reference_clear(struct editor *e);
void edit_mask_clear(struct editor *e);
// How sentences are read from now on. What was kept under another way, or under learned tokens that
// are others now, is forgotten.
void editor_read_as(struct editor *e, const struct prompt_style *style, int windows);
// Floats of one prompt's embeddings, and the embeddings as they are at a time step, from the cache
// or computed; borrowed.
int64_t embeddings_count(const struct editor *e);
const float *embeddings_get(struct editor *e, const char *prompt, double t, GCancellable *c,
                            GError **error);
// Those of n prompts, one behind the other, in a run.
bool embeddings_gather(struct run *r, const char *const *prompts, int n, double t, float *out,
                       GError **error);
void hwc_to_chw(const float *hwc, int h, int w, int c, float *chw);
void chw_to_hwc(const float *chw, int h, int w, int c, float *hwc);

// ---- weights.c

// Brings the weights to what they are at a time step; before each call of the U-Net (networks.h).
bool editor_weights_at(void *editor, double t, GError **error);
// What the embeddings of a prompt are kept under: at time steps of one key they are the same. Newly
// allocated.
char *editor_text_key(const struct editor *e, const char *prompt, double t);

// ---- predict.c

// How many of the sampler's steps are guided.
int guided_steps(const struct run *r, int steps);

// The network's predictions for one prompt of a run.
struct predictor {
    struct run *run;
    const struct sampler *sampler;
    const char *prompt;
    const struct control_type *control; // NULL: none
    void *held;                         // its own
    int guided_steps, items;
    float *embeddings;         // (items, T, C): of what is avoided, of the photo where there is a
                               // control, and of the prompt
    float *input, *prediction; // (items, h, w, C)
};
// control: of an edit's branch, whose photo's branch is there; NULL: none. predictor_finish() in
// any case.
bool predictor_init(struct predictor *p, struct run *r, const struct sampler *s, const char *prompt,
                    const struct control_type *control, GError **error);
void predictor_finish(struct predictor *p);
// The prediction for x (h,w,C), as the sampler has it, at the sampler's step i. Valid until the
// next one; p->input begins with x as the network saw it. NULL: it failed.
const float *predictor_run(struct predictor *p, int i, const float *x, GError **error);

// ---- draw.c

// A description on its way to a picture.
struct branch {
    const char *prompt;
    const struct control_type *control; // NULL: none
    enum task_stage stage;
    bool shown; // previews are: not of the photo's own branch
    float *x;   // (h,w,C), as the sampler has it; the start, and then the end
    // What a step that leaves so many to go needs before it, and what becomes of x behind it. NULL:
    // nothing.
    bool (*before)(struct run *r, int left, GError **error);
    void (*after)(struct run *r, struct branch *b, int left);
};
// One that is drawn a step at a time: i is the sampler's next. drawing_finish() in any case; the
// branch and the sampler are borrowed until then.
struct drawing {
    struct run *run;
    struct sampler *sampler;
    struct branch *branch;
    struct predictor predictor;
    float *x0;
    int i;
};
bool drawing_init(struct drawing *d, struct run *r, struct sampler *s, struct branch *b,
                  GError **error);
bool drawing_step(struct drawing *d, GError **error);
void drawing_finish(struct drawing *d);
// Where an edit starts, as the sampler has it; a photo's branch that is left to itself, too.
void edit_start(const struct run *r, struct rng *rng, const struct sampler *s, float *x);
// x becomes the final latent (h,w,C), rgb the picture.
bool draw_from_noise(struct run *r, float *x, float *rgb, GError **error);
bool draw_edit(struct run *r, float *x, float *rgb, GError **error);

// ---- the stages: invert.c, reference.c, locality.c, mask.c

// The photo's latent and what the autoencoder makes of it.
bool photo_prepare(struct run *r, GError **error);
// All levels of the request's inverter.
bool inverted_prepare(struct run *r, GError **error);
// The description that the photo is inverted under.
const char *inversion_prompt(const struct run *r);
// The levels of DDIM, which several inverters start from; see struct inverter_type.
char *ddim_levels_key(const struct run *r);
int ddim_levels_calls(const struct run *r);
bool ddim_levels(struct run *r, float *levels, GError **error);
// The photo with noise of its own at each level (ddpm.c), likewise.
char *noised_levels_key(const struct run *r);
int noised_levels_calls(const struct run *r);
bool noised_levels(struct run *r, float *levels, GError **error);
// The photo's branch: it is begun, goes on until so many steps are left, and is there to the end
// with its picture. reference_drop() where a run ends before that.
bool reference_prepare(struct run *r, GError **error);
bool reference_follow(struct run *r, int left, GError **error);
bool reference_finish(struct run *r, GError **error);
void reference_drop(struct run *r);
// Keeps of an edit what its words asked for: moves x and rgb back to the reference elsewhere.
bool localise(struct run *r, float *x, float *rgb, GError **error);

// The request's mask: its values are in order; its size for latents, newly allocated; what it
// leaves of a latent on the way, and of the picture.
bool mask_check(const struct edit_request *q, GError **error);
float *mask_at_latents(const struct edit_request *q, int factor);
void mask_steer(const struct run *r, const float *photo, float *x);
void mask_compose(const struct run *r, const float *photo, float *rgb);

// Full weight leaves a value as it is, none the reference, to the bit.
static inline float blend(float reference, float value, float weight)
{
    if (weight <= 0) {
        return reference;
    }
    return weight < 1 ? reference + weight * (value - reference) : value;
}

// ---- attention.c

// The photo's attention with the source prompt, for a photo that is prepared: from what is kept, or
// gathered by so many steps of the network.
bool attention_prepare(struct run *r, GError **error);
bool attention_is_kept(const struct run *r);
int attention_steps(void);
void attention_clear(struct editor *e);
// Value of a plane (h, w) with `stride` floats between places, at shares of its sides; bilinear.
float attention_sample(const float *plane, int h, int w, int stride, double u, double v);
