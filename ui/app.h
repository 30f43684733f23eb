// The application: options, one studio, its windows, each with a session, and the keys.
//
// Thread: main only.
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_APP (tincture_app_get_type())
G_DECLARE_FINAL_TYPE(TinctureApp, tincture_app, TINCTURE, APP, AdwApplication)

TinctureApp *tincture_app_new(void);
// A start without a photo shows the tour, where it has never been shown.
void tincture_app_welcome(TinctureApp *self);
// Runs the application to its end and takes it over; the result is the program's exit status. Does
// not return where the program has to start again, with another model for example: it replaces
// itself by exec().
int tincture_app_run(TinctureApp *self, int argc, char **argv);

G_END_DECLS
