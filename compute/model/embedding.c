#include "compute/model/embedding.h"

#include "compute/file/safetensors.h"
#include "compute/i18n.h"
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
                    _("%s holds %u tensors, and none is called as the vectors of a token are; "
                      "several tokens are read from a file each"),
                    f->path, f->tensors->len);
        return NULL;
    }
    const struct st_tensor *t = f->tensors->pdata[0];
    if (is_of_layer(t->name)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s holds %s, which is the name of a layer's tensor and no token"), f->path,
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
                    _("%s was not made for this model: %s is no list of vectors of %d numbers"),
                    f->path, t->name, width);
        return false;
    }
    if (t->count < width || t->count > (int64_t)most * width) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    _("%s holds %" PRId64 " vectors, and a prompt has room for 1 to %d"), f->path,
                    t->count / width, most);
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
                    _("%s: the name of its token is empty, too long or no text; give it another"),
                    path);
    }
    return plain;
}

char *model_embedding_token(const struct st_file *f, GError **error)
{
    const struct st_tensor *t = find_vectors(f, error);
    char *name = !t ? NULL : is_common(t->name) ? st_name(f->path) : g_strdup(t->name);
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
               : g_strdup_printf(
                     _("only %s of the file's %u tensors is used, as this model has one "
                       "text encoder; the token may act otherwise than where it is "
                       "from"),
                     t->name, f->tensors->len);
}

static bool embed_rows(struct model *m, const char *token, const float *rows, int count,
                       GError **error)
{
    const int width = m->text.hidden_size;
    const int first = m->text.vocab_size + (int)m->embedded->len / width;
    const guint floats = (guint)(count * width);
    g_array_append_vals(m->embedded, rows, floats); // before a sentence can hold it
    if (!tokenizer_add(m->tokenizer, token, first, count)) {
        g_array_set_size(m->embedded, m->embedded->len - floats);
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("there is a token named %s already; give this one another name"), token);
        return false;
    }
    m->tokens_named++;
    return true;
}

static bool embed_as(struct model *m, const struct st_file *f, const char *token, GError **error)
{
    const struct st_tensor *t = find_vectors(f, error);
    if (!t || !check_vectors(m, f, t, error) || !check_token(f->path, token, error)) {
        return false;
    }
    g_autofree float *values = g_new(float, t->count);
    if (!st_read_learned(t, values, error)) {
        return false;
    }
    if (!embed_rows(m, token, values, (int)(t->count / m->text.hidden_size), error)) {
        g_prefix_error(error, "%s: ", f->path);
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
    const bool there = m->tokenizer && tokenizer_remove(m->tokenizer, token, m->text.vocab_size);
    m->tokens_named += there;
    return there;
}

// ---- those that are learned here ----------------------------------------------------------------

// The ids that a text alone becomes, without the marks; how many.
static int ids_of(const struct model *m, const char *text, int32_t *ids)
{
    int n;
    tokenizer_encode(m->tokenizer, text, ids, m->text.max_tokens, &n);
    memmove(ids, ids + 1, (size_t)(n - 2) * sizeof *ids);
    return n - 2;
}

// Rows of the table, or of learned tokens, (count, hidden_size), newly allocated.
static float *rows_of(struct model *m, const int32_t *ids, int count, GError **error)
{
    const int width = m->text.hidden_size;
    const struct nn_weight *table =
        nn_part_find(model_part(m, MODEL_TEXT), "text_model.embeddings.token_embedding.weight");
    struct tensor *in = tensor_new(m->gpu, DTYPE_I32, (int[]){1, 1, 1, count}, "ids", error);
    if (!in) {
        return NULL;
    }
    struct graph *g = graph_new();
    struct node *out = op_gather(g, graph_leaf(g, table->tensor), graph_leaf(g, in));
    struct program *p = program_new(g, m->gpu, &out, 1, error);
    float *rows = g_new(float, (gsize)count *width);
    if (!p || !tensor_write(in, ids, error) || !program_run(p, NULL, error) ||
        !program_read(p, out, rows, error)) {
        g_clear_pointer(&rows, g_free);
    }
    program_free(p);
    graph_free(g);
    tensor_free(in);
    const float *learned = (const float *)(void *)m->embedded->data;
    for (int i = 0; rows && i < count; i++) {
        if (ids[i] >= m->text.vocab_size) {
            memcpy(rows + (gsize)i * width, learned + (gsize)(ids[i] - m->text.vocab_size) * width,
                   (gsize)width * sizeof *rows);
        }
    }
    return rows;
}

// (from, width) -> (count, width): the mean for one, else one after another and round again.
static void spread_rows(const float *rows, int from, float *out, int count, int width)
{
    for (int i = 0; i < count * width; i++) {
        double sum = 0;
        for (int k = 0; k < from; k++) {
            sum += rows[k * width + i % width];
        }
        out[i] = count == 1 ? (float)(sum / from) : rows[i / width % from * width + i % width];
    }
}

bool model_embed_check(const struct model *m, const char *token, GError **error)
{
    if (!check_token(_("a new word"), token, error)) {
        return false;
    }
    for (const char *p = token; *p; p = g_utf8_next_char(p)) {
        if (g_unichar_isspace(g_utf8_get_char(p))) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                        _("\"%s\" is more than one word; a new word has no spaces, such as <rex>"),
                        token);
            return false;
        }
    }
    if (model_reads_as_word(m, token)) {
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
            _("%s is a word of this model already; a new word needs a name of its own, such "
              "as <%s>"),
            token, token);
        return false;
    }
    return true;
}

// In the place of the rows that a token of that name has, or as a new one.
static bool take_rows(struct model *m, const char *token, const float *rows, int count,
                      GError **error)
{
    int first, there;
    float *old = model_embedded_rows(m, token, &first, &there);
    if (old && there == count) {
        memcpy(old, rows, (size_t)count * (size_t)m->text.hidden_size * sizeof *rows);
        m->tokens_valued++;
        return true;
    }
    return (!old || model_unembed(m, token)) && embed_rows(m, token, rows, count, error);
}

bool model_embed_named(struct model *m, const char *token, const float *rows, int count,
                       GError **error)
{
    return model_embed_check(m, token, error) && take_rows(m, token, rows, count, error);
}

bool model_embed_like(struct model *m, const char *token, const char *like, int count,
                      GError **error)
{
    g_autofree int32_t *ids = g_new(int32_t, m->text.max_tokens);
    const int from = model_embed_check(m, token, error) ? ids_of(m, like, ids) : -1;
    if (from == 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("a new word begins like a word that the model knows, and there is none"));
    }
    if (from < 1) {
        return false;
    }
    const int width = m->text.hidden_size;
    g_autofree float *rows = rows_of(m, ids, from, error);
    g_autofree float *begin = g_new(float, (gsize)count *width);
    if (!rows) {
        return false;
    }
    spread_rows(rows, from, begin, count, width);
    return take_rows(m, token, begin, count, error);
}

float *model_embedded_rows(const struct model *m, const char *token, int *first, int *count)
{
    g_autofree int32_t *ids = g_new(int32_t, m->text.max_tokens);
    const int n = m->tokenizer ? ids_of(m, token, ids) : 0;
    for (int i = 0; i < n; i++) {
        if (ids[i] < m->text.vocab_size || ids[i] != ids[0] + i) {
            return NULL;
        }
    }
    *count = n;
    *first = n ? ids[0] : 0;
    return n ? (float *)(void *)m->embedded->data +
                   (gsize)(ids[0] - m->text.vocab_size) * m->text.hidden_size
             : NULL;
}

void model_learned_rows(const struct model *m, const int32_t *ids, int n, float *kept, float *given)
{
    const float *learned = (const float *)(void *)m->embedded->data;
    const size_t width = (size_t)m->text.hidden_size;
    memset(given, 0, (size_t)n * width * sizeof *given);
    for (int t = 0; t < n; t++) {
        kept[t] = ids[t] < m->text.vocab_size;
        if (!kept[t]) {
            memcpy(given + (size_t)t * width,
                   learned + (size_t)(ids[t] - m->text.vocab_size) * width, width * sizeof *given);
        }
    }
}

// ---- in sentences -------------------------------------------------------------------------------

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
