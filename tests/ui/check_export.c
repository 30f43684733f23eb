// check_export PHOTO EDITED.png EDITED.jpg: what an exported edit must hold. The photo's own size,
// another picture that still is the photo in large parts, no recipe unless asked for, and the same
// picture in both formats.
//
// check_export PHOTO COPY: what a photo exported without an edit must be. The same depth, the same
// colour space, the same pixels.
#include "render/compare.h"
#include "render/file.h"

#include <stdlib.h>
#include <string.h>

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

static void check(bool condition, const char *sentence)
{
    if (!condition) {
        g_printerr("exported picture: %s\n", sentence);
        exit(EXIT_FAILURE);
    }
}

static void check_copy(const char *photo_path, const char *copy_path)
{
    struct image *photo = load(photo_path), *copy = load(copy_path);
    check(copy->meta.bits == photo->meta.bits, "it has another depth");
    check((copy->meta.icc != NULL) == (photo->meta.icc != NULL), "it is in another colour space");
    check(copy->width == photo->width && copy->height == photo->height, "it has another size");
    check(memcmp(copy->rgb, photo->rgb, sizeof(float) * 3 * copy->width * copy->height) == 0,
          "it has other pixels");
    image_free(photo);
    image_free(copy);
}

static void check_edit(char **argv)
{
    struct image *photo = load(argv[1]), *png = load(argv[2]), *jpeg = load(argv[3]);
    check(png->width == photo->width && png->height == photo->height, "the PNG has another size");
    check(jpeg->width == photo->width && jpeg->height == photo->height,
          "the JPEG has another size");
    check(png->meta.recipe == NULL && jpeg->meta.recipe == NULL, "there is a recipe unasked for");
    double change = compare_psnr(photo, png), formats = compare_psnr(png, jpeg);
    g_print("photo and edit: %.1f dB, PNG and JPEG: %.1f dB\n", change, formats);
    check(change < 60, "nothing was edited");
    check(change > 8, "it is not the photo any more");
    check(formats > 28, "the two formats differ");
    image_free(photo);
    image_free(png);
    image_free(jpeg);
}

int main(int argc, char **argv)
{
    check(argc == 3 || argc == 4, "two or three files are needed");
    if (argc == 3) {
        check_copy(argv[1], argv[2]);
    } else {
        check_edit(argv);
    }
    return EXIT_SUCCESS;
}
