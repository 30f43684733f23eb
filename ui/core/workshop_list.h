// Which adapters a person has put on the workshop's list, and taken off it: a file workshop.json of
// the library, with paths that are relative where they lie in it.
//
// Thread: main only.
#pragma once

#include "ui/store/store.h"

struct workshop_list {
    GPtrArray *added, *removed; // char *, absolute paths
};

// store NULL, and no file: an empty one; also where the file cannot be read, with an error.
void workshop_list_read(struct workshop_list *list, const struct store *store, GError **error);
void workshop_list_clear(struct workshop_list *list);
// Puts a path on the list, or takes it off. An adapter that the library has is listed anyway; it
// need not be put on, and can be taken off.
void workshop_list_put(struct workshop_list *list, const char *path);
void workshop_list_remove(struct workshop_list *list, const char *path);
bool workshop_list_is_removed(const struct workshop_list *list, const char *path);
bool workshop_list_write(const struct workshop_list *list, const struct store *store,
                         GError **error);
