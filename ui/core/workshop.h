// The workshop: the adapters that there are, those of them that a person has chosen with their
// strengths, what is known of these, and the new adapter that is made of them. It belongs to no
// photo that is open, and keeps nothing but the adapters that it makes.
//
// Thread: main only.
//
// Signals
//   "changed"   ()   anything of it
#pragma once

#include "compute/adapter/study.h"
#include "ui/core/library.h"
#include "ui/core/workshop_list.h"

G_BEGIN_DECLS

#define TINCTURE_TYPE_WORKSHOP (tincture_workshop_get_type())
G_DECLARE_FINAL_TYPE(TinctureWorkshop, tincture_workshop, TINCTURE, WORKSHOP, GObject)

struct workshop_item {
    char *name, *path;
    char *fault; // why it cannot be read; NULL: it looks well
    bool chosen;
    struct settings *strengths; // of workshop_strengths
};
// How strongly an adapter is taken: of all layers, and factors for their groups by place and kind.
extern const struct setting workshop_strengths[];
extern const struct setting workshop_rank; // of the low-rank update that is made; 0: exact

// To be read; only the functions below change it.
struct _TinctureWorkshop {
    GObject parent_instance;

    GPtrArray *items;            // struct workshop_item, in the order of their names
    struct adapter_study *study; // of the chosen ones, in their order; NULL: not measured
    char *outcome;               // what became of the last that was made; NULL: none

    // private
    TinctureProject *project; // borrowed, as the next two
    TinctureQueue *queue;
    struct library *library;
    struct workshop_list list; // what was put on it and taken off it
    gint64 asked;              // number of the state that is measured
};

TinctureWorkshop *tincture_workshop_new(TinctureProject *project, TinctureQueue *queue,
                                        struct library *library);
// Looks for adapters again: those of all photos, the subjects, those made here, and those that were
// added, also by another session. What was chosen stays so.
void tincture_workshop_look(TinctureWorkshop *self);
// Files of the user's (NULL-terminated), which are chosen, and folders: of one adapter, or with
// several files. What is no adapter is told of and left out.
void tincture_workshop_add(TinctureWorkshop *self, const char *const *paths);
// Takes it off the list; its file stays, and can be added again.
void tincture_workshop_remove(TinctureWorkshop *self, guint item);
void tincture_workshop_choose(TinctureWorkshop *self, guint item, bool chosen);
// A value outside its legal range changes nothing.
void tincture_workshop_set(TinctureWorkshop *self, guint item, const char *key, double value);
guint tincture_workshop_n_chosen(TinctureWorkshop *self);
// The i-th of the chosen, which study calls i.
const struct workshop_item *tincture_workshop_chosen(TinctureWorkshop *self, guint i);

// False, and said, where it cannot be.
bool tincture_workshop_measure(TinctureWorkshop *self);
bool tincture_workshop_make(TinctureWorkshop *self, const char *name, int rank);
// On the open photo.
void tincture_workshop_use(TinctureWorkshop *self, guint item);

// ---- for the session ----------------------------------------------------------------------------

void tincture_workshop_measured(TinctureWorkshop *self, TinctureJob *job); // takes its study
void tincture_workshop_made(TinctureWorkshop *self, TinctureJob *job);

G_END_DECLS
