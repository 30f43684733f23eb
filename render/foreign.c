// What files are that no member of the table reads, by their first bytes (ExifTool's and the magic
// numbers of file(1)), so that a person is told more than that it is no picture.
#include "render/codec.h"

#include "compute/i18n.h"

#include <string.h>

// What is said of a file: a sentence, or one of a family of formats with the format's name.
enum family { SENTENCE, PICTURE, DOCUMENT, DRAWING };

#define RAW_PHOTO                                                                                  \
    SENTENCE, N_("it is a raw photo of a camera, which a raw converter has to develop first")
#define VIDEO SENTENCE, N_("it is a video; save one of its pictures as TIFF or PNG")
#define PAGE  N_("it is a web page, as a download leaves one in the place of the picture")

// Raw photos that are TIFF files are known to that codec.
static const struct signature {
    const char *bytes;
    gsize offset, size;
    enum family family;
    const char *text;
} SIGNATURES[] = {
    {"FUJIFILMCCD-RAW", 0, 15, RAW_PHOTO}, // RAF
    {"ftypcrx ", 4, 8, RAW_PHOTO},         // CR3
    {"HEAPCCDR", 6, 8, RAW_PHOTO},         // CRW
    {"IIRO", 0, 4, RAW_PHOTO},             // ORF
    {"IIRS", 0, 4, RAW_PHOTO},             // ORF
    {"MMOR", 0, 4, RAW_PHOTO},             // ORF
    {"IIU\0", 0, 4, RAW_PHOTO},            // RW2
    {"\0MRM", 0, 4, RAW_PHOTO},            // MRW
    {"FOVb", 0, 4, RAW_PHOTO},             // X3F
    {"8BPS", 0, 4, SENTENCE, N_("it is a Photoshop document (PSD); save a copy as TIFF or PNG")},
    {"gimp xcf", 0, 8, DOCUMENT, "GIMP (XCF)"},
    {"mimetypeapplication/x-krita", 30, 27, DOCUMENT, "Krita"},
    {"mimetypeimage/openraster", 30, 24, DOCUMENT, "OpenRaster"},
    {"CSFCHUNK", 0, 8, DOCUMENT, "Clip Studio"},
    {"PDN3", 0, 4, DOCUMENT, "Paint.NET"},
    {"\0\xff"
     "KA",
     0, 4, DOCUMENT, "Affinity"},
    {"%PDF-", 0, 5, SENTENCE, N_("it is a PDF document; save its page as TIFF or PNG")},
    {"%!PS", 0, 4, DOCUMENT, "PostScript"},
    {"AT&TFORM", 0, 8, DOCUMENT, "DjVu"},
    {"\0\0\0\x0cjP  ", 0, 8, PICTURE, "JPEG 2000"},
    {"\xff\x4f\xff\x51", 0, 4, PICTURE, "JPEG 2000"},
    {"II\xbc\x01", 0, 4, PICTURE, "JPEG XR"},
    {"\x76\x2f\x31\x01", 0, 4, PICTURE, "OpenEXR"},
    {"#?RADIANCE", 0, 10, PICTURE, "Radiance HDR"},
    {"#?RGBE", 0, 6, PICTURE, "Radiance HDR"},
    {"qoif", 0, 4, PICTURE, "QOI"},
    {"DDS ", 0, 4, PICTURE, "DirectDraw (DDS)"},
    {"\x0a\x00\x01", 0, 3, PICTURE, "PCX"},
    {"\x0a\x02\x01", 0, 3, PICTURE, "PCX"},
    {"\x0a\x03\x01", 0, 3, PICTURE, "PCX"},
    {"\x0a\x05\x01", 0, 3, PICTURE, "PCX"},
    {"icns", 0, 4, SENTENCE, N_("it is an icon of macOS (ICNS); save one of its pictures as PNG")},
    {"SDPX", 0, 4, PICTURE, "DPX"},
    {"XPDS", 0, 4, PICTURE, "DPX"},
    {"\x80\x2a\x5f\xd7", 0, 4, PICTURE, "Cineon"},
    {"SIMPLE  =", 0, 9, PICTURE, "FITS"},
    {"\x01\xda", 0, 2, PICTURE, "SGI"},
    {"\x59\xa6\x6a\x95", 0, 4, PICTURE, "Sun raster"},
    {"FLIF", 0, 4, PICTURE, "FLIF"},
    {"\x8aMNG", 0, 4, PICTURE, "MNG"},
    {"\x8bJNG", 0, 4, PICTURE, "JNG"},
    {"/* XPM */", 0, 9, PICTURE, "XPM"},
    {"id=ImageMagick", 0, 14, PICTURE, "MIFF"},
    {"DICM", 128, 4, PICTURE, "DICOM"},
    {"\xd7\xcd\xc6\x9a", 0, 4, DRAWING, "WMF"},
    {" EMF", 40, 4, DRAWING, "EMF"},
    {"version https://git-lfs", 0, 23, SENTENCE,
     N_("it is a pointer of Git LFS; the file itself is fetched by git lfs pull")},
    {"\x1f\x8b", 0, 2, SENTENCE, N_("it is packed (gzip); unpack it first")},
    {"PK\x03\x04", 0, 4, SENTENCE, N_("it is an archive (ZIP); unpack it first")},
    {"GGUF", 0, 4, SENTENCE,
     N_("it is a model in GGUF form; the same model is read as safetensors")},
    {"\x1a\x45\xdf\xa3", 0, 4, VIDEO},
    {"ftypisom", 4, 8, VIDEO},
    {"ftypmp4", 4, 7, VIDEO},
    {"ftypqt", 4, 6, VIDEO},
    {"ftypM4V", 4, 7, VIDEO},
    {"AVI ", 8, 4, VIDEO},
};

// ---- texts --------------------------------------------------------------------------------------

// Whether the word stands among the first bytes, in upper or lower case.
static bool has_word(const uint8_t *data, gsize size, const char *word)
{
    enum { FIRST = 1024 };
    g_autofree char *text = g_strndup((const char *)data, MIN(size, FIRST));
    g_autofree char *lower = g_ascii_strdown(text, -1);

    return strstr(lower, word) != NULL;
}

static char *say(enum family family, const char *text)
{
    switch (family) {
    case PICTURE:
        return g_strdup_printf(_("it is a picture of the format %s; save it as TIFF or PNG"), text);
    case DOCUMENT:
        return g_strdup_printf(_("it is a document of %s; export it as TIFF or PNG"), text);
    case DRAWING:
        return g_strdup_printf(_("it is a drawing (%s), which has no pixels; export it as PNG"),
                               text);
    case SENTENCE: break;
    }
    return g_strdup(translated(text));
}

// Drawings and pages begin with any of several marks, and with comments before them.
static char *refused_text(const uint8_t *data, gsize size)
{
    gsize at = size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    while (at < size && g_ascii_isspace(data[at])) {
        at++;
    }
    if (at >= size || data[at] != '<') {
        return NULL;
    }
    return has_word(data + at, size - at, "<html") ||
                   has_word(data + at, size - at, "<!doctype html")
               ? say(SENTENCE, PAGE)
           : has_word(data + at, size - at, "<svg") ? say(DRAWING, "SVG")
                                                    : NULL;
}

// ---- Targa --------------------------------------------------------------------------------------

// Files of 1984 have no mark at all: what can stand at their beginning is little enough. Those of
// 1989 have one at the end.
static bool is_targa(const uint8_t *data, gsize size)
{
    static const char END[] = "TRUEVISION-XFILE.";
    enum { HEAD = 18 };

    if (size >= sizeof(END) + HEAD && memcmp(data + size - sizeof(END), END, sizeof(END)) == 0) {
        return true;
    }
    if (size <= HEAD) {
        return false;
    }

    const int palette = data[1], kind = data[2] & ~8, depth = data[16];
    const bool sizes =
        codec_little_endian(data + 12, 2) > 0 && codec_little_endian(data + 14, 2) > 0;
    const bool palette_known = data[7] == 15 || data[7] == 16 || data[7] == 24 || data[7] == 32;

    return sizes && (data[2] & ~11) == 0 && (data[17] & 0xc0) == 0 &&
           ((kind == 1 && palette == 1 && palette_known && depth == 8) ||
            (kind == 2 && palette == 0 && (depth == 16 || depth == 24 || depth == 32)) ||
            (kind == 3 && palette == 0 && depth == 8));
}

char *codec_refused(GBytes *file)
{
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);

    for (size_t i = 0; i < G_N_ELEMENTS(SIGNATURES); i++) {
        const struct signature *s = &SIGNATURES[i];

        if (size >= s->offset + s->size && memcmp(data + s->offset, s->bytes, s->size) == 0) {
            return say(s->family, s->text);
        }
    }

    char *reason = refused_text(data, size);

    return reason != NULL ? reason : is_targa(data, size) ? say(PICTURE, "Targa (TGA)") : NULL;
}
