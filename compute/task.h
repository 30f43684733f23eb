// A piece of work that a person waits for: how far it is, and whether it is still wanted.
//
// Whoever works takes a struct task * and reports to it between steps; whoever waits made it. The
// engine says what it does as a stage and numbers, never in words: those are the window's and the
// command line's (ui/core/task_text.c), in the language that is read there. NULL is a task that
// nobody watches and nobody stops.
//
// Thread: the one that works; report runs there too.
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

// One for each thing a person may have to wait for, named after what is being done. Those that say
// so count their steps.
enum task_stage {
    TASK_WORKING,           // nothing better to say
    TASK_LOADING_MODEL,     // weights onto the device
    TASK_READING_FILE,      // a large file, to know its hash; comes with its name
    TASK_FITTING_PREVIEW,   // finding a model's factors for previews
    TASK_COPYING_LIBRARY,   // to a place that can be written to
    TASK_EMPTYING_TRASH,    // of the library, and making its file smaller
    TASK_READING_PHOTO,     // from the disk, or by the autoencoder
    TASK_OPENING_PHOTO,     // decoding it
    TASK_DECOMPOSING,       // weights into their singular values; counted
    TASK_MERGING,           // adapters into the weights
    TASK_INVERTING,         // from the photo to noise; counted
    TASK_DRAWING,           // from noise to the picture; counted
    TASK_COMPARING,         // drawing the reference; counted
    TASK_FINDING_EDIT_MASK, // what the new words are about; counted
    TASK_SELECTING,         // what belongs to a word or a place; counted
    TASK_RESTORING,         // the return to full size
    TASK_DRAWING_CLASS,     // pictures of a subject's class; counted
    TASK_READING_EXAMPLES,  // pictures to learn from
    TASK_LEARNING,          // counted; comes with a training report
    TASK_SAMPLING,          // a sample on the way of a training; counted as that is
    TASK_TRYING,            // a claim; counted, comes with its name
    TASK_WRITING_FILE,
    TASK_WRITING_ADAPTER,
    TASK_STAGES, // their number
};

// A latent as colours: width x height x 3 floats in 0..1.
struct latent_preview {
    const float *rgb;
    int width, height;
};

// What is pointed to is valid during the report.
struct task_progress {
    enum task_stage stage;
    double fraction;                      // 0..1 of the whole; < 0: not known
    int step, steps;                      // of the whole, not of the stage; steps 0: not counted
    double seconds_left;                  // < 0: not known
    const char *name;                     // of the file that it is about; NULL: of none
    const struct latent_preview *preview; // NULL: nothing to show
    const struct train_report *training;  // of a training's step; NULL: it is not one
};

struct task {
    void (*report)(struct task *task, const struct task_progress *progress); // NULL: nobody looks
    void *data;                                                              // of whoever made it
    GCancellable *cancellable; // borrowed; NULL: cannot be stopped
};

// Tells progress; the two others fill it in. fraction < 0: not known. step counts what is done.
void task_tell(struct task *task, const struct task_progress *progress);
void task_report(struct task *task, enum task_stage stage, double fraction);
void task_report_step(struct task *task, enum task_stage stage, int step, int steps);
// True, with G_IO_ERROR_CANCELLED, where the work is no longer wanted.
bool task_cancelled(const struct task *task, GError **error);
// For what can be stopped but reports nothing, such as program_run(); may be NULL.
GCancellable *task_cancellable(const struct task *task);
