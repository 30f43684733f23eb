// An adapter in other terms: what it makes of each weight at strength 1, as the difference itself
// or as the nearest low-rank update (Eckart and Young, The Approximation of One Matrix by Another
// of Lower Rank): the largest singular values of the difference and what belongs to them.
#include "compute/adapter/private.h"
#include "compute/gpu/host.h"

#include <math.h>
#include <string.h>

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

static bool read_change(struct piece *p, const struct adapter_param *param, GPtrArray *merged,
                        GError **error)
{
    const struct nn_weight *w = param->weight;
    const struct nn_weight *changed = nn_part_find(nn_part_named(merged, param->part), w->name);
    const int64_t n = shape_count(w->shape);
    *p = (struct piece){.param = param, .change = g_new(float, n)};
    p->rows = w->rank == 1 ? 1 : lora_outputs(w);
    p->columns = (int)(n / p->rows);
    g_autofree float *base = g_new(float, n);
    if (!tensor_read(changed->tensor, p->change, error) || !tensor_read(w->tensor, base, error)) {
        return false;
    }
    for (int64_t i = 0; i < n; i++) {
        p->change[i] -= base[i];
        p->squares += (double)p->change[i] * p->change[i];
    }
    return true;
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
        if (lora_has_place(t->pieces[i].param->weight)) {
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

// The pieces of a few params at a time, one a thread; rank 0: dense.
static bool convert_params(struct adapter *to, const struct adapter *from, int rank,
                           GPtrArray *merged, double *squares, double *left_out, struct task *task,
                           GError **error)
{
    const int batch = MAX(1, host_threads()), n = (int)from->params->len;
    struct piece *pieces = g_new0(struct piece, batch);
    bool ok = true;
    for (int done = 0, count; ok && done < n; done += count) {
        count = MIN(batch, n - done);
        for (int i = 0; ok && i < count; i++) {
            ok = read_change(&pieces[i], from->params->pdata[done + i], merged, error);
        }
        if (ok && rank > 0) {
            host_parallel(count, 1, truncate_range, &(struct truncation){pieces, rank});
        }
        const uint64_t missing = host_memory_missing();
        if (missing) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                        "Not enough memory for the singular values of the change of %s: needs "
                        "%.1f MiB",
                        pieces[0].param->path, missing / 1048576.0);
            ok = false;
        }
        for (int i = 0; i < count; i++) {
            if (ok && pieces[i].failed) {
                g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                            "the singular values of the change of %s could not be computed",
                            pieces[i].param->path);
                ok = false;
            }
            *squares += pieces[i].squares;
            *left_out += pieces[i].left_out;
            if (ok && pieces[i].squares > 0 && rank == 0) {
                add_dense(to, &pieces[i]);
            } else if (ok && pieces[i].squares > 0 && pieces[i].a) {
                add_low_rank(to, &pieces[i]);
            }
            piece_clear(&pieces[i]);
        }
        ok = ok && !task_cancelled(task, error);
        task_report_step(task, TASK_DECOMPOSING, done + count, n);
    }
    g_free(pieces);
    return ok;
}

struct adapter *adapter_converted(struct adapter *a, int rank, double *part, struct task *task,
                                  GError **error)
{
    struct adapter *to = adapter_alloc(adapter_method_find(rank > 0 ? "lora" : "update"), a->model);
    struct merged_model *m = merged_model_new(a->model, error);
    const double scale = a->scale;
    const bool enabled = a->enabled;
    double squares = 0, left_out = 0;
    a->scale = 1;
    a->enabled = true;
    bool ok = m && merged_model_update(m, &a, 1, task, error) &&
              convert_params(to, a, rank, merged_model_parts(m), &squares, &left_out, task, error);
    a->scale = scale;
    a->enabled = enabled;
    merged_model_free(m);
    if (ok && to->params->len == 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED, "%s changes nothing",
                    a->name);
        ok = false;
    }
    if (!ok) {
        adapter_free(to);
        return NULL;
    }
    g_free(to->name);
    to->name = g_strdup(a->name);
    adapter_tokens_copy(to, a);
    *part = squares > 0 ? sqrt(left_out / squares) : 0;
    if (rank > 0) {
        settings_set(to->settings, "rank", rank, NULL);
    }
    return to;
}
