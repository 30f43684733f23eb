// A list of what the library holds, as somebody looks at it: documents that some words find, in an
// order, or what is in the trash. Read only while it is looked at; then it follows the library.
//
// Thread: main only.
//
// Signals
//   "changed"  ()   it has been read; items that are what they were are the same objects
#pragma once

#include "ui/core/library.h"

G_BEGIN_DECLS

// What a list shows: a document, or a result or an adapter in the trash. Never changed.
//
// Property, read-only: "title".
#define TINCTURE_TYPE_LIBRARY_ENTRY (tincture_library_entry_get_type())
G_DECLARE_FINAL_TYPE(TinctureLibraryEntry, tincture_library_entry, TINCTURE, LIBRARY_ENTRY, GObject)
struct _TinctureLibraryEntry {
    GObject parent_instance;
    enum store_kind kind;
    gint64 id;     // 0: a photo that is in no library
    char *title;   // of a result: its sentence
    char *origin;  // the file that it was opened from; NULL for a paste
    char *photo;   // where the photo is, or should be; NULL: it has none
    char *caption; // of one that is in no library: what it shows
    gint64 when;   // unix seconds: changed last, or deleted
    guint results; // how many
    bool open;     // the one that is shown
    bool missing;  // its photo is not there, as far as the disk has answered
    bool in_trash;
};
// For a photo that is in no library.
TinctureLibraryEntry *tincture_library_entry_new(const char *title, const char *photo,
                                                 const char *caption);

// Which of all.
enum catalogue_show { SHOW_ALL, SHOW_STARRED, SHOW_MISSING, SHOW_TRASH, SHOW_WAYS };

#define TINCTURE_TYPE_CATALOGUE (tincture_catalogue_get_type())
G_DECLARE_FINAL_TYPE(TinctureCatalogue, tincture_catalogue, TINCTURE, CATALOGUE, GObject)
struct _TinctureCatalogue {
    GObject parent_instance;

    // to be read
    GListStore *entries; // TinctureLibraryEntry
    char *words;         // as in struct store_query
    enum store_order order;
    enum catalogue_show show; // in the trash what was deleted last comes first

    struct library *library; // borrowed
    GHashTable *files;       // path of a photo to whether it is there
    GCancellable *asking;    // NULL: the disk is asked nothing
    bool looked_at;
    bool stale; // what is known of files
};

TinctureCatalogue *tincture_catalogue_new(struct library *library);
void tincture_catalogue_look(TinctureCatalogue *self, bool looked_at);
void tincture_catalogue_find(TinctureCatalogue *self, const char *words);
void tincture_catalogue_sort(TinctureCatalogue *self, enum store_order order);
void tincture_catalogue_show(TinctureCatalogue *self, enum catalogue_show show);
// The picture of one, which takes longer than all the rest: empty where there is none but the
// photo.
struct picture tincture_catalogue_thumb(TinctureCatalogue *self, const TinctureLibraryEntry *entry);

G_END_DECLS
