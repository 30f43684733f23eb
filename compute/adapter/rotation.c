// Orthogonal fine-tuning: what oft and coft share (Qiu et al., Controlling Text-to-Image Diffusion
// by Orthogonal Finetuning, section 3).
//
//   W' = W R^T,  R = diag(R_1 .. R_n),  R_j = (I - S_j)(I + S_j)^-1,  S_j = U_j - U_j^T
//
// The parameter of a layer is the strict upper triangle of each U_j, row-major: (n, b(b-1)/2). R
// rotates what goes into the layer, so activations are rotated (x' = x R) and no weight is rebuilt.
// Strength w is S -> w S: a rotation at every value. Several adapters rotate one after another.
//
// The sign of S and the storage are those of the PEFT library with use_cayley_neumann = false; its
// other mode computes (I + S)(I - S)^-1 instead, the opposite rotation for the same numbers.
#include "compute/adapter/private.h"
#include "compute/gpu/blas.h"
#include "compute/gpu/host.h"

#include <math.h>
#include <string.h>

// ---- which layers -------------------------------------------------------------------------------

int rotation_divisor(int n, int wanted)
{
    if (wanted >= n) {
        return n;
    }
    int above = wanted, below = wanted;
    while (n % above) {
        above++;
    }
    while (n % below) {
        below--;
    }
    return wanted - below <= above - wanted ? below : above;
}

static void add_layer(struct adapter *a, const struct nn_part *part, struct nn_weight *w,
                      int blocks, int block)
{
    if (block > 1) { // a block of one channel has nothing to turn
        adapter_add(a, part, w, (int[]){1, 1, blocks, block * (block - 1) / 2});
    }
}

bool rotation_goes_by_number(const struct settings *s)
{
    return settings_get(s, "block_size") == 0;
}

bool rotation_init(struct adapter *a, GError **error)
{
    const struct nn_part *unet = model_part(a->model, MODEL_UNET);
    const int wanted_blocks = settings_int(a->settings, "blocks");
    const int wanted_size = settings_int(a->settings, "block_size");
    for (guint i = 0; i < unet->weights->len; i++) {
        struct nn_weight *w = unet->weights->pdata[i];
        if (target_has(settings_int(a->settings, "targets"), w)) {
            const int in = w->shape[3];
            const int block = wanted_size > 0 ? rotation_divisor(in, wanted_size)
                                              : in / rotation_divisor(in, wanted_blocks);
            add_layer(a, unet, w, in / block, block);
        }
    }
    return true;
}

// Channels of a block, from the parameter's shape.
static int block_size(const struct adapter_param *p)
{
    return p->weight->shape[3] / p->shape[2];
}

// ---- in a graph ---------------------------------------------------------------------------------

// The factor of a layer is the identity (1,1,b,b); layers of one block size share it, the first one
// owns it.
static struct tensor *find_identity(const struct adapter *a, int block)
{
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        if (p->factors && block_size(p) == block) {
            return p->factors;
        }
    }
    return NULL;
}

static struct tensor *make_identity(struct gpu *gpu, int block, GError **error)
{
    struct tensor *t = tensor_new(gpu, DTYPE_F32, (int[]){1, 1, block, block}, "identity", error);
    g_autofree float *data = g_new0(float, (int64_t)block *block);
    for (int i = 0; i < block; i++) {
        data[i * block + i] = 1;
    }
    if (t && !tensor_write(t, data, error)) {
        g_clear_pointer(&t, tensor_free);
    }
    return t;
}

bool rotation_prepare(struct adapter *a, struct task *task, GError **error)
{
    for (guint i = 0; i < a->params->len; i++) {
        struct adapter_param *p = a->params->pdata[i];
        const int block = block_size(p);
        p->factors = find_identity(a, block);
        if (!p->factors && !(p->factors = make_identity(a->model->gpu, block, error))) {
            return false;
        }
    }
    return true;
}

void rotation_release(struct adapter *a)
{
    for (guint i = 0; i < a->params->len; i++) {
        struct adapter_param *p = a->params->pdata[i];
        struct tensor *identity = p->factors;
        for (guint k = i; k < a->params->len; k++) {
            struct adapter_param *other = a->params->pdata[k];
            other->factors = other->factors == identity ? NULL : other->factors;
        }
        tensor_free(identity);
    }
}

struct node *rotation_input(struct graph *g, const struct nn_layer *l,
                            const struct adapter_use *uses, int n, struct node *x)
{
    for (int i = 0; i < n; i++) {
        const struct adapter_param *p = uses[i].param;
        struct node *identity = graph_leaf(g, p->factors);
        struct node *s = op_skew(g, op_mul(g, uses[i].value, uses[i].scale), block_size(p));
        struct node *plus = op_add(g, s, identity);
        struct node *minus = op_add(g, op_affine(g, s, -1, 0), identity);
        struct node *r = op_solve(g, plus, minus, false); // (I + S)^-1 and (I - S) commute
        x = op_rotate(g, x, r, true);
    }
    return x;
}

// ---- merged -------------------------------------------------------------------------------------

void rotation_cayley(int b, const float *u, double scale, double *scratch, float *r)
{
    double *plus = scratch, *minus = scratch + b * b;
    memset(scratch, 0, 2 * (size_t)b * b * sizeof *scratch);
    for (int i = 0, k = 0; i < b; i++) {
        plus[i * b + i] = minus[i * b + i] = 1;
        for (int j = i + 1; j < b; j++, k++) {
            plus[i * b + j] = minus[j * b + i] = scale * u[k];
            plus[j * b + i] = minus[i * b + j] = -scale * u[k];
        }
    }
    g_autofree lapack_int *pivots = g_new(lapack_int, b);
    blas()->LAPACKE_dgesv(LAPACK_ROW_MAJOR, b, b, plus, b, pivots, minus, b);
    for (int i = 0; i < b * b; i++) {
        r[i] = (float)minus[i];
    }
}

struct rotate {
    const struct adapter_param *param;
    double scale;
    const float *from; // (rows, columns)
    float *to;
};

// Block j of the columns: W'_j = W_j R_j^T.
static void rotate_blocks(int64_t begin, int64_t end, void *data)
{
    const struct rotate *t = data;
    const struct adapter_param *p = t->param;
    const int columns = p->weight->shape[3], b = block_size(p);
    const int rows = (int)(shape_count(p->weight->shape) / columns);
    g_autofree double *scratch = g_new(double, 2 * b * b);
    g_autofree float *r = g_new(float, b *b);
    for (int64_t j = begin; j < end; j++) {
        rotation_cayley(b, p->value + j * p->shape[3], t->scale, scratch, r);
        host_gemm_serial(false, true, rows, b, b, 1, t->from + j * b, columns, r, b, 0,
                         t->to + j * b, columns);
    }
}

// x R_1 R_2 W^T = x (W R_2^T R_1^T)^T: the last rotation of the input is the first of the weight.
bool rotation_merge(const struct adapter_param *const *params, const double *scales, int n,
                    const struct svd *svd, float *weight, GError **error)
{
    const int64_t count = shape_count(params[0]->weight->shape);
    for (int i = n - 1; i >= 0; i--) {
        if (scales[i] == 0) {
            continue; // R = I, and the weight stays as it is to the last bit
        }
        g_autofree float *from = g_memdup2(weight, (size_t)count * sizeof *from);
        struct rotate task = {params[i], scales[i], from, weight};
        host_parallel(params[i]->shape[2], 1, rotate_blocks, &task);
    }
    return true;
}

// ---- added up -----------------------------------------------------------------------------------

// u of the rotation r (b, b), which is overwritten: (I + R) S = I - R, both sides commute. false:
// it turns something half around, which no S expresses.
static bool inverse_cayley(int b, const double *r, float *u)
{
    g_autofree double *plus = g_new(double, b *b), *minus = g_new(double, b *b);
    g_autofree lapack_int *pivots = g_new(lapack_int, b);
    for (int i = 0; i < b * b; i++) {
        plus[i] = (i % (b + 1) == 0) + r[i];
        minus[i] = (i % (b + 1) == 0) - r[i];
    }
    if (blas()->LAPACKE_dgesv(LAPACK_ROW_MAJOR, b, b, plus, b, pivots, minus, b) != 0) {
        return false;
    }
    for (int i = 0; i < b; i++) {
        for (int j = i + 1; j < b; j++) {
            *u++ = (float)((minus[i * b + j] - minus[j * b + i]) / 2);
        }
    }
    return true;
}

// R = R_1 R_2(s), and the S of that.
static bool turn_on(float *u, const float *then, double scale, int b)
{
    g_autofree double *scratch = g_new(double, 2 * b * b), *product = g_new(double, b *b);
    g_autofree float *first = g_new(float, b *b), *second = g_new(float, b *b);
    rotation_cayley(b, u, 1, scratch, first);
    rotation_cayley(b, then, scale, scratch, second);
    for (int i = 0; i < b * b; i++) {
        product[i] = 0;
        for (int k = 0; k < b; k++) {
            product[i] += (double)first[i / b * b + k] * second[k * b + i % b];
        }
    }
    return inverse_cayley(b, product, u);
}

bool rotation_add(struct adapter *to, const struct adapter_param *p, double scale)
{
    struct adapter_param *q = adapter_param_at(to, p, p->shape);
    const int blocks = q->shape[2], triangle = q->shape[3];
    if (memcmp(q->shape, p->shape, sizeof q->shape) != 0) {
        return false; // blocks of another size
    }
    for (int j = 0; j < blocks; j++) {
        if (!turn_on(q->value + j * triangle, p->value + j * triangle, scale, block_size(q))) {
            return false;
        }
    }
    return true;
}

// ---- told ---------------------------------------------------------------------------------------

double rotation_squares(int b, int rows, const float *r)
{
    const size_t n = (size_t)rows * (size_t)rows;
    g_autofree double *wide = g_new(double, (size_t)rows *rows), *square = g_new(double, n);
    for (int i = 0; i < rows; i++) {
        for (int k = 0; k < rows; k++) {
            wide[(size_t)i * rows + k] = r[(size_t)i * b + k];
        }
    }
    blas()->cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, rows, rows, 1, wide, rows,
                        wide, rows, 0, square, rows);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double apart = square[i] - (i % ((size_t)rows + 1) == 0);
        sum += apart * apart;
    }
    return sum;
}

double rotation_askew(const struct adapter_param *p, double scale)
{
    const int b = block_size(p);
    g_autofree double *scratch = g_new(double, 2 * b * b);
    g_autofree float *r = g_new(float, b *b);
    double sum = 0;
    for (int j = 0; j < p->shape[2]; j++) {
        rotation_cayley(b, p->value + j * p->shape[3], scale, scratch, r);
        sum += rotation_squares(b, b, r);
    }
    return sqrt(sum);
}
