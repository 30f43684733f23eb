// Changes of weights in the forms of other programs' files: products that are not low-rank updates
// alone, dense differences, and updates whose result is brought to a given length (DoRA). They are
// kept as factors and are merged; the engine does not train them.
//
//   low rank   D = B A                     Hu et al., LoRA, section 4.1; alpha / rank is in B
//   Hadamard   D = (B1 A1) . (B2 A2)       Hyeon-Woo et al., FedPara, section 2.2 (LoHa)
//   Kronecker  D = W1 (x) W2               Edalati et al., KronA, section 3 (LoKr)
//   channels   D = W diag(l) or diag(l) W  Liu et al., (IA)^3, section 3.3, l counted from 0
//   dense      D
//
// W' = W + s D, or with magnitudes m the rows (or input channels) of W + D are brought to the
// lengths m: Liu et al., DoRA: Weight-Decomposed Low-Rank Adaptation, equation 5.
#include "compute/adapter/private.h"
#include "compute/gpu/host.h"
#include "compute/i18n.h"

#include <math.h>
#include <string.h>

static int rows_of(const struct nn_weight *w)
{
    return w->rank == 1 ? w->shape[3] : lora_outputs(w);
}

static int columns_of(const struct nn_weight *w)
{
    return (int)(shape_count(w->shape) / rows_of(w));
}

// Input channels: the last axis of linear layers and convolutions alike.
static int axis_length(const struct nn_weight *w, enum update_axis axis)
{
    return axis == UPDATE_NO_AXIS ? 0 : axis == UPDATE_OUT ? rows_of(w) : w->shape[3];
}

static int64_t change_count(const struct update_form *form, const struct nn_weight *w)
{
    const int64_t both = (int64_t)rows_of(w) + columns_of(w);
    switch (form->kind) {
    case UPDATE_LOW_RANK: return form->rank[0] * both;
    case UPDATE_HADAMARD: return ((int64_t)form->rank[0] + form->rank[1]) * both;
    case UPDATE_KRONECKER:
        return (int64_t)form->rows * form->columns +
               shape_count(w->shape) / form->rows / form->columns;
    case UPDATE_DENSE: return shape_count(w->shape);
    case UPDATE_CHANNELS: return axis_length(w, form->axis);
    }
    return 0;
}

int64_t update_count(const struct update_form *form, const struct nn_weight *w)
{
    return change_count(form, w) + axis_length(w, form->magnitude);
}

// ---- the change at strength 1 -------------------------------------------------------------------

// out (rows, columns) = B A; value is A and behind it B. Returns what follows it.
static const float *multiply(const struct nn_weight *w, int rank, const float *value, float *out)
{
    const int rows = rows_of(w), columns = columns_of(w);
    const float *b = value + (int64_t)rank * columns;
    host_gemm(false, false, rows, columns, rank, 1, b, rank, value, columns, 0, out, columns);
    return b + (int64_t)rows * rank;
}

static void multiply_entries(const struct update_form *form, const struct nn_weight *w,
                             const float *value, float *out)
{
    const int64_t n = shape_count(w->shape);
    g_autofree float *second = g_new(float, n);
    value = multiply(w, form->rank[0], value, out);
    multiply(w, form->rank[1], value, second);
    for (int64_t i = 0; i < n; i++) {
        out[i] *= second[i];
    }
}

// Output o1 * O2 + o2 and input i1 * I2 + i2, at each place of the kernel: W1[o1, i1] W2[o2, k,
// i2].
static void multiply_kronecker(const struct update_form *form, const struct nn_weight *w,
                               const float *value, float *out)
{
    const int inputs = w->shape[3], places = columns_of(w) / inputs;
    const int o2 = rows_of(w) / form->rows, i2 = inputs / form->columns;
    const float *w1 = value, *w2 = value + form->rows * form->columns;
    for (int o = 0; o < rows_of(w); o++) {
        for (int k = 0; k < places; k++) {
            const float *from = w2 + ((int64_t)(o % o2) * places + k) * i2;
            for (int i = 0; i < inputs; i++) {
                *out++ = w1[o / o2 * form->columns + i / i2] * from[i % i2];
            }
        }
    }
}

static void scale_channels(const struct update_form *form, const struct nn_weight *w,
                           const float *value, const float *weight, float *out)
{
    const int columns = columns_of(w), inputs = w->shape[3];
    for (int64_t i = 0; i < shape_count(w->shape); i++) {
        out[i] = weight[i] * value[form->axis == UPDATE_OUT ? i / columns : i % inputs];
    }
}

// Without magnitudes.
static void change(const struct update_form *form, const struct nn_weight *w, const float *value,
                   const float *weight, float *out)
{
    switch (form->kind) {
    case UPDATE_LOW_RANK: multiply(w, form->rank[0], value, out); break;
    case UPDATE_HADAMARD: multiply_entries(form, w, value, out); break;
    case UPDATE_KRONECKER: multiply_kronecker(form, w, value, out); break;
    case UPDATE_DENSE: memcpy(out, value, (size_t)shape_count(w->shape) * sizeof *out); break;
    case UPDATE_CHANNELS: scale_channels(form, w, value, weight, out); break;
    }
}

// ---- merged -------------------------------------------------------------------------------------

// Brings each channel of x to its magnitude. A channel of zeros has no direction and stays.
static void set_magnitudes(const struct update_form *form, const struct nn_weight *w,
                           const float *magnitude, float *x)
{
    const int columns = columns_of(w), inputs = w->shape[3];
    const int64_t n = shape_count(w->shape);
    g_autofree double *sum = g_new0(double, axis_length(w, form->magnitude));
    for (int64_t i = 0; i < n; i++) {
        sum[form->magnitude == UPDATE_OUT ? i / columns : i % inputs] += (double)x[i] * x[i];
    }
    for (int64_t i = 0; i < n; i++) {
        const int64_t c = form->magnitude == UPDATE_OUT ? i / columns : i % inputs;
        x[i] = sum[c] > 0 ? (float)(x[i] * (magnitude[c] / sqrt(sum[c]))) : x[i];
    }
}

static void merge_one(const struct adapter_param *p, double scale, float *weight)
{
    const struct update_form *form = g_bytes_get_data(p->form, NULL);
    const struct nn_weight *w = p->weight;
    const int64_t n = shape_count(w->shape);
    g_autofree float *x = g_new(float, n);
    change(form, w, p->value, weight, x);
    const bool long_way = form->magnitude != UPDATE_NO_AXIS;
    const double inside = long_way && form->blend ? 1 : scale;
    for (int64_t i = 0; i < n; i++) {
        x[i] = (float)(weight[i] + inside * x[i]);
    }
    if (long_way) {
        set_magnitudes(form, w, p->value + change_count(form, w), x);
    }
    for (int64_t i = 0; i < n; i++) {
        weight[i] = long_way && form->blend
                        ? (float)(weight[i] + scale * ((double)x[i] - weight[i]))
                        : x[i];
    }
}

static bool update_merge(const struct adapter_param *const *params, const double *scales, int n,
                         const struct svd *svd, float *weight, GError **error)
{
    for (int i = 0; i < n; i++) {
        if (scales[i] != 0) {
            merge_one(params[i], scales[i], weight);
        }
    }
    return true;
}

// ---- at other strengths -------------------------------------------------------------------------

bool update_form_of(const struct adapter_param *p, struct update_form *form)
{
    *form = *(const struct update_form *)g_bytes_get_data(p->form, NULL);
    return true;
}

bool update_is_linear(const struct adapter *a)
{
    struct update_form form;
    for (guint i = 0; i < a->params->len; i++) {
        if (!a->method->form || !a->method->form(a->params->pdata[i], &form) ||
            !(form.magnitude == UPDATE_NO_AXIS || form.blend)) {
            return false;
        }
    }
    return true;
}

extern const struct adapter_method update_method;

static const struct update_form *form_of(const struct adapter *a, guint i)
{
    return g_bytes_get_data(((const struct adapter_param *)a->params->pdata[i])->form, NULL);
}

static void add_other_way(struct adapter *to, const struct adapter_param *p)
{
    struct update_form form = *(const struct update_form *)g_bytes_get_data(p->form, NULL);
    struct adapter_param *q = adapter_param_copy(to, p);
    form.blend = form.magnitude == UPDATE_NO_AXIS ? form.blend : !form.blend;
    g_bytes_unref(q->form);
    q->form = g_bytes_new(&form, sizeof form);
}

struct adapter *update_other_way(const struct adapter *a)
{
    bool any = false;
    for (guint i = 0; a->method == &update_method && i < a->params->len; i++) {
        any = any || form_of(a, i)->magnitude != UPDATE_NO_AXIS;
    }
    if (!any) {
        return NULL;
    }
    struct adapter *to = adapter_alloc_like(a);
    for (guint i = 0; i < a->params->len; i++) {
        add_other_way(to, a->params->pdata[i]);
    }
    return to;
}

// ---- in another form ----------------------------------------------------------------------------

typedef bool (*opens_fn)(const struct update_form *, const struct nn_weight *);

static bool is_opened(const struct adapter_param *p, opens_fn opens)
{
    const struct update_form *form = g_bytes_get_data(p->form, NULL);
    return form->kind != UPDATE_KRONECKER || opens(form, p->weight);
}

// 1 (x) D, where D is the whole change; magnitudes stay behind it.
static void add_unfolded(struct adapter *to, const struct adapter_param *p)
{
    struct update_form form = *(const struct update_form *)g_bytes_get_data(p->form, NULL);
    const int64_t magnitudes = axis_length(p->weight, form.magnitude);
    const int64_t n = shape_count(p->weight->shape);
    struct adapter_param *q = adapter_add(to, model_part(to->model, p->part), p->weight,
                                          (int[]){1, 1, 1, (int)(1 + n + magnitudes)});
    q->value[0] = 1;
    multiply_kronecker(&form, p->weight, p->value, q->value + 1);
    memcpy(q->value + 1 + n, p->value + change_count(&form, p->weight),
           (size_t)magnitudes * sizeof *q->value);
    form.rows = form.columns = 1;
    q->form = g_bytes_new(&form, sizeof form);
}

struct adapter *update_unfolded(const struct adapter *a, opens_fn opens)
{
    bool all = true;
    for (guint i = 0; a->method == &update_method && i < a->params->len; i++) {
        all = all && is_opened(a->params->pdata[i], opens);
    }
    if (all) {
        return NULL;
    }
    struct adapter *to = adapter_alloc_like(a);
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        if (is_opened(p, opens)) {
            adapter_param_copy(to, p);
        } else {
            add_unfolded(to, p);
        }
    }
    return to;
}

static const struct setting update_settings[] = {{0}}; // nothing to learn

const struct adapter_method update_method = {
    .name = "update",
    .title = N_("Update"),
    .summary =
        N_("A change of weights in the form of another program's file: LoHa, LoKr, DoRA, ..."),
    .settings = update_settings,
    .merge = update_merge,
    .form = update_form_of,
};
