// Skew-symmetric blocks from their strict upper triangles:
//
//   s_ij = u_k, s_ji = -u_k, s_ii = 0        u (1,1,n,b(b-1)/2), s (1,n,b,b)
//
// for i < j, k being the row-major index of (i, j) in the strict upper triangle.
#include "compute/op/kernel.h"

extern const struct op skew_op;

struct node *op_skew(struct graph *g, struct node *u, int block)
{
    g_assert(u->shape[0] == 1 && u->shape[1] == 1 && u->shape[3] == block * (block - 1) / 2);
    return graph_add(g, &skew_op, DTYPE_F32, (const int[]){1, u->shape[2], block, block},
                     (struct node *[]){u}, 1);
}

static bool skew_grad(struct graph *g, struct node *s, struct node *ds, const bool *want,
                      struct node **dx)
{
    (void)s;
    if (want[0]) {
        dx[0] = op_skew_back(g, ds);
    }
    return true;
}

// At most a few hundred thousand numbers once a step: one thread.
static void skew_host(const struct op_run *run)
{
    const int n = run->node->shape[1], b = run->node->shape[3];
    const float *u = run->in[0];
    float *s = run->out;
    for (int block = 0; block < n; block++, s += (int64_t)b * b) {
        for (int64_t i = 0; i < b; i++) {
            s[i * b + i] = 0;
            for (int64_t j = i + 1; j < b; j++, u++) {
                s[i * b + j] = *u;
                s[j * b + i] = -*u;
            }
        }
    }
}

// ---- Vulkan -------------------------------------------------------------------------------------

static const uint32_t code[] =
#include "compute/op/skew.spv.h"
    ;
static const struct gpu_spirv spirv = {"skew", code, sizeof(code)};

static int skew_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const int *shape = site->node->shape;
    struct {
        uint64_t out, in;
        uint32_t blocks, b;
    } push = {site->out, site->in[0], (uint32_t)shape[1], (uint32_t)shape[3]};

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(op_count(site->node), 256));
    return 1;
}

const struct op skew_op = {
    .name = "skew",
    .grad = skew_grad,
    .kernels = {{.name = "host", .host = skew_host},
                {.name = "portable", .dispatch = skew_dispatch}},
};
