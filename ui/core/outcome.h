// What a job ends with: a value whose parts are there or not, by what the job does. Whoever applies
// it may take a part and leave nothing in its place.
#pragma once

#include "compute/adapter/dialect/dialect.h"
#include "compute/adapter/study.h"
#include "render/picture.h"
#include "ui/core/photo.h"
#include "ui/core/result.h"
#include "ui/store/store.h"

// A piece of the photo in its own pixels, and of the result.
struct closeup {
    int x, y;                     // where it lies in the photo
    struct picture before, after; // after: empty where there is no result
};
void closeup_clear(struct closeup *d);

struct outcome {
    struct store *store;        // a library that was opened
    struct store_use use;       // how much there is in a library
    gint64 document;            // that came into it
    gint64 when;                // of what was cleaned up, as store_delete_plain()
    char *device, *model;       // what was loaded, for a person to read
    const char *precision;      // that it draws in: static
    struct photo *photo;        // that was opened
    char *model_hash;           // of the U-Net at hand; NULL: not known yet
    struct picture view;        // of a photo or a result, as large as the window shows it
    struct picture thumb;       // of a result
    struct result *result;      // of an edit
    struct closeup closeup;     // a piece
    struct image_region region; // of the photo
    struct mask *selection;     // of a word or a place, a mask of one step
    GBytes *encoded;            // a picture as in a file
    struct image *cut;          // a thing without what is around it
    struct {                    // an adapter that was trained or loaded
        char *name, *method;
        int applied, total; // its tensors that fit the model, all
        int steps;          // that were learned
        bool other_base;    // it was learned on another model
        char *told; // what of its file is not applied, and how it was read; NULL: all and clear
        enum dialect_way *ways; // adapter_dialect_ways() of it
        char *caption; // the sentence that it was learned with; NULL: its file does not say
    } adapter;
    struct adapter_study *study; // what adapters do
    char **tokens;       // names of learned tokens that sentences may hold from now on; NULL: none
    char **tokens_left;  // that they may not any more
    char *control;       // name of a control that was taken; NULL: none
    bool edges;          // there is a control that keeps a photo's edges ...
    bool keeps_edges;    // ... and it is the one that was taken
    struct batch *batch; // what became of many photos
    GPtrArray *models;   // struct model_entry: those that there are
    GPtrArray *adapters; // struct adapter_entry, the same
    char *note;          // a sentence to be said about it
};
void outcome_clear(struct outcome *o);
