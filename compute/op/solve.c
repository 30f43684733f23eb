// Small linear systems, as many as there are blocks (for the Cayley map of orthogonal fine-tuning):
//
//   x = a^-1 b, or a^-T b        a, b, x (1,n,b,b)
//
// LU with partial pivoting. A singular block gives infinities or NaN, which the training step
// reports. p.i: trans.
#include "compute/gpu/blas.h"
#include "compute/i18n.h"
#include "compute/op/kernel.h"

extern const struct op solve_op;

struct node *op_solve(struct graph *g, struct node *a, struct node *b, bool trans)
{
    g_assert(a->shape[0] == 1 && a->shape[2] == a->shape[3]);
    g_assert(op_same_shape(a, b));
    struct node *x = graph_add(g, &solve_op, DTYPE_F32, b->shape, (struct node *[]){a, b}, 2);
    x->p.i[0] = trans;
    return x;
}

// X = A^-1 B:  dB = A^-T dX, dA = -dB X^T.   X = A^-T B:  dB = A^-1 dX, dA = -X dB^T.
static bool solve_grad(struct graph *g, struct node *x, struct node *dx_out, const bool *want,
                       struct node **dx)
{
    const bool trans = x->p.i[0];
    struct node *db = op_solve(g, x->in[0], dx_out, !trans);
    if (want[0]) {
        struct node *da =
            trans ? op_matmul(g, x, db, false, true) : op_matmul(g, db, x, false, true);
        dx[0] = op_affine(g, da, -1, 0);
    }
    if (want[1]) {
        dx[1] = db;
    }
    return true;
}

// ---- host ---------------------------------------------------------------------------------------

struct solve_task {
    int size;
    bool trans;
    const float *a, *b;
    float *x;
};

static void transpose(int n, const float *from, float *to)
{
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            to[j * n + i] = from[i * n + j];
        }
    }
}

// LAPACK's matrices are column-major: it sees our a as a^T, so its transposed solve is our plain
// one.
static void solve_blocks(int64_t begin, int64_t end, void *data)
{
    const struct solve_task *t = data;
    const int n = t->size;
    const int64_t area = (int64_t)n * n;
    float *lu = host_scratch(0, 2 * area), *right = lu + area;
    lapack_int *pivots = (lapack_int *)host_scratch(1, n);
    if (!lu || !pivots) {
        return;
    }
    for (int64_t i = begin; i < end; i++) {
        memcpy(lu, t->a + i * area, (size_t)area * sizeof *lu);
        transpose(n, t->b + i * area, right);
        blas()->LAPACKE_sgetrf_work(LAPACK_COL_MAJOR, n, n, lu, n, pivots);
        blas()->LAPACKE_sgetrs_work(LAPACK_COL_MAJOR, t->trans ? 'N' : 'T', n, n, lu, n, pivots,
                                    right, n);
        transpose(n, right, t->x + i * area);
    }
}

static void solve_host(const struct op_run *run)
{
    const int *shape = run->node->shape;
    struct solve_task t = {shape[3], run->node->p.i[0], run->in[0], run->in[1], run->out};
    host_parallel(shape[1], 1, solve_blocks, &t);
}

static double solve_flops(const struct node *node)
{
    double b = node->shape[3];
    return node->shape[1] * 8.0 / 3.0 * b * b * b;
}

// ---- Vulkan -------------------------------------------------------------------------------------

static const uint32_t code[] =
#include "compute/op/solve.spv.h"
    ;
static const struct gpu_spirv spirv = {"solve", code, sizeof(code)};

// Three numbers a row and the chosen pivot are in shared memory.
static bool solve_fits(const struct node *node, const struct gpu_info *gpu)
{
    return (3 * (uint32_t)node->shape[3] + 1) * sizeof(float) <= gpu->max_shared;
}

static int solve_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    const int *shape = site->node->shape;
    struct {
        uint64_t x, a, b;
        uint32_t blocks;
    } push = {site->out, site->in[0], site->in[1], (uint32_t)shape[1]};

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(shape[1], 1));
    out[0].spec[0] = (uint32_t)shape[3];
    out[0].spec[1] = (uint32_t)site->node->p.i[0];
    out[0].n_spec = 2;
    return 1;
}

const struct op solve_op = {
    .name = "solve",
    .grad = solve_grad,
    .kernels = {{.name = "host", .host = solve_host},
                {.name = "portable",
                 .fits = solve_fits,
                 .needs = N_("three rows of a block in shared memory"),
                 .dispatch = solve_dispatch}},
    .flops = solve_flops,
};
