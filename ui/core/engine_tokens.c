// Learned tokens: those of the library's folder, which follow its files, and one more.
#include "ui/core/engine.h"

#include "compute/file/safetensors.h"
#include "compute/i18n.h"
#include "compute/model/embedding.h"
#include "compute/replace.h"
#include "ui/core/paths.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define SUFFIX   ".safetensors"
#define MAX_FILE (16 << 20) // bytes that are copied: far more than the vectors of a sentence

// A file of the folder as it was looked at.
struct token_file {
    char *token; // NULL: it does not fit
    goffset size;
    gint64 written_ns;
};

static void token_file_free(void *data)
{
    struct token_file *t = data;
    g_free(t->token);
    g_free(t);
}

GHashTable *engine_tokens_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, token_file_free);
}

static bool is_as_looked_at(const char *path, const struct token_file *t)
{
    struct stat s;
    return g_stat(path, &s) == 0 && s.st_size == t->size &&
           s.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + s.st_mtim.tv_nsec == t->written_ns;
}

static void note_file(struct engine *e, const char *path, const char *token)
{
    struct stat s;
    if (g_stat(path, &s) == 0) {
        struct token_file *t = g_new0(struct token_file, 1);
        t->token = g_strdup(token);
        t->size = s.st_size;
        t->written_ns = s.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + s.st_mtim.tv_nsec;
        g_hash_table_replace(e->tokens, g_strdup(path), t);
    }
}

bool engine_is_token(const char *path)
{
    struct st_file *f = st_open(path, NULL);
    const bool is = f && model_embeds(f);
    st_free(f);
    return is;
}

// ---- taking one ---------------------------------------------------------------------------------

static bool knows(const struct model *m, const char *token)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    g_free(model_embedded(m, token, found));
    return g_ptr_array_find_with_equal_func(found, token, g_str_equal, NULL);
}

static bool embed(struct engine *e, const struct st_file *f, const char *token, GError **error)
{
    if (!model_reads_as_word(e->model, token)) {
        return model_embed_file(e->model, f, token, error);
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                _("%s: its token would be called %s, which is a word of this model"), f->path,
                token);
    return false;
}

// The library's file of a token, which is named after it: so the file keeps the token's name where
// nothing in it does.
static char *copy_path(const char *folder, const char *token)
{
    g_autofree char *name = g_strconcat(token, SUFFIX, NULL);
    return g_build_filename(folder, g_strdelimit(name, "/", '_'), NULL);
}

static bool is_same(const char *path, const char *data, gsize size)
{
    GMappedFile *copy = g_mapped_file_new(path, FALSE, NULL);
    const bool same = copy && g_mapped_file_get_length(copy) == size &&
                      memcmp(g_mapped_file_get_contents(copy), data, size) == 0;
    g_clear_pointer(&copy, g_mapped_file_unref);
    return same;
}

static bool take(struct engine *e, const struct st_file *f, const char *token, const char *folder,
                 GError **error)
{
    gsize size;
    const char *data = g_bytes_get_data(f->bytes, &size);
    g_autofree char *copy = copy_path(folder, token);
    if (is_same(copy, data, size)) {
        const bool there = knows(e->model, token) || embed(e, f, token, error);
        note_file(e, copy, there ? token : NULL);
        return there;
    }
    if (g_file_test(copy, G_FILE_TEST_EXISTS)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("%s: another file gave the token %s already; it is %s"), f->path, token,
                    copy);
        return false;
    }
    if (!embed(e, f, token, error)) {
        return false;
    }
    const bool ok = replacement_whole(copy, data, size, error);
    if (ok) {
        note_file(e, copy, token);
    } else {
        g_prefix_error(error, _("%s works until the program ends, but could not be kept: "), token);
    }
    return ok;
}

char *engine_embed(struct engine *e, const char *path, const char *folder, char **note,
                   GError **error)
{
    struct st_file *f = st_open(path, error);
    char *token = f ? model_embedding_token(f, error) : NULL;
    if (token && g_bytes_get_size(f->bytes) > MAX_FILE) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s is larger than the file of a learned token"), path);
        g_clear_pointer(&token, g_free);
    }
    if (token && !take(e, f, token, folder, error)) {
        g_clear_pointer(&token, g_free);
    }
    *note = token ? model_embedding_note(f) : NULL;
    st_free(f);
    return token;
}

// ---- those of a folder --------------------------------------------------------------------------

// The file's token, or NULL with an error.
static char *take_kept(struct engine *e, const char *path, GError **error)
{
    struct st_file *f = st_open(path, error);
    char *token = f ? model_embedding_token(f, error) : NULL;
    if (token && !embed(e, f, token, error)) {
        g_clear_pointer(&token, g_free);
    }
    st_free(f);
    return token;
}

static gboolean is_gone(void *key, void *value, void *data)
{
    const struct token_file *t = value;
    const char *path = key;
    if (is_as_looked_at(path, t)) {
        return FALSE;
    }
    if (t->token) {
        g_ptr_array_add(data, g_strdup(t->token));
    }
    return TRUE;
}

char *engine_embed_folder(struct engine *e, const char *folder, GPtrArray *came, GPtrArray *left)
{
    const guint first = left->len;
    g_hash_table_foreach_remove(e->tokens, is_gone, left);
    for (guint i = first; i < left->len; i++) {
        model_unembed(e->model, left->pdata[i]);
    }
    g_autoptr(GPtrArray) files = paths_in(folder, paths_is_safetensors, NULL);
    char *said = NULL;
    guint failed = 0;
    for (guint i = 0; files && i < files->len; i++) {
        g_autoptr(GError) error = NULL;
        const char *path = files->pdata[i];
        if (g_hash_table_contains(e->tokens, path)) {
            continue;
        }
        char *token = take_kept(e, path, &error);
        note_file(e, path, token);
        if (token) {
            g_ptr_array_add(came, token);
        } else if (failed++ == 0) {
            said = g_strdup(error->message);
        }
    }
    if (failed > 1) {
        char *all = g_strdup_printf(_("%s; %u more"), said, failed - 1);
        g_free(said);
        said = all;
    }
    return said;
}
