// A case of the operations' test: inputs, the graph to build on them, and what has to come out.
//
// test_ops.c fills the inputs with random numbers and checks that every kernel that the device
// allows agrees with the reference, that the gradients agree with differences of the reference, and
// that nothing is written outside of the result. An op without a case fails the test.
#pragma once

#include "compute/op/op.h"
#include "compute/op/ops.h"

enum op_fill {
    FILL_NORMAL,  // mean 0, standard deviation 1
    FILL_SHIFTED, // mean 5, standard deviation 1
    FILL_IDS,     // int32 in [-1, i[0]]: one more than legal at either end
    FILL_SYSTEMS, // square matrices close to the identity
};

struct op_input {
    int shape[GRAPH_RANK]; // shape[0] == 0: the input is absent
    enum op_fill fill;
    bool grad; // check the gradient with respect to it
};

struct op_case {
    const char *op; // name in the table of the op that the case is for
    struct op_input in[GRAPH_INPUTS];
    int i[12]; // whatever build and reference need
    float f[4];
    double tolerance; // largest error, relative to the largest number of the reference; 0 is 1e-5

    struct node *(*build)(struct graph *g, struct node *const *x, const struct op_case *c);
    // Plain loops in double precision, written without looking at the kernels. y: of the result's
    // shape. NULL in the cases of --perf, which are only timed.
    void (*reference)(const struct op_case *c, const double *const *x, double *y);
};

// Each list ends with a case without op.
extern const struct op_case basic_cases[], basic_perf[];
extern const struct op_case linear_cases[], linear_perf[];
