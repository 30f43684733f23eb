// The membrane is solved from coarse to fine: each level starts from the one above, so a few
// relaxations are enough.
#include "render/seam.h"

#include <glib.h>
#include <string.h>

enum { COARSEST = 8, COARSE_SWEEPS = 200, SWEEPS = 40 };

static const float OVER_RELAXATION = 1.6f;

// Values are given where a cell is not open and sought where it is.
struct grid {
    int width, height;
    float *value; // (height, width, 3)
    bool *open;   // (height, width)
};

static void grid_init(struct grid *grid, int width, int height)
{
    grid->width = width;
    grid->height = height;
    grid->value = g_new0(float, 3 * (size_t)width * height);
    grid->open = g_new(bool, (size_t)width *height);
}

static void grid_clear(struct grid *grid)
{
    g_free(grid->value);
    g_free(grid->open);
}

// Mean of the given values among the four cells below; open where none is given.
static void coarsen_cell(const struct grid *fine, struct grid *coarse, int x, int y)
{
    size_t at = (size_t)y * coarse->width + x;
    float sum[3] = {0.0f, 0.0f, 0.0f};
    int given = 0;

    for (int row = 2 * y; row < MIN(2 * y + 2, fine->height); row++) {
        for (int column = 2 * x; column < MIN(2 * x + 2, fine->width); column++) {
            size_t i = (size_t)row * fine->width + column;

            for (int c = 0; c < 3 && !fine->open[i]; c++) {
                sum[c] += fine->value[3 * i + c];
            }
            given += !fine->open[i];
        }
    }
    coarse->open[at] = given == 0;
    for (int c = 0; c < 3 && given > 0; c++) {
        coarse->value[3 * at + c] = sum[c] / given;
    }
}

static void refine(const struct grid *coarse, struct grid *fine)
{
    for (int y = 0; y < fine->height; y++) {
        for (int x = 0; x < fine->width; x++) {
            size_t at = (size_t)y * fine->width + x;
            size_t above = (size_t)(y / 2) * coarse->width + x / 2;

            if (fine->open[at]) {
                memcpy(fine->value + 3 * at, coarse->value + 3 * above, 3 * sizeof(float));
            }
        }
    }
}

// Moves one open cell towards the mean of its neighbours; at the picture's border there are fewer.
static void relax_cell(struct grid *grid, int x, int y)
{
    size_t at = (size_t)y * grid->width + x;
    float *value = grid->value + 3 * at;
    float sum[3] = {0.0f, 0.0f, 0.0f};
    ptrdiff_t row = (ptrdiff_t)3 * grid->width;
    const float *neighbours[4] = {x > 0 ? value - 3 : NULL, x < grid->width - 1 ? value + 3 : NULL,
                                  y > 0 ? value - row : NULL,
                                  y < grid->height - 1 ? value + row : NULL};
    int count = 0;

    for (int n = 0; n < 4; n++) {
        for (int c = 0; c < 3 && neighbours[n] != NULL; c++) {
            sum[c] += neighbours[n][c];
        }
        count += neighbours[n] != NULL;
    }
    for (int c = 0; c < 3; c++) {
        value[c] += OVER_RELAXATION * (sum[c] / count - value[c]);
    }
}

static void relax(struct grid *grid, int sweeps)
{
    for (int sweep = 0; sweep < sweeps; sweep++) {
        for (int y = 0; y < grid->height; y++) {
            for (int x = 0; x < grid->width; x++) {
                if (grid->open[(size_t)y * grid->width + x]) {
                    relax_cell(grid, x, y);
                }
            }
        }
    }
}

static void solve(struct grid *grid)
{
    struct grid coarse;

    if (MIN(grid->width, grid->height) <= COARSEST) {
        relax(grid, COARSE_SWEEPS);
        return;
    }
    grid_init(&coarse, (grid->width + 1) / 2, (grid->height + 1) / 2);
    for (int y = 0; y < coarse.height; y++) {
        for (int x = 0; x < coarse.width; x++) {
            coarsen_cell(grid, &coarse, x, y);
        }
    }
    solve(&coarse);
    refine(&coarse, grid);
    relax(grid, SWEEPS);
    grid_clear(&coarse);
}

static bool all_open(const bool *open, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!open[i]) {
            return false;
        }
    }
    return true;
}

void seam_close(float *delta, const bool *open, int width, int height)
{
    size_t count = (size_t)width * height;
    struct grid membrane;

    if (all_open(open, count)) {
        return;
    }
    grid_init(&membrane, width, height);
    memcpy(membrane.open, open, count * sizeof(bool));
    for (size_t i = 0; i < 3 * count; i++) {
        membrane.value[i] = open[i / 3] ? 0.0f : delta[i];
    }
    solve(&membrane);
    for (size_t i = 0; i < 3 * count; i++) {
        delta[i] -= membrane.value[i];
    }
    grid_clear(&membrane);
}
