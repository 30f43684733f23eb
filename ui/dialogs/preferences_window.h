// Preferences: what computes, where the library lies, how learning begins, and what an export says.
// Each row takes effect at once or says when it does, and goes back to its default by itself.
//
// Thread: main only.
#pragma once

#include "ui/core/session.h"

#include <gtk/gtk.h>

void preferences_window_show(GtkWindow *parent, TinctureSession *session);
// What the preferences say of a session, which is told now and whenever they change, until it goes.
void preferences_apply(TinctureSession *session);
