// What a person says who has a subject learned, as a value, and as JSON for the library:
//
//   {"photos": ["file:///home/me/rex.jpg"], "word": "<rex>", "class": "dog", "seed": 1,
//    "learn": {...}}
#pragma once

#include "compute/settings.h"

#include <stdint.h>

struct subject_draft {
    GPtrArray *paths;       // char *: photos
    char *word;             // that it is to be called by: "<rex>"
    char *kind;             // what it is one of: "dog"
    struct settings *learn; // of learn_settings; their objective is "subject"
    uint64_t seed;
};

void subject_draft_init(struct subject_draft *d);
// What the model's folder says of learning a subject.
bool subject_draft_use_model(struct subject_draft *d, const char *model, GError **error);
void subject_draft_clear(struct subject_draft *d);
void subject_draft_copy(const struct subject_draft *from,
                        struct subject_draft *to); // to is overwritten, not freed
bool subject_draft_equal(const struct subject_draft *a, const struct subject_draft *b);
// Adds the members to the object that is open in the builder.
void subject_draft_write_json(const struct subject_draft *d, JsonBuilder *b);
// What is missing or of another kind stays as it was.
void subject_draft_read_json(struct subject_draft *d, JsonObject *o);
