// The jobs of the session, one function each to make one. Strings and values are copied.
#pragma once

#include "ui/core/document.h"
#include "ui/core/worker.h"

// An adapter that a job uses.
struct job_adapter {
    char *path;
    double scale;
    bool enabled;
};
GArray *job_adapters_new(void); // of struct job_adapter, frees the paths

void view_detail_clear(struct view_detail *v);

// What the jobs tell the session; implemented by session_jobs.c. Main thread. Pictures are transferred.
void session_job_progress(TinctureSession *self, const struct job_state *state);
void session_loaded(TinctureSession *self, struct job *job, const char *device, const char *model);
void session_opened(TinctureSession *self, struct job *job, const char *photo,
                    struct picture before, int width, int height, const char *note);
void session_previewed(TinctureSession *self, struct picture preview);
void session_edited(TinctureSession *self, struct job *job, struct picture view,
                    struct picture thumb, GBytes *pixels, int width, int height, double seconds);
void session_cleared(TinctureSession *self, struct job *job);
void session_detailed(TinctureSession *self, struct job *job,
                      struct view_detail *detail); // may take its pictures
void session_sampled(TinctureSession *self, struct picture sample);
void session_learn_step(TinctureSession *self, const struct train_report *report);
void session_learned(TinctureSession *self, struct job *job, bool finished, int applied);
void session_adapter_loaded(TinctureSession *self, struct job *job, const char *name,
                            const char *method, bool other_base, int applied, int total);
void session_exported(TinctureSession *self, struct job *job, const char *path, bool picture);

struct job *job_load_new(const char *model, const char *device);
// The picture in the file at path, or in bytes, becomes the photo. library: the folder that takes a copy under the hash
// of its bytes and the suffix of name, which session_opened is told; NULL where it comes from there.
struct job *job_open_new(const char *path, GBytes *bytes, const char *library, const char *name);

// Runs the document's edit on the open photo. adapters is taken.
struct job *job_edit_new(const struct document *d, GArray *adapters);
const struct document *job_edit_document(const struct job *job); // what the result was made from
// Shows a stored result again instead of drawing: pixels as in session_edited. adapters is taken.
struct job *job_restore_new(const struct document *d, GArray *adapters, GBytes *pixels, int width,
                            int height);
// Forgets the result, so that the photo itself is what is exported. Of no kind: nothing to show, nothing to stop.
struct job *job_clear_new(void);
// Shows a piece of the photo and of the newest result; in pixels of the photo.
struct job *job_detail_new(int x, int y, int width, int height);

// Trains on the open photo with the source prompt and learn parameters of d; the adapter goes to path, checkpoints
// to checkpoint. resume: continue from it.
struct job *job_learn_new(const struct document *d, const char *path, const char *checkpoint,
                          bool resume);

struct job *job_adapter_new(const char *path, gint64 id);
gint64 job_adapter_id(const struct job *job);

// Exports the newest result (or the photo where there is none), with the recipe that it was made with.
struct job *job_export_new(const char *path, bool with_recipe, int quality, int bits);
// Writes the adapter of a file in the form that path asks for.
struct job *job_export_adapter_new(const char *source, const char *path);
