// What the lists of a project hold: adapters of the document, results of its history. Plain values
// as list items; read by everybody, changed by the project and the library.
#pragma once

#include "compute/adapter/dialect/dialect.h"
#include "render/picture.h"

#include <glib-object.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_ADAPTER_ENTRY (tincture_adapter_entry_get_type())
G_DECLARE_FINAL_TYPE(TinctureAdapterEntry, tincture_adapter_entry, TINCTURE, ADAPTER_ENTRY, GObject)
struct _TinctureAdapterEntry {
    GObject parent_instance;
    gint64 id;
    char *name, *method;
    char *path;         // relative to the library, or absolute for a file of the user's
    char *file;         // where it is
    int applied, total; // tensors that fit the model; 0, 0: not known yet
    char *told; // what of its file is not applied, and how it was read; NULL: all, and it was clear
    // In which forms it can be exported, as adapter_dialect_ways(); NULL: not known yet.
    enum dialect_way *ways;
    char *caption; // the sentence that it was learned with; NULL: its file does not say
    bool failed;   // its file could not be loaded: left out of every edit until it can be
    bool added;    // the user has just put it into the list, and nobody knows yet what it is

    // as the document has it
    double scale;
    bool enabled;
    int from, to;
};
TinctureAdapterEntry *tincture_adapter_entry_new(gint64 id, const char *name, const char *method);

#define TINCTURE_TYPE_RESULT_ENTRY (tincture_result_entry_get_type())
G_DECLARE_FINAL_TYPE(TinctureResultEntry, tincture_result_entry, TINCTURE, RESULT_ENTRY, GObject)
struct _TinctureResultEntry {
    GObject parent_instance;
    gint64 id;
    char *prompt;
    gint64 created; // unix seconds
    struct picture thumb;
    double seconds;   // that it took
    char *recipe;     // the document it was made of, as document_to_json()
    char *difference; // from the result before it, NULL: nothing, or there is none before
    char *key; // document_picture_key() of what it shows; NULL: neither drawn nor shown since
               // the program was started
    bool starred;
};
TinctureResultEntry *tincture_result_entry_new(gint64 id, const char *prompt);

G_END_DECLS
