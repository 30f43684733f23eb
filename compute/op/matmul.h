// The matrix product on the device, for the ops that are one: blocks of channels are matrices with
// a row pitch.
#pragma once

#include "compute/op/op.h"

// y = op(a) op(b) + bias for `batch` products; step: elements from one to the next, 0 where shared.
struct matmul_call {
    uint64_t y, a, b, bias; // addresses; bias may be 0
    uint32_t batch, m, n, k;
    uint32_t pitch_y, pitch_a, pitch_b;
    uint32_t step_y, step_a, step_b;
    bool trans_a, trans_b;
};
void matmul_dispatch_fill(struct op_dispatch *d, const struct matmul_call *call);
