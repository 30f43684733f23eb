// Asks for files with the desktop's own dialogs. Nothing blocks: the answer comes in a callback,
// which is not called when the person cancels.
//
// Thread: main only.
#pragma once

#include "compute/adapter/dialect/dialect.h"

#include <gtk/gtk.h>
#include <stdbool.h>

typedef void (*file_chosen_fn)(GFile *file, gpointer data);
typedef void (*files_chosen_fn)(GListModel *files, gpointer data); // of GFile
struct adapter_choice {
    const char *dialect; // of the file (compute/adapter/dialect/dialect.h), NULL: the method's own
    int rank;            // of a low-rank copy, where the dialect needs one
};
typedef void (*adapter_chosen_fn)(GFile *file, const struct adapter_choice *choice, gpointer data);

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
// A folder that is there, beginning at one (NULL is allowed), which is not remembered.
void file_dialog_choose_place(GtkWindow *parent, const char *from, file_chosen_fn chosen,
                              gpointer data);
// A batch's recipe (core/batch_recipe.h).
void file_dialog_open_recipe(GtkWindow *parent, file_chosen_fn chosen, gpointer data);
void file_dialog_save_recipe(GtkWindow *parent, file_chosen_fn chosen, gpointer data);
