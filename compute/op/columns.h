// Sums over rows, for host kernels: in double precision, on all threads, and in an order that
// depends on the sizes only.
#pragma once

#include <stdint.h>

struct columns {
    int64_t groups; // independent sums ...
    int64_t rows;   // ... over this many rows each
    int width;      // numbers summed a row
    int64_t cost;   // floats that are moved a row

    // Adds rows [begin, end) of a group to sums[width].
    void (*add)(const void *data, int64_t group, int64_t begin, int64_t end, double *sums);
    const void *data;
};

// The sums (groups, width), in slot 0 of the calling thread's scratch. NULL: no memory for it.
const double *columns_sum(const struct columns *columns);
