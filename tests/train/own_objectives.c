#include "own_objectives.h"

#include <math.h>
#include <string.h>

// A new word: the row of the embedding that the word "dog" has is learned apart from the table.
struct word {
    int id;
    struct train_leaf *row;
    struct tensor *keep, *is_word; // (N,1,T,1)
    float *host;                   // one of them
};
static struct word *word; // of the run that is open
static const char *const token_layer = "text_model.embeddings.token_embedding";

static bool word_prepare(struct objective_run *run, const struct train_set *set, struct task *task,
                         GError **error)
{
    const struct text_config *text = &run->model->text;
    const struct nn_weight *table = nn_part_find(model_part(run->model, MODEL_TEXT),
                                                 "text_model.embeddings.token_embedding.weight");
    word = run->state = g_new0(struct word, 1);
    const int caption = train_add_caption(run, "dog");
    word->id = run->data.captions[caption].ids[1];
    word->host = g_new(float, run->rows * text->max_tokens);
    g_autofree float *rows = g_new(float, shape_count(table->shape));
    const float *row = rows + (int64_t)word->id * text->hidden_size;
    run->trains_text = true;
    return tensor_read(table->tensor, rows, error) &&
           (word->row = train_add_leaf(run, "word", (int[]){1, 1, 1, text->hidden_size}, row, 0.02,
                                       error)) &&
           (word->keep = train_add_input(run, DTYPE_F32, 1, text->max_tokens, 1, "keep", error)) &&
           (word->is_word =
                train_add_input(run, DTYPE_F32, 1, text->max_tokens, 1, "is_word", error));
}

static struct node *word_layer(struct objective_run *run, struct graph *g,
                               const struct nn_layer *layer, struct node *y)
{
    if (!g_str_equal(layer->path, token_layer)) {
        return y;
    }
    y = y ? y : nn_plain(g, layer, layer->x);
    struct node *row = train_leaf_node(g, word->row);
    struct node *words = op_matmul(g, graph_leaf(g, word->is_word), row, false, false);
    return op_add(g, op_mul(g, y, graph_leaf(g, word->keep)), words);
}

static bool word_write(struct objective_run *run, const struct train_batch *batch, GError **error)
{
    const int tokens = run->model->text.max_tokens;
    struct tensor *const inputs[] = {word->keep, word->is_word};
    for (int which = 0; which < 2; which++) {
        for (int i = 0; i < batch->count * tokens; i++) {
            const int32_t *ids = run->data.captions[batch->rows[i / tokens].caption].ids;
            word->host[i] = (ids[i % tokens] == word->id) == which;
        }
        if (!tensor_write(inputs[which], word->host, error)) {
            return false;
        }
    }
    return true;
}

static void word_finish(struct objective_run *run)
{
    if (word) {
        g_free(word->host);
        g_clear_pointer(&word, g_free);
    }
}

// A hint encoder of one layer, (h, w, 1) -> conv_in's channels, that begins as zero.
struct hint {
    struct train_leaf *weight; // (1,1,channels,1)
    struct tensor *image;      // (N,h,w,1)
    float *host;
};
static struct hint *hint;

static bool hint_prepare(struct objective_run *run, const struct train_set *set, struct task *task,
                         GError **error)
{
    const int channels = run->model->unet.channels[0];
    g_autofree float *zeros = g_new0(float, channels);
    hint = run->state = g_new0(struct hint, 1);
    hint->host = g_new(float, run->rows * run->data.area);
    return (hint->weight =
                train_add_leaf(run, "hint", (int[]){1, 1, channels, 1}, zeros, 0.01, error)) &&
           (hint->image = train_add_input(run, DTYPE_F32, run->data.height, run->data.width, 1,
                                          "hint image", error));
}

static void hint_inputs(struct objective_run *run, struct graph *g, struct unet_inputs *in)
{
    in->hint = op_linear(g, graph_leaf(g, hint->image), train_leaf_node(g, hint->weight), NULL);
}

static bool hint_write(struct objective_run *run, const struct train_batch *batch, GError **error)
{
    for (int i = 0; i < batch->count * run->data.area; i++) {
        const int sample = batch->rows[i / run->data.area].sample;
        hint->host[i] = cosf(0.7f * (float)i) + (float)sample;
    }
    return tensor_write(hint->image, hint->host, error);
}

static void hint_finish(struct objective_run *run)
{
    if (hint) {
        g_free(hint->host);
        g_clear_pointer(&hint, g_free);
    }
}

// Two pictures side by side with a caption of their own, and a penalty on the attention that the
// left half pays to the second word.
static bool pair_prepare(struct objective_run *run, const struct train_set *set, struct task *task,
                         GError **error)
{
    const struct train_example *left = &set->examples[0], *right = &set->examples[1];
    const int width = left->width, height = left->height;
    g_autofree float *rgb = g_new(float, (gsize)width *height * 3);
    for (int i = 0; i < width * height * 3; i++) {
        rgb[i] = (i / 3 % width < width / 2 ? left : right)->rgb[i];
    }
    run->attention = "*.attn2";
    return train_add_example(
        run,
        &(struct train_example){
            .width = width, .height = height, .rgb = rgb, .caption = "a dog and a cat"},
        task, error);
}

static void pair_draw(const struct objective_run *run, struct rng *rng, struct train_batch *batch)
{
    for (int i = 0; i < batch->count; i++) {
        train_row_draw(run, rng, run->data.count - 1, &batch->rows[i]);
    }
}

static struct node *pair_penalty(struct graph *g, const struct attention_map *map)
{
    const int *s = map->node->shape; // (N, heads, height width, tokens)
    struct node *words = op_slice(g, map->node, 2, 1);
    const int rows[] = {s[0] * s[1], map->height, map->width, 1};
    words = op_reshape(g, words, rows[0], rows[1], 1, rows[2]); // a row of the picture a vector
    struct node *left = op_slice(g, words, 0, map->width / 2);
    return op_sum_to(g, op_mul(g, left, left), (int[]){1, 1, 1, 1});
}

static struct node *pair_loss(struct objective_run *run, struct graph *g,
                              const struct loss_nodes *in)
{
    struct node *loss = loss_mean(g, in);
    for (guint i = 0; i < in->attention->len; i++) {
        struct node *term = pair_penalty(g, &g_array_index(in->attention, struct attention_map, i));
        term = op_affine(g, term, (float)settings_get(run->settings, "penalty"), 0);
        loss = op_add(g, loss, term);
    }
    return loss;
}

static void any_draw(const struct objective_run *run, struct rng *rng, struct train_batch *batch)
{
    for (int i = 0; i < batch->count; i++) {
        train_row_draw(run, rng, i % run->data.count, &batch->rows[i]);
    }
}

static struct node *plain_loss(struct objective_run *run, struct graph *g,
                               const struct loss_nodes *in)
{
    return loss_mean(g, in);
}

static const struct setting pair_settings[] = {
    {.key = "penalty", .title = "Penalty", .help = "Its weight", .max = 100, .def = 0.01},
    {0},
};
static const struct objective objectives[] = {
    {.name = "each", .title = "Each", .draw = any_draw, .loss = plain_loss},
    {.name = "word",
     .title = "Word",
     .prepare = word_prepare,
     .draw = any_draw,
     .layer = word_layer,
     .write = word_write,
     .loss = plain_loss,
     .finish = word_finish},
    {.name = "hint",
     .title = "Hint",
     .prepare = hint_prepare,
     .draw = any_draw,
     .inputs = hint_inputs,
     .write = hint_write,
     .loss = plain_loss,
     .finish = hint_finish},
    {.name = "pair",
     .title = "Pair",
     .settings = pair_settings,
     .prepare = pair_prepare,
     .draw = pair_draw,
     .loss = pair_loss},
};

const struct member *own_objectives(int i)
{
    return i < (int)G_N_ELEMENTS(objectives) ? &objectives[i].member : NULL;
}

struct train_leaf *own_leaf(void)
{
    return word ? word->row : hint->weight;
}
