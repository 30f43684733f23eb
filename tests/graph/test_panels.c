// Weights of 16 bits in panels: where each number of a file lies, and that widening gives it back
// in the order of the shape.
#include "compute/graph/panels.h"

#include "compute/half.h"

#include <string.h>

// Number i of a file, none like its neighbours; every other one is negative.
static uint16_t number(int64_t i)
{
    return (uint16_t)((i % 2 ? 0x8000 : 0) | (i * 7919 % 0x7bff));
}

static void check_panel(const struct panels *p, int panel, const uint8_t *file)
{
    const int width = panels_width(p, panel);
    const int64_t length = (int64_t)p->taps * p->inputs;
    g_autofree uint16_t *out = g_new(uint16_t, length * width + 1);
    uint16_t largest = 0;
    out[length * width] = 12345;
    const uint16_t most = panels_fill(p, panel, file, out);
    for (int64_t k = 0; k < length * width; k++) {
        const int64_t output = panel * PANEL_OUTPUTS + k % width, input = k / width % p->inputs,
                      tap = k / width / p->inputs;
        g_assert_cmphex(out[k], ==, number((output * p->inputs + input) * p->taps + tap));
        largest = MAX(largest, out[k] & 0x7fff);
    }
    g_assert_cmphex(out[length * width], ==, 12345);
    g_assert_cmphex(most, ==, largest);
}

static void check_widening(const int shape[GRAPH_RANK], enum dtype half, const uint8_t *file)
{
    const struct panels p = panels_of(shape);
    const int64_t count = shape_count(shape);
    g_autofree uint16_t *all = g_new(uint16_t, count);
    g_autofree float *wide = g_new(float, count);
    for (int i = 0; i < panels_count(&p); i++) {
        panels_fill(&p, i, file, all + panels_offset(&p, i));
    }
    panels_widen(&p, half, all, wide);
    for (int64_t k = 0; k < count; k++) { // (O,ky,kx,I)
        const int64_t input = k % p.inputs, tap = k / p.inputs % p.taps,
                      output = k / p.inputs / p.taps;
        const uint16_t h = number((output * p.inputs + input) * p.taps + tap);
        const float f = half == DTYPE_F16 ? half_to_float(h) : bfloat_to_float(h);
        g_assert_cmpmem(&wide[k], sizeof f, &f, sizeof f);
    }
}

static void test_orders(void)
{
    static const int shapes[][GRAPH_RANK] = {
        {1, 1, 1, 1},  {1, 1, 31, 5}, {1, 1, 32, 300}, {1, 1, 70, 257},
        {33, 3, 3, 7}, {4, 3, 3, 40}, {64, 1, 1, 20},  {1, 3, 3, 4},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
        const int64_t count = shape_count(shapes[i]);
        g_autofree uint8_t *file = g_new(uint8_t, 2 * count + 1); // at an odd address
        for (int64_t k = 0; k < count; k++) {
            const uint16_t h = number(k);
            memcpy(file + 1 + 2 * k, &h, sizeof h);
        }
        const struct panels p = panels_of(shapes[i]);
        g_assert_cmpint((int64_t)p.outputs * p.taps * p.inputs, ==, count);
        for (int panel = 0; panel < panels_count(&p); panel++) {
            check_panel(&p, panel, file + 1);
        }
        check_widening(shapes[i], DTYPE_F16, file + 1);
        check_widening(shapes[i], DTYPE_BF16, file + 1);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/panels/orders", test_orders);
    return g_test_run();
}
