// OpenBLAS and LAPACK, loaded by hand. See blas.h.
//
// OpenBLAS reads its settings when it is loaded, which for a program linked with it is before any
// line of the program runs, and two of them matter here:
//
// - OPENBLAS_NUM_THREADS. The program has a thread team; a second one would compete with it.
// - OPENBLAS_CORETYPE. OpenBLAS picks its kernels by the processor's model number and takes its
//   oldest ones, four times slower, for models that are newer than it is. The processor's features
//   say better which family it is.
#include "compute/gpu/blas.h"

#include <dlfcn.h>
#include <glib.h>
#include <pthread.h>

static const char *kernel_family(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        return "SkylakeX";
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return "Haswell";
    }
#endif
    return NULL;
}

// Before main(): the environment may only be changed while there is one thread.
__attribute__((constructor)) static void set_environment(void)
{
    const char *family = kernel_family();
    g_setenv("OPENBLAS_NUM_THREADS", "1", TRUE);
    if (family) {
        g_setenv("OPENBLAS_CORETYPE", family, FALSE);
    }
}

static struct blas loaded;

static void load(void)
{
    // Some distributions have LAPACK's C functions in a library of their own, which is linked with
    // OpenBLAS, others in OpenBLAS's.
    static const char *const names[] = {"liblapacke.so.3", "libopenblas.so.0"};
    void *library = NULL;
    for (size_t i = 0; !library && i < G_N_ELEMENTS(names); i++) {
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    }
    if (!library) {
        g_error("OpenBLAS with LAPACK is not installed: %s", dlerror());
    }
#define X(name)                                                                                    \
    loaded.name = (__typeof__(name) *)dlsym(library, #name);                                       \
    if (!loaded.name) {                                                                            \
        g_error("OpenBLAS has no %s", #name);                                                      \
    }
    BLAS_FUNCTIONS
#undef X
}

const struct blas *blas(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return &loaded;
}
