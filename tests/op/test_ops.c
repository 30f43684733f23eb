// The test of all operations: loops over the cases and the kernels of each, and over the table to
// see that none was forgotten. A kernel that cannot run a case on this device is skipped with the
// reason.
//
//   test-ops                      everything
//   test-ops -p /op/group_norm    one op
//   test-ops --perf [NAME]        milliseconds of the kernels that are used, in the precision that
//                                 TINCTURE_PRECISION says
//                                 (TINCTURE_VARIANT=shader, or the name of a kernel: of those)
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

// Factors of the kernels named bf16 have 8 bits: test_packed.c looks at them closely.
static double tolerance_of(const struct op_case *c)
{
    const double tolerance = MAX(c->tolerance, 1e-5);
    return gpu_info(gpu)->bf16 ? 1e3 * tolerance : tolerance;
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

static void run_host(const struct op_kernel *kernel, const struct node *node,
                     const struct guarded *buffers, const uint64_t *offsets)
{
    struct op_run run = {.node = node};

    run.out = (float *)buffers[node->id].buf->map + GUARD;
    for (int i = 0; i < node->n_in; i++) {
        const struct node *in = node->in[i];
        run.in[i] = in ? (const float *)buffers[in->id].buf->map + GUARD + offsets[in->id] : NULL;
    }
    kernel->host(&run);
}

static void run_shader(const struct op_kernel *kernel, const struct node *node,
                       const struct guarded *buffers, const uint64_t *offsets)
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
    int n = kernel->dispatch(&site, list);
    struct gpu_cmd *cmd = gpu_cmd_create(gpu);
    for (int i = 0; i < n; i++) {
        struct op_dispatch *d = &list[i];
        struct gpu_kernel *pipeline = gpu_kernel_get(gpu, d->code, d->spec, d->n_spec, &error);
        g_assert_no_error(error);
        gpu_cmd_dispatch(cmd, pipeline, node->op->name, d->push, d->push_size, d->groups[0],
                         d->groups[1], d->groups[2]);
    }
    gpu_cmd_run(cmd, &error);
    g_assert_no_error(error);
    gpu_cmd_free(cmd);
}

// Runs the nodes of the case one by one with the kernel of that name where they have it, each with
// a buffer of its own, and returns the last one's result.
static float *run_guarded(const struct op_case *c, const struct inputs *inputs, const char *what,
                          const char *variant)
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
            const struct op_kernel *kernel = op_kernel_choose(node, gpu_info(gpu), variant);
            (kernel->host ? run_host : run_shader)(kernel, node, buffers, offsets);
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

static float *run_on_one_thread(const struct op_case *c, const struct inputs *inputs,
                                const char *kernel)
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

    float *y = run_guarded(c, inputs, "host kernel on one thread", kernel);

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

// ---- one case with one kernel -------------------------------------------------------------------

struct test {
    const struct op_case *c;
    const struct op_kernel *kernel;
};

// Inputs and results of a case serve all of its kernels.
static struct {
    const struct op_case *c;
    struct inputs inputs;
    struct expected e;
} prepared;

static void prepared_clear(void)
{
    if (prepared.c) {
        expected_clear(&prepared.e);
        inputs_clear(&prepared.inputs);
        prepared.c = NULL;
    }
}

static void prepare(const struct op_case *c)
{
    if (prepared.c == c) {
        return;
    }
    prepared_clear();
    prepared.c = c;
    prepared.inputs = inputs_make(c);
    prepared.e = expected_make(c, &prepared.inputs);
}

// Whether one of the nodes of the case runs with a kernel of that name, or none needs any.
static bool is_used(const struct op_case *c, const struct inputs *inputs, const char *kernel)
{
    struct graph *g = graph_new();
    struct node *leaves[GRAPH_INPUTS];
    bool used = false, any = false;

    build(g, c, inputs, leaves);
    for (int id = 0; id < graph_size(g); id++) {
        const struct node *node = graph_nth(g, id);
        if (node->op && !node->op->view) {
            const char *name = op_kernel_choose(node, gpu_info(gpu), kernel)->name;
            used = used || strcmp(name, kernel) == 0;
            any = true;
        }
    }
    graph_free(g);
    return used || !any;
}

static void test_kernel(gconstpointer data)
{
    const struct test *test = data;
    const struct op_case *c = test->c;
    const char *name = test->kernel->name;

    prepare(c);
    gpu_set_precision(gpu, "fp32", NULL);
    if (g_str_equal(name, "bf16")) {
        gpu_set_precision(gpu, name, NULL); // where it can: else the kernel fits nowhere
    }
    if (!is_used(c, &prepared.inputs, name)) {
        g_autofree char *why = g_strdup_printf(
            "%s needs %s", name,
            test->kernel->needs ? test->kernel->needs : "memory that is the processor's");
        g_test_skip(why);
        return;
    }
    g_autofree float *y = run_guarded(c, &prepared.inputs, name, name);
    compare(c, name, y, prepared.e.y, prepared.e.n, tolerance_of(c));
    if (test->kernel->host) {
        g_autofree float *alone = run_on_one_thread(c, &prepared.inputs, name);
        if (memcmp(y, alone, (size_t)prepared.e.n * sizeof(float)) != 0) {
            g_test_fail_printf("%s: the result depends on the number of threads", c->op);
        }
    }
    check_program(c, &prepared.inputs, &prepared.e, name);
    g_assert_cmpuint(gpu_validation_count(gpu), ==, 0);
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

// One for any device that comes last, one for the processor, and no name twice.
static void check_kernels(const struct op *op)
{
    bool host = false;
    int n = 0;

    while (n < OP_MAX_KERNELS && op->kernels[n].name) {
        const struct op_kernel *kernel = &op->kernels[n++];
        g_assert_true(!kernel->host != !kernel->dispatch);
        g_assert_true(!kernel->fits == !kernel->needs);
        host = host || kernel->host;
        for (int i = 0; i < n - 1; i++) {
            g_assert_cmpstr(op->kernels[i].name, !=, kernel->name);
        }
    }
    if (op->view) {
        g_assert_cmpint(n, ==, 0);
    } else {
        g_assert_true(host);
        g_assert_cmpstr(op->kernels[n - 1].name, ==, "portable");
    }
}

static void test_table(void)
{
    for (int i = 0; op_table[i]; i++) {
        const struct op *op = op_table[i];
        g_assert_true(op_find(op->name) == op);
        check_kernels(op);
        if (!has_case(op->name)) {
            g_test_fail_printf("the op %s has no case in tests/op", op->name);
        }
    }
    g_assert_null(op_find("no such op"));
}

// ---- all tests ----------------------------------------------------------------------------------

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

// The op of a case, or for views and what is composed of several ops one that has the kernels that
// those have.
static const struct op *op_of(const struct op_case *c)
{
    const struct op *op = op_find(c->op);

    return op && !op->view ? op : op_find("affine");
}

static void add_cases(const struct op_case *cases)
{
    for (int i = 0; cases[i].op; i++) {
        g_autofree char *shapes = describe(&cases[i]);
        const struct op_kernel *kernels = op_of(&cases[i])->kernels;
        for (int k = 0; k < OP_MAX_KERNELS && kernels[k].name; k++) {
            g_autofree char *path =
                g_strdup_printf("/op/%s/%d-%s/%s", cases[i].op, i, shapes, kernels[k].name);
            struct test *test = g_new(struct test, 1);
            *test = (struct test){&cases[i], &kernels[k]};
            g_test_add_data_func_full(path, test, (GTestDataFunc)test_kernel, g_free);
        }
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

    uint64_t bytes = shape_bytes(y->shape, y->dtype);
    for (int i = 0; i < inputs.n; i++) {
        bytes +=
            inputs.tensor[i] ? shape_bytes(inputs.tensor[i]->shape, inputs.tensor[i]->dtype) : 0;
    }
    double seconds = best_time(p);
    g_autofree char *shapes = describe(c);
    const char *variant = NULL;
    op_variant(gpu_info(gpu), &variant, NULL);
    g_autofree char *name =
        g_strconcat(c->op, ".", op_kernel_choose(y, gpu_info(gpu), variant)->name, NULL);
    g_print("%-28s %-40s %9.3f ms %7.1f GB/s %7.1f GFLOP/s\n", name, shapes, seconds * 1e3,
            (double)bytes * 1e-9 / seconds, program_flops(p) * 1e-9 / seconds);
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
        g_print("1..0 # SKIP %s\n", error->message);
        return 0;
    }
    int status = 0;
    if (perf) {
        gpu_set_precision(gpu, g_getenv("TINCTURE_PRECISION"), NULL);
        time_all(argc > 2 ? argv[2] : NULL);
    } else {
        g_test_add_func("/op/table", test_table);
        for (size_t list = 0; list < G_N_ELEMENTS(all_cases); list++) {
            add_cases(all_cases[list]);
        }
        status = g_test_run();
        prepared_clear();
    }
    gpu_free(gpu);
    return status;
}
