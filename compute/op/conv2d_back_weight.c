// Gradient of a convolution with respect to its weights, one product over all positions:
//
//   dw (O, ky*kx*I) = dy^T (O, P') gather(x) (P', ky*kx*I)
//
// p.i: see conv.h.
#include "compute/op/conv.h"
#include "compute/op/product.h"
#include "compute/op/tile.h"

extern const struct op op_conv2d_back_weight_entry;

struct node *op_conv2d_back_weight(struct graph *g, struct node *x, struct node *dy,
                                   struct conv_params params, int ky, int kx)
{
    g_assert(x->shape[0] == dy->shape[0]);
    g_assert(conv_out_size(x->shape[1], params.top, params.bottom, ky, params.stride) ==
             dy->shape[1]);
    g_assert(conv_out_size(x->shape[2], params.left, params.right, kx, params.stride) ==
             dy->shape[2]);
    struct node *dw =
        graph_add(g, &op_conv2d_back_weight_entry, DTYPE_F32,
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

static void conv2d_back_weight_host(const struct op_run *run)
{
    struct conv_shape s = shape_of(run->node);
    const bool pointwise = conv_is_pointwise(&s);
    const int64_t positions = conv_positions(&s);
    const int depth = conv_depth(&s);
    const int chunk = pointwise ? (int)positions : conv_chunk(positions, depth);
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
        product.b = pointwise ? run->in[0] : conv_gather(&s, run->in[0], p, product.k);
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

const struct op op_conv2d_back_weight_entry = {
    .name = "conv2d_back_weight",
    .host = conv2d_back_weight_host,
    .dispatch = conv2d_back_weight_dispatch,
    .flops = conv2d_back_weight_flops,
};
