// y = scale * x + shift with constants.
//   p.f[0]  scale
//   p.f[1]  shift
#include "compute/op/lanes.h"

static const uint32_t code[] =
#include "compute/op/affine.spv.h"
    ;
static const struct gpu_spirv spirv = {"affine", code, sizeof(code)};
static const uint32_t lanes_code[] =
#include "compute/op/affine_lanes.spv.h"
    ;
static const struct gpu_spirv lanes_spirv = {"affine_lanes", lanes_code, sizeof(lanes_code)};

static bool affine_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                        struct node **dx)
{
    if (want[0]) {
        dx[0] = op_affine(g, dy, y->p.f[0], 0);
    }
    return true;
}

HOST_CLONES
static void scale_shift(float *restrict y, const float *restrict x, int64_t n, float scale,
                        float shift)
{
    for (int64_t i = 0; i < n; i++) {
        y[i] = scale * x[i] + shift;
    }
}

static void affine_range(int64_t begin, int64_t end, void *data)
{
    const struct op_run *run = data;

    scale_shift(run->out + begin, run->in[0] + begin, end - begin, run->node->p.f[0],
                run->node->p.f[1]);
}

static void affine_host(const struct op_run *run)
{
    host_parallel(op_count(run->node), op_grain(1), affine_range, (void *)run);
}

static int affine_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const struct node *node = site->node;
    int64_t n = op_count(node);
    struct {
        uint64_t y, x;
        float scale, shift;
        uint32_t n;
    } push = {site->out, site->in[0], node->p.f[0], node->p.f[1], (uint32_t)n};

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(n, 256));
    return 1;
}

static int affine_lanes(const struct op_site *site, struct op_dispatch *out)
{
    const struct node *node = site->node;
    int64_t n = op_count(node) / 2;
    struct {
        uint64_t y, x;
        float scale, shift;
        uint32_t n;
    } push = {site->out, site->in[0], node->p.f[0], node->p.f[1], (uint32_t)n};

    op_dispatch_fill(&out[0], &lanes_spirv, &push, sizeof(push), lanes_groups(n));
    return 1;
}

const struct op affine_op = {
    .name = "affine",
    .grad = affine_grad,
    .kernels =
        {{.name = "host", .host = affine_host},
         {.name = "lanes", .fits = lanes_fit, .needs = LANES_NEEDS, .dispatch = affine_lanes},
         {.name = "portable", .dispatch = affine_dispatch}},
};

struct node *op_affine(struct graph *g, struct node *x, float scale, float shift)
{
    struct node *y = graph_add(g, &affine_op, DTYPE_F32, x->shape, &x, 1);
    y->p.f[0] = scale;
    y->p.f[1] = shift;
    return y;
}
