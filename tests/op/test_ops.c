// The test of all operations: loops over the cases, and over the table to see that none was
// forgotten.
//
//   test-ops                      everything
//   test-ops -p /op/group_norm    one op
//   test-ops --perf [NAME]        milliseconds of the host kernels
//                                 (TINCTURE_VARIANT=shader: of the shaders)
#include "tests/op/op_case.h"

#include "compute/gpu/host.h"
#include "compute/gpu/random.h"

#include <math.h>
#include <string.h>

#define GUARD     64 // floats before and behind a guarded buffer
#define MAX_PROBE 24 // elements of an input whose gradient is compared with differences

static const struct op_case *const all_cases[] = {basic_cases, linear_cases};
static const struct op_case *const all_perf[] = {basic_perf, linear_perf};

static struct gpu *gpu;

// ---- inputs -------------------------------------------------------------------------------------

struct inputs {
    int n;
    int64_t count[GRAPH_INPUTS];
    float *data[GRAPH_INPUTS]; // NULL for an absent one
    double *wide[GRAPH_INPUTS];
    struct tensor *tensor[GRAPH_INPUTS];
};

static void fill(float *data, const struct op_case *c, const struct op_input *in, struct rng *rng)
{
    int64_t count = shape_count(in->shape);
    int side = in->shape[3];

    rng_normal(rng, data, count);
    for (int64_t i = 0; i < count; i++) {
        switch (in->fill) {
        case FILL_NORMAL: break;
        case FILL_SHIFTED: data[i] += 5; break;
        case FILL_IDS: {
            int32_t id = rng_below(rng, c->i[0] + 2) - 1;
            memcpy(&data[i], &id, sizeof(id));
            break;
        }
        case FILL_SYSTEMS:
            data[i] = 0.2f * data[i] + (i % side == i / side % side ? 1.0f : 0.0f);
            break;
        }
    }
}

static struct inputs inputs_make(const struct op_case *c)
{
    struct inputs inputs = {.n = 0};
    struct rng rng = {.seed = 20};
    GError *error = NULL;

    for (int i = 0; i < GRAPH_INPUTS; i++) {
        const struct op_input *in = &c->in[i];
        if (in->shape[0] == 0) {
            continue;
        }
        inputs.n = i + 1;
        inputs.count[i] = shape_count(in->shape);
        inputs.data[i] = g_new(float, inputs.count[i]);
        inputs.wide[i] = g_new(double, inputs.count[i]);
        fill(inputs.data[i], c, in, &rng);
        bool ids = in->fill == FILL_IDS;
        for (int64_t k = 0; k < inputs.count[i]; k++) {
            int32_t id;
            memcpy(&id, &inputs.data[i][k], sizeof(id));
            inputs.wide[i][k] = ids ? (double)id : (double)inputs.data[i][k];
        }
        inputs.tensor[i] = tensor_new(gpu, ids ? DTYPE_I32 : DTYPE_F32, in->shape, "x", &error);
        g_assert_no_error(error);
        tensor_write(inputs.tensor[i], inputs.data[i], &error);
        g_assert_no_error(error);
    }
    return inputs;
}

static void inputs_clear(struct inputs *inputs)
{
    for (int i = 0; i < inputs->n; i++) {
        g_free(inputs->data[i]);
        g_free(inputs->wide[i]);
        tensor_free(inputs->tensor[i]);
    }
}

// Leaves for the inputs and the nodes of the case.
static struct node *build(struct graph *g, const struct op_case *c, const struct inputs *inputs,
                          struct node **leaves)
{
    for (int i = 0; i < GRAPH_INPUTS; i++) {
        leaves[i] = inputs->tensor[i] ? graph_trainable(g, inputs->tensor[i]) : NULL;
    }
    return c->build(g, leaves, c);
}

// ---- comparing ----------------------------------------------------------------------------------

static double largest(const double *x, int64_t n)
{
    double max = 0;

    for (int64_t i = 0; i < n; i++) {
        max = MAX(max, fabs(x[i]));
    }
    return max;
}

// Fails where a float differs from the reference by more than tolerance times its largest number.
static void compare(const struct op_case *c, const char *what, const float *y,
                    const double *reference, int64_t n, double tolerance)
{
    double scale = MAX(largest(reference, n), 1e-30), worst = 0;

    for (int64_t i = 0; i < n; i++) {
        double error = fabs((double)y[i] - reference[i]) / scale;
        if (!(error <= tolerance)) { // catches NaN as well
            g_test_fail_printf("%s, %s: element %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                               " is %.9g instead of %.9g (error %.2g, allowed %.2g)",
                               c->op, what, i, n, (double)y[i], reference[i], error, tolerance);
            return;
        }
        worst = MAX(worst, error);
    }
    g_test_message("%s: largest error %.2g", what, worst);
}

static double tolerance_of(const struct op_case *c)
{
    return c->tolerance > 0 ? c->tolerance : 1e-5;
}

// ---- guarded runs -------------------------------------------------------------------------------

// A buffer between GUARD floats on either side. They are NaNs, so that whoever computes with one is
// found out, and differ from buffer to buffer, as a NaN that is written on is still the same NaN.
struct guarded {
    struct gpu_buf *buf;
    int64_t count;
    uint32_t pattern;
};

// data NULL: filled with the pattern.
static struct guarded guarded_new(int64_t count, const float *data, int id)
{
    struct guarded guarded = {.count = count, .pattern = 0x7fc00100u + (uint32_t)id};
    GError *error = NULL;
    g_autofree uint32_t *content = g_new(uint32_t, count + 2 * GUARD);

    for (int64_t i = 0; i < count + 2 * GUARD; i++) {
        content[i] = guarded.pattern;
    }
    if (data) {
        memcpy(content + GUARD, data, (size_t)count * sizeof(float));
    }
    uint64_t size = (uint64_t)(count + 2 * GUARD) * sizeof(float);
    guarded.buf = gpu_buf_create(gpu, size, &error);
    g_assert_no_error(error);
    gpu_buf_write(gpu, guarded.buf, 0, content, size, &error);
    g_assert_no_error(error);
    return guarded;
}

// Its content; fails if one of the guards was touched.
static float *guarded_read(const struct op_case *c, const char *what, const struct guarded *guarded)
{
    GError *error = NULL;
    int64_t count = guarded->count;
    uint32_t *content = g_new(uint32_t, count + 2 * GUARD);

    gpu_buf_read(gpu, guarded->buf, 0, content, (uint64_t)(count + 2 * GUARD) * sizeof(float),
                 &error);
    g_assert_no_error(error);
    for (int i = 0; i < GUARD; i++) {
        if (content[i] != guarded->pattern || content[GUARD + count + i] != guarded->pattern) {
            g_test_fail_printf("%s, %s: wrote outside of its result", c->op, what);
            break;
        }
    }
    memmove(content, content + GUARD, (size_t)count * sizeof(float));
    return (float *)content;
}

static void run_host(const struct node *node, const struct guarded *buffers,
                     const uint64_t *offsets)
{
    struct op_run run = {.node = node};

    run.out = (float *)buffers[node->id].buf->map + GUARD;
    for (int i = 0; i < node->n_in; i++) {
        const struct node *in = node->in[i];
        run.in[i] = in ? (const float *)buffers[in->id].buf->map + GUARD + offsets[in->id] : NULL;
    }
    node->op->host(&run);
}

static void run_shader(const struct node *node, const struct guarded *buffers,
                       const uint64_t *offsets)
{
    struct op_site site = {.node = node, .gpu = gpu_info(gpu)};
    struct op_dispatch list[OP_MAX_DISPATCHES];
    GError *error = NULL;

    site.out = buffers[node->id].buf->address + GUARD * sizeof(float);
    for (int i = 0; i < node->n_in; i++) {
        const struct node *in = node->in[i];
        site.in[i] =
            in ? buffers[in->id].buf->address + (GUARD + offsets[in->id]) * sizeof(float) : 0;
    }
    int n = node->op->dispatch(&site, list);
    struct gpu_cmd *cmd = gpu_cmd_create(gpu);
    for (int i = 0; i < n; i++) {
        struct op_dispatch *d = &list[i];
        struct gpu_kernel *kernel = gpu_kernel_get(gpu, d->code, d->spec, d->n_spec, &error);
        g_assert_no_error(error);
        gpu_cmd_dispatch(cmd, kernel, node->op->name, d->push, d->push_size, d->groups[0],
                         d->groups[1], d->groups[2]);
    }
    gpu_cmd_run(cmd, &error);
    g_assert_no_error(error);
    gpu_cmd_free(cmd);
}

// Runs the nodes of the case one by one, each with a buffer of its own, and returns the last one's
// result.
static float *run_guarded(const struct op_case *c, const struct inputs *inputs, const char *what,
                          void (*run)(const struct node *, const struct guarded *,
                                      const uint64_t *))
{
    struct graph *g = graph_new();
    struct node *leaves[GRAPH_INPUTS];
    struct node *y = build(g, c, inputs, leaves);
    int n = graph_size(g);
    g_autofree struct guarded *buffers = g_new0(struct guarded, n);
    g_autofree uint64_t *offsets = g_new0(uint64_t, n); // of views, in floats
    float *result = NULL;

    for (int id = 0; id < n; id++) {
        const struct node *node = graph_nth(g, id);
        int64_t count = shape_count(node->shape);
        if (!node->op) {
            for (int i = 0; i < inputs->n; i++) {
                if (leaves[i] == node) {
                    buffers[id] = guarded_new(count, inputs->data[i], id);
                }
            }
        } else if (node->op->view) {
            buffers[id] = buffers[node->in[0]->id];
            offsets[id] = offsets[node->in[0]->id] + (uint64_t)node->p.i[0];
        } else {
            buffers[id] = guarded_new(count, NULL, id);
            run(node, buffers, offsets);
        }
    }
    for (int id = 0; id < n; id++) {
        const struct node *node = graph_nth(g, id);
        if (node->op && node->op->view && node != y) {
            continue;
        }
        g_autofree float *content = guarded_read(c, what, &buffers[id]);
        if (node == y) {
            result =
                g_memdup2(content + offsets[id], (size_t)shape_count(y->shape) * sizeof(float));
        }
    }
    for (int i = 0; i < inputs->n; i++) { // inputs are read only
        if (leaves[i]) {
            g_autofree float *content = guarded_read(c, what, &buffers[leaves[i]->id]);
            g_assert_cmpmem(content, inputs->count[i] * 4, inputs->data[i], inputs->count[i] * 4);
        }
    }
    for (int id = 0; id < n; id++) {
        const struct node *node = graph_nth(g, id);
        if (!node->op || !node->op->view) {
            gpu_buf_free(gpu, buffers[id].buf);
        }
    }
    graph_free(g);
    return result;
}

// ---- the team taken away ------------------------------------------------------------------------

// While this holds, host_parallel() of other threads runs on the caller alone.
struct hold {
    GMutex lock;
    GCond changed;
    bool held, release;
};

static void hold_range(int64_t begin, int64_t end, void *data)
{
    struct hold *hold = data;

    g_mutex_lock(&hold->lock);
    hold->held = true;
    g_cond_broadcast(&hold->changed);
    while (!hold->release) {
        g_cond_wait(&hold->changed, &hold->lock);
    }
    g_mutex_unlock(&hold->lock);
}

static gpointer hold_team(gpointer data)
{
    host_parallel(2, 1, hold_range, data);
    return NULL;
}

static float *run_on_one_thread(const struct op_case *c, const struct inputs *inputs)
{
    struct hold hold = {.held = false};

    g_mutex_init(&hold.lock);
    g_cond_init(&hold.changed);
    GThread *thread = g_thread_new("hold", hold_team, &hold);
    g_mutex_lock(&hold.lock);
    while (!hold.held) {
        g_cond_wait(&hold.changed, &hold.lock);
    }
    g_mutex_unlock(&hold.lock);

    float *y = run_guarded(c, inputs, "host kernel on one thread", run_host);

    g_mutex_lock(&hold.lock);
    hold.release = true;
    g_cond_broadcast(&hold.changed);
    g_mutex_unlock(&hold.lock);
    g_thread_join(thread);
    g_cond_clear(&hold.changed);
    g_mutex_clear(&hold.lock);
    return y;
}

// ---- what is expected ---------------------------------------------------------------------------

// What a case has to give, from its reference.
struct expected {
    int shape[GRAPH_RANK];
    int64_t n;
    double *y;
    struct tensor *weights;             // random numbers of y's shape
    int64_t probes[GRAPH_INPUTS];       // 0 where no gradient is wanted
    double dx[GRAPH_INPUTS][MAX_PROBE]; // d sum(y * weights) / d some elements of the input
};

// The element of an input that a probe looks at.
static int64_t probe_at(const struct inputs *inputs, const struct expected *e, int in,
                        int64_t probe)
{
    return probe * inputs->count[in] / e->probes[in];
}

static double weighted_sum(const struct op_case *c, const struct inputs *inputs,
                           const float *weights, double *y, int64_t n)
{
    double sum = 0;

    c->reference(c, (const double *const *)inputs->wide, y);
    for (int64_t i = 0; i < n; i++) {
        sum += (double)weights[i] * y[i];
    }
    return sum;
}

// Central differences of the reference.
static void expect_gradient(const struct op_case *c, const struct inputs *inputs,
                            const float *weights, struct expected *e, int in)
{
    const double h = 1e-5;
    g_autofree double *y = g_new(double, e->n);

    e->probes[in] = MIN(inputs->count[in], MAX_PROBE);
    for (int64_t i = 0; i < e->probes[in]; i++) {
        double *x = &inputs->wide[in][probe_at(inputs, e, in, i)], kept = *x;
        *x = kept + h;
        double above = weighted_sum(c, inputs, weights, y, e->n);
        *x = kept - h;
        double below = weighted_sum(c, inputs, weights, y, e->n);
        *x = kept;
        e->dx[in][i] = (above - below) / (2 * h);
    }
}

static void shape_of_result(const struct op_case *c, const struct inputs *inputs,
                            int shape[GRAPH_RANK])
{
    struct graph *g = graph_new();
    struct node *leaves[GRAPH_INPUTS];

    memcpy(shape, build(g, c, inputs, leaves)->shape, GRAPH_RANK * sizeof(int));
    graph_free(g);
}

static struct expected expected_make(const struct op_case *c, const struct inputs *inputs)
{
    struct expected e = {.n = 0};
    struct rng rng = {.seed = 21};
    GError *error = NULL;

    shape_of_result(c, inputs, e.shape);
    e.n = shape_count(e.shape);
    e.y = g_new(double, e.n);
    c->reference(c, (const double *const *)inputs->wide, e.y);

    g_autofree float *weights = g_new(float, e.n);
    rng_normal(&rng, weights, e.n);
    e.weights = tensor_new(gpu, DTYPE_F32, e.shape, "weights", &error);
    g_assert_no_error(error);
    tensor_write(e.weights, weights, &error);
    g_assert_no_error(error);
    for (int i = 0; i < inputs->n; i++) {
        if (c->in[i].grad) {
            expect_gradient(c, inputs, weights, &e, i);
        }
    }
    return e;
}

static void expected_clear(struct expected *e)
{
    g_free(e->y);
    tensor_free(e->weights);
}

// ---- programs and gradients ---------------------------------------------------------------------

static float *read_node(struct program *p, const struct node *node)
{
    GError *error = NULL;
    float *data = g_new(float, shape_count(node->shape));

    program_read(p, node, data, &error);
    g_assert_no_error(error);
    return data;
}

// Adds the gradients of sum(y * weights) with respect to the inputs in question behind outputs[0] =
// y, and returns the number of outputs; of[i] is the input that output i belongs to.
static int add_gradients(struct graph *g, const struct inputs *inputs, const struct expected *e,
                         struct node *const *leaves, struct node **outputs, int *of)
{
    struct node *wanted[GRAPH_INPUTS];
    GError *error = NULL;
    int n = 0;

    for (int i = 0; i < inputs->n; i++) {
        if (e->probes[i]) {
            wanted[n++] = leaves[i];
            of[n] = i;
        }
    }
    if (n) {
        struct node *product = op_mul(g, outputs[0], graph_leaf(g, e->weights));
        struct node *loss = op_sum_to(g, product, (const int[]){1, 1, 1, 1});
        graph_grad(g, loss, wanted, n, outputs + 1, &error);
        g_assert_no_error(error);
    }
    return n + 1;
}

static void check_gradient(const struct op_case *c, const char *what, const struct inputs *inputs,
                           const struct expected *e, int in, const float *dx)
{
    float got[MAX_PROBE];

    for (int64_t i = 0; i < e->probes[in]; i++) {
        got[i] = dx[probe_at(inputs, e, in, i)];
    }
    g_autofree char *label = g_strdup_printf("%s, gradient of input %d", what, in);
    compare(c, label, got, e->dx[in], e->probes[in], MAX(2e-5, tolerance_of(c)));
}

// The result and the gradients in one program, as they are used.
static void check_program(const struct op_case *c, const struct inputs *inputs,
                          const struct expected *e, const char *variant)
{
    struct graph *g = graph_new();
    struct node *leaves[GRAPH_INPUTS], *outputs[GRAPH_INPUTS + 1];
    int of[GRAPH_INPUTS + 1];
    GError *error = NULL;
    g_autofree char *what = g_strdup_printf("%s program", variant);

    outputs[0] = build(g, c, inputs, leaves);
    int n = add_gradients(g, inputs, e, leaves, outputs, of);
    g_setenv("TINCTURE_VARIANT", variant, TRUE);
    struct program *p = program_new(g, gpu, outputs, n, &error);
    g_assert_no_error(error);
    program_run(p, NULL, &error);
    g_assert_no_error(error);

    g_autofree float *y = read_node(p, outputs[0]);
    compare(c, what, y, e->y, e->n, tolerance_of(c));
    for (int i = 1; i < n; i++) {
        g_autofree float *dx = read_node(p, outputs[i]);
        check_gradient(c, what, inputs, e, of[i], dx);
    }
    program_free(p);
    graph_free(g);
}

// ---- one case -----------------------------------------------------------------------------------

static void check_host(const struct op_case *c, const struct inputs *inputs,
                       const struct expected *e)
{
    g_autofree float *y = run_guarded(c, inputs, "host kernel", run_host);
    g_autofree float *alone = run_on_one_thread(c, inputs);

    compare(c, "host kernel", y, e->y, e->n, tolerance_of(c));
    if (memcmp(y, alone, (size_t)e->n * sizeof(float)) != 0) {
        g_test_fail_printf("%s: the result depends on the number of threads", c->op);
    }
    check_program(c, inputs, e, "host");
}

static void check_shader(const struct op_case *c, const struct inputs *inputs,
                         const struct expected *e)
{
    g_autofree float *y = run_guarded(c, inputs, "shader", run_shader);

    compare(c, "shader", y, e->y, e->n, tolerance_of(c));
    check_program(c, inputs, e, "shader");
}

static void test_case(gconstpointer data)
{
    const struct op_case *c = data;
    struct inputs inputs = inputs_make(c);
    struct expected e = expected_make(c, &inputs);

    if (gpu_info(gpu)->host_kernels) {
        check_host(c, &inputs, &e);
    }
    check_shader(c, &inputs, &e);
    g_assert_cmpuint(gpu_validation_count(gpu), ==, 0);
    expected_clear(&e);
    inputs_clear(&inputs);
}

// ---- the table ----------------------------------------------------------------------------------

static bool has_case(const char *op)
{
    for (size_t list = 0; list < G_N_ELEMENTS(all_cases); list++) {
        for (const struct op_case *c = all_cases[list]; c->op; c++) {
            if (strcmp(c->op, op) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void test_table(void)
{
    for (int i = 0; op_table[i]; i++) {
        const struct op *op = op_table[i];
        g_assert_true(op_find(op->name) == op);
        g_assert_true(op->view || (op->host && op->dispatch));
        if (!has_case(op->name)) {
            g_test_fail_printf("the op %s has no case in tests/op", op->name);
        }
    }
    g_assert_null(op_find("no such op"));
}

// The first dispatch of a node on a device with so much shared memory; false where it has none.
static bool dispatch_with(const struct node *node, uint32_t max_shared, struct op_dispatch *first)
{
    struct gpu_info info = *gpu_info(gpu);
    struct op_dispatch list[OP_MAX_DISPATCHES];
    info.max_shared = max_shared;
    const int n = node->op->dispatch(&(struct op_site){.node = node, .gpu = &info}, list);
    *first = list[0];
    return n > 0;
}

// Devices that have no more shared memory than Vulkan promises get smaller tiles of attention, and
// are told that a system of equations is too large for them.
static void test_little_shared_memory(void)
{
    struct graph *g = graph_new();
    GError *error = NULL;
    struct tensor *many = tensor_new(gpu, DTYPE_F32, (int[]){1, 1, 4096, 320}, "x", &error);
    g_assert_no_error(error);
    struct tensor *square = tensor_new(gpu, DTYPE_F32, (int[]){1, 1, 2048, 2048}, "a", &error);
    g_assert_no_error(error);
    struct node *x = graph_leaf(g, many), *a = graph_leaf(g, square);
    struct node *y = op_attention(g, x, x, x, 8, 1, false), *s = op_solve(g, a, a, false);
    struct op_dispatch first;
    g_assert_true(dispatch_with(y, 32768, &first));
    g_assert_cmpuint(first.spec[0], ==, 4);
    g_assert_true(dispatch_with(y, 16384, &first));
    g_assert_cmpuint(first.spec[0], ==, 2);
    g_assert_true(dispatch_with(s, 32768, &first));
    g_assert_false(dispatch_with(s, 16384, &first));
    graph_free(g);
    tensor_free(many);
    tensor_free(square);
}

static char *describe(const struct op_case *c)
{
    GString *text = g_string_new(NULL);

    for (int i = 0; i < GRAPH_INPUTS; i++) {
        const int *s = c->in[i].shape;
        if (s[0]) {
            g_string_append_printf(text, "%s%dx%dx%dx%d", text->len ? "," : "", s[0], s[1], s[2],
                                   s[3]);
        }
    }
    return g_string_free(text, FALSE);
}

static void add_cases(const struct op_case *cases)
{
    for (int i = 0; cases[i].op; i++) {
        g_autofree char *shapes = describe(&cases[i]);
        g_autofree char *path = g_strdup_printf("/op/%s/%d-%s", cases[i].op, i, shapes);
        g_test_add_data_func(path, &cases[i], test_case);
    }
}

// ---- speed --------------------------------------------------------------------------------------

// Best of the runs that fit into a third of a second, in seconds.
static double best_time(struct program *p)
{
    GError *error = NULL;
    double best = 1e9;
    int64_t end = g_get_monotonic_time() + G_USEC_PER_SEC / 3;

    for (int run = 0; run < 3 || g_get_monotonic_time() < end; run++) {
        int64_t begin = g_get_monotonic_time();
        program_run(p, NULL, &error);
        g_assert_no_error(error);
        best = MIN(best, (double)(g_get_monotonic_time() - begin) * 1e-6);
    }
    return best;
}

static void time_case(const struct op_case *c)
{
    struct inputs inputs = inputs_make(c);
    struct graph *g = graph_new();
    struct node *leaves[GRAPH_INPUTS];
    struct node *y = build(g, c, &inputs, leaves);
    GError *error = NULL;
    struct program *p = program_new(g, gpu, &y, 1, &error);
    g_assert_no_error(error);

    int64_t floats = shape_count(y->shape);
    for (int i = 0; i < inputs.n; i++) {
        floats += inputs.count[i];
    }
    double seconds = best_time(p);
    g_autofree char *shapes = describe(c);
    g_print("%-22s %-40s %9.3f ms %7.1f GB/s %7.1f GFLOP/s\n", c->op, shapes, seconds * 1e3,
            (double)floats * 4e-9 / seconds, program_flops(p) * 1e-9 / seconds);
    program_free(p);
    graph_free(g);
    inputs_clear(&inputs);
}

static void time_all(const char *only)
{
    for (size_t list = 0; list < G_N_ELEMENTS(all_perf); list++) {
        for (const struct op_case *c = all_perf[list]; c->op; c++) {
            if (!only || strcmp(c->op, only) == 0) {
                time_case(c);
            }
        }
    }
}

int main(int argc, char **argv)
{
    GError *error = NULL;
    bool perf = argc > 1 && strcmp(argv[1], "--perf") == 0;

    if (!perf) {
        g_test_init(&argc, &argv, NULL);
    }
    gpu = gpu_open(NULL, &error);
    if (!gpu) {
        g_printerr("skipped: %s\n", error->message);
        return 77;
    }
    int status = 0;
    if (perf) {
        time_all(argc > 2 ? argv[2] : NULL);
    } else {
        g_test_add_func("/op/table", test_table);
        g_test_add_func("/op/little-shared-memory", test_little_shared_memory);
        for (size_t list = 0; list < G_N_ELEMENTS(all_cases); list++) {
            add_cases(all_cases[list]);
        }
        status = g_test_run();
    }
    gpu_free(gpu);
    return status;
}
