// Sums of x over the dimensions where the result has 1. One node sums over one run of neighbouring
// dimensions, x as (K, R, I) -> (K, I); the builder adds a node for each run.
//   p.i[0..2]  K, R, I
#include "compute/op/columns.h"
#include "compute/op/kernel.h"

#define COLUMNS_MAX 16 // of one workgroup, as in sum_to.comp

static const uint32_t code[] =
#include "compute/op/sum_to.spv.h"
    ;
static const struct gpu_spirv spirv = {"sum_to", code, sizeof(code)};

static bool sum_to_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                        struct node **dx)
{
    if (want[0]) {
        dx[0] = op_expand(g, dy, y->in[0]->shape);
    }
    return true;
}

HOST_CLONES
static void add_rows(double *restrict sums, const float *restrict x, int64_t rows, int64_t width)
{
    for (int64_t row = 0; row < rows; row++, x += width) {
        for (int64_t i = 0; i < width; i++) {
            sums[i] += (double)x[i];
        }
    }
}

HOST_CLONES
static double sum_run(const float *x, int64_t n)
{
    return sum_of(x, n);
}

static void sum_to_add(const void *data, int64_t group, int64_t begin, int64_t end, double *sums)
{
    const struct op_run *run = data;
    int64_t rows = run->node->p.i[1], width = run->node->p.i[2];
    const float *x = run->in[0] + (group * rows + begin) * width;

    if (width == 1) {
        sums[0] = sum_run(x, end - begin);
    } else {
        add_rows(sums, x, end - begin, width);
    }
}

static void sum_to_host(const struct op_run *run)
{
    const int *p = run->node->p.i;
    struct columns columns = {
        .groups = p[0],
        .rows = p[1],
        .width = p[2],
        .cost = p[2],
        .add = sum_to_add,
        .data = run,
    };
    const double *sums = columns_sum(&columns);
    if (!sums) {
        return;
    }
    int64_t n = op_count(run->node);

    for (int64_t i = 0; i < n; i++) {
        run->out[i] = (float)sums[i];
    }
}

static int sum_to_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const int *p = site->node->p.i;
    uint32_t columns = 1;
    while (columns < COLUMNS_MAX && columns < (uint32_t)p[2]) {
        columns *= 2;
    }
    uint32_t tiles = ((uint32_t)p[2] + columns - 1) / columns;
    struct {
        uint64_t y, x;
        uint32_t groups, rows, width, tiles;
    } push = {site->out, site->in[0], (uint32_t)p[0], (uint32_t)p[1], (uint32_t)p[2], tiles};

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups((int64_t)p[0] * tiles, 1));
    out[0].spec[0] = op_wide_workgroup(site->gpu);
    out[0].spec[1] = columns;
    out[0].n_spec = 2;
    return 1;
}

const struct op sum_to_op = {
    .name = "sum_to",
    .grad = sum_to_grad,
    .kernels = {{.name = "host", .host = sum_to_host},
                {.name = "portable", .dispatch = sum_to_dispatch}},
};

struct node *op_sum_to(struct graph *g, struct node *x, const int to[GRAPH_RANK])
{
    int first = 0;

    for (;;) {
        while (first < GRAPH_RANK && x->shape[first] == to[first]) {
            first++;
        }
        if (first == GRAPH_RANK) {
            return x;
        }
        int shape[GRAPH_RANK], sizes[3] = {1, 1, 1}; // K, R, I
        int last = first;
        while (last < GRAPH_RANK && (x->shape[last] != to[last] || x->shape[last] == 1)) {
            last++;
        }
        for (int i = 0; i < GRAPH_RANK; i++) {
            bool summed = i >= first && i < last;
            g_assert(!summed || to[i] == 1);
            shape[i] = summed ? 1 : x->shape[i];
            sizes[i < first ? 0 : summed ? 1 : 2] *= x->shape[i];
        }
        x = graph_add(g, &sum_to_op, DTYPE_F32, shape, &x, 1);
        memcpy(x->p.i, sizes, sizeof(sizes));
    }
}
