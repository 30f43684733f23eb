#include "tests/fuzz/pieces.h"

#include "tests/temp.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *folder;

static void remove_folder(void)
{
    remove_tree(folder);
}

// Nothing here waits for the disk: no g_file_set_contents, no file that is cut and written again,
// which some file systems put on the disk when it is closed, and no SQLite that does.
int fsync(int fd)
{
    (void)fd;
    return 0;
}

int fdatasync(int fd)
{
    (void)fd;
    return 0;
}

static void write_piece(const char *path, const uint8_t *data, size_t size)
{
    g_remove(path);
    FILE *file = g_fopen(path, "wb");
    g_assert_true(file && (size == 0 || fwrite(data, size, 1, file) == 1) && fclose(file) == 0);
}

static void make_folder(const char *const *names)
{
    folder = g_dir_make_tmp("tincture-fuzz-XXXXXX", NULL);
    atexit(remove_folder);
    for (; *names; names++) {
        g_autofree char *path = g_build_filename(folder, *names, NULL);
        g_autofree char *parent = g_path_get_dirname(path);
        g_mkdir_with_parents(parent, 0700);
    }
}

const char *fuzz_folder(const uint8_t *data, size_t size, const char *const *names)
{
    if (!folder) {
        make_folder(names);
    }
    for (; *names; names++) {
        const uint8_t *nul = size > 0 && names[1] ? memchr(data, 0, size) : NULL;
        const size_t piece = nul ? (size_t)(nul - data) : size;
        g_autofree char *path = g_build_filename(folder, *names, NULL);
        if (size > 0) {
            write_piece(path, data, piece);
        } else {
            g_remove(path);
        }
        data += nul ? piece + 1 : piece;
        size -= nul ? piece + 1 : piece;
    }
    return folder;
}
