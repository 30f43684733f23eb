// Products with packed weights. See packed.h.
#include "compute/op/packed.h"

#include "compute/op/kernel.h"
#include "compute/op/pack.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define MAX_ROWS    8
#define MAX_COLUMNS PACK_COLUMNS

// ---- kernels ------------------------------------------------------------------------------------

static bool always(void)
{
    return true;
}

#if defined(__x86_64__)
#define PACKED_LANES  16
#define PACKED_ROWS   8
#define PACKED_TARGET __attribute__((target("avx512f,avx512bf16")))
#define PACKED_SUM(sum, word, vector)                                                              \
    (PACKED_VECTOR)                                                                                \
        _mm512_dpbf16_ps((__m512)(sum), (__m512bh)(vector), (__m512bh)_mm512_set1_ps(word))
#define PACKED_NAME run_avx512_bf16
#include "compute/op/packed_kernel.inc"
#define PACKED_NAME    run_avx512_bf16_half
#define PACKED_VECTORS 1
#include "compute/op/packed_kernel.inc"
#undef PACKED_SUM
#undef PACKED_TARGET

static const struct packed_kernel avx512_bf16 = {
    "avx512_bf16", 8, 32, true, host_multiplies_bf16, run_avx512_bf16, run_avx512_bf16_half,
};

#define PACKED_TARGET __attribute__((target("avx512f,fma")))
#define PACKED_NAME   run_avx512
#include "compute/op/packed_kernel.inc"
#define PACKED_NAME    run_avx512_half
#define PACKED_VECTORS 1
#include "compute/op/packed_kernel.inc"
#undef PACKED_TARGET
#undef PACKED_ROWS
#undef PACKED_LANES

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f");
}

static const struct packed_kernel avx512 = {
    "avx512", 8, 32, false, has_avx512, run_avx512, run_avx512_half,
};

#define PACKED_LANES  8
#define PACKED_ROWS   6
#define PACKED_TARGET __attribute__((target("avx2,fma")))
#define PACKED_NAME   run_avx2
#include "compute/op/packed_kernel.inc"
#define PACKED_NAME    run_avx2_half
#define PACKED_VECTORS 1
#include "compute/op/packed_kernel.inc"
#undef PACKED_TARGET
#undef PACKED_LANES

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static const struct packed_kernel avx2 = {
    "avx2", 6, 16, false, has_avx2, run_avx2, run_avx2_half,
};
#undef PACKED_ROWS
#endif

#define PACKED_NAME  run_plain
#define PACKED_LANES 4
#define PACKED_ROWS  6
#define PACKED_TARGET
#include "compute/op/packed_kernel.inc"

static const struct packed_kernel plain = {"plain", 6, 8, false, always, run_plain, NULL};

const struct packed_kernel *const packed_kernels[] = {
#if defined(__x86_64__)
    &avx512_bf16, &avx512, &avx2,
#endif
    &plain,       NULL,
};

// The widest, but not one of whose columns half would stay empty, where there is another than the
// plain one.
const struct packed_kernel *packed_kernel_for(int n, bool bf16)
{
    const struct packed_kernel *best = NULL;
    for (int i = 0; packed_kernels[i]; i++) {
        const struct packed_kernel *kernel = packed_kernels[i];
        bool narrower = best && n <= best->columns / 2 && kernel != &plain;
        if ((!best || narrower) && (bf16 || !kernel->bf16) && kernel->usable()) {
            best = kernel;
        }
    }
    return best;
}

// ---- weights ------------------------------------------------------------------------------------

// Words of an input under one tap.
int packed_words(const struct packed_weights *w, const struct packed_kernel *kernel)
{
    return kernel->bf16 ? (w->depth + 1) / 2 : w->depth;
}

// A part of the inner dimension: several taps of a shallow convolution, or some of a deep one's
// channels. A panel of so many words fits into a processor's first cache.
struct part {
    int tap, taps, begin, words;
};
#define PART_WORDS 384

// The next one of the inputs' `taps` times `words`.
static bool next_part(int taps, int words, struct part *p)
{
    if (p->words > 0 && p->begin + p->words < words) { // the next channels of the same tap
        p->begin += p->words;
        p->words = MIN(p->words, words - p->begin);
        return true;
    }
    p->tap += p->taps;
    p->begin = 0;
    p->taps = MIN(MAX(1, PART_WORDS / words), taps - p->tap);
    int parts = (words + PART_WORDS - 1) / PART_WORDS;
    p->words = (words + parts - 1) / parts;
    return p->tap < taps;
}

struct packing {
    const struct packed_weights *w;
    const struct packed_kernel *kernel;
    float *out;
};

static int64_t panel_words(const struct packed_weights *w, const struct packed_kernel *kernel)
{
    return (int64_t)w->taps * packed_words(w, kernel) * kernel->columns;
}

// Panels [begin, end), the first of them to out.
static void pack(const struct packing *p, int64_t begin, int64_t end, float *out)
{
    const int columns = p->kernel->columns;
    const int64_t words = panel_words(p->w, p->kernel);
    for (int64_t i = begin; i < end; i++, out += words) {
        if ((i + 1) * columns > p->w->n) {
            memset(out, 0, (size_t)words * sizeof(*out));
        }
        pack_panel(p->w, (int)i * columns, columns, p->kernel->bf16, out);
    }
}

static void pack_panels(int64_t begin, int64_t end, void *data)
{
    const struct packing *p = data;
    pack(p, begin, end, p->out + begin * panel_words(p->w, p->kernel));
}

// The packed copy that is kept with the tensor, or NULL where none can be.
static const float *kept(const struct packed_weights *w, const struct packed_kernel *kernel)
{
    const int panels = (w->n + kernel->columns - 1) / kernel->columns;
    bool stale = false;
    if (!w->keeper) {
        return NULL;
    }
    struct packed_key key = {kernel, {w->n, w->taps, w->depth, 0}};
    float *copy =
        tensor_packed(w->keeper, w->turned, &key, panels * panel_words(w, kernel), &stale);
    if (copy && stale) {
        struct packing packing = {w, kernel, copy};
        host_parallel(panels, op_grain(panel_words(w, kernel)), pack_panels, &packing);
    }
    return copy;
}

// ---- the product --------------------------------------------------------------------------------

enum {
    CHUNK = 8192,         // rows that are located at a time
    KEEP_ROWS = 1024,     // with more rows, packing anew does not show
    NEAR_ROWS = 256,      // rows whose inputs stay in a processor's second cache
    GROUP_WORDS = 1 << 20 // most that a piece packs for itself
};

struct job {
    const struct packed_product *q;
    const struct packed_kernel *kernel;
    const float *kept; // all panels, or NULL: each piece packs its own
    struct packed_table table;
    int64_t first;    // the first row of the chunk
    int rows, panels; // of the chunk
    int range, group; // rows and panels of a piece; the range in whole tiles
    int ranges, groups;
};

static void run_edge(const struct packed_kernel *kernel, struct packed_tile tile, int rows,
                     int columns, void (*run)(const struct packed_tile *tile))
{
    float c[MAX_ROWS * MAX_COLUMNS], bias[MAX_COLUMNS] = {0};
    const float *real_bias = tile.bias;
    float *real = tile.c;
    const int64_t ld = tile.ldc;
    if (real_bias) {
        memcpy(bias, real_bias, (size_t)columns * sizeof(*bias));
        tile.bias = bias;
    }
    memset(c, 0, sizeof(c));
    for (int i = 0; i < rows && !real_bias; i++) {
        memcpy(c + i * kernel->columns, real + i * ld, (size_t)columns * sizeof(*c));
    }
    tile.c = c;
    tile.ldc = kernel->columns;
    run(&tile);
    for (int i = 0; i < rows; i++) {
        memcpy(real + i * ld, c + i * kernel->columns, (size_t)columns * sizeof(*c));
    }
}

// A tile of which the result has so many rows and columns.
static void run_tile(const struct packed_kernel *kernel, const struct packed_tile *tile, int rows,
                     int columns)
{
    const bool half = kernel->run_half && columns <= kernel->columns / 2;
    const int width = half ? kernel->columns / 2 : kernel->columns;
    void (*run)(const struct packed_tile *) = half ? kernel->run_half : kernel->run;
    if (rows < kernel->rows || columns < width) {
        run_edge(kernel, *tile, MIN(kernel->rows, rows), columns, run);
    } else {
        run(tile);
    }
}

// Rows [begin, end) of the chunk by a part of one panel.
static void run_part(const struct job *job, const struct part *part, const float *packed,
                     int column, int begin, int end)
{
    const struct packed_product *q = job->q;
    const struct packed_kernel *kernel = job->kernel;
    const int columns = MIN(kernel->columns, q->w.n - column);
    const bool opens = part->tap == 0 && part->begin == 0;
    struct packed_tile tile = {
        .pitch = job->table.pitch,
        .taps = part->taps,
        .begin = part->begin,
        .words = part->words,
        .panel = packed,
        .ldc = q->w.n,
    };
    if (opens) {
        tile.bias = q->bias ? q->bias + column : job->table.zeros;
    }
    for (int row = begin; row < end; row += kernel->rows) {
        tile.rows = job->table.at + part->tap * job->table.pitch + row;
        tile.c = q->y + (job->first + row) * q->w.n + column;
        run_tile(kernel, &tile, end - row, columns);
    }
}

// Some rows at a time and of those part by part, so that inputs are read from afar once for all
// taps and panels, and each part of a panel once for those rows. After Goto and van de Geijn,
// "Anatomy of High-Performance Matrix Multiplication" (2008).
static void run_piece(const struct job *job, int panel, int panels, int begin, int end)
{
    const struct packed_weights *w = &job->q->w;
    const int columns = job->kernel->columns, depth = (int)job->table.words;
    const int64_t words = panel_words(w, job->kernel);
    const float *packed = job->kept ? job->kept + panel * words : NULL;
    if (!packed) {
        float *own = host_scratch(1, panels * words);
        if (!own) {
            return;
        }
        pack(&(struct packing){w, job->kernel, NULL}, panel, panel + panels, own);
        packed = own;
    }
    const int near = NEAR_ROWS / job->kernel->rows * job->kernel->rows;
    for (int row = begin; row < end; row += near) {
        for (struct part part = {0}; next_part(w->taps, depth, &part);) {
            const float *at = packed + ((int64_t)part.tap * depth + part.begin) * columns;
            for (int i = 0; i < panels; i++) {
                run_part(job, &part, at + i * words, (panel + i) * columns, row,
                         MIN(row + near, end));
            }
        }
    }
}

static void run_pieces(int64_t begin, int64_t end, void *data)
{
    const struct job *job = data;
    for (int64_t i = begin; i < end; i++) {
        int panel = (int)(i % job->groups) * job->group;
        int row = (int)(i / job->groups) * job->range;
        run_piece(job, panel, MIN(job->group, job->panels - panel), row,
                  MIN(row + job->range, job->rows));
    }
}

static void locate_range(int64_t begin, int64_t end, void *data)
{
    const struct job *job = data;
    struct packed_table table = job->table;
    table.at += begin;
    job->q->locate(job->q->data, job->first + begin, job->first + end, &table);
}

// The table of rows, behind which stand as many as the last tile lacks and the next would have, and
// zeros. false: no memory for it.
static bool locate(struct job *job)
{
    enum { FILL = 2 * MAX_ROWS };
    struct packed_table *t = &job->table;
    const int taps = job->q->w.taps, zeros = (int)MAX(t->words, MAX_COLUMNS);
    t->pitch = job->rows + FILL;
    const int64_t table = t->pitch * taps * (int64_t)sizeof(*t->at) / (int64_t)sizeof(float);
    float *scratch = host_scratch(0, table + zeros);
    if (!scratch) {
        return false;
    }
    t->at = (const float **)scratch;
    t->zeros = scratch + table;
    memset(scratch + table, 0, (size_t)zeros * sizeof(*scratch));
    host_parallel(job->rows, op_grain(4 * taps), locate_range, job);
    for (int tap = 0; tap < taps; tap++) {
        for (int i = 0; i < FILL; i++) {
            t->at[tap * t->pitch + job->rows + i] = t->zeros;
        }
    }
    return true;
}

struct rounding {
    const struct packed_product *q;
    int64_t first, words;
    float *out;
};

static void round_range(int64_t begin, int64_t end, void *data)
{
    const struct rounding *r = data;
    const pack_row_fn pack_one = pack_row_packer();
    for (int64_t i = begin; i < end; i++) {
        pack_one(r->q->x + (r->first + i) * r->q->w.depth, r->q->w.depth, 1, r->out + i * r->words);
    }
}

// The input in the kernel's words: itself, or what the chunk reads of it rounded, once for all taps
// and panels. false: no memory for it.
static bool take_input(struct job *job)
{
    const struct packed_product *q = job->q;
    job->table = (struct packed_table){.x = q->x, .words = packed_words(&q->w, job->kernel)};
    if (job->kernel->bf16) {
        struct rounding r = {q, 0, job->table.words, NULL};
        int64_t end;
        q->reach(q->data, job->first, job->first + job->rows, &r.first, &end);
        r.out = host_scratch(2, MAX(1, (end - r.first) * r.words));
        if (!r.out) {
            return false;
        }
        host_parallel(end - r.first, op_grain(q->w.depth), round_range, &r);
        job->table.x = r.out;
        job->table.first = r.first;
    }
    return true;
}

// Large pieces read less memory, and small ones keep all threads busy to the end. Where pieces pack
// their own panels, few rows are the worse: what is packed serves only those.
static void cut(struct job *job)
{
    static const int kept_steps[][2] = {{8, CHUNK}, {8, 256}, {4, 256}, {2, 256},
                                        {2, 64},    {1, 64},  {1, 32}};
    static const int packed_steps[][2] = {{8, CHUNK}, {4, CHUNK}, {2, CHUNK}, {2, 2048},
                                          {2, 512},   {1, 512},   {1, 128}};
    G_STATIC_ASSERT(sizeof(kept_steps) == sizeof(packed_steps));
    const int tile = job->kernel->rows, enough = 8 * host_threads();
    const int64_t words = panel_words(&job->q->w, job->kernel);
    const int most = (int)MAX(1, GROUP_WORDS / words); // panels that a piece may pack
    for (size_t i = 0; i < G_N_ELEMENTS(kept_steps); i++) {
        const int *step = job->kept ? kept_steps[i] : packed_steps[i];
        const int group = job->kept ? step[0] : MIN(step[0], most);
        job->groups = (job->panels + group - 1) / group;
        job->group = (job->panels + job->groups - 1) / job->groups;
        job->range = (step[1] + tile - 1) / tile * tile;
        job->ranges = (job->rows + job->range - 1) / job->range;
        if (job->ranges * job->groups >= enough) {
            break;
        }
    }
}

void packed_product_run(const struct packed_product *q)
{
    struct job job = {.q = q, .kernel = q->kernel ? q->kernel : packed_kernel_for(q->w.n, q->bf16)};
    job.panels = (q->w.n + job.kernel->columns - 1) / job.kernel->columns;
    job.kept = q->m <= KEEP_ROWS ? kept(&q->w, job.kernel) : NULL;
    for (job.first = 0; job.first < q->m; job.first += CHUNK) {
        job.rows = (int)MIN(CHUNK, q->m - job.first);
        if (!take_input(&job) || !locate(&job)) {
            return;
        }
        cut(&job);
        int64_t pieces = (int64_t)job.ranges * job.groups;
        double work = (double)job.rows * q->w.n * q->w.taps * q->w.depth;
        host_parallel(pieces, op_product_grain(pieces, work), run_pieces, &job);
    }
}

// ---- blocks -------------------------------------------------------------------------------------

int64_t packed_panels_words(const struct packed_weights *w, const struct packed_kernel *kernel)
{
    return (w->n + kernel->columns - 1) / kernel->columns * panel_words(w, kernel);
}

void packed_panels(const struct packed_weights *w, const struct packed_kernel *kernel, float *out)
{
    pack(&(struct packing){w, kernel, NULL}, 0, (w->n + kernel->columns - 1) / kernel->columns,
         out);
}

static HOST_CLONES void copy_scaled(const float *row, int n, float scale, float *out)
{
    for (int k = 0; k < n; k++) {
        out[k] = scale * row[k];
    }
}

void packed_rows(const struct packed_kernel *kernel, const float *x, int64_t ldx, int rows,
                 int count, float scale, float *out)
{
    const int words = kernel->bf16 ? (count + 1) / 2 : count;
    const pack_row_fn pack_one = kernel->bf16 ? pack_row_packer() : copy_scaled;
    for (int i = 0; i < rows; i++) {
        pack_one(x + i * ldx, count, scale, out + i * words);
    }
}

void packed_block_run(const struct packed_block *b)
{
    static const float zeros[MAX_COLUMNS];
    const struct packed_kernel *kernel = b->kernel;
    const float *rows[PACKED_BLOCK_ROWS + 2 * MAX_ROWS];
    for (int i = 0; i < (int)G_N_ELEMENTS(rows); i++) { // read ahead, or for nothing
        rows[i] = b->x + MIN(i, b->rows - 1) * b->ldx;
    }
    for (int column = 0; column < b->columns; column += kernel->columns) {
        const int columns = MIN(kernel->columns, b->columns - column);
        struct packed_tile tile = {
            .taps = 1,
            .words = b->words,
            .panel = b->panels + column / kernel->columns * b->panel_words,
            .ldc = b->ldc,
            .bias = b->accumulate ? NULL : zeros,
        };
        for (int row = 0; row < b->rows; row += kernel->rows) {
            tile.rows = rows + row;
            tile.c = b->c + row * b->ldc + column;
            run_tile(kernel, &tile, b->rows - row, columns);
        }
    }
}

bool packed_fits(const struct node *node, const struct gpu_info *gpu)
{
    return !dtype_is_half(node->in[1]->dtype) || node->in[1]->tensor;
}

bool packed_bf16_fits(const struct node *node, const struct gpu_info *gpu)
{
    return gpu->bf16 && packed_fits(node, gpu);
}
