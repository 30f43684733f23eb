// What the files of the jobs share.
#pragma once

#include "ui/core/jobs.h"

// A job's task, and where its reports find what they need.
struct reporter {
    struct task task;
    struct worker *w;
    struct job *job;
    // for the time left: where the stage that goes on now began
    enum task_stage stage;
    gint64 since_us;
    double since, last;
};

// size: of a struct whose first member is the struct job.
void *job_new(size_t size, enum job_kind kind, bool (*run)(struct job *, struct worker *),
              void (*done)(struct job *, TinctureSession *), void (*free_fn)(struct job *));

// Engine thread, from here on.
void reporter_init(struct reporter *r, struct worker *w, struct job *job);
void job_report_cb(struct task *task, const struct task_progress *progress); // of such a task
// fn gets the picture and may take it (view_picture_take). Takes it.
void job_post_picture(struct worker *w, void (*fn)(TinctureSession *session, void *data),
                      struct view_picture picture);
// False with job->error where the job cannot work at all.
bool job_needs_engine(struct job *job, struct worker *w);
bool job_needs_photo(struct job *job, struct worker *w);
struct image *job_shrink(const struct image *image, int side,
                         GError **error); // at most side pixels a side
