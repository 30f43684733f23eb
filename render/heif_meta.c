// A reader of as much of the container as its descriptions need; pixels are not looked at.
#include "render/heif_meta.h"

#include "render/metadata.h"

#include <string.h>

// An item that claims more is refused.
enum { MAX_ITEM_BYTES = 16 << 20 };

// What is still to be read. Reading past its end gives zeros and is remembered.
struct cursor {
    const guint8 *data;
    gsize size;
    bool failed;
};

static const guint8 *take(struct cursor *c, guint64 count)
{
    const guint8 *data = c->data;

    if (count > c->size) {
        *c = (struct cursor){.failed = true};
        return NULL;
    }
    c->data += count;
    c->size -= count;
    return data;
}

// Big-endian, of 0 to 8 bytes.
static guint64 number(struct cursor *c, guint bytes)
{
    const guint8 *data = take(c, bytes);
    guint64 value = 0;

    for (guint i = 0; data != NULL && i < bytes; i++) {
        value = value << 8 | data[i];
    }
    return value;
}

// The text up to a zero; NULL where it has no end.
static const char *text(struct cursor *c)
{
    const guint8 *end = c->size > 0 ? memchr(c->data, 0, c->size) : NULL;

    if (end == NULL) {
        c->failed = true;
        return NULL;
    }
    return (const char *)take(c, (guint64)(end - c->data) + 1);
}

// The next box of a list: its name and what it holds. False at the end, or where it is not whole.
static bool next_box(struct cursor *list, char name[5], struct cursor *body)
{
    enum { HEAD = 8, LONG_HEAD = 16, TO_THE_END = 0, LONG = 1 };
    const gsize left = list->size;
    guint64 size = number(list, 4), head = size == LONG ? LONG_HEAD : HEAD;
    const guint8 *letters = take(list, 4);

    if (letters == NULL) {
        return false;
    }
    memcpy(name, letters, 4);
    name[4] = '\0';
    if (size == LONG) {
        size = number(list, 8);
    } else if (size == TO_THE_END) {
        size = left;
    }
    if (list->failed || size < head) {
        return false;
    }
    *body = (struct cursor){.size = size - head};
    body->data = take(list, body->size);
    return body->data != NULL;
}

// The first box of that name in a list.
static bool find_box(struct cursor list, const char *wanted, struct cursor *body)
{
    char name[5];

    while (next_box(&list, name, body)) {
        if (strcmp(name, wanted) == 0) {
            return true;
        }
    }
    return false;
}

static struct cursor cursor_of(GBytes *file)
{
    struct cursor all = {0};

    all.data = g_bytes_get_data(file, &all.size);
    return all;
}

static bool find_meta(GBytes *file, struct cursor *meta)
{
    char name[5];
    struct cursor all = cursor_of(file), first = all;

    return next_box(&first, name, meta) && strcmp(name, "ftyp") == 0 &&
           find_box(all, "meta", meta) && take(meta, 4) != NULL; // version and flags
}

// ---- which item ---------------------------------------------------------------------------------

// Whether an entry of the list of items is one of that type, and for `mime` of that content.
static bool is_item(struct cursor entry, const char *type, const char *content, guint64 *id)
{
    const guint version = (guint)number(&entry, 1);
    const guint8 *own = NULL;

    number(&entry, 3); // flags
    if (version != 2 && version != 3) {
        return false; // of before there were types
    }
    *id = number(&entry, version == 2 ? 2 : 4);
    number(&entry, 2); // protection
    own = take(&entry, 4);
    if (own == NULL || memcmp(own, type, 4) != 0) {
        return false;
    }
    return content == NULL || (text(&entry) != NULL && g_strcmp0(text(&entry), content) == 0);
}

static bool find_item(struct cursor meta, const char *type, const char *content, guint64 *id)
{
    struct cursor list, entry;
    char name[5];

    if (!find_box(meta, "iinf", &list)) {
        return false;
    }

    const guint version = (guint)number(&list, 1);

    number(&list, 3);                    // flags
    number(&list, version == 0 ? 2 : 4); // how many: the box ends where they do
    while (next_box(&list, name, &entry)) {
        if (strcmp(name, "infe") == 0 && is_item(entry, type, content, id)) {
            return true;
        }
    }
    return false;
}

// ---- where its bytes are ------------------------------------------------------------------------

// How many bytes each number of the box `iloc` has.
struct places {
    guint version, offset, length, base, index;
};

enum { IN_FILE, IN_META }; // where offsets count from: the file, or the box `idat`

// Adds the bytes of one extent; false where they are not all there.
static bool add_extent(struct cursor whole, guint64 offset, guint64 length, GByteArray *bytes)
{
    if (take(&whole, offset) == NULL) {
        return false;
    }
    length = length > 0 ? length : whole.size; // zero: to the end

    const guint8 *data = length <= MAX_ITEM_BYTES - bytes->len ? take(&whole, length) : NULL;

    if (data != NULL) {
        g_byte_array_append(bytes, data, (guint)length);
    }
    return data != NULL;
}

static bool read_extents(struct cursor *list, const struct places *p, struct cursor whole,
                         GByteArray *bytes)
{
    const guint64 base = number(list, p->base), count = number(list, 2);

    for (guint64 i = 0; i < count; i++) {
        number(list, p->index);

        const guint64 offset = number(list, p->offset), length = number(list, p->length);

        if (list->failed || offset > G_MAXUINT64 - base ||
            !add_extent(whole, base + offset, length, bytes)) {
            return false;
        }
    }
    return bytes->len > 0;
}

static void skip_extents(struct cursor *list, const struct places *p)
{
    number(list, p->base);
    take(list, number(list, 2) * (p->index + p->offset + p->length));
}

static struct places read_places(struct cursor *list)
{
    struct places p = {.version = (guint)number(list, 1)};

    number(list, 3); // flags

    const guint sizes = (guint)number(list, 2);

    p.offset = sizes >> 12 & 15;
    p.length = sizes >> 8 & 15;
    p.base = sizes >> 4 & 15;
    p.index = p.version == 0 ? 0 : sizes & 15;
    list->failed =
        list->failed || p.version > 2 || MAX(p.offset, p.length) > 8 || MAX(p.base, p.index) > 8;
    return p;
}

static GBytes *read_item(GBytes *file, struct cursor meta, guint64 wanted)
{
    struct cursor list, inside = {0};
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    if (!find_box(meta, "iloc", &list)) {
        return NULL;
    }
    find_box(meta, "idat", &inside);

    const struct places p = read_places(&list);
    const guint64 count = number(&list, p.version < 2 ? 2 : 4);

    for (guint64 i = 0; i < count && !list.failed; i++) {
        const guint64 id = number(&list, p.version < 2 ? 2 : 4);
        const guint64 method = p.version == 0 ? IN_FILE : number(&list, 2) & 15;
        const guint64 other_file = number(&list, 2);

        if (id != wanted) {
            skip_extents(&list, &p);
            continue;
        }
        return method <= IN_META && other_file == 0 &&
                       read_extents(&list, &p, method == IN_META ? inside : cursor_of(file), bytes)
                   ? g_byte_array_free_to_bytes(g_steal_pointer(&bytes))
                   : NULL;
    }
    return NULL;
}

static GBytes *find_bytes(GBytes *file, const char *type, const char *content)
{
    struct cursor meta;
    guint64 id = 0;

    return find_meta(file, &meta) && find_item(meta, type, content, &id) ? read_item(file, meta, id)
                                                                         : NULL;
}

// ---- what is asked for --------------------------------------------------------------------------

// The item begins with how far behind these four bytes the structure is, mostly 0, or 6 where
// JPEG's marker stands before it.
GBytes *heif_exif(GBytes *file)
{
    g_autoptr(GBytes) item = find_bytes(file, "Exif", NULL);
    struct cursor rest = item != NULL ? cursor_of(item) : (struct cursor){0};
    const guint64 skipped = number(&rest, 4);

    if (take(&rest, skipped) == NULL || rest.size < 8 ||
        (memcmp(rest.data, "II*\0", 4) != 0 && memcmp(rest.data, "MM\0*", 4) != 0)) {
        return NULL;
    }

    g_autoptr(GBytes) block = g_bytes_new(rest.data, rest.size);

    return metadata_upright(block);
}

GBytes *heif_xmp(GBytes *file)
{
    return find_bytes(file, "mime", "application/rdf+xml");
}

bool heif_has_picture(GBytes *file)
{
    struct cursor body;

    return find_meta(file, &body) || find_box(cursor_of(file), "moov", &body);
}

bool heif_is_sequence(GBytes *file)
{
    struct cursor meta, film;

    return find_meta(file, &meta) && find_box(cursor_of(file), "moov", &film);
}
