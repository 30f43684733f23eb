// Gradient of a convolution with respect to its weights, one product over all positions:
//
//   dw (O, ky*kx*I) = dy^T (O, P') gather(x) (P', ky*kx*I)
//
// p.i: see conv.h.
#include "compute/op/conv.h"
#include "compute/op/product.h"
#include "compute/op/tile.h"

extern const struct op conv2d_back_weight_op;

struct node *op_conv2d_back_weight(struct graph *g, struct node *x, struct node *dy,
                                   struct conv_params params, int ky, int kx)
{
    g_assert(x->shape[0] == dy->shape[0]);
    g_assert(conv_out_size(x->shape[1], params.top, params.bottom, ky, params.stride) ==
             dy->shape[1]);
    g_assert(conv_out_size(x->shape[2], params.left, params.right, kx, params.stride) ==
             dy->shape[2]);
    struct node *dw =
        graph_add(g, &conv2d_back_weight_op, DTYPE_F32,
                  (const int[]){dy->shape[3], ky, kx, x->shape[3]}, (struct node *[]){x, dy}, 2);
    conv_set_params(dw, params);
    return dw;
}

// x = in[0] (N,H,W,I), dy = in[1] (N,H',W',O), dw (O,ky,kx,I).
static struct conv_shape shape_of(const struct node *dw)
{
    return conv_shape_make(dw, dw->in[0]->shape, dw->shape, dw->in[1]->shape);
}

// ---- host ---------------------------------------------------------------------------------------

#define GATHER_FLOATS (2 << 20) // gathered inputs held at a time

struct gather {
    const struct conv_shape *s;
    const float *x;
    int64_t begin; // the first position
    float *rows;
};

// The inputs of one kernel row are neighbours in memory, so a position takes ky copies.
static void gather_range(int64_t from, int64_t to, void *data)
{
    const struct gather *g = data;
    const struct conv_shape *s = g->s;
    const int line = s->kx * s->in; // one kernel row
    float *row = g->rows + from * conv_depth(s);
    for (int64_t p = g->begin + from; p < g->begin + to; p++) {
        int ix = (int)(p % s->out_width) * s->stride - s->left;
        int iy = (int)(p / s->out_width % s->out_height) * s->stride - s->top;
        int64_t n = p / s->out_width / s->out_height;
        int before = CLAMP(-ix, 0, s->kx) * s->in; // floats of a kernel row left of the image
        int inside = CLAMP(s->width - ix, 0, s->kx) * s->in - before;
        for (int ky = 0; ky < s->ky; ky++, iy++, row += line) {
            if (iy < 0 || iy >= s->height || inside <= 0) {
                memset(row, 0, (size_t)line * sizeof(*row));
                continue;
            }
            const float *from_x = g->x + ((n * s->height + iy) * s->width + ix) * s->in + before;
            memset(row, 0, (size_t)before * sizeof(*row));
            memcpy(row + before, from_x, (size_t)inside * sizeof(*row));
            memset(row + before + inside, 0, (size_t)(line - before - inside) * sizeof(*row));
        }
    }
}

// The matrix (rows, ky*kx*I) of the inputs under output positions [begin, begin + rows), zeros
// outside of the image: the caller's scratch 0. NULL: no memory for it.
static const float *gather(const struct conv_shape *s, const float *x, int64_t begin, int rows)
{
    struct gather g = {s, x, begin, host_scratch(0, (int64_t)rows * conv_depth(s))};

    if (g.rows) {
        host_parallel(rows, op_grain(conv_depth(s)), gather_range, &g);
    }
    return g.rows;
}

// Positions to gather at a time: chunks of about equal size.
static int gather_chunk(int64_t positions, int depth)
{
    int64_t most = GATHER_FLOATS / depth;
    most = most < 64 ? 64 : most;
    int64_t chunks = (positions + most - 1) / most;
    return (int)((positions + chunks - 1) / chunks);
}

static void conv2d_back_weight_host(const struct op_run *run)
{
    struct conv_shape s = shape_of(run->node);
    const bool pointwise = conv_is_pointwise(&s);
    const int64_t positions = conv_positions(&s);
    const int depth = conv_depth(&s);
    const int chunk = pointwise ? (int)positions : gather_chunk(positions, depth);
    struct product product = {
        .c = run->out,
        .m = s.out,
        .n = depth,
        .lda = s.out,
        .ldb = depth,
        .ldc = depth,
        .trans_a = true,
    };
    for (int64_t p = 0; p < positions; p += chunk) {
        product.k = (int)MIN(chunk, positions - p);
        product.a = run->in[1] + p * s.out;
        product.b = pointwise ? run->in[0] : gather(&s, run->in[0], p, product.k);
        if (!product.b) {
            return;
        }
        product.accumulate = p > 0;
        product_run(&product);
    }
}

static double conv2d_back_weight_flops(const struct node *node)
{
    struct conv_shape s = shape_of(node);
    return conv_flops(&s);
}

// ---- Vulkan -------------------------------------------------------------------------------------

static const uint32_t code[] =
#include "compute/op/conv2d_back_weight.spv.h"
    ;
static const struct gpu_spirv spirv = {"conv2d_back_weight", code, sizeof(code)};

static int conv2d_back_weight_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    struct conv_shape s = shape_of(site->node);
    struct {
        uint64_t dw, x, dy;
        uint32_t batch, height, width, channels_out;
        int32_t in_height, in_width;
        uint32_t channels_in;
        uint32_t taps_y, taps_x;
        int32_t stride, top, left;
    } push = {
        .dw = site->out,
        .x = site->in[0],
        .dy = site->in[1],
        .batch = (uint32_t)s.batch,
        .height = (uint32_t)s.out_height,
        .width = (uint32_t)s.out_width,
        .channels_out = (uint32_t)s.out,
        .in_height = s.height,
        .in_width = s.width,
        .channels_in = (uint32_t)s.in,
        .taps_y = (uint32_t)s.ky,
        .taps_x = (uint32_t)s.kx,
        .stride = s.stride,
        .top = s.top,
        .left = s.left,
    };
    uint32_t side = tile_side(s.out, s.in, s.ky * s.kx);

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push),
                     tile_groups(s.out, s.in, s.ky * s.kx, side));
    out[0].spec[0] = side;
    out[0].n_spec = 1;
    return 1;
}

const struct op conv2d_back_weight_op = {
    .name = "conv2d_back_weight",
    .kernels = {{.name = "host", .host = conv2d_back_weight_host},
                {.name = "portable", .dispatch = conv2d_back_weight_dispatch}},
    .flops = conv2d_back_weight_flops,
};
