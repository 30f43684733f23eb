// Files that no codec reads are told for what they are.
#include "compute/error.h"
#include "render/codec.h"
#include "render/file.h"

#include <string.h>

// The first bytes of files of other programs and of cameras, after ExifTool's list.
static void test_named_refusals(void)
{
    static const struct {
        const char *bytes, *word;
        gsize size;
    } CASES[] = {
        {"FUJIFILMCCD-RAW 0201", "raw photo", 20},
        {"\0\0\0\x18"
         "ftypcrx \0\0\0\1crx isom",
         "raw photo", 24},
        {"II\x1a\0\0\0HEAPCCDR", "raw photo", 14},
        {"IIU\0\x18\0\0\0", "raw photo", 8},
        {"8BPS\0\1\0\0", "Photoshop", 8},
        {"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS", 56},
        {"gimp xcf v011", "GIMP", 13},
        {"\x76\x2f\x31\x01\2\0\0\0", "OpenEXR", 8},
        {"qoif\0\0\0\1", "QOI", 8},
        {"DDS \x7c\0\0\0", "DDS", 8},
        {"\x0a\5\1\x08", "PCX", 4},
        {"icns\0\0\1\0", "ICNS", 8},
        {"#?RADIANCE\n", "HDR", 11},
        {"\xff\x4f\xff\x51", "JPEG 2000", 4},
        {"PK\3\4\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\0\0\0"
         "mimetypeapplication/x-krita",
         "Krita", 57},
        {"<?xml version=\"1.0\"?>\n<!-- a drawing -->\n<svg width=\"3\">", "SVG", 54},
        {"\xef\xbb\xbf \n<SVG>", "SVG", 10},
        {"<!DOCTYPE HTML>\n<title>404</title>", "web page", 34},
        {"\0\0\0\x20"
         "ftypisom",
         "video", 12},
        // Targa without a mark: of colours, of a palette, packed grays; and with the mark of 1989.
        {"\0\0\2\0\0\0\0\0\0\0\0\0\3\0\2\0\x18\x20xx", "Targa", 20},
        {"\0\1\1\0\0\0\1\x18\0\0\0\0\3\0\2\0\x08\0xx", "Targa", 20},
        {"\0\0\x0b\0\0\0\0\0\0\0\0\0\3\0\2\0\x08\0xx", "Targa", 20},
        {"\0\0\2\0\0\0\0\0\0\0\0\0\3\0\2\0\x01\0TRUEVISION-XFILE.\0", "Targa", 36},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autoptr(GBytes) file = g_bytes_new_static(CASES[i].bytes, CASES[i].size);
        g_autoptr(GError) error = NULL;

        g_assert_null(image_load_bytes(file, NULL, &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, CASES[i].word));
    }
}

// What little says less is no Targa picture.
static void test_no_targa(void)
{
    static const char *const HEADS[] = {
        "\0\0\2\0\0\0\0\0\0\0\0\0\0\0\2\0\x18\x20xx", // without a width
        "\0\0\2\0\0\0\0\0\0\0\0\0\3\0\2\0\x17\x20xx", // of a depth that there is not
        "\0\1\2\0\0\0\1\x18\0\0\0\0\3\0\2\0\x18\0xx", // colours with a palette
        "\0\0\4\0\0\0\0\0\0\0\0\0\3\0\2\0\x18\x20xx", // of a kind that there is not
    };

    for (size_t i = 0; i < G_N_ELEMENTS(HEADS); i++) {
        g_autoptr(GBytes) file = g_bytes_new_static(HEADS[i], 20);

        g_assert_null(codec_refused(file));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/foreign/named-refusals", test_named_refusals);
    g_test_add_func("/foreign/no-targa", test_no_targa);
    return g_test_run();
}
