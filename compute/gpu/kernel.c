// Kernels: compute pipelines, made once per (SPIR-V, specialization constants), and Vulkan's
// pipeline cache on disk. All kernels share one layout: no descriptors, 128 bytes of push
// constants.
#include "compute/gpu/vk.h"
#include "compute/i18n.h"
#include "compute/replace.h"

#include <glib/gstdio.h>
#include <string.h>

static guint kernel_hash(gconstpointer key)
{
    const struct gpu_kernel *k = key;
    guint hash = g_direct_hash(k->code);
    for (int i = 0; i < k->n_spec; i++) {
        hash = hash * 31 + k->spec[i];
    }
    return hash;
}

static gboolean kernel_equal(gconstpointer a, gconstpointer b)
{
    const struct gpu_kernel *x = a, *y = b;
    return x->code == y->code && x->n_spec == y->n_spec &&
           !memcmp(x->spec, y->spec, x->n_spec * sizeof x->spec[0]);
}

// ---- the cache file -----------------------------------------------------------------------------

static char *cache_file_path(const struct gpu *gpu)
{
    g_autoptr(GString) name = g_string_new("pipelines-");
    for (size_t i = 0; i < sizeof gpu->cache_uuid; i++) {
        g_string_append_printf(name, "%02x", gpu->cache_uuid[i]);
    }
    g_string_append(name, ".bin");
    return g_build_filename(g_get_user_cache_dir(), "tincture", name->str, NULL);
}

// Drivers check the header as well, but not all of them did so at all times.
static bool cache_belongs(const struct gpu *gpu, const char *data, gsize size)
{
    VkPipelineCacheHeaderVersionOne header;
    if (size < sizeof header) {
        return false;
    }
    memcpy(&header, data, sizeof header);
    return header.headerSize >= sizeof header && header.headerSize <= size &&
           header.headerVersion == VK_PIPELINE_CACHE_HEADER_VERSION_ONE &&
           header.vendorID == gpu->vendor_id && header.deviceID == gpu->device_id &&
           !memcmp(header.pipelineCacheUUID, gpu->cache_uuid, sizeof gpu->cache_uuid);
}

static bool cache_open(struct gpu *gpu, GError **error)
{
    gpu->cache_path = cache_file_path(gpu);
    g_autofree char *data = NULL;
    gsize size = 0;
    if (!g_file_get_contents(gpu->cache_path, &data, &size, NULL) ||
        !cache_belongs(gpu, data, size)) {
        size = 0;
    }
    VkPipelineCacheCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
                                      .initialDataSize = size,
                                      .pInitialData = data};
    return vk_ok(vkCreatePipelineCache(gpu->device, &info, NULL, &gpu->cache),
                 N_("creating a pipeline cache"), error);
}

// A cache that cannot be written costs time at the next start and nothing else.
static void cache_save(struct gpu *gpu)
{
    size_t size = 0;
    if (!gpu->cache_dirty ||
        vkGetPipelineCacheData(gpu->device, gpu->cache, &size, NULL) != VK_SUCCESS) {
        return;
    }
    g_autofree char *data = g_malloc(size);
    if (vkGetPipelineCacheData(gpu->device, gpu->cache, &size, data) != VK_SUCCESS) {
        return;
    }
    g_autofree char *folder = g_path_get_dirname(gpu->cache_path);
    g_mkdir_with_parents(folder, 0700);
    g_autoptr(GError) error = NULL;
    if (!replacement_whole(gpu->cache_path, data, size, &error)) {
        g_debug("pipeline cache not saved: %s", error->message);
    }
}

// ---- kernels ------------------------------------------------------------------------------------

bool kernel_init(struct gpu *gpu, GError **error)
{
    gpu->kernels = g_hash_table_new(kernel_hash, kernel_equal);
    VkPipelineLayoutCreateInfo layout = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .pushConstantRangeCount = 1,
        .pPushConstantRanges = &(VkPushConstantRange){.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
                                                      .size = GPU_PUSH_BYTES},
    };
    return vk_ok(vkCreatePipelineLayout(gpu->device, &layout, NULL, &gpu->layout),
                 N_("creating a layout"), error) &&
           cache_open(gpu, error);
}

void kernel_finish(struct gpu *gpu)
{
    if (gpu->kernels) {
        GHashTableIter iter;
        gpointer key;
        g_hash_table_iter_init(&iter, gpu->kernels);
        while (g_hash_table_iter_next(&iter, &key, NULL)) {
            vkDestroyPipeline(gpu->device, ((struct gpu_kernel *)key)->pipeline, NULL);
            g_free(key);
        }
        g_hash_table_unref(g_steal_pointer(&gpu->kernels));
    }
    if (gpu->cache) {
        cache_save(gpu);
        vkDestroyPipelineCache(gpu->device, gpu->cache, NULL);
        gpu->cache = VK_NULL_HANDLE;
    }
    vkDestroyPipelineLayout(gpu->device, gpu->layout, NULL);
    gpu->layout = VK_NULL_HANDLE;
    g_clear_pointer(&gpu->cache_path, g_free);
    gpu->cache_dirty = false;
}

static bool pipeline_create(struct gpu *gpu, struct gpu_kernel *kernel, GError **error)
{
    const struct gpu_spirv *code = kernel->code;
    VkShaderModule module = VK_NULL_HANDLE;
    VkShaderModuleCreateInfo module_info = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                            .codeSize = code->size_bytes,
                                            .pCode = code->code};
    if (!vk_ok(vkCreateShaderModule(gpu->device, &module_info, NULL, &module), code->name, error)) {
        return false;
    }

    VkSpecializationMapEntry entries[G_N_ELEMENTS(kernel->spec)];
    for (int i = 0; i < kernel->n_spec; i++) {
        entries[i] = (VkSpecializationMapEntry){.constantID = (uint32_t)i,
                                                .offset = (uint32_t)i * sizeof(uint32_t),
                                                .size = sizeof(uint32_t)};
    }
    VkSpecializationInfo constants = {.mapEntryCount = (uint32_t)kernel->n_spec,
                                      .pMapEntries = entries,
                                      .dataSize = kernel->n_spec * sizeof kernel->spec[0],
                                      .pData = kernel->spec};
    VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = "main",
                  .pSpecializationInfo = &constants},
        .layout = gpu->layout,
    };
    int64_t begin = gpu_trace_begin();
    VkResult result =
        vkCreateComputePipelines(gpu->device, gpu->cache, 1, &info, NULL, &kernel->pipeline);
    gpu_trace_end(begin, code->name, "compile");
    vkDestroyShaderModule(gpu->device, module, NULL);
    if (!vk_ok(result, code->name, error)) {
        return false;
    }
    debug_name(gpu, VK_OBJECT_TYPE_PIPELINE, (uint64_t)kernel->pipeline, code->name);
    gpu->cache_dirty = true;
    return true;
}

struct gpu_kernel *gpu_kernel_get(struct gpu *gpu, const struct gpu_spirv *code,
                                  const uint32_t *spec, int n_spec, GError **error)
{
    struct gpu_kernel wanted = {.code = code, .n_spec = n_spec};
    g_assert(n_spec >= 0 && n_spec <= (int)G_N_ELEMENTS(wanted.spec));
    if (n_spec) {
        memcpy(wanted.spec, spec, n_spec * sizeof *spec);
    }
    struct gpu_kernel *kernel = g_hash_table_lookup(gpu->kernels, &wanted);
    if (kernel) {
        return kernel;
    }
    if (!pipeline_create(gpu, &wanted, error)) {
        return NULL;
    }
    kernel = g_memdup2(&wanted, sizeof wanted);
    g_hash_table_add(gpu->kernels, kernel);
    return kernel;
}
