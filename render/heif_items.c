// A reader of the list of items, of their references and of how they are turned. What it does not
// understand is not sound.
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
    GArray *parts;       // struct part: tiles of grids, and helpers
};

struct part {
    guint32 id, whole;
    bool tile;
};

static struct items items_new(void)
{
    return (struct items){g_hash_table_new(NULL, NULL), g_hash_table_new(NULL, NULL),
                          g_hash_table_new(NULL, NULL), g_hash_table_new(NULL, NULL),
                          g_array_new(FALSE, FALSE, sizeof(struct part))};
}

static void items_clear(struct items *items)
{
    g_array_unref(items->parts);
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
    const bool grid = own == NAME('g', 'r', 'i', 'd'), derived = own == NAME('i', 'd', 'e', 'n');
    const struct part tile = {to, from, true}, helper = {from, to, false};

    if (kind == NAME('d', 'i', 'm', 'g') && (grid || derived)) {
        g_hash_table_add(items->tiles, GUINT_TO_POINTER(to));
        if (grid) {
            g_array_append_val(items->parts, tile);
        }
        return other == NAME('h', 'v', 'c', '1') || other == NAME('a', 'v', '0', '1');
    }
    if (kind == NAME('a', 'u', 'x', 'l')) {
        g_hash_table_add(items->helpers, GUINT_TO_POINTER(from));
        g_hash_table_add(items->masters, GUINT_TO_POINTER(to));
        if (own != 0 && other != 0) {
            g_array_append_val(items->parts, helper);
        }
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

static bool read_items(struct cursor meta, struct items *items)
{
    struct cursor list;

    if (count_boxes(meta, NAME('i', 'i', 'n', 'f'), &list) != 1 || !read_entries(list, items)) {
        return false;
    }

    const int count = count_boxes(meta, NAME('i', 'r', 'e', 'f'), &list);

    return (count == 0 || (count == 1 && read_references(list, items))) && check_masters(items);
}

// ---- turning, mirroring and cropping ------------------------------------------------------------

struct property {
    guint32 name;
    struct cursor body;
};

// What is to be done to an item after it is decoded.
struct turns {
    GByteArray *said;         // names and bodies of the properties, in their order
    GArray *places;           // struct cursor: where the file gives the properties to the item
    bool alpha;               // the item is an alpha channel
    guint quarters;           // by which it is turned
    const struct turns *more; // what is to be said of it too; NULL: nothing
    bool repeats;             // what its whole says: not to be said again
};

static void turns_free(gpointer data)
{
    struct turns *turns = data;

    g_byte_array_unref(turns->said);
    g_array_unref(turns->places);
    g_free(turns);
}

static struct turns *turns_of(GHashTable *table, guint32 id)
{
    struct turns *turns = g_hash_table_lookup(table, GUINT_TO_POINTER(id));

    if (turns == NULL) {
        turns = g_new0(struct turns, 1);
        turns->said = g_byte_array_new();
        turns->places = g_array_new(FALSE, FALSE, sizeof(struct cursor));
        g_hash_table_insert(table, GUINT_TO_POINTER(id), turns);
    }
    return turns;
}

// The names of ISO/IEC 23008-12 and of MIAF.
static bool names_alpha(struct cursor body)
{
    static const char *const NAMES[] = {"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
                                        "urn:mpeg:hevc:2015:auxid:1", "urn:mpeg:avc:2015:auxid:1"};
    bool found = false;

    take(&body, 4); // version and flags
    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        const gsize size = strlen(NAMES[i]) + 1;

        found = found || (body.size >= size && memcmp(body.data, NAMES[i], size) == 0);
    }
    return found;
}

// A turn by no angle is none.
static bool is_turn(const struct property *property)
{
    switch (property->name) {
    case NAME('i', 'r', 'o', 't'): return property->body.size > 0 && property->body.data[0] != 0;
    case NAME('i', 'm', 'i', 'r'):
    case NAME('c', 'l', 'a', 'p'): return true;
    default: return false;
    }
}

static void add_property(struct turns *turns, const struct property *property, struct cursor place)
{
    enum { CLAP = 32 }; // bytes of the longest
    const struct cursor *body = &property->body;

    if (is_turn(property)) {
        g_byte_array_append(turns->said, (const guint8 *)&property->name, sizeof(property->name));
        g_byte_array_append(turns->said, body->data, (guint)MIN(body->size, CLAP));
        g_array_append_val(turns->places, place);
        turns->quarters += property->name == NAME('i', 'r', 'o', 't') ? body->data[0] & 3 : 0;
    } else if (property->name == NAME('a', 'u', 'x', 'C')) {
        turns->alpha = turns->alpha || names_alpha(*body);
    }
}

// Which item has which of the properties, which are counted from 1; the highest bit of a number
// says whether the property has to be understood. Every item is named once at most.
static bool read_associations(struct cursor list, const GArray *properties, guint most,
                              GHashTable *table)
{
    enum { MOST_TURNS = 16 }; // one of each kind is usual
    const guint version = (guint)number(&list, 1), flags = (guint)number(&list, 3);
    const guint bytes = (flags & 1) != 0 ? 2 : 1;
    const guint32 items = (guint32)number(&list, 4);

    if (items > most) {
        return false;
    }
    for (guint32 i = 0; i < items && !list.failed; i++) {
        struct turns *turns = turns_of(table, (guint32)number(&list, version < 1 ? 2 : 4));
        const guint count = (guint)number(&list, 1);

        for (guint k = 0; k < count && !list.failed; k++) {
            const struct cursor place = {.data = list.data, .size = bytes};
            const guint at = (guint)number(&list, bytes) & (bytes == 2 ? 0x7fff : 0x7f);

            if (at > 0 && at <= properties->len && !list.failed) {
                add_property(turns, &g_array_index(properties, struct property, at - 1), place);
            }
        }
        if (turns->places->len > MOST_TURNS) {
            return false;
        }
    }
    return !list.failed;
}

static bool read_turns(struct cursor meta, const struct items *items, GHashTable *table)
{
    g_autoptr(GArray) properties = g_array_new(FALSE, FALSE, sizeof(struct property));
    struct cursor all, list;
    struct property property;
    const int count = count_boxes(meta, NAME('i', 'p', 'r', 'p'), &all);

    if (count != 1 || count_boxes(all, NAME('i', 'p', 'c', 'o'), &list) != 1) {
        return count == 0;
    }
    while (next_box(&list, &property.name, &property.body)) {
        g_array_append_val(properties, property);
    }
    return count_boxes(all, NAME('i', 'p', 'm', 'a'), &list) == 1 &&
           read_associations(list, properties, g_hash_table_size(items->types), table);
}

static bool same_turns(const struct turns *a, const struct turns *b)
{
    return a->said->len == b->said->len && memcmp(a->said->data, b->said->data, a->said->len) == 0;
}

// Number 0 is no property.
static void blank(const struct turns *turns, const guint8 *data, guint8 *copy)
{
    for (guint i = 0; i < turns->places->len; i++) {
        const struct cursor *place = &g_array_index(turns->places, struct cursor, i);

        memset(copy + (place->data - data), 0, place->size);
    }
}

// libheif turns each item by itself before it puts tiles and alpha together. Tiles that say again
// how the whole is turned are to say it no more, and alpha that says nothing of it means the same
// as its picture: *less and *more, where there is such a part. False where a part says otherwise
// than the whole.
static bool settle_parts(const struct items *items, GHashTable *table, bool *less, bool *more)
{
    for (guint i = 0; i < items->parts->len; i++) {
        const struct part *part = &g_array_index(items->parts, struct part, i);
        struct turns *own = turns_of(table, part->id);
        const struct turns *whole = turns_of(table, part->whole);
        const bool silent = own->said->len == 0;

        if (!part->tile && !own->alpha) {
            continue;
        }
        if (!silent && !same_turns(own, whole)) {
            return false;
        }
        if (part->tile && !silent) {
            own->repeats = true;
            *less = true;
        } else if (silent && whole->said->len > 0) {
            own->more = whole;
            *more = true;
        }
    }
    return true;
}

// ---- the list of items once more ----------------------------------------------------------------

static void put_number(GByteArray *to, guint64 value, guint bytes)
{
    const guint64 big_endian = GUINT64_TO_BE(value);

    g_byte_array_append(to, (const guint8 *)&big_endian + sizeof(big_endian) - bytes, bytes);
}

static void put_box(GByteArray *to, guint32 name, const guint8 *data, gsize size)
{
    put_number(to, size + 8, 4);
    put_number(to, name, 4);
    g_byte_array_append(to, data, (guint)size);
}

// Boxes of a list, of which those of one name hold something else.
static void put_list(GByteArray *to, struct cursor list, guint32 replaced, const GByteArray *by)
{
    struct cursor body;
    guint32 name = 0;

    while (next_box(&list, &name, &body)) {
        const bool other = name == replaced;

        put_box(to, name, other ? by->data : body.data, other ? by->len : body.size);
    }
}

// What read_associations() has read, with what is to be said too. False where it is too much.
static bool put_associations(GByteArray *to, struct cursor list, GHashTable *table)
{
    enum { HEAD = 8, MOST = 255 };
    const guint8 *head = list.data;
    const guint version = (guint)number(&list, 1), flags = (guint)number(&list, 3);
    const guint bytes = (flags & 1) != 0 ? 2 : 1, id_bytes = version < 1 ? 2 : 4;
    const guint32 items = (guint32)number(&list, 4);

    g_byte_array_append(to, head, HEAD);
    for (guint32 i = 0; i < items; i++) {
        const guint32 id = (guint32)number(&list, id_bytes);
        struct turns *turns = turns_of(table, id);
        const GArray *places = turns->more != NULL ? turns->more->places : NULL;
        const guint count = (guint)number(&list, 1), more = places != NULL ? places->len : 0;

        if (count + more > MOST) {
            return false;
        }
        put_number(to, id, id_bytes);
        put_number(to, count + more, 1);
        g_byte_array_append(to, take(&list, count * bytes), count * bytes);
        for (guint k = 0; k < more; k++) {
            g_byte_array_append(to, g_array_index(places, struct cursor, k).data, bytes);
        }
        turns->more = NULL; // once
    }
    return true;
}

// The list of items is written anew behind the file, so that nothing else moves; the old one is
// room that is free. NULL where that cannot be.
static GBytes *with_more(const guint8 *data, gsize size, struct cursor meta, GHashTable *table)
{
    g_autoptr(GByteArray) links = g_byte_array_new(), properties = g_byte_array_new();
    g_autoptr(GByteArray) items = g_byte_array_new(), file = g_byte_array_new();
    struct cursor all = {0}, list = {0}, inside = meta;
    guint8 *name = NULL;

    take(&inside, 4); // version and flags
    if (size > G_MAXINT32 || memcmp(meta.data - 4, "meta", 4) != 0 ||
        count_boxes(inside, NAME('i', 'p', 'r', 'p'), &all) != 1 ||
        count_boxes(all, NAME('i', 'p', 'm', 'a'), &list) != 1 ||
        !put_associations(links, list, table)) {
        return NULL;
    }
    put_list(properties, all, NAME('i', 'p', 'm', 'a'), links);
    g_byte_array_append(items, meta.data, 4);
    put_list(items, inside, NAME('i', 'p', 'r', 'p'), properties);
    g_byte_array_append(file, data, (guint)size);
    name = file->data + (meta.data - data) - 4;
    memcpy(name, "free", 4);
    put_box(file, NAME('m', 'e', 't', 'a'), items->data, items->len);
    return g_byte_array_free_to_bytes(g_steal_pointer(&file));
}

// The file as settle_parts() would have it.
static GBytes *rewritten(GBytes *file, struct cursor meta, GHashTable *table, bool more)
{
    gsize size = 0;
    const guint8 *data = g_bytes_get_data(file, &size);
    g_autofree guint8 *copy = g_memdup2(data, size);
    GHashTableIter parts;
    gpointer turns = NULL;

    g_hash_table_iter_init(&parts, table);
    while (g_hash_table_iter_next(&parts, NULL, &turns)) {
        if (((struct turns *)turns)->repeats) {
            blank(turns, data, copy);
        }
    }
    if (!more) {
        return g_bytes_new_take(g_steal_pointer(&copy), size);
    }
    meta.data = copy + (meta.data - data);
    return with_more(copy, size, meta, table);
}

static bool is_sideways(struct cursor meta, GHashTable *table)
{
    struct cursor main;

    if (count_boxes(meta, NAME('p', 'i', 't', 'm'), &main) != 1) {
        return false;
    }

    const guint version = (guint)number(&main, 1);

    take(&main, 3); // flags

    const guint32 id = (guint32)number(&main, version == 0 ? 2 : 4);
    const struct turns *turns = g_hash_table_lookup(table, GUINT_TO_POINTER(id));

    return turns != NULL && turns->quarters % 2 == 1;
}

GBytes *heif_items_sound(GBytes *file, bool *sideways)
{
    g_autoptr(GHashTable) table = g_hash_table_new_full(NULL, NULL, NULL, turns_free);
    struct items items = items_new();
    struct cursor meta = {0}, inside;
    GBytes *sound = NULL;
    bool less = false, more = false;
    bool ok = count_boxes(cursor_of(file), NAME('m', 'e', 't', 'a'), &meta) == 1;

    inside = meta;
    ok = ok && take(&inside, 4) != NULL && // version and flags
         read_items(inside, &items) && read_turns(inside, &items, table) &&
         settle_parts(&items, table, &less, &more);
    if (ok) {
        *sideways = is_sideways(inside, table);
        sound = less || more ? rewritten(file, meta, table, more) : g_bytes_ref(file);
    }
    items_clear(&items);
    return sound;
}
