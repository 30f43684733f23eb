// What a person says who has subjects learned, or a style, as a value, and as JSON for the library:
//
//   {"subjects": [{"word": "<rex>", "class": "dog", "photos": [
//      {"file": "file:///home/me/rex.jpg", "caption": "a <rex> dog, asleep",
//       "crop": [0, 0, 400, 300], "mask": [...]}]}],
//    "draw": "a <rex> dog in a boat", "seed": 1, "learn": {...}, "usual": {...}}
//
// A style's lists are content and style, whose "word" is a name and whose "class" describes the
// photos beside which there is no text.
#pragma once

#include "compute/settings.h"
#include "render/mask.h"
#include "ui/core/lesson.h"

#include <stdint.h>

#define SUBJECTS_MOST 3 // that are learned together

struct subject_shot { // a photo of a subject
    char *path;
    char *caption;            // NULL: what lies beside it says, or else word and class
    struct image_region crop; // what counts of it, in its pixels; width 0: all
    bool masked;              // mask says where the subject is (NULL: everywhere); false: what lies
    struct mask *mask;        // beside it does
};
struct subject_shot *subject_shot_new(const char *path);
void subject_shot_free(struct subject_shot *s);

struct subject_entry {
    char *word;       // that it is to be called by: "<rex>"
    char *kind;       // what it is one of: "dog"; of a style, what describes its photos
    GPtrArray *shots; // struct subject_shot
};
void subject_entry_free(struct subject_entry *e);
// Where its photo of that path is; -1: it has none.
int subject_entry_find(const struct subject_entry *e, const char *path);

struct subject_draft {
    const struct lesson *lesson;
    GPtrArray *subjects;    // struct subject_entry: as many as the lesson takes
    char *own_prompt;       // a sentence that is drawn on the way; "": none
    struct settings *learn; // of learn_settings; their objective follows lesson and number
    struct settings *usual; // what the model said of them: what differs is a person's
    uint64_t seed;
};

// As few subjects as the lesson takes, of which nothing is known.
void subject_draft_init(struct subject_draft *d, const struct lesson *lesson);
// What the model's folder says of learning them, in all that no person has set.
bool subject_draft_use_model(struct subject_draft *d, const char *model, GError **error);
void subject_draft_clear(struct subject_draft *d);
void subject_draft_copy(const struct subject_draft *from,
                        struct subject_draft *to); // to is overwritten, not freed
struct subject_entry *subject_draft_at(const struct subject_draft *d, guint i);
// Takes the entry (NULL: a new one) and puts it there, or takes it out and hands it over.
void subject_draft_insert(struct subject_draft *d, guint at, struct subject_entry *entry);
struct subject_entry *subject_draft_take(struct subject_draft *d, guint at);
// Adds the members to the object that is open in the builder.
void subject_draft_write_json(const struct subject_draft *d, JsonBuilder *b);
// What is missing or of another kind stays as it was. It also takes one subject whose members stand
// here, with its photos as URIs alone, as drafts were before there could be several.
void subject_draft_read_json(struct subject_draft *d, JsonObject *o);
