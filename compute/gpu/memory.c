// Memory: slabs of device memory, cut into buffers; copies; what is still free.
//
// A slab is one allocation with one VkBuffer over all of it. Small buffers share slabs through a
// sorted list of free ranges; a big one has its own. On CPU-type and integrated devices slabs stay
// mapped, elsewhere copies go through one staging slab.
#include "compute/gpu/vk.h"

#include "compute/i18n.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB           (UINT64_C(1) << 20)
#define GIB           ((double)(UINT64_C(1) << 30))
#define SLAB_BYTES    (64 * MIB)
#define OWN_BYTES     (16 * MIB) // a buffer from this size on gets a slab of its own
#define STAGING_BYTES (16 * MIB)
#define ALIGN         UINT64_C(256)

struct range {
    uint64_t offset, size;
};

struct buf_private {
    struct gpu_buf buf; // first: the public part
    struct slab *slab;
    uint64_t offset;
    uint64_t reserved; // bytes taken from the slab
};

static struct buf_private *private_of(const struct gpu_buf *buf)
{
    return (struct buf_private *)buf;
}

// ---- memory types -------------------------------------------------------------------------------

// The first type that has all of `must` and, if one does, all of `like` as well.
static bool find_type(const struct gpu *gpu, VkMemoryPropertyFlags must, VkMemoryPropertyFlags like,
                      uint32_t allowed, uint32_t *type)
{
    bool found = false;
    for (uint32_t i = 0; i < gpu->memory.memoryTypeCount; i++) {
        VkMemoryPropertyFlags flags = gpu->memory.memoryTypes[i].propertyFlags;
        if (!(allowed >> i & 1) || (flags & must) != must) {
            continue;
        }
        bool liked = (flags & like) == like;
        if (!found || liked) {
            *type = i;
        }
        found = true;
        if (liked) {
            break;
        }
    }
    return found;
}

static VkBufferCreateInfo buffer_info(uint64_t size)
{
    return (VkBufferCreateInfo){
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = size,
        .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                 VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT,
    };
}

// What tests ask for with TINCTURE_FAULT: see gpu_open().
static void read_faults(struct gpu *gpu, bool *unmapped)
{
    const char *setting = g_getenv("TINCTURE_FAULT");
    *unmapped = setting && g_str_equal(setting, "unmapped");
    gpu->fault_countdown =
        setting && g_str_has_prefix(setting, "alloc:") ? atoll(setting + strlen("alloc:")) : 0;
}

// In MiB; 0 and nothing are none.
static bool read_limit(uint64_t *limit, GError **error)
{
    const char *setting = g_getenv("TINCTURE_MEMORY");
    guint64 mib = 0;
    if (setting && *setting &&
        !g_ascii_string_to_unsigned(setting, 10, 0, UINT32_MAX, &mib, NULL)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("TINCTURE_MEMORY is “%s”, which is no whole number of MiB"), setting);
        return false;
    }
    *limit = mib ? mib * MIB : UINT64_MAX;
    return true;
}

double gpu_memory_limit(const struct gpu *gpu)
{
    return gpu->memory_limit == UINT64_MAX ? 0 : (double)gpu->memory_limit / MIB;
}

bool memory_init(struct gpu *gpu, GError **error)
{
    const VkMemoryPropertyFlags local = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
    const VkMemoryPropertyFlags host =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    const VkMemoryPropertyFlags cached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;

    vkGetPhysicalDeviceMemoryProperties(gpu->physical, &gpu->memory);
    gpu->slabs = g_ptr_array_new();
    if (!read_limit(&gpu->memory_limit, error)) {
        return false;
    }
    bool unmapped;
    read_faults(gpu, &unmapped);

    VkBuffer probe = VK_NULL_HANDLE;
    VkBufferCreateInfo info = buffer_info(ALIGN);
    if (!vk_ok(vkCreateBuffer(gpu->device, &info, NULL, &probe), N_("asking for memory types"),
               error)) {
        return false;
    }
    VkMemoryRequirements needs;
    vkGetBufferMemoryRequirements(gpu->device, probe, &needs);
    vkDestroyBuffer(gpu->device, probe, NULL);

    // A discrete card may offer its memory to the host over the bus, but reading there is slow.
    bool unified = gpu->info.type == GPU_TYPE_CPU || gpu->info.type == GPU_TYPE_INTEGRATED;
    gpu->mapped = unified && !unmapped &&
                  find_type(gpu, local | host, cached, needs.memoryTypeBits, &gpu->tensor_type);
    gpu->info.host_kernels = gpu->mapped && gpu->info.type == GPU_TYPE_CPU;
    if ((!gpu->mapped && !find_type(gpu, local, 0, needs.memoryTypeBits, &gpu->tensor_type)) ||
        !find_type(gpu, host, cached, needs.memoryTypeBits, &gpu->staging_type)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_DEVICE,
                    _("%s has no memory that buffers can live in"), gpu->info.name);
        return false;
    }
    uint32_t heap = gpu->memory.memoryTypes[gpu->tensor_type].heapIndex;
    gpu->info.memory_bytes = gpu->memory.memoryHeaps[heap].size;
    gpu->info.max_alloc_bytes = MIN(gpu->info.max_alloc_bytes, gpu->info.memory_bytes);
    return true;
}

void memory_finish(struct gpu *gpu)
{
    slab_free(gpu, gpu->staging);
    gpu->staging = NULL;
    if (!gpu->slabs) {
        return;
    }
    for (guint i = 0; i < gpu->slabs->len; i++) {
        slab_free(gpu, gpu->slabs->pdata[i]);
    }
    g_ptr_array_unref(g_steal_pointer(&gpu->slabs));
}

// ---- what is free -------------------------------------------------------------------------------

static uint64_t slabs_bytes(const struct gpu *gpu)
{
    uint64_t bytes = 0;
    for (guint i = 0; gpu->slabs && i < gpu->slabs->len; i++) {
        bytes += ((struct slab *)gpu->slabs->pdata[i])->size;
    }
    return bytes;
}

static uint64_t limit_left(const struct gpu *gpu)
{
    const uint64_t taken = slabs_bytes(gpu);
    return gpu->memory_limit == UINT64_MAX ? UINT64_MAX
           : gpu->memory_limit > taken     ? gpu->memory_limit - taken
                                           : 0;
}

static uint64_t device_left(const struct gpu *gpu)
{
    VkPhysicalDeviceMemoryBudgetPropertiesEXT budget = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT};
    VkPhysicalDeviceMemoryProperties2 properties = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2,
        .pNext = gpu->has_memory_budget ? &budget : NULL};
    vkGetPhysicalDeviceMemoryProperties2(gpu->physical, &properties);

    uint32_t heap = gpu->memory.memoryTypes[gpu->tensor_type].heapIndex;
    uint64_t total = budget.heapBudget[heap], used = budget.heapUsage[heap];
    if (!gpu->has_memory_budget) {
        total = properties.memoryProperties.memoryHeaps[heap].size;
        used = slabs_bytes(gpu);
    }
    uint64_t left = total > used ? total - used : 0;
    return gpu->mapped ? MIN(left, system_available(slabs_bytes(gpu))) : left;
}

uint64_t gpu_memory_free(const struct gpu *gpu)
{
    return MIN(device_left(gpu), limit_left(gpu));
}

void gpu_set_memory_error(const struct gpu *gpu, uint64_t needs, GError **error)
{
    const uint64_t left = gpu_memory_free(gpu);
    const bool small = needs < GIB / 10;
    const double unit = small ? MIB : GIB;
    const char *name = small ? "MiB" : "GiB";
    if (left == limit_left(gpu)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                    _("Not enough memory: needs %.1f %s, %.1f %s are left of the limit of %.0f "
                      "MiB that was set"),
                    MAX(needs / unit, 0.1), name, left / unit, name,
                    (double)(gpu->memory_limit / MIB));
        return;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                _("Not enough memory: needs %.1f %s, %.1f %s free"), MAX(needs / unit, 0.1), name,
                left / unit, name);
}

// ---- slabs --------------------------------------------------------------------------------------

static bool slab_allocate(struct gpu *gpu, struct slab *slab, enum slab_use use, GError **error)
{
    VkBufferCreateInfo info = buffer_info(slab->size);
    if (!vk_ok(vkCreateBuffer(gpu->device, &info, NULL, &slab->buffer), N_("creating a buffer"),
               error)) {
        return false;
    }
    VkMemoryRequirements needs;
    vkGetBufferMemoryRequirements(gpu->device, slab->buffer, &needs);
    VkMemoryAllocateFlagsInfo flags = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
                                       .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT};
    VkMemoryAllocateInfo allocate = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                     .pNext = &flags,
                                     .allocationSize = needs.size,
                                     .memoryTypeIndex = use == SLAB_TENSORS ? gpu->tensor_type
                                                                            : gpu->staging_type};
    VkResult result = vkAllocateMemory(gpu->device, &allocate, NULL, &slab->memory);
    if (result == VK_ERROR_OUT_OF_DEVICE_MEMORY || result == VK_ERROR_OUT_OF_HOST_MEMORY) {
        gpu_set_memory_error(gpu, slab->size, error);
        return false;
    }
    if (!vk_ok(result, N_("taking device memory"), error) ||
        !vk_ok(vkBindBufferMemory(gpu->device, slab->buffer, slab->memory, 0), N_("binding memory"),
               error)) {
        return false;
    }

    if ((use == SLAB_STAGING || gpu->mapped) &&
        !vk_ok(vkMapMemory(gpu->device, slab->memory, 0, VK_WHOLE_SIZE, 0, (void **)&slab->map),
               N_("mapping memory"), error)) {
        return false;
    }
    slab->address = vkGetBufferDeviceAddress(
        gpu->device,
        &(VkBufferDeviceAddressInfo){.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO,
                                     .buffer = slab->buffer});
    return true;
}

struct slab *slab_create(struct gpu *gpu, uint64_t size, enum slab_use use, GError **error)
{
    // Drivers of software devices hand out memory that the system does not have; ask first.
    if (size > gpu_memory_free(gpu) || size > gpu->info.max_alloc_bytes) {
        gpu_set_memory_error(gpu, size, error);
        return NULL;
    }
    struct slab *slab = g_new0(struct slab, 1);
    slab->size = size;
    slab->free = g_array_new(FALSE, FALSE, sizeof(struct range));
    struct range all = {0, size};
    g_array_append_val(slab->free, all);
    if (slab_allocate(gpu, slab, use, error)) {
        return slab;
    }
    slab_free(gpu, slab);
    return NULL;
}

void slab_free(struct gpu *gpu, struct slab *slab)
{
    if (!slab) {
        return;
    }
    vkDestroyBuffer(gpu->device, slab->buffer, NULL);
    vkFreeMemory(gpu->device, slab->memory, NULL); // also unmaps
    g_array_unref(slab->free);
    g_free(slab);
}

// First fit: the tensors of one model are created together and freed together, so cleverness gains
// nothing.
static bool slab_take(struct slab *slab, uint64_t size, uint64_t *offset)
{
    for (guint i = 0; i < slab->free->len; i++) {
        struct range *r = &g_array_index(slab->free, struct range, i);
        if (r->size < size) {
            continue;
        }
        *offset = r->offset;
        r->offset += size;
        r->size -= size;
        if (!r->size) {
            g_array_remove_index(slab->free, i);
        }
        return true;
    }
    return false;
}

static void slab_give(struct slab *slab, uint64_t offset, uint64_t size)
{
    guint i = 0;
    while (i < slab->free->len && g_array_index(slab->free, struct range, i).offset < offset) {
        i++;
    }
    struct range range = {offset, size};
    g_array_insert_val(slab->free, i, range);
    // Merge with the right neighbour, then with the left one.
    for (guint k = i + 1; k >= MAX(i, 1); k--) {
        if (k >= slab->free->len) {
            continue;
        }
        struct range *left = &g_array_index(slab->free, struct range, k - 1);
        struct range *right = &g_array_index(slab->free, struct range, k);
        if (left->offset + left->size == right->offset) {
            left->size += right->size;
            g_array_remove_index(slab->free, k);
        }
    }
}

static bool slab_is_empty(const struct slab *slab)
{
    return slab->free->len == 1 && g_array_index(slab->free, struct range, 0).size == slab->size;
}

// ---- buffers ------------------------------------------------------------------------------------

static struct slab *slab_with_room(struct gpu *gpu, uint64_t size, uint64_t *offset, GError **error)
{
    bool own = size >= OWN_BYTES;
    for (guint i = 0; !own && i < gpu->slabs->len; i++) {
        struct slab *slab = gpu->slabs->pdata[i];
        if (!slab->own && slab_take(slab, size, offset)) {
            return slab;
        }
    }
    struct slab *slab = slab_create(gpu, own ? size : SLAB_BYTES, SLAB_TENSORS, error);
    if (!slab) {
        return NULL;
    }
    slab->own = own;
    g_ptr_array_add(gpu->slabs, slab);
    slab_take(slab, size, offset);
    return slab;
}

struct gpu_buf *gpu_buf_create(struct gpu *gpu, uint64_t size, GError **error)
{
    bool fault = gpu->fault_countdown > 0 && --gpu->fault_countdown == 0;
    if (fault || size > gpu->info.max_alloc_bytes) { // so the rounding below cannot overflow
        gpu_set_memory_error(gpu, size, error);
        return NULL;
    }
    uint64_t reserved = (MAX(size, 1) + ALIGN - 1) / ALIGN * ALIGN;
    uint64_t offset = 0;
    struct slab *slab = slab_with_room(gpu, reserved, &offset, error);
    if (!slab) {
        return NULL;
    }
    struct buf_private *p = g_new0(struct buf_private, 1);
    p->buf = (struct gpu_buf){.address = slab->address + offset,
                              .map = slab->map ? slab->map + offset : NULL,
                              .size = size};
    p->slab = slab;
    p->offset = offset;
    p->reserved = reserved;
    return &p->buf;
}

void gpu_buf_free(struct gpu *gpu, struct gpu_buf *buf)
{
    if (!buf) {
        return;
    }
    struct buf_private *p = private_of(buf);
    slab_give(p->slab, p->offset, p->reserved);
    if (slab_is_empty(p->slab)) {
        g_ptr_array_remove_fast(gpu->slabs, p->slab);
        slab_free(gpu, p->slab);
    }
    g_free(p);
}

// ---- copies -------------------------------------------------------------------------------------

static bool staging_ready(struct gpu *gpu, GError **error)
{
    if (!gpu->staging) {
        gpu->staging = slab_create(gpu, STAGING_BYTES, SLAB_STAGING, error);
    }
    return gpu->staging != NULL;
}

static bool device_copy(struct gpu *gpu, VkBuffer from, uint64_t from_offset, VkBuffer to,
                        uint64_t to_offset, uint64_t size, GError **error)
{
    VkCommandBuffer cmd = command_begin(gpu, true, error);
    if (!cmd) {
        return false;
    }
    command_barrier(cmd);
    vkCmdCopyBuffer(
        cmd, from, to, 1,
        &(VkBufferCopy){.srcOffset = from_offset, .dstOffset = to_offset, .size = size});
    command_barrier(cmd);
    return command_end_and_run(gpu, cmd, error);
}

bool slab_write(struct gpu *gpu, struct slab *slab, uint64_t offset, const void *data,
                uint64_t size, GError **error)
{
    if (slab->map) {
        memcpy(slab->map + offset, data, size);
        return true;
    }
    if (!staging_ready(gpu, error)) {
        return false;
    }
    for (uint64_t done = 0; done < size; done += STAGING_BYTES) {
        uint64_t piece = MIN(size - done, STAGING_BYTES);
        memcpy(gpu->staging->map, (const char *)data + done, piece);
        if (!device_copy(gpu, gpu->staging->buffer, 0, slab->buffer, offset + done, piece, error)) {
            return false;
        }
    }
    return true;
}

bool slab_read(struct gpu *gpu, struct slab *slab, uint64_t offset, void *data, uint64_t size,
               GError **error)
{
    if (slab->map) {
        memcpy(data, slab->map + offset, size);
        return true;
    }
    if (!staging_ready(gpu, error)) {
        return false;
    }
    for (uint64_t done = 0; done < size; done += STAGING_BYTES) {
        uint64_t piece = MIN(size - done, STAGING_BYTES);
        if (!device_copy(gpu, slab->buffer, offset + done, gpu->staging->buffer, 0, piece, error)) {
            return false;
        }
        memcpy((char *)data + done, gpu->staging->map, piece);
    }
    return true;
}

bool gpu_buf_write(struct gpu *gpu, struct gpu_buf *buf, uint64_t offset, const void *data,
                   uint64_t size, GError **error)
{
    g_assert(offset <= buf->size && size <= buf->size - offset);
    struct buf_private *p = private_of(buf);
    return slab_write(gpu, p->slab, p->offset + offset, data, size, error);
}

bool gpu_buf_read(struct gpu *gpu, const struct gpu_buf *buf, uint64_t offset, void *data,
                  uint64_t size, GError **error)
{
    g_assert(offset <= buf->size && size <= buf->size - offset);
    struct buf_private *p = private_of(buf);
    return slab_read(gpu, p->slab, p->offset + offset, data, size, error);
}
