// The control that leads a document's edits, as a value: which one, by what hint, how strongly.
#pragma once

#include "compute/settings.h"

struct lead {
    char *control;   // the name of its file, as "depth.safetensors"; NULL: none
    char *hint;      // path of a picture that lies over the photo; NULL: the photo's own edges
    double strength; // within lead_strength's range; 1: as it was learned
};
extern const struct setting lead_strength;

void lead_init(struct lead *l); // none
void lead_clear(struct lead *l);
void lead_copy(const struct lead *from, struct lead *to); // to is overwritten, not freed
bool lead_equal(const struct lead *a, const struct lead *b);
// As the member "lead" of the object that is open in the builder; none has none.
void lead_write_json(const struct lead *l, JsonBuilder *b);
// None where there is no such member, or one of another kind.
void lead_read_json(struct lead *l, JsonObject *o);
