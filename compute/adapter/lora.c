// LoRA: low-rank updates (Hu et al., LoRA: Low-Rank Adaptation of Large Language Models,
// section 4.1).
//
//   y = W x + b + s B (A x),  A (rank, in) random, B (out, rank) zero at the start
//
// The baseline that the SVDiff and OFT papers compare with, and the format most adapters in the
// wild have. The parameter of a layer is A and behind it B, in one flat tensor; alpha is part of B.
#include "compute/adapter/private.h"
#include "compute/gpu/host.h"
#include "compute/gpu/random.h"
#include "compute/i18n.h"

#include <math.h>

int lora_outputs(const struct nn_weight *w)
{
    return w->rank == 4 ? w->shape[0] : w->shape[2];
}

int lora_inputs(const struct nn_weight *w)
{
    return (int)(shape_count(w->shape) / lora_outputs(w));
}

bool lora_has_place(const struct nn_weight *w)
{
    return w->rank > 1 && !g_str_has_suffix(w->name, "_embedding.weight");
}

int lora_rank(const struct adapter_param *p)
{
    return p->count / (lora_inputs(p->weight) + lora_outputs(p->weight));
}

// A uniform in +-1/sqrt(in), the reference framework's default for a linear layer, always from the
// same seed.
static void add_layer(struct adapter *a, const struct nn_part *part, struct nn_weight *w,
                      struct rng *rng)
{
    const int in = lora_inputs(w), out = lora_outputs(w);
    const int rank = MIN(settings_int(a->settings, "rank"), MIN(in, out));
    const double bound = 1 / sqrt(in);
    struct adapter_param *p = adapter_add(a, part, w, (int[]){1, 1, 1, rank * (in + out)});
    for (int k = 0; k < rank * in; k++) {
        p->value[k] = (float)(bound * (2 * rng_uniform(rng) - 1));
    }
}

static bool lora_init(struct adapter *a, GError **error)
{
    struct rng rng = {0};
    const int targets = settings_int(a->settings, "targets");
    const struct nn_part *unet = model_part(a->model, MODEL_UNET);
    const struct nn_part *text = model_part(a->model, MODEL_TEXT);
    for (guint i = 0; i < unet->weights->len; i++) {
        if (target_has(targets, unet->weights->pdata[i])) {
            add_layer(a, unet, unet->weights->pdata[i], &rng);
        }
    }
    const bool learns_text = settings_get(a->settings, "text_encoder") != 0;
    for (guint i = 0; learns_text && i < text->weights->len; i++) {
        if (target_has_text(text->weights->pdata[i])) {
            add_layer(a, text, text->weights->pdata[i], &rng);
        }
    }
    return true;
}

// ---- in a graph and merged ----------------------------------------------------------------------

// A x, (..., rank): of a convolution with its kernel, strides and edges.
static struct node *project_in(struct graph *g, const struct nn_layer *l, struct node *value,
                               int rank)
{
    const int *w = l->weight->shape;
    if (l->kind == NN_CONV && w[1] * w[2] > 1) {
        struct node *a = op_view(g, value, 0, (int[]){rank, w[1], w[2], w[3]});
        return op_conv2d(g, l->x, a, NULL, l->conv);
    }
    return op_linear(g, l->x, op_view(g, value, 0, (int[]){1, 1, rank, w[3]}), NULL);
}

static struct node *lora_delta(struct graph *g, const struct nn_layer *l,
                               const struct adapter_use *uses, int n, struct node *y)
{
    const int in = lora_inputs(l->weight), out = lora_outputs(l->weight);
    for (int i = 0; i < n; i++) {
        const int rank = lora_rank(uses[i].param);
        struct node *value = uses[i].value;
        struct node *b = op_view(g, value, (int64_t)rank * in, (int[]){1, 1, out, rank});
        struct node *h = project_in(g, l, value, rank);
        y = op_add(g, y, op_linear(g, op_mul(g, h, uses[i].scale), b, NULL));
    }
    return y;
}

static bool lora_merge(const struct adapter_param *const *params, const double *scales, int n,
                       const struct svd *svd, float *weight, GError **error)
{
    const int in = lora_inputs(params[0]->weight), out = lora_outputs(params[0]->weight);
    for (int i = 0; i < n; i++) {
        const int rank = lora_rank(params[i]);
        const float *a = params[i]->value, *b = a + rank * in;
        host_gemm(false, false, out, in, rank, (float)scales[i], b, rank, a, in, 1, weight, in);
    }
    return true;
}

// ---- added up -----------------------------------------------------------------------------------

struct ranks {
    float *value; // A (count, in), then B (out, count)
    int count;
};

// Those of from become those of to from that one on, B times the scale.
static void put_ranks(const struct ranks *to, int first, const struct ranks *from, double scale,
                      int in, int out)
{
    const float *b = from->value + (gsize)from->count * (gsize)in;
    for (gsize k = 0; k < (gsize)from->count * (gsize)in; k++) {
        to->value[(gsize)first * (gsize)in + k] = from->value[k];
    }
    for (int o = 0; o < out; o++) {
        float *row = to->value + (gsize)to->count * (gsize)(in + o) + first;
        for (int i = 0; i < from->count; i++) {
            row[i] = (float)(scale * b[(gsize)o * (gsize)from->count + (gsize)i]);
        }
    }
}

// A = (A_1; A_2), B = (B_1, s B_2): ranks add up.
static bool lora_add(struct adapter *to, const struct adapter_param *p, double scale)
{
    struct adapter_param *q = adapter_param_at(to, p, (int[]){1, 1, 1, 0});
    const int in = lora_inputs(q->weight), out = lora_outputs(q->weight);
    const struct ranks have = {q->value, lora_rank(q)}, more = {p->value, lora_rank(p)};
    if (((int64_t)have.count + more.count) * (in + out) > G_MAXINT) {
        return false;
    }
    struct ranks all = {.count = have.count + more.count};
    q->count = q->shape[3] = all.count * (in + out);
    all.value = g_new(float, q->count);
    if (have.count > 0) {
        put_ranks(&all, 0, &have, 1, in, out);
    }
    put_ranks(&all, have.count, &more, scale, in, out);
    g_free(q->value);
    q->value = all.value;
    return true;
}

static bool lora_form(const struct adapter_param *p, struct update_form *form)
{
    *form = (struct update_form){.kind = UPDATE_LOW_RANK, .rank = {lora_rank(p)}};
    return form->rank[0] > 0;
}

static const struct setting lora_settings[] = {
    TRAINING_ROWS(500, 1e-4, 1e-4),
    {.key = "rank",
     .title = N_("Rank"),
     .level = SETTING_EXPERT,
     .help = N_("Width of the update; more can learn more and makes a larger file"),
     .kind = SETTING_INT,
     .min = 1,
     .max = 4096,
     .slider_min = 1,
     .slider_max = 64,
     .def = 4},
    {.key = "targets",
     .title = N_("Layers"),
     .level = SETTING_EXPERT,
     .help = N_("Which layers of the image network are updated: those of the attention, with those "
                "beside it, or all in its blocks, convolutions too"),
     .kind = SETTING_CHOICE,
     .choices = lora_target_names},
    TEXT_ENCODER_ROW,
    {0},
};

extern const struct adapter_method lora_method;
const struct adapter_method lora_method = {
    .name = "lora",
    .title = N_("LoRA"),
    .summary =
        N_("Adds a low-rank update: the widely shared format, and the baseline of the others"),
    .settings = lora_settings,
    .dialect = "diffusers",
    .init = lora_init,
    .delta = lora_delta,
    .merge = lora_merge,
    .add = lora_add,
    .form = lora_form,
};
