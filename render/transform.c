// The device's transform behind the interface.
#include "render/transform.h"

static bool device_forward(void *context, int width, int height, const float *real, float *freq,
                           GError **error)
{
    return fft_forward(context, width, height, real, freq, error);
}

static bool device_inverse(void *context, int width, int height, const float *freq, float *real,
                           GError **error)
{
    return fft_inverse(context, width, height, freq, real, error);
}

struct transform transform_device(struct fft *fft)
{
    return (struct transform){device_forward, device_inverse, fft};
}
