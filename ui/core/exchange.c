#include "ui/core/exchange.h"

#include "compute/file/safetensors.h"
#include "compute/i18n.h"
#include "compute/json_file.h"
#include "compute/replace.h"
#include "render/file.h"
#include "render/signed.h"

#include <glib/gstdio.h>
#include <string.h>

#define MAX_PHOTO   ((gsize)1 << 30)  // bytes, as of a photo that is opened
#define MAX_ADAPTER ((gsize)16 << 30) // bytes
#define MAX_SIDE    8192              // pixels of a result
#define MAX_THUMB   1024

void exchange_clear(struct exchange *x)
{
    g_clear_pointer(&x->written, g_ptr_array_unref);
    g_clear_pointer(&x->left_out, g_ptr_array_unref);
}

static bool damaged(GError **error)
{
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("what it holds is damaged"));
    return false;
}

// ---- recipes ------------------------------------------------------------------------------------

static void map_adapter(JsonArray *array, guint index, JsonNode *node, void *map)
{
    JsonObject *o = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    JsonNode *id = o ? json_object_get_member(o, "id") : NULL;
    if (id && JSON_NODE_HOLDS_VALUE(id)) {
        const gint64 old = json_node_get_int(id);
        const gint64 *new = g_hash_table_lookup(map, &old);
        json_object_set_int_member(o, "id", new ? *new : 0); // 0: one that is not there
    }
}

// The recipe with the numbers that its adapters have in the other store; newly allocated.
static char *mapped_recipe(const char *recipe, GHashTable *map)
{
    g_autoptr(JsonNode) root =
        json_text_read(recipe, strlen(recipe), JSON_NODE_OBJECT, "recipe", NULL);
    JsonObject *o = root ? json_node_get_object(root) : NULL;
    JsonNode *list = o ? json_object_get_member(o, "adapters") : NULL;
    if (list && JSON_NODE_HOLDS_ARRAY(list)) {
        json_array_foreach_element(json_node_get_array(list), map_adapter, map);
    }
    return o ? json_to_string(root, FALSE) : g_strdup("{}");
}

// ---- results ------------------------------------------------------------------------------------

static bool is_whole(const struct store_result *r)
{
    const bool sides = r->width > 0 && r->height > 0 && r->width <= MAX_SIDE &&
                       r->height <= MAX_SIDE && r->thumb_width > 0 && r->thumb_height > 0 &&
                       r->thumb_width <= MAX_THUMB && r->thumb_height <= MAX_THUMB;
    return sides && r->thumb && r->pixels &&
           g_bytes_get_size(r->thumb) == (gsize)r->thumb_width * (gsize)r->thumb_height * 4 &&
           g_bytes_get_size(r->pixels) == signed_packed_size(r->width, r->height);
}

static bool is_there(const GPtrArray *there, const struct store_result *r)
{
    for (guint i = 0; i < there->len; i++) {
        const struct store_result *other = there->pdata[i];
        if (other->created == r->created && g_str_equal(other->prompt, r->prompt) && other->thumb &&
            g_bytes_equal(other->thumb, r->thumb)) {
            return true;
        }
    }
    return false;
}

static bool copy_result(struct store *from, gint64 id, struct store *to, gint64 document,
                        GHashTable *map, GError **error)
{
    struct store_result *r = store_result_load(from, id, error);
    if (!r) {
        return false;
    }
    char *recipe = mapped_recipe(r->recipe, map);
    g_free(r->recipe);
    r->recipe = recipe;
    r->document = document;
    r->created = CLAMP(r->created, 1, g_get_real_time() / G_USEC_PER_SEC);
    const bool ok = is_whole(r) ? store_result_save(to, r, error) : damaged(error);
    store_result_free(r);
    return ok;
}

// The oldest first, as they were made.
static bool copy_results(struct store *from, gint64 id, struct store *to, GHashTable *map,
                         struct task *task, struct exchange *x, GError **error)
{
    g_autoptr(GPtrArray) all = store_results(from, id, G_MAXINT, error);
    g_autoptr(GPtrArray) there = all ? store_results(to, x->document, G_MAXINT, error) : NULL;
    bool ok = there != NULL;
    for (guint i = ok ? all->len : 0; ok && i-- > 0;) {
        const struct store_result *r = all->pdata[i];
        task_report(task, TASK_WRITING_FILE, 1.0 - (double)i / all->len);
        if (task_cancelled(task, error)) {
            return false;
        }
        if (!r->thumb) {
            ok = damaged(error);
        } else if (!is_there(there, r)) {
            ok = copy_result(from, r->id, to, x->document, map, error);
            x->results += ok;
        }
    }
    return ok;
}

// ---- export -------------------------------------------------------------------------------------

// Newly allocated: of the content, so that the same file is the same everywhere.
static char *content_name(const char *folder, const void *data, gsize size, const char *suffix)
{
    g_autofree char *hash = g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, size);
    return g_strdup_printf("%s/%s%s", folder, hash, suffix);
}

static GMappedFile *map_regular(const char *path, gsize most, GError **error)
{
    GMappedFile *file = path && g_file_test(path, G_FILE_TEST_IS_REGULAR)
                            ? g_mapped_file_new(path, FALSE, error)
                            : NULL;
    const gsize size = file ? g_mapped_file_get_length(file) : 0;
    if (file && (size == 0 || size > most)) {
        g_clear_pointer(&file, g_mapped_file_unref);
    }
    if (!file && error && !*error) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _("its file is not there"));
    }
    return file;
}

static bool put_photo(struct store *s, const struct store_document *d, struct store *out,
                      GError **error)
{
    g_autofree char *path = store_own_path(s, d->photo);
    g_autoptr(GMappedFile) file = map_regular(path, MAX_PHOTO, error);
    if (!file) {
        g_prefix_error(error, _("the photo of %s cannot be had: "), d->name);
        return false;
    }
    return store_package_put(out, d->photo, g_mapped_file_get_contents(file),
                             g_mapped_file_get_length(file), error);
}

static void leave_out(struct exchange *x, const char *name, const char *why)
{
    g_ptr_array_add(x->left_out, g_strdup_printf("%s: %s", name, why));
}

// The library can name any file of the disk: only an adapter's goes out. Saves the row under its
// new path, and notes its number.
static bool put_adapter(struct store *s, struct store_adapter *a, struct store *out,
                        GHashTable *map, struct exchange *x, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autofree char *path = *a->path == '/' ? g_strdup(a->path) : store_own_path(s, a->path);
    g_autoptr(GMappedFile) file = map_regular(path, MAX_ADAPTER, &why);
    if (!file || !st_is_file(path)) {
        leave_out(x, a->name, file ? _("its file is no safetensors file") : why->message);
        return true;
    }
    const gint64 old = a->id;
    const char *data = g_mapped_file_get_contents(file);
    const gsize size = g_mapped_file_get_length(file);
    g_free(a->path);
    a->path = content_name("adapters", data, size, ".safetensors");
    a->id = 0;
    a->document = x->document;
    if (!store_package_put(out, a->path, data, size, error) || !store_adapter_save(out, a, error)) {
        return false;
    }
    g_hash_table_insert(map, g_memdup2(&old, sizeof old), g_memdup2(&a->id, sizeof a->id));
    x->adapters++;
    return true;
}

static GHashTable *map_new(void)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
}

static bool fill(struct store *s, struct store_document *d, struct store *out, struct task *task,
                 struct exchange *x, GError **error)
{
    const gint64 id = d->id;
    g_autoptr(GHashTable) map = map_new();
    g_autoptr(GPtrArray) adapters = store_adapters(s, id, error);
    g_clear_pointer(&d->origin, g_free);
    d->id = 0;
    if (!adapters || !put_photo(s, d, out, error) || !store_document_save(out, d, error)) {
        return false;
    }
    x->document = d->id;
    for (guint i = 0; i < adapters->len; i++) {
        if (task_cancelled(task, error) ||
            !put_adapter(s, adapters->pdata[i], out, map, x, error)) {
            return false;
        }
    }
    return copy_results(s, id, out, map, task, x, error);
}

static bool not_there(gint64 id, GError **error)
{
    if (error && !*error) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    _("the library has no document %" PRId64), id);
    }
    return false;
}

bool exchange_export(struct store *s, gint64 document, const char *path, struct task *task,
                     struct exchange *x, GError **error)
{
    *x = (struct exchange){.left_out = g_ptr_array_new_with_free_func(g_free)};
    struct store_document d = {0};
    if (document <= 0 || !store_document_load(s, document, &d, error)) {
        return not_there(document, error);
    }
    struct replacement *r = replacement_new(path, error);
    struct store *out = r ? store_package_new(r->temporary, error) : NULL;
    bool ok = out && store_together(out, error);
    if (ok) {
        const bool filled = fill(s, &d, out, task, x, error);
        ok = store_together_end(out, filled, error) && store_package_end(out, error);
    }
    store_close(out);
    ok = ok && replacement_sync(r, error) && replacement_commit(r, error);
    if (!ok) {
        g_prefix_error(error, _("%s was not written: "), path);
    }
    replacement_free(r);
    store_document_clear(&d);
    x->document = document;
    return ok;
}

// ---- import -------------------------------------------------------------------------------------

// A file of the package on its way to the disk.
struct incoming {
    struct replacement *to;
    GChecksum *hash;
    gsize size, most;
};

static bool take_piece(const void *data, gsize size, void *user, GError **error)
{
    struct incoming *in = user;
    in->size += size;
    if (in->size > in->most) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                            _("a file in it is too large"));
        return false;
    }
    g_checksum_update(in->hash, data, (gssize)size);
    return replacement_write(in->to, data, size, error);
}

// The hash of a file in the package, newly allocated.
static bool hash_piece(const void *data, gsize size, void *user, GError **error)
{
    g_checksum_update(user, data, (gssize)size);
    return true;
}

static char *hash_of(struct store *in, const char *name, GError **error)
{
    g_autoptr(GChecksum) hash = g_checksum_new(G_CHECKSUM_SHA256);
    return store_package_get(in, name, hash_piece, hash, error)
               ? g_strdup(g_checksum_get_string(hash))
               : NULL;
}

static bool is_picture(const char *path, GError **error)
{
    struct image_info info = {0};
    g_autoptr(GFile) file = g_file_new_for_path(path);
    const bool ok = image_probe(file, &info, error);
    image_meta_clear(&info.meta);
    return ok;
}

// Writes a file of the package into the library under a name of its hash, and only if it still has
// that and is what it should be.
static bool bring(struct store *s, struct store *in, const char *name, const char *relative,
                  const char *hash, bool photo, struct exchange *x, GError **error)
{
    g_autofree char *path = store_own_path(s, relative);
    const bool there = path && g_file_test(path, G_FILE_TEST_EXISTS);
    struct incoming file = {replacement_new(path, error), g_checksum_new(G_CHECKSUM_SHA256), 0,
                            photo ? MAX_PHOTO : MAX_ADAPTER};
    bool ok = file.to && store_package_get(in, name, take_piece, &file, error) &&
              replacement_sync(file.to, error);
    if (ok && !g_str_equal(g_checksum_get_string(file.hash), hash)) {
        ok = damaged(error);
    }
    if (ok && (photo ? !is_picture(file.to->temporary, error) : !st_is_file(file.to->temporary))) {
        ok = error && *error ? false : damaged(error);
    }
    ok = ok && replacement_commit(file.to, error);
    if (ok && !there) {
        g_ptr_array_add(x->written, g_steal_pointer(&path));
    }
    replacement_free(file.to);
    g_checksum_free(file.hash);
    return ok;
}

// ".jpg", or "" where the name in the package has none that is plain; newly allocated.
static char *plain_suffix(const char *name)
{
    const char *dot = strrchr(name, '.');
    bool plain = dot && strlen(dot) <= 6;
    for (const char *c = plain ? dot + 1 : ""; *c; c++) {
        plain = plain && g_ascii_isalnum(*c);
    }
    return g_strdup(plain ? dot : "");
}

// Finds or makes the document of that photo: what is there stays as it is.
static bool bring_document(struct store *s, struct store *in, struct store_document *d,
                           struct exchange *x, GError **error)
{
    struct store_document there = {0};
    g_autofree char *hash = hash_of(in, d->photo, error);
    g_autofree char *suffix = plain_suffix(d->photo);
    g_autofree char *relative = hash ? g_strdup_printf("photos/%s%s", hash, suffix) : NULL;
    GError *failure = NULL;
    if (!hash || !bring(s, in, d->photo, relative, hash, true, x, error)) {
        return false;
    }
    if (store_document_find(s, relative, &there, &failure)) {
        x->known = true;
        x->document = there.id;
        store_document_clear(&there);
        return true;
    }
    if (failure) {
        g_propagate_error(error, failure);
        return false;
    }
    g_free(d->photo);
    d->photo = g_steal_pointer(&relative);
    g_clear_pointer(&d->origin, g_free);
    d->id = 0;
    const bool ok = store_document_save(s, d, error);
    x->document = d->id;
    return ok;
}

// The adapter of the document whose file has this hash; 0: none.
static gint64 adapter_there(struct store *s, const GPtrArray *there, const char *hash)
{
    for (guint i = 0; i < there->len; i++) {
        const struct store_adapter *a = there->pdata[i];
        g_autofree char *path = store_path(s, a->path);
        g_autoptr(GMappedFile) file = map_regular(path, MAX_ADAPTER, NULL);
        g_autofree char *its =
            file ? g_compute_checksum_for_data(G_CHECKSUM_SHA256,
                                               (const guchar *)g_mapped_file_get_contents(file),
                                               g_mapped_file_get_length(file))
                 : NULL;
        if (g_strcmp0(its, hash) == 0) {
            return a->id;
        }
    }
    return 0;
}

static bool bring_adapter(struct store *s, struct store *in, struct store_adapter *a,
                          const GPtrArray *there, GHashTable *map, struct exchange *x,
                          GError **error)
{
    const gint64 old = a->id;
    g_autofree char *hash = hash_of(in, a->path, error);
    if (!hash) {
        return false;
    }
    a->id = adapter_there(s, there, hash);
    if (a->id == 0) {
        g_autofree char *relative = g_strdup_printf("adapters/%s.safetensors", hash);
        if (!bring(s, in, a->path, relative, hash, false, x, error)) {
            return false;
        }
        g_free(a->path);
        a->path = g_steal_pointer(&relative);
        a->document = x->document;
        a->listed = a->listed && !x->known; // the edits of one that was there stay as they are
        if (!store_adapter_save(s, a, error)) {
            return false;
        }
        x->adapters++;
    }
    g_hash_table_insert(map, g_memdup2(&old, sizeof old), g_memdup2(&a->id, sizeof a->id));
    return true;
}

static bool bring_all(struct store *s, struct store *in, struct task *task, struct exchange *x,
                      GError **error)
{
    struct store_document d = {0};
    g_autoptr(GHashTable) map = map_new();
    if (!store_document_load(in, 0, &d, error)) {
        return error && *error ? false : damaged(error);
    }
    const gint64 id = d.id;
    bool ok = bring_document(s, in, &d, x, error);
    store_document_clear(&d);
    g_autoptr(GPtrArray) adapters = ok ? store_adapters(in, id, error) : NULL;
    g_autoptr(GPtrArray) there = adapters ? store_adapters(s, x->document, error) : NULL;
    ok = there != NULL;
    for (guint i = 0; ok && i < adapters->len; i++) {
        ok = !task_cancelled(task, error) &&
             bring_adapter(s, in, adapters->pdata[i], there, map, x, error);
    }
    return ok && copy_results(in, id, s, map, task, x, error);
}

bool exchange_import(struct store *s, const char *path, struct task *task, struct exchange *x,
                     GError **error)
{
    *x = (struct exchange){.left_out = g_ptr_array_new_with_free_func(g_free),
                           .written = g_ptr_array_new_with_free_func(g_free)};
    struct store *in = store_package_open(path, error);
    bool ok = in && store_together(s, error);
    if (ok) {
        GError *failure = NULL;
        const bool filled = bring_all(s, in, task, x, &failure);
        if (failure) {
            g_propagate_prefixed_error(error, failure, _("%s was not taken: "), path);
        }
        for (guint i = 0; !filled && i < x->written->len; i++) { // no row of anybody names it yet
            g_unlink(x->written->pdata[i]);
        }
        ok = store_together_end(s, filled, error);
    }
    store_close(in);
    return ok;
}
