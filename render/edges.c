// Canny's detector: smooth, differentiate, thin to one pixel across the line, and follow lines from
// where they are strong to where they end.
#include "render/edges.h"

#include "render/filter.h"

#include <math.h>
#include <string.h>

const struct edges_params edges_usual = {.sigma = 0, .low = 100, .high = 200};

// Luma of Rec. 601, 0..255, as annotators of ControlNet have it; that of luma.h is another.
static float *gray(const float *rgb, int64_t count, float black)
{
    static const float weights[3] = {0.299f, 0.587f, 0.114f};
    float *plane = g_new(float, count);
    for (int64_t i = 0; i < count; i++) {
        float sum = 0;
        for (int c = 0; c < 3; c++) {
            sum += weights[c] * (CLAMP(rgb[3 * i + c], black, 1.0f) - black);
        }
        plane[i] = 255 * sum / (1 - black);
    }
    return plane;
}

// ---- the gradient -------------------------------------------------------------------------------

struct gradient {
    int width, height;
    float *x, *y, *length; // (height, width) each
};

static float at(const float *plane, int width, int height, int x, int y)
{
    return plane[(int64_t)CLAMP(y, 0, height - 1) * width + CLAMP(x, 0, width - 1)];
}

// Sobel's kernels; the picture's border is extended.
static struct gradient differentiate(const float *p, int w, int h)
{
    const int64_t count = (int64_t)w * h;
    struct gradient g = {w, h, g_new(float, count), g_new(float, count), g_new(float, count)};
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            const int64_t i = (int64_t)y * w + x;
            const float nw = at(p, w, h, x - 1, y - 1), n = at(p, w, h, x, y - 1),
                        ne = at(p, w, h, x + 1, y - 1), we = at(p, w, h, x - 1, y),
                        ea = at(p, w, h, x + 1, y), sw = at(p, w, h, x - 1, y + 1),
                        s = at(p, w, h, x, y + 1), se = at(p, w, h, x + 1, y + 1);
            g.x[i] = (ne - nw) + 2 * (ea - we) + (se - sw);
            g.y[i] = (sw - nw) + 2 * (s - n) + (se - ne);
            g.length[i] = hypotf(g.x[i], g.y[i]);
        }
    }
    return g;
}

static void gradient_clear(struct gradient *g)
{
    g_free(g->x);
    g_free(g->y);
    g_free(g->length);
}

// Beyond the border nothing is steeper.
static float length_at(const struct gradient *g, int x, int y)
{
    const bool inside = x >= 0 && y >= 0 && x < g->width && y < g->height;
    return inside ? g->length[(int64_t)y * g->width + x] : 0;
}

// Whether no neighbour across the line is steeper. Of two that are alike the first one is the line.
static bool is_ridge(const struct gradient *g, int x, int y)
{
    const float turn = 0.41421356f; // the tangent of 22.5 degrees
    const int64_t i = (int64_t)y * g->width + x;
    const float ax = fabsf(g->x[i]), ay = fabsf(g->y[i]);
    int dx = 1, dy = 0;
    if (ay > ax * turn) {
        dx = ax > ay * turn ? (g->x[i] * g->y[i] < 0 ? -1 : 1) : 0;
        dy = 1;
    }
    return g->length[i] > length_at(g, x - dx, y - dy) &&
           g->length[i] >= length_at(g, x + dx, y + dy);
}

// ---- lines --------------------------------------------------------------------------------------

// From every strong place along the weak ones that touch it. edges: 0, or 0.5 for a weak place.
static void follow(float *edges, int width, int height, GArray *stack)
{
    while (stack->len > 0) {
        const int64_t i = g_array_index(stack, int64_t, stack->len - 1);
        const int x = (int)(i % width), y = (int)(i / width);
        g_array_set_size(stack, stack->len - 1);
        for (int v = MAX(y - 1, 0); v <= MIN(y + 1, height - 1); v++) {
            for (int u = MAX(x - 1, 0); u <= MIN(x + 1, width - 1); u++) {
                const int64_t k = (int64_t)v * width + u;
                if (edges[k] == 0.5f) {
                    edges[k] = 1;
                    g_array_append_val(stack, k);
                }
            }
        }
    }
}

static float *link_lines(const struct gradient *g, const struct edges_params *params)
{
    const int64_t count = (int64_t)g->width * g->height;
    float *edges = g_new0(float, count);
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (int64_t i = 0; i < count; i++) {
        const int x = (int)(i % g->width), y = (int)(i / g->width);
        if (g->length[i] > params->low && is_ridge(g, x, y)) {
            const bool strong = g->length[i] > params->high;
            edges[i] = strong ? 1 : 0.5f;
            if (strong) {
                g_array_append_val(stack, i);
            }
        }
    }
    follow(edges, g->width, g->height, stack);
    for (int64_t i = 0; i < count; i++) {
        edges[i] = edges[i] == 1;
    }
    return edges;
}

float *edges_find(const float *rgb, int width, int height, float black,
                  const struct edges_params *params)
{
    g_autofree float *plane = gray(rgb, (int64_t)width * height, black);
    filter_gaussian(plane, width, height, params->sigma);
    struct gradient g = differentiate(plane, width, height);
    float *edges = link_lines(&g, params);
    gradient_clear(&g);
    return edges;
}
