#include "ui/core/batch_folder.h"

#include "compute/i18n.h"
#include "compute/json_file.h"
#include "compute/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONGEST_NAME 255 // bytes, of files
#define HIDDEN       ".tincture-batch"
#define JOURNAL      "batch.json"

struct batch_folder {
    char *path, *hidden, *journal, *suffix;
    GHashTable *targets; // path of a photo -> path of its file
    GHashTable *photos;  // path of a file -> path of its photo; borrows from targets
    int lock;            // of the journal; -1: it is not held

    // of the photo that is claimed
    char *claim, *checkpoint, *target;
    int claimed; // -1: none, or a file system without locks
};

char *batch_source(const char *path)
{
    char *real = realpath(path, NULL);
    char *source = real ? g_strdup(real) : g_canonicalize_filename(path, NULL);
    free(real);
    return source;
}

static bool fail(const char *path, int code, GError **error)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "%s: %s", path, g_strerror(code));
    return false;
}

// ---- locks --------------------------------------------------------------------------------------

// A lock file that is still there by its name: whoever held it may have removed it meanwhile. -1,
// and *held, where another process has it; -1 with an error. A file system without locks has
// nobody who could wait.
static int lock_file(const char *path, bool wait, bool *held, GError **error)
{
    *held = false;
    for (;;) {
        struct stat info;
        const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (fd < 0) {
            fail(path, errno, error);
            return -1;
        }
        const bool locked = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) == 0;
        if (!locked && errno == EWOULDBLOCK) {
            *held = true;
            close(fd);
            return -1;
        }
        const bool again = !locked && errno == EINTR;
        if (!again && (fstat(fd, &info) != 0 || info.st_nlink > 0)) {
            return fd;
        }
        close(fd);
    }
}

void batch_folder_lock(struct batch_folder *f)
{
    g_autofree char *path = g_build_filename(f->hidden, "lock", NULL);
    bool held;
    f->lock = lock_file(path, true, &held, NULL);
}

void batch_folder_unlock(struct batch_folder *f)
{
    if (f->lock >= 0) {
        close(f->lock);
        f->lock = -1;
    }
}

static char *beside(const struct batch_folder *f, const char *target, const char *ending)
{
    g_autofree char *base = g_path_get_basename(target);
    g_autofree char *hash = strlen(base) + strlen(ending) > LONGEST_NAME
                                ? g_compute_checksum_for_string(G_CHECKSUM_SHA256, base, -1)
                                : NULL;
    g_autofree char *name = g_strconcat(hash ? hash : base, ending, NULL);
    return g_build_filename(f->hidden, name, NULL);
}

enum batch_claim batch_folder_claim(struct batch_folder *f, const char *photo, GError **error)
{
    const char *target = batch_folder_target(f, photo);
    bool held;
    if (g_file_test(target, G_FILE_TEST_EXISTS)) {
        return BATCH_DONE;
    }
    g_autofree char *path = beside(f, target, ".lock");
    const int fd = lock_file(path, false, &held, error);
    if (fd < 0) {
        return held ? BATCH_ELSEWHERE : BATCH_FAILED;
    }
    f->claim = g_steal_pointer(&path);
    f->checkpoint = beside(f, target, ".learned");
    f->target = g_strdup(target);
    f->claimed = fd;
    if (g_file_test(target, G_FILE_TEST_EXISTS)) { // since then
        batch_folder_release(f);
        return BATCH_DONE;
    }
    return BATCH_MINE;
}

void batch_folder_release(struct batch_folder *f)
{
    if (g_file_test(f->target, G_FILE_TEST_EXISTS)) {
        g_unlink(f->checkpoint);
    }
    g_unlink(f->claim); // before it is free: whoever waits for it makes a new one
    close(f->claimed);
    f->claimed = -1;
    g_clear_pointer(&f->claim, g_free);
    g_clear_pointer(&f->checkpoint, g_free);
    g_clear_pointer(&f->target, g_free);
}

const char *batch_folder_checkpoint(const struct batch_folder *f)
{
    return f->checkpoint;
}

// ---- the journal --------------------------------------------------------------------------------

static void name_photo(struct batch_folder *f, const char *photo, char *target)
{
    char *key = g_strdup(photo);
    g_hash_table_insert(f->targets, key, target);
    g_hash_table_insert(f->photos, target, key);
}

// Names are kept as URIs have them: they need not be UTF-8. One that leaves the folder is none.
static void read_photo(struct batch_folder *f, JsonNode *node)
{
    JsonObject *o = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    const char *file = o ? json_object_get_string_member_with_default(o, "file", NULL) : NULL;
    const char *photo = o ? json_object_get_string_member_with_default(o, "photo", NULL) : NULL;
    g_autofree char *name = file ? g_uri_unescape_string(file, "/") : NULL;
    g_autofree char *path = photo ? g_filename_from_uri(photo, NULL, NULL) : NULL;
    if (!name || !path || *name == '\0' || *name == '.') {
        return;
    }
    char *target = g_build_filename(f->path, name, NULL);
    if (g_hash_table_contains(f->targets, path) || g_hash_table_contains(f->photos, target)) {
        g_free(target);
        return;
    }
    name_photo(f, path, target);
}

// The recipe of before, newly allocated; NULL with or without an error: there is none.
static char *read_journal(struct batch_folder *f, GError **error)
{
    if (!g_file_test(f->journal, G_FILE_TEST_EXISTS)) {
        return NULL;
    }
    g_autoptr(JsonNode) root = json_file_read(f->journal, JSON_NODE_OBJECT, f->journal, error);
    if (!root && error && *error) {
        g_autofree char *why = g_strdup((*error)->message);
        g_clear_error(error);
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s; remove it, or name another folder, and all photos are done anew"), why);
    }
    JsonObject *o = root ? json_node_get_object(root) : NULL;
    JsonNode *list = o ? json_object_get_member(o, "photos") : NULL;
    const char *recipe = o ? json_object_get_string_member_with_default(o, "recipe", NULL) : NULL;
    if (o && (!recipe || !list || !JSON_NODE_HOLDS_ARRAY(list))) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s is damaged: it does not say what was done to the photos in %s"),
                    f->journal, f->path);
        return NULL;
    }
    JsonArray *photos = list ? json_node_get_array(list) : NULL;
    for (guint i = 0; photos && i < json_array_get_length(photos); i++) {
        read_photo(f, json_array_get_element(photos, i));
    }
    return g_strdup(recipe);
}

static bool write_journal(const struct batch_folder *f, const char *recipe, GError **error)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    GHashTableIter iter;
    gpointer photo, target;
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "recipe");
    json_builder_add_string_value(b, recipe);
    json_builder_set_member_name(b, "photos");
    json_builder_begin_array(b);
    g_hash_table_iter_init(&iter, f->targets);
    while (g_hash_table_iter_next(&iter, &photo, &target)) {
        g_autofree char *base = g_path_get_basename(target);
        g_autofree char *file = g_uri_escape_string(base, NULL, FALSE);
        g_autofree char *uri = g_filename_to_uri(photo, NULL, NULL);
        json_builder_begin_object(b);
        json_builder_set_member_name(b, "file");
        json_builder_add_string_value(b, file);
        json_builder_set_member_name(b, "photo");
        json_builder_add_string_value(b, uri);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    g_autofree char *text = json_to_string(root, TRUE);
    const bool ok = replacement_whole(f->journal, text, strlen(text), error);
    if (!ok) {
        g_prefix_error(error, "%s: ", f->journal);
    }
    return ok;
}

// ---- another recipe -----------------------------------------------------------------------------

// The first part of a that b does not have, newly allocated; "" where there is none.
static char *part_of_one(const char *a, const char *b)
{
    g_auto(GStrv) parts = g_strsplit_set(a, ",\n", -1), others = g_strsplit_set(b, ",\n", -1);
    for (int k = 0; others[k]; k++) {
        g_strstrip(others[k]);
    }
    for (int i = 0; parts[i]; i++) {
        if (!g_strv_contains((const char *const *)others, g_strstrip(parts[i]))) {
            return g_strdup(parts[i]);
        }
    }
    return g_strdup("");
}

// Files that are there, or being made.
static guint count_made(const struct batch_folder *f)
{
    GHashTableIter iter;
    gpointer target;
    guint n = 0;
    g_hash_table_iter_init(&iter, f->targets);
    while (g_hash_table_iter_next(&iter, NULL, &target)) {
        g_autofree char *path = beside(f, target, ".lock");
        bool held = false;
        if (!g_file_test(target, G_FILE_TEST_EXISTS) && g_file_test(path, G_FILE_TEST_EXISTS)) {
            const int fd = lock_file(path, false, &held, NULL);
            if (fd >= 0) {
                close(fd);
            }
        }
        n += held || g_file_test(target, G_FILE_TEST_EXISTS);
    }
    return n;
}

// What was learned on the way to the other recipe is of no use for this one.
static void forget(struct batch_folder *f)
{
    GHashTableIter iter;
    gpointer target;
    g_hash_table_iter_init(&iter, f->targets);
    while (g_hash_table_iter_next(&iter, NULL, &target)) {
        g_autofree char *checkpoint = beside(f, target, ".learned");
        g_unlink(checkpoint);
    }
    g_hash_table_remove_all(f->photos);
    g_hash_table_remove_all(f->targets);
}

static bool check_recipe(struct batch_folder *f, const char *before, const char *now,
                         GError **error)
{
    if (!before || g_str_equal(before, now)) {
        return true;
    }
    const guint made = count_made(f);
    if (made == 0) {
        forget(f);
        return true;
    }
    g_autofree char *was = part_of_one(before, now), *is = part_of_one(now, before);
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                P_("%s has %u photo of another recipe (there \"%s\", now \"%s\"), and the two are "
                   "not mixed: export to another folder, or take it away first",
                   "%s has %u photos of another recipe (there \"%s\", now \"%s\"), and the two are "
                   "not mixed: export to another folder, or take these away first",
                   made),
                f->path, made, was, is);
    return false;
}

// ---- names --------------------------------------------------------------------------------------

static bool is_taken(const struct batch_folder *f, const char *target, GHashTable *sources)
{
    return g_hash_table_contains(f->photos, target) || g_hash_table_contains(sources, target) ||
           g_file_test(target, G_FILE_TEST_EXISTS) || g_file_test(target, G_FILE_TEST_IS_SYMLINK);
}

// As the photo is called; one that begins with a dot would be hidden.
static char *stem_of(const char *photo)
{
    char *stem = g_path_get_basename(photo);
    char *dot = strrchr(stem, '.');
    if (dot && dot > stem) {
        *dot = '\0';
    }
    if (*stem == '.') {
        *stem = '_';
    }
    return stem;
}

static void choose_target(struct batch_folder *f, const char *photo, GHashTable *sources)
{
    g_autofree char *stem = stem_of(photo);
    g_autofree char *name = g_strconcat(stem, f->suffix, NULL);
    char *target = g_build_filename(f->path, name, NULL);
    for (int i = 2; is_taken(f, target, sources); i++) {
        g_free(target);
        g_autofree char *numbered = g_strdup_printf("%s-%d%s", stem, i, f->suffix);
        target = g_build_filename(f->path, numbered, NULL);
    }
    name_photo(f, photo, target);
}

static bool choose_targets(struct batch_folder *f, const GPtrArray *photos, const char *recipe,
                           const char *before, GError **error)
{
    g_autoptr(GHashTable) sources = g_hash_table_new(g_str_hash, g_str_equal);
    bool any = g_strcmp0(before, recipe) != 0;
    for (guint i = 0; i < photos->len; i++) {
        g_hash_table_add(sources, photos->pdata[i]);
    }
    for (guint i = 0; i < photos->len; i++) {
        const char *photo = photos->pdata[i];
        if (!g_hash_table_contains(f->targets, photo) && !g_hash_table_contains(f->photos, photo)) {
            choose_target(f, photo, sources);
            any = true;
        }
    }
    return !any || write_journal(f, recipe, error);
}

char *batch_folder_file(const struct batch_folder *f, const char *name)
{
    return g_build_filename(f->path, name, NULL);
}

const char *batch_folder_target(const struct batch_folder *f, const char *photo)
{
    return g_hash_table_lookup(f->targets, photo);
}

bool batch_folder_made(const struct batch_folder *f, const char *path)
{
    return g_hash_table_contains(f->photos, path);
}

// ---- life ---------------------------------------------------------------------------------------

static bool make_folder(const char *path, GError **error)
{
    if (g_mkdir_with_parents(path, 0777) != 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("the folder %s could not be made: %s"), path, g_strerror(errno));
        return false;
    }
    return true;
}

struct batch_folder *batch_folder_open(const char *folder, const char *recipe, const char *suffix,
                                       const GPtrArray *photos, GError **error)
{
    bool held;
    if (!make_folder(folder, error)) {
        return NULL;
    }
    struct batch_folder *f = g_new0(struct batch_folder, 1);
    f->path = batch_source(folder);
    f->hidden = g_build_filename(f->path, HIDDEN, NULL);
    f->journal = g_build_filename(f->hidden, JOURNAL, NULL);
    f->suffix = g_strdup(suffix);
    f->targets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    f->photos = g_hash_table_new(g_str_hash, g_str_equal);
    f->lock = f->claimed = -1;
    g_autofree char *lock = g_build_filename(f->hidden, "lock", NULL);
    g_autofree char *before = NULL;
    GError *fault = NULL;
    bool ok = make_folder(f->hidden, error) && (f->lock = lock_file(lock, true, &held, error)) >= 0;
    if (ok) {
        before = read_journal(f, &fault);
        ok = !fault && check_recipe(f, before, recipe, &fault) &&
             choose_targets(f, photos, recipe, before, &fault);
    }
    if (fault) {
        g_propagate_error(error, fault);
    }
    batch_folder_unlock(f);
    if (!ok) {
        g_clear_pointer(&f, batch_folder_free);
    }
    return f;
}

void batch_folder_free(struct batch_folder *f)
{
    if (f) {
        g_hash_table_unref(f->photos);
        g_hash_table_unref(f->targets);
        g_free(f->path);
        g_free(f->hidden);
        g_free(f->journal);
        g_free(f->suffix);
        g_free(f);
    }
}
