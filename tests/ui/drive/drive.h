// Drives the window from a script, one command a line, for tests and screenshots: it sets the real
// entries, sliders and switches, activates the real actions, and reads back what the session says.
// The language is described in tests/ui/README.md.
//
// Thread: main only.
#pragma once

#include "ui/window.h"

// ok: every command did what it says. Otherwise the line and the reason are on standard error.
typedef void (*drive_finished_fn)(gboolean ok, gpointer data);

// Runs in the main loop; finished is called once, at the end, at "quit" or at the first failure.
void drive_start(TinctureWindow *window, const char *script, drive_finished_fn finished,
                 gpointer data);
