// Attention: y = softmax(scale q k^T) v for every head, without ever holding all scores.
//
// q (N,1,Tq,C), k and v (N,1,Tk,C), y like q; heads are channel ranges, so a head's slice is a
// matrix with row pitch C and nothing is transposed. p: see attention.h.
#include "compute/op/attention.h"

#include "compute/op/packed.h"
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

// Blocks of queries by blocks of keys, so that scores and what they meet stay in a processor's near
// caches; each block's powers are taken against the greatest score so far, and what was summed
// up before is scaled when that grows (Milakov and Gimelshein, "Online normalizer calculation for
// softmax", 2018; Dao et al., FlashAttention, 2022). Keys and values are packed once for all blocks
// of queries.

struct attention_task {
    struct attention_shape a;
    const struct packed_kernel *kernel;
    const float *q, *k, *v;
    float *y;
    float *packed;      // of every head of every picture the keys, then its values' blocks
    int64_t keys_words; // of a head
    int64_t values_words, block_words;
};

static struct packed_weights keys_of(const struct attention_task *t, int64_t head)
{
    const struct attention_shape *a = &t->a;
    return attention_rows(a,
                          t->k + head / a->heads * a->keys * a->channels + head % a->heads * a->d);
}

// The values of keys [first, first + count).
static struct packed_weights values_of(const struct attention_task *t, int64_t head, int first,
                                       int count)
{
    const struct attention_shape *a = &t->a;
    const int64_t at = (head / a->heads * a->keys + first) * a->channels + head % a->heads * a->d;
    return attention_columns(a, t->v + at, count);
}

static void pack_heads(int64_t begin, int64_t end, void *data)
{
    const struct attention_task *t = data;
    for (int64_t head = begin; head < end; head++) {
        float *out = t->packed + head * (t->keys_words + t->values_words);
        const struct packed_weights keys = keys_of(t, head);
        packed_panels(&keys, t->kernel, out);
        out += t->keys_words;
        for (int key = 0; key < t->a.keys; key += ATTENTION_KEYS, out += t->block_words) {
            const struct packed_weights values =
                values_of(t, head, key, MIN(ATTENTION_KEYS, t->a.keys - key));
            packed_panels(&values, t->kernel, out);
        }
    }
}

// What a block of queries has come to.
struct rows {
    int first, count;
    float top[ATTENTION_QUERIES], sum[ATTENTION_QUERIES]; // the greatest score, the sum of powers
};

// Scores (rows, keys) of keys [key, key + keys), to the base 2, become powers of it; y, (rows, d),
// is scaled to go with them.
HOST_INLINE void take_powers(const struct attention_shape *a, struct rows *r, int key, int keys,
                             float *s, float *y, bool rough)
{
    for (int i = 0; i < r->count; i++, s += keys) {
        const int seen = a->causal ? CLAMP(r->first + i + 1 - key, 0, keys) : keys;
        memset(s + seen, 0, (size_t)(keys - seen) * sizeof *s);
        if (seen == 0) {
            continue;
        }
        const float top = softmax_top(s, seen);
        if (key == 0) {
            r->top[i] = top;
            r->sum[i] = 0;
        } else if (top > r->top[i]) {
            const float scale = fast_exp2f(r->top[i] - top, false);
            r->top[i] = top;
            r->sum[i] *= scale;
            for (int c = 0; c < a->d; c++) {
                y[(int64_t)i * a->channels + c] *= scale;
            }
        }
        r->sum[i] += softmax_powers(s, seen, r->top[i], 1, rough);
    }
}

static HOST_CLONES void take_powers_fp32(const struct attention_shape *a, struct rows *r, int key,
                                         int keys, float *s, float *y)
{
    take_powers(a, r, key, keys, s, y, false);
}

static HOST_CLONES void take_powers_bf16(const struct attention_shape *a, struct rows *r, int key,
                                         int keys, float *s, float *y)
{
    take_powers(a, r, key, keys, s, y, true);
}

static HOST_CLONES void divide(const struct attention_shape *a, const struct rows *r, float *y)
{
    for (int64_t i = 0; i < r->count; i++) {
        const float factor = 1 / r->sum[i];
        for (int64_t c = 0; c < a->d; c++) {
            y[i * a->channels + c] *= factor;
        }
    }
}

// Where one block's numbers lie while it is worked on.
struct room {
    float *scores, *words,
        *queries; // (ATTENTION_QUERIES, ATTENTION_KEYS), its words, (ATTENTION_QUERIES, d)
};

static void attend_block(const struct attention_task *t, const struct room *room, int64_t head,
                         int first)
{
    const struct attention_shape *a = &t->a;
    const struct packed_kernel *kernel = t->kernel;
    struct rows r = {.first = first, .count = MIN(ATTENTION_QUERIES, a->queries - first)};
    const int seen = attention_keys_seen(a, first + r.count);
    const struct packed_weights all = keys_of(t, head);
    const int words = packed_words(&all, kernel);
    const int64_t at =
        (head / a->heads * a->queries + first) * a->channels + head % a->heads * a->d;
    const float *packed = t->packed + head * (t->keys_words + t->values_words);
    float *y = t->y + at;
    packed_rows(kernel, t->q + at, a->channels, r.count, a->d, a->scale * LOG2_E, room->queries);
    for (int key = 0; key < seen; key += ATTENTION_KEYS) {
        const int keys = MIN(ATTENTION_KEYS, seen - key);
        struct packed_block scores = {kernel, room->queries, words, r.count, words, keys};
        scores.panel_words = (int64_t)words * kernel->columns;
        scores.panels = packed + key / kernel->columns * scores.panel_words;
        scores.c = room->scores;
        scores.ldc = keys;
        packed_block_run(&scores);
        (kernel->bf16 ? take_powers_bf16 : take_powers_fp32)(a, &r, key, keys, room->scores, y);
        // The values were packed by the whole block, of which the last queries may see a part.
        const struct packed_weights values =
            values_of(t, head, key, MIN(ATTENTION_KEYS, a->keys - key));
        const int depth = packed_words(&values, kernel);
        struct packed_block sums = {kernel, room->scores, keys, r.count, 0, a->d};
        sums.words = kernel->bf16 ? (keys + 1) / 2 : keys;
        if (kernel->bf16) {
            packed_rows(kernel, room->scores, keys, r.count, keys, 1, room->words);
            sums.x = room->words;
            sums.ldx = sums.words;
        }
        sums.panels = packed + t->keys_words + key / ATTENTION_KEYS * t->block_words;
        sums.panel_words = (int64_t)depth * kernel->columns;
        sums.c = y;
        sums.ldc = a->channels;
        sums.accumulate = key > 0;
        packed_block_run(&sums);
    }
    divide(a, &r, y);
}

// Items: (picture, head, block of queries).
static void attend(int64_t begin, int64_t end, void *data)
{
    const struct attention_task *t = data;
    const int blocks = (t->a.queries + ATTENTION_QUERIES - 1) / ATTENTION_QUERIES;
    struct room room;
    room.scores = host_scratch(1, ATTENTION_QUERIES * (2 * ATTENTION_KEYS + t->a.d));
    if (!room.scores) {
        return;
    }
    room.words = room.scores + ATTENTION_QUERIES * ATTENTION_KEYS;
    room.queries = room.words + ATTENTION_QUERIES * ATTENTION_KEYS;
    for (int64_t item = begin; item < end; item++) {
        attend_block(t, &room, item / blocks, (int)(item % blocks) * ATTENTION_QUERIES);
    }
}

static void run_attention(const struct op_run *run, bool bf16)
{
    struct attention_task t = {.a = attention_shape_of(run->node),
                               .q = run->in[0],
                               .k = run->in[1],
                               .v = run->in[2],
                               .y = run->out};
    t.kernel = packed_kernel_for(ATTENTION_KEYS, bf16);
    const int64_t heads = (int64_t)t.a.batch * t.a.heads;
    const int64_t blocks = (t.a.queries + ATTENTION_QUERIES - 1) / ATTENTION_QUERIES;
    const struct packed_weights keys = keys_of(&t, 0);
    const struct packed_weights values = values_of(&t, 0, 0, MIN(ATTENTION_KEYS, t.a.keys));
    t.keys_words = packed_panels_words(&keys, t.kernel);
    t.block_words = packed_panels_words(&values, t.kernel);
    t.values_words = (t.a.keys + ATTENTION_KEYS - 1) / ATTENTION_KEYS * t.block_words;
    t.packed = host_scratch(0, heads * (t.keys_words + t.values_words));
    if (!t.packed) {
        return;
    }
    host_parallel(heads, op_grain((int64_t)t.a.keys * t.a.d), pack_heads, &t);
    host_parallel(heads * blocks,
                  op_product_grain(heads * blocks, (double)t.a.queries * t.a.keys * t.a.channels),
                  attend, &t);
}

static void attention_host(const struct op_run *run)
{
    run_attention(run, false);
}

static void attention_bf16(const struct op_run *run)
{
    run_attention(run, true);
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
    .kernels = {{.name = "bf16",
                 .fits = packed_bf16_fits,
                 .needs = PACKED_BF16_NEEDS,
                 .host = attention_bf16},
                {.name = "host", .host = attention_host},
                {.name = "portable", .dispatch = attention_dispatch}},
    .flops = attention_flops,
};
