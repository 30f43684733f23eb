// Gradient of a convolution with respect to its input, as a sum of products, one for each kernel tap:
//
//   dx (iy, ix) = sum over (ky, kx) of dy((iy + top - ky) / stride, (ix + left - kx) / stride) w[:, ky, kx, :]
//
// over the taps for which both divisions leave no remainder. Gathering dy for each input position instead of
// scattering products keeps threads apart and the order of the sums fixed. p.i: see conv.h.
#include "compute/op/conv.h"

extern const struct op op_conv2d_back_input_entry;

#define MAX_TAPS 64 // ky * kx

struct node *op_conv2d_back_input(struct graph *g, struct node *dy, struct node *w,
                                  struct conv_params params, int height, int width)
{
    g_assert(dy->shape[3] == w->shape[0]);
    g_assert(w->shape[1] * w->shape[2] <= MAX_TAPS);
    g_assert(conv_out_size(height, params.top, params.bottom, w->shape[1], params.stride) == dy->shape[1]);
    g_assert(conv_out_size(width, params.left, params.right, w->shape[2], params.stride) == dy->shape[2]);
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

// ---- host --------------------------------------------------------------------------------------------------

#define GATHER_FLOATS (1 << 20)

// Input positions of equal remainder by the stride see the same taps: one phase. Stride 1 has one phase with
// all taps, stride 2 has four, and together they do no more work than the convolution itself.
struct phase {
    int y, x;          // the first input row and column
    int height, width; // rows and columns of the phase in one image
    int n_taps;
    struct {
        int index;  // ky * kx_count + kx
        int dy, dx; // output position = phase position + (dy, dx)
    } tap[MAX_TAPS];
};

struct back_task {
    struct conv_shape s;
    struct phase phase;
    const float *dy, *w;
    float *dx;
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
                f.tap[f.n_taps].index = ky * s->kx + kx;
                f.tap[f.n_taps].dy = dy / s->stride;
                f.tap[f.n_taps].dx = dx / s->stride;
                f.n_taps++;
            }
        }
    }
    return f;
}

// Rows [begin, end) of (phase positions, taps * O): the outputs that each input position went into.
static void gather(const struct back_task *t, int64_t begin, int64_t end, float *col)
{
    const struct conv_shape *s = &t->s;
    const struct phase *f = &t->phase;
    const size_t bytes = (size_t)s->out * sizeof *col;
    for (int64_t p = begin; p < end; p++) {
        int px = (int)(p % f->width);
        int py = (int)(p / f->width % f->height);
        int64_t n = p / f->width / f->height;
        for (int i = 0; i < f->n_taps; i++, col += s->out) {
            int oy = py + f->tap[i].dy, ox = px + f->tap[i].dx;
            if (oy < 0 || oy >= s->out_height || ox < 0 || ox >= s->out_width) {
                memset(col, 0, bytes);
            } else {
                memcpy(col, t->dy + ((n * s->out_height + oy) * s->out_width + ox) * s->out, bytes);
            }
        }
    }
}

// The phase's rows go back to their places in dx: neighbours for stride 1, else scattered.
static void spread(const struct back_task *t, int64_t begin, int64_t end, int i0, int i1, const float *rows)
{
    const struct conv_shape *s = &t->s;
    const struct phase *f = &t->phase;
    for (int64_t p = begin; p < end; p++, rows += i1 - i0) {
        int64_t ix = f->x + p % f->width * s->stride;
        int64_t iy = f->y + p / f->width % f->height * s->stride;
        int64_t n = p / f->width / f->height;
        memcpy(t->dx + ((n * s->height + iy) * s->width + ix) * s->in + i0, rows,
               (size_t)(i1 - i0) * sizeof *rows);
    }
}

// Phase positions [p0, p1), input channels [i0, i1).
static void back(const struct back_task *t, int64_t p0, int64_t p1, int i0, int i1)
{
    const struct conv_shape *s = &t->s;
    const struct phase *f = &t->phase;
    const int ldw = conv_depth(s), lda = f->n_taps * s->out;
    int64_t chunk = GATHER_FLOATS / (lda > 0 ? lda : 1);
    chunk = chunk < 64 ? 64 : chunk > 4096 ? 4096 : chunk;
    for (int64_t p = p0; p < p1; p += chunk) {
        int rows = (int)(p1 - p < chunk ? p1 - p : chunk);
        const float *a = t->dy + p * s->out;
        if (!conv_is_pointwise(s)) {
            float *col = host_scratch(0, (int64_t)rows * lda);
            gather(t, p, p + rows, col);
            a = col;
        }
        float *y = t->dx + p * s->in + i0;
        int ldy = s->in;
        if (s->stride > 1) {
            ldy = i1 - i0;
            y = host_scratch(1, (int64_t)rows * ldy);
            if (f->n_taps == 0) {
                memset(y, 0, (size_t)rows * (size_t)ldy * sizeof *y);
            }
        }
        for (int i = 0; i < f->n_taps; i++) {
            host_gemm_serial(false, false, rows, i1 - i0, s->out, 1, a + (int64_t)i * s->out, lda,
                             t->w + (int64_t)f->tap[i].index * s->in + i0, ldw, i > 0, y, ldy);
        }
        if (s->stride > 1) {
            spread(t, p, p + rows, i0, i1, y);
        }
    }
}

static int64_t phase_positions(const struct back_task *t)
{
    return (int64_t)t->s.batch * t->phase.height * t->phase.width;
}

static void back_positions(int64_t begin, int64_t end, void *data)
{
    const struct back_task *t = data;
    back(t, begin, end, 0, t->s.in);
}

static void back_channels(int64_t begin, int64_t end, void *data)
{
    const struct back_task *t = data;
    back(t, 0, phase_positions(t), (int)begin, (int)end);
}

static void conv2d_back_input_host(const struct op_run *run)
{
    struct back_task t = {.s = shape_of(run->node), .dy = run->in[0], .w = run->in[1], .dx = run->out};
    for (int y = 0; y < t.s.stride && y < t.s.height; y++) {
        for (int x = 0; x < t.s.stride && x < t.s.width; x++) {
            t.phase = phase_make(&t.s, y, x);
            int64_t positions = phase_positions(&t);
            bool by_position = positions >= t.s.in;
            int64_t side = by_position ? positions : t.s.in;
            int64_t grain = ((side + host_threads() - 1) / host_threads() + 15) / 16 * 16;
            host_parallel(side, grain, by_position ? back_positions : back_channels, &t);
        }
    }
}

static double conv2d_back_input_flops(const struct node *node)
{
    struct conv_shape s = shape_of(node);
    return conv_flops(&s);
}

// ---- Vulkan ------------------------------------------------------------------------------------------------

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
