// Work on rows, spread over the processor's cores.
#pragma once

// Rows begin <= y < end of whatever data describes; runs on several threads at once.
typedef void (*rows_fn)(int begin, int end, void *data);

// Calls rows for parts that together cover 0..height and returns when all are done.
void parallel_rows(int height, rows_fn rows, void *data);

// The same for 0..count of what is worth a thread each.
void parallel_each(int count, rows_fn each, void *data);
