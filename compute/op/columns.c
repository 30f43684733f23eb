// The rows of a group are cut into blocks; every block has its own sums, which are then added up.
#include "compute/op/columns.h"

#include "compute/op/kernel.h"

#define MAX_BLOCKS 32 // a group; enough for the threads, few enough to add up

struct blocks {
    const struct columns *columns;
    int64_t per_group, rows; // blocks a group, rows a block
    double *sums;            // (groups, per_group, width)
};

static void sum_blocks(int64_t begin, int64_t end, void *data)
{
    const struct blocks *b = data;
    const struct columns *c = b->columns;

    for (int64_t i = begin; i < end; i++) {
        int64_t first = i % b->per_group * b->rows;
        double *sums = b->sums + i * c->width;
        memset(sums, 0, (size_t)c->width * sizeof(double));
        c->add(c->data, i / b->per_group, first, MIN(first + b->rows, c->rows), sums);
    }
}

const double *columns_sum(const struct columns *c)
{
    int64_t rows = MAX(op_grain(c->cost), (c->rows + MAX_BLOCKS - 1) / MAX_BLOCKS);
    struct blocks b = {.columns = c, .rows = rows, .per_group = (c->rows + rows - 1) / rows};
    int64_t count = c->groups * b.per_group;

    b.sums = (double *)host_scratch(0, 2 * count * c->width);
    if (!b.sums) {
        return NULL;
    }
    host_parallel(count, op_grain(MIN(rows, c->rows) * c->cost), sum_blocks, &b);

    // Block 0 of a group moves to its final place, which lies behind none of the blocks still to be
    // read.
    for (int64_t group = 0; b.per_group > 1 && group < c->groups; group++) {
        double *sums = b.sums + group * c->width;
        const double *part = b.sums + group * b.per_group * c->width;
        memmove(sums, part, (size_t)c->width * sizeof(double));
        for (int64_t block = 1; block < b.per_group; block++) {
            part += c->width;
            for (int i = 0; i < c->width; i++) {
                sums[i] += part[i];
            }
        }
    }
    return b.sums;
}
