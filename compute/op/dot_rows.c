// y_c = sum over all rows of a_c b_c: (..., C) x (..., C) -> (1,1,1,C).
#include "compute/op/columns.h"
#include "compute/op/kernel.h"

#define COLUMNS 16 // of one workgroup

static const uint32_t code[] =
#include "compute/op/dot_rows.spv.h"
    ;
static const struct gpu_spirv spirv = {"dot_rows", code, sizeof(code)};

static bool dot_rows_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                          struct node **dx)
{
    for (int i = 0; i < 2; i++) {
        dx[i] = want[i] ? op_mul(g, y->in[1 - i], dy) : NULL;
    }
    return true;
}

HOST_CLONES
static void add_products(double *restrict sums, const float *restrict a, const float *restrict b,
                         int64_t rows, int64_t width)
{
    for (int64_t row = 0; row < rows; row++, a += width, b += width) {
        for (int64_t c = 0; c < width; c++) {
            sums[c] += (double)a[c] * (double)b[c];
        }
    }
}

static void dot_rows_add(const void *data, int64_t group, int64_t begin, int64_t end, double *sums)
{
    (void)group;
    const struct op_run *run = data;
    int64_t width = op_channels(run->node);

    add_products(sums, run->in[0] + begin * width, run->in[1] + begin * width, end - begin, width);
}

static void dot_rows_host(const struct op_run *run)
{
    int channels = op_channels(run->node);
    struct columns columns = {
        .groups = 1,
        .rows = op_rows(run->node->in[0]),
        .width = channels,
        .cost = 2 * channels,
        .add = dot_rows_add,
        .data = run,
    };
    const double *sums = columns_sum(&columns);
    if (!sums) {
        return;
    }

    for (int c = 0; c < channels; c++) {
        run->out[c] = (float)sums[c];
    }
}

static int dot_rows_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    int channels = op_channels(site->node);
    struct {
        uint64_t y, a, b;
        uint32_t rows, width;
    } push = {
        site->out,          site->in[0], site->in[1], (uint32_t)op_rows(site->node->in[0]),
        (uint32_t)channels,
    };

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(channels, COLUMNS));
    out[0].spec[0] = op_wide_workgroup(site->gpu);
    out[0].spec[1] = COLUMNS;
    out[0].n_spec = 2;
    return 1;
}

const struct op dot_rows_op = {
    .name = "dot_rows",
    .grad = dot_rows_grad,
    .kernels = {{.name = "host", .host = dot_rows_host},
                {.name = "portable", .dispatch = dot_rows_dispatch}},
};

struct node *op_dot_rows(struct graph *g, struct node *a, struct node *b)
{
    g_assert(op_same_shape(a, b));
    const int shape[GRAPH_RANK] = {1, 1, 1, op_channels(a)};
    return graph_add(g, &dot_rows_op, DTYPE_F32, shape, (struct node *[]){a, b}, 2);
}
