// The table of all operations, generated from the list in meson.build.
#include "compute/op/op.h"

#include "compute/op/op_table.h"

#include <string.h>

#define X(name) extern const struct op name##_op;
OP_ROWS
#undef X

#define X(name) &name##_op,
const struct op *const op_table[] = {OP_ROWS NULL};
#undef X

const struct op *op_find(const char *name)
{
    for (int i = 0; op_table[i]; i++) {
        if (strcmp(op_table[i]->name, name) == 0) {
            return op_table[i];
        }
    }
    return NULL;
}
