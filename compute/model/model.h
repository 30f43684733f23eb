// Models of the Stable Diffusion family, as folders in the diffusers layout or as one file in the
// original one: configuration, tokenizer, weights, the networks as graphs. Nothing is hard-coded
// that the configuration says.
#pragma once

#include "compute/nn/nn.h"
#include "compute/task.h"

enum beta_schedule { BETA_SCALED_LINEAR, BETA_LINEAR, BETA_COSINE };
enum prediction { PREDICTION_EPSILON, PREDICTION_V };
// A folder, or one file with the names of SD 1.x (CLIP's text encoder) or 2.x (OpenCLIP's).
enum model_layout { LAYOUT_FOLDER, LAYOUT_SD1_FILE, LAYOUT_SD2_FILE };
// OWN: the file does not say, and each sampler has its own.
enum spacing { SPACING_OWN, SPACING_LEADING, SPACING_TRAILING, SPACING_LINSPACE };
// How the noise levels of a run are spaced: those of its timesteps, or between the ends of the
// range evenly in the seventh root (Karras et al. 2022, equation 5), in the logarithm, or by the
// quantiles of a beta distribution (Lee et al., Beta Sampling is All You Need).
enum sigma_spacing { SIGMAS_OF_STEPS, SIGMAS_KARRAS, SIGMAS_EXPONENTIAL, SIGMAS_BETA };

#define MODEL_LEVELS  8
#define MODEL_LATENTS 16

struct text_config {
    int vocab_size, hidden_size, intermediate_size, layers, heads, max_tokens;
    int act; // enum unary: quick_gelu or gelu
    float eps;
    int bos_id, eos_id, pad_id;
};
struct unet_config {
    int in_channels, out_channels, levels;
    int channels[MODEL_LEVELS];
    bool down_attention[MODEL_LEVELS], up_attention[MODEL_LEVELS]; // up in the order of up_blocks
    bool mid_attention;
    int layers[MODEL_LEVELS]; // resnets a level
    int heads[MODEL_LEVELS];  // attention heads a level (whatever the field is called in the file)
    int transformer_layers[MODEL_LEVELS];
    int mid_resnets; // 2 around the attention, 1 alone, 0: no middle block
    int cross_dim, groups, time_dim;
    int guidance_dim;       // of the features of guidance that it is given; 0: it is given none
    int downsample_padding; // 1, or 0: one row below and one column to the right
    float eps;
    bool linear_projection, flip_sin_to_cos;
    float freq_shift;
    int sample_size; // latent side; never 0
};
struct vae_config {
    int in_channels, out_channels, latent_channels, levels, channels[MODEL_LEVELS], layers, groups;
    bool mid_attention, quant_conv, post_quant_conv;
    float scaling_factor;
    int sample_size;
};
// Of a small decoder (TAESD): blocks by level, from the latents' size up, all of as many channels.
#define TINY_BLOCKS 16
struct tiny_config {
    int latent_channels, levels, channels, blocks[MODEL_LEVELS];
    float scaling_factor;
};
// What samplers that reckon in sigma = sqrt((1 - a) / a) are told besides.
struct sigma_config {
    enum sigma_spacing spacing;
    double sigma_min, sigma_max; // ends of the range, of euler and unipc; 0: those of the schedule
    bool log_linear;             // euler alone: levels evenly in the logarithm, timesteps as ever
    bool end_at_min;             // the run ends at the schedule's lowest sigma, not at 0
    double lambda_min; // dpmpp_2m alone: no level of a lower log(1 / sigma); -INFINITY: all
    int order;         // of dpmpp_2m and unipc, 1 to 3
    bool bh1;          // of unipc: B(h) is h in the place of e^h - 1
    bool heun;         // of dpmpp_2m: its second order is Heun's in the place of the midpoint rule
    bool lower_order_final; // its last steps are of lower order in runs of less than 15
    bool euler_at_final;    // its last step is of first order
    const char *dpmpp_lacks, *euler_lacks, *unipc_lacks,
        *sde_lacks; // an option that this sampler has not; NULL: none
};
// What samplers of distilled models are told besides.
struct distilled_config {
    int steps;         // of the grid that the model was distilled on; of which a run takes some
    double time_scale; // of the timestep in the boundary condition, of lcm alone
};
struct sched_config {
    // The class that the file names, "EulerDiscreteScheduler", with its algorithm behind a comma
    // where that is another sampler here; "": none.
    char sampler[64];
    int train_steps;
    double beta_start, beta_end;
    float *trained_betas; // [train_steps] in the place of a formula, owned; NULL: none
    enum beta_schedule beta_schedule;
    enum prediction prediction;
    enum spacing spacing;
    struct sigma_config sigmas;
    struct distilled_config distilled;
    int steps_offset;
    bool set_alpha_to_one, rescale_zero_snr;
};

struct tokenizer; // compute/model/tokenizer.h

// An autoencoder that a person chose in the place of the model's: a folder with config.json and
// weights (or with a folder vae that has them), or a safetensors file.
struct vae_source {
    char *path;    // of the folder that has config.json, or of the file; NULL: the model's own
    char *prefix;  // what its tensors' names begin with, in a file
    bool original; // the names are those of the original layout, in a file
    bool folder;
};

struct model {
    char *path; // of the folder, or of the file
    char *name; // of folder or file, or the title in the model card
    enum model_layout layout;
    struct vae_source vae_from; // where another autoencoder than its own is
    char *note;                 // what loading left alone, a sentence; NULL: nothing
    struct text_config text;
    struct unet_config unet;
    struct vae_config vae;
    struct vae_config alpha; // of the decoder that gives alpha too; levels 0: the model has none
    struct tiny_config tiny; // of the small decoder; levels 0: the model has none
    char *tiny_path;         // of its folder, or of its file
    struct sched_config sched;
    struct tokenizer *tokenizer;
    GArray *embedded; // float: rows of learned tokens, whose ids follow the vocabulary's
    unsigned tokens_named, tokens_valued; // grow as one comes or goes, and as one's rows change
    struct gpu *gpu;                      // borrowed; NULL after model_inspect
    GPtrArray *parts;                     // struct nn_part *: the networks' weights, by name
    // Scaled latent -> RGB in [-1,1] without decoding: a row a latent channel, then the bias.
    float latent_rgb[MODEL_LATENTS + 1][3];
    bool has_latent_rgb;
};

// Names of parts, which are those of the folders that hold them.
#define MODEL_TEXT  "text_encoder"
#define MODEL_UNET  "unet"
#define MODEL_VAE   "vae"
#define MODEL_ALPHA "alpha_decoder"
#define MODEL_TINY  "taesd"
// NULL: the model has no such part.
struct nn_part *model_part(const struct model *m, const char *name);

// path: a model folder, or a file that holds a whole model.
// Reads configuration and tokenizer only and checks the weight files' headers against what the
// networks need. Missing and odd tensors are listed once, grouped, in the error (MISMATCH); those
// that no layer asks for are the model's note. Tensors that other programs leave in such files and
// no network here needs (position ids, a text projection) are not surplus.
struct model *model_inspect(const char *path, GError **error);
// The same with the autoencoder that lies at vae (NULL: the model's own).
struct model *model_inspect_with(const char *path, const char *vae, GError **error);
// The same and loads the weights onto the device. "Not enough memory" comes before anything is
// loaded.
struct model *model_load(const char *path, struct gpu *gpu, struct task *task, GError **error);
struct model *model_load_with(const char *path, const char *vae, struct gpu *gpu, struct task *task,
                              GError **error);
// The names of a part's weight files, and of those beside them that were not preferred: "a.fp16
// instead of b". Newly allocated.
char *model_part_files(const struct model *m, const char *part);
void model_free(struct model *m);
// SHA-256 of a part's weight file: what adapters and caches are tied to. A model in one file has
// that file's hash for all parts, so the same weights as folder and as file are two models. Kept in
// the model, and on the disk for the next time; the first time it reads the whole file, and reports
// that. NULL on error.
const char *model_hash(struct model *m, const char *part, struct task *task, GError **error);
// The same where it is kept already, else NULL: to read gigabytes for it takes longer than most of
// what asks for it.
const char *model_known_hash(struct model *m, const char *part);

// Picture pixels a latent pixel: 8 for SD, 4 for the starter.
int model_latent_factor(const struct model *m);
// Picture side the model was trained at.
int model_default_size(const struct model *m);

// Sees to it that there is latent_rgb: what the folder brings, what was kept of an earlier fit, or
// a fit now, which is kept in the user's cache. Takes one encoding of 16 x 16 latents, once for an
// autoencoder. False only where the encoding failed or was cancelled; a fit that does not exist
// leaves has_latent_rgb false.
bool model_need_latent_rgb(struct model *m, struct task *task, GError **error);
// The fit alone, from a made-up picture and its latents.
bool model_fit_latent_rgb(struct model *m, struct task *task, GError **error);

// ---- tokenizer ----------------------------------------------------------------------------------
// ids[max_tokens]: begin, text cut to fit, end, padding. n_tokens (may be NULL): ids before
// padding, with both marks; truncated (may be NULL) true where text was cut.
void model_tokenize(const struct model *m, const char *text, int32_t *ids, int *n_tokens,
                    bool *truncated);

// ---- networks as graphs; shapes channels last ---------------------------------------------------
// ids (N,1,1,T) int32 -> text embeddings (N,1,T,hidden).
struct node *text_encoder_build(struct nn *nn, const struct text_config *c, struct node *ids);
// The same where learned tokens may stand between the ids: row t of the vocabulary counts kept[t]
// (N,1,T,1), 0 or 1, times, and given (N,1,T,hidden) is added to it.
struct node *text_encoder_build_mixed(struct nn *nn, const struct text_config *c, struct node *ids,
                                      struct node *kept, struct node *given);
// Sinusoidal timestep features, host side: out[channels[0]] for one t.
void unet_timestep_features(const struct unet_config *c, double t, float *out);
// Those of the strength of guidance that a distilled U-Net is given (Meng et al., On Distillation
// of Guided Diffusion Models, section 3.1; w there is guidance - 1): out[guidance_dim].
void unet_guidance_features(const struct unet_config *c, double guidance, float *out);

// Attention probabilities of the U-Net as nodes, for objectives and controls that look at them: of
// every attention whose path fits the pattern, such as "*.attn2" (all cross-attention), "*.attn1"
// (all self-attention) or "up_blocks.1.*.attn2". They have a gradient. Such a layer is built from
// products instead of the fused operation, and the probabilities take memory.
struct attention_map {
    const char *path;  // of the attention; interned
    int height, width; // where its queries lie
    struct node *node; // (N, heads, height * width, keys): of each query they add up to 1
};
struct attention_maps {
    const char *pattern;
    GArray *found; // struct attention_map, in the order of the layers; made by the caller
    int positions; // only of layers with at most that many queries; 0: of all
};

// The attention of the batch's last item, an edit, held to that of the last but one, its source
// (Hertz et al. 2022, prompt-to-prompt, equations 3 to 6). In every layer and head, for query q:
//   cross: p_edit[q, k] <- own[k] p_edit[q, k] + taken[k] sum over j of p_source[q, j] mapper[j, k]
//   self:  p_edit[q, k] <- self_own p_edit[q, k] + self_taken p_source[q, k]
// The numbers are leaves, so that one program serves all steps. What comes before the two items is
// computed as ever. The probabilities of the two take memory; they have a gradient.
struct attention_control {
    struct node *mapper;                // (1,1,T,T), from the source's tokens to the edit's
    struct node *taken, *own;           // (1,1,1,T)
    struct node *self_taken, *self_own; // (1,1,1,1)
    int self_queries;                   // self-attention of more queries than this is left alone
};

// Of two calls that follow each other the deep layers make nearly the same (Ma et al., DeepCache:
// Accelerating Diffusion Models for Free, section 3.2): one that is given what came out of them
// computes only the skips and layers above. branch: which skip, from the first on, is joined to
// what comes from below; unet_residuals() - 2 is the last one.
struct unet_cache {
    int branch;
    struct node *given; // (N,h',w',C), that of an earlier call; NULL: all is computed
    struct node *found; // what came from below, to be read
};

struct unet_inputs {
    struct node *latents; // (N,h,w,in_channels)
    struct node *time;    // features (N,1,1,channels[0])
    struct node *text;    // embeddings (N,1,T,cross_dim)

    // What may be given or asked for besides; NULL where it is not.
    struct node *guidance; // features (N,1,1,guidance_dim), of a U-Net that is given them
    struct node *hint;     // (N or 1,h,w,channels[0]), added to what conv_in makes of the latents
    struct node *const
        *residuals; // unet_residuals() nodes, each of the shape of what it is added to:
                    // the skips in the order of their making, then the middle
    struct unet_cache *cache;
    struct attention_maps *maps;             // not of the layers that are controlled
    const struct attention_control *control; // of batches of two and more
};
int unet_residuals(const struct unet_config *c);
// The prediction (N,h,w,out_channels).
struct node *unet_build(struct nn *nn, const struct unet_config *c, const struct unet_inputs *in);
// A copy of the U-Net's way down whose every skip, and the middle, goes through a convolution of
// one pixel (Zhang et al., Adding Conditional Control to Text-to-Image Diffusion Models, section
// 3.2): unet_residuals() nodes for struct unet_inputs.residuals. Of in, latents, time, text and
// hint are read.
void unet_encoder_build(struct nn *nn, const struct unet_config *c, const struct unet_inputs *in,
                        struct node **residuals);
// picture (N,H,W,3) in [-1,1] -> moments (N,h,w,2*latent): mean, then log variance. Unscaled.
struct node *vae_encoder_build(struct nn *nn, const struct vae_config *c, struct node *picture);
// latents (N,h,w,4) unscaled -> picture (N,H,W,out_channels), not clamped.
struct node *vae_decoder_build(struct nn *nn, const struct vae_config *c, struct node *latents);
