// check_pixels WINDOW PHOTO: the middle of the photo is in the picture of the window, pixel for
// pixel: neither scaled nor moved by a part of a pixel.
#include "render/file.h"

#include <math.h>
#include <stdlib.h>

#define SIDE  48
#define CLOSE 0.004f // one step of 8 bits

static struct image *load(const char *path)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    g_autoptr(GError) error = NULL;
    struct image *image = image_load(file, NULL, &error);
    if (image == NULL) {
        g_printerr("%s\n", error->message);
        exit(EXIT_FAILURE);
    }
    return image;
}

static bool is_at(const struct image *window, int x, int y, const struct image *photo, int px,
                  int py)
{
    for (int row = 0; row < SIDE; row++) {
        const float *a = window->rgb + 3 * ((size_t)(y + row) * window->width + x);
        const float *b = photo->rgb + 3 * ((size_t)(py + row) * photo->width + px);
        for (int i = 0; i < 3 * SIDE; i++) {
            if (fabsf(a[i] - b[i]) > CLOSE) {
                return false;
            }
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        return EXIT_FAILURE;
    }
    struct image *window = load(argv[1]), *photo = load(argv[2]);
    int px = (photo->width - SIDE) / 2, py = (photo->height - SIDE) / 2, found = 0;
    for (int y = 0; y + SIDE <= window->height; y++) {
        for (int x = 0; x + SIDE <= window->width; x++) {
            found += is_at(window, x, y, photo, px, py);
        }
    }
    g_print("%d x %d: found %d times\n", window->width, window->height, found);
    image_free(window);
    image_free(photo);
    return found == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
