// Convolution, channels last, as a product of gathered inputs with the weights:
//
//   y (P', O) = gather(x) (P', ky*kx*I) w^T + bias        w (O, ky*kx*I)
//
// p.i: see conv.h.
#include "compute/op/conv.h"

#include "compute/op/product.h"
#include "compute/op/tile.h"

extern const struct op op_conv2d_entry;

struct node *op_conv2d(struct graph *g, struct node *x, struct node *w, struct node *bias,
                       struct conv_params params)
{
    g_assert(x->shape[3] == w->shape[3]);
    g_assert(!bias || shape_count(bias->shape) == w->shape[0]);
    int height = conv_out_size(x->shape[1], params.top, params.bottom, w->shape[1], params.stride);
    int width = conv_out_size(x->shape[2], params.left, params.right, w->shape[2], params.stride);
    struct node *y = graph_add(g, &op_conv2d_entry, DTYPE_F32,
                               (const int[]){x->shape[0], height, width, w->shape[0]},
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

const float *conv_gather(const struct conv_shape *s, const float *x, int64_t begin, int rows)
{
    struct gather g = {s, x, begin, host_scratch(0, (int64_t)rows * conv_depth(s))};

    host_parallel(rows, op_grain(conv_depth(s)), gather_range, &g);
    return g.rows;
}

static void conv2d_host(const struct op_run *run)
{
    struct conv_shape s = shape_of(run->node);
    const bool pointwise = conv_is_pointwise(&s);
    const int64_t positions = conv_positions(&s);
    const int depth = conv_depth(&s);
    const int chunk = pointwise ? (int)positions : conv_chunk(positions, depth);
    struct product product = {
        .b = run->in[1],
        .bias = run->in[2],
        .n = s.out,
        .k = depth,
        .lda = depth,
        .ldb = depth,
        .ldc = s.out,
        .trans_b = true,
    };
    for (int64_t p = 0; p < positions; p += chunk) {
        product.m = (int)MIN(chunk, positions - p);
        product.a = pointwise ? run->in[0] : conv_gather(&s, run->in[0], p, product.m);
        product.c = run->out + p * s.out;
        product_run(&product);
    }
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

const struct op op_conv2d_entry = {
    .name = "conv2d",
    .grad = conv2d_grad,
    .host = conv2d_host,
    .dispatch = conv2d_dispatch,
    .flops = conv2d_flops,
};
