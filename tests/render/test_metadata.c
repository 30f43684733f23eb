// EXIF blocks: what is read from them and what goes with an export. Blocks are put together by
// hand, in both byte orders.
#include "render/codec.h"
#include "render/file.h"
#include "render/metadata.h"
#include "tests/render/pictures.h"

#include <libexif/exif-data.h>
#include <stdlib.h>
#include <string.h>

enum { BYTE = 1, ASCII, SHORT, LONG, SBYTE = 6, SSHORT = 8, SLONG };

struct entry {
    guint16 tag, type;
    guint32 count;
    const char *text; // of ASCII, at most 4 with its zero
    guint32 number;
};

// ---- blocks by hand -----------------------------------------------------------------------------

static void put(GByteArray *block, bool little, guint32 value, guint bytes)
{
    for (guint i = 0; i < bytes; i++) {
        const guint8 byte = (guint8)(value >> 8 * (little ? i : bytes - 1 - i));

        g_byte_array_append(block, &byte, 1);
    }
}

static guint bytes_of(guint16 type)
{
    return type == LONG || type == SLONG ? 4 : type == SHORT || type == SSHORT ? 2 : 1;
}

// A directory of what fits into its entries, up to one whose tag is 0.
static void put_directory(GByteArray *block, bool little, const struct entry *entries, guint32 next)
{
    guint count = 0;

    while (entries[count].tag != 0) {
        count++;
    }
    put(block, little, count, 2);
    for (const struct entry *e = entries; e->tag != 0; e++) {
        guint8 value[4] = {0};

        put(block, little, e->tag, 2);
        put(block, little, e->type, 2);
        put(block, little, e->count, 4);
        if (e->text != NULL) {
            memcpy(value, e->text, strlen(e->text));
            g_byte_array_append(block, value, 4);
        } else {
            put(block, little, e->number, bytes_of(e->type));
            g_byte_array_append(block, value, 4 - bytes_of(e->type));
        }
    }
    put(block, little, next, 4);
}

static GByteArray *begin(bool little)
{
    GByteArray *block = g_byte_array_new();

    g_byte_array_append(block, (const guint8 *)(little ? "II" : "MM"), 2);
    put(block, little, 42, 2);
    put(block, little, 8, 4);
    return block;
}

static GBytes *block_of(bool little, const struct entry *entries)
{
    GByteArray *block = begin(little);

    put_directory(block, little, entries, 0);
    return g_byte_array_free_to_bytes(block);
}

static GBytes *export(GBytes *source)
{
    const struct metadata_export params = {.source = source, .width = 20, .height = 30};

    return metadata_for_export(&params);
}

// An entry of an exported block as text; "": there is none.
static void assert_value(GBytes *block, ExifIfd ifd, int tag, const char *expected)
{
    g_autoptr(GByteArray) marked = g_byte_array_new();
    char text[64] = "";

    g_assert_nonnull(block);
    g_byte_array_append(marked, (const guint8 *)"Exif\0", 6);
    g_byte_array_append(marked, g_bytes_get_data(block, NULL), (guint)g_bytes_get_size(block));

    ExifData *data = exif_data_new();

    exif_data_unset_option(data, EXIF_DATA_OPTION_IGNORE_UNKNOWN_TAGS);
    exif_data_load_data(data, marked->data, marked->len);

    ExifEntry *entry = exif_content_get_entry(data->ifd[ifd], (ExifTag)tag);

    if (entry != NULL) {
        exif_entry_get_value(entry, text, sizeof(text));
    }
    g_assert_cmpstr(text, ==, expected);
    exif_data_unref(data);
}

static void assert_holds(GBytes *file, const void *bytes, gsize count)
{
    gsize size = 0;
    g_autofree guint8 *copy = g_bytes_unref_to_data(g_bytes_ref(file), &size);

    g_assert_nonnull(bytes_find(copy, size, bytes, count));
}

// ---- tests --------------------------------------------------------------------------------------

// A short by the book; cameras and programs write the others.
static void test_orientation_of_any_type(void)
{
    static const guint16 TYPES[] = {BYTE, SHORT, LONG, SBYTE, SSHORT, SLONG};

    for (size_t i = 0; i < 2 * G_N_ELEMENTS(TYPES); i++) {
        for (guint32 value = 0; value <= 10; value++) {
            const struct entry entries[] = {{0x0112, TYPES[i / 2], 1, NULL, value}, {0}};
            g_autoptr(GBytes) block = block_of(i % 2, entries);
            g_autoptr(GBytes) out = export(block);

            g_assert_cmpint(metadata_orientation(block), ==, value >= 1 && value <= 8 ? value : 1);
            g_assert_cmpint(metadata_orientation(out), ==, 1);
        }
    }
}

static void test_orientation_of_no_use(void)
{
    static const struct entry TEXT[] = {{0x0112, ASCII, 2, "6", 0}, {0}};
    static const struct entry LARGE[] = {{0x0112, LONG, 1, NULL, 0x60006}, {0}};
    static const struct entry NEGATIVE[] = {{0x0112, SLONG, 1, NULL, 0xfffffffa}, {0}};
    static const struct entry NONE[] = {{0x0112, SHORT, 0, NULL, 6}, {0}};
    static const struct entry *const ALL[] = {TEXT, LARGE, NEGATIVE, NONE};

    g_assert_cmpint(metadata_orientation(NULL), ==, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(ALL); i++) {
        g_autoptr(GBytes) block = block_of(i % 2, ALL[i]);

        g_assert_cmpint(metadata_orientation(block), ==, 1);
    }
}

// Against the specification; the first counts, and none is left beside what an export says.
static void test_twice(void)
{
    static const struct entry ENTRIES[] = {
        {0x0112, SHORT, 1, NULL, 6}, {0x0112, SHORT, 1, NULL, 3}, {0, 0, 0, NULL, 0}};
    g_autoptr(GBytes) block = block_of(false, ENTRIES);
    g_autoptr(GBytes) out = export(block);

    g_assert_cmpint(metadata_orientation(block), ==, 6);
    assert_value(out, EXIF_IFD_0, EXIF_TAG_ORIENTATION, "Top-left");
}

// All but place and what speaks of the original's pixels.
static void test_kept(void)
{
    for (int little = 0; little < 2; little++) {
        const struct entry main[] = {
            {EXIF_TAG_MAKE, ASCII, 4, "Tin", 0},
            {EXIF_TAG_MODEL, ASCII, 3, "M1", 0},
            {EXIF_TAG_SOFTWARE, ASCII, 3, "Sw", 0},
            {EXIF_TAG_ARTIST, ASCII, 4, "Ann", 0},
            {EXIF_TAG_COPYRIGHT, ASCII, 3, "me", 0},
            {EXIF_TAG_EXIF_IFD_POINTER, LONG, 1, NULL, 98},
            {0x8825, LONG, 1, NULL, 152},
            {0},
        };
        const struct entry exif[] = {
            {EXIF_TAG_USER_COMMENT, ASCII, 4, "mine", 0},
            {EXIF_TAG_COLOR_SPACE, SHORT, 1, NULL, 2},
            {0xa431, ASCII, 3, "77", 0}, // the camera's serial number
            {0xfde8, SHORT, 1, NULL, 5}, // nobody's
            {0},
        };
        const struct entry place[] = {{1, ASCII, 2, "N", 0}, {0}};
        GByteArray *parts = begin(little);

        put_directory(parts, little, main, 0);
        g_assert_cmpuint(parts->len, ==, 98);
        put_directory(parts, little, exif, 0);
        g_assert_cmpuint(parts->len, ==, 152);
        put_directory(parts, little, place, 0);

        g_autoptr(GBytes) block = g_byte_array_free_to_bytes(parts);
        g_autoptr(GBytes) out = export(block);

        assert_value(block, EXIF_IFD_GPS, 1, "N");
        assert_value(out, EXIF_IFD_GPS, 1, "");
        assert_value(out, EXIF_IFD_EXIF, EXIF_TAG_USER_COMMENT, "mine");
        assert_value(out, EXIF_IFD_0, EXIF_TAG_MAKE, "Tin");
        assert_value(out, EXIF_IFD_0, EXIF_TAG_MODEL, "M1");
        assert_value(out, EXIF_IFD_0, EXIF_TAG_SOFTWARE, "Sw");
        assert_value(out, EXIF_IFD_0, EXIF_TAG_ARTIST, "Ann");
        assert_value(out, EXIF_IFD_0, EXIF_TAG_COPYRIGHT, "me (Photographer) - [None] (Editor)");
        assert_value(out, EXIF_IFD_EXIF, 0xa431, "77");
        assert_value(out, EXIF_IFD_EXIF, 0xfde8, "5");
        assert_value(out, EXIF_IFD_EXIF, EXIF_TAG_COLOR_SPACE, "Adobe RGB");
        assert_value(out, EXIF_IFD_EXIF, EXIF_TAG_PIXEL_X_DIMENSION, "20");
        assert_value(out, EXIF_IFD_EXIF, EXIF_TAG_PIXEL_Y_DIMENSION, "30");
    }
}

static void test_thumbnail_is_left_out(void)
{
    static const char PIXELS[] = "pixels";
    const struct entry main[] = {{EXIF_TAG_MAKE, ASCII, 4, "Tin", 0}, {0}};
    const struct entry thumbnail[] = {{0x0201, LONG, 1, NULL, 56}, {0x0202, LONG, 1, NULL, 6}, {0}};
    GByteArray *parts = begin(false);

    put_directory(parts, false, main, 26);
    g_assert_cmpuint(parts->len, ==, 26);
    put_directory(parts, false, thumbnail, 0);
    g_assert_cmpuint(parts->len, ==, 56);
    g_byte_array_append(parts, (const guint8 *)PIXELS, 6);

    g_autoptr(GBytes) block = g_byte_array_free_to_bytes(parts);
    g_autoptr(GBytes) out = export(block);
    gsize size = 0;
    g_autofree guint8 *bytes = g_bytes_unref_to_data(g_bytes_ref(out), &size);

    assert_value(out, EXIF_IFD_0, EXIF_TAG_MAKE, "Tin");
    g_assert_null(bytes_find(bytes, size, PIXELS, 6));
}

// ---- comments -----------------------------------------------------------------------------------

// A block of one comment, with its code.
static GBytes *comment_of(const char *text, guint size)
{
    const struct entry main[] = {{EXIF_TAG_EXIF_IFD_POINTER, LONG, 1, NULL, 26}, {0}};
    GByteArray *parts = begin(false);

    put_directory(parts, false, main, 0);
    g_assert_cmpuint(parts->len, ==, 26);
    put(parts, false, 1, 2);
    put(parts, false, EXIF_TAG_USER_COMMENT, 2);
    put(parts, false, 7, 2); // undefined
    put(parts, false, size, 4);
    put(parts, false, 26 + 2 + 12 + 4, 4);
    put(parts, false, 0, 4);
    g_byte_array_append(parts, (const guint8 *)text, size);
    return g_byte_array_free_to_bytes(parts);
}

// What a person wrote goes with an export; the settings of a picture that was drawn do not.
static void test_comments(void)
{
    static const struct {
        const char *text;
        guint size;
        bool recipe;
    } CASES[] = {
        {"ASCII\0\0\0my comment", 18, false},
        {"UNICODE\0\0h\0i", 12, false},
        {"\0\0\0\0\0\0\0\0my comment", 18, false},
        {"ASCII\0\0\0Steps: of marble", 24, false},
        {"ASCII\0\0\0a cat\nSteps: 20, Sampler: DDIM", 39, true},
        {"ASCII\0\0\0{\"prompt\": \"a cat\"}", 27, true},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autoptr(GBytes) block = comment_of(CASES[i].text, CASES[i].size);
        g_autoptr(GBytes) out = export(block);
        g_autofree char *recipe = metadata_recipe(block);

        g_assert_true((recipe != NULL) == CASES[i].recipe);
        if (CASES[i].recipe) {
            g_assert_null(out); // there was nothing else
        } else {
            assert_holds(out, CASES[i].text, CASES[i].size);
        }
    }
}

// A recipe that is asked for takes that place, and the comment another.
static void test_comment_beside_recipe(void)
{
    g_autoptr(GBytes) block = comment_of("ASCII\0\0\0my comment", 18);
    const struct metadata_export params = {
        .source = block, .recipe = "a cat\nSteps: 20", .width = 20, .height = 30};
    g_autoptr(GBytes) out = metadata_for_export(&params);
    g_autofree char *recipe = metadata_recipe(out);

    g_assert_cmpstr(recipe, ==, params.recipe);
    assert_value(out, EXIF_IFD_0, EXIF_TAG_XP_COMMENT, "my comment");
}

// Below the one that is there already, once; and likewise one that the file has outside EXIF.
static void test_several_comments(void)
{
    g_autoptr(GBytes) block = comment_of("ASCII\0\0\0my comment", 18);
    struct metadata_export params = {.source = block,
                                     .recipe = "a cat\nSteps: 20",
                                     .comment = "from elsewhere",
                                     .width = 20,
                                     .height = 30};
    g_autoptr(GBytes) out = metadata_for_export(&params);

    assert_value(out, EXIF_IFD_0, EXIF_TAG_XP_COMMENT, "from elsewhere\nmy comment");
    params.source = out;
    g_autoptr(GBytes) again = metadata_for_export(&params);

    assert_value(again, EXIF_IFD_0, EXIF_TAG_XP_COMMENT, "from elsewhere\nmy comment");
}

// A JPEG file's own comment goes along, into files of every format; a recipe there is none.
static void test_comment_of_jpeg(void)
{
    static const char *const TEXTS[] = {"plain", "gr\xc3\xbc\xc3\x9f", "a cat\nSteps: 20"};

    for (size_t i = 0; i < G_N_ELEMENTS(TEXTS); i++) {
        for (const struct codec *const *codec = codec_all(); *codec != NULL; codec++) {
            struct image *photo = picture_flat(20, 30, 0.5f, 0.5f, 0.5f);
            struct image_save_params params = {.format = "jpeg", .keep_metadata = true};
            g_autoptr(GError) error = NULL;

            photo->meta.comment = g_strdup(TEXTS[i]);
            g_autoptr(GBytes) jpeg = image_encode(photo, &params, &error);

            image_free(photo);
            photo = image_load_bytes(jpeg, NULL, &error);
            g_assert_no_error(error);
            g_assert_cmpstr(photo->meta.comment, ==, i < 2 ? TEXTS[i] : NULL);
            g_assert_cmpstr(photo->meta.recipe, ==, i < 2 ? NULL : TEXTS[i]);
            if (i < 2 && (*codec)->write != NULL) {
                params.format = (*codec)->name;
                params.recipe = "a dog\nSteps: 20";
                g_autoptr(GBytes) file = image_encode(photo, &params, &error);
                struct image *back = image_load_bytes(file, NULL, &error);

                g_assert_no_error(error);
                g_assert_cmpstr(back->meta.recipe, ==, params.recipe);
                if ((*codec)->own_comment) {
                    g_assert_cmpstr(back->meta.comment, ==, TEXTS[i]);
                } else {
                    assert_value(back->meta.exif, EXIF_IFD_0, EXIF_TAG_XP_COMMENT, TEXTS[i]);
                }
                image_free(back);
            }
            image_free(photo);
        }
    }
}

// The comment of a block, wherever it stands in it.
static void assert_comment(GBytes *block, bool moved)
{
    if (moved) {
        assert_value(block, EXIF_IFD_0, EXIF_TAG_XP_COMMENT, "my comment");
    } else {
        assert_holds(block, "ASCII\0\0\0my comment", 18);
    }
}

// In files of every format, also once more, as of an export that is edited.
static void test_comment_in_files(void)
{
    for (const struct codec *const *codec = codec_all(); *codec != NULL; codec++) {
        if ((*codec)->write == NULL) {
            continue;
        }

        struct image *photo = picture_flat(20, 30, 0.5f, 0.5f, 0.5f);

        photo->meta.exif = comment_of("ASCII\0\0\0my comment", 18);
        for (int i = 0; i < 2; i++) {
            const struct image_save_params params = {.format = (*codec)->name,
                                                     .quality = 90,
                                                     .keep_metadata = true,
                                                     .recipe = "a cat\nSteps: 20"};
            g_autoptr(GError) error = NULL;
            g_autoptr(GBytes) file = image_encode(photo, &params, &error);

            g_assert_no_error(error);
            image_free(photo);
            photo = image_load_bytes(file, NULL, &error);
            g_assert_no_error(error);
            g_assert_cmpstr(photo->meta.recipe, ==, params.recipe);
            assert_comment(photo->meta.exif, (*codec)->exif_recipe);
        }
        image_free(photo);
    }
}

// ---- notes of cameras ---------------------------------------------------------------------------

// A block of a maker and its note: a directory of one text, at a place in the block. Texts give
// places, which are below 256.
static GBytes *note_of(const char *maker)
{
    enum { UNDEFINED = 7, IMAGE_TYPE = 6 }; // Canon's
    static const char TEXT[] = "IMG:a camera";
    const struct entry main[] = {
        {EXIF_TAG_MAKE, ASCII, 6, "\x26", 0}, {EXIF_TAG_EXIF_IFD_POINTER, LONG, 1, NULL, 44}, {0}};
    const struct entry exif[] = {{EXIF_TAG_MAKER_NOTE, UNDEFINED, 18 + sizeof(TEXT), "\x3e", 0},
                                 {0}};
    const struct entry note[] = {{IMAGE_TYPE, ASCII, sizeof(TEXT), "\x50", 0}, {0}};
    GByteArray *parts = begin(true);

    put_directory(parts, true, main, 0);
    g_byte_array_append(parts, (const guint8 *)maker, 6);
    put_directory(parts, true, exif, 0);
    put_directory(parts, true, note, 0);
    g_assert_cmpuint(parts->len, ==, 0x50);
    g_byte_array_append(parts, (const guint8 *)TEXT, sizeof(TEXT));
    return g_byte_array_free_to_bytes(parts);
}

// The text in a note that libexif finds in a block; NULL: there is no note.
static char *text_in_note(GBytes *block)
{
    g_autoptr(GByteArray) marked = g_byte_array_new();
    ExifData *data = exif_data_new();
    char text[64] = "", *found = NULL;

    g_byte_array_append(marked, (const guint8 *)"Exif\0", 6);
    g_byte_array_append(marked, g_bytes_get_data(block, NULL), (guint)g_bytes_get_size(block));
    exif_data_load_data(data, marked->data, marked->len);
    if (exif_data_get_mnote_data(data) != NULL) {
        exif_mnote_data_get_value(exif_data_get_mnote_data(data), 0, text, sizeof(text));
        found = g_strdup(text);
    } else {
        g_assert_null(exif_content_get_entry(data->ifd[EXIF_IFD_EXIF], EXIF_TAG_MAKER_NOTE));
    }
    exif_data_unref(data);
    return found;
}

// A note names places in its block: it goes where these are brought up to date, and nowhere else.
static void test_notes_of_cameras(void)
{
    static const struct {
        const char *maker, *format, *text;
    } CASES[] = {{"Canon", "jpeg", "IMG:a camera"},
                 {"Canon", "png", "IMG:a camera"},
                 {"Canon", "tiff", NULL},
                 {"Other", "jpeg", NULL},
                 {"Other", "png", NULL},
                 {"Other", "tiff", NULL}};

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        const struct image_save_params params = {.format = CASES[i].format,
                                                 .quality = 90,
                                                 .keep_metadata = true,
                                                 .recipe = "a cat\nSteps: 20"};
        struct image *photo = picture_flat(20, 30, 0.5f, 0.5f, 0.5f);

        photo->meta.exif = note_of(CASES[i].maker);

        g_autoptr(GBytes) file = image_encode(photo, &params, NULL);
        struct image *back = image_load_bytes(file, NULL, NULL);
        g_autofree char *text = text_in_note(back->meta.exif);

        g_assert_cmpstr(text, ==, CASES[i].text);
        assert_value(back->meta.exif, EXIF_IFD_0, EXIF_TAG_MAKE, CASES[i].maker);
        image_free(photo);
        image_free(back);
    }
}

// ---- Adobe RGB ----------------------------------------------------------------------------------

// The first bytes of a JPEG file, that EXIF block, and of the file what is no marker of an
// application.
static GBytes *jpeg_with(GBytes *exif)
{
    static const struct image_save_params PARAMS = {.format = "jpeg", .quality = 100};
    struct image *photo = picture_flat(20, 30, 200 / 255.0f, 120 / 255.0f, 60 / 255.0f);
    g_autoptr(GBytes) plain = image_encode(photo, &PARAMS, NULL);
    const guint8 *at = g_bytes_get_data(plain, NULL);
    const guint8 *end = at + g_bytes_get_size(plain);
    const guint block = (guint)g_bytes_get_size(exif);
    GByteArray *file = g_byte_array_new();

    g_byte_array_append(file, at, 2);
    put(file, false, 0xffe1, 2);
    put(file, false, 2 + 6 + block, 2);
    g_byte_array_append(file, (const guint8 *)"Exif\0", 6);
    g_byte_array_append(file, g_bytes_get_data(exif, NULL), block);
    for (at += 2; at[0] == 0xff && at[1] != 0xda; at += 2 + (at[2] << 8 | at[3])) {
        if ((at[1] & 0xf0) != 0xe0) {
            g_byte_array_append(file, at, 2u + (guint)(at[2] << 8 | at[3]));
        }
    }
    g_byte_array_append(file, at, (guint)(end - at));
    image_free(photo);
    return g_byte_array_free_to_bytes(file);
}

static GBytes *space_of(guint space, const char *index)
{
    const struct entry main[] = {{EXIF_TAG_EXIF_IFD_POINTER, LONG, 1, NULL, 26}, {0}};
    const struct entry exif[] = {{EXIF_TAG_COLOR_SPACE, SHORT, 1, NULL, space},
                                 {EXIF_TAG_INTEROPERABILITY_IFD_POINTER, LONG, 1, NULL, 56},
                                 {0}};
    const struct entry place[] = {{1, ASCII, 4, index, 0}, {0}};
    GByteArray *parts = begin(false);

    put_directory(parts, false, main, 0);
    put_directory(parts, false, exif, 0);
    g_assert_cmpuint(parts->len, ==, 56);
    put_directory(parts, false, place, 0);
    return g_byte_array_free_to_bytes(parts);
}

// Little CMS makes (224, 121, 53) of (200, 120, 60) in Adobe RGB (Pillow's ImageCms, with
// Ghostscript's profile). The file as TIFF says the same.
static void test_adobe_rgb(void)
{
    static const struct {
        guint space;
        const char *index;
        int expected[3];
    } CASES[] = {{0xffff, "R03", {224, 121, 53}},
                 {2, "R98", {224, 121, 53}},
                 {0xffff, "R98", {200, 120, 60}},
                 {1, "R03", {200, 120, 60}}};
    static const struct image_save_params SRGB = {.format = "tiff", .keep_metadata = true};

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autoptr(GBytes) exif = space_of(CASES[i].space, CASES[i].index);
        g_autoptr(GBytes) file = jpeg_with(exif);
        struct image *image = image_load_bytes(file, NULL, NULL);

        g_assert_nonnull(image);
        for (int c = 0; c < 3; c++) {
            const int value = (int)image_quantize(image->rgb[c], 255.0f);

            g_assert_cmpint(abs(value - CASES[i].expected[c]), <=, 1);
        }
        g_assert_true((image->meta.icc != NULL) == (CASES[i].expected[0] == 224));

        g_autoptr(GBytes) tiff = image_encode(image, &SRGB, NULL);
        struct image *again = image_load_bytes(tiff, NULL, NULL);

        assert_value(again->meta.exif, EXIF_IFD_EXIF, EXIF_TAG_COLOR_SPACE, "sRGB");
        assert_value(again->meta.exif, EXIF_IFD_INTEROPERABILITY, 1, "R98");
        g_assert_false(metadata_is_adobe_rgb(again->meta.exif));
        image_free(again);
        image_free(image);
    }
}

// ---- pixels an inch -----------------------------------------------------------------------------

static struct image *through(const struct image *photo, const char *format, bool keep,
                             GBytes **file)
{
    const struct image_save_params params = {.format = format, .keep_metadata = keep};

    *file = image_encode(photo, &params, NULL);
    g_assert_nonnull(*file);
    return image_load_bytes(*file, NULL, NULL);
}

// The numbers in the files are those that Pillow 12 writes for dpi=(300, 150).
static void test_density(void)
{
    static const char *const FORMATS[] = {"jpeg", "png", "tiff"};
    static const guint8 JFIF[] = {'J', 'F', 'I', 'F', 0, 1, 1, 1, 1, 0x2c, 0, 0x96};
    static const guint8 PHYS[] = {'p', 'H', 'Y', 's', 0, 0, 0x2e, 0x23, 0, 0, 0x17, 0x12, 1};

    for (size_t i = 0; i < G_N_ELEMENTS(FORMATS); i++) {
        struct image *photo = picture_photo(20, 30, 8, 5);
        g_autoptr(GBytes) file = NULL, bare = NULL;

        photo->meta.density[0] = 300.0;
        photo->meta.density[1] = 150.0;

        struct image *back = through(photo, FORMATS[i], true, &file);
        struct image *without = through(photo, FORMATS[i], false, &bare);

        g_assert_cmpfloat(back->meta.density[0], ==, 300.0);
        g_assert_cmpfloat(back->meta.density[1], ==, 150.0);
        g_assert_cmpfloat(without->meta.density[0], ==, 0.0);
        if (i < 2) {
            assert_holds(file, i == 0 ? JFIF : PHYS, i == 0 ? sizeof(JFIF) : sizeof(PHYS));
        }
        image_free(back);
        image_free(without);
        image_free(photo);
    }
}

// EXIF alone says it, of a picture that is to be turned.
static void test_density_in_exif(void)
{
    for (int orientation = 1; orientation <= 8; orientation++) {
        const bool turned = orientation >= 5;
        g_autoptr(GBytes) exif = picture_exif_density(orientation);
        g_autoptr(GBytes) file = jpeg_with(exif);
        g_autoptr(GBytes) out = NULL;
        struct image *photo = image_load_bytes(file, NULL, NULL);
        struct image *back = through(photo, "tiff", true, &out);

        for (int i = 0; i < 2; i++) {
            const double expected = (i == 0) == turned ? 127.0 : 254.0;

            g_assert_cmpfloat_with_epsilon(photo->meta.density[i], expected, 1e-9);
            g_assert_cmpfloat_with_epsilon(back->meta.density[i], expected, 1e-4);
        }
        assert_value(back->meta.exif, EXIF_IFD_0, EXIF_TAG_X_RESOLUTION, turned ? "127" : "254");
        image_free(photo);
        image_free(back);
    }
}

static void test_nothing_to_say(void)
{
    g_autoptr(GBytes) rubbish = g_bytes_new_static("MM\0*\xff\xff\xff\xff", 8);

    g_assert_null(export(NULL));
    g_assert_null(export(rubbish));
    g_assert_null(metadata_recipe(NULL));
    g_assert_false(metadata_is_adobe_rgb(NULL));
    g_assert_false(metadata_is_adobe_rgb(rubbish));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/metadata/orientation-of-any-type", test_orientation_of_any_type);
    g_test_add_func("/metadata/orientation-of-no-use", test_orientation_of_no_use);
    g_test_add_func("/metadata/twice", test_twice);
    g_test_add_func("/metadata/kept", test_kept);
    g_test_add_func("/metadata/thumbnail-is-left-out", test_thumbnail_is_left_out);
    g_test_add_func("/metadata/comments", test_comments);
    g_test_add_func("/metadata/comment-beside-recipe", test_comment_beside_recipe);
    g_test_add_func("/metadata/several-comments", test_several_comments);
    g_test_add_func("/metadata/comment-of-jpeg", test_comment_of_jpeg);
    g_test_add_func("/metadata/comment-in-files", test_comment_in_files);
    g_test_add_func("/metadata/notes-of-cameras", test_notes_of_cameras);
    g_test_add_func("/metadata/adobe-rgb", test_adobe_rgb);
    g_test_add_func("/metadata/density", test_density);
    g_test_add_func("/metadata/density-in-exif", test_density_in_exif);
    g_test_add_func("/metadata/nothing-to-say", test_nothing_to_say);
    return g_test_run();
}
