// y = a + b, a - b or a * b, b broadcast to a.
//   p.i[0]  enum kind
#include "compute/op/broadcast.h"
#include "compute/op/lanes.h"

enum kind { KIND_ADD, KIND_SUB, KIND_MUL }; // known to binary.comp as well

static const uint32_t code[] =
#include "compute/op/binary.spv.h"
    ;
static const struct gpu_spirv spirv = {"binary", code, sizeof(code)};
static const uint32_t lanes_code[] =
#include "compute/op/binary_lanes.spv.h"
    ;
static const struct gpu_spirv lanes_spirv = {"binary_lanes", lanes_code, sizeof(lanes_code)};

// d loss / d b = sum of dy * a over the positions that share an element of b.
static struct node *mul_grad_b(struct graph *g, struct node *a, struct node *b, struct node *dy)
{
    if (op_is_vector(b, op_channels(a))) {
        return op_dot_rows(g, dy, a);
    }
    return op_sum_to(g, op_mul(g, dy, a), b->shape);
}

static bool binary_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                        struct node **dx)
{
    struct node *a = y->in[0], *b = y->in[1];

    switch ((enum kind)y->p.i[0]) {
    case KIND_ADD:
        dx[0] = want[0] ? dy : NULL;
        dx[1] = want[1] ? op_sum_to(g, dy, b->shape) : NULL;
        break;
    case KIND_SUB:
        dx[0] = want[0] ? dy : NULL;
        dx[1] = want[1] ? op_affine(g, op_sum_to(g, dy, b->shape), -1, 0) : NULL;
        break;
    case KIND_MUL:
        dx[0] = want[0] ? op_mul(g, dy, b) : NULL;
        dx[1] = want[1] ? mul_grad_b(g, a, b, dy) : NULL;
        break;
    }
    return true;
}

HOST_CLONES
static void combine(enum kind kind, float *restrict y, const float *restrict a,
                    const float *restrict b, int64_t n)
{
    switch (kind) {
    case KIND_ADD:
        for (int64_t i = 0; i < n; i++) {
            y[i] = a[i] + b[i];
        }
        break;
    case KIND_SUB:
        for (int64_t i = 0; i < n; i++) {
            y[i] = a[i] - b[i];
        }
        break;
    case KIND_MUL:
        for (int64_t i = 0; i < n; i++) {
            y[i] = a[i] * b[i];
        }
        break;
    }
}

HOST_CLONES
static void combine_one(enum kind kind, float *restrict y, const float *restrict a, float b,
                        int64_t n)
{
    switch (kind) {
    case KIND_ADD:
        for (int64_t i = 0; i < n; i++) {
            y[i] = a[i] + b;
        }
        break;
    case KIND_SUB:
        for (int64_t i = 0; i < n; i++) {
            y[i] = a[i] - b;
        }
        break;
    case KIND_MUL:
        for (int64_t i = 0; i < n; i++) {
            y[i] = a[i] * b;
        }
        break;
    }
}

// Elements of the result; a range may begin and end inside a row.
static void binary_range(int64_t begin, int64_t end, void *data)
{
    const struct op_run *run = data;
    const struct node *node = run->node;
    enum kind kind = (enum kind)node->p.i[0];
    struct broadcast bc = broadcast_make(node->shape, node->in[1]->shape);

    while (begin < end) {
        int64_t row = begin / bc.inner, col = begin % bc.inner;
        int64_t n = MIN(bc.inner - col, end - begin);
        const float *b = run->in[1] + broadcast_offset(&bc, row);
        if (bc.still) {
            combine_one(kind, run->out + begin, run->in[0] + begin, *b, n);
        } else {
            combine(kind, run->out + begin, run->in[0] + begin, b + col, n);
        }
        begin += n;
    }
}

static void binary_host(const struct op_run *run)
{
    host_parallel(op_count(run->node), op_grain(1), binary_range, (void *)run);
}

static int binary_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const struct node *node = site->node;
    int64_t n = op_count(node);
    struct {
        uint64_t y, a, b;
        uint32_t n;
        struct broadcast_push bc;
    } push = {
        site->out,
        site->in[0],
        site->in[1],
        (uint32_t)n,
        broadcast_push_make(node->shape, node->in[1]->shape),
    };

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(n, 256));
    out[0].spec[0] = (uint32_t)node->p.i[0];
    out[0].spec[1] = op_same_shape(node, node->in[1]);
    out[0].n_spec = 2;
    return 1;
}

static int binary_lanes(const struct op_site *site, struct op_dispatch *out)
{
    int64_t n = op_count(site->node) / 2;
    struct {
        uint64_t y, a, b;
        uint32_t n;
    } push = {site->out, site->in[0], site->in[1], (uint32_t)n};

    op_dispatch_fill(&out[0], &lanes_spirv, &push, sizeof(push), lanes_groups(n));
    out[0].spec[0] = (uint32_t)site->node->p.i[0];
    out[0].n_spec = 1;
    return 1;
}

const struct op binary_op = {
    .name = "binary",
    .grad = binary_grad,
    .kernels =
        {{.name = "host", .host = binary_host},
         {.name = "lanes", .fits = lanes_fit, .needs = LANES_NEEDS, .dispatch = binary_lanes},
         {.name = "portable", .dispatch = binary_dispatch}},
};

static struct node *binary(struct graph *g, enum kind kind, struct node *a, struct node *b)
{
    g_assert(broadcast_fits(a->shape, b->shape));
    struct node *y = graph_add(g, &binary_op, DTYPE_F32, a->shape, (struct node *[]){a, b}, 2);
    y->p.i[0] = kind;
    return y;
}

struct node *op_add(struct graph *g, struct node *a, struct node *b)
{
    return binary(g, KIND_ADD, a, b);
}

struct node *op_sub(struct graph *g, struct node *a, struct node *b)
{
    return binary(g, KIND_SUB, a, b);
}

struct node *op_mul(struct graph *g, struct node *a, struct node *b)
{
    return binary(g, KIND_MUL, a, b);
}
