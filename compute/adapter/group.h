// Groups of layers, by where they lie in the model and by what they do: what a person gives a
// strength of its own, and what is told of adapters.
//
//   PLACE  text, ends, down, down0 .. , mid, up, up0 ..     blocks as the layers' paths count them
//   KIND   self, cross, ff, linear, conv, norm
//   group  PLACE, KIND or PLACE.KIND: "up1.cross"
#pragma once

#include "compute/adapter/adapter.h"

enum layer_place {
    LAYER_ANYWHERE,
    LAYER_TEXT, // the text encoder
    LAYER_ENDS, // first and last layers of the image network, and its time embedding
    LAYER_DOWN,
    LAYER_MID,
    LAYER_UP,
};
enum layer_kind {
    LAYER_ANY,
    LAYER_SELF,   // self-attention
    LAYER_CROSS,  // cross-attention
    LAYER_FF,     // feed-forward layers of the transformer blocks
    LAYER_LINEAR, // what goes into and out of the transformer blocks, time, tables of words
    LAYER_CONV,   // convolutions
    LAYER_NORM,   // vectors: norms and biases
};

struct layer_group {
    enum layer_place place;
    int level; // of a down or up block, from 0; -1: all of them
    enum layer_kind kind;
};
#define LAYER_ALL                                                                                  \
    (struct layer_group)                                                                           \
    {                                                                                              \
        .level = -1                                                                                \
    }

// The one place and kind that a layer is of.
struct layer_group layer_group_of(const struct adapter_param *p);
bool layer_group_has(struct layer_group group, struct layer_group layer);
// False where text is no group's name.
bool layer_group_parse(const char *text, struct layer_group *group);
char *layer_group_name(struct layer_group group); // "all", "up1", "cross"; newly allocated
// The groups that a table shows, those by place first, of which there are any among the layers: an
// array of struct layer_group. layers: struct layer_group of each.
GArray *layer_groups(const GArray *layers);

// How strongly each layer takes the adapter's scale, from terms with commas: NUMBER for all layers,
// GROUP=NUMBER, or PATH=NUMBER for the layers whose path begins with that. The last term that names
// a layer counts, and 1 where none does: "0,down=1" is the down blocks alone. False, and nothing
// has changed, where a term is none: then the error says which. "@FROM-TO" behind them says in
// which time steps it acts (adapter_set_range()); without it in all.
bool adapter_set_strengths(struct adapter *a, const char *text, GError **error);
// How strong it is, in those words: "0.7", or its terms, "0.7@0-700". Newly allocated.
char *adapter_strength_text(const struct adapter *a);
