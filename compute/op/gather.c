// Rows of a table (1,1,V,C) chosen by ids (N,1,1,T) int32 -> (N,1,T,C).
// Ids outside the table read row 0.
#include "compute/op/kernel.h"

#include "compute/graph/panels.h"

static const uint32_t code[] =
#include "compute/op/gather.spv.h"
    ;
static const struct gpu_spirv spirv = {"gather", code, sizeof(code)};

static void gather_rows(int64_t begin, int64_t end, void *data)
{
    const struct op_run *run = data;
    const int32_t *ids = (const int32_t *)run->in[1];
    const struct node *table = run->node->in[0];
    const struct panels panels = panels_of(table->shape);
    int size = table->shape[2];
    int64_t channels = op_channels(run->node);

    for (int64_t row = begin; row < end; row++) {
        int64_t id = ids[row] >= 0 && ids[row] < size ? ids[row] : 0;
        float *out = run->out + row * channels;
        if (dtype_is_half(table->dtype)) {
            panels_row(&panels, table->dtype, (const uint16_t *)run->in[0], (int)id, out);
        } else {
            memcpy(out, run->in[0] + id * channels, (size_t)channels * sizeof(float));
        }
    }
}

static void gather_host(const struct op_run *run)
{
    host_parallel(op_rows(run->node), op_grain(op_channels(run->node)), gather_rows, (void *)run);
}

static int gather_dispatch(const struct op_site *site, struct op_dispatch *out)
{
    int64_t n = op_count(site->node);
    struct {
        uint64_t y, table, ids;
        uint32_t n, size, channels;
    } push = {
        site->out,
        site->in[0],
        site->in[1],
        (uint32_t)n,
        (uint32_t)site->node->in[0]->shape[2],
        (uint32_t)op_channels(site->node),
    };

    op_dispatch_fill(&out[0], &spirv, &push, sizeof(push), op_groups(n, 256));
    return 1;
}

const struct op gather_op = {
    .name = "gather",
    .kernels = {{.name = "host", .halves = 1u << 0, .host = gather_host},
                {.name = "portable", .dispatch = gather_dispatch}},
};

struct node *op_gather(struct graph *g, struct node *table, struct node *ids)
{
    g_assert(table->shape[0] == 1 && table->shape[1] == 1);
    g_assert(ids->dtype == DTYPE_I32 && ids->shape[1] == 1 && ids->shape[2] == 1);
    const int shape[GRAPH_RANK] = {ids->shape[0], 1, ids->shape[3], table->shape[3]};
    return graph_add(g, &gather_op, DTYPE_F32, shape, (struct node *[]){table, ids}, 2);
}
