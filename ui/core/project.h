// The project: what is open - the photo, the document with its undo, what is shown of it, its
// adapters and results. Widgets read its values and call its functions to change the document; what
// jobs bring, the functions at the end apply. It knows neither jobs nor the library.
//
// Thread: main only.
//
// Signals
//   "document-changed"  (guint parts)      some of enum document_part differ: read them again
//   "view-changed"      ()                 a new picture to show: tincture_project_view()
//   "message"           (int kind, char *text)   enum message_kind: one sentence for a toast
//   "unsaved"           ()                 the document is not any more what the library has
//   "stale"             ()                 the picture is not any more what the document asks for
//   "library-changed"   ()                 the library has other documents, or more of them
//   "library-measured"  ()                 how much it uses is known anew
#pragma once

#include "ui/core/entries.h"
#include "ui/core/history.h"
#include "ui/core/outcome.h"

#include <gio/gio.h>

G_BEGIN_DECLS

enum message_kind {
    MESSAGE_INFO,
    MESSAGE_ERROR,
    MESSAGE_LIBRARY,  // an error that a new library would end: library_set_aside()
    MESSAGE_NOT_KEPT, // an error for as long as the program runs: library_is_kept()
    MESSAGE_UNOPENED, // what was open is not opened by itself: library_open_last()
    MESSAGE_EXPORTED, // something went to a file, which can be shown: win.show-exported
    MESSAGE_MISSING,  // the original of a document is: library_find_original()
    MESSAGE_KINDS
};

#define TINCTURE_TYPE_PROJECT (tincture_project_get_type())
G_DECLARE_FINAL_TYPE(TinctureProject, tincture_project, TINCTURE, PROJECT, GObject)

// To be read; only the functions below and the library change it.
struct _TinctureProject {
    GObject parent_instance;

    struct photo *photo; // NULL: none is open
    char *title;         // its name, NULL: none is open
    struct document document;
    struct history *history;
    JsonObject *presets;   // what the model says of them; NULL: nothing
    const char *precision; // that is drawn in, static; NULL: no model is there yet

    GPtrArray *known;     // TinctureAdapterEntry: all of the document, in its list or not
    GListStore *adapters; // TinctureAdapterEntry: its list
    GListStore *results;  // TinctureResultEntry, newest first: at most a page of them ...
    bool more_results;    // ... and the library has older ones

    struct picture before;  // the photo
    struct result *result;  // newest finished edit, that an export writes; NULL: the photo itself
    struct picture after;   // its picture
    gint64 shown_result;    // which of the results it is; 0: none of them (yet)
    bool drawing;           // a rough preview is shown in its place:
    struct picture preview; // empty where it cannot be
    struct closeup closeup; // the piece that was asked for last, until the picture changes
    bool exported;          // the newest result has been exported

    GPtrArray *controls; // char *: names of the files of controls that there are
    struct picture hint; // what leads the edits, as far as it is known; empty: nothing does
    char *hint_fault;    // why there is none, as a sentence; NULL: there is, or none is asked for

    GPtrArray *tokens; // names of the learned tokens that sentences may hold, or will

    GQueue unsaid; // messages before anybody listens

    GArray *loss;    // double, smoothed: one a step of the training that runs or was last
    GArray *samples; // struct picture: what it drew on the way, oldest first
    double redrawn, redrawn_best; // dB: how well it draws the photo again, and did at best
    int best_step;                // the step of that; 0: not measured
    bool can_resume;              // a training of this document waits to be gone on with:
    char *resume_model;           // one that waits for this model; NULL: none
    int resume_step, resume_steps;
};

TinctureProject *tincture_project_new(void);

// ---- what is shown ------------------------------------------------------------------------------

// The newest: preview, result, or the photo (transfer none).
struct picture tincture_project_view(TinctureProject *self);
bool tincture_project_modified(TinctureProject *self); // there are results not exported yet
// The i-th of a list, borrowed; NULL behind the last one.
TinctureAdapterEntry *tincture_project_adapter(TinctureProject *self, guint i);
TinctureResultEntry *tincture_project_result(TinctureProject *self, guint i);
TinctureResultEntry *tincture_project_find_result(TinctureProject *self, gint64 id);
// The one that has shown the picture of this key (document_picture_key()) since the program was
// started, and so with the model and the files that there are now.
TinctureResultEntry *tincture_project_result_of(TinctureProject *self, const char *key);
guint tincture_project_n_adapters(TinctureProject *self);
guint tincture_project_n_results(TinctureProject *self);

// ---- changing the document ----------------------------------------------------------------------
// Each is undoable; changes of the same field within a second are one step. What the picture
// depends on makes it stale.
void tincture_project_set_source_prompt(TinctureProject *self, const char *text);
void tincture_project_set_prompt(TinctureProject *self, const char *text);
void tincture_project_set_negative(TinctureProject *self, const char *text);
// A value outside its legal range changes nothing.
void tincture_project_set(TinctureProject *self, enum document_settings which, const char *key,
                          double value);
// Several settings of the edit at once, as edit_preset_use() knows them by that name.
void tincture_project_use_preset(TinctureProject *self, const char *preset);
void tincture_project_set_seed(TinctureProject *self, uint64_t seed);
void tincture_project_roll_seed(TinctureProject *self);
// The control that leads the edits.
void tincture_project_set_lead(TinctureProject *self, const struct lead *lead);
// Each call with another one is a step of undo. Takes a reference; NULL: no mask.
void tincture_project_set_mask(TinctureProject *self, const struct mask *mask);
// The same. In the photo's pixels; NULL: all of it. One that the photo does not have, or that is
// too small, changes nothing and is told of.
void tincture_project_set_region(TinctureProject *self, const struct image_region *region);
void tincture_project_adapter_remove(TinctureProject *self, gint64 id);
// Into the list again, as it was when it was removed; what was changed since stays.
void tincture_project_adapter_put_back(TinctureProject *self, gint64 id);
void tincture_project_adapter_set_scale(TinctureProject *self, gint64 id, double scale);
void tincture_project_adapter_set_range(TinctureProject *self, gint64 id, int from, int to);
void tincture_project_adapter_set_enabled(TinctureProject *self, gint64 id, bool enabled);
void tincture_project_undo(TinctureProject *self);
void tincture_project_redo(TinctureProject *self);

// ---- for the rest of ui/core --------------------------------------------------------------------

// One sentence for the person; file names in it may be any bytes. Where nobody listens yet it comes
// from the main loop.
void tincture_project_say(TinctureProject *self, enum message_kind kind, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
// "what: the error's sentence", unless there is none or it was cancelled.
void tincture_project_say_error(TinctureProject *self, const char *what, const GError *error);
void tincture_project_changed(TinctureProject *self, unsigned parts);
void tincture_project_view_changed(TinctureProject *self);
void tincture_project_stale(TinctureProject *self);
void tincture_project_library_changed(TinctureProject *self);
void tincture_project_library_measured(TinctureProject *self);
// After a change of the document: a step of undo.
void tincture_project_edited(TinctureProject *self, unsigned parts, unsigned tag);
// After one that is none.
void tincture_project_shown(TinctureProject *self, unsigned parts);

// Everything at once: another photo (takes a reference), its document (overwritten, not freed) and
// adapters of which the document's list may hold some (takes them), and its undo (takes it; NULL:
// there is none).
void tincture_project_open(TinctureProject *self, struct photo *photo, struct picture before,
                           const char *title, const struct document *document, GPtrArray *known,
                           struct history *undo);
void tincture_project_close(TinctureProject *self); // nothing is open any more
TinctureAdapterEntry *tincture_project_find_adapter(TinctureProject *self, gint64 id); // of all
void tincture_project_add_adapter(TinctureProject *self, TinctureAdapterEntry *entry); // takes it
void tincture_project_use_adapter(TinctureProject *self, gint64 id); // into the document's list
// As if it had never been in the list.
void tincture_project_forget_adapter(TinctureProject *self, gint64 id);
// The same, and it is the caller's; NULL: there is none.
TinctureAdapterEntry *tincture_project_take_adapter(TinctureProject *self, gint64 id);
// The adapter that is in use and learned the photo by another description than it has now; NULL:
// none, or one by this description is in use, too.
const TinctureAdapterEntry *tincture_project_outdated(TinctureProject *self);

// Two adapters that learned the same photo would apply twice what it shows.
void tincture_project_switch_off_trained(TinctureProject *self);
GArray *tincture_project_uses(TinctureProject *self); // struct engine_adapter: those that can be
void tincture_project_set_result(TinctureProject *self, struct result *result,
                                 struct picture after); // takes a reference, and the picture
void tincture_project_add_token(TinctureProject *self, const char *token);
void tincture_project_set_controls(TinctureProject *self, GPtrArray *names); // takes them
// Takes the picture; fault may be NULL.
void tincture_project_set_hint(TinctureProject *self, struct picture hint, const char *fault);
void tincture_project_remove_token(TinctureProject *self, const char *token);
// This one of the results has this key (document_picture_key()); NULL: it has to be drawn anew.
void tincture_project_note_key(TinctureProject *self, gint64 id, const char *key);
// The same, and it is what is shown.
void tincture_project_mark_result(TinctureProject *self, gint64 id, const char *key);
void tincture_project_set_preview(TinctureProject *self, struct picture preview); // takes it
void tincture_project_end_preview(TinctureProject *self);
void tincture_project_set_closeup(TinctureProject *self,
                                  struct closeup *closeup); // takes what it has
void tincture_project_clear_training(TinctureProject *self);

G_END_DECLS
