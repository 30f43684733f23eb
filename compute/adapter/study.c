#include "compute/adapter/study.h"
#include "compute/adapter/private.h"
#include "compute/gpu/blas.h"
#include "compute/gpu/host.h"

#include <math.h>
#include <string.h>

static void layer_free(struct study_layer *l)
{
    g_free(l->part);
    g_free(l->path);
    g_free(l->parts);
    g_free(l->products);
    g_free(l);
}

void adapter_study_free(struct adapter_study *s)
{
    if (s) {
        g_ptr_array_unref(s->layers);
        g_free(s);
    }
}

// ---- energy -------------------------------------------------------------------------------------

#define TILE          128
#define SAME_DISTANCE 1e-12 // squared, of two rows of one direction

// The directions of rows, and the energies of each tile of them with itself and those behind it.
struct energy {
    double *unit; // (rows, columns)
    int rows, columns;
    double *tiles;
};

static double pair_energy(const struct energy *e, int i, int j, double *gram)
{
    const int rows = MIN(TILE, e->rows - i), columns = MIN(TILE, e->rows - j);
    double sum = 0;
    blas()->cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, columns, e->columns, 1,
                        e->unit + (size_t)i * e->columns, e->columns,
                        e->unit + (size_t)j * e->columns, e->columns, 0, gram, TILE);
    for (int r = 0; r < rows; r++) {
        for (int c = i == j ? r + 1 : 0; c < columns; c++) {
            const double squared = 2 - 2 * gram[r * TILE + c];
            sum += squared > SAME_DISTANCE ? 2 / sqrt(squared) : 0; // (i, j) and (j, i)
        }
    }
    return sum;
}

static void tile_energies(int64_t begin, int64_t end, void *data)
{
    const struct energy *e = data;
    g_autofree double *gram = g_new(double, TILE *TILE);
    for (int64_t tile = begin; tile < end; tile++) {
        for (int j = (int)tile * TILE; j < e->rows; j += TILE) {
            e->tiles[tile] += pair_energy(e, (int)tile * TILE, j, gram);
        }
    }
}

// Of the rows of w (rows, columns).
static double energy_of(const float *w, int rows, int columns)
{
    struct energy e = {.unit = g_new(double, (size_t)rows *columns), .columns = columns};
    for (int i = 0; i < rows; i++) {
        const float *row = w + (size_t)i * columns;
        double *unit = e.unit + (size_t)e.rows * columns, sum = 0;
        for (int k = 0; k < columns; k++) {
            sum += (double)row[k] * row[k];
        }
        for (int k = 0; sum > 0 && k < columns; k++) {
            unit[k] = row[k] / sqrt(sum);
        }
        e.rows += sum > 0;
    }
    const int tiles = (e.rows + TILE - 1) / TILE;
    double energy = 0;
    e.tiles = g_new0(double, MAX(tiles, 1));
    host_parallel(tiles, 1, tile_energies, &e);
    for (int i = 0; i < tiles; i++) {
        energy += e.tiles[i];
    }
    g_free(e.tiles);
    g_free(e.unit);
    return energy;
}

static double layer_energy(const struct nn_weight *w, const float *values)
{
    return lora_has_place(w) ? energy_of(values, lora_outputs(w), lora_inputs(w)) : NAN;
}

// ---- one layer ----------------------------------------------------------------------------------

struct studying {
    struct adapter_study *study;
    struct adapter *const *list;
};

// Inner product of the changes that x and y are of w; NULL: none.
static double product(const float *w, const float *x, const float *y, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; x && y && i < count; i++) {
        sum += ((double)x[i] - w[i]) * ((double)y[i] - w[i]);
    }
    return sum;
}

static double norm_of(const float *w, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += (double)w[i] * w[i];
    }
    return sqrt(sum);
}

static double askew_of(const struct adapter *a, const struct nn_weight *w)
{
    const struct adapter_param *p = adapter_param_of(a, w);
    return p && a->method->askew ? a->method->askew(p, a->scale * p->strength) : NAN;
}

static bool study_change(const struct weight_change *c, void *data, GError **error)
{
    const struct studying *s = data;
    const struct nn_weight *w = c->param->weight;
    const int64_t count = shape_count(w->shape);
    struct study_layer *l = g_new0(struct study_layer, 1);
    *l = (struct study_layer){
        .part = g_strdup(c->param->part),
        .path = g_strdup(c->param->path),
        .group = layer_group_of(c->param),
        .weight = norm_of(c->base, count),
        .energy = layer_energy(w, c->base),
        .parts = g_new0(struct study_part, c->n),
        .products = g_new0(double, c->n * c->n),
    };
    for (int a = 0; a < c->n; a++) {
        for (int b = 0; b <= a; b++) {
            l->products[a * c->n + b] = l->products[b * c->n + a] =
                product(c->base, c->after[a], c->after[b], count);
        }
        l->parts[a] = (struct study_part){
            .change = sqrt(l->products[a * c->n + a]),
            .energy = c->after[a] ? layer_energy(w, c->after[a]) : l->energy,
            .askew = askew_of(s->list[a], w),
        };
    }
    g_ptr_array_add(s->study->layers, l);
    return true;
}

// From what goes in to what comes out, and within a block as paths do.
static int by_place(const void *a, const void *b)
{
    const struct study_layer *x = *(struct study_layer *const *)a,
                             *y = *(struct study_layer *const *)b;
    return x->group.place != y->group.place   ? (int)x->group.place - (int)y->group.place
           : x->group.level != y->group.level ? x->group.level - y->group.level
                                              : strcmp(x->path, y->path);
}

struct adapter_study *adapter_study_new(struct adapter *const *list, int n, struct task *task,
                                        GError **error)
{
    if (!adapters_check_always(list, n, error)) {
        return NULL;
    }
    struct adapter_study *s = g_new0(struct adapter_study, 1);
    g_autofree struct adapter_set *sets = g_new(struct adapter_set, n);
    for (int i = 0; i < n; i++) {
        sets[i] = (struct adapter_set){&list[i], 1};
    }
    s->n = n;
    s->layers = g_ptr_array_new_with_free_func((GDestroyNotify)layer_free);
    if (!changes_each(sets, n, study_change, &(struct studying){s, list}, task, error)) {
        g_clear_pointer(&s, adapter_study_free);
    } else {
        g_ptr_array_sort(s->layers, by_place);
    }
    return s;
}

// ---- of a group ---------------------------------------------------------------------------------

// The i-th layer, NULL where it is not of the group.
static const struct study_layer *layer_in(const struct adapter_study *s, guint i,
                                          struct layer_group group)
{
    const struct study_layer *l = s->layers->pdata[i];
    return layer_group_has(group, l->group) ? l : NULL;
}

GArray *study_groups(const struct adapter_study *s)
{
    g_autoptr(GArray) layers = g_array_new(FALSE, FALSE, sizeof(struct layer_group));
    for (guint i = 0; i < s->layers->len; i++) {
        g_array_append_val(layers, ((const struct study_layer *)s->layers->pdata[i])->group);
    }
    return layer_groups(layers);
}

double study_size(const struct adapter_study *s, int a, struct layer_group group)
{
    double change = 0, weight = 0;
    for (guint i = 0; i < s->layers->len; i++) {
        const struct study_layer *l = layer_in(s, i, group);
        change += l ? l->parts[a].change * l->parts[a].change : 0;
        weight += l ? l->weight * l->weight : 0;
    }
    return weight > 0 ? sqrt(change / weight) : NAN;
}

double study_energy(const struct adapter_study *s, int a, struct layer_group group, double *before)
{
    double sum = 0;
    bool any = false;
    *before = 0;
    for (guint i = 0; i < s->layers->len; i++) {
        const struct study_layer *l = layer_in(s, i, group);
        if (l && !isnan(l->energy)) {
            sum += l->parts[a].energy;
            *before += l->energy;
            any = true;
        }
    }
    *before = any ? *before : NAN;
    return any ? sum : NAN;
}

double study_askew(const struct adapter_study *s, int a, struct layer_group group)
{
    double sum = 0;
    bool any = false;
    for (guint i = 0; i < s->layers->len; i++) {
        const struct study_layer *l = layer_in(s, i, group);
        if (l && !isnan(l->parts[a].askew)) {
            sum += l->parts[a].askew * l->parts[a].askew;
            any = true;
        }
    }
    return any ? sqrt(sum) : NAN;
}

double study_correlation(const struct adapter_study *s, int a, int b, struct layer_group group,
                         int *shared)
{
    double sum = 0;
    int count = 0;
    for (guint i = 0; i < s->layers->len; i++) {
        const struct study_layer *l = layer_in(s, i, group);
        const double both = l ? l->parts[a].change * l->parts[b].change : 0;
        if (both > 0) {
            sum += l->products[a * s->n + b] / both;
            count++;
        }
    }
    if (shared) {
        *shared = count;
    }
    return count > 0 ? sum / count : NAN;
}
