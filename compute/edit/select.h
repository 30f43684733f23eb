// What of a photo belongs to a word of its description, or to a place: from the model at hand,
// without a further network. Coarse, a value for each few pixels of the model's
// picture: render/refine.h takes it to the photo's edges.
//
// The first selection of a photo and a description takes ten calls of the network, another word
// four, a place or the same word again none.
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

// A part of the request's picture, in its pixels.
struct select_frame {
    int x, y, width, height;
};
// A frame around a box of a picture of that size: larger by 0.4, not much wider than tall or the
// other way round, at least so large where the picture is. The whole picture where little of it
// would be left out.
struct select_frame select_frame_around(const struct select_frame *box, int least_width,
                                        int least_height, int width, int height);
// The frame around what the edit is about (see subject_of_edit()), a quarter of the picture's sides
// at least. The whole picture where the edit is about no one thing.
bool editor_suggest_region(struct editor *e, const struct edit_request *q, struct task *task,
                           struct select_frame *frame, GError **error);

// What an edit changes, as a word of the first sentence, in lower case: the thing whose name, or a
// word beside it, differs; where nothing differs or there is no second sentence, what the first one
// names first. NULL: it is about all of the picture, such as its light or what is around.
char *subject_of_edit(const char *from, const char *to);
