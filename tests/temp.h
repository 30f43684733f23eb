// Folders that a test makes for itself.
#pragma once

#include <glib.h>
#include <glib/gstdio.h>

// Removes the folder and everything in it. It follows links to folders, so use it only for folders
// that the test has made.
static inline void remove_tree(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    g_clear_pointer(&dir, g_dir_close);
    g_remove(path);
}
