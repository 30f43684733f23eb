// Gradient of attention. With P = softmax(scale q k^T) recomputed block by block:
//
//   dv = P^T dy,  dP = dy v^T,  dS = P * (dP - rowsum(dP * P)),
//   dq = scale dS k,  dk = scale dS^T q
//
// Dao et al., FlashAttention, appendix B.2. Output: dq, dk, dv one after the other, flat. p: see
// attention.h.
#include "compute/op/attention.h"

#include "compute/op/packed.h"
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

// Of 64 queries the probabilities of all keys are made, then for 256 keys at a time what they give;
// products go through packed.h. Where a block of scores is summed up over its queries, for dk and
// dv, it takes the part of the weights, whose order it has, and dy or q turned over that of the
// rows, so that dk and dv come out turned over, too.
struct back_task {
    struct attention_shape a;
    const struct packed_kernel *kernel;
    const float *q, *k, *v, *dy;
    float *dq, *dk, *dv;
};

// Where one head's numbers lie while it is worked on.
struct room {
    // k and v as what makes scores of q and dy, k as what makes dq of a block's scores
    float *keys, *values, *back;
    int64_t back_words;          // of a block of keys
    float *dk, *dv;              // (d, keys)
    float *p, *ds;               // (ATTENTION_QUERIES, keys)
    float *q, *dy;               // (ATTENTION_QUERIES, d) in words
    float *turned_q, *turned_dy; // (d, ATTENTION_QUERIES) in words
    float *turned, *block;       // (d, ATTENTION_QUERIES); a block of scores in words
};

// false: there is no memory for it.
static bool room_init(struct room *r, const struct back_task *t)
{
    const struct attention_shape *a = &t->a;
    const struct packed_weights rows = attention_rows(a, NULL);
    const struct packed_weights columns = attention_columns(a, NULL, MIN(ATTENTION_KEYS, a->keys));
    const int64_t all = packed_panels_words(&rows, t->kernel), d = a->d, keys = a->keys;
    const int64_t blocks = (keys + ATTENTION_KEYS - 1) / ATTENTION_KEYS,
                  queries = ATTENTION_QUERIES;
    r->back_words = packed_panels_words(&columns, t->kernel);
    r->keys = host_scratch(0, 2 * all + blocks * r->back_words);
    r->dk = host_scratch(1, 2 * d * keys);
    r->p = host_scratch(2, queries * (2 * keys + 5 * d + ATTENTION_KEYS));
    if (!r->keys || !r->dk || !r->p) {
        return false;
    }
    r->values = r->keys + all;
    r->back = r->values + all;
    r->dv = r->dk + d * keys;
    r->ds = r->p + queries * keys;
    r->q = r->ds + queries * keys;
    r->dy = r->q + queries * d;
    r->turned_q = r->dy + queries * d;
    r->turned_dy = r->turned_q + queries * d;
    r->turned = r->turned_dy + queries * d;
    r->block = r->turned + queries * d;
    return true;
}

// Scores s, to the base 2, become P. Zero where a key is hidden.
HOST_INLINE void take_softmax(const struct attention_shape *a, int first, int rows, int seen,
                              float *s, bool rough)
{
    for (int i = 0; i < rows; i++, s += seen) {
        int n = a->causal && first + i + 1 < seen ? first + i + 1 : seen;
        float inverse = 1 / softmax_powers(s, n, softmax_top(s, n), 1, rough);
        for (int j = 0; j < n; j++) {
            s[j] *= inverse;
        }
        memset(s + n, 0, (size_t)(seen - n) * sizeof *s);
    }
}

static HOST_CLONES void take_softmax_fp32(const struct attention_shape *a, int first, int rows,
                                          int seen, float *s)
{
    take_softmax(a, first, rows, seen, s, false);
}

static HOST_CLONES void take_softmax_bf16(const struct attention_shape *a, int first, int rows,
                                          int seen, float *s)
{
    take_softmax(a, first, rows, seen, s, true);
}

// dp becomes dS = scale P * (dP - rowsum(dP * P)).
static HOST_CLONES void softmax_back_rows(int rows, int seen, float scale, const float *p,
                                          float *dp)
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
            dp[j] = scale * p[j] * (dp[j] - dot);
        }
    }
}

// out (columns, rows) of x (rows, columns).
static void turn(const float *x, int64_t ldx, int rows, int columns, float *out, int64_t ld_out)
{
    enum { NEAR = 64 }; // columns whose results stay in the first cache
    for (int first = 0; first < columns; first += NEAR) {
        const int end = MIN(first + NEAR, columns);
        for (int i = 0; i < rows; i++) {
            for (int c = first; c < end; c++) {
                out[c * ld_out + i] = x[i * ldx + c];
            }
        }
    }
}

// A block of queries, in words and turned over in words; x is its first row.
static void take_rows(const struct back_task *t, const struct room *room, const float *x, int rows,
                      float scale, float *words, float *turned)
{
    const struct attention_shape *a = &t->a;
    packed_rows(t->kernel, x, a->channels, rows, a->d, scale, words);
    turn(x, a->channels, rows, a->d, room->turned, rows);
    packed_rows(t->kernel, room->turned, rows, a->d, rows, 1, turned);
}

// c (rows, seen) = x times all keys or values.
static void score(const struct back_task *t, const float *x, int rows, const float *panels,
                  int seen, float *c)
{
    const struct packed_weights all = attention_rows(&t->a, NULL);
    const int words = packed_words(&all, t->kernel);
    packed_block_run(&(struct packed_block){.kernel = t->kernel,
                                            .x = x,
                                            .ldx = words,
                                            .rows = rows,
                                            .words = words,
                                            .columns = seen,
                                            .panels = panels,
                                            .panel_words = (int64_t)words * t->kernel->columns,
                                            .c = c,
                                            .ldc = seen});
}

// sum (d, keys of the block) += turned times the block's scores s (rows, keys), seen apart.
static void add_turned(const struct back_task *t, const struct room *room, const float *turned,
                       const float *s, int rows, int keys, int seen, float *sum)
{
    const struct packed_weights w = {
        .data = s, .step_n = 1, .step_depth = seen, .n = keys, .taps = 1, .depth = rows};
    const int words = packed_words(&w, t->kernel);
    packed_panels(&w, t->kernel, room->block);
    for (int first = 0; first < t->a.d; first += PACKED_BLOCK_ROWS) {
        packed_block_run(&(struct packed_block){.kernel = t->kernel,
                                                .x = turned + (int64_t)first * words,
                                                .ldx = words,
                                                .rows = MIN(PACKED_BLOCK_ROWS, t->a.d - first),
                                                .words = words,
                                                .columns = keys,
                                                .panels = room->block,
                                                .panel_words = (int64_t)words * t->kernel->columns,
                                                .c = sum + (int64_t)first * t->a.keys,
                                                .ldc = t->a.keys,
                                                .accumulate = true});
    }
}

// dq = or += a block's scores ds (rows, keys) times its keys.
static void add_queries(const struct back_task *t, const struct room *room, const float *ds,
                        int rows, int key, int keys, int seen, float *dq)
{
    const struct packed_weights w =
        attention_columns(&t->a, NULL, MIN(ATTENTION_KEYS, t->a.keys - key));
    const int words = t->kernel->bf16 ? (keys + 1) / 2 : keys;
    packed_rows(t->kernel, ds, seen, rows, keys, 1, room->block);
    packed_block_run(&(struct packed_block){
        .kernel = t->kernel,
        .x = room->block,
        .ldx = words,
        .rows = rows,
        .words = words,
        .columns = t->a.d,
        .panels = room->back + key / ATTENTION_KEYS * room->back_words,
        .panel_words = (int64_t)packed_words(&w, t->kernel) * t->kernel->columns,
        .c = dq,
        .ldc = t->a.channels,
        .accumulate = key > 0});
}

static void back_block(const struct back_task *t, const struct room *room, int64_t at, int first)
{
    const struct attention_shape *a = &t->a;
    const int rows = MIN(ATTENTION_QUERIES, a->queries - first);
    const int seen = attention_keys_seen(a, first + rows);
    take_rows(t, room, t->q + at, rows, a->scale * LOG2_E, room->q, room->turned_q);
    take_rows(t, room, t->dy + at, rows, 1, room->dy, room->turned_dy);
    score(t, room->q, rows, room->keys, seen, room->p);
    (t->kernel->bf16 ? take_softmax_bf16 : take_softmax_fp32)(a, first, rows, seen, room->p);
    score(t, room->dy, rows, room->values, seen, room->ds);
    for (int key = 0; key < seen; key += ATTENTION_KEYS) {
        add_turned(t, room, room->turned_dy, room->p + key, rows, MIN(ATTENTION_KEYS, seen - key),
                   seen, room->dv + key);
    }
    softmax_back_rows(rows, seen, a->scale, room->p, room->ds);
    for (int key = 0; key < seen; key += ATTENTION_KEYS) {
        const int keys = MIN(ATTENTION_KEYS, seen - key);
        add_turned(t, room, room->turned_q, room->ds + key, rows, keys, seen, room->dk + key);
        add_queries(t, room, room->ds + key, rows, key, keys, seen, t->dq + at);
    }
}

// Items: (picture, head). A head's dk and dv are sums over its blocks of queries, taken in order by
// one thread.
static void back_heads(int64_t begin, int64_t end, void *data)
{
    const struct back_task *t = data;
    const struct attention_shape *a = &t->a;
    struct room room;
    if (!room_init(&room, t)) {
        return;
    }
    for (int64_t item = begin; item < end; item++) {
        const int64_t n = item / a->heads, channel = item % a->heads * a->d;
        const int64_t at_k = n * a->keys * a->channels + channel;
        const struct packed_weights keys = attention_rows(a, t->k + at_k),
                                    values = attention_rows(a, t->v + at_k);
        packed_panels(&keys, t->kernel, room.keys);
        packed_panels(&values, t->kernel, room.values);
        for (int key = 0; key < a->keys; key += ATTENTION_KEYS) {
            const struct packed_weights back = attention_columns(
                a, t->k + at_k + (int64_t)key * a->channels, MIN(ATTENTION_KEYS, a->keys - key));
            packed_panels(&back, t->kernel, room.back + key / ATTENTION_KEYS * room.back_words);
        }
        memset(room.dk, 0, 2 * (size_t)a->d * (size_t)a->keys * sizeof *room.dk);
        for (int first = 0; first < a->queries; first += ATTENTION_QUERIES) {
            back_block(t, &room, (n * a->queries + first) * a->channels + channel, first);
        }
        turn(room.dk, a->keys, a->d, a->keys, t->dk + at_k, a->channels);
        turn(room.dv, a->keys, a->d, a->keys, t->dv + at_k, a->channels);
    }
}

static void run_attention_back(const struct op_run *run, bool bf16)
{
    struct back_task t = {.a = attention_shape_of(run->node),
                          .kernel = packed_kernel_for(ATTENTION_KEYS, bf16),
                          .q = run->in[0],
                          .k = run->in[1],
                          .v = run->in[2],
                          .dy = run->in[3],
                          .dq = run->out};
    t.dk = t.dq + (int64_t)t.a.batch * t.a.queries * t.a.channels;
    t.dv = t.dk + (int64_t)t.a.batch * t.a.keys * t.a.channels;
    host_parallel((int64_t)t.a.batch * t.a.heads, 1, back_heads, &t);
}

static void attention_back_host(const struct op_run *run)
{
    run_attention_back(run, false);
}

static void attention_back_bf16(const struct op_run *run)
{
    run_attention_back(run, true);
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
    .kernels = {{.name = "bf16",
                 .fits = packed_bf16_fits,
                 .needs = PACKED_BF16_NEEDS,
                 .host = attention_back_bf16},
                {.name = "host", .host = attention_back_host},
                {.name = "portable", .dispatch = attention_back_dispatch}},
    .flops = attention_back_flops,
};
