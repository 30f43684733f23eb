// libexif does the parsing; this file decides what stays.
#include "render/metadata.h"

#include <libexif/exif-data.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const guint8 MARKER[6] = {'E', 'x', 'i', 'f', 0, 0};
static const char UNICODE_CODE[8] = {'U', 'N', 'I', 'C', 'O', 'D', 'E', 0};
static const char ASCII_CODE[8] = {'A', 'S', 'C', 'I', 'I', 0, 0, 0};

enum { SRGB = 1, ADOBE_RGB = 2, UNCALIBRATED = 0xffff }; // of ColorSpace

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExifData, exif_data_unref)

// Never NULL; empty where the block is NULL or unreadable.
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

// Of an entry of any integer type, as writers use them all; 0 where it is none.
static unsigned integer_of(const ExifEntry *entry, ExifByteOrder order)
{
    if (entry == NULL || entry->size < exif_format_get_size(entry->format)) {
        return 0;
    }
    switch (entry->format) {
    case EXIF_FORMAT_BYTE:
    case EXIF_FORMAT_SBYTE: return entry->data[0];
    case EXIF_FORMAT_SHORT:
    case EXIF_FORMAT_SSHORT: return exif_get_short(entry->data, order);
    case EXIF_FORMAT_LONG:
    case EXIF_FORMAT_SLONG: return exif_get_long(entry->data, order);
    default: return 0;
    }
}

int metadata_orientation(GBytes *exif)
{
    g_autoptr(ExifData) data = parse(exif);
    const unsigned orientation =
        integer_of(exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION),
                   exif_data_get_byte_order(data));

    return orientation >= 1 && orientation <= 8 ? (int)orientation : 1;
}

static double rational_of(const ExifEntry *entry, ExifByteOrder order)
{
    if (entry == NULL || entry->format != EXIF_FORMAT_RATIONAL || entry->size < 8) {
        return 0.0;
    }

    const ExifRational value = exif_get_rational(entry->data, order);

    return value.denominator > 0 ? (double)value.numerator / value.denominator : 0.0;
}

enum { NO_UNIT = 1, CENTIMETRE = 3 }; // of ResolutionUnit; by default it is the inch
static const double CM = 2.54;        // of an inch

bool metadata_density(GBytes *exif, double density[2])
{
    g_autoptr(ExifData) data = parse(exif);
    ExifContent *content = data->ifd[EXIF_IFD_0];
    const ExifByteOrder order = exif_data_get_byte_order(data);
    const double x = rational_of(exif_content_get_entry(content, EXIF_TAG_X_RESOLUTION), order);
    const double y = rational_of(exif_content_get_entry(content, EXIF_TAG_Y_RESOLUTION), order);
    const unsigned unit =
        integer_of(exif_content_get_entry(content, EXIF_TAG_RESOLUTION_UNIT), order);

    if (!(x > 0.0 && y > 0.0) || unit == NO_UNIT) {
        return false;
    }
    density[0] = x * (unit == CENTIMETRE ? CM : 1.0);
    density[1] = y * (unit == CENTIMETRE ? CM : 1.0);
    return true;
}

static ExifEntry *find_index(const ExifData *data)
{
    return exif_content_get_entry(data->ifd[EXIF_IFD_INTEROPERABILITY],
                                  EXIF_TAG_INTEROPERABILITY_INDEX);
}

static bool has_index(const ExifEntry *entry, const char *index)
{
    return entry != NULL && entry->data != NULL && entry->size >= strlen(index) &&
           memcmp(entry->data, index, strlen(index)) == 0;
}

bool metadata_is_adobe_rgb(GBytes *exif)
{
    g_autoptr(ExifData) data = parse(exif);
    const unsigned space =
        integer_of(exif_content_get_entry(data->ifd[EXIF_IFD_EXIF], EXIF_TAG_COLOR_SPACE),
                   exif_data_get_byte_order(data));

    return space == ADOBE_RGB || (space == UNCALIBRATED && has_index(find_index(data), "R03"));
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

// What programs that draw pictures put there: the number of steps among settings, or JSON. All else
// is a person's comment.
bool metadata_is_recipe(const char *text)
{
    static const char STEPS[] = "Steps: ";
    const char *at = strstr(text, STEPS);

    return (at != NULL && g_ascii_isdigit(at[sizeof(STEPS) - 1])) ||
           (text[0] == '{' && strstr(text, "\"prompt\"") != NULL);
}

static char *find_comment(const ExifData *data)
{
    const ExifEntry *entry =
        exif_content_get_entry(data->ifd[EXIF_IFD_EXIF], EXIF_TAG_USER_COMMENT);
    char *text = NULL;

    if (entry != NULL && entry->data != NULL && entry->size > sizeof(UNICODE_CODE)) {
        text = decode_comment(entry->data, entry->size);
    }
    if (text != NULL && *g_strstrip(text) == '\0') {
        g_clear_pointer(&text, g_free);
    }
    return text;
}

static char *find_recipe(const ExifData *data)
{
    char *text = find_comment(data);

    if (text != NULL && !metadata_is_recipe(text)) {
        g_clear_pointer(&text, g_free);
    }
    return text;
}

char *metadata_recipe(GBytes *exif)
{
    g_autoptr(ExifData) data = parse(exif);

    return find_recipe(data);
}

static void remove_tag(ExifContent *content, ExifTag tag)
{
    exif_content_remove_entry(content, exif_content_get_entry(content, tag));
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

// In place of one that may be there, an entry of the type and size that the standard has for it.
static ExifEntry *renew(ExifContent *content, ExifTag tag)
{
    ExifEntry *entry = exif_entry_new();

    remove_tag(content, tag);
    entry->tag = tag;
    exif_content_add_entry(content, entry);
    exif_entry_initialize(entry, tag);
    exif_entry_unref(entry); // the content has it
    return entry;
}

// UTF-16 in big-endian order whatever the block's own order: the readers of `parameters` expect
// that.
static void put_recipe(ExifContent *content, const char *recipe)
{
    gsize size = 0;
    g_autofree char *text = g_convert(recipe, -1, "UTF-16BE", "UTF-8", NULL, &size, NULL);

    if (text == NULL) {
        return;
    }

    ExifEntry *entry = renew(content, EXIF_TAG_USER_COMMENT);

    entry->size = sizeof(UNICODE_CODE) + (unsigned)size;
    entry->components = entry->size;
    entry->data = g_realloc(entry->data, entry->size);
    memcpy(entry->data, UNICODE_CODE, sizeof(UNICODE_CODE));
    memcpy(entry->data + sizeof(UNICODE_CODE), text, size);
}

// Windows's comment: UTF-16 in little-endian order, whatever the block's own. NULL: there is none.
static char *windows_comment(ExifContent *content)
{
    const ExifEntry *entry = exif_content_get_entry(content, EXIF_TAG_XP_COMMENT);
    char *text = entry != NULL && entry->data != NULL
                     ? g_convert((const char *)entry->data, entry->size & ~1U, "UTF-8", "UTF-16LE",
                                 NULL, NULL, NULL)
                     : NULL;

    if (text != NULL && *g_strstrip(text) == '\0') {
        g_clear_pointer(&text, g_free);
    }
    return text;
}

// A person's comment (NULL: none) whose place another text takes, or that has none in the format,
// becomes Windows's, below what stands there.
static void keep_comment(ExifData *data, const char *comment)
{
    ExifContent *content = data->ifd[EXIF_IFD_0];
    g_autofree char *there = windows_comment(content);
    g_autofree char *both = there != NULL && comment != NULL && strstr(there, comment) == NULL
                                ? g_strconcat(there, "\n", comment, NULL)
                            : there == NULL ? g_strdup(comment)
                                            : NULL;
    gsize size = 0;
    g_autofree char *text =
        both != NULL ? g_convert(both, -1, "UTF-16LE", "UTF-8", NULL, &size, NULL) : NULL;

    if (text == NULL) {
        return;
    }
    remove_tag(content, EXIF_TAG_XP_COMMENT);

    ExifEntry *entry = exif_entry_new();

    entry->tag = EXIF_TAG_XP_COMMENT;
    entry->format = EXIF_FORMAT_BYTE;
    entry->size = (unsigned)size + 2; // and a zero
    entry->components = entry->size;
    entry->data = g_malloc0(entry->size);
    memcpy(entry->data, text, size);
    exif_content_add_entry(content, entry);
    exif_entry_unref(entry); // the content has it
}

static bool is_empty(const ExifData *data)
{
    unsigned count = 0;

    for (int i = 0; i < EXIF_IFD_COUNT; i++) {
        count += data->ifd[i]->count;
    }
    return count == 0;
}

// Only what the block has and what differs: exact numbers are not rounded, none is added.
static void renew_density(ExifData *data, const double density[2])
{
    enum { INCH = 2, SCALE = 1000 };
    static const ExifTag TAGS[2] = {EXIF_TAG_X_RESOLUTION, EXIF_TAG_Y_RESOLUTION};
    ExifContent *content = data->ifd[EXIF_IFD_0];
    const ExifByteOrder order = exif_data_get_byte_order(data);
    const unsigned unit =
        integer_of(exif_content_get_entry(content, EXIF_TAG_RESOLUTION_UNIT), order);
    bool differs = false;

    for (int i = 0; i < 2; i++) {
        const ExifEntry *entry = exif_content_get_entry(content, TAGS[i]);
        const double own = rational_of(entry, order) * (unit == CENTIMETRE ? CM : 1.0);

        differs = differs || (entry != NULL && fabs(own - density[i]) > 0.01);
    }
    if (!differs || !(density[0] > 0.0)) {
        return;
    }
    for (int i = 0; i < 2; i++) {
        const ExifRational value = {(ExifLong)lround(density[i] * SCALE), SCALE};

        exif_set_rational(renew(content, TAGS[i])->data, order, value);
    }
    exif_set_short(renew(content, EXIF_TAG_RESOLUTION_UNIT)->data, order, INCH);
}

static void bring_up_to_date(ExifData *data, const struct metadata_export *params)
{
    ExifEntry *index = find_index(data);
    ExifContent *exif = data->ifd[EXIF_IFD_EXIF];
    const ExifByteOrder order = exif_data_get_byte_order(data);

    exif_set_short(renew(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION)->data, order, 1);
    renew_density(data, params->density);
    if (params->srgb || exif_content_get_entry(exif, EXIF_TAG_COLOR_SPACE) == NULL) {
        exif_set_short(renew(exif, EXIF_TAG_COLOR_SPACE)->data, order,
                       params->srgb ? SRGB : UNCALIBRATED);
    }
    if (params->srgb && has_index(index, "R03")) {
        memcpy(index->data, "R98", 3); // DCF's basic files are sRGB
    }
    exif_set_long(renew(exif, EXIF_TAG_PIXEL_X_DIMENSION)->data, order, (ExifLong)params->width);
    exif_set_long(renew(exif, EXIF_TAG_PIXEL_Y_DIMENSION)->data, order, (ExifLong)params->height);
}

// The block without libexif's marker. A camera's own note mostly names places in the block, which
// libexif brings up to date where it knows the maker; others would be wrong, and are left out.
static GBytes *serialise(ExifData *data)
{
    unsigned char *block = NULL;
    unsigned size = 0;

    if (exif_data_get_mnote_data(data) == NULL) {
        remove_tag(data->ifd[EXIF_IFD_EXIF], EXIF_TAG_MAKER_NOTE);
    }
    exif_data_save_data(data, &block, &size);

    GBytes *bytes =
        size > sizeof(MARKER) ? g_bytes_new(block + sizeof(MARKER), size - sizeof(MARKER)) : NULL;

    free(block);
    return bytes;
}

GBytes *metadata_upright(GBytes *exif)
{
    g_autoptr(ExifData) data = parse(exif);
    ExifContent *content = data->ifd[EXIF_IFD_0];

    if (is_empty(data)) {
        return NULL;
    }
    if (exif_content_get_entry(content, EXIF_TAG_ORIENTATION) != NULL) {
        exif_set_short(renew(content, EXIF_TAG_ORIENTATION)->data, exif_data_get_byte_order(data),
                       1);
    }
    return serialise(data);
}

GBytes *metadata_of_item(GBytes *item)
{
    gsize size = 0;
    const uint8_t *data = item != NULL ? g_bytes_get_data(item, &size) : NULL;
    guint32 skipped = 0;

    if (size < sizeof(skipped)) {
        return NULL;
    }
    memcpy(&skipped, data, sizeof(skipped));

    const guint64 begin = (guint64)GUINT32_FROM_BE(skipped) + sizeof(skipped);

    if (begin + 8 > size ||
        (memcmp(data + begin, "II*\0", 4) != 0 && memcmp(data + begin, "MM\0*", 4) != 0)) {
        return NULL;
    }

    g_autoptr(GBytes) structure = g_bytes_new_from_bytes(item, begin, size - begin);

    return metadata_upright(structure);
}

GBytes *metadata_for_export(const struct metadata_export *params)
{
    g_autoptr(ExifData) data = parse(params->source);
    g_autofree char *old = find_recipe(data);

    remove_thumbnail(data);
    if (old != NULL) {
        remove_tag(data->ifd[EXIF_IFD_EXIF], EXIF_TAG_USER_COMMENT);
    }
    remove_all(data->ifd[EXIF_IFD_GPS]);
    keep_comment(data, params->comment);
    if (params->recipe != NULL) {
        g_autofree char *comment = find_comment(data);

        keep_comment(data, comment);
        put_recipe(data->ifd[EXIF_IFD_EXIF], params->recipe);
    }
    if (is_empty(data)) {
        return NULL;
    }
    bring_up_to_date(data, params);
    return serialise(data);
}
