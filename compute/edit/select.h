// What of a photo belongs to a word of its description, or to a place: from the model at hand,
// without a further network. Coarse, a value for each few pixels of the model's
// picture: render/refine.h takes it to the photo's edges.
//
// The first selection of a photo and a description takes ten calls of the network, another word
// four, a place or the same word again none.
//
// Thread: the engine thread.
#pragma once

#include "compute/edit/color_word.h"
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

// What an edit changes, as a word of the first sentence, in lower case: the thing whose name, or a
// word beside it, differs; where nothing differs or there is no second sentence, what the first one
// names first. NULL: it is about all of the picture, such as its light or what is around.
char *subject_of_edit(const char *from, const char *to);

// The words that describe a word of the sentence, in lower case: those between its article and it.
// Of "a red old tower" for "tower" these are "red" and "old". NULL-terminated, to be freed with
// g_strfreev(); none where the word does not stand there.
char **subject_qualities(const char *sentence, const char *word);
// Whether the word names what is around things, as "grass" does, or "sofa" in "a cat on a sofa".
bool subject_is_around(const char *sentence, const char *word);

// The colour that the second sentence names in the place of another word of the first, or in
// none's; NULL: it names none, or several. *was: the one that it replaces; NULL: it replaces none.
const struct color_word *subject_color(const char *from, const char *to,
                                       const struct color_word **was);
// The light, time of day or weather that only the second sentence names; NULL: none that is known.
const struct light_word *subject_light(const char *from, const char *to);
