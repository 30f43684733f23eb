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

// Signed, as any processor has a maximum of such numbers.
static uint16_t largest(const uint16_t *x, int n)
{
    int16_t most = 0;
    for (int k = 0; k < n; k++) {
        const int16_t magnitude = (int16_t)(x[k] & 0x7fff);
        most = magnitude > most ? magnitude : most;
    }
    return (uint16_t)most;
}

// Eight rows of eight numbers become columns: three perfect shuffles of their order.
enum { SIDE = 8 };
typedef uint16_t eight __attribute__((vector_size(SIDE * sizeof(uint16_t))));

static void turn(eight r[SIDE])
{
    for (int round = 0; round < 3; round++) {
        eight t[SIDE];
        for (int i = 0; i < SIDE / 2; i++) {
            const eight a = r[i], b = r[i + SIDE / 2];
            t[2 * i] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
            t[2 * i + 1] = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
        }
        memcpy(r, t, sizeof t);
    }
}

// Numbers [k, k + 8) of `width` outputs to the eight places at to, 8 outputs at a time. Returns how
// many outputs that were.
static int turn_outputs(const uint16_t *rows, int k, int width, uint16_t *const to[SIDE])
{
    int j = 0;
    for (; j + SIDE <= width; j += SIDE) {
        eight r[SIDE];
        for (int i = 0; i < SIDE; i++) {
            memcpy(&r[i], rows + (j + i) * PITCH + k, sizeof r[i]);
        }
        turn(r);
        for (int i = 0; i < SIDE; i++) {
            memcpy(to[i] + j, &r[i], sizeof r[i]);
        }
    }
    return j;
}

// Numbers [0, n) of a panel's outputs, the first of which is number `begin` of (I,ky,kx).
static void place(const struct panels *p, const uint16_t *rows, int64_t begin, int n, int width,
                  uint16_t *out)
{
    for (int first = 0; first < n; first += SIDE) {
        const int count = MIN(SIDE, n - first);
        uint16_t *to[SIDE];
        for (int i = 0; i < count; i++) {
            const int64_t input = (begin + first + i) / p->taps,
                          tap = (begin + first + i) % p->taps;
            to[i] = out + (tap * p->inputs + input) * width;
        }
        const int done = count == SIDE ? turn_outputs(rows, first, width, to) : 0;
        for (int i = 0; i < count; i++) {
            for (int j = done; j < width; j++) {
                to[i][j] = rows[j * PITCH + first + i];
            }
        }
    }
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
        place(p, rows, begin, n, width, out);
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
