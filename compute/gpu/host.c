// Host kernels' tools: the thread team, matrix products and the SVD. See host.h.
#include "compute/gpu/host.h"

#include "compute/gpu/blas.h"

#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define MAX_THREADS 64
#define PIECES      4 // pieces a thread gets: late threads then cost at most a quarter of the work
#define SPIN_ROUNDS 1000 // looks for work before sleeping: 20 to 70 microseconds by processor

// ---- the team -----------------------------------------------------------------------------------
//
// The caller publishes a job, opens it, raises `generation` and works along; pieces are handed out
// by an atomic counter. When none are left the caller closes the job and waits for the workers
// inside; one that wakes up too late finds it closed, so a short job never waits for a sleeper. A
// worker that finds nothing to do for a while sleeps on the condition.

static struct {
    pthread_mutex_t use;   // held by the caller for the length of a job
    pthread_mutex_t sleep; // guards `generation` for sleepers
    pthread_cond_t wake;
    int threads;

    // the job
    host_range_fn fn;
    void *data;
    int64_t n, piece;
    atomic_int_fast64_t next; // first item that nobody has taken
    atomic_uint generation;
    atomic_bool open;
    atomic_int inside;            // workers that may be reading the job
    atomic_uint_fast64_t missing; // bytes that a worker did not get
} team = {.use = PTHREAD_MUTEX_INITIALIZER,
          .sleep = PTHREAD_MUTEX_INITIALIZER,
          .wake = PTHREAD_COND_INITIALIZER};

static _Thread_local bool in_job;
static _Thread_local uint64_t missing; // bytes that this thread, or one that helped it, did not get

uint64_t host_memory_missing(void)
{
    const uint64_t bytes = missing;
    missing = 0;
    return bytes;
}

static void work(void)
{
    in_job = true;
    for (;;) {
        int64_t begin = atomic_fetch_add(&team.next, team.piece);
        if (begin >= team.n) {
            break;
        }
        team.fn(begin, MIN(begin + team.piece, team.n), team.data);
    }
    in_job = false;
}

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// Returns the first generation that differs from `seen`.
static unsigned wait_for_generation(unsigned seen)
{
    unsigned now = seen;
    for (int i = 0; i < SPIN_ROUNDS; i++) {
        now = atomic_load(&team.generation);
        if (now != seen) {
            return now;
        }
        relax();
    }
    pthread_mutex_lock(&team.sleep);
    while ((now = atomic_load(&team.generation)) == seen) {
        pthread_cond_wait(&team.wake, &team.sleep);
    }
    pthread_mutex_unlock(&team.sleep);
    return now;
}

static void *worker(void *unused)
{
    (void)unused;
    for (unsigned seen = 0;;) {
        seen = wait_for_generation(seen);
        atomic_fetch_add(&team.inside, 1);
        if (atomic_load(&team.open)) {
            work();
            if (missing) {
                atomic_store(&team.missing, host_memory_missing());
            }
        }
        atomic_fetch_sub(&team.inside, 1);
    }
    return NULL;
}

static int wanted_threads(void)
{
    const char *setting = g_getenv("TINCTURE_THREADS");
    int n = setting ? atoi(setting) : 0;
    return CLAMP(n > 0 ? n : (int)g_get_num_processors(), 1, MAX_THREADS);
}

static void team_start(void)
{
    int wanted = wanted_threads();
    team.threads = 1;
    while (team.threads < wanted) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, worker, NULL)) {
            break; // fewer threads is slower, not wrong
        }
        pthread_detach(thread);
        team.threads++;
    }
}

int host_threads(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, team_start);
    return team.threads;
}

// The team is the caller's alone until team.use is released.
static void run_job(int64_t n, int64_t piece, host_range_fn fn, void *data)
{
    team.fn = fn;
    team.data = data;
    team.n = n;
    team.piece = piece;
    atomic_store(&team.next, 0);
    atomic_store(&team.missing, 0);
    atomic_store(&team.open, true);
    pthread_mutex_lock(&team.sleep);
    atomic_fetch_add(&team.generation, 1);
    pthread_cond_broadcast(&team.wake);
    pthread_mutex_unlock(&team.sleep);
    work();
    atomic_store(&team.open, false);
    // The workers' last pieces: short, but on a busy machine one may have lost its core.
    for (int i = 0; atomic_load(&team.inside); i++) {
        if (i < SPIN_ROUNDS) {
            relax();
        } else {
            sched_yield();
        }
    }
    missing = MAX(missing, atomic_load(&team.missing));
}

void host_parallel(int64_t n, int64_t grain, host_range_fn fn, void *data)
{
    g_assert(!in_job && grain > 0);
    int threads = host_threads();
    if (n <= 0) {
        return;
    }
    // Another thread of the program may be using the team (pictures and the engine both do): then
    // this one does its own work rather than wait.
    if (n <= grain || threads == 1 || pthread_mutex_trylock(&team.use)) {
        in_job = true;
        fn(0, n, data);
        in_job = false;
        return;
    }
    run_job(n, MAX(grain, (n + threads * PIECES - 1) / (threads * PIECES)), fn, data);
    pthread_mutex_unlock(&team.use);
}

// ---- scratch ------------------------------------------------------------------------------------

struct scratch {
    float *data[HOST_SCRATCHES];
    int64_t floats[HOST_SCRATCHES];
};

static void scratch_free(void *pointer)
{
    struct scratch *s = pointer;
    for (int slot = 0; slot < HOST_SCRATCHES; slot++) {
        free(s->data[slot]);
    }
    g_free(s);
}

float *host_scratch(int slot, int64_t floats)
{
    static GPrivate key = G_PRIVATE_INIT(scratch_free);
    struct scratch *s = g_private_get(&key);
    if (!s) {
        s = g_new0(struct scratch, 1);
        g_private_set(&key, s);
    }
    if (s->floats[slot] < floats) {
        free(s->data[slot]);
        s->floats[slot] = (floats + 1023) / 1024 * 1024;
        s->data[slot] = aligned_alloc(64, (size_t)s->floats[slot] * sizeof(float));
        if (!s->data[slot]) {
            missing = (uint64_t)s->floats[slot] * sizeof(float);
            s->floats[slot] = 0;
        }
    }
    return s->data[slot];
}

// ---- instructions -------------------------------------------------------------------------------

// Behind TINCTURE_FAULT=no-bf16, which is for tests, every processor is one without.
bool host_multiplies_bf16(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512bf16") &&
           g_strcmp0(g_getenv("TINCTURE_FAULT"), "no-bf16") != 0;
#else
    return false;
#endif
}

// ---- matrix products ----------------------------------------------------------------------------

void host_gemm_serial(bool trans_a, bool trans_b, int m, int n, int k, float alpha, const float *a,
                      int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
    blas()->cblas_sgemm(CblasRowMajor, trans_a ? CblasTrans : CblasNoTrans,
                        trans_b ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, lda, b, ldb, beta,
                        c, ldc);
}

struct gemm {
    bool trans_a, trans_b, by_rows;
    int m, n, k, lda, ldb, ldc;
    float alpha, beta;
    const float *a, *b;
    float *c;
    int step; // rows or columns a piece
};

static void gemm_pieces(int64_t begin, int64_t end, void *data)
{
    const struct gemm *g = data;
    int64_t from = begin * g->step;
    if (g->by_rows) {
        int rows = (int)MIN((end - begin) * g->step, g->m - from);
        host_gemm_serial(g->trans_a, g->trans_b, rows, g->n, g->k, g->alpha,
                         g->a + (g->trans_a ? from : from * g->lda), g->lda, g->b, g->ldb, g->beta,
                         g->c + from * g->ldc, g->ldc);
    } else {
        int columns = (int)MIN((end - begin) * g->step, g->n - from);
        host_gemm_serial(g->trans_a, g->trans_b, g->m, columns, g->k, g->alpha, g->a, g->lda,
                         g->b + (g->trans_b ? from * g->ldb : from), g->ldb, g->beta, g->c + from,
                         g->ldc);
    }
}

// Rows or columns a piece: a multiple of the widest register block of OpenBLAS, as many pieces as
// threads for small products (every piece packs the other operand again), a few times that for
// large ones, so that a thread that lost its core for a while does not hold up the others.
static int gemm_step(int side, int threads)
{
    enum { ALIGN = 16, LARGE = 256 };
    int pieces = side >= 2 * LARGE * threads ? threads * PIECES : threads;
    int step = (side + pieces - 1) / pieces;
    return (step + ALIGN - 1) / ALIGN * ALIGN;
}

void host_gemm(bool trans_a, bool trans_b, int m, int n, int k, float alpha, const float *a,
               int lda, const float *b, int ldb, float beta, float *c, int ldc)
{
    if (m <= 0 || n <= 0) {
        return;
    }
    struct gemm g = {.trans_a = trans_a,
                     .trans_b = trans_b,
                     .by_rows = m >= n,
                     .m = m,
                     .n = n,
                     .k = k,
                     .lda = lda,
                     .ldb = ldb,
                     .ldc = ldc,
                     .alpha = alpha,
                     .beta = beta,
                     .a = a,
                     .b = b,
                     .c = c};
    int side = g.by_rows ? m : n;
    bool small = (double)m * n * k < 32.0 * 32 * 32; // waking the team would take longer
    g.step = small ? side : gemm_step(side, host_threads());
    host_parallel((side + g.step - 1) / g.step, 1, gemm_pieces, &g);
}

double host_gemm_rate(int n)
{
    size_t count = (size_t)n * n;
    float *block = g_malloc_n(3 * count, sizeof *block);
    for (size_t i = 0; i < 3 * count; i++) {
        block[i] = (float)(i % 17) * 0.1f;
    }
    double best = 0;
    for (int round = 0; round < 5; round++) {
        gint64 begin = g_get_monotonic_time();
        host_gemm(false, false, n, n, n, 1, block, n, block + count, n, 0, block + 2 * count, n);
        double seconds = MAX(g_get_monotonic_time() - begin, 1) * 1e-6;
        best = MAX(best, 2.0 * n * n * n / seconds * 1e-9);
    }
    g_free(block);
    return best;
}

// ---- singular values ----------------------------------------------------------------------------

// LAPACK sees the row-major a (m x n) as the column-major a^T (n x m) = v diag(s) u^T. Its left
// vectors (n x r, column-major) are vt read row-major, and its right vectors (r x m) are u: nothing
// is transposed.
bool host_svd(int m, int n, const float *a, float *u, float *s, float *vt)
{
    const int r = MIN(m, n);
    const size_t bytes = (size_t)m * n * sizeof(float);
    float *copy = g_try_malloc(bytes); // sgesdd overwrites it
    int info = LAPACK_WORK_MEMORY_ERROR;
    if (copy) {
        memcpy(copy, a, bytes);
        info = blas()->LAPACKE_sgesdd(LAPACK_COL_MAJOR, 'S', n, m, copy, n, s, vt, n, u, r);
    }
    g_free(copy);
    if (info == LAPACK_WORK_MEMORY_ERROR) {
        missing = bytes;
    }
    return info == 0;
}
