// On one core: a pass takes less time than starting threads for it on a busy machine.
#include "render/cut.h"

#include <glib.h>
#include <string.h>

// Their product times the squared norm of the differences, which is 8, must stay below 1.
static const float PRIMAL_STEP = 0.35f, DUAL_STEP = 0.35f;

struct cut {
    const float *cost, *across, *down;
    float *u, *ahead; // ahead: u, and as far again as it went
    float *p, *q;     // the duals of the differences to the next column and row
    int width, height;
};

static inline float clamped(float value, float least, float greatest)
{
    return value < least ? least : value > greatest ? greatest : value;
}

static void dual_pass(const struct cut *c)
{
    for (int y = 0; y < c->height; y++) {
        size_t at = (size_t)y * c->width;
        size_t below = y + 1 < c->height ? (size_t)c->width : 0;
        const float *ahead = c->ahead + at, *next = ahead + below;
        const float *across = c->across + at, *down = c->down + at;
        float *p = c->p + at, *q = c->q + at;

        for (int x = 0; x + 1 < c->width; x++) {
            p[x] = clamped(p[x] + DUAL_STEP * (ahead[x + 1] - ahead[x]), -across[x], across[x]);
        }
        for (int x = 0; x < c->width; x++) {
            q[x] = clamped(q[x] + DUAL_STEP * (next[x] - ahead[x]), -down[x], down[x]);
        }
    }
}

static void primal_pass(const struct cut *c)
{
    for (int y = 0; y < c->height; y++) {
        size_t at = (size_t)y * c->width;
        const float *p = c->p + at, *q = c->q + at, *cost = c->cost + at;
        const float *above = y > 0 ? q - c->width : NULL;
        float *u = c->u + at, *ahead = c->ahead + at;

        for (int x = 0; x < c->width; x++) { // what flows out less what flows in, for now
            ahead[x] = p[x] + q[x] - cost[x];
        }
        for (int x = 1; x < c->width; x++) {
            ahead[x] -= p[x - 1];
        }
        for (int x = 0; above != NULL && x < c->width; x++) {
            ahead[x] -= above[x];
        }
        for (int x = 0; x < c->width; x++) {
            float before = u[x];

            u[x] = clamped(before + PRIMAL_STEP * ahead[x], 0.0f, 1.0f);
            ahead[x] = 2.0f * u[x] - before;
        }
    }
}

void cut_solve(float *u, const float *cost, const float *across, const float *down, int width,
               int height, int passes)
{
    size_t n = (size_t)width * height;
    g_autofree float *ahead = g_memdup2(u, n * sizeof *u);
    g_autofree float *p = g_new0(float, n);
    g_autofree float *q = g_new0(float, n);
    struct cut c = {cost, across, down, u, ahead, p, q, width, height};

    for (int i = 0; i < passes; i++) {
        dual_pass(&c);
        primal_pass(&c);
    }
}
