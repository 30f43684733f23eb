// Thin singular value decompositions of a model's weights, computed once by LAPACK and kept on
// disk:
//
//   <user cache>/tincture/svd/<hash of the weight file>/<first layer>.safetensors
//
// Each file is a pack of many layers, tensors LAYER.u, LAYER.sigma and LAYER.vt: bringing a file
// safely to the disk takes longer than most decompositions. What a run computes becomes new packs,
// so a subset costs what it needs. Factors of weights that rest in 16 bits are kept in 16 bits, and
// those that were kept in 32 are rounded as they are read. A tensor that does not fit its weight
// any more is passed over and computed again; a cache that cannot be written costs time only.
#include "compute/adapter/private.h"
#include "compute/clones.h"
#include "compute/gpu/host.h"
#include "compute/half.h"
#include "compute/i18n.h"

#include <errno.h>
#include <math.h>

// A stored decomposition must give back the weight's first row to this part of the largest singular
// value.
#define ROW_TOLERANCE 1e-3

// A pack is written when it holds this many numbers (64 MiB).
#define PACK_FLOATS (16 << 20)

struct work {
    const struct adapter_param *param;
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

enum dtype svd_dtype(const struct nn_weight *w)
{
    return dtype_is_half(w->tensor->dtype) ? DTYPE_F16 : DTYPE_F32;
}

static HOST_CLONES void round_as_half(float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        x[i] = half_to_float(half_from_float(x[i]));
    }
}

static void work_clear(struct work *w)
{
    g_free(w->weight);
    g_free(w->svd.u);
    g_free(w->svd.sigma);
    g_free(w->svd.vt);
    *w = (struct work){0};
}

// ---- disk ---------------------------------------------------------------------------------------

// The packs of one network, and the one being filled.
struct cache {
    const char *part; // whose; NULL: of none yet
    char *folder;     // NULL: the model has no hash
    GPtrArray *packs; // struct st_file *
    struct st_writer *fresh;
    char *fresh_name; // its first layer
    int64_t fresh_floats;
};

static void cache_flush(struct cache *cache)
{
    if (!cache->fresh) {
        return;
    }
    g_autofree char *file =
        g_strconcat(cache->folder, G_DIR_SEPARATOR_S, cache->fresh_name, ".safetensors", NULL);
    g_autoptr(GError) error = NULL;
    if (g_mkdir_with_parents(cache->folder, 0700) != 0 ||
        !st_writer_save(cache->fresh, file, NULL, &error)) {
        g_info("decompositions are not kept: %s", error ? error->message : g_strerror(errno));
    }
    g_clear_pointer(&cache->fresh, st_writer_free);
    g_clear_pointer(&cache->fresh_name, g_free);
    cache->fresh_floats = 0;
}

static void cache_close(struct cache *cache)
{
    cache_flush(cache);
    g_clear_pointer(&cache->packs, g_ptr_array_unref);
    g_clear_pointer(&cache->folder, g_free);
    cache->part = NULL;
}

static char *cache_folder(const struct adapter_param *p, struct task *task)
{
    const char *hash = model_hash(p->adapter->model, p->part, task, NULL);
    return hash ? g_build_filename(g_get_user_cache_dir(), "tincture", "svd", hash, NULL) : NULL;
}

// Opens the packs of the param's network where they are not open already.
static void cache_open(struct cache *cache, const struct adapter_param *p, struct task *task)
{
    if (cache->part && g_str_equal(cache->part, p->part)) {
        return;
    }
    cache_close(cache);
    cache->part = p->part;
    cache->folder = cache_folder(p, task);
    cache->packs = g_ptr_array_new_with_free_func((GDestroyNotify)st_free);
    GDir *dir = cache->folder ? g_dir_open(cache->folder, 0, NULL) : NULL;
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(cache->folder, name, NULL);
        struct st_file *pack = g_str_has_suffix(name, ".safetensors") ? st_open(path, NULL) : NULL;
        if (pack) {
            g_ptr_array_add(cache->packs, pack);
        }
    }
    g_clear_pointer(&dir, g_dir_close);
}

// A tensor of fewer digits than are wanted is none.
static bool read_tensor(const struct st_file *f, const char *path, const char *suffix,
                        enum dtype dtype, int64_t count, float *out)
{
    g_autofree char *name = g_strconcat(path, suffix, NULL);
    const struct st_tensor *t = st_find(f, name);
    const bool fits = t && t->count == count &&
                      (t->dtype == ST_F32 || (t->dtype == ST_F16 && dtype == DTYPE_F16));
    if (!fits || !st_read_f32(t, out, true, NULL)) {
        return false;
    }
    if (t->dtype == ST_F32 && dtype == DTYPE_F16) {
        round_as_half(out, count);
    }
    st_release(t);
    return true;
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

static bool cache_read(const struct cache *cache, const struct work *w)
{
    const struct svd *s = &w->svd;
    const char *path = w->param->path;
    const enum dtype dtype = svd_dtype(w->param->weight);
    for (guint i = 0; i < cache->packs->len; i++) {
        const struct st_file *f = cache->packs->pdata[i];
        if (read_tensor(f, path, ".sigma", DTYPE_F32, s->rank, s->sigma) &&
            read_tensor(f, path, ".u", dtype, (int64_t)s->rows * s->rank, s->u) &&
            read_tensor(f, path, ".vt", dtype, (int64_t)s->rank * s->columns, s->vt) &&
            fits_weight(s, w->weight)) {
            return true;
        }
    }
    return false;
}

static void cache_add(struct cache *cache, const struct work *w)
{
    const struct svd *s = &w->svd;
    const char *path = w->param->path;
    if (!cache->folder) {
        return;
    }
    if (!cache->fresh) {
        cache->fresh = st_writer_new();
        cache->fresh_name = g_strdup(path);
    }
    g_autofree char *u = g_strconcat(path, ".u", NULL), *vt = g_strconcat(path, ".vt", NULL),
                    *sigma = g_strconcat(path, ".sigma", NULL);
    const bool half = svd_dtype(w->param->weight) == DTYPE_F16;
    void (*write)(struct st_writer *, const char *, int, const int64_t *, const float *) =
        half ? st_writer_f16 : st_writer_f32;
    write(cache->fresh, u, 2, (int64_t[]){s->rows, s->rank}, s->u);
    st_writer_f32(cache->fresh, sigma, 1, (int64_t[]){s->rank}, s->sigma);
    write(cache->fresh, vt, 2, (int64_t[]){s->rank, s->columns}, s->vt);
    cache->fresh_floats += (int64_t)s->rank * (s->rows + s->columns + 1);
    if (cache->fresh_floats > PACK_FLOATS) {
        cache_flush(cache);
    }
}

// ---- computing ----------------------------------------------------------------------------------

static void decompose(int64_t begin, int64_t end, void *data)
{
    struct work *work = data;
    for (int64_t i = begin; i < end; i++) {
        struct svd *s = &work[i].svd;
        if (work[i].cached) {
            continue;
        }
        work[i].failed = !host_svd(s->rows, s->columns, work[i].weight, s->u, s->sigma, s->vt);
        if (!work[i].failed && svd_dtype(work[i].param->weight) == DTYPE_F16) {
            round_as_half(s->u, (int64_t)s->rows * s->rank);
            round_as_half(s->vt, (int64_t)s->rank * s->columns);
        }
    }
}

// After decompose(), on the thread that called it.
static bool check_memory(const struct adapter_param *first, GError **error)
{
    const uint64_t missing = host_memory_missing();
    if (missing) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                    _("Not enough memory for the singular values of %s and those after it: needs "
                      "%.1f MiB"),
                    first->path, missing / 1048576.0);
    }
    return !missing;
}

static bool work_begin(struct work *w, const struct adapter_param *p, GError **error)
{
    w->param = p;
    svd_alloc(&w->svd, p->weight);
    w->weight = g_new(float, shape_count(p->weight->shape));
    return tensor_read(p->weight->tensor, w->weight, error);
}

static bool work_end(struct work *w, struct cache *cache, int index, svd_ready_fn ready, void *data,
                     GError **error)
{
    if (w->failed) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                    _("the singular values of %s could not be computed"), w->param->path);
        return false;
    }
    if (!w->cached) {
        cache_add(cache, w);
    }
    return ready(index, &w->svd, data, error);
}

// How many params from the first on go together: of one network, and at most one a thread, as each
// decomposition runs on one.
static int batch_size(const struct adapter_param *const *params, int n)
{
    int count = 1;
    while (count < MIN(n, host_threads()) && g_str_equal(params[count]->part, params[0]->part)) {
        count++;
    }
    return count;
}

bool svd_each(const struct adapter_param *const *params, int n, svd_ready_fn ready,
              void *ready_data, struct task *task, GError **error)
{
    struct work *work = g_new0(struct work, MAX(1, host_threads()));
    struct cache cache = {0};
    bool ok = true;
    for (int done = 0, count; ok && done < n; done += count) {
        count = batch_size(params + done, n - done);
        cache_open(&cache, params[done], task);
        if (done == 0) {
            task_report_step(task, TASK_DECOMPOSING, 0, n); // the first ones may take seconds
        }
        bool cached = true;
        for (int i = 0; ok && i < count; i++) {
            ok = work_begin(&work[i], params[done + i], error);
            work[i].cached = ok && cache_read(&cache, &work[i]);
            cached = cached && work[i].cached;
        }
        ok = ok && !task_cancelled(task, error);
        if (ok && !cached) {
            host_parallel(count, 1, decompose, work);
            ok = check_memory(params[done], error);
        }
        for (int i = 0; i < count; i++) {
            ok = ok && work_end(&work[i], &cache, done + i, ready, ready_data, error);
            work_clear(&work[i]);
        }
        if (ok) {
            task_report_step(task, TASK_DECOMPOSING, done + count, n);
        }
    }
    cache_close(&cache);
    g_free(work);
    return ok;
}
