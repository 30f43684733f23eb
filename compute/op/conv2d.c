// Convolution, channels last: on the host a product of the inputs under each output with the
// weights.
//
//   y (P', O) = inputs(x) (P', ky*kx*I) w^T + bias        w (O, ky*kx*I)
//
// p.i: see conv.h.
#include "compute/op/conv.h"

#include "compute/op/packed.h"
#include "compute/op/tile.h"

extern const struct op conv2d_op;

struct node *op_conv2d(struct graph *g, struct node *x, struct node *w, struct node *bias,
                       struct conv_params params)
{
    g_assert(x->shape[3] == w->shape[3]);
    g_assert(!bias || shape_count(bias->shape) == w->shape[0]);
    int height = conv_out_size(x->shape[1], params.top, params.bottom, w->shape[1], params.stride);
    int width = conv_out_size(x->shape[2], params.left, params.right, w->shape[2], params.stride);
    struct node *y =
        graph_add(g, &conv2d_op, DTYPE_F32, (const int[]){x->shape[0], height, width, w->shape[0]},
                  (struct node *[]){x, w, bias}, 3);
    conv_set_params(y, params);
    return y;
}

static struct conv_shape shape_of(const struct node *y)
{
    return conv_shape_make(y, y->in[0]->shape, y->in[1]->shape, y->shape);
}

static bool conv2d_grad(struct graph *g, struct node *y, struct node *dy, const bool *want,
                        struct node **dx)
{
    struct node *x = y->in[0], *w = y->in[1], *bias = y->in[2];
    struct conv_params params = conv_get_params(y);
    if (want[0]) {
        dx[0] = op_conv2d_back_input(g, dy, w, params, x->shape[1], x->shape[2]);
    }
    if (want[1]) {
        dx[1] = op_conv2d_back_weight(g, x, dy, params, w->shape[1], w->shape[2]);
    }
    if (bias && want[2]) {
        dx[2] = op_sum_to(g, dy, bias->shape);
    }
    return true;
}

// ---- host ---------------------------------------------------------------------------------------

// Where the inputs under output positions [begin, end) are, tap by tap.
static void locate(const void *data, int64_t begin, int64_t end, const struct packed_table *to)
{
    const struct conv_shape *s = data;
    const float **at = to->at;
    for (int64_t p = begin; p < end; p++, at++) {
        const int left = (int)(p % s->out_width) * s->stride - s->left;
        const int top = (int)(p / s->out_width % s->out_height) * s->stride - s->top;
        const int64_t image = p / s->out_width / s->out_height * s->height * s->width;
        const float **tap = at;
        for (int y = top; y < top + s->ky; y++) {
            for (int x = left; x < left + s->kx; x++, tap += to->pitch) {
                bool inside = y >= 0 && y < s->height && x >= 0 && x < s->width;
                const int64_t position = image + (int64_t)y * s->width + x;
                *tap = inside ? to->x + (position - to->first) * to->words : to->zeros;
            }
        }
    }
}

static void reach(const void *data, int64_t begin, int64_t end, int64_t *from, int64_t *to)
{
    const struct conv_shape *s = data;
    const int64_t first = begin / s->out_width, last = (end - 1) / s->out_width;
    const int top = (int)(first % s->out_height) * s->stride - s->top;
    const int bottom = (int)(last % s->out_height) * s->stride - s->top + s->ky;
    *from = (first / s->out_height * s->height + CLAMP(top, 0, s->height)) * s->width;
    *to = (last / s->out_height * s->height + CLAMP(bottom, 0, s->height)) * s->width;
}

static void run_conv2d(const struct op_run *run, bool bf16)
{
    const struct conv_shape shape = shape_of(run->node), *s = &shape;
    struct packed_product product = {
        .x = run->in[0],
        .m = conv_positions(s),
        .locate = locate,
        .reach = reach,
        .data = s,
        .w =
            {
                .data = run->in[1],
                .dtype = run->node->in[1]->dtype,
                .step_n = conv_depth(s),
                .step_tap = s->in,
                .step_depth = 1,
                .n = s->out,
                .taps = s->ky * s->kx,
                .depth = s->in,
                .keeper = run->node->in[1]->tensor,
            },
        .bias = run->in[2],
        .y = run->out,
        .bf16 = bf16,
    };
    packed_product_run(&product);
}

static void conv2d_host(const struct op_run *run)
{
    run_conv2d(run, false);
}

static void conv2d_bf16(const struct op_run *run)
{
    run_conv2d(run, true);
}

static double conv2d_flops(const struct node *node)
{
    struct conv_shape s = shape_of(node);
    return conv_flops(&s);
}

// ---- Vulkan -------------------------------------------------------------------------------------

static const uint32_t code[] =
#include "compute/op/conv2d.spv.h"
    ;
static const struct gpu_spirv spirv = {"conv2d", code, sizeof(code)};

// x is what is gathered and y the result: x and y of the convolution, or with `back` dy and dx.
// They differ in the direction in which positions are mapped and in which side of the weights is
// summed over.
void conv2d_dispatch_fill(struct op_dispatch *d, const struct conv_shape *s, bool back,
                          const struct op_site *site)
{
    struct {
        uint64_t y, x, w, bias;
        uint32_t batch, height, width, channels;
        int32_t in_height, in_width;
        uint32_t depth;
        uint32_t taps_y, taps_x;
        int32_t stride, top, left;
    } push = {
        .y = site->out,
        .x = site->in[0],
        .w = site->in[1],
        .bias = site->in[2],
        .batch = (uint32_t)s->batch,
        .height = (uint32_t)(back ? s->height : s->out_height),
        .width = (uint32_t)(back ? s->width : s->out_width),
        .channels = (uint32_t)(back ? s->in : s->out),
        .in_height = back ? s->out_height : s->height,
        .in_width = back ? s->out_width : s->width,
        .depth = (uint32_t)(back ? s->out : s->in),
        .taps_y = (uint32_t)s->ky,
        .taps_x = (uint32_t)s->kx,
        .stride = s->stride,
        .top = s->top,
        .left = s->left,
    };
    int64_t positions = op_rows(site->node);
    uint32_t side = tile_side(positions, push.channels, 1);

    op_dispatch_fill(d, &spirv, &push, sizeof(push),
                     tile_groups(positions, push.channels, 1, side));
    d->spec[0] = side;
    d->spec[1] = back;
    d->spec[2] = push.bias != 0;
    d->n_spec = 3;
}

static int conv2d_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    struct conv_shape s = shape_of(site->node);

    conv2d_dispatch_fill(&out[0], &s, false, site);
    return 1;
}

const struct op conv2d_op = {
    .name = "conv2d",
    .grad = conv2d_grad,
    .kernels = {{.name = "bf16",
                 .fits = packed_bf16_fits,
                 .needs = PACKED_BF16_NEEDS,
                 .halves = PACKED_HALVES,
                 .host = conv2d_bf16},
                {.name = "host",
                 .fits = packed_fits,
                 .needs = PACKED_NEEDS,
                 .halves = PACKED_HALVES,
                 .host = conv2d_host},
                {.name = "portable", .dispatch = conv2d_dispatch}},
    .flops = conv2d_flops,
};
