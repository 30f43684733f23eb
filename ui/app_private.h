// Shared by app.c (life) and app_actions.c (verbs and keys).
#pragma once

#include "ui/app.h"
#include "ui/core/session.h"

struct _TinctureApp {
    AdwApplication parent_instance;

    // owned
    TinctureSession *session;
    char *data_dir, *model, *vae, *device, *precision;

    // state
    gboolean exit_after_startup;
    gboolean new_library; // at the start, or after it has ended and starts again
    gboolean restart;     // once it has ended
};

void tincture_app_add_actions(TinctureApp *self);
