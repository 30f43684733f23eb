// Pairs of pictures and hints (the control variant of Qiu et al., OFT, section 5.2): an encoder of
// hints is learned together with the adapter. What it makes of a picture's hint is added once,
// behind the U-Net's first convolution,
//
//   L = mean (prediction(z_t, t, c, conv_in(z_t) + encoder(hint)) - target)^2
//
// The encoder's last convolution begins at zero, so that a run begins with the model as it is. The
// others begin so that a signal keeps its size through them (He et al., Delving Deep into
// Rectifiers): from the framework's usual start, uniform within 1 / sqrt(inputs), a hint of spread
// 0.37 had come down to 0.007 behind five of them, and 150 steps changed no drawing.
#include "compute/i18n.h"
#include "compute/model/hint_net.h"
#include "compute/model/load.h"
#include "compute/train/objective.h"

#include <math.h>
#include <string.h>

#define START_SEED 1 // of where the encoder begins: the same in every run
#define LAST       "conv_out."

struct control {
    struct hint_stack stack;
    struct nn_part *part;       // whose tensors are the leaves'
    struct train_leaf **leaves; // in the order of part->weights; borrowed
    struct tensor *hints;       // (rows,H,W,3)
    float *host;                // the same
    int64_t floats;             // of one hint
};

// ---- the encoder --------------------------------------------------------------------------------

static void begin(struct rng *rng, const struct nn_weight *w, float *value)
{
    const double bound = sqrt(6.0 / (w->shape[1] * w->shape[2] * w->shape[3]));
    const bool zero = w->rank != GRAPH_RANK || g_str_has_prefix(w->name, LAST);
    for (int64_t i = 0; i < shape_count(w->shape); i++) {
        value[i] = zero ? 0 : (float)(bound * (2 * rng_uniform(rng) - 1));
    }
}

static bool add_leaves(struct objective_run *run, struct control *c, GError **error)
{
    struct rng rng = {.seed = START_SEED};
    const double lr = settings_get(run->settings, "hint_lr");
    c->leaves = g_new0(struct train_leaf *, c->part->weights->len);
    for (guint i = 0; i < c->part->weights->len; i++) {
        struct nn_weight *w = c->part->weights->pdata[i];
        g_autofree float *value = g_new(float, shape_count(w->shape));
        g_autofree char *name = g_strconcat(HINT_ENCODER_PREFIX, w->name, NULL);
        begin(&rng, w, value);
        if (!(c->leaves[i] = train_add_leaf(run, name, w->shape, value, lr, error))) {
            return false;
        }
        w->tensor = c->leaves[i]->tensor;
    }
    return true;
}

// Each weight that a layer of the encoder asks for is a leaf.
struct encoder_hook {
    struct nn_hook nn; // first: the nn_hook is the encoder_hook
    struct control *control;
};

static void learn(const struct control *c, const char *path, const char *end, struct node *node)
{
    g_autofree char *name = g_strconcat(path, end, NULL);
    for (guint i = 0; i < c->part->weights->len; i++) {
        if (g_str_equal(((const struct nn_weight *)c->part->weights->pdata[i])->name, name)) {
            node->trainable = true;
            c->leaves[i]->node = node;
        }
    }
}

static struct node *learn_layer(struct nn_hook *nn, struct graph *g, const struct nn_layer *layer)
{
    const struct control *c = ((struct encoder_hook *)nn)->control;
    learn(c, layer->path, ".weight", layer->w);
    learn(c, layer->path, ".bias", layer->bias);
    return NULL;
}

// ---- a run --------------------------------------------------------------------------------------

static bool check_hints(const struct objective_run *run, GError **error)
{
    for (int i = 0; i < run->data.count; i++) {
        if (!run->data.samples[i].hint) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                        _("picture %d of %d comes without a hint"), i + 1, run->data.count);
            return false;
        }
    }
    return train_need_role(run, ROLE_INSTANCE, error);
}

static bool control_prepare(struct objective_run *run, const struct train_set *set,
                            struct task *task, GError **error)
{
    const int factor = model_latent_factor(run->model);
    const int height = run->data.height * factor, width = run->data.width * factor;
    struct control *c = run->state = g_new0(struct control, 1);
    c->stack = hint_encoder_stack(run->model);
    c->part = hint_encoder_part(run->model);
    c->floats = (int64_t)height * width * 3;
    c->host = g_new(float, run->rows * c->floats);
    c->hints = train_add_input(run, DTYPE_F32, height, width, 3, "hints", error);
    return c->hints && check_hints(run, error) && add_leaves(run, c, error);
}

static void control_draw(const struct objective_run *run, struct rng *rng,
                         struct train_batch *batch)
{
    for (int i = 0; i < batch->count; i++) {
        train_row_draw(run, rng, train_pick(run, rng, ROLE_INSTANCE), &batch->rows[i]);
    }
}

static void control_inputs(struct objective_run *run, struct graph *g, struct unet_inputs *in)
{
    struct control *c = run->state;
    struct encoder_hook hook = {{learn_layer}, c};
    struct nn nn = {.g = g, .part = c->part, .hook = &hook.nn};
    in->hint = hint_stack_build(&nn, &c->stack, graph_leaf(g, c->hints), "");
}

static bool control_write(struct objective_run *run, const struct train_batch *batch,
                          GError **error)
{
    struct control *c = run->state;
    for (int i = 0; i < batch->count; i++) {
        memcpy(c->host + i * c->floats, run->data.samples[batch->rows[i].sample].hint,
               (size_t)c->floats * sizeof(float));
    }
    return tensor_write(c->hints, c->host, error);
}

static struct node *control_loss(struct objective_run *run, struct graph *g,
                                 const struct loss_nodes *in)
{
    return loss_mean(g, in);
}

// ---- what becomes of it -------------------------------------------------------------------------

static void note(struct adapter *a, const struct settings *s, const char *key)
{
    const char *dash = strchr(key, '_'); // hint_low is tincture.hint.low
    g_hash_table_replace(a->metadata,
                         dash ? g_strconcat(HINT_META, ".", dash + 1, NULL) : g_strdup(HINT_META),
                         settings_print(s, key));
}

static void control_publish(const struct objective_run *run, struct adapter *a)
{
    static const char *const keys[] = {"hint", "hint_sigma", "hint_low", "hint_high"};
    const struct control *c = run->state;
    for (guint i = 0; i < c->part->weights->len; i++) {
        const struct nn_weight *w = c->part->weights->pdata[i];
        const struct train_leaf *leaf = c->leaves[i];
        int64_t shape[GRAPH_RANK];
        const int rank = weights_file_shape(w, shape);
        g_autofree float *value = g_memdup2(leaf->value, (gsize)leaf->count * sizeof(float));
        if (rank == GRAPH_RANK) {
            weights_channels_first(leaf->value, value, w->shape);
        }
        adapter_extra_put(a, leaf->name, rank, shape, value);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        note(a, run->settings, keys[i]);
    }
}

static void control_finish(struct objective_run *run)
{
    struct control *c = run->state;
    if (c) {
        for (guint i = 0; i < c->part->weights->len; i++) {
            ((struct nn_weight *)c->part->weights->pdata[i])->tensor = NULL; // the leaf's
        }
        nn_part_free(c->part);
        g_free(c->leaves);
        g_free(c->host);
        g_free(c);
    }
}

// Whether the hints are made here, as the rows say.
static bool makes_edges(const struct settings *s)
{
    return g_str_equal(settings_choice(s, "hint"), "canny");
}

static const struct setting control_settings[] = {
    {.key = "hint",
     .title = N_("Hints"),
     .help = N_("What leads the drawing: edges that the program finds in each picture, or pictures "
                "that lie beside"),
     .kind = SETTING_CHOICE,
     .choices = (const char *const[]){N_("canny"), N_("file"), NULL}},
    {.key = "hint_sigma",
     .title = N_("Smoothing"),
     .help = N_("How far a picture is blurred before its edges are looked for"),
     .unit = N_("pixels"),
     .kind = SETTING_FLOAT,
     .level = SETTING_EXPERT,
     .max = 16,
     .slider_max = 3,
     .matters = makes_edges},
    {.key = "hint_low",
     .title = N_("Edges go on"),
     .help = N_("The slope of lightness down to which an edge goes on, in steps of 8 bits"),
     .kind = SETTING_FLOAT,
     .level = SETTING_EXPERT,
     .max = 2000,
     .slider_max = 500,
     .def = 100,
     .matters = makes_edges},
    {.key = "hint_high",
     .title = N_("Edges begin"),
     .help = N_("The slope of lightness from which an edge begins"),
     .kind = SETTING_FLOAT,
     .level = SETTING_EXPERT,
     .max = 2000,
     .slider_max = 500,
     .def = 200,
     .matters = makes_edges},
    {.key = "hint_lr",
     .title = N_("Learning rate of the hints"),
     .help = N_("How far each step moves the encoder of hints"),
     .kind = SETTING_FLOAT,
     .level = SETTING_EXPERT,
     .min = 1e-9,
     .max = 10,
     .slider_min = 1e-5,
     .slider_max = 1e-1,
     .logarithmic = true,
     .def = 1e-3},
    {0},
};

extern const struct objective control_objective;
const struct objective control_objective = {
    .name = "control",
    .title = N_("Learn to follow hints"),
    .summary =
        N_("Learns to draw along edges, or along other hints, from pairs of pictures and hints"),
    .settings = control_settings,
    .level = SETTING_HIDDEN, // it takes a folder of pictures
    .of_hints = true,
    .prepare = control_prepare,
    .draw = control_draw,
    .inputs = control_inputs,
    .write = control_write,
    .loss = control_loss,
    .publish = control_publish,
    .finish = control_finish,
};
