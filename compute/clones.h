// Marks the inner function of work on the processor: compiled for several instruction sets, of
// which the loader picks the best that the machine has.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define HOST_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define HOST_CLONES
#endif
// A small function that has to become part of the loop that calls it.
#define HOST_INLINE static inline __attribute__((always_inline))
