// A batch: one recipe on many photos, each exported to a folder.
//
// It can be stopped or killed at any time and run again, also by several processes at once: what is
// in the folder is not made again (batch_folder.h). A photo that cannot be done is a fault with its
// sentence, and the rest is done.
//
// Thread: the engine's.
#pragma once

#include "render/file.h"
#include "ui/core/where.h"

// What is done to each photo. Borrowed while batch_run() runs.
struct batch_recipe {
    // Without photo, mask and hint. source_prompt NULL: NAME.txt beside each photo says what it
    // shows, where there is one.
    struct edit_request request;
    struct frame_rule frame;
    const char *const *words;        // whose selections are the mask; NULL: everywhere
    struct adapter *const *adapters; // n of them, for all photos
    int n_adapters;
    const struct settings *learn; // of learn_settings: each photo is learned before, on top of
    uint64_t learn_seed;          // the adapters; NULL: it is not
    const struct engine_control *control; // led by each photo's own edges; NULL: none
    double control_strength;
    int side;                      // the working size in pixels; 0: the model's own
    bool raw;                      // the model's own picture is exported, at its size
    bool with_recipe;              // in each picture
    const char *suffix;            // between a photo's name and the ending; NULL: nothing
    struct image_save_params save; // format (NULL: png), bits and quality
};
// What a recipe is, as text: photos by recipes with the same text are alike. Newly allocated.
char *batch_recipe_text(const struct batch_recipe *r, const struct model *m);
// Whether pictures can be written so, as far as that is known without one.
bool batch_recipe_check(const struct batch_recipe *r, GError **error);

struct batch {
    GPtrArray *photos; // char *, as batch_source(), each once
    GPtrArray *faults; // char *, sentences with the photo's name: what was not done, and why
    GPtrArray *notes;  // likewise: what was done, and is worth knowing
    guint made, there; // by the runs of this batch; what is in the folder besides ...
    guint elsewhere;   // ... and what other processes were at when the last run ended

    guint at; // index of the photo that is being done

    // told of each photo that was exported, on the thread that works; may be NULL
    void (*exported)(const char *photo, const char *target, double seconds, void *data);
    void *data;

    GHashTable *known;  // what was added
    GHashTable *failed; // not tried again by the next run
};
struct batch *batch_new(void);
void batch_free(struct batch *b); // NULL is allowed
// A photo, or the photos of a folder, in the order of their names. What is there twice is a note.
void batch_add(struct batch *b, const char *path);
// A path on each line of a text file; a line that is empty or begins with # is none.
bool batch_add_list(struct batch *b, const char *list, GError **error);

// What is being done, in words, while it reports: "Photo 3 of 40: Drawing: step 5 of 20".
char *batch_text(const struct batch *b, const struct task_progress *progress);
// False with an error where it was stopped, or nothing can be done at all. Faults of single photos
// are none. It may be run again.
bool batch_run(struct batch *b, struct engine *e, const struct batch_recipe *r, const char *folder,
               struct task *task, GError **error);
