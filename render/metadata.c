// libexif does the parsing; this file decides what stays.
#include "render/metadata.h"

#include <libexif/exif-data.h>
#include <stdlib.h>
#include <string.h>

static const guint8 MARKER[6] = {'E', 'x', 'i', 'f', 0, 0};
static const char UNICODE_CODE[8] = {'U', 'N', 'I', 'C', 'O', 'D', 'E', 0};
static const char ASCII_CODE[8] = {'A', 'S', 'C', 'I', 'I', 0, 0, 0};

// Never NULL; empty where the block is NULL or unreadable. exif_data_unref() it.
static ExifData *parse(GBytes *exif)
{
    ExifData *data = exif_data_new();

    exif_data_unset_option(data, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
    exif_data_unset_option(data, EXIF_DATA_OPTION_IGNORE_UNKNOWN_TAGS);
    exif_data_set_byte_order(data, EXIF_BYTE_ORDER_MOTOROLA);
    if (exif != NULL) {
        g_autoptr(GByteArray) block = g_byte_array_new();

        g_byte_array_append(block, MARKER, sizeof(MARKER));
        g_byte_array_append(block, g_bytes_get_data(exif, NULL), (guint)g_bytes_get_size(exif));
        exif_data_load_data(data, block->data, block->len);
    }
    return data;
}

int metadata_orientation(GBytes *exif)
{
    if (exif == NULL) {
        return 1;
    }

    ExifData *data = parse(exif);
    ExifEntry *entry = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
    int orientation = 1;

    if (entry != NULL && entry->format == EXIF_FORMAT_SHORT && entry->size >= 2) {
        orientation = exif_get_short(entry->data, exif_data_get_byte_order(data));
    }
    exif_data_unref(data);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

// Writers disagree on the byte order of UserComment. Text has more zero bytes in its high halves.
static bool looks_little_endian(const guint8 *text, size_t size)
{
    size_t zero[2] = {0, 0};

    for (size_t i = 0; i + 1 < size; i += 2) {
        zero[0] += text[i] == 0;
        zero[1] += text[i + 1] == 0;
    }
    return zero[1] > zero[0];
}

static char *decode_comment(const guint8 *comment, size_t size)
{
    const guint8 *text = comment + sizeof(UNICODE_CODE);
    size_t length = size - sizeof(UNICODE_CODE);

    if (memcmp(comment, UNICODE_CODE, sizeof(UNICODE_CODE)) == 0) {
        const char *charset = looks_little_endian(text, length) ? "UTF-16LE" : "UTF-16BE";

        return g_convert((const char *)text, (gssize)(length & ~(size_t)1), "UTF-8", charset, NULL,
                         NULL, NULL);
    }
    if (memcmp(comment, ASCII_CODE, sizeof(ASCII_CODE)) == 0) {
        g_autofree char *ascii = g_strndup((const char *)text, length);

        return g_utf8_make_valid(ascii, -1);
    }
    return NULL;
}

char *metadata_recipe(GBytes *exif)
{
    if (exif == NULL) {
        return NULL;
    }

    ExifData *data = parse(exif);
    ExifEntry *entry = exif_content_get_entry(data->ifd[EXIF_IFD_EXIF], EXIF_TAG_USER_COMMENT);
    char *text = NULL;

    if (entry != NULL && entry->data != NULL && entry->size > sizeof(UNICODE_CODE)) {
        text = decode_comment(entry->data, entry->size);
    }
    exif_data_unref(data);
    if (text != NULL && *g_strstrip(text) == '\0') {
        g_clear_pointer(&text, g_free);
    }
    return text;
}

static void remove_tag(ExifContent *content, ExifTag tag)
{
    ExifEntry *entry = exif_content_get_entry(content, tag);

    if (entry != NULL) {
        exif_content_remove_entry(content, entry);
    }
}

static void remove_all(ExifContent *content)
{
    while (content->count > 0) {
        exif_content_remove_entry(content, content->entries[0]);
    }
}

static void remove_thumbnail(ExifData *data)
{
    remove_all(data->ifd[EXIF_IFD_1]);
    free(data->data);
    data->data = NULL;
    data->size = 0;
}

// Gives the content an entry of size bytes; data is copied.
static void put_entry(ExifContent *content, ExifTag tag, ExifFormat format, unsigned components,
                      const void *bytes, unsigned size)
{
    ExifMem *memory = exif_mem_new_default();
    ExifEntry *entry = exif_entry_new_mem(memory);

    remove_tag(content, tag);
    entry->tag = tag;
    entry->format = format;
    entry->components = components;
    entry->size = size;
    entry->data = exif_mem_alloc(memory, size);
    memcpy(entry->data, bytes, size);
    exif_content_add_entry(content, entry);
    exif_entry_unref(entry);
    exif_mem_unref(memory);
}

static void put_short(ExifData *data, ExifIfd ifd, ExifTag tag, ExifShort value)
{
    guint8 bytes[2];

    exif_set_short(bytes, exif_data_get_byte_order(data), value);
    put_entry(data->ifd[ifd], tag, EXIF_FORMAT_SHORT, 1, bytes, sizeof(bytes));
}

static void put_long(ExifData *data, ExifIfd ifd, ExifTag tag, ExifLong value)
{
    guint8 bytes[4];

    exif_set_long(bytes, exif_data_get_byte_order(data), value);
    put_entry(data->ifd[ifd], tag, EXIF_FORMAT_LONG, 1, bytes, sizeof(bytes));
}

// UTF-16 in big-endian order whatever the block's own order: the readers of `parameters` expect
// that.
static void put_recipe(ExifData *data, const char *recipe)
{
    gsize size = 0;
    g_autofree char *text = g_convert(recipe, -1, "UTF-16BE", "UTF-8", NULL, &size, NULL);
    g_autoptr(GByteArray) comment = g_byte_array_new();

    if (text == NULL) {
        return;
    }
    g_byte_array_append(comment, (const guint8 *)UNICODE_CODE, sizeof(UNICODE_CODE));
    g_byte_array_append(comment, (const guint8 *)text, (guint)size);
    put_entry(data->ifd[EXIF_IFD_EXIF], EXIF_TAG_USER_COMMENT, EXIF_FORMAT_UNDEFINED, comment->len,
              comment->data, comment->len);
}

static bool is_empty(const ExifData *data)
{
    for (int i = 0; i < EXIF_IFD_COUNT; i++) {
        if (data->ifd[i]->count > 0) {
            return false;
        }
    }
    return true;
}

static void bring_up_to_date(ExifData *data, const struct metadata_export *params)
{
    enum { SRGB = 1, UNCALIBRATED = 0xffff };

    put_short(data, EXIF_IFD_0, EXIF_TAG_ORIENTATION, 1);
    if (params->srgb) {
        put_short(data, EXIF_IFD_EXIF, EXIF_TAG_COLOR_SPACE, SRGB);
    } else if (exif_content_get_entry(data->ifd[EXIF_IFD_EXIF], EXIF_TAG_COLOR_SPACE) == NULL) {
        put_short(data, EXIF_IFD_EXIF, EXIF_TAG_COLOR_SPACE, UNCALIBRATED);
    }
    put_long(data, EXIF_IFD_EXIF, EXIF_TAG_PIXEL_X_DIMENSION, (ExifLong)params->width);
    put_long(data, EXIF_IFD_EXIF, EXIF_TAG_PIXEL_Y_DIMENSION, (ExifLong)params->height);
}

// The block without libexif's marker.
static GBytes *serialise(ExifData *data)
{
    unsigned char *block = NULL;
    unsigned size = 0;

    exif_data_save_data(data, &block, &size);

    GBytes *bytes =
        size > sizeof(MARKER) ? g_bytes_new(block + sizeof(MARKER), size - sizeof(MARKER)) : NULL;

    free(block);
    return bytes;
}

GBytes *metadata_for_export(const struct metadata_export *params)
{
    ExifData *data = parse(params->source);
    GBytes *block = NULL;

    remove_thumbnail(data);
    remove_tag(data->ifd[EXIF_IFD_EXIF], EXIF_TAG_USER_COMMENT);
    remove_all(data->ifd[EXIF_IFD_GPS]);
    if (params->recipe != NULL) {
        put_recipe(data, params->recipe);
    }
    if (!is_empty(data)) {
        bring_up_to_date(data, params);
        block = serialise(data);
    }
    exif_data_unref(data);
    return block;
}
