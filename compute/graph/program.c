// A program: a planned graph with its memory, its kernels and its recorded commands.
//
// The list of steps is either host kernels, one a node, or command buffers that each hold the
// dispatches of many nodes. Which of them a node becomes is decided once, when the program is made.
#include "compute/graph/dump.h"
#include "compute/graph/plan.h"

#include "compute/gpu/host.h"
#include "compute/i18n.h"
#include "compute/op/op.h"

#include <math.h>
#include <string.h>

#define RUN_DISPATCHES 256 // most dispatches in one submission

// One step: a host kernel, or a submission.
struct step {
    struct gpu_cmd *cmd;
    struct op_run host; // where cmd is NULL
    const struct op_kernel *kernel;
};

// Constants of one value share one storage.
struct constant {
    float value;
    uint64_t bytes;
    struct gpu_buf *buf;
};

// A leaf of what is kept, and how often it had been written when that was computed.
struct source {
    const struct tensor *tensor; // borrowed
    unsigned writes;
};

struct program {
    // borrowed
    struct graph *graph;
    struct gpu *gpu;

    // owned
    struct plan *plan;
    GPtrArray *blocks; // (element-type struct gpu_buf) the planned space, plan->segment bytes each
    GArray *constants; // (element-type struct constant)
    GArray *steps;     // (element-type struct step) first those of what is kept
    GArray *sources;   // (element-type struct source)

    // state
    guint kept_steps;
    bool kept_known; // they were run
    uint64_t constant_bytes;
    double flops;
    const char *variant; // see op_variant()
    bool check_finite;
};

// ---- memory -------------------------------------------------------------------------------------

static struct constant *constant_for(struct program *p, float value)
{
    for (guint i = 0; i < p->constants->len; i++) {
        struct constant *c = &g_array_index(p->constants, struct constant, i);
        if (!memcmp(&c->value, &value, sizeof value)) { // by bits, as the plan counts them
            return c;
        }
    }
    struct constant fresh = {.value = value};
    g_array_append_val(p->constants, fresh);
    return &g_array_index(p->constants, struct constant, p->constants->len - 1);
}

static bool constant_fill(struct program *p, struct constant *c, GError **error)
{
    c->buf = gpu_buf_create(p->gpu, c->bytes, error);
    if (!c->buf) {
        return false;
    }
    enum { CHUNK = 1 << 16 };
    g_autofree float *chunk = g_new(float, CHUNK);
    for (int i = 0; i < CHUNK; i++) {
        chunk[i] = c->value;
    }
    for (uint64_t done = 0; done < c->bytes; done += CHUNK * sizeof *chunk) {
        if (!gpu_buf_write(p->gpu, c->buf, done, chunk, MIN(c->bytes - done, CHUNK * sizeof *chunk),
                           error)) {
            return false;
        }
    }
    return true;
}

static bool take_constants(struct program *p, GError **error)
{
    for (int id = 0; id < p->plan->n_nodes; id++) {
        const struct node *node = graph_nth(p->graph, id);
        if (!p->plan->live[id] || !node->constant) {
            continue;
        }
        struct constant *c = constant_for(p, node->p.f[0]);
        c->bytes = MAX(c->bytes, shape_bytes(node->shape, node->dtype));
    }
    for (guint i = 0; i < p->constants->len; i++) {
        if (!constant_fill(p, &g_array_index(p->constants, struct constant, i), error)) {
            return false;
        }
    }
    return true;
}

static bool take_blocks(struct program *p, GError **error)
{
    for (uint64_t done = 0; done < p->plan->bytes; done += p->plan->segment) {
        struct gpu_buf *block =
            gpu_buf_create(p->gpu, MIN(p->plan->bytes - done, p->plan->segment), error);
        if (!block) {
            return false;
        }
        g_ptr_array_add(p->blocks, block);
    }
    return true;
}

static bool take_memory(struct program *p, GError **error)
{
    if (program_bytes(p) > gpu_memory_free(p->gpu)) {
        gpu_set_memory_error(p->gpu, program_bytes(p), error);
        return false;
    }
    return take_blocks(p, error) && take_constants(p, error);
}

// Where the data of a live node is: a buffer and an offset into it.
static struct gpu_buf *locate(const struct program *p, const struct node *node, uint64_t *offset)
{
    const struct place *place = &p->plan->places[node->id];
    *offset = place->offset;
    switch (place->kind) {
    case PLACE_LEAF: return place->owner->tensor->buf;
    case PLACE_CONSTANT:
        for (guint i = 0; i < p->constants->len; i++) {
            const struct constant *c = &g_array_index(p->constants, struct constant, i);
            if (!memcmp(&c->value, &place->owner->p.f[0], sizeof c->value)) {
                return c->buf;
            }
        }
        break;
    case PLACE_BLOCK:
        *offset = place->offset % p->plan->segment;
        return p->blocks->pdata[place->offset / p->plan->segment];
    case PLACE_NONE: break;
    }
    g_assert_not_reached();
}

static uint64_t address_of(const struct program *p, const struct node *node)
{
    uint64_t offset;
    const struct gpu_buf *buf = locate(p, node, &offset);
    return buf->address + offset;
}

static float *pointer_to(const struct program *p, const struct node *node)
{
    uint64_t offset;
    const struct gpu_buf *buf = locate(p, node, &offset);
    return (float *)((char *)buf->map + offset);
}

// ---- steps --------------------------------------------------------------------------------------

// A list of dispatches that is being filled, and what it will cost.
struct recording {
    struct gpu_cmd *cmd;
    int dispatches;
    double flops;
};

// Work that one submission may hold: a fraction of a second, so that cancelling is felt at once and
// a display driver's watchdog never bites.
static double flops_limit(const struct gpu_info *info)
{
    switch (info->type) {
    case GPU_TYPE_DISCRETE: return 2e11;
    case GPU_TYPE_CPU: return 2e9;
    default: return 3e10;
    }
}

static void add_step(struct program *p, struct step step)
{
    g_array_append_val(p->steps, step);
}

static void flush(struct program *p, struct recording *r)
{
    if (r->cmd) {
        add_step(p, (struct step){.cmd = r->cmd});
    }
    *r = (struct recording){NULL};
}

// "mid_block.attentions.0 matmul.host": what runs, for the trace.
static char *label_of(const struct node *node, const struct op_kernel *kernel)
{
    return g_strdup_printf("%s%s%s.%s", node->name ? node->name : "", node->name ? " " : "",
                           node->op->name, kernel->name);
}

static void add_host(struct program *p, const struct node *node, const struct op_kernel *kernel)
{
    struct op_run run = {.node = node, .out = pointer_to(p, node)};
    for (int i = 0; i < node->n_in; i++) {
        run.in[i] = node->in[i] ? pointer_to(p, node->in[i]) : NULL;
    }
    add_step(p, (struct step){.host = run, .kernel = kernel});
}

static bool add_dispatches(struct program *p, struct recording *r, const struct node *node,
                           const struct op_kernel *kernel, GError **error)
{
    struct op_site site = {.node = node, .gpu = gpu_info(p->gpu), .out = address_of(p, node)};
    for (int i = 0; i < node->n_in; i++) {
        site.in[i] = node->in[i] ? address_of(p, node->in[i]) : 0;
    }
    struct op_dispatch list[OP_MAX_DISPATCHES] = {{NULL}};
    int n = kernel->dispatch(&site, list);
    g_assert(n > 0 && n <= OP_MAX_DISPATCHES);

    double flops = node->op->flops ? node->op->flops(node) : 0;
    if (r->dispatches + n > RUN_DISPATCHES || r->flops + flops > flops_limit(site.gpu)) {
        flush(p, r);
    }
    if (!r->cmd) {
        r->cmd = gpu_cmd_create(p->gpu);
    }
    r->dispatches += n;
    r->flops += flops;
    g_autofree char *label = label_of(node, kernel);
    for (int i = 0; i < n; i++) {
        const struct op_dispatch *d = &list[i];
        struct gpu_kernel *pipeline = gpu_kernel_get(p->gpu, d->code, d->spec, d->n_spec, error);
        if (!pipeline) {
            return false;
        }
        gpu_cmd_dispatch(r->cmd, pipeline, label, d->push, d->push_size, d->groups[0], d->groups[1],
                         d->groups[2]);
    }
    return true;
}

static bool add_node(struct program *p, struct recording *r, const struct node *node,
                     GError **error)
{
    const struct gpu_info *info = gpu_info(p->gpu);
    const struct op_kernel *kernel = op_kernel_choose(node, info, p->variant);
    if (kernel && kernel->dispatch) {
        return add_dispatches(p, r, node, kernel, error);
    }
    if (kernel) {
        flush(p, r);
        add_host(p, node, kernel);
        return true;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                _("The operation '%s' cannot run on %s: it needs %s"), node->op->name, info->name,
                op_needs(node->op));
    return false;
}

// The nodes that are kept, or the others.
static bool add_nodes(struct program *p, bool kept, GError **error)
{
    struct recording r = {NULL};
    bool ok = true;
    for (int id = 0; ok && id < p->plan->n_nodes; id++) {
        const struct node *node = graph_nth(p->graph, id);
        if (!p->plan->live[id] || p->plan->kept[id] != kept || !node->op || node->op->view) {
            continue;
        }
        p->flops += node->op->flops ? node->op->flops(node) : 0;
        ok = add_node(p, &r, node, error);
    }
    flush(p, &r);
    return ok;
}

// The leaves that what is kept is computed of.
static void find_sources(struct program *p)
{
    for (int id = 0; id < p->plan->n_nodes; id++) {
        const struct node *node = graph_nth(p->graph, id);
        for (int i = 0; p->plan->kept[id] && i < node->n_in; i++) {
            if (node->in[i] && node->in[i]->tensor) {
                const struct source source = {.tensor = node->in[i]->tensor};
                g_array_append_val(p->sources, source);
            }
        }
    }
}

static bool add_all(struct program *p, GError **error)
{
    find_sources(p);
    if (!add_nodes(p, true, error)) {
        return false;
    }
    p->kept_steps = p->steps->len;
    return add_nodes(p, false, error);
}

// ---- the program --------------------------------------------------------------------------------

static bool check_leaves(const struct program *p, GError **error)
{
    for (int id = 0; id < p->plan->n_nodes; id++) {
        const struct node *node = graph_nth(p->graph, id);
        if (p->plan->places[id].kind != PLACE_LEAF || p->plan->places[id].owner->tensor) {
            continue;
        }
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("The tensor '%s' has a shape but no data"), node->name ? node->name : "?");
        return false;
    }
    return true;
}

static bool build(struct program *p, struct node *const *outputs, int n_outputs, GError **error)
{
    uint64_t segment = gpu_info(p->gpu)->max_alloc_bytes / PLAN_ALIGN * PLAN_ALIGN;
    if (!op_variant(gpu_info(p->gpu), &p->variant, error)) {
        return false;
    }
    p->plan = plan_new(p->graph, outputs, n_outputs, segment, error);
    if (!p->plan || !check_leaves(p, error)) {
        return false;
    }
    p->constant_bytes = plan_constant_bytes(p->graph, p->plan);
    return take_memory(p, error) && add_all(p, error);
}

struct program *program_new(struct graph *g, struct gpu *gpu, struct node *const *outputs,
                            int n_outputs, GError **error)
{
    if (!dump_if_wanted(g, gpu_info(gpu), error)) {
        return NULL;
    }
    struct program *p = g_new0(struct program, 1);
    p->graph = g;
    p->gpu = gpu;
    p->check_finite = gpu_debug_wanted("nan");
    p->blocks = g_ptr_array_new();
    p->constants = g_array_new(FALSE, TRUE, sizeof(struct constant));
    p->steps = g_array_new(FALSE, TRUE, sizeof(struct step));
    p->sources = g_array_new(FALSE, TRUE, sizeof(struct source));
    if (build(p, outputs, n_outputs, error)) {
        if (gpu_debug_wanted("graph")) {
            g_printerr("program: %d nodes, %u steps, %.1f MiB, %.2f GFLOP\n", p->plan->n_nodes,
                       p->steps->len, program_bytes(p) / 1048576.0, p->flops * 1e-9);
        }
        return p;
    }
    program_free(p);
    return NULL;
}

void program_free(struct program *p)
{
    if (!p) {
        return;
    }
    for (guint i = 0; i < p->steps->len; i++) {
        gpu_cmd_free(g_array_index(p->steps, struct step, i).cmd);
    }
    for (guint i = 0; i < p->constants->len; i++) {
        gpu_buf_free(p->gpu, g_array_index(p->constants, struct constant, i).buf);
    }
    for (guint i = 0; i < p->blocks->len; i++) {
        gpu_buf_free(p->gpu, p->blocks->pdata[i]);
    }
    g_array_unref(p->steps);
    g_array_unref(p->sources);
    g_array_unref(p->constants);
    g_ptr_array_unref(p->blocks);
    plan_free(p->plan);
    g_free(p);
}

// TINCTURE_DEBUG=nan: stops at the first node whose result is not finite.
static bool check_finite(const struct op_run *run, GError **error)
{
    const struct node *node = run->node;
    int64_t count = shape_count(node->shape);
    for (int64_t i = 0; node->dtype == DTYPE_F32 && i < count; i++) {
        if (!isfinite(run->out[i])) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                        _("Node %d, %s (%s): element %" PRId64 " is %g"), node->id, node->op->name,
                        node->name ? node->name : "", i, run->out[i]);
            return false;
        }
    }
    return true;
}

static bool run_host(const struct program *p, const struct step *step, GError **error)
{
    const struct node *node = step->host.node;
    int64_t begin = gpu_trace_begin();
    step->kernel->host(&step->host);
    const uint64_t missing = host_memory_missing();
    if (begin >= 0) {
        g_autofree char *label = label_of(node, step->kernel);
        gpu_trace_end(begin, label, node->op->name);
    }
    if (missing) {
        gpu_set_memory_error(p->gpu, missing, error);
        return false;
    }
    return !p->check_finite || check_finite(&step->host, error);
}

static bool run_steps(struct program *p, guint begin, guint end, GCancellable *cancellable,
                      GError **error)
{
    for (guint i = begin; i < end; i++) {
        struct step *step = &g_array_index(p->steps, struct step, i);
        if (g_cancellable_set_error_if_cancelled(cancellable, error)) {
            return false;
        }
        if (!(step->cmd ? gpu_cmd_run(step->cmd, error) : run_host(p, step, error))) {
            return false;
        }
    }
    return true;
}

// Brings what is kept to the leaves as they are now.
static bool run_kept(struct program *p, GCancellable *cancellable, GError **error)
{
    for (guint i = 0; i < p->sources->len; i++) {
        struct source *s = &g_array_index(p->sources, struct source, i);
        p->kept_known = p->kept_known && s->writes == s->tensor->writes;
        s->writes = s->tensor->writes;
    }
    if (!p->kept_known) {
        p->kept_known = run_steps(p, 0, p->kept_steps, cancellable, error);
    }
    return p->kept_known;
}

bool program_run(struct program *p, GCancellable *cancellable, GError **error)
{
    return run_kept(p, cancellable, error) &&
           run_steps(p, p->kept_steps, p->steps->len, cancellable, error);
}

bool program_read(struct program *p, const struct node *output, void *data, GError **error)
{
    uint64_t offset;
    const struct gpu_buf *buf = locate(p, output, &offset);
    return gpu_buf_read(p->gpu, buf, offset, data, shape_bytes(output->shape, output->dtype),
                        error);
}

uint64_t program_bytes(const struct program *p)
{
    return p->plan->bytes + p->constant_bytes;
}

double program_flops(const struct program *p)
{
    return p->flops;
}
