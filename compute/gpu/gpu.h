// The device: everything that touches Vulkan, and the host kernels that stand in on CPU-type
// devices.
//
// Buffers are known to kernels by their 64-bit device address, so there are no descriptor sets: a
// kernel gets one push-constant struct of addresses and sizes (GLSL buffer_reference, scalar
// layout).
//
// Thread: one thread at a time uses a struct gpu (the engine thread).
#pragma once

#include "compute/error.h"
#include <stdbool.h>
#include <stdint.h>

enum gpu_type { GPU_TYPE_DISCRETE, GPU_TYPE_INTEGRATED, GPU_TYPE_VIRTUAL, GPU_TYPE_CPU };

struct gpu_info {
    char name[256];   // "llvmpipe (LLVM 15.0.6, 256 bits)"
    char driver[256]; // "Mesa 25.0.7"
    enum gpu_type type;
    bool host_kernels;      // CPU-type device whose memory is mapped: ops run their host kernel
    bool bf16;              // products with weights round their factors: gpu_set_precision()
    bool slow_driver;       // a software driver known to be about ten times slower than a newer one
    uint32_t subgroup_size; // what a kernel gets that asks for none
    uint32_t subgroup_min, subgroup_max; // what it may ask for
    uint32_t max_workgroup;              // invocations
    uint32_t max_shared;                 // bytes of shared memory a workgroup
    // What the device has beyond the needs of the engine. device_create() turns on what kernels
    // use.
    bool int64;              // 64-bit integers
    bool float16, storage16; // arithmetic with 16-bit numbers; buffers of them
    bool cooperative_matrix; // VK_KHR_cooperative_matrix
    uint64_t memory_bytes;   // all the memory that tensors can live in
    uint64_t max_alloc_bytes;
};

struct gpu;

// Opens a device. choice: NULL or "auto" takes TINCTURE_DEVICE if set, else the best by
// discrete > integrated > virtual > CPU; a number takes that row of gpu_list(); anything else the
// first device whose name contains it ("llvmpipe", "cpu" also means the first CPU-type device). The
// pipeline cache lives under the user's cache folder.
//
// For tests, TINCTURE_FAULT in the environment makes the device misbehave: "alloc:N" fails the N-th
// gpu_buf_create(), "unmapped" hides the memory of a CPU-type device from the host, as a graphics
// card does, "no-bf16" makes the processor one that cannot multiply bf16 numbers.
struct gpu *gpu_open(const char *choice, GError **error);
void gpu_free(struct gpu *gpu);
const struct gpu_info *gpu_info(const struct gpu *gpu);

// How host kernels multiply by weights; sums are fp32 in any case. A device opens with fp32, and
// programs keep what was set when they were made. choice: NULL or "auto" takes TINCTURE_PRECISION
// if set, else bf16 where the processor has instructions for it; "fp32"; "bf16", which is an error
// where it has none or another device does the work.
bool gpu_set_precision(struct gpu *gpu, const char *choice, GError **error);
// "fp32" or "bf16": what was chosen, static. named: the same of a text; NULL: it is neither.
const char *gpu_precision(const struct gpu *gpu);
const char *gpu_precision_named(const char *name);

// All devices of this machine that satisfy the needs of the engine, best first: (element-type
// struct gpu_info).
GArray *gpu_list(GError **error);

// Bytes that can still be taken: what is left of TINCTURE_MEMORY (MiB), of the device's budget, and
// on unified memory and CPU devices also what the system has available.
uint64_t gpu_memory_free(const struct gpu *gpu);
double gpu_memory_limit(const struct gpu *gpu); // TINCTURE_MEMORY; 0: none

// TINCTURE_ERROR_MEMORY: "Not enough memory: needs 5.1 GiB, 3.3 GiB free".
void gpu_set_memory_error(const struct gpu *gpu, uint64_t needs, GError **error);

// ---- memory -------------------------------------------------------------------------------------

struct gpu_buf {
    uint64_t address; // device address
    void *map; // host pointer to the same bytes, NULL where the device's memory is not mapped
    uint64_t size;
};

// Device memory, 256-byte aligned, zero-filled not guaranteed. Sub-allocated, so thousands are
// fine. Out of memory is TINCTURE_ERROR_MEMORY: "needs 5.1 GiB, 3.3 GiB free".
struct gpu_buf *gpu_buf_create(struct gpu *gpu, uint64_t size, GError **error);
void gpu_buf_free(struct gpu *gpu, struct gpu_buf *buf);

// Synchronous copies through staging where needed; a memcpy where the memory is mapped.
bool gpu_buf_write(struct gpu *gpu, struct gpu_buf *buf, uint64_t offset, const void *data,
                   uint64_t size, GError **error);
bool gpu_buf_read(struct gpu *gpu, const struct gpu_buf *buf, uint64_t offset, void *data,
                  uint64_t size, GError **error);

// ---- kernels and submission ---------------------------------------------------------------------

// SPIR-V compiled into the program; entry point "main". One static object a .comp file; its address
// is its identity in the pipeline cache.
struct gpu_spirv {
    const char *name;
    const uint32_t *code;
    size_t size_bytes;
};

// A compute pipeline; owned by the gpu, cached by (code, specialization constants 0 .. n_spec - 1).
struct gpu_kernel;
struct gpu_kernel *gpu_kernel_get(struct gpu *gpu, const struct gpu_spirv *code,
                                  const uint32_t *spec, int n_spec, GError **error);

// A recorded list of dispatches that can be run any number of times. A full memory barrier stands
// between consecutive dispatches.
struct gpu_cmd;
struct gpu_cmd *gpu_cmd_create(struct gpu *gpu);
// push is copied; push_size <= 128 bytes. label shows up in the trace.
void gpu_cmd_dispatch(struct gpu_cmd *cmd, struct gpu_kernel *kernel, const char *label,
                      const void *push, uint32_t push_size, uint32_t gx, uint32_t gy, uint32_t gz);
// Runs the commands and waits. The first call ends the recording. A lost device is
// TINCTURE_ERROR_DEVICE.
bool gpu_cmd_run(struct gpu_cmd *cmd, GError **error);
void gpu_cmd_free(struct gpu_cmd *cmd);

// ---- debugging ----------------------------------------------------------------------------------

// Validation messages (errors and warnings) seen so far; tests require 0. Validation is on when
// TINCTURE_DEBUG contains "gpu".
unsigned gpu_validation_count(const struct gpu *gpu);

// True where TINCTURE_DEBUG, a comma-separated list, contains the word: "gpu" (validation), "graph"
// (a line about each program), "nan" (each host kernel's result is searched for NaN and infinity).
bool gpu_debug_wanted(const char *word);

// Chrome trace (TINCTURE_TRACE=file.json): a named range of host work; GPU dispatches are added by
// gpu_cmd_run.
int64_t gpu_trace_begin(void);
void gpu_trace_end(int64_t begin, const char *name, const char *category);
