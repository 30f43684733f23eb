// Attention: y = softmax(scale q k^T) v for every head, without ever holding all scores.
//
// q (N,1,Tq,C), k and v (N,1,Tk,C), y like q; heads are channel ranges, so a head's slice is a
// matrix with row pitch C and nothing is transposed. p: see attention.h.
#include "compute/op/attention.h"

#include "compute/op/tile.h"

extern const struct op attention_op;

struct node *op_attention(struct graph *g, struct node *q, struct node *k, struct node *v,
                          int heads, float scale, bool causal)
{
    g_assert(q->shape[1] == 1 && k->shape[1] == 1 && v->shape[1] == 1);
    g_assert(q->shape[0] == k->shape[0] && q->shape[3] == k->shape[3]);
    g_assert(op_same_shape(k, v));
    g_assert(heads > 0 && q->shape[3] % heads == 0);
    struct node *y =
        graph_add(g, &attention_op, DTYPE_F32, q->shape, (struct node *[]){q, k, v}, 3);
    attention_set_params(y, heads, scale, causal);
    return y;
}

static bool attention_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                           struct node **dx)
{
    struct attention_shape a = attention_shape_of(y);
    struct node *back =
        op_attention_back(g, y->in[0], y->in[1], y->in[2], dy, a.heads, a.scale, a.causal);
    int64_t offset = 0;
    for (int i = 0; i < 3; i++) { // dq, dk, dv one after the other
        if (want[i]) {
            dx[i] = op_view(g, back, offset, y->in[i]->shape);
        }
        offset += shape_count(y->in[i]->shape);
    }
    return true;
}

// ---- host ---------------------------------------------------------------------------------------

#define BLOCK_QUERIES 64

struct attention_task {
    struct attention_shape a;
    const float *q, *k, *v;
    float *y;
};

// Rows of exponentials over keys 0..seen, and 1 / their sum for each row.
static HOST_CLONES void exponentials(const struct attention_shape *a, int first, int rows, int seen,
                                     float *s, float *inverse)
{
    for (int i = 0; i < rows; i++, s += seen) {
        int n = a->causal && first + i + 1 < seen ? first + i + 1 : seen;
        inverse[i] = 1 / softmax_exponentials(s, n);
        memset(s + n, 0, (size_t)(seen - n) * sizeof *s);
    }
}

static HOST_CLONES void scale_rows(int rows, int columns, int pitch, const float *factor, float *y)
{
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t c = 0; c < columns; c++) {
            y[i * pitch + c] *= factor[i];
        }
    }
}

// Items: (picture, head, block of queries). Dividing by the sums after the product with v touches d
// numbers a row instead of Tk.
static void attend(int64_t begin, int64_t end, void *data)
{
    const struct attention_task *t = data;
    const struct attention_shape *a = &t->a;
    const int blocks = (a->queries + BLOCK_QUERIES - 1) / BLOCK_QUERIES;
    float *s = host_scratch(0, (int64_t)BLOCK_QUERIES * a->keys);
    if (!s) {
        return;
    }
    for (int64_t item = begin; item < end; item++) {
        const int first = (int)(item % blocks) * BLOCK_QUERIES;
        const int rows = a->queries - first < BLOCK_QUERIES ? a->queries - first : BLOCK_QUERIES;
        const int seen = attention_keys_seen(a, first + rows);
        const int64_t n = item / blocks / a->heads, channel = item / blocks % a->heads * a->d;
        const int64_t at_q = (n * a->queries + first) * a->channels + channel;
        const int64_t at_k = n * a->keys * a->channels + channel;
        float inverse[BLOCK_QUERIES];
        host_gemm_serial(false, true, rows, seen, a->d, a->scale, t->q + at_q, a->channels,
                         t->k + at_k, a->channels, 0, s, seen);
        exponentials(a, first, rows, seen, s, inverse);
        host_gemm_serial(false, false, rows, a->d, seen, 1, s, seen, t->v + at_k, a->channels, 0,
                         t->y + at_q, a->channels);
        scale_rows(rows, a->d, a->channels, inverse, t->y + at_q);
    }
}

static void attention_host(const struct op_run *run)
{
    struct attention_task t = {attention_shape_of(run->node), run->in[0], run->in[1], run->in[2],
                               run->out};
    int64_t blocks = (t.a.queries + BLOCK_QUERIES - 1) / BLOCK_QUERIES;
    host_parallel(t.a.batch * t.a.heads * blocks, 1, attend, &t);
}

static double attention_flops(const struct node *node)
{
    struct attention_shape a = attention_shape_of(node);
    return (a.causal ? 2.0 : 4.0) * a.batch * a.queries * (double)a.keys * a.channels;
}

// ---- Vulkan -------------------------------------------------------------------------------------

static const uint32_t code[] =
#include "compute/op/attention.spv.h"
    ;
static const struct gpu_spirv spirv = {"attention", code, sizeof(code)};

// Shared memory of a workgroup: the parts of the product, the scores, and the rows' numbers.
static uint32_t shared_bytes(uint32_t side)
{
    const uint32_t tile = 16 * side;
    return (2 * 16 * (tile + 4) + tile * (tile + 1) + 2 * 256 + 3 * tile) * sizeof(float);
}

static int attention_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    struct attention_shape a = attention_shape_of(site->node);
    struct {
        uint64_t y, q, k, v;
        uint32_t batch, heads, queries, keys;
        float scale;
    } push = {
        .y = site->out,
        .q = site->in[0],
        .k = site->in[1],
        .v = site->in[2],
        .batch = (uint32_t)a.batch,
        .heads = (uint32_t)a.heads,
        .queries = (uint32_t)a.queries,
        .keys = (uint32_t)a.keys,
        .scale = a.scale,
    };
    // Each invocation keeps d / TILE * SIDE^2 sums: large heads take small tiles to stay in
    // registers.
    const bool small = a.d > 256 || shared_bytes(4) > site->gpu->max_shared;
    uint32_t side = small ? 2 : tile_side(a.queries, 1, (int64_t)a.batch * a.heads);

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push),
                     tile_groups(a.queries, 1, (int64_t)a.batch * a.heads, side));
    out[0].spec[0] = side;
    out[0].spec[1] = (uint32_t)a.d;
    out[0].spec[2] = a.causal;
    out[0].n_spec = 3;
    return 1;
}

const struct op attention_op = {
    .name = "attention",
    .grad = attention_grad,
    .kernels = {{.name = "host", .host = attention_host},
                {.name = "portable", .dispatch = attention_dispatch}},
    .flops = attention_flops,
};
