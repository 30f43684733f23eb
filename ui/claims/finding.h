// What a trial has found: numbers under keys, and pictures with words below them. Kept as a JSON
// file that says what it is of.
#pragma once

#include "compute/error.h"

#include <glib.h>
#include <stdbool.h>

struct finding_picture {
    char *file;  // its name in the folder "pictures"
    char *words; // what it shows
};

struct finding {
    GHashTable *numbers; // char * -> double *
    GPtrArray *pictures; // struct finding_picture *
};

struct finding *finding_new(void);
void finding_free(struct finding *f);

void finding_put(struct finding *f, double value, const char *key, ...) G_GNUC_PRINTF(3, 4);
double finding_get(const struct finding *f, const char *key, ...)
    G_GNUC_PRINTF(2, 3); // NAN: there is none
// file: a name without a folder, copied.
void finding_show(struct finding *f, const char *file, const char *words, ...) G_GNUC_PRINTF(3, 4);

// Written with what it is of, and read where the file is of that. NULL, without an error: there is
// no such file, it is of something else, or it is damaged.
bool finding_write(const struct finding *f, const char *path, const char *of, GError **error);
struct finding *finding_read(const char *path, const char *of);
