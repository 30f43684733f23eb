// Gradient of the nearest-neighbour enlargement: every position of the result (N,height,width,C)
// sums those of dy (N,H',W',C) that were copied from it. Row s was copied to the rows y with
// floor(y * height / H') = s, from ceil(s * H' / height) to where those of s + 1
// begin.
#include "compute/op/kernel.h"

static const uint32_t code[] =
#include "compute/op/upsample_back.spv.h"
    ;
static const struct gpu_spirv spirv = {"upsample_back", code, sizeof(code)};

static bool upsample_back_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                               struct node **dx)
{
    if (want[0]) {
        dx[0] = op_upsample(g, dy, y->in[0]->shape[1], y->in[0]->shape[2]);
    }
    return true;
}

// The first of `large` copies of source s out of `small`.
static int64_t first_copy(int64_t s, int64_t small, int64_t large)
{
    return (s * large + small - 1) / small;
}

HOST_CLONES
static void add_to(float *restrict y, const float *restrict x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        y[i] += x[i];
    }
}

// Rows (n, y) of the result.
static void upsample_back_rows(int64_t begin, int64_t end, void *data)
{
    const struct op_run *run = data;
    const int *from = run->node->in[0]->shape, *to = run->node->shape;
    int64_t channels = to[3];

    for (int64_t line = begin; line < end; line++) {
        int64_t batch = line / to[1], row = line % to[1];
        float *y = run->out + line * to[2] * channels;
        memset(y, 0, (size_t)(to[2] * channels) * sizeof(float));
        int64_t stop = first_copy(row + 1, to[1], from[1]);
        for (int64_t copy = first_copy(row, to[1], from[1]); copy < stop; copy++) {
            const float *x = run->in[0] + (batch * from[1] + copy) * from[2] * channels;
            for (int64_t col = 0; col < from[2]; col++, x += channels) {
                add_to(y + col * to[2] / from[2] * channels, x, channels);
            }
        }
    }
}

static void upsample_back_host(const struct op_run *run)
{
    const int *to = run->node->shape;
    int64_t lines = (int64_t)to[0] * to[1];

    host_parallel(lines, op_grain(op_count(run->node->in[0]) / lines), upsample_back_rows,
                  (void *)run);
}

static int upsample_back_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const int *from = site->node->in[0]->shape, *to = site->node->shape;
    int64_t n = op_count(site->node);
    struct {
        uint64_t y, x;
        uint32_t n, from_height, from_width, height, width, channels;
    } push = {
        site->out,         site->in[0],     (uint32_t)n,     (uint32_t)from[1],
        (uint32_t)from[2], (uint32_t)to[1], (uint32_t)to[2], (uint32_t)to[3],
    };

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(n, 256));
    return 1;
}

const struct op upsample_back_op = {
    .name = "upsample_back",
    .grad = upsample_back_grad,
    .kernels = {{.name = "host", .host = upsample_back_host},
                {.name = "portable", .dispatch = upsample_back_dispatch}},
};

struct node *op_upsample_back(struct graph *g, struct node *dy, int height, int width)
{
    g_assert(height > 0 && width > 0);
    const int shape[GRAPH_RANK] = {dy->shape[0], height, width, dy->shape[3]};
    return graph_add(g, &upsample_back_op, DTYPE_F32, shape, &dy, 1);
}
