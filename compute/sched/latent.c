// Arithmetic on whole latents that is no scheduler's own: interpolation, guidance, the check for
// damage.
#include "compute/sched/sched.h"

#include <math.h>

// Below this sine the two latents point the same (or the opposite) way and the weights 0/0 (or
// infinity): a straight line is the limit.
#define SLERP_MIN_SINE 1e-4

// Han et al., SVDiff, section 3.4: sin((1 - alpha) phi) / sin(phi) a + sin(alpha phi) / sin(phi) b.
void latent_slerp(const float *a, const float *b, double alpha, float *out, int64_t n)
{
    double aa = 0, bb = 0, ab = 0;
    for (int64_t i = 0; i < n; i++) {
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
        ab += (double)a[i] * b[i];
    }
    double weight_a = 1 - alpha, weight_b = alpha;
    if (aa > 0 && bb > 0) {
        const double phi = acos(CLAMP(ab / sqrt(aa * bb), -1, 1)), sine = sin(phi);
        if (sine > SLERP_MIN_SINE) {
            weight_a = sin((1 - alpha) * phi) / sine;
            weight_b = sin(alpha * phi) / sine;
        }
    }
    for (int64_t i = 0; i < n; i++) {
        out[i] = weight_a * a[i] + weight_b * b[i];
    }
}

// Ho and Salimans, Classifier-Free Diffusion Guidance, equation 6 in the form u + w (c - u).
void guidance_combine(const float *u, float *c, double w, int64_t n)
{
    const float weight = w;
    for (int64_t i = 0; i < n; i++) {
        c[i] = u[i] + weight * (c[i] - u[i]);
    }
}

static double deviation(const float *x, int64_t n)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i];
        squares += (double)x[i] * x[i];
    }
    return sqrt(fmax(0, squares / (double)n - sum / (double)n * (sum / (double)n)));
}

void guidance_rescale(const float *c, float *guided, double phi, int64_t n)
{
    const double spread = deviation(guided, n);
    const float factor = (float)(spread > 0 ? phi * deviation(c, n) / spread + 1 - phi : 1);
    for (int64_t i = 0; i < n; i++) {
        guided[i] *= factor;
    }
}

bool latent_finite(const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) {
            return false;
        }
    }
    return true;
}
