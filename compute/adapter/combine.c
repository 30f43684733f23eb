// Several adapters of one method as one, each at its strength: what they make of the model
// together, at strength 1.
//
//   SVDiff  delta = sum of s_i delta_i, which meet in one ReLU as they do side by side
//   LoRA    A = (A_1; A_2; ..), B = (s_1 B_1, s_2 B_2, ..): ranks add up
//   OFT     R = R_1(s_1) R_2(s_2) .., and the S of that: S = (I - R)(I + R)^-1, the map's own
//           inverse
#include "compute/adapter/private.h"
#include "compute/gpu/blas.h"

#include <string.h>

static bool refuse(const struct adapter_param *p, const char *why, GError **error)
{
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                "%s of %s cannot be combined with that of the others: %s", p->path,
                p->adapter->name, why);
    return false;
}

static void set_count(struct adapter_param *q, int count)
{
    q->value = g_renew(float, q->value, count);
    memset(q->value + MIN(q->count, count), 0, (size_t)MAX(count - q->count, 0) * sizeof(float));
    q->count = q->shape[3] = count;
}

// ---- shifts -------------------------------------------------------------------------------------

static bool add_shifts(struct adapter_param *q, const struct adapter_param *p, double scale,
                       GError **error)
{
    if (q->weight->rank == 1 && p->count != q->count) {
        return refuse(p, "one has a number for the whole vector, the other one for each entry",
                      error);
    }
    if (p->count > q->count) { // shorter ones go on with zeros
        set_count(q, p->count);
    }
    for (int i = 0; i < p->count; i++) {
        q->value[i] += (float)(scale * p->value[i]);
    }
    return true;
}

// ---- low-rank updates ---------------------------------------------------------------------------

static bool add_ranks(struct adapter_param *q, const struct adapter_param *p, double scale,
                      GError **error)
{
    const int in = lora_inputs(q->weight), out = lora_outputs(q->weight);
    const int have = lora_rank(q), more = lora_rank(p), rank = have + more;
    if ((int64_t)rank * (in + out) > G_MAXINT) {
        return refuse(p, "the ranks add up to too much", error);
    }
    float *value = g_new(float, (gsize)rank *(in + out)), *b = value + rank * in;
    memcpy(value, q->value, (size_t)have * in * sizeof *value);
    memcpy(value + have * in, p->value, (size_t)more * in * sizeof *value);
    for (int o = 0; o < out; o++) {
        memcpy(b + o * rank, q->value + have * in + o * have, (size_t)have * sizeof *value);
        for (int i = 0; i < more; i++) {
            b[o * rank + have + i] = (float)(scale * p->value[more * in + o * more + i]);
        }
    }
    g_free(q->value);
    q->value = value;
    q->count = q->shape[3] = rank * (in + out);
    return true;
}

// ---- rotations ----------------------------------------------------------------------------------

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

static bool turn_on(struct adapter_param *q, const struct adapter_param *p, double scale,
                    GError **error)
{
    const int blocks = q->shape[2], triangle = q->shape[3], b = q->weight->shape[3] / blocks;
    if (memcmp(q->shape, p->shape, sizeof q->shape) != 0) {
        return refuse(p, "their blocks are of different sizes", error);
    }
    g_autofree double *scratch = g_new(double, 2 * b * b), *product = g_new(double, b *b);
    g_autofree float *first = g_new(float, b *b), *second = g_new(float, b *b);
    for (int j = 0; j < blocks; j++) {
        float *u = q->value + j * triangle;
        rotation_cayley(b, u, 1, scratch, first);
        rotation_cayley(b, p->value + j * triangle, scale, scratch, second);
        for (int i = 0; i < b * b; i++) {
            product[i] = 0;
            for (int k = 0; k < b; k++) {
                product[i] += (double)first[i / b * b + k] * second[k * b + i % b];
            }
        }
        if (!inverse_cayley(b, product, u)) {
            return refuse(p, "together they turn something half around", error);
        }
    }
    return true;
}

// ---- differences --------------------------------------------------------------------------------

static bool add_differences(struct adapter_param *q, const struct adapter_param *p, double scale)
{
    for (int k = 0; k < p->count; k++) {
        q->value[k] += (float)(scale * p->value[k]);
    }
    q->form = q->form ? q->form : g_bytes_ref(p->form);
    return true;
}

// ---- all ----------------------------------------------------------------------------------------

// Adds p at its scale to what is there; a new parameter begins with nothing.
static bool add_param(struct adapter *to, const struct adapter_param *p, double scale,
                      GError **error)
{
    struct adapter_param *q = adapter_param_of(to, p->weight);
    const char *method = to->method->name;
    const bool low_rank = g_str_equal(method, "lora");
    if (!q) {
        const int none[GRAPH_RANK] = {1, 1, 1, 0};
        q = adapter_add(to, model_part(to->model, p->part), p->weight, low_rank ? none : p->shape);
    }
    return low_rank                        ? add_ranks(q, p, scale, error)
           : g_str_equal(method, "full")   ? add_differences(q, p, scale)
           : g_str_equal(method, "svdiff") ? add_shifts(q, p, scale, error)
                                           : turn_on(q, p, scale, error);
}

static bool is_rotation(const struct adapter *a)
{
    return a->method->input == rotation_input;
}

// The widest of the adapters' limits, 0: all singular values.
static void widen_rank(struct adapter *to, const struct adapter *a)
{
    const int have = settings_int(to->settings, "rank"), other = settings_int(a->settings, "rank");
    settings_set(to->settings, "rank", have == 0 || other == 0 ? 0 : MAX(have, other), NULL);
}

static bool check_methods(struct adapter *const *list, int n, GError **error)
{
    const struct adapter *first = list[0];
    for (int i = 0; i < n; i++) {
        const struct adapter *a = list[i];
        if (!a->method->init) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                        "%s is %s, which is only applied; what can be combined is SVDiff, OFT and "
                        "LoRA that can be learned further (adapter convert makes low-rank updates "
                        "of others)",
                        a->name, a->method->title);
            return false;
        }
        if (is_rotation(a) != is_rotation(first) ||
            (a->method != first->method && !is_rotation(a))) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                        "%s is %s and %s is %s; what can be combined is SVDiff with SVDiff, OFT "
                        "with OFT and LoRA with LoRA (adapter convert makes low-rank updates of "
                        "the others)",
                        first->name, first->method->title, a->name, a->method->title);
            return false;
        }
    }
    return true;
}

static bool add_adapter(struct adapter *to, const struct adapter *a, GError **error)
{
    if (g_str_equal(to->method->name, "svdiff")) {
        widen_rank(to, a);
    }
    for (guint i = 0; i < a->params->len; i++) {
        if (!add_param(to, a->params->pdata[i], a->scale, error)) {
            return false;
        }
    }
    return true;
}

struct adapter *adapter_combined(struct adapter *const *list, int n, GError **error)
{
    const struct adapter *first = list[0];
    if (!check_methods(list, n, error) || !adapters_check_tokens(list, n, error)) {
        return NULL;
    }
    struct adapter *to = adapter_alloc(
        is_rotation(first) ? adapter_method_find("oft") : first->method, first->model);
    if (to->method == first->method) {
        settings_assign(to->settings, first->settings);
    }
    // Rotations follow one another as they do side by side: methods in the table's order.
    for (int m = 0; adapter_table[m]; m++) {
        for (int i = 0; i < n; i++) {
            adapter_tokens_copy(to, list[i]);
            if (list[i]->method == adapter_table[m] && !add_adapter(to, list[i], error)) {
                adapter_free(to);
                return NULL;
            }
        }
    }
    return to;
}
