// The application: options, one session, one window, and the keys.
//
// Thread: main only.
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_APP (tincture_app_get_type())
G_DECLARE_FINAL_TYPE(TinctureApp, tincture_app, TINCTURE, APP, AdwApplication)

TinctureApp *tincture_app_new(void);
// What main() returns where g_application_run() itself had nothing to complain about.
int tincture_app_get_status(TinctureApp *self);
// The arguments to start again with, as with another model, or NULL where that was not asked for.
// Newly allocated.
GStrv tincture_app_get_next(TinctureApp *self, const char *program);

G_END_DECLS
