// Building the attention layers of struct attention_control. Private to compute/model.
#pragma once

#include "compute/model/model.h"

// Attention of q (N,1,Q,C) to k and v (N,1,K,C) whose last item is held to the last but one; N >= 2.
// map: where the layer is and, for cross-attention, what it gets as its node; it goes to
// control->found then. Self-attention: map NULL.
struct node *attention_controlled(struct graph *g, const struct attention_control *control,
                                  struct node *q, struct node *k, struct node *v, int heads,
                                  float scale, const struct attention_map *map);
