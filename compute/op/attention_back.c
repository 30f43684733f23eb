// Gradient of attention. With P = softmax(scale q k^T) recomputed block by block:
//
//   dv = P^T dy,  dP = dy v^T,  dS = P * (dP - rowsum(dP * P)),
//   dq = scale dS k,  dk = scale dS^T q
//
// Dao et al., FlashAttention, appendix B.2. Output: dq, dk, dv one after the other, flat. p: see
// attention.h.
#include "compute/op/attention.h"

#include "compute/op/tile.h"

extern const struct op attention_back_op;

struct node *op_attention_back(struct graph *g, struct node *q, struct node *k, struct node *v,
                               struct node *dy, int heads, float scale, bool causal)
{
    g_assert(op_same_shape(q, dy));
    g_assert(q->shape[3] / heads >= 2); // attention_back.comp keeps two numbers in a row of dq
    int64_t count = op_count(q) + 2 * op_count(k);
    g_assert(count <= INT32_MAX);
    struct node *y = graph_add(g, &attention_back_op, DTYPE_F32, (const int[]){1, 1, 1, (int)count},
                               (struct node *[]){q, k, v, dy}, 4);
    attention_set_params(y, heads, scale, causal);
    return y;
}

// ---- host ---------------------------------------------------------------------------------------

#define BLOCK_QUERIES 64

struct back_task {
    struct attention_shape a;
    const float *q, *k, *v, *dy;
    float *dq, *dk, *dv;
};

// s becomes P. Zero where a key is hidden.
static HOST_CLONES void softmax_rows(const struct attention_shape *a, int first, int rows, int seen,
                                     float *s)
{
    for (int i = 0; i < rows; i++, s += seen) {
        int n = a->causal && first + i + 1 < seen ? first + i + 1 : seen;
        float inverse = 1 / softmax_exponentials(s, n, softmax_top(s, n));
        for (int j = 0; j < n; j++) {
            s[j] *= inverse;
        }
        memset(s + n, 0, (size_t)(seen - n) * sizeof *s);
    }
}

// dp becomes dS = P * (dP - rowsum(dP * P)).
static HOST_CLONES void softmax_back_rows(int rows, int seen, const float *p, float *dp)
{
    for (int i = 0; i < rows; i++, p += seen, dp += seen) {
        float lane[SOFTMAX_LANES] = {0}, dot = 0;
        const int whole = seen - seen % SOFTMAX_LANES;
        for (int j = 0; j < whole; j += SOFTMAX_LANES) {
            for (int l = 0; l < SOFTMAX_LANES; l++) {
                lane[l] += p[j + l] * dp[j + l];
            }
        }
        for (int j = whole; j < seen; j++) {
            dot += p[j] * dp[j];
        }
        for (int l = 0; l < SOFTMAX_LANES; l++) {
            dot += lane[l];
        }
        for (int j = 0; j < seen; j++) {
            dp[j] = p[j] * (dp[j] - dot);
        }
    }
}

// Items: (picture, head). A head's dk and dv are sums over its blocks of queries, taken in order by
// one thread.
static void back_heads(int64_t begin, int64_t end, void *data)
{
    const struct back_task *t = data;
    const struct attention_shape *a = &t->a;
    const int d = a->d, ld = a->channels;
    float *p = host_scratch(0, (int64_t)BLOCK_QUERIES * a->keys);
    float *ds = host_scratch(1, (int64_t)BLOCK_QUERIES * a->keys);
    if (!p || !ds) {
        return;
    }
    for (int64_t item = begin; item < end; item++) {
        const int64_t n = item / a->heads, channel = item % a->heads * d;
        const int64_t at_k = n * a->keys * ld + channel;
        for (int64_t j = 0; j < a->keys; j++) {
            memset(t->dk + at_k + j * ld, 0, (size_t)d * sizeof *t->dk);
            memset(t->dv + at_k + j * ld, 0, (size_t)d * sizeof *t->dv);
        }
        for (int first = 0; first < a->queries; first += BLOCK_QUERIES) {
            const int rows =
                a->queries - first < BLOCK_QUERIES ? a->queries - first : BLOCK_QUERIES;
            const int seen = attention_keys_seen(a, first + rows);
            const int64_t at_q = (n * a->queries + first) * ld + channel;
            host_gemm_serial(false, true, rows, seen, d, a->scale, t->q + at_q, ld, t->k + at_k, ld,
                             0, p, seen);
            softmax_rows(a, first, rows, seen, p);
            host_gemm_serial(true, false, seen, d, rows, 1, p, seen, t->dy + at_q, ld, 1,
                             t->dv + at_k, ld);
            host_gemm_serial(false, true, rows, seen, d, 1, t->dy + at_q, ld, t->v + at_k, ld, 0,
                             ds, seen);
            softmax_back_rows(rows, seen, p, ds);
            host_gemm_serial(false, false, rows, d, seen, a->scale, ds, seen, t->k + at_k, ld, 0,
                             t->dq + at_q, ld);
            host_gemm_serial(true, false, seen, d, rows, a->scale, ds, seen, t->q + at_q, ld, 1,
                             t->dk + at_k, ld);
        }
    }
}

static void attention_back_host(const struct op_run *run)
{
    struct back_task t = {.a = attention_shape_of(run->node),
                          .q = run->in[0],
                          .k = run->in[1],
                          .v = run->in[2],
                          .dy = run->in[3],
                          .dq = run->out};
    t.dk = t.dq + (int64_t)t.a.batch * t.a.queries * t.a.channels;
    t.dv = t.dk + (int64_t)t.a.batch * t.a.keys * t.a.channels;
    host_parallel((int64_t)t.a.batch * t.a.heads, 1, back_heads, &t);
}

static double attention_back_flops(const struct node *node)
{
    struct attention_shape a = attention_shape_of(node);
    return (a.causal ? 5.0 : 10.0) * a.batch * a.queries * (double)a.keys * a.channels;
}

// ---- Vulkan -------------------------------------------------------------------------------------

static const uint32_t code[] =
#include "compute/op/attention_back.spv.h"
    ;
static const struct gpu_spirv spirv = {"attention_back", code, sizeof(code)};

// Three passes: the rows' statistics, dk and dv, dq.
static int attention_back_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    struct attention_shape a = attention_shape_of(site->node);
    const uint64_t bytes_q = op_bytes(site->node->in[0]);
    const uint64_t bytes_k = op_bytes(site->node->in[1]);
    const uint32_t side = 2; // two tiles of scores: 13,440 bytes of shared memory, which all have
    struct {
        uint64_t dq, dk, dv, q, k, v, dy;
        uint32_t batch, heads, queries, keys;
        float scale;
    } push = {
        .dq = site->out,
        .dk = site->out + bytes_q,
        .dv = site->out + bytes_q + bytes_k,
        .q = site->in[0],
        .k = site->in[1],
        .v = site->in[2],
        .dy = site->in[3],
        .batch = (uint32_t)a.batch,
        .heads = (uint32_t)a.heads,
        .queries = (uint32_t)a.queries,
        .keys = (uint32_t)a.keys,
        .scale = a.scale,
    };
    for (uint32_t pass = 0; pass < 3; pass++) {
        int rows = pass == 1 ? a.keys : a.queries;
        op_dispatch_fill(&out[pass], &spirv, &push, sizeof(push),
                         tile_groups(rows, 1, (int64_t)a.batch * a.heads, side));
        memcpy(out[pass].spec, (uint32_t[]){side, (uint32_t)a.d, a.causal, pass},
               4 * sizeof(uint32_t));
        out[pass].n_spec = 4;
    }
    return 3;
}

const struct op attention_back_op = {
    .name = "attention_back",
    .kernels = {{.name = "host", .host = attention_back_host},
                {.name = "portable", .dispatch = attention_back_dispatch}},
    .flops = attention_back_flops,
};
