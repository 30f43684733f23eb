// Files of ControlNets. Private to compute/model.
#pragma once

#include "compute/model/hint_net.h"
#include "compute/model/load.h"

// What a ControlNet for the model needs, without data.
struct nn_part *controlnet_part(const struct model *m, const struct hint_stack *stack);

// The widths of the stack in a file with diffusers' names, or with the original ones behind a
// prefix. False: it has none. Channels of the features are the model's.
bool controlnet_stack(const struct st_file *file, struct hint_stack *s);
bool controlnet_original_stack(const struct st_file *file, const char *prefix,
                               struct hint_stack *s);

// The original layout's names (methods 7.10), with "zero_convs" and "input_hint_block".
struct controlnet_names {
    const char *prefix;
    const struct model *model;
    const struct hint_stack *stack;
};
struct weight_names controlnet_original_names(const struct controlnet_names *names); // borrowed
