// Where an edit is made, said so that it fits any photo: the frame by a rule, the mask by words.
//
// Thread: the engine's.
#pragma once

#include "ui/core/engine.h"

struct frame_rule {
    enum { FRAME_WHOLE, FRAME_AUTO, FRAME_PIXELS, FRAME_SHARES } kind;
    double x, y, width, height; // of FRAME_PIXELS; of FRAME_SHARES in percent of the photo's sides
};
// "auto", "X,Y,W,H" in pixels or "X%,Y%,W%,H%"; NULL is the whole photo. False: it is none.
bool frame_rule_parse(const char *text, struct frame_rule *rule);
// The frame in a photo, checked; width 0: the whole photo. mask (NULL: none) and request say what
// FRAME_AUTO is about.
bool frame_rule_apply(const struct frame_rule *rule, struct engine *e, const struct photo *p,
                      const struct raster *mask, const struct edit_request *request,
                      struct image_region *region, struct task *task, GError **error);
// Adds to *mask (NULL: a new one) where that region of the photo shows the words (NULL-terminated;
// NULL: none). *share receives how much of the photo they show, 0..1.
bool where_words(struct engine *e, const struct photo *p, const struct image_region *region,
                 const struct edit_request *request, const char *const *words, struct raster **mask,
                 double *share, struct task *task, GError **error);
