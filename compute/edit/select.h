// What of a photo belongs to a word of its description, or to a place: from the attention of the
// model at hand, without a further network. Coarse, a value for each few pixels of the model's
// picture: render/refine.h takes it to the photo's edges.
//
// The first selection of a photo and a description takes a few calls of the network, any further
// one none.
//
// Thread: the engine thread.
#pragma once

#include "compute/edit/edit.h"

// How much each place of the request's picture belongs to the word: (height, width) of the request,
// 0..1, owned by the caller. word: one or several words that stand in the request's source_prompt,
// upper and lower case alike; all places where they stand count. Words that are not there, or not
// among those that the model reads, are an error (ARGUMENT); so is a request without rgb or
// source_prompt.
float *editor_select_word(struct editor *e, const struct edit_request *q, const char *word,
                          struct task *task, GError **error);
// The same for what the place belongs to; x and y are shares of the picture's width and height.
// Needs no source_prompt.
float *editor_select_point(struct editor *e, const struct edit_request *q, double x, double y,
                           struct task *task, GError **error);
