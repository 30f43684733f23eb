// Values are copied as they stand, in the byte order of the file, so that none is lost that libexif
// has no name for.
#include "render/tiff_exif.h"

#include <libexif/exif-data.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    ENTRY = 12,
    BIG_ENTRY = 20,
    MAX_ENTRIES = 500,
    MAX_BYTES = 60000
}; // a block has at most 64 kB

static const guint8 MARKER[6] = {'E', 'x', 'i', 'f', 0, 0};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExifData, exif_data_unref)

// Of the picture's own directory: what does not speak of how its pixels are stored, and as what it
// is written.
static const struct kept {
    guint16 tag;
    ExifFormat format;
} KEPT[] = {
    {EXIF_TAG_IMAGE_DESCRIPTION, EXIF_FORMAT_ASCII},
    {EXIF_TAG_MAKE, EXIF_FORMAT_ASCII},
    {EXIF_TAG_MODEL, EXIF_FORMAT_ASCII},
    {EXIF_TAG_X_RESOLUTION, EXIF_FORMAT_RATIONAL},
    {EXIF_TAG_Y_RESOLUTION, EXIF_FORMAT_RATIONAL},
    {EXIF_TAG_RESOLUTION_UNIT, EXIF_FORMAT_SHORT},
    {EXIF_TAG_SOFTWARE, EXIF_FORMAT_ASCII},
    {EXIF_TAG_DATE_TIME, EXIF_FORMAT_ASCII},
    {EXIF_TAG_ARTIST, EXIF_FORMAT_ASCII},
    {EXIF_TAG_COPYRIGHT, EXIF_FORMAT_ASCII},
    {EXIF_TAG_XP_TITLE, EXIF_FORMAT_BYTE},
    {EXIF_TAG_XP_COMMENT, EXIF_FORMAT_BYTE},
    {EXIF_TAG_XP_AUTHOR, EXIF_FORMAT_BYTE},
    {EXIF_TAG_XP_KEYWORDS, EXIF_FORMAT_BYTE},
    {EXIF_TAG_XP_SUBJECT, EXIF_FORMAT_BYTE},
};

// ---- reading ------------------------------------------------------------------------------------

struct source {
    const guint8 *data;
    gsize size;
    ExifByteOrder order;
    bool big;     // BigTIFF: counts and places have eight bytes
    gsize copied; // bytes of values
};

// A place beyond four gigabytes is beyond any file that is read: then it is the end.
static gsize place_at(const struct source *s, gsize at)
{
    const bool little = s->order == EXIF_BYTE_ORDER_INTEL;

    if (!s->big) {
        return exif_get_long(s->data + at, s->order);
    }

    const guint32 high = exif_get_long(s->data + at + (little ? 4 : 0), s->order);

    return high == 0 ? exif_get_long(s->data + at + (little ? 0 : 4), s->order) : s->size;
}

static bool is_inside(const struct source *s, gsize at, gsize count)
{
    return at <= s->size && count <= s->size - at;
}

static const struct kept *find_kept(guint16 tag)
{
    for (size_t i = 0; i < G_N_ELEMENTS(KEPT); i++) {
        if (KEPT[i].tag == tag) {
            return &KEPT[i];
        }
    }
    return NULL;
}

// The tag that says where the directory within this one is; 0: there is none.
static guint16 pointer_in(ExifIfd ifd)
{
    return ifd == EXIF_IFD_0      ? EXIF_TAG_EXIF_IFD_POINTER
           : ifd == EXIF_IFD_EXIF ? EXIF_TAG_INTEROPERABILITY_IFD_POINTER
                                  : 0;
}

// A camera's own note names places in the file that it was written into.
static bool is_kept(ExifIfd ifd, guint16 tag)
{
    return ifd == EXIF_IFD_0 ? find_kept(tag) != NULL
                             : tag != pointer_in(ifd) && tag != EXIF_TAG_MAKER_NOTE;
}

static void copy_entry(struct source *s, gsize at, ExifContent *content)
{
    const ExifTag tag = exif_get_short(s->data + at, s->order);
    const ExifFormat format = exif_get_short(s->data + at + 2, s->order);
    const gsize components = place_at(s, at + 4), value = at + (s->big ? 12 : 8);
    const guint64 bytes = (guint64)components * exif_format_get_size(format);
    const gsize from = bytes > (s->big ? 8 : 4) ? place_at(s, value) : value;

    if (bytes == 0 || bytes > MAX_BYTES - s->copied || !is_inside(s, from, bytes) ||
        exif_content_get_entry(content, tag) != NULL) {
        return;
    }

    ExifEntry *entry = exif_entry_new();

    entry->tag = tag;
    entry->format = format;
    entry->components = components;
    entry->size = (unsigned)bytes;
    entry->data = g_memdup2(s->data + from, bytes);
    exif_content_add_entry(content, entry);
    exif_entry_unref(entry); // the content has it
    s->copied += bytes;
}

// Returns where the directory within it is, as far as this one says; else 0.
static gsize copy_directory(struct source *s, gsize at, ExifData *data, ExifIfd ifd)
{
    const gsize head = s->big ? 8 : 2, step = s->big ? BIG_ENTRY : ENTRY;
    const gsize count = !is_inside(s, at, head) ? 0
                        : s->big                ? place_at(s, at)
                                                : exif_get_short(s->data + at, s->order);
    gsize inner = 0;

    for (gsize i = 0; i < MIN(count, MAX_ENTRIES); i++) {
        const gsize entry = at + head + i * step;

        if (!is_inside(s, entry, step)) {
            break;
        }

        const guint16 tag = exif_get_short(s->data + entry, s->order);

        if (is_kept(ifd, tag)) {
            copy_entry(s, entry, data->ifd[ifd]);
        } else if (tag == pointer_in(ifd)) {
            inner = place_at(s, entry + (s->big ? 12 : 8));
        }
    }
    return inner;
}

static bool source_open(struct source *s, const guint8 *data, gsize size)
{
    const bool big = size >= 16 && (memcmp(data, "II+\0", 4) == 0 || memcmp(data, "MM\0+", 4) == 0);

    if (size < 8 || (!big && memcmp(data, "II*\0", 4) != 0 && memcmp(data, "MM\0*", 4) != 0)) {
        return false;
    }
    *s = (struct source){
        .data = data,
        .size = size,
        .order = data[0] == 'I' ? EXIF_BYTE_ORDER_INTEL : EXIF_BYTE_ORDER_MOTOROLA,
        .big = big,
    };
    return true;
}

// Where the entry of a tag is in the first directory; 0: there is none.
static gsize find_entry(const struct source *s, guint16 tag)
{
    const gsize head = s->big ? 8 : 2, step = s->big ? BIG_ENTRY : ENTRY;
    const gsize at = place_at(s, s->big ? 8 : 4);
    const gsize count = !is_inside(s, at, head) ? 0
                        : s->big                ? place_at(s, at)
                                                : exif_get_short(s->data + at, s->order);

    for (gsize i = 0; i < MIN(count, MAX_ENTRIES); i++) {
        const gsize entry = at + head + i * step;

        if (!is_inside(s, entry, step)) {
            break;
        }
        if (exif_get_short(s->data + entry, s->order) == tag) {
            return entry;
        }
    }
    return 0;
}

GBytes *tiff_exif_bytes(const guint8 *data, gsize size, guint16 tag)
{
    struct source s;
    const gsize at = source_open(&s, data, size) ? find_entry(&s, tag) : 0;

    if (at == 0) {
        return NULL;
    }

    const ExifFormat format = exif_get_short(data + at + 2, s.order);
    const guint64 bytes = (guint64)place_at(&s, at + 4) * exif_format_get_size(format);
    const gsize value = at + (s.big ? 12 : 8);
    const gsize from = bytes > (s.big ? 8 : 4) ? place_at(&s, value) : value;

    return bytes > 0 && bytes <= size && is_inside(&s, from, bytes)
               ? g_bytes_new(data + from, bytes)
               : NULL;
}

GBytes *tiff_exif_read(const guint8 *data, gsize size)
{
    struct source s;

    if (!source_open(&s, data, size)) {
        return NULL;
    }

    g_autoptr(ExifData) block = exif_data_new();
    unsigned char *bytes = NULL;
    unsigned length = 0;

    exif_data_set_byte_order(block, s.order);

    const gsize exif = copy_directory(&s, place_at(&s, s.big ? 8 : 4), block, EXIF_IFD_0);
    const gsize index = exif > 0 ? copy_directory(&s, exif, block, EXIF_IFD_EXIF) : 0;

    if (index > 0) {
        copy_directory(&s, index, block, EXIF_IFD_INTEROPERABILITY);
    }
    if (s.copied == 0) {
        return NULL;
    }
    exif_data_save_data(block, &bytes, &length);

    GBytes *result = length > sizeof(MARKER)
                         ? g_bytes_new(bytes + sizeof(MARKER), length - sizeof(MARKER))
                         : NULL;

    free(bytes);
    return result;
}

// ---- writing ------------------------------------------------------------------------------------

static ExifData *parse(GBytes *block)
{
    ExifData *data = exif_data_new();
    g_autoptr(GByteArray) marked = g_byte_array_new();

    exif_data_unset_option(data, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
    exif_data_unset_option(data, EXIF_DATA_OPTION_IGNORE_UNKNOWN_TAGS);
    g_byte_array_append(marked, MARKER, sizeof(MARKER));
    g_byte_array_append(marked, g_bytes_get_data(block, NULL), (guint)g_bytes_get_size(block));
    exif_data_load_data(data, marked->data, marked->len);
    return data;
}

static int compare_tags(gconstpointer a, gconstpointer b)
{
    return (int)(*(ExifEntry *const *)a)->tag - (int)(*(ExifEntry *const *)b)->tag;
}

static void put_number(GByteArray *to, ExifByteOrder order, guint32 value, guint bytes)
{
    guint8 raw[4];

    if (bytes == 2) {
        exif_set_short(raw, order, (ExifShort)value);
    } else {
        exif_set_long(raw, order, value);
    }
    g_byte_array_append(to, raw, bytes);
}

// The directory with its values behind it, for that place in a file.
static GByteArray *directory(const ExifContent *content, ExifByteOrder order, guint at)
{
    GByteArray *head = g_byte_array_new();
    g_autoptr(GByteArray) values = g_byte_array_new();
    const guint values_at = at + 2 + content->count * ENTRY + 4;

    qsort(content->entries, content->count, sizeof(*content->entries), compare_tags);
    put_number(head, order, content->count, 2);
    for (guint i = 0; i < content->count; i++) {
        const ExifEntry *entry = content->entries[i];
        guint8 here[4] = {0};

        put_number(head, order, entry->tag, 2);
        put_number(head, order, entry->format, 2);
        put_number(head, order, (guint32)entry->components, 4);
        if (entry->size > sizeof(here)) {
            put_number(head, order, values_at + values->len, 4);
            g_byte_array_append(values, entry->data, entry->size);
            g_byte_array_append(values, here, entry->size % 2); // places are even
        } else {
            memcpy(here, entry->data, entry->size);
            g_byte_array_append(head, here, sizeof(here));
        }
    }
    put_number(head, order, 0, 4); // none follows
    g_byte_array_append(head, values->data, values->len);
    return head;
}

// Those of Windows are texts in bytes. libtiff does not know them of itself.
static void add_byte_tags(TIFF *tiff)
{
    static char name[] = "XP";

    for (size_t i = 0; i < G_N_ELEMENTS(KEPT); i++) {
        const TIFFFieldInfo info = {
            KEPT[i].tag, TIFF_VARIABLE2, TIFF_VARIABLE2, TIFF_BYTE, FIELD_CUSTOM, 1, 1, name};

        if (KEPT[i].format == EXIF_FORMAT_BYTE) {
            TIFFMergeFieldInfo(tiff, &info, 1);
        }
    }
}

// libtiff takes each tag as what it is by the book, whatever the block has it as.
static void put_tag(TIFF *tiff, const ExifEntry *entry, ExifByteOrder order)
{
    const struct kept *kept = find_kept((guint16)entry->tag);

    if (kept == NULL || entry->format != kept->format ||
        entry->size < exif_format_get_size(kept->format)) {
        return;
    }
    if (kept->format == EXIF_FORMAT_ASCII) {
        g_autofree char *text = g_strndup((const char *)entry->data, entry->size);

        TIFFSetField(tiff, entry->tag, text);
    } else if (kept->format == EXIF_FORMAT_RATIONAL) {
        const ExifRational value = exif_get_rational(entry->data, order);

        TIFFSetField(tiff, entry->tag, (double)value.numerator / MAX(value.denominator, 1));
    } else if (kept->format == EXIF_FORMAT_SHORT) {
        TIFFSetField(tiff, entry->tag, exif_get_short(entry->data, order));
    } else if (kept->format == EXIF_FORMAT_BYTE) {
        TIFFSetField(tiff, entry->tag, (uint32_t)entry->size, entry->data);
    }
}

// Appended to the file; returns where it is.
static guint put_directory(GByteArray *file, const ExifContent *content, ExifByteOrder order)
{
    const guint at = file->len;
    g_autoptr(GByteArray) bytes = directory(content, order, at);

    g_byte_array_append(file, bytes->data, bytes->len);
    return at;
}

static void put_pointer(ExifContent *content, ExifTag tag, ExifByteOrder order, guint at)
{
    ExifEntry *entry = exif_entry_new();

    entry->tag = tag;
    entry->format = EXIF_FORMAT_LONG;
    entry->components = 1;
    entry->size = 4;
    entry->data = g_malloc(entry->size);
    exif_set_long(entry->data, order, at);
    exif_content_add_entry(content, entry);
    exif_entry_unref(entry); // the content has it
}

char tiff_exif_order(GBytes *block)
{
    const char *data = block != NULL ? g_bytes_get_data(block, NULL) : "I";

    return data[0] == 'M' ? 'b' : 'l';
}

void tiff_exif_write(TIFF *tiff, GByteArray *file, GBytes *block)
{
    g_autoptr(ExifData) data = parse(block);
    const ExifContent *index = data->ifd[EXIF_IFD_INTEROPERABILITY];
    ExifContent *exif = data->ifd[EXIF_IFD_EXIF];
    const ExifByteOrder order = exif_data_get_byte_order(data);

    exif_content_remove_entry(exif, exif_content_get_entry(exif, EXIF_TAG_MAKER_NOTE));
    add_byte_tags(tiff);
    for (guint i = 0; i < data->ifd[EXIF_IFD_0]->count; i++) {
        put_tag(tiff, data->ifd[EXIF_IFD_0]->entries[i], order);
    }
    if (index->count > 0) {
        put_pointer(exif, EXIF_TAG_INTEROPERABILITY_IFD_POINTER, order,
                    put_directory(file, index, order));
    }
    if (exif->count > 0) {
        TIFFSetField(tiff, TIFFTAG_EXIFIFD, (uint64_t)put_directory(file, exif, order));
    }
}
