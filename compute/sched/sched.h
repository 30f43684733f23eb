// Noise schedules and samplers: arithmetic on the host, in double, over fp32 latents.
//
// A sampler is a member of a family: ddim, euler, lcm ... (one file each, one word in meson.build).
// Formulas: methods 7.1 - 7.5, and the papers that the files name. Latents are flat arrays of n
// floats; their layout does not matter here.
#pragma once

#include "compute/gpu/random.h"
#include "compute/model/model.h"
#include "compute/settings.h"

// The training noise schedule of a model.
struct noise_schedule {
    int train_steps;
    enum prediction prediction;
    enum spacing spacing;
    struct sigma_config sigmas;
    struct distilled_config distilled;
    bool cosine; // of the betas; the reference rounds fewer timesteps there
    int steps_offset;
    double final_alpha; // alpha-bar beyond the last step: 1, or that of step 0
    double *alpha_bar;  // [train_steps], cumulative products
};
// Betas and their products as the reference computes them: betas in single precision.
void noise_schedule_init(struct noise_schedule *s, const struct sched_config *c);
void noise_schedule_finish(struct noise_schedule *s);
double noise_schedule_alpha(const struct noise_schedule *s, int t); // t < 0: final_alpha

// z_t = sqrt(a) z + sqrt(1 - a) noise, and the training target for the model's prediction type.
void noise_add(const struct noise_schedule *s, int t, const float *z, const float *noise,
               float *out, int64_t n);
void noise_target(const struct noise_schedule *s, int t, const float *z, const float *noise,
                  float *out, int64_t n);
// From a prediction of the model's type to x0 and epsilon (either may be NULL).
void noise_split(const struct noise_schedule *s, int t, const float *x, const float *prediction,
                 float *x0, float *epsilon, int64_t n);

struct sampler;
struct sampler_type {
    MEMBER_FIELDS;
    const char *published; // the class of it that scheduler files name
    // The option of the model's schedule that it cannot follow; NULL: it can, as it can where this
    // function is NULL.
    const char *(*lacks)(const struct noise_schedule *s);
    // How many steps it can take on a grid of its own. NULL: one less than there are.
    int (*most_steps)(const struct noise_schedule *s);
    // Each step is drawn with fresh noise whatever is set, so that nothing leads back to a photo
    // but a branch that is put back onto it.
    bool random;
    // Fills timesteps[count], descending. A run from a level of the inversion has the inversion's.
    void (*grid)(const struct noise_schedule *s, double *timesteps, int count);
    // Makes state, and whatever of the fields below differs from the defaults.
    void (*init)(struct sampler *s);
    // Factor of x on its way into the network at step i. NULL: 1.
    double (*input_scale)(const struct sampler *s, int i);
    // A step of two calls: x (n floats) at timesteps[i] -> where the second prediction is wanted,
    // at timesteps[i + 1], and true; false: this step takes one. NULL: each does.
    bool (*ahead)(struct sampler *s, int i, const float *prediction, float *x);
    // x at timesteps[i] -> x at the next level, in place, given the network's prediction; or x as
    // ahead() left it, given the second one.
    void (*step)(struct sampler *s, int i, const float *prediction, float *x);
    void (*finish)(struct sampler *s); // NULL: nothing of its own
};
extern const struct sampler_type *const sampler_table[]; // NULL-terminated
const struct member *sampler_family(int i);
const struct sampler_type *sampler_find(const char *name);
int sampler_most_steps(const struct sampler_type *type, const struct noise_schedule *schedule);
// The one that the model's scheduler file names, whose pictures are those its makers showed. NULL:
// it names none of these.
const struct sampler_type *sampler_published(const struct sched_config *c);

struct sampler {
    const struct sampler_type *type;
    const struct settings *settings; // of the type, borrowed; NULL: it has none
    const struct noise_schedule *schedule;
    int steps;
    bool from_inversion; // it starts from a level of the inversion: its grid is the inversion's
    bool anew;           // see struct sampler_params
    double *timesteps;   // what the network is called with; whole numbers but for euler on a
                         // linspace grid
    struct rng *rng; // for samplers that draw noise; NULL: a step is the mean of what it would be
    int64_t n;
    double init_scale; // what start noise of unit variance is multiplied with (euler: sigma_max)
    void *state;       // the type's own
};
// What a run asks of its sampler.
struct sampler_params {
    const char *name;
    const struct settings *settings; // of the type, borrowed; NULL: its defaults
    int steps;
    bool from_inversion; // see struct sampler
    bool anew; // of ddim alone, and without noise of its own: a step goes to the mean of the next
        // level's latents when all their noise is drawn anew, and the last one to the picture
    struct rng *rng; // borrowed; see struct sampler
};
// Makes a sampler for latents of n floats; its steps are taken in order, from any one on. Steps out
// of range and an unknown name are errors.
struct sampler *sampler_new(const struct noise_schedule *schedule, const struct sampler_params *p,
                            int64_t n, GError **error);
void sampler_free(struct sampler *s);
// Input of the network for x at step i (euler divides by sqrt(sigma^2 + 1); the others copy).
void sampler_scale_input(const struct sampler *s, int i, const float *x, float *out);
void sampler_step(struct sampler *s, int i, const float *prediction, float *x);
// Calls of the network that the last so many steps take.
int sampler_calls(const struct sampler_type *type, int steps);
// Before sampler_step(). true: the step wants the prediction at step i + 1, too, for x as it is
// left here, in the place of the one given.
bool sampler_ahead(struct sampler *s, int i, const float *prediction, float *x);
// A latent as the network sees it at step i, as the sampler has it, in place: the inverse of
// sampler_scale_input().
void sampler_take(const struct sampler *s, int i, float *x);

// DDIM inversion (methods 7.3): ascending timesteps of the same grid, network called with
// timesteps_up[i], sample at level t - delta -> t.
void inverter_timesteps(const struct noise_schedule *schedule, int steps, int *timesteps_up);
void inverter_step(const struct noise_schedule *schedule, int steps, int t, const float *prediction,
                   float *x, int64_t n);

// Spherical interpolation of whole latents, alpha = 0 gives a, 1 gives b (methods 3.3); guards
// sin(phi) ~ 0.
void latent_slerp(const float *a, const float *b, double alpha, float *out, int64_t n);
// guided = u + w (c - u), in place on c.
void guidance_combine(const float *u, float *c, double w, int64_t n);
// Brings guided, in place, back towards the spread that the conditional prediction c alone has: by
// phi of the way (Lin et al., Common Diffusion Noise Schedules and Sample Steps are Flawed,
// equations 15 and 16). Guidance else raises contrast and saturation with its weight.
void guidance_rescale(const float *c, float *guided, double phi, int64_t n);
// false where any number is NaN or infinite.
bool latent_finite(const float *x, int64_t n);
