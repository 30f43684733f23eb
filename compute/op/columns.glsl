// For kernels that sum over rows: a workgroup owns COLUMNS (a power of two) neighbouring columns, and
// invocation i adds up rows i / COLUMNS, i / COLUMNS + row_step, ... of one of them.
shared float columns_part[1024]; // the largest workgroup

uint column = gl_LocalInvocationID.x % COLUMNS;
uint first_row = gl_LocalInvocationID.x / COLUMNS;
uint row_step = gl_WorkGroupSize.x / COLUMNS;

// The sum of all values of a column, for the invocations with first_row = 0. All take part.
float columns_sum(float value)
{
    barrier(); // the last sum's readers are done
    columns_part[gl_LocalInvocationID.x] = value;
    for (uint half_way = gl_WorkGroupSize.x / 2; half_way >= COLUMNS; half_way /= 2) {
        barrier();
        if (gl_LocalInvocationID.x < half_way) {
            value += columns_part[gl_LocalInvocationID.x + half_way];
            columns_part[gl_LocalInvocationID.x] = value;
        }
    }
    return value;
}
