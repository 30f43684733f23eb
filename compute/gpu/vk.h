// Private to compute/gpu: the Vulkan objects behind struct gpu.
//
// device.c owns struct gpu; memory.c, kernel.c, command.c and debug.c each own the fields of their
// section.
#pragma once

#include "compute/gpu/gpu.h"

#include <vulkan/vulkan.h>

#define GPU_PUSH_BYTES 128 // what Vulkan guarantees

struct gpu {
    struct gpu_info info;

    // device.c
    VkInstance instance;
    VkPhysicalDevice physical;
    VkDevice device;
    VkQueue queue;
    uint32_t family;        // queue family
    double timestamp_ns;    // one tick, 0 where the queue has no timestamps
    bool has_memory_budget; // VK_EXT_memory_budget
    uint64_t memory_limit;  // bytes that all slabs may take, TINCTURE_MEMORY; UINT64_MAX: none
    uint8_t cache_uuid[VK_UUID_SIZE];
    uint32_t vendor_id, device_id;

    // memory.c
    VkPhysicalDeviceMemoryProperties memory;
    uint32_t tensor_type;    // memory type of tensors
    uint32_t staging_type;   // host-visible type for copies where tensors are not mapped
    bool mapped;             // tensors' memory is mapped
    GPtrArray *slabs;        // (element-type struct slab)
    struct slab *staging;    // created with the first copy
    int64_t fault_countdown; // TINCTURE_FAULT=alloc:N, 0 = off

    // kernel.c
    VkPipelineLayout layout;
    VkPipelineCache cache;
    char *cache_path;
    GHashTable *kernels; // (struct gpu_kernel) owned, keyed by itself
    bool cache_dirty;    // a pipeline was made since the cache was read

    // command.c
    VkCommandPool pool;
    VkFence fence;

    // debug.c
    VkDebugUtilsMessengerEXT messenger;
    unsigned validation_count;
};

// One vkAllocateMemory with one VkBuffer over all of it.
struct slab {
    VkBuffer buffer;
    VkDeviceMemory memory;
    uint64_t size;
    uint64_t address;
    char *map;
    GArray *free; // (element-type struct range) sorted by offset, never adjacent
    bool own;     // serves one buffer only
};

struct gpu_kernel {
    const struct gpu_spirv *code;
    uint32_t spec[8];
    int n_spec;
    VkPipeline pipeline;
};

// ---- device.c -----------------------------------------------------------------------------------
// True for VK_SUCCESS. Else fills the error: out of memory and device lost get their own codes.
bool vk_ok(VkResult result, const char *stage, GError **error);

// ---- available.c --------------------------------------------------------------------------------
// Bytes that the process can still have without being ended for it; UINT64_MAX where nobody says.
// taken: what it has of device memory by now, written to or not.
uint64_t system_available(uint64_t taken);

// Whether a driver can be loaded within the process' limit of address space, if it has one. Call it
// before.
bool system_has_room(GError **error);

// ---- memory.c -----------------------------------------------------------------------------------
bool memory_init(struct gpu *gpu, GError **error);
void memory_finish(struct gpu *gpu);
enum slab_use { SLAB_TENSORS, SLAB_STAGING }; // staging is always mapped
struct slab *slab_create(struct gpu *gpu, uint64_t size, enum slab_use use, GError **error);
void slab_free(struct gpu *gpu, struct slab *slab);
// Copies between any slab and host memory, through the staging slab where it is not mapped.
bool slab_write(struct gpu *gpu, struct slab *slab, uint64_t offset, const void *data,
                uint64_t size, GError **error);
bool slab_read(struct gpu *gpu, struct slab *slab, uint64_t offset, void *data, uint64_t size,
               GError **error);

// ---- kernel.c -----------------------------------------------------------------------------------
bool kernel_init(struct gpu *gpu, GError **error);
void kernel_finish(struct gpu *gpu); // also writes the pipeline cache

// ---- command.c ----------------------------------------------------------------------------------
bool command_init(struct gpu *gpu, GError **error);
void command_finish(struct gpu *gpu);
VkCommandBuffer command_begin(struct gpu *gpu, bool once, GError **error);
// Ends a one-time command buffer, runs it, waits and frees it, whether or not that worked.
bool command_end_and_run(struct gpu *gpu, VkCommandBuffer buffer, GError **error);
bool command_submit(struct gpu *gpu, VkCommandBuffer buffer, GError **error); // and wait
void command_barrier(VkCommandBuffer buffer); // everything after everything before

// ---- debug.c ------------------------------------------------------------------------------------
void debug_messenger_info(struct gpu *gpu, VkDebugUtilsMessengerCreateInfoEXT *info);
void debug_init(struct gpu *gpu);
void debug_finish(struct gpu *gpu);
void debug_name(struct gpu *gpu, VkObjectType type, uint64_t handle, const char *name);
bool trace_on(void);
// A range on the trace's own row for the device, in nanoseconds of the host's monotonic clock.
void trace_device_range(int64_t begin_ns, int64_t end_ns, const char *name);
