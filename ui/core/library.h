// The library: between the open project and its rows on disk. It opens photos and documents, saves
// within a second of a change, and keeps results. Failures become messages of the project.
//
// Thread: main only.
#pragma once

#include "ui/core/project.h"
#include "ui/core/queue.h"
#include "ui/store/store.h"

struct library {
    // borrowed
    TinctureProject *project;
    TinctureQueue *queue;

    // owned
    char *learn_method;      // that a person wants; NULL or "": the model's
    int learn_steps;         // the same; 0
    char *model;             // the folder or file of the model, whose defaults a new document has
    struct store_copy *copy; // in whose folder it is; NULL: it is where it belongs
    struct store *store; // NULL: it could not be opened, which has been said; then no photo can be;
                         // or is still being copied
    struct store_document row;   // of the open document; id 0: none
    GHashTable *undo;            // id -> struct history: of documents that were open before
    GPtrArray *deleted;          // TinctureResultEntry: of the open document, in the trash
    GPtrArray *deleted_adapters; // TinctureAdapterEntry: the same
    guint save_timer;
    GFileMonitor *token_files; // NULL: no token was there yet
    guint token_timer;

    // state
    bool unsaved;        // the document differs from its row
    bool save_failed;    // the last saving did not work, which has been said
    bool results_failed; // that earlier ones cannot be read was said
    bool adapter_failed; // one of this document's could not be loaded, which has been said
    guint results_limit; // how many results the project shows at most
    bool measured;       // what follows is known:
    struct store_use use;
    gint64 missing; // the document that could not be opened without its original; 0: none
    gint64 left;    // that was open when it was deleted; 0: none
};

#define RESULTS_SHOWN 200 // a page of the history

// data_dir: the library's folder, NULL for the user's data folder.
struct library *library_new(TinctureProject *project, TinctureQueue *queue, const char *data_dir);
// How learning begins with a photo that is opened for the first time: "" and 0, as the model says.
// The same library for another window, which reads what is not of its own project of the other's.
struct library *library_new_beside(TinctureProject *project, TinctureQueue *queue,
                                   const struct library *other);
// The other's is there by now, where both have waited for it.
void library_join(struct library *l, const struct library *other);
void library_set_learning(struct library *l, const char *method, int steps);
void library_open_again(struct library *l); // the open document, as another model sees it
void library_set_model(struct library *l, const char *path); // a folder or file
// store_opening_left(), also where there is no library.
char *library_ended_over(struct library *l);
void library_free(struct library *l);
// False where it lies in a place that cannot be written to, which has been said: then all works,
// but on a copy that goes with the program; and where there is none.
bool library_is_kept(const struct library *l);
void library_save_now(struct library *l); // what is not saved
// Saves and lets go of the file, so that no journal is left beside it; no photo can be opened then.
void library_close(struct library *l);
void library_open_store(struct library *l, const char *data_dir);
// One that cannot be written to is being copied: photos that are asked for wait for it.
bool library_is_coming(const struct library *l);
void library_copied(struct library *l, TinctureJob *job); // or was not, which is said
// Where its files are, also of one that is coming; NULL: there is none.
const char *library_folder(const struct library *l);
// Before something is written: store_stay(), and it is said where the file had to be written anew.
bool library_stays(struct library *l, GError **error);
// Where something in it cannot be read or written; error NULL: that is not so.
void library_say_unread(struct library *l, const char *what, const GError *error);
// Renames the library of that folder, which is not open, so that the next start makes a new one.
bool library_set_aside(const char *data_dir, GError **error);

// ---- documents ----------------------------------------------------------------------------------

// Ask for the photo in a file, in bytes (an encoded picture, its name) or of a stored document. The
// project changes only once the photo has been read.
void library_open(struct library *l, const char *path);
void library_open_bytes(struct library *l, GBytes *encoded, const char *name);
void library_open_document(struct library *l, gint64 id); // that is open already: keeps its undo
void library_open_last(struct library *l);                // if there is any
// Why something cannot be kept or read now; only where there is no store.
const char *library_fault(const struct library *l);
// Name of a photo that is still being opened, or NULL. Also one that is cancelled: that may come
// too late.
const char *library_opening(const struct library *l);
// True, and said, while there is one: what is asked for now would meet another photo.
bool library_is_busy(const struct library *l);
// The document that a photo which has been opened is of; 0: of none that the library has yet.
gint64 library_document_of(struct library *l, const TinctureJob *job);
// The photo is there: its document becomes the open one, the known one of that photo or a new one.
void library_opened(struct library *l, TinctureJob *job);
void library_not_opened(struct library *l, const TinctureJob *job); // says why

// The same also where it is open: what has come into it since is shown.
void library_reopen_document(struct library *l, gint64 id);
void library_leave_document(struct library *l); // nothing is open any more
// A document whose photo is missing is opened with that of another file, if it is the same.
void library_find_original(struct library *l, gint64 id, const char *path);

// What a person calls an adapter of a photo from now on; what refers to it does so by its number.
// False, and said: it could not be.
bool library_rename_adapter(struct library *l, gint64 id, const char *name);

// Into the trash of the library, and out of it again; what is shown follows. False, and said: that
// could not be. The document that is open is left, and opened again.
bool library_delete(struct library *l, enum store_kind kind, gint64 id);
bool library_restore(struct library *l, enum store_kind kind, gint64 id);
// Another window of the same library has deleted it, or taken it back: what is shown here follows.
void library_follow(struct library *l, enum store_kind kind, gint64 id, bool deleted);

// ---- all of it ----------------------------------------------------------------------------------

void library_measure(struct library *l); // use is known soon
void library_measured(struct library *l, const TinctureJob *job);
// Results without a star into the trash, but for the newest of each document; and back.
void library_clean(struct library *l);
void library_restore_cleaned(struct library *l, gint64 when);
void library_empty_trash(struct library *l);
void library_emptied(struct library *l); // or that was stopped on the way
// A document with all that belongs to it, as one file; it is opened when it has come in.
void library_export(struct library *l, gint64 document, const char *path);
void library_import(struct library *l, const char *path);
void library_imported(struct library *l, const TinctureJob *job);

// ---- adapters -----------------------------------------------------------------------------------

// A file of the user's: into the document's list, and out of it again where it is no adapter. A
// learned token is copied into the library instead, also without a photo.
void library_use_file(struct library *l, const char *path);
void library_use_adapter(struct library *l, const char *path,
                         const char *name); // the same, so named
bool library_can_use(const char *path);     // as against a photo, by its content or its name
// A new one of the open document, known but not in its list. path: as in struct store_adapter.
TinctureAdapterEntry *library_add_adapter(struct library *l, const char *name, const char *path,
                                          const char *method);
void library_adapter_loaded(struct library *l, TinctureJob *job);

// Adapters that belong to no document are files in folders of the library.
#define LIBRARY_SUBJECTS "subjects"
#define LIBRARY_STYLES   "styles"
#define LIBRARY_MADE     "made"
#define LIBRARY_SUFFIX   ".safetensors"
struct library_file {
    char *name; // without the suffix: "<rex> dog"
    char *path;
};
// struct library_file *, by name.
GPtrArray *library_files(const struct library *l, const char *folder);
// A path for a new one, newly allocated: what is there under that name stays.
char *library_new_file(const struct library *l, const char *folder, const char *name);

// ---- controls -----------------------------------------------------------------------------------

// The folder of a person's own controls, newly allocated; NULL: there is no library.
char *library_controls(const struct library *l);
// The project learns which there are, there and in the model's folder.
void library_list_controls(struct library *l);

// ---- learned tokens -----------------------------------------------------------------------------

char *library_tokens(const struct library *l); // their folder, newly allocated; NULL: no library
// From now on what comes into that folder, or goes, becomes a job; where there is a folder.
void library_watch_tokens(struct library *l);
void library_unwatch_tokens(struct library *l);
// The model has this learned token from now on: pictures of sentences that hold it are drawn anew.
void library_token_came(struct library *l, const struct model *m, const char *token);
// What a tokens job found: the open document's picture is drawn anew at once, too, where its
// sentences hold a token that came or left.
void library_tokens_read(struct library *l, const struct model *m, const TinctureJob *job);

// ---- results ------------------------------------------------------------------------------------

// Into the history, unless it is there already.
void library_keep(struct library *l, const struct result *result, const struct picture *thumb);
// The newest result with its pixels, if it shows the picture of this key (document_picture_key()),
// else NULL. To be freed.
struct store_result *library_newest(struct library *l, const char *key);
// The one of tincture_project_result_of() with its pixels; NULL: none. To be freed.
struct store_result *library_shown_before(struct library *l, const char *key);
void library_star(struct library *l, gint64 id, bool starred);
struct store_result *library_result(struct library *l, gint64 id, GError **error);
void library_show_more(struct library *l);      // a page more of them
void library_read_results(struct library *l);   // what the project shows of them
void library_results_differ(struct library *l); // the same, and it is told
// The picture of a row, empty where that does not hold what it says. A new reference.
struct picture library_thumb(GBytes *rgba, int width, int height);
