// Products with packed weights. See packed.h.
#include "compute/op/packed.h"

#include "compute/op/kernel.h"

#define MAX_ROWS    8
#define MAX_COLUMNS 32

// ---- kernels ------------------------------------------------------------------------------------

static bool always(void)
{
    return true;
}

#if defined(__x86_64__)
#define PACKED_NAME   run_avx512
#define PACKED_LANES  16
#define PACKED_ROWS   8
#define PACKED_TARGET __attribute__((target("avx512f,fma")))
#include "compute/op/packed_kernel.inc"

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f");
}

static const struct packed_kernel avx512 = {"avx512", 8, 32, has_avx512, run_avx512};

#define PACKED_NAME   run_avx2
#define PACKED_LANES  8
#define PACKED_ROWS   6
#define PACKED_TARGET __attribute__((target("avx2,fma")))
#include "compute/op/packed_kernel.inc"

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static const struct packed_kernel avx2 = {"avx2", 6, 16, has_avx2, run_avx2};
#endif

#define PACKED_NAME  run_plain
#define PACKED_LANES 4
#define PACKED_ROWS  6
#define PACKED_TARGET
#include "compute/op/packed_kernel.inc"

static const struct packed_kernel plain = {"plain", 6, 8, always, run_plain};

const struct packed_kernel *const packed_kernels[] = {
#if defined(__x86_64__)
    &avx512,
    &avx2,
#endif
    &plain,
    NULL,
};

// The widest, but not one of whose columns half would stay empty, where there is another than the
// plain one.
static const struct packed_kernel *choose(int n)
{
    const struct packed_kernel *best = NULL;
    for (int i = 0; packed_kernels[i]; i++) {
        const struct packed_kernel *kernel = packed_kernels[i];
        bool narrower = best && n <= best->columns / 2 && kernel != &plain;
        if ((!best || narrower) && kernel->usable()) {
            best = kernel;
        }
    }
    return best;
}

// ---- weights ------------------------------------------------------------------------------------

// A part of the inner dimension: several taps of a shallow convolution, or some of a deep one's
// channels. A panel of that depth fits into a processor's first cache.
struct part {
    int tap, taps, begin, depth;
};
#define PART_DEPTH 384

static bool next_part(const struct packed_weights *w, struct part *p)
{
    if (p->depth > 0 && p->begin + p->depth < w->depth) { // the next channels of the same tap
        p->begin += p->depth;
        p->depth = MIN(p->depth, w->depth - p->begin);
        return true;
    }
    p->tap += p->taps;
    p->begin = 0;
    p->taps = MIN(MAX(1, PART_DEPTH / w->depth), w->taps - p->tap);
    int parts = (w->depth + PART_DEPTH - 1) / PART_DEPTH;
    p->depth = (w->depth + parts - 1) / parts;
    return p->tap < w->taps;
}

// A part of a panel (taps, depth, columns): the weights of `columns` outputs, zeros behind the last
// output. Memory is read in its own order, whichever that is, in blocks that stay near as they are
// written.
static void pack(const struct packed_weights *w, const struct part *part, int first, int columns,
                 float *out)
{
    enum { BLOCK = 64 };
    const int n = MIN(columns, w->n - first);
    if (n < columns) {
        memset(out, 0, (size_t)part->taps * part->depth * columns * sizeof(*out));
    }
    for (int tap = part->tap; tap < part->tap + part->taps; tap++) {
        const float *from = w->data + first * w->step_n + tap * w->step_tap;
        const int end = part->begin + part->depth;
        for (int k = part->begin; k < end && w->step_n == 1; k++, out += columns) {
            memcpy(out, from + k * w->step_depth, (size_t)n * sizeof(*out));
        }
        for (int begin = part->begin; begin < end && w->step_n != 1; begin += BLOCK) {
            const int depth = MIN(BLOCK, end - begin);
            for (int j = 0; j < n; j++) {
                for (int k = 0; k < depth; k++) {
                    out[k * columns + j] = from[j * w->step_n + (begin + k) * w->step_depth];
                }
            }
            out += depth * columns;
        }
    }
}

struct packing {
    const struct packed_weights *w;
    int columns;
    float *out;
};

static int64_t panel_floats(const struct packed_weights *w, int columns)
{
    return (int64_t)w->taps * w->depth * columns;
}

static void pack_panels(int64_t begin, int64_t end, void *data)
{
    const struct packing *p = data;
    const struct part whole = {0, p->w->taps, 0, p->w->depth};
    for (int64_t i = begin; i < end; i++) {
        pack(p->w, &whole, (int)i * p->columns, p->columns,
             p->out + i * panel_floats(p->w, p->columns));
    }
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
    float *copy = tensor_packed(w->keeper, w->step_n == 1, &key,
                                panels * panel_floats(w, kernel->columns), &stale);
    if (copy && stale) {
        struct packing packing = {w, kernel->columns, copy};
        host_parallel(panels, op_grain(panel_floats(w, kernel->columns)), pack_panels, &packing);
    }
    return copy;
}

// ---- the product --------------------------------------------------------------------------------

enum {
    CHUNK = 8192,          // rows that are located at a time
    KEEP_ROWS = 1024,      // with more rows, packing anew does not show
    NEAR_ROWS = 256,       // rows whose inputs stay in a processor's second cache
    GROUP_FLOATS = 1 << 20 // most that a piece packs for itself
};

struct job {
    const struct packed_product *q;
    const struct packed_kernel *kernel;
    const float *kept;    // all panels, or NULL: each piece packs its own
    const float *zeros;   // `depth` or `columns` of them, whatever is more
    const float **at;     // (taps, pitch)
    int64_t pitch, first; // the first row of the chunk
    int rows, panels;     // of the chunk
    int range, group;     // rows and panels of a piece; the range in whole tiles
    int ranges, groups;
};

static void run_edge(const struct packed_kernel *kernel, struct packed_tile tile, int rows,
                     int columns)
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
    kernel->run(&tile);
    for (int i = 0; i < rows; i++) {
        memcpy(real + i * ld, c + i * kernel->columns, (size_t)columns * sizeof(*c));
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
        .pitch = job->pitch,
        .taps = part->taps,
        .begin = part->begin,
        .depth = part->depth,
        .panel = packed,
        .ldc = q->w.n,
    };
    if (opens) {
        tile.bias = q->bias ? q->bias + column : job->zeros;
    }
    for (int row = begin; row < end; row += kernel->rows) {
        tile.rows = job->at + part->tap * job->pitch + row;
        tile.c = q->y + (job->first + row) * q->w.n + column;
        if (end - row < kernel->rows || columns < kernel->columns) {
            run_edge(kernel, tile, MIN(kernel->rows, end - row), columns);
        } else {
            kernel->run(&tile);
        }
    }
}

// Some rows at a time and of those part by part, so that inputs are read from afar once for all
// taps and panels, and each part of a panel once for those rows. After Goto and van de Geijn,
// "Anatomy of High-Performance Matrix Multiplication" (2008).
static void run_piece(const struct job *job, int panel, int panels, int begin, int end)
{
    const struct packed_weights *w = &job->q->w;
    const int columns = job->kernel->columns;
    const int64_t floats = panel_floats(w, columns);
    const float *packed = job->kept ? job->kept + panel * floats : NULL;
    if (!packed) {
        float *own = host_scratch(1, panels * floats);
        if (!own) {
            return;
        }
        const struct part whole = {0, w->taps, 0, w->depth};
        for (int i = 0; i < panels; i++) {
            pack(w, &whole, (panel + i) * columns, columns, own + i * floats);
        }
        packed = own;
    }
    const int near = NEAR_ROWS / job->kernel->rows * job->kernel->rows;
    for (int row = begin; row < end; row += near) {
        for (struct part part = {0}; next_part(w, &part);) {
            const float *at = packed + ((int64_t)part.tap * w->depth + part.begin) * columns;
            for (int i = 0; i < panels; i++) {
                run_part(job, &part, at + i * floats, (panel + i) * columns, row,
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
    job->q->locate(job->q->data, job->first + begin, job->first + end, job->at + begin, job->pitch,
                   job->zeros);
}

// The table of rows, behind which stand as many as the last tile lacks and the next would have, and
// zeros. false: no memory for it.
static bool locate(struct job *job)
{
    enum { FILL = 2 * MAX_ROWS };
    const struct packed_weights *w = &job->q->w;
    const int zeros = MAX(w->depth, MAX_COLUMNS);
    job->pitch = job->rows + FILL;
    const int64_t table = job->pitch * w->taps * (int64_t)sizeof(*job->at) / (int64_t)sizeof(float);
    float *scratch = host_scratch(0, table + zeros);
    if (!scratch) {
        return false;
    }
    job->at = (const float **)scratch;
    job->zeros = scratch + table;
    memset(scratch + table, 0, (size_t)zeros * sizeof(*scratch));
    host_parallel(job->rows, op_grain(4 * w->taps), locate_range, job);
    for (int tap = 0; tap < w->taps; tap++) {
        for (int i = 0; i < FILL; i++) {
            job->at[tap * job->pitch + job->rows + i] = job->zeros;
        }
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
    const int64_t floats = panel_floats(&job->q->w, job->kernel->columns);
    const int most = (int)MAX(1, GROUP_FLOATS / floats); // panels that a piece may pack
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
    struct job job = {.q = q, .kernel = q->kernel ? q->kernel : choose(q->w.n)};
    job.panels = (q->w.n + job.kernel->columns - 1) / job.kernel->columns;
    job.kept = q->m <= KEEP_ROWS ? kept(&q->w, job.kernel) : NULL;
    for (job.first = 0; job.first < q->m; job.first += CHUNK) {
        job.rows = (int)MIN(CHUNK, q->m - job.first);
        if (!locate(&job)) {
            return;
        }
        cut(&job);
        int64_t pieces = (int64_t)job.ranges * job.groups;
        double work = (double)job.rows * q->w.n * q->w.taps * q->w.depth;
        host_parallel(pieces, op_product_grain(pieces, work), run_pieces, &job);
    }
}
