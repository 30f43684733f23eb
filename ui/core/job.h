// Jobs: everything that a person waits for, as values. A family: ui/core/jobs/NAME.c with a
// `const struct job_type NAME_job`, one word in meson.build.
//
// A job owns what it needs (struct job_inputs), works on the engine's thread, tells on the way how
// far it is, and ends in a struct outcome or an error. It knows neither who asked for it nor what
// comes of it.
//
// Thread: made, cancelled and read on the main thread. While it works, it itself is read there only
// through what it reports; prepare() and run() alone touch its outcome and what they complete
// of its inputs.
#pragma once

#include "compute/settings.h"
#include "compute/task.h"
#include "compute/train/train.h"
#include "render/detail.h"
#include "render/file.h"
#include "render/sticker.h"
#include "ui/core/outcome.h"
#include "ui/core/subject_draft.h"

#include <glib-object.h>

G_BEGIN_DECLS

struct engine;
struct store_copy;

#define TINCTURE_TYPE_JOB (tincture_job_get_type())
G_DECLARE_FINAL_TYPE(TinctureJob, tincture_job, TINCTURE, JOB, GObject)

// How a kind of job stands to the others. Whatever runs makes way for a live job, but for those
// that last: it is stopped at its next step, and begun again when that is done. So it leaves
// nothing in its outcome where it is stopped but what it goes on from, which may also be where
// it was put.
enum job_rank {
    JOB_LIVE = 1 << 0,     // a person looks at it: comes before all others
    JOB_WATCHED = 1 << 1,  // is shown also while it waits
    JOB_LASTING = 1 << 2,  // is not stopped with the others: nothing would work without it
    JOB_PROMISED = 1 << 3, // is done to the end also when the program is closed
    JOB_PATIENT = 1 << 4,  // makes way for all others
    JOB_APART = 1 << 5,    // is about other photos or weights than what is open: engine_turn()
    JOB_STAYS = 1 << 6,    // is of the library or a folder: goes on when its window is closed
};

struct job_type {
    struct member member; // title: "Exporting"
    unsigned rank;        // of enum job_rank
    // What is said before the error's own sentence where it fails; NULL: who asked says it.
    const char *failure;
    // Reader thread: what has to wait for a disk; completes the inputs. NULL: nothing to prepare.
    bool (*prepare)(TinctureJob *job, GError **error);
    // Engine thread; after a success of prepare. Fills the outcome. NULL: prepare has done all.
    bool (*run)(TinctureJob *job, struct engine *engine, GError **error);
    // Engine thread; of one that made way and will not be begun again: gives back what it has left
    // in the engine. NULL: it leaves nothing there.
    void (*let_go)(TinctureJob *job, struct engine *engine);
};
extern const struct job_type *const job_table[]; // NULL-terminated

#include "job_table.h"
#define X(name) extern const struct job_type name##_job;
JOB_ROWS
#undef X

// What a job may be given. Each kind says beside its job_type what it takes.
struct job_inputs {
    struct photo *photo;
    struct result *result;
    struct document *document;
    const struct store_copy *copy;       // of a library; borrowed: outlives the queue
    GArray *adapters;                    // struct engine_adapter
    GBytes *bytes;                       // an encoded photo, or the packed pixels of a result ...
    int width, height;                   // ... and their size
    struct image_region region;          // of the photo, in its pixels
    double x, y;                         // a place of it
    const char *path;                    // the file or folder that is read or written
    const char *source;                  // the file that it is made from
    const char *folder;                  // where what it makes is kept
    const char *controls;                // folder of a person's controls
    const char *file;                    // under which name there
    const char *title;                   // what a person calls it
    const char *vae;                     // the autoencoder in the place of a model's own
    const char *device;                  // as gpu_open()
    const char *precision;               // as gpu_set_precision(), or what a result was drawn in
    const char *dialect;                 // of an adapter's file; NULL: the method's own
    int rank;                            // of what goes into it where it cannot hold the adapter
    const char *const *files;            // NULL-terminated paths
    const struct subject_draft *subject; // what is learned
    const char *const *prompts;          // NULL-terminated sentences
    const char *const *names;            // of each of the files, as a person calls it
    const char *const *strengths;        // the same, as adapter_set_strengths()
    const struct sticker_target *target; // whose limits a sticker keeps to; of its table
    struct image_save_params save;       // format is a static string; recipe and task are the job's
    bool with_recipe, resume, erase, learn;
    gint64 id; // of whoever asks
};

enum job_state { JOB_PREPARING, JOB_WAITING, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_CANCELLED };

// What a job tells on its way. Valid during the signal; pictures may be taken.
struct job_report {
    double fraction;        // 0..1, < 0 unknown
    double seconds_left;    // < 0 unknown
    char text[160];         // "Drawing: step 12 of 20"
    struct picture preview; // a rough picture of what is being drawn; empty: none
    struct picture sample;  // what a training can draw by now; empty: none
    bool trained;           // a step of training is done:
    struct train_report training;
};

// Properties, read-only, for lists: "title", "state", "text", "fraction", "seconds-left".
//
// Signals
//   "report"     (struct job_report *)   it has said something
//   "question"   (char *)                it goes on once tincture_job_answer() is called
//   "cancelled"  ()                      it was asked to stop
struct _TinctureJob {
    GObject parent_instance;

    const struct job_type *type;
    struct job_inputs in; // owned, strings and all
    GObject *owner;       // who asked, to be compared; NULL: nobody, or one who has gone
    struct outcome out;
    GCancellable *cancel;
    GError *error; // once it has ended

    // as far as it is known on the main thread
    enum job_state state;
    char *about;                   // what it is done for, as a person calls it; NULL: nothing
    gint64 submitted_us;           // when, of the monotonic clock
    bool makes_way;                // it was stopped so that others go first
    bool begun;                    // it has made way before: what it left is there
    bool paused;                   // a person lets it wait
    bool asked;                    // what it asks was put to whoever listens
    bool stopped;                  // a person has stopped it
    double fraction, seconds_left; // < 0 unknown
    char text[160];                // what is being done now; empty: nothing has been said

    GMutex lock; // of this:
    GCond answered;
    enum { ANSWER_NONE, ANSWER_NO, ANSWER_YES } answer;

    // of the thread that works
    struct task task;      // the job's own: what it tells becomes a report
    enum task_stage stage; // for the time left: where the one that goes on now began
    gint64 since_us;
    double since, last;
};

// Copies what the inputs point to, and takes references where there are some.
TinctureJob *tincture_job_new(const struct job_type *type, const struct job_inputs *in);
void tincture_job_cancel(TinctureJob *job);
// One that runs: it ends as if cancelled, and again() makes it as if it had not begun. again is
// false where it had ended otherwise, or was cancelled as well.
void tincture_job_make_way(TinctureJob *job);
bool tincture_job_again(TinctureJob *job);
bool tincture_job_is_cancelled(const TinctureJob *job);
// Engine thread: its type's run, at its own place in the engine (NULL: there is none).
void tincture_job_run(TinctureJob *job, struct engine *engine);
// To what a job asks, or will ask: the first answer counts. Cancelling is a no.
void tincture_job_answer(TinctureJob *job, bool yes);
void tincture_job_set_state(TinctureJob *job, enum job_state state); // of whoever runs it

// Asks whoever listens, and waits for the answer; a job asks once at most. A no cancels it. Where
// nobody listens it is yes: what was asked for is done.
bool job_ask(TinctureJob *job, const char *question);
// For a job that watches its work with a task of its own: progress becomes a report. Takes sample.
void job_tell(TinctureJob *job, const struct task_progress *progress, struct picture sample);
// The same in words of the job's own.
void job_tell_as(TinctureJob *job, const struct task_progress *progress, const char *text);

G_END_DECLS
