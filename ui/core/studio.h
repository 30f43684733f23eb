// The studio: what all windows of the program share - one engine with its model, one queue, one
// library, and what is learned apart from any photo. Each window has a session in it
// (ui/core/session.h), and the first of them begins the studio's work, the last one ends it.
//
// Thread: main only.
#pragma once

#include "compute/model/vocabulary.h"
#include "ui/core/subject_work.h"

G_BEGIN_DECLS

#define TINCTURE_TYPE_STUDIO (tincture_studio_get_type())
G_DECLARE_FINAL_TYPE(TinctureStudio, tincture_studio, TINCTURE, STUDIO, GObject)

// What the engine is made of.
struct studio_engine {
    const char *model;     // folder or file
    const char *vae;       // of the autoencoder in the place of that model's own, or NULL
    const char *device;    // as gpu_open()
    const char *precision; // as gpu_set_precision()
};

// What a load job that has ended means.
enum studio_loaded {
    LOADED_NOTHING, // another one follows it
    LOADED_FIRST,   // the first model, or why there is none
    LOADED_ANOTHER, // one in the place of another
};

// To be read; the sessions change it.
struct _TinctureStudio {
    GObject parent_instance;

    TinctureQueue *queue;
    GPtrArray *sessions;           // TinctureSession, borrowed: that are not closed, oldest first
    struct engine *engine;         // of the queue's thread; NULL: closed
    char *device, *model;          // names to be shown; "" while unknown
    bool has_edges;                // a control of the model keeps a photo's edges
    const struct model *reader;    // for how it reads sentences, and its sampler; NULL: none yet
    struct vocabulary *vocabulary; // NULL: the model does not say which words it knows
    struct studio_engine used;     // what was loaded; owned; model NULL: nothing yet
    TinctureSubjectWork *subject, *style;

    // private to the sessions
    char *data_dir;             // where the library lives; NULL: the user's data folder
    struct studio_engine asked; // what is to be loaded at first; owned
    enum studio_loaded loaded;  // of the load job that ended last
    bool again;                 // one is loaded once more, as another one failed
    char *opening;              // what the library knows to be opened; NULL: nothing
    bool telling;               // the other sessions are told what one has done
};

// data_dir: where the library lives (NULL: the user's data folder). model: folder or file, or NULL
// for the starter. vae: of the autoencoder in the place of that model's own, or NULL. device: as
// gpu_open(); precision: as gpu_set_precision().
TinctureStudio *tincture_studio_new(const char *data_dir, const char *model, const char *vae,
                                    const char *device, const char *precision);
// Joins the threads: jobs that were promised are done, all others cancelled. What was learned apart
// is kept.
void tincture_studio_close(TinctureStudio *self);

void studio_engine_set(struct studio_engine *engine, const struct studio_engine *to); // copies it

G_END_DECLS
