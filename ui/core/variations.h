// Variations: the open edit with other seeds, side by side. Each is drawn by a job of its own and
// shown as it comes; a person takes one, or stars several, which keeps them in the history. They go
// when the document becomes another one than they were asked of, or than one of them.
//
// Thread: main only.
#pragma once

#include "ui/core/live.h"

G_BEGIN_DECLS

#define TINCTURE_TYPE_VARIATION (tincture_variation_get_type())
G_DECLARE_FINAL_TYPE(TinctureVariation, tincture_variation, TINCTURE, VARIATION, GObject)

// To be read. Property "state" is notified when any of it changes.
struct _TinctureVariation {
    GObject parent_instance;

    uint64_t seed;
    char *key;             // document_picture_key() of what it is drawn with
    struct result *result; // NULL: it is not drawn yet
    struct picture view, thumb;
    bool failed;
    bool starred; // so is its row in the history
};

struct variations {
    // borrowed
    TinctureProject *project;
    TinctureQueue *queue;
    struct library *library;
    struct live *live;

    // owned
    GListStore *list; // TinctureVariation: those of the last request
    char *key;        // document_picture_key() of the document then; NULL: there are none
};

struct variations *variations_new(TinctureProject *project, TinctureQueue *queue,
                                  struct library *library, struct live *live);
void variations_free(struct variations *v);

// Draws n of them with the document as it is and noise in which seeds show; those of an earlier
// request are forgotten.
void variations_begin(struct variations *v, int n);
void variations_clear(struct variations *v); // and stops what is still to be drawn
void variations_drawn(struct variations *v, TinctureJob *job); // has ended
// The i-th becomes the picture that is shown, and what it was drawn with the document's: a step of
// undo.
void variations_take(struct variations *v, guint i);
// Gives the i-th its star, which its row in the history shares, and with it that row; or takes the
// star away.
void variations_star(struct variations *v, guint i, bool starred);

G_END_DECLS
