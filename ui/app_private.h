// Shared by app.c (life) and app_actions.c (verbs and keys).
#pragma once

#include "ui/app.h"
#include "ui/window.h"

struct _TinctureApp {
    AdwApplication parent_instance;

    // owned
    TinctureStudio *studio;
    char *data_dir, *model, *vae, *device, *precision;
    char *page; // to begin with

    // state
    gboolean exit_after_startup;
    gboolean welcomes;                                      // a first start shows the tour
    gboolean given_data_dir, given_device, given_precision; // on the command line
    guint own_numbers;    // bits: those of the environment that the preferences have set
    gboolean chosen;      // another model or VAE is being loaded, and is to be kept
    gboolean new_window;  // is asked for, of a program that runs where there is one
    gboolean new_library; // at the start, or after it has ended and starts again
    gboolean restart;     // once it has ended
};

void tincture_app_add_actions(TinctureApp *self);
gboolean tincture_app_has_page(TinctureApp *self, const char *name);   // --page, a desktop's menu
void tincture_app_follow(TinctureApp *self, TinctureSession *session); // of a new window
// The one that was used last; NULL: there is none.
TinctureWindow *tincture_app_get_window(TinctureApp *self);
// Another one, on its start page but for the first, which restores what was open.
TinctureWindow *tincture_app_new_window(TinctureApp *self);
