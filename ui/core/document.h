// What the user decides about a photo, as one value: copied for undo, written as JSON for the
// library.
#pragma once

#include "compute/edit/edit.h"
#include "compute/train/train.h"
#include "render/mask.h"
#include "ui/core/lead.h"

// What of the open document, and of what is open with it, may differ.
enum document_part {
    DOCUMENT_PHOTO = 1 << 0,    // another photo (or none)
    DOCUMENT_PROMPTS = 1 << 1,  // source, edit or negative prompt
    DOCUMENT_PARAMS = 1 << 2,   // settings and seeds
    DOCUMENT_ADAPTERS = 1 << 3, // the list, a scale, a switch
    DOCUMENT_RESULTS = 1 << 4,  // the list of earlier results
    DOCUMENT_UNDO = 1 << 5,     // whether undo or redo is possible
    DOCUMENT_TRAINING = 1 << 6, // loss, samples, whether one waits to be gone on with
    DOCUMENT_PLACE = 1 << 7,    // the mask, the region
    DOCUMENT_ALL = (1 << 8) - 1,
};

enum document_settings { SETTINGS_EDIT, SETTINGS_LEARN }; // of edit_settings, of learn_settings

struct document_use { // an adapter in the list, in order
    gint64 id;
    double scale;
    bool enabled;
    int from, to; // it acts at time steps from <= t < to; to 0: up to the noisiest
};

// Time steps of the models, from the picture to noise. What a document may say of them: bounds that
// are no range are taken as none.
#define DOCUMENT_TIME_STEPS 1000
void document_use_set_range(struct document_use *use, gint64 from, gint64 to);

struct document {
    char *source_prompt, *prompt, *negative;
    struct settings *edit;  // of edit_settings
    struct settings *learn; // of learn_settings
    bool by_hand; // the edit's settings are a person's choice: they do not follow the sentence
    uint64_t seed, learn_seed;
    struct lead lead;           // the control that leads the edits
    GArray *adapters;           // struct document_use
    struct mask *mask;          // where the edit may show; NULL: everywhere
    struct image_region region; // what of the photo the model sees; width 0: all of it
};

void document_init(struct document *d); // empty prompts and defaults
void document_clear(struct document *d);
void document_forget_adapter(struct document *d, gint64 id); // takes it out of the list
void document_copy(const struct document *from,
                   struct document *to); // to is overwritten, not freed
bool document_equal(const struct document *a, const struct document *b);
// Whether it asks for another picture: the edit's sentence is there, and not the description again.
bool document_asks_edit(const struct document *d);
// Bits of enum document_part in which a and b differ.
unsigned document_diff(const struct document *a, const struct document *b);

struct settings *document_settings(const struct document *d, enum document_settings which);

// The edit that the document asks for, without photo; its strings are the document's.
struct edit_request document_request(const struct document *d);

// The whole document ("recipe" of a result), and its parts as the library stores them. Values that
// are missing or out of range in the text keep what d holds; only the place is none where the text
// has none, or one that is damaged.
char *document_to_json(const struct document *d);
// The same of a result, with the precision that it was drawn in (NULL: not known), and that of such
// a text: static, NULL where it does not say. document_from_json() reads the rest.
char *document_recipe(const struct document *d, const char *precision);
const char *document_recipe_precision(const char *json);
// The same of what the picture depends on: two documents with one key are drawn alike. Newly
// allocated.
char *document_picture_key(const struct document *d);
void document_from_json(struct document *d, const char *json);
char *document_params_json(const struct document *d);
char *document_learn_json(const struct document *d);
char *document_place_json(const struct document *d);
void document_params_from_json(struct document *d, const char *json);
void document_learn_from_json(struct document *d, const char *json);
void document_place_from_json(struct document *d, const char *json);

// A part of a photo as [x, y, width, height], as a value of the builder; none (width 0) where the
// node (NULL is allowed) holds no such, or one that is damaged.
void document_write_region(const struct image_region *r, JsonBuilder *b);
void document_read_region(JsonNode *node, struct image_region *r);

// What a training is made with, besides the description: the group of numbers and the region.
char *document_training_json(const struct document *d);
void document_training_from_json(struct document *d, const char *json);
