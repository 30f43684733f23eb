// CLIP's text encoder: a causal transformer over token ids. Its result is the last state after the
// final norm (SD 2.x folders ship one layer less instead of using the one before last).

#include "compute/model/model.h"

#include <math.h>

static struct node *self_attention(struct nn *nn, const struct text_config *c, struct node *x,
                                   const char *path)
{
    struct node *q = nn_linear(nn, x, c->hidden_size, true, "%s.q_proj", path);
    struct node *k = nn_linear(nn, x, c->hidden_size, true, "%s.k_proj", path);
    struct node *v = nn_linear(nn, x, c->hidden_size, true, "%s.v_proj", path);
    float scale = 1 / sqrtf((float)(c->hidden_size / c->heads));
    x = op_attention(nn->g, q, k, v, c->heads, scale, true);
    return nn_linear(nn, x, c->hidden_size, true, "%s.out_proj", path);
}

static struct node *encoder_layer(struct nn *nn, const struct text_config *c, struct node *x,
                                  const char *path)
{
    char *attention = g_strconcat(path, ".self_attn", NULL);
    struct node *h = nn_layer_norm(nn, x, c->eps, "%s.layer_norm1", path);
    x = op_add(nn->g, x, self_attention(nn, c, h, attention));
    h = nn_layer_norm(nn, x, c->eps, "%s.layer_norm2", path);
    h = nn_linear(nn, h, c->intermediate_size, true, "%s.mlp.fc1", path);
    h = op_unary(nn->g, c->act, h);
    h = nn_linear(nn, h, c->hidden_size, true, "%s.mlp.fc2", path);
    g_free(attention);
    return op_add(nn->g, x, h);
}

static struct node *token_rows(struct nn *nn, const struct text_config *c, struct node *ids)
{
    return nn_embedding(nn, ids, c->vocab_size, c->hidden_size,
                        "text_model.embeddings.token_embedding");
}

// x: the tokens' rows (N,1,T,C).
static struct node *encoder(struct nn *nn, const struct text_config *c, struct node *x)
{
    int tokens = x->shape[2], size = c->hidden_size;
    struct node *position =
        nn_embedding(nn, NULL, c->max_tokens, size, "text_model.embeddings.position_embedding");
    g_assert(tokens <= c->max_tokens);
    x = op_add(nn->g, x, op_view(nn->g, position, 0, (int[]){1, 1, tokens, size})); // (N,1,T,C)
    for (int i = 0; i < c->layers; i++) {
        char *path = g_strdup_printf("text_model.encoder.layers.%d", i);
        x = encoder_layer(nn, c, x, path);
        g_free(path);
    }
    return nn_layer_norm(nn, x, c->eps, "text_model.final_layer_norm");
}

struct node *text_encoder_build(struct nn *nn, const struct text_config *c, struct node *ids)
{
    return encoder(nn, c, token_rows(nn, c, ids));
}

struct node *text_encoder_build_mixed(struct nn *nn, const struct text_config *c, struct node *ids,
                                      struct node *kept, struct node *given)
{
    struct node *x = op_mul(nn->g, token_rows(nn, c, ids), kept);
    return encoder(nn, c, op_add(nn->g, x, given));
}
