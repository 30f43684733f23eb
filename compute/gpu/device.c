// Instance and device: which devices there are, which of them can run the engine, opening one.
#include "compute/gpu/host.h"
#include "compute/gpu/vk.h"
#include "compute/i18n.h"

#include <stdio.h>
#include <string.h>

// ---- errors -------------------------------------------------------------------------------------

bool vk_ok(VkResult result, const char *stage, GError **error)
{
    const char *doing = result ? translated(stage) : NULL;
    switch (result) {
    case VK_SUCCESS: return true;
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    case VK_ERROR_OUT_OF_HOST_MEMORY:
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                    _("%s: the device is out of memory"), doing);
        return false;
    case VK_ERROR_DEVICE_LOST:
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_DEVICE,
                    _("%s: the graphics device stopped answering and was reset by its driver"),
                    doing);
        return false;
    default:
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_DEVICE, _("%s: Vulkan error %d"), doing,
                    result);
        return false;
    }
}

// ---- instance -----------------------------------------------------------------------------------

static bool layer_present(const char *name)
{
    uint32_t n = 0;
    vkEnumerateInstanceLayerProperties(&n, NULL);
    g_autofree VkLayerProperties *layers = g_new(VkLayerProperties, n + 1);
    vkEnumerateInstanceLayerProperties(&n, layers);
    for (uint32_t i = 0; i < n; i++) {
        if (g_str_equal(layers[i].layerName, name)) {
            return true;
        }
    }
    return false;
}

static void set_no_device(GError **error)
{
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_DEVICE,
                _("No Vulkan driver was found: install the one of your graphics card, or "
                  "mesa-vulkan-drivers for a processor-only device"));
}

// gpu: whose validation messages are counted, NULL for a look at the list of devices.
static VkInstance instance_create(struct gpu *gpu, GError **error)
{
    static const char *const layers[] = {"VK_LAYER_KHRONOS_validation"};
    static const char *const extensions[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
    if (!system_has_room(error)) {
        return VK_NULL_HANDLE;
    }
    bool validate = gpu && gpu_debug_wanted("gpu");
    if (validate && !layer_present(layers[0])) {
        g_warning("TINCTURE_DEBUG=gpu: the layer %s is not installed", layers[0]);
        validate = false;
    }

    VkDebugUtilsMessengerCreateInfoEXT messenger;
    debug_messenger_info(gpu, &messenger);
    VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pNext = validate ? &messenger : NULL,
        .pApplicationInfo =
            &(VkApplicationInfo){
                .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                .pApplicationName = "tincture",
                .apiVersion = VK_API_VERSION_1_2,
            },
        .enabledLayerCount = validate ? 1 : 0,
        .ppEnabledLayerNames = layers,
        .enabledExtensionCount = validate ? 1 : 0,
        .ppEnabledExtensionNames = extensions,
    };
    VkInstance instance = VK_NULL_HANDLE;
    VkResult result = vkCreateInstance(&info, NULL, &instance);
    if (result == VK_ERROR_INCOMPATIBLE_DRIVER) {
        set_no_device(error);
        return VK_NULL_HANDLE;
    }
    return vk_ok(result, N_("starting Vulkan"), error) ? instance : VK_NULL_HANDLE;
}

// ---- what a device can do -----------------------------------------------------------------------

struct candidate {
    VkPhysicalDevice physical;
    struct gpu_info info;
    uint32_t family;
};

static bool extension_present(VkPhysicalDevice physical, const char *name)
{
    uint32_t n = 0;
    vkEnumerateDeviceExtensionProperties(physical, NULL, &n, NULL);
    g_autofree VkExtensionProperties *list = g_new(VkExtensionProperties, n + 1);
    vkEnumerateDeviceExtensionProperties(physical, NULL, &n, list);
    for (uint32_t i = 0; i < n; i++) {
        if (g_str_equal(list[i].extensionName, name)) {
            return true;
        }
    }
    return false;
}

static bool find_compute_family(VkPhysicalDevice physical, uint32_t *family)
{
    VkQueueFamilyProperties families[32];
    uint32_t n = G_N_ELEMENTS(families);
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &n, families);
    for (uint32_t i = 0; i < n; i++) {
        if (families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) {
            *family = i;
            return true;
        }
    }
    return false;
}

static enum gpu_type type_of(VkPhysicalDeviceType type)
{
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return GPU_TYPE_DISCRETE;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return GPU_TYPE_INTEGRATED;
    case VK_PHYSICAL_DEVICE_TYPE_CPU: return GPU_TYPE_CPU;
    default: return GPU_TYPE_VIRTUAL;
    }
}

// "Mesa 25.0.7" or "NVIDIA 550.54": without the packager's suffix and what Mesa was built with.
static void describe_driver(const VkPhysicalDeviceDriverProperties *driver, struct gpu_info *info)
{
    int mesa_major = 0;
    if (sscanf(driver->driverInfo, "Mesa %d", &mesa_major) == 1) {
        snprintf(info->driver, sizeof info->driver, "Mesa %.*s",
                 (int)strcspn(driver->driverInfo + strlen("Mesa "), "- "),
                 driver->driverInfo + strlen("Mesa "));
    } else {
        snprintf(info->driver, sizeof info->driver, "%.120s %.120s", driver->driverName,
                 driver->driverInfo);
    }
    info->slow_driver =
        driver->driverID == VK_DRIVER_ID_MESA_LLVMPIPE && mesa_major > 0 && mesa_major < 24;
}

static uint64_t largest_heap(VkPhysicalDevice physical)
{
    VkPhysicalDeviceMemoryProperties memory;
    vkGetPhysicalDeviceMemoryProperties(physical, &memory);
    uint64_t best = 0;
    for (uint32_t i = 0; i < memory.memoryHeapCount; i++) {
        if (memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) {
            best = MAX(best, memory.memoryHeaps[i].size);
        }
    }
    return best;
}

// What kernels that need more than the engine does look at. Sizes of subgroups are known where the
// extension is, which Vulkan 1.3 has taken in.
static void describe_features(VkPhysicalDevice physical, const VkPhysicalDeviceFeatures2 *features,
                              struct gpu_info *info)
{
    const VkPhysicalDeviceVulkan11Features *features11 = features->pNext;
    const VkPhysicalDeviceVulkan12Features *features12 = features11->pNext;
    info->int64 = features->features.shaderInt64;
    info->float16 = features12->shaderFloat16;
    info->storage16 = features11->storageBuffer16BitAccess;
    info->cooperative_matrix = extension_present(physical, "VK_KHR_cooperative_matrix");
    info->subgroup_min = info->subgroup_max = info->subgroup_size;
    if (extension_present(physical, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME)) {
        VkPhysicalDeviceSubgroupSizeControlProperties sizes = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES};
        VkPhysicalDeviceProperties2 properties = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &sizes};
        vkGetPhysicalDeviceProperties2(physical, &properties);
        info->subgroup_min = sizes.minSubgroupSize;
        info->subgroup_max = sizes.maxSubgroupSize;
    }
}

// False where the device lacks something that the engine needs.
static bool candidate_init(struct candidate *c, VkPhysicalDevice physical)
{
    VkPhysicalDeviceDriverProperties driver = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
    VkPhysicalDeviceSubgroupProperties subgroup = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES, .pNext = &driver};
    VkPhysicalDeviceMaintenance3Properties maintenance = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES, .pNext = &subgroup};
    VkPhysicalDeviceProperties2 properties = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &maintenance};
    VkPhysicalDeviceVulkan12Features features12 = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES};
    VkPhysicalDeviceVulkan11Features features11 = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES, .pNext = &features12};
    VkPhysicalDeviceFeatures2 features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                          .pNext = &features11};

    *c = (struct candidate){.physical = physical};
    VkPhysicalDeviceProperties basic;
    vkGetPhysicalDeviceProperties(physical, &basic);
    if (basic.apiVersion < VK_API_VERSION_1_2 || !find_compute_family(physical, &c->family)) {
        return false;
    }
    vkGetPhysicalDeviceProperties2(physical, &properties);
    vkGetPhysicalDeviceFeatures2(physical, &features);
    VkSubgroupFeatureFlags needed =
        VK_SUBGROUP_FEATURE_BASIC_BIT | VK_SUBGROUP_FEATURE_ARITHMETIC_BIT;
    if (!features12.bufferDeviceAddress || !features12.scalarBlockLayout ||
        !(subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) ||
        (subgroup.supportedOperations & needed) != needed) {
        return false;
    }

    // Kernels have workgroups of 256 and count on the shared memory that Vulkan promises; what
    // needs more of it looks at max_shared.
    if (basic.limits.maxComputeWorkGroupInvocations < 256 ||
        basic.limits.maxComputeWorkGroupSize[0] < 256 ||
        basic.limits.maxComputeSharedMemorySize < 16384 ||
        basic.limits.maxPushConstantsSize < GPU_PUSH_BYTES) {
        return false;
    }

    struct gpu_info *info = &c->info;
    g_strlcpy(info->name, basic.deviceName, sizeof info->name);
    describe_driver(&driver, info);
    info->type = type_of(basic.deviceType);
    info->host_kernels = info->type == GPU_TYPE_CPU;
    info->subgroup_size = subgroup.subgroupSize;
    describe_features(physical, &features, info);
    info->max_workgroup = basic.limits.maxComputeWorkGroupInvocations;
    info->max_shared = basic.limits.maxComputeSharedMemorySize;
    info->memory_bytes = largest_heap(physical);
    info->max_alloc_bytes = MIN(maintenance.maxMemoryAllocationSize, info->memory_bytes);
    return true;
}

static int compare_candidates(const void *a, const void *b)
{
    return (int)((const struct candidate *)a)->info.type -
           (int)((const struct candidate *)b)->info.type;
}

// Usable devices, best first; sorting by type is stable in what matters because enum gpu_type is in
// order of preference and drivers list their devices in theirs.
static GArray *candidates(VkInstance instance)
{
    GArray *all = g_array_new(FALSE, TRUE, sizeof(struct candidate));
    VkPhysicalDevice devices[32];
    uint32_t n = G_N_ELEMENTS(devices);
    VkResult result = vkEnumeratePhysicalDevices(instance, &n, devices);
    if (result != VK_SUCCESS && result != VK_INCOMPLETE) {
        n = 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        struct candidate c;
        if (candidate_init(&c, devices[i])) {
            g_array_append_val(all, c);
        }
    }
    g_array_sort(all, compare_candidates);
    return all;
}

GArray *gpu_list(GError **error)
{
    VkInstance instance = instance_create(NULL, error);
    if (!instance) {
        return NULL;
    }
    g_autoptr(GArray) found = candidates(instance);
    GArray *infos = g_array_new(FALSE, TRUE, sizeof(struct gpu_info));
    for (guint i = 0; i < found->len; i++) {
        g_array_append_val(infos, g_array_index(found, struct candidate, i).info);
    }
    vkDestroyInstance(instance, NULL);
    return infos;
}

// ---- choosing -----------------------------------------------------------------------------------

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

static bool matches(const struct gpu_info *info, int index, const char *choice)
{
    if (is_number(choice)) {
        return index == atoi(choice);
    }
    if (g_str_equal(choice, "cpu") && info->type == GPU_TYPE_CPU) {
        return true;
    }
    g_autofree char *name = g_ascii_strdown(info->name, -1);
    g_autofree char *part = g_ascii_strdown(choice, -1);
    return strstr(name, part) != NULL;
}

// Leaves in `found` what the choice allows, in order of preference.
static bool apply_choice(GArray *found, const char *choice, GError **error)
{
    if (!found->len) {
        set_no_device(error);
        return false;
    }
    if (!choice || g_str_equal(choice, "auto")) {
        choice = g_getenv("TINCTURE_DEVICE");
    }
    if (!choice || !*choice || g_str_equal(choice, "auto")) {
        return true;
    }

    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < found->len; i++) {
        struct candidate *c = &g_array_index(found, struct candidate, i);
        if (matches(&c->info, (int)i, choice)) {
            struct candidate chosen = *c;
            g_array_set_size(found, 0);
            g_array_append_val(found, chosen);
            return true;
        }
        g_string_append_printf(names, "%s%u %s", i ? ", " : "", i, c->info.name);
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_DEVICE,
                _("No device matches '%s'; there is: %s"), choice, names->str);
    return false;
}

// ---- opening ------------------------------------------------------------------------------------

// Features that no kernel uses stay off.
static bool device_create(struct gpu *gpu, GError **error)
{
    VkPhysicalDeviceVulkan12Features want12 = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
        .bufferDeviceAddress = VK_TRUE,
        .scalarBlockLayout = VK_TRUE,
    };
    gpu->has_memory_budget = extension_present(gpu->physical, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
    const char *const extensions[] = {VK_EXT_MEMORY_BUDGET_EXTENSION_NAME};
    VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = &want12,
        .pEnabledFeatures = &(VkPhysicalDeviceFeatures){.shaderInt64 = gpu->info.int64},
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos =
            &(VkDeviceQueueCreateInfo){
                .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                .queueFamilyIndex = gpu->family,
                .queueCount = 1,
                .pQueuePriorities = (const float[]){1.0f},
            },
        .enabledExtensionCount = gpu->has_memory_budget ? 1 : 0,
        .ppEnabledExtensionNames = extensions,
    };
    if (!vk_ok(vkCreateDevice(gpu->physical, &info, NULL, &gpu->device), N_("opening the device"),
               error)) {
        return false;
    }
    vkGetDeviceQueue(gpu->device, gpu->family, 0, &gpu->queue);
    return true;
}

static void remember_limits(struct gpu *gpu)
{
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(gpu->physical, &properties);
    memcpy(gpu->cache_uuid, properties.pipelineCacheUUID, sizeof gpu->cache_uuid);
    gpu->vendor_id = properties.vendorID;
    gpu->device_id = properties.deviceID;

    VkQueueFamilyProperties families[32];
    uint32_t n = G_N_ELEMENTS(families);
    vkGetPhysicalDeviceQueueFamilyProperties(gpu->physical, &n, families);
    gpu->timestamp_ns =
        families[gpu->family].timestampValidBits ? properties.limits.timestampPeriod : 0;
}

static void device_close(struct gpu *gpu)
{
    if (!gpu->device) {
        return;
    }
    vkDeviceWaitIdle(gpu->device);
    kernel_finish(gpu);
    command_finish(gpu);
    memory_finish(gpu);
    vkDestroyDevice(gpu->device, NULL);
    gpu->device = VK_NULL_HANDLE;
}

static bool device_open(struct gpu *gpu, const struct candidate *c, GError **error)
{
    gpu->physical = c->physical;
    gpu->info = c->info;
    gpu->family = c->family;
    remember_limits(gpu);
    if (device_create(gpu, error) && memory_init(gpu, error) && command_init(gpu, error) &&
        kernel_init(gpu, error)) {
        return true;
    }
    device_close(gpu);
    return false;
}

struct gpu *gpu_open(const char *choice, GError **error)
{
    struct gpu *gpu = g_new0(struct gpu, 1);
    gpu->instance = instance_create(gpu, error);
    if (!gpu->instance) {
        gpu_free(gpu);
        return NULL;
    }
    if (gpu_debug_wanted("gpu")) {
        debug_init(gpu);
    }

    g_autoptr(GArray) found = candidates(gpu->instance);
    if (!apply_choice(found, choice, error)) {
        gpu_free(gpu);
        return NULL;
    }
    g_autoptr(GError) first = NULL; // the best device's reason is the one worth telling
    for (guint i = 0; i < found->len; i++) {
        if (device_open(gpu, &g_array_index(found, struct candidate, i), first ? NULL : &first)) {
            return gpu;
        }
    }
    g_propagate_error(error, g_steal_pointer(&first));
    gpu_free(gpu);
    return NULL;
}

void gpu_free(struct gpu *gpu)
{
    if (!gpu) {
        return;
    }
    const unsigned before = gpu->validation_count;
    device_close(gpu);
    // Only now is it known what was never freed, and nobody can ask any more.
    if (gpu->validation_count > before) {
        g_error("TINCTURE_DEBUG=gpu: %u messages while the device was closed",
                gpu->validation_count - before);
    }
    if (gpu->instance) {
        debug_finish(gpu);
        vkDestroyInstance(gpu->instance, NULL);
    }
    g_free(gpu);
}

const struct gpu_info *gpu_info(const struct gpu *gpu)
{
    return &gpu->info;
}

// ---- precision ----------------------------------------------------------------------------------

bool gpu_set_precision(struct gpu *gpu, const char *choice, GError **error)
{
    const bool able = gpu->info.host_kernels && host_multiplies_bf16();
    const char *from = "";
    if (!choice || g_str_equal(choice, "auto")) {
        choice = g_getenv("TINCTURE_PRECISION");
        from = "TINCTURE_PRECISION: ";
    }
    const bool unset = !choice || (*from && !*choice); // as of a variable that is empty
    if (unset || g_str_equal(choice, "auto")) {
        gpu->info.bf16 = able;
        return true;
    }
    gpu->info.bf16 = able && g_str_equal(choice, "bf16");
    if (g_str_equal(choice, "fp32") || gpu->info.bf16) {
        return true;
    }
    if (!g_str_equal(choice, "bf16")) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("%sThere is no precision '%s'; there is auto, fp32 and bf16"), from, choice);
    } else if (!gpu->info.host_kernels) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%sbf16 is for products on the processor, and %s does the work"), from,
                    gpu->info.name);
    } else {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%sThis processor has no instructions for bf16 (AVX-512 BF16)"), from);
    }
    return false;
}

const char *gpu_precision(const struct gpu *gpu)
{
    return gpu->info.bf16 ? "bf16" : "fp32";
}

const char *gpu_precision_named(const char *name)
{
    return g_strcmp0(name, "bf16") == 0 ? "bf16" : g_strcmp0(name, "fp32") == 0 ? "fp32" : NULL;
}
