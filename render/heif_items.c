// A reader of the list of items and of their references. What it does not understand is not sound.
#include "render/heif_items.h"

#include <string.h>

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

#define NAME(a, b, c, d)                                                                           \
    ((guint32)(a) << 24 | (guint32)(b) << 16 | (guint32)(c) << 8 | (guint32)(d))

// The next box of a list: its name and what it holds. False at the end, or where it is not whole,
// which the list remembers.
static bool next_box(struct cursor *list, guint32 *name, struct cursor *body)
{
    enum { HEAD = 8, LONG_HEAD = 16, TO_THE_END = 0, LONG = 1 };
    const gsize left = list->size;

    if (left == 0) {
        return false;
    }

    guint64 size = number(list, 4), head = size == LONG ? LONG_HEAD : HEAD;

    *name = (guint32)number(list, 4);
    if (size == LONG) {
        size = number(list, 8);
    } else if (size == TO_THE_END) {
        size = left;
    }
    if (list->failed || size < head) {
        list->failed = true;
        return false;
    }
    *body = (struct cursor){.size = size - head};
    body->data = take(list, body->size);
    return body->data != NULL;
}

static struct cursor cursor_of(GBytes *file)
{
    struct cursor all = {0};

    all.data = g_bytes_get_data(file, &all.size);
    return all;
}

static int count_boxes(struct cursor list, guint32 wanted, struct cursor *first)
{
    struct cursor body;
    guint32 name = 0;
    int count = 0;

    while (next_box(&list, &name, &body)) {
        if (name == wanted && count++ == 0) {
            *first = body;
        }
    }
    return count;
}

bool heif_has_box(GBytes *file, const char *name)
{
    struct cursor body;

    return count_boxes(cursor_of(file), NAME(name[0], name[1], name[2], name[3]), &body) > 0;
}

// ---- items --------------------------------------------------------------------------------------

struct items {
    GHashTable *types;   // identity to name of the type
    GHashTable *tiles;   // those of which others are made
    GHashTable *helpers; // those that add to another, as alpha does
    GHashTable *masters; // those to which something is added
};

static void items_clear(struct items *items)
{
    g_hash_table_unref(items->types);
    g_hash_table_unref(items->tiles);
    g_hash_table_unref(items->helpers);
    g_hash_table_unref(items->masters);
}

static guint32 type_of(const struct items *items, guint32 id)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(items->types, GUINT_TO_POINTER(id)));
}

// Entries of before there were types are passed over.
static bool read_entry(struct cursor entry, struct items *items)
{
    const guint version = (guint)number(&entry, 1);

    number(&entry, 3); // flags

    const guint32 id = (guint32)number(&entry, version == 2 ? 2 : 4);

    number(&entry, 2); // protection

    const guint32 type = (guint32)number(&entry, 4);

    return version < 2 ||
           (!entry.failed && type != NAME('i', 'o', 'v', 'l') &&
            g_hash_table_insert(items->types, GUINT_TO_POINTER(id), GUINT_TO_POINTER(type)));
}

static bool read_entries(struct cursor list, struct items *items)
{
    struct cursor entry;
    guint32 name = 0;
    const guint version = (guint)number(&list, 1);

    number(&list, 3);                    // flags
    number(&list, version == 0 ? 2 : 4); // how many: the box ends where they do
    while (next_box(&list, &name, &entry)) {
        if (name == NAME('i', 'n', 'f', 'e') && !read_entry(entry, items)) {
            return false;
        }
    }
    return !list.failed;
}

// Of a picture that is made of others, or of one that adds to another.
static bool add_reference(struct items *items, guint32 kind, guint32 from, guint32 to)
{
    const guint32 own = type_of(items, from), other = type_of(items, to);
    const bool derived = own == NAME('g', 'r', 'i', 'd') || own == NAME('i', 'd', 'e', 'n');

    if (kind == NAME('d', 'i', 'm', 'g') && derived) {
        g_hash_table_add(items->tiles, GUINT_TO_POINTER(to));
        return other == NAME('h', 'v', 'c', '1') || other == NAME('a', 'v', '0', '1');
    }
    if (kind == NAME('a', 'u', 'x', 'l')) {
        g_hash_table_add(items->helpers, GUINT_TO_POINTER(from));
        g_hash_table_add(items->masters, GUINT_TO_POINTER(to));
    }
    return true;
}

// libheif does not go by the sizes of these boxes, so each has to have the one that follows from
// its numbers.
static bool read_references(struct cursor list, struct items *items)
{
    struct cursor body;
    guint32 kind = 0;
    const guint bytes = number(&list, 1) == 0 ? 2 : 4; // of an identity
    bool ok = take(&list, 3) != NULL;                  // flags

    while (ok && next_box(&list, &kind, &body)) {
        const guint32 from = (guint32)number(&body, bytes);
        const guint count = (guint)number(&body, 2);

        for (guint i = 0; ok && i < count; i++) {
            ok = add_reference(items, kind, from, (guint32)number(&body, bytes)) && !body.failed;
        }
        ok = ok && !body.failed && body.size == 0;
    }
    return ok && !list.failed;
}

static bool check_masters(const struct items *items)
{
    GHashTableIter at;
    gpointer id = NULL;

    g_hash_table_iter_init(&at, items->masters);
    while (g_hash_table_iter_next(&at, &id, NULL)) {
        if (g_hash_table_contains(items->tiles, id) || g_hash_table_contains(items->helpers, id)) {
            return false;
        }
    }
    return true;
}

bool heif_items_are_sound(GBytes *file)
{
    struct cursor meta, list;
    struct items items = {g_hash_table_new(NULL, NULL), g_hash_table_new(NULL, NULL),
                          g_hash_table_new(NULL, NULL), g_hash_table_new(NULL, NULL)};
    bool ok = count_boxes(cursor_of(file), NAME('m', 'e', 't', 'a'), &meta) == 1 &&
              take(&meta, 4) != NULL && // version and flags
              count_boxes(meta, NAME('i', 'i', 'n', 'f'), &list) == 1 && read_entries(list, &items);

    if (ok) {
        const int count = count_boxes(meta, NAME('i', 'r', 'e', 'f'), &list);

        ok = count == 0 || (count == 1 && read_references(list, &items));
    }
    ok = ok && check_masters(&items);
    items_clear(&items);
    return ok;
}
