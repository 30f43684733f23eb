// Learned tokens of a run: the rows that stand in the place of a word are trained with whatever
// else is (textual inversion; Gal et al., An Image is Worth One Word, section 4.1), and tokens that
// were learned before are read as they are.
//
//   x_t = kept_t table[id_t] + given_t + sum_k chosen_tk row_k
//
// The rows' truth is the leaf's; the adapter is given them whenever somebody is to use it, and the
// model has them from there.
#include "compute/train/private.h"

#include "compute/i18n.h"
#include "compute/model/embedding.h"

#include <string.h>

#define LEAF_NAME "tokens"

static int width_of(const struct trainer *t)
{
    return t->model->text.hidden_size;
}

// The rows of all tokens, (tokens->rows, hidden_size).
static float *gather_rows(struct trainer *t, GError **error)
{
    struct train_tokens *k = &t->tokens;
    const size_t width = (size_t)width_of(t);
    float *rows = NULL;
    for (int i = 0; k->names[i]; i++) {
        int first, count;
        const float *of = model_embedded_rows(t->model, k->names[i], &first, &count);
        if (!of) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                        _("%s is to be learned, and the model has no token of that name"),
                        k->names[i]);
            g_free(rows);
            return NULL;
        }
        rows = g_renew(float, rows, (gsize)(k->rows + count) * width);
        k->ids = g_renew(int32_t, k->ids, k->rows + count);
        memcpy(rows + (size_t)k->rows * width, of, (size_t)count * width * sizeof *rows);
        for (int j = 0; j < count; j++) {
            k->ids[k->rows++] = first + j;
        }
    }
    return rows;
}

static bool is_in_a_caption(const struct train_data *d, int32_t id, int tokens)
{
    for (int i = 0; i < d->n_captions; i++) {
        for (int t = 0; t < tokens; t++) {
            if (d->captions[i].ids[t] == id) {
                return true;
            }
        }
    }
    return false;
}

static bool check_captions(const struct trainer *t, GError **error)
{
    const struct train_tokens *k = &t->tokens;
    for (int i = 0; k->names[i]; i++) {
        int first, count;
        model_embedded_rows(t->model, k->names[i], &first, &count);
        if (!is_in_a_caption(&t->run.data, first, t->model->text.max_tokens)) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                        _("%s is to be learned, and no description has it"), k->names[i]);
            return false;
        }
    }
    return true;
}

bool tokens_prepare(struct trainer *t, const char *const *names, double lr, GError **error)
{
    struct train_tokens *k = &t->tokens;
    if (!names || !names[0] || lr == 0) {
        return true;
    }
    k->names = g_strdupv((char **)names);
    g_autofree float *rows = gather_rows(t, error);
    if (!rows || !check_captions(t, error)) {
        return false;
    }
    t->run.trains_text = true;
    const int shape[] = {1, 1, k->rows, width_of(t)};
    k->leaf = train_add_leaf(&t->run, LEAF_NAME, shape, rows, lr, error);
    return k->leaf != NULL;
}

bool tokens_inputs(struct trainer *t, GError **error)
{
    struct train_tokens *k = &t->tokens;
    struct gpu *gpu = t->model->gpu;
    const int n = t->run.rows, tokens = t->model->text.max_tokens;
    const int one[] = {n, 1, tokens, 1}, wide[] = {n, 1, tokens, width_of(t)},
              rows[] = {n, 1, tokens, MAX(k->rows, 1)};
    return t->model->embedded->len == 0 ||
           ((k->kept = tensor_new(gpu, DTYPE_F32, one, "kept", error)) &&
            (k->given = tensor_new(gpu, DTYPE_F32, wide, "given", error)) &&
            (!k->leaf || (k->chosen = tensor_new(gpu, DTYPE_F32, rows, "chosen", error))));
}

struct node *tokens_text(struct trainer *t, struct nn *nn, struct node *ids)
{
    const struct train_tokens *k = &t->tokens;
    const struct text_config *c = &t->model->text;
    if (!k->kept) {
        return text_encoder_build(nn, c, ids);
    }
    struct node *given = graph_leaf(nn->g, k->given);
    if (k->leaf) {
        struct node *rows = train_leaf_node(nn->g, k->leaf);
        given = op_add(nn->g, given,
                       op_matmul(nn->g, graph_leaf(nn->g, k->chosen), rows, false, false));
    }
    return text_encoder_build_mixed(nn, c, ids, graph_leaf(nn->g, k->kept), given);
}

// One row of the batch. A token that is trained is chosen, not given.
static void fill(const struct trainer *t, const int32_t *ids, float *kept, float *given,
                 float *chosen)
{
    const struct train_tokens *k = &t->tokens;
    const int tokens = t->model->text.max_tokens, width = width_of(t);
    model_learned_rows(t->model, ids, tokens, kept, given);
    for (int i = 0; i < tokens * k->rows; i++) {
        chosen[i] = ids[i / k->rows] == k->ids[i % k->rows];
        if (chosen[i] != 0) {
            memset(given + (size_t)(i / k->rows) * (size_t)width, 0, (size_t)width * sizeof *given);
        }
    }
}

bool tokens_write(struct trainer *t, GError **error)
{
    struct train_tokens *k = &t->tokens;
    const int n = t->batch.count, tokens = t->model->text.max_tokens;
    if (!k->kept) {
        return true;
    }
    g_autofree float *kept = g_new(float, (gsize)n *tokens);
    g_autofree float *given = g_new(float, (gsize)n *tokens *width_of(t));
    g_autofree float *chosen = g_new(float, (gsize)n *tokens * k->rows + 1);
    for (int i = 0; i < n; i++) {
        const size_t at = (size_t)i * (size_t)tokens;
        fill(t, t->run.data.captions[t->batch.rows[i].caption].ids, kept + at,
             given + at * (size_t)width_of(t), chosen + at * (size_t)k->rows);
    }
    return tensor_write(k->kept, kept, error) && tensor_write(k->given, given, error) &&
           (!k->leaf || tensor_write(k->chosen, chosen, error));
}

void tokens_publish(struct trainer *t)
{
    const struct train_tokens *k = &t->tokens;
    const float *from = k->leaf ? k->leaf->value : NULL;
    for (int i = 0; from && k->names[i]; i++) {
        int first, count;
        model_embedded_rows(t->model, k->names[i], &first, &count);
        adapter_token_put(t->adapter, k->names[i], from, count * width_of(t));
        from += (size_t)count * (size_t)width_of(t);
    }
}

void tokens_free(struct trainer *t)
{
    struct train_tokens *k = &t->tokens;
    tensor_free(k->kept);
    tensor_free(k->given);
    tensor_free(k->chosen);
    g_strfreev(k->names);
    g_free(k->ids);
}
