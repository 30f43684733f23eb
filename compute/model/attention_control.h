// Building the attention layers of struct attention_control. Private to compute/model.
#pragma once

#include "compute/model/model.h"

// Attention of q (N,1,Q,C) to k and v (N,1,K,C) whose last item is held to the last but one; N >=
// 2. cross: k and v are of the text.
struct node *attention_controlled(struct graph *g, const struct attention_control *control,
                                  struct node *q, struct node *k, struct node *v, int heads,
                                  float scale, bool cross);
