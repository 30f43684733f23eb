// The queue: jobs that wait or run, in the order in which they run, as a GListModel of TinctureJob.
// It owns the engine's thread, which runs one job at a time, and the reader's, where jobs that have
// to wait for a disk are prepared. It knows no kind of job by name.
//
// Order: as submitted, or as a person wants it, but a live job (JOB_LIVE) comes before all that
// are not, and a job that is still being prepared holds up nobody. A patient one (JOB_PATIENT)
// comes behind all others, what is made apart (JOB_APART) behind what was promised (JOB_PROMISED)
// and what another owner asks for: who wants a file, or a photo in another window, waits for no
// training. What runs stops at its next step for a live job, one
// that comes behind another for that one, and begins again when that is done: for a live one a
// moment later, as a person who changes something changes more. The job that runs is the first.
//
// Thread: main only. A job ends in the main loop, never inside a call of these functions.
//
// Signals
//   "changed"   ()                                  the list, or state of a job; a moment later,
//                                                   too, what a job has reported
//   "report"    (TinctureJob *, struct job_report *)  what a job tells; pictures may be taken
//   "question"  (TinctureJob *, char *)             what a job asks: tincture_job_answer()
//   "finished"  (TinctureJob *)                     it is not in the list any more: it has its
//                                                   outcome or its error, cancelled or not
#pragma once

#include "ui/core/job.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_QUEUE (tincture_queue_get_type())
G_DECLARE_FINAL_TYPE(TinctureQueue, tincture_queue, TINCTURE, QUEUE, GObject)

// engine is borrowed, until tincture_queue_close() has returned; it is only handed on.
TinctureQueue *tincture_queue_new(struct engine *engine);
// Cancels all jobs but those that were promised, which go on whatever they ask; waits for what is
// left, and ends the threads. No
// signal comes any more, and what is submitted afterwards comes to nothing.
void tincture_queue_close(TinctureQueue *self);

// Takes the job. owner: who asks for it, a GObject that it keeps; NULL: nobody by himself.
void tincture_queue_submit(TinctureQueue *self, gpointer owner, TinctureJob *job);
// The job of this type that the owner (NULL: anybody) has submitted last and has not ended, or
// NULL. Also one that is cancelled: that may come too late.
TinctureJob *tincture_queue_find(TinctureQueue *self, gconstpointer owner,
                                 const struct job_type *type);
// What a person is told of, among what is the owner's and what is nobody's (owner NULL: all): a job
// that is watched where there is one, else the first; one that is paused only where there are no
// others. NULL: none.
TinctureJob *tincture_queue_shown(TinctureQueue *self, gconstpointer owner);
// Whether there is none but patient ones, and those that a person lets wait.
bool tincture_queue_is_free(TinctureQueue *self);
// The owner's jobs (NULL: anybody's) of this type. Type NULL: all of those that the owner is told
// of, but for those that last, and the patient ones only where there are no others. False: there
// was none.
bool tincture_queue_cancel(TinctureQueue *self, gconstpointer owner, const struct job_type *type);
// The owner goes: its jobs are cancelled, but for those that stay (JOB_STAYS) or were promised,
// which are nobody's from now on and go on whatever they ask. So are those that have failed.
void tincture_queue_leave(TinctureQueue *self, gconstpointer owner);

// A job that a person lets wait: where it runs it makes way. Those that last do not.
bool tincture_queue_can_pause(const TinctureJob *job);
void tincture_queue_pause(TinctureQueue *self, TinctureJob *job, bool paused);
// So many places up (negative) or down, to that of one that waits and is not live. False: it cannot
// be moved there.
bool tincture_queue_can_move(TinctureQueue *self, const TinctureJob *job, int by);
bool tincture_queue_move(TinctureQueue *self, TinctureJob *job, int by);
// Those that failed, the newest first, until they are forgotten; not the live ones, of which the
// next comes by itself. Of TinctureJob; borrowed.
GListModel *tincture_queue_get_failed(TinctureQueue *self);
void tincture_queue_forget(TinctureQueue *self, TinctureJob *job);

// While it is paused no job is begun. What runs goes on.
void tincture_queue_set_paused(TinctureQueue *self, bool paused);
bool tincture_queue_is_paused(TinctureQueue *self);

G_END_DECLS
