// Reading safetensors. The header is parsed into structs and then every number in it is checked;
// nothing is believed before. Order of the checks follows the reference implementation, so that its
// attacks fail alike.

#include "compute/file/safetensors.h"

#include "compute/file/json.h"
#include "compute/half.h"
#include "compute/i18n.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAP_FROM_BYTES (16 << 20) // smaller files are copied

static const struct {
    const char *name;
    int size;
} dtypes[] = {
    [ST_F64] = {"F64", 8}, [ST_F32] = {"F32", 4},   [ST_F16] = {"F16", 2}, [ST_BF16] = {"BF16", 2},
    [ST_I64] = {"I64", 8}, [ST_I32] = {"I32", 4},   [ST_I16] = {"I16", 2}, [ST_I8] = {"I8", 1},
    [ST_U8] = {"U8", 1},   [ST_BOOL] = {"BOOL", 1},
};

const char *st_dtype_name(enum st_dtype dtype)
{
    return dtypes[dtype].name;
}

// What an entry of the header says, before it is checked.
struct entry {
    struct st_tensor *tensor;
    char *dtype;
    int64_t begin, end;
};

static void tensor_entry_free(struct st_tensor *t)
{
    g_free(t->name);
    g_free(t);
}

static void entry_clear(struct entry *e)
{
    if (e->tensor) {
        tensor_entry_free(e->tensor);
    }
    g_free(e->dtype);
}

static void read_shape(struct json_reader *r, struct st_tensor *t)
{
    bool first = true;
    if (!json_enter(r, '[')) {
        return;
    }
    while (json_item(r, &first)) {
        if (t->rank == ST_MAX_RANK) {
            json_fault(r, _("a tensor has more than 8 dimensions"));
            return;
        }
        json_integer(r, &t->shape[t->rank++]);
    }
}

static void read_offsets(struct json_reader *r, struct entry *e)
{
    int64_t *offsets[] = {&e->begin, &e->end};
    int n = 0;
    bool first = true;
    if (!json_enter(r, '[')) {
        return;
    }
    while (json_item(r, &first)) {
        if (n == 2) {
            json_fault(r, _("data_offsets has more than two numbers"));
            return;
        }
        json_integer(r, offsets[n++]);
    }
    if (n != 2) {
        json_fault(r, _("data_offsets has fewer than two numbers"));
    }
}

// One tensor: {"dtype": .., "shape": [..], "data_offsets": [..]}, each exactly once.
static void read_entry(struct json_reader *r, struct entry *e)
{
    enum { DTYPE = 1, SHAPE = 2, OFFSETS = 4, ALL = 7 };
    int seen = 0;
    bool first = true;
    char *key;
    if (!json_enter(r, '{')) {
        return;
    }
    while ((key = json_key(r, &first))) {
        int field = g_str_equal(key, "dtype")          ? DTYPE
                    : g_str_equal(key, "shape")        ? SHAPE
                    : g_str_equal(key, "data_offsets") ? OFFSETS
                                                       : 0;
        g_free(key);
        if (!field || (seen & field)) {
            json_fault(r, field ? _("a field of a tensor is given twice")
                                : _("a tensor has an unknown field"));
            return;
        }
        seen |= field;
        if (field == DTYPE) {
            e->dtype = json_string(r);
        } else if (field == SHAPE) {
            read_shape(r, e->tensor);
        } else {
            read_offsets(r, e);
        }
    }
    if (seen != ALL) {
        json_fault(r, _("a tensor lacks its dtype, shape or data_offsets"));
    }
}

static void read_metadata(struct json_reader *r, GHashTable *metadata)
{
    bool first = true;
    char *key;
    if (json_word(r, "null") || !json_enter(r, '{')) {
        return;
    }
    while ((key = json_key(r, &first))) {
        if (json_peek(r) != '"') {
            json_fault(r, _("its metadata is not a list of texts"));
        }
        char *value = json_string(r);
        if (!value || g_hash_table_contains(metadata, key)) {
            json_fault(r, _("a key of its metadata is given twice"));
            g_free(key);
            g_free(value);
            return;
        }
        g_hash_table_insert(metadata, key, value);
    }
}

// The whole header into entries; names are checked to be unique on the way.
static void read_header(struct json_reader *r, struct st_file *f, GArray *entries)
{
    bool first = true, metadata = false;
    char *key;
    if (!json_enter(r, '{')) {
        return;
    }
    while ((key = json_key(r, &first))) {
        if (g_str_equal(key, "__metadata__")) {
            g_free(key);
            if (metadata) {
                json_fault(r, _("its metadata is given twice"));
            }
            metadata = true;
            read_metadata(r, f->metadata);
            continue;
        }
        struct entry e = {.tensor = g_new0(struct st_tensor, 1)};
        e.tensor->name = key;
        e.tensor->path = f->path;
        read_entry(r, &e);
        g_array_append_val(entries, e);
        if (strlen(key) > ST_MAX_NAME) {
            json_fault(r, _("a tensor's name is longer than 512 bytes"));
        } else if (!g_hash_table_insert(f->by_name, key, e.tensor)) {
            json_fault(r, _("a tensor's name is given twice"));
        } else if (entries->len > ST_MAX_TENSORS) {
            json_fault(r, _("it has more than 65536 tensors"));
        }
    }
}

static bool find_dtype(const char *name, enum st_dtype *dtype)
{
    for (size_t i = 0; i < G_N_ELEMENTS(dtypes); i++) {
        if (g_str_equal(dtypes[i].name, name)) {
            *dtype = (enum st_dtype)i;
            return true;
        }
    }
    return false;
}

// Element count and size of t from its shape; false on overflow.
static bool measure(struct st_tensor *t)
{
    int64_t count = 1, size;
    for (int i = 0; i < t->rank; i++) {
        if (__builtin_mul_overflow(count, t->shape[i], &count)) {
            return false;
        }
    }
    if (__builtin_mul_overflow(count, (int64_t)dtypes[t->dtype].size, &size)) {
        return false;
    }
    t->count = count;
    t->size_bytes = size;
    return true;
}

static gint by_offset(gconstpointer a, gconstpointer b)
{
    const struct entry *x = a, *y = b;
    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    return x->end < y->end ? -1 : x->end > y->end; // empty tensors before the one at the same place
}

// Ranges must follow each other from 0 to the end of the data, each as long as its shape says.
static bool check_entries(struct st_file *f, GArray *entries, const uint8_t *data,
                          uint64_t data_size, GError **error)
{
    uint64_t at = 0;
    g_array_sort(entries, by_offset);
    for (guint i = 0; i < entries->len; i++) {
        struct entry *e = &g_array_index(entries, struct entry, i);
        struct st_tensor *t = e->tensor;
        if (!find_dtype(e->dtype, &t->dtype)) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                        _("%s: tensor %s has the number format %s, which is not supported"),
                        f->path, t->name, e->dtype);
            return false;
        }
        const char *fault = NULL;
        if (!measure(t)) {
            fault = N_("is larger than any file");
        } else if ((uint64_t)e->begin != at || e->end < e->begin) {
            fault = N_("overlaps another tensor or leaves a hole");
        } else if ((uint64_t)(e->end - e->begin) != t->size_bytes) {
            fault = N_("has a shape that does not fit its size");
        } else if ((uint64_t)e->end > data_size) {
            fault = N_("is cut short");
        }
        if (fault) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                        _("%s is damaged: tensor %s %s"), f->path, t->name, _(fault));
            return false;
        }
        t->data = data + at;
        at = e->end;
    }
    if (at != data_size) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s is damaged: it has data that belongs to no tensor"), f->path);
        return false;
    }
    return true;
}

// What a clone has in the place of a large file that was not fetched.
static const char LFS_POINTER[] = "version https://git-lfs";

static bool parse(struct st_file *f, GError **error)
{
    gsize size;
    const uint8_t *data = g_bytes_get_data(f->bytes, &size);
    uint64_t length = 0;
    if (size >= 8) {
        memcpy(&length, data, 8);
        length = GUINT64_FROM_LE(length);
    }
    if (size > sizeof LFS_POINTER && memcmp(data, LFS_POINTER, strlen(LFS_POINTER)) == 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s is a pointer of Git LFS; the file itself is fetched by git lfs pull"),
                    f->path);
        return false;
    }
    if (size < 8 || length > ST_MAX_HEADER || length > size - 8) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s is not a safetensors file or is cut short"), f->path);
        return false;
    }
    struct json_reader r;
    json_begin(&r, (const char *)data + 8, length);
    GArray *entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
    g_array_set_clear_func(entries, (GDestroyNotify)entry_clear);
    read_header(&r, f, entries);
    bool ok = json_end(&r);
    if (!ok) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s is damaged: in its header, %s"), f->path, r.fault);
    }
    ok = ok && check_entries(f, entries, data + 8 + length, size - 8 - length, error);
    for (guint i = 0; ok && i < entries->len; i++) {
        struct entry *e = &g_array_index(entries, struct entry, i);
        g_ptr_array_add(f->tensors, g_steal_pointer(&e->tensor));
    }
    g_array_unref(entries);
    return ok;
}

struct st_file *st_parse(GBytes *bytes, const char *name, GError **error)
{
    struct st_file *f = g_new0(struct st_file, 1);
    f->path = g_strdup(name);
    f->bytes = g_bytes_ref(bytes);
    f->tensors = g_ptr_array_new_with_free_func((GDestroyNotify)tensor_entry_free);
    f->aside = g_ptr_array_new_with_free_func((GDestroyNotify)tensor_entry_free);
    f->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    f->metadata = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (!parse(f, error)) {
        st_free(f);
        return NULL;
    }
    return f;
}

// *mapped: the bytes are the file's, and not a copy.
static GBytes *load_bytes(const char *path, bool *mapped, GError **error)
{
    GStatBuf info;
    bool found = g_stat(path, &info) == 0;
    if (found && !S_ISREG(info.st_mode)) { // opening a pipe would wait for its other end
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, _("%s is not a file"), path);
        return NULL;
    }
    if (found && info.st_size < MAP_FROM_BYTES) {
        char *data;
        gsize size;
        if (!g_file_get_contents(path, &data, &size, error)) {
            return NULL;
        }
        return g_bytes_new_take(data, size);
    }
    GMappedFile *mapping = g_mapped_file_new(path, FALSE, error);
    if (!mapping) {
        return NULL;
    }
    GBytes *bytes = g_mapped_file_get_bytes(mapping);
    g_mapped_file_unref(mapping);
    *mapped = true;
    return bytes;
}

static const char own_ending[] = ".safetensors";
static const char *const pickle_endings[] = {".ckpt", ".pt", ".pth", ".bin"};

// Where the ending of a file of weights begins, NULL where the name has none.
static const char *weights_ending(const char *path)
{
    const char *dot = strrchr(path, '.');
    bool known = dot && g_str_equal(dot, own_ending);
    for (size_t i = 0; dot && !known && i < G_N_ELEMENTS(pickle_endings); i++) {
        known = g_str_equal(dot, pickle_endings[i]);
    }
    return known ? dot : NULL;
}

// Whether the first bytes are a header's length and beginning, be the rest as it may.
static bool begins_as_header(const uint8_t *data, gsize size)
{
    uint64_t length;
    if (size <= sizeof length) {
        return false;
    }
    memcpy(&length, data, sizeof length);
    return GUINT64_FROM_LE(length) <= ST_MAX_HEADER && data[sizeof length] == '{';
}

// Python's pickles by their first instruction, and the archives that torch.save() puts them into.
static bool begins_as_pickle(const uint8_t *data, gsize size)
{
    return size >= 4 &&
           (memcmp(data, "PK\3\4", 4) == 0 || (data[0] == 0x80 && data[1] >= 2 && data[1] <= 5));
}

bool st_is_named(const char *path)
{
    return weights_ending(path) != NULL;
}

bool st_is_file(const char *path)
{
    GStatBuf info;
    if (weights_ending(path)) {
        return true;
    }
    uint8_t first[sizeof(uint64_t) + 1];
    const bool regular = g_stat(path, &info) == 0 && S_ISREG(info.st_mode);
    FILE *file = regular ? g_fopen(path, "rb") : NULL;
    const gsize size = file ? fread(first, 1, sizeof first, file) : 0;
    g_clear_pointer(&file, fclose);
    return begins_as_header(first, size);
}

char *st_name(const char *path)
{
    char *name = g_path_get_basename(path);
    const char *ending = weights_ending(name);
    if (ending) {
        name[ending - name] = '\0';
    }
    return name;
}

// The content counts, not the name: checkpoints of this program may end in anything.
static bool refuse_pickle(GBytes *bytes, const char *path, GError **error)
{
    gsize size;
    const uint8_t *data = g_bytes_get_data(bytes, &size);
    const char *ending = weights_ending(path);
    const bool named = ending && !g_str_equal(ending, own_ending);
    if (begins_as_header(data, size) || !(named || begins_as_pickle(data, size))) {
        return true;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                _("%s is in a format that can carry programs, which is not read; convert it to "
                  "safetensors"),
                path);
    return false;
}

struct st_file *st_open(const char *path, GError **error)
{
    bool mapped = false;
    GBytes *bytes = load_bytes(path, &mapped, error);
    if (!bytes) {
        return NULL;
    }
    struct st_file *f = refuse_pickle(bytes, path, error) ? st_parse(bytes, path, error) : NULL;
    for (guint i = 0; f && i < f->tensors->len; i++) {
        ((struct st_tensor *)f->tensors->pdata[i])->mapped = mapped;
    }
    g_bytes_unref(bytes);
    return f;
}

void st_free(struct st_file *f)
{
    if (!f) {
        return;
    }
    g_hash_table_unref(f->by_name);
    g_hash_table_unref(f->metadata);
    g_ptr_array_unref(f->tensors);
    g_ptr_array_unref(f->aside);
    g_bytes_unref(f->bytes);
    g_free(f->path);
    g_free(f);
}

void st_set_aside(struct st_file *f, const char *prefix)
{
    for (guint i = f->tensors->len; i-- > 0;) {
        const struct st_tensor *t = f->tensors->pdata[i];
        if (g_str_has_prefix(t->name, prefix)) {
            g_hash_table_remove(f->by_name, t->name);
            g_ptr_array_insert(f->aside, 0, g_ptr_array_steal_index(f->tensors, i));
        }
    }
}

const struct st_tensor *st_find(const struct st_file *f, const char *name)
{
    return g_hash_table_lookup(f->by_name, name);
}

void st_release(const struct st_tensor *t)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)t->data;
    const uintptr_t begin = (at + page - 1) / page * page, end = (at + t->size_bytes) / page * page;
    if (t->mapped && begin < end) {
        madvise((void *)begin, end - begin, MADV_DONTNEED); // advice: without it all goes on
    }
}

// The loop of one number format; the data is unaligned.
#define CONVERT(type, expression)                                                                  \
    for (int64_t i = 0; i < count; i++) {                                                          \
        type v;                                                                                    \
        memcpy(&v, data + i * sizeof v, sizeof v);                                                 \
        out[i] = (float)(expression);                                                              \
    }                                                                                              \
    break

static void convert(enum st_dtype dtype, const uint8_t *data, int64_t count, float *out)
{
    // Numbers are little-endian on disk, and this program runs on little-endian machines only.
    G_STATIC_ASSERT(G_BYTE_ORDER == G_LITTLE_ENDIAN);
    switch (dtype) {
    case ST_F32:
        if (count) {
            memcpy(out, data, (size_t)count * sizeof *out);
        }
        break;
    case ST_F64: CONVERT(double, v);
    case ST_F16: CONVERT(uint16_t, half_to_float(v));
    case ST_BF16: CONVERT(uint16_t, bfloat_to_float(v));
    case ST_I64: CONVERT(int64_t, v);
    case ST_I32: CONVERT(int32_t, v);
    case ST_I16: CONVERT(int16_t, v);
    case ST_I8: CONVERT(int8_t, v);
    case ST_U8: CONVERT(uint8_t, v);
    case ST_BOOL: CONVERT(uint8_t, v != 0);
    }
}

void st_set_not_finite(const struct st_tensor *t, GError **error)
{
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                _("%s: tensor %s holds a value that is not a number or infinite"), t->path,
                t->name);
}

bool st_read_part(const struct st_tensor *t, int64_t first, int64_t count, float *out)
{
    convert(t->dtype, t->data + first * dtypes[t->dtype].size, count, out);
    // An exponent of all ones is an infinity or NaN; the maximum over all is a loop that
    // vectorises.
    uint32_t worst = 0;
    for (int64_t i = 0; i < count; i++) {
        uint32_t magnitude = float_bits(out[i]) & 0x7fffffff;
        worst = MAX(worst, magnitude);
    }
    return worst < 0x7f800000;
}

bool st_read_f32(const struct st_tensor *t, float *out, bool finite, GError **error)
{
    if (!st_read_part(t, 0, t->count, out) && finite) {
        st_set_not_finite(t, error);
        return false;
    }
    return true;
}

bool st_check_learned(const struct st_tensor *t, GError **error)
{
    if (t->dtype >= ST_I64) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s: %s has whole numbers (%s): the file is quantised, and nothing says what "
                      "they are to be multiplied by"),
                    t->path, t->name, st_dtype_name(t->dtype));
        return false;
    }
    return true;
}

bool st_read_learned(const struct st_tensor *t, float *out, GError **error)
{
    return st_check_learned(t, error) && st_read_f32(t, out, true, error);
}
