// Asks for files with the desktop's own dialogs. Nothing blocks: the answer comes in a callback,
// which is not called when the person cancels.
//
// Thread: main only.
#pragma once

#include "compute/adapter/dialect/dialect.h"

#include <gtk/gtk.h>
#include <stdbool.h>

struct export_choice {
    bool with_recipe; // prompts and parameters travel in the file
    int jpeg_quality; // 1..100
    int bits;         // 8 or 16 a channel, where the format has them; 0: as the photo
};
#define EXPORT_CHOICE_DEFAULTS .with_recipe = false, .jpeg_quality = 92, .bits = 0

typedef void (*file_chosen_fn)(GFile *file, gpointer data);
typedef void (*files_chosen_fn)(GListModel *files, gpointer data); // of GFile
struct adapter_choice {
    const char *dialect; // of the file (compute/adapter/dialect/dialect.h), NULL: the method's own
    int rank;            // of a low-rank copy, where the dialect needs one
};
typedef void (*adapter_chosen_fn)(GFile *file, const struct adapter_choice *choice, gpointer data);
typedef void (*export_chosen_fn)(GFile *file, const struct export_choice *choice, gpointer data);

void file_dialog_open_photo(GtkWindow *parent, file_chosen_fn chosen, gpointer data);
void file_dialog_open_photos(GtkWindow *parent, files_chosen_fn chosen, gpointer data); // several
void file_dialog_open_adapter(GtkWindow *parent, file_chosen_fn chosen, gpointer data);
// A document of the library that was exported as one file; and what one is exported as, after its
// name.
void file_dialog_open_document(GtkWindow *parent, file_chosen_fn chosen, gpointer data);
void file_dialog_save_document(GtkWindow *parent, const char *name, file_chosen_fn chosen,
                               gpointer data);
// The photo of a document of that name.
void file_dialog_find_photo(GtkWindow *parent, const char *name, file_chosen_fn chosen,
                            gpointer data);
// A checkpoint file, or the model_index.json of a model folder.
void file_dialog_open_model(GtkWindow *parent, file_chosen_fn chosen, gpointer data);
// An autoencoder's file, or the config.json of its folder.
void file_dialog_open_vae(GtkWindow *parent, file_chosen_fn chosen, gpointer data);
// ways: adapter_dialect_ways() of the adapter.
void file_dialog_save_adapter(GtkWindow *parent, const char *name, const enum dialect_way *ways,
                              adapter_chosen_fn chosen, gpointer data);
// A folder that is there.
void file_dialog_open_folder(GtkWindow *parent, file_chosen_fn chosen, gpointer data);
// The same to write several files into.
void file_dialog_choose_folder(GtkWindow *parent, file_chosen_fn chosen, gpointer data);
// name: of the sticker, with the ending that is usual for it.
void file_dialog_save_sticker(GtkWindow *parent, const char *name, file_chosen_fn chosen,
                              gpointer data);
// photo: file name of the original; "tram.jpg" suggests "tram (Edited).png".
void file_dialog_export(GtkWindow *parent, const char *photo, export_chosen_fn chosen,
                        gpointer data);
// What happens after a name was chosen: a name without the suffix of a format becomes that of a PNG
// file, and if there is such a file already the person is asked.
void file_dialog_export_as(GtkWindow *parent, GFile *file, const struct export_choice *choice,
                           export_chosen_fn chosen, gpointer data);
