// Folders that a test makes for itself.
#pragma once

#include <glib.h>
#include <glib/gstdio.h>

// The folder and all in it. A folder that a link names is emptied, too: not for what others made.
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
