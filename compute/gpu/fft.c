// Two-dimensional real transforms by VkFFT, which writes GLSL at run time and compiles it with
// glslang. Nothing of either is seen outside this file.
//
// A plan works in place on a buffer of `height` rows of width + 2 floats: the real rows are padded
// by two floats, so that the spectrum of width / 2 + 1 complex numbers fits over them.
#include "compute/gpu/fft.h"

#include "compute/gpu/fft_host.h"
#include "compute/gpu/vk.h"
#include "compute/i18n.h"

#include <locale.h>
#include <string.h>

#define VKFFT_BACKEND 0 // Vulkan
#include <vkFFT.h>

#define MAX_PLANS 4 // the longest unused one makes room

struct plan {
    int width, height;
    VkFFTApplication app;
    struct slab *slab;
    uint64_t bytes;
    VkBuffer buffer;
};

struct fft {
    struct gpu *gpu;  // borrowed
    VkFence fence;    // VkFFT's own, for the upload of its tables
    GPtrArray *plans; // (element-type struct plan) last used first
};

// ---- plans --------------------------------------------------------------------------------------

static void plan_free(struct gpu *gpu, struct plan *plan)
{
    deleteVkFFT(&plan->app);
    slab_free(gpu, plan->slab);
    g_free(plan);
}

// Numbers in the generated source need a decimal point whatever the user's language is.
static VkFFTResult initialize(VkFFTApplication *app, VkFFTConfiguration config)
{
    locale_t c = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    locale_t before = uselocale(c);
    VkFFTResult result = initializeVkFFT(app, config);
    uselocale(before);
    freelocale(c);
    return result;
}

static struct plan *plan_create(struct fft *fft, int width, int height, GError **error)
{
    struct gpu *gpu = fft->gpu;
    struct plan *plan = g_new0(struct plan, 1);
    plan->width = width;
    plan->height = height;
    plan->bytes = (uint64_t)(width + 2) * height * sizeof(float);
    plan->slab = slab_create(gpu, plan->bytes, SLAB_TENSORS, error);
    if (!plan->slab) {
        g_free(plan);
        return NULL;
    }
    plan->buffer = plan->slab->buffer;

    VkFFTConfiguration config = {0};
    config.FFTdim = 2;
    config.size[0] = (uint64_t)width;
    config.size[1] = (uint64_t)height;
    config.performR2C = 1;
    config.normalize = 1;
    config.physicalDevice = &gpu->physical;
    config.device = &gpu->device;
    config.queue = &gpu->queue;
    config.commandPool = &gpu->pool;
    config.fence = &fft->fence;
    config.pipelineCache = &gpu->cache;
    config.isCompilerInitialized = 1;
    config.disableSetLocale = 1; // it would change the whole program's
    config.buffer = &plan->buffer;
    config.bufferSize = &plan->bytes;

    int64_t begin = gpu_trace_begin();
    VkFFTResult result = initialize(&plan->app, config);
    gpu_trace_end(begin, "fft plan", "compile");
    gpu->cache_dirty = true;
    if (result == VKFFT_SUCCESS) {
        return plan;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_DEVICE,
                _("A Fourier transform of %d x %d cannot be prepared (VkFFT error %d)"), width,
                height, (int)result);
    slab_free(gpu, plan->slab); // initializeVkFFT has cleaned up after itself
    g_free(plan);
    return NULL;
}

static struct plan *plan_for(struct fft *fft, int width, int height, GError **error)
{
    if (width < 2 || height < 1 || width % 2) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("A Fourier transform needs an even width, and %d x %d was asked for"), width,
                    height);
        return NULL;
    }
    struct plan *plan = NULL;
    for (guint i = 0; i < fft->plans->len && !plan; i++) {
        struct plan *p = fft->plans->pdata[i];
        if (p->width == width && p->height == height) {
            plan = g_ptr_array_steal_index(fft->plans, i);
        }
    }
    if (!plan) {
        plan = plan_create(fft, width, height, error);
        if (!plan) {
            return NULL;
        }
        if (fft->plans->len == MAX_PLANS) {
            plan_free(fft->gpu, g_ptr_array_steal_index(fft->plans, MAX_PLANS - 1));
        }
    }
    g_ptr_array_insert(fft->plans, 0, plan);
    return plan;
}

struct fft *fft_open(struct gpu *gpu, GError **error)
{
    struct fft *fft = g_new0(struct fft, 1);
    fft->gpu = gpu;
    fft->plans = g_ptr_array_new();
    glslang_initialize_process();
    VkFenceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    if (vk_ok(vkCreateFence(gpu->device, &info, NULL, &fft->fence), N_("creating a fence"),
              error)) {
        return fft;
    }
    fft_free(fft);
    return NULL;
}

void fft_free(struct fft *fft)
{
    if (!fft) {
        return;
    }
    for (guint i = 0; i < fft->plans->len; i++) {
        plan_free(fft->gpu, fft->plans->pdata[i]);
    }
    g_ptr_array_unref(fft->plans);
    vkDestroyFence(fft->gpu->device, fft->fence, NULL);
    glslang_finalize_process();
    g_free(fft);
}

// ---- running ------------------------------------------------------------------------------------

enum direction { FORWARD = -1, INVERSE = 1 }; // the sign in the exponent, as VkFFT counts

static bool run(struct fft *fft, struct plan *plan, enum direction direction, GError **error)
{
    VkCommandBuffer cmd = command_begin(fft->gpu, true, error);
    if (!cmd) {
        return false;
    }
    VkFFTLaunchParams launch = {0};
    launch.commandBuffer = &cmd;
    launch.buffer = &plan->buffer;
    command_barrier(cmd);
    VkFFTResult result = VkFFTAppend(&plan->app, direction, &launch);
    command_barrier(cmd);
    int64_t begin = gpu_trace_begin();
    bool ok = command_end_and_run(fft->gpu, cmd, error);
    gpu_trace_end(begin, direction == FORWARD ? "fft forward" : "fft inverse", "gpu");
    if (ok && result != VKFFT_SUCCESS) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_DEVICE,
                    _("The Fourier transform failed (VkFFT error %d)"), (int)result);
        return false;
    }
    return ok;
}

// Copies rows of `row` floats between two pitches.
static void copy_rows(float *to, size_t to_pitch, const float *from, size_t from_pitch, size_t row,
                      int rows)
{
    for (int y = 0; y < rows; y++) {
        memcpy(to + y * to_pitch, from + y * from_pitch, row * sizeof *to);
    }
}

static bool write_real(struct fft *fft, struct plan *plan, const float *real, GError **error)
{
    size_t width = (size_t)plan->width;
    if (plan->slab->map) {
        copy_rows((float *)plan->slab->map, width + 2, real, width, width, plan->height);
        return true;
    }
    g_autofree float *padded = g_malloc0(plan->bytes);
    copy_rows(padded, width + 2, real, width, width, plan->height);
    return slab_write(fft->gpu, plan->slab, 0, padded, plan->bytes, error);
}

static bool read_real(struct fft *fft, struct plan *plan, float *real, GError **error)
{
    size_t width = (size_t)plan->width;
    if (plan->slab->map) {
        copy_rows(real, width, (const float *)plan->slab->map, width + 2, width, plan->height);
        return true;
    }
    g_autofree float *padded = g_malloc(plan->bytes);
    if (!slab_read(fft->gpu, plan->slab, 0, padded, plan->bytes, error)) {
        return false;
    }
    copy_rows(real, width, padded, width + 2, width, plan->height);
    return true;
}

// On the processor a software device takes five times as long as its host.
static bool on_host(const struct fft *fft, int width, int height)
{
    return fft->gpu->info.host_kernels && fft_host_fits(width, height);
}

bool fft_forward(struct fft *fft, int width, int height, const float *real, float *freq,
                 GError **error)
{
    if (on_host(fft, width, height)) {
        return fft_host_forward(width, height, real, freq, error);
    }
    struct plan *plan = plan_for(fft, width, height, error);
    return plan && write_real(fft, plan, real, error) && run(fft, plan, FORWARD, error) &&
           slab_read(fft->gpu, plan->slab, 0, freq, plan->bytes, error);
}

bool fft_inverse(struct fft *fft, int width, int height, const float *freq, float *real,
                 GError **error)
{
    if (on_host(fft, width, height)) {
        return fft_host_inverse(width, height, freq, real, error);
    }
    struct plan *plan = plan_for(fft, width, height, error);
    return plan && slab_write(fft->gpu, plan->slab, 0, freq, plan->bytes, error) &&
           run(fft, plan, INVERSE, error) && read_real(fft, plan, real, error);
}
