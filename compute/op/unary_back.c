// dx = dy * f'(x), f an activation.
//   p.i[0]  enum unary
#include "compute/op/kernel.h"

static const uint32_t code[] =
#include "compute/op/unary_back.spv.h"
    ;
static const struct gpu_spirv spirv = {"unary_back", code, sizeof(code)};

HOST_CLONES
static void times_slope(enum unary kind, float *restrict dx, const float *restrict x,
                        const float *restrict dy, int64_t n)
{
    switch (kind) {
    case UNARY_RELU:
        for (int64_t i = 0; i < n; i++) {
            dx[i] = x[i] > 0 ? dy[i] : 0;
        }
        break;
    case UNARY_SILU:
        for (int64_t i = 0; i < n; i++) {
            dx[i] = dy[i] * silu_slope(x[i]);
        }
        break;
    case UNARY_GELU:
        for (int64_t i = 0; i < n; i++) {
            dx[i] = dy[i] * gelu_slope(x[i]);
        }
        break;
    case UNARY_QUICK_GELU:
        for (int64_t i = 0; i < n; i++) {
            dx[i] = dy[i] * quick_gelu_slope(x[i]);
        }
        break;
    }
}

static void unary_back_range(int64_t begin, int64_t end, void *data)
{
    const struct op_run *run = data;

    times_slope((enum unary)run->node->p.i[0], run->out + begin, run->in[0] + begin,
                run->in[1] + begin, end - begin);
}

static void unary_back_host(const struct op_run *run)
{
    host_parallel(op_count(run->node), op_grain(2), unary_back_range, (void *)run);
}

static int unary_back_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    int64_t n = op_count(site->node);
    struct {
        uint64_t dx, x, dy;
        uint32_t n;
    } push = {site->out, site->in[0], site->in[1], (uint32_t)n};

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(n, 256));
    out[0].spec[0] = (uint32_t)site->node->p.i[0];
    out[0].n_spec = 1;
    return 1;
}

const struct op unary_back_op = {
    .name = "unary_back",
    .kernels = {{.name = "host", .host = unary_back_host},
                {.name = "portable", .dispatch = unary_back_dispatch}},
};

struct node *op_unary_back(struct graph *g, enum unary kind, struct node *x, struct node *dy)
{
    g_assert(op_same_shape(x, dy));
    struct node *dx =
        graph_add(g, &unary_back_op, DTYPE_F32, x->shape, (struct node *[]){x, dy}, 2);
    dx->p.i[0] = (int)kind;
    return dx;
}
