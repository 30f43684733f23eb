// What the files of the jobs share.
#pragma once

#include "ui/core/jobs.h"

// Where a job's progress functions find what they need.
struct reporter {
    struct worker *w;
    struct job *job;
    // for the time left: where the progress that goes on now began
    gint64 since_us;
    double since, last;
};

// size: of a struct whose first member is the struct job.
void *job_new(size_t size, enum job_kind kind, bool (*run)(struct job *, struct worker *),
              void (*done)(struct job *, TinctureSession *), void (*free_fn)(struct job *));

// Engine thread, from here on.
void job_report(struct reporter *r, double fraction, const char *text, double seconds_left);
void job_progress_cb(double fraction, const char *text, void *reporter); // progress_fn
// fn gets the picture and may take it (picture_take). Takes it.
void job_post_picture(struct worker *w, void (*fn)(TinctureSession *session, void *data),
                      struct picture picture);
// False with job->error where the job cannot work at all.
bool job_needs_engine(struct job *job, struct worker *w);
bool job_needs_photo(struct job *job, struct worker *w);
