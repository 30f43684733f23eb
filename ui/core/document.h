// What the user decides about a photo, as one value: copied for undo, written as JSON for the library.
#pragma once

#include "ui/core/session.h"

#include <json-glib/json-glib.h>

struct document_use { // an adapter in the list, in order
    gint64 id;
    double scale;
    bool enabled;
};

struct document {
    char *source_prompt, *prompt, *negative;
    struct settings *edit;  // of edit_settings
    struct settings *learn; // of learn_settings
    uint64_t seed, learn_seed;
    GArray *adapters; // struct document_use
};

void document_init(struct document *d); // empty prompts and defaults
void document_clear(struct document *d);
void document_forget_adapter(struct document *d, gint64 id); // takes it out of the list
void document_copy(const struct document *from,
                   struct document *to); // to is overwritten, not freed
bool document_equal(const struct document *a, const struct document *b);
// Bits of enum document_part in which a and b differ.
unsigned document_diff(const struct document *a, const struct document *b);

// The whole document ("recipe" of a result), and its two groups of numbers as the library stores them. Values
// that are missing or out of range in the text keep what d holds.
char *document_to_json(const struct document *d);
void document_from_json(struct document *d, const char *json);
char *document_params_json(const struct document *d);
char *document_learn_json(const struct document *d);
void document_params_from_json(struct document *d, const char *json);
void document_learn_from_json(struct document *d, const char *json);

// Undo: a list of documents and a place in it.
struct history;
struct history *history_new(const struct document *first);
void history_free(struct history *h);
// Adds the state after a change. Changes with the same non-zero tag within a second replace each other.
void history_push(struct history *h, const struct document *d, unsigned tag);
const struct document *history_undo(struct history *h); // NULL: nothing before
const struct document *history_redo(struct history *h);
void history_forget_adapter(struct history *h, gint64 id); // as if it had never been in the list
bool history_can_undo(const struct history *h);
bool history_can_redo(const struct history *h);
