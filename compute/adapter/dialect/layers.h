// The tensors of files that name layers, sorted by the layer that each is of and by what it is
// there. For the dialects of low-rank updates and the other changes in factors.
#pragma once

#include "compute/adapter/dialect/dialect.h"

// What a tensor is in its layer. Letters are those of update.c and of the programs.
enum role {
    ROLE_DOWN, // A
    ROLE_UP,   // B
    ROLE_MID,  // the core of a Tucker decomposition, between the two
    ROLE_UP_BIAS,
    ROLE_TABLE_A, // of a table of embeddings, both transposed
    ROLE_TABLE_B,
    ROLE_ALPHA,
    ROLE_RANKS,     // AdaLoRA's number for each rank
    ROLE_MAGNITUDE, // DoRA as PEFT has it
    ROLE_DORA,      // DoRA as LyCORIS has it
    ROLE_HADA_1A,
    ROLE_HADA_1B,
    ROLE_HADA_1T,
    ROLE_HADA_2A,
    ROLE_HADA_2B,
    ROLE_HADA_2T,
    ROLE_KRON_1,
    ROLE_KRON_1A,
    ROLE_KRON_1B,
    ROLE_KRON_2,
    ROLE_KRON_2A,
    ROLE_KRON_2B,
    ROLE_KRON_2T,
    ROLE_DIFF,
    ROLE_DIFF_BIAS,
    ROLE_CHANNELS, // (IA)^3 as LyCORIS has it: what is added to 1
    ROLE_ON_INPUT, // of which: 1 input, 0 output channels
    ROLE_IA3,      // as PEFT has it: the factor itself
    ROLES,
};

struct file_layer {
    const struct nn_part *part;
    struct nn_weight *weight, *bias; // bias NULL: it has none
    const struct st_tensor *of[ROLES];
    int count; // tensors that it has
};

// All layers of the model, without tensors: owned, struct file_layer *. names receives every name
// that one has in files, before what a tensor is there: to the layer.
GPtrArray *file_layer_names(const struct model *model, GHashTable **names);

// Every layer of the model that has tensors in the source, in the model's order: owned, struct
// file_layer *. unmatched receives the tensors (const struct st_tensor *, borrowed) that name no
// layer, are nothing that is known or come a second time.
//
// All names in use are understood, whichever dialect the file is of: dotted paths, alone or behind
// "unet.", "text_encoder.", "base_model.model.", "diffusion_model." (original names too); dots as
// underscores behind "lora_unet_", "oft_unet_", "lora_te_", "lora_te1_", "lycoris_"; the attention
// processors of old diffusers; the text encoder's with and without "text_model.".
GPtrArray *file_layers(const struct adapter_source *s, const struct model *model,
                       GPtrArray *unmatched);

// The suffixes of one role, for detect: whether any tensor of the source that begins with prefix
// plays one of these roles.
bool source_has_role(const struct adapter_source *s, const char *prefix, enum role first,
                     enum role last);
