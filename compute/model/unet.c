// The denoising U-Net of Stable Diffusion: time embedding, down path with skips, middle, up path.
// Follows diffusers' UNet2DConditionModel, whose names the weights carry.

#include "compute/model/attention_control.h"
#include "compute/model/block.h"
#include "compute/model/model.h"

#include <math.h>

#define TRANSFORMER_NORM_EPS 1e-6f // fixed in the reference, unlike the residual blocks' eps
#define LAYER_NORM_EPS       1e-5f

// What all blocks of one build share.
struct unet {
    struct nn *nn;
    const struct unet_config *c;
    struct node *time;                       // activated time embedding (N,1,1,E)
    struct node *text;                       // embeddings (N,1,T,cross)
    struct attention_maps *maps;             // NULL: none are wanted
    const struct attention_control *control; // NULL: none
    struct unet_cache *cache;                // NULL: none
};

// Where a transformer works.
struct site {
    int heads, height, width;
};

void unet_timestep_features(const struct unet_config *c, double t, float *out)
{
    int half = c->channels[0] / 2;
    float *sines = c->flip_sin_to_cos ? out + half : out;
    float *cosines = c->flip_sin_to_cos ? out : out + half;
    for (int i = 0; i < half; i++) {
        // In fp32 as in the reference: models were trained with these angles, roundings included.
        float angle =
            (float)t * expf((float)-log(10000) * (float)i / ((float)half - c->freq_shift));
        sines[i] = sinf(angle);
        cosines[i] = cosf(angle);
    }
    if (c->channels[0] % 2) {
        out[c->channels[0] - 1] = 0;
    }
}

// In fp32 as in the reference, where guidance of 7.5 is an angle of thousands.
void unet_guidance_features(const struct unet_config *c, double guidance, float *out)
{
    const int half = c->guidance_dim / 2;
    const float scaled = (float)(guidance - 1) * 1000.0f;
    const float step = logf(10000.0f) / (float)(half - 1);
    for (int i = 0; i < half; i++) {
        const float angle = scaled * expf((float)i * -step);
        out[i] = sinf(angle);
        out[half + i] = cosf(angle);
    }
    if (c->guidance_dim % 2) {
        out[c->guidance_dim - 1] = 0;
    }
}

// Attention whose probabilities are wanted, which go to the list.
static struct node *open_attention(const struct unet *u, struct node *q, struct node *k,
                                   struct node *v, const struct site *site, float scale,
                                   const char *path)
{
    struct attention_map map = {
        .path = g_intern_string(path),
        .height = site->height,
        .width = site->width,
        .node = op_attention_probabilities(u->nn->g, q, k, site->heads, scale),
    };
    graph_name(u->nn->g, map.node, "%s.probabilities", path);
    g_array_append_val(u->maps->found, map);
    return op_attention_values(u->nn->g, map.node, v);
}

static bool is_wanted(const struct attention_maps *maps, const struct site *site, const char *path)
{
    return maps && (!maps->positions || site->height * site->width <= maps->positions) &&
           g_pattern_match_simple(maps->pattern, path);
}

// Attention of x (N,1,P,C) to keys (N,1,T,K); x itself for self-attention.
static struct node *attend(const struct unet *u, struct node *x, struct node *keys,
                           const struct site *site, const char *path)
{
    int channels = x->shape[3];
    struct node *q = nn_linear(u->nn, x, channels, false, "%s.to_q", path);
    struct node *k = nn_linear(u->nn, keys, channels, false, "%s.to_k", path);
    struct node *v = nn_linear(u->nn, keys, channels, false, "%s.to_v", path);
    float scale = 1 / sqrtf((float)(channels / site->heads));
    const bool cross = keys == u->text;
    if (u->control && (cross || x->shape[2] <= u->control->self_queries)) {
        x = attention_controlled(u->nn->g, u->control, q, k, v, site->heads, scale, cross);
    } else if (is_wanted(u->maps, site, path)) {
        x = open_attention(u, q, k, v, site, scale, path);
    } else {
        x = op_attention(u->nn->g, q, k, v, site->heads, scale, false);
    }
    return nn_linear(u->nn, x, channels, true, "%s.to_out.0", path);
}

static struct node *transformer_block(const struct unet *u, struct node *x, const struct site *site,
                                      const char *path)
{
    struct nn *nn = u->nn;
    int channels = x->shape[3];
    char *self = g_strconcat(path, ".attn1", NULL), *cross = g_strconcat(path, ".attn2", NULL);
    struct node *h = nn_layer_norm(nn, x, LAYER_NORM_EPS, "%s.norm1", path);
    x = op_add(nn->g, x, attend(u, h, h, site, self));
    h = nn_layer_norm(nn, x, LAYER_NORM_EPS, "%s.norm2", path);
    x = op_add(nn->g, x, attend(u, h, u->text, site, cross));
    h = nn_layer_norm(nn, x, LAYER_NORM_EPS, "%s.norm3", path);
    h = op_geglu(nn->g, nn_linear(nn, h, 8 * channels, true, "%s.ff.net.0.proj", path));
    h = nn_linear(nn, h, channels, true, "%s.ff.net.2", path);
    g_free(self);
    g_free(cross);
    return op_add(nn->g, x, h);
}

// The projection before and after the transformer: SD 1.x stores it as a 1x1 convolution, SD 2.x as
// a linear layer; the product is the same.
static struct node *project(const struct unet *u, struct node *x, const char *path,
                            const char *name)
{
    if (u->c->linear_projection) {
        return nn_linear(u->nn, x, x->shape[3], true, "%s.%s", path, name);
    }
    return nn_conv(u->nn, x, x->shape[3], 1, CONV_1X1, "%s.%s", path, name);
}

// Attention over the positions of x (N,H,W,C) at one level.
static struct node *transformer(const struct unet *u, struct node *x, int level, const char *path)
{
    struct graph *g = u->nn->g;
    const struct site site = {u->c->heads[level], x->shape[1], x->shape[2]};
    int n = x->shape[0], height = x->shape[1], width = x->shape[2], channels = x->shape[3];
    struct node *h =
        nn_group_norm(u->nn, x, u->c->groups, TRANSFORMER_NORM_EPS, false, "%s.norm", path);
    h = op_reshape(g, project(u, h, path, "proj_in"), n, 1, height * width, channels);
    for (int i = 0; i < u->c->transformer_layers[level]; i++) {
        char *block = g_strdup_printf("%s.transformer_blocks.%d", path, i);
        h = transformer_block(u, h, &site, block);
        g_free(block);
    }
    h = project(u, op_reshape(g, h, n, height, width, channels), path, "proj_out");
    return op_add(g, h, x);
}

// Residual block number i of a block and, where it has one, the transformer behind it.
static struct node *layer(const struct unet *u, struct node *x, int out, int level, bool attention,
                          const char *path, int i)
{
    char *resnet = g_strdup_printf("%s.resnets.%d", path, i);
    char *attentions = g_strdup_printf("%s.attentions.%d", path, i);
    x = block_resnet(u->nn, x, u->time, out, u->c->groups, u->c->eps, resnet);
    if (attention) {
        x = transformer(u, x, level, attentions);
    }
    g_free(resnet);
    g_free(attentions);
    return x;
}

static struct node *down_block(const struct unet *u, struct node *x, int level, GPtrArray *skips)
{
    const struct unet_config *c = u->c;
    char *path = g_strdup_printf("down_blocks.%d", level);
    for (int i = 0; i < c->layers[level]; i++) {
        x = layer(u, x, c->channels[level], level, c->down_attention[level], path, i);
        g_ptr_array_add(skips, x);
    }
    if (level < c->levels - 1) {
        x = block_downsample(u->nn, x, c->downsample_padding, path);
        g_ptr_array_add(skips, x);
    }
    g_free(path);
    return x;
}

static struct node *mid_block(const struct unet *u, struct node *x)
{
    const struct unet_config *c = u->c;
    int level = c->levels - 1;
    for (int i = 0; i < c->mid_resnets; i++) {
        x = layer(u, x, c->channels[level], level, c->mid_attention && i == 0, "mid_block", i);
    }
    return x;
}

// What comes from below where the last of the skips that are left is joined to it: where the cache
// is of that one, what it has.
static struct node *from_below(const struct unet *u, struct node *x, const GPtrArray *skips)
{
    if (!u->cache || (int)skips->len - 1 != u->cache->branch) {
        return x;
    }
    u->cache->found = x;
    return u->cache->given ? u->cache->given : x; // the program leaves out what is not needed then
}

// Block i of the up path works at level levels - 1 - i and takes back the skips of that level, last
// one first.
static struct node *up_block(const struct unet *u, struct node *x, int i, GPtrArray *skips)
{
    const struct unet_config *c = u->c;
    int level = c->levels - 1 - i;
    char *path = g_strdup_printf("up_blocks.%d", i);
    for (int j = 0; j <= c->layers[level]; j++) {
        x = from_below(u, x, skips);
        struct node *skip = g_ptr_array_steal_index(skips, skips->len - 1);
        x = op_concat(u->nn->g, x, skip);
        x = layer(u, x, c->channels[level], level, c->up_attention[i], path, j);
    }
    if (level >
        0) { // to the size of the next skip: sizes that do not halve evenly come back exactly
        const struct node *next = skips->pdata[skips->len - 1];
        x = block_upsample(u->nn, x, next->shape[1], next->shape[2], path);
    }
    g_free(path);
    return x;
}

// guidance: NULL, none.
static struct node *time_embedding(struct nn *nn, const struct unet_config *c,
                                   struct node *features, struct node *guidance)
{
    if (guidance) {
        features =
            op_add(nn->g, features,
                   nn_linear(nn, guidance, c->channels[0], false, "time_embedding.cond_proj"));
    }
    struct node *x = nn_linear(nn, features, c->time_dim, true, "time_embedding.linear_1");
    x = nn_linear(nn, op_unary(nn->g, UNARY_SILU, x), c->time_dim, true, "time_embedding.linear_2");
    return op_unary(nn->g, UNARY_SILU, x); // every residual block begins with it
}

int unet_residuals(const struct unet_config *c)
{
    int n = 1 + 1; // conv_in's skip and the middle
    for (int i = 0; i < c->levels; i++) {
        n += c->layers[i] + (i < c->levels - 1);
    }
    return n;
}

// Adds the residuals to the skips and to the middle's result, which comes back.
static struct node *add_residuals(struct graph *g, struct node *const *residuals, GPtrArray *skips,
                                  struct node *middle)
{
    for (guint i = 0; i < skips->len; i++) {
        skips->pdata[i] = op_add(g, skips->pdata[i], residuals[i]);
    }
    return op_add(g, middle, residuals[skips->len]);
}

// The way down: skips receives what the way up takes back, and the result is the middle's.
// added: (N or 1,h,w,channels[0]), to what conv_in makes of the latents; NULL: nothing.
static struct node *encode(const struct unet *u, struct node *latents, struct node *added,
                           GPtrArray *skips)
{
    const struct unet_config *c = u->c;
    struct node *x = nn_conv(u->nn, latents, c->channels[0], 3, CONV_SAME, "conv_in");
    if (added) {
        x = op_add(u->nn->g, x, added);
    }
    g_ptr_array_add(skips, x);
    for (int i = 0; i < c->levels; i++) {
        x = down_block(u, x, i, skips);
    }
    x = mid_block(u, x);
    g_assert((int)skips->len + 1 == unet_residuals(c));
    return x;
}

struct node *unet_build(struct nn *nn, const struct unet_config *c, const struct unet_inputs *in)
{
    GPtrArray *skips = g_ptr_array_new();
    struct unet u = {.nn = nn,
                     .c = c,
                     .time = time_embedding(nn, c, in->time, in->guidance),
                     .text = in->text,
                     .maps = in->maps,
                     .control = in->control,
                     .cache = in->cache};
    struct node *x = encode(&u, in->latents, in->hint, skips);
    if (in->residuals) {
        x = add_residuals(nn->g, in->residuals, skips, x);
    }
    for (int i = 0; i < c->levels; i++) {
        x = up_block(&u, x, i, skips);
    }
    g_assert(skips->len == 0);
    g_ptr_array_unref(skips);
    x = nn_group_norm(nn, x, c->groups, c->eps, true, "conv_norm_out");
    return nn_conv(nn, x, c->out_channels, 3, CONV_SAME, "conv_out");
}

void unet_encoder_build(struct nn *nn, const struct unet_config *c, const struct unet_inputs *in,
                        struct node **residuals)
{
    GPtrArray *skips = g_ptr_array_new();
    const struct unet u = {
        .nn = nn, .c = c, .time = time_embedding(nn, c, in->time, NULL), .text = in->text};
    struct node *middle = encode(&u, in->latents, in->hint, skips);
    for (guint i = 0; i < skips->len; i++) {
        struct node *skip = skips->pdata[i];
        residuals[i] =
            nn_conv(nn, skip, skip->shape[3], 1, CONV_1X1, "controlnet_down_blocks.%u", i);
    }
    residuals[skips->len] =
        nn_conv(nn, middle, middle->shape[3], 1, CONV_1X1, "controlnet_mid_block");
    g_ptr_array_unref(skips);
}
