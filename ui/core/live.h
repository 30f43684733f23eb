// The live edit: a preview that follows the document. One edit is in flight; what the document asks
// for meanwhile follows it, and the last wish wins. A result that stands for a while goes into the
// history.
//
// Thread: main only.
#pragma once

#include "ui/core/library.h"

struct live {
    // borrowed
    TinctureProject *project;
    TinctureQueue *queue;
    struct library *library;

    // state
    guint timer;      // the pause before an edit
    bool wanted;      // an edit is to follow what runs
    bool by_itself;   // an edit follows each change
    bool explicitly;  // asked for by the person: its result goes into the history at once
    guint keep_timer; // until a result that nobody replaces goes into the history

    // owned: the newest result that is not in the history yet
    struct result *fresh;
    struct picture fresh_thumb;
};

struct live *live_new(TinctureProject *project, TinctureQueue *queue, struct library *library);
void live_free(struct live *live);

void live_edit_now(struct live *live, bool explicitly); // instead of waiting for the pause
// Whether an edit follows each change by itself, or only live_edit_now(). It does at first.
void live_set_by_itself(struct live *live, bool by_itself);
void live_stop(struct live *live); // nothing is to follow
// The picture as it was left: from the library where it is the newest result, else drawn again.
void live_show_as_left(struct live *live);
void live_restore(struct live *live, gint64 id); // an earlier result, and all it was made with
// A result that is drawn, as if it had been edited here; view and thumb are its pictures.
void live_take(struct live *live, struct result *result, const struct picture *view,
               const struct picture *thumb);
// The document as an edit can be made of it now: its recipe names no adapter that is left out. To
// be cleared.
void live_document(const struct live *live, struct document *d);
// The piece of the photo that the window shows enlarged, in its pixels and inside it. Ignored while
// a job runs; an edit does not wait for it.
void live_want_closeup(struct live *live, const TinctureProject *p,
                       const struct image_region *region);
void live_keep_now(struct live *live); // the fresh result
void live_star(struct live *live);     // gives the result that is shown its star, or takes it away

void live_previewed(struct live *live, struct job_report *report);
void live_edited(struct live *live, TinctureJob *job);
void live_closeup_done(TinctureProject *p, TinctureJob *job);
void live_follow(struct live *live); // begins what is wanted, as soon as nothing is in its way
