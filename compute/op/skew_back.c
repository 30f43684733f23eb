// Gradient of op_skew:
//
//   du_k = ds_ij - ds_ji        ds (1,n,b,b), du (1,1,n,b(b-1)/2)
//
// for i < j, k being the row-major index of (i, j) in the strict upper triangle.
#include "compute/op/kernel.h"

extern const struct op skew_back_op;

struct node *op_skew_back(struct graph *g, struct node *ds)
{
    const int b = ds->shape[3];
    g_assert(ds->shape[0] == 1 && ds->shape[2] == b && b > 1);
    return graph_add(g, &skew_back_op, DTYPE_F32,
                     (const int[]){1, 1, ds->shape[1], b * (b - 1) / 2}, (struct node *[]){ds}, 1);
}

// Linear, and the transpose of op_skew.
static bool skew_back_grad(struct graph *g, struct node *du, struct node *ddu, const bool *want,
                           struct node **dx)
{
    if (want[0]) {
        dx[0] = op_skew(g, ddu, du->in[0]->shape[3]);
    }
    return true;
}

static void skew_back_host(const struct op_run *run)
{
    const int *shape = run->node->in[0]->shape;
    const int n = shape[1], b = shape[3];
    const float *ds = run->in[0];
    float *du = run->out;
    for (int block = 0; block < n; block++, ds += (int64_t)b * b) {
        for (int64_t i = 0; i < b; i++) {
            for (int64_t j = i + 1; j < b; j++, du++) {
                *du = ds[i * b + j] - ds[j * b + i];
            }
        }
    }
}

// ---- Vulkan -------------------------------------------------------------------------------------

static const uint32_t code[] =
#include "compute/op/skew_back.spv.h"
    ;
static const struct gpu_spirv spirv = {"skew_back", code, sizeof(code)};

static int skew_back_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const int *shape = site->node->in[0]->shape;
    struct {
        uint64_t out, in;
        uint32_t blocks, b;
    } push = {site->out, site->in[0], (uint32_t)shape[1], (uint32_t)shape[3]};

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push),
                     op_groups(op_count(site->node->in[0]), 256));
    return 1;
}

const struct op skew_back_op = {
    .name = "skew_back",
    .grad = skew_back_grad,
    .kernels = {{.name = "host", .host = skew_back_host},
                {.name = "portable", .dispatch = skew_back_dispatch}},
};
