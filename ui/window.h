// The main window: header bar, history, stage and inspector around one session.
//
// Thread: main only.
#pragma once

#include "ui/core/session.h"
#include "ui/dialogs/file_dialogs.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_WINDOW (tincture_window_get_type())
G_DECLARE_FINAL_TYPE(TinctureWindow, tincture_window, TINCTURE, WINDOW, AdwApplicationWindow)

GtkWidget *tincture_window_new(GtkApplication *app, TinctureSession *session);
TinctureSession *tincture_window_get_session(TinctureWindow *self);
// It shows its start page, and opens nothing.
gboolean tincture_window_is_free(TinctureWindow *self);
// Shows what is open in that session, in its window.
void tincture_window_present_session(GtkApplication *app, const TinctureSession *session);
// It was made for what is to be opened in it: where that is open in another one, it closes again.
void tincture_window_set_passing(TinctureWindow *self);

// A photo, an adapter (*.safetensors) for the photo that is open, or a document that was exported
// as one file.
void tincture_window_open(TinctureWindow *self, GFile *file);
// The first photo and every adapter of a list of GFile: there is one photo a window.
void tincture_window_open_files(TinctureWindow *self, GSList *files);
// Whether any of the files takes the place of what is open.
gboolean tincture_window_needs_place(GSList *files);
// What the dialogs end in.
void tincture_window_export(TinctureWindow *self, const char *path, const struct settings *options);
void tincture_window_export_adapter(TinctureWindow *self, gint64 id, GFile *file,
                                    const struct adapter_choice *choice);

// A document of the library as one file; and what is tried as the original of one that misses it.
void tincture_window_export_document(TinctureWindow *self, gint64 id, GFile *file);
void tincture_window_find_original(TinctureWindow *self, gint64 id, GFile *file);

// A recipe on many photos; plan NULL: what is done to the open one. files: NULL-terminated paths of
// photos and of folders of them.
void tincture_window_batch(TinctureWindow *self, const struct batch_plan *plan,
                           const char *const *files, const char *folder);

// A picture that leads the edits by the chosen control.
void tincture_window_set_hint(TinctureWindow *self, GFile *file);

G_END_DECLS
