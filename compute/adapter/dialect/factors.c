#include "compute/adapter/dialect/factors.h"

#include "compute/adapter/private.h"
#include "compute/gpu/host.h"
#include "compute/i18n.h"

#include <string.h>

// More than any program offers; a product with a core (lora_mid) grows with it.
#define MAX_RANK 4096

// A change that was read, of a weight or a bias.
struct change {
    const struct nn_part *part;
    struct nn_weight *weight;
    struct update_form form;
    float *value; // update_count() floats
};

static void change_free(struct change *c)
{
    g_free(c->value);
    g_free(c);
}

// One layer while it is read. The tensors that were used are taken out of layer.of.
struct reader {
    struct file_layer *layer;
    int rows, inputs, places; // of the weight; places of the kernel
    factor_scale_fn scale;
    void *data;
    GPtrArray *changes; // struct change *
    const char *zero;   // the first alpha that is 0, and how many are
    int zeros;
};

double factor_scale_one(const struct file_layer *layer, int rank, void *data)
{
    return 1;
}

// ---- tensors ------------------------------------------------------------------------------------

// (first, rest...) whatever the number of dimensions: (O, r) and (O, r, 1, 1) are one matrix.
static bool is_matrix(const struct st_tensor *t, int64_t first, int64_t rest)
{
    return t && t->rank >= 2 && t->shape[0] == first && t->count == first * rest;
}

// The first dimension as a rank, 0: that is none.
static int rank_of(const struct st_tensor *t)
{
    return t && t->rank >= 2 && t->shape[0] <= MAX_RANK ? (int)t->shape[0] : 0;
}

static float *read_tensor(const struct st_tensor *t, GError **error)
{
    float *values = g_new(float, t->count);
    if (!st_read_learned(t, values, error)) {
        g_clear_pointer(&values, g_free);
    }
    return values;
}

// (n, inputs, places) -> (n, places, inputs), in place: the file's order of a convolution to the
// engine's.
static void channels_last(float *x, int n, int inputs, int places)
{
    if (places == 1) {
        return;
    }
    g_autofree float *row = g_new(float, (gsize)inputs *places);
    for (int i = 0; i < n; i++, x += inputs * places) {
        memcpy(row, x, (size_t)inputs * places * sizeof *row);
        for (int k = 0; k < places; k++) {
            for (int c = 0; c < inputs; c++) {
                x[k * inputs + c] = row[c * places + k];
            }
        }
    }
}

static float *transposed(const float *x, int rows, int columns)
{
    float *y = g_new(float, (gsize)rows *columns);
    for (int i = 0; i < rows; i++) {
        for (int k = 0; k < columns; k++) {
            y[k * rows + i] = x[i * columns + k];
        }
    }
    return y;
}

static void multiply(float *x, int64_t n, double by)
{
    for (int64_t i = 0; by != 1 && i < n; i++) {
        x[i] = (float)(x[i] * by);
    }
}

// ---- products -----------------------------------------------------------------------------------

// B A: A (rank, places, inputs), B (rows, rank).
struct product {
    int rank;
    int alpha_rank; // what alpha is divided by
    float *a, *b;
};

static void product_clear(struct product *p)
{
    g_clear_pointer(&p->a, g_free);
    g_clear_pointer(&p->b, g_free);
}

// A (outer, places, inputs) of a Tucker decomposition: core (outer, inner, places) times down
// (inner, inputs) at each place.
static float *fold_core(const float *core, int outer, int inner, int places, const float *down,
                        int inputs)
{
    float *a = g_new(float, (gsize)outer *places *inputs);
    g_autofree float *by_place = g_memdup2(core, sizeof *core * outer * inner * places);
    channels_last(by_place, outer, inner, places);
    host_gemm(false, false, outer * places, inputs, inner, 1, by_place, inner, down, inputs, 0, a,
              inputs);
    return a;
}

static bool is_core(const struct st_tensor *core, int outer, int inner, int places)
{
    return is_matrix(core, outer, (int64_t)inner * places) && core->rank == 4 &&
           core->shape[1] == inner;
}

// Without a core: down (rank, inputs, places), up (rows, rank). With one: down (inner, inputs),
// core (rank, inner, places), and up (rows, rank), or (rank, rows) where up_first says that the
// rank comes first there. false: the sizes do not fit, or error.
static bool read_product(const struct reader *r, int rows, int inputs, const struct st_tensor *down,
                         const struct st_tensor *up, const struct st_tensor *core, bool up_first,
                         struct product *p, GError **error)
{
    const int inner = rank_of(down), rank = core ? rank_of(core) : inner;
    const int places = r->places;
    if (inner == 0 || rank == 0 || !is_matrix(down, inner, (int64_t)inputs * (core ? 1 : places)) ||
        (core && !is_core(core, rank, inner, places)) ||
        !(up_first ? is_matrix(up, rank, rows) : is_matrix(up, rows, rank))) {
        return false;
    }
    *p = (struct product){.rank = rank, .alpha_rank = inner};
    p->b = read_tensor(up, error);
    p->a = p->b ? read_tensor(down, error) : NULL;
    g_autofree float *mid = p->a && core ? read_tensor(core, error) : NULL;
    if (!p->a || (core && !mid)) {
        product_clear(p);
        return false;
    }
    if (core) {
        g_autofree float *thin = p->a;
        p->a = fold_core(mid, rank, inner, places, thin, inputs);
    } else {
        channels_last(p->a, rank, inputs, places);
    }
    if (up_first) {
        g_autofree float *turned = p->b;
        p->b = transposed(turned, rank, rows);
    }
    return true;
}

// ---- scales and magnitudes ----------------------------------------------------------------------

static const struct st_tensor *take(struct reader *r, enum role role)
{
    const struct st_tensor *t = r->layer->of[role];
    r->layer->of[role] = NULL;
    return t;
}

// The number that the product of this layer is multiplied by.
static bool read_scale(struct reader *r, int rank, double *scale, GError **error)
{
    const struct st_tensor *t = r->layer->of[ROLE_ALPHA];
    float alpha = 0;
    if (t && (t->count != 1 || !st_read_f32(t, &alpha, true, error))) {
        return false;
    }
    take(r, ROLE_ALPHA);
    if (!t || rank == 0) {
        *scale = r->scale(r->layer, rank, r->data);
    } else if (alpha == 0) {
        *scale = 1;
        r->zero = r->zeros++ ? r->zero : t->name;
    } else {
        *scale = (double)alpha / rank;
    }
    return true;
}

// Which channels the magnitudes beside the factors are of; false: neither, or they are not of this
// layer's size.
static bool read_axis(const struct reader *r, struct update_form *form)
{
    const struct st_tensor *peft = r->layer->of[ROLE_MAGNITUDE], *dora = r->layer->of[ROLE_DORA];
    form->magnitude = UPDATE_NO_AXIS;
    form->blend = dora != NULL;
    if (peft) {
        form->magnitude = UPDATE_OUT;
        return !dora && peft->count == r->rows;
    }
    if (dora && dora->rank >= 1 && dora->shape[0] == r->rows && dora->count == r->rows) {
        form->magnitude = UPDATE_OUT;
    } else if (dora) {
        form->magnitude = UPDATE_IN;
        return dora->rank >= 2 && dora->shape[0] == 1 && dora->count == r->inputs;
    }
    return true;
}

// A change of the layer's weight with n floats of factors in value, which it takes, and the
// magnitudes behind them.
static bool add_change(struct reader *r, struct update_form form, float *value, int64_t n,
                       GError **error)
{
    struct change *c = g_new0(struct change, 1);
    *c = (struct change){r->layer->part, r->layer->weight, form, value};
    g_ptr_array_add(r->changes, c);
    if (form.magnitude == UPDATE_NO_AXIS) {
        return true;
    }
    const struct st_tensor *t = take(r, form.blend ? ROLE_DORA : ROLE_MAGNITUDE);
    c->value = g_renew(float, value, n + t->count);
    return st_read_learned(t, c->value + n, error);
}

static float *joined(const float *const *pieces, const int64_t *counts, int n)
{
    int64_t total = 0;
    for (int i = 0; i < n; i++) {
        total += counts[i];
    }
    float *all = g_new(float, total), *to = all;
    for (int i = 0; i < n; to += counts[i], i++) {
        memcpy(to, pieces[i], (size_t)counts[i] * sizeof *to);
    }
    return all;
}

// ---- kinds of layers ----------------------------------------------------------------------------

// Each reads a layer that looks like it and takes what it used. false with error: damaged; false
// without: it does not fit.

static bool read_up_bias(struct reader *r, double scale, GError **error)
{
    const struct st_tensor *t = r->layer->of[ROLE_UP_BIAS];
    struct nn_weight *bias = r->layer->bias;
    if (!t || !bias || t->count != bias->shape[3]) {
        return true; // is left, and told
    }
    float *value = read_tensor(take(r, ROLE_UP_BIAS), error);
    if (!value) {
        return false;
    }
    multiply(value, t->count, scale);
    struct change *c = g_new0(struct change, 1);
    *c = (struct change){r->layer->part, bias, {.kind = UPDATE_DENSE}, value};
    g_ptr_array_add(r->changes, c);
    return true;
}

static bool read_low_rank(struct reader *r, GError **error)
{
    const struct st_tensor *const *of = r->layer->of;
    struct update_form form = {.kind = UPDATE_LOW_RANK};
    struct product p = {0};
    double scale = 1;
    bool ok = read_axis(r, &form) &&
              read_product(r, r->rows, r->inputs, of[ROLE_DOWN], of[ROLE_UP], of[ROLE_MID], false,
                           &p, error) &&
              read_scale(r, p.alpha_rank, &scale, error);
    if (ok) {
        const int64_t a = (int64_t)p.rank * r->places * r->inputs, b = (int64_t)r->rows * p.rank;
        take(r, ROLE_DOWN);
        take(r, ROLE_UP);
        take(r, ROLE_MID);
        multiply(p.b, b, scale);
        form.rank[0] = p.rank;
        float *value = joined((const float *[]){p.a, p.b}, (int64_t[]){a, b}, 2);
        ok = add_change(r, form, value, a + b, error) && read_up_bias(r, scale, error);
    }
    product_clear(&p);
    return ok;
}

// PEFT's of a table of embeddings (rows, columns): D = (B A)^T, A (rank, rows), B (columns, rank).
static bool read_table(struct reader *r, GError **error)
{
    const struct st_tensor *a = r->layer->of[ROLE_TABLE_A], *b = r->layer->of[ROLE_TABLE_B];
    struct update_form form = {.kind = UPDATE_LOW_RANK};
    const int rank = rank_of(a);
    double scale = 1;
    if (r->places > 1 || rank == 0 || !is_matrix(a, rank, r->rows) ||
        !is_matrix(b, r->inputs, rank) || !read_scale(r, rank, &scale, error)) {
        return false;
    }
    g_autofree float *up = read_tensor(take(r, ROLE_TABLE_A), error);
    g_autofree float *down = up ? read_tensor(take(r, ROLE_TABLE_B), error) : NULL;
    if (!down) {
        return false;
    }
    g_autofree float *first = transposed(down, r->inputs, rank);
    g_autofree float *second = transposed(up, rank, r->rows);
    const int64_t counts[] = {(int64_t)rank * r->inputs, (int64_t)r->rows * rank};
    multiply(second, counts[1], scale);
    form.rank[0] = rank;
    float *value = joined((const float *[]){first, second}, counts, 2);
    return add_change(r, form, value, counts[0] + counts[1], error);
}

static bool read_hadamard(struct reader *r, GError **error)
{
    const struct st_tensor *const *of = r->layer->of;
    struct update_form form = {.kind = UPDATE_HADAMARD};
    struct product p = {0}, q = {0};
    double scale = 1;
    bool ok = read_axis(r, &form) &&
              read_product(r, r->rows, r->inputs, of[ROLE_HADA_1B], of[ROLE_HADA_1A],
                           of[ROLE_HADA_1T], of[ROLE_HADA_1T] != NULL, &p, error) &&
              read_product(r, r->rows, r->inputs, of[ROLE_HADA_2B], of[ROLE_HADA_2A],
                           of[ROLE_HADA_2T], of[ROLE_HADA_2T] != NULL, &q, error) &&
              read_scale(r, p.alpha_rank, &scale, error);
    if (ok) {
        const int64_t columns = (int64_t)r->places * r->inputs;
        const int64_t counts[] = {p.rank * columns, (int64_t)r->rows * p.rank, q.rank * columns,
                                  (int64_t)r->rows * q.rank};
        for (enum role role = ROLE_HADA_1A; role <= ROLE_HADA_2T; role++) {
            take(r, role);
        }
        multiply(p.b, counts[1], scale);
        form.rank[0] = p.rank;
        form.rank[1] = q.rank;
        float *value = joined((const float *[]){p.a, p.b, q.a, q.b}, counts, 4);
        ok = add_change(r, form, value, counts[0] + counts[1] + counts[2] + counts[3], error);
    }
    product_clear(&p);
    product_clear(&q);
    return ok;
}

// A matrix of LoKr (rows, places, inputs), whole or of a product. NULL: it does not fit, or error.
static float *read_kronecker_matrix(const struct reader *r, int rows, int inputs,
                                    const struct st_tensor *whole, const struct st_tensor *up,
                                    const struct st_tensor *down, const struct st_tensor *core,
                                    int *rank, GError **error)
{
    const int columns = inputs * r->places;
    if (whole) {
        float *x = is_matrix(whole, rows, columns) ? read_tensor(whole, error) : NULL;
        if (x) {
            channels_last(x, rows, inputs, r->places);
        }
        return x;
    }
    struct product p = {0};
    if (!read_product(r, rows, inputs, down, up, core, core != NULL, &p, error)) {
        return NULL;
    }
    float *x = g_new(float, (gsize)rows *columns);
    host_gemm(false, false, rows, columns, p.rank, 1, p.b, p.rank, p.a, columns, 0, x, columns);
    *rank = p.alpha_rank;
    product_clear(&p);
    return x;
}

// Rows and columns of LoKr's first matrix; 0: they do not divide the layer's.
static bool kronecker_sizes(const struct reader *r, struct update_form *form)
{
    const struct st_tensor *const *of = r->layer->of;
    const struct st_tensor *whole = of[ROLE_KRON_1];
    const int64_t rows = whole && whole->rank >= 2              ? whole->shape[0]
                         : !whole && of[ROLE_KRON_1A]->rank > 1 ? of[ROLE_KRON_1A]->shape[0]
                                                                : 0;
    const int64_t columns = whole && whole->rank >= 2              ? whole->shape[1]
                            : !whole && of[ROLE_KRON_1B]->rank > 1 ? of[ROLE_KRON_1B]->shape[1]
                                                                   : 0;
    if (rows < 1 || columns < 1 || rows > r->rows || columns > r->inputs || r->rows % rows ||
        r->inputs % columns) {
        return false;
    }
    form->rows = (int)rows;
    form->columns = (int)columns;
    return true;
}

static bool read_kronecker(struct reader *r, GError **error)
{
    const struct st_tensor *const *of = r->layer->of;
    struct update_form form = {.kind = UPDATE_KRONECKER};
    struct reader plain = *r; // the first matrix is of channels alone
    plain.places = 1;
    int rank = 0;
    double scale = 1;
    if (!read_axis(r, &form) || !kronecker_sizes(r, &form)) {
        return false;
    }
    const int o2 = r->rows / form.rows, i2 = r->inputs / form.columns;
    g_autofree float *w1 =
        read_kronecker_matrix(&plain, form.rows, form.columns, of[ROLE_KRON_1], of[ROLE_KRON_1A],
                              of[ROLE_KRON_1B], NULL, &rank, error);
    g_autofree float *w2 =
        w1 ? read_kronecker_matrix(r, o2, i2, of[ROLE_KRON_2], of[ROLE_KRON_2A], of[ROLE_KRON_2B],
                                   of[ROLE_KRON_2T], &rank, error)
           : NULL;
    if (!w2 || !read_scale(r, rank, &scale, error)) {
        return false;
    }
    for (enum role role = ROLE_KRON_1; role <= ROLE_KRON_2T; role++) {
        take(r, role);
    }
    const int64_t counts[] = {(int64_t)form.rows * form.columns, (int64_t)o2 * i2 * r->places};
    multiply(w1, counts[0], scale);
    float *value = joined((const float *[]){w1, w2}, counts, 2);
    return add_change(r, form, value, counts[0] + counts[1], error);
}

// The weight's and the bias's difference; either may be there alone.
static bool read_dense(struct reader *r, GError **error)
{
    const struct {
        enum role role;
        struct nn_weight *weight;
    } both[] = {{ROLE_DIFF, r->layer->weight}, {ROLE_DIFF_BIAS, r->layer->bias}};
    const bool dense = r->layer->of[ROLE_DIFF] != NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
        const struct st_tensor *t = r->layer->of[both[i].role];
        struct nn_weight *w = both[i].weight;
        if (!t || !w || t->count != shape_count(w->shape) ||
            (w->rank > 1 && !is_matrix(t, r->rows, (int64_t)r->inputs * r->places))) {
            continue;
        }
        float *value = read_tensor(take(r, both[i].role), error);
        if (!value) {
            return false;
        }
        if (w->rank > 1) {
            channels_last(value, r->rows, r->inputs, r->places);
        }
        struct change *c = g_new0(struct change, 1);
        *c = (struct change){r->layer->part, w, {.kind = UPDATE_DENSE}, value};
        g_ptr_array_add(r->changes, c);
    }
    if (dense) {
        take(r, ROLE_ALPHA); // LyCORIS writes one and uses none
    }
    return true;
}

static void add_channels(struct reader *r, struct nn_weight *w, enum update_axis axis, float *value)
{
    struct change *c = g_new0(struct change, 1);
    *c = (struct change){r->layer->part, w, {.kind = UPDATE_CHANNELS, .axis = axis}, value};
    g_ptr_array_add(r->changes, c);
}

static bool read_channels(struct reader *r, GError **error)
{
    const struct st_tensor *t = r->layer->of[ROLE_CHANNELS], *on = r->layer->of[ROLE_ON_INPUT];
    float on_input = 0;
    if (on->count != 1 || !st_read_f32(on, &on_input, true, error)) {
        return false;
    }
    const enum update_axis axis = on_input != 0 ? UPDATE_IN : UPDATE_OUT;
    float *value =
        t && t->count == (axis == UPDATE_IN ? r->inputs : r->rows) ? read_tensor(t, error) : NULL;
    if (!value) {
        return false;
    }
    take(r, ROLE_CHANNELS);
    take(r, ROLE_ON_INPUT);
    add_channels(r, r->layer->weight, axis, value);
    return true;
}

// PEFT's: (1, in) acts on what goes into a linear layer, (out, 1) on what comes out, the bias
// included. Of a convolution the shape does not say which.
static bool read_ia3(struct reader *r, GError **error)
{
    const struct st_tensor *t = r->layer->of[ROLE_IA3];
    const bool in = is_matrix(t, 1, r->inputs), out = is_matrix(t, r->rows, 1);
    float *value = t->rank == 2 && in != out ? read_tensor(take(r, ROLE_IA3), error) : NULL;
    for (int64_t i = 0; value && i < t->count; i++) {
        value[i] -= 1;
    }
    if (value) {
        add_channels(r, r->layer->weight, in ? UPDATE_IN : UPDATE_OUT, value);
    }
    if (value && out && r->layer->bias) {
        add_channels(r, r->layer->bias, UPDATE_OUT,
                     g_memdup2(value, (gsize)t->count * sizeof *value));
    }
    return value != NULL;
}

static bool read_layer(struct reader *r, GError **error)
{
    const struct st_tensor *const *of = r->layer->of;
    const bool first = of[ROLE_KRON_1] || (of[ROLE_KRON_1A] && of[ROLE_KRON_1B]);
    const bool second = of[ROLE_KRON_2] || (of[ROLE_KRON_2A] && of[ROLE_KRON_2B]);
    const bool whole = of[ROLE_DIFF] != NULL;
    const bool ok = read_dense(r, error); // a bias may change beside a product
    if (!ok || whole) {
        return ok;
    }
    if (r->layer->weight->rank < 2 || of[ROLE_RANKS]) {
        return false;
    }
    return of[ROLE_DOWN] && of[ROLE_UP] ? read_low_rank(r, error)
           : of[ROLE_TABLE_A]           ? read_table(r, error)
           : of[ROLE_HADA_1A]           ? read_hadamard(r, error)
           : first && second            ? read_kronecker(r, error)
           : of[ROLE_ON_INPUT]          ? read_channels(r, error)
           : of[ROLE_IA3]               ? read_ia3(r, error)
                                        : false;
}

// ---- the adapter --------------------------------------------------------------------------------

static bool is_plain(const struct change *c)
{
    return c->form.kind == UPDATE_LOW_RANK && c->form.magnitude == UPDATE_NO_AXIS &&
           lora_has_place(c->weight);
}

static bool is_whole(const struct change *c)
{
    return c->form.kind == UPDATE_DENSE && c->form.magnitude == UPDATE_NO_AXIS &&
           g_str_equal(c->part->name, MODEL_UNET) && g_str_has_suffix(c->weight->name, ".weight");
}

static bool all_are(const GPtrArray *changes, bool (*is)(const struct change *c))
{
    bool all = true;
    for (guint i = 0; i < changes->len; i++) {
        all = all && is(changes->pdata[i]);
    }
    return all;
}

// The method that can be learned further, where there is one.
static const char *method_of(const struct adapter_source *s, const GPtrArray *changes)
{
    const char *said = adapter_source_meta(s, "tincture.method");
    return all_are(changes, is_plain)                                   ? "lora"
           : g_strcmp0(said, "full") == 0 && all_are(changes, is_whole) ? "full"
                                                                        : "update";
}

static void add_params(struct adapter *a, GPtrArray *changes)
{
    const bool plain = g_str_equal(a->method->name, "lora");
    const bool whole = g_str_equal(a->method->name, "full");
    for (guint i = 0; i < changes->len; i++) {
        struct change *c = changes->pdata[i];
        const int64_t count = update_count(&c->form, c->weight);
        const int flat[GRAPH_RANK] = {1, 1, 1, (int)count};
        struct adapter_param *p =
            adapter_add(a, c->part, c->weight, whole ? c->weight->shape : flat);
        g_free(p->value);
        p->value = g_steal_pointer(&c->value);
        if (!plain) {
            p->form = g_bytes_new(&c->form, sizeof c->form);
        }
    }
}

static bool read_layers(const GPtrArray *layers, struct reader *r, GError **error)
{
    for (guint i = 0; i < layers->len; i++) {
        GError *fault = NULL;
        r->layer = layers->pdata[i];
        const struct nn_weight *w = r->layer->weight;
        r->rows = w->rank == 1 ? w->shape[3] : lora_outputs(w);
        r->inputs = w->rank == 1 ? 1 : w->shape[3];
        r->places = w->rank == 4 ? w->shape[1] * w->shape[2] : 1;
        if (!read_layer(r, &fault) && fault) {
            g_propagate_error(error, fault);
            return false;
        }
    }
    return true;
}

static void list_unmatched(struct adapter *a, const GPtrArray *layers, const GPtrArray *nameless)
{
    for (guint i = 0; i < layers->len; i++) {
        const struct file_layer *layer = layers->pdata[i];
        for (int role = 0; role < ROLES; role++) {
            if (layer->of[role]) {
                adapter_unmatched(a, layer->of[role]->name);
            }
        }
    }
    for (guint i = 0; i < nameless->len; i++) {
        adapter_unmatched(a, ((const struct st_tensor *)nameless->pdata[i])->name);
    }
}

struct adapter *factors_read(const struct adapter_source *s, struct model *model,
                             factor_scale_fn scale, void *data, GError **error)
{
    g_autoptr(GPtrArray) nameless = g_ptr_array_new();
    g_autoptr(GPtrArray) layers = file_layers(s, model, nameless);
    g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func((GDestroyNotify)change_free);
    struct reader r = {.scale = scale, .data = data, .changes = changes};
    if (!read_layers(layers, &r, error)) {
        return NULL;
    }
    struct adapter *a = adapter_begin(s, method_of(s, changes), model);
    add_params(a, changes);
    if (r.zeros) {
        adapter_note(a,
                     r.zeros > 1 ? _("%s (and %d more) is 0 and is taken as the rank, as the "
                                     "programs that write such files do")
                                 : _("%s is 0 and is taken as the rank, as the programs that write "
                                     "such files do"),
                     r.zero, r.zeros - 1);
    }
    list_unmatched(a, layers, nameless);
    return a;
}
