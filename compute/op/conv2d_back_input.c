// Gradient of a convolution with respect to its input, a sum of products over the kernel's taps:
//
//   dx(iy, ix) = sum over (ky, kx) of dy(oy, ox) w[:, ky, kx, :]
//   oy = (iy + top - ky) / stride,  ox = (ix + left - kx) / stride
//
// over the taps for which both divisions leave no remainder. Gathering dy for each input position
// instead of scattering products keeps threads apart and the order of the sums fixed. p.i: see
// conv.h.
#include "compute/op/conv.h"
#include "compute/op/product.h"

extern const struct op op_conv2d_back_input_entry;

#define MAX_TAPS 64 // ky * kx

struct node *op_conv2d_back_input(struct graph *g, struct node *dy, struct node *w,
                                  struct conv_params params, int height, int width)
{
    g_assert(dy->shape[3] == w->shape[0]);
    g_assert(w->shape[1] * w->shape[2] <= MAX_TAPS);
    g_assert(conv_out_size(height, params.top, params.bottom, w->shape[1], params.stride) ==
             dy->shape[1]);
    g_assert(conv_out_size(width, params.left, params.right, w->shape[2], params.stride) ==
             dy->shape[2]);
    struct node *dx = graph_add(g, &op_conv2d_back_input_entry, DTYPE_F32,
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

// Input positions of equal remainder by the stride see the same taps: one phase. Stride 1 has one
// phase with all taps, stride 2 has four, and together they do no more work than the convolution
// itself.
struct phase {
    int y, x;          // the first input row and column
    int height, width; // rows and columns of the phase in one image
    int n_taps;
    struct {
        int dy, dx; // output position = phase position + (dy, dx)
    } tap[MAX_TAPS];
    int64_t weight[MAX_TAPS]; // where the tap's weights begin
};

static struct phase phase_make(const struct conv_shape *s, int y, int x)
{
    struct phase f = {.y = y, .x = x};
    f.height = (s->height - y + s->stride - 1) / s->stride;
    f.width = (s->width - x + s->stride - 1) / s->stride;
    for (int ky = 0; ky < s->ky; ky++) {
        for (int kx = 0; kx < s->kx; kx++) {
            int dy = y + s->top - ky, dx = x + s->left - kx;
            if (dy % s->stride == 0 && dx % s->stride == 0) {
                f.weight[f.n_taps] = (int64_t)(ky * s->kx + kx) * s->in;
                f.tap[f.n_taps].dy = dy / s->stride;
                f.tap[f.n_taps].dx = dx / s->stride;
                f.n_taps++;
            }
        }
    }
    return f;
}

struct chunk {
    const struct conv_shape *s;
    const struct phase *phase;
    int64_t begin; // the first of its positions of the phase
    const float *dy;
    float *gathered; // (positions, taps * O)
    float *dx;
    const float *rows; // (positions, I)
};

// The outputs that each input position went into.
static void gather(int64_t from, int64_t to, void *data)
{
    const struct chunk *c = data;
    const struct conv_shape *s = c->s;
    const struct phase *f = c->phase;
    const size_t bytes = (size_t)s->out * sizeof(float);
    float *row = c->gathered + from * f->n_taps * s->out;
    for (int64_t p = c->begin + from; p < c->begin + to; p++) {
        int px = (int)(p % f->width), py = (int)(p / f->width % f->height);
        int64_t n = p / f->width / f->height;
        for (int i = 0; i < f->n_taps; i++, row += s->out) {
            int oy = py + f->tap[i].dy, ox = px + f->tap[i].dx;
            if (oy < 0 || oy >= s->out_height || ox < 0 || ox >= s->out_width) {
                memset(row, 0, bytes);
            } else {
                memcpy(row, c->dy + ((n * s->out_height + oy) * s->out_width + ox) * s->out, bytes);
            }
        }
    }
}

// The rows of a phase go to their places in dx.
static void spread(int64_t from, int64_t to, void *data)
{
    const struct chunk *c = data;
    const struct conv_shape *s = c->s;
    const struct phase *f = c->phase;
    for (int64_t p = c->begin + from; p < c->begin + to; p++) {
        int64_t ix = f->x + p % f->width * s->stride;
        int64_t iy = f->y + p / f->width % f->height * s->stride;
        int64_t n = p / f->width / f->height;
        memcpy(c->dx + ((n * s->height + iy) * s->width + ix) * s->in,
               c->rows + (p - c->begin) * s->in, (size_t)s->in * sizeof(float));
    }
}

// With stride 1 the positions of the one phase are those of dx; else rows are made apart and
// spread.
static void run_phase(const struct op_run *run, const struct conv_shape *s, const struct phase *f)
{
    const bool pointwise = conv_is_pointwise(s), direct = s->stride == 1;
    const int64_t positions = (int64_t)s->batch * f->height * f->width;
    const int depth = f->n_taps * s->out;
    const int chunk = pointwise ? (int)positions : conv_chunk(positions, MAX(depth, s->in));
    struct product product = {
        .b = run->in[1],
        .n = s->in,
        .k = s->out,
        .lda = depth,
        .ldb = conv_depth(s),
        .ldc = s->in,
        .terms = f->n_taps,
        .term_a = s->out,
        .term_b = f->weight,
    };
    for (int64_t p = 0; p < positions; p += chunk) {
        product.m = (int)MIN(chunk, positions - p);
        struct chunk c = {.s = s, .phase = f, .begin = p, .dy = run->in[0], .dx = run->out};
        product.a = run->in[0];
        product.c = direct ? run->out + p * s->in : host_scratch(1, (int64_t)product.m * s->in);
        c.rows = product.c;
        if (!pointwise) {
            product.a = c.gathered = host_scratch(0, (int64_t)product.m * depth);
            host_parallel(product.m, op_grain(depth), gather, &c);
        }
        product_run(&product);
        if (!direct) {
            host_parallel(product.m, op_grain(s->in), spread, &c);
        }
    }
}

static void conv2d_back_input_host(const struct op_run *run)
{
    struct conv_shape s = shape_of(run->node);
    if (s.stride > MIN(s.ky, s.kx)) { // some inputs are under no tap
        memset(run->out, 0, (size_t)op_count(run->node) * sizeof(float));
    }
    for (int y = 0; y < s.stride && y < s.height; y++) {
        for (int x = 0; x < s.stride && x < s.width; x++) {
            struct phase f = phase_make(&s, y, x);
            if (f.n_taps > 0) {
                run_phase(run, &s, &f);
            }
        }
    }
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

const struct op op_conv2d_back_input_entry = {
    .name = "conv2d_back_input",
    .host = conv2d_back_input_host,
    .dispatch = conv2d_back_input_dispatch,
    .flops = conv2d_back_input_flops,
};
