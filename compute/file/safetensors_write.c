// Writing safetensors: one temporary file beside the target, checked before it takes the target's
// name.

#include "compute/file/safetensors.h"

#include "compute/half.h"
#include "compute/i18n.h"
#include "compute/replace.h"

struct piece {
    char *name;
    enum st_dtype dtype;
    int rank;
    int64_t shape[ST_MAX_RANK];
    GBytes *data;
};

struct st_writer {
    GPtrArray *pieces; // struct piece *
    GHashTable *names; // of the pieces; borrowed strings
    GHashTable *metadata;
};

static void piece_free(struct piece *p)
{
    g_free(p->name);
    g_bytes_unref(p->data);
    g_free(p);
}

struct st_writer *st_writer_new(void)
{
    struct st_writer *w = g_new0(struct st_writer, 1);
    w->pieces = g_ptr_array_new_with_free_func((GDestroyNotify)piece_free);
    w->names = g_hash_table_new(g_str_hash, g_str_equal);
    w->metadata = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return w;
}

void st_writer_free(struct st_writer *w)
{
    if (!w) {
        return;
    }
    g_hash_table_unref(w->names);
    g_hash_table_unref(w->metadata);
    g_ptr_array_unref(w->pieces);
    g_free(w);
}

void st_writer_meta(struct st_writer *w, const char *key, const char *value)
{
    g_hash_table_replace(w->metadata, g_strdup(key), g_strdup(value));
}

static int64_t count_of(int rank, const int64_t *shape)
{
    int64_t count = 1;
    for (int i = 0; i < rank; i++) {
        count *= shape[i];
    }
    return count;
}

static void add_piece(struct st_writer *w, const char *name, enum st_dtype dtype, int rank,
                      const int64_t *shape, GBytes *data)
{
    g_assert(rank >= 0 && rank <= ST_MAX_RANK && strlen(name) <= ST_MAX_NAME);
    struct piece *p = g_new0(struct piece, 1);
    p->name = g_strdup(name);
    p->dtype = dtype;
    p->rank = rank;
    for (int i = 0; i < rank; i++) {
        p->shape[i] = shape[i];
    }
    p->data = data;
    gboolean is_new = g_hash_table_add(w->names, p->name);
    g_assert(is_new);
    g_ptr_array_add(w->pieces, p);
}

void st_writer_f32(struct st_writer *w, const char *name, int rank, const int64_t *shape,
                   const float *data)
{
    add_piece(w, name, ST_F32, rank, shape,
              g_bytes_new(data, count_of(rank, shape) * sizeof *data));
}

void st_writer_f16(struct st_writer *w, const char *name, int rank, const int64_t *shape,
                   const float *data)
{
    const int64_t count = count_of(rank, shape);
    uint16_t *halves = g_new(uint16_t, count);
    for (int64_t i = 0; i < count; i++) {
        halves[i] = half_from_float(data[i]);
    }
    add_piece(w, name, ST_F16, rank, shape, g_bytes_new_take(halves, count * sizeof *halves));
}

void st_writer_i32(struct st_writer *w, const char *name, int rank, const int64_t *shape,
                   const int32_t *data)
{
    add_piece(w, name, ST_I32, rank, shape,
              g_bytes_new(data, count_of(rank, shape) * sizeof *data));
}

static void append_string(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\') {
            g_string_append_c(out, '\\');
            g_string_append_c(out, *p);
        } else if ((unsigned char)*p < 0x20) {
            g_string_append_printf(out, "\\u%04x", *p);
        } else {
            g_string_append_c(out, *p);
        }
    }
    g_string_append_c(out, '"');
}

static void append_metadata(GString *out, GHashTable *metadata)
{
    GList *keys = g_list_sort(g_hash_table_get_keys(metadata), (GCompareFunc)strcmp);
    g_string_append(out, "\"__metadata__\":{");
    for (GList *k = keys; k; k = k->next) {
        append_string(out, k->data);
        g_string_append_c(out, ':');
        append_string(out, g_hash_table_lookup(metadata, k->data));
        g_string_append(out, k->next ? "," : "");
    }
    g_string_append_c(out, '}');
    g_list_free(keys);
}

static void append_entry(GString *out, const struct piece *p, uint64_t begin)
{
    append_string(out, p->name);
    g_string_append_printf(out, ":{\"dtype\":\"%s\",\"shape\":[", st_dtype_name(p->dtype));
    for (int i = 0; i < p->rank; i++) {
        g_string_append_printf(out, "%s%" G_GINT64_FORMAT, i ? "," : "", p->shape[i]);
    }
    g_string_append_printf(out, "],\"data_offsets\":[%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT "]}",
                           begin, begin + g_bytes_get_size(p->data));
}

// Length and JSON, padded with spaces so that the data begins at a multiple of 8.
static GString *make_header(const struct st_writer *w)
{
    GString *json = g_string_new("{");
    uint64_t at = 0;
    if (g_hash_table_size(w->metadata)) {
        append_metadata(json, w->metadata);
        g_string_append(json, w->pieces->len ? "," : "");
    }
    for (guint i = 0; i < w->pieces->len; i++) {
        const struct piece *p = w->pieces->pdata[i];
        append_entry(json, p, at);
        at += g_bytes_get_size(p->data);
        g_string_append(json, i + 1 < w->pieces->len ? "," : "");
    }
    g_string_append_c(json, '}');
    while (json->len % 8) {
        g_string_append_c(json, ' ');
    }
    uint64_t length = GUINT64_TO_LE((uint64_t)json->len);
    g_string_prepend_len(json, (const char *)&length, sizeof length);
    return json;
}

static bool write_file(const struct st_writer *w, struct replacement *r, struct task *task,
                       GError **error)
{
    GString *header = make_header(w);
    bool ok = replacement_write(r, header->str, header->len, error);
    g_string_free(header, TRUE);
    for (guint i = 0; ok && i < w->pieces->len; i++) {
        const struct piece *p = w->pieces->pdata[i];
        gsize size;
        const void *data = g_bytes_get_data(p->data, &size);
        ok = !task_cancelled(task, error) && replacement_write(r, data, size, error);
    }
    return ok && replacement_sync(r, error);
}

// Reads the file back and compares every byte with what was meant.
static bool verify(const struct st_writer *w, const char *path, GError **error)
{
    struct st_file *f = st_open(path, error);
    bool same = f && f->tensors->len == w->pieces->len;
    for (guint i = 0; same && i < w->pieces->len; i++) {
        const struct piece *p = w->pieces->pdata[i];
        const struct st_tensor *t = st_find(f, p->name);
        gsize size;
        const void *data = g_bytes_get_data(p->data, &size);
        same = t && t->size_bytes == size && (size == 0 || memcmp(t->data, data, size) == 0);
    }
    if (f && !same) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s does not read back as it was written"), path);
    }
    st_free(f);
    return same;
}

bool st_writer_save(struct st_writer *w, const char *path, struct task *task, GError **error)
{
    struct replacement *r = replacement_new(path, error);
    bool ok = r && write_file(w, r, task, error) && verify(w, r->temporary, error) &&
              !task_cancelled(task, error) && replacement_commit(r, error);
    replacement_free(r);
    if (!ok) {
        g_prefix_error(error, _("could not save %s: "), path);
    }
    return ok;
}
