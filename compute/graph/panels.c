// Weights of 16 bits in panels. See panels.h.
#include "compute/graph/panels.h"

#include "compute/half.h"

struct panels panels_of(const int shape[GRAPH_RANK])
{
    const bool linear = shape[0] == 1 && shape[1] == 1; // or a convolution of one output: the same
    return (struct panels){linear ? shape[2] : shape[0], linear ? 1 : shape[1] * shape[2],
                           shape[3]};
}

int panels_count(const struct panels *p)
{
    return (p->outputs + PANEL_OUTPUTS - 1) / PANEL_OUTPUTS;
}

int panels_width(const struct panels *p, int i)
{
    return MIN(PANEL_OUTPUTS, p->outputs - i * PANEL_OUTPUTS);
}

int64_t panels_offset(const struct panels *p, int i)
{
    return (int64_t)i * PANEL_OUTPUTS * p->taps * p->inputs;
}

// Numbers of each output that are taken at a time, and the distance from output to output, which
// is not a power of two: the outputs' lines would displace each other in the first cache.
enum { CUT = 256, PITCH = CUT + 2 };

static uint16_t largest(const uint16_t *x, int n)
{
    uint16_t most = 0;
    for (int k = 0; k < n; k++) {
        most = MAX(most, x[k] & 0x7fff);
    }
    return most;
}

uint16_t panels_fill(const struct panels *p, int i, const uint8_t *file, uint16_t *out)
{
    const int width = panels_width(p, i);
    const int64_t length = (int64_t)p->inputs * p->taps; // of an output
    const uint8_t *from = file + panels_offset(p, i) * (int64_t)sizeof *out;
    uint16_t rows[PANEL_OUTPUTS * PITCH], most = 0;
    for (int64_t begin = 0; begin < length; begin += CUT) {
        const int n = (int)MIN(CUT, length - begin);
        for (int j = 0; j < width; j++) {
            uint16_t *row = rows + j * PITCH;
            memcpy(row, from + (j * length + begin) * (int64_t)sizeof *row,
                   (size_t)n * sizeof *row);
            most = MAX(most, largest(row, n));
        }
        for (int k = 0; k < n; k++) { // an output's numbers are (I,ky,kx)
            const int64_t input = (begin + k) / p->taps, tap = (begin + k) % p->taps;
            uint16_t *to = out + (tap * p->inputs + input) * width;
            for (int j = 0; j < width; j++) {
                to[j] = rows[j * PITCH + k];
            }
        }
    }
    return most;
}

static float widen(enum dtype half, uint16_t bits)
{
    return half == DTYPE_F16 ? half_to_float(bits) : bfloat_to_float(bits);
}

void panels_row(const struct panels *p, enum dtype half, const uint16_t *panels, int j, float *out)
{
    const int i = j / PANEL_OUTPUTS, width = panels_width(p, i);
    const uint16_t *from = panels + panels_offset(p, i) + j % PANEL_OUTPUTS;
    for (int64_t k = 0; k < (int64_t)p->taps * p->inputs; k++) {
        out[k] = widen(half, from[k * width]);
    }
}

void panels_widen(const struct panels *p, enum dtype half, const uint16_t *panels, float *out)
{
    const int64_t length = (int64_t)p->taps * p->inputs;
    for (int i = 0; i < panels_count(p); i++) {
        const int width = panels_width(p, i);
        const uint16_t *from = panels + panels_offset(p, i);
        float *to = out + panels_offset(p, i); // the first of its outputs
        for (int64_t k = 0; k < length; k++, from += width) {
            for (int j = 0; j < width; j++) {
                to[j * length + k] = widen(half, from[j]);
            }
        }
    }
}
