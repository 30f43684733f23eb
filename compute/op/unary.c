// y = f(x), an activation.
//   p.i[0]  enum unary
#include "compute/op/kernel.h"

static const uint32_t code[] =
#include "compute/op/unary.spv.h"
    ;
static const struct gpu_spirv spirv = {"unary", code, sizeof(code)};

static bool unary_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                       struct node **dx)
{
    if (want[0]) {
        dx[0] = op_unary_back(g, (enum unary)y->p.i[0], y->in[0], dy);
    }
    return true;
}

HOST_CLONES
static void activate(enum unary kind, float *restrict y, const float *restrict x, int64_t n)
{
    switch (kind) {
    case UNARY_RELU:
        for (int64_t i = 0; i < n; i++) {
            y[i] = x[i] > 0 ? x[i] : 0;
        }
        break;
    case UNARY_SILU:
        for (int64_t i = 0; i < n; i++) {
            y[i] = silu(x[i]);
        }
        break;
    case UNARY_GELU:
        for (int64_t i = 0; i < n; i++) {
            y[i] = gelu(x[i]);
        }
        break;
    case UNARY_QUICK_GELU:
        for (int64_t i = 0; i < n; i++) {
            y[i] = quick_gelu(x[i]);
        }
        break;
    }
}

static void unary_range(int64_t begin, int64_t end, void *data)
{
    const struct op_run *run = data;

    activate((enum unary)run->node->p.i[0], run->out + begin, run->in[0] + begin, end - begin);
}

static void unary_host(const struct op_run *run)
{
    host_parallel(op_count(run->node), op_grain(2), unary_range, (void *)run);
}

static int unary_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    int64_t n = op_count(site->node);
    struct {
        uint64_t y, x;
        uint32_t n;
    } push = {site->out, site->in[0], (uint32_t)n};

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(n, 256));
    out[0].spec[0] = (uint32_t)site->node->p.i[0];
    out[0].n_spec = 1;
    return 1;
}

const struct op unary_op = {
    .name = "unary",
    .grad = unary_grad,
    .kernels = {{.name = "host", .host = unary_host},
                {.name = "portable", .dispatch = unary_dispatch}},
};

struct node *op_unary(struct graph *g, enum unary kind, struct node *x)
{
    struct node *y = graph_add(g, &unary_op, DTYPE_F32, x->shape, &x, 1);
    y->p.i[0] = (int)kind;
    return y;
}
