// Hint networks: what a picture beside the words - edges, depth, a pose - adds to the U-Net.
//
// A hint goes through a stack of convolutions down to the grid of the latents. Of the two kinds of
// network the hint encoder (the control variant of Qiu et al., OFT, appendix) adds these features
// to what the U-Net's first convolution makes, and is small; the ControlNet (Zhang et al., section
// 3) adds them in a copy of the U-Net's way down and gives the copy's results to the way up.
//
// Thread: the engine thread.
#pragma once

#include "compute/model/model.h"

// The hint encoder's tensors in a file, which may have an adapter's beside them.
#define HINT_ENCODER_PREFIX "hint_encoder."
#define HINT_NET_FILE       "diffusion_pytorch_model.safetensors" // of a folder
// Metadata of such a file: what its hints are ("canny"), and how they were made.
#define HINT_META "tincture.hint"

// 3x3 convolutions with SiLU between them, each width's followed by one that halves the size, then
// one to the features.
#define HINT_WIDTHS 8
struct hint_stack {
    int widths[HINT_WIDTHS], count;
    int channels; // of the features
};
// picture (1 or N,H,W,3) in 0..1 -> features (1 or N,h,w,channels), h = H / 2^(count - 1). prefix:
// of the names of its weights.
struct node *hint_stack_build(struct nn *nn, const struct hint_stack *s, struct node *picture,
                              const char *prefix);
// The stack of the hint encoder of a model: widths 16, 32, 96, 256, as many as its autoencoder has
// levels (methods 4.7; diffusers' ControlNet has the same). *part: what it needs, without data.
struct hint_stack hint_encoder_stack(const struct model *m);
struct nn_part *hint_encoder_part(const struct model *m);

struct hint_net;
struct hint_kind {
    const char *title;
    const char *prefix; // of the stack's weights
    // What the network adds to the U-Net: features (1,h,w,channels[0]) of a hint, strength
    // (1,1,1,1). in has latents, time and text; hint or residuals are set, the latter to the
    // caller's array of unet_residuals().
    void (*apply)(struct nn *nn, const struct unet_config *c, struct node *features,
                  struct node *strength, struct unet_inputs *in, struct node **residuals);
};
extern const struct hint_kind hint_encoder_kind, controlnet_kind;

struct hint_net {
    char *name;
    const struct hint_kind *kind;
    struct hint_stack stack;
    struct nn_part *part;
    GHashTable *metadata; // string -> string, of its file
    char *note;           // what of it is left alone, a sentence; NULL: nothing
    unsigned serial;      // of this load: no two are alike
    bool has_adapter;     // the file has tensors besides, which are an adapter's
};
// path: a safetensors file with a hint encoder, a ControlNet of diffusers as a folder or a file, or
// one in the original layout (names with "input_hint_block", with or without "control_model."
// before them). The model is borrowed; of one that was only inspected the network is not loaded
// either, and it is known that it would fit. The error says what a file is not, or what of it
// does not fit.
struct hint_net *hint_net_load(const char *path, struct model *model, struct task *task,
                               GError **error);
void hint_net_free(struct hint_net *net);
// Whether a file begins like one for a look into a folder: its tensors' names say so.
bool hint_net_is(const char *path);
