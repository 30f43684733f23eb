// An adapter in other terms: what it makes of each weight at strength 1, as the difference itself
// or as the nearest low-rank update (Eckart and Young, The Approximation of One Matrix by Another
// of Lower Rank): the largest singular values of the difference and what belongs to them.
#include "compute/adapter/private.h"
#include "compute/gpu/host.h"
#include "compute/i18n.h"

#include <math.h>
#include <string.h>

// A change below this part of its weight is what rounding leaves where updates take each other
// back.
#define ROUNDING 5e-7

// One weight that the adapter changes.
struct piece {
    const struct adapter_param *param;
    float *change; // (rows, columns)
    int rows, columns, rank;
    float *a, *b;             // (rank, columns), (rows, rank); NULL: dense
    double squares, left_out; // of the change, of what the rank leaves out
    bool failed;
};

static void piece_clear(struct piece *p)
{
    g_free(p->change);
    g_free(p->a);
    g_free(p->b);
    *p = (struct piece){0};
}

static void piece_begin(struct piece *p, const struct weight_change *c)
{
    const struct nn_weight *w = c->param->weight;
    const int64_t n = shape_count(w->shape);
    *p = (struct piece){.param = c->param, .change = g_new(float, n)};
    p->rows = w->rank == 1 ? 1 : lora_outputs(w);
    p->columns = (int)(n / p->rows);
    double weight = 0;
    for (int64_t i = 0; i < n; i++) {
        p->change[i] = c->after[0][i] - c->base[i];
        p->squares += (double)p->change[i] * p->change[i];
        weight += (double)c->base[i] * c->base[i];
    }
    if (p->squares <= ROUNDING * ROUNDING * weight) {
        p->squares = 0;
    }
}

// B = U sqrt(sigma), A = sqrt(sigma) V^T of the first singular values.
static void truncate_piece(struct piece *p, int wanted)
{
    const int full = MIN(p->rows, p->columns), rank = MIN(wanted, full);
    g_autofree float *u = g_new(float, (gsize)p->rows *full), *sigma = g_new(float, full),
                     *vt = g_new(float, (gsize)full * p->columns);
    p->failed = !host_svd(p->rows, p->columns, p->change, u, sigma, vt);
    p->rank = rank;
    p->a = g_new(float, (gsize)rank * p->columns);
    p->b = g_new(float, (gsize)p->rows *rank);
    for (int i = 0; !p->failed && i < rank; i++) {
        const float root = sqrtf(sigma[i]);
        for (int k = 0; k < p->columns; k++) {
            p->a[(gsize)i * p->columns + k] = root * vt[(gsize)i * p->columns + k];
        }
        for (int k = 0; k < p->rows; k++) {
            p->b[(gsize)k * rank + i] = root * u[(gsize)k * full + i];
        }
    }
    for (int i = rank; !p->failed && i < full; i++) {
        p->left_out += (double)sigma[i] * sigma[i];
    }
}

struct truncation {
    struct piece *pieces;
    int rank;
};

static void truncate_range(int64_t begin, int64_t end, void *data)
{
    const struct truncation *t = data;
    for (int64_t i = begin; i < end; i++) {
        if (t->pieces[i].squares > 0 && lora_has_place(t->pieces[i].param->weight)) {
            truncate_piece(&t->pieces[i], t->rank);
        } else {
            t->pieces[i].left_out = t->pieces[i].squares;
        }
    }
}

static void add_dense(struct adapter *to, const struct piece *p)
{
    const struct adapter_param *from = p->param;
    const struct update_form form = {.kind = UPDATE_DENSE};
    struct adapter_param *q = adapter_add(to, model_part(to->model, from->part), from->weight,
                                          (int[]){1, 1, 1, (int)shape_count(from->weight->shape)});
    memcpy(q->value, p->change, (size_t)q->count * sizeof *q->value);
    q->form = g_bytes_new(&form, sizeof form);
}

static void add_low_rank(struct adapter *to, const struct piece *p)
{
    const struct adapter_param *from = p->param;
    const int a = p->rank * p->columns, b = p->rows * p->rank;
    struct adapter_param *q =
        adapter_add(to, model_part(to->model, from->part), from->weight, (int[]){1, 1, 1, a + b});
    memcpy(q->value, p->a, (size_t)a * sizeof *q->value);
    memcpy(q->value + a, p->b, (size_t)b * sizeof *q->value);
}

// ---- all of them --------------------------------------------------------------------------------

// Weights come one by one and are taken apart a few together, one a thread.
struct conversion {
    struct adapter *to;
    int rank; // 0: dense
    struct piece *pieces;
    int count, most;
    double squares, left_out;
    JsonBuilder *layers; // path -> what is left out of the layer, as a part of its change
    struct task *task;
};

static bool check_pieces(const struct conversion *c, GError **error)
{
    const uint64_t missing = host_memory_missing();
    if (missing) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                    _("Not enough memory for the singular values of the change of %s: needs "
                      "%.1f MiB"),
                    c->pieces[0].param->path, missing / 1048576.0);
        return false;
    }
    for (int i = 0; i < c->count; i++) {
        if (c->pieces[i].failed) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                        _("the singular values of the change of %s could not be computed"),
                        c->pieces[i].param->path);
            return false;
        }
    }
    return true;
}

static void keep_piece(struct conversion *c, const struct piece *p)
{
    c->squares += p->squares;
    c->left_out += p->left_out;
    if (p->squares == 0) {
        return;
    }
    if (c->rank == 0) {
        add_dense(c->to, p);
    } else if (p->a) {
        add_low_rank(c->to, p);
    }
    json_builder_set_member_name(c->layers, p->param->path);
    json_builder_add_double_value(c->layers, sqrt(p->left_out / p->squares));
}

static bool flush(struct conversion *c, GError **error)
{
    if (c->rank > 0) {
        host_parallel(c->count, 1, truncate_range, &(struct truncation){c->pieces, c->rank});
    }
    const bool ok = check_pieces(c, error) && !task_cancelled(c->task, error);
    for (int i = 0; i < c->count; i++) {
        if (ok) {
            keep_piece(c, &c->pieces[i]);
        }
        piece_clear(&c->pieces[i]);
    }
    c->count = 0;
    return ok;
}

static bool take_change(const struct weight_change *change, void *data, GError **error)
{
    struct conversion *c = data;
    piece_begin(&c->pieces[c->count++], change);
    return c->count < c->most || flush(c, error);
}

static void note_layers(struct conversion *c)
{
    json_builder_end_object(c->layers);
    g_autoptr(JsonNode) root = json_builder_get_root(c->layers);
    g_hash_table_replace(c->to->metadata, g_strdup(ADAPTER_LAYERS_LEFT),
                         json_to_string(root, FALSE));
}

struct adapter *adapter_converted(struct adapter *const *list, int n, int rank, double *part,
                                  struct task *task, GError **error)
{
    g_autoptr(JsonBuilder) layers = json_builder_new();
    struct conversion c = {
        .to = adapter_alloc(adapter_method_find(rank > 0 ? "lora" : "update"), list[0]->model),
        .rank = rank,
        .most = MAX(1, host_threads()),
        .layers = json_builder_begin_object(layers),
        .task = task,
    };
    c.pieces = g_new0(struct piece, c.most);
    bool ok = changes_each(&(struct adapter_set){list, n}, 1, take_change, &c, task, error);
    ok = ok && flush(&c, error);
    for (int i = 0; i < c.count; i++) {
        piece_clear(&c.pieces[i]);
    }
    g_free(c.pieces);
    if (ok && c.to->params->len == 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    n > 1 ? _("%s with the others changes nothing") : _("%s changes nothing"),
                    list[0]->name);
        ok = false;
    }
    if (!ok) {
        adapter_free(c.to);
        return NULL;
    }
    g_free(c.to->name);
    c.to->name = g_strdup(list[0]->name);
    for (int i = 0; i < n; i++) {
        adapter_tokens_copy(c.to, list[i]);
    }
    *part = c.squares > 0 ? sqrt(c.left_out / c.squares) : 0;
    if (rank > 0) {
        note_layers(&c);
    }
    return c.to;
}
