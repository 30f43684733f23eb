// Help for people: validation messages (TINCTURE_DEBUG=gpu), names on Vulkan objects, and the trace
// (TINCTURE_TRACE=file.json) that chrome://tracing and Perfetto open.
#include "compute/gpu/vk.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <time.h>

bool gpu_debug_wanted(const char *word)
{
    const char *value = g_getenv("TINCTURE_DEBUG");
    if (!value) {
        return false;
    }
    g_auto(GStrv) words = g_strsplit(value, ",", -1);
    return g_strv_contains((const char *const *)words, word);
}

// ---- validation ---------------------------------------------------------------------------------

static VKAPI_ATTR VkBool32 VKAPI_CALL message_cb(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                 VkDebugUtilsMessageTypeFlagsEXT types,
                                                 const VkDebugUtilsMessengerCallbackDataEXT *data,
                                                 void *user)
{
    struct gpu *gpu = user;
    // "General" messages come from the loader and the drivers (a device file that may not be
    // opened); only those about our own calls count.
    if (types == VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT) {
        return VK_FALSE;
    }
    gpu->validation_count++;
    fprintf(stderr, "vulkan %s: %s\n",
            severity & VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT ? "error" : "warning",
            data->pMessage);
    return VK_FALSE;
}

void debug_messenger_info(struct gpu *gpu, VkDebugUtilsMessengerCreateInfoEXT *info)
{
    *info = (VkDebugUtilsMessengerCreateInfoEXT){
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
        .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                           VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
        .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT |
                       VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT |
                       VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT,
        .pfnUserCallback = message_cb,
        .pUserData = gpu,
    };
}

void debug_init(struct gpu *gpu)
{
    PFN_vkCreateDebugUtilsMessengerEXT create =
        (PFN_vkCreateDebugUtilsMessengerEXT)vkGetInstanceProcAddr(gpu->instance,
                                                                  "vkCreateDebugUtilsMessengerEXT");
    VkDebugUtilsMessengerCreateInfoEXT info;
    debug_messenger_info(gpu, &info);
    if (create) {
        create(gpu->instance, &info, NULL, &gpu->messenger);
    }
}

void debug_finish(struct gpu *gpu)
{
    if (!gpu->messenger) {
        return;
    }
    PFN_vkDestroyDebugUtilsMessengerEXT destroy =
        (PFN_vkDestroyDebugUtilsMessengerEXT)vkGetInstanceProcAddr(
            gpu->instance, "vkDestroyDebugUtilsMessengerEXT");
    destroy(gpu->instance, gpu->messenger, NULL);
    gpu->messenger = VK_NULL_HANDLE;
}

void debug_name(struct gpu *gpu, VkObjectType type, uint64_t handle, const char *name)
{
    if (!gpu->messenger) {
        return;
    }
    PFN_vkSetDebugUtilsObjectNameEXT set = (PFN_vkSetDebugUtilsObjectNameEXT)vkGetInstanceProcAddr(
        gpu->instance, "vkSetDebugUtilsObjectNameEXT");
    set(gpu->device, &(VkDebugUtilsObjectNameInfoEXT){
                         .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT,
                         .objectType = type,
                         .objectHandle = handle,
                         .pObjectName = name,
                     });
}

unsigned gpu_validation_count(const struct gpu *gpu)
{
    return gpu->validation_count;
}

// ---- trace --------------------------------------------------------------------------------------

// Rows of the trace.
enum { TRACE_HOST = 1, TRACE_DEVICE = 2 };

// The file, or NULL where no trace is wanted. Opened once; the array is never closed, which readers
// of this format accept, so that a crash leaves a readable trace.
static FILE *trace_file(void)
{
    static FILE *file;
    static gsize once;
    if (g_once_init_enter(&once)) {
        const char *path = g_getenv("TINCTURE_TRACE");
        if (path && *path) {
            file = g_fopen(path, "w");
            if (file) {
                fputs("[\n", file);
            } else {
                g_warning("cannot write the trace %s: %s", path, g_strerror(errno));
            }
        }
        g_once_init_leave(&once, 1);
    }
    return file;
}

static void trace_write(int row, int64_t begin_ns, int64_t end_ns, const char *name,
                        const char *category)
{
    FILE *file = trace_file();
    g_autofree char *escaped = g_strescape(name, NULL);
    char begin[G_ASCII_DTOSTR_BUF_SIZE], duration[G_ASCII_DTOSTR_BUF_SIZE];
    fprintf(file,
            "{\"name\":\"%s\",\"cat\":\"%s\",\"ph\":\"X\",\"pid\":1,\"tid\":%d,\"ts\":%s,\"dur\":%"
            "s},\n",
            escaped, category, row, g_ascii_formatd(begin, sizeof begin, "%.3f", begin_ns * 1e-3),
            g_ascii_formatd(duration, sizeof duration, "%.3f", (end_ns - begin_ns) * 1e-3));
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

bool trace_on(void)
{
    return trace_file() != NULL;
}

void trace_device_range(int64_t begin_ns, int64_t end_ns, const char *name)
{
    trace_write(TRACE_DEVICE, begin_ns, end_ns, name, "gpu");
}

int64_t gpu_trace_begin(void)
{
    return trace_file() ? now_ns() : -1;
}

void gpu_trace_end(int64_t begin, const char *name, const char *category)
{
    if (begin >= 0) {
        trace_write(TRACE_HOST, begin, now_ns(), name, category);
    }
}
