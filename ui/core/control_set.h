// What a control is learned from: pictures, each with a hint that is found in it or lies beside it.
//
// Thread: the engine's.
#pragma once

#include "ui/core/engine.h"

// Settings of learn_settings, with what the model's folder says of "learn", become those of a
// control: all steps are taken, with what it says of "control".
bool control_defaults(const char *model, struct settings *s, GError **error);

struct control_request {
    const char *const *paths; // of pictures
    int n, side;              // side: as engine_photo()
    const char *caption;      // of pictures beside which there is no NAME.txt; NULL: all have one
    const struct settings *settings; // of the objective "control": what the hints are
    GPtrArray *notes;                // as of picture_open()
};
// Reads the pictures; of each the largest square in the middle counts, and its hint's: edges, or
// NAME-hint.png beside it, whatever its size. NULL with an error that names the picture.
struct control_set;
struct control_set *control_set_new(struct engine *e, const struct control_request *q,
                                    struct task *task, GError **error);
const struct train_set *control_set_get(const struct control_set *s);
void control_set_free(struct control_set *s);
// Whether a file of that name is a hint, and no picture.
bool control_set_is_hint(const char *name);
