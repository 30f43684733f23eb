#include "render/refine.h"

#include "render/color_model.h"
#include "render/cut.h"
#include "render/filter.h"
#include "render/parallel.h"
#include "render/soft_border.h"

#include <math.h>
#include <string.h>

enum {
    WORK_SIDE = 512, // pixels on the longer side where the border is looked for
    ROUNDS = 3,      // of learning colours and finding the border
    PASSES = 60,     // of each search
};

// What the map, and what the colours say at most; as logs of odds. With the outlines of twelve
// photographs, brought to 16 cells and back, 0.935 of what either covers is common on average; with
// 3 for both and TRUST 0.12 it was 0.895, because colours that are on both sides went too far.
#define MAP_LIMIT   4.5f
#define COLOR_LIMIT 1.5f
// How much they weigh together against a border's length.
#define TRUST 0.05f
// The barrier that is left on the strongest edges.
#define LEAST_BARRIER 0.03f

// The photo's part at the size at which the border is looked for.
struct work {
    const struct image *photo;
    struct image_region placed;
    int width, height;
    float *rgb;           // (height, width, 3)
    float *prior;         // (height, width): the map
    float *u;             // (height, width): the selection
    float *cost;          // (height, width)
    float *across, *down; // (height, width): see cut.h
    float *may_show;      // (height, width): where the selection may reach; NULL: everywhere
    float *must_show;     // (height, width): where it reaches at least; NULL with the other
};

// ---- the photo and the map at working size ------------------------------------------------------

// How much of position i lies between begin and end.
static float overlap(int i, double begin, double end)
{
    return (float)(MIN(i + 1, end) - MAX(i, begin));
}

// Means of the photo's pixels; one row of sums at a time.
static void shrink_rows(int begin, int end, void *data)
{
    const struct work *w = data;
    const struct image_region *part = &w->placed;
    double tall = (double)part->height / w->height, wide = (double)part->width / w->width;
    g_autofree float *sums = g_new(float, 3 * (size_t)part->width);

    for (int y = begin; y < end; y++) {
        memset(sums, 0, 3 * (size_t)part->width * sizeof *sums);
        for (int row = (int)(y * tall); row < MIN(ceil((y + 1) * tall), part->height); row++) {
            const float *pixel =
                w->photo->rgb + 3 * ((size_t)(part->y + row) * w->photo->width + part->x);
            float weight = overlap(row, y * tall, (y + 1) * tall);

            for (int i = 0; i < 3 * part->width; i++) {
                sums[i] += weight * pixel[i];
            }
        }
        for (int x = 0; x < w->width; x++) {
            float *out = w->rgb + 3 * ((size_t)y * w->width + x);

            out[0] = out[1] = out[2] = 0.0f;
            for (int i = (int)(x * wide); i < MIN(ceil((x + 1) * wide), part->width); i++) {
                float share = overlap(i, x * wide, (x + 1) * wide) / (float)(wide * tall);

                for (int c = 0; c < 3; c++) {
                    out[c] += share * sums[3 * i + c];
                }
            }
        }
    }
}

// A plane between the middles of its values, along straight lines.
static float between(const float *plane, int width, int height, float x, float y)
{
    x = CLAMP(x, 0.0f, (float)(width - 1));
    y = CLAMP(y, 0.0f, (float)(height - 1));
    int left = (int)x, top = (int)y, right = MIN(left + 1, width - 1);
    float u = x - (float)left, v = y - (float)top;
    const float *above = plane + (size_t)top * width;
    const float *below = plane + (size_t)MIN(top + 1, height - 1) * width;

    return (1.0f - v) * ((1.0f - u) * above[left] + u * above[right]) +
           v * ((1.0f - u) * below[left] + u * below[right]);
}

// The map at working size. One that is coarser is rounded off: its steps are no borders.
static void take_map(struct work *w, const struct raster *map)
{
    int width = MIN(map->width, w->width), height = MIN(map->height, w->height);
    g_autofree float *coarse = g_new(float, (size_t)width *height);
    float wide = (float)w->width / (float)width, tall = (float)w->height / (float)height;

    raster_resize(map, &(struct image_region){0, 0, map->width, map->height}, width, height,
                  coarse);
    for (int y = 0; y < w->height; y++) {
        for (int x = 0; x < w->width; x++) {
            w->prior[(size_t)y * w->width + x] =
                between(coarse, width, height, ((float)x + 0.5f) / wide - 0.5f,
                        ((float)y + 0.5f) / tall - 0.5f);
        }
    }
    if (wide > 1.0f || tall > 1.0f) {
        filter_gaussian(w->prior, w->width, w->height, 0.35 * MAX(wide, tall));
    }
}

// Barriers are low where neighbours differ by more than they do in this photo as a rule (Boykov and
// Jolly 2001).
static float squared_difference(const float *a, const float *b)
{
    float sum = 0.0f;

    for (int c = 0; c < 3; c++) {
        sum += (a[c] - b[c]) * (a[c] - b[c]);
    }
    return sum;
}

static void find_barriers(struct work *w)
{
    size_t n = (size_t)w->width * w->height;
    double sum = 0.0;

    for (size_t i = 0; i < n; i++) {
        bool last_column = (i + 1) % (size_t)w->width == 0, last_row = i + (size_t)w->width >= n;
        const float *here = w->rgb + 3 * i;

        w->across[i] = last_column ? 0.0f : squared_difference(here, here + 3);
        w->down[i] = last_row ? 0.0f : squared_difference(here, here + 3 * (size_t)w->width);
        sum += w->across[i] + w->down[i];
    }
    float rate = (float)((double)n / MAX(sum, 1e-6 * (double)n));
    for (size_t i = 0; i < n; i++) {
        bool last_column = (i + 1) % (size_t)w->width == 0, last_row = i + (size_t)w->width >= n;

        w->across[i] = last_column ? 0.0f : LEAST_BARRIER + expf(-rate * w->across[i]);
        w->down[i] = last_row ? 0.0f : LEAST_BARRIER + expf(-rate * w->down[i]);
    }
}

// With a map that is nearly right the border stays within `reach` working pixels of the map's.
static void limit_reach(struct work *w, int reach)
{
    size_t n = (size_t)w->width * w->height;

    w->may_show = g_new(float, n);
    w->must_show = g_new(float, n);
    for (size_t i = 0; i < n; i++) {
        w->may_show[i] = w->prior[i] >= 0.5f;
        w->must_show[i] = w->prior[i] < 0.5f;
    }
    filter_maximum(w->may_show, w->width, w->height, reach);
    filter_maximum(w->must_show, w->width, w->height, reach);
    for (size_t i = 0; i < n; i++) {
        w->must_show[i] = 1.0f - w->must_show[i];
    }
}

static void work_open(struct work *w, const struct image *photo, const struct image_region *placed,
                      const struct raster *map, double reach)
{
    double scale = MIN(1.0, (double)WORK_SIDE / MAX(placed->width, placed->height));

    *w = (struct work){.photo = photo,
                       .placed = *placed,
                       .width = MAX(1, (int)lround(scale * placed->width)),
                       .height = MAX(1, (int)lround(scale * placed->height))};
    size_t n = (size_t)w->width * w->height;
    w->rgb = g_new(float, 3 * n);
    w->prior = g_new(float, n);
    w->cost = g_new(float, n);
    w->across = g_new(float, n);
    w->down = g_new(float, n);
    parallel_rows(w->height, shrink_rows, w);
    take_map(w, map);
    w->u = g_memdup2(w->prior, n * sizeof(float));
    find_barriers(w);
    if (reach > 0.0) {
        limit_reach(w, (int)ceil(MIN(scale * reach, WORK_SIDE)));
    }
}

static void work_close(struct work *w)
{
    g_free(w->rgb);
    g_free(w->prior);
    g_free(w->u);
    g_free(w->cost);
    g_free(w->across);
    g_free(w->down);
    g_free(w->may_show);
    g_free(w->must_show);
}

// ---- the border ---------------------------------------------------------------------------------

static float log_odds(float share, float limit)
{
    float least = 1.0f / (1.0f + expf(limit));

    share = least + (1.0f - 2.0f * least) * share;
    return logf(share / (1.0f - share));
}

// More than any length of border is worth.
#define FORBIDDEN 1e3f

static void find_border(struct work *w, const struct color_model *colors)
{
    for (size_t i = 0; i < (size_t)w->width * w->height; i++) {
        float color = color_model_ratio(colors, w->rgb + 3 * i);

        w->cost[i] =
            -TRUST * (log_odds(w->prior[i], MAP_LIMIT) + CLAMP(color, -COLOR_LIMIT, COLOR_LIMIT));
        if (w->may_show != NULL) {
            w->cost[i] += FORBIDDEN * (1.0f - w->may_show[i] - w->must_show[i]);
        }
    }
    cut_solve(w->u, w->cost, w->across, w->down, w->width, w->height, PASSES);
}

static bool find_selection(struct work *w, struct task *task, GError **error)
{
    struct color_model colors = {0};
    bool ok = true;

    for (int i = 0; i < ROUNDS && ok; i++) {
        task_report(task, TASK_SELECTING, (double)i / (ROUNDS + 1));
        color_model_learn(&colors, w->rgb, w->u, (size_t)w->width * w->height);
        find_border(w, &colors);
        ok = !task_cancelled(task, error);
    }
    color_model_clear(&colors);
    return ok;
}

struct raster *refine_selection(const struct image *photo, const struct image_region *placed,
                                const struct raster *map, double reach, struct task *task,
                                GError **error)
{
    struct raster *out = raster_new(placed->width, placed->height, error);
    struct work w;

    if (out == NULL) {
        return NULL;
    }
    work_open(&w, photo, placed, map, reach);
    if (find_selection(&w, task, error)) {
        soft_border_apply(w.u, w.rgb, w.width, w.height, photo, placed, out);
    } else {
        g_clear_pointer(&out, raster_free);
    }
    work_close(&w);
    return out;
}
