// Gradient of a convolution with respect to its input, a sum of products over the kernel's taps:
//
//   dx(iy, ix) = sum over (ky, kx) of dy(oy, ox) w[:, ky, kx, :]
//   oy = (iy + top - ky) / stride,  ox = (ix + left - kx) / stride
//
// over the taps for which both divisions leave no remainder. Reading dy for each input position
// instead of scattering products keeps threads apart and the order of the sums fixed. p.i: see
// conv.h.
#include "compute/op/conv.h"
#include "compute/op/packed.h"

extern const struct op conv2d_back_input_op;

struct node *op_conv2d_back_input(struct graph *g, struct node *dy, struct node *w,
                                  struct conv_params params, int height, int width)
{
    g_assert(dy->shape[3] == w->shape[0]);
    g_assert(conv_out_size(height, params.top, params.bottom, w->shape[1], params.stride) ==
             dy->shape[1]);
    g_assert(conv_out_size(width, params.left, params.right, w->shape[2], params.stride) ==
             dy->shape[2]);
    struct node *dx = graph_add(g, &conv2d_back_input_op, DTYPE_F32,
                                (const int[]){dy->shape[0], height, width, w->shape[3]},
                                (struct node *[]){dy, w}, 2);
    conv_set_params(dx, params);
    return dx;
}

// dy = in[0] (N,H',W',O), w = in[1] (O,ky,kx,I), dx (N,H,W,I).
static struct conv_shape shape_of(const struct node *dx)
{
    return conv_shape_make(dx, dx->shape, dx->in[1]->shape, dx->in[0]->shape);
}

// ---- host ---------------------------------------------------------------------------------------

// Where the outputs that input positions [begin, end) went into are, tap by tap.
static void locate(const void *data, int64_t begin, int64_t end, const struct packed_table *to)
{
    const struct conv_shape *s = data;
    const float **at = to->at;
    for (int64_t p = begin; p < end; p++, at++) {
        const int x = (int)(p % s->width) + s->left, y = (int)(p / s->width % s->height) + s->top;
        const int64_t image = p / s->width / s->height * s->out_height * s->out_width;
        const float **tap = at;
        for (int ky = 0; ky < s->ky; ky++) {
            for (int kx = 0; kx < s->kx; kx++, tap += to->pitch) {
                const int oy = (y - ky) / s->stride, ox = (x - kx) / s->stride;
                bool inside = y >= ky && x >= kx && oy * s->stride == y - ky &&
                              ox * s->stride == x - kx && oy < s->out_height && ox < s->out_width;
                const int64_t position = image + (int64_t)oy * s->out_width + ox;
                *tap = inside ? to->x + (position - to->first) * to->words : to->zeros;
            }
        }
    }
}

static void reach(const void *data, int64_t begin, int64_t end, int64_t *from, int64_t *to)
{
    const struct conv_shape *s = data;
    const int64_t first = begin / s->width, last = (end - 1) / s->width;
    const int top = ((int)(first % s->height) + s->top - s->ky + 1) / s->stride;
    const int bottom = ((int)(last % s->height) + s->top) / s->stride + 1;
    *from = (first / s->height * s->out_height + CLAMP(top, 0, s->out_height)) * s->out_width;
    *to = (last / s->height * s->out_height + CLAMP(bottom, 0, s->out_height)) * s->out_width;
}

static void run_back_input(const struct op_run *run, bool bf16)
{
    const struct conv_shape shape = shape_of(run->node), *s = &shape;
    struct packed_product product = {
        .x = run->in[0],
        .m = op_rows(run->node),
        .locate = locate,
        .reach = reach,
        .data = s,
        .w =
            {
                .data = run->in[1],
                .dtype = run->node->in[1]->dtype,
                .step_n = 1,
                .step_tap = s->in,
                .step_depth = conv_depth(s),
                .n = s->in,
                .taps = s->ky * s->kx,
                .depth = s->out,
                .turned = true,
                .keeper = run->node->in[1]->tensor,
            },
        .y = run->out,
        .bf16 = bf16,
    };
    packed_product_run(&product);
}

static void conv2d_back_input_host(const struct op_run *run)
{
    run_back_input(run, false);
}

static void conv2d_back_input_bf16(const struct op_run *run)
{
    run_back_input(run, true);
}

static double conv2d_back_input_flops(const struct node *node)
{
    struct conv_shape s = shape_of(node);
    return conv_flops(&s);
}

// ---- Vulkan -------------------------------------------------------------------------------------

static int conv2d_back_input_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    struct conv_shape s = shape_of(site->node);

    conv2d_dispatch_fill(&out[0], &s, true, site);
    return 1;
}

const struct op conv2d_back_input_op = {
    .name = "conv2d_back_input",
    .kernels = {{.name = "bf16",
                 .fits = packed_bf16_fits,
                 .needs = PACKED_BF16_NEEDS,
                 .halves = PACKED_HALVES,
                 .host = conv2d_back_input_bf16},
                {.name = "host",
                 .fits = packed_fits,
                 .needs = PACKED_NEEDS,
                 .halves = PACKED_HALVES,
                 .host = conv2d_back_input_host},
                {.name = "portable", .dispatch = conv2d_back_input_dispatch}},
    .flops = conv2d_back_input_flops,
};
