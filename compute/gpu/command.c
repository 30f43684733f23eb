// Recording and submission. A gpu_cmd keeps its list of dispatches until it first runs; then it is
// recorded once, with a memory barrier between consecutive dispatches, and replayed from then on.
#include "compute/gpu/vk.h"
#include "compute/i18n.h"

#include <string.h>

struct dispatch {
    struct gpu_kernel *kernel;
    char *label;
    uint8_t push[GPU_PUSH_BYTES];
    uint32_t push_size;
    uint32_t groups[3];
};

struct gpu_cmd {
    struct gpu *gpu;
    GArray *dispatches;     // (element-type struct dispatch)
    VkCommandBuffer buffer; // NULL until the first run
    VkQueryPool
        queries; // one timestamp before the first and one after each dispatch, while tracing
};

// ---- command buffers ----------------------------------------------------------------------------

bool command_init(struct gpu *gpu, GError **error)
{
    VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                    .queueFamilyIndex = gpu->family};
    VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    return vk_ok(vkCreateCommandPool(gpu->device, &pool, NULL, &gpu->pool),
                 N_("creating a command pool"), error) &&
           vk_ok(vkCreateFence(gpu->device, &fence, NULL, &gpu->fence), N_("creating a fence"),
                 error);
}

void command_finish(struct gpu *gpu)
{
    vkDestroyCommandPool(gpu->device, gpu->pool, NULL);
    vkDestroyFence(gpu->device, gpu->fence, NULL);
    gpu->pool = VK_NULL_HANDLE;
    gpu->fence = VK_NULL_HANDLE;
}

VkCommandBuffer command_begin(struct gpu *gpu, bool once, GError **error)
{
    VkCommandBuffer buffer = VK_NULL_HANDLE;
    VkCommandBufferAllocateInfo allocate = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                            .commandPool = gpu->pool,
                                            .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                            .commandBufferCount = 1};
    if (!vk_ok(vkAllocateCommandBuffers(gpu->device, &allocate, &buffer),
               N_("creating a command buffer"), error)) {
        return VK_NULL_HANDLE;
    }
    VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                      .flags =
                                          once ? VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT : 0};
    if (vk_ok(vkBeginCommandBuffer(buffer, &begin), "recording", error)) {
        return buffer;
    }
    vkFreeCommandBuffers(gpu->device, gpu->pool, 1, &buffer);
    return VK_NULL_HANDLE;
}

void command_barrier(VkCommandBuffer buffer)
{
    VkMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                               .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
                               .dstAccessMask =
                                   VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT};
    const VkPipelineStageFlags device =
        VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
    vkCmdPipelineBarrier(buffer, device, device | VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0,
                         NULL, 0, NULL);
}

bool command_submit(struct gpu *gpu, VkCommandBuffer buffer, GError **error)
{
    VkSubmitInfo submit = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                           .commandBufferCount = 1,
                           .pCommandBuffers = &buffer};
    if (!vk_ok(vkQueueSubmit(gpu->queue, 1, &submit, gpu->fence), N_("running on the device"),
               error)) {
        return false;
    }
    VkResult waited = vkWaitForFences(gpu->device, 1, &gpu->fence, VK_TRUE, UINT64_MAX);
    vkResetFences(gpu->device, 1, &gpu->fence);
    return vk_ok(waited, N_("running on the device"), error);
}

bool command_end_and_run(struct gpu *gpu, VkCommandBuffer buffer, GError **error)
{
    bool ok =
        vk_ok(vkEndCommandBuffer(buffer), "recording", error) && command_submit(gpu, buffer, error);
    vkFreeCommandBuffers(gpu->device, gpu->pool, 1, &buffer);
    return ok;
}

// ---- dispatches ---------------------------------------------------------------------------------

static void dispatch_clear(struct dispatch *d)
{
    g_free(d->label);
}

struct gpu_cmd *gpu_cmd_create(struct gpu *gpu)
{
    struct gpu_cmd *cmd = g_new0(struct gpu_cmd, 1);
    cmd->gpu = gpu;
    cmd->dispatches = g_array_new(FALSE, FALSE, sizeof(struct dispatch));
    g_array_set_clear_func(cmd->dispatches, (GDestroyNotify)dispatch_clear);
    return cmd;
}

void gpu_cmd_free(struct gpu_cmd *cmd)
{
    if (!cmd) {
        return;
    }
    if (cmd->buffer) {
        vkFreeCommandBuffers(cmd->gpu->device, cmd->gpu->pool, 1, &cmd->buffer);
    }
    vkDestroyQueryPool(cmd->gpu->device, cmd->queries, NULL);
    g_array_unref(cmd->dispatches);
    g_free(cmd);
}

void gpu_cmd_dispatch(struct gpu_cmd *cmd, struct gpu_kernel *kernel, const char *label,
                      const void *push, uint32_t push_size, uint32_t gx, uint32_t gy, uint32_t gz)
{
    g_assert(!cmd->buffer && push_size <= GPU_PUSH_BYTES);
    struct dispatch d = {
        .kernel = kernel, .label = g_strdup(label), .push_size = push_size, .groups = {gx, gy, gz}};
    memcpy(d.push, push, push_size);
    g_array_append_val(cmd->dispatches, d);
}

static bool queries_create(struct gpu_cmd *cmd, GError **error)
{
    VkQueryPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                  .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                  .queryCount = cmd->dispatches->len + 1};
    return vk_ok(vkCreateQueryPool(cmd->gpu->device, &info, NULL, &cmd->queries),
                 N_("creating timestamps"), error);
}

static void record_dispatch(struct gpu_cmd *cmd, const struct dispatch *d)
{
    vkCmdBindPipeline(cmd->buffer, VK_PIPELINE_BIND_POINT_COMPUTE, d->kernel->pipeline);
    if (d->push_size) {
        vkCmdPushConstants(cmd->buffer, cmd->gpu->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                           d->push_size, d->push);
    }
    vkCmdDispatch(cmd->buffer, d->groups[0], d->groups[1], d->groups[2]);
    command_barrier(cmd->buffer);
}

static bool record(struct gpu_cmd *cmd, GError **error)
{
    if (trace_on() && cmd->gpu->timestamp_ns > 0 && !cmd->queries && !queries_create(cmd, error)) {
        return false;
    }
    cmd->buffer = command_begin(cmd->gpu, false, error);
    if (!cmd->buffer) {
        return false;
    }
    if (cmd->queries) {
        vkCmdResetQueryPool(cmd->buffer, cmd->queries, 0, cmd->dispatches->len + 1);
        vkCmdWriteTimestamp(cmd->buffer, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, cmd->queries, 0);
    }
    command_barrier(cmd->buffer);
    for (guint i = 0; i < cmd->dispatches->len; i++) {
        record_dispatch(cmd, &g_array_index(cmd->dispatches, struct dispatch, i));
        if (cmd->queries) {
            vkCmdWriteTimestamp(cmd->buffer, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, cmd->queries,
                                i + 1);
        }
    }
    if (vk_ok(vkEndCommandBuffer(cmd->buffer), "recording", error)) {
        return true;
    }
    vkFreeCommandBuffers(cmd->gpu->device, cmd->gpu->pool, 1, &cmd->buffer);
    cmd->buffer = VK_NULL_HANDLE;
    return false;
}

// The device's clock is not the host's: the first timestamp is taken to be the moment of the
// submission.
static void trace_dispatches(struct gpu_cmd *cmd, int64_t submitted_ns)
{
    guint n = cmd->dispatches->len;
    g_autofree uint64_t *ticks = g_new0(uint64_t, n + 1);
    if (vkGetQueryPoolResults(cmd->gpu->device, cmd->queries, 0, n + 1, (n + 1) * sizeof *ticks,
                              ticks, sizeof *ticks, VK_QUERY_RESULT_64_BIT) != VK_SUCCESS) {
        return;
    }
    for (guint i = 0; i < n; i++) {
        trace_device_range(submitted_ns + (int64_t)((ticks[i] - ticks[0]) * cmd->gpu->timestamp_ns),
                           submitted_ns +
                               (int64_t)((ticks[i + 1] - ticks[0]) * cmd->gpu->timestamp_ns),
                           g_array_index(cmd->dispatches, struct dispatch, i).label);
    }
}

bool gpu_cmd_run(struct gpu_cmd *cmd, GError **error)
{
    if (!cmd->dispatches->len) {
        return true;
    }
    if (!cmd->buffer && !record(cmd, error)) {
        return false;
    }
    int64_t begin = gpu_trace_begin();
    if (!command_submit(cmd->gpu, cmd->buffer, error)) {
        return false;
    }
    if (cmd->queries) {
        trace_dispatches(cmd, begin);
    }
    gpu_trace_end(begin, "submission", "gpu");
    return true;
}
