// The library: documents, results, adapters, models and training runs as rows of one SQLite file.
// The only SQL of the program is in this folder.
//
// Journal WAL, foreign keys on, schema moved forward by numbered steps (user_version). A library
// from outside is opened defensively; one that is damaged (G_IO_ERROR_INVALID_DATA) or newer than
// the program is refused with a sentence, never changed.
//
// Thread: main only, but that one may be opened elsewhere and handed over, and that a copy may be
// filled elsewhere. Every other call is short; large things (photos, adapter files) are files
// beside the library that rows name by relative path.
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

struct store;
// dir: the folder of the library (made if missing): library.db, photos/, adapters/,
// subjects/, embeddings/, runs/.
// Fails with G_IO_ERROR_INVALID_DATA where the library is damaged, G_IO_ERROR_BUSY where another
// program holds it, G_IO_ERROR_NOT_SUPPORTED where it is newer than the program; all else is for
// the place: that cannot be written to, is full, or has no locks.
struct store *store_open(const char *dir, GError **error);
// The same library once more, for another thread. It is open already, and has been checked then.
struct store *store_open_again(const char *dir, GError **error);
// Whether what is written is in the library's file still. One that has been removed since it was
// opened is written anew (*anew), from what SQLite holds of it; false with an error where there is
// another in its place, or no folder any more.
bool store_stay(struct store *s, bool *anew, GError **error);
struct store *store_ref(struct store *s); // for another one who closes it
void store_close(struct store *s);        // of all who hold it, the last one does; may be NULL
// Renames a library that is not open, so that a new one can be made in its place; the files beside
// it stay. Its new path, newly allocated; NULL with an error.
char *store_set_aside(const char *dir, GError **error);
const char *store_dir(const struct store *s);

// A copy of the library, for a place that nothing can be written to: a temporary folder, which is
// opened as a library, and goes with the copy. It has links to all files that are only read at
// once; what is written over comes with store_copy_fill(), which takes as long as that is large.
struct store_copy;
struct store_copy *store_copy_new(const char *dir, GError **error);
const char *store_copy_dir(const struct store_copy *c);
struct store_wait {                          // of whoever waits for something; zero: nobody
    void (*report)(double part, void *data); // of the whole, 0..1
    void *data;
    GCancellable *cancellable; // borrowed
};
bool store_copy_fill(const struct store_copy *c, const struct store_wait *wait, GError **error);
void store_copy_empty(const struct store_copy *c); // of what came so far: opens as a new library
struct store_copy *store_copy_ref(struct store_copy *c); // for another one who frees it
void store_copy_free(struct store_copy *c);              // NULL: there is none

// The file of an adapter, newly allocated: dir + path, or path where that is absolute.
char *store_path(const struct store *s, const char *path);
// The file of a photo or a checkpoint, which the program may write and delete, newly allocated.
// NULL if relative leads out of the library: a library from elsewhere can name any path.
char *store_own_path(const struct store *s, const char *relative);

struct store_document {
    gint64 id;    // 0: not yet in the library
    char *name;   // shown title
    char *photo;  // relative path of the library's own copy
    char *origin; // where it was opened from, NULL for a paste
    char *source_prompt, *prompt, *negative;
    char *params; // JSON object of the edit parameters
    char *learn;  // JSON object of the learn parameters
    char *place;  // JSON object of mask and region
    uint64_t seed;
    gint64 modified; // unix seconds
};
void store_document_clear(struct store_document *d);
void store_document_free(struct store_document *d);
// Inserts (id 0, which it sets) or updates.
bool store_document_save(struct store *s, struct store_document *d, GError **error);
// The document with this id, or with id 0 the one changed last. False without an error: there is
// none.
bool store_document_load(struct store *s, gint64 id, struct store_document *d, GError **error);
// The document of this photo (relative path), newest first. False without an error: there is none.
bool store_document_find(struct store *s, const char *photo, struct store_document *d,
                         GError **error);

// What a list of documents shows.
struct store_entry {
    gint64 id;
    char *name;
    char *origin;    // NULL for a paste
    gint64 modified; // unix seconds
    char *photo;     // relative path
    char *prompt;
    guint results; // how many
    guint nth;     // of those with this name, in the order in which they came; 1: the first
};
void store_entry_free(struct store_entry *e);
enum store_order { STORE_NEWEST, STORE_BY_NAME, STORE_FIRST, STORE_MOST_RESULTS, STORE_ORDERS };
struct store_query {
    const char *words; // beginnings of words, all of which the name or the prompts of a document
                       // and its results hold; NULL or none: all documents
    enum store_order order; // FIRST: that came into the library before the others
    bool starred;           // only those that have a result with a star
    guint limit;            // 0: none
};
// struct store_entry *, of documents that are not in the trash.
GPtrArray *store_documents(struct store *s, const struct store_query *query, GError **error);
// The picture of the newest result; false without an error: there is none. The bytes are the
// caller's, RGBA, and need not be as many as the sizes say.
struct store_thumb {
    GBytes *rgba;
    int width, height;
};
bool store_thumb(struct store *s, gint64 document, struct store_thumb *thumb, GError **error);
// The same of a result, in the trash or not.
bool store_result_thumb(struct store *s, gint64 id, struct store_thumb *thumb, GError **error);

struct store_adapter {
    gint64 id, document;
    char *name, *path,
        *method; // path: relative to the library, or absolute for a file of the user's
    double scale;
    bool enabled, listed; // listed false: removed from the list, kept for undo and old results
    gint64 from, to;      // the time steps in which it acts; 0, 0: all
};
void store_adapter_free(struct store_adapter *a);
bool store_adapter_save(struct store *s, struct store_adapter *a, GError **error);
bool store_adapter_rename(struct store *s, gint64 id, const char *name, GError **error);
GPtrArray *store_adapters(struct store *s, gint64 document,
                          GError **error); // struct store_adapter *, listed and not
// The listed ones of all documents, newest first and each file once. Those of the library's own
// files, which are named after their method, have the document's name before their own.
GPtrArray *store_adapters_known(struct store *s, GError **error);

struct store_result {
    gint64 id, document;
    gint64 created; // unix seconds; saved as 0: now
    char *prompt;
    char *recipe;  // JSON: all that is needed to make it again
    GBytes *thumb; // RGBA, thumb_width x thumb_height
    int thumb_width, thumb_height;
    GBytes *pixels; // width x height, the edit and its reference (signed_pack()); NULL in lists
    int width, height;
    double seconds;
    bool starred;
};
void store_result_free(struct store_result *r);
bool store_result_save(struct store *s, struct store_result *r, GError **error);
// The newest so many, newest first, without pixels.
GPtrArray *store_results(struct store *s, gint64 document, guint limit, GError **error);
struct store_result *store_result_load(struct store *s, gint64 id, GError **error);
bool store_result_star(struct store *s, gint64 id, bool starred, GError **error);

enum run_state { RUN_ACTIVE, RUN_DONE, RUN_STOPPED };
struct store_run {
    gint64 id, document;
    char *method, *learn; // learn: JSON of the parameters
    char *checkpoint;     // relative path
    char *prompt;
    int step, steps;
    enum run_state state; // RUN_ACTIVE in a library at start means: the program was killed
    GBytes *loss;         // doubles, one a step
    gint64 adapter;       // row of the adapter it made, 0: none yet
};
void store_run_clear(struct store_run *r);
void store_run_free(struct store_run *r);
bool store_run_save(struct store *s, struct store_run *r, GError **error);
// struct store_run *: those of the document that are not done, newest first.
GPtrArray *store_runs_unfinished(struct store *s, gint64 document, GError **error);
// The newest that is done and left an adapter. False without an error: there is none.
bool store_run_learned(struct store *s, gint64 document, struct store_run *r, GError **error);

// One training at a time in a library. Whoever has begun one may write the rows of runs and their
// checkpoints; nobody else does. False with a sentence while another window or program trains. Also
// ends when the store is closed.
bool store_training_begin(struct store *s, GError **error);
void store_training_end(struct store *s);
bool store_training_elsewhere(struct store *s); // another window or program is training

// What is being opened, in words of the caller's: kept until the next call, NULL for nothing more.
void store_opening(struct store *s, const char *what);
// What a program was opening when it ended before its time; forgets it. NULL: nothing.
char *store_opening_left(struct store *s);

// ---- the trash ----------------------------------------------------------------------------------

// What is deleted is in no list and found by no search, and keeps its row and its files until the
// trash is emptied. A document takes what belongs to it along.
enum store_kind { STORE_DOCUMENT, STORE_RESULT, STORE_ADAPTER };
const char *store_kind_noun(enum store_kind kind); // "document", static
enum store_kind store_kind_find(const char *noun); // of one of those
bool store_delete(struct store *s, enum store_kind kind, gint64 id, GError **error);
bool store_restore(struct store *s, enum store_kind kind, gint64 id, GError **error);
// The results without a star; of each document the newest stays, which is what it shows. when: a
// time of their own, by which they come back. Cancelled, it has changed nothing.
bool store_delete_plain(struct store *s, GCancellable *cancellable, gint64 *when, GError **error);
bool store_restore_plain(struct store *s, gint64 when, GError **error);
struct store_trashed {
    enum store_kind kind;
    gint64 id, deleted; // unix seconds
    char *name;         // of a result: its prompt
};
void store_trashed_free(struct store_trashed *t);
GPtrArray *store_trash(struct store *s, GError **error); // struct store_trashed *, newest first

// How much there is, and what the two ways of tidying up take.
struct store_use {
    guint documents, results, adapters; // not in the trash
    guint plain, in_trash;              // results as for store_delete_plain(); rows
    goffset bytes;                      // of all files of the library
    goffset plain_bytes, trash_bytes;
};
bool store_use(struct store *s, struct store_use *use, GError **error);

// These take long and are for another thread, on a store of its own. Stopped or killed, each leaves
// a library that is whole, and the rest for the next time.
bool store_trash_empty(struct store *s, const struct store_wait *wait, GError **error);
// Makes the file smaller by what is free in it. One of an earlier version is written anew for that,
// which needs as much space again, and holds up whoever writes.
bool store_trim(struct store *s, const struct store_wait *wait, GError **error);
// Files beside the library that no row names, but for those that were just written: char *,
// relative paths. collect: removes them, and of those in gone (NULL: none) the new ones as well.
GPtrArray *store_unowned(struct store *s, GError **error);
bool store_collect(struct store *s, GHashTable *gone, GError **error);
// The files of what is in the trash that nothing else uses: a set of relative paths.
GHashTable *store_trash_files(struct store *s, GError **error);
// Reads all of the library; adds what is wrong with it, a line each (char *).
bool store_check(struct store *s, const struct store_wait *wait, GPtrArray *faults, GError **error);

// ---- a document as one file ---------------------------------------------------------------------

// Such a file is a store in which the functions above find one document; its paths are names of
// files in it. new: into an empty file that is there; whole after end. open: checked, and only to
// be read; fails with a sentence that names it.
struct store *store_package_new(const char *path, GError **error);
bool store_package_put(struct store *s, const char *name, const void *data, gsize size,
                       GError **error); // more of that file
bool store_package_end(struct store *s, GError **error);
struct store *store_package_open(const char *path, GError **error);
bool store_is_package(const char *path); // says that it is one, by its first bytes
typedef bool (*store_piece_fn)(const void *data, gsize size, void *user, GError **error);
// Hands over that file piece by piece.
bool store_package_get(struct store *s, const char *name, store_piece_fn take, void *data,
                       GError **error);
// What is written between the two is there as a whole or not at all. end: false where ok is, or
// where it could not be kept.
bool store_together(struct store *s, GError **error);
bool store_together_end(struct store *s, bool ok, GError **error);

// A model that was used: remembered by path.
bool store_model_used(struct store *s, const char *dir, const char *name, const char *hash,
                      GError **error);
