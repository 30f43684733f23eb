// SVDiff: spectral shifts (Han et al., SVDiff: Compact Parameter Space for Diffusion Fine-Tuning,
// section 3.2).
//
//   W = U diag(sigma) V^T        W' = U diag(relu(sigma + delta)) V^T        delta starts at 0
//
// A linear layer is y = U (sigma' . (V^T x)) + b: two products in place of a rebuilt weight. A
// convolution is the same with V a bank of r filters of the kernel's size and U a 1x1 convolution.
// Where only the first k shifts are adapted the rest of the weight is kept: y = W x + U_k ((sigma'
// - sigma) . (V_k^T x)) + b. Strength s and several adapters meet in one ReLU: sigma' = relu(sigma
// + s1 delta1 + s2 delta2) (equation 4).
//
// Weights of norms have no singular values: w' = w + delta (the author's code, whose sizes the
// paper prints), or, in files of the widely used re-implementation, one number that scales the
// vector, w' = w relu(|w| + delta)/|w|. Which of the two a tensor is, its length says.
#include "compute/adapter/private.h"
#include "compute/gpu/host.h"
#include "compute/i18n.h"

#include <math.h>
#include <string.h>

// On the device, shared by all adapters that use the same weight at the same rank.
struct factors {
    int rank, refs;
    struct tensor *u;     // (1,1,O,rank)
    struct tensor *sigma; // vector (rank)
    struct tensor *vt;    // (1,1,rank,I) or (rank,ky,kx,I)
    float norm;           // of a 1-D weight
    bool full;            // rank is all there is
};

// ---- which layers -------------------------------------------------------------------------------

enum subset {
    SUBSET_ALL,
    SUBSET_CA,
    SUBSET_CA_KV,
    SUBSET_1D,
    SUBSET_2D,
    SUBSET_4D,
    SUBSET_UP,
    SUBSET_DOWN,
    SUBSET_MID,
    SUBSET_UP_CA,
    SUBSET_DOWN_CA,
    SUBSET_MID_CA,
};

// The paper's table 1, in its order.
static const char *const subset_names[] = {
    N_("all"), "ca",  "ca-kv", "1d",      "2d",     "4d", "up",
    "down",    "mid", "up-ca", "down-ca", "mid-ca", NULL,
};

static bool is_cross_attention(const char *name)
{
    return strstr(name, ".attn2.to_") != NULL;
}

static bool subset_has(enum subset subset, const struct nn_weight *w)
{
    const bool up = g_str_has_prefix(w->name, "up_blocks."),
               down = g_str_has_prefix(w->name, "down_blocks."),
               mid = g_str_has_prefix(w->name, "mid_block."), ca = is_cross_attention(w->name);
    switch (subset) {
    case SUBSET_ALL: return true;
    case SUBSET_CA: return ca;
    case SUBSET_CA_KV: return strstr(w->name, ".attn2.to_k.") || strstr(w->name, ".attn2.to_v.");
    case SUBSET_1D: return w->rank == 1;
    case SUBSET_2D: return w->rank == 2;
    case SUBSET_4D: return w->rank == 4;
    case SUBSET_UP: return up;
    case SUBSET_DOWN: return down;
    case SUBSET_MID: return mid;
    case SUBSET_UP_CA: return up && ca;
    case SUBSET_DOWN_CA: return down && ca;
    case SUBSET_MID_CA: return mid && ca;
    }
    return false;
}

int svdiff_rank(const struct nn_weight *w)
{
    if (w->rank == 1) {
        return w->shape[3];
    }
    const int rows = w->rank == 4 ? w->shape[0] : w->shape[2];
    return (int)MIN(rows, shape_count(w->shape) / rows);
}

static void add_part(struct adapter *a, const struct nn_part *part, enum subset subset)
{
    const int limit = settings_int(a->settings, "rank");
    for (guint i = 0; i < part->weights->len; i++) {
        struct nn_weight *w = part->weights->pdata[i];
        if (!g_str_has_suffix(w->name, ".weight") || !subset_has(subset, w)) {
            continue; // biases are never shifted
        }
        int count = svdiff_rank(w);
        if (w->rank > 1 && limit > 0) {
            count = MIN(count, limit);
        }
        adapter_add(a, part, w, (int[]){1, 1, 1, count});
    }
}

static bool svdiff_init(struct adapter *a, GError **error)
{
    add_part(a, model_part(a->model, MODEL_UNET), (enum subset)settings_get(a->settings, "subset"));
    if (settings_get(a->settings, "text_encoder") != 0) {
        add_part(a, model_part(a->model, MODEL_TEXT), SUBSET_ALL);
    }
    return true;
}

// ---- factors ------------------------------------------------------------------------------------

static GHashTable *shared; // "weight/rank" -> struct factors *, engine thread only

static char *shared_key(const struct adapter_param *p)
{
    return g_strdup_printf("%p/%d", (void *)p->weight, p->count);
}

static void factors_free(struct factors *f)
{
    tensor_free(f->u);
    tensor_free(f->sigma);
    tensor_free(f->vt);
    g_free(f);
}

static struct tensor *upload(struct gpu *gpu, enum dtype dtype, const int shape[GRAPH_RANK],
                             const char *name, const float *data, GError **error)
{
    struct tensor *t = tensor_new(gpu, dtype, shape, name, error);
    if (t && !tensor_write(t, data, error)) {
        g_clear_pointer(&t, tensor_free);
    }
    return t;
}

static void factors_share(struct adapter_param *p, struct factors *f)
{
    if (!shared) {
        shared =
            g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)factors_free);
    }
    f->refs = 1;
    p->factors = f;
    g_hash_table_insert(shared, shared_key(p), f);
}

static bool matrix_ready(int index, const struct svd *svd, void *data, GError **error)
{
    struct adapter_param **params = data, *p = params[index];
    struct gpu *gpu = p->adapter->model->gpu;
    const enum dtype dtype = svd_dtype(p->weight);
    const int *w = p->weight->shape, rank = p->count;
    struct factors *f = g_new0(struct factors, 1);
    f->rank = rank;
    f->full = rank == svd->rank;

    // The first `rank` columns of u; of sigma and vt they are a prefix.
    g_autofree float *u = g_new(float, (int64_t)svd->rows *rank);
    for (int64_t i = 0; i < svd->rows; i++) {
        memcpy(u + i * rank, svd->u + i * svd->rank, (size_t)rank * sizeof *u);
    }
    f->u = upload(gpu, dtype, (int[]){1, 1, svd->rows, rank}, p->path, u, error);
    f->sigma =
        f->u ? upload(gpu, DTYPE_F32, (int[]){1, 1, 1, rank}, p->path, svd->sigma, error) : NULL;
    const int linear[] = {1, 1, rank, w[3]}, conv[] = {rank, w[1], w[2], w[3]};
    f->vt = f->sigma
                ? upload(gpu, dtype, p->weight->rank == 4 ? conv : linear, p->path, svd->vt, error)
                : NULL;
    if (!f->vt) {
        factors_free(f);
        return false;
    }
    factors_share(p, f);
    return true;
}

static double vector_norm(const float *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        sum += (double)x[i] * x[i];
    }
    return sqrt(sum);
}

static bool vector_ready(struct adapter_param *p, GError **error)
{
    g_autofree float *w = g_new(float, p->weight->shape[3]);
    if (!tensor_read(p->weight->tensor, w, error)) {
        return false;
    }
    struct factors *f = g_new0(struct factors, 1);
    f->norm = (float)vector_norm(w, p->weight->shape[3]);
    factors_share(p, f);
    return true;
}

static bool svdiff_prepare(struct adapter *a, struct task *task, GError **error)
{
    g_autoptr(GPtrArray) missing = g_ptr_array_new();
    for (guint i = 0; i < a->params->len; i++) {
        struct adapter_param *p = a->params->pdata[i];
        g_autofree char *key = shared_key(p);
        struct factors *f = shared ? g_hash_table_lookup(shared, key) : NULL;
        if (f) {
            f->refs++;
            p->factors = f;
        } else if (p->weight->rank > 1) {
            g_ptr_array_add(missing, p);
        } else if (!vector_ready(p, error)) {
            return false;
        }
    }
    return svd_each((const struct adapter_param *const *)missing->pdata, missing->len, matrix_ready,
                    missing->pdata, task, error);
}

static void svdiff_release(struct adapter *a)
{
    for (guint i = 0; i < a->params->len; i++) {
        struct adapter_param *p = a->params->pdata[i];
        struct factors *f = p->factors;
        if (f && --f->refs == 0) {
            g_autofree char *key = shared_key(p);
            g_hash_table_remove(shared, key);
        }
        p->factors = NULL;
    }
}

// ---- in a graph ---------------------------------------------------------------------------------

// Sum of scale * delta over the uses whose length is right for `rank`: shorter ones are continued
// with zeros.
static struct node *total_shift(struct graph *g, const struct adapter_use *uses, int n, int rank)
{
    struct node *sum = NULL;
    for (int i = 0; i < n; i++) {
        struct node *shift = op_mul(g, uses[i].value, uses[i].scale);
        if (uses[i].param->count < rank) {
            shift = op_unslice(g, shift, 0, rank);
        }
        sum = sum ? op_add(g, sum, shift) : shift;
    }
    return sum;
}

static struct node *vector_product(struct graph *g, const struct nn_layer *l,
                                   const struct adapter_use *uses, int n)
{
    struct node *gamma = l->w, *relative = NULL;
    const int length = l->weight->shape[3];
    for (int i = 0; i < n; i++) { // one number a vector: relu(|w| + s delta) / |w|
        const struct factors *f = uses[i].param->factors;
        if (uses[i].param->count != length) {
            struct node *part = op_mul(g, uses[i].value, uses[i].scale);
            part = op_affine(g, part, 1 / f->norm, 0);
            relative = relative ? op_add(g, relative, part) : part;
        }
    }
    if (relative) {
        gamma = op_mul(g, gamma, op_unary(g, UNARY_RELU, op_affine(g, relative, 1, 1)));
    }
    for (int i = 0; i < n; i++) {
        if (uses[i].param->count == length) {
            gamma = op_add(g, gamma, op_mul(g, uses[i].value, uses[i].scale));
        }
    }
    return gamma;
}

// V^T x, for the layer's kind of x.
static struct node *project_in(struct graph *g, const struct nn_layer *l, const struct factors *f,
                               struct node *x)
{
    if (l->kind == NN_CONV) {
        return op_conv2d(g, x, graph_leaf(g, f->vt), NULL, l->conv);
    }
    return op_linear(g, x, graph_leaf(g, f->vt), NULL);
}

static struct node *matrix_product(struct graph *g, const struct nn_layer *l,
                                   const struct adapter_use *uses, int n, struct node *x)
{
    const struct factors *f = uses[0].param->factors;
    for (int i = 1; i < n; i++) {
        const struct factors *other = uses[i].param->factors;
        f = other->rank > f->rank ? other : f;
    }
    struct node *sigma = graph_leaf(g, f->sigma), *u = graph_leaf(g, f->u);
    struct node *shifted =
        op_unary(g, UNARY_RELU, op_add(g, total_shift(g, uses, n, f->rank), sigma));
    if (l->kind == NN_EMBEDDING) { // row i of the table is (u_i . sigma') V^T
        struct node *h = nn_rows(g, u, x);
        if (f->full) {
            return op_matmul(g, op_mul(g, h, shifted), graph_leaf(g, f->vt), false, false);
        }
        h = op_mul(g, h, op_sub(g, shifted, sigma));
        struct node *change = op_matmul(g, h, graph_leaf(g, f->vt), false, false);
        return op_add(g, nn_rows(g, l->w, x), change);
    }
    struct node *h = project_in(g, l, f, x);
    if (f->full) {
        return op_linear(g, op_mul(g, h, shifted), u, l->bias);
    }
    struct node *y = l->kind == NN_CONV ? op_conv2d(g, x, l->w, l->bias, l->conv)
                                        : op_linear(g, x, l->w, l->bias);
    return op_add(g, y, op_linear(g, op_mul(g, h, op_sub(g, shifted, sigma)), u, NULL));
}

static struct node *svdiff_product(struct graph *g, const struct nn_layer *l,
                                   const struct adapter_use *uses, int n, struct node *x)
{
    return l->kind == NN_NORM ? vector_product(g, l, uses, n) : matrix_product(g, l, uses, n, x);
}

// ---- merged -------------------------------------------------------------------------------------

// W += U diag(sigma' - sigma) V^T: the weight itself comes back exactly where nothing is shifted.
static void merge_matrix(const struct adapter_param *const *params, const double *scales, int n,
                         const struct svd *svd, float *weight)
{
    g_autofree float *scaled = g_new0(float, (int64_t)svd->rank * svd->columns);
    for (int i = 0; i < svd->rank; i++) {
        double shift = 0;
        for (int k = 0; k < n; k++) {
            shift += i < params[k]->count ? scales[k] * params[k]->value[i] : 0;
        }
        const float change = (float)(fmax(svd->sigma[i] + shift, 0) - svd->sigma[i]);
        const float *from = svd->vt + (int64_t)i * svd->columns;
        float *to = scaled + (int64_t)i * svd->columns;
        for (int c = 0; c < svd->columns; c++) {
            to[c] = change * from[c];
        }
    }
    host_gemm(false, false, svd->rows, svd->columns, svd->rank, 1, svd->u, svd->rank, scaled,
              svd->columns, 1, weight, svd->columns);
}

static void merge_vector(const struct adapter_param *const *params, const double *scales, int n,
                         float *weight)
{
    const int length = params[0]->weight->shape[3];
    const double norm = vector_norm(weight, length);
    double relative = 1;
    for (int k = 0; k < n; k++) {
        if (params[k]->count != length) {
            relative += scales[k] * params[k]->value[0] / norm;
        }
    }
    relative = fmax(relative, 0);
    for (int i = 0; i < length; i++) {
        double w = relative * weight[i];
        for (int k = 0; k < n; k++) {
            w += params[k]->count == length ? scales[k] * params[k]->value[i] : 0;
        }
        weight[i] = (float)w;
    }
}

static bool svdiff_merge(const struct adapter_param *const *params, const double *scales, int n,
                         const struct svd *svd, float *weight, GError **error)
{
    if (svd) {
        merge_matrix(params, scales, n, svd, weight);
    } else {
        merge_vector(params, scales, n, weight);
    }
    return true;
}

// ---- added up -----------------------------------------------------------------------------------

static void lengthen(struct adapter_param *q, int count)
{
    if (count > q->count) { // shorter ones go on with zeros
        q->value = g_renew(float, q->value, count);
        memset(q->value + q->count, 0, (size_t)(count - q->count) * sizeof *q->value);
        q->count = q->shape[3] = count;
    }
}

// The wider of two limits, 0: all singular values.
static void widen_limit(struct settings *to, const struct settings *from)
{
    const int have = settings_int(to, "rank"), other = settings_int(from, "rank");
    settings_set(to, "rank", have == 0 || other == 0 ? 0 : MAX(have, other), NULL);
}

// delta = delta_1 + s delta_2 (equation 4, and 5 where the strengths are a and 1 - a): they meet in
// one ReLU as they do side by side. A number for a whole vector is no number for each entry.
static bool svdiff_add(struct adapter *to, const struct adapter_param *p, double scale)
{
    struct adapter_param *q = adapter_param_at(to, p, p->shape);
    if (q->weight->rank == 1 && p->count != q->count) {
        return false;
    }
    lengthen(q, p->count);
    widen_limit(to->settings, p->adapter->settings);
    for (int i = 0; i < p->count; i++) {
        q->value[i] += (float)(scale * p->value[i]);
    }
    return true;
}

static const struct setting svdiff_settings[] = {
    // The paper's rate of 1e-3 is for 500 and more steps; at two hundred this fits a photo as well.
    TRAINING_ROWS(200, 3e-3, 1e-6),
    {.key = "subset",
     .title = N_("Layers"),
     .level = SETTING_EXPERT,
     .help = N_("Which weights of the image network learn: all, or a part by place or kind"),
     .kind = SETTING_CHOICE,
     .choices = subset_names},
    TEXT_ENCODER_ROW,
    {.key = "rank",
     .title = N_("Rank"),
     .level = SETTING_EXPERT,
     .help =
         N_("Only the largest so many singular values of a weight are shifted; 0 is all of them"),
     .unit = N_("values"),
     .kind = SETTING_INT,
     .min = 0,
     .max = 65536,
     .slider_max = 256,
     .def = 0},
    {0},
};

extern const struct adapter_method svdiff_method;
const struct adapter_method svdiff_method = {
    .name = "svdiff",
    .title = N_("SVDiff"),
    .summary = N_("The smallest adapter: learns one photo and keeps what the model knows"),
    .settings = svdiff_settings,
    .dialect = "svdiff",
    .init = svdiff_init,
    .prepare = svdiff_prepare,
    .release = svdiff_release,
    .product = svdiff_product,
    .merge = svdiff_merge,
    .add = svdiff_add,
    .merge_svd = true,
};
