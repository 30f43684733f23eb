// Several adapters, each at its strength, as one that does at strength 1 what they make of the
// model together.
//
// Where all are of methods that add up alike, the parameters do (the method's own add):
//
//   SVDiff  delta = sum of s_i delta_i, which meet in one ReLU (Han et al., SVDiff, equation 4;
//           with strengths a and 1 - a equation 5)
//   LoRA    A = (A_1; A_2; ..), B = (s_1 B_1, s_2 B_2, ..): ranks add up
//   OFT     R = R_1(s_1) R_2(s_2) .., and the S of that: S = (I - R)(I + R)^-1, the map's own
//           inverse; with strengths a and 1 - a a rotation at every a, from the one to the other
//
// Where they are not, or no parameter of the method expresses both, it is the difference of each
// weight.
#include "compute/adapter/group.h"
#include "compute/adapter/private.h"
#include "compute/i18n.h"

#include <math.h>

struct adapter_param *adapter_param_at(struct adapter *to, const struct adapter_param *p,
                                       const int shape[GRAPH_RANK])
{
    struct adapter_param *q = adapter_param_of(to, p->weight);
    return q ? q : adapter_add(to, model_part(to->model, p->part), p->weight, shape);
}

// The method that all their parameters add up in: their own, or the first of those that add alike.
// NULL: there is none.
static const struct adapter_method *common_method(struct adapter *const *list, int n)
{
    const struct adapter_method *first = list[0]->method;
    bool same = true;
    for (int i = 0; i < n; i++) {
        same = same && list[i]->method == first;
        if (!first->add || list[i]->method->add != first->add) {
            return NULL;
        }
    }
    for (int i = 0; !same && adapter_table[i]; i++) {
        if (adapter_table[i]->add == first->add) {
            return adapter_table[i];
        }
    }
    return first;
}

static bool add_adapter(struct adapter *to, const struct adapter *a)
{
    for (guint i = 0; a->enabled && i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        const double scale = a->scale * p->strength;
        if (scale != 0 && !a->method->add(to, p, scale)) {
            return false;
        }
    }
    return true;
}

// NULL: no parameters of one method express them.
static struct adapter *added_up(struct adapter *const *list, int n)
{
    const struct adapter_method *method = common_method(list, n);
    struct adapter *to = method ? adapter_alloc(method, list[0]->model) : NULL;
    if (to && method == list[0]->method) {
        settings_assign(to->settings, list[0]->settings);
        to->known = MIN(list[0]->known, KNOWN_FORM);
    }
    // Rotations follow one another as they do side by side: methods in the table's order.
    for (int m = 0; to && adapter_table[m]; m++) {
        for (int i = 0; to && i < n; i++) {
            if (list[i]->method == adapter_table[m] && !add_adapter(to, list[i])) {
                g_clear_pointer(&to, adapter_free);
            }
        }
    }
    return to;
}

// ---- what takes itself back ---------------------------------------------------------------------

// Of a product B A what it makes of a vector of random numbers, which is 0 where A is there twice,
// once with -B; of methods that are no products what the parameters come to.
static double size_of(const struct adapter_param *p)
{
    struct update_form form;
    double squares = 0;
    const bool low = p->adapter->method->form && p->adapter->method->form(p, &form) &&
                     form.kind == UPDATE_LOW_RANK && form.magnitude == UPDATE_NO_AXIS;
    const int in = low ? lora_inputs(p->weight) : 1, rank = low ? form.rank[0] : p->count;
    const int out = low ? lora_outputs(p->weight) : 0;
    const float *b = p->value + (gsize)rank * in;
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    g_autofree double *z = g_new(double, in), *inner = g_new0(double, rank);
    for (int k = 0; k < in; k++) {
        z[k] = low ? g_rand_double_range(random, -1, 1) : 1;
    }
    for (int i = 0; i < rank; i++) {
        for (int k = 0; k < in; k++) {
            inner[i] += p->value[(gsize)i * in + k] * z[k];
        }
        squares += low ? 0 : inner[i] * inner[i];
    }
    for (int o = 0; o < out; o++) {
        double y = 0;
        for (int i = 0; i < rank; i++) {
            y += b[(gsize)o * rank + i] * inner[i];
        }
        squares += y * y;
    }
    return sqrt(squares);
}

static bool comes_to_nothing(const struct adapter *sum, struct adapter *const *list, int n)
{
    double whole = 0, parts = 0;
    for (guint i = 0; i < sum->params->len; i++) {
        whole += size_of(sum->params->pdata[i]);
    }
    for (int i = 0; i < n; i++) {
        for (guint k = 0; list[i]->enabled && k < list[i]->params->len; k++) {
            const struct adapter_param *p = list[i]->params->pdata[k];
            parts += fabs(list[i]->scale * p->strength) * size_of(p);
        }
    }
    return whole <= 1e-6 * parts;
}

// A hint encoder is a network of its own, which does not add up with another one.
static bool copy_extras(struct adapter *to, struct adapter *const *list, int n, GError **error)
{
    const struct adapter *has = NULL;
    for (int i = 0; i < n; i++) {
        const GPtrArray *extras = list[i]->extras;
        if (has && extras->len > 0) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                        _("%s and %s both have a hint encoder, and an adapter has one at most"),
                        has->name, list[i]->name);
            return false;
        }
        has = extras->len > 0 ? list[i] : has;
        for (guint k = 0; k < extras->len; k++) {
            const struct adapter_extra *e = extras->pdata[k];
            adapter_extra_put(to, e->name, e->rank, e->shape, e->value);
        }
    }
    return true;
}

struct adapter *adapter_combined(struct adapter *const *list, int n, struct task *task,
                                 GError **error)
{
    double left_out;
    if (!adapters_check_tokens(list, n, error) || !adapters_check_always(list, n, error)) {
        return NULL;
    }
    struct adapter *to = added_up(list, n);
    if (!to && !(to = adapter_converted(list, n, 0, &left_out, task, error))) {
        return NULL;
    }
    if (to->params->len == 0 || (to->method->add && comes_to_nothing(to, list, n))) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    n > 1 ? _("at these strengths %s with the others changes nothing")
                          : _("at these strengths %s changes nothing"),
                    list[0]->name);
        adapter_free(to);
        return NULL;
    }
    if (!copy_extras(to, list, n, error)) {
        adapter_free(to);
        return NULL;
    }
    for (int i = 0; i < n; i++) {
        adapter_tokens_copy(to, list[i]);
    }
    g_hash_table_replace(to->metadata, g_strdup(ADAPTER_ORIGINS), adapters_text(list, n));
    return to;
}
