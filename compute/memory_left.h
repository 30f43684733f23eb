// How much memory there is for this process before the kernel ends it.
#pragma once

#include <stdint.h>

// Bytes: what the system can give without swapping (MemAvailable), or less where the process'
// control group or one around it has a limit (version 2: memory.max and memory.high; version 1:
// memory.limit_in_bytes). Pages of files that a group can drop count as free. UINT64_MAX where the
// system says nothing.
//
// root: what stands before /proc and /sys; "" for this machine, another folder for tests.
uint64_t memory_left(const char *root);
