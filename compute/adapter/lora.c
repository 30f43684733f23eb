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

#include <math.h>
#include <string.h>

static int inputs(const struct nn_weight *w)
{
    return w->shape[3];
}

static int outputs(const struct nn_weight *w)
{
    return w->rank == 4 ? w->shape[0] : w->shape[2];
}

static int param_rank(const struct adapter_param *p)
{
    return p->count / (inputs(p->weight) + outputs(p->weight));
}

static struct adapter_param *add_layer(struct adapter *a, const struct nn_part *part,
                                       struct nn_weight *w, int rank)
{
    return adapter_add(a, part, w, (int[]){1, 1, 1, rank * (inputs(w) + outputs(w))});
}

// A uniform in +-1/sqrt(in), the reference framework's default for a linear layer, always from the
// same seed.
static bool lora_init(struct adapter *a, GError **error)
{
    const struct nn_part *unet = model_part(a->model, MODEL_UNET);
    struct rng rng = {0};
    for (guint i = 0; i < unet->weights->len; i++) {
        struct nn_weight *w = unet->weights->pdata[i];
        if (!target_has(settings_int(a->settings, "targets"), w)) {
            continue;
        }
        const int rank = MIN(settings_int(a->settings, "rank"), MIN(inputs(w), outputs(w)));
        const double bound = 1 / sqrt(inputs(w));
        struct adapter_param *p = add_layer(a, unet, w, rank);
        for (int k = 0; k < rank * inputs(w); k++) {
            p->value[k] = (float)(bound * (2 * rng_uniform(&rng) - 1));
        }
    }
    return true;
}

// ---- in a graph and merged ----------------------------------------------------------------------

static struct node *lora_delta(struct graph *g, const struct nn_layer *l,
                               const struct adapter_use *uses, int n, struct node *y)
{
    const int in = inputs(l->weight), out = outputs(l->weight);
    for (int i = 0; i < n; i++) {
        const int rank = param_rank(uses[i].param);
        struct node *a = op_view(g, uses[i].value, 0, (int[]){1, 1, rank, in});
        struct node *b = op_view(g, uses[i].value, (int64_t)rank * in, (int[]){1, 1, out, rank});
        struct node *h = op_mul(g, op_linear(g, l->x, a, NULL), uses[i].scale);
        y = op_add(g, y, op_linear(g, h, b, NULL));
    }
    return y;
}

static bool lora_merge(const struct adapter_param *const *params, const double *scales, int n,
                       const struct svd *svd, float *weight, GError **error)
{
    const int in = inputs(params[0]->weight), out = outputs(params[0]->weight);
    for (int i = 0; i < n; i++) {
        const int rank = param_rank(params[i]);
        const float *a = params[i]->value, *b = a + rank * in;
        host_gemm(false, false, out, in, rank, (float)scales[i], b, rank, a, in, 1, weight, in);
    }
    return true;
}

// ---- files --------------------------------------------------------------------------------------

// Names of A, B and the scale alpha / rank of B, in the two dialects.
struct dialect {
    const char *prefix, *a, *b, *alpha;
    bool flat; // dots of the path are underscores
};
static const struct dialect dialects[] = {
    {"unet.", ".lora_A.weight", ".lora_B.weight", ".alpha", false}, // what is written
    {"base_model.model.", ".lora_A.weight", ".lora_B.weight", ".alpha", false},
    {"lora_unet_", ".lora_down.weight", ".lora_up.weight", ".alpha", true},
};

static bool lora_detect(const struct st_file *file)
{
    for (guint i = 0; i < file->tensors->len; i++) {
        const struct st_tensor *t = file->tensors->pdata[i];
        for (size_t k = 0; k < G_N_ELEMENTS(dialects); k++) {
            if (g_str_has_prefix(t->name, dialects[k].prefix) &&
                g_str_has_suffix(t->name, dialects[k].a)) {
                return true;
            }
        }
    }
    return false;
}

static const struct st_tensor *find_tensor(const struct st_file *file, const struct dialect *d,
                                           const char *path, const char *suffix)
{
    g_autofree char *name = g_strconcat(d->prefix, path, suffix, NULL);
    if (d->flat) {
        g_strdelimit(name + strlen(d->prefix), ".", '_');
        memcpy(name + strlen(name) - strlen(suffix), suffix, strlen(suffix));
    }
    return st_find(file, name);
}

// alpha / rank is multiplied into B, so that strength 1 means what it means elsewhere.
static bool read_layer(struct adapter *a, const struct nn_part *part, struct nn_weight *w,
                       const struct st_tensor *down, const struct st_tensor *up,
                       const struct st_tensor *alpha, GError **error)
{
    const int rank = (int)MIN(down->shape[0], G_MAXUINT16);
    float scale = 1;
    struct adapter_param *p = add_layer(a, part, w, rank);
    float *b = p->value + rank * inputs(w);
    if (!st_read_f32(down, p->value, true, error) || !st_read_f32(up, b, true, error) ||
        (alpha && !st_read_f32(alpha, &scale, true, error))) {
        return false;
    }
    for (int i = 0; alpha && i < rank * outputs(w); i++) {
        b[i] *= scale / (float)rank;
    }
    return true;
}

static bool fits(const struct nn_weight *w, const struct st_tensor *down,
                 const struct st_tensor *up, const struct st_tensor *alpha)
{
    return target_is_matrix(w) && down && up && down->rank >= 2 && up->rank >= 2 &&
           down->shape[0] > 0 && down->shape[0] <= MIN(inputs(w), outputs(w)) &&
           down->count == down->shape[0] * inputs(w) && up->count == down->shape[0] * outputs(w) &&
           (!alpha || alpha->count == 1);
}

// Goes through the layers, not the names: flattened names cannot be turned back into paths.
static bool lora_load(struct adapter *a, const struct st_file *file, GError **error)
{
    const struct nn_part *unet = model_part(a->model, MODEL_UNET);
    g_autoptr(GHashTable) used = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < unet->weights->len; i++) {
        struct nn_weight *w = unet->weights->pdata[i];
        if (!g_str_has_suffix(w->name, ".weight")) {
            continue;
        }
        g_autofree char *path = g_strndup(w->name, strlen(w->name) - strlen(".weight"));
        for (size_t k = 0; k < G_N_ELEMENTS(dialects); k++) {
            const struct dialect *d = &dialects[k];
            const struct st_tensor *down = find_tensor(file, d, path, d->a),
                                   *up = find_tensor(file, d, path, d->b),
                                   *alpha = find_tensor(file, d, path, d->alpha);
            if (fits(w, down, up, alpha) && !adapter_param_of(a, w)) {
                if (!read_layer(a, unet, w, down, up, alpha, error)) {
                    return false;
                }
                g_hash_table_add(used, (gpointer)down);
                g_hash_table_add(used, (gpointer)up);
                g_hash_table_add(used, (gpointer)alpha);
                break;
            }
        }
    }
    for (guint i = 0; i < file->tensors->len; i++) {
        const struct st_tensor *t = file->tensors->pdata[i];
        if (!g_hash_table_contains(used, t)) {
            adapter_unmatched(a, t->name);
        }
    }
    return true;
}

static void write_layer(struct st_writer *w, const struct adapter_param *p)
{
    const struct dialect *d = &dialects[0];
    const int rank = param_rank(p), in = inputs(p->weight), out = outputs(p->weight),
              shape_rank = p->weight->rank;
    g_autofree char *a = g_strconcat(d->prefix, p->path, d->a, NULL);
    g_autofree char *b = g_strconcat(d->prefix, p->path, d->b, NULL);
    st_writer_f32(w, a, shape_rank, (int64_t[]){rank, in, 1, 1}, p->value);
    st_writer_f32(w, b, shape_rank, (int64_t[]){out, rank, 1, 1}, p->value + rank * in);
}

static const char *const lora_files[] = {"pytorch_lora_weights.safetensors", NULL};

static bool lora_save(struct adapter *a, const char *path, struct task *task, GError **error)
{
    const bool single = g_str_has_suffix(path, ".safetensors");
    g_autofree char *file = single ? g_strdup(path) : g_build_filename(path, lora_files[0], NULL);
    struct st_writer *w = adapter_writer(a);
    for (guint i = 0; i < a->params->len; i++) {
        write_layer(w, a->params->pdata[i]);
    }
    const bool ok = st_writer_save(w, file, task, error);
    st_writer_free(w);
    return ok;
}

static const struct setting lora_settings[] = {
    TRAINING_ROWS(500, 1e-4, 1e-4),
    {.key = "rank",
     .title = "Rank",
     .level = SETTING_EXPERT,
     .help = "Width of the update; more can learn more and makes a larger file",
     .kind = SETTING_INT,
     .min = 1,
     .max = 4096,
     .slider_min = 1,
     .slider_max = 64,
     .def = 4},
    {.key = "targets",
     .title = "Layers",
     .level = SETTING_EXPERT,
     .help = "Which layers of the image network are updated",
     .kind = SETTING_CHOICE,
     .choices = target_names},
    {0},
};

extern const struct adapter_method lora_method;
const struct adapter_method lora_method = {
    .name = "lora",
    .title = "LoRA",
    .summary = "Adds a low-rank update: the widely shared format, and the baseline of the others",
    .settings = lora_settings,
    .files = lora_files,
    .init = lora_init,
    .detect = lora_detect,
    .load = lora_load,
    .save = lora_save,
    .delta = lora_delta,
    .merge = lora_merge,
};
