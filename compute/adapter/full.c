// Whole weights: what DreamBooth trains (Ruiz et al., section 3; all layers of the image network)
// and Custom Diffusion (Kumari et al., Multi-Concept Customization, section 3.2; keys and values of
// the cross-attention). The baselines of the methods with few parameters, as large as the weights.
//
//   W' = W + s D
//
// The parameter is D, laid out as the weight. Biases stay as they are.
#include "compute/adapter/private.h"

#include "compute/i18n.h"

#include <string.h>

enum layers { LAYERS_ALL, LAYERS_CROSS_ATTENTION };
static const char *const layer_names[] = {N_("all"), N_("cross_attention"), NULL};

static bool has(int layers, const struct nn_weight *w)
{
    if (layers == LAYERS_ALL) {
        return !g_str_has_suffix(w->name, ".bias");
    }
    return strstr(w->name, ".attn2.") &&
           (g_str_has_suffix(w->name, ".to_k.weight") || g_str_has_suffix(w->name, ".to_v.weight"));
}

static bool full_init(struct adapter *a, GError **error)
{
    static const struct update_form dense = {.kind = UPDATE_DENSE};
    const struct nn_part *unet = model_part(a->model, MODEL_UNET);
    for (guint i = 0; i < unet->weights->len; i++) {
        struct nn_weight *w = unet->weights->pdata[i];
        if (has(settings_int(a->settings, "layers"), w)) {
            struct adapter_param *p = adapter_add(a, unet, w, w->shape);
            p->form = g_bytes_new_static(&dense, sizeof dense);
        }
    }
    return true;
}

// What the layer computes with D in the place of W; of a norm D itself.
static struct node *changed_by(struct graph *g, const struct nn_layer *l, struct node *d)
{
    switch (l->kind) {
    case NN_LINEAR: return op_linear(g, l->x, d, NULL);
    case NN_CONV: return op_conv2d(g, l->x, d, NULL, l->conv);
    case NN_EMBEDDING: return nn_rows(g, d, l->x);
    case NN_NORM: return d;
    }
    return NULL;
}

static struct node *full_delta(struct graph *g, const struct nn_layer *l,
                               const struct adapter_use *uses, int n, struct node *y)
{
    for (int i = 0; i < n; i++) {
        y = op_add(g, y, op_mul(g, changed_by(g, l, uses[i].value), uses[i].scale));
    }
    return y;
}

static bool full_merge(const struct adapter_param *const *params, const double *scales, int n,
                       const struct svd *svd, float *weight, GError **error)
{
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < params[i]->count; k++) {
            weight[k] += (float)(scales[i] * params[i]->value[k]);
        }
    }
    return true;
}

static bool full_add(struct adapter *to, const struct adapter_param *p, double scale)
{
    struct adapter_param *q = adapter_param_at(to, p, p->shape);
    for (int k = 0; k < p->count; k++) {
        q->value[k] += (float)(scale * p->value[k]);
    }
    q->form = q->form ? q->form : g_bytes_ref(p->form);
    return true;
}

static const struct setting full_settings[] = {
    TRAINING_ROWS(400, 5e-6, 5e-6),
    {.key = "layers",
     .title = N_("Layers"),
     .level = SETTING_EXPERT,
     .help = N_("Which weights of the image network are trained: all but the biases, or keys and "
                "values of the cross-attention, as Custom Diffusion does"),
     .kind = SETTING_CHOICE,
     .choices = layer_names},
    {0},
};

extern const struct adapter_method full_method;
const struct adapter_method full_method = {
    .name = "full",
    .title = N_("Full weights"),
    .summary = N_("Trains the weights themselves: DreamBooth's way, or with keys and values alone "
                  "Custom Diffusion's; a large file"),
    .settings = full_settings,
    .level = SETTING_EXPERT,
    .dialect = "dense",
    .init = full_init,
    .delta = full_delta,
    .merge = full_merge,
    .add = full_add,
    .form = update_form_of,
};
