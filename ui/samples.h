// The sample photos that come with the program.
#pragma once

#include <glib.h>

struct sample {
    char *path, *title, *caption;
};

// struct sample *, in the order to be offered; empty where there are none (transfer full).
GPtrArray *samples_load(void);
