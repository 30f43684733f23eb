// Thin singular value decompositions of a model's weights, computed once by LAPACK and kept on
// disk:
//
//   <user cache>/tincture/svd/<hash of the weight file>/<weight>.safetensors        tensors u,
//   sigma, vt
//
// One file a weight, so that a subset costs what it needs and an interrupted run keeps what it has.
// A file that does not fit its weight any more is computed again; a cache that cannot be written
// costs time only.
#include "compute/adapter/private.h"
#include "compute/gpu/host.h"

#include <errno.h>
#include <math.h>

// A stored decomposition must give back the weight's first row to this part of the largest singular
// value.
#define ROW_TOLERANCE 1e-3

struct work {
    const struct adapter_param *param;
    char *file; // in the cache; NULL without one
    float *weight;
    struct svd svd;
    bool cached, failed;
};

static void svd_alloc(struct svd *s, const struct nn_weight *w)
{
    s->rows = w->rank == 4 ? w->shape[0] : w->shape[2];
    s->columns = (int)(shape_count(w->shape) / s->rows);
    s->rank = MIN(s->rows, s->columns);
    s->u = g_new(float, (int64_t)s->rows * s->rank);
    s->sigma = g_new(float, s->rank);
    s->vt = g_new(float, (int64_t)s->rank * s->columns);
}

static void work_clear(struct work *w)
{
    g_free(w->file);
    g_free(w->weight);
    g_free(w->svd.u);
    g_free(w->svd.sigma);
    g_free(w->svd.vt);
    *w = (struct work){0};
}

static char *cache_file(const struct adapter_param *p, GCancellable *c)
{
    struct model *model = p->adapter->model;
    for (int i = 0; i < 2; i++) {
        if (model->parts[i] && g_str_equal(model->parts[i]->name, p->part)) {
            g_autoptr(GError) error = NULL;
            const char *hash = model_hash(model, i, c, &error);
            if (!hash) {
                return NULL;
            }
            g_autofree char *name = g_strconcat(p->path, ".safetensors", NULL);
            return g_build_filename(g_get_user_cache_dir(), "tincture", "svd", hash, name, NULL);
        }
    }
    return NULL;
}

// ---- disk -------------------------------------------------------------------------------------

static bool read_tensor(const struct st_file *f, const char *name, int64_t count, float *out)
{
    const struct st_tensor *t = st_find(f, name);
    return t && t->count == count && st_read_f32(t, out, true, NULL);
}

static bool fits_weight(const struct svd *s, const float *weight)
{
    for (int i = 0; i < s->rank; i++) {
        if (s->sigma[i] < 0 || (i > 0 && s->sigma[i] > s->sigma[i - 1])) {
            return false;
        }
    }
    g_autofree double *row = g_new0(double, s->columns);
    for (int i = 0; i < s->rank; i++) {
        const double part = (double)s->u[i] * s->sigma[i];
        for (int k = 0; k < s->columns; k++) {
            row[k] += part * s->vt[(int64_t)i * s->columns + k];
        }
    }
    for (int k = 0; k < s->columns; k++) {
        if (fabs(row[k] - weight[k]) > ROW_TOLERANCE * s->sigma[0]) {
            return false;
        }
    }
    return true;
}

static bool cache_read(struct work *w)
{
    struct svd *s = &w->svd;
    struct st_file *f = w->file ? st_open(w->file, NULL) : NULL;
    bool ok = f && read_tensor(f, "u", (int64_t)s->rows * s->rank, s->u) &&
              read_tensor(f, "sigma", s->rank, s->sigma) &&
              read_tensor(f, "vt", (int64_t)s->rank * s->columns, s->vt) &&
              fits_weight(s, w->weight);
    st_free(f);
    return ok;
}

static void cache_write(const struct work *w)
{
    if (!w->file) {
        return;
    }
    const struct svd *s = &w->svd;
    struct st_writer *writer = st_writer_new();
    st_writer_f32(writer, "u", 2, (int64_t[]){s->rows, s->rank}, s->u);
    st_writer_f32(writer, "sigma", 1, (int64_t[]){s->rank}, s->sigma);
    st_writer_f32(writer, "vt", 2, (int64_t[]){s->rank, s->columns}, s->vt);
    g_autofree char *folder = g_path_get_dirname(w->file);
    g_autoptr(GError) error = NULL;
    if (g_mkdir_with_parents(folder, 0700) != 0 || !st_writer_save(writer, w->file, &error)) {
        g_info("the decomposition of %s is not kept: %s", w->param->path,
               error ? error->message : g_strerror(errno));
    }
    st_writer_free(writer);
}

// ---- computing --------------------------------------------------------------------------------

static void decompose(int64_t begin, int64_t end, void *data)
{
    struct work *work = data;
    for (int64_t i = begin; i < end; i++) {
        struct svd *s = &work[i].svd;
        if (!work[i].cached) {
            work[i].failed = !host_svd(s->rows, s->columns, work[i].weight, s->u, s->sigma, s->vt);
        }
    }
}

static bool work_begin(struct work *w, const struct adapter_param *p, GCancellable *c,
                       GError **error)
{
    w->param = p;
    svd_alloc(&w->svd, p->weight);
    w->weight = g_new(float, shape_count(p->weight->shape));
    if (!tensor_read(p->weight->tensor, w->weight, error)) {
        return false;
    }
    w->file = cache_file(p, c);
    w->cached = cache_read(w);
    return true;
}

static bool work_end(struct work *w, int index, svd_ready_fn ready, void *data, GError **error)
{
    if (w->failed) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                    "the singular values of %s could not be computed", w->param->path);
        return false;
    }
    if (!w->cached) {
        cache_write(w);
    }
    return ready(index, &w->svd, data, error);
}

// As many weights at a time as there are threads: each decomposition runs on one.
bool svd_each(const struct adapter_param *const *params, int n, svd_ready_fn ready,
              void *ready_data, progress_fn progress, void *data, GCancellable *c, GError **error)
{
    const int batch = MAX(1, host_threads());
    struct work *work = g_new0(struct work, batch);
    bool ok = true;
    for (int done = 0; ok && done < n; done += batch) {
        const int count = MIN(batch, n - done);
        bool cached = true;
        for (int i = 0; ok && i < count; i++) {
            ok = work_begin(&work[i], params[done + i], c, error);
            cached = cached && work[i].cached;
        }
        ok = ok && !g_cancellable_set_error_if_cancelled(c, error);
        if (ok && !cached) {
            host_parallel(count, 1, decompose, work);
        }
        for (int i = 0; i < count; i++) {
            ok = ok && work_end(&work[i], done + i, ready, ready_data, error);
            work_clear(&work[i]);
        }
        if (ok && progress) {
            g_autofree char *text =
                g_strdup_printf("taking weights apart: %d of %d", done + count, n);
            progress((double)(done + count) / n, text, data);
        }
    }
    g_free(work);
    return ok;
}
