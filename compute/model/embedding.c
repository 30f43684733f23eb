#include "compute/model/embedding.h"

#include "compute/file/safetensors.h"
#include "compute/model/tokenizer.h"

#include <string.h>

#define MAX_TOKEN 100 // bytes of a name

// Names that say nothing of the token: A1111's, those of files for two text encoders, and that of
// converted pickles. The second file of a pair is for an encoder that is not here.
static const char *const common_names[] = {"emb_params", "clip_l", "*", "string_to_param.*"};

static bool is_common(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(common_names); i++) {
        if (g_str_equal(name, common_names[i])) {
            return true;
        }
    }
    return false;
}

// Paths to layers have dots (lora_unet_x.lora_up.weight); the token <v1.5> has some too.
static bool is_of_layer(const char *name)
{
    return strchr(name, '.') && *name != '<';
}

static const struct st_tensor *find_vectors(const struct st_file *f, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(common_names); i++) {
        const struct st_tensor *t = st_find(f, common_names[i]);
        if (t) {
            return t;
        }
    }
    if (f->tensors->len != 1) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    "%s holds %u tensors, and none is called as the vectors of a token are; "
                    "several tokens are read from a file each",
                    f->path, f->tensors->len);
        return NULL;
    }
    const struct st_tensor *t = f->tensors->pdata[0];
    if (is_of_layer(t->name)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    "%s holds %s, which is the name of a layer's tensor and no token", f->path,
                    t->name);
        return NULL;
    }
    return t;
}

bool model_embeds(const struct st_file *f)
{
    const struct st_tensor *t = find_vectors(f, NULL);
    return t && t->rank >= 1 && t->rank <= 2 && t->shape[t->rank - 1] > 0;
}

static bool check_vectors(const struct model *m, const struct st_file *f, const struct st_tensor *t,
                          GError **error)
{
    const int width = m->text.hidden_size, most = m->text.max_tokens - 2;
    if (t->rank < 1 || t->rank > 2 || t->shape[t->rank - 1] != width) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    "%s was not made for this model: %s is no list of vectors of %d numbers",
                    f->path, t->name, width);
        return false;
    }
    if (t->count < width || t->count > (int64_t)most * width) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    "%s holds %" G_GINT64_FORMAT " vectors, and a prompt has room for 1 to %d",
                    f->path, t->count / width, most);
        return false;
    }
    return true;
}

static bool check_token(const char *path, const char *token, GError **error)
{
    bool plain = *token && strlen(token) <= MAX_TOKEN && g_utf8_validate(token, -1, NULL) &&
                 !g_unichar_isspace(g_utf8_get_char(token));
    for (const char *p = token; plain && *p; p = g_utf8_next_char(p)) {
        plain = !g_unichar_iscntrl(g_utf8_get_char(p));
    }
    if (!plain) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "%s: the name of its token is empty, too long or no text; give it another",
                    path);
    }
    return plain;
}

static char *file_name(const char *path)
{
    char *name = g_path_get_basename(path);
    if (g_str_has_suffix(name, ".safetensors")) {
        name[strlen(name) - strlen(".safetensors")] = '\0';
    }
    return name;
}

char *model_embedding_token(const struct st_file *f, GError **error)
{
    const struct st_tensor *t = find_vectors(f, error);
    char *name = !t ? NULL : is_common(t->name) ? file_name(f->path) : g_strdup(t->name);
    if (name && !check_token(f->path, name, error)) {
        g_clear_pointer(&name, g_free);
    }
    return name;
}

char *model_embedding_note(const struct st_file *f)
{
    const struct st_tensor *t = find_vectors(f, NULL);
    return !t || f->tensors->len == 1
               ? NULL
               : g_strdup_printf("only %s of the file's %u tensors is used, as this model has one "
                                 "text encoder; the token may act otherwise than where it is from",
                                 t->name, f->tensors->len);
}

static bool embed_as(struct model *m, const struct st_file *f, const char *token, GError **error)
{
    const struct st_tensor *t = find_vectors(f, error);
    if (!t || !check_vectors(m, f, t, error) || !check_token(f->path, token, error)) {
        return false;
    }
    g_autofree float *values = g_new(float, t->count);
    if (!st_read_learned(t, values, error)) {
        g_prefix_error(error, "%s: ", f->path);
        return false;
    }
    const int width = m->text.hidden_size, count = (int)(t->count / width);
    const int first = m->text.vocab_size + (int)m->embedded->len / width;
    g_array_append_vals(m->embedded, values, (guint)t->count); // before a sentence can hold it
    if (!tokenizer_add(m->tokenizer, token, first, count)) {
        g_array_set_size(m->embedded, m->embedded->len - (guint)t->count);
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "%s: there is a token named %s already; give this one another name", f->path,
                    token);
        return false;
    }
    return true;
}

bool model_embed_file(struct model *m, const struct st_file *f, const char *token, GError **error)
{
    g_autofree char *own = token ? NULL : model_embedding_token(f, error);
    return (token || own) && embed_as(m, f, token ? token : own, error);
}

bool model_embed(struct model *m, const char *path, const char *token, GError **error)
{
    struct st_file *f = st_open(path, error);
    const bool ok = f && model_embed_file(m, f, token, error);
    st_free(f);
    return ok;
}

bool model_unembed(struct model *m, const char *token)
{
    // Its rows stay: those of the tokens after it have their ids.
    return m->tokenizer && tokenizer_remove(m->tokenizer, token, m->text.vocab_size);
}

char *model_embedded(const struct model *m, const char *sentence, GPtrArray *tokens)
{
    if (!m->tokenizer) { // one that is described by its configuration alone
        return g_strdup(sentence);
    }
    return tokenizer_without(m->tokenizer, sentence, m->text.vocab_size, tokens);
}

bool model_reads_as_word(const struct model *m, const char *token)
{
    const int length = m->text.max_tokens;
    g_autofree int32_t *ids = g_new(int32_t, length);
    int n;
    tokenizer_encode(m->tokenizer, token, ids, length, &n);
    return n == 3 && ids[1] < m->text.vocab_size && tokenizer_ends_word(m->tokenizer, ids[1]);
}
